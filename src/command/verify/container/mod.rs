//! A container of evidence: whether its files are those that it lists, what each receipt in it comes to
//! today, and where that is not what the container says.
//!
//! What it says of itself is believed in nothing: its verdicts and its states are compared with those
//! of now. Containers that others made are told for what they are, and not judged.

mod told;

use std::collections::BTreeMap;
use std::io::{self, Read, Seek};
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value;

pub(super) use self::told::ContainerJson;
use super::{Answer, Asked, Digests};
use crate::address::MailAddress;
use crate::asic::{self, Checked, Content, Directory, Fault, Flaw, Nature};
use crate::command::revocations::{MAX_OCTETS, WITHIN};
use crate::command::stamp::document::Answer as StampAnswer;
use crate::command::stamp::inside::{Inside, existed_since, inside};
use crate::exit::ExitStatus;
use crate::input::Place;
use crate::ledger::fact::Fact;
use crate::ledger::state::{RecipientState, Standing};
use crate::mime::MAX_MESSAGE_OCTETS;
use crate::output::catalogue::Catalogue;
use crate::pec::MessageId;
use crate::smime::ocsp::Ocsp;
use crate::smime::revocation::Crl;
use crate::timestamp::Timestamp;
use crate::verify::{Crls, Stored, Verdict};

/// What the message that was sent is called; it is no receipt.
const SENT: &str = "01_messaggio_";
/// The document of `pec verify` of the day of the export.
const VERDICTS: &str = "verdetti.json";
/// The document of `pec status` of that day.
const STATE: &str = "stato.json";

/// Octets of such a document: some 10,000 for each receipt, and there are 10,000 at most.
const MAX_DOCUMENT_OCTETS: u64 = 256 * 1024 * 1024;

/// Revocation lists that are read: one for each day on which a receipt came.
const MAX_LISTS: usize = 64;

/// Messages and octets of them that are in memory at once.
const ROUND_MESSAGES: usize = 64;
const ROUND_OCTETS: u64 = 16 * 1024 * 1024;

/// A container, and what was found out about it.
pub(crate) struct Contained {
    name: String,
    found: Found,
    /// The messages in it, as they are judged today.
    pub answers: Vec<Answer>,
    /// Where the container says something else.
    differences: Vec<Difference>,
    /// The day of the trust data by which it was made.
    stated_as_of: Option<String>,
    /// Its time stamps, the oldest first.
    stamps: Vec<Inside>,
    /// What one that cannot be verified comes to: nothing, where nobody asked.
    unverifiable: ExitStatus,
    /// Whether somebody named authorities of time stamps: then there should be one.
    is_stamp_asked: bool,
    now: Timestamp,
}

/// What it is.
enum Found {
    /// One of this program, read to its end.
    Evidence(Checked),
    /// One that not every program reads alike.
    Damaged(Fault),
    /// One that others made.
    Other(Nature),
}

/// What a container is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// A message of ours, with its receipts.
    Sent,
    /// One that was received, with its envelope.
    Received,
}

/// Where a container says something else than what is found today.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Difference {
    /// Its verdict of a receipt.
    Verdict(Differing),
    /// What it says that a receipt certifies.
    Certifies(Differing),
    /// It says nothing of a receipt that is in it.
    Unstated(String),
    /// It says something of a receipt that is not in it.
    Absent(String),
    /// Where it says that the message stands for a recipient.
    Standing(Differing),
    /// Which message it says that it is about.
    Sent(Differing),
}

/// About what, what is said, what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Differing {
    about: String,
    stated: String,
    found: String,
}

impl Difference {
    const WORDS: [&'static str; 6] = [
        "verdict",
        "certifies",
        "unstated",
        "absent",
        "standing",
        "sent",
    ];

