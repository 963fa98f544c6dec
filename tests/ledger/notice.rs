//! Each notice once, whatever happens: what `decide` says of every combination, and a long play
//! of tables, rounds, kills, clocks and two machines against one mailbox and one provider.
//!
//! `PEC_NOTICE_PLAYS` says how many plays (by default 24).

use std::collections::{BTreeMap, BTreeSet};

use postacert::address::MailAddress;
use postacert::batch::notice::Notice;
use postacert::ledger::state::Standing;
use postacert::ledger::{
    Acceptance, Claim, Commit, Earlier, JobRef, Ledger, Life, MessageView, NewJob, NewRow, Other,
    Plan, Planned, RecipientView, Serving, Taken, Terms, decide,
};
use postacert::pec::outgoing::OutgoingMessage;
use postacert::smime::sha256;

use crate::support::mailbox::Script;
use crate::support::receipt::{COPIED, Kind, ORDINARY, RECIPIENT, Receipt, SUBJECT};
use crate::support::sender::{Desk, account, after, base, outgoing, taken};
use crate::{record, row};

// What is decided

fn two_messages() -> Vec<Earlier> {
    let mut desk = Desk::new();
    let first = desk.freeze(&base());
    let second = desk.freeze(&outgoing("<2@x.example>", "due", &["a@b.example"], &[]));
    let earlier = |message| Earlier {
        message,
        is_same: true,
        life: Life::Live,
        missed: Vec::new(),
    };
    vec![earlier(first), earlier(second)]
}

fn accepted(is_same: bool) -> Acceptance {
    Acceptance {
        message_id: "x".to_owned(),
        is_same,
        at: after(0),
    }
}

#[test]
fn served_is_only_what_went_to_the_same_people_with_the_same_content() {
    let two = two_messages();
    let (first, second) = (two[0].message.clone(), two[1].message.clone());
    let known = |one: (bool, Life), other: (bool, Life)| {
        let mut all = two.clone();
        (all[0].is_same, all[0].life) = one;
        (all[1].is_same, all[1].life) = other;
        decide(&all, &[], None)
    };
    use Life::*;
    assert_eq!(decide(&[], &[], None), Serving::Free);
    assert_eq!(
        known((true, Live), (false, Live)),
        Serving::Served(first.clone())
    );
    assert_eq!(
        known((false, CameBack), (false, Live)),
        Serving::Conflict(Other::Message(second.clone()))
    );
    assert_eq!(
        known((true, CameBack), (false, Live)),
        Serving::Conflict(Other::Message(second.clone()))
    );
    assert_eq!(
        known((true, Unsent), (false, Live)),
        Serving::Conflict(Other::Message(second.clone()))
    );
    assert_eq!(
        known((true, Unsent), (true, CameBack)),
        Serving::Recorded(first.clone())
    );
    assert_eq!(
        known((true, CameBack), (true, CameBack)),
        Serving::CameBack(second.clone())
    );
    assert_eq!(
        known((false, CameBack), (true, Withdrawn)),
        Serving::OtherCameBack(first)
    );
    assert_eq!(known((false, Unsent), (true, Withdrawn)), Serving::Free);
    // Of several recipients some have it: that outweighs what never left, and is no new message.
    assert_eq!(
        known((true, InPart), (true, Withdrawn)),
        Serving::InPart(two[0].message.clone())
    );
    assert_eq!(
        known((true, InPart), (true, Live)),
        Serving::Served(second.clone())
    );
    assert_eq!(
        known((false, InPart), (true, Unsent)),
        Serving::Conflict(Other::Message(two[0].message.clone()))
    );
}

