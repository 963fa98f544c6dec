//! Which job a person means: by its table, or by its id.

use std::path::Path;

use super::{place, prepare};
use crate::command::Failure;
use crate::ledger::{self, JobView, Ledger};

/// The job that a word means: a table, known by its content, or by its path where that was
/// corrected since; the newest; or an id. A pipe says nothing of what went through it.
pub(in crate::command) fn one_job(ledger: &Ledger, word: &str) -> anyhow::Result<JobView> {
    if place::is_piped(word.as_ref()) {
        return Err(Failure::new("job-of-input", []).into());
    }
    let mut found = match place::of_file(word.as_ref()) {
        Ok(path) => jobs_of_file(ledger, word.as_ref(), &path)?,
        Err(_) => Vec::new(),
    };
    found.truncate(1);
    if found.is_empty() {
        found = ledger.jobs_of_id(word)?;
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Failure::new("no-job", [("job", word.to_owned())]).into()),
        _ => {
            let ids: Vec<&str> = found.iter().map(|view| &*view.job.short).collect();
            let values = [("job", word.to_owned()), ("jobs", ids.join(", "))];
            Err(Failure::new("which-job", values).into())
        }
    }
}

/// The jobs of a table: first those of this content and place, then of this content, then of this
/// place.
fn jobs_of_file(ledger: &Ledger, file: &Path, path: &str) -> Result<Vec<JobView>, ledger::Error> {
    let mut found = match prepare::digest(file) {
        Ok(digest) => ledger.jobs_of_table(&digest)?,
        Err(_) => Vec::new(),
    };
    // Stable: the newest of each stays first.
    found.sort_by_key(|view| view.path != path);
    found.extend(ledger.jobs_of_path(path)?);
    Ok(found)
}
