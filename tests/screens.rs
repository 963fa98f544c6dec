//! What a person sees on terminals of 60, 80 and 120 columns, in both languages: no line is wider, no
//! word is cut, and the screens are those of `fixtures/screens`, which somebody looked at.
//! `PEC_BLESS=1 cargo test --test screens` writes them anew.

mod support;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use postacert::command;
use postacert::context::Context;
use postacert::lang::Lang;
use postacert::ledger::Claim;
use postacert::output::fold::all_folded;
use postacert::timestamp::Timestamp;
use support::receipt::{Kind, ORDINARY, RECIPIENT, Receipt};
use support::sender::{Desk, after, ends_in_doubt, outgoing, taken};
use support::skipped::skipped;

const WIDTHS: [usize; 3] = [60, 80, 120];

/// A screen: its name, whether it is of a ledger, and what is typed.
const SCREENS: [(&str, bool, &[&str]); 29] = [
    (
        "verify-genuine",
        false,
        &["verify", "--trust", TRUST, COMPLETE],
    ),
    (
        "verify-all",
        false,
        &[
            "verify",
            "--trust",
            TRUST,
            "--all",
            "fixtures/receipts/accettazione.eml",
        ],
    ),
    ("verify-unknown-authority", false, &["verify", COMPLETE]),
    (
        "verify-altered",
        false,
        &["verify", "--trust", TRUST, ALTERED],
    ),
    (
        "verify-other-message",
        false,
        &["verify", "--trust", TRUST, "--sent", OTHER, COMPLETE],
    ),
    (
        "verify-folder",
        false,
        &["verify", "--trust", TRUST, "fixtures/receipts"],
    ),
    (
        "verify-nothing",
        false,
        &[
            "verify",
            "fixtures/receipts/nessuna-ricevuta-con-un-nome-lungo.eml",
        ],
    ),
    (
        "verify-ordinary",
        false,
        &["verify", "fixtures/sent/richiesta.eml"],
    ),
    (
        "show-envelope",
        false,
        &[
            "show",
            "--trust",
            TRUST,
            "fixtures/receipts/posta-certificata.eml",
        ],
    ),
    (
        "show-anomaly",
        false,
        &["show", "--trust", TRUST, "fixtures/receipts/anomalia.eml"],
    ),
    ("status-list", true, &["status"]),
    ("status-failed", true, &["status", "--failed"]),
    ("status-unproven", true, &["status", "--unproven"]),
    ("status-delivered", true, &["status", "Consegnato"]),
    ("status-undelivered", true, &["status", "Non consegnato"]),
    ("status-in-doubt", true, &["status", "In dubbio"]),
    ("status-nobody", true, &["status", "mai scritto"]),
    ("inbox", true, &["inbox"]),
    ("inbox-words", true, &["inbox", "--from", "studio", "copia"]),
    ("inbox-nothing", true, &["inbox", "mai", "scritto"]),
    ("search", true, &["search", "consegnato"]),
    ("search-received", true, &["search", "--received", "maggio"]),
    (
        "batch-check",
        false,
        &[
            "batch",
            "check",
            "--config",
            "fixtures/batch/config.toml",
            "fixtures/batch/avvisi.csv",
            "--subject",
            "Avviso {{ riferimento }}",
            "--body-file",
            "fixtures/batch/testo.txt",
        ],
    ),
    (
        "batch-faults",
        false,
        &[
            "batch",
            "check",
            "--config",
            "fixtures/batch/config.toml",
            "fixtures/batch/errati.csv",
            "--subject",
            "Avviso {{ riferimento }}",
            "--body-file",
            "fixtures/batch/testo.txt",
        ],
    ),
    (
        "account-list",
        false,
        &["account", "list", "--config", "fixtures/batch/config.toml"],
    ),
    ("account-presets", false, &["account", "presets"]),
    ("usage-unknown", false, &["send", "--soggetto", "x"]),
    ("help-wait", false, &["wait", "--help"]),
    ("help", false, &["--help"]),
];

const TRUST: &str = "fixtures/pki/trust.toml";
const COMPLETE: &str = "fixtures/receipts/avvenuta-consegna-completa.eml";
const ALTERED: &str = "fixtures/vectors/a-signature/recipient-changed-after-signing.eml";
const OTHER: &str = "fixtures/sent/richiesta-altra-pagina.eml";

/// A ledger with a message that was delivered, one that was not, and one in doubt.
fn ledger() -> Desk {
    let mut desk = Desk::new();
    let subjects = ["Consegnato a uno", "Non consegnato", "In dubbio"];
    for (number, subject) in subjects.into_iter().enumerate() {
        let id = format!("<{number}@client.mittente.example>");
        let message = desk.freeze(&outgoing(&id, subject, &[RECIPIENT, ORDINARY], &[]));
        if subject == "In dubbio" {
            desk.attempt(
                &message,
                Claim::NeverLeft,
                &ends_in_doubt("connection reset"),
            );
            continue;
        }
        desk.attempt(&message, Claim::NeverLeft, &taken());
        let outcome = match subject {
            "Non consegnato" => Kind::NonDelivery,
            _ => Kind::Delivery,
        };
        for kind in [Kind::Acceptance, outcome] {
            let receipt = Receipt::with(kind, |receipt| {
                receipt.daticert.message_id = Some(id.clone());
                receipt.daticert.identifier = format!("{number}.opec");
                receipt.daticert.subject = Some(subject.to_owned());
            });
            desk.now = after(3_600);
            desk.receive(&[&receipt.to_eml()]);
        }
    }
    desk.receive(&[&std::fs::read(ALTERED).expect("a fixture")]);
    for kind in [Kind::Envelope, Kind::Anomaly] {
        desk.receive(&[&Receipt::new(kind).to_eml()]);
    }
    desk
}

