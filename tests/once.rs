//! `pec batch`, once and to the right people: which row counts as served, whatever the table, the
//! configuration, the ledger or the machine. The practice provider counts.

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use postacert::practice::{Config, Fault};
use serde_json::Value;
use support::practising::{Practising, Ran, config};

/// A provider, and tables beside one template.
struct Office {
    world: Practising,
    /// The folder of the ledger: another one is another machine.
    data: PathBuf,
}

impl Office {
    fn new() -> Self {
        Self::with(config())
    }

    fn with(config: Config) -> Self {
        let world = Practising::with(config);
        std::fs::write(world.path("testo.txt"), "Testo per {{ nome }}\n").expect("a file");
        let data = world.data();
        Self { world, data }
    }

    fn table(&self, name: &str, lines: &[&str]) {
        let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let text = text.replace('§', "@pec.prova.example");
        std::fs::write(self.world.path(name), text).expect("a file");
    }

    fn batch(&self, action: &str, table: &str, more: &[&str]) -> Ran {
        let path = self.world.path(table).display().to_string();
        let body = self.world.path("testo.txt").display().to_string();
        let mut given = vec!["batch", action, &path];
        if matches!(action, "run" | "check") {
            given.extend(["--subject", "Avviso {{ nome }}", "--body-file", &body]);
        }
        if action == "run" {
            given.push("--yes");
        }
        given.extend(more);
        self.pec(&given)
    }

    /// The program on this machine; the last `--data-dir` counts.
    fn pec(&self, arguments: &[&str]) -> Ran {
        let data = self.data.display().to_string();
        self.world
            .run(&[arguments, &["--data-dir", &data]].concat())
    }

    fn run(&self, table: &str, more: &[&str]) -> Ran {
        self.batch("run", table, more)
    }

    /// Begins a run, and kills it when so many messages were sent.
    fn killed_after(&self, sent: usize, table: &str) {
        let path = self.world.path(table).display().to_string();
        let body = self.world.path("testo.txt").display().to_string();
        let data = self.data.display().to_string();
        let given = [
            "batch",
            "run",
            &path,
            "--yes",
            "--ndjson",
            "--data-dir",
            &data,
        ];
        let texts = ["--subject", "Avviso {{ nome }}", "--body-file", &body];
        let mut command = self.world.command(&[&given[..], &texts[..]].concat());
        support::practising::killed_after(sent, &mut command);
    }

