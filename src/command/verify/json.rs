//! What `pec verify` answers: a document of results, or a line for each.

use std::borrow::Cow;
use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::json;

use super::container::ContainerJson;
use super::expect::Expected;
use super::{Answer, Asked, Digests, Examined, Totals, answers, headline, said, text};
use crate::command::words;
use crate::exit::ExitStatus;
use crate::input::Item;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::legal::Proof;
use crate::output::progress::Progress;
use crate::output::report::{self, Output, Page, Report, SHA256, known, only, or_null};
use crate::pec::{Certifies, Evidence, Holds, RecipientKind};
use crate::providers::trust::Source;
use crate::timestamp::{Timestamp, WITH_OFFSET};
use crate::verify::{
    Examination, Facts, Finding, Ordinary, OwnSignature, RevocationSource, SameContent, SentResult,
    SignerFacts, TimeBasis, Verdict,
};

/// # Results of pec verify, version 1
///
/// The document that `pec verify --json` writes: one per run. A line of `pec verify --ndjson` is
/// the subschema urn:postacert:schema:verify:1#/$defs/line. Every field that is described is always
/// there unless its description says when; where there is nothing to say it is null or empty.
/// Fields may be added within version 1, so objects are open. Texts meant for people (answer, text,
/// advice, errors' text) are in the language of the run; everything else is the same in both.
/// Characters that act on a terminal are written as \uXXXX.
#[derive(Serialize, JsonSchema)]
pub(super) struct Results<'a> {
    #[serde(flatten)]
    by: By<'a>,
    /// One result per message that could be read, in the order of the files on the command line
    /// and, within folders, of the names. With --only-bad those alone that a person should look at;
    /// the totals count all.
    results: Vec<ResultJson<'a>>,
    /// Files, entries and folders that could not be read, in their order.
    errors: Vec<ErrorJson>,
    /// Containers of evidence, in their order; the messages in them are in results.
    containers: Vec<ContainerJson>,
    /// How many of each; the exit status follows from them (the worst wins: 1, 3, 2, 0). A genuine
    /// receipt about another message (--sent, --acceptance) counts as genuine and exits with 1; one
    /// that could not be compared with it, with 3. A container that was changed or is damaged exits
    /// with 1; with 3 one that another program made, that holds no receipt, or that says something else
    /// than what is found.
    totals: TotalsJson,
    #[serde(skip)]
    exit: ExitStatus,
}

/// By what signers were judged.
#[derive(Serialize, JsonSchema)]
struct By<'a> {
    /// The trust data by which signers were judged.
    trust: TrustHead<'a>,
    /// The list of providers given with --providers (RFC 6109, 4.5); null without one.
    providers: Option<ProvidersHead>,
}

/// The trust data by which signers were judged.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "trust")]
struct TrustHead<'a> {
    /// The day of the data, as the file states it (the data compiled in: YYYY-MM-DD); null when
    /// none is stated, as with --anchor alone.
    as_of: Option<&'a str>,
    /// "built in"; or the name of the snapshot of pec trust that adds to what the program contains; or
    /// the files of --trust and --anchor as they were named, joined by a comma and a blank.
    source: String,
}

/// A list of providers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "providers")]
struct ProvidersHead {
    /// Providers in the list.
    count: usize,
    /// Subject of the certificate that signed the list (RFC 4514); null for plain LDIF.
    signer: Option<String>,
    /// The authority of the trust data that the list's signer leads to; null when none, or when the
    /// list is not signed.
    authority: Option<String>,
    /// When the signer says that it signed; null when not stated. RFC 3339, UTC, whole seconds.
    signed_at: Option<Timestamp>,
}

/// One line of --ndjson: the head, and a result, a container (behind the messages in it) or an error. Each line can stand alone.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "line")]
struct LineJson<'a> {
    #[serde(flatten)]
    by: By<'a>,
    #[serde(flatten)]
    found: Found<'a>,
}

/// A result, a container, or an error.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Found<'a> {
    Result(Box<ResultJson<'a>>),
    Container(Box<ContainerJson>),
    Unreadable(ErrorJson),
}

