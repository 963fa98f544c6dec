//! The status for people: a line for each message of a list, one message whole.
//!
//! Everything that comes from mail, from servers or from an address is made safe to show.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use std::collections::BTreeSet;

use super::{Found, Page, Reading, Remark};
use crate::client::Outlook;
use crate::command::letters::Thread;
use crate::command::verify::text::law;
use crate::lang::Lang;
use crate::ledger::fact::{Fact, What};
use crate::ledger::state::{Deadline, RecipientState, Standing};
use crate::ledger::{Archived, MatchRule, MessageRow, MessageView, ReceivedRow, RecipientView};
use crate::output::catalogue::Catalogue;
use crate::output::layout::{Table, cut, shown};
use crate::output::legal::{LOG_MONTHS, Rule};
use crate::output::style::Tone;
use crate::pec::Notice;
use crate::pec::outgoing::RecipientField;
use crate::printable::Printable;
use crate::timestamp::Timestamp;
use crate::verify::Verdict;

/// Characters of a subject in a list; the whole of it is shown with the message.
const SUBJECT_CHARACTERS: usize = 48;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// A page of a list.
pub(super) fn list(page: &Page, reading: &Reading<'_>) -> Vec<String> {
    let mut lines = match &page.found {
        Found::Messages(views) => rows(views, reading),
        Found::Orphans(rows) => orphans(rows, reading),
        Found::Unproven(rows) => unproven(rows, reading),
    };
    if lines.is_empty() {
        lines = nothing(page, reading.lang);
    }
    lines.extend(foot(page, reading));
    lines
}

/// Says that there is nothing to show.
pub(super) fn nothing(page: &Page, lang: Lang) -> Vec<String> {
    let key = match &page.found {
        Found::Messages(_) => "status.no-messages",
        Found::Orphans(_) => "status.no-orphans",
        Found::Unproven(_) => "status.no-unproven",
    };
    vec![Catalogue::of(lang).text(key).to_owned()]
}

/// The messages that a word may mean, each with what tells it from the others.
pub(super) fn candidates(rows: &[MessageRow], lang: Lang) -> Vec<String> {
    let rows = rows.iter().map(|row| {
        let at = shown(row.frozen_at, lang);
        let subject = Printable(&row.subject);
        format!("     {}  {at}  {subject}", row.message.short)
    });
    rows.collect()
}

/// Short id, day and hour, subject, the account where there are several; below them the recipients and
/// where the message stands.
fn rows(views: &[MessageView], reading: &Reading<'_>) -> Vec<String> {
    let accounts = views.iter().map(|view| &*view.row.account);
    let has_several = accounts.collect::<BTreeSet<_>>().len() > 1;
    let shorts = views.iter().map(|view| view.row.message.short.len());
    let width = shorts.max().unwrap_or_default();
    let rows = views.iter().flat_map(|view| {
        let row = &view.row;
        let at = shown(row.frozen_at, reading.lang);
        let account = match has_several {
            true => format!("  ({})", Printable(&row.account)),
            false => String::new(),
        };
        let (short, subject) = (&row.message.short, subject(row, reading.lang));
        [
            format!("{short:width$}  {at}  {subject}{account}"),
            format!(
                "{:width$}  {}  {}",
                "",
                recipients(row),
                summary(view, reading)
            ),
        ]
    });
    rows.collect()
}

fn subject(row: &MessageRow, lang: Lang) -> String {
    match &*row.subject {
        "" if row.forgotten_at.is_some() => Catalogue::of(lang).text("stone.subject").to_owned(),
        "" => Catalogue::of(lang).text("value.no-subject").to_owned(),
        subject => cut(&Printable(subject).to_string(), SUBJECT_CHARACTERS),
    }
}

