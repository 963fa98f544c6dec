//! Group C: the unsigned header, where it says something else and nobody noticed, and where it
//! says the same in another spelling (cases 57 and 81).

use super::tools::{headed, replaced};
use super::vector::{Critical, DELIVERY, Group, High, Medium, Vector};
use crate::support::receipt::Kind;

const C: Group = Group("c-message");

pub fn all() -> Vec<Vector> {
    [subjects(), references(), anomaly()]
        .into_iter()
        .flatten()
        .collect()
}

/// A Subject that cannot be decoded whole is no pass.
fn subjects() -> Vec<Vector> {
    let doubted = |name, text, twin: &str, octets| {
        C.genuine(name)
            .case(0, Critical)
            .because(text)
            .message(octets)
            .finding("header.subject doubt")
            .twin(twin)
    };
    let with = |kind, old: &str, new: &[u8]| {
        replaced(&headed(kind, |_| {}), format!("Subject: {old}\r\n"), new)
    };
    let own = "CONSEGNA: Pratica n. 42: richiesta di copia";
    let accepted = "ACCETTAZIONE: Pratica n. 42: richiesta di copia";
    vec![
        doubted(
            "subject-changed-with-an-odd-octet",
            "The subject was replaced by another one that ends in an octet which \
             is no UTF-8. What cannot be decoded is not the same.",
            DELIVERY,
            with(
                Kind::Delivery,
                own,
                b"Subject: CONSEGNA: Sentenza n. 1 notificata al Ministero \xff\r\n",
            ),
        ),
        doubted(
            "subject-with-an-odd-octet-in-its-middle",
            "One octet of the subject was replaced by one that is no UTF-8.",
            DELIVERY,
            with(
                Kind::Delivery,
                own,
                b"Subject: CONSEGNA: Pratica n. 4\xff: richiesta di copia\r\n",
            ),
        ),
        C.not_genuine("subject-changed-in-an-encoded-word", "header.subject.kind")
            .case(0, Critical)
            .because(
                "The subject of an acceptance was replaced by an encoded word that \
                 says CONSEGNA and cannot be decoded whole.",
            )
            .message(with(
                Kind::Acceptance,
                accepted,
                b"Subject: =?utf-8?Q?CONSEGNA=3A_tutt=27altro=FF?=\r\n",
            ))
            .twin("accettazione"),
    ]
}

/// The reference in another spelling, and another reference in the same one.
fn references() -> Vec<Vector> {
    let with = |value: &'static str| {
        headed(Kind::Delivery, |header| {
            header.set("X-Riferimento-Message-ID", value);
        })
    };
    let same = |name, text, value| {
        C.genuine(name)
            .case(81, High)
            .because(text)
            .message(with(value))
            .absent("header.reference")
            .twin(DELIVERY)
    };
    vec![
        same(
            "reference-in-an-encoded-word",
            "A gateway wrote the long identifier as an encoded word.",
            "=?utf-8?q?=3C0b1f6c2e-77aa-42=40client=2Emittente=2Eexample=3E?=",
        ),
        same(
            "reference-in-two-encoded-words",
            "The same in two encoded words on two lines.",
            "=?utf-8?q?=3C0b1f6c2e-77aa-42?=\r\n =?utf-8?q?=40client=2Emittente=2Eexample=3E?=",
        ),
        same(
            "reference-folded-inside",
            "A gateway folded the line inside the identifier.",
            "<0b1f6c2e-77aa-42\r\n @client.mittente.example>",
        ),
        same(
            "reference-on-a-line-of-its-own",
            "A gateway folded the line before the identifier.",
            "\r\n <0b1f6c2e-77aa-42@client.mittente.example>",
        ),
        C.not_genuine(
            "reference-to-another-in-an-encoded-word",
            "header.reference",
        )
        .case(81, Critical)
        .because("An encoded word that holds the identifier of another message.")
        .message(with(
            "=?utf-8?q?=3C5d02aa10-91cf-43=40client=2Emittente=2Eexample=3E?=",
        )),
    ]
}

/// Case 57: whoever writes to a certified mailbox gets a genuine anomaly envelope.
fn anomaly() -> Vec<Vector> {
    let doubted = |name, text, finding, line: &'static str, value: &'static str| {
        C.genuine(name)
            .case(57, Critical)
            .because(text)
            .message(headed(Kind::Anomaly, |header| {
                header.set(line, value);
            }))
            .finding(finding)
            .twin("anomalia")
    };
    let refused = |name, text, finding, line: &'static str, value: &'static str| {
        C.not_genuine(name, finding)
            .case(57, Critical)
            .because(text)
            .message(headed(Kind::Anomaly, |header| {
                header.set(line, value);
            }))
            .twin("anomalia")
    };
    vec![
        C.genuine("anomaly-as-it-came")
            .case(57, Medium)
            .because("An anomaly envelope whose header is that of the mail inside.")
            .receipt("anomalia")
            .absent("header.subject")
            .absent("header.display-name")
            .absent("header.reply-to")
            .absent("header.date"),
        refused(
            "anomaly-with-the-subject-of-a-delivery",
            "The subject of an anomaly envelope was replaced by that of a delivery \
             receipt. Its own is that of the mail inside, which is signed.",
            "header.subject.kind",
            "Subject",
            "CONSEGNA: Ricorso n. 7 notificato",
        ),
        doubted(
            "anomaly-with-another-subject",
            "The prefix is kept, the subject is another.",
            "header.subject doubt",
            "Subject",
            "ANOMALIA MESSAGGIO: Ricorso n. 7",
        ),
        doubted(
            "anomaly-in-the-name-of-another",
            "The display name says another author than the mail inside.",
            "header.display-name doubt",
            "From",
            "\"Per conto di: tribunale@giustizia.example\" \
             <posta-certificata@gestore-destinatario.example>",
        ),
        doubted(
            "anomaly-in-the-name-of-the-bounce-address",
            "The display name says another address at the author's domain, as that \
             for bounces, which some providers name here.",
            "header.display-name doubt",
            "From",
            "\"Per conto di: ritorni-17@bounce.posta.example\" \
             <posta-certificata@gestore-destinatario.example>",
        ),
        doubted(
            "anomaly-with-another-reply-to",
            "Answers would go to somebody else than the author of the mail inside.",
            "header.reply-to doubt",
            "Reply-To",
            "ladro@altrove.example",
        ),
        doubted(
            "anomaly-of-another-date",
            "Date is six years before the time of the signature.",
            "header.date doubt",
            "Date",
            "Mon, 4 May 2020 10:15:07 +0200",
        ),
        doubted(
            "anomaly-to-another",
            "To names another recipient than the mail inside.",
            "header.to doubt",
            "To",
            "tribunale@giustizia.example",
        ),
        C.genuine("copy-added-to-an-envelope")
            .case(0, Medium)
            .because("Cc of an envelope names somebody whom the message inside does not.")
            .message(headed(Kind::Envelope, |header| {
                header.set(
                    "Cc",
                    "altro@pec.altrove.example, protocollo@pec.comune.example",
                );
            }))
            .finding("header.to doubt")
            .twin("posta-certificata"),
    ]
}
