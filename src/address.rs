//! Mail addresses as PEC data carry them: compared, shown, pointed out when they deceive.
//!
//! No address is ever mended. What is no `local@domain` stays a text that equals nothing.

use std::fmt;

use crate::printable::{is_deceptive, trimmed};

/// The text of one mail address, kept as it was written.
///
/// Equality ignores the case of ASCII letters (RFC 6109, 2.2.1 compares domains so; providers
/// treat local parts alike). Letters of other scripts are compared by code point, so a
/// Cyrillic `е` never equals a Latin `e`.
#[derive(Clone, Debug)]
pub struct MailAddress(String);

impl MailAddress {
    /// Takes the text as it is, without white space around it.
    pub fn new(text: &str) -> Self {
        Self(trimmed(text).to_owned())
    }

    /// As [`Self::new`], of a text that nobody else needs.
    pub fn of(text: String) -> Self {
        match trimmed(&text).len() == text.len() {
            true => Self(text),
            false => Self::new(&text),
        }
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands for the address where addresses are told apart: equal for equal ones only.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The part before the last `@`; empty when there is none.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the last `@`; empty when there is none.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether this is `local@domain` with both parts present and no blank or control in them.
    ///
    /// Not the whole grammar of RFC 5321: quoted local parts with blanks are refused.
    pub fn is_well_formed(&self) -> bool {
        !self.local_part().is_empty()
            && !self.domain().is_empty()
            && !self.local_part().contains('@')
            && !self
                .0
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "<>,;:\"".contains(c))
    }

    /// The ASCII form of an address that could be taken for another one, else `None`.
    ///
    /// Set when a character is not ASCII or a label is written in punycode (`xn--`). Letters
    /// outside ASCII in the local part are written as `\u{…}`, the domain as its A-labels.
    /// Look-alikes within ASCII (`rn` for `m`) are not pointed out.
    pub fn ascii_form(&self) -> Option<String> {
        let punycode = self.domain().split('.').any(|label| {
            label
                .get(..4)
                .is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
        });
        if self.0.is_ascii() && !punycode {
            return None;
        }
        let escape = |text: &str| -> String {
            text.chars()
                .map(|c| {
                    if c.is_ascii_graphic() {
                        c.to_string()
                    } else {
                        c.escape_unicode().to_string()
                    }
                })
                .collect()
        };
        let domain = if self.domain().chars().any(is_deceptive) {
            escape(self.domain())
        } else {
            idna::domain_to_ascii(self.domain()).unwrap_or_else(|_| escape(self.domain()))
        };
        Some(match self.0.rsplit_once('@') {
            Some((local, _)) => format!("{}@{domain}", escape(local)),
            None => escape(&self.0),
        })
    }
}

impl PartialEq for MailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}
impl Eq for MailAddress {}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_tell_addresses_apart() {
        assert_eq!(
            MailAddress::new(" Ufficio@PEC.example "),
            MailAddress::new("ufficio@pec.EXAMPLE")
        );
        assert_ne!(
            MailAddress::new("ufficio@pec.example"),
            MailAddress::new("ufficio@pec.example2")
        );
    }

    #[test]
    fn addresses_are_equal_when_their_keys_are() {
        let written = [
            "Ufficio@PEC.example",
            "ufficio@pec.example",
            "uff1cio@pec.example",
        ]
        .map(MailAddress::new);
        for one in &written {
            for other in &written {
                assert_eq!(one == other, one.key() == other.key(), "{one} {other}");
            }
        }
        assert_eq!(written[0].key(), "ufficio@pec.example");
    }

    #[test]
    fn look_alikes_have_an_ascii_form() {
        assert_eq!(MailAddress::new("a@pec.it").ascii_form(), None);
        // The second letter is Cyrillic.
        let false_friend = MailAddress::new("ufficio@p\u{435}c.it");
        assert_ne!(false_friend, MailAddress::new("ufficio@pec.it"));
        assert_eq!(false_friend.ascii_form().unwrap(), "ufficio@xn--pc-nlc.it");
        assert_eq!(
            MailAddress::new("\u{430}@pec.it").ascii_form().unwrap(),
            "\\u{430}@pec.it"
        );
        assert!(MailAddress::new("a@XN--pc-mlc.it").ascii_form().is_some());
        assert_eq!(
            MailAddress::new("a@pe\u{200b}c.it").ascii_form().unwrap(),
            "a@pe\\u{200b}c.it"
        );
    }

    #[test]
    fn only_one_at_sign_with_text_on_both_sides_is_well_formed() {
        assert!(MailAddress::new("a@b").is_well_formed());
        for wrong in [
            "", "a", "@b", "a@", "a b@c", "a@b@c", "a@b\u{7}", "<a@b>", "a@b,c@d",
        ] {
            assert!(!MailAddress::new(wrong).is_well_formed(), "{wrong}");
        }
    }
}
