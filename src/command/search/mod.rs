//! `pec search`: words in all that is kept, sent and received.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;

use std::collections::BTreeSet;
use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::letters::{self, LetterJson, Look, Wanted};
use super::status::{self, text};
use super::{Failure, Session, access};
use crate::exit::ExitStatus;
use crate::ledger::{self, Ledger, LetterList, LetterRow};
use crate::output::catalogue::Catalogue;
use crate::output::report::{self, Form, Report, only};
use crate::output::style::Style;
use crate::printable::Printable;

/// The order to look for words.
pub(super) struct SearchOrder {
    wanted: Wanted,
    list: LetterList,
    limit: u32,
    page: u32,
    form: Form,
}

/// # Mail in which words were found, as pec search lists it, version 1
///
/// The document that `pec search --json` writes. Every field that is described is always there;
/// where there is nothing to say it is null or empty. Fields may be added within version 1, so
/// objects are open. Texts of mail are as they came; characters that act on a terminal are written
/// as \uXXXX.
#[derive(Default, Serialize, JsonSchema)]
pub(super) struct Document<'a> {
    /// What was found, newest first.
    results: Vec<ResultJson<'a>>,
    /// Whether another page follows (--page).
    more: bool,
    /// Messages that are not searched yet, since the ledger cannot be written now.
    missing: usize,
    #[serde(skip)]
    lines: Vec<String>,
}

/// A message that was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "result")]
struct ResultJson<'a> {
    /// Which way it went.
    #[schemars(schema_with = "ways")]
    direction: &'static str,
    /// Of a message of ours: where it stands, for people, in the language of the run; else null.
    text: Option<String>,
    /// Of a message of ours: its recipients; else empty.
    recipients: Vec<String>,
    /// The message.
    #[serde(flatten)]
    letter: LetterJson<'a>,
}

fn ways(_: &mut SchemaGenerator) -> Schema {
    only(["received", "sent"])
}

pub(super) fn run(order: &SearchOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let now = session.context.now;
    let opened = letters::open(session)?;
    let Some((ledger, missing)) = opened else {
        order.wanted.filter(None, now)?;
        return Ok(session.out.show(&Document::default(), order.form)?);
    };
    let account = access::known_account(&ledger, session)?;
    let filter = order.wanted.filter(account, now)?;
    let limit = order.limit as usize;
    let offset = limit.saturating_mul(order.page as usize - 1);
    // One more than asked for tells whether another page follows.
    let rows = ledger.letters(order.list, &filter, limit.saturating_add(1), offset);
    let mut rows = rows.map_err(|error| Failure::of_ledger(&error))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let said = said(&rows, &ledger, session);
    let said = said.map_err(|error| Failure::of_ledger(&error))?;
    let accounts: BTreeSet<_> = rows.iter().map(|row| &row.account).collect();
    let look = Look {
        lang: session.lang,
        style: session.style,
        accounts: accounts.len() > 1,
    };
    let mut lines = Vec::new();
    for (row, said) in rows.iter().zip(&said).filter(|_| order.form == Form::Text) {
        lines.extend(result_lines(row, said.as_ref(), look));
    }
    if more && order.form == Form::Text {
        let next = order.page.saturating_add(1).to_string();
        let texts = Catalogue::of(session.lang);
        lines.extend([String::new(), texts.fill("status.more", &[("page", &next)])]);
    }
    let results = rows.iter().zip(said).map(|(row, said)| {
        let (text, recipients) = said.map(|said| (said.text, said.recipients)).unzip();
        ResultJson {
            direction: match row.message {
                Some(_) => "sent",
                None => "received",
            },
            text,
            recipients: recipients.unwrap_or_default(),
            letter: LetterJson::of(row, &ledger),
        }
    });
    let document = Document {
        results: results.collect(),
        more,
        missing,
        lines,
    };
    Ok(session.out.show(&document, order.form)?)
}

/// What is told of a message of ours.
struct Said {
    /// Where it stands.
    text: String,
    recipients: Vec<String>,
}

/// The same of those among the rows.
fn said(
    rows: &[LetterRow],
    ledger: &Ledger,
    session: &Session<'_>,
) -> Result<Vec<Option<Said>>, ledger::Error> {
    let reading = status::Reading {
        ledger,
        beside: None,
        now: session.context.now,
        lang: session.lang,
        style: Style::Plain,
    };
    let said = rows.iter().map(|row| {
        let view = row.message.as_ref().map(|message| ledger.view(message));
        let view = view.transpose()?;
        Ok(view.map(|view| Said {
            text: text::summary(&view, &reading),
            recipients: view
                .recipients
                .iter()
                .map(|one| one.address.to_string())
                .collect(),
        }))
    });
    said.collect()
}

/// Which way, what it is or where it stands; below, whom from, about what.
fn result_lines(row: &LetterRow, said: Option<&Said>, look: Look) -> Vec<String> {
    let what = look.word(row.standing);
    let ([first, second], what) = match said {
        None => (look.lines(row), what),
        Some(said) => {
            let to = match &said.recipients[..] {
                [] => String::new(),
                [one] => Printable(one).to_string(),
                [first, others @ ..] => format!("{} (+{})", Printable(first), others.len()),
            };
            let to = Catalogue::of(look.lang).fill("inbox.to", &[("recipient", &to)]);
            (look.lines_of(row, &to), format!("{what}: {}", said.text))
        }
    };
    let pad = " ".repeat(row.letter.short.len());
    vec![first, second, format!("{pad}   {what}")]
}

impl Report for Document<'_> {
    const SCHEMA: &'static str = "pec/search";

    fn text(&self, page: &mut report::Page<'_>) -> io::Result<()> {
        if self.lines.is_empty() {
            return page.line(page.texts().text("inbox.not-found"));
        }
        page.lines(&self.lines)
    }

    fn exit(&self) -> ExitStatus {
        match self.results.is_empty() {
            true => ExitStatus::No,
            false => ExitStatus::Yes,
        }
    }
}
