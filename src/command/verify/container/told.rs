//! What is told of a container: in sentences, and as a part of the document of `pec verify`.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::{Contained, Difference, Found};
use crate::asic::{Fault, Flaw, Nature};
use crate::command::verify::Asked;
use crate::output::catalogue::Catalogue;
use crate::output::report::{SHA256, known};
use crate::output::style::{Style, Tone};
use crate::printable::Printable;

impl Contained {
    /// How it is with the container as a whole, in a sentence, with the words of warning before it.
    pub fn answer(&self, texts: &Catalogue) -> (Tone, String) {
        match &self.found {
            Found::Evidence(checked) if checked.flaws.is_empty() => {
                let key = match checked.has_time_stamp {
                    true => "container.intact-stamped",
                    false => "container.intact",
                };
                (Tone::Good, texts.count(key, self.answers.len(), &[]))
            }
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

    /// What differs, a line each.
    pub fn details(&self, texts: &Catalogue) -> Vec<String> {
        let flaws = self.flaws().iter().map(|flaw| flaw_text(flaw, texts));
        let differences = self.differences.iter().map(|one| one.text(texts));
        flaws.chain(differences).collect()
    }

    /// All about the container, for people.
    pub fn lines(&self, texts: &Catalogue, style: Style) -> Vec<String> {
        let (tone, answer) = self.answer(texts);
        let first = format!("{}: {}", Printable(&self.name), style.paint(tone, answer));
        let details = self.details(texts).into_iter();
        let details = details.map(|line| format!("      {}", style.paint(Tone::Bad, line)));
        std::iter::once(first).chain(details).collect()
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
        | Flaw::Unreadable(_) => "",
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
    /// Whether there is a time stamp over the manifest; it is not checked. Null where the container
    /// was not read.
    time_stamp: Option<bool>,
    /// The day of the trust data by which the container says that it was verified; null where it says
    /// none.
    stated_as_of: Option<String>,
    /// Where the container says something else than what is found today, by the trust data in trust.
    differences: Vec<DifferenceJson>,
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
    crate::output::report::or_null(known(Nature::WORDS))
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

impl ContainerJson {
    pub fn of(contained: &Contained, asked: &Asked) -> Self {
        let texts = Catalogue::of(asked.lang);
        let (nature, fault, time_stamp) = match &contained.found {
            Found::Evidence(checked) => (None, None, Some(checked.has_time_stamp)),
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
                | Flaw::Unreadable(_) => (None, None, None),
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
            stated_as_of: contained.stated_as_of.clone(),
            differences: differences.collect(),
        }
    }
}
