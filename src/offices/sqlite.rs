//! The offices in a file of SQLite, and finding in it.
//!
//! Offices are numbered by kind and by the length of their names, so that what is found in the order of
//! their numbers begins with the body itself, and nothing need be sorted. Words are folded by the index
//! of words (SQLite, "FTS5", 4.3.1: `unicode61`, without diacritics); what is looked for is folded by
//! the same.

mod written;

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row, params};

use super::{Error, Kind, Mail, Office, Table};
use crate::address::MailAddress;
use crate::pec::reach::Declared;
use crate::timestamp::Timestamp;

pub use written::write;

/// The file, beside the ledger.
pub const FILE: &str = "offices.sqlite";
/// The form of the file. One of another form is written anew by the next import.
const FORM: i64 = 1;
/// Letters from which on a word is read as another one with one typing error: shorter ones are near to
/// too many.
const FEWEST_LETTERS: usize = 4;
/// Words that are held against a misspelt one, for each half of it: the words of 123,000 offices that
/// begin with two letters are fewer.
const MOST_CANDIDATES: usize = 20_000;
/// Readings of one misspelt word.
const MOST_READINGS: usize = 16;
/// Words of a question: more than any name has.
const MOST_WORDS: usize = 32;
/// Letters of a word that is looked for.
const MOST_LETTERS: usize = 64;

/// The file, open to be read.
#[derive(Debug)]
pub struct Offices {
    connection: Connection,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The offices, bodies first, short names first.
    pub offices: Vec<Office>,
    /// Whether there are more.
    pub more: bool,
    /// Words that were read as others with one letter less, more, other or exchanged, and as which.
    pub readings: Vec<(String, Vec<String>)>,
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::NotADatabase | Code::DatabaseCorrupt) => Self::Unusable,
            _ => Self::Sql(error.to_string()),
        }
    }
}

