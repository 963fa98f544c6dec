//! What lies in the folder for a court, and what is to object to it.

use std::collections::HashSet;
use std::rc::Rc;

use crate::address::MailAddress;
use crate::command::Failure;
use crate::command::export::gather::{Taken, has_left_from_here, stem};
use crate::command::judges::Judge;
use crate::contents::Contents;
use crate::contents::name::numbered;
use crate::court::{Court, Filed, Matter, Objection, Receipt, Weight, full_mailboxes, of_receipts};
use crate::ledger::{Ledger, MatchRule, MessageView, ReceivedRow};
use crate::pec::{Evidence, Holds, MessageKind, Notice};
use crate::smime::sha256;
use crate::timestamp::Timestamp;
use crate::verify::Verdict;

/// The acts, as they were attached.
const ACTS: &str = "atti";
/// What the web area of the Ministry's portal is given for a full mailbox (law 53 of 1994, art. 3-ter).
const PORTAL: &str = "pst";

/// A file of the folder.
pub(super) struct Paper {
    /// Where it lies, with `/` between.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// Its octets.
    pub content: Content,
    /// How many.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: String,
    /// What a receipt certifies; nothing of other files.
    pub certified: Option<Certified>,
}

/// What a receipt certifies.
#[derive(Clone)]
pub(super) struct Certified {
    /// The kind, as the signed part states it.
    pub kind: String,
    /// When.
    pub time: Timestamp,
    /// The same with the offset that the provider states.
    pub stated: String,
    /// The recipient that it is about.
    pub recipient: Option<String>,
    /// The identifier of the transmission.
    pub identifier: String,
}

/// What a file is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The message as it was sent; no court asks for it.
    Message,
    /// A receipt, to be filed.
    Receipt,
    /// An attachment of the message, to be filed.
    Act,
    /// For the portal, where a mailbox was full.
    Portal,
    /// Made here, for people.
    List,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Message,
        Self::Receipt,
        Self::Act,
        Self::Portal,
        Self::List,
    ];

    /// The word in the JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Receipt => "receipt",
            Self::Act => "act",
            Self::Portal => "portal",
            Self::List => "list",
        }
    }

    /// Whether it is filed.
    const fn is_filed(self) -> bool {
        match self {
            Self::Receipt | Self::Act => true,
            Self::Message | Self::Portal | Self::List => false,
        }
    }
}

/// Octets of a file.
#[derive(Clone)]
pub(super) enum Content {
    /// In the ledger, by their SHA-256.
    Kept(String),
    /// At hand.
    Made(Rc<Vec<u8>>),
}

/// A receipt that is not shown to be genuine any more.
pub(super) struct Apart {
    /// SHA-256 of its octets.
    pub sha256: String,
    /// The verdict of now.
    pub verdict: Verdict,
    /// The first line of the answer for people.
    pub answer: String,
}

/// All of it.
pub(super) struct Found {
    pub papers: Vec<Paper>,
    pub objections: Vec<Objection>,
    /// The recipients whose mailbox was full, where the court has a way for that.
    pub full: Vec<MailAddress>,
    /// What lets nothing be made.
    pub apart: Vec<Apart>,
}

impl Paper {
    /// One that is made here.
    pub fn made(name: &str, role: Role, octets: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            role,
            size: octets.len() as u64,
            sha256: sha256(&octets),
            content: Content::Made(Rc::new(octets)),
            certified: None,
        }
    }

    /// The same file in another place.
    fn again(&self, name: String, role: Role) -> Self {
        Self {
            name,
            role,
            content: self.content.clone(),
            size: self.size,
            sha256: self.sha256.clone(),
            certified: self.certified.clone(),
        }
    }
}

