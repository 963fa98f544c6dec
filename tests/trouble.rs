//! What `pec doctor` says of machines that are really broken, to a person, in numbers and to what watches
//! over them; and that a timer hears nothing where all is well.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::practising::{Practising, Ran, files};
use support::skipped::skipped;

/// A provider, and one message with its receipts in the ledger.
fn world() -> Practising {
    let world = Practising::new();
    world.send("Avviso", &["consegna"]);
    world.practice.wait_until_idle(Duration::from_secs(10));
    assert_eq!(world.run(&["sync"]).exit, 0);
    world
}

/// A check of a machine as each reader gets it: state, number, and what the plugin and the collector say.
struct Found {
    state: String,
    advice: String,
    value: Option<i64>,
    unit: String,
}

/// `pec doctor` in all its forms, started so; the check of that name.
fn looked(run: &dyn Fn(&[&str]) -> Option<Ran>, id: &str) -> Option<Found> {
    let json = run(&["doctor", "--offline", "--json"])?;
    let document = json.json();
    let checks = document["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["id"] == id);
    let check = check.unwrap_or_else(|| panic!("no {id}: {document}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found = Found {
        state: text(&check["state"]),
        advice: text(&check["advice"]),
        value: check["measure"]["value"].as_i64(),
        unit: text(&check["measure"]["unit"]),
    };
    let nagios = run(&["doctor", "--offline", "--nagios"])?;
    let metrics = run(&["doctor", "--offline", "--prometheus"])?;
    let strict = run(&["doctor", "--offline", "--strict"])?;
    let line = |start: &str| {
        let line = metrics.out.lines().find(|line| line.starts_with(start));
        line.and_then(|line| line.rsplit_once(' ')?.1.parse::<i64>().ok())
    };
    let state = line(&format!("pec_check_state{{check=\"{id}\""));
    assert_eq!(metrics.exit, 0, "{metrics:?}");
    match &*found.state {
        "failed" => {
            assert_eq!((json.exit, strict.exit, nagios.exit), (1, 1, 2), "{id}");
            assert!(nagios.out.starts_with("PEC CRITICAL: "), "{nagios:?}");
            assert_eq!(state, Some(2), "{metrics:?}");
        }
        "warning" => {
            assert_eq!(strict.exit, 1, "{id}");
            assert_eq!(state, Some(1), "{metrics:?}");
        }
        "ok" => assert_eq!(state, Some(0), "{metrics:?}"),
        other => panic!("{other}"),
    }
    if found.state != "ok" {
        assert!(!found.advice.is_empty(), "{id}");
    }
    Some(found)
}

fn of(world: &Practising) -> impl Fn(&[&str]) -> Option<Ran> {
    |words| Some(world.run(words))
}

/// Has a shell prepare something in a room of its own (mounts that nobody else sees), and runs there;
/// `None` where that cannot be done.
fn apart(world: &Practising, prepare: &str, words: &[&str]) -> Option<Ran> {
    let command = world.command(words);
    let mut shell = Command::new("unshare");
    let script = format!("cd /; ({prepare}) >&2 || exit 97; exec \"$@\"");
    shell.args(["--mount", "sh", "-c", &script]);
    shell.arg(world.data()).arg(command.get_program());
    shell.args(command.get_args()).env_remove("PEC_PASSWORD");
    let ran = Ran::of(shell.stdin(Stdio::null()).output().ok()?);
    if ran.exit == 97 || ran.err.contains("unshare:") {
        skipped("a full disk, and one to read only, need leave to mount");
        return None;
    }
    Some(ran)
}

#[test]
fn a_sound_machine_is_told_as_one() {
    let world = world();
    for (id, unit) in [
        ("data.room", "bytes"),
        ("ledger.evidence", "files"),
        ("trust.data", "days-passed"),
        ("trust.authorities", "days"),
        ("tls.roots", "days-passed"),
        ("mailbox.last-read", "hours"),
        ("messages.unread", "messages"),
    ] {
        let found = looked(&of(&world), id).expect("it runs");
        assert_eq!((&*found.state, &*found.unit), ("ok", unit), "{id}");
        assert!(found.value.is_some(), "{id}");
    }
}

/// A disk of two megabytes with the data on it, filled to the last octet.
#[test]
fn a_full_disk_is_told() {
    let world = world();
    let fill = "cp -a \"$0\" \"$0.copy\" && mount -t tmpfs -o size=2m,mode=0700 none \"$0\" \
                && cp -a \"$0.copy/.\" \"$0\" && rm -r \"$0.copy\" \
                && { cat /dev/zero > \"$0/full\" 2>/dev/null || true; }";
    let run = |words: &[&str]| apart(&world, fill, words);
    let Some(found) = looked(&run, "data.room") else {
        return;
    };
    assert_eq!(
        (&*found.state, found.value, &*found.unit),
        ("failed", Some(0), "bytes")
    );
    // What was sent is still told.
    assert_eq!(run(&["status"]).expect("as before").exit, 0);
    assert_eq!(run(&["sync"]).expect("as before").exit, 4);
}

#[test]
fn a_disk_that_is_nearly_full_is_a_warning() {
    let world = world();
    let half = "cp -a \"$0\" \"$0.copy\" && mount -t tmpfs -o size=500m,mode=0700 none \"$0\" \
                && cp -a \"$0.copy/.\" \"$0\" && rm -r \"$0.copy\"";
    let run = |words: &[&str]| apart(&world, half, words);
    let Some(found) = looked(&run, "data.room") else {
        return;
    };
    assert_eq!(found.state, "warning");
    assert!(
        found
            .value
            .is_some_and(|free| (400_000_000..530_000_000).contains(&free))
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let world = world();
    let read_only = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"";
    let run = |words: &[&str]| apart(&world, read_only, words);
    let Some(found) = looked(&run, "data.writable") else {
        return;
    };
    assert_eq!(found.state, "failed");
}

/// The same by permissions, for a user who is not root.
#[test]
fn a_folder_of_another_mode_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let world = world();
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    };
    // All may come so far, and read what there is.
    mode(world.folder.path(), 0o755);
    mode(&world.path("config.toml"), 0o644);
    mode(&world.data(), 0o555);
    for file in files(&world.data()) {
        mode(&file, 0o444);
    }
    for folder in folders(&world.data()) {
        mode(&folder, 0o555);
    }
    let run = |words: &[&str]| {
        let command = world.command(words);
        let mut other = Command::new("setpriv");
        other.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        other.arg(command.get_program()).args(command.get_args());
        let ran = Ran::of(other.stdin(Stdio::null()).output().ok()?);
        if ran.err.contains("setpriv:") {
            skipped("a folder that cannot be written needs another user");
            return None;
        }
        Some(ran)
    };
    let Some(found) = looked(&run, "data.writable") else {
        return;
    };
    assert_eq!(found.state, "failed");
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let below = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir());
    below
        .flat_map(|path| [folders(&path), vec![path]].concat())
        .collect()
}

