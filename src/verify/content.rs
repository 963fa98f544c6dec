//! Steps 8, 13 and 14: what the verified octets hold.
//!
//! Everything here is read from the octets that step 7 verified and from nothing else.

use std::borrow::Cow;

use super::finding::{Comparison, Findings};
use super::table::{Case, CheckId};
use super::texts::{self, Text};
use crate::mime::Entity;
use crate::mime::multipart::Dashes;
use crate::mime::tree::{Bounds, Inside, Part, Tree, Uncut};
use crate::pec::certification::{self, ProfileFault};
use crate::pec::{CERTIFICATION_FILE, CertificationData, MessageKind, original};
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
        findings.tell(Case::MessageOctets);
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
        let names = part.names();
        if names.is(CERTIFICATION_FILE) {
            data_parts.push(part);
        } else if original::may_be_original(part) {
            originals.push(part);
        } else if part.number() == 1 {
            content.texts = texts::read(tree, part);
        }
    }
    // The original message is the sender's and is not looked into: its depth is no property of the
    // receipt.
    let is_too_deep = |part: &Part<'_>| matches!(part.inside, Inside::Uncut(Uncut::TooDeep));
    if !tree.is_whole() {
        findings.tell(match tree.parts().iter().any(is_too_deep) {
            true => Case::MessageComplexitySigned,
            false => Case::MessageComplexityParts,
        });
    }
    content.data_missing = data_parts.is_empty();
    content.has_original_part = !originals.is_empty();
    content.original = the_original(&originals, findings);
    match &data_parts[..] {
        [] => {}
        [part] => {
            findings.record(CheckId::DaticertPresent, Comparison::Agrees);
            let names = part.names();
            let differ = names.disagree().then(|| {
                Case::DaticertName.both(
                    names.name.as_deref().unwrap_or_default(),
                    names.filename.as_deref().unwrap_or_default(),
                )
            });
            findings.record(CheckId::DaticertName, Comparison::of_all(differ));
            content.data = parse_data(&part.entity, findings);
        }
        many => {
            let many = Case::DaticertPresentMany.both("1", many.len().to_string());
            findings.record(CheckId::DaticertPresent, Comparison::Differs(many));
        }
    }
    if let Some(data) = &content.data {
        content.kind = data.kind();
        check_profile(data, findings);
    }
    content
}

/// The original message, where there is one that can be read.
fn the_original<'c>(candidates: &[&Part<'c>], findings: &mut Findings) -> Option<Cow<'c, [u8]>> {
    let Ok(part) = original::the_original(candidates) else {
        findings.tell(Case::OriginalPresentMany);
        return None;
    };
    let decoded = part?.entity.decoded();
    if decoded.is_err() {
        findings.tell(Case::OriginalPresentUnreadable);
    }
    decoded.ok()
}

/// Whether the signed part is a multipart that every reader cuts alike, and whose parts are not in
/// an encoding that could hide another tree (RFC 2045, 6.4).
fn is_readable(tree: &Tree<'_>, findings: &mut Findings) -> bool {
    let root = tree.root();
    match &root.media {
        Err(_) => {
            findings.tell(Case::StructureBoundaryInner);
            return false;
        }
        Ok(media) if !media.is_multipart() => return false,
        Ok(_) => {}
    }
    let encoding = root.entity.transfer_encoding();
    if !matches!(&*encoding, "7bit" | "8bit" | "binary") {
        findings.tell_found(Case::StructureEncoding, encoding);
        return false;
    }
    findings.record(CheckId::StructureEncoding, Comparison::Agrees);
    match &root.inside {
        Inside::Parts(frame) if frame.is_plain => return true,
        Inside::Uncut(Uncut::TooManyParts) => {
            findings.tell(Case::MessageComplexityParts);
        }
        // Told for the whole message.
        Inside::Uncut(Uncut::Work) => {}
        Inside::Parts(_)
        | Inside::Content
        | Inside::Uncut(Uncut::Boundary | Uncut::TooDeep | Uncut::Unasked) => {
            findings.tell(Case::StructureBoundaryInner);
        }
    }
    false
}

/// Step 14.
fn parse_data(part: &Entity<'_>, findings: &mut Findings) -> Option<CertificationData> {
    let Ok(octets) = part.decoded() else {
        findings.tell(Case::DaticertXmlEncoding);
        return None;
    };
    match CertificationData::parse(&octets) {
        Ok(data) => {
            // What it could be parsed into follows the rules for both.
            findings.record(CheckId::DaticertXml, Comparison::Agrees);
            findings.record(CheckId::DaticertStructure, Comparison::Agrees);
            let odd = data.oddities;
            if odd.control_characters {
                findings.tell(Case::DaticertXmlControl);
            }
            if odd.document_type || odd.instructions {
                findings.tell(Case::DaticertXmlPassedOver);
            }
            if let Some(element) = data.unknown_elements.first() {
                findings.tell_found(Case::DaticertStructureUnknownElement, element.clone());
            }
            Some(data)
        }
        Err(error) => {
            let case = if error.is_xml() {
                Case::DaticertXml
            } else if matches!(error, certification::Error::Value(_)) {
                Case::DaticertFieldsValue
            } else {
                Case::DaticertStructure
            };
            findings.tell_found(case, error.place());
            None
        }
    }
}

/// The table of kinds (RFC 6109, 4.4).
fn check_profile(data: &CertificationData, findings: &mut Findings) {
    let words = || format!("{} / {}", data.kind_word, data.error_word);
    let (mut of_kind, mut of_fields) = (Vec::new(), Vec::new());
    for fault in data.profile_faults() {
        match fault {
            ProfileFault::UnknownWord => of_kind.push(Case::DaticertKind.found(words())),
            ProfileFault::Error => {
                // A delivery with an error must never be read as a delivery.
                let case = if data.kind() == Some(MessageKind::Delivery) {
                    Case::DaticertFieldsErrorOfDelivery
                } else {
                    Case::DaticertFieldsError
                };
                of_fields.push(case.found(words()));
            }
            ProfileFault::Missing(element) => {
                of_fields.push(Case::DaticertFieldsMissing.found(element));
            }
            ProfileFault::Unexpected(element) => {
                of_fields.push(Case::DaticertFieldsUnexpected.found(element));
            }
        }
    }
    findings.record_all(CheckId::DaticertKind, of_kind);
    findings.record_all(CheckId::DaticertFields, of_fields);
}
