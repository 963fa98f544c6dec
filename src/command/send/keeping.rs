//! Where a letter is kept until a message of it is recorded: in a draft of the ledger; where that
//! cannot be written, or a ready message comes by standard input, in a file.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::account::Account;
use crate::address::MailAddress;
use crate::client::{self, OfDraft};
use crate::command::access::{self, Access};
use crate::command::aside::{Aside, Matter};
use crate::command::{Failure, Session};
use crate::context::{Clock, Interruption};
use crate::lang::Lang;
use crate::ledger::{DraftRef, DraftRow, Ledger, Letter, Made};
use crate::output::catalogue::Catalogue;
use crate::pec::outgoing::OutgoingMessage;

/// The ledger and the draft of one letter.
#[derive(Default)]
pub(super) struct Keeping {
    ledger: Option<Ledger>,
    /// The draft, and whether it was made for this letter.
    draft: Option<(DraftRef, Made)>,
    /// The address of the account that a draft was written for.
    sender: Option<MailAddress>,
    /// What the sender calls it.
    reference: Option<String>,
    /// The same, for whoever ends the program.
    place: Arc<Mutex<Place>>,
}

/// Where what somebody wrote is.
#[derive(Default)]
struct Place {
    draft: Option<DraftRef>,
    /// What was written here: another process may send or delete a draft that says the same.
    written: Option<(MailAddress, Letter)>,
    /// Where it is in no ledger.
    file: Option<Aside>,
}

impl Keeping {
    /// From here on signals say where what was written is, until the gift is dropped.
    pub fn begin(&self, session: &Session<'_>) -> Interruption {
        let place = Arc::clone(&self.place);
        let folder = session.data_dir.clone();
        let (lang, clock) = (session.lang, session.context.clock);
        Interruption::finds(move || last_words(&mut held(&place), folder.as_ref(), lang, clock))
    }

    /// Takes a draft that is there, to be sent.
    pub fn take(&mut self, row: &DraftRow, ledger: Ledger) {
        self.ledger = Some(ledger);
        self.draft = Some((row.draft, Made::Before));
        self.sender = Some(row.sender.clone());
        held(&self.place).draft = Some(row.draft);
    }

    /// Notes what the sender calls the letter.
    pub fn set_reference(&mut self, reference: Option<String>) {
        self.reference = reference;
    }

    /// What the sender calls it.
    pub fn reference(&self) -> Option<String> {
        self.reference.clone()
    }

    /// Takes the ledger that the original of a letter is in.
    pub fn take_ledger(&mut self, ledger: Ledger) {
        self.ledger = Some(ledger);
    }

    /// The ledger, if it is open.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }

    /// What is said where a draft leaves from another account than that it was written for.
    pub fn other_account(&self, account: &Account, session: &Session<'_>) -> Option<String> {
        let (draft, _) = self.draft.as_ref()?;
        let sender = self
            .sender
            .as_ref()
            .filter(|sender| **sender != account.address)?;
        let values = [
            ("draft", &*draft.number().to_string()),
            ("sender", sender.as_str()),
            ("address", account.address.as_str()),
        ];
        Some(Catalogue::of(session.lang).fill("warning.draft-of-other-account", &values))
    }

    /// Notes a file that holds what is in no ledger.
    pub fn set_file(&mut self, file: Option<Aside>) {
        held(&self.place).file = file;
    }

    /// Puts what was read from standard input, which gives it once, into a file.
    ///
    /// # Errors
    /// When no file can be written.
    pub fn set_aside(
        &mut self,
        octets: &[u8],
        matter: Matter,
        session: &Session<'_>,
    ) -> anyhow::Result<()> {
        if !octets.trim_ascii().is_empty() {
            self.set_file(Some(Aside::keep(octets, matter, session)?));
        }
        Ok(())
    }

    /// Where the file is, if there is one.
    pub fn file(&self) -> Option<PathBuf> {
        let place = held(&self.place);
        place.file.as_ref().map(|file| file.path.clone())
    }

    /// Makes a draft of what somebody wrote, or has that of this letter say it.
    ///
    /// # Errors
    /// Why the ledger cannot be written; a file stays then.
    pub fn keep(
        &mut self,
        letter: &Letter,
        account: &Account,
        session: &mut Session<'_>,
    ) -> anyhow::Result<()> {
        let mut ledger = match self.ledger.take() {
            Some(ledger) => ledger,
            None => access::ledger_for(account, session)?,
        };
        let now = session.context.clock.now();
        // One that was there says what somebody else wrote too.
        let ours = self.draft.filter(|(_, made)| *made == Made::Now);
        let changed = ours.and_then(|(draft, _)| ledger.change_draft(&draft, letter, now).ok());
        let kept = match changed {
            Some(draft) => Ok((draft, Made::Now)),
            None => ledger.keep_draft(&account.address, letter, now),
        };
        self.ledger = Some(ledger);
        let (draft, made) = kept.map_err(|error| Failure::of_ledger(&error))?;
        self.draft = Some((draft, made));
        let mut place = held(&self.place);
        place.draft = Some(draft);
        place.written = Some((account.address.clone(), letter.clone()));
        if let Some(file) = place.file.take() {
            file.remove();
        }
        Ok(())
    }

