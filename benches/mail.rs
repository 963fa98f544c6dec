//! What sending, reading and asking the ledger cost, beside other programs that do the same on
//! the same servers in the same run.
//!
//! `cargo bench --bench mail` prints the table; `-- --quick` is a trial with fewer messages,
//! `-- sending` only what is sent (with `PEC_SERVERS_ON_DISK=1`), `-- ledger` only the part that needs no
//! server: among it what 300 rows of a table cost over ledgers of 0, 20,000 and 100,000 messages (with
//! `--quick` 60 over 0, 1,000 and 5,000); `-- inbox` only what is read, `-- quiet` only a mailbox in which
//! nothing is new. `PEC_BENCH_LETTERS` and `PEC_BENCH_CERTIFIED` say over how many letters words are looked
//! for (50,000), and how large the mailbox is that is all certified (20,000).
//! Needs what `tests/support/servers.rs` names (root, Dovecot, Postfix), `mbsync` and
//! `sqlite3`; what is missing is skipped with a line. Nothing here fails on a slow machine.

use std::cell::RefCell;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, SmtpConnection, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use postacert::address::MailAddress;
use postacert::batch::notice::{Recipe, Writer};
use postacert::batch::pace::Pace;
use postacert::batch::table::Columns;
use postacert::client::Judge;
use postacert::client::batch::{
    Allowed, End as Ended, FileFacts, Files, Happening, Reach, Runner, Sender, Time,
};
use postacert::ledger::fact::{AttemptEnd, Words};
use postacert::ledger::{
    Claim, Commit, End, JobRef, JobRow, Ledger, NewJob, NewRow, Planned, Taken, Terms,
};
use postacert::pec::outgoing::{Limits, OutgoingMessage};
use postacert::providers::Trust;
use postacert::timestamp::Timestamp;
use postacert::transport::compose::{Draft, compose};
use postacert::transport::smtp::SmtpSubmission;
use postacert::transport::{
    self, Came, Endpoint, Fetched, Folder, FolderState, Mailbox, Quota, Security, Stop, Submission,
    SubmissionReport, Summary, Timeouts, Waited,
};
use postacert::verify::Verifier;
use support::cases::sent;
use support::receipt::{Kind, Receipt};
use support::servers::{PASSWORD, Servers};
use support::{servers, world};

#[allow(unused_imports, reason = "its own tests are not part of a benchmark")]
#[path = "../tests/support/mod.rs"]
mod support;

/// 22 November 2026, a while after the receipts were signed.
const NOW: Timestamp = Timestamp::from_unix(1_795_305_600);
/// A line of each message.
const BODY: &str = "Buongiorno, si comunica quanto segue.\n";
/// Who sends and reads.
const USER: &str = "io@pec.mittente.example";

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let scale = |full: usize| if quick { full / 20 } else { full };
    println!("{:<46} {:>8}   {:<14}  met", "what", "ratio", "target");
    let of = |name: &str, full: usize| {
        let given = std::env::var(name)
            .ok()
            .and_then(|count| count.parse().ok());
        given.unwrap_or_else(|| scale(full))
    };
    let letters_of = of("PEC_BENCH_LETTERS", 50_000);
    let certified_of = of("PEC_BENCH_CERTIFIED", 20_000);
    let only = std::env::args().nth(1).unwrap_or_default();
    if only == "inbox" {
        if let Some(servers) = servers::running() {
            certified(servers, certified_of);
        }
        return letters(letters_of);
    }
    if only == "sending" {
        if let Some(servers) = servers::running() {
            sending(servers, scale(1_000));
        }
        return;
    }
    if only == "ledger" {
        growth(quick);
        return ledger(scale(100_000));
    }
    if only == "quiet" {
        if let Some(servers) = servers::running() {
            nothing_new(servers, scale(20_000));
        }
        return;
    }
    if let Some(servers) = servers::running() {
        sending(servers, scale(1_000));
        mailbox(servers, scale(20_000));
        nothing_new(servers, scale(20_000));
        certified(servers, certified_of);
    }
    growth(quick);
    ledger(scale(100_000));
    letters(letters_of);
}

/// A line of the table; `most` is the target.
fn row(what: &str, ratio: f64, most: Option<f64>) {
    let (target, met) = match most {
        Some(most) => (
            format!("at most {most}"),
            if ratio <= most { "yes" } else { "NO" },
        ),
        None => (String::new(), ""),
    };
    println!("{what:<46} {ratio:>8.2}   {target:<14}  {met}");
}

