//! The picture of the README: what `pec demo` shows, drawn from a run of it. `PEC_BLESS=1 cargo test --test
//! picture` draws it anew. What is another at each run (times, numbers, folders) is always the same here.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use postacert::output::fold::folded;
use postacert::timestamp::Timestamp;

/// Columns: a telephone shows as many so that they can be read.
const COLUMNS: usize = 64;
const FONT: f64 = 14.0;
/// Of a letter, in any of the fonts: the lines are stretched to it.
const LETTER: f64 = 8.4;
const LINE: f64 = 20.0;
const MARGIN: f64 = 20.0;

/// The lines of the demonstration that are shown: those that begin so; all others are left out. Of
/// each as much as this.
const SHOWN: [(&str, Part); 11] = [
    ("2. ", Part::Sentence),
    ("$ pec send ", Part::Lines(3)),
    ("Sent: ", Part::Before(" (")),
    ("3. ", Part::Sentence),
    ("$ pec wait ", Part::Lines(1)),
    ("2026-", Part::Before("  \"")),
    ("4b457a62: ", Part::Lines(2)),
    ("4. ", Part::Sentence),
    ("$ pec verify ", Part::Lines(2)),
    ("DELIVERED. ", Part::Lines(9)),
    ("  File supplied ", Part::Before(" as the file")),
];

/// How much of a line is shown.
#[derive(Clone, Copy)]
enum Part {
    /// Its first sentence.
    Sentence,
    /// So many lines of the terminal.
    Lines(usize),
    /// What stands before this.
    Before(&'static str),
}

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
    let text = text.replace(id, "4b457a62");
    let begun = text.lines().find_map(time_of).expect("an event");
    let lines = text.lines().map(|line| {
        let words = line
            .split(' ')
            .fold(Vec::<String>::new(), |mut words, word| {
                let last = words.last().map(String::as_str).unwrap_or_default();
                words.push(short(word, last));
                words
            });
        let line = words.join(" ");
        match time_of(&line) {
            Some(time) => format!("{}{}", of_may(time.seconds_since(begun)), &line[TIME..]),
            None => in_may(&line),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Letters of `2026-05-04 10:15:07`.
const TIME: usize = 19;

/// The time with which a line begins.
fn time_of(line: &str) -> Option<Timestamp> {
    let time = line.get(..TIME)?.replace(' ', "T");
    Timestamp::parse(&format!("{time}Z")).ok()
}

/// So many seconds after the beginning, to the hour: the notices of a late delivery come after twelve and
/// twenty-three of them, and a busy computer may take a second between the others.
fn of_may(seconds: i64) -> String {
    let begun = Timestamp::parse("2026-05-04T10:15:07Z").expect("a time");
    let hours = (seconds + 1_800).div_euclid(3_600);
    let time = Timestamp::from_unix(begun.unix() + hours * 3_600).to_string();
    time[..TIME].replace('T', " ")
}

/// A sentence with the same day and time.
fn in_may(line: &str) -> String {
    let Some((before, after)) = line.split_once(" on ").filter(|_| line.contains(" at ")) else {
        return line.to_owned();
    };
    let Some((_, after)) = after.split_once(" at ") else {
        return line.to_owned();
    };
    let rest = after.get(8..).unwrap_or_default();
    format!("{before} on 4 May 2026 at 10:15:07{rest}")
}

/// A word without a folder that is another one at each run.
fn short(word: &str, last: &str) -> String {
    let Some((_, name)) = word.split_once("/pec-demo-") else {
        return word.to_owned();
    };
    let (end, name_for) = match (name.contains("trust.toml"), last) {
        (true, _) => (".toml", "trust.toml"),
        (false, "--sent" | "file") => (".eml", "sent.eml"),
        (false, _) => (".eml", "received.eml"),
    };
    let after = name.split_once(end).map_or("", |(_, after)| after);
    format!("{name_for}{after}")
}

fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in settled(text).lines() {
        let shown = SHOWN.iter().find(|(start, _)| line.starts_with(start));
        let Some((_, part)) = shown else { continue };
        // What is told of each recipient later was told above.
        if line.starts_with("2026-") && !line.contains("  4b457a62  ") {
            continue;
        }
        let line = line.trim();
        let is_head = line.as_bytes().get(1) == Some(&b'.');
        if is_head && !lines.is_empty() {
            lines.push(String::new());
        }
        let (shown, most) = match part {
            Part::Sentence => {
                let end = line[3..]
                    .find(['.', '?', ';'])
                    .map_or(line.len(), |at| at + 4);
                (line[..end].trim_end_matches(';').to_owned(), usize::MAX)
            }
            Part::Before(end) => {
                let before = line.split(end).next().unwrap_or(line);
                (before.to_owned(), usize::MAX)
            }
            Part::Lines(most) => (line.to_owned(), *most),
        };
        // A command is folded as the program folds it.
        let folded = match shown.strip_prefix("$ ") {
            Some(command) => {
                let command = folded(command, COLUMNS - 2).into_owned();
                format!("$ {}", command.replace('\n', "\n  "))
            }
            None => folded(&shown, COLUMNS).into_owned(),
        };
        let all: Vec<&str> = folded.lines().collect();
        let is_cut = all.len() > most;
        lines.extend(all.iter().take(most).map(|line| (*line).to_owned()));
        if let Some(last) = lines.last_mut().filter(|_| is_cut) {
            *last = format!("{} …", last.trim_end_matches([' ', '\\']));
        }
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
        // What goes on is as it began.
        let goes_on = line.starts_with(' ') || kind == "head" && !line.is_empty();
        kind = match (is_head, line.starts_with("$ ")) {
            (true, _) => "head",
            (_, true) => "command",
            _ if goes_on => kind,
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
