//! What a system of preservation wants to know of each message in a container, as a table that it can
//! import (AgID, guidelines on electronic documents, annex 5: identifier, date, persons, subject,
//! kind).
//!
//! The number of the protocol is the reference that the message was given when it was sent.

use super::held::{Receipt, Shelf};
use crate::batch::cell;
use crate::timestamp::Timestamp;

/// The columns; IdDoc is the SHA-256 of the file.
const COLUMNS: [&str; 10] = [
    "IdDoc",
    "NomeFile",
    "DataOra",
    "Mittente",
    "Destinatari",
    "Oggetto",
    "Tipo",
    "NumeroProtocollo",
    "MessageID",
    "Identificativo",
];

/// A message.
pub(super) struct Row<'a> {
    pub sha256: &'a str,
    pub file: &'a str,
    /// When it was recorded, or the certified time.
    pub time: Timestamp,
    pub sender: &'a str,
    /// With a blank between.
    pub recipients: String,
    pub subject: &'a str,
    pub kind: &'a str,
    pub message_id: &'a str,
    pub identifier: &'a str,
    /// What the sender calls it; empty where it was called nothing.
    pub protocol: &'a str,
}

/// The rows of the receipts that are genuine: of all others nothing is known.
pub(super) fn of_receipts<'a>(
    receipts: &'a [Receipt],
    protocol: &'a str,
) -> impl Iterator<Item = Row<'a>> {
    let proofs = receipts.iter().filter(|one| one.shelf == Shelf::Proof);
    proofs.filter_map(move |receipt| {
        let data = receipt.examined.examination().facts()?.data()?;
        let recipients = data.recipients.iter().map(|one| one.address.as_str());
        let recipients: Vec<&str> = recipients.collect();
        Some(Row {
            sha256: receipt.examined.sha256(),
            file: receipt.name.as_str(),
            time: data.time,
            sender: data.sender.as_str(),
            recipients: recipients.join(" "),
            subject: data.subject.as_deref().unwrap_or_default(),
            kind: &data.kind_word,
            message_id: data.message_id.as_deref().unwrap_or_default(),
            identifier: &data.identifier,
            protocol,
        })
    })
}

/// CSV as the Italian spreadsheets read it: a byte order mark, semicolons; no cell is a formula.
pub(super) fn table<'a>(rows: impl Iterator<Item = Row<'a>>) -> String {
    let mut text = "\u{feff}".to_owned();
    text += &COLUMNS.map(cell::csv).join(";");
    text += "\r\n";
    for row in rows {
        let time = row.time.rfc3339_at(row.time.italian_offset());
        let cells = [
            row.sha256,
            row.file,
            &time,
            row.sender,
            &row.recipients,
            row.subject,
            row.kind,
            row.protocol,
            row.message_id,
            row.identifier,
        ];
        text += &cells.map(cell::csv).join(";");
        text += "\r\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_each_message_has_a_line() {
        let row = |subject| Row {
            sha256: "ab",
            file: "01_messaggio_inviato.eml",
            time: Timestamp::from_unix(1_800_000_000),
            sender: "a@pec.example",
            recipients: "b@pec.example c@pec.example".to_owned(),
            subject,
            kind: "messaggio",
            message_id: "<1@pec.example>",
            identifier: "",
            protocol: "",
        };
        let text = table([row("=1+1"), row("uno;\"due\"")].into_iter());
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("\u{feff}\"IdDoc\";\"NomeFile\";"));
        assert!(
            lines[1].contains(";\"'=1+1\";\"messaggio\";\"\";"),
            "{text}"
        );
        assert!(lines[2].contains(";\"uno;\"\"due\"\"\";"), "{text}");
    }
}
