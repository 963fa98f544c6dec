//! Project Wycheproof: signatures on which verifiers have failed, for every algorithm that the verifier
//! accepts. Asked is what it asks itself: a key as certificates have it, an AlgorithmIdentifier as it
//! stands in a signature, and whether the value holds, over the octets and over their digest.
//!
//! What Wycheproof calls invalid never holds; what it calls valid holds, unless the algorithm is refused
//! before any signature is looked at. `cargo test --test wycheproof -- --nocapture` prints the counts.

mod support;

use std::collections::BTreeMap;

use postacert::smime::algorithm::{DigestAlgorithm, PublicKey, SignatureAlgorithm};
use support::der;
use wycheproof::{HashFunction, TestResult};

/// What came of the cases of one set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    /// Valid, and it holds.
    held: usize,
    /// Invalid or dubious, and it does not hold.
    failed: usize,
    /// Dubious, and it holds: other encodings of a signature that was made.
    dubious: usize,
    /// Of an algorithm or a key that is not accepted.
    not_accepted: usize,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.held += other.held;
        self.failed += other.failed;
        self.dubious += other.dubious;
        self.not_accepted += other.not_accepted;
    }
}

/// One signature.
struct Case<'a> {
    name: String,
    key: &'a [u8],
    algorithm: &'a [u8],
    message: &'a [u8],
    value: &'a [u8],
    result: TestResult,
}

/// Judges a case; what is wrong with the judgement.
fn judge(case: &Case<'_>, counts: &mut Counts) -> Option<String> {
    let key = PublicKey::from_spki(case.key);
    let algorithm = SignatureAlgorithm::parse(case.algorithm, None);
    let ready = key.and_then(|key| Ok((algorithm.clone()?, key.verifying(algorithm?)?)));
    let Ok((algorithm, key)) = ready else {
        counts.not_accepted += 1;
        return None;
    };
    let holds = key.verifies(case.message, case.value);
    let digest = algorithm.digest.digest(case.message);
    if holds != key.verifies_digest(&digest, case.value) {
        return Some(format!("{}: octets and digest differ", case.name));
    }
    match (case.result, holds) {
        (TestResult::Valid, true) => counts.held += 1,
        (TestResult::Invalid | TestResult::Acceptable, false) => counts.failed += 1,
        (TestResult::Acceptable, true) => counts.dubious += 1,
        (TestResult::Valid, false) => return Some(format!("{}: valid, refused", case.name)),
        (TestResult::Invalid, true) => return Some(format!("{}: INVALID, HELD", case.name)),
    }
    None
}

/// The digest, where the verifier accepts it.
fn digest(hash: HashFunction) -> Option<DigestAlgorithm> {
    match hash {
        HashFunction::Sha1 => Some(DigestAlgorithm::Sha1),
        HashFunction::Sha2_256 => Some(DigestAlgorithm::Sha256),
        HashFunction::Sha2_384 => Some(DigestAlgorithm::Sha384),
        HashFunction::Sha2_512 => Some(DigestAlgorithm::Sha512),
        _ => None,
    }
}

const fn digest_oid(digest: DigestAlgorithm) -> &'static str {
    match digest {
        DigestAlgorithm::Sha1 => "1.3.14.3.2.26",
        DigestAlgorithm::Sha256 => "2.16.840.1.101.3.4.2.1",
        DigestAlgorithm::Sha384 => "2.16.840.1.101.3.4.2.2",
        DigestAlgorithm::Sha512 => "2.16.840.1.101.3.4.2.3",
    }
}

fn with_null(oid: &str) -> Vec<u8> {
    der::sequence([der::oid(oid), der::null()])
}

/// RSASSA-PKCS1-v1_5 over a digest.
fn pkcs1(digest: DigestAlgorithm) -> Vec<u8> {
    with_null(match digest {
        DigestAlgorithm::Sha1 => "1.2.840.113549.1.1.5",
        DigestAlgorithm::Sha256 => "1.2.840.113549.1.1.11",
        DigestAlgorithm::Sha384 => "1.2.840.113549.1.1.12",
        DigestAlgorithm::Sha512 => "1.2.840.113549.1.1.13",
    })
}

