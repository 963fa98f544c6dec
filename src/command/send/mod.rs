//! `pec send`: one certified message, checked, shown, recorded, handed over once; and messages that
//! were recorded before.

mod answer;
mod arguments;
pub(super) mod checks;
pub(super) mod desk;
pub(super) mod draft;
pub(super) mod keeping;
mod order;
mod questions;
mod report;

use self::desk::{Desk, told};
use self::keeping::Keeping;
use self::order::{
    After, Body, Deed, Filing, Letter as Written, NewOrder, ResumeOrder, Source, What, Which,
};
use self::report::{Before, Next};
use super::access::{self, Access};
use super::aside::Matter;
use super::register::Register;
use super::{
    Failure, Session, drafts, editor, is_closed_pipe, meant, offices, status, text_form, wait,
};
use crate::account::{Account, SentCopy};
use crate::address::MailAddress;
use crate::client::{self, Cautions, Consent, Handed, New, NewEnd, ResumeEnd, Resumption};
use crate::context::Interruption;
use crate::court::Court;
use crate::exit::ExitStatus;
use crate::ledger::{DraftRow, Ledger, Letter, MessageRef};
use crate::output::catalogue::Catalogue;
use crate::output::report::Form;
use crate::pec::caution::Stop;
use crate::pec::outgoing::{Limits, OutgoingMessage};

pub(super) use arguments::{AnswerArguments, Arguments, LeavingArguments};
pub(super) use order::{SendOrder, Way};
pub(super) use questions::whole;

pub(super) fn run(order: SendOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match order {
        SendOrder::New(order) => {
            let mut keeping = Keeping::default();
            let answer = new(order, &mut keeping, session);
            keeping.tell(session)?;
            answer
        }
        SendOrder::Resume(order) => resume(order, session),
    }
}

fn new(
    order: NewOrder,
    keeping: &mut Keeping,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let consent = order.goes.consent();
    let can_ask = session.context.can_ask() && !order.what.is_input();
    let interruption = keeping.begin(session);
    let (octets, mut access) = octets(order.what, (consent, order.deed), keeping, session)?;
    let limits = limits(&access.account);
    let message = OutgoingMessage::freeze(octets, &access.account.address, limits)
        .map_err(|faults| checks::failure(&faults, session.lang))?;
    if order.deed == Deed::Show {
        let warned = keeping.other_account(&access.account, session);
        let named = (limits, order.court, &*order.despite);
        return show(
            (&message, warned),
            named,
            &access,
            order.after.form,
            session,
        );
    }
    if consent == Consent::Asked && !can_ask {
        return Err(Failure::new("needs-yes", []).into());
    }
    let (clock, copy) = (session.context.clock, order.after.copy(&access.account));
    let warned = keeping.other_account(&access.account, session);
    let reference = keeping.reference();
    let register = Register::of(session);
    let (ledger, draft) = keeping.parts(&access, session)?;
    let new = New {
        message: &message,
        limits,
        goes: order.goes,
        court: order.court,
        despite: &order.despite,
        known: &|address| register.evidence(address),
        copy: copy.as_ref(),
        draft,
        reference: reference.as_deref(),
    };
    let mut desk = Desk::new(&mut access, session, order.after.form)
        .asking(consent == Consent::Asked)
        .warned(warned)
        .until_heeded(interruption);
    let ended = match client::send_new(new, ledger, &|| clock.now(), &mut desk) {
        Ok(NewEnd::Handed(handed)) => finish(vec![handed], &order.after, ledger, &mut desk),
        Ok(NewEnd::Kept(kept)) => match checks::kept(kept, desk.session.lang) {
            Some(failure) => Err(failure.into()),
            None => Ok(ExitStatus::Unusable),
        },
        Err(error) => desk.documented(error).and_then(Err),
    };
    keeping.settle(&message, session);
    ended
}

