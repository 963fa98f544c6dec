//! Where messages stand, as `pec status`, `pec wait` and `pec send --wait` answer.

use std::borrow::Cow;
use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::{Found, Page, Reading, Remark, text};
use crate::client::Outlook;
use crate::command::letters::{Thread, ThreadedJson};
use crate::command::look::LookJson;
use crate::command::words;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::fact::Fact;
use crate::ledger::state::Deadline;
use crate::ledger::{MatchRule, MessageView, ReceivedRow, RecipientView};
use crate::output::report::{self, Form, Report, SHA256, SHORT_ID, known, only};
use crate::output::style::Style;
use crate::timestamp::Timestamp;
use crate::verify::Verdict;

/// # Where messages stand, as pec status tells it, version 1
///
/// The document that `pec status --json` writes. Every field that is described is always there;
/// where there is nothing to say it is null or empty. Fields may be added within version 1, so
/// objects are open. Texts meant for people (text) are in the language of the run; texts of servers
/// and providers (a fact's text) are as they came; everything else is the same in both languages.
/// Characters that act on a terminal are written as \uXXXX.
#[derive(Serialize, JsonSchema)]
pub(in crate::command) struct Document<'a> {
    /// The messages of the page, newest first; the one that was asked for; none with --orphans or
    /// --unproven.
    messages: Vec<MessageJson<'a>>,
    /// With --orphans: genuine receipts that belong to no message in the ledger, newest first.
    orphans: Vec<ReceivedJson<'a>>,
    /// With --unproven: what passes itself off as certified mail and was not proved genuine, newest
    /// first. Nothing in these is to be relied on.
    unproven: Vec<ReceivedJson<'a>>,
    /// Whether another page of the list follows (--page).
    more: bool,
    /// How much there is beside the messages, of the account asked for or of all; null when one
    /// message was asked for.
    totals: Option<TotalsJson>,
    /// The mailboxes that were used, and when each was last read: of the account asked for or of
    /// all; empty when messages were asked for.
    mailboxes: &'a [LookJson],
    /// The same for a person.
    #[serde(skip)]
    lines: Vec<String>,
    /// What the shell gets.
    #[serde(skip)]
    exit: ExitStatus,
}

/// How much there is beside the messages, of the account asked for or of all; null when one message
/// was asked for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "totals")]
struct TotalsJson {
    /// See --orphans.
    orphans: usize,
    /// See --unproven.
    unproven: usize,
    /// Messages that the mailbox lists and that could not be read; receipts may be among them. pec
    /// sync names them and asks for them again.
    unread: usize,
}

/// One message of ours with all that is known of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "message")]
struct MessageJson<'a> {
    /// The short id: the first digits of the SHA-256 of its Message-ID, eight or more.
    #[schemars(regex(pattern = SHORT_ID))]
    id: &'a str,
    /// The account that sends it.
    account: &'a str,
    /// Its Message-ID with angle brackets.
    message_id: &'a str,
    /// From, which is also the sender of the envelope.
    sender: &'a str,
    /// Subject, decoded; may be empty.
    subject: &'a str,
    /// The form of delivery receipt asked for.
    #[schemars(schema_with = "words::delivery_form")]
    receipt_form: &'a str,
    /// What the sender calls it, such as a protocol number; no recipient sees it. Null where it has
    /// none.
    reference: Option<&'a str>,
    /// When it was recorded, by the clock of this machine. UTC, RFC 3339.
    recorded_at: Timestamp,
    /// When it was forgotten; null where it was not. Then hashes, times and states are all that is
    /// left: subject, addresses, texts and files are empty or null. UTC, RFC 3339.
    forgotten_at: Option<Timestamp>,
    /// SHA-256 of the octets that are sent.
    #[schemars(regex(pattern = SHA256))]
    sha256: &'a str,
    /// Their number.
    size: u64,
    /// The file that holds them.
    file: String,
    /// The exit status in a word, for this message: yes (0), it reached every recipient, or was
    /// accepted for ordinary mail; no (1), it did not reach one; undecided (3), something is
    /// awaited, in doubt or contradictory.
    #[schemars(schema_with = "answers")]
    answer: &'static str,
    /// Where it stands, for people.
    text: String,
    /// Its recipients, in the order of the envelope.
    recipients: Vec<RecipientJson<'a>>,
    /// What is known of the attempts to submit it, for the message as a whole.
    attempts: Vec<FactJson<'a>>,
    /// The genuine receipts that were led to it, whether they state facts about its recipients or
    /// not, newest first.
    receipts: Vec<ReceivedJson<'a>>,
    /// Ordinary mail that the provider wrapped (anomaly envelopes) and that reports about it: a
    /// bounce. Nobody vouches for it; it proves nothing and changes no standing.
    remarks: Vec<RemarkJson<'a>>,
    /// The containers in which pec archive found it whole, the latest first.
    archived: Vec<ArchivedJson>,
    /// The messages that it answers, as it says; empty in a list.
    in_reply_to: Vec<ThreadedJson>,
    /// The messages that say they answer it, oldest first; empty in a list.
    replies: Vec<ThreadedJson>,
}

