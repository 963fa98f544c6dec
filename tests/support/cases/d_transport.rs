//! Group D: what programs put around a genuine message or change outside of what is signed, which
//! must not be held against it (cases 70 and 71); and signature parts that cannot be read.

use super::tools::{delivery, find, replaced};
use super::vector::{DELIVERY, Group, High, Low, Medium, Vector};
use crate::support::message::Part;
use crate::support::receipt::{Kind, Receipt};
use crate::support::text::base64_lines;

const D: Group = Group("d-mime");

pub fn all() -> Vec<Vector> {
    [wrappings(), signatures(), data()]
        .into_iter()
        .flatten()
        .collect()
}

/// Octets before the header, or around the message.
fn wrappings() -> Vec<Vector> {
    let eml = delivery().to_eml();
    let from_first = {
        let message = delivery().message().header(|header| {
            let place = header.0.iter().position(|(name, _)| name == "From");
            let from = header.0.remove(place.expect("From"));
            header.0.insert(0, from);
        });
        message.to_eml()
    };
    let passed_over = |name, text, before: &str, eml: &[u8]| {
        D.genuine(name)
            .case(71, High)
            .because(text)
            .message([before.as_bytes(), eml].concat())
            .absent("header.ambiguous")
            .absent("header.from")
            .absent("structure.unsigned-text")
            .absent("structure.signed")
            .twin(DELIVERY)
    };
    // Most readers show the whole file as text, and whatever stood there with it.
    let told = |name, text, before: &str, eml: &[u8]| {
        D.genuine(name)
            .case(71, High)
            .because(text)
            .message([before.as_bytes(), eml].concat())
            .absent("header.ambiguous")
            .absent("header.from")
            .absent("structure.signed")
            .finding("structure.unsigned-text.before doubt")
            .twin(DELIVERY)
    };
    let emlx = |eml: &[u8]| {
        let list = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n\
                    <dict><key>flags</key><integer>8590195713</integer></dict>\n</plist>\n";
        [eml, list.as_bytes()].concat()
    };
    vec![
        told(
            "byte-order-mark-first",
            "An editor put a byte order mark (EF BB BF) before the header.",
            "\u{feff}",
            &eml,
        ),
        told(
            "byte-order-mark-before-from",
            "The same, and the first field is From, which must not be lost for it.",
            "\u{feff}",
            &from_first,
        ),
        told(
            "empty-line-first",
            "An empty line stands before the header, as after copying the source \
             of a message into a file.",
            "\r\n",
            &eml,
        ),
        told(
            "empty-lines-first-lf",
            "The same with two LF.",
            "\n\n",
            &eml,
        ),
        passed_over(
            "mbox-line-first",
            "The line with which an mbox file parts its messages was left on top.",
            "From posta-certificata@gestore-destinatario.example Mon May  4 10:15:07 2026\r\n",
            &eml,
        ),
        told(
            "quoted-mbox-line-first",
            "The same line as some programs quote it: >From.",
            ">From posta-certificata@gestore-destinatario.example Mon May  4 10:15:07 2026\r\n",
            &eml,
        ),
        told(
            "mbox-line-that-is-none",
            "A line that begins as an mbox line does and goes on with a text, which \
             some readers show.",
            "From oggi la sentenza e' notificata a tutti\r\n",
            &eml,
        ),
        passed_over(
            "apple-mail-file",
            "A file of Apple Mail (.emlx): a line with the length, the message, a \
             property list.",
            &format!("{}\n", eml.len()),
            &emlx(&eml),
        ),
        told(
            "length-line-and-a-text-behind-the-message",
            "A line with the length first, and behind the message a text in the place \
             of Apple's property list.",
            &format!("{}\n", eml.len()),
            &[&eml, &b"SENTENZA NOTIFICATA A TUTTI\r\n"[..]].concat(),
        ),
    ]
}

