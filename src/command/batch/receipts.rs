//! The receipts of a job as files: a folder for each row, named by its reference.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::lines::{Line, ReceiptJson, lines};
use crate::account::make_private_folder;
use crate::command::whole;
use crate::ledger::fact::What;
use crate::ledger::{JobView, Ledger};
use crate::smime::sha256;

/// Characters of a name that are kept; with a digest behind them any file system takes them.
const MOST_CHARACTERS: usize = 60;

/// What is to be written for one row.
#[derive(Default)]
struct Shelf {
    /// The name of its folder.
    name: String,
    /// SHA-256 of each receipt, and the name of its file without a number and an ending.
    receipts: BTreeMap<String, String>,
}

/// Writes the receipts of all rows; gives how many there are. What is there already is left as it
/// is, whatever it holds: a receipt whose name is taken gets a number.
///
/// # Errors
/// A [`Failure`] of the ledger or the disk. The folder of a row appears with all its files, and
/// each file that is added to one is whole or not there.
pub(super) fn write(ledger: &Ledger, job: &JobView, folder: &Path) -> anyhow::Result<usize> {
    let told = |error: io::Error| whole::failure(folder, &error);
    make_private_folder(folder).map_err(told)?;
    let mut names = Names::default();
    let (mut count, mut row, mut shelf) = (0, None, Shelf::default());
    lines(ledger, job, &mut |line| {
        if row != Some(line.row) {
            count += put(ledger, folder, &std::mem::take(&mut shelf))?;
            shelf.name = names.of(&line.reference);
            row = Some(line.row);
        }
        for receipt in &line.receipts {
            let stem = stem_of(&line, receipt);
            shelf.receipts.entry(receipt.sha256.clone()).or_insert(stem);
        }
        Ok(())
    })?;
    Ok(count + put(ledger, folder, &shelf)?)
}

/// Writes the files of one row: a folder that is not there beside its place, then moved there.
fn put(ledger: &Ledger, folder: &Path, shelf: &Shelf) -> anyhow::Result<usize> {
    if shelf.receipts.is_empty() {
        return Ok(0);
    }
    let place = folder.join(&shelf.name);
    let told = |error: io::Error| whole::failure(&place, &error);
    if place.is_dir() {
        fill(ledger, &place, shelf)?;
        return Ok(shelf.receipts.len());
    }
    let beside = folder.join(format!(".pec-{}", std::process::id()));
    // Left by a process of the same number that was killed.
    match fs::remove_dir_all(&beside) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(told(error).into()),
    }
    make_private_folder(&beside).map_err(told)?;
    let done = fill(ledger, &beside, shelf).and_then(|()| {
        fs::rename(&beside, &place)
            .and_then(|()| whole::sync_folder(&place))
            .map_err(|error| told(error).into())
    });
    if done.is_err() {
        // The error that counts is the first one.
        let _ = fs::remove_dir_all(&beside);
    }
    done.map(|()| shelf.receipts.len())
}

/// Adds the receipts that a folder does not have.
fn fill(ledger: &Ledger, folder: &Path, shelf: &Shelf) -> anyhow::Result<()> {
    for (digest, stem) in &shelf.receipts {
        let octets = ledger.octets(digest)?;
        let numbered = (2_u32..).map(|number| format!("{stem}-{number}.eml"));
        for file in std::iter::once(format!("{stem}.eml")).chain(numbered) {
            let path = folder.join(file);
            match fs::symlink_metadata(&path) {
                Ok(known) if known.is_file() && fs::read(&path).is_ok_and(|is| is == octets) => {
                    break;
                }
                Ok(_) => {}
                Err(_) => {
                    whole::write(&path, &mut |out| Ok(out.write_all(&octets)?))?;
                    break;
                }
            }
        }
    }
    Ok(())
}

/// The words of the field, and the recipient where the receipt is about one.
fn stem_of(line: &Line, receipt: &ReceiptJson) -> String {
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
    match line.recipient.as_deref().filter(|_| !is_of_all) {
        Some(recipient) => format!("{what}-{}", safe(recipient)),
        None => what.to_owned(),
    }
}

/// Names of folders, each of one reference.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    /// The safe name of a reference; with a digest where another one has it, as a disk that does
    /// not tell capitals apart takes it.
    fn of(&mut self, reference: &str) -> String {
        let name = safe(reference);
        let other = with_digest(&name, reference);
        let candidates = [name, other, sha256(reference.as_bytes())];
        let [.., last] = &candidates;
        let last = last.clone();
        let is_free = |name: &String| {
            let key = name.to_uppercase().to_lowercase();
            let owner = self.0.entry(key).or_insert_with(|| reference.to_owned());
            owner == reference
        };
        candidates.into_iter().find(is_free).unwrap_or(last)
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
        // One that looks like the name that another one got, and letters that fold to others.
        let mut names = Names::default();
        names.of("r-1");
        let looks_alike = &*names.of("R-1").to_lowercase();
        let all = [
            "r-1",
            "R-1",
            looks_alike,
            "Straße",
            "STRASSE",
            "Città",
            "Citta\u{300}",
            "con",
            "CON",
            "../x",
            "..\\x",
            "x",
            &"𐌰".repeat(300),
        ];
        let mut found: Vec<String> = Vec::new();
        for one in all {
            let name = names.of(one);
            assert_eq!(names.of(one), name, "always the same");
            assert!(name.len() <= 255 && !name.contains(['/', '\\']), "{name}");
            found.push(name.to_uppercase().to_lowercase());
        }
        let count = found.len();
        found.sort();
        found.dedup();
        assert_eq!(found.len(), count, "{found:?}");
    }
}