/// A container that held the message with all receipts that were known then.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "archived")]
struct ArchivedJson {
    /// SHA-256 of the file.
    #[schemars(regex(pattern = SHA256))]
    sha256: String,
    /// As it was called, without its folder; it may have been moved since.
    name: String,
    /// When it was found whole last, by the clock of this machine. UTC, RFC 3339.
    at: Timestamp,
}

/// What ordinary mail claims about a message. All texts are that mail's own.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "remark")]
struct RemarkJson<'a> {
    /// SHA-256 of the octets of the envelope around it.
    #[schemars(regex(pattern = SHA256))]
    sha256: &'a str,
    /// The file that holds them.
    file: String,
    /// The folder where it was found first; null when that is not known.
    folder: Option<&'a str>,
    /// Its UID there.
    #[schemars(range(min = 1))]
    uid: Option<u32>,
    /// Whom it says it is from.
    sender: &'a str,
    /// Its subject.
    subject: &'a str,
    /// What it says of recipients (RFC 3464, 2.3).
    recipients: Vec<ReportedJson>,
}

/// What a delivery report says of one recipient.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "reported")]
struct ReportedJson {
    /// Final-Recipient.
    address: String,
    /// Action in small letters: failed, delayed, delivered, relayed, expanded; or what it says
    /// instead.
    action: String,
    /// Status (RFC 3463).
    status: String,
    /// Diagnostic-Code without its type.
    reason: String,
}

/// One recipient of a message.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "recipient")]
struct RecipientJson<'a> {
    /// The address as written.
    address: &'a str,
    /// Where it stands in the header.
    #[schemars(schema_with = "words::field")]
    field: &'static str,
    /// Where the message stands for this recipient, derived from facts alone. recorded: never left.
    /// sending: a process is at it. refused-for-now, refused: by the server. in-doubt: nobody knows
    /// whether the server has it. sent: the server has it. not-accepted, accepted: by the provider.
    /// ordinary: accepted for ordinary mail, nothing more will be certified. delayed: the 12-hour
    /// notice came. timed-out: the 24-hour notice came. delivered, not-delivered. contradictory:
    /// genuine receipts cannot all be true.
    #[schemars(schema_with = "words::standing")]
    standing: &'static str,
    /// The standing, for people.
    text: String,
    /// The time of the fact that decided it; null while nothing happened. UTC, RFC 3339.
    since: Option<Timestamp>,
    /// The certified time of the acceptance. UTC, RFC 3339.
    accepted_at: Option<Timestamp>,
    /// What may be expected, until when; null when nothing more is awaited from the provider.
    deadline: Option<DeadlineJson>,
    /// Delivered after the notice that it would not be.
    late: bool,
    /// The receipts name more than one transaction: the message went out twice.
    twice: bool,
    /// The statements that cannot all be true; empty unless there are such. The receipts of each
    /// are in facts.
    #[schemars(schema_with = "words::whats")]
    contradiction: Vec<&'static str>,
    /// What that comes to for the sender, and what is to be done now; null in a list.
    outlook: Option<OutlookJson>,
    /// What is known, in the order in which it became known: certified facts, and the server's
    /// answers for this recipient.
    facts: Vec<FactJson<'a>>,
}

/// What a standing comes to for the sender, and what is to be done now.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "outlook")]
struct OutlookJson {
    /// A stable word: the standing, told apart by the cause that the notice states (full-mailbox,
    /// unknown-address, virus) and by what is late (sent-overdue, overdue, delivered-late).
    #[schemars(schema_with = "outlooks")]
    id: &'static str,
    /// Its consequence, for people.
    #[schemars(length(min = 1))]
    consequence: String,
    /// What is to be done now, for people.
    #[schemars(length(min = 1))]
    next: String,
    /// Where that stands in law and rules.
    #[schemars(length(min = 1))]
    source: &'static str,
    /// The day on which that was looked up.
    checked_on: &'static str,
}