#[test]
fn a_broken_ledger_and_one_of_a_later_version_are_told() {
    let world = world();
    let file = world.data().join("ledger.sqlite");
    let sound = fs::read(&file).expect("a file");
    let mut begin_gone = sound.clone();
    begin_gone[..100].fill(0);
    let mut inside_gone = sound.clone();
    for octet in inside_gone.iter_mut().skip(4_096).take(40_000) {
        *octet ^= 0x5a;
    }
    for broken in [begin_gone, inside_gone] {
        fs::write(&file, &broken).expect("a file");
        for beside in ["-wal", "-shm"] {
            let _ = fs::remove_file(world.data().join(format!("ledger.sqlite{beside}")));
        }
        let found = looked(&of(&world), "ledger").expect("it runs");
        assert_eq!(found.state, "failed");
    }
    fs::write(&file, &sound).expect("a file");
    let connection = rusqlite::Connection::open(&file).expect("a database");
    connection
        .pragma_update(None, "user_version", 9_999)
        .expect("a form");
    drop(connection);
    let found = looked(&of(&world), "ledger").expect("it runs");
    assert_eq!(found.state, "failed");
}

#[test]
fn evidence_that_is_gone_or_lacks_an_octet_is_told() {
    let world = world();
    let kept = files(&world.data().join("messages"));
    let whole = fs::read(&kept[0]).expect("a file");
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&kept[0], fs::Permissions::from_mode(0o600)).expect("a mode");
    fs::write(&kept[0], &whole[..whole.len() - 1]).expect("a file");
    let found = looked(&of(&world), "ledger.evidence").expect("it runs");
    assert_eq!(
        (&*found.state, found.value, &*found.unit),
        ("failed", Some(1), "files")
    );
    fs::remove_file(&kept[0]).expect("a file");
    let found = looked(&of(&world), "ledger.evidence").expect("it runs");
    assert_eq!((&*found.state, found.value), ("failed", Some(1)));
    for file in &kept[1..] {
        fs::remove_file(file).expect("a file");
    }
    let found = looked(&of(&world), "ledger.evidence").expect("it runs");
    assert_eq!(found.value, Some(kept.len() as i64));
}

/// The commands of a timer, each against a provider that does nothing wrong.
#[test]
fn a_timer_hears_nothing_where_all_is_well() {
    let world = Practising::new();
    world.send("Avviso", &["consegna"]);
    world.practice.wait_until_idle(Duration::from_secs(10));
    let shown = |name: &str| world.path(name).display().to_string();
    fs::write(
        world.path("avvisi.csv"),
        format!(
            "pec,riferimento\n{},A-1\n{},A-2\n",
            world.address("consegna"),
            world.address("altro")
        ),
    )
    .expect("a table");
    let (table, copy, archive) = (shown("avvisi.csv"), shown("copia"), shown("archivio"));
    let body = shown("testo.txt");
    fs::write(&body, "Buongiorno.\n").expect("a text");
    let batch = [
        "batch",
        "run",
        &table,
        "--subject",
        "Avviso {{ riferimento }}",
        "--body-file",
        &body,
        "--yes",
        "--follow",
        "--poll",
        "1s",
    ];
    let timers: [&[&str]; 10] = [
        &["sync"],
        &["watch", "--for", "1s"],
        &batch,
        &["doctor", "--strict"],
        &["doctor", "--offline"],
        &["ledger", "check"],
        &["ledger", "backup", &copy],
        &["archive", "--older-than", "0d", "--to", &archive],
        &["sync"],
        &["status"],
    ];
    for words in timers {
        for quiet in [&["-q"][..], &["--quiet", "--lang", "it"]] {
            let _ = fs::remove_dir_all(&copy);
            let ran = world.run(&[quiet, words].concat());
            assert_eq!(
                (ran.exit, &*ran.out, &*ran.err),
                (0, "", ""),
                "{quiet:?} {words:?}"
            );
        }
    }
    // And where it is not: the same as without.
    let wrong = world.run(&["-q", "ledger", "backup", &archive]);
    assert_eq!(wrong.exit, 2);
    assert!(wrong.err.starts_with("pec: "), "{wrong:?}");
}
