//! `pec verify`: is this receipt genuine?

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
mod container;
mod expect;
pub(super) mod headline;
pub(super) mod json;
pub(super) mod load;
mod page;
mod reported;
pub(super) mod said;
mod show;
pub(super) mod text;

use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use self::container::Contained;
use self::expect::Expected;
use super::report::asked::PageOrder;
use super::stamp::authority::Believed;
use super::{Failure, Session, store};
use crate::exit::ExitStatus;
use crate::input::{self, Item, Place};
use crate::lang::Lang;
use crate::output::progress::Progress;
use crate::output::report::{self, Output};
use crate::pec::{CertificationData, Evidence};
use crate::providers::Trust;
use crate::smime::sha256;
use crate::timestamp::Timestamp;
use crate::verify::{
    Examination, Facts, Question, Sent, Stored, TrustedCrls, Verdict, Verifier, Weight,
};

/// The order to judge messages.
pub(super) struct VerifyOrder {
    /// Files, folders, archives; `-` for standard input.
    pub files: Vec<PathBuf>,
    /// The message that was sent, or an attachment of it.
    pub sent: Option<PathBuf>,
    /// The acceptance of the same transaction.
    pub acceptance: Option<PathBuf>,
    /// Trust data, and certificates of authorities, instead of those compiled in.
    pub trust: Option<PathBuf>,
    pub anchors: Vec<PathBuf>,
    /// The list of providers.
    pub providers: Option<PathBuf>,
    /// Files or folders of revocation lists.
    pub crls: Vec<PathBuf>,
    /// Files that name authorities of time stamps.
    pub tsa_anchors: Vec<PathBuf>,
    /// The time to judge at; without it that in the receipt.
    pub at: Option<Timestamp>,
    /// Whether a doubt leaves undecided.
    pub strict: bool,
    /// Of which kind they should be.
    pub expect: Option<Expected>,
    /// Whether those that are genuine without a doubt are left out.
    pub only_bad: bool,
    /// Whether it is told what each kind proves.
    pub explain: bool,
    /// Whether passed checks are told too.
    pub all: bool,
    pub form: Form,
    /// The page that is written beside the answers.
    pub page: Option<PageOrder>,
}

/// How the answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For a person.
    Text,
    /// One JSON document.
    Document,
    /// A line of JSON for each message.
    Lines,
    /// A page of HTML.
    Page,
}

/// Octets read ahead of the verification, and messages in one round: enough to keep all cores
/// busy, little enough that memory does not depend on the number of files.
const ROUND_OCTETS: usize = 16 * 1024 * 1024;
const ROUND_MESSAGES: usize = 64;

/// One line of the answer.
pub(crate) enum Answer {
    /// A message that was looked at.
    Examined(Box<Examined>),
    /// A container, with the messages in it.
    Container(Box<Contained>),
    /// One that could not be read.
    Unreadable {
        /// Name to show.
        name: String,
        /// Why.
        error: input::Error,
    },
}

/// A message and what was found out about it.
pub(crate) struct Examined {
    name: String,
    /// Of its octets, where it is told.
    sha256: Option<String>,
    examination: Examination,
    strict: bool,
    expect: Option<Expected>,
}

impl Examined {
    /// What there is to say of it.
    pub fn examination(&self) -> &Examination {
        &self.examination
    }

    /// SHA-256 of its octets.
    pub fn sha256(&self) -> &str {
        self.sha256.as_deref().expect("asked for where it is told")
    }

    /// The same under another name.
    pub fn named(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// What was expected, if anything, and whether it is that; `None` where it is not genuine.
    fn expected(&self) -> Option<(Expected, Option<bool>)> {
        let (expected, evidence) = (self.expect?, self.evidence());
        Some((expected, evidence.map(|evidence| expected.is(evidence))))
    }

    /// What it is, where it is genuine.
    pub fn evidence(&self) -> Option<Evidence> {
        proved(&self.examination)
    }
}

impl Answer {
    /// What it is, where it is genuine.
    fn proved(&self) -> Option<Evidence> {
        match self {
            Self::Examined(examined) => examined.evidence(),
            Self::Container(_) | Self::Unreadable { .. } => None,
        }
    }