/// The octets of the message that was ordered, not yet checked, and the account that sends it. What
/// somebody wrote for it is in a draft then, or where `keeping` says.
fn octets(
    what: What,
    (consent, deed): (Consent, Deed),
    keeping: &mut Keeping,
    session: &mut Session<'_>,
) -> anyhow::Result<(Vec<u8>, Access)> {
    let now = session.context.clock.now();
    match what {
        What::Ready(source) => {
            let octets = match source {
                Source::Input => input(Matter::Message, deed, keeping, session)?,
                Source::File(path) => draft::file(&path)?,
            };
            let access = Access::open(session)?;
            Ok((draft::ready(octets, &access.account.address, now), access))
        }
        What::Written(letter) => {
            let is_terminal = session.context.stdin_is_terminal;
            let (letter, files, access) = match letter.body.comes_by_input(is_terminal) {
                true => by_input(*letter, (consent, deed), keeping, session)?,
                false => by_hand(*letter, (consent, deed), keeping, session)?,
            };
            let octets = draft::written(&letter, files, &access.account, now)?;
            keeping.set_reference(letter.reference);
            Ok((octets, access))
        }
        What::Draft(word) => {
            let found = match deed {
                Deed::Send => Some(access::ledger(session)?),
                Deed::Show => access::existing_ledger(session)?,
            };
            let ledger = found.ok_or_else(|| drafts::none(&word))?;
            let row = drafts::one(&ledger, &word)?;
            keeping.take(&row, ledger);
            keeping.set_reference(row.letter.reference.clone());
            let access = match &session.account {
                Some(_) => Access::open(session)?,
                None => Access::open_named(Some(row.sender.as_str()), session)?,
            };
            complete(&row, consent, session)?;
            let attachments = attachments(&row.letter, keeping.ledger())?;
            let octets = draft::written(&row.letter, attachments, &access.account, now)?;
            Ok((octets, access))
        }
    }
}

/// Refuses a draft that was broken off before it was a letter: without recipients, or, where nobody
/// looks at it again, without subject or text.
fn complete(row: &DraftRow, consent: Consent, session: &Session<'_>) -> Result<(), Failure> {
    let letter = &row.letter;
    let is_seen = consent == Consent::Asked;
    let text = Catalogue::of(session.lang).text("missing.text");
    let all = [
        (letter.to.is_empty() && letter.cc.is_empty(), "--to"),
        (letter.subject.is_empty() && !is_seen, "--subject"),
        (letter.body.trim().is_empty() && !is_seen, text),
    ];
    let missing = all.iter().filter(|(is_missing, _)| *is_missing);
    let missing: Vec<&str> = missing.map(|(_, what)| *what).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => {
            let draft = row.draft.number().to_string();
            let values = [("draft", draft), ("missing", missing.join(", "))];
            Err(Failure::new("draft-incomplete", values))
        }
    }
}

/// What comes by standard input, in a file before anything can go wrong: it is gone once we are.
fn input(
    matter: Matter,
    deed: Deed,
    keeping: &mut Keeping,
    session: &Session<'_>,
) -> anyhow::Result<Vec<u8>> {
    let octets = draft::input()?;
    if deed == Deed::Send {
        keeping.set_aside(&octets, matter, session)?;
    }
    Ok(octets)
}

/// A letter, the files attached to it, and the account that sends it.
type Whole = (Letter, Vec<(String, Vec<u8>)>, Access);

/// A letter whose text comes by standard input: it is kept before anything else of it is looked at.
fn by_input(
    mut given: Written,
    (consent, deed): (Consent, Deed),
    keeping: &mut Keeping,
    session: &mut Session<'_>,
) -> anyhow::Result<Whole> {
    let octets = input(Matter::Text, deed, keeping, session)?;
    let words = draft::words(octets, keeping.file().as_deref(), consent)?;
    let access = open(&mut given, consent, keeping, session)?;
    find_offices(&mut given, consent, session)?;
    let mut letter = given.letter()?;
    letter.body = given.taken.under(words);
    if deed == Deed::Send {
        keeping.keep(&letter, &access.account, session)?;
    }
    questions::nothing_missing(&given)?;
    let files = attachments(&letter, keeping.ledger())?;
    Ok((letter, files, access))
}

