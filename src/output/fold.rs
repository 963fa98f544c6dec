//! Lines as wide as the terminal: words whole, what continues below where it began. A word that is
//! wider than a line is not broken: it could not be copied.
//!
//! Only terminals fold: in a pipe or a file a line stays a line. What continues stands under the
//! last column that leaves room; a command that may be copied continues with a backslash, so that the
//! shell reads it as one.

use std::borrow::Cow;
use std::fmt::Arguments;
use std::io::{self, Write};

use textwrap::WordSeparator;
use textwrap::core::{Fragment, Word, display_width};
use textwrap::wrap_algorithms::wrap_first_fit;

/// What begins a failure; its advice stands below its words.
const FAILURE: &str = "pec: ";
/// What begins a command.
const COMMAND: &str = "pec ";
/// What is left of the indent of a word that needs the room.
const LITTLE: usize = 4;
/// Fewer letters than this make no column.
const LEAST: usize = 24;

/// The line in as many as a terminal of `width` columns needs.
pub fn folded(line: &str, width: usize) -> Cow<'_, str> {
    if display_width(line) <= width || width == 0 {
        return Cow::Borrowed(line);
    }
    let inside = line.trim_start();
    let (words, hang, end) = match inside.starts_with(COMMAND) {
        true => {
            let hang = line.len() - inside.len() + COMMAND.len();
            (arguments(line), hang, " \\")
        }
        false => {
            let words: Vec<Word<'_>> = WordSeparator::AsciiSpace.find_words(line).collect();
            let hang = hang(line, &words, width);
            (words, hang, "")
        }
    };
    let first = width.saturating_sub(end.len());
    let widths = [first as f64, first.saturating_sub(hang).max(1) as f64];
    let mut lines = Vec::new();
    for (at, words) in wrap_first_fit(&words, &widths).into_iter().enumerate() {
        let line: String = words.iter().flat_map(|w| [w.word, w.whitespace]).collect();
        let line = line.trim_end();
        match (at, line) {
            // Blanks before a word that needs the whole line.
            (0, "") => {}
            (0, line) => lines.push(line.to_owned()),
            (_, line) => lines.push(" ".repeat(indent(line, words, hang, width)) + line),
        }
    }
    lines.join(&format!("{end}\n")).into()
}

/// How far in a line begins that goes on. A path or an identifier that needs the room stays whole, to
/// be copied; one that is longer than the terminal is folded by that, and is one word for whoever
/// selects it.
fn indent(line: &str, words: &[Word<'_>], hang: usize, width: usize) -> usize {
    let fits = |indent: &usize| display_width(line) + indent <= width;
    match words.len() {
        1 => [hang, hang.min(LITTLE)].into_iter().find(fits).unwrap_or(0),
        _ => hang,
    }
}

/// The column under which a line goes on.
fn hang(line: &str, words: &[Word<'_>], width: usize) -> usize {
    if line.starts_with(FAILURE) {
        return FAILURE.len();
    }
    let mut column = 0;
    let ends = words.iter().enumerate().filter_map(|(at, word)| {
        column += (word.width() + word.whitespace_width()) as usize;
        let begins = at == 0 && word.word.is_empty() || word.whitespace.len() > 1;
        begins.then_some(column)
    });
    let room = LEAST.max(width / 3);
    ends.filter(|column| column + room <= width)
        .last()
        .unwrap_or_default()
}

/// The words of a command; those between quotes are one.
fn arguments(line: &str) -> Vec<Word<'_>> {
    let mut quote = None;
    let mut is_inside = false;
    let pieces = line.split_inclusive(|c: char| {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        // Blanks before it belong to the first word.
        is_inside |= c != ' ';
        c == ' ' && quote.is_none() && is_inside
    });
    pieces.map(Word::from).collect()
}

/// A terminal: what is written to it is folded line by line.
pub struct Folding<'a> {
    out: &'a mut dyn Write,
    width: Option<usize>,
}

impl<'a> Folding<'a> {
    /// A stream; one without a width is no terminal, and nothing is folded.
    pub fn new(out: &'a mut dyn Write, width: Option<usize>) -> Self {
        Self { out, width }
    }
}

