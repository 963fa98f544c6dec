//! `pec status`: where each message stands, for every recipient.
//!
//! Reads the ledger and nothing else; a ledger that is not there has no messages. The texts and
//! the JSON of one message are used by every command that sends or waits: [`text::message`],
//! [`json::Document`], and [`outcome`] for the exit status.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod json;
pub(super) mod text;

use json::Document;

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

/// Say where each message stands, for every recipient
///
/// Without MESSAGE all messages, newest first. With one, all that is known of it: the attempts
/// to send it, and for every recipient what was certified, when, by which receipt, and what may
/// be expected until when. A statement counts only when its receipt was proved genuine.
///
/// Works without network on what was recorded; pec sync reads the mailbox. A list exits with 0;
/// one message with 0 if it reached every recipient, 1 if it did not reach one, 3 if something
/// is awaited, in doubt or contradictory, 2 if no message or more than one is meant.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(super) struct Arguments {
    /// One message: its short id, its Message-ID, or words of its subject
    #[arg(
        value_name = "MESSAGE",
        conflicts_with_all = ["since", "pending", "failed", "to", "orphans", "unproven"]
    )]
    message: Option<String>,

    /// Only messages recorded at this time or later
    #[arg(long, value_name = "TIME")]
    since: Option<String>,

    /// Only messages for which something is still awaited
    #[arg(long)]
    pending: bool,

    /// Only messages that did not reach a recipient
    #[arg(long)]
    failed: bool,

    /// Only messages to an address that contains this text
    #[arg(long, value_name = "TEXT")]
    to: Option<String>,

    /// Genuine receipts that belong to no message in the ledger
    #[arg(long, conflicts_with_all = ["unproven", "since", "pending", "failed", "to"])]
    orphans: bool,

    /// What passes itself off as certified mail and was not proved genuine
    #[arg(long, conflicts_with_all = ["since", "pending", "failed", "to"])]
    unproven: bool,

    /// How many to show at most (default: 50)
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 50,
        hide_default_value = true,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    limit: u32,

    /// Which page of the list, from 1
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 1,
        hide_default_value = true,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    page: u32,

    /// Write one JSON document
    #[arg(long)]
    json: bool,

    /// Write the JSON schema of the document and end
    #[arg(long)]
    json_schema: bool,
}

/// What texts and JSON of a message need beside the message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    /// Where the receipts are kept.
    pub ledger: &'a Ledger,
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
}

pub(super) fn run(arguments: &Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    if arguments.json_schema {
        return write_schema(session);
    }
    let since = since(arguments)?;
    let Some(mut ledger) = open(session)? else {
        return without_ledger(arguments, session);
    };
    let filter = filter(arguments, since, &ledger, session)?;
    let now = session.context.now;
    if ledger.is_writable() {
        // Another process may write at this moment: what it leaves open is shown as it is.
        let _ = ledger.settle_cut_off(now);
    }
    let reading = Reading {
        ledger: &ledger,
        now,
        lang: session.lang,
        style: session.style,
    };
    match &arguments.message {
        Some(word) => one(word, arguments, &reading, session),
        None => {
            let page =
                page(arguments, &filter, &ledger).map_err(|error| Failure::of_ledger(&error))?;
            let document = Document::of_page(&page, Some(&reading), session.lang);
            Ok(session.out.show(&document, Form::of(arguments.json))?)
        }
    }
}

/// The schema of the document, for every command that writes it.
pub(super) fn write_schema(session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    Ok(session.out.schema::<Document<'_>>()?)
}

/// One message whole, or why it cannot be told which.
fn one(
    word: &str,
    arguments: &Arguments,
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
    let document = Document::of_messages(&view, reading);
    Ok(session.out.show(&document, Form::of(arguments.json))?)
}

pub(super) fn not_one(word: &str, none: bool) -> Failure {
    let word = [("message", word.to_owned())];
    if none {
        Failure::new("no-message", word)
    } else {
        Failure::new("which-message", word)
    }
}

/// The answer where there is no ledger: no messages yet.
fn without_ledger(arguments: &Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    if let Some(word) = &arguments.message {
        return Err(not_one(word, true).into());
    }
    let none = Page {
        found: match (arguments.orphans, arguments.unproven) {
            (true, _) => Found::Orphans(Vec::new()),
            (_, true) => Found::Unproven(Vec::new()),
            _ => Found::Messages(Vec::new()),
        },
        number: arguments.page,
        more: false,
        unsettling: Unsettling::default(),
    };
    let document = Document::of_page(&none, None, session.lang);
    Ok(session.out.show(&document, Form::of(arguments.json))?)
}

fn since(arguments: &Arguments) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = &arguments.since else {
        return Ok(None);
    };
    let parsed = Timestamp::parse(text).map(Some);
    parsed.map_err(|_| Failure::new("since", [("value", text.clone())]))
}

/// The account of `--account`: as the configuration has it, else as the ledger knows it.
fn account(ledger: &Ledger, session: &Session<'_>) -> anyhow::Result<Option<MailAddress>> {
    let Some(word) = &session.account else {
        return Ok(None);
    };
    let config = session.config().ok();
    let configured = config.as_ref().and_then(|one| one.account(Some(word)).ok());
    if let Some(account) = configured {
        return Ok(Some(account.address.clone()));
    }
    let known = ledger.account_named(word);
    let known = known.map_err(|error| Failure::of_ledger(&error))?;
    Ok(Some(known.unwrap_or_else(|| MailAddress::new(word))))
}

fn filter(
    arguments: &Arguments,
    since: Option<Timestamp>,
    ledger: &Ledger,
    session: &Session<'_>,
) -> anyhow::Result<Filter> {
    Ok(Filter {
        account: account(ledger, session)?,
        since,
        pending: arguments.pending,
        failed: arguments.failed,
        to: arguments.to.clone(),
    })
}

fn page(arguments: &Arguments, filter: &Filter, ledger: &Ledger) -> Result<Page, ledger::Error> {
    let limit = arguments.limit as usize;
    let offset = limit.saturating_mul(arguments.page as usize - 1);
    let account = filter.account.as_ref();
    // One more than asked for tells whether another page follows.
    let wanted = limit.saturating_add(1);
    let mut more = false;
    let found = if arguments.orphans || arguments.unproven {
        let mut rows = if arguments.orphans {
            ledger.orphans(account, wanted, offset)?
        } else {
            ledger.unproven(account, wanted, offset)?
        };
        more |= rows.len() > limit;
        rows.truncate(limit);
        if arguments.orphans {
            Found::Orphans(rows)
        } else {
            Found::Unproven(rows)
        }
    } else {
        let mut rows = ledger.list(filter, wanted, offset)?;
        more |= rows.len() > limit;
        rows.truncate(limit);
        let views = rows.iter().map(|row| ledger.view(&row.message));
        Found::Messages(views.collect::<Result<_, _>>()?)
    };
    Ok(Page {
        found,
        number: arguments.page,
        more,
        unsettling: ledger.unsettling(account)?,
    })
}

/// Shows messages as `pec status MESSAGE` does, one after the other or in one document.
pub(super) fn show(
    messages: &[MessageRef],
    ledger: &Ledger,
    as_json: bool,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let reading = Reading {
        ledger,
        now: session.context.clock.now(),
        lang: session.lang,
        style: session.style,
    };
    let views: Result<Vec<_>, _> = messages.iter().map(|one| ledger.view(one)).collect();
    let views = views.map_err(|error| Failure::of_ledger(&error))?;
    let document = Document::of_messages(&views, &reading);
    session.out.show(&document, Form::of(as_json))?;
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
