//! The words of the formats and of the ledger, as schemas: the lists stand where the words do.
//!
//! A list that the rules close is closed; one that this program may add to is open (`known`).

use schemars::{Schema, SchemaGenerator};

use crate::ledger::fact::What;
use crate::ledger::state::Standing;
use crate::ledger::{MatchRule, Reason};
use crate::output::report::{known, only, or_null};
use crate::pec::outgoing::RecipientField;
use crate::pec::{DeliveryForm, MessageKind};
use crate::verify::CheckId;

/// What a certified message is.
fn kinds() -> impl Iterator<Item = &'static str> {
    let kinds = MessageKind::STATED.into_iter();
    kinds
        .chain([MessageKind::AnomalyEnvelope])
        .map(MessageKind::word)
}

/// What a certified message is, or null.
pub(super) fn kind_or_null(_: &mut SchemaGenerator) -> Schema {
    or_null(only(kinds()))
}

/// How a receipt was matched, or null.
pub(super) fn match_or_null(_: &mut SchemaGenerator) -> Schema {
    or_null(known(MatchRule::ALL.map(MatchRule::word)))
}

/// Why a message is unread, or null.
pub(super) fn reason_or_null(_: &mut SchemaGenerator) -> Schema {
    or_null(known(Reason::ALL.map(Reason::word)))
}

/// A check of the verifier.
pub(super) fn check(_: &mut SchemaGenerator) -> Schema {
    known(CheckId::ALL.iter().map(|check| check.id()))
}

/// A check of the verifier, or null.
pub(super) fn check_or_null(generator: &mut SchemaGenerator) -> Schema {
    or_null(check(generator))
}

/// Where a message stands for a recipient.
pub(super) fn standing(_: &mut SchemaGenerator) -> Schema {
    known(Standing::ALL.map(Standing::word))
}

/// What a fact states.
pub(super) fn what(_: &mut SchemaGenerator) -> Schema {
    known(What::ALL.map(What::word))
}

/// What several facts state.
pub(super) fn whats(generator: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "array", "items": what(generator) })
}

/// Where a recipient is named.
pub(super) fn field(_: &mut SchemaGenerator) -> Schema {
    only([RecipientField::To, RecipientField::Cc].map(RecipientField::word))
}

/// The form of receipt that was asked for.
pub(super) fn delivery_form(_: &mut SchemaGenerator) -> Schema {
    only(DeliveryForm::ALL.map(DeliveryForm::word))
}

/// The form of receipt that was asked for, or null.
pub(super) fn delivery_form_or_null(generator: &mut SchemaGenerator) -> Schema {
    or_null(delivery_form(generator))
}
