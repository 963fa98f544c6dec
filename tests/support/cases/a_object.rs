//! Group A: signature objects with attributes that a strict reader stumbles over.

use super::tools::{delivery, find, replaced};
use super::vector::{Group, High, Low, Medium, Vector};
use crate::support::cms::{self, Attribute, Identified, Signer};
use crate::support::der;
use crate::support::keys;
use crate::support::message::Message;
use crate::support::pki::Certificate;
use crate::support::world;

const A: Group = Group("a-signature");

/// An element with a tag number over 30.
const HIGH_TAG: &[u8] = &[0xbf, 0x20, 0x02, 0x05, 0x00];

pub fn all() -> Vec<Vector> {
    [odd(), stated(), unknown(), bags()]
        .into_iter()
        .flatten()
        .collect()
}

/// Values that a strict reader stumbles over, and that take nothing from the signature.
fn odd() -> Vec<Vector> {
    vec![
        genuine(
            "object-with-an-odd-element-in-the-bag",
            "The bag holds an element with a high tag number, which is no \
             certificate of any kind we know. The bag is not signed.",
            {
                let mut message = delivery().message();
                message.signed.certificates.push(HIGH_TAG.to_vec());
                message
            },
        ),
        genuine(
            "attribute-with-a-high-tag-number",
            "An unknown signed attribute has a value with a high tag number.",
            attributed(vec![HIGH_TAG.to_vec()]),
        ),
        genuine(
            "attribute-with-a-length-in-two-octets",
            "An unknown signed attribute has a value whose length takes more octets \
             than it needs (BER).",
            attributed(vec![vec![0x04, 0x81, 0x01, b'a']]),
        ),
        genuine(
            "attribute-without-values",
            "An unknown signed attribute has no value.",
            attributed(Vec::new()),
        ),
        genuine(
            "attribute-with-two-values",
            "An unknown signed attribute has two values.",
            attributed(vec![vec![0x04, 0x01, b'a'], vec![0x04, 0x01, b'b']]),
        ),
    ]
}

fn genuine(name: &'static str, text: &'static str, message: Message) -> Vector {
    A.genuine(name)
        .case(0, Low)
        .because(text)
        .message(message.to_eml())
        .absent("cms.decode")
}

fn attributed(values: Vec<Vec<u8>>) -> Message {
    delivery().message().signer(|signer, _| {
        signer.and(Attribute {
            oid: "1.2.3.4",
            values,
            behind: Vec::new(),
        })
    })
}

/// What RFC 5652 demands of a signer, and what nobody checks who wants only the value to hold.
fn stated() -> Vec<Vector> {
    let doubted = |name, text, id, change: fn(Signer) -> Signer| {
        A.genuine(name)
            .case(0, Low)
            .because(text)
            .message(signed_by(change))
            .finding(id)
    };
    vec![
        doubted(
            "signer-of-version-99",
            "The SignerInfo says that it is of version 99. RFC 5652, 5.3 has 1 for a signer named \
             by issuer and serial number. Nobody signed the number.",
            "cms.decode.version doubt",
            |signer| Signer {
                version: Some(99),
                ..signer
            },
        ),
        A.genuine("signer-by-key-identifier-of-version-3")
            .case(0, Low)
            .because(
                "The signer is named by its key identifier, for which RFC 5652, 5.3 has version 3.",
            )
            .message(signed_by(|signer| Signer {
                identified: Identified::ByKeyIdentifier,
                ..signer
            }))
            .absent("cms.decode"),
        doubted(
            "signer-by-key-identifier-of-version-1",
            "The same with version 1.",
            "cms.decode.version doubt",
            |signer| Signer {
                identified: Identified::ByKeyIdentifier,
                version: Some(1),
                ..signer
            },
        ),
        doubted(
            "signing-time-that-is-no-time",
            "The signed signing time is a number.",
            "time.signing.unreadable doubt",
            |signer| signer.replaced(Attribute::new(cms::SIGNING_TIME, der::number(42))),
        ),
        doubted(
            "signing-time-of-another-century",
            "The signed signing time is of 2049, the certified time of 2026.",
            "time.signing doubt",
            |signer| signer.replaced(Attribute::signing_time("2049-12-31T23:59:59Z")),
        ),
        A.not_genuine("octets-behind-the-values-of-an-attribute", "cms.decode")
            .case(0, Low)
            .because(
                "Behind the values of a signed attribute stands a number, where RFC 5652, 5.3 has \
                 nothing. Two readers can take another thing for the attribute.",
            )
            .message(signed_by(|signer| {
                signer.and(Attribute {
                    oid: "1.2.3.4",
                    values: vec![vec![0x04, 0x01, b'a']],
                    behind: der::number(1),
                })
            })),
    ]
}

