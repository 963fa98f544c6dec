//! Steps 1 to 4: what the octets are, and which of them a signature covers.
//!
//! Step 1, limits; step 2, a header that can be read in one way; step 3, multipart/signed at
//! the top with two parts; step 4, the exact octets of the first part. What is signed deeper
//! down is found and named, and never lends its signature to what is around it.

use std::borrow::Cow;

use super::finding::{Comparison, Finding, Findings};
use super::object;
use super::ordinary::{LOOKED_AT, Ordinary};
use super::table::{Case, CheckId};
use crate::mime::header::Field;
use crate::mime::media::{FileNames, MediaType};
use crate::mime::multipart::{self, Dashes, Parts};
use crate::mime::tree::{Bounds, Inside, Part, Tree, Uncut};
use crate::mime::{self, Entity, MAX_DEPTH, MAX_MESSAGE_OCTETS, MAX_PARTS, decode, plain};
use crate::pec::CERTIFICATION_FILE;
use crate::pec::header::{self, Hints};
use crate::work::Work;

/// Certified messages looked at inside one message: more than any mail program can forward at
/// once without a list, and a bound on signatures to check.
const MAX_NESTED: usize = 100;

/// Units of [`Work`] for each octet of a message or a multipart whose parts are looked through.
const WORK_PER_OCTET: usize = 2;

/// Where the octets at hand stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A whole message with its own header.
    Message,
    /// A part of a message: From, Subject and marks of PEC are not in its header.
    Part,
}

/// What was found at the top.
pub(super) enum Located<'a> {
    /// No certified mail; the message where it is one.
    Ordinary(Ordinary, Option<Entity<'a>>),
    /// Passed off as certified mail, but nothing can be verified; findings say why.
    Unproven(Option<Entity<'a>>),
    /// A signed first part.
    Signed(Box<Signed<'a>>),
}

/// A multipart/signed with its two parts.
pub(super) struct Signed<'a> {
    /// The header around them: unsigned.
    pub outer: Entity<'a>,
    /// What that header hints.
    pub hints: Hints<'a>,
    /// `micalg`: an unsigned hint.
    pub micalg: Option<String>,
    /// Exactly the octets between the delimiter lines.
    pub content: &'a [u8],
    /// Where delimiters can begin, in `content` and around it.
    pub dashes: Dashes<'a>,
    /// The decoded signature object.
    pub signature: Vec<u8>,
    /// Whether the closing delimiter is there. Without it the end of the file is lost, which is
    /// told by what is left: [`missing_end`].
    pub is_complete: bool,
}

/// Steps 1 to 4. `known` is what the octets are as an entity, where that was read before.
pub(super) fn locate<'a>(
    octets: &'a [u8],
    known: Option<&Entity<'a>>,
    level: Level,
    work: &Work,
    findings: &mut Findings,
) -> Located<'a> {
    if octets.len() > MAX_MESSAGE_OCTETS {
        findings.tell_found(Case::MessageSize, octets.len().to_string());
        return Located::Unproven(None);
    }
    if let Some(ordinary) = Ordinary::by_first_octets(octets) {
        return Located::Ordinary(ordinary, None);
    }
    let stored = octets;
    let octets = if level == Level::Message {
        without_wrapping(octets)
    } else {
        octets
    };
    let known = known.filter(|known| known.octets.len() == octets.len());
    let Ok(outer) = known.cloned().map_or_else(|| Entity::parse(octets), Ok) else {
        let is_no_mail = !Ordinary::begins_as_mail(octets) && !mentions_certification(octets);
        if level == Level::Message && is_no_mail {
            return Located::Ordinary(Ordinary::NoMail, None);
        }
        findings.tell(Case::MessageComplexityHeader);
        return Located::Unproven(None);
    };
    if level == Level::Message && !Ordinary::looks_like_mail(&outer.header) {
        return Located::Ordinary(Ordinary::NoMail, Some(outer));
    }
    let hints = Hints::of(&outer.header);
    // Cheap words in the octets tell whether anything here wants to be certified mail.
    let claims = hints.claims_certified_mail();
    let media = match outer.media_type() {
        Ok(media) => media,
        Err(_) if claims || mentions_certification(octets) => {
            findings.tell(match (outer.header.count("Content-Type") > 1, claims) {
                (true, true) => Case::HeaderAmbiguousContentType,
                (true, false) => Case::HeaderAmbiguousContentTypeUnmarked,
                (false, _) => Case::StructureBoundaryParameter,
            });
            return Located::Unproven(Some(outer));
        }
        Err(_) => return Located::Ordinary(Ordinary::Mail, Some(outer)),
    };
    match &*media.essence {
        "multipart/signed" => {
            let located = locate_signed(outer, hints, &media, findings);
            if matches!(located, Located::Signed(_)) {
                check_wrapping(stored, octets, findings);
            }
            located
        }
        _ if memchr::memchr(0, octets).is_some() && (claims || mentions_certification(octets)) => {
            findings.tell(Case::MessageOctets);
            Located::Unproven(Some(outer))
        }
        "application/pkcs7-mime" | "application/x-pkcs7-mime" if claims => {
            findings.tell(Case::StructureFormOpaque);
            Located::Unproven(Some(outer))
        }
        _ if claims || has_certification_part(&outer, work) => {
            findings.tell(Case::StructureSigned);
            Located::Unproven(Some(outer))
        }
        _ => Located::Ordinary(Ordinary::of_mail(&outer, &media), Some(outer)),
    }
}

