//! Files to judge by that cannot be used: for every fault one file that has it, and the sentences
//! that a person reads about it, whole and in both languages.
//!
//! The sentences are held against the catalogue with values that the test knows, so that nothing
//! of the program's own words can come in between: what is left of other languages is the reason
//! of the TOML parser and that of the system, and the tests name both.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postacert::lang::Lang;
use postacert::output::catalogue::Catalogue;
use postacert::printable::is_deceptive;
use support::cms::{Attribute, CONTENT_TYPE, MESSAGE_DIGEST, SignedData, Signer};
use support::digest::Digest;
use support::keys::{self, Key, Scheme};
use support::pki::{self, Certificate, Extension, extension, pem};
use support::world::{self, AUTHORITY_NAME};
use support::{der, providers};

const GENUINE: &str = "receipts/avvenuta-consegna-completa.eml";
const AT: &str = "2026-05-03T22:00:00Z";

/// ANSI, carriage return, bidirectional override, zero width, C1, tag: in every name of a file
/// and wherever a file is quoted.
const HOSTILE: &str = "a\u{1b}[2J\u{1b}]0;x\u{7}\rb\u{202e}c\u{200b}d\u{9b}31m\u{e0041}e";

/// A value in a sentence.
#[derive(Clone)]
enum Value {
    /// The same in both languages.
    Plain(String),
    /// A text of the catalogue, with values in it.
    Text(&'static str, Vec<(&'static str, String)>),
}

