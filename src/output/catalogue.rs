//! The sentences that people read, by key, one catalogue per language.
//!
//! `program.*.toml` holds what the program says of itself, `findings.*.toml` what it says of
//! messages it judges, `mail.*.toml` what when sending and reading, `status.*.toml` what of
//! messages on their way, `draft.*.toml` what of what is written and not sent, `batch.*.toml` what of
//! many at once, `trusted.*.toml` what of files that it judges by, `ledger.*.toml` what of the files
//! of the ledger, `legal.*.toml` what it says of the law (see `legal.rs`). A test compares the two
//! languages key by key, placeholders included.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::lang::Lang;
use crate::printable::Printable;

/// The texts of one language.
#[derive(Debug)]
pub struct Catalogue {
    texts: HashMap<String, String>,
}

const SOURCES: [(Lang, [&str; 9]); 2] = [
    (
        Lang::It,
        [
            include_str!("catalogue/program.it.toml"),
            include_str!("catalogue/findings.it.toml"),
            include_str!("catalogue/mail.it.toml"),
            include_str!("catalogue/status.it.toml"),
            include_str!("catalogue/batch.it.toml"),
            include_str!("catalogue/trusted.it.toml"),
            include_str!("catalogue/ledger.it.toml"),
            include_str!("catalogue/legal.it.toml"),
            include_str!("catalogue/draft.it.toml"),
        ],
    ),
    (
        Lang::En,
        [
            include_str!("catalogue/program.en.toml"),
            include_str!("catalogue/findings.en.toml"),
            include_str!("catalogue/mail.en.toml"),
            include_str!("catalogue/status.en.toml"),
            include_str!("catalogue/batch.en.toml"),
            include_str!("catalogue/trusted.en.toml"),
            include_str!("catalogue/ledger.en.toml"),
            include_str!("catalogue/legal.en.toml"),
            include_str!("catalogue/draft.en.toml"),
        ],
    ),
];

impl Catalogue {
    /// The catalogue of a language, read once.
    pub fn of(lang: Lang) -> &'static Self {
        static IT: OnceLock<Catalogue> = OnceLock::new();
        static EN: OnceLock<Catalogue> = OnceLock::new();
        let cell = match lang {
            Lang::It => &IT,
            Lang::En => &EN,
        };
        cell.get_or_init(|| Self::read(lang))
    }

    fn read(lang: Lang) -> Self {
        let mut texts = HashMap::new();
        for (_, sources) in SOURCES.iter().filter(|(of, _)| *of == lang) {
            for source in sources {
                let table: toml::Table = source.parse().expect("catalogues compiled in are tested");
                flatten("", &toml::Value::Table(table), &mut texts);
            }
        }
        Self { texts }
    }

    /// The text of a key. Tests hold that every key used has one; a missing one is `…`.
    pub fn text(&self, key: &str) -> &str {
        self.texts.get(key).map_or("…", String::as_str)
    }

    /// Octets as a person reads them, with the comma or the point of the language. A MB has
    /// 1,000,000 octets, as providers count; what is left over beyond a decimal is not shown.
    pub fn size(&self, octets: u64) -> String {
        let tenths = |unit: u64, name: &str| {
            let tenths = octets / (unit / 10);
            match tenths % 10 {
                0 => format!("{} {name}", tenths / 10),
                rest => format!(
                    "{}{}{rest} {name}",
                    tenths / 10,
                    self.text("number.decimal")
                ),
            }
        };
        match octets {
            0..10_000 => format!("{octets} B"),
            10_000..1_000_000 => format!("{} kB", octets / 1_000),
            1_000_000..1_000_000_000 => tenths(1_000_000, "MB"),
            1_000_000_000.. => tenths(1_000_000_000, "GB"),
        }
    }

    /// Whether there is a text.
    pub fn has(&self, key: &str) -> bool {
        self.texts.contains_key(key)
    }

    /// The text of a key with `{name}` replaced by values, which are made safe to show.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut rest = self.text(key);
        let mut out = String::with_capacity(rest.len() + 64);
        // One walk, so that braces inside a value are never taken for a placeholder.
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            match after.split_once('}') {
                Some((name, tail)) => {
                    match values.iter().find(|(known, _)| *known == name) {
                        Some((_, value)) => out.push_str(&Printable(value).to_string()),
                        None => out.push_str(&format!("{{{name}}}")),
                    }
                    rest = tail;
                }
                None => {
                    out.push('{');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        out
    }

    /// All keys, sorted.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.texts.keys().map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }
}

/// Tables become keys with dots: `[finding] "a.b" = …` is `finding.a.b`.
fn flatten(prefix: &str, value: &toml::Value, texts: &mut HashMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                let key = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                flatten(&key, value, texts);
            }
        }
        toml::Value::String(text) => {
            texts.insert(prefix.to_owned(), text.trim_end().to_owned());
        }
        other => {
            texts.insert(prefix.to_owned(), other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn sizes_are_written_as_the_language_writes_numbers() {
        for (octets, italian, english) in [
            (0, "0 B", "0 B"),
            (9_999, "9999 B", "9999 B"),
            (10_000, "10 kB", "10 kB"),
            (999_999, "999 kB", "999 kB"),
            (30_000_000, "30 MB", "30 MB"),
            (12_550_000, "12,5 MB", "12.5 MB"),
            (33_961_700_000, "33,9 GB", "33.9 GB"),
            (u64::MAX, "18446744073,7 GB", "18446744073.7 GB"),
        ] {
            assert_eq!(Catalogue::of(Lang::It).size(octets), italian);
            assert_eq!(Catalogue::of(Lang::En).size(octets), english);
        }
    }

    #[test]
    fn both_languages_have_the_same_keys_and_placeholders() {
        let (it, en) = (Catalogue::of(Lang::It), Catalogue::of(Lang::En));
        // Help in English stands in the code, beside the arguments.
        let keys = |catalogue: &'static Catalogue| -> Vec<&str> {
            catalogue
                .keys()
                .into_iter()
                .filter(|key| !key.starts_with("help."))
                .collect()
        };
        assert_eq!(keys(it), keys(en));
        for key in keys(it) {
            assert_eq!(
                placeholders(it.text(key)),
                placeholders(en.text(key)),
                "{key}"
            );
        }
    }

    #[test]
    fn values_are_made_safe_and_not_read_again() {
        let mut texts = HashMap::new();
        texts.insert("k".to_owned(), "a {x} b {y} {".to_owned());
        let catalogue = Catalogue { texts };
        assert_eq!(
            catalogue.fill("k", &[("x", "{y}\u{1b}"), ("y", "2")]),
            "a {y}\\u{1b} b 2 {"
        );
        assert_eq!(catalogue.fill("missing", &[]), "…");
    }
}
