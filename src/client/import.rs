//! What lies elsewhere than in the mailbox, taken in as if it had come from there: judged, led to our
//! messages, recorded once, made readable.
//!
//! Octets that claim to be certified mail are on the disk before one commit records many of them: a
//! cut anywhere costs that many at most, which the next run takes again and finds known. What only
//! says that it was sent is left where it lies: that something left this machine, and may not leave it
//! again, is known of what we handed over ourselves and of what a genuine receipt attests, and a file
//! attests nothing. All other mail is no matter of this ledger.

use std::panic::AssertUnwindSafe;

use super::index::{AtHand, index_with};
use super::sync::Run;
use super::{Error, Event, EventKind, Judge, Now};
use crate::address::MailAddress;
use crate::ledger::{Arrival, Finding, Ledger};
use crate::mime::decode::addresses;
use crate::mime::header::Header;
use crate::pec::Evidence;
use crate::verify::{Facts, Verdict};

/// Octets that are recorded at once: what memory and a cut cost at most, beside one message.
const BATCH_OCTETS: usize = 8_000_000;
/// Messages that are recorded at once.
const BATCH_MESSAGES: usize = 250;

/// What became of something.
#[derive(Debug)]
pub enum Imported {
    /// It is recorded; its folder is the name under which it was given.
    Taken(Event),
    /// It was left where it lies.
    NotTaken {
        /// The name under which it was given.
        name: String,
        /// Why.
        why: NotTaken,
    },
    /// A receipt of before that was led to a message, or judged otherwise, now.
    Settled(Event),
}

/// Why something was left where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// Mail from this account that no provider signed: no more than that somebody wrote it.
    Own,
    /// It does not claim to be certified mail.
    NotCertified,
    /// It belongs to another account of this ledger's user.
    OtherAccount,
    /// It was forgotten, or is about a message that was.
    Forgotten,
    /// This program failed over it.
    Fault,
}

/// Taking in what lies elsewhere.
pub struct Import<'a> {
    ledger: &'a mut Ledger,
    judge: Judge<'a>,
    /// Addresses of the user's other accounts.
    others: &'a [MailAddress],
    now: Now<'a>,
    tell: &'a mut dyn FnMut(Imported),
    /// What is not recorded yet: its name, its octets, the judgement on it.
    held: Vec<(String, Vec<u8>, Finding)>,
    /// Octets of these.
    octets: usize,
}

impl<'a> Import<'a> {
    /// Begins, and first does what an earlier run had no time for.
    ///
    /// # Errors
    /// Those of the ledger; so for all of these.
    pub fn begin(
        ledger: &'a mut Ledger,
        (judge, others): (Judge<'a>, &'a [MailAddress]),
        now: Now<'a>,
        tell: &'a mut dyn FnMut(Imported),
    ) -> Result<Self, Error> {
        Run::begin(ledger, judge, now, &mut |event| {
            tell(Imported::Settled(event));
        })?;
        Ok(Self {
            ledger,
            judge,
            others,
            now,
            tell,
            held: Vec::new(),
            octets: 0,
        })
    }

    /// Takes one thing in, under a name for people. It is recorded when enough of them came, or at
    /// the end.
    ///
    /// # Errors
    /// See [`Import::begin`].
    pub fn take(&mut self, name: String, octets: Vec<u8>) -> Result<(), Error> {
        let mut nobody = |_: Event| {};
        let run = Run::new(self.ledger, self.judge, self.now, &mut nobody);
        let examine = AssertUnwindSafe(|| run.examine(&octets));
        let Ok(finding) = std::panic::catch_unwind(examine) else {
            let why = NotTaken::Fault;
            (self.tell)(Imported::NotTaken { name, why });
            return Ok(());
        };
        let finding = finding?;
        if let Finding::Other(examination) = &finding
            && examination.verdict() == Verdict::NotCertifiedMail
        {
            let why = match is_from(&octets, self.judge.account) {
                true => NotTaken::Own,
                false => NotTaken::NotCertified,
            };
            (self.tell)(Imported::NotTaken { name, why });
            return Ok(());
        }
        if self.is_of_another(&finding) {
            let why = NotTaken::OtherAccount;
            (self.tell)(Imported::NotTaken { name, why });
            return Ok(());
        }
        self.octets += octets.len();
        self.held.push((name, octets, finding));
        if self.octets >= BATCH_OCTETS || self.held.len() >= BATCH_MESSAGES {
            self.record()?;
        }
        Ok(())
    }

