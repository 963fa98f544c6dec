//! Whether the certificates of a time stamp were revoked (RFC 3161, 4; RFC 5280, 6.3).
//!
//! RFC 3161, 4 is stricter than what holds for mail: a certificate of an authority of time stamps
//! that was revoked with one of four harmless reasons stands for what was made before; with any
//! other reason, and with none, nothing that its key ever signed counts.
//!
//! A hold counts as revoked even where a later list lifts it.

use x509_cert::ext::pkix::CrlReason;

use crate::smime::algorithm::PublicKey;
use crate::smime::certificate::Certificate;
use crate::smime::name::Name;
use crate::smime::revocation::{Crl, Reasons, Revocation, Unreadable};
use crate::timestamp::Timestamp;

/// What revocation lists say of the certificates of a time stamp, when they do not say that one
/// was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No lists were at hand.
    NotChecked,
    /// Lists of every issuer say that nothing was revoked by the time of the stamp.
    NotRevoked,
    /// The lists at hand do not say it of every certificate.
    Undecided,
}

/// Who issued a certificate, as far as its lists are concerned.
pub(super) struct Issuer<'a> {
    pub name: &'a Name,
    pub key: &'a PublicKey,
    /// Whether it may sign lists (RFC 5280, 6.3.3 (f)).
    pub may_sign_lists: bool,
}

/// What the lists of its issuer say of one certificate at a time; an error when it is revoked.
///
/// Any list of that key that names it counts; that it is *not* revoked is said only by lists that
/// RFC 5280, 6.3 lets say it.
pub(super) fn of_certificate(
    certificate: &Certificate,
    issuer: &Issuer<'_>,
    crls: &[Crl],
    at: Timestamp,
) -> Result<Standing, Revocation> {
    if crls.is_empty() {
        return Ok(Standing::NotChecked);
    }
    let is_of_issuer = |crl: &&Crl| {
        crl.issuer == *issuer.name && crl.concerns(certificate) && crl.is_signed_by(issuer.key)
    };
    let lists: Vec<&Crl> = crls.iter().filter(is_of_issuer).collect();
    let entries = lists.iter().filter_map(|crl| crl.entry(certificate));
    if let Some(revocation) = entries.into_iter().find(|entry| voids(entry, at)) {
        return Err(revocation);
    }
    let speaking = lists.iter().filter(|crl| {
        issuer.may_sign_lists && crl.gap(certificate).is_none() && crl.speaks_of(certificate, at)
    });
    let reasons = speaking.map(|crl| crl.reasons(certificate));
    Ok(
        match reasons.fold(Reasons::default(), Reasons::and).are_all() {
            true => Standing::NotRevoked,
            false => Standing::Undecided,
        },
    )
}

/// Whether an entry takes the worth from what was signed at a time.
fn voids(revocation: &Revocation, at: Timestamp) -> bool {
    let since = match revocation.invalid_since {
        Some(Ok(since)) => since.min(revocation.at),
        // It may have been any time.
        Some(Err(Unreadable)) => at,
        None => revocation.at,
    };
    match revocation.reason {
        Some(Ok(
            CrlReason::Unspecified
            | CrlReason::AffiliationChanged
            | CrlReason::Superseded
            | CrlReason::CessationOfOperation,
        )) => since <= at,
        Some(Ok(CrlReason::RemoveFromCRL)) => false,
        None
        | Some(
            Err(Unreadable)
            | Ok(
                CrlReason::KeyCompromise
                | CrlReason::CaCompromise
                | CrlReason::CertificateHold
                | CrlReason::PrivilegeWithdrawn
                | CrlReason::AaCompromise,
            ),
        ) => true,
    }
}

impl Standing {
    /// What holds of two certificates together.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::NotRevoked, Self::NotRevoked) => Self::NotRevoked,
            (Self::NotChecked, Self::NotChecked) => Self::NotChecked,
            (Self::NotChecked | Self::NotRevoked | Self::Undecided, _) => Self::Undecided,
        }
    }
}
