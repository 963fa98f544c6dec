//! The sentences that people read, held against the code that asks for them: none is missing,
//! none is there in vain. That both languages have the same keys is tested in `catalogue.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use postacert::client::Outlook;
use postacert::command;
use postacert::lang::Lang;
use postacert::ledger::Reason;
use postacert::ledger::fact::What;
use postacert::ledger::state::Standing;
use postacert::output::catalogue::Catalogue;
use postacert::pec::Evidence;
use postacert::pec::caution::Stop;
use postacert::verify::{Advice, Case, CheckId, Ordinary, Verdict, Weight};

const LANGUAGES: [Lang; 2] = [Lang::It, Lang::En];

/// Every source file below a folder of `src`, without its tests.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(folder),
    ];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            let code = text.split("#[cfg(test)]\nmod tests").next();
            found.push((path, code.unwrap_or_default().to_owned()));
        }
    }
    found.sort();
    found
}

/// The string literals of a piece of code, escapes left as they are.
fn literals(code: &str) -> Vec<&str> {
    let octets = code.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < octets.len() {
        match octets[at] {
            b'/' if octets.get(at + 1) == Some(&b'/') => {
                at += code[at..].find('\n').unwrap_or(code.len() - at);
            }
            // A quotation mark as a character.
            b'\'' if code[at..].starts_with("'\"'") => at += 3,
            b'"' => {
                let start = at + 1;
                at = start;
                while at < octets.len() && octets[at] != b'"' {
                    at += if octets[at] == b'\\' { 2 } else { 1 };
                }
                found.push(&code[start..at.min(code.len())]);
                at += 1;
            }
            _ => at += 1,
        }
    }
    found
}

fn all_literals(folder: &str) -> BTreeSet<String> {
    let sources = sources(folder);
    let found = sources.iter().flat_map(|(_, code)| literals(code));
    found.map(str::to_owned).collect()
}

/// Words of small letters, digits and hyphens with dots between.
fn is_key(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|octet| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    text.contains('.') && text.split('.').all(is_word)
}

/// The first arguments of the makers of failures.
fn failure_keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (_, code) in sources("command") {
        for maker in ["Failure::new(", "Failure::with_file(", "Self::new("] {
            for (at, _) in code.match_indices(maker) {
                let rest = code[at + maker.len()..].trim_start();
                if let Some(literal) = rest.strip_prefix('"') {
                    keys.extend(literal.split('"').next().map(str::to_owned));
                }
            }
        }
    }
    keys
}

/// The name of a command in keys: `account-add` for `pec account add`.
fn key_name(command: &clap::Command, above: &str) -> String {
    match above {
        "" | "pec" => command.get_name().to_owned(),
        above => format!("{above}-{}", command.get_name()),
    }
}

fn help_keys(command: &clap::Command, above: &str, found: &mut BTreeSet<String>) {
    let name = key_name(command, above);
    for word in ["about", "long"] {
        found.insert(format!("help.{name}.{word}"));
    }
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str().replace('_', "-");
        found.insert(format!("help.{name}.{id}"));
        found.insert(format!("help.pec.{id}"));
        let names = argument.get_value_names().unwrap_or_default().iter();
        found.extend(names.map(|name| format!("help.value-{name}")));
    }
    for command in command.get_subcommands() {
        help_keys(command, &name, found);
    }
}

fn require(wanted: &BTreeSet<String>) {
    for lang in LANGUAGES {
        let texts = Catalogue::of(lang);
        let missing: Vec<&String> = wanted.iter().filter(|key| !texts.has(key)).collect();
        assert!(
            missing.is_empty(),
            "{}: no text for {missing:#?}",
            lang.code()
        );
    }
}

fn keys<T: AsRef<str>>(prefix: &str, words: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    let words = words.into_iter();
    words
        .map(|word| format!("{prefix}.{}", word.as_ref()))
        .collect()
}

/// The texts of the table of checks.
fn findings() -> BTreeSet<String> {
    let mut all = keys("finding", Case::ALL.iter().map(|case| case.key()));
    all.extend(keys("advice", Advice::ALL.iter().map(|one| one.word())));
    all.extend(keys("check", CheckId::ALL.iter().map(|check| check.id())));
    all
}

