//! The file of the offices, written anew with each import: whole, or not at all.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, params};

use super::super::{Error, Kind, Office, Table};
use super::{FILE, FORM};
use crate::address::MailAddress;
use crate::pec::reach::Declared;
use crate::timestamp::Timestamp;

const TABLES: &str = "
    CREATE TABLE source (
        kind TEXT PRIMARY KEY, file TEXT NOT NULL, dated INTEGER NOT NULL,
        imported_at INTEGER NOT NULL, offices INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE office (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, code TEXT NOT NULL COLLATE NOCASE,
        body TEXT NOT NULL, name TEXT NOT NULL, body_name TEXT NOT NULL, tax_code TEXT,
        updated INTEGER
    ) STRICT;
    CREATE TABLE mail (
        office INTEGER NOT NULL, place INTEGER NOT NULL, address TEXT NOT NULL, key TEXT NOT NULL,
        certified INTEGER NOT NULL, PRIMARY KEY (office, place)
    ) STRICT, WITHOUT ROWID;
    CREATE VIRTUAL TABLE words USING fts5 (
        name, body_name, content = 'office', content_rowid = 'id', detail = none,
        tokenize = 'unicode61 remove_diacritics 2'
    );
    -- Each word of a name, and the same backwards.
    CREATE TABLE word (term TEXT PRIMARY KEY, back TEXT NOT NULL) STRICT, WITHOUT ROWID;";

const INDICES: &str = "
    CREATE INDEX office_by_code ON office (code);
    CREATE INDEX office_by_tax_code ON office (tax_code);
    CREATE INDEX mail_by_key ON mail (key);
    INSERT INTO words (words) VALUES ('rebuild');
    INSERT INTO words (words) VALUES ('optimize');
    CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab ('main', 'words', 'row');";

/// Writes the offices of a data folder anew: a file of another name, private to its owner, that takes
/// the place of what is there when it is whole.
///
/// Names of bodies that only the table of the bodies has are taken from there.
///
/// # Errors
/// Those of the disk; what was there stays.
pub fn write(folder: &Path, tables: &[(Table, Vec<Office>)]) -> Result<(), Error> {
    let path = folder.join(FILE);
    let new = folder.join(format!(".{FILE}.{}", std::process::id()));
    let disk = |source| Error::Disk {
        path: path.clone(),
        source,
    };
    let written = fill(&new, tables).and_then(|()| {
        File::open(&new)
            .and_then(|file| file.sync_all())
            .map_err(disk)?;
        fs::rename(&new, &path).map_err(disk)?;
        sync(folder).map_err(disk)
    });
    if written.is_err() {
        // The error that counts is the first one.
        let _ = fs::remove_file(&new);
    }
    written
}

fn sync(folder: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}

fn fill(new: &Path, tables: &[(Table, Vec<Office>)]) -> Result<(), Error> {
    private_file(new).map_err(|source| Error::Disk {
        path: new.to_owned(),
        source,
    })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(new, flags)?;
    // Nobody else sees it, and what is not whole is thrown away.
    connection.pragma_update(None, "journal_mode", "off")?;
    connection.pragma_update(None, "synchronous", "off")?;
    connection.pragma_update(None, "temp_store", "memory")?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    let bodies = tables.iter().flat_map(|(_, offices)| offices);
    let bodies = bodies.filter(|office| office.kind == Kind::Body);
    let names: HashMap<&str, &str> = bodies.map(|body| (&*body.body, &*body.name)).collect();
    let mut numbered: BTreeMap<(Kind, usize, &str, &str), &Office> = BTreeMap::new();
    for (table, offices) in tables {
        transaction.execute(
            "INSERT INTO source (kind, file, dated, imported_at, offices) VALUES (?, ?, ?, ?, ?)",
            params![
                table.kind.word(),
                table.file,
                table.dated.unix(),
                table.imported_at.unix(),
                i64::try_from(table.offices).unwrap_or(i64::MAX)
            ],
        )?;
        for office in offices {
            let length = office.name.chars().count();
            numbered.insert((office.kind, length, &office.name, &office.code), office);
        }
    }
    for (id, office) in (1_i64..).zip(numbered.into_values()) {
        insert(&transaction, id, office, &names)?;
    }
    transaction.execute_batch(INDICES)?;
    words(&transaction)?;
    transaction.pragma_update(None, "user_version", FORM)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error.into())
}

fn insert(
    connection: &Connection,
    id: i64,
    office: &Office,
    names: &HashMap<&str, &str>,
) -> Result<(), Error> {
    let body_name = match &*office.body_name {
        "" => names.get(&*office.body).copied().unwrap_or_default(),
        name => name,
    };
    connection
        .prepare_cached(
            "INSERT INTO office (id, kind, code, body, name, body_name, tax_code, updated)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            id,
            office.kind.word(),
            office.code,
            office.body,
            office.name,
            body_name,
            office.tax_code,
            office.updated.map(Timestamp::unix)
        ])?;
    for (place, mail) in (0_i64..).zip(&office.mail) {
        connection
            .prepare_cached(
                "INSERT INTO mail (office, place, address, key, certified) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![
                id,
                place,
                mail.address,
                MailAddress::new(&mail.address).key(),
                mail.declared == Declared::Certified
            ])?;
    }
    Ok(())
}

/// The words of all names, and the same backwards.
fn words(connection: &Connection) -> Result<(), Error> {
    let mut all = connection.prepare("SELECT term FROM temp.vocabulary")?;
    let mut insert = connection.prepare("INSERT INTO word (term, back) VALUES (?1, ?2)")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let term: String = row.get(0)?;
        let back: String = term.chars().rev().collect();
        insert.execute([term, back])?;
    }
    drop((rows, insert));
    let done = "DROP TABLE temp.vocabulary; CREATE INDEX word_by_back ON word (back);";
    Ok(connection.execute_batch(done)?)
}

/// An empty file that only its owner may read.
fn private_file(path: &Path) -> io::Result<()> {
    // Left by a process of the same number that was killed.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
