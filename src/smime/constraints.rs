//! Name constraints (RFC 5280, 4.2.1.10) for the names that signer certificates carry.
//!
//! The constraints of the AgID CA1 editions are the public list of who may sign PEC, so they
//! are checked although the extension is not critical there. Mail addresses, directory names,
//! DNS names and IP addresses are understood; a constraint of any other type forbids every
//! name of that type.

use std::net::IpAddr;

use super::ber::{Reader, tag};
use super::name::Name;
use super::{Error, Fault};

/// Permitted or excluded bases of one extension, each compared with every name below: the AgID
/// CA1 editions have under 300.
const MAX_BASES: usize = 1_000;

/// A subject alternative name, or the base of a constraint (RFC 5280, 4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneralName {
    /// rfc822Name.
    Mail(String),
    /// dNSName.
    Dns(String),
    /// directoryName.
    Directory(Name),
    /// iPAddress: 4 or 16 octets as a name, 8 or 32 (address and mask) as a constraint.
    Ip(Vec<u8>),
    /// Any other choice, by its context tag number.
    Other(u8),
}

impl GeneralName {
    /// Reads one GeneralName.
    pub(super) fn parse(tag: u8, content: &[u8]) -> Result<Self, Error> {
        let text = || {
            std::str::from_utf8(content)
                .map(str::to_owned)
                .map_err(|_| Error::Encoding(Fault::NotAscii))
        };
        Ok(match tag {
            0x81 => Self::Mail(text()?),
            0x82 => Self::Dns(text()?),
            0xa4 => Self::Directory(Name::from_der(content)?),
            0x87 => Self::Ip(content.to_vec()),
            other => Self::Other(other & 0x1f),
        })
    }

    /// Whether both are names of one type, so that a constraint on one speaks of the other.
    fn same_type(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(a), Self::Other(b)) => a == b,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// Whether this name lies within a constraint's base. False across types.
    fn is_within(&self, base: &Self) -> bool {
        match (self, base) {
            (Self::Mail(name), Self::Mail(base)) => mail_is_within(name, base),
            (Self::Dns(name), Self::Dns(base)) => {
                base.is_empty() || is_same_or_below(name, base.trim_start_matches('.'))
            }
            (Self::Directory(name), Self::Directory(base)) => name.is_within(base),
            (Self::Ip(name), Self::Ip(base)) => ip_is_within(name, base),
            // A type that is not understood: forbid, do not guess.
            _ => false,
        }
    }
}

impl std::fmt::Display for GeneralName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mail(text) | Self::Dns(text) => f.write_str(text),
            Self::Directory(name) => name.fmt(f),
            Self::Ip(octets) => match *octets.as_slice() {
                [a, b, c, d] => IpAddr::from([a, b, c, d]).fmt(f),
                _ => write!(f, "IP {octets:02x?}"),
            },
            Self::Other(number) => write!(f, "[{number}]"),
        }
    }
}

/// Permitted and excluded subtrees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// Where a type occurs here, names of that type must lie within one of its bases.
    pub permitted: Vec<GeneralName>,
    /// No name may lie within one of these.
    pub excluded: Vec<GeneralName>,
}

impl NameConstraints {
    /// Reads the extension's value.
    pub(super) fn parse(value: &[u8]) -> Result<Self, Error> {
        let mut sequence = Reader::new(value).enter(tag::SEQUENCE)?;
        let mut constraints = Self::default();
        for (wanted, list) in [
            (tag::CONTEXT_0, &mut constraints.permitted),
            (tag::CONTEXT_1, &mut constraints.excluded),
        ] {
            if let Some(subtrees) = sequence.optional(wanted)? {
                let mut subtrees = Reader::new(subtrees.content);
                while !subtrees.is_empty() {
                    if list.len() == MAX_BASES {
                        return Err(Error::Encoding(Fault::TooMany));
                    }
                    let mut subtree = subtrees.enter(tag::SEQUENCE)?;
                    let base = subtree.value()?;
                    // 4.2.1.10: minimum is 0 and maximum absent, always.
                    if !subtree.is_empty() {
                        return Err(Error::ConstraintDistance);
                    }
                    list.push(GeneralName::parse(base.tag, base.content)?);
                }
            }
        }
        Ok(constraints)
    }

    /// The first name that the constraints do not allow, if any.
    pub fn violated_by<'n>(
        &self,
        names: impl IntoIterator<Item = &'n GeneralName>,
    ) -> Option<&'n GeneralName> {
        names.into_iter().find(|name| !self.allow(name))
    }

    fn allow(&self, name: &GeneralName) -> bool {
        let of_type = |base: &&GeneralName| name.same_type(base);
        // Whose mailbox `a@b@c` is, nobody can say: no list permits it.
        if let GeneralName::Mail(address) = name
            && host_of(address).is_none()
        {
            return !self
                .permitted
                .iter()
                .chain(&self.excluded)
                .any(|b| of_type(&b));
        }
        let excluded = self.excluded.iter().filter(of_type).any(|base| match base {
            GeneralName::Other(_) => true,
            GeneralName::Mail(_)
            | GeneralName::Dns(_)
            | GeneralName::Directory(_)
            | GeneralName::Ip(_) => name.is_within(base),
        });
        let mut permitted = self.permitted.iter().filter(of_type).peekable();
        !excluded && (permitted.peek().is_none() || permitted.any(|base| name.is_within(base)))
    }
}

