//! Group G: signatures that are no provider's, pieces of certified mail, and receipts in forms in
//! which people keep and forward them (cases 96 and 97).

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::sent;
use super::tools::{delivery, file, ordinary_header, plain_part, replaced};
use super::vector::{Group, Low, Medium, Vector};
use crate::support::cms::{SignedData, Signer};
use crate::support::keys;
use crate::support::message::{Part, multipart};
use crate::support::pki::{Certificate, pem};
use crate::support::receipt::{IDENTIFIER, Kind, Receipt};
use crate::support::text::base64_lines;

const G: Group = Group("g-handling");

/// A nested genuine receipt at this place.
fn genuine_at(place: &str) -> String {
    format!("nested = [{{ place = \"{place}\", verdict = \"genuine\" }}]")
}

pub fn all() -> Vec<Vector> {
    [files(), pieces(), mail(), attachments()]
        .into_iter()
        .flatten()
        .collect()
}

/// Somebody's signature around a content.
fn around(content: &[u8]) -> SignedData {
    let certificate = Certificate::signer(
        "CN=Lucia Bianchi,C=IT",
        "lucia.bianchi@posta.example",
        keys::STRANGER,
    )
    .issued_by("CN=Autorita qualunque,C=IT", keys::STRANGER);
    let signer = Signer::new(&certificate, content, "2026-05-05T07:30:00Z");
    let mut signed = SignedData::new(signer, None);
    signed.embedded = Some(content.to_vec());
    signed
}

fn signed_file(content: &[u8]) -> Vec<u8> {
    around(content).encode(content)
}

/// `.p7m` around a receipt, as lawyers keep them.
fn files() -> Vec<Vector> {
    let eml = delivery().to_eml();
    let der = signed_file(&eml);
    let signed = |name, text, octets: Vec<u8>| {
        G.not_certified(name)
            .case(97, Medium)
            .because(text)
            .named("eml.p7m")
            .message(octets)
            .result("instead = \"signed-file\"")
    };
    let holds = "signature = { holds = true }";
    vec![
        signed(
            "receipt-signed-by-a-person",
            "Somebody signed the file of a receipt (.p7m): a signed file, with a \
             genuine receipt in it.",
            der.clone(),
        )
        .result(holds)
        .result(genuine_at("1")),
        signed(
            "receipt-signed-by-a-person-in-text",
            "The same as PEM.",
            pem("PKCS7", &der).into_bytes(),
        )
        .result(holds)
        .result(genuine_at("1")),
        signed(
            "receipt-signed-by-a-person-in-base64",
            "The same in base64 alone.",
            base64_lines(&der, 64).into_bytes(),
        )
        .result(holds)
        .result(genuine_at("1")),
        signed(
            "receipt-signed-by-two-in-turn",
            "Somebody signed the signed file.",
            signed_file(&der),
        )
        .result(holds)
        .result(genuine_at("1.1")),
        signed(
            "receipt-changed-inside-a-signed-file",
            "The receipt inside the signed file was changed after it was signed: \
             neither signature holds.",
            replaced(&der, "correttamente consegnato", "regolarmente consegnatox"),
        )
        .result("signature = { holds = false }")
        .result("nested = [{ place = \"1\", verdict = \"not-genuine\" }]"),
        signed(
            "document-signed-by-a-person",
            "A signed file with a document in it.",
            signed_file(b"%PDF-1.4\n%%EOF\n"),
        )
        .result(holds)
        .result("nested = []"),
        signed(
            "signed-file-cut-short",
            "A signed file whose second half is lost.",
            der[..der.len() / 2].to_vec(),
        )
        .result("nested = []"),
    ]
}

/// Parts of a message on their own.
fn pieces() -> Vec<Vector> {
    let message = delivery().message();
    let signature = message.signed.encode(&message.entity);
    vec![
        G.not_certified("signature-of-a-receipt-alone")
            .case(96, Medium)
            .because("smime.p7s of a receipt, without the receipt.")
            .named("p7s")
            .message(signature)
            .result("instead = \"signature\"")
            .result("signature = { signers = [{ address = \"posta-certificata@gestore-destinatario.example\" }] }"),
        G.not_certified("original-alone")
            .case(96, Medium)
            .because(
                "postacert.eml of an envelope, without the envelope: the message with \
                 the lines that the provider added to it.",
            )
            .message(sent::base().delivered(IDENTIFIER))
            .result("instead = \"original\""),
        G.not_certified("message-as-it-was-sent")
            .case(96, Low)
            .because("The same message as its sender kept it, without those lines.")
            .message(sent::base().to_eml())
            .result("instead = \"mail\""),
    ]
}

