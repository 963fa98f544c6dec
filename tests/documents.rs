//! What other programs hold: documents that earlier versions of the program wrote follow the
//! schemas of today, and the schemas are those that were reviewed.

#[path = "support/schema.rs"]
#[allow(dead_code, reason = "shared with other suites")]
mod schema;

use std::path::{Path, PathBuf};

use schema::Schema;
use serde_json::{Value, json};

/// Of `fixtures/json`: the file, the command whose schema it follows, and where that stands in it.
const KEPT: [(&str, &str, &str); 23] = [
    ("account", "account list", ""),
    ("batch-check", "batch", ""),
    ("batch-event", "batch", ""),
    ("batch-report", "batch", ""),
    ("batch-status", "batch", ""),
    ("check", "check", ""),
    ("doctor", "doctor", ""),
    ("event", "sync", ""),
    ("inbox", "inbox", ""),
    ("export", "export", ""),
    ("export-court", "export --court civile", ""),
    ("offices-find", "offices find", ""),
    ("offices-import", "offices import", ""),
    ("prove", "prove", ""),
    ("sandbox", "sandbox", ""),
    ("search", "search", ""),
    ("send", "send", ""),
    ("show", "show", ""),
    ("extract", "extract", ""),
    ("status", "status", ""),
    ("verify", "verify", ""),
    ("verify-container", "verify", ""),
    ("verify-line", "verify", "#/$defs/line"),
];

/// Each document and the commands that hand out its schema.
const SCHEMAS: [(&str, &[&str]); 32] = [
    (
        "account",
        &["account list", "account presets", "account test"],
    ),
    ("archive", &["archive"]),
    ("batch", &["batch"]),
    ("check", &["check"]),
    ("doctor", &["doctor"]),
    ("draft", &["draft list", "draft show"]),
    ("event", &["sync", "watch"]),
    ("inbox", &["inbox"]),
    ("extract", &["extract"]),
    ("export", &["export"]),
    ("export-court", &["export --court civile"]),
    ("import", &["import"]),
    ("forget", &["forget"]),
    ("ledger-backup", &["ledger backup"]),
    ("ledger-check", &["ledger check"]),
    ("ledger-restore", &["ledger restore"]),
    ("ledger-stat", &["ledger stat"]),
    ("mailbox", &["status --mailbox"]),
    ("offices-find", &["offices find"]),
    ("offices-import", &["offices import"]),
    ("prove", &["prove"]),
    ("sandbox", &["sandbox"]),
    ("search", &["search"]),
    ("send", &["send"]),
    ("show", &["show"]),
    ("stamp", &["stamp"]),
    ("status", &["status", "wait"]),
    ("trust-change", &["trust import", "trust update"]),
    ("trust-history", &["trust history"]),
    ("trust-list", &["trust list"]),
    ("trust-show", &["trust show"]),
    ("verify", &["verify"]),
];

/// Fields that are there only when they were asked for.
const ON_REQUEST: [&str; 4] = ["/accounts", "/presets", "/checks", "/passed"];

/// What users name and fill: the columns of a table.
const MAY_BE_ANYTHING: [&str; 1] = ["/columns/"];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Documents that were written before, one a line.
fn kept(name: &str) -> Vec<Value> {
    let file = fixtures().join("json").join(format!("{name}.ndjson"));
    let text = std::fs::read_to_string(&file).expect("documents that were kept");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("one document a line"))
        .collect()
}

/// Fields that were added since.
fn add_what_is_new(document: &mut Value) {
    let is_status = document["schema"] == "pec/status";
    let is_verify = document["schema"] == "pec/verify" && document.get("totals").is_some();
    if document["schema"] == "pec/send" && document["dry_run"] == false {
        let account = document["account"].clone();
        for message in document["messages"].as_array_mut().into_iter().flatten() {
            message["account"] = account.clone();
        }
    }
    if document["schema"] == "pec/export" {
        let containers = document["containers"].as_array_mut().into_iter();
        for fields in containers.flatten().filter_map(Value::as_object_mut) {
            fields.entry("direction").or_insert(json!("sent"));
            fields.entry("time_stamp").or_insert(json!(null));
        }
    }
    let mut add = |place: &str, name: &str, value: Value| {
        let fields = document.pointer_mut(place).and_then(Value::as_object_mut);
        if let Some(fields) = fields {
            fields.entry(name).or_insert(value);
        }
    };
    if is_verify {
        add("", "containers", json!([]));
        add("/totals", "containers", json!(0));
    }
    add("", "program", json!("pec 0.1.0"));
    add("", "at", json!("2026-05-04T08:15:07Z"));
    add("/jobs/0", "overdue", json!([]));
    if is_status {
        add("", "mailboxes", json!([]));
    }
    if document["schema"] == "pec/batch-event" {
        document["recipients"] = json!(null);
    }
    if document["schema"] == "pec/event" {
        document["doubts"] = json!(0);
        for name in ["letter", "sender", "size"] {
            document[name] = json!(null);
        }
    }
    add_to_each(document);
}