fn note(text: &str) {
    println!("    {text}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ratio(this: Duration, other: Duration) -> f64 {
    this.as_secs_f64() / other.as_secs_f64()
}

fn message(number: usize, to: &str) -> OutgoingMessage {
    named(number, to, format!("<{number}.{to}>"))
}

fn named(number: usize, to: &str, message_id: String) -> OutgoingMessage {
    let octets = compose(&Draft {
        from: MailAddress::new(USER),
        from_name: None,
        to: vec![MailAddress::new(to)],
        cc: Vec::new(),
        reply_to: None,
        subject: format!("Avviso n. {number}"),
        body: BODY.repeat(40),
        attachments: Vec::new(),
        fields: Vec::new(),
        message_id,
        date: NOW,
    });
    let mailbox = MailAddress::new(USER);
    OutgoingMessage::freeze(octets.expect("a message"), &mailbox, Limits::default())
        .expect("a good one")
}

// The ledger

/// `pec status` beside the `sqlite3` shell asking the same.
fn ledger(count: usize) {
    if Command::new("sqlite3").arg("-version").output().is_err() {
        return println!("skipped: the ledger beside sqlite3, which is not installed");
    }
    let folder = tempfile::tempdir().expect("a folder");
    drop(Ledger::open(folder.path()).expect("a ledger"));
    let file = folder.path().join("ledger.sqlite");
    fill(&file, count);
    // Who opens it first writes the journal of what was filled in.
    drop(Ledger::open(folder.path()).expect("a ledger"));
    let status = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pec"));
        command.arg("--data-dir").arg(folder.path()).arg("status");
        command.args(arguments).arg("--json").stdout(Stdio::null());
        command
    };
    let shell = |query: &str| {
        let mut command = Command::new("sqlite3");
        command.arg(&file).arg(query).stdout(Stdio::null());
        command
    };
    // All that the document shows of a message.
    let whole = |which: &str| {
        format!(
            "SELECT * FROM message WHERE id IN ({which}) ORDER BY frozen_at DESC, id DESC;
             SELECT * FROM recipient WHERE message IN ({which});
             SELECT * FROM fact WHERE message IN ({which});
             SELECT * FROM examination WHERE message IN ({which});"
        )
    };
    let middle = format!("{:08x}", count / 2);
    let one = whole(&format!("SELECT id FROM message WHERE short = '{middle}'"));
    let page = whole("SELECT id FROM message ORDER BY frozen_at DESC, id DESC LIMIT 50");
    for (what, ours, theirs) in [
        ("status of one", status(&[&middle]), shell(&one)),
        (
            "status, first page",
            status(&["--limit", "50"]),
            shell(&page),
        ),
    ] {
        beside_shell(what, ours, theirs, &format!("{count} messages"));
    }
}

/// Whole processes, taken by turns: ours may take 5 ms more than the shell.
fn beside_shell(what: &str, mut ours: Command, mut theirs: Command, of: &str) {
    let (mut this, mut other) = (Vec::new(), Vec::new());
    for _ in 0..31 {
        this.push(timed(ours.stdout(Stdio::null())));
        other.push(timed(theirs.stdout(Stdio::null())));
    }
    let (this, other) = (median(this), median(other));
    let allowed = other + Duration::from_millis(5);
    row(
        &format!("{what} / sqlite3 shell + 5 ms"),
        ratio(this, allowed),
        Some(1.0),
    );
    note(&format!(
        "{of}: {:.1} ms against {:.1} ms, whole processes",
        this.as_secs_f64() * 1e3,
        other.as_secs_f64() * 1e3
    ));
}

// Letters

/// Words of a text that somebody wrote: a few are everywhere, most are rare.
fn words_of(number: usize) -> String {
    let word = |at: usize| {
        // Squares of a walk through all numbers: small ones come more often.
        let mixed = (number * 7_919 + at * 104_729) % 10_007;
        format!("parola{}", mixed * mixed / 20_000)
    };
    (0..60).map(word).collect::<Vec<_>>().join(" ")
}

