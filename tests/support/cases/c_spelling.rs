//! Group C: genuine messages whose sender or provider spelled addresses, subjects and texts in an
//! odd way. All of it is signed, so nothing of it is a forgery (cases 50, 54 and 82).

use super::sent::{self, Sent};
use super::tools::{stated, with_xml, xml};
use super::vector::{Critical, DELIVERY, Group, High, Medium, Vector};
use crate::support::receipt::{IDENTIFIER, Kind, RECIPIENT, Receipt};
use crate::support::world;

const C: Group = Group("c-message");

pub fn all() -> Vec<Vector> {
    [
        recipients(),
        senders(),
        providers(),
        phrases(),
        subjects(),
        labels(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// "posta-città.example", as certificates write it (RFC 5890, 2.3.2.1).
const INTERNATIONAL: &str = "xn--posta-citt-q4a.example";

/// The trust file of the suite, with that host in the place of the recipient's provider.
pub fn trust_of_an_international_host() -> String {
    world::trust_file().replace(world::RECEIVING.host, INTERNATIONAL)
}

/// From in the letters of a domain, the certificate in its A-labels.
fn labels() -> Vec<Vector> {
    const TRUST: &[&str] = &["--trust", "../../pki/trust-international.toml"];
    let from = |value: &str| {
        let receipt = Receipt::with(Kind::Delivery, |receipt| {
            receipt.provider.host = INTERNATIONAL;
            receipt.certificate = receipt.provider.certificate().renumbered("international");
        });
        let message = receipt.message().header(|header| {
            header.set("From", value);
        });
        message.to_eml()
    };
    let in_letters = "posta-certificata@posta-citt\u{e0}.example";
    let genuine = |name, text, value: &str| {
        C.genuine(name)
            .case(57, Medium)
            .because(text)
            .with_only(TRUST)
            .message(from(value))
            .absent("header.from")
    };
    vec![
        genuine(
            "from-in-a-labels",
            "The provider's domain has letters beyond ASCII. From is written as in the \
             certificate, in A-labels.",
            &format!("posta-certificata@{INTERNATIONAL}"),
        ),
        genuine(
            "from-in-u-labels",
            "The same receipt with the domain of From in its own letters (RFC 6532): the same \
             address.",
            in_letters,
        ),
        C.not_genuine("from-in-u-labels-of-another-domain", "header.from")
            .case(57, High)
            .because("The same with another accent: another domain.")
            .with_only(TRUST)
            .message(from("posta-certificata@posta-citt\u{e1}.example"))
            .twin_vector("from-in-u-labels")
            .twin_with(TRUST),
        C.not_genuine("from-in-letters-of-another-script", "header.from")
            .case(57, High)
            .because("The same with a Cyrillic letter that looks like a Latin one.")
            .with_only(TRUST)
            .message(from("posta-certificata@post\u{430}-citt\u{e0}.example"))
            .twin_vector("from-in-u-labels")
            .twin_with(TRUST),
    ]
}

/// The delivery receipt of the message with another line in its own header.
fn with_line(name: &'static str, value: &str) -> Vec<u8> {
    stated(|receipt| {
        let mut sent: Sent = sent::base();
        if name == "To" {
            sent.header.remove("Cc");
        }
        sent.header.set(name, value);
        receipt.original = Some(sent.delivered(IDENTIFIER));
    })
}

fn recipients() -> Vec<Vector> {
    let same = |name, text, value: &str| {
        C.genuine(name)
            .case(50, High)
            .because(text)
            .message(with_line("To", value))
    };
    let plain = |name, text, value: &str| same(name, text, value).absent("original.recipient");
    vec![
        same(
            "recipient-with-a-quoted-local-part",
            "The sender's To writes the part before @ in quotation marks.",
            "\"ufficio\"@pec.destinatario.example",
        ),
        same(
            "recipient-with-blanks-around-the-at",
            "The sender's To has blanks around @.",
            "ufficio @ pec.destinatario.example",
        ),
        same(
            "recipient-as-a-link",
            "The sender's To has mailto: before the address.",
            "<mailto:ufficio@pec.destinatario.example>",
        ),
        same(
            "recipient-without-brackets",
            "The sender's To has a name and an address without brackets.",
            "Ufficio Protocollo ufficio@pec.destinatario.example",
        ),
        same(
            "recipients-parted-by-a-blank",
            "The sender's To has two addresses with a blank between them.",
            "collega@posta.example ufficio@pec.destinatario.example",
        ),
        same(
            "recipients-parted-by-a-semicolon",
            "The sender's To has a semicolon between two addresses, as some \
             programs show them.",
            "collega@posta.example; ufficio@pec.destinatario.example",
        ),
        same(
            "recipient-quoted-in-brackets",
            "The sender's To has quotation marks inside the brackets.",
            "<\"ufficio@pec.destinatario.example\">",
        ),
        same(
            "recipient-with-a-route",
            "The sender's To has a route before the address (RFC 822, 6.1).",
            "<@relay.example:ufficio@pec.destinatario.example>",
        ),
        plain(
            "recipient-with-a-name-of-commas",
            "The sender's To has a quoted name with a comma and a comment.",
            "\"Rossi, Mario\" (prot., gen.) <ufficio@pec.destinatario.example>",
        ),
        plain(
            "recipient-in-a-group",
            "The sender's To has the address in a group.",
            "Uffici: ufficio@pec.destinatario.example, x@posta.example;",
        ),
        same(
            "recipient-in-square-brackets",
            "The sender's To has the address in square brackets after its type, as \
             one mail server writes it.",
            "[SMTP:ufficio@pec.destinatario.example]",
        )
        .finding("original.recipient.not-addressed doubt"),
        same(
            "recipient-with-a-name-and-square-brackets",
            "The sender's To has a quoted name and the address in square brackets.",
            "\"Ufficio\" [ufficio@pec.destinatario.example]",
        )
        .finding("original.recipient.not-addressed doubt"),
        same(
            "recipient-with-a-point-at-the-end",
            "The sender's To has a point after the domain.",
            "ufficio@pec.destinatario.example.",
        )
        .finding("original.recipient.not-addressed doubt"),
        in_two_spellings("ufficio@città.example", "ufficio@xn--citt-3na.example")
            .because(
                "The recipient's domain has an accent. It is written so in one \
                 element of the data, and as its A-label in the other and in the \
                 message inside: one address.",
            )
            .absent("original.recipient")
            .finding("address.lookalike note"),
        C.not_genuine(
            "recipient-without-its-accent",
            "original.recipient.unlisted",
        )
        .case(80, High)
        .because(
            "The domain of the recipient in consegna has no accent, and that \
                 among the recipients has one: another address.",
        )
        .message(spelt("ufficio@città.example", "ufficio@citta.example")),
        C.not_genuine(
            "recipient-of-another-clear-address",
            "original.recipient.not-addressed",
        )
        .case(50, High)
        .because(
            "The sender's To and Cc name other people only, in a spelling that \
                 every program reads the same.",
        )
        .message(with_line("To", "Altri <altri@pec.destinatario.example>")),
    ]
}

fn in_two_spellings(listed: &'static str, delivered: &'static str) -> Vector {
    C.genuine("recipient-with-an-accent-in-two-spellings")
        .case(80, High)
        .message(spelt(listed, delivered))
}

/// A delivery to an address that daticert.xml spells in one way among the recipients, and in another
/// where it says for whom it is; so does the message inside.
fn spelt(listed: &'static str, delivered: &'static str) -> Vec<u8> {
    stated(|receipt| {
        receipt.daticert.recipients[0].0 = listed.into();
        receipt.daticert.delivered_to = Some(delivered.into());
        let mut sent = sent::base();
        sent.header.set("To", delivered);
        receipt.original = Some(sent.delivered(IDENTIFIER));
    })
}

fn senders() -> Vec<Vector> {
    let same = |name, text, value: &str| {
        C.genuine(name)
            .case(54, High)
            .because(text)
            .message(with_line("From", value))
    };
    vec![
        same(
            "sender-with-a-quoted-local-part",
            "The sender's From writes the part before @ in quotation marks.",
            "\"studio\"@pec.mittente.example",
        ),
        same(
            "sender-with-a-name-of-commas",
            "The sender's From has a name with commas and no quotation marks.",
            "Rossi, Bianchi & C. <studio@pec.mittente.example>",
        ),
        same(
            "sender-with-a-comment",
            "The sender's From has the name in a comment.",
            "studio@pec.mittente.example (Studio)",
        )
        .absent("original.sender"),
        same(
            "sender-without-brackets",
            "The sender's From has a name and an address without brackets.",
            "Studio Legale studio@pec.mittente.example",
        ),
        same(
            "sender-with-a-point-at-the-end",
            "The sender's From has a point after the domain.",
            "studio@pec.mittente.example.",
        )
        .finding("original.sender doubt"),
    ]
}

/// The provider's own words, in its own spelling.
fn providers() -> Vec<Vector> {
    let same = |name, text, element: &str, value: &str| {
        let old = match element {
            "consegna" => format!("<consegna>{RECIPIENT}<"),
            _ => "<mittente>studio@pec.mittente.example<".to_owned(),
        };
        C.genuine(name)
            .case(0, High)
            .because(text)
            .message(with_xml(xml(&old, &format!("<{element}>{value}<"))))
            .absent("original.sender")
            .absent("original.recipient")
    };
    vec![
        same(
            "data-sender-in-brackets",
            "mittente in daticert.xml has the address in angle brackets.",
            "mittente",
            "&lt;studio@pec.mittente.example&gt;",
        ),
        same(
            "data-sender-with-a-name",
            "mittente in daticert.xml has a name before the address.",
            "mittente",
            "Studio &lt;studio@pec.mittente.example&gt;",
        ),
        same(
            "data-recipient-in-brackets",
            "consegna in daticert.xml has the address in angle brackets.",
            "consegna",
            "&lt;ufficio@pec.destinatario.example&gt;",
        ),
    ]
}

/// Case 82: words that the subject or a denial brings into the text.
fn phrases() -> Vec<Vector> {
    let same = |name, text, octets| {
        C.genuine(name)
            .case(82, High)
            .because(text)
            .message(octets)
            .absent("content.text")
            .absent("content.html")
    };
    let about = |kind, subject: &'static str| {
        Receipt::with(kind, |receipt| {
            receipt.daticert.subject = Some(subject.into());
            if receipt.original.is_some() {
                let mut sent = sent::base();
                sent.header.set("Subject", subject);
                receipt.original = Some(sent.delivered(IDENTIFIER));
            }
        })
        .to_eml()
    };
    vec![
        same(
            "delivery-of-a-forwarded-non-delivery",
            "The subject of the delivered message is that of a notice of \
             non-delivery, and the text quotes it.",
            about(Kind::Delivery, "I: Avviso di mancata consegna"),
        ),
        same(
            "non-delivery-of-a-message-about-a-delivery",
            "The subject of the message that was not delivered speaks of a \
             delivery, and the text quotes it.",
            about(
                Kind::NonDelivery,
                "Il plico e' stato consegnato nella casella di destinazione",
            ),
        ),
        same(
            "non-delivery-that-does-not-seem-to-be-a-delivery",
            "The text of a notice of non-delivery says that the message does not seem \
             to have been delivered, in the words that a delivery receipt has.",
            worded(
                Kind::NonDelivery,
                "\u{e8} stato rilevato",
                "non risulta essere stato correttamente consegnato: \u{e8} stato rilevato",
            ),
        ),
        same(
            "notice-that-denies-at-some-distance",
            "The text of a notice after 12 hours says that the message was not yet \
             delivered, with a word between.",
            worded(
                Kind::NoticeAfter12Hours,
                "non \u{e8} stato consegnato nelle",
                "non \u{e8} ancora stato consegnato nella casella nelle",
            ),
        ),
        C.genuine("delivery-that-speaks-of-a-refusal")
            .case(82, Critical)
            .because(
                "The readable text of a delivery receipt says that the message was \
                 refused. The signed data say that it was delivered, and they count.",
            )
            .message(worded(
                Kind::Delivery,
                "\u{e8} stato correttamente consegnato al destinatario.",
                "\u{e8} stato rifiutato dal sistema.",
            ))
            .finding("content.text.contradiction doubt")
            .absent("content.html")
            .fact("kind", "avvenuta-consegna")
            .twin(DELIVERY),
        C.genuine("delivery-that-speaks-of-a-refusal-in-html")
            .case(82, Critical)
            .because("The same in the HTML text alone, which mail programs show first.")
            .message({
                let mut receipt = Receipt::new(Kind::Delivery);
                let html = receipt.html.as_mut().expect("a text in HTML");
                let old = "stato correttamente consegnato al destinatario";
                assert!(html.contains(old), "the text has no {old}");
                *html = html.replacen(old, "stato rifiutato dal sistema", 1);
                receipt.to_eml()
            })
            .finding("content.html.contradiction doubt")
            .absent("content.text")
            .twin(DELIVERY),
        C.genuine("non-delivery-that-speaks-of-a-delivery")
            .case(82, Critical)
            .because(
                "The readable text of a notice of non-delivery says that the message was \
                 delivered.",
            )
            .message(worded(
                Kind::NonDelivery,
                "\u{e8} stato rilevato il seguente errore.",
                "\u{e8} stato correttamente consegnato.",
            ))
            .finding("content.text.contradiction doubt")
            .fact("kind", "errore-consegna")
            .twin("errore-consegna"),
        C.genuine("non-delivery-that-speaks-of-a-delivery-too")
            .case(82, High)
            .because(
                "The text of a notice of non-delivery says in a sentence of its own \
                 that the message was delivered, after one with a not in it.",
            )
            .message(worded(
                Kind::NonDelivery,
                "\u{e8} stato rilevato",
                "non era urgente. Esso \u{e8} stato correttamente consegnato. \u{c8} stato rilevato",
            ))
            .finding("content.text.contradiction doubt")
            .twin("errore-consegna"),
        same(
            "notice-that-denies-in-the-words-of-a-delivery",
            "The text of a notice after 24 hours says that the message was not \
             delivered, in the words that a delivery receipt has without the not.",
            worded(
                Kind::NoticeAfter24Hours,
                "stato consegnato nelle prime ventiquattro ore",
                "stato consegnato nella casella di destinazione nelle prime \
                 ventiquattro ore",
            ),
        ),
    ]
}

/// A message of this kind with other words in its text.
fn worded(kind: Kind, old: &str, new: &str) -> Vec<u8> {
    let mut receipt = Receipt::new(kind);
    assert!(receipt.text.contains(old), "the text has no {old}");
    receipt.text = receipt.text.replacen(old, new, 1);
    receipt.to_eml()
}

/// Data without a subject, or with one as mail writes it.
fn subjects() -> Vec<Vector> {
    let data = delivery_subject();
    let same = |name, text, xml: String| {
        C.genuine(name)
            .case(0, Medium)
            .because(text)
            .message(with_xml(xml))
            .absent("header.subject")
            .absent("original.subject")
    };
    vec![
        same(
            "data-with-a-subject-as-mail-encodes-it",
            "oggetto in daticert.xml is an encoded word, copied from the message.",
            xml(
                &data,
                "<oggetto>=?utf-8?Q?Pratica_n=2E_42=3A_richiesta_di_copia?=</oggetto>",
            ),
        ),
        same(
            "data-without-a-subject",
            "daticert.xml has no oggetto, which is optional there; the message has \
             a subject.",
            xml(&format!("        {data}\n"), ""),
        ),
    ]
}

fn delivery_subject() -> String {
    "<oggetto>Pratica n. 42: richiesta di copia</oggetto>".to_owned()
}
