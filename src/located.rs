//! TOML that people write, read value by value, so that whatever is wrong is told with its line.
//!
//! What a key may hold, and what is said when it holds something else, is the matter of whoever
//! reads the file: the configuration, or trust data.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A file that is TOML.
pub struct File<'t> {
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

/// Why octets are no TOML. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoToml {
    /// They are no text.
    #[error("line {line} is not UTF-8")]
    NotText {
        /// Where the first octet is that is none of UTF-8.
        line: usize,
    },
    /// The text is something else.
    #[error("line {line}, column {column}: {reason}")]
    Syntax {
        /// Where.
        line: usize,
        /// Where in the line.
        column: usize,
        /// Why, in the words of the parser: English.
        reason: String,
    },
}

/// A table of a file.
#[derive(Clone, Copy)]
pub struct Section<'f> {
    text: &'f str,
    values: &'f DeTable<'f>,
    at: usize,
}

/// A value of a file and the key before it; of a member of a list that of the list.
#[derive(Clone, Copy)]
pub struct Item<'f> {
    text: &'f str,
    key: &'f str,
    key_at: usize,
    value: &'f Spanned<DeValue<'f>>,
}

impl<'t> File<'t> {
    /// Reads the octets of a file.
    ///
    /// # Errors
    /// [`NoToml`].
    pub fn parse(octets: &'t [u8]) -> Result<Self, NoToml> {
        let text = std::str::from_utf8(octets).map_err(|error| NoToml::NotText {
            line: line_of(octets, error.valid_up_to()),
        })?;
        let root = DeTable::parse(text).map_err(|error| NoToml::syntax(text, &error))?;
        Ok(Self { text, root })
    }

    /// All that stands above the first header, and the tables.
    pub fn root(&self) -> Section<'_> {
        Section {
            text: self.text,
            values: self.root.get_ref(),
            at: 0,
        }
    }
}

impl NoToml {
    fn syntax(text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let before = &text.as_bytes()[..at];
        let start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        Self::Syntax {
            line: line_of(before, at),
            column: String::from_utf8_lossy(&before[start..]).chars().count() + 1,
            reason: error.message().replace('\n', " "),
        }
    }
}

/// The line of an octet, from 1.
fn line_of(octets: &[u8], at: usize) -> usize {
    let before = &octets[..at.min(octets.len())];
    memchr::memchr_iter(b'\n', before).count() + 1
}

impl<'f> Section<'f> {
    /// The line of its header, or of its key.
    pub fn line(self) -> usize {
        line_of(self.text.as_bytes(), self.at)
    }

    /// The value of a key.
    pub fn find(self, key: &str) -> Option<Item<'f>> {
        let (key, value) = self.values.get_key_value(key)?;
        Some(self.item(key, value))
    }

    /// All values, in the order of the file.
    pub fn items(self) -> impl Iterator<Item = Item<'f>> {
        let values = self.values.iter();
        let mut items: Vec<Item<'f>> = values.map(|(key, value)| self.item(key, value)).collect();
        items.sort_by_key(|item| item.key_at);
        items.into_iter()
    }

    fn item(
        self,
        key: &'f Spanned<std::borrow::Cow<'f, str>>,
        value: &'f Spanned<DeValue<'f>>,
    ) -> Item<'f> {
        Item {
            text: self.text,
            key: key.get_ref(),
            key_at: key.span().start,
            value,
        }
    }
}

impl<'f> Item<'f> {
    /// The key.
    pub fn key(self) -> &'f str {
        self.key
    }

    /// The line of the key.
    pub fn key_line(self) -> usize {
        line_of(self.text.as_bytes(), self.key_at)
    }

    /// The line of the value.
    pub fn line(self) -> usize {
        line_of(self.text.as_bytes(), self.value.span().start)
    }

    /// A text.
    pub fn text(self) -> Option<&'f str> {
        self.value.get_ref().as_str()
    }

    /// A whole number that is not negative.
    pub fn number(self) -> Option<u64> {
        let number = self.value.get_ref().as_integer()?;
        u64::from_str_radix(number.as_str(), number.radix()).ok()
    }

    /// `true` or `false`.
    pub fn flag(self) -> Option<bool> {
        self.value.get_ref().as_bool()
    }

    /// A day, or a day and an hour, without quotation marks; as it is written.
    pub fn time(self) -> Option<String> {
        Some(self.value.get_ref().as_datetime()?.to_string())
    }

    /// A list.
    pub fn list(self) -> Option<impl Iterator<Item = Item<'f>>> {
        let list = self.value.get_ref().as_array()?;
        Some(list.iter().map(move |value| Item { value, ..self }))
    }

    /// A table; of one that stands in a list the line is that of its own header.
    pub fn section(self) -> Option<Section<'f>> {
        Some(Section {
            text: self.text,
            values: self.value.get_ref().as_table()?,
            at: self.value.span().start,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_line() {
        let text =
            "a = 1 # x\nb = [\n  \"y\",\n  2,\n]\n[t]\nc = true\n[[l]]\nd = 2026-01-01\n[[l]]\n";
        let file = File::parse(text.as_bytes()).unwrap();
        let root = file.root();
        let keys: Vec<(&str, usize)> = root
            .items()
            .map(|item| (item.key(), item.key_line()))
            .collect();
        assert_eq!(keys, [("a", 1), ("b", 2), ("t", 6), ("l", 8)]);
        let b: Vec<Item<'_>> = root.find("b").unwrap().list().unwrap().collect();
        assert_eq!((b[0].text(), b[0].line()), (Some("y"), 3));
        assert_eq!(
            (b[1].text(), b[1].number(), b[1].line()),
            (None, Some(2), 4)
        );
        let t = root.find("t").unwrap().section().unwrap();
        assert_eq!(t.find("c").unwrap().flag(), Some(true));
        let l: Vec<Section<'_>> = root
            .find("l")
            .unwrap()
            .list()
            .unwrap()
            .filter_map(Item::section)
            .collect();
        assert_eq!([l[0].line(), l[1].line()], [8, 10]);
        assert_eq!(
            l[0].find("d").unwrap().time().as_deref(),
            Some("2026-01-01")
        );
        assert!(root.find("x").is_none());
    }

    #[test]
    fn the_place_of_what_is_no_toml_is_that_of_the_character() {
        let at = |text: &str| match File::parse(text.as_bytes()).map(|_| ()) {
            Err(NoToml::Syntax { line, column, .. }) => (line, column),
            other => panic!("{other:?}"),
        };
        assert_eq!(at("a = 1\nperché = 2"), (2, 6));
        assert_eq!(at("a = 1\n= 2"), (2, 1));
        assert_eq!(at("a = 1\na = 2"), (2, 1));
        let no_text = File::parse(b"a = 1\nb = \"\xe0\"").map(|_| ());
        assert_eq!(no_text, Err(NoToml::NotText { line: 2 }));
    }
}
