//! The sentences that people read, by key, one catalogue per language.
//!
//! One file per subject and language; the first line of each says what it holds. `legal.*.toml` alone
//! says what the law says (see `legal.rs`). A test compares the languages key by key, placeholders
//! included.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::reason;
use crate::lang::Lang;
use crate::printable::Printable;

/// The texts of one language.
#[derive(Debug)]
pub struct Catalogue {
    lang: Lang,
    /// By the first word of their keys.
    families: HashMap<&'static str, Family>,
}

/// Texts whose keys begin with the same word. They are read when one of them is needed: most
/// commands need few.
#[derive(Debug, Default)]
struct Family {
    /// The tables that hold them, as they stand in the files.
    sources: Vec<&'static str>,
    texts: OnceLock<HashMap<String, String>>,
}

impl Family {
    fn texts(&self) -> &HashMap<String, String> {
        self.texts.get_or_init(|| {
            let mut texts = HashMap::new();
            for source in &self.sources {
                let table: toml::Table = source.parse().expect("catalogues compiled in are tested");
                flatten("", &toml::Value::Table(table), &mut texts);
            }
            texts
        })
    }
}

const SOURCES: [(Lang, [&str; 21]); 2] = [
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
            include_str!("catalogue/answer.it.toml"),
            include_str!("catalogue/inbox.it.toml"),
            include_str!("catalogue/show.it.toml"),
            include_str!("catalogue/stamp.it.toml"),
            include_str!("catalogue/evidence.it.toml"),
            include_str!("catalogue/report.it.toml"),
            include_str!("catalogue/court.it.toml"),
            include_str!("catalogue/archive.it.toml"),
            include_str!("catalogue/forget.it.toml"),
            include_str!("catalogue/trust.it.toml"),
            include_str!("catalogue/watching.it.toml"),
            include_str!("catalogue/offices.it.toml"),
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
            include_str!("catalogue/answer.en.toml"),
            include_str!("catalogue/inbox.en.toml"),
            include_str!("catalogue/show.en.toml"),
            include_str!("catalogue/stamp.en.toml"),
            include_str!("catalogue/evidence.en.toml"),
            include_str!("catalogue/report.en.toml"),
            include_str!("catalogue/court.en.toml"),
            include_str!("catalogue/archive.en.toml"),
            include_str!("catalogue/forget.en.toml"),
            include_str!("catalogue/trust.en.toml"),
            include_str!("catalogue/watching.en.toml"),
            include_str!("catalogue/offices.en.toml"),
        ],
    ),
];

/// Placeholders that stand for what another layer said in its own words.
const REASONS: [&str; 3] = ["reason", "answer", "what"];

