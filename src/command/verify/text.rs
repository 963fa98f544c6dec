//! The answer in words: one line that can be repeated, then the facts, then the findings; for more
//! than one message a row each.
//!
//! Everything that comes from a message is escaped before it is written.

use super::{Answer, Asked, Examined, Totals, is_doubted};
use crate::input;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout::{Table, shown};
use crate::output::style::{Style, Tone};
use crate::pec::{CertificationData, MessageKind, RecipientKind};
use crate::printable::Printable;
use crate::providers::trust::Source;
use crate::verify::{
    Examination, Facts, Finding, Ordinary, SignerFacts, TimeBasis, Verdict, Weight,
};

/// Recipients listed by name; the others are counted.
const SHOWN_RECIPIENTS: usize = 20;

/// Recipients named in a row of the table.
const ROW_RECIPIENTS: usize = 3;

/// Why an input could not be read.
pub(in crate::command) fn read_error(error: &input::Error, lang: Lang) -> String {
    let reason = match error {
        input::Error::Io(error) => error.to_string(),
        input::Error::NotFound
        | input::Error::Permission
        | input::Error::Folder
        | input::Error::TooLarge { .. }
        | input::Error::TooDeep { .. }
        | input::Error::Empty
        | input::Error::StdinTwice
        | input::Error::ZipDamaged
        | input::Error::ZipTooMany { .. }
        | input::Error::ZipSameName
        | input::Error::ZipExpands { .. }
        | input::Error::ZipEncrypted
        | input::Error::ZipMethod
        | input::Error::ZipEntry
        | input::Error::Gzip => String::new(),
    };
    Catalogue::of(lang).fill(error.key(), &[("reason", &reason)])
}

/// What a finding means.
pub(in crate::command) fn meaning(finding: &Finding, texts: &Catalogue) -> String {
    fill_finding(finding, texts, "finding", finding.case().key())
}

/// What to do about it; may be empty.
pub(super) fn advice(finding: &Finding, texts: &Catalogue) -> String {
    fill_finding(finding, texts, "advice", finding.case().advice().word())
}

fn fill_finding(finding: &Finding, texts: &Catalogue, family: &str, key: &str) -> String {
    texts.fill(
        &format!("{family}.{key}"),
        &[
            ("expected", finding.expected().unwrap_or_default()),
            ("found", finding.found().unwrap_or_default()),
        ],
    )
}

/// The one line that a lawyer can repeat.
pub(super) fn answer(examination: &Examination, asked: &Asked) -> String {
    let texts = Catalogue::of(asked.lang);
    let verdict = texts
        .text(&format!("verdict.{}", examination.verdict().word()))
        .to_owned();
    let trust = match &asked.verifier.trust().source {
        Source::BuiltIn => String::new(),
        Source::Files(files) => texts.fill("headline.trust-files", &[("files", &files.join(", "))]),
    };
    let what = examination
        .facts()
        .map(|facts| what(facts, asked.lang))
        .unwrap_or_default();
    let reason = examination
        .headline()
        .map(|finding| meaning(finding, texts));
    let values = |reason: &str| {
        let reason = reason.to_owned();
        move |key: &str| {
            texts.fill(
                key,
                &[
                    ("verdict", &verdict),
                    ("trust", &trust),
                    ("what", &what),
                    ("reason", &reason),
                ],
            )
        }
    };
    match (examination.verdict(), &reason, examination.facts()) {
        (Verdict::NotCertifiedMail, _, _) => {
            let own = values(&instead(examination, texts))("headline.ordinary");
            with_nested(own, examination, asked)
        }
        (Verdict::Genuine, Some(reason), _) if examination.findings().has(Weight::OtherMessage) => {
            values(reason)("headline.other-message")
        }
        (Verdict::Genuine, Some(reason), _) => values(reason)("headline.not-compared"),
        (Verdict::Genuine, None, _) => match examination.first_doubt() {
            Some(doubt) => {
                let reason = meaning(doubt, texts);
                let others = examination.doubts() - 1;
                let reason = match others {
                    0 => reason,
                    _ => texts.fill(
                        "headline.and-others",
                        &[("reason", &reason), ("count", &others.to_string())],
                    ),
                };
                values(&reason)("headline.genuine-doubted")
            }
            None => values("")("headline.genuine"),
        },
        (_, Some(reason), Some(facts)) if facts.authority().is_some() => {
            values(reason)("headline.failed-with-facts")
        }
        (_, Some(reason), Some(_)) => values(reason)("headline.failed-with-claims"),
        (_, Some(reason), None) => {
            with_nested(values(reason)("headline.failed"), examination, asked)
        }
        (_, None, _) => values(texts.text("headline.unknown"))("headline.failed"),
    }
}

