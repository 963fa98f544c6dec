//! What `pec verify` is told beside the messages: trust data, lists, files to compare with.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::text::read_error;
use super::{Asked, Failure, VerifyOrder};
use crate::command::Session;
use crate::command::meant;
use crate::command::stamp::authority::Believed;
use crate::command::trusted::{self, read};
use crate::lang::Lang;
use crate::ledger::Ledger;
use crate::output::catalogue::Catalogue;
use crate::pec::{CertificationData, MessageKind};
use crate::providers::{ProviderList, Trust};
use crate::smime::ocsp::Ocsp;
use crate::smime::revocation::Crl;
use crate::timestamp::Timestamp;
use crate::verify::{Crls, Question, Sent, Verifier};

/// Reads everything that the order names.
///
/// # Errors
/// A [`Failure`] that names the file.
pub(super) fn asked(order: &VerifyOrder, session: &Session<'_>) -> anyhow::Result<Asked> {
    let mut verifier = match trust(order, session.lang)? {
        Some(trust) => Verifier::new(trust),
        None => session.store().verifier(),
    };
    if !order.crls.is_empty() {
        verifier = verifier.with_crls(crls(&order.crls, session.lang)?);
    }
    if let Some(file) = &order.providers {
        let octets = read(file, session.lang)?;
        let list = ProviderList::parse(&octets, &verifier.trust().anchors)
            .map_err(|error| trusted::of_providers(&error, file, session.lang))?;
        verifier = verifier.with_providers(list);
    }
    let now = session.context.now;
    let acceptance = match &order.acceptance {
        Some(file) => Some(acceptance(file, &verifier, now, session)?),
        None => None,
    };
    let sent = match &order.sent {
        Some(file) => Some((file.display().to_string(), Sent::new(sent(file, session)?))),
        None => None,
    };
    Ok(Asked {
        verifier,
        stamps: stamps(order, session.lang)?,
        at: order.at,
        now,
        sent,
        acceptance,
        lang: session.lang,
        all: order.all,
        strict: order.strict,
        expect: order.expect,
        only_bad: order.only_bad,
        explain: order.explain,
    })
}

/// Whom to believe about the time stamps in containers.
fn stamps(order: &VerifyOrder, lang: Lang) -> anyhow::Result<Believed> {
    let believed = Believed::by(&order.tsa_anchors, lang)?;
    if believed.is_nobody() || order.crls.is_empty() {
        return Ok(believed);
    }
    // Those of damaged files are named where the receipts are judged.
    let lists = crls(&order.crls, lang)?.lists.into_iter();
    Ok(believed.unless_revoked(lists.map(|(_, crl)| crl).collect()))
}

/// What was sent: a file, or where there is none of this name a message of the ledger.
fn sent(file: &Path, session: &Session<'_>) -> anyhow::Result<Vec<u8>> {
    let word = file.to_string_lossy();
    let folder = session.data_dir.as_deref();
    let is_file = std::fs::symlink_metadata(file).is_ok();
    let (false, Some(folder)) = (is_file, folder) else {
        return Ok(read(file, session.lang)?);
    };
    let ledger = Ledger::open_existing(folder).map_err(|error| Failure::of_ledger(&error))?;
    let Some(ledger) = ledger else {
        return Ok(read(file, session.lang)?);
    };
    let found = ledger.find(&word);
    match &found.map_err(|error| Failure::of_ledger(&error))?[..] {
        // Its sentence names the file.
        [] => Ok(read(file, session.lang)?),
        _ => {
            let message = meant::one_message(&ledger, &word)?;
            let octets = ledger
                .row(&message)
                .and_then(|row| ledger.octets(&row.octets));
            Ok(octets.map_err(|error| Failure::of_ledger(&error))?)
        }
    }
}

/// The data that the user named; `None`: those that are known here.
fn trust(order: &VerifyOrder, lang: Lang) -> anyhow::Result<Option<Trust>> {
    let mut trust: Option<Trust> = None;
    if let Some(file) = &order.trust {
        trust = Some(trusted::trust(file, lang)?);
    }
    for file in &order.anchors {
        let more = Trust::from_certificates(&read(file, lang)?, &file.display().to_string())
            .map_err(|error| trusted::of_anchors(&error, file, lang))?;
        trust = Some(match trust {
            Some(trust) => trust.and(more),
            None => more,
        });
    }
    Ok(trust)
}

/// All lists and OCSP answers that can be read; the files with others are named in the verdicts.
///
/// # Errors
/// When a file that was named cannot be read, or no list at all.
pub(in crate::command) fn crls(paths: &[PathBuf], lang: Lang) -> anyhow::Result<Crls> {
    let mut all = Crls::default();
    let mut fault = None;
    for path in paths {
        let is_folder = path.is_dir();
        for file in files(path, lang)? {
            let octets = match read(&file, lang) {
                Ok(octets) => octets,
                Err(error) if is_folder => {
                    all.damaged.push(name_of(&file));
                    fault.get_or_insert(error);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if let Ok(answer) = Ocsp::parse(&octets) {
                all.answers.push((name_of(&file), answer));
                continue;
            }
            let lists = Crl::of_file(&octets).unwrap_or_else(|error| vec![Err(error)]);
            for list in lists {
                match list {
                    Ok(list) => all.lists.push((name_of(&file), list)),
                    Err(error) => {
                        all.damaged.push(name_of(&file));
                        fault.get_or_insert_with(|| trusted::of_crls(&error, &file, lang));
                    }
                }
            }
        }
    }
    match fault {
        Some(fault) if all.lists.is_empty() && all.answers.is_empty() => Err(fault.into()),
        _ => Ok(all),
    }
}

/// An OCSP answer that lies beside a message.
pub(super) fn answer(name: Arc<str>, octets: &[u8]) -> Crls {
    let mut found = Crls::default();
    match Ocsp::parse(octets) {
        Ok(answer) => found.answers.push((name, answer)),
        Err(_) => found.damaged.push(name),
    }
    found
}

fn name_of(file: &Path) -> Arc<str> {
    file.display().to_string().into()
}

/// The file itself, or the files of a folder in the order of their names.
fn files(path: &Path, lang: Lang) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let listed = fs::read_dir(path)
        .map_err(|error| Failure::with_file("read", path, read_error(&error.into(), lang)))?;
    let mut files: Vec<PathBuf> = listed
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    Ok(files)
}

/// A genuine acceptance receipt, or why it is none.
fn acceptance(
    file: &Path,
    verifier: &Verifier,
    now: Timestamp,
    session: &Session<'_>,
) -> anyhow::Result<CertificationData> {
    let examination = verifier.examine(&read(file, session.lang)?, &Question::new(now));
    let texts = Catalogue::of(session.lang);
    match examination.into_verified() {
        Ok(verified) if verified.kind() == MessageKind::Acceptance => Ok(verified.data().clone()),
        Ok(verified) => Err(Failure::with_file("acceptance", file, verified.kind().word()).into()),
        Err(examination) => {
            let reason = texts
                .text(&format!("verdict.{}", examination.verdict().word()))
                .to_lowercase();
            Err(Failure::with_file("acceptance", file, reason).into())
        }
    }
}
