//! What a message comes to for each recipient, in a sentence, and what is to be done now.

use super::dossier::{Addressee, Matter};
use crate::client::Outlook;
use crate::lang::Lang;
use crate::ledger::state::{RecipientState, Standing};
use crate::output::catalogue::Catalogue;
use crate::output::layout::{on, shown};
use crate::output::legal::{LOG_MONTHS, Rule};
use crate::output::style::Tone;
use crate::timestamp::Timestamp;

/// Where a message stands for a recipient.
pub(super) struct Conclusion<'m> {
    matter: &'m Matter,
    recipient: &'m Addressee,
    pub state: RecipientState,
    pub end: End,
}

/// What can be said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All that is known is at hand, and comes to this.
    Known(Outlook),
    /// Of the files at hand none is about this recipient.
    NoReceipt,
    /// Of the files at hand none tells what became of it.
    NoOutcome,
}

impl<'m> Conclusion<'m> {
    /// For a recipient, at a time: deadlines pass.
    pub fn of(matter: &'m Matter, recipient: &'m Addressee, now: Timestamp) -> Self {
        let state = matter.state(recipient);
        let outlook = |now| Outlook::of(&state, recipient.place, &matter.facts, now);
        let end = match matter.short {
            Some(_) => End::Known(outlook(now)),
            // What is not among some files may be elsewhere: nothing is overdue.
            None => of_files(state.standing, outlook(state.since.unwrap_or(now))),
        };
        Self {
            matter,
            recipient,
            state,
            end,
        }
    }

    /// Whom it is about.
    pub fn address(&self) -> String {
        self.recipient.address.as_str().to_owned()
    }

    /// The first words, and the rest of the sentence.
    pub fn words(&self, lang: Lang) -> (String, String) {
        let texts = Catalogue::of(lang);
        let word = match self.end {
            End::Known(outlook) => outlook.word(),
            End::NoReceipt => "no-receipt",
            End::NoOutcome => "no-outcome",
        };
        let time = |at: Option<Timestamp>| at.map_or_else(String::new, |at| on(at, lang));
        let reason = self
            .state
            .reason(self.recipient.place, &self.matter.facts)
            .and_then(|fact| fact.text());
        let reason = reason.unwrap_or(texts.text("sheet.no-reason"));
        let values = [
            ("to", self.recipient.address.as_str()),
            ("on", &*time(self.state.since)),
            ("accepted", &*time(self.state.accepted_at)),
            ("reason", reason.trim_end_matches('.')),
        ];
        let head = texts.text(&format!("sheet.end.{word}")).to_owned();
        let mut rest = texts.fill(&format!("sheet.end-of.{word}"), &values);
        if self.state.twice {
            rest += " ";
            rest += texts.text("sheet.twice");
        }
        (head, rest)
    }

    /// Its consequence, and what is to be done now; none where files alone do not tell.
    pub fn advice(&self, lang: Lang) -> Option<[Rule; 2]> {
        let End::Known(outlook) = self.end else {
            return None;
        };
        let time = |at: Option<Timestamp>| at.map_or("-".to_owned(), |at| shown(at, lang));
        let sent = self.state.accepted_at.or(self.state.since);
        let logs = sent.map(|at| at.months_later(LOG_MONTHS));
        let values = [
            ("message", self.matter.short.as_deref().unwrap_or_default()),
            ("accepted", &*time(self.state.accepted_at)),
            ("logs", &*time(logs)),
        ];
        let rule = |family: &str| {
            let key = format!("{family}.{}", outlook.word());
            Rule::of(&key, &values, lang)
        };
        Some([rule("consequence"), rule("next")])
    }

    /// When it was delivered, if it was.
    pub fn delivered_at(&self) -> Option<Timestamp> {
        let is_delivered = self.state.standing == Standing::Delivered;
        self.state.since.filter(|_| is_delivered)
    }

    /// How it looks, beside what it says.
    pub fn tone(&self) -> Tone {
        match self.state.standing {
            Standing::Delivered => Tone::Good,
            Standing::Refused
            | Standing::NotAccepted
            | Standing::TimedOut
            | Standing::NotDelivered
            | Standing::Contradictory => Tone::Bad,
            Standing::Recorded
            | Standing::Sending
            | Standing::RefusedForNow
            | Standing::Withdrawn
            | Standing::InDoubt
            | Standing::Sent
            | Standing::Accepted
            | Standing::Ordinary
            | Standing::Delayed => Tone::Unsure,
        }
    }
}

/// What receipts without a ledger tell.
const fn of_files(standing: Standing, outlook: Outlook) -> End {
    match standing {
        Standing::Accepted => End::NoOutcome,
        Standing::Recorded
        | Standing::Sending
        | Standing::RefusedForNow
        | Standing::Refused
        | Standing::Withdrawn
        | Standing::InDoubt
        | Standing::Sent => End::NoReceipt,
        Standing::NotAccepted
        | Standing::Ordinary
        | Standing::Delayed
        | Standing::TimedOut
        | Standing::Delivered
        | Standing::NotDelivered
        | Standing::Contradictory => End::Known(outlook),
    }
}
