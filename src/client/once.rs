//! A single message, once: what went already with the same content to the same people.
//!
//! Nobody confirms what a script sends, and the script may just have been started again, here or on
//! another machine. So the mailbox is read first ([`read_all`](super::read_all)), as before the
//! rows of a batch, and then [`decide`] says what follows from what ledger and mailbox show: a pure
//! function, as the present is handed in.
//!
//! There is no conflict here as there is between two texts under one reference: the key of a
//! message without a reference is its content, so that another content is another message.

use super::confirm::Consent;
use super::known::{Known, reach};
use crate::address::MailAddress;
use crate::batch::identity::Identity;
use crate::court::{Court, Objection, Weight};
use crate::input;
use crate::ledger::fact::What;
use crate::ledger::state::Standing;
use crate::ledger::{Acceptance, DraftRef, Error, Ledger, Life, MessageRef, MessageRow};
use crate::pec::MessageId;
use crate::pec::caution::{Stop, Warning};
use crate::pec::outgoing::{Attachment, Limits, OutgoingMessage};
use crate::smime::sha256;
use crate::timestamp::Timestamp;

/// On whose word a new message goes, and whether that is for once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goes {
    /// When a person, who is told of twins, says yes.
    WhenConfirmed,
    /// Without a question, unless the same went: nobody looks.
    Once,
    /// Without a question, and although the same went.
    InAnyCase,
}

impl Goes {
    /// Whether a person is asked.
    pub const fn consent(self) -> Consent {
        match self {
            Self::WhenConfirmed => Consent::Asked,
            Self::Once | Self::InAnyCase => Consent::Given,
        }
    }
}

/// How long the same content for the same people is the same message.
const DAY_SECONDS: i64 = 24 * 3_600;

/// A message of this ledger that says the same to the same people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    /// The message.
    pub message: MessageRef,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// When it was handed over last, if it was.
    pub handed_at: Option<Timestamp>,
    /// Where it stands for each recipient.
    pub standings: Vec<Standing>,
}

/// What the mailbox shows of messages that this ledger does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Acceptances whose Message-ID says that they are of the same, newest first.
    pub same: Vec<Acceptance>,
    /// When the same left from here, or may have, of which the ledger lost everything else.
    pub lost: Option<Timestamp>,
    /// When the newest was accepted of which only subject and recipients are known to be the same:
    /// another program sent it.
    pub alike: Option<Timestamp>,
}

/// What becomes of a message that goes once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Once {
    /// Nothing of it is known: it goes.
    Free,
    /// The same was recorded and never left: that one goes.
    GoesOn(MessageRef),
    /// It went already.
    Went(Went),
}

/// How the same went already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Went {
    /// The same left from here, or may have, or leaves now.
    Here {
        /// What it is called.
        message: MessageRef,
        /// When it was recorded.
        at: Timestamp,
    },
    /// The same was accepted, whichever machine sent it.
    Elsewhere {
        /// The signed Message-ID.
        message_id: String,
        /// The certified time.
        at: Timestamp,
    },
    /// The same left from here, or may have, and the ledger lost it.
    Lost {
        /// When.
        at: Timestamp,
    },
    /// Something with its subject and its recipients was accepted that another program sent.
    Alike {
        /// The certified time.
        at: Timestamp,
    },
}

/// What becomes of a message, given its twins, newest first, and the mailbox.
pub fn decide(message_id: &str, twins: &[Twin], elsewhere: &Elsewhere, now: Timestamp) -> Once {
    let is_near = |twin: &&Twin| {
        let last = twin.handed_at.max(Some(twin.recorded_at));
        last.is_some_and(|at| is_within(at, now))
    };
    let newest = |lives: &[Life]| {
        let mut near = twins.iter().filter(is_near);
        near.find(|twin| lives.contains(&Life::of(&twin.standings)))
    };
    // What reached nobody, and what was given up, is no twin.
    if let Some(twin) = newest(&[Life::Live, Life::InPart]) {
        let (message, at) = (twin.message.clone(), twin.recorded_at);
        return Once::Went(Went::Here { message, at });
    }
    // One Message-ID is one message, however old.
    let is_it = |one: &&Acceptance| {
        MessageId::new(&one.message_id) == MessageId::new(message_id) || is_within(one.at, now)
    };
    if let Some(one) = elsewhere.same.iter().find(is_it) {
        let (message_id, at) = (one.message_id.clone(), one.at);
        return Once::Went(Went::Elsewhere { message_id, at });
    }
    if let Some(at) = elsewhere.lost.filter(|at| is_within(*at, now)) {
        return Once::Went(Went::Lost { at });
    }
    if let Some(at) = elsewhere.alike.filter(|at| is_within(*at, now)) {
        return Once::Went(Went::Alike { at });
    }
    match newest(&[Life::Unsent]) {
        Some(twin) => Once::GoesOn(twin.message.clone()),
        None => Once::Free,
    }
}

