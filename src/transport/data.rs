//! Data that a server sends untagged (RFC 3501, 7.2 to 7.4): FETCH, LIST, SEARCH.
//!
//! Read as servers write them and not only as the grammar wants it, one response at a time, so
//! that an odd one costs nothing but itself: NIL for a date, sizes over 32 bits, names without
//! quotes or in UTF-8, a blank line after a literal. What an item means for a mailbox is not
//! decided here.

use super::text_of;
use crate::timestamp::Timestamp;

/// Levels of parentheses: BODYSTRUCTURE nests, nothing that is asked for does.
const MAX_DEPTH: usize = 32;

/// One response: its lines, with what was sent as literals beside them.
#[derive(Clone, Debug, Default)]
pub(super) struct Response {
    /// The lines without the octets of literals.
    text: Vec<u8>,
    /// Each literal, and how much of the text comes before it.
    literals: Vec<(usize, Vec<u8>)>,
    /// Parentheses that are open at the end of the text.
    open: usize,
}

impl Response {
    /// Adds a line, or what comes of it after a literal.
    pub fn line(&mut self, line: &[u8]) {
        self.text.extend_from_slice(line);
        let (mut depth, mut quoted) = (self.open, false);
        let mut octets = line.iter();
        while let Some(octet) = octets.next() {
            match octet {
                b'"' => quoted = !quoted,
                b'\\' if quoted => drop(octets.next()),
                b'(' if !quoted => depth += 1,
                b')' if !quoted => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        self.open = depth;
    }

    /// Whether it lacks its end: a server put a line end where there should be none.
    pub fn is_open(&self) -> bool {
        self.open > 0
    }

    /// Adds octets of the literal that the last line announced.
    pub fn literal(&mut self, octets: &[u8]) {
        match self.literals.last_mut() {
            Some((at, literal)) if *at == self.text.len() => literal.extend_from_slice(octets),
            _ => self.literals.push((self.text.len(), octets.to_vec())),
        }
    }

    /// The lines for a note: no literal, nothing long.
    pub fn shown(&self) -> String {
        const SHOWN: usize = 200;
        let text = text_of(&self.text[..self.text.len().min(SHOWN)]);
        text.trim_end().to_owned()
    }
}

/// A response is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// What one FETCH tells of a message; each part only if it was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Item {
    pub uid: Option<u32>,
    /// RFC822.SIZE.
    pub size: Option<u64>,
    /// INTERNALDATE.
    pub date: Option<Timestamp>,
    /// The header, or the fields asked for; not NIL.
    pub header: Option<Vec<u8>>,
    /// `BODY[]`, not NIL.
    pub body: Option<Vec<u8>>,
}

/// A folder as LIST names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// `\Noselect`, without the backslash, as it was written.
    pub marks: Vec<String>,
    pub separator: Option<String>,
    /// As the server writes it, quoting undone.
    pub name: String,
}

/// Reads `* 12 FETCH (…)`.
pub(super) fn fetch(response: Response) -> Result<Item, Malformed> {
    let mut cursor = Reader::new(response);
    cursor.word("*")?;
    cursor.number()?;
    cursor.word("FETCH")?;
    cursor.expect(b'(')?;
    let mut item = Item::default();
    loop {
        cursor.blanks();
        if cursor.take(b')') {
            break;
        }
        let name = cursor.attribute()?;
        cursor.blanks();
        let value = cursor.value(0)?;
        item.learn(&name, value);
    }
    Ok(item)
}

impl Item {
    fn learn(&mut self, name: &str, value: Value) {
        // `BODY[]<0>` is a part of it, and not asked for.
        let header = name.starts_with("BODY[HEADER") || name == "RFC822.HEADER";
        match (name, value) {
            ("UID", Value::Atom(text)) => self.uid = text.parse().ok(),
            ("RFC822.SIZE", Value::Atom(text)) => self.size = text.parse().ok(),
            ("INTERNALDATE", Value::String(text)) => self.date = internal_date(&text_of(&text)),
            ("BODY[]" | "RFC822", Value::String(text)) => self.body = Some(text),
            (_, Value::String(text)) if header => self.header = Some(text),
            _ => {}
        }
    }
}

