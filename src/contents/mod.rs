//! What a message holds, for a person to read: its head, its text, what is attached to it.
//!
//! All of it is what the message says of itself. Whether it is certified mail, and who vouches for it,
//! is asked of [`verify`](crate::verify) first; then [`original_in`] gives the mail inside.
//!
//! Parts are walked in [`mime::tree`](crate::mime::tree) alone, attachments decoded piece after piece,
//! so that a message is in memory once. No clock, no disk, no network.

mod charset;
mod html;
mod kind;
pub mod name;
mod signed;
mod text;
mod walk;

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::mime::Entity;
use crate::mime::decode::{self, Mailbox};
use crate::mime::header::Header;
use crate::mime::pieces::Pieces;
use crate::mime::tree::{Bounds, Inside, Part, Tree, Uncut};
use crate::pec::tax::TaxDocument;
use crate::pec::{MessageId, header};
use crate::smime::Sha256;
use crate::timestamp::Timestamp;
use crate::verify::object;
use crate::work::Work;

pub use crate::pec::original::original_in;
pub use html::LeftOut;
pub use kind::{SIGNED, TNEF};
#[cfg(test)]
pub(crate) use signed::object_around;
pub use signed::{MAX_LAYERS, Unwrapped, unwrapped};
pub use text::{Page, Text};
pub use walk::{MAX_FILES, MAX_MAILS_DEEP, Reach, Visit};

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

/// Octets of a file that is opened to say more of it than its type: the tax system takes 5 MB. What is
/// larger is a file as any other, so that a message is in memory once.
const MAX_OPENED: usize = 8 << 20;

/// A part that is no text to be read at once: a file, a picture in the text, a message.
#[derive(Debug)]
pub struct Attachment<'c, 'a> {
    /// The name that it states, as it is written there. It is shown and never used as a path:
    /// [`Attachment::file_name`] is one under which it may be written.
    pub name: Option<String>,
    /// The numbers of the parts on the way to it, `2.1`; of a mail that is nothing else, `1`.
    pub place: String,
    /// Which one of the mail it is, from 1.
    pub number: usize,
    part: &'c Part<'a>,
    found: OnceCell<Option<&'static str>>,
}

/// A file, looked at whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Octets, without the transfer encoding.
    pub size: u64,
    /// Their SHA-256 in hexadecimal.
    pub sha256: String,
    /// Whether some octets do not fit the transfer encoding, and were passed over.
    pub is_damaged: bool,
}

/// What a person should know before opening a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caution {
    /// Its content is not of the type that the part declares.
    Type,
    /// Its content is not what the ending of its name announces.
    Ending,
    /// Opening it runs something.
    Program,
    /// The ending of a document stands before that of a program.
    HiddenProgram,
    /// Its name has signs that deceive readers.
    DeceptiveName,
}

impl Caution {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Type,
        Self::Ending,
        Self::Program,
        Self::HiddenProgram,
        Self::DeceptiveName,
    ];

    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Ending => "ending",
            Self::Program => "program",
            Self::HiddenProgram => "hidden-program",
            Self::DeceptiveName => "deceptive-name",
        }
    }
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
        self.read(most).text
    }

    /// The same, and what there is to know of it.
    pub fn read(&self, most: usize) -> Text {
        text::of(&self.tree, most)
    }

    /// Its text as the body of a page that loads nothing.
    pub fn page(&self) -> Page {
        text::page(&self.tree)
    }

    /// What is attached to it, in the order of the octets; signatures around the mail are not. Attached
    /// messages are not entered: [`Attachment::mail`] gives one, and [`Reach`] walks through all.
    pub fn attachments(&self) -> impl Iterator<Item = Attachment<'_, 'a>> {
        let parts = self.tree.parts().iter();
        let attached = parts.filter(|part| {
            part.frame().is_none() && !text::is_text(part) && !self.is_signature(part)
        });
        attached.zip(1..).map(|(part, number)| Attachment {
            name: part.names().shown().map(str::to_owned),
            place: match &*self.tree.place(part) {
                "" => "1".to_owned(),
                place => place.to_owned(),
            },
            number,
            part,
            found: OnceCell::new(),
        })
    }

    /// Whether a part is the signature of what stands before it.
    fn is_signature(&self, part: &Part<'a>) -> bool {
        let around = self.tree.around(part).map_or("", Part::essence);
        let is_beside = around == "multipart/signed" && part.number() == 2;
        let is_named = part.essence().ends_with("pkcs7-signature");
        is_beside && is_named && object::is_object(&start(part, kind::LOOKED_AT))
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

/// The beginning of what a part holds.
fn start<'a>(part: &Part<'a>, most: usize) -> Cow<'a, [u8]> {
    let entity = &part.entity;
    Pieces::start(entity.body, &entity.transfer_encoding(), most)
}

/// The type of a file by its first octets; `None` where they tell nothing.
pub fn found(octets: &[u8]) -> Option<&'static str> {
    kind::of(&octets[..octets.len().min(kind::LOOKED_AT)])
}

