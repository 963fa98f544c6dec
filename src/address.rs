//! Mail addresses as PEC data carry them: compared, shown, pointed out when they deceive.
//!
//! No address is ever mended. What is no `local@domain` stays a text that equals nothing else.

use std::fmt;

use crate::printable::{is_deceptive, trimmed};

/// The text of one mail address, kept as it was written.
///
/// Equality ignores the case of ASCII letters (RFC 6109, 2.2.1 compares domains so; providers
/// treat local parts alike). A domain is the same in its A-labels (`xn--…`) and its U-labels
/// (RFC 5890, 2.3.2.1). Letters of other scripts are compared by code point, so a Cyrillic `е`
/// never equals a Latin `e`, nor a letter of full width one of ASCII.
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
        match self.0.rsplit_once('@') {
            Some((local, domain)) => {
                format!("{}@{}", local.to_ascii_lowercase(), unicode_domain(domain))
            }
            None => self.0.to_ascii_lowercase(),
        }
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
    /// Not the whole grammar of RFC 5321: quoted local parts with blanks and domains in square
    /// brackets are refused.
    pub fn is_well_formed(&self) -> bool {
        !self.local_part().is_empty()
            && !self.domain().is_empty()
            && !self.local_part().contains('@')
            && !self.domain().split('.').any(str::is_empty)
            && !self
                .0
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "<>,;:\"[]()\\".contains(c))
    }

    /// The ASCII form of an address that could be taken for another one, else `None`.
    ///
    /// Set when a character is not ASCII or a label is written in punycode (`xn--`). Letters
    /// outside ASCII in the local part are written as `\u{…}`, the domain as its A-labels.
    /// Look-alikes within ASCII (`rn` for `m`) are not pointed out.
    pub fn ascii_form(&self) -> Option<String> {
        let is_punycode = |label: &str| {
            let start = label.get(..4);
            start.is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
        };
        // Two dashes are rare, and soon found.
        let may_be_punycode = self.0.contains("--");
        if self.0.is_ascii() && !(may_be_punycode && self.domain().split('.').any(is_punycode)) {
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

impl MailAddress {
    /// Whether all letters are Latin ones that a reader in Italy knows, with or without accents,
    /// those of A-labels as well: no letter passes for another then.
    pub fn is_of_latin_letters(&self) -> bool {
        let is_known = |c: char| c.is_ascii_graphic() || matches!(c, 'ß'..='ö' | 'ø'..='ÿ');
        self.local_part().is_ascii() && unicode_domain(self.domain()).chars().all(is_known)
    }

    /// Equality of the domains where one address is written in A-labels and the other is not.
    fn is_spelt_otherwise(&self, other: &Self) -> bool {
        // Two domains in ASCII are the same in their letters only.
        !(self.0.is_ascii() && other.0.is_ascii()) && self.key() == other.key()
    }
}

/// A domain in small letters, its valid A-labels as U-labels: two that are equal so are the same.
/// Nothing else is mapped.
pub fn unicode_domain(domain: &str) -> String {
    let small = domain.to_ascii_lowercase();
    if small.is_ascii() && !small.contains("xn--") {
        return small;
    }
    let label = |label: &str| {
        let small = label.to_lowercase();
        match small
            .starts_with("xn--")
            .then(|| idna::domain_to_unicode(&small))
        {
            Some((unicode, Ok(()))) => unicode,
            _ => small,
        }
    };
    domain.split('.').map(label).collect::<Vec<_>>().join(".")
}

/// A domain in A-labels, as name servers know it (RFC 5890, 2.3.2.1); `None` where it is none.
pub fn ascii_domain(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii(domain).ok()?;
    let is_sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    (!ascii.is_empty() && ascii.chars().all(is_sign)).then_some(ascii)
}

impl PartialEq for MailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0) || self.is_spelt_otherwise(other)
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
    fn a_domain_is_the_same_in_both_spellings() {
        let address = |text| MailAddress::new(text);
        let (u, a) = (
            address("Ufficio@città.example"),
            "ufficio@xn--citt-3na.example",
        );
        assert_eq!(u, address(a));
        assert_eq!(address("ufficio@CITTÀ.example"), address(a));
        for other in [
            "ufficio@citta.example",
            "altro@città.example",
            // Decomposed, of full width, with an invisible sign: other domains, or none.
            "ufficio@citta\u{300}.example",
            "ufficio@ｃittà.example",
            "ufficio@cit\u{200b}tà.example",
            "ufficio@xn--citt-1nz.example",
        ] {
            assert_ne!(u, address(other), "{other}");
            assert_ne!(address(a), address(other), "{other}");
        }
        assert_ne!(address("ufficio@xn--pc-nlc.it"), address("ufficio@pec.it"));
        assert!(u.is_of_latin_letters() && address(a).is_of_latin_letters());
        for strange in [
            "a@p\u{435}c.it",
            "a@xn--pc-nlc.it",
            "\u{430}@pec.it",
            "a@xn--a.it\u{200b}",
        ] {
            assert!(!address(strange).is_of_latin_letters(), "{strange}");
        }
    }

    #[test]
    fn addresses_are_equal_when_their_keys_are() {
        let written = [
            "Ufficio@PEC.example",
            "ufficio@pec.example",
            "uff1cio@pec.example",
            "Ufficio@CITTÀ.example",
            "ufficio@xn--citt-3na.example",
            "ufficio@citta\u{300}.example",
            "ufficio",
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
            "", "a", "@b", "a@", "a b@c", "a@b@c", "a@b\u{7}", "<a@b>", "a@b,c@d", "[a@b]", "a@b]",
            "a@b.", "a@.b", "a@b..c", "a(x)@b", "a\\b@c",
        ] {
            assert!(!MailAddress::new(wrong).is_well_formed(), "{wrong}");
        }
    }
}
