//! Catalogues as one text with an index, which the program finds a sentence in without reading any file.
//!
//! Part of the build script, and of the tests; nothing of it is in the program.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

/// Keys and texts in the order of the keys, one behind the other, and where each of them ends.
#[derive(Debug, Default)]
pub struct Flat {
    pub octets: String,
    pub ends: Vec<u32>,
}

/// Tables become keys with dots: `[finding] "a.b" = …` is `finding.a.b`.
///
/// # Panics
/// For what is no TOML, a value that is no text and no day, and a key that stands twice.
pub fn flat<'s>(sources: impl IntoIterator<Item = &'s str>) -> Flat {
    let mut texts = BTreeMap::new();
    for source in sources {
        let table = DeTable::parse(source).expect("a catalogue is TOML");
        flatten("", table.get_ref(), &mut texts);
    }
    let mut flat = Flat::default();
    for piece in texts.iter().flat_map(|(key, text)| [key, text]) {
        flat.octets.push_str(piece);
        flat.ends.push(flat.octets.len() as u32);
    }
    flat
}

fn flatten(prefix: &str, table: &DeTable<'_>, texts: &mut BTreeMap<String, String>) {
    for (name, value) in table {
        let key = match prefix {
            "" => name.get_ref().to_string(),
            _ => format!("{prefix}.{}", name.get_ref()),
        };
        let text = match value.get_ref() {
            DeValue::Table(table) => {
                flatten(&key, table, texts);
                continue;
            }
            DeValue::String(text) => text.trim_end().to_owned(),
            DeValue::Datetime(day) => day.to_string(),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Array(_) => {
                panic!("{key} is neither a text nor a day")
            }
        };
        assert!(
            texts.insert(key.clone(), text).is_none(),
            "{key} stands twice"
        );
    }
}
