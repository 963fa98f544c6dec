//! Killed anywhere: no message goes out twice, none is lost, no fact is missing, the ledger
//! opens.
//!
//! `strace` kills the program at each of its system calls that write, send or bring something to
//! the disk, one after the other: every step of sending and of reading. Then SIGKILL at random
//! times; `PEC_CRASHES` says how often (default 40). The provider counts what it took.

mod support;

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::practising::{Practising, Ran, files, now};
use support::skipped::skipped;

/// What changes the world: the disk, or what a server sees.
const CALLS: &str = "write,pwrite64,writev,sendto,fsync,fdatasync,syncfs,rename,unlink,ftruncate";

/// Whether strace is here and may trace.
fn can_trace() -> bool {
    let traced = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .stderr(Stdio::null())
        .status();
    let can = traced.is_ok_and(|status| status.success());
    if !can {
        skipped("killing at every step needs strace, with leave to trace");
    }
    can
}

/// The program under strace, told by its options what to do.
fn traced(options: &[&str], command: &Command) -> Command {
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq"]).args(options);
    traced.arg(command.get_program()).args(command.get_args());
    traced
        .env_remove("PEC_PASSWORD")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    traced
}

/// How many calls the program makes.
fn count(world: &Practising, command: &Command) -> usize {
    count_of(CALLS, world, command)
}

fn count_of(calls: &str, world: &Practising, command: &Command) -> usize {
    let trace = world.path("trace");
    let shown = trace.display().to_string();
    let only = format!("trace={calls}");
    let ended = traced(&["-o", &shown, "-e", &only], command).status();
    // Some still await receipts.
    assert!(matches!(ended.expect("strace starts").code(), Some(0 | 3)));
    let text = std::fs::read_to_string(&trace).expect("a trace");
    // Of one thread: the others only wait.
    let mut of_thread: HashMap<&str, usize> = HashMap::new();
    for line in text.lines() {
        *of_thread
            .entry(line.split(' ').next().unwrap_or_default())
            .or_default() += 1;
    }
    of_thread.into_values().max().unwrap_or_default()
}

/// Runs the program and kills it at a call.
fn kill_at(call: usize, command: &Command) {
    kill_at_one_of(CALLS, call, command);
}

fn kill_at_one_of(calls: &str, call: usize, command: &Command) {
    let only = format!("trace={calls}");
    let inject = format!("inject={calls}:signal=SIGKILL:when={call}");
    let options = ["-o", "/dev/null", "-e", &only, "-e", &inject];
    let _ = traced(&options, command).status().expect("strace starts");
}

/// As a user would go on after a crash; in the end nothing is unsent or in doubt.
fn go_on(world: &Practising) {
    world.practice.wait_until_idle(Duration::from_secs(10));
    let resumed = world.run(&["send", "--resume", "--yes", "--no-copy"]);
    assert!([0, 3].contains(&resumed.exit), "{resumed:?}");
    // Ledger and journal never part, wherever the process dies.
    assert!(!resumed.err.contains("lacked messages sent"), "{resumed:?}");
    if resumed.exit == 3 {
        // No acceptance: the provider does not have it, since it had nothing more to do.
        let again = [
            "send",
            "--resume",
            "--resend",
            "--patience",
            "0s",
            "--yes",
            "--no-copy",
        ];
        let resumed = world.run(&again);
        assert_eq!(resumed.exit, 0, "{resumed:?}");
    }
}

/// Every message of the ledger was taken once, and nothing else was.
fn exactly_once(world: &Practising) -> usize {
    let listed = world.run(&["status", "--json", "--limit", "100000"]).json();
    let listed = listed["messages"].as_array().expect("messages").clone();
    let mut taken: HashMap<String, usize> = HashMap::new();
    for message in world.practice.taken() {
        *taken
            .entry(message.message_id.expect("a Message-ID"))
            .or_default() += 1;
    }
    for (message_id, count) in &taken {
        assert_eq!(*count, 1, "{message_id} went out {count} times");
    }
    for message in &listed {
        let message_id = message["message_id"].as_str().expect("a Message-ID");
        assert!(taken.contains_key(message_id), "{message_id} was lost");
    }
    assert_eq!(
        listed.len(),
        taken.len(),
        "the provider has what the ledger has not"
    );
    listed.len()
}

