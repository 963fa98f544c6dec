//! Messages made to cost as much as possible: a family for each loop over what strangers write.
//! Each grows with the octets asked for, about; none is genuine.

use std::io::Write;

use super::cms::{Attribute, Signer};
use super::der;
use super::keys;
use super::message::{Message, Part, multipart};
use super::pki::{Certificate, Extension};
use super::receipt::{Kind, Receipt, original_part, text_part};
use super::text::base64_lines;

/// Gives a message of about so many octets.
type Generator = fn(usize) -> Vec<u8>;

/// A family of messages.
pub struct Family {
    pub name: &'static str,
    pub make: Generator,
}

/// All of them.
pub fn families() -> Vec<Family> {
    let all: [(&'static str, Generator); 45] = [
        ("signed attributes, many", attributes),
        ("signed attributes, one large", large_attribute),
        ("certificates with many extensions", extensions),
        ("certificates with many names", alternative_names),
        ("certificates with long names", long_names),
        ("certificates that issue each other", circles),
        ("certificates of nobody, thousands", thousands),
        ("certificates of the signer's number, thousands", doubles),
        ("signers x certificates, LF", |n| signers(&b"\n".repeat(n))),
        ("signers x certificates, text", |n| {
            signers(&lines(n, "text of a line\r\n"))
        }),
        ("signers x certificates, damaged", |n| {
            signers(&lines(n, DAMAGED))
        }),
        ("signers by key identifier", key_identifiers),
        ("digest fails, damaged lines", |n| {
            changed(&lines(n, DAMAGED))
        }),
        ("digest fails, LF", |n| changed(&b"\n".repeat(n))),
        ("digest fails, mixed line ends", |n| {
            changed(&lines(n, "a\r\nb\n"))
        }),
        ("BER in pieces, 28 deep", pieces),
        ("signature of garbage", |n| {
            unsigned_object(&lines(n, "AAAAMIIBAAAA\r\n"))
        }),
        ("signature that is no base64", |n| {
            unsigned_object(&lines(n, "AAAA*\r\n"))
        }),
        ("header of many fields", |n| {
            headed(&lines(n.min(250_000), "X-A: b\r\n"))
        }),
        ("addresses in To", |n| {
            headed(&field("To", n, "a@b.example,"))
        }),
        ("addresses in From, quoted", |n| {
            headed(&field("From", n, "\"a, b\" <c@d>,"))
        }),
        ("groups and comments in From", |n| {
            headed(&field("From", n, "((a)b:c@d;)"))
        }),
        ("encoded words in the subject", |n| {
            headed(&field("Subject", n, "=?utf-8?q?=E8?= "))
        }),
        ("encoded words that are open", |n| {
            headed(&field("Subject", n, "=?utf-8?q?a"))
        }),
        ("base64 words that are open", |n| {
            headed(&field("Subject", n, "=?utf-8?b?QQ"))
        }),
        ("parameters", |n| {
            parts(n, "text/plain", 200_000, |at| format!(";p{at:x}=1"))
        }),
        ("parameters in pieces", |n| {
            parts(n, "text/plain", 200_000, |at| {
                format!(";\r\n n{at:x}*1*=a%20")
            })
        }),
        ("one name in many pieces", |n| {
            parts(n, "text/plain", 200_000, |at| {
                format!(";\r\n name*{}=a", at + 1)
            })
        }),
        ("coded words in names", |n| {
            parts(n, "text/plain; name=\"", 200_000, |_| "=?utf-8?q?a".into())
        }),
        ("blanks before the media type", blanks),
        ("comments in a media type", |n| {
            parts(n, "text/plain", 200_000, |_| "((a))".into())
        }),
        ("many small parts", |n| {
            ordinary(&lines(n, "--q\r\n\r\na\r\n"))
        }),
        ("dashes", |n| ordinary(&lines(n, "--q--q --\r\n"))),
        ("multiparts in multiparts", nested_multiparts),
        ("messages in messages, base64", nested_messages),
        ("signed messages, many", many_signed),
        ("signed messages in signed messages", nested_signed),
        ("certified by a stranger: recipients", many_recipients),
        ("certified by a stranger: elements", |n| {
            with_xml(&lines(n.min(900_000), "<a/>"))
        }),
        ("certified by a stranger: references", |n| {
            with_xml(&lines(n.min(900_000), "&amp;&#65;"))
        }),
        ("certified by a stranger: tags", |n| {
            with_html(&lines(n, "<x=<a http"))
        }),
        ("certified by a stranger: digits", |n| {
            with_html(&lines(n, "01/02/20 10:00:0"))
        }),
        ("content inside, signers x certificates", opaque),
        ("archives that unfold", archives),
        ("anomaly with many senders", many_senders),
    ];
    let family = |(name, make)| Family { name, make };
    all.into_iter().map(family).collect()
}

/// A genuine transport envelope around a message.
pub fn envelope(original: &[u8]) -> Vec<u8> {
    let receipt = Receipt::with(Kind::Envelope, |receipt| {
        // The sender's and the provider's lines, and what they are about in the place of the rest.
        let sent = receipt.original.take().expect("an original");
        let header = &sent[..find(&sent, b"\r\n\r\n") + 2];
        let media = find(header, b"Content-Type:");
        let after = media + find(&header[media..], b"\r\n") + 2;
        receipt.original = Some([&header[..media], &header[after..], original].concat());
    });
    receipt.to_eml()
}

const DAMAGED: &str = ">From a \r\n>>From b\r\n..c \u{e8}\r\n";

fn find(octets: &[u8], wanted: &[u8]) -> usize {
    let mut windows = octets.windows(wanted.len());
    windows
        .position(|window| window == wanted)
        .expect("it is there")
}

/// So many octets of one text again and again.
fn lines(octets: usize, text: &str) -> Vec<u8> {
    text.as_bytes().repeat(octets / text.len() + 1)
}

/// A certificate that nobody knows, signed by itself.
fn stranger() -> Certificate {
    let name = "CN=Nessuno,O=Nessuno S.r.l.,C=IT";
    let address = "posta-certificata@nessuno.example";
    Certificate::signer(name, address, keys::STRANGER).issued_by(name, keys::STRANGER)
}

/// A receipt that the stranger signed.
fn receipt() -> Receipt {
    let mut receipt = Receipt::new(Kind::Delivery);
    receipt.certificate = stranger();
    receipt
}

fn with_certificates(certificates: impl IntoIterator<Item = Certificate>) -> Vec<u8> {
    let mut message = receipt().message();
    let more = certificates.into_iter().map(|one| one.to_der());
    message.signed.certificates.extend(more);
    message.to_eml()
}

/// Object identifiers, each another.
fn identifier(number: usize) -> &'static str {
    let arcs = format!("1.3.{}.{}", number / 16_000, number % 16_000);
    arcs.leak()
}

