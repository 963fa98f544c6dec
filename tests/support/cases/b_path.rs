//! Group B: paths through certificates that came along, and keys that stand twice in the trust
//! data (cases 24, 30 and 35).

use super::vector::{Critical, Group, High, Vector};
use crate::support::keys;
use crate::support::pki::Certificate;
use crate::support::receipt::{Kind, Receipt};
use crate::support::world::{self, AUTHORITY_NAME};

const B: Group = Group("b-certificate");

/// Only the root above the authority is trusted: its certificate must come along.
const ROOT: &[&str] = &["--anchor", "../../pki/root.pem"];

pub fn all() -> Vec<Vector> {
    [bags(), doubled()].into_iter().flatten().collect()
}

/// The delivery receipt with these certificates of authorities in its bag.
pub fn with_bag(authorities: &[&Certificate]) -> Vec<u8> {
    let mut message = Receipt::new(Kind::Delivery).message();
    message.signed.certificates.truncate(1);
    let more = authorities.iter().map(|certificate| certificate.to_der());
    message.signed.certificates.extend(more);
    message.to_eml()
}

/// The authority's certificate that was valid at the receipt's time.
pub fn of_the_time() -> Certificate {
    plain_authority().valid("2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z")
}

/// The same authority certified again, three months after the receipt.
pub fn of_later() -> Certificate {
    plain_authority()
        .valid("2026-08-01T00:00:00Z", "2030-01-01T00:00:00Z")
        .renumbered("later")
}

fn plain_authority() -> Certificate {
    world::authority(AUTHORITY_NAME, keys::AUTHORITY)
}

fn bags() -> Vec<Vector> {
    let (then, later) = (of_the_time(), of_later());
    let genuine = |name, text, bag: &[&Certificate]| {
        B.genuine(name)
            .case(35, Critical)
            .because(text)
            .with_only(ROOT)
            .message(with_bag(bag))
            .absent("chain.time")
            .absent("chain.anchor")
    };
    vec![
        genuine(
            "authority-of-the-time-in-the-bag",
            "Only the root is trusted; the authority's certificate is in the bag.",
            &[&then],
        ),
        genuine(
            "authority-of-later-first-in-the-bag",
            "Only the root is trusted. The bag holds two certificates of the \
             authority, first one that came three months after the receipt; the \
             other one was valid then. The order says nothing.",
            &[&later, &then],
        ),
        genuine(
            "authority-of-later-last-in-the-bag",
            "The same two certificates in the other order.",
            &[&then, &later],
        ),
        B.cannot_tell("authority-of-later-alone-in-the-bag", "chain.time")
            .case(35, High)
            .because(
                "Only the root is trusted, and the only certificate of the \
                 authority in the bag came three months after the receipt. The one \
                 of that time is missing; nothing speaks against the receipt.",
            )
            .with_only(ROOT)
            .message(with_bag(&[&later]))
            .twin_vector("authority-of-the-time-in-the-bag")
            .twin_with(ROOT),
        B.cannot_tell("authority-missing-below-a-trusted-root", "chain.anchor")
            .case(35, High)
            .because(
                "Only the root is trusted, and the bag holds no certificate of the \
                 authority: there is no path.",
            )
            .with_only(ROOT)
            .message(with_bag(&[]))
            .twin_vector("authority-of-the-time-in-the-bag")
            .twin_with(ROOT),
    ]
}

/// The trust file of the suite, before it the same authority without the recipient's provider.
pub fn trust_with_the_authority_twice() -> String {
    let host = format!("\"{}\"", world::RECEIVING.host);
    let text = world::trust_file();
    let (head, authorities) = text.split_once("\n[[authority]]").expect("authorities");
    let first = authorities.split("\n[[authority]]").next().expect("one");
    assert!(first.contains(&host));
    let other = first.replace(&host, "\"nessuno.example\"");
    format!("{head}\n[[authority]]{other}\n[[authority]]{authorities}")
}

fn doubled() -> Vec<Vector> {
    let revoked = |name, text| {
        B.not_genuine(name, "chain.revocation")
            .case(31, Critical)
            .because(text)
            .receipt(super::vector::DELIVERY)
    };
    vec![
        revoked(
            "revoked-and-the-authority-given-twice",
            "The signer was revoked before. The authority's key stands in the \
             trust file and among the anchors: the list counts for both.",
        )
        .with(&[
            "--anchor",
            "../../pki/anchor.pem",
            "--crl",
            "../../pki/revoked-before.crl",
        ])
        .twin_with(&["--anchor", "../../pki/anchor.pem"]),
        revoked(
            "revoked-and-the-authority-stands-twice",
            "The same; the trust file has the authority twice, and only the second \
             entry permits the provider's host. The list counts for every authority \
             with that key, not for the first one only.",
        )
        .with_only(&[
            "--trust",
            "../../pki/trust-authority-twice.toml",
            "--crl",
            "../../pki/revoked-before.crl",
        ])
        .twin_with(&["--trust", "../../pki/trust-authority-twice.toml"]),
    ]
}