impl Offices {
    /// Those of a data folder; `None` where none were imported.
    ///
    /// # Errors
    /// When the file cannot be read, or is of another form.
    pub fn open(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE);
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(source) => return Err(Error::Disk { path, source }),
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)?;
        let form: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if form != FORM {
            return Err(Error::Unusable);
        }
        // What is asked is folded in a table of its own.
        connection.pragma_update(None, "temp_store", "memory")?;
        Ok(Some(Self { connection }))
    }

    /// The tables that were imported, in the order of [`Kind::ALL`].
    ///
    /// # Errors
    /// When the file cannot be read; so for all of these.
    pub fn tables(&self) -> Result<Vec<Table>, Error> {
        let mut statement = self
            .connection
            .prepare("SELECT kind, file, dated, imported_at, offices FROM source")?;
        let rows = statement.query_map([], |row| {
            let kind: String = row.get(0)?;
            let table = |kind| {
                Ok::<_, rusqlite::Error>(Table {
                    kind,
                    file: row.get(1)?,
                    dated: Timestamp::from_unix(row.get(2)?),
                    imported_at: Timestamp::from_unix(row.get(3)?),
                    offices: row.get::<_, i64>(4)?.unsigned_abs(),
                })
            };
            Kind::from_word(&kind).map(table).transpose()
        })?;
        let tables: Vec<Option<Table>> = rows.collect::<Result<_, _>>()?;
        let mut tables: Vec<Table> = tables.into_iter().flatten().collect();
        tables.sort_by_key(|table| table.kind);
        Ok(tables)
    }

    /// The offices that have a code, capitals or not.
    pub fn of_code(&self, code: &str) -> Result<Vec<Office>, Error> {
        self.select("WHERE code = ?1 ORDER BY id", &[&code])
    }

    /// The offices that have an address.
    pub fn of_address(&self, address: &MailAddress) -> Result<Vec<Office>, Error> {
        let query = "WHERE id IN (SELECT office FROM mail WHERE key = ?1) ORDER BY id";
        self.select(query, &[&address.key()])
    }

    /// All offices of a kind.
    pub fn all(&self, kind: Kind) -> Result<Vec<Office>, Error> {
        self.select("WHERE kind = ?1 ORDER BY id", &[&kind.word()])
    }

    /// The offices that have all these words in their names or in those of their bodies, at most so
    /// many. Accents and capitals do not matter; a word that no name has is read as the beginning
    /// of one, else as one that differs in a single letter. A single word that is a code, or the tax
    /// code of a body, finds those.
    pub fn find(&self, question: &str, most: usize) -> Result<Found, Error> {
        let coded = self.coded(question.trim(), most)?;
        if !coded.offices.is_empty() {
            return Ok(coded);
        }
        let words = self.folded(question)?;
        let mut asked = Vec::new();
        for word in &words {
            asked.push(self.asked(word)?);
        }
        let found = self.matching(&asked, most)?;
        if !found.offices.is_empty() || asked.iter().any(Asked::is_unknown) {
            return Ok(found);
        }
        // Each word is that of some name, and no name has all: one may be misspelt into another.
        for (word, asked) in words.iter().zip(&mut asked) {
            if matches!(asked, Asked::Whole(_)) {
                let near = self.near(word)?;
                *asked = Asked::AlsoNear(word.clone(), near);
            }
        }
        self.matching(&asked, most)
    }

    /// The offices that have this code, or whose body has this tax code.
    fn coded(&self, code: &str, most: usize) -> Result<Found, Error> {
        let query = "WHERE code = ?1 OR tax_code = ?1 ORDER BY id LIMIT ?2";
        self.limited(query, code, most)
    }

    /// What a query finds, at most so many of it.
    fn limited(&self, query: &str, value: &str, most: usize) -> Result<Found, Error> {
        // One more tells whether there are more.
        let limit = i64::try_from(most.saturating_add(1)).unwrap_or(i64::MAX);
        let mut offices = self.select(query, &[&value, &limit])?;
        let more = offices.len() > most;
        offices.truncate(most);
        let readings = Vec::new();
        Ok(Found {
            offices,
            more,
            readings,
        })
    }

    /// The words of a question as the index folds them.
    fn folded(&self, question: &str) -> Result<Vec<String>, Error> {
        self.connection.execute_batch(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.asked USING fts5 (
                 text, tokenize = 'unicode61 remove_diacritics 2'
             );
             CREATE VIRTUAL TABLE IF NOT EXISTS temp.asked_words
                 USING fts5vocab ('temp', 'asked', 'instance');
             DELETE FROM temp.asked;",
        )?;
        let question: String = question.chars().take(MOST_WORDS * MOST_LETTERS).collect();
        self.connection
            .execute("INSERT INTO temp.asked (text) VALUES (?1)", [question])?;
        let mut statement = self
            .connection
            .prepare("SELECT term FROM temp.asked_words ORDER BY offset LIMIT ?1")?;
        let words = statement.query_map([MOST_WORDS as i64], |row| row.get::<_, String>(0))?;
        let mut found: Vec<String> = Vec::new();
        for word in words {
            let word: String = word?.chars().take(MOST_LETTERS).collect();
            if !found.contains(&word) {
                found.push(word);
            }
        }
        Ok(found)
    }

    fn asked(&self, word: &str) -> Result<Asked, Error> {
        let word = word.to_owned();
        if self.has("SELECT 1 FROM word WHERE term = ?1", &[&word])? {
            return Ok(Asked::Whole(word));
        }
        let (from, to) = range(&word);
        let begins = "SELECT 1 FROM word WHERE term >= ?1 AND term < ?2 LIMIT 1";
        if self.has(begins, &[&from, &to])? {
            return Ok(Asked::Beginning(word));
        }
        let near = self.near(&word)?;
        Ok(Asked::Near(word, near))
    }

    fn has(&self, query: &str, values: &[&dyn rusqlite::ToSql]) -> Result<bool, Error> {
        let mut statement = self.connection.prepare_cached(query)?;
        Ok(statement.exists(values)?)
    }

    /// The words that differ in one letter: one half of such a word is the same, or the two letters in
    /// its middle changed places.
    fn near(&self, word: &str) -> Result<Vec<String>, Error> {
        let letters: Vec<char> = word.chars().collect();
        if letters.len() < FEWEST_LETTERS {
            return Ok(Vec::new());
        }
        let middle = letters.len() / 2;
        let mut near: BTreeSet<String> = BTreeSet::new();
        let mut exchanged = letters.clone();
        exchanged.swap(middle - 1, middle);
        let exchanged: String = exchanged.into_iter().collect();
        if exchanged != word && self.has("SELECT 1 FROM word WHERE term = ?1", &[&exchanged])? {
            near.insert(exchanged);
        }
        let first: String = letters[..middle].iter().collect();
        let last: String = letters[middle..].iter().rev().collect();
        for (column, half) in [("term", first), ("back", last)] {
            let (from, to) = range(&half);
            let query = format!(
                "SELECT term FROM word WHERE {column} >= ?1 AND {column} < ?2
                 AND length(term) BETWEEN ?3 AND ?4 LIMIT {MOST_CANDIDATES}"
            );
            let mut statement = self.connection.prepare_cached(&query)?;
            let length = letters.len() as i64;
            let candidates = statement
                .query_map(params![from, to, length - 1, length + 1], |row| {
                    row.get::<_, String>(0)
                })?;
            for candidate in candidates {
                let candidate = candidate?;
                if differ_in_one(&letters, &candidate) {
                    near.insert(candidate);
                }
            }
        }
        Ok(near.into_iter().take(MOST_READINGS).collect())
    }

    fn matching(&self, asked: &[Asked], most: usize) -> Result<Found, Error> {
        if asked.is_empty() || asked.iter().any(Asked::is_unknown) {
            return Ok(Found::default());
        }
        let query: Vec<String> = asked.iter().map(Asked::query).collect();
        let query = query.join(" AND ");
        // In the order of their numbers, so that it may stop.
        let select = "WHERE id IN (
                SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY rowid LIMIT ?2
            ) ORDER BY id";
        let found = self.limited(select, &query, most)?;
        let readings = asked.iter().filter_map(Asked::reading).collect();
        Ok(Found { readings, ..found })
    }

    fn select(&self, rest: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Office>, Error> {
        let query = format!(
            "SELECT id, kind, code, body, name, body_name, tax_code, updated FROM office {rest}"
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query(values)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.extend(self.office(row)?);
        }
        Ok(found)
    }

    fn office(&self, row: &Row<'_>) -> Result<Option<Office>, Error> {
        let (id, kind): (i64, String) = (row.get("id")?, row.get("kind")?);
        let Some(kind) = Kind::from_word(&kind) else {
            return Ok(None);
        };
        let updated: Option<i64> = row.get("updated")?;
        let mut statement = self.connection.prepare_cached(
            "SELECT address, certified FROM mail WHERE office = ?1 ORDER BY place",
        )?;
        let mail = statement.query_map([id], |row| {
            Ok(Mail {
                address: row.get(0)?,
                declared: match row.get(1)? {
                    true => Declared::Certified,
                    false => Declared::Other,
                },
            })
        })?;
        Ok(Some(Office {
            kind,
            code: row.get("code")?,
            body: row.get("body")?,
            name: row.get("name")?,
            body_name: row.get("body_name")?,
            tax_code: row.get("tax_code")?,
            mail: mail.collect::<Result<_, _>>()?,
            updated: updated.map(Timestamp::from_unix),
        }))
    }
}

