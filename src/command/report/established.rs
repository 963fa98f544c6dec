//! What verifying receipts establishes, and what it leaves open: one list, always the same, each point
//! ticked by what was really found.

use serde::Serialize;

use super::dossier::{Dossier, Paper};
use crate::output::catalogue::Catalogue;
use crate::pec::Evidence;
use crate::verify::{CheckId, SameContent};

/// A point of the list.
#[derive(Serialize)]
pub(super) struct Point {
    pub is_established: bool,
    pub mark: String,
    pub text: String,
}

/// The list, by its words. What no receipt can tell is never established here.
pub(super) fn points(dossier: &Dossier, texts: &Catalogue) -> Vec<Point> {
    let all = || {
        let of_messages = dossier.matters.iter().flat_map(|matter| &matter.papers);
        of_messages.chain(&dossier.papers)
    };
    let has_passed = |check: CheckId| {
        all().next().is_some()
            && all().all(|one| {
                let mut passed = one.examination.findings().passed();
                passed.any(|other| other == check)
            })
    };
    let is_genuine = all().next().is_some() && all().all(|one| one.evidence().is_some());
    [
        ("sheet.open.signature", is_genuine),
        ("sheet.open.content", is_content_same(all())),
        (
            "sheet.open.revocation",
            has_passed(CheckId::ChainRevocation),
        ),
        ("sheet.open.domain", has_passed(CheckId::ProviderDomain)),
        ("sheet.open.register", false),
        ("sheet.open.person", false),
        ("sheet.open.reading", false),
        ("sheet.open.attachments", false),
        ("sheet.open.stamp", false),
    ]
    .map(|(key, is_established)| Point {
        is_established,
        mark: texts
            .text(match is_established {
                true => "sheet.established",
                false => "sheet.not-established",
            })
            .to_owned(),
        text: texts.text(key).to_owned(),
    })
    .into()
}

/// Whether every delivery receipt was compared with what was sent, and holds the same.
fn is_content_same<'p>(papers: impl Iterator<Item = &'p Paper>) -> bool {
    let mut deliveries = papers.filter(|one| matches!(one.evidence(), Some(Evidence::Delivery(_))));
    let is_same = |one: &Paper| {
        let sent = one.examination.sent();
        sent.is_some_and(|sent| sent.content() == SameContent::Identical)
    };
    deliveries.next().is_some_and(is_same) && deliveries.all(is_same)
}
