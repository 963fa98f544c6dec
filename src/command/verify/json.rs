//! The JSON of `pec verify`: a promise to other programs, laid down in `schema.json`.
//!
//! Version 1. Fields may be added; removing one or changing its meaning raises the version.

use std::io::Write;

use serde::Serialize;

use super::{Answer, Asked, Examined, Totals, answers, text, write_line};
use crate::command::PROGRAM;
use crate::exit::ExitStatus;
use crate::input::Item;
use crate::output::catalogue::Catalogue;
use crate::output::json;
use crate::output::progress::Progress;
use crate::providers::trust::Source;
use crate::verify::{Examination, Facts, Finding, OwnSignature, SentResult, SignerFacts};

#[derive(Serialize)]
struct Head<'a> {
    schema: &'static str,
    version: u32,
    program: &'static str,
    trust: TrustHead<'a>,
    providers: Option<ProvidersHead>,
}

#[derive(Serialize)]
struct TrustHead<'a> {
    as_of: Option<&'a str>,
    source: String,
}

#[derive(Serialize)]
struct ProvidersHead {
    count: usize,
    signer: Option<String>,
    authority: Option<String>,
    signed_at: Option<String>,
}

/// One line of NDJSON: the head in every line, so that each can stand alone.
#[derive(Serialize)]
struct Line<'a, T> {
    #[serde(flatten)]
    head: &'a Head<'a>,
    #[serde(flatten)]
    rest: T,
}

#[derive(Serialize)]
struct ResultJson<'a> {
    file: &'a str,
    sha256: &'a str,
    #[serde(flatten)]
    examination: ExaminationJson<'a>,
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    file: &'a str,
    error: ReadErrorJson,
}

#[derive(Serialize)]
struct ReadErrorJson {
    id: &'static str,
    text: String,
}

#[derive(Serialize)]
struct ExaminationJson<'a> {
    verdict: &'static str,
    doubts: usize,
    answer: String,
    judged_at: String,
    judged_at_basis: &'static str,
    instead: Option<&'static str>,
    signature: Option<SignatureJson<'a>>,
    facts: Option<FactsJson<'a>>,
    sent: Option<SentJson<'a>>,
    findings: Vec<FindingJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passed: Option<Vec<&'static str>>,
    nested: Vec<NestedJson<'a>>,
}

#[derive(Serialize)]
struct SignatureJson<'a> {
    holds: Option<bool>,
    signers: Vec<CertificateJson<'a>>,
}

#[derive(Serialize)]
struct CertificateJson<'a> {
    address: Option<&'a str>,
    subject: &'a str,
    issuer: &'a str,
    serial: &'a str,
    sha256: &'a str,
    not_before: String,
    not_after: String,
}

#[derive(Serialize)]
struct NestedJson<'a> {
    place: &'a str,
    #[serde(flatten)]
    examination: ExaminationJson<'a>,
}

#[derive(Serialize)]
struct FactsJson<'a> {
    kind: Option<&'static str>,
    error: Option<&'a str>,
    extended_error: Option<&'a str>,
    sender: Option<&'a str>,
    recipients: Vec<RecipientJson<'a>>,
    delivered_to: Option<&'a str>,
    taken_charge_for: Vec<&'a str>,
    reply_to: Option<&'a str>,
    subject: Option<&'a str>,
    message_id: Option<&'a str>,
    identifier: Option<&'a str>,
    provider: Option<&'a str>,
    receipt_form: Option<&'static str>,
    contains_original: bool,
    time: Option<String>,
    time_utc: Option<String>,
    time_italian: Option<String>,
    signing_time: Option<String>,
    digest: &'static str,
    signer: SignerJson<'a>,
}

#[derive(Serialize)]
struct RecipientJson<'a> {
    address: &'a str,
    kind: &'static str,
}

#[derive(Serialize)]
struct SignerJson<'a> {
    address: &'a str,
    subject: &'a str,
    issuer: &'a str,
    serial: &'a str,
    sha256: &'a str,
    not_before: String,
    not_after: String,
    authority: Option<&'a str>,
    edition: Option<String>,
    edition_sha256: Option<&'a str>,
    edition_carried: bool,
}

#[derive(Serialize)]
struct SentJson<'a> {
    matches: Option<bool>,
    rule: &'static str,
    details: &'a [String],
}

#[derive(Serialize)]
struct FindingJson<'a> {
    id: &'static str,
    severity: &'static str,
    case: &'static str,
    expected: Option<&'a str>,
    found: Option<&'a str>,
    rule: &'static str,
    text: String,
    advice: String,
}