/// The first page of an inbox, and words in it, beside the `sqlite3` shell asking the same.
fn letters(count: usize) {
    if Command::new("sqlite3").arg("-version").output().is_err() {
        return println!("skipped: the inbox beside sqlite3, which is not installed");
    }
    let folder = tempfile::tempdir().expect("a folder");
    drop(Ledger::open(folder.path()).expect("a ledger"));
    let file = folder.path().join("ledger.sqlite");
    let mut connection = rusqlite::Connection::open(&file).expect("a ledger");
    let transaction = connection.transaction().expect("a transaction");
    for number in 1..=count as i64 {
        let octets = format!("{number:064x}");
        let subject = format!("Pratica n. {number}: richiesta di copia");
        let words = words_of(number as usize);
        let at = NOW.unix() - 90 * 86_400 + number;
        let run = |query: &str, values: &[&dyn rusqlite::ToSql]| {
            let mut statement = transaction.prepare_cached(query).expect("a query");
            statement.execute(values).expect("run");
        };
        run(
            "INSERT INTO examination (account, octets, verdict, kind, certified_at, sender, subject,
                 match_rule, examined_at, indexed)
             VALUES (?1, ?2, 'genuine', 'posta-certificata', ?3, ?1, ?4, 'not-for-sender', ?3, 1)",
            &[&USER, &octets, &at, &subject],
        );
        run(
            "INSERT INTO letter (id, short, account, octets, standing, at, sender, subject, size,
                 attachments)
             VALUES (?1, printf('%08x', ?1), ?2, ?3, 'certified', ?4, ?2, ?5, 12000, 1)",
            &[&number, &USER, &octets, &at, &subject],
        );
        run(
            "INSERT INTO letter_words (rowid, subject, sender, people, body, files)
             VALUES (?1, ?2, ?3, '', ?4, 'relazione.pdf')",
            &[&number, &subject, &USER, &words],
        );
    }
    transaction.commit().expect("filled");
    drop(connection);
    // A shell of an earlier SQLite does not open an index from which rows can be deleted.
    let shells = folder.path().join("shell.sqlite");
    fs::copy(&file, &shells).expect("copied");
    let connection = rusqlite::Connection::open(&shells).expect("a copy");
    connection
        .execute_batch(
            "DROP TRIGGER letter_gone; DROP TABLE letter_words;
             CREATE VIRTUAL TABLE letter_words USING fts5 (subject, sender, people, body, files,
                 content = '', tokenize = 'unicode61 remove_diacritics 2'); BEGIN;",
        )
        .expect("the other index");
    for number in 1..=count as i64 {
        let subject = format!("Pratica n. {number}: richiesta di copia");
        let words = words_of(number as usize);
        let mut statement = connection
            .prepare_cached(
                "INSERT INTO letter_words (rowid, subject, sender, people, body, files)
                 VALUES (?1, ?2, ?3, '', ?4, 'relazione.pdf')",
            )
            .expect("a query");
        statement
            .execute((number, subject, USER, words))
            .expect("run");
    }
    connection.execute_batch("COMMIT;").expect("filled");
    drop(connection);
    let page = |from: &str, and: &str| {
        format!(
            "SELECT letter.*, examination.headline FROM {from}
             LEFT JOIN examination ON examination.account = letter.account
                 AND examination.octets = letter.octets
             WHERE {and} ORDER BY letter.at DESC, letter.id DESC LIMIT 21;"
        )
    };
    let of_words = "letter_words CROSS JOIN letter ON letter.id = letter_words.rowid";
    let found = |words: &str| page(of_words, &format!("letter_words MATCH '{words}'"));
    for (what, arguments, query) in [
        (
            "inbox, first page",
            vec!["inbox"],
            page("letter", "standing = 'certified'"),
        ),
        (
            "inbox, a rare word",
            vec!["inbox", "parola4711"],
            found("\"parola4711\" *"),
        ),
        (
            "search, a word of many",
            vec!["search", "parola12"],
            found("\"parola12\" *"),
        ),
        (
            "search, two words of all",
            vec!["search", "pratica", "copia"],
            found("\"pratica\" * AND \"copia\" *"),
        ),
    ] {
        let mut ours = Command::new(env!("CARGO_BIN_EXE_pec"));
        ours.arg("--data-dir")
            .arg(folder.path())
            .args(arguments)
            .arg("--json");
        let mut theirs = Command::new("sqlite3");
        theirs.arg(&shells).arg(query);
        beside_shell(what, ours, theirs, &format!("{count} letters"));
    }
}

// Growing

/// Rows recorded, planned, taken, handed over and ended, over ledgers that hold more and more.
fn growth(quick: bool) {
    let (rows, sizes) = match quick {
        true => (60, [0, 1_000, 5_000]),
        false => (300, [0, 20_000, 100_000]),
    };
    let mut first = None;
    for size in sizes {
        let folder = tempfile::tempdir().expect("a folder");
        drop(Ledger::open(folder.path()).expect("a ledger"));
        fill(&folder.path().join("ledger.sqlite"), size);
        let mut ledger = Ledger::open(folder.path()).expect("a ledger");
        let job = job_of(&mut ledger, rows);
        let began = Instant::now();
        for row in ledger
            .open_rows(&job, &MailAddress::new(USER), false, 0, 1_000)
            .expect("rows")
        {
            serve(&mut ledger, &row);
        }
        let took = began.elapsed();
        let base = *first.get_or_insert(took);
        row(
            &format!("{rows} rows over {size} messages / over none"),
            ratio(took, base),
            Some(1.3),
        );
        note(&format!(
            "{:.2} ms each",
            took.as_secs_f64() * 1e3 / f64::from(rows)
        ));
    }
}

