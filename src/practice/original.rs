//! The original message as the provider hands it on: its own lines in the header (RFC 6109,
//! 2.2.1), or with hashes in the place of attachments (3.3.2.2).

use crate::mime::Entity;
use crate::mime::tree::{Bounds, Part, Tree};
use crate::smime::sha1;
use crate::timestamp::Timestamp;
use crate::work::Work;

use super::text::Moment;

/// The message with the provider's lines: Received on top, its own Message-ID in the place of
/// the sender's, and the sender's as X-Riferimento-Message-ID at the foot of the header.
pub(super) fn delivered(
    original: &[u8],
    identifier: &str,
    message_id: Option<&str>,
    domain: &str,
    at: Timestamp,
) -> Vec<u8> {
    let (header, body) = cut(original);
    let at = Moment::new(at);
    let mut out = format!(
        "Received: from localhost (localhost [127.0.0.1])\r\n\tby smtp.{domain} (PROVA) with \
         ESMTPSA;\r\n\t{}\r\n",
        at.header()
    )
    .into_bytes();
    for field in fields(header).filter(|field| !is_named(field, "Message-ID")) {
        out.extend_from_slice(field);
    }
    out.extend_from_slice(format!("Message-ID: <{identifier}>\r\n").as_bytes());
    if let Some(message_id) = message_id {
        out.extend_from_slice(format!("X-Riferimento-Message-ID: {message_id}\r\n").as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    out
}

/// The message with each named part replaced by a text file with its SHA-1.
///
/// The hash goes over the part as it was transported, without its last line end. The sender's
/// own enveloped S/MIME stays whole, and of what the sender signed only the first part is
/// looked into.
pub(super) fn hashed(original: &[u8]) -> Vec<u8> {
    let Ok(message) = Entity::parse(original) else {
        return original.to_vec();
    };
    let work = Work::of_message(original.len());
    let tree = Tree::of(message, Bounds::new(&work));
    replaced(&tree, tree.root())
}

fn replaced<'a>(tree: &Tree<'a>, part: &Part<'a>) -> Vec<u8> {
    let octets = part.entity.octets;
    let Ok(media) = &part.media else {
        return octets.to_vec();
    };
    if matches!(
        &*media.essence,
        "application/pkcs7-mime" | "application/x-pkcs7-mime"
    ) {
        return octets.to_vec();
    }
    if let (false, Some(name)) = (media.is_multipart(), part.names().shown()) {
        return hash_file(&part.entity, name);
    }
    let Some(frame) = part.frame().filter(|frame| frame.is_plain) else {
        return octets.to_vec();
    };
    let looked_into = match &*media.essence {
        "multipart/signed" => 1,
        _ => frame.pieces.len(),
    };
    // The parts are slices of the whole: what lies between them stays.
    let mut out = Vec::with_capacity(octets.len());
    let mut from = 0;
    for part in tree.parts_of(part).take(looked_into) {
        let start = part.entity.octets.as_ptr().addr() - octets.as_ptr().addr();
        out.extend_from_slice(&octets[from..start]);
        out.extend(replaced(tree, part));
        from = start + part.entity.octets.len();
    }
    out.extend_from_slice(&octets[from..]);
    out
}

/// The small text file that stands for a part; other lines of its header stay, which matters
/// when the part is the message itself.
fn hash_file(part: &Entity<'_>, name: &str) -> Vec<u8> {
    let (header, _) = cut(part.octets);
    let mut out = Vec::new();
    for field in fields(header).filter(|field| !starts_with(field, "Content-")) {
        out.extend_from_slice(field);
    }
    let plain = name
        .bytes()
        .all(|octet| (b' '..=b'~').contains(&octet) && !matches!(octet, b'"' | b'\\'));
    let parameter = |attribute: &str| match plain {
        true => format!("{attribute}=\"{name}.hash\""),
        false => format!("{attribute}*=utf-8''{}.hash", percent_encoded(name)),
    };
    out.extend_from_slice(
        format!(
            "Content-Type: text/plain; charset=us-ascii;\r\n {}\r\n\
             Content-Disposition: attachment;\r\n {}\r\n\
             Content-Transfer-Encoding: 7bit\r\n\r\n{}",
            parameter("name"),
            parameter("filename"),
            sha1(part.body)
        )
        .as_bytes(),
    );
    out
}

fn percent_encoded(text: &str) -> String {
    let octets = text.bytes();
    octets
        .map(|octet| match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                char::from(octet).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// Header, its last line end included, and body.
fn cut(octets: &[u8]) -> (&[u8], &[u8]) {
    if octets.starts_with(b"\r\n") {
        return (&[], &octets[2..]);
    }
    match memchr::memmem::find(octets, b"\r\n\r\n") {
        Some(at) => (&octets[..at + 2], &octets[at + 4..]),
        None => (octets, &[]),
    }
}

/// The fields of a header as they are, folded lines included.
fn fields(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = header;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr_iter(b'\n', rest)
            .map(|at| at + 1)
            .find(|&at| !matches!(rest.get(at), Some(b' ' | b'\t')))
            .unwrap_or(rest.len());
        let (field, after) = rest.split_at(end);
        rest = after;
        Some(field)
    })
}

fn starts_with(field: &[u8], name: &str) -> bool {
    field
        .get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
}

fn is_named(field: &[u8], name: &str) -> bool {
    starts_with(field, name) && field[name.len()..].trim_ascii_start().starts_with(b":")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "From: a@b.example\r\nMessage-Id:\r\n <1@b>\r\nSubject: x\r\n\
        Content-Type: multipart/mixed; boundary=q\r\n\r\n\
        --q\r\n\r\ntesto\r\n--q\r\nContent-Type: text/plain; name=\"a.txt\"\r\n\r\nabc\r\n--q--\r\nfine\r\n";

    #[test]
    fn the_senders_identifier_is_replaced_and_kept() {
        let at = Timestamp::from_unix(1_795_367_011);
        let made = delivered(MESSAGE.as_bytes(), "1@gestore", Some("<1@b>"), "g", at);
        let made = String::from_utf8(made).unwrap();
        assert!(made.starts_with("Received: from"), "{made}");
        assert_eq!(made.to_lowercase().matches("\r\nmessage-id:").count(), 1);
        assert!(
            made.contains(
                "Message-ID: <1@gestore>\r\nX-Riferimento-Message-ID: <1@b>\r\n\r\n--q\r\n"
            ),
            "{made}"
        );
        assert!(made.ends_with(&MESSAGE[MESSAGE.len() - 40..]));
    }

    #[test]
    fn named_parts_give_way_to_their_hash() {
        let made = String::from_utf8(hashed(MESSAGE.as_bytes())).unwrap();
        assert!(made.contains("\r\ntesto\r\n--q\r\n"), "{made}");
        assert!(made.contains("filename=\"a.txt.hash\""), "{made}");
        // SHA-1 of "abc" (FIPS 180).
        assert!(
            made.contains("\r\n\r\na9993e364706816aba3e25717850c26c9cd0d89d\r\n--q--\r\nfine"),
            "{made}"
        );
    }
}