/// A word of a question, and how it is looked for.
#[derive(Debug)]
enum Asked {
    /// A name has it.
    Whole(String),
    /// A word of a name begins so.
    Beginning(String),
    /// None does; these differ in one letter.
    Near(String, Vec<String>),
    /// A name has it, and these differ in one letter.
    AlsoNear(String, Vec<String>),
}

impl Asked {
    fn is_unknown(&self) -> bool {
        matches!(self, Self::Near(_, near) if near.is_empty())
    }

    /// The word as a query of the index (SQLite, "FTS5", 3): strings, which mean nothing else there.
    /// A folded word has neither quotation mark nor NUL.
    fn query(&self) -> String {
        let any = |words: &mut dyn Iterator<Item = &String>| {
            let words: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
            format!("({})", words.join(" OR "))
        };
        match self {
            Self::Whole(word) => format!("\"{word}\""),
            Self::Beginning(word) => format!("\"{word}\" *"),
            Self::Near(_, near) => any(&mut near.iter()),
            Self::AlsoNear(word, near) => {
                format!(
                    "(\"{word}\" * OR {})",
                    any(&mut [word].into_iter().chain(near))
                )
            }
        }
    }

    fn reading(&self) -> Option<(String, Vec<String>)> {
        match self {
            Self::Near(word, near) | Self::AlsoNear(word, near) if !near.is_empty() => {
                Some((word.clone(), near.clone()))
            }
            Self::Whole(_) | Self::Beginning(_) | Self::Near(..) | Self::AlsoNear(..) => None,
        }
    }
}

/// All texts that begin with one, as a range of SQLite's order, which is that of UTF-8.
fn range(start: &str) -> (String, String) {
    (start.to_owned(), format!("{start}\u{10ffff}"))
}

