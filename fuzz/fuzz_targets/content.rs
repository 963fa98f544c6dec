//! Any octets as the signed part of a message whose signature holds: what comes after step 7.
#![no_main]

#[path = "support.rs"]
mod support;

use std::sync::LazyLock;

use aws_lc_rs::{digest, rand, signature};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use octets::{after, find};
use postacert::verify::{CheckId, Question, Sent, Verdict};
use support::{NOW, VERIFIER, check};

const RECEIPT: &[u8] = include_bytes!("../../fixtures/receipts/avvenuta-consegna-completa.eml");
const SENT: &[u8] = include_bytes!("../../fixtures/sent/richiesta.eml");
const KEY: &str = include_str!("../../fixtures/pki/keys/recipient.pem");

/// A genuine receipt taken apart: what is before the signed part, what is between it and the
/// signature, the signature object, and where in it the attributes, the digest and the value are.
struct Template {
    head: &'static [u8],
    between: &'static [u8],
    tail: &'static [u8],
    cms: Vec<u8>,
    attributes: std::ops::Range<usize>,
    digest: usize,
    value: usize,
    key: signature::RsaKeyPair,
}

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    let boundary = after(RECEIPT, b"\r\n\r\nThis is an S/MIME signed message\r\n\r\n");
    let line = boundary + find(&RECEIPT[boundary..], b"\r\n");
    let delimiter = [b"\r\n", &RECEIPT[boundary..line]].concat();
    let (start, end) = (line + 2, line + 2 + find(&RECEIPT[line + 2..], &delimiter));
    let body = end + after(&RECEIPT[end..], b"\r\n\r\n");
    let stop = body + find(&RECEIPT[body..], &delimiter);
    let compact: Vec<u8> = RECEIPT[body..stop]
        .iter()
        .copied()
        .filter(|o| !o.is_ascii_whitespace())
        .collect();
    let cms = STANDARD.decode(compact).expect("base64");
    let digest_at = find(
        &cms,
        digest::digest(&digest::SHA256, &RECEIPT[start..end]).as_ref(),
    );
    // [0] with a length in one or two octets, before contentType, which sorts first.
    let content_type = b"\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
    let first = find(&cms, content_type);
    let (from, length) = match (cms[first - 2], cms[first - 3]) {
        (0xa0, _) => (first - 2, usize::from(cms[first - 1])),
        (_, 0xa0) => (first - 3, usize::from(cms[first - 1])),
        _ => panic!("attributes as the fixtures have them"),
    };
    let key: Vec<u8> = KEY
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect::<String>()
        .into_bytes();
    Template {
        head: &RECEIPT[..start],
        between: &RECEIPT[end..body],
        tail: &RECEIPT[stop..],
        attributes: from..first + length,
        digest: digest_at,
        value: cms.len() - 256,
        key: signature::RsaKeyPair::from_pkcs8(&STANDARD.decode(key).expect("base64"))
            .expect("a key"),
        cms,
    }
});

/// The seed itself must come out genuine, or the target tests nothing.
static IS_SOUND: LazyLock<()> = LazyLock::new(|| {
    let start = TEMPLATE.head.len();
    let content = &RECEIPT[start..start + find(&RECEIPT[start..], TEMPLATE.between)];
    let examination = VERIFIER.examine(&signed(content), &Question::new(NOW));
    assert_eq!(
        examination.verdict(),
        Verdict::Genuine,
        "{:?}",
        examination.findings()
    );
});

mod octets {
    pub fn find(octets: &[u8], wanted: &[u8]) -> usize {
        octets
            .windows(wanted.len())
            .position(|window| window == wanted)
            .expect("it is in the fixture")
    }
    pub fn after(octets: &[u8], wanted: &[u8]) -> usize {
        find(octets, wanted) + wanted.len()
    }
}

fn signed(content: &[u8]) -> Vec<u8> {
    let template = &*TEMPLATE;
    let mut cms = template.cms.clone();
    cms[template.digest..][..32].copy_from_slice(digest::digest(&digest::SHA256, content).as_ref());
    let mut covered = cms[template.attributes.clone()].to_vec();
    covered[0] = 0x31;
    let value = &mut cms[template.value..];
    template
        .key
        .sign(
            &signature::RSA_PKCS1_SHA256,
            &rand::SystemRandom::new(),
            &covered,
            value,
        )
        .expect("signs");
    let body = STANDARD.encode(cms);
    [
        template.head,
        content,
        template.between,
        body.as_bytes(),
        template.tail,
    ]
    .concat()
}

fuzz_target!(|content: &[u8]| {
    LazyLock::force(&IS_SOUND);
    let message = signed(content);
    let sent = Sent::new(SENT.to_vec());
    let asked = Question {
        sent: Some(&sent),
        ..Question::new(NOW)
    };
    let examination = VERIFIER.examine(&message, &asked);
    check(&examination);
    // Whose signature holds has facts, or is somebody's own signed mail.
    if examination
        .findings()
        .passed()
        .any(|check| check == CheckId::SignatureDigest)
    {
        assert!(examination.facts().is_some() || examination.ordinary().is_some());
    }
});