/// What is shown for words on a terminal of so many columns; without a width it is none.
fn shown(words: &[&str], data: Option<&Path>, lang: Lang, width: Option<usize>) -> String {
    let mut all: Vec<OsString> = vec!["pec".into()];
    all.extend(words.iter().map(OsString::from));
    if let Some(data) = data {
        all.extend([OsString::from("--data-dir"), data.into()]);
    }
    let now = Timestamp::parse("2026-11-22T12:00:00Z").expect("an instant");
    let context = Context {
        stdout_width: width,
        stderr_width: width,
        ..Context::fixed(now, lang)
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    command::run(all, &context, &mut out, &mut err).expect("written to memory");
    let text = |octets| String::from_utf8(octets).expect("UTF-8");
    text(err) + &text(out)
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split_whitespace()
        .filter(|word| *word != "\\")
        .collect()
}

#[test]
fn screens_fit_and_are_those_that_were_looked_at() {
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR")).expect("the folder of the sources");
    let bless = std::env::var_os("PEC_BLESS").is_some_and(|value| value == "1");
    let desk = ledger();
    let data = desk.folder();
    // The folder of the ledger is of every run and machine another one.
    let steady = |text: &str| text.replace(&*data.to_string_lossy(), "registro");
    let mut wrong = Vec::new();
    for (name, of_ledger, typed) in SCREENS {
        let data = of_ledger.then_some(&*data);
        for lang in [Lang::It, Lang::En] {
            let whole = shown(typed, data, lang, None);
            let mut file = format!("$ pec {}\n", typed.join(" "));
            for width in WIDTHS {
                let screen = shown(typed, data, lang, Some(width));
                // A word that is wider by itself stays whole, on a line of its own.
                let is_wide = |line: &&str| {
                    line.chars().count() > width && line.split_whitespace().count() > 1
                };
                for line in screen.lines().filter(is_wide) {
                    wrong.push(format!("{name}, {width}: too wide: {line}"));
                }
                // Help is folded by its own package.
                if !typed.contains(&"--help") {
                    let cut = words(&screen)
                        .into_iter()
                        .filter(|word| !words(&whole).contains(word));
                    wrong.extend(cut.map(|word| format!("{name}, {width}: cut: {word}")));
                    let letters = |text: &str| {
                        text.split_whitespace()
                            .filter(|w| *w != "\\")
                            .collect::<String>()
                    };
                    if letters(&screen) != letters(&whole) {
                        wrong.push(format!("{name}, {width}: not the same words"));
                    }
                }
                let screen = match of_ledger {
                    true => {
                        assert_eq!(all_folded(&whole, width), screen, "{name}, {width}");
                        all_folded(&steady(&whole), width)
                    }
                    false => screen,
                };
                file += &format!("\n{} {width}\n{screen}", "-".repeat(width - 4));
            }
            let path = format!("fixtures/screens/{}/{name}.txt", lang.code());
            if bless {
                std::fs::create_dir_all(Path::new(&path).parent().expect("a folder"))
                    .expect("made");
                std::fs::write(&path, &file).expect("written");
            }
            if std::fs::read_to_string(&path).ok().as_deref() != Some(&file) {
                wrong.push(format!("{path} differs"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each command in the examples of a help is one of the manual, whole, as a shell reads it: on terminals
/// of any width, and where none is.
#[test]
fn examples_in_help_can_be_copied() {
    let mut folded = 0;
    for (lang, heading) in [(Lang::En, "\nExamples:\n"), (Lang::It, "\nEsempi:\n")] {
        let pages = command::manual_pages(lang).expect("pages in memory");
        let pages: String = pages.into_iter().map(|(_, text)| text).collect();
        let pages = pages.replace(" \\e\n    ", " ");
        let pages = pages.replace("\\-", "-").replace("\\(aq", "'");
        let known: BTreeSet<&str> = pages
            .lines()
            .map(|line| line.trim_start_matches(".B "))
            .collect();
        for command in command::tree(lang).get_subcommands() {
            for width in WIDTHS.map(Some).into_iter().chain([None]) {
                let help = shown(&[command.get_name(), "--help"], None, lang, width);
                let Some((_, examples)) = help.split_once(heading) else {
                    continue;
                };
                folded += examples.matches("\\\n").count();
                let examples = examples.replace(" \\\n        ", " ");
                for line in examples
                    .lines()
                    .filter_map(|line| line.strip_prefix("    "))
                {
                    assert!(
                        known.contains(line),
                        "{} {width:?}: {line}",
                        command.get_name()
                    );
                }
            }
        }
    }
    assert!(folded > 20, "{folded}");
}

/// The width is asked of the terminal itself.
#[test]
fn a_terminal_gives_its_width() {
    let script = |columns: usize| {
        let pec = env!("CARGO_BIN_EXE_pec");
        let typed = format!(
            "stty rows 40 cols {columns}; {pec} --lang it verify --trust {TRUST} {COMPLETE}"
        );
        Command::new("script")
            .args(["-qec", &typed, "/dev/null"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("NO_COLOR", "1")
            .output()
    };
    let Ok(output) = script(60) else {
        return skipped("screens on a terminal: script is not installed");
    };
    let narrow = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(narrow.lines().count() > 10, "{narrow}");
    assert!(
        narrow
            .lines()
            .all(|line| line.trim_end().chars().count() <= 60 || !line.trim_end().contains(' ')),
        "{narrow}"
    );
    let wide = script(120).expect("as before").stdout;
    let wide = String::from_utf8_lossy(&wide).into_owned();
    assert!(wide.lines().any(|line| line.chars().count() > 60), "{wide}");
}
