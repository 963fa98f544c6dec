//! What the ledger tells of a message, as a report needs it: names of files are those of a container, and
//! only receipts that are genuine now say anything.

use std::collections::BTreeSet;

use super::dossier::{Addressee, Dossier, Matter, Original, Paper};
use crate::command::export::held::{Receipt, Shelf};
use crate::ledger::MessageView;

/// Of a message, given the name and the octets of what was sent, and its receipts as they were judged.
pub(in crate::command) fn dossier(
    view: &MessageView,
    (name, octets): (&str, &[u8]),
    receipts: &[Receipt],
) -> Dossier {
    let (papers, others) = receipts
        .iter()
        .partition::<Vec<&Receipt>, _>(|one| one.shelf == Shelf::Proof);
    let of = |one: &Receipt| Paper {
        name: one.name.to_string(),
        sha256: one.examined.sha256().to_owned(),
        examination: one.examined.examination().clone(),
        is_astray: one.shelf == Shelf::OtherMessage,
    };
    let mut papers: Vec<Paper> = papers.into_iter().map(of).collect();
    papers.sort_by_key(|paper| paper.data().map(|data| data.time));
    let shown: BTreeSet<&str> = papers.iter().map(|paper| &*paper.sha256).collect();
    let facts = view.facts.iter().filter(|fact| {
        let evidence = fact.evidence();
        evidence.is_none_or(|sha256| shown.contains(sha256))
    });
    let recipients = view.recipients.iter().enumerate();
    let recipients = recipients.map(|(place, one)| Addressee {
        place,
        address: one.address.clone(),
        field: Some(one.field),
    });
    let matter = Matter {
        short: Some(view.row.message.short.clone()),
        sender: view.row.sender.clone(),
        subject: view.row.subject.clone(),
        message_id: view.row.message_id.clone(),
        sent: Some(Original::of(Some(name.to_owned()), octets)),
        recipients: recipients.collect(),
        others: 0,
        facts: facts.cloned().collect(),
        papers: Vec::new(),
    };
    let others = others.into_iter().map(of).collect();
    Dossier {
        matters: vec![Matter { papers, ..matter }],
        papers: others,
        unread: Vec::new(),
        reference: view.row.reference.clone(),
    }
}
