//! What `pec send` gives to its journeys: the servers, a terminal to ask on, and words for what
//! happens.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use std::slice;

use super::report::{Before, Next};
use super::{checks, report};
use crate::client::{
    self, Answer, Answered, Confirm, Gap, GapKind, Handed, Missed, News, Over, Question, Search,
};
use crate::command::access::{self, Access};
use crate::command::{Failure, Session, confirm, follow};
use crate::context::{Interruption, stop_on_signals};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::ledger::{Ledger, MessageRef};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::output::progress::Transfer;
use crate::output::report::Form;
use crate::transport::smtp::SmtpSubmission;
use crate::transport::{Envelope, Mailbox, Meter, Stop, Submission, SubmissionReport};

/// Octets of a message that takes so long that a person is told it is on its way.
const LARGE_OCTETS: u64 = 1_000_000;

/// One run of `pec send`.
pub(super) struct Desk<'d, 's> {
    pub access: &'d mut Access,
    pub session: &'d mut Session<'s>,
    /// How the result is written.
    pub form: Form,
    /// Whether somebody can be asked.
    pub can_ask: bool,
    /// What signals say until the server heeds them, if anything.
    interruption: Option<Interruption>,
    /// Whether a person is asked about it.
    pub asks: bool,
    /// What should make a person stop, besides what the message shows.
    warned: Option<String>,
    /// What was found out before anything left.
    pub before: Before,
}

impl<'d, 's> Desk<'d, 's> {
    pub fn new(access: &'d mut Access, session: &'d mut Session<'s>, form: Form) -> Self {
        Self {
            can_ask: session.context.can_ask(),
            access,
            session,
            form,
            interruption: None,
            asks: false,
            warned: None,
            before: Before::default(),
        }
    }

    /// Whether a person is asked.
    pub fn asking(self, asks: bool) -> Self {
        Self { asks, ..self }
    }

    /// What should make a person stop, besides what the message shows.
    pub fn warned(self, warned: Option<String>) -> Self {
        Self { warned, ..self }
    }

    /// What signals say until the server heeds them.
    pub fn until_heeded(self, interruption: Interruption) -> Self {
        Self {
            interruption: Some(interruption),
            ..self
        }
    }

    /// Says a sentence beside the result.
    pub fn say(&mut self, key: &str, values: &[(&str, &str)]) -> anyhow::Result<()> {
        let line = Catalogue::of(self.session.lang).fill(key, values);
        Ok(writeln!(self.session.err, "{line}")?)
    }

    /// Shows what is read from the mailbox, until it is dropped.
    fn transfer(&self) -> Transfer {
        let meter = self.access.meter.clone();
        let before = meter.octets();
        let done = move || meter.octets().saturating_sub(before);
        let visible = self.session.context.shows_progress();
        Transfer::start(visible, None, done, Catalogue::of(self.session.lang))
    }

    /// Says a sentence about a message.
    fn say_of(&mut self, key: &str, message: &MessageRef) -> anyhow::Result<()> {
        self.say(key, &[("message", &message.short)])
    }
}

impl Confirm for Desk<'_, '_> {
    type Failure = anyhow::Error;

    fn confirm(&mut self, question: Question<'_>) -> anyhow::Result<Answer> {
        if !self.can_ask {
            return Ok(Answer::Nobody);
        }
        confirm::ask(&question, self.session)
    }
}

impl client::Desk for Desk<'_, '_> {
    fn read(&mut self, ledger: &mut Ledger) -> anyhow::Result<Missed> {
        let verifier = self.access.verifier()?;
        self.access.tell_trust(self.session)?;
        let mut mailbox = self.access.mailbox()?;
        let clock = self.session.context.clock;
        let mut found = Vec::new();
        let shown = self.transfer();
        let read = client::read_all(
            ledger,
            access::judge(self.access, &verifier),
            &mut mailbox,
            &self.access.account.folders,
            &|| clock.now(),
            &mut |event| found.push(follow::Summary::of(&event)),
        );
        drop(shown);
        // `sync` will not tell it again.
        for event in found.iter().filter(|event| event.is_news()) {
            follow::tell_beside(event, self.session)?;
        }
        let missed = read.map_err(|error| self.access.failure_of_journey(&error))?;
        mailbox.log_out();
        Ok(missed)
    }