/// All texts that are asked for by a key that is put together.
fn composed() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    all.extend(findings());
    all.extend(keys("ordinary", Ordinary::ALL.map(Ordinary::word)));
    let verdicts = [
        Verdict::Genuine,
        Verdict::NotGenuine,
        Verdict::CannotTell,
        Verdict::NotCertifiedMail,
    ];
    all.extend(keys("verdict", verdicts.map(Verdict::word)));
    all.extend(keys("row", verdicts.map(Verdict::word)));
    let evidence = Evidence::ALL.map(Evidence::word);
    for family in [
        "what",
        "head",
        "outcome",
        "headline.genuine",
        "headline.says",
    ] {
        all.extend(keys(family, evidence));
    }
    all.extend(keys("headline", HEADLINES));
    all.extend(keys("expect", EXPECTED));
    all.extend(rules());
    all.extend(keys("event", EVENTS));
    all.extend(keys("sync.reason", Reason::ALL.map(Reason::word)));
    all.extend(keys("send.outcome", OUTCOMES));
    all.extend(keys("send.next", OUTCOMES));
    all.insert("what.unknown".into());
    all.extend(keys("standing", Standing::ALL.map(Standing::word)));
    all.extend(keys("fact", What::ALL.map(What::word)));
    all.extend(keys(
        "batch-fault",
        batch_words("/$defs/problem/properties/id/examples"),
    ));
    let events = batch_words("/$defs/event/properties/event/examples");
    all.extend(keys("batch-event", events));
    all.extend(keys("batch-event", BATCH_EVENTS));
    all.extend(keys("batch.remark", BATCH_REMARKS));
    let uses = "/$defs/column/properties/uses/items/examples";
    all.extend(keys("batch.view.use", batch_words(uses)));
    all.insert("batch.view.use.nothing".into());
    // A workbook is told by the name of its sheet.
    let mut forms = batch_words("/$defs/check/properties/form/examples");
    forms.retain(|form| !["xlsx", "ods"].contains(&&**form));
    all.extend(keys("batch.view", forms));
    all.extend(keys("batch.view.field", BATCH_FIELDS));
    for silent in BATCH_SILENT {
        all.remove(silent);
    }
    let weights = [Weight::Refutes, Weight::Doubt, Weight::Note];
    all.extend(keys("severity", weights.map(Weight::severity)));
    for key in failure_keys() {
        all.extend(["what", "hint"].map(|what| format!("error.{key}-{what}")));
    }
    all
}

/// Forms of the first line of a verdict, and what some begin with.
const HEADLINES: [&str; 11] = [
    "sure",
    "doubted",
    "other-message",
    "other-message-head",
    "not-compared",
    "not-compared-head",
    "header",
    "failed",
    "failed-with-facts",
    "failed-with-claims",
    "ordinary",
];

/// What `pec verify --expect` takes.
const EXPECTED: [&str; 9] = [
    "accettazione",
    "non-accettazione",
    "presa-in-carico",
    "consegna",
    "consegna-completa",
    "mancata-consegna",
    "primo-avviso",
    "busta",
    "anomalia",
];

/// The sentences of law, each with its source and its day.
fn rules() -> BTreeSet<String> {
    let evidence = Evidence::ALL.map(Evidence::word);
    let outlooks = Outlook::ALL.map(Outlook::word);
    let mut of = keys("proves", evidence);
    of.extend(keys("does-not-prove", evidence));
    of.extend(keys("consequence", outlooks));
    of.extend(keys("next", outlooks));
    of.extend(keys("caution", Stop::ALL.map(Stop::word)));
    of.extend(keys("caution", ["unsigned", "visible-recipients"]));
    of.extend(keys("logs", ["kept", "over", "undated"]));
    let fields = ["text", "source", "checked_on"];
    of.iter()
        .flat_map(|key| fields.map(|field| format!("legal.{key}.{field}")))
        .collect()
}

/// What `pec sync` and `pec watch` tell of.
const EVENTS: [&str; 10] = [
    "receipt",
    "receipt-for",
    "orphan",
    "mismatch",
    "unproven",
    "envelope",
    "anomaly",
    "ordinary",
    "too-large",
    "unread",
];

/// What `pec batch run` tells in other words than those of its events.
const BATCH_EVENTS: [&str; 10] = [
    "held-conflict",
    "held-came-back",
    "held-changed",
    "held-elsewhere",
    "room-holding",
    "alarming",
    "unread",
    "not-followed",
    "in-doubt-unproved",
    "in-doubt-unknown",
];

/// What `pec batch check` tells of files that is told of no other message.
const BATCH_REMARKS: [&str; 5] = [
    "file-twice",
    "same-name",
    "outside",
    "line-with-address",
    "no-files",
];

/// The fields of a row that is shown.
const BATCH_FIELDS: [&str; 6] = ["from", "to", "cc", "reference", "subject", "attachments"];