    const fn word(&self) -> &'static str {
        match self {
            Self::Verdict(_) => "verdict",
            Self::Certifies(_) => "certifies",
            Self::Unstated(_) => "unstated",
            Self::Absent(_) => "absent",
            Self::Standing(_) => "standing",
            Self::Sent(_) => "sent",
        }
    }

    fn values(&self) -> (&str, Option<&str>, Option<&str>) {
        match self {
            Self::Unstated(about) | Self::Absent(about) => (about, None, None),
            Self::Verdict(differing)
            | Self::Certifies(differing)
            | Self::Standing(differing)
            | Self::Sent(differing) => (
                &differing.about,
                Some(&differing.stated),
                Some(&differing.found),
            ),
        }
    }

    fn text(&self, texts: &Catalogue) -> String {
        let (about, stated, found) = self.values();
        let word = |word: Option<&str>| match (self, word) {
            // What a container says may be any word.
            (Self::Verdict(_), Some(word)) => texts.text(&format!("verdict.{word}")).to_lowercase(),
            (Self::Standing(_), Some(word)) if Standing::from_word(word).is_some() => {
                texts.text(&format!("standing.{word}")).to_owned()
            }
            (_, word) => word.unwrap_or_default().to_owned(),
        };
        let values = [
            ("about", about),
            ("stated", &*word(stated)),
            ("found", &word(found)),
        ];
        let is_shown = found
            .and_then(Standing::from_word)
            .is_some_and(is_certified);
        match self {
            Self::Standing(_) if !is_shown => {
                texts.fill("container.difference.standing-unshown", &values)
            }
            Self::Verdict(_)
            | Self::Certifies(_)
            | Self::Unstated(_)
            | Self::Absent(_)
            | Self::Standing(_)
            | Self::Sent(_) => {
                texts.fill(&format!("container.difference.{}", self.word()), &values)
            }
        }
    }
}

/// Reads and judges a container.
pub(super) fn answer(name: String, place: Place, asked: &Asked) -> Answer {
    let contained = place.open();
    match contained.and_then(|mut file| read(&name, &mut file, asked)) {
        Ok(contained) => Answer::Container(Box::new(contained)),
        Err(error) => Answer::Unreadable {
            name,
            error: error.into(),
        },
    }
}

fn read(name: &str, file: &mut (impl Read + Seek), asked: &Asked) -> io::Result<Contained> {
    // Who names authorities asks whether they stand behind it.
    let is_asked = asked.strict || !asked.stamps.is_nobody();
    let bare = |found| Contained {
        name: name.to_owned(),
        found,
        answers: Vec::new(),
        differences: Vec::new(),
        stated_as_of: None,
        stamps: Vec::new(),
        unverifiable: match is_asked {
            true => ExitStatus::Undecided,
            false => ExitStatus::Yes,
        },
        is_stamp_asked: !asked.stamps.is_nobody(),
        now: asked.now,
    };
    match asic::Read::of(file) {
        Ok(asic::Read::Evidence(checked)) => {
            let answers = judged(name, &checked, file, asked)?;
            let stamps = inside(&checked, file, &asked.stamps)?;
            let contained = Contained {
                answers,
                stamps,
                ..bare(Found::Evidence(checked))
            };
            with_statements(contained, file)
        }
        Ok(asic::Read::Other(nature)) => Ok(bare(Found::Other(nature))),
        Err(asic::Error::Fault(fault)) => Ok(bare(Found::Damaged(fault))),
        Err(asic::Error::Io(error)) => Err(error),
    }
}

