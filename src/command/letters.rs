//! Letters as several commands list them: a line of text each, a documented object of JSON; the ledger
//! that is indexed before they are looked for; threads.
//!
//! Everything that comes from mail is made safe to show, and what nobody vouches for is told as such.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::dates::When;
use super::{Failure, Session, access};
use crate::address::MailAddress;
use crate::client;
use crate::lang::Lang;
use crate::ledger::letter::MOST_WORDS;
use crate::ledger::{Ledger, LetterFilter, LetterList, LetterRow, LetterStanding, Manner};
use crate::output::catalogue::Catalogue;
use crate::output::layout::{cut, shown};
use crate::output::progress::Progress;
use crate::output::report::{SHA256, SHORT_ID, known};
use crate::output::style::{Style, Tone};
use crate::printable::Printable;
use crate::timestamp::Timestamp;

/// Characters of a subject in a list; the whole of it is shown with the letter.
const SUBJECT_CHARACTERS: usize = 60;

/// Letters that are named where a word may mean several.
const MOST_MEANT: usize = 10;

/// What chooses letters, as it was typed.
pub(super) struct Wanted {
    pub words: Vec<String>,
    pub sender: Option<String>,
    pub subject: Option<String>,
    pub since: Option<When>,
    pub until: Option<When>,
    pub unread: bool,
    pub with_attachments: bool,
}

impl Wanted {
    /// What the ledger is asked.
    ///
    /// # Errors
    /// A [`Failure`] when there are more words than anybody looks for.
    pub fn filter(
        &self,
        account: Option<MailAddress>,
        now: Timestamp,
    ) -> Result<LetterFilter, Failure> {
        let split =
            |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let of = |text: &Option<String>| text.as_deref().map(split).unwrap_or_default();
        let filter = LetterFilter {
            account,
            since: self.since.map(|when| when.start(now)),
            until: self.until.map(|when| when.end(now)),
            unopened: self.unread,
            with_attachments: self.with_attachments,
            sender: of(&self.sender),
            subject: of(&self.subject),
            words: self.words.iter().flat_map(|words| split(words)).collect(),
        };
        let count = filter.words.len() + filter.sender.len() + filter.subject.len();
        if count > MOST_WORDS {
            return Err(Failure::new(
                "too-many-words",
                [("most", MOST_WORDS.to_string())],
            ));
        }
        Ok(filter)
    }
}

/// The ledger with all of its letters indexed, if there is one; what could not be indexed is counted,
/// and told on standard error.
///
/// # Errors
/// A [`Failure`].
pub(super) fn open(session: &mut Session<'_>) -> anyhow::Result<Option<(Ledger, usize)>> {
    if session.data_dir.is_none() {
        return Err(Failure::new("no-data-folder", []).into());
    }
    let Some(mut ledger) = access::existing_ledger(session)? else {
        return Ok(None);
    };
    if ledger.manner() == Manner::OfEarlierForm
        && let Ok(brought_forward) = Ledger::open(ledger.folder())
    {
        ledger = brought_forward;
    }
    let missing = index(&mut ledger, session)?;
    Ok(Some((ledger, missing)))
}

/// Indexes what is not indexed yet, where the ledger may be written; gives how many letters are
/// missing still.
///
/// # Errors
/// A [`Failure`].
pub(super) fn index(ledger: &mut Ledger, session: &mut Session<'_>) -> anyhow::Result<usize> {
    let failure = |error| Failure::of_ledger(&error);
    if ledger.unindexed(1).map_err(failure)?.is_empty() {
        return Ok(0);
    }
    let texts = Catalogue::of(session.lang);
    if ledger.is_writable() {
        let visible = session.context.stderr_is_terminal;
        let progress = Progress::new(visible, texts.text("inbox.indexing"));
        // Where it cannot be written now, what is there is shown.
        let _ = client::index(ledger, &mut |count| progress.add(count));
        progress.finish();
    }
    let missing = ledger.count_unindexed().map_err(failure)?;
    if missing > 0 {
        let line = texts.count("inbox.missing", missing, &[]);
        writeln!(session.err, "{line}")?;
    }
    Ok(missing)
}

