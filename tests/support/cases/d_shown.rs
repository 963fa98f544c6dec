//! Group D: what other programs show of the same file (cases 66 to 70).
//!
//! The signed part is whole and its signature holds. The header around it, or the one of the
//! signature part, is written so that a reader of another make finds another boundary, another
//! sender or a text that nobody signed.

use super::tools::{delivery, find, headed, replaced};
use super::vector::{Critical, DELIVERY, Group, High, Medium, Vector};
use crate::support::receipt::Kind;

const D: Group = Group("d-mime");

/// The signer of the delivery receipt.
const SIGNER: &str = "posta-certificata@gestore-destinatario.example";

pub fn all() -> Vec<Vector> {
    [
        boundaries(),
        delimiters(),
        header_ends(),
        signature_parts(),
        senders(),
        names(),
        subjects(),
        answers(),
        shown_beside(),
        people(),
        fields(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Behind the base64 of the signature: a part for whoever cuts at `--` and this boundary.
fn with_tail(eml: &[u8], boundary: &str, other: &str) -> Vec<u8> {
    let end = format!("\r\n--{boundary}--");
    let forged = format!(
        "\r\n--{other}\r\nContent-Type: text/html\r\n\r\n<b>SENTENZA NOTIFICATA A TUTTI</b>\r\n--{other}--"
    );
    replaced(eml, &end, format!("{forged}{end}"))
}

/// The delivery receipt with this boundary, written in its Content-Type as given, and a forged
/// part for readers that take `other`.
fn cut_elsewhere(boundary: &str, written: &str, other: &str) -> Vec<u8> {
    let mut message = delivery().message();
    message.boundary = boundary.to_owned();
    let eml = with_tail(&message.to_eml(), boundary, other);
    replaced(&eml, format!("boundary=\"{boundary}\""), written)
}

fn boundaries() -> Vec<Vector> {
    let refused = |name, text, octets| {
        D.cannot_tell(name, "structure.boundary.odd")
            .case(68, Critical)
            .because(text)
            .message(octets)
    };
    vec![
        refused(
            "boundary-behind-a-comment-with-a-semicolon",
            "A comment of the outer type holds another boundary. Readers that do not \
             know comments cut there.",
            cut_elsewhere("vero", "x=y (; boundary=a:b; z=); boundary=\"vero\"", "a:b"),
        ),
        refused(
            "boundary-inside-another-parameter",
            "A quoted parameter holds a semicolon and another boundary: readers that \
             do not unquote cut there.",
            cut_elsewhere("vero", "x=\"; boundary=altro\"; boundary=\"vero\"", "altro"),
        ),
        refused(
            "boundary-behind-a-parameter-with-a-backslash",
            "A quoted parameter ends in a backslash that is itself quoted: readers \
             that take it for a quoted quote read on to another boundary.",
            cut_elsewhere(
                "vero",
                "x=\"\\\\\"; boundary=\"vero\"; y=\";boundary=a:b; z=\"",
                "a:b",
            ),
        ),
        refused(
            "boundary-as-an-encoded-word",
            "The boundary is an encoded word, which some readers decode.",
            cut_elsewhere(
                "=?utf-8?Q?vero42?=",
                "boundary=\"=?utf-8?Q?vero42?=\"",
                "vero42",
            ),
        ),
        refused(
            "boundary-unquoted-with-a-comma",
            "A comma in the boundary, which is not quoted: it ends there for some.",
            cut_elsewhere("vero,42", "boundary=vero,42", "vero"),
        ),
        refused(
            "boundary-unquoted-with-a-colon-first",
            "A colon at the beginning of the boundary, which is not quoted.",
            cut_elsewhere(":vero42", "boundary=:vero42", ""),
        ),
        refused(
            "boundary-with-apostrophes",
            "The boundary has the form that RFC 2231 gives to coded values.",
            cut_elsewhere("utf-8''vero42", "boundary=utf-8''vero42", "vero42"),
        ),
        refused(
            "boundary-folded-inside",
            "The quoted boundary is folded: readers drop the line end, the blank, or \
             neither.",
            cut_elsewhere("vero  42", "boundary=\"vero\r\n  42\"", "vero"),
        ),
        refused(
            "blank-before-the-slash-of-the-type",
            "A blank stands before the slash: for some readers this is no multipart, \
             and they show the source.",
            replaced(
                &delivery().to_eml(),
                "multipart/signed",
                "multipart /signed",
            ),
        ),
        refused(
            "line-separator-in-a-parameter",
            "U+2028 in a parameter: a line end for some readers.",
            replaced(
                &delivery().to_eml(),
                "multipart/signed;",
                "multipart/signed; x=a\u{2028}boundary=altro;",
            ),
        )
        .any_headline(),
        D.genuine("type-as-another-program-writes-it")
            .case(68, High)
            .because(
                "The outer type in another plain form: unquoted, in capitals, folded \
                 between parameters, a semicolon at its end.",
            )
            .message({
                let mut message = delivery().message();
                message.boundary = "----=.Parte-1_2+3".into();
                let eml = message.to_eml();
                let eml = replaced(&eml, "multipart/signed;", "Multipart/Signed;\r\n\t");
                let boundary = format!("boundary=\"{}\"", message.boundary);
                replaced(&eml, boundary, "BOUNDARY=\"----=.Parte-1_2+3\";")
            })
            .absent("structure.boundary")
            .absent("header.ambiguous")
            .twin(DELIVERY),
    ]
}

fn delimiters() -> Vec<Vector> {
    let eml = |other: &str| {
        let mut message = delivery().message();
        message.boundary = "----=_confine42".into();
        with_tail(&message.to_eml(), "----=_confine42", other)
    };
    vec![
        D.cannot_tell("delimiter-in-other-capitals", "structure.boundary")
            .case(66, Critical)
            .because(
                "Behind the signature stand delimiter lines that differ in capitals \
                 only: some readers take them for delimiters.",
            )
            .message(eml("----=_CONFINE42")),
        D.genuine("delimiter-of-another-multipart")
            .case(66, High)
            .because(
                "The same with delimiter lines of another boundary: text behind the \
                 signature, which nobody signed.",
            )
            .message(eml("----=_altro77"))
            .finding("structure.unsigned-text.signature doubt")
            .absent("structure.boundary")
            .twin(DELIVERY),
        D.cannot_tell("encoding-of-the-whole-message", "structure.encoding.outer")
            .case(72, High)
            .because(
                "The header states base64 for the whole message, which RFC 2045, 6.4 \
                 forbids: readers that decode it see something else.",
            )
            .message(headed(Kind::Delivery, |header| {
                header.add("Content-Transfer-Encoding", "base64");
            })),
        D.genuine("encoding-that-changes-nothing")
            .case(72, Medium)
            .because("The header states 7bit for the whole message: nothing to undo.")
            .message(headed(Kind::Delivery, |header| {
                header.add("Content-Transfer-Encoding", "7bit");
            }))
            .absent("structure.encoding")
            .twin(DELIVERY),
        D.genuine("sentence-of-another-program-before-the-parts")
            .case(66, Medium)
            .because("What many programs write before the first part.")
            .message(replaced(
                &delivery().to_eml(),
                "This is an S/MIME signed message",
                "This is a multi-part message in MIME format.",
            ))
            .absent("structure.unsigned-text")
            .twin(DELIVERY),
        D.genuine("text-before-the-parts-that-looks-like-the-sentence")
            .case(66, High)
            .because(
                "One short line before the first part that holds the words of the usual \
                 sentence and says something else.",
            )
            .message(replaced(
                &delivery().to_eml(),
                "This is an S/MIME signed message",
                "This is not a signed message: consegnato a vittima@altrove.example",
            ))
            .finding("structure.unsigned-text doubt")
            .twin(DELIVERY),
    ]
}

/// Some readers end the header at a field with a blank before its colon.
fn header_ends() -> Vec<Vector> {
    let eml = delivery().to_eml();
    vec![
        D.cannot_tell(
            "blank-before-the-colon-of-the-type",
            "header.ambiguous.blank",
        )
        .case(66, Critical)
        .because("A blank stands before the colon of Content-Type.")
        .any_headline()
        .message(replaced(
            &eml,
            "Content-Type: multipart/signed",
            "Content-Type : multipart/signed",
        )),
        D.cannot_tell(
            "blank-before-the-colon-of-an-earlier-field",
            "header.ambiguous.blank",
        )
        .case(66, Critical)
        .because(
            "A field with a blank before its colon stands before Content-Type: for \
                 some readers the header ends there, and they show its text.",
        )
        .message(replaced(
            &eml,
            "Content-Type: multipart/signed",
            "Esito : SENTENZA NOTIFICATA\r\nContent-Type: multipart/signed",
        )),
        D.genuine("blank-before-the-colon-of-a-later-field")
            .case(66, Medium)
            .because("The same behind Content-Type: odd, but the type was read.")
            .message({
                let place = find(&eml, b"This is an S/MIME") - 2;
                [&eml[..place], b"X-Nota : 1\r\n", &eml[place..]].concat()
            })
            .finding("header.ambiguous.blank doubt")
            .twin(DELIVERY),
    ]
}

fn signature_parts() -> Vec<Vector> {
    let eml = delivery().to_eml();
    let start = find(&eml, b"Content-Type: application/x-pkcs7-signature");
    let (before, part) = eml.split_at(start);
    let rewritten = |old: &str, new: &str| [before, &replaced(part, old, new)].concat();
    let refused = |name, text, octets| {
        D.cannot_tell(name, "structure.form.odd")
            .case(70, Critical)
            .because(text)
            .message(octets)
    };
    let doubted = |name, text, octets| {
        D.genuine(name)
            .case(70, High)
            .because(text)
            .message(octets)
            .finding("structure.unsigned-text.name doubt")
            .twin(DELIVERY)
    };
    vec![
        refused(
            "signature-type-with-a-comment",
            "The type of the signature part has a comment in it: some readers take it \
             for a text and show it.",
            rewritten("application/", "application(text/plain;)/"),
        ),
        refused(
            "signature-type-with-blanks",
            "The type of the signature part has blanks around the slash.",
            rewritten("application/", "application / "),
        ),
        doubted(
            "signature-with-a-name-that-speaks",
            "The signature part is called as nobody calls it, and programs list it by \
             that name.",
            rewritten(
                "filename=\"smime.p7s\"",
                "filename=\"CONSEGNATO a tutti.txt\"",
            ),
        ),
        doubted(
            "signature-with-a-description-that-speaks",
            "The signature part has a description that no provider writes.",
            rewritten(
                "Content-Transfer-Encoding: base64\r\n",
                "Content-Transfer-Encoding: base64\r\nContent-Description: consegnato a tutti\r\n",
            ),
        ),
        doubted(
            "message-with-a-name-that-speaks",
            "The outer header gives the whole message a file name.",
            headed(Kind::Delivery, |header| {
                header.add(
                    "Content-Disposition",
                    "inline; filename=\"consegnato a tutti.txt\"",
                );
            }),
        ),
        D.genuine("signature-with-the-usual-description")
            .case(70, Medium)
            .because("The signature part is described as several providers describe it.")
            .message(rewritten(
                "Content-Transfer-Encoding: base64\r\n",
                "Content-Transfer-Encoding: base64\r\n\
                 Content-Description: S/MIME Cryptographic Signature\r\n",
            ))
            .absent("structure.unsigned-text")
            .twin(DELIVERY),
    ]
}

/// From is one plain mailbox.
fn senders() -> Vec<Vector> {
    let with = |from: String| {
        headed(Kind::Delivery, |header| {
            header.set("From", &from);
        })
    };
    let refused = |name, text, from| {
        D.not_genuine(name, "header.from.group")
            .case(48, Critical)
            .because(text)
            .message(with(from))
    };
    let unsure = |name, text, from| {
        D.cannot_tell(name, "header.from.odd")
            .case(48, High)
            .because(text)
            .message(with(from))
    };
    vec![
        refused(
            "from-as-a-group-with-an-address-as-its-name",
            "From is a group whose name is another address. Some programs show that \
             one and nothing else.",
            format!("direzione@altrove.example: {SIGNER};"),
        ),
        refused(
            "from-as-a-group",
            "From is a group, which certified mail never has.",
            format!("Tribunale: {SIGNER};"),
        ),
        unsure(
            "from-with-empty-brackets",
            "From has a second, empty pair of brackets.",
            format!("<> <{SIGNER}>"),
        ),
        unsure(
            "from-with-a-comment",
            "From has a comment behind the signer's address, which some programs show.",
            format!("{SIGNER} (Tribunale di Roma)"),
        ),
        D.not_genuine(
            "from-with-a-comment-that-names-another",
            "header.display-name.stranger",
        )
        .case(48, Critical)
        .because("The comment is another address.")
        .message(with(format!("{SIGNER} (direzione@altrove.example)"))),
        unsure(
            "from-with-an-open-bracket",
            "The bracket around the address is not closed.",
            format!("<{SIGNER}"),
        ),
        D.genuine("from-in-brackets")
            .case(48, Medium)
            .because("The signer's address in brackets, as many programs write it.")
            .message(with(format!("<{SIGNER}>")))
            .absent("header.from")
            .absent("header.display-name")
            .twin(DELIVERY),
    ]
}

/// Names that are shown instead of an address.
fn names() -> Vec<Vector> {
    let receipt = |name: &str| {
        let from = format!("{name} <{SIGNER}>");
        headed(Kind::Delivery, |header| {
            header.set("From", &from);
        })
    };
    let envelope = |name: &str| {
        let from = format!("\"{name}\" <posta-certificata@gestore-mittente.example>");
        headed(Kind::Envelope, |header| {
            header.set("From", &from);
        })
    };
    let refused = |name, text, octets| {
        D.not_genuine(name, "header.display-name.stranger")
            .case(48, Critical)
            .because(text)
            .message(octets)
    };
    let doubted = |name, finding, text, octets| {
        D.genuine(name)
            .case(48, High)
            .because(text)
            .message(octets)
            .finding(finding)
    };
    vec![
        refused(
            "name-of-another-with-a-wide-sign",
            "The name of a receipt is another address, with a full-width sign.",
            receipt("=?utf-8?B?ZGlyZXppb25l77ygYWx0cm92ZS5leGFtcGxl?="),
        ),
        refused(
            "name-of-another-with-at-in-brackets",
            "The name of a receipt is another address, with (at) for the sign.",
            receipt("\"direzione (at) altrove.example\""),
        ),
        doubted(
            "name-on-a-receipt",
            "header.display-name.receipt doubt",
            "A receipt with a name beside its address, which receipts do not have.",
            receipt("\"Tribunale di Roma\""),
        )
        .twin(DELIVERY),
        D.genuine("address-as-its-own-name")
            .case(48, Medium)
            .because("The name of a receipt is its address, as some gateways write it.")
            .message(receipt(&format!("\"{SIGNER}\"")))
            .absent("header.display-name")
            .twin(DELIVERY),
        refused(
            "name-of-another-before-the-sender",
            "The name of an envelope begins with a stranger and ends with the sender.",
            envelope("direzione@altrove.example per conto di: studio@pec.mittente.example"),
        )
        .twin("posta-certificata"),
        doubted(
            "name-with-more-than-the-sender",
            "header.display-name doubt",
            "The name of an envelope says more than for whom it speaks.",
            envelope("Tribunale di Roma per conto di: studio@pec.mittente.example"),
        )
        .twin("posta-certificata"),
    ]
}

/// The first word of the subject is the only mark of the kind that programs show.
fn subjects() -> Vec<Vector> {
    let headed_as = |kind, subject: &str| {
        headed(kind, |header| {
            header.set("Subject", subject);
        })
    };
    let refused = |name, text, octets| {
        D.not_genuine(name, "header.subject.kind")
            .case(48, Critical)
            .because(text)
            .message(octets)
            .twin("accettazione")
    };
    let doubted = |name, text, octets| {
        D.genuine(name)
            .case(48, High)
            .because(text)
            .message(octets)
            .finding("header.subject doubt")
            .twin("accettazione")
    };
    vec![
        refused(
            "subject-with-the-word-of-a-delivery",
            "The subject of an acceptance begins with the word of a delivery.",
            headed_as(
                Kind::Acceptance,
                "CONSEGNA: Pratica n. 42: richiesta di copia",
            ),
        ),
        refused(
            "subject-with-that-word-in-two-pieces",
            "The same, split inside the word over two encoded words.",
            headed_as(
                Kind::Acceptance,
                "=?utf-8?Q?CONSE?= =?utf-8?Q?GNA=3A_Pratica_n=2E_42=3A_richiesta_di_copia?=",
            ),
        ),
        refused(
            "subject-with-that-word-behind-blanks",
            "The same behind encoded blanks.",
            headed_as(
                Kind::Acceptance,
                "=?utf-8?Q?_=C2=A0CONSEGNA=3A?= Pratica n. 42: richiesta di copia",
            ),
        ),
        refused(
            "envelope-with-the-word-of-a-delivery",
            "The subject of an envelope begins with the word of a delivery.",
            headed_as(
                Kind::Envelope,
                "CONSEGNA: Pratica n. 42: richiesta di copia",
            ),
        )
        .twin("posta-certificata"),
        doubted(
            "subject-of-a-virus-that-was-none",
            "The subject of a non-delivery notice speaks of a virus, the signed data do not.",
            headed_as(
                Kind::NonDelivery,
                "AVVISO DI MANCATA CONSEGNA PER VIRUS: Pratica n. 42: richiesta di copia",
            ),
        )
        .twin("errore-consegna"),
        doubted(
            "subject-that-breaks-its-line",
            "The subject is the certified one, with a line end for a blank: a program \
             that decodes it before it looks for lines shows another field.",
            headed_as(
                Kind::Acceptance,
                "ACCETTAZIONE: Pratica =?utf-8?Q?n=2E=0A42=3A?= richiesta di copia",
            ),
        ),
        doubted(
            "subject-in-a-character-set-that-few-know",
            "An encoded word in a character set without ASCII, which some programs \
             show as other text.",
            headed_as(
                Kind::Acceptance,
                "=?cp037?Q?ACCETTAZIONE=3A?= Pratica n. 42: richiesta di copia",
            ),
        ),
        doubted(
            "subject-with-a-mark-of-a-gateway",
            "A gateway put its mark before the subject, which goes on as it should.",
            headed_as(
                Kind::Acceptance,
                "[EXTERNAL] ACCETTAZIONE: Pratica n. 42: richiesta di copia",
            ),
        ),
        doubted(
            "subject-with-the-right-word-and-another-text",
            "The subject begins with the right word and goes on with another text.",
            headed_as(Kind::Acceptance, "ACCETTAZIONE: CONSEGNA: Sentenza n. 1"),
        ),
        doubted(
            "subject-twice-of-two-kinds",
            "The subject stands twice, once with the word of another kind.",
            headed(Kind::Acceptance, |header| {
                header.add("Subject", "CONSEGNA: Pratica n. 42: richiesta di copia");
            }),
        ),
    ]
}

/// Nobody but the sender is to be answered.
fn answers() -> Vec<Vector> {
    let answered = |address: &str| {
        headed(Kind::Delivery, |header| {
            header.add("Reply-To", address);
        })
    };
    vec![
        D.genuine("receipt-with-another-reply-to")
            .case(48, High)
            .because("A receipt with a Reply-To of somebody else.")
            .message(answered("truffa@posta.example"))
            .finding("header.reply-to doubt")
            .twin(DELIVERY),
        D.genuine("receipt-with-a-group-as-reply-to")
            .case(48, High)
            .because("A receipt with a Reply-To that is a group around the signer.")
            .message(answered(&format!("truffa@posta.example: {SIGNER};")))
            .finding("header.reply-to doubt")
            .twin(DELIVERY),
        D.genuine("receipt-with-the-signer-as-reply-to")
            .case(48, Medium)
            .because("A receipt with a Reply-To that is the signer's address.")
            .message(answered(SIGNER))
            .absent("header.reply-to")
            .twin(DELIVERY),
    ]
}

/// The header of the signature part, as other readers take it.
fn shown_beside() -> Vec<Vector> {
    let eml = delivery().to_eml();
    let start = find(&eml, b"Content-Type: application/x-pkcs7-signature");
    let (before, part) = eml.split_at(start);
    let rewritten = |old: &str, new: &str| [before, &replaced(part, old, new)].concat();
    let doubted = |name, text, old: &str, new: &str| {
        D.genuine(name)
            .case(70, High)
            .because(text)
            .message(rewritten(old, new))
            .finding("structure.unsigned-text.name doubt")
            .twin(DELIVERY)
    };
    let name = "filename=\"smime.p7s\"";
    vec![
        D.cannot_tell(
            "signature-behind-a-line-of-blanks",
            "header.ambiguous.signature-part",
        )
        .case(70, Critical)
        .because(
            "A line of blanks in the header of the signature part: for some \
                 readers the header ends there, and they show the text behind it.",
        )
        .message(rewritten(
            "Content-Type:",
            "X-A: b\r\n \r\nSENTENZA NOTIFICATA: a tutti\r\nContent-Type:",
        )),
        D.cannot_tell(
            "signature-behind-a-control-character",
            "header.ambiguous.signature-part",
        )
        .case(70, High)
        .because("A field of the signature part has a control character.")
        .message(rewritten("Content-Type:", "X-A: b\u{1}c\r\nContent-Type:")),
        D.cannot_tell(
            "signature-behind-a-line-without-a-colon",
            "header.ambiguous.signature-part",
        )
        .case(70, High)
        .because("A line in the header of the signature part is no field.")
        .message(rewritten("Content-Type:", "Testo\r\nContent-Type:")),
        doubted(
            "signature-whose-type-has-another-name",
            "The type of the signature states another name than its disposition, which is \
             as all providers write it.",
            "; name=\"smime.p7s\"",
            "; name=\"consegnato a tutti.pdf\"",
        ),
        doubted(
            "signature-with-two-names",
            "The disposition of the signature states two names; some readers take the \
             second.",
            name,
            "filename=\"smime.p7s\"; filename=\"consegnato a tutti.pdf\"",
        ),
        doubted(
            "signature-with-a-coded-name",
            "The disposition states a second name in the form of RFC 2231.",
            name,
            "filename=\"smime.p7s\"; filename*=utf-8''consegnato.pdf",
        ),
        doubted(
            "signature-with-an-odd-disposition",
            "A parameter with a blank in it stands before the name.",
            name,
            "x=y z; filename=\"consegnato a tutti.pdf\"",
        ),
        doubted(
            "signature-with-a-name-in-another-field",
            "Content-Location names the part for readers that find no other name.",
            "Content-Transfer-Encoding: base64\r\n",
            "Content-Transfer-Encoding: base64\r\nContent-Location: consegnato.pdf\r\n",
        ),
        doubted(
            "signature-with-a-name-among-the-parameters-of-its-type",
            "The type has a parameter filename, where some readers look for the name.",
            "; name=\"smime.p7s\"",
            "; name=\"smime.p7s\"; filename=consegnato.pdf",
        ),
    ]
}

/// To, Cc, Bcc and Sender.
fn people() -> Vec<Vector> {
    let to = |kind, name: &'static str, value: &str| {
        headed(kind, |header| {
            match header.0.iter().any(|(other, _)| other == name) {
                true => header.set(name, value),
                false => header.add(name, value),
            };
        })
    };
    let doubted = |name, finding, text, octets| {
        D.genuine(name)
            .case(48, High)
            .because(text)
            .message(octets)
            .finding(finding)
            .twin(DELIVERY)
    };
    let sender = "studio@pec.mittente.example";
    vec![
        doubted(
            "to-as-a-group-with-an-address-as-its-name",
            "header.to doubt",
            "To of a receipt is a group whose name is another address.",
            to(
                Kind::Delivery,
                "To",
                &format!("altri@altrove.example: {sender};"),
            ),
        ),
        doubted(
            "to-with-the-name-of-another",
            "header.to doubt",
            "The name beside the sender in To is another address.",
            to(
                Kind::Delivery,
                "To",
                &format!("\"altri@altrove.example\" <{sender}>"),
            ),
        ),
        doubted(
            "copy-on-a-receipt",
            "header.to doubt",
            "A receipt with a Cc, which receipts do not have.",
            to(Kind::Delivery, "Cc", "tribunale@giustizia.example"),
        ),
        doubted(
            "hidden-copy-on-a-receipt",
            "header.to doubt",
            "A receipt with a Bcc.",
            to(Kind::Delivery, "Bcc", "tribunale@giustizia.example"),
        ),
        doubted(
            "sender-as-a-group",
            "header.sender doubt",
            "Sender is a group around the signer, with another address as its name.",
            to(
                Kind::Delivery,
                "Sender",
                &format!("altri@altrove.example: {SIGNER};"),
            ),
        ),
        D.genuine("sender-written-as-from")
            .case(48, Medium)
            .because("Sender of an envelope is written as From, with the name in it.")
            .message(headed(Kind::Envelope, |header| {
                let from = header.0.iter().find(|(name, _)| name == "From");
                let from = from.expect("From").1.clone();
                header.add("Sender", from);
            }))
            .absent("header.sender")
            .twin("posta-certificata"),
        doubted(
            "reply-to-of-the-signer-with-the-name-of-another",
            "header.reply-to doubt",
            "Reply-To is the signer's address with another one as its name.",
            to(
                Kind::Delivery,
                "Reply-To",
                &format!("\"altri@altrove.example\" <{SIGNER}>"),
            ),
        ),
        doubted(
            "name-in-an-empty-encoded-word",
            "header.display-name.receipt doubt",
            "From has a name in an encoded word of an unknown character set and \
             without text: some programs show it as it stands.",
            to(
                Kind::Delivery,
                "From",
                &format!("=?Tribunale-di-Roma?Q??= <{SIGNER}>"),
            ),
        ),
        D.genuine("to-with-the-name-of-the-sender")
            .case(48, Medium)
            .because("To of a receipt has a name without an address, as directories write it.")
            .message(to(
                Kind::Delivery,
                "To",
                &format!("\"Studio Mittente\" <{sender}>"),
            ))
            .absent("header.to")
            .twin(DELIVERY),
    ]
}

/// Other fields of the outer header.
fn fields() -> Vec<Vector> {
    let doubted = |name, finding, text, octets| {
        D.genuine(name)
            .case(66, High)
            .because(text)
            .message(octets)
            .finding(finding)
            .twin(DELIVERY)
    };
    let dated = |value: &str| {
        headed(Kind::Delivery, |header| {
            header.set("Date", value);
        })
    };
    vec![
        doubted(
            "date-behind-a-comment",
            "header.date doubt",
            "A comment with another date stands before the date.",
            dated("(Dec 31 2030 23:59:59 +0000) Mon, 4 May 2026 10:15:07 +0200"),
        ),
        doubted(
            "date-with-a-text-behind-it",
            "header.date doubt",
            "A text stands behind the date.",
            dated("Mon, 4 May 2026 10:15:07 +0200 Dec"),
        ),
        D.genuine("date-with-the-name-of-its-zone")
            .case(66, Medium)
            .because("The name of the zone in brackets, as many providers write it.")
            .message(dated("Mon, 4 May 2026 10:15:07 +0200 (CEST)"))
            .absent("header.date")
            .twin(DELIVERY),
        doubted(
            "field-with-a-sign-before-its-name",
            "header.ambiguous.name doubt",
            "A field is called >From, which some readers take for From.",
            headed(Kind::Delivery, |header| {
                header.add(">From", "altri@altrove.example");
            }),
        ),
        D.cannot_tell("type-with-its-name-in-quotes", "header.ambiguous.name")
            .case(66, Critical)
            .because("A second Content-Type with its name in quotes, which some readers take.")
            .message(headed(Kind::Delivery, |header| {
                header.add("\"Content-Type\"", "text/plain");
            })),
    ]
}
