//! `pec offices find`: offices by words of their names.

use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::imported;
use super::tables::{TableJson, kinds};
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::offices::{Kind, Office};
use crate::output::catalogue::Catalogue;
use crate::output::layout::day;
use crate::output::report::{Page, Report, only};
use crate::pec::reach::Declared;
use crate::printable::Printable;
use crate::timestamp::Timestamp;

/// # Results of pec offices find, version 1
///
/// The document that `pec offices find --json` writes. Every field that is described is always there;
/// where there is nothing to say it is null or empty. Fields may be added within version 1, so
/// objects are open.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document {
    /// The offices, bodies first, short names first.
    offices: Vec<OfficeJson>,
    /// Whether there are more (--limit).
    more: bool,
    /// Words that no name has, and as which they were read: each differs in one letter.
    readings: Vec<ReadingJson>,
    /// The tables that were searched.
    tables: Vec<TableJson>,
}

/// A public office.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "office")]
struct OfficeJson {
    /// What it is: a body, an area of one, a unit of one.
    #[schemars(schema_with = "kinds")]
    kind: &'static str,
    /// Its code, for pec send --to-office.
    code: String,
    /// Its name.
    name: String,
    /// The code of its body; that of a body itself.
    body: String,
    /// The name of its body; empty where no table says it.
    body_name: String,
    /// The tax code of the body; null where no table says it.
    tax_code: Option<String>,
    /// Its addresses, in the order of the index.
    addresses: Vec<MailJson>,
    /// When the body last changed the entry; null where the table does not say it. UTC, RFC 3339.
    updated: Option<Timestamp>,
}

/// An address of an office.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "office-address")]
struct MailJson {
    /// The address.
    address: String,
    /// What the body declares of it; "other" says nothing.
    #[schemars(schema_with = "declarations")]
    declared: &'static str,
}

/// A word that was read as another.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "reading")]
struct ReadingJson {
    /// The word, as the index folds it.
    word: String,
    /// As which it was read.
    words: Vec<String>,
}

fn declarations(_: &mut SchemaGenerator) -> Schema {
    only([CERTIFIED, OTHER])
}

const CERTIFIED: &str = "certified";
const OTHER: &str = "other";

pub(super) fn of(words: &str, limit: u32, session: &Session<'_>) -> Result<Document, Failure> {
    let now = session.context.clock.now();
    let offices = imported(session)?;
    let found = offices.find(words, limit as usize);
    let found = found.map_err(|error| Failure::of_offices(&error))?;
    let tables = offices.tables();
    let tables = tables.map_err(|error| Failure::of_offices(&error))?;
    let readings = found.readings.into_iter();
    Ok(Document {
        offices: found.offices.iter().map(OfficeJson::of).collect(),
        more: found.more,
        readings: readings
            .map(|(word, words)| ReadingJson { word, words })
            .collect(),
        tables: tables
            .iter()
            .map(|table| TableJson::of(table, now))
            .collect(),
    })
}

impl OfficeJson {
    fn of(office: &Office) -> Self {
        let mail = office.mail.iter().map(|mail| MailJson {
            address: mail.address.clone(),
            declared: match mail.declared {
                Declared::Certified => CERTIFIED,
                Declared::Other => OTHER,
            },
        });
        Self {
            kind: office.kind.word(),
            code: office.code.clone(),
            name: office.name.clone(),
            body: office.body.clone(),
            body_name: office.body_name.clone(),
            tax_code: office.tax_code.clone(),
            addresses: mail.collect(),
            updated: office.updated,
        }
    }

    fn lines(&self, lang: Lang) -> Vec<String> {
        let texts = Catalogue::of(lang);
        let safe = |text: &str| Printable(text).to_string();
        let name = safe(&self.name);
        let head = match self.kind == Kind::Body.word() || self.body_name.is_empty() {
            true => name,
            false => {
                let values = [("name", &*name), ("body", &*safe(&self.body_name))];
                texts.fill("offices.unit", &values)
            }
        };
        let mut about = vec![texts.fill("offices.code", &[("code", &safe(&self.code))])];
        if let Some(code) = &self.tax_code {
            about.push(texts.fill("offices.tax-code", &[("code", &safe(code))]));
        }
        if let Some(updated) = self.updated {
            let day = day(&updated.italian_day(), lang);
            about.push(texts.fill("offices.updated", &[("day", &day)]));
        }
        let mut lines = vec![head, format!("  {}", about.join(", "))];
        for mail in &self.addresses {
            let key = match mail.declared == CERTIFIED {
                true => "offices.certified",
                false => "offices.other",
            };
            let line = texts.fill(key, &[("address", &safe(&mail.address))]);
            lines.push(format!("  {line}"));
        }
        if self.addresses.is_empty() {
            lines.push(format!("  {}", texts.text("offices.no-address")));
        }
        lines
    }
}

impl Report for Document {
    const SCHEMA: &'static str = "pec/offices-find";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        for reading in &self.readings {
            let words = Printable(&reading.words.join(", ")).to_string();
            let word = Printable(&reading.word).to_string();
            page.line(texts.fill("offices.reading", &[("word", &word), ("words", &words)]))?;
        }
        for office in &self.offices {
            page.lines(office.lines(page.lang))?;
        }
        if self.offices.is_empty() {
            page.line(texts.text("offices.none"))?;
        }
        if self.more {
            page.line(texts.text("offices.more"))?;
        }
        page.line("")?;
        let lang = page.lang;
        page.lines(self.tables.iter().map(|table| table.line(lang)))
    }

    fn exit(&self) -> ExitStatus {
        match self.offices.is_empty() {
            true => ExitStatus::No,
            false => ExitStatus::Yes,
        }
    }
}
