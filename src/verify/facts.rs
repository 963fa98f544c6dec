//! What a message certifies: taken from verified octets and from the certificate that
//! verified them, never from the outer header.

use std::sync::Arc;

use crate::pec::{CertificationData, Evidence, Holds, MessageKind};
use crate::smime::certificate::Certificate;
use crate::smime::content::Form;
use crate::smime::point::PointName;
use crate::timestamp::Timestamp;

/// The facts of one message whose signature over the octets holds.
///
/// They are what the signer said. Whether the signer may be believed is the verdict. Nobody makes
/// or changes them outside the steps:
///
/// ```compile_fail,E0451
/// # use postacert::verify::Facts;
/// fn forge(facts: Facts) -> Facts {
///     Facts { has_original: true, ..facts }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Facts {
    pub(super) kind: Option<MessageKind>,
    pub(super) data: Option<CertificationData>,
    pub(super) has_original: bool,
    pub(super) signing_time: Option<Timestamp>,
    pub(super) form: Form,
    pub(super) digest: &'static str,
    pub(super) signer: Arc<SignerFacts>,
    pub(super) authority: Option<Arc<str>>,
    pub(super) edition: Option<EditionFacts>,
    pub(super) revocation: Option<RevocationFacts>,
}

impl Facts {
    /// What the message is; `None` when the signed data cannot be read.
    pub fn kind(&self) -> Option<MessageKind> {
        self.kind
    }

    /// The certified data; `None` in an anomaly envelope or when they cannot be read.
    pub fn data(&self) -> Option<&CertificationData> {
        self.data.as_ref()
    }

    /// Whether the original message is inside.
    pub fn has_original(&self) -> bool {
        self.has_original
    }

    /// What of the original message is inside.
    pub fn holds(&self) -> Holds {
        Holds::of(self.kind, self.data(), self.has_original)
    }

    /// What it is to the person who holds it; `None` when the signed data cannot be read.
    pub fn evidence(&self) -> Option<Evidence> {
        let kind = self.kind?;
        Some(Evidence::of(kind, self.data(), self.holds()))
    }

    /// The signed signing time.
    pub fn signing_time(&self) -> Option<Timestamp> {
        self.signing_time
    }

    /// In which form the octets were stored.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The digest algorithm.
    pub fn digest(&self) -> &'static str {
        self.digest
    }

    /// Who signed.
    pub fn signer(&self) -> &SignerFacts {
        &self.signer
    }

    /// The pinned authority that the signer leads to.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// The authority's edition by which was judged.
    pub fn edition(&self) -> Option<&EditionFacts> {
        self.edition.as_ref()
    }

    /// The revocation list or OCSP answer that says whether the signer was revoked.
    pub fn revocation(&self) -> Option<&RevocationFacts> {
        self.revocation.as_ref()
    }
}

/// From where it is known whether a signer was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationSource {
    /// A revocation list (RFC 5280, 5).
    List,
    /// An OCSP answer (RFC 6960).
    Answer,
}

impl RevocationSource {
    /// All.
    pub const ALL: [Self; 2] = [Self::List, Self::Answer];

    /// Its word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::List => "crl",
            Self::Answer => "ocsp",
        }
    }
}

/// A revocation list or an OCSP answer of the authority, by which the signer was judged.
#[derive(Clone, Debug)]
pub struct RevocationFacts {
    /// What it is.
    pub source: RevocationSource,
    /// SHA-256 of its DER in hexadecimal.
    pub sha256: String,
    /// When it was issued.
    pub this_update: Timestamp,
    /// When the next one was due.
    pub next_update: Option<Timestamp>,
}

/// A certificate of the authority, by which the signer was judged.
#[derive(Clone, Debug)]
pub struct EditionFacts {
    /// When it began.
    pub since: Timestamp,
    /// SHA-256 of its DER in hexadecimal; empty when the trust data do not state it.
    pub sha256: Arc<str>,
    /// Whether the trust data lack it and the message brought it.
    pub is_carried: bool,
}

/// The certificate whose key verified the signature.
#[derive(Clone, Debug)]
pub struct SignerFacts {
    /// The address in the certificate.
    pub address: String,
    /// Its subject (RFC 4514).
    pub subject: String,
    /// Its organization, or the whole subject when it names none.
    pub organization: String,
    /// Its issuer (RFC 4514).
    pub issuer: String,
    /// Its serial number in hexadecimal.
    pub serial: String,
    /// SHA-256 of its DER in hexadecimal.
    pub sha256: String,
    /// First instant of its validity.
    pub not_before: Timestamp,
    /// Last instant of its validity.
    pub not_after: Timestamp,
    /// The addresses of the web where it says that its revocation lists are. Only those of a
    /// certificate that leads to an authority may be asked for anything.
    pub revocation_addresses: Vec<String>,
}

impl SignerFacts {
    pub(super) fn of(certificate: &Certificate) -> Self {
        let subject = certificate.subject.to_string();
        Self {
            address: certificate
                .mail_addresses()
                .next()
                .unwrap_or_default()
                .to_owned(),
            organization: certificate
                .subject
                .organization()
                .unwrap_or(&subject)
                .to_owned(),
            subject,
            issuer: certificate.issuer.to_string(),
            serial: certificate.serial_hex(),
            sha256: certificate.sha256(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            revocation_addresses: revocation_addresses(certificate),
        }
    }
}

/// Lists of other issuers than its own are left out.
fn revocation_addresses(certificate: &Certificate) -> Vec<String> {
    let points = certificate.revocation_points.iter();
    let own = points.filter(|point| point.issuers.is_empty());
    let names = own.flat_map(|point| &point.names);
    let addresses = names.filter_map(PointName::address);
    addresses.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_answers_have_words() {
        let words = [RevocationSource::List, RevocationSource::Answer].map(RevocationSource::word);
        assert_eq!(words, ["crl", "ocsp"]);
    }
}
