//! `pec offices import`: tables of the index, read and put in the place of those of before.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use schemars::JsonSchema;
use serde::Serialize;

use super::tables::TableJson;
use crate::batch::table::Columns;
use crate::batch::{Fault, MAX_ROWS};
use crate::command::batch::tables;
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::offices::table::{Names, former};
use crate::offices::{Kind, Office, Offices, Table, sqlite};
use crate::output::catalogue::Catalogue;
use crate::output::report::{Page, Report};
use crate::printable::Printable;
use crate::timestamp::Timestamp;

/// Rows that are told of those that cannot be read.
const MOST_TOLD: usize = 100;

/// # Results of pec offices import, version 1
///
/// The document that `pec offices import --json` writes. Fields may be added within version 1, so
/// objects are open.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document {
    /// All tables that are stored now, those that were stored before too.
    tables: Vec<TableJson>,
    /// How many rows could not be read.
    unread_rows: u64,
    /// The first of them, at most 100.
    unread: Vec<UnreadJson>,
}

/// A row that cannot be read.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "unread")]
struct UnreadJson {
    /// The file.
    file: String,
    /// The row, as a spreadsheet numbers it.
    #[schemars(range(min = 1))]
    row: u64,
    /// Why, for people, in the language of the run.
    reason: String,
}

/// What was read of all files.
struct Read {
    tables: BTreeMap<Kind, (Table, Vec<Office>)>,
    unread_rows: u64,
    unread: Vec<UnreadJson>,
    lang: Lang,
    now: Timestamp,
}

pub(super) fn of(files: &[PathBuf], session: &mut Session<'_>) -> anyhow::Result<Document> {
    let Some(folder) = session.data_dir.clone() else {
        return Err(Failure::new("no-data-folder", []).into());
    };
    let mut read = Read {
        tables: BTreeMap::new(),
        unread_rows: 0,
        unread: Vec::new(),
        lang: session.lang,
        now: session.context.clock.now(),
    };
    for file in files {
        read.file(file)?;
    }
    read.keep_others(&folder);
    let disk = |error: io::Error| crate::command::whole::failure(&folder, &error);
    private_folder(&folder).map_err(disk)?;
    let tables: Vec<(Table, Vec<Office>)> = read.tables.into_values().collect();
    sqlite::write(&folder, &tables).map_err(|error| Failure::of_offices(&error))?;
    let of = |(table, _): &(Table, Vec<Office>)| TableJson::of(table, read.now);
    Ok(Document {
        tables: tables.iter().map(of).collect(),
        unread_rows: read.unread_rows,
        unread: read.unread,
    })
}

impl Read {
    fn file(&mut self, path: &Path) -> Result<(), Failure> {
        let mut offices = Vec::new();
        let mut count = 0;
        let mut add = |read: &mut Self, row: u64, office: Result<Office, String>| {
            count += 1;
            match office {
                Ok(office) => offices.push(office),
                Err(reason) => read.leave(path, row, reason),
            }
            match count > MAX_ROWS {
                true => Err(tables::unusable(path, &[Fault::ManyRows], read.lang)),
                false => Ok(()),
            }
        };
        let text = Catalogue::of(self.lang);
        let no_office = || text.text("offices.no-office").to_owned();
        let strange = || {
            let file = path.display().to_string();
            Failure::new("offices-table", [("file", file)])
        };
        let (whole, delimiter) = tables::text(path)?;
        let mut kind = None;
        if let Some((header, rows)) = former(&whole) {
            let names = Names::of(header.iter().map(String::as_str)).ok_or_else(strange)?;
            kind = Some(names.kind);
            for (row, columns) in rows {
                let office = columns.and_then(|columns: Columns| names.office(&columns));
                add(self, row, office.ok_or_else(no_office))?;
            }
        } else {
            let mut table = tables::over(&whole, delimiter, (path, self.lang))?;
            let names = match table.header() {
                Some(header) => {
                    let names = Names::of(header.iter().map(String::as_str));
                    Some(names.ok_or_else(strange)?)
                }
                None => None,
            };
            while let Some(row) = tables::row(&mut table, path)? {
                let columns = match row.columns {
                    Ok(columns) => columns,
                    Err(fault) => {
                        add(self, row.number, Err(tables::words(&fault, self.lang)))?;
                        continue;
                    }
                };
                let found = names.or_else(|| Names::of(columns.keys().map(String::as_str)));
                let found = found.ok_or_else(strange)?;
                // One file has one kind.
                if *kind.get_or_insert(found.kind) != found.kind {
                    return Err(strange());
                }
                add(
                    self,
                    row.number,
                    found.office(&columns).ok_or_else(no_office),
                )?;
            }
        }
        let Some(kind) = kind.filter(|_| !offices.is_empty()) else {
            let file = path.display().to_string();
            return Err(Failure::new("offices-empty", [("file", file)]));
        };
        self.add(path, kind, offices);
        Ok(())
    }

    /// Adds what a file has; of two files of one kind both count.
    fn add(&mut self, path: &Path, kind: Kind, offices: Vec<Office>) {
        // An entry of tomorrow is a mistake of somebody.
        let days = offices.iter().filter_map(|office| office.updated);
        let newest = days.filter(|day| *day <= self.now).max();
        let dated = newest.unwrap_or_else(|| changed(path).unwrap_or(self.now));
        let entry = self.tables.entry(kind).or_insert_with(|| {
            let table = Table {
                kind,
                file: path.display().to_string(),
                dated,
                imported_at: self.now,
                offices: 0,
            };
            (table, Vec::new())
        });
        entry.0.dated = entry.0.dated.min(dated);
        entry.1.extend(offices);
        entry.0.offices = entry.1.len() as u64;
    }

    fn leave(&mut self, path: &Path, row: u64, reason: String) {
        self.unread_rows += 1;
        if self.unread.len() < MOST_TOLD {
            self.unread.push(UnreadJson {
                file: path.display().to_string(),
                row,
                reason,
            });
        }
    }

    /// The tables of other kinds that are stored already. A file that cannot be read has none: the
    /// import is how to mend it.
    fn keep_others(&mut self, folder: &Path) {
        let Ok(Some(before)) = Offices::open(folder) else {
            return;
        };
        for table in before.tables().unwrap_or_default() {
            if !self.tables.contains_key(&table.kind)
                && let Ok(offices) = before.all(table.kind)
            {
                self.tables.insert(table.kind, (table, offices));
            }
        }
    }
}

/// When a file was last written.
fn changed(path: &Path) -> Option<Timestamp> {
    let changed = std::fs::metadata(path).ok()?.modified().ok()?;
    let seconds = changed.duration_since(UNIX_EPOCH).ok()?.as_secs();
    i64::try_from(seconds).ok().map(Timestamp::from_unix)
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

impl Report for Document {
    const SCHEMA: &'static str = "pec/offices-import";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        for unread in &self.unread {
            let values = [
                ("file", &*Printable(&unread.file).to_string()),
                ("row", &*unread.row.to_string()),
                ("reason", &*unread.reason),
            ];
            page.line(page.texts().fill("reach.unread", &values))?;
        }
        if self.unread_rows > 0 {
            page.line(
                page.texts()
                    .count("offices.unread-rows", self.unread_rows, &[]),
            )?;
        }
        for table in &self.tables {
            page.line(table.line(page.lang))?;
        }
        page.line(page.texts().text("offices.imported"))
    }

    fn exit(&self) -> ExitStatus {
        match self.unread_rows {
            0 => ExitStatus::Yes,
            1.. => ExitStatus::No,
        }
    }
}
