//! The text of a mail: which of its parts it is, and what that says.

use super::{charset, html};
use crate::mime::pieces::Pieces;
use crate::mime::tree::{Part, Tree};

/// Octets of HTML that are read: the largest newsletters have some hundred thousand.
const MAX_HTML_OCTETS: usize = 2 << 20;

/// Characters take at most so many octets in one set and in another: three of UTF-8 may be four in
/// UTF-7, two in UTF-16.
const OCTETS_PER_OCTET: usize = 4;

/// In which way a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Plain,
    Html,
}

fn written(part: &Part<'_>) -> Option<Written> {
    match part.essence() {
        "text/plain" => Some(Written::Plain),
        "text/html" => Some(Written::Html),
        _ => None,
    }
}

/// Whether a part is text to be read at once: no file.
pub(super) fn is_text(part: &Part<'_>) -> bool {
    let disposition = part.entity.header.first("Content-Disposition");
    let is_file = disposition.is_some_and(|field| {
        let text = field.text();
        let word = text.split(';').next().unwrap_or_default().trim();
        word.eq_ignore_ascii_case("attachment")
    });
    written(part).is_some() && !is_file && part.names().shown().is_none()
}

/// The text of a mail, at most so many octets of it: plain where it is written so, else HTML as text.
/// Of several versions of one text the first that is plain counts.
pub(super) fn of(tree: &Tree<'_>, most: usize) -> String {
    let mut text = String::new();
    for part in shown(tree) {
        if text.len() >= most {
            break;
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&read(part, most));
    }
    text.truncate(text.floor_char_boundary(most));
    text
}

/// The parts that make up the text.
fn shown<'t, 'a>(tree: &'t Tree<'a>) -> Vec<&'t Part<'a>> {
    let texts = tree.parts().iter().filter(|part| is_text(part));
    let is_plain = |part: &Part<'_>| written(part) == Some(Written::Plain);
    let mut shown: Vec<&Part<'_>> = Vec::new();
    for part in texts {
        let alternative = alternative(tree, part);
        let same = shown.iter().position(|other| {
            alternative.is_some() && self::alternative(tree, other) == alternative
        });
        match same {
            Some(at) if is_plain(part) && !is_plain(shown[at]) => shown[at] = part,
            Some(_) => {}
            None => shown.push(part),
        }
    }
    shown
}

/// The place of the alternatives that a part is one of, or within one of.
fn alternative<'a>(tree: &Tree<'a>, part: &Part<'a>) -> Option<String> {
    let mut around = tree.around(part);
    while let Some(outer) = around {
        if outer.essence() == "multipart/alternative" {
            return Some(tree.place(outer));
        }
        around = tree.around(outer);
    }
    None
}

/// What a part says.
fn read(part: &Part<'_>, most: usize) -> String {
    let entity = &part.entity;
    let start = |most| Pieces::start(entity.body, &entity.transfer_encoding(), most);
    let media = part.media.as_ref().ok();
    let label = media.and_then(|media| media.parameter("charset"));
    match written(part) {
        Some(Written::Html) => html::text(&charset::decoded(&start(MAX_HTML_OCTETS), label)),
        Some(Written::Plain) | None => {
            let octets = start(most.saturating_mul(OCTETS_PER_OCTET));
            charset::decoded(&octets, label).replace("\r\n", "\n")
        }
    }
}
