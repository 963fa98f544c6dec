//! The parts of a message as a tree, cut once: whoever walks over parts walks over these.
//!
//! What bounds it bounds every walk: how deep multiparts are cut, how many parts there are, and the
//! work that the message may cause. Each part has its media type read once, and its file names when they
//! are first asked for. What is encoded is not looked into, attached messages are not entered.

use std::cell::OnceCell;

use super::media::{FileNames, MediaType};
use super::multipart::{self, Dashes, Parts};
use super::{Entity, Error, MAX_DEPTH, MAX_PARTS};
use crate::work::Work;

/// A message, or a part of it, and all parts in it.
#[derive(Clone, Debug)]
pub struct Tree<'a> {
    /// In the order of the octets: each multipart before its own parts.
    parts: Vec<Part<'a>>,
    is_whole: bool,
}

/// One part of a tree.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// Header and body.
    pub entity: Entity<'a>,
    /// What the header says it is, read strictly.
    pub media: Result<MediaType<'a>, Error>,
    /// Whether there are parts in it.
    pub inside: Inside<'a>,
    /// How many multiparts are around it.
    pub depth: usize,
    /// Read when they are first asked for: of most parts nobody does.
    names: OnceCell<FileNames<'a>>,
    /// Its place in the list, that of the multipart around it, and its number in that.
    index: usize,
    parent: usize,
    number: usize,
    /// Where in the list the parts in it end.
    end: usize,
}

/// What is inside a part.
#[derive(Clone, Debug)]
pub enum Inside<'a> {
    /// A content: it is no multipart, or none that can be read.
    Content,
    /// Parts.
    Parts(Frame<'a>),
    /// A multipart that was not cut.
    Uncut(Uncut),
}

/// A multipart without what its parts hold.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// All before the first delimiter line.
    pub preamble: &'a [u8],
    /// The octets of each part. One whose header passes a limit is here and not in the tree.
    pub pieces: Vec<&'a [u8]>,
    /// All after the closing delimiter line.
    pub epilogue: &'a [u8],
    /// Whether the closing delimiter is there, and no place could be taken for another one.
    pub is_plain: bool,
}

/// Why a multipart was not cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncut {
    /// It has no boundary that can be used.
    Boundary,
    /// It has more than [`MAX_PARTS`] parts of its own.
    TooManyParts,
    /// Too many multiparts are around it.
    TooDeep,
    /// The message may cause no more work.
    Work,
    /// Nobody asked for what is in multiparts of this kind.
    Unasked,
}

/// How far a tree grows.
#[derive(Clone, Copy)]
pub struct Bounds<'b> {
    /// What cutting draws on.
    pub work: &'b Work,
    /// How many multiparts may be around one that is cut.
    pub depth: usize,
    /// Parts in all.
    pub parts: usize,
    /// Which multiparts are cut, beside the one at the root.
    pub opens: fn(&MediaType<'_>) -> bool,
}

impl<'b> Bounds<'b> {
    /// Those of a whole message.
    pub fn new(work: &'b Work) -> Self {
        Self {
            work,
            depth: MAX_DEPTH,
            parts: MAX_PARTS,
            opens: |_| true,
        }
    }

    /// The parts of the root, and none in those.
    pub fn first_level(work: &'b Work) -> Self {
        Self {
            depth: 0,
            ..Self::new(work)
        }
    }
}

impl<'a> Tree<'a> {
    /// Cuts an entity into its parts, and those into theirs.
    pub fn of(root: Entity<'a>, bounds: Bounds<'_>) -> Self {
        let media = root.media_type();
        let is_multipart = media.as_ref().is_ok_and(MediaType::is_multipart);
        let dashes = Dashes::of(if is_multipart { root.body } else { &[] });
        Self::rooted(root, media, &dashes, &bounds)
    }

    /// The same of an entity that lies in octets whose dashes are known.
    pub fn known(root: Entity<'a>, dashes: &Dashes<'_>, bounds: Bounds<'_>) -> Self {
        let media = root.media_type();
        Self::rooted(root, media, dashes, &bounds)
    }

    fn rooted(
        root: Entity<'a>,
        media: Result<MediaType<'a>, Error>,
        dashes: &Dashes<'_>,
        bounds: &Bounds<'_>,
    ) -> Self {
        let mut tree = Self {
            parts: Vec::with_capacity(8),
            is_whole: true,
        };
        let place = Place {
            depth: 0,
            parent: 0,
            number: 0,
        };
        tree.grow(root, media, place, dashes, bounds);
        tree
    }

