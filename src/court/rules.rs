//! The rules of `courts.toml` in types, and what they say of files as a whole.

use std::sync::OnceLock;

use serde::Deserialize;

use super::ground::Ground;
use super::objection::{Matter, Objection, Weight};
use crate::timestamp::Timestamp;

/// Rules that were read longer ago are told to be old: they changed six times in four years.
const MONTHS: i64 = 12;

/// A kind of law court.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Court {
    /// The civil trial (processo civile telematico).
    Civile,
    /// The tax trial (processo tributario telematico).
    Tributario,
    /// The administrative trial (processo amministrativo telematico).
    Amministrativo,
}

impl Court {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Civile, Self::Tributario, Self::Amministrativo];

    /// The word of the rules.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Civile => "civile",
            Self::Tributario => "tributario",
            Self::Amministrativo => "amministrativo",
        }
    }

    /// The rules of this kind of court.
    pub fn rules(self) -> &'static Rules {
        let mut all = file().court.iter();
        all.find(|rules| rules.name == self)
            .expect("courts compiled in are tested")
    }
}

/// What a limit is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// Octets of one file.
    File,
    /// Octets of all files.
    Sum,
    /// Files.
    Count,
    /// Characters of a name.
    Name,
}

impl Of {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::File, Self::Sum, Self::Count, Self::Name];

    /// The word in the data and in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Name => "name",
        }
    }
}

/// The most of something.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Of what.
    pub of: Of,
    /// The most: so many fit, one more does not.
    pub most: u64,
    /// On what it rests.
    pub ground: Ground,
}

/// The forms of files that are taken.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Formats {
    /// Their endings, in small letters.
    pub endings: Vec<String>,
    /// Those among them whose files are not seen.
    pub archives: Vec<String>,
    /// Whether files signed around their content are taken as what they hold.
    pub signed: bool,
    /// On what it rests.
    pub ground: Ground,
}

/// What one kind of court takes.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    name: Court,
    /// The limits, in the order of the file.
    #[serde(rename = "limit")]
    pub limits: Vec<Limit>,
    /// The forms of files.
    pub formats: Formats,
}

/// What the first octets of a form are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    endings: Vec<String>,
    /// Types as the detector names them.
    found: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    court: Vec<Rules>,
    form: Vec<Form>,
}

fn file() -> &'static File {
    static FILE: OnceLock<File> = OnceLock::new();
    FILE.get_or_init(|| {
        toml::from_str(include_str!("courts.toml")).expect("courts compiled in are tested")
    })
}

/// A file that is filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Its name, without a folder.
    pub name: String,
    /// Its octets.
    pub size: u64,
}

impl Rules {
    /// Of which kind of court.
    pub fn court(&self) -> Court {
        self.name
    }

    /// The day on which the oldest of them was read.
    pub fn checked_on(&self) -> &str {
        let limits = self.limits.iter().map(|limit| &limit.ground);
        let grounds = limits.chain([&self.formats.ground]);
        let days = grounds.map(|ground| &*ground.checked_on);
        days.min().unwrap_or_default()
    }

    /// That they were read more than twelve months ago, where that is so at `now`.
    pub fn age(&self, now: Timestamp) -> Option<Objection> {
        let read = Timestamp::parse(self.checked_on()).ok()?;
        let is_old = now > read.months_later(MONTHS);
        is_old.then(|| Objection::new(Matter::OldRules, Weight::Doubt, ""))
    }

    /// What the sizes of the files that are filed pass, their sum and their number.
    pub fn together(&'static self, files: &[Filed]) -> Vec<Objection> {
        let mut found = self.each(files);
        found.extend(self.all(files));
        found
    }

    /// What the size of each file passes.
    pub(super) fn each(&'static self, files: &[Filed]) -> Vec<Objection> {
        let of = |file: &Filed| {
            let found = file.size;
            let matter = |most| Matter::FileSize { found, most };
            self.passed(Of::File, found, &file.name, matter)
        };
        files.iter().filter_map(of).collect()
    }

    /// What the sum of all sizes and the number of files pass.
    pub(super) fn all(&'static self, files: &[Filed]) -> Vec<Objection> {
        let sizes = files.iter().map(|file| file.size);
        let sum = sizes.fold(0, u64::saturating_add);
        let count = files.len() as u64;
        let of_sum = self.passed(Of::Sum, sum, "", |most| Matter::Sum { found: sum, most });
        let of_count = self.passed(Of::Count, count, "", |most| Matter::Count {
            found: count,
            most,
        });
        of_sum.into_iter().chain(of_count).collect()
    }

    /// What a name comes to, whatever the file holds.
    pub(super) fn of_name(&'static self, name: &str) -> Vec<Objection> {
        let length = name.chars().count() as u64;
        let matter = |most| Matter::NameLength {
            found: length,
            most,
        };
        let mut found: Vec<Objection> = self
            .passed(Of::Name, length, name, matter)
            .into_iter()
            .collect();
        if !name.chars().all(is_usual) {
            found.push(Objection::new(Matter::NameSigns, Weight::Doubt, name));
        }
        found
    }

    /// The surest limit that a number passes, and of those the largest.
    pub(super) fn passed(
        &'static self,
        of: Of,
        number: u64,
        about: &str,
        matter: impl Fn(u64) -> Matter,
    ) -> Option<Objection> {
        let passed = self.limits.iter();
        let passed = passed.filter(|limit| limit.of == of && number > limit.most);
        let limit = passed.max_by_key(|limit| (limit.ground.sure, limit.most))?;
        Some(Objection::of(matter(limit.most), &limit.ground, about))
    }
}