/// A message without what programs put before it when they store it: a byte order mark, empty
/// lines, an mbox line, the length line of Apple Mail (with which the end is known too).
///
/// None of it is within the signed part, so nothing that was signed is touched.
fn without_wrapping(octets: &[u8]) -> &[u8] {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let start = octets
        .iter()
        .take_while(|octet| matches!(octet, b'\r' | b'\n'))
        .count();
    let octets = &octets[start..];
    let (line, rest) = first_line(octets);
    if line.starts_with(b"From ") || line.starts_with(b">From ") {
        return rest;
    }
    let length = std::str::from_utf8(line.trim_ascii())
        .ok()
        .filter(|text| text.len() < 12);
    match length.and_then(|text| text.parse::<usize>().ok()) {
        Some(length) => rest.get(..length).unwrap_or(rest),
        None => octets,
    }
}

/// The first line with its end, and all after it.
fn first_line(octets: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b'\n', octets).map_or(octets.len(), |at| at + 1);
    octets.split_at(end)
}

/// What [`without_wrapping`] passed over. Readers that do not know it show it as text; an mbox
/// line with its date, and the length line with Apple's list behind the message, are as stores
/// write them.
fn check_wrapping(stored: &[u8], message: &[u8], findings: &mut Findings) {
    let start = message.as_ptr().addr() - stored.as_ptr().addr();
    let (before, after) = (&stored[..start], &stored[start + message.len()..]);
    let (line, rest) = first_line(before);
    let is_usual = match line {
        [] => true,
        [b'F', ..] => is_mbox_line(line) && rest.is_empty(),
        [b'0'..=b'9', ..] => {
            let list = after.trim_ascii_start();
            rest.is_empty() && (list.is_empty() || is_property_list(list))
        }
        _ => false,
    };
    if !is_usual {
        let text = String::from_utf8_lossy(before.trim_ascii());
        findings.tell_found(
            Case::StructureUnsignedTextBefore,
            text.chars().take(SHOWN_CHARACTERS).collect::<String>(),
        );
    }
}

/// Whether this is the list that Apple Mail writes behind a message, and no part of another one.
fn is_property_list(octets: &[u8]) -> bool {
    let mut lines = octets.split(|&octet| octet == b'\n');
    octets.starts_with(b"<?xml")
        && octets.trim_ascii_end().ends_with(b"</plist>")
        && !lines.any(|line| line.starts_with(b"--"))
}

/// `From sender Tue May  5 10:00:00 2026`: one word and a date of C's asctime, some with a zone.
fn is_mbox_line(line: &[u8]) -> bool {
    let mut words = line
        .trim_ascii_end()
        .split(|&octet| octet == b' ')
        .filter(|word| !word.is_empty());
    let all =
        |word: Option<&[u8]>, fits: fn(&u8) -> bool| word.is_some_and(|word| word.iter().all(fits));
    words.next() == Some(b"From")
        && all(words.next(), u8::is_ascii_graphic)
        && all(words.next(), u8::is_ascii_alphabetic)
        && all(words.next(), u8::is_ascii_alphabetic)
        && all(words.next(), u8::is_ascii_digit)
        && all(words.next(), |octet| {
            octet.is_ascii_digit() || *octet == b':'
        })
        && all(words.next(), |octet| {
            octet.is_ascii_digit() || b"+-".contains(octet)
        })
        && words.all(|word| {
            word.iter()
                .all(|octet| octet.is_ascii_digit() || b"+-".contains(octet))
        })
}

/// Characters of a strange text that are shown.
const SHOWN_CHARACTERS: usize = 80;

fn locate_signed<'a>(
    outer: Entity<'a>,
    hints: Hints<'a>,
    media: &MediaType<'a>,
    findings: &mut Findings,
) -> Located<'a> {
    let is_pgp = media
        .parameter("protocol")
        .is_some_and(|p| p.eq_ignore_ascii_case("application/pgp-signature"));
    if is_pgp && !hints.claims_certified_mail() {
        return Located::Ordinary(Ordinary::SignedMail, Some(outer));
    }
    let Ok(boundary) = media.boundary() else {
        findings.tell(Case::StructureBoundaryParameter);
        return Located::Unproven(Some(outer));
    };
    let dashes = Dashes::of(outer.body);
    let body = without_cut_delimiter(outer.body, boundary);
    let Ok(cut) = multipart::split_known(body, boundary, &dashes) else {
        findings.tell(Case::MessageComplexityParts);
        return Located::Unproven(Some(outer));
    };
    let cut = Parts {
        ambiguous: cut.ambiguous || shares_boundary(&cut, boundary),
        ..cut
    };
    let content_type = outer.header.first("Content-Type");
    if !content_type.is_some_and(|field| plain::is_content_type(field.value)) {
        findings.tell(Case::StructureBoundaryOdd);
    }
    check_cut(&cut, findings);
    let Some((content, signature)) = signed_and_signature(&cut, findings) else {
        if !cut.closed {
            missing_end(Proof::Lost, findings);
        }
        return Located::Unproven(Some(outer));
    };
    findings.record_all(CheckId::HeaderAmbiguous, ambiguous_fields(&outer));
    check_shown_names(&outer, media, findings);
    check_encoding(&outer, findings);
    check_octets_around(outer.octets, content, findings);
    let micalg = media.parameter("micalg").map(str::to_owned);
    Located::Signed(Box::new(Signed {
        outer,
        hints,
        micalg,
        content,
        dashes,
        signature,
        is_complete: cut.closed,
    }))
}