fn whole(header_type: &str, body: &[u8]) -> Vec<u8> {
    file(
        ordinary_header(),
        &format!("{header_type}\r\nContent-Transfer-Encoding: base64"),
        base64_lines(body, 64).as_bytes(),
    )
}

/// Mail that is the object as a whole.
fn mail() -> Vec<Vector> {
    let text = plain_part("In allegato il documento firmato.\r\n");
    let kind = |kind: &str| format!("application/pkcs7-mime; smime-type={kind}; name=smime.p7m");
    vec![
        G.not_certified("mail-inside-the-signature-of-a-person")
            .case(0, Medium)
            .because("An ordinary mail inside somebody's signature.")
            .message(whole(&kind("signed-data"), &signed_file(&text)))
            .result("instead = \"signed-mail\"")
            .result("signature = { holds = true, signers = [{ address = \"lucia.bianchi@posta.example\" }] }"),
        G.not_certified("mail-signed-with-openpgp")
            .case(0, Low)
            .because(
                "A mail signed with OpenPGP (RFC 3156), which cannot be checked here: it is told \
                 that it is signed.",
            )
            .message({
                let signature = Part::new(
                    &[("Content-Type", "application/pgp-signature; name=\"signature.asc\"")],
                    "-----BEGIN PGP SIGNATURE-----\r\n\r\niHUEABYKAB0WIQ==\r\n\
                     -----END PGP SIGNATURE-----\r\n",
                );
                file(
                    ordinary_header(),
                    "multipart/signed; micalg=pgp-sha512; \
                     protocol=\"application/pgp-signature\"; boundary=\"=_pgp\"",
                    &multipart("=_pgp", &[text.clone(), signature.encode()]),
                )
            })
            .result("instead = \"signed-mail\"")
            .result("signature = { signers = [] }"),
        G.not_certified("mail-encrypted")
            .case(0, Low)
            .because("An encrypted mail.")
            .message(whole(&kind("enveloped-data"), b"0\x80\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x03"))
            .result("instead = \"encrypted-mail\""),
    ]
}

/// A zip archive, whose entries are stored as they are.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    for (name, octets) in entries {
        writer.start_file(*name, options).expect("an entry");
        writer.write_all(octets).expect("an entry");
    }
    writer.finish().expect("an archive").into_inner()
}

const MBOX_LINE: &str = "From collega@posta.example Tue May  5 09:00:00 2026\r\n";

/// An ordinary mail with a receipt attached.
fn holding(receipt: &[u8]) -> Vec<u8> {
    let part = Part::new(&[("Content-Type", "message/rfc822")], receipt);
    let body = multipart("=_dentro", &[part.encode()]);
    let header_type = "multipart/mixed; boundary=\"=_dentro\"";
    file(ordinary_header(), header_type, &body)
}

