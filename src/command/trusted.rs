//! Files that say whom to trust, as options and accounts name them: read, and what is wrong with
//! one in words.
//!
//! Every fault has sentences of its own in both languages. Foreign words are left of two kinds,
//! in brackets: those of the TOML parser and those of the system.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::Failure;
use super::verify::text::read_error;
use crate::lang::Lang;
use crate::located::NoToml;
use crate::mime::MAX_MESSAGE_OCTETS;
use crate::output::catalogue::Catalogue;
use crate::providers::trust_file::{Expected, Fault as ValueFault, Place};
use crate::providers::{Trust, directory, trust, trust_file};
use crate::smime::algorithm::AlgorithmError;
use crate::smime::name::TextError;
use crate::smime::revocation::FileError;
use crate::smime::signed_data::{AttributeFault, SignatureFault};
use crate::smime::{self, Fault, pem};

/// The octets of a file that an option or an account names.
///
/// # Errors
/// When it cannot be read, or is larger than any message and so than any such file.
pub(super) fn read(file: &Path, lang: Lang) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| {
        let reason = read_error(&error.into(), lang);
        Failure::new("read", [named(file), ("reason", reason)])
    };
    let too_large = || {
        let limit = ("limit", size(MAX_MESSAGE_OCTETS));
        Failure::new("file-too-large", [named(file), limit])
    };
    let opened = fs::File::open(file).map_err(failed)?;
    let limit = MAX_MESSAGE_OCTETS as u64;
    if opened.metadata().map_err(failed)?.len() > limit {
        return Err(too_large());
    }
    // A pipe has no length until it is read.
    let mut octets = Vec::new();
    let mut bounded = opened.take(limit + 1);
    bounded.read_to_end(&mut octets).map_err(failed)?;
    if octets.len() > MAX_MESSAGE_OCTETS {
        return Err(too_large());
    }
    Ok(octets)
}

/// The trust data of a file.
///
/// # Errors
/// When it cannot be read, or is no trust file.
pub(super) fn trust(file: &Path, lang: Lang) -> Result<Trust, Failure> {
    let octets = read(file, lang)?;
    Trust::parse(&octets, &file.display().to_string())
        .map_err(|error| of_trust_file(&error, file, lang))
}

/// Why a trust file cannot be used.
pub(super) fn of_trust_file(error: &trust_file::Error, file: &Path, lang: Lang) -> Failure {
    use trust_file::Error as E;
    let texts = Catalogue::of(lang);
    let file = named(file);
    let at = |line: &usize| ("line", line.to_string());
    let place = |at: &Place| ("place", place(at, texts));
    let key = |field: &&'static str| ("field", (*field).to_owned());
    match error {
        E::NoToml(NoToml::NotText { line }) => Failure::new("trust-not-text", [file, at(line)]),
        E::NoToml(NoToml::Syntax {
            line,
            column,
            reason,
        }) => Failure::new(
            "trust-syntax",
            [
                file,
                at(line),
                ("column", column.to_string()),
                ("reason", reason.clone()),
            ],
        ),
        E::Missing { place: at, field } => {
            Failure::new("trust-missing", [file, place(at), key(field)])
        }
        E::Type {
            place: at,
            field,
            expected,
        } => {
            let expected = ("expected", texts.text(expected_key(*expected)).to_owned());
            Failure::new("trust-type", [file, place(at), key(field), expected])
        }
        E::Value {
            place: at,
            field,
            fault,
        } => of_value(fault, [file, place(at), key(field)], texts),
        E::Empty => Failure::new("trust-empty", [file]),
    }
}