/// All that a run does for one row, but for the wire.
fn serve(ledger: &mut Ledger, row: &JobRow) {
    let terms = Terms::default();
    ledger
        .orphans_to_adopt(&MailAddress::new(USER))
        .expect("orphans");
    let plan = ledger.plan(row, terms).expect("a plan");
    let (id, _) = plan.message().expect("a new message");
    let message = named(row.row.number as usize, "a@pec.destinatario.example", id);
    let planned = Planned {
        row,
        plan: &plan,
        terms,
        message: Some(&message),
    };
    let taken = ledger.take_row(planned, NOW).expect("taken");
    let Taken::New(recorded) = taken else {
        panic!("{taken:?}");
    };
    ledger.is_of_now(&recorded, NOW).expect("of now");
    let hour = Timestamp::from_unix(NOW.unix() - 3_600);
    ledger
        .sent_since(&MailAddress::new(USER), hour)
        .expect("the last hour");
    let attempt = ledger
        .begin(&recorded, Claim::NeverLeft, NOW)
        .expect("begun");
    ledger.hand(&attempt, NOW, Commit::AtOnce).expect("handed");
    let end = End {
        whole: AttemptEnd::Taken(Words {
            code: Some(250),
            text: "2.0.0".to_owned(),
        }),
        refused: Vec::new(),
    };
    ledger
        .end(attempt, &end, NOW, Commit::AtOnce)
        .expect("ended");
}

fn job_of(ledger: &mut Ledger, count: u32) -> JobRef {
    let identity = "0".repeat(64);
    let new = NewJob {
        identity: &identity,
        path: "/avvisi.csv",
        recipe: "{}",
    };
    let mut rows = (2..count + 2).map(|number| NewRow {
        number: u64::from(number),
        account: MailAddress::new(USER),
        reference: format!("content {number}"),
        round: String::new(),
        content: format!("content {number}"),
        whom: "a@pec.destinatario.example".to_owned(),
        columns: "{}".to_owned(),
        recipients: 1,
        size: 1_000,
        bad: None,
    });
    let mut next = || Ok::<_, postacert::ledger::Error>(rows.next());
    ledger
        .record_job(new, &mut next, &mut || Ok(()), NOW)
        .expect("a job")
}

/// So many messages that were sent, accepted and delivered a while ago, and as many of others
/// that the mailbox held.
fn fill(file: &Path, size: usize) {
    let connection = rusqlite::Connection::open(file).expect("a ledger");
    let (then, last) = (NOW.unix() - 90 * 86_400, size as i64);
    let script = format!(
        "BEGIN;
         CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
             SELECT i + 1 FROM n WHERE i < {last}) SELECT i FROM n WHERE i <= {last};
         INSERT INTO message (id, short, account, message_id, sender, subject, receipt_form,
             octets, size, frozen_at, pending, indexed)
             SELECT i, printf('%08x', i), '{USER}', printf('<%08x@x>', i), '{USER}', 'Avviso ' || i,
                 'completa', printf('%064x', i), 1000, {then} + i, 0, 1 FROM n;
         INSERT INTO recipient (message, place, address, field, standing)
             SELECT i, 0, 'r' || i || '@pec.destinatario.example', 'to', 'delivered' FROM n;
         INSERT INTO fact (message, attempt, what, at, recorded_at)
             SELECT i, 1, what, {then} + i, {then} + i FROM n,
                 (SELECT 'begun' AS what UNION ALL SELECT 'handed' UNION ALL SELECT 'taken');
         INSERT INTO fact (message, place, what, at, evidence, identifier, recorded_at)
             SELECT i, 0, what, {then} + i, printf('%064x', i + at), 'i' || i, {then} + i FROM n,
                 (SELECT 'accepted' AS what, 0 AS at UNION ALL SELECT 'delivered', 1000000);
         INSERT INTO examination (account, octets, verdict, kind, certified_at, message_id,
             identifier, sender, subject, message, match_rule, examined_at, indexed)
             SELECT '{USER}', printf('%064x', i + at), 'genuine', kind, {then} + i,
                 printf('<%08x@x>', i), 'i' || i, '{USER}', 'Avviso ' || i, i, 'msgid', {then} + i, 1
             FROM n, (SELECT 'accettazione' AS kind, 0 AS at
                 UNION ALL SELECT 'avvenuta-consegna', 1000000);
         UPDATE surroundings SET journal = 0;
         COMMIT;"
    );
    connection.execute_batch(&script).expect("filled");
}

fn timed(command: &mut Command) -> Duration {
    let began = Instant::now();
    let status = command.status().expect("it starts");
    let took = began.elapsed();
    // 3: the message is shown, and still awaits its receipts.
    assert!(
        matches!(status.code(), Some(0 | 3)),
        "{command:?}: {status}"
    );
    took
}

// Sending