/// The letters that a person's word may mean: that of a short id or Message-ID, whichever list it is in,
/// else those of the list with such words in their subject, of which the one that has no others counts.
///
/// # Errors
/// A [`Failure`] of the ledger.
pub(super) fn meant(
    ledger: &Ledger,
    word: &str,
    list: LetterList,
) -> anyhow::Result<Vec<LetterRow>> {
    let failed = |error| Failure::of_ledger(&error);
    let found = ledger.find_letter(word).map_err(failed)?;
    if !found.is_empty() || word.trim().is_empty() {
        return Ok(found);
    }
    let filter = LetterFilter {
        subject: word.split_whitespace().map(str::to_owned).collect(),
        ..LetterFilter::default()
    };
    let found = ledger.letters(list, &filter, MOST_MEANT, 0);
    let mut found = found.map_err(failed)?;
    let mut exact = (0..found.len()).filter(|&at| found[at].subject == word);
    match (exact.next(), exact.next()) {
        (Some(only), None) => Ok(vec![found.swap_remove(only)]),
        _ => Ok(found),
    }
}

/// The one letter that a person's word means: by an id any, by its subject one that was received.
///
/// # Errors
/// A [`Failure`] when there is none, or when there are several: then they are named.
pub(super) fn one(ledger: &Ledger, word: &str) -> anyhow::Result<LetterRow> {
    let mut found = meant(ledger, word, LetterList::Received)?;
    match found.len() {
        0 => Err(Failure::new("no-letter", [("message", word.to_owned())]).into()),
        1 => Ok(found.remove(0)),
        _ => Err(several(word, &found).into()),
    }
}

/// The same, of those that were received alone.
///
/// # Errors
/// As [`one`].
pub(super) fn one_received(ledger: &Ledger, word: &str) -> anyhow::Result<LetterRow> {
    let row = one(ledger, word)?;
    match row.message {
        None => Ok(row),
        Some(_) => Err(Failure::new("no-letter", [("message", word.to_owned())]).into()),
    }
}

/// Several letters are meant.
pub(super) fn several(word: &str, found: &[LetterRow]) -> Failure {
    let shorts: Vec<&str> = found.iter().map(|row| &*row.letter.short).collect();
    let values = [("word", word.to_owned()), ("messages", shorts.join(", "))];
    Failure::new("several-messages", values)
}

/// A letter in a list. Sender, time and Message-ID are certified where standing is certified;
/// elsewhere they are claims of the mail itself.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "letter")]
pub(super) struct LetterJson<'a> {
    /// The short id, by which pec show names it; of a message of ours that of pec status.
    #[schemars(regex(pattern = SHORT_ID))]
    id: &'a str,
    /// The account.
    account: &'a str,
    /// certified: genuine certified mail. anomaly: ordinary mail in the provider's anomaly envelope,
    /// whose sender is not proved. cannot-tell, not-genuine: it claims to be certified mail, and
    /// was not proved. ordinary: it only looked like certified mail. sent: a message of ours.
    #[schemars(schema_with = "standings")]
    standing: &'static str,
    /// The sender: as certified, or ours; of all others what the mail claims.
    sender: &'a str,
    /// The subject of the original; may be empty.
    subject: &'a str,
    /// The certified time; null unless certified. UTC, RFC 3339.
    certified_at: Option<Timestamp>,
    /// By what the list is ordered: the certified time; of other mail when the server had it; of a
    /// message of ours when it was recorded. UTC, RFC 3339.
    at: Timestamp,
    /// The Message-ID that its writer gave it, without brackets.
    message_id: Option<&'a str>,
    /// The provider's identifier of its transmission, which the envelope has as Message-ID.
    identifier: Option<&'a str>,
    /// The Message-ID that it says it answers, without brackets.
    answers: Option<&'a str>,
    /// How many files are attached to the original.
    attachments: usize,
    /// Octets as received or sent; 0 where the file cannot be read.
    size: u64,
    /// When it was first read with this program; null: not yet. The server is told nothing of it.
    /// UTC, RFC 3339.
    read_at: Option<Timestamp>,
    /// Of certified mail about which there are doubts: the id of the check that found the first.
    doubt: Option<&'a str>,
    /// Of what was not proved: the id of the check that decided.
    finding: Option<&'a str>,
    /// SHA-256 of its octets.
    #[schemars(regex(pattern = SHA256))]
    sha256: &'a str,
    /// The file that holds them.
    file: String,
}