type Values = Vec<(&'static str, Value)>;

fn plain(text: impl ToString) -> Value {
    Value::Plain(text.to_string())
}

fn text(key: &'static str) -> Value {
    Value::Text(key, Vec::new())
}

fn reason(key: &'static str) -> Values {
    vec![("reason", text(key))]
}

/// What `pec verify OPTION FILE` must say.
struct Case {
    option: &'static str,
    octets: Vec<u8>,
    /// `error.KEY-what` and `error.KEY-hint`.
    key: &'static str,
    values: Values,
}

fn case(
    option: &'static str,
    octets: impl Into<Vec<u8>>,
    key: &'static str,
    values: Values,
) -> Case {
    let octets = octets.into();
    Case {
        option,
        octets,
        key,
        values,
    }
}

fn filled(lang: Lang, key: &str, values: &[(&'static str, String)]) -> String {
    let values: Vec<(&str, &str)> = values
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let count = values.iter().find(|(name, _)| *name == "count");
    match count.and_then(|(_, count)| count.parse::<u64>().ok()) {
        Some(count) => Catalogue::of(lang).count(key, count, &values),
        None => Catalogue::of(lang).fill(key, &values),
    }
}

/// Both lines on standard error.
fn sentences(lang: Lang, key: &str, file: &str, values: &Values) -> String {
    let mut known = vec![("file", file.to_owned())];
    known.extend(values.iter().map(|(name, value)| {
        let value = match value {
            Value::Plain(text) => text.clone(),
            Value::Text(key, values) => filled(lang, key, values),
        };
        (*name, value)
    }));
    let line = |part: &str| filled(lang, &format!("error.{key}-{part}"), &known);
    format!("pec: {}\n     {}\n", line("what"), line("hint"))
}

/// `pec --lang LANG verify OPTION FILE` on a genuine receipt: status, standard output and error.
fn verify(lang: Lang, option: &str, file: &Path) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pec"))
        .current_dir(support::fixtures_folder())
        .args(["--lang", lang.code(), "verify", option])
        .arg(file)
        .arg(GENUINE)
        .output()
        .expect("the program starts");
    let text = |octets| String::from_utf8(octets).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Runs a case in both languages; what is not as it should be.
fn faults(case: &Case, file: &Path) -> Vec<String> {
    let name = file.to_string_lossy();
    let (mut found, mut said) = (Vec::new(), Vec::new());
    for lang in [Lang::It, Lang::En] {
        let (status, out, err) = verify(lang, case.option, file);
        let expected = sentences(lang, case.key, &name, &case.values);
        // Nothing but escapes has braces when every value was given.
        let unfilled = err.replace("\\u{", "").contains(['…', '{']);
        let raw = err.contains(|c| is_deceptive(c) && c != '\n');
        if (status, &*out, &err) != (Some(2), "", &expected) || unfilled || raw {
            found.push(format!("{status:?}\n{out}{err}instead of\n{expected}"));
        }
        said.push(err);
    }
    let mut lines = said[0].lines().zip(said[1].lines());
    if lines.any(|(it, en)| it == en) {
        found.push(format!("{}: the same in both languages", case.key));
    }
    found
}

fn hold(case: &Case, file: &Path) {
    let found = faults(case, file);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn hold_all(cases: &[Case]) {
    let home = tempfile::tempdir().expect("a folder");
    let mut found = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let file = home.path().join(format!("{number} {HOSTILE}"));
        fs::write(&file, &case.octets).expect("a file");
        found.extend(faults(case, &file));
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

// Trust files

/// The trust file of the fixtures with one change; the number of the line changed, from 1.
fn altered(from: &str, to: &str) -> (Vec<u8>, usize) {
    let whole = world::trust_file();
    let at = whole
        .find(from)
        .unwrap_or_else(|| panic!("{from} is not there"));
    let line = whole[..at].matches('\n').count() + 1;
    (whole.replacen(from, to, 1).into_bytes(), line)
}

const LABEL: &str = "Autorita di Prova CA1";

/// `line N, [[table]] of LABEL`.
fn place(line: usize, table: &str, authority: &str) -> Value {
    let values = vec![
        ("line", line.to_string()),
        ("table", table.to_owned()),
        ("authority", authority.to_owned()),
    ];
    match (table, authority) {
        ("", _) => Value::Text("place.line", values),
        (_, "") => Value::Text("place.table", values),
        _ => Value::Text("place.authority", values),
    }
}

/// A fault in a value of the first authority or of its first edition.
fn in_trust(
    [from, to]: [&str; 2],
    (table, authority): (&str, &str),
    (key, field): (&'static str, &'static str),
    more: Values,
) -> Case {
    let (octets, line) = altered(from, to);
    let mut values = vec![
        ("place", place(line, table, authority)),
        ("field", plain(field)),
    ];
    values.extend(more);
    case("--trust", octets, key, values)
}

fn of_authority(change: [&str; 2], key: &'static str, field: &'static str, more: Values) -> Case {
    in_trust(change, ("authority", LABEL), (key, field), more)
}

fn of_edition(change: [&str; 2], key: &'static str, field: &'static str, more: Values) -> Case {
    in_trust(change, ("authority.edition", LABEL), (key, field), more)
}

fn expected(key: &'static str) -> Values {
    vec![("expected", text(key))]
}

/// A subject that is no name; it stands for the authority then.
fn of_name(subject: &str, why: &'static str) -> Case {
    let from = format!("subject = \"{AUTHORITY_NAME}\"");
    let to = format!("subject = '{subject}'");
    in_trust(
        [&from, &to],
        ("authority", subject),
        ("trust-name", "subject"),
        reason(why),
    )
}

fn syntax(octets: &[u8], line: usize, column: usize, why: &str) -> Case {
    let values = vec![
        ("line", plain(line)),
        ("column", plain(column)),
        ("reason", plain(why)),
    ];
    case("--trust", octets, "trust-syntax", values)
}

/// The line of the first key, with another one in its place.
fn of_key(spki: &[u8], more: Values) -> Case {
    let own = STANDARD.encode(keys::AUTHORITY.spki());
    let sum = format!("spki_sha256 = \"{}\"\n", sha256(&keys::AUTHORITY.spki()));
    let whole = world::trust_file().replacen(&sum, "", 1);
    let line = whole[..whole.find("spki = ").expect("a key")]
        .matches('\n')
        .count()
        + 1;
    let octets = whole.replacen(&own, &STANDARD.encode(spki), 1);
    let mut values = vec![
        ("place", place(line, "authority", LABEL)),
        ("field", plain("spki")),
    ];
    values.extend(more);
    case("--trust", octets, "trust-key", values)
}

fn sha256(octets: &[u8]) -> String {
    support::digest::hex(&Digest::Sha256.of(octets))
}

fn unknown(oid: &str) -> Values {
    let values = vec![("name", oid.to_owned())];
    vec![("reason", Value::Text("algorithm.unknown", values))]
}

/// Ed25519, which no PEC signer uses.
fn foreign_key() -> Vec<u8> {
    der::sequence([
        der::sequence([der::oid("1.3.101.112")]),
        der::bits(&[7; 32]),
    ])
}

fn trust_cases() -> Vec<Case> {
    let (not_text, line) = altered("Autorita di", "Autorit\u{e0} di");
    let not_text: Vec<u8> = String::from_utf8(not_text)
        .expect("text")
        .chars()
        .map(|c| c as u8)
        .collect();
    let without_subject = {
        let (octets, _) = altered(&format!("subject = \"{AUTHORITY_NAME}\"\n"), "");
        let text = String::from_utf8(octets).expect("text");
        let header = text.find("[[authority]]").expect("a header");
        let line = text[..header].matches('\n').count() + 1;
        let values = vec![
            ("place", place(line, "authority", "")),
            ("field", plain("subject")),
        ];
        case("--trust", text, "trust-missing", values)
    };
    let without_end = {
        let (octets, line) = altered("not_after  = 2030-09-22T11:22:02Z\n", "");
        let values = vec![
            // The header of the table stands two lines above.
            ("place", place(line - 2, "authority.edition", LABEL)),
            ("field", plain("not_after")),
        ];
        case("--trust", octets, "trust-missing", values)
    };
    let hostile = format!("a{}e = \u{1b}", "\u{202e}");
    vec![
        case(
            "--trust",
            not_text,
            "trust-not-text",
            vec![("line", plain(line))],
        ),
        syntax(
            b"as_of = \n",
            1,
            9,
            "string values must be quoted, expected literal string",
        ),
        syntax(
            hostile.as_bytes(),
            1,
            2,
            "invalid unquoted key, expected letters, numbers, `-`, `_`",
        ),
        case("--trust", "as_of = \"2026-11-22\"", "trust-empty", vec![]),
        case("--trust", "", "trust-empty", vec![]),
        without_subject,
        without_end,
        in_trust(
            ["as_of = \"2026-11-22\"", "as_of = 2026-11-22"],
            ("", ""),
            ("trust-type", "as_of"),
            expected("expected.text"),
        ),
        of_edition(
            ["path_len = 0", "path_len = 256"],
            "trust-type",
            "path_len",
            expected("expected.octet"),
        ),
        of_edition(
            ["not_before = 2020", "not_before = \"\"#"],
            "trust-type",
            "not_before",
            expected("expected.time"),
        ),
        of_edition(
            ["excluded = [", "excluded = 5#"],
            "trust-type",
            "excluded",
            expected("expected.list"),
        ),
        case(
            "--trust",
            "\n\n[authority]\nsubject = 1\n",
            "trust-type",
            vec![
                ("place", place(3, "", "")),
                ("field", plain("authority")),
                ("expected", text("expected.tables")),
            ],
        ),
        of_authority(
            ["spki = \"MII", "spki = \"M*I"],
            "trust-base64",
            "spki",
            vec![],
        ),
        of_authority(
            ["spki_sha256 = \"", "spki_sha256 = \"0"],
            "trust-fingerprint",
            "spki_sha256",
            vec![],
        ),
        of_key(b"no key", reason("algorithm.parameters")),
        of_key(&foreign_key(), unknown("1.3.101.112")),
        of_name("CN", "name.no-equals"),
        of_name("XY=a", "name.type"),
        of_name("CN=#0403", "name.hexadecimal"),
        of_name("CN=a\\", "name.backslash"),
        of_name("CN=\\E0", "name.not-text"),
        of_authority(
            ["issuer  = \"CN=", "issuer  = \"CN"],
            "trust-name",
            "issuer",
            reason("name.no-equals"),
        ),
        of_edition(
            ["  \"O=Gestore Mittente", "  \"Q=Gestore Mittente"],
            "trust-name",
            "permitted_directory_names",
            reason("name.type"),
        ),
        of_authority(
            ["signer_policy = \"1.3.", "signer_policy = \"1,3."],
            "trust-policy",
            "signer_policy",
            vec![],
        ),
        of_edition(
            ["not_after  = 2030-09-22T11:22:02Z", "not_after  = 11:22:02"],
            "trust-time",
            "not_after",
            vec![],
        ),
        of_edition(
            ["path_len = 0", "certificate = \"A*\""],
            "trust-base64",
            "certificate",
            vec![],
        ),
        of_edition(
            ["path_len = 0", "certificate = \"MAA=\""],
            "trust-certificate",
            "certificate",
            reason("asn1.cut-short"),
        ),
        of_edition(
            ["IPAddress:0.0.0.0/0", "URI:http://x"],
            "trust-excluded",
            "excluded",
            vec![],
        ),
    ]
}

// Certificates of authorities

/// A certificate of the test authority, as it should be.
fn authority() -> Certificate {
    world::authority(AUTHORITY_NAME, keys::AUTHORITY)
}

fn in_pem(der: &[u8]) -> String {
    pem("CERTIFICATE", der)
}

fn nth(index: usize, mut more: Values) -> Values {
    more.push(("index", plain(index)));
    more
}

fn unreadable(octets: impl Into<Vec<u8>>, why: &'static str) -> Case {
    case("--anchor", octets, "anchor-unreadable", nth(1, reason(why)))
}

fn with_extension(oid: &'static str, value: Vec<u8>) -> Case {
    let extension = Extension {
        oid,
        critical: false,
        value,
    };
    let why = match oid {
        extension::KEY_USAGE => "asn1.extension",
        extension::ALTERNATIVE_NAME => "asn1.not-ascii",
        _ => unreachable!("no such case"),
    };
    unreadable(authority().with(extension).to_der(), why)
}

/// A constraint on directory names with this base, and something after it.
fn constrained(base: &[u8], after: &[u8], why: &'static str) -> Case {
    let subtree = der::sequence([base, after]);
    let value = der::sequence([der::explicit(0, &subtree)]);
    let extension = Extension {
        oid: extension::NAME_CONSTRAINTS,
        critical: true,
        value,
    };
    unreadable(authority().with(extension).to_der(), why)
}

/// A certificate as its three parts.
fn parts(der: &[u8]) -> [Vec<u8>; 3] {
    let (content, _) = keys::split(der);
    let mut rest = content;
    [(); 3].map(|()| {
        let after = keys::split(rest).1;
        let part = rest[..rest.len() - after.len()].to_vec();
        rest = after;
        part
    })
}

fn anchor_cases() -> Vec<Case> {
    let good = authority().to_der();
    let [tbs, algorithm, value] = parts(&good);
    let other = Scheme::Pkcs1(Digest::Sha512).identifier();
    let (_, signature) = value.split_at(5);
    let half = der::element(0x03, &[&[4], signature].concat());
    let stranger = format!("CN={HOSTILE},O=Nessuno,C=IT");
    let no_authority = Certificate::signer(&stranger, "x@y.example", keys::SENDER);
    let shown = |certificate: &Certificate| {
        // RFC 4514 puts a backslash before it.
        let subject = certificate.subject.replace(';', "\\;");
        ("subject", plain(subject))
    };
    let foreign = {
        let own = keys::AUTHORITY.spki();
        let at = tbs.windows(own.len()).position(|window| window == own);
        let at = at.expect("the key");
        let (inside, _) = keys::split(&tbs);
        let start = at - (tbs.len() - inside.len());
        let changed = [
            &inside[..start],
            &foreign_key(),
            &inside[start + own.len()..],
        ]
        .concat();
        der::sequence([&der::element(0x30, &changed), &algorithm, &value])
    };
    let bad_time = {
        let mut octets = good.clone();
        let time = der::time(&authority().not_before);
        let at = octets.windows(time.len()).position(|w| w == time);
        octets[at.expect("a time") + 4] = b'x';
        octets
    };
    let two = [in_pem(&good), in_pem(&good)].concat();
    vec![
        case("--anchor", fixture(GENUINE), "anchor-neither", vec![]),
        case("--anchor", "", "anchor-neither", vec![]),
        case("--anchor", pem("PKCS7", &good), "anchor-neither", vec![]),
        case(
            "--anchor",
            &two.as_bytes()[..two.len() - 8],
            "anchor-end",
            nth(2, vec![]),
        ),
        case(
            "--anchor",
            [in_pem(&good), in_pem(&good).replacen("MII", "M*I", 1)].concat(),
            "anchor-base64",
            nth(2, vec![]),
        ),
        case(
            "--anchor",
            [in_pem(&good), in_pem(&good[..50])].concat(),
            "anchor-unreadable",
            nth(2, reason("asn1.cut-short")),
        ),
        case(
            "--anchor",
            no_authority.to_der(),
            "anchor-other",
            nth(1, vec![shown(&no_authority)]),
        ),
        case(
            "--anchor",
            foreign,
            "anchor-key",
            nth(
                1,
                [vec![shown(&authority())], unknown("1.3.101.112")].concat(),
            ),
        ),
        // What can be wrong with the octets of any object.
        unreadable([0x30, 1, 0x30], "asn1.cut-short"),
        unreadable(&good[..good.len() - 1], "asn1.cut-short"),
        unreadable([0x30, 0x85, 1, 1, 1, 1, 1], "asn1.damaged"),
        unreadable([0x30, 2, 4, 0x80], "asn1.damaged"),
        unreadable(
            [0x30, 8, 0x1f, 0x85, 0x85, 0x85, 0x85, 1, 1, 0],
            "asn1.damaged",
        ),
        unreadable(der::indefinite(0x30, &der::number(5)), "asn1.indefinite"),
        unreadable(der::sequence([der::number(5)]), "asn1.other"),
        // And with those of a certificate.
        unreadable(
            der::sequence([&tbs, &algorithm, &half]),
            "asn1.signature-bits",
        ),
        unreadable(der::sequence([&tbs, &other, &value]), "asn1.two-algorithms"),
        unreadable([&*good, &[0]].concat(), "asn1.after"),
        unreadable(bad_time, "asn1.certificate"),
        with_extension(extension::KEY_USAGE, der::null()),
        with_extension(
            extension::ALTERNATIVE_NAME,
            der::sequence([der::implicit(1, &[0xff])]),
        ),
        unreadable(
            authority()
                .with(extension::addresses(&["a@b"; 1_001]))
                .to_der(),
            "asn1.too-many",
        ),
        constrained(&directory(&[0x06, 1, 0x80]), &[], "asn1.identifier"),
        constrained(
            &der::implicit(2, b"pec.example"),
            &der::implicit(1, &[9]),
            "asn1.distance",
        ),
        case(
            "--anchor",
            [&[0x30][..], &[0; 64 * 1024]].concat(),
            "anchor-unreadable",
            nth(1, too_large("64 KiB")),
        ),
    ]
}

/// directoryName with one attribute of this type.
fn directory(kind: &[u8]) -> Vec<u8> {
    let pair = der::sequence([kind, &der::utf8("x")]);
    der::explicit(4, &der::sequence([der::set([pair])]))
}

fn too_large(limit: &str) -> Values {
    let values = vec![("limit", limit.to_owned())];
    vec![("reason", Value::Text("asn1.too-large", values))]
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(support::fixtures_folder().join(name)).expect("a fixture")
}

// Revocation lists

fn crl_cases() -> Vec<Case> {
    let good = pki::revocation_list(
        AUTHORITY_NAME,
        keys::AUTHORITY,
        ["2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"],
        &[],
    );
    let label = "X509 CRL";
    let bad_time = {
        let mut octets = good.clone();
        let time = der::time("2026-05-01T00:00:00Z");
        let at = octets.windows(time.len()).position(|w| w == time);
        octets[at.expect("a time") + 4] = b'x';
        octets
    };
    // One that can be read would let the others be left out.
    let one = pem(label, &good);
    let unreadable = |octets: Vec<u8>, index, why| {
        let values = nth(index, reason(why));
        case("--crl", octets, "crl-unreadable", values)
    };
    let mut huge = vec![0; 64 * 1024 * 1024 + 1];
    huge[0] = 0x30;
    vec![
        case("--crl", fixture(GENUINE), "crl-neither", vec![]),
        case(
            "--crl",
            &one.as_bytes()[..one.len() - 8],
            "crl-end",
            nth(1, vec![]),
        ),
        case(
            "--crl",
            pem(label, &good).replacen("MII", "M*I", 1),
            "crl-base64",
            nth(1, vec![]),
        ),
        unreadable(good[..good.len() - 9].to_vec(), 1, "asn1.cut-short"),
        unreadable(pem(label, &bad_time).into(), 1, "asn1.revocation-list"),
        unreadable(der::sequence([der::number(5)]), 1, "asn1.other"),
        case("--crl", huge, "crl-unreadable", nth(1, too_large("64 MiB"))),
    ]
}

// Lists of providers

const LIST: &str = "dn: providerName=X,o=postacert\nproviderName: X\nmanagedDomains: x.example\n";

fn signer(key: Key) -> Certificate {
    let subject = "CN=Indice dei gestori,O=Autorita di Prova,L=Roma,ST=Roma,C=IT";
    Certificate::signer(subject, "indice@autorita.example", key)
}

/// The list with this signature around it.
fn signed(signer: Signer, change: impl FnOnce(&mut SignedData)) -> Vec<u8> {
    let mut data = SignedData::new(signer, None);
    data.embedded = Some(LIST.into());
    change(&mut data);
    data.encode(LIST.as_bytes())
}

fn usual() -> Signer {
    Signer::new(&signer(keys::THIRD), LIST.as_bytes(), AT)
}

/// A signature object with one SignerInfo of our own making.
fn object(signer_info: &[u8]) -> Vec<u8> {
    let none = der::set::<Vec<u8>>([]);
    let inside = der::explicit(0, &der::octets(LIST.as_bytes()));
    let enclosed = der::sequence([der::oid("1.2.840.113549.1.7.1"), inside]);
    let signers = der::set([signer_info]);
    let data = der::sequence([der::number(1), none, enclosed, signers]);
    cms("1.2.840.113549.1.7.2", &data)
}

fn cms(kind: &str, content: &[u8]) -> Vec<u8> {
    der::sequence([der::oid(kind), der::explicit(0, content)])
}

fn signer_info(identifier: &[u8], after: &[u8]) -> Vec<u8> {
    let digest = Digest::Sha256.identifier();
    der::sequence([
        &der::number(1),
        identifier,
        &digest,
        &Scheme::Pkcs1(Digest::Sha256).identifier(),
        &der::octets(b"value"),
        after,
    ])
}

fn attributes(signer: Signer, key: &'static str, name: &str) -> Case {
    let values = vec![("name", name.to_owned())];
    let values = vec![("reason", Value::Text(key, values))];
    let octets = signed(signer, |_| ());
    case("--providers", octets, "providers-attributes", values)
}

fn algorithm(scheme: Scheme, key: Key, why: Value) -> Case {
    let signer = Signer::new(&signer(key), LIST.as_bytes(), AT).scheme(scheme, LIST.as_bytes());
    let values = vec![("reason", why)];
    case(
        "--providers",
        signed(signer, |_| ()),
        "providers-algorithm",
        values,
    )
}

fn provider_cases() -> Vec<Case> {
    let of = |octets: Vec<u8>, key, values| case("--providers", octets, key, values);
    let unreadable = |octets, why| of(octets, "providers-object", reason(why));
    let good = signed(usual(), |_| ());
    let named_by_key = der::implicit(0, &[7; 20]);
    let label = "PKCS7";
    let broken_certificate = signer(keys::THIRD).with(Extension {
        oid: extension::KEY_USAGE,
        critical: true,
        value: der::null(),
    });
    let ed25519 = "1.3.101.112";
    vec![
        of(
            b"dn: x\n\nno colon".to_vec(),
            "providers-line",
            vec![("line", plain(3))],
        ),
        of(
            signed(usual(), |data| data.embedded = Some(b"nothing".to_vec())),
            "providers-altered",
            vec![],
        ),
        of(b"dn: x\n# none\n".to_vec(), "providers-empty", vec![]),
        of(Vec::new(), "providers-empty", vec![]),
        of(
            pem(label, &good).as_bytes()[..200].to_vec(),
            "providers-end",
            vec![],
        ),
        of(
            pem(label, &good).replacen("MII", "M*I", 1).into(),
            "providers-base64",
            vec![],
        ),
        unreadable(vec![0x30, 0x80, 2, 1, 5], "asn1.cut-short"),
        unreadable(good[..good.len() - 1].to_vec(), "asn1.cut-short"),
        unreadable(
            vec![0x30, 0x80, 0xbf, 0x20, 0x80, 0, 0, 0, 0],
            "asn1.damaged",
        ),
        unreadable([0x30, 0x80].repeat(40), "asn1.depth"),
        unreadable(der::sequence([der::number(5)]), "asn1.other"),
        unreadable(
            cms("1.2.840.113549.1.7.3", &der::number(1)),
            "asn1.not-signed",
        ),
        unreadable(object(&signer_info(&der::number(1), &[])), "asn1.signer"),
        unreadable(
            object(&signer_info(&named_by_key, &der::number(1))),
            "asn1.after",
        ),
        of(
            signed(usual(), |data| data.embedded = None),
            "providers-detached",
            vec![],
        ),
        of(
            signed(usual(), |data| {
                let second = Signer::new(&signer(keys::SENDER), LIST.as_bytes(), AT);
                data.signers.push(second);
            }),
            "providers-signers",
            vec![("count", plain(2))],
        ),
        of(
            signed(usual(), |data| data.certificates.clear()),
            "providers-no-certificate",
            vec![],
        ),
        of(
            signed(
                Signer::new(&broken_certificate, LIST.as_bytes(), AT),
                |_| (),
            ),
            "providers-certificate",
            reason("asn1.extension"),
        ),
        of(
            signed(
                Signer {
                    key: keys::STRANGER,
                    ..usual()
                },
                |_| (),
            ),
            "providers-value",
            vec![],
        ),
        algorithm(
            Scheme::Pkcs1(Digest::Md5),
            keys::THIRD,
            Value::Text("algorithm.broken", vec![("name", "MD5".into())]),
        ),
        algorithm(
            Scheme::Pkcs1(Digest::Sha256),
            keys::TINY,
            Value::Text("algorithm.weak", vec![("bits", "512".into())]),
        ),
        of(
            {
                let digest = der::sequence([der::oid(ed25519)]);
                let own = Digest::Sha256.identifier();
                let info = signer_info(&identifier_of(&signer(keys::THIRD)), &[]);
                let at = info.windows(own.len()).position(|w| w == own);
                let (inside, _) = keys::split(&info);
                let start = at.expect("a digest") - (info.len() - inside.len());
                let after = &inside[start + own.len()..];
                let info = der::sequence([&inside[..start], &digest, after]);
                with_certificate(&object(&info), &signer(keys::THIRD).to_der())
            },
            "providers-algorithm",
            unknown(ed25519),
        ),
        attributes(
            usual().without(MESSAGE_DIGEST),
            "attribute.missing",
            "messageDigest",
        ),
        attributes(
            usual().and(Attribute::signing_time(AT)),
            "attribute.not-once",
            "signingTime",
        ),
        attributes(
            usual().replaced(Attribute::new(
                CONTENT_TYPE,
                der::oid("1.2.840.113549.1.7.2"),
            )),
            "attribute.content-type",
            "",
        ),
        attributes(
            usual().replaced(Attribute::new(MESSAGE_DIGEST, der::number(1))),
            "attribute.encoding",
            "",
        ),
        of(
            vec![b' '; 64 * 1024 * 1024 + 1],
            "providers-too-large",
            vec![("limit", plain("64 MiB"))],
        ),
    ]
}

fn identifier_of(certificate: &Certificate) -> Vec<u8> {
    let serial = der::integer(&certificate.serial);
    der::sequence([pki::name(&certificate.issuer), serial])
}

/// The object of [`object`] with a certificate before its signers.
fn with_certificate(object: &[u8], certificate: &[u8]) -> Vec<u8> {
    let (info, _) = keys::split(object);
    let (_, rest) = keys::split(info);
    let (explicit, _) = keys::split(rest);
    let (data, _) = keys::split(explicit);
    let (_, after) = keys::split(data);
    let (_, after) = keys::split(after);
    let (_, signers) = keys::split(after);
    let before = &data[..data.len() - signers.len()];
    let bag = der::explicit(0, certificate);
    let data = der::sequence([before, &bag, signers]);
    cms("1.2.840.113549.1.7.2", &data)
}

// Tests

#[test]
fn a_trust_file_that_cannot_be_used_is_told_in_words() {
    hold_all(&trust_cases());
}

#[test]
fn certificates_that_cannot_be_used_are_told_in_words() {
    hold_all(&anchor_cases());
}

#[test]
fn revocation_lists_that_cannot_be_used_are_told_in_words() {
    hold_all(&crl_cases());
}

#[test]
fn a_list_of_providers_that_cannot_be_used_is_told_in_words() {
    hold_all(&provider_cases());
}

/// Every text of these files is shown by some case above: a new one needs its file.
#[test]
fn no_fault_is_without_its_file() {
    let cases = [trust_cases(), anchor_cases(), crl_cases(), provider_cases()];
    let mut shown = BTreeSet::new();
    for case in cases.iter().flatten() {
        shown.insert(format!("error.{}-what", case.key));
        shown.insert(format!("error.{}-hint", case.key));
        shown.extend(case.values.iter().filter_map(|(_, value)| match value {
            Value::Text(key, _) => Some((*key).to_owned()),
            Value::Plain(_) => None,
        }));
    }
    // Nobody has made two lists with one SHA-1 yet.
    shown.insert("attribute.collision".into());
    // Held by a test of its own below.
    shown.insert("error.file-too-large-what".into());
    shown.insert("error.file-too-large-hint".into());
    let texts = include_str!("../src/output/catalogue/trusted.en.toml");
    let tables: toml::Table = texts.parse().expect("TOML");
    let keys = tables.iter().flat_map(|(family, texts)| {
        let texts = texts.as_table().expect("a table");
        texts.keys().map(move |key| format!("{family}.{key}"))
    });
    let missing: Vec<String> = keys.filter(|key| !shown.contains(key)).collect();
    assert!(missing.is_empty(), "no file leads to {missing:#?}");
}

#[test]
fn a_file_that_cannot_be_read_is_told_in_words() {
    let home = tempfile::tempdir().expect("a folder");
    let missing = home.path().join(format!("missing {HOSTILE}"));
    let folder = home.path().join(format!("folder {HOSTILE}"));
    fs::create_dir(&folder).expect("a folder");
    let huge = home.path().join(format!("huge {HOSTILE}"));
    let file = fs::File::create(&huge).expect("a file");
    // A hole: nothing is written, and nothing read.
    file.set_len(256 * 1024 * 1024 + 1).expect("a length");
    for option in ["--trust", "--anchor", "--crl", "--providers", "--sent"] {
        hold(
            &case(option, "", "read", reason("input.not-found")),
            &missing,
        );
        let limit = vec![("limit", plain("256 MiB"))];
        hold(&case(option, "", "file-too-large", limit), &huge);
        // A folder of revocation lists is what --crl takes.
        if option != "--crl" {
            hold(&case(option, "", "read", reason("input.folder")), &folder);
        }
    }
}

/// The words of the system stay as they are, in brackets after ours.
#[test]
#[cfg(target_os = "linux")]
fn an_error_of_the_system_is_told_in_words() {
    let why = vec![("reason", "Input/output error (os error 5)".to_owned())];
    let values = vec![("reason", Value::Text("input.io", why))];
    hold(
        &case("--sent", "", "read", values),
        Path::new("/proc/self/mem"),
    );
}

#[test]
fn the_file_of_a_folder_is_named() {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join(format!("notes {HOSTILE}"));
    fs::write(&file, "notes").expect("a file");
    let expected = sentences(Lang::It, "crl-neither", &file.to_string_lossy(), &vec![]);
    let (status, _, err) = verify(Lang::It, "--crl", home.path());
    assert_eq!((status, err), (Some(2), expected));
}

/// The names of an authority come from the file.
#[test]
fn nothing_in_a_trust_file_reaches_the_terminal_raw() {
    let name = "a\\u001b[2J\\u202eb";
    let (octets, _) = altered("CN=Autorita di Prova CA1", &format!("CN={name}"));
    let text = String::from_utf8(octets).expect("text");
    let text = text.replacen("path_len = 0", "path_len = -1", 1);
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("trust.toml");
    fs::write(&file, text).expect("a file");
    let (status, _, err) = verify(Lang::It, "--trust", &file);
    assert_eq!(status, Some(2));
    assert!(err.contains("di a\\u{1b}[2J\\u{202e}b: path_len"), "{err}");
    assert_eq!(err.find(|c| is_deceptive(c) && c != '\n'), None, "{err:?}");
}

/// The files that each case alters are good ones.
#[test]
fn the_files_are_good_before_they_are_altered() {
    let home = tempfile::tempdir().expect("a folder");
    let list = pki::revocation_list(
        AUTHORITY_NAME,
        keys::AUTHORITY,
        ["2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"],
        &[],
    );
    let certificate = authority().to_der();
    for (option, octets) in [
        ("--trust", world::trust_file().into_bytes()),
        ("--anchor", in_pem(&certificate).repeat(2).into()),
        ("--anchor", certificate),
        ("--crl", pem("X509 CRL", &list).repeat(2).into()),
        ("--crl", list),
        ("--providers", LIST.into()),
        ("--providers", signed(usual(), |_| ())),
        ("--providers", pem("PKCS7", &signed(usual(), |_| ())).into()),
        ("--providers", providers::signed(LIST, AT)),
    ] {
        let file = home.path().join("file");
        fs::write(&file, octets).expect("a file");
        let (status, _, err) = verify(Lang::En, option, &file);
        assert_ne!(status, Some(2), "{option}");
        assert_eq!(err, "", "{option}");
    }
}
