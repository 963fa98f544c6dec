//! Receipts, notices and envelopes of the practice provider (RFC 6109, 3).
//!
//! Each is what a real provider writes (header, readable text, daticert.xml, original where the
//! kind has one, S/MIME signature), and each says in its readable text, which is signed, that it
//! comes from a practice provider and has no value. Verified with the practice trust data every
//! one of them is genuine, but for [`Receipts::forged`].

use std::sync::atomic::{AtomicU64, Ordering};

use super::Error;
use super::authority::{Identity, PROVIDER_NAME};
use super::original;
use super::text::{Moment, base64_lines, escaped, header_text, quoted_printable};
use crate::pec::{
    CERTIFICATION_FILE, DeliveryForm, ErrorClass, MessageKind, ORIGINAL_FILE, RecipientKind,
};
use crate::timestamp::Timestamp;

/// A message that the provider took, or refused, and what it read in it.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// The provider's identifier, without brackets.
    pub identifier: String,
    /// MAIL FROM, which is From.
    pub sender: String,
    /// The recipients, in the order of RCPT TO.
    pub recipients: Vec<Addressee>,
    /// Reply-To, or the sender.
    pub reply_to: String,
    /// Subject, decoded.
    pub subject: String,
    /// Message-ID as the sender wrote it, brackets included.
    pub message_id: Option<String>,
    /// The form of delivery receipt that was asked for.
    pub form: DeliveryForm,
    /// When it was taken.
    pub at: Timestamp,
    /// The octets as they were handed in.
    pub octets: Vec<u8>,
}

/// One recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// The address.
    pub address: String,
    /// Whether the domain is of certified mail.
    pub kind: RecipientKind,
    /// Whether it stands in Cc and not in To: then it gets a concise receipt.
    pub copied: bool,
}

/// Why one recipient did not get the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No such mailbox: `no-dest`, 5.1.1.
    Unknown,
    /// The mailbox is full: `altro`, 5.2.2.
    Full,
    /// The recipient's provider found a virus.
    Virus,
}

/// The two notices of a delivery that is late (RFC 6109, 3.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// After 12 hours; a delivery may still come.
    First,
    /// Before 24 hours have passed: no delivery.
    Final,
}

