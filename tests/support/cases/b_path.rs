//! Group B: paths through certificates that came along, and keys that stand twice in the trust
//! data (cases 24, 30 and 35).

use super::vector::{Critical, Group, High, Medium, Vector};
use crate::support::keys;
use crate::support::pki::{Certificate, extension};
use crate::support::receipt::{Kind, Receipt};
use crate::support::world::{self, AUTHORITY_NAME};

const B: Group = Group("b-certificate");

const BETWEEN: &str = "CN=Autorita di Mezzo CA,O=Autorita di Prova,C=IT";

/// Only the root above the authority is trusted: its certificate must come along.
const ROOT: &[&str] = &["--anchor", "../../pki/root.pem"];

pub fn all() -> Vec<Vector> {
    [bags(), doubled(), gaps(), ended(), carried()]
        .into_iter()
        .flatten()
        .collect()
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
        B.cannot_tell(
            "authority-of-later-alone-in-the-bag",
            "chain.time.intermediate",
        )
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
        B.not_genuine(
            "authority-below-one-that-allows-none",
            "chain.anchor.too-long",
        )
        .case(24, Critical)
        .because(
            "The known authority issued the certificate of another authority, and \
                 that one the signer's. The known authority's certificate allows none \
                 below it (path length 0).",
        )
        .message({
            let between = world::authority(BETWEEN, keys::STRANGER)
                .issued_by(AUTHORITY_NAME, keys::AUTHORITY);
            let mut receipt = Receipt::new(Kind::Delivery);
            receipt.certificate = world::RECEIVING
                .certificate()
                .issued_by(BETWEEN, keys::STRANGER);
            let mut message = receipt.message();
            message.signed.certificates.push(between.to_der());
            message.to_eml()
        }),
        B.cannot_tell(
            "authority-missing-below-a-trusted-root",
            "chain.anchor.unknown",
        )
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

/// The trust file of the suite, older than the receipts and with one edition more: it began in
/// 2023 and permits what the first one does.
pub fn trust_of_before() -> String {
    let text = world::trust_file();
    let mut editions = text.match_indices("\n[[authority.edition]]");
    let (Some((first, _)), Some((second, _))) = (editions.next(), editions.next()) else {
        panic!("two editions");
    };
    let between = text[first..second].replace("2020-10-13T08:00:00Z", "2023-03-01T08:00:00Z");
    let text = [&text[..second], &between, &text[second..]].concat();
    text.replace("as_of = \"2026-11-22\"", "as_of = \"2026-01-01\"")
}

/// The trust file of the suite without the word that no edition is missing from it.
pub fn trust_that_may_have_gaps() -> String {
    world::trust_file().replace("complete = true\n", "")
}

const OPEN: &[&str] = &["--trust", "../../pki/trust-open.toml"];

const BEFORE: &[&str] = &["--trust", "../../pki/trust-of-before.toml"];

/// A receipt of another time, by a certificate that was valid then.
fn dated(at: &str, certificate: Certificate, host: &'static str) -> Vec<u8> {
    let receipt = Receipt::with(Kind::DeliveryConcise, |receipt| {
        receipt.set_time(at);
        receipt.provider.host = host;
        receipt.certificate = certificate;
    });
    receipt.to_eml()
}

/// Lists of editions have gaps, and a gap accuses nobody.
fn gaps() -> Vec<Vector> {
    let third = |from, until| {
        world::OTHER
            .certificate()
            .valid(from, until)
            .renumbered("earlier")
    };
    let of_2021 = third("2020-11-05T09:00:00Z", "2023-11-05T09:00:00Z");
    let of_2024 = third("2023-11-05T09:00:00Z", "2026-11-05T09:00:00Z");
    let outside = || {
        Certificate::signer(
            world::RECEIVING.subject,
            "posta-certificata@non-ammesso.example",
            keys::RECIPIENT,
        )
    };
    let of_2019 = |certificate: Certificate| {
        certificate
            .valid("2018-11-05T09:00:00Z", "2021-11-05T09:00:00Z")
            .renumbered("2019")
    };
    let permitted = Certificate::signer(
        world::RECEIVING.subject,
        &world::RECEIVING.address(),
        keys::RECIPIENT,
    );
    vec![
        B.genuine("host-permitted-by-the-next-edition")
            .case(25, High)
            .because(
                "A receipt of 2024 by a provider that the certificate of the \
                 authority then in force does not permit and the next one, of 2025, \
                 does. An edition between the two may be missing from the trust \
                 data: a note says so.",
            )
            .message(dated(
                "2024-05-06T08:15:07Z",
                of_2024.clone(),
                world::OTHER.host,
            ))
            .finding("chain.edition.next note")
            .absent("chain.constraints"),
        B.genuine("host-permitted-by-a-later-edition-than-the-next")
            .case(25, High)
            .because(
                "The same of 2021, and the trust data know an edition of 2023 that \
                 does not permit the provider's host either: only the one of 2025 \
                 does. That is a doubt and accuses nobody.",
            )
            .with_only(BEFORE)
            .message(dated("2021-05-06T08:15:07Z", of_2021, world::OTHER.host))
            .finding("chain.constraints.later doubt")
            .twin_vector("host-permitted-by-the-next-edition")
            .twin_with(BEFORE),
        B.genuine("host-not-permitted-before-the-first-edition")
            .case(25, High)
            .because(
                "A receipt of 2019, before the first edition that the trust data \
                 know, by a host that no known edition permits: one that did may \
                 have been in force.",
            )
            .message(dated(
                "2019-05-06T08:15:07Z",
                of_2019(outside()),
                "non-ammesso.example",
            ))
            .finding("chain.constraints.before-first doubt"),
        B.genuine("host-permitted-before-the-first-edition")
            .case(25, Medium)
            .because("The same receipt by a host that the first known edition permits.")
            .message(dated(
                "2019-05-06T08:15:07Z",
                of_2019(permitted),
                world::RECEIVING.host,
            ))
            .finding("chain.edition.later note")
            .absent("chain.constraints"),
        B.genuine("host-not-permitted-by-the-last-known-edition")
            .case(25, High)
            .because(
                "No edition permits the host, and the receipt was signed after the last \
                 known one began. The trust data do not say that none is missing: one \
                 that nobody has published may permit it. The authority's key issued the \
                 certificate.",
            )
            .with_only(OPEN)
            .message(by_outside_host(outside()))
            .finding("chain.constraints.after-last doubt"),
        B.genuine("host-not-permitted-by-older-trust-data")
            .case(25, High)
            .because(
                "No edition permits the host, but the trust data are older than the \
                 receipt: the authority may have been certified anew since.",
            )
            .with_only(BEFORE)
            .message(by_outside_host(outside()))
            .finding("chain.constraints.data-older doubt"),
    ]
}

/// The trust file of the suite with a gap of a year: the first edition ended with 2023, and the
/// next one does not permit the recipient's provider.
pub fn trust_with_a_gap() -> String {
    let text = world::trust_file();
    let editions: Vec<&str> = text.split("\n[[authority.edition]]").collect();
    let [head, first, second, historic] = editions[..] else {
        panic!("three editions");
    };
    let host = format!("\"{}\"", world::RECEIVING.host);
    assert!(second.contains(&host));
    let first = first.replace("2030-09-22T11:22:02Z", "2024-01-01T00:00:00Z");
    let second = second.replace(&host, "\"nessuno.example\"");
    [head, &first, &second, historic].join("\n[[authority.edition]]")
}

/// Times at which no edition of the authority is in force any more.
fn ended() -> Vec<Vector> {
    const GAP: &[&str] = &["--trust", "../../pki/trust-with-a-gap.toml"];
    let at = |time: &str, certificate: Certificate| {
        let mut receipt = Receipt::with(Kind::DeliveryConcise, |receipt| receipt.set_time(time));
        receipt.certificate = certificate;
        let mut message = receipt.message();
        message.signed.certificates.truncate(1);
        message.to_eml()
    };
    let historic = || {
        world::RECEIVING
            .certificate()
            .issued_by(world::HISTORIC_NAME, keys::HISTORIC_AUTHORITY)
            .valid("2016-02-10T12:00:00Z", "2019-02-10T12:00:00Z")
    };
    let of_2024 = || {
        world::RECEIVING
            .certificate()
            .valid("2023-11-05T09:00:00Z", "2026-11-05T09:00:00Z")
    };
    vec![
        B.not_genuine("authority-that-had-ended", "chain.time.authority-ended")
            .case(30, High)
            .because(
                "A receipt of July 2018 under an authority whose last certificate ended \
                 in June. The signer's own is valid then.",
            )
            .message(at("2018-07-04T08:15:07Z", historic()))
            .twin_vector("authority-in-its-last-month"),
        B.genuine("authority-in-its-last-month")
            .case(30, Medium)
            .because("The same two months before.")
            .message(at("2018-05-04T08:15:07Z", historic()))
            .absent("chain.time failure"),
        B.genuine("host-permitted-by-the-edition-before-a-gap")
            .case(25, High)
            .because(
                "The trust data know no edition of the authority that is in force at \
                 the time: one had ended, the next one had not begun. Only the one that \
                 had ended permits the host. One between may be missing: a note says so.",
            )
            .with_only(GAP)
            .message(at("2024-05-06T08:15:07Z", of_2024()))
            .finding("chain.edition.earlier note")
            .absent("chain.constraints"),
    ]
}

/// An edition that the trust data lack: it permits one host more.
fn edition_of_2026() -> Certificate {
    let directories = [world::SENDING.directory, world::RECEIVING.directory];
    plain_authority()
        .with(extension::name_constraints(&[OUTSIDE], &directories))
        .valid("2026-01-15T08:00:00Z", "2049-09-22T11:22:02Z")
        .renumbered("2026")
}

const OUTSIDE: &str = "non-ammesso.example";

/// Editions that the message carries.
fn carried() -> Vec<Vector> {
    let outside = || {
        Certificate::signer(
            world::RECEIVING.subject,
            "posta-certificata@non-ammesso.example",
            keys::RECIPIENT,
        )
    };
    let with = |edition: &Certificate| {
        let receipt = Receipt::with(Kind::Delivery, |receipt| {
            receipt.provider.host = OUTSIDE;
            receipt.certificate = outside();
        });
        let mut message = receipt.message();
        message.signed.certificates.push(edition.to_der());
        message.to_eml()
    };
    let twin = "edition-in-the-message";
    let refused = |name, text, edition: &Certificate| {
        B.not_genuine(name, "chain.constraints")
            .case(35, Critical)
            .because(text)
            .message(with(edition))
            .twin_vector(twin)
            .result("facts.signer.edition_carried = false")
    };
    let mut other_key = world::authority(AUTHORITY_NAME, keys::STRANGER);
    other_key.extensions = edition_of_2026().extensions;
    other_key.not_before = edition_of_2026().not_before;
    let mut by_stranger = edition_of_2026();
    by_stranger.issuer_key = keys::STRANGER;
    vec![
        B.genuine(twin)
            .case(35, High)
            .because(
                "The trust data know no edition of the authority that permits the \
                 host. The message carries one that does: signed by the root that \
                 the trust data name, for the name and the key of the authority, in \
                 force at the receipt's time. It counts and is named.",
            )
            .message(with(&edition_of_2026()))
            .finding("chain.edition.carried note")
            .absent("chain.constraints")
            .fact("signer.edition", "2026-01-15T08:00:00Z")
            .fact("signer.edition_sha256", &edition_of_2026().sha256())
            .result("facts.signer.edition_carried = true"),
        refused(
            "edition-in-the-message-by-a-stranger",
            "The edition in the message is not signed by the root.",
            &by_stranger,
        ),
        refused(
            "edition-in-the-message-for-another-key",
            "The root signed the certificate in the message, for an authority of \
             the same name with another key.",
            &other_key,
        ),
        refused(
            "edition-in-the-message-of-no-authority",
            "The certificate in the message says that it is of no authority \
             (CA:FALSE).",
            &edition_of_2026().with(extension::not_an_authority()),
        ),
        refused(
            "edition-in-the-message-that-signs-no-certificates",
            "The key usage of the certificate in the message does not allow it to \
             sign certificates.",
            &edition_of_2026().with(extension::key_usage(0x80)),
        ),
        refused(
            "edition-in-the-message-for-servers",
            "The certificate in the message is of an authority for servers.",
            &edition_of_2026().with(world::server_purpose()),
        ),
        refused(
            "edition-in-the-message-that-had-ended",
            "The edition in the message had ended two months before the receipt's \
             time.",
            &edition_of_2026().valid("2026-01-15T08:00:00Z", "2026-03-01T08:00:00Z"),
        ),
        refused(
            "edition-in-the-message-that-permits-other-hosts",
            "The edition in the message does not permit the host either.",
            &edition_of_2026().with(extension::name_constraints(
                &["altro.example"],
                &[world::RECEIVING.directory],
            )),
        ),
        B.not_genuine(
            "edition-in-the-message-and-no-root-given",
            "chain.constraints",
        )
        .case(35, High)
        .because(
            "The authority is given with --anchor, which names no root: an \
                 edition in the message is then signed by nobody who is trusted.",
        )
        .with_only(&["--anchor", "../../pki/anchor.pem"])
        .message(with(&edition_of_2026()))
        .twin_with(&["--anchor", "../../pki/anchor.pem"]),
    ]
}

fn by_outside_host(certificate: Certificate) -> Vec<u8> {
    let receipt = Receipt::with(Kind::Delivery, |receipt| {
        receipt.provider.host = "non-ammesso.example";
        receipt.certificate = certificate;
    });
    receipt.to_eml()
}

fn doubled() -> Vec<Vector> {
    let revoked = |name, text| {
        B.not_genuine(name, "chain.revocation.revoked")
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
