//! Group F of the list of tricks: time (cases 85 to 92).

use super::tools::{delivery, headed, stated};
use super::vector::{Critical, DELIVERY, Group, High, Low, Medium, Vector};
use crate::support::cms::Attribute;
use crate::support::pki;
use crate::support::receipt::{Kind, ORDINARY, Receipt};
use crate::support::world;

const F: Group = Group("f-time");

pub fn all() -> Vec<Vector> {
    [dates(), accepted(), signing(), plausible()]
        .into_iter()
        .flatten()
        .collect()
}

/// Cases 85, 86, 87 and 91.
fn dates() -> Vec<Vector> {
    vec![
        F.genuine("date-header-changed")
            .case(85, High)
            .because(
                "The Date line, which is not signed, says another day. The signed \
                 time counts.",
            )
            .message(headed(Kind::Delivery, |header| {
                header.set("Date", "Wed, 6 May 2026 10:15:07 +0200");
            }))
            .finding("header.date doubt")
            .fact("time", "2026-05-04T10:15:07+02:00")
            .twin(DELIVERY),
        F.genuine("date-header-in-another-zone")
            .case(85, Low)
            .because("The Date line says the same moment in another zone.")
            .message(headed(Kind::Delivery, |header| {
                header.set("Date", "Mon, 4 May 2026 08:15:07 +0000 (UTC)");
            }))
            .absent("header.date"),
        F.genuine("date-header-with-the-name-of-a-zone")
            .case(85, Low)
            .because(
                "The Date line names its zone, as RFC 5322 has it no more and some \
                 programs do.",
            )
            .message(headed(Kind::Delivery, |header| {
                header.set("Date", "Mon, 4 May 2026 10:15:07 CEST");
            }))
            .absent("header.date"),
        F.genuine("date-header-with-the-name-of-another-zone")
            .case(85, Low)
            .because("The Date line names a zone in which its hour is another moment.")
            .message(headed(Kind::Delivery, |header| {
                header.set("Date", "Mon, 4 May 2026 10:15:07 CET");
            }))
            .finding("header.date doubt")
            .twin(DELIVERY),
        F.genuine("universal-time")
            .case(86, Low)
            .because(
                "The zone is +0000, and says so: the moment is the same. It is no \
                 Italian legal time, which is told in passing.",
            )
            .message(stated(|receipt| {
                receipt.daticert.zone = "+0000".into();
                receipt.daticert.clock = "08:15:07".into();
            }))
            .finding("time.zone note"),
        F.genuine("solar-time-in-may")
            .case(86, Medium)
            .because(
                "The zone is +0100 in May, when legal time is +0200; the moment is \
                 the same. A server with the wrong zone signs such a thing.",
            )
            .message(stated(|receipt| {
                receipt.daticert.zone = "+0100".into();
                receipt.daticert.clock = "09:15:07".into();
            }))
            .finding("time.zone doubt")
            .twin(DELIVERY),
        F.genuine("solar-time-in-february")
            .case(86, Medium)
            .because("The zone is +0100 in February, as it should be.")
            .receipt("avvenuta-consegna-ora-solare")
            .absent("time.zone")
            .fact("time", "2026-02-04T10:15:07+01:00"),
        F.genuine("repeated-hour-in-october")
            .case(86, Low)
            .because(
                "In the hour that occurs twice on the last Sunday of October both \
                 zones are right.",
            )
            .message(
                Receipt::with(Kind::DeliveryConcise, |receipt| {
                    receipt.set_time("2025-10-26T01:30:00Z")
                })
                .to_eml(),
            )
            .absent("time.zone")
            .fact("time", "2025-10-26T02:30:00+01:00"),
        F.genuine("other-hour-of-the-two-in-october")
            .case(86, Low)
            .because(
                "In the hour that occurs twice the data name the first one, and the \
                 signature was made in the second: clocks that were set back are \
                 mistaken so.",
            )
            .message({
                let mut receipt = Receipt::with(Kind::DeliveryConcise, |receipt| {
                    receipt.set_time("2025-10-26T01:30:00Z")
                });
                receipt.daticert.zone = "+0200".into();
                receipt.to_eml()
            })
            .finding("time.signing note")
            .absent("time.zone"),
        F.genuine("another-hour-than-that-of-the-signature")
            .case(88, Low)
            .because("The same two hours later, when each hour occurs once.")
            .message({
                let mut receipt = Receipt::with(Kind::DeliveryConcise, |receipt| {
                    receipt.set_time("2025-10-26T03:30:00Z")
                });
                receipt.daticert.zone = "+0200".into();
                receipt.to_eml()
            })
            .finding("time.signing doubt")
            .twin(DELIVERY),
        F.genuine("time-in-both-zones")
            .case(91, Medium)
            .because(
                "The time is given with its zone, so that nobody reads it as the \
                 reader's own.",
            )
            .receipt(DELIVERY)
            .fact("time", "2026-05-04T10:15:07+02:00")
            .result("judged_at = \"2026-05-04T08:15:07Z\""),
        F.genuine("delivered-before-it-was-accepted")
            .case(87, Medium)
            .because(
                "The delivery receipt is two hours older than the acceptance of \
                 the same message, which is given too.",
            )
            .message(
                Receipt::with(Kind::DeliveryConcise, |receipt| {
                    receipt.set_time("2026-05-04T06:15:07Z")
                })
                .to_eml(),
            )
            .with(&["--acceptance", "../../receipts/accettazione.eml"])
            .finding("acceptance.order doubt"),
        F.genuine("delivered-after-it-was-accepted")
            .case(87, Medium)
            .because("The delivery receipt comes after the acceptance of its message.")
            .receipt(DELIVERY)
            .with(&["--acceptance", "../../receipts/accettazione.eml"])
            .absent("acceptance.order")
            .absent("acceptance.transaction")
            .absent("acceptance.recipient"),
        F.genuine("first-notice-before-twelve-hours")
            .case(90, Low)
            .because("The notice of twelve hours comes after three.")
            .message(
                Receipt::with(Kind::NoticeAfter12Hours, |receipt| {
                    receipt.set_time("2026-05-04T11:15:07Z")
                })
                .to_eml(),
            )
            .with(&["--acceptance", "../../receipts/accettazione.eml"])
            .finding("acceptance.order doubt"),
        F.genuine("final-notice-before-twenty-two-hours")
            .case(90, Low)
            .because("The final notice (5.4.1) comes after twenty-one hours.")
            .message(
                Receipt::with(Kind::NoticeAfter24Hours, |receipt| {
                    receipt.set_time("2026-05-05T05:15:02Z")
                })
                .to_eml(),
            )
            .with(&["--acceptance", "../../receipts/accettazione.eml"])
            .finding("acceptance.order doubt"),
        F.genuine("final-notice-after-twenty-two-hours")
            .case(90, Low)
            .because("The final notice comes when it may.")
            .receipt("preavviso-24-ore")
            .with(&["--acceptance", "../../receipts/accettazione.eml"])
            .absent("acceptance.order"),
        F.genuine("acceptance-of-another-message-of-the-transaction")
            .case(51, High)
            .because(
                "Of the same transaction, and of a message of another Message-ID: no provider \
                 writes both.",
            )
            .message(stated(|receipt| {
                receipt.daticert.message_id =
                    Some("<20260504101500.altro@pec.mittente.example>".into());
                receipt.original = None;
            }))
            .with(&["--acceptance", "../../receipts/accettazione.eml"])
            .finding("acceptance.transaction")
            .exit(1),
        F.genuine("acceptance-of-another-transaction")
            .case(51, High)
            .because(
                "The acceptance that is given too is of another transaction: both are \
                 genuine, and the one says nothing of the other.",
            )
            .message(stated(|receipt| {
                receipt.daticert.identifier =
                    "opec1042.20260504101509.01838.9@gestore-mittente.example".into();
                receipt.original = None;
            }))
            .with(&["--acceptance", "../../receipts/accettazione.eml"])
            .finding("acceptance.transaction")
            .exit(1),
    ]
}

