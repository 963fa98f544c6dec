//! Group C of the list of tricks: wrong provider, message, recipient or kind (cases 37 to 61).

use super::sent::{self, HashInput, Sent};
use super::tools::{
    as_part, attached, delivery, file, headed, ordinary_header, plain_part, replaced, stated,
};
use super::vector::{Critical, DELIVERY, Group, High, Low, Medium, Vector};
use crate::support::keys;
use crate::support::message::{Part, multipart};
use crate::support::pki::{self, Certificate};
use crate::support::receipt::{
    COPIED, IDENTIFIER, Kind, ORDINARY, RECIPIENT, Receipt, SENDER, original_part,
};
use crate::support::world::{self};

const C: Group = Group("c-message");

const LIST: &[&str] = &["--providers", "../../providers/igpec.ldif.p7m"];
const SENT: &[&str] = &["--sent", "../../sent/richiesta.eml"];
const OTHER_PAGE: &[&str] = &["--sent", "../../sent/richiesta-altra-pagina.eml"];
const SAME_SUBJECT: &[&str] = &["--sent", "../../sent/richiesta-stesso-oggetto.eml"];

pub fn all() -> Vec<Vector> {
    [
        providers(),
        about(),
        brief(),
        kinds(),
        header(),
        recipients(),
        original(),
        other_things(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Cases 37 and 38: who may attest for whom.
fn providers() -> Vec<Vector> {
    let by_sender = || {
        stated(|receipt| {
            receipt.provider = world::SENDING;
            receipt.certificate = world::SENDING.certificate();
            receipt.daticert.provider = world::SENDING.name.into();
        })
    };
    let acceptance = || {
        Receipt::with(Kind::Acceptance, |receipt| {
            receipt.provider = world::RECEIVING;
            receipt.certificate = world::RECEIVING.certificate();
            receipt.daticert.provider = world::RECEIVING.name.into();
        })
        .to_eml()
    };
    vec![
        C.cannot_tell("delivery-by-the-senders-provider", "provider.domain.other")
            .case(37, Critical)
            .because(
                "The sender's provider attests the delivery; by the list of that \
                 day another provider runs the recipient's domain.",
            )
            .message(by_sender())
            .with(LIST)
            .twin_with(LIST),
        C.genuine("delivery-by-the-senders-provider-without-a-list")
            .case(37, Medium)
            .because(
                "The same, without a list: which provider runs a domain is not in \
                 public data, so it was not decided.",
            )
            .message(by_sender())
            .finding("provider.domain.not-decided note"),
        C.cannot_tell("domain-run-by-another-provider", "provider.domain.other")
            .case(37, High)
            .because(
                "A genuine delivery receipt, judged by a list of that day which \
                 gives the recipient's domain to another provider.",
            )
            .receipt(DELIVERY)
            .with(&[
                "--providers",
                "../../providers/igpec-domain-elsewhere.ldif.p7m",
            ])
            .twin_with(LIST),
        C.cannot_tell(
            "acceptance-by-the-recipients-provider",
            "provider.domain.other",
        )
        .case(38, High)
        .because(
            "The recipient's provider attests that the message was accepted; \
                 by the list of that day the sender's domain is not its own.",
        )
        .message(acceptance())
        .with(LIST)
        .twin("accettazione")
        .twin_with(LIST),
        C.genuine("non-delivery-by-the-senders-provider")
            .case(37, Medium)
            .because(
                "A non-delivery notice signed by the sender's provider, for a \
                 domain that another one runs: when the other provider refuses in \
                 the dialogue, nobody else can write the notice.",
            )
            .message(
                Receipt::with(Kind::NonDelivery, |receipt| {
                    receipt.provider = world::SENDING;
                    receipt.certificate = world::SENDING.certificate();
                    receipt.daticert.provider = world::SENDING.name.into();
                })
                .to_eml(),
            )
            .with(LIST)
            .absent("provider.domain"),
        C.genuine("name-of-another-provider")
            .case(0, Low)
            .because(
                "gestore-emittente names another provider than the certificate. \
                 Providers spell their name freely there; the certificate says who \
                 signed.",
            )
            .message(stated(|receipt| {
                receipt.daticert.provider = world::OTHER.name.into()
            }))
            .finding("provider.name note")
            .twin(DELIVERY),
        C.genuine("domain-run-by-another-provider-by-an-older-list")
            .case(37, Medium)
            .because(
                "A list of fifteen months before gives the recipient's domain to another \
                 provider. A list of another time does not accuse.",
            )
            .receipt(DELIVERY)
            .with(&[
                "--providers",
                "../../providers/igpec-domain-elsewhere-2025.ldif.p7m",
            ])
            .finding("provider.domain.other-time note")
            .twin(DELIVERY)
            .twin_with(LIST),
        C.genuine("domain-that-no-provider-runs")
            .case(37, High)
            .because(
                "The list of that day names the signer, and nobody who runs the \
                 recipient's domain.",
            )
            .message({
                let nowhere = "ufficio@pec.altrove.example";
                Receipt::with(Kind::DeliveryConcise, |receipt| {
                    receipt.daticert.recipients[0].0 = nowhere.into();
                    receipt.daticert.delivered_to = Some(nowhere.into());
                })
                .to_eml()
            })
            .with(LIST)
            .finding("provider.domain.unlisted doubt")
            .twin("avvenuta-consegna-sintetica")
            .twin_with(LIST),
        C.genuine("domains-as-on-the-list")
            .case(37, Medium)
            .because(
                "The list of that day names the signer and gives it the \
                 recipient's domain.",
            )
            .receipt(DELIVERY)
            .with(LIST)
            .absent("provider.domain")
            .absent("provider.listed"),
    ]
}

/// Cases 39, 40, 52, 54, 55: is it about this message?
fn about() -> Vec<Vector> {
    let asked = |name, args| C.genuine(name).with(args).twin(DELIVERY).twin_with(SENT);
    let no = |vector: Vector| vector.result("sent.matches = false").exit(1);
    vec![
        asked("sent-message-is-the-one", SENT)
            .case(39, High)
            .because(
                "The receipt is about the message given: Message-ID, recipients \
                 and content agree.",
            )
            .receipt(DELIVERY)
            .result("sent.matches = true"),
        no(asked("sent-message-is-another-one", SAME_SUBJECT))
            .case(39, Critical)
            .because(
                "The receipt is genuine, but about another message than the one \
                 given; subject, text and attachment are the same, the Message-ID \
                 is not.",
            )
            .receipt(DELIVERY)
            .finding("sent.message.other"),
        no(asked("receipt-of-another-transaction", SENT))
            .case(55, Critical)
            .because(
                "The sender got a genuine receipt for another message with the \
                 same subject and shows it for this one. A subject proves nothing.",
            )
            .message(of_another_transaction())
            .finding("sent.message.other"),
        no(asked("sent-message-with-a-longer-identifier", SENT))
            .case(81, High)
            .because(
                "The Message-ID in the receipt begins like that of the message \
                 given, and goes on. Only equal is equal.",
            )
            .message(of_longer_identifier())
            .finding("sent.message.other"),
        no(asked("delivered-to-nobody-it-was-sent-to", SENT))
            .case(40, Critical)
            .because(
                "The receipt is about the message, but for a recipient whom the \
                 message given does not name.",
            )
            .message(to_somebody_else())
            .finding("sent.recipient"),
        asked("delivery-to-the-other-recipient", SENT)
            .case(40, Medium)
            .because(
                "A delivery to the recipient in copy. It says nothing about the \
                 one in To; the facts name whom it is for.",
            )
            .receipt("avvenuta-consegna-copia")
            .fact("delivered_to", COPIED)
            .result("sent.rule = \"message-id\"")
            .exit(3),
        no(asked("delivered-content-is-another", OTHER_PAGE))
            .case(52, Critical)
            .because(
                "The message given has the same Message-ID, but another page in \
                 its attachment than what was delivered.",
            )
            .receipt(DELIVERY)
            .finding("sent.content.differs"),
        C.not_genuine(
            "sender-is-not-the-author-of-the-original",
            "original.sender",
        )
        .case(54, High)
        .because(
            "The signed data name another sender than the From line of the \
                 message that was delivered.",
        )
        .message(stated(|receipt| {
            receipt.daticert.sender = "altri@pec.mittente.example".into()
        })),
    ]
}

fn of_another_transaction() -> Vec<u8> {
    stated(|receipt| {
        let identifier = "opec1042.20260504111502.01838.311.1.63@gestore-mittente.example";
        receipt.set_time("2026-05-04T09:15:07Z");
        receipt.daticert.identifier = identifier.into();
        receipt.daticert.message_id = Some("<5d02aa10-91cf-43@client.mittente.example>".into());
        receipt.original = Some(sent::twin_of_subject().delivered(identifier));
    })
}

fn of_longer_identifier() -> Vec<u8> {
    let longer = "<0b1f6c2e-77aa-42@client.mittente.example.it>";
    stated(|receipt| {
        let mut sent = sent::base();
        sent.header.set("Message-ID", longer);
        receipt.daticert.message_id = Some(longer.into());
        receipt.original = Some(sent.delivered(IDENTIFIER));
    })
}

fn to_somebody_else() -> Vec<u8> {
    Receipt::with(Kind::DeliveryConcise, |receipt| {
        receipt.daticert.recipients.push((
            "direzione@pec.destinatario.example".into(),
            "certificato".into(),
        ));
        receipt.daticert.delivered_to = Some("direzione@pec.destinatario.example".into());
    })
    .to_eml()
}

/// Cases 41 to 43: hashes in brief receipts.
fn brief() -> Vec<Vector> {
    let hashed = |name, text, input| {
        C.genuine(name)
            .case(42, Medium)
            .because(text)
            .message(brief_of(sent::base().hashed_from(input)))
            .with(SENT)
            .result("sent.matches = true")
    };
    let unreadable = |name, text, change: fn(&str) -> String| {
        C.genuine(name)
            .case(43, Medium)
            .because(text)
            .message(brief_of(sent::base().hashed().with_hash_text(change)))
            .finding("original.hash.malformed doubt")
            .twin("avvenuta-consegna-breve")
    };
    vec![
        hashed(
            "hash-of-the-encoded-lines",
            "The hash of the attachment is over its base64 lines without the \
                 last line end.",
            HashInput::Encoded,
        ),
        hashed(
            "hash-of-the-encoded-lines-with-end",
            "The hash of the attachment is over its base64 lines with the last \
                 line end.",
            HashInput::EncodedWithEnd,
        ),
        hashed(
            "hash-of-the-encoded-lines-lf",
            "The hash of the attachment is over its base64 lines with LF, \
                 without the last one.",
            HashInput::EncodedLf,
        ),
        hashed(
            "hash-of-the-encoded-lines-lf-with-end",
            "The hash of the attachment is over its base64 lines with LF.",
            HashInput::EncodedLfWithEnd,
        ),
        hashed(
            "hash-of-the-document",
            "The hash of the attachment is over the document itself.",
            HashInput::Decoded,
        ),
        C.genuine("hash-in-capitals")
            .case(43, Low)
            .because("The hash is written in capital hex digits, which the rules allow.")
            .message(brief_of(
                sent::base()
                    .hashed()
                    .with_hash_text(|text| text.to_uppercase()),
            ))
            .with(SENT)
            .result("sent.matches = true"),
        C.genuine("hash-does-not-fit-the-attachment")
            .case(42, Critical)
            .because(
                "A brief receipt holds the hash of the attachment that was \
                 delivered; the message given has another page in it. The rules \
                 leave open what is hashed, so that proves neither.",
            )
            .receipt("avvenuta-consegna-breve")
            .with(OTHER_PAGE)
            .finding("sent.content.hash")
            .result("sent.rule = \"hash\"")
            .exit(3)
            .twin("avvenuta-consegna-breve")
            .twin_with(SENT),
        unreadable(
            "hash-of-64-digits",
            "A hash file of 64 digits; the rules know SHA-1 only, 40 digits.",
            |text| format!("{text}{}", &text[..24]),
        ),
        unreadable(
            "hash-with-other-text",
            "A hash file with a word before the digits.",
            |text| format!("SHA1: {text}"),
        ),
    ]
}

fn brief_of(sent: Sent) -> Vec<u8> {
    Receipt::with(Kind::DeliveryBrief, |receipt| {
        receipt.original = Some(sent.delivered(IDENTIFIER))
    })
    .to_eml()
}

/// Cases 44 to 47: genuine, but of which kind.
fn kinds() -> Vec<Vector> {
    let kind = |name, number, text, file: &str, kind: &str| {
        C.genuine(name)
            .case(number, High)
            .because(text)
            .receipt(file)
            .fact("kind", kind)
    };
    vec![
        kind(
            "acceptance-is-no-delivery",
            44,
            "An acceptance receipt: accepted for sending, not delivered.",
            "accettazione",
            "accettazione",
        )
        .fact("sender", SENDER)
        .result(RECIPIENTS),
        kind(
            "notice-after-12-hours",
            45,
            "The first timeout notice: not delivered so far.",
            "preavviso-12-ore",
            "preavviso-errore-consegna",
        )
        .fact(
            "extended_error",
            "4.4.1 - GESTORE MITTENTE S.p.A. - il messaggio non risulta \
                 consegnato nelle prime dodici ore",
        ),
        kind(
            "notice-after-24-hours",
            45,
            "The final timeout notice: not delivered. Only the code 5.4.1 \
                 tells it from the first one.",
            "preavviso-24-ore",
            "preavviso-errore-consegna",
        )
        .fact("delivered_to", RECIPIENT),
        kind(
            "envelope-is-no-receipt",
            46,
            "A transport envelope: who sent what to whom, and nothing about \
                 delivery.",
            "posta-certificata",
            "posta-certificata",
        ),
        kind(
            "taken-in-charge-is-no-delivery",
            47,
            "A receipt between providers: taken in charge, not delivered.",
            "presa-in-carico",
            "presa-in-carico",
        ),
        kind(
            "delivery-complete",
            0,
            "A delivery receipt with the message inside.",
            DELIVERY,
            "avvenuta-consegna",
        )
        .fact("delivered_to", RECIPIENT)
        .fact("receipt_form", "completa")
        .fact("identifier", IDENTIFIER)
        .fact("signer.authority", "Autorita di Prova CA1"),
        kind(
            "delivery-brief",
            0,
            "A delivery receipt with hashes instead of attachments.",
            "avvenuta-consegna-breve",
            "avvenuta-consegna",
        )
        .fact("receipt_form", "breve")
        .finding("original.present.brief note"),
        kind(
            "delivery-concise",
            0,
            "A delivery receipt without the message.",
            "avvenuta-consegna-sintetica",
            "avvenuta-consegna",
        )
        .fact("receipt_form", "sintetica")
        .finding("original.present.without note"),
        kind(
            "non-acceptance",
            0,
            "The provider refused the message for its form.",
            "non-accettazione",
            "non-accettazione",
        )
        .fact("error", "altro"),
        kind(
            "non-acceptance-for-a-virus",
            0,
            "The provider refused the message for a virus.",
            "non-accettazione-virus",
            "non-accettazione",
        )
        .fact("error", "virus"),
        kind(
            "non-delivery",
            0,
            "There is no such mailbox.",
            "errore-consegna",
            "errore-consegna",
        )
        .fact("error", "no-dest")
        .fact("delivered_to", RECIPIENT),
        kind(
            "non-delivery-for-a-virus",
            0,
            "The recipient's provider found a virus.",
            "errore-consegna-virus",
            "errore-consegna",
        )
        .fact("error", "virus"),
        kind(
            "virus-found",
            0,
            "A notice between providers that a virus was found.",
            "rilevazione-virus",
            "rilevazione-virus",
        )
        .fact("error", "virus"),
        kind(
            "subject-with-accents",
            0,
            "Accents, an euro sign, an ampersand and angle brackets in the subject.",
            "posta-certificata-oggetto-accentato",
            "posta-certificata",
        )
        .fact(
            "subject",
            "Perch\u{e9} no? \u{20ac} 42 & pi\u{f9} <urgente>",
        ),
        kind(
            "without-message-id",
            53,
            "An envelope whose data lack msgid, which the rules allow; a \
                 provider wrote so in 2012.",
            "posta-certificata-senza-msgid",
            "posta-certificata",
        ),
        kind(
            "concise-for-a-recipient-in-copy",
            56,
            "Complete was asked; for a recipient in copy the receipt is \
                 concise all the same.",
            "avvenuta-consegna-copia",
            "avvenuta-consegna",
        )
        .fact("delivered_to", COPIED),
    ]
}

const RECIPIENTS: &str = "facts.recipients = [\n  { address = \
                 \"ufficio@pec.destinatario.example\", kind = \"certificato\" },\n  \
                 { address = \"collega@posta.example\", kind = \"esterno\" },\n  { \
                 address = \"protocollo@pec.comune.example\", kind = \
                 \"certificato\" },\n]";

/// Case 48 and its relatives: the outer header, which nobody signed.
fn header() -> Vec<Vector> {
    let refused = |name, number, headline, text, octets| {
        C.not_genuine(name, headline)
            .case(number, High)
            .because(text)
            .message(octets)
    };
    let doubted = |name, id, text, octets| {
        C.genuine(name)
            .case(0, Medium)
            .because(text)
            .message(octets)
            .finding(id)
            .twin(DELIVERY)
    };
    vec![
        refused(
            "acceptance-headed-as-delivery",
            48,
            "header.kind",
            "The header of a genuine acceptance was changed to say delivered. \
                 The signed data say accepted.",
            headed(Kind::Acceptance, |header| {
                header
                    .set("X-Ricevuta", "avvenuta-consegna")
                    .set("Subject", "CONSEGNA: Pratica n. 42: richiesta di copia");
            }),
        )
        .twin("accettazione")
        .fact("kind", "accettazione"),
        refused(
            "non-delivery-headed-as-delivery",
            48,
            "header.kind",
            "The header of a genuine non-delivery notice was changed to say \
                 delivered.",
            headed(Kind::NonDelivery, |header| {
                header.set("X-Ricevuta", "avvenuta-consegna");
            }),
        )
        .twin("errore-consegna")
        .fact("kind", "errore-consegna"),
        refused(
            "receipt-headed-as-envelope",
            48,
            "header.kind",
            "X-Trasporto was put into the header of a receipt, in the place of \
                 X-Ricevuta.",
            headed(Kind::Delivery, |header| {
                header
                    .remove("X-Ricevuta")
                    .add("X-Trasporto", "posta-certificata");
            }),
        )
        .fact("kind", "avvenuta-consegna"),
        refused(
            "reference-to-another-message",
            5,
            "header.reference",
            "Only X-Riferimento-Message-ID was changed: programs that match \
                 receipts by it are led to another message.",
            headed(Kind::Delivery, |header| {
                header.set(
                    "X-Riferimento-Message-ID",
                    "<altro@client.mittente.example>",
                );
            }),
        )
        .fact("message_id", crate::support::receipt::MESSAGE_ID),
        refused(
            "reference-cut-short",
            81,
            "header.reference",
            "X-Riferimento-Message-ID is the beginning of the true one. Only \
                 equal is equal.",
            headed(Kind::Delivery, |header| {
                header.set(
                    "X-Riferimento-Message-ID",
                    "<0b1f6c2e-77aa-42@client.mittente>",
                );
            }),
        ),
        refused(
            "from-missing",
            26,
            "header.from.missing",
            "The From line was taken away.",
            headed(Kind::Delivery, |header| {
                header.remove("From");
            }),
        ),
        doubted(
            "kind-header-missing",
            "header.kind.missing doubt",
            "X-Ricevuta was taken away. The signed data say the kind.",
            headed(Kind::Delivery, |header| {
                header.remove("X-Ricevuta");
            }),
        ),
        doubted(
            "reference-header-missing",
            "header.reference.missing doubt",
            "X-Riferimento-Message-ID was taken away.",
            headed(Kind::Delivery, |header| {
                header.remove("X-Riferimento-Message-ID");
            }),
        ),
        doubted(
            "subject-changed",
            "header.subject doubt",
            "The subject in the header is another one; gateways do this, and \
                 forgers.",
            headed(Kind::Delivery, |header| {
                header.set("Subject", "[SPAM?] CONSEGNA: un'altra pratica");
            }),
        ),
        doubted(
            "to-changed",
            "header.to doubt",
            "The To line names another mailbox than the sender's.",
            headed(Kind::Delivery, |header| {
                header.set("To", "altri@pec.mittente.example");
            }),
        ),
        doubted(
            "reply-to-changed",
            "header.reply-to doubt",
            "The Reply-To line of an envelope names another mailbox than the \
                 sender's.",
            headed(Kind::Envelope, |header| {
                header.set("Reply-To", "truffa@posta.example");
            }),
        )
        .twin("posta-certificata"),
        doubted(
            "message-id-of-an-envelope-changed",
            "header.message-id doubt",
            "The Message-ID of an envelope is not its identifier.",
            headed(Kind::Envelope, |header| {
                header.set("Message-ID", "<altro.1@gestore-mittente.example>");
            }),
        )
        .twin("posta-certificata"),
        refused(
            "display-name-of-another-sender",
            0,
            "header.display-name.stranger",
            "The display name of an envelope says that it is on behalf of \
                 somebody else.",
            headed(Kind::Envelope, |header| {
                header.set(
                    "From",
                    "\"Per conto di: sindaco@pec.comune.example\" \
                 <posta-certificata@gestore-mittente.example>",
                );
            }),
        )
        .twin("posta-certificata"),
        doubted(
            "receipt-form-changed",
            "header.receipt-form doubt",
            "X-TipoRicevuta of an envelope says another form than the signed data.",
            headed(Kind::Envelope, |header| {
                header.set("X-TipoRicevuta", "sintetica");
            }),
        )
        .twin("posta-certificata"),
        doubted(
            "sender-header-of-another",
            "header.sender doubt",
            "A Sender line that is not the From address (RFC 6109, 2.1).",
            headed(Kind::Delivery, |header| {
                header.add("Sender", "altri@posta.example");
            }),
        ),
        C.genuine("header-names-in-other-case")
            .case(0, Medium)
            .because(
                "The names of the header lines are in another case, as some \
                 providers write them; case means nothing there.",
            )
            .message(replaced(
                &replaced(&delivery().to_eml(), "X-Ricevuta:", "X-RICEVUTA:"),
                "X-Riferimento-Message-ID:",
                "x-riferimento-message-id:",
            ))
            .absent("header.kind")
            .absent("header.reference"),
    ]
}

/// Cases 49 and 50: the recipient inside the signed part.
fn recipients() -> Vec<Vector> {
    let refused = |name, headline, number, text, octets| {
        C.not_genuine(name, headline)
            .case(number, Critical)
            .because(text)
            .message(octets)
    };
    vec![
        refused(
            "delivery-to-ordinary-mail",
            "original.recipient.external",
            49,
            "A delivery receipt for an address that its own list calls \
                 ordinary mail (esterno): for those none exists.",
            stated(|receipt| receipt.daticert.delivered_to = Some(ORDINARY.into())),
        ),
        refused(
            "delivered-to-nobody-of-the-list",
            "original.recipient.unlisted",
            50,
            "The recipient (consegna) is not among the recipients \
                 (destinatari) of the same document.",
            Receipt::with(Kind::DeliveryConcise, |receipt| {
                receipt.daticert.delivered_to = Some("direzione@pec.destinatario.example".into());
            })
            .to_eml(),
        )
        .twin("avvenuta-consegna-sintetica"),
        refused(
            "delivered-to-nobody-of-the-original",
            "original.recipient.not-addressed",
            50,
            "The recipient is on the list, but neither in To nor in Cc of the \
                 message inside.",
            stated(|receipt| {
                receipt.daticert.recipients.push((
                    "direzione@pec.destinatario.example".into(),
                    "certificato".into(),
                ));
                receipt.daticert.delivered_to = Some("direzione@pec.destinatario.example".into());
            }),
        ),
        C.genuine("recipient-in-capitals")
            .case(0, Medium)
            .because(
                "The recipient is written in capitals in one place of the signed \
                 data; addresses are compared without case.",
            )
            .message(stated(|receipt| {
                receipt.daticert.delivered_to = Some("UFFICIO@PEC.DESTINATARIO.EXAMPLE".into())
            }))
            .absent("original.recipient"),
    ]
}

/// Case 53: the message inside against the data.
fn original() -> Vec<Vector> {
    let around = |old: &str, new: &str| {
        let original = replaced(&sent::base().delivered(IDENTIFIER), old, new);
        stated(|receipt| receipt.original = Some(original))
    };
    let inside = |name, headline, text, old: &str, new: &str| {
        C.not_genuine(name, headline)
            .case(53, High)
            .because(text)
            .message(around(old, new))
    };
    let doubted = |name, finding, text, old: &str, new: &str| {
        C.genuine(name)
            .case(53, Medium)
            .because(text)
            .message(around(old, new))
            .finding(finding)
            .twin(DELIVERY)
    };
    vec![
        C.genuine("original-with-another-subject")
            .case(0, Medium)
            .because(
                "The subject of the message inside is not that of the data. Both \
                 are signed; the provider wrote the second.",
            )
            .message(stated(|receipt| {
                let mut sent = sent::base();
                sent.header.set("Subject", "Disdetta del contratto");
                receipt.original = Some(sent.delivered(IDENTIFIER));
            }))
            .finding("original.subject doubt")
            .twin(DELIVERY),
        C.genuine("complete-without-the-message")
            .case(56, Medium)
            .because(
                "The data say complete and the recipient is in To, but the message \
                 is not inside: what was delivered is not proved by it.",
            )
            .message(stated(|receipt| receipt.original = None))
            .finding("original.present.concise note")
            .twin(DELIVERY),
        C.cannot_tell("two-originals", "original.present.many")
            .case(0, High)
            .because(
                "The signed part has two messages named postacert.eml. Which one \
                 was delivered depends on the reader.",
            )
            .message(two_originals()),
        C.cannot_tell("envelope-without-the-message", "original.present.envelope")
            .case(56, High)
            .because(
                "A transport envelope that carries no message: that is all it is for \
                 (RFC 6109, 3.1.5).",
            )
            .message(Receipt::with(Kind::Envelope, |receipt| receipt.original = None).to_eml())
            .twin("posta-certificata"),
        doubted(
            "original-without-an-identifier",
            "original.message-id.missing doubt",
            "The message inside has no Message-ID, where the provider puts the \
             identifier of the transaction.",
            "Message-ID: <opec1042.",
            "X-Altro: <opec1042.",
        ),
        doubted(
            "original-without-a-reference",
            "original.reference.missing doubt",
            "The message inside has no X-Riferimento-Message-ID, where the provider \
             keeps the sender's own Message-ID.",
            "X-Riferimento-Message-ID:",
            "X-Altro:",
        ),
        doubted(
            "original-of-two-authors",
            "original.sender.unclear doubt",
            "The From line of the message inside has the sender of the data and \
             somebody else.",
            "<studio@pec.mittente.example>",
            "<studio@pec.mittente.example>, altri@pec.mittente.example",
        ),
        inside(
            "original-of-another-transaction",
            "original.message-id",
            "The Message-ID of the message inside is not the identifier of the \
                 transaction.",
            "Message-ID: <opec1042.",
            "Message-ID: <opec1043.",
        ),
        inside(
            "original-refers-to-another-message",
            "original.reference",
            "X-Riferimento-Message-ID of the message inside is not the msgid \
                 of the data.",
            "X-Riferimento-Message-ID: <0b1f6c2e",
            "X-Riferimento-Message-ID: <0b1f6c2f",
        ),
        inside(
            "original-of-another-author",
            "original.sender",
            "The From line of the message inside is not the sender of the data.",
            "<studio@pec.mittente.example>",
            "<altri@pec.mittente.example>",
        ),
    ]
}

fn two_originals() -> Vec<u8> {
    let receipt = delivery();
    let mut parts = receipt.parts();
    parts.push(original_part(
        &sent::with_other_document().delivered(IDENTIFIER),
    ));
    receipt.message_of(&parts).to_eml()
}

/// Cases 57 to 61: other things than they are shown as.
fn other_things() -> Vec<Vector> {
    vec![
        C.genuine("anomaly-with-a-forged-receipt")
            .case(57, Critical)
            .because(
                "An anomaly envelope, genuine, around a receipt that a stranger \
                 made. The provider attests that the thing arrived and nothing of \
                 what it says.",
            )
            .message(
                Receipt::with(Kind::Anomaly, |receipt| receipt.original = Some(forged()))
                    .message()
                    .header(|header| {
                        header.set(
                            "From",
                            "\"Per conto di: posta-certificata@gestore-destinatario.example\" \
                             <posta-certificata@gestore-destinatario.example>",
                        );
                    })
                    .to_eml(),
            )
            .fact("kind", "anomalia")
            .result("nested = [{ verdict = \"not-genuine\" }]"),
        C.genuine("anomaly-with-ordinary-mail")
            .case(57, Medium)
            .because("An anomaly envelope around an ordinary mail, its usual use.")
            .receipt("anomalia")
            .fact("kind", "anomalia"),
        C.not_certified("receipt-forwarded-as-attachment")
            .case(58, High)
            .because(
                "An ordinary mail with a genuine receipt attached. The receipt is \
                 judged on its own, with its place; the mail around it is nobody's \
                 statement.",
            )
            .message(file(
                ordinary_header(),
                "multipart/mixed; boundary=\"=_inoltro\"",
                &multipart(
                    "=_inoltro",
                    &[
                        plain_part("Ecco la ricevuta.\r\n"),
                        attached(&delivery().to_eml()),
                    ],
                ),
            ))
            .finding("structure.nested note")
            .result("nested = [{ verdict = \"genuine\" }]"),
        C.not_certified("altered-receipt-forwarded-as-attachment")
            .case(58, High)
            .because(
                "An ordinary mail with a receipt attached whose time was changed \
                 after signing.",
            )
            .message(file(
                ordinary_header(),
                "multipart/mixed; boundary=\"=_inoltro\"",
                &multipart(
                    "=_inoltro",
                    &[
                        plain_part("Ecco la ricevuta.\r\n"),
                        attached(&super::tools::altered_xml(
                            &delivery(),
                            "<ora>10:15:07",
                            "<ora>09:15:07",
                        )),
                    ],
                ),
            ))
            .finding("structure.nested note")
            .result("nested = [{ verdict = \"not-genuine\" }]"),
        C.not_certified("delivery-status-notification")
            .case(59, High)
            .because(
                "An ordinary delivery status notification (RFC 3464) that calls \
                 itself a delivery.",
            )
            .message(report(
                "delivery-status",
                "Reporting-MTA: dns; posta.example\r\n\r\nFinal-Recipient: rfc822; \
                 ufficio@pec.destinatario.example\r\nAction: delivered\r\nStatus: \
                 2.0.0\r\n",
            )),
        C.not_certified("read-receipt")
            .case(59, Medium)
            .because("An ordinary read receipt (RFC 8098).")
            .message(report(
                "disposition-notification",
                "Final-Recipient: rfc822; ufficio@pec.destinatario.example\r\n\
                 Disposition: manual-action/MDN-sent-manually; displayed\r\n",
            )),
        C.not_certified("rem-receipt")
            .case(60, High)
            .because(
                "A receipt of the European registered mail (REM), signed by a \
                 service that is no PEC provider: other rules apply to it.",
            )
            .message(rem()),
        C.genuine("filing-receipt-inside-an-envelope")
            .case(61, High)
            .because(
                "An envelope whose message calls itself a delivery receipt, as \
                 portals for filing and invoices send. It is a message about a \
                 filing; the envelope says who sent it and no more.",
            )
            .message(filing())
            .fact("kind", "posta-certificata"),
        C.not_certified("ordinary-mail")
            .case(0, Medium)
            .because("An ordinary mail.")
            .message(sent::from_outside()),
        C.not_certified("signed-mail-of-a-person")
            .case(0, Medium)
            .because(
                "A mail that a person signed with S/MIME; nothing in it is of \
                 certified mail.",
            )
            .message(signed_by_a_person())
            .result(
                "signature = { holds = true, signers = [{ address = \
                 \"collega@posta.example\", subject = \"CN=Anna Bianchi,C=IT\" }] }",
            ),
        C.not_certified("signed-mail-of-a-person-changed")
            .case(0, Medium)
            .because("The same mail, changed after the person signed it.")
            .message(replaced(&signed_by_a_person(), "A domani.", "A lunedi."))
            .result("instead = \"signed-mail\"")
            .result("signature = { holds = false }"),
    ]
}

/// A receipt that a stranger made of nothing, good enough for a mail program.
fn forged() -> Vec<u8> {
    let mut receipt = delivery();
    receipt.certificate = world::RECEIVING
        .certificate()
        .issued_by(world::AUTHORITY_NAME, keys::STRANGER);
    receipt.certificate.key = keys::STRANGER;
    receipt.to_eml()
}

fn report(kind: &str, status: &str) -> Vec<u8> {
    let status = Part::new(&[("Content-Type", &format!("message/{kind}"))], status).encode();
    let body = multipart(
        "=_rapporto",
        &[plain_part("Il messaggio e' stato consegnato.\r\n"), status],
    );
    let mut header = ordinary_header();
    header
        .set("From", "Mail Delivery System <mailer-daemon@posta.example>")
        .set("Subject", "CONSEGNA: Pratica n. 42");
    file(
        header,
        &format!("multipart/report; report-type={kind}; boundary=\"=_rapporto\""),
        &body,
    )
}

/// The layout of EN 319 532-3, signed by a service of its own authority.
fn rem() -> Vec<u8> {
    let section = |name: &str, kind: &str, body: &str| {
        Part::new(&[("REM-Section-Type", name), ("Content-Type", kind)], body).encode()
    };
    let parts = [
        section(
            "rem_message/introduction",
            "text/plain; charset=utf-8",
            "Content consignment.\r\n",
        ),
        section(
            "rem_message/xml_evidence",
            "application/xml; name=\"ContentConsignment.xml\"",
            "<Evidence xmlns=\"http://uri.etsi.org/19522/v1#\" \
                 version=\"EN319522v1.1.1\"></Evidence>\r\n",
        ),
    ];
    let certificate = Certificate::signer(
        "CN=REM Service,O=Servizio REM S.p.A.,C=IT",
        "rem-service@servizio-rem.example",
        keys::STRANGER,
    )
    .issued_by(
        "CN=Altra Autorita QTSP,O=Altra Autorita S.p.A.,C=IT",
        keys::STRANGER,
    )
    .with(pki::extension::policies(&["0.4.0.195223"]));
    let mut header = ordinary_header();
    header
        .set("From", "<rem-service@servizio-rem.example>")
        .set("Subject", "REM ContentConsignment: Pratica n. 42")
        .add("REM-MetadataVersion", "EN31953203V010201")
        .add(
            "REM-MessageType",
            "http://uri.etsi.org/19522/v1#/ERDMessageType/receipt",
        )
        .add(
            "REM-EventIdentifier",
            "http://uri.etsi.org/19522/Event/ContentConsignment",
        );
    signed_entity(
        certificate,
        header,
        "multipart/mixed; boundary=\"=_rem\"",
        &multipart("=_rem", &parts),
    )
}

fn signed_by_a_person() -> Vec<u8> {
    let certificate = Certificate::signer(
        "CN=Anna Bianchi,C=IT",
        "collega@posta.example",
        keys::STRANGER,
    )
    .issued_by(
        "CN=Altra Autorita CA,O=Altra Autorita S.p.A.,C=IT",
        keys::STRANGER,
    )
    .with(pki::extension::policies(&["1.3.76.99.1.1"]));
    signed_entity(
        certificate,
        ordinary_header(),
        "text/plain; charset=us-ascii",
        b"A domani.\r\n",
    )
}

fn signed_entity(
    certificate: Certificate,
    mut header: crate::support::message::Header,
    kind: &str,
    body: &[u8],
) -> Vec<u8> {
    let entity = [format!("Content-Type: {kind}\r\n\r\n").as_bytes(), body].concat();
    let mut receipt = Receipt::new(Kind::DeliveryConcise);
    receipt.certificate = certificate;
    let mut message = receipt.message_over(entity);
    message.signed.certificates.truncate(1);
    let content_type = message.content_type();
    header.add("Content-Type", content_type);
    [header.to_text().as_bytes(), b"\r\n", &message.body()].concat()
}

/// An envelope from a portal.
fn filing() -> Vec<u8> {
    let sent = Sent::new(
        "<esito-1@portale.mittente.example>",
        "Ricevuta di avvenuta consegna: file IT01234567890_00042.xml",
        "Il file e' stato consegnato al destinatario.\n",
    )
    .attach(
        "IT01234567890_00042_RC_001.xml",
        "application/xml",
        b"<RicevutaConsegna><IdentificativoSdI>42</IdentificativoSdI></RicevutaConsegna>\n",
    );
    Receipt::with(Kind::Envelope, |receipt| {
        receipt.daticert.subject =
            Some("Ricevuta di avvenuta consegna: file IT01234567890_00042.xml".into());
        receipt.daticert.message_id = Some("<esito-1@portale.mittente.example>".into());
        receipt.original = Some(sent.delivered(IDENTIFIER));
    })
    .to_eml()
}

/// For group D: the message as the part of another.
pub fn wrapped(
    content_type: &str,
    boundary: &str,
    header: crate::support::message::Header,
) -> Vec<u8> {
    let parts = [
        plain_part("Testo prima della ricevuta.\r\n"),
        as_part(&delivery().message()),
    ];
    file(
        header,
        &format!("{content_type}; boundary=\"{boundary}\""),
        &multipart(boundary, &parts),
    )
}