/// One document; results are written as they come, so that memory does not grow.
pub(super) fn document(
    asked: &Asked,
    items: impl Iterator<Item = Item> + Send,
    progress: &Progress,
    out: &mut dyn Write,
) -> anyhow::Result<ExitStatus> {
    let head = json::pretty(&Head::of(asked))?;
    let open = head.strip_suffix("\n}").unwrap_or(&head);
    write!(out, "{open},\n  \"results\": [")?;
    let mut errors = Vec::new();
    let mut totals = Totals::default();
    let mut first = true;
    let status = answers(asked, items, progress, &mut |answer| {
        totals.count(answer);
        match answer {
            Answer::Examined(examined) => {
                let text = json::pretty(&ResultJson::of(examined, asked))?;
                write!(
                    out,
                    "{}\n    {}",
                    if first { "" } else { "," },
                    text.replace('\n', "\n    ")
                )?;
                first = false;
            }
            Answer::Unreadable { name, error } => errors.push((
                name.clone(),
                error.key(),
                text::read_error(error, asked.lang),
            )),
        }
        Ok(())
    })?;
    let errors: Vec<ErrorJson<'_>> = errors
        .iter()
        .map(|(file, id, text)| ErrorJson {
            file,
            error: ReadErrorJson {
                id,
                text: text.clone(),
            },
        })
        .collect();
    let errors = json::pretty(&errors)?.replace('\n', "\n  ");
    let totals = json::line(&TotalsJson::of(&totals))?;
    let end = if first { "]" } else { "\n  ]" };
    write_line(
        out,
        &format!("{end},\n  \"errors\": {errors},\n  \"totals\": {totals}\n}}"),
    )?;
    Ok(status)
}

#[derive(Serialize)]
struct TotalsJson {
    files: usize,
    genuine: usize,
    genuine_with_doubts: usize,
    not_genuine: usize,
    cannot_tell: usize,
    not_certified_mail: usize,
    unreadable: usize,
}

impl TotalsJson {
    fn of(totals: &Totals) -> Self {
        Self {
            files: totals.files,
            genuine: totals.genuine,
            genuine_with_doubts: totals.doubted,
            not_genuine: totals.not_genuine,
            cannot_tell: totals.cannot_tell,
            not_certified_mail: totals.ordinary,
            unreadable: totals.unreadable,
        }
    }
}

/// One object a line.
pub(super) fn lines(
    asked: &Asked,
    items: impl Iterator<Item = Item> + Send,
    progress: &Progress,
    out: &mut dyn Write,
) -> anyhow::Result<ExitStatus> {
    let head = Head::of(asked);
    answers(asked, items, progress, &mut |answer| {
        let line = match answer {
            Answer::Examined(examined) => json::line(&Line {
                head: &head,
                rest: ResultJson::of(examined, asked),
            })?,
            Answer::Unreadable { name, error } => {
                let error = ReadErrorJson {
                    id: error.key(),
                    text: text::read_error(error, asked.lang),
                };
                json::line(&Line {
                    head: &head,
                    rest: ErrorJson { file: name, error },
                })?
            }
        };
        write_line(out, &line)
    })
}

impl<'a> Head<'a> {
    fn of(asked: &'a Asked) -> Self {
        let trust = asked.verifier.trust();
        let source = match &trust.source {
            Source::BuiltIn => "built in".to_owned(),
            Source::Files(files) => files.join(", "),
        };
        let providers = asked.verifier.providers().map(|list| ProvidersHead {
            count: list.providers.len(),
            signer: list.signer.as_ref().map(|signer| signer.subject.clone()),
            authority: list
                .signer
                .as_ref()
                .and_then(|signer| signer.authority.clone()),
            signed_at: list
                .signer
                .as_ref()
                .and_then(|signer| signer.signed_at)
                .map(|at| at.to_string()),
        });
        Self {
            schema: "pec/verify",
            version: 1,
            program: PROGRAM,
            trust: TrustHead {
                as_of: trust.as_of.as_deref(),
                source,
            },
            providers,
        }
    }
}

impl<'a> ResultJson<'a> {
    fn of(examined: &'a Examined, asked: &Asked) -> Self {
        Self {
            file: &examined.name,
            sha256: &examined.sha256,
            examination: ExaminationJson::of(&examined.examination, asked),
        }
    }
}

