//! What other programs hold: documents that earlier versions of the program wrote follow the
//! schemas of today, and the schemas are those that were reviewed.

#[path = "support/schema.rs"]
#[allow(dead_code, reason = "shared with other suites")]
mod schema;

use std::path::{Path, PathBuf};

use schema::Schema;
use serde_json::Value;

/// Of `fixtures/json`: the file, the command whose schema it follows, and where that stands in it.
const KEPT: [(&str, &str, &str); 12] = [
    ("account", "account list", ""),
    ("batch-check", "batch", ""),
    ("batch-event", "batch", ""),
    ("batch-report", "batch", ""),
    ("batch-status", "batch", ""),
    ("doctor", "doctor", ""),
    ("event", "sync", ""),
    ("sandbox", "sandbox", ""),
    ("send", "send", ""),
    ("status", "status", ""),
    ("verify", "verify", ""),
    ("verify-line", "verify", "#/$defs/line"),
];

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

#[test]
fn documents_written_before_follow_the_schemas_of_today() {
    for (name, command, place) in KEPT {
        let schema = Schema::at(&schema::closed(schema::of(command)), place);
        let documents = kept(name);
        assert!(!documents.is_empty(), "{name}");
        for document in documents {
            if let Err(error) = schema.check(&document) {
                panic!("{name}: {error}\n{document:#}");
            }
        }
    }
}
