//! `pec forget`: what is kept of a message goes, but for what keeps it from being sent or received
//! again.
//!
//! Nothing goes whose outcome is open, or of which no second copy was found on the disk at that
//! moment; a person may say that there is to be none. What is gone is gone from the files of the
//! ledger (`ledger::forget`); backups, containers and the mailbox are not ours to reach.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
mod copy;
mod report;

use std::io;
use std::path::{Path, PathBuf};

use copy::Copies;
use report::{ItemJson, Results, State};

use super::age::Age;
use super::ask::Asker;
use super::batch::known::one_job;
use super::{Failure, Session, access, letters, meant};
use crate::exit::ExitStatus;
use crate::ledger::{self, Finished, Held, Ledger, LetterList, Memory};
use crate::output::catalogue::Catalogue;
use crate::output::report::Form;

/// The order to forget.
pub(super) struct ForgetOrder {
    of: Of,
    copy: SecondCopy,
    step: Step,
    form: Form,
}

/// What.
enum Of {
    /// Each by a word.
    Messages(Vec<String>),
    /// Of a job.
    Job(String),
    /// Recorded longer ago; letters that were received too.
    OlderThan { age: Age, received: bool },
}

/// What is known of a second copy.
enum SecondCopy {
    /// It is in one of these.
    In(Vec<PathBuf>),
    /// A person wants none.
    Waived,
    /// It is only shown what would go.
    NotLookedFor,
}

/// How far it goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Show,
    Ask,
    Do,
}

/// Something that is meant, with what is kept of it.
struct Meant {
    memory: Memory,
    held: Held,
}

pub(super) fn run(order: &ForgetOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut ledger = open(session)?;
    let memories = memories(order, &ledger, session)?;
    let copies = match &order.copy {
        SecondCopy::In(places) => Some(Copies::read(places, &ledger, session.lang)?),
        SecondCopy::Waived | SecondCopy::NotLookedFor => None,
    };
    let mut results = Results::of(order, ledger.folder());
    let mut going = Vec::new();
    for memory in &memories {
        let held = ledger.held(memory, &memories).map_err(failed)?;
        let one = Meant {
            memory: memory.clone(),
            held,
        };
        let missing = copies.as_ref().map_or(0, |copies| copies.lack(&one.held));
        let state = State::of(&one, missing);
        if state == State::Going {
            going.push(memory.clone());
        }
        results.add(ItemJson::of(&one, state, missing, &ledger));
    }
    // A job stays where one of its messages does.
    results.keep_jobs_of_what_stays(&mut going, &ledger, &memories)?;
    if order.step == Step::Show {
        return Ok(session.out.show(&results, order.form)?);
    }
    if !going.is_empty() && order.step == Step::Ask && !confirmed(&results, session)? {
        return Ok(ExitStatus::No);
    }
    let now = session.context.clock.now();
    // With nothing to forget, what an earlier run was cut off in is finished all the same.
    results.finished = match ledger.forget_all(&going, now).map_err(failed)? {
        Finished::Whole => true,
        Finished::InUse => false,
    };
    results.done();
    Ok(session.out.show(&results, order.form)?)
}

fn failed(error: ledger::Error) -> Failure {
    Failure::of_ledger(&error)
}

/// The ledger, to be written and with all letters in it.
fn open(session: &mut Session<'_>) -> anyhow::Result<Ledger> {
    let no_ledger =
        |folder: &Path| Failure::new("no-ledger", [("folder", folder.display().to_string())]);
    match letters::open(session)? {
        Some((ledger, _)) if ledger.is_writable() => Ok(ledger),
        // Says why it cannot be written.
        Some(_) => access::ledger(session),
        None => Err(no_ledger(session.data_dir.as_deref().unwrap_or(Path::new(""))).into()),
    }
}

/// What is meant, each once: messages first, then letters, then jobs.
fn memories(
    order: &ForgetOrder,
    ledger: &Ledger,
    session: &Session<'_>,
) -> anyhow::Result<Vec<Memory>> {
    let found = match &order.of {
        Of::Messages(words) => {
            let all = words.iter().map(|word| memory(ledger, word));
            all.collect::<anyhow::Result<_>>()?
        }
        Of::Job(word) => {
            let job = one_job(ledger, word)?.job;
            let messages = ledger.messages_of(&job).map_err(failed)?.into_iter();
            let messages = messages.map(Memory::Message);
            messages.chain([Memory::Job(job)]).collect()
        }
        Of::OlderThan { age, received } => {
            let account = access::known_account(ledger, session)?;
            let before = age.before(session.context.now);
            let found = ledger.older_than(before, account.as_ref(), *received);
            found.map_err(failed)?
        }
    };
    let mut all: Vec<Memory> = Vec::new();
    for one in found {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    Ok(all)
}

/// The message of ours, or the letter, that a word means.
fn memory(ledger: &Ledger, word: &str) -> anyhow::Result<Memory> {
    let mut letters = letters::meant(ledger, word, LetterList::All)?;
    if letters.len() > 1 {
        return Err(letters::several(word, &letters).into());
    }
    // Stones are among no letters.
    match letters.pop() {
        None => Ok(Memory::Message(meant::one_message(ledger, word)?)),
        Some(row) => Ok(match row.message {
            Some(message) => Memory::Message(message),
            None => Memory::Letter(row.letter),
        }),
    }
}

/// Shows what would go, and asks.
fn confirmed(results: &Results, session: &mut Session<'_>) -> anyhow::Result<bool> {
    if !session.context.stdin_is_terminal || !session.context.stderr_is_terminal {
        return Err(Failure::new("not-confirmed", []).into());
    }
    for line in results.lines(Catalogue::of(session.lang), session.style, session.lang) {
        writeln!(session.err, "{line}")?;
    }
    let mut asker = Asker {
        input: &mut io::stdin().lock(),
        err: &mut *session.err,
        lang: session.lang,
    };
    let is_sure = asker.confirm("forget", &[])?;
    if !is_sure {
        let words = Catalogue::of(session.lang).text("forget.declined");
        writeln!(session.err, "{words}")?;
    }
    Ok(is_sure)
}
