//! What `pec stamp` found, for a person and as JSON. What a time stamp states is there only where
//! every check has passed.

use std::io;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::told;
use crate::client::Stamped;
use crate::exit::ExitStatus;
use crate::output::layout;
use crate::output::report::{Page, Report, SHA256, known, or_null};
use crate::output::style::Tone;
use crate::smime::certificate;
use crate::smime::time_stamp::{CheckedToken, Granted, Imprint, Standing, TokenFault};
use crate::timestamp::Timestamp;

/// Seconds by which the time of a new stamp may differ from this computer's clock without a remark.
const CLOCKS_DIFFER: i64 = 300;

/// The files.
pub(super) struct Kept {
    pub file: PathBuf,
    /// None where nothing was written.
    pub token: Option<PathBuf>,
    pub imprint: Imprint,
}

/// What was found about a time stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "answer")]
pub(in crate::command) enum Answer {
    /// Every check has passed.
    Valid,
    /// One has not.
    NotValid,
    /// Nothing can be said, as when the authority is not among those trusted.
    CannotTell,
}

/// # Results of pec stamp, version 1
///
/// The document that `pec stamp --json` writes. Fields may be added within version 1, so objects are
/// open.
#[derive(Serialize, JsonSchema)]
pub(super) struct Found {
    /// Whether the time stamp proves that the file existed at the time that it states.
    answer: Answer,
    /// Why it is not valid, or cannot be verified; null: it is valid.
    #[schemars(schema_with = "faults")]
    fault: Option<&'static str>,
    /// The file that it is about.
    file: String,
    /// Whether the file is a container of evidence, which has the time stamp inside.
    is_container: bool,
    /// The file with the time stamp (RFC 3161, TimeStampToken in DER), of a container container!/name;
    /// null: none was written.
    token: Option<String>,
    /// The algorithm by which the file was hashed: `SHA-256`.
    algorithm: String,
    /// The hash of the file as it is now, in lower-case hexadecimal; of a container that of the list
    /// of its files that the time stamp is over.
    #[schemars(regex(pattern = "^[0-9a-f]{40,128}$"))]
    digest: String,
    /// What the time stamp states; null: it is not valid, so nothing that it states counts.
    stated: Option<Stated>,
    /// How it was granted; null: it was not asked for now.
    granted: Option<GrantedJson>,
    #[serde(skip)]
    why: Option<TokenFault>,
    #[serde(skip)]
    now: Option<Timestamp>,
}

/// What a valid time stamp states.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "stated")]
pub(in crate::command) struct Stated {
    /// When the authority attests to have had the hash: UTC, with the fraction of a second if it
    /// states one.
    #[schemars(regex(
        pattern = r"^-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$"
    ))]
    time: String,
    /// The same in whole seconds.
    second: Timestamp,
    /// By how many seconds it may be off to either side, as it says of itself; null: it does not say.
    accuracy: Option<String>,
    /// The policy under which it was made: an object identifier.
    policy: String,
    /// Its serial number, in hexadecimal.
    serial: String,
    /// Who signed it: the subject of the certificate.
    signer: String,
    /// SHA-256 of that certificate.
    #[schemars(regex(pattern = SHA256))]
    certificate: String,
    /// When that certificate ends. Before then the evidence should get a new time stamp.
    ends: Timestamp,
    /// The trusted authority behind it.
    authority: String,
    /// Whether its certificates were revoked.
    revocation: Revocation,
}

/// Whether certificates were revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "revocation")]
enum Revocation {
    /// No lists were given.
    NotChecked,
    /// Lists of every issuer say that they were not.
    NotRevoked,
    /// The lists given do not say it of every certificate.
    Undecided,
}

/// How a request was granted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "granted")]
struct GrantedJson {
    /// Whether the authority changed what was asked for.
    modified: bool,
    /// What it says beside, in its own words.
    texts: Vec<String>,
    /// By how many seconds its time is ahead of this computer's clock; negative: behind.
    ahead: i64,
}

fn faults(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    or_null(known(told::FAULTS))
}

impl Answer {
    /// Of a time stamp with a fault.
    pub fn of_fault(fault: &TokenFault) -> Self {
        match fault.is_undecided() {
            true => Self::CannotTell,
            false => Self::NotValid,
        }
    }
}

impl Found {
    /// The same, inside a container.
    pub(super) fn of_container(self) -> Self {
        Self {
            is_container: true,
            ..self
        }
    }

    /// One that has passed every check.
    pub(super) fn valid(kept: Kept, checked: &CheckedToken, now: Timestamp) -> Self {
        Self {
            stated: Some(Stated::of(checked)),
            now: Some(now),
            ..Self::of(kept, Answer::Valid)
        }
    }

    /// One that has not.
    pub(super) fn faulty(kept: Kept, why: TokenFault) -> Self {
        let answer = Answer::of_fault(&why);
        Self {
            fault: Some(told::word(&why)),
            why: Some(why),
            ..Self::of(kept, answer)
        }
    }

    /// The same, asked for now.
    pub(super) fn made_now(self, stamped: &Stamped) -> Self {
        let granted = GrantedJson {
            modified: stamped.granted == Granted::WithModifications,
            texts: stamped.texts.clone(),
            ahead: stamped.ahead,
        };
        Self {
            granted: Some(granted),
            ..self
        }
    }

    fn of(kept: Kept, answer: Answer) -> Self {
        Self {
            answer,
            fault: None,
            file: kept.file.display().to_string(),
            is_container: false,
            token: kept.token.map(|token| token.display().to_string()),
            algorithm: kept.imprint.algorithm.name().to_owned(),
            digest: kept.imprint.hex(),
            stated: None,
            granted: None,
            why: None,
            now: None,
        }
    }