/// The first recipient, and how many more.
fn recipients(row: &MessageRow) -> String {
    let first = row.recipients.first().map(|(address, _)| address.as_str());
    let first = Printable(first.unwrap_or_default()).to_string();
    match row.recipients.len() {
        0 | 1 => first,
        all => format!("{first} (+{})", all - 1),
    }
}

/// What a list says of standings; several recipients are counted by it.
const SUMMARY: [(&str, &[Standing], Tone); 9] = [
    ("summary.delivered", &[Standing::Delivered], Tone::Good),
    ("summary.ordinary", &[Standing::Ordinary], Tone::Unsure),
    (
        "summary.waiting",
        &[Standing::Sent, Standing::Accepted, Standing::Delayed],
        Tone::Faint,
    ),
    ("summary.sending", &[Standing::Sending], Tone::Faint),
    (
        "summary.not-sent",
        &[Standing::Recorded, Standing::RefusedForNow],
        Tone::Unsure,
    ),
    ("summary.in-doubt", &[Standing::InDoubt], Tone::Unsure),
    ("summary.withdrawn", &[Standing::Withdrawn], Tone::Faint),
    (
        "summary.failed",
        &[
            Standing::Refused,
            Standing::NotAccepted,
            Standing::TimedOut,
            Standing::NotDelivered,
        ],
        Tone::Bad,
    ),
    (
        "summary.contradictory",
        &[Standing::Contradictory],
        Tone::Bad,
    ),
];

/// Where a message stands in one phrase: in words for one recipient, counted for several.
pub(in crate::command) fn summary(view: &MessageView, reading: &Reading<'_>) -> String {
    let texts = Catalogue::of(reading.lang);
    let mut said = match &view.recipients[..] {
        [one] => vec![standing(&one.state, reading)],
        several => SUMMARY
            .iter()
            .filter_map(|(key, standings, tone)| {
                let fits = |one: &&RecipientView| standings.contains(&one.state.standing);
                let count = several.iter().filter(fits).count();
                let said = texts.count(key, count, &[]);
                (count > 0).then(|| reading.style.paint(*tone, said))
            })
            .collect(),
    };
    let is_overdue =
        |one: &RecipientView| matches!(one.state.deadline(reading.now), Some(Deadline::Overdue(_)));
    if view.recipients.iter().any(is_overdue) {
        let overdue = texts.text("status.overdue");
        said.push(reading.style.paint(Tone::Unsure, overdue));
    }
    if view.recipients.iter().any(|one| one.state.twice) {
        said.push(
            reading
                .style
                .paint(Tone::Unsure, texts.text("status.twice")),
        );
    }
    if view.receipts.iter().any(|row| row.doubt.is_some()) {
        let doubtful = texts.text("status.doubtful");
        said.push(reading.style.paint(Tone::Unsure, doubtful));
    }
    said.join(", ")
}

/// The standing in words, in its tone.
pub(in crate::command) fn standing(state: &RecipientState, reading: &Reading<'_>) -> String {
    let word = state.standing.word();
    let said = Catalogue::of(reading.lang).text(&format!("standing.{word}"));
    let of_it = SUMMARY
        .iter()
        .find(|(_, standings, _)| standings.contains(&state.standing));
    let tone = of_it.map_or(Tone::Unsure, |(_, _, tone)| *tone);
    reading.style.paint(tone, said)
}