/// Whether less than 24 hours passed. What a clock that was set back takes for the future is near:
/// that is the harmless error.
fn is_within(at: Timestamp, now: Timestamp) -> bool {
    now.seconds_since(at) < DAY_SECONDS
}

/// The first instant that is near.
fn since(now: Timestamp) -> Timestamp {
    Timestamp::from_unix(now.unix() - DAY_SECONDS + 1)
}

/// What becomes of a message that is not recorded yet; the mailbox was read before.
///
/// # Errors
/// Those of the ledger; so for all of these.
pub fn once(ledger: &Ledger, message: &OutgoingMessage, now: Timestamp) -> Result<Once, Error> {
    let twins = twins(ledger, message, now)?;
    let elsewhere = Elsewhere {
        same: ledger.accepted_of(message.sender(), message.message_id())?,
        lost: ledger.lost_of(message.message_id())?,
        alike: ledger.accepted_elsewhere(message, since(now))?,
    };
    Ok(decide(message.message_id(), &twins, &elsewhere, now))
}

/// Whether another machine got the same accepted as a message that is recorded here and never
/// left: less than a day before it was recorded, or since, however long ago.
pub fn is_elsewhere(
    ledger: &Ledger,
    row: &MessageRow,
    now: Timestamp,
) -> Result<Option<Acceptance>, Error> {
    let sender = MailAddress::new(&row.sender);
    let same = ledger.accepted_of(&sender, &row.message_id)?;
    let is_it = |one: &Acceptance| is_the_same(one.at, row.frozen_at, now);
    Ok(same.into_iter().find(is_it))
}

/// Whether what was accepted then is what was recorded here at a time, and is to go now.
fn is_the_same(accepted_at: Timestamp, recorded_at: Timestamp, now: Timestamp) -> bool {
    is_within(accepted_at, recorded_at) || is_within(accepted_at, now)
}

/// Records a message that goes once; `None` when another process recorded the same before: that one
/// goes, and nothing is recorded. Those `known` to whoever decided do not count.
pub fn record_once(
    ledger: &mut Ledger,
    (message, draft): (&OutgoingMessage, Option<&DraftRef>),
    known: &[MessageRef],
    now: Timestamp,
) -> Result<Option<MessageRef>, Error> {
    let counts = |twin: &Twin| match Life::of(&twin.standings) {
        Life::Live | Life::InPart | Life::Unsent => true,
        Life::CameBack | Life::Withdrawn => false,
    };
    loop {
        let mark = ledger.mark()?;
        let mut others = twins(ledger, message, now)?.into_iter();
        if others.any(|twin| !known.contains(&twin.message) && counts(&twin)) {
            return Ok(None);
        }
        // Else somebody recorded a message since, which may be the same.
        if let Some(recorded) = ledger.freeze_since(mark, (message, draft), now)? {
            return Ok(Some(recorded));
        }
    }
}

/// The messages of these 24 hours that say the same to the same: what a person is told of before a
/// decision.
pub(super) fn known(
    ledger: &Ledger,
    message: &OutgoingMessage,
    now: Timestamp,
) -> Result<Vec<MessageRef>, Error> {
    let twins = twins(ledger, message, now)?.into_iter();
    Ok(twins.map(|twin| twin.message).collect())
}

/// Whether a message of these 24 hours says the same to the same.
///
/// # Errors
/// Those of the ledger.
pub fn has_twin(ledger: &Ledger, message: &OutgoingMessage, now: Timestamp) -> Result<bool, Error> {
    Ok(!twins(ledger, message, now)?.is_empty())
}

