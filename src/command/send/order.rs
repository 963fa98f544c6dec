//! What `pec send` is asked, once its words are understood.

use std::path::PathBuf;

use crate::client::answer::Whom;
use crate::client::{Consent, Goes, SendAgain};
use crate::command::wait::Terms;
use crate::court::Court;
use crate::ledger::{Answered, Attached};
use crate::output::report::Form;
use crate::pec::DeliveryForm;
use crate::pec::caution::Stop;

/// One of the two things that `pec send` does.
pub(in crate::command) enum SendOrder {
    /// Sends a new message.
    New(NewOrder),
    /// Goes on with messages that were recorded before.
    Resume(ResumeOrder),
}

/// A new message.
pub(in crate::command) struct NewOrder {
    /// What it is made of.
    pub what: What,
    /// On whose word it goes.
    pub goes: Goes,
    /// The law court in which its receipts are to be filed, if it is for one.
    pub court: Option<Court>,
    /// What was named of what would stop it.
    pub despite: Vec<Stop>,
    /// Whether it goes at all.
    pub deed: Deed,
    /// What follows.
    pub after: After,
}

/// Messages that were recorded before.
pub(in crate::command) struct ResumeOrder {
    /// Which.
    pub which: Which,
    /// What of those in doubt may go again; without it nothing.
    pub resend: Option<SendAgain>,
    /// On whose word they go.
    pub consent: Consent,
    /// What follows.
    pub after: After,
}

/// What a message is made of.
pub(in crate::command) enum What {
    /// It is there already.
    Ready(Source),
    /// Its parts.
    Written(Box<Letter>),
    /// A draft, by its number or words of its subject.
    Draft(String),
}

/// The message that a letter answers or passes on.
#[derive(Clone)]
pub(in crate::command) struct Answering {
    /// Which, by its short id, its Message-ID or words of its subject.
    pub word: String,
    /// Which of both.
    pub way: Way,
    /// Whether its attachments go along.
    pub attachments: bool,
    /// Whether its text is quoted.
    pub quotes: bool,
}

/// What a letter has from the message that it answers or passes on; nothing, where it is a new one.
#[derive(Clone, Default)]
pub(in crate::command) struct Taken {
    /// What stands under the text.
    pub quotation: String,
    /// What is attached before all else.
    pub files: Vec<Attached>,
    /// What its header names.
    pub answered: Option<Answered>,
}

impl Taken {
    /// A text with what is quoted under it.
    pub fn under(&self, words: String) -> String {
        match &*self.quotation {
            "" => words,
            quotation => format!("{}\n\n{quotation}", words.trim_end()),
        }
    }
}

/// Whether a message is answered or passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Way {
    Reply(Whom),
    Forward,
}

/// The parts of a message, as they were given.
#[derive(Clone)]
pub(in crate::command) struct Letter {
    /// Asked for where there are none and somebody can answer.
    pub to: Vec<String>,
    /// Codes of public offices, before their addresses were looked up.
    pub offices: Vec<String>,
    pub cc: Vec<String>,
    /// Asked for where there is none and somebody can answer.
    pub subject: Option<String>,
    pub body: Body,
    /// Files.
    pub attach: Vec<PathBuf>,
    /// The delivery receipt to ask for.
    pub form: DeliveryForm,
    pub reply_to: Option<String>,
    /// What the sender calls it; no recipient sees it.
    pub reference: Option<String>,
    /// The message that it answers or passes on, before that was looked for.
    pub answering: Option<Answering>,
    /// What it has from that one.
    pub taken: Taken,
}

/// Where the text of a message comes from.
#[derive(Clone)]
pub(in crate::command) enum Body {
    /// It was given.
    Given(String),
    /// It is read.
    From(Source),
    /// It is written in the editor where there is a terminal, else read from standard input.
    Asked,
}

impl Body {
    /// Whether it is read from standard input.
    pub fn comes_by_input(&self, is_terminal: bool) -> bool {
        match self {
            Self::From(Source::Input) => true,
            Self::Asked => !is_terminal,
            Self::Given(_) | Self::From(Source::File(_)) => false,
        }
    }

    /// Whether it comes by standard input because somebody said so.
    pub fn is_input(&self) -> bool {
        matches!(self, Self::From(Source::Input))
    }
}

/// Where octets are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::command) enum Source {
    /// Standard input.
    Input,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// What a word means where `-` is standard input.
    pub fn of(word: PathBuf) -> Self {
        match word.as_os_str() == "-" {
            true => Self::Input,
            false => Self::File(word),
        }
    }
}

/// Whether something is done or only shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Deed {
    /// Everything is shown; nothing is sent or recorded.
    Show,
    /// It is sent.
    Send,
}

/// Which messages.
pub(in crate::command) enum Which {
    /// All that may need it.
    Unsettled,
    /// Those that words mean.
    Named(Vec<String>),
}

/// What follows once something left.
pub(in crate::command) struct After {
    /// Whether a copy is filed.
    pub filing: Filing,
    /// What is waited for.
    pub wait: Option<Terms>,
    /// How the result is written.
    pub form: Form,
}

/// Whether a copy is filed in the folder of sent mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Filing {
    AsTheAccountSays,
    None,
}