/// What is left of a message whose end is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// The signed part and a signature that holds over it: nothing that counts.
    Whole,
    /// Less than that.
    Lost,
}

/// Tells that the closing delimiter is missing. A file cut short accuses nobody.
pub(super) fn missing_end(proof: Proof, findings: &mut Findings) {
    findings.tell(match proof {
        Proof::Whole => Case::StructureCompleteEnd,
        Proof::Lost => Case::StructureComplete,
    });
}

/// A body without the beginning of the closing delimiter line that was cut off in the middle, or
/// without a last delimiter line that lost its closing dashes: nothing follows it.
///
/// No line of base64 begins with a dash, so this takes nothing from the signature.
fn without_cut_delimiter<'a>(body: &'a [u8], boundary: &str) -> &'a [u8] {
    let text = body.trim_ascii_end();
    let start = memchr::memrchr(b'\n', text).map_or(0, |end| end + 1);
    let last = &text[start..];
    let closing = [b"--", boundary.as_bytes(), b"--"].concat();
    let is_at_end = text.len() == body.len() || last.len() + b"--".len() >= closing.len();
    let is_cut = !last.is_empty() && last.len() < closing.len() && closing.starts_with(last);
    match is_cut && is_at_end {
        true => &body[..start],
        false => body,
    }
}

/// Whether a part is a multipart with the same boundary: where the one ends and the other goes
/// on, readers differ.
fn shares_boundary(cut: &Parts<'_>, boundary: &str) -> bool {
    cut.parts.len() != 2
        && cut.parts.iter().any(|part| {
            let media = Entity::parse(part).and_then(|part| part.media_type());
            media.is_ok_and(|media| media.boundary() == Ok(boundary))
        })
}

fn check_cut(cut: &Parts<'_>, findings: &mut Findings) {
    let ambiguous = cut.ambiguous.then(|| Case::StructureBoundary.alone());
    findings.record(CheckId::StructureBoundary, Comparison::of_all(ambiguous));
    if cut.closed {
        findings.record(CheckId::StructureComplete, Comparison::Agrees);
    }
    let is_cut_short = !cut.closed && cut.parts.len() < 2;
    if cut.parts.len() == 2 {
        findings.record(CheckId::StructureParts, Comparison::Agrees);
    } else if !cut.ambiguous && !is_cut_short {
        findings.tell_both(Case::StructureParts, "2", cut.parts.len().to_string());
    }
    // Nothing follows the last delimiter in real receipts.
    let (preamble, epilogue) = (cut.preamble.trim_ascii(), cut.epilogue.trim_ascii());
    if (preamble.is_empty() || USUAL_PREAMBLES.contains(&preamble)) && epilogue.is_empty() {
        findings.record(CheckId::StructureUnsignedText, Comparison::Agrees);
        return;
    }
    let found = if epilogue.is_empty() {
        preamble
    } else {
        epilogue
    };
    let found = String::from_utf8_lossy(found);
    findings.tell_found(
        Case::StructureUnsignedText,
        found.chars().take(SHOWN_CHARACTERS).collect::<String>(),
    );
}

/// What signers write before the signed part, for programs without MIME: OpenSSL and most
/// providers, then others.
const USUAL_PREAMBLES: [&[u8]; 9] = [
    b"This is an S/MIME signed message",
    b"This is a S/MIME signed message",
    b"This is an S/MIME signed message.",
    b"This is a cryptographically signed message in MIME format.",
    b"This is a multi-part message in MIME format.",
    b"This is a multipart message in MIME format",
    b"This is a multipart message in MIME format.",
    b"This is a MIME-encapsulated message",
    b"This is a MIME-encapsulated message.",
];