impl Write for Folding<'_> {
    /// As it is: octets are no lines.
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.out.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn write_fmt(&mut self, text: Arguments<'_>) -> io::Result<()> {
        match self.width {
            None => self.out.write_fmt(text),
            Some(width) => self
                .out
                .write_all(all_folded(&text.to_string(), width).as_bytes()),
        }
    }
}

/// Each line of a text.
pub fn all_folded(text: &str, width: usize) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        folded(line, width).into_owned() + end
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No line is wider, and no word is lost or cut.
    fn check(line: &str, width: usize, expected: &str) {
        let shown = folded(line, width);
        assert_eq!(shown, expected);
        for line in shown.lines() {
            assert!(
                display_width(line) <= width,
                "{line:?} is wider than {width}"
            );
        }
    }

    #[test]
    fn what_fits_stays() {
        check("Consegnato a  tutti", 19, "Consegnato a  tutti");
        check("perché", 6, "perché");
    }

    #[test]
    fn words_go_below_where_the_last_column_began() {
        check(
            "  Oggetto   un oggetto molto lungo che non sta su una riga",
            40,
            "  Oggetto   un oggetto molto lungo che\n            non sta su una riga",
        );
        check(
            "  rientrato senza colonne e troppo lungo",
            30,
            "  rientrato senza colonne e\n  troppo lungo",
        );
        check(
            "senza rientro e troppo lungo",
            20,
            "senza rientro e\ntroppo lungo",
        );
        check(
            "pec: qualcosa non va e lo si dice",
            24,
            "pec: qualcosa non va e\n     lo si dice",
        );
    }

    #[test]
    fn a_column_without_room_is_none() {
        check(
            "colonna_molto_larga_davvero  il testo va sotto",
            40,
            "colonna_molto_larga_davvero  il testo va\nsotto",
        );
    }

    #[test]
    fn a_long_word_has_a_line_of_its_own_and_is_never_broken() {
        check(
            "  Identificativo  opec1042.20260504101502@gestore.example",
            43,
            "  Identificativo\n    opec1042.20260504101502@gestore.example",
        );
        check(
            "  Identificativo  opec1042.20260504101502@gestore.example",
            39,
            "  Identificativo\nopec1042.20260504101502@gestore.example",
        );
        check("      /home/io/lettera.txt", 22, "/home/io/lettera.txt");
        check(
            "il file /home/io/una/cartella/lettera.txt non c'è",
            34,
            "il file\n/home/io/una/cartella/lettera.txt\nnon c'è",
        );
        // With room it stands where the others do.
        check(
            "pec: il file /home/io/lettera.txt",
            26,
            "pec: il file\n     /home/io/lettera.txt",
        );
        // The terminal folds it: whoever selects it has it whole.
        let long = format!("a {}", "a/".repeat(25));
        assert_eq!(folded(&long, 10), long.replacen(' ', "\n", 1));
    }

    #[test]
    fn colours_take_no_room() {
        let green = "\u{1b}[1;32mautentica\u{1b}[0m";
        check(
            &format!("{green} ricevuta"),
            18,
            &format!("{green} ricevuta"),
        );
        check(
            &format!("{green} ricevuta"),
            17,
            &format!("{green}\nricevuta"),
        );
    }

    #[test]
    fn a_command_stays_one_for_the_shell() {
        check(
            "    pec send --subject 'Due parole qui' --to a@pec.example",
            40,
            "    pec send --subject \\\n        'Due parole qui' --to \\\n        a@pec.example",
        );
    }

    #[test]
    fn streams_fold_lines_and_leave_octets() {
        let mut out = Vec::new();
        let mut folding = Folding::new(&mut out, Some(10));
        let much = "troppo";
        writeln!(folding, "una riga {much} lunga").expect("memory");
        folding.write_all(b"octets as they are\n").expect("memory");
        assert_eq!(out, b"una riga\ntroppo\nlunga\noctets as they are\n");
        let mut out = Vec::new();
        writeln!(Folding::new(&mut out, None), "una riga troppo lunga").expect("memory");
        assert_eq!(out, b"una riga troppo lunga\n");
    }
}
