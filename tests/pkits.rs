//! NIST's Public Key Interoperability Test Suite (PKITS 1.0.1) as receipts: each of its signers, with
//! the certificates that its message carries, signs a genuine delivery receipt, and the program judges
//! all of them in one run by the suite's anchor and its revocation lists.
//!
//! Nothing that the suite calls invalid may be believed. What is valid and not believed is listed in
//! [`REFUSED`], with its reason; the list holds both ways.
//!
//! The suite lies in the Python package `cryptography-vectors`: `PEC_PKITS` names the folder
//! `cryptography_vectors/x509/PKITS_data` of it. Its keys are in PKCS#12 files with old ciphers, which
//! `openssl` opens.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use postacert::mime::{Entity, multipart};
use postacert::smime::ber::Reader;
use postacert::smime::pem;
use postacert::smime::signed_data::{SignatureOctets, SignedData};
use postacert::work::Work;
use rayon::prelude::*;
use serde_json::Value;
use support::cms::{CONTENT_TYPE, ID_DATA, MESSAGE_DIGEST, SIGNING_TIME};
use support::der;
use support::digest::Digest;
use support::receipt::{DELIVERED, Kind, Receipt};
use support::skipped::skipped;

/// What a signer who is no provider has against it, whoever issued its certificate.
const NO_PROVIDER: [&str; 4] = [
    "signer.address",
    "header.from",
    "provider.name",
    "provider.domain",
];

/// A section of the suite.
struct Section {
    number: &'static str,
    title: &'static str,
    /// How many tests it has; those of one signer at several settings count once, and the three of
    /// DSA, which the verifier does not know, are not made.
    tests: usize,
    /// What the names of its tests have in them, and those of no section before it here.
    names: &'static [&'static str],
}

const fn section(
    number: &'static str,
    title: &'static str,
    tests: usize,
    names: &'static [&'static str],
) -> Section {
    Section {
        number,
        title,
        tests,
        names,
    }
}

/// In an order in which the first that fits is the right one.
const SECTIONS: [Section; 16] = [
    section("4.15", "Delta-CRLs", 10, &["deltaCRL"]),
    section(
        "4.14",
        "Distribution points",
        35,
        &[
            "distributionPoint",
            "issuingDistributionPoint",
            "onlyContains",
            "onlySomeReasons",
            "IDPwithindirectCRL",
            "cRLIssuer",
        ],
    ),
    section("4.13", "Name constraints", 38, &["nameConstraints"]),
    section("4.12", "Inhibit any policy", 10, &["inhibitAnyPolicy"]),
    section(
        "4.11",
        "Inhibit policy mapping",
        11,
        &["inhibitPolicyMapping"],
    ),
    section(
        "4.10",
        "Policy mappings",
        14,
        &["PolicyMapping", "MappingFrom", "MappingTo"],
    ),
    section(
        "4.9",
        "Require explicit policy",
        8,
        &["equireExplicitPolicy"],
    ),
    section(
        "4.8",
        "Certificate policies",
        20,
        &["Policies", "Policy", "UserNotice", "CPSPointer"],
    ),
    section("4.7", "Key usage", 5, &["keyUsage"]),
    section(
        "4.6",
        "Basic constraints",
        17,
        &["basicConstraints", "cAFalse", "pathLenConstraint"],
    ),
    section("4.5", "Self-issued certificates", 8, &["BasicSelfIssued"]),
    section(
        "4.16",
        "Private certificate extensions",
        2,
        &["CriticalCertificateExtension"],
    ),
    section(
        "4.4",
        "Basic certificate revocation",
        21,
        &["CRL", "Revoked", "SerialNumber"],
    ),
    section(
        "4.3",
        "Name chaining",
        11,
        &["NameChaining", "RFC3280", "UTF8String"],
    ),
    section("4.2", "Validity periods", 8, &["Date"]),
    section("4.1", "Signatures", 3, &["Signature"]),
];