fn attributes(octets: usize) -> Vec<u8> {
    let message = receipt().message().signer(|signer, _| {
        // Base64 makes four letters of three octets.
        (0..octets / 16).fold(signer, |signer, number| {
            signer.and(Attribute::new(identifier(number), Vec::new()))
        })
    });
    message.to_eml()
}

fn large_attribute(octets: usize) -> Vec<u8> {
    let message = receipt().message().signer(|signer, _| {
        let value = der::octets(&vec![b'a'; octets / 4 * 3]);
        signer.and(Attribute::new(identifier(1), value))
    });
    message.to_eml()
}

/// Eight signers, and certificates that none of them names.
fn thousands(octets: usize) -> Vec<u8> {
    let other = stranger().renumbered("other").to_der();
    with_signers_and(octets, &other)
}

/// Eight signers, and certificates that each may mean.
fn doubles(octets: usize) -> Vec<u8> {
    with_signers_and(octets, &stranger().to_der())
}

fn with_signers_and(octets: usize, certificate: &[u8]) -> Vec<u8> {
    let mut message = receipt().message();
    let signers = std::iter::repeat_n(message.signed.signers[0].clone(), 8);
    message.signed.signers = signers.collect();
    // Base64 makes four letters of three octets.
    let count = octets / 4 * 3 / certificate.len() + 1;
    let more = std::iter::repeat_n(certificate.to_vec(), count);
    message.signed.certificates.splice(0..0, more);
    message.to_eml()
}

