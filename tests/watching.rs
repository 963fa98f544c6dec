//! What watches over the program, and what a timer hears of it: `-q`, `pec doctor --strict`, `--nagios` and
//! `--prometheus`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use postacert::command;
use postacert::context::Context;
use postacert::lang::Lang;
use postacert::timestamp::Timestamp;

/// A day on which nothing is wrong.
const GOOD: &str = "2026-12-10T10:00:00Z";

/// A day on which the trust data are old and nothing else is wrong.
const LATER: &str = "2028-12-10T10:00:00Z";

/// A folder with one account and a data folder.
struct Office {
    folder: tempfile::TempDir,
}

struct Ran {
    status: u8,
    out: String,
    err: String,
}

impl Office {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("mode");
        let config = folder.path().join("config.toml");
        let account = "[account.studio]\naddress = \"studio@pec.example\"\n\
                       imap = \"mail.pec.example:993\"\nsmtp = \"mail.pec.example:465\"\n";
        fs::write(&config, account).expect("written");
        fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).expect("mode");
        let data = folder.path().join("data");
        fs::create_dir(&data).expect("made");
        let office = Self { folder };
        office.mode_of_data(0o700);
        office
    }

    fn mode_of_data(&self, mode: u32) {
        let data = self.folder.path().join("data");
        fs::set_permissions(data, fs::Permissions::from_mode(mode)).expect("mode");
    }

    fn pec(&self, now: &str, words: &[&str]) -> Ran {
        let context = Context::fixed(Timestamp::parse(now).expect("a time"), Lang::En);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let path = |name: &str| self.folder.path().join(name).into_os_string();
        let mut arguments: Vec<OsString> = vec!["pec".into(), "--config".into()];
        arguments.extend([path("config.toml"), "--data-dir".into(), path("data")]);
        arguments.extend(words.iter().map(OsString::from));
        let status = command::run(arguments, &context, &mut out, &mut err).expect("memory");
        let text = |octets| String::from_utf8(octets).expect("UTF-8");
        Ran {
            status: status.number(),
            out: text(out),
            err: text(err),
        }
    }
}

#[test]
fn a_quiet_run_says_nothing_where_all_is_well() {
    let office = Office::new();
    let loud = office.pec(GOOD, &["doctor", "--offline"]);
    assert_eq!(loud.status, 0, "{}", loud.out);
    assert!(loud.out.contains("0 failed"), "{}", loud.out);
    for words in [
        &["-q", "doctor", "--offline"][..],
        &["doctor", "-q", "--offline"],
        &["doctor", "--offline", "--quiet"],
        &["-q", "account", "list"],
    ] {
        let ran = office.pec(GOOD, words);
        assert_eq!((ran.status, &*ran.out, &*ran.err), (0, "", ""), "{words:?}");
    }
}

#[test]
fn a_quiet_run_says_everything_where_something_is_wrong() {
    let office = Office::new();
    office.mode_of_data(0o755);
    let loud = office.pec(GOOD, &["doctor", "--offline"]);
    let quiet = office.pec(GOOD, &["-q", "doctor", "--offline"]);
    assert_eq!((loud.status, quiet.status), (1, 1));
    assert_eq!((loud.out, loud.err), (quiet.out, quiet.err));
    let ran = office.pec(GOOD, &["-q", "status", "nothing-of-this-name"]);
    assert_ne!(ran.status, 0);
    assert!(ran.err.starts_with("pec: "), "{}", ran.err);
}