/// What it is that is no certified mail, and by whom it is signed if it is.
fn instead(examination: &Examination, texts: &Catalogue) -> String {
    let word = examination.ordinary().map_or("", Ordinary::word);
    let ordinary = texts.text(&format!("ordinary.{word}"));
    let Some(signature) = examination.signature() else {
        return ordinary.to_owned();
    };
    if signature.holds.is_none() && signature.signers.is_empty() {
        return texts.fill("headline.signature-unknown", &[("ordinary", ordinary)]);
    }
    let key = match signature.holds {
        Some(true) => "headline.signature-holds",
        Some(false) => "headline.signature-fails",
        None => "headline.signature-unchecked",
    };
    let signer = |signer: &SignerFacts| match &*signer.address {
        "" => signer.subject.clone(),
        address => format!("{} <{address}>", signer.subject),
    };
    let signers = match &signature.signers[..] {
        [] => texts.text("headline.signature-of-nobody").to_owned(),
        some => some.iter().map(signer).collect::<Vec<_>>().join("; "),
    };
    texts.fill(key, &[("ordinary", ordinary), ("signers", &signers)])
}

/// An unsigned message with certified ones inside: both answers in one line.
fn with_nested(own: String, examination: &Examination, asked: &Asked) -> String {
    let Some(nested) = examination.nested().first() else {
        return own;
    };
    let texts = Catalogue::of(asked.lang);
    let inner = answer(&nested.examination, asked);
    let inside = texts.fill(
        "headline.nested",
        &[("place", &nested.place), ("answer", &inner)],
    );
    format!("{own}. {inside}")
}

/// What the signed part is, in one phrase.
fn what(facts: &Facts, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let word = facts.kind().map_or("unknown", MessageKind::word);
    let data = facts.data();
    let time = data
        .map(|data| data.time)
        .or(facts.signing_time())
        .map(|time| shown(time, lang))
        .unwrap_or_default();
    let to = data
        .and_then(|data| data.delivered_to.as_ref())
        .map(ToString::to_string)
        .unwrap_or_default();
    let sender = data.map(|data| data.sender.to_string()).unwrap_or_default();
    texts.fill(
        &format!("what.{word}"),
        &[
            ("sender", &sender),
            ("to", &to),
            ("time", &time),
            ("signer", &facts.signer().organization),
        ],
    )
}

fn tone(examination: &Examination) -> Tone {
    match examination.verdict() {
        Verdict::Genuine if examination.findings().has(Weight::OtherMessage) => Tone::Bad,
        Verdict::Genuine if examination.findings().has(Weight::NotCompared) => Tone::Unsure,
        Verdict::Genuine if examination.doubts() > 0 => Tone::Unsure,
        Verdict::Genuine => Tone::Good,
        Verdict::NotGenuine => Tone::Bad,
        Verdict::CannotTell => Tone::Unsure,
        Verdict::NotCertifiedMail => Tone::Faint,
    }
}