/// A value; `about` is file, place and key.
fn of_value(fault: &ValueFault, about: [(&'static str, String); 3], texts: &Catalogue) -> Failure {
    let because = |reason: String| {
        let mut values = about.to_vec();
        values.push(("reason", reason));
        values
    };
    match fault {
        ValueFault::Base64 => Failure::new("trust-base64", about),
        ValueFault::Fingerprint => Failure::new("trust-fingerprint", about),
        ValueFault::Key(error) => Failure::new("trust-key", because(algorithm(error, texts))),
        ValueFault::Name(error) => Failure::new(
            "trust-name",
            because(texts.text(name_key(*error)).to_owned()),
        ),
        ValueFault::Certificate(error) => {
            Failure::new("trust-certificate", because(object(error, texts)))
        }
        ValueFault::Policy => Failure::new("trust-policy", about),
        ValueFault::Time => Failure::new("trust-time", about),
        ValueFault::Excluded => Failure::new("trust-excluded", about),
    }
}

fn place(place: &Place, texts: &Catalogue) -> String {
    let line = place.line.to_string();
    let key = match (place.table, &place.authority) {
        ("", _) => "place.line",
        (_, None) => "place.table",
        (_, Some(_)) => "place.authority",
    };
    let authority = place.authority.as_deref().unwrap_or_default();
    let values = [
        ("line", &*line),
        ("table", place.table),
        ("authority", authority),
    ];
    texts.fill(key, &values)
}

/// Why certificates cannot be taken as authorities.
pub(super) fn of_anchors(error: &trust::Error, file: &Path, lang: Lang) -> Failure {
    use trust::Error as E;
    let texts = Catalogue::of(lang);
    let file = named(file);
    let whose = |subject: &String| ("subject", subject.clone());
    match error {
        E::Pem(pem::Error::Neither) => Failure::new("anchor-neither", [file]),
        E::Pem(pem::Error::Broken(pem::Broken::NoEnd { index })) => {
            Failure::new("anchor-end", [file, nth(index)])
        }
        E::Pem(pem::Error::Broken(pem::Broken::Base64 { index })) => {
            Failure::new("anchor-base64", [file, nth(index)])
        }
        E::Certificate { index, error } => Failure::new(
            "anchor-unreadable",
            [file, nth(index), ("reason", object(error, texts))],
        ),
        E::NotAnAuthority { index, subject } => {
            Failure::new("anchor-other", [file, nth(index), whose(subject)])
        }
        E::Key {
            index,
            subject,
            error,
        } => Failure::new(
            "anchor-key",
            [
                file,
                nth(index),
                whose(subject),
                ("reason", algorithm(error, texts)),
            ],
        ),
    }
}

/// Why the revocation lists of a file cannot be used.
pub(super) fn of_crls(error: &FileError, file: &Path, lang: Lang) -> Failure {
    let file = named(file);
    match error {
        FileError::Pem(pem::Error::Neither) => Failure::new("crl-neither", [file]),
        FileError::Pem(pem::Error::Broken(pem::Broken::NoEnd { index })) => {
            Failure::new("crl-end", [file, nth(index)])
        }
        FileError::Pem(pem::Error::Broken(pem::Broken::Base64 { index })) => {
            Failure::new("crl-base64", [file, nth(index)])
        }
        FileError::List { index, error } => {
            let reason = object(error, Catalogue::of(lang));
            Failure::new("crl-unreadable", [file, nth(index), ("reason", reason)])
        }
    }
}

/// Why a list of providers cannot be used.
pub(super) fn of_providers(error: &directory::Error, file: &Path, lang: Lang) -> Failure {
    use directory::Error as E;
    let texts = Catalogue::of(lang);
    let file = named(file);
    let because = |reason: String| ("reason", reason);
    match error {
        E::TooLarge { limit } => {
            Failure::new("providers-too-large", [file, ("limit", size(*limit))])
        }
        E::Line { line } => Failure::new("providers-line", [file, ("line", line.to_string())]),
        E::Pem(pem::Broken::NoEnd { index: _ }) => Failure::new("providers-end", [file]),
        E::Pem(pem::Broken::Base64 { index: _ }) => Failure::new("providers-base64", [file]),
        E::Object(error) => Failure::new("providers-object", [file, because(object(error, texts))]),
        E::Detached => Failure::new("providers-detached", [file]),
        E::Signers { count } => {
            Failure::new("providers-signers", [file, ("count", count.to_string())])
        }
        E::NoCertificate => Failure::new("providers-no-certificate", [file]),
        E::Certificate(error) => Failure::new(
            "providers-certificate",
            [file, because(object(error, texts))],
        ),
        E::Signature(SignatureFault::Algorithm(error)) => Failure::new(
            "providers-algorithm",
            [file, because(algorithm(error, texts))],
        ),
        E::Signature(SignatureFault::Attributes(fault)) => Failure::new(
            "providers-attributes",
            [file, because(attribute(*fault, texts))],
        ),
        E::Signature(SignatureFault::Work) => {
            let reason = texts.text("asn1.too-many").to_owned();
            Failure::new("providers-object", [file, because(reason)])
        }
        E::Signature(SignatureFault::Value) => Failure::new("providers-value", [file]),
        E::Signature(SignatureFault::Digest { .. }) => Failure::new("providers-altered", [file]),
        E::Empty => Failure::new("providers-empty", [file]),
    }
}

fn named(file: &Path) -> (&'static str, String) {
    ("file", file.display().to_string())
}

fn nth(index: &usize) -> (&'static str, String) {
    ("index", index.to_string())
}

/// Octets in the largest unit that fits: all limits are whole ones.
fn size(octets: usize) -> String {
    match octets / 1024 {
        kibi @ ..1024 => format!("{kibi} KiB"),
        kibi => format!("{} MiB", kibi / 1024),
    }
}

const fn expected_key(expected: Expected) -> &'static str {
    match expected {
        Expected::Text => "expected.text",
        Expected::Texts => "expected.list",
        Expected::Octet => "expected.octet",
        Expected::Time => "expected.time",
        Expected::Flag => "expected.boolean",
        Expected::Tables => "expected.tables",
    }
}

const fn name_key(error: TextError) -> &'static str {
    match error {
        TextError::NoEquals => "name.no-equals",
        TextError::Type => "name.type",
        TextError::Hexadecimal => "name.hexadecimal",
        TextError::Backslash => "name.backslash",
        TextError::NotText => "name.not-text",
    }
}