/// The messages in a container, each judged.
fn judged(
    name: &str,
    checked: &Checked,
    file: &mut (impl Read + Seek),
    asked: &Asked,
) -> io::Result<Vec<Answer>> {
    let is_message =
        |one: &&Content| one.entry.name.ends_with(".eml") && !one.entry.name.starts_with(SENT);
    let lists = lists(name, checked, file)?;
    let lists = lists.map(|lists| asked.verifier.trusted(lists));
    let mut left = checked.files.iter().filter(is_message).peekable();
    let mut answers = Vec::new();
    while left.peek().is_some() {
        let (mut round, mut octets) = (Vec::new(), 0);
        while let Some(one) = left.peek() {
            if round.len() == ROUND_MESSAGES || octets > ROUND_OCTETS {
                break;
            }
            octets += one.entry.size();
            let shown = format!("{name}!/{}", one.entry.name);
            round.push((shown, octets_of(file, one)?));
            left.next();
        }
        let round = round.into_par_iter().map(|(name, octets)| match octets {
            Some(octets) => {
                let stored = (Stored::AsItIs, lists.as_ref());
                let examined = asked.examined(name, &octets, stored, Digests::Told);
                Answer::Examined(Box::new(examined))
            }
            None => Answer::Unreadable {
                name,
                error: crate::input::Error::TooLarge {
                    limit: MAX_MESSAGE_OCTETS,
                },
            },
        });
        answers.extend(round.collect::<Vec<_>>());
    }
    Ok(answers)
}

/// The revocation lists and OCSP answers in a container; each counts for its own signature.
fn lists(name: &str, checked: &Checked, file: &mut (impl Read + Seek)) -> io::Result<Option<Crls>> {
    let is_answer = |name: &str| name.ends_with(".ocsp");
    let is_list = |one: &&Content| one.entry.name.starts_with(WITHIN) || is_answer(&one.entry.name);
    let mut found = Crls::default();
    for one in checked.files.iter().filter(is_list).take(MAX_LISTS) {
        let octets = match Directory::octets(file, &one.entry, MAX_OCTETS) {
            Ok(octets) => octets,
            Err(asic::Error::Io(error)) => return Err(error),
            Err(asic::Error::Fault(_)) => None,
        };
        let name: Arc<str> = Arc::from(format!("{name}!/{}", one.entry.name));
        if is_answer(&one.entry.name) {
            match octets.and_then(|octets| Ocsp::parse(&octets).ok()) {
                Some(answer) => found.answers.push((name, answer)),
                None => found.damaged.push(name),
            }
            continue;
        }
        match octets.and_then(|octets| Crl::parse(&octets).ok()) {
            Some(list) => found.lists.push((name, list)),
            None => found.damaged.push(name),
        }
    }
    let is_none = found.lists.is_empty() && found.answers.is_empty() && found.damaged.is_empty();
    Ok((!is_none).then_some(found))
}

fn octets_of(file: &mut (impl Read + Seek), one: &Content) -> io::Result<Option<Vec<u8>>> {
    match Directory::octets(file, &one.entry, MAX_MESSAGE_OCTETS as u64) {
        Ok(octets) => Ok(octets),
        Err(asic::Error::Io(error)) => Err(error),
        Err(asic::Error::Fault(_)) => Ok(None),
    }
}

/// Adds what the container says and is not so.
fn with_statements(
    mut contained: Contained,
    file: &mut (impl Read + Seek),
) -> io::Result<Contained> {
    let Found::Evidence(checked) = &contained.found else {
        return Ok(contained);
    };
    let mut document = |name: &str| -> io::Result<Value> {
        let mut files = checked.files.iter();
        let Some(one) = files.find(|one| one.entry.name == name) else {
            return Ok(Value::Null);
        };
        let octets = match Directory::octets(file, &one.entry, MAX_DOCUMENT_OCTETS) {
            Ok(octets) => octets.unwrap_or_default(),
            Err(asic::Error::Io(error)) => return Err(error),
            Err(asic::Error::Fault(_)) => Vec::new(),
        };
        Ok(serde_json::from_slice(&octets).unwrap_or_default())
    };
    let (verdicts, state) = (document(VERDICTS)?, document(STATE)?);
    let sent = checked.files.iter();
    let sent = sent.filter(|one| one.entry.name.starts_with(SENT));
    let sent = sent.map(|one| &*one.sha256).next();
    let mut differences = of_verdicts(&verdicts, &contained);
    differences.extend(of_state(&state, sent, &contained.answers));
    contained.stated_as_of = text_at(&verdicts, "/trust/as_of");
    contained.differences = differences;
    Ok(contained)
}

