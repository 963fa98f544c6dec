//! Any octets as a header with what follows it, and every field of it as each reader of fields
//! takes it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postacert::mime::header::Header;
use postacert::mime::media::MediaType;
use postacert::mime::{MAX_HEADER_FIELDS, MAX_HEADER_OCTETS, decode, multipart};

/// Names and values.
type Fields = Vec<(Vec<u8>, Vec<u8>)>;

fn fields(header: &Header<'_>) -> Fields {
    let pair = |field: &postacert::mime::header::Field<'_>| (field.name.into(), field.value.into());
    header.fields().iter().map(pair).collect()
}

fuzz_target!(|octets: &[u8]| {
    let Ok((header, body)) = Header::parse(octets) else {
        let lines = octets.iter().filter(|&&octet| octet == b'\n').count();
        assert!(octets.len() > MAX_HEADER_OCTETS || lines >= MAX_HEADER_FIELDS);
        return;
    };
    assert!(octets.ends_with(body) && header.fields().len() <= MAX_HEADER_FIELDS);
    let mut at = octets.as_ptr().addr();
    for field in header.fields() {
        let is_name = |&octet: &u8| octet.is_ascii_graphic() && octet != b':';
        assert!(!field.name.is_empty() && field.name.iter().all(is_name));
        // Each stands in the octets, after the one before it.
        assert!(field.name.as_ptr().addr() >= at);
        assert!(field.value.as_ptr().addr() > field.name.as_ptr().addr());
        at = field.value.as_ptr().addr();
        read_value(field.value);
    }
    assert!(
        at + header.fields().last().map_or(0, |field| field.value.len()) <= end_of(octets, body)
    );
    if header.malformed_lines() == 0 {
        is_read_alike_when_written_anew(&header);
    }
    let media = header
        .first("Content-Type")
        .map(|field| MediaType::parse(field.value));
    if let Some(Ok(media)) = media
        && let Ok(boundary) = media.boundary()
        && let Ok(cut) = multipart::split(body, boundary)
    {
        let (mut from, delimiter) = (body.as_ptr().addr(), boundary.len() + 2);
        for part in cut.parts {
            assert!(part.as_ptr().addr() >= from + delimiter);
            from = part.as_ptr().addr() + part.len();
        }
        assert!(from <= end_of(body, b""));
    }
});

/// Where the octets end before what follows them.
fn end_of(octets: &[u8], rest: &[u8]) -> usize {
    octets.as_ptr().addr() + octets.len() - rest.len()
}

/// The fields alone, with either line end, are the same header.
fn is_read_alike_when_written_anew(header: &Header<'_>) {
    let wanted = fields(header);
    for end in ["\r\n", "\n"] {
        let mut text = Vec::new();
        for (name, value) in &wanted {
            text.extend([&name[..], b":", value, end.as_bytes()].concat());
        }
        // A value that ends with CR has more of a line end then.
        if end == "\n" && wanted.iter().any(|(_, value)| value.ends_with(b"\r")) {
            continue;
        }
        text.extend(end.as_bytes());
        text.extend(b"body");
        let (again, body) = Header::parse(&text).expect("no larger than before");
        assert_eq!((fields(&again), body), (wanted.clone(), &b"body"[..]));
        assert_eq!(again.malformed_lines(), 0);
        assert!(!again.has_blank_before_colon());
    }
}

fn read_value(value: &[u8]) {
    decode::unstructured(value);
    for mailbox in decode::addresses(value) {
        assert!(!mailbox.address.contains('\n'));
    }
    decode::date(&String::from_utf8_lossy(value));
    for encoding in ["7bit", "base64", "quoted-printable"] {
        let whole = decode::transfer(value, encoding);
        if let (Ok(whole), Some(start)) = (whole, decode::transfer_start(value, encoding, 40)) {
            assert!(whole.starts_with(&start), "{encoding}");
        }
    }
    let Ok(media) = MediaType::parse(value) else {
        return;
    };
    let (main, sub) = media.essence.split_once('/').expect("type and subtype");
    assert!(!main.is_empty() && !sub.is_empty() && !sub.contains('/'));
    assert_eq!(media.essence, media.essence.to_ascii_lowercase());
    if let Ok(boundary) = media.boundary() {
        assert!((1..=70).contains(&boundary.len()) && boundary.is_ascii());
        // Written plainly, it is the same boundary.
        let plain = format!(" {}; boundary=\"{boundary}\"", media.essence);
        let again = MediaType::parse(plain.as_bytes()).expect("plain");
        assert_eq!(again.boundary(), Ok(boundary));
    }
}
