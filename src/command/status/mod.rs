//! `pec status`: where each message stands, for every recipient.
//!
//! Reads the ledger and nothing else; a ledger that is not there has no messages. The texts and
//! the JSON of one message are used by every command that sends or waits: [`text::message`],
//! [`json::Document`], and [`outcome`] for the exit status.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
pub(super) mod json;
mod mailbox;
pub(super) mod text;

use std::collections::BTreeMap;

use json::Document;

use super::dates::When;
use super::letters;
use super::look::{LookJson, looks};
use super::meant::not_one;
use super::{Failure, Session, access};
use crate::address::MailAddress;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::state::{Goal, Standing};
use crate::ledger::{self, Filter, Ledger, MessageRef, MessageView, ReceivedRow, Unsettling};
use crate::output::report::Form;
use crate::output::style::Style;
use crate::pec::wrapped::{ReportedRecipient, WrappedMail};
use crate::timestamp::Timestamp;

/// The order to say where messages stand.
pub(super) struct StatusOrder {
    wanted: Wanted,
    form: Form,
}

/// Of what.
enum Wanted {
    /// One message, whole: by its short id, its Message-ID, or words of its subject.
    Message(String),
    /// How full the mailboxes are at the provider: the one thing here that a server is asked.
    Mailbox,
    /// A page of a list.
    List {
        of: Listed,
        /// How many at most, from 1.
        limit: u32,
        /// Which, from 1.
        page: u32,
    },
}

/// What a list is of.
enum Listed {
    /// Messages of ours.
    Messages {
        /// Recorded then or later.
        since: Option<When>,
        /// For which something is still awaited.
        pending: bool,
        /// That did not reach a recipient.
        failed: bool,
        /// To an address that contains this text.
        to: Option<String>,
        /// That the sender calls so.
        reference: Option<String>,
    },
    /// Genuine receipts that belong to none of them.
    Orphans,
    /// What passes itself off as certified mail.
    Unproven,
}

/// What texts and JSON of a message need beside the message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    /// Where the receipts are kept.
    pub ledger: &'a Ledger,
    /// The names of the files beside the document that hold the octets of a SHA-256, where it leaves
    /// this machine: then no path and no place in a mailbox is told.
    pub beside: Option<&'a BTreeMap<String, String>>,
    /// The present: deadlines pass.
    pub now: Timestamp,
    /// The language.
    pub lang: Lang,
    /// Whether to colour.
    pub style: Style,
}

/// What ordinary mail that a provider wrapped claims about a message; read from its octets.
struct Remark<'a> {
    sender: &'a str,
    subject: &'a str,
    recipients: Vec<ReportedRecipient>,
}

impl<'a> Remark<'a> {
    fn of(row: &'a ReceivedRow, reading: &Reading<'_>) -> Self {
        let octets = reading.ledger.octets(&row.octets).ok();
        let mail = octets.and_then(|octets| WrappedMail::inside(&octets));
        let report = mail.and_then(|mail| mail.report).unwrap_or_default();
        Self {
            sender: row.sender.as_deref().unwrap_or_default(),
            subject: row.subject.as_deref().unwrap_or_default(),
            recipients: report.recipients,
        }
    }
}

/// What was found in the ledger.
enum Found {
    Messages(Vec<MessageView>),
    Orphans(Vec<ReceivedRow>),
    Unproven(Vec<ReceivedRow>),
}

/// A page of a list, with what a person should look at beside it.
struct Page {
    found: Found,
    /// Its number, from 1.
    number: u32,
    /// Whether another follows.
    more: bool,
    unsettling: Unsettling,
    /// The mailboxes that were used, and when each was last read.
    mailboxes: Vec<LookJson>,
}

pub(super) fn run(order: &StatusOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    if let Wanted::Mailbox = order.wanted {
        return mailbox::run(order.form, session);
    }
    let Some(mut ledger) = open(session)? else {
        return without_ledger(order, session);
    };
    let account = access::known_account(&ledger, session)?;
    let now = session.context.now;
    if ledger.is_writable() {
        // Another process may write at this moment: what it leaves open is shown as it is.
        let _ = ledger.settle_cut_off(now);
        if let Wanted::Message(_) = order.wanted {
            // What was recorded just now may answer something.
            letters::index(&mut ledger, session)?;
        }
    }
    let reading = Reading {
        ledger: &ledger,
        beside: None,
        now,
        lang: session.lang,
        style: session.style,
    };
    match &order.wanted {
        Wanted::Message(word) => one(word, order.form, &reading, session),
        Wanted::Mailbox => mailbox::run(order.form, session),
        Wanted::List { of, limit, page } => {
            let page = page_of(of, *limit, *page, account, (&ledger, now))
                .map_err(|error| Failure::of_ledger(&error))?;
            let document = Document::of_page(&page, &reading, order.form);
            Ok(session.out.show(&document, order.form)?)
        }
    }
}