fn text_at(document: &Value, place: &str) -> Option<String> {
    let text = document.pointer(place).and_then(Value::as_str);
    text.map(str::to_owned)
}

/// What it says of each receipt.
fn of_verdicts(document: &Value, contained: &Contained) -> Vec<Difference> {
    let results = document["results"].as_array();
    let mut stated: BTreeMap<&str, &Value> = BTreeMap::new();
    for result in results.into_iter().flatten() {
        stated.insert(result["file"].as_str().unwrap_or_default(), result);
    }
    let mut differences = Vec::new();
    for answer in &contained.answers {
        let Answer::Examined(examined) = answer else {
            continue;
        };
        let name = examined.name.rsplit_once("!/").map(|(_, name)| name);
        let about = name.unwrap_or_default().to_owned();
        let Some(result) = stated.remove(&*about) else {
            differences.push(Difference::Unstated(about));
            continue;
        };
        let certifies = examined
            .evidence()
            .map_or("nothing", |evidence| evidence.certifies().word());
        let found = [
            ("verdict", examined.examination.verdict().word()),
            ("certifies", certifies),
        ];
        let differing = found.into_iter().find_map(|(field, found)| {
            let stated = result[field].as_str().unwrap_or_default();
            let differing = || Differing {
                about: about.clone(),
                stated: stated.to_owned(),
                found: found.to_owned(),
            };
            (stated != found).then(|| (field, differing()))
        });
        match differing {
            // A word that no verdict has is told as the others.
            Some(("verdict", differing)) if Verdict::from_word(&differing.stated).is_some() => {
                differences.push(Difference::Verdict(differing));
            }
            Some((_, differing)) => differences.push(Difference::Certifies(differing)),
            None => {}
        }
    }
    let absent = stated
        .into_keys()
        .map(|name| Difference::Absent(name.to_owned()));
    differences.extend(absent);
    differences
}

