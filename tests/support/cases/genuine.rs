//! One genuine message of each kind, and of each form that real ones have.

use crate::support::cms::{Form, Identified};
use crate::support::digest::Digest;
use crate::support::keys::Scheme;
use crate::support::receipt::{COPIED, Kind, Receipt};
use crate::support::world;

/// Name of the file without `.eml`, and its octets.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let plain = [
        ("accettazione", Kind::Acceptance),
        ("non-accettazione", Kind::NonAcceptance),
        ("non-accettazione-virus", Kind::NonAcceptanceVirus),
        ("presa-in-carico", Kind::TakenInCharge),
        ("posta-certificata", Kind::Envelope),
        ("avvenuta-consegna-completa", Kind::Delivery),
        ("avvenuta-consegna-breve", Kind::DeliveryBrief),
        ("avvenuta-consegna-sintetica", Kind::DeliveryConcise),
        ("errore-consegna", Kind::NonDelivery),
        ("errore-consegna-virus", Kind::NonDeliveryVirus),
        ("preavviso-12-ore", Kind::NoticeAfter12Hours),
        ("preavviso-24-ore", Kind::NoticeAfter24Hours),
        ("rilevazione-virus", Kind::VirusFound),
        ("anomalia", Kind::Anomaly),
    ];
    let mut out: Vec<_> = plain
        .map(|(name, kind)| (name, Receipt::new(kind).to_eml()))
        .into();
    out.extend([
        ("avvenuta-consegna-lf", lf(&delivery())),
        (
            "avvenuta-consegna-a-capo-misti",
            mixed_line_ends(&delivery()),
        ),
        ("avvenuta-consegna-copia", copied()),
        ("avvenuta-consegna-sha1", of_2024()),
        (
            "avvenuta-consegna-sha512",
            signed_with(Scheme::Pkcs1(Digest::Sha512)),
        ),
        (
            "avvenuta-consegna-pss",
            signed_with(Scheme::Pss(Digest::Sha256)),
        ),
        ("avvenuta-consegna-2012", of_2012()),
        ("avvenuta-consegna-ber", in_form(Form::Indefinite)),
        ("avvenuta-consegna-ber-a-pezzi", in_form(Form::Constructed)),
        (
            "avvenuta-consegna-chiave-del-firmatario",
            by_key_identifier(),
        ),
        ("avvenuta-consegna-senza-autorita", without_issuer()),
        ("posta-certificata-oggetto-accentato", accented()),
        ("posta-certificata-senza-msgid", without_message_id()),
        ("avvenuta-consegna-ora-solare", in_winter()),
    ]);
    out
}

pub fn delivery() -> Vec<u8> {
    Receipt::new(Kind::Delivery).to_eml()
}

/// As a Unix program stores it.
pub fn lf(octets: &[u8]) -> Vec<u8> {
    octets
        .iter()
        .copied()
        .filter(|octet| *octet != b'\r')
        .collect()
}

/// The header with LF, the body as it came: what some spools leave.
fn mixed_line_ends(octets: &[u8]) -> Vec<u8> {
    let end = octets
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a header");
    [&lf(&octets[..end]), &octets[end..]].concat()
}

/// To a recipient in Cc: concise, although complete was asked (rules, 2.6).
fn copied() -> Vec<u8> {
    Receipt::with(Kind::DeliveryConcise, |receipt| {
        receipt.daticert.receipt_form = Some("completa".into());
        receipt.daticert.delivered_to = Some(COPIED.into());
    })
    .to_eml()
}

pub fn signed_with(scheme: Scheme) -> Vec<u8> {
    Receipt::new(Kind::Delivery)
        .message()
        .signer(|signer, content| signer.scheme(scheme, content))
        .to_eml()
}

fn in_form(form: Form) -> Vec<u8> {
    let mut message = Receipt::new(Kind::Delivery).message();
    message.signed.form = form;
    message.to_eml()
}

fn by_key_identifier() -> Vec<u8> {
    let message = Receipt::new(Kind::Delivery).message();
    message
        .signer(|mut signer, _| {
            signer.identified = Identified::ByKeyIdentifier;
            signer
        })
        .to_eml()
}

fn without_issuer() -> Vec<u8> {
    let mut message = Receipt::new(Kind::Delivery).message();
    message.signed.certificates.truncate(1);
    message.to_eml()
}

/// SHA-1 under a certificate with SHA-256, as the largest providers signed until then.
fn of_2024() -> Vec<u8> {
    Receipt::with(Kind::Delivery, |receipt| {
        receipt.set_time("2024-12-30T08:15:07Z");
        receipt.certificate = world::RECEIVING
            .certificate()
            .valid("2023-11-05T09:00:00Z", "2026-11-05T09:00:00Z");
    })
    .message()
    .signer(|signer, content| signer.scheme(Scheme::Pkcs1(Digest::Sha1), content))
    .to_eml()
}

/// RSA 1024, SHA-1 everywhere, an authority that is no more: as a receipt of 2012 is today.
fn of_2012() -> Vec<u8> {
    Receipt::with(Kind::DeliveryConcise, |receipt| {
        receipt.set_time("2012-05-04T08:15:07Z");
        receipt.provider = world::SENDING;
        receipt.certificate = world::historic_signer();
        receipt.daticert.provider = world::SENDING.name.into();
        receipt.daticert.identifier =
            "opec1.20120504101502.01838.05.1.63@gestore-mittente.example".into();
    })
    .message()
    .signer(|signer, content| signer.scheme(Scheme::Pkcs1(Digest::Sha1), content))
    .to_eml()
}

fn accented() -> Vec<u8> {
    let subject = "Perch\u{e9} no? \u{20ac} 42 & pi\u{f9} <urgente>";
    let mut receipt = Receipt::with(Kind::Envelope, |receipt| {
        // The text is in ISO-8859-1, which has no euro.
        receipt.daticert.subject = Some(subject.replace('\u{20ac}', "EUR"));
        let mut sent = super::sent::base();
        sent.header
            .set("Subject", crate::support::text::encoded_word(subject));
        receipt.original = Some(sent.delivered(crate::support::receipt::IDENTIFIER));
    });
    receipt.daticert.subject = Some(subject.to_owned());
    let encoded = crate::support::text::encoded_word(&format!("POSTA CERTIFICATA: {subject}"));
    receipt.header.set("Subject", encoded);
    receipt.to_eml()
}

/// As Poste wrote in 2012 (rules, 3.5).
fn without_message_id() -> Vec<u8> {
    Receipt::with(Kind::Envelope, |receipt| receipt.daticert.message_id = None).to_eml()
}

fn in_winter() -> Vec<u8> {
    Receipt::with(Kind::DeliveryConcise, |receipt| {
        receipt.set_time("2026-02-04T09:15:07Z");
        receipt.daticert.identifier =
            "opec1042.20260204101502.01838.310.1.9@gestore-mittente.example".into();
    })
    .to_eml()
}
