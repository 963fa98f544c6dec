//! `pec reply` and `pec forward`: a message that was received becomes the beginning of a letter, which
//! goes the way of all others.

use std::io;

use super::order::{Answering, Letter as Written, Taken, Way};
use crate::address::MailAddress;
use crate::client::Consent;
use crate::client::answer::{Original, quoted};
use crate::command::access::{self, Access};
use crate::command::ask::Asker;
use crate::command::{Failure, Session, letters};
use crate::contents::{Contents, original_in};
use crate::ledger::{Attached, Ledger, LetterRow, LetterStanding};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::pec::{CertificationData, MessageKind};
use crate::verify::Question;

/// Octets of the original's text that are quoted.
const MAX_QUOTED_OCTETS: usize = 200_000;

/// Gives a letter what it has of the message that it answers or passes on: whom it goes to and its
/// subject where nothing else was said, what it names, what it quotes, what goes along. The ledger is
/// where that message is kept.
///
/// # Errors
/// A [`Failure`]: no such message, or none that can be answered.
pub(super) fn begin(
    answering: &Answering,
    given: &mut Written,
    consent: Consent,
    session: &mut Session<'_>,
) -> anyhow::Result<(Access, Ledger)> {
    let mut ledger = access::ledger(session)?;
    letters::index(&mut ledger, session)?;
    let row = letters::one(&ledger, &answering.word)?;
    let access = match session.account {
        Some(_) => Access::open(session)?,
        None => Access::open_named(Some(row.address.as_str()), session)?,
    };
    let octets = ledger.octets(&row.octets);
    let octets = octets.map_err(|error| Failure::of_ledger(&error))?;
    let mail = original_in(&octets);
    let contents = Contents::of(mail.as_deref().unwrap_or(&octets));
    let data = certified(&octets, &access, session)?;
    let texts = Catalogue::of(session.lang);
    let (beginning, quotation) = match answering.way {
        Way::Reply(whom) => {
            let data = data.ok_or_else(|| not_certified(&row))?;
            let original = original_of(&data, &row, contents.as_ref());
            let own = &access.account.address;
            let mut beginning = original.answer(own, whom, texts.text("answer.reply"));
            if given.to.is_empty() {
                beginning.to = vec![answer_to(&data, contents.as_ref(), consent, session)?];
            }
            (beginning, reply_quotation(&row, contents.as_ref(), session))
        }
        Way::Forward => (
            original_of_row(&row).passed_on(texts.text("answer.forward")),
            forward_quotation(&row, data.as_ref(), contents.as_ref(), session),
        ),
    };
    if given.to.is_empty() {
        given.to = beginning.to;
    }
    given.cc.splice(..0, beginning.cc);
    given.subject.get_or_insert(beginning.subject);
    given.taken = Taken {
        quotation: if answering.quotes {
            quotation
        } else {
            String::new()
        },
        files: attached(answering, &row, contents.as_ref()),
        answered: beginning.answered,
    };
    Ok((access, ledger))
}

/// What the octets certify, judged now: a genuine envelope alone says who wrote to us.
fn certified(
    octets: &[u8],
    access: &Access,
    session: &Session<'_>,
) -> anyhow::Result<Option<CertificationData>> {
    let verifier = access.verifier()?;
    let examination = verifier.examine(octets, &Question::new(session.context.clock.now()));
    let receipt = examination.into_verified().ok();
    let envelope = receipt.filter(|receipt| receipt.kind() == MessageKind::TransportEnvelope);
    Ok(envelope.map(|envelope| envelope.data().clone()))
}

/// Where it can be answered to nobody: its sender is not certified.
fn not_certified(row: &LetterRow) -> Failure {
    let message = [("message", row.letter.short.clone())];
    match row.standing {
        LetterStanding::Sent => Failure::new("reply-own", message),
        LetterStanding::Certified
        | LetterStanding::Anomaly
        | LetterStanding::NotGenuine
        | LetterStanding::CannotTell
        | LetterStanding::Ordinary => Failure::new("reply-uncertified", message),
    }
}

fn original_of(
    data: &CertificationData,
    row: &LetterRow,
    contents: Option<&Contents<'_>>,
) -> Original {
    let references = contents.map(|contents| contents.head().references.clone());
    Original {
        sender: data.sender.clone(),
        recipients: data
            .recipients
            .iter()
            .map(|one| one.address.clone())
            .collect(),
        message_id: data.message_id.clone(),
        identifier: Some(data.identifier.clone()),
        references: references.unwrap_or_default(),
        ..original_of_row(row)
    }
}

fn original_of_row(row: &LetterRow) -> Original {
    Original {
        sender: MailAddress::new(&row.sender),
        recipients: Vec::new(),
        subject: row.subject.clone(),
        message_id: None,
        identifier: None,
        references: Vec::new(),
    }
}