    fn search(&mut self, ledger: &mut Ledger, messages: &[MessageRef]) -> anyhow::Result<Search> {
        let verifier = self.access.verifier()?;
        self.access.tell_trust(self.session)?;
        let mut mailbox = self.access.mailbox()?;
        let clock = self.session.context.clock;
        let mut found = Vec::new();
        let shown = self.transfer();
        let searched = client::search(
            ledger,
            access::judge(self.access, &verifier),
            &mut mailbox,
            &self.access.account.folders,
            messages,
            &Stop::default(),
            &|| clock.now(),
            &mut |event| found.push(follow::Summary::of(&event)),
        );
        drop(shown);
        // What is found on the way is no part of the document.
        for event in &found {
            match self.form {
                Form::Json => follow::tell_beside(event, self.session)?,
                Form::Text => follow::tell(event, follow::Form::Text, self.session)?,
            }
        }
        let searched = searched.map_err(|error| self.access.failure_of_journey(&error))?;
        mailbox.log_out();
        for gap in &searched.gaps {
            writeln!(self.session.err, "{}", gap_line(gap, self.session.lang))?;
        }
        self.before.searched.take_in(searched.clone());
        Ok(searched)
    }

    fn submission(&mut self) -> anyhow::Result<Box<dyn Submission>> {
        let mut submission = self.access.submission()?;
        submission.heed(stop_on_signals());
        self.interruption = None;
        let meter = Meter::default();
        submission.count(meter.clone());
        Ok(Box::new(Watched {
            line: submission,
            meter,
            visible: self.session.context.shows_progress(),
            lang: self.session.lang,
        }))
    }

    fn mailbox(&mut self) -> Result<Box<dyn Mailbox>, String> {
        match self.access.connect_mailbox() {
            Ok(Ok(mailbox)) => Ok(Box::new(mailbox)),
            Ok(Err(error)) => Err(error.to_string()),
            // A failure of ours is known by its key alone; what it means stands in its sentence.
            Err(error) => Err(match error.downcast_ref::<Failure>() {
                Some(failure) => failure.sentences(self.session.lang).0,
                None => error.to_string(),
            }),
        }
    }

    fn tell(&mut self, news: News<'_>) -> anyhow::Result<()> {
        let lang = self.session.lang;
        let texts = Catalogue::of(lang);
        match news {
            News::AsksFirst => {
                let account = self.access.account.name.clone();
                self.say("sync.asks-first", &[("account", &account)])
            }
            News::SentElsewhere(count) => {
                let account = self.access.account.name.clone();
                let count = texts.number(count);
                let values = [("account", &*account), ("count", &*count)];
                self.say("sync.sent-elsewhere", &values)
            }
            News::Missed(missed) => {
                for (folder, reason) in &missed.others {
                    follow::tell_unread(folder, reason, self.session)?;
                }
                match missed.messages.is_empty() {
                    true => Ok(()),
                    false => follow::tell_unread_messages(&missed.messages, self.session),
                }
            }
            News::NotRead => self.say("send.not-read-first", &[]),
            News::New(message, cautions) => {
                self.before.warnings = checks::warnings(cautions, lang);
                self.before.warnings.extend(self.warned.take());
                let asks = self.asks;
                report::preview(
                    message,
                    &self.before.warnings,
                    self.access,
                    asks,
                    self.session,
                )
            }
            News::GoesOn(message) => self.say_of("send.goes-on", message),
            News::Leaving(octets) => {
                match octets >= LARGE_OCTETS && self.session.context.shows_progress() {
                    true => self.say("send.sending", &[("size", &texts.size(octets))]),
                    false => Ok(()),
                }
            }
            News::Nothing => self.say("send.nothing-to-resume", &[]),
            News::WrittenAgain(message, other) => {
                let values = [("message", &*message.short), ("other", &*other.short)];
                self.say("send.written-again", &values)
            }
            News::OfJob(job, count) => {
                let count = texts.number(count);
                self.say("send.of-job", &[("job", &*job.short), ("count", &*count)])
            }
            News::BeingSent(message) => self.say_of("send.being-sent", message),
            News::Over(message, over) => self.say_of(over_key(over), message),
            News::Stays(message, answered) => self.say_of(answered_key(answered), message),
            News::TooYoung(message) => self.say_of("send.too-young", message),
            News::Elsewhere(message, other) => {
                let values = [
                    ("message", &*message.short),
                    ("other", &*other.message_id),
                    ("time", &*shown(other.at, lang)),
                ];
                self.say("send.sent-elsewhere", &values)
            }
            News::Goes(row, days) => {
                let to = row.recipients.iter().map(|(address, _)| address.as_str());
                let values = [
                    ("message", &*row.message.short),
                    ("subject", &*row.subject),
                    ("to", &*to.collect::<Vec<_>>().join(", ")),
                    ("time", &*shown(row.frozen_at, lang)),
                ];
                self.say("send.will-resume", &values)?;
                match days {
                    Some(days) => self.say("send.is-old", &[("age", &texts.counted("age", days))]),
                    None => Ok(()),
                }
            }
        }
    }

