//! The languages of the user's texts.

/// A language of the user's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Italian.
    It,
    /// English.
    En,
}

impl Lang {
    /// `it` or `en`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::It => "it",
            Self::En => "en",
        }
    }

    /// Italian for an Italian locale (`it_IT.UTF-8`), English for every other.
    pub fn of_locale(locale: &str) -> Self {
        let language = locale
            .split(['_', '.', '@', '-'])
            .next()
            .unwrap_or_default();
        let italian = ["it", "italian"]
            .iter()
            .any(|name| language.eq_ignore_ascii_case(name));
        if italian { Self::It } else { Self::En }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn italian_locales_give_italian_words() {
        for (locale, lang) in [
            ("it_IT.UTF-8", Lang::It),
            ("it", Lang::It),
            ("en_GB", Lang::En),
            ("", Lang::En),
            ("C", Lang::En),
            ("iti_IT", Lang::En),
        ] {
            assert_eq!(Lang::of_locale(locale), lang, "{locale}");
        }
    }
}
