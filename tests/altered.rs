//! Three receipts, each altered in every way of a kind: every octet, every length, every line.
//!
//! Whatever is done to a receipt, the program answers; what the signature covers cannot be
//! changed unnoticed; and what is still called genuine still says the same.

use std::fs;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use postacert::providers::Trust;
use postacert::timestamp::Timestamp;
use postacert::verify::{Examination, Question, Verdict, Verifier};
use rayon::prelude::*;

const RECEIPTS: [&str; 3] = ["accettazione", "avvenuta-consegna-breve", "errore-consegna"];

/// A receipt, and what in its file is protected.
struct Case {
    name: &'static str,
    octets: Vec<u8>,
    verifier: Verifier,
    facts: Certified,
    /// The octets that the signature covers.
    signed: Range<usize>,
    /// The base64 of the signature object.
    base64: Range<usize>,
    /// Signed attributes and signature value, in the decoded object.
    protected: [Range<usize>; 2],
    object: Vec<u8>,
}

/// All that a genuine receipt says.
#[derive(Clone, Debug, PartialEq)]
struct Certified {
    kind: String,
    data: postacert::pec::CertificationData,
    has_original: bool,
    signing_time: Option<Timestamp>,
    digest: &'static str,
    signer: [String; 6],
}

impl Certified {
    fn of(examination: &Examination) -> Option<Self> {
        let facts = examination.facts()?;
        let signer = facts.signer();
        Some(Self {
            kind: format!("{:?}", facts.kind()),
            data: facts.data()?.clone(),
            has_original: facts.has_original(),
            signing_time: facts.signing_time(),
            digest: facts.digest(),
            signer: [
                signer.address.clone(),
                signer.subject.clone(),
                signer.issuer.clone(),
                signer.serial.clone(),
                signer.sha256.clone(),
                format!("{:?} {:?}", facts.authority(), facts.edition()),
            ],
        })
    }
}

fn cases() -> Vec<Case> {
    RECEIPTS.into_iter().map(Case::new).collect()
}

impl Case {
    fn new(name: &'static str) -> Self {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let trust = fs::read_to_string(fixtures.join("pki/trust.toml")).expect("the trust file");
        let verifier = Verifier::new(Trust::parse(&trust, "test").expect("trust data"));
        let path = fixtures.join(format!("receipts/{name}.eml"));
        let octets = fs::read(path).expect("a receipt");
        let examination = verifier.examine(&octets, &question());
        assert_eq!(examination.verdict(), Verdict::Genuine, "{name}");
        let facts = Certified::of(&examination).expect("facts");

        let signature = find(&octets, b"name=\"smime.p7s\"");
        let delimiter = octets[..signature]
            .windows(4)
            .rposition(|four| four == b"\r\n--")
            .expect("a delimiter");
        let end = delimiter + 2 + find(&octets[delimiter + 2..], b"\r\n");
        let line = &octets[delimiter + 2..end + 2];
        let first = find(&octets, line) + line.len();
        let start = signature + find(&octets[signature..], b"\r\n\r\n") + 4;
        let base64 = start..start + find(&octets[start..], b"\r\n--");
        let object = decode(&octets[base64.clone()]);
        Self {
            name,
            signed: first..delimiter,
            protected: protected(&object),
            base64,
            object,
            octets,
            verifier,
            facts,
        }
    }

    /// What is wrong with the answer to altered octets, in words; `protected` when genuine is
    /// the wrong answer by itself.
    fn judge(&self, what: &str, octets: &[u8], protected: bool) -> Option<String> {
        let examine = AssertUnwindSafe(|| self.verifier.examine(octets, &question()));
        let Ok(examination) = catch_unwind(examine) else {
            return Some(format!("{}, {what}: panics", self.name));
        };
        if examination.verdict() != Verdict::Genuine {
            return None;
        }
        if protected {
            return Some(format!("{}, {what}: genuine", self.name));
        }
        (Certified::of(&examination).as_ref() != Some(&self.facts))
            .then(|| format!("{}, {what}: genuine, and says something else", self.name))
    }

    /// Whether a file with one octet changed differs where the signature covers or is.
    fn is_protected(&self, at: usize, octets: &[u8]) -> bool {
        if self.signed.contains(&at) {
            return true;
        }
        if !self.base64.contains(&at) {
            return false;
        }
        let altered = decode(&octets[self.base64.clone()]);
        let differs =
            |range: &Range<usize>| altered.get(range.clone()) != self.object.get(range.clone());
        self.protected.iter().any(differs)
    }

    /// Whether something of the signature object is lost in a file cut at this length.
    fn is_cut(&self, length: usize) -> bool {
        let left = self.octets[..length].get(self.base64.start..);
        left.is_none_or(|left| decode(&left[..left.len().min(self.base64.len())]) != self.object)
    }

    fn lines(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        let ends = self
            .octets
            .iter()
            .enumerate()
            .filter(|(_, octet)| **octet == b'\n');
        ends.map(|(at, _)| std::mem::replace(&mut start, at + 1)..at + 1)
            .collect()
    }
}

