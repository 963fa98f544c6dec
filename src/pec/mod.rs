//! PEC as RFC 6109 and the Italian technical rules lay it down.
//!
//! Words of the wire are Italian and differ from those the RFC prints: `posta-certificata@`,
//! `daticert.xml`, `Per conto di:`. They stand here once, beside their English names.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub mod caution;
pub mod certification;
mod evidence;
pub mod header;
mod message_id;
pub mod original;
pub mod outgoing;
pub mod reach;
pub mod tax;
pub mod wrapped;
pub mod xml;

pub use certification::CertificationData;
pub use evidence::{Cause, Certifies, Evidence, Holds, Notice};
pub use message_id::MessageId;

/// Local part of every address that signs PEC (RFC 6109, 3.1.5 calls it `certified-mail`).
pub const SIGNER_LOCAL_PART: &str = "posta-certificata";
/// Name of the XML part with the certified data (RFC 6109, 4.4; printed `certdata.xml` there).
pub const CERTIFICATION_FILE: &str = "daticert.xml";
/// Name of the part with the original message (RFC 6109, 4.3).
pub const ORIGINAL_FILE: &str = "postacert.eml";
/// Certificate policy of PEC signers, seen in every one from 2008 to 2026.
pub const SIGNER_POLICY: &str = "1.3.76.16.3.1.1";

/// What a certified message is (RFC 6109, 2.1.1 and 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// `accettazione`: the sender's provider took the message.
    Acceptance,
    /// `non-accettazione`: the sender's provider refused it.
    NonAcceptance,
    /// `presa-in-carico`: the recipient's provider took it from the sender's.
    TakingCharge,
    /// `avvenuta-consegna`: it is in the recipient's mailbox.
    Delivery,
    /// `posta-certificata`: the transport envelope with the message itself.
    TransportEnvelope,
    /// `errore-consegna`: it could not be delivered.
    NonDelivery,
    /// `preavviso-errore-consegna`: no delivery within 12 or 24 hours.
    TimeoutNotice,
    /// `rilevazione-virus`: the recipient's provider found a virus.
    VirusDetection,
    /// The anomaly envelope around a message that is no certified mail; has no daticert.xml.
    AnomalyEnvelope,
}

impl MessageKind {
    /// All kinds that daticert.xml can state.
    pub const STATED: [Self; 8] = [
        Self::Acceptance,
        Self::NonAcceptance,
        Self::TakingCharge,
        Self::Delivery,
        Self::TransportEnvelope,
        Self::NonDelivery,
        Self::TimeoutNotice,
        Self::VirusDetection,
    ];

