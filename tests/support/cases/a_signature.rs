//! Group A of the list of tricks: the signature and its CMS (cases 1 to 18).

use super::tools::{altered, altered_xml, delivery, find, replaced};
use super::vector::{Critical, DELIVERY, Group, High, Low, Medium, Vector};
use crate::support::cms::{self, Attribute, Form, Order, SignedData, Signer};
use crate::support::der;
use crate::support::digest::Digest;
use crate::support::keys::{self, Key, Scheme};
use crate::support::message::{Message, Part};
use crate::support::pki::Certificate;
use crate::support::receipt::{Kind, Receipt};
use crate::support::text::base64_lines;
use crate::support::world::{self};

const A: Group = Group("a-signature");

pub fn all() -> Vec<Vector> {
    [
        content(),
        structure(),
        signers(),
        attributes(),
        algorithms(),
        collisions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Case 14: content made so that another one has the same SHA-1.
fn collisions() -> Vec<Vector> {
    use super::c_sent::{COLLISION_A, COLLISION_B, collision};
    // A CR, so that the octets are hashed as they are. What follows both keeps them colliding.
    let ended = |mut octets: Vec<u8>| {
        octets.extend(b"\r\n");
        octets
    };
    let signed_over = |octets: Vec<u8>| {
        let message = delivery().message_over(octets);
        let scheme = Scheme::Pkcs1(Digest::Sha1);
        message.signer(|signer, content| signer.scheme(scheme, content))
    };
    let mut shown_instead = signed_over(ended(collision(COLLISION_A)));
    let signature = shown_instead.signed.encode(&shown_instead.entity);
    shown_instead.signature = Some(signature);
    shown_instead.entity = ended(collision(COLLISION_B));
    let one_octet_less = ended(collision(COLLISION_A)[..319].to_vec());
    let refused = |name, text, message: Message| {
        A.not_genuine(name, "signature.digest.collision")
            .case(14, High)
            .because(text)
            .message(message.to_eml())
            .fact("digest", "SHA-1")
    };
    vec![
        refused(
            "signed-part-of-a-collision",
            "The octets that were signed, with SHA-1, are one of two files made to \
             have the same digest.",
            signed_over(ended(collision(COLLISION_A))),
        ),
        refused(
            "signed-part-exchanged-in-a-collision",
            "The same signature with the other file: the digest fits.",
            shown_instead,
        ),
        A.cannot_tell("signed-part-of-no-collision", "daticert.present")
            .case(14, Medium)
            .because("The same file without its last octet: no other one is known.")
            .message(signed_over(one_octet_less).to_eml())
            .any_headline()
            .absent("signature.digest"),
    ]
}

/// Cases 1 to 5: other octets under the signature, or another signature under the octets.
fn content() -> Vec<Vector> {
    let failure = Receipt::new(Kind::NonDelivery);
    vec![
        A.not_genuine("digest-one-octet-changed", "signature.digest")
            .case(1, Critical)
            .because(
                "One digit of the delivery time in daticert.xml was changed after \
                 signing. The signature over the attributes is still good: a \
                 verifier that stops there is fooled.",
            )
            .message(altered_xml(&delivery(), "<ora>10:15:07", "<ora>09:15:07")),
        A.not_genuine("recipient-changed-after-signing", "signature.digest")
            .case(1, Critical)
            .because(
                "The recipient in daticert.xml (consegna) was replaced after \
                 signing by another one of the list.",
            )
            .message(altered_xml(
                &delivery(),
                "<consegna>ufficio@pec.destinatario.example",
                "<consegna>protocollo@pec.comune.example",
            )),
        A.not_genuine("outcome-changed-after-signing", "signature.digest")
            .case(1, Critical)
            .because(
                "A non-delivery notice was turned into a delivery receipt after \
                 signing, by its tipo in daticert.xml.",
            )
            .message(altered_xml(
                &failure,
                "\"errore-consegna\"",
                "\"avvenuta-consegna\"",
            ))
            .twin("errore-consegna"),
        A.not_genuine("original-changed-after-signing", "signature.digest")
            .case(2, Critical)
            .because(
                "A word of the message inside (postacert.eml) was changed after \
                 signing; daticert.xml is intact.",
            )
            .message(altered(delivery().message(), |entity| {
                replaced(entity, "copia degli atti", "copia dei piani")
            })),
        A.cannot_tell("signature-removed", "structure.signed")
            .case(3, Critical)
            .because(
                "The parts and the header of a genuine receipt, as plain \
                 multipart/mixed: the signature was taken off. A receipt is always \
                 signed; without a signature nothing can be said about it.",
            )
            .message(unsigned(&delivery())),
        A.not_genuine("signature-of-another-receipt", "signature.digest")
            .case(4, Critical)
            .because(
                "The signature of another genuine receipt of the same provider was \
                 pasted under this content.",
            )
            .message(with_signature_of(&Receipt::new(Kind::DeliveryConcise))),
        A.not_genuine("header-of-another-message", "header.reference")
            .case(5, Critical)
            .because(
                "The two parts of a genuine receipt under the outer header of a \
                 receipt for another message. The header is not signed: the facts \
                 are those of the signed part.",
            )
            .message(
                delivery()
                    .message()
                    .header(|header| {
                        header
                            .set("Subject", "CONSEGNA: Disdetta del contratto")
                            .set(
                                "X-Riferimento-Message-ID",
                                "<disdetta-77@client.mittente.example>",
                            )
                            .set(
                                "Message-ID",
                                "<opec288.20260504101507.1.1.1.1.1@gestore-destinatario.example>",
                            );
                    })
                    .to_eml(),
            )
            .finding("header.subject doubt")
            .fact("message_id", crate::support::receipt::MESSAGE_ID),
        A.not_genuine("signature-value-one-octet-changed", "signature.value")
            .case(0, Critical)
            .because(
                "One octet of the signature value was changed. The message digest \
                 still fits the content: a verifier that compares digests only is \
                 fooled.",
            )
            .message(with_broken_value()),
    ]
}

/// Cases 6 to 8 and 17: what the CMS object is.
fn structure() -> Vec<Vector> {
    vec![
        A.not_genuine("no-signers", "cms.signers.none")
            .case(6, Critical)
            .because(
                "The CMS holds the provider's certificates but no SignerInfo at \
                 all. No errors found is not a signature.",
            )
            .message(changed(|message| message.signed.signers.clear())),
        A.not_genuine("signature-part-empty", "cms.decode.empty")
            .case(6, High)
            .because("The signature part is there, with its name and type, and is empty.")
            .message(changed(|message| message.signature = Some(Vec::new()))),
        A.not_genuine("signature-part-cut-short", "cms.decode")
            .case(6, High)
            .because(
                "The signature part ends in the middle of the CMS object; the \
                 delimiter lines are all there.",
            )
            .message(changed(|message| {
                let mut octets = message.signed.encode(&message.entity);
                octets.truncate(octets.len() / 2);
                message.signature = Some(octets);
            })),
        A.not_genuine("content-inside-hides-another", "cms.detached")
            .case(7, Critical)
            .because(
                "The CMS carries a content of its own, a genuine receipt, and its \
                 signature is good over that one. The visible part says something \
                 else (compare CVE-2018-18509).",
            )
            .message(hidden_content()),
        A.not_genuine("content-inside-the-same", "cms.detached")
            .case(7, Medium)
            .because(
                "The CMS carries a copy of the very content that is visible. \
                 Providers sign detached; two copies are one too many, since two \
                 readers may look at different ones.",
            )
            .message(changed(|message| {
                message.signed.embedded = Some(message.entity.clone())
            })),
        A.cannot_tell("opaque-form", "structure.form.opaque")
            .case(8, High)
            .because(
                "The whole content inside application/pkcs7-mime, which no \
                 provider uses for its messages. The signature is good; the form \
                 is not that of certified mail.",
            )
            .message(opaque()),
        A.genuine("octets-after-the-cms")
            .case(17, Medium)
            .because(
                "Sixteen octets follow the CMS object. They are covered by \
                 nothing; the object itself is whole.",
            )
            .message(changed(|message| {
                message.signed.trailing = b"resto-di-qualcos".to_vec()
            }))
            .finding("cms.trailing doubt")
            .twin(DELIVERY),
        A.genuine("lengths-not-minimal")
            .case(17, Low)
            .because(
                "The outer layers write their lengths with one octet more than \
                 needed, which BER allows.",
            )
            .message(changed(|message| message.signed.form = Form::LongLengths)),
        A.genuine("indefinite-lengths")
            .case(17, High)
            .because(
                "The outer layers have indefinite length, as a large provider \
                 writes since 2026.",
            )
            .receipt("avvenuta-consegna-ber"),
    ]
}

/// Cases 9 and 10: who signed.
fn signers() -> Vec<Vector> {
    vec![
        A.not_genuine("second-signer-is-a-stranger", "cms.signers.many")
            .case(9, High)
            .because(
                "Besides the provider somebody unknown has signed the same \
                 content. Exactly one signer is expected, and a verifier that \
                 looks at one of them only may look at the wrong one.",
            )
            .message(changed(|message| {
                let second = stranger(message);
                message.signed.signers.push(second);
            })),
        A.not_genuine("two-signers-of-the-provider", "cms.signers.many")
            .case(9, Medium)
            .because(
                "The provider's signer signed twice. Providers sign once; all must \
                 be checked and one is expected.",
            )
            .message(changed(|message| {
                let signer = message.signed.signers[0].clone();
                message
                    .signed
                    .signers
                    .push(signer.scheme(Scheme::Pkcs1(Digest::Sha512), &message.entity));
            }))
            .fact("digest", "SHA-256"),
        A.genuine("certificate-of-another-comes-first")
            .case(10, High)
            .because(
                "Another provider's certificate stands first in the bag. The \
                 signer is the one that SignerInfo names, not the first in the bag.",
            )
            .message(changed(|message| {
                message
                    .signed
                    .certificates
                    .insert(0, world::OTHER.certificate().to_der())
            }))
            .fact(
                "signer.address",
                "posta-certificata@gestore-destinatario.example",
            ),
        A.not_genuine("signed-by-another-key", "signature.value")
            .case(10, Critical)
            .because(
                "SignerInfo names the provider's certificate, but a stranger's key \
                 made the signature.",
            )
            .message(changed(|message| {
                message.signed.signers[0].key = keys::STRANGER
            })),
        A.cannot_tell(
            "certificate-of-the-signer-missing",
            "signer.certificate.missing",
        )
        .case(0, Medium)
        .because(
            "The certificate that SignerInfo names is not in the bag. The \
                 rules ask for it inside (RFC 6109, 2.1); without it the signature \
                 cannot be checked.",
        )
        .message(changed(|message| {
            message.signed.certificates.remove(0);
        })),
        A.genuine("signer-named-by-key-identifier")
            .case(0, Low)
            .because(
                "SignerInfo names the certificate by its key identifier (version \
                 3) instead of issuer and number.",
            )
            .receipt("avvenuta-consegna-chiave-del-firmatario"),
    ]
}

/// Cases 11 to 13: the signed attributes.
fn attributes() -> Vec<Vector> {
    let wrong = |name, importance, text, change: fn(Signer, &[u8]) -> Signer| {
        A.not_genuine(name, "signature.attributes")
            .case(11, importance)
            .because(text)
            .message(delivery().message().signer(change).to_eml())
    };
    let two_values = |name, importance, text, change: fn(Signer, &[u8]) -> Signer| {
        wrong(name, importance, text, change).case(12, importance)
    };
    vec![
        wrong(
            "message-digest-twice",
            High,
            "Two message digest attributes, the first of other content. Both \
                 are signed; which counts depends on the reader.",
            |signer, content| {
                signer
                    .replaced(Attribute::message_digest(
                        Digest::Sha256,
                        b"altro contenuto",
                    ))
                    .and(Attribute::message_digest(Digest::Sha256, content))
            },
        ),
        wrong(
            "message-digest-with-two-values",
            High,
            "One message digest attribute with two values (RFC 5652, 11.2 \
                 allows one).",
            |signer, content| {
                let mut attribute = Attribute::message_digest(Digest::Sha256, content);
                attribute
                    .values
                    .push(der::octets(&Digest::Sha256.of(b"altro contenuto")));
                signer.replaced(attribute)
            },
        ),
        wrong(
            "signing-time-twice",
            Medium,
            "Two signing times a year apart.",
            |signer, _| signer.and(Attribute::signing_time("2025-05-04T08:15:07Z")),
        ),
        two_values(
            "message-digest-missing",
            Critical,
            "Signed attributes without a message digest: nothing ties the \
                 signature to the content.",
            |signer, _| signer.without(cms::MESSAGE_DIGEST),
        ),
        two_values(
            "content-type-attribute-missing",
            Medium,
            "Signed attributes without a content type (RFC 5652, 5.3 requires it).",
            |signer, _| signer.without(cms::CONTENT_TYPE),
        ),
        two_values(
            "content-type-attribute-of-another-type",
            Medium,
            "The content type attribute says signed data; the content is data.",
            |signer, _| {
                signer.replaced(Attribute::new(
                    cms::CONTENT_TYPE,
                    der::oid("1.2.840.113549.1.7.2"),
                ))
            },
        ),
        A.cannot_tell("no-signed-attributes", "signature.attributes.none")
            .case(13, Medium)
            .because(
                "The signature is good and directly over the content, without \
                 signed attributes. RFC 5652 allows it, no provider does it, and \
                 it is the form that the known swap of content and attributes \
                 takes.",
            )
            .message(
                delivery()
                    .message()
                    .signer(|mut signer, _| {
                        signer.attributes = None;
                        signer
                    })
                    .to_eml(),
            ),
        A.cannot_tell("attributes-as-content", "signature.attributes.none")
            .case(13, High)
            .because(
                "The octets of the signed attributes of a genuine receipt stand as \
                 content, under its genuine signature value and without signed \
                 attributes: the signature holds, over something the provider \
                 never sent.",
            )
            .message(attributes_as_content()),
        A.genuine("attributes-unsorted")
            .case(0, Medium)
            .because(
                "The signed attributes are not in the order of DER, and are signed \
                 as they are sent. What was signed is what is there; sorting \
                 before checking would break it.",
            )
            .message(
                delivery()
                    .message()
                    .signer(|mut signer, _| {
                        signer.order = Order::AsGiven;
                        signer.attributes.iter_mut().for_each(|list| list.reverse());
                        signer
                    })
                    .to_eml(),
            ),
        A.genuine("attributes-sent-unsorted-signed-sorted")
            .case(0, Low)
            .because(
                "The attributes are sent in another order than DER has, and the \
                 signature is over the sorted set: what RFC 5652, 5.4 asks to be \
                 checked. The same attributes are signed in any order.",
            )
            .message(
                delivery()
                    .message()
                    .signer(|mut signer, _| {
                        signer.order = Order::SignedSorted;
                        signer.attributes.iter_mut().for_each(|list| list.reverse());
                        signer
                    })
                    .to_eml(),
            ),
    ]
}

/// Cases 14 to 16 and 18: algorithms.
fn algorithms() -> Vec<Vector> {
    let scheme = |scheme| {
        delivery()
            .message()
            .signer(|signer, content| signer.scheme(scheme, content))
            .to_eml()
    };
    vec![
        A.not_genuine("digest-md5", "signature.algorithm.broken")
            .case(14, Critical)
            .because(
                "Everything holds, but the digest is MD5, for which a second \
                 content can be made.",
            )
            .message(scheme(Scheme::Pkcs1(Digest::Md5))),
        A.not_genuine("key-of-512-bits", "signer.key.short")
            .case(14, High)
            .because(
                "A signer's certificate with an RSA key of 512 bits, which anybody \
                 can factor.",
            )
            .message(by_key(keys::TINY))
            .any_headline(),
        A.genuine("digest-sha1")
            .case(15, High)
            .because(
                "The digest is SHA-1, as in most real receipts up to 2024; a note \
                 says so.",
            )
            .receipt("avvenuta-consegna-sha1")
            .finding("signature.algorithm.sha1 note"),
        A.genuine("digest-sha1-after-2024")
            .case(15, High)
            .because(
                "The digest is SHA-1 in a receipt of 2026, when no provider that is \
                 known used it any more: a doubt, and no more than that.",
            )
            .message(super::genuine::signed_with(Scheme::Pkcs1(Digest::Sha1)))
            .finding("signature.algorithm.sha1-late doubt")
            .absent("signature.algorithm.sha1 note")
            .twin("avvenuta-consegna-sha1"),
        A.genuine("micalg-of-another-digest")
            .case(16, Medium)
            .because(
                "The unsigned parameter micalg says sha1, the signature uses \
                 SHA-256. The signature decides.",
            )
            .message(changed(|message| message.micalg = Some("sha1".into())))
            .finding("signature.micalg note")
            .twin(DELIVERY),
        A.not_genuine("padding-not-whole", "signature.value")
            .case(18, Critical)
            .because(
                "The RSA block holds the right digest after eight octets of \
                 padding, and then other octets: what a forger can make for a key \
                 with a small exponent, and what a verifier that does not compare \
                 the whole block accepts.",
            )
            .message(scheme(Scheme::Pkcs1Loose(Digest::Sha256))),
        A.not_genuine("digest-of-another-algorithm", "signature.digest")
            .case(0, Medium)
            .because(
                "SignerInfo names SHA-256, the message digest attribute holds the \
                 SHA-1 value of the content.",
            )
            .message(
                delivery()
                    .message()
                    .signer(|signer, content| {
                        signer.replaced(Attribute::message_digest(Digest::Sha1, content))
                    })
                    .to_eml(),
            ),
        A.genuine("rsa-pss")
            .case(0, Medium)
            .because("The signature is RSASSA-PSS.")
            .receipt("avvenuta-consegna-pss"),
        A.genuine("rsa-4096")
            .case(0, Low)
            .because("The signer's key is RSA of 4096 bits.")
            .message(by_key(keys::STRONG)),
        A.genuine("ecdsa-p256")
            .case(0, Medium)
            .because("The signer's key is on the curve P-256.")
            .message(by_curve(keys::P256, Digest::Sha256)),
        A.genuine("ecdsa-p384")
            .case(0, Low)
            .because("The signer's key is on the curve P-384.")
            .message(by_curve(keys::P384, Digest::Sha384)),
    ]
}

/// The delivery receipt after one change to the message made of it.
fn changed(change: impl FnOnce(&mut Message)) -> Vec<u8> {
    let mut message = delivery().message();
    change(&mut message);
    message.to_eml()
}

/// The signed part alone under the receipt's header.
fn unsigned(receipt: &Receipt) -> Vec<u8> {
    let message = receipt.message();
    // The entity brings the MIME lines.
    [
        message.header.to_text().as_bytes(),
        message.entity.as_slice(),
    ]
    .concat()
}

fn with_signature_of(other: &Receipt) -> Vec<u8> {
    let other = other.message();
    changed(|message| message.signature = Some(other.signed.encode(&other.entity)))
}

/// The value is the last element of the object.
fn with_broken_value() -> Vec<u8> {
    changed(|message| {
        let mut octets = message.signed.encode(&message.entity);
        *octets.last_mut().expect("octets") ^= 1;
        message.signature = Some(octets);
    })
}

/// The visible part says that the mail was delivered; the hidden one is a genuine acceptance.
fn hidden_content() -> Vec<u8> {
    let genuine = Receipt::with(Kind::DeliveryConcise, |receipt| {
        receipt.set_time("2026-05-04T09:00:00Z")
    })
    .message();
    changed(|message| {
        let mut signed = genuine.signed.clone();
        signed.embedded = Some(genuine.entity.clone());
        message.signature = Some(signed.encode(&genuine.entity));
    })
}

fn opaque() -> Vec<u8> {
    let message = delivery().message();
    let mut signed = message.signed.clone();
    signed.embedded = Some(message.entity.clone());
    let mut header = message.header.clone();
    header.add("MIME-Version", "1.0");
    let part = Part::new(
        &[
            (
                "Content-Type",
                "application/pkcs7-mime; smime-type=signed-data; name=\"smime.p7m\"",
            ),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-Disposition", "attachment; filename=\"smime.p7m\""),
        ],
        base64_lines(&signed.encode(&message.entity), 64),
    );
    [header.to_text().as_bytes(), &part.encode()].concat()
}

/// Somebody's signature over the same content; the certificate goes into the bag.
fn stranger(message: &mut Message) -> Signer {
    let certificate =
        Certificate::signer("CN=Uno qualunque,C=IT", "uno@posta.example", keys::STRANGER)
            .issued_by("CN=Autorita qualunque,C=IT", keys::STRANGER);
    message.signed.certificates.push(certificate.to_der());
    Signer::new(
        &certificate,
        &message.entity,
        crate::support::receipt::DELIVERED,
    )
}

fn by_key(key: Key) -> Vec<u8> {
    let certificate =
        Certificate::signer(world::RECEIVING.subject, &world::RECEIVING.address(), key);
    super::tools::certified(certificate)
}

fn by_curve(key: Key, digest: Digest) -> Vec<u8> {
    let mut receipt = delivery();
    receipt.certificate =
        Certificate::signer(world::RECEIVING.subject, &world::RECEIVING.address(), key);
    // The signer that the message starts with is RSA; the scheme is put right at once.
    let mut message = receipt.message();
    message.digest = digest;
    let signer = message
        .signed
        .signers
        .remove(0)
        .scheme(Scheme::Ecdsa(digest), &message.entity);
    message.signed.signers.push(signer);
    message.to_eml()
}

/// Part 1 is the SET OF of a genuine receipt's signed attributes, octet for octet.
fn attributes_as_content() -> Vec<u8> {
    let genuine = delivery().message();
    let signer = &genuine.signed.signers[0];
    let covered = signer.covered(&genuine.entity);
    assert!(
        !covered.contains(&0) && !covered.contains(&b'\n'),
        "such octets would be another case"
    );
    let bare = Signer {
        attributes: None,
        ..signer.clone()
    };
    changed(|message| {
        message.entity = covered;
        message.signed = SignedData {
            signers: vec![bare],
            ..genuine.signed.clone()
        };
    })
}

#[test]
fn the_value_is_at_the_end_of_the_object() {
    let message = delivery().message();
    let octets = message.signed.encode(&message.entity);
    let value = keys::RECIPIENT.sign(
        Scheme::Pkcs1(Digest::Sha256),
        &message.signed.signers[0].covered(&message.entity),
    );
    assert_eq!(find(&octets, &value) + value.len(), octets.len());
}