/// The signed part and the signature of the first signature part; its place says which part it
/// is over, also where a stranger added others.
fn signed_and_signature<'a>(
    cut: &Parts<'a>,
    findings: &mut Findings,
) -> Option<(&'a [u8], Vec<u8>)> {
    let signature_type = |entity: &Entity<'a>| {
        let media = entity.media_type().ok()?;
        let is_signature = matches!(
            &*media.essence,
            "application/pkcs7-signature" | "application/x-pkcs7-signature"
        );
        is_signature.then_some(media)
    };
    let found = cut
        .parts
        .iter()
        .enumerate()
        .skip(1)
        .find_map(|(index, part)| {
            let entity = Entity::parse(part).ok()?;
            let media = signature_type(&entity)?;
            Some((index, entity, media))
        });
    let Some((index, entity, media)) = found else {
        // A missing second part is told by structure.parts or structure.complete already.
        if cut.parts.len() >= 2 {
            findings.tell(Case::StructureFormSignatureType);
        }
        return None;
    };
    findings.record(CheckId::StructureForm, Comparison::Agrees);
    // Forged parts can hide here for readers that take another boundary.
    let header = &entity.header;
    if header.malformed_lines() > 0
        || header.has_controls()
        || header.has_line_of_blanks()
        || header.odd_name().is_some()
    {
        findings.tell(Case::HeaderAmbiguousSignaturePart);
    }
    check_signature_part(&entity, &media, findings);
    match signature_octets(&entity) {
        Ok((octets, after)) => {
            if !after.trim_ascii().is_empty() {
                let text = String::from_utf8_lossy(after.trim_ascii());
                findings.tell_found(
                    Case::StructureUnsignedTextSignature,
                    text.chars().take(SHOWN_CHARACTERS).collect::<String>(),
                );
            }
            Some((cut.parts[index - 1], octets))
        }
        Err(_) => {
            findings.tell(Case::CmsDecodeBase64);
            None
        }
    }
}

/// The unsigned header of the signature part: what readers take differently, and what they show
/// of it as if it came from the provider.
fn check_signature_part<'a>(entity: &Entity<'a>, media: &MediaType<'a>, findings: &mut Findings) {
    let content_type = entity.header.first("Content-Type");
    if !content_type.is_some_and(|field| plain::is_content_type(field.value)) {
        findings.tell(Case::StructureFormOdd);
    }
    if entity.header.has_blank_before_colon() {
        findings.tell(Case::HeaderAmbiguousBlankHiding);
    }
    let mut encodings = entity.header.all("Content-Transfer-Encoding");
    let encoding = encodings.next();
    // With a blank behind the word Python decodes nothing.
    let is_plain = encoding.is_some_and(|field| {
        plain::is_word(field.value, "base64") && field.value.trim_ascii_end() == field.value
    });
    if !is_plain || encodings.next().is_some() {
        findings.tell_both(
            Case::StructureFormEncoding,
            "base64",
            encoding.map(|field| field.text()).unwrap_or_default(),
        );
    }
    check_shown_names(entity, media, findings);
}

/// Names and descriptions that programs show beside a part: nobody signed them, and providers
/// write none but these.
fn check_shown_names<'a>(entity: &Entity<'a>, media: &MediaType<'a>, findings: &mut Findings) {
    let header = &entity.header;
    let mut dispositions = header.all("Content-Disposition");
    let disposition = dispositions.next();
    // As nearly every provider writes both: then no name is another one.
    let is_usual = disposition.is_some_and(|field| field.value == USUAL_DISPOSITION);
    let is_its_name =
        |(name, value): (&str, &str)| name.eq_ignore_ascii_case("name") && value == SIGNATURE_FILE;
    let names = match is_usual && media.parameters().all(is_its_name) {
        true => FileNames::default(),
        false => entity.file_names_with(Some(media)),
    };
    let names = [names.name, names.filename].into_iter().flatten();
    // Some readers take the name from there.
    let misplaced = media.parameter("filename");
    let mut other_names = names
        .chain(misplaced.map(Cow::Borrowed))
        .filter(|name| !name.eq_ignore_ascii_case(SIGNATURE_FILE));
    let odd = disposition.filter(|field| !is_usual && !plain::is_disposition(field.value));
    let is_usual = |text: &str| {
        USUAL_DESCRIPTIONS
            .iter()
            .any(|usual| usual.eq_ignore_ascii_case(text))
    };
    let mut descriptions = header.all("Content-Description");
    let found = other_names
        .next()
        .or_else(|| odd.or(dispositions.next()).map(|field| field.decoded()))
        .or_else(|| header.first("Content-Location").map(Field::decoded))
        .or_else(|| {
            let other = descriptions.find(|field| !is_usual(&field.decoded()))?;
            Some(other.decoded())
        });
    if let Some(found) = found {
        findings.tell_found(
            Case::StructureUnsignedTextName,
            found.chars().take(SHOWN_CHARACTERS).collect::<String>(),
        );
    }
}

/// RFC 8551, 3.2.1: what a detached signature is called.
const SIGNATURE_FILE: &str = "smime.p7s";
const USUAL_DISPOSITION: &[u8] = b" attachment; filename=\"smime.p7s\"";
const USUAL_DESCRIPTIONS: [&str; 5] = [
    "",
    "S/MIME Cryptographic Signature",
    "S/MIME digital signature",
    "S/MIME signature",
    "Firma crittografica S/MIME",
];

/// RFC 2045, 6.4: a multipart has no encoding but these. Readers that decode it see another tree.
fn check_encoding(outer: &Entity<'_>, findings: &mut Findings) {
    for field in outer.header.all("Content-Transfer-Encoding") {
        let identity = ["7bit", "8bit", "binary"];
        if !identity
            .iter()
            .any(|word| plain::is_word(field.value, word))
        {
            findings.tell_found(Case::StructureEncodingOuter, field.text());
        }
    }
}

