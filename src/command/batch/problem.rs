//! What is wrong with rows, in words.

use serde::Serialize;

use crate::batch::{Fault, Problem};
use crate::command::send::checks;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;

/// A problem as other programs read it.
#[derive(Serialize)]
pub(super) struct ProblemJson {
    row: Option<u64>,
    id: &'static str,
    text: String,
}

impl ProblemJson {
    pub fn of(problem: &Problem, lang: Lang) -> Self {
        Self {
            row: problem.row,
            id: problem.fault.word(),
            text: text(&problem.fault, lang),
        }
    }
}

/// `row 17: not an address: x`.
pub(super) fn line(problem: &Problem, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let fault = text(&problem.fault, lang);
    match problem.row {
        Some(row) => {
            let row = row.to_string();
            format!("{} {fault}", texts.fill("batch.row", &[("row", &row)]))
        }
        None => fault,
    }
}

/// The fault in words, made safe to show.
pub(super) fn text(fault: &Fault, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    if let Fault::Message(fault) = fault {
        return checks::words(fault, texts);
    }
    let values = fault.values();
    let values: Vec<(&str, &str)> = values
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    texts.fill(&format!("batch-fault.{}", fault.word()), &values)
}
