//! Group B: revocation lists that RFC 5280 does not let everybody use (cases 31 to 33). Whom an
//! authentic list names is never plainly genuine; which list could not be used is told.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::b_path::with_bag;
use super::vector::{Critical, DELIVERY, Group, High, Medium, Vector};
use crate::support::der;
use crate::support::digest::Digest;
use crate::support::keys::{self, Key};
use crate::support::ocsp::{Answer, OCSP_SIGNING, Said};
use crate::support::pki::{self, Certificate, Extension, Revoked, extension};
use crate::support::receipt::{Kind, Receipt};
use crate::support::world::{self, AUTHORITY_NAME, HISTORIC_NAME};

const B: Group = Group("b-certificate");

/// The receipt is of 2026-05-04T08:15:07Z.
const THEN: [&str; 2] = ["2026-05-04T06:00:00Z", "2026-05-05T06:00:00Z"];
const EARLIER: [&str; 2] = ["2026-05-03T06:00:00Z", "2026-05-04T06:00:00Z"];
const LONG_BEFORE: [&str; 2] = ["2026-01-04T06:00:00Z", "2026-01-05T06:00:00Z"];
const BEFORE: &str = "2026-05-01T10:00:00Z";
const AFTER: &str = "2026-08-30T10:00:00Z";
const LATER: [&str; 2] = ["2026-09-01T06:00:00Z", "2026-09-02T06:00:00Z"];
const TO_COME: [&str; 2] = ["2096-01-04T06:00:00Z", "2096-01-05T06:00:00Z"];
const KEY_COMPROMISE: u8 = 1;
const SUPERSEDED: u8 = 4;
const HOLD: u8 = 6;
/// Given to no reason (RFC 5280, 5.3.1).
const UNUSED: u8 = 7;
const REMOVE: u8 = 8;

/// How a list names the receipt's signer.
enum Named {
    No,
    For(u8),
    /// With more extensions of the entry.
    With(Extension),
    /// The same, and revoked four months after the receipt.
    Later(Extension),
    /// Revoked then for that reason, with more extensions.
    LaterFor(u8, Vec<Extension>),
}

fn list_of(issuer: &str, key: Key, period: [&str; 2], named: Named, more: &[Extension]) -> Vec<u8> {
    let signer = world::RECEIVING.certificate();
    let entry = |at, reason, extensions| {
        let entry = Revoked {
            certificate: &signer,
            at,
            reason: Some(reason),
        };
        vec![(entry, extensions)]
    };
    let entries = match named {
        Named::No => Vec::new(),
        Named::For(reason) => entry(BEFORE, reason, Vec::new()),
        Named::With(extension) => entry(BEFORE, KEY_COMPROMISE, vec![extension]),
        Named::Later(extension) => entry(AFTER, KEY_COMPROMISE, vec![extension]),
        Named::LaterFor(reason, extensions) => entry(AFTER, reason, extensions),
    };
    pki::revocation_list_with(issuer, key, period, &entries, more)
}

/// A list of the authority that the receipt's signer has, of the receipt's time.
fn list(named: Named, more: &[Extension]) -> Vec<u8> {
    list_of(AUTHORITY_NAME, keys::AUTHORITY, THEN, named, more)
}

/// `onlyContainsUserCerts` and its like, by number.
fn only(number: u8) -> Extension {
    extension::issuing_point(&[der::implicit(number, &[0xff])])
}

/// `onlySomeReasons`, as the two octets of its bit string.
fn only_reasons(first: u8, second: u8) -> Extension {
    extension::issuing_point(&[der::implicit(3, &[0, first, second])])
}

fn at_point(end: &str) -> Extension {
    extension::issuing_point(&[extension::point_at(end)])
}

