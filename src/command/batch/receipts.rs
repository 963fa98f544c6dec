//! The receipts of a job as files: a folder for each row, named by its reference.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Write;
use std::path::Path;

use super::report::{self, Line, ReceiptJson};
use super::{prepare, whole};
use crate::command::Failure;
use crate::ledger::state::What;
use crate::ledger::{JobView, Ledger};
use crate::smime::sha256;

/// Characters of a name that are kept; with a digest behind them any file system takes them.
const MOST_CHARACTERS: usize = 60;

/// Writes the receipts of all rows; gives how many files there are now. One that is there already
/// is left as it is.
///
/// # Errors
/// A [`Failure`] of the ledger or the disk. Each file is whole or not there.
pub(super) fn write(ledger: &Ledger, job: &JobView, folder: &Path) -> anyhow::Result<usize> {
    let mut names = Names::default();
    let mut files: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut count = 0;
    let mut row = None;
    report::lines(ledger, job, &mut |line| {
        if row != Some(line.row) {
            count += put(ledger, folder, &mut files)?;
            row = Some(line.row);
        }
        let name = names.of(&line.reference);
        for receipt in &line.receipts {
            let file = file_of(&line, receipt, &name, &files);
            files.insert((name.clone(), file), receipt.sha256.clone());
        }
        Ok(())
    })?;
    Ok(count + put(ledger, folder, &mut files)?)
}

/// Writes the files of one row, and forgets them.
fn put(
    ledger: &Ledger,
    folder: &Path,
    files: &mut BTreeMap<(String, String), String>,
) -> anyhow::Result<usize> {
    let count = files.len();
    for ((row, file), digest) in std::mem::take(files) {
        let octets = ledger
            .octets(&digest)
            .map_err(|error| Failure::of_ledger(&error))?;
        let row = folder.join(row);
        fs::create_dir_all(&row).map_err(|error| prepare::unreadable(&row, &error))?;
        let path = row.join(file);
        if fs::read(&path).is_ok_and(|known| known == octets) {
            continue;
        }
        whole::write(&path, &mut |out| Ok(out.write_all(&octets)?))?;
    }
    Ok(count)
}

/// The words of the field, and the recipient where the receipt is about one. Several of a kind are
/// numbered.
fn file_of(
    line: &Line,
    receipt: &ReceiptJson,
    row: &str,
    files: &BTreeMap<(String, String), String>,
) -> String {
    let what = match What::from_word(receipt.what) {
        Some(What::Accepted | What::AcceptedAsOrdinary) => "accettazione",
        Some(What::NotAccepted) => "non-accettazione",
        Some(What::Delivered) => "consegna",
        Some(What::NotDelivered) => "mancata-consegna",
        Some(What::TimeoutNotice) => "preavviso-mancata-consegna",
        None
        | Some(
            What::Begun
            | What::Handed
            | What::Taken
            | What::Refused
            | What::RefusedForNow
            | What::NotSent
            | What::InDoubt
            | What::Withdrawn,
        ) => "ricevuta",
    };
    let is_of_all = matches!(what, "accettazione" | "non-accettazione");
    let recipient = line.recipient.as_deref().filter(|_| !is_of_all);
    let stem = match recipient {
        Some(recipient) => format!("{what}-{}", safe(recipient)),
        None => what.to_owned(),
    };
    let is_free = |file: &String| {
        let known = files.get(&(row.to_owned(), file.clone()));
        known.is_none_or(|digest| *digest == receipt.sha256)
    };
    let numbered = (2..).map(|number| format!("{stem}-{number}.eml"));
    let mut candidates = std::iter::once(format!("{stem}.eml")).chain(numbered);
    candidates.find(is_free).unwrap_or_default()
}

/// Names of folders, each of one reference.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    /// The safe name of a reference; with a digest where another one, in other capitals, has it.
    fn of(&mut self, reference: &str) -> String {
        let name = safe(reference);
        let owner = self.0.entry(name.to_lowercase());
        match owner.or_insert_with(|| reference.to_owned()) == reference {
            true => name,
            false => with_digest(&name, reference),
        }
    }
}

/// A text as the name of a file: as it is where every system takes it for a plain name, else
/// without what some do not, and a digest of it behind.
fn safe(text: &str) -> String {
    const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];
    let is_plain = |c: char| c.is_alphanumeric() || "-_.@+ ".contains(c);
    let kept: String = text
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .take(MOST_CHARACTERS)
        .collect();
    let kept = kept
        .trim_end_matches(['.', ' '])
        .trim_start_matches([' ', '.']);
    let stem = kept.split('.').next().unwrap_or_default().to_lowercase();
    let device = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_reserved = RESERVED.contains(&device) && stem.len() <= device.len() + 1;
    if kept == text && !kept.is_empty() && !is_reserved {
        return kept.to_owned();
    }
    with_digest(if is_reserved { "_" } else { kept }, text)
}

fn with_digest(name: &str, text: &str) -> String {
    format!("{name}-{}", &sha256(text.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_name_that_leads_nowhere_else() {
        for same in ["R-0001", "2026.42", "a@b.example", "Città 7", "console"] {
            assert_eq!(safe(same), same);
        }
        let long = "x".repeat(500);
        for odd in [
            "..",
            "../../etc/passwd",
            "a/b",
            "a\\b",
            "",
            ".",
            "a.",
            "nul",
            "COM1.txt",
            "a\u{202e}b",
            "a\nb",
            "a:b",
            &long,
        ] {
            let name = safe(odd);
            assert_ne!(name, odd);
            assert!(
                name.len() < 100 && !name.contains(['/', '\\', '\n', ':']),
                "{name}"
            );
            assert!(!name.starts_with('.') && !name.ends_with('.'), "{name}");
        }
        assert_ne!(safe("a/b"), safe("a:b"));
        let mut names = Names::default();
        let one = names.of("r-1");
        assert_eq!((names.of("r-1"), &*one), (one.clone(), "r-1"));
        assert_ne!(names.of("R-1").to_lowercase(), one);
    }
}
