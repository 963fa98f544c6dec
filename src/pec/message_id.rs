//! Message identifiers (RFC 5322, 3.6.4), which programs write with angle brackets and without.

use std::fmt;

/// A Message-ID: what stands between its angle brackets, blanks around it left out. Nothing inside
/// is changed: comparison is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageId<'a>(&'a str);

impl<'a> MessageId<'a> {
    /// Of a text as a field, a receipt or a person states it.
    pub fn new(text: &'a str) -> Self {
        let text = text.trim();
        let inside = text
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix('>'));
        Self(inside.unwrap_or(text).trim())
    }

    /// Without its angle brackets; may be empty.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// With its angle brackets, as in a header.
impl fmt::Display for MessageId<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "<{}>", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_blanks_around_it_are_not_of_it() {
        for text in ["a@b", "<a@b>", " <a@b>\r\n", "< a@b >"] {
            let id = MessageId::new(text);
            assert_eq!(id, MessageId("a@b"), "{text:?}");
            assert_eq!(id.to_string(), "<a@b>");
        }
        for other in ["A@b", "a @b", "<a@b", "<<a@b>>", ""] {
            assert_ne!(MessageId::new(other), MessageId("a@b"), "{other:?}");
        }
    }
}