/// What was found out about one message.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "result", transform = bind)]
struct ResultJson<'a> {
    /// Where the octets stand: the path as given or found; archive.zip!/entry; mail.mbox#N, counted
    /// from 1; - for standard input. Octets of a name that are not UTF-8 become U+FFFD.
    file: &'a str,
    /// SHA-256 of the octets of the message as they are stored, in lower-case hexadecimal.
    #[schemars(regex(pattern = SHA256))]
    sha256: &'a str,
    /// What --expect asked for; null without it.
    expected: Option<ExpectedJson>,
    #[serde(flatten)]
    examination: ExaminationJson<'a>,
}

/// What --expect asked for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "expected")]
struct ExpectedJson {
    /// The kind.
    #[schemars(schema_with = "expectations")]
    kind: &'static str,
    /// Whether it is genuine and of that kind; null where it is not genuine.
    met: Option<bool>,
}

/// Something that was named or found, and could not be read.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "unreadable")]
struct ErrorJson {
    /// As in a result.
    file: String,
    /// Why.
    error: ReadErrorJson,
}

/// Why.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "read_error")]
struct ReadErrorJson {
    /// Stable id of the reason.
    #[schemars(schema_with = "read_errors")]
    id: &'static str,
    /// The reason in the language of the run.
    #[schemars(length(min = 1))]
    text: String,
}

/// Verdict, reasons and facts about one message.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "examination")]
pub(in crate::command) struct ExaminationJson<'a> {
    /// genuine: issued by a provider of certified mail, and as it was issued. not-genuine: not
    /// issued so, or changed since. cannot-tell: neither can be shown. not-certified-mail: it does
    /// not even claim to be certified mail.
    verdict: Verdict,
    /// What is certified by it: dispatch, delivery, failure (it did not arrive, or will not), pending
    /// (it is on its way, and no more), origin (the mailbox it comes from), nothing. Whatever is not
    /// genuine certifies nothing.
    #[schemars(schema_with = "certified")]
    certifies: &'static str,
    /// How many findings of severity doubt there are, those of nested messages not counted. A
    /// genuine message with doubts is genuine in what is signed, and is shown by programs as
    /// something else, or was changed on its way: read the findings.
    doubts: usize,
    /// The first line of the answer for people, in the language of the run: a sentence that can be
    /// repeated. Not for programs: its wording may change.
    answer: String,
    /// The time at which certificates, authorities and lists were judged. RFC 3339, UTC, whole
    /// seconds.
    judged_at: Timestamp,
    /// How that time was chosen: receipt, the time that the signed data (or else the signed
    /// attributes) state; given, that of --at; now, the time of the run, because the message states
    /// none.
    judged_at_basis: TimeBasis,
    /// What the octets are when they are no certified mail, else null. empty: nothing. mail: an
    /// ordinary message. signed-mail: an ordinary message with a signature of its own.
    /// encrypted-mail: an encrypted message. original: a message as providers wrap it
    /// (postacert.eml), without the wrapping. signed-file: a file signed around its content (.p7m).
    /// signature: a signature without what it signs (smime.p7s). delivery-status: an ordinary
    /// delivery notification (RFC 3464). read-receipt: a read receipt (RFC 8098). rem: a message of
    /// REM, the European successor (ETSI EN 319 532). pdf, outlook-message, zip, picture, html,
    /// xml: files of that type. no-mail: something else.
    #[schemars(schema_with = "instead_or_null")]
    instead: Option<&'static str>,
    /// The signature of what is no certified mail, when it has one that can be read (S/MIME, .p7m);
    /// else null.
    signature: Option<SignatureJson<'a>>,
    /// What the signed octets say; null unless the signature over them holds. It holds with a
    /// verdict other than genuine too: then these are the words of a signer who may not be
    /// believed.
    facts: Option<FactsJson<'a>>,
    /// Whether the receipt is about the file of --sent; null without --sent, when the signature
    /// over the octets does not hold, and for messages inside others.
    sent: Option<SentJson<'a>>,
    /// What the checks found: failures first, each severity in the order in which a failure makes
    /// the headline. The first failure is the reason in answer.
    findings: Vec<FindingJson<'a>>,
    /// With --explain, of what is genuine: what it proves in law and what it does not, for people;
    /// else null.
    explanation: Option<ExplanationJson>,
    /// Only with --all: checks that passed, in their order. A check that is in neither list could
    /// not be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "checks")]
    passed: Option<Vec<&'static str>>,
    /// Messages inside this one that are or present themselves as certified, each judged on its
    /// own; their verdict says nothing about the message around them.
    nested: Vec<NestedJson<'a>>,
}