    /// Whether it was signed for a sender, or to recipients, who are another account alone.
    fn is_of_another(&self, finding: &Finding) -> bool {
        let Finding::Verified { receipt, .. } = finding else {
            return false;
        };
        let facts = receipt.examination().facts();
        let Some(evidence) = facts.and_then(Facts::evidence) else {
            return false;
        };
        let data = receipt.data();
        let is_another = |address: &MailAddress| self.others.contains(address);
        match evidence {
            Evidence::Envelope => {
                let mut all = data.recipients.iter().map(|one| &one.address);
                let is_ours = all.clone().any(|address| address == self.judge.account);
                !is_ours && all.any(is_another)
            }
            Evidence::Acceptance
            | Evidence::NonAcceptance
            | Evidence::TakingCharge
            | Evidence::Delivery(_)
            | Evidence::NonDelivery
            | Evidence::Timeout(_)
            | Evidence::Virus => is_another(&data.sender),
            Evidence::Anomaly => false,
        }
    }

    /// Records what is held, and leads to their messages what now can be.
    ///
    /// # Errors
    /// See [`Import::begin`].
    pub fn end(mut self) -> Result<(), Error> {
        self.record()?;
        let tell = self.tell;
        let mut settled = |event| tell(Imported::Settled(event));
        Run::new(self.ledger, self.judge, self.now, &mut settled).adopt()
    }

    /// Keeps octets, then records all of them at once, and tells.
    fn record(&mut self) -> Result<(), Error> {
        let held = std::mem::take(&mut self.held);
        self.octets = 0;
        let octets: Vec<&[u8]> = held.iter().map(|(_, octets, _)| &**octets).collect();
        let kept = self.ledger.keep_all(&octets)?;
        let (mut names, mut at_hand) = (Vec::new(), AtHand::new());
        let mut arrivals = Vec::with_capacity(kept.len());
        for ((name, octets, finding), digest) in held.into_iter().zip(kept) {
            names.push(name);
            at_hand.insert(digest.clone(), octets);
            arrivals.push(Arrival::imported(digest, finding));
        }
        let (account, trust) = (self.judge.account, self.judge.verifier.trust());
        let now = (self.now)();
        let recorded = self.ledger.record(account, &arrivals, None, trust, now)?;
        if recorded.iter().any(|one| one.forgotten) {
            self.ledger.sweep_octets()?;
        }
        index_with(self.ledger, &at_hand, &mut |_| {})?;
        for ((name, arrival), recorded) in names.into_iter().zip(arrivals).zip(recorded) {
            if recorded.forgotten {
                let why = NotTaken::Forgotten;
                (self.tell)(Imported::NotTaken { name, why });
                continue;
            }
            let letter = self.ledger.letter_in(account, &arrival.octets)?;
            (self.tell)(Imported::Taken(Event {
                folder: name,
                uid: 0,
                octets: arrival.octets,
                known: recorded.known,
                letter: letter.map(Box::new),
                kind: EventKind::of(arrival.finding, recorded),
            }));
        }
        Ok(())
    }
}

/// Whether mail says that an account wrote it.
fn is_from(octets: &[u8], account: &MailAddress) -> bool {
    let Ok((header, _)) = Header::parse(octets) else {
        return false;
    };
    let Some(from) = header.first("From") else {
        return false;
    };
    let named = addresses(from.text().as_bytes());
    named
        .iter()
        .any(|one| MailAddress::new(&one.address) == *account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_is_from_whom_its_header_names() {
        let account = MailAddress::new("io@pec.example");
        for (header, is_own) in [
            ("From: Io <IO@pec.example>\r\n", true),
            ("From: io@pec.example\r\n", true),
            ("From: altri@pec.example\r\n", false),
            ("To: io@pec.example\r\n", false),
            ("\u{0}", false),
        ] {
            let mail = format!("{header}\r\nTesto.\r\n");
            assert_eq!(is_from(mail.as_bytes(), &account), is_own, "{header:?}");
        }
    }
}