impl From<text::Told> for OutlookJson {
    fn from(told: text::Told) -> Self {
        Self {
            id: told.outlook.word(),
            consequence: told.consequence.text,
            next: told.next.text,
            source: told.consequence.source,
            checked_on: told.consequence.checked_on,
        }
    }
}

fn outlooks(_: &mut SchemaGenerator) -> Schema {
    known(Outlook::ALL.map(Outlook::word))
}

/// What may be expected, until when; null when nothing more is awaited from the provider.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "deadline")]
struct DeadlineJson {
    /// acceptance, first-notice and second-notice: that receipt, or a delivery receipt, is expected
    /// by then. overdue: something should have come by then and did not: ask the provider.
    #[schemars(schema_with = "deadlines")]
    kind: &'static str,
    /// When. UTC, RFC 3339.
    at: Timestamp,
    /// The same for people.
    text: String,
}

/// One thing known.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "fact")]
struct FactJson<'a> {
    /// What a fact states. Of our own attempts: begun, handed (the octets are about to leave),
    /// taken, refused, refused-for-now, not-sent, in-doubt. Certified: accepted,
    /// accepted-as-ordinary, not-accepted, timeout-notice, delivered, not-delivered.
    #[schemars(schema_with = "words::what")]
    what: &'static str,
    /// When: the certified time, or that of this machine for what it did itself. UTC, RFC 3339.
    at: Timestamp,
    /// The number of the attempt to submit, from 1; null for facts of receipts.
    #[schemars(range(min = 1))]
    attempt: Option<u32>,
    /// The reply code of the server, or the code at the beginning of the provider's error.
    code: Option<Cow<'a, str>>,
    /// The words of the server or the provider, as they came.
    text: Option<&'a str>,
    /// The provider's identifier of the transaction (identificativo).
    identifier: Option<&'a str>,
    /// SHA-256 of the receipt that states it; null for what no receipt states.
    #[schemars(regex(pattern = SHA256))]
    receipt: Option<&'a str>,
    /// The file that holds that receipt.
    file: Option<String>,
}

/// A message found in a mailbox.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "received")]
struct ReceivedJson<'a> {
    /// The account whose mailbox it is in.
    account: &'a str,
    /// SHA-256 of its octets.
    #[schemars(regex(pattern = SHA256))]
    sha256: &'a str,
    /// The file that holds them.
    file: String,
    /// As pec verify gives it.
    #[schemars(with = "Verdict")]
    verdict: &'a str,
    /// Of a genuine one: what it is, in the words of daticert.xml.
    kind: Option<&'a str>,
    /// The id of the check that failed or could not be decided, of the highest rank.
    finding: Option<&'a str>,
    /// Of a genuine one about which there are doubts: the id of the check that found the first; pec
    /// verify tells all of them.
    doubt: Option<&'a str>,
    /// The certified time, of a genuine one. UTC, RFC 3339.
    certified_at: Option<Timestamp>,
    /// The signed subject.
    subject: Option<&'a str>,
    /// The signed Message-ID of the message that it is about.
    message_id: Option<&'a str>,
    /// The signed identifier of the transaction.
    identifier: Option<&'a str>,
    /// The signed recipient that it is about.
    delivered_to: Option<&'a str>,
    /// How it was led to a message of ours (msgid, identificativo), or why to none (orphan: none
    /// has its Message-ID or identifier; other-sender: the signed sender is not ours;
    /// other-content: it carries another message; not-for-sender: it is no receipt for a sender);
    /// null for what is not proved.
    #[schemars(schema_with = "words::match_or_null")]
    matched_by: Option<&'static str>,
    /// The folder in which it was found first.
    folder: Option<&'a str>,
    /// Its UID there.
    #[schemars(range(min = 1))]
    uid: Option<u32>,
}

fn answers(_: &mut SchemaGenerator) -> Schema {
    only(["yes", "no", "undecided"])
}

fn deadlines(_: &mut SchemaGenerator) -> Schema {
    known(["acceptance", "first-notice", "second-notice", "overdue"])
}

impl Report for Document<'_> {
    const SCHEMA: &'static str = "pec/status";

    fn text(&self, page: &mut report::Page<'_>) -> io::Result<()> {
        page.lines(&self.lines)
    }

    fn exit(&self) -> ExitStatus {
        self.exit
    }
}

