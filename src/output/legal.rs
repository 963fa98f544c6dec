//! What the program says of the law: sentences with their source and the day on which that was
//! checked, from `catalogue/legal.*.toml` alone. Nothing of the law is written in code.
//!
//! It is told what a receipt proves in general and what one may do; no case is judged, and nothing
//! here is advice.

use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::pec::Evidence;

/// For so long a provider keeps its logs (RFC 6109, 2.3).
pub const LOG_MONTHS: i64 = 30;

/// A sentence of law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The sentence.
    pub text: String,
    /// Where it stands.
    pub source: &'static str,
    /// The day on which that was looked up: `2026-11-29`.
    pub checked_on: &'static str,
}

impl Rule {
    /// The sentence of a key, with `{name}` replaced by values.
    pub fn of(key: &str, values: &[(&str, &str)], lang: Lang) -> Self {
        let texts = Catalogue::of(lang);
        Self {
            text: texts.fill(&format!("legal.{key}.text"), values),
            source: texts.text(&format!("legal.{key}.source")),
            checked_on: texts.text(&format!("legal.{key}.checked_on")),
        }
    }
}

/// What a kind of certified message proves, and what it leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What it proves.
    pub proves: Rule,
    /// What it does not.
    pub open: Rule,
}

impl Proof {
    /// Of a genuine one.
    pub fn of(evidence: Evidence, lang: Lang) -> Self {
        let rule = |family: &str| Rule::of(&format!("{family}.{}", evidence.word()), &[], lang);
        Self {
            proves: rule("proves"),
            open: rule("does-not-prove"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::Timestamp;

    /// That both languages have the same keys is tested in `catalogue`.
    #[test]
    fn every_sentence_of_law_has_its_source_and_its_day_and_the_same_in_both_languages() {
        let (it, en) = (Catalogue::of(Lang::It), Catalogue::of(Lang::En));
        let keys = it.keys().into_iter();
        let entries: Vec<&str> = keys
            .filter(|key| key.starts_with("legal."))
            .filter_map(|key| key.rsplit_once('.'))
            .map(|(entry, _)| entry)
            .collect();
        assert!(entries.len() > 100, "{}", entries.len());
        for entry in entries {
            for texts in [it, en] {
                let of = |field: &str| texts.text(&format!("{entry}.{field}"));
                assert!(of("text").len() > 3 && of("source").len() > 3, "{entry}");
                let day = of("checked_on");
                assert!(
                    day.len() == 10 && Timestamp::parse(day).is_ok(),
                    "{entry}: {day}"
                );
            }
            for field in ["source", "checked_on"] {
                let key = format!("{entry}.{field}");
                assert_eq!(it.text(&key), en.text(&key), "{key}");
            }
        }
    }

    #[test]
    fn every_kind_of_message_has_what_it_proves() {
        for evidence in Evidence::ALL {
            for lang in [Lang::It, Lang::En] {
                let Proof { proves, open } = Proof::of(evidence, lang);
                assert!(proves.text != "…" && open.text != "…", "{evidence:?}");
            }
        }
    }
}