    fn grow(
        &mut self,
        entity: Entity<'a>,
        media: Result<MediaType<'a>, Error>,
        at: Place,
        dashes: &Dashes<'_>,
        bounds: &Bounds<'_>,
    ) {
        let inside = match &media {
            Ok(media) if media.is_multipart() => cut(&entity, media, at.depth, dashes, bounds),
            Ok(_) | Err(_) => Inside::Content,
        };
        if let Inside::Uncut(Uncut::TooDeep | Uncut::Work) = inside {
            self.is_whole = false;
        }
        let index = self.parts.len();
        self.parts.push(Part {
            names: OnceCell::new(),
            entity,
            media,
            inside,
            depth: at.depth,
            index,
            parent: at.parent,
            number: at.number,
            end: index + 1,
        });
        let mut number = 0;
        while let Some(piece) = self.parts[index].piece(number) {
            number += 1;
            // The root is none of the parts.
            let is_within = self.parts.len() <= bounds.parts;
            let Some(part) = Entity::parse(piece).ok().filter(|_| is_within) else {
                self.is_whole = false;
                continue;
            };
            let place = Place {
                depth: at.depth + 1,
                parent: index,
                number,
            };
            let media = part.media_type();
            self.grow(part, media, place, dashes, bounds);
        }
        self.parts[index].end = self.parts.len();
    }

    /// The entity that was cut.
    pub fn root(&self) -> &Part<'a> {
        &self.parts[0]
    }

    /// The root and all parts, each multipart before its own.
    pub fn parts(&self) -> &[Part<'a>] {
        &self.parts
    }

    /// The parts of one of its multiparts; none of anything else.
    pub fn parts_of(&self, part: &Part<'a>) -> impl Iterator<Item = &Part<'a>> {
        let (mut next, end) = (part.index + 1, part.end);
        std::iter::from_fn(move || {
            let part = self.parts.get(next).filter(|_| next < end)?;
            next = part.end;
            Some(part)
        })
    }

    /// The multipart that a part is in; `None` for the root.
    pub fn around(&self, part: &Part<'a>) -> Option<&Part<'a>> {
        (part.depth > 0).then(|| &self.parts[part.parent])
    }

    /// The numbers of the parts on the way to one, `2.1`; nothing for the root.
    pub fn place(&self, part: &Part<'a>) -> String {
        match part.depth {
            0 => String::new(),
            1 => part.number.to_string(),
            _ => format!("{}.{}", self.place(&self.parts[part.parent]), part.number),
        }
    }

    /// Whether all parts are here: no bound was met, and every header could be read. A multipart
    /// that cannot be cut is a part without parts.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }
}

/// Where a part stands: multiparts around it, the one that it is in, its number in that.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    parent: usize,
    number: usize,
}

fn cut<'a>(
    entity: &Entity<'a>,
    media: &MediaType<'_>,
    depth: usize,
    dashes: &Dashes<'_>,
    bounds: &Bounds<'_>,
) -> Inside<'a> {
    if depth > 0 && !(bounds.opens)(media) {
        return Inside::Uncut(Uncut::Unasked);
    }
    if depth > bounds.depth {
        return Inside::Uncut(Uncut::TooDeep);
    }
    let Ok(boundary) = media.boundary() else {
        return Inside::Uncut(Uncut::Boundary);
    };
    if !bounds.work.draw(dashes.work_to_cut(entity.body)) {
        return Inside::Uncut(Uncut::Work);
    }
    match multipart::split_known(entity.body, boundary, dashes) {
        Ok(cut) => Inside::Parts(Frame::from(cut)),
        Err(_) => Inside::Uncut(Uncut::TooManyParts),
    }
}

impl<'a> From<Parts<'a>> for Frame<'a> {
    fn from(cut: Parts<'a>) -> Self {
        Self {
            preamble: cut.preamble,
            pieces: cut.parts,
            epilogue: cut.epilogue,
            is_plain: cut.closed && !cut.ambiguous,
        }
    }
}

impl<'a> Part<'a> {
    /// `type/subtype` in lower case; empty when it cannot be read.
    pub fn essence(&self) -> &str {
        self.media.as_ref().map_or("", |media| &*media.essence)
    }