    /// The messages in a container.
    fn inside(&self) -> &[Self] {
        match self {
            Self::Container(contained) => &contained.answers,
            Self::Examined(_) | Self::Unreadable { .. } => &[],
        }
    }

    /// Whether a person should look at it: all but what is genuine without a doubt, and what was
    /// asked for.
    fn is_bad(&self) -> bool {
        let is_doubted = match self {
            Self::Examined(examined) => is_doubted(&examined.examination),
            Self::Container(_) | Self::Unreadable { .. } => false,
        };
        is_doubted || self.status() != ExitStatus::Yes
    }

    fn status(&self) -> ExitStatus {
        match self {
            Self::Unreadable { .. } => ExitStatus::Unusable,
            Self::Container(contained) => contained.status(),
            Self::Examined(examined) => match examined.examination.verdict() {
                Verdict::Genuine if examined.examination.findings().has(Weight::OtherMessage) => {
                    ExitStatus::No
                }
                Verdict::Genuine if matches!(examined.expected(), Some((_, Some(false)))) => {
                    ExitStatus::No
                }
                Verdict::Genuine if examined.examination.findings().has(Weight::NotCompared) => {
                    ExitStatus::Undecided
                }
                Verdict::Genuine if examined.strict && examined.examination.doubts() > 0 => {
                    ExitStatus::Undecided
                }
                Verdict::Genuine => ExitStatus::Yes,
                Verdict::NotGenuine | Verdict::NotCertifiedMail => ExitStatus::No,
                Verdict::CannotTell => ExitStatus::Undecided,
            },
        }
    }
}

/// What a message is, where it is genuine.
fn proved(examination: &Examination) -> Option<Evidence> {
    let is_genuine = examination.verdict() == Verdict::Genuine;
    let facts = examination.facts().filter(|_| is_genuine);
    facts.and_then(Facts::evidence)
}

/// What the shell gets for a verdict, where nothing more was asked.
pub(super) fn status_of(verdict: Verdict) -> ExitStatus {
    match verdict {
        Verdict::Genuine => ExitStatus::Yes,
        Verdict::NotGenuine | Verdict::NotCertifiedMail => ExitStatus::No,
        Verdict::CannotTell => ExitStatus::Undecided,
    }
}

/// Whether a message is genuine and there is a doubt about it.
fn is_doubted(examination: &Examination) -> bool {
    examination.verdict() == Verdict::Genuine && examination.doubts() > 0
}

/// How many of each answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    containers: usize,
    files: usize,
    genuine: usize,
    /// Of the genuine ones.
    doubted: usize,
    not_genuine: usize,
    cannot_tell: usize,
    ordinary: usize,
    unreadable: usize,
    /// Those that a person should look at.
    bad: usize,
}

impl Totals {
    /// The messages in a container count by themselves.
    fn count(&mut self, answer: &Answer) {
        if let Answer::Container(_) = answer {
            self.containers += 1;
            return;
        }
        self.files += 1;
        self.bad += usize::from(answer.is_bad());
        if let Answer::Examined(examined) = answer
            && is_doubted(&examined.examination)
        {
            self.doubted += 1;
        }
        let slot = match answer {
            Answer::Container(_) | Answer::Unreadable { .. } => &mut self.unreadable,
            Answer::Examined(examined) => match examined.examination.verdict() {
                Verdict::Genuine => &mut self.genuine,
                Verdict::NotGenuine => &mut self.not_genuine,
                Verdict::CannotTell => &mut self.cannot_tell,
                Verdict::NotCertifiedMail => &mut self.ordinary,
            },
        };
        *slot += 1;
    }
}

