//! Messages that were recorded before: what never left goes out, and what is in doubt is looked for
//! in the mailbox before anything else may happen to it.
//!
//! Rows of a batch are sent by the batch, which knows its pace and its hours and asks anew what else
//! went under their references; here one goes only when it is named.

use super::Now;
use super::confirm::{Consent, Question, Word};
use super::desk::{Answered, Desk, News};
use super::handing::{Handed, hand_over};
use super::once::is_elsewhere;
use super::reading::Reading;
use super::resume::{AfterAsking, Asked, Mood, SendAgain, is_left_over, ripe_at};
use super::{Found, Search};
use crate::account::SentCopy;
use crate::address::MailAddress;
use crate::exit::ExitStatus;
use crate::ledger::state::Standing;
use crate::ledger::{self, Claim, JobRef, Ledger, MessageRef, Plan, Terms};
use crate::timestamp::Timestamp;
use crate::transport::Submission;

/// A day in seconds.
const DAY: i64 = 86_400;
/// From this age on, in days, it is said how old a message is that goes out now: what was meant
/// weeks ago may not be meant today.
const OLD_DAYS: i64 = 2;

/// What is gone on with.
#[derive(Clone, Copy, Debug)]
pub struct Resumption<'a> {
    /// Of which account.
    pub account: &'a MailAddress,
    /// Which messages; without them all that may need it.
    pub messages: Option<&'a [MessageRef]>,
    /// What of those in doubt may go again; without it nothing.
    pub resend: Option<SendAgain>,
    /// On whose word.
    pub consent: Consent,
    /// Where copies are filed; without it nowhere.
    pub copy: Option<&'a SentCopy>,
}

/// What became of them.
#[derive(Debug)]
pub enum ResumeEnd {
    /// A person said no.
    Declined,
    /// Nobody is there who could be asked.
    Unasked,
    /// These were handed over, and this is the worst that is true of the others.
    Done(Vec<Handed>, ExitStatus),
}

/// Goes on with messages.
///
/// # Errors
/// Nothing has left then.
pub fn resume<D: Desk>(
    order: Resumption<'_>,
    ledger: &mut Ledger,
    now: Now<'_>,
    desk: &mut D,
) -> Result<ResumeEnd, D::Failure> {
    ledger.settle_cut_off(now())?;
    let messages = match order.messages {
        Some(named) => named.to_vec(),
        None => ledger.unsettled(order.account)?,
    };
    if messages.is_empty() {
        desk.tell(News::Nothing)?;
        return Ok(ResumeEnd::Done(Vec::new(), ExitStatus::Yes));
    }
    let mut reading = Reading::default();
    reading.after_loss(order.account, ledger, desk)?;
    let mut round = Round {
        order,
        began: now(),
        going: Vec::new(),
        worst: ExitStatus::Yes,
        of_jobs: Vec::new(),
        ledger,
        desk,
    };
    round.sort(messages)?;
    if order.consent == Consent::Given && round.never_left() {
        // Nobody looks: what another machine got accepted meanwhile is not sent from here.
        reading.for_nobody(round.ledger, round.desk)?;
        round.leave_out_elsewhere(now())?;
    }
    round.tell_of_jobs()?;
    if !round.going.is_empty() {
        round.announce()?;
        match order
            .consent
            .word(Question::Recorded(&round.going), round.desk)?
        {
            Word::Refused => return Ok(ResumeEnd::Declined),
            Word::Missing => return Ok(ResumeEnd::Unasked),
            Word::Now => {
                round.leave_out_written_again()?;
                round.look_again(now())?;
            }
            Word::Beforehand => {}
        }
    }
    let handed = match round.going.is_empty() {
        true => Vec::new(),
        false => round.send(now)?,
    };
    Ok(ResumeEnd::Done(handed, round.worst))
}

