//! `pec report`: one page for people about a message, which says what is attested, by what, and what is
//! not.
//!
//! Receipts are verified again; one that is not genuine any more moves nothing and stands in front of
//! all else. `pec status --report` and `pec verify --report` write the same page.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
pub(super) mod asked;
pub(super) mod check;
mod conclusion;
mod course;
pub(super) mod dossier;
mod established;
mod evidence;
pub(super) mod forms;
pub(super) mod kept;
mod matter;
mod notification;
#[cfg(feature = "pdf")]
mod paper;
pub(super) mod sheet;
mod told;

use std::path::PathBuf;

use asked::{Circumstances, Made, PageOrder};
use dossier::Dossier;

use super::export::gather::{judged, sent_name};
use super::judges::Judges;
use super::status::{self, StatusOrder};
use super::which::Which;
use super::{Failure, Session, access, meant};
use crate::address::MailAddress;
use crate::exit::ExitStatus;
use crate::verify::{Sent, Verdict};

/// The order to report of a message.
pub(super) struct ReportOrder {
    message: String,
    page: PageOrder,
    /// Trust data instead of those of the account.
    trust: Option<PathBuf>,
    /// What `pec status` is to show beside it.
    status: Option<Box<StatusOrder>>,
}

impl ReportOrder {
    /// A page beside what `pec status` shows of a message.
    pub fn beside(status: StatusOrder, message: String, page: PageOrder) -> Self {
        Self {
            message,
            page,
            trust: None,
            status: Some(Box::new(status)),
        }
    }
}

pub(super) fn run(order: &ReportOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    order.page.is_possible()?;
    let ledger = access::existing_ledger(session)?;
    let mut ledger = ledger.ok_or_else(|| meant::not_one(&order.message, true))?;
    let message = Which::sent(
        &order.message,
        &|message| Failure::new("report-received", [("message", message)]),
        &mut ledger,
        session,
    )?;
    let of_ledger = |error| Failure::of_ledger(&error);
    let view = ledger.view(&message).map_err(of_ledger)?;
    meant::refuse_stone(&view.row, session.lang)?;
    let sent = ledger.octets(&view.row.octets).map_err(of_ledger)?;
    let mut judges = Judges::new(order.trust.as_deref());
    let judge = judges.of(&view.row.sender, session)?;
    let name = sent_name(&view);
    judge
        .examiner
        .compare_with(name.to_string(), Sent::new(sent.clone()));
    let receipts = judged(&view, &ledger, judge)?;
    let dossier = kept::dossier(&view, (name.as_str(), &sent), &receipts);
    let dossier = narrowed(dossier, &order.page)?;
    let circumstances = Circumstances {
        order: &order.page,
        made: Made::Now(session.context.now),
        trust: judge.examiner.trust(),
        lang: session.lang,
    };
    forms::write(&dossier, &circumstances, session)?;
    drop(ledger);
    let shown = match &order.status {
        Some(order) => status::run(order, session)?,
        None => ExitStatus::Yes,
    };
    Ok(shown.worse(answer(&dossier)))
}

/// Names one recipient alone, where that was asked.
///
/// # Errors
/// When nothing concerns it.
pub(super) fn narrowed(dossier: Dossier, order: &PageOrder) -> Result<Dossier, Failure> {
    match &order.recipient {
        None => Ok(dossier),
        Some(address) => dossier.only(address).ok_or_else(|| none_of_these(address)),
    }
}

fn none_of_these(address: &MailAddress) -> Failure {
    Failure::new("report-recipient", [("recipient", address.to_string())])
}

/// What `pec status` answers for the recipients that are named; no where a file that should be a receipt
/// is not genuine, or is of another message.
fn answer(dossier: &Dossier) -> ExitStatus {
    let of_recipients = dossier.matters.iter().flat_map(|matter| {
        let recipients = matter.recipients.iter();
        recipients.map(|one| status::answer(matter.state(one).standing))
    });
    let of_files = dossier
        .alarms()
        .map(|paper| match paper.examination.verdict() {
            // It is of another message.
            Verdict::Genuine | Verdict::NotGenuine | Verdict::NotCertifiedMail => ExitStatus::No,
            Verdict::CannotTell => ExitStatus::Undecided,
        });
    of_recipients
        .chain(of_files)
        .fold(ExitStatus::Yes, ExitStatus::worse)
}