fn sending(world: &Practising, subject: &str) -> Command {
    sending_text(world, subject, "x")
}

fn sending_text(world: &Practising, subject: &str, text: &str) -> Command {
    let to = world.address("delivered");
    world.command(&[
        "send",
        "--yes",
        "--no-copy",
        "--to",
        &to,
        "--subject",
        subject,
        "--body",
        text,
    ])
}

#[test]
fn killed_at_every_step_of_sending() {
    if !can_trace() {
        return;
    }
    let world = Practising::new();
    let steps = count(&world, &sending(&world, "intero"));
    assert!(steps > 20, "{steps} steps");
    for step in 1..=steps {
        kill_at(step, &sending(&world, &format!("passo {step}")));
        go_on(&world);
    }
    let messages = exactly_once(&world);
    // Killed after the record was made, each went out.
    assert!(messages > steps / 3, "{messages} of {steps}");
    let last = world.run(&["sync"]);
    assert_eq!(last.exit, 0, "{last:?}");
    println!("{steps} steps of sending, {messages} messages, each taken once");
}

#[test]
fn killed_at_every_step_of_reading() {
    if !can_trace() {
        return;
    }
    let world = Practising::new();
    // Enough at once for them to be brought to the disk together, and one that is read.
    let to = ["delivered", "unknown", "delivered2", "full", "io"];
    let message = world.send("Avviso", &to);
    world.practice.wait_until_idle(Duration::from_secs(10));
    let (data, kept) = (world.data(), world.path("kept"));
    copy(&data, &kept);
    let sync = || world.command(&["sync"]);
    let steps = count(&world, &sync());
    let expected = standings(&world, &message);
    assert_eq!(expected.lines().count(), 5, "{expected}");
    assert_eq!(
        expected.matches(" \"not-delivered\" ").count(),
        2,
        "{expected}"
    );
    for step in 1..=steps {
        std::fs::remove_dir_all(&data).expect("the ledger");
        copy(&kept, &data);
        kill_at(step, &sync());
        // No row names octets that are not there, between those of one batch neither.
        let checked = world.run(&["ledger", "check"]);
        assert_eq!(checked.exit, 0, "step {step}: {checked:?}");
        let again = world.run(&["sync"]);
        assert_eq!(again.exit, 0, "step {step}: {again:?}");
        assert_eq!(standings(&world, &message), expected, "step {step}");
        let inbox = world.run(&["inbox", "avviso", "--json"]).json();
        let letters = inbox["messages"].as_array().map(Vec::len);
        assert_eq!(letters, Some(1), "step {step}: {inbox}");
    }
    println!("{steps} steps of reading, each time all facts");
}

/// What the ledger had lost is entered once and whole, wherever that is cut off.
#[test]
fn killed_at_every_step_of_entering_again_what_was_lost() {
    if !can_trace() {
        return;
    }
    let world = Practising::new();
    for subject in ["uno", "due", "tre"] {
        world.send(subject, &["delivered"]);
    }
    world.practice.wait_until_idle(Duration::from_secs(10));
    let (data, kept) = (world.data(), world.path("kept"));
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(data.join(format!("ledger.sqlite{end}")));
    }
    copy(&data, &kept);
    let status = || world.command(&["status"]);
    let steps = count(&world, &status());
    for step in 1..=steps {
        std::fs::remove_dir_all(&data).expect("the ledger");
        copy(&kept, &data);
        kill_at(step, &status());
        let listed = world.run(&["status", "--json"]).json();
        let found = listed["messages"].as_array().expect("messages");
        assert_eq!(found.len(), 3, "step {step}: {listed}");
        for message in found {
            let standing = &message["recipients"][0]["standing"];
            assert_eq!(standing, "in-doubt", "step {step}");
        }
        let again = world.run(&["send", "--resume", "--yes", "--no-copy"]);
        assert_eq!(again.exit, 0, "step {step}: {again:?}");
        assert_eq!(world.practice.taken().len(), 3, "step {step}");
    }
    println!("{steps} steps of entering again, nothing twice");
}

