//! Steps 8, 13 and 14: what the verified octets hold.
//!
//! Everything here is read from the octets that step 7 verified and from nothing else.

use std::borrow::Cow;

use super::finding::{CheckId, Findings, Weight};
use super::texts::{self, Text};
use crate::mime::Entity;
use crate::mime::multipart::Dashes;
use crate::mime::tree::{Bounds, Inside, Part, Tree, Uncut};
use crate::pec::certification::{self, ProfileFault};
use crate::pec::{CERTIFICATION_FILE, CertificationData, MessageKind, ORIGINAL_FILE};
use crate::smime::signed_data::VerifiedContent;
use crate::work::Work;

/// What the signed part holds.
pub(super) struct Content<'c> {
    /// The certified data; `None` in an anomaly envelope or when they cannot be read.
    pub data: Option<CertificationData>,
    /// What the message is, by its signed content.
    pub kind: Option<MessageKind>,
    /// The original message, decoded where an encoding was around it.
    pub original: Option<Cow<'c, [u8]>>,
    /// Whether a part should be the original message, readable or not.
    pub has_original_part: bool,
    /// Why there is no daticert.xml, to be told unless the message is an anomaly envelope.
    pub data_missing: bool,
    /// The readable texts.
    pub texts: Vec<Text<'c>>,
    /// All parts; `None` when the header of the signed part cannot be read.
    pub tree: Option<Tree<'c>>,
}

/// Steps 8, 13 and 14. `dashes` are those of the octets, or of more around them.
pub(super) fn read<'c>(
    verified: &VerifiedContent<'c>,
    dashes: &Dashes<'_>,
    work: &Work,
    findings: &mut Findings,
) -> Content<'c> {
    let mut content = Content {
        data: None,
        kind: None,
        original: None,
        has_original_part: false,
        data_missing: true,
        texts: Vec::new(),
        tree: None,
    };
    if verified.has_nul() {
        findings.add(CheckId::MessageOctets, Weight::Undecides, "message.octets");
    }
    let Ok(root) = Entity::parse(verified.octets()) else {
        return content;
    };
    let tree = content
        .tree
        .insert(Tree::known(root, dashes, Bounds::new(work)));
    if !is_readable(tree, findings) {
        return content;
    }
    let mut data_parts = Vec::new();
    let mut originals = Vec::new();
    for part in tree.parts_of(tree.root()) {
        let names = &part.names;
        if names.is(CERTIFICATION_FILE) {
            data_parts.push(part);
        } else if names.is(ORIGINAL_FILE) || part.essence() == "message/rfc822" {
            originals.push(part);
        } else if part.number() == 1 {
            content.texts = texts::read(tree, part);
        }
    }
    // The original message is the sender's and is not looked into: its depth is no property of the
    // receipt.
    let is_too_deep = |part: &Part<'_>| matches!(part.inside, Inside::Uncut(Uncut::TooDeep));
    if !tree.is_whole() {
        let key = match tree.parts().iter().any(is_too_deep) {
            true => "message.complexity.signed",
            false => "message.complexity.parts",
        };
        findings.add(CheckId::MessageComplexity, Weight::Undecides, key);
    }
    content.data_missing = data_parts.is_empty();
    content.has_original_part = !originals.is_empty();
    content.original = the_original(&originals, findings);
    match &data_parts[..] {
        [] => {}
        [part] => {
            findings.pass(CheckId::DaticertPresent);
            findings.pass(CheckId::DaticertName);
            let names = &part.names;
            if names.disagree() {
                findings.add_both(
                    CheckId::DaticertName,
                    Weight::Doubt,
                    "daticert.name",
                    names.name.as_deref().unwrap_or_default(),
                    names.filename.as_deref().unwrap_or_default(),
                );
            }
            content.data = parse_data(&part.entity, findings);
        }
        many => findings.add_both(
            CheckId::DaticertPresent,
            Weight::Undecides,
            "daticert.present.many",
            "1",
            many.len().to_string(),
        ),
    }
    if let Some(data) = &content.data {
        content.kind = data.kind();
        check_profile(data, findings);
    }
    content
}

/// The original message: the one part called postacert.eml, or the one message where none is
/// called so (names vary in anomaly envelopes).
fn the_original<'c>(candidates: &[&Part<'c>], findings: &mut Findings) -> Option<Cow<'c, [u8]>> {
    let is_named = |part: &&&Part<'_>| part.names.is(ORIGINAL_FILE);
    let any_named = candidates.iter().any(|part| is_named(&part));
    let mut chosen = candidates.iter().filter(|part| is_named(part) == any_named);
    let part = chosen.next()?;
    if chosen.next().is_some() {
        findings.add(
            CheckId::OriginalPresent,
            Weight::Undecides,
            "original.present.many",
        );
        return None;
    }
    let decoded = part.entity.decoded();
    if decoded.is_err() {
        findings.add(
            CheckId::OriginalPresent,
            Weight::Undecides,
            "original.present.unreadable",
        );
    }
    decoded.ok()
}

