//! The outer header of a certified message: hints, covered by no signature.
//!
//! Used to find and sort, and to be compared with what is signed. Never a source of facts.

use std::borrow::Cow;

use super::{MessageKind, SIGNER_LOCAL_PART};
use crate::mime::decode::{self, Mailbox};
use crate::mime::header::{Field, Header};
use crate::timestamp::Timestamp;

/// What the unsigned header says.
#[derive(Clone, Debug, Default)]
pub struct Hints<'a> {
    /// X-Ricevuta in lower case, one entry per field.
    pub receipt: Vec<Cow<'a, str>>,
    /// X-Trasporto in lower case, one entry per field.
    pub transport: Vec<Cow<'a, str>>,
    /// Addresses of From.
    pub from: Vec<Mailbox>,
    /// How many From fields there are.
    pub from_fields: usize,
    /// X-Riferimento-Message-ID, one entry per field.
    pub references: Vec<Cow<'a, str>>,
    /// The first X-TipoRicevuta in lower case.
    pub receipt_form: Option<Cow<'a, str>>,
}

impl<'a> Hints<'a> {
    /// Reads the fields.
    pub fn of(header: &Header<'a>) -> Self {
        let mut hints = Self::default();
        for field in header.fields() {
            if field.is("From") {
                hints.from_fields += 1;
                if hints.from_fields == 1 {
                    hints.from = decode::addresses(field.value);
                }
            } else if !begins_with(field, b"X-") {
            } else if field.is("X-Ricevuta") {
                hints.receipt.push(lower(field));
            } else if field.is("X-Trasporto") {
                hints.transport.push(lower(field));
            } else if field.is("X-Riferimento-Message-ID") {
                hints.references.push(field.text());
            } else if field.is("X-TipoRicevuta") {
                hints.receipt_form.get_or_insert_with(|| lower(field));
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
            .find(|kind| kind.mark() == (field, &**value))
    }
}

/// The value in lower case, as it nearly always is.
fn lower<'a>(field: &Field<'a>) -> Cow<'a, str> {
    let text = field.text();
    match text.bytes().any(|octet| octet.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => text,
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
