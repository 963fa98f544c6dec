//! What is told of a container: in sentences, and as a part of the document of `pec verify`.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::{About, Contained, Difference, Found, StampAnswer, stamp_answer};
use crate::asic::{Fault, Flaw, Nature};
use crate::command::stamp::document::Stated;
use crate::command::stamp::inside::Inside;
use crate::command::stamp::told as stamp_told;
use crate::command::verify::Asked;
use crate::output::catalogue::Catalogue;
use crate::output::layout;
use crate::output::report::{SHA256, known, or_null};
use crate::output::style::{Style, Tone};
use crate::printable::Printable;
use crate::timestamp::Timestamp;

impl Contained {
    /// How it is with the container as a whole, in a sentence, with the words of warning before it.
    pub fn answer(&self, texts: &Catalogue) -> (Tone, String) {
        match &self.found {
            Found::Evidence(checked) if checked.flaws.is_empty() => self.intact(texts),
            Found::Evidence(checked) => {
                let line = texts.count("container.changed", checked.flaws.len(), &[]);
                (Tone::Bad, line)
            }
            Found::Damaged(fault) => {
                let reason = fault_text(fault, texts);
                let line = texts.fill("container.damaged", &[("why", &reason)]);
                (Tone::Bad, line)
            }
            Found::Other(nature) => {
                let kind = texts.text(&format!("container.nature.{}", nature.word()));
                let line = texts.fill("container.other", &[("kind", kind)]);
                (Tone::Unsure, line)
            }
        }
    }

    /// Of one whose files are those that it lists: what its time stamps show beside that.
    fn intact(&self, texts: &Catalogue) -> (Tone, String) {
        let count = self.answers.len();
        let (intact, stamped, untold) = match self.about() {
            About::Sent => (
                "container.intact",
                "container.intact-stamped",
                "container.stamp-cannot-tell",
            ),
            About::Received => (
                "container.intact-received",
                "container.intact-received-stamped",
                "container.stamp-cannot-tell-received",
            ),
        };
        if self.stamps.is_empty() {
            return (Tone::Good, texts.count(intact, count, &[]));
        }
        let is_faulty = |one: &Inside| stamp_answer(one) == StampAnswer::NotValid;
        let (tone, stamp) = match self.existed_since() {
            _ if self.stamps.iter().any(is_faulty) => (
                Tone::Bad,
                texts.text("container.stamp-not-valid").to_owned(),
            ),
            Some(since) => {
                let time = layout::on(since, texts.lang());
                (
                    Tone::Good,
                    texts.fill("container.stamp-valid", &[("time", &time)]),
                )
            }
            None => (Tone::Good, texts.text(untold).to_owned()),
        };
        let values = [("stamp", &*stamp)];
        (tone, texts.count(stamped, count, &values))
    }

    /// The time stamps, a line each, and what they do not show.
    fn stamp_lines(&self, texts: &Catalogue) -> Vec<(Option<Tone>, String)> {
        let since = self.existed_since();
        let mut lines: Vec<(Option<Tone>, String)> = Vec::new();
        for stamp in &self.stamps {
            lines.push(stamp_line(stamp, texts));
            if let Ok(checked) = &stamp.result
                && since.is_some_and(|since| checked.time().at < since)
            {
                let line = texts.fill("container.stamp-gap", &[("file", &stamp.token)]);
                lines.push((Some(Tone::Unsure), line));
            }
        }
        if let Some(Ok(newest)) = self.stamps.last().map(|one| &one.result) {
            let ends = newest.certificate().not_after;
            let time = layout::shown(ends, texts.lang());
            let (tone, key) = match ends < self.now {
                true => (Some(Tone::Unsure), "container.stamp-ended"),
                false => (None, "container.stamp-ends"),
            };
            lines.push((tone, texts.fill(key, &[("time", &time)])));
        }
        if since.is_some() {
            lines.push((None, texts.text("container.stamp-proves").to_owned()));
        }
        if self.lacks_stamp() {
            let line = texts.text("container.no-stamp").to_owned();
            lines.push((Some(Tone::Unsure), line));
        }
        lines
    }

    /// What differs, a line each.
    pub fn details(&self, texts: &Catalogue) -> Vec<String> {
        let flaws = self.flaws().iter().map(|flaw| flaw_text(flaw, texts));
        let differences = self.differences.iter().map(|one| one.text(texts));
        flaws.chain(differences).collect()
    }

    /// What differs, and what the time stamps show, a line each.
    pub fn all_details(&self, texts: &Catalogue) -> Vec<String> {
        let stamps = self.stamp_lines(texts).into_iter().map(|(_, line)| line);
        self.details(texts).into_iter().chain(stamps).collect()
    }

