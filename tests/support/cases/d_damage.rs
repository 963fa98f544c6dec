//! Group D: what programs do to a message when they store it, and can be undone exactly (case 71).
//! The digest says that it was that and nothing else: each has a twin in which one letter of the
//! signed part is another.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::tools::{altered, delivery, find, replaced};
use super::vector::{Critical, DELIVERY, Group, High, Medium, Vector};
use crate::support::message::Message;

const D: Group = Group("d-mime");

pub fn all() -> Vec<Vector> {
    [lines(), copies(), compressed(), ends(), odd_lines()]
        .into_iter()
        .flatten()
        .collect()
}

/// A receipt with what programs stumble over in its text: letters that are not ASCII, lines that
/// begin with `From ` and with a dot.
fn message() -> Message {
    let mut receipt = delivery();
    receipt
        .text
        .push_str("From the sender: caffe\n>From another\n.a dot\n");
    let entity = replaced(&receipt.message().entity, "caffe\r\n", b"caff\xe8\r\n");
    let mut message = receipt.message_over(entity);
    message.signature = Some(message.signed.encode(&message.entity));
    message
}

/// A message compressed alone, as some archives of mail keep them.
fn compressed() -> Vec<Vector> {
    let gzip = |octets: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(octets).expect("in memory");
        encoder.finish().expect("in memory")
    };
    let mut other = message();
    other.entity = replaced(&other.entity, "another", "anuther");
    vec![
        D.genuine("stored-by-gzip")
            .case(71, Medium)
            .because("A program compressed the file with gzip, which has a checksum of its own.")
            .named("eml.gz")
            .message(gzip(&message().to_eml()))
            .finding("signature.digest.stored-as-gzip doubt"),
        D.not_genuine("stored-by-gzip-and-changed", "signature.digest")
            .case(71, Medium)
            .because("The same, and one letter of the signed text is another.")
            .named("eml.gz")
            .message(gzip(&other.to_eml())),
    ]
}

/// The damaged message, and its twin with one letter changed too.
fn damaged(
    [name, changed]: [&'static str; 2],
    undone: &'static str,
    text: &'static str,
    damage: impl Fn(Vec<u8>) -> Vec<u8>,
) -> Vec<Vector> {
    let mut other = message();
    other.entity = replaced(&other.entity, "another", "anuther");
    vec![
        D.genuine(name)
            .case(71, High)
            .because(text)
            .finding(undone)
            .message(damage(message().to_eml()))
            .twin(DELIVERY),
        D.not_genuine(changed, "signature.digest")
            .case(71, High)
            .because("The same damage, and one letter of the signed text is another.")
            .message(damage(other.to_eml()))
            .twin_vector(name),
    ]
}

/// In the octets of a file, every occurrence.
fn each(octets: &[u8], old: &str, new: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = octets;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(old.as_bytes()) {
            out.extend_from_slice(new.as_bytes());
            rest = after;
        } else {
            out.push(rest[0]);
            rest = &rest[1..];
        }
    }
    out
}

fn to_lf(octets: &[u8]) -> Vec<u8> {
    each(octets, "\r\n", "\n")
}

fn to_utf8(octets: Vec<u8>) -> Vec<u8> {
    let text: String = octets.into_iter().map(char::from).collect();
    text.into_bytes()
}

/// Every line that begins with `From ` behind any number of `>` gets one more.
fn mboxrd(octets: Vec<u8>) -> Vec<u8> {
    each(
        &each(&octets, "\n>From ", "\n>>From "),
        "\nFrom ",
        "\n>From ",
    )
}