impl<'a> ExaminationJson<'a> {
    fn of(examination: &'a Examination, asked: &Asked) -> Self {
        let (at, basis) = examination.judged_at;
        Self {
            verdict: examination.verdict.word(),
            doubts: examination.doubts(),
            answer: text::answer(examination, asked),
            judged_at: at.to_string(),
            judged_at_basis: basis.word(),
            instead: examination.ordinary.map(|ordinary| ordinary.word()),
            signature: examination.signature.as_ref().map(SignatureJson::of),
            facts: examination.facts.as_ref().map(FactsJson::of),
            sent: examination.sent.as_ref().map(SentJson::of),
            findings: examination
                .findings
                .list()
                .iter()
                .map(|finding| FindingJson::of(finding, asked))
                .collect(),
            passed: asked.all.then(|| {
                examination
                    .findings
                    .passed()
                    .map(|check| check.id())
                    .collect()
            }),
            nested: examination
                .nested
                .iter()
                .map(|nested| NestedJson {
                    place: &nested.place,
                    examination: ExaminationJson::of(&nested.examination, asked),
                })
                .collect(),
        }
    }
}

impl<'a> SignatureJson<'a> {
    fn of(signature: &'a OwnSignature) -> Self {
        let signer = |signer: &'a SignerFacts| CertificateJson {
            address: Some(&*signer.address).filter(|address| !address.is_empty()),
            subject: &signer.subject,
            issuer: &signer.issuer,
            serial: &signer.serial,
            sha256: &signer.sha256,
            not_before: signer.not_before.to_string(),
            not_after: signer.not_after.to_string(),
        };
        Self {
            holds: signature.holds,
            signers: signature.signers.iter().map(signer).collect(),
        }
    }
}

impl<'a> FactsJson<'a> {
    fn of(facts: &'a Facts) -> Self {
        let data = facts.data.as_ref();
        Self {
            kind: facts.kind.map(|kind| kind.word()),
            error: data.map(|data| &*data.error_word),
            extended_error: data.and_then(|data| data.extended_error.as_deref()),
            sender: data.map(|data| data.sender.as_str()),
            recipients: data
                .iter()
                .flat_map(|data| &data.recipients)
                .map(|recipient| RecipientJson {
                    address: recipient.address.as_str(),
                    kind: recipient.kind.word(),
                })
                .collect(),
            delivered_to: data
                .and_then(|data| data.delivered_to.as_ref())
                .map(|address| address.as_str()),
            taken_charge_for: data
                .iter()
                .flat_map(|data| &data.received_for)
                .map(|address| address.as_str())
                .collect(),
            reply_to: data.map(|data| data.reply_to.as_str()),
            subject: data.and_then(|data| data.subject.as_deref()),
            message_id: data.and_then(|data| data.message_id.as_deref()),
            identifier: data.map(|data| &*data.identifier),
            provider: data.map(|data| &*data.provider),
            receipt_form: data
                .and_then(|data| data.receipt_form)
                .map(|form| form.word()),
            contains_original: facts.has_original,
            time: data.map(|data| data.time.rfc3339_at(data.zone)),
            time_utc: data.map(|data| data.time.to_string()),
            time_italian: data.map(|data| data.time.rfc3339_at(data.time.italian_offset())),
            signing_time: facts.signing_time.map(|time| time.to_string()),
            digest: facts.digest,
            signer: SignerJson::of(facts),
        }
    }
}

impl<'a> SignerJson<'a> {
    fn of(facts: &'a Facts) -> Self {
        let signer = &facts.signer;
        let edition = facts.edition.as_ref();
        Self {
            address: &signer.address,
            subject: &signer.subject,
            issuer: &signer.issuer,
            serial: &signer.serial,
            sha256: &signer.sha256,
            not_before: signer.not_before.to_string(),
            not_after: signer.not_after.to_string(),
            authority: facts.authority.as_deref(),
            edition: edition.map(|edition| edition.since.to_string()),
            edition_sha256: edition
                .map(|edition| &*edition.sha256)
                .filter(|sha256| !sha256.is_empty()),
            edition_carried: edition.is_some_and(|edition| edition.is_carried),
        }
    }
}

impl<'a> SentJson<'a> {
    fn of(sent: &'a SentResult) -> Self {
        Self {
            matches: sent.matches,
            rule: sent.rule,
            details: &sent.details,
        }
    }
}

impl<'a> FindingJson<'a> {
    fn of(finding: &'a Finding, asked: &Asked) -> Self {
        let texts = Catalogue::of(asked.lang);
        Self {
            id: finding.check.id(),
            severity: finding.weight.severity(),
            case: finding.text_key,
            expected: finding.expected.as_deref(),
            found: finding.found.as_deref(),
            rule: finding.check.rule(),
            text: text::meaning(finding, texts),
            advice: text::advice(finding, texts),
        }
    }
}
