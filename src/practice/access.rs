//! The access point: what is read in a message that is handed in, and whether it is taken
//! (RFC 6109, 3.1.1).

use super::receipt::{Addressee, Transaction};
use crate::address::MailAddress;
use crate::mime::{Entity, decode};
use crate::pec::{DeliveryForm, RecipientKind};
use crate::timestamp::Timestamp;

/// A message as SMTP handed it over.
#[derive(Clone, Debug)]
pub(super) struct Submitted {
    /// MAIL FROM.
    pub sender: String,
    /// RCPT TO, in order.
    pub recipients: Vec<String>,
    /// The message.
    pub octets: Vec<u8>,
}

/// Why a message is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A formal fault, in words for the notice.
    Formal(String),
    /// A virus, played: the subject asks for it.
    Virus,
}

/// What stands in a subject to be refused on purpose.
pub const REFUSED_MARK: &str = "[not-accepted]";
/// What stands in a subject to be refused as if with a virus.
pub const VIRUS_MARK: &str = "[virus]";

/// What a recipient's mailbox does, by the letters that its local part begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// `delivered`, and every other word: the message arrives.
    Delivered,
    /// `unknown`: there is no such mailbox.
    Unknown,
    /// `full`: the mailbox is full.
    Full,
    /// `virus`: the recipient's provider finds a virus.
    Virus,
    /// `slow`: the notices after 12 and 24 hours, and no delivery.
    Slow,
    /// `late`: both notices, then a delivery.
    Late,
    /// `never`: nothing after the acceptance.
    Never,
    /// `forged`: a delivery receipt that nobody signed.
    Forged,
    /// `ordinary`, and every address of another domain: no certified mail.
    Ordinary,
    /// `refused`: RCPT is answered with 550.
    Refused,
    /// `later`: RCPT is answered with 450 the first time.
    Later,
}

impl Behaviour {
    /// All of them with their words.
    pub const ALL: [(&'static str, Self); 11] = [
        ("delivered", Self::Delivered),
        ("unknown", Self::Unknown),
        ("full", Self::Full),
        ("virus", Self::Virus),
        ("slow", Self::Slow),
        ("late", Self::Late),
        ("never", Self::Never),
        ("forged", Self::Forged),
        ("ordinary", Self::Ordinary),
        ("refused", Self::Refused),
        ("later", Self::Later),
    ];

    /// What a mailbox does. The word is the run of ASCII letters that the local part begins with:
    /// `slow`, `slow+1`, `Slow-b`, `slow7` and `slow.c` are one, `slowly` is another.
    pub fn of(address: &str, domain: &str) -> Self {
        let address = MailAddress::new(address);
        if !address.domain().eq_ignore_ascii_case(domain) {
            return Self::Ordinary;
        }
        let local = address.local_part();
        let end = local
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(local.len());
        let known = Self::ALL
            .into_iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(&local[..end]));
        known.map_or(Self::Delivered, |(_, behaviour)| behaviour)
    }
}

/// Reads a message; the refusal, if it is one, comes beside what was read, because the notice
/// speaks of it.
pub(super) fn read(
    submitted: Submitted,
    identifier: String,
    domain: &str,
    at: Timestamp,
    product_limit: u64,
) -> (Transaction, Option<Refusal>) {
    let Submitted {
        sender,
        recipients,
        octets,
    } = submitted;
    let reading = Reading::of(&octets);
    let refusal = reading.refusal(&sender, &recipients, octets.len() as u64, product_limit);
    let recipients = recipients
        .into_iter()
        .map(|address| Addressee {
            kind: match Behaviour::of(&address, domain) == Behaviour::Ordinary {
                true => RecipientKind::External,
                false => RecipientKind::Certified,
            },
            copied: !holds(&reading.to, &address) && holds(&reading.cc, &address),
            address,
        })
        .collect();
    let transaction = Transaction {
        identifier,
        reply_to: reading.reply_to.unwrap_or_else(|| sender.clone()),
        sender,
        recipients,
        subject: reading.subject,
        message_id: reading.message_id,
        form: reading.form,
        at,
        octets,
    };
    (transaction, refusal)
}

fn holds(list: &[String], address: &str) -> bool {
    list.iter().any(|other| other.eq_ignore_ascii_case(address))
}

/// The header fields that the access point looks at.
struct Reading {
    from: Vec<String>,
    to: Vec<String>,
    cc: Vec<String>,
    has_bcc: bool,
    reply_to: Option<String>,
    subject: String,
    message_id: Option<String>,
    form: DeliveryForm,
}

