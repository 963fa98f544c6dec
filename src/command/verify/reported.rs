//! `pec verify --report`: what was found about files, as a page for people.
//!
//! Receipts of one message stand together: which message is what they say in their signed part.

use std::collections::BTreeMap;

use super::{Answer, Asked, Digests, Examined, Form, Totals, json, text};
use crate::address::MailAddress;
use crate::command::report::asked::{Circumstances, Made, PageOrder};
use crate::command::report::check::file_name;
use crate::command::report::dossier::{Addressee, Dossier, Matter, Original, Paper, Unread};
use crate::command::report::forms;
use crate::command::{Failure, Session};
use crate::contents::original_in;
use crate::exit::ExitStatus;
use crate::input::Item;
use crate::ledger::fact::Fact;
use crate::output::catalogue::Catalogue;
use crate::output::progress::Progress;
use crate::pec::{Evidence, Holds, MessageId};
use crate::verify::converted_back;

/// Files in one report: it is read by people, and it is in memory whole.
const MOST: usize = 500;

/// Files named that are no mail.
const MOST_FILES: usize = 3;

/// Answers as usual, and writes the page.
pub(super) fn all(
    asked: &Asked,
    items: impl Iterator<Item = Item> + Send,
    (page, form): (&PageOrder, Form),
    progress: &Progress,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    page.is_possible()?;
    let mut files = Files::default();
    let mut answers = Vec::new();
    for item in items {
        let octets = match &item {
            Item::Message(source) => Some(source.octets.clone()),
            Item::Container { .. } | Item::Unreadable { .. } => None,
        };
        let answer = asked.answer(item, Digests::Told);
        for one in answer.inside().iter().chain([&answer]) {
            files.add(one, octets.as_deref(), asked);
        }
        if files.count() > MOST {
            let most = Catalogue::of(session.lang).number(MOST);
            return Err(Failure::new("report-many", [("most", most)]).into());
        }
        answers.push(answer);
        progress.add(1);
    }
    let mut dossier = files.dossier(Catalogue::of(asked.lang));
    if let Some(address) = &page.recipient {
        let none = || Failure::new("report-recipient", [("recipient", address.to_string())]);
        dossier = dossier.only(address).ok_or_else(none)?;
    }
    let circumstances = Circumstances {
        order: page,
        made: Made::Now(asked.now),
        trust: asked.verifier.trust(),
        lang: asked.lang,
    };
    forms::write(&dossier, &circumstances, session)?;
    tell(&answers, asked, form, session)
}

/// Writes the answers as they are without a report.
fn tell(
    answers: &[Answer],
    asked: &Asked,
    form: Form,
    session: &mut Session<'_>,
) -> anyhow::Result<ExitStatus> {
    let status = answers.iter().map(Answer::status);
    let status = status.fold(ExitStatus::Yes, ExitStatus::worse);
    match form {
        Form::Document => return Ok(json::of_answers(asked, answers, &mut session.out)?),
        Form::Text | Form::Lines | Form::Page => {}
    }
    if let [Answer::Examined(examined)] = answers {
        let lines = text::in_full(examined, asked, session.style);
        session.out.page().lines(lines)?;
        return Ok(status);
    }
    let mut totals = Totals::default();
    let all = answers.iter();
    for answer in all.flat_map(|answer| answer.inside().iter().chain([answer])) {
        totals.count(answer);
        if asked.tells(answer) {
            let rows = text::row(answer, asked, session.style);
            session.out.page().lines(rows)?;
        }
    }
    let mut out = session.out.page();
    out.line("")?;
    out.line(text::totals_line(&totals, asked.lang))?;
    out.lines(text::foot(asked))?;
    Ok(status)
}

/// Files as they are examined.
#[derive(Default)]
struct Files {
    /// Receipts for a sender, by the message that they say they are about.
    messages: BTreeMap<String, Vec<Paper>>,
    /// The message that a complete receipt holds.
    originals: BTreeMap<String, Original>,
    others: Vec<Paper>,
    unread: Vec<Unread>,
}

impl Files {
    fn count(&self) -> usize {
        let receipts: usize = self.messages.values().map(Vec::len).sum();
        receipts + self.others.len() + self.unread.len()
    }

