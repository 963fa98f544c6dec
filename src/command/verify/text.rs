//! The answer in words: one line that can be repeated, then the facts, then the findings; for more
//! than one message a row each.
//!
//! Everything that comes from a message is escaped before it is written.

use super::headline::{Standing, answer, head, painted, tone};
use super::said::{instead, meaning, recipients_of};
use super::{Answer, Asked, Examined, Totals};
use crate::input;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout::{self, Table, shown};
use crate::output::legal::{LOG_MONTHS, Proof, Rule};
use crate::output::report::PROGRAM;
use crate::output::style::{Style, Tone};
use crate::pec::{CertificationData, Evidence, Holds, MessageKind, RecipientKind};
use crate::printable::Printable;
use crate::providers::trust::Source;
use crate::verify::{
    CheckId, Examination, Facts, Finding, RevocationSource, SameContent, SentResult, TimeBasis,
    Verdict, Weight,
};

/// Recipients listed by name; the others are counted.
const SHOWN_RECIPIENTS: usize = 20;

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
        | input::Error::ZipTooDeep { .. }
        | input::Error::ZipEncrypted
        | input::Error::ZipMethod
        | input::Error::ZipEntry
        | input::Error::Gzip => String::new(),
    };
    Catalogue::of(lang).fill(error.key(), &[("reason", &reason)])
}

/// What to do about it; may be empty. `logs` is what can be said of the provider's logs.
pub(super) fn advice(finding: &Finding, logs: &str, texts: &Catalogue) -> String {
    let key = format!("advice.{}", finding.case().advice().word());
    texts.fill(&key, &[("logs", logs)])
}

/// Whether the provider still has to have its logs of a message, by the time that is signed.
pub(super) fn logs(examination: &Examination, asked: &Asked) -> String {
    let data = examination.facts().and_then(Facts::data);
    let until = data.map(|data| data.time.months_later(LOG_MONTHS));
    let (key, day) = match until {
        Some(until) if until >= asked.now => ("logs.kept", Some(until)),
        Some(until) => ("logs.over", Some(until)),
        None => ("logs.undated", None),
    };
    let day = day.map(|until| shown(until, asked.lang));
    let day = day.as_deref().and_then(|day| day.split(' ').next());
    let values = [("day", day.unwrap_or_default())];
    Rule::of(key, &values, asked.lang).text
}

/// One message in full.
pub(super) fn in_full(examined: &Examined, asked: &Asked, style: Style) -> Vec<String> {
    let examination = &examined.examination;
    let mut lines = vec![painted(examination, asked, style)];
    lines.push(String::new());
    let (heading, table) = facts_table(examined, asked);
    lines.extend(heading);
    lines.extend(table.lines());
    lines.extend(finding_lines(examination, asked, style));
    nested_lines(examination, "", asked, style, &mut lines);
    lines
}

/// What is known of a message, and of which kind these statements are.
pub(super) fn facts_table(examined: &Examined, asked: &Asked) -> (Option<String>, Table) {
    let examination = &examined.examination;
    let mut table = Table::new(asked.lang);
    let heading = examination.facts().and_then(|facts| {
        fact_rows(facts, &mut table);
        facts_heading(examination, facts, asked.lang)
    });
    if let Some(evidence) = explained(examined, asked) {
        proves_rows(evidence, &mut table);
    }
    situation_rows(examined, asked, &mut table);
    (heading, table)
}

