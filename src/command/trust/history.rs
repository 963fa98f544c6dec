//! `pec trust history`: what each edition changed, and what was kept when.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::parts::{EditionJson, kind_word};
use crate::command::Session;
use crate::output::layout;
use crate::output::report::{Page, Report, known};
use crate::printable::Printable;
use crate::providers::Snapshot;
use crate::providers::permitted::{Kind, difference};
use crate::timestamp::Timestamp;

/// # Results of pec trust history, version 1
///
/// The document that `pec trust history --json` writes. Fields may be added within version 1, so
/// objects are open.
#[derive(Serialize, JsonSchema)]
pub(super) struct Results {
    /// The certificates of the authorities, each authority's oldest first.
    editions: Vec<ChangedJson>,
    /// What was stored in the data folder, the oldest first.
    snapshots: Vec<SnapshotJson>,
    /// Snapshots that are damaged, or of a later version of the program: they are not used.
    damaged: Vec<String>,
}

/// A certificate of an authority, and what it changed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "changed")]
struct ChangedJson {
    /// The certificate.
    edition: EditionJson,
    /// Names that the one before it did not permit.
    added: Vec<NameJson>,
    /// Names that it no longer permits.
    removed: Vec<NameJson>,
}

/// A name.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "name")]
struct NameJson {
    /// What it is: the host of addresses, or an organization.
    #[schemars(schema_with = "kinds")]
    kind: &'static str,
    /// The name.
    name: String,
}

/// A snapshot.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "snapshot")]
struct SnapshotJson {
    /// Its name: the time and the SHA-256 of its content.
    name: String,
    /// When it was stored. UTC, RFC 3339.
    kept_at: Option<Timestamp>,
    /// How many certificates of authorities it has beside those of the program.
    editions: usize,
    /// How many lists of providers.
    lists: usize,
    /// How many revocation lists.
    revocations: usize,
    /// The day of the trust data in it; null: those of the program.
    data_as_of: Option<String>,
}

fn kinds(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    known(["host", "organization"])
}

pub(super) fn of(session: &Session<'_>) -> Results {
    let store = session.store();
    let trust = store.trust();
    let mut editions = Vec::new();
    for anchor in &trust.anchors {
        let mut before = None;
        for edition in &anchor.editions {
            let change = difference(before, edition);
            let named = |all: Vec<(Kind, String)>| {
                let all = all.into_iter();
                let all = all.map(|(kind, name)| NameJson {
                    kind: kind_word(kind),
                    name,
                });
                all.collect()
            };
            editions.push(ChangedJson {
                edition: EditionJson::of(anchor, edition, &store.snapshot),
                added: named(change.added),
                removed: named(change.removed),
            });
            before = Some(edition);
        }
    }
    let of_snapshot = |(name, snapshot): (String, Snapshot)| SnapshotJson {
        name,
        kept_at: snapshot.kept_at,
        editions: snapshot.editions.len(),
        lists: snapshot.lists.len(),
        revocations: snapshot.revocations.len(),
        data_as_of: snapshot.data.map(|data| data.as_of),
    };
    Results {
        editions,
        snapshots: store.history().into_iter().map(of_snapshot).collect(),
        damaged: store.damaged,
    }
}

impl Report for Results {
    const SCHEMA: &'static str = "pec/trust-history";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let (texts, lang) = (page.texts(), page.lang);
        for changed in &self.editions {
            page.line(changed.edition.line(texts, lang))?;
            for name in &changed.added {
                page.line(format!("  + {}", Printable(&name.name)))?;
            }
            for name in &changed.removed {
                page.line(format!("  - {}", Printable(&name.name)))?;
            }
        }
        for snapshot in &self.snapshots {
            let at = snapshot.kept_at.map(|at| layout::shown(at, lang));
            let values = [
                ("time", &*at.unwrap_or_default()),
                ("name", &*snapshot.name),
                ("editions", &*texts.number(snapshot.editions)),
                ("lists", &*texts.number(snapshot.lists)),
                ("revocations", &*texts.number(snapshot.revocations)),
            ];
            page.line(texts.fill("authorities.snapshot", &values))?;
        }
        super::list::tell_damaged(&self.damaged, page)
    }
}
