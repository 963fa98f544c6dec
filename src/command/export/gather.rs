//! What goes into a container, and under which names: those of a file that a clerk puts together.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::certificates::Certificates;
use super::held::{DIGESTS, METADATA, PAGE, Receipt, STATE, Shelf, VERDICTS, part_of, plain_name};
use super::{guide, metadata, newest};
use crate::asic::{MANIFEST, Manifest, Name, Reference, TIME_STAMP};
use crate::command::Failure;
use crate::command::judges::{Judge, TRUST_FILE};
use crate::command::report::asked::{Circumstances, Made, PageOrder};
use crate::command::report::{kept, sheet};
use crate::command::status::Reading;
use crate::command::status::json::Document;
use crate::lang::Lang;
use crate::ledger::fact::What;
use crate::ledger::{Ledger, MatchRule, MessageView, ReceivedRow};
use crate::output::report::{Form, Output};
use crate::output::style::Style;
use crate::pec::{Evidence, Holds, Notice};
use crate::smime::{Sha256, sha256};
use crate::timestamp::Timestamp;
use crate::verify::Verdict;

/// The language of the documents for programs in a container, whose folders have Italian names too: who
/// exports it does not change what is in it.
const WITHIN: Lang = Lang::It;

/// What a container is made of.
pub(super) struct Bundle {
    /// Its files, in their order.
    pub files: BTreeMap<Name, Source>,
    manifest: String,
    /// How many receipts are genuine and about the message.
    pub receipts: usize,
    /// Those that are not.
    pub apart: Vec<Apart>,
}

impl Bundle {
    /// SHA-256 of the manifest, over which a time stamp goes.
    pub fn manifest(&self) -> &str {
        &self.manifest
    }
}

/// Octets of a file.
pub(super) enum Source {
    /// In the ledger, by their SHA-256.
    Kept(String),
    /// Made here.
    Made(Vec<u8>),
}

/// A receipt that is not genuine any more, or about another message.
pub(super) struct Apart {
    /// Where it stands in the container.
    pub name: String,
    /// Of its octets.
    pub sha256: String,
    /// The verdict of now.
    pub verdict: Verdict,
    /// The first line of the answer for people.
    pub answer: String,
}

/// Reads and judges everything about a message.
///
/// # Errors
/// When octets that the ledger names are not there.
pub(super) fn gather(
    view: &MessageView,
    ledger: &Ledger,
    judge: &mut Judge,
    lang: Lang,
) -> anyhow::Result<Bundle> {
    let mut files = BTreeMap::new();
    let mut put = |name: &Name, source: Source| {
        files.insert(name.clone(), source);
    };
    let sent = sent_name(view);
    put(&sent, Source::Kept(view.row.octets.clone()));
    let (receipts, certificates) = receipts(view, ledger, judge)?;
    let now = newest(view);
    put(
        &plain_name(STATE),
        Source::Made(state(view, ledger, (&sent, &receipts), now)?),
    );
    let page = page(view, ledger, (&sent, &receipts), (judge, now))?;
    put(&plain_name(PAGE), Source::Made(page));
    let row = &view.row;
    let recipients = view.recipients.iter().map(|one| one.address.as_str());
    let recipients: Vec<&str> = recipients.collect();
    let protocol = row.reference.as_deref().unwrap_or_default();
    let about = guide::About {
        sent: Some(&sent),
        subject: &row.subject,
        sender: &row.sender,
        recipients: &recipients.join(", "),
        message_id: &row.message_id,
        now,
    };
    let message = metadata::Row {
        sha256: &row.octets,
        file: sent.as_str(),
        time: row.frozen_at,
        sender: &row.sender,
        recipients: recipients.join(" "),
        subject: &row.subject,
        kind: "messaggio",
        message_id: &row.message_id,
        identifier: "",
        protocol,
    };
    let table =
        metadata::table(std::iter::once(message).chain(metadata::of_receipts(&receipts, protocol)));
    put(&plain_name(METADATA), Source::Made(table.into_bytes()));
    bundle(files, (receipts, certificates), &about, (judge, lang))
}

