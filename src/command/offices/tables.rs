//! The tables that were imported, as documents and lines tell of them.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::lang::Lang;
use crate::offices::{Kind, Table};
use crate::output::catalogue::Catalogue;
use crate::output::layout::day;
use crate::output::report::only;
use crate::timestamp::Timestamp;

/// Bodies renew what the index has of them every six months (legislative decree 82 of 2005, art.
/// 6-ter).
const MONTHS: i64 = 6;

/// A table that was imported.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "table")]
pub(super) struct TableJson {
    /// What is in it.
    #[schemars(schema_with = "kinds")]
    pub kind: &'static str,
    /// The file that it came from.
    pub file: String,
    /// The day of which it speaks. UTC, RFC 3339.
    pub dated: Timestamp,
    /// When it was imported. UTC, RFC 3339.
    pub imported_at: Timestamp,
    /// How many offices it has.
    pub offices: u64,
    /// Whether its day is more than six months ago.
    pub old: bool,
}

pub(super) fn kinds(_: &mut SchemaGenerator) -> Schema {
    only(Kind::ALL.map(Kind::word))
}

/// Whether data of a day are old.
pub(in crate::command) fn is_old(dated: Timestamp, now: Timestamp) -> bool {
    dated.months_later(MONTHS) < now
}

impl TableJson {
    pub fn of(table: &Table, now: Timestamp) -> Self {
        Self {
            kind: table.kind.word(),
            file: table.file.clone(),
            dated: table.dated,
            imported_at: table.imported_at,
            offices: table.offices,
            old: is_old(table.dated, now),
        }
    }

    pub fn line(&self, lang: Lang) -> String {
        let texts = Catalogue::of(lang);
        let values = [
            ("kind", texts.text(&format!("offices.kind.{}", self.kind))),
            ("day", &*day(&self.dated.italian_day(), lang)),
            ("imported", &*day(&self.imported_at.italian_day(), lang)),
            ("offices", &*texts.number(self.offices)),
        ];
        let key = match self.old {
            true => "offices.source-old",
            false => "offices.source",
        };
        texts.fill(key, &values)
    }
}