    /// The ledger, and the draft that a message is made of.
    ///
    /// # Errors
    /// A [`Failure`].
    pub fn parts(
        &mut self,
        access: &Access,
        session: &mut Session<'_>,
    ) -> anyhow::Result<(&mut Ledger, Option<OfDraft<'_>>)> {
        if self.ledger.is_none() {
            self.ledger = Some(access::ledger(session)?);
        }
        let ledger = self.ledger.as_mut().expect("opened above");
        access::note(&access.account, ledger)?;
        let draft = self.draft.as_ref();
        Ok((
            ledger,
            draft.map(|(draft, made)| OfDraft { draft, made: *made }),
        ))
    }

    /// Once a journey is over: what is in a message of the ledger needs no other place.
    pub fn settle(&mut self, message: &OutgoingMessage, session: &Session<'_>) {
        let Some(ledger) = &self.ledger else { return };
        let is_itself = ledger.by_message_id(message.message_id());
        let is_itself = is_itself.is_ok_and(|found| found.is_some());
        let is_alike = || {
            let now = session.context.clock.now();
            client::has_twin(ledger, message, now).unwrap_or(false)
        };
        if !is_itself && !is_alike() {
            return;
        }
        let mut place = held(&self.place);
        place.written = None;
        if let Some(file) = place.file.take() {
            file.remove();
        }
    }

    /// Says where what was written is, if it did not become a message.
    ///
    /// # Errors
    /// Those of the output.
    pub fn tell(&mut self, session: &mut Session<'_>) -> io::Result<()> {
        let now = session.context.clock;
        let line = held(&self.place).line(self.ledger.as_mut(), session.lang, now);
        match line {
            Some(line) => writeln!(session.err, "{line}"),
            None => Ok(()),
        }
    }

    /// Says in which draft it was saved.
    ///
    /// # Errors
    /// Those of the output.
    pub fn tell_short(&self, session: &mut Session<'_>) -> io::Result<()> {
        let Some((draft, _)) = &self.draft else {
            return Ok(());
        };
        let number = draft.number().to_string();
        let texts = Catalogue::of(session.lang);
        let line = texts.fill("draft.kept", &[("draft", &number)]);
        writeln!(session.err, "{line}")
    }
}

fn held(place: &Mutex<Place>) -> MutexGuard<'_, Place> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a signal that ends the program says.
fn last_words(place: &mut Place, folder: Option<&PathBuf>, lang: Lang, clock: Clock) -> String {
    let words = Catalogue::of(lang).text("send.interrupted");
    // What was not written leaves no ledger behind.
    let mut ledger = match (&place.draft, folder) {
        (Some(_), Some(folder)) => Ledger::open(folder).ok(),
        (Some(_), None) | (None, _) => None,
    };
    match place.line(ledger.as_mut(), lang, clock) {
        Some(line) => format!("{words}\n{line}"),
        None => words.to_owned(),
    }
}

impl Place {
    /// The line that says where it is; what is nowhere any more is kept again first.
    fn line(&mut self, ledger: Option<&mut Ledger>, lang: Lang, clock: Clock) -> Option<String> {
        let texts = Catalogue::of(lang);
        if let Some(file) = &self.file {
            let key = match file.matter {
                Matter::Text => "draft.in-file",
                Matter::Message => "draft.message-in-file",
            };
            let file = file.path.display().to_string();
            return Some(texts.fill(key, &[("file", &file)]));
        }
        let draft = self.in_ledger(ledger, clock)?;
        let number = draft.number().to_string();
        Some(texts.fill("draft.stays", &[("draft", &number)]))
    }

    /// The draft that says it.
    fn in_ledger(&mut self, ledger: Option<&mut Ledger>, clock: Clock) -> Option<DraftRef> {
        let draft = self.draft?;
        let Some(ledger) = ledger else {
            return Some(draft);
        };
        let drafts = ledger.drafts().unwrap_or_default();
        if drafts.iter().any(|row| row.draft == draft) {
            return Some(draft);
        }
        let (account, letter) = self.written.as_ref()?;
        let kept = ledger.keep_draft(account, letter, clock.now());
        self.draft = kept.ok().map(|(draft, _)| draft);
        self.draft
    }
}