/// What is known of the messages so far.
struct Round<'r, D> {
    order: Resumption<'r>,
    began: Timestamp,
    /// What goes, and on which claim.
    going: Vec<(MessageRef, Claim)>,
    /// The worst that is true of those that do not.
    worst: ExitStatus,
    /// How many are rows of a job, which sends them.
    of_jobs: Vec<(JobRef, usize)>,
    ledger: &'r mut Ledger,
    desk: &'r mut D,
}

impl<D: Desk> Round<'_, D> {
    /// Finds those that go; asks the mailbox about those in doubt, and about those that this ledger
    /// may not have the whole story of.
    fn sort(&mut self, messages: Vec<MessageRef>) -> Result<(), D::Failure> {
        let (mut in_doubt, mut old) = (Vec::new(), Vec::new());
        for message in messages {
            // Both going out is what nobody wants; who does names it.
            if self.order.messages.is_none()
                && let Some(other) = self.ledger.written_again(&message)?
            {
                let news = News::WrittenAgain(&message, &other);
                self.stays(news, ExitStatus::Undecided)?;
                continue;
            }
            let is_of_now = self.ledger.is_of_now(&message, self.began)?;
            match Mood::of(&standings(self.ledger, &message)?, is_of_now) {
                Mood::Goes | Mood::AsksFirst if self.is_of_a_job(&message)? => {}
                Mood::Goes => self.going.push((message, Claim::NeverLeft)),
                Mood::AsksFirst => old.push(message),
                Mood::InDoubt => in_doubt.push(message),
                Mood::BeingSent => {
                    self.stays(News::BeingSent(&message), ExitStatus::Undecided)?;
                }
                Mood::Over(over) => self.stays(News::Over(&message, over), over.exit())?,
            }
        }
        let searched = self.search(&[in_doubt, old.clone()].concat())?;
        for (message, found) in searched.answers {
            let never_left = old.contains(&message);
            match self.after_asking(&message, found, never_left, self.began)? {
                AfterAsking::Goes(_) if self.is_of_a_job(&message)? => {}
                AfterAsking::Goes(claim) => self.going.push((message, claim)),
                AfterAsking::Stays => self.answered(&message, found)?,
                AfterAsking::TooYoung => {
                    self.stays(News::TooYoung(&message), ExitStatus::Undecided)?;
                }
            }
        }
        Ok(())
    }

    /// Whether a job sends it, and not we: who wants us to names it, and then it goes as long as
    /// nothing else went under its reference.
    fn is_of_a_job(&mut self, message: &MessageRef) -> Result<bool, ledger::Error> {
        let Some((job, row)) = self.ledger.row_of(message)? else {
            return Ok(false);
        };
        if self.order.messages.is_some()
            && matches!(self.ledger.plan(&row, Terms::default())?, Plan::Linked(_))
        {
            return Ok(false);
        }
        match self.of_jobs.iter_mut().find(|(known, _)| *known == job) {
            Some((_, count)) => *count += 1,
            None => self.of_jobs.push((job, 1)),
        }
        Ok(true)
    }

    fn tell_of_jobs(&mut self) -> Result<(), D::Failure> {
        for (job, count) in std::mem::take(&mut self.of_jobs) {
            self.stays(News::OfJob(&job, count), ExitStatus::Undecided)?;
        }
        Ok(())
    }

    fn search(&mut self, messages: &[MessageRef]) -> Result<Search, D::Failure> {
        match messages {
            [] => Ok(Search::default()),
            _ => self.desk.search(self.ledger, messages),
        }
    }

    /// What follows from what the mailbox answered about a message.
    fn after_asking(
        &self,
        message: &MessageRef,
        found: Found,
        never_left: bool,
        now: Timestamp,
    ) -> Result<AfterAsking, ledger::Error> {
        let facts = self.ledger.view(message)?.facts;
        let asked = Asked {
            found,
            never_left,
            left_over: is_left_over(&facts, &standings(self.ledger, message)?),
            ripe_at: self
                .order
                .resend
                .and_then(|resend| ripe_at(&facts, resend.patience)),
        };
        Ok(asked.then(self.order.resend.map(|resend| resend.what), now))
    }

    /// Whether something goes that nobody would miss.
    fn never_left(&self) -> bool {
        let mut claims = self.going.iter().map(|(_, claim)| *claim);
        claims.any(|claim| claim == Claim::NeverLeft)
    }

    /// Takes out what another machine sent, as its acceptance shows, and rows in whose place it sent
    /// something else.
    fn leave_out_elsewhere(&mut self, now: Timestamp) -> Result<(), D::Failure> {
        for (message, claim) in std::mem::take(&mut self.going) {
            let other = match claim {
                Claim::NeverLeft if self.is_of_a_job(&message)? => continue,
                Claim::NeverLeft => is_elsewhere(self.ledger, &self.ledger.row(&message)?, now)?,
                // A person said so.
                Claim::InDoubtAndSearched => None,
            };
            match other {
                Some(other) => {
                    self.stays(News::Elsewhere(&message, &other), ExitStatus::Undecided)?;
                }
                None => self.going.push((message, claim)),
            }
        }
        Ok(())
    }

    fn announce(&mut self) -> Result<(), D::Failure> {
        for (message, _) in &self.going {
            let row = self.ledger.row(message)?;
            let days = self.began.seconds_since(row.frozen_at) / DAY;
            let is_old = days >= OLD_DAYS;
            self.desk.tell(News::Goes(&row, is_old.then_some(days)))?;
        }
        Ok(())
    }

    /// Takes out, of those that nobody named, what was written anew while a person thought.
    fn leave_out_written_again(&mut self) -> Result<(), D::Failure> {
        if self.order.messages.is_some() {
            return Ok(());
        }
        for (message, claim) in std::mem::take(&mut self.going) {
            match self.ledger.written_again(&message)? {
                Some(other) => {
                    self.stays(News::WrittenAgain(&message, &other), ExitStatus::Undecided)?;
                }
                None => self.going.push((message, claim)),
            }
        }
        Ok(())
    }

    /// Asks the mailbox once more about those in doubt, and takes out what may not go any more: an
    /// acceptance came while a person thought.
    fn look_again(&mut self, now: Timestamp) -> Result<(), D::Failure> {
        let doubtful = self.going.iter();
        let doubtful = doubtful.filter(|(_, claim)| *claim == Claim::InDoubtAndSearched);
        let doubtful: Vec<MessageRef> = doubtful.map(|(message, _)| message.clone()).collect();
        for (message, found) in self.search(&doubtful)?.answers {
            let then = self.after_asking(&message, found, false, now)?;
            if !matches!(then, AfterAsking::Goes(_)) {
                self.going.retain(|(other, _)| *other != message);
                self.answered(&message, found)?;
            }
        }
        Ok(())
    }

    /// Over one connection, until it is of no more use; what was not begun stays as it is. What
    /// keeps a further message from being sent ends nothing: what went before it is told too.
    fn send(&mut self, now: Now<'_>) -> Result<Vec<Handed>, D::Failure> {
        let mut submission: Box<dyn Submission> = self.desk.submission()?;
        let mut all = Vec::new();
        for going in std::mem::take(&mut self.going) {
            let (copy, line) = (self.order.copy, &mut *submission);
            let message = going.0.clone();
            let handed = match hand_over(going, copy, line, self.ledger, now, self.desk) {
                Ok(handed) => handed,
                // Somebody else did something for it meanwhile: nothing of it was written.
                Err(ledger::Error::BeingSent { .. } | ledger::Error::Settled { .. }) => {
                    self.tell_settled(&message)?;
                    continue;
                }
                Err(error) if all.is_empty() => return Err(error.into()),
                Err(error) => {
                    let status = self.desk.stopped(error.into())?;
                    self.worst = self.worst.worse(status);
                    return Ok(all);
                }
            };
            let goes_on = handed.submitted.lets_others_follow();
            all.push(handed);
            if !goes_on {
                return Ok(all);
            }
        }
        submission.close();
        Ok(all)
    }

    /// Tells of a message that may not be sent any more where it stands now.
    fn tell_settled(&mut self, message: &MessageRef) -> Result<(), D::Failure> {
        match Mood::of(&standings(self.ledger, message)?, true) {
            Mood::BeingSent => self.stays(News::BeingSent(message), ExitStatus::Undecided),
            Mood::Over(over) => self.stays(News::Over(message, over), over.exit()),
            // A receipt speaks of it, and says nothing of its recipients.
            Mood::Goes | Mood::AsksFirst => self.answered(message, Found::Receipt),
            Mood::InDoubt => self.answered(message, Found::Unknown),
        }
    }

    /// Tells what the mailbox answered about a message that stays.
    fn answered(&mut self, message: &MessageRef, found: Found) -> Result<(), D::Failure> {
        let not_accepted = standings(self.ledger, message)?.contains(&Standing::NotAccepted);
        let answered = Answered::of(found, not_accepted);
        self.stays(News::Stays(message, answered), answered.exit())
    }

    fn stays(&mut self, news: News<'_>, status: ExitStatus) -> Result<(), D::Failure> {
        self.desk.tell(news)?;
        self.worst = self.worst.worse(status);
        Ok(())
    }
}

