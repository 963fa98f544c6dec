//! The words of `pec send`, and the order that they are.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::draft::address_in;
use super::order::{
    After, Answering, Body, Deed, Filing, Letter, NewOrder, ResumeOrder, SendOrder, Source, Taken,
    Way, What, Which,
};
use super::report;
use crate::address::MailAddress;
use crate::client::{Goes, Resend, SendAgain};
use crate::command::Failure;
use crate::command::order::Order;
use crate::command::span;
use crate::command::wait::Terms;
use crate::command::wait::arguments::GoalArgument;
use crate::court::Court;
use crate::output::report::Form;
use crate::pec::DeliveryForm;
use crate::pec::caution::Stop;

/// Send a certified message, once
///
/// Checks what the provider would refuse, shows the message and asks for confirmation, records it,
/// and only then hands it to the provider. If the connection is lost when the provider may already
/// have received the message, it is in doubt and is never sent again automatically: see --resume.
///
/// Exit status: 0 if the provider received the message (with --wait: if it is accepted or
/// delivered); 1 if it refused one or more recipients or, with --wait, if a notice says so; 2 if
/// the message or the request is wrong; 3 if the outcome is in doubt or still pending; 4 if it
/// could not be sent now; 5 if the provider refused the login or the message.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec send [--to <ADDRESS> --subject <TEXT>] [OPTIONS]\n       \
                      pec send --eml <FILE> [OPTIONS]\n       \
                      pec send --resume [MESSAGE]..."
)]
pub(in crate::command) struct Arguments {
    /// With --resume: messages to resume (short id, Message-ID or subject; without any, all still open
    /// but the rows of a batch); without --resume: recipients, as with --to
    #[arg(value_name = "MESSAGE")]
    messages: Vec<String>,

    /// Recipient; repeatable
    #[arg(short, long, value_name = "ADDRESS")]
    to: Vec<String>,

    /// Public office as recipient, by the code that pec offices find shows: its certified address;
    /// repeatable
    #[arg(long, value_name = "CODE")]
    to_office: Vec<String>,

    /// Recipient in copy, whose delivery receipt is always concise; repeatable
    #[arg(long, value_name = "ADDRESS")]
    cc: Vec<String>,

    /// The subject
    #[arg(short, long, value_name = "TEXT", conflicts_with = "resume")]
    subject: Option<String>,

    /// The text (without --body and --body-file: from standard input, or from the editor in EDITOR)
    #[arg(short, long, value_name = "TEXT", conflicts_with = "body_file")]
    body: Option<String>,

    /// The text, from a file in UTF-8; - for standard input
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,

    /// File to attach; repeatable
    #[arg(short, long, value_name = "FILE")]
    attach: Vec<PathBuf>,

    /// Delivery receipt to request: complete, brief or concise
    #[arg(
        long,
        value_name = "FORM",
        default_value = "complete",
        hide_possible_values = true
    )]
    receipt: DeliveryForm,

    /// Reply-To address; receipts come to the sending mailbox in any case
    #[arg(long, value_name = "ADDRESS")]
    reply_to: Option<String>,

    /// Reference of yours, such as the protocol number: kept here, not visible to recipients
    #[arg(long, value_name = "TEXT", value_parser = reference)]
    reference: Option<String>,

    /// Send this ready-made message; - for standard input
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["to", "to_office", "cc", "subject", "body", "body_file", "attach", "receipt", "reply_to", "reference"]
    )]
    eml: Option<PathBuf>,

    /// Resume messages that were never sent, and settle those in doubt by checking the mailbox
    #[arg(long, conflicts_with_all = ["to", "to_office", "eml", "dry_run", "again", "despite", "for_court"])]
    resume: bool,

    /// With --resume: send again messages in doubt whose acceptance is in no folder of the mailbox;
    /// =even-if-it-arrives-twice: even if the mailbox could not be read completely
    #[arg(
        long,
        value_name = "HOW",
        requires = "resume",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "if-nothing-is-there",
        hide_possible_values = true
    )]
    resend: Option<Resend>,

    /// With --resend: minimum age of the attempt, to allow for a slow acceptance
    #[arg(
        long,
        value_name = "TIME",
        default_value = "15m",
        requires = "resend",
        value_parser = span::parse
    )]
    patience: Duration,

    #[command(flatten)]
    leaving: LeavingArguments,
}