/// The signature object, and what stands after it in its part. Some gateways lose the encoding's
/// name: then base64 is tried, because an object in the clear begins with a SEQUENCE.
fn signature_octets<'a>(entity: &Entity<'a>) -> Result<(Vec<u8>, &'a [u8]), mime::Error> {
    let in_the_clear = entity.body.first() == Some(&0x30);
    match &*entity.transfer_encoding() {
        "7bit" | "8bit" | "binary" if in_the_clear => Ok((entity.body.to_vec(), &[])),
        "7bit" | "8bit" | "binary" | "base64" => match mime::decode::base64(entity.body) {
            Ok(octets) => Ok((octets, &[])),
            Err(_) => {
                let (block, after) = first_block(entity.body);
                Ok((mime::decode::base64(block)?, after))
            }
        },
        _ => Ok((entity.decoded()?.into_owned(), &[])),
    }
}

/// The lines of base64 before anything else, and the rest: programs add footers even to a
/// signature part. What follows is outside the object, and a part of it cut short cannot be read.
fn first_block(body: &[u8]) -> (&[u8], &[u8]) {
    let is_base64 = |line: &[u8]| {
        let text = line.trim_ascii();
        !text.is_empty()
            && text
                .iter()
                .all(|octet| octet.is_ascii_alphanumeric() || b"+/=".contains(octet))
    };
    let lines = body.split_inclusive(|&octet| octet == b'\n');
    let length: usize = lines
        .take_while(|line| is_base64(line))
        .map(<[u8]>::len)
        .sum();
    body.split_at(length)
}

/// Step 1: no NUL outside the signed part. Inside it they are looked for while it is hashed.
fn check_octets_around(octets: &[u8], content: &[u8], findings: &mut Findings) {
    let start = content.as_ptr().addr() - octets.as_ptr().addr();
    let (before, after) = (&octets[..start], &octets[start + content.len()..]);
    let has_nul = [before, after]
        .iter()
        .any(|octets| memchr::memchr(0, octets).is_some());
    let nul = has_nul.then(|| Case::MessageOctets.alone());
    findings.record(CheckId::MessageOctets, Comparison::of_all(nul));
}

/// Step 2: fields that readers take the first or the last of.
fn ambiguous_fields(outer: &Entity<'_>) -> Vec<Finding> {
    let header = &outer.header;
    let mut found = Vec::new();
    for name in ["X-Ricevuta", "X-Trasporto"] {
        let mut values = header.all(name).map(|field| field.text());
        let Some(first) = values.next() else { continue };
        let others: Vec<_> = values.collect();
        if others
            .iter()
            .any(|other| !other.eq_ignore_ascii_case(&first))
        {
            found.push(Case::HeaderAmbiguousMark.found(name));
        } else if !others.is_empty() {
            // Whichever of them is read, it says the same.
            found.push(Case::HeaderAmbiguousDoubled.found(name));
        }
    }
    for name in [
        "Subject",
        "MIME-Version",
        "Date",
        "To",
        "Message-ID",
        "Content-Transfer-Encoding",
        "Reply-To",
        "Sender",
        "X-TipoRicevuta",
    ] {
        if header.count(name) > 1 {
            found.push(Case::HeaderAmbiguousDoubled.found(name));
        }
    }
    if header.has_controls() {
        let case = if holds_controls_in_texts_only(outer) {
            Case::HeaderAmbiguousControlInText
        } else {
            Case::HeaderAmbiguousControl
        };
        found.push(case.alone());
    }
    if header.has_blank_before_colon() {
        let hides = header.has_blank_before_colon_until("Content-Type");
        let case = if hides {
            Case::HeaderAmbiguousBlankHiding
        } else {
            Case::HeaderAmbiguousBlank
        };
        found.push(case.alone());
    }
    if let Some(odd) = header.odd_name() {
        let letters = |octet: &&u8| octet.is_ascii_alphanumeric() || **octet == b'-';
        let name: Vec<u8> = odd.name.iter().filter(letters).copied().collect();
        let case = match name.eq_ignore_ascii_case(b"Content-Type") {
            true => Case::HeaderAmbiguousNameHiding,
            false => Case::HeaderAmbiguousName,
        };
        found.push(case.found(String::from_utf8_lossy(odd.name)));
    }
    if header.malformed_lines() > 0 {
        // Some readers end the header at such a line, and read another message.
        let hides = header.is_malformed_before("Content-Type");
        let case = if hides {
            Case::HeaderAmbiguousMalformedHiding
        } else {
            Case::HeaderAmbiguousMalformed
        };
        found.push(case.found(header.malformed_lines().to_string()));
    }
    found
}

