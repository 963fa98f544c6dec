//! XML as daticert.xml needs it: elements, attributes and text (XML 1.0, fifth edition).
//!
//! Reads a document that is well-formed and refuses every other one. Knows comments, CDATA
//! sections, the five entities that XML has by itself, and characters written as numbers.
//! Passed over before the root element, because providers have written them: processing
//! instructions, and a document type that at most names a file elsewhere, which nobody fetches.
//! Refused by name: everything else that could say more than stands there, namespaces,
//! instructions in other places, and a document type that declares something itself.
//!
//! One thing is mended: control characters, raw or by number, in texts and in values, where
//! neither markup nor a name can hide. Word processors put them into subjects. They are read as
//! U+FFFD; [`Oddities`] tells so.
//!
//! `quick-xml` reads; here are the tree and the rules that it leaves to its caller: characters and
//! names, what stands where, blanks between attributes. Texts, references and tags, of which there
//! is little else, are cut here with its parser of tags, since its reader looks at the encoding of
//! each again.
//! Everything is borrowed from the text that needs no change, and no depth of elements costs stack.
//! `roxmltree` is the witness in the tests
//! and for the fuzzer: what is accepted here it accepts too, with the same tree, once such
//! characters are U+FFFD.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::XmlVersion;
use quick_xml::errors::IllFormedError;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::attributes::{Attribute, Attributes};
use quick_xml::events::{BytesEnd, BytesPI, BytesRef, BytesStart, BytesText, Event};
use quick_xml::parser::{ElementParser, Parser as _};

/// Why a text is no document that is taken here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not well-formed; lines and columns count from 1.
    #[error("{what} at {line}:{column}")]
    Malformed {
        /// What is wrong.
        what: Cow<'static, str>,
        /// The line.
        line: usize,
        /// The character in the line.
        column: usize,
    },
    /// Well-formed perhaps, and never written by a provider.
    #[error("{0}")]
    Forbidden(&'static str),
    /// More elements, texts and comments than the caller allows.
    #[error("too many nodes")]
    TooManyNodes,
}

/// A document that was read whole.
#[derive(Debug)]
pub struct Document<'a> {
    /// In the order in which they begin; the root element and comments around it first.
    nodes: Vec<Node<'a>>,
    /// Of all elements, in their order.
    attributes: Vec<(&'a str, Cow<'a, str>)>,
    root: Option<usize>,
    oddities: Oddities,
}

/// What was passed over or mended, and changes nothing that the elements say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Control characters, raw or by number, were read as U+FFFD.
    pub control_characters: bool,
    /// There is a document type without declarations of its own.
    pub document_type: bool,
    /// There are processing instructions before the root element.
    pub instructions: bool,
}

#[derive(Debug)]
struct Node<'a> {
    kind: Kind<'a>,
    /// The first node that is not inside this one.
    end: usize,
}

#[derive(Debug)]
enum Kind<'a> {
    Element {
        name: &'a str,
        attributes: Range<usize>,
    },
    Text(Cow<'a, str>),
    Comment,
}

/// An element of a document.
#[derive(Clone, Copy, Debug)]
pub struct Element<'d, 'a> {
    document: &'d Document<'a>,
    at: usize,
    name: &'a str,
}

/// What stands directly in an element.
#[derive(Clone, Copy, Debug)]
pub enum Child<'d, 'a> {
    /// An element.
    Element(Element<'d, 'a>),
    /// A piece of text; one text can come in several pieces, one after the other.
    Text(&'d str),
    /// A comment.
    Comment,
}

impl<'a> Document<'a> {
    /// Reads a document of at most `most` elements, texts and comments, without a byte order
    /// mark.
    ///
    /// # Errors
    /// The first fault; characters that XML does not allow come before all others.
    pub fn parse(text: &'a str, most: usize) -> Result<Self, Error> {
        Reader::new(text, most).read()
    }

    /// What was passed over or mended.
    pub fn oddities(&self) -> Oddities {
        self.oddities
    }

    /// The one element that holds all others.
    pub fn root(&self) -> Element<'_, 'a> {
        let at = self.root.expect("no document was read without one");
        match &self.nodes[at].kind {
            Kind::Element { name, .. } => Element {
                document: self,
                at,
                name,
            },
            Kind::Text(_) | Kind::Comment => unreachable!("the root was read as an element"),
        }
    }
}

impl<'d, 'a> Element<'d, 'a> {
    /// The name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// All attributes in their order, names and values.
    pub fn attributes(&self) -> &'d [(&'a str, Cow<'a, str>)] {
        match &self.document.nodes[self.at].kind {
            Kind::Element { attributes, .. } => &self.document.attributes[attributes.clone()],
            Kind::Text(_) | Kind::Comment => &[],
        }
    }