/// What is stated about a [`Transaction`].
#[derive(Clone, Copy, Debug)]
pub enum Statement<'a> {
    /// The provider took it.
    Accepted,
    /// The provider did not take it; why, in words.
    NotAccepted(&'a str),
    /// The provider found a virus in it and did not take it.
    NotAcceptedVirus,
    /// It is in the mailbox of this recipient.
    Delivered(&'a Addressee),
    /// It is not, and never will be.
    NotDelivered(&'a Addressee, Failure),
    /// It is not in time.
    Late(&'a Addressee, Late),
    /// The message itself, on its way to recipients.
    Envelope,
}

impl<'a> Statement<'a> {
    /// The kind of certified message.
    pub const fn kind(self) -> MessageKind {
        match self {
            Self::Accepted => MessageKind::Acceptance,
            Self::NotAccepted(_) | Self::NotAcceptedVirus => MessageKind::NonAcceptance,
            Self::Delivered(_) => MessageKind::Delivery,
            Self::NotDelivered(..) => MessageKind::NonDelivery,
            Self::Late(..) => MessageKind::TimeoutNotice,
            Self::Envelope => MessageKind::TransportEnvelope,
        }
    }

    /// The recipient that it is about.
    pub const fn recipient(self) -> Option<&'a Addressee> {
        match self {
            Self::Delivered(one) | Self::NotDelivered(one, _) | Self::Late(one, _) => Some(one),
            Self::Accepted | Self::NotAccepted(_) | Self::NotAcceptedVirus | Self::Envelope => None,
        }
    }

    const fn is_virus(self) -> bool {
        matches!(
            self,
            Self::NotAcceptedVirus | Self::NotDelivered(_, Failure::Virus)
        )
    }

    const fn error(self) -> ErrorClass {
        match self {
            Self::NotDelivered(_, Failure::Unknown) => ErrorClass::NoRecipient,
            Self::NotAcceptedVirus | Self::NotDelivered(_, Failure::Virus) => ErrorClass::Virus,
            Self::NotAccepted(_) | Self::NotDelivered(_, Failure::Full) | Self::Late(..) => {
                ErrorClass::Other
            }
            Self::Accepted | Self::Delivered(_) | Self::Envelope => ErrorClass::None,
        }
    }

    /// `errore-esteso`: code, provider, words (Note integrative, 2015).
    fn extended_error(self) -> Option<String> {
        let (code, words) = match self {
            Self::NotAccepted(why) => ("5.6.0", why),
            Self::NotAcceptedVirus | Self::NotDelivered(_, Failure::Virus) => {
                ("5.5.1", "presenza di un virus nel messaggio")
            }
            Self::NotDelivered(_, Failure::Unknown) => ("5.1.1", "indirizzo non valido"),
            Self::NotDelivered(_, Failure::Full) => ("5.2.2", "casella piena"),
            Self::Late(_, Late::First) => (
                "4.4.1",
                "il messaggio non risulta consegnato nelle prime dodici ore",
            ),
            Self::Late(_, Late::Final) => (
                "5.4.1",
                "il messaggio non risulta consegnato nelle prime ventiquattro ore",
            ),
            Self::Accepted | Self::Delivered(_) | Self::Envelope => return None,
        };
        Some(format!("{code} - {PROVIDER_NAME} - {words}"))
    }

    fn subject_prefix(self) -> &'static str {
        let prefixes = self.kind().subject_prefixes();
        let index = usize::from(self.is_virus());
        prefixes.get(index).or(prefixes.first()).unwrap_or(&"")
    }

    /// Title and outcome, in the words that providers use (rules, 2.5).
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Accepted => (
                "Ricevuta di accettazione del messaggio",
                "è stato accettato dal sistema ed inoltrato.",
            ),
            Self::NotAccepted(_) | Self::NotAcceptedVirus => (
                "Errore nell'accettazione del messaggio",
                "è stato rilevato un problema che ne impedisce l'accettazione.\n\
                 Il messaggio non è stato accettato.",
            ),
            Self::Delivered(_) => (
                "Ricevuta di avvenuta consegna del messaggio",
                "è stato consegnato nella casella di destinazione.",
            ),
            Self::NotDelivered(..) => (
                "Avviso di mancata consegna del messaggio",
                "è stato rilevato il seguente errore.\n\
                 Il messaggio è stato rifiutato dal sistema.",
            ),
            Self::Late(_, Late::First) => (
                "Avviso di mancata consegna per superamento del tempo massimo",
                "non risulta consegnato nelle prime dodici ore dal suo invio.\n\
                 La consegna può ancora avvenire nelle prossime dodici ore.",
            ),
            Self::Late(_, Late::Final) => (
                "Avviso di mancata consegna per superamento del tempo massimo",
                "non risulta consegnato nelle prime ventiquattro ore dal suo invio.\n\
                 Si ritiene che la spedizione sia da considerarsi non andata a buon fine.",
            ),
            Self::Envelope => (
                "Messaggio di posta certificata",
                "è stato inviato.\nIl messaggio originale è incluso in allegato.",
            ),
        }
    }
}

/// What stands in the readable text of everything that this provider signs.
pub const DISCLAIMER: &str = "*** PROVA: questo messaggio viene da un gestore di PROVA in \
    esecuzione su questo computer.\n*** Non è posta certificata e non ha alcun valore legale.\n\
    *** PRACTICE ONLY: no legal value.\n";

/// The maker of receipts: an identity and a counter.
#[derive(Debug)]
pub struct Receipts {
    identity: Identity,
    made: AtomicU64,
}

impl Receipts {
    /// Signs with this identity.
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            made: AtomicU64::new(0),
        }
    }

    /// The message that makes a statement, at its time; whole and signed.
    ///
    /// # Errors
    /// When the signature cannot be made.
    pub fn make(
        &self,
        transaction: &Transaction,
        statement: Statement<'_>,
        at: Timestamp,
    ) -> Result<Vec<u8>, Error> {
        let draft = self.draft(transaction, statement, at);
        let signature = self.identity.sign(&draft.entity, at)?;
        Ok(draft.message(&signature))
    }

    /// A delivery receipt that nobody signed: the signature beside it is that of a notice of
    /// non-delivery, as if somebody had turned one into the other.
    ///
    /// # Errors
    /// As [`Self::make`].
    pub fn forged(
        &self,
        transaction: &Transaction,
        recipient: &Addressee,
        at: Timestamp,
    ) -> Result<Vec<u8>, Error> {
        let failed = Statement::NotDelivered(recipient, Failure::Unknown);
        let signed = self.draft(transaction, failed, at);
        let signature = self.identity.sign(&signed.entity, at)?;
        let shown = self.draft(transaction, Statement::Delivered(recipient), at);
        Ok(shown.message(&signature))
    }

    fn draft(&self, transaction: &Transaction, statement: Statement<'_>, at: Timestamp) -> Draft {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let seed = format!("{} {number} {}", transaction.identifier, at.unix());
        let writing = Writing {
            identity: &self.identity,
            transaction,
            statement,
            moment: Moment::new(at),
            seed: crate::smime::sha256(seed.as_bytes()),
        };
        Draft {
            header: writing.header(number),
            entity: writing.entity(),
            boundary: format!("----{}", writing.seed[..32].to_uppercase()),
        }
    }
}