/// Certificates of nearly the largest size, as many as the octets make.
fn certificates_with(octets: usize, extension: impl Fn(usize) -> Certificate) -> Vec<u8> {
    let count = (octets / 80_000).clamp(1, 32);
    with_certificates((0..count).map(extension))
}

fn extensions(octets: usize) -> Vec<u8> {
    certificates_with(octets, |number| {
        let mut certificate = stranger();
        certificate
            .extensions
            .extend((0..4_000).map(|at| Extension {
                oid: identifier(at + number),
                critical: false,
                value: vec![],
            }));
        certificate
    })
}

fn alternative_names(octets: usize) -> Vec<u8> {
    certificates_with(octets, |number| {
        let address = format!("a{number}@b");
        let addresses: Vec<&str> = std::iter::repeat_n(&*address, 8_000).collect();
        stranger().with(super::pki::extension::addresses(&addresses))
    })
}

fn long_names(octets: usize) -> Vec<u8> {
    certificates_with(octets, |number| {
        let long = "a".repeat(25_000);
        let name = format!("CN={long}{number},C=IT");
        let issuer = format!("CN={long},C=IT");
        Certificate::signer(&name, "a@b.example", keys::STRANGER).issued_by(&issuer, keys::STRANGER)
    })
}

fn circles(octets: usize) -> Vec<u8> {
    let count = (octets / 2_000).clamp(1, 32);
    with_certificates((0..count).map(|number| stranger().renumbered(&number.to_string())))
}

/// As many signers and certificates as are looked at, all with one key; the content is another
/// than they signed.
fn signers(text: &[u8]) -> Vec<u8> {
    let mut message = receipt().message_over(entity(text));
    let signer = message.signed.signers[0].clone();
    message.signed.signers = vec![signer; 8];
    message.signed.certificates = (0..32).map(|number| double(number).to_der()).collect();
    altered(message)
}

/// The stranger's certificate, with the number of the other and other octets.
fn double(number: usize) -> Certificate {
    stranger().with(Extension {
        oid: "1.3.6.1.4.1.99999.1",
        critical: false,
        value: der::number(number as u64),
    })
}

fn key_identifiers(octets: usize) -> Vec<u8> {
    let mut message = receipt().message_over(entity(&lines(octets / 2, "text\r\n")));
    let mut signer: Signer = message.signed.signers[0].clone();
    signer.identified = super::cms::Identified::ByKeyIdentifier;
    message.signed.signers = vec![signer; 8];
    let large = |number| {
        let mut certificate = double(number);
        certificate.extensions.push(Extension {
            oid: "1.3.6.1.4.1.99999.2",
            critical: false,
            value: vec![b'a'; (octets / 64).min(60_000)],
        });
        certificate.to_der()
    };
    message.signed.certificates = (0..32).map(large).collect();
    altered(message)
}

/// A signed part with this text.
fn entity(text: &[u8]) -> Vec<u8> {
    [&b"Content-Type: text/plain\r\n\r\n"[..], text].concat()
}

/// The message with another content than was signed.
fn altered(mut message: Message) -> Vec<u8> {
    message.signature = Some(message.signed.encode(&message.entity));
    message.entity.extend_from_slice(b"one line more\r\n");
    message.to_eml()
}

fn changed(text: &[u8]) -> Vec<u8> {
    altered(receipt().message_over(entity(text)))
}