/// Rows of tables sent as `pec batch run` sends them, from the plan to the recorded end, beside a loop of
/// lettre that only sends the same messages. What the server has taken is on its disk, as with any server; it
/// delivers nothing, since the slower of the two would pay for that.
fn sending(servers: &Servers, count: usize) {
    if !servers.are_on_disk() {
        return note(
            "sending: not measured, the servers are in memory; PEC_SERVERS_ON_DISK=1 puts them on the disk",
        );
    }
    for (name, endpoint) in [
        ("Postfix", servers.submission(Security::Tls)),
        ("Dovecot", servers.dovecot_submission(Security::Tls)),
    ] {
        const TURNS: usize = 3;
        let folder = tempfile::tempdir().expect("a folder");
        let mut office = Office {
            ledger: Ledger::open(folder.path()).expect("a ledger"),
            verifier: Verifier::new(Trust::parse(&world::trust_file(), "trust").expect("trust")),
            line: Line(Rc::new(RefCell::new(connect(servers, &endpoint)))),
        };
        let mut bare = bare_connection(servers, &endpoint);
        without_delay(endpoint.port);
        let (mut this, mut other) = (Duration::ZERO, Duration::ZERO);
        for turn in 0..TURNS {
            let to = format!("trattenuto-{turn}@{}.example", name.to_lowercase());
            let job = office.job(turn, count, &to);
            let began = Instant::now();
            office.run(&job, count);
            this += began.elapsed();
            servers.discard_held();
            let messages: Vec<OutgoingMessage> = (0..count)
                .map(|number| message(turn * count + number, &to))
                .collect();
            let envelope = lettre::address::Envelope::new(
                USER.parse().ok(),
                vec![to.parse().expect("an address")],
            );
            let envelope = envelope.expect("an envelope");
            let began = Instant::now();
            for message in &messages {
                let sent = bare.send(&envelope, message.octets());
                assert!(sent.expect("an answer").is_positive());
            }
            other += began.elapsed();
            servers.discard_held();
        }
        let what = format!("{count} messages to {name}, journal included / lettre");
        row(&what, ratio(this, other), Some(1.25));
        let all = (TURNS * count) as f64;
        note(&format!(
            "{:.0} a second against {:.0}, both without delay (TCP_NODELAY)",
            all / this.as_secs_f64(),
            all / other.as_secs_f64()
        ));
    }
}

fn connect(servers: &Servers, endpoint: &Endpoint) -> SmtpSubmission {
    let login = servers.login(USER);
    SmtpSubmission::connect(endpoint, &servers.roots(), &login, Timeouts::default())
        .expect("a connection")
}

/// Who sends the rows of tables, over one connection.
struct Office {
    ledger: Ledger,
    verifier: Verifier,
    line: Line,
}

impl Office {
    /// A table of so many rows, recorded.
    fn job(&mut self, turn: usize, count: usize, to: &str) -> JobRef {
        let recipe = recipe();
        let writer = Writer::new(&recipe).unwrap_or_else(|faults| panic!("{faults:?}"));
        let row = |number: usize| {
            let reference = format!("{turn}-{number}");
            let mut columns = Columns::new();
            columns.insert("to".to_owned(), to.into());
            columns.insert("ref".to_owned(), reference.clone().into());
            let notice = writer.notice(&columns).expect("a notice");
            NewRow {
                number: number as u64 + 2,
                account: MailAddress::new(USER),
                reference,
                round: String::new(),
                content: notice.digest(std::iter::empty()),
                whom: notice.whom(),
                columns: serde_json::to_string(&columns).expect("JSON"),
                recipients: 1,
                size: 2_000,
                bad: None,
            }
        };
        let new = NewJob {
            identity: &format!("{turn:064x}"),
            path: "/avvisi.csv",
            recipe: "{}",
        };
        let mut rows = (0..count).map(row);
        let mut next = || Ok::<_, postacert::ledger::Error>(rows.next());
        let job = self.ledger.record_job(new, &mut next, &mut || Ok(()), NOW);
        job.expect("a job")
    }

    fn run(&mut self, job: &JobRef, count: usize) {
        let mut sent = 0;
        let runner = Runner {
            ledger: &mut self.ledger,
            job,
            recipe: &recipe(),
            sender: &Sender {
                account: "banco".to_owned(),
                address: MailAddress::new(USER),
                display_name: None,
                limits: Limits::default(),
            },
            judge: Judge {
                account: &MailAddress::new(USER),
                verifier: &self.verifier,
                keep: postacert::account::Keep::All,
            },
            folders: &[],
            reach: &mut self.line,
            files: &mut NoFiles,
            pace: Pace::default(),
            resend: None,
            allowed: &Allowed::default(),
            stop: &Stop::default(),
            hold: &AtomicBool::new(false),
            time: Time {
                now: &|| NOW,
                sleep: &|_| panic!("nothing is waited for"),
            },
            on_event: &mut |event| sent += usize::from(matches!(event.what, Happening::Sent(_))),
        };
        assert!(matches!(runner.run(), Ok(Ended::Done)));
        assert_eq!(sent, count);
    }
}

fn recipe() -> Recipe {
    Recipe {
        subject: Some("Avviso n. {{ ref }}".to_owned()),
        body: Some(BODY.repeat(40)),
        form: "completa".to_owned(),
        account: "banco".to_owned(),
        ..Recipe::default()
    }
}

/// A connection that stays, beside a mailbox without a message.
#[derive(Clone)]
struct Line(Rc<RefCell<SmtpSubmission>>);

impl Reach for Line {
    fn submission(&mut self) -> Result<Box<dyn Submission>, transport::Error> {
        Ok(Box::new(self.clone()))
    }