/// The usual ending of a file with this content, with its dot; empty where it is not known.
pub fn ending_of(content: &[u8]) -> &'static str {
    found(content).map_or("", kind::ending)
}

/// What to know before opening a file of this name, which is declared to be of a type (empty: of none)
/// and by its first octets is of another.
pub fn cautions(stated: &str, declared: &str, found: Option<&str>) -> Vec<Caution> {
    let announced = kind::announced_by(stated);
    let readable = name::safe(stated).unwrap_or_default();
    let holds = |caution: &Caution| match caution {
        Caution::Type => kind::contradicts(declared, found),
        Caution::Ending => announced.is_some_and(|of_name| kind::contradicts(of_name, found)),
        Caution::Program => name::is_program(&readable) || found.is_some_and(kind::is_program),
        Caution::HiddenProgram => name::hides_program(&readable),
        Caution::DeceptiveName => name::is_deceptive(stated),
    };
    Caution::ALL.into_iter().filter(holds).collect()
}

impl<'a> Attachment<'_, 'a> {
    /// `type/subtype` as the part states it, in small letters; empty where that cannot be read.
    pub fn declared(&self) -> &str {
        self.part.essence()
    }

    /// The type by its first octets; `None` where they tell nothing.
    pub fn found(&self) -> Option<&'static str> {
        let found = || kind::of(&start(self.part, kind::LOOKED_AT));
        *self.found.get_or_init(found)
    }

    /// A name under which it may be written: that which it states where nothing in it leads anywhere
    /// or deceives, else one that is made of it.
    pub fn file_name(&self) -> String {
        let stated = self.name.as_deref().and_then(name::safe);
        stated.unwrap_or_else(|| {
            let found = match self.declared() {
                "message/rfc822" => Some("message/rfc822"),
                _ => self.found(),
            };
            let ending = found.map_or("", kind::ending);
            format!("allegato-{}{ending}", self.number)
        })
    }

    /// What it holds, without its transfer encoding, piece after piece.
    pub fn pieces(&self) -> Pieces<'a> {
        let entity = &self.part.entity;
        Pieces::of(entity.body, &entity.transfer_encoding())
    }

    /// Its size and SHA-256.
    pub fn digest(&self) -> Digest {
        let (mut size, mut hash, mut pieces) = (0, Sha256::default(), self.pieces());
        for piece in &mut pieces {
            size += piece.len() as u64;
            hash.feed(&piece);
        }
        Digest {
            size,
            sha256: hash.finish(),
            is_damaged: pieces.is_damaged(),
        }
    }

    /// What to know before opening it.
    pub fn cautions(&self) -> Vec<Caution> {
        let stated = self.name.as_deref().unwrap_or_default();
        cautions(stated, self.declared(), self.found())
    }

    /// The octets of the message that it is: by its type, or by its name where the type says
    /// nothing.
    pub fn mail(&self) -> Option<Cow<'a, [u8]>> {
        let is_named = || {
            let stated = self.name.as_deref().unwrap_or_default();
            name::last_ending(stated) == "eml"
        };
        match self.declared() {
            "message/rfc822" | "message/global" => {}
            "application/octet-stream" | "" if is_named() => {}
            _ => return None,
        }
        self.part.entity.decoded().ok()
    }

    /// Whether its octets begin as a signed file does.
    pub fn is_signed(&self) -> bool {
        self.found() == Some(kind::SIGNED)
    }

    /// Whether it is a zip archive, and no document that is built as one.
    pub fn is_archive(&self) -> bool {
        self.found() == Some(kind::ZIP)
    }

    /// All of it, without its transfer encoding; what does not fit that is passed over.
    pub fn whole(&self) -> Cow<'a, [u8]> {
        start(self.part, usize::MAX)
    }

    /// What is inside a signed file, and who signed it; `None` where it is none, or larger than what is
    /// opened for a look.
    pub fn opened(&self, work: &Work) -> Option<Unwrapped> {
        if !self.is_signed() {
            return None;
        }
        unwrapped(&self.small()?, work)
    }

    /// The document of the tax system that it is, or that `opened` holds.
    pub fn tax(&self, opened: Option<&Unwrapped>) -> Option<TaxDocument> {
        match opened {
            Some(opened) => TaxDocument::of(opened.content.as_deref()?),
            None if self.found() == Some(kind::XML) => TaxDocument::of(&self.small()?),
            None => None,
        }
    }

    /// All of it, where it is small enough to be opened for a look.
    fn small(&self) -> Option<Cow<'a, [u8]>> {
        let content = start(self.part, MAX_OPENED + 1);
        (content.len() <= MAX_OPENED).then_some(content)
    }
}

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
        assert_eq!(all[0].found(), Some("application/pdf"));
        assert_eq!(all[0].digest().size, 5);
        assert_eq!(all[2].file_name(), "allegato-3.eml");
        let inner = all[2].mail().unwrap();
        let inner = Contents::of(&inner).unwrap();
        assert_eq!(inner.head().subject.as_deref(), Some("dentro"));
        assert!(all[1].mail().is_none());
    }
}