#[test]
fn results_for_programs_are_written_by_a_quiet_run_too() {
    let office = Office::new();
    let ran = office.pec(GOOD, &["-q", "doctor", "--offline", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((ran.status, &document["totals"]["failed"]), (0, &0.into()));
}

#[test]
fn warnings_count_where_it_is_asked() {
    let office = Office::new();
    let statuses = [GOOD, LATER].map(|day| {
        let usual = office.pec(day, &["doctor", "--offline"]).status;
        let strict = office.pec(day, &["doctor", "--offline", "--strict"]).status;
        (usual, strict)
    });
    assert_eq!(statuses, [(0, 0), (0, 1)]);
}

#[test]
fn a_plugin_says_one_line_and_exits_as_plugins_do() {
    let office = Office::new();
    let nagios = |day| office.pec(day, &["doctor", "--offline", "--nagios"]);
    let (good, warned) = (nagios(GOOD), nagios(LATER));
    office.mode_of_data(0o755);
    let failed = nagios(LATER);
    assert_eq!((good.status, warned.status, failed.status), (0, 1, 2));
    assert!(
        good.out.starts_with("PEC OK: all is well | "),
        "{}",
        good.out
    );
    assert!(
        warned.out.starts_with("PEC WARNING: trust data"),
        "{}",
        warned.out
    );
    // What failed comes before what is only remarked.
    assert!(failed.out.starts_with("PEC CRITICAL: "), "{}", failed.out);
    assert!(
        failed.out.find("0755") < failed.out.find("trust data"),
        "{}",
        failed.out
    );
    for ran in [good, warned, failed] {
        assert_eq!(ran.out.matches('\n').count(), 1);
        let (_, numbers) = ran.out.trim_end().split_once(" | ").expect("numbers");
        assert!(numbers.contains("'data.room'="), "{numbers}");
        for number in numbers.split(' ') {
            let (label, values) = number.split_once('=').expect("label and values");
            assert!(label.starts_with('\'') && label.ends_with('\''), "{number}");
            let [value, warn, fail] = *values.split(';').collect::<Vec<_>>() else {
                panic!("{number}");
            };
            let value: i64 = value.trim_end_matches('B').parse().expect("a number");
            assert!(value >= 0);
            for limit in [warn, fail].map(|limit| limit.trim_end_matches(':')) {
                assert!(limit.is_empty() || limit.parse::<i64>().is_ok(), "{number}");
            }
        }
    }
}

/// The line that a number in `--nagios` gives is that of `--json`, with the same limits.
#[test]
fn numbers_have_units_and_limits() {
    let office = Office::new();
    let ran = office.pec(LATER, &["doctor", "--offline", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let checks = document["checks"].as_array().expect("checks");
    let of = |id: &str| {
        let found = checks.iter().find(|check| check["id"] == id);
        found.unwrap_or_else(|| panic!("no {id}"))
    };
    let trust = of("trust.data");
    assert_eq!(trust["state"], "warning");
    assert_eq!(trust["measure"]["unit"], "days-passed");
    let (value, limit) = (&trust["measure"]["value"], &trust["measure"]["warn_at"]);
    assert!(value.as_i64() >= limit.as_i64(), "{trust}");
    let end = of("trust.authorities");
    assert_eq!(
        (&end["state"], &end["measure"]["unit"]),
        (&"ok".into(), &"days".into())
    );
    assert!(end["measure"]["value"].as_i64() >= end["measure"]["warn_at"].as_i64());
    assert!(of("clock")["measure"].is_null());
}

#[test]
fn the_end_of_the_last_authority_is_foreseen() {
    let office = Office::new();
    let state = |day| {
        let ran = office.pec(day, &["doctor", "--offline", "--json"]);
        let document: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        let checks = document["checks"].as_array().expect("checks");
        let found = checks
            .iter()
            .find(|check| check["id"] == "trust.authorities");
        found.expect("the check")["state"].clone()
    };
    // The last edition ends on 22 September 2030 at 11:22:02.
    assert_eq!(state("2029-09-22T11:22:02Z"), "ok");
    assert_eq!(state("2029-09-22T11:22:03Z"), "warning");
    assert_eq!(state("2030-09-22T11:22:02Z"), "warning");
    assert_eq!(state("2030-09-22T11:22:03Z"), "failed");
}

#[test]
fn metrics_are_such_as_a_collector_reads() {
    let office = Office::new();
    let ran = office.pec(GOOD, &["doctor", "--offline", "--prometheus"]);
    assert_eq!(ran.status, 0);
    let mut typed = Vec::new();
    for line in ran.out.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("name and type");
            assert_eq!(kind, "gauge");
            assert!(!typed.contains(&name), "{name} stands in two places");
            typed.push(name);
        } else if !line.starts_with("# HELP ") {
            let (name, value) = line.rsplit_once(' ').expect("name and value");
            let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
            // All of one metric stand below its type.
            assert_eq!(typed.last(), Some(&name), "{line}");
            assert!(labels.ends_with('}'), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
    assert!(typed.contains(&"pec_data_room_bytes"), "{typed:?}");
    assert!(
        ran.out
            .contains("pec_check_state{check=\"network\",account=\"studio\"} 3\n")
    );
}
