//! Whether an address is certified mail: dated pieces of evidence, and what follows from them.
//!
//! The directory that decides it is closed to all but providers (RFC 6109, 5.6), so that there are
//! pieces of evidence only, of several kinds. The strongest kind that says anything decides, and
//! within it the newest piece; [`Weight`] has the kinds in their order, each with its reason. Where
//! the evidence comes from, and whether it is genuine, is not known here. That an address is
//! certified mail says nothing of whether the mailbox exists.

use std::cmp::Reverse;

use super::RecipientKind;
use crate::address::{MailAddress, unicode_domain};
use crate::timestamp::Timestamp;

/// What an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Certified mail: a delivery receipt can come.
    Certified,
    /// Ordinary mail: none will ever come.
    Ordinary,
    /// Nobody here knows.
    Unknown,
}

impl Reach {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Certified, Self::Ordinary, Self::Unknown];

    /// The word in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Certified => "certified",
            Self::Ordinary => "ordinary",
            Self::Unknown => "unknown",
        }
    }
}

/// How much a kind of evidence weighs, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Which servers take the mail of a domain: an inference, and nobody signs the answer.
    Servers,
    /// What a public body declares of its own address in the index of public administrations
    /// (legislative decree 82 of 2005, art. 6-ter): nobody checks it against the directory, and it
    /// need be renewed only every six months.
    Declaration,
    /// That a domain is one of free mail, which none of its owners has certified: more certain than
    /// what others declare of an address in it.
    FreeMail,
    /// The directory of providers as it was on a day. An acceptance receipt says what the access
    /// point found there (RFC 6109, 2.2.1); a copy of it says the same of its own day (4.5).
    /// Domains are added and removed, so between the two the newer holds.
    Directory,
}

/// What is known of the mail of a domain from its name servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Servers {
    /// All its mail goes to hosts of a provider of certified mail.
    OfProvider {
        /// The hosts, as stated.
        hosts: Vec<String>,
        /// The host of the provider, as the authority permits it.
        provider: String,
    },
    /// It goes elsewhere: to ordinary mail, or to a provider whose hosts have other names.
    Elsewhere {
        /// The hosts, as stated.
        hosts: Vec<String>,
    },
    /// The domain states no server for mail.
    NoServer,
    /// There is no such domain.
    NoDomain,
    /// No answer came that could be used.
    NoAnswer,
}

/// What a public body declares of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// Certified mail (`pec`).
    Certified,
    /// Anything else (`altro`), which says nothing: it is often certified all the same.
    Other,
}

/// Where a piece of evidence comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The newest genuine acceptance receipt of one's own that lists the address.
    Acceptance(RecipientKind),
    /// A copy of the directory of providers has the domain.
    Directory {
        /// Who runs the domain.
        provider: String,
    },
    /// The domain is one of free mail.
    FreeMail,
    /// The address of an office in the index of public administrations.
    Office {
        /// Its code there.
        code: String,
        /// Its name.
        name: String,
        /// What it declares of the address.
        declared: Declared,
    },
    /// The servers that take the mail of the domain.
    Servers(Servers),
}

impl Source {
    /// The words of all kinds in the JSON.
    pub const WORDS: [&str; 5] = [
        "acceptance",
        "provider-list",
        "free-mail",
        "office",
        "mail-servers",
    ];

    /// The word of its kind.
    pub const fn word(&self) -> &'static str {
        let [acceptance, directory, free_mail, office, servers] = Self::WORDS;
        match self {
            Self::Acceptance(_) => acceptance,
            Self::Directory { .. } => directory,
            Self::FreeMail => free_mail,
            Self::Office { .. } => office,
            Self::Servers(_) => servers,
        }
    }

    /// How much it weighs.
    pub const fn weight(&self) -> Weight {
        match self {
            Self::Acceptance(_) | Self::Directory { .. } => Weight::Directory,
            Self::FreeMail => Weight::FreeMail,
            Self::Office { .. } => Weight::Declaration,
            Self::Servers(_) => Weight::Servers,
        }
    }

    /// What it says; `None` where it says nothing. A list that has not the domain is no evidence:
    /// it may be that of one provider (RFC 6109, 4.5.6).
    pub const fn says(&self) -> Option<Reach> {
        match self {
            Self::Acceptance(RecipientKind::Certified) | Self::Directory { .. } => {
                Some(Reach::Certified)
            }
            Self::Acceptance(RecipientKind::External) | Self::FreeMail => Some(Reach::Ordinary),
            Self::Office { declared, .. } => match declared {
                Declared::Certified => Some(Reach::Certified),
                Declared::Other => None,
            },
            Self::Servers(servers) => match servers {
                Servers::OfProvider { .. } => Some(Reach::Certified),
                Servers::Elsewhere { .. }
                | Servers::NoServer
                | Servers::NoDomain
                | Servers::NoAnswer => None,
            },
        }
    }
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Where it comes from, and what that says.
    pub source: Source,
    /// The day of which it speaks.
    pub dated: Timestamp,
}