/// What a kind of message proves, in the language of the run.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "explanation")]
struct ExplanationJson {
    /// What it proves.
    proves: String,
    /// What it does not prove.
    does_not_prove: String,
    /// Where that stands.
    source: &'static str,
    /// The day on which that was looked up.
    checked_on: &'static str,
}

impl ExplanationJson {
    fn of(evidence: Evidence, lang: Lang) -> Self {
        let Proof { proves, open } = Proof::of(evidence, lang);
        Self {
            proves: proves.text,
            does_not_prove: open.text,
            source: proves.source,
            checked_on: proves.checked_on,
        }
    }
}

/// A signature that is no provider's.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "signature")]
struct SignatureJson<'a> {
    /// Whether the signatures of all signers hold over the content; null when that could not be
    /// checked. Says nothing of whether a signer may be trusted: certificates are not followed to
    /// any authority.
    holds: Option<bool>,
    /// The certificates that the signers name.
    signers: Vec<CertificateJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "certificate")]
struct CertificateJson<'a> {
    /// The first address in the certificate; null when there is none.
    address: Option<&'a str>,
    /// RFC 4514.
    subject: &'a str,
    /// RFC 4514.
    issuer: &'a str,
    /// In hexadecimal.
    serial: &'a str,
    /// Of the certificate.
    #[schemars(regex(pattern = SHA256))]
    sha256: &'a str,
    /// RFC 3339, UTC.
    not_before: Timestamp,
    /// RFC 3339, UTC.
    not_after: Timestamp,
}

/// A message inside another.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "nested", transform = bind)]
struct NestedJson<'a> {
    /// Where it is in the message around it: the numbers of the parts on the way to it, counted
    /// from 1 (2.1), the content of a signed file being its part 1; 2!/folder/name, a file in the
    /// archive that is part 2; postacert.eml, the original in an envelope; postacert.eml/2.1, a
    /// part of that original.
    #[schemars(regex(
        pattern = r"^(postacert[.]eml(/[0-9]+([.][0-9]+)*)?|[0-9]+([.][0-9]+)*)(!/|$)"
    ))]
    place: &'a str,
    #[serde(flatten)]
    examination: ExaminationJson<'a>,
}