/// A letter whose text was given, is in a file, or is written in the editor; a person is asked for the
/// rest.
fn by_hand(
    mut given: Written,
    (consent, deed): (Consent, Deed),
    keeping: &mut Keeping,
    session: &mut Session<'_>,
) -> anyhow::Result<Whole> {
    let access = open(&mut given, consent, keeping, session)?;
    find_offices(&mut given, consent, session)?;
    let account = &access.account;
    let mut keep = |letter: &Letter, session: &mut Session<'_>| match deed {
        Deed::Send => keeping.keep(letter, account, session),
        Deed::Show => Ok(()),
    };
    questions::complete(&mut given, consent, &mut keep, session)?;
    let mut letter = given.letter()?;
    // An editor is opened for a letter that can leave.
    let files = attachments(&letter, keeping.ledger())?;
    letter.body = match given.body {
        Body::Given(words) => given.taken.under(words),
        Body::From(Source::File(path)) => {
            let octets = draft::file(&path)?;
            text_form::plain(&path, &octets)?;
            given
                .taken
                .under(draft::words(octets, Some(&path), consent)?)
        }
        Body::Asked | Body::From(Source::Input) => {
            let mut file = None;
            let before = given.taken.under(String::new());
            let edited = editor::edit(&before, &mut file, session);
            keeping.set_file(file);
            letter.body = edited?;
            if !before.is_empty() && letter.body.trim() == before.trim() {
                return Err(Failure::new("answer-unchanged", []).into());
            }
            if deed == Deed::Send {
                keeping.keep(&letter, account, session)?;
                keeping.tell_short(session)?;
            }
            return Ok((letter, files, access));
        }
    };
    Ok((letter, files, access))
}

/// The account that sends a letter: of an answer the one that got the original, from which the letter
/// takes what it has of it.
fn open(
    given: &mut Written,
    consent: Consent,
    keeping: &mut Keeping,
    session: &mut Session<'_>,
) -> anyhow::Result<Access> {
    let Some(answering) = given.answering.take() else {
        return Access::open(session);
    };
    let (access, ledger) = answer::begin(&answering, given, consent, session)?;
    keeping.take_ledger(ledger);
    Ok(access)
}

/// Adds the addresses of the offices that were named to the recipients.
fn find_offices(
    given: &mut Written,
    consent: Consent,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let found = offices::chosen::addresses(&given.offices, consent, session)?;
    given.to.extend(found);
    Ok(())
}

/// The attachments of a letter whose addresses are such.
fn attachments(letter: &Letter, ledger: Option<&Ledger>) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    draft::check_addresses(letter)?;
    draft::attachments(&letter.files, ledger)
}

/// Shows what would be sent, and fails where sending would be stopped. Nothing is recorded; what is
/// known of recipients is read if there is a ledger.
fn show(
    (message, warned): (&OutgoingMessage, Option<String>),
    (limits, court, despite): (Limits, Option<Court>, &[Stop]),
    access: &Access,
    form: Form,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let ledger = access::existing_ledger(session)?;
    let now = session.context.clock.now();
    let register = Register::of(session);
    let known = |address: &MailAddress| register.evidence(address);
    let mut cautions = Cautions::of(message, limits, ledger.as_ref(), &known, now)?;
    if let Some(court) = court {
        cautions = cautions.for_court(message, court, now);
    }
    let stops = cautions.stops(despite);
    let mut warnings = checks::warnings(&cautions, session.lang);
    warnings.extend(warned);
    let shown = report::dry_run(message, (&warnings, &stops), access, form, session)?;
    match stops.is_empty() {
        true => Ok(shown),
        false => Err(checks::stopped(&stops, session.lang).into()),
    }
}

