//! The layers of `src/lib.rs`, held: who imports whom, and where each package lives.
//!
//! Reads the text of `src`, not the compiler's view of it: comments and unit tests are left
//! out, macros are not expanded. That is enough against slipping; nobody here is an adversary.

use std::path::{Path, PathBuf};

/// Every module of the crate and its layer; a new one is added here and in `src/lib.rs`.
const LAYERS: &[(&str, u8)] = &[
    ("timestamp", 0),
    ("address", 0),
    ("exit", 0),
    ("lang", 0),
    ("printable", 0),
    ("secret", 0),
    ("work", 0),
    ("mime", 1),
    ("smime", 1),
    ("pec", 1),
    ("providers", 1),
    ("verify", 2),
    ("batch", 2),
    ("input", 3),
    ("transport", 3),
    ("account", 3),
    ("ledger", 3),
    ("practice", 3),
    ("client", 4),
    ("command", 5),
    ("context", 5),
    ("output", 5),
    ("main", 6),
    ("lib", 6),
];

/// Who may import whom within one layer.
const WITHIN_A_LAYER: &[(&str, &str)] = &[
    ("address", "printable"),
    ("pec", "mime"),
    ("providers", "smime"),
    ("account", "transport"),
    ("command", "context"),
    ("command", "output"),
];

/// Packages that only these modules know, so that each can be replaced by touching one place.
const PACKAGES: &[(&str, &[&str])] = &[
    ("clap", &["command", "main"]),
    ("clap_complete", &["command", "main"]),
    ("clap_mangen", &["command", "main"]),
    ("anyhow", &["command", "main"]),
    ("cms", &["smime"]),
    ("x509_cert", &["smime", "practice"]),
    ("aws_lc_rs", &["smime", "practice", "context"]),
    ("lettre", &["transport"]),
    ("imap", &["transport"]),
    ("rustls", &["transport", "practice"]),
    ("webpki_roots", &["transport"]),
    ("rusqlite", &["ledger"]),
    ("rpassword", &["account"]),
    ("keyring", &["account"]),
    ("toml_edit", &["account"]),
    ("imap_codec", &["practice"]),
    ("zeroize", &["secret"]),
    ("signal_hook", &["context"]),
    ("rustix", &["context"]),
    ("mail_parser", &["mime"]),
    ("sha1_checked", &["smime"]),
    ("minijinja", &["batch"]),
    ("calamine", &["batch"]),
    ("rust_xlsxwriter", &["batch"]),
    ("encoding_rs", &["batch"]),
    ("indicatif", &["output"]),
    ("zip", &["input"]),
    ("flate2", &["input"]),
    ("jiff", &["timestamp"]),
    ("idna", &["address"]),
    ("base64", &["transport", "practice"]),
    ("toml", &["providers", "output", "account"]),
];

/// The packages of the command line, and the files that may name them besides each `arguments.rs`
/// of `command`: what is written there is an order in our own types before anything is done.
const COMMAND_LINE: &[&str] = &["clap", "clap_complete", "clap_mangen"];
const COMMAND_LINE_FILES: &[&str] = &[
    "command/language.rs",
    "command/man/mod.rs",
    "command/completions/mod.rs",
    // These carry what is written still; none is added.
    "command/batch/check.rs",
    "command/batch/mod.rs",
    "command/batch/report.rs",
    "command/batch/run.rs",
    "command/batch/status.rs",
    "command/batch/template.rs",
    "command/send/mod.rs",
];

/// What reads the clock or the environment, and the files that may.
const AMBIENT: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "std::env",
    "env::var",
    "env::args",
];
const AMBIENT_FILES: &[&str] = &["context.rs", "main.rs", "output/progress.rs"];

/// What reaches the disk or a socket; layers 0 to 2 do not.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "File::open",
    "TcpStream",
    "UdpSocket",
    "Command::new",
];

/// Breaches of the rules in one file, whose path is relative to `src`.
fn breaches(path: &str, text: &str) -> Vec<String> {
    let module = path.split('/').next().unwrap().trim_end_matches(".rs");
    let Some(layer) = layer_of(module) else {
        return vec![format!("src/{path}:1: {module} has no layer")];
    };
    let code = code_of(text);
    let mut found = Vec::new();
    let mut tell = |at: usize, what: String| {
        let line = code[..at].matches('\n').count() + 1;
        found.push(format!("src/{path}:{line}: {what}"));
    };
    for (at, other) in imports(path, &code) {
        let fits = match layer_of(&other) {
            Some(below) => below < layer || WITHIN_A_LAYER.contains(&(module, &other)),
            None => false,
        };
        if other != module && !fits {
            tell(at, format!("{module} imports {other}"));
        }
    }
    for (package, modules) in PACKAGES {
        if !modules.contains(&module) {
            for at in uses_of_package(&code, package) {
                tell(at, format!("{module} uses {package}"));
            }
        }
    }
    let is_command_line = COMMAND_LINE_FILES.contains(&path) || path.ends_with("/arguments.rs");
    if module == "command" && !is_command_line {
        for package in COMMAND_LINE {
            for at in uses_of_package(&code, package) {
                tell(at, format!("{path} uses {package}"));
            }
        }
    }
    let ambient = AMBIENT.iter().filter(|_| !AMBIENT_FILES.contains(&path));
    let outside = OUTSIDE.iter().filter(|_| layer < 3);
    for text in ambient.chain(outside) {
        for (at, _) in code.match_indices(text) {
            tell(at, format!("{module} uses {text}"));
        }
    }
    found
}