/// Facts from octets that the signature covers, and from the certificate whose key verified it;
/// never from the outer header. Words and addresses are as the signer wrote them. Fields of
/// daticert.xml (RFC 6109, 4.4) are null or empty when it is missing (anomaly envelopes have none)
/// or cannot be read.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "facts")]
struct FactsJson<'a> {
    /// postacert/@tipo, the kind of message (RFC 6109, 4.4); anomalia for the anomaly envelope;
    /// null when the signed data state none that can be read.
    #[schemars(schema_with = "words::kind_or_null")]
    kind: Option<&'static str>,
    /// postacert/@errore, the class of error; nessuno when absent. In a genuine message one of the
    /// words of the rules; otherwise as written.
    error: Option<&'a str>,
    /// dati/errore-esteso: code and words of the provider, for example 5.1.1 - …
    extended_error: Option<&'a str>,
    /// intestazione/mittente: the certified sender of the original.
    sender: Option<&'a str>,
    /// intestazione/destinatari: all recipients of the original, in their order.
    recipients: Vec<RecipientJson<'a>>,
    /// dati/consegna: the one recipient that a delivery receipt or a notice is about.
    delivered_to: Option<&'a str>,
    /// dati/ricezione: recipients whose message a taking-charge receipt speaks of.
    taken_charge_for: Vec<&'a str>,
    /// intestazione/risposte: where answers go.
    reply_to: Option<&'a str>,
    /// intestazione/oggetto: the subject of the original.
    subject: Option<&'a str>,
    /// dati/msgid: the Message-ID that the sender's program gave, as written, usually in angle
    /// brackets.
    message_id: Option<&'a str>,
    /// dati/identificativo: the provider's identifier of the transaction, without angle brackets
    /// (RFC 6109, 2.2.1).
    identifier: Option<&'a str>,
    /// dati/gestore-emittente: the name that the issuer gives itself.
    provider: Option<&'a str>,
    /// dati/ricevuta/@tipo: the form of delivery receipt that the sender asked for (RFC 6109,
    /// 3.3.2); null where the kind has none.
    #[schemars(schema_with = "words::delivery_form_or_null")]
    receipt_form: Option<&'static str>,
    /// Whether the original message (postacert.eml) is in the signed part. In a brief receipt it is
    /// without its attachments: see contains.
    contains_original: bool,
    /// What of the original message is in the signed part: with-original, all of it; with-hashes,
    /// the message with the SHA-1 of each attachment in its place (a brief receipt); without,
    /// nothing.
    #[schemars(schema_with = "held")]
    contains: &'static str,
    /// dati/data: the certified time, at the offset that the data state (zona). RFC 3339 with an
    /// offset, whole seconds.
    #[schemars(regex(pattern = WITH_OFFSET))]
    time: Option<String>,
    /// The same instant. RFC 3339, UTC, whole seconds.
    time_utc: Option<Timestamp>,
    /// The same instant in Italian legal time. RFC 3339 with an offset, whole seconds.
    #[schemars(regex(pattern = WITH_OFFSET))]
    time_italian: Option<String>,
    /// The signed attribute signing-time (RFC 5652, 11.3); null when absent. RFC 3339, UTC, whole
    /// seconds.
    signing_time: Option<Timestamp>,
    /// Digest algorithm over the signed octets.
    #[schemars(schema_with = "digests")]
    digest: &'static str,
    /// The certificate whose key verified the signature.
    signer: SignerJson<'a>,
}

/// One recipient.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "recipient")]
struct RecipientJson<'a> {
    /// The address.
    address: &'a str,
    /// certificato: certified mail. esterno: ordinary mail, for which no delivery receipt will ever
    /// come.
    #[schemars(schema_with = "recipient_kinds")]
    kind: &'static str,
}

/// The certificate whose key verified the signature.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "signer")]
struct SignerJson<'a> {
    /// The mail address in it, of the form posta-certificata@host; empty when there is none.
    address: &'a str,
    /// Its subject (RFC 4514).
    subject: &'a str,
    /// Its issuer (RFC 4514).
    issuer: &'a str,
    /// Its serial number, lower-case hexadecimal without leading zeros.
    #[schemars(regex(pattern = r"^[0-9a-f]+$"))]
    serial: &'a str,
    /// SHA-256 of its DER, lower-case hexadecimal.
    #[schemars(regex(pattern = SHA256))]
    sha256: &'a str,
    /// First instant of its validity. RFC 3339, UTC, whole seconds.
    not_before: Timestamp,
    /// Last instant of its validity. RFC 3339, UTC, whole seconds.
    not_after: Timestamp,
    /// The authority of the trust data whose key it leads to; null when none.
    authority: Option<&'a str>,
    /// When the edition of that authority began by which it was judged; null when none, or when the
    /// trust data have no editions. RFC 3339, UTC, whole seconds.
    edition: Option<Timestamp>,
    /// SHA-256 of the DER of that edition, lower-case hexadecimal; null when there is none, or when
    /// the trust data do not state it.
    #[schemars(regex(pattern = SHA256))]
    edition_sha256: Option<&'a str>,
    /// Whether the trust data lack that edition and the message brought it, signed by the root that
    /// they name (issuer_spki) for the key of the authority.
    edition_carried: bool,
    /// The revocation list, or the OCSP answer, that says whether the certificate was revoked at that
    /// time; null when none was at hand, or none says it.
    revocation_list: Option<RevocationListJson<'a>>,
}

