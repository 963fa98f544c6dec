//! Head and text of a mail, as they are written out. Nobody vouches for them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::contents::{Contents, LeftOut};
use crate::lang::Lang;
use crate::mime::decode::Mailbox;
use crate::output::catalogue::Catalogue;
use crate::output::layout::{Table, shown};
use crate::printable::Printable;
use crate::timestamp::Timestamp;

/// What a mail says of itself, and its text.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "mail")]
pub(in crate::command) struct MailJson {
    /// From.
    from: Vec<MailboxJson>,
    /// Reply-To.
    reply_to: Vec<MailboxJson>,
    /// To.
    to: Vec<MailboxJson>,
    /// Cc.
    cc: Vec<MailboxJson>,
    /// The subject, decoded; null where there is none.
    pub subject: Option<String>,
    /// Date; null where there is none that can be read. RFC 3339, UTC, whole seconds.
    date: Option<Timestamp>,
    /// Message-ID, without angle brackets.
    message_id: Option<String>,
    /// The last Message-ID of In-Reply-To, without angle brackets.
    in_reply_to: Option<String>,
    /// The Message-IDs of References, in their order, without angle brackets.
    references: Vec<String>,
    /// The text, as it was written; of HTML without its form, each link with its true target behind it
    /// in angle brackets.
    pub text: String,
    /// Whether the text, or a part of it, was HTML.
    text_is_html: bool,
    /// Whether there is more of it: a text of a megabyte is cut, that of a mail within another one
    /// earlier.
    text_is_cut: bool,
    /// Whether the text is plain and there is a version of it in HTML.
    #[serde(skip)]
    has_html: bool,
    /// What HTML held and was left out of the text: how many of each.
    left_out: LeftOutJson,
}

/// An address with its name.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "mailbox_of_mail")]
struct MailboxJson {
    /// The display name, decoded; empty where there is none.
    name: String,
    /// The address as it is written; empty where there is none.
    address: String,
}

/// What HTML held and was left out.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "left_out")]
pub(in crate::command) struct LeftOutJson {
    /// Pictures.
    images: usize,
    /// Forms.
    forms: usize,
    /// Scripts, and events that run one.
    scripts: usize,
    /// Frames, objects, sound and film.
    frames: usize,
    /// Pages to which it would lead on by itself.
    refreshes: usize,
    /// Links to files of this computer, or to scripts.
    local_links: usize,
}

impl LeftOutJson {
    fn of(left_out: LeftOut) -> Self {
        Self {
            images: left_out.images,
            forms: left_out.forms,
            scripts: left_out.scripts,
            frames: left_out.frames,
            refreshes: left_out.refreshes,
            local_links: left_out.local_links,
        }
    }

    /// All of it in one line; nothing where there was nothing.
    fn line(&self, texts: &Catalogue) -> Option<String> {
        let all = [
            ("images", self.images),
            ("forms", self.forms),
            ("scripts", self.scripts),
            ("frames", self.frames),
            ("refreshes", self.refreshes),
            ("local-links", self.local_links),
        ];
        let some = all.into_iter().filter(|(_, count)| *count > 0);
        let told: Vec<String> = some
            .map(|(word, count)| texts.counted(word, count))
            .collect();
        let told = told.join(", ");
        (!told.is_empty()).then(|| texts.fill("show.left-out", &[("what", &told)]))
    }
}

/// What was left out of a page, in a line.
pub(super) fn left_out_line(left_out: LeftOut, texts: &Catalogue) -> Option<String> {
    LeftOutJson::of(left_out).line(texts)
}

impl MailJson {
    /// Of a mail, with at most so many octets of its text.
    pub fn of(contents: &Contents<'_>, most: usize) -> Self {
        let (head, read) = (contents.head().clone(), contents.read(most));
        let mailboxes = |all: Vec<Mailbox>| all.into_iter().map(MailboxJson::of).collect();
        Self {
            from: mailboxes(head.from),
            reply_to: mailboxes(head.reply_to),
            to: mailboxes(head.to),
            cc: mailboxes(head.cc),
            subject: head.subject,
            date: head.date,
            message_id: head.message_id,
            in_reply_to: head.in_reply_to,
            references: head.references,
            text: read.text,
            text_is_html: read.is_html,
            text_is_cut: read.is_cut,
            has_html: read.has_html,
            left_out: LeftOutJson::of(read.left_out),
        }
    }

    /// Its head in rows.
    pub fn rows(&self, lang: Lang) -> Table {
        let mut table = Table::new(lang);
        for (label, all) in [
            ("from", &self.from),
            ("reply-to", &self.reply_to),
            ("to", &self.to),
            ("cc", &self.cc),
        ] {
            if !all.is_empty() {
                table.add_safe(label, mailboxes(all, table.texts));
            }
        }
        let subject = self.subject.as_deref();
        table.add(
            "subject",
            subject.unwrap_or(table.texts.text("value.no-subject")),
        );
        if let Some(date) = self.date {
            table.add_safe("date", shown(date, lang));
        }
        table
    }

    /// The lines of its text. Nothing in them is made safe.
    pub fn text_lines(&self) -> Vec<&str> {
        let text = self.text.trim_end().trim_start_matches(['\r', '\n']);
        text.lines().collect()
    }

    /// What there is to know of its text.
    pub fn notes(&self, texts: &Catalogue) -> Vec<String> {
        let has_text = !self.text.trim().is_empty();
        let told = [
            (!has_text, "show.no-text"),
            (self.text_is_cut, "show.cut"),
            (self.has_html, "show.has-html"),
        ];
        let told = told.into_iter().filter(|(is_so, _)| *is_so);
        let mut notes: Vec<String> = told.map(|(_, key)| texts.text(key).to_owned()).collect();
        if let Some(left_out) = self.left_out.line(texts) {
            notes.extend([String::new(), left_out]);
        }
        notes
    }

    /// Sender and subject in a line.
    pub fn line(&self, lang: Lang) -> String {
        let texts = Catalogue::of(lang);
        let date = self.date.map(|date| shown(date, lang));
        let values = [
            ("from", &*mailboxes(&self.from, texts)),
            ("subject", self.subject.as_deref().unwrap_or_default()),
            ("date", date.as_deref().unwrap_or("-")),
        ];
        texts.fill("show.inner-mail", &values)
    }
}

impl MailboxJson {
    fn of(mailbox: Mailbox) -> Self {
        Self {
            name: mailbox.display,
            address: mailbox.address,
        }
    }
}

/// Addresses shown by name; the others are counted.
const SHOWN: usize = 20;

/// Addresses in a line, made safe one by one: a name cannot look like the address of another.
fn mailboxes(all: &[MailboxJson], texts: &Catalogue) -> String {
    let one = |mailbox: &MailboxJson| {
        let address = Printable(&mailbox.address).to_string();
        match &*mailbox.name {
            "" => address,
            name => format!("\"{}\" <{address}>", Printable(name)),
        }
    };
    let mut shown: Vec<String> = all.iter().take(SHOWN).map(one).collect();
    if all.len() > SHOWN {
        shown.push(texts.count("value.more", all.len() - SHOWN, &[]));
    }
    shown.join(", ")
}
