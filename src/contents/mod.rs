//! What a message holds, for a person to read: its head, its text, what is attached to it.
//!
//! All of it is what the message says of itself. Whether it is certified mail, and who vouches for it,
//! is asked of [`verify`](crate::verify) first; then [`original_in`] gives the mail inside.
//!
//! Parts are walked in [`mime::tree`](crate::mime::tree) alone, attachments decoded piece after piece,
//! so that a message is in memory once. No clock, no disk, no network.

mod charset;
mod html;
mod text;

use std::borrow::Cow;

use crate::mime::decode::{self, Mailbox};
use crate::mime::header::Header;
use crate::mime::pieces::Pieces;
use crate::mime::tree::{Bounds, Inside, Part, Tree, Uncut};
use crate::mime::{Entity, MAX_DEPTH};
use crate::pec::{MessageId, header};
use crate::timestamp::Timestamp;
use crate::work::Work;

pub use crate::pec::original::original_in;

/// Message-IDs taken of one field; a thread of years has some hundreds.
const MAX_REFERENCES: usize = 1_000;

/// A mail with its parts.
#[derive(Debug)]
pub struct Contents<'a> {
    octets: &'a [u8],
    tree: Tree<'a>,
    head: Head,
}

/// What the header of a mail says, for a person. Nobody vouches for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// From.
    pub from: Vec<Mailbox>,
    /// Reply-To.
    pub reply_to: Vec<Mailbox>,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Subject, decoded.
    pub subject: Option<String>,
    /// Date.
    pub date: Option<Timestamp>,
    /// Message-ID, without brackets.
    pub message_id: Option<String>,
    /// The last one of In-Reply-To, without brackets.
    pub in_reply_to: Option<String>,
    /// Those of References in their order, without brackets.
    pub references: Vec<String>,
}

/// A part that is no text to be read at once: a file, a picture in the text, a message.
#[derive(Debug)]
pub struct Attachment<'c, 'a> {
    /// The name that it states, as it is written there: see [`Pieces`] for what it holds. It is shown
    /// and never used as a path.
    pub name: Option<String>,
    /// The numbers of the parts on the way to it, `2.1`; of a mail that is nothing else, `1`.
    pub place: String,
    part: &'c Part<'a>,
}

impl<'a> Contents<'a> {
    /// Of the octets of a mail; `None` where they have no header that can be read.
    pub fn of(octets: &'a [u8]) -> Option<Self> {
        Self::within(octets, &Work::of_message(octets.len()))
    }

    /// The same of a mail within another one, on whose account it is read.
    pub fn within(octets: &'a [u8], work: &Work) -> Option<Self> {
        let root = Entity::parse(octets).ok()?;
        if root.header.fields().is_empty() {
            return None;
        }
        let head = Head::of(&root.header);
        let tree = Tree::of(root, Bounds::new(work));
        Some(Self { octets, tree, head })
    }

    /// The octets of the mail.
    pub fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// What its header says.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Its text, at most so many octets of it: what is written as plain text, else HTML as text.
    pub fn text(&self, most: usize) -> String {
        text::of(&self.tree, most)
    }

    /// What is attached to it, in the order of the octets. Attached messages are not entered:
    /// [`Attachment::mail`] gives one.
    pub fn attachments(&self) -> impl Iterator<Item = Attachment<'_, 'a>> {
        let parts = self.tree.parts().iter();
        let attached = parts.filter(|part| part.frame().is_none() && !text::is_text(part));
        attached.map(|part| Attachment {
            name: part.names().shown().map(str::to_owned),
            place: match &*self.tree.place(part) {
                "" => "1".to_owned(),
                place => place.to_owned(),
            },
            part,
        })
    }

    /// Whether all parts are here: no bound was met, and every multipart could be cut.
    pub fn is_whole(&self) -> bool {
        let is_closed = |part: &Part<'_>| match part.inside {
            Inside::Uncut(Uncut::TooManyParts | Uncut::TooDeep | Uncut::Work) => true,
            Inside::Uncut(Uncut::Boundary | Uncut::Unasked)
            | Inside::Content
            | Inside::Parts(_) => false,
        };
        self.tree.is_whole() && !self.tree.parts().iter().any(is_closed)
    }
}

impl Head {
    fn of(header: &Header<'_>) -> Self {
        let first = |name: &str| header.first(name);
        let addresses = |name: &str| {
            let fields = header.all(name);
            let all = fields.flat_map(|field| decode::addresses(field.value));
            all.collect::<Vec<_>>()
        };
        let ids = |name: &str| first(name).map_or(Vec::new(), |field| ids(&field.text()));
        Self {
            from: addresses("From"),
            reply_to: addresses("Reply-To"),
            to: addresses("To"),
            cc: addresses("Cc"),
            subject: first("Subject").map(|field| field.decoded().into_owned()),
            date: header::date(header),
            message_id: ids("Message-ID").pop(),
            in_reply_to: ids("In-Reply-To").pop(),
            references: ids("References"),
        }
    }
}