/// All that is known of an address, and what it comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The strongest first, among equals the newest.
    evidence: Vec<Evidence>,
}

impl Judgement {
    /// Of an address, with what is known of it elsewhere; free mail is known here.
    pub fn of(address: &MailAddress, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        let mut evidence: Vec<Evidence> = evidence.into_iter().collect();
        if is_free_mail(address) {
            evidence.push(Evidence {
                source: Source::FreeMail,
                dated: FREE_MAIL_OF,
            });
        }
        // An acceptance speaks of this very address, so it comes first on the same instant.
        evidence.sort_by_key(|one| {
            let is_own = matches!(one.source, Source::Acceptance(_));
            Reverse((one.source.weight(), one.dated, is_own))
        });
        Self { evidence }
    }

    /// The evidence, that which weighs most first.
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// The piece that decides; `None` where none says anything.
    pub fn decisive(&self) -> Option<&Evidence> {
        let mut evidence = self.evidence.iter();
        evidence.find(|one| one.source.says().is_some())
    }

    /// What the address is.
    pub fn reach(&self) -> Reach {
        let says = self.decisive().and_then(|one| one.source.says());
        says.unwrap_or(Reach::Unknown)
    }

    /// Whether a piece says something else than the one that decides.
    pub fn is_contradictory(&self) -> bool {
        let reach = self.reach();
        let mut says = self.evidence.iter().filter_map(|one| one.source.says());
        says.any(|other| other != reach)
    }
}

/// The day on which the domains of free mail were last gone through: 2026-11-22.
pub const FREE_MAIL_OF: Timestamp = Timestamp::from_unix(1_795_305_600);

/// Whether the domain is one of free mail that is known never to be certified.
pub fn is_free_mail(address: &MailAddress) -> bool {
    const DOMAINS: &[&str] = &[
        "alice.it",
        "aol.com",
        "email.it",
        "fastwebnet.it",
        "gmail.com",
        "gmx.com",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "hotmail.it",
        "icloud.com",
        "inwind.it",
        "iol.it",
        "libero.it",
        "live.com",
        "live.it",
        "me.com",
        "msn.com",
        "outlook.com",
        "outlook.it",
        "poste.it",
        "proton.me",
        "protonmail.com",
        "tim.it",
        "tin.it",
        "tiscali.it",
        "virgilio.it",
        "yahoo.com",
        "yahoo.it",
        "ymail.com",
    ];
    DOMAINS.contains(&&*unicode_domain(address.domain()))
}