    /// The literal of `postacert/@tipo`; `anomalia` for the envelope that has none.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Acceptance => "accettazione",
            Self::NonAcceptance => "non-accettazione",
            Self::TakingCharge => "presa-in-carico",
            Self::Delivery => "avvenuta-consegna",
            Self::TransportEnvelope => "posta-certificata",
            Self::NonDelivery => "errore-consegna",
            Self::TimeoutNotice => "preavviso-errore-consegna",
            Self::VirusDetection => "rilevazione-virus",
            Self::AnomalyEnvelope => "anomalia",
        }
    }

    /// The kind that a `tipo` states.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::STATED.into_iter().find(|kind| kind.word() == word)
    }

    /// Header field and value that mark the kind outside the signature (RFC 6109, 3).
    pub const fn mark(self) -> (&'static str, &'static str) {
        match self {
            Self::TransportEnvelope => ("X-Trasporto", "posta-certificata"),
            Self::AnomalyEnvelope => ("X-Trasporto", "errore"),
            Self::Acceptance
            | Self::NonAcceptance
            | Self::TakingCharge
            | Self::Delivery
            | Self::NonDelivery
            | Self::TimeoutNotice
            | Self::VirusDetection => ("X-Ricevuta", self.word()),
        }
    }

    /// Subjects begin so (RFC 6109, 3), the ones for virus included.
    pub const fn subject_prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Acceptance => &["ACCETTAZIONE:"],
            Self::NonAcceptance => &[
                "AVVISO DI NON ACCETTAZIONE:",
                "AVVISO DI NON ACCETTAZIONE PER VIRUS:",
            ],
            Self::TakingCharge => &["PRESA IN CARICO:"],
            Self::Delivery => &["CONSEGNA:"],
            Self::TransportEnvelope => &["POSTA CERTIFICATA:"],
            Self::NonDelivery => &[
                "AVVISO DI MANCATA CONSEGNA:",
                "AVVISO DI MANCATA CONSEGNA PER VIRUS:",
            ],
            Self::TimeoutNotice => &["AVVISO DI MANCATA CONSEGNA PER SUP. TEMPO MASSIMO:"],
            Self::VirusDetection => &["PROBLEMA DI SICUREZZA:"],
            Self::AnomalyEnvelope => &["ANOMALIA MESSAGGIO:"],
        }
    }

    /// The kinds of which one is announced by the word that a subject begins with (RFC 6109, 3);
    /// none when it begins with no such word. Notices that something was not delivered begin
    /// alike, and providers word their rest in several ways.
    pub fn announced_by(subject: &str) -> &'static [Self] {
        const WORDS: [(&str, &[MessageKind]); 8] = [
            ("ACCETTAZIONE:", &[MessageKind::Acceptance]),
            ("AVVISO DI NON ACCETTAZIONE", &[MessageKind::NonAcceptance]),
            ("PRESA IN CARICO:", &[MessageKind::TakingCharge]),
            ("CONSEGNA:", &[MessageKind::Delivery]),
            ("POSTA CERTIFICATA:", &[MessageKind::TransportEnvelope]),
            (
                "AVVISO DI MANCATA CONSEGNA",
                &[
                    MessageKind::NonDelivery,
                    MessageKind::TimeoutNotice,
                    MessageKind::VirusDetection,
                ],
            ),
            ("PROBLEMA DI SICUREZZA:", &[MessageKind::VirusDetection]),
            ("ANOMALIA MESSAGGIO:", &[MessageKind::AnomalyEnvelope]),
        ];
        let subject = subject.trim_start();
        let found = WORDS.iter().find(|(word, _)| subject.starts_with(word));
        found.map_or(&[], |(_, kinds)| kinds)
    }

    /// Whether it carries the original sender's mail to a recipient.
    pub const fn is_envelope(self) -> bool {
        matches!(self, Self::TransportEnvelope | Self::AnomalyEnvelope)
    }
}

/// The class of an error, `postacert/@errore` (RFC 6109, 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// `nessuno`.
    None,
    /// `no-dest`: no such recipient.
    NoRecipient,
    /// `no-dominio`: no such domain.
    NoDomain,
    /// `virus`.
    Virus,
    /// `altro`: see the extended error.
    Other,
}

impl ErrorClass {
    const ALL: [Self; 5] = [
        Self::None,
        Self::NoRecipient,
        Self::NoDomain,
        Self::Virus,
        Self::Other,
    ];

    /// The literal.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "nessuno",
            Self::NoRecipient => "no-dest",
            Self::NoDomain => "no-dominio",
            Self::Virus => "virus",
            Self::Other => "altro",
        }
    }

    /// The class that a literal states.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }
}

/// Whether a recipient's mailbox is certified mail, as the sender's provider found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecipientKind {
    /// `certificato`.
    Certified,
    /// `esterno`: ordinary mail; no delivery receipt will ever come.
    External,
}

impl RecipientKind {
    /// The literal.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Certified => "certificato",
            Self::External => "esterno",
        }
    }
}

/// The form of delivery receipt that the sender asked for (RFC 6109, 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryForm {
    /// `completa`: the whole original is inside.
    Complete,
    /// `breve`: attachments are replaced by their SHA-1.
    Brief,
    /// `sintetica`: only the data.
    Concise,
}

impl DeliveryForm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Complete, Self::Brief, Self::Concise];

    /// The literal.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Complete => "completa",
            Self::Brief => "breve",
            Self::Concise => "sintetica",
        }
    }

    /// The form that a literal states.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.word() == word)
    }
}
