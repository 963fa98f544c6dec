//! What is wrong with a row, or with the whole job, as data. The words stand in the catalogue.

use crate::court::Objection;
use crate::pec::caution::Warning;
use crate::pec::outgoing;
use crate::timestamp::Timestamp;

/// A fault and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The row as a spreadsheet numbers it; `None`: the file, a template, an option.
    pub row: Option<u64>,
    /// What.
    pub fault: Fault,
}

/// Why a row, or a whole job, cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A quotation mark is never closed, or not within the longest row.
    QuoteOpen {
        /// The line in which it was opened.
        line: u64,
    },
    /// Text behind a closing quotation mark.
    AfterQuote {
        /// Its line.
        line: u64,
    },
    /// A quotation mark inside a cell that did not begin with one.
    StrayQuote {
        /// Its line.
        line: u64,
    },
    /// More octets than a row may have.
    LongRow,
    /// Another number of cells than the header.
    Cells {
        /// In this row.
        found: usize,
        /// In the header.
        expected: usize,
    },
    /// Octets that the encoding does not have.
    Encoding {
        /// The column.
        column: String,
    },
    /// A line of NDJSON that is no object.
    NoObject {
        /// The parser's words.
        reason: String,
    },
    /// There is no header.
    NoHeader,
    /// More columns than a table may have.
    ManyColumns,
    /// A column without a name that is not empty.
    NoName {
        /// Its place, from 1.
        place: usize,
    },
    /// Two columns that mean the same.
    SameColumns {
        /// The first.
        one: String,
        /// The second.
        other: String,
    },
    /// The same of two that a role has, and may have once only.
    TwoColumns {
        /// The first.
        one: String,
        /// The second.
        other: String,
        /// The option that says which counts.
        option: &'static str,
    },
    /// There is no column for what every row needs.
    NoColumn {
        /// What: `to`, `subject`, `body`.
        role: &'static str,
        /// The names that would do.
        names: String,
        /// The option that names it.
        option: &'static str,
    },
    /// An option names a column that is not there.
    UnknownColumn {
        /// The name.
        name: String,
    },
    /// There is no row.
    NoRows,
    /// More rows than a table may have.
    ManyRows,
    /// A template that cannot be read.
    Template {
        /// `subject` or `body`.
        role: &'static str,
        /// The line in it.
        line: usize,
        /// The reader's words.
        reason: String,
    },
    /// A template names what no column has.
    UnknownVariable {
        /// `subject` or `body`.
        role: &'static str,
        /// The name.
        name: String,
        /// What there is.
        known: String,
    },
    /// A template that cannot be filled with this row.
    Render {
        /// `subject` or `body`.
        role: &'static str,
        /// The line in it.
        line: usize,
        /// The engine's words.
        reason: String,
    },
    /// A template wants values that this row does not have: a name that a line of NDJSON lacks, or
    /// null.
    NoValue {
        /// `subject` or `body`.
        role: &'static str,
        /// The line in it.
        line: usize,
        /// Variables of the template that have none.
        names: String,
    },
    /// A template compares or reckons with a text that is no number.
    NoNumber {
        /// `subject` or `body`.
        role: &'static str,
        /// The line in it.
        line: usize,
        /// The text.
        value: String,
    },
    /// A template wants values that this row does not have: an empty field of NDJSON, or null.
    /// The same with a text that may be two numbers.
    TwoNumbers {
        /// `subject` or `body`.
        role: &'static str,
        /// The line in it.
        line: usize,
        /// The text.
        value: String,
    },
    /// A template compares what has no order, or is of two kinds.
    NotComparable {
        /// `subject` or `body`.
        role: &'static str,
        /// The line in it.
        line: usize,
        /// The first value.
        one: String,
        /// The second.
        other: String,
    },
    /// The text is empty.
    Empty {
        /// `subject` or `body`.
        role: &'static str,
    },
    /// A line end or another control character in the subject: it could add a field to the
    /// header.
    Control {
        /// Where: `subject`, `attach`.
        role: &'static str,
    },
    /// Nobody to send to.
    NoRecipient,
    /// What a spreadsheet shows instead of a value.
    SheetError {
        /// The column.
        column: String,
        /// What stands there.
        value: String,
    },
    /// What is no address.
    Address {
        /// The column.
        column: String,
        /// What stands there.
        value: String,
    },
    /// No account is named, be it in the row or for the whole table, and none is the default.
    NoAccount {
        /// Those there are.
        known: String,
    },
    /// No account of this name.
    UnknownAccount {
        /// The name.
        name: String,
    },
    /// A file to attach that cannot be read.
    Attachment {
        /// As it stands in the row.
        name: String,
        /// The system's words.
        reason: String,
    },
    /// Two rows without a reference that say the same to the same people.
    SameNotice {
        /// The row that had it first.
        row: u64,
    },
    /// Two rows with one reference.
    Duplicate {
        /// The reference.
        reference: String,
        /// The row that had it first.
        row: u64,
    },
    /// Another text, or other recipients, went out under the reference.
    Conflict {
        /// The reference.
        reference: String,
        /// The short id of the message.
        message: String,
        /// The job that sent it; empty when none did.
        job: String,
    },
    /// The same, known from its acceptance in the mailbox only.
    ConflictElsewhere {
        /// The reference.
        reference: String,
        /// When it was accepted.
        at: Timestamp,
    },
    /// What the row says left before, or may have, and the ledger lost what it knew of it.
    Lost {
        /// When it left.
        at: Timestamp,
    },
    /// There is no reference, and a job of this table sent another text to the same recipients.
    Changed {
        /// The short id of the message.
        message: String,
        /// The job that sent it.
        job: String,
    },
    /// Another text, or other recipients, went out under the reference and came back.
    OtherCameBack {
        /// The reference.
        reference: String,
        /// The short id of the message.
        message: String,
    },
    /// What the provider would not take.
    Message(outgoing::Fault),
    /// What stops the message until a person names it.
    Stopped(Warning),
    /// What a law court would not take of it, or of its receipts, until a person names it.
    Court(Objection),
    /// What no message can be made of, in the builder's words.
    Compose {
        /// Its words.
        reason: String,
    },
}