/// Cases 49 and 50: the acceptance of the same transaction says to whom the message went, and as
/// what (RFC 6109, 3.1.2).
fn accepted() -> Vec<Vector> {
    const ACCEPTANCE: &[&str] = &["--acceptance", "../../receipts/accettazione.eml"];
    let to = |address: &'static str| {
        Receipt::with(Kind::DeliveryConcise, |receipt| {
            let recipients = &mut receipt.daticert.recipients;
            recipients.retain(|(listed, _)| listed != address);
            recipients.push((address.into(), "certificato".into()));
            receipt.daticert.delivered_to = Some(address.into());
        })
        .to_eml()
    };
    let refused = |name, headline, number, text, address| {
        F.not_genuine(name, headline)
            .case(number, Critical)
            .because(text)
            .message(to(address))
            .with(ACCEPTANCE)
            .twin("avvenuta-consegna-sintetica")
            .twin_with(ACCEPTANCE)
    };
    vec![
        refused(
            "delivered-to-nobody-of-the-acceptance",
            "acceptance.recipient.unlisted",
            50,
            "A delivery receipt for an address that its own list has and the \
             acceptance of the same transaction has not.",
            "direzione@pec.destinatario.example",
        ),
        refused(
            "delivered-to-ordinary-mail-of-the-acceptance",
            "acceptance.recipient.external",
            49,
            "A delivery receipt for an address that its own list calls certified \
             mail and the acceptance ordinary mail: for those none exists.",
            ORDINARY,
        ),
    ]
}

