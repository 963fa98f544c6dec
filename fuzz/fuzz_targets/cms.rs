//! Any octets as a signature object, as a certificate and as a revocation list.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postacert::smime::ber;
use postacert::smime::certificate::Certificate;
use postacert::smime::content::{Content, ContentKind};
use postacert::smime::revocation::Crl;
use postacert::smime::signed_data::{SignatureOctets, SignedData};
use postacert::timestamp::Timestamp;
use postacert::work::Work;

fuzz_target!(|octets: &[u8]| {
    if let Ok((definite, following)) = ber::definite(octets) {
        // Definite is definite: a second pass changes nothing.
        assert!(following < octets.len());
        let (again, rest) = ber::definite(&definite).expect("definite");
        assert_eq!((&*again, rest), (&*definite, 0));
    }
    if let Ok(octets) = SignatureOctets::new(octets)
        && let Ok(data) = SignedData::parse(&octets)
    {
        let inside = data.embedded_content.unwrap_or_default();
        let contents = [
            Content::new(inside, ContentKind::Octets),
            Content::new(b"a\nb\r\n", ContentKind::MimeEntity),
        ];
        let work = Work::of_message(inside.len());
        for signer in &data.signers {
            for (index, _) in data.candidates(signer, &work) {
                if let Some(Ok(certificate)) = data.certificates.certificate(index, &work) {
                    for content in &contents {
                        let _ = data.verify(signer, &certificate, content, &work);
                    }
                }
            }
        }
    }
    if let Ok(certificate) = Certificate::parse(octets) {
        assert_eq!(certificate.der(), octets);
        assert_eq!(certificate.sha256().len(), 64);
        let _ = (
            certificate.constrained_names(),
            certificate.is_authority(),
            certificate.subject.to_string(),
        );
        if let Ok(key) = &certificate.key {
            let _ = certificate.is_signed_by(key);
            if let Ok(list) = Crl::parse(octets) {
                let _ = list.is_signed_by(key);
            }
        }
    }
    if let Ok(list) = Crl::parse(octets) {
        let _ = (
            list.issuer.to_string(),
            list.this_update.max(Timestamp::from_unix(0)),
        );
    }
});