/// Whether SHA-256 of each file is told: in a table of many it is not, and hashing a receipt takes
/// a good part of the time that verifying it does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Digests {
    Told,
    Untold,
}

/// Judges messages at hand as `pec verify` does, and tells of them in its words.
pub(super) struct Examiner {
    asked: Asked,
}

impl Examiner {
    /// Judges by these data, at the time of each message.
    pub fn new(verifier: Verifier, now: Timestamp, lang: Lang) -> Self {
        Self {
            asked: Asked::plainly(verifier, now, lang),
        }
    }

    /// From now on receipts are compared with this file.
    pub fn compare_with(&mut self, name: String, sent: Sent) {
        self.asked.sent = Some((name, sent));
    }

    /// From now on this is the present.
    pub fn at(&mut self, now: Timestamp) {
        self.asked.now = now;
    }

    /// From now on answers and documents are in this language.
    pub fn speak(&mut self, lang: Lang) {
        self.asked.lang = lang;
    }

    /// By which data.
    pub fn trust(&self) -> &Trust {
        self.asked.verifier.trust()
    }

    /// What there is to find out about a message.
    pub fn examine(&self, name: &str, octets: &[u8]) -> Examined {
        self.asked.examined(
            name.to_owned(),
            octets,
            (Stored::AsItIs, None),
            Digests::Told,
        )
    }

    /// What the shell gets for a container on the disk.
    pub fn answer_of(&self, container: &std::path::Path) -> ExitStatus {
        let name = container.display().to_string();
        let place = Place::File(container.to_owned());
        container::answer(name, place, &self.asked).status()
    }

    /// The first line of the answer for people.
    pub fn answer(&self, examined: &Examined) -> String {
        headline::answer(&examined.examination, &self.asked)
    }

    /// Writes the document of `pec verify` about some messages.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn document(&self, all: Vec<Examined>, out: &mut Output<'_>) -> io::Result<ExitStatus> {
        let answers = all.into_iter().map(|one| Answer::Examined(Box::new(one)));
        json::of_answers(&self.asked, &answers.collect::<Vec<_>>(), out)
    }
}

/// All that the user asked beside the messages themselves.
pub(crate) struct Asked {
    verifier: Verifier,
    /// Whom to believe about time stamps.
    stamps: Believed,
    at: Option<Timestamp>,
    now: Timestamp,
    sent: Option<(String, Sent)>,
    acceptance: Option<CertificationData>,
    lang: Lang,
    all: bool,
    strict: bool,
    expect: Option<Expected>,
    only_bad: bool,
    explain: bool,
}

impl Asked {
    /// Just: is it genuine?
    pub fn plainly(verifier: Verifier, now: Timestamp, lang: Lang) -> Self {
        Self {
            verifier,
            stamps: Believed::default(),
            at: None,
            now,
            sent: None,
            acceptance: None,
            lang,
            all: false,
            strict: false,
            expect: None,
            only_bad: false,
            explain: false,
        }
    }

    /// The language of the answer.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// What is found out about one message. Archives attached to it stay closed.
    pub fn examine(&self, octets: &[u8], stored: Stored) -> Examination {
        let question = Question {
            unfold: None,
            ..self.question(stored, None)
        };
        self.verifier.examine(octets, &question)
    }

    /// Whether an answer is told.
    fn tells(&self, answer: &Answer) -> bool {
        !self.only_bad || answer.is_bad()
    }

    fn question<'a>(&'a self, stored: Stored, crls: Option<&'a TrustedCrls>) -> Question<'a> {
        Question {
            at: self.at,
            now: self.now,
            sent: self.sent.as_ref().map(|(_, sent)| sent),
            acceptance: self.acceptance.as_ref(),
            unfold: Some(input::mail_in_archive),
            stored,
            crls,
        }
    }