/// Whether every control character of the header stands inside a text, where it hides nothing, as
/// those do that word processors put into subjects.
///
/// Hiding are those at which some reader ends a line or a text (CR alone, NUL, VT, FF and the
/// separators 0x1C to 0x1E), and any in a field by which the message is cut or known.
fn holds_controls_in_texts_only(outer: &Entity<'_>) -> bool {
    let header = &outer.octets[..outer.octets.len() - outer.body.len()];
    let is_harmless = |octet: &u8| matches!(octet, 1..=8 | 0x0e..=0x1b | 0x1f | 0x7f);
    let is_hiding =
        |octet: &u8| octet.is_ascii_control() && !b"\t\r\n".contains(octet) && !is_harmless(octet);
    let ends_at_cr =
        memchr::memchr_iter(b'\r', header).any(|at| header.get(at + 1) != Some(&b'\n'));
    let decides = |field: &Field<'_>| {
        let begins = field.name.get(..8).unwrap_or_default();
        let names = [
            "From",
            "MIME-Version",
            "X-Ricevuta",
            "X-Trasporto",
            "X-Riferimento-Message-ID",
        ];
        begins.eq_ignore_ascii_case(b"Content-") || names.into_iter().any(|name| field.is(name))
    };
    let texts = outer.header.fields().iter().filter(|field| !decides(field));
    let in_texts: usize = texts
        .map(|field| {
            field
                .value
                .iter()
                .filter(|octet| is_harmless(octet))
                .count()
        })
        .sum();
    !ends_at_cr
        && !header.iter().any(is_hiding)
        && header.iter().filter(|octet| is_harmless(octet)).count() == in_texts
}

/// Whether the octets mention what only certified mail has.
fn mentions_certification(octets: &[u8]) -> bool {
    memchr::memmem::find(octets, CERTIFICATION_FILE.as_bytes()).is_some()
}

/// Whether an unsigned message has a part called daticert.xml at its first level.
fn has_certification_part(outer: &Entity<'_>, work: &Work) -> bool {
    mentions_certification(outer.octets)
        && is_certification_in(&Tree::of(outer.clone(), Bounds::first_level(work)))
}

fn is_certification_in(tree: &Tree<'_>) -> bool {
    let mut parts = tree.parts_of(tree.root());
    parts.any(|part| part.names().is(CERTIFICATION_FILE))
}

/// Something inside a message that may be certified mail.
pub(super) struct Candidate<'a> {
    /// The numbers of the parts on the way, `2.1`.
    pub place: String,
    /// Its octets, decoded where an encoding was around them.
    pub octets: Cow<'a, [u8]>,
    /// A message or a bare multipart/signed.
    pub level: Level,
}

/// What may be mail in an archive that is attached to mail.
#[derive(Debug, Default)]
pub struct Unfolded {
    /// Names of the files, and their octets.
    pub entries: Vec<(String, Vec<u8>)>,
    /// Whether there is more: something could not be read, or passed a limit.
    pub incomplete: bool,
}

/// Units of [`Work`] for each octet of an archive that is opened.
const UNFOLDING_PER_OCTET: usize = 8;

/// Opens an archive in memory, within limits; of what is no archive it gives nothing.
pub type Unfold = fn(&[u8]) -> Unfolded;

/// Looks through the parts of a message for signed or seemingly certified ones, without
/// entering those.
///
/// The work for it grows with the depth; what is used up ends the search.
pub(super) fn candidates<'a, 'w>(
    message: Entity<'a>,
    unfold: Option<Unfold>,
    work: &'w Work,
) -> Search<'a, 'w> {
    let mut search = Search {
        found: Vec::new(),
        parts: 0,
        incomplete: false,
        unfold,
        work,
    };
    let whole = Whole(Cow::Borrowed(message.octets));
    if let Some(tree) = search.tree_of(message, 0) {
        search.enter(&whole, &tree, "", 0);
    }
    search
}

/// What was found inside a message.
pub(super) struct Search<'a, 'w> {
    /// In the order of the parts.
    pub found: Vec<Candidate<'a>>,
    /// Whether a limit ended the search.
    pub incomplete: bool,
    parts: usize,
    unfold: Option<Unfold>,
    work: &'w Work,
}