/// What the foot of a list says: more pages, and what a person should look at.
fn foot(page: &Page, reading: &Reading<'_>) -> Vec<String> {
    let texts = Catalogue::of(reading.lang);
    let mut lines = Vec::new();
    if page.more {
        let next = page.number.saturating_add(1).to_string();
        lines.push(texts.fill("status.more", &[("page", &next)]));
    }
    let counted = |key: &str, count: usize| texts.count(key, count, &[]);
    let unsettling = page.unsettling;
    if unsettling.unproven > 0 && !matches!(page.found, Found::Unproven(_)) {
        let line = counted("status.some-unproven", unsettling.unproven);
        lines.push(reading.style.paint(Tone::Bad, line));
    }
    if unsettling.orphans > 0 && !matches!(page.found, Found::Orphans(_)) {
        lines.push(counted("status.some-orphans", unsettling.orphans));
    }
    if unsettling.unread > 0 {
        let line = counted("status.some-unread", unsettling.unread);
        lines.push(reading.style.paint(Tone::Bad, line));
    }
    // Reading has stopped, it seems: within that time the last notice about a message comes.
    let stopped = page.mailboxes.iter().filter(|mailbox| {
        let passed = mailbox.last_read.map(|at| reading.now.seconds_since(at));
        passed.is_some_and(|seconds| seconds >= DAY)
    });
    for mailbox in stopped {
        lines.push(
            reading
                .style
                .paint(Tone::Unsure, mailbox.line(reading.lang)),
        );
    }
    if !lines.is_empty() {
        lines.insert(0, String::new());
    }
    lines
}

/// One message whole: what it is, the attempts, each recipient with what is known.
pub(in crate::command) fn message(view: &MessageView, reading: &Reading<'_>) -> Vec<String> {
    if let Some(at) = view.row.forgotten_at {
        return stone(view, at, reading);
    }
    let texts = Catalogue::of(reading.lang);
    let row = &view.row;
    let mut lines = vec![format!("{}: {}", row.message.short, summary(view, reading))];
    lines.push(String::new());
    lines.extend(header(row, reading));
    let attempts = attempt_lines(view, reading);
    if !attempts.is_empty() {
        lines.extend([String::new(), texts.text("status.attempts").to_owned()]);
        lines.extend(attempts);
    }
    for (place, recipient) in view.recipients.iter().enumerate() {
        lines.push(String::new());
        lines.extend(recipient_lines(place, recipient, view, reading));
    }
    let mut doubtful = view
        .receipts
        .iter()
        .filter(|row| row.doubt.is_some())
        .peekable();
    if doubtful.peek().is_some() {
        let said = texts.text("status.doubtful-receipts");
        lines.extend([String::new(), reading.style.paint(Tone::Unsure, said)]);
        lines.extend(doubtful.map(|row| received_line(row, reading)));
    }
    if view.receipts.iter().any(ReceivedRow::is_by_other_trust) {
        let said = texts.text("status.other-trust");
        lines.extend([String::new(), reading.style.paint(Tone::Unsure, said)]);
    }
    lines.extend(archived_lines(view, reading));
    let thread = thread_of(view, reading).lines(reading.lang, reading.style);
    if !thread.is_empty() {
        lines.push(String::new());
        lines.extend(thread);
    }
    let others = other_receipts(view);
    if !others.is_empty() {
        lines.extend([
            String::new(),
            texts.text("status.other-receipts").to_owned(),
        ]);
        lines.extend(others.iter().map(|row| received_line(row, reading)));
    }
    if !view.remarks.is_empty() {
        let said = texts.text("status.remarks");
        lines.extend([String::new(), reading.style.paint(Tone::Unsure, said)]);
        let remarks = view.remarks.iter();
        lines.extend(remarks.flat_map(|row| remark_lines(row, reading)));
    }
    lines
}

/// The containers in which it was found whole; none is told where the answer leaves this machine.
pub(super) fn archived_of(view: &MessageView, reading: &Reading<'_>) -> Vec<Archived> {
    match reading.beside {
        Some(_) => Vec::new(),
        None => {
            let found = reading.ledger.archived(&view.row.message);
            found.unwrap_or_default()
        }
    }
}

fn archived_lines(view: &MessageView, reading: &Reading<'_>) -> Vec<String> {
    let texts = Catalogue::of(reading.lang);
    let line = |one: &Archived| {
        let values = [
            ("time", &*shown(one.at, reading.lang)),
            ("file", &Printable(&one.name).to_string()),
            ("sha256", &one.container),
        ];
        texts.fill("archive.on", &values)
    };
    let archived = archived_of(view, reading);
    let mut lines: Vec<String> = archived.iter().map(line).collect();
    if !lines.is_empty() {
        lines.insert(0, String::new());
    }
    lines
}