/// A message without its signature.
struct Draft {
    header: String,
    entity: Vec<u8>,
    boundary: String,
}

impl Draft {
    fn message(self, signature: &[u8]) -> Vec<u8> {
        let boundary = self.boundary;
        let head = format!(
            "{}MIME-Version: 1.0\r\nContent-Type: multipart/signed; \
             protocol=\"application/x-pkcs7-signature\"; micalg=\"sha-256\";\r\n \
             boundary=\"{boundary}\"\r\n\r\nThis is an S/MIME signed message\r\n\r\n--{boundary}\r\n",
            self.header
        );
        let foot = format!(
            "\r\n--{boundary}\r\nContent-Type: application/x-pkcs7-signature; \
             name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: \
             attachment; filename=\"smime.p7s\"\r\n\r\n{}\r\n--{boundary}--\r\n",
            base64_lines(signature, 64)
        );
        [head.as_bytes(), &self.entity, foot.as_bytes()].concat()
    }
}

/// All that is needed while one message is written.
struct Writing<'a> {
    identity: &'a Identity,
    transaction: &'a Transaction,
    statement: Statement<'a>,
    moment: Moment,
    /// Hexadecimal digits for boundaries, other in every message.
    seed: String,
}

impl Writing<'_> {
    /// The outer header (RFC 6109, 3), which nobody signs.
    fn header(&self, number: u64) -> String {
        let (transaction, statement) = (self.transaction, self.statement);
        let address = self.identity.signer_address();
        let is_envelope = matches!(statement, Statement::Envelope);
        let mut lines = vec![
            ("Return-Path", format!("<{address}>")),
            (
                "Received",
                format!(
                    "from smtp.{domain} (PROVA)\r\n\tby imap.{domain} (PROVA) with LMTP;\r\n\t{}",
                    self.moment.header(),
                    domain = self.identity.domain()
                ),
            ),
            (
                "Subject",
                header_text(&format!(
                    "{} {}",
                    statement.subject_prefix(),
                    transaction.subject
                )),
            ),
            ("Date", self.moment.header()),
        ];
        if let Some(message_id) = &transaction.message_id {
            lines.push(("X-Riferimento-Message-ID", message_id.clone()));
        }
        if is_envelope {
            lines[0].1 = format!("<{}>", transaction.sender);
            lines.push(("Message-ID", format!("<{}>", transaction.identifier)));
            lines.extend(self.addressees());
            let display = format!("Per conto di: {}", transaction.sender);
            lines.push(("From", format!("\"{display}\" <{address}>")));
            lines.push(("Reply-To", transaction.reply_to.clone()));
            lines.push(("X-TipoRicevuta", transaction.form.word().to_owned()));
        } else {
            let identifier = &transaction.identifier;
            let (own, domain) = identifier.split_once('@').unwrap_or((identifier, "prova"));
            lines.push(("Message-ID", format!("<{own}.{number}@{domain}>")));
            lines.push(("To", transaction.sender.clone()));
            lines.push(("From", address));
        }
        let (field, value) = statement.kind().mark();
        lines.push((field, value.to_owned()));
        if statement.is_virus() {
            lines.push(("X-VerificaSicurezza", "errore".to_owned()));
        }
        lines.push(("X-Prova", "PRACTICE ONLY - nessun valore legale".to_owned()));
        lines
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect()
    }

    /// To and Cc as in the original: an envelope takes them over.
    fn addressees(&self) -> Vec<(&'static str, String)> {
        let Ok(original) = crate::mime::Entity::parse(&self.transaction.octets) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        for name in ["To", "Cc"] {
            for field in original.header.all(name) {
                let value = String::from_utf8_lossy(field.value.trim_ascii()).into_owned();
                lines.push((name, value));
            }
        }
        lines
    }

    /// The octets that are signed: multipart/mixed.
    fn entity(&self) -> Vec<u8> {
        let boundary = format!("----=_{}", &self.seed[32..56]);
        let mut out = format!(
            "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\
             Content-Transfer-Encoding: binary\r\nMIME-Version: 1.0\r\n\r\n--{boundary}\r\n\
             Content-Type: text/plain; charset=\"iso-8859-1\"\r\nContent-Disposition: inline\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n--{boundary}\r\n\
             Content-Type: application/xml; name=\"{CERTIFICATION_FILE}\"\r\n\
             Content-Disposition: inline; filename=\"{CERTIFICATION_FILE}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}",
            quoted_printable(&self.readable()),
            base64_lines(self.certification().as_bytes(), 60)
        )
        .into_bytes();
        if let Some(original) = self.original() {
            let encoding = if original.is_ascii() { "7bit" } else { "8bit" };
            out.extend_from_slice(
                format!(
                    "\r\n--{boundary}\r\nContent-Type: message/rfc822; \
                     name=\"{ORIGINAL_FILE}\"\r\nContent-Disposition: inline; \
                     filename=\"{ORIGINAL_FILE}\"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
                )
                .as_bytes(),
            );
            out.extend(original);
        }
        out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        out
    }

    /// The original where the kind and the form asked for have it (RFC 6109, 3.3.2).
    fn original(&self) -> Option<Vec<u8>> {
        let transaction = self.transaction;
        let octets = match self.statement {
            Statement::Envelope => transaction.octets.clone(),
            Statement::Delivered(recipient) if !recipient.copied => match transaction.form {
                DeliveryForm::Complete => transaction.octets.clone(),
                DeliveryForm::Brief => original::hashed(&transaction.octets),
                DeliveryForm::Concise => return None,
            },
            Statement::Delivered(_)
            | Statement::Accepted
            | Statement::NotAccepted(_)
            | Statement::NotAcceptedVirus
            | Statement::NotDelivered(..)
            | Statement::Late(..) => return None,
        };
        Some(original::delivered(
            &octets,
            &transaction.identifier,
            transaction.message_id.as_deref(),
            self.identity.domain(),
            transaction.at,
        ))
    }

    /// The text for people (RFC 6109, 3 and 4.3.1).
    fn readable(&self) -> String {
        let transaction = self.transaction;
        let (title, outcome) = self.statement.words();
        let about = match self.statement.recipient() {
            Some(one) => format!("ed indirizzato a \"{}\"\n", one.address),
            None => {
                let lines = transaction.recipients.iter().map(|one| {
                    let kind = match one.kind {
                        RecipientKind::Certified => "posta certificata",
                        RecipientKind::External => "posta ordinaria",
                    };
                    format!("{} (\"{kind}\")\n", one.address)
                });
                format!("ed indirizzato a:\n{}", lines.collect::<String>())
            }
        };
        let error = self
            .statement
            .extended_error()
            .map_or_else(String::new, |error| format!("{error}\n"));
        format!(
            "{DISCLAIMER}\n-- {title} --\n\nIl giorno {} alle ore {} ({}) il messaggio con \
             Oggetto\n\"{}\" inviato da \"{}\"\n{about}{outcome}\n{error}\
             Identificativo del messaggio: {}\n\n{DISCLAIMER}",
            self.moment.day(),
            self.moment.clock(),
            self.moment.zone(),
            transaction.subject,
            transaction.sender,
            transaction.identifier
        )
    }

    /// daticert.xml (RFC 6109, 4.4).
    fn certification(&self) -> String {
        let (transaction, statement) = (self.transaction, self.statement);
        let line = |name: &str, text: &str| format!("        <{name}>{}</{name}>\n", escaped(text));
        let recipients = transaction.recipients.iter().map(|one| {
            format!(
                "        <destinatari tipo=\"{}\">{}</destinatari>\n",
                one.kind.word(),
                escaped(&one.address)
            )
        });
        let has_form = matches!(statement, Statement::Delivered(_) | Statement::Envelope);
        let form = has_form.then(|| {
            let word = transaction.form.word();
            format!("        <ricevuta tipo=\"{word}\" />\n")
        });
        let optional =
            |name: &str, text: Option<&str>| text.map_or_else(String::new, |text| line(name, text));
        let address = statement.recipient().map(|one| &*one.address);
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<postacert tipo=\"{kind}\" \
             errore=\"{error}\">\n    <intestazione>\n{sender}{recipients}{reply_to}{subject}    \
             </intestazione>\n    <dati>\n{provider}        <data zona=\"{zone}\">\n            \
             <giorno>{day}</giorno>\n            <ora>{clock}</ora>\n        </data>\n\
             {identifier}{message_id}{form}{address}{extended}    </dati>\n</postacert>\n",
            kind = statement.kind().word(),
            error = statement.error().word(),
            sender = line("mittente", &transaction.sender),
            recipients = recipients.collect::<String>(),
            reply_to = line("risposte", &transaction.reply_to),
            subject = line("oggetto", &transaction.subject),
            provider = line("gestore-emittente", PROVIDER_NAME),
            zone = self.moment.zone(),
            day = self.moment.day(),
            clock = self.moment.clock(),
            identifier = line("identificativo", &transaction.identifier),
            message_id = optional("msgid", transaction.message_id.as_deref()),
            form = form.unwrap_or_default(),
            address = optional("consegna", address),
            extended = optional("errore-esteso", statement.extended_error().as_deref()),
        )
    }
}
