//! The `cms` package as a witness: it reads every signature object of the fixtures as we do.
//!
//! It decodes signed attributes into sorted sets, so what was sent cannot be hashed from what
//! it gives; hence the verifier reads SignerInfo itself, and this compares the two readings.

use std::path::{Path, PathBuf};

use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData as Witness, SignerIdentifier};
use der::{Decode, Encode};
use postacert::mime::{Entity, multipart};
use postacert::smime::ber;
use postacert::smime::signed_data::{SignatureOctets, SignedData};

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
        let ours = SignedData::parse(&octets).unwrap_or_else(|error| panic!("{name}: {error}"));
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