/// Whether a word becomes another by one letter that is added, left out, changed, or exchanged with
/// its neighbour.
fn differ_in_one(word: &[char], other: &str) -> bool {
    let other: Vec<char> = other.chars().collect();
    let same = word.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (left, right) = (&word[same..], &other[same..]);
    match (left, right) {
        ([_, left @ ..], [_, right @ ..]) if left == right => true,
        ([_, left @ ..], right) if left == right => true,
        (left, [_, right @ ..]) if left == right => true,
        ([a, b, left @ ..], [c, d, right @ ..]) => a == d && b == c && left == right,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const DAY: Timestamp = Timestamp::from_unix(1_774_915_200);

    fn office(kind: Kind, code: &str, name: &str, body_name: &str, address: &str) -> Office {
        Office {
            kind,
            code: code.to_owned(),
            body: match kind {
                Kind::Body => code.to_owned(),
                Kind::Area | Kind::Unit => "c_c407".to_owned(),
            },
            name: name.to_owned(),
            body_name: body_name.to_owned(),
            tax_code: None,
            mail: vec![Mail {
                address: address.to_owned(),
                declared: Declared::Certified,
            }],
            updated: Some(DAY),
        }
    }

    fn body(code: &str, name: &str) -> Office {
        office(Kind::Body, code, name, name, &format!("{code}@pec.example"))
    }

    fn table(kind: Kind, offices: Vec<Office>) -> (Table, Vec<Office>) {
        let table = Table {
            kind,
            file: "enti.csv".to_owned(),
            dated: DAY,
            imported_at: DAY,
            offices: offices.len() as u64,
        };
        (table, offices)
    }

    fn sample() -> (tempfile::TempDir, Offices) {
        let folder = tempfile::tempdir().unwrap();
        let bodies = vec![
            body("c_c408", "Comune di Cavriana"),
            body("c_c407", "Comune di Cavriglia"),
            body("c_a345", "Comune di L'Aquila"),
            body("c_f205", "Comune di Milano"),
            body("c_h501", "Comune di Roma"),
            body("c_l182", "Comune di Tivoli"),
            body("ist_1", "Istituto comprensivo statale Cavriglia"),
            body("p_fc", "Città metropolitana di Forlì"),
        ];
        let units = vec![office(
            Kind::Unit,
            "UFABCD",
            "Ufficio protocollo",
            "",
            "protocollo@pec.example",
        )];
        let tables = [table(Kind::Body, bodies), table(Kind::Unit, units)];
        write(folder.path(), &tables).unwrap();
        let offices = Offices::open(folder.path()).unwrap().unwrap();
        (folder, offices)
    }

    fn codes(offices: &Offices, question: &str) -> Vec<String> {
        let found = offices.find(question, 20).unwrap();
        found
            .offices
            .into_iter()
            .map(|office| office.code)
            .collect()
    }

    #[test]
    fn a_body_is_found_before_what_has_a_longer_name_and_before_its_units() {
        let (_folder, offices) = sample();
        let found = codes(&offices, "Cavriglia");
        assert_eq!(found, ["c_c407", "ist_1", "UFABCD"]);
        assert_eq!(codes(&offices, "protocollo CAVRIGLIA"), ["UFABCD"]);
        assert_eq!(codes(&offices, "comune di cavriglia"), ["c_c407", "UFABCD"]);
        assert_eq!(codes(&offices, "comune, tivoli!"), ["c_l182"]);
    }

    #[test]
    fn accents_capitals_and_apostrophes_do_not_matter_and_a_beginning_is_enough() {
        let (_folder, offices) = sample();
        for question in ["città forlì", "CITTA' FORLI'", "forli", "metropol", "FORLÌ"] {
            assert_eq!(codes(&offices, question), ["p_fc"], "{question}");
        }
        assert_eq!(codes(&offices, "l'aquila"), ["c_a345"]);
        assert_eq!(codes(&offices, "cavria"), ["c_c408"]);
    }

    #[test]
    fn one_letter_may_be_wrong_and_that_is_told() {
        let (_folder, offices) = sample();
        for question in [
            "cavrigla",   // left out
            "cavrigliaa", // added
            "cavrigoia",  // changed
            "cavrilgia",  // exchanged
            "cavirglia",  // exchanged before the middle
            "cavgrilia",  // exchanged in the middle
            "xavriglia",  // the first
            "cavriglix",  // the last
        ] {
            let found = offices.find(question, 20).unwrap();
            let first = found.offices.first().map(|office| &*office.code);
            let expected = match question {
                // Three letters apart from the middle: two errors.
                "cavgrilia" => None,
                _ => Some("c_c407"),
            };
            assert_eq!(first, expected, "{question}");
            if expected.is_some() {
                let reading = (question.to_owned(), vec!["cavriglia".to_owned()]);
                assert_eq!(found.readings, [reading]);
            }
        }
        for question in [
            "cavrila",
            "avrigla",
            "cavrigliaaa",
            "rma",
            "zzz",
            "",
            "'",
            "\"",
            "*",
        ] {
            assert_eq!(codes(&offices, question), [] as [&str; 0], "{question}");
        }
        let exact = offices.find("comune di cavriglia", 20).unwrap();
        assert_eq!(exact.readings, []);
    }

    #[test]
    fn a_word_that_is_misspelt_into_another_is_found_where_nothing_else_is() {
        let (folder, offices) = sample();
        drop(offices);
        let bodies = vec![
            body("c_h501", "Comune di Roma"),
            body("x", "Unione Rona"),
            body("y", "Comune di Milano"),
        ];
        write(folder.path(), &[table(Kind::Body, bodies)]).unwrap();
        let offices = Offices::open(folder.path()).unwrap().unwrap();
        assert_eq!(codes(&offices, "rona"), ["x"]);
        let found = offices.find("comune rona", 20).unwrap();
        assert_eq!(found.offices[0].code, "c_h501");
        assert_eq!(
            found.readings,
            [("rona".to_owned(), vec!["roma".to_owned()])]
        );
        // Words that stand in names, and in none together.
        assert_eq!(codes(&offices, "milano unione"), [] as [&str; 0]);
    }

    #[test]
    fn a_code_or_a_tax_code_alone_finds_what_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut bodies = vec![body("c_h501", "Comune di Roma"), body("c_f205", "Milano")];
        bodies[0].tax_code = Some("02438750586".to_owned());
        write(folder.path(), &[table(Kind::Body, bodies)]).unwrap();
        let offices = Offices::open(folder.path()).unwrap().unwrap();
        for question in ["C_H501", " 02438750586 ", "roma"] {
            assert_eq!(codes(&offices, question), ["c_h501"], "{question}");
        }
        for question in ["0243875058", "02438750586 roma", "c_h5011"] {
            assert_eq!(codes(&offices, question), [] as [&str; 0], "{question}");
        }
    }

    #[test]
    fn there_are_no_more_than_were_asked_for() {
        let (_folder, offices) = sample();
        let found = offices.find("comune", 2).unwrap();
        assert_eq!((found.offices.len(), found.more), (2, true));
        let found = offices.find("comune", 20).unwrap();
        assert_eq!((found.offices.len(), found.more), (7, false));
    }

    #[test]
    fn offices_are_known_by_code_and_by_address() {
        let (_folder, offices) = sample();
        let code = |code| offices.of_code(code).unwrap();
        assert_eq!(code("C_C407")[0].name, "Comune di Cavriglia");
        let unit = &code("ufabcd")[0];
        assert_eq!(unit.body_name, "Comune di Cavriglia");
        assert_eq!(
            unit.certified().collect::<Vec<_>>(),
            ["protocollo@pec.example"]
        );
        assert_eq!(unit.updated, Some(DAY));
        assert_eq!(code("c_c40"), []);
        let address = |text| offices.of_address(&MailAddress::new(text)).unwrap();
        assert_eq!(address("PROTOCOLLO@pec.example")[0].code, "UFABCD");
        assert_eq!(address("altro@pec.example"), []);
        let tables = offices.tables().unwrap();
        let kinds: Vec<Kind> = tables.iter().map(|table| table.kind).collect();
        assert_eq!(kinds, [Kind::Body, Kind::Unit]);
        assert_eq!((tables[0].offices, tables[0].dated), (8, DAY));
        assert_eq!(offices.all(Kind::Unit).unwrap().len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_and_is_replaced_whole() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, offices) = sample();
        let path = folder.path().join(FILE);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        write(folder.path(), &[table(Kind::Body, vec![body("z", "Zeta")])]).unwrap();
        // Who had it open reads what was there.
        assert_eq!(codes(&offices, "milano"), ["c_f205"]);
        let anew = Offices::open(folder.path()).unwrap().unwrap();
        assert_eq!(codes(&anew, "milano"), [] as [&str; 0]);
        assert_eq!(codes(&anew, "zeta"), ["z"]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_told_and_none_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Offices::open(folder.path()).unwrap().is_none());
        fs::write(folder.path().join(FILE), "x".repeat(5_000)).unwrap();
        let opened = Offices::open(folder.path());
        assert!(matches!(opened, Err(Error::Unusable)), "{opened:?}");
        fs::write(folder.path().join(FILE), "").unwrap();
        assert!(matches!(Offices::open(folder.path()), Err(Error::Unusable)));
    }
}
