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
//! `quick-xml` reads; here are the rules that it leaves to its caller: characters and names, what
//! stands where, blanks between attributes. Texts, references and tags, of which there is little
//! else, are cut here with its parser of tags, since its reader looks at the encoding of each again.
//! No tree is made: what comes is handed on, borrowed from the text where it needs no change, and
//! no depth of elements costs stack. `roxmltree` is the witness in the tests and for the fuzzer: what
//! is accepted here it accepts too, with the same tree, once such characters are U+FFFD.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::XmlVersion;
use quick_xml::errors::IllFormedError;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::attributes::{Attribute, Attributes};
use quick_xml::events::{BytesRef, BytesText, Event};
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

/// What comes next in a document. Blanks around the root element are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// An element of this name begins; [`Reader::attributes`] has its attributes until the next
    /// item is asked for. One without content ends with the next item.
    Start(&'a str),
    /// The element that began last and has not ended ends.
    End,
    /// A piece of text; one text can come in several pieces, one after the other.
    Text(Cow<'a, str>),
    /// A piece of text that a reference stands for.
    Character(char),
    /// A comment.
    Comment,
}

/// What is written next, before it is looked at whether it may stand there.
enum Token<'a> {
    /// What is between the signs of a tag, and octets of the name in it.
    StartTag {
        inside: &'a str,
        name: usize,
        is_empty: bool,
    },
    EndTag,
    Text(&'a str),
    /// What is between `&` and `;`.
    Reference(&'a str),
    CharacterData(Cow<'a, str>),
    Comment,
    Declaration,
    Instruction,
    DocumentType,
}

/// Reads a document from its beginning to its end.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a str,
    /// Where the token that is looked at begins.
    start: usize,
    /// And where it ends.
    end: usize,
    /// Of the element that began last.
    attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// Names of the elements that have not ended.
    open: Vec<&'a str>,
    /// The root element has begun.
    has_root: bool,
    /// The element that began last was written as one tag.
    is_empty: bool,
    /// Elements, texts and comments so far, and how many there may be.
    nodes: usize,
    most: usize,
    oddities: Oddities,
    /// Nothing that is changed in texts (`\r`, control characters) or can be forbidden there (`]`)
    /// is anywhere.
    is_usual: bool,
    /// There are control characters, which may stand in texts and values only.
    has_controls: bool,
    /// The last item is a piece of a text that may go on.
    continues: bool,
}

impl<'a> Reader<'a> {
    /// A reader of a document of at most `most` elements, texts and comments, without a byte order
    /// mark.
    ///
    /// # Errors
    /// For a character that XML does not allow.
    pub fn new(text: &'a str, most: usize) -> Result<Self, Error> {
        let mut reader = Self {
            text,
            start: 0,
            end: 0,
            attributes: Vec::new(),
            open: Vec::with_capacity(8),
            has_root: false,
            is_empty: false,
            nodes: 0,
            most,
            oddities: Oddities::default(),
            is_usual: false,
            has_controls: false,
            continues: false,
        };
        reader.check_characters()?;
        Ok(reader)
    }

    /// All attributes of the element that began last, names and values, in their order.
    pub fn attributes(&self) -> &[(&'a str, Cow<'a, str>)] {
        &self.attributes
    }

    /// The value of its attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| &**value)
    }

    /// Reads what is left: only then is it known to be a document. Gives what was passed over or
    /// mended.
    ///
    /// # Errors
    /// The first fault in it.
    pub fn finish(&mut self) -> Result<Oddities, Error> {
        while self.read()?.is_some() {}
        Ok(self.oddities)
    }

    /// What comes next; `None` at the end.
    ///
    /// # Errors
    /// The first fault. Nothing is to be read behind it.
    // This and what nearly every item passes through is inlined: to hand items over in memory took
    // as long as finding them.
    #[inline(always)]
    pub fn read(&mut self) -> Result<Option<Item<'a>>, Error> {
        if self.is_empty {
            self.is_empty = false;
            return Ok(Some(self.end_element()));
        }
        loop {
            self.start = self.end;
            let Some(token) = self.token()? else {
                return self.check_end().map(|()| None);
            };
            let item = match self.open.is_empty() {
                false => Some(self.take_inside(token)?),
                true if self.has_root => self.take_after(token)?,
                true => self.take_before(token)?,
            };
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    fn check_end(&self) -> Result<(), Error> {
        match (self.has_root, self.open.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => Err(self.fault("end tag expected")),
            (false, _) => Err(self.fault("root element expected")),
        }
    }

    #[inline(always)]
    fn token(&mut self) -> Result<Option<Token<'a>>, Error> {
        let token = match &self.text.as_bytes()[self.start..] {
            [] => return Ok(None),
            [b'<', b'/', ..] => self.end_tag()?,
            [b'<', b'!', ..] => self.other_token()?,
            [b'<', b'?', ..] => match self.instruction() {
                Some(instruction) => instruction,
                None => self.other_token()?,
            },
            [b'<', ..] => self.start_tag()?,
            [b'&', ..] => self.reference()?,
            text => {
                let length = memchr::memchr2(b'<', b'&', text).unwrap_or(text.len());
                self.end = self.start + length;
                Token::Text(self.raw())
            }
        };
        Ok(Some(token))
    }

    /// `&name;`
    fn reference(&mut self) -> Result<Token<'a>, Error> {
        let name = &self.text[self.start + "&".len()..];
        let end = memchr::memchr3(b';', b'&', b'<', name.as_bytes());
        let Some(end) = end.filter(|&end| name.as_bytes()[end] == b';') else {
            return Err(self.refusal(&IllFormedError::UnclosedReference.into(), self.start));
        };
        self.end = self.start + "&".len() + end + ";".len();
        Ok(Token::Reference(&name[..end]))
    }

    /// `<?target what it is told?>`; `None` where it may be a declaration, or is not closed.
    fn instruction(&mut self) -> Option<Token<'a>> {
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
        Some(Token::Instruction)
    }

    /// What is neither text, reference, tag nor plain instruction.
    fn other_token(&mut self) -> Result<Token<'a>, Error> {
        let mut events = quick_xml::Reader::from_str(&self.text[self.start..]);
        events.config_mut().check_comments = true;
        let event = events.read_event().map_err(|error| {
            let at = self.start + events.error_position() as usize;
            self.refusal(&error, at)
        })?;
        self.end = self.start + events.buffer_position() as usize;
        match event {
            Event::Decl(_) => Ok(Token::Declaration),
            Event::PI(_) => Ok(Token::Instruction),
            Event::DocType(_) => Ok(Token::DocumentType),
            Event::Comment(_) => Ok(Token::Comment),
            Event::CData(text) => Ok(Token::CharacterData(text.xml10_content())),
            Event::Start(_)
            | Event::Empty(_)
            | Event::End(_)
            | Event::Text(_)
            | Event::GeneralRef(_)
            | Event::Eof => Err(self.fault("unknown markup")),
        }
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

    #[inline(always)]
    fn start_tag(&mut self) -> Result<Token<'a>, Error> {
        let rest = &self.text[self.start + "<".len()..];
        let is_name = |octet: &u8| NAME_OCTETS[usize::from(*octet)];
        let name = rest.bytes().take_while(is_name).count();
        // Most have no attributes.
        if rest.as_bytes().get(name) == Some(&b'>') {
            self.end = self.start + "<".len() + name + ">".len();
            return Ok(Token::StartTag {
                inside: &rest[..name],
                name,
                is_empty: false,
            });
        }
        self.pass_tag()?;
        let raw = &self.raw()["<".len()..];
        let (inside, is_empty) = match raw.strip_suffix("/>") {
            Some(inside) => (inside, true),
            None => (&raw[..raw.len() - ">".len()], false),
        };
        let name = inside.bytes().position(is_blank).unwrap_or(inside.len());
        Ok(Token::StartTag {
            inside,
            name,
            is_empty,
        })
    }

    /// The end tag of the element that was opened last.
    #[inline(always)]
    fn end_tag(&mut self) -> Result<Token<'a>, Error> {
        let expected = self.open.last().copied();
        let rest = &self.text[self.start + "</".len()..];
        // Nearly all have no blank behind the name, and that is known.
        if let Some(name) = expected
            && let Some(b'>') = rest.strip_prefix(name).and_then(|rest| rest.bytes().next())
        {
            self.end = self.start + "</".len() + name.len() + ">".len();
            return Ok(Token::EndTag);
        }
        self.pass_tag()?;
        let raw = self.raw();
        let inside = &raw["</".len()..raw.len() - ">".len()];
        let name = inside.trim_end_matches(BLANKS);
        let found = (if name.is_empty() { inside } else { name }).to_owned();
        let fault = match expected {
            Some(expected) if expected == name => return Ok(Token::EndTag),
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
    fn take_before(&mut self, token: Token<'a>) -> Result<Option<Item<'a>>, Error> {
        match token {
            Token::StartTag {
                inside,
                name,
                is_empty,
            } => {
                self.has_root = true;
                self.start_element(inside, name, is_empty).map(Some)
            }
            Token::Declaration => self.pass_declaration().map(|()| None),
            Token::Instruction => self.pass_instruction().map(|()| None),
            Token::DocumentType => self.pass_document_type().map(|()| None),
            Token::Comment => self.take_comment().map(Some),
            Token::Text(text) if text.bytes().all(is_blank) => Ok(None),
            Token::Text(_) | Token::Reference(_) => Err(self.fault("root element expected")),
            Token::CharacterData(_) | Token::EndTag => Err(self.fault("unknown markup")),
        }
    }

    /// Blanks and comments after the root element.
    fn take_after(&mut self, token: Token<'a>) -> Result<Option<Item<'a>>, Error> {
        match token {
            Token::Comment => self.take_comment().map(Some),
            Token::Text(text) if text.bytes().all(is_blank) => Ok(None),
            Token::Instruction | Token::Declaration => {
                Err(Error::Forbidden("processing instruction"))
            }
            Token::StartTag { .. }
            | Token::EndTag
            | Token::Text(_)
            | Token::Reference(_)
            | Token::CharacterData(_)
            | Token::DocumentType => Err(self.fault("something after the root element")),
        }
    }

    /// What stands in the root element.
    #[inline(always)]
    fn take_inside(&mut self, token: Token<'a>) -> Result<Item<'a>, Error> {
        match token {
            Token::StartTag {
                inside,
                name,
                is_empty,
            } => self.start_element(inside, name, is_empty),
            // That it is the one opened last was looked at.
            Token::EndTag => Ok(self.end_element()),
            // Nearly all texts stay as they are.
            Token::Text(text) if self.is_usual => {
                self.count_text()?;
                Ok(Item::Text(Cow::Borrowed(text)))
            }
            Token::Text(text) => {
                if let Some(at) = memchr::memmem::find(text.as_bytes(), b"]]>") {
                    return Err(self.fault_at("]]> in a text", self.start + at));
                }
                let text = self.mended(BytesText::from_escaped(text).xml10_content());
                self.count_text()?;
                Ok(Item::Text(text))
            }
            Token::Reference(name) => {
                let reference = BytesRef::new(name);
                let c = match reference.resolve_char_ref() {
                    Ok(None) => resolve_xml_entity(name).and_then(|text| text.chars().next()),
                    Ok(Some(c)) if is_character(c) || is_control(c) => Some(c),
                    Ok(Some(_)) | Err(_) => None,
                };
                let c = c.ok_or_else(|| self.fault("unknown or malformed reference"))?;
                let is_mended = is_control(c);
                self.oddities.control_characters |= is_mended;
                self.count_text()?;
                Ok(Item::Character(if is_mended { '\u{fffd}' } else { c }))
            }
            Token::CharacterData(text) => {
                let text = self.mended(text);
                self.count()?;
                Ok(Item::Text(text))
            }
            Token::Comment => self.take_comment(),
            Token::Instruction | Token::Declaration => {
                Err(Error::Forbidden("processing instruction"))
            }
            Token::DocumentType => Err(self.fault("unknown markup")),
        }
    }

    /// Control characters as U+FFFD.
    fn mended(&mut self, text: Cow<'a, str>) -> Cow<'a, str> {
        if !self.has_controls || !text.contains(is_control) {
            return text;
        }
        self.oddities.control_characters = true;
        Cow::Owned(text.replace(is_control, "\u{fffd}"))
    }

    #[inline(always)]
    fn count(&mut self) -> Result<(), Error> {
        self.nodes += 1;
        self.continues = false;
        match self.nodes > self.most {
            true => Err(Error::TooManyNodes),
            false => Ok(()),
        }
    }

    /// Text and the references in it count once.
    #[inline(always)]
    fn count_text(&mut self) -> Result<(), Error> {
        if !self.continues {
            self.count()?;
            self.continues = true;
        }
        Ok(())
    }

    fn take_comment(&mut self) -> Result<Item<'a>, Error> {
        self.check_no_controls()?;
        self.count()?;
        Ok(Item::Comment)
    }

    /// Section 3.1: `<name attribute="value">` or `<name attribute="value"/>`.
    #[inline(always)]
    fn start_element(
        &mut self,
        inside: &'a str,
        name_end: usize,
        is_empty: bool,
    ) -> Result<Item<'a>, Error> {
        let name = &inside[..name_end];
        self.check_name(name)?;
        self.attributes.clear();
        self.each_attribute(inside, name_end, |reader, name, value| {
            reader.check_name(name)?;
            if name == "xmlns" {
                return Err(Error::Forbidden("namespace"));
            }
            if reader.attribute(name).is_some() {
                let at = offset(reader.text, name);
                return Err(reader.fault_at("second attribute of one name", at));
            }
            reader.attributes.push((name, value));
            Ok(())
        })?;
        self.open.push(name);
        self.is_empty = is_empty;
        self.count()?;
        Ok(Item::Start(name))
    }

    #[inline(always)]
    fn end_element(&mut self) -> Item<'a> {
        self.open.pop();
        self.continues = false;
        Item::End
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
        // Doubles are looked for below, in the list that is made anyway.
        for attribute in Attributes::new(tag, name_end).with_checks(false) {
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
        self.oddities.control_characters |= is_mended;
        Ok(match is_mended {
            true => value.replace(is_control, "\u{fffd}"),
            false => value.into_owned(),
        })
    }

    /// Section 2.3; without a colon, which makes it a name of a namespace.
    fn check_name(&self, name: &str) -> Result<(), Error> {
        let begins = name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
        // Without branches: a name is seldom anything but usual.
        let is_usual = name.bytes().fold(begins, |usual, octet| {
            usual & NAME_OCTETS[usize::from(octet)]
        });
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
        self.oddities.instructions = true;
        self.check_no_controls()
    }

    /// Section 2.8 and rule 75: `<!DOCTYPE name PUBLIC "identifier" "address">`, once, or with
    /// less after the name. Nothing is fetched, and nothing may be declared.
    fn pass_document_type(&mut self) -> Result<(), Error> {
        if self.oddities.document_type {
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
        self.oddities.document_type = true;
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
        let mut reader = Reader::new(text, 1_000)?;
        let (mut out, mut so_far) = (String::new(), String::new());
        while let Some(item) = reader.read()? {
            match item {
                Item::Text(ref piece) => so_far += piece,
                Item::Character(c) => so_far.push(c),
                Item::Start(_) | Item::End | Item::Comment => {
                    if !so_far.is_empty() {
                        out += &format!("{:?}", std::mem::take(&mut so_far));
                    }
                }
            }
            match item {
                Item::Start(name) => {
                    out += &format!("({name}");
                    for (name, value) in reader.attributes() {
                        out += &format!(" {name}={value:?}");
                    }
                }
                Item::End => out.push(')'),
                // Only those inside the root element.
                Item::Comment if !reader.open.is_empty() => out.push('!'),
                Item::Comment | Item::Text(_) | Item::Character(_) => {}
            }
        }
        Ok(out)
    }

    fn oddities(text: &str) -> Oddities {
        Reader::new(text, 1_000).unwrap().finish().unwrap()
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
            ("<a>x<![CDATA[<&]]>z</a>", "(a\"x<&z\")"),
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
            ("<a b='1' b='2'/>", "second attribute of one name at 1:10"),
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
            assert!(oddities(text).control_characters, "{text:?}");
        }
        let usual = "<a b='\t'>&#9;&#xfffd;\r\n</a>";
        assert_eq!(oddities(usual), Oddities::default());
    }

    #[test]
    fn depth_and_number_are_no_danger() {
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        assert!(Reader::new(&deep, 100_000).unwrap().finish().is_ok());
        assert_eq!(shown(&deep), Err(Error::TooManyNodes));
    }
}