/// Whether, how and with what after it a message leaves; the same for `draft send`.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct LeavingArguments {
    /// Do not ask for confirmation before sending
    #[arg(long, short)]
    yes: bool,

    /// With --yes: send also a message with the same content and recipients as one sent in the last
    /// 24 hours, without reading the mailbox
    #[arg(long, requires = "yes")]
    again: bool,

    /// The receipts are for this law court: report before sending what it would not take: civile,
    /// tributario, amministrativo
    #[arg(long, value_name = "COURT", hide_possible_values = true)]
    for_court: Option<Court>,

    /// Send despite what stops a message, named: notification-form, notification-copy,
    /// notification-ordinary, court-receipt, court-files; repeatable
    #[arg(long, value_name = "KEY", hide_possible_values = true)]
    despite: Vec<Stop>,

    /// Show everything, send and record nothing
    #[arg(long)]
    dry_run: bool,

    /// Wait for the receipts: accepted or delivered
    #[arg(long, value_name = "FOR", hide_possible_values = true)]
    wait: Option<GoalArgument>,

    /// Longest time to wait: 90s, 30m, 2h, 1d
    #[arg(
        long,
        value_name = "TIME",
        default_value = "30m",
        requires = "wait",
        value_parser = span::parse
    )]
    timeout: Duration,

    /// Keep no copy in the folder of sent mail
    #[arg(long)]
    no_copy: bool,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

/// Of what and to whom an answer is; the same for `reply` and `forward`.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct AnswerArguments {
    /// Received message: short id (as pec inbox shows it) or Message-ID
    #[arg(value_name = "MESSAGE", required_unless_present = "json_schema")]
    message: Option<String>,

    /// Recipient; with reply, instead of the sender; repeatable
    #[arg(short, long, value_name = "ADDRESS")]
    to: Vec<String>,

    /// Recipient in copy, whose delivery receipt is always concise; repeatable
    #[arg(long, value_name = "ADDRESS")]
    cc: Vec<String>,

    /// The subject, instead of that of the message
    #[arg(short, long, value_name = "TEXT")]
    subject: Option<String>,

    /// The text, above the quotation (without --body and --body-file: from standard input, or from the
    /// editor in EDITOR)
    #[arg(short, long, value_name = "TEXT", conflicts_with = "body_file")]
    body: Option<String>,

    /// The text, from a file in UTF-8; - for standard input
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,

    /// File to attach; repeatable
    #[arg(short, long, value_name = "FILE")]
    attach: Vec<PathBuf>,

    /// Attach the attachments of the message too
    #[arg(long)]
    with_attachments: bool,

    /// Do not quote the text of the message
    #[arg(long)]
    no_quote: bool,

    /// Delivery receipt to request: complete, brief or concise
    #[arg(
        long,
        value_name = "FORM",
        default_value = "complete",
        hide_possible_values = true
    )]
    receipt: DeliveryForm,

    /// Reference of yours, such as the protocol number: kept here, not visible to recipients
    #[arg(long, value_name = "TEXT", value_parser = reference)]
    reference: Option<String>,
}

impl AnswerArguments {
    pub(in crate::command) fn letter(self, way: Way) -> Letter {
        Letter {
            to: self.to,
            offices: Vec::new(),
            cc: self.cc,
            subject: self.subject,
            body: body(self.body, self.body_file),
            attach: self.attach,
            form: self.receipt,
            reply_to: None,
            reference: self.reference,
            answering: Some(Answering {
                word: self.message.unwrap_or_default(),
                way,
                attachments: self.with_attachments,
                quotes: !self.no_quote,
            }),
            taken: Taken::default(),
        }
    }
}

/// Characters of a reference, at most.
const MOST_OF_REFERENCE: usize = 200;

/// One line of text, without the blanks around it.
fn reference(words: &str) -> Result<String, String> {
    let words = words.trim();
    let is_line = !words.is_empty() && !words.chars().any(char::is_control);
    match is_line && words.chars().count() <= MOST_OF_REFERENCE {
        true => Ok(words.to_owned()),
        false => Err(format!("one line of 1 to {MOST_OF_REFERENCE} characters")),
    }
}

/// Where a text comes from; only one of the two is there.
fn body(text: Option<String>, file: Option<PathBuf>) -> Body {
    match (text, file) {
        (Some(text), _) => Body::Given(text),
        (None, Some(file)) => Body::From(Source::of(file)),
        (None, None) => Body::Asked,
    }
}

impl ValueEnum for DeliveryForm {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    /// In the words of both languages.
    fn to_possible_value(&self) -> Option<PossibleValue> {
        let english = match self {
            Self::Complete => "complete",
            Self::Brief => "brief",
            Self::Concise => "concise",
        };
        Some(PossibleValue::new(english).alias(self.word()))
    }
}