fn resume(order: ResumeOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut ledger = access::ledger(session)?;
    let mut turns = turns(&order.which, &ledger, session)?;
    if let [only] = &mut turns[..] {
        return resume_of(only, &order, &mut ledger, session);
    }
    if order.after.form == Form::Json {
        return resume_all(turns, &order, &mut ledger, session);
    }
    let mut worst = ExitStatus::Yes;
    for turn in &mut turns {
        access::tell_account(&turn.access.account, session)?;
        let status = match resume_of(turn, &order, &mut ledger, session) {
            Ok(status) => status,
            // The others go on all the same.
            Err(error) => access::tell_failure(error, session)?,
        };
        worst = worst.worse(status);
    }
    Ok(worst)
}

/// One account, and which of its messages are gone on with.
struct Turn {
    access: Access,
    /// Without any named, all that may need it.
    named: Option<Vec<MessageRef>>,
}

/// The accounts of the messages that are named; without any all accounts, or that of `--account`.
fn turns(which: &Which, ledger: &Ledger, session: &Session<'_>) -> anyhow::Result<Vec<Turn>> {
    let Which::Named(words) = which else {
        let all = Access::all(session)?.into_iter();
        return Ok(all
            .map(|access| Turn {
                access,
                named: None,
            })
            .collect());
    };
    let mut turns: Vec<Turn> = Vec::new();
    for word in words {
        let message = meant::one_message(ledger, word)?;
        let access = Access::of_message(&message, ledger, session)?;
        let same = |turn: &&mut Turn| turn.access.account.address == access.account.address;
        match turns.iter_mut().find(same) {
            Some(turn) => turn.named.get_or_insert_default().push(message),
            None => turns.push(Turn {
                access,
                named: Some(vec![message]),
            }),
        }
    }
    Ok(turns)
}

/// Goes on with messages of one account, and tells what became of them.
fn resume_of(
    turn: &mut Turn,
    order: &ResumeOrder,
    ledger: &mut Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let clock = session.context.clock;
    let copy = order.after.copy(&turn.access.account);
    access::note(&turn.access.account, ledger)?;
    let address = turn.access.account.address.clone();
    let interruption = resuming_interrupted(session);
    let mut desk =
        Desk::new(&mut turn.access, session, order.after.form).until_heeded(interruption);
    let resumption = order.resumption(&address, turn.named.as_deref(), copy.as_ref());
    match client::resume(resumption, ledger, &|| clock.now(), &mut desk) {
        Ok(ResumeEnd::Done(handed, worst)) => {
            Ok(worst.worse(finish(handed, &order.after, ledger, &mut desk)?))
        }
        Ok(ResumeEnd::Declined) => Ok(ExitStatus::Unusable),
        Ok(ResumeEnd::Unasked) => Err(Failure::new("needs-yes", []).into()),
        Err(error) => Err(desk.documented(error)?),
    }
}

/// The same with several accounts, of which one document tells.
fn resume_all(
    turns: Vec<Turn>,
    order: &ResumeOrder,
    ledger: &mut Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    if order.after.wait.is_some() {
        return Err(Failure::new("wait-one-account", []).into());
    }
    let clock = session.context.clock;
    let (mut all, mut before, mut names) = (Vec::new(), Before::default(), Vec::new());
    let mut worst = ExitStatus::Yes;
    for mut turn in turns {
        names.push(turn.access.account.name.clone());
        let copy = order.after.copy(&turn.access.account);
        access::note(&turn.access.account, ledger)?;
        let address = turn.access.account.address.clone();
        let interruption = resuming_interrupted(session);
        let mut desk =
            Desk::new(&mut turn.access, session, order.after.form).until_heeded(interruption);
        let resumption = order.resumption(&address, turn.named.as_deref(), copy.as_ref());
        let ended = client::resume(resumption, ledger, &|| clock.now(), &mut desk);
        before.take_in(std::mem::take(&mut desk.before));
        let status = match ended {
            Ok(ResumeEnd::Done(handed, status)) => {
                let status = status.worse(report::exit_status(&handed));
                all.extend(handed);
                status
            }
            Ok(ResumeEnd::Declined) => ExitStatus::Unusable,
            Ok(ResumeEnd::Unasked) => {
                access::tell_failure(Failure::new("needs-yes", []).into(), session)?
            }
            Err(error) => access::tell_failure(error, session)?,
        };
        worst = worst.worse(status);
    }
    let rows = all.iter().map(|one| ledger.row(&one.message));
    let rows = rows.collect::<Result<_, _>>()?;
    let names = names.join(", ");
    let document = report::Document::of(&all, rows, &names, &before, Next::Person, session);
    session.out.show(&document, Form::Json)?;
    Ok(worst)
}

