//! The layers of `src/lib.rs`, held: who imports whom, and where each package lives; and that no file
//! needs another one that needs it.
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
    ("located", 0),
    ("printable", 0),
    ("secret", 0),
    ("work", 0),
    ("mime", 1),
    ("smime", 1),
    ("pec", 1),
    ("providers", 1),
    ("asic", 1),
    ("verify", 2),
    ("batch", 2),
    ("contents", 2),
    ("court", 2),
    ("input", 3),
    ("transport", 3),
    ("account", 3),
    ("ledger", 3),
    ("offices", 3),
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
    ("contents", "verify"),
    ("court", "contents"),
    ("batch", "court"),
    ("asic", "smime"),
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
    ("cms", &["practice"]),
    ("x509_cert", &["smime", "practice"]),
    ("aws_lc_rs", &["smime", "practice", "context"]),
    ("lettre", &["transport"]),
    ("imap", &["transport"]),
    ("rustls", &["transport", "practice"]),
    ("ureq", &["transport"]),
    ("webpki_roots", &["transport"]),
    ("rusqlite", &["ledger", "offices"]),
    ("rpassword", &["account"]),
    ("keyring", &["account"]),
    ("toml_edit", &["account"]),
    ("imap_codec", &["practice"]),
    ("zeroize", &["secret"]),
    ("signal_hook", &["context"]),
    ("simple_dns", &["transport"]),
    ("rustix", &["account", "context", "ledger"]),
    ("mail_parser", &["mime"]),
    // Two documents of two standards: one has namespaces, the other refuses them.
    ("quick_xml", &["pec", "asic"]),
    ("crc32fast", &["asic"]),
    ("sha1_checked", &["smime"]),
    ("minijinja", &["batch", "output"]),
    ("minisign_verify", &["command"]),
    ("calamine", &["batch"]),
    ("rust_xlsxwriter", &["batch"]),
    ("encoding_rs", &["batch", "contents"]),
    ("html5gum", &["contents"]),
    ("icu_normalizer", &["contents"]),
    ("infer", &["contents"]),
    ("indicatif", &["output"]),
    ("krilla", &["output"]),
    ("skrifa", &["output"]),
    ("zip", &["input"]),
    ("flate2", &["input"]),
    ("jiff", &["timestamp"]),
    ("idna", &["address"]),
    ("base64", &["transport", "practice"]),
    ("toml", &["located", "output", "account", "court"]),
];

