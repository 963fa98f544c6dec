//! `pec trust import`: files that a user has, held against what is known, and kept.

use std::io;
use std::path::{Path, PathBuf};

use super::change::{Change, Item};
use super::given::{Given, Signed};
use super::list::source;
use super::signed;
use crate::command::ask::Asker;
use crate::command::store::Store;
use crate::command::{Session, trusted};
use crate::exit::ExitStatus;
use crate::output::report::Form;
use crate::providers::snapshot::Occasion;

/// The order to import files.
pub(in crate::command) struct ImportOrder {
    pub files: Vec<PathBuf>,
    /// Of new authorities.
    pub fingerprints: Vec<String>,
    /// Of those who may sign lists of providers.
    pub signers: Vec<String>,
    pub form: Form,
}

pub(super) fn run(order: &ImportOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let now = session.context.clock.now();
    let mut store = session.store();
    let mut vouched: Vec<String> = order.fingerprints.iter().map(|one| plain(one)).collect();
    vouched.extend(order.signers.iter().map(|one| plain(one)));
    let mut files = Vec::new();
    for file in &order.files {
        let octets = trusted::read(file, session.lang)?;
        files.push((file.display().to_string(), octets, signature(file)));
    }
    let asks = session.context.stdin_is_terminal && session.context.stderr_is_terminal;
    let mut given = Given::new(&store, Occasion::Import, now, vouched.clone());
    read(&mut given, &files);
    let unknown = given.items.iter().filter(|item| lacks_fingerprint(item));
    let unknown: Vec<Item> = unknown.cloned().collect();
    if asks && order.form == Form::Text && !unknown.is_empty() {
        for item in &unknown {
            vouched.extend(typed(item, session)?);
        }
        given = Given::new(&store, Occasion::Import, now, vouched);
        read(&mut given, &files);
    }
    let items = std::mem::take(&mut given.items);
    let beside = std::mem::take(&mut given.files);
    let findings = given.findings();
    drop(given);
    let is_new = items.iter().any(Item::is_new);
    let kept = match is_new {
        true => store.keep(now, &beside, |snapshot| Given::add(findings, snapshot))?,
        false => None,
    };
    let change = done(&store, items, kept.is_some());
    Ok(session.out.show(&change, order.form)?)
}

fn read(given: &mut Given<'_>, files: &[(String, Vec<u8>, Option<String>)]) {
    for (file, octets, signature) in files {
        let signed = match signature {
            None => Signed::Not,
            Some(text) if signed::holds(octets, text, signed::RELEASE_KEY) => Signed::Well,
            Some(_) => Signed::Badly,
        };
        given.file(file, octets, signed);
    }
}

/// What is in force after it.
pub(super) fn done(store: &Store, items: Vec<Item>, stored: bool) -> Change {
    Change {
        stored,
        declined: false,
        as_of: store.trust().as_of,
        source: source(store),
        updated_at: store.snapshot.updated_at,
        items,
        is_shown: false,
    }
}

fn lacks_fingerprint(item: &Item) -> bool {
    item.reason == Some("fingerprint")
}

/// Shows all about a new authority and asks for its fingerprint: whoever only agrees has compared
/// nothing.
fn typed(item: &Item, session: &mut Session<'_>) -> anyhow::Result<Option<String>> {
    for line in item.lines(session.lang) {
        writeln!(session.err, "{line}")?;
    }
    let known = [&item.sha256, &item.key_sha256];
    let mut input = io::stdin().lock();
    let mut asker = Asker {
        input: &mut input,
        err: session.err,
        lang: session.lang,
    };
    asker.ask("fingerprint", &[], Some(""), |answer| {
        let answer = plain(answer);
        let fits = known.iter().any(|one| one.as_ref() == Some(&answer));
        (answer.is_empty() || fits).then(|| Some(answer).filter(|answer| !answer.is_empty()))
    })
}

/// The signature beside a file.
fn signature(file: &Path) -> Option<String> {
    let mut name = file.as_os_str().to_owned();
    name.push(".minisig");
    let known = std::fs::metadata(&name).ok()?;
    let fits = known.is_file() && known.len() <= signed::MAX_OCTETS as u64;
    // One that cannot be read holds as little as one that is false.
    Some(match fits {
        true => std::fs::read_to_string(name).unwrap_or_default(),
        false => String::new(),
    })
}

/// A digest without colons and blanks, in small letters.
fn plain(text: &str) -> String {
    let digits = text.chars().filter(|sign| !matches!(sign, ':' | ' '));
    digits.collect::<String>().trim().to_ascii_lowercase()
}