/// One message in full.
pub(super) fn in_full(examined: &Examined, asked: &Asked, style: Style) -> Vec<String> {
    let examination = &examined.examination;
    let mut lines = vec![colored_answer(examination, asked, style)];
    lines.push(String::new());
    let mut table = Table::new(asked.lang);
    if let Some(facts) = examination.facts() {
        lines.extend(facts_heading(examination, facts, asked.lang));
        fact_rows(facts, &mut table);
    }
    situation_rows(examined, asked, &mut table);
    lines.extend(table.lines());
    lines.extend(finding_lines(examination, asked, style));
    nested_lines(examination, "", asked, style, &mut lines);
    lines
}

/// What kind of statements the facts are, when the message is not genuine: a provider's, or
/// those of somebody who is none.
fn facts_heading(examination: &Examination, facts: &Facts, lang: Lang) -> Option<String> {
    if examination.verdict() == Verdict::Genuine {
        return None;
    }
    let key = if facts.authority().is_some() {
        "label.signed-part"
    } else {
        "label.claims"
    };
    Some(Catalogue::of(lang).text(key).to_owned())
}

/// What is inside, each in full, and what is inside that.
fn nested_lines(
    examination: &Examination,
    path: &str,
    asked: &Asked,
    style: Style,
    lines: &mut Vec<String>,
) {
    let texts = Catalogue::of(asked.lang);
    for nested in examination.nested() {
        let place = format!("{path}{}", nested.place);
        let own = answer(&nested.examination, asked);
        lines.push(String::new());
        lines.push(texts.fill("headline.nested", &[("place", &place), ("answer", &own)]));
        let mut table = Table::new(asked.lang);
        if let Some(facts) = nested.examination.facts() {
            lines.extend(facts_heading(&nested.examination, facts, asked.lang));
            fact_rows(facts, &mut table);
        }
        lines.extend(table.lines());
        lines.extend(finding_lines(&nested.examination, asked, style));
        nested_lines(
            &nested.examination,
            &format!("{place} > "),
            asked,
            style,
            lines,
        );
    }
}

/// The answer with its verdict in colour.
fn colored_answer(examination: &Examination, asked: &Asked, style: Style) -> String {
    let line = answer(examination, asked);
    let verdict =
        Catalogue::of(asked.lang).text(&format!("verdict.{}", examination.verdict().word()));
    match line.strip_prefix(verdict) {
        Some(rest) => format!("{}{rest}", style.paint(tone(examination), verdict)),
        None => line,
    }
}

fn fact_rows(facts: &Facts, table: &mut Table) {
    let texts = table.texts;
    if let Some(kind) = facts.kind() {
        table.add("kind", kind.word());
        // What it means holds only where an authority stands behind the signer.
        if facts.authority().is_some() {
            table.add_safe("outcome", outcome(kind, facts.data(), texts));
        }
    }
    if let Some(data) = facts.data() {
        data_rows(data, facts, table);
    }
    let signer = facts.signer();
    table.add("signer", format!("{}; {}", signer.address, signer.subject));
    let certificate = texts.fill(
        "value.certificate",
        &[
            ("serial", &signer.serial),
            ("from", &signer.not_before.to_string()),
            ("to", &signer.not_after.to_string()),
            ("sha256", &signer.sha256),
        ],
    );
    table.add_safe("certificate", certificate);
    let authority = match (facts.authority(), facts.edition()) {
        (Some(authority), Some(edition)) => {
            let day = edition.since.to_string();
            let day = day.split('T').next().unwrap_or_default();
            let key = match edition.is_carried {
                true => "value.authority-carried",
                false => "value.authority",
            };
            texts.fill(key, &[("authority", authority), ("edition", day)])
        }
        (Some(authority), None) => Printable(authority).to_string(),
        (None, _) => texts.text("value.authority-unknown").to_owned(),
    };
    table.add_safe("authority", authority);
}

