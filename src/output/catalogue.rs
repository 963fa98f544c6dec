//! The sentences that people read, by key, one catalogue per language.
//!
//! One file per subject and language; the first line of each says what it holds. The build script makes
//! one sorted text of those of a language ([`flat`](self)), so that no command reads them. `legal.*.toml` alone
//! says what the law says (see `legal.rs`). A test compares the languages key by key, placeholders
//! included.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::reason;
use crate::lang::Lang;
use crate::printable::Printable;

#[cfg(test)]
mod flat;

/// The texts of one language.
#[derive(Debug)]
pub struct Catalogue {
    lang: Lang,
    /// Keys and texts in the order of the keys, one behind the other.
    octets: &'static str,
    /// Where each key and each text ends.
    ends: &'static [u32],
}

// Made by the build script of the files in `catalogue`.
static IT: Catalogue = Catalogue {
    lang: Lang::It,
    octets: include_str!(concat!(env!("OUT_DIR"), "/catalogue.it.txt")),
    ends: &include!(concat!(env!("OUT_DIR"), "/catalogue.it.rs")),
};
static EN: Catalogue = Catalogue {
    lang: Lang::En,
    octets: include_str!(concat!(env!("OUT_DIR"), "/catalogue.en.txt")),
    ends: &include!(concat!(env!("OUT_DIR"), "/catalogue.en.rs")),
};

/// Placeholders that stand for what another layer said in its own words.
const REASONS: [&str; 3] = ["reason", "answer", "what"];