    fn mailbox(&mut self) -> Result<Box<dyn Mailbox>, transport::Error> {
        Ok(Box::new(Empty))
    }
}

impl Submission for Line {
    fn submit(
        &mut self,
        envelope: &transport::Envelope,
        octets: &[u8],
        before_data: &mut dyn FnMut() -> Result<(), String>,
    ) -> SubmissionReport {
        self.0.borrow_mut().submit(envelope, octets, before_data)
    }

    fn size_limit(&self) -> Option<u64> {
        self.0.borrow().size_limit()
    }
}

struct Empty;

impl Mailbox for Empty {
    fn folders(&mut self) -> Result<Vec<Folder>, transport::Error> {
        Ok(vec![Folder {
            name: "INBOX".to_owned(),
            separator: None,
            selectable: true,
            sent: false,
        }])
    }

    fn examine(&mut self, _: &str) -> Result<FolderState, transport::Error> {
        Ok(FolderState {
            uid_validity: 1,
            uid_next: Some(1),
            exists: 0,
            mod_seq: None,
        })
    }

    fn uids(&mut self, _: RangeInclusive<u32>) -> Result<Vec<u32>, transport::Error> {
        Ok(Vec::new())
    }

    fn summaries(&mut self, _: RangeInclusive<u32>, _: &[&str]) -> Came<Summary> {
        nothing()
    }

    fn fetch(&mut self, _: &[u32]) -> Came<Fetched> {
        nothing()
    }

    fn search_header(&mut self, _: &'static str, _: &str) -> Result<Vec<u32>, transport::Error> {
        Ok(Vec::new())
    }

    fn append(&mut self, _: &str, _: &[u8]) -> Result<(), transport::Error> {
        unreachable!("nothing is filed")
    }

    fn quota(&mut self) -> Result<Option<Quota>, transport::Error> {
        Ok(None)
    }

    fn wait(&mut self, _: Duration, _: Duration, _: &Stop) -> Result<Waited, transport::Error> {
        unreachable!("nothing is waited for")
    }

    fn octets_on_the_wire(&self) -> (u64, u64) {
        (0, 0)
    }
}

fn nothing<T>() -> Came<T> {
    Came {
        all: Vec::new(),
        fault: None,
    }
}

struct NoFiles;

impl Files for NoFiles {
    fn look(&mut self, name: &str) -> Result<FileFacts, String> {
        Err(name.to_owned())
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        Err(name.to_owned())
    }
}

/// Sets TCP_NODELAY on every connection of this process to a port. lettre does not, and cannot be
/// told to: the end of a message, which it writes alone, waits for the server to acknowledge what
/// was before it, at some servers for 40 ms. The socket of a connection is reached by another
/// descriptor of it (pidfd_getfd).
fn without_delay(port: u16) {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    let own = pidfd_open(getpid(), PidfdFlags::empty()).expect("this process");
    let mut count = 0;
    for entry in fs::read_dir("/proc/self/fd")
        .expect("descriptors")
        .flatten()
    {
        let number = entry.file_name().to_string_lossy().parse();
        let descriptor = pidfd_getfd(&own, number.expect("a number"), PidfdGetfdFlags::empty());
        let Ok(descriptor) = descriptor else {
            continue;
        };
        let stream = TcpStream::from(descriptor);
        if stream.peer_addr().is_ok_and(|peer| peer.port() == port) {
            stream.set_nodelay(true).expect("a connection");
            count += 1;
        }
    }
    assert_eq!(count, 2, "ours and the bare one");
}

fn bare_connection(servers: &Servers, endpoint: &Endpoint) -> SmtpConnection {
    let root = fs::read(servers.roots_file()).expect("a root");
    let root = Certificate::from_pem(&root).expect("a certificate");
    let tls = TlsParameters::builder(endpoint.host.clone())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(root)
        .build_rustls()
        .expect("TLS");
    let mut connection = SmtpConnection::connect(
        (&*endpoint.host, endpoint.port),
        Some(Duration::from_secs(30)),
        &ClientId::Domain("localhost".to_owned()),
        Some(&tls),
        None,
    )
    .expect("a connection");
    let login = (USER.to_owned(), PASSWORD.to_owned()).into();
    connection
        .auth(&[Mechanism::Plain], &login)
        .expect("logged in");
    connection
}

// Reading