/// What kind of statements the facts are, when the message is not genuine: a provider's, or
/// those of somebody who is none.
pub(in crate::command) fn facts_heading(
    examination: &Examination,
    facts: &Facts,
    lang: Lang,
) -> Option<String> {
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

fn fact_rows(facts: &Facts, table: &mut Table) {
    let texts = table.texts;
    if let Some(kind) = facts.kind() {
        table.add("kind", kind.word());
        // What it means holds only where an authority stands behind the signer.
        if let Some(evidence) = facts.evidence().filter(|_| facts.authority().is_some()) {
            let outcome = texts.text(&format!("outcome.{}", evidence.word()));
            table.add_safe("outcome", outcome.to_owned());
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
            ("from", &shown(signer.not_before, table.lang)),
            ("to", &shown(signer.not_after, table.lang)),
            ("sha256", &signer.sha256),
        ],
    );
    table.add_safe("certificate", certificate);
    let authority = match (facts.authority(), facts.edition()) {
        (Some(authority), Some(edition)) => {
            let day = edition.since.to_string();
            let day = layout::day(day.split('T').next().unwrap_or_default(), table.lang);
            let key = match edition.is_carried {
                true => "value.authority-carried",
                false => "value.authority",
            };
            texts.fill(key, &[("authority", authority), ("edition", &day)])
        }
        (Some(authority), None) => Printable(authority).to_string(),
        (None, _) => texts.text("value.authority-unknown").to_owned(),
    };
    table.add_safe("authority", authority);
    if let Some(list) = facts.revocation() {
        let values = [
            ("time", &*shown(list.this_update, table.lang)),
            ("sha256", &list.sha256),
        ];
        let key = match list.source {
            RevocationSource::List => "value.revocation-crl",
            RevocationSource::Answer => "value.revocation-ocsp",
        };
        table.add_safe("revocation", texts.fill(key, &values));
    }
}

/// What the certified data say, in rows.
pub(in crate::command) fn data_rows(data: &CertificationData, facts: &Facts, table: &mut Table) {
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
        let more = data.recipients.len() - SHOWN_RECIPIENTS;
        recipients.push(texts.count("value.more", more, &[]));
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
        let inside = texts.text(match facts.holds() {
            Holds::Original => "value.with-original",
            Holds::Hashes => "value.with-hashes",
            Holds::Nothing => "value.without",
        });
        table.add_safe(
            "form",
            texts.fill("value.form", &[("form", form.word()), ("inside", inside)]),
        );
    }
}

/// File, time of judgement, trust data, lists, what was sent.
fn situation_rows(examined: &Examined, asked: &Asked, table: &mut Table) {
    let texts = table.texts;
    let examination = &examined.examination;
    let file = match &examined.sha256 {
        Some(sha256) => format!("{} (SHA-256 {sha256})", examined.name),
        None => examined.name.clone(),
    };
    table.add("file", file);
    table.add_safe("checked", checked_value(asked));
    if let Some((expected, met)) = examined.expected() {
        let key = match met {
            Some(true) => "value.expected-yes",
            Some(false) => "value.expected-no",
            None => "value.expected-open",
        };
        let name = texts.text(&format!("expect.{}", expected.word()));
        table.add_safe("expect", texts.fill(key, &[("expected", name)]));
    }
    if examination.ordinary().is_some() {
        return;
    }
    let (at, basis) = examination.judged_at();
    let key = match basis {
        TimeBasis::Receipt => "value.basis-receipt",
        TimeBasis::Given => "value.basis-given",
        TimeBasis::Now => "value.basis-now",
    };
    let time = texts.fill(
        "value.time",
        &[
            ("italian", &shown(at, table.lang)),
            ("utc", &at.to_string()),
        ],
    );
    table.add_safe("judged", texts.fill(key, &[("time", &time)]));
    table.add_safe("trust", trust_value(asked));
    if let Some(list) = asked.verifier.providers() {
        let providers = texts.counted("providers", list.providers.len());
        let value = match &list.signer {
            None => texts.fill("value.providers-plain", &[("providers", &providers)]),
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
                        ("providers", &providers),
                        ("signer", &signer.subject),
                        ("authority", &authority),
                    ],
                )
            }
        };
        table.add_safe("providers", value);
    }
    if let Some(same) = acceptance_value(examination, asked) {
        table.add_safe("acceptance", same);
    }
    if let (Some(sent), Some((file, _))) = (examination.sent(), &asked.sent) {
        table.add_safe("sent", sent_value(sent, file, asked));
    }
}

/// How the receipt relates to what was sent; by which rule only where all is shown.
fn sent_value(sent: &SentResult, file: &str, asked: &Asked) -> String {
    let texts = Catalogue::of(asked.lang);
    let is_attachment =
        sent.rule == "attachment" || (sent.part.is_some() && sent.matches == Some(true));
    let key = match (sent.content(), sent.part.is_some()) {
        (SameContent::Identical, _) if is_attachment => "value.sent-attachment",
        (SameContent::Identical, _) => "value.sent-identical",
        (SameContent::Consistent, true) => "value.sent-consistent-attachment",
        (SameContent::Consistent, false) => "value.sent-consistent",
        (SameContent::NotCompared, _) if sent.rule == "message-id" => "value.sent-same",
        (SameContent::NotCompared, true) => "value.sent-unknown-part",
        (SameContent::NotCompared, false) => "value.sent-unknown",
        (SameContent::Different, true) => "value.sent-no-part",
        (SameContent::Different, false) => "value.sent-no",
    };
    let part = sent.part.as_deref().unwrap_or_default();
    let said = texts.fill(key, &[("file", file), ("part", part)]);
    if !asked.all {
        return said;
    }
    let details = sent.details.iter();
    let details = details.fold(String::new(), |all, detail| format!("{all}; {detail}"));
    let values = [("sent", &*said), ("rule", sent.rule), ("details", &details)];
    texts.fill("value.sent-rule", &values)
}