#[test]
fn what_may_become_of_a_message_is_told_by_all_its_recipients() {
    use Life::*;
    use Standing as S;
    for (standings, life) in [
        (&[S::Recorded, S::Recorded][..], Unsent),
        (&[S::RefusedForNow, S::Refused], Unsent),
        (&[S::Refused, S::NotDelivered], CameBack),
        (&[S::Withdrawn, S::Refused], CameBack),
        (&[S::Withdrawn, S::Withdrawn], Withdrawn),
        (&[S::Delivered, S::NotDelivered], InPart),
        (&[S::Sent, S::Refused], InPart),
        (&[S::TimedOut, S::NotDelivered], InPart),
        // Something is still to be done: that comes first.
        (&[S::Delivered, S::RefusedForNow], Live),
        (&[S::InDoubt, S::Refused], Live),
        (&[S::Delivered, S::Delivered], Live),
    ] {
        assert_eq!(Life::of(standings), life, "{standings:?}");
    }
}

#[test]
fn a_mailbox_alone_serves_and_contradicts() {
    let two = two_messages();
    assert_eq!(
        decide(&[], &[accepted(true)], None),
        Serving::Elsewhere(accepted(true))
    );
    assert_eq!(
        decide(&[], &[accepted(false)], None),
        Serving::Conflict(Other::Mailbox(after(0)))
    );
    assert_eq!(
        decide(&[], &[accepted(false), accepted(true)], None),
        Serving::Elsewhere(accepted(true))
    );
    let mut unsent = two[..1].to_vec();
    unsent[0].life = Life::Unsent;
    assert_eq!(
        decide(&unsent, &[accepted(false)], None),
        Serving::Conflict(Other::Mailbox(after(0)))
    );
}

#[test]
fn what_left_and_was_lost_serves_nothing_and_lets_nothing_go() {
    let at = after(1);
    let (mut all, acceptance) = (two_messages()[..1].to_vec(), accepted(true));
    let lost = |all: &[Earlier], accepted: &[_]| decide(all, accepted, Some(at));
    assert_eq!(lost(&[], &[]), Serving::Lost(at));
    for life in [Life::Unsent, Life::CameBack, Life::Withdrawn] {
        all[0].life = life;
        assert_eq!(lost(&all, &[]), Serving::Lost(at), "{life:?}");
    }
    // What is known to have reached somebody says more.
    all[0].life = Life::Live;
    assert_eq!(lost(&all, &[]), Serving::Served(all[0].message.clone()));
    let elsewhere = Serving::Elsewhere(acceptance.clone());
    assert_eq!(lost(&[], &[acceptance]), elsewhere);
    for correct in [false, true] {
        let terms = Terms {
            correct,
            retry: true,
        };
        assert_eq!(Serving::Lost(at).goes(terms), correct);
    }
}