/// For `batch` too.
impl ValueEnum for Stop {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    /// In the words of both languages.
    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word()).alias(self.italian()))
    }
}

impl ValueEnum for Resend {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::IfNothingIsThere, Self::EvenIfTwice]
    }

    /// In the words of both languages. The risk must be written out: `--yes` is typed without
    /// thinking.
    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (english, italian) = match self {
            Self::IfNothingIsThere => ("if-nothing-is-there", "se-non-c-e-nulla"),
            Self::EvenIfTwice => ("even-if-it-arrives-twice", "anche-se-arriva-due-volte"),
        };
        Some(PossibleValue::new(english).alias(italian))
    }
}

impl Arguments {
    /// # Errors
    /// When a word is neither a message to resume nor an address.
    pub(in crate::command) fn order(mut self) -> Result<Order, Failure> {
        if let Some(schema) = self.leaving.schema() {
            return Ok(schema);
        }
        if !self.resume {
            // Who leaves out --to means it, and nothing else can be meant.
            let words = std::mem::take(&mut self.messages);
            if let Some(word) = words
                .iter()
                .find(|word| self.eml.is_some() || !is_recipient(word))
            {
                return Err(Failure::new("send-word", [("word", word.clone())]));
            }
            self.to.extend(words);
        }
        Ok(Order::Send(self.into()))
    }
}

/// Whether a word is an address, as people write one; one that begins with `<` is a Message-ID.
fn is_recipient(word: &str) -> bool {
    !word.starts_with('<') && MailAddress::new(&address_in(word)).is_well_formed()
}

impl From<Arguments> for SendOrder {
    fn from(given: Arguments) -> Self {
        let deed = given.leaving.deed();
        let goes = given.leaving.goes();
        let despite = given.leaving.despite.clone();
        let court = given.leaving.for_court;
        let after = given.leaving.after();
        if given.resume {
            return Self::Resume(ResumeOrder {
                which: match given.messages.is_empty() {
                    true => Which::Unsettled,
                    false => Which::Named(given.messages),
                },
                resend: given.resend.map(|what| SendAgain {
                    what,
                    patience: given.patience,
                }),
                consent: goes.consent(),
                after,
            });
        }
        Self::New(NewOrder {
            what: match given.eml {
                Some(file) => What::Ready(Source::of(file)),
                None => What::Written(Box::new(Letter {
                    to: given.to,
                    offices: given.to_office,
                    cc: given.cc,
                    subject: given.subject,
                    body: body(given.body, given.body_file),
                    attach: given.attach,
                    form: given.receipt,
                    reply_to: given.reply_to,
                    reference: given.reference,
                    answering: None,
                    taken: Taken::default(),
                })),
            },
            goes,
            court,
            despite,
            deed,
            after,
        })
    }
}

impl SendOrder {
    /// To send a draft.
    pub(in crate::command) fn of_draft(word: String, leaving: LeavingArguments) -> Self {
        Self::of(What::Draft(word), leaving)
    }

    /// To answer a message that was received, or to pass it on.
    pub(in crate::command) fn of_answer(letter: Letter, leaving: LeavingArguments) -> Self {
        Self::of(What::Written(Box::new(letter)), leaving)
    }

    fn of(what: What, leaving: LeavingArguments) -> Self {
        Self::New(NewOrder {
            what,
            goes: leaving.goes(),
            court: leaving.for_court,
            despite: leaving.despite.clone(),
            deed: leaving.deed(),
            after: leaving.after(),
        })
    }
}

impl LeavingArguments {
    /// The schema of what sending writes, where that alone is asked for.
    pub(in crate::command) fn schema(&self) -> Option<Order> {
        self.json_schema.then(Order::schema::<report::Document<'_>>)
    }

    fn goes(&self) -> Goes {
        match (self.yes, self.again) {
            (false, _) => Goes::WhenConfirmed,
            (true, false) => Goes::Once,
            (true, true) => Goes::InAnyCase,
        }
    }

    fn deed(&self) -> Deed {
        match self.dry_run {
            true => Deed::Show,
            false => Deed::Send,
        }
    }

    fn after(self) -> After {
        After {
            filing: match self.no_copy {
                true => Filing::None,
                false => Filing::AsTheAccountSays,
            },
            wait: self.wait.map(|goal| Terms {
                until: goal.into(),
                timeout: self.timeout,
                poll: Terms::POLL,
            }),
            form: Form::of(self.json),
        }
    }
}
