//! Whom the editions of an authority permit, over time: each name with the edition that first has
//! it and the one that no longer does.
//!
//! The name constraints of the editions (RFC 5280, 4.2.1.10) are the public list of who may sign
//! certified mail. A name that is there may sign; whether somebody does is another question.

use std::collections::BTreeMap;

use crate::smime::chain::{Anchor, Edition};
use crate::smime::constraints::GeneralName;
use crate::timestamp::Timestamp;

/// What is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The host of addresses.
    Host,
    /// The organization of a directory name.
    Organization,
}

/// A name that editions permit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permitted {
    /// What it is.
    pub kind: Kind,
    /// As the newest edition that has it writes it.
    pub name: String,
    /// When the first known edition with it began.
    pub since: Timestamp,
    /// When the first edition after the last with it began; `None`: the newest has it.
    pub until: Option<Timestamp>,
}

/// What an edition has that the one before it had not, and the reverse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// New names.
    pub added: Vec<(Kind, String)>,
    /// Names that are there no longer.
    pub removed: Vec<(Kind, String)>,
}

/// The names that the editions of an authority permit, hosts first.
pub fn permitted(anchor: &Anchor) -> Vec<Permitted> {
    let mut found: BTreeMap<(Kind, String), (usize, Permitted)> = BTreeMap::new();
    for (index, edition) in anchor.editions.iter().enumerate() {
        for (kind, name) in names(edition) {
            let entry = found.entry((kind, name.to_lowercase()));
            let (last, permitted) = entry.or_insert_with(|| {
                let since = edition.not_before;
                let (name, until) = (String::new(), None);
                let new = Permitted {
                    kind,
                    name,
                    since,
                    until,
                };
                (index, new)
            });
            *last = index;
            permitted.name = name;
        }
    }
    let ended = |(last, mut permitted): (usize, Permitted)| {
        permitted.until = anchor.editions.get(last + 1).map(|next| next.not_before);
        permitted
    };
    found.into_values().map(ended).collect()
}

/// What changed from one edition to the next; all is new in the first.
pub fn difference(earlier: Option<&Edition>, later: &Edition) -> Difference {
    let before = earlier.map(names).unwrap_or_default();
    let after = names(later);
    let lacks = |all: &[(Kind, String)], one: &(Kind, String)| {
        let mut all = all.iter();
        !all.any(|(kind, name)| *kind == one.0 && name.eq_ignore_ascii_case(&one.1))
    };
    Difference {
        added: (after.iter().filter(|one| lacks(&before, one)).cloned()).collect(),
        removed: (before.iter().filter(|one| lacks(&after, one)).cloned()).collect(),
    }
}

/// The hosts and organizations of an edition, each once.
pub fn names(edition: &Edition) -> Vec<(Kind, String)> {
    let mut all: Vec<(Kind, String)> = Vec::new();
    for name in &edition.constraints.permitted {
        let named = match name {
            GeneralName::Mail(host) => Some((Kind::Host, host.clone())),
            GeneralName::Directory(name) => {
                let organization = name.organization();
                organization.map(|name| (Kind::Organization, name.to_owned()))
            }
            GeneralName::Dns(_) | GeneralName::Ip(_) | GeneralName::Other(_) => None,
        };
        all.extend(named.filter(|one| !all.contains(one)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Trust;

    #[test]
    fn names_come_and_go_with_editions() {
        let trust = Trust::built_in();
        let anchor = &trust.anchors[0];
        let all = permitted(anchor);
        let of = |name: &str| all.iter().find(|one| one.name == name).unwrap();
        let day = |at: Timestamp| at.to_string()[..10].to_owned();
        assert_eq!(day(of("pec.reevo.eu").since), "2025-02-20");
        assert_eq!(of("pec.reevo.eu").until, None);
        assert_eq!(day(of("miapec.it").since), "2020-01-30");
        let numera = of("pec.numera.it");
        assert_eq!(day(numera.since), "2017-10-12");
        assert!(numera.until.is_some());
        let [.., before, newest] = &anchor.editions[..] else {
            panic!("several editions");
        };
        let change = difference(Some(before), newest);
        assert!(change.added.contains(&(Kind::Host, "pec.reevo.eu".into())));
        assert_eq!(difference(Some(newest), newest), Difference::default());
        assert_eq!(difference(None, newest).added, names(newest));
    }
}
