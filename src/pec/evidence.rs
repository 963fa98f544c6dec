//! What a certified message is to the person who holds it: the kinds of RFC 6109, told apart by what
//! they hold and, of the two timeout notices, by which one it is.
//!
//! What each means in law is said in `output/legal`; whether one is genuine is the verdict's matter.

use super::{CertificationData, DeliveryForm, ErrorClass, MessageKind};

/// What of the original message is in a certified one (RFC 6109, 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// The whole of it.
    Original,
    /// The message, each attachment of which is replaced by its SHA-1.
    Hashes,
    /// Nothing of it.
    Nothing,
}

impl Holds {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Original, Self::Hashes, Self::Nothing];

    /// The word in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Original => "with-original",
            Self::Hashes => "with-hashes",
            Self::Nothing => "without",
        }
    }

    /// Of a message, given whether the original is inside. Only a brief delivery receipt has hashes;
    /// what a form asks for and is not there is not held.
    pub fn of(
        kind: Option<MessageKind>,
        data: Option<&CertificationData>,
        has_original: bool,
    ) -> Self {
        let form = data.and_then(|data| data.receipt_form);
        match (has_original, kind, form) {
            (false, _, _) => Self::Nothing,
            (true, Some(MessageKind::Delivery), Some(DeliveryForm::Brief)) => Self::Hashes,
            (true, _, _) => Self::Original,
        }
    }
}

/// Which of the two notices that time has passed (RFC 6109, 3.1.6). Both have the same type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// After 12 hours; a delivery may still come.
    First,
    /// After 24 hours.
    Final,
}

impl Notice {
    /// What its signed code and words say: the code 5.4.1 stands in the second alone, else the words
    /// tell, unless they name both times or none.
    pub fn stated(code: Option<&str>, words: &str) -> Option<Self> {
        if code == Some("5.4.1") {
            return Some(Self::Final);
        }
        let words = words.to_lowercase();
        let says = |times: [&str; 2]| times.iter().any(|time| words.contains(time));
        match (
            says(["dodici ore", "12 ore"]),
            says(["ventiquattro ore", "24 ore"]),
        ) {
            (true, false) => Some(Self::First),
            (false, true) => Some(Self::Final),
            (true, true) | (false, false) => None,
        }
    }

    /// Words that state it, and nothing else.
    pub const fn plain_words(self) -> &'static str {
        match self {
            Self::First => "12 ore",
            Self::Final => "24 ore",
        }
    }
}

impl CertificationData {
    /// Which of the two timeout notices it is, as far as it says.
    pub fn notice(&self) -> Option<Notice> {
        let words = self.extended_error.as_deref().unwrap_or_default();
        Notice::stated(self.error_code(), words)
    }
}

/// What a genuine message certifies; a promise to other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certifies {
    /// That a message was dispatched.
    Dispatch,
    /// That it was made available in a mailbox.
    Delivery,
    /// That it was not, or will not be.
    Failure,
    /// That it is on its way, and no more.
    Pending,
    /// Which mailbox it comes from.
    Origin,
    /// Nothing about the message inside.
    Nothing,
}

impl Certifies {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Dispatch,
        Self::Delivery,
        Self::Failure,
        Self::Pending,
        Self::Origin,
        Self::Nothing,
    ];

    /// The word in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Delivery => "delivery",
            Self::Failure => "failure",
            Self::Pending => "pending",
            Self::Origin => "origin",
            Self::Nothing => "nothing",
        }
    }
}

/// What a certified message is to the person who holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The sender's provider took the message.
    Acceptance,
    /// The sender's provider refused it.
    NonAcceptance,
    /// One provider took it over from another.
    TakingCharge,
    /// Delivered, and this with it.
    Delivery(Holds),
    /// Not delivered.
    NonDelivery,
    /// Not delivered in time.
    Timeout(Notice),
    /// The recipient's provider found a virus.
    Virus,
    /// The transport envelope.
    Envelope,
    /// The envelope around what is no certified mail.
    Anomaly,
}

impl Evidence {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Acceptance,
        Self::NonAcceptance,
        Self::TakingCharge,
        Self::Delivery(Holds::Original),
        Self::Delivery(Holds::Hashes),
        Self::Delivery(Holds::Nothing),
        Self::NonDelivery,
        Self::Timeout(Notice::First),
        Self::Timeout(Notice::Final),
        Self::Virus,
        Self::Envelope,
        Self::Anomaly,
    ];

    /// Of a message of a kind. A timeout notice that does not say which one it is counts as the
    /// first, which closes nothing.
    pub fn of(kind: MessageKind, data: Option<&CertificationData>, holds: Holds) -> Self {
        match kind {
            MessageKind::Acceptance => Self::Acceptance,
            MessageKind::NonAcceptance => Self::NonAcceptance,
            MessageKind::TakingCharge => Self::TakingCharge,
            MessageKind::Delivery => Self::Delivery(holds),
            MessageKind::NonDelivery => Self::NonDelivery,
            MessageKind::TimeoutNotice => {
                let notice = data.and_then(CertificationData::notice);
                Self::Timeout(notice.unwrap_or(Notice::First))
            }
            MessageKind::VirusDetection => Self::Virus,
            MessageKind::TransportEnvelope => Self::Envelope,
            MessageKind::AnomalyEnvelope => Self::Anomaly,
        }
    }

    /// The word by which its texts are found.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Acceptance => "acceptance",
            Self::NonAcceptance => "non-acceptance",
            Self::TakingCharge => "taking-charge",
            Self::Delivery(Holds::Original) => "delivery-complete",
            Self::Delivery(Holds::Hashes) => "delivery-brief",
            Self::Delivery(Holds::Nothing) => "delivery-concise",
            Self::NonDelivery => "non-delivery",
            Self::Timeout(Notice::First) => "first-notice",
            Self::Timeout(Notice::Final) => "final-notice",
            Self::Virus => "virus",
            Self::Envelope => "envelope",
            Self::Anomaly => "anomaly",
        }
    }

    /// What a genuine one certifies. The notice of a virus passes between providers; to whoever
    /// holds it, it says that the message was not delivered.
    pub const fn certifies(self) -> Certifies {
        match self {
            Self::Acceptance => Certifies::Dispatch,
            Self::Delivery(_) => Certifies::Delivery,
            Self::NonAcceptance
            | Self::NonDelivery
            | Self::Timeout(Notice::Final)
            | Self::Virus => Certifies::Failure,
            Self::TakingCharge | Self::Timeout(Notice::First) => Certifies::Pending,
            Self::Envelope => Certifies::Origin,
            Self::Anomaly => Certifies::Nothing,
        }
    }
}