impl Reading {
    fn of(octets: &[u8]) -> Self {
        let entity = Entity::parse(octets).ok();
        let field = |name: &str| entity.as_ref()?.header.first(name).copied();
        let addresses = |name: &str| -> Vec<String> {
            let fields = entity
                .iter()
                .flat_map(|entity| entity.header.all(name).copied().collect::<Vec<_>>());
            fields
                .flat_map(|field| decode::addresses(field.value))
                .map(|mailbox| mailbox.address)
                .filter(|address| !address.is_empty())
                .collect()
        };
        let form = field("X-TipoRicevuta")
            .and_then(|field| DeliveryForm::from_word(&field.text().to_ascii_lowercase()));
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            from: addresses("From"),
            to: addresses("To"),
            cc: addresses("Cc"),
            has_bcc: field("Bcc").is_some_and(|field| !field.text().is_empty()),
            reply_to: addresses("Reply-To").into_iter().next(),
            subject: field("Subject").map_or_else(String::new, |f| one_line(&f.decoded())),
            message_id: field("Message-ID")
                .map(|field| field.text().into_owned())
                .filter(|text| !text.is_empty() && text.is_ascii()),
            form: form.unwrap_or(DeliveryForm::Complete),
        }
    }

    /// The checks of RFC 6109, 3.1.1, in their order.
    fn refusal(
        &self,
        sender: &str,
        recipients: &[String],
        size: u64,
        product_limit: u64,
    ) -> Option<Refusal> {
        let formal = |text: &str| Some(Refusal::Formal(text.to_owned()));
        let good = |list: &[String]| list.iter().any(|a| MailAddress::new(a).is_well_formed());
        if self.from.len() != 1 || !good(&self.from) {
            return formal("il campo From non contiene un solo indirizzo valido");
        }
        if !good(&self.to) {
            return formal("il campo To non contiene alcun indirizzo valido");
        }
        if !self.from[0].eq_ignore_ascii_case(sender) {
            return formal("il mittente non corrisponde al campo From");
        }
        let unnamed = recipients
            .iter()
            .find(|address| !holds(&self.to, address) && !holds(&self.cc, address));
        if unnamed.is_some() {
            return formal("un destinatario non compare nei campi To e Cc");
        }
        if self.has_bcc {
            return formal("il campo Bcc non e' ammesso");
        }
        if size.saturating_mul(recipients.len() as u64) > product_limit {
            return formal("dimensione per numero di destinatari oltre il limite");
        }
        if self.subject.contains(REFUSED_MARK) {
            return formal("rifiuto di prova, chiesto nell'oggetto");
        }
        self.subject.contains(VIRUS_MARK).then_some(Refusal::Virus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAIN: &str = "pec.prova.example";

    fn refusal(header: &str, recipients: &[&str]) -> Option<Refusal> {
        let submitted = Submitted {
            sender: "io@pec.prova.example".into(),
            recipients: recipients.iter().map(|&one| one.to_owned()).collect(),
            octets: format!("{header}\r\n\r\ntesto\r\n").into_bytes(),
        };
        read(
            submitted,
            "1@x".into(),
            DOMAIN,
            Timestamp::from_unix(0),
            1_000,
        )
        .1
    }

    const GOOD: &str = "From: io@pec.prova.example\r\nTo: a@b.example\r\nSubject: x";

    #[test]
    fn a_message_by_the_rules_is_taken() {
        assert_eq!(refusal(GOOD, &["a@b.example"]), None);
    }

    #[test]
    fn each_formal_fault_is_refused() {
        for (header, recipients) in [
            (GOOD.replace("From: io@", "From: tu@"), vec!["a@b.example"]),
            (GOOD.replace("From:", "X-From:"), vec!["a@b.example"]),
            (GOOD.replace("To:", "Cc:"), vec!["a@b.example"]),
            (GOOD.to_owned(), vec!["a@b.example", "c@b.example"]),
            (format!("{GOOD}\r\nBcc: a@b.example"), vec!["a@b.example"]),
            (format!("{GOOD} {REFUSED_MARK}"), vec!["a@b.example"]),
            (
                format!("X: {}\r\n{GOOD}", "x".repeat(1_000)),
                vec!["a@b.example"],
            ),
        ] {
            let found = refusal(&header, &recipients);
            assert!(matches!(found, Some(Refusal::Formal(_))), "{header}");
        }
        let virus = refusal(&format!("{GOOD} {VIRUS_MARK}"), &["a@b.example"]);
        assert_eq!(virus, Some(Refusal::Virus));
    }

    #[test]
    fn a_mailbox_is_known_by_its_first_letters() {
        for (address, behaviour) in [
            ("slow@pec.prova.example", Behaviour::Slow),
            ("SLOW+1@PEC.prova.example", Behaviour::Slow),
            ("slow7@pec.prova.example", Behaviour::Slow),
            ("slow.b@pec.prova.example", Behaviour::Slow),
            ("slowly@pec.prova.example", Behaviour::Delivered),
            ("mario@pec.prova.example", Behaviour::Delivered),
            ("7@pec.prova.example", Behaviour::Delivered),
            ("slow@posta.example", Behaviour::Ordinary),
            ("ordinary-2@pec.prova.example", Behaviour::Ordinary),
        ] {
            assert_eq!(Behaviour::of(address, DOMAIN), behaviour, "{address}");
        }
    }
}