/// The types that a file with this ending may have by its first octets; `None` where that is not looked
/// into.
pub(super) fn types_of(ending: &str) -> Option<&'static [String]> {
    let of_ending = |form: &&Form| form.endings.iter().any(|one| one == ending);
    let form = file().form.iter().find(of_ending)?;
    Some(&form.found)
}

/// Whether an ending is one of those that any court takes.
pub(super) fn is_ending(text: &str) -> bool {
    let mut courts = file().court.iter();
    courts.any(|rules| rules.formats.endings.iter().any(|one| one == text))
}

/// Signs that no portal is known to refuse.
fn is_usual(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || " ._-()[]+,@=".contains(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filed(sizes: &[u64]) -> Vec<Filed> {
        let all = sizes.iter().map(|size| Filed {
            name: "03_consegna.eml".to_owned(),
            size: *size,
        });
        all.collect()
    }

    /// What is objected to, and how much it weighs.
    fn said(court: Court, sizes: &[u64]) -> Vec<(&'static str, Weight)> {
        let found = court.rules().together(&filed(sizes));
        let each = found.iter().map(|one| (one.matter.word(), one.weight));
        each.collect()
    }

    #[test]
    fn every_court_has_rules_and_every_rule_a_source_and_a_day() {
        for court in Court::ALL {
            let rules = court.rules();
            assert_eq!(rules.court(), court);
            let grounds = rules.limits.iter().map(|limit| &limit.ground);
            for ground in grounds.chain([&rules.formats.ground]) {
                assert!(ground.source.len() > 5, "{ground:?}");
                assert!(Timestamp::parse(&ground.checked_on).is_ok(), "{ground:?}");
            }
            let formats = &rules.formats;
            assert!(formats.endings.iter().any(|one| one == "eml"), "{court:?}");
            for archive in &formats.archives {
                assert!(formats.endings.contains(archive), "{archive}");
            }
            for ending in formats.endings.iter().filter(|one| {
                ![
                    "dcm", "mp4", "m4v", "mov", "mpg", "mpeg", "avi", "mp3", "flac", "raw", "wav",
                    "aiff", "aif", "arj",
                ]
                .contains(&&***one)
            }) {
                assert!(types_of(ending).is_some(), "{ending}");
            }
        }
        assert_eq!(file().court.len(), Court::ALL.len());
    }

    #[test]
    fn one_octet_over_a_limit_does_not_fit_and_the_limit_does() {
        use Court::{Amministrativo, Civile, Tributario};
        for (court, most, word, weight) in [
            (Tributario, 10_000_000, "file-size", Weight::Doubt),
            (Tributario, 10_485_760, "file-size", Weight::Failure),
            (Amministrativo, 10_000_000, "file-size", Weight::Doubt),
            (Amministrativo, 31_457_280, "file-size", Weight::Failure),
            (Civile, 43_000_000, "sum", Weight::Doubt),
            (Civile, 62_914_560, "sum", Weight::Failure),
        ] {
            let of = |size: u64| {
                let all = said(court, &[size]);
                let mut all = all.into_iter().filter(|(found, _)| *found == word);
                all.next().map(|(_, weight)| weight)
            };
            assert_eq!(of(most + 1), Some(weight), "{court:?} {most}");
            assert_ne!(of(most), Some(weight), "{court:?} {most}");
        }
    }

    #[test]
    fn the_sum_and_the_number_of_files_are_those_of_all() {
        use Court::{Amministrativo, Tributario};
        let five = [10_000_000; 5];
        assert_eq!(said(Tributario, &five), []);
        let over = [five.as_slice(), &[1]].concat();
        assert_eq!(said(Tributario, &over), [("sum", Weight::Doubt)]);
        let over = [five.as_slice(), &[2_428_801]].concat();
        assert_eq!(said(Tributario, &over), [("sum", Weight::Failure)]);
        assert_eq!(said(Tributario, &[1; 50]), []);
        assert_eq!(said(Tributario, &[1; 51]), [("count", Weight::Failure)]);
        assert_eq!(said(Amministrativo, &[1; 51]), []);
        assert_eq!(
            said(Court::Civile, &[u64::MAX, u64::MAX]),
            [("sum", Weight::Failure)]
        );
    }

    #[test]
    fn rules_are_old_a_day_after_twelve_months_and_not_a_day_before() {
        for court in Court::ALL {
            let rules = court.rules();
            let read = Timestamp::parse(rules.checked_on()).unwrap();
            let over = read.months_later(12).unix();
            let age = |seconds| rules.age(Timestamp::from_unix(over + seconds));
            assert_eq!(age(-86_400), None);
            assert_eq!(age(0), None);
            let old = age(86_400).expect("old");
            assert_eq!(
                (old.matter.word(), old.weight),
                ("old-rules", Weight::Doubt)
            );
        }
    }

    #[test]
    fn a_name_is_as_long_as_the_court_takes_and_of_usual_signs() {
        let of = |court: Court, name: &str| -> Vec<&'static str> {
            let found = court.rules().of_name(name);
            found.iter().map(|one| one.matter.word()).collect()
        };
        let long = |length: usize| format!("{}.pdf", "a".repeat(length - 4));
        assert!(of(Court::Tributario, &long(100)).is_empty());
        assert_eq!(of(Court::Tributario, &long(101)), ["name-length"]);
        assert!(of(Court::Civile, &long(101)).is_empty());
        assert!(of(Court::Tributario, "Relata di notifica (1).pdf").is_empty());
        for name in ["perché.pdf", "l'atto.pdf", "a/b.pdf", "a\u{202e}b.pdf"] {
            assert_eq!(of(Court::Tributario, name), ["name-signs"], "{name}");
        }
    }
}