/// Why a message did not arrive, as far as that changes what a sender must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The mailbox is full (RFC 3463, X.2.2).
    Full,
    /// No such mailbox or domain (X.1.1, X.1.2).
    UnknownAddress,
    /// A virus.
    Virus,
    /// Anything else, or nothing that is said.
    Other,
}

impl Cause {
    /// What the signed code and words of a notice say; the code before the words, which each
    /// provider writes in its own way.
    pub fn stated(code: Option<&str>, words: &str) -> Self {
        let detail = code.and_then(|code| code.split_once('.'));
        match detail.map(|(_, detail)| detail) {
            Some("2.2") => return Self::Full,
            // RFC 3463, 3.2: bad mailbox, bad system, address that moved or is not in use.
            Some("1.1" | "1.2" | "1.6" | "1.10") => return Self::UnknownAddress,
            Some(_) | None => {}
        }
        let words = words.to_lowercase();
        let says = |all: &[&str]| all.iter().any(|one| words.contains(one));
        // Addresses and names of hosts are no words of the provider's.
        let plain = words
            .split_whitespace()
            .filter(|word| !word.contains(['@', '.']));
        let mut plain = plain.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
        if plain.any(|word| matches!(word, "virus" | "malware")) {
            Self::Virus
        } else if says(&[
            "casella piena",
            "casella di posta piena",
            "spazio esaurito",
            "over quota",
            "quota exceeded",
            "mailbox full",
        ]) {
            Self::Full
        } else if says(&[
            "indirizzo non valido",
            "indirizzo inesistente",
            "destinatario inesistente",
            "casella inesistente",
            "utente sconosciuto",
            "user unknown",
            "dominio inesistente",
        ]) {
            Self::UnknownAddress
        } else {
            Self::Other
        }
    }

    /// The same where the class of error is at hand, which the rules fix.
    pub fn of(data: &CertificationData) -> Self {
        let words = data.extended_error.as_deref().unwrap_or_default();
        match data.error() {
            Some(ErrorClass::NoRecipient | ErrorClass::NoDomain) => Self::UnknownAddress,
            Some(ErrorClass::Virus) => Self::Virus,
            Some(ErrorClass::None | ErrorClass::Other) | None => {
                Self::stated(data.error_code(), words)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_tells_which_notice_it_is_then_the_words_unless_they_name_both_times() {
        let stated = |code, words| Notice::stated(code, words);
        assert_eq!(
            stated(Some("5.4.1"), "nelle prime dodici ore"),
            Some(Notice::Final)
        );
        assert_eq!(
            stated(Some("4.4.1"), "nelle prime dodici ore"),
            Some(Notice::First)
        );
        assert_eq!(
            stated(None, "non consegnato nelle 24 ore"),
            Some(Notice::Final)
        );
        assert_eq!(stated(None, "dopo 12 ore; si attende fino a 24 ore"), None);
        assert_eq!(stated(Some("4.4.1"), ""), None);
    }

    #[test]
    fn the_cause_is_that_of_the_signed_code_and_only_then_of_the_words() {
        for (code, words, cause) in [
            (
                Some("5.2.2"),
                "InfoCert S.p.A. - casella piena",
                Cause::Full,
            ),
            (Some("4.2.2"), "", Cause::Full),
            (Some("5.2.1"), "casella disabilitata", Cause::Other),
            (Some("5.1.1"), "indirizzo non valido", Cause::UnknownAddress),
            (Some("5.1.2"), "", Cause::UnknownAddress),
            (Some("5.5.1"), "rilevato un virus", Cause::Virus),
            (None, "Casella piena", Cause::Full),
            (None, "", Cause::Other),
            (None, "destinatario virus@pec.example: altro", Cause::Other),
            (None, "Presenza di un virus, non consegnato", Cause::Virus),
            // The code outweighs what an address or a name happens to contain.
            (
                Some("5.1.1"),
                "antivirus@pec.example",
                Cause::UnknownAddress,
            ),
        ] {
            assert_eq!(Cause::stated(code, words), cause, "{code:?} {words}");
        }
    }
}
