//! Group D of the list of tricks: the shape of the message (cases 62 to 75).

use super::c_message::wrapped;
use super::genuine::lf;
use super::tools::{
    altered, as_part, attached, delivery, file, headed, ordinary_header, plain_part, replaced,
};
use super::vector::{Critical, DELIVERY, Group, High, Low, Medium, Vector};
use crate::support::message::{Header, Message, Part, multipart};
use crate::support::receipt::{Kind, Receipt, original_part, text_part};
use crate::support::text::base64_lines;

const D: Group = Group("d-mime");

pub fn all() -> Vec<Vector> {
    [
        outer(),
        wrappings(),
        daticert(),
        duplicates(),
        boundaries(),
        transport(),
        encodings(),
        size(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Case 62, and what stands around the two parts.
fn outer() -> Vec<Vector> {
    vec![
        D.not_genuine("third-part-after-the-signature", "structure.parts")
            .case(62, Critical)
            .because(
                "A third part follows the signature. Nobody signed it, and some \
                 mail programs show it.",
            )
            .message(with_parts(|message| {
                vec![
                    message.entity.clone(),
                    message.signature_part(),
                    plain_part("Consegnato anche a protocollo@pec.comune.example.\r\n"),
                ]
            })),
        D.not_genuine("part-before-the-signed-one", "structure.parts")
            .case(62, Critical)
            .because("A part stands before the signed one, in the same multipart/signed.")
            .message(with_parts(|message| {
                vec![
                    plain_part("Consegnato anche a protocollo@pec.comune.example.\r\n"),
                    message.entity.clone(),
                    message.signature_part(),
                ]
            })),
        D.genuine("text-before-the-parts")
            .case(66, Medium)
            .because(
                "The preamble, which nobody signed, says something else than the \
                 usual phrase. Mail programs do not show it.",
            )
            .message(changed(|message| {
                message.preamble = "Il messaggio e' stato consegnato anche a \
                 protocollo@pec.comune.example\r\n\r\n"
                    .into()
            }))
            .finding("structure.unsigned-text doubt")
            .twin(DELIVERY),
        D.genuine("text-after-the-parts")
            .case(74, Medium)
            .because(
                "A gateway added a footer after the last delimiter line, where no \
                 mail program shows it and no signature covers it.",
            )
            .message(changed(|message| {
                message.epilogue = "\r\n-- \r\nQuesto messaggio e' stato controllato.\r\n".into()
            }))
            .finding("structure.unsigned-text doubt")
            .twin(DELIVERY),
        D.cannot_tell(
            "signature-part-of-another-type",
            "structure.form.signature-type",
        )
        .case(0, Medium)
        .because(
            "The signature part is typed application/octet-stream. The rules \
                 know two types for it.",
        )
        .message(replaced(
            &delivery().to_eml(),
            "Content-Type: application/x-pkcs7-signature",
            "Content-Type: application/octet-stream",
        )),
        D.genuine("signature-part-of-the-newer-type")
            .case(0, Medium)
            .because("application/pkcs7-signature without x-, as providers write since 2021.")
            .message(changed(|message| {
                message.signature_type = "application/pkcs7-signature".into()
            })),
        D.genuine("no-protocol-parameter")
            .case(0, Low)
            .because(
                "The outer content type lacks the parameters protocol and micalg; \
                 the parts say what they are.",
            )
            .message(changed(|message| {
                message.content_type = Some(format!(
                    "multipart/signed; boundary=\"{}\"",
                    message.boundary
                ))
            })),
        D.genuine("no-preamble")
            .case(0, Low)
            .because("No text stands before the first delimiter line.")
            .message(changed(|message| message.preamble = String::new())),
    ]
}

/// Cases 63, 64 and 74: the genuine thing is not at the top.
fn wrappings() -> Vec<Vector> {
    let nested = |name, number, text, octets| {
        D.not_certified(name)
            .case(number, High)
            .because(text)
            .message(octets)
            .finding("structure.nested note")
            .result("nested = [{ verdict = \"genuine\" }]")
    };
    let pec_header = || {
        let mut header = delivery().header;
        header.add("MIME-Version", "1.0");
        header
    };
    vec![
        nested(
            "signed-part-after-an-unsigned-text",
            63,
            "multipart/mixed of an unsigned text and the genuine \
                 multipart/signed. Only the inner one is anybody's statement.",
            wrapped("multipart/mixed", "=_involucro", ordinary_header()),
        ),
        D.cannot_tell(
            "signed-part-after-an-unsigned-text-under-its-header",
            "structure.signed",
        )
        .case(63, Critical)
        .because(
            "The same under the receipt's own header: it presents itself as \
                 the receipt, and what a reader sees first is not signed.",
        )
        .message(wrapped("multipart/mixed", "=_involucro", pec_header())),
        nested(
            "signed-part-in-related",
            64,
            "The genuine multipart/signed inside multipart/related.",
            wrapped("multipart/related", "=_involucro", ordinary_header()),
        ),
        nested(
            "signed-part-in-alternative",
            64,
            "The genuine multipart/signed as an alternative of an unsigned \
                 text; a reader sees the one or the other.",
            wrapped("multipart/alternative", "=_involucro", ordinary_header()),
        ),
        D.not_certified("partial-message")
            .case(64, Medium)
            .because(
                "A fragment of a message (message/partial, RFC 2046, 5.2.2): \
                 whatever it is part of is not here.",
            )
            .message(file(
                ordinary_header(),
                "message/partial; id=\"pezzo@posta.example\"; number=1; total=2",
                &delivery().to_eml(),
            )),
        nested(
            "wrapped-by-a-mailing-list",
            74,
            "A mailing list put the envelope into a multipart with its footer \
                 and replaced the header.",
            file(
                ordinary_header(),
                "multipart/mixed; boundary=\"===============lista==\"",
                &multipart(
                    "===============lista==",
                    &[
                        as_part(&Receipt::new(Kind::Envelope).message()),
                        plain_part("_______________\r\nLista di prova\r\n"),
                    ],
                ),
            ),
        ),
        D.cannot_tell(
            "wrapped-by-a-mailing-list-that-keeps-the-header",
            "structure.signed",
        )
        .case(74, High)
        .because(
            "The list kept the header lines of certified mail on what it made \
                 itself.",
        )
        .message(listed())
        .twin("posta-certificata")
        .result("nested = [{ verdict = \"genuine\" }]"),
        nested(
            "forwarded-twice",
            58,
            "A receipt attached to a mail that is attached to a mail.",
            file(
                ordinary_header(),
                "multipart/mixed; boundary=\"=_fuori\"",
                &multipart(
                    "=_fuori",
                    &[
                        plain_part("Inoltro dell'inoltro.\r\n"),
                        attached(&file(
                            ordinary_header(),
                            "multipart/mixed; boundary=\"=_dentro\"",
                            &multipart(
                                "=_dentro",
                                &[plain_part("Inoltro.\r\n"), attached(&delivery().to_eml())],
                            ),
                        )),
                    ],
                ),
            ),
        ),
    ]
}

fn listed() -> Vec<u8> {
    let message = Receipt::new(Kind::Envelope).message();
    let mut header = message.header.clone();
    header
        .set(
            "Subject",
            "[lista] POSTA CERTIFICATA: Pratica n. 42: richiesta di copia",
        )
        .add("List-Id", "Lista di prova <lista.posta.example>")
        .add("MIME-Version", "1.0");
    let parts = [
        as_part(&message),
        plain_part("_______________\r\nLista di prova\r\n"),
    ];
    file(
        header,
        "multipart/mixed; boundary=\"===============lista==\"",
        &multipart("===============lista==", &parts),
    )
}

/// Cases 65 to 67: where daticert.xml is, and what it is called.
fn daticert() -> Vec<Vector> {
    let receipt = delivery();
    let other = {
        let mut other = Receipt::new(Kind::Delivery);
        other.daticert.delivered_to = Some("protocollo@pec.comune.example".into());
        other.daticert_part()
    };
    let parts = receipt.parts();
    let [text, data, original] = [&parts[0], &parts[1], &parts[2]].map(Clone::clone);
    let renamed = |kind: &str, disposition: &str| {
        let mut part = receipt.daticert_part();
        part.header
            .set("Content-Type", kind)
            .set("Content-Disposition", disposition);
        receipt
            .message_of(&[text.clone(), part, original.clone()])
            .to_eml()
    };
    let data_in_original = {
        let inner = multipart(
            "=_allegati",
            &[plain_part("Vedi allegato.\r\n"), other.encode()],
        );
        let header = "From: studio@pec.mittente.example\r\nTo: \
                 ufficio@pec.destinatario.example\r\nCc: \
                 protocollo@pec.comune.example\r\nMessage-ID: \
                 <opec1042.20260504101502.01838.310.1.63@gestore-mittente.example>\r\n\
                 X-Riferimento-Message-ID: \
                 <0b1f6c2e-77aa-42@client.mittente.example>\r\nSubject: Pratica n. \
                 42: richiesta di copia\r\nMIME-Version: 1.0\r\nContent-Type: \
                 multipart/mixed; boundary=\"=_allegati\"\r\n\r\n";
        original_part(&[header.as_bytes(), &inner].concat())
    };
    let epilogue = String::from_utf8(multipart("=_coda", &[other.encode()])).expect("text");
    vec![
        D.cannot_tell("two-data-parts", "daticert.present.many")
            .case(65, Critical)
            .because(
                "The provider signed two parts named daticert.xml, for two \
                 recipients. Which one a reader takes is chance.",
            )
            .message(
                receipt
                    .message_of(&[text.clone(), data.clone(), other.clone(), original.clone()])
                    .to_eml(),
            ),
        D.cannot_tell("data-only-in-the-original", "daticert.present")
            .case(65, Critical)
            .because(
                "The signed part has no daticert.xml of its own; the message \
                 inside has one attached, which its sender wrote. A walk over all \
                 parts takes it for the provider's.",
            )
            .message(
                receipt
                    .message_of(&[text.clone(), data_in_original.clone()])
                    .to_eml(),
            ),
        D.genuine("data-also-in-the-original")
            .case(65, High)
            .because(
                "The message inside has a daticert.xml attached, which its sender \
                 wrote; the provider's own is where it belongs, and says another \
                 recipient.",
            )
            .message(
                receipt
                    .message_of(&[text.clone(), data.clone(), data_in_original])
                    .to_eml(),
            )
            .fact("delivered_to", crate::support::receipt::RECIPIENT),
        D.cannot_tell("data-one-level-deeper", "daticert.present")
            .case(65, Medium)
            .because(
                "daticert.xml is signed, but inside a multipart of the signed \
                 multipart instead of on its first level.",
            )
            .message(
                receipt
                    .message_of(&[
                        text.clone(),
                        inner_multipart(&[data.encode()]),
                        original.clone(),
                    ])
                    .to_eml(),
            ),
        D.cannot_tell("data-only-after-the-parts", "daticert.present")
            .case(66, Critical)
            .because(
                "The signed part has no daticert.xml; one stands in the epilogue \
                 of the message, where nobody signed it.",
            )
            .message(with_epilogue(
                receipt.message_of(&[text.clone(), original.clone()]),
                epilogue.clone(),
            )),
        D.genuine("data-also-after-the-parts")
            .case(66, High)
            .because(
                "Another daticert.xml stands in the epilogue, where nobody signed \
                 it. The signed one counts.",
            )
            .message(with_epilogue(receipt.message(), epilogue))
            .finding("structure.unsigned-text doubt")
            .fact("delivered_to", crate::support::receipt::RECIPIENT)
            .twin(DELIVERY),
        D.cannot_tell("data-missing", "daticert.present")
            .case(0, High)
            .because("A provider signed the text and the message, without daticert.xml.")
            .message(
                receipt
                    .message_of(&[text.clone(), original.clone()])
                    .to_eml(),
            ),
        D.genuine("data-name-in-pieces")
            .case(67, Medium)
            .because(
                "The names of daticert.xml are written as RFC 2231 allows: with a \
                 character set, and in pieces.",
            )
            .message(renamed(
                "application/xml; name*=utf-8''daticert%2Exml",
                "inline; filename*0=\"dati\"; filename*1=\"cert.xml\"",
            )),
        D.genuine("data-name-in-capitals")
            .case(67, Low)
            .because("The name of daticert.xml is in capitals.")
            .message(renamed(
                "application/xml; name=\"DATICERT.XML\"",
                "inline; filename=\"Daticert.xml\"",
            )),
        D.genuine("data-with-two-names")
            .case(67, Medium)
            .because(
                "name says daticert.xml, filename says something else: one reader \
                 finds it and another does not.",
            )
            .message(renamed(
                "application/xml; name=\"daticert.xml\"",
                "inline; filename=\"allegato.xml\"",
            ))
            .finding("daticert.name doubt")
            .twin(DELIVERY),
        D.genuine("original-before-the-data")
            .case(0, Medium)
            .because(
                "The message stands before daticert.xml; either order is allowed \
                 (RFC 6109, 4.3).",
            )
            .message(receipt.message_of(&[text, original, data]).to_eml()),
    ]
}

fn inner_multipart(parts: &[Vec<u8>]) -> Part {
    Part::new(
        &[("Content-Type", "multipart/mixed; boundary=\"=_piu-dentro\"")],
        multipart("=_piu-dentro", parts),
    )
}

fn with_epilogue(mut message: Message, epilogue: String) -> Vec<u8> {
    message.epilogue = epilogue;
    message.to_eml()
}

/// Case 68: lines that may occur once.
fn duplicates() -> Vec<Vector> {
    let refused = |name, headline, importance, text, octets| {
        D.not_genuine(name, headline)
            .case(68, importance)
            .because(text)
            .message(octets)
    };
    let signed = delivery().to_eml();
    let boundary = delivery().message().boundary;
    vec![
        refused(
            "content-type-twice",
            "header.ambiguous.content-type",
            Critical,
            "A second Content-Type, multipart/mixed with another boundary, \
                 stands before the true one: which octets are the signed ones \
                 depends on the reader.",
            replaced(
                &signed,
                "MIME-Version: 1.0\r\nContent-Type",
                "Content-Type: multipart/mixed; boundary=\"=_altro\"\r\n\
                 MIME-Version: 1.0\r\nContent-Type",
            ),
        ),
        D.cannot_tell(
            "content-type-twice-and-no-mark",
            "header.ambiguous.content-type",
        )
        .case(68, High)
        .because(
            "The same on a message that is from somebody else and has no X-Ricevuta: \
                 nothing outside says that it is certified mail, and daticert.xml is inside.",
        )
        .message(replaced(
            &headed(Kind::Delivery, |header| {
                header.remove("X-Ricevuta");
                header.set("From", "altri@altrove.example");
            }),
            "MIME-Version: 1.0\r\nContent-Type",
            "Content-Type: multipart/mixed; boundary=\"=_altro\"\r\n\
                 MIME-Version: 1.0\r\nContent-Type",
        )),
        refused(
            "from-twice",
            "header.from.doubled",
            High,
            "A second From line.",
            headed(Kind::Delivery, |header| {
                header.add("From", "posta-certificata@gestore-terzo.example");
            }),
        ),
        refused(
            "from-with-two-addresses",
            "header.from.many",
            High,
            "From names the signer and another provider's address beside it.",
            headed(Kind::Delivery, |header| {
                header.set(
                    "From",
                    "posta-certificata@gestore-destinatario.example, \
                     posta-certificata@gestore-terzo.example",
                );
            }),
        ),
        refused(
            "kind-header-twice",
            "header.ambiguous.mark",
            High,
            "X-Ricevuta twice, with two kinds.",
            headed(Kind::Delivery, |header| {
                header.add("X-Ricevuta", "accettazione");
            }),
        ),
        refused(
            "transport-header-twice",
            "header.ambiguous.mark",
            High,
            "X-Trasporto twice on an envelope.",
            headed(Kind::Envelope, |header| {
                header.add("X-Trasporto", "errore");
            }),
        )
        .twin("posta-certificata"),
        refused(
            "receipt-header-on-an-envelope",
            "header.kind",
            High,
            "X-Ricevuta was added to the header of an envelope: it says delivered.",
            headed(Kind::Envelope, |header| {
                header.add("X-Ricevuta", "avvenuta-consegna");
            }),
        )
        .twin("posta-certificata")
        .fact("kind", "posta-certificata"),
        D.cannot_tell("boundary-parameter-twice", "structure.boundary.parameter")
            .case(68, High)
            .because("The boundary parameter occurs twice with two values.")
            .message(replaced(
                &signed,
                format!(" boundary=\"{boundary}\""),
                format!(" boundary=\"{boundary}\"; boundary=\"=_altro\""),
            )),
        D.genuine("subject-twice")
            .case(68, Medium)
            .because(
                "A second Subject line. Which one is shown depends on the program; \
                 the signed data say the subject.",
            )
            .message(headed(Kind::Delivery, |header| {
                header.add("Subject", "CONSEGNA: Disdetta del contratto");
            }))
            .finding("header.ambiguous.doubled doubt")
            .twin(DELIVERY),
    ]
}

/// Cases 69 and 98: delimiter lines.
fn boundaries() -> Vec<Vector> {
    let signed = delivery().to_eml();
    let boundary = delivery().message().boundary;
    vec![
        D.cannot_tell("signed-part-without-a-boundary", "structure.boundary.inner")
            .case(69, High)
            .because(
                "The signed part says that it is a multipart and not where it is to be \
                 cut. The signature holds; what daticert.xml says cannot be read.",
            )
            .message(signed_over(|entity, boundary| {
                replaced(entity, format!("; boundary=\"{boundary}\""), "")
            })),
        D.cannot_tell("signed-part-that-is-not-closed", "structure.boundary.inner")
            .case(98, High)
            .because("The closing line of the signed part has lost its dashes, and was signed so.")
            .message(signed_over(|entity, boundary| {
                replaced(entity, format!("--{boundary}--"), format!("--{boundary}"))
            })),
        D.cannot_tell("inner-boundary-begins-like-the-outer", "structure.boundary")
            .case(69, High)
            .because(
                "The boundary of the signed multipart begins with the whole outer \
                 boundary, so that its delimiter lines are delimiter lines of the \
                 outer one for a reader that compares beginnings.",
            )
            .message(nested_boundaries("=_ab", "=_abc")),
        D.cannot_tell("inner-boundary-is-the-outer", "structure.boundary")
            .case(69, High)
            .because(
                "Both multiparts have the same boundary: which delimiter line belongs to \
                 which cannot be said.",
            )
            .message(nested_boundaries("=_ab", "=_ab"))
            .any_headline(),
        D.not_genuine(
            "inner-boundary-is-the-outer-and-ends-once",
            "signature.digest",
        )
        .case(69, High)
        .because(
            "Both multiparts have the same boundary, and the closing line of the inner one was \
                 taken away: four parts of the outer one, or two of which the first has parts of \
                 its own. Neither is what was signed.",
        )
        .message(replaced(
            &nested_boundaries("=_ab", "=_ab"),
            "--=_ab--\r\n",
            "",
        ))
        .finding("structure.boundary")
        .absent("structure.parts"),
        D.cannot_tell(
            "boundary-with-a-space-at-its-end",
            "structure.boundary.parameter",
        )
        .case(69, Medium)
        .because(
            "The boundary ends in a space inside its quotation marks, and so \
                 do the delimiter lines (RFC 2046, 5.1.1 forbids it): readers \
                 strip it or do not.",
        )
        .message(changed(|message| message.boundary += " ")),
        D.genuine("blanks-after-a-delimiter")
            .case(69, Medium)
            .because(
                "The outer delimiter lines end in blanks, which RFC 2046 says a \
                 gateway may have added.",
            )
            .message(replaced(
                &replaced(
                    &signed,
                    format!("--{boundary}\r\nContent-Type: multipart"),
                    format!("--{boundary}  \r\nContent-Type: multipart"),
                ),
                format!("--{boundary}--\r\n"),
                format!("--{boundary}--\t\r\n"),
            )),
    ]
}

/// The signed multipart with a boundary of its own under an outer boundary.
/// The delivery receipt, signed over other octets than its own, which have this boundary.
fn signed_over(change: impl FnOnce(&[u8], &str) -> Vec<u8>) -> Vec<u8> {
    let receipt = delivery();
    let entity = change(&receipt.message().entity, &receipt.boundary("mixed"));
    receipt.message_over(entity).to_eml()
}

fn nested_boundaries(outer: &str, inner: &str) -> Vec<u8> {
    let receipt = delivery();
    let parts: Vec<_> = receipt.parts().iter().map(Part::encode).collect();
    let entity = format!("Content-Type: multipart/mixed; boundary=\"{inner}\"\r\n\r\n");
    let mut message = receipt.message_over([entity.as_bytes(), &multipart(inner, &parts)].concat());
    message.boundary = outer.to_owned();
    message.to_eml()
}

/// Cases 70 and 71: what transport and programs do to octets.
fn transport() -> Vec<Vector> {
    let broken = |name, text, old: &'static str, new: &'static str| {
        D.not_genuine(name, "signature.digest")
            .case(70, High)
            .because(text)
            .message(altered(delivery().message(), |entity| {
                replaced(entity, old, new)
            }))
    };
    vec![
        D.genuine("space-added-at-a-line-end")
            .case(70, High)
            .because(
                "A space was added at the end of a signed line. No signed line ends in \
                 a blank, so taking it away gives the signed octets again.",
            )
            .finding("signature.digest.blanks-added doubt")
            .message(altered(delivery().message(), |entity| {
                replaced(
                    entity,
                    "Studio Mittente\r\n\r\n--",
                    "Studio Mittente \r\n\r\n--",
                )
            }))
            .twin(super::vector::DELIVERY),
        broken(
            "empty-line-added",
            "An empty line was added inside the signed part.",
            "Studio Mittente\r\n",
            "Studio Mittente\r\n\r\n",
        ),
        broken(
            "signed-header-in-other-case",
            "A signed MIME header line was written in another case.",
            "Content-Transfer-Encoding: binary\r\nMIME",
            "Content-transfer-encoding: binary\r\nMIME",
        ),
        D.not_genuine("base64-wrapped-anew", "signature.digest")
            .case(70, High)
            .because(
                "The lines of the encoded daticert.xml were wrapped at another \
                 width: the same document, other octets. Nothing is repaired in \
                 silence.",
            )
            .message(rewrapped()),
        D.genuine("line-ends-lf")
            .case(71, High)
            .because("All line ends are LF, as Unix programs store mail.")
            .receipt("avvenuta-consegna-lf"),
        D.genuine("line-ends-mixed")
            .case(71, Medium)
            .because(
                "The header has LF, the body CRLF: the octets of the signed part \
                 are as they were sent.",
            )
            .receipt("avvenuta-consegna-a-capo-misti"),
        D.genuine("line-ends-mixed-in-the-signed-part")
            .case(71, Medium)
            .because(
                "One line in the signed part ends in LF alone, all others in CRLF. \
                 As is the digest does not fit; with the lone LF made CRLF it does.",
            )
            .message(altered(delivery().message(), |entity| {
                replaced(
                    entity,
                    "Studio Mittente\r\n\r\n--",
                    "Studio Mittente\n\r\n--",
                )
            })),
        D.not_genuine("lone-cr-in-the-signed-part", "signature.digest")
            .case(71, Medium)
            .because(
                "One line end in the signed part became CR alone. Only lone LF may \
                 be converted.",
            )
            .message(altered(delivery().message(), |entity| {
                replaced(entity, "in oggetto.\r\n", "in oggetto.\r")
            })),
        D.cannot_tell("nul-octet", "message.octets")
            .case(71, High)
            .because(
                "The file has a NUL octet, in the header. Programs written in C \
                 stop reading a line there.",
            )
            .message(headed(Kind::Delivery, |header| {
                header.add("X-Nota", "prima\u{0}dopo");
            })),
    ]
}

fn rewrapped() -> Vec<u8> {
    let receipt = delivery();
    let xml = receipt.daticert.to_xml();
    altered(receipt.message(), |entity| {
        replaced(
            entity,
            base64_lines(xml.as_bytes(), 60),
            base64_lines(xml.as_bytes(), 76),
        )
    })
}

/// Cases 72 and 73: transfer encodings.
fn encodings() -> Vec<Vector> {
    let receipt = delivery();
    let parts = receipt.parts();
    let encoded_whole = |encoding: &str, encode: fn(&[u8]) -> Vec<u8>| {
        let boundary = receipt.boundary("mixed");
        let parts: Vec<_> = parts.iter().map(Part::encode).collect();
        let header = format!(
            "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\
                 Content-Transfer-Encoding: {encoding}\r\n\r\n"
        );
        receipt
            .message_over([header.into_bytes(), encode(&multipart(&boundary, &parts))].concat())
            .to_eml()
    };
    let mut original = original_part(receipt.original.as_deref().expect("an original"));
    original.header.set("Content-Transfer-Encoding", "base64");
    original.body = base64_lines(&original.body, 76).into_bytes();
    let mut plain = parts[1].clone();
    plain.header.set("Content-Transfer-Encoding", "8bit");
    plain.body = receipt.daticert.to_xml().replace('\n', "\r\n").into_bytes();
    let mut one_line = parts[1].clone();
    one_line.body = base64_lines(receipt.daticert.to_xml().as_bytes(), 4000).into_bytes();
    vec![
        D.cannot_tell("signed-multipart-in-base64", "structure.encoding")
            .case(72, High)
            .because(
                "The signed multipart says that it is base64 as a whole, and is. \
                 No multipart may be (RFC 2045, 6.4): a reader that decodes it \
                 sees another tree than one that does not.",
            )
            .message(encoded_whole("base64", |octets| {
                base64_lines(octets, 76).into_bytes()
            })),
        D.cannot_tell("signed-multipart-in-quoted-printable", "structure.encoding")
            .case(72, High)
            .because(
                "The signed multipart says that it is quoted-printable as a whole; \
                 read as it stands it is a good receipt.",
            )
            .message(encoded_whole("quoted-printable", <[u8]>::to_vec)),
        D.genuine("original-in-base64")
            .case(73, High)
            .because(
                "The message inside is encoded in base64, as some providers do \
                 although RFC 2046 forbids it.",
            )
            .message(
                receipt
                    .message_of(&[parts[0].clone(), parts[1].clone(), original])
                    .to_eml(),
            ),
        D.genuine("data-not-encoded")
            .case(0, Medium)
            .because("daticert.xml is sent as it is, 8bit.")
            .message(
                receipt
                    .message_of(&[parts[0].clone(), plain, parts[2].clone()])
                    .to_eml(),
            ),
        D.genuine("data-in-one-line")
            .case(0, Medium)
            .because("daticert.xml is base64 in one long line, as seen.")
            .message(
                receipt
                    .message_of(&[parts[0].clone(), one_line, parts[2].clone()])
                    .to_eml(),
            ),
        D.genuine("text-without-html")
            .case(0, Low)
            .because("The readable text has no HTML twin.")
            .message(
                receipt
                    .message_of(&[
                        text_part("plain", &receipt.text),
                        parts[1].clone(),
                        parts[2].clone(),
                    ])
                    .to_eml(),
            ),
    ]
}

/// Case 75: limits.
fn size() -> Vec<Vector> {
    let receipt = delivery();
    let mut many = receipt.parts();
    many.extend((0..2000).map(|number| Part::new(&[("X-Numero", &format!("{number}"))], "")));
    let mut deep = plain_part("Fondo.\r\n");
    for level in 0..60 {
        let boundary = format!("=_livello-{level:02}");
        let header = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n");
        deep = [header.as_bytes(), &multipart(&boundary, &[deep])].concat();
    }
    let deep = Part {
        header: Header::default(),
        body: deep,
    };
    let mut deep_parts: Vec<_> = receipt.parts().iter().map(Part::encode).collect();
    deep_parts.push(deep.body.clone());
    let boundary = receipt.boundary("mixed");
    let entity = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n");
    vec![
        D.cannot_tell("two-thousand-parts", "message.complexity.parts")
            .case(75, Medium)
            .because(
                "The signed part has two thousand parts. Beyond a limit nothing is \
                 looked at, and that is said.",
            )
            .message(receipt.message_of(&many).to_eml()),
        D.cannot_tell("header-of-a-thousand-fields", "message.complexity.header")
            .case(75, Medium)
            .because("The outer header has a thousand fields more than others.")
            .message(with_fields(1000))
            .twin_vector("header-of-nine-hundred-fields"),
        D.genuine("header-of-nine-hundred-fields")
            .case(75, Low)
            .because("Nine hundred more: that is much, and can be looked at.")
            .message(with_fields(900)),
        D.not_certified("ordinary-mail-of-sixty-levels")
            .case(75, Medium)
            .because(
                "An ordinary mail of sixty multiparts, one in the other. What is in the \
                 innermost was not looked at, and that is said: it is no answer that no \
                 receipt is there.",
            )
            .message([ordinary_header().to_text().as_bytes(), &deep.body].concat())
            .finding("message.complexity.depth note"),
        D.cannot_tell("sixty-levels", "message.complexity.signed")
            .case(75, Medium)
            .because("A part inside sixty multiparts, one in the other.")
            .message(
                receipt
                    .message_over([entity.as_bytes(), &multipart(&boundary, &deep_parts)].concat())
                    .to_eml(),
            ),
    ]
}

fn with_fields(count: usize) -> Vec<u8> {
    changed(|message| {
        for number in 0..count {
            message.header.add("X-A", format!("{number}"));
        }
    })
}

fn changed(change: impl FnOnce(&mut Message)) -> Vec<u8> {
    let mut message = delivery().message();
    change(&mut message);
    message.to_eml()
}

/// Other parts in the outer multipart.
fn with_parts(parts: impl FnOnce(&Message) -> Vec<Vec<u8>>) -> Vec<u8> {
    let message = delivery().message();
    let body = multipart(&message.boundary, &parts(&message));
    [
        message.full_header().to_text().as_bytes(),
        b"\r\n",
        message.preamble.as_bytes(),
        &body,
    ]
    .concat()
}

#[test]
fn lf_files_have_no_cr() {
    assert!(!lf(&delivery().to_eml()).contains(&b'\r'));
}