/// Reads and verifies everything about a message.
///
/// # Errors
/// When octets that the ledger names are not there, or are others.
pub(super) fn gather(
    view: &MessageView,
    court: Court,
    (ledger, judge): (&Ledger, &Judge),
    now: Timestamp,
) -> anyhow::Result<Found> {
    let rules = court.rules();
    let message = octets(&view.row.octets, ledger)?;
    let name = match has_left_from_here(view) {
        true => "01_messaggio_inviato.eml",
        false => "01_messaggio_registrato.eml",
    };
    let mut papers = vec![Paper {
        name: name.to_owned(),
        role: Role::Message,
        size: message.len() as u64,
        sha256: view.row.octets.clone(),
        content: Content::Kept(view.row.octets.clone()),
        certified: None,
    }];
    let mut objections: Vec<Objection> = rules.age(now).into_iter().collect();
    let mut inside = rules.inside(&message);
    let (mut receipts, mut apart, mut doubted) = (Vec::new(), Vec::new(), Vec::new());
    let mut names = Taken::default();
    for row in about(view) {
        let octets = octets(&row.octets, ledger)?;
        let examined = judge.examiner.examine("", &octets);
        let examination = examined.examination();
        let facts = examination
            .facts()
            .filter(|_| examination.verdict() == Verdict::Genuine);
        let certified = facts.and_then(|facts| Some((facts.evidence()?, facts.data()?)));
        let Some((evidence, data)) = certified else {
            apart.push(Apart {
                sha256: row.octets.clone(),
                verdict: examination.verdict(),
                answer: judge.examiner.answer(&examined),
            });
            continue;
        };
        if !is_of_use(evidence) {
            continue;
        }
        // As no portal has trouble with it: small letters only.
        let stem = stem(evidence, Some(data), view).to_ascii_lowercase();
        let name = names.of(&stem).to_string();
        if examination.doubts() > 0 {
            doubted.push(Objection::new(Matter::Doubted, Weight::Doubt, &*name));
        }
        // In a brief one hashes stand for the files; that is told of the receipt.
        if evidence == Evidence::Delivery(Holds::Original) {
            let new = rules.inside_receipt(&octets).into_iter();
            let new: Vec<Objection> = new.filter(|one| !inside.contains(one)).collect();
            inside.extend(new);
        }
        papers.push(Paper {
            name,
            role: Role::Receipt,
            size: octets.len() as u64,
            sha256: row.octets.clone(),
            content: Content::Kept(row.octets.clone()),
            certified: Some(Certified {
                kind: data.kind_word.clone(),
                time: data.time,
                stated: data.time.rfc3339_at(data.zone),
                recipient: data.delivered_to.as_ref().map(|to| to.as_str().to_owned()),
                identifier: data.identifier.clone(),
            }),
        });
        let data = data.clone();
        receipts.push(Receipt { evidence, data });
    }
    papers.sort_by(|a, b| a.name.cmp(&b.name));
    papers.extend(acts(&message));
    let recipients = view.recipients.iter().map(|one| one.address.clone());
    let recipients: Vec<MailAddress> = recipients.collect();
    objections.extend(of_receipts(&recipients, &receipts));
    objections.extend(doubted);
    let filed = papers.iter().filter(|paper| paper.role.is_filed());
    let filed: Vec<Filed> = filed
        .map(|paper| Filed {
            name: paper.name.clone(),
            size: paper.size,
        })
        .collect();
    objections.extend(rules.together(&filed));
    objections.extend(inside);
    let full = match court {
        Court::Civile => full_mailboxes(&recipients, &receipts),
        Court::Tributario | Court::Amministrativo => Vec::new(),
    };
    let full: Vec<MailAddress> = full.into_iter().cloned().collect();
    papers.extend(for_portal(&papers, &full));
    Ok(Found {
        papers,
        objections,
        full,
        apart,
    })
}

/// Octets of the ledger, which are those of their SHA-256.
fn octets(name: &str, ledger: &Ledger) -> Result<Vec<u8>, Failure> {
    let octets = ledger.octets(name);
    octets.map_err(|error| {
        let values = [("sha256", name.to_owned()), ("reason", error.to_string())];
        Failure::new("court-octets", values)
    })
}

/// The receipts that state facts about the message, oldest first, each once.
fn about(view: &MessageView) -> Vec<&ReceivedRow> {
    let all = view.receipts.iter();
    let mut rows: Vec<&ReceivedRow> = all
        .filter(|row| row.rule.is_some_and(MatchRule::is_match))
        .collect();
    rows.sort_by_key(|row| (row.certified_at, &row.octets));
    rows.dedup_by_key(|row| &row.octets);
    rows
}

/// Whether it is an acceptance or an outcome: what passes between providers, and a first notice, which
/// closes nothing, are none.
fn is_of_use(evidence: Evidence) -> bool {
    match evidence {
        Evidence::Acceptance
        | Evidence::NonAcceptance
        | Evidence::Delivery(Holds::Original | Holds::Hashes | Holds::Nothing)
        | Evidence::NonDelivery
        | Evidence::Timeout(Notice::Final)
        | Evidence::Virus => true,
        Evidence::TakingCharge
        | Evidence::Timeout(Notice::First)
        | Evidence::Envelope
        | Evidence::Anomaly => false,
    }
}

/// The attachments of the message, as they were attached, under their own names.
fn acts(message: &[u8]) -> Vec<Paper> {
    let Some(contents) = Contents::of(message) else {
        return Vec::new();
    };
    let mut taken = HashSet::new();
    let attachments = contents.attachments();
    attachments
        .map(|attachment| {
            let stated = attachment.file_name();
            let numbers = (2..).map(|number| numbered(&stated, number));
            let mut names = std::iter::once(stated.clone()).chain(numbers);
            // Disks that do not tell capitals apart.
            let name = names.find(|name| taken.insert(name.to_lowercase()));
            let name = name.unwrap_or_else(|| stated.clone());
            Paper::made(
                &format!("{ACTS}/{name}"),
                Role::Act,
                attachment.whole().into_owned(),
            )
        })
        .collect()
}

/// What the portal is given: the acts, the acceptances, and the notice for each full mailbox.
fn for_portal(papers: &[Paper], full: &[MailAddress]) -> Vec<Paper> {
    if full.is_empty() {
        return Vec::new();
    }
    let is_full = |to: &str| full.iter().any(|address| address.as_str() == to);
    let (mut notices, mut acceptances) = (0, 0);
    let mut name = |paper: &Paper| match (&paper.role, &paper.certified) {
        (Role::Act, _) => Some(paper.name.clone()),
        (Role::Receipt, Some(certified)) => {
            let number = |count: &mut usize, stem: &str| {
                *count += 1;
                Some(match *count {
                    1 => format!("{stem}.eml"),
                    count => format!("{stem}_{count:02}.eml"),
                })
            };
            match &certified.recipient {
                None if certified.kind == MessageKind::Acceptance.word() => {
                    number(&mut acceptances, "accettazione")
                }
                Some(to) if is_full(to) => number(&mut notices, "avviso_mancata_consegna"),
                None | Some(_) => None,
            }
        }
        (Role::Message | Role::Receipt | Role::Portal | Role::List, _) => None,
    };
    let all = papers.iter().filter_map(|paper| {
        let name = name(paper)?;
        Some(paper.again(format!("{PORTAL}/{name}"), Role::Portal))
    });
    all.collect()
}