/// Where it says that the message stands, against what its genuine receipts say.
fn of_state(document: &Value, sent: Option<&str>, answers: &[Answer]) -> Vec<Difference> {
    let message = &document["messages"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut differences = Vec::new();
    let (stated, found) = (
        text(&message["sha256"]),
        sent.unwrap_or_default().to_owned(),
    );
    if stated != found {
        let about = STATE.to_owned();
        differences.push(Difference::Sent(Differing {
            about,
            stated,
            found,
        }));
    }
    let recipients = message["recipients"].as_array();
    let recipients: Vec<&Value> = recipients.into_iter().flatten().collect();
    let addresses: Vec<MailAddress> = recipients
        .iter()
        .map(|one| MailAddress::new(one["address"].as_str().unwrap_or_default()))
        .collect();
    let message_id = text(&message["message_id"]);
    let message_id = MessageId::new(&message_id).as_str().to_owned();
    let facts: Vec<Fact> = answers
        .iter()
        .flat_map(|answer| stated_by(answer, &addresses, &message_id))
        .collect();
    for (place, recipient) in recipients.iter().enumerate() {
        let stated = text(&recipient["standing"]);
        let found = RecipientState::of(place, &facts).standing;
        // What no receipt certifies, like an attempt, is the ledger's word alone.
        let is_the_same = match (is_certified(found), Standing::from_word(&stated)) {
            (true, Some(stated)) => stated == found,
            (false, Some(stated)) => !is_certified(stated),
            (_, None) => false,
        };
        if !is_the_same {
            differences.push(Difference::Standing(Differing {
                about: text(&recipient["address"]),
                stated,
                found: found.word().to_owned(),
            }));
        }
    }
    differences
}

/// Whether a receipt says where a message stands.
const fn is_certified(standing: Standing) -> bool {
    match standing {
        Standing::NotAccepted
        | Standing::Accepted
        | Standing::Ordinary
        | Standing::Delayed
        | Standing::TimedOut
        | Standing::Delivered
        | Standing::NotDelivered
        | Standing::Contradictory => true,
        Standing::Recorded
        | Standing::Sending
        | Standing::RefusedForNow
        | Standing::Refused
        | Standing::Withdrawn
        | Standing::InDoubt
        | Standing::Sent => false,
    }
}

/// What a genuine receipt states about a message.
fn stated_by(answer: &Answer, addresses: &[MailAddress], message_id: &str) -> Vec<Fact> {
    let Answer::Examined(examined) = answer else {
        return Vec::new();
    };
    let Ok(receipt) = examined.examination.clone().into_verified() else {
        return Vec::new();
    };
    let about = receipt.data().message_id.as_deref().unwrap_or_default();
    match MessageId::new(about).as_str() == message_id {
        true => Fact::stated_by(&receipt, addresses, examined.sha256()),
        false => Vec::new(),
    }
}

impl Contained {
    /// The answer: no where a file is another or a receipt is not genuine; undecided where there is
    /// nothing to judge, or what is said differs.
    pub fn status(&self) -> ExitStatus {
        match &self.found {
            Found::Damaged(_) => ExitStatus::No,
            Found::Other(_) => ExitStatus::Undecided,
            Found::Evidence(checked) if !checked.flaws.is_empty() => ExitStatus::No,
            Found::Evidence(_) => {
                let inside = self.answers.iter().map(Answer::status);
                let is_open = self.answers.is_empty() || !self.differences.is_empty();
                let own = match is_open {
                    true => ExitStatus::Undecided,
                    false => ExitStatus::Yes,
                };
                let stamps = self.stamps.iter().map(|one| self.status_of(one));
                let lack = self.lacks_stamp().then_some(ExitStatus::Undecided);
                let all = inside.chain(stamps).chain(lack);
                all.fold(own, ExitStatus::worse)
            }
        }
    }

    fn status_of(&self, stamp: &Inside) -> ExitStatus {
        match stamp_answer(stamp) {
            StampAnswer::Valid => ExitStatus::Yes,
            StampAnswer::NotValid => ExitStatus::No,
            StampAnswer::CannotTell => self.unverifiable,
        }
    }

    /// Since when its files are shown to exist; `None` where no time stamp shows it, or a file is not
    /// the one that it was.
    fn existed_since(&self) -> Option<Timestamp> {
        match self.flaws().is_empty() {
            true => existed_since(&self.stamps),
            false => None,
        }
    }

    /// Whether a time stamp was asked for and there is none.
    fn lacks_stamp(&self) -> bool {
        match &self.found {
            Found::Evidence(_) => self.is_stamp_asked && self.stamps.is_empty(),
            Found::Damaged(_) | Found::Other(_) => false,
        }
    }

    /// What it is about, by the files in it: what it says of itself decides nothing.
    fn about(&self) -> About {
        match &self.found {
            Found::Evidence(checked) => {
                let mut files = checked.files.iter();
                match files.any(|one| one.entry.name.starts_with(SENT)) {
                    true => About::Sent,
                    false => About::Received,
                }
            }
            Found::Damaged(_) | Found::Other(_) => About::Sent,
        }
    }

    fn state(&self) -> &'static str {
        match &self.found {
            Found::Evidence(checked) if checked.flaws.is_empty() => "intact",
            Found::Evidence(_) => "changed",
            Found::Damaged(_) => "damaged",
            Found::Other(_) => "other",
        }
    }

    fn flaws(&self) -> &[Flaw] {
        match &self.found {
            Found::Evidence(checked) => &checked.flaws,
            Found::Damaged(_) | Found::Other(_) => &[],
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// What a time stamp comes to.
fn stamp_answer(stamp: &Inside) -> StampAnswer {
    match &stamp.result {
        Ok(_) => StampAnswer::Valid,
        Err(fault) => StampAnswer::of_fault(fault),
    }
}