/// A revocation list of the authority (RFC 5280, 5), or an OCSP answer (RFC 6960).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "revocation_list")]
struct RevocationListJson<'a> {
    /// crl: a list. ocsp: an answer about the certificate. More may come.
    #[schemars(schema_with = "revocation_sources")]
    kind: &'static str,
    /// SHA-256 of its DER, lower-case hexadecimal.
    #[schemars(regex(pattern = SHA256))]
    sha256: &'a str,
    /// When it was issued. RFC 3339, UTC, whole seconds.
    this_update: Timestamp,
    /// When the next one was due; null when it does not say. RFC 3339, UTC, whole seconds.
    next_update: Option<Timestamp>,
}

/// How the receipt relates to the file of --sent (RFC 6109, 2.2.1 and 3.3.2).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "sent")]
struct SentJson<'a> {
    /// Whether the receipt is about it; null when that could not be compared: the finding
    /// sent.message or sent.content says why.
    matches: Option<bool>,
    /// What comparing the contents gave. identical: the receipt holds the same. consistent: it
    /// holds the SHA-1 of the same (a brief receipt). not-compared: it holds nothing of it, or
    /// nothing that can be compared. different: it is about something else.
    #[schemars(schema_with = "contents")]
    content: &'static str,
    /// By which rule that was decided. content, parts: the original in the receipt is the message,
    /// octet for octet or part by part. attachment: the file is (or is no) attachment of the
    /// original. brief:…: the SHA-1 in a brief receipt (RFC 6109, 3.3.2.2) is that of the encoded
    /// attachment with CRLF or LF line ends, with or without the last one, or of the decoded
    /// octets. message-id: another Message-ID; with null, Message-ID, sender, recipients and
    /// subject are the same and the receipt does not hold the content, which is not proved. header,
    /// subject, parts, sender, recipient: what differs. hash, with null: the SHA-1 in a brief
    /// receipt is of no known form of the attachment. collision: the attachment was made so that
    /// another has the same SHA-1. no-data, no-id, no-content: what is missing for a comparison.
    /// too-complex: it has too many parts, or parts that cannot be read.
    #[schemars(schema_with = "rules")]
    rule: &'static str,
    /// Parts that match or differ, with their values.
    details: &'a [String],
}

/// What one check found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "finding")]
struct FindingJson<'a> {
    /// Stable id of a check. Checks may be added.
    #[schemars(schema_with = "words::check")]
    id: &'static str,
    /// failure: decides the verdict, or says that a genuine receipt is about another message than
    /// the one given, or could not be compared with it. doubt: odd about this message, the verdict
    /// stands. note: a routine remark.
    #[schemars(schema_with = "severities")]
    severity: &'static str,
    /// The id, often with a word that tells the case. More may come; treat an unknown one as its
    /// id.
    #[schemars(regex(pattern = r"^[a-z0-9-]+([.][a-z0-9-]+)+$"))]
    case: &'static str,
    /// What was expected, where that can be said in a value.
    expected: Option<&'a str>,
    /// What was there, where that can be said in a value. Comes from the message: do not trust it.
    found: Option<&'a str>,
    /// Where the rule stands: document and sections.
    #[schemars(length(min = 1))]
    rule: &'static str,
    /// What it means, one sentence in the language of the run.
    #[schemars(length(min = 1))]
    text: String,
    /// What to do about it, in the language of the run; empty when there is nothing to do.
    advice: String,
}

/// How many of each; the exit status follows from them (the worst wins: 1, 3, 2, 0). A genuine
/// receipt about another message (--sent, --acceptance) counts as genuine and exits with 1; one
/// that could not be compared with it, with 3.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "totals")]
struct TotalsJson {
    /// Messages and unreadable files: the sum of genuine, not_genuine, cannot_tell,
    /// not_certified_mail and unreadable.
    files: usize,
    /// Results with the verdict genuine.
    genuine: usize,
    /// Of the genuine ones, those with doubts. With --strict the exit status is then 3 at least.
    genuine_with_doubts: usize,
    /// Results with the verdict not-genuine.
    not_genuine: usize,
    /// Results with the verdict cannot-tell.
    cannot_tell: usize,
    /// Results with the verdict not-certified-mail.
    not_certified_mail: usize,
    /// Entries of errors.
    unreadable: usize,
    /// Containers of evidence; they are not among files, the messages in them are.
    containers: usize,
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
            containers: totals.containers,
        }
    }
}