/// Adds what every container has, and closes it.
///
/// What is written inside is the same in whatever language it is asked for.
pub(super) fn bundle(
    mut files: BTreeMap<Name, Source>,
    (receipts, certificates): (Vec<Receipt>, Certificates),
    about: &guide::About<'_>,
    (judge, lang): (&mut Judge, Lang),
) -> anyhow::Result<Bundle> {
    let mut put = |name: Name, octets: Vec<u8>| files.insert(name, Source::Made(octets));
    let guide = guide::Guide {
        about,
        receipts: &receipts,
        trust: judge.examiner.trust(),
        has_authorities: certificates.has_authorities(),
        lists: certificates.lists(),
    };
    for (name, of) in [("LEGGIMI.txt", Lang::It), ("README.txt", Lang::En)] {
        put(plain_name(name), guide.text(of).into_bytes());
    }
    for (name, text) in certificates.into_files() {
        put(name, text);
    }
    put(plain_name(TRUST_FILE), judge.trust_file.clone());
    let apart = receipts.iter().filter(|one| one.shelf.is_apart());
    let apart = apart.map(|receipt| Apart {
        name: receipt.name.to_string(),
        sha256: receipt.examined.sha256().to_owned(),
        verdict: receipt.examined.examination().verdict(),
        answer: judge.examiner.answer(&receipt.examined),
    });
    let apart: Vec<Apart> = apart.collect();
    let proofs = receipts.iter().filter(|one| one.shelf == Shelf::Proof);
    let proofs = proofs.count();
    for receipt in &receipts {
        let digest = receipt.examined.sha256().to_owned();
        files.insert(receipt.name.clone(), Source::Kept(digest));
    }
    let mut verdicts = Vec::new();
    let examined = receipts.into_iter().map(|receipt| receipt.examined);
    judge.examiner.speak(WITHIN);
    let written = judge
        .examiner
        .document(examined.collect(), &mut paper(&mut verdicts, &|| about.now));
    judge.examiner.speak(lang);
    written?;
    files.insert(plain_name(VERDICTS), Source::Made(verdicts));
    let manifest = close(&mut files);
    Ok(Bundle {
        files,
        manifest,
        receipts: proofs,
        apart,
    })
}

/// The name of the message itself.
pub(in crate::command) fn sent_name(view: &MessageView) -> Name {
    plain_name(match has_left_from_here(view) {
        true => "01_messaggio_inviato.eml",
        false => "01_messaggio_registrato.eml",
    })
}

/// Whether the octets that are kept are those that left: another machine that sent the same notice
/// made others.
pub(super) fn has_left_from_here(view: &MessageView) -> bool {
    view.facts.iter().any(|fact| fact.what() == What::Handed)
}

/// The receipts as they are judged now, in the order of their names.
///
/// # Errors
/// When octets that the ledger names are not there.
pub(in crate::command) fn judged(
    view: &MessageView,
    ledger: &Ledger,
    judge: &Judge,
) -> anyhow::Result<Vec<Receipt>> {
    receipts(view, ledger, judge).map(|(receipts, _)| receipts)
}

