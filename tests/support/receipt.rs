//! Messages of certified mail, of every kind (rules, section 2), signed by the test authority.
//!
//! A [`Receipt`] is what a provider states; [`Receipt::message`] makes of it a [`Message`], which
//! still can be bent; [`Message::to_eml`] gives the octets of the file.

use super::cms::{SignedData, Signer};
use super::daticert::Daticert;
use super::digest::{Digest, hex};
use super::message::{Header, Message, Part, multipart};
use super::pki::Certificate;
use super::text::{Moment, base64_lines, encoded_word, escaped, quoted_printable};
use super::world::{self, Provider};

pub const SENDER: &str = "studio@pec.mittente.example";
pub const RECIPIENT: &str = "ufficio@pec.destinatario.example";
/// In Cc; another domain of the recipient's provider.
pub const COPIED: &str = "protocollo@pec.comune.example";
/// Not certified mail.
pub const ORDINARY: &str = "collega@posta.example";
pub const SUBJECT: &str = "Pratica n. 42: richiesta di copia";
pub const MESSAGE_ID: &str = "<0b1f6c2e-77aa-42@client.mittente.example>";
pub const IDENTIFIER: &str = "opec1042.20260504101502.01838.310.1.63@gestore-mittente.example";

/// Times of the base transaction.
pub const ACCEPTED: &str = "2026-05-04T08:15:02Z";
const TAKEN: &str = "2026-05-04T08:15:05Z";
pub const DELIVERED: &str = "2026-05-04T08:15:07Z";
const AFTER_12_HOURS: &str = "2026-05-04T20:15:31Z";
const AFTER_23_HOURS: &str = "2026-05-05T07:40:11Z";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Acceptance,
    NonAcceptance,
    NonAcceptanceVirus,
    TakenInCharge,
    Delivery,
    DeliveryBrief,
    DeliveryConcise,
    Envelope,
    NonDelivery,
    NonDeliveryVirus,
    NoticeAfter12Hours,
    NoticeAfter24Hours,
    VirusFound,
    Anomaly,
}

