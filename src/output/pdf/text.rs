//! Texts of more than one style, and their division into lines that no letter leaves.
//!
//! Lines end at spaces. A word that is wider than the line (an address, a digest, a command) ends a line
//! behind one of its signs, or after some letters.

use textwrap::core::Fragment;
use textwrap::wrap_algorithms::wrap_first_fit;

use super::font::{Fonts, LACKING};
use super::letters::{Size, Style, Weight};
use crate::printable::undeceptive;

/// Letters of one style.
#[derive(Clone, Debug)]
struct Run {
    style: Style,
    text: String,
}

/// A text whose parts may differ in style.
#[derive(Clone, Debug, Default)]
pub struct Text(Vec<Run>);

impl Text {
    /// With a part of a size and weight behind it; what would deceive a reader is written out.
    #[must_use]
    pub fn with(mut self, text: impl AsRef<str>, size: Size, weight: Weight) -> Self {
        self.0.push(Run {
            style: Style { size, weight },
            text: undeceptive(text.as_ref()),
        });
        self
    }

    /// With a part as most are.
    #[must_use]
    pub fn and(self, text: impl AsRef<str>) -> Self {
        self.with(text, Size::Normal, Weight::Regular)
    }

    /// With a part that matters most.
    #[must_use]
    pub fn bold(self, text: impl AsRef<str>) -> Self {
        self.with(text, Size::Normal, Weight::Bold)
    }

    /// With a part that stands beside.
    #[must_use]
    pub fn small(self, text: impl AsRef<str>) -> Self {
        self.with(text, Size::Small, Weight::Regular)
    }

    /// The same, with a sign for each letter that the fonts lack, and whether there is one.
    pub(super) fn settable(&self, fonts: &Fonts) -> (Self, bool) {
        let mut is_lacking = false;
        let mut letter_of = |letter: char| match letter {
            letter if letter.is_whitespace() && letter != '\u{a0}' => ' ',
            letter if fonts.have(letter) => letter,
            _ => {
                is_lacking = true;
                LACKING
            }
        };
        let mut text = self.clone();
        for run in &mut text.0 {
            run.text = run.text.chars().map(&mut letter_of).collect();
        }
        (text, is_lacking)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::default().and(text)
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

/// A part of a line.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// From the start of the line.
    pub x: f32,
    pub style: Style,
    pub text: String,
}

/// A line; measures in points.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub pieces: Vec<Piece>,
    pub height: f32,
    /// From its top to the foot of its letters.
    pub baseline: f32,
    pub width: f32,
}

/// What is not parted unless it is wider than a line.
#[derive(Debug, Default)]
struct Word {
    letters: Vec<(char, Style)>,
    width: f32,
    /// Of the space behind it.
    space: Option<Style>,
    space_width: f32,
}

impl Fragment for Word {
    fn width(&self) -> f64 {
        self.width.into()
    }

    fn whitespace_width(&self) -> f64 {
        self.space_width.into()
    }

    fn penalty_width(&self) -> f64 {
        0.0
    }
}

/// What rounding may add to a line.
const TOLERANCE: f32 = 0.01;

/// The lines of a text in a width; one at least.
pub(super) fn lines(text: &Text, width: f32, fonts: &Fonts) -> Vec<Line> {
    let words = words(text, width, fonts);
    if words.is_empty() {
        return vec![line(&[], true, fonts)];
    }
    let widths = [f64::from(width + TOLERANCE)];
    let all = wrap_first_fit(&words, &widths);
    let count = all.len();
    let lines = all.into_iter().zip(1..);
    lines
        .map(|(words, number)| line(words, number == count, fonts))
        .collect()
}

/// Words that fit in a width, each by itself.
fn words(text: &Text, width: f32, fonts: &Fonts) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut word = Word::default();
    for run in &text.0 {
        for letter in run.text.chars() {
            if letter != ' ' {
                word.letters.push((letter, run.style));
                word.width += fonts.width(letter, run.style);
            } else if !word.letters.is_empty() {
                word.space = Some(run.style);
                word.space_width = fonts.width(' ', run.style);
                words.push(std::mem::take(&mut word));
            }
        }
    }
    if !word.letters.is_empty() {
        words.push(word);
    }
    let parts = words.into_iter().map(|word| match word.width <= width {
        true => vec![word],
        false => parted(word, width, fonts),
    });
    parts.flatten().collect()
}