/// Those of results, of recipients and of what is inside others, wherever they stand.
fn add_to_each(value: &mut Value) {
    const SINCE: [(&str, &str, &str); 18] = [
        ("edition_carried", "revocation_list", "null"),
        ("app_password_date", "office", "false"),
        ("remarks", "archived", "[]"),
        ("files_sent_copy", "keep", "\"all\""),
        ("files_sent_copy", "archive_crl", "false"),
        ("attempts", "forgotten_at", "null"),
        ("attempts", "reference", "null"),
        ("stated_as_of", "time_stamps", "[]"),
        ("stated_as_of", "existed_since", "null"),
        ("remarks", "in_reply_to", "[]"),
        ("remarks", "replies", "[]"),
        ("verdict", "certifies", "\"nothing\""),
        ("judged_at", "explanation", "null"),
        ("contains_original", "contains", "\"without\""),
        ("matches", "content", "\"not-compared\""),
        ("contradiction", "outlook", "null"),
        ("to_send", "undecided", "0"),
        ("to_send", "ordinary", "0"),
    ];
    match value {
        Value::Object(fields) => {
            for (beside, name, default) in SINCE {
                let is_examination = name != "certifies" || fields.contains_key("judged_at");
                if fields.contains_key(beside) && is_examination {
                    let default = serde_json::from_str(default).expect("a value");
                    fields.entry(name).or_insert(default);
                }
            }
            if fields.contains_key("judged_at") && fields.contains_key("file") {
                fields.entry("expected").or_insert(json!(null));
            }
            fields.values_mut().for_each(add_to_each);
        }
        Value::Array(items) => items.iter_mut().for_each(add_to_each),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn documents_written_before_follow_the_schemas_of_today() {
    for (name, command, place) in KEPT {
        let schema = Schema::at(&schema::closed(schema::of(command)), place);
        let documents = kept(name);
        assert!(!documents.is_empty(), "{name}");
        for mut document in documents {
            add_what_is_new(&mut document);
            if let Err(error) = schema.check(&document) {
                panic!("{name}: {error}\n{document:#}");
            }
        }
    }
}

/// Of each document the schema that was reviewed: `PEC_BLESS=1 cargo test --test documents` writes
/// what the program hands out now, to be read in review like code.
#[test]
fn schemas_are_those_that_were_reviewed() {
    let folder = fixtures().join("schema");
    let bless = std::env::var_os("PEC_BLESS").is_some_and(|value| value == "1");
    for (name, commands) in SCHEMAS {
        let file = folder.join(format!("{name}.json"));
        for command in commands {
            let text = schema::text_of(command);
            if bless {
                std::fs::create_dir_all(&folder).expect("a folder");
                std::fs::write(&file, &text).expect("a file");
            }
            let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(
                text == reviewed,
                "{command}: {} is another; run with PEC_BLESS=1 and read the difference",
                file.display()
            );
        }
    }
}

/// Nothing is handed out that is not explained, and what is told is always there.
#[test]
fn every_field_is_described_and_required() {
    for (name, commands) in SCHEMAS {
        let wrong = schema::undescribed(&schema::of(commands[0]));
        let wrong: Vec<&String> = wrong
            .iter()
            .filter(|place| !ON_REQUEST.iter().any(|field| place.contains(field)))
            .collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
}

/// A schema that lets everything pass would pass all tests but this: each field of each document
/// that was kept is taken away, and made something else.
#[test]
fn what_is_wrong_is_refused() {
    for (name, command, place) in KEPT {
        let schema = Schema::at(&schema::of(command), place);
        for mut document in kept(name).into_iter().take(3) {
            add_what_is_new(&mut document);
            for place in places(&document) {
                if MAY_BE_ANYTHING.iter().any(|field| place.contains(field)) {
                    continue;
                }
                let mut wrong = document.clone();
                *wrong.pointer_mut(&place).expect("a place") = json!(-1.5);
                assert!(schema.check(&wrong).is_err(), "{name}: {place} may be -1.5");
                let (parent, field) = place.rsplit_once('/').expect("a name");
                let mut wrong = document.clone();
                let parent = wrong.pointer_mut(parent).and_then(Value::as_object_mut);
                if let Some(fields) = parent
                    && !ON_REQUEST.contains(&&*format!("/{field}"))
                {
                    fields.remove(field);
                    assert!(schema.check(&wrong).is_err(), "{name}: no {place}");
                }
            }
            let mut more = document.clone();
            more["later"] = json!(1);
            schema.holds(&more);
        }
    }
}

/// Every place in a document.
fn places(document: &Value) -> Vec<String> {
    let below = |name: &str, value: &Value| {
        let place = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let mut found: Vec<String> = places(value);
        found
            .iter_mut()
            .for_each(|below| below.insert_str(0, &place));
        found.push(place);
        found
    };
    match document {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| below(name, value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(at, value)| below(&at.to_string(), value))
            .collect(),
        _ => Vec::new(),
    }
}
