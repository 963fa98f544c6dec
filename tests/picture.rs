//! The picture of the README: what `pec demo` shows, drawn from a run of it. `PEC_BLESS=1 cargo test --test
//! picture` draws it anew. What is another at each run (times, numbers, folders) is always the same here.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use postacert::output::fold::folded;

/// Columns: a telephone shows as many so that they can be read.
const COLUMNS: usize = 64;
const FONT: f64 = 14.0;
/// Of a letter, in any of the fonts: the lines are stretched to it.
const LETTER: f64 = 8.4;
const LINE: f64 = 20.0;
const MARGIN: f64 = 20.0;

/// The lines of the demonstration that are shown: those that begin so; all others are left out.
const SHOWN: [&str; 12] = [
    "2. ",
    "$ pec send ",
    "Sent: ",
    "3. ",
    "$ pec wait ",
    "2026-05-04 ",
    "4b457a62: ",
    "4. ",
    "$ pec verify ",
    "DELIVERED. ",
    "File supplied ",
    "End of ",
];

/// What was read of the words, and its colour.
const COLOURS: [(&str, &str); 6] = [
    ("NOT DELIVERED WITHIN 24 HOURS", "bad"),
    ("NOT DELIVERED", "bad"),
    ("DELIVERED", "good"),
    ("ACCEPTED", "good"),
    ("IDENTICAL", "good"),
    ("WAITING", "wait"),
];

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo.svg")
}

/// What the demonstration shows, as it would be on one day.
fn shown() -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_pec"))
        .args(["--lang", "en", "demo"])
        .output()
        .expect("the program starts");
    assert!(ran.status.success(), "{ran:?}");
    let text = String::from_utf8(ran.stdout).expect("UTF-8");
    let is_end = |line: &&str| line.starts_with("End of ");
    assert!(text.lines().any(|line| is_end(&line)), "{text}");
    text
}

/// The same text at every run: a day in May, one number, short names of files.
fn settled(text: &str) -> String {
    let id = text
        .lines()
        .find_map(|line| line.strip_prefix("$ pec wait "))
        .and_then(|rest| rest.split(' ').next())
        .expect("a message");
    let mut words: Vec<String> = Vec::new();
    for line in text.replace(id, "4b457a62").lines() {
        let mut settled: Vec<String> = Vec::new();
        for word in line.split(' ') {
            settled.push(word_of(word, &settled));
        }
        words.push(days(&settled.join(" ")));
    }
    // A clock may pass from one second to the next between two receipts.
    words.dedup();
    words.join("\n")
}

/// A word without what is another at each run.
fn word_of(word: &str, before: &[String]) -> String {
    let is_time = |word: &str| {
        let parts: Vec<&str> = word.split(':').collect();
        parts.len() == 3 && parts.iter().all(|part| part.len() == 2 && is_digits(part))
    };
    let last = before.last().map(String::as_str).unwrap_or_default();
    match word {
        word if word.contains("/pec-demo-") => {
            let end = match (word.contains("trust.toml"), last) {
                (true, _) => "trust.toml",
                (false, "--sent" | "file") => "sent.eml",
                (false, _) => "received.eml",
            };
            let after = word.rsplit_once(['l', 'm']).map_or("", |(_, after)| after);
            format!("{end}{after}")
        }
        word if word.starts_with("prova.2") => {
            let domain = word.split_once('@').map_or("", |(_, domain)| domain);
            format!("prova.1@{domain}")
        }
        word if is_time(word) => "10:15:07".to_owned(),
        word => word.to_owned(),
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_digit())
}

/// Dates that are always the same: of an event, and in a sentence.
fn days(line: &str) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let words: Vec<&str> = line.split(' ').collect();
    let mut settled: Vec<String> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let word = words[at];
        let is_date = word.len() == 10 && word.starts_with("20") && word.matches('-').count() == 2;
        let is_month = words
            .get(at + 1)
            .is_some_and(|month| MONTHS.contains(month));
        if is_date {
            settled.push("2026-05-04".to_owned());
        } else if is_digits(word) && !word.is_empty() && is_month {
            settled.extend(["4", "May", "2026"].map(str::to_owned));
            at += 2;
        } else {
            settled.push(word.to_owned());
        }
        at += 1;
    }
    settled.join(" ")
}

fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in settled(text).lines() {
        let line = line.trim();
        if !SHOWN.iter().any(|start| line.starts_with(start)) {
            continue;
        }
        if line.starts_with(|c: char| c.is_ascii_digit())
            && line[1..].starts_with(". ")
            && !lines.is_empty()
        {
            lines.push(String::new());
        }
        // A command is folded as the program folds it.
        let folded = match line.strip_prefix("$ ") {
            Some(command) => {
                let command = folded(command, COLUMNS - 2).into_owned();
                format!("$ {}", command.replace('\n', "\n  "))
            }
            None => folded(line, COLUMNS).into_owned(),
        };
        lines.extend(folded.lines().map(str::to_owned));
    }
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A line with the words that say an outcome in their colours.
fn coloured(line: &str) -> String {
    let word = COLOURS.iter().find_map(|(word, colour)| {
        let at = line.find(word)?;
        Some((at, *word, *colour))
    });
    let Some((at, word, colour)) = word else {
        return escaped(line);
    };
    let (before, after) = (&line[..at], &line[at + word.len()..]);
    format!(
        "{}<tspan class=\"{colour}\">{word}</tspan>{}",
        escaped(before),
        escaped(after)
    )
}

fn picture(text: &str) -> String {
    let lines = lines(text);
    let width = MARGIN * 2.0 + LETTER * COLUMNS as f64;
    let height = MARGIN * 2.0 + LINE * lines.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-labelledby=\"t d\">\n\
         <title id=\"t\">pec demo</title>\n\
         <desc id=\"d\">A message to five recipients, the receipts as they arrive, and one of them \
         verified, on a terminal.</desc>\n\
         <style>\n\
         text {{ font: {FONT}px ui-monospace, SFMono-Regular, Menlo, Consolas, \
         \"DejaVu Sans Mono\", \"Liberation Mono\", monospace; fill: #d7dde4; white-space: pre; }}\n\
         .head {{ fill: #ffffff; font-weight: bold; }}\n\
         .command {{ fill: #8fc7ff; }}\n\
         .good {{ fill: #6fdc8c; font-weight: bold; }}\n\
         .bad {{ fill: #ff8d85; font-weight: bold; }}\n\
         .wait {{ fill: #f5c76a; font-weight: bold; }}\n\
         </style>\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{:.0}\" height=\"{:.0}\" rx=\"8\" fill=\"#14191f\" \
         stroke=\"#56606b\"/>\n",
        width - 1.0,
        height - 1.0
    );
    let mut kind = "";
    for (at, line) in lines.iter().enumerate() {
        let is_head = line.as_bytes().get(1) == Some(&b'.');
        kind = match (is_head, line.starts_with("$ "), line.starts_with("  ")) {
            (true, _, _) => "head",
            (_, true, _) => "command",
            // What goes on is as it began.
            (_, _, true) if kind == "command" => kind,
            _ if kind == "head"
                && !line.is_empty()
                && !line.starts_with(char::is_uppercase)
                && !line.starts_with("20") =>
            {
                kind
            }
            _ => "",
        };
        if line.is_empty() {
            continue;
        }
        let y = MARGIN + LINE * (at as f64 + 0.75);
        let indent = line.len() - line.trim_start().len();
        let x = MARGIN + LETTER * indent as f64;
        let inside = line.trim_start();
        let class = match kind {
            "" => String::new(),
            kind => format!(" class=\"{kind}\""),
        };
        let length = LETTER * inside.chars().count() as f64;
        let words = if kind.is_empty() {
            coloured(inside)
        } else {
            escaped(inside)
        };
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\"{class}>{words}</text>"
        );
    }
    svg.push_str("</svg>\n");
    svg
}

#[test]
fn the_picture_of_the_readme_is_what_the_demonstration_shows() {
    let picture = picture(&shown());
    if std::env::var_os("PEC_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(file(), &picture).expect("a writable file");
    }
    let committed = std::fs::read_to_string(file()).unwrap_or_default();
    assert_eq!(committed, picture, "PEC_BLESS=1 draws it anew; look at it");
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    assert!(readme.expect("a file").contains("(fixtures/demo.svg)"));
}

#[test]
fn the_picture_needs_nothing_from_elsewhere() {
    let picture = picture(&shown());
    assert!(picture.len() < 20_000, "{}", picture.len());
    for word in [
        "href",
        "url(",
        "@import",
        "<script",
        "<image",
        "foreignObject",
    ] {
        assert!(!picture.contains(word), "{word}");
    }
    // Nothing of this run: it would be another one at the next.
    for word in ["/tmp", "pec-demo", "localhost"] {
        assert!(!picture.contains(word), "{word}");
    }
    assert_eq!(picture.matches("http").count(), 1);
}