    fn answer(&self, item: Item, digests: Digests) -> Answer {
        match item {
            Item::Unreadable { name, error } => Answer::Unreadable { name, error },
            Item::Container { name, place } => container::answer(name, place, self),
            Item::Message(source) => {
                let along = source.ocsp.map(|octets| {
                    let name = Path::new(&source.name).with_extension("ocsp");
                    let answer = load::answer(name.display().to_string().into(), &octets);
                    self.verifier.trusted(answer)
                });
                let stored = (source.stored, along.as_ref());
                let examined = self.examined(source.name, &source.octets, stored, digests);
                Answer::Examined(Box::new(examined))
            }
        }
    }

    /// What is found out about a message: in which form it was stored, and with which revocation lists.
    fn examined(
        &self,
        name: String,
        octets: &[u8],
        (stored, crls): (Stored, Option<&TrustedCrls>),
        digests: Digests,
    ) -> Examined {
        Examined {
            name,
            sha256: (digests == Digests::Told).then(|| sha256(octets)),
            examination: self.verifier.examine(octets, &self.question(stored, crls)),
            strict: self.strict,
            expect: self.expect,
        }
    }
}

pub(super) fn run(order: VerifyOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let asked = load::asked(&order, session)?;
    let items = input::items(order.files, Box::new(io::stdin()));
    let progress = Progress::new(
        session.context.stderr_is_terminal,
        crate::output::catalogue::Catalogue::of(session.lang).text("totals.progress"),
    );
    if let Some(page) = &order.page {
        let status = reported::all(&asked, items, (page, order.form), &progress, session);
        progress.finish();
        return status;
    }
    let status = match order.form {
        Form::Document => json::document(&asked, items, &progress, &mut session.out),
        Form::Lines => answers(&asked, Digests::Told, items, &progress, &mut |answer| {
            if !asked.tells(answer) {
                return Ok(());
            }
            let line = json::Line {
                answer,
                asked: &asked,
            };
            Ok(session.out.list(&line, report::Form::Json)?)
        }),
        Form::Page => page::whole(&asked, items, &progress, session),
        Form::Text => show::all(&asked, items, &progress, session),
    };
    progress.finish();
    store::keep_learned(&asked.verifier, session);
    status
}

/// Answers every item in its order, the messages in a container before it, using all cores, with a bounded number in memory.
///
/// While one round is verified the next is read.
fn answers(
    asked: &Asked,
    digests: Digests,
    items: impl Iterator<Item = Item> + Send,
    progress: &Progress,
    take: &mut dyn FnMut(&Answer) -> anyhow::Result<()>,
) -> anyhow::Result<ExitStatus> {
    let mut items = items.fuse();
    let mut status = ExitStatus::Yes;
    let mut round = next_round(&mut items);
    while !round.is_empty() {
        let (answered, next) = rayon::join(
            || {
                round
                    .into_par_iter()
                    .map(|item| asked.answer(item, digests))
                    .collect::<Vec<_>>()
            },
            || next_round(&mut items),
        );
        round = next;
        progress.suspend(|| {
            answered.iter().try_for_each(|answer| {
                status = status.worse(answer.status());
                answer.inside().iter().try_for_each(&mut *take)?;
                take(answer)
            })
        })?;
        progress.add(answered.len());
    }
    Ok(status)
}

fn next_round(items: &mut impl Iterator<Item = Item>) -> Vec<Item> {
    let mut round = Vec::new();
    let mut octets = 0;
    while octets < ROUND_OCTETS && round.len() < ROUND_MESSAGES {
        let Some(item) = items.next() else { break };
        if let Item::Message(source) = &item {
            octets += source.octets.len();
        }
        round.push(item);
    }
    round
}

impl Failure {
    fn with_file(key: &'static str, file: &std::path::Path, reason: impl ToString) -> Self {
        Self::new(
            key,
            [
                ("file", file.display().to_string()),
                ("reason", reason.to_string()),
            ],
        )
    }
}
