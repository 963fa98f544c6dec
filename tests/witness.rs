//! Other packages as witnesses of readers that are our own.
//!
//! `cms` reads every signature object of the fixtures as we do. It decodes signed attributes into
//! sorted sets, so what was sent cannot be hashed from what it gives; hence the verifier reads
//! SignerInfo itself, and this compares the two readings.
//!
//! `base64` takes and refuses what our decoder of base64 in lines does.
//!
//! `roxmltree` makes the same tree as we of every XML document of chance, or refuses it too.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData as Witness, SignerIdentifier};
use der::{Decode, Encode};
use postacert::mime::{Entity, decode, multipart};
use postacert::smime::signed_data::{SignatureOctets, SignedData};
use postacert::smime::{Error, Fault, ber};

#[path = "support/trees.rs"]
mod trees;

/// Numbers of chance that are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

fn eml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            eml_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            found.push(path);
        }
    }
}

/// The signature object of a message, when it has one in the usual place.
fn signature_of(octets: &[u8]) -> Option<Vec<u8>> {
    let message = Entity::parse(octets).ok()?;
    let media = message.media_type().ok()?;
    let cut = multipart::split(message.body, media.boundary().ok()?).ok()?;
    Some(
        Entity::parse(cut.parts.get(1)?)
            .ok()?
            .decoded()
            .ok()?
            .into_owned(),
    )
}

#[test]
fn every_signature_object_is_read_as_the_cms_package_reads_it() {
    let mut files = Vec::new();
    eml_files(Path::new("fixtures"), &mut files);
    let mut compared = 0;
    for path in files {
        let Some(p7s) = signature_of(&std::fs::read(&path).unwrap()) else {
            continue;
        };
        let Ok((definite, _)) = ber::definite(&p7s) else {
            continue;
        };
        let witness = ContentInfo::from_der(&definite)
            .and_then(|info| info.content.to_der())
            .and_then(|der| Witness::from_der(&der));
        let Ok(witness) = witness else { continue };
        let name = path.display();
        let octets = SignatureOctets::new(&p7s).unwrap();
        let ours = match SignedData::parse(&octets) {
            // A bound of ours, which the package does not have.
            Err(Error::Encoding(Fault::TooMany)) => continue,
            ours => ours.unwrap_or_else(|error| panic!("{name}: {error}")),
        };
        assert_eq!(ours.signers.len(), witness.signer_infos.0.len(), "{name}");
        assert_eq!(
            ours.embedded_content.is_some(),
            witness.encap_content_info.econtent.is_some(),
            "{name}"
        );
        for info in witness.signer_infos.0.iter() {
            let key = match &info.sid {
                SignerIdentifier::IssuerAndSerialNumber(id) => id.serial_number.as_bytes().to_vec(),
                SignerIdentifier::SubjectKeyIdentifier(id) => id.0.as_bytes().to_vec(),
            };
            let same = ours.signers.iter().find(|signer| {
                signer.cache_key() == key
                    && signer.signed_attributes.is_some() == info.signed_attrs.is_some()
            });
            assert!(same.is_some(), "{name}: signer not found");
        }
        compared += 1;
    }
    assert!(compared > 200, "only {compared} objects were compared");
}

#[test]
fn base64_of_chance_is_read_or_refused_as_the_base64_package_does() {
    const PIECES: [&str; 14] = [
        "QUJD",
        "QUJDREVGR0hJSktM",
        "QQ==",
        "QUI=",
        "QUJ=",
        "R",
        "=",
        "\r\n",
        "\r\n",
        "\n",
        "\r",
        " ",
        "*",
        "-_",
    ];
    let mut numbers = Numbers(0xb64);
    let mut taken = 0;
    for _ in 0..200_000 {
        let count = numbers.below(9);
        let body: String = (0..count)
            .map(|_| PIECES[numbers.below(PIECES.len())])
            .collect();
        let compact: String = body.split_ascii_whitespace().collect();
        let witnessed = STANDARD.decode(compact).ok();
        assert_eq!(decode::base64(body.as_bytes()).ok(), witnessed, "{body:?}");
        taken += usize::from(witnessed.is_some());
    }
    assert!(taken > 10_000, "only {taken} were taken");
}