    fn report(&self, table: &str) -> Vec<Value> {
        let ran = self.batch("report", table, &["--ndjson"]);
        let lines = ran.out.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    /// How many messages each recipient got, by the part before the `@`.
    fn got(&self) -> BTreeMap<String, usize> {
        let mut got = BTreeMap::new();
        for taken in self.world.practice.taken() {
            for recipient in taken.recipients {
                let name = recipient.split('@').next().unwrap_or_default();
                *got.entry(name.to_owned()).or_default() += 1;
            }
        }
        got
    }

    fn sync(&self) {
        let wait = std::time::Duration::from_secs(30);
        self.world.practice.wait_until_idle(wait);
        assert_eq!(self.pec(&["sync"]).exit, 0);
    }
}

fn counted(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

const HEAD: &str = "PEC;nome;riferimento";

#[test]
fn the_same_numbers_for_other_people_are_a_conflict_and_nobody_is_called_served() {
    let office = Office::new();
    office.table("marzo.csv", &[HEAD, "a§;A;1", "b§;B;2"]);
    office.table("aprile.csv", &[HEAD, "c§;C;1", "d§;D;2", "e§;E;3"]);
    office.run("marzo.csv", &[]);
    let march = office.batch("status", "marzo.csv", &["--json"]).json();
    let march = march["jobs"][0]["id"].as_str().expect("an id").to_owned();
    let checked = office.batch("check", "aprile.csv", &[]);
    assert_eq!(checked.exit, 1, "{checked:?}");
    for row in [2, 3] {
        let words = format!(
            "row {row}: under the reference {} a different text was already sent, or to other recipients",
            row - 1
        );
        assert!(checked.out.contains(&words), "{checked:?}");
    }
    assert!(checked.out.contains(&format!("job {march}")), "{checked:?}");
    assert!(!checked.out.contains("row 4"), "{checked:?}");
    let ran = office.run("aprile.csv", &[]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert_eq!(office.got(), counted(&[("a", 1), ("b", 1)]));
    // Set aside, the others go; the rows are held and stay to be decided.
    let ran = office.run("aprile.csv", &["--skip-bad"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(
        ran.out.contains("sent 1 of 3") && ran.out.contains("held 2"),
        "{ran:?}"
    );
    assert_eq!(office.got(), counted(&[("a", 1), ("b", 1), ("e", 1)]));
    // One row by its number, the rest as a round of its own.
    let ran = office.run("aprile.csv", &["--skip-bad", "--correct=2"]);
    assert!(ran.out.contains("held 1"), "{ran:?}");
    let lines = office.report("aprile.csv");
    assert_eq!(lines[0]["recipient"], "c@pec.prova.example");
    assert_eq!(
        lines[0]["other_messages"].as_array().expect("both").len(),
        1
    );
    let ran = office.run(
        "aprile.csv",
        &["--again=aprile", "--follow", "--poll", "1s"],
    );
    assert_eq!(ran.exit, 0, "{ran:?}");
    let all = [("a", 1), ("b", 1), ("c", 2), ("d", 1), ("e", 2)];
    assert_eq!(office.got(), counted(&all));
}

#[test]
fn a_round_sends_what_that_round_has_not_sent() {
    let office = Office::new();
    office.table("t.csv", &[HEAD, "a§;A;1", "b§;B;2"]);
    office.run("t.csv", &[]);
    office.run("t.csv", &["--again=luglio"]);
    office.table("t.csv", &[HEAD, "a§;A;1", "b§;B;2", "c§;C;3"]);
    let ran = office.run("t.csv", &["--again=luglio"]);
    assert!(
        ran.out.contains("sent by this job 1, by an earlier one 2"),
        "{ran:?}"
    );
    assert_eq!(office.got(), counted(&[("a", 2), ("b", 2), ("c", 1)]));
    office.run("t.csv", &["--again=agosto"]);
    assert_eq!(office.got(), counted(&[("a", 3), ("b", 3), ("c", 2)]));
}

#[test]
fn without_references_a_changed_letter_does_not_go_to_everybody_again() {
    let office = Office::new();
    let table = ["PEC;nome;allegato", "a§;A;all.pdf", "b§;B;all.pdf"];
    std::fs::write(office.world.path("all.pdf"), "v1").expect("a file");
    office.table("t.csv", &table);
    let checked = office.batch("check", "t.csv", &[]);
    assert_eq!(checked.exit, 0, "{checked:?}");
    assert!(checked.out.contains("there is no reference"), "{checked:?}");
    office.run("t.csv", &[]);
    std::fs::write(office.world.path("all.pdf"), "v2").expect("a file");
    let ran = office.run("t.csv", &[]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(
        ran.err.contains(
            "row 2: from this table a different text was already sent to the same recipients"
        ),
        "{ran:?}"
    );
    assert_eq!(office.got(), counted(&[("a", 1), ("b", 1)]));
    // A new row is no changed letter, nor are two letters to one of a table that has both.
    std::fs::write(office.world.path("all.pdf"), "v1").expect("a file");
    office.table("t.csv", &[&table[..], &["c§;C;", "c§;C bis;"]].concat());
    let ran = office.run("t.csv", &[]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert_eq!(office.got(), counted(&[("a", 1), ("b", 1), ("c", 2)]));
    office.run("t.csv", &[]);
    std::fs::write(office.world.path("all.pdf"), "v2").expect("a file");
    let ran = office.run("t.csv", &["--correct"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert_eq!(office.got(), counted(&[("a", 2), ("b", 2), ("c", 2)]));
    office.table("u.csv", &[HEAD, "x§;X;1"]);
    let with = office.batch("check", "u.csv", &[]);
    assert!(!with.out.contains("there is no reference"), "{with:?}");
}

/// `pec batch run -`, with a table on standard input.
fn piped(office: &Office, table: &str, subject: &str, more: &[&str]) -> Ran {
    let body = ["--body-file", "testo.txt"];
    let given = ["batch", "run", "-", "--yes", "--subject", subject];
    let mut command = office.world.command(&[&given[..], &body, more].concat());
    command.current_dir(office.world.folder.path());
    Ran::of(fed(&mut command, table).wait_with_output().expect("an end"))
}

/// A program that is given a text on standard input.
fn fed(command: &mut Command, text: &str) -> Child {
    command.stdin(Stdio::piped());
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = output.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    let text = text.replace('§', "@pec.prova.example");
    input.write_all(text.as_bytes()).expect("it reads");
    child
}

#[test]
fn tables_from_standard_input_are_one_table_only_if_they_are_the_same() {
    let office = Office::new();
    let one = "pec;nome\nk1§;A\n";
    assert_eq!(piped(&office, one, "Fattura 1", &[]).exit, 3);
    assert_eq!(office.got(), counted(&[("k1", 1)]));
    // Another table, to the same recipient.
    let ran = piped(&office, "pec;nome\nk1§;B\n", "Fattura 2", &[]);
    assert!(
        ran.exit == 3 && !ran.err.contains("from this table"),
        "{ran:?}"
    );
    assert_eq!(office.got(), counted(&[("k1", 2)]));
    // The very same sends nothing twice, and with another text it is a correction.
    let ran = piped(&office, one, "Fattura 1", &[]);
    assert!(ran.err.contains("resuming"), "{ran:?}");
    let ran = piped(&office, one, "Fattura 1, corretta", &[]);
    assert!(
        ran.exit == 2 && ran.err.contains("from this table"),
        "{ran:?}"
    );
    assert_eq!(office.got(), counted(&[("k1", 2)]));
    // A further row: what was sent is not sent again.
    let more = "pec;nome\nk1§;A\nk2§;C\n";
    assert_eq!(piped(&office, more, "Fattura 1", &[]).exit, 3);
    assert_eq!(office.got(), counted(&[("k1", 2), ("k2", 1)]));
    // A file that holds the same is the table of its jobs from then on, whatever is piped.
    std::fs::write(
        office.world.path("in.csv"),
        one.replace('§', "@pec.prova.example"),
    )
    .expect("it");
    let file = office.world.path("in.csv").display().to_string();
    let of_file = |subject: &str| {
        let given = ["batch", "run", &*file, "--yes", "--subject", subject];
        let body = office.world.path("testo.txt").display().to_string();
        office.pec(&[&given[..], &["--body-file", &body]].concat())
    };
    assert!(of_file("Fattura 1").err.contains("resuming"));
    assert!(
        piped(&office, one, "Fattura 1", &[])
            .err
            .contains("resuming")
    );
    office.table("in.csv", &["pec;nome", "k1§;D"]);
    let ran = of_file("Fattura 3");
    assert!(
        ran.exit == 2 && ran.err.contains("from this table"),
        "{ran:?}"
    );
    assert_eq!(office.got(), counted(&[("k1", 2), ("k2", 1)]));
}

#[test]
fn a_piped_table_that_was_interrupted_goes_on_and_is_named_by_its_id_alone() {
    let office = Office::new();
    let rows: String = (0..6).map(|n| format!("k{n}§;N{n}\n")).collect();
    let table = format!("pec;nome\n{rows}");
    let given = ["batch", "run", "-", "--yes", "--ndjson", "--subject"];
    let texts = ["Avviso", "--body-file", "testo.txt"];
    let mut command = office.world.command(&[&given[..], &texts].concat());
    let mut child = fed(command.current_dir(office.world.folder.path()), &table);
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let is_sent = |line: &String| line.contains("\"event\":\"sent\"");
    let seen = lines.map_while(Result::ok).filter(is_sent).take(2).count();
    assert_eq!(seen, 2);
    child.kill().expect("it can be killed");
    child.wait().expect("an end");
    // The message in hand may be in doubt: its acceptance is there by then, or it goes again.
    let wait = std::time::Duration::from_secs(30);
    office.world.practice.wait_until_idle(wait);
    let ran = piped(&office, &table, "Avviso", &["--resend", "--patience", "0s"]);
    assert!(ran.err.contains("resuming"), "{ran:?}");
    let each: Vec<(String, usize)> = (0..6).map(|n| (format!("k{n}"), 1)).collect();
    assert_eq!(office.got(), each.into_iter().collect());
    let jobs = office.pec(&["batch", "status", "--json"]).json();
    assert_eq!(jobs["jobs"][0]["table"], "-", "{jobs:#}");
    let id = jobs["jobs"][0]["id"].as_str().expect("an id");
    let shown = office.pec(&["batch", "status"]);
    assert!(shown.out.contains("standard input"), "{shown:?}");
    assert_ne!(office.pec(&["batch", "report", id]).exit, 2);
    let ran = office.pec(&["batch", "report", "-"]);
    assert!(ran.exit == 2 && ran.err.contains("no name"), "{ran:?}");
}

#[test]
fn what_came_back_is_offered_again_and_its_correction_goes_with_the_word() {
    let office = Office::new();
    office.table("t.csv", &[HEAD, "unknown§;A;V1"]);
    office.run("t.csv", &[]);
    // The address is corrected before the receipts were read.
    office.table("t.csv", &[HEAD, "giusto§;A;V1"]);
    let ran = office.run("t.csv", &[]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(ran.err.contains("--correct"), "{ran:?}");
    office.sync();
    let ran = office.run("t.csv", &[]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(
        ran.err.contains("was not delivered") && ran.err.contains("--retry failed"),
        "{ran:?}"
    );
    assert_eq!(office.got(), counted(&[("unknown", 1)]));
    let ran = office.run("t.csv", &["--retry", "failed", "--follow", "--poll", "1s"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(office.got(), counted(&[("unknown", 1), ("giusto", 1)]));
}

#[test]
fn a_row_that_came_back_goes_again_with_the_word_and_as_another_message() {
    let office = Office::new();
    office.table("t.csv", &[HEAD, "unknown§;A;V1", "b§;B;V2"]);
    let ran = office.run("t.csv", &["--follow", "--poll", "1s"]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(
        ran.err.contains("1 row was refused or not delivered"),
        "{ran:?}"
    );
    // By itself it does not, in its own job or in one of a longer table.
    office.run("t.csv", &[]);
    office.table("t.csv", &[HEAD, "unknown§;A;V1", "b§;B;V2", "c§;C;V3"]);
    assert_eq!(office.run("t.csv", &["--follow", "--poll", "1s"]).exit, 1);
    assert_eq!(office.got(), counted(&[("unknown", 1), ("b", 1), ("c", 1)]));
    office.run("t.csv", &["--retry", "failed"]);
    assert_eq!(office.got(), counted(&[("unknown", 2), ("b", 1), ("c", 1)]));
    let lines = office.report("t.csv");
    assert_eq!(lines[0]["other_messages"].as_array().expect("one").len(), 1);
    let ids: Vec<String> = office
        .world
        .practice
        .taken()
        .into_iter()
        .filter(|taken| taken.recipients[0].starts_with("unknown"))
        .filter_map(|taken| taken.message_id)
        .collect();
    assert_eq!(
        ids[1].matches('.').count(),
        ids[0].matches('.').count() + 1,
        "{ids:?}"
    );
}

#[test]
fn an_account_is_its_address_whatever_its_name() {
    let office = Office::new();
    office.table("t.csv", &[HEAD, "a§;A;1", "b§;B;2"]);
    office.run("t.csv", &[]);
    let config = std::fs::read_to_string(office.world.path("config.toml")).expect("it");
    let renamed = config.replace("account.prova", "account.comune");
    std::fs::write(office.world.path("config.toml"), renamed).expect("a file");
    office.run("t.csv", &[]);
    assert_eq!(office.got(), counted(&[("a", 1), ("b", 1)]));
}

#[test]
fn bad_rows_are_rows() {
    let office = Office::new();
    office.table("t.csv", &[HEAD, "a§;A;1", ";B;2", "nessuno;C;3"]);
    let ran = office.run("t.csv", &["--skip-bad", "--follow", "--poll", "1s"]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(
        ran.out.contains("sent 1 of 3") && ran.out.contains("cannot be sent 2"),
        "{ran:?}"
    );
    let status = office.batch("status", "t.csv", &[]);
    assert_eq!(status.exit, 1, "{status:?}");
    for words in ["row 3", "no recipient", "row 4", "; or |): nessuno"] {
        assert!(status.out.contains(words), "{status:?}");
    }
    let lines = office.report("t.csv");
    let states: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["state"].as_str())
        .collect();
    assert_eq!(states, ["delivered", "bad", "bad"]);
    assert_eq!(lines[2]["columns"]["nome"], "C");
    assert!(
        lines[2]["note"]
            .as_str()
            .expect("why")
            .contains("; or |): nessuno")
    );
    // The twin: without them it is all delivered.
    office.table("u.csv", &[HEAD, "a§;A;11"]);
    let ran = office.run("u.csv", &["--skip-bad", "--follow", "--poll", "1s"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
}

#[test]
fn a_reader_that_goes_away_makes_no_success() {
    let office = Office::new();
    let rows: Vec<String> = (0..200).map(|n| format!("r{n}§;N{n};T{n}")).collect();
    let lines = std::iter::once(HEAD).chain(rows.iter().map(String::as_str));
    office.table("t.csv", &lines.collect::<Vec<_>>());
    let table = office.world.path("t.csv").display().to_string();
    let body = office.world.path("testo.txt").display().to_string();
    let options = ["--subject", "Avviso {{ nome }}", "--body-file", &body];
    let given = [&["batch", "run", &table, "--yes", "--ndjson"], &options[..]].concat();
    let mut command = office.world.command(&given);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut first = [0; 20];
    let mut out = child.stdout.take().expect("a pipe");
    out.read_exact(&mut first).expect("the first words");
    drop(out);
    let exit = child.wait().expect("an end");
    assert_eq!(exit.code(), Some(3));
    assert!(office.got().len() < 200);
}

#[test]
fn a_single_message_answers_by_what_became_of_it_though_nobody_reads() {
    let office = Office::new();
    for (user, exit) in [("refused", 5), ("delivered", 0)] {
        let to = office.world.address(user);
        let given = ["send", "--yes", "--no-copy", "--json", "--to", &to];
        let given = [&given[..], &["--subject", "Avviso", "--body", "x"]].concat();
        let mut command = office.world.command(&given);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = piped.spawn().expect("the program starts");
        drop(child.stdout.take());
        let ended = child.wait().expect("an end");
        assert_eq!(ended.code(), Some(exit), "{user}");
    }
}

#[test]
fn two_jobs_of_the_same_rows_at_once_count_both_and_send_once() {
    let office = Office::new();
    let rows: Vec<String> = (0..60).map(|n| format!("r{n}§;N{n};T{n}")).collect();
    let lines = std::iter::once(HEAD).chain(rows.iter().map(String::as_str));
    let lines: Vec<&str> = lines.collect();
    office.table("t.csv", &lines);
    // The same rows in another order are another job.
    let turned: Vec<&str> = lines[..1]
        .iter()
        .chain(lines[1..].iter().rev())
        .copied()
        .collect();
    office.table("u.csv", &turned);
    let body = office.world.path("testo.txt").display().to_string();
    let begin = |table: &str| {
        let table = office.world.path(table).display().to_string();
        let options = ["--subject", "Avviso {{ nome }}", "--body-file", &body];
        let given = [&["batch", "run", &table, "--yes"], &options[..]].concat();
        let mut command = office.world.command(&given);
        let silent = command.stdout(Stdio::null()).stderr(Stdio::null());
        silent.spawn().expect("the program starts")
    };
    for mut child in ["t.csv", "u.csv"].map(begin) {
        child.wait().expect("an end");
    }
    for table in ["t.csv", "u.csv"] {
        let ran = office.run(table, &["--follow", "--poll", "1s"]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        assert!(
            ran.out
                .contains("sent 60 of 60: delivered 60, ordinary mail 0, no outcome yet 0"),
            "{ran:?}"
        );
    }
    let got = office.got();
    assert_eq!(got.len(), 60);
    assert!(got.values().all(|times| *times == 1), "{got:?}");
}

/// All files of a folder, as a backup has them.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).expect("a copy")),
        }
    }
}

/// As many rows as `PEC_ONCE_ROWS` says.
fn many() -> usize {
    let given = std::env::var("PEC_ONCE_ROWS").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(200)
}

#[test]
fn two_machines_a_backup_and_a_ledger_without_its_log_send_each_once() {
    let mut office = Office::new();
    let count = many();
    let rows: Vec<String> = (0..count).map(|n| format!("r{n}§;N{n};T{n}")).collect();
    let lines = std::iter::once(HEAD).chain(rows.iter().map(String::as_str));
    office.table("t.csv", &lines.collect::<Vec<_>>());
    // Killed in the middle; the folder is copied, once without what was not in the file yet; then
    // it goes on to its end.
    office.killed_after(count / 3, "t.csv");
    let (backup, without) = (office.world.path("backup"), office.world.path("senza"));
    copy(&office.data, &backup);
    copy(&office.data, &without);
    let log = without.join("ledger.sqlite-wal");
    assert!(
        log.metadata().is_ok_and(|log| log.len() > 0),
        "nothing in it"
    );
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(without.join(format!("ledger.sqlite{end}")));
    }
    let wait = std::time::Duration::from_secs(60);
    office.world.practice.wait_until_idle(wait);
    let on = ["--follow", "--poll", "1s", "--resend", "--patience", "0s"];
    let ran = office.run("t.csv", &on);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let is_each_once = |office: &Office| {
        let got = office.got();
        assert_eq!(got.len(), count);
        assert!(got.values().all(|times| *times == 1), "{got:?}");
    };
    is_each_once(&office);
    // Another machine, with the same table and an empty ledger.
    office.data = office.world.path("altra");
    let checked = office.batch("check", "t.csv", &[]);
    assert_eq!(checked.exit, 0, "{checked:?}");
    let ran = office.run("t.csv", &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(
        ran.out.contains(&format!(
            "sent by this job 0, from another computer {count}"
        )),
        "{ran:?}"
    );
    is_each_once(&office);
    let lines = office.report("t.csv");
    assert!(lines.iter().all(|line| line["state"] == "delivered"));
    assert!(lines.iter().all(|line| line["elsewhere"] == true));
    // It holds a conflict that only the mailbox knows.
    office.table("u.csv", &[HEAD, "altro§;A;T7"]);
    office.data = office.world.path("terza");
    office.sync();
    let ran = office.run("u.csv", &[]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(
        ran.err
            .contains("another computer already sent a different text"),
        "{ran:?}"
    );
    // The backup, and the ledger without its log, know of some and not of the others.
    for data in [backup, without] {
        office.data = data;
        let ran = office.run("t.csv", &on);
        assert_eq!(ran.exit, 0, "{ran:?}");
        is_each_once(&office);
    }
    println!("{count} rows, from two machines, a backup and a ledger without its log: each once");
}

#[test]
fn a_single_message_that_another_machine_sent_is_not_sent_by_a_script() {
    let mut office = Office::new();
    let to = office.world.address("a");
    let send = |office: &Office, body: &str, more: &[&str]| {
        let given = [
            "send",
            "--yes",
            "--no-copy",
            "--to",
            &to,
            "--subject",
            "Avviso",
        ];
        office.pec(&[&given[..], &["--body", body], more].concat())
    };
    assert_eq!(send(&office, "x", &[]).exit, 0);
    let wait = std::time::Duration::from_secs(30);
    office.world.practice.wait_until_idle(wait);
    // A new computer, or the same one with nothing left on it.
    office.data = office.world.path("altra");
    let again = send(&office, "x", &[]);
    assert_eq!((again.exit, office.got()["a"]), (2, 1), "{again:?}");
    // Another text under the same subject is another message.
    let other = send(&office, "y", &[]);
    assert_eq!((other.exit, office.got()["a"]), (0, 2), "{other:?}");
    let insisted = send(&office, "x", &["--again"]);
    assert_eq!((insisted.exit, office.got()["a"]), (0, 3), "{insisted:?}");
}

/// A machine that has sent before, and has not read its mailbox since: it reads it now.
#[test]
fn a_machine_that_knows_the_account_asks_the_mailbox_before_a_script_sends() {
    let mut office = Office::new();
    let first = office.data.clone();
    let second = office.world.path("altra");
    let to = office.world.address("a");
    let given = ["send", "--yes", "--no-copy", "--json", "--to", &to];
    let given = [&given[..], &["--subject", "Avviso", "--body"]].concat();
    let send = |office: &Office, body: &str| office.pec(&[&given[..], &[body]].concat());
    office.data = second.clone();
    assert_eq!(send(&office, "prima").exit, 0);
    office.data = first;
    let sent = send(&office, "x");
    assert_eq!(sent.exit, 0, "{sent:?}");
    let id = sent.json()["messages"][0]["message_id"].clone();
    let wait = std::time::Duration::from_secs(30);
    office.world.practice.wait_until_idle(wait);
    office.data = second;
    let again = send(&office, "x");
    assert_eq!((again.exit, office.got()["a"]), (2, 2), "{again:?}");
    let id = id.as_str().expect("an id").trim_matches(['<', '>']);
    assert!(again.err.contains(id), "{again:?}");
    // Its own twin has the same exit status.
    let twin = send(&office, "prima");
    assert_eq!((twin.exit, office.got()["a"]), (2, 2), "{twin:?}");
    // A mailbox that cannot be asked lets nothing leave that nobody confirms.
    let config = std::fs::read_to_string(office.world.path("config.toml")).expect("it");
    let imap = format!("localhost:{}", office.world.practice.imap().port());
    let broken = config.replace(&imap, "localhost:1");
    std::fs::write(office.world.path("config.toml"), broken).expect("a file");
    let blind = send(&office, "y");
    assert_eq!((blind.exit, office.got()["a"]), (4, 2), "{blind:?}");
    assert!(blind.err.contains("--again"), "{blind:?}");
    assert_eq!(blind.json()["messages"], serde_json::json!([]));
    let insisted = office.pec(&[&given[..], &["y", "--again"]].concat());
    assert_eq!((insisted.exit, office.got()["a"]), (0, 3), "{insisted:?}");
}

/// A ready message without a Message-ID gets one by its octets.
#[test]
fn a_ready_message_that_another_machine_sent_is_not_sent_by_a_script() {
    let mut office = Office::new();
    let (from, to) = (office.world.address("io"), office.world.address("a"));
    let send = |office: &Office, text: &str| {
        let file = office.world.path("pronto.eml");
        let text = format!("From: {from}\r\nTo: {to}\r\nSubject: Diffida\r\n\r\n{text}\r\n");
        std::fs::write(&file, text).expect("a file");
        let file = file.display().to_string();
        office.pec(&["send", "--yes", "--no-copy", "--eml", &file])
    };
    assert_eq!(send(&office, "uno").exit, 0);
    let wait = std::time::Duration::from_secs(30);
    office.world.practice.wait_until_idle(wait);
    office.data = office.world.path("altra");
    let again = send(&office, "uno");
    assert_eq!((again.exit, office.got()["a"]), (2, 1), "{again:?}");
    let other = send(&office, "due");
    assert_eq!((other.exit, office.got()["a"]), (0, 2), "{other:?}");
}

/// What was recorded here and never left, and was sent from elsewhere meanwhile.
#[test]
fn what_another_machine_sent_meanwhile_is_not_resumed_by_a_script() {
    let mut office = Office::with(Config {
        faults: vec![Fault::CutBeforeData],
        ..config()
    });
    let to = office.world.address("a");
    let first = office.data.clone();
    let given = ["send", "--yes", "--no-copy", "--to", &to];
    let given = [&given[..], &["--subject", "Avviso", "--body", "x"]].concat();
    let cut = office.pec(&given);
    assert_eq!((cut.exit, office.got().len()), (4, 0), "{cut:?}");
    office.data = office.world.path("altra");
    assert_eq!(office.pec(&given).exit, 0);
    let wait = std::time::Duration::from_secs(30);
    office.world.practice.wait_until_idle(wait);
    office.data = first;
    let resumed = office.pec(&["send", "--resume", "--yes", "--no-copy"]);
    assert_eq!((resumed.exit, office.got()["a"]), (3, 1), "{resumed:?}");
    assert!(
        resumed.err.contains("already sent from another computer"),
        "{resumed:?}"
    );
}

/// Of several recipients of a row some have it: the others get it by themselves, and nobody twice.
#[test]
fn what_came_back_for_some_goes_again_to_those_alone() {
    let mut office = Office::new();
    let head = "PEC;Cc;nome;riferimento";
    office.table("t.csv", &[head, "a§;unknown§;A;1", "b§;c§;B;2"]);
    let ran = office.run("t.csv", &["--follow", "--poll", "1s"]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(ran.err.contains("--retry failed"), "{ran:?}");
    // By itself nothing goes.
    office.run("t.csv", &[]);
    let once = [("a", 1), ("b", 1), ("c", 1), ("unknown", 1)];
    assert_eq!(office.got(), counted(&once));
    let ran = office.run("t.csv", &["--retry", "failed", "--follow", "--poll", "1s"]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    let twice = [("a", 1), ("b", 1), ("c", 1), ("unknown", 2)];
    assert_eq!(office.got(), counted(&twice));
    // The report has each recipient once, by the message that it got last, and names both.
    let is_told = |office: &Office| {
        let lines = office.report("t.csv");
        let told: Vec<(&str, &str)> = lines
            .iter()
            .map(|line| {
                let text = |key: &str| line[key].as_str().unwrap_or_default();
                let name = text("recipient").split('@').next();
                (name.unwrap_or_default(), text("state"))
            })
            .collect();
        let all = [
            ("a", "delivered"),
            ("unknown", "not-delivered"),
            ("b", "delivered"),
            ("c", "delivered"),
        ];
        assert_eq!(told, all);
        assert_ne!(lines[0]["message"], lines[1]["message"]);
        assert_eq!(lines[2]["message"], lines[3]["message"]);
        assert_eq!(lines[0]["other_messages"].as_array().expect("one").len(), 1);
    };
    is_told(&office);
    // It is the same notice, with the next number.
    let taken = office.world.practice.taken();
    let ids: Vec<String> = taken
        .into_iter()
        .filter(|taken| taken.recipients.iter().any(|to| to.starts_with("unknown")))
        .filter_map(|taken| taken.message_id)
        .collect();
    let parts = |id: &str| id.split(['.', '@']).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(parts(&ids[0])[..2], parts(&ids[1])[..2], "{ids:?}");
    assert_eq!(parts(&ids[1])[2], "1", "{ids:?}");
    // Another machine finds both in the mailbox, and sends nothing.
    office.data = office.world.path("altra");
    let follow = ["--follow", "--poll", "1s", "--for", "20s"];
    for _ in 0..2 {
        let ran = office.run("t.csv", &follow);
        assert_eq!(ran.exit, 1, "{ran:?}");
        assert_eq!(office.got(), counted(&twice));
    }
    is_told(&office);
    // With the word it goes once more to the one for whom both came back, as from the first machine.
    let ran = office.run("t.csv", &[&follow[..], &["--retry", "failed"]].concat());
    assert_eq!(ran.exit, 1, "{ran:?}");
    let thrice = [("a", 1), ("b", 1), ("c", 1), ("unknown", 3)];
    assert_eq!(office.got(), counted(&thrice));
}

/// What another machine sent went to those whom its acceptance names, and to nobody else: who was left
/// out is told as one whom it did not reach, and gets it with the word.
#[test]
fn who_is_in_no_acceptance_of_another_machine_did_not_get_it() {
    let mut office = Office::new();
    let head = "PEC;Cc;nome;riferimento";
    office.table(
        "t.csv",
        &[head, "a§;later§;A;1", "b§;refused§;B;2", "c§;d§;C;3"],
    );
    // Before the minute is over after which `later` is tried again.
    office.killed_after(3, "t.csv");
    let wait = std::time::Duration::from_secs(30);
    office.world.practice.wait_until_idle(wait);
    let once = [("a", 1), ("b", 1), ("c", 1), ("d", 1)];
    assert_eq!(office.got(), counted(&once));
    let first = std::mem::replace(&mut office.data, office.world.path("altra"));
    let states = |office: &Office| {
        let lines = office.report("t.csv");
        let told = lines.iter().map(|line| {
            let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            let recipient = text("recipient");
            let name = recipient.split('@').next().unwrap_or_default().to_owned();
            (name, text("state"), line["sent_at"].is_string())
        });
        told.collect::<Vec<_>>()
    };
    let told = |all: [(&str, &str, bool); 6]| {
        all.map(|(name, state, sent)| (name.to_owned(), state.to_owned(), sent))
            .to_vec()
    };
    let follow = ["--follow", "--poll", "1s", "--for", "20s"];
    let ran = office.run("t.csv", &follow);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert_eq!(office.got(), counted(&once), "{ran:?}");
    let mut all = [
        ("a", "delivered", true),
        ("later", "refused", false),
        ("b", "delivered", true),
        ("refused", "refused", false),
        ("c", "delivered", true),
        ("d", "delivered", true),
    ];
    assert_eq!(states(&office), told(all), "{ran:?}");
    let ran = office.run("t.csv", &[&follow[..], &["--retry", "failed"]].concat());
    assert_eq!(ran.exit, 1, "{ran:?}");
    let then = [once.to_vec(), vec![("later", 1)]].concat();
    assert_eq!(office.got(), counted(&then), "{ran:?}");
    all[1] = ("later", "delivered", true);
    assert_eq!(states(&office), told(all), "{ran:?}");
    // A third one finds both messages in the mailbox.
    office.data = office.world.path("terza");
    let ran = office.run("t.csv", &follow);
    assert_eq!(office.got(), counted(&then), "{ran:?}");
    assert_eq!(states(&office), told(all), "{ran:?}");
    // The first machine would have gone on with it, and finds that it has it.
    office.data = first;
    let ran = office.run("t.csv", &[]);
    assert_eq!(office.got(), counted(&then), "{ran:?}");
    assert!(ran.err.contains("row 2 (1): held"), "{ran:?}");
    // A person may want it all the same.
    let ran = office.run("t.csv", &["--correct=2"]);
    let again = [once.to_vec(), vec![("later", 2)]].concat();
    assert_eq!(office.got(), counted(&again), "{ran:?}");
}

/// What another machine sent again went to those whom the first message missed as its receipts tell, and
/// not only to those whom the acceptance left out.
#[test]
fn what_another_machine_sent_again_is_adopted_for_all_whom_it_went_to() {
    let mut office = Office::new();
    let head = "PEC;nome;riferimento";
    office.table("t.csv", &[head, "a§|later§|unknown§;A;1", "b§;B;2"]);
    office.killed_after(2, "t.csv");
    let wait = std::time::Duration::from_secs(30);
    let follow = ["--follow", "--poll", "1s", "--for", "20s"];
    office.world.practice.wait_until_idle(wait);
    office.data = office.world.path("altra");
    office.run("t.csv", &follow);
    office.run("t.csv", &[&follow[..], &["--retry", "failed"]].concat());
    let got = counted(&[("a", 1), ("b", 1), ("later", 1), ("unknown", 2)]);
    assert_eq!(office.got(), got);
    office.data = office.world.path("terza");
    let ran = office.run("t.csv", &follow);
    assert_eq!((ran.exit, office.got()), (1, got), "{ran:?}");
    let lines = office.report("t.csv");
    let of = |name: &str, key: &str| {
        let is_it = |line: &&Value| {
            let recipient = line["recipient"].as_str().unwrap_or_default();
            recipient.starts_with(&format!("{name}@"))
        };
        lines.iter().find(is_it).expect("a line")[key].clone()
    };
    assert_eq!(of("later", "state"), "delivered");
    assert_eq!(of("unknown", "state"), "not-delivered");
    assert_eq!(of("later", "message"), of("unknown", "message"));
    assert_ne!(of("later", "message"), of("a", "message"));
}

/// The unsent rows of a batch are the batch's: what goes on with all that did not leave leaves them to
/// it. Who names one gets it sent, as long as nothing else went under its reference.
#[test]
fn rows_of_a_batch_are_not_resumed_unless_they_are_named() {
    let mut office = Office::new();
    let rows = |text: &str| -> Vec<String> {
        let head = ["PEC;nome;riferimento".to_owned()].into_iter();
        let row = |number: u32| format!("u{number}§;{text};{number}");
        head.chain((0..60).map(row)).collect()
    };
    let table = |office: &Office, name: &str, text: &str| {
        let rows = rows(text);
        office.table(name, &rows.iter().map(String::as_str).collect::<Vec<_>>());
    };
    table(&office, "t.csv", "A");
    office.killed_after(8, "t.csv");
    let wait = std::time::Duration::from_secs(30);
    office.world.practice.wait_until_idle(wait);
    let sent = office.got().len();
    assert!(sent < 60, "killed too late");
    let unsent = |office: &Office| -> Vec<(String, String)> {
        let all = office
            .pec(&["status", "--pending", "--limit", "100", "--json"])
            .json();
        let messages = all["messages"].as_array().expect("a list");
        let is_unsent = |one: &&Value| one["recipients"][0]["standing"] == "recorded";
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let unsent = messages.iter().filter(is_unsent);
        unsent
            .map(|one| (text(&one["id"]), text(&one["recipients"][0]["address"])))
            .collect()
    };
    let left = unsent(&office);
    assert!(left.len() > 2, "{left:?}");
    let resume = ["send", "--resume", "--yes", "--no-copy"];
    let resumed = office.pec(&resume);
    assert_eq!((resumed.exit, office.got().len()), (3, sent), "{resumed:?}");
    assert!(resumed.err.contains("pec batch run"), "{resumed:?}");
    // One that is named goes.
    let named = office.pec(&[&resume[..], &[&*left[0].0]].concat());
    assert_eq!((named.exit, office.got().len()), (0, sent + 1), "{named:?}");
    // Another machine sends another text under these references.
    office.world.practice.wait_until_idle(wait);
    let first = std::mem::replace(&mut office.data, office.world.path("altra"));
    table(&office, "altra.csv", "B");
    let other = office.run("altra.csv", &[]);
    office.world.practice.wait_until_idle(wait);
    let before = office.got();
    assert_eq!(before.len(), 60, "{other:?}");
    office.data = first;
    let named = office.pec(&[&resume[..], &[&*left[1].0]].concat());
    assert_eq!((named.exit, office.got()), (3, before.clone()), "{named:?}");
    let ran = office.run("t.csv", &[]);
    assert_eq!((ran.exit, office.got()), (2, before), "{ran:?}");
}