/// Letters between two places where a word that is wider than a line may end one.
const PART: usize = 8;

/// A word in parts that fit: behind its signs, else after so many letters.
fn parted(word: Word, width: f32, fonts: &Fonts) -> Vec<Word> {
    let mut parts: Vec<Word> = Vec::new();
    let mut part = Word::default();
    for (letter, style) in word.letters {
        let advance = fonts.width(letter, style);
        let is_full = part.letters.len() == PART || part.width + advance > width;
        if is_full && !part.letters.is_empty() {
            parts.push(std::mem::take(&mut part));
        }
        part.letters.push((letter, style));
        part.width += advance;
        if "@._-/\\=+&?:;,)".contains(letter) {
            parts.push(std::mem::take(&mut part));
        }
    }
    if !part.letters.is_empty() {
        parts.push(part);
    }
    if let Some(last) = parts.last_mut() {
        (last.space, last.space_width) = (word.space, word.space_width);
    }
    parts
}

/// One line. The space behind its last word is kept, so that who copies the text finds words apart.
fn line(words: &[Word], is_last: bool, fonts: &Fonts) -> Line {
    let mut line = Line::default();
    let mut x = 0.0;
    for (word, number) in words.iter().zip(1..) {
        let space = word.space.filter(|_| number < words.len() || !is_last);
        let space = space.map(|style| (' ', style));
        for (letter, style) in word.letters.iter().copied().chain(space) {
            match line.pieces.last_mut() {
                Some(piece) if piece.style == style => piece.text.push(letter),
                _ => line.pieces.push(Piece {
                    x,
                    style,
                    text: letter.into(),
                }),
            }
            x += fonts.width(letter, style);
            if letter != ' ' {
                line.width = x;
            }
        }
    }
    let sizes = line.pieces.iter().map(|piece| piece.style.size);
    let largest = sizes.max_by(|one, other| one.points().total_cmp(&other.points()));
    let largest = largest.unwrap_or(Size::Normal);
    line.height = largest.leading();
    // The letters reach 0.928 over and 0.236 under the line on which they stand.
    line.baseline = line.height / 2.0 + largest.points() * 0.346;
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(line: &Line) -> String {
        line.pieces.iter().map(|piece| &*piece.text).collect()
    }

    #[test]
    fn nothing_is_wider_than_the_line_and_nothing_is_lost() {
        let fonts = Fonts::new();
        let digest = "0123456789abcdef".repeat(4);
        let text = Text::default()
            .bold("ufficio.protocollo-generale@pec.comune.san-giovanni.example")
            .and(": accettazione  04/05/2026 SHA-256 ")
            .small(&digest);
        let all: String = text.0.iter().map(|run| &*run.text).collect();
        let all = all.replace(' ', "");
        for width in [12.0, 60.0, 113.0, 500.0] {
            let lines = lines(&text, width, &fonts);
            assert!(lines.iter().all(|line| line.width <= width + TOLERANCE));
            let set: String = lines.iter().map(text_of).collect();
            assert_eq!(set.replace(' ', ""), all, "{width}");
            // Words stay apart for who copies them.
            assert!(set.contains("accettazione 04/05/2026 SHA-256 "), "{set}");
        }
    }

    #[test]
    fn a_word_is_parted_only_where_it_does_not_fit() {
        let fonts = Fonts::new();
        let of = |text: &str, width| -> Vec<String> {
            let lines = lines(&Text::from(text), width, &fonts);
            lines.iter().map(text_of).collect()
        };
        let address = "nome@posta.example";
        assert_eq!(of(&format!("a {address}"), 92.0), ["a ", address]);
        assert_eq!(of(address, 60.0), ["nome@posta.", "example"]);
        assert_eq!(
            of("SHA-256 0123456789abcdef0123456789abcdef", 80.0),
            ["SHA-256 01234567", "89abcdef01234567", "89abcdef"]
        );
        assert_eq!(of("", 60.0), [""]);
        assert_eq!(of("   ", 60.0), [""]);
    }
}