/// A signature object of indefinite lengths, as deep as is read, around many small values.
fn pieces(octets: usize) -> Vec<u8> {
    let mut object = lines(octets / 4 * 3, "\u{4}\u{1}a");
    for _ in 0..28 {
        object = der::indefinite(0x30, &object);
    }
    let mut message = receipt().message();
    message.signature = Some(object);
    message.to_eml()
}

fn unsigned_object(body: &[u8]) -> Vec<u8> {
    let eml = receipt().to_eml();
    let start = find(&eml, b"name=\"smime.p7s\"");
    let start = start + find(&eml[start..], b"\r\n\r\n") + 4;
    let end = start + find(&eml[start..], b"\r\n--");
    [&eml[..start], body, &eml[end..]].concat()
}

/// A receipt of the stranger with these lines before its header.
fn headed(header: &[u8]) -> Vec<u8> {
    [header, &receipt().to_eml()].concat()
}

/// A field of at most 200 KB in folded lines.
fn field(name: &str, octets: usize, text: &str) -> Vec<u8> {
    let count = octets.min(200_000) / text.len();
    let value: Vec<String> = (0..count)
        .map(|at| {
            if at % 8 == 7 {
                format!("{text}\r\n ")
            } else {
                text.to_owned()
            }
        })
        .collect();
    format!("{name}: {}\r\n", value.concat()).into_bytes()
}

/// An ordinary message.
fn ordinary(body: &[u8]) -> Vec<u8> {
    let header = "From: a@posta.example\r\nTo: b@posta.example\r\nSubject: daticert.xml\r\n\
                  Content-Type: multipart/mixed; boundary=q\r\n\r\n";
    [header.as_bytes(), body, b"\r\n--q--\r\n"].concat()
}

/// Parts with a media type of at most so many octets each.
fn parts(octets: usize, start: &str, each: usize, piece: fn(usize) -> String) -> Vec<u8> {
    let each = octets.min(each);
    let mut media = start.to_owned();
    let pieces = (0..).map(piece);
    for piece in pieces {
        if media.len() > each {
            break;
        }
        media.push_str(&piece);
    }
    let part = format!("--q\r\nContent-Type: {media}\r\n\r\na\r\n");
    ordinary(&part.repeat(octets.div_ceil(each)).into_bytes())
}

/// A field that decides, behind as many blanks as a header may have.
fn blanks(octets: usize) -> Vec<u8> {
    let eml = receipt().to_eml();
    let start = find(&eml, b"multipart/signed");
    [
        &eml[..start],
        &lines(octets.min(200_000), " "),
        &eml[start..],
    ]
    .concat()
}

fn nested_multiparts(octets: usize) -> Vec<u8> {
    let mut body = lines(octets, "--r\r\n\r\na\r\n");
    for depth in 0..12 {
        let part = Part::new(
            &[(
                "Content-Type",
                &format!("multipart/mixed; boundary=\"q{depth}\""),
            )],
            body,
        );
        body = multipart(&format!("q{}", depth + 1), &[part.encode()]);
    }
    ordinary(&multipart("q", &[body]))
}

fn nested_messages(octets: usize) -> Vec<u8> {
    let mut message = ordinary(&lines(octets / 10, "--q\r\n\r\na\r\n"));
    for _ in 0..9 {
        let part = Part::new(
            &[
                ("Content-Type", "message/rfc822"),
                ("Content-Transfer-Encoding", "base64"),
            ],
            base64_lines(&message, 76),
        );
        message = ordinary(&multipart("q", &[part.encode()]));
    }
    message
}

fn attached(message: &[u8]) -> Vec<u8> {
    Part::new(&[("Content-Type", "message/rfc822")], message).encode()
}

fn many_signed(octets: usize) -> Vec<u8> {
    let one = changed(&lines(1_000, DAMAGED));
    let parts: Vec<_> = std::iter::repeat_n(attached(&one), octets / one.len() + 1).collect();
    ordinary(&multipart("q", &parts))
}