/// Genuine receipts attached in unusual ways.
fn attachments() -> Vec<Vector> {
    let receipt = Receipt::new(Kind::Acceptance).to_eml();
    let altered = replaced(&receipt, "stato accettato", "stato acclarato");
    let forwarded = |name, text, part: Part| {
        let parts = [plain_part("V. allegato.\r\n"), part.encode()];
        G.not_certified(name)
            .case(97, Medium)
            .because(text)
            .message(file(
                ordinary_header(),
                "multipart/mixed; boundary=\"=_inoltro\"",
                &multipart("=_inoltro", &parts),
            ))
            .result("instead = \"mail\"")
    };
    let attached = |media: &str, octets: &[u8]| {
        Part::new(
            &[
                ("Content-Type", media),
                ("Content-Transfer-Encoding", "base64"),
            ],
            base64_lines(octets, 76),
        )
    };
    let emlx = {
        let list = "<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><dict/></plist>\n";
        [
            format!("{}\n", receipt.len()).as_bytes(),
            &receipt,
            list.as_bytes(),
        ]
        .concat()
    };
    vec![
        forwarded(
            "receipt-attached-without-an-ending",
            "A receipt attached as octets, under a name without .eml.",
            attached("application/octet-stream; name=ricevuta", &receipt),
        )
        .result(genuine_at("2")),
        forwarded(
            "receipt-attached-in-the-form-of-apple-mail",
            "A receipt attached as .emlx: a line with its length before it, a list \
             behind it.",
            attached("application/octet-stream; name=\"123.emlx\"", &emlx),
        )
        .result(genuine_at("2")),
        forwarded(
            "receipts-attached-in-an-archive",
            "A zip archive attached, with a receipt, an altered one, one in a signed \
             file, one in an archive within, an ordinary mail and a document.",
            attached(
                "application/zip; name=\"pratica.zip\"",
                &zip(&[
                    ("pratica/accettazione.eml", &receipt),
                    ("pratica/alterata.eml", &altered),
                    ("pratica/firmata.eml.p7m", &signed_file(&receipt)),
                    ("altre.zip", &zip(&[("accettazione.EML", &receipt)])),
                    ("nota.eml", &sent::base().to_eml()),
                    ("x.pdf", b"%PDF-1.4\n"),
                ]),
            ),
        )
        .result(
            "nested = [\
             { place = \"2!/pratica/accettazione.eml\", verdict = \"genuine\" }, \
             { place = \"2!/pratica/alterata.eml\", verdict = \"not-genuine\" }, \
             { place = \"2!/pratica/firmata.eml.p7m\", nested = [{ verdict = \"genuine\" }] }, \
             { place = \"2!/altre.zip!/accettazione.EML\", verdict = \"genuine\" }]",
        ),
        forwarded(
            "receipt-attached-as-an-international-message",
            "A receipt attached as message/global (RFC 6532, 3.7), without a name.",
            Part::new(&[("Content-Type", "message/global")], receipt.clone()),
        )
        .result(genuine_at("2")),
        forwarded(
            "receipt-attached-with-its-mbox-line",
            "A receipt attached with the line before it that parts the messages of an mbox.",
            Part::new(
                &[("Content-Type", "message/rfc822")],
                [MBOX_LINE.as_bytes(), &receipt].concat(),
            ),
        )
        .result(genuine_at("2")),
        forwarded(
            "receipt-in-a-message-attached-behind-an-empty-line",
            "An empty line before an ordinary mail that is attached, to which the receipt is \
             attached.",
            Part::new(
                &[("Content-Type", "message/rfc822")],
                [b"\r\n", &holding(&receipt)[..]].concat(),
            ),
        )
        .result(genuine_at("2.1")),
        G.not_certified("receipts-in-a-digest")
            .case(97, Medium)
            .because(
                "Receipts in a multipart/digest, whose parts are messages without saying so (RFC \
                 2046, 5.1.5).",
            )
            .message(file(
                ordinary_header(),
                "multipart/digest; boundary=\"=_raccolta\"",
                &multipart(
                    "=_raccolta",
                    &[
                        [b"\r\n", &receipt[..]].concat(),
                        [b"\r\n", &altered[..]].concat(),
                    ],
                ),
            ))
            .result(
                "nested = [{ place = \"1\", verdict = \"genuine\" }, \
                 { place = \"2\", verdict = \"not-genuine\" }]",
            ),
        G.not_certified("receipts-in-a-multipart-without-types")
            .case(97, Medium)
            .because("The same parts in a multipart/mixed: text, whatever it looks like.")
            .message(file(
                ordinary_header(),
                "multipart/mixed; boundary=\"=_raccolta\"",
                &multipart("=_raccolta", &[[b"\r\n", &receipt[..]].concat()]),
            ))
            .result("nested = []"),
        forwarded(
            "document-attached-that-is-an-archive",
            "A document attached that is built as a zip archive.",
            attached(
                "application/octet-stream; name=\"nota.odt\"",
                &zip(&[("mimetype", b"x"), ("content.xml", b"<x/>")]),
            ),
        )
        .result("nested = []"),
        forwarded(
            "octets-attached-that-begin-as-mail",
            "Octets attached that begin as an ordinary mail does.",
            attached(
                "application/octet-stream; name=nota",
                &sent::base().to_eml(),
            ),
        )
        .result("nested = []"),
        forwarded(
            "receipt-attached-inside-a-signed-file",
            "A receipt attached inside a signed file.",
            attached(
                "application/pkcs7-mime; name=\"ricevuta.eml.p7m\"",
                &signed_file(&receipt),
            ),
        )
        .result(
            "nested = [{ place = \"2\", verdict = \"not-certified-mail\", instead = \
             \"signed-file\", nested = [{ place = \"1\", verdict = \"genuine\" }] }]",
        ),
    ]
}