impl Kind {
    /// `tipo` in daticert; the anomaly envelope has none.
    pub fn literal(self) -> &'static str {
        match self {
            Kind::Acceptance => "accettazione",
            Kind::NonAcceptance | Kind::NonAcceptanceVirus => "non-accettazione",
            Kind::TakenInCharge => "presa-in-carico",
            Kind::Delivery | Kind::DeliveryBrief | Kind::DeliveryConcise => "avvenuta-consegna",
            Kind::Envelope => "posta-certificata",
            Kind::NonDelivery | Kind::NonDeliveryVirus => "errore-consegna",
            Kind::NoticeAfter12Hours | Kind::NoticeAfter24Hours => "preavviso-errore-consegna",
            Kind::VirusFound => "rilevazione-virus",
            Kind::Anomaly => "anomalia",
        }
    }

    /// Rules, 2.2.
    fn subject_prefix(self) -> &'static str {
        match self {
            Kind::Acceptance => "ACCETTAZIONE",
            Kind::NonAcceptance => "AVVISO DI NON ACCETTAZIONE",
            Kind::NonAcceptanceVirus => "AVVISO DI NON ACCETTAZIONE PER VIRUS",
            Kind::TakenInCharge => "PRESA IN CARICO",
            Kind::Delivery | Kind::DeliveryBrief | Kind::DeliveryConcise => "CONSEGNA",
            Kind::Envelope => "POSTA CERTIFICATA",
            Kind::NonDelivery => "AVVISO DI MANCATA CONSEGNA",
            Kind::NonDeliveryVirus => "AVVISO DI MANCATA CONSEGNA PER VIRUS",
            Kind::NoticeAfter12Hours | Kind::NoticeAfter24Hours => {
                "AVVISO DI MANCATA CONSEGNA PER SUP. TEMPO MASSIMO"
            }
            Kind::VirusFound => "PROBLEMA DI SICUREZZA",
            Kind::Anomaly => "ANOMALIA MESSAGGIO",
        }
    }

    /// Who creates and signs it (rules, 1.2).
    pub fn provider(self) -> Provider {
        match self {
            Kind::Acceptance
            | Kind::NonAcceptance
            | Kind::NonAcceptanceVirus
            | Kind::Envelope
            | Kind::NonDeliveryVirus
            | Kind::NoticeAfter12Hours
            | Kind::NoticeAfter24Hours => world::SENDING,
            _ => world::RECEIVING,
        }
    }

    fn time(self) -> &'static str {
        match self {
            Kind::Acceptance | Kind::NonAcceptance | Kind::NonAcceptanceVirus | Kind::Envelope => {
                ACCEPTED
            }
            Kind::TakenInCharge | Kind::VirusFound => TAKEN,
            Kind::NoticeAfter12Hours => AFTER_12_HOURS,
            Kind::NoticeAfter24Hours => AFTER_23_HOURS,
            _ => DELIVERED,
        }
    }

    pub fn error(self) -> &'static str {
        match self {
            Kind::NonAcceptance => "altro",
            Kind::NonDelivery => "no-dest",
            Kind::NonAcceptanceVirus | Kind::NonDeliveryVirus | Kind::VirusFound => "virus",
            Kind::NoticeAfter12Hours | Kind::NoticeAfter24Hours => "altro",
            _ => "nessuno",
        }
    }

    pub fn extended_error(self) -> Option<&'static str> {
        Some(match self {
            Kind::NonAcceptance => {
                "5.6.0 - GESTORE MITTENTE S.p.A. - il campo Bcc non \u{e8} ammesso"
            }
            Kind::NonAcceptanceVirus | Kind::NonDeliveryVirus | Kind::VirusFound => {
                "5.5.1, Gestore di prova, presenza di un virus nel messaggio"
            }
            Kind::NonDelivery => "5.1.1 - Gestore Destinatario SRL - indirizzo non valido",
            Kind::NoticeAfter12Hours => {
                "4.4.1 - GESTORE MITTENTE S.p.A. - il messaggio non risulta \
                 consegnato nelle prime dodici ore"
            }
            Kind::NoticeAfter24Hours => {
                "5.4.1 - GESTORE MITTENTE S.p.A. - il messaggio non risulta \
                 consegnato nelle prime ventiquattro ore"
            }
            _ => return None,
        })
    }

    /// `ricevuta`: in envelopes and delivery receipts only (rules, 3.2).
    pub fn receipt_form(self) -> Option<&'static str> {
        match self {
            Kind::Delivery | Kind::Envelope => Some("completa"),
            Kind::DeliveryBrief => Some("breve"),
            Kind::DeliveryConcise => Some("sintetica"),
            _ => None,
        }
    }

    pub fn names_one_recipient(self) -> bool {
        !matches!(
            self,
            Kind::Acceptance
                | Kind::NonAcceptance
                | Kind::NonAcceptanceVirus
                | Kind::TakenInCharge
                | Kind::Envelope
                | Kind::Anomaly
        )
    }
}

/// What a provider states in one message.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub kind: Kind,
    pub at: Moment,
    pub provider: Provider,
    pub certificate: Certificate,
    pub daticert: Daticert,
    /// Overrides the document made from `daticert`.
    pub xml: Option<Vec<u8>>,
    pub text: String,
    pub html: Option<String>,
    /// postacert.eml.
    pub original: Option<Vec<u8>>,
    pub header: Header,
}

impl Receipt {
    /// The genuine message of that kind in the base transaction.
    pub fn new(kind: Kind) -> Self {
        let at = Moment::new(kind.time());
        let provider = kind.provider();
        let daticert = Daticert::new(kind, &at);
        let sent = super::cases::sent::base();
        let original = match kind {
            Kind::Delivery | Kind::Envelope => Some(sent.delivered(IDENTIFIER)),
            Kind::DeliveryBrief => Some(sent.hashed().delivered(IDENTIFIER)),
            Kind::Anomaly => Some(super::cases::sent::from_outside()),
            _ => None,
        };
        let mut receipt = Receipt {
            kind,
            provider,
            certificate: provider.certificate(),
            text: String::new(),
            html: None,
            original,
            header: Header::default(),
            xml: None,
            daticert,
            at,
        };
        receipt.rewrite();
        receipt
    }

    /// A genuine message after `change`: text and header follow the data.
    pub fn with(kind: Kind, change: impl FnOnce(&mut Receipt)) -> Self {
        let mut receipt = Receipt::new(kind);
        change(&mut receipt);
        receipt.rewrite();
        receipt
    }

