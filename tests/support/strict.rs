//! What a reader of daticert.xml over `quick-xml` would be: its events, the tree made of them, and
//! the rules of XML that it leaves to its caller. A witness of the reader that the program has, and
//! what the bench compares it with. Of the document type nothing is taken here.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use quick_xml::events::attributes::{Attribute, Attributes};

/// A document that was read whole; nodes in the order in which they begin.
#[derive(Debug, Default)]
pub struct Tree<'a> {
    /// All of them, the root element first.
    pub nodes: Vec<Node<'a>>,
    /// Of all elements, in their order.
    pub attributes: Vec<(&'a str, Cow<'a, str>)>,
}

/// A node, and the first one that is not inside it.
#[derive(Debug)]
pub struct Node<'a> {
    pub kind: Kind<'a>,
    pub end: usize,
}

/// What a node is; one text can be several nodes.
#[derive(Debug)]
pub enum Kind<'a> {
    Element {
        name: &'a str,
        attributes: Range<usize>,
    },
    Text(Cow<'a, str>),
    Comment,
}

/// The tree of a text; `None` where it is not well-formed, has a namespace or a document type, or
/// more nodes than `most`.
pub fn parse(text: &str, most: usize) -> Option<Tree<'_>> {
    if !has_characters_of_xml(text) {
        return None;
    }
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut tree = Tree::default();
    tree.nodes.reserve((text.len() / 16).min(1_024));
    let mut open = Vec::with_capacity(8);
    let mut is_first = true;
    loop {
        let start = reader.buffer_position() as usize;
        let event = reader.read_event().ok()?;
        // Between the angles.
        let tag = |end| &text[start + 1..reader.buffer_position() as usize - end];
        let is_inside = !open.is_empty();
        let is_root = !is_inside && tree.nodes.is_empty();
        match event {
            Event::Start(_) if is_inside || is_root => {
                open.push(tree.nodes.len());
                tree.add_element(tag(">".len()))?;
            }
            Event::Empty(_) if is_inside || is_root => tree.add_element(tag("/>".len()))?,
            // Equal names, and that one is open, were looked at.
            Event::End(_) => {
                let node = open.pop()?;
                tree.nodes[node].end = tree.nodes.len();
            }
            Event::Text(piece) if is_inside => {
                if piece.contains("]]>") {
                    return None;
                }
                tree.add(Kind::Text(piece.xml10_content()));
            }
            Event::Text(blanks) if blanks.bytes().all(is_blank) => {}
            Event::CData(piece) if is_inside => tree.add(Kind::Text(piece.xml10_content())),
            Event::GeneralRef(reference) if is_inside => {
                let text = match reference.resolve_char_ref().ok()? {
                    Some(c) if is_character(c) => Cow::Owned(c.to_string()),
                    Some(_) => return None,
                    None => Cow::Borrowed(resolve_xml_entity(&reference)?),
                };
                tree.add(Kind::Text(text));
            }
            Event::Comment(_) if is_inside => tree.add(Kind::Comment),
            Event::Comment(_) => {}
            Event::Decl(_) if is_first && text.starts_with("<?xml ") => {
                let mut names = Vec::with_capacity(3);
                each_attribute(&tag("?>".len())[1..], "xml".len(), |attribute| {
                    names.push(attribute.key.into_inner());
                    Some(())
                })?;
                let mut rest = ["version", "encoding", "standalone"].iter();
                if names.first() != Some(&"version") || !names.iter().all(|n| rest.any(|o| o == n))
                {
                    return None;
                }
            }
            Event::Eof if is_inside || is_root => return None,
            Event::Eof => return Some(tree),
            Event::Start(_)
            | Event::Empty(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::GeneralRef(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => return None,
        }
        if tree.nodes.len() > most {
            return None;
        }
        is_first = false;
    }
}

impl<'a> Tree<'a> {
    fn add(&mut self, kind: Kind<'a>) {
        let end = self.nodes.len() + 1;
        self.nodes.push(Node { kind, end });
    }

    fn add_element(&mut self, tag: &'a str) -> Option<()> {
        let name_end = tag.bytes().position(is_blank).unwrap_or(tag.len());
        let (name, first) = (&tag[..name_end], self.attributes.len());
        each_attribute(tag, name_end, |attribute| {
            let key = attribute.key.into_inner();
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
            let is_changed = attribute.value.contains("&#");
            if !is_name(key) || key == "xmlns" || is_changed && !value.chars().all(is_character) {
                return None;
            }
            self.attributes.push((key, value));
            Some(())
        })?;
        let attributes = first..self.attributes.len();
        is_name(name).then(|| self.add(Kind::Element { name, attributes }))
    }
}

/// The attributes of a tag, with what is left to the caller: a blank before each, no `<` in it.
fn each_attribute<'a>(
    tag: &'a str,
    name_end: usize,
    mut each: impl FnMut(Attribute<'a>) -> Option<()>,
) -> Option<()> {
    let mut end = name_end;
    for attribute in Attributes::new(tag, name_end) {
        let attribute = attribute.ok()?;
        let Cow::Borrowed(raw) = attribute.value else {
            return None;
        };
        let is_apart = offset(tag, attribute.key.into_inner())? > end;
        end = offset(tag, raw)? + raw.len() + "\"".len();
        if !is_apart || raw.contains('<') {
            return None;
        }
        each(attribute)?;
    }
    Some(())
}

fn offset(whole: &str, part: &str) -> Option<usize> {
    (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)
}

fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// Section 2.2, controls left out as in texts that the program mends.
fn has_characters_of_xml(text: &str) -> bool {
    let is_odd = |octet: u8| {
        ((octet < 0x20) & (octet != b'\t') & (octet != b'\r') & (octet != b'\n'))
            | (octet == 0x7f)
            | (octet == 0xef)
    };
    let odd = text.bytes().fold(false, |odd, octet| odd | is_odd(octet));
    !odd || text.chars().all(is_character)
}

fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\r' | '\n' | ' '..='\u{7e}' | '\u{80}'..='\u{fffd}' | '\u{10000}'..)
}

/// Section 2.3, without the colon.
fn is_name(name: &str) -> bool {
    let is_usual = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-' | b'.');
    let starts = name.starts_with(is_name_start);
    starts && (name.bytes().all(is_usual) || name.chars().all(is_name_character))
}

fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}'
        | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}'
        | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

fn is_name_character(c: char) -> bool {
    is_name_start(c)
        || matches!(c,
            '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}
