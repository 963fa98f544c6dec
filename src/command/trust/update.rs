//! `pec trust update`: what the authorities publish, fetched, held against what is known, shown,
//! and kept when somebody agrees. Never by itself.

use std::io;

use super::change::Item;
use super::fetched::{Missing, Place, of_web};
use super::given::Given;
use super::import::done;
use crate::command::ask::Asker;
use crate::command::revocations::MAX_OCTETS as MAX_REVOCATIONS;
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::located::File as Toml;
use crate::output::catalogue::Catalogue;
use crate::output::layout;
use crate::output::report::Form;
use crate::providers::snapshot::Occasion;
use crate::smime::chain::Anchor;
use crate::smime::sha256;
use crate::timestamp::Timestamp;
use crate::transport::stamping::Address;

/// Where the authorities publish.
const SOURCES: &str = include_str!("sources.toml");
/// The list of sums, and the revocation list, where both are in one place.
const SUMS: &str = "SHA256SUMS.txt";
const REVOCATIONS: &str = "CRL";
/// Octets of the list of sums, and of a certificate: AgID's have under three thousand.
const MAX_SMALL: u64 = 256 * 1024;
/// Files that a list of sums may name; AgID's names one or two.
const MAX_FILES: usize = 32;
/// What a certificate's file ends with.
const ENDINGS: [&str; 4] = [".pem", ".crt", ".cer", ".der"];

/// The order to fetch what is published.
pub(in crate::command) struct UpdateOrder {
    /// An address or a folder, in place of where the authorities publish.
    pub from: Option<String>,
    /// In place of the one of the environment; `none` for none.
    pub proxy: Option<String>,
    /// Whether nobody is asked.
    pub yes: bool,
    pub form: Form,
}

pub(super) fn run(order: &UpdateOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let now = session.context.clock.now();
    let mut store = session.store();
    let mut given = Given::new(&store, Occasion::Update, now, Vec::new());
    let reached = fetch(order, &mut given, session)?;
    let mut items = std::mem::take(&mut given.items);
    tell_older(&mut items, &given.trust().anchors);
    let beside = std::mem::take(&mut given.files);
    let findings = given.findings();
    drop(given);
    if items.iter().all(|item| item.reason == Some("unreachable")) {
        tell_age(&store, session)?;
    }
    let is_new = items.iter().any(Item::is_new);
    let is_whole = reached && is_whole(&items);
    let mut change = done(&store, items, false);
    if is_new && !agrees(order, &mut change, session)? {
        change.declined = true;
        return Ok(session.out.show(&change, order.form)?);
    }
    if is_new || is_whole {
        let kept = store.keep(now, &beside, |snapshot| {
            let is_new = Given::add(findings, snapshot);
            let day = |at: Timestamp| at.to_string()[..10].to_owned();
            let is_later = is_whole && snapshot.updated_at.map(day) < Some(day(now));
            if is_whole {
                snapshot.updated_at = snapshot.updated_at.max(Some(now));
            }
            is_new || is_later
        })?;
        let shown = change.is_shown;
        change = done(&store, change.items, kept.is_some());
        change.is_shown = shown;
    }
    Ok(session.out.show(&change, order.form)?)
}

