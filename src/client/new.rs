//! A new message: shown, confirmed or held against what went before, recorded, handed over once.

use super::Now;
use super::confirm::{Question, Word};
use super::desk::{Desk, News};
use super::handing::{Handed, hand_over};
use super::known::Known;
use super::once::{Cautions, Goes, Once, Went, known, once, record_once};
use super::reading::Reading;
use crate::account::SentCopy;
use crate::court::Court;
use crate::ledger::{self, Claim, DraftRef, Ledger, Made};
use crate::pec::caution::Stop;
use crate::pec::outgoing::{Limits, OutgoingMessage};

/// A new message.
#[derive(Clone, Copy)]
pub struct New<'a> {
    /// What goes.
    pub message: &'a OutgoingMessage,
    /// What its provider takes.
    pub limits: Limits,
    /// On whose word it goes.
    pub goes: Goes,
    /// The law court in which its receipts are to be filed, if it is for one.
    pub court: Option<Court>,
    /// What a person named of what would stop it.
    pub despite: &'a [Stop],
    /// What is known of its recipients beside the ledger.
    pub known: Known<'a>,
    /// Where a copy is filed; without it nowhere.
    pub copy: Option<&'a SentCopy>,
    /// The draft that it was made of, if it was of one. Once the message is recorded there is no
    /// draft any more; until then it stays, whatever happens.
    pub draft: Option<OfDraft<'a>>,
    /// What its sender calls it; no recipient sees it.
    pub reference: Option<&'a str>,
}

/// The draft of a new message.
#[derive(Clone, Copy, Debug)]
pub struct OfDraft<'a> {
    /// Which.
    pub draft: &'a DraftRef,
    /// Whether it was made for this message.
    pub made: Made,
}

/// What became of it.
#[derive(Debug)]
pub enum NewEnd {
    /// It was handed over.
    Handed(Handed),
    /// It was not, and nothing of it is recorded.
    Kept(Kept),
}

/// Why a new message was not handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A person said no.
    Declined,
    /// Nobody is there who could be asked.
    Unasked,
    /// Something stops it that nobody has named.
    Stopped(Vec<Stop>),
    /// The same went.
    Went(Went),
    /// Another process recorded the same meanwhile, and sends it.
    Meanwhile,
    /// It has more octets than the server takes.
    TooLarge {
        /// Its octets.
        octets: u64,
        /// Those of the server.
        limit: u64,
    },
}

/// Sends a new message, once.
///
/// # Errors
/// Nothing has left then.
pub fn send_new<D: Desk>(
    new: New<'_>,
    ledger: &mut Ledger,
    now: Now<'_>,
    desk: &mut D,
) -> Result<NewEnd, D::Failure> {
    let message = new.message;
    let mut reading = Reading::default();
    reading.after_loss(message.sender(), ledger, desk)?;
    // What a person decides about is what is known now, not when the answer comes.
    let shown = known(ledger, message, now())?;
    let mut cautions = Cautions::of(message, new.limits, Some(ledger), new.known, now())?;
    if let Some(court) = new.court {
        cautions = cautions.for_court(message, court, now());
    }
    desk.tell(News::New(message, &cautions))?;
    let stops = cautions.stops(new.despite);
    if !stops.is_empty() {
        return Ok(NewEnd::Kept(Kept::Stopped(stops)));
    }
    // A person is told by the cautions and decides; a script may just have been started again.
    let mut unsent = None;
    if new.goes == Goes::Once {
        reading.for_nobody(ledger, desk)?;
        match once(ledger, message, now())? {
            Once::Free => {}
            Once::GoesOn(recorded) => unsent = Some(recorded),
            Once::Went(went) => {
                match &went {
                    Went::Here { .. } => needless(new.draft, ledger)?,
                    Went::Elsewhere { .. } | Went::Lost { .. } | Went::Alike { .. } => {}
                }
                return Ok(NewEnd::Kept(Kept::Went(went)));
            }
        }
    }
    match new.goes.consent().word(Question::New(message), desk)? {
        Word::Beforehand | Word::Now => {}
        Word::Refused => return Ok(NewEnd::Kept(Kept::Declined)),
        Word::Missing => return Ok(NewEnd::Kept(Kept::Unasked)),
    }
    // Connected before anything is recorded: a wrong password leaves nothing behind that a later
    // resuming would send.
    let mut submission = desk.submission()?;
    let octets = message.octets().len() as u64;
    if let Some(limit) = submission.size_limit().filter(|limit| octets > *limit) {
        return Ok(NewEnd::Kept(Kept::TooLarge { octets, limit }));
    }
    let draft = new.draft.map(|of| of.draft);
    let recorded = match unsent {
        Some(recorded) => {
            // What it says is in the message that goes.
            draft.map(|draft| ledger.drop_draft(draft)).transpose()?;
            desk.tell(News::GoesOn(&recorded))?;
            recorded
        }
        None => {
            let recorded = match new.goes {
                Goes::Once => record_once(ledger, (message, draft), &[], now())?,
                Goes::WhenConfirmed => record_once(ledger, (message, draft), &shown, now())?,
                Goes::InAnyCase => Some(ledger.freeze_draft(message, draft, now())?),
            };
            match recorded {
                Some(recorded) => recorded,
                None => {
                    needless(new.draft, ledger)?;
                    return Ok(NewEnd::Kept(Kept::Meanwhile));
                }
            }
        }
    };
    if let Some(reference) = new.reference {
        ledger.name_message(&recorded, reference)?;
    }
    desk.tell(News::Leaving(octets))?;
    let going = (recorded, Claim::NeverLeft);
    let handed = hand_over(going, new.copy, &mut *submission, ledger, now, desk)?;
    submission.close();
    Ok(NewEnd::Handed(handed))
}