/// The messages of these 24 hours that say the same to the same, newest first.
fn twins(ledger: &Ledger, message: &OutgoingMessage, now: Timestamp) -> Result<Vec<Twin>, Error> {
    let mut twins = Vec::new();
    let rows = ledger.twins(message, since(now))?.into_iter();
    // One with the same Message-ID is told by the ledger when it is to be recorded.
    for row in rows.filter(|row| row.message_id != message.message_id()) {
        let octets = ledger.octets(&row.octets)?;
        let recorded = OutgoingMessage::freeze(octets, message.sender(), Limits::default());
        if recorded.is_ok_and(|recorded| recorded.is_alike(message)) {
            let facts = ledger.view(&row.message)?.facts;
            let handed = facts.iter().filter(|fact| fact.what() == What::Handed);
            twins.push(Twin {
                handed_at: handed.map(|fact| fact.at()).max(),
                standings: row
                    .recipients
                    .iter()
                    .map(|(_, standing)| *standing)
                    .collect(),
                recorded_at: row.frozen_at,
                message: row.message,
            });
        }
    }
    // What stones said, a digest and their Message-ID tell.
    let start = Identity::start_of(message.message_id());
    let likeness = sha256(&message.likeness());
    for (stone, at) in ledger.stones_of(message.sender(), &likeness, start.as_deref())? {
        let view = ledger.view(&stone)?;
        let handed = view.facts.iter().filter(|fact| fact.what() == What::Handed);
        twins.push(Twin {
            handed_at: handed.map(|fact| fact.at()).max(),
            standings: view
                .recipients
                .iter()
                .map(|one| one.state.standing)
                .collect(),
            recorded_at: at,
            message: stone,
        });
    }
    Ok(twins)
}

/// What a person who is asked should know: that something with the same subject went to the same
/// people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Similar {
    /// The newest message of this ledger, and when it was recorded.
    pub here: Option<(MessageRef, Timestamp)>,
    /// When the mailbox shows that one was accepted that this ledger does not have.
    pub elsewhere: Option<Timestamp>,
    /// When the same left from here, or may have, and the ledger lost it.
    pub lost: Option<Timestamp>,
    /// The newest that went from another account of this ledger.
    pub other_account: Option<MessageRow>,
}

/// What should make a person stop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cautions {
    /// Of the message itself.
    pub warnings: Vec<Warning>,
    /// What else went.
    pub similar: Similar,
    /// What a law court would not take of the message and of its receipts, where it is for one.
    pub court: Vec<Objection>,
}

impl Cautions {
    /// Of a message, given its provider's limits and what is known of addresses beside the ledger;
    /// without a ledger of the message alone.
    pub fn of(
        message: &OutgoingMessage,
        limits: Limits,
        ledger: Option<&Ledger>,
        known: Known<'_>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let reach = |address: &MailAddress| reach(address, ledger, known);
        let names_in = |attachment: &Attachment| input::names_in_archive(&attachment.content);
        let similar = ledger.map(|ledger| similar(ledger, message, now));
        Ok(Self {
            warnings: message.warnings(limits, &reach, &names_in),
            similar: similar.transpose()?.unwrap_or_default(),
            court: Vec::new(),
        })
    }

    /// The same, of a message whose receipts are to be filed in a court.
    pub fn for_court(self, message: &OutgoingMessage, court: Court, now: Timestamp) -> Self {
        let has_ordinary = |address: &MailAddress| {
            let is_it = |known| known == address.as_str();
            self.warnings
                .iter()
                .filter_map(Warning::ordinary)
                .any(is_it)
        };
        let rules = court.rules();
        let objections = rules.before_sending(message, &has_ordinary);
        let court = rules.age(now).into_iter().chain(objections).collect();
        Self { court, ..self }
    }

    /// What stops the message and was not named, each once.
    pub fn stops(&self, named: &[Stop]) -> Vec<Stop> {
        let failures = self.court.iter();
        let failures = failures.filter(|one| one.weight == Weight::Failure);
        let of_court = failures.map(stop_of);
        let mut stops = Stop::left(&self.warnings, named);
        stops.extend(of_court.filter(|stop| !named.contains(stop)));
        stops.sort_unstable();
        stops.dedup();
        stops
    }
}

/// By which name a message goes although a court would not take it.
pub const fn stop_of(objection: &Objection) -> Stop {
    match objection.matter.is_of_receipt() {
        true => Stop::CourtReceipt,
        false => Stop::CourtFiles,
    }
}