    fn stopped(&mut self, failure: anyhow::Error) -> anyhow::Result<ExitStatus> {
        told(failure, self.session)
    }
}

/// A connection that shows how much of a message has left.
struct Watched {
    line: SmtpSubmission,
    meter: Meter,
    visible: bool,
    lang: Lang,
}

impl Submission for Watched {
    fn submit(
        &mut self,
        envelope: &Envelope,
        octets: &[u8],
        before_data: &mut dyn FnMut() -> Result<(), String>,
    ) -> SubmissionReport {
        let (meter, before) = (self.meter.clone(), self.meter.octets());
        let total = Some(octets.len() as u64);
        let texts = Catalogue::of(self.lang);
        let done = move || meter.octets().saturating_sub(before);
        // Until the server has answered.
        let _shown = Transfer::start(self.visible, total, done, texts);
        self.line.submit(envelope, octets, before_data)
    }

    fn size_limit(&self) -> Option<u64> {
        self.line.size_limit()
    }

    fn close(self: Box<Self>) {
        self.line.quit();
    }
}

/// Tells what failed without ending for it; gives its exit status.
pub(super) fn told(error: anyhow::Error, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match Failure::of(error) {
        Ok(failure) => {
            failure.write(session.lang, session.err)?;
            Ok(failure.status())
        }
        Err(error) => {
            writeln!(session.err, "{error:#}")?;
            Ok(ExitStatus::NotNow)
        }
    }
}

/// What is said of a message with which nothing may be done.
const fn over_key(over: Over) -> &'static str {
    match over {
        Over::Went => "send.settled",
        Over::GivenUp => "send.settled-given-up",
        Over::Contradictory => "send.settled-contradictory",
        Over::Failed => "send.settled-failed",
    }
}

/// What is said of a message about which the mailbox answered.
const fn answered_key(answered: Answered) -> &'static str {
    match answered {
        Answered::Taken => "send.found",
        Answered::NotAccepted => "send.found-refusal",
        Answered::Unproved => "send.unproved",
        Answered::ForOthers => "send.for-others",
        Answered::Unknown => "send.unknown",
        Answered::Nothing => "send.still-in-doubt",
    }
}

/// What of the mailbox did not answer, in a sentence.
pub(in crate::command) fn gap_line(gap: &Gap, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let folder = ("folder", &*gap.folder);
    match &gap.what {
        GapKind::NotNamed => texts.fill("send.gap-named", &[folder]),
        GapKind::NotOpened(reason) => texts.fill("send.gap-opened", &[folder, ("reason", reason)]),
        GapKind::NotSearched(reason) => {
            texts.fill("send.gap-searched", &[folder, ("reason", reason)])
        }
        GapKind::NotTold => texts.fill("send.gap-told", &[folder]),
        GapKind::NotRead(message, count) => {
            let count = texts.number(*count);
            let values = [folder, ("message", &*message.short), ("count", &*count)];
            texts.fill("send.gap-read", &values)
        }
    }
}

impl Desk<'_, '_> {
    /// What became of messages: one JSON document, or for a person each with what is said beside
    /// it. Where a wait follows, the one document of the run is that of the status.
    pub(super) fn tell(
        &mut self,
        handed: &[Handed],
        wait_follows: bool,
        ledger: &Ledger,
    ) -> anyhow::Result<()> {
        match self.form {
            Form::Json if wait_follows => Ok(()),
            Form::Json => self.show(handed, Next::Person, ledger),
            Form::Text => handed.iter().try_for_each(|one| {
                let next = match wait_follows {
                    true => Next::ThisRun,
                    false => Next::Person,
                };
                self.show(slice::from_ref(one), next, ledger)?;
                report::tell_beside(one, self.session)
            }),
        }
    }

    /// What became of messages, in the form that was asked for.
    fn show(&mut self, handed: &[Handed], next: Next, ledger: &Ledger) -> anyhow::Result<()> {
        let rows = handed.iter().map(|one| ledger.row(&one.message));
        let rows = rows.collect::<Result<_, _>>()?;
        let account = &self.access.account.name;
        let document =
            report::Document::of(handed, rows, account, &self.before, next, self.session);
        self.session.out.show(&document, self.form)?;
        Ok(())
    }

    /// A failure before anything left: the document is promised all the same.
    pub(super) fn documented(&mut self, error: anyhow::Error) -> anyhow::Result<anyhow::Error> {
        if self.form == Form::Json {
            let account = &self.access.account.name;
            let document = report::Document::of(
                &[],
                Vec::new(),
                account,
                &self.before,
                Next::Person,
                self.session,
            );
            self.session.out.show(&document, Form::Json)?;
        }
        Ok(error)
    }
}
