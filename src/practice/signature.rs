//! The signatures of the practice provider: CMS SignedData beside its content (RFC 5652), as
//! providers of certified mail write them.

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedAttributes, SignedData, SignerIdentifier,
    SignerInfo, SignerInfos,
};
use der::asn1::{Any, OctetString, SetOfVec};
use der::oid::ObjectIdentifier as Oid;
use der::{Decode, Encode};
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::Error;
use super::certificate::time;
use crate::timestamp::Timestamp;

const DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: Oid = Oid::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: Oid = Oid::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: Oid = Oid::new_unwrap("1.2.840.113549.1.9.5");
const SHA256: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.1");
const RSA: Oid = Oid::new_unwrap("1.2.840.113549.1.1.1");

/// DER of a signature over the content: one signer, SHA-256, three signed attributes. The
/// certificates go with it, that of the signer first.
pub(super) fn detached(
    content: &[u8],
    at: Timestamp,
    key: &RsaKeyPair,
    certificates: [&[u8]; 2],
) -> Result<Vec<u8>, Error> {
    let [signer, authority] = certificates.map(Certificate::from_der);
    let (signer, authority) = (signer?, authority?);
    let info = signer_info(content, at, key, &signer)?;
    let certificates = [signer, authority].map(CertificateChoices::Certificate);
    let signed = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::try_from(vec![info.digest_alg.clone()])?,
        encap_content_info: EncapsulatedContentInfo {
            econtent_type: DATA,
            econtent: None,
        },
        certificates: Some(CertificateSet::try_from(Vec::from(certificates))?),
        crls: None,
        signer_infos: SignerInfos::try_from(vec![info])?,
    };
    let object = ContentInfo {
        content_type: SIGNED_DATA,
        content: Any::encode_from(&signed)?,
    };
    Ok(object.to_der()?)
}

fn signer_info(
    content: &[u8],
    at: Timestamp,
    key: &RsaKeyPair,
    signer: &Certificate,
) -> Result<SignerInfo, Error> {
    let attributes = signed_attributes(content, at)?;
    let mut value = vec![0; key.public_modulus_len()];
    // Signed as a SET OF, sent as [0] IMPLICIT (RFC 5652, 5.4).
    let octets = attributes.to_der()?;
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &octets, &mut value)
        .map_err(|_| Error::Key)?;
    let algorithm = |oid, parameters| AlgorithmIdentifierOwned { oid, parameters };
    let own = signer.tbs_certificate();
    Ok(SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: own.issuer().clone(),
            serial_number: own.serial_number().clone(),
        }),
        digest_alg: algorithm(SHA256, None),
        signed_attrs: Some(attributes),
        signature_algorithm: algorithm(RSA, Some(Any::null())),
        signature: OctetString::new(value)?,
        unsigned_attrs: None,
    })
}

fn signed_attributes(content: &[u8], at: Timestamp) -> Result<SignedAttributes, Error> {
    let attribute = |oid, value: Any| -> Result<Attribute, Error> {
        let values = SetOfVec::try_from(vec![value])?;
        Ok(Attribute { oid, values })
    };
    let hashed = digest::digest(&digest::SHA256, content);
    let attributes = vec![
        attribute(CONTENT_TYPE, Any::encode_from(&DATA)?)?,
        attribute(SIGNING_TIME, Any::from_der(&time(at)?)?)?,
        attribute(
            MESSAGE_DIGEST,
            Any::encode_from(&OctetString::new(hashed.as_ref())?)?,
        )?,
    ];
    Ok(SetOfVec::try_from(attributes)?)
}