fn data_rows(data: &CertificationData, facts: &Facts, table: &mut Table) {
    let texts = table.texts;
    if data.error_word != "nessuno" || data.extended_error.is_some() {
        let extended = data.extended_error.as_deref().unwrap_or_default();
        table.add(
            "error",
            format!("{} {extended}", data.error_word).trim_end(),
        );
    }
    table.add(
        "subject",
        data.subject
            .as_deref()
            .unwrap_or(texts.text("value.no-subject")),
    );
    table.add("sender", data.sender.as_str());
    let mut recipients: Vec<String> = data
        .recipients
        .iter()
        .take(SHOWN_RECIPIENTS)
        .map(|recipient| {
            let kind = texts.text(match recipient.kind {
                RecipientKind::Certified => "value.kind-certificato",
                RecipientKind::External => "value.kind-esterno",
            });
            format!("{} ({kind})", Printable(recipient.address.as_str()))
        })
        .collect();
    if data.recipients.len() > SHOWN_RECIPIENTS {
        let more = (data.recipients.len() - SHOWN_RECIPIENTS).to_string();
        recipients.push(texts.fill("value.more", &[("count", &more)]));
    }
    table.add_safe("recipients", recipients.join(", "));
    if let Some(address) = &data.delivered_to {
        let label = if facts.kind() == Some(MessageKind::Delivery) {
            "delivered-to"
        } else {
            "about"
        };
        table.add(label, address.as_str());
    }
    let time = texts.fill(
        "value.time",
        &[
            ("italian", &shown(data.time, table.lang)),
            ("utc", &data.time.to_string()),
        ],
    );
    table.add_safe("time", time);
    if let Some(message_id) = &data.message_id {
        table.add("message-id", message_id);
    }
    table.add("identifier", &data.identifier);
    table.add("provider", &data.provider);
    if let Some(form) = data.receipt_form {
        let inside = texts.text(if facts.has_original() {
            "value.with-original"
        } else {
            "value.without-original"
        });
        table.add_safe(
            "form",
            texts.fill("value.form", &[("form", form.word()), ("inside", inside)]),
        );
    }
}

/// What the kind means for somebody who waits for a delivery. Of the two timeout notices only
/// the one with code 5.4.1 is final.
fn outcome(kind: MessageKind, data: Option<&CertificationData>, texts: &Catalogue) -> String {
    let is_final = kind == MessageKind::TimeoutNotice
        && data.and_then(CertificationData::error_code) == Some("5.4.1");
    let suffix = if is_final { "-final" } else { "" };
    texts
        .text(&format!("outcome.{}{suffix}", kind.word()))
        .to_owned()
}

/// File, time of judgement, trust data, lists, what was sent.
fn situation_rows(examined: &Examined, asked: &Asked, table: &mut Table) {
    let texts = table.texts;
    let examination = &examined.examination;
    table.add(
        "file",
        format!("{} (SHA-256 {})", examined.name, examined.sha256),
    );
    if examination.ordinary().is_some() {
        return;
    }
    let (at, basis) = examination.judged_at();
    let key = match basis {
        TimeBasis::Receipt => "value.basis-receipt",
        TimeBasis::Given => "value.basis-given",
        TimeBasis::Now => "value.basis-now",
    };
    table.add_safe("judged", texts.fill(key, &[("time", &at.to_string())]));
    table.add_safe("trust", trust_value(asked));
    if let Some(list) = asked.verifier.providers() {
        let count = list.providers.len().to_string();
        let value = match &list.signer {
            None => texts.fill("value.providers-plain", &[("count", &count)]),
            Some(signer) => {
                let authority = match &signer.authority {
                    Some(authority) => {
                        texts.fill("value.providers-authority", &[("authority", authority)])
                    }
                    None => texts.text("value.providers-no-authority").to_owned(),
                };
                texts.fill(
                    "value.providers-signed",
                    &[
                        ("count", &count),
                        ("signer", &signer.subject),
                        ("authority", &authority),
                    ],
                )
            }
        };
        table.add_safe("providers", value);
    }
    if let (Some(sent), Some((file, _))) = (examination.sent(), &asked.sent) {
        let key = match sent.matches {
            Some(true) => "value.sent-yes",
            Some(false) => "value.sent-no",
            None if sent.rule == "message-id" => "value.sent-same",
            None => "value.sent-unknown",
        };
        let details = sent
            .details
            .iter()
            .fold(String::new(), |all, detail| format!("{all}; {detail}"));
        table.add_safe(
            "sent",
            texts.fill(
                key,
                &[("file", file), ("rule", sent.rule), ("details", &details)],
            ),
        );
    }
}

