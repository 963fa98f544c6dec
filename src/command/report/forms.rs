//! The form of a page: HTML, or PDF where the name of its file ends so.

use super::asked::{Circumstances, Form};
use super::dossier::Dossier;
use super::sheet;
use crate::command::{Failure, Session};
use crate::output::catalogue::Catalogue;

/// Makes the page and writes it where it should go, whole or not at all.
///
/// # Errors
/// Those of the disk or the stream; when something is there; when the form is not to be had.
pub(in crate::command) fn write(
    dossier: &Dossier,
    circumstances: &Circumstances<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let order = circumstances.order;
    match order.form() {
        Form::Html => order.put(sheet::page(dossier, circumstances).as_bytes(), session),
        Form::Pdf => {
            let (octets, is_lacking) = paper(dossier, circumstances)?;
            order.put(&octets, session)?;
            if is_lacking {
                let note = Catalogue::of(session.lang).text("sheet.lacking");
                writeln!(session.err, "{note}")?;
            }
            Ok(())
        }
    }
}

#[cfg(feature = "pdf")]
fn paper(dossier: &Dossier, circumstances: &Circumstances<'_>) -> Result<(Vec<u8>, bool), Failure> {
    super::paper::paper(dossier, circumstances)
        .map_err(|error| Failure::new("report-pdf", [("reason", error.to_string())]))
}

#[cfg(not(feature = "pdf"))]
fn paper(_: &Dossier, _: &Circumstances<'_>) -> Result<(Vec<u8>, bool), Failure> {
    Err(super::asked::no_pdf())
}