/// The packages of the command line, and the files that may name them besides each `arguments.rs`
/// of `command`: what is written there is an order in our own types before anything is done.
const COMMAND_LINE: &[&str] = &["clap", "clap_complete", "clap_mangen"];
const COMMAND_LINE_FILES: &[&str] = &[
    "command/mod.rs",
    "command/completions/offers.rs",
    "command/language.rs",
    "command/man/mod.rs",
    "command/completions/mod.rs",
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

/// Addresses in the code. Servers are named by who configures an account, by presets, and by a person on
/// the command line: none belongs to the makers of this program, and none is told anything about
/// who uses it. A host that is added here is one of a public service, named in pec-privacy(7).
const HOSTS: &[&str] = &[
    // Names of formats; nothing is asked there.
    "www.w3.org",
    "uri.etsi.org",
    "json-schema.org",
    "www.fatturapa.gov.it",
    "ivaservizi.agenziaentrate.gov.it",
    // The words of a file address.
    "localhost",
];

#[test]
fn the_code_names_no_other_host() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        let code = code_of(&text);
        for (at, _) in code.match_indices("://") {
            let is_host = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
            let rest = &code[at + 3..];
            let host = &rest[..rest.find(|c| !is_host(c)).unwrap_or(rest.len())];
            if host.contains('.') && !HOSTS.contains(&host) && !host.ends_with(".example") {
                found.push(format!("src/{path}: {host}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
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

/// A file of the crate as the names in it show it: which module it is, what it imports under which
/// name, and every path that it names.
struct Module {
    path: Vec<String>,
    imports: Vec<(String, Vec<String>)>,
    named: Vec<Vec<String>>,
}

/// `["verify", "sent"]` of `verify/sent.rs`, `["verify"]` of `verify/mod.rs`.
fn module_path(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let path = path.split('/').filter(|name| *name != "lib");
    path.map(str::to_owned).collect()
}

impl Module {
    fn of(file: &str, code: &str) -> Self {
        let path = module_path(file);
        let mut module = Self {
            imports: Vec::new(),
            named: Vec::new(),
            path,
        };
        let words: Vec<(usize, &str)> = words(code).collect();
        for (at, (start, word)) in words.iter().enumerate() {
            let after_use = at > 0 && words[at - 1].1 == "use";
            let begins = matches!(*word, "crate" | "super" | "self" | "postacert")
                && !code[..*start].ends_with(is_of_path)
                && code[start + word.len()..].starts_with("::");
            if begins || after_use {
                let end = code[*start..]
                    .find(';')
                    .map_or(code.len(), |end| start + end);
                let text = if after_use {
                    &code[*start..end]
                } else {
                    plain_path(&code[*start..])
                };
                for (path, name) in leaves(text) {
                    let path = module.absolute(&path);
                    if after_use && name != "*" {
                        module.imports.push((name, path.clone()));
                    }
                    module.named.push(path);
                }
            }
        }
        module
    }

    /// The path from the root of the crate; of a package or of what is defined here as it is.
    fn absolute(&self, path: &[String]) -> Vec<String> {
        let mut base = self.path.clone();
        let mut rest = path;
        match path.first().map(String::as_str) {
            Some("crate" | "postacert") => base.clear(),
            Some("self" | "super") => {}
            _ => return [base, path.to_vec()].concat(),
        }
        while let Some(word) = rest.first().map(String::as_str) {
            match word {
                "super" => drop(base.pop()),
                "self" | "crate" | "postacert" => {}
                _ => break,
            }
            rest = &rest[1..];
        }
        base.extend_from_slice(rest);
        base
    }
}

/// The names in a text, with the place of each.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text[from..].find(is_of_name)?;
        let length = text[start..].find(|c| !is_of_name(c));
        from = length.map_or(text.len(), |length| start + length);
        Some((start, &text[start..from]))
    })
}

/// `crate::a::b` of `crate::a::b(c)`.
fn plain_path(text: &str) -> &str {
    let end = text.find(|c| !is_of_path(c)).unwrap_or(text.len());
    text[..end].trim_end_matches(':')
}

/// What a path with groups names, each with the name that it has here.
fn leaves(text: &str) -> Vec<(Vec<String>, String)> {
    let text = text.trim();
    let split = text.find('{').map(|at| (&text[..at], &text[at + 1..]));
    let (before, inside) = match split {
        Some((before, inside)) => (before, Some(inside.trim_end().trim_end_matches('}'))),
        None => (text, None),
    };
    let (before, alias) = match before.split_once(" as ") {
        Some((before, alias)) => (before, Some(alias.trim())),
        None => (before, None),
    };
    let path: Vec<String> = before
        .split("::")
        .map(|word| word.trim().to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    let Some(inside) = inside else {
        let name = alias
            .or(path.last().map(String::as_str))
            .unwrap_or_default()
            .to_owned();
        return vec![(path, name)];
    };
    let within = |(rest, name): (Vec<String>, String)| match &rest[..] {
        [own] if own == "self" => {
            let name = if name == "self" {
                path.last().cloned().unwrap_or_default()
            } else {
                name
            };
            (path.clone(), name)
        }
        _ => ([path.clone(), rest].concat(), name),
    };
    members(inside)
        .into_iter()
        .flat_map(leaves)
        .map(within)
        .collect()
}

/// The members of a group, which may have groups of their own.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&group[start..]);
    found.retain(|member| !member.trim().is_empty());
    found
}

/// Which files name what is in which others, by their place in the list. What a file imports from
/// elsewhere and others take from there counts as theirs. A file may name what the files above it
/// hold (`super::`): they are the house that it stands in.
fn arrows(modules: &[Module]) -> Vec<Vec<usize>> {
    let at = |path: &[String]| modules.iter().position(|module| module.path == path);
    let target = |path: &[String]| {
        let mut path = path.to_vec();
        // A name may be handed on several times.
        for _ in 0..10 {
            let length = (0..=path.len())
                .rev()
                .find(|&length| at(&path[..length]).is_some())?;
            let found = at(&path[..length])?;
            let imports = modules[found].imports.iter();
            let name = path.get(length);
            match imports
                .clone()
                .find(|(own, to)| Some(own) == name && *to != path)
            {
                Some((_, to)) => path = [to, &path[length + 1..]].concat(),
                None => return Some(found),
            }
        }
        None
    };
    let of = |(from, module): (usize, &Module)| {
        let named = module.named.iter().filter_map(|path| target(path));
        let mut found: Vec<usize> = named
            .filter(|&to| to != from && !module.path.starts_with(&modules[to].path))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    };
    modules.iter().enumerate().map(of).collect()
}

/// Files that can be reached from themselves, each with those that can be reached from it and
/// back.
fn circles(arrows: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let reach = |start: usize| {
        let mut seen = vec![false; arrows.len()];
        let mut open = arrows[start].clone();
        while let Some(next) = open.pop() {
            if !std::mem::replace(&mut seen[next], true) {
                open.extend(&arrows[next]);
            }
        }
        seen
    };
    let reached: Vec<Vec<bool>> = (0..arrows.len()).map(reach).collect();
    let circle_of = |one: usize| -> Vec<usize> {
        let back = |&other: &usize| reached[one][other] && reached[other][one];
        (0..arrows.len()).filter(back).collect()
    };
    let all = (0..arrows.len()).map(|one| (one, circle_of(one)));
    all.filter(|(one, circle)| circle.first() == Some(one))
        .map(|(_, circle)| circle)
        .collect()
}

/// Every file of the crate, by its path in `src`, with its text.
fn sources() -> Vec<(String, String)> {
    // Cargo runs tests in the folder of the package; a path compiled in would go stale when a
    // target folder serves several clones.
    let src = Path::new("src");
    let files = rust_files(src);
    assert!(files.len() > 10, "the sources were not found");
    let files = files.iter().map(|file| {
        let path = file.strip_prefix(src).unwrap().to_string_lossy();
        (
            path.replace('\\', "/"),
            std::fs::read_to_string(file).unwrap(),
        )
    });
    files.collect()
}

#[test]
fn every_module_imports_from_lower_layers_only() {
    let found: Vec<String> = sources()
        .iter()
        .flat_map(|(path, text)| breaches(path, text))
        .collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// What goes round in circles among files, in lines.
fn rounds(sources: &[(String, String)]) -> Vec<String> {
    let modules = sources
        .iter()
        .map(|(path, text)| Module::of(path, &code_of(text)));
    let arrows = arrows(&modules.collect::<Vec<_>>());
    let name = |file: &usize| &*sources[*file].0;
    let line = |circle: &Vec<usize>, file: &usize| {
        let to = arrows[*file].iter().filter(|to| circle.contains(to));
        format!(
            "src/{} -> {}",
            name(file),
            to.map(name).collect::<Vec<_>>().join(", ")
        )
    };
    let circles = circles(&arrows);
    let lines = circles
        .iter()
        .flat_map(|circle| circle.iter().map(move |file| line(circle, file)));
    lines.collect()
}

#[test]
fn no_file_needs_one_that_needs_it() {
    let found = rounds(&sources());
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// Who keeps the ledger otherwise is added beside it, and nothing else learns of that. The offices are
/// no part of it: data that are imported anew have a file of their own.
#[test]
fn sql_stands_in_the_ledger_and_beside_it() {
    let sources = sources();
    let knows = |text: &String| !uses_of_package(&code_of(text), "rusqlite").is_empty();
    let (inside, outside): (Vec<_>, Vec<_>) = sources
        .iter()
        .filter(|(_, text)| knows(text))
        .map(|(path, _)| path)
        .partition(|path| path.starts_with("ledger/sqlite/") || path.starts_with("offices/sqlite"));
    assert!(inside.len() > 10, "{inside:?}");
    assert!(outside.is_empty(), "{outside:?}");
}

#[test]
fn circles_are_seen() {
    let files = |files: &[(&str, &str)]| -> Vec<(String, String)> {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        files.iter().map(owned).collect()
    };
    for (a, b) in [
        ("use super::b::B;", "use super::a::{self, A};"),
        (
            "use crate::m::{c::C, b::{self as x, B}};",
            "fn f() { super::a::g() }",
        ),
        // By the name under which the folder hands it on.
        ("use super::B;", "use crate::m::A;"),
        (
            "use super::b;",
            "use crate::{\n    m::{\n        A as X,\n    },\n};",
        ),
    ] {
        let circle = files(&[
            (
                "m/mod.rs",
                "mod a;\nmod b;\nmod c;\npub use a::A;\npub(super) use b::B;",
            ),
            ("m/a.rs", a),
            ("m/b.rs", b),
            ("m/c.rs", "use super::House;"),
        ]);
        let expected = ["src/m/a.rs -> m/b.rs", "src/m/b.rs -> m/a.rs"];
        assert_eq!(rounds(&circle), expected, "{a} {b}");
    }
    for (a, b) in [
        ("use super::b::B;", "// super::a::A"),
        (
            "use super::b::B;",
            "#[cfg(test)]\nmod tests {\n    use super::super::a::A;",
        ),
        // What the folder itself holds belongs to all in it.
        ("use super::House;", "use super::{House, a::A};"),
    ] {
        let none = files(&[
            ("m/mod.rs", "mod a;\nmod b;\npub use a::A;"),
            ("m/a.rs", a),
            ("m/b.rs", b),
        ]);
        assert_eq!(rounds(&none), [] as [String; 0], "{a} {b}");
    }
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
        ("providers/mod.rs", "use crate::{smime, located::File};"),
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

/// Else a check of the fuzz targets compiles each package once more, with minutes of C among them.
#[test]
fn fuzz_targets_build_packages_as_the_program_does() {
    let [program, fuzz] = ["Cargo.toml", "fuzz/Cargo.toml"].map(|name| {
        let text = std::fs::read_to_string(name).expect("a file");
        let manifest: toml::Table = toml::from_str(&text).expect("TOML");
        manifest["profile"]["dev"].clone()
    });
    assert_eq!(fuzz, program);
}

/// Whoever looks for a suite, or wonders where a case belongs, reads the table of `CONTRIBUTING.md`.
#[test]
fn every_suite_has_one_row_in_the_table() {
    let text = std::fs::read_to_string("CONTRIBUTING.md").expect("a file");
    let (_, table) = text.split_once("| Suites | hold |\n").expect("the table");
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    // What stands between backticks.
    let mut named: Vec<String> = first
        .flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned))
        .collect();
    named.sort();
    let entries = std::fs::read_dir("tests").expect("a folder").flatten();
    let mut suites: Vec<String> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension().is_some_and(|end| end == "rs") || path.join("main.rs").exists()
        })
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    suites.sort();
    assert_eq!(named, suites);
}