/// The same, and the certificates that they carry, as files.
fn receipts(
    view: &MessageView,
    ledger: &Ledger,
    judge: &Judge,
) -> anyhow::Result<(Vec<Receipt>, Certificates)> {
    let mut rows: Vec<&ReceivedRow> = view.receipts.iter().chain(&view.remarks).collect();
    rows.sort_by_key(|row| (row.certified_at, &row.octets));
    rows.dedup_by_key(|row| &row.octets);
    let mut names = Taken::default();
    let mut certificates = Certificates::default();
    let mut receipts = Vec::new();
    for row in rows {
        let octets = ledger.octets(&row.octets);
        let octets = octets.map_err(|error| Failure::of_ledger(&error))?;
        let examined = judge.examiner.examine("", &octets);
        let examination = examined.examination();
        let is_genuine = examination.verdict() == Verdict::Genuine;
        if let Some(facts) = examination.facts() {
            certificates.add_list(facts, judge);
        }
        let facts = examination.facts().filter(|_| is_genuine);
        let found = facts.and_then(|facts| Some((facts, facts.evidence()?)));
        // Ordinary mail that a provider wrapped is certified by nobody, and led here by its own words.
        let is_about = row.rule.is_some_and(MatchRule::is_match);
        let (name, shelf) = match found {
            Some((facts, evidence)) if is_about => {
                (&*stem(evidence, facts.data(), view), Shelf::Proof)
            }
            Some((_, Evidence::Anomaly)) => {
                ("non_certificati/busta_di_anomalia", Shelf::Uncertified)
            }
            Some(_) => ("di_altro_messaggio/ricevuta", Shelf::OtherMessage),
            None => ("non_autentici/ricevuta", Shelf::NotGenuine),
        };
        let name = names.of(name);
        if let Some((facts, _)) = found {
            certificates.add(&octets, facts, &judge.examiner.trust().anchors);
        }
        let time = facts.and_then(|facts| Some(facts.data()?.time));
        receipts.push(Receipt {
            examined: examined.named(name.to_string()),
            name,
            shelf,
            time,
        });
    }
    receipts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((receipts, certificates))
}

/// The name of a receipt without its ending: what it is, whom it is about, when.
pub(super) fn stem(
    evidence: Evidence,
    data: Option<&crate::pec::CertificationData>,
    view: &MessageView,
) -> String {
    let what = match evidence {
        Evidence::Acceptance => "02_accettazione",
        Evidence::NonAcceptance => "02_non_accettazione",
        Evidence::TakingCharge => "03_presa_in_carico",
        Evidence::Delivery(Holds::Original) => "03_consegna",
        Evidence::Delivery(Holds::Hashes) => "03_consegna_breve",
        Evidence::Delivery(Holds::Nothing) => "03_consegna_sintetica",
        Evidence::NonDelivery => "03_mancata_consegna",
        Evidence::Timeout(Notice::First) => "03_avviso_12h",
        Evidence::Timeout(Notice::Final) => "03_avviso_24h",
        Evidence::Virus => "03_avviso_virus",
        Evidence::Envelope => "04_busta_di_trasporto",
        Evidence::Anomaly => "04_busta_di_anomalia",
    };
    let mut name = what.to_owned();
    let Some(data) = data else { return name };
    if let Some(address) = &data.delivered_to {
        let mut recipients = view.recipients.iter();
        let place = recipients.position(|one| one.address == *address);
        let number = place.map_or(0, |place| place + 1);
        let local = part_of(address.local_part(), "destinatario");
        name += &format!("_{number:02}_{local}");
    }
    let time = data.time.rfc3339_at(data.time.italian_offset());
    let digits = time[..19].chars().filter(|c| !matches!(c, '-' | ':'));
    name.push('_');
    name.extend(digits);
    name
}

/// Names of receipts that are taken.
#[derive(Default)]
pub(super) struct Taken(std::collections::HashSet<Name>);

impl Taken {
    /// The name of a receipt; with a number where another one has it.
    pub fn of(&mut self, stem: &str) -> Name {
        let numbered = (2_u32..).map(|number| format!("{stem}-{number}.eml"));
        let names = std::iter::once(format!("{stem}.eml")).chain(numbered);
        let mut free = names
            .map(|name| plain_name(&name))
            .filter(|name| !self.0.contains(name));
        let name = free.next().expect("there are more numbers than receipts");
        self.0.insert(name.clone());
        name
    }
}

/// Where a document is written that leaves this machine.
fn paper<'a>(octets: &'a mut Vec<u8>, now: &'a dyn Fn() -> Timestamp) -> Output<'a> {
    Output::new(WITHIN, Style::Plain, now, octets)
}