/// One message whole, or why it cannot be told which.
fn one(
    word: &str,
    form: Form,
    reading: &Reading<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let ledger = reading.ledger;
    let failure = |error: ledger::Error| Failure::of_ledger(&error);
    let found = ledger.find(word).map_err(failure)?;
    let [message] = &found[..] else {
        let rows: Result<Vec<_>, _> = found.iter().map(|found| ledger.row(found)).collect();
        let rows = rows.map_err(failure)?;
        not_one(word, rows.is_empty()).write(session.lang, session.err)?;
        for line in text::candidates(&rows, session.lang) {
            writeln!(session.err, "{line}")?;
        }
        return Ok(ExitStatus::Unusable);
    };
    let view = [ledger.view(message).map_err(failure)?];
    let document = Document::of_messages(&view, reading, form);
    Ok(session.out.show(&document, form)?)
}

/// The answer where there is no ledger: no messages yet.
fn without_ledger(order: &StatusOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let (of, number) = match &order.wanted {
        Wanted::Message(word) => return Err(not_one(word, true).into()),
        Wanted::Mailbox => return mailbox::run(order.form, session),
        Wanted::List { of, page, .. } => (of, *page),
    };
    let none = Page {
        found: match of {
            Listed::Messages { .. } => Found::Messages(Vec::new()),
            Listed::Orphans => Found::Orphans(Vec::new()),
            Listed::Unproven => Found::Unproven(Vec::new()),
        },
        number,
        more: false,
        unsettling: Unsettling::default(),
        mailboxes: Vec::new(),
    };
    let document = Document::of_nothing(&none, session.lang);
    Ok(session.out.show(&document, order.form)?)
}

fn page_of(
    listed: &Listed,
    limit: u32,
    number: u32,
    account: Option<MailAddress>,
    (ledger, now): (&Ledger, Timestamp),
) -> Result<Page, ledger::Error> {
    let unsettling = ledger.unsettling(account.as_ref())?;
    let mailboxes = looks(ledger, account.as_ref())?;
    let limit = limit as usize;
    let offset = limit.saturating_mul(number as usize - 1);
    // One more than asked for tells whether another page follows.
    let wanted = limit.saturating_add(1);
    let (found, more) = match listed {
        Listed::Messages {
            since,
            pending,
            failed,
            to,
            reference,
        } => {
            let filter = Filter {
                account,
                since: since.map(|since| since.start(now)),
                pending: *pending,
                failed: *failed,
                to: to.clone(),
                reference: reference.clone(),
            };
            let (views, more) = cut(ledger.views(&filter, wanted, offset)?, limit);
            (Found::Messages(views), more)
        }
        Listed::Orphans => {
            let rows = ledger.orphans(account.as_ref(), wanted, offset)?;
            let (rows, more) = cut(rows, limit);
            (Found::Orphans(rows), more)
        }
        Listed::Unproven => {
            let rows = ledger.unproven(account.as_ref(), wanted, offset)?;
            let (rows, more) = cut(rows, limit);
            (Found::Unproven(rows), more)
        }
    };
    Ok(Page {
        found,
        number,
        more,
        unsettling,
        mailboxes,
    })
}

/// The first rows, and whether there are others.
fn cut<T>(mut rows: Vec<T>, limit: usize) -> (Vec<T>, bool) {
    let more = rows.len() > limit;
    rows.truncate(limit);
    (rows, more)
}

/// Shows messages as `pec status MESSAGE` does, one after the other or in one document.
pub(super) fn show(
    messages: &[MessageRef],
    ledger: &Ledger,
    form: Form,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let reading = Reading {
        ledger,
        beside: None,
        now: session.context.clock.now(),
        lang: session.lang,
        style: session.style,
    };
    let views: Result<Vec<_>, _> = messages.iter().map(|one| ledger.view(one)).collect();
    let views = views.map_err(|error| Failure::of_ledger(&error))?;
    let document = Document::of_messages(&views, &reading, form);
    session.out.show(&document, form)?;
    Ok(())
}

/// The answer that a message is: 1 when it did not reach a recipient, 3 when something is
/// awaited, in doubt or contradictory, 0 when it reached all. Ordinary mail that was accepted
/// has reached what certified mail can reach.
pub(super) fn outcome(view: &MessageView) -> ExitStatus {
    let standings = view.recipients.iter().map(|one| one.state.standing);
    standings
        .map(answer)
        .fold(ExitStatus::Yes, ExitStatus::worse)
}

/// The answer for one recipient; see [`outcome`].
pub(super) fn answer(standing: Standing) -> ExitStatus {
    standing.meaning(Goal::Delivered).exit()
}

/// The word of an answer in the JSON.
fn answer_word(answer: ExitStatus) -> &'static str {
    match answer {
        ExitStatus::Yes => "yes",
        ExitStatus::No => "no",
        ExitStatus::Undecided | ExitStatus::Unusable | ExitStatus::NotNow | ExitStatus::Refused => {
            "undecided"
        }
    }
}

/// The ledger, if there is one.
fn open(session: &mut Session<'_>) -> anyhow::Result<Option<Ledger>> {
    if session.data_dir.is_none() {
        return Err(Failure::new("no-data-folder", []).into());
    }
    access::existing_ledger(session)
}
