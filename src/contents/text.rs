//! The text of a mail: which of its parts it is, and what that says.

use super::charset;
use super::html::{self, LeftOut};
use crate::mime::pieces::Pieces;
use crate::mime::tree::{Part, Tree};

/// Octets of HTML that are read, without the pictures that stand in it: the largest newsletters have
/// some hundred thousand.
const MAX_HTML_OCTETS: usize = 8 << 20;

/// What begins a picture that stands in its own address (RFC 2397).
const DATA: &[u8] = b";base64,";

/// Octets of such a picture that are read. No text has so many signs without a blank; where one does,
/// it says what is not there.
const MAX_DATA_OCTETS: usize = 1_024;
const DATA_LEFT_OUT: &[u8] = b"[...]";

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
    /// Whether what is shown is plain, and there is a version of it in HTML.
    pub has_html: bool,
    /// What was left out of HTML.
    pub left_out: LeftOut,
}

/// The text of a mail as the body of a page that loads nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The body.
    pub body: String,
    /// Whether there is more.
    pub is_cut: bool,
    /// What was left out of HTML.
    pub left_out: LeftOut,
}

/// The text of a mail, at most so many octets of it: plain where it is written so, else HTML as text.
pub(super) fn of(tree: &Tree<'_>, most: usize) -> Text {
    let parts = shown(tree, Written::Plain);
    let mut all = Text {
        has_html: has_html(tree, &parts),
        ..Text::default()
    };
    for part in parts {
        if all.text.len() > most {
            break;
        }
        if !all.text.is_empty() && !all.text.ends_with('\n') {
            all.text.push('\n');
        }
        match written(part) {
            Some(Written::Html) => {
                let (html, is_cut) = html_of(part);
                let read = html::text(&html, most.saturating_sub(all.text.len()));
                all.text.push_str(&read.written);
                all.is_html = true;
                all.is_cut |= is_cut || read.is_cut;
                all.left_out.add(read.left_out);
            }
            Some(Written::Plain) | None => {
                let octets = most
                    .saturating_mul(OCTETS_PER_OCTET)
                    .saturating_add(OCTETS_PER_OCTET);
                let (text, is_cut) = decoded(part, octets);
                all.text.push_str(&text);
                all.is_cut |= is_cut;
            }
        }
    }
    all.is_cut |= all.text.len() > most;
    all.text.truncate(all.text.floor_char_boundary(most));
    all
}

/// The text of a mail as the body of a page: HTML where it is written so.
pub(super) fn page(tree: &Tree<'_>) -> Page {
    let mut page = Page::default();
    for part in shown(tree, Written::Html) {
        match written(part) {
            Some(Written::Html) => {
                let (html, is_cut) = html_of(part);
                let read = html::page(&html);
                page.body.push_str(&read.written);
                page.is_cut |= is_cut || read.is_cut;
                page.left_out.add(read.left_out);
            }
            Some(Written::Plain) | None => {
                let (text, is_cut) = decoded(part, MAX_HTML_OCTETS);
                page.is_cut |= is_cut;
                page.body.push_str("<pre>");
                html::escaped(&text, &mut page.body);
                page.body.push_str("</pre>");
            }
        }
    }
    page
}

/// The parts that make up the text, in their order; of several versions of it, those of the best one.
fn shown<'t, 'a>(tree: &'t Tree<'a>, preferred: Written) -> Vec<&'t Part<'a>> {
    shown_of(tree, tree.root(), preferred)
}

/// Those within a part. A version is a part right within the alternatives, with all that it holds.
fn shown_of<'t, 'a>(
    tree: &'t Tree<'a>,
    part: &'t Part<'a>,
    preferred: Written,
) -> Vec<&'t Part<'a>> {
    if part.frame().is_none() {
        return Some(part)
            .filter(|part| is_text(part))
            .into_iter()
            .collect();
    }
    let inside = tree
        .parts_of(part)
        .map(|part| shown_of(tree, part, preferred));
    if part.essence() != "multipart/alternative" {
        return inside.flatten().collect();
    }
    // The first one that is all written so, else one of which some is, else any text.
    let is_preferred = |part: &&Part<'_>| written(part) == Some(preferred);
    let lack = |version: &Vec<&Part<'_>>| match version.iter().filter(|p| is_preferred(p)).count() {
        0 => 2,
        count => usize::from(count < version.len()),
    };
    let versions = inside.filter(|version| !version.is_empty());
    versions.min_by_key(lack).unwrap_or_default()
}

/// Whether there is HTML that belongs to another version than these parts.
fn has_html<'a>(tree: &Tree<'a>, parts: &[&Part<'a>]) -> bool {
    let html = shown(tree, Written::Html).into_iter();
    html.filter(|part| written(part) == Some(Written::Html))
        .any(|part| !parts.iter().any(|shown| std::ptr::eq(*shown, part)))
}

/// What a part says, at most so many octets of it, and whether it has more.
fn decoded(part: &Part<'_>, most: usize) -> (String, bool) {
    let entity = &part.entity;
    let transfer = entity.transfer_encoding();
    let octets = Pieces::start(entity.body, &transfer, most.saturating_add(1));
    let said = said(part, &octets[..octets.len().min(most)]);
    (said.replace("\r\n", "\n"), octets.len() > most)
}

/// The HTML of a part without the pictures that stand in it, and whether it has more than is read.
fn html_of(part: &Part<'_>) -> (String, bool) {
    let entity = &part.entity;
    let mut slim = Slim::default();
    for piece in Pieces::of(entity.body, &entity.transfer_encoding()) {
        piece.iter().for_each(|octet| slim.take(*octet));
        if slim.octets.len() > MAX_HTML_OCTETS {
            break;
        }
    }
    let is_cut = slim.octets.len() > MAX_HTML_OCTETS;
    slim.octets.truncate(MAX_HTML_OCTETS);
    (said(part, &slim.octets), is_cut)
}

fn said(part: &Part<'_>, octets: &[u8]) -> String {
    let media = part.media.as_ref().ok();
    charset::decoded(octets, media.and_then(|media| media.parameter("charset")))
}

/// HTML without the pictures that stand in it.
#[derive(Default)]
struct Slim {
    octets: Vec<u8>,
    /// Octets of what begins a picture that were just met.
    begun: usize,
    /// Octets of the picture that were met.
    picture: Option<usize>,
}

impl Slim {
    fn take(&mut self, octet: u8) {
        let is_base64 = octet.is_ascii_alphanumeric() || b"+/=\r\n".contains(&octet);
        self.picture = self.picture.filter(|_| is_base64).map(|met| met + 1);
        match self.picture {
            Some(met) if met > MAX_DATA_OCTETS + 1 => return,
            Some(met) if met > MAX_DATA_OCTETS => return self.octets.extend(DATA_LEFT_OUT),
            Some(_) | None => self.octets.push(octet),
        }
        self.begun = match octet.eq_ignore_ascii_case(&DATA[self.begun]) {
            true => self.begun + 1,
            false => usize::from(octet == DATA[0]),
        };
        if self.begun == DATA.len() {
            (self.begun, self.picture) = (0, Some(0));
        }
    }
}