fn question() -> Question<'static> {
    Question::new(Timestamp::parse("2026-11-22").expect("a day"))
}

fn find(octets: &[u8], wanted: &[u8]) -> usize {
    let found = octets
        .windows(wanted.len())
        .position(|window| window == wanted);
    found.unwrap_or_else(|| panic!("no {}", String::from_utf8_lossy(wanted)))
}

/// Base64 by its letters alone: everything else is passed over.
fn decode(text: &[u8]) -> Vec<u8> {
    let values = text.iter().filter_map(|octet| match octet {
        b'A'..=b'Z' => Some(octet - b'A'),
        b'a'..=b'z' => Some(octet - b'a' + 26),
        b'0'..=b'9' => Some(octet - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    });
    let (mut bits, mut count, mut out) = (0u32, 0, Vec::new());
    for value in values {
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    out
}

/// Tag, content and end of the DER value at a place.
fn value(octets: &[u8], at: usize) -> (u8, Range<usize>) {
    let (length, start) = match octets[at + 1] {
        short @ 0..0x80 => (usize::from(short), at + 2),
        long => {
            let end = at + 2 + usize::from(long & 0x7f);
            let length = octets[at + 2..end]
                .iter()
                .fold(0, |length, octet| length << 8 | usize::from(*octet));
            (length, end)
        }
    };
    (octets[at], start..start + length)
}

fn children(octets: &[u8], within: Range<usize>) -> Vec<(u8, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = within.start;
    while at < within.end {
        let (tag, content) = value(octets, at);
        at = content.end;
        found.push((tag, content));
    }
    found
}

/// Signed attributes and signature value of the only signer (RFC 5652, 5.1 and 5.3).
fn protected(object: &[u8]) -> [Range<usize>; 2] {
    let step = |within: Range<usize>, tag: u8| {
        let found = children(object, within);
        let last = found.into_iter().rfind(|(other, _)| *other == tag);
        last.unwrap_or_else(|| panic!("no value with the tag {tag:#x}"))
            .1
    };
    let content_info = value(object, 0).1;
    let signed_data = step(step(content_info, 0xa0), 0x30);
    let signer_infos = step(signed_data, 0x31);
    let signer = step(signer_infos, 0x30);
    [step(signer.clone(), 0xa0), step(signer, 0x04)]
}

fn assert_none(wrong: Vec<String>) {
    assert!(
        wrong.is_empty(),
        "{} alterations:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}

#[test]
fn the_protected_octets_are_found() {
    for case in cases() {
        let signed = &case.octets[case.signed.clone()];
        assert!(
            signed.starts_with(b"Content-Type: multipart/mixed"),
            "{}",
            case.name
        );
        assert!(signed.ends_with(b"--\r\n"), "{}", case.name);
        let [attributes, value] = &case.protected;
        assert!(
            attributes.len() > 80 && attributes.len() < 400,
            "{attributes:?}"
        );
        assert_eq!(value.len(), 256);
        assert_eq!(value.end, case.object.len());
    }
}

/// The lowest bit everywhere; and the bit that tells small letters from capitals where the
/// case of a letter may not matter: in the signed octets, one change is to a hash as another.
#[test]
fn every_octet_changed() {
    for case in cases() {
        let all = 0..case.octets.len();
        let outside = all.clone().filter(|at| !case.signed.contains(at));
        let changes = all.map(|at| (at, 1)).chain(outside.map(|at| (at, 0x20)));
        let changes: Vec<(usize, u8)> = changes.collect();
        assert_none(
            changes
                .into_par_iter()
                .filter_map(|(at, bits)| {
                    let mut octets = case.octets.clone();
                    octets[at] ^= bits;
                    let what = format!("octet {at} ^ {bits:#04x}");
                    case.judge(&what, &octets, case.is_protected(at, &octets))
                })
                .collect(),
        );
    }
}

#[test]
fn every_length() {
    for case in cases() {
        assert_none(
            (0..case.octets.len())
                .into_par_iter()
                .filter_map(|length| {
                    let what = format!("cut at {length}");
                    case.judge(&what, &case.octets[..length], case.is_cut(length))
                })
                .collect(),
        );
    }
}

#[test]
fn every_line_removed_or_doubled() {
    for case in cases() {
        let is_protected = |line: &Range<usize>| {
            let signed = &case.signed;
            // The line end before the delimiter is the delimiter's.
            line.start >= signed.start && line.start < signed.end
        };
        assert_none(
            case.lines()
                .into_par_iter()
                .flat_map(|line| {
                    let (before, rest) = case.octets.split_at(line.start);
                    let (this, after) = rest.split_at(line.len());
                    let shown = String::from_utf8_lossy(this).trim_end().to_owned();
                    let removed = [before, after].concat();
                    let doubled = [before, this, this, after].concat();
                    let protected = is_protected(&line);
                    [
                        case.judge(&format!("without {shown:?}"), &removed, protected),
                        case.judge(&format!("with twice {shown:?}"), &doubled, protected),
                    ]
                })
                .flatten()
                .collect(),
        );
    }
}