/// Reads `* LIST (…) "/" name`. What stands unquoted to the end of the line is the name: blanks
/// in it are no reason to leave a folder out.
pub(super) fn list(response: Response) -> Result<Listed, Malformed> {
    let mut cursor = Reader::new(response);
    cursor.word("*")?;
    cursor.word("LIST")?;
    cursor.expect(b'(')?;
    let mut marks = Vec::new();
    loop {
        cursor.blanks();
        if cursor.take(b')') {
            break;
        }
        let mark = cursor.until(|c| matches!(c, b' ' | b')' | b'\r' | b'\n'))?;
        marks.push(mark.trim_start_matches('\\').to_owned());
    }
    cursor.blanks();
    let separator = match cursor.value(0)? {
        Value::String(text) => Some(text_of(&text)).filter(|text| !text.is_empty()),
        Value::Atom(text) if text.eq_ignore_ascii_case("NIL") => None,
        Value::Atom(_) | Value::List => return Err(Malformed),
    };
    cursor.blanks();
    let name = match cursor.peek() {
        Some(b'"' | b'{') => {
            let Value::String(text) = cursor.value(0)? else {
                return Err(Malformed);
            };
            cursor.end()?;
            text_of(&text)
        }
        _ => cursor.rest(),
    };
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Malformed);
    }
    Ok(Listed {
        marks,
        separator,
        name,
    })
}

/// Reads `* SEARCH 2 3 5`.
pub(super) fn search(response: Response) -> Result<Vec<u32>, Malformed> {
    let mut cursor = Reader::new(response);
    cursor.word("*")?;
    cursor.word("SEARCH")?;
    let rest = cursor.rest();
    let words = rest.split_ascii_whitespace();
    // RFC 7162, 3.1.5: `(MODSEQ 9)` may follow.
    let numbers = words.take_while(|word| !word.starts_with('('));
    let numbers: Result<_, _> = numbers.map(str::parse).collect();
    numbers.map_err(|_| Malformed)
}

/// RFC 3501, 9, `date-time`: ` 1-Nov-2026 10:00:00 +0100`.
fn internal_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut words = text.split_ascii_whitespace();
    let mut date = words.next()?.split('-');
    let mut time = words.next()?.split(':');
    let zone = words.next()?;
    let day = date.next()?.parse().ok()?;
    let month = date.next()?;
    let month = MONTHS
        .iter()
        .position(|known| known.eq_ignore_ascii_case(month))?;
    let year = date.next()?.parse().ok()?;
    let mut part = || -> Option<i8> { time.next()?.parse().ok() };
    let (hour, minute, second) = (part()?, part()?, part()?);
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits: i32 = Some(digits).filter(|text| text.len() == 4)?.parse().ok()?;
    let offset = sign * (digits / 100 * 3_600 + digits % 100 * 60);
    let month = i8::try_from(month + 1).ok()?;
    Timestamp::from_civil((year, month, day), (hour, minute, second), offset)
}

/// A value of a FETCH.
enum Value {
    /// A number, NIL, a flag.
    Atom(String),
    /// Quoted or literal.
    String(Vec<u8>),
    /// Something in parentheses, which nobody asked for.
    List,
}

struct Reader {
    response: Response,
    at: usize,
    /// Literals already taken.
    taken: usize,
}

