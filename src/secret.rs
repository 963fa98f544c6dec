//! A password in memory: overwritten when dropped, never shown.

use std::fmt;

use zeroize::Zeroizing;

/// A secret text. It has no `Display`, its `Debug` is a placeholder, and its memory is
/// overwritten when it is dropped. Copies that the system, TLS or SASL make are not followed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over; the caller's own copies are its business.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Takes over what a program or a file gave as one line; one line end at its end is not part
    /// of it. The octets are overwritten when they are no secret.
    ///
    /// # Errors
    /// [`NoSecret`]: empty, several lines, a control character, or no UTF-8.
    pub fn from_line(octets: Vec<u8>) -> Result<Self, NoSecret> {
        let mut octets = Zeroizing::new(octets);
        for end in *b"\n\r" {
            if octets.last() == Some(&end) {
                octets.pop();
            }
        }
        if octets.is_empty() {
            return Err(NoSecret::Empty);
        }
        if octets.contains(&b'\n') {
            return Err(NoSecret::SeveralLines);
        }
        if std::str::from_utf8(&octets).is_err() {
            return Err(NoSecret::NotText);
        }
        let octets = std::mem::take(&mut *octets);
        let secret = Self(Zeroizing::new(
            String::from_utf8(octets).unwrap_or_default(),
        ));
        if secret.0.chars().any(char::is_control) {
            return Err(NoSecret::NotText);
        }
        Ok(secret)
    }

    /// The text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Why octets are no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    /// Nothing there.
    #[error("empty")]
    Empty,
    /// More than one line: which of them would be a guess, and a wrong login can lock an account.
    #[error("several lines")]
    SeveralLines,
    /// No UTF-8, or a control character.
    #[error("not a text")]
    NotText,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::{NoSecret, Secret};

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new("segretissimo".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        assert_eq!(secret.expose(), "segretissimo");
    }

    #[test]
    fn one_line_is_a_secret_and_its_end_is_not_part_of_it() {
        let line = |text: &str| {
            Secret::from_line(text.as_bytes().to_vec()).map(|secret| secret.expose().to_owned())
        };
        for text in ["perch\u{e9} no", "perch\u{e9} no\n", "perch\u{e9} no\r\n"] {
            assert_eq!(line(text).unwrap(), "perch\u{e9} no");
        }
        assert_eq!(line(" a ").unwrap(), " a ");
        assert_eq!(line("\n"), Err(NoSecret::Empty));
        assert_eq!(line("a\nb\n"), Err(NoSecret::SeveralLines));
        assert_eq!(line("a\n\n"), Err(NoSecret::SeveralLines));
        assert_eq!(line("a\u{1b}b"), Err(NoSecret::NotText));
        assert_eq!(
            Secret::from_line(vec![0xff]).unwrap_err(),
            NoSecret::NotText
        );
    }
}