/// What a letter is.
pub(super) fn standings(_: &mut SchemaGenerator) -> Schema {
    known(LetterStanding::ALL.map(LetterStanding::word))
}

impl<'a> LetterJson<'a> {
    pub fn of(row: &'a LetterRow, ledger: &Ledger) -> Self {
        Self {
            id: &row.letter.short,
            account: &row.account,
            standing: row.standing.word(),
            sender: &row.sender,
            subject: &row.subject,
            certified_at: Some(row.at).filter(|_| row.standing == LetterStanding::Certified),
            at: row.at,
            message_id: row.message_id.as_deref(),
            identifier: row.identifier.as_deref(),
            answers: row.answers.as_deref(),
            attachments: row.attachments,
            size: row.size,
            read_at: row.opened_at,
            doubt: row.doubt.as_deref(),
            finding: row.headline.as_deref(),
            sha256: &row.octets,
            file: ledger.path_of(&row.octets).display().to_string(),
        }
    }
}

/// How lists show letters.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub lang: Lang,
    pub style: Style,
    /// Whether letters of several accounts stand in one list.
    pub accounts: bool,
}

impl Look {
    /// Two lines: id, mark, time and sender; subject, attachments and size.
    pub fn lines(self, row: &LetterRow) -> [String; 2] {
        self.lines_of(row, &self.sender(row))
    }

    /// The same with somebody else than the sender, made safe to show.
    pub fn lines_of(self, row: &LetterRow, whom: &str) -> [String; 2] {
        let mark = match row.opened_at {
            None if row.message.is_none() => "*",
            _ => " ",
        };
        let account = match self.accounts {
            true => format!("  ({})", Printable(&row.account)),
            false => String::new(),
        };
        let (short, at) = (&row.letter.short, shown(row.at, self.lang));
        let first = format!("{short} {mark} {at}  {whom}{account}");
        let pad = " ".repeat(short.len());
        [
            first,
            format!("{pad}   {}{}", self.subject(row), self.rest(row)),
        ]
    }

    /// The sender; what nobody vouches for is told as a claim.
    pub fn sender(self, row: &LetterRow) -> String {
        let texts = Catalogue::of(self.lang);
        let sender = match &*row.sender {
            "" => texts.text("inbox.no-sender").to_owned(),
            sender => Printable(sender).to_string(),
        };
        match row.standing {
            LetterStanding::Certified | LetterStanding::Sent => sender,
            LetterStanding::Anomaly
            | LetterStanding::CannotTell
            | LetterStanding::NotGenuine
            | LetterStanding::Ordinary => {
                let said = texts.fill("inbox.claimed-sender", &[("sender", &sender)]);
                self.style.paint(Tone::Unsure, said)
            }
        }
    }

    /// The subject, cut.
    pub fn subject(self, row: &LetterRow) -> String {
        match &*row.subject {
            "" => Catalogue::of(self.lang).text("value.no-subject").to_owned(),
            subject => cut(&Printable(subject).to_string(), SUBJECT_CHARACTERS),
        }
    }

    /// How many files, how large, and whether there is a doubt.
    fn rest(self, row: &LetterRow) -> String {
        let texts = Catalogue::of(self.lang);
        let mut said = Vec::new();
        if row.attachments > 0 {
            said.push(texts.count("inbox.attachments", row.attachments, &[]));
        }
        said.push(match row.size {
            0 => self.style.paint(Tone::Bad, texts.text("inbox.no-file")),
            size => texts.size(size),
        });
        if row.doubt.is_some() {
            said.push(self.style.paint(Tone::Unsure, texts.text("inbox.doubt")));
        }
        format!("  ({})", said.join(", "))
    }