/// Takes away the draft of what the ledger has as a message already: a script was started again after
/// all went well, or twice at once. One that somebody kept stays, since that may be sent all the same.
fn needless(of: Option<OfDraft<'_>>, ledger: &mut Ledger) -> Result<(), ledger::Error> {
    let Some(of) = of.filter(|of| of.made == Made::Now) else {
        return Ok(());
    };
    match ledger.drop_draft(of.draft) {
        // Whoever came first made his message of it.
        Err(ledger::Error::NoDraft { .. }) => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::practised::{Does, Failed, Practised, message, with_fields};
    use crate::client::{Answer, Filed, KeptBack};
    use crate::ledger::Letter;
    use crate::ledger::state::Standing;
    use crate::pec::DeliveryForm;

    const FIRST: &str = "<uno@pec.mittente.example>";
    const SECOND: &str = "<due@pec.mittente.example>";
    /// The last second of the 24 hours.
    const LAST: i64 = 24 * 3_600 - 1;

    fn handed(end: NewEnd) -> Handed {
        match end {
            NewEnd::Handed(handed) => handed,
            NewEnd::Kept(kept) => panic!("{kept:?}"),
        }
    }

    fn kept(end: NewEnd) -> Kept {
        match end {
            NewEnd::Kept(kept) => kept,
            NewEnd::Handed(handed) => panic!("{handed:?}"),
        }
    }

    #[test]
    fn the_same_goes_once_in_24_hours_to_the_second_when_nobody_looks() {
        for (passed, count) in [(LAST, 1), (LAST + 1, 2)] {
            let mut world = Practised::new();
            let first = handed(
                world
                    .send(&message(FIRST, &["a"]), Goes::Once)
                    .expect("sent"),
            );
            world.pass(passed);
            let second = world
                .send(&message(SECOND, &["a"]), Goes::Once)
                .expect("an end");
            match (count, second) {
                (1, NewEnd::Kept(Kept::Went(Went::Here { message, .. }))) => {
                    assert_eq!(message, first.message);
                }
                (2, NewEnd::Handed(_)) => {}
                (_, other) => panic!("{other:?}"),
            }
            assert_eq!(world.got(), count, "after {passed} seconds");
            assert_eq!(world.recorded(), count);
        }
    }

    #[test]
    fn the_same_goes_again_where_somebody_says_so() {
        let mut world = Practised::new();
        world.person.answer = Answer::Yes;
        for (id, goes) in [
            (FIRST, Goes::Once),
            (SECOND, Goes::InAnyCase),
            ("<tre@pec.mittente.example>", Goes::WhenConfirmed),
        ] {
            handed(world.send(&message(id, &["a"]), goes).expect("sent"));
        }
        assert_eq!(world.got(), 3);
    }

    #[test]
    fn a_notification_without_complete_receipts_leaves_only_where_that_is_named() {
        let brief = "Subject: Notificazione ai sensi della legge n. 53 del 1994\r\n\
                     X-TipoRicevuta: breve\r\n";
        let stop = Stop::NotificationForm;
        for goes in [Goes::Once, Goes::InAnyCase, Goes::WhenConfirmed] {
            let mut world = Practised::new();
            world.person.answer = Answer::Yes;
            let written = with_fields(FIRST, &["a"], brief);
            let end = world.send_despite(&written, goes, &[]).expect("an end");
            assert_eq!(kept(end), Kept::Stopped(vec![stop]), "{goes:?}");
            // Nobody was asked, nothing is left behind.
            assert_eq!((world.got(), world.recorded()), (0, 0));
            assert!(!world.person.done.contains(&"ask"));
            let other = [Stop::NotificationCopy];
            let end = world.send_despite(&written, goes, &other).expect("an end");
            assert_eq!(kept(end), Kept::Stopped(vec![stop]));
            handed(world.send_despite(&written, goes, &[stop]).expect("sent"));
            assert_eq!(world.got(), 1);
            // Complete receipts need no word.
            let complete = brief.replace("breve", "completa");
            let mut world = Practised::new();
            world.person.answer = Answer::Yes;
            let written = with_fields(FIRST, &["a"], &complete);
            handed(world.send_despite(&written, goes, &[]).expect("sent"));
        }
    }

    #[test]
    fn another_recipient_or_another_text_is_no_twin() {
        let mut world = Practised::new();
        handed(
            world
                .send(&message(FIRST, &["a"]), Goes::Once)
                .expect("sent"),
        );
        handed(
            world
                .send(&message(SECOND, &["b"]), Goes::Once)
                .expect("sent"),
        );
        assert_eq!(world.got(), 2);
    }

    #[test]
    fn what_is_in_doubt_keeps_its_twin_back_and_what_never_left_goes_on() {
        for (does, count) in [(Does::LeavesInDoubt, 1), (Does::Breaks, 1)] {
            let mut world = Practised::new();
            world.server([does]);
            let first = handed(
                world
                    .send(&message(FIRST, &["a"]), Goes::Once)
                    .expect("an end"),
            );
            let second = world
                .send(&message(SECOND, &["a"]), Goes::Once)
                .expect("an end");
            if does == Does::Breaks {
                // The same message, under its first name.
                assert_eq!(handed(second).message, first.message);
                assert!(world.person.told.contains(&"GoesOn".to_owned()));
            } else {
                assert!(matches!(kept(second), Kept::Went(Went::Here { .. })));
            }
            assert_eq!((world.got(), world.recorded()), (count, 1), "{does:?}");
        }
    }

    #[test]
    fn a_mailbox_that_cannot_be_read_lets_only_leave_what_somebody_answers_for() {
        let needed = Some(("INBOX".to_owned(), "no".to_owned()));
        for (goes, count) in [
            (Goes::Once, 0),
            (Goes::InAnyCase, 1),
            (Goes::WhenConfirmed, 1),
        ] {
            let mut world = Practised::new();
            world.person.answer = Answer::Yes;
            world.person.missed.needed.clone_from(&needed);
            let end = world.send(&message(FIRST, &["a"]), goes);
            if goes == Goes::Once {
                let (folder, reason) = needed.clone().expect("one");
                let kept_back = KeptBack::Folder { folder, reason };
                assert_eq!(end.err(), Some(Failed::KeptBack(kept_back)));
                assert!(world.person.told.contains(&"NotRead".to_owned()));
            } else {
                assert!(!world.person.done.contains(&"read"), "{goes:?}");
            }
            assert_eq!((world.got(), world.recorded()), (count, count), "{goes:?}");
        }
    }

    #[test]
    fn what_is_declined_too_large_or_without_a_server_leaves_nothing_behind() {
        type Change = fn(&mut Practised);
        let cases: [(Change, Goes, &str); 4] = [
            (
                |world| world.person.answer = Answer::No,
                Goes::WhenConfirmed,
                "Declined",
            ),
            (|_| {}, Goes::WhenConfirmed, "Unasked"),
            (
                |world| world.person.has_no_server = true,
                Goes::Once,
                "NoServer",
            ),
            (
                |world| world.servers.borrow_mut().size_limit = Some(10),
                Goes::Once,
                "TooLarge",
            ),
        ];
        for (change, goes, why) in cases {
            let mut world = Practised::new();
            change(&mut world);
            let end = world.send(&message(FIRST, &["a"]), goes);
            assert!(format!("{end:?}").contains(why), "{end:?}");
            assert_eq!((world.got(), world.recorded()), (0, 0), "{why}");
        }
    }

    fn letter() -> Letter {
        Letter {
            to: vec!["a@pec.destinatario.example".to_owned()],
            cc: Vec::new(),
            reply_to: None,
            subject: "Avviso".to_owned(),
            body: "Testo.".to_owned(),
            files: Vec::new(),
            form: DeliveryForm::Complete,
            reference: None,
            answered: None,
        }
    }

    #[test]
    fn a_draft_stays_until_its_message_is_recorded_and_no_longer() {
        type Change = fn(&mut Practised);
        let cases: [(Change, Goes, usize, usize); 9] = [
            (
                |world| world.person.answer = Answer::No,
                Goes::WhenConfirmed,
                0,
                1,
            ),
            (|_| {}, Goes::WhenConfirmed, 0, 1),
            (|world| world.person.has_no_server = true, Goes::Once, 0, 1),
            (
                |world| world.servers.borrow_mut().size_limit = Some(10),
                Goes::Once,
                0,
                1,
            ),
            (
                |world| {
                    world.person.missed.needed = Some(("INBOX".to_owned(), "no".to_owned()));
                },
                Goes::Once,
                0,
                1,
            ),
            (|_| {}, Goes::Once, 1, 0),
            (|_| {}, Goes::InAnyCase, 1, 0),
            (
                |world| world.server([Does::LeavesInDoubt]),
                Goes::Once,
                1,
                0,
            ),
            // Recorded: it goes with --resume.
            (|world| world.server([Does::Breaks]), Goes::Once, 1, 0),
        ];
        for (case, (change, goes, recorded, drafts)) in cases.into_iter().enumerate() {
            let mut world = Practised::new();
            change(&mut world);
            let (draft, made) = world.draft(&letter());
            let of = OfDraft {
                draft: &draft,
                made,
            };
            let _ = world.send_draft(&message(FIRST, &["a"]), goes, of);
            let left = world.ledger.drafts().expect("a list").len();
            assert_eq!((world.recorded(), left), (recorded, drafts), "case {case}");
        }
    }

    #[test]
    fn one_draft_goes_once_whoever_sends_it_and_what_changed_meanwhile_does_not() {
        for changed in [false, true] {
            let mut world = Practised::new();
            let (draft, made) = world.draft(&letter());
            let of = OfDraft {
                draft: &draft,
                made,
            };
            let other = Letter {
                body: "Altro.".to_owned(),
                ..letter()
            };
            if changed {
                let now = world.now.get();
                world
                    .ledger
                    .change_draft(&draft, &other, now)
                    .expect("kept");
            } else {
                let sent = world.send_draft(&message(FIRST, &["a"]), Goes::InAnyCase, of);
                handed(sent.expect("sent"));
            }
            // Another process, that had read the draft before.
            let second = world.send_draft(&message(SECOND, &["b"]), Goes::InAnyCase, of);
            let Err(Failed::Ledger(reason)) = second else {
                panic!("{second:?}");
            };
            assert!(reason.contains("meanwhile"), "{reason}");
            assert_eq!(world.got(), usize::from(!changed));
            let left = world.ledger.drafts().expect("a list");
            assert_eq!(left.iter().any(|row| row.letter == other), changed);
        }
    }

    /// A person decides about what was shown: what another process recorded while the question stood
    /// there was not. Known before, it is told, and the answer holds.
    #[test]
    fn what_another_process_recorded_while_a_person_thought_keeps_the_message_back() {
        for is_shown in [false, true] {
            let mut world = Practised::new();
            world.person.answer = Answer::Yes;
            let folder = world.folder.path().join("pec");
            let now = world.now.get();
            let other = move || {
                let mut ledger = Ledger::open(&folder).expect("the same ledger");
                let twin = message(SECOND, &["a"]);
                ledger.freeze_draft(&twin, None, now).expect("recorded");
            };
            match is_shown {
                true => other(),
                false => world.person.meanwhile = Some(Box::new(other)),
            }
            let end = world
                .send(&message(FIRST, &["a"]), Goes::WhenConfirmed)
                .expect("an end");
            let is_kept = matches!(end, NewEnd::Kept(Kept::Meanwhile));
            assert_eq!((is_kept, world.got()), (!is_shown, usize::from(is_shown)));
        }
    }

    #[test]
    fn a_draft_whose_twin_never_left_is_no_draft_when_that_one_goes() {
        let mut world = Practised::new();
        world.server([Does::Breaks]);
        let first = world
            .send(&message(FIRST, &["a"]), Goes::Once)
            .expect("an end");
        let first = handed(first).message;
        let (draft, made) = world.draft(&letter());
        let of = OfDraft {
            draft: &draft,
            made,
        };
        let second = world.send_draft(&message(SECOND, &["a"]), Goes::Once, of);
        assert_eq!(handed(second.expect("sent")).message, first);
        assert_eq!((world.got(), world.recorded()), (1, 1));
        assert_eq!(world.ledger.drafts().expect("a list"), []);
    }

    #[test]
    fn a_script_that_was_started_again_leaves_no_draft_and_a_person_keeps_his() {
        for (made, left) in [(Made::Now, 0), (Made::Before, 1)] {
            let mut world = Practised::new();
            handed(
                world
                    .send(&message(FIRST, &["a"]), Goes::Once)
                    .expect("sent"),
            );
            let (draft, _) = world.draft(&letter());
            let of = OfDraft {
                draft: &draft,
                made,
            };
            let second = world.send_draft(&message(SECOND, &["a"]), Goes::Once, of);
            assert!(matches!(kept(second.expect("an end")), Kept::Went(_)));
            assert_eq!(world.ledger.drafts().expect("a list").len(), left);
            assert_eq!(world.got(), 1);
        }
    }

    #[test]
    fn who_comes_second_leaves_no_draft_and_a_person_keeps_his() {
        for (made, left) in [(Made::Now, 0), (Made::Before, 1)] {
            let mut world = Practised::new();
            world.person.answer = Answer::Yes;
            let folder = world.folder.path().join("pec");
            let now = world.now.get();
            world.person.meanwhile = Some(Box::new(move || {
                let mut ledger = Ledger::open(&folder).expect("the same ledger");
                let twin = message(SECOND, &["a"]);
                ledger.freeze_draft(&twin, None, now).expect("recorded");
            }));
            let (draft, _) = world.draft(&letter());
            let of = OfDraft {
                draft: &draft,
                made,
            };
            let end = world.send_draft(&message(FIRST, &["a"]), Goes::WhenConfirmed, of);
            assert!(matches!(kept(end.expect("an end")), Kept::Meanwhile));
            assert_eq!(world.ledger.drafts().expect("a list").len(), left);
            assert_eq!((world.got(), world.recorded()), (0, 1));
        }
    }

    #[test]
    fn the_same_letter_of_the_same_account_is_one_draft() {
        let mut world = Practised::new();
        let (first, made) = world.draft(&letter());
        assert_eq!(
            (made, world.draft(&letter())),
            (Made::Now, (first, Made::Before))
        );
        let other = Letter {
            subject: "Altro".to_owned(),
            ..letter()
        };
        assert_ne!(world.draft(&other).0, first);
        assert_eq!(world.ledger.drafts().expect("a list").len(), 2);
        // A number is never another draft's.
        let last = world.draft(&other).0;
        world.ledger.drop_draft(&last).expect("gone");
        assert!(world.draft(&other).0.number() > last.number());
    }

    #[test]
    fn a_person_is_asked_before_a_connection_and_a_script_reads_the_mailbox_first() {
        for (goes, done) in [
            (Goes::WhenConfirmed, &["ask", "connect", "file"][..]),
            (Goes::Once, &["read", "connect", "file"]),
            (Goes::InAnyCase, &["connect", "file"]),
        ] {
            let mut world = Practised::new();
            world.person.answer = Answer::Yes;
            handed(world.send(&message(FIRST, &["a"]), goes).expect("sent"));
            assert_eq!(world.person.done, done, "{goes:?}");
        }
    }

    #[test]
    fn what_is_filed_is_what_left_and_only_if_it_was_taken() {
        for does in [Does::Takes, Does::LeavesInDoubt, Does::Breaks] {
            let mut world = Practised::new();
            world.server([does]);
            let end = handed(
                world
                    .send(&message(FIRST, &["a"]), Goes::Once)
                    .expect("an end"),
            );
            let servers = world.servers.borrow();
            if does == Does::Takes {
                assert!(matches!(end.copy, Some(Filed::In(_))));
                assert_eq!(servers.sent, [servers.got[0].1.clone()]);
            } else {
                assert_eq!((end.copy, servers.sent.len()), (None, 0), "{does:?}");
            }
        }
    }

    #[test]
    fn a_copy_that_cannot_be_filed_changes_nothing_about_the_message() {
        let mut world = Practised::new();
        world.servers.borrow_mut().is_full = true;
        let end = handed(
            world
                .send(&message(FIRST, &["a"]), Goes::Once)
                .expect("sent"),
        );
        assert!(matches!(end.copy, Some(Filed::Failed(_))), "{end:?}");
        let row = world.ledger.row(&end.message).expect("a row");
        assert_eq!(row.recipients[0].1, Standing::Sent);
    }
}