impl Fault {
    /// Its word in the JSON, and the key of its sentence.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::QuoteOpen { .. } => "quote-open",
            Self::AfterQuote { .. } => "after-quote",
            Self::StrayQuote { .. } => "stray-quote",
            Self::LongRow => "long-row",
            Self::Cells { .. } => "cells",
            Self::Encoding { .. } => "encoding",
            Self::NoObject { .. } => "no-object",
            Self::NoHeader => "no-header",
            Self::ManyColumns => "many-columns",
            Self::NoName { .. } => "no-name",
            Self::SameColumns { .. } => "same-columns",
            Self::TwoColumns { .. } => "two-columns",
            Self::NoColumn { .. } => "no-column",
            Self::UnknownColumn { .. } => "unknown-column",
            Self::NoRows => "no-rows",
            Self::ManyRows => "many-rows",
            Self::Template { .. } => "template",
            Self::UnknownVariable { .. } => "unknown-variable",
            Self::Render { .. } => "render",
            Self::NoValue { .. } => "no-value",
            Self::NoNumber { .. } => "no-number",
            Self::TwoNumbers { .. } => "two-numbers",
            Self::NotComparable { .. } => "not-comparable",
            Self::Empty { .. } => "empty",
            Self::Control { .. } => "control",
            Self::NoRecipient => "no-recipient",
            Self::SheetError { .. } => "sheet-error",
            Self::Address { .. } => "address",
            Self::NoAccount { .. } => "no-account",
            Self::UnknownAccount { .. } => "unknown-account",
            Self::Attachment { .. } => "attachment",
            Self::SameNotice { .. } => "same-notice",
            Self::Duplicate { .. } => "duplicate",
            Self::Conflict { .. } => "conflict",
            Self::ConflictElsewhere { .. } => "conflict-elsewhere",
            Self::Lost { .. } => "lost",
            Self::Changed { .. } => "changed",
            Self::OtherCameBack { .. } => "other-came-back",
            Self::Message(_) => "message",
            Self::Stopped(_) => "stopped",
            Self::Court(_) => "court",
            Self::Compose { .. } => "compose",
        }
    }

    /// What stands in its sentence; what came out of a cell is shortened, so that the advice is
    /// seen.
    pub fn values(&self) -> Vec<(&'static str, String)> {
        let own = shortened;
        match self {
            Self::QuoteOpen { line } | Self::AfterQuote { line } | Self::StrayQuote { line } => {
                vec![("line", line.to_string())]
            }
            // How many were found is counted in the language of who reads.
            Self::Cells { expected, .. } => vec![("expected", expected.to_string())],
            Self::Encoding { column } => vec![("column", own(column))],
            Self::NoObject { reason } | Self::Compose { reason } => vec![("reason", own(reason))],
            Self::NoName { place } => vec![("place", place.to_string())],
            Self::SameColumns { one, other } => vec![("one", own(one)), ("other", own(other))],
            Self::TwoColumns { one, other, option } => vec![
                ("one", own(one)),
                ("other", own(other)),
                ("option", own(option)),
            ],
            Self::NoColumn {
                role,
                names,
                option,
            } => vec![
                ("role", own(role)),
                ("names", names.clone()),
                ("option", own(option)),
            ],
            Self::UnknownColumn { name } | Self::UnknownAccount { name } => {
                vec![("name", own(name))]
            }
            Self::Template { role, line, reason } | Self::Render { role, line, reason } => vec![
                ("role", own(role)),
                ("line", line.to_string()),
                ("reason", own(reason)),
            ],
            Self::NoValue { role, line, names } => vec![
                ("role", own(role)),
                ("line", line.to_string()),
                ("names", own(names)),
            ],
            Self::NoNumber { role, line, value } | Self::TwoNumbers { role, line, value } => vec![
                ("role", own(role)),
                ("line", line.to_string()),
                ("value", own(value)),
            ],
            Self::NotComparable {
                role,
                line,
                one,
                other,
            } => vec![
                ("role", own(role)),
                ("line", line.to_string()),
                ("one", own(one)),
                ("other", own(other)),
            ],
            Self::UnknownVariable { role, name, known } => {
                vec![
                    ("role", own(role)),
                    ("name", own(name)),
                    ("known", cut(known, KNOWN_LETTERS)),
                ]
            }
            Self::Empty { role } | Self::Control { role } => vec![("role", own(role))],
            Self::Address { column, value } | Self::SheetError { column, value } => {
                vec![("column", own(column)), ("value", own(value))]
            }
            Self::NoAccount { known } => vec![("known", cut(known, KNOWN_LETTERS))],
            Self::Attachment { name, reason } => {
                vec![("name", own(name)), ("reason", own(reason))]
            }
            Self::SameNotice { row } => vec![("first", row.to_string())],
            Self::Duplicate { reference, row } => {
                vec![("reference", own(reference)), ("first", row.to_string())]
            }
            Self::Conflict {
                reference,
                message,
                job,
            } => vec![
                ("reference", own(reference)),
                ("message", own(message)),
                ("job", own(job)),
            ],
            // Times are shown in the language of who reads.
            Self::ConflictElsewhere { reference, .. } => vec![("reference", own(reference))],
            Self::Changed { message, job } => vec![("message", own(message)), ("job", own(job))],
            Self::OtherCameBack { reference, message } => {
                vec![("reference", own(reference)), ("message", own(message))]
            }
            Self::LongRow
            | Self::NoHeader
            | Self::ManyColumns
            | Self::NoRows
            | Self::ManyRows
            | Self::NoRecipient
            | Self::Lost { .. }
            | Self::Stopped(_)
            | Self::Court(_)
            | Self::Message(_) => Vec::new(),
        }
    }
}

/// Letters of a value that are shown: a cell may have a million.
const SHOWN_LETTERS: usize = 100;
/// Letters of a list of columns that are shown.
const KNOWN_LETTERS: usize = 1_000;

fn shortened(text: &str) -> String {
    cut(text, SHOWN_LETTERS)
}

fn cut(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_as_far_as_it_says_something() {
        let shown = |value: String| {
            let column = "pec".to_owned();
            Fault::Address { column, value }.values()[1].1.clone()
        };
        assert_eq!(shown("è".repeat(100)), "è".repeat(100));
        assert_eq!(shown("è".repeat(101)), format!("{}…", "è".repeat(100)));
    }
}