/// Events that have no sentence, and the fault whose words are those of `fault`.
const BATCH_SILENT: [&str; 7] = [
    "batch-event.sent",
    "batch-event.served",
    "batch-event.sent-elsewhere",
    "batch-event.received",
    "batch-event.progress",
    "batch-event.end",
    "batch-fault.message",
];

/// Words of the schema of `pec batch`, each of which the code writes.
fn batch_words(place: &str) -> BTreeSet<String> {
    let schema = include_str!("../fixtures/schema/batch.json");
    let schema: serde_json::Value = serde_json::from_str(schema).expect("JSON");
    let words = schema.pointer(place).and_then(|words| words.as_array());
    let words = words
        .expect("words")
        .iter()
        .filter_map(|word| word.as_str());
    let words: BTreeSet<String> = words.map(str::to_owned).collect();
    let written = all_literals("");
    let missing: Vec<&String> = words.difference(&written).collect();
    assert!(missing.is_empty(), "nobody writes {missing:?}");
    words
}

/// What becomes of a message that is sent.
const OUTCOMES: [&str; 5] = [
    "taken",
    "refused",
    "refused-for-now",
    "not-sent",
    "in-doubt",
];

/// Literals of the code that are the last part of a key, by the family.
const FAMILIES_OF_LITERALS: [&str; 9] = [
    "label",
    "row",
    "doctor",
    "ask",
    "state",
    "expected",
    "sure",
    "mailboxes",
    "password",
];

/// What follows such a literal: advice of a check, what is said of a wrong answer.
const ENDINGS: [&str; 2] = ["-do", "-again"];

/// Each place in the commands where one of these is called, up to its values.
fn calls(maker: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (_, code) in sources("command") {
        for (at, _) in code.match_indices(maker) {
            let rest = &code[at + maker.len()..];
            found.push(rest.split(['&', ';']).next().unwrap_or_default().to_owned());
        }
    }
    found
}

#[test]
fn every_check_has_its_sentence_and_all_but_the_good_ones_an_advice() {
    let mut wanted = BTreeSet::new();
    for (maker, advises) in [
        ("Check::ok(", false),
        ("Check::warning(", true),
        ("Check::failed(", true),
        ("Check::skipped(", true),
    ] {
        let calls = calls(maker);
        assert!(!calls.is_empty(), "no {maker}");
        for call in calls {
            let case = literals(&call).last().map(|case| format!("doctor.{case}"));
            let Some(case) = case.filter(|case| case.matches('.').count() == 1) else {
                continue; // handed on
            };
            let advice = format!("{case}-do");
            assert_eq!(
                Catalogue::of(Lang::En).has(&advice),
                advises,
                "{maker} {case}"
            );
            wanted.insert(case);
            if advises {
                wanted.insert(advice);
            }
        }
    }
    assert!(wanted.len() > 50, "the scan found {wanted:?} only");
    require(&wanted);
}

#[test]
fn every_question_has_its_words() {
    let mut wanted = BTreeSet::new();
    for maker in ["asker.ask(", "asker.confirm("] {
        for call in calls(maker) {
            if let Some(key) = literals(&call).first() {
                wanted.extend(["", "-again"].map(|ending| format!("ask.{key}{ending}")));
            }
        }
    }
    assert!(wanted.len() > 15, "the scan found {wanted:?} only");
    require(&wanted);
    let words = all_literals("account");
    let sources = ["command", "file", "keyring", "prompt", "environment"];
    assert!(sources.iter().all(|word| words.contains(*word)));
    require(&keys("password", sources));
}

#[test]
fn both_catalogues_say_what_each_case_means_and_each_advice_and_nothing_more() {
    let table = findings();
    for lang in LANGUAGES {
        let texts = Catalogue::of(lang);
        let of_findings = |key: &&str| {
            let family = key.split('.').next().unwrap_or_default();
            ["finding", "advice", "check"].contains(&family)
        };
        let there: BTreeSet<String> = (texts.keys().into_iter())
            .filter(of_findings)
            .map(str::to_owned)
            .collect();
        assert_eq!(there, table, "{}", lang.code());
        for key in &there {
            let values = [("expected", "1"), ("found", "2"), ("logs", "")];
            let text = texts.fill(key, &values);
            assert!(!text.contains('{'), "{}: {key}: {text}", lang.code());
            // Half a sentence: it is put behind a verdict or a label.
            assert!(!text.ends_with('.'), "{}: {key}: {text}", lang.code());
            assert_eq!(text.is_empty(), key == "advice.nothing", "{key}");
        }
    }
}

