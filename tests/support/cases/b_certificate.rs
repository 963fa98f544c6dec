//! Group B of the list of tricks: certificates and trust (cases 19 to 36).

use super::tools::{certified, certified_with, delivery, replaced};
use super::vector::{Critical, DELIVERY, Group, High, Low, Medium, Vector};
use crate::support::keys;
use crate::support::pki::{Certificate, Extension, extension};
use crate::support::receipt::{Kind, Receipt};
use crate::support::world::{self, AUTHORITY_NAME, ROOT_NAME};

const B: Group = Group("b-certificate");

const STRANGE_NAME: &str = "CN=Posta Certificata,O=Altro Gestore S.p.A.,L=Roma,ST=Roma,C=IT";
const STRANGE_ADDRESS: &str = "posta-certificata@altro-gestore.example";
const STRANGE_AUTHORITY: &str = "CN=Altra Autorita CA,O=Altra Autorita S.p.A.,C=IT";

pub fn all() -> Vec<Vector> {
    [
        issuers(),
        usage(),
        names(),
        times(),
        revocation(),
        lists(),
        form(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The certificate of the provider that signs the base receipt.
fn signer() -> Certificate {
    world::RECEIVING.certificate()
}

/// The base receipt by somebody else: header and data name that one consistently.
fn by(certificate: Certificate, host: &'static str) -> Vec<u8> {
    by_with(certificate, host, &[])
}

fn by_with(certificate: Certificate, host: &'static str, more: &[&Certificate]) -> Vec<u8> {
    let receipt = Receipt::with(Kind::Delivery, |receipt| {
        receipt.provider.host = host;
        receipt.daticert.provider = "Altro Gestore S.p.A.".into();
        receipt.certificate = certificate;
    });
    let mut message = receipt.message();
    message
        .signed
        .certificates
        .extend(more.iter().map(|certificate| certificate.to_der()));
    message.to_eml()
}

/// Cases 19 to 22 and 24: who issued the signer's certificate.
fn issuers() -> Vec<Vector> {
    let strange = |authority| {
        Certificate::signer(STRANGE_NAME, STRANGE_ADDRESS, keys::STRANGER)
            .issued_by(authority, keys::STRANGER)
    };
    let host = "altro-gestore.example";
    let mail_authority = world::authority(
        "CN=Posta Sicura CA,O=Radice di Prova S.p.A.,C=IT",
        keys::STRANGER,
    );
    let leaf_of_signer = Certificate::signer(
        world::OTHER.subject,
        &world::OTHER.address(),
        keys::STRANGER,
    )
    .issued_by(world::RECEIVING.subject, keys::RECIPIENT);
    vec![
        B.not_genuine(
            "self-signed-with-the-providers-name",
            "chain.impersonation.provider",
        )
        .case(19, Critical)
        .because(
            "A self-signed certificate with the subject and the address of a \
                 known provider. A verifier that compares the organisation's name \
                 only accepts it.",
        )
        .message(certified(self_signed())),
        B.not_genuine(
            "authority-of-the-same-name",
            "chain.impersonation.authority",
        )
        .case(20, Critical)
        .because(
            "An authority made at home bears the name of the known one, with \
                 another key.",
        )
        .message(certified_with(
            signer().issued_by(AUTHORITY_NAME, keys::STRANGER),
            &[&world::authority(AUTHORITY_NAME, keys::STRANGER)],
        )),
        B.not_genuine(
            "known-host-under-an-unknown-authority",
            "chain.impersonation.provider",
        )
        .case(20, Critical)
        .because(
            "An authority with a name of its own issued a certificate for the \
                 address of a provider that belongs to a known authority.",
        )
        .message(certified(
            Certificate::signer(STRANGE_NAME, &world::RECEIVING.address(), keys::STRANGER)
                .issued_by(STRANGE_AUTHORITY, keys::STRANGER),
        )),
        B.not_genuine(
            "known-organisation-under-an-unknown-authority",
            "chain.impersonation.provider",
        )
        .case(20, High)
        .because(
            "An unknown authority issued a certificate for the organisation of \
                 a known provider, with an address at another host.",
        )
        .message(by(
            Certificate::signer(world::RECEIVING.subject, STRANGE_ADDRESS, keys::STRANGER)
                .issued_by(STRANGE_AUTHORITY, keys::STRANGER),
            host,
        )),
        B.not_genuine("ordinary-mail-certificate", "signer.policy")
            .case(21, Critical)
            .because(
                "An ordinary S/MIME certificate of an authority outside certified \
                 mail, for an address that begins with posta-certificata@. It has \
                 not the policy of PEC signers.",
            )
            .message(by(
                strange(STRANGE_AUTHORITY).without(extension::POLICIES),
                host,
            )),
        B.cannot_tell("unknown-authority", "chain.anchor.unknown")
            .case(21, High)
            .because(
                "The certificate has the form and the policy of a PEC signer, but \
                 its authority is not one we know. It names no known provider: it \
                 may be of an authority that came after the trust data.",
            )
            .message(by(strange(STRANGE_AUTHORITY), host)),
        B.cannot_tell(
            "unknown-authority-with-a-known-certificate-in-the-bag",
            "chain.anchor.unknown",
        )
        .case(21, High)
        .because(
            "The same, with the known authority's certificate in the bag. It \
                 is on nobody's path; anybody may put it there, since the bag is \
                 not signed, so it must not change the answer.",
        )
        .message(by_with(
            strange(STRANGE_AUTHORITY),
            host,
            &[&world::editions()[0].certificate],
        )),
        B.not_genuine("issued-by-the-root", "chain.impersonation.root")
            .case(22, High)
            .because(
                "The root above the known authority issued the certificate itself: \
                 the right root, the wrong authority.",
            )
            .message(by(
                strange(ROOT_NAME).issued_by(ROOT_NAME, keys::ROOT),
                host,
            )),
        B.not_genuine("another-authority-under-the-root", "signer.policy")
            .case(22, High)
            .because(
                "A mail certificate of another authority under the same root, \
                 without the policy of PEC signers.",
            )
            .message(by_with(
                strange(&mail_authority.subject.clone())
                    .with(extension::policies(&["1.3.76.99.1.1"])),
                host,
                &[&mail_authority],
            ))
            .any_headline(),
        B.not_genuine("signer-used-as-an-authority", "chain.anchor.intermediate")
            .case(24, Critical)
            .because(
                "The genuine certificate of one provider issued a certificate for \
                 another one. A signer is no authority.",
            )
            .message(by_with(leaf_of_signer, world::OTHER.host, &[&signer()])),
        B.genuine("authority-certificate-left-out")
            .case(35, High)
            .because(
                "The bag holds the signer's certificate only. The authority's key \
                 is known without it.",
            )
            .receipt("avvenuta-consegna-senza-autorita"),
        B.genuine("authority-certificate-altered-in-the-bag")
            .case(35, High)
            .because(
                "The certificate of the authority in the bag was made at home: \
                 right name and key, no name constraints, other dates, and a \
                 signature that is not the root's. Only our own copies count, so \
                 it changes nothing.",
            )
            .message(with_altered_authority(signer(), world::RECEIVING.host)),
        B.not_genuine(
            "authority-certificate-altered-to-permit-more",
            "chain.constraints",
        )
        .case(35, Critical)
        .because(
            "The signer's host is not among those that the authority's \
                 certificates permit; the one in the bag was altered to permit it.",
        )
        .message(with_altered_authority(
            outside_host(),
            "non-ammesso.example",
        )),
    ]
}

fn self_signed() -> Certificate {
    let mut certificate = signer().issued_by(world::RECEIVING.subject, keys::STRANGER);
    certificate.key = keys::STRANGER;
    certificate
}

fn with_altered_authority(certificate: Certificate, host: &'static str) -> Vec<u8> {
    let mut altered = world::authority(AUTHORITY_NAME, keys::AUTHORITY)
        .valid("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z");
    altered.issuer_key = keys::STRANGER;
    let receipt = Receipt::with(Kind::Delivery, |receipt| {
        receipt.provider.host = host;
        receipt.certificate = certificate;
    });
    let mut message = receipt.message();
    message.signed.certificates[1] = altered.to_der();
    message.to_eml()
}

/// Cases 23 and 24: what the certificate is for.
fn usage() -> Vec<Vector> {
    let refused = |name, headline, text, certificate: Certificate| {
        B.not_genuine(name, headline)
            .case(23, High)
            .because(text)
            .message(certified(certificate))
    };
    vec![
        refused(
            "server-certificate",
            "signer.usage.extended",
            "The authority issued the certificate for servers (extended key \
                 usage serverAuth), not for mail.",
            signer().with(world::server_purpose()),
        ),
        refused(
            "client-certificate",
            "signer.usage.extended",
            "The authority issued the certificate for access to the directory \
                 (clientAuth), not for mail.",
            signer().with(world::client_purpose()),
        ),
        refused(
            "key-usage-without-signing",
            "signer.usage.key",
            "Key usage allows key encipherment only.",
            signer().with(extension::key_usage(0x20)),
        ),
        refused(
            "policy-of-another-kind",
            "signer.policy",
            "The authority issued the certificate under another policy than \
                 that of PEC signers.",
            signer().with(extension::policies(&["1.3.76.16.3.1.2"])),
        ),
        refused(
            "policy-missing",
            "signer.policy",
            "The certificate names no policy. Every PEC signer from 2008 on \
                 names it.",
            signer().without(extension::POLICIES),
        ),
        B.genuine("extended-key-usage-missing")
            .case(23, Medium)
            .because(
                "Before 2017 signers had no extended key usage; its absence \
                 restricts nothing.",
            )
            .message(certified(signer().without(extension::EXTENDED_USAGE))),
        B.not_genuine("address-of-another-mailbox", "signer.address")
            .case(23, Critical)
            .because(
                "The authority issued the certificate for info@ at the provider's \
                 host, not for posta-certificata@. The From line names the same \
                 address.",
            )
            .message(from_address("info@gestore-destinatario.example")),
        refused(
            "address-missing",
            "signer.address",
            "The certificate names no mail address.",
            signer().without(extension::ALTERNATIVE_NAME),
        ),
        B.not_genuine(
            "authority-certificate-as-signer",
            "signer.profile.authority",
        )
        .case(24, High)
        .because("The signer's certificate says that it is an authority (CA:TRUE).")
        .message(certified(signer().with(extension::authority(Some(0)))))
        .any_headline(),
        refused(
            "rsa-1024-after-2018",
            "signer.key.short",
            "An RSA key of 1024 bits in a certificate of 2025. Until 2017 such \
                 keys were usual, since then none was seen.",
            Certificate::signer(
                world::RECEIVING.subject,
                &world::RECEIVING.address(),
                keys::WEAK,
            ),
        )
        .case(14, High),
        B.genuine("certificate-over-sha-1-after-2018")
            .case(14, Medium)
            .because(
                "The authority signed the certificate, of 2025, over SHA-1. Since 2017 \
                 none was signed so.",
            )
            .message(certified(over_sha1(signer())))
            .finding("signer.profile.sha1 doubt"),
        B.genuine("rsa-1024-of-2012")
            .case(0, High)
            .because(
                "A receipt of 2012 with an RSA key of 1024 bits, as all signers of \
                 those years; CA:FALSE is spelled out and key usage is not \
                 critical. Notes say so.",
            )
            .receipt("avvenuta-consegna-2012")
            .finding("signer.key.short-then-usual note")
            .finding("signer.profile.basic-constraints note")
            .finding("signer.profile.key-usage-not-critical note")
            .finding("chain.time.ended-since note"),
    ]
}

fn over_sha1(mut certificate: Certificate) -> Certificate {
    certificate.scheme = keys::Scheme::Pkcs1(crate::support::digest::Digest::Sha1);
    certificate
}

fn from_address(address: &str) -> Vec<u8> {
    let mut receipt = delivery();
    receipt.certificate = signer().with(extension::address(address));
    receipt.header.set("From", address);
    receipt.to_eml()
}

fn outside_host() -> Certificate {
    Certificate::signer(
        world::RECEIVING.subject,
        "posta-certificata@non-ammesso.example",
        keys::RECIPIENT,
    )
}

/// Cases 25 to 27: names.
fn names() -> Vec<Vector> {
    let outside = |name, text, certificate, host| {
        B.not_genuine(name, "chain.constraints")
            .case(25, High)
            .because(text)
            .message(by(certificate, host))
    };
    let from = |name, importance, text, value: &str| {
        B.not_genuine(name, "header.from")
            .case(26, importance)
            .because(text)
            .message(
                delivery()
                    .message()
                    .header(|header| {
                        header.set("From", value);
                    })
                    .to_eml(),
            )
            .fact(
                "signer.address",
                "posta-certificata@gestore-destinatario.example",
            )
    };
    vec![
        outside(
            "host-not-permitted",
            "The authority issued the certificate, for a host that none of its \
                 certificates permits.",
            outside_host(),
            "non-ammesso.example",
        ),
        outside(
            "host-below-a-permitted-one",
            "A constraint without a leading dot names one host; the hosts \
                 below it are not meant (RFC 5280, 4.2.1.10).",
            Certificate::signer(
                world::RECEIVING.subject,
                "posta-certificata@pec.gestore-destinatario.example",
                keys::RECIPIENT,
            ),
            "pec.gestore-destinatario.example",
        ),
        outside(
            "organisation-not-permitted",
            "The host is permitted, the organisation in the subject is not.",
            Certificate::signer(
                "CN=Posta Certificata,O=Ditta Sconosciuta,L=Bari,ST=Bari,C=IT",
                &world::RECEIVING.address(),
                keys::RECIPIENT,
            ),
            world::RECEIVING.host,
        ),
        outside(
            "second-address-not-permitted",
            "Two addresses, the second at a host that is not permitted. \
                 Constraints hold for every name.",
            signer().with(extension::addresses(&[
                "posta-certificata@gestore-destinatario.example",
                "posta-certificata@non-ammesso.example",
            ])),
            world::RECEIVING.host,
        ),
        B.genuine("host-permitted-by-the-later-edition")
            .case(25, Medium)
            .because(
                "A provider that only the second certificate of the authority \
                 permits; it was valid at the receipt's time.",
            )
            .message(by(world::OTHER.certificate(), world::OTHER.host)),
        from(
            "from-is-not-the-signer",
            Critical,
            "The From line, which is not signed, names another address than \
                 the signer's certificate.",
            "posta-certificata@gestore-terzo.example",
        ),
        from(
            "from-is-a-subdomain",
            High,
            "The From line names a host below the signer's: a comparison by \
                 suffix is fooled.",
            "posta-certificata@pec.gestore-destinatario.example",
        ),
        from(
            "address-in-the-display-name",
            Critical,
            "The signer's address stands in the display name; the true address \
                 is somebody else's. Mail programs show the first.",
            "\"posta-certificata@gestore-destinatario.example\" \
                 <avvisi@truffa.example>",
        )
        .case(27, Critical),
        B.not_genuine(
            "display-name-of-another-provider",
            "header.display-name.stranger",
        )
        .case(27, Medium)
        .because(
            "From has the signer's address and, as display name, the address \
                 of another provider. Programs that show the name alone show \
                 another signer, and no transport writes one there.",
        )
        .message(
            delivery()
                .message()
                .header(|header| {
                    header.set(
                        "From",
                        "\"posta-certificata@gestore-terzo.example\" \
                 <posta-certificata@gestore-destinatario.example>",
                    );
                })
                .to_eml(),
        )
        .twin(DELIVERY),
    ]
}

/// Cases 28 to 30: validity.
fn times() -> Vec<Vector> {
    vec![
        B.not_genuine("expired-at-the-receipts-time", "chain.time.ended")
            .case(28, High)
            .because("The certificate ended a month before the time that the receipt states.")
            .message(certified(
                signer().valid("2023-04-04T09:00:00Z", "2026-04-04T09:00:00Z"),
            )),
        B.not_genuine("issued-after-the-receipts-time", "chain.time.not-yet")
            .case(29, Critical)
            .because(
                "The certificate was issued a week after the time that the receipt \
                 states: it was backdated.",
            )
            .message(certified(
                signer().valid("2026-05-11T09:00:00Z", "2029-05-11T09:00:00Z"),
            )),
        B.cannot_tell("asked-of-a-day-after-its-end", "chain.time.ended")
            .case(28, Medium)
            .because(
                "Asked of a day in 2029, when the signer's certificate has ended. It was \
                 valid when the receipt says that it was signed: nobody is accused.",
            )
            .receipt("accettazione")
            .with(&["--at", "2029-05-04"])
            .twin("accettazione"),
        B.cannot_tell("asked-of-a-day-before-its-beginning", "chain.time.not-yet")
            .case(29, Medium)
            .because("Asked of a day in 2022, before the signer's certificate began.")
            .receipt("accettazione")
            .with(&["--at", "2022-05-04"])
            .twin("accettazione"),
        B.cannot_tell(
            "asked-of-a-day-after-the-authoritys-end",
            "chain.time.ended",
        )
        .case(30, Medium)
        .because(
            "Asked of a day in 2050, when the authority's certificate has ended, too. \
                 The trust data are older than that day and may lack a later one.",
        )
        .receipt("accettazione")
        .finding("chain.time.authority-ended")
        .with(&["--at", "2050-05-04"])
        .twin("accettazione"),
        B.genuine("expired-since")
            .case(30, High)
            .because(
                "The certificate was valid at the receipt's time and has ended \
                 since, as with most receipts that are kept.",
            )
            .message(certified(
                signer().valid("2023-06-01T09:00:00Z", "2026-06-01T09:00:00Z"),
            ))
            .finding("chain.time.ended-since note"),
        B.genuine("older-than-the-authoritys-certificate")
            .case(30, Medium)
            .because(
                "The signer's certificate is older than the authority's \
                 certificate in the bag, which was issued anew for the same key: \
                 this occurs in genuine mail.",
            )
            .message(with_later_edition())
            .twin(DELIVERY),
        B.genuine("before-the-first-known-edition")
            .case(30, Medium)
            .because(
                "A receipt of 2019, when an older certificate of the authority was \
                 in force than any that is known; the key is the same. Receipts of \
                 early 2018 are such.",
            )
            .message(
                Receipt::with(Kind::DeliveryConcise, |receipt| {
                    receipt.set_time("2019-05-06T08:15:07Z");
                    receipt.certificate =
                        signer().valid("2018-11-05T09:00:00Z", "2021-11-05T09:00:00Z");
                })
                .to_eml(),
            )
            .finding("chain.edition.later note"),
    ]
}

fn with_later_edition() -> Vec<u8> {
    let mut message = delivery().message();
    message.signed.certificates[1] = world::editions()[1].certificate.to_der();
    message.to_eml()
}

/// Cases 31 to 33.
fn revocation() -> Vec<Vector> {
    let genuine = |name, number, importance, text, list: &'static [&'static str]| {
        B.genuine(name)
            .case(number, importance)
            .because(text)
            .receipt(DELIVERY)
            .with(list)
    };
    vec![
        B.not_genuine("revoked-before", "chain.revocation.revoked")
            .case(31, Critical)
            .because(
                "The revocation list says that the certificate was revoked three \
                 days before the receipt's time.",
            )
            .receipt(DELIVERY)
            .with(&["--crl", "../../pki/revoked-before.crl"])
            .twin_with(&["--crl", "../../pki/nobody-revoked.crl"]),
        genuine(
            "revoked-later-for-key-compromise",
            32,
            High,
            "The certificate was revoked four months after the receipt, \
                 because its key was stolen: the time that the receipt states is \
                 then worth no more than any other proof of it.",
            &["--crl", "../../pki/revoked-later-key-compromise.crl"],
        )
        .finding("chain.revocation.compromised-later doubt"),
        genuine(
            "revoked-later-for-another-reason",
            32,
            Medium,
            "The certificate was revoked four months after the receipt, \
                 because the provider stopped using it.",
            &["--crl", "../../pki/revoked-later-cessation.crl"],
        )
        .finding("chain.revocation.later doubt"),
        genuine(
            "revocation-not-checked",
            33,
            High,
            "No revocation list was given. That is said, never passed over.",
            &[],
        )
        .finding("chain.revocation.not-checked note"),
        genuine(
            "revocation-list-stale",
            33,
            Medium,
            "The revocation list ended months before the receipt: it says \
                 nothing about that time.",
            &["--crl", "../../pki/stale.crl"],
        )
        .finding("chain.revocation.stale doubt"),
        genuine(
            "revocation-list-of-a-stranger",
            33,
            High,
            "A list with the authority's name, signed by another key. It \
                 counts for nothing.",
            &["--crl", "../../pki/signed-by-stranger.crl"],
        )
        .finding("chain.revocation.unusable-signature doubt"),
        genuine(
            "not-revoked",
            33,
            Medium,
            "A list of the receipt's day, signed by the authority, without the \
                 certificate.",
            &["--crl", "../../pki/nobody-revoked.crl"],
        )
        .absent("chain.revocation"),
    ]
}

/// Case 34: lists of providers.
fn lists() -> Vec<Vector> {
    const WHOLE: &[&str] = &["--providers", "../../providers/igpec.ldif.p7m"];
    vec![
        B.genuine("provider-on-the-list")
            .case(34, High)
            .because("The list of the receipt's day names the signer's certificate.")
            .receipt(DELIVERY)
            .with(WHOLE)
            .absent("provider.listed"),
        B.cannot_tell("provider-not-on-the-list", "provider.listed.missing")
            .case(34, High)
            .because("The list of the receipt's day does not name the provider at all.")
            .receipt(DELIVERY)
            .with(&[
                "--providers",
                "../../providers/igpec-without-recipient.ldif.p7m",
            ])
            .twin_with(WHOLE),
        B.cannot_tell(
            "provider-listed-with-another-certificate",
            "provider.listed.missing",
        )
        .case(34, High)
        .because(
            "The list of the receipt's day names the provider with another \
                 certificate than the one that signed.",
        )
        .receipt(DELIVERY)
        .with(&[
            "--providers",
            "../../providers/igpec-other-certificate.ldif.p7m",
        ])
        .twin_with(WHOLE),
        B.genuine("list-signed-with-a-borrowed-name")
            .case(34, High)
            .because(
                "The list names the signer's certificate. It is signed with the name \
                 of a provider, by another key than that provider's: whoever made it \
                 wants to be taken for somebody else.",
            )
            .receipt(DELIVERY)
            .with(&[
                "--providers",
                "../../providers/igpec-by-a-borrowed-name.ldif.p7m",
            ])
            .finding("provider.listed.borrowed-name doubt"),
        B.genuine("list-signed-by-somebody")
            .case(34, Medium)
            .because(
                "The same list, signed by somebody with a name of his own. Who signs \
                 the central list is not public, so nobody is asked for; the answer \
                 names the signer.",
            )
            .receipt(DELIVERY)
            .with(&[
                "--providers",
                "../../providers/igpec-by-a-stranger.ldif.p7m",
            ])
            .absent("provider.listed"),
        B.genuine("provider-not-on-an-older-list")
            .case(34, Medium)
            .because(
                "A list of fifteen months before does not name the provider. A \
                 list of another time does not accuse.",
            )
            .receipt(DELIVERY)
            .with(&[
                "--providers",
                "../../providers/igpec-without-recipient-2025.ldif.p7m",
            ])
            .finding("provider.listed.other-time note"),
    ]
}

/// Case 36, and what real certificates do against the profile.
fn form() -> Vec<Vector> {
    let critical_usage = Extension {
        critical: false,
        ..extension::key_usage(0x80)
    };
    let mut doubled = signer();
    doubled.extensions.push(extension::address(
        "posta-certificata@gestore-terzo.example",
    ));
    vec![
        B.cannot_tell("unknown-critical-extension", "signer.critical-extension")
            .case(36, High)
            .because(
                "The certificate has an extension that nobody here knows, and that \
                 it calls critical.",
            )
            .message(certified(signer().with(extension::unknown(true))))
            .twin_vector("unknown-extension"),
        B.genuine("unknown-extension")
            .case(36, Low)
            .because(
                "The certificate has an extension that nobody here knows, and that \
                 is not critical.",
            )
            .message(certified(signer().with(extension::unknown(false)))),
        B.cannot_tell("extension-twice", "signer.certificate.doubled-extension")
            .case(0, Medium)
            .because(
                "Two alternative names extensions, for two providers. RFC 5280, \
                 4.2 allows one; which counts depends on the reader.",
            )
            .message(certified(doubled)),
        B.genuine("key-usage-missing")
            .case(23, Low)
            .because("The certificate does not say what its key is for, which restricts nothing.")
            .message(certified(signer().without(extension::KEY_USAGE)))
            .finding("signer.profile.no-key-usage note")
            .absent("signer.usage"),
        B.cannot_tell("certificate-of-no-date", "signer.certificate.unreadable")
            .case(0, Medium)
            .because(
                "The certificate that the signature names begins in month 99: it is no \
                 certificate (RFC 5280, 4.1.2.5), and who signed cannot be said.",
            )
            .message({
                let mut message = delivery().message();
                let certificate = &mut message.signed.certificates[0];
                *certificate = replaced(certificate, "250115090000Z", "259915090000Z");
                message.to_eml()
            }),
        B.genuine("basic-constraints-present")
            .case(0, Medium)
            .because(
                "Basic constraints with CA:FALSE, which the profile forbids and \
                 real certificates up to 2017 have.",
            )
            .message(certified(signer().with(extension::not_an_authority())))
            .finding("signer.profile.basic-constraints note"),
        B.genuine("key-usage-not-critical")
            .case(0, Medium)
            .because("Key usage is not critical, as in real certificates of 2014.")
            .message(certified(signer().with(critical_usage)))
            .finding("signer.profile.key-usage-not-critical note"),
    ]
}