/// Valid ones that are not believed, by reason.
const REFUSED: &[(&str, &[&str])] = &[
    (
        "the list is of another issuer than the certificate's; such lists clear nobody",
        &[
            "ValidIDPwithindirectCRLTest24",
            "ValidIDPwithindirectCRLTest25",
            "ValidcRLIssuerTest28",
            "ValidcRLIssuerTest29",
            "ValidcRLIssuerTest30",
            "ValidcRLIssuerTest33",
        ],
    ),
    (
        "the list is signed by another key of the authority than the certificate; keys are pinned, and \
         no way to a second one is looked for",
        &[
            "ValidBasicSelfIssuedCRLSigningKeyTest6",
            "ValidBasicSelfIssuedNewWithOldTest4",
            "ValidBasicSelfIssuedOldWithNewTest1",
            "ValidSeparateCertificateandCRLKeysTest19",
        ],
    ),
    (
        "a certificate that an authority issued to itself counts as one more authority",
        &[
            "ValidSelfIssuedDNnameConstraintsTest19",
            "ValidSelfIssuedpathLenConstraintTest15",
            "ValidSelfIssuedpathLenConstraintTest17",
        ],
    ),
    (
        "the signer is an authority, which RFC 6109, 5.5 forbids to those who sign certified mail",
        &[
            "ValidonlyContainsCACertsCRLTest13",
            "ValidpathLenConstraintTest14",
            "ValidpathLenConstraintTest8",
            "DifferentPoliciesTest7",
            "DifferentPoliciesTest8",
            "OverlappingPoliciesTest6",
        ],
    ),
    (
        "constraints of addresses of the web are not read: whoever is under one is refused",
        &[
            "ValidURInameConstraintsTest34",
            "ValidURInameConstraintsTest36",
        ],
    ),
    (
        "an authority maps or constrains policies; their tree is not built (`smime::chain` says why)",
        &[
            "ValidSelfIssuedinhibitAnyPolicyTest7",
            "ValidSelfIssuedinhibitAnyPolicyTest9",
            "ValidinhibitAnyPolicyTest2",
            "inhibitAnyPolicyTest3",
            "ValidSelfIssuedinhibitPolicyMappingTest7",
            "ValidinhibitPolicyMappingTest2",
            "ValidinhibitPolicyMappingTest4",
            "ValidPolicyMappingTest1",
            "ValidPolicyMappingTest11",
            "ValidPolicyMappingTest12",
            "ValidPolicyMappingTest13",
            "ValidPolicyMappingTest14",
            "ValidPolicyMappingTest3",
            "ValidPolicyMappingTest5",
            "ValidPolicyMappingTest6",
            "ValidPolicyMappingTest9",
            "ValidRequireExplicitPolicyTest1",
            "ValidRequireExplicitPolicyTest2",
            "ValidRequireExplicitPolicyTest4",
            "ValidSelfIssuedrequireExplicitPolicyTest6",
        ],
    ),
    (
        "the certificate is valid since 1950, and a time before 1970 is not read",
        &["Validpre2000UTCnotBeforeDateTest3"],
    ),
];