/// What is left of a message that was forgotten: hashes, times and states.
fn stone(view: &MessageView, at: Timestamp, reading: &Reading<'_>) -> Vec<String> {
    let texts = Catalogue::of(reading.lang);
    let row = &view.row;
    let mut table = Table::new(reading.lang);
    table.add("account", &row.account);
    table.add("message-id", &row.message_id);
    table.add_safe("recorded", shown(row.frozen_at, reading.lang));
    table.add("hash", &row.octets);
    let mut lines = vec![
        format!("{}: {}", row.message.short, summary(view, reading)),
        texts.fill("stone.since", &[("time", &shown(at, reading.lang))]),
        String::new(),
    ];
    lines.extend(table.lines());
    for (place, recipient) in view.recipients.iter().enumerate() {
        let state = &recipient.state;
        let number = (place + 1).to_string();
        let since = state.since.map(|since| shown(since, reading.lang));
        let since = since.map_or(String::new(), |since| format!(", {since}"));
        let who = texts.fill("stone.recipient", &[("number", &number)]);
        lines.push(String::new());
        lines.push(format!("{who}: {}{since}", standing(state, reading)));
        let of_it = view.facts.iter().filter(|fact| concerns(fact, place));
        for fact in of_it {
            lines.push(format!("  {}", fact_text(fact, reading)));
            let receipt = fact.evidence();
            lines.extend(receipt.map(|sha256| format!("      SHA-256 {sha256}")));
        }
    }
    lines
}

/// What the message answers, and what answers it.
pub(super) fn thread_of(view: &MessageView, reading: &Reading<'_>) -> Thread {
    let row = reading.ledger.letter_of(&view.row.message).ok().flatten();
    row.map(|row| Thread::of(&row, reading.ledger))
        .unwrap_or_default()
}

/// What ordinary mail claims of recipients, and where it is kept.
fn remark_lines(row: &ReceivedRow, reading: &Reading<'_>) -> Vec<String> {
    let (texts, remark) = (Catalogue::of(reading.lang), Remark::of(row, reading));
    let (sender, subject) = (Printable(remark.sender), Printable(remark.subject));
    let mut lines = vec![texts.fill(
        "status.remark",
        &[
            ("sender", &sender.to_string()),
            ("subject", &subject.to_string()),
        ],
    )];
    lines.extend(remark.recipients.iter().map(|one| {
        let said = [&*one.action, &*one.status, &*one.reason];
        let said = said.into_iter().filter(|text| !text.is_empty());
        let said = said.collect::<Vec<_>>().join(" ");
        format!("    {}: {}", Printable(&one.address), Printable(&said))
    }));
    lines.push(format!("      {}", kept_at(&row.octets, reading)));
    lines
}

fn header(row: &MessageRow, reading: &Reading<'_>) -> Vec<String> {
    let mut table = Table::new(reading.lang);
    match &*row.subject {
        "" => table.add("subject", table.texts.text("value.no-subject")),
        subject => table.add("subject", subject),
    }
    if let Some(reference) = &row.reference {
        table.add("reference", reference);
    }
    table.add("sender", &row.sender);
    table.add("account", &row.account);
    table.add("message-id", &row.message_id);
    let recorded = table.texts.fill(
        "value.time",
        &[
            ("italian", &shown(row.frozen_at, reading.lang)),
            ("utc", &row.frozen_at.to_string()),
        ],
    );
    table.add_safe("recorded", recorded);
    table.add("form", &row.receipt_form);
    table.add_safe("file", kept_at(&row.octets, reading));
    table.lines()
}

