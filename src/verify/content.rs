//! Steps 8, 13 and 14: what the verified octets hold.
//!
//! Everything here is read from the octets that step 7 verified and from nothing else.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::finding::{Comparison, Findings};
use super::table::{Case, CheckId};
use super::texts::{self, Text};
use crate::mime::multipart::{self, Dashes};
use crate::mime::{self, Entity, MAX_DEPTH};
use crate::pec::certification::{self, ProfileFault};
use crate::pec::{CERTIFICATION_FILE, CertificationData, MessageKind, ORIGINAL_FILE};
use crate::smime::signed_data::VerifiedContent;

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
}

/// Steps 8, 13 and 14. `dashes` are those of the octets, or of more around them.
pub(super) fn read<'c>(
    verified: &VerifiedContent<'c>,
    dashes: &Dashes<'_>,
    findings: &mut Findings,
) -> Content<'c> {
    let mut content = Content {
        data: None,
        kind: None,
        original: None,
        has_original_part: false,
        data_missing: true,
        texts: Vec::new(),
    };
    if verified.has_nul() {
        findings.tell(Case::MessageOctets);
    }
    let Some(parts) = first_level(verified.octets(), dashes, findings) else {
        return content;
    };
    let mut data_parts = Vec::new();
    let mut originals = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let media = part.media_type().ok();
        let names = part.file_names_with(media.as_ref());
        let essence = media.as_ref().map_or("", |media| &*media.essence);
        if names.is(CERTIFICATION_FILE) {
            data_parts.push((part, names));
        } else if names.is(ORIGINAL_FILE) || essence == "message/rfc822" {
            originals.push((part, names.is(ORIGINAL_FILE)));
        } else if let (0, Some(media)) = (index, &media) {
            content.texts = texts::read(part, media, dashes);
        }
        if essence.starts_with("multipart/")
            && MULTIPART.find(part.body).is_some()
            && is_deeper_than(part, MAX_DEPTH)
        {
            findings.tell(Case::MessageComplexitySigned);
        }
    }
    content.data_missing = data_parts.is_empty();
    content.has_original_part = !originals.is_empty();
    content.original = the_original(&originals, findings);
    match &data_parts[..] {
        [] => {}
        [(part, names)] => {
            findings.record(CheckId::DaticertPresent, Comparison::Agrees);
            let differ = names.disagree().then(|| {
                Case::DaticertName.both(
                    names.name.as_deref().unwrap_or_default(),
                    names.filename.as_deref().unwrap_or_default(),
                )
            });
            findings.record(CheckId::DaticertName, Comparison::of_all(differ));
            content.data = parse_data(part, findings);
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

/// The original message: the one part called postacert.eml, or the one message where none is
/// called so (names vary in anomaly envelopes).
fn the_original<'c>(
    candidates: &[(&Entity<'c>, bool)],
    findings: &mut Findings,
) -> Option<Cow<'c, [u8]>> {
    let any_named = candidates.iter().any(|(_, named)| *named);
    let mut chosen = candidates.iter().filter(|(_, named)| *named == any_named);
    let (part, _) = chosen.next()?;
    if chosen.next().is_some() {
        findings.tell(Case::OriginalPresentMany);
        return None;
    }
    let decoded = part.decoded();
    if decoded.is_err() {
        findings.tell(Case::OriginalPresentUnreadable);
    }
    decoded.ok()
}

/// The parts at the first level of the signed multipart/mixed; `None` when there is none, or
/// when an encoding could hide another tree (RFC 2045, 6.4).
fn first_level<'c>(
    octets: &'c [u8],
    dashes: &Dashes<'_>,
    findings: &mut Findings,
) -> Option<Vec<Entity<'c>>> {
    let root = Entity::parse(octets).ok()?;
    let Ok(media) = root.media_type() else {
        findings.tell(Case::StructureBoundaryInner);
        return None;
    };
    if !media.is_multipart() {
        return None;
    }
    let encoding = root.transfer_encoding();
    if !matches!(&*encoding, "7bit" | "8bit" | "binary") {
        findings.tell_found(Case::StructureEncoding, encoding);
        return None;
    }
    findings.record(CheckId::StructureEncoding, Comparison::Agrees);
    let cut = media
        .boundary()
        .and_then(|boundary| multipart::split_known(root.body, boundary, dashes));
    match cut {
        Ok(cut) if !cut.ambiguous && cut.closed => Some(
            cut.parts
                .into_iter()
                .filter_map(|part| Entity::parse(part).ok())
                .collect(),
        ),
        Err(mime::Error::TooManyParts) => {
            findings.tell(Case::MessageComplexityParts);
            None
        }
        _ => {
            findings.tell(Case::StructureBoundaryInner);
            None
        }
    }
}

/// What a multipart within another cannot do without; most have none within.
static MULTIPART: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"ultipart/"));

/// Whether multiparts stand in multiparts more than `depth` times. The original message is the
/// sender's and is not looked into: its depth is no property of the receipt.
fn is_deeper_than(part: &Entity<'_>, depth: usize) -> bool {
    let Ok(media) = part.media_type() else {
        return false;
    };
    if !media.is_multipart() {
        return false;
    }
    if depth == 0 {
        return true;
    }
    let cut = media
        .boundary()
        .and_then(|boundary| multipart::split(part.body, boundary));
    cut.is_ok_and(|cut| {
        let mut parts = cut.parts.iter().filter_map(|part| Entity::parse(part).ok());
        parts.any(|part| is_deeper_than(&part, depth - 1))
    })
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
