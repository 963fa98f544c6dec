//! The outer header of a certified message: hints, covered by no signature.
//!
//! Used to find and sort, and to be compared with what is signed. Never a source of facts.

use super::{MessageKind, SIGNER_LOCAL_PART};
use crate::mime::decode::{self, Mailbox};
use crate::mime::header::{Field, Header};
use crate::timestamp::Timestamp;

/// What the unsigned header says.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// X-Ricevuta, one entry per field.
    pub receipt: Vec<String>,
    /// X-Trasporto, one entry per field.
    pub transport: Vec<String>,
    /// Addresses of From.
    pub from: Vec<Mailbox>,
    /// How many From fields there are.
    pub from_fields: usize,
    /// X-Riferimento-Message-ID, one entry per field.
    pub references: Vec<String>,
    /// The first X-TipoRicevuta.
    pub receipt_form: Option<String>,
}

impl Hints {
    /// Reads the fields.
    pub fn of(header: &Header<'_>) -> Self {
        let mut hints = Self::default();
        for field in header.fields() {
            if field.is("From") {
                hints.from_fields += 1;
                if hints.from_fields == 1 {
                    hints.from = decode::addresses(field.value);
                }
            } else if !begins_with(field, b"X-") {
            } else if field.is("X-Ricevuta") {
                hints.receipt.push(field.text().to_ascii_lowercase());
            } else if field.is("X-Trasporto") {
                hints.transport.push(field.text().to_ascii_lowercase());
            } else if field.is("X-Riferimento-Message-ID") {
                hints.references.push(field.text().into_owned());
            } else if field.is("X-TipoRicevuta") {
                hints
                    .receipt_form
                    .get_or_insert_with(|| field.text().to_ascii_lowercase());
            }
        }
        hints
    }

    /// Whether the header passes the message off as certified mail.
    pub fn claims_certified_mail(&self) -> bool {
        !self.receipt.is_empty()
            || !self.transport.is_empty()
            || self
                .from
                .iter()
                .any(|mailbox| is_signer_address(&mailbox.address))
    }

    /// The kind that the marks state; `None` when there is none, or none of the rules' words.
    pub fn kind(&self) -> Option<MessageKind> {
        let (field, value) = match (self.receipt.first(), self.transport.first()) {
            (Some(value), None) => ("X-Ricevuta", value),
            (None, Some(value)) => ("X-Trasporto", value),
            _ => return None,
        };
        MessageKind::STATED
            .into_iter()
            .chain([MessageKind::AnomalyEnvelope])
            .find(|kind| kind.mark() == (field, value.as_str()))
    }
}

/// Whether an address is one of those that sign PEC.
pub fn is_signer_address(address: &str) -> bool {
    address.split_once('@').is_some_and(|(local, host)| {
        local.eq_ignore_ascii_case(SIGNER_LOCAL_PART) && !host.contains('@')
    })
}

/// Whether a header field name or file name betrays REM, the successor (ETSI EN 319 532).
pub fn is_rem(header: &Header<'_>) -> bool {
    let mut fields = header.fields().iter();
    fields.any(|field| begins_with(field, b"REM-"))
}

fn begins_with(field: &Field<'_>, start: &[u8]) -> bool {
    field
        .name
        .get(..start.len())
        .is_some_and(|name| name.eq_ignore_ascii_case(start))
}

/// The instant of the Date field.
pub fn date(header: &Header<'_>) -> Option<Timestamp> {
    header
        .first("Date")
        .and_then(|field| decode::date(&field.text()))
}