/// That the acceptance given is of the same transaction, where that was compared.
fn acceptance_value(examination: &Examination, asked: &Asked) -> Option<String> {
    let acceptance = asked.acceptance.as_ref()?;
    let passed = |check: CheckId| examination.findings().passed().any(|one| one == check);
    if !passed(CheckId::AcceptanceTransaction) {
        return None;
    }
    let data = examination.facts()?.data()?;
    let listed = data.delivered_to.as_ref();
    let listed = listed.filter(|_| passed(CheckId::AcceptanceRecipient));
    let key = match listed {
        Some(_) => "value.acceptance-same-listed",
        None => "value.acceptance-same",
    };
    let values = [
        ("time", &*shown(acceptance.time, asked.lang)),
        ("identifier", &*data.identifier),
        ("to", listed.map_or("", |address| address.as_str())),
    ];
    Some(Catalogue::of(asked.lang).fill(key, &values))
}

/// What a genuine message is, where it was asked what it proves.
fn explained(examined: &Examined, asked: &Asked) -> Option<Evidence> {
    examined.evidence().filter(|_| asked.explain)
}

/// What it proves and what it does not, and where that stands.
fn proves_rows(evidence: Evidence, table: &mut Table) {
    let Proof { proves, open } = Proof::of(evidence, table.lang);
    let law = law(&proves, table.lang);
    table.add_safe("proves", proves.text);
    table.add_safe("does-not-prove", open.text);
    table.add_safe("law", law);
}

/// Where a sentence of law stands, and when that was looked up.
pub(in crate::command) fn law(rule: &Rule, lang: Lang) -> String {
    let checked_on = layout::day(rule.checked_on, lang);
    let values = [("source", rule.source), ("day", &checked_on)];
    Catalogue::of(lang).fill("value.law", &values)
}

/// What each kind among many proves, once.
pub(super) fn explanation(evidence: Evidence, lang: Lang) -> Vec<String> {
    let mut table = Table::new(lang);
    proves_rows(evidence, &mut table);
    let name = Catalogue::of(lang).text(&format!("headline.genuine.{}", evidence.word()));
    let mut lines = vec![String::new(), name.to_owned()];
    lines.extend(table.lines());
    lines
}

/// When, and by which program, this was found out.
fn checked_value(asked: &Asked) -> String {
    let values = [
        ("time", &*shown(asked.now, asked.lang)),
        ("program", PROGRAM),
    ];
    Catalogue::of(asked.lang).fill("value.checked", &values)
}

fn trust_value(asked: &Asked) -> String {
    let texts = Catalogue::of(asked.lang);
    let trust = asked.verifier.trust();
    let as_of = layout::day(trust.as_of.as_deref().unwrap_or_default(), asked.lang);
    match &trust.source {
        Source::BuiltIn => texts.fill("value.trust-built-in", &[("as_of", &as_of)]),
        Source::Kept(snapshot) => {
            let values = [("as_of", &*as_of), ("snapshot", snapshot)];
            texts.fill("value.trust-kept", &values)
        }
        Source::Files(files) => {
            let key = match trust.as_of {
                Some(_) => "value.trust-file",
                None => "value.trust-file-undated",
            };
            texts.fill(key, &[("as_of", &as_of), ("files", &files.join(", "))])
        }
    }
}

/// By what, when and by which program many were judged.
pub(super) fn foot(asked: &Asked) -> [String; 2] {
    let label = |key: &str| Catalogue::of(asked.lang).text(key);
    [
        format!("{}: {}", label("label.trust"), trust_value(asked)),
        format!("{}: {}", label("label.checked"), checked_value(asked)),
    ]
}

