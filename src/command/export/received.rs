//! A message that was received, as a container: the envelope exactly as the mailbox had it, with
//! everything that is in it, signed attachments and messages within messages too.

use std::collections::BTreeMap;

use super::certificates::Certificates;
use super::gather::{self, Bundle, Source};
use super::guide::About;
use super::held::{METADATA, Receipt, Shelf, plain_name};
use super::metadata;
use crate::command::Failure;
use crate::command::judges::Judge;
use crate::lang::Lang;
use crate::ledger::Ledger;
use crate::ledger::letter::LetterRow;
use crate::pec::Evidence;
use crate::verify::Verdict;

/// Reads and judges a message that was received.
///
/// # Errors
/// When octets that the ledger names are not there.
pub(super) fn gather(
    row: &LetterRow,
    ledger: &Ledger,
    judge: &mut Judge,
    lang: Lang,
) -> anyhow::Result<Bundle> {
    let octets = ledger.octets(&row.octets);
    let octets = octets.map_err(|error| Failure::of_ledger(&error))?;
    let examined = judge.examiner.examine("", &octets);
    let examination = examined.examination();
    let is_genuine = examination.verdict() == Verdict::Genuine;
    let facts = examination.facts().filter(|_| is_genuine);
    let evidence = facts.and_then(crate::verify::Facts::evidence);
    let (name, shelf) = match evidence {
        Some(Evidence::Envelope) => ("01_busta_di_trasporto.eml", Shelf::Proof),
        Some(Evidence::Anomaly) => ("non_certificati/busta_di_anomalia.eml", Shelf::Uncertified),
        Some(
            Evidence::Acceptance
            | Evidence::NonAcceptance
            | Evidence::TakingCharge
            | Evidence::Delivery(_)
            | Evidence::NonDelivery
            | Evidence::Timeout(_)
            | Evidence::Virus,
        ) => ("01_ricevuta.eml", Shelf::Proof),
        None => ("non_autentici/messaggio.eml", Shelf::NotGenuine),
    };
    let mut certificates = Certificates::default();
    if let Some(facts) = examination.facts() {
        certificates.add_list(facts, judge);
    }
    if let (Some(facts), Some(_)) = (facts, evidence) {
        certificates.add(&octets, facts, &judge.examiner.trust().anchors);
    }
    let data = facts.and_then(|facts| facts.data());
    let recipients = data.map(|data| {
        let all = data.recipients.iter().map(|one| one.address.as_str());
        all.collect::<Vec<_>>().join(", ")
    });
    let recipients = recipients.unwrap_or_else(|| row.address.as_str().to_owned());
    let time = data.map(|data| data.time);
    let name = plain_name(name);
    let receipt = Receipt {
        examined: examined.named(name.to_string()),
        name,
        shelf,
        time,
    };
    let about = About {
        sent: None,
        subject: &row.subject,
        sender: &row.sender,
        recipients: &recipients,
        message_id: row.message_id.as_deref().unwrap_or_default(),
        now: row.at,
    };
    let receipts = vec![receipt];
    let table = metadata::table(metadata::of_receipts(&receipts, ""));
    let table = Source::Made(table.into_bytes());
    let files = BTreeMap::from([(plain_name(METADATA), table)]);
    gather::bundle(files, (receipts, certificates), &about, (judge, lang))
}
