//! What a lawyer looks at who notified by certified mail (l. 53/1994): each point yes, no or not
//! established. Whether a notification is valid is not said here.

use serde::Serialize;

use super::dossier::Matter;
use crate::output::catalogue::Catalogue;
use crate::pec::caution::announces_notification;
use crate::pec::outgoing::RecipientField;
use crate::pec::{Evidence, Holds};

/// A point, and the answer.
#[derive(Serialize)]
pub(super) struct Answered {
    pub point: String,
    pub answer: String,
}

/// The points about a message.
pub(super) fn points(matter: &Matter, texts: &Catalogue) -> Vec<Answered> {
    [
        (
            "sheet.notice.subject",
            Some(announces_notification(&matter.subject)),
        ),
        ("sheet.notice.form", is_complete(matter)),
        ("sheet.notice.to", is_direct(matter)),
        ("sheet.notice.relation", has_relation(matter)),
        ("sheet.notice.register", None),
    ]
    .map(|(key, answer)| Answered {
        point: texts.text(key).to_owned(),
        answer: texts
            .text(match answer {
                Some(true) => "sheet.yes",
                Some(false) => "sheet.no",
                None => "sheet.not-established",
            })
            .to_owned(),
    })
    .into()
}

/// Whether each delivery receipt is a complete one; nothing where there is none.
fn is_complete(matter: &Matter) -> Option<bool> {
    let forms = matter.papers.iter().filter_map(|one| match one.evidence() {
        Some(Evidence::Delivery(holds)) => Some(holds == Holds::Original),
        Some(
            Evidence::Acceptance
            | Evidence::NonAcceptance
            | Evidence::TakingCharge
            | Evidence::NonDelivery
            | Evidence::Timeout(_)
            | Evidence::Virus
            | Evidence::Envelope
            | Evidence::Anomaly,
        )
        | None => None,
    });
    forms.reduce(|all, one| all && one)
}

/// Whether each recipient that is named stands in To.
fn is_direct(matter: &Matter) -> Option<bool> {
    let fields = matter.recipients.iter().map(|one| one.field);
    let fields: Option<Vec<RecipientField>> = fields.collect();
    let fields = fields.filter(|all| !all.is_empty())?;
    Some(fields.iter().all(|field| *field == RecipientField::To))
}

/// Whether a file is called as the report of notification is, and looks signed. One of another name may
/// be it.
fn has_relation(matter: &Matter) -> Option<bool> {
    let attached = &matter.sent.as_ref()?.attachments;
    let is_it = attached
        .iter()
        .any(|one| one.looks_signed && one.name.to_lowercase().contains("relata"));
    match (is_it, attached.is_empty()) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}