    /// The value of the attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&'d str> {
        let found = self.attributes().iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| &**value)
    }

    /// What stands directly in the element, in its order.
    pub fn children(&self) -> Children<'d, 'a> {
        Children {
            document: self.document,
            next: self.at + 1,
            end: self.document.nodes[self.at].end,
        }
    }
}

/// What stands directly in one element, in its order.
#[derive(Clone, Debug)]
pub struct Children<'d, 'a> {
    document: &'d Document<'a>,
    next: usize,
    /// The first node that is not inside the element.
    end: usize,
}

impl<'d, 'a> Iterator for Children<'d, 'a> {
    type Item = Child<'d, 'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let (document, at) = (self.document, self.next);
        let node = &document.nodes[at];
        self.next = node.end;
        Some(match &node.kind {
            Kind::Element { name, .. } => Child::Element(Element { document, at, name }),
            Kind::Text(text) => Child::Text(text),
            Kind::Comment => Child::Comment,
        })
    }
}

/// Octets of text for one node, about, in a file with line ends and indentation.
const OCTETS_PER_NODE: usize = 16;
/// Nodes for which room is made before any is read.
const ROOM: usize = 1_024;

struct Reader<'a> {
    text: &'a str,
    /// Where the event that is looked at begins.
    start: usize,
    /// And where it ends.
    end: usize,
    document: Document<'a>,
    /// The elements that are not closed yet.
    open: Vec<usize>,
    most: usize,
    /// Nothing that is changed in texts (`\r`, control characters) or can be forbidden there (`]`)
    /// is anywhere.
    is_usual: bool,
    /// There are control characters, which may stand in texts and values only.
    has_controls: bool,
    /// The last node is a text that goes on with a reference.
    continues: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, most: usize) -> Self {
        Self {
            text,
            start: 0,
            end: 0,
            document: Document {
                nodes: Vec::with_capacity((text.len() / OCTETS_PER_NODE).min(ROOM)),
                attributes: Vec::with_capacity(8),
                root: None,
                oddities: Oddities::default(),
            },
            open: Vec::with_capacity(8),
            most,
            is_usual: false,
            has_controls: false,
            continues: false,
        }
    }

    fn read(mut self) -> Result<Document<'a>, Error> {
        self.check_characters()?;
        loop {
            self.start = self.end;
            let event = self.next_event()?;
            if matches!(event, Event::Eof) {
                break;
            }
            match self.document.root {
                _ if !self.open.is_empty() => self.take_inside(&event)?,
                None => self.take_before(&event)?,
                Some(_) => self.take_after(&event)?,
            }
        }
        match self.document.root {
            Some(_) if self.open.is_empty() => Ok(self.document),
            Some(_) => Err(self.fault("end tag expected")),
            None => Err(self.fault("root element expected")),
        }
    }

    fn next_event(&mut self) -> Result<Event<'a>, Error> {
        match &self.text.as_bytes()[self.start..] {
            [] => Ok(Event::Eof),
            [b'<', b'!', ..] => self.other_event(),
            [b'<', b'?', ..] => match self.instruction() {
                Some(instruction) => Ok(instruction),
                None => self.other_event(),
            },
            [b'&', ..] => self.reference(),
            [b'<', b'/', ..] => self.end_tag(),
            [b'<', ..] => self.start_tag(),
            text => {
                let length = memchr::memchr2(b'<', b'&', text).unwrap_or(text.len());
                self.end = self.start + length;
                Ok(Event::Text(BytesText::from_escaped(self.raw())))
            }
        }
    }

    /// `&name;`
    fn reference(&mut self) -> Result<Event<'a>, Error> {
        let name = &self.text[self.start + "&".len()..];
        let end = memchr::memchr3(b';', b'&', b'<', name.as_bytes());
        let Some(end) = end.filter(|&end| name.as_bytes()[end] == b';') else {
            return Err(self.refusal(&IllFormedError::UnclosedReference.into(), self.start));
        };
        self.end = self.start + "&".len() + end + ";".len();
        Ok(Event::GeneralRef(BytesRef::new(&name[..end])))
    }

    /// `<?target what it is told?>`; `None` where it may be a declaration, or is not closed.
    fn instruction(&mut self) -> Option<Event<'a>> {
        let inside = &self.text[self.start + "<?".len()..];
        let is_named = inside.starts_with(|c: char| c.is_ascii_alphabetic());
        let start = inside.get(.."xml".len());
        if !is_named || start.is_some_and(|start| start.eq_ignore_ascii_case("xml")) {
            return None;
        }
        let octets = inside.as_bytes();
        let mut marks = memchr::memchr_iter(b'?', octets);
        let end = marks.find(|&at| octets.get(at + 1) == Some(&b'>'))?;
        self.end = self.start + "<?".len() + end + "?>".len();
        Some(Event::PI(BytesPI::new(&inside[..end])))
    }

    /// What is neither text, reference, tag nor plain instruction.
    fn other_event(&mut self) -> Result<Event<'a>, Error> {
        let mut events = quick_xml::Reader::from_str(&self.text[self.start..]);
        events.config_mut().check_comments = true;
        let event = events.read_event().map_err(|error| {
            let at = self.start + events.error_position() as usize;
            self.refusal(&error, at)
        })?;
        self.end = self.start + events.buffer_position() as usize;
        Ok(event)
    }

    /// Finds the end of a tag.
    fn pass_tag(&mut self) -> Result<(), Error> {
        let rest = &self.text.as_bytes()[self.start..];
        let mut parser = ElementParser::Outside;
        let last = parser
            .feed(rest)
            .ok_or_else(|| self.refusal(&parser.eof_error(rest).into(), self.start))?;
        self.end = self.start + last + ">".len();
        Ok(())
    }

    fn start_tag(&mut self) -> Result<Event<'a>, Error> {
        let rest = &self.text[self.start + "<".len()..];
        let is_name = |octet: &u8| NAME_OCTETS[usize::from(*octet)];
        let length = rest.bytes().take_while(is_name).count();
        // Most have no attributes.
        if rest.as_bytes().get(length) == Some(&b'>') {
            self.end = self.start + "<".len() + length + ">".len();
            let tag = BytesStart::from_content(&rest[..length], length);
            return Ok(Event::Start(tag));
        }
        self.pass_tag()?;
        let raw = &self.raw()["<".len()..];
        let (tag, is_open) = match raw.strip_suffix("/>") {
            Some(tag) => (tag, false),
            None => (&raw[..raw.len() - ">".len()], true),
        };
        let name = tag.bytes().position(is_blank).unwrap_or(tag.len());
        let tag = BytesStart::from_content(tag, name);
        Ok(match is_open {
            true => Event::Start(tag),
            false => Event::Empty(tag),
        })
    }

    /// The end tag of the element that was opened last.
    fn end_tag(&mut self) -> Result<Event<'a>, Error> {
        let open = self.open.last();
        let expected = match open.map(|&node| &self.document.nodes[node].kind) {
            Some(Kind::Element { name, .. }) => Some(*name),
            Some(Kind::Text(_) | Kind::Comment) | None => None,
        };
        let rest = &self.text[self.start + "</".len()..];
        // Nearly all have no blank behind the name, and that is known.
        if let Some(name) = expected
            && let Some(b'>') = rest.strip_prefix(name).and_then(|rest| rest.bytes().next())
        {
            self.end = self.start + "</".len() + name.len() + ">".len();
            return Ok(Event::End(BytesEnd::new(name)));
        }
        self.pass_tag()?;
        let raw = self.raw();
        let inside = &raw["</".len()..raw.len() - ">".len()];
        let name = inside.trim_end_matches(BLANKS);
        let found = (if name.is_empty() { inside } else { name }).to_owned();
        let fault = match expected {
            Some(expected) if expected == name => return Ok(Event::End(BytesEnd::new(name))),
            Some(expected) => IllFormedError::MismatchedEndTag {
                expected: expected.to_owned(),
                found,
            },
            None => IllFormedError::UnmatchedEndTag(found),
        };
        Err(self.refusal(&fault.into(), self.start))
    }

    /// The event as it is written.
    fn raw(&self) -> &'a str {
        &self.text[self.start..self.end]
    }

    fn fault(&self, what: &'static str) -> Error {
        self.fault_at(what, self.start)
    }

    fn fault_at(&self, what: impl Into<Cow<'static, str>>, at: usize) -> Error {
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Error::Malformed {
            what: what.into(),
            line: before.bytes().filter(|&octet| octet == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// What the package says, at the place that it names.
    fn refusal(&self, error: &quick_xml::Error, at: usize) -> Error {
        let at = (0..=at.min(self.text.len()))
            .rev()
            .find(|&at| self.text.is_char_boundary(at));
        self.fault_at(error.to_string(), at.unwrap_or_default())
    }

    /// Section 2.2: neither NUL nor one of the two non-characters U+FFFE and U+FFFF anywhere in
    /// the document. Other controls are looked at where they stand.
    fn check_characters(&mut self) -> Result<(), Error> {
        // Without branches, which the compiler turns into vector instructions.
        let is_odd = |octet: u8| {
            ((octet < 0x20) & (octet != b'\t') & (octet != b'\r') & (octet != b'\n'))
                | (octet == 0x7f)
                | (octet == 0xef)
        };
        let is_unusual = |octet: u8| (octet == b'\r') | (octet == b']');
        let (mut odd, mut unusual) = (false, false);
        for octet in self.text.bytes() {
            odd |= is_odd(octet);
            unusual |= is_unusual(octet);
        }
        self.is_usual = !unusual;
        if !odd {
            return Ok(());
        }
        self.has_controls = self.text.contains(is_control);
        self.is_usual &= !self.has_controls;
        self.check_allowed(|c| is_character(c) || is_control(c), 0..self.text.len())
    }

    /// No control character in the event, which is neither text nor value.
    fn check_no_controls(&self) -> Result<(), Error> {
        match self.has_controls {
            true => self.check_allowed(
                |c| !is_control(c),
                self.start..self.start + self.raw().len(),
            ),
            false => Ok(()),
        }
    }

    fn check_allowed(
        &self,
        is_allowed: impl Fn(char) -> bool,
        place: Range<usize>,
    ) -> Result<(), Error> {
        match self.text[place.clone()].find(|c| !is_allowed(c)) {
            Some(at) => Err(self.fault_at("a character that XML does not allow", place.start + at)),
            None => Ok(()),
        }
    }

    /// Section 2.8: what may stand before the root element, and its start tag.
    fn take_before(&mut self, event: &Event<'a>) -> Result<(), Error> {
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                self.document.root = Some(self.document.nodes.len());
                self.take_element(event, tag)
            }
            Event::Decl(_) => self.pass_declaration(),
            Event::PI(_) => self.pass_instruction(),
            Event::DocType(_) => self.pass_document_type(),
            Event::Comment(_) => self.take_comment(),
            Event::Text(_) if self.raw().bytes().all(is_blank) => Ok(()),
            Event::Text(_) | Event::GeneralRef(_) => Err(self.fault("root element expected")),
            Event::CData(_) | Event::End(_) | Event::Eof => Err(self.fault("unknown markup")),
        }
    }

    /// Blanks and comments after the root element.
    fn take_after(&mut self, event: &Event<'a>) -> Result<(), Error> {
        match event {
            Event::Comment(_) => self.take_comment(),
            Event::Text(_) if self.raw().bytes().all(is_blank) => Ok(()),
            Event::PI(_) | Event::Decl(_) => Err(Error::Forbidden("processing instruction")),
            Event::Start(_)
            | Event::Empty(_)
            | Event::End(_)
            | Event::Text(_)
            | Event::GeneralRef(_)
            | Event::CData(_)
            | Event::DocType(_)
            | Event::Eof => Err(self.fault("something after the root element")),
        }
    }

    /// What stands in the root element.
    fn take_inside(&mut self, event: &Event<'a>) -> Result<(), Error> {
        match event {
            Event::Start(tag) | Event::Empty(tag) => self.take_element(event, tag),
            Event::End(_) => {
                // That it is the one opened last was looked at.
                let node = self.open.pop().expect("asked for inside an element only");
                self.document.nodes[node].end = self.document.nodes.len();
                self.continues = false;
                Ok(())
            }
            // Nearly all texts stay as they are.
            Event::Text(_) if self.is_usual => self.add_text(Cow::Borrowed(self.raw())),
            Event::Text(text) => {
                if let Some(at) = memchr::memmem::find(text.as_bytes(), b"]]>") {
                    return Err(self.fault_at("]]> in a text", self.start + at));
                }
                let text = self.mended(text.xml10_content());
                self.add_text(text)
            }
            Event::GeneralRef(reference) => {
                let c = match reference.resolve_char_ref() {
                    Ok(None) => resolve_xml_entity(reference).and_then(|text| text.chars().next()),
                    Ok(Some(c)) if is_character(c) || is_control(c) => Some(c),
                    Ok(Some(_)) | Err(_) => None,
                };
                let c = c.ok_or_else(|| self.fault("unknown or malformed reference"))?;
                let is_mended = is_control(c);
                self.document.oddities.control_characters |= is_mended;
                self.add_character(if is_mended { '\u{fffd}' } else { c })
            }
            Event::CData(text) => {
                let text = self.mended(text.xml10_content());
                self.add(Kind::Text(text))
            }
            Event::Comment(_) => self.take_comment(),
            Event::PI(_) | Event::Decl(_) => Err(Error::Forbidden("processing instruction")),
            Event::DocType(_) | Event::Eof => Err(self.fault("unknown markup")),
        }
    }

    /// Control characters as U+FFFD.
    fn mended(&mut self, text: Cow<'a, str>) -> Cow<'a, str> {
        if !self.has_controls || !text.contains(is_control) {
            return text;
        }
        self.document.oddities.control_characters = true;
        Cow::Owned(text.replace(is_control, "\u{fffd}"))
    }

    fn add(&mut self, kind: Kind<'a>) -> Result<(), Error> {
        let end = self.document.nodes.len() + 1;
        if end > self.most {
            return Err(Error::TooManyNodes);
        }
        self.document.nodes.push(Node { kind, end });
        self.continues = false;
        Ok(())
    }

    /// Text and the references in it are one node.
    fn add_text(&mut self, text: Cow<'a, str>) -> Result<(), Error> {
        if let Some(so_far) = self.continued() {
            so_far.push_str(&text);
            return Ok(());
        }
        self.add(Kind::Text(text))?;
        self.continues = true;
        Ok(())
    }

    fn add_character(&mut self, c: char) -> Result<(), Error> {
        match self.continued() {
            Some(so_far) => {
                so_far.push(c);
                Ok(())
            }
            None => self.add_text(Cow::Owned(c.to_string())),
        }
    }

    /// The text that goes on.
    fn continued(&mut self) -> Option<&mut String> {
        match self.document.nodes.last_mut().map(|node| &mut node.kind) {
            Some(Kind::Text(so_far)) if self.continues => Some(so_far.to_mut()),
            Some(Kind::Text(_) | Kind::Element { .. } | Kind::Comment) | None => None,
        }
    }

    fn take_comment(&mut self) -> Result<(), Error> {
        self.check_no_controls()?;
        self.add(Kind::Comment)
    }

    /// Section 3.1: `<name attribute="value">` or `<name attribute="value"/>`.
    fn take_element(&mut self, event: &Event<'a>, tag: &BytesStart<'a>) -> Result<(), Error> {
        let is_open = matches!(event, Event::Start(_));
        let name_end = tag.name().as_ref().len();
        let tag = &self.raw()["<".len()..][..tag.len()];
        let name = &tag[..name_end];
        self.check_name(name)?;
        let first = self.document.attributes.len();
        self.each_attribute(tag, name.len(), |reader, name, value| {
            reader.check_name(name)?;
            if name == "xmlns" {
                return Err(Error::Forbidden("namespace"));
            }
            reader.document.attributes.push((name, value));
            Ok(())
        })?;
        if is_open {
            self.open.push(self.document.nodes.len());
        }
        let attributes = first..self.document.attributes.len();
        self.add(Kind::Element { name, attributes })
    }

    /// The attributes of a tag. The package leaves to us that a blank stands before each, that no
    /// `<` is in a value, and which characters a number may name.
    fn each_attribute(
        &mut self,
        tag: &'a str,
        name_end: usize,
        mut each: impl FnMut(&mut Self, &'a str, Cow<'a, str>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if tag.len() == name_end {
            return Ok(());
        }
        let mut end = name_end;
        for attribute in Attributes::new(tag, name_end) {
            let attribute = attribute.map_err(|error| self.fault_in_tag(error))?;
            let raw = match &attribute.value {
                Cow::Borrowed(raw) => *raw,
                Cow::Owned(_) => return Err(self.fault("value expected")),
            };
            let at = offset(tag, attribute.key.into_inner());
            if at == end {
                return Err(self.fault("blank or end of the tag expected"));
            }
            end = offset(tag, raw) + raw.len() + "\"".len();
            let is_special = |octet| matches!(octet, b'&' | b'<' | 0x7f | 0..0x20);
            let value = match raw.bytes().any(is_special) {
                true => Cow::Owned(self.value(&attribute)?),
                false => Cow::Borrowed(raw),
            };
            each(self, attribute.key.into_inner(), value)?;
        }
        Ok(())
    }

    fn fault_in_tag(&self, error: impl std::fmt::Display) -> Error {
        self.fault_at(error.to_string(), self.start)
    }

    /// A value with its references resolved, line ends and tabs as spaces (section 3.3.3).
    fn value(&mut self, attribute: &Attribute<'a>) -> Result<String, Error> {
        if attribute.value.contains('<') {
            return Err(self.fault("unescaped < in a value"));
        }
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| self.fault_in_tag(error))?;
        if !value.chars().all(|c| is_character(c) || is_control(c)) {
            return Err(self.fault("unknown or malformed reference"));
        }
        let is_mended = value.contains(is_control);
        self.document.oddities.control_characters |= is_mended;
        Ok(match is_mended {
            true => value.replace(is_control, "\u{fffd}"),
            false => value.into_owned(),
        })
    }

    /// Section 2.3; without a colon, which makes it a name of a namespace.
    fn check_name(&self, name: &str) -> Result<(), Error> {
        let is_usual = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|octet| NAME_OCTETS[usize::from(octet)]);
        if is_usual {
            return Ok(());
        }
        let (first, rest) = name.split_once(':').unwrap_or((name, ""));
        let is_name =
            |name: &str| name.starts_with(is_name_start) && name.chars().all(is_name_character);
        match name.contains(':') {
            _ if !is_name(first) => Err(self.fault("name expected")),
            true if rest.is_empty() || is_name(rest) => Err(Error::Forbidden("namespace")),
            true => Err(self.fault("name expected")),
            false => Ok(()),
        }
    }

    /// Section 2.8: `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`. The values are
    /// not looked at; the encoding is the caller's matter. With another blank than a space after
    /// `xml`, or in another place, it counts as a processing instruction, as readers differ about it.
    fn pass_declaration(&mut self) -> Result<(), Error> {
        let raw = self.raw();
        if self.start > 0 || !raw.starts_with("<?xml ") {
            return Err(Error::Forbidden("processing instruction"));
        }
        let mut expected = ["version", "encoding", "standalone"].iter();
        let inside = &raw["<?".len()..raw.len() - "?>".len()];
        self.each_attribute(inside, "xml".len(), |reader, name, _| {
            let is_first = expected.len() == 3;
            match expected.any(|expected| *expected == name) && (!is_first || expected.len() == 2) {
                true => Ok(()),
                false => Err(reader.fault("version expected")),
            }
        })?;
        if expected.len() == 3 {
            return Err(self.fault("version expected"));
        }
        self.check_no_controls()
    }

    /// Section 2.6: `<?target what it is told?>`, whose target is not `xml` in any case.
    fn pass_instruction(&mut self) -> Result<(), Error> {
        let raw = self.raw();
        let inside = &raw["<?".len()..raw.len() - "?>".len()];
        let target = &inside[..inside.bytes().position(is_blank).unwrap_or(inside.len())];
        if target.eq_ignore_ascii_case("xml") {
            return Err(Error::Forbidden("processing instruction"));
        }
        self.check_name(target)?;
        self.document.oddities.instructions = true;
        self.check_no_controls()
    }

    /// Section 2.8 and rule 75: `<!DOCTYPE name PUBLIC "identifier" "address">`, once, or with
    /// less after the name. Nothing is fetched, and nothing may be declared.
    fn pass_document_type(&mut self) -> Result<(), Error> {
        if self.document.oddities.document_type {
            return Err(self.fault("second document type"));
        }
        let inside = self
            .raw()
            .strip_prefix("<!DOCTYPE")
            .and_then(|raw| raw.strip_suffix('>'));
        let (name, rest) = inside
            .and_then(after_blanks)
            .map(|inside| {
                inside.split_at(inside.bytes().position(is_blank).unwrap_or(inside.len()))
            })
            .ok_or_else(|| self.fault("unknown markup"))?;
        self.check_name(name)?;
        let mut rest = rest.trim_start_matches(BLANKS);
        let literals = match (rest.strip_prefix("PUBLIC"), rest.strip_prefix("SYSTEM")) {
            (Some(after), _) => Some((after, 2)),
            (_, Some(after)) => Some((after, 1)),
            (None, None) => None,
        };
        if let Some((after, count)) = literals {
            rest = after;
            for _ in 0..count {
                rest = after_blanks(rest)
                    .and_then(after_literal)
                    .ok_or_else(|| self.fault("identifier expected"))?;
            }
            rest = rest.trim_start_matches(BLANKS);
        }
        match rest {
            "" => {}
            _ if rest.starts_with('[') => return Err(Error::Forbidden("DOCTYPE [")),
            _ => return Err(self.fault("end of the document type expected")),
        }
        self.document.oddities.document_type = true;
        self.check_no_controls()
    }
}