#[test]
fn every_word_of_the_program_has_its_text() {
    require(&composed());
    let inputs: BTreeSet<String> = all_literals("input")
        .into_iter()
        .filter(|text| is_key(text) && text.starts_with("input."))
        .collect();
    assert!(inputs.len() > 10, "the scan found {inputs:?} only");
    require(&inputs);
}

#[test]
fn every_key_written_in_the_code_has_its_text() {
    let families: BTreeSet<&str> = Catalogue::of(Lang::En)
        .keys()
        .iter()
        .filter_map(|key| key.split('.').next())
        .collect();
    let mut wanted = BTreeSet::new();
    for folder in ["command", "input", "output"] {
        let found = all_literals(folder).into_iter().filter(|text| is_key(text));
        wanted.extend(found.filter(|key| {
            let family = key.split('.').next().unwrap_or_default();
            families.contains(family) && family != "check" && !key.ends_with(".toml")
        }));
    }
    assert!(wanted.len() > 50, "the scan found {} only", wanted.len());
    require(&wanted);
}

/// A new family of keys put together has to be added to [`composed`].
#[test]
fn every_family_of_composed_keys_is_known() {
    let known = [
        "event",
        "standing",
        "fact",
        "check",
        "advice",
        "caution",
        "finding",
        "legal",
        "ordinary",
        "verdict",
        "row",
        "what",
        "head",
        "outcome",
        "headline",
        "expect",
        "severity",
        "error",
        "help",
        "label",
        "doctor",
        "ask",
        "state",
        "expected",
        "sure",
        "mailboxes",
        "password",
    ];
    for folder in ["command", "output"] {
        for text in all_literals(folder) {
            let Some((family, rest)) = text.split_once('.') else {
                continue;
            };
            let is_word = family.bytes().all(|octet| octet.is_ascii_lowercase());
            if is_word && !family.is_empty() && rest.starts_with('{') {
                assert!(known.contains(&family), "{text}: an unknown family");
            }
        }
    }
}

#[test]
fn every_command_and_argument_has_italian_help() {
    fn walk(command: &clap::Command, above: &str, texts: &Catalogue, missing: &mut Vec<String>) {
        let name = key_name(command, above);
        let about = format!("help.{name}.about");
        if !texts.has(&about) {
            missing.push(about);
        }
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str().replace('_', "-");
            let own = format!("help.{name}.{id}");
            if !texts.has(&own) && !texts.has(&format!("help.pec.{id}")) {
                missing.push(own);
            }
            let names = argument.get_value_names().unwrap_or_default().iter();
            let keys = names.map(|name| format!("help.value-{name}"));
            if argument.get_action().takes_values() {
                missing.extend(keys.filter(|key| !texts.has(key)));
            }
        }
        for command in command.get_subcommands() {
            walk(command, &name, texts, missing);
        }
    }
    let mut tree = command::tree(Lang::En);
    tree.build();
    let mut missing = Vec::new();
    walk(&tree, "", Catalogue::of(Lang::It), &mut missing);
    assert!(missing.is_empty(), "no Italian help: {missing:?}");
}

#[test]
fn no_text_is_there_in_vain() {
    let mut used = composed();
    used.extend(all_literals(""));
    let mut tree = command::tree(Lang::En);
    tree.build();
    help_keys(&tree, "", &mut used);
    let mut words = all_literals("command");
    words.extend(all_literals("account"));
    let is_used = |key: &str| {
        let by_word = key.split_once('.').is_some_and(|(family, word)| {
            let endings = ENDINGS
                .iter()
                .filter_map(|ending| word.strip_suffix(ending));
            FAMILIES_OF_LITERALS.contains(&family)
                && endings.chain([word]).any(|word| words.contains(word))
        });
        by_word || used.contains(key)
    };
    for lang in LANGUAGES {
        let keys = Catalogue::of(lang).keys();
        let unused: Vec<&&str> = keys.iter().filter(|key| !is_used(key)).collect();
        assert!(
            unused.is_empty(),
            "{}: nobody asks for {unused:#?}",
            lang.code()
        );
    }
}

#[test]
fn the_scan_reads_literals_and_nothing_else() {
    let code = "let a = \"one.a\"; // \"two\"\nif c == '\"' { \"three \\\" four\" } \"five\"";
    assert_eq!(literals(code), ["one.a", "three \\\" four", "five"]);
    assert!(is_key("a.b-c.9") && !is_key("a") && !is_key("a..b") && !is_key("A.b"));
}
