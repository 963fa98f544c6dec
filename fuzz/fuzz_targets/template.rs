//! Any text as a template of a notice: operators written anew once are not written anew again, and
//! whatever it is, it fills or says why not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postacert::batch::operators::rewritten;
use postacert::batch::template::{Template, Values};
use serde_json::json;

fuzz_target!(|source: &str| {
    let lines = source.lines().count().max(1);
    match rewritten(source) {
        Ok(text) => assert!(text.lines().count().max(1) >= lines.min(1)),
        Err(line) => assert!((1..=lines + 1).contains(&line), "{line} of {lines}"),
    }
    let Ok(template) = Template::new("body", source) else {
        return;
    };
    let row = json!({"nome": "Anna", "importo": "1.234,56", "data": "31/12/2026", "nulla": null});
    if let Some(columns) = row.as_object() {
        let _ = template.fill(&Values::new(columns));
    }
    for name in ["nome", "importo"] {
        template.uses(name);
    }
});