const BLANKS: &[char] = &[' ', '\t', '\r', '\n'];

fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// What follows blanks; `None` without any.
fn after_blanks(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(BLANKS);
    (rest.len() < text.len()).then_some(rest)
}

/// What follows a text between two quotes of one kind; references in it are none.
fn after_literal(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text[1..].split_once(quote).map(|(_, rest)| rest)
}

/// Where a part of a text begins in it.
fn offset(whole: &str, part: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

/// What is read as U+FFFD: the controls of ASCII that are no blanks. NUL is none of them: no
/// provider writes it, and it ends texts for some readers.
fn is_control(c: char) -> bool {
    matches!(c, '\u{1}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}')
}

/// Section 2.2.
fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\r' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Section 2.3, NameStartChar without the colon.
fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}'
        | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}'
        | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

/// Section 2.3, NameChar without the colon.
fn is_name_character(c: char) -> bool {
    is_name_start(c)
        || matches!(c,
            '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// [`is_name_character`] of ASCII.
static NAME_OCTETS: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0u8;
    while octet < 0x80 {
        table[octet as usize] =
            octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-' | b'.');
        octet += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The elements in short: `(name attribute="value" "text" !)`.
    fn shown(text: &str) -> Result<String, Error> {
        fn show(element: Element<'_, '_>, out: &mut String) {
            out.push_str(&format!("({}", element.name()));
            for (name, value) in element.attributes() {
                out.push_str(&format!(" {name}={value:?}"));
            }
            for child in element.children() {
                match child {
                    Child::Text(piece) => out.push_str(&format!("{piece:?}")),
                    Child::Element(element) => show(element, out),
                    Child::Comment => out.push('!'),
                }
            }
            out.push(')');
        }
        let mut out = String::new();
        show(Document::parse(text, 1_000)?.root(), &mut out);
        Ok(out)
    }

    #[test]
    fn elements_attributes_and_texts_are_read() {
        for (text, tree) in [
            ("<a/>", "(a)"),
            (
                "<?xml version=\"1.0\" ?>\n<!-- x --><a></a >\n<!-- y -->",
                "(a)",
            ),
            (
                "<a b='1' c = \"&lt;'\"><b/>x<b>y</b></a>",
                "(a b=\"1\" c=\"<'\"(b)\"x\"(b\"y\"))",
            ),
            ("<a>x<!-- y -->z</a>", "(a\"x\"!\"z\")"),
            ("<a>x<![CDATA[<&]]>z</a>", "(a\"x\"\"<&\"\"z\")"),
            (
                "<a>&#233;&#xe9;&amp;&quot;&apos;&gt;</a>",
                "(a\"éé&\\\"'>\")",
            ),
            (
                "<a b='1\t2\r\n3&#10;'>1\r\n2\r3\t&#13;</a>",
                "(a b=\"1 2 3\\n\"\"1\\n2\\n3\\t\\r\")",
            ),
            ("<città perché-no='1'/>", "(città perché-no=\"1\")"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(tree), "{text}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused_with_its_place() {
        for (text, place) in [
            ("", "root element expected at 1:1"),
            ("x<a/>", "root element expected at 1:1"),
            // The mark is the caller's to take off; a second one is text.
            ("\u{feff}<a/>", "root element expected at 1:1"),
            (
                "<a>\n  <b></a>",
                "ill-formed document: expected `</b>`, but `</a>` was found at 2:6",
            ),
            (
                "<a></ab>",
                "ill-formed document: expected `</a>`, but `</ab>` was found at 1:4",
            ),
            (
                "<a></b>",
                "ill-formed document: expected `</a>`, but `</b>` was found at 1:4",
            ),
            ("<a>", "end tag expected at 1:4"),
            (
                "<a",
                "syntax error: tag not closed: `>` not found before end of input at 1:1",
            ),
            ("<a b='1'c='2'/>", "blank or end of the tag expected at 1:1"),
            (
                "<a b='1' b='2'/>",
                "position 8: duplicated attribute, previous declaration at position 2 at 1:1",
            ),
            (
                "<a b=1/>",
                "position 4: attribute value must be enclosed in `\"` or `'` at 1:1",
            ),
            (
                "<a b/>",
                "position 3: attribute key must be directly followed by `=` or space at 1:1",
            ),
            ("<a b='<'/>", "unescaped < in a value at 1:1"),
            (
                "<a b='1/>",
                "syntax error: attribute value not closed: `'` not found before end of input at 1:1",
            ),
            ("<a>è&nbsp;</a>", "unknown or malformed reference at 1:5"),
            (
                "<a>& </a>",
                "ill-formed document: entity or character reference not closed: `;` not found before end of input at 1:4",
            ),
            ("<a>&#0;</a>", "unknown or malformed reference at 1:4"),
            ("<a>&#+65;</a>", "unknown or malformed reference at 1:4"),
            ("<a>&#xD800;</a>", "unknown or malformed reference at 1:4"),
            ("<a>]]></a>", "]]> in a text at 1:4"),
            ("<a>\0</a>", "a character that XML does not allow at 1:4"),
            ("<a\u{7}/>", "name expected at 1:1"),
            (
                "<a>x</a\u{7}>",
                "ill-formed document: expected `</a>`, but `</a\u{7}>` was found at 1:5",
            ),
            (
                "<a><!--\u{7}--></a>",
                "a character that XML does not allow at 1:8",
            ),
            (
                "<?x \u{7}?><a/>",
                "a character that XML does not allow at 1:5",
            ),
            (
                "<!DOCTYPE a SYSTEM '\u{7}'><a/>",
                "a character that XML does not allow at 1:21",
            ),
            (
                "<?xml version='1.\u{7}'?><a/>",
                "a character that XML does not allow at 1:18",
            ),
            (
                "<!DOCTYPE a><!DOCTYPE a><a/>",
                "second document type at 1:13",
            ),
            ("<a><!DOCTYPE a></a>", "unknown markup at 1:4"),
            (
                "<a/><!DOCTYPE a>",
                "something after the root element at 1:5",
            ),
            (
                "<!DOCTYPE><a/>",
                "ill-formed document: `<!DOCTYPE>` declaration does not contain a name of a document type at 1:10",
            ),
            ("<!DOCTYPE a PUBLIC 'x'><a/>", "identifier expected at 1:1"),
            ("<!DOCTYPE a SYSTEM x><a/>", "identifier expected at 1:1"),
            (
                "<!DOCTYPE a SYSTEM 'x><a/>",
                "syntax error: DOCTYPE not closed: `>` not found before end of input at 1:1",
            ),
            (
                "<!DOCTYPE a x><a/>",
                "end of the document type expected at 1:1",
            ),
            ("<!doctype a><a/>", "unknown markup at 1:1"),
            (
                "<?x <a/>",
                "syntax error: processing instruction not closed: `?>` not found before end of input at 1:1",
            ),
            ("<?x!?><a/>", "name expected at 1:1"),
            (
                "<a>\u{ffff}</a>",
                "a character that XML does not allow at 1:4",
            ),
            (
                "<a><!-- x -- y --></a>",
                "ill-formed document: forbidden string `--` was found in a comment at 1:11",
            ),
            (
                "<a><!-- x --->/a>",
                "ill-formed document: forbidden string `--` was found in a comment at 1:11",
            ),
            (
                "<a><!-- x</a>",
                "syntax error: comment not closed: `-->` not found before end of input at 1:4",
            ),
            (
                "<a><![CDATA[x</a>",
                "syntax error: CDATA not closed: `]]>` not found before end of input at 1:4",
            ),
            (
                "<a><!x></a>",
                "syntax error: unknown or missed symbol in markup at 1:4",
            ),
            ("<![CDATA[x]]><a/>", "unknown markup at 1:1"),
            ("<a/><b/>", "something after the root element at 1:5"),
            ("<1/>", "name expected at 1:1"),
            ("< a/>", "name expected at 1:1"),
            ("<?xml encoding='x'?><a/>", "version expected at 1:1"),
            (
                "<?xml version='1.0'encoding='x'?><a/>",
                "blank or end of the tag expected at 1:1",
            ),
        ] {
            assert_eq!(
                shown(text).map_err(|error| error.to_string()),
                Err(place.to_owned())
            );
        }
    }

    #[test]
    fn what_providers_never_write_is_refused_by_name() {
        for text in [
            "<a><?x?></a>",
            "<a/><?x?>",
            "<?xml\tversion='1.0'?><a/>",
            "<!-- x --><?xml version='1.0'?><a/>",
            "<?XML x?><a/>",
        ] {
            assert_eq!(
                shown(text),
                Err(Error::Forbidden("processing instruction")),
                "{text}"
            );
        }
        for text in [
            "<!DOCTYPE a []><a/>",
            "<!DOCTYPE a SYSTEM 'x' [<!ENTITY b 'c'>]><a/>",
        ] {
            assert_eq!(shown(text), Err(Error::Forbidden("DOCTYPE [")), "{text}");
        }
        for text in [
            "<x:a/>",
            "<a xml:lang='it'/>",
            "<a xmlns='urn:x'/>",
            "<a xmlns:x=''/>",
        ] {
            assert_eq!(shown(text), Err(Error::Forbidden("namespace")), "{text}");
        }
    }

    #[test]
    fn what_says_nothing_before_the_root_is_passed_over_and_told() {
        let oddities = |text| Document::parse(text, 1_000).unwrap().oddities();
        let none = Oddities::default();
        assert_eq!(oddities("<?xml version='1.0'?><!-- x --><a/>"), none);
        let types = [
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a ><a/>",
            "<!-- x --><!DOCTYPE a SYSTEM \"x>[\"><a/>",
            "<!DOCTYPE\na PUBLIC 'x y' 'https://dtd.example/x.dtd' ><!-- x --><a/>",
        ];
        for text in types {
            assert_eq!(shown(text).as_deref(), Ok("(a)"), "{text}");
            let document_type = true;
            assert_eq!(
                oddities(text),
                Oddities {
                    document_type,
                    ..none
                }
            );
        }
        for text in ["<?x?><a/>", "<!-- x --><?x-y <a> & > ? >?><?z ?><a/>"] {
            assert_eq!(shown(text).as_deref(), Ok("(a)"), "{text}");
            let instructions = true;
            assert_eq!(
                oddities(text),
                Oddities {
                    instructions,
                    ..none
                }
            );
        }
    }

    #[test]
    fn control_characters_in_texts_and_values_are_mended_and_told() {
        for (text, tree) in [
            ("<a>l\u{12}x</a>", "(a\"l\u{fffd}x\")"),
            (
                "<a>&#18;&#x16;\u{7f}&#x7F;</a>",
                "(a\"\u{fffd}\u{fffd}\u{fffd}\u{fffd}\")",
            ),
            ("<a>\t\u{1f}\n</a>", "(a\"\\t\u{fffd}\\n\")"),
            ("<a><![CDATA[\u{1}]]></a>", "(a\"\u{fffd}\")"),
            ("<a b='\u{1}&#2;'/>", "(a b=\"\u{fffd}\u{fffd}\")"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(tree), "{text:?}");
            let document = Document::parse(text, 1_000).unwrap();
            assert!(document.oddities().control_characters, "{text:?}");
        }
        let usual = Document::parse("<a b='\t'>&#9;&#xfffd;\r\n</a>", 9).unwrap();
        assert_eq!(usual.oddities(), Oddities::default());
    }

    #[test]
    fn depth_and_number_are_no_danger() {
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        assert_eq!(Document::parse(&deep, 100_000).unwrap().root().name(), "a");
        assert_eq!(shown(&deep), Err(Error::TooManyNodes));
    }
}