/// A mailbox of which a tenth is receipts: `pec sync` beside `mbsync` fetching the folder.
fn mailbox(servers: &Servers, count: usize) {
    servers.deliver(
        USER,
        (0..count).map(|number| {
            if number % 10 == 0 {
                receipt(number)
            } else {
                ordinary(number)
            }
        }),
    );
    let straight = servers.imap(Security::Tls);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let has_mbsync = Command::new("mbsync").arg("--version").output().is_ok();
    for _ in 0..3 {
        ours.push(once(&straight, |folder, port| {
            pec_sync(servers, USER, folder, port)
        }));
        if has_mbsync {
            theirs.push(once(&straight, |folder, port| {
                mbsync(servers, USER, folder, port)
            }));
        }
    }
    let this = median(ours.iter().map(|one| one.0).collect());
    let octets = ours[0].1;
    note(&format!(
        "pec sync: {count} messages, {} receipts, {:.1} MB on the wire, {:.2} s",
        count / 10,
        octets as f64 / 1e6,
        this.as_secs_f64()
    ));
    if !has_mbsync {
        return println!("skipped: reading beside mbsync, which is not installed");
    }
    let other = median(theirs.iter().map(|one| one.0).collect());
    row("pec sync / mbsync, time", ratio(this, other), None);
    row(
        "pec sync / mbsync, octets on the wire",
        octets as f64 / theirs[0].1 as f64,
        None,
    );
    note(&format!(
        "mbsync: {:.1} MB on the wire, {:.2} s",
        theirs[0].1 as f64 / 1e6,
        other.as_secs_f64()
    ));
}

/// A mailbox in which nothing is new since the last time: what a reading of it costs, beside `mbsync`, and
/// what each further folder of it costs.
fn nothing_new(servers: &Servers, count: usize) {
    const FOLDERS: usize = 10;
    const QUIET: &str = "quieto@pec.mittente.example";
    servers.deliver(QUIET, (0..count).map(ordinary));
    let names: Vec<String> = (1..=FOLDERS).map(|n| format!("Pratiche{n}")).collect();
    for name in &names {
        servers.deliver_into(QUIET, name, (0..count / 20).map(ordinary));
    }
    let straight = servers.imap(Security::Tls);
    let again = |run: &dyn Fn(&Path, u16) -> Command| {
        let folder = tempfile::tempdir().expect("a folder");
        let proxy = Proxy::to(&straight);
        let mut command = run(folder.path(), proxy.port);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        timed(&mut command);
        let before = proxy.counted();
        timed(&mut command);
        let (octets, turns) = proxy.counted();
        (octets - before.0, turns - before.1)
    };
    let few = again(&|folder, port| pec_sync(servers, QUIET, folder, port));
    let many = again(&|folder, port| {
        let mut command = pec_sync(servers, QUIET, folder, port);
        for name in &names {
            command.args(["--folder", name]);
        }
        command
    });
    let each = |many: u64, few: u64| (many - few) as f64 / FOLDERS as f64;
    let (octets, turns) = (each(many.0, few.0), each(many.1, few.1));
    row("nothing new, a folder: round trips", turns, Some(1.0));
    row(
        "nothing new, a folder: octets / 2,000",
        octets / 2_000.0,
        Some(1.0),
    );
    note(&format!(
        "{octets:.0} octets a folder, TLS included; INBOX of {count} with login: {} octets, {} round trips",
        few.0, few.1
    ));
    if Command::new("mbsync").arg("--version").output().is_err() {
        return println!("skipped: nothing new beside mbsync, which is not installed");
    }
    let theirs = again(&|folder, port| mbsync(servers, QUIET, folder, port));
    row(
        "nothing new, pec sync / mbsync: octets",
        few.0 as f64 / theirs.0 as f64,
        Some(1.0),
    );
    note(&format!(
        "mbsync: {} octets, {} round trips",
        theirs.0, theirs.1
    ));
}

/// A mailbox that is all certified mail: `pec sync`, which verifies, indexes and keeps each, beside
/// `mbsync` fetching the folder.
fn certified(servers: &Servers, count: usize) {
    const OTHER: &str = "protocollo@pec.mittente.example";
    if Command::new("mbsync").arg("--version").output().is_err() {
        return println!("skipped: certified mail beside mbsync, which is not installed");
    }
    servers.deliver(OTHER, (0..count).map(envelope));
    let straight = servers.imap(Security::Tls);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let sync = |folder: &Path, port| pec_sync(servers, OTHER, folder, port);
        ours.push(once(&straight, sync).0);
        let sync = |folder: &Path, port| mbsync(servers, OTHER, folder, port);
        theirs.push(once(&straight, sync).0);
    }
    let (this, other) = (median(ours), median(theirs));
    row(
        "pec sync / mbsync, all certified",
        ratio(this, other),
        Some(1.5),
    );
    note(&format!(
        "{count} envelopes: {:.2} s against {:.2} s",
        this.as_secs_f64(),
        other.as_secs_f64()
    ));
}

fn envelope(number: usize) -> Vec<u8> {
    let identifier = format!("opec{number}.20260504101502.1.63@gestore-mittente.example");
    let receipt = Receipt::with(Kind::Envelope, |receipt| {
        receipt.original = Some(sent::base().delivered(&identifier));
        receipt.daticert.identifier = identifier.clone();
    });
    receipt.to_eml()
}

fn receipt(number: usize) -> Vec<u8> {
    let receipt = Receipt::with(Kind::Delivery, |receipt| {
        let identifier = format!("opec{number}.20260504101502.1.63@gestore-mittente.example");
        receipt.original = Some(sent::base().delivered(&identifier));
        receipt.daticert.identifier = identifier;
    });
    receipt.to_eml()
}

