//! What is said of one file, in a few words.

use super::dossier::Paper;
use crate::command::verify::said::{instead, meaning};
use crate::output::catalogue::Catalogue;
use crate::verify::{CheckId, Finding, Verdict, Weight};

/// The verdict on a file, in words.
pub(super) fn verdict<'t>(paper: &Paper, texts: &'t Catalogue) -> &'t str {
    match (paper.examination.verdict(), paper.evidence()) {
        (Verdict::Genuine, Some(_)) if paper.examination.doubts() > 0 => {
            texts.text("sheet.doubted")
        }
        (Verdict::Genuine, Some(_)) => texts.text("sheet.genuine"),
        (Verdict::Genuine, None) => texts.text("row.genuine-other"),
        (verdict @ (Verdict::NotGenuine | Verdict::CannotTell | Verdict::NotCertifiedMail), _) => {
            texts.text(&format!("verdict.{}", verdict.word()))
        }
    }
}

/// Why a file is no receipt of a message here. Where one recipient alone is named, and where the finding
/// may name a file of this computer, what was found is left out: the check is named.
pub(super) fn reason(paper: &Paper, names_one: bool, texts: &Catalogue) -> String {
    let examination = &paper.examination;
    match examination.headline() {
        None if examination.ordinary().is_some() && !names_one => instead(examination, texts),
        None => String::new(),
        Some(finding) if names_one || finding.check() == CheckId::ChainRevocation => {
            failed(finding, texts)
        }
        Some(finding) => meaning(finding, texts),
    }
}

/// What a person should know of a genuine file beside what it says: the checks that left a doubt.
pub(super) fn doubts(paper: &Paper, texts: &Catalogue) -> Vec<String> {
    let findings = paper.examination.findings().list().iter();
    let doubts = findings.filter(|finding| finding.weight() == Weight::Doubt);
    doubts.map(|finding| failed(finding, texts)).collect()
}

fn failed(finding: &Finding, texts: &Catalogue) -> String {
    let check = texts.text(&format!("check.{}", finding.check().id()));
    texts.fill("status.check-failed", &[("check", check)])
}