    /// What a standing is, in plain words: a heading.
    pub fn heading(self, standing: LetterStanding) -> String {
        let text = Catalogue::of(self.lang).text(&format!("inbox.of.{}", standing.word()));
        let tone = match standing {
            LetterStanding::Certified | LetterStanding::Sent => return text.to_owned(),
            LetterStanding::NotGenuine => Tone::Bad,
            LetterStanding::Anomaly | LetterStanding::CannotTell | LetterStanding::Ordinary => {
                Tone::Unsure
            }
        };
        self.style.paint(tone, text)
    }

    /// One line, for a thread: id, time, sender, subject, and what it is unless certified or ours.
    pub fn line(self, row: &LetterRow) -> String {
        let (short, at) = (&row.letter.short, shown(row.at, self.lang));
        let (sender, subject) = (self.sender(row), self.subject(row));
        let word = self.word(row.standing);
        format!("{short}  {at}  {sender}  {subject}  {word}")
    }

    /// What a letter is, in a word or two.
    pub fn word(self, standing: LetterStanding) -> String {
        let text = Catalogue::of(self.lang).text(&format!("inbox.word.{}", standing.word()));
        let tone = match standing {
            LetterStanding::Certified | LetterStanding::Sent => Tone::Faint,
            LetterStanding::NotGenuine => Tone::Bad,
            LetterStanding::Anomaly | LetterStanding::CannotTell | LetterStanding::Ordinary => {
                Tone::Unsure
            }
        };
        self.style.paint(tone, text)
    }
}

/// What a letter answers, and what answers it, as the letters say.
#[derive(Clone, Default)]
pub(super) struct Thread {
    pub answered: Vec<LetterRow>,
    pub answers: Vec<LetterRow>,
}

impl Thread {
    /// That of a letter; nothing where the ledger cannot say.
    pub fn of(row: &LetterRow, ledger: &Ledger) -> Self {
        Self {
            answered: ledger.answered_by(row).unwrap_or_default(),
            answers: ledger.answers_to(row).unwrap_or_default(),
        }
    }

    /// The same for a person: nothing where there is none.
    pub fn lines(&self, lang: Lang, style: Style) -> Vec<String> {
        let texts = Catalogue::of(lang);
        let look = Look {
            lang,
            style,
            accounts: false,
        };
        let mut lines = Vec::new();
        for (key, rows) in [
            ("inbox.thread-answered", &self.answered),
            ("inbox.thread-answers", &self.answers),
        ] {
            if !rows.is_empty() {
                lines.push(texts.text(key).to_owned());
                lines.extend(rows.iter().map(|row| format!("  {}", look.line(row))));
            }
        }
        lines
    }
}

/// A message of the same thread. Sender and time are certified where standing is certified;
/// elsewhere they are claims of the mail itself.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "threaded")]
pub(super) struct ThreadedJson {
    /// Its short id, by which pec show names it.
    #[schemars(regex(pattern = SHORT_ID))]
    id: String,
    /// What it is; see the schema of pec inbox.
    #[schemars(schema_with = "standings")]
    standing: &'static str,
    /// The sender.
    sender: String,
    /// The subject of the original.
    subject: String,
    /// The certified time; of other mail when the server had it; of a message of ours when it was
    /// recorded. UTC, RFC 3339.
    at: Timestamp,
}

impl ThreadedJson {
    /// Those of letters.
    pub fn all(rows: &[LetterRow]) -> Vec<Self> {
        let rows = rows.iter().map(|row| Self {
            id: row.letter.short.clone(),
            standing: row.standing.word(),
            sender: row.sender.clone(),
            subject: row.subject.clone(),
            at: row.at,
        });
        rows.collect()
    }
}