/// A finding in words.
pub(super) struct Told {
    /// How grave it is.
    pub tone: Tone,
    pub severity: String,
    pub meaning: String,
    pub check: CheckId,
    /// Labels and values: what was expected and found, what to do.
    pub details: Vec<(String, String)>,
}

/// What was found, the gravest first.
pub(super) fn told_findings(examination: &Examination, asked: &Asked) -> Vec<Told> {
    let texts = Catalogue::of(asked.lang);
    let logs = logs(examination, asked);
    let told = examination.findings().list().iter().map(|finding| {
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
        // Of parts that differ the digests are for those who ask for all.
        let is_digests = finding.check() == CheckId::SentContent && !asked.all;
        let says_rule = finding.weight() != Weight::Note || asked.all;
        let advice = advice(finding, &logs, texts);
        let details = [
            ("expected", finding.expected()),
            ("found", finding.found().filter(|_| !is_digests)),
            ("advice", Some(&*advice)),
            ("rule", Some(finding.check().rule()).filter(|_| says_rule)),
        ];
        let details = details.into_iter().filter_map(|(key, value)| {
            let value = Printable(value.filter(|value| !value.is_empty())?).to_string();
            Some((texts.text(&format!("label.{key}")).to_owned(), value))
        });
        Told {
            tone,
            severity: severity.to_owned(),
            meaning: meaning(finding, texts),
            check: finding.check(),
            details: details.collect(),
        }
    });
    told.collect()
}

fn finding_lines(examination: &Examination, asked: &Asked, style: Style) -> Vec<String> {
    let texts = Catalogue::of(asked.lang);
    let label = |key: &str| texts.text(&format!("label.{key}")).to_owned();
    let mut lines = Vec::new();
    let told = told_findings(examination, asked);
    if !told.is_empty() {
        lines.extend([String::new(), label("findings")]);
    }
    for one in told {
        let painted = style.paint(one.tone, one.severity);
        lines.push(format!("  {painted}  {}  [{}]", one.meaning, one.check));
        let details = one.details.iter();
        lines.extend(details.map(|(label, value)| format!("      {label}: {value}")));
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

/// One row of the table: whether to look at it, the fact or why there is none, time, file; below it
/// what is signed, every doubt, and what is inside.
pub(super) fn row(answer: &Answer, asked: &Asked, style: Style) -> Vec<String> {
    let texts = Catalogue::of(asked.lang);
    let width = head_width(texts);
    let cell = |mark: char, words: &str, tone: Tone| {
        let painted = style.paint(tone, format!("{mark} {words}"));
        // Blanks have no colour.
        format!(
            "{painted}{:1$}",
            "",
            width.saturating_sub(words.chars().count())
        )
    };
    match answer {
        Answer::Unreadable { name, error } => {
            let reason = read_error(error, asked.lang);
            let cell = cell('?', texts.text("row.unreadable"), Tone::Unsure);
            vec![format!("{cell}  {}: {reason}", Printable(name))]
        }
        Answer::Container(contained) => contained.lines(texts, style),
        Answer::Examined(examined) => {
            let examination = &examined.examination;
            let facts = examination.facts();
            let time = facts
                .and_then(Facts::data)
                .map_or("-".to_owned(), |data| shown(data.time, asked.lang));
            let tone = match is_unexpected(examined) {
                true => Tone::Bad,
                false => tone(examination),
            };
            let cell = cell(mark(examined), row_head(examination, texts), tone);
            let mut lines = vec![format!("{cell}  {time:19}  {}", Printable(&examined.name))];
            lines.extend(row_details(examined, texts).map(|line| format!("      {line}")));
            lines
        }
    }
}

/// How wide the words before the time are.
fn head_width(texts: &Catalogue) -> usize {
    let heads = Evidence::ALL.map(|evidence| head(evidence, texts));
    let rows = [
        "row.genuine-other",
        "row.genuine-not-compared",
        "row.not-genuine",
        "row.cannot-tell",
        "row.not-certified-mail",
        "row.unreadable",
    ]
    .map(|key| texts.text(key));
    let all = heads.iter().chain(&rows);
    all.map(|text| text.chars().count()).max().unwrap_or(0)
}

/// Whether it is genuine, and not what was expected.
fn is_unexpected(examined: &Examined) -> bool {
    matches!(examined.expected(), Some((_, Some(false))))
}

/// A sign that needs no colour: what is genuine without a doubt has none.
fn mark(examined: &Examined) -> char {
    let examination = &examined.examination;
    match examination.verdict() {
        Verdict::Genuine if is_unexpected(examined) => 'X',
        Verdict::Genuine => match Standing::of(examination) {
            Standing::OtherMessage => 'X',
            Standing::NotCompared => '?',
            Standing::Doubted => '!',
            Standing::Sure => ' ',
        },
        Verdict::NotGenuine => 'X',
        Verdict::CannotTell => '?',
        Verdict::NotCertifiedMail => '-',
    }
}

fn row_head<'t>(examination: &Examination, texts: &'t Catalogue) -> &'t str {
    let verdict = examination.verdict();
    match verdict {
        Verdict::Genuine => match Standing::of(examination) {
            Standing::OtherMessage => texts.text("row.genuine-other"),
            Standing::NotCompared => texts.text("row.genuine-not-compared"),
            Standing::Doubted | Standing::Sure => {
                let evidence = examination.facts().and_then(Facts::evidence);
                evidence.map_or("-", |evidence| head(evidence, texts))
            }
        },
        Verdict::NotGenuine | Verdict::CannotTell | Verdict::NotCertifiedMail => {
            texts.text(&format!("row.{}", verdict.word()))
        }
    }
}