impl Reader {
    fn new(response: Response) -> Self {
        Self {
            response,
            at: 0,
            taken: 0,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.response.text.get(self.at).copied()
    }

    fn take(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, octet: u8) -> Result<(), Malformed> {
        self.blanks();
        match self.take(octet) {
            true => Ok(()),
            false => Err(Malformed),
        }
    }

    /// Blanks, and line ends where there should be none.
    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn until(&mut self, ends: impl Fn(u8) -> bool) -> Result<String, Malformed> {
        let start = self.at;
        while self.peek().is_some_and(|c| !ends(c)) {
            self.at += 1;
        }
        match self.at == start || self.peek().is_none() {
            true => Err(Malformed),
            false => Ok(text_of(&self.response.text[start..self.at])),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Malformed> {
        let found = self.until(|c| matches!(c, b' ' | b'\r' | b'\n' | b'('))?;
        self.blanks();
        match found.eq_ignore_ascii_case(word) {
            true => Ok(()),
            false => Err(Malformed),
        }
    }

    fn number(&mut self) -> Result<(), Malformed> {
        let word = self.until(|c| c == b' ')?;
        self.blanks();
        match word.parse::<u32>() {
            Ok(_) => Ok(()),
            Err(_) => Err(Malformed),
        }
    }

    /// `UID`, `BODY[HEADER.FIELDS (From Subject)]`, in capitals.
    fn attribute(&mut self) -> Result<String, Malformed> {
        let ends = |c| matches!(c, b' ' | b'[' | b'(' | b')' | b'\r' | b'\n');
        let mut name = self.until(ends)?;
        if self.peek() == Some(b'[') {
            name += &self.until(|c| matches!(c, b']' | b'\r' | b'\n'))?;
            self.expect(b']')?;
            name.push(']');
            if self.peek() == Some(b'<') {
                name += &self.until(ends)?;
            }
        }
        name.make_ascii_uppercase();
        Ok(name)
    }

    fn value(&mut self, depth: usize) -> Result<Value, Malformed> {
        match self.peek() {
            Some(b'"') => self.quoted().map(Value::String),
            Some(b'{') => self.literal().map(Value::String),
            Some(b'(') if depth == MAX_DEPTH => Err(Malformed),
            Some(b'(') => {
                self.at += 1;
                loop {
                    self.blanks();
                    if self.take(b')') {
                        return Ok(Value::List);
                    }
                    self.value(depth + 1)?;
                }
            }
            _ => {
                let ends = |c| matches!(c, b' ' | b'(' | b')' | b'"' | b'\r' | b'\n');
                self.until(ends).map(Value::Atom)
            }
        }
    }

    /// RFC 3501, 4.3. A backslash before anything but a quote and itself stands for itself:
    /// servers forget to double it.
    fn quoted(&mut self) -> Result<Vec<u8>, Malformed> {
        self.at += 1;
        let mut text = Vec::new();
        loop {
            let octet = self.peek().ok_or(Malformed)?;
            self.at += 1;
            match octet {
                b'"' => return Ok(text),
                b'\r' | b'\n' => return Err(Malformed),
                b'\\' if matches!(self.peek(), Some(b'"' | b'\\')) => {
                    text.extend(self.peek());
                    self.at += 1;
                }
                other => text.push(other),
            }
        }
    }

    fn literal(&mut self) -> Result<Vec<u8>, Malformed> {
        let announced = self.until(|c| c == b'\n')?;
        self.at += 1;
        let place = self.response.literals.get_mut(self.taken);
        match place {
            Some((at, octets)) if *at == self.at => {
                self.taken += 1;
                Ok(std::mem::take(octets))
            }
            // No octets at all were to come.
            _ if announced.trim_end() == "{0}" => Ok(Vec::new()),
            _ => Err(Malformed),
        }
    }

    fn rest(&mut self) -> String {
        let rest = text_of(&self.response.text[self.at..]);
        self.at = self.response.text.len();
        rest.trim_end().to_owned()
    }

    fn end(&mut self) -> Result<(), Malformed> {
        self.blanks();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A response of lines and literals, which are marked by `<` and `>` here.
    fn response(text: &str) -> Response {
        let mut response = Response::default();
        for (n, part) in text.split(['<', '>']).enumerate() {
            match n % 2 {
                0 => response.line(part.as_bytes()),
                _ => response.literal(part.as_bytes()),
            }
        }
        response
    }

    fn item(text: &str) -> Result<Item, Malformed> {
        fetch(response(text))
    }

    #[test]
    fn a_message_is_read_in_any_order_and_any_kind_of_string() {
        let whole = Item {
            uid: Some(7),
            size: Some(9),
            date: Some(Timestamp::from_unix(1_793_523_600)),
            header: None,
            body: Some(b"a)b".to_vec()),
        };
        for text in [
            "* 1 FETCH (UID 7 RFC822.SIZE 9 INTERNALDATE \" 1-Nov-2026 10:00:00 +0100\" BODY[] {3}\r\n<a)b>)\r\n",
            "* 1 fetch (body[] {3}\r\n<a)b> internaldate \"01-nov-2026 10:00:00 +0100\" FLAGS (\\Seen $è) rfc822.size 9 uid 7 )\r\n",
            "* 1 FETCH (UID 7 MODSEQ (12) RFC822.SIZE 9 BODY[] \"a)b\" INTERNALDATE \" 1-Nov-2026 09:00:00 +0000\")\r\n",
            // A line end where there should be none.
            "* 1 FETCH (UID 7 RFC822.SIZE 9 INTERNALDATE \" 1-Nov-2026 10:00:00 +0100\" BODY[] {3}\r\n<a)b>\r\n)\r\n",
        ] {
            assert_eq!(item(text), Ok(whole.clone()), "{text}");
        }
    }

    #[test]
    fn what_is_nil_odd_or_large_is_left_out_and_the_rest_read() {
        let read = item("* 1 FETCH (UID 7 INTERNALDATE NIL RFC822.SIZE 8589934592 BODY[] NIL)\r\n");
        let expected = Item {
            uid: Some(7),
            size: Some(8_589_934_592),
            ..Item::default()
        };
        assert_eq!(read, Ok(expected));
        for date in [
            "00-Jan-0000 00:00:00 +0000",
            "Mon, 02 Nov 2026 10:00:00 +0100",
            "2-Nov-2026 10:00:00 CET",
            "",
            "+",
        ] {
            let read = item(&format!("* 1 FETCH (INTERNALDATE \"{date}\" UID 7)\r\n"));
            assert_eq!(
                read.map(|item| (item.date, item.uid)),
                Ok((None, Some(7))),
                "{date}"
            );
        }
    }

    #[test]
    fn fields_of_a_header_have_any_name_of_a_section() {
        for section in [
            "BODY[HEADER.FIELDS (From Subject)]",
            "BODY[HEADER.FIELDS (\"FROM\" \"SUBJECT\")]",
            "body[header]",
            "RFC822.HEADER",
        ] {
            let read = item(&format!("* 1 FETCH (UID 7 {section} {{2}}\r\n<\r\n>)\r\n"));
            assert_eq!(
                read.map(|item| item.header),
                Ok(Some(b"\r\n".to_vec())),
                "{section}"
            );
        }
    }

    #[test]
    fn a_response_that_goes_on_is_told_from_one_that_is_wrong() {
        for text in [
            "* 1 FETCH (UID 7 BODY[] {3}\r\n<abc>\r\n",
            "* 1 FETCH (UID 7\r\n",
            "* 1 FETCH (X \")\"\r\n",
        ] {
            assert!(response(text).is_open(), "{text}");
        }
        for text in [
            "* 1 FETCH UID 7)\r\n",
            "* 1 FETCH (UID 7 BODY[] {3}\r\n)\r\n",
            "* 1 FETCH (UID 7 BODY[] {3}\r\n<abc>xyz)\r\n",
            "* x FETCH (UID 7)\r\n",
        ] {
            assert!(!response(text).is_open(), "{text}");
            assert_eq!(item(text), Err(Malformed), "{text}");
        }
        let deep = format!("* 1 FETCH (X {}{})\r\n", "(".repeat(99), ")".repeat(99));
        assert_eq!(item(&deep), Err(Malformed));
    }

    #[test]
    fn names_of_folders_are_read_as_servers_write_them() {
        for (text, name) in [
            ("* LIST (\\HasNoChildren) \"/\" INBOX\r\n", Some("INBOX")),
            ("* list () NIL \"Posta inviata\"\r\n", Some("Posta inviata")),
            ("* LIST (\\Sent ) \".\" {5}\r\n<A\"b&c>\r\n", Some("A\"b&c")),
            ("* LIST () \".\" \"Città\"\r\n", Some("Città")),
            (
                "* LIST () \".\" INBOX.Posta in uscita\r\n",
                Some("INBOX.Posta in uscita"),
            ),
            ("* LIST () \".\" INBOX.[Gare]\r\n", Some("INBOX.[Gare]")),
            ("* LIST (\\) \".\" \"INBOX.a\\bc\"\r\n", Some("INBOX.a\\bc")),
            ("* LIST () \".\" \"A\\\"B\\\\C\"\r\n", Some("A\"B\\C")),
            ("* LIST () \".\" \"ab\"cd\"\r\n", None),
            ("* LIST () \".\" INBOX.Da\tOggetto\r\n", None),
            ("* LIST () \".\" \"\"\r\n", None),
            ("* LIST () \".\"\r\n", None),
            ("* LIST\r\n", None),
        ] {
            let read = list(response(text));
            assert_eq!(
                read.ok().map(|folder| folder.name).as_deref(),
                name,
                "{text}"
            );
        }
        let read = list(response("* LIST (\\Noselect \\Sent) \"\\\\\" x\r\n")).unwrap();
        assert_eq!(read.marks, ["Noselect", "Sent"]);
        assert_eq!(read.separator.as_deref(), Some("\\"));
    }

    #[test]
    fn numbers_of_a_search_are_numbers() {
        for (text, numbers) in [
            ("* SEARCH\r\n", Ok(vec![])),
            ("* search 9  2 \r\n", Ok(vec![9, 2])),
            ("* SEARCH 2 (MODSEQ 9)\r\n", Ok(vec![2])),
            ("* SEARCH 99999999999\r\n", Err(Malformed)),
            ("* SEARCH x\r\n", Err(Malformed)),
        ] {
            assert_eq!(search(response(text)), numbers, "{text}");
        }
    }
}
