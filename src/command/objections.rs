//! What a law court would not take, in words. What a rule rests on is told with it, with the day on which
//! that was read; what nobody is sure of is told as a doubt.

use crate::court::{Matter, Objection, Weight};
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout::day;
use crate::output::legal::Rule;

/// Each in a sentence, as before a message leaves; and why the files of a message matter to its receipts,
/// where some do not fit.
pub(super) fn told(objections: &[Objection], lang: Lang) -> Vec<String> {
    let texts = Catalogue::of(lang);
    let mut lines: Vec<String> = objections
        .iter()
        .map(|one| texts.fill("court.caution", &[("sentence", &*sentence(one, lang))]))
        .collect();
    let fails = |one: &&Objection| one.weight == Weight::Failure;
    let mut failures = objections.iter().filter(fails);
    if failures.any(|one| !one.matter.is_of_receipt()) {
        lines.push(law("court-files", lang));
    }
    let mut failures = objections.iter().filter(fails);
    if failures.any(|one| one.matter.is_of_receipt()) {
        lines.push(law("court-receipt", lang));
    }
    lines
}

/// What the law has to do with it, with its source.
pub(super) fn law(key: &str, lang: Lang) -> String {
    let rule = Rule::of(&format!("caution.{key}"), &[], lang);
    let values = [
        ("sentence", rule.text.trim_end_matches('.')),
        ("source", rule.source),
    ];
    Catalogue::of(lang).fill("warning.law", &values)
}

/// One in a sentence, and what it rests on.
pub(super) fn sentence(objection: &Objection, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let (found, most) = numbers(&objection.matter, texts);
    let (ending, kind) = if let Matter::Content { ending, found } = &objection.matter {
        let unknown = || texts.text("court.unknown-content");
        (&**ending, found.unwrap_or_else(unknown))
    } else if let Matter::Form { ending } = &objection.matter {
        (&**ending, "")
    } else {
        ("", "")
    };
    let values = [
        ("about", &*objection.about),
        ("found", &found),
        ("most", &most),
        ("ending", ending),
        ("type", kind),
    ];
    let key = format!("court.matter.{}", objection.matter.word());
    let sentence = texts.fill(&key, &values);
    let Some(ground) = objection.ground else {
        return sentence;
    };
    let values = [
        ("sentence", &*sentence),
        ("source", &ground.source),
        ("day", &day(&ground.checked_on, lang)),
    ];
    texts.fill("court.with-source", &values)
}

/// What was found and the most, as a person reads them.
fn numbers(matter: &Matter, texts: &Catalogue) -> (String, String) {
    let Some((found, most)) = matter.numbers() else {
        return Default::default();
    };
    let is_of_octets = !matches!(matter, Matter::Count { .. } | Matter::NameLength { .. });
    let told = |number: u64| {
        let octets = texts.number(number);
        // Rounded, one octet too many would look like none.
        let values = [("octets", &*octets), ("size", &*texts.size(number))];
        match is_of_octets {
            true => texts.fill("court.octets", &values),
            false => octets,
        }
    };
    (told(found), told(most))
}
