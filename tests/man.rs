//! The manual pages under `man/` are those that the program makes, groff reads them without a
//! complaint, and every example in them does what it says. `PEC_BLESS=1 cargo test --test man`
//! writes them anew.

#[path = "support/practising.rs"]
#[allow(dead_code, reason = "shared with other suites")]
mod practising;
#[path = "support/skipped.rs"]
mod skipped;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use postacert::command::manual_pages;
use postacert::lang::Lang;
use postacert::verify::CheckId;
use practising::Practising;
use skipped::skipped;

const LANGUAGES: [(Lang, &str); 2] = [(Lang::En, "man"), (Lang::It, "man/it")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Path and text of every page.
fn pages() -> Vec<(PathBuf, String)> {
    let pages = LANGUAGES.into_iter().flat_map(|(lang, folder)| {
        let pages = manual_pages(lang).expect("pages in memory");
        pages
            .into_iter()
            .map(move |(name, text)| (root().join(folder).join(name), text))
    });
    pages.collect()
}

#[test]
fn committed_pages_are_those_that_the_program_makes() {
    let bless = std::env::var_os("PEC_BLESS").is_some_and(|value| value == "1");
    let made = pages();
    let mut wrong = Vec::new();
    for (path, text) in &made {
        if bless {
            fs::write(path, text).expect("a writable file");
        }
        if fs::read_to_string(path).ok().as_ref() != Some(text) {
            wrong.push(format!("differs or is missing: {}", path.display()));
        }
    }
    let made: BTreeSet<&PathBuf> = made.iter().map(|(path, _)| path).collect();
    for (_, folder) in LANGUAGES {
        for entry in fs::read_dir(root().join(folder))
            .expect("a folder")
            .flatten()
        {
            let path = entry.path();
            if path.extension().is_some_and(|end| end == "1" || end == "7") && !made.contains(&path)
            {
                wrong.push(format!("nobody makes it: {}", path.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\nrun with PEC_BLESS=1 and read the difference",
        wrong.join("\n")
    );
}

#[test]
fn pec_man_writes_them() {
    for (lang, folder) in [("en", "man"), ("it", "man/it")] {
        for (page, file) in [(None, "pec.1"), (Some("verify"), "pec-verify.1")] {
            let output = Command::new(env!("CARGO_BIN_EXE_pec"))
                .args(["--lang", lang, "man"])
                .args(page)
                .output()
                .expect("the program starts");
            let committed = fs::read(root().join(folder).join(file)).expect("a page");
            assert!(output.stdout == committed, "{lang} {file}");
        }
    }
}

/// The words of a formatter, or `None` where it is not installed.
fn complaints(program: &str, args: &[&str], page: &Path) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .arg(page)
        .env("LC_ALL", "C.UTF-8")
        .env("MANROFFSEQ", "")
        .env("MANWIDTH", "80")
        .stdout(Stdio::null())
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn formatters_do_not_complain() {
    for (program, args) in [
        ("groff", &["-man", "-Tutf8", "-k", "-ww", "-rLL=78n"][..]),
        ("man", &["--warnings", "-E", "UTF-8", "-l"]),
        ("mandoc", &["-Tlint", "-Wwarning"]),
    ] {
        let mut wrong = Vec::new();
        for (path, _) in pages() {
            match complaints(program, args, &path) {
                None => {
                    skipped(&format!("no {program}"));
                    break;
                }
                Some(words) if words.is_empty() => {}
                Some(words) => wrong.push(format!("{}: {words}", path.display())),
            }
        }
        assert!(wrong.is_empty(), "{program}: {}", wrong.join("\n"));
    }
}

/// Commands of the examples with their exit status: a line in bold, the status in a comment
/// below it.
fn examples(page: &str) -> Vec<(String, i32)> {
    let lines: Vec<&str> = page.lines().collect();
    let commands = lines.windows(2).filter_map(|pair| {
        let command = pair[0].strip_prefix(".B pec ")?;
        let status = pair[1].strip_prefix(".\\\" exit ")?;
        let command = command.replace("\\-", "-").replace("\\(aq", "'");
        let command = format!("pec {command}");
        Some((command, status.parse().expect("a number")))
    });
    commands.collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a file");
        }
    }
}

/// Pages whose examples are tried at a time: most of them wait for a provider.
const AT_A_TIME: usize = 4;

#[test]
fn every_example_does_what_it_says() {
    let mut found: Vec<_> = pages()
        .into_iter()
        .map(|(page, text)| (examples(&text), page, text))
        .collect();
    let italian = found.split_off(found.len() / 2);
    // The same examples in both languages.
    for ((english, page, _), (italian, ..)) in found.iter().zip(&italian) {
        assert_eq!(english, italian, "{}", page.display());
    }
    let pages = Mutex::new(found.iter());
    std::thread::scope(|threads| {
        for _ in 0..AT_A_TIME {
            threads.spawn(|| {
                let next = || pages.lock().expect("no page panics here").next();
                while let Some((examples, page, text)) = next() {
                    try_each(examples, page, text);
                }
            });
        }
    });
}

/// Runs the examples of a page one after the other, in a folder of its own: they may write.
fn try_each(examples: &[(String, i32)], page: &Path, text: &str) {
    if page.ends_with("pec-verify.1") {
        assert!(examples.len() >= 10, "{}: {examples:?}", page.display());
        // All of them are found by their form.
        assert_eq!(text.matches("\n.B pec ").count(), examples.len());
    }
    if examples.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    copy(&root().join("fixtures"), folder.path());
    let home = folder.path().join("home");
    // Those that need a mailbox have the account that `pec sandbox` prints.
    let world = text.contains("@pec.prova.example").then(Practising::new);
    if let Some(world) = &world {
        fs::create_dir_all(home.join("pec")).expect("a folder");
        // It is the folder of the data too, which is the user's alone.
        let alone = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(home.join("pec"), alone).expect("a mode");
        fs::copy(world.path("config.toml"), home.join("pec/config.toml")).expect("a file");
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_pec")).parent();
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", bin.expect("a folder").display());
    for (command, status) in examples {
        assert!(!command.contains('\\'), "{command}");
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("XDG_CONFIG_HOME", &home)
            .env("XDG_DATA_HOME", &home)
            .env_remove("PEC_PASSWORD")
            .output()
            .expect("a shell");
        assert_eq!(
            output.status.code(),
            Some(*status),
            "{command}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn pages_name_every_finding_and_every_option() {
    for (path, text) in pages() {
        if !path.ends_with("pec-verify.1") {
            continue;
        }
        for check in CheckId::ALL {
            let id = check.id().replace('-', "\\-");
            let named = [",", "."]
                .iter()
                .any(|end| text.contains(&format!("{id}{end}\n")));
            assert!(named, "{}: no {id}", path.display());
        }
    }
    for (lang, _) in LANGUAGES {
        let pages = manual_pages(lang).expect("pages in memory");
        every_option(&postacert::command::tree(lang), "pec", &pages);
    }
}

/// `pec doctor` names each thing that it looks at; who is told of one by a monitor looks it up there.
#[test]
fn the_page_of_doctor_names_every_check() {
    let schema = fs::read(root().join("fixtures/schema/doctor.json")).expect("a schema");
    let schema: serde_json::Value = serde_json::from_slice(&schema).expect("JSON");
    let ids = &schema["$defs"]["check"]["properties"]["id"]["examples"];
    let ids = ids.as_array().expect("the ids");
    assert!(ids.len() > 30, "{ids:?}");
    for (path, text) in pages() {
        if !path.ends_with("pec-doctor.1") {
            continue;
        }
        let heads = text.lines().filter_map(|line| line.strip_prefix(".B "));
        let named: BTreeSet<String> = heads
            .flat_map(|head| head.split(", "))
            .map(|id| id.replace("\\-", "-"))
            .collect();
        for id in ids {
            let id = id.as_str().expect("a word");
            assert!(named.contains(id), "{}: no {id}", path.display());
        }
    }
}

/// Sentences are put together of what a command does and what more there is to say of it.
#[test]
fn no_stop_stands_before_another_sign() {
    let mut wrong = Vec::new();
    let mut look = |name: &str, text: &str| {
        for line in text.lines() {
            let line = line.replace("...", "");
            let is_wrong = [".,", ".;", ".:", ",,"]
                .iter()
                .any(|signs| line.contains(signs));
            if is_wrong && !line.starts_with('.') {
                wrong.push(format!("{name}: {line}"));
            }
        }
    };
    for (path, text) in pages() {
        look(&path.display().to_string(), &text);
    }
    for (lang, _) in LANGUAGES {
        every_command(
            &postacert::command::tree(lang),
            "pec",
            &mut |name, command| {
                look(name, &command.clone().render_long_help().to_string());
            },
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// In Italian, what stands for a value is named in Italian, in usage lines that were written by hand too.
#[test]
fn usage_names_values_in_the_language() {
    let names = |lang| {
        let mut names = Vec::new();
        every_command(&postacert::command::tree(lang), "pec", &mut |_, command| {
            for argument in command.get_arguments() {
                let own = argument.get_value_names().unwrap_or_default().iter();
                names.extend(own.map(ToString::to_string));
            }
        });
        names
    };
    let (english, italian) = (names(Lang::En), names(Lang::It));
    let words = |name: &String| -> Vec<String> {
        let words = name.split(|c: char| !c.is_alphanumeric());
        words.map(str::to_owned).collect()
    };
    let italian: BTreeSet<String> = italian.iter().flat_map(words).collect();
    let foreign: BTreeSet<String> = english.iter().flat_map(words).collect();
    let foreign: BTreeSet<&String> = foreign.difference(&italian).collect();
    assert!(foreign.len() > 10, "{foreign:?}");
    every_command(
        &postacert::command::tree(Lang::It),
        "pec",
        &mut |name, command| {
            let usage = command.clone().render_usage().to_string();
            let found = words(&usage);
            let found: Vec<_> = found.iter().filter(|word| foreign.contains(word)).collect();
            assert!(found.is_empty(), "{name}: {found:?} in {usage}");
        },
    );
}

/// Calls something for every command, with what is typed for it.
fn every_command(command: &clap::Command, name: &str, call: &mut dyn FnMut(&str, &clap::Command)) {
    call(name, command);
    for command in command.get_subcommands() {
        every_command(command, &format!("{name} {}", command.get_name()), call);
    }
}

/// The page of every command names its options.
fn every_option(command: &clap::Command, name: &str, pages: &[(String, String)]) {
    for command in command.get_subcommands() {
        let name = format!("{name}-{}", command.get_name());
        let page = pages.iter().find(|(page, _)| *page == format!("{name}.1"));
        let (_, text) = page.unwrap_or_else(|| panic!("no {name}"));
        for argument in command.get_arguments() {
            if let Some(long) = argument.get_long() {
                let shown = format!("\\-\\-{}", long.replace('-', "\\-"));
                assert!(text.contains(&shown), "{name}: no --{long}");
            }
        }
        every_option(command, &name, pages);
    }
}

/// In the page of every command, and in its help, the options that all have in common come after
/// its own, under their own heading.
#[test]
fn options_of_every_command_stand_after_its_own() {
    for (lang, heading, roff) in [
        (
            Lang::En,
            "\nOptions of every command:\n",
            "\n.SH \"OPTIONS OF EVERY COMMAND\"\n",
        ),
        (
            Lang::It,
            "\nOpzioni di ogni comando:\n",
            "\n.SH \"OPZIONI DI OGNI COMANDO\"\n",
        ),
    ] {
        let mut found = 0;
        let mut check = |text: &str, heading: &str, option: &dyn Fn(&str) -> String| {
            let (own, common) = text.split_once(heading).expect(heading);
            let common = common.split("\n.SH ").next().unwrap();
            for name in ["lang", "color", "account", "config", "data-dir"] {
                assert!(
                    !own.contains(&option(name)),
                    "{name} above {heading}: {own}"
                );
                found += usize::from(common.contains(&option(name)));
            }
            assert!(!common.contains(&option("json")) && !common.contains(&option("help")));
        };
        for (name, page) in manual_pages(lang).expect("pages in memory") {
            if name != "pec.1" && name.ends_with(".1") {
                let option = |name: &str| format!("\n\\fB\\-\\-{}\\fR", name.replace('-', "\\-"));
                check(&page, roff, &option);
            }
        }
        for mut command in postacert::command::tree(lang).get_subcommands().cloned() {
            let help = command.render_help().to_string();
            check(&help, heading, &|name| format!("\n      --{name} "));
        }
        assert!(found > 100, "{found}");
    }
}

/// Numbers in the page and in the code.
#[test]
fn limits_are_those_of_the_source() {
    use postacert::mime::{
        MAX_DEPTH, MAX_HEADER_FIELDS, MAX_HEADER_OCTETS, MAX_MESSAGE_OCTETS, MAX_PARTS,
    };
    use postacert::pec::certification;
    use postacert::providers::directory;
    use postacert::smime::{algorithm, certificate};
    const KIB: usize = 1024;
    const MIB: usize = 1024 * KIB;
    assert_eq!(
        [
            MAX_MESSAGE_OCTETS / MIB,
            MAX_HEADER_OCTETS / KIB,
            MAX_HEADER_FIELDS
        ],
        [256, 256, 1_000]
    );
    assert_eq!([MAX_DEPTH, MAX_PARTS], [10, 1_000]);
    assert_eq!(certification::MAX_OCTETS, MIB);
    assert_eq!(directory::MAX_OCTETS, 64 * MIB);
    assert_eq!(postacert::smime::revocation::MAX_CRL_OCTETS, 64 * MIB);
    assert_eq!(certificate::MAX_CERTIFICATE_OCTETS, 64 * KIB);
    assert_eq!(algorithm::MIN_RSA_BITS, 1_024);
    // Private ones, as they are written.
    for (file, line) in [
        ("verify/structure.rs", "MAX_NESTED: usize = 100;"),
        ("smime/signed_data.rs", "MAX_SIGNERS: usize = 8;"),
        ("smime/signed_data.rs", "MAX_CERTIFICATES: usize = 32;"),
        ("smime/chain.rs", "MAX_INTERMEDIATES: usize = 4;"),
        ("smime/chain.rs", "SIGNATURE_BUDGET: usize = 100;"),
        ("pec/certification.rs", "MAX_NODES: usize = 50_000;"),
        ("providers/directory.rs", "SAME_TIME_DAYS: i64 = 31;"),
        ("input/folder.rs", "MAX_DEPTH: usize = 64;"),
        ("input/archive.rs", "MAX_ENTRIES: u64 = 100_000;"),
        ("input/archive.rs", "MAX_EXPANSION: u64 = 100;"),
        ("input/archive.rs", "MAX_DEPTH: usize = 3;"),
        ("input/file.rs", "MAX_ATTACHED_EXPANSION: u64 = 8;"),
        ("input/file.rs", "MAX_ATTACHED: usize = 100;"),
        ("practice/config.rs", "size_limit: 100 * 1024 * 1024,"),
        ("practice/config.rs", "product_limit: 100 * 1024 * 1024,"),
        ("practice/submission.rs", "MAX_RECIPIENTS: usize = 500;"),
        ("practice/server.rs", "MAX_CONNECTIONS: usize = 200;"),
        ("practice/mailbox.rs", "MAX_ACCOUNTS: usize = 10_000;"),
    ] {
        let source = fs::read_to_string(root().join("src").join(file)).expect("a source file");
        assert!(
            source.contains(line),
            "{file}: no longer {line}; see LIMITS in man/sections"
        );
    }
}
