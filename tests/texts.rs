//! The sentences that people read, held against the code that asks for them: none is missing,
//! none is there in vain. That both languages have the same keys is tested in `catalogue.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use postacert::asic::{Fault, Flaw, Nature};
use postacert::client::Outlook;
use postacert::command;
use postacert::contents::Caution;
use postacert::court::Matter;
use postacert::lang::Lang;
use postacert::ledger::fact::What;
use postacert::ledger::state::Standing;
use postacert::ledger::{LetterStanding, Reason};
use postacert::offices::Kind;
use postacert::output::catalogue::Catalogue;
use postacert::output::reason;
use postacert::pec::Evidence;
use postacert::pec::caution::Stop;
use postacert::pec::tax::NoticeKind;
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

/// The key of a text without what says for which number it is.
fn stem(key: &str) -> &str {
    let forms = [".zero", ".one", ".many"];
    let stems = forms.iter().find_map(|form| key.strip_suffix(form));
    stems.unwrap_or(key)
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

/// What `pec trust import` and `pec trust update` find, what becomes of it, and why.
const TRUST_KINDS: [&str; 6] = [
    "edition",
    "authority",
    "providers",
    "revocations",
    "data",
    "none",
];
const TRUST_STATES: [&str; 4] = ["new", "known", "refused", "passed-over"];
const TRUST_REASONS: [&str; 18] = [
    "unsigned",
    "unreadable",
    "unreachable",
    "sums",
    "not-named",
    "signature",
    "other-key",
    "fingerprint",
    "no-authority",
    "weak-key",
    "stranger",
    "release-signature",
    "unproven-data",
    "older",
    "expired",
    "not-yet",
    "partial",
    "broken",
];

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
    let standings = LetterStanding::ALL.map(LetterStanding::word);
    for family in ["inbox.of", "inbox.word"] {
        all.extend(keys(family, standings));
    }
    all.extend(keys("container.fault", Fault::WORDS));
    all.extend(keys("container.flaw", Flaw::WORDS));
    all.extend(keys("container.nature", Nature::WORDS));
    all.extend(keys("container.difference", DIFFERENCES));
    all.extend(keys("prove.head", PROVED));
    all.extend(keys("forget.state", FORGOTTEN));
    all.extend(keys("prove.reason", PROVED));
    for silent in ["identical", "consistent"] {
        all.remove(&format!("prove.reason.{silent}"));
    }
    all.extend(keys("sheet.kind", evidence));
    all.extend(keys("sheet.mark", MARKS));
    all.extend(keys("sheet.head", ["what", "when", "signer", "file"]));
    let ends = Outlook::ALL.map(Outlook::word);
    for family in ["sheet.end", "sheet.end-of"] {
        all.extend(keys(family, ends));
        all.extend(keys(family, ["no-receipt", "no-outcome"]));
    }
    all.extend(keys("court.matter", Matter::WORDS));
    all.extend(keys(
        "court.rule",
        ["file", "sum", "count", "name", "formats"],
    ));
    all.extend(keys("authorities.kind", TRUST_KINDS));
    all.extend(keys("authorities.state", TRUST_STATES));
    all.extend(keys("authorities.reason", TRUST_REASONS));
    all.extend(keys("offices.kind", Kind::ALL.map(Kind::word)));
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
    all.extend(keys("file-caution", Caution::ALL.map(Caution::word)));
    all.extend(keys("tax", NoticeKind::ALL.map(NoticeKind::word)));
    all.extend(reason::keys());
    let roles = ["to", "subject", "body"].map(|role| format!("batch.role.{role}"));
    all.extend(roles);
    let things = ["subject", "body", "attach"].map(|role| format!("batch.thing.{role}"));
    all.extend(things);
    let weights = [Weight::Refutes, Weight::Doubt, Weight::Note];
    all.extend(keys("severity", weights.map(Weight::severity)));
    for key in failure_keys() {
        all.extend(["what", "hint"].map(|what| format!("error.{key}-{what}")));
    }
    all
}

/// Where a container says something else than what is found.
const DIFFERENCES: [&str; 6] = [
    "verdict",
    "certifies",
    "unstated",
    "absent",
    "standing",
    "sent",
];

/// What `pec prove` finds for a recipient.
const PROVED: [&str; 6] = [
    "identical",
    "consistent",
    "no-delivery",
    "no-content",
    "different",
    "undecided",
];