/// Where a notice to two stands that another machine sent, given the recipients of its acceptances.
fn adopted(acceptances: &[&[&str]]) -> Vec<Standing> {
    let mut desk = Desk::new();
    let spec = Spec {
        reference: Some(1),
        person: 1,
        other: Some(2),
        text: 1,
    };
    let (job, to) = (job(&mut desk, &[spec], 0), spec.to());
    let row = desk.ledger.open_rows(&job, &account(), false, 0, 9);
    let mut row = row.expect("rows").remove(0);
    let terms = Terms::default();
    let Plan::Send { message_id, .. } = desk.ledger.plan(&row, terms).expect("a plan") else {
        panic!("nothing is known of it");
    };
    let subject = spec.notice().subject;
    let receipts = acceptances.iter().zip(1..).map(|(named, number)| {
        let receipt = Receipt::with(Kind::Acceptance, |receipt| {
            let data = &mut receipt.daticert;
            data.message_id = Some(message_id.clone());
            data.subject = Some(subject.clone());
            let named = named.iter().map(|name| match *name {
                "first" => to[0].clone(),
                "second" => to[1].clone(),
                other => other.to_owned(),
            });
            data.recipients = named.map(|to| (to, "certificato".to_owned())).collect();
            data.identifier = format!("opec.{number}@pec.gestore.example");
        });
        receipt.to_eml()
    });
    let receipts: Vec<Vec<u8>> = receipts.collect();
    desk.receive(&receipts.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let plan = desk.ledger.plan(&row, terms).expect("a plan");
    assert!(matches!(plan, Plan::Adopt(_, None)), "{plan:?}");
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let planned = Planned {
        row: &row,
        plan: &plan,
        terms,
        message: Some(&outgoing(&message_id, &subject, &to, &[])),
    };
    let taken = desk.ledger.take_row(planned, desk.now).expect("taken");
    let Taken::Adopted(message) = taken else {
        panic!("{taken:?}");
    };
    row.message = Some(message.clone());
    let then = desk.ledger.plan(&row, terms).expect("a plan");
    // Its own acceptance is none of another message.
    assert_eq!(then, Plan::Linked(message.clone()));
    desk.standings(&message)
}

#[test]
fn whom_no_acceptance_of_another_machine_names_it_left_out() {
    use Standing::{Refused, Sent};
    for (acceptances, standings) in [
        (&[&["first", "second"][..]][..], [Sent, Sent]),
        (&[&["first"]], [Sent, Refused]),
        (&[&["second"]], [Refused, Sent]),
        // Tried again there, to who was refused for now.
        (&[&["first"], &["second"]], [Sent, Sent]),
        // Its provider writes an address otherwise: which of them that is nobody knows.
        (
            &[&["first", "alias@pec.destinatario.example"]],
            [Sent, Sent],
        ),
    ] {
        assert_eq!(adopted(acceptances), standings, "{acceptances:?}");
    }
}

// What earlier versions wrote

/// A ledger of the form before notices had an identity.
fn of_form_5(more: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("ledger.sqlite");
    let connection = rusqlite::Connection::open(file).expect("a database");
    for script in [
        include_str!("../../src/ledger/sqlite/schema/0001.sql"),
        include_str!("../../src/ledger/sqlite/schema/0002.sql"),
        include_str!("../../src/ledger/sqlite/schema/0003.sql"),
        include_str!("../../src/ledger/sqlite/schema/0004.sql"),
        include_str!("../../src/ledger/sqlite/schema/0005.sql"),
        "PRAGMA user_version = 5",
        more,
    ] {
        connection.execute_batch(script).expect("the form");
    }
    home
}

/// Job 1 sent row 2 to Anna; job 2 called its row served by that, though it was for Bice, and
/// another that says the same; job 3 was a round.
const OLD: &str = "
    INSERT INTO message (id, short, account, message_id, sender, subject, receipt_form, octets,
        size, frozen_at) VALUES
        (1, 'aaaaaaaa', 'studio@pec.mittente.example', '<1@x>', 'studio@pec.mittente.example', 'A',
            'completa', 'x', 1, 1777882600);
    INSERT INTO recipient VALUES (1, 0, 'Anna@pec.destinatario.example', 'to', 'sent');
    INSERT INTO fact (message, attempt, what, at, recorded_at) VALUES
        (1, 1, 'begun', 1777882600, 1777882600), (1, 1, 'handed', 1777882600, 1777882600),
        (1, 1, 'taken', 1777882601, 1777882601);
    INSERT INTO job VALUES (1, '11111111', '11111111', '/a.csv', '{}', 1777882600),
        (2, '22222222', '22222222', '/b.csv', '{\"again\":null}', 1777882700),
        (3, '33333333', '33333333', '/a.csv', '{\"again\":\"luglio\"}', 1777882800);
    INSERT INTO job_row (job, number, account, reference, content, columns, recipients, size,
        message, served) VALUES
        (1, 2, 'studio@pec.mittente.example', 'R', 'anna', '{}', 1, 1, 1, 0),
        (2, 2, 'studio@pec.mittente.example', 'R', 'bice', '{}', 1, 1, 1, 1),
        (2, 3, 'studio@pec.mittente.example', 'R', 'anna', '{}', 1, 1, 1, 1),
        (3, 2, 'studio@pec.mittente.example', 'R', 'anna', '{}', 1, 1, NULL, 0);";

#[test]
fn what_was_called_served_by_other_content_is_so_no_more() {
    let home = of_form_5(OLD);
    let ledger = postacert::ledger::Ledger::open(home.path()).expect("brought forward");
    let rows = |digits: &str| {
        let job = ledger.jobs_of_id(digits).expect("a job").remove(0).job;
        ledger.rows_of(&job, 0, 9).expect("rows")
    };
    let second = rows("22222222");
    assert_eq!((&second[0].message, second[0].served), (&None, false));
    assert!(second[1].message.is_some() && second[1].served);
    let first = &rows("11111111")[0];
    assert_eq!(first.row.whom, "anna@pec.destinatario.example");
    // What it says now is decided as if it were of today.
    let serving = |row: &NewRow| ledger.serving(row, "/b.csv").expect("an answer");
    let message = first.message.clone().expect("sent");
    assert_eq!(
        serving(&second[0].row),
        Serving::Conflict(Other::Message(message.clone()))
    );
    assert_eq!(serving(&second[1].row), Serving::Served(message));
    let round = &rows("33333333")[0].row;
    assert_eq!((&*round.round, serving(round)), ("luglio", Serving::Free));
}

// What comes of it

/// A row as a table has it: reference, person and perhaps another one, text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Spec {
    reference: Option<u64>,
    person: u64,
    other: Option<u64>,
    text: u64,
}