/// One document; results are written as they come, so that memory does not grow.
pub(super) fn document(
    asked: &Asked,
    items: impl Iterator<Item = Item> + Send,
    progress: &Progress,
    out: &mut Output<'_>,
) -> anyhow::Result<ExitStatus> {
    let mut document = Results {
        by: By::of(asked),
        results: Vec::new(),
        errors: Vec::new(),
        containers: Vec::new(),
        totals: TotalsJson::default(),
        exit: ExitStatus::Yes,
    };
    let mut totals = Totals::default();
    let mut growing = out.grow(&document, "results")?;
    document.exit = answers(asked, Digests::Told, items, progress, &mut |answer| {
        totals.count(answer);
        if !asked.tells(answer) {
            return Ok(());
        }
        match Found::of(answer, asked) {
            Found::Result(result) => growing.add(&result)?,
            Found::Container(container) => document.containers.push(*container),
            Found::Unreadable(error) => document.errors.push(error),
        }
        Ok(())
    })?;
    document.totals = TotalsJson::of(&totals);
    Ok(growing.close(&document)?)
}

/// The same of answers at hand.
pub(super) fn of_answers(
    asked: &Asked,
    answers: &[Answer],
    out: &mut Output<'_>,
) -> io::Result<ExitStatus> {
    let mut totals = Totals::default();
    answers.iter().for_each(|answer| totals.count(answer));
    let mut document = Results {
        by: By::of(asked),
        results: Vec::new(),
        errors: Vec::new(),
        containers: Vec::new(),
        totals: TotalsJson::of(&totals),
        exit: answers
            .iter()
            .map(Answer::status)
            .fold(ExitStatus::Yes, ExitStatus::worse),
    };
    for answer in answers {
        match Found::of(answer, asked) {
            Found::Result(result) => document.results.push(*result),
            Found::Container(container) => document.containers.push(*container),
            Found::Unreadable(error) => document.errors.push(error),
        }
    }
    out.show(&document, report::Form::Json)
}

impl Report for Results<'_> {
    const SCHEMA: &'static str = "pec/verify";

    /// Texts are written answer by answer; see `show`.
    fn text(&self, _: &mut Page<'_>) -> io::Result<()> {
        Ok(())
    }

    fn exit(&self) -> ExitStatus {
        self.exit
    }

    fn others() -> Vec<(&'static str, Schema)> {
        vec![("line", report::schema::<Line<'_>>())]
    }
}

/// One answer of many; its JSON is made when it is asked for only.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    /// The answer.
    pub answer: &'a Answer,
    /// To which question.
    pub asked: &'a Asked,
}

impl Serialize for Line<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let line = LineJson {
            by: By::of(self.asked),
            found: Found::of(self.answer, self.asked),
        };
        line.serialize(serializer)
    }
}

impl JsonSchema for Line<'_> {
    fn schema_name() -> Cow<'static, str> {
        LineJson::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        LineJson::json_schema(generator)
    }
}

impl Report for Line<'_> {
    const SCHEMA: &'static str = "pec/verify";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        page.lines(text::row(self.answer, self.asked, page.style))
    }
}

impl<'a> Found<'a> {
    fn of(answer: &'a Answer, asked: &Asked) -> Self {
        match answer {
            Answer::Examined(examined) => Self::Result(Box::new(ResultJson::of(examined, asked))),
            Answer::Container(contained) => {
                Self::Container(Box::new(ContainerJson::of(contained, asked)))
            }
            Answer::Unreadable { name, error } => Self::Unreadable(ErrorJson {
                file: name.clone(),
                error: ReadErrorJson {
                    id: error.key(),
                    text: text::read_error(error, asked.lang),
                },
            }),
        }
    }
}

fn read_errors(_: &mut SchemaGenerator) -> Schema {
    known([
        "input.not-found",
        "input.permission",
        "input.folder",
        "input.too-large",
        "input.too-deep",
        "input.empty",
        "input.stdin-twice",
        "input.zip-damaged",
        "input.zip-too-many",
        "input.zip-same-name",
        "input.zip-expands",
        "input.zip-too-deep",
        "input.zip-encrypted",
        "input.zip-method",
        "input.zip-entry",
        "input.gzip",
        "input.io",
    ])
}

