//! Which receipts a court asks for: acceptance and outcome of every recipient, and the delivery receipt
//! that contains the message (DM 44/2011, art. 18; RFC 6109, 3.3.2).

use super::objection::{Matter, Objection, Weight};
use crate::address::MailAddress;
use crate::pec::{Cause, CertificationData, Evidence, Holds, Notice, RecipientKind};

/// A genuine receipt about the message.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// What it is.
    pub evidence: Evidence,
    /// What the provider certifies.
    pub data: CertificationData,
}

impl Receipt {
    fn is_for(&self, recipient: &MailAddress) -> bool {
        self.data.delivered_to.as_ref() == Some(recipient)
    }

    /// As which kind of mail an acceptance lists the recipient.
    fn accepts(&self, recipient: &MailAddress) -> Option<RecipientKind> {
        if self.evidence != Evidence::Acceptance {
            return None;
        }
        let mut listed = self.data.recipients.iter();
        let listed = listed.find(|one| one.address == *recipient)?;
        Some(listed.kind)
    }

    /// What of the message a delivery receipt holds.
    fn delivers(&self) -> Option<Holds> {
        match self.evidence {
            Evidence::Delivery(holds) => Some(holds),
            Evidence::Acceptance
            | Evidence::NonAcceptance
            | Evidence::TakingCharge
            | Evidence::NonDelivery
            | Evidence::Timeout(_)
            | Evidence::Virus
            | Evidence::Envelope
            | Evidence::Anomaly => None,
        }
    }
}

/// What is to object to the receipts of a message, recipient after recipient.
pub fn of_receipts(recipients: &[MailAddress], receipts: &[Receipt]) -> Vec<Objection> {
    let each = recipients.iter();
    each.flat_map(|recipient| {
        let matters = of_recipient(recipient, receipts);
        let each = matters.into_iter();
        each.map(|matter| Objection::new(matter, Weight::Failure, recipient.as_str()))
    })
    .collect()
}

fn of_recipient(recipient: &MailAddress, receipts: &[Receipt]) -> Vec<Matter> {
    let has = |evidence: Evidence| {
        let mut own = receipts.iter().filter(|one| one.is_for(recipient));
        own.any(|one| one.evidence == evidence)
    };
    if receipts
        .iter()
        .any(|one| one.evidence == Evidence::NonAcceptance)
    {
        return vec![Matter::NotAccepted];
    }
    let mut matters = Vec::new();
    let accepted = receipts.iter().find_map(|one| one.accepts(recipient));
    match accepted {
        None => matters.push(Matter::NoAcceptance),
        Some(RecipientKind::External) => return vec![Matter::Ordinary],
        Some(RecipientKind::Certified) => {}
    }
    let own = receipts.iter().filter(|one| one.is_for(recipient));
    let holds: Vec<Holds> = own.filter_map(Receipt::delivers).collect();
    let was_refused = has(Evidence::NonDelivery) || has(Evidence::Virus);
    let is_over = was_refused || has(Evidence::Timeout(Notice::Final));
    if holds.is_empty() {
        matters.push(match is_over {
            true => Matter::NotDelivered,
            false => Matter::NoOutcome,
        });
    } else if was_refused {
        matters.push(Matter::Contradictory);
    } else if !holds.contains(&Holds::Original) {
        matters.push(match holds.contains(&Holds::Hashes) {
            true => Matter::Brief,
            false => Matter::Concise,
        });
    }
    matters
}