/// What `pec status` says, at the last time that the ledger knows, with names for paths.
fn state(
    view: &MessageView,
    ledger: &Ledger,
    (sent, receipts): (&Name, &[Receipt]),
    now: Timestamp,
) -> io::Result<Vec<u8>> {
    let names = receipts
        .iter()
        .map(|one| (one.examined.sha256().to_owned(), one.name.to_string()));
    let mut names: BTreeMap<String, String> = names.collect();
    names.insert(view.row.octets.clone(), sent.to_string());
    let reading = Reading {
        ledger,
        beside: Some(&names),
        now,
        lang: WITHIN,
        style: Style::Plain,
    };
    let views = std::slice::from_ref(view);
    let mut octets = Vec::new();
    let document = Document::of_messages(views, &reading, Form::Json);
    paper(&mut octets, &|| now).show(&document, Form::Json)?;
    Ok(octets)
}

/// The page of `pec report`, at the last time that the ledger knows.
fn page(
    view: &MessageView,
    ledger: &Ledger,
    (sent, receipts): (&Name, &[Receipt]),
    (judge, now): (&Judge, Timestamp),
) -> anyhow::Result<Vec<u8>> {
    let octets = ledger.octets(&view.row.octets);
    let octets = octets.map_err(|error| Failure::of_ledger(&error))?;
    let sent = (sent.as_str(), &*octets);
    let circumstances = Circumstances {
        order: &PageOrder::default(),
        made: Made::AsOf(now),
        trust: judge.examiner.trust(),
        lang: WITHIN,
    };
    let dossier = kept::dossier(view, sent, receipts);
    Ok(sheet::page(&dossier, &circumstances).into_bytes())
}

/// Adds the digests of all files, for people and for programs; gives the SHA-256 of the manifest.
fn close(files: &mut BTreeMap<Name, Source>) -> String {
    let digest = |source: &Source| match source {
        Source::Kept(sha256) => sha256.clone(),
        Source::Made(octets) => sha256(octets),
    };
    let lines = files
        .iter()
        .map(|(name, source)| format!("{}  {name}\n", digest(source)));
    let lines: String = lines.collect();
    files.insert(plain_name(DIGESTS), Source::Made(lines.into_bytes()));
    let references = files.iter().map(|(name, source)| Reference {
        name: name.clone(),
        sha256: digest(source),
    });
    let manifest = Manifest {
        signature: TIME_STAMP.to_owned(),
        previous: None,
        files: references.collect(),
    };
    let text = manifest.write().into_bytes();
    let digest = sha256(&text);
    files.insert(plain_name(MANIFEST), Source::Made(text));
    digest
}

/// Counts and hashes what is written.
pub(super) struct Counted<W> {
    out: W,
    count: u64,
    digest: Sha256,
}

impl<W: Write> Counted<W> {
    pub fn new(out: W) -> Self {
        Self {
            out,
            count: 0,
            digest: Sha256::default(),
        }
    }

    /// How many octets there were, and their SHA-256.
    pub fn finish(self) -> (u64, String) {
        (self.count, self.digest.finish())
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let count = self.out.write(octets)?;
        self.digest.feed(&octets[..count]);
        self.count += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_somebody_is_a_part_of_a_name() {
        for (text, part) in [
            ("ufficio.protocollo", "ufficio.protocollo"),
            ("Mario.Rossi+x", "mario.rossi_x"),
            ("..", "destinatario"),
            ("../../etc", "etc"),
            ("città", "citt"),
            ("con\u{202e}x/\n", "con_x"),
        ] {
            assert_eq!(part_of(text, "destinatario"), part);
        }
        let long = part_of(&"x".repeat(500), "");
        assert_eq!(long.len(), super::super::held::MOST_CHARACTERS);
        let mut taken = Taken::default();
        let names = [(); 3].map(|()| taken.of("a").to_string());
        assert_eq!(names, ["a.eml", "a-2.eml", "a-3.eml"]);
    }
}