fn instead_or_null(_: &mut SchemaGenerator) -> Schema {
    or_null(known(Ordinary::ALL.map(Ordinary::word)))
}

fn checks(generator: &mut SchemaGenerator) -> Schema {
    let check = words::check(generator);
    schemars::json_schema!({ "type": "array", "uniqueItems": true, "items": check })
}

fn digests(_: &mut SchemaGenerator) -> Schema {
    only(["SHA-1", "SHA-256", "SHA-384", "SHA-512"])
}

fn recipient_kinds(_: &mut SchemaGenerator) -> Schema {
    only([RecipientKind::Certified, RecipientKind::External].map(RecipientKind::word))
}

fn rules(_: &mut SchemaGenerator) -> Schema {
    known([
        "content",
        "parts",
        "attachment",
        "brief:encoded-crlf",
        "brief:encoded-crlf-end",
        "brief:encoded-lf",
        "brief:encoded-lf-end",
        "brief:decoded",
        "message-id",
        "header",
        "subject",
        "hash",
        "collision",
        "sender",
        "recipient",
        "no-data",
        "no-id",
        "no-content",
        "too-complex",
    ])
}

fn certified(_: &mut SchemaGenerator) -> Schema {
    only(Certifies::ALL.map(Certifies::word))
}

fn expectations(_: &mut SchemaGenerator) -> Schema {
    known(Expected::ALL.map(Expected::word))
}

fn held(_: &mut SchemaGenerator) -> Schema {
    only(Holds::ALL.map(Holds::word))
}

fn contents(_: &mut SchemaGenerator) -> Schema {
    only(SameContent::ALL.map(SameContent::word))
}

fn revocation_sources(_: &mut SchemaGenerator) -> Schema {
    known(RevocationSource::ALL.map(RevocationSource::word))
}

fn severities(_: &mut SchemaGenerator) -> Schema {
    only(["failure", "doubt", "note"])
}

/// What a verdict binds other fields to. They are always there, in a result and in a message inside
/// another, so an enum with fields would repeat all of them for every verdict.
fn bind(schema: &mut Schema) {
    let errors = ["nessuno", "no-dest", "no-dominio", "virus", "altro"];
    let facts = json!({ "type": "object", "properties": {
        "kind": { "type": "string" },
        "error": { "enum": errors.map(Some).into_iter().chain([None]).collect::<Vec<_>>() } } });
    let rules = json!([
        { "if": { "properties": { "verdict": { "const": "not-certified-mail" } } },
          "then": { "properties": { "instead": { "type": "string" },
                                    "facts": { "type": "null" },
                                    "sent": { "type": "null" } } },
          "else": { "properties": { "instead": { "type": "null" } } } },
        { "if": { "properties": { "verdict": { "const": "genuine" } } },
          "then": { "properties": { "facts": facts } } },
    ]);
    schema.insert("allOf".to_owned(), rules);
}

impl<'a> By<'a> {
    fn of(asked: &'a Asked) -> Self {
        let trust = asked.verifier.trust();
        let source = match &trust.source {
            Source::BuiltIn => "built in".to_owned(),
            Source::Kept(snapshot) => snapshot.clone(),
            Source::Files(files) => files.join(", "),
        };
        let providers = asked.verifier.providers().map(|list| ProvidersHead {
            count: list.providers.len(),
            signer: list.signer.as_ref().map(|signer| signer.subject.clone()),
            authority: list
                .signer
                .as_ref()
                .and_then(|signer| signer.authority.clone()),
            signed_at: list.signer.as_ref().and_then(|signer| signer.signed_at),
        });
        Self {
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
            sha256: examined.sha256.as_deref().expect("told in JSON"),
            expected: examined.expected().map(|(expected, met)| ExpectedJson {
                kind: expected.word(),
                met,
            }),
            examination: ExaminationJson::of(&examined.examination, asked),
        }
    }
}

