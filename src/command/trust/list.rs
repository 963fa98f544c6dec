//! `pec trust list`: who may sign, since when, and who did.

use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::parts::{EditionJson, ListJson, PermittedJson, RevocationsJson, SignerJson};
use crate::command::store::Store;
use crate::command::{Failure, Session, access};
use crate::output::layout;
use crate::output::report::{Page, Report};
use crate::output::style::Tone;
use crate::printable::Printable;
use crate::providers::Trust;
use crate::timestamp::Timestamp;
use crate::verify::{Facts, Question, Verdict};

/// # Results of pec trust list, version 1
///
/// The document that `pec trust list --json` writes. Fields may be added within version 1, so
/// objects are open.
#[derive(Serialize, JsonSchema)]
pub(super) struct Results {
    /// The day of the data; null where they state none.
    as_of: Option<String>,
    /// "built in", or the name of the snapshot that adds to what the program contains.
    source: String,
    /// When what AgID publishes was last read by pec trust update; null: never. UTC, RFC 3339.
    updated_at: Option<Timestamp>,
    /// The certificates of the authorities, each authority's oldest first.
    editions: Vec<EditionJson>,
    /// The hosts and organizations that they permit.
    permitted: Vec<PermittedJson>,
    /// The certificates of signers that are known. Not complete: others may sign too.
    signers: Vec<SignerJson>,
    /// The lists of providers stored here.
    lists: Vec<ListJson>,
    /// The revocation lists stored here.
    revocations: Vec<RevocationsJson>,
    /// Snapshots that are damaged, or of a later version of the program: they are not used.
    damaged: Vec<String>,
}

pub(super) fn of(seen: bool, session: &mut Session<'_>) -> anyhow::Result<Results> {
    let store = session.store();
    let trust = store.trust();
    let mut signers: Vec<SignerJson> = trust.signers.iter().map(SignerJson::of).collect();
    if seen {
        signers = with_seen(signers, &store, session)?;
    }
    let editions = trust.anchors.iter().flat_map(|anchor| {
        let editions = anchor.editions.iter();
        editions.map(|edition| EditionJson::of(anchor, edition, &store.snapshot))
    });
    Ok(Results {
        editions: editions.collect(),
        permitted: PermittedJson::all(&trust.anchors, &trust.signers),
        signers,
        lists: store.snapshot.lists.iter().map(ListJson::of).collect(),
        revocations: (store.snapshot.revocations.iter())
            .map(RevocationsJson::of)
            .collect(),
        updated_at: store.snapshot.updated_at,
        source: source(&store),
        as_of: trust.as_of,
        damaged: store.damaged,
    })
}

/// What the data in force are called.
pub(super) fn source(store: &Store) -> String {
    store.name.clone().unwrap_or_else(|| "built in".to_owned())
}

/// The signers with those of the genuine receipts of the ledger.
fn with_seen(
    known: Vec<SignerJson>,
    store: &Store,
    session: &mut Session<'_>,
) -> anyhow::Result<Vec<SignerJson>> {
    let mut all: BTreeMap<String, SignerJson> = BTreeMap::new();
    for mut signer in known {
        signer.receipts = Some(0);
        let key = signer
            .sha256
            .clone()
            .unwrap_or_else(|| signer.address.clone());
        all.insert(key, signer);
    }
    if let Some(ledger) = access::existing_ledger(session)? {
        let verifier = store.verifier();
        let question = Question::new(session.context.now);
        let names = ledger.genuine_octets();
        for name in names.map_err(|error| Failure::of_ledger(&error))? {
            // What is missing is told by pec ledger check.
            let Ok(octets) = ledger.octets(&name) else {
                continue;
            };
            let examination = verifier.examine(&octets, &question);
            let is_genuine = examination.verdict() == Verdict::Genuine;
            let facts = examination.facts().filter(|_| is_genuine);
            let Some(signer) = facts.map(Facts::signer) else {
                continue;
            };
            let entry = all
                .entry(signer.sha256.clone())
                .or_insert_with(|| SignerJson {
                    address: signer.address.clone(),
                    subject: signer.subject.clone(),
                    issuer: signer.issuer.clone(),
                    sha256: Some(signer.sha256.clone()),
                    not_before: Some(signer.not_before),
                    not_after: Some(signer.not_after),
                    receipts: Some(0),
                });
            entry.receipts = entry.receipts.map(|count| count + 1);
        }
    }
    let mut all: Vec<SignerJson> = all.into_values().collect();
    all.sort();
    Ok(all)
}

/// Names the snapshots that cannot be used.
pub(super) fn tell_damaged(damaged: &[String], page: &mut Page<'_>) -> io::Result<()> {
    let texts = page.texts();
    for name in damaged {
        let name = Printable(name).to_string();
        let line = texts.fill("authorities.damaged", &[("name", &name)]);
        page.line(page.style.paint(Tone::Bad, line))?;
    }
    Ok(())
}

/// The day of data and where they come from.
pub(super) fn head(as_of: Option<&str>, source: &str, page: &mut Page<'_>) -> io::Result<()> {
    let texts = page.texts();
    let as_of = layout::day(as_of.unwrap_or_default(), page.lang);
    let values = [("as_of", &*as_of), ("snapshot", source)];
    let key = match Trust::built_in().as_of.is_some() && source == "built in" {
        true => "value.trust-built-in",
        false => "value.trust-kept",
    };
    page.line(texts.fill(key, &values))
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/trust-list";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let (texts, lang) = (page.texts(), page.lang);
        head(self.as_of.as_deref(), &self.source, page)?;
        let updated = match self.updated_at {
            Some(at) => texts.fill("authorities.updated", &[("time", &layout::shown(at, lang))]),
            None => texts.text("authorities.never-updated").to_owned(),
        };
        page.line(updated)?;
        page.line(format!("\n{}", texts.text("authorities.editions")))?;
        for edition in &self.editions {
            page.line(format!("  {}", edition.line(texts, lang)))?;
        }
        for (kind, key) in [
            ("host", "authorities.hosts"),
            ("organization", "authorities.organizations"),
        ] {
            page.line(format!("\n{}", texts.text(key)))?;
            for one in self.permitted.iter().filter(|one| one.kind == kind) {
                page.line(format!("  {}", one.line(texts, lang)))?;
            }
        }
        page.line(format!("\n{}", texts.text("authorities.signers")))?;
        for signer in &self.signers {
            page.line(format!("  {}", signer.line(texts, lang)))?;
        }
        for list in &self.lists {
            let signer = list.signer.as_deref().unwrap_or("-");
            let values = [
                ("file", &*Printable(&list.file).to_string()),
                ("time", &*layout::shown(list.dated, lang)),
                ("signer", &*Printable(signer).to_string()),
            ];
            page.line(texts.fill("authorities.list", &values))?;
        }
        for list in &self.revocations {
            let values = [
                ("authority", &*list.authority),
                ("time", &*layout::shown(list.this_update, lang)),
            ];
            page.line(texts.fill("authorities.revocations", &values))?;
        }
        tell_damaged(&self.damaged, page)
    }
}
