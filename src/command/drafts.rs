//! Which draft a person means, by its number or by words of its subject.

use super::Failure;
use crate::ledger::{DraftRow, Ledger};

/// The one draft that a person's word means.
///
/// # Errors
/// When there is none, or when there are several: then they are named.
pub(super) fn one(ledger: &Ledger, word: &str) -> anyhow::Result<DraftRow> {
    let drafts = ledger
        .drafts()
        .map_err(|error| Failure::of_ledger(&error))?;
    Ok(among(drafts, word)?)
}

/// No draft is meant.
pub(super) fn none(word: &str) -> Failure {
    Failure::new("no-draft", [("draft", word.to_owned())])
}

fn among(mut drafts: Vec<DraftRow>, word: &str) -> Result<DraftRow, Failure> {
    let number = word.trim_start_matches('#');
    if let Some(at) = drafts
        .iter()
        .position(|row| row.draft.number().to_string() == number)
    {
        return Ok(drafts.swap_remove(at));
    }
    let words = word.to_lowercase();
    // An empty word is in every subject, and no number is part of one.
    let means = |row: &DraftRow| {
        !words.is_empty()
            && number.parse::<i64>().is_err()
            && row.letter.subject.to_lowercase().contains(&words)
    };
    drafts.retain(means);
    match drafts.len() {
        0 => Err(none(word)),
        1 => Ok(drafts.remove(0)),
        _ => {
            let numbers = drafts.iter().map(|row| row.draft.number().to_string());
            let values = [
                ("word", word.to_owned()),
                ("drafts", numbers.collect::<Vec<_>>().join(", ")),
            ];
            Err(Failure::new("several-drafts", values))
        }
    }
}