/// The recipients to whom the message was not delivered because their mailbox is full, as the signed
/// notice states; law 53 of 1994, art. 3-ter, is about them.
pub fn full_mailboxes<'r>(
    recipients: &'r [MailAddress],
    receipts: &[Receipt],
) -> Vec<&'r MailAddress> {
    let is_full = |recipient: &&MailAddress| {
        let own = || receipts.iter().filter(|one| one.is_for(recipient));
        let states = |one: &Receipt| {
            one.evidence == Evidence::NonDelivery && Cause::of(&one.data) == Cause::Full
        };
        own().any(states) && !own().any(|one| one.delivers().is_some())
    };
    recipients.iter().filter(is_full).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "uno@pec.example";
    const OTHER: &str = "altro@pec.example";

    fn receipt(evidence: Evidence, listed: &str, to: Option<&str>, error: &str) -> Receipt {
        let to = to.map_or(String::new(), |to| format!("<consegna>{to}</consegna>"));
        let error = match error {
            "" => String::new(),
            error => format!("<errore-esteso>{error}</errore-esteso>"),
        };
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><postacert tipo=\"accettazione\" errore=\"nessuno\">\
             <intestazione><mittente>io@pec.example</mittente>{listed}<risposte>io@pec.example</risposte>\
             <oggetto>Notifica</oggetto></intestazione><dati><gestore-emittente>G</gestore-emittente>\
             <data zona=\"+0100\"><giorno>28/11/2026</giorno><ora>10:00:00</ora></data>\
             <identificativo>x</identificativo><msgid>&lt;1@pec.example&gt;</msgid>{to}{error}</dati></postacert>"
        );
        let data = CertificationData::parse(xml.as_bytes()).expect("certification data");
        Receipt { evidence, data }
    }

    fn acceptance(kinds: &[(&str, &str)]) -> Receipt {
        let listed: String = kinds
            .iter()
            .map(|(to, kind)| format!("<destinatari tipo=\"{kind}\">{to}</destinatari>"))
            .collect();
        receipt(Evidence::Acceptance, &listed, None, "")
    }

    fn of(evidence: Evidence, to: &str) -> Receipt {
        let listed = format!("<destinatari tipo=\"certificato\">{to}</destinatari>");
        receipt(evidence, &listed, Some(to), "")
    }

    fn certified() -> Receipt {
        acceptance(&[(ONE, "certificato"), (OTHER, "certificato")])
    }

    const COMPLETE: Evidence = Evidence::Delivery(Holds::Original);

    fn said(receipts: &[Receipt]) -> Vec<(String, &'static str)> {
        let recipients = [ONE, OTHER].map(MailAddress::new);
        let found = of_receipts(&recipients, receipts).into_iter();
        found
            .map(|one| {
                assert_eq!(one.weight, Weight::Failure);
                (one.about, one.matter.word())
            })
            .collect()
    }

    fn about(recipient: &str, word: &'static str) -> Vec<(String, &'static str)> {
        vec![(recipient.to_owned(), word)]
    }

    #[test]
    fn all_receipts_of_all_recipients_fit_and_one_that_lacks_is_told() {
        let both = [certified(), of(COMPLETE, ONE), of(COMPLETE, OTHER)];
        assert_eq!(said(&both), []);
        assert_eq!(said(&both[..2]), about(OTHER, "no-outcome"));
        let first = of(Evidence::Timeout(Notice::First), OTHER);
        let waiting = [certified(), of(COMPLETE, ONE), first];
        assert_eq!(said(&waiting), about(OTHER, "no-outcome"));
        let without = [of(COMPLETE, ONE), of(COMPLETE, OTHER)];
        let none = [about(ONE, "no-acceptance"), about(OTHER, "no-acceptance")];
        assert_eq!(said(&without), none.concat());
        let of_one = acceptance(&[(ONE, "certificato")]);
        let lacking = [of_one, of(COMPLETE, ONE), of(COMPLETE, OTHER)];
        assert_eq!(said(&lacking), about(OTHER, "no-acceptance"));
    }

    #[test]
    fn a_receipt_without_the_attachments_does_not_fit_unless_a_complete_one_is_there() {
        for (holds, word) in [(Holds::Hashes, "brief"), (Holds::Nothing, "concise")] {
            let lesser = of(Evidence::Delivery(holds), OTHER);
            let mut all = vec![certified(), of(COMPLETE, ONE), lesser];
            assert_eq!(said(&all), about(OTHER, word));
            all.push(of(COMPLETE, OTHER));
            assert_eq!(said(&all), []);
        }
    }

    #[test]
    fn what_was_not_delivered_is_told_by_what_the_notice_is() {
        let with =
            |more: Vec<Receipt>| said(&[vec![certified(), of(COMPLETE, ONE)], more].concat());
        let refused = of(Evidence::NonDelivery, OTHER);
        let late = of(Evidence::Timeout(Notice::Final), OTHER);
        assert_eq!(with(vec![refused.clone()]), about(OTHER, "not-delivered"));
        assert_eq!(with(vec![late.clone()]), about(OTHER, "not-delivered"));
        assert_eq!(with(vec![late, of(COMPLETE, OTHER)]), []);
        assert_eq!(
            with(vec![refused, of(COMPLETE, OTHER)]),
            about(OTHER, "contradictory")
        );
        let ordinary = acceptance(&[(ONE, "certificato"), (OTHER, "esterno")]);
        assert_eq!(
            said(&[ordinary, of(COMPLETE, ONE)]),
            about(OTHER, "ordinary")
        );
        let none = receipt(
            Evidence::NonAcceptance,
            "<destinatari tipo=\"certificato\">uno@pec.example</destinatari>",
            None,
            "",
        );
        let both = [about(ONE, "not-accepted"), about(OTHER, "not-accepted")];
        assert_eq!(said(&[none]), both.concat());
    }

    #[test]
    fn a_full_mailbox_is_what_the_notice_states_and_nothing_was_delivered() {
        let recipients = [ONE, OTHER].map(MailAddress::new);
        let notice = |error: &str| {
            let listed = format!("<destinatari tipo=\"certificato\">{OTHER}</destinatari>");
            receipt(Evidence::NonDelivery, &listed, Some(OTHER), error)
        };
        let full = notice("5.2.2 - Gestore - casella piena");
        let found = |all: &[Receipt]| full_mailboxes(&recipients, all).len();
        assert_eq!(found(&[certified(), full.clone()]), 1);
        assert_eq!(
            found(&[
                certified(),
                notice("5.1.1 - Gestore - indirizzo non valido")
            ]),
            0
        );
        assert_eq!(found(&[certified(), full, of(COMPLETE, OTHER)]), 0);
    }
}