/// What a program of today cannot read, or what was damaged on the way.
fn unknown() -> Vec<Vector> {
    const SHA256: &str = "2.16.840.1.101.3.4.2.1";
    const SHA3_256: &str = "2.16.840.1.101.3.4.2.8";
    const RSA: &str = "1.2.840.113549.1.1.1";
    const RSA_ENCRYPTION_ONLY: &str = "1.2.840.113549.1.1.7";
    let unknown = |name, text, message: Message| {
        A.cannot_tell(name, "signature.algorithm.unknown")
            .case(14, Medium)
            .because(text)
            .message(message.to_eml())
    };
    vec![
        unknown(
            "digest-algorithm-of-later",
            "The SignerInfo names SHA3-256, which nobody in certified mail uses so far. \
             It may be what comes next, so nobody is accused.",
            {
                let mut message = delivery().message();
                let object = message.signed.encode(&message.entity);
                // Once in the list of the object, then in the SignerInfo.
                let place = find(&object, &der::oid(SHA256)) + 1;
                let rest = replaced(&object[place..], der::oid(SHA256), der::oid(SHA3_256));
                message.signature = Some([&object[..place], &rest].concat());
                message
            },
        ),
        unknown(
            "key-of-another-kind",
            "The certificate has a key of a kind that signs nothing (RSAES-OAEP).",
            {
                let mut message = delivery().message();
                let certificate = &mut message.signed.certificates[0];
                *certificate = replaced(certificate, der::oid(RSA), der::oid(RSA_ENCRYPTION_ONLY));
                message
            },
        ),
        A.not_genuine("letter-of-the-signature-lost", "cms.decode.base64")
            .case(0, Medium)
            .because("The base64 of the signature lacks one letter in its first line.")
            .message(replaced(
                &delivery().to_eml(),
                "filename=\"smime.p7s\"\r\n\r\nM",
                "filename=\"smime.p7s\"\r\n\r\n",
            )),
    ]
}

fn signed_by(change: fn(Signer) -> Signer) -> Vec<u8> {
    let message = delivery().message();
    message.signer(|signer, _| change(signer)).to_eml()
}

/// Certificates that anybody can add to the bag, which nobody signed.
fn bags() -> Vec<Vector> {
    let before_the_signers = |count, certificate: &Certificate| {
        let mut message = delivery().message();
        let more = std::iter::repeat_n(certificate.to_der(), count);
        message.signed.certificates.splice(0..0, more);
        message
    };
    let other = Certificate::signer(
        "CN=Nessuno,O=Nessuno S.r.l.,C=IT",
        "posta-certificata@nessuno.example",
        keys::STRANGER,
    );
    let mut of_its_number = world::RECEIVING.certificate();
    of_its_number.key = keys::STRANGER;
    vec![
        genuine(
            "certificates-of-others-before-the-signers",
            "Forty certificates of somebody else stand in the bag before the signer's: more than \
             are kept. The one that the SignerInfo names is kept all the same.",
            before_the_signers(40, &other),
        )
        .case(35, Medium)
        .absent("signer.certificate"),
        genuine(
            "certificates-of-the-signers-number-few",
            "Some certificates with the issuer and the serial number of the signer's, and another \
             key, stand in the bag before it: each is tried.",
            before_the_signers(40, &of_its_number),
        )
        .case(35, Medium)
        .absent("signer.certificate"),
        A.cannot_tell(
            "certificates-of-the-signers-number",
            "message.complexity.work",
        )
        .case(35, High)
        .because(
            "Seventy certificates with the issuer and the serial number of the signer's, and \
                 another key, stand in the bag before it: too many to be looked at. That accuses \
                 nobody, and nothing is missing.",
        )
        .message(before_the_signers(70, &of_its_number).to_eml())
        .absent("signer.certificate")
        .absent("signature.value"),
    ]
}