fn trust_value(asked: &Asked) -> String {
    let texts = Catalogue::of(asked.lang);
    let trust = asked.verifier.trust();
    let as_of = trust.as_of.as_deref().unwrap_or_default();
    match &trust.source {
        Source::BuiltIn => texts.fill("value.trust-built-in", &[("as_of", as_of)]),
        Source::Files(files) => {
            let key = match trust.as_of {
                Some(_) => "value.trust-file",
                None => "value.trust-file-undated",
            };
            texts.fill(key, &[("as_of", as_of), ("files", &files.join(", "))])
        }
    }
}

pub(super) fn trust_line(asked: &Asked) -> String {
    format!(
        "{}: {}",
        Catalogue::of(asked.lang).text("label.trust"),
        trust_value(asked)
    )
}

fn finding_lines(examination: &Examination, asked: &Asked, style: Style) -> Vec<String> {
    let texts = Catalogue::of(asked.lang);
    let label = |key: &str| texts.text(&format!("label.{key}")).to_owned();
    let findings = examination.findings().list();
    let mut lines = Vec::new();
    if !findings.is_empty() {
        lines.extend([String::new(), label("findings")]);
    }
    for finding in findings {
        let severity = match finding.weight() {
            Weight::NotCompared => texts.text("severity.not-compared"),
            Weight::Refutes
            | Weight::Undecides
            | Weight::OtherMessage
            | Weight::Doubt
            | Weight::Note => texts.text(&format!("severity.{}", finding.weight().severity())),
        };
        let tone = match finding.weight() {
            Weight::Refutes | Weight::OtherMessage => Tone::Bad,
            Weight::Undecides | Weight::NotCompared | Weight::Doubt => Tone::Unsure,
            Weight::Note => Tone::Faint,
        };
        let painted = style.paint(tone, severity);
        lines.push(format!(
            "  {painted}  {}  [{}]",
            meaning(finding, texts),
            finding.check()
        ));
        let mut detail = |key: &str, value: Option<&str>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                lines.push(format!("      {}: {}", label(key), Printable(value)));
            }
        };
        detail("expected", finding.expected());
        detail("found", finding.found());
        detail("advice", Some(&advice(finding, texts)));
        if finding.weight() != Weight::Note || asked.all {
            detail("rule", Some(finding.check().rule()));
        }
    }
    if asked.all && examination.ordinary().is_none() {
        lines.extend([String::new(), label("checks-passed")]);
        for check in examination.findings().passed() {
            let name = texts.text(&format!("check.{}", check.id())).to_owned();
            lines.push(format!("  {name}  [{check}; {}]", check.rule()));
        }
    }
    lines
}