    /// Another time, in the data and in the signature.
    pub fn set_time(&mut self, at: &str) {
        self.at = Moment::new(at);
        self.daticert.set_time(&self.at);
    }

    /// Makes text and header anew from the data.
    fn rewrite(&mut self) {
        self.text = self.readable();
        self.html = matches!(self.kind, Kind::Delivery | Kind::Acceptance).then(|| self.twin());
        self.header = self.outer_header();
    }

    fn readable(&self) -> String {
        let data = &self.daticert;
        let subject = data.subject.as_deref().unwrap_or_default();
        let when = format!(
            "Il giorno {} alle ore {} ({})",
            data.day, data.clock, data.zone
        );
        let recipients: String = data
            .recipients
            .iter()
            .map(|(address, kind)| {
                let kind = if kind == "esterno" {
                    "posta ordinaria"
                } else {
                    "posta certificata"
                };
                format!("{address} (\"{kind}\")\n")
            })
            .collect();
        let to = data.delivered_to.as_deref().unwrap_or_default();
        let (title, outcome) = self.phrases();
        let error = data
            .extended_error
            .as_ref()
            .map(|e| format!("{e}\n"))
            .unwrap_or_default();
        if self.kind == Kind::Anomaly {
            return format!(
                "-- {title} --\n\n{when} \u{e8} stato ricevuto\nil messaggio \
                 \"{subject}\" proveniente da \"bollette@posta.example\"\n{outcome}\n"
            );
        }
        let about = match to {
            "" => format!("ed indirizzato a:\n{recipients}"),
            one => format!("ed indirizzato a \"{one}\"\n"),
        };
        format!(
            "-- {title} --\n\n{when} il messaggio con Oggetto\n\"{subject}\" \
                 inviato da \"{}\"\n{about}{outcome}\n{error}Identificativo del \
                 messaggio: {}\nL'allegato daticert.xml contiene informazioni di \
                 servizio sulla trasmissione\n",
            data.sender, data.identifier
        )
    }

    /// Title and outcome as the rules quote them (2.5), invented where they do not.
    fn phrases(&self) -> (&'static str, &'static str) {
        match self.kind {
            Kind::Acceptance => (
                "Ricevuta di accettazione del messaggio",
                "\u{e8} stato accettato dal sistema ed inoltrato.",
            ),
            Kind::NonAcceptance | Kind::NonAcceptanceVirus => (
                "Errore nell'accettazione del messaggio",
                "\u{e8} stato rilevato un problema che ne impedisce \
                 l'accettazione. Il messaggio non \u{e8} stato accettato.",
            ),
            Kind::TakenInCharge => (
                "Ricevuta di presa in carico",
                "\u{e8} stato accettato dal sistema.",
            ),
            Kind::Delivery | Kind::DeliveryBrief | Kind::DeliveryConcise => (
                "Ricevuta di avvenuta consegna del messaggio",
                "\u{e8} stato correttamente consegnato al destinatario.",
            ),
            Kind::Envelope => (
                "Questo \u{e8} un Messaggio di Posta Certificata",
                "Il messaggio originale \u{e8} incluso in allegato.",
            ),
            Kind::NonDelivery | Kind::NonDeliveryVirus => (
                "Avviso di mancata consegna del messaggio",
                "\u{e8} stato rilevato il seguente errore. Il messaggio \u{e8} \
                 stato rifiutato dal sistema.",
            ),
            Kind::NoticeAfter12Hours => (
                "Avviso di mancata consegna per superamento del tempo massimo",
                "non \u{e8} stato consegnato nelle prime dodici ore dal suo invio.",
            ),
            Kind::NoticeAfter24Hours => (
                "Avviso di mancata consegna per superamento del tempo massimo",
                "non \u{e8} stato consegnato nelle prime ventiquattro ore dal suo \
                 invio.",
            ),
            Kind::VirusFound => (
                "Avviso di rilevazione virus",
                "contiene un virus e non \u{e8} stato consegnato.",
            ),
            Kind::Anomaly => (
                "Anomalia nel messaggio",
                "Tali dati non sono stati certificati per il seguente errore:\n\
                 domino mittente non di posta certificata\nIl messaggio originale \
                 \u{e8} incluso in allegato.",
            ),
        }
    }