#[test]
fn killed_at_every_step_of_bringing_a_ledger_forward() {
    if !can_trace() {
        return;
    }
    let world = Practising::new();
    let data = world.data();
    let status = || world.command(&["status", "--account", "studio@pec.mittente.example"]);
    let old = || {
        let _ = std::fs::remove_dir_all(&data);
        std::fs::create_dir(&data).expect("a folder");
        let database = rusqlite::Connection::open(data.join("ledger.sqlite"));
        let released = include_str!("ledger/released-0001.sql");
        database
            .expect("a database")
            .execute_batch(released)
            .expect("the first form");
    };
    let listed = || {
        let mut document = world.run(&["status", "--json"]).json();
        // When it was written.
        document.as_object_mut().expect("an object").remove("at");
        document
    };
    old();
    let steps = count(&world, &status());
    let expected = listed();
    for step in 1..=steps {
        old();
        kill_at(step, &status());
        let ran = status().output().expect("the program starts");
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(said.contains("Pratica n. 42"), "step {step}: {said}");
        assert_eq!(listed(), expected, "step {step}");
    }
    println!("{steps} steps of bringing forward");
}

/// An image of the process would hold the password.
#[test]
fn a_process_that_dies_leaves_no_image() {
    let world = Practising::new();
    let (seen, config) = (world.path("seen"), world.path("config.toml"));
    let text = std::fs::read_to_string(&config).expect("a configuration");
    let file = format!("password_file = \"{}\"", world.path("password").display());
    let command = format!(
        "password_command = \"ulimit -c > '{}'; cat '{}'\"",
        seen.display(),
        world.path("password").display()
    );
    std::fs::write(&config, text.replace(&file, &command)).expect("written");
    let program = world.command(&["sync"]);
    let ran = Command::new("sh")
        .args(["-c", "ulimit -c unlimited && exec \"$0\" \"$@\""])
        .arg(program.get_program())
        .args(program.get_args())
        .output()
        .expect("a shell");
    assert!(ran.status.success(), "{ran:?}");
    // What it starts has what it has itself.
    assert_eq!(std::fs::read_to_string(seen).expect("a number").trim(), "0");
}