/// The Message-IDs of a field, without brackets.
fn ids(text: &str) -> Vec<String> {
    let words = text.split_inclusive('>').flat_map(str::split_whitespace);
    let ids = words.map(|word| MessageId::new(word).as_str());
    let ids = ids.filter(|id| !id.is_empty()).take(MAX_REFERENCES);
    ids.map(str::to_owned).collect()
}

impl<'a> Attachment<'_, 'a> {
    /// `type/subtype` as the part states it, in small letters; empty where that cannot be read.
    pub fn declared(&self) -> &str {
        self.part.essence()
    }

    /// What it holds, without its transfer encoding, piece after piece.
    pub fn pieces(&self) -> Pieces<'a> {
        Pieces::of(self.part.entity.body, &self.part.entity.transfer_encoding())
    }

    /// The beginning of what it holds.
    pub fn start(&self, most: usize) -> Cow<'a, [u8]> {
        let entity = &self.part.entity;
        Pieces::start(entity.body, &entity.transfer_encoding(), most)
    }

    /// The octets of the message that it is: by its type, or by its name where the type says
    /// nothing.
    pub fn mail(&self) -> Option<Cow<'a, [u8]>> {
        let is_named = || {
            let name = self.name.as_deref().unwrap_or_default();
            name.to_ascii_lowercase().ends_with(".eml")
        };
        match self.declared() {
            "message/rfc822" | "message/global" => {}
            "application/octet-stream" | "" if is_named() => {}
            _ => return None,
        }
        self.part.entity.decoded().ok()
    }
}

/// How many messages within messages are entered.
pub const MAX_MAILS_DEEP: usize = MAX_DEPTH;

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(text: &str) -> Vec<u8> {
        text.replace('\n', "\r\n").into_bytes()
    }

    #[test]
    fn a_head_is_what_the_header_says() {
        let mail = octets(
            "From: \"Rossi, M.\" <m@a.example>\nTo: b@b.example, c@c.example\nCc: d@d.example\n\
             Subject: =?utf-8?Q?perch=C3=A9?=\nDate: Mon, 4 May 2026 10:15:02 +0200\n\
             Message-ID: <1@a.example>\nIn-Reply-To: <8@a.example> <9@a.example>\n\
             References: <7@a.example><8@a.example>\n <9@a.example>\n\ntesto\n",
        );
        let contents = Contents::of(&mail).unwrap();
        let head = contents.head();
        assert_eq!(head.from[0].display, "Rossi, M.");
        assert_eq!(head.to.len(), 2);
        assert_eq!(head.cc[0].address, "d@d.example");
        assert_eq!(head.subject.as_deref(), Some("perché"));
        assert_eq!(head.date.unwrap().to_string(), "2026-05-04T08:15:02Z");
        assert_eq!(head.message_id.as_deref(), Some("1@a.example"));
        assert_eq!(head.in_reply_to.as_deref(), Some("9@a.example"));
        assert_eq!(
            head.references,
            ["7@a.example", "8@a.example", "9@a.example"]
        );
        assert_eq!(contents.text(100), "testo\n");
        assert_eq!(contents.text(3), "tes");
        assert!(contents.is_whole());
    }

    #[test]
    fn what_is_no_text_is_attached() {
        let mail = octets(
            "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntesto\n--b\n\
             Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n\
             JVBERi0=\n--b\nContent-Type: text/plain; name=\"nota.txt\"\n\nnota\n--b\n\
             Content-Type: message/rfc822\n\nSubject: dentro\n\nz\n--b--\n",
        );
        let contents = Contents::of(&mail).unwrap();
        let seen: Vec<(String, Option<String>)> = contents
            .attachments()
            .map(|one| (one.place, one.name))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        let wanted = [
            ("2".to_owned(), some("a.pdf")),
            ("3".to_owned(), some("nota.txt")),
            ("4".to_owned(), None),
        ];
        assert_eq!(seen, wanted);
        let all: Vec<Attachment<'_, '_>> = contents.attachments().collect();
        assert_eq!(&*all[0].start(5), b"%PDF-");
        let inner = all[2].mail().unwrap();
        let inner = Contents::of(&inner).unwrap();
        assert_eq!(inner.head().subject.as_deref(), Some("dentro"));
        assert!(all[1].mail().is_none());
    }
}
