//! `pec verify`: is this receipt genuine?

mod json;
mod load;
pub(super) mod text;

use std::io;
use std::path::PathBuf;

use rayon::prelude::*;

use super::{Failure, Session};
use crate::exit::ExitStatus;
use crate::input::{self, Item};
use crate::lang::Lang;
use crate::output::progress::Progress;
use crate::output::report::Form;
use crate::pec::CertificationData;
use crate::smime::sha256;
use crate::timestamp::Timestamp;
use crate::verify::{Examination, Question, Sent, Stored, Verdict, Verifier, Weight};

/// Say whether a certified-mail receipt or envelope is genuine
///
/// Checks the signature, the provider's certificate up to the keys of the authorities (AgID
/// and its predecessors) and the certified data, and compares the header, which nobody signed,
/// with the signed part. Works without network. Every fact shown comes from the signed part.
///
/// Exits with 0 if all are genuine, 1 if one is not or is no certified mail, 3 if one cannot
/// be decided (with --strict also if there is a doubt about one), 2 if a file cannot be read.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec verify [OPTIONS] <FILE>..."
)]
pub(super) struct Arguments {
    /// .eml files, folders, Maildir, mbox, zip archives, gzip; - for standard input
    #[arg(required_unless_present = "json_schema", value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The message that was sent, or one attachment of it: is the receipt about it?
    #[arg(long, value_name = "FILE")]
    sent: Option<PathBuf>,

    /// The acceptance receipt of the same transaction, to compare with
    #[arg(long, value_name = "FILE")]
    acceptance: Option<PathBuf>,

    /// Use the trust data of this file instead of those compiled in
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,

    /// Use the certificates of authorities in this file (PEM or DER) instead of those compiled in
    #[arg(long, value_name = "FILE")]
    anchor: Vec<PathBuf>,

    /// List of providers (IGPEC): LDIF, or signed .p7m
    #[arg(long, value_name = "FILE")]
    providers: Option<PathBuf>,

    /// Revocation lists: a file or a folder (DER or PEM); repeatable
    #[arg(long, value_name = "FILE|DIR")]
    crl: Vec<PathBuf>,

    /// Exit with 3 also where something is genuine and there is a doubt about it
    #[arg(long)]
    strict: bool,

    /// Judge at this time instead of the time in the receipt
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// Write one JSON document
    #[arg(long, conflicts_with_all = ["ndjson", "quiet"])]
    json: bool,

    /// Write one JSON object a line, for many files
    #[arg(long, conflicts_with = "quiet")]
    ndjson: bool,

    /// Write the JSON schema of the results and end
    #[arg(long)]
    json_schema: bool,

    /// Write nothing: only the exit status answers
    #[arg(short, long)]
    quiet: bool,

    /// Show passed checks too
    #[arg(long)]
    all: bool,
}

/// Octets read ahead of the verification, and messages in one round: enough to keep all cores
/// busy, little enough that memory does not depend on the number of files.
const ROUND_OCTETS: usize = 16 * 1024 * 1024;
const ROUND_MESSAGES: usize = 64;

/// One line of the answer.
pub(crate) enum Answer {
    /// A message that was looked at.
    Examined(Box<Examined>),
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
    sha256: String,
    examination: Examination,
    strict: bool,
}

impl Answer {
    fn status(&self) -> ExitStatus {
        match self {
            Self::Unreadable { .. } => ExitStatus::Unusable,
            Self::Examined(examined) => match examined.examination.verdict() {
                Verdict::Genuine if examined.examination.findings().has(Weight::OtherMessage) => {
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

/// Whether a message is genuine and there is a doubt about it.
fn is_doubted(examination: &Examination) -> bool {
    examination.verdict() == Verdict::Genuine && examination.doubts() > 0
}

/// How many of each answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    files: usize,
    genuine: usize,
    /// Of the genuine ones.
    doubted: usize,
    not_genuine: usize,
    cannot_tell: usize,
    ordinary: usize,
    unreadable: usize,
}

impl Totals {
    fn count(&mut self, answer: &Answer) {
        self.files += 1;
        if let Answer::Examined(examined) = answer
            && is_doubted(&examined.examination)
        {
            self.doubted += 1;
        }
        let slot = match answer {
            Answer::Unreadable { .. } => &mut self.unreadable,
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

/// All that the user asked beside the messages themselves.
pub(crate) struct Asked {
    verifier: Verifier,
    at: Option<Timestamp>,
    now: Timestamp,
    sent: Option<(String, Sent)>,
    acceptance: Option<CertificationData>,
    lang: Lang,
    all: bool,
    strict: bool,
}

impl Asked {
    fn question(&self, stored: Stored) -> Question<'_> {
        Question {
            at: self.at,
            now: self.now,
            sent: self.sent.as_ref().map(|(_, sent)| sent),
            acceptance: self.acceptance.as_ref(),
            unfold: Some(input::mail_in_archive),
            stored,
        }
    }

    fn answer(&self, item: Item) -> Answer {
        match item {
            Item::Unreadable { name, error } => Answer::Unreadable { name, error },
            Item::Message(source) => Answer::Examined(Box::new(Examined {
                sha256: sha256(&source.octets),
                examination: self
                    .verifier
                    .examine(&source.octets, &self.question(source.stored)),
                name: source.name,
                strict: self.strict,
            })),
        }
    }
}

pub(super) fn run(arguments: Arguments, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    if arguments.json_schema {
        return Ok(session.out.schema::<json::Results<'_>>()?);
    }
    let asked = load::asked(&arguments, session)?;
    let items = input::items(arguments.files, Box::new(io::stdin()));
    let progress = Progress::new(
        session.context.stderr_is_terminal && !arguments.quiet,
        crate::output::catalogue::Catalogue::of(session.lang).text("totals.progress"),
    );
    let status = if arguments.quiet {
        answers(&asked, items, &progress, &mut |_| Ok(()))
    } else if arguments.json {
        json::document(&asked, items, &progress, &mut session.out)
    } else if arguments.ndjson {
        answers(&asked, items, &progress, &mut |answer| {
            let line = json::Line {
                answer,
                asked: &asked,
            };
            Ok(session.out.list(&line, Form::Json)?)
        })
    } else {
        text::all(&asked, items, &progress, session)
    };
    progress.finish();
    status
}

/// Answers every item in its order, using all cores, with a bounded number in memory.
///
/// While one round is verified the next is read.
fn answers(
    asked: &Asked,
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
                    .map(|item| asked.answer(item))
                    .collect::<Vec<_>>()
            },
            || next_round(&mut items),
        );
        round = next;
        progress.suspend(|| {
            answered.iter().try_for_each(|answer| {
                status = status.worse(answer.status());
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
