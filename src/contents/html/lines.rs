//! HTML as lines of text, for a terminal.

use super::element::{Element, Layout};
use super::{MAX_QUOTED, Writer};

/// A text of lines.
#[derive(Default)]
pub(super) struct Lines {
    pub out: String,
    /// Line ends that are due before the next word.
    breaks: usize,
    is_blank_due: bool,
    mark: &'static str,
    quoted: usize,
    preformatted: usize,
}

impl Lines {
    fn divide(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
        self.is_blank_due = false;
    }

    fn word(&mut self, word: &str) {
        let begins = self.out.is_empty() || self.out.ends_with('\n');
        if self.breaks > 0 && !self.out.is_empty() {
            let kept = self.out.trim_end_matches(' ').len();
            self.out.truncate(kept);
            for _ in 1..self.breaks {
                self.out.push('\n');
            }
            self.out.push('\n');
        }
        if begins || self.breaks > 0 {
            let quoted = self.quoted.min(MAX_QUOTED);
            self.out.push_str(&">".repeat(quoted));
            self.out.push_str(if quoted > 0 { " " } else { "" });
        } else if self.is_blank_due {
            self.out.push(' ');
        }
        (self.breaks, self.is_blank_due) = (0, false);
        self.out.push_str(std::mem::take(&mut self.mark));
        self.out.push_str(word);
    }
}

impl Writer for Lines {
    fn open(&mut self, element: Element) {
        match element.layout {
            Layout::Inline => {}
            Layout::Block => self.divide(1),
            Layout::Paragraph => self.divide(2),
            Layout::Item => {
                self.divide(1);
                self.mark = "- ";
            }
            Layout::Cell => self.is_blank_due = true,
            Layout::Quotation => {
                self.divide(2);
                self.quoted += 1;
            }
            Layout::Preformatted => {
                self.divide(2);
                self.preformatted += 1;
            }
        }
    }

    fn close(&mut self, element: Element) {
        match element.layout {
            Layout::Inline => {}
            Layout::Cell => self.is_blank_due = true,
            Layout::Block | Layout::Item => self.divide(1),
            Layout::Paragraph => self.divide(2),
            Layout::Quotation => {
                self.divide(2);
                self.quoted = self.quoted.saturating_sub(1);
            }
            Layout::Preformatted => {
                self.divide(2);
                self.preformatted = self.preformatted.saturating_sub(1);
            }
        }
    }

    fn line_end(&mut self) {
        self.breaks = (self.breaks + 1).min(2);
        self.is_blank_due = false;
    }

    fn rule(&mut self) {
        self.divide(1);
        self.word("---");
        self.divide(1);
    }

    fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            for (at, line) in text.split('\n').enumerate() {
                if at > 0 {
                    self.breaks += 1;
                }
                let line = line.trim_end_matches('\r');
                if !line.is_empty() {
                    self.word(line);
                }
            }
            return;
        }
        let is_blank = |c: char| c.is_ascii_whitespace() || c == '\u{a0}';
        self.is_blank_due |= text.starts_with(is_blank);
        for word in text.split(is_blank).filter(|word| !word.is_empty()) {
            self.word(word);
            self.is_blank_due = true;
        }
        self.is_blank_due = self.is_blank_due && text.ends_with(is_blank);
    }
}