/// What is wrong with a certificate, a list or a signed object.
fn object(error: &smime::Error, texts: &Catalogue) -> String {
    match error {
        smime::Error::Encoding(fault) => texts.text(fault_key(*fault)).to_owned(),
        smime::Error::TooLarge { limit } => {
            texts.fill("asn1.too-large", &[("limit", &size(*limit))])
        }
        smime::Error::NotSignedData => texts.text("asn1.not-signed").to_owned(),
        smime::Error::ConstraintDistance => texts.text("asn1.distance").to_owned(),
    }
}

/// Faults that ask the same of a person have the same words.
const fn fault_key(fault: Fault) -> &'static str {
    match fault {
        Fault::CutShort | Fault::PassesEnd | Fault::NotClosed => "asn1.cut-short",
        Fault::Length
        | Fault::IndefinitePrimitive
        | Fault::IndefiniteHighTag
        | Fault::TagNumber => "asn1.damaged",
        Fault::Indefinite => "asn1.indefinite",
        Fault::Tag => "asn1.other",
        Fault::Depth => "asn1.depth",
        Fault::TooMany => "asn1.too-many",
        Fault::ObjectIdentifier => "asn1.identifier",
        Fault::NotAscii => "asn1.not-ascii",
        Fault::SignatureBits => "asn1.signature-bits",
        Fault::Certificate => "asn1.certificate",
        Fault::Extension => "asn1.extension",
        Fault::TwoAlgorithms => "asn1.two-algorithms",
        Fault::RevocationList => "asn1.revocation-list",
        Fault::SignerIdentifier => "asn1.signer",
        Fault::AfterCertificate | Fault::AfterAttribute | Fault::AfterSigner => "asn1.after",
    }
}

pub(super) fn algorithm(error: &AlgorithmError, texts: &Catalogue) -> String {
    match error {
        AlgorithmError::Broken(name) => texts.fill("algorithm.broken", &[("name", name)]),
        AlgorithmError::WeakKey(bits) => {
            texts.fill("algorithm.weak", &[("bits", &bits.to_string())])
        }
        AlgorithmError::Unknown(name) => texts.fill("algorithm.unknown", &[("name", name)]),
        AlgorithmError::Parameters => texts.text("algorithm.parameters").to_owned(),
    }
}

fn attribute(fault: AttributeFault, texts: &Catalogue) -> String {
    match fault {
        AttributeFault::Missing(name) => texts.fill("attribute.missing", &[("name", name)]),
        AttributeFault::NotOnce(name) => texts.fill("attribute.not-once", &[("name", name)]),
        AttributeFault::ContentType => texts.text("attribute.content-type").to_owned(),
        AttributeFault::Encoding => texts.text("attribute.encoding").to_owned(),
        AttributeFault::Collision => texts.text("attribute.collision").to_owned(),
    }
}
