//! What `--expect` asks for: whether a message is not only genuine but of a certain kind, so that the
//! exit status answers that question.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use crate::pec::{Evidence, Holds, Notice};

/// What is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Expected {
    Acceptance,
    NonAcceptance,
    TakingCharge,
    Delivery,
    CompleteDelivery,
    /// Any statement that the message did not arrive.
    NonDelivery,
    FirstNotice,
    Envelope,
    Anomaly,
}

impl Expected {
    pub const ALL: [Self; 9] = [
        Self::Acceptance,
        Self::NonAcceptance,
        Self::TakingCharge,
        Self::Delivery,
        Self::CompleteDelivery,
        Self::NonDelivery,
        Self::FirstNotice,
        Self::Envelope,
        Self::Anomaly,
    ];

    /// The word in the JSON, which is the Italian one.
    pub const fn word(self) -> &'static str {
        self.words().0
    }

    /// The words of both languages.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Acceptance => ("accettazione", "acceptance"),
            Self::NonAcceptance => ("non-accettazione", "non-acceptance"),
            Self::TakingCharge => ("presa-in-carico", "taking-charge"),
            Self::Delivery => ("consegna", "delivery"),
            Self::CompleteDelivery => ("consegna-completa", "complete-delivery"),
            Self::NonDelivery => ("mancata-consegna", "non-delivery"),
            Self::FirstNotice => ("primo-avviso", "first-notice"),
            Self::Envelope => ("busta", "envelope"),
            Self::Anomaly => ("anomalia", "anomaly"),
        }
    }

    /// Whether a genuine message is of this kind.
    pub const fn is(self, evidence: Evidence) -> bool {
        match evidence {
            Evidence::Acceptance => matches!(self, Self::Acceptance),
            Evidence::NonAcceptance => matches!(self, Self::NonAcceptance),
            Evidence::TakingCharge => matches!(self, Self::TakingCharge),
            Evidence::Delivery(Holds::Original) => {
                matches!(self, Self::Delivery | Self::CompleteDelivery)
            }
            Evidence::Delivery(Holds::Hashes | Holds::Nothing) => matches!(self, Self::Delivery),
            Evidence::NonDelivery | Evidence::Timeout(Notice::Final) | Evidence::Virus => {
                matches!(self, Self::NonDelivery)
            }
            Evidence::Timeout(Notice::First) => matches!(self, Self::FirstNotice),
            Evidence::Envelope => matches!(self, Self::Envelope),
            Evidence::Anomaly => matches!(self, Self::Anomaly),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_expected_by_its_words_and_no_other() {
        for evidence in Evidence::ALL {
            let fitting: Vec<&str> = Expected::ALL
                .into_iter()
                .filter(|expected| expected.is(evidence))
                .map(Expected::word)
                .collect();
            let wanted: &[&str] = match evidence {
                Evidence::Acceptance => &["accettazione"],
                Evidence::NonAcceptance => &["non-accettazione"],
                Evidence::TakingCharge => &["presa-in-carico"],
                Evidence::Delivery(Holds::Original) => &["consegna", "consegna-completa"],
                Evidence::Delivery(Holds::Hashes | Holds::Nothing) => &["consegna"],
                Evidence::NonDelivery | Evidence::Virus => &["mancata-consegna"],
                // The first notice is no outcome.
                Evidence::Timeout(Notice::First) => &["primo-avviso"],
                Evidence::Timeout(Notice::Final) => &["mancata-consegna"],
                Evidence::Envelope => &["busta"],
                Evidence::Anomaly => &["anomalia"],
            };
            assert_eq!(fitting, wanted, "{evidence:?}");
        }
    }
}