#[test]
fn nothing_that_pkits_calls_invalid_is_believed() {
    let Some(data) = std::env::var_os("PEC_PKITS").map(PathBuf::from) else {
        skipped("PEC_PKITS names no folder with the NIST PKITS");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let tests = receipts(&data, folder.path());
    let answers = judge(&data, folder.path());
    assert_eq!(answers.len(), tests.len());

    let refused: BTreeMap<&str, &str> = REFUSED
        .iter()
        .flat_map(|(reason, names)| names.iter().map(move |name| (*name, *reason)))
        .collect();
    let mut counts: BTreeMap<(bool, bool), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut met = BTreeSet::new();
    for section in &SECTIONS {
        let of_it = || tests.iter().filter(|name| section.has(name));
        assert_eq!(of_it().count(), section.tests, "{}", section.number);
        let mut line = BTreeMap::<(bool, bool), usize>::new();
        for name in of_it() {
            let against = against(&answers[name]);
            let (valid, believed) = (is_valid(name), against.is_empty());
            *line.entry((valid, believed)).or_default() += 1;
            *counts.entry((valid, believed)).or_default() += 1;
            let reason = refused.get(&**name);
            met.extend(reason.map(|_| name.clone()));
            match (valid, believed, reason) {
                (true, true, None) | (true, false, Some(_)) | (false, false, None) => {}
                (true, true, Some(_)) => wrong.push(format!("{name}: believed now; delete it")),
                (true, false, None) => wrong.push(format!("{name}: refused: {against:?}")),
                (false, false, Some(_)) => wrong.push(format!("{name}: is invalid")),
                (false, true, _) => wrong.push(format!("{name}: BELIEVED")),
            }
        }
        let count = |valid, believed| line.get(&(valid, believed)).copied().unwrap_or_default();
        println!(
            "{:>5} {:<31} valid {:>2} of {:>2} believed, invalid {:>2} of {:>2} refused",
            section.number,
            section.title,
            count(true, true),
            count(true, true) + count(true, false),
            count(false, false),
            count(false, true) + count(false, false),
        );
    }
    let gone = refused.keys().filter(|name| !met.contains(**name));
    wrong.extend(gone.map(|name| format!("{name}: no such test")));
    println!("{counts:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

impl Section {
    /// Whether a test is of this section, and of none before it.
    fn has(&self, name: &str) -> bool {
        let fits = |section: &&Section| section.names.iter().any(|one| name.contains(one));
        let first = SECTIONS.iter().find(fits);
        first
            .unwrap_or_else(|| panic!("{name}: of no section"))
            .number
            == self.number
    }
}

/// The suite says it in the name; one name says neither (4.4.1: the list of one authority is missing).
/// Of the policies it may depend on the settings: whoever asks for none finds these valid.
fn is_valid(name: &str) -> bool {
    !name.starts_with("Invalid") && name != "MissingCRLTest1"
}

/// Writes a receipt for each signer of the suite; their names.
fn receipts(data: &Path, folder: &Path) -> BTreeSet<String> {
    let read = |path: &Path| std::fs::read(path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let certificates: BTreeMap<Vec<u8>, String> = files(&data.join("certs"), "crt")
        .iter()
        .map(|path| (read(path), stem(path)))
        .collect();
    let receipt = Receipt::new(Kind::Delivery);
    let messages = files(&data.join("smime"), "eml");
    let made = messages.par_iter().filter_map(|path| {
        let name = stem(path).trim_start_matches("Signed").to_owned();
        let object = signature_of(&read(path)).expect("a signature");
        let octets = SignatureOctets::new(&object).expect("BER");
        let signed = SignedData::parse(&octets).expect("SignedData");
        let work = Work::of_message(object.len());
        let (_, signer) = signed.candidates(&signed.signers[0], &work).next()?;
        let key = key(&data.join("pkcs12").join(&certificates[signer]))?;
        let mut message = receipt.message();
        let bag: Vec<&[u8]> = signed.certificates.octets().collect();
        message.signature = Some(sign(&message.entity, signer, &bag, &key));
        let file = folder.join(format!("{name}.eml"));
        std::fs::write(file, message.to_eml()).expect("written");
        Some(name)
    });
    made.collect()
}

/// The signature object of a message: its second part.
fn signature_of(message: &[u8]) -> Option<Vec<u8>> {
    let message = Entity::parse(message).ok()?;
    let media = message.media_type().ok()?;
    let cut = multipart::split(message.body, media.boundary().ok()?).ok()?;
    let part = Entity::parse(cut.parts.get(1)?).ok()?;
    Some(part.decoded().ok()?.into_owned())
}

/// The key of a PKCS#12 file; `None` for DSA, which nothing here signs with.
fn key(file: &Path) -> Option<RsaKeyPair> {
    let file = file.with_extension("p12");
    let output = Command::new("openssl")
        .args(["pkcs12", "-legacy", "-nodes", "-nocerts"])
        .args(["-passin", "pass:password", "-in"])
        .arg(&file)
        .output()
        .expect("openssl starts");
    assert!(output.status.success(), "{file:?}: {output:?}");
    let keys = pem::armoured(&output.stdout, "PRIVATE KEY").expect("PEM");
    RsaKeyPair::from_pkcs8(&keys.expect("a key")[0]).ok()
}

/// A detached SignedData with these certificates (RFC 5652, 5).
fn sign(entity: &[u8], signer: &[u8], certificates: &[&[u8]], key: &RsaKeyPair) -> Vec<u8> {
    let attribute = |kind, value: Vec<u8>| der::sequence([der::oid(kind), der::set([value])]);
    let attributes = der::set([
        attribute(CONTENT_TYPE, der::oid(ID_DATA)),
        attribute(SIGNING_TIME, der::time(DELIVERED)),
        attribute(MESSAGE_DIGEST, der::octets(&Digest::Sha256.of(entity))),
    ]);
    let mut value = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        &attributes,
        &mut value,
    )
    .expect("a signature");
    let mut sent = attributes;
    sent[0] = 0xa0;
    let info = der::sequence([
        der::number(1),
        issuer_and_serial(signer),
        Digest::Sha256.identifier(),
        sent,
        der::sequence([der::oid("1.2.840.113549.1.1.1"), der::null()]),
        der::octets(&value),
    ]);
    let signed = der::sequence([
        der::number(1),
        der::set([Digest::Sha256.identifier()]),
        der::sequence([der::oid(ID_DATA)]),
        der::element(0xa0, &certificates.concat()),
        der::set([info]),
    ]);
    der::sequence([der::oid("1.2.840.113549.1.7.2"), der::explicit(0, &signed)])
}

/// IssuerAndSerialNumber of a certificate, as it stands there: the second and the fourth field, after
/// the version and before and after the algorithm.
fn issuer_and_serial(certificate: &[u8]) -> Vec<u8> {
    let mut outer = Reader::new(certificate).enter(0x30).expect("a sequence");
    let mut fields = outer.enter(0x30).expect("a sequence");
    let [_, serial, _, issuer] = [(); 4].map(|()| fields.value().expect("a field").octets);
    der::sequence([issuer, serial])
}

/// What the program says about each, by name.
fn judge(data: &Path, folder: &Path) -> BTreeMap<String, Value> {
    let nowhere = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_pec"))
        .env("XDG_CONFIG_HOME", nowhere.path())
        .env("XDG_DATA_HOME", nowhere.path())
        .args(["verify", "--json", "--lang", "en", "--anchor"])
        .arg(data.join("certs/TrustAnchorRootCertificate.crt"))
        .arg("--crl")
        .arg(data.join("crls"))
        .arg(folder)
        .output()
        .expect("the program starts");
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    let results = document["results"].as_array().expect("results").iter();
    let named = results.map(|result| {
        let file = Path::new(result["file"].as_str().expect("a name"));
        (stem(file), result.clone())
    });
    named.collect()
}

/// What is against believing it, but for what any signer has who is no provider: findings that refute
/// or leave undecided, and whatever keeps revocation from having been checked.
fn against(result: &Value) -> Vec<String> {
    let findings = result["findings"].as_array().expect("findings").iter();
    let against = findings.filter(|finding| {
        let id = finding["id"].as_str().unwrap_or_default();
        let weighs = finding["severity"] == "failure";
        // One list is damaged on purpose; as a note it says that the others decide.
        let is_beside =
            finding["case"] == "chain.revocation.damaged" && finding["severity"] == "note";
        !NO_PROVIDER.contains(&id) && (weighs || id == "chain.revocation" && !is_beside)
    });
    let told = against.map(|finding| {
        let word = |field: &str| finding[field].as_str().unwrap_or_default().to_owned();
        format!("{} {} ({})", word("id"), word("case"), word("found"))
    });
    told.collect()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
    let paths = entries.flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension() == Some(OsStr::new(ending)))
        .collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}
