//! When the mailbox is read before something leaves, and what follows when it cannot be.

use super::before::Cause;
use super::desk::{Desk, News};
use crate::address::MailAddress;
use crate::ledger::Ledger;

/// The mailbox of one run, which is read once before anything leaves.
#[derive(Debug, Default)]
pub struct Reading {
    is_done: bool,
}

impl Reading {
    /// Reads it where the ledger is a copy or had lost rows, and says what others sent.
    ///
    /// # Errors
    /// When nothing may leave.
    pub fn after_loss<D: Desk>(
        &mut self,
        account: &MailAddress,
        ledger: &mut Ledger,
        desk: &mut D,
    ) -> Result<(), D::Failure> {
        if ledger.has_asked(account)? {
            return Ok(());
        }
        desk.tell(News::AsksFirst)?;
        self.read(Cause::Loss, ledger, desk)?;
        ledger.note_asked(account)?;
        match ledger.sent_elsewhere(account)? {
            0 => Ok(()),
            count => desk.tell(News::SentElsewhere(count)),
        }
    }

    /// Reads it before something leaves that nobody confirms: it says what was sent from elsewhere.
    ///
    /// # Errors
    /// When nothing may leave.
    pub fn for_nobody<D: Desk>(
        &mut self,
        ledger: &mut Ledger,
        desk: &mut D,
    ) -> Result<(), D::Failure> {
        if self.is_done {
            return Ok(());
        }
        let read = self.read(Cause::Nobody, ledger, desk);
        if read.is_err() {
            desk.tell(News::NotRead)?;
        }
        read
    }

    fn read<D: Desk>(
        &mut self,
        cause: Cause,
        ledger: &mut Ledger,
        desk: &mut D,
    ) -> Result<(), D::Failure> {
        let missed = desk.read(ledger)?;
        let kept_back = missed.keeps_back(cause);
        if missed.needed.is_none() {
            desk.tell(News::Missed(&missed))?;
        }
        match kept_back {
            Some(kept_back) => Err(kept_back.into()),
            None => {
                self.is_done = true;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::before::{KeptBack, Missed};
    use crate::client::practised::{Failed, Practised, account};
    use crate::ledger::{Place, Reason, Unread};
    use crate::timestamp::Timestamp;

    fn with_a_message_that_does_not_come() -> Missed {
        Missed {
            messages: vec![Unread {
                place: Place {
                    folder: "INBOX".to_owned(),
                    uid_validity: 1,
                    uid: 7,
                },
                reason: Reason::NotGiven,
                words: String::new(),
                since: Timestamp::from_unix(0),
                tried: Timestamp::from_unix(0),
                tries: 1,
            }],
            ..Missed::default()
        }
    }

    /// A ledger that does not lie where it was made: a copy of its files.
    fn moved() -> Practised {
        let mut world = Practised::new();
        let folder = world.folder.path();
        let copy = folder.join("copy");
        std::fs::create_dir(&copy).expect("a folder");
        drop(std::mem::replace(
            &mut world.ledger,
            Ledger::open(&folder.join("other")).expect("a ledger"),
        ));
        for file in std::fs::read_dir(folder.join("pec")).expect("a folder") {
            let file = file.expect("a file").path();
            if file.is_file() {
                let name = file.file_name().expect("a name");
                std::fs::copy(&file, copy.join(name)).expect("copied");
            }
        }
        world.ledger = Ledger::open(&copy).expect("a ledger");
        world
    }

    #[test]
    fn a_copy_of_a_ledger_asks_once_and_one_at_home_never() {
        let mut world = moved();
        for times in [1, 1] {
            let mut reading = Reading::default();
            let (ledger, person) = (&mut world.ledger, &mut world.person);
            assert_eq!(reading.after_loss(&account(), ledger, person), Ok(()));
            assert_eq!(world.person.done, vec!["read"; times]);
        }
        let mut world = Practised::new();
        let (ledger, person) = (&mut world.ledger, &mut world.person);
        let read = Reading::default().after_loss(&account(), ledger, person);
        assert_eq!((read, world.person.done.len()), (Ok(()), 0));
    }

    #[test]
    fn a_message_that_does_not_come_keeps_back_only_after_a_loss() {
        let mut world = moved();
        world.person.missed = with_a_message_that_does_not_come();
        let (ledger, person) = (&mut world.ledger, &mut world.person);
        let lost = Reading::default().after_loss(&account(), ledger, person);
        assert_eq!(lost, Err(Failed::KeptBack(KeptBack::Messages(1))));
        assert_eq!(Reading::default().for_nobody(ledger, person), Ok(()));
        // It still does not know what it lost.
        assert_eq!(world.ledger.has_asked(&account()).ok(), Some(false));
    }

    #[test]
    fn the_mailbox_is_read_once_in_a_run() {
        let mut world = moved();
        let mut reading = Reading::default();
        let (ledger, person) = (&mut world.ledger, &mut world.person);
        assert_eq!(reading.after_loss(&account(), ledger, person), Ok(()));
        assert_eq!(reading.for_nobody(ledger, person), Ok(()));
        assert_eq!(world.person.done, ["read"]);
    }
}