    fn add(&mut self, answer: &Answer, octets: Option<&[u8]>, asked: &Asked) {
        match answer {
            Answer::Unreadable { name, error } => {
                let texts = Catalogue::of(asked.lang);
                let reason = text::read_error(error, asked.lang);
                let answer = format!("{}: {reason}", texts.text("row.unreadable"));
                self.unread(name, answer);
            }
            Answer::Container(contained) if contained.status() != ExitStatus::Yes => {
                let (_, answer) = contained.answer(Catalogue::of(asked.lang));
                self.unread(contained.name(), answer);
            }
            Answer::Container(_) => {}
            Answer::Examined(examined) => self.examined(examined, octets),
        }
    }

    fn unread(&mut self, name: &str, answer: String) {
        let name = file_name(name).to_owned();
        self.unread.push(Unread { name, answer });
    }

    fn examined(&mut self, examined: &Examined, octets: Option<&[u8]>) {
        let paper = Paper {
            name: file_name(&examined.name).to_owned(),
            sha256: examined.sha256().to_owned(),
            examination: examined.examination.clone(),
            is_astray: false,
        };
        let Some(message) = message_of(&paper) else {
            self.others.push(paper);
            return;
        };
        if let (Some(Evidence::Delivery(Holds::Original)), Some(octets)) =
            (paper.evidence(), octets)
            && !self.originals.contains_key(&message)
            && let Some(original) = original_in(&converted_back(octets))
        {
            let original = Original::of(None, &original);
            self.originals.insert(message.clone(), original);
        }
        self.messages.entry(message).or_default().push(paper);
    }

    /// All of it. Many files that are no mail at all are counted: a folder holds attachments too.
    fn dossier(mut self, texts: &Catalogue) -> Dossier {
        let is_mail = |paper: &Paper| paper.examination.is_mail();
        let no_mail = self.others.iter().filter(|one| !is_mail(one)).count();
        if no_mail > MOST_FILES {
            self.others.retain(is_mail);
            self.unread(&texts.count("sheet.no-mail", no_mail, &[]), String::new());
        }
        let originals = &mut self.originals;
        let matters = self.messages.into_iter().filter_map(|(message, papers)| {
            let sent = originals.remove(&message);
            matter(papers, sent)
        });
        let mut dossier = Dossier {
            matters: matters.collect(),
            papers: self.others,
            unread: self.unread,
            reference: None,
        };
        // The first that happened is told first.
        let first = |matter: &Matter| {
            matter
                .papers
                .first()
                .map(|one| one.data().map(|it| it.time))
        };
        dossier.matters.sort_by_key(first);
        dossier
    }
}

/// Which message a receipt for a sender is about: the Message-ID, or where none is signed the identifier,
/// of the sender that is signed; nothing where it is no such receipt.
fn message_of(paper: &Paper) -> Option<String> {
    match paper.evidence()? {
        Evidence::Acceptance
        | Evidence::NonAcceptance
        | Evidence::Delivery(_)
        | Evidence::NonDelivery
        | Evidence::Timeout(_) => {}
        Evidence::TakingCharge | Evidence::Virus | Evidence::Envelope | Evidence::Anomaly => {
            return None;
        }
    }
    let data = paper.data()?;
    let id = data.message_id.as_deref().unwrap_or(&data.identifier);
    Some(format!(
        "{} {}",
        data.sender.key(),
        MessageId::new(id).as_str()
    ))
}

/// A message, by its receipts alone.
fn matter(mut papers: Vec<Paper>, sent: Option<Original>) -> Option<Matter> {
    papers.sort_by_key(|one| one.data().map(|data| data.time));
    let mut addresses: Vec<MailAddress> = Vec::new();
    for data in papers.iter().filter_map(Paper::data) {
        let named = data.recipients.iter().map(|one| &one.address);
        for address in named.chain(&data.delivered_to) {
            if !addresses.contains(address) {
                addresses.push(address.clone());
            }
        }
    }
    let facts = papers.iter().flat_map(|paper| {
        let receipt = paper.examination.clone().into_verified();
        receipt.map_or_else(
            |_| Vec::new(),
            |receipt| Fact::stated_by(&receipt, &addresses, &paper.sha256),
        )
    });
    let facts = facts.collect();
    let data = papers.first()?.data()?;
    let matter = Matter {
        short: None,
        sender: data.sender.to_string(),
        subject: data.subject.clone().unwrap_or_default(),
        message_id: data.message_id.clone().unwrap_or_default(),
        sent,
        recipients: Vec::new(),
        others: 0,
        facts,
        papers: Vec::new(),
    };
    let recipients = addresses.into_iter().enumerate();
    let recipients = recipients.map(|(place, address)| Addressee {
        place,
        address,
        field: None,
    });
    Some(Matter {
        recipients: recipients.collect(),
        papers,
        ..matter
    })
}