/// A table as the job of a round.
fn job(desk: &mut Desk, table: &[Spec], round: u64) -> JobRef {
    let identity = sha256(format!("{table:?} {round}").as_bytes());
    if let Some(known) = desk.ledger.job_of_identity(&identity).expect("a ledger") {
        return known.job;
    }
    let rows = table.iter().zip(2..).map(|(spec, number)| {
        let notice = spec.notice();
        let content = notice.digest(std::iter::empty());
        NewRow {
            number,
            account: account(),
            reference: spec
                .reference
                .map_or_else(|| content.clone(), |reference| format!("R-{reference}")),
            round: match round {
                0 => String::new(),
                _ => round.to_string(),
            },
            whom: notice.whom(),
            content,
            columns: "{}".to_owned(),
            recipients: spec.to().len() as u32,
            size: 1_000,
            bad: None,
        }
    });
    let rows: Vec<NewRow> = rows.collect();
    let mut rows = rows.into_iter();
    let new = NewJob {
        identity: &identity,
        path: "/avvisi.csv",
        recipe: "{}",
    };
    let mut next = || Ok::<_, postacert::ledger::Error>(rows.next());
    let recorded = desk
        .ledger
        .record_job(new, &mut next, &mut || Ok(()), desk.now);
    recorded.expect("a job")
}

impl Spec {
    fn notice(self) -> Notice {
        Notice {
            account: "studio".to_owned(),
            to: self.to().iter().map(|to| MailAddress::new(to)).collect(),
            cc: Vec::new(),
            attach: Vec::new(),
            reference: None,
            subject: format!("Avviso {}", self.text),
            body: "Buongiorno.\r\n".to_owned(),
        }
    }

    fn to(self) -> Vec<String> {
        let people = [Some(self.person), self.other].into_iter().flatten();
        people
            .map(|person| format!("p{person}@pec.destinatario.example"))
            .collect()
    }

    /// Whether both say the same to the same people.
    fn is_like(self, other: Self) -> bool {
        let people = |spec: Self| spec.to().into_iter().collect::<BTreeSet<_>>();
        self.text == other.text && people(self) == people(other)
    }
}

/// Where the provider finds nobody.
fn is_lost(to: &str) -> bool {
    to.starts_with("p2@")
}

/// What the provider took.
#[derive(Clone, Debug)]
struct Sent {
    message_id: String,
    spec: Spec,
    round: u64,
    to: Vec<String>,
}