/// The file that holds octets, or that it is missing or holds others.
fn kept_at(sha256: &str, reading: &Reading<'_>) -> String {
    let path = reading.ledger.path_of(sha256);
    let file = path.display().to_string();
    let key = match reading.ledger.octets(sha256) {
        Ok(_) => return Printable(&file).to_string(),
        Err(_) if path.is_file() => "status.altered",
        Err(_) => "status.missing",
    };
    let said = Catalogue::of(reading.lang).fill(key, &[("file", &file)]);
    reading.style.paint(Tone::Bad, said)
}

/// The attempts to submit: the end of each, or how far it is.
fn attempt_lines(view: &MessageView, reading: &Reading<'_>) -> Vec<String> {
    let texts = Catalogue::of(reading.lang);
    let of_message = |fact: &&Fact| fact.place().is_none() && fact.attempt().is_some();
    let mut facts: Vec<&Fact> = view.facts.iter().filter(of_message).collect();
    facts.sort_by_key(|fact| fact.attempt());
    let runs = facts.chunk_by(|one, other| one.attempt() == other.attempt());
    runs.filter_map(|run| {
        let ended = run.iter().find(|fact| matches!(fact, Fact::Ended { .. }));
        let fact = ended.or(run.last())?;
        let number = fact.attempt().unwrap_or_default().to_string();
        let number = texts.fill("status.attempt", &[("number", &number)]);
        Some(format!("  {number}  {}", fact_text(fact, reading)))
    })
    .collect()
}

fn recipient_lines(
    place: usize,
    recipient: &RecipientView,
    view: &MessageView,
    reading: &Reading<'_>,
) -> Vec<String> {
    let texts = Catalogue::of(reading.lang);
    let state = &recipient.state;
    let field = match recipient.field {
        RecipientField::To => "",
        RecipientField::Cc => " (Cc)",
    };
    let since = state
        .since
        .map(|since| format!(", {}", shown(since, reading.lang)))
        .unwrap_or_default();
    let address = Printable(recipient.address.as_str());
    let mut lines = vec![format!(
        "{address}{field}: {}{since}",
        standing(state, reading)
    )];
    let mut remark = |tone: Tone, said: String| {
        lines.push(format!("  {}", reading.style.paint(tone, said)));
    };
    if state.late {
        remark(Tone::Unsure, texts.text("status.late").to_owned());
    }
    if state.twice {
        remark(Tone::Unsure, texts.text("status.twice-why").to_owned());
    }
    if !state.contradiction.is_empty() {
        let said: Vec<&str> = state
            .contradiction
            .iter()
            .map(|what| fact_word(*what, reading.lang))
            .collect();
        let values = [("statements", &*said.join(" / "))];
        remark(Tone::Bad, texts.fill("status.contradiction", &values));
    }
    if let Some(deadline) = state.deadline(reading.now) {
        let tone = match deadline {
            Deadline::Overdue(_) => Tone::Unsure,
            Deadline::Acceptance(_) | Deadline::FirstNotice(_) | Deadline::SecondNotice(_) => {
                Tone::Faint
            }
        };
        remark(tone, deadline_text(deadline, reading.lang));
    }
    lines.extend(outlook_lines(place, recipient, view, reading));
    let mut facts: Vec<&Fact> = view
        .facts
        .iter()
        .filter(|fact| concerns(fact, place))
        .collect();
    facts.sort_by_key(|fact| fact.at());
    for fact in facts {
        lines.push(format!("  {}", fact_text(fact, reading)));
        let receipt = fact.evidence();
        lines.extend(receipt.map(|sha256| format!("      {}", kept_at(sha256, reading))));
    }
    lines
}

/// Which consequence it has, and what is to be done now.
fn outlook_lines(
    place: usize,
    recipient: &RecipientView,
    view: &MessageView,
    reading: &Reading<'_>,
) -> [String; 3] {
    let texts = Catalogue::of(reading.lang);
    let told = Told::of(place, recipient, view, reading);
    let law = law(&told.consequence, reading.lang);
    [
        ("status.consequence", &told.consequence.text),
        ("status.next", &told.next.text),
        ("status.law", &law),
    ]
    .map(|(key, text)| format!("  {}", texts.fill(key, &[("text", text)])))
}