impl<'a> Search<'a, '_> {
    /// The parts of a message with so many multiparts and messages around it, within the bounds of
    /// the whole search. What is signed stays closed: it is taken as it is.
    fn tree_of<'t>(&mut self, message: Entity<'t>, depth: usize) -> Option<Tree<'t>> {
        let is_over = depth > MAX_DEPTH || self.found.len() >= MAX_NESTED;
        if is_over || !self.work.draw(WORK_PER_OCTET * message.octets.len()) {
            self.incomplete = true;
            return None;
        }
        let bounds = Bounds {
            depth: MAX_DEPTH - depth,
            parts: MAX_PARTS.saturating_sub(self.parts),
            opens: |media| media.essence != "multipart/signed",
            ..Bounds::new(self.work)
        };
        let tree = Tree::of(message, bounds);
        self.parts += tree.parts().len() - 1;
        let is_closed = |part: &Part<'_>| match part.inside {
            Inside::Uncut(Uncut::Boundary | Uncut::TooManyParts) => true,
            Inside::Uncut(Uncut::TooDeep | Uncut::Work | Uncut::Unasked)
            | Inside::Content
            | Inside::Parts(_) => part.media.is_err(),
        };
        self.incomplete |= !tree.is_whole() || tree.parts().iter().any(is_closed);
        Some(tree)
    }

    /// `whole` is what the tree was read from.
    fn enter(&mut self, whole: &Whole<'a>, tree: &Tree<'_>, place: &str, depth: usize) {
        for part in &tree.parts()[1..] {
            let place = match place {
                "" => tree.place(part),
                around => format!("{around}.{}", tree.place(part)),
            };
            let around = tree.around(part).map_or("", Part::essence);
            // RFC 2046, 5.1.5: without a type they are messages.
            let is_untyped = part.entity.header.first("Content-Type").is_none();
            if around == "multipart/digest" && is_untyped {
                self.attached(whole, &part.entity, &place, depth + part.depth);
            } else {
                self.part(whole, part, &place, depth + part.depth);
            }
        }
    }

    fn part(&mut self, whole: &Whole<'a>, part: &Part<'_>, place: &str, depth: usize) {
        let Ok(media) = &part.media else { return };
        let entity = &part.entity;
        if media.essence == "multipart/signed" {
            let octets = whole.slice(entity.octets);
            return self.take(octets, place.to_owned(), Level::Part);
        }
        // Its parts come after it.
        if media.is_multipart() {
            return;
        }
        let name = part
            .names()
            .shown()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let is_message = matches!(&*media.essence, "message/rfc822" | "message/global")
            || [".eml", ".emlx"].iter().any(|end| name.ends_with(end))
            || (media.essence == "application/octet-stream" && begins_as_mail(entity));
        if let Some(unfold) = self.unfold
            && begins_as_archive(entity)
        {
            self.archive(entity, unfold, place, depth);
        } else if name.ends_with(".eml.p7m") {
            if let Some(message) = self.decoded(whole, entity) {
                self.take(message, place.to_owned(), Level::Message);
            }
        } else if is_message {
            self.attached(whole, entity, place, depth);
        }
    }

    /// A part whose content is a message.
    fn attached(&mut self, whole: &Whole<'a>, part: &Entity<'_>, place: &str, depth: usize) {
        if let Some(message) = self.decoded(whole, part) {
            self.message(message, place, depth);
        }
    }

    /// The content of a part, which lies in `whole`.
    fn decoded(&mut self, whole: &Whole<'a>, part: &Entity<'_>) -> Option<Cow<'a, [u8]>> {
        let decoded = part.decoded();
        self.incomplete |= decoded.is_err();
        Some(match decoded.ok()? {
            Cow::Borrowed(body) => whole.slice(body),
            Cow::Owned(decoded) => Cow::Owned(decoded),
        })
    }

    fn take(&mut self, octets: Cow<'a, [u8]>, place: String, level: Level) {
        self.found.push(Candidate {
            place,
            octets,
            level,
        });
    }

    /// The mail in an attached archive.
    fn archive(&mut self, part: &Entity<'_>, unfold: Unfold, place: &str, depth: usize) {
        let Ok(octets) = part.decoded() else { return };
        if !self.work.draw(UNFOLDING_PER_OCTET * octets.len()) {
            self.incomplete = true;
            return;
        }
        let unfolded = unfold(&octets);
        self.incomplete |= unfolded.incomplete;
        for (name, octets) in unfolded.entries {
            if self.found.len() >= MAX_NESTED {
                self.incomplete = true;
                return;
            }
            let place = format!("{place}!/{name}");
            if object::is_object(&octets) {
                self.take(Cow::Owned(octets), place, Level::Message);
            } else {
                self.message(Cow::Owned(octets), &place, depth);
            }
        }
    }

    /// A message within: taken when it is signed or claims to be certified, else looked through.
    fn message(&mut self, octets: Cow<'a, [u8]>, place: &str, depth: usize) {
        let whole = Whole(octets);
        let Ok(entity) = Entity::parse(without_wrapping(&whole.0)) else {
            self.incomplete = true;
            return;
        };
        let is_signed = entity
            .media_type()
            .is_ok_and(|media| media.essence == "multipart/signed");
        if is_signed || Hints::of(&entity.header).claims_certified_mail() {
            return self.take(whole.0, place.to_owned(), Level::Message);
        }
        let Some(tree) = self.tree_of(entity, depth) else {
            return;
        };
        if is_certification_in(&tree) {
            return self.take(whole.0, place.to_owned(), Level::Message);
        }
        self.enter(&whole, &tree, place, depth);
    }
}

/// Whether a part begins as a zip archive with something in it (PKWARE APPNOTE, 4.3.7).
fn begins_as_archive(part: &Entity<'_>) -> bool {
    const START: &[u8] = b"PK\x03\x04";
    match &*part.transfer_encoding() {
        // The first octets of it in base64; of the fourth there is one sign and a half.
        "base64" => part.body.trim_ascii_start().starts_with(b"UEsDB"),
        _ => part.body.starts_with(START),
    }
}

