//! Labels and values in two columns, and times as the language writes them.

use crate::lang::Lang;
use crate::printable::Printable;
use crate::timestamp::Timestamp;

use super::catalogue::Catalogue;

/// Labels and values in two columns. The labels are those of the catalogue, `label.KEY`.
#[derive(Debug)]
pub struct Table {
    /// The language of the labels.
    pub lang: Lang,
    /// Its texts.
    pub texts: &'static Catalogue,
    rows: Vec<(&'static str, String)>,
}

impl Table {
    /// One without rows.
    pub fn new(lang: Lang) -> Self {
        Self {
            lang,
            texts: Catalogue::of(lang),
            rows: Vec::new(),
        }
    }

    /// A value, which is made safe to show.
    pub fn add(&mut self, label: &'static str, value: impl AsRef<str>) {
        self.rows
            .push((label, Printable(value.as_ref()).to_string()));
    }

    /// A value that was made safe already, piece by piece.
    pub fn add_safe(&mut self, label: &'static str, value: String) {
        self.rows.push((label, value));
    }

    /// Labels and values.
    pub fn rows(self) -> Vec<(String, String)> {
        let label = |key: &str| self.texts.text(&format!("label.{key}")).to_owned();
        let rows = self.rows.into_iter();
        rows.map(|(key, value)| (label(key), value)).collect()
    }

    /// The rows, indented.
    pub fn lines(self) -> Vec<String> {
        let label = |key: &str| self.texts.text(&format!("label.{key}")).to_owned();
        let width = self
            .rows
            .iter()
            .map(|(key, _)| label(key).chars().count())
            .max()
            .unwrap_or(0);
        self.rows
            .iter()
            .map(|(key, value)| format!("  {:width$}  {value}", label(key)))
            .collect()
    }
}

/// The same in a sentence, with the words that lead to it: `il 4 maggio 2026 alle ore 10:15:07`.
pub fn on(time: Timestamp, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let stated = time.rfc3339_at(time.italian_offset());
    let (date, clock) = stated.split_once('T').unwrap_or((&stated, ""));
    let mut numbers = date.rsplit('-');
    let mut number = || numbers.next().unwrap_or_default().trim_start_matches('0');
    let (day, month, year) = (number(), number(), number());
    let month = month.parse::<usize>().unwrap_or_default();
    let month = texts
        .text("date.months")
        .split(' ')
        .nth(month.wrapping_sub(1));
    // L'otto, l'undici.
    let (key, day) = match day {
        "8" | "11" => ("date.on-elided", day),
        "1" => ("date.on", texts.text("date.first")),
        _ => ("date.on", day),
    };
    let values = [
        ("day", day),
        ("month", month.unwrap_or_default()),
        ("year", year),
        ("clock", clock.get(..8).unwrap_or(clock)),
    ];
    texts.fill(key, &values)
}

/// A text in so many characters at most.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{start}…")
}

/// A day of ISO 8601, or a month of it, as the language writes it; any other text as it is.
pub fn day(text: &str, lang: Lang) -> String {
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &&str| part.bytes().all(|octet| octet.is_ascii_digit());
    let is_day = matches!(parts.len(), 2 | 3) && parts[0].len() == 4;
    match (is_day && parts.iter().all(is_number), lang) {
        (true, Lang::It) => parts.into_iter().rev().collect::<Vec<_>>().join("/"),
        (true, Lang::En) | (false, _) => text.to_owned(),
    }
}

/// Italian legal time as the language writes it: day first, or ISO 8601.
pub fn shown(time: Timestamp, lang: Lang) -> String {
    match lang {
        Lang::It => time.italian(),
        Lang::En => time.rfc3339_at(time.italian_offset())[..19].replace('T', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_a_sentence_has_its_article() {
        for (time, italian, english) in [
            (
                "2026-05-04T08:15:07Z",
                "il 4 maggio 2026 alle ore 10:15:07",
                "on 4 May 2026 at 10:15:07 (Italian time)",
            ),
            (
                "2026-12-31T23:00:00Z",
                "il 1° gennaio 2027 alle ore 00:00:00",
                "on 1 January 2027 at 00:00:00 (Italian time)",
            ),
            (
                "2012-02-08T11:00:00Z",
                "l'8 febbraio 2012 alle ore 12:00:00",
                "on 8 February 2012 at 12:00:00 (Italian time)",
            ),
            (
                "2012-10-11T11:00:00Z",
                "l'11 ottobre 2012 alle ore 13:00:00",
                "on 11 October 2012 at 13:00:00 (Italian time)",
            ),
        ] {
            let time = Timestamp::parse(time).expect("a time");
            assert_eq!(on(time, Lang::It), italian);
            assert_eq!(on(time, Lang::En), english);
        }
    }
}
