//! `pec inbox`: received certified mail, newest first; what is none stands apart.
//!
//! Reads the ledger, and indexes in it what was not indexed yet; nothing is asked of a server.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;

use std::collections::BTreeSet;
use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::letters::{self, LetterJson, Look, Wanted};
use super::look::{LookJson, looks};
use super::{Failure, Session, access};
use crate::exit::ExitStatus;
use crate::ledger::{self, Ledger, LetterFilter, LetterList, LetterRow, LetterStanding};
use crate::output::report::{self, Form, Report};
use crate::output::style::Tone;

/// What is to be done.
pub(super) enum InboxOrder {
    List(List),
    /// Letters are marked, and shown.
    Mark {
        words: Vec<String>,
        mark: Mark,
        form: Form,
    },
}

/// Our own mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Read,
    Unread,
}

/// What to list.
pub(super) struct List {
    wanted: Wanted,
    /// How many of each list at most, from 1.
    limit: u32,
    /// Which page, from 1.
    page: u32,
    form: Form,
}

/// # Received mail, as pec inbox lists it, version 1
///
/// The document that `pec inbox --json` writes. Every field that is described is always there; where
/// there is nothing to say it is null or empty. Fields may be added within version 1, so objects are
/// open. Texts of mail are as they came; characters that act on a terminal are written as \uXXXX.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document<'a> {
    /// Genuine certified mail, newest first.
    messages: Vec<LetterJson<'a>>,
    /// What else was received and fits, newest first: nobody vouches for anything in these. Their
    /// standing says what they are.
    apart: Vec<LetterJson<'a>>,
    /// Whether another page of either list follows (--page).
    more: bool,
    /// Messages that are not listed yet, since the ledger cannot be written now.
    missing: usize,
    /// The mailboxes that were used, and when each was last read: of the account asked for or of
    /// all.
    mailboxes: Vec<LookJson>,
    #[serde(skip)]
    page: &'a Page,
}

/// The rows of both lists.
#[derive(Default)]
struct Page {
    certified: Vec<LetterRow>,
    apart: Vec<LetterRow>,
    number: u32,
    /// Whether all there is was asked for.
    is_all: bool,
}

pub(super) fn run(order: &InboxOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match order {
        InboxOrder::List(order) => list(order, session),
        InboxOrder::Mark { words, mark, form } => marked(words, *mark, *form, session),
    }
}

fn list(order: &List, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let now = session.context.now;
    let opened = letters::open(session)?;
    let Some((ledger, missing)) = opened else {
        order.wanted.filter(None, now)?;
        let nothing = Page {
            is_all: true,
            ..Page::default()
        };
        return Ok(session
            .out
            .show(&Document::without_ledger(&nothing), order.form)?);
    };
    let account = access::known_account(&ledger, session)?;
    let mailboxes = looks(&ledger, account.as_ref());
    let mailboxes = mailboxes.map_err(|error| Failure::of_ledger(&error))?;
    let filter = order.wanted.filter(account, now)?;
    let page = page_of(order, &filter, &ledger);
    let (page, more) = page.map_err(|error| Failure::of_ledger(&error))?;
    let document = Document {
        more,
        missing,
        mailboxes,
        ..Document::of(&page, &ledger)
    };
    Ok(session.out.show(&document, order.form)?)
}

/// Marks letters; none where one of the words means none, or several.
fn marked(
    words: &[String],
    mark: Mark,
    form: Form,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let failure = |error: ledger::Error| Failure::of_ledger(&error);
    let mut ledger = access::ledger(session)?;
    letters::index(&mut ledger, session)?;
    let meant = words
        .iter()
        .map(|word| letters::one_received(&ledger, word));
    let meant: Vec<LetterRow> = meant.collect::<anyhow::Result<_>>()?;
    for row in &meant {
        let marked = match mark {
            Mark::Read => ledger.open_letter(&row.letter, session.context.now),
            Mark::Unread => ledger.close_letter(&row.letter),
        };
        marked.map_err(failure)?;
    }
    let mut page = Page::default();
    for row in meant {
        let row = ledger
            .letter_in(&row.address, &row.octets)
            .map_err(failure)?;
        if let Some(row) = row {
            match row.standing {
                LetterStanding::Certified => page.certified.push(row),
                LetterStanding::Anomaly
                | LetterStanding::CannotTell
                | LetterStanding::NotGenuine
                | LetterStanding::Ordinary
                | LetterStanding::Sent => page.apart.push(row),
            }
        }
    }
    Ok(session.out.show(&Document::of(&page, &ledger), form)?)
}

