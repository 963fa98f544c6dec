//! The receipts of a job as files: a folder for each row, named by its reference.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::lines::{Line, ReceiptJson, Reported};
use crate::account::make_private_folder;
use crate::command::names::{Names, safe};
use crate::command::whole;
use crate::ledger::fact::What;
use crate::ledger::{JobView, Ledger};

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
    Reported::alone(ledger, job).lines(&mut |line| {
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
