//! The text of a mail: which of its parts it is, and what that says.

use super::charset;
use super::html::{self, LeftOut, Read};
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

/// The text of a mail, as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Whether it was HTML, or a piece of it was.
    pub is_html: bool,
    /// Whether there is more.
    pub is_cut: bool,
    /// What was left out of HTML.
    pub left_out: LeftOut,
}

/// The text of a mail, at most so many octets of it: plain where it is written so, else HTML as text.
/// Of several versions of one text the first that is plain counts.
pub(super) fn of(tree: &Tree<'_>, most: usize) -> Text {
    let mut all = Text::default();
    for part in shown(tree, Written::Plain) {
        if all.text.len() > most {
            break;
        }
        if !all.text.is_empty() && !all.text.ends_with('\n') {
            all.text.push('\n');
        }
        match written(part) {
            Some(Written::Html) => {
                let Read { written, left_out } = html::text(&decoded(part, MAX_HTML_OCTETS), most);
                all.text.push_str(&written);
                all.is_html = true;
                all.left_out.add(left_out);
            }
            Some(Written::Plain) | None => {
                let octets = most
                    .saturating_mul(OCTETS_PER_OCTET)
                    .saturating_add(OCTETS_PER_OCTET);
                all.text
                    .push_str(&decoded(part, octets).replace("\r\n", "\n"));
            }
        }
    }
    all.is_cut = all.text.len() > most;
    all.text.truncate(all.text.floor_char_boundary(most));
    all
}

/// The text of a mail as the body of a page: HTML where it is written so.
pub(super) fn page(tree: &Tree<'_>) -> (String, LeftOut) {
    let (mut body, mut all) = (String::new(), LeftOut::default());
    for part in shown(tree, Written::Html) {
        let text = decoded(part, MAX_HTML_OCTETS);
        match written(part) {
            Some(Written::Html) => {
                let Read { written, left_out } = html::page(&text);
                body.push_str(&written);
                all.add(left_out);
            }
            Some(Written::Plain) | None => {
                body.push_str("<pre>");
                html::escaped(&text.replace("\r\n", "\n"), &mut body);
                body.push_str("</pre>");
            }
        }
    }
    (body, all)
}

/// The parts that make up the text; of several versions of one, that which is written so.
fn shown<'t, 'a>(tree: &'t Tree<'a>, preferred: Written) -> Vec<&'t Part<'a>> {
    let texts = tree.parts().iter().filter(|part| is_text(part));
    let is_preferred = |part: &Part<'_>| written(part) == Some(preferred);
    let mut shown: Vec<&Part<'_>> = Vec::new();
    for part in texts {
        let alternative = alternative(tree, part);
        let same = shown.iter().position(|other| {
            alternative.is_some() && self::alternative(tree, other) == alternative
        });
        match same {
            Some(at) if is_preferred(part) && !is_preferred(shown[at]) => shown[at] = part,
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

/// What a part says, at most so many octets of it.
fn decoded(part: &Part<'_>, most: usize) -> String {
    let entity = &part.entity;
    let octets = Pieces::start(entity.body, &entity.transfer_encoding(), most);
    let media = part.media.as_ref().ok();
    charset::decoded(&octets, media.and_then(|media| media.parameter("charset")))
}
