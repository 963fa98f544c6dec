//! `pec prove`: whether a file was delivered with a message, as its receipts show it.
//!
//! The comparison is that of `pec verify --sent`; here it is made with every delivery receipt of the
//! message, for each recipient, and said in a sentence.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
mod report;

use std::path::{Path, PathBuf};

use report::{Outcome, RecipientJson, Results};

use super::judges::{Judge, Judges};
use super::which::Which;
use super::{Failure, Session, access, meant, trusted};
use crate::address::MailAddress;
use crate::exit::ExitStatus;
use crate::ledger::{Ledger, MatchRule, MessageView};
use crate::output::report::Form;
use crate::pec::{Evidence, Holds};
use crate::smime::sha256;
use crate::verify::{SameContent, Sent, Verdict, attached};

use super::verify::Examined;

/// The order to show that a file was delivered.
pub(super) struct ProveOrder {
    message: String,
    file: PathBuf,
    recipient: Option<String>,
    trust: Option<PathBuf>,
    form: Form,
}

/// A genuine delivery receipt of the message, compared with the file.
struct Delivery {
    examined: Examined,
    holds: Holds,
    to: MailAddress,
}

pub(super) fn run(order: &ProveOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let file = trusted::read(&order.file, session.lang)?;
    let ledger = access::existing_ledger(session)?;
    let mut ledger = ledger.ok_or_else(|| meant::not_one(&order.message, true))?;
    let message = Which::sent(
        &order.message,
        &|message| Failure::new("prove-received", [("message", message)]),
        &mut ledger,
        session,
    )?;
    let of_ledger = |error| Failure::of_ledger(&error);
    let view = ledger.view(&message).map_err(of_ledger)?;
    meant::refuse_stone(&view.row, session.lang)?;
    let sent = ledger.octets(&view.row.octets).map_err(of_ledger)?;
    let name = file_name(&order.file);
    let mut judges = Judges::new(order.trust.as_deref());
    let judge = judges.of(&view.row.sender, session)?;
    judge
        .examiner
        .compare_with(name.clone(), Sent::new(file.clone()));
    let deliveries = deliveries(&view, &ledger, judge)?;
    let wanted = order.recipient.as_deref().map(MailAddress::new);
    let is_wanted = |address: &MailAddress| wanted.as_ref().is_none_or(|one| one == address);
    let addresses = view.recipients.iter().map(|one| &one.address);
    let addresses: Vec<&MailAddress> = addresses.filter(|one| is_wanted(one)).collect();
    if addresses.is_empty() {
        let recipient = order.recipient.clone().unwrap_or_default();
        let values = [("recipient", recipient), ("message", message.short.clone())];
        return Err(Failure::new("prove-recipient", values).into());
    }
    let attached = attached(&file, &sent);
    let is_message = file == sent;
    let was_sent = attached.is_some() || is_message;
    let recipients = addresses.into_iter().map(|address| {
        let of_it = deliveries.iter().filter(|one| one.to == *address);
        RecipientJson::of(address, best(of_it), was_sent)
    });
    let mut results = Results {
        message: message.short.clone(),
        message_id: view.row.message_id.clone(),
        file: name,
        sha256: sha256(&file),
        size: file.len() as u64,
        attached,
        is_message,
        recipients: recipients.collect(),
    };
    results.say(&view, judge.examiner.trust(), session);
    Ok(session.out.show(&results, order.form)?)
}

fn file_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The delivery receipts that are genuine and about the message.
fn deliveries(view: &MessageView, ledger: &Ledger, judge: &Judge) -> anyhow::Result<Vec<Delivery>> {
    let mut found = Vec::new();
    for row in &view.receipts {
        let octets = ledger.octets(&row.octets);
        let octets = octets.map_err(|error| Failure::of_ledger(&error))?;
        let examined = judge.examiner.examine("", &octets);
        let examination = examined.examination();
        let is_proof = examination.verdict() == Verdict::Genuine
            && row
                .rule
                .is_some_and(|rule| rule.is_match() || rule == MatchRule::OtherContent);
        let facts = examination.facts().filter(|_| is_proof);
        let evidence = facts.and_then(|facts| facts.evidence());
        let to = facts.and_then(|facts| facts.data()?.delivered_to.clone());
        if let (Some(Evidence::Delivery(holds)), Some(to)) = (evidence, to) {
            found.push(Delivery {
                examined,
                holds,
                to,
            });
        }
    }
    Ok(found)
}

/// Of the receipts of one recipient the one that shows most.
fn best<'a>(of: impl Iterator<Item = &'a Delivery>) -> Option<&'a Delivery> {
    of.min_by_key(|delivery| match delivery.outcome() {
        Outcome::Identical => 0,
        Outcome::Consistent => 1,
        Outcome::Undecided => 2,
        Outcome::NoContent => 3,
        Outcome::Different | Outcome::NoDelivery => 4,
    })
}

impl Delivery {
    /// What comparing gave.
    fn outcome(&self) -> Outcome {
        let Some(sent) = self.examined.examination().sent() else {
            return Outcome::Undecided;
        };
        match (sent.content(), self.holds) {
            (SameContent::Identical, _) => Outcome::Identical,
            (SameContent::Consistent, _) => Outcome::Consistent,
            (SameContent::Different, _) => Outcome::Different,
            (SameContent::NotCompared, Holds::Nothing) => Outcome::NoContent,
            (SameContent::NotCompared, Holds::Original | Holds::Hashes) => Outcome::Undecided,
        }
    }
}