/// What is similar to a message, of these 24 hours, whatever it says.
fn similar(ledger: &Ledger, message: &OutgoingMessage, now: Timestamp) -> Result<Similar, Error> {
    let newest = ledger.twins(message, since(now))?.into_iter().next();
    Ok(Similar {
        here: newest.map(|twin| (twin.message, twin.frozen_at)),
        elsewhere: ledger.accepted_elsewhere(message, since(now))?,
        lost: ledger
            .lost_of(message.message_id())?
            .filter(|at| is_within(*at, now)),
        other_account: ledger
            .twins_of_others(message, since(now))?
            .into_iter()
            .next(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_795_305_600);
    const ID: &str = "<questo@pec.mittente.example>";
    /// The last second of the 24 hours, and the first after them.
    const LAST: i64 = 23 * 3_600 + 59 * 60 + 59;
    const OVER: i64 = LAST + 1;

    fn ago(seconds: i64) -> Timestamp {
        Timestamp::from_unix(NOW.unix() - seconds)
    }

    fn message(id: &str) -> OutgoingMessage {
        let octets = format!(
            "From: io@pec.mittente.example\r\nTo: a@pec.destinatario.example\r\nSubject: Avviso\r\n\
             Message-ID: {id}\r\nDate: Sun, 22 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=us-ascii\r\n\r\nTesto.\r\n"
        );
        let sender = MailAddress::new("io@pec.mittente.example");
        OutgoingMessage::freeze(octets.into_bytes(), &sender, Limits::default())
            .expect("a good message")
    }

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = Ledger::open(&folder.path().join("pec")).expect("a ledger");
        (folder, ledger)
    }

    fn recorded() -> MessageRef {
        let (_folder, mut ledger) = ledger();
        let recorded = ledger.freeze(&message("<altro@pec.mittente.example>"), NOW);
        recorded.expect("recorded")
    }

    fn twin(standing: Standing, recorded: i64, handed: Option<i64>) -> Twin {
        Twin {
            message: self::recorded(),
            recorded_at: ago(recorded),
            handed_at: handed.map(ago),
            standings: vec![standing],
        }
    }

    fn of_twins(twins: &[Twin]) -> Once {
        decide(ID, twins, &Elsewhere::default(), NOW)
    }

    fn of_mailbox(id: &str, same: Option<i64>, alike: Option<i64>) -> Once {
        let same = same.map(|seconds| Acceptance {
            message_id: id.to_owned(),
            is_same: true,
            at: ago(seconds),
        });
        let elsewhere = Elsewhere {
            same: same.into_iter().collect(),
            lost: None,
            alike: alike.map(ago),
        };
        decide(ID, &[], &elsewhere, NOW)
    }

    #[test]
    fn a_twin_counts_for_24_hours_to_the_second() {
        let here = |recorded, handed| of_twins(&[twin(Standing::Sent, recorded, handed)]);
        assert!(matches!(here(LAST, None), Once::Went(Went::Here { .. })));
        assert_eq!(here(OVER, None), Once::Free);
        // Since it left, where it was resumed later.
        assert!(matches!(
            here(OVER, Some(LAST)),
            Once::Went(Went::Here { .. })
        ));
        assert_eq!(here(OVER + 1, Some(OVER)), Once::Free);
        // A clock that was set back takes it for one of tomorrow.
        assert!(matches!(here(-OVER, None), Once::Went(Went::Here { .. })));
    }

    #[test]
    fn an_acceptance_counts_for_24_hours_to_the_second() {
        let other = "<altro@pec.mittente.example>";
        let (message_id, at) = (other.to_owned(), ago(LAST));
        let elsewhere = Once::Went(Went::Elsewhere { message_id, at });
        assert_eq!(of_mailbox(other, Some(LAST), None), elsewhere);
        assert_eq!(of_mailbox(other, Some(OVER), None), Once::Free);
        let alike = Once::Went(Went::Alike { at });
        assert_eq!(of_mailbox(other, None, Some(LAST)), alike);
        assert_eq!(of_mailbox(other, None, Some(OVER)), Once::Free);
        // Of this very message, with its brackets or without, at any age.
        for id in [ID, ID.trim_matches(['<', '>'])] {
            let found = of_mailbox(id, Some(400 * OVER), None);
            assert!(
                matches!(found, Once::Went(Went::Elsewhere { .. })),
                "{found:?}"
            );
        }
    }

    #[test]
    fn each_standing_of_a_twin_says_what_becomes_of_the_next() {
        use Standing as S;
        for standing in S::ALL {
            let twin = twin(standing, 60, Some(60));
            let expected = match standing {
                S::Recorded | S::RefusedForNow => Once::GoesOn(twin.message.clone()),
                // Nobody has it, and nobody ever will.
                S::Refused | S::Withdrawn | S::NotAccepted | S::NotDelivered => Once::Free,
                S::Sending
                | S::InDoubt
                | S::Sent
                | S::Accepted
                | S::Ordinary
                | S::Delayed
                | S::TimedOut
                | S::Delivered
                | S::Contradictory => Once::Went(Went::Here {
                    message: twin.message.clone(),
                    at: twin.recorded_at,
                }),
            };
            assert_eq!(of_twins(&[twin]), expected, "{standing:?}");
        }
    }

    #[test]
    fn of_several_recipients_one_who_has_it_is_enough() {
        let mut twin = twin(Standing::Delivered, 60, Some(60));
        twin.standings.push(Standing::NotDelivered);
        assert!(matches!(
            of_twins(&[twin.clone()]),
            Once::Went(Went::Here { .. })
        ));
        twin.standings = vec![Standing::NotDelivered, Standing::Refused];
        assert_eq!(of_twins(&[twin.clone()]), Once::Free);
        twin.standings = vec![Standing::RefusedForNow, Standing::Refused];
        assert!(matches!(of_twins(&[twin]), Once::GoesOn(_)));
    }

    #[test]
    fn what_left_outweighs_what_was_recorded_wherever_it_left() {
        let unsent = twin(Standing::Recorded, 60, None);
        let sent = twin(Standing::Sent, 120, Some(120));
        let both = of_twins(&[unsent.clone(), sent]);
        assert!(matches!(both, Once::Went(Went::Here { .. })), "{both:?}");
        let alike = Elsewhere {
            same: Vec::new(),
            lost: None,
            alike: Some(ago(60)),
        };
        let both = decide(ID, &[unsent], &alike, NOW);
        assert_eq!(both, Once::Went(Went::Alike { at: ago(60) }));
        // What the journal alone knows of, within the day.
        for (passed, went) in [(LAST, true), (OVER, false)] {
            let lost = Elsewhere {
                lost: Some(ago(passed)),
                ..Elsewhere::default()
            };
            let expected = Once::Went(Went::Lost { at: ago(passed) });
            assert_eq!(decide(ID, &[], &lost, NOW) == expected, went);
        }
    }

    #[test]
    fn of_a_ledger_the_same_is_known_until_the_last_second() {
        let (_folder, mut ledger) = ledger();
        let first = ledger.freeze(&message("<1@pec.mittente.example>"), ago(0));
        let first = first.expect("recorded");
        let again = message("<2@pec.mittente.example>");
        let at = |seconds| {
            let now = Timestamp::from_unix(NOW.unix() + seconds);
            once(&ledger, &again, now).expect("an answer")
        };
        assert_eq!(at(LAST), Once::GoesOn(first.clone()));
        assert_eq!(at(OVER), Once::Free);
        // Who records the same meanwhile gives way.
        let later = Timestamp::from_unix(NOW.unix() + LAST);
        assert_eq!(
            record_once(&mut ledger, (&again, None), &[], later).expect("an answer"),
            None
        );
        let known = |ledger: &Ledger, id| ledger.by_message_id(id).expect("an answer");
        assert_eq!(known(&ledger, again.message_id()), None);
        ledger.withdraw(&first, later).expect("given up");
        let third = message("<3@pec.mittente.example>");
        let recorded = record_once(&mut ledger, (&third, None), &[], later).expect("an answer");
        assert!(recorded.is_some());
    }

    #[test]
    fn what_was_accepted_a_day_before_it_was_recorded_or_later_is_the_same_for_ever() {
        let weeks_later = Timestamp::from_unix(NOW.unix() + 30 * DAY_SECONDS);
        for (before, is_it) in [
            (LAST, true),
            (0, true),
            (-5 * DAY_SECONDS, true),
            (OVER, false),
        ] {
            assert_eq!(
                is_the_same(ago(before), NOW, weeks_later),
                is_it,
                "{before}"
            );
        }
        // What goes again on the same day is looked at by the day on which it goes.
        assert!(is_the_same(ago(LAST), ago(-LAST), NOW));
    }

    #[test]
    fn what_was_decided_before_another_message_was_recorded_records_nothing() {
        let (_folder, mut ledger) = ledger();
        let [first, second] = ["<1@pec.mittente.example>", "<2@pec.mittente.example>"].map(message);
        let mark = ledger.mark().expect("a mark");
        ledger.freeze(&first, NOW).expect("recorded");
        let late = ledger.freeze_since(mark, (&second, None), NOW);
        assert_eq!(late.expect("an answer"), None);
        assert_eq!(
            ledger
                .by_message_id(second.message_id())
                .expect("an answer"),
            None
        );
        let mark = ledger.mark().expect("a mark");
        let in_time = ledger.freeze_since(mark, (&second, None), NOW);
        assert!(in_time.expect("an answer").is_some());
    }
}
