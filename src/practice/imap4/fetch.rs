//! FETCH (RFC 3501, 6.4.5): what is told of a message, and its octets.

use std::fmt::Write as _;
use std::io;
use std::num::NonZeroU32;

use imap_codec::imap_types::core::AString;
use imap_codec::imap_types::fetch::{
    MacroOrMessageDataItemNames, MessageDataItemName, Part, Section,
};
use imap_codec::imap_types::sequence::SequenceSet;

use super::super::mailbox::{Flags, Folder, Stored};
use super::super::text::Moment;
use super::structure::{self, Detail};
use super::{Answer, BATCH_OCTETS, Session, bad, no, ok};
use crate::mime::tree::{Bounds, Inside, Tree};
use crate::mime::{Entity, MAX_DEPTH};
use crate::work::Work;

impl Session<'_> {
    /// Answers FETCH and UID FETCH; long answers are sent while they are made.
    pub(super) fn fetch(
        &mut self,
        set: &SequenceSet,
        wanted: &MacroOrMessageDataItemNames<'_>,
        uid: bool,
    ) -> io::Result<Answer> {
        let mut items = match wanted {
            MacroOrMessageDataItemNames::Macro(word) => word.expand(),
            MacroOrMessageDataItemNames::MessageDataItemNames(items) => items.clone(),
        };
        if uid && !items.contains(&MessageDataItemName::Uid) {
            items.insert(0, MessageDataItemName::Uid);
        }
        if !items.iter().all(is_offered) {
            return Ok(no("[CANNOT] non si offre"));
        }
        let marks_seen = items.iter().any(marks_seen);
        let places = self.resolve(set, uid);
        let user = self.user();
        let Some(selected) = &self.selected else {
            return Ok(bad("prima SELECT"));
        };
        let (name, read_only) = (selected.name.clone(), selected.read_only);
        for at in places.into_iter().flatten() {
            let Some(wanted) = self.selected.as_ref().and_then(|s| s.view.get(at).copied()) else {
                continue;
            };
            let find = |folder: &mut Folder| {
                if marks_seen && !read_only {
                    // A disk that refuses leaves the flag in memory only.
                    let _ = folder.mark(wanted, |flags| Flags(flags.0 | Flags::SEEN.0));
                }
                folder.find(wanted).cloned()
            };
            if let Some(Some(message)) = self.provider.store().with(&user, &name, find) {
                write_message(&mut self.out, at + 1, &message, &items);
            }
            if self.out.len() > BATCH_OCTETS {
                self.flush()?;
            }
        }
        Ok(ok("fatto"))
    }
}

fn is_offered(item: &MessageDataItemName<'_>) -> bool {
    use MessageDataItemName as N;
    !matches!(item, N::Binary { .. } | N::BinarySize { .. })
}

/// Whether the client reads the text and does not only look (RFC 3501, 6.4.5).
fn marks_seen(item: &MessageDataItemName<'_>) -> bool {
    use MessageDataItemName as N;
    matches!(
        item,
        N::BodyExt { peek: false, .. } | N::Rfc822 | N::Rfc822Text
    )
}

/// `\Seen \Flagged`.
pub(super) fn flag_names(flags: Flags) -> String {
    let set = Flags::ALL.iter().filter(|(flag, ..)| flags.has(*flag));
    let names: Vec<&str> = set.map(|(.., name)| *name).collect();
    names.join(" ")
}

fn write_message(
    out: &mut Vec<u8>,
    number: usize,
    message: &Stored,
    items: &[MessageDataItemName<'_>],
) {
    out.extend_from_slice(format!("* {number} FETCH (").as_bytes());
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        write_item(out, message, item);
    }
    out.extend_from_slice(b")\r\n");
}

fn write_item(out: &mut Vec<u8>, message: &Stored, item: &MessageDataItemName<'_>) {
    use MessageDataItemName as N;
    let octets = &*message.octets;
    let mut say = |text: String| out.extend_from_slice(text.as_bytes());
    match item {
        N::Uid => say(format!("UID {}", message.uid)),
        N::Flags => say(format!("FLAGS ({})", flag_names(message.flags))),
        N::InternalDate => {
            let at = Moment::new(message.at);
            say(format!("INTERNALDATE \"{}\"", at.internal()));
        }
        N::Rfc822Size => say(format!("RFC822.SIZE {}", octets.len())),
        N::Rfc822 => {
            say("RFC822 ".to_owned());
            write_literal(out, octets);
        }
        N::Rfc822Header => {
            say("RFC822.HEADER ".to_owned());
            write_literal(out, cut(octets).0);
        }
        N::Rfc822Text => {
            say("RFC822.TEXT ".to_owned());
            write_literal(out, cut(octets).1);
        }
        N::BodyExt {
            section, partial, ..
        } => {
            let found = section_of(octets, section.as_ref());
            write_section(out, section.as_ref(), *partial, found);
        }
        N::Envelope => {
            say("ENVELOPE ".to_owned());
            out.extend(structure::envelope(octets));
        }
        N::Body => {
            say("BODY ".to_owned());
            out.extend(structure::body(octets, Detail::Basic));
        }
        N::BodyStructure => {
            say("BODYSTRUCTURE ".to_owned());
            out.extend(structure::body(octets, Detail::Full));
        }
        // Refused before.
        _ => say("BODY NIL".to_owned()),
    }
}

fn write_literal(out: &mut Vec<u8>, octets: &[u8]) {
    out.extend_from_slice(format!("{{{}}}\r\n", octets.len()).as_bytes());
    out.extend_from_slice(octets);
}

