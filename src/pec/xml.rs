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
//! Everything is borrowed from the text that needs no change, and no depth of elements costs
//! stack. `roxmltree` and `quick-xml` are the witnesses in the tests and for the fuzzer: what is
//! accepted here they accept too, with the same tree, once such characters are U+FFFD.
//!
//! What a package in its place would cost a small receipt (`cargo bench --bench verify -- small`): 1.09
//! of the time with `roxmltree` 0.21; 1.09 with `quick-xml` 0.42, a tree made of its events and the
//! rules of XML that it leaves to its caller.

use std::borrow::Cow;
use std::ops::Range;

/// Why a text is no document that is taken here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not well-formed; lines and columns count from 1.
    #[error("{what} at {line}:{column}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
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
    root: usize,
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
        let mut reader = Reader::new(text, most);
        reader.check_characters()?;
        reader.pass_declaration()?;
        reader.pass_prolog()?;
        reader.document.root = reader.document.nodes.len();
        reader.read_root()?;
        reader.pass_comments()?;
        if reader.at < text.len() {
            return Err(reader.fault("something after the root element"));
        }
        Ok(reader.document)
    }

    /// What was passed over or mended.
    pub fn oddities(&self) -> Oddities {
        self.oddities
    }

    /// The one element that holds all others.
    pub fn root(&self) -> Element<'_, 'a> {
        let name = match &self.nodes[self.root].kind {
            Kind::Element { name, .. } => name,
            Kind::Text(_) | Kind::Comment => unreachable!("the root was read as an element"),
        };
        Element {
            document: self,
            at: self.root,
            name,
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
    at: usize,
    document: Document<'a>,
    /// The elements that are not closed yet: their nodes and names.
    open: Vec<(usize, &'a str)>,
    most: usize,
    /// Nothing that is changed in texts (`\r`, control characters) or can be forbidden there
    /// (`]`) is anywhere.
    is_usual: bool,
    /// There are control characters, which may stand in texts and values only.
    has_controls: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, most: usize) -> Self {
        Self {
            text,
            at: 0,
            document: Document {
                nodes: Vec::with_capacity((text.len() / OCTETS_PER_NODE).min(ROOM)),
                attributes: Vec::with_capacity(8),
                root: 0,
                oddities: Oddities::default(),
            },
            open: Vec::with_capacity(8),
            most,
            is_usual: false,
            has_controls: false,
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The octets not read yet.
    fn octets(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn fault(&self, what: &'static str) -> Error {
        self.fault_at(what, self.at)
    }

    fn fault_at(&self, what: &'static str, at: usize) -> Error {
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Error::Malformed {
            what,
            line: before.bytes().filter(|&octet| octet == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
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
        for &octet in self.octets() {
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

    /// No control character in a place where it is neither text nor value.
    fn check_no_controls(&self, place: Range<usize>) -> Result<(), Error> {
        match self.has_controls {
            true => self.check_allowed(|c| !is_control(c), place),
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

    /// Section 2.8: `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`. The values are
    /// not looked at; the encoding is the caller's matter. With another blank than a space after
    /// `xml` it counts as a processing instruction, as readers differ about it.
    fn pass_declaration(&mut self) -> Result<(), Error> {
        if !self.rest().starts_with("<?xml ") {
            return Ok(());
        }
        let start = self.at;
        self.at += "<?xml".len();
        for (name, required) in [
            ("version", true),
            ("encoding", false),
            ("standalone", false),
        ] {
            let before = self.at;
            let blanks = self.pass_blanks();
            if blanks > 0 && self.rest().starts_with(name) {
                self.at += name.len();
                self.attribute_value()?;
            } else if required {
                return Err(self.fault("version expected"));
            } else {
                self.at = before;
            }
        }
        self.pass_blanks();
        self.pass("?>", "end of the declaration expected")?;
        self.check_no_controls(start..self.at)
    }

    /// Section 2.8: what may stand between the declaration and the root element.
    fn pass_prolog(&mut self) -> Result<(), Error> {
        loop {
            self.pass_blanks();
            let rest = self.rest();
            if rest.starts_with("<?") {
                self.pass_instruction()?;
            } else if rest.starts_with("<!DOCTYPE") {
                self.pass_document_type()?;
            } else if rest.starts_with("<!") {
                self.read_marked()?;
            } else {
                return Ok(());
            }
        }
    }

    /// Section 2.6: `<?target what it is told?>`, whose target is not `xml` in any case.
    fn pass_instruction(&mut self) -> Result<(), Error> {
        let start = self.at;
        self.at += "<?".len();
        let target = self.name()?;
        if target.eq_ignore_ascii_case("xml") {
            return Err(Error::Forbidden("processing instruction"));
        }
        let rest = self.rest();
        let length = rest
            .find("?>")
            .ok_or_else(|| self.fault("processing instruction without an end"))?;
        if length > 0 && self.pass_blanks() == 0 {
            return Err(self.fault("blank or end of the instruction expected"));
        }
        self.at = self.text.len() - rest.len() + length + "?>".len();
        self.document.oddities.instructions = true;
        self.check_no_controls(start..self.at)
    }

    /// Section 2.8 and rule 75: `<!DOCTYPE name PUBLIC "identifier" "address">`, once, or with
    /// less after the name. Nothing is fetched, and nothing may be declared.
    fn pass_document_type(&mut self) -> Result<(), Error> {
        let start = self.at;
        if self.document.oddities.document_type {
            return Err(self.fault("second document type"));
        }
        self.at += "<!DOCTYPE".len();
        self.expect_blanks()?;
        self.name()?;
        let blanks = self.pass_blanks();
        let literals = match self.octets() {
            [b'P', b'U', b'B', b'L', b'I', b'C', ..] if blanks > 0 => 2,
            [b'S', b'Y', b'S', b'T', b'E', b'M', ..] if blanks > 0 => 1,
            _ => 0,
        };
        if literals > 0 {
            self.at += "PUBLIC".len();
        }
        for _ in 0..literals {
            self.expect_blanks()?;
            self.pass_literal()?;
        }
        self.pass_blanks();
        if self.octets().first() == Some(&b'[') {
            return Err(Error::Forbidden("DOCTYPE ["));
        }
        self.pass(">", "end of the document type expected")?;
        self.document.oddities.document_type = true;
        self.check_no_controls(start..self.at)
    }

    fn expect_blanks(&mut self) -> Result<(), Error> {
        match self.pass_blanks() {
            0 => Err(self.fault("blank expected")),
            _ => Ok(()),
        }
    }

    /// Text between two quotes of one kind; references in it are none.
    fn pass_literal(&mut self) -> Result<(), Error> {
        let quote = match self.octets() {
            [quote @ (b'"' | b'\''), ..] => *quote,
            _ => return Err(self.fault("quote expected")),
        };
        let inside = &self.octets()[1..];
        let length =
            memchr::memchr(quote, inside).ok_or_else(|| self.fault("value without an end"))?;
        self.at += length + 2;
        Ok(())
    }

    /// Blanks and comments after the root element.
    fn pass_comments(&mut self) -> Result<(), Error> {
        loop {
            self.pass_blanks();
            match self.octets() {
                [b'<', b'!', ..] => self.read_marked()?,
                [b'<', b'?', ..] => return Err(Error::Forbidden("processing instruction")),
                _ => return Ok(()),
            }
        }
    }

    /// The root element with all in it.
    fn read_root(&mut self) -> Result<(), Error> {
        if self.octets().first() != Some(&b'<') {
            return Err(self.fault("root element expected"));
        }
        self.read_start_tag()?;
        while !self.open.is_empty() {
            match self.octets() {
                [b'<', b'/', ..] => self.read_end_tag()?,
                [b'<', b'!', ..] => self.read_marked()?,
                [b'<', b'?', ..] => return Err(Error::Forbidden("processing instruction")),
                [b'<', ..] => self.read_start_tag()?,
                [] => return Err(self.fault("end tag expected")),
                _ => self.read_text()?,
            }
        }
        Ok(())
    }

    fn add(&mut self, kind: Kind<'a>) -> Result<(), Error> {
        let end = self.document.nodes.len() + 1;
        if end > self.most {
            return Err(Error::TooManyNodes);
        }
        self.document.nodes.push(Node { kind, end });
        Ok(())
    }

    /// Section 3.1: `<name attribute="value">` or `<name attribute="value"/>`.
    fn read_start_tag(&mut self) -> Result<(), Error> {
        self.at += 1;
        let name = self.name()?;
        let first = self.document.attributes.len();
        let is_empty = loop {
            let blanks = self.pass_blanks();
            match self.octets() {
                [b'>', ..] => {
                    self.at += 1;
                    break false;
                }
                [b'/', b'>', ..] => {
                    self.at += 2;
                    break true;
                }
                _ if blanks == 0 => return Err(self.fault("blank or end of the tag expected")),
                _ => self.read_attribute(first)?,
            }
        };
        if !is_empty {
            self.open.push((self.document.nodes.len(), name));
        }
        let attributes = first..self.document.attributes.len();
        self.add(Kind::Element { name, attributes })
    }

    /// One attribute of the element whose attributes begin at `first`.
    fn read_attribute(&mut self, first: usize) -> Result<(), Error> {
        let start = self.at;
        let name = self.name()?;
        if name == "xmlns" {
            return Err(Error::Forbidden("namespace"));
        }
        let value = self.attribute_value()?;
        let so_far = &self.document.attributes[first..];
        if so_far.iter().any(|(other, _)| *other == name) {
            return Err(self.fault_at("attribute stands twice", start));
        }
        self.document.attributes.push((name, value));
        Ok(())
    }

    /// `="value"` or `='value'`, blanks around the sign allowed.
    fn attribute_value(&mut self) -> Result<Cow<'a, str>, Error> {
        self.pass_blanks();
        self.pass("=", "equals sign expected")?;
        self.pass_blanks();
        let quote = match self.octets() {
            [quote @ (b'"' | b'\''), ..] => *quote,
            _ => return Err(self.fault("quote expected")),
        };
        self.at += 1;
        let start = self.at;
        let length = memchr::memchr2(quote, b'<', self.octets())
            .ok_or_else(|| self.fault("value without an end"))?;
        let value = &self.text[start..start + length];
        self.at += length;
        if self.octets()[0] != quote {
            return Err(self.fault("unescaped < in a value"));
        }
        self.at += 1;
        if value
            .bytes()
            .any(|octet| octet == b'&' || octet < 0x20 || octet == 0x7f)
        {
            self.expanded(value, start, Blanks::Spaces).map(Cow::Owned)
        } else {
            Ok(Cow::Borrowed(value))
        }
    }

    /// Section 3.1: `</name>`, of the element opened last.
    fn read_end_tag(&mut self) -> Result<(), Error> {
        let (node, name) = self.open.pop().expect("asked for inside an element only");
        self.at += "</".len();
        self.pass(name, "end tag of another element")?;
        // Where the name goes on it is another, and no end of the tag.
        self.pass_blanks();
        self.pass(">", "end of the tag expected")?;
        self.document.nodes[node].end = self.document.nodes.len();
        Ok(())
    }

    /// Text up to the next tag or the end.
    fn read_text(&mut self) -> Result<(), Error> {
        let start = self.at;
        let octets = self.octets();
        // Nearly all texts stay as they are.
        if let (Some(length), true) = (memchr::memchr2(b'<', b'&', octets), self.is_usual)
            && octets[length] == b'<'
        {
            self.at += length;
            return self.add(Kind::Text(Cow::Borrowed(&self.text[start..self.at])));
        }
        self.at += memchr::memchr(b'<', octets).unwrap_or(octets.len());
        let text = &self.text[start..self.at];
        if let Some(at) = text.find("]]>") {
            return Err(self.fault_at("]]> in a text", start + at));
        }
        let text = self.expanded(text, start, Blanks::Kept)?;
        self.add(Kind::Text(Cow::Owned(text)))
    }

    /// A comment, or a CDATA section inside an element (sections 2.5 and 2.7).
    fn read_marked(&mut self) -> Result<(), Error> {
        const COMMENT: &str = "<!--";
        const CDATA: &str = "<![CDATA[";
        let rest = self.rest();
        if let Some(inside) = rest.strip_prefix(COMMENT) {
            // Two dashes end it, and nothing but `>` may follow them.
            let length = inside
                .find("--")
                .ok_or_else(|| self.fault("comment without an end"))?;
            let start = self.at;
            self.at += COMMENT.len() + length;
            self.pass("-->", "-- in a comment")?;
            self.check_no_controls(start..self.at)?;
            self.add(Kind::Comment)
        } else if let (Some(inside), false) = (rest.strip_prefix(CDATA), self.open.is_empty()) {
            let length = inside
                .find("]]>")
                .ok_or_else(|| self.fault("CDATA without an end"))?;
            self.at += CDATA.len() + length + "]]>".len();
            // Section 2.11: CRLF and CR alone mean LF.
            let mut text = inside[..length].replace("\r\n", "\n").replace('\r', "\n");
            if self.has_controls && text.contains(is_control) {
                text = text.replace(is_control, "\u{fffd}");
                self.document.oddities.control_characters = true;
            }
            self.add(Kind::Text(Cow::Owned(text)))
        } else {
            Err(self.fault("unknown markup"))
        }
    }

    /// Text or value with line ends as XML wants them and references resolved (sections 2.11,
    /// 3.3.3 and 4.1), control characters as U+FFFD. `start` is its place, for faults.
    fn expanded(&mut self, text: &str, start: usize, blanks: Blanks) -> Result<String, Error> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let is_special = |c: char| matches!(c, '&' | '\r' | '\n' | '\t') || is_control(c);
        let (line_end, tab) = match blanks {
            Blanks::Kept => ('\n', '\t'),
            Blanks::Spaces => (' ', ' '),
        };
        while let Some(at) = rest.find(is_special) {
            out.push_str(&rest[..at]);
            let special = &rest[at..];
            let place = start + text.len() - special.len();
            let (c, length) = match special.as_bytes()[0] {
                b'&' => reference(special)
                    .ok_or_else(|| self.fault_at("unknown or malformed reference", place))?,
                b'\r' if special.starts_with("\r\n") => (line_end, 2),
                b'\r' | b'\n' => (line_end, 1),
                b'\t' => (tab, 1),
                control => (char::from(control), 1),
            };
            let is_mended = is_control(c);
            self.document.oddities.control_characters |= is_mended;
            out.push(if is_mended { '\u{fffd}' } else { c });
            rest = &special[length..];
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Section 2.3: a name; without a colon, which makes it one of a namespace.
    fn name(&mut self) -> Result<&'a str, Error> {
        let octets = self.octets();
        let mut length = octets
            .iter()
            .take_while(|&&octet| NAME_OCTETS[usize::from(octet)])
            .count();
        if octets.get(length).is_some_and(|octet| !octet.is_ascii()) {
            let rest = self.rest();
            length = rest.find(|c| !is_name_character(c)).unwrap_or(rest.len());
        }
        if octets.get(length) == Some(&b':') {
            return Err(Error::Forbidden("namespace"));
        }
        let name = &self.text[self.at..self.at + length];
        let starts = match octets.first() {
            Some(first) if first.is_ascii_alphabetic() => length > 0,
            _ => name.starts_with(is_name_start),
        };
        if !starts {
            return Err(self.fault("name expected"));
        }
        self.at += length;
        Ok(name)
    }

    /// Passes blanks; gives how many.
    fn pass_blanks(&mut self) -> usize {
        let blank = |octet: &&u8| matches!(octet, b' ' | b'\t' | b'\r' | b'\n');
        let count = self.octets().iter().take_while(blank).count();
        self.at += count;
        count
    }

    fn pass(&mut self, wanted: &str, what: &'static str) -> Result<(), Error> {
        if !self.rest().starts_with(wanted) {
            return Err(self.fault(what));
        }
        self.at += wanted.len();
        Ok(())
    }
}

/// What becomes of tabs and line ends.
#[derive(Clone, Copy)]
enum Blanks {
    /// In texts every line end is one LF.
    Kept,
    /// In values each is a space.
    Spaces,
}

/// The character that a reference at the beginning of `text` means, and its length. Without a
/// document type there are the five of section 4.6, and numbers.
fn reference(text: &str) -> Option<(char, usize)> {
    let (name, _) = text.strip_prefix('&')?.split_once(';')?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => numbered(name.strip_prefix('#')?)?,
    };
    Some((c, name.len() + "&;".len()))
}

/// The character of a number, `233` or `xE9`.
fn numbered(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // The sign that `from_str_radix` takes is none of XML's.
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(digits, radix).ok()?;
    char::from_u32(code).filter(|&c| is_character(c) || is_control(c))
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
            ("<a>\n  <b></a>", "end tag of another element at 2:8"),
            ("<a></ab>", "end of the tag expected at 1:7"),
            ("<a></b>", "end tag of another element at 1:6"),
            ("<a>", "end tag expected at 1:4"),
            ("<a", "blank or end of the tag expected at 1:3"),
            ("<a b='1'c='2'/>", "blank or end of the tag expected at 1:9"),
            ("<a b='1' b='2'/>", "attribute stands twice at 1:10"),
            ("<a b=1/>", "quote expected at 1:6"),
            ("<a b/>", "equals sign expected at 1:5"),
            ("<a b='<'/>", "unescaped < in a value at 1:7"),
            ("<a b='1/>", "value without an end at 1:7"),
            ("<a>è&nbsp;</a>", "unknown or malformed reference at 1:5"),
            ("<a>& </a>", "unknown or malformed reference at 1:4"),
            ("<a>&#0;</a>", "unknown or malformed reference at 1:4"),
            ("<a>&#+65;</a>", "unknown or malformed reference at 1:4"),
            ("<a>&#xD800;</a>", "unknown or malformed reference at 1:4"),
            ("<a>]]></a>", "]]> in a text at 1:4"),
            ("<a>\0</a>", "a character that XML does not allow at 1:4"),
            ("<a\u{7}/>", "blank or end of the tag expected at 1:3"),
            ("<a>x</a\u{7}>", "end of the tag expected at 1:8"),
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
            ("<a/><!DOCTYPE a>", "unknown markup at 1:5"),
            ("<!DOCTYPE><a/>", "blank expected at 1:10"),
            ("<!DOCTYPE a PUBLIC 'x'><a/>", "blank expected at 1:23"),
            ("<!DOCTYPE a SYSTEM x><a/>", "quote expected at 1:20"),
            ("<!DOCTYPE a SYSTEM 'x><a/>", "value without an end at 1:20"),
            (
                "<!DOCTYPE a x><a/>",
                "end of the document type expected at 1:13",
            ),
            ("<!doctype a><a/>", "unknown markup at 1:1"),
            ("<?x <a/>", "processing instruction without an end at 1:4"),
            (
                "<?x!?><a/>",
                "blank or end of the instruction expected at 1:4",
            ),
            (
                "<a>\u{ffff}</a>",
                "a character that XML does not allow at 1:4",
            ),
            ("<a><!-- x -- y --></a>", "-- in a comment at 1:11"),
            ("<a><!-- x --->/a>", "-- in a comment at 1:11"),
            ("<a><!-- x</a>", "comment without an end at 1:4"),
            ("<a><![CDATA[x</a>", "CDATA without an end at 1:4"),
            ("<a><!x></a>", "unknown markup at 1:4"),
            ("<![CDATA[x]]><a/>", "unknown markup at 1:1"),
            ("<a/><b/>", "something after the root element at 1:5"),
            ("<1/>", "name expected at 1:2"),
            ("< a/>", "name expected at 1:2"),
            ("<?xml encoding='x'?><a/>", "version expected at 1:7"),
            (
                "<?xml version='1.0'encoding='x'?><a/>",
                "end of the declaration expected at 1:20",
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
