//! Everything that `fixtures/` holds, by path: the genuine messages and the vectors.

mod a_object;
mod a_signature;
mod b_certificate;
mod b_path;
mod b_revocation;
mod c_header;
mod c_message;
mod c_sent;
mod c_spelling;
mod d_damage;
mod d_mime;
mod d_readers;
mod d_shown;
mod d_transport;
mod e_xml;
mod f_time;
mod g_handling;
mod g_signed;
pub mod genuine;
pub mod sent;
mod tools;
mod vector;

use std::collections::BTreeMap;

use super::{keys, pki, providers, stamp, world};

/// All generated files, by their path under `fixtures/`.
pub fn files() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut add = |path: String, octets: Vec<u8>| {
        assert!(
            files.insert(path.clone(), octets).is_none(),
            "{path} is made twice"
        );
    };
    trust(&mut add);
    for (name, octets) in providers::all() {
        add(format!("providers/{name}"), octets);
    }
    for (name, octets) in genuine::all() {
        add(format!("receipts/{name}.eml"), octets);
    }
    add("sent/richiesta.eml".into(), sent::base().to_eml());
    add(
        "sent/richiesta-altra-pagina.eml".into(),
        sent::with_other_document().to_eml(),
    );
    add(
        "sent/richiesta-stesso-oggetto.eml".into(),
        sent::twin_of_subject().to_eml(),
    );
    add("sent/relazione.pdf".into(), sent::document());
    for (name, octets) in c_sent::files() {
        add(format!("sent/{name}"), octets);
    }
    for (name, octets) in stamps() {
        add(format!("stamps/{name}"), octets);
    }
    for vector in vectors() {
        vector.files(&mut files);
    }
    files
}

/// Time stamps for the examples of the manual: over the genuine acceptance receipt.
fn stamps() -> Vec<(&'static str, Vec<u8>)> {
    let (_, receipt) = genuine::all()
        .into_iter()
        .find(|(name, _)| *name == "accettazione")
        .expect("the acceptance");
    let pem = pki::pem("CERTIFICATE", &stamp::authority().to_der());
    let stamp = stamp::Stamp::over(&receipt);
    vec![
        ("accettazione.eml.tst", stamp.token()),
        ("accettazione.eml.tsr", stamp.answer(0)),
        ("authority.pem", pem.into_bytes()),
        ("nobody-revoked.crl", stamp::revoking(&[])),
        (
            "revoked.crl",
            stamp::revoking(&[(&stamp::signer(), "2026-05-20T00:00:00Z", Some(1))]),
        ),
    ]
}

fn vectors() -> Vec<vector::Vector> {
    [
        a_object::all(),
        a_signature::all(),
        b_certificate::all(),
        b_path::all(),
        b_revocation::all(),
        c_header::all(),
        c_message::all(),
        c_sent::all(),
        c_spelling::all(),
        d_damage::all(),
        d_mime::all(),
        d_readers::all(),
        d_shown::all(),
        d_transport::all(),
        e_xml::all(),
        f_time::all(),
        g_handling::all(),
        g_signed::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn trust(add: &mut impl FnMut(String, Vec<u8>)) {
    add("pki/trust.toml".into(), world::trust_file().into_bytes());
    let anchors = world::editions()
        .into_iter()
        .chain([world::historic_edition()]);
    let anchors: String = anchors
        .map(|edition| pki::pem("CERTIFICATE", &edition.certificate.to_der()))
        .collect();
    add("pki/anchor.pem".into(), anchors.into_bytes());
    add(
        "pki/root.pem".into(),
        pki::pem("CERTIFICATE", &world::root().to_der()).into_bytes(),
    );
    add(
        "pki/trust-authority-twice.toml".into(),
        b_path::trust_with_the_authority_twice().into_bytes(),
    );
    add(
        "pki/trust-international.toml".into(),
        c_spelling::trust_of_an_international_host().into_bytes(),
    );
    add(
        "pki/trust-with-a-gap.toml".into(),
        b_path::trust_with_a_gap().into_bytes(),
    );
    add(
        "pki/trust-open.toml".into(),
        b_path::trust_that_may_have_gaps().into_bytes(),
    );
    add(
        "pki/trust-of-before.toml".into(),
        b_path::trust_of_before().into_bytes(),
    );
    for (name, octets) in b_revocation::files() {
        add(format!("pki/{name}"), octets);
    }
    for (name, octets) in revocation_lists() {
        add(format!("pki/{name}"), octets);
    }
}

/// Revocation lists about the recipient's provider, whose receipt is of 2026-05-04T08:15:07Z.
fn revocation_lists() -> Vec<(&'static str, Vec<u8>)> {
    let signer = &world::RECEIVING.certificate();
    let list = |key, period, revoked: &[(&str, Option<u8>)]| {
        let revoked: Vec<_> = revoked
            .iter()
            .map(|&(at, reason)| pki::Revoked {
                certificate: signer,
                at,
                reason,
            })
            .collect();
        pki::revocation_list(world::AUTHORITY_NAME, key, period, &revoked)
    };
    const THEN: [&str; 2] = ["2026-05-04T06:00:00Z", "2026-05-05T06:00:00Z"];
    const LATER: [&str; 2] = ["2026-09-01T06:00:00Z", "2026-09-02T06:00:00Z"];
    const BEFORE: [&str; 2] = ["2026-01-04T06:00:00Z", "2026-01-05T06:00:00Z"];
    vec![
        ("nobody-revoked.crl", list(keys::AUTHORITY, THEN, &[])),
        ("stale.crl", list(keys::AUTHORITY, BEFORE, &[])),
        ("signed-by-stranger.crl", list(keys::STRANGER, THEN, &[])),
        (
            "revoked-before.crl",
            list(keys::AUTHORITY, THEN, &[("2026-05-01T10:00:00Z", Some(4))]),
        ),
        (
            "revoked-later-key-compromise.crl",
            list(keys::AUTHORITY, LATER, &[("2026-08-30T10:00:00Z", Some(1))]),
        ),
        (
            "revoked-later-cessation.crl",
            list(keys::AUTHORITY, LATER, &[("2026-08-30T10:00:00Z", Some(5))]),
        ),
    ]
}