fn lines() -> Vec<Vector> {
    [
        damaged(
            ["from-quoted-as-in-mboxrd", "from-quoted-and-changed"],
            "signature.digest.from-quoted doubt",
            "The receipt comes out of an mbox with its quoting: a > before every \
             From at the beginning of a line, and before those that have one already.",
            mboxrd,
        ),
        damaged(
            ["from-quoted-and-lf", "from-quoted-and-lf-and-changed"],
            "signature.digest.from-quoted doubt",
            "The same, stored with LF as mbox files are under Unix.",
            |octets| to_lf(&mboxrd(octets)),
        ),
        damaged(
            ["dots-doubled", "dots-doubled-and-changed"],
            "signature.digest.dots-doubled doubt",
            "The dots at the beginning of lines are doubled, as SMTP sends them.",
            |octets| each(&octets, "\n.", "\n.."),
        ),
        damaged(
            [
                "latin-text-stored-as-utf8",
                "latin-text-stored-as-utf8-and-changed",
            ],
            "signature.digest.stored-as-utf8 doubt",
            "A program took the file for text in ISO 8859-1 and stored it as UTF-8.",
            to_utf8,
        ),
        damaged(
            [
                "latin-text-stored-as-utf8-and-lf",
                "latin-text-stored-as-utf8-lf-and-changed",
            ],
            "signature.digest.stored-as-utf8 doubt",
            "The same, with LF.",
            |octets| to_utf8(to_lf(&octets)),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Damages of the whole file. One that is changed too cannot be told: what was converted may have
/// lost more.
fn copies() -> Vec<Vector> {
    let converted = |[name, changed]: [&'static str; 2],
                     undone: &[&'static str],
                     text: &'static str,
                     convert: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let mut other = message();
        other.entity = replaced(&other.entity, "another", "anuther");
        let as_it_was = D
            .genuine(name)
            .case(71, High)
            .because(text)
            .absent("header.ambiguous")
            .absent("structure.complete")
            .message(convert(message().to_eml()))
            .twin(DELIVERY);
        [
            undone
                .iter()
                .fold(as_it_was, |vector, key| vector.finding(key)),
            D.cannot_tell(changed, "signature.digest")
                .case(71, Medium)
                .because(
                    "The same, and one letter of the signed text is another. What \
                     converted the copy may have lost it: nobody is accused.",
                )
                .message(convert(other.to_eml()))
                .twin_vector(name),
        ]
    };
    let utf16 = |octets: Vec<u8>| {
        let text: String = octets.into_iter().map(char::from).collect();
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let body_doubled = |octets: Vec<u8>| {
        let body = find(&octets, b"\r\n\r\n") + 4;
        [&octets[..body], &each(&octets[body..], "\r\n", "\r\r\n")].concat()
    };
    [
        converted(
            ["line-ends-doubled", "line-ends-doubled-and-changed"],
            &["signature.digest.line-ends-doubled doubt"],
            "All line ends are CR CR LF: a program wrote the file in text mode under \
             Windows.",
            &|octets| each(&octets, "\r\n", "\r\r\n"),
        ),
        converted(
            [
                "line-ends-doubled-in-the-body",
                "line-ends-doubled-in-the-body-and-changed",
            ],
            &["signature.digest.line-ends-doubled doubt"],
            "The same in the body alone; the header has CRLF.",
            &body_doubled,
        ),
        converted(
            [
                "line-ends-doubled-and-utf8",
                "line-ends-doubled-utf8-and-changed",
            ],
            &[
                "signature.digest.line-ends-doubled doubt",
                "signature.digest.stored-as-utf8 doubt",
            ],
            "All line ends are CR CR LF, and Latin letters were stored as UTF-8.",
            &|octets| to_utf8(each(&octets, "\r\n", "\r\r\n")),
        ),
        converted(
            ["line-ends-cr", "line-ends-cr-and-changed"],
            &["signature.digest.line-ends-cr doubt"],
            "All line ends are CR alone.",
            &|octets| each(&octets, "\r\n", "\r"),
        ),
        converted(
            ["stored-as-utf16", "stored-as-utf16-and-changed"],
            &[
                "signature.digest.stored-as-utf16 doubt",
                "signature.digest.stored-as-utf8 doubt",
            ],
            "Notepad stored the file as UTF-16.",
            &utf16,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What is lost at the end of the file or of the signed part.
fn ends() -> Vec<Vector> {
    let eml = delivery().to_eml();
    let closing = format!("\r\n--{}--\r\n", delivery().message().boundary);
    let without = |count: usize| eml[..eml.len() - count].to_vec();
    assert!(eml.ends_with(closing.as_bytes()));
    let lost = |name, text, count| {
        D.genuine(name)
            .case(98, High)
            .because(text)
            .finding("structure.complete.end doubt")
            .message(without(count))
            .twin(DELIVERY)
    };
    let whole = |name, text, count| {
        D.genuine(name)
            .case(98, Medium)
            .because(text)
            .absent("structure.complete")
            .absent("structure.boundary")
            .message(without(count))
            .twin(DELIVERY)
    };
    let entity = delivery().message().entity;
    let end_of_entity = |octets: &[u8], new: &str| {
        let end = find(octets, &entity) + entity.len();
        [&octets[..end], new.as_bytes(), &octets[end..]].concat()
    };
    vec![
        whole(
            "last-octet-missing",
            "The last LF of the file is lost; the closing line is whole but for it.",
            1,
        ),
        whole(
            "last-line-end-missing",
            "The last line end of the file is lost.",
            2,
        ),
        lost(
            "closing-delimiter-cut-by-one-dash",
            "The file ends in the closing line, one dash before its end. The signed \
             part and the signature are whole, and that is told.",
            3,
        ),
        lost(
            "closing-delimiter-cut-to-a-delimiter",
            "The file ends in the closing line before its two last dashes.",
            4,
        ),
        lost(
            "closing-delimiter-cut-in-the-middle",
            "The file ends in the middle of the closing line.",
            closing.len() - 12,
        ),
        lost(
            "closing-delimiter-missing",
            "The last delimiter line is missing: the file ends before the message \
             does. The signed part and the signature are whole.",
            closing.len(),
        ),
        D.genuine("closing-delimiter-without-its-dashes")
            .case(98, High)
            .because(
                "The closing line lost its two last dashes, and nothing follows it: \
                 what it opens is empty.",
            )
            .finding("structure.complete.end doubt")
            .message([&without(4)[..], b"\r\n"].concat())
            .twin(DELIVERY),
        D.not_genuine("third-part-that-is-not-closed", "structure.parts")
            .case(98, High)
            .because("The same, and a text follows it: a third part.")
            .message([&without(4)[..], b"\r\n\r\nsome text\r\n"].concat())
            .twin_vector("closing-delimiter-without-its-dashes"),
        D.genuine("line-end-added-after-the-signed-part")
            .case(71, Medium)
            .because("An empty line was added at the end of the signed part.")
            .finding("signature.digest.line-end-added doubt")
            .message(end_of_entity(&eml, "\r\n"))
            .twin(DELIVERY),
        D.genuine("line-end-removed-after-the-signed-part")
            .case(71, Medium)
            .because("The last line end of the signed part was lost.")
            .finding("signature.digest.line-end-removed doubt")
            .message(altered(delivery().message(), |entity| {
                entity.strip_suffix(b"\r\n").expect("a line end").to_vec()
            }))
            .twin(DELIVERY),
        D.not_genuine("line-removed-after-the-signed-part", "signature.digest")
            .case(71, High)
            .because("The closing line of the signed part was lost with it.")
            .message(altered(delivery().message(), |entity| {
                let line = delivery().boundary("mixed").len() + "----\r\n".len();
                entity[..entity.len() - line].to_vec()
            }))
            .twin_vector("line-end-removed-after-the-signed-part"),
        D.cannot_tell("cut-inside-the-signature", "structure.complete")
            .case(98, High)
            .because("The file ends in the middle of the signature: nobody is accused of it.")
            .finding("cms.decode")
            .message(eml[..find(&eml, b"smime.p7s") + 400].to_vec()),
        D.cannot_tell("cut-before-the-signature", "structure.complete")
            .case(98, High)
            .because("The file ends where the signature should begin: nobody is accused of it.")
            .finding("cms.decode.empty")
            .message({
                let part = find(&eml, b"smime.p7s");
                let end = part + find(&eml[part..], b"\r\n\r\n") + 4;
                eml[..end].to_vec()
            }),
        D.cannot_tell("cut-inside-the-signed-part", "structure.complete")
            .case(98, High)
            .because("The file ends in the middle of the signed part.")
            .message(eml[..find(&eml, b"postacert.eml") + 300].to_vec()),
    ]
}

/// What looks like such damage in one line only, and would move the end of a header.
fn odd_lines() -> Vec<Vector> {
    let eml = delivery().to_eml();
    let place = find(&eml, b"MIME-Version: 1.0\r\nContent-Type: multipart/signed");
    let (header, rest) = eml.split_at(place);
    let hidden = b"\r\r\nFrom: altri@altrove.example\r\nContent-Type: text/html\r\n";
    // The empty line behind the header of the signed multipart.
    let text = message();
    let signed = find(&text.to_eml(), b"\r\n\r\n--");
    vec![
        D.not_genuine(
            "one-doubled-line-end-before-other-fields",
            "header.ambiguous.content-type",
        )
        .case(68, Critical)
        .because(
            "CR CR LF stands once, and fields of somebody else behind it. Where that \
                 line is read as an empty one, the header ends there.",
        )
        .message([&rest[..0], header, &rest[..19], hidden, &rest[19..]].concat()),
        D.not_genuine("blank-on-an-empty-line", "signature.digest")
            .case(71, Critical)
            .because(
                "A blank was put on one empty line of the signed part: readers find no \
                 end of a header there, and another text.",
            )
            .message({
                let eml = text.to_eml();
                let inner = signed + 4 + find(&eml[signed + 4..], b"\r\n\r\n") + 2;
                [&eml[..inner], b" ", &eml[inner..]].concat()
            }),
    ]
}