fn layer_of(module: &str) -> Option<u8> {
    let (_, layer) = LAYERS.iter().find(|(name, _)| *name == module)?;
    Some(*layer)
}

/// The text without comments and without the unit tests at its foot; lines keep their number.
fn code_of(text: &str) -> String {
    let mut lines = text.lines().peekable();
    let mut code = String::new();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.contains("mod tests")) {
            break;
        }
        // "://" stands in addresses, not before comments.
        let comment = line
            .match_indices("//")
            .find(|(at, _)| !line[..*at].ends_with(':'));
        code.push_str(comment.map_or(line, |(at, _)| &line[..at]));
        code.push('\n');
    }
    code
}

/// The modules of this crate that the code names, with the place of each.
fn imports(path: &str, code: &str) -> Vec<(usize, String)> {
    // From a module's own file, `super` is the crate; from a file beside it, `super::super`.
    let is_root = !path.contains('/') || path.ends_with("/mod.rs");
    let up = if is_root { "super::" } else { "super::super::" };
    let named = |prefix: &'static str| {
        code.match_indices(prefix)
            .filter(|(at, _)| !code[..*at].ends_with(is_of_path))
            .flat_map(move |(at, _)| {
                let names = first_names(&code[at + prefix.len()..]);
                names.into_iter().map(move |name| (at, name))
            })
    };
    // What is inside this module may be reached by `super` too, and is no import.
    let upwards = named(up).filter(|(_, name)| layer_of(name).is_some());
    named("crate::")
        .chain(named("postacert::"))
        .chain(upwards)
        .collect()
}

/// `a` of `a::b`; `a` and `c` of `{a::b, c::{d, e}}`.
fn first_names(path: &str) -> Vec<String> {
    let first = |text: &str| -> String {
        let text = text.trim_start();
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![first(path)];
    };
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        if depth == 0 && matches!(c, ',' | '}') {
            names.push(first(&group[start..at]));
            start = at + 1;
        }
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Where a path begins with the package: `zip::ZipArchive`, `use zip;`, `use zip as z;`.
fn uses_of_package(code: &str, package: &str) -> Vec<usize> {
    code.match_indices(package)
        .filter(|(at, _)| {
            let (before, after) = (&code[..*at], &code[at + package.len()..]);
            let imported = before.ends_with("use ") && after.starts_with([';', ' ']);
            !before.ends_with(is_of_path) && (after.starts_with("::") || imported)
        })
        .map(|(at, _)| at)
        .collect()
}

fn is_of_path(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':')
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .flat_map(|path| {
            if path.is_dir() {
                rust_files(&path)
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_module_imports_from_lower_layers_only() {
    // Cargo runs tests in the folder of the package; a path compiled in would go stale when a
    // target folder serves several clones.
    let src = Path::new("src");
    let files = rust_files(src);
    assert!(files.len() > 10, "the sources were not found");
    let found: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let path = file
                .strip_prefix(src)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            breaches(&path, &std::fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn breaches_are_seen() {
    let group = "use crate::{\n    pec::{A, B},\n    output::Style,\n};";
    for (path, text, what) in [
        ("smime/chain.rs", "use crate::pec::Kind;", "imports pec"),
        ("smime/mod.rs", "use super::mime;", "imports mime"),
        ("smime/ber.rs", "use super::super::pec;", "imports pec"),
        ("pec/mod.rs", "use crate::{exit, verify};", "imports verify"),
        ("verify/mod.rs", group, "imports output"),
        ("output/mod.rs", "f(crate::command::A)", "imports command"),
        ("input/mod.rs", "use crate::new::A;", "imports new"),
        ("verify/mod.rs", "use anyhow::Result;", "uses anyhow"),
        ("pec/mod.rs", "use zip as z;", "uses zip"),
        ("pec/mod.rs", "#[derive(clap::Args)]", "uses clap"),
        ("pec/arguments.rs", "use clap::Args;", "uses clap"),
        ("verify/mod.rs", "SystemTime::now()", "uses SystemTime::now"),
        ("mime/mod.rs", "use std::fs;", "uses std::fs"),
    ] {
        let module = path.split('/').next().unwrap();
        let expected = format!("src/{path}:2: {module} {what}");
        assert_eq!(breaches(path, &format!("\n{text}")), [expected]);
    }
    assert_eq!(breaches("new.rs", ""), ["src/new.rs:1: new has no layer"]);
    let written = "#[derive(clap::Args)]\nstruct Arguments;";
    assert_eq!(
        breaches("command/new/mod.rs", written),
        ["src/command/new/mod.rs:1: command/new/mod.rs uses clap"]
    );
}

#[test]
fn what_is_allowed_is_no_breach() {
    for (path, text) in [
        ("pec/mod.rs", "use crate::{mime::{A, B}, timestamp};"),
        ("providers/mod.rs", "use crate::smime;\nuse toml::Value;"),
        (
            "command/a.rs",
            "use anyhow::A;\nuse crate::{context, output};",
        ),
        ("smime/ber.rs", "use super::Error;\n/// [`crate::pec`]"),
        ("smime/ber.rs", "let a = 1; // crate::pec"),
        (
            "smime/mod.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::pec;",
        ),
        ("input/mod.rs", "use std::fs;\nlet a = names.zip(b);"),
        ("context.rs", "let now = SystemTime::now();"),
        ("command/new/arguments.rs", "#[derive(clap::Args)]"),
        ("main.rs", "postacert::command::run(std::env::args_os())"),
    ] {
        assert_eq!(breaches(path, text), [] as [String; 0], "{text}");
    }
}