impl Catalogue {
    /// The catalogue of a language.
    pub fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::It => &IT,
            Lang::En => &EN,
        }
    }

    /// Where the key at a place of their order begins, where it ends, and where its text does.
    fn entry(&self, place: usize) -> (usize, usize, usize) {
        let end = |piece: usize| self.ends[piece] as usize;
        let start = if place == 0 { 0 } else { end(2 * place - 1) };
        (start, end(2 * place), end(2 * place + 1))
    }

    fn find(&self, key: &str) -> Option<&str> {
        let (mut from, mut to) = (0, self.ends.len() / 2);
        while from < to {
            let middle = from.midpoint(to);
            let (start, end, next) = self.entry(middle);
            // As octets, whose order is that of the characters.
            match self.octets.as_bytes()[start..end].cmp(key.as_bytes()) {
                Ordering::Equal => return Some(&self.octets[end..next]),
                Ordering::Less => from = middle + 1,
                Ordering::Greater => to = middle,
            }
        }
        None
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
        let push = |value: &str, out: &mut String| {
            write!(out, "{}", Printable(value)).expect("a string takes all");
        };
        // One walk, so that braces inside a value are never taken for a placeholder.
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            match after.split_once('}') {
                Some((name, tail)) => {
                    match values.iter().find(|(known, _)| *known == name) {
                        Some((name, value)) if REASONS.contains(name) => {
                            push(&self.reason(value), &mut out);
                        }
                        Some((_, value)) => {
                            if self.lang == Lang::It && is_said_with_vowel(value) {
                                elide(&mut out);
                            }
                            push(value, &mut out);
                        }
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
        let places = 0..self.ends.len() / 2;
        let key = |(start, end, _)| &self.octets[start..end];
        places.map(|place| key(self.entry(place))).collect()
    }
}

/// Whether a value is a date whose day begins with a vowel in Italian: 08/05/2026, 11/07/2018.
fn is_said_with_vowel(value: &str) -> bool {
    let octets = value.as_bytes();
    (value.starts_with("08/") || value.starts_with("11/"))
        && octets.get(5) == Some(&b'/')
        && octets[3..5].iter().all(u8::is_ascii_digit)
}

/// The article at the end of a text as it is before a vowel: `del ` is `dell'`.
fn elide(out: &mut String) {
    const ARTICLES: [&str; 6] = ["il", "del", "al", "dal", "nel", "sul"];
    let Some(before) = out.strip_suffix(' ') else {
        return;
    };
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next();
    let Some(word) = word.filter(|word| ARTICLES.contains(&&*word.to_lowercase())) else {
        return;
    };
    let (kept, article) = match word {
        "il" => (before.len() - word.len(), "l'"),
        "Il" => (before.len() - word.len(), "L'"),
        _ => (before.len(), "l'"),
    };
    out.truncate(kept);
    out.push_str(article);
}

/// Whether a word between braces is one of ours, and no example of a template.
fn is_placeholder(name: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '_');
    !name.is_empty() && name.chars().all(is_of_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The catalogue of some texts of a test.
    fn read(sources: &[&str]) -> Catalogue {
        let flat = flat::flat(sources.iter().copied());
        Catalogue {
            lang: Lang::En,
            octets: flat.octets.leak(),
            ends: flat.ends.leak(),
        }
    }

    #[test]
    fn every_key_is_found_and_no_other() {
        let catalogue = read(&[
            "[a]\nk = \"\"\"\n[c]\n\"\"\"\n[a.b]\nk = \"1\"\n",
            "[b]\n'c.d' = \"2\"\nday = 2026-11-29\n[a]\n'è' = ''\n",
        ]);
        let known = [
            ("a.b.k", "1"),
            ("a.k", "[c]"),
            ("a.è", ""),
            ("b.c.d", "2"),
            ("b.day", "2026-11-29"),
        ];
        assert_eq!(catalogue.keys(), known.map(|(key, _)| key));
        for (key, text) in known {
            assert_eq!(catalogue.find(key), Some(text), "{key}");
        }
        for key in ["", "a", "a.k.", "b.c", "c"] {
            assert_eq!(catalogue.find(key), None, "{key}");
        }
        assert_eq!(read(&[]).find("a"), None);
    }

    #[test]
    #[should_panic(expected = "a.k stands twice")]
    fn a_key_of_two_files_is_none() {
        read(&["[a]\nk = '1'\n", "[a]\nk = '1'\n"]);
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
    fn an_article_before_a_date_fits_its_day() {
        let italian = |text: &str| Catalogue {
            lang: Lang::It,
            ..read(&[&format!("[t]\nk = '{text}'\n")])
        };
        let all = "Del {x}: {x}, dal {x} al {x} ({x}); il {x}. Il {x} nel {x}, abil {x}";
        for (day, expected) in [
            (
                "04/05/2026",
                "Del 04/05/2026: 04/05/2026, dal 04/05/2026 al 04/05/2026 (04/05/2026); il 04/05/2026. \
                 Il 04/05/2026 nel 04/05/2026, abil 04/05/2026",
            ),
            (
                "11/07/2018 10:00",
                "Dell'11/07/2018 10:00: 11/07/2018 10:00, dall'11/07/2018 10:00 all'11/07/2018 10:00 \
                 (11/07/2018 10:00); l'11/07/2018 10:00. L'11/07/2018 10:00 nell'11/07/2018 10:00, \
                 abil 11/07/2018 10:00",
            ),
        ] {
            assert_eq!(italian(all).fill("t.k", &[("x", day)]), expected);
        }
        let said = |value| italian("il {x}").fill("t.k", &[("x", value)]);
        // A month, a part of a name, a number; and the 8th.
        let same = ["11/2018", "11/a", "11", "08/0x/2026"].map(said);
        assert_eq!(same, ["il 11/2018", "il 11/a", "il 11", "il 08/0x/2026"]);
        assert_eq!(said("08/05/2026"), "l'08/05/2026");
        let other = read(&["[t]\nk = 'il {x}'\n"]);
        assert_eq!(other.fill("t.k", &[("x", "11/07/2018")]), "il 11/07/2018");
    }

    #[test]
    fn a_text_for_none_is_taken_where_there_is_one_and_one_for_all_where_there_is_no_other() {
        let day = "[day]\nzero = 'today'\none = 'yesterday'\nmany = '{count} days ago, {x}'\n";
        let catalogue = read(&[day, "[it]\nall = 'all: {count}, {x}'\n"]);
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
        let catalogue = read(&["[t]\nk = 'a {x} b {y} {'\n"]);
        assert_eq!(
            catalogue.fill("t.k", &[("x", "{y}\u{1b}"), ("y", "2")]),
            "a {y}\\u{1b} b 2 {"
        );
        assert_eq!(catalogue.fill("missing", &[]), "…");
    }
}