fn ordinary(number: usize) -> Vec<u8> {
    let head = format!(
        "From: qualcuno@ordinaria.example\r\nTo: {USER}\r\nSubject: Lettera {number}\r\n\
         Message-ID: <{number}@ordinaria.example>\r\nDate: Tue, 13 Nov 2018 16:39:27 +0100\r\n\r\n"
    );
    let body = "Testo di una lettera come tante, che nessuno ha certificato.\r\n".repeat(80);
    (head + &body).into_bytes()
}

/// Time of one run, and octets between it and the server, TLS included.
fn once(server: &Endpoint, run: impl FnOnce(&Path, u16) -> Command) -> (Duration, u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let proxy = Proxy::to(server);
    let mut command = run(folder.path(), proxy.port);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let took = timed(&mut command);
    (took, proxy.counted().0)
}

fn pec_sync(servers: &Servers, user: &str, folder: &Path, port: u16) -> Command {
    let write = |name: &str, text: &[u8]| -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, text).expect("a file");
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
        path
    };
    let trust = write("trust.toml", world::trust_file().as_bytes());
    let config = format!(
        "[account.banco]\naddress = \"{user}\"\nimap = \"localhost:{port}\"\n\
         smtp = \"localhost:465\"\nca_file = \"{}\"\ntrust_file = \"{}\"\n\
         password_from = \"environment\"\n",
        servers.roots_file().display(),
        trust.display()
    );
    let config = write("config.toml", config.as_bytes());
    let mut command = Command::new(env!("CARGO_BIN_EXE_pec"));
    command.arg("--config").arg(config);
    command.arg("--data-dir").arg(folder.join("data"));
    command
        .args(["sync", "--ndjson"])
        .env("PEC_PASSWORD", PASSWORD);
    command
}

fn mbsync(servers: &Servers, user: &str, folder: &Path, port: u16) -> Command {
    fs::create_dir(folder.join("mail")).expect("a folder");
    let config = format!(
        "IMAPStore server\nHost localhost\nPort {port}\nUser {user}\nPass {PASSWORD}\n\
         SSLType IMAPS\nCertificateFile {}\n\nMaildirStore here\nPath {}/\nInbox {}/inbox\n\n\
         Channel all\nFar :server:\nNear :here:\nPatterns INBOX\nCreate Near\nSync Pull\n\
         SyncState *\n",
        servers.roots_file().display(),
        folder.join("mail").display(),
        folder.join("mail").display(),
    );
    let file = folder.join("mbsyncrc");
    fs::write(&file, config).expect("a file");
    let mut command = Command::new("mbsync");
    command.arg("-c").arg(file).arg("all");
    command
}

/// Hands octets on between a program and a server, and counts them.
struct Proxy {
    port: u16,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    /// In both directions.
    octets: AtomicU64,
    /// How often the program spoke after the server did.
    turns: AtomicU64,
    /// Directions of connections that are not at their end.
    open: AtomicU64,
}

#[derive(Clone, Copy, PartialEq)]
enum Speaks {
    Program,
    Server,
}

impl Proxy {
    fn to(server: &Endpoint) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let counts = Arc::new(Counts::default());
        let (counted, target) = (counts.clone(), server.port);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", target)).expect("the server");
                let answered = Arc::new(AtomicBool::new(false));
                counted.open.fetch_add(2, Ordering::SeqCst);
                for (from, to, who) in [
                    (&client, &server, Speaks::Program),
                    (&server, &client, Speaks::Server),
                ] {
                    let (from, to) = (from.try_clone(), to.try_clone());
                    let pair = (from.expect("a socket"), to.expect("a socket"));
                    let (counted, answered) = (counted.clone(), answered.clone());
                    std::thread::spawn(move || {
                        hand_on(pair.0, pair.1, |read| counted.add(read, who, &answered));
                        counted.open.fetch_sub(1, Ordering::SeqCst);
                    });
                }
            }
        });
        Self { port, counts }
    }

    /// Octets and round trips, once all connections are at their end.
    fn counted(&self) -> (u64, u64) {
        let of = |count: &AtomicU64| count.load(Ordering::SeqCst);
        while of(&self.counts.open) > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        (of(&self.counts.octets), of(&self.counts.turns))
    }
}

impl Counts {
    fn add(&self, read: usize, who: Speaks, answered: &AtomicBool) {
        self.octets.fetch_add(read as u64, Ordering::SeqCst);
        let was_answered = answered.swap(who == Speaks::Server, Ordering::SeqCst);
        let is_turn = was_answered && who == Speaks::Program;
        self.turns.fetch_add(u64::from(is_turn), Ordering::SeqCst);
    }
}

fn hand_on(mut from: TcpStream, mut to: TcpStream, count: impl Fn(usize)) {
    let _ = (from.set_nodelay(true), to.set_nodelay(true));
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        count(read);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