/// What signals say until the server heeds them.
fn resuming_interrupted(session: &Session<'_>) -> Interruption {
    let texts = Catalogue::of(session.lang);
    Interruption::tells(texts.text("send.interrupted-resuming").to_owned())
}

impl ResumeOrder {
    fn resumption<'a>(
        &self,
        account: &'a MailAddress,
        messages: Option<&'a [MessageRef]>,
        copy: Option<&'a SentCopy>,
    ) -> Resumption<'a> {
        Resumption {
            account,
            messages,
            resend: self.resend,
            consent: self.consent,
            copy,
        }
    }
}

fn limits(account: &Account) -> Limits {
    Limits {
        recipients: account.limits.recipients.map(|most| most as usize),
        octets: account.limits.octets_total,
    }
}

impl What {
    /// Whether it comes by standard input: then nobody can answer there.
    fn is_input(&self) -> bool {
        match self {
            Self::Ready(source) => *source == Source::Input,
            Self::Written(letter) => letter.body.is_input(),
            Self::Draft(_) => false,
        }
    }
}

impl After {
    /// Where a copy is filed, if one is.
    fn copy(&self, account: &Account) -> Option<SentCopy> {
        match self.filing {
            Filing::AsTheAccountSays => Some(account.sent_copy.clone()),
            Filing::None => None,
        }
    }
}

/// After the server's answer: the receipts, the report. Once a message has left, or may have,
/// nothing that fails afterwards may be taken for "try again": the answer is 3.
fn finish(
    handed: Vec<Handed>,
    after: &After,
    ledger: &mut Ledger,
    desk: &mut Desk<'_, '_>,
) -> anyhow::Result<ExitStatus> {
    let left = handed.iter().any(|one| one.submitted.may_have_left());
    let answer = report::exit_status(&handed);
    match follow_up(handed, after, ledger, desk) {
        // Nobody reads any more. The answer is what was sent all the same.
        Err(error) if is_closed_pipe(&error) => Ok(answer),
        Err(error) if left => {
            let failure = Failure::of(error)?;
            told(failure.into(), desk.session)?;
            desk.say("send.left", &[])?;
            Ok(ExitStatus::Undecided)
        }
        done => done,
    }
}

fn follow_up(
    handed: Vec<Handed>,
    after: &After,
    ledger: &mut Ledger,
    desk: &mut Desk<'_, '_>,
) -> anyhow::Result<ExitStatus> {
    let answer = report::exit_status(&handed);
    let is_sent = matches!(answer, ExitStatus::Yes | ExitStatus::No) && !handed.is_empty();
    let wait = after.wait.filter(|_| is_sent);
    desk.tell(&handed, wait.is_some(), ledger)?;
    let Some(terms) = wait else {
        return Ok(answer);
    };
    let messages: Vec<MessageRef> = handed.into_iter().map(|one| one.message).collect();
    let (access, session) = (&mut *desk.access, &mut *desk.session);
    let waited = wait::wait(&messages, terms, access, ledger, after.form, session);
    if waited.is_err() && after.form == Form::Json {
        // The document is promised, and says at least what was sent.
        status::show(&messages, ledger, Form::Json, desk.session)?;
    }
    Ok(answer.worse(waited?))
}