/// 4.2.1.10: `user@host` is one mailbox, `.domain` every host below, `host` exactly that host.
fn mail_is_within(address: &str, base: &str) -> bool {
    let Some(host) = host_of(address) else {
        return false;
    };
    // Of hundreds of bases nearly all differ in their length already.
    if host.eq_ignore_ascii_case(base) {
        return true;
    }
    match base.strip_prefix('.').filter(|_| !base.contains('@')) {
        Some(domain) => is_same_or_below(host, domain) && !host.eq_ignore_ascii_case(domain),
        None => address.eq_ignore_ascii_case(base),
    }
}

/// The host of an address with one `@`; no signer has a quoted one before it.
fn host_of(address: &str) -> Option<&str> {
    let at = memchr::memchr(b'@', address.as_bytes())?;
    let is_one = memchr::memrchr(b'@', address.as_bytes()) == Some(at);
    is_one.then(|| &address[at + 1..])
}

fn is_same_or_below(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.to_ascii_lowercase(), domain.to_ascii_lowercase());
    host == domain
        || host
            .strip_suffix(&domain)
            .is_some_and(|rest| rest.ends_with('.'))
}

fn ip_is_within(address: &[u8], base: &[u8]) -> bool {
    if base.len() != address.len() * 2 {
        return false;
    }
    let (network, mask) = base.split_at(address.len());
    address
        .iter()
        .zip(network)
        .zip(mask)
        .all(|((a, n), m)| a & m == n & m)
}

#[cfg(test)]
mod tests {
    use super::*;
    use GeneralName::{Directory, Dns, Ip, Mail, Other};

    fn permitted(bases: Vec<GeneralName>) -> NameConstraints {
        NameConstraints {
            permitted: bases,
            excluded: vec![],
        }
    }

    /// RFC 5280, 4.2.1.10: a constraint speaks of names of its own form alone.
    #[test]
    fn a_name_of_another_form_is_another_name() {
        let parse = |tag, content| GeneralName::parse(tag, content).unwrap();
        let uri = parse(0x86, b"http://a.example");
        let other = parse(0xa0, b"\x06\x01\x2a");
        let registered = parse(0x88, b"\x2a");
        assert_eq!(
            (&uri, &other, &registered),
            (&Other(6), &Other(0), &Other(8))
        );
        assert!(uri.same_type(&parse(0x86, b"http://b.example")));
        for (one, two) in [(&uri, &other), (&uri, &registered), (&other, &registered)] {
            assert!(!one.same_type(two), "{one:?} {two:?}");
        }
        assert!(!uri.same_type(&Mail("a@b.example".into())));
    }

    #[test]
    fn a_mail_host_without_a_dot_is_that_host_alone() {
        let constraints = permitted(vec![Mail("pec.example".into())]);
        for (address, allowed) in [
            ("posta-certificata@pec.example", true),
            ("posta-certificata@PEC.example", true),
            ("posta-certificata@sub.pec.example", false),
            ("posta-certificata@xpec.example", false),
            ("posta-certificata@pec.example.evil", false),
            ("posta-certificata@evil.example@pec.example", false),
            ("pec.example", false),
        ] {
            assert_eq!(
                constraints.violated_by([&Mail(address.into())]).is_none(),
                allowed,
                "{address}"
            );
        }
    }

    #[test]
    fn dots_and_mailboxes_in_mail_constraints() {
        assert!(mail_is_within("a@sub.pec.example", ".pec.example"));
        assert!(!mail_is_within("a@pec.example", ".pec.example"));
        assert!(mail_is_within("a@pec.example", "a@pec.example"));
        assert!(!mail_is_within("b@pec.example", "a@pec.example"));
        assert!(!mail_is_within("a@pec.example", "@pec.example"));
        assert!(!mail_is_within("a@sub.pec.example", ".@pec.example"));
        assert!(mail_is_within("A@SUB.pec.example", ".Pec.example"));
    }

    #[test]
    fn types_that_no_constraint_names_are_free() {
        let constraints = permitted(vec![Mail("pec.example".into())]);
        assert_eq!(constraints.violated_by([&Dns("x.example".into())]), None);
    }

    #[test]
    fn excluded_wins() {
        let everything = NameConstraints {
            permitted: vec![],
            excluded: vec![Ip(vec![0; 8]), Dns(String::new()), Other(6)],
        };
        assert!(everything.violated_by([&Ip(vec![127, 0, 0, 1])]).is_some());
        assert!(everything.violated_by([&Dns("a.example".into())]).is_some());
        assert!(everything.violated_by([&Other(6)]).is_some());
        assert!(everything.violated_by([&Mail("a@b".into())]).is_none());
        let host = NameConstraints {
            permitted: vec![],
            excluded: vec![Mail("b".into())],
        };
        assert!(host.violated_by([&Mail("a@c".into())]).is_none());
        assert!(host.violated_by([&Mail("a@c@d".into())]).is_some());
        assert!(everything.violated_by([&Ip(vec![0; 16])]).is_none());
    }

    #[test]
    fn directory_names_are_within_a_beginning() {
        let name = |text: &str| Directory(Name::from_rfc4514(text).unwrap());
        let constraints = permitted(vec![name("O=A,C=IT"), name("O=B,C=IT")]);
        assert!(constraints.violated_by([&name("CN=x,O=b,C=IT")]).is_none());
        assert!(constraints.violated_by([&name("CN=x,O=C,C=IT")]).is_some());
    }
}