    /// All about the container, for people.
    pub fn lines(&self, texts: &Catalogue, style: Style) -> Vec<String> {
        let (tone, answer) = self.answer(texts);
        let first = format!("{}: {}", Printable(&self.name), style.paint(tone, answer));
        let details = self.details(texts).into_iter();
        let details = details.map(|line| format!("      {}", style.paint(Tone::Bad, line)));
        let stamps = self.stamp_lines(texts).into_iter().map(|(tone, line)| {
            let line = match tone {
                Some(tone) => style.paint(tone, line),
                None => line,
            };
            format!("      {line}")
        });
        std::iter::once(first)
            .chain(details)
            .chain(stamps)
            .collect()
    }
}

/// What a time stamp comes to, in a line.
fn stamp_line(stamp: &Inside, texts: &Catalogue) -> (Option<Tone>, String) {
    let file = ("file", &*stamp.token);
    match &stamp.result {
        Ok(checked) => {
            let time = layout::on(checked.time().at, texts.lang());
            let signer = checked.certificate().subject.to_string();
            let values = [
                file,
                ("time", &*time),
                ("signer", &signer),
                ("authority", checked.authority()),
            ];
            (None, texts.fill("container.stamp.valid", &values))
        }
        Err(fault) => {
            let reason = stamp_told::fault(fault, texts.lang());
            let values = [file, ("reason", &*reason)];
            match StampAnswer::of_fault(fault) {
                StampAnswer::CannotTell => {
                    let line = texts.fill("container.stamp.cannot-tell", &values);
                    (Some(Tone::Unsure), line)
                }
                StampAnswer::NotValid | StampAnswer::Valid => (
                    Some(Tone::Bad),
                    texts.fill("container.stamp.not-valid", &values),
                ),
            }
        }
    }
}

fn fault_text(fault: &Fault, texts: &Catalogue) -> String {
    let key = format!("container.fault.{}", fault.word());
    texts.fill(&key, &[("file", fault.entry().unwrap_or_default())])
}

fn flaw_text(flaw: &Flaw, texts: &Catalogue) -> String {
    let with = match flaw {
        Flaw::Exchanged { with, .. } => with,
        Flaw::Changed { .. }
        | Flaw::Missing { .. }
        | Flaw::Added { .. }
        | Flaw::Checksum { .. }
        | Flaw::NoManifest
        | Flaw::Unreadable { .. } => "",
    };
    let values = [("file", flaw.name()), ("with", with)];
    texts.fill(&format!("container.flaw.{}", flaw.word()), &values)
}

/// A container of evidence (ASiC-E). The messages in it are results of their own, named
/// container!/name.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "evidence_container")]
pub(in crate::command::verify) struct ContainerJson {
    /// The container, as in a result.
    container: String,
    /// intact: its files are those that its manifest lists, which anybody could have written. changed:
    /// they are not; flaws says which. damaged: it is not of the one form that all programs read
    /// alike; fault says why, and nothing in it was judged. other: a container that another program
    /// made; it was not judged.
    #[schemars(schema_with = "states")]
    state: &'static str,
    /// The state in a sentence, for people.
    answer: String,
    /// Of another program's container: what it is and by what it is signed; else null.
    #[schemars(schema_with = "natures")]
    nature: Option<&'static str>,
    /// Why it is damaged; else null.
    fault: Option<FaultJson>,
    /// In what its files differ from its manifest.
    flaws: Vec<FlawJson>,
    /// Whether there is a time stamp over the manifest; what it comes to is in time_stamps. Null where
    /// the container was not read.
    time_stamp: Option<bool>,
    /// The time stamps, the oldest first, each over all that was there before it.
    time_stamps: Vec<StampJson>,
    /// Since when its files are shown to exist: the time of the oldest time stamp from which on each is
    /// valid and was made while the certificate of the one before it was in force. Null: no time
    /// stamp shows it.
    existed_since: Option<Timestamp>,
    /// The day of the trust data by which the container says that it was verified; null where it says
    /// none.
    stated_as_of: Option<String>,
    /// Where the container says something else than what is found today, by the trust data in trust.
    differences: Vec<DifferenceJson>,
}

/// A time stamp of a container.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "container_time_stamp")]
struct StampJson {
    /// Its file in the container.
    file: String,
    /// The list of files that it is over.
    over: String,
    /// What it comes to, by the authorities of --tsa-anchor.
    answer: StampAnswer,
    /// Why it is not valid, or cannot be verified, as in pec stamp; null: it is valid.
    #[schemars(schema_with = "stamp_faults")]
    fault: Option<&'static str>,
    /// What it states; null: it is not valid, so nothing that it states counts.
    stated: Option<Stated>,
    /// The same for people.
    text: String,
}

