//! What the first line, the facts and the rows of a table say alike: what a finding means, what a file
//! is that is no certified mail, who the recipients are.

use crate::output::catalogue::Catalogue;
use crate::pec::CertificationData;
use crate::verify::{Examination, Finding, Ordinary, SignerFacts};

/// Recipients named in a row of the table.
const ROW_RECIPIENTS: usize = 3;

/// What a finding means.
pub(in crate::command) fn meaning(finding: &Finding, texts: &Catalogue) -> String {
    let key = format!("finding.{}", finding.case().key());
    let values = [
        ("expected", finding.expected().unwrap_or_default()),
        ("found", finding.found().unwrap_or_default()),
    ];
    texts.fill(&key, &values)
}

/// What it is that is no certified mail, and by whom it is signed if it is.
pub(in crate::command) fn instead(examination: &Examination, texts: &Catalogue) -> String {
    let word = examination.ordinary().map_or("", Ordinary::word);
    let ordinary = texts.text(&format!("ordinary.{word}"));
    let Some(signature) = examination.signature() else {
        return ordinary.to_owned();
    };
    if signature.holds.is_none() && signature.signers.is_empty() {
        return texts.fill("headline.signature-unknown", &[("ordinary", ordinary)]);
    }
    let key = match signature.holds {
        Some(true) => "headline.signature-holds",
        Some(false) => "headline.signature-fails",
        None => "headline.signature-unchecked",
    };
    let signer = |signer: &SignerFacts| match &*signer.address {
        "" => signer.subject.clone(),
        address => format!("{} <{address}>", signer.subject),
    };
    let signers = match &signature.signers[..] {
        [] => texts.text("headline.signature-of-nobody").to_owned(),
        some => some.iter().map(signer).collect::<Vec<_>>().join("; "),
    };
    texts.fill(key, &[("ordinary", ordinary), ("signers", &signers)])
}

/// The first recipients by address, and how many more there are.
pub(super) fn recipients_of(data: &CertificationData) -> String {
    let all = data.recipients.iter().map(|one| one.address.as_str());
    let shown: Vec<&str> = all.take(ROW_RECIPIENTS).collect();
    match data.recipients.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} (+{more})", shown.join(", ")),
    }
}