/// The lists, by their path under `fixtures/pki/`.
pub fn files() -> BTreeMap<&'static str, Vec<u8>> {
    use Named::{For, Later, LaterFor, No, With};
    let later = |extension| {
        list_of(
            AUTHORITY_NAME,
            keys::AUTHORITY,
            LATER,
            Later(extension),
            &[],
        )
    };
    let later_for = |reason, extensions| {
        let named = LaterFor(reason, extensions);
        list_of(AUTHORITY_NAME, keys::AUTHORITY, LATER, named, &[])
    };
    let revoked = || For(KEY_COMPROMISE);
    let unknown = extension::unknown(true);
    let whole = pki::pem("X509 CRL", &list(No, &[]));
    let with_cut = format!("{whole}{}", whole.replacen("MII", "M*I", 1));
    let cut = list(No, &[]);
    let named = list(revoked(), &[]);
    BTreeMap::from([
        ("crl/users.crl", list(No, &[only(1)])),
        ("crl/users-revoked.crl", list(revoked(), &[only(1)])),
        ("crl/authorities.crl", list(No, &[only(2)])),
        ("crl/authorities-revoked.crl", list(revoked(), &[only(2)])),
        ("crl/attributes-revoked.crl", list(revoked(), &[only(5)])),
        ("crl/point.crl", list(No, &[at_point("CRL")])),
        ("crl/other-point.crl", list(No, &[at_point("CRL2")])),
        (
            "crl/other-point-revoked.crl",
            list(revoked(), &[at_point("CRL2")]),
        ),
        // keyCompromise and cACompromise; and all the others.
        ("crl/some-reasons.crl", list(No, &[only_reasons(0x60, 0)])),
        (
            "crl/other-reasons.crl",
            list(No, &[only_reasons(0x1f, 0x80)]),
        ),
        (
            "crl/unknown-extension.crl",
            list(No, std::slice::from_ref(&unknown)),
        ),
        (
            "crl/unknown-extension-revoked.crl",
            list(revoked(), std::slice::from_ref(&unknown)),
        ),
        (
            "crl/unknown-entry-extension-revoked.crl",
            list(With(unknown.clone()), &[]),
        ),
        (
            "crl/unknown-entry-extension-revoked-later.crl",
            later(unknown),
        ),
        (
            "crl/revoked-later-invalid-before.crl",
            later(extension::invalid_since(BEFORE)),
        ),
        (
            "crl/revoked-later-invalid-since-then.crl",
            later(extension::invalid_since("2026-08-29T10:00:00Z")),
        ),
        ("crl/delta.crl", list(No, &[extension::delta_indicator()])),
        (
            "crl/delta-revoked.crl",
            list(revoked(), &[extension::delta_indicator()]),
        ),
        (
            "crl/hold.crl",
            list_of(AUTHORITY_NAME, keys::AUTHORITY, EARLIER, For(HOLD), &[]),
        ),
        (
            "crl/delta-lifted.crl",
            list(For(REMOVE), &[extension::delta_indicator()]),
        ),
        (
            "crl/earlier.crl",
            list_of(AUTHORITY_NAME, keys::AUTHORITY, EARLIER, No, &[]),
        ),
        (
            "crl/delta-next.crl",
            list(
                No,
                &[extension::delta_indicator(), extension::crl_number(8)],
            ),
        ),
        (
            "crl/delta-next-lifted.crl",
            list(
                For(REMOVE),
                &[extension::delta_indicator(), extension::crl_number(8)],
            ),
        ),
        (
            "crl/delta-of-a-later-list.crl",
            list(No, &[extension::delta_since(8), extension::crl_number(9)]),
        ),
        (
            "crl/to-come.crl",
            list_of(AUTHORITY_NAME, keys::AUTHORITY, TO_COME, No, &[]),
        ),
        (
            "crl/later.crl",
            list_of(AUTHORITY_NAME, keys::AUTHORITY, LATER, No, &[]),
        ),
        (
            "crl/point-of-the-issuer.crl",
            list(
                No,
                &[extension::issuing_point(&[extension::point_of(
                    AUTHORITY_NAME,
                )])],
            ),
        ),
        (
            "crl/unreadable-scope.crl",
            list(
                No,
                &[extension::issuing_point(&[
                    der::implicit(4, &[0xff]),
                    der::implicit(1, &[0xff]),
                ])],
            ),
        ),
        (
            "crl/unreadable-scope-revoked.crl",
            list(
                revoked(),
                &[extension::issuing_point(&[
                    der::implicit(4, &[0xff]),
                    der::implicit(1, &[0xff]),
                ])],
            ),
        ),
        ("crl/unreadable-reason-revoked.crl", list(For(UNUSED), &[])),
        (
            "crl/unreadable-reason-revoked-later.crl",
            later_for(UNUSED, Vec::new()),
        ),
        (
            "crl/unreadable-date-revoked-later.crl",
            later_for(SUPERSEDED, vec![extension::invalid_since_nobody_knows()]),
        ),
        (
            "crl/with-entries-of-another-issuer.crl",
            list(With(extension::certificate_issuer(HISTORIC_NAME)), &[]),
        ),
        ("crl/by-another-authority.crl", list_with_another_serial()),
        (
            "crl/of-another-issuer-same-serial.crl",
            list(
                With(extension::certificate_issuer(HISTORIC_NAME)),
                &[only(4)],
            ),
        ),
        (
            "crl/by-another-authority-revoked.crl",
            list_of(
                HISTORIC_NAME,
                keys::HISTORIC_AUTHORITY,
                THEN,
                With(extension::certificate_issuer(AUTHORITY_NAME)),
                &[only(4)],
            ),
        ),
        ("ocsp/good.ocsp", said(Said::Good, THEN).to_der()),
        ("ocsp/good-by-sha256.ocsp", {
            let mut answer = said(Said::Good, THEN);
            answer.digest = Digest::Sha256;
            answer.to_der()
        }),
        ("ocsp/earlier.ocsp", said(Said::Good, LONG_BEFORE).to_der()),
        ("ocsp/to-come.ocsp", said(Said::Good, TO_COME).to_der()),
        ("ocsp/unknown.ocsp", said(Said::Unknown, THEN).to_der()),
        (
            "ocsp/revoked.ocsp",
            said(Said::Revoked(BEFORE, KEY_COMPROMISE), THEN).to_der(),
        ),
        (
            "ocsp/revoked-later.ocsp",
            said(Said::Revoked(AFTER, KEY_COMPROMISE), LATER).to_der(),
        ),
        (
            "ocsp/hold.ocsp",
            said(Said::Revoked(BEFORE, HOLD), EARLIER).to_der(),
        ),
        ("ocsp/unknown-extension.ocsp", {
            let mut answer = said(Said::Good, THEN);
            answer.extensions.push(extension::unknown(true));
            answer.to_der()
        }),
        ("ocsp/by-stranger.ocsp", {
            let mut answer = said(Said::Revoked(BEFORE, KEY_COMPROMISE), THEN);
            answer.signer = keys::STRANGER;
            answer.to_der()
        }),
        ("ocsp/changed.ocsp", {
            let mut changed = said(Said::Good, THEN).to_der();
            *changed.last_mut().expect("a signature") ^= 1;
            changed
        }),
        (
            "ocsp/by-responder.ocsp",
            said(Said::Good, THEN).by(&responder()).to_der(),
        ),
        (
            "ocsp/by-one-without-the-purpose.ocsp",
            said(Said::Good, THEN)
                .by(&responder().with(extension::extended_usage(&[pki::EMAIL_PROTECTION])))
                .to_der(),
        ),
        ("ocsp/by-responder-of-another.ocsp", {
            let mut other = responder();
            other.issuer_key = keys::STRANGER;
            said(Said::Good, THEN).by(&other).to_der()
        }),
        (
            "ocsp/by-responder-that-had-ended.ocsp",
            said(Said::Good, THEN)
                .by(&responder().valid("2023-01-15T09:00:00Z", "2026-01-15T09:00:00Z"))
                .to_der(),
        ),
        ("crl/responder-revoked.crl", {
            let responder = responder();
            let entry = Revoked {
                certificate: &responder,
                at: BEFORE,
                reason: Some(KEY_COMPROMISE),
            };
            pki::revocation_list(AUTHORITY_NAME, keys::AUTHORITY, LONG_BEFORE, &[entry])
        }),
        (
            "crl/stranger-revoked.crl",
            list_of(AUTHORITY_NAME, keys::STRANGER, THEN, revoked(), &[]),
        ),
        ("crl/changed-revoked.crl", {
            let mut changed = named.clone();
            *changed.last_mut().expect("a signature") ^= 1;
            changed
        }),
        ("crl/one-of-two-damaged.pem", with_cut.into_bytes()),
        ("crl-one-damaged/a-cut.crl", cut[..cut.len() - 9].to_vec()),
        ("crl-one-damaged/b-whole.crl", list(No, &[])),
        (
            "crl-damaged-and-stale/a-cut.crl",
            cut[..cut.len() - 9].to_vec(),
        ),
        (
            "crl-damaged-and-stale/b-stale.crl",
            list_of(AUTHORITY_NAME, keys::AUTHORITY, LONG_BEFORE, No, &[]),
        ),
        (
            "crl-one-damaged-revoked/a-cut.crl",
            named[..named.len() - 9].to_vec(),
        ),
        ("crl-one-damaged-revoked/b-whole.crl", named),
    ])
}

