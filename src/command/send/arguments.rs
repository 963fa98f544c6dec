//! The words of `pec send`, and the order that they are.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::order::{
    After, Body, Deed, Filing, Letter, NewOrder, ResumeOrder, SendOrder, Source, What, Which,
};
use super::report;
use crate::client::{Goes, Resend, SendAgain};
use crate::command::order::Order;
use crate::command::span;
use crate::command::wait::Terms;
use crate::command::wait::arguments::GoalArgument;
use crate::output::report::Form;
use crate::pec::DeliveryForm;
use crate::pec::caution::Stop;

/// Send a certified message, once
///
/// Checks everything that the provider would refuse, shows the message and asks, records it,
/// and only then hands it over. If the line breaks where the provider may have the message it
/// is in doubt, and is never sent again by itself: see --resume.
///
/// Exits with 0 when the provider took the message (with --wait: when it was accepted or
/// delivered), 1 when it took it not for all recipients or (with --wait) a receipt says no,
/// 2 when the message or the question is wrong, 3 when in doubt or still waiting, 4 when it
/// could not be sent now, 5 when the provider refused.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec send [--to <ADDRESS> --subject <TEXT>] [OPTIONS]\n       \
                      pec send --eml <FILE> [OPTIONS]\n       \
                      pec send --resume [MESSAGE]..."
)]
pub(in crate::command) struct Arguments {
    /// With --resume: which messages (short id, Message-ID or subject); all unsettled without
    #[arg(value_name = "MESSAGE", requires = "resume")]
    messages: Vec<String>,

    /// A recipient; repeatable
    #[arg(short, long, value_name = "ADDRESS")]
    to: Vec<String>,

    /// A recipient in copy, whose delivery receipt is always concise; repeatable
    #[arg(long, value_name = "ADDRESS")]
    cc: Vec<String>,

    /// The subject
    #[arg(short, long, value_name = "TEXT", conflicts_with = "resume")]
    subject: Option<String>,

    /// The text (without --body and --body-file: from standard input, or from $EDITOR)
    #[arg(short, long, value_name = "TEXT", conflicts_with = "body_file")]
    body: Option<String>,

    /// The text, from a file in UTF-8; - for standard input
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,

    /// A file to attach; repeatable
    #[arg(short, long, value_name = "FILE")]
    attach: Vec<PathBuf>,

    /// The delivery receipt to ask for: complete, brief or concise
    #[arg(
        long,
        value_name = "FORM",
        default_value = "complete",
        hide_possible_values = true
    )]
    receipt: DeliveryForm,

    /// Where people shall answer; receipts come to the sending mailbox in any case
    #[arg(long, value_name = "ADDRESS")]
    reply_to: Option<String>,

    /// Send this ready message instead; - for standard input
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["to", "cc", "subject", "body", "body_file", "attach", "receipt", "reply_to"]
    )]
    eml: Option<PathBuf>,

    /// Go on with messages that never left, and settle those in doubt by asking the mailbox
    #[arg(long, conflicts_with_all = ["to", "eml", "dry_run", "again", "despite"])]
    resume: bool,

    /// With --resume: send again what is in doubt and has no acceptance in the whole mailbox;
    /// =even-if-it-arrives-twice: also where that cannot be known
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

    /// With --resend: how old the attempt must be, so that a slow acceptance had its time
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

    /// Write the JSON schema of the document and end
    #[arg(long)]
    json_schema: bool,
}

/// Whether, how and with what after it a message leaves; the same for `draft send`.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct LeavingArguments {
    /// Do not ask before sending
    #[arg(long, short)]
    yes: bool,

    /// With --yes: send also what left within 24 hours with the same content for the same
    /// recipients, and do not read the mailbox for it
    #[arg(long, requires = "yes")]
    again: bool,

    /// Send despite what stops a message, named: notification-form, notification-copy,
    /// notification-ordinary; repeatable
    #[arg(long, value_name = "KEY", hide_possible_values = true)]
    despite: Vec<Stop>,

    /// Show everything, send and record nothing
    #[arg(long)]
    dry_run: bool,

    /// Wait for the receipts: accepted or delivered
    #[arg(long, value_name = "FOR", hide_possible_values = true)]
    wait: Option<GoalArgument>,

    /// How long to wait: 90s, 30m, 2h, 1d
    #[arg(
        long,
        value_name = "TIME",
        default_value = "30m",
        requires = "wait",
        value_parser = span::parse
    )]
    timeout: Duration,

    /// File no copy in the folder of sent mail
    #[arg(long)]
    no_copy: bool,

    /// Write one JSON document
    #[arg(long)]
    json: bool,
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
        let italian = match self {
            Self::NotificationForm => "notifica-ricevuta",
            Self::NotificationCopy => "notifica-copia",
            Self::NotificationOrdinary => "notifica-ordinaria",
        };
        Some(PossibleValue::new(self.word()).alias(italian))
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
    pub(in crate::command) fn order(self) -> Order {
        match self.json_schema {
            true => Order::schema::<report::Document<'_>>(),
            false => Order::Send(Box::new(self.into())),
        }
    }
}

impl From<Arguments> for SendOrder {
    fn from(given: Arguments) -> Self {
        let deed = given.leaving.deed();
        let goes = given.leaving.goes();
        let despite = given.leaving.despite.clone();
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
                None => What::Written(Letter {
                    to: given.to,
                    cc: given.cc,
                    subject: given.subject,
                    body: match (given.body, given.body_file) {
                        (Some(text), _) => Body::Given(text),
                        (None, Some(file)) => Body::From(Source::of(file)),
                        (None, None) => Body::Asked,
                    },
                    attach: given.attach,
                    form: given.receipt,
                    reply_to: given.reply_to,
                }),
            },
            goes,
            despite,
            deed,
            after,
        })
    }
}

impl SendOrder {
    /// To send a draft.
    pub(in crate::command) fn of_draft(word: String, leaving: LeavingArguments) -> Self {
        Self::New(NewOrder {
            what: What::Draft(word),
            goes: leaving.goes(),
            despite: leaving.despite.clone(),
            deed: leaving.deed(),
            after: leaving.after(),
        })
    }
}

impl LeavingArguments {
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
