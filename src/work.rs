//! The work that one message may cause: an account that everything inside it draws on.
//!
//! Whoever does work that grows faster than the octets, or that a stranger can ask for again and
//! again, draws before it is done. The unit is the time of hashing one octet with SHA-256, about;
//! what costs more has its price where it is done. When the account is empty the work is left
//! out and the answer is that nothing can be told.
//!
//! Counted, not timed: the same message gets the same answer on every machine.

use std::cell::Cell;

/// Units for one octet of a message. A receipt needs under 4; one whose damage is looked for
/// about 15, and a message within it as many again.
const FOR_EACH_OCTET: u64 = 20;

/// Units for a message however short: signatures, certificates and ways to an authority, whose
/// price does not depend on the octets. Some 20 ms.
const FOR_A_MESSAGE: u64 = 16 << 20;

/// The same for a message within another: eight certificates, and as many signatures. Many such
/// must not use up each other's.
const FOR_ONE_WITHIN: u64 = 1 << 20;

/// An account of work.
#[derive(Debug)]
pub struct Work {
    left: Cell<u64>,
    spent: Cell<u64>,
    refused: Cell<bool>,
}

impl Work {
    /// The account of a message of so many octets.
    pub fn of_message(octets: usize) -> Self {
        Self::with(FOR_A_MESSAGE + FOR_EACH_OCTET * octets as u64)
    }

    /// An account for a message of so many octets within the one of this account: its share of
    /// what is left, so that a hostile message takes nothing away from the one beside it.
    /// [`Self::settle`] draws what it used.
    pub fn of_message_within(&self, octets: usize) -> Self {
        let share = FOR_ONE_WITHIN + FOR_EACH_OCTET * octets as u64;
        Self::with(share.min(self.left.get()))
    }

    /// An account of so many units.
    pub(crate) fn with(units: u64) -> Self {
        Self {
            left: Cell::new(units),
            spent: Cell::new(0),
            refused: Cell::new(false),
        }
    }

    /// Draws units for work that is to be done; false when there are not as many, and the work
    /// must be left out.
    #[must_use]
    pub fn draw(&self, units: usize) -> bool {
        match self.left.get().checked_sub(units as u64) {
            Some(left) => {
                self.left.set(left);
                self.spent.set(self.spent.get() + units as u64);
                true
            }
            None => {
                self.refused.set(true);
                false
            }
        }
    }

    /// Draws what the account of a message within has spent. That it was not enough there says
    /// nothing of this one.
    pub fn settle(&self, within: &Self) {
        let spent = within.spent.get();
        self.left.set(self.left.get().saturating_sub(spent));
        self.spent.set(self.spent.get() + spent);
    }

    /// Whether some work was left out.
    pub fn is_short(&self) -> bool {
        self.refused.get()
    }

    /// Units drawn so far.
    pub fn spent(&self) -> u64 {
        self.spent.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_cannot_be_drawn_and_is_remembered() {
        let work = Work::with(10);
        assert!(work.draw(4) && work.draw(6) && !work.is_short());
        assert!(!work.draw(1) && work.is_short());
        assert_eq!(work.spent(), 10);
    }

    #[test]
    fn a_message_within_draws_on_the_one_around_it_and_no_more_than_its_share() {
        let work = Work::of_message(0);
        let within = work.of_message_within(0);
        assert!(within.draw(FOR_ONE_WITHIN as usize) && !within.draw(1));
        work.settle(&within);
        assert!(!work.is_short());
        assert_eq!(work.spent(), FOR_ONE_WITHIN);
        assert!(work.draw((FOR_A_MESSAGE - FOR_ONE_WITHIN) as usize));
        assert!(!work.of_message_within(1_000).draw(1));
    }
}