impl<'a> Document<'a> {
    /// A page of a list; of a text and the fields of the document only what is shown.
    pub(super) fn of_page(page: &'a Page, reading: &Reading<'_>, form: Form) -> Self {
        let mut document = Self::empty(page);
        match (form, &page.found) {
            (Form::Text, _) => document.lines = text::list(page, reading),
            (Form::Json, Found::Messages(views)) => {
                document.messages = messages(views, reading, Detail::Row);
            }
            (Form::Json, Found::Orphans(rows)) => document.orphans = received(rows, reading),
            (Form::Json, Found::Unproven(rows)) => document.unproven = received(rows, reading),
        }
        document
    }

    /// The same where there is no ledger.
    pub(super) fn of_nothing(page: &'a Page, lang: Lang) -> Self {
        Self {
            lines: text::nothing(page, lang),
            ..Self::empty(page)
        }
    }

    fn empty(page: &'a Page) -> Self {
        Self {
            messages: Vec::new(),
            orphans: Vec::new(),
            unproven: Vec::new(),
            more: page.more,
            totals: Some(TotalsJson {
                orphans: page.unsettling.orphans,
                unproven: page.unsettling.unproven,
                unread: page.unsettling.unread,
            }),
            mailboxes: &page.mailboxes,
            lines: Vec::new(),
            exit: ExitStatus::Yes,
        }
    }

    /// Some messages, each whole; for a person only where it is a person who reads.
    pub fn of_messages(views: &'a [MessageView], reading: &Reading<'_>, form: Form) -> Self {
        let for_people = match form {
            Form::Text => views,
            Form::Json => &[],
        };
        let texts = for_people.iter();
        let texts = texts.flat_map(|view| text::message(view, reading));
        let answers = views.iter().map(super::outcome);
        Self {
            messages: messages(views, reading, Detail::Whole),
            orphans: Vec::new(),
            unproven: Vec::new(),
            more: false,
            totals: None,
            mailboxes: &[],
            lines: texts.collect(),
            exit: answers.fold(ExitStatus::Yes, ExitStatus::worse),
        }
    }
}

/// How much is told of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    /// What stands in a list.
    Row,
    /// All.
    Whole,
}

fn messages<'a>(
    views: &'a [MessageView],
    reading: &Reading<'_>,
    detail: Detail,
) -> Vec<MessageJson<'a>> {
    let views = views.iter();
    views
        .map(|view| MessageJson::of(view, reading, detail))
        .collect()
}

fn received<'a>(rows: &'a [ReceivedRow], reading: &Reading<'_>) -> Vec<ReceivedJson<'a>> {
    let rows = rows.iter();
    rows.map(|row| ReceivedJson::of(row, reading)).collect()
}

impl<'a> MessageJson<'a> {
    fn of(view: &'a MessageView, reading: &Reading<'_>, detail: Detail) -> Self {
        let row = &view.row;
        let plain = Reading {
            style: Style::Plain,
            ..*reading
        };
        let of_message = |fact: &&Fact| fact.place().is_none() && !fact.is_certified();
        let thread = match detail {
            Detail::Whole => text::thread_of(view, reading),
            Detail::Row => Thread::default(),
        };
        Self {
            id: &row.message.short,
            account: &row.account,
            message_id: &row.message_id,
            sender: &row.sender,
            subject: &row.subject,
            receipt_form: &row.receipt_form,
            reference: row.reference.as_deref(),
            recorded_at: row.frozen_at,
            forgotten_at: row.forgotten_at,
            sha256: &row.octets,
            size: row.size,
            file: match row.forgotten_at {
                None => path(&row.octets, reading),
                Some(_) => String::new(),
            },
            answer: super::answer_word(super::outcome(view)),
            text: text::summary(view, &plain),
            recipients: view
                .recipients
                .iter()
                .enumerate()
                .map(|(place, recipient)| {
                    RecipientJson::of((place, recipient), view, &plain, detail)
                })
                .collect(),
            attempts: view
                .facts
                .iter()
                .filter(of_message)
                .map(|fact| FactJson::of(fact, view, reading))
                .collect(),
            receipts: view
                .receipts
                .iter()
                .map(|row| ReceivedJson::of(row, reading))
                .collect(),
            remarks: view
                .remarks
                .iter()
                .map(|row| RemarkJson::of(row, reading))
                .collect(),
            archived: text::archived_of(view, reading)
                .into_iter()
                .map(|one| ArchivedJson {
                    sha256: one.container,
                    name: one.name,
                    at: one.at,
                })
                .collect(),
            in_reply_to: ThreadedJson::all(&thread.answered),
            replies: ThreadedJson::all(&thread.answers),
        }
    }
}