/// The permitted host that all servers of a domain are, or stand under: compared by whole labels, so
/// that `pec.aruba.it.evil.example` is none of `pec.aruba.it`.
///
/// Names that are no names of hosts (RFC 1123, 2.1) belong to nobody: an escaped point is no point.
pub fn provider_of<'p>(hosts: &[String], permitted: &'p [String]) -> Option<&'p str> {
    /// Permitted to the agency itself, whose staff has ordinary mail there.
    const OF_NO_PROVIDER: &str = "agid.gov.it";
    let is_host = |name: &str| {
        let is_sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        !name.is_empty() && name.chars().all(is_sign)
    };
    let is_under = |name: &str, host: &str| {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let below = name.strip_suffix(&host.to_ascii_lowercase());
        is_host(&name) && below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
    };
    let first = hosts.first()?;
    let all = permitted.iter().filter(|host| {
        !host.eq_ignore_ascii_case(OF_NO_PROVIDER) && !host.is_empty() && is_under(first, host)
    });
    let provider = all.max_by_key(|host| host.len())?;
    let of_any = |name: &String| {
        let mut permitted = permitted.iter();
        permitted.any(|host| !host.eq_ignore_ascii_case(OF_NO_PROVIDER) && is_under(name, host))
    };
    hosts.iter().all(of_any).then_some(&**provider)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn at(day: i64, source: Source) -> Evidence {
        Evidence {
            source,
            dated: Timestamp::from_unix(day * DAY),
        }
    }

    fn acceptance(day: i64, kind: RecipientKind) -> Evidence {
        at(day, Source::Acceptance(kind))
    }

    fn directory(day: i64) -> Evidence {
        let provider = "Gestore".to_owned();
        at(day, Source::Directory { provider })
    }

    fn office(day: i64, declared: Declared) -> Evidence {
        let (code, name) = ("c_c407".to_owned(), "Comune di Cavriglia".to_owned());
        at(
            day,
            Source::Office {
                code,
                name,
                declared,
            },
        )
    }

    fn servers(day: i64) -> Evidence {
        let hosts = vec!["mx.pec.gestore.example".to_owned()];
        let provider = "pec.gestore.example".to_owned();
        at(
            day,
            Source::Servers(Servers::OfProvider { hosts, provider }),
        )
    }

    fn judged(address: &str, evidence: &[Evidence]) -> Judgement {
        let address = MailAddress::new(address);
        // In whatever order they come.
        let one = Judgement::of(&address, evidence.iter().cloned());
        let other = Judgement::of(&address, evidence.iter().rev().cloned());
        assert_eq!(one.reach(), other.reach());
        one
    }

    #[test]
    fn free_mail_is_known_and_an_address_of_which_nothing_is_known_is_not() {
        let reach = |address| judged(address, &[]).reach();
        assert_eq!(reach("a@Gmail.com"), Reach::Ordinary);
        assert_eq!(reach("a@pec.example"), Reach::Unknown);
        assert_eq!(reach("a@gmail.com.example"), Reach::Unknown);
        assert_eq!(Judgement::default().reach(), Reach::Unknown);
    }

    #[test]
    fn of_the_directory_the_newer_day_holds_whoever_read_it() {
        use RecipientKind::{Certified, External};
        for (evidence, reach) in [
            ([acceptance(1, External), directory(2)], Reach::Certified),
            ([acceptance(2, External), directory(1)], Reach::Ordinary),
            ([acceptance(2, External), directory(2)], Reach::Ordinary),
            (
                [acceptance(1, External), acceptance(2, Certified)],
                Reach::Certified,
            ),
        ] {
            let judgement = judged("a@pec.example", &evidence);
            assert_eq!(judgement.reach(), reach, "{evidence:?}");
            assert!(judgement.is_contradictory());
        }
        let agreed = [acceptance(1, Certified), directory(2)];
        assert!(!judged("a@pec.example", &agreed).is_contradictory());
    }

    #[test]
    fn the_stronger_kind_holds_however_old_it_is() {
        use RecipientKind::{Certified, External};
        let old_and_strong = [
            (acceptance(1, External), office(9, Declared::Certified)),
            (acceptance(1, External), servers(9)),
        ];
        for (strong, weak) in old_and_strong {
            let judgement = judged("a@pec.example", &[weak, strong.clone()]);
            assert_eq!(judgement.reach(), Reach::Ordinary);
            assert_eq!(judgement.decisive(), Some(&strong));
            assert!(judgement.is_contradictory());
        }
        // Free mail against all others.
        for (evidence, reach) in [
            (acceptance(1, Certified), Reach::Certified),
            (directory(1), Reach::Certified),
            (office(40_000, Declared::Certified), Reach::Ordinary),
            (servers(40_000), Reach::Ordinary),
        ] {
            let judgement = judged("a@gmail.com", &[evidence]);
            assert_eq!(judgement.reach(), reach);
            assert!(judgement.is_contradictory());
        }
    }

    #[test]
    fn what_says_nothing_is_shown_and_decides_nothing() {
        let of = |of| at(1, Source::Servers(of));
        let hosts = vec!["mail.example".to_owned()];
        for silent in [
            office(1, Declared::Other),
            of(Servers::Elsewhere { hosts }),
            of(Servers::NoServer),
            of(Servers::NoDomain),
            of(Servers::NoAnswer),
        ] {
            let judgement = judged("a@pec.example", std::slice::from_ref(&silent));
            assert_eq!(judgement.reach(), Reach::Unknown);
            assert_eq!(judgement.evidence(), [silent]);
            assert!(!judgement.is_contradictory());
        }
        let both = [office(9, Declared::Other), servers(1)];
        assert_eq!(judged("a@pec.example", &both).reach(), Reach::Certified);
    }

    #[test]
    fn hosts_of_a_provider_are_known_by_whole_labels() {
        let permitted =
            ["pec.aruba.it", "aruba.it", "legalmail.it", "agid.gov.it"].map(str::to_owned);
        let of = |hosts: &[&str]| {
            let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
            provider_of(&hosts, &permitted)
        };
        assert_eq!(of(&["mx.pec.aruba.it"]), Some("pec.aruba.it"));
        assert_eq!(of(&["PEC.Aruba.it."]), Some("pec.aruba.it"));
        assert_eq!(
            of(&["mx1.legalmail.it", "mx.pec.aruba.it"]),
            Some("legalmail.it")
        );
        for strange in [
            &["pec.aruba.it.evil.example"][..],
            &["evilpec-aruba.it"],
            &["mx.xaruba.it"],
            &["mx\\.pec.aruba.it"],
            &["mx.pec.aruba.it", "mail.example"],
            &["mx.agid.gov.it"],
            &[""],
            &[],
        ] {
            assert_eq!(of(strange), None, "{strange:?}");
        }
    }
}