/// What is signed, what fails, every doubt, what is inside.
fn row_details<'e>(
    examined: &'e Examined,
    texts: &'e Catalogue,
) -> impl Iterator<Item = String> + 'e {
    let examination = &examined.examination;
    let is_genuine = examination.verdict() == Verdict::Genuine;
    let signed = examination.facts().filter(|_| is_genuine);
    let signed = signed.and_then(|facts| signed_line(facts, texts));
    let failed = examination.headline();
    let failed =
        failed.map(|finding| format!("{}  [{}]", meaning(finding, texts), finding.check()));
    let instead = examination.ordinary().map(|_| instead(examination, texts));
    let unexpected = match examined.expected() {
        Some((expected, Some(false))) => {
            let name = texts.text(&format!("expect.{}", expected.word()));
            Some(texts.fill("row.unexpected", &[("expected", name)]))
        }
        Some(_) | None => None,
    };
    let doubts = examination.findings().list().iter();
    let doubts = doubts.filter(move |finding| is_genuine && finding.weight() == Weight::Doubt);
    let doubts = doubts.map(|doubt| {
        let said = texts.fill("row.doubt", &[("reason", &meaning(doubt, texts))]);
        format!("{said}  [{}]", doubt.check())
    });
    let inside = examination.nested().iter().map(|nested| {
        let values = [
            ("place", &*nested.place),
            ("verdict", row_head(&nested.examination, texts)),
        ];
        texts.fill("row.inside", &values)
    });
    let first = signed.into_iter().chain(failed).chain(instead);
    first.chain(unexpected).chain(doubts).chain(inside)
}

/// What is signed, beside a message that may be shown as something else.
fn signed_line(facts: &Facts, texts: &Catalogue) -> Option<String> {
    let data = facts.data()?;
    let to = match &data.delivered_to {
        Some(address) => address.to_string(),
        None => recipients_of(data),
    };
    let subject = data.subject.as_deref();
    let values = [
        ("signer", &*facts.signer().organization),
        ("sender", data.sender.as_str()),
        ("to", &*to),
        ("subject", subject.unwrap_or(texts.text("value.no-subject"))),
    ];
    Some(texts.fill("row.signed", &values))
}

/// That not all were shown.
pub(super) fn only_bad_line(totals: &Totals, lang: Lang) -> String {
    let values = [
        ("shown", &*totals.bad.to_string()),
        ("files", &*totals.files.to_string()),
    ];
    Catalogue::of(lang).fill("totals.only-bad", &values)
}

pub(super) fn totals_line(totals: &Totals, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let number = |count| texts.number(count);
    texts.fill(
        "totals.line",
        &[
            ("files", &texts.counted("messages", totals.files)),
            ("genuine", &number(totals.genuine)),
            ("doubted", &number(totals.doubted)),
            ("not_genuine", &number(totals.not_genuine)),
            ("cannot_tell", &number(totals.cannot_tell)),
            ("ordinary", &number(totals.ordinary)),
            ("unreadable", &number(totals.unreadable)),
        ],
    )
}