impl Catalogue {
    /// The catalogue of a language, made once.
    pub fn of(lang: Lang) -> &'static Self {
        static IT: OnceLock<Catalogue> = OnceLock::new();
        static EN: OnceLock<Catalogue> = OnceLock::new();
        let cell = match lang {
            Lang::It => &IT,
            Lang::En => &EN,
        };
        let mut sources = SOURCES.iter().filter(|(of, _)| *of == lang);
        let sources = sources.next().map_or(&[][..], |(_, sources)| sources);
        cell.get_or_init(|| Self::read(lang, sources))
    }

    /// The texts of some files.
    fn read(lang: Lang, sources: &[&'static str]) -> Self {
        let mut families: HashMap<_, Family> = HashMap::new();
        for (name, tables) in sources.iter().flat_map(|source| split(source)) {
            families.entry(name).or_default().sources.push(tables);
        }
        Self { lang, families }
    }

    fn find(&self, key: &str) -> Option<&str> {
        let name = key.split('.').next()?;
        let text = self.families.get(name)?.texts().get(key)?;
        Some(text)
    }

    /// Its language.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// The text of a key. Tests hold that every key used has one; a missing one is `…`.
    pub fn text(&self, key: &str) -> &str {
        self.find(key).unwrap_or("…")
    }

    /// Octets as a person reads them, with the comma or the point of the language. A MB has
    /// 1,000,000 octets, as providers count; what is left over beyond a decimal is not shown.
    pub fn size(&self, octets: u64) -> String {
        let tenths = |unit: u64, name: &str| {
            let tenths = octets / (unit / 10);
            match tenths % 10 {
                0 => format!("{} {name}", self.number(tenths / 10)),
                rest => format!(
                    "{}{}{rest} {name}",
                    self.number(tenths / 10),
                    self.text("number.decimal")
                ),
            }
        };
        match octets {
            0..10_000 => format!("{} B", self.number(octets)),
            10_000..1_000_000 => format!("{} kB", octets / 1_000),
            1_000_000..1_000_000_000 => tenths(1_000_000, "MB"),
            1_000_000_000.. => tenths(1_000_000_000, "GB"),
        }
    }

    /// A whole number as a person reads it, its thousands apart; one too large for that as the
    /// largest.
    pub fn number<N: TryInto<u64>>(&self, number: N) -> String {
        let digits = number.try_into().unwrap_or(u64::MAX).to_string();
        let mut out = String::with_capacity(digits.len() + digits.len() / 3);
        for (at, digit) in digits.char_indices() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push_str(self.text("number.thousands"));
            }
            out.push(digit);
        }
        out
    }

    /// The text of a key for a number of things, which is its `{count}`: `.one` for one, `.many`
    /// for any other number, `.zero` for none where there is such a text. A text that reads the
    /// same for all numbers has none of these.
    pub fn count<N: TryInto<u64>>(&self, key: &str, count: N, values: &[(&str, &str)]) -> String {
        let count = count.try_into().unwrap_or(u64::MAX);
        let forms: &[&str] = match count {
            0 => &[".zero", ".many"],
            1 => &[".one"],
            _ => &[".many"],
        };
        let forms = forms.iter().map(|form| format!("{key}{form}"));
        let form = forms.into_iter().find(|form| self.find(form).is_some());
        let number = self.number(count);
        let values: Vec<(&str, &str)> = [("count", &*number)]
            .into_iter()
            .chain(values.iter().copied())
            .collect();
        self.fill(form.as_deref().unwrap_or(key), &values)
    }

    /// A number of things in words: `1 riga`, `1.234 righe`.
    pub fn counted<N: TryInto<u64>>(&self, thing: &str, count: N) -> String {
        self.count(&format!("count.{thing}"), count, &[])
    }

    /// Whether there is a text, be it one for each number.
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some() || self.find(&format!("{key}.many")).is_some()
    }

    /// Why something failed, as the system or another layer says it in English, in the words of
    /// the language as far as they are known ([`reason`]).
    pub fn reason(&self, words: &str) -> String {
        reason::told(words, &|key, values| self.fill(key, values))
    }

    /// The text of a key with `{name}` replaced by values, which are made safe to show. What stands
    /// for `{reason}` and the like is told in the language ([`Self::reason`]).
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut rest = self.text(key);
        let mut out = String::with_capacity(rest.len() + 64);
        // One walk, so that braces inside a value are never taken for a placeholder.
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            match after.split_once('}') {
                Some((name, tail)) => {
                    match values.iter().find(|(known, _)| *known == name) {
                        Some((name, value)) if REASONS.contains(name) => {
                            out.push_str(&Printable(&self.reason(value)).to_string());
                        }
                        Some((_, value)) => out.push_str(&Printable(value).to_string()),
                        None => {
                            debug_assert!(!is_placeholder(name), "{key}: nothing for {name}");
                            out.push_str(&format!("{{{name}}}"));
                        }
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
        let families = self.families.values();
        let keys = families.flat_map(|family| family.texts().keys());
        let mut keys: Vec<&str> = keys.map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }
}

/// Whether a word between braces is one of ours, and no example of a template.
fn is_placeholder(name: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '_');
    !name.is_empty() && name.chars().all(is_of_name)
}