    fn twin(&self) -> String {
        let body: String = self
            .text
            .lines()
            .map(|line| format!("{}<br>\n", escaped(line)))
            .collect();
        format!(
            "<html>\n<head><title>Ricevuta</title></head>\n<body>\n\
                 {body}</body>\n</html>\n"
        )
    }

    /// Rules, 2.2.
    fn outer_header(&self) -> Header {
        let mut header = Header::default();
        let address = format!("posta-certificata@{}", self.provider.host);
        let data = &self.daticert;
        let wrapped = matches!(self.kind, Kind::Envelope | Kind::Anomaly);
        let to = match self.kind {
            Kind::TakenInCharge | Kind::VirusFound => "ricevute@gestore-mittente.example",
            Kind::Envelope | Kind::Anomaly => RECIPIENT,
            _ => SENDER,
        };
        let mailbox = if wrapped { RECIPIENT } else { to };
        header.add(
            "Return-Path",
            if wrapped {
                format!("<{SENDER}>")
            } else {
                format!("<{address}>")
            },
        );
        header.add("Delivered-To", mailbox);
        header.add(
            "Received",
            format!(
                "from smtp.{host} (smtp.{host} [192.0.2.17])\r\n\tby \
                 imap.caselle.example (lmtpd) with LMTP id 14116.002;\r\n\t{}",
                self.at.header(),
                host = self.provider.host,
            ),
        );
        let subject = data.subject.as_deref().unwrap_or_default();
        header.add(
            "Subject",
            encoded_word(&format!("{}: {subject}", self.kind.subject_prefix())),
        );
        if self.kind != Kind::Anomaly {
            header.add(
                "X-Riferimento-Message-ID",
                data.message_id.as_deref().unwrap_or(MESSAGE_ID),
            );
        }
        header.add("Date", self.at.header());
        header.add(
            "Message-ID",
            match self.kind {
                Kind::Envelope => format!("<{}>", data.identifier),
                Kind::Anomaly => "<4711.bollette@posta.example>".to_owned(),
                _ => format!(
                    "<opec288.{}.28978.421.1.413.72@{}>",
                    self.at.digits(),
                    self.provider.host
                ),
            },
        );
        match self.kind {
            Kind::Envelope => {
                header.add("To", format!("{RECIPIENT}, {ORDINARY}"));
                header.add("Cc", COPIED);
            }
            _ => {
                header.add("To", to);
            }
        }
        self.mark(&mut header);
        let author = if self.kind == Kind::Anomaly {
            "bollette@posta.example"
        } else {
            &data.sender
        };
        match wrapped {
            true => {
                header.add("From", format!("\"Per conto di: {author}\" <{address}>"));
                header.add("Reply-To", author);
            }
            false => {
                header.add("From", address);
            }
        }
        header
    }

    /// The header lines that name the kind.
    fn mark(&self, header: &mut Header) {
        match self.kind {
            Kind::Envelope => {
                header.add("X-Trasporto", "posta-certificata");
                header.add("X-TipoRicevuta", "completa");
            }
            Kind::Anomaly => {
                header.add("X-Trasporto", "errore");
            }
            kind => {
                header.add("X-Ricevuta", kind.literal());
            }
        }
        match self.kind {
            Kind::NonAcceptanceVirus | Kind::NonDeliveryVirus => {
                header.add("X-VerificaSicurezza", "errore");
            }
            Kind::VirusFound => {
                header.add("X-Mittente", SENDER);
            }
            _ => {}
        }
    }

    /// An anomaly envelope around a bounce that says so of one recipient of this Message-ID.
    pub fn around_bounce(about: &str, recipient: &str) -> Self {
        let mail = format!(
            "From: MAILER-DAEMON@posta.example\r\nTo: {SENDER}\r\nSubject: Undelivered Mail\r\n\
             Date: Mon, 4 May 2026 10:20:00 +0200\r\nMessage-ID: <b@posta.example>\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/report;\r\n \
             report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nno\r\n--b\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; posta.example\r\n\
             \r\nFinal-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
             Diagnostic-Code: smtp; 550 no such user\r\n--b\r\n\
             Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {about}\r\n--b--\r\n"
        );
        Self::with(Kind::Anomaly, |receipt| {
            receipt.original = Some(mail.into_bytes());
        })
    }

