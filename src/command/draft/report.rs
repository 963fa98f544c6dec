//! Drafts as they are written out.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use crate::command::pages::safe;
use crate::command::words as known_words;
use crate::ledger::{Attached, DraftRow};
use crate::output::layout::shown;
use crate::output::report::{Page, Report};
use crate::printable::Printable;
use crate::timestamp::Timestamp;

/// # Drafts, version 1
///
/// The document that `pec draft list --json` and `pec draft show --json` write. Every field that is
/// described is always there. Fields may be added within version 1, so objects are open. Nothing of
/// a draft was checked: addresses may be none, files may be gone. Characters that act on a terminal
/// are written as \uXXXX.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document<'a> {
    /// The drafts, the one that was changed last first.
    pub drafts: Vec<DraftJson<'a>>,
    /// Files that hold a text which is in no draft: an editor was ended with its program, or the
    /// ledger could not be written.
    pub files: Vec<String>,
    /// Whether it is shown whole.
    #[serde(skip)]
    pub whole: bool,
}

/// A draft.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "draft")]
pub(super) struct DraftJson<'a> {
    /// Its number, by which it is named; never given twice.
    #[schemars(range(min = 1))]
    id: i64,
    /// The account that will send it.
    account: &'a str,
    /// When it was changed last, by this machine's clock.
    changed_at: Timestamp,
    /// Recipients.
    to: &'a [String],
    /// Recipients in copy.
    cc: &'a [String],
    /// Where people shall answer; null: to the account.
    reply_to: Option<&'a str>,
    /// What the sender calls it; no recipient sees it. Null where it has no such name.
    reference: Option<&'a str>,
    /// The subject.
    subject: &'a str,
    /// The text.
    body: &'a str,
    /// What will be attached: paths of files, and the names of what is kept.
    files: Vec<&'a str>,
    /// The Message-ID of what it answers, as its header will name it; null: of nothing.
    in_reply_to: Option<&'a str>,
    /// The form of delivery receipt to ask for.
    #[schemars(schema_with = "known_words::delivery_form")]
    receipt_form: &'static str,
}

impl<'a> DraftJson<'a> {
    pub fn of(row: &'a DraftRow) -> Self {
        let letter = &row.letter;
        Self {
            id: row.draft.number(),
            account: &row.account,
            changed_at: row.changed_at,
            to: &letter.to,
            cc: &letter.cc,
            reply_to: letter.reply_to.as_deref(),
            reference: letter.reference.as_deref(),
            subject: &letter.subject,
            body: &letter.body,
            files: letter.files.iter().map(Attached::named).collect(),
            in_reply_to: letter.answered.as_ref().map(|it| &*it.message_id),
            receipt_form: letter.form.word(),
        }
    }

    fn whole(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        let one = |key: &str, value: &str| format!("{:<14} {}", texts.text(key), Printable(value));
        let each = |key: &'static str, values: &[&str]| -> Vec<String> {
            values.iter().map(|value| one(key, value)).collect()
        };
        let (to, cc) = (strs(self.to), strs(self.cc));
        let time = shown(self.changed_at, page.lang);
        let number = self.id.to_string();
        let mut lines = vec![
            one("draft.label.number", &number),
            one("draft.label.changed", &time),
            one("send.label.account", self.account),
        ];
        lines.extend(each("send.label.to", &to));
        lines.extend(each("send.label.cc", &cc));
        lines.extend(
            self.reply_to
                .map(|address| one("draft.label.reply-to", address)),
        );
        lines.extend(
            self.reference
                .map(|reference| one("draft.label.reference", reference)),
        );
        lines.push(one("send.label.subject", self.subject));
        lines.push(one("send.label.receipt", self.receipt_form));
        lines.extend(each("send.label.attachment", &self.files));
        page.lines(lines)?;
        page.line("")?;
        page.lines(self.body.lines().flat_map(safe))
    }

    fn row(&self, page: &mut Page<'_>) -> io::Result<()> {
        let to = self.to.iter().chain(self.cc).map(String::as_str);
        let values = [
            ("draft", &*self.id.to_string()),
            ("time", &*shown(self.changed_at, page.lang)),
            ("to", &*to.collect::<Vec<_>>().join(", ")),
            ("subject", self.subject),
        ];
        page.line(page.texts().fill("draft.row", &values))
    }
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

impl Report for Document<'_> {
    const SCHEMA: &'static str = "pec/draft";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        if self.whole {
            return self.drafts.iter().try_for_each(|draft| draft.whole(page));
        }
        self.drafts.iter().try_for_each(|draft| draft.row(page))?;
        for file in &self.files {
            page.line(texts.fill("draft.file", &[("file", file)]))?;
        }
        if self.drafts.is_empty() && self.files.is_empty() {
            page.line(texts.text("draft.none"))?;
        }
        Ok(())
    }
}