/// Signed by the stranger, again and again, around a content that was changed.
fn nested_signed(octets: usize) -> Vec<u8> {
    let mut message = changed(&lines(octets, DAMAGED));
    for depth in 0..9 {
        let mut around = receipt();
        around.original = None;
        let parts = [
            text_part("plain", &format!("{depth}")),
            original_part(&message),
        ];
        message = around.message_of(&parts).to_eml();
    }
    message
}

fn many_recipients(octets: usize) -> Vec<u8> {
    let mut receipt = receipt();
    // Base64, and as much again of names of elements.
    receipt
        .daticert
        .recipients
        .extend((0..octets.min(900_000) / 100).map(|number| {
            let address = format!("a{number}@xn--pc-nlc.example");
            (address, "certificato".to_owned())
        }));
    receipt.to_eml()
}

fn with_xml(inside: &[u8]) -> Vec<u8> {
    let mut receipt = receipt();
    let inside = String::from_utf8_lossy(inside);
    let xml = receipt.daticert.to_xml();
    let subject = "</oggetto>";
    assert!(xml.contains(subject));
    receipt.xml = Some(
        xml.replace(subject, &format!("{inside}{subject}"))
            .into_bytes(),
    );
    receipt.to_eml()
}

fn with_html(inside: &[u8]) -> Vec<u8> {
    let mut receipt = receipt();
    receipt.html = Some(String::from_utf8_lossy(inside).into_owned());
    receipt.to_eml()
}

/// An anomaly envelope of the stranger whose message is from many, and answers go to many.
fn many_senders(octets: usize) -> Vec<u8> {
    let list = |name: &str, start: char| {
        let count = octets.min(200_000) / 2 / 10;
        let all: Vec<String> = (0..count).map(|at| format!("{start}{at}@b")).collect();
        format!("{name}: {}\r\n", all.join(",\r\n "))
    };
    let mut receipt = Receipt::new(Kind::Anomaly);
    receipt.certificate = stranger();
    let original = receipt.original.take().expect("what arrived");
    receipt.original = Some([list("Reply-To", 'a').as_bytes(), &original].concat());
    [list("Reply-To", 'a').as_bytes(), &receipt.to_eml()].concat()
}

/// A signed object with its content inside, as large as the octets, signed by many.
fn opaque(octets: usize) -> Vec<u8> {
    let content = entity(&lines(octets / 4 * 3, "text of a line\r\n"));
    let mut signed = receipt().message_over(content.clone()).signed;
    signed.signers = vec![signed.signers[0].clone(); 8];
    signed.certificates = (0..32).map(|number| double(number).to_der()).collect();
    signed.embedded = Some([&content[..], b"one line more\r\n"].concat());
    let header = "From: a@posta.example\r\nTo: b@posta.example\r\n\
                  Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\
                  Content-Transfer-Encoding: base64\r\n\r\n";
    let object = base64_lines(&signed.encode(&content), 76);
    [header.as_bytes(), object.as_bytes()].concat()
}

/// Archives whose entries are messages that deflate to nearly nothing.
fn archives(octets: usize) -> Vec<u8> {
    let message = changed(&lines(octets * 7, DAMAGED));
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("a.eml", options).expect("an entry");
    archive.write_all(&message).expect("written");
    // And as many octets that do not, so that its size allows it.
    archive.start_file("b.bin", options).expect("an entry");
    let mut random = super::random::Random::new(7);
    let noise: Vec<u8> = (0..octets / 4 * 3).map(|_| random.next() as u8).collect();
    archive.write_all(&noise).expect("written");
    let archive = archive.finish().expect("an archive").into_inner();
    let part = Part::new(
        &[
            ("Content-Type", "application/zip; name=\"a.zip\""),
            ("Content-Transfer-Encoding", "base64"),
        ],
        base64_lines(&archive, 76),
    );
    ordinary(&multipart("q", &[part.encode()]))
}
