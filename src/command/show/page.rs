//! The original text as a page of HTML that loads nothing: what is certified stands above it, as in the
//! text.

use serde::Serialize;

use super::mail::{MailJson, left_out_line};
use super::report::{Shown, warnings};
use crate::command::verify::headline;
use crate::contents::{Contents, original_in};
use crate::output::catalogue::Catalogue;
use crate::output::html::Pages;
use crate::verify::converted_back;

/// What stands above the text.
const HEAD: &str = include_str!("page-mail.html");

#[derive(Serialize)]
struct Head {
    title: String,
    answer: String,
    warnings: Vec<String>,
    rows: Vec<(String, String)>,
    /// What is not in the text that stands below.
    notes: Vec<String>,
}

/// The page.
pub(super) fn of(shown: &Shown<'_>) -> String {
    let lang = shown.asked.lang();
    let texts = Catalogue::of(lang);
    let whole = converted_back(shown.octets);
    let original = original_in(&whole);
    let contents = Contents::of(original.as_deref().unwrap_or(&whole));
    let text = contents.as_ref().map(Contents::page).unwrap_or_default();
    let mail = contents.as_ref().map(|contents| MailJson::of(contents, 0));
    let rows = mail.as_ref().map(|mail| mail.rows(lang).rows());
    let answer = match shown.examination {
        Some(judged) => headline::answer(judged, shown.asked),
        None => texts.fill("show.sent", &[("message", shown.name)]),
    };
    let judged = shown.examination;
    let subject = mail.and_then(|mail| mail.subject);
    let is_whole = contents.as_ref().is_none_or(Contents::is_whole);
    let missing = [(text.is_cut, "show.cut"), (!is_whole, "show.not-whole")];
    let missing = missing.into_iter().filter(|(is_missing, _)| *is_missing);
    let notes = missing
        .map(|(_, key)| texts.text(key).to_owned())
        .chain(left_out_line(text.left_out, texts));
    let head = Head {
        title: subject.unwrap_or_else(|| texts.text("value.no-subject").to_owned()),
        answer,
        warnings: judged.map_or_else(Vec::new, |judged| warnings(judged, texts)),
        rows: rows.unwrap_or_default(),
        notes: notes.collect(),
    };
    let pages = Pages::new(&[("mail", HEAD)]);
    let mut page = pages.opening(lang, &head.title);
    page.push('\n');
    page.push_str(&pages.fill("mail", &head));
    page.push_str(&text.body);
    page.push_str("\n</main>\n</body>\n</html>\n");
    page
}
