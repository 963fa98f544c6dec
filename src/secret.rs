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

    /// The text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new("segretissimo".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        assert_eq!(secret.expose(), "segretissimo");
    }
}