/// Whether a part whose name does not say so begins as a message.
fn begins_as_mail(part: &Entity<'_>) -> bool {
    let start = decode::transfer_start(part.body, &part.transfer_encoding(), LOOKED_AT);
    start.is_some_and(|start| Ordinary::begins_as_mail(&start))
}

/// The octets that parts are read from: the file's own, or decoded ones.
struct Whole<'a>(Cow<'a, [u8]>);

impl<'a> Whole<'a> {
    /// A piece of it: borrowed where it is borrowed and the piece lies in it.
    fn slice(&self, piece: &[u8]) -> Cow<'a, [u8]> {
        if let Cow::Borrowed(octets) = self.0 {
            let start = piece.as_ptr().addr().checked_sub(octets.as_ptr().addr());
            let inside = start.and_then(|start| octets.get(start..start + piece.len()));
            if let Some(inside) = inside {
                return Cow::Borrowed(inside);
            }
        }
        Cow::Owned(piece.to_vec())
    }
}

/// Whether a signed part with no daticert.xml is a REM message.
pub(super) fn is_rem(outer: &Entity<'_>, content: &Tree<'_>) -> bool {
    let mut parts = content.parts_of(content.root());
    header::is_rem(&outer.header) || parts.any(|part| header::is_rem(&part.entity.header))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By a field of the mail, or of a part of what is signed (ETSI EN 319 532-3).
    #[test]
    fn a_rem_message_is_known_by_its_fields() {
        let is = |outer: &str, part: &str| {
            let outer = format!("{outer}: a\r\n\r\n");
            let outer = Entity::parse(outer.as_bytes()).expect("a mail");
            let signed = format!(
                "Content-Type: multipart/mixed; boundary=b\r\n\r\n\
                 --b\r\n{part}: a\r\n\r\nb\r\n--b--\r\n"
            );
            let signed = Entity::parse(signed.as_bytes()).expect("a part");
            let work = Work::of_message(1_000_000);
            is_rem(&outer, &Tree::of(signed, Bounds::new(&work)))
        };
        assert!(is("REM-MessageType", "X-A") && is("From", "REM-Section-Type"));
        assert!(!is("From", "X-A"));
    }

    /// Mail attached to mail is looked through as deep as [`MAX_DEPTH`], and what is deeper is told.
    #[test]
    fn attached_mail_is_looked_through_to_a_depth() {
        let is_whole = |attached: usize| {
            let inmost = b"From: a@posta.example\r\n\r\ntext\r\n".to_vec();
            let mail = (0..attached).fold(inmost, |mail, level| {
                let header = format!("Content-Type: multipart/mixed; boundary=b{level}b\r\n\r\n");
                let part = format!("--b{level}b\r\nContent-Type: message/rfc822\r\n\r\n");
                let end = format!("\r\n--b{level}b--\r\n");
                [header.as_bytes(), part.as_bytes(), &mail, end.as_bytes()].concat()
            });
            let work = Work::of_message(1_000_000);
            let mail = Entity::parse(&mail).expect("a mail");
            !candidates(mail, None, &work).incomplete
        };
        assert!(is_whole(0) && is_whole(MAX_DEPTH - 1) && is_whole(MAX_DEPTH));
        assert!(!is_whole(MAX_DEPTH + 1) && !is_whole(MAX_DEPTH + 2));
    }

    #[test]
    fn what_programs_put_before_a_message_is_passed_over() {
        for (stored, message) in [
            (&b"\xef\xbb\xbfFrom: a\r\n"[..], &b"From: a\r\n"[..]),
            (b"\r\n\nFrom: a\r\n", b"From: a\r\n"),
            (
                b">From x@y Tue May  5 10:00:00 2026\nFrom: a\n",
                b"From: a\n",
            ),
            (b"8       \nFrom: a\n<?xml version=\"1.0\"?>", b"From: a\n"),
            (b"From: a\r\n", b"From: a\r\n"),
            (b"", b""),
        ] {
            assert_eq!(without_wrapping(stored), message);
        }
    }

    #[test]
    fn a_large_file_that_begins_as_no_mail_is_none() {
        let lines = "1;2;3\n".repeat(mime::MAX_HEADER_OCTETS / 5);
        let located = |octets: &str| {
            let mut findings = Findings::default();
            let work = Work::of_message(octets.len());
            match locate(
                octets.as_bytes(),
                None,
                Level::Message,
                &work,
                &mut findings,
            ) {
                Located::Ordinary(ordinary, _) => Some(ordinary),
                Located::Unproven(_) | Located::Signed(_) => None,
            }
        };
        assert_eq!(located(&lines), Some(Ordinary::NoMail));
        assert_eq!(located(&"x".repeat(lines.len())), Some(Ordinary::NoMail));
        assert_eq!(located(&format!("Received: x\n{lines}")), None);
    }

    #[test]
    fn a_message_inside_that_ends_in_its_header_is_no_candidate() {
        let octets =
            b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\
            Content-Type: message/rfc822\r\n\r\n--x--\r\n";
        let work = Work::of_message(octets.len());
        let message = Entity::parse(octets).unwrap();
        assert!(candidates(message, None, &work).found.is_empty());
    }
}
