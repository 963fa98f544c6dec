//! What a court would not take, told before a message leaves: afterwards its receipts are what they are.
//!
//! A complete delivery receipt carries the message back with its attachments (RFC 6109, 3.3.2), so that
//! what does not fit in these does not fit in the receipt.

use super::AROUND_MESSAGE;
use super::objection::{Matter, Objection, Weight};
use super::rules::{Filed, Of, Rules};
use crate::address::MailAddress;
use crate::pec::DeliveryForm;
use crate::pec::outgoing::{OutgoingMessage, RecipientField};

impl Rules {
    /// What is to object to a message that is to be sent; `is_ordinary` tells who is known to have
    /// ordinary mail. Sizes of receipts are estimates.
    pub fn before_sending(
        &'static self,
        message: &OutgoingMessage,
        is_ordinary: &dyn Fn(&MailAddress) -> bool,
    ) -> Vec<Objection> {
        let fails = |matter, about: &str| Objection::new(matter, Weight::Failure, about);
        let mut found = Vec::new();
        if message.form() != DeliveryForm::Complete {
            found.push(fails(Matter::AsksLess, message.form().word()));
        }
        for recipient in message.recipients() {
            let address = &recipient.address;
            if recipient.field == RecipientField::Cc {
                found.push(fails(Matter::Copy, address.as_str()));
            }
            if is_ordinary(address) {
                found.push(fails(Matter::Ordinary, address.as_str()));
            }
        }
        let size = message.octets().len() as u64 + AROUND_MESSAGE;
        let of_receipt = |most| Matter::ReceiptSize { found: size, most };
        found.extend(self.passed(Of::File, size, "", of_receipt));
        let attached = message.attachments().iter().map(|one| Filed {
            name: one.name.clone(),
            size: one.content.len() as u64,
        });
        let mut files: Vec<Filed> = attached.collect();
        found.extend(self.each(&files));
        let receipt = |size| Filed {
            name: String::new(),
            size,
        };
        files.push(receipt(AROUND_MESSAGE));
        files.extend(message.recipients().iter().map(|_| receipt(size)));
        found.extend(self.all(&files));
        found.extend(self.inside(message.octets()));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::Court;
    use crate::pec::outgoing::Limits;

    fn message(head: &str, attached: usize) -> OutgoingMessage {
        let line = "A".repeat(76) + "\r\n";
        let octets = format!(
            "From: io@pec.example\r\n{head}Subject: Notificazione\r\nMessage-ID: <1@pec.example>\r\n\
             Date: Sun, 22 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
             Testo.\r\n--b\r\nContent-Type: application/octet-stream; name=a.raw\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}--b--\r\n",
            line.repeat(attached)
        );
        let sender = MailAddress::new("io@pec.example");
        OutgoingMessage::freeze(octets.into_bytes(), &sender, Limits::default())
            .expect("a good message")
    }

    fn said(court: Court, head: &str, attached: usize) -> Vec<(&'static str, Weight)> {
        let found = court
            .rules()
            .before_sending(&message(head, attached), &|address| {
                address.domain() == "ordinaria.example"
            });
        let each = found.iter().map(|one| (one.matter.word(), one.weight));
        each.collect()
    }

    #[test]
    fn only_complete_receipts_from_certified_mail_are_asked_for() {
        let to = "To: a@pec.destinatario.example\r\n";
        assert_eq!(said(Court::Civile, to, 1), []);
        for (more, word) in [
            ("X-TipoRicevuta: breve\r\n", "asks-less"),
            ("X-TipoRicevuta: sintetica\r\n", "asks-less"),
            ("Cc: b@pec.destinatario.example\r\n", "copy"),
        ] {
            let head = format!("{to}{more}");
            assert_eq!(said(Court::Civile, &head, 1), [(word, Weight::Failure)]);
        }
        let asks = "X-TipoRicevuta: completa\r\n";
        assert_eq!(said(Court::Civile, &format!("{to}{asks}"), 1), []);
        let ordinary = "To: a@ordinaria.example\r\n";
        assert_eq!(
            said(Court::Civile, ordinary, 1),
            [("ordinary", Weight::Failure)]
        );
    }

    #[test]
    fn a_receipt_is_as_large_as_the_message_encoded_and_something_around_it() {
        let to = "To: a@pec.destinatario.example\r\n";
        let rules = Court::Amministrativo.rules();
        let of = |attached| {
            let message = message(to, attached);
            let size = message.octets().len() as u64 + AROUND_MESSAGE;
            let found = rules.before_sending(&message, &|_| false);
            let mut of_receipt = found
                .iter()
                .filter(|one| one.matter.word() == "receipt-size");
            (size, of_receipt.next().map(|one| one.weight))
        };
        // The first line that passes a limit, and the one before.
        let (start, _) = of(0);
        for (most, weight) in [(10_000_000, Weight::Doubt), (31_457_280, Weight::Failure)] {
            let lines = usize::try_from((most - start) / 78).expect("some lines");
            let (size, found) = of(lines);
            assert!(size <= most && found != Some(weight), "{size}");
            let (size, found) = of(lines + 1);
            assert!(size > most && found == Some(weight), "{size}");
        }
    }

    #[test]
    fn each_recipient_brings_a_receipt_of_that_size() {
        let to = |count: usize| -> String {
            let all: Vec<String> = (0..count)
                .map(|number| format!("r{number}@pec.destinatario.example"))
                .collect();
            format!("To: {}\r\n", all.join(",\r\n "))
        };
        // Some 5.2 MB encoded, 3.9 MB as a file: six are 35 MB, seven 40 MB, eight 45 MB.
        let lines = 66_000;
        assert_eq!(said(Court::Civile, &to(7), lines), []);
        assert_eq!(said(Court::Civile, &to(8), lines), [("sum", Weight::Doubt)]);
        // An acceptance, the file, and 48 deliveries; one more is one too many.
        let count = |recipients| {
            let found = said(Court::Tributario, &to(recipients), 1);
            found.contains(&("count", Weight::Failure))
        };
        assert!(!count(48) && count(49));
    }
}