/// `BODY[HEADER.FIELDS (DATE)]<0> {40}` and the octets, or NIL where there is no such part.
fn write_section(
    out: &mut Vec<u8>,
    section: Option<&Section<'_>>,
    partial: Option<(u32, NonZeroU32)>,
    found: Option<Vec<u8>>,
) {
    let mut label = format!("BODY[{}]", section.map_or_else(String::new, section_name));
    let mut found = found;
    if let Some((from, count)) = partial {
        let _ = write!(label, "<{from}>");
        found = found.map(|octets| {
            let from = (from as usize).min(octets.len());
            let to = from.saturating_add(count.get() as usize).min(octets.len());
            octets[from..to].to_vec()
        });
    }
    out.extend_from_slice(label.as_bytes());
    out.push(b' ');
    match found {
        Some(octets) => write_literal(out, &octets),
        None => out.extend_from_slice(b"NIL"),
    }
}

fn section_name(section: &Section<'_>) -> String {
    let with = |part: &Option<Part>, word: &str| match part {
        Some(part) => format!("{}.{word}", part_name(part)),
        None => word.to_owned(),
    };
    let fields = |names: &[AString<'_>]| {
        let names = names
            .iter()
            .map(|name| String::from_utf8_lossy(name.as_ref()));
        let names: Vec<String> = names.map(|name| super::quoted(&name)).collect();
        names.join(" ")
    };
    match section {
        Section::Part(part) => part_name(part),
        Section::Header(part) => with(part, "HEADER"),
        Section::HeaderFields(part, names) => {
            format!(
                "{} ({})",
                with(part, "HEADER.FIELDS"),
                fields(names.as_ref())
            )
        }
        Section::HeaderFieldsNot(part, names) => {
            let word = with(part, "HEADER.FIELDS.NOT");
            format!("{word} ({})", fields(names.as_ref()))
        }
        Section::Text(part) => with(part, "TEXT"),
        Section::Mime(part) => format!("{}.MIME", part_name(part)),
    }
}

fn part_name(part: &Part) -> String {
    let numbers: Vec<String> = part.0.as_ref().iter().map(ToString::to_string).collect();
    numbers.join(".")
}

/// The octets of a section; `None` where the message has no such part.
fn section_of(octets: &[u8], section: Option<&Section<'_>>) -> Option<Vec<u8>> {
    let within = |part: &Option<Part>| match part {
        Some(part) => message_in(octets, part),
        None => Some(octets.to_vec()),
    };
    Some(match section {
        None => octets.to_vec(),
        Some(Section::Part(part)) => cut(part_of(octets, part)?).1.to_vec(),
        Some(Section::Mime(part)) => cut(part_of(octets, part)?).0.to_vec(),
        Some(Section::Header(part)) => cut(&within(part)?).0.to_vec(),
        Some(Section::Text(part)) => cut(&within(part)?).1.to_vec(),
        Some(Section::HeaderFields(part, names)) => {
            selected_fields(&within(part)?, names.as_ref(), true)
        }
        Some(Section::HeaderFieldsNot(part, names)) => {
            selected_fields(&within(part)?, names.as_ref(), false)
        }
    })
}

/// The message inside a part of type message/rfc822.
fn message_in(octets: &[u8], part: &Part) -> Option<Vec<u8>> {
    let work = Work::of_message(octets.len());
    let part = first_level(part_of(octets, part)?, &work)?;
    let is_message = part.root().essence() == "message/rfc822";
    is_message.then(|| part.root().entity.body.to_vec())
}

/// The part with these numbers, its own header before it.
fn part_of<'a>(octets: &'a [u8], part: &Part) -> Option<&'a [u8]> {
    let numbers = part.0.as_ref();
    if numbers.len() > MAX_DEPTH {
        return None;
    }
    let work = Work::of_message(octets.len());
    let mut here = octets;
    for number in numbers {
        let mut tree = first_level(here, &work)?;
        if tree.root().essence() == "message/rfc822" {
            tree = first_level(tree.root().entity.body, &work)?;
        }
        let root = tree.root();
        here = match (&root.inside, number.get()) {
            (Inside::Parts(frame), number) => frame.pieces.get(number as usize - 1)?,
            // A message that is no multipart has part 1: itself.
            (Inside::Content, 1) if root.media.is_ok() => root.entity.octets,
            (Inside::Content | Inside::Uncut(_), _) => return None,
        };
    }
    Some(here)
}

fn first_level<'a>(octets: &'a [u8], work: &Work) -> Option<Tree<'a>> {
    let entity = Entity::parse(octets).ok()?;
    Some(Tree::of(entity, Bounds::first_level(work)))
}

/// Header with the empty line after it, and body.
fn cut(octets: &[u8]) -> (&[u8], &[u8]) {
    match Entity::parse(octets) {
        Ok(entity) => octets.split_at(octets.len() - entity.body.len()),
        Err(_) => (octets, &[]),
    }
}

/// The fields that have one of the names, or none of them, and an empty line.
fn selected_fields(octets: &[u8], names: &[AString<'_>], wanted: bool) -> Vec<u8> {
    let mut out = Vec::new();
    if let Ok(entity) = Entity::parse(octets) {
        for field in entity.header.fields() {
            let named = names
                .iter()
                .any(|name| field.name.eq_ignore_ascii_case(name.as_ref()));
            if named == wanted {
                out.extend_from_slice(field.name);
                out.push(b':');
                out.extend_from_slice(field.value);
                out.extend_from_slice(b"\r\n");
            }
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}