/// Pieces of which documents are made, and broken.
const PIECES: [&str; 48] = [
    "<!DOCTYPE a>",
    "<!DOCTYPE a SYSTEM 'x'>",
    "<!DOCTYPE a PUBLIC \"x\" 'y' ",
    "[<!ENTITY x 'y'>]>",
    "&#18;",
    "\u{7f}",
    "<a>",
    "</a>",
    "<b>",
    "</b>",
    "<a/>",
    "<b c='1'/>",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "x",
    "è",
    "<",
    ">",
    "/",
    "=",
    "'",
    "\"",
    "&",
    ";",
    "&lt;",
    "&#65;",
    "&#x1F600;",
    "&#xD;",
    "&x;",
    "<!--",
    "-->",
    "-",
    "<![CDATA[",
    "]]>",
    "]",
    "<?xml version='1.0'?>",
    "<?x ?>",
    "c='2'",
    " d = \"&amp;\n\"",
    "xmlns",
    ":",
    "\u{1}",
    "\u{fffe}",
    "<a c='",
    "#",
];

#[test]
fn every_document_of_chance_is_read_or_refused_as_roxmltree_does() {
    let mut numbers = Numbers(0x5eed);
    let mut taken = 0;
    for _ in 0..200_000 {
        let count = numbers.below(10);
        let inside: String = (0..count)
            .map(|_| PIECES[numbers.below(PIECES.len())])
            .collect();
        let text = match numbers.below(4) {
            0 => inside,
            1 => format!("<a>{inside}</a>"),
            2 => format!("{inside}<a>x</a>"),
            _ => format!("<?xml version=\"1.0\"?><a {inside}><b>x</b></a>"),
        };
        trees::agree(&text);
        taken += usize::from(trees::read(&text).is_ok());
    }
    assert!(taken > 10_000, "only {taken} were taken");
}

/// The daticert.xml of a message, when it has one in the usual place.
fn daticert_of(octets: &[u8]) -> Option<String> {
    let mut entity = Entity::parse(octets).ok()?;
    for part in [0, 1] {
        let media = entity.media_type().ok()?;
        let cut = multipart::split(entity.body, media.boundary().ok()?).ok()?;
        let mut parts = cut.parts.iter().flat_map(|part| Entity::parse(part));
        entity = match part {
            0 => parts.next()?,
            _ => parts.find(|part| part.file_names().is("daticert.xml"))?,
        };
    }
    String::from_utf8(entity.decoded().ok()?.into_owned()).ok()
}

#[test]
fn every_daticert_is_read_or_refused_as_roxmltree_does() {
    let mut files = Vec::new();
    eml_files(Path::new("fixtures"), &mut files);
    let texts: Vec<String> = files
        .iter()
        .filter_map(|path| daticert_of(&std::fs::read(path).unwrap()))
        .collect();
    assert!(
        texts.len() > 200,
        "only {} documents were compared",
        texts.len()
    );
    texts.iter().for_each(|text| trees::agree(text));
}

#[test]
fn every_altered_daticert_is_read_or_refused_as_roxmltree_does() {
    let receipt = std::fs::read("fixtures/receipts/avvenuta-consegna-completa.eml").unwrap();
    let whole = daticert_of(&receipt).unwrap().replace('\r', "");
    for (at, c) in whole.char_indices() {
        let (before, after) = (&whole[..at], &whole[at + c.len_utf8()..]);
        trees::agree(before);
        for other in ["", "<", ">", "&", "/", " ", "=", "\"", "x", "\u{b}"] {
            trees::agree(&[before, other, after].concat());
        }
    }
}