    /// The file names that it states.
    pub fn names(&self) -> &FileNames<'a> {
        let media = self.media.as_ref().ok();
        self.names
            .get_or_init(|| self.entity.file_names_with(media))
    }

    /// Its number in the multipart that it is in, from 1; of the root 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Its own parts and the text around them, if it was cut.
    pub fn frame(&self) -> Option<&Frame<'a>> {
        match &self.inside {
            Inside::Parts(frame) => Some(frame),
            Inside::Content | Inside::Uncut(_) => None,
        }
    }

    fn piece(&self, index: usize) -> Option<&'a [u8]> {
        self.frame()?.pieces.get(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree<'a>(octets: &'a str, bounds: Bounds<'_>) -> Tree<'a> {
        Tree::of(Entity::parse(octets.as_bytes()).unwrap(), bounds)
    }

    fn places(tree: &Tree<'_>) -> Vec<String> {
        let line = |part| format!("{} {}", tree.place(part), part.essence());
        tree.parts().iter().map(line).collect()
    }

    /// So many multiparts around a text, each with a text behind it.
    fn nest(depth: usize) -> String {
        let mut inside = "\r\ntext".to_owned();
        for level in 0..depth {
            inside = format!(
                "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n{inside}\r\n\
                 --b{level}\r\nContent-Type: text/html; name=a.htm\r\n\r\nx\r\n--b{level}--\r\n"
            );
        }
        inside
    }

    #[test]
    fn parts_stand_in_the_order_of_the_octets_and_know_their_place() {
        let message = nest(2);
        let work = Work::of_message(message.len());
        let tree = tree(&message, Bounds::new(&work));
        assert_eq!(
            places(&tree),
            [
                " multipart/mixed",
                "1 multipart/mixed",
                "1.1 text/plain",
                "1.2 text/html",
                "2 text/html"
            ]
        );
        assert!(tree.is_whole() && work.spent() > 0);
        let of = |part| {
            let parts = tree.parts_of(part);
            parts.map(|part| tree.place(part)).collect::<Vec<_>>()
        };
        assert_eq!(of(tree.root()), ["1", "2"]);
        assert_eq!(of(&tree.parts()[1]), ["1.1", "1.2"]);
        assert!(of(&tree.parts()[2]).is_empty());
        assert_eq!(tree.parts()[4].names().shown(), Some("a.htm"));
        assert!(
            tree.root()
                .frame()
                .is_some_and(|frame| frame.is_plain && frame.pieces.len() == 2)
        );
    }

    #[test]
    fn what_passes_a_bound_is_left_and_said() {
        let message = nest(MAX_DEPTH + 1);
        let work = Work::of_message(message.len());
        assert!(tree(&message, Bounds::new(&work)).is_whole());
        let deeper = nest(MAX_DEPTH + 2);
        let work = Work::of_message(deeper.len());
        let cut = tree(&deeper, Bounds::new(&work));
        let too_deep = |part: &Part<'_>| matches!(part.inside, Inside::Uncut(Uncut::TooDeep));
        assert!(!cut.is_whole() && cut.parts().iter().any(too_deep));
        let first = tree(&message, Bounds::first_level(&work));
        assert_eq!(
            places(&first),
            [" multipart/mixed", "1 multipart/mixed", "2 text/html"]
        );
        let few = Bounds {
            parts: 2,
            ..Bounds::new(&work)
        };
        assert_eq!(tree(&nest(2), few).parts().len(), 3);
        assert!(!tree(&nest(2), few).is_whole());
        // An account that is used up.
        let work = Work::of_message(0);
        while work.draw(1 << 10) {}
        assert!(!tree(&message, Bounds::new(&work)).is_whole());
    }

    #[test]
    fn a_multipart_that_cannot_be_cut_is_a_part_without_parts() {
        for (message, why) in [
            (
                "Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx",
                Uncut::Boundary,
            ),
            (
                &*format!(
                    "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
                    "--b\r\n\r\n".repeat(MAX_PARTS + 5)
                ),
                Uncut::TooManyParts,
            ),
        ] {
            let work = Work::of_message(message.len());
            let tree = tree(message, Bounds::new(&work));
            assert!(
                matches!(tree.root().inside, Inside::Uncut(found) if found == why),
                "{why:?}"
            );
            assert!(tree.is_whole() && tree.parts().len() == 1);
        }
    }

    #[test]
    fn kinds_that_nobody_asked_for_stay_closed_but_for_the_root() {
        let message = nest(2);
        let work = Work::of_message(message.len());
        let closed = Bounds {
            opens: |_| false,
            ..Bounds::new(&work)
        };
        let tree = tree(&message, closed);
        assert_eq!(
            places(&tree),
            [" multipart/mixed", "1 multipart/mixed", "2 text/html"]
        );
        assert!(tree.is_whole());
    }

    #[test]
    fn a_part_whose_header_passes_a_limit_keeps_its_number() {
        let many = "A: b\r\n".repeat(super::super::MAX_HEADER_FIELDS + 1);
        let message = format!(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{many}\r\nx\r\n--b\r\n\r\ny\r\n--b--"
        );
        let work = Work::of_message(message.len());
        let tree = tree(&message, Bounds::new(&work));
        assert_eq!(places(&tree), [" multipart/mixed", "2 text/plain"]);
        assert!(!tree.is_whole());
    }
}