/// An indirect list of another authority, with a certificate of the signer's authority that is not the
/// signer's.
fn list_with_another_serial() -> Vec<u8> {
    let other = world::SENDING.certificate();
    let entry = Revoked {
        certificate: &other,
        at: BEFORE,
        reason: Some(KEY_COMPROMISE),
    };
    let of_authority = extension::certificate_issuer(AUTHORITY_NAME);
    pki::revocation_list_with(
        HISTORIC_NAME,
        keys::HISTORIC_AUTHORITY,
        THEN,
        &[(entry, vec![of_authority])],
        &[only(4)],
    )
}

/// An answer of the authority about the receipt's signer.
fn said<'a>(said: Said<'a>, period: [&'a str; 2]) -> Answer<'a> {
    static SIGNER: LazyLock<Certificate> = LazyLock::new(|| world::RECEIVING.certificate());
    Answer::new(&SIGNER, said, period)
}

/// Somebody whom the authority certified to sign answers.
fn responder() -> Certificate {
    let subject = "CN=OCSP,O=Autorita di Prova,C=IT";
    Certificate::signer(subject, "ocsp@autorita.example", keys::THIRD)
        .with(extension::extended_usage(&[OCSP_SIGNING]))
}

macro_rules! crl {
    ($($file:literal),*) => { &[$("--crl", concat!("../../pki/", $file)),*] };
}

const NOBODY: &[&str] = crl!("nobody-revoked.crl");

pub fn all() -> Vec<Vector> {
    [named(), clear(), unused(), damaged(), between(), answers()]
        .into_iter()
        .flatten()
        .collect()
}

/// Lists that name the signer.
fn named() -> Vec<Vector> {
    let revoked = |name, text, list| {
        B.not_genuine(name, "chain.revocation.revoked")
            .case(31, Critical)
            .because(text)
            .receipt(DELIVERY)
            .with(list)
            .twin_with(NOBODY)
    };
    let limited = |name, text, list| {
        B.cannot_tell(name, "chain.revocation.limited")
            .case(31, Critical)
            .because(text)
            .receipt(DELIVERY)
            .with(list)
            .twin_with(NOBODY)
    };
    let later = |name, text, list| {
        B.genuine(name)
            .case(32, High)
            .because(text)
            .receipt(DELIVERY)
            .with(list)
    };
    vec![
        later(
            "revoked-later-and-invalid-before",
            "The certificate was revoked four months after the receipt, and the entry \
             says that the key was in strange hands already three days before it \
             (invalidity date).",
            crl!("crl/revoked-later-invalid-before.crl"),
        )
        .finding("chain.revocation.suspect doubt"),
        later(
            "revoked-later-and-invalid-since-then",
            "The same, with an invalidity date of the day before the revocation.",
            crl!("crl/revoked-later-invalid-since-then.crl"),
        )
        .finding("chain.revocation.compromised-later doubt"),
        later(
            "revoked-later-in-an-entry-with-an-unknown-extension",
            "The certificate was revoked four months after the receipt, in an entry \
             with a critical extension that nobody here knows.",
            crl!("crl/unknown-entry-extension-revoked-later.crl"),
        )
        .finding("chain.revocation.limited-later doubt"),
        later(
            "revoked-later-for-an-unreadable-reason",
            "The certificate was revoked four months after the receipt, for a reason \
             that is none: it may be the worst.",
            crl!("crl/unreadable-reason-revoked-later.crl"),
        )
        .finding("chain.revocation.unreadable-later doubt"),
        later(
            "revoked-later-with-an-unreadable-invalidity-date",
            "The certificate was revoked four months after the receipt because a new \
             one replaced it, with an invalidity date that is none.",
            crl!("crl/unreadable-date-revoked-later.crl"),
        )
        .finding("chain.revocation.unreadable-later doubt"),
        revoked(
            "revoked-for-an-unreadable-reason",
            "The certificate was revoked before the receipt, for a reason that is \
             none. The list counts all the same.",
            crl!("crl/unreadable-reason-revoked.crl"),
        ),
        revoked(
            "revoked-in-a-list-of-users",
            "The list names the signer and has the critical extension that says of \
             which certificates it is: of users. RFC 5280 demands that it be \
             critical.",
            crl!("crl/users-revoked.crl"),
        ),
        revoked(
            "revoked-in-a-list-of-another-point",
            "The list of another distribution point names the signer. Its serial \
             number is the authority's only one.",
            crl!("crl/other-point-revoked.crl"),
        ),
        revoked(
            "revoked-in-a-delta-list",
            "A list of what changed since another one names the signer.",
            crl!("crl/delta-revoked.crl"),
        ),
        revoked(
            "revoked-in-one-of-two-lists",
            "Of two lists of the same day one names the signer.",
            crl!("nobody-revoked.crl", "crl/users-revoked.crl"),
        ),
        limited(
            "revoked-in-a-list-with-an-unknown-extension",
            "The list names the signer, revoked before the receipt, and has a \
             critical extension that nobody here knows. RFC 5280 forbids to use the \
             list; the signer is not plainly good for that.",
            crl!("crl/unknown-extension-revoked.crl"),
        ),
        limited(
            "revoked-in-a-list-whose-scope-cannot-be-read",
            "The critical extension that says of which certificates the list is has \
             its fields in the wrong order.",
            crl!("crl/unreadable-scope-revoked.crl"),
        ),
        limited(
            "revoked-in-an-entry-with-an-unknown-extension",
            "The same, with the extension in the entry.",
            crl!("crl/unknown-entry-extension-revoked.crl"),
        ),
        limited(
            "revoked-in-a-list-of-authorities",
            "A list that says to be of authorities only names the signer.",
            crl!("crl/authorities-revoked.crl"),
        ),
        limited(
            "revoked-in-a-list-of-attribute-certificates",
            "A list that says to be of attribute certificates names the signer's \
             serial number.",
            crl!("crl/attributes-revoked.crl"),
        ),
        limited(
            "revoked-in-a-list-of-another-authority",
            "An indirect list of another pinned authority names the signer as one of \
             its issuer's. Nothing says that it may, and it is authentic.",
            crl!("crl/by-another-authority-revoked.crl"),
        ),
    ]
}

/// Lists that say that the signer is not revoked.
fn clear() -> Vec<Vector> {
    let clear = |name, text, list| {
        B.genuine(name)
            .case(33, Medium)
            .because(text)
            .receipt(DELIVERY)
            .with(list)
            .absent("chain.revocation")
    };
    vec![
        clear(
            "not-revoked-in-a-list-of-users",
            "A list of users' certificates does not name the signer.",
            crl!("crl/users.crl"),
        ),
        clear(
            "not-revoked-in-the-list-of-its-point",
            "The list of the distribution point that the signer's certificate names.",
            crl!("crl/point.crl"),
        ),
        clear(
            "not-revoked-in-the-list-of-its-issuers-point",
            "The list's distribution point is the issuer of the certificate itself \
             (RFC 5280, 6.3.3, end).",
            crl!("crl/point-of-the-issuer.crl"),
        ),
        clear(
            "not-revoked-in-a-list-and-its-delta-list",
            "The whole list ended before the receipt; a delta list of the receipt's \
             day continues it.",
            crl!("crl/earlier.crl", "crl/delta-next.crl"),
        ),
        clear(
            "hold-lifted-by-the-delta-list-that-continues",
            "The certificate was on hold the day before; the delta list of the \
             receipt's day continues that list and lifts the hold.",
            crl!("crl/hold.crl", "crl/delta-next-lifted.crl"),
        ),
        clear(
            "not-revoked-in-a-later-list",
            "The list is of four months later, and the certificate was in force then: \
             whoever is revoked stays in the list.",
            crl!("crl/later.crl"),
        ),
        clear(
            "not-revoked-for-any-reason",
            "Two lists, each of some reasons, together of all.",
            crl!("crl/some-reasons.crl", "crl/other-reasons.crl"),
        ),
        clear(
            "serial-number-of-another-issuer",
            "An indirect list names the signer's serial number, of another issuer.",
            crl!("crl/of-another-issuer-same-serial.crl"),
        ),
        clear(
            "hold-lifted-by-a-later-list",
            "The certificate was on hold the day before; the list of the receipt's \
             day does not name it.",
            crl!("crl/hold.crl", "nobody-revoked.crl"),
        ),
        clear(
            "not-revoked-beside-lists-that-say-nothing",
            "One list says that the signer is not revoked; others of the folder \
             speak of other certificates or are not the authority's.",
            crl!(
                "crl/authorities.crl",
                "signed-by-stranger.crl",
                "nobody-revoked.crl",
                "stale.crl"
            ),
        ),
        B.genuine("hold-lifted-by-a-delta-list")
            .case(33, Medium)
            .because(
                "The certificate was on hold the day before; a delta list of the \
                 receipt's day lifts that. Its number is not above that of the list, \
                 so that it does not continue it: no whole list speaks of the day.",
            )
            .receipt(DELIVERY)
            .with(crl!("crl/hold.crl", "crl/delta-lifted.crl"))
            .finding("chain.revocation.unusable-delta doubt")
            .finding("chain.revocation.stale doubt")
            .absent("chain.revocation failure"),
        B.not_genuine("hold-not-lifted", "chain.revocation.revoked")
            .case(31, High)
            .because("The certificate was on hold the day before; no later list is there.")
            .receipt(DELIVERY)
            .with(crl!("crl/hold.crl", "crl/delta.crl"))
            .twin_with(crl!("crl/hold.crl", "nobody-revoked.crl")),
    ]
}

/// Lists that cannot be used: a doubt that names them.
fn unused() -> Vec<Vector> {
    let unused = |name, finding, text, list| {
        B.genuine(name)
            .case(33, High)
            .because(text)
            .receipt(DELIVERY)
            .with(list)
            .finding(finding)
    };
    vec![
        unused(
            "list-of-authorities-alone",
            "chain.revocation.unusable-scope doubt",
            "The list is of authorities only and says nothing of a signer.",
            crl!("crl/authorities.crl"),
        ),
        unused(
            "list-of-another-point-alone",
            "chain.revocation.unusable-point doubt",
            "The list is of another distribution point than the signer's.",
            crl!("crl/other-point.crl"),
        ),
        unused(
            "list-of-some-reasons-alone",
            "chain.revocation.unusable-reasons doubt",
            "The list says for two reasons only that the signer is not revoked.",
            crl!("crl/some-reasons.crl"),
        ),
        unused(
            "list-with-an-unknown-extension-alone",
            "chain.revocation.unusable-extension doubt",
            "The list has a critical extension that nobody here knows.",
            crl!("crl/unknown-extension.crl"),
        ),
        unused(
            "list-whose-scope-cannot-be-read-alone",
            "chain.revocation.unusable-extension doubt",
            "The critical extension that says of which certificates the list is has \
             its fields in the wrong order.",
            crl!("crl/unreadable-scope.crl"),
        ),
        unused(
            "delta-list-alone",
            "chain.revocation.unusable-delta doubt",
            "The list says only what changed.",
            crl!("crl/delta.crl"),
        ),
        unused(
            "delta-list-of-another-list",
            "chain.revocation.unusable-delta doubt",
            "A delta list, and a whole list that ended before the receipt. The delta \
             list is of what changed since a later one.",
            crl!("crl/earlier.crl", "crl/delta-of-a-later-list.crl"),
        )
        .finding("chain.revocation.stale doubt"),
        unused(
            "list-with-entries-of-another-issuer-alone",
            "chain.revocation.unusable-indirect doubt",
            "The list has an entry of another issuer and does not say that it may.",
            crl!("crl/with-entries-of-another-issuer.crl"),
        ),
        unused(
            "list-of-another-authority-alone",
            "chain.revocation.unusable-issuer doubt",
            "An indirect list of another pinned authority. It names certificates of \
             the signer's authority, and not the signer's.",
            crl!("crl/by-another-authority.crl"),
        ),
        unused(
            "list-to-come",
            "chain.revocation.not-yet doubt",
            "The list bears a date seventy years ahead.",
            crl!("crl/to-come.crl"),
        ),
        B.genuine("list-after-the-end-of-the-certificate")
            .case(33, High)
            .because(
                "The certificate ended a month after the receipt; the list is of four \
                 months later, when it may leave out whoever has ended.",
            )
            .message(ended())
            .with(crl!("crl/later.crl"))
            .finding("chain.revocation.other-time doubt")
            .finding("chain.time.ended-since note"),
        unused(
            "revoked-by-a-stranger-beside-a-list-that-clears",
            "chain.revocation.contradicting doubt",
            "The same beside a list of the authority that does not name the signer. \
             That one counts; the other says the opposite and is told, with its name: \
             it may be the authority's own, damaged.",
            crl!("nobody-revoked.crl", "crl/stranger-revoked.crl"),
        ),
        unused(
            "revoked-in-a-list-that-was-changed-beside-one-that-clears",
            "chain.revocation.contradicting doubt",
            "One octet of the authority's list was changed, so that its signature \
             does not hold. It names the signer.",
            crl!("nobody-revoked.crl", "crl/changed-revoked.crl"),
        ),
        unused(
            "revoked-by-a-stranger",
            "chain.revocation.unusable-signature doubt",
            "A list with the authority's name that names the signer, signed by \
             another key: it counts for nothing, and is told.",
            crl!("crl/stranger-revoked.crl"),
        ),
    ]
}

/// A receipt whose signer's certificate ended a month later.
fn ended() -> Vec<u8> {
    let receipt = Receipt::with(Kind::Delivery, |receipt| {
        let signer = world::RECEIVING.certificate();
        receipt.certificate = signer.valid("2023-06-01T09:00:00Z", "2026-06-01T09:00:00Z");
    });
    receipt.message().to_eml()
}

/// Lists that cannot be read, beside others.
fn damaged() -> Vec<Vector> {
    let beside = |name, text, list| {
        B.genuine(name)
            .case(33, High)
            .because(text)
            .receipt(DELIVERY)
            .with(list)
            .finding("chain.revocation.damaged note")
            .absent("chain.revocation doubt")
    };
    vec![
        beside(
            "one-damaged-file-of-a-folder",
            "A folder of lists, of which one was cut short. The other one says that \
             the signer is not revoked; a note names the damaged one.",
            &["--crl", "../../pki/crl-one-damaged"],
        ),
        beside(
            "one-damaged-list-of-a-file",
            "A file with two lists, the second damaged.",
            crl!("crl/one-of-two-damaged.pem"),
        ),
        B.genuine("damaged-file-and-no-list-of-the-time")
            .case(33, High)
            .because(
                "The list that can be read is of another time, so the damaged one \
                 might be the one that counts: both are doubts.",
            )
            .receipt(DELIVERY)
            .with(&["--crl", "../../pki/crl-damaged-and-stale"])
            .finding("chain.revocation.damaged doubt")
            .finding("chain.revocation.stale doubt")
            .absent("chain.revocation note"),
        B.not_genuine("revoked-beside-a-damaged-file", "chain.revocation.revoked")
            .case(31, Critical)
            .because("The same folder, and the list that can be read names the signer.")
            .receipt(DELIVERY)
            .with(&["--crl", "../../pki/crl-one-damaged-revoked"])
            .twin_with(&["--crl", "../../pki/crl-one-damaged"]),
    ]
}

/// OCSP answers beside a receipt, given as lists are.
fn answers() -> Vec<Vector> {
    let clear = |name, text, answer| {
        B.genuine(name)
            .case(33, High)
            .because(text)
            .receipt(DELIVERY)
            .with(answer)
            .absent("chain.revocation")
    };
    let unused = |name, finding, text, answer| {
        B.genuine(name)
            .case(33, High)
            .because(text)
            .receipt(DELIVERY)
            .with(answer)
            .finding(finding)
    };
    const SIGNATURE: &str = "chain.revocation.answer-signature doubt";
    vec![
        clear(
            "not-revoked-in-an-answer",
            "An OCSP answer of the receipt's day, signed by the authority: good.",
            crl!("ocsp/good.ocsp"),
        ),
        clear(
            "not-revoked-in-an-answer-by-sha-256",
            "The same, and the certificate is named by SHA-256.",
            crl!("ocsp/good-by-sha256.ocsp"),
        ),
        clear(
            "not-revoked-in-an-answer-of-a-responder",
            "The answer is signed by a responder whom the authority certified for that.",
            crl!("ocsp/by-responder.ocsp"),
        ),
        clear(
            "hold-over-in-a-later-answer",
            "On hold the day before, by an answer; good on the receipt's day.",
            crl!("ocsp/hold.ocsp", "ocsp/good.ocsp"),
        ),
        B.not_genuine("revoked-in-an-answer", "chain.revocation.revoked")
            .case(31, Critical)
            .because("An OCSP answer says that the certificate was revoked before the receipt.")
            .receipt(DELIVERY)
            .with(crl!("ocsp/revoked.ocsp"))
            .twin_with(crl!("ocsp/good.ocsp")),
        B.not_genuine(
            "revoked-in-an-answer-beside-a-list-that-clears",
            "chain.revocation.revoked",
        )
        .case(31, Critical)
        .because("The same beside a list of the day that does not name the signer.")
        .receipt(DELIVERY)
        .with(crl!("nobody-revoked.crl", "ocsp/revoked.ocsp"))
        .twin_with(crl!("nobody-revoked.crl", "ocsp/good.ocsp")),
        unused(
            "revoked-later-in-an-answer",
            "chain.revocation.compromised-later doubt",
            "An OCSP answer of four months later says that the key was stolen then.",
            crl!("ocsp/revoked-later.ocsp"),
        ),
        unused(
            "answer-of-a-stranger",
            SIGNATURE,
            "An OCSP answer that says revoked, signed by another key. It counts for nothing.",
            crl!("ocsp/by-stranger.ocsp"),
        ),
        unused(
            "answer-that-was-changed",
            SIGNATURE,
            "One octet of the signature was changed.",
            crl!("ocsp/changed.ocsp"),
        ),
        unused(
            "answer-of-a-signer-of-mail",
            SIGNATURE,
            "The authority certified whoever signed the answer to sign mail, not answers.",
            crl!("ocsp/by-one-without-the-purpose.ocsp"),
        ),
        unused(
            "answer-of-a-responder-of-another-authority",
            SIGNATURE,
            "The responder's certificate has the authority's name and another's signature.",
            crl!("ocsp/by-responder-of-another.ocsp"),
        ),
        unused(
            "answer-of-a-responder-that-had-ended",
            SIGNATURE,
            "The responder's certificate had ended when it signed.",
            crl!("ocsp/by-responder-that-had-ended.ocsp"),
        ),
        unused(
            "answer-of-a-responder-that-was-revoked",
            SIGNATURE,
            "A list of the authority names the responder.",
            crl!("ocsp/by-responder.ocsp", "crl/responder-revoked.crl"),
        )
        .finding("chain.revocation.stale doubt"),
        unused(
            "answer-that-knows-nothing",
            "chain.revocation.answer-unknown doubt",
            "The responder does not know the certificate.",
            crl!("ocsp/unknown.ocsp"),
        ),
        unused(
            "answer-with-an-unknown-extension",
            "chain.revocation.unusable-extension doubt",
            "The answer has a critical extension that nobody here knows.",
            crl!("ocsp/unknown-extension.ocsp"),
        ),
        unused(
            "answer-that-had-ended",
            "chain.revocation.stale doubt",
            "The answer is of months before the receipt.",
            crl!("ocsp/earlier.ocsp"),
        ),
        unused(
            "answer-to-come",
            "chain.revocation.not-yet doubt",
            "The answer bears a date seventy years ahead.",
            crl!("ocsp/to-come.ocsp"),
        ),
    ]
}

/// The authority is not pinned: its certificate came along under the root.
fn between() -> Vec<Vector> {
    const ROOT: &[&str] = &["--anchor", "../../pki/root.pem"];
    const CLEAR: &[&str] = &[
        "--anchor",
        "../../pki/root.pem",
        "--crl",
        "../../pki/nobody-revoked.crl",
    ];
    const REVOKED: &[&str] = &[
        "--anchor",
        "../../pki/root.pem",
        "--crl",
        "../../pki/crl/users-revoked.crl",
    ];
    let signs_lists = super::b_path::of_the_time();
    let signs_none = super::b_path::of_the_time().with(extension::key_usage(0x04));
    vec![
        B.genuine("list-by-an-authority-that-may-sign-none")
            .case(33, High)
            .because(
                "The authority's certificate, which came along, allows it to sign \
                 certificates and not lists (key usage without cRLSign).",
            )
            .with_only(CLEAR)
            .message(with_bag(&[&signs_none]))
            .finding("chain.revocation.unusable-usage doubt")
            .finding("chain.revocation.no-list note"),
        B.cannot_tell(
            "revoked-by-an-authority-that-may-sign-no-list",
            "chain.revocation.limited",
        )
        .case(31, High)
        .because("The same, and the list names the signer.")
        .with_only(REVOKED)
        .message(with_bag(&[&signs_none]))
        .twin_vector("list-by-an-authority-that-may-sign-none")
        .twin_with(ROOT),
        B.not_genuine(
            "revoked-by-an-authority-that-came-along",
            "chain.revocation.revoked",
        )
        .case(31, High)
        .because("The authority's certificate allows it to sign lists.")
        .with_only(REVOKED)
        .message(with_bag(&[&signs_lists]))
        .twin_vector("list-by-an-authority-that-may-sign-none")
        .twin_with(ROOT),
    ]
}