/// The signature part written otherwise: not signed itself, and read differently or not at all.
fn signatures() -> Vec<Vector> {
    let eml = delivery().to_eml();
    let start = find(&eml, b"Content-Type: application/x-pkcs7-signature");
    let (before, part) = eml.split_at(start);
    let rewritten = |old: &str, new: &[u8]| [before, &replaced(part, old, new)].concat();
    let encoded = |new: &str| rewritten("Content-Transfer-Encoding: base64\r\n", new.as_bytes());
    let read = |name, text, octets| {
        D.genuine(name)
            .case(70, Medium)
            .because(text)
            .message(octets)
            .absent("cms.decode")
    };
    let odd =
        |name, text, octets| read(name, text, octets).finding("structure.form.encoding doubt");
    let plain = |name, text, octets| read(name, text, octets).absent("structure.form");
    vec![
        odd(
            "signature-encoding-line-missing",
            "The signature part lost its Content-Transfer-Encoding; its body is \
             base64 all the same.",
            encoded(""),
        ),
        odd(
            "signature-encoding-with-a-semicolon",
            "The encoding of the signature part is written \"base64;\".",
            encoded("Content-Transfer-Encoding: base64;\r\n"),
        ),
        odd(
            "signature-encoding-with-a-comment",
            "The encoding of the signature part has a comment behind it.",
            encoded("Content-Transfer-Encoding: base64 (x)\r\n"),
        ),
        odd(
            "signature-encoding-with-a-blank-behind",
            "The encoding of the signature part has a blank behind it, with which Python decodes \
             nothing and shows another part.",
            encoded("Content-Transfer-Encoding: base64 \r\n"),
        ),
        plain(
            "signature-encoding-in-capitals",
            "The encoding of the signature part is in capitals.",
            encoded("Content-Transfer-Encoding: BASE64\r\n"),
        ),
        plain(
            "footer-behind-the-signature",
            "An antivirus program appended its footer to the last part, behind the \
             base64 of the signature.",
            {
                let end = format!("\r\n--{}--", delivery().message().boundary);
                rewritten(&end, format!("\r\n-- \r\nControllato.\r\n{end}").as_bytes())
            },
        )
        .finding("structure.unsigned-text.signature doubt"),
        D.cannot_tell(
            "signature-name-with-an-octet-above-127",
            "structure.form.signature-type",
        )
        .case(70, Low)
        .because(
            "The type of the signature part has an octet above 127, in the \
                 file name: it cannot be read whole.",
        )
        .message(rewritten("name=\"smime.p7s\"", b"name=\"firm\xe0.p7s\"")),
        D.not_genuine("signature-of-no-octets", "cms.decode.empty")
            .case(70, Medium)
            .because("The signature part is empty.")
            .message(with_signature(&[])),
        D.not_genuine("signature-of-half-its-octets", "cms.decode")
            .case(98, High)
            .because("The second half of the signature object is missing.")
            .message({
                let message = delivery().message();
                let whole = message.signed.encode(&message.entity);
                with_signature(&whole[..whole.len() / 2])
            }),
    ]
}

fn with_signature(octets: &[u8]) -> Vec<u8> {
    let mut message = delivery().message();
    message.signature = Some(octets.to_vec());
    message.to_eml()
}

/// daticert.xml inside what is signed, written as a provider may write it.
fn data() -> Vec<Vector> {
    let receipt = delivery();
    let with_part = |receipt: &Receipt, part: Part| {
        let mut parts = receipt.parts();
        parts[1] = part;
        receipt.message_of(&parts).to_eml()
    };
    let bodied = |body: String| {
        let mut part = receipt.daticert_part();
        part.body = body.into_bytes();
        with_part(&receipt, part)
    };
    let typed = |kind: &str, disposition: &str| {
        let mut part = receipt.daticert_part();
        part.header
            .set("Content-Type", kind)
            .set("Content-Disposition", disposition);
        with_part(&receipt, part)
    };
    let unpadded = {
        // A length that base64 fills up.
        let mut xml = receipt.daticert.to_xml();
        while xml.len() % 3 != 1 {
            xml.push('\n');
        }
        base64_lines(xml.as_bytes(), 60).replace('=', "")
    };
    let genuine = |name, text, octets| {
        D.genuine(name)
            .case(67, Low)
            .because(text)
            .message(octets)
            .absent("daticert.present")
            .absent("daticert.xml")
    };
    let unreadable = |name, headline, text, octets| {
        D.cannot_tell(name, headline)
            .case(67, Low)
            .because(text)
            .message(octets)
    };
    vec![
        unreadable(
            "data-without-padding",
            "daticert.xml.encoding",
            "The base64 of daticert.xml lacks the signs = at its end.",
            bodied(unpadded),
        ),
        unreadable(
            "data-name-with-a-blank-at-its-end",
            "daticert.present",
            "The name of daticert.xml has a blank at its end.",
            typed(
                "application/xml; name=\"daticert.xml \"",
                "inline; filename=\"daticert.xml \"",
            ),
        ),
        genuine(
            "data-with-blanks-between-the-lines",
            "The lines of the base64 of daticert.xml are parted by blanks, which a \
             reader must ignore (RFC 2045, 6.8).",
            bodied(
                base64_lines(receipt.daticert.to_xml().as_bytes(), 60)
                    .trim_end()
                    .replace("\r\n", " ")
                    + "\r\n",
            ),
        ),
        genuine(
            "data-in-quoted-printable",
            "daticert.xml is encoded as quoted-printable.",
            {
                let mut part = receipt.daticert_part();
                part.header
                    .set("Content-Transfer-Encoding", "quoted-printable");
                part.body =
                    crate::support::text::quoted_printable(&receipt.daticert.to_xml()).into_bytes();
                with_part(&receipt, part)
            },
        ),
        genuine(
            "text-with-a-carriage-return-at-its-end",
            "The text, in quoted-printable, is cut off between the CR and the LF \
             of an empty line.",
            {
                let receipt = Receipt::new(Kind::NonDelivery);
                let mut parts = receipt.parts();
                parts[0].body.push(b'\r');
                receipt.message_of(&parts).to_eml()
            },
        ),
        unreadable(
            "data-after-a-line-end",
            "daticert.xml",
            "daticert.xml begins with a line end before its XML declaration.",
            super::tools::with_xml(format!("\n{}", receipt.daticert.to_xml())),
        ),
        unreadable(
            "data-before-a-nul",
            "daticert.xml",
            "daticert.xml ends in a NUL octet.",
            super::tools::with_xml(format!("{}\0", receipt.daticert.to_xml())),
        ),
    ]
}