/// The tables of a file, those of one family that stand together in one piece, each with the name of
/// its family: `[finding]`, `[finding.b]`. A table begins on a line of its own; a text of several lines
/// stands between `"""`.
fn split(source: &'static str) -> Vec<(&'static str, &'static str)> {
    const MARK: &str = "\"\"\"";
    let (mut begun, mut at, mut is_within) = (Vec::<(&str, usize)>::new(), 0, false);
    for line in source.split_inclusive('\n') {
        if !is_within && let Some(rest) = line.strip_prefix('[') {
            let end = rest.find(['.', ']']).unwrap_or(rest.len());
            let name = &rest[..end];
            if begun.last().is_none_or(|(last, _)| *last != name) {
                begun.push((name, at));
            }
        }
        is_within ^= line.matches(MARK).count() % 2 == 1;
        at += line.len();
    }
    let ends = begun
        .iter()
        .skip(1)
        .map(|(_, at)| *at)
        .chain([source.len()]);
    let pieces = begun.iter().zip(ends);
    pieces
        .map(|((name, from), to)| (*name, &source[*from..to]))
        .collect()
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

    /// A table that stands in no piece, or in that of another family, would not be found.
    #[test]
    fn the_pieces_of_a_file_hold_what_it_holds() {
        for (lang, sources) in SOURCES {
            let mut whole = HashMap::new();
            for source in sources {
                let table: toml::Table = source.parse().unwrap();
                flatten("", &toml::Value::Table(table), &mut whole);
            }
            let catalogue = Catalogue::of(lang);
            assert_eq!(catalogue.keys().len(), whole.len());
            for (key, text) in &whole {
                assert_eq!(catalogue.find(key), Some(&**text), "{key}");
            }
        }
        let source = "# x\n[a]\nk = \"\"\"\n[c]\n\"\"\"\n[a.b]\nk = \"1\"\n[b]\nk = \"2\"\n";
        let pieces = split(source);
        let lengths: Vec<_> = pieces
            .iter()
            .map(|(name, piece)| (*name, piece.len()))
            .collect();
        let of_b = "[b]\nk = \"2\"\n".len();
        assert_eq!(lengths, [("a", source.len() - 4 - of_b), ("b", of_b)]);
    }

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
            (9_999, "9.999 B", "9,999 B"),
            (10_000, "10 kB", "10 kB"),
            (999_999, "999 kB", "999 kB"),
            (30_000_000, "30 MB", "30 MB"),
            (12_550_000, "12,5 MB", "12.5 MB"),
            (33_961_700_000, "33,9 GB", "33.9 GB"),
            (u64::MAX, "18.446.744.073,7 GB", "18,446,744,073.7 GB"),
        ] {
            assert_eq!(Catalogue::of(Lang::It).size(octets), italian);
            assert_eq!(Catalogue::of(Lang::En).size(octets), english);
        }
    }

    #[test]
    fn numbers_of_things_agree_with_their_words() {
        for (count, italian, english) in [
            (0, "0 righe", "0 rows"),
            (1, "1 riga", "1 row"),
            (2, "2 righe", "2 rows"),
            (21, "21 righe", "21 rows"),
            (999, "999 righe", "999 rows"),
            (1_000, "1.000 righe", "1,000 rows"),
            (1_234_567, "1.234.567 righe", "1,234,567 rows"),
        ] {
            assert_eq!(Catalogue::of(Lang::It).counted("rows", count), italian);
            assert_eq!(Catalogue::of(Lang::En).counted("rows", count), english);
        }
    }

    #[test]
    fn a_text_for_none_is_taken_where_there_is_one_and_one_for_all_where_there_is_no_other() {
        let day = "[day]\nzero = 'today'\none = 'yesterday'\nmany = '{count} days ago, {x}'\n";
        let catalogue = Catalogue::read(Lang::En, &[day, "[it]\nall = 'all: {count}, {x}'\n"]);
        let said = |key, count: i64| catalogue.count(key, count, &[("x", "y")]);
        assert_eq!(said("day", 0), "today");
        assert_eq!(said("day", 1), "yesterday");
        assert_eq!(said("day", 2), "2 days ago, y");
        assert_eq!(said("it.all", 0), "all: 0, y");
        assert_eq!(said("it.all", 1), "all: 1, y");
        // Nobody counts below nothing; what is told is no small number that looks right.
        assert!(said("day", -1).ends_with("615 days ago, y"));
        assert!(catalogue.has("day") && catalogue.has("it.all") && !catalogue.has("other"));
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
        let catalogue = Catalogue::read(Lang::En, &["[t]\nk = 'a {x} b {y} {'\n"]);
        assert_eq!(
            catalogue.fill("t.k", &[("x", "{y}\u{1b}"), ("y", "2")]),
            "a {y}\\u{1b} b 2 {"
        );
        assert_eq!(catalogue.fill("missing", &[]), "…");
    }
}