/// Case 88: the signing time attribute against daticert.
fn signing() -> Vec<Vector> {
    let apart = |name, importance, text, at: &'static str| {
        let message = delivery()
            .message()
            .signer(|signer, _| signer.replaced(Attribute::signing_time(at)));
        F.genuine(name)
            .case(88, importance)
            .because(text)
            .message(message.to_eml())
            .twin(DELIVERY)
    };
    vec![
        apart(
            "signed-a-second-later",
            Low,
            "The signing time is one second after the time of the data, as in \
                 genuine mail.",
            "2026-05-04T08:15:08Z",
        )
        .absent("time.signing"),
        apart(
            "signed-twenty-seconds-later",
            Medium,
            "The signing time is twenty seconds after the time of the data.",
            "2026-05-04T08:15:27Z",
        )
        .finding("time.signing note"),
        apart(
            "signed-ninety-seconds-later",
            Medium,
            "The signing time is ninety seconds after the time of the data.",
            "2026-05-04T08:16:37Z",
        )
        .finding("time.signing doubt"),
        apart(
            "signed-a-day-later",
            High,
            "The signing time is a day after the time of the data.",
            "2026-05-05T08:15:07Z",
        )
        .finding("time.signing doubt"),
        apart(
            "signed-a-day-earlier",
            High,
            "The signing time is a day before the time of the data.",
            "2026-05-03T08:15:07Z",
        )
        .finding("time.signing doubt"),
        F.genuine("without-a-signing-time")
            .case(0, Low)
            .because("There is no signing time; RFC 5652 does not require one.")
            .message(
                delivery()
                    .message()
                    .signer(|signer, _| signer.without(crate::support::cms::SIGNING_TIME))
                    .to_eml(),
            ),
    ]
}

/// Case 89.
fn plausible() -> Vec<Vector> {
    let at = |time: &'static str, certificate| {
        Receipt::with(Kind::DeliveryConcise, |receipt| {
            receipt.set_time(time);
            receipt.certificate = certificate;
        })
    };
    let long = || {
        world::RECEIVING
            .certificate()
            .valid("2025-01-15T09:00:00Z", "2049-01-15T09:00:00Z")
    };
    let old = || {
        let mut certificate =
            world::historic_signer().valid("2003-10-01T12:00:00Z", "2006-10-01T12:00:00Z");
        certificate.subject = "CN=Posta Certificata,O=Gestore Destinatario S.r.l.,C=IT".into();
        certificate.with(pki::extension::address(&world::RECEIVING.address()))
    };
    vec![
        F.cannot_tell("time-in-the-future", "time.plausible.future")
            .case(89, Critical)
            .because(
                "The receipt is of the year 2048; its certificate and that of the \
                 authority are valid then. Who signed it is proved; whose clock is \
                 wrong, the signer's or ours, is not.",
            )
            .message(at("2048-05-04T08:15:07Z", long()).to_eml())
            .twin_vector("long-certificate"),
        F.not_genuine("time-in-the-future-and-another-sender", "header.from")
            .case(89, High)
            .because("The same receipt under another From: no clock explains that.")
            .message(
                at("2048-05-04T08:15:07Z", long())
                    .message()
                    .header(|header| {
                        header.set("From", "posta-certificata@pec.altrove.example");
                    })
                    .to_eml(),
            )
            .finding("time.plausible.future")
            .twin_vector("long-certificate"),
        F.genuine("long-certificate")
            .case(0, Low)
            .because(
                "A certificate that is valid until 2049: odd, and no defect of the \
                 receipt.",
            )
            .message(at("2026-05-04T08:15:07Z", long()).to_eml()),
        F.not_genuine("time-before-certified-mail", "time.plausible.past")
            .case(89, High)
            .because(
                "The receipt is of the year 2004; certified mail began in 2005. \
                 Its certificate is valid then.",
            )
            .message(at("2004-05-04T08:15:07Z", old()).to_eml())
            .twin_vector("first-years"),
        F.genuine("first-years")
            .case(0, Medium)
            .because("A receipt of 2006 with the same certificate.")
            .message(at("2006-05-04T08:15:07Z", old()).to_eml()),
    ]
}