/// The certified sender, or the address that the sender asks answers to go to: that is asked, and
/// told where nobody can answer.
fn answer_to(
    data: &CertificationData,
    contents: Option<&Contents<'_>>,
    consent: Consent,
    session: &mut Session<'_>,
) -> anyhow::Result<String> {
    let sender = data.sender.as_str().to_owned();
    // As certified, or else as the original says.
    let stated = contents.and_then(|contents| contents.head().reply_to.first());
    let stated = stated.map(|one| MailAddress::new(&one.address));
    let mut others = [Some(data.reply_to.clone()), stated].into_iter().flatten();
    let other = others.find(|other| *other != data.sender && other.is_well_formed());
    let Some(other) = other else {
        return Ok(sender);
    };
    let values = [("sender", &*sender), ("other", other.as_str())];
    let context = session.context;
    let can_ask = context.stdin_is_terminal && context.stderr_is_terminal;
    if consent == Consent::Given || !can_ask {
        let line = Catalogue::of(session.lang).fill("answer.other-address", &values);
        writeln!(session.err, "{line}")?;
        return Ok(sender);
    }
    let mut asker = Asker {
        input: &mut io::stdin().lock(),
        err: &mut *session.err,
        lang: session.lang,
    };
    Ok(match asker.confirm("reply-to", &values)? {
        true => other.as_str().to_owned(),
        false => sender,
    })
}

/// What goes along: the original's attachments where they were asked for; of what is passed on, the
/// message as it was received, which proves itself.
fn attached(
    answering: &Answering,
    row: &LetterRow,
    contents: Option<&Contents<'_>>,
) -> Vec<Attached> {
    let kept = |place: &str, name: String| Attached::Kept {
        octets: row.octets.clone(),
        place: place.to_owned(),
        name,
    };
    let mut files = Vec::new();
    if answering.way == Way::Forward {
        files.push(kept("", format!("{}.eml", row.letter.short)));
    }
    if answering.attachments {
        let found = contents.into_iter().flat_map(Contents::attachments);
        files.extend(found.map(|attachment| kept(&attachment.place, attachment.file_name())));
    }
    files
}

fn text_of(contents: Option<&Contents<'_>>) -> String {
    contents
        .map(|contents| contents.text(MAX_QUOTED_OCTETS))
        .unwrap_or_default()
}

fn reply_quotation(
    row: &LetterRow,
    contents: Option<&Contents<'_>>,
    session: &Session<'_>,
) -> String {
    let texts = Catalogue::of(session.lang);
    let time = shown(row.at, session.lang);
    let intro = texts.fill("answer.wrote", &[("time", &time), ("sender", &row.sender)]);
    format!("{intro}\n{}", quoted(&text_of(contents)))
}

/// Whom a message of ours names.
fn named_in(contents: Option<&Contents<'_>>) -> String {
    let head = contents.map(Contents::head);
    let named = head
        .into_iter()
        .flat_map(|head| head.to.iter().chain(&head.cc));
    let addresses = named.map(|one| &*one.address);
    addresses.collect::<Vec<_>>().join(", ")
}

fn forward_quotation(
    row: &LetterRow,
    data: Option<&CertificationData>,
    contents: Option<&Contents<'_>>,
    session: &Session<'_>,
) -> String {
    let texts = Catalogue::of(session.lang);
    let recipients = data.map(|data| {
        let all = data.recipients.iter().map(|one| one.address.as_str());
        all.collect::<Vec<_>>().join(", ")
    });
    let recipients = recipients.unwrap_or_else(|| match row.standing {
        LetterStanding::Sent => named_in(contents),
        LetterStanding::Certified
        | LetterStanding::Anomaly
        | LetterStanding::NotGenuine
        | LetterStanding::CannotTell
        | LetterStanding::Ordinary => row.address.as_str().to_owned(),
    });
    let title = match (data, row.standing) {
        (Some(_), _) => texts.text("answer.as-certified"),
        (None, LetterStanding::Sent) => texts.text("answer.as-sent"),
        (None, LetterStanding::NotGenuine) => texts.text("answer.as-not-genuine"),
        // What was genuine and is not proved now, by other trust data.
        (None, LetterStanding::Certified | LetterStanding::CannotTell) => {
            texts.text("answer.as-undecided")
        }
        (None, LetterStanding::Anomaly | LetterStanding::Ordinary) => {
            texts.text("answer.as-ordinary")
        }
    };
    let time = match (data, row.standing) {
        (Some(_), _) => texts.text("answer.certified-at"),
        (None, LetterStanding::Sent) => texts.text("answer.sent-at"),
        (
            None,
            LetterStanding::Certified
            | LetterStanding::Anomaly
            | LetterStanding::NotGenuine
            | LetterStanding::CannotTell
            | LetterStanding::Ordinary,
        ) => texts.text("answer.received-at"),
    };
    let values = [
        ("title", title),
        ("when", time),
        ("sender", &*row.sender),
        ("time", &*shown(row.at, session.lang)),
        ("subject", &*row.subject),
        ("to", &*recipients),
    ];
    format!(
        "{}\n\n{}\n",
        texts.fill("answer.passed-on", &values),
        text_of(contents).trim_end()
    )
}
