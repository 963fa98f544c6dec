//! `pec send`: one certified message, checked, shown, recorded, handed over once; and messages that
//! were recorded before.

mod arguments;
pub(super) mod checks;
pub(super) mod desk;
pub(super) mod draft;
pub(super) mod keeping;
mod order;
mod pages;
mod questions;
mod report;

use self::desk::{Desk, told};
use self::keeping::Keeping;
use self::order::{After, Deed, Filing, NewOrder, ResumeOrder, Source, What, Which};
use super::access::{self, Access};
use super::{Failure, Session, drafts, is_closed_pipe, meant, status, wait};
use crate::account::{Account, SentCopy};
use crate::client::{self, Cautions, Consent, Handed, New, NewEnd, ResumeEnd, Resumption};
use crate::exit::ExitStatus;
use crate::ledger::{Ledger, MessageRef};
use crate::output::catalogue::Catalogue;
use crate::output::report::Form;
use crate::pec::outgoing::{Limits, OutgoingMessage};

pub(super) use arguments::{Arguments, LeavingArguments};
pub(super) use order::SendOrder;
pub(super) use questions::whole;

pub(super) fn run(order: Box<SendOrder>, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    match *order {
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
    let can_ask = session.context.stdin_is_terminal && !order.what.is_input();
    let (octets, mut access) = octets(order.what, (consent, order.deed), keeping, session)?;
    let limits = limits(&access.account);
    let message = OutgoingMessage::freeze(octets, &access.account.address, limits)
        .map_err(|faults| checks::failure(&faults, session.lang))?;
    if order.deed == Deed::Show {
        return show(&message, limits, &access, &order.after, session);
    }
    if consent == Consent::Asked && !can_ask {
        return Err(Failure::new("needs-yes", []).into());
    }
    let (clock, copy) = (session.context.clock, order.after.copy(&access.account));
    let mut words = Catalogue::of(session.lang)
        .text("send.interrupted")
        .to_owned();
    if let Some(line) = keeping.line(session) {
        words = format!("{words}\n{line}");
    }
    let (ledger, draft) = keeping.parts(&access, session)?;
    let new = New {
        message: &message,
        limits,
        goes: order.goes,
        despite: &order.despite,
        copy: copy.as_ref(),
        draft,
    };
    let mut desk =
        Desk::new(&mut access, session, order.after.form).asking(consent == Consent::Asked, words);
    match client::send_new(new, ledger, &|| clock.now(), &mut desk) {
        Ok(NewEnd::Handed(handed)) => finish(vec![handed], &order.after, ledger, &mut desk),
        Ok(NewEnd::Kept(kept)) => match checks::kept(kept, desk.session.lang) {
            Some(failure) => Err(failure.into()),
            None => Ok(ExitStatus::Unusable),
        },
        Err(error) => Err(desk.documented(error)?),
    }
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
            let access = Access::open(session)?;
            let octets = draft::ready(&source, &access.account.address, now)?;
            Ok((octets, access))
        }
        What::Written(written) => {
            let access = Access::open(session)?;
            let written = questions::completed(written, consent, session)?;
            let (mut letter, body) = written.letter()?;
            draft::check_addresses(&letter)?;
            let attachments = draft::attachments(&letter.files)?;
            let text = draft::text(body, consent, keeping.file(), session)?;
            keeping.note(&text);
            letter.body = text.words;
            if deed == Deed::Send {
                keeping.keep(&letter, &text.from, &access.account, session)?;
            }
            let octets = draft::written(&letter, attachments, &access.account, now)?;
            Ok((octets, access))
        }
        What::Draft(word) => {
            let found = match deed {
                Deed::Send => Some(access::ledger(session)?),
                Deed::Show => access::existing_ledger(session)?,
            };
            let ledger = found.ok_or_else(|| drafts::none(&word))?;
            let row = drafts::one(&ledger, &word)?;
            *keeping = Keeping::of(row.draft, ledger);
            let access = match &session.account {
                Some(_) => Access::open(session)?,
                None => Access::open_named(Some(row.sender.as_str()), session)?,
            };
            draft::check_addresses(&row.letter)?;
            let attachments = draft::attachments(&row.letter.files)?;
            let octets = draft::written(&row.letter, attachments, &access.account, now)?;
            Ok((octets, access))
        }
    }
}

/// Shows what would be sent. Nothing is recorded; what is known of recipients is read if there is a
/// ledger.
fn show(
    message: &OutgoingMessage,
    limits: Limits,
    access: &Access,
    after: &After,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let ledger = access::existing_ledger(session)?;
    let now = session.context.clock.now();
    let cautions = Cautions::of(message, limits, ledger.as_ref(), now)?;
    let warnings = checks::warnings(&cautions, session.lang);
    report::dry_run(message, &warnings, access, after.form, session)
}

fn resume(order: ResumeOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let mut access = Access::open(session)?;
    let mut ledger = access::ledger_for(&access.account, session)?;
    let account = access.account.address.clone();
    let named = match order.which {
        Which::Unsettled => None,
        Which::Named(words) => {
            let words = words.iter();
            let named = words.map(|word| meant::one_message_of(&ledger, word, &account));
            Some(named.collect::<anyhow::Result<Vec<MessageRef>>>()?)
        }
    };
    let (clock, copy) = (session.context.clock, order.after.copy(&access.account));
    let resumption = Resumption {
        account: &account,
        messages: named.as_deref(),
        resend: order.resend,
        consent: order.consent,
        copy: copy.as_ref(),
    };
    let mut desk = Desk::new(&mut access, session, order.after.form);
    match client::resume(resumption, &mut ledger, &|| clock.now(), &mut desk) {
        Ok(ResumeEnd::Done(handed, worst)) => {
            Ok(worst.worse(finish(handed, &order.after, &mut ledger, &mut desk)?))
        }
        Ok(ResumeEnd::Declined) => Ok(ExitStatus::Unusable),
        Ok(ResumeEnd::Unasked) => Err(Failure::new("needs-yes", []).into()),
        Err(error) => Err(desk.documented(error)?),
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