struct Play {
    desks: [Desk; 2],
    mailbox: Script,
    sent: Vec<Sent>,
    seed: u64,
    receipts: usize,
    corrected: bool,
}

/// The process dies there.
struct Killed;

impl Play {
    fn new(seed: u64) -> Self {
        let mut mailbox = Script::default();
        mailbox
            .folders
            .insert("INBOX".to_owned(), Default::default());
        Self {
            desks: [Desk::new(), Desk::new()],
            mailbox,
            sent: Vec::new(),
            seed,
            receipts: 0,
            corrected: false,
        }
    }

    /// Numbers that need not be good.
    fn below(&mut self, most: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed >> 8) % most
    }

    fn table(&mut self) -> Vec<Spec> {
        let has_references = self.below(3) > 0;
        let rows = 1 + self.below(3);
        let mut table: Vec<Spec> = Vec::new();
        for _ in 0..rows {
            let (person, other) = (self.below(3), self.below(6));
            let spec = Spec {
                reference: has_references.then(|| self.below(3)),
                person,
                other: Some(other).filter(|other| *other < 3 && *other != person),
                text: self.below(2),
            };
            // One table has a reference, or a content, once.
            let is_there = |other: &Spec| match spec.reference {
                Some(_) => other.reference == spec.reference,
                None => other.is_like(spec),
            };
            if !table.iter().any(is_there) {
                table.push(spec);
            }
        }
        table
    }

    /// A run of one machine, as `pec batch run` makes it; it may die anywhere.
    fn run(&mut self, machine: usize, table: &[Spec], round: u64, terms: Terms) {
        self.corrected |= terms.correct;
        let job = self.job(machine, table, round);
        self.read(machine);
        let rows = self.desks[machine]
            .ledger
            .open_rows(&job, &account(), terms.retry, 0, 99);
        for row in rows.expect("rows") {
            let spec = table[row.row.number as usize - 2];
            if self.row(machine, &row, (spec, round), terms).is_err() {
                self.desks[machine].reopen();
                return;
            }
        }
        self.read(machine);
    }

    fn job(&mut self, machine: usize, table: &[Spec], round: u64) -> JobRef {
        job(&mut self.desks[machine], table, round)
    }

    fn row(
        &mut self,
        machine: usize,
        row: &postacert::ledger::JobRow,
        (spec, round): (Spec, u64),
        terms: Terms,
    ) -> Result<(), Killed> {
        let dies = self.below(12);
        let desk = &mut self.desks[machine];
        let plan = desk.ledger.plan(row, terms).expect("a plan");
        if matches!(plan, Plan::Wait(_)) {
            return Ok(());
        }
        let subject = spec.notice().subject;
        let message = plan.message().map(|(id, rest)| {
            let to = match rest {
                Some(rest) => rest.to.iter().map(ToString::to_string).collect(),
                None => spec.to(),
            };
            let to: Vec<&str> = to.iter().map(String::as_str).collect();
            outgoing(&id, &subject, &to, &[])
        });
        let planned = Planned {
            row,
            plan: &plan,
            terms,
            message: message.as_ref(),
        };
        let taking = desk.ledger.take_row(planned, desk.now);
        let message = match taking.expect("taken") {
            Taken::New(message)
            | Taken::Served(message)
            | Taken::Already(message)
            | Taken::Adopted(message) => message,
            Taken::Elsewhere(_) | Taken::RestElsewhere(_) | Taken::Changed => return Ok(()),
        };
        let may_go =
            |standing: &Standing| matches!(standing, Standing::Recorded | Standing::RefusedForNow);
        if !desk.standings(&message).iter().all(may_go) {
            return Ok(());
        }
        if dies == 0 {
            return Err(Killed);
        }
        let (now, view) = (desk.now, desk.view(&message));
        let to = view.recipients.iter().map(|one| one.address.to_string());
        let sent = Sent {
            message_id: view.row.message_id,
            spec,
            round,
            to: to.collect(),
        };
        let Ok(attempt) = desk.ledger.begin(&message, Claim::NeverLeft, now) else {
            return Ok(());
        };
        if dies == 1 {
            return Err(Killed);
        }
        desk.ledger
            .hand(&attempt, now, Commit::AtOnce)
            .expect("recorded");
        if dies == 2 {
            // Nothing left: in doubt for good, which is no second message.
            return Err(Killed);
        }
        self.provider_takes(sent);
        if dies == 3 {
            return Err(Killed);
        }
        let desk = &mut self.desks[machine];
        desk.ledger
            .end(attempt, &taken(), now, Commit::AtOnce)
            .expect("recorded");
        Ok(())
    }

    fn provider_takes(&mut self, sent: Sent) {
        self.receipts += 1;
        let number = self.receipts;
        let lost = sent.to.iter().filter(|to| is_lost(to));
        let lost = lost.map(|to| (Kind::NonDelivery, Some(to.clone())));
        let kinds = std::iter::once((Kind::Acceptance, None)).chain(lost);
        for (kind, about) in kinds {
            let receipt = Receipt::with(kind, |receipt| {
                let data = &mut receipt.daticert;
                data.message_id = Some(sent.message_id.clone());
                data.subject = Some(sent.spec.notice().subject);
                let all = sent.to.iter();
                data.recipients = all
                    .map(|to| (to.clone(), "certificato".to_owned()))
                    .collect();
                data.identifier = format!("opec.{number}@pec.gestore.example");
                if about.is_some() {
                    data.delivered_to = about;
                }
            });
            self.mailbox.arrive("INBOX", &receipt.to_eml());
        }
        self.sent.push(sent);
    }

    /// The mailbox is read, and what was cut off is settled, as every run does.
    fn read(&mut self, machine: usize) {
        let desk = &mut self.desks[machine];
        desk.ledger.settle_cut_off(desk.now).expect("settled");
        let (_, events) = desk.sync(&mut self.mailbox);
        assert!(
            !events.iter().any(|event| event.is_alarming()),
            "{events:?}"
        );
    }

    /// Each notice to each of its people at most once, but for those to whom it came back.
    fn is_each_once(&self) {
        let mut served: BTreeMap<(Spec, u64, &str), Vec<&Sent>> = BTreeMap::new();
        for sent in &self.sent {
            for to in &sent.to {
                let key = (sent.spec, sent.round, &**to);
                served.entry(key).or_default().push(sent);
            }
        }
        for ((_, _, to), all) in &served {
            assert!(all.len() == 1 || is_lost(to), "twice to {to}: {all:?}");
        }
        // Without the word nobody gets another text, and nobody else any, under one reference.
        let mut live: BTreeMap<(u64, u64), Spec> = BTreeMap::new();
        let reached = |sent: &&Sent| !sent.to.iter().all(|to| is_lost(to));
        for sent in self.sent.iter().filter(reached) {
            if let Some(reference) = sent.spec.reference.filter(|_| !self.corrected) {
                let key = (reference, sent.round);
                let other = *live.entry(key).or_insert(sent.spec);
                let is_one = other.is_like(sent.spec);
                assert!(is_one, "two under one reference: {:?}", self.sent);
            }
        }
    }

    /// Whoever is called reached was sent exactly this, and its acceptance is there.
    fn is_true(&self, machine: usize, table: &[Spec], job: &JobRef) {
        let ledger = &self.desks[machine].ledger;
        for row in ledger.rows_of(job, 0, 99).expect("rows") {
            let spec = table[row.row.number as usize - 2];
            let Some(message) = row.message else {
                continue;
            };
            let mut told = Vec::new();
            for part in ledger.parts(&message).expect("parts") {
                let view = ledger.view(&part.message).expect("a message");
                for place in part.places {
                    let recipient = &view.recipients[place];
                    told.push(recipient.address.to_string());
                    self.is_reached(spec, &view, recipient);
                }
            }
            told.sort();
            let mut all = spec.to();
            all.sort();
            assert_eq!(told, all, "each of its people once");
        }
    }

    fn is_reached(&self, spec: Spec, view: &MessageView, recipient: &RecipientView) {
        let standing = recipient.state.standing;
        let is_called = matches!(
            standing,
            Standing::Sent | Standing::Accepted | Standing::Delivered | Standing::NotDelivered
        );
        if !is_called {
            return;
        }
        let is_it = |sent: &&Sent| sent.message_id == view.row.message_id;
        let sent = self.sent.iter().find(is_it);
        let sent = sent.unwrap_or_else(|| panic!("{standing:?} and never sent"));
        assert!(sent.spec.is_like(spec), "{sent:?} is not {spec:?}");
        assert!(sent.to.contains(&recipient.address.to_string()), "{sent:?}");
        assert!(view.facts.iter().any(|fact| fact.is_certified()));
    }
}