/// Where a message stands for each recipient.
fn standings(ledger: &Ledger, message: &MessageRef) -> Result<Vec<Standing>, ledger::Error> {
    let row = ledger.row(message)?;
    let standings = row.recipients.iter().map(|(_, standing)| *standing);
    Ok(standings.collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::client::practised::{Does, Practised, account, message};
    use crate::client::{Answer, Goes, NewEnd, Resend};
    use crate::ledger::fact::{AttemptEnd, Words};
    use crate::ledger::{Commit, End};

    const ID: &str = "<uno@pec.mittente.example>";
    const PATIENCE: i64 = 900;

    /// One message after a first attempt.
    fn after(does: Does, to: &[&str]) -> (Practised, MessageRef) {
        let mut world = Practised::new();
        world.server([does]);
        let end = world.send(&message(ID, to), Goes::InAnyCase);
        let Ok(NewEnd::Handed(handed)) = end else {
            panic!("{end:?}");
        };
        world.person.done.clear();
        world.person.told.clear();
        (world, handed.message)
    }

    fn order(account: &MailAddress) -> Resumption<'_> {
        Resumption {
            account,
            messages: None,
            resend: None,
            consent: Consent::Given,
            copy: Some(&SentCopy::WhereMarked),
        }
    }

    const fn send_again(what: Resend) -> Option<SendAgain> {
        let patience = Duration::from_secs(PATIENCE.unsigned_abs());
        Some(SendAgain { what, patience })
    }

    fn resumed(
        world: &mut Practised,
        change: impl FnOnce(&mut Resumption<'_>),
    ) -> (usize, ExitStatus) {
        let account = account();
        let mut order = order(&account);
        change(&mut order);
        let before = world.got();
        let (handed, worst) = world.resume(order).expect("an end");
        assert_eq!(handed.len(), world.got() - before);
        (handed.len(), worst)
    }

    #[test]
    fn what_never_left_goes_once() {
        let (mut world, _) = after(Does::Breaks, &["a"]);
        assert_eq!(resumed(&mut world, |_| {}), (1, ExitStatus::Yes));
        assert_eq!(world.person.done, ["read", "connect", "file"]);
        // It went: there is nothing more to go on with.
        assert_eq!(resumed(&mut world, |_| {}), (0, ExitStatus::Yes));
        assert_eq!(
            world.person.told.last().map(String::as_str),
            Some("Nothing")
        );
        assert_eq!(world.got(), 1);
    }

    #[test]
    fn what_never_left_long_ago_goes_only_if_the_mailbox_has_nothing_of_it() {
        for (found, count) in [
            (Found::Nothing, 1),
            (Found::Unknown, 0),
            (Found::Receipt, 0),
        ] {
            let (mut world, _) = after(Does::Breaks, &["a"]);
            world.pass(601);
            world.person.found.push_back(found);
            let (sent, worst) = resumed(&mut world, |_| {});
            assert_eq!(sent, count, "{found:?}");
            assert_eq!(worst == ExitStatus::Undecided, found == Found::Unknown);
            assert_eq!(world.person.done[0], "search");
        }
    }

    #[test]
    fn what_is_in_doubt_goes_again_only_with_the_word_its_age_and_an_empty_mailbox() {
        let word = send_again(Resend::IfNothingIsThere);
        for (resend, passed, found, count) in [
            (None, PATIENCE, Found::Nothing, 0),
            (word, PATIENCE - 1, Found::Nothing, 0),
            (word, PATIENCE, Found::Nothing, 1),
            (word, PATIENCE, Found::Unproved, 0),
            (word, PATIENCE, Found::Unknown, 0),
            (word, PATIENCE, Found::Receipt, 0),
        ] {
            let (mut world, _) = after(Does::LeavesInDoubt, &["a"]);
            world.pass(passed);
            world.person.found.push_back(found);
            let (sent, _) = resumed(&mut world, |order| order.resend = resend);
            assert_eq!(sent, count, "{resend:?} after {passed}: {found:?}");
            assert_eq!(world.person.done.contains(&"connect"), count > 0);
        }
    }

    #[test]
    fn an_acceptance_that_came_while_somebody_thought_is_heeded() {
        for (found, count) in [
            (Found::Nothing, 1),
            (Found::Receipt, 0),
            (Found::Unknown, 0),
        ] {
            let (mut world, _) = after(Does::LeavesInDoubt, &["a"]);
            world.pass(PATIENCE);
            world.person.answer = Answer::Yes;
            world.person.found.extend([Found::Nothing, found]);
            let (sent, _) = resumed(&mut world, |order| {
                order.resend = send_again(Resend::IfNothingIsThere);
                order.consent = Consent::Asked;
            });
            assert_eq!(sent, count, "{found:?}");
            assert_eq!(world.person.done[..3], ["search", "ask", "search"]);
        }
    }

    #[test]
    fn nothing_goes_where_the_answer_is_no_or_nobody_is_there() {
        for answer in [Answer::No, Answer::Nobody] {
            let (mut world, _) = after(Does::Breaks, &["a"]);
            world.person.answer = answer;
            let end = resumed(&mut world, |order| order.consent = Consent::Asked);
            assert_eq!(end, (0, ExitStatus::Unusable), "{answer:?}");
            assert_eq!(world.person.done, ["ask"], "{answer:?}");
        }
    }

    #[test]
    fn who_was_left_behind_gets_it_alone_and_its_copy_is_filed_once() {
        let (mut world, _) = after(Does::TakesAllButTheLast, &["a", "b"]);
        assert_eq!(world.servers.borrow().sent.len(), 1);
        assert_eq!(resumed(&mut world, |_| {}), (1, ExitStatus::Yes));
        let servers = world.servers.borrow();
        assert_eq!(servers.got[1].0, ["b@pec.destinatario.example"]);
        assert_eq!(servers.sent.len(), 1);
    }

    #[test]
    fn a_line_that_breaks_leaves_the_rest_as_it_is() {
        let mut world = Practised::new();
        for (id, to) in [(ID, "a"), ("<due@pec.mittente.example>", "b")] {
            world.server([Does::Breaks]);
            let end = world.send(&message(id, &[to]), Goes::InAnyCase);
            assert!(matches!(end, Ok(NewEnd::Handed(_))));
        }
        world.server([Does::Breaks]);
        let account = account();
        let (handed, _) = world.resume(order(&account)).expect("an end");
        assert_eq!((handed.len(), world.got()), (1, 0));
        let (handed, _) = world.resume(order(&account)).expect("an end");
        assert_eq!((handed.len(), world.got()), (2, 2));
    }

    #[test]
    fn what_was_written_again_stays_until_it_is_named() {
        let (mut world, first) = after(Does::Breaks, &["a"]);
        world.pass(1);
        let again = message("<due@pec.mittente.example>", &["a"]);
        assert!(world.send(&again, Goes::InAnyCase).is_ok());
        assert_eq!(resumed(&mut world, |_| {}), (0, ExitStatus::Undecided));
        assert_eq!(
            world.person.told.last().map(String::as_str),
            Some("WrittenAgain")
        );
        let account = account();
        let order = Resumption {
            messages: Some(&[first]),
            ..order(&account)
        };
        assert_eq!(world.resume(order).expect("an end").0.len(), 1);
    }

    #[test]
    fn what_is_written_again_while_a_person_thinks_stays() {
        for is_written in [false, true] {
            let (mut world, _) = after(Does::Breaks, &["a"]);
            world.person.answer = Answer::Yes;
            let folder = world.folder.path().join("pec");
            let at = Timestamp::from_unix(world.now.get().unix() + 1);
            if is_written {
                world.person.meanwhile = Some(Box::new(move || {
                    let mut ledger = Ledger::open(&folder).expect("the same ledger");
                    let again = message("<due@pec.mittente.example>", &["a"]);
                    ledger.freeze_draft(&again, None, at).expect("recorded");
                }));
            }
            let account = account();
            let order = Resumption {
                consent: Consent::Asked,
                ..order(&account)
            };
            world.resume(order).expect("an end");
            assert_eq!(world.got(), usize::from(!is_written));
        }
    }

    #[test]
    fn what_another_process_sends_while_a_person_thinks_keeps_no_other_from_going() {
        for is_sent in [false, true] {
            let (mut world, first) = after(Does::Breaks, &["a"]);
            world.server([Does::Breaks]);
            let second = message("<due@pec.mittente.example>", &["b"]);
            let end = world.send(&second, Goes::InAnyCase);
            assert!(matches!(end, Ok(NewEnd::Handed(_))));
            world.person.answer = Answer::Yes;
            world.person.told.clear();
            let folder = world.folder.path().join("pec");
            let now = world.now.get();
            if is_sent {
                world.person.meanwhile = Some(Box::new(move || {
                    let mut ledger = Ledger::open(&folder).expect("the same ledger");
                    let attempt = ledger.begin(&first, Claim::NeverLeft, now);
                    let attempt = attempt.expect("an attempt");
                    let handed = ledger.hand(&attempt, now, Commit::AtOnce);
                    handed.expect("handed");
                    let words = Words {
                        code: Some(250),
                        text: "taken".to_owned(),
                    };
                    let end = End {
                        whole: AttemptEnd::Taken(words),
                        refused: Vec::new(),
                    };
                    let ended = ledger.end(attempt, &end, now, Commit::AtOnce);
                    ended.expect("an end");
                }));
            }
            let account = account();
            let order = Resumption {
                consent: Consent::Asked,
                ..order(&account)
            };
            let (handed, worst) = world.resume(order).expect("an end");
            assert_eq!(handed.len(), 2 - usize::from(is_sent));
            assert!(handed.last().expect("the second").submitted.is_taken());
            assert_eq!(worst, ExitStatus::Yes);
            assert_eq!(world.person.told.contains(&"Over".to_owned()), is_sent);
        }
    }

    #[test]
    fn what_is_over_is_told_and_what_waits_for_days_is_said_to_be_old() {
        let (mut world, first) = after(Does::Takes, &["a"]);
        let named = [first];
        let account = account();
        let over = Resumption {
            messages: Some(&named),
            ..order(&account)
        };
        assert_eq!(world.resume(over).expect("an end").1, ExitStatus::Yes);
        assert_eq!(
            (&*world.person.told, world.got()),
            (&["Over".to_owned()][..], 1)
        );
    }
}