impl<'a> RemarkJson<'a> {
    fn of(row: &'a ReceivedRow, reading: &Reading<'_>) -> Self {
        let remark = Remark::of(row, reading);
        let (folder, uid) = place(row, reading);
        let recipients = remark.recipients.into_iter().map(|one| ReportedJson {
            address: one.address,
            action: one.action,
            status: one.status,
            reason: one.reason,
        });
        Self {
            sha256: &row.octets,
            file: path(&row.octets, reading),
            folder,
            uid,
            sender: remark.sender,
            subject: remark.subject,
            recipients: recipients.collect(),
        }
    }
}

impl<'a> RecipientJson<'a> {
    fn of(
        (place, recipient): (usize, &'a RecipientView),
        view: &'a MessageView,
        reading: &Reading<'_>,
        detail: Detail,
    ) -> Self {
        let state = &recipient.state;
        let facts = view.facts.iter().filter(|fact| text::concerns(fact, place));
        Self {
            address: recipient.address.as_str(),
            field: recipient.field.word(),
            standing: state.standing.word(),
            text: text::standing(state, reading),
            since: state.since,
            accepted_at: state.accepted_at,
            deadline: state
                .deadline(reading.now)
                .map(|deadline| DeadlineJson::of(deadline, reading)),
            late: state.late,
            twice: state.twice,
            contradiction: state.contradiction.iter().map(|what| what.word()).collect(),
            outlook: (detail == Detail::Whole)
                .then(|| text::Told::of(place, recipient, view, reading).into()),
            facts: facts
                .map(|fact| FactJson::of(fact, view, reading))
                .collect(),
        }
    }
}

impl DeadlineJson {
    fn of(deadline: Deadline, reading: &Reading<'_>) -> Self {
        let (kind, at) = match deadline {
            Deadline::Acceptance(at) => ("acceptance", at),
            Deadline::FirstNotice(at) => ("first-notice", at),
            Deadline::SecondNotice(at) => ("second-notice", at),
            Deadline::Overdue(at) => ("overdue", at),
        };
        Self {
            kind,
            at,
            text: text::deadline_text(deadline, reading.lang),
        }
    }
}

impl<'a> FactJson<'a> {
    fn of(fact: &'a Fact, view: &MessageView, reading: &Reading<'_>) -> Self {
        let kept = fact.evidence().filter(|_| view.row.forgotten_at.is_none());
        Self {
            what: fact.what().word(),
            at: fact.at(),
            attempt: fact.attempt(),
            code: fact.code(),
            text: fact.text(),
            identifier: fact.identifier(),
            receipt: fact.evidence(),
            file: kept.map(|sha256| path(sha256, reading)),
        }
    }
}

impl<'a> ReceivedJson<'a> {
    fn of(row: &'a ReceivedRow, reading: &Reading<'_>) -> Self {
        let (folder, uid) = place(row, reading);
        Self {
            account: &row.account,
            sha256: &row.octets,
            file: match row.forgotten_at {
                None => path(&row.octets, reading),
                Some(_) => String::new(),
            },
            verdict: &row.verdict,
            kind: row.kind.as_deref(),
            finding: row.headline.as_deref(),
            doubt: row.doubt.as_deref(),
            certified_at: row.certified_at,
            subject: row.subject.as_deref(),
            message_id: row.message_id.as_deref(),
            identifier: row.identifier.as_deref(),
            delivered_to: row.delivered_to.as_deref(),
            matched_by: row.rule.map(MatchRule::word),
            folder,
            uid,
        }
    }
}

fn place<'a>(row: &'a ReceivedRow, reading: &Reading<'_>) -> (Option<&'a str>, Option<u32>) {
    let place = row.place.as_ref().filter(|_| reading.beside.is_none());
    place.map(|(name, uid)| (&**name, *uid)).unzip()
}

fn path(sha256: &str, reading: &Reading<'_>) -> String {
    match reading.beside {
        Some(names) => names.get(sha256).cloned().unwrap_or_default(),
        None => reading.ledger.path_of(sha256).display().to_string(),
    }
}