/// Standings and receipts, without our own times.
fn standings(world: &Practising, message: &str) -> String {
    let document = world.run(&["status", message, "--json"]).json();
    let recipients = document["messages"][0]["recipients"].as_array();
    let shown = recipients.expect("recipients").iter().map(|recipient| {
        let receipts = recipient.to_string();
        let hashes = receipts.matches("sha256").count();
        format!(
            "{} {} {hashes}\n",
            recipient["address"], recipient["standing"]
        )
    });
    shown.collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

#[test]
fn killed_at_random_times() {
    let crashes: usize = std::env::var("PEC_CRASHES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(40);
    let world = Practising::new();
    let mut state = now().unix() as u64 | 1;
    println!("seed {state}");
    let mut random = |below: u64| {
        // xorshift64*: any numbers will do.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d) % below
    };
    // How long one takes: on a slow machine kills at its beginning alone would show nothing.
    let mut sent = sending(&world, "caso intero");
    let begun = Instant::now();
    let sent = sent.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let whole = u64::try_from(begun.elapsed().as_micros()).expect("a short run");
    assert!(sent.expect("the program starts").success());
    for crash in 0..crashes {
        let mut command = match random(3) {
            0 => world.command(&["sync"]),
            _ => sending(&world, &format!("caso {crash}")),
        };
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(Duration::from_micros(random(whole)));
        child.kill().expect("a signal");
        child.wait().expect("an end");
        if random(4) == 0 {
            go_on(&world);
        }
    }
    go_on(&world);
    let messages = exactly_once(&world);
    world.practice.wait_until_idle(Duration::from_secs(10));
    let synced: Ran = world.run(&["sync"]);
    assert_eq!(synced.exit, 0, "{synced:?}");
    let pending = world.run(&["status", "--pending", "--json"]).json();
    assert_eq!(
        pending["messages"].as_array().map(Vec::len),
        Some(0),
        "{pending}"
    );
    println!("{crashes} kills, {messages} messages, each taken once and delivered");
}

// A machine that stops loses what is not on the disk

/// Calls that write, bring to the disk, or send.
const WRITES: &str = "write,writev,pwrite64,sendto,sendmsg,mkdir,rename,fsync,fdatasync,syncfs";
/// The log of the database.
const LOG: &str = "/ledger.sqlite-wal";
/// Octets of a text that make its message the only thing of that length that leaves.
const LONG: usize = 12_000;

/// What a program wrote into its ledger and did not bring to the disk, as its trace tells.
struct Disk {
    ledger: String,
    /// What was written, and the line of the trace that did it.
    dirty: HashMap<String, usize>,
    /// The lines that last named octets, and brought the log of the database to the disk.
    octets: usize,
    log: usize,
    /// The line in which each thread began a call that has not returned, and that line's number.
    begun: HashMap<String, (String, usize)>,
}

impl Disk {
    fn new(world: &Practising) -> Self {
        Self {
            ledger: world.data().display().to_string(),
            dirty: HashMap::new(),
            octets: 0,
            log: 0,
            begun: HashMap::new(),
        }
    }

    /// Follows a line of `strace -f -y`; gives the octets that left by a socket.
    fn follow(&mut self, number: usize, line: &str) -> usize {
        let (thread, rest) = line.split_once(' ').unwrap_or_default();
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            self.begun
                .insert(thread.to_owned(), (begun.to_owned(), number));
            return 0;
        }
        let (call, since) = match rest.split_once(" resumed>") {
            Some((_, end)) => {
                let (begun, since) = self.begun.remove(thread).unwrap_or_default();
                (begun + end, since)
            }
            None => (rest.to_owned(), number),
        };
        let result = call.rsplit_once(" = ").map(|(_, result)| result.trim());
        let Some(Ok(result)) = result.map(str::parse::<usize>) else {
            return 0;
        };
        let name = call.split('(').next().unwrap_or_default();
        let texts: Vec<&str> = call.split('"').skip(1).step_by(2).collect();
        let parent = |path: &str| Path::new(path).parent().map(|it| it.display().to_string());
        let file = call.split(['<', '>']).nth(1).unwrap_or_default();
        match name {
            "fsync" | "fdatasync" => {
                if file.ends_with(LOG) {
                    self.log = number;
                }
                self.dirty
                    .retain(|path, written| path != file || *written > since);
            }
            "syncfs" => self.dirty.retain(|_, written| *written > since),
            "mkdir" => self.write(texts.first().and_then(|path| parent(path)), number),
            "rename" => {
                let named = texts.get(1).copied().unwrap_or_default();
                if named.contains("/messages/") {
                    self.octets = number;
                }
                self.write(parent(named), number);
            }
            _ if file.starts_with("socket:") || file.starts_with("TCP") => return result,
            _ => self.write(Some(file.to_owned()), number),
        }
        0
    }

    /// What a reader of the ledger goes by: octets, the log of the database, the journal.
    fn write(&mut self, path: Option<String>, number: usize) {
        let path = path.unwrap_or_default();
        let within = path.strip_prefix(&self.ledger).unwrap_or_default();
        if within.starts_with("/messages") || [LOG, "/journal"].contains(&within) {
            self.dirty.insert(path, number);
        }
    }
}

/// The trace of a program, line by line.
fn trace(world: &Practising, command: &Command) -> Vec<String> {
    let trace = world.path("trace");
    let shown = trace.display().to_string();
    let only = format!("trace={WRITES}");
    let _ = traced(&["-y", "-s", "0", "-o", &shown, "-e", &only], command).status();
    let text = std::fs::read_to_string(&trace).expect("a trace");
    text.lines().map(str::to_owned).collect()
}

/// A table of rows with long texts.
fn table(world: &Practising, name: &str, rows: usize) -> String {
    let text = "Testo per {{ nome }}.\n".to_owned() + &"Una riga.\n".repeat(LONG / 10);
    std::fs::write(world.path("testo.txt"), text).expect("a file");
    let to = world.address("delivered");
    let rows = (1..=rows).map(|row| format!("{to};{name} {row};{name}-{row}\r\n"));
    let path = world.path(&format!("{name}.csv"));
    let lines: String = rows.collect();
    std::fs::write(&path, "PEC;nome;riferimento\r\n".to_owned() + &lines).expect("a table");
    path.display().to_string()
}

fn batch(world: &Practising, table: &str, more: &[&str]) -> Command {
    let text = world.path("testo.txt").display().to_string();
    let given = [
        "batch",
        "run",
        table,
        "--yes",
        "--subject",
        "{{ nome }}",
        "--body-file",
        &text,
    ];
    world.command(&[&given[..], more].concat())
}

/// Octets that belong to nothing: what was made ahead, and not recorded.
fn unnamed(world: &Practising) -> Vec<String> {
    let database = rusqlite::Connection::open(world.data().join("ledger.sqlite"));
    let database = database.expect("a ledger");
    let is_named = |name: &str| -> bool {
        let query = "SELECT EXISTS (SELECT 1 FROM message WHERE octets = ?1)
                OR EXISTS (SELECT 1 FROM examination WHERE octets = ?1)
                OR EXISTS (SELECT 1 FROM letter WHERE octets = ?1)";
        let named = database.query_row(query, [name], |row| row.get(0));
        named.expect("an answer")
    };
    let paths = files(&world.data().join("messages")).into_iter();
    let names = paths.map(|path| {
        let parts = [path.parent().and_then(Path::file_name), path.file_stem()];
        parts
            .map(|part| part.unwrap_or_default().to_string_lossy().into_owned())
            .concat()
    });
    names.filter(|name| !is_named(name)).collect()
}

/// Between the end of a row and the beginning of the next one, too, and while messages are made ahead.
#[test]
fn killed_at_every_step_of_a_batch() {
    const STEPS: &str = "sendto,fsync,fdatasync,syncfs,rename,unlink";
    const ROWS: usize = 5;
    if !can_trace() {
        return;
    }
    let world = Practising::new();
    let whole = table(&world, "intera", ROWS);
    let steps = count_of(STEPS, &world, &batch(&world, &whole, &[]));
    assert!(steps > 5 * ROWS, "{steps} steps");
    for step in 1..=steps {
        let table = table(&world, &format!("passo {step}"), ROWS);
        kill_at_one_of(STEPS, step, &batch(&world, &table, &[]));
        world.practice.wait_until_idle(Duration::from_secs(10));
        let mut again = batch(&world, &table, &["--resend", "--patience", "0s"]);
        let again = Ran::of(again.output().expect("the program starts"));
        assert!([0, 3].contains(&again.exit), "step {step}: {again:?}");
        assert!(!again.err.contains("lacked messages sent"), "{again:?}");
        assert_eq!(unnamed(&world), [""; 0], "step {step}");
    }
    assert_eq!(exactly_once(&world), ROWS * (steps + 1));
    println!("{steps} steps of {ROWS} rows, each message taken once");
}

/// Octets on the disk, row, and the line of the journal, before the first octet leaves. Alone also that the
/// attempt began; of a batch the ledger learns that from the journal.
#[test]
fn no_message_leaves_before_all_that_tells_of_it_is_on_the_disk() {
    if !can_trace() {
        return;
    }
    let world = Practising::new();
    let table = table(&world, "tabella", 20);
    for (command, messages) in [
        (
            sending_text(&world, "da sola", &"Una riga.\n".repeat(LONG / 10)),
            1,
        ),
        (batch(&world, &table, &[]), 20),
    ] {
        let mut disk = Disk::new(&world);
        let (mut left, mut brought) = (0, 0);
        for (number, line) in trace(&world, &command).iter().enumerate() {
            brought += usize::from(line.contains("sync") && !line.contains("resumed"));
            // What is shorter is no message, nor is a trace that shows less than there is.
            if disk.follow(number, line) >= LONG {
                left += 1;
                let mut dirty: Vec<&String> = disk.dirty.keys().collect();
                dirty.retain(|path| !path.ends_with(LOG));
                assert_eq!(dirty, [""; 0], "{line}");
                assert!(disk.log > disk.octets, "{line}: no row is on the disk");
            }
        }
        assert_eq!(left, messages);
        println!("{messages} messages, {brought} times something was brought to the disk");
    }
}

/// Who waits for the next row has the end of the last one on the disk.
#[test]
fn the_end_of_a_row_is_on_the_disk_before_anything_is_waited_for() {
    if !can_trace() {
        return;
    }
    let world = Practising::new();
    let table = table(&world, "tabella", 4);
    let run = batch(&world, &table, &["--per-minute", "2"]);
    // Killed while it waits for the next minute.
    let mut killed = Command::new("timeout");
    killed.args(["-s", "KILL", "5"]).arg(run.get_program());
    killed.args(run.get_args());
    let mut disk = Disk::new(&world);
    for (number, line) in trace(&world, &killed).iter().enumerate() {
        disk.follow(number, line);
    }
    assert_eq!(world.practice.taken().len(), 2);
    assert!(disk.dirty.is_empty(), "{:?}", disk.dirty);
}