    fn text_of_stated(&self, stated: &Stated, page: &mut Page<'_>) -> io::Result<()> {
        let (texts, style) = (page.texts(), page.style);
        let when = layout::on(stated.second, page.lang);
        let key = match self.is_container {
            true => "stamp.valid-container",
            false => "stamp.valid",
        };
        let line = texts.fill(key, &[("file", &self.file), ("time", &when)]);
        page.line(style.paint(Tone::Good, line))?;
        let signer = [
            ("signer", &*stated.signer),
            ("authority", &stated.authority),
        ];
        page.line(texts.fill("stamp.signer", &signer))?;
        let accuracy = match &stated.accuracy {
            Some(accuracy) => {
                let seconds = accuracy.replace('.', texts.text("number.decimal"));
                texts.fill("stamp.accuracy", &[("seconds", &seconds)])
            }
            None => texts.text("stamp.no-accuracy").to_owned(),
        };
        let time = [("time", &*stated.time), ("accuracy", &accuracy)];
        page.line(texts.fill("stamp.time", &time))?;
        let numbers = [("serial", &*stated.serial), ("policy", &stated.policy)];
        page.line(texts.fill("stamp.numbers", &numbers))?;
        let hash = [("algorithm", &*self.algorithm), ("digest", &self.digest)];
        page.line(texts.fill("stamp.hash", &hash))?;
        if let Some(token) = &self.token {
            page.line(texts.fill("stamp.token", &[("token", token)]))?;
        }
        let ends = layout::shown(stated.ends, page.lang);
        match self.now.is_some_and(|now| stated.ends < now) {
            true => {
                let line = texts.fill("stamp.ended", &[("time", &ends)]);
                page.line(style.paint(Tone::Unsure, line))?;
            }
            false => page.line(texts.fill("stamp.ends", &[("time", &ends)]))?,
        }
        page.line(texts.text(match stated.revocation {
            Revocation::NotChecked => "stamp.revocation-not-checked",
            Revocation::NotRevoked => "stamp.revocation-good",
            Revocation::Undecided => "stamp.revocation-undecided",
        }))?;
        self.text_of_clock(stated, page)?;
        self.text_of_granted(page)?;
        page.line("")?;
        page.line(texts.text("stamp.proves"))?;
        page.line(texts.text("stamp.proves-not"))
    }

    /// A time that lies ahead of this clock, or far from it when it was made now.
    fn text_of_clock(&self, stated: &Stated, page: &mut Page<'_>) -> io::Result<()> {
        let ahead = self.now.map_or(0, |now| stated.second.seconds_since(now));
        let is_odd = match &self.granted {
            Some(granted) => granted.ahead.abs() > CLOCKS_DIFFER,
            None => ahead > CLOCKS_DIFFER,
        };
        if !is_odd {
            return Ok(());
        }
        let line = page.texts().text("stamp.clock").to_owned();
        page.line(page.style.paint(Tone::Unsure, line))
    }

    fn text_of_granted(&self, page: &mut Page<'_>) -> io::Result<()> {
        let texts = page.texts();
        let Some(granted) = &self.granted else {
            return Ok(());
        };
        if granted.modified {
            page.line(texts.text("stamp.modified"))?;
        }
        if !granted.texts.is_empty() {
            let said = granted.texts.join("; ");
            page.line(texts.fill("stamp.said", &[("text", &said)]))?;
        }
        Ok(())
    }
}

impl Stated {
    pub fn of(checked: &CheckedToken) -> Self {
        let (info, signer) = (checked.info(), checked.certificate());
        Self {
            time: info.time.to_string(),
            second: info.time.at,
            accuracy: info.accuracy.map(|accuracy| accuracy.to_string()),
            policy: info.policy.to_string(),
            serial: certificate::hex(&info.serial),
            signer: signer.subject.to_string(),
            certificate: signer.sha256(),
            ends: signer.not_after,
            authority: checked.authority().to_owned(),
            revocation: match checked.standing() {
                Standing::NotChecked => Revocation::NotChecked,
                Standing::NotRevoked => Revocation::NotRevoked,
                Standing::Undecided => Revocation::Undecided,
            },
        }
    }
}

impl Report for Found {
    const SCHEMA: &'static str = "pec/stamp";

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if let Some(stated) = &self.stated {
            return self.text_of_stated(stated, page);
        }
        let (texts, style) = (page.texts(), page.style);
        let reason = match &self.why {
            Some(fault) => told::fault(fault, page.lang),
            None => String::new(),
        };
        let (key, tone) = match self.answer {
            Answer::CannotTell => ("stamp.cannot-tell", Tone::Unsure),
            Answer::NotValid | Answer::Valid => ("stamp.not-valid", Tone::Bad),
        };
        let line = texts.fill(key, &[("file", &self.file), ("reason", &reason)]);
        page.line(style.paint(tone, line))?;
        match &self.token {
            Some(token) => page.line(texts.fill("stamp.token", &[("token", token)]))?,
            None => page.line(texts.text("stamp.nothing-written"))?,
        }
        match self.why.as_ref().is_some_and(TokenFault::is_of_trust) {
            true if self.is_container => page.line(texts.text("stamp.trust-do-container")),
            true => page.line(texts.text("stamp.trust-do")),
            false => Ok(()),
        }
    }

    fn exit(&self) -> ExitStatus {
        match self.answer {
            Answer::Valid => ExitStatus::Yes,
            Answer::NotValid => ExitStatus::No,
            Answer::CannotTell => ExitStatus::Undecided,
        }
    }
}