/// What becomes of what is to be forgotten.
const FORGOTTEN: [&str; 9] = [
    "forgotten",
    "going",
    "before",
    "open",
    "unsent",
    "needed",
    "draft",
    "recovered",
    "no-copy",
];

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
    of.extend(keys("portal", ["cause", "since", "register", "effect"]));
    of.extend(keys("logs", ["kept", "over", "undated"]));
    of.extend(keys("report", ON_SHEET));
    let fields = ["text", "source", "checked_on"];
    of.iter()
        .flat_map(|key| fields.map(|field| format!("legal.{key}.{field}")))
        .collect()
}

/// What the page of `pec report` says of the law beside what receipts prove.
const ON_SHEET: [&str; 6] = [
    "time",
    "hour-seven",
    "notification",
    "register",
    "attestation",
    "logs",
];

/// The marks on that page.
const MARKS: [&str; 8] = [
    "accepted",
    "ordinary",
    "not-accepted",
    "first",
    "final",
    "delivered",
    "not-delivered",
    "missing",
];

/// What `pec sync` and `pec watch` tell of.
const EVENTS: [&str; 11] = [
    "letter",
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
const BATCH_EVENTS: [&str; 13] = [
    "held-conflict",
    "held-lost",
    "held-rest-elsewhere",
    "held-came-back",
    "held-changed",
    "held-elsewhere",
    "room-holding",
    "alarming",
    "unread",
    "not-followed",
    "in-doubt-unproved",
    "in-doubt-for-others",
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
const FAMILIES_OF_LITERALS: [&str; 10] = [
    "count",
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
        "count",
        "reason",
        "event",
        "standing",
        "fact",
        "check",
        "advice",
        "caution",
        "finding",
        "legal",
        "portal",
        "ordinary",
        "verdict",
        "row",
        "what",
        "head",
        "outcome",
        "headline",
        "expect",
        "severity",
        "tax",
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
        // One text for each number, asked for by their common key.
        let key = if used.contains(key) { key } else { stem(key) };
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

/// A line that begins with `pec ` is folded as a command, with backslashes.
#[test]
fn no_advice_begins_as_a_command_does() {
    for lang in LANGUAGES {
        let texts = Catalogue::of(lang);
        for key in texts.keys() {
            let is_prose = texts.text(key).trim_start().starts_with("pec ");
            assert!(
                !(key.ends_with("-hint") && is_prose),
                "{}: {key}",
                lang.code()
            );
        }
    }
}

// Reasons

/// What the layers below say in English words of their own: the literals behind these makers.
fn reasons_of_ours() -> BTreeSet<String> {
    const MAKERS: [&str; 10] = [
        "Error::Roots(",
        "Error::Held(",
        "Error::Broken(",
        "Error::Protocol(",
        "Error::NotOffered(",
        "Error::Injection(",
        "self.protocol(",
        "const NO_ANSWER: &str = ",
        "const ENDED_HERE: &str = ",
        "const LOST: &str = ",
    ];
    let mut found = BTreeSet::new();
    for folder in ["transport", "ledger"] {
        for (_, code) in sources(folder) {
            for maker in MAKERS {
                for (at, _) in code.match_indices(maker) {
                    let rest = &code[at + maker.len()..];
                    let call = rest.split([';', '\n']).next().unwrap_or_default();
                    found.extend(literals(call).first().map(|words| (*words).to_owned()));
                }
            }
        }
    }
    found
}

#[test]
fn what_a_layer_says_in_english_is_told_in_italian() {
    let said = reasons_of_ours();
    assert!(said.len() > 15, "the scan found {said:?} only");
    let italian = Catalogue::of(Lang::It);
    // Names of the protocol are the same everywhere.
    let alike = ["STARTTLS"];
    let is_ours = |words: &str| words.contains(char::is_alphabetic) && !alike.contains(&words);
    let told = |words: &str| italian.reason(words) != words || !is_ours(words);
    let english: Vec<&String> = said
        .iter()
        .filter(|words| {
            let filled: Vec<&str> = words.split(['{', '}']).step_by(2).collect();
            !told(&filled.join("7"))
        })
        .collect();
    assert!(english.is_empty(), "no text for {english:#?}");
}

#[test]
fn what_a_server_did_is_told_in_italian_whatever_it_was() {
    use postacert::transport::{Censor, Endpoint, Error, Reply, Security, TlsFault};
    let reply = || Reply {
        code: 550,
        text: Censor::none().text("no such user"),
    };
    let endpoint = Endpoint {
        host: "mail.pec.example".to_owned(),
        port: 993,
        security: Security::Tls,
    };
    let refused = "Connection refused (os error 111)".to_owned();
    let host = "mail.pec.example".to_owned();
    let all = [
        Error::Resolve {
            host: host.clone(),
            reason: "failed to lookup address information: Name or service not known".to_owned(),
        },
        Error::Connect {
            endpoint,
            reason: refused.clone(),
        },
        Error::Tls {
            host,
            reason: "invalid peer certificate: UnknownIssuer".to_owned(),
            fault: TlsFault::Certificate,
        },
        Error::Roots("it holds no certificate".to_owned()),
        Error::LoginRefused(reply()),
        Error::Silent,
        Error::Broken(refused),
        Error::NotOffered("STARTTLS"),
        Error::Protocol("* ?".to_owned()),
        Error::Injection("the message"),
        Error::Unnumbered,
        Error::Held("no recipient".to_owned()),
        Error::SenderRefused(reply()),
    ];
    for error in all {
        let words = error.to_string();
        let told = Catalogue::of(Lang::It).reason(&words);
        for english in [
            "connection",
            "server does",
            "refused",
            "login",
            " the ",
            "no ",
        ] {
            let of_server = told.replace("no such user", "");
            assert!(!of_server.contains(english), "{words}: {told}");
        }
        assert_ne!(told, words);
    }
}

// The words

/// All texts of a language that are not of the law.
fn texts_of(lang: Lang) -> Vec<(&'static str, String)> {
    let texts = Catalogue::of(lang);
    let keys = texts.keys().into_iter();
    keys.filter(|key| !key.starts_with("legal."))
        .map(|key| (key, without_placeholders(texts.text(key)).to_lowercase()))
        .collect()
}

fn without_placeholders(text: &str) -> String {
    let parts = text.split('{').map(|part| match part.split_once('}') {
        Some((_, after)) => after,
        None => part,
    });
    parts.collect::<Vec<_>>().join("·")
}

/// Words that nobody writes any more, and phrases that may have them.
struct Abandoned {
    lang: Lang,
    words: Vec<String>,
    except: Vec<String>,
}

/// The list of CONTRIBUTING.
fn abandoned() -> Vec<Abandoned> {
    let text = include_str!("../CONTRIBUTING.md");
    let (_, list) = text.split_once("### Abandoned words").expect("the list");
    let list = list.split("\n## ").next().unwrap_or_default();
    let cells = |row: &str| -> Vec<String> {
        let cells = row.split('|').map(|cell| cell.trim().to_owned());
        cells.skip(1).collect()
    };
    let several = |cell: &str| -> Vec<String> {
        let words = cell.split(',').map(|word| word.trim().to_lowercase());
        words.filter(|word| !word.is_empty()).collect()
    };
    let rows = list.lines().filter(|line| line.starts_with('|')).map(cells);
    rows.filter_map(|row| {
        let lang = match row.first().map(String::as_str) {
            Some("it") => Lang::It,
            Some("en") => Lang::En,
            _ => return None,
        };
        let [_, words, _, except, ..] = &row[..] else {
            panic!("{row:?}");
        };
        let (words, except) = (several(words), several(except));
        Some(Abandoned {
            lang,
            words,
            except,
        })
    })
    .collect()
}

/// Whether the words stand in a text, from the beginning of one word to the end of another.
fn has_words(text: &str, words: &str) -> bool {
    let is_of_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(words).any(|(at, _)| {
        let after = text[at + words.len()..].chars().next();
        !is_of_word(text[..at].chars().next_back()) && !is_of_word(after)
    })
}

impl Abandoned {
    /// The first of its words that a text has outside what is excepted.
    fn in_text(&self, text: &str) -> Option<&str> {
        let except = self.except.iter();
        let rest = except.fold(text.to_owned(), |rest, phrase| rest.replace(phrase, "·"));
        let words = self.words.iter().map(String::as_str);
        words.into_iter().find(|word| has_words(&rest, word))
    }
}

#[test]
fn no_text_has_a_word_that_was_abandoned() {
    let list = abandoned();
    for lang in LANGUAGES {
        let of_lang = list.iter().filter(|one| one.lang == lang);
        assert!(of_lang.clone().count() > 15, "{}", lang.code());
        let texts = texts_of(lang);
        let found: Vec<String> = of_lang
            .flat_map(|one| {
                texts.iter().filter_map(|(key, text)| {
                    let word = one.in_text(text)?;
                    Some(format!("{key}: {word}: {text}"))
                })
            })
            .collect();
        assert!(found.is_empty(), "{}: {found:#?}", lang.code());
    }
}

#[test]
fn a_word_is_found_whole_and_where_it_is_not_excepted() {
    let one = Abandoned {
        lang: Lang::It,
        words: vec!["preso".to_owned(), "dà".to_owned()],
        except: vec!["preso in carico".to_owned()],
    };
    assert_eq!(
        one.in_text("il gestore ha preso il messaggio"),
        Some("preso")
    );
    assert_eq!(one.in_text("(preso)"), Some("preso"));
    assert_eq!(one.in_text("il server non li dà"), Some("dà"));
    for text in ["compreso", "preso in carico", "dàgli", "appreso, presoché"] {
        assert_eq!(one.in_text(text), None, "{text}");
    }
}

/// Placeholders that stand for a number, by how the commands fill them.
fn numbers() -> BTreeSet<String> {
    let mut names = BTreeSet::from(["count".to_owned()]);
    for (_, code) in sources("command") {
        for maker in ["texts.number(", "number("] {
            for (at, _) in code.match_indices(&format!("&*{maker}")) {
                let before = code[..at].trim_end().trim_end_matches(',').trim_end();
                let name = before.rsplit('"').nth(1);
                names.extend(name.map(str::to_owned));
            }
        }
    }
    names
}

/// Texts of a number that is never one: more than any provider must take.
const NEVER_ONE: [&str; 2] = [
    "warning.many-recipients",
    "legal.caution.visible-recipients.text",
];

/// Whether what follows a number looks like the things that are counted: a plural noun.
fn is_plural(lang: Lang, word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| !c.is_alphanumeric());
    word.chars().count() > 3
        && word.starts_with(char::is_alphabetic)
        && match lang {
            Lang::It => word.ends_with(['i', 'e']),
            Lang::En => word.ends_with('s'),
        }
}

#[test]
fn a_number_has_a_text_for_one_thing_where_it_has_a_noun() {
    let numbers = numbers();
    assert!(numbers.len() > 10, "the scan found {numbers:?} only");
    for lang in LANGUAGES {
        let texts = Catalogue::of(lang);
        for key in texts.keys() {
            let text = texts.text(key);
            let (stem, form) = key.rsplit_once('.').unwrap_or_default();
            match form {
                // Findings have cases of these names.
                "one" | "zero" => assert!(texts.has(&format!("{stem}.many")), "{key}"),
                "many"
                    if [".one", ".zero"]
                        .iter()
                        .any(|form| texts.has(&format!("{stem}{form}"))) =>
                {
                    assert!(text.contains("{count}"), "{}: {key}: {text}", lang.code());
                }
                _ if NEVER_ONE.contains(&key) => {}
                _ => {
                    for name in &numbers {
                        let holder = format!("{{{name}}} ");
                        let mut rests = text.split(&*holder).skip(1);
                        let noun = rests.find_map(|rest| {
                            let word = rest.split_whitespace().next()?;
                            is_plural(lang, word).then_some(word)
                        });
                        assert_eq!(noun, None, "{}: {key}: {text}", lang.code());
                    }
                }
            }
        }
    }
}

#[test]
fn a_text_for_each_number_is_asked_for_with_the_number() {
    let texts = Catalogue::of(Lang::En);
    let stems = texts.keys().into_iter().filter_map(|key| {
        let stem = key.strip_suffix(".one")?;
        Some(stem.to_owned())
    });
    let stems: Vec<String> = stems.collect();
    assert!(stems.len() > 15, "{stems:?}");
    for (path, code) in sources("command") {
        let dense: String = code.split_whitespace().collect();
        for stem in &stems {
            for maker in ["fill", "text"] {
                let call = format!("texts.{maker}(\"{stem}\"");
                assert!(!dense.contains(&call), "{}: {call}", path.display());
            }
        }
        // A number is told as the language writes it, with its thousands apart.
        for maker in [
            "len()",
            "count",
            "rows",
            "recipients",
            "messages",
            "receipts",
        ] {
            for borrowed in ["&", "&*"] {
                let call = format!(",{borrowed}{maker}.to_string())");
                assert!(!dense.contains(&call), "{}: {call}", path.display());
            }
        }
    }
}