/// Why a container is damaged.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "container_fault")]
struct FaultJson {
    /// no-end: no zip archive. behind, before: something stands there that is none of it. zip64,
    /// directory, too-many, too-large, form: of another form. mimetype: it does not say what it is.
    /// name: one that leads elsewhere. twice: two entries of one name, or of names that differ in
    /// capitals alone. headers: what stands before an entry differs from the directory. place: an
    /// entry is not behind the one before it. checksum: another one.
    #[schemars(schema_with = "faults")]
    id: &'static str,
    /// The entry, where it is about one.
    entry: Option<String>,
    /// The same for people.
    text: String,
}

/// A file that is not as the manifest says.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "container_flaw")]
struct FlawJson {
    /// changed: other octets. exchanged: the octets of another file that is listed. missing: not
    /// there. added: not listed. checksum: its checksum in the archive is another. no-manifest,
    /// manifest-unreadable: nothing can be said of any file.
    #[schemars(schema_with = "flaws")]
    id: &'static str,
    /// The file in the container.
    file: String,
    /// The SHA-256 that is listed, of what was changed.
    #[schemars(regex(pattern = SHA256))]
    expected: Option<String>,
    /// That of what is there.
    #[schemars(regex(pattern = SHA256))]
    found: Option<String>,
    /// Whose octets an exchanged one has.
    with: Option<String>,
    /// The same for people.
    text: String,
}

/// Where a container says something else than what is found today.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "container_difference")]
struct DifferenceJson {
    /// verdict, certifies: of a receipt, as in a result. unstated: it says nothing of a receipt.
    /// absent: it speaks of a receipt that is not there. standing: of a recipient, as in pec status,
    /// derived from the genuine receipts in it alone. sent: the SHA-256 of the message.
    #[schemars(schema_with = "differences")]
    id: &'static str,
    /// The file in the container, or the address of the recipient.
    about: String,
    /// What it says.
    stated: Option<String>,
    /// What was found.
    found: Option<String>,
    /// The same for people.
    text: String,
}

fn states(_: &mut SchemaGenerator) -> Schema {
    known(["intact", "changed", "damaged", "other"])
}

fn natures(_: &mut SchemaGenerator) -> Schema {
    or_null(known(Nature::WORDS))
}

fn stamp_faults(_: &mut SchemaGenerator) -> Schema {
    or_null(known(stamp_told::FAULTS))
}

fn faults(_: &mut SchemaGenerator) -> Schema {
    known(Fault::WORDS)
}

fn flaws(_: &mut SchemaGenerator) -> Schema {
    known(Flaw::WORDS)
}

fn differences(_: &mut SchemaGenerator) -> Schema {
    known(Difference::WORDS)
}

impl StampJson {
    fn of(stamp: &Inside, texts: &Catalogue) -> Self {
        Self {
            file: stamp.token.clone(),
            over: stamp.over.clone(),
            answer: stamp_answer(stamp),
            fault: stamp.result.as_ref().err().map(stamp_told::word),
            stated: stamp.result.as_ref().ok().map(Stated::of),
            text: stamp_line(stamp, texts).1,
        }
    }
}

impl ContainerJson {
    pub fn of(contained: &Contained, asked: &Asked) -> Self {
        let texts = Catalogue::of(asked.lang);
        let (nature, fault, time_stamp) = match &contained.found {
            Found::Evidence(checked) => (None, None, Some(!checked.stamps.is_empty())),
            Found::Damaged(fault) => (None, Some(fault), None),
            Found::Other(nature) => (Some(nature.word()), None, None),
        };
        let flaws = contained.flaws().iter().map(|flaw| {
            let (expected, found, with) = match flaw {
                Flaw::Changed {
                    expected, found, ..
                } => (Some(expected.clone()), Some(found.clone()), None),
                Flaw::Exchanged { with, .. } => (None, None, Some(with.clone())),
                Flaw::Missing { .. }
                | Flaw::Added { .. }
                | Flaw::Checksum { .. }
                | Flaw::NoManifest
                | Flaw::Unreadable { .. } => (None, None, None),
            };
            FlawJson {
                id: flaw.word(),
                file: flaw.name().to_owned(),
                expected,
                found,
                with,
                text: flaw_text(flaw, texts),
            }
        });
        let differences = contained.differences.iter().map(|one| {
            let (about, stated, found) = one.values();
            DifferenceJson {
                id: one.word(),
                about: about.to_owned(),
                stated: stated.map(str::to_owned),
                found: found.map(str::to_owned),
                text: one.text(texts),
            }
        });
        Self {
            container: contained.name.clone(),
            state: contained.state(),
            answer: contained.answer(texts).1,
            nature,
            fault: fault.map(|fault| FaultJson {
                id: fault.word(),
                entry: fault.entry().map(str::to_owned),
                text: fault_text(fault, texts),
            }),
            flaws: flaws.collect(),
            time_stamp,
            time_stamps: contained
                .stamps
                .iter()
                .map(|one| StampJson::of(one, texts))
                .collect(),
            existed_since: contained.existed_since(),
            stated_as_of: contained.stated_as_of.clone(),
            differences: differences.collect(),
        }
    }
}