/// The rows of both lists, and whether others follow.
fn page_of(
    order: &List,
    filter: &LetterFilter,
    ledger: &Ledger,
) -> Result<(Page, bool), ledger::Error> {
    let limit = order.limit as usize;
    let offset = limit.saturating_mul(order.page as usize - 1);
    let mut more = false;
    let mut rows = |list| -> Result<Vec<LetterRow>, ledger::Error> {
        // One more than asked for tells whether another page follows.
        let mut rows = ledger.letters(list, filter, limit.saturating_add(1), offset)?;
        more |= rows.len() > limit;
        rows.truncate(limit);
        Ok(rows)
    };
    let page = Page {
        certified: rows(LetterList::Certified)?,
        apart: rows(LetterList::Apart)?,
        number: order.page,
        is_all: order.page == 1
            && *filter
                == LetterFilter {
                    account: filter.account.clone(),
                    ..LetterFilter::default()
                },
    };
    Ok((page, more))
}

impl<'a> Document<'a> {
    fn of(page: &'a Page, ledger: &Ledger) -> Self {
        let json = |row| LetterJson::of(row, ledger);
        Self {
            messages: page.certified.iter().map(json).collect(),
            apart: page.apart.iter().map(json).collect(),
            ..Self::without_ledger(page)
        }
    }

    fn without_ledger(page: &'a Page) -> Self {
        Self {
            messages: Vec::new(),
            apart: Vec::new(),
            more: false,
            missing: 0,
            mailboxes: Vec::new(),
            page,
        }
    }
}

impl Report for Document<'_> {
    const SCHEMA: &'static str = "pec/inbox";

    fn text(&self, page: &mut report::Page<'_>) -> io::Result<()> {
        let Page {
            certified,
            apart,
            number,
            is_all,
        } = self.page;
        let all = || certified.iter().chain(apart);
        let accounts: BTreeSet<_> = all().map(|row| &row.account).collect();
        let look = Look {
            lang: page.lang,
            style: page.style,
            accounts: accounts.len() > 1,
        };
        if certified.is_empty() && (apart.is_empty() || *is_all) {
            let key = match is_all {
                true => "inbox.nothing",
                false => "inbox.not-found",
            };
            page.line(page.texts().text(key))?;
        }
        for row in certified {
            page.lines(look.lines(row))?;
        }
        for standing in LetterStanding::ALL {
            let mut of_it = apart
                .iter()
                .filter(|row| row.standing == standing)
                .peekable();
            if of_it.peek().is_none() {
                continue;
            }
            page.line("")?;
            page.line(look.heading(standing))?;
            for row in of_it {
                page.lines(look.lines(row))?;
            }
        }
        self.foot(*number, all().any(|row| row.opened_at.is_none()), page)
    }
}

impl Document<'_> {
    fn foot(&self, number: u32, unread: bool, page: &mut report::Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        let mut lines = Vec::new();
        if unread {
            lines.push(texts.text("inbox.mark").to_owned());
        }
        if !self.messages.is_empty() {
            lines.push(texts.text("inbox.next").to_owned());
        }
        if self.more {
            let next = number.saturating_add(1).to_string();
            lines.push(texts.fill("status.more", &[("page", &next)]));
        }
        let never = self.mailboxes.iter().filter(|one| one.last_read.is_none());
        let style = page.style;
        lines.extend(never.map(|one| style.paint(Tone::Unsure, one.line(page.lang))));
        if !lines.is_empty() {
            page.line("")?;
        }
        page.lines(lines)
    }
}