impl<'a> ExaminationJson<'a> {
    pub fn of(examination: &'a Examination, asked: &Asked) -> Self {
        let (at, basis) = examination.judged_at();
        let logs = text::logs(examination, asked);
        Self {
            verdict: examination.verdict(),
            certifies: super::proved(examination)
                .map_or(Certifies::Nothing, Evidence::certifies)
                .word(),
            doubts: examination.doubts(),
            answer: headline::answer(examination, asked),
            judged_at: at,
            judged_at_basis: basis,
            instead: examination.ordinary().map(|ordinary| ordinary.word()),
            signature: examination.signature().map(SignatureJson::of),
            facts: examination.facts().map(FactsJson::of),
            sent: examination.sent().map(SentJson::of),
            findings: examination
                .findings()
                .list()
                .iter()
                .map(|finding| FindingJson::of(finding, &logs, asked))
                .collect(),
            explanation: super::proved(examination)
                .filter(|_| asked.explain)
                .map(|evidence| ExplanationJson::of(evidence, asked.lang)),
            passed: asked.all.then(|| {
                examination
                    .findings()
                    .passed()
                    .map(|check| check.id())
                    .collect()
            }),
            nested: examination
                .nested()
                .iter()
                .map(|nested| NestedJson {
                    place: &nested.place,
                    examination: ExaminationJson::of(&nested.examination, asked),
                })
                .collect(),
        }
    }
}

impl<'a> CertificateJson<'a> {
    fn of(signer: &'a SignerFacts) -> Self {
        Self {
            address: Some(&*signer.address).filter(|address| !address.is_empty()),
            subject: &signer.subject,
            issuer: &signer.issuer,
            serial: &signer.serial,
            sha256: &signer.sha256,
            not_before: signer.not_before,
            not_after: signer.not_after,
        }
    }
}

impl<'a> SignatureJson<'a> {
    fn of(signature: &'a OwnSignature) -> Self {
        Self {
            holds: signature.holds,
            signers: signature.signers.iter().map(CertificateJson::of).collect(),
        }
    }
}

impl<'a> FactsJson<'a> {
    fn of(facts: &'a Facts) -> Self {
        let data = facts.data();
        Self {
            kind: facts.kind().map(|kind| kind.word()),
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
            contains_original: facts.has_original(),
            contains: facts.holds().word(),
            time: data.map(|data| data.time.rfc3339_at(data.zone)),
            time_utc: data.map(|data| data.time),
            time_italian: data.map(|data| data.time.rfc3339_at(data.time.italian_offset())),
            signing_time: facts.signing_time(),
            digest: facts.digest(),
            signer: SignerJson::of(facts),
        }
    }
}

impl<'a> SignerJson<'a> {
    fn of(facts: &'a Facts) -> Self {
        let signer = facts.signer();
        let edition = facts.edition();
        Self {
            address: &signer.address,
            subject: &signer.subject,
            issuer: &signer.issuer,
            serial: &signer.serial,
            sha256: &signer.sha256,
            not_before: signer.not_before,
            not_after: signer.not_after,
            authority: facts.authority(),
            edition: edition.map(|edition| edition.since),
            edition_sha256: edition
                .map(|edition| &*edition.sha256)
                .filter(|sha256| !sha256.is_empty()),
            edition_carried: edition.is_some_and(|edition| edition.is_carried),
            revocation_list: facts.revocation().map(|list| RevocationListJson {
                kind: list.source.word(),
                sha256: &list.sha256,
                this_update: list.this_update,
                next_update: list.next_update,
            }),
        }
    }
}

impl<'a> SentJson<'a> {
    fn of(sent: &'a SentResult) -> Self {
        Self {
            matches: sent.matches,
            content: sent.content().word(),
            rule: sent.rule,
            details: &sent.details,
        }
    }
}

impl<'a> FindingJson<'a> {
    fn of(finding: &'a Finding, logs: &str, asked: &Asked) -> Self {
        let texts = Catalogue::of(asked.lang);
        Self {
            id: finding.check().id(),
            severity: finding.weight().severity(),
            case: finding.case().key(),
            expected: finding.expected(),
            found: finding.found(),
            rule: finding.check().rule(),
            text: said::meaning(finding, texts),
            advice: text::advice(finding, logs, texts),
        }
    }
}