/// Fetches all that is published; whether the certificates were to be had.
fn fetch(
    order: &UpdateOrder,
    given: &mut Given<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<bool> {
    let proxy = order.proxy.as_deref();
    if let Some(from) = &order.from {
        let place = Place::of(from)?;
        let reached = editions(&place, proxy, given, session);
        let list = place.file(REVOCATIONS, MAX_REVOCATIONS, proxy, session);
        revocations(&place.name(REVOCATIONS), list, given);
        return Ok(reached);
    }
    let file = Toml::parse(SOURCES.as_bytes()).expect("the file compiled in is tested");
    let mut reached = true;
    for url in urls(&file, "editions") {
        reached &= editions(&Place::of(&url)?, proxy, given, session);
    }
    for url in revocation_sources() {
        let address = Address::parse(&url).map_err(|_| Failure::new("trust-from", [("from", url)]));
        let address = address?;
        let list = of_web(&address, MAX_REVOCATIONS, proxy, session);
        revocations(address.as_str(), list, given);
    }
    Ok(reached)
}

/// Where the authorities publish their revocation lists.
pub(in crate::command) fn revocation_sources() -> Vec<String> {
    let file = Toml::parse(SOURCES.as_bytes()).expect("the file compiled in is tested");
    urls(&file, "revocations")
}

fn urls(file: &Toml<'_>, table: &str) -> Vec<String> {
    let tables = file.root().find(table).and_then(|item| item.list());
    let sections = tables
        .into_iter()
        .flatten()
        .filter_map(|item| item.section());
    let urls = sections.filter_map(|section| section.find("url")?.text().map(str::to_owned));
    urls.collect()
}

/// The certificates that a list of sums names, each with the sum that is stated.
fn editions(
    place: &Place,
    proxy: Option<&str>,
    given: &mut Given<'_>,
    session: &Session<'_>,
) -> bool {
    let name = place.name(SUMS);
    let sums = match place.file(SUMS, MAX_SMALL, proxy, session) {
        Ok(octets) => sums(&octets),
        Err(missing) => {
            given.items.push(not_there(&name, None, missing));
            return false;
        }
    };
    if sums.is_empty() {
        given.items.push(Item::of(&name, None).refused("broken"));
        return false;
    }
    let mut all = true;
    for (file, sum) in sums {
        let name = place.name(&file);
        match place.file(&file, MAX_SMALL, proxy, session) {
            Ok(octets) if sha256(&octets) == sum => given.certificates(&name, &octets),
            Ok(octets) => {
                let mut item = Item::of(&name, Some("edition")).refused("sums");
                item.sha256 = Some(sha256(&octets));
                given.items.push(item);
            }
            Err(missing) => {
                given.items.push(not_there(&name, Some("edition"), missing));
                all = false;
            }
        }
    }
    all
}

fn revocations(name: &str, list: Result<Vec<u8>, Missing>, given: &mut Given<'_>) {
    match list {
        Ok(octets) => given.revocation_lists(name, &octets),
        Err(missing) => given
            .items
            .push(not_there(name, Some("revocations"), missing)),
    }
}

fn not_there(name: &str, kind: Option<&'static str>, missing: Missing) -> Item {
    match missing {
        // Without a list of revocations there is nothing to say; without sums there is nothing.
        Missing::Absent if kind == Some("revocations") => {
            Item::of(name, kind).passed_over("not-named")
        }
        Missing::Absent => Item::of(name, kind).refused("not-named"),
        Missing::Unreachable(why) => Item::of(name, kind).refused("unreachable").saying(why),
    }
}

/// Lines of `sha256sum`: the sum, blanks, a name. What is no plain name of a certificate's file is
/// passed over: nothing else is fetched.
fn sums(octets: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(octets);
    let lines = text.lines().filter_map(|line| {
        let (sum, name) = line.split_once([' ', '\t'])?;
        let name = name.trim().trim_start_matches('*');
        let is_sum = sum.len() == 64 && sum.bytes().all(|octet| octet.is_ascii_hexdigit());
        let is_name = name.len() <= 100
            && !name.starts_with('.')
            && (name.bytes())
                .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_'));
        let ending = name.to_ascii_lowercase();
        let is_certificate = ENDINGS.iter().any(|one| ending.ends_with(one));
        (is_sum && is_name && is_certificate).then(|| (name.to_owned(), sum.to_ascii_lowercase()))
    });
    lines.take(MAX_FILES).collect()
}

/// The data are as of today only where all certificates that are published were read, one of a known
/// authority among them, and nothing was wrong with any.
fn is_whole(items: &[Item]) -> bool {
    let editions = || items.iter().filter(|item| item.kind != Some("revocations"));
    editions().all(|item| !item.is_refused()) && editions().any(|item| item.kind == Some("edition"))
}

/// Whoever publishes only what is older than what is known of an authority gives back what was: no
/// step forward.
fn tell_older(items: &mut [Item], anchors: &[Anchor]) {
    for anchor in anchors {
        let key = sha256(&anchor.spki);
        let newest = anchor.editions.last().map(|edition| edition.not_before);
        let is_of_it = |item: &Item| !item.is_refused() && item.key_sha256.as_ref() == Some(&key);
        let published = items.iter().filter(|item| is_of_it(item));
        let published = published.filter_map(|item| item.not_before).max();
        if published.is_none() || published >= newest {
            continue;
        }
        for item in items.iter_mut().filter(|item| is_of_it(item)) {
            *item = item.clone().refused("older");
        }
    }
}

/// Whether somebody agrees: at once with `--yes`; nobody where nobody can be asked.
fn agrees(
    order: &UpdateOrder,
    change: &mut super::change::Change,
    session: &mut Session<'_>,
) -> anyhow::Result<bool> {
    if order.yes {
        return Ok(true);
    }
    let asks = session.context.stdin_is_terminal && session.context.stderr_is_terminal;
    if !asks || order.form == Form::Json {
        return Ok(false);
    }
    for item in &change.items {
        for line in item.lines(session.lang) {
            writeln!(session.err, "{line}")?;
        }
    }
    change.is_shown = true;
    let mut input = io::stdin().lock();
    let mut asker = Asker {
        input: &mut input,
        err: session.err,
        lang: session.lang,
    };
    asker.confirm("trust-update", &[])
}

/// Since when the data are that are in force all the same.
fn tell_age(store: &crate::command::store::Store, session: &mut Session<'_>) -> anyhow::Result<()> {
    let as_of = store.trust().as_of.unwrap_or_default();
    let day = layout::day(&as_of, session.lang);
    let line = Catalogue::of(session.lang).fill("authorities.offline", &[("as_of", &day)]);
    Ok(writeln!(session.err, "{line}")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_of_certificates_are_fetched() {
        let sum = "a".repeat(64);
        let text = format!(
            "{sum}  A_1.pem\n{sum} *b.CRT\n{sum}  ../c.pem\n{sum}  .d.pem\n{sum}  e.pem.asc\n\
             {sum}  http://x/f.pem\nabc  g.pem\n{sum}\n"
        );
        let names: Vec<String> = sums(text.as_bytes()).into_iter().map(|it| it.0).collect();
        assert_eq!(names, ["A_1.pem", "b.CRT"]);
        assert_eq!(sums(text.repeat(40).as_bytes()).len(), MAX_FILES);
    }

    #[test]
    fn each_source_is_an_address() {
        let file = Toml::parse(SOURCES.as_bytes()).unwrap();
        for table in ["editions", "revocations"] {
            let all = urls(&file, table);
            assert!(!all.is_empty(), "{table}");
            assert!(all.iter().all(|url| Address::parse(url).is_ok()), "{table}");
        }
        // Sums are believed for what leads to them.
        assert!(urls(&file, "editions")[0].starts_with("https://"));
    }
}
