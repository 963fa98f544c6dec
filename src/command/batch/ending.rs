//! What the name of a file says of its content: no table is written under the name of what it is not.

use std::path::Path;

use super::order::Shape;
use crate::command::Failure;

/// What the end of a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// `.xlsx`.
    Workbook,
    /// `.html`.
    Page,
    /// `.ndjson`.
    Lines,
    /// A form that we do not write: other workbooks, documents, archives, a whole JSON.
    Foreign,
    /// Any other, or none: text.
    Text,
}

/// Ends of names that spreadsheets and others take for what we do not write.
const FOREIGN: [&str; 22] = [
    "7z", "doc", "docx", "eml", "fods", "gz", "json", "numbers", "odf", "ods", "odt", "ots", "p7m",
    "pdf", "rtf", "xls", "xlsb", "xlsm", "xlt", "xltx", "xml", "zip",
];

impl Ending {
    /// That of a name, in capitals or not.
    pub fn of(path: &Path) -> Self {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        match ending.to_str().unwrap_or_default() {
            "xlsx" => Self::Workbook,
            "html" | "htm" => Self::Page,
            "ndjson" | "jsonl" => Self::Lines,
            foreign if FOREIGN.contains(&foreign) => Self::Foreign,
            _ => Self::Text,
        }
    }

    /// What is written where nobody says it otherwise.
    pub fn shape(self, delimiter: u8) -> Shape {
        match self {
            Self::Workbook => Shape::Workbook,
            Self::Page => Shape::Html,
            Self::Lines => Shape::Ndjson,
            Self::Foreign | Self::Text => Shape::Csv(delimiter),
        }
    }
}

/// Refuses a name that promises no text where text would be written.
///
/// # Errors
/// A [`Failure`] with the names that can be written.
pub(super) fn check(path: &Path, shape: Shape) -> Result<(), Failure> {
    match (Ending::of(path), shape) {
        (Ending::Foreign, _) | (Ending::Workbook, Shape::Csv(_) | Shape::Ndjson | Shape::Html) => {
            Err(refused(path, ".csv, .xlsx, .html, .ndjson"))
        }
        (Ending::Workbook, Shape::Workbook) | (Ending::Page | Ending::Lines | Ending::Text, _) => {
            Ok(())
        }
    }
}

/// That a file would not hold what its name says.
pub(super) fn refused(path: &Path, known: &str) -> Failure {
    let values = [
        ("file", path.display().to_string()),
        ("known", known.to_owned()),
    ];
    Failure::new("batch-ending", values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_promises_another_form_is_refused_and_any_other_is_text() {
        let csv = Shape::Csv(b';');
        for (name, shape, is_fine) in [
            ("a.csv", csv, true),
            ("a.2026", csv, true),
            ("a", csv, true),
            ("a.html", csv, true),
            ("a.XLSX", Shape::Workbook, true),
            ("a.xlsx", csv, false),
            ("a.ods", csv, false),
            ("a.PDF", Shape::Html, false),
        ] {
            assert_eq!(check(Path::new(name), shape).is_ok(), is_fine, "{name}");
        }
    }
}