/// What a standing comes to, in sentences.
pub(super) struct Told {
    pub outlook: Outlook,
    pub consequence: Rule,
    pub next: Rule,
}

impl Told {
    pub fn of(
        place: usize,
        recipient: &RecipientView,
        view: &MessageView,
        reading: &Reading<'_>,
    ) -> Self {
        let state = &recipient.state;
        let outlook = Outlook::of(state, place, &view.facts, reading.now);
        let time = |at: Option<Timestamp>| at.map_or("-".to_owned(), |at| shown(at, reading.lang));
        let sent = state.accepted_at.or(state.since);
        let logs = sent.map(|at| at.months_later(LOG_MONTHS));
        let values = [
            ("message", &*view.row.message.short),
            ("accepted", &*time(state.accepted_at)),
            ("logs", &*time(logs)),
        ];
        let rule = |family: &str| {
            let key = format!("{family}.{}", outlook.word());
            Rule::of(&key, &values, reading.lang)
        };
        Self {
            outlook,
            consequence: rule("consequence"),
            next: rule("next"),
        }
    }
}

/// Whether a fact is told with a recipient: those of our attempts for the whole message are
/// told once.
pub(super) fn concerns(fact: &Fact, place: usize) -> bool {
    fact.place() == Some(place) || (fact.place().is_none() && fact.is_certified())
}

/// What may be expected, in words.
pub(in crate::command) fn deadline_text(deadline: Deadline, lang: Lang) -> String {
    let (key, at) = match deadline {
        Deadline::Acceptance(at) => ("deadline.acceptance", at),
        Deadline::FirstNotice(at) => ("deadline.first-notice", at),
        Deadline::SecondNotice(at) => ("deadline.second-notice", at),
        Deadline::Overdue(at) => ("deadline.overdue", at),
    };
    Catalogue::of(lang).fill(key, &[("time", &shown(at, lang))])
}

fn fact_word(what: What, lang: Lang) -> &'static str {
    Catalogue::of(lang).text(&format!("fact.{}", what.word()))
}

/// When, what, and the words of server or provider.
pub(in crate::command) fn fact_text(fact: &Fact, reading: &Reading<'_>) -> String {
    let at = shown(fact.at(), reading.lang);
    let what = match notice(fact) {
        Some(Notice::First) => Catalogue::of(reading.lang).text("fact.first-notice"),
        Some(Notice::Final) => Catalogue::of(reading.lang).text("fact.final-notice"),
        None => fact_word(fact.what(), reading.lang),
    };
    match words(fact) {
        None => format!("{at}  {what}"),
        Some(words) => {
            let words = Catalogue::of(reading.lang).reason(&words);
            format!("{at}  {what}: {}", Printable(&words))
        }
    }
}

/// Which of the two timeout notices it is, as far as it says.
fn notice(fact: &Fact) -> Option<Notice> {
    let is_one = fact.what() == What::TimeoutNotice;
    let words = fact.text().unwrap_or_default();
    is_one
        .then(|| Notice::stated(fact.code().as_deref(), words))
        .flatten()
}

/// Code and words of server or provider, if they said any.
fn words(fact: &Fact) -> Option<String> {
    let text = fact.text().unwrap_or_default();
    let code = fact.code().unwrap_or_default();
    let said = if text.starts_with(&*code) {
        text.to_owned()
    } else {
        format!("{code} {text}").trim().to_owned()
    };
    (!said.is_empty()).then_some(said)
}

/// Receipts that were led to the message and state nothing about its recipients.
fn other_receipts(view: &MessageView) -> Vec<&ReceivedRow> {
    let states_nothing = |row: &&ReceivedRow| {
        !view
            .facts
            .iter()
            .any(|fact| fact.evidence() == Some(&row.octets))
    };
    view.receipts.iter().filter(states_nothing).collect()
}