/// Whether the signed part is a multipart that every reader cuts alike, and whose parts are not in
/// an encoding that could hide another tree (RFC 2045, 6.4).
fn is_readable(tree: &Tree<'_>, findings: &mut Findings) -> bool {
    let root = tree.root();
    match &root.media {
        Err(_) => {
            findings.add(
                CheckId::StructureBoundary,
                Weight::Undecides,
                "structure.boundary.inner",
            );
            return false;
        }
        Ok(media) if !media.is_multipart() => return false,
        Ok(_) => {}
    }
    findings.pass(CheckId::StructureEncoding);
    let encoding = root.entity.transfer_encoding();
    if !matches!(&*encoding, "7bit" | "8bit" | "binary") {
        findings.add_found(
            CheckId::StructureEncoding,
            Weight::Undecides,
            "structure.encoding",
            encoding,
        );
        return false;
    }
    let mut add = |check, key| findings.add(check, Weight::Undecides, key);
    match &root.inside {
        Inside::Parts(frame) if frame.is_plain => return true,
        Inside::Uncut(Uncut::TooManyParts) => {
            add(CheckId::MessageComplexity, "message.complexity.parts");
        }
        // Told for the whole message.
        Inside::Uncut(Uncut::Work) => {}
        Inside::Parts(_)
        | Inside::Content
        | Inside::Uncut(Uncut::Boundary | Uncut::TooDeep | Uncut::Unasked) => {
            add(CheckId::StructureBoundary, "structure.boundary.inner");
        }
    }
    false
}

/// Step 14.
fn parse_data(part: &Entity<'_>, findings: &mut Findings) -> Option<CertificationData> {
    let Ok(octets) = part.decoded() else {
        findings.add(
            CheckId::DaticertXml,
            Weight::Undecides,
            "daticert.xml.encoding",
        );
        return None;
    };
    match CertificationData::parse(&octets) {
        Ok(data) => {
            findings.pass(CheckId::DaticertXml);
            findings.pass(CheckId::DaticertStructure);
            let odd = data.oddities;
            if odd.control_characters {
                let key = "daticert.xml.control";
                findings.add(CheckId::DaticertXml, Weight::Note, key);
            }
            if odd.document_type || odd.instructions {
                let key = "daticert.xml.passed-over";
                findings.add(CheckId::DaticertXml, Weight::Note, key);
            }
            if let Some(element) = data.unknown_elements.first() {
                findings.add_found(
                    CheckId::DaticertStructure,
                    Weight::Note,
                    "daticert.structure.unknown-element",
                    element.clone(),
                );
            }
            Some(data)
        }
        Err(error) => {
            let (check, key) = if error.is_xml() {
                (CheckId::DaticertXml, "daticert.xml")
            } else if matches!(error, certification::Error::Value(_)) {
                (CheckId::DaticertFields, "daticert.fields.value")
            } else {
                (CheckId::DaticertStructure, "daticert.structure")
            };
            findings.add_found(check, Weight::Undecides, key, error.place());
            None
        }
    }
}

/// The table of kinds (RFC 6109, 4.4).
fn check_profile(data: &CertificationData, findings: &mut Findings) {
    findings.pass(CheckId::DaticertKind);
    findings.pass(CheckId::DaticertFields);
    for fault in data.profile_faults() {
        match fault {
            ProfileFault::UnknownWord => findings.add_found(
                CheckId::DaticertKind,
                Weight::Undecides,
                "daticert.kind",
                format!("{} / {}", data.kind_word, data.error_word),
            ),
            ProfileFault::Error => {
                // A delivery with an error must never be read as a delivery.
                let delivery = data.kind() == Some(MessageKind::Delivery);
                let weight = if delivery {
                    Weight::Undecides
                } else {
                    Weight::Doubt
                };
                findings.add_found(
                    CheckId::DaticertFields,
                    weight,
                    "daticert.fields.error",
                    format!("{} / {}", data.kind_word, data.error_word),
                );
            }
            ProfileFault::Missing(element) => {
                findings.add_found(
                    CheckId::DaticertFields,
                    Weight::Undecides,
                    "daticert.fields.missing",
                    element,
                );
            }
            ProfileFault::Unexpected(element) => {
                findings.add_found(
                    CheckId::DaticertFields,
                    Weight::Doubt,
                    "daticert.fields.unexpected",
                    element,
                );
            }
        }
    }
}