    /// The parts of the signed multipart/mixed, in the usual order.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = vec![self.text_part()];
        if self.kind != Kind::Anomaly {
            parts.push(self.daticert_part());
        }
        if let Some(original) = &self.original {
            parts.push(original_part(original));
        }
        parts
    }

    fn text_part(&self) -> Part {
        let plain = text_part("plain", &self.text);
        let Some(html) = &self.html else { return plain };
        let boundary = self.boundary("alternative");
        let body = multipart(
            &boundary,
            &[plain.encode(), text_part("html", html).encode()],
        );
        Part::new(
            &[
                (
                    "Content-Type",
                    &format!("multipart/alternative;\r\n boundary=\"{boundary}\""),
                ),
                ("Content-Transfer-Encoding", "binary"),
            ],
            body,
        )
    }

    pub fn daticert_part(&self) -> Part {
        let xml = self
            .xml
            .clone()
            .unwrap_or_else(|| self.daticert.to_xml().into_bytes());
        Part::new(
            &[
                ("Content-Type", "application/xml; name=\"daticert.xml\""),
                ("Content-Disposition", "inline; filename=\"daticert.xml\""),
                ("Content-Transfer-Encoding", "base64"),
            ],
            base64_lines(&xml, 60),
        )
    }

    /// The message, with the usual parts.
    pub fn message(&self) -> Message {
        self.message_of(&self.parts())
    }

    /// The message, with other parts in the signed multipart.
    pub fn message_of(&self, parts: &[Part]) -> Message {
        let boundary = self.boundary("mixed");
        let header = Header(vec![
            (
                "Content-Type".into(),
                format!("multipart/mixed; boundary=\"{boundary}\""),
            ),
            ("Content-Transfer-Encoding".into(), "binary".into()),
            ("MIME-Version".into(), "1.0".into()),
        ]);
        let parts: Vec<_> = parts.iter().map(Part::encode).collect();
        let body = multipart(&boundary, &parts);
        self.message_over([header.to_text().as_bytes(), b"\r\n", &body].concat())
    }

    /// The message, with the signed octets given whole.
    pub fn message_over(&self, entity: Vec<u8>) -> Message {
        Message {
            header: self.header.clone(),
            signed: self.signed_data(&entity),
            entity,
            digest: Digest::Sha256,
            boundary: format!(
                "----{}",
                self.boundary("signed")
                    .trim_start_matches("----=_")
                    .to_uppercase()
            ),
            preamble: "This is an S/MIME signed message\r\n\r\n".into(),
            epilogue: String::new(),
            signature_type: "application/x-pkcs7-signature".into(),
            signature: None,
            micalg: None,
            content_type: None,
        }
    }

    /// The certificate of the known authority goes along, if it is the issuer.
    fn signed_data(&self, entity: &[u8]) -> SignedData {
        let issuer = match self.certificate.issuer.as_str() {
            world::HISTORIC_NAME => Some(world::historic_edition()),
            world::AUTHORITY_NAME => Some(world::editions().remove(0)),
            _ => None,
        };
        let signer = Signer::new(&self.certificate, entity, &self.at.utc());
        SignedData::new(signer, issuer.map(|edition| edition.certificate).as_ref())
    }

    pub fn to_eml(&self) -> Vec<u8> {
        self.message().to_eml()
    }

    /// A boundary that depends on what is said, as a provider's depends on its counters.
    pub fn boundary(&self, role: &str) -> String {
        let seed = format!("{role} {} {:?}", self.daticert.to_xml(), self.kind);
        format!("----=_{}", &hex(&Digest::Sha256.of(seed.as_bytes()))[..24])
    }
}

pub fn text_part(subtype: &str, text: &str) -> Part {
    Part::new(
        &[
            (
                "Content-Type",
                &format!("text/{subtype}; charset=\"iso-8859-1\""),
            ),
            ("Content-Disposition", "inline"),
            ("Content-Transfer-Encoding", "quoted-printable"),
        ],
        quoted_printable(text),
    )
}

pub fn original_part(original: &[u8]) -> Part {
    Part::new(
        &[
            ("Content-Type", "message/rfc822; name=\"postacert.eml\""),
            ("Content-Disposition", "inline; filename=\"postacert.eml\""),
            ("Content-Transfer-Encoding", "7bit"),
        ],
        original,
    )
}