#[test]
fn whatever_happens_each_notice_goes_once_and_what_is_called_served_was() {
    let plays = std::env::var("PEC_NOTICE_PLAYS").ok();
    let plays: u64 = plays.and_then(|text| text.parse().ok()).unwrap_or(24);
    let (mut messages, mut completing) = (0, 0);
    for number in 1..=plays {
        let mut play = Play::new(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for _ in 0..12 {
            let (machine, table) = (play.below(2) as usize, play.table());
            let (round, retry) = (play.below(4) / 3, play.below(4) == 0);
            let correct = number % 2 == 0 && play.below(6) == 0;
            let terms = Terms { retry, correct };
            match play.below(6) {
                0 => {
                    let name = format!("nome{number}");
                    let noted = play.desks[machine].ledger.note_account(&account(), &name);
                    noted.expect("renamed");
                }
                1 => {
                    let seconds = play.below(100_000) as i64;
                    let now = play.desks[machine].now.unix() + seconds;
                    play.desks[machine].now = postacert::timestamp::Timestamp::from_unix(now);
                }
                _ => {}
            }
            // As a person does: the same command until it has come to its end.
            for _ in 0..1 + play.below(3) {
                play.run(machine, &table, round, terms);
                play.is_each_once();
            }
            play.read(machine);
            let job = play.job(machine, &table, round);
            play.is_true(machine, &table, &job);
        }
        messages += play.sent.len();
        let is_part = |sent: &&Sent| sent.to.len() < sent.spec.to().len();
        completing += play.sent.iter().filter(is_part).count();
    }
    assert!(completing > 0, "nobody got it by himself");
    assert!(
        messages as u64 > plays,
        "{messages} messages in {plays} plays"
    );
}

// Rows taken together

/// Octets on the disk before there is a message stay for one, and go without one.
#[test]
fn of_rows_taken_together_each_is_taken_that_still_may_be() {
    let mut desk = Desk::new();
    let job = record(&mut desk, [row(2), row(3), row(4)]);
    let rows = desk.ledger.open_rows(&job, &account(), false, 0, 10);
    let rows = rows.expect("rows");
    let terms = Terms::default();
    let prepared = rows.iter().map(|row| {
        let plan = desk.ledger.plan(row, terms).expect("a plan");
        let (id, _) = plan.message().expect("a new message");
        let message = outgoing(&id, "Avviso", &["a@b.example"], &[]);
        (plan, message)
    });
    let prepared: Vec<(Plan, OutgoingMessage)> = prepared.collect();
    let planned = |at: usize| Planned {
        row: &rows[at],
        plan: &prepared[at].0,
        terms,
        message: Some(&prepared[at].1),
    };
    let paths = [0, 1, 2].map(|at| desk.ledger.path_of(&sha256(prepared[at].1.octets())));
    let are_there = || paths.each_ref().map(|path| path.exists());
    // Cut off between the octets and the rows.
    let names = [0, 1, 2].map(|at| sha256(prepared[at].1.octets()));
    desk.ledger.note_ahead(&names).expect("noted");
    let octets = [0, 1, 2].map(|at| prepared[at].1.octets());
    desk.ledger.keep_all(&octets).expect("kept");
    assert_eq!(are_there(), [true, true, true]);
    // Another process takes the second, and sweeps.
    let mut other = Ledger::open(&desk.folder()).expect("the same ledger");
    let taken = other.take_row(planned(1), desk.now);
    assert!(matches!(taken, Ok(Taken::New(_))), "{taken:?}");
    other.sweep_octets().expect("swept");
    assert_eq!(are_there(), [false, true, false]);

    let all = [planned(0), planned(1), planned(2)];
    let taken = desk.ledger.take_rows(&all, desk.now).expect("taken");
    let [Taken::New(first), Taken::Changed, Taken::New(third)] = &*taken else {
        panic!("{taken:?}");
    };
    desk.ledger.sweep_octets().expect("swept");
    assert_eq!(are_there(), [true, true, true]);
    let open = desk.ledger.open_rows(&job, &account(), false, 0, 10);
    let open = open.expect("rows");
    let messages: Vec<_> = open.iter().map(|row| row.message.as_ref()).collect();
    assert_eq!([messages[0], messages[2]], [Some(first), Some(third)]);
    assert!(messages[1].is_some_and(|second| second != first && second != third));

    // What was carried out is no plan any more.
    let again = desk.ledger.take_rows(&all, desk.now);
    assert_eq!(
        again.expect("taken"),
        [Taken::Changed, Taken::Changed, Taken::Changed]
    );
}

/// What was recorded ahead of its turn, or by a run that was stopped, was not sent: another program may
/// have sent it meanwhile.
#[test]
fn a_recorded_row_that_another_program_sent_is_held() {
    let of_another = |message_id: &str| {
        Receipt::with(Kind::Acceptance, |receipt| {
            receipt.daticert.message_id = Some(message_id.to_owned());
        })
        .to_eml()
    };
    for (subject, is_held) in [(SUBJECT, true), ("Un altro oggetto", false)] {
        let mut desk = Desk::new();
        let base = base();
        let mut whom: Vec<String> = base
            .recipients()
            .iter()
            .map(|one| one.address.key())
            .collect();
        whom.sort();
        let row = NewRow {
            whom: whom.join("\n"),
            recipients: 3,
            ..row(2)
        };
        let job = record(&mut desk, [row]);
        let open = |desk: &Desk| {
            let rows = desk.ledger.open_rows(&job, &account(), false, 0, 10);
            rows.expect("rows").remove(0)
        };
        let take = |desk: &mut Desk| {
            let (row, terms) = (open(desk), Terms::default());
            let plan = desk.ledger.plan(&row, terms).expect("a plan");
            let made = plan
                .message()
                .map(|(id, _)| outgoing(&id, subject, &[RECIPIENT, ORDINARY], &[COPIED]));
            let planned = Planned {
                row: &row,
                plan: &plan,
                terms,
                message: made.as_ref(),
            };
            desk.ledger.take_row(planned, desk.now).expect("taken")
        };
        let Taken::New(message) = take(&mut desk) else {
            panic!("a new message");
        };
        assert_eq!(take(&mut desk), Taken::Already(message.clone()));
        desk.receive(&[&of_another("<1@webmail.example>")]);
        let taken = take(&mut desk);
        if is_held {
            assert!(matches!(taken, Taken::Elsewhere(_)), "{taken:?}");
            assert_eq!(desk.standings(&message), [Standing::Withdrawn; 3]);
            assert_eq!(open(&desk).message, None);
            // And is held whenever it is asked for.
            assert!(matches!(take(&mut desk), Taken::Elsewhere(_)));
        } else {
            assert_eq!(taken, Taken::Already(message.clone()));
            assert_eq!(desk.standings(&message), [Standing::Recorded; 3]);
        }
    }
}