/// One row of the table: verdict, kind, time, file; below it why not, and what is inside.
pub(super) fn row(answer: &Answer, asked: &Asked, style: Style) -> Vec<String> {
    let texts = Catalogue::of(asked.lang);
    let width = [
        "genuine",
        "genuine-doubted",
        "genuine-other",
        "genuine-not-compared",
        "not-genuine",
        "cannot-tell",
        "not-certified-mail",
        "unreadable",
    ]
    .iter()
    .map(|word| texts.text(&format!("row.{word}")).chars().count())
    .max()
    .unwrap_or(0);
    let cell = |word: &str, tone: Tone| {
        style.paint(
            tone,
            format!("{:width$}", texts.text(&format!("row.{word}"))),
        )
    };
    match answer {
        Answer::Unreadable { name, error } => {
            let reason = read_error(error, asked.lang);
            vec![format!(
                "{}  {}: {reason}",
                cell("unreadable", Tone::Unsure),
                Printable(name)
            )]
        }
        Answer::Examined(examined) => {
            let examination = &examined.examination;
            let kind = examination
                .facts()
                .and_then(|facts| facts.kind())
                .map_or("-", MessageKind::word);
            let time = examination
                .facts()
                .and_then(|facts| facts.data())
                .map_or("-".to_owned(), |data| shown(data.time, asked.lang));
            let cell = cell(row_word(examination), tone(examination));
            let mut lines = vec![format!(
                "{cell}  {kind:25}  {time:19}  {}",
                Printable(&examined.name)
            )];
            if let Some(finding) = examination.headline() {
                lines.push(format!(
                    "{:width$}  {}  [{}]",
                    "",
                    meaning(finding, texts),
                    finding.check()
                ));
            } else if let Some(doubt) = examination
                .first_doubt()
                .filter(|_| is_doubted(examination))
            {
                let others = examination.doubts() - 1;
                let more = match others {
                    0 => String::new(),
                    _ => format!(" (+{others})"),
                };
                let means = meaning(doubt, texts);
                lines.push(format!("{:width$}  {means}  [{}]{more}", "", doubt.check()));
                if let Some(data) = examination.facts().and_then(|facts| facts.data()) {
                    lines.push(format!("{:width$}  {}", "", signed_line(data, texts)));
                }
            } else if examination.ordinary().is_some() {
                lines.push(format!("{:width$}  {}", "", instead(examination, texts)));
            }
            for nested in examination.nested() {
                let verdict = texts.text(&format!("row.{}", row_word(&nested.examination)));
                let inside = texts.fill(
                    "row.inside",
                    &[("place", &nested.place), ("verdict", verdict)],
                );
                lines.push(format!("{:width$}  {inside}", ""));
            }
            lines
        }
    }
}

/// What is signed, beside a message that may be shown as something else.
fn signed_line(data: &CertificationData, texts: &Catalogue) -> String {
    let to = match &data.delivered_to {
        Some(address) => address.to_string(),
        None => {
            let all = data.recipients.iter().map(|one| one.address.as_str());
            let shown: Vec<&str> = all.take(ROW_RECIPIENTS).collect();
            let more = data.recipients.len() - shown.len();
            match more {
                0 => shown.join(", "),
                _ => format!("{} (+{more})", shown.join(", ")),
            }
        }
    };
    let subject = data.subject.as_deref();
    texts.fill(
        "row.signed",
        &[
            ("sender", data.sender.as_str()),
            ("to", &to),
            ("subject", subject.unwrap_or(texts.text("value.no-subject"))),
        ],
    )
}

fn row_word(examination: &Examination) -> &'static str {
    match examination.verdict() {
        Verdict::Genuine if examination.findings().has(Weight::OtherMessage) => "genuine-other",
        Verdict::Genuine if examination.findings().has(Weight::NotCompared) => {
            "genuine-not-compared"
        }
        Verdict::Genuine if examination.doubts() > 0 => "genuine-doubted",
        verdict @ (Verdict::Genuine
        | Verdict::NotGenuine
        | Verdict::CannotTell
        | Verdict::NotCertifiedMail) => verdict.word(),
    }
}

pub(super) fn totals_line(totals: &Totals, lang: Lang) -> String {
    Catalogue::of(lang).fill(
        "totals.line",
        &[
            ("files", &totals.files.to_string()),
            ("genuine", &totals.genuine.to_string()),
            ("doubted", &totals.doubted.to_string()),
            ("not_genuine", &totals.not_genuine.to_string()),
            ("cannot_tell", &totals.cannot_tell.to_string()),
            ("ordinary", &totals.ordinary.to_string()),
            ("unreadable", &totals.unreadable.to_string()),
        ],
    )
}
