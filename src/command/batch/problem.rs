//! What is wrong with rows, in words.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::batch::{Fault, Problem};
use crate::client::stop_of;
use crate::command::objections;
use crate::command::send::checks;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::output::report::known;

/// Something wrong.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "problem")]
pub(super) struct ProblemJson {
    /// The row; null for the table, a template or an option.
    #[schemars(range(min = 1))]
    row: Option<u64>,
    /// What, for programs.
    #[schemars(schema_with = "problems")]
    id: &'static str,
    /// The same for people, in the language of the run.
    text: String,
}

fn problems(_: &mut SchemaGenerator) -> Schema {
    known([
        "quote-open",
        "after-quote",
        "stray-quote",
        "long-row",
        "cells",
        "encoding",
        "no-object",
        "no-header",
        "many-columns",
        "no-name",
        "same-columns",
        "two-columns",
        "no-column",
        "unknown-column",
        "no-rows",
        "many-rows",
        "template",
        "unknown-variable",
        "render",
        "no-value",
        "no-number",
        "two-numbers",
        "not-comparable",
        "empty",
        "control",
        "no-recipient",
        "sheet-error",
        "address",
        "no-account",
        "unknown-account",
        "attachment",
        "same-notice",
        "duplicate",
        "conflict",
        "conflict-elsewhere",
        "lost",
        "changed",
        "other-came-back",
        "message",
        "stopped",
        "court",
        "compose",
    ])
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

/// Problems as they are told to a person: what a template does wrong is told once, however many rows
/// it is wrong in.
#[derive(Default)]
pub(super) struct Told {
    /// In how many rows more.
    again: BTreeMap<String, u64>,
}

impl Told {
    /// More are each told: they depend on what rows say.
    const MOST: usize = 100;

    /// The line for a problem, unless the same was told.
    pub fn line(&mut self, problem: &Problem, lang: Lang) -> Option<String> {
        if let Fault::Render { .. } = &problem.fault {
            let words = text(&problem.fault, lang);
            if let Some(again) = self.again.get_mut(&words) {
                *again += 1;
                return None;
            }
            if self.again.len() < Self::MOST {
                self.again.insert(words, 0);
            }
        }
        Some(line(problem, lang))
    }

    /// What was told once, and in how many rows it is wrong besides.
    pub fn rest(&self, lang: Lang) -> Vec<String> {
        let texts = Catalogue::of(lang);
        let again = self.again.iter().filter(|(_, again)| **again > 0);
        let lines = again
            .map(|(words, again)| texts.count("batch.same-fault", *again, &[("fault", words)]));
        lines.collect()
    }
}

/// The fault in words, made safe to show.
pub(super) fn text(fault: &Fault, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    if let Fault::Message(fault) = fault {
        return checks::words(fault, texts);
    }
    if let Fault::Stopped(warning) = fault {
        let stop = warning.stop().map_or("", |stop| match lang {
            Lang::It => stop.italian(),
            Lang::En => stop.word(),
        });
        let values = [
            ("sentence", &*checks::sentence(warning, lang)),
            ("stop", stop),
        ];
        return texts.fill("batch-fault.stopped", &values);
    }
    if let Fault::Court(objection) = fault {
        let stop = stop_of(objection);
        let stop = match lang {
            Lang::It => stop.italian(),
            Lang::En => stop.word(),
        };
        let sentence = objections::sentence(objection, lang);
        let caution = texts.fill("court.caution", &[("sentence", &sentence)]);
        let values = [("sentence", &*caution), ("stop", stop)];
        return texts.fill("batch-fault.court", &values);
    }
    let mut values = fault.values();
    if let Fault::ConflictElsewhere { at, .. } | Fault::Lost { at } = fault {
        values.push(("time", shown(*at, lang)));
    }
    // What it is about: `the template of the subject`, `the subject is empty`.
    if let Some(at) = values.iter().position(|(name, _)| *name == "role") {
        let (_, role) = values.swap_remove(at);
        values.push((
            "thing",
            texts.text(&format!("batch.thing.{role}")).to_owned(),
        ));
        values.push(("role", texts.text(&format!("batch.role.{role}")).to_owned()));
    }
    let values: Vec<(&str, &str)> = values
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    // An empty cell may be meant so; another word is in the wrong place.
    if let Fault::NoNumber { value, .. } = fault
        && !value.trim().is_empty()
    {
        return texts.fill("batch-fault.no-number-filled", &values);
    }
    let key = format!("batch-fault.{}", fault.word());
    // The one fault that counts things in its words.
    if let Fault::Cells { found, .. } = fault {
        return texts.count(&key, *found, &values);
    }
    texts.fill(&key, &values)
}