/// ECDSA over a digest.
fn ecdsa(digest: DigestAlgorithm) -> Vec<u8> {
    der::sequence([der::oid(match digest {
        DigestAlgorithm::Sha1 => "1.2.840.10045.4.1",
        DigestAlgorithm::Sha256 => "1.2.840.10045.4.3.2",
        DigestAlgorithm::Sha384 => "1.2.840.10045.4.3.3",
        DigestAlgorithm::Sha512 => "1.2.840.10045.4.3.4",
    })])
}

/// RSASSA-PSS with its parameters (RFC 4055, 3.1).
fn pss(digest: DigestAlgorithm, mask: DigestAlgorithm, salt: usize) -> Vec<u8> {
    let mask = der::sequence([
        der::oid("1.2.840.113549.1.1.8"),
        with_null(digest_oid(mask)),
    ]);
    let parameters = der::sequence([
        der::explicit(0, &with_null(digest_oid(digest))),
        der::explicit(1, &mask),
        der::explicit(2, &der::number(salt.try_into().expect("a salt"))),
    ]);
    der::sequence([der::oid("1.2.840.113549.1.1.10"), parameters])
}

/// Judges the cases of a set whose groups have an algorithm; the others are not counted.
macro_rules! judge_set {
    ($module:ident, $test:ident, $sets:ident, $wrong:ident, $algorithm:expr) => {{
        let set = wycheproof::$module::TestSet::load($test).expect("a set");
        let mut counts = Counts::default();
        for group in &set.test_groups {
            let algorithm: Option<Vec<u8>> = ($algorithm)(group);
            let Some(algorithm) = algorithm else { continue };
            for test in &group.tests {
                let case = Case {
                    name: format!("{:?} {} ({})", $test, test.tc_id, test.comment),
                    key: &group.der,
                    algorithm: &algorithm,
                    message: &test.msg,
                    value: &test.sig,
                    result: test.result,
                };
                $wrong.extend(judge(&case, &mut counts));
            }
        }
        if counts != Counts::default() {
            $sets.insert(format!("{:?}", $test), counts);
        }
    }};
}

#[test]
fn no_signature_of_wycheproof_is_misjudged() {
    let mut sets: BTreeMap<String, Counts> = BTreeMap::new();
    let mut wrong: Vec<String> = Vec::new();
    {
        use wycheproof::rsa_pkcs1_verify::{TestGroup, TestName};
        for test in TestName::all() {
            judge_set!(rsa_pkcs1_verify, test, sets, wrong, |group: &TestGroup| {
                digest(group.hash).map(pkcs1)
            });
        }
    }
    {
        use wycheproof::rsa_pss_verify::{TestGroup, TestName};
        for test in TestName::all() {
            judge_set!(rsa_pss_verify, test, sets, wrong, |group: &TestGroup| {
                let mask = group.mgf_hash.and_then(digest)?;
                Some(pss(digest(group.hash)?, mask, group.salt_size))
            });
        }
    }
    {
        use wycheproof::ecdsa::{TestGroup, TestName};
        for test in TestName::all() {
            // The other form of the value, two numbers in a row, is none of CMS and X.509.
            let name = format!("{test:?}");
            let is_curve = name.starts_with("EcdsaSecp256r1") || name.starts_with("EcdsaSecp384r1");
            if !is_curve || name.ends_with("P1363") {
                continue;
            }
            judge_set!(ecdsa, test, sets, wrong, |group: &TestGroup| {
                digest(group.hash).map(ecdsa)
            });
        }
    }
    let mut all = Counts::default();
    for (name, counts) in &sets {
        all.add(*counts);
        println!(
            "{name:<46} valid {:>3} hold, invalid {:>3} fail, dubious {:>2} hold, {:>3} not accepted",
            counts.held, counts.failed, counts.dubious, counts.not_accepted
        );
    }
    println!("{all:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(all.held + all.failed > 5_000, "{all:?}");
}