/// Kind, time and file of a genuine one.
fn received_line(row: &ReceivedRow, reading: &Reading<'_>) -> String {
    let at = row
        .certified_at
        .map(|at| shown(at, reading.lang))
        .unwrap_or_default();
    let kind = row.kind.as_deref().unwrap_or("-");
    let to = row.delivered_to.as_deref().unwrap_or_default();
    format!(
        "  {at}  {kind} {}\n      {}",
        Printable(to),
        kept_at(&row.octets, reading)
    )
}

fn orphans(rows: &[ReceivedRow], reading: &Reading<'_>) -> Vec<String> {
    let texts = Catalogue::of(reading.lang);
    let mut lines = Vec::new();
    for row in rows {
        let why = match row.rule {
            Some(MatchRule::OtherSender) => "unmatched.other-sender",
            Some(MatchRule::OtherContent) => "unmatched.other-content",
            Some(
                MatchRule::Orphan
                | MatchRule::NotForSender
                | MatchRule::MessageId
                | MatchRule::Identifier,
            )
            | None => "unmatched.orphan",
        };
        let at = row.certified_at.map(|at| shown(at, reading.lang));
        let kind = row.kind.as_deref().unwrap_or("-");
        let subject = row.subject.as_deref().unwrap_or_default();
        lines.push(format!(
            "{}  {kind}  {}",
            at.unwrap_or_default(),
            Printable(subject)
        ));
        let detail = |key: &str, value: &Option<String>| {
            let label = texts.text(key);
            let value = value.as_ref().filter(|value| !value.is_empty())?;
            Some(format!("    {label}: {}", Printable(value)))
        };
        lines.push(format!("    {}", texts.text(why)));
        lines.extend(detail("label.about", &row.delivered_to));
        lines.extend(detail("label.message-id", &row.message_id));
        lines.extend(detail("label.identifier", &row.identifier));
        lines.extend(found_lines(row, reading));
    }
    lines
}

fn unproven(rows: &[ReceivedRow], reading: &Reading<'_>) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let texts = Catalogue::of(reading.lang);
    let warning = texts.text("status.unproven-warning");
    let mut lines = vec![reading.style.paint(Tone::Bad, warning), String::new()];
    for row in rows {
        let verdict = texts.text(&format!("row.{}", row.verdict));
        let tone = match Verdict::from_word(&row.verdict) {
            Some(Verdict::NotGenuine) => Tone::Bad,
            Some(Verdict::Genuine | Verdict::CannotTell | Verdict::NotCertifiedMail) | None => {
                Tone::Unsure
            }
        };
        let check = row.headline.as_deref().unwrap_or_default();
        let verdict = reading.style.paint(tone, verdict);
        let key = format!("check.{check}");
        let why = texts.has(&key).then(|| {
            let why = texts.fill("status.check-failed", &[("check", texts.text(&key))]);
            format!("  {why}  [{check}]")
        });
        lines.push(format!("{verdict}{}", why.unwrap_or_default()));
        lines.extend(found_lines(row, reading));
    }
    lines.push(String::new());
    lines.push(texts.text("status.unproven-advice").to_owned());
    lines
}

/// Where it was found, and where it is kept.
fn found_lines(row: &ReceivedRow, reading: &Reading<'_>) -> Vec<String> {
    let texts = Catalogue::of(reading.lang);
    let place = row.place.as_ref().map(|(folder, uid)| {
        let values = [
            ("account", &*row.account),
            ("folder", &**folder),
            ("uid", &*uid.to_string()),
        ];
        format!("    {}", texts.fill("status.found-at", &values))
    });
    let kept = format!("    {}", kept_at(&row.octets, reading));
    place.into_iter().chain([kept]).collect()
}
