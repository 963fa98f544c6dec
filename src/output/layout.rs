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

/// Italian legal time as the language writes it: day first, or ISO 8601.
pub fn shown(time: Timestamp, lang: Lang) -> String {
    match lang {
        Lang::It => time.italian(),
        Lang::En => time.rfc3339_at(time.italian_offset())[..19].replace('T', " "),
    }
}
