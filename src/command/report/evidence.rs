//! The files of a report: which to keep, by their SHA-256, and what their kinds prove.

use serde::Serialize;

use super::dossier::{Dossier, Original, Paper};
use super::told::verdict;
use crate::command::verify::text::law;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout::{day, shown};
use crate::output::legal::Proof;
use crate::pec::Evidence;

/// A file.
#[derive(Serialize)]
pub(super) struct FileRow {
    pub what: String,
    pub verdict: String,
    /// The certified time, in Italy and of UTC.
    pub times: Vec<String>,
    /// Who signed it, by a certificate of which time; none where that is not told.
    pub signer: Option<Vec<String>>,
    pub name: String,
    pub sha256: String,
}

impl FileRow {
    /// The message where it is a file of its own, then its receipts in the order of time, then whatever
    /// else was examined.
    pub fn all(dossier: &Dossier, tells_signers: bool, lang: Lang) -> Vec<Self> {
        let mut rows = Vec::new();
        for matter in &dossier.matters {
            rows.extend(
                matter
                    .sent
                    .as_ref()
                    .and_then(|sent| Self::sent(sent, tells_signers, lang)),
            );
            let papers = matter.papers.iter();
            rows.extend(papers.map(|one| Self::of(one, tells_signers, lang)));
        }
        let papers = dossier.papers.iter();
        rows.extend(papers.map(|one| Self::of(one, tells_signers, lang)));
        rows
    }

    fn sent(sent: &Original, tells_signers: bool, lang: Lang) -> Option<Self> {
        let texts = Catalogue::of(lang);
        Some(Self {
            what: texts.text("sheet.sent").to_owned(),
            verdict: String::new(),
            times: Vec::new(),
            signer: tells_signers.then(Vec::new),
            name: sent.file.clone()?,
            sha256: sent.sha256.clone(),
        })
    }

    fn of(paper: &Paper, tells_signers: bool, lang: Lang) -> Self {
        let texts = Catalogue::of(lang);
        let evidence = paper.evidence();
        let what = match evidence {
            Some(evidence) => texts.text(&format!("sheet.kind.{}", evidence.word())),
            None => texts.text("sheet.no-kind"),
        };
        let times = paper.data().map_or_else(Vec::new, |data| {
            let utc = data.time.to_string();
            vec![shown(data.time, lang), utc]
        });
        let facts = paper.examination.facts().filter(|_| evidence.is_some());
        let signer = facts.map_or_else(Vec::new, |facts| {
            let signer = facts.signer();
            let valid =
                [signer.not_before, signer.not_after].map(|at| day(&at.italian_day(), lang));
            let values = [("from", &*valid[0]), ("to", &valid[1])];
            vec![
                signer.organization.clone(),
                texts.fill("sheet.valid", &values),
            ]
        });
        Self {
            what: what.to_owned(),
            verdict: verdict(paper, texts).to_owned(),
            times,
            signer: tells_signers.then_some(signer),
            name: paper.name.clone(),
            sha256: paper.sha256.clone(),
        }
    }
}

/// The kinds of all genuine files, each once, in the order of the rules.
pub(super) fn evidence_of(dossier: &Dossier) -> Vec<Evidence> {
    let of_messages = dossier.matters.iter().flat_map(|matter| &matter.papers);
    let found: Vec<Evidence> = of_messages
        .chain(&dossier.papers)
        .filter_map(Paper::evidence)
        .collect();
    let all = Evidence::ALL.into_iter();
    all.filter(|one| found.contains(one)).collect()
}

/// What each kind proves and does not, and where that stands.
pub(super) fn proofs(evidence: &[Evidence], lang: Lang) -> (Vec<[String; 3]>, String) {
    let texts = Catalogue::of(lang);
    let mut laws: Vec<String> = Vec::new();
    let rows = evidence.iter().map(|evidence| {
        let Proof { proves, open } = Proof::of(*evidence, lang);
        let source = law(&proves, lang);
        if !laws.contains(&source) {
            laws.push(source);
        }
        let kind = texts.text(&format!("sheet.kind.{}", evidence.word()));
        [kind.to_owned(), proves.text, open.text]
    });
    let rows = rows.collect();
    (rows, laws.join("; "))
}
