//! ENVELOPE and BODYSTRUCTURE (RFC 3501, 7.4.2): a message described without its text.

use crate::mime::tree::{Bounds, Part, Tree};
use crate::mime::{Entity, MAX_DEPTH, decode};
use crate::practice::text::header_text;
use crate::work::Work;

/// Parameters of media types that are told; others are left out.
const PARAMETERS: [&str; 9] = [
    "charset",
    "name",
    "boundary",
    "micalg",
    "protocol",
    "format",
    "delsp",
    "type",
    "smime-type",
];

/// What a part is described with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// BODY: without extension data.
    Basic,
    /// BODYSTRUCTURE.
    Full,
}

/// `(date subject from sender reply-to to cc bcc in-reply-to message-id)`.
pub(super) fn envelope(octets: &[u8]) -> Vec<u8> {
    let entity = Entity::parse(octets).ok();
    let field = |name: &str| {
        let field = entity.as_ref().and_then(|entity| entity.header.first(name));
        field.map(|field| field.text().into_owned())
    };
    let people = |name: &str| {
        let fields = entity.iter().flat_map(|entity| entity.header.fields());
        let named = fields.filter(|field| field.is(name));
        let found: Vec<Vec<u8>> = named
            .flat_map(|field| decode::addresses(field.value))
            .map(|mailbox| {
                let (local, host) = mailbox
                    .address
                    .rsplit_once('@')
                    .unwrap_or((&mailbox.address, ""));
                let display = header_text(&mailbox.display).replace("\r\n", "");
                let display = Some(display).filter(|text| !text.is_empty());
                list([
                    nstring(display.as_deref()),
                    b"NIL".to_vec(),
                    string(local),
                    string(host),
                ])
            })
            .collect();
        match found.is_empty() {
            true => b"NIL".to_vec(),
            false => [b"(", &*found.concat(), b")"].concat(),
        }
    };
    let or_from = |name: &str| match people(name) {
        nobody if nobody == b"NIL" => people("From"),
        some => some,
    };
    list([
        nstring(field("Date").as_deref()),
        nstring(field("Subject").as_deref()),
        people("From"),
        or_from("Sender"),
        or_from("Reply-To"),
        people("To"),
        people("Cc"),
        people("Bcc"),
        nstring(field("In-Reply-To").as_deref()),
        nstring(field("Message-ID").as_deref()),
    ])
}

/// The tree of a message's parts.
pub(super) fn body(octets: &[u8], detail: Detail) -> Vec<u8> {
    message(octets, detail, MAX_DEPTH)
}

/// A message, in which so many levels of parts are described.
fn message(octets: &[u8], detail: Detail, depth: usize) -> Vec<u8> {
    let Ok(entity) = Entity::parse(octets) else {
        return unknown(octets.len());
    };
    let work = Work::of_message(octets.len());
    let bounds = Bounds {
        depth,
        ..Bounds::new(&work)
    };
    let tree = Tree::of(entity, bounds);
    describe(&tree, tree.root(), detail, depth)
}

fn describe<'a>(tree: &Tree<'a>, part: &Part<'a>, detail: Detail, depth: usize) -> Vec<u8> {
    let pieces = part.frame().map_or(&[][..], |frame| &frame.pieces);
    if pieces.is_empty() {
        return describe_leaf(part, detail, depth);
    }
    // One whose header passes a limit is not in the tree.
    let described = (1..).zip(pieces).map(|(number, piece)| {
        let mut parts = tree.parts_of(part);
        match parts.find(|part| part.number() == number) {
            Some(part) => describe(tree, part, detail, depth.saturating_sub(1)),
            None => unknown(piece.len()),
        }
    });
    let (_, subtype) = part.essence().split_once('/').unwrap_or(("", "mixed"));
    let mut pieces = vec![described.collect::<Vec<_>>().concat(), string(subtype)];
    if detail == Detail::Full {
        pieces.push(parameters(part));
        pieces.push(disposition(part));
        pieces.extend([b"NIL".to_vec(), b"NIL".to_vec()]);
    }
    list(pieces)
}

fn describe_leaf(part: &Part<'_>, detail: Detail, depth: usize) -> Vec<u8> {
    let entity = &part.entity;
    let essence = match part.essence() {
        "" => "text/plain",
        essence => essence,
    };
    let (kind, subtype) = essence.split_once('/').unwrap_or(("text", "plain"));
    if kind == "multipart" {
        return unknown(entity.body.len());
    }
    let field = |name: &str| {
        let field = entity.header.first(name);
        nstring(field.map(|field| field.text()).as_deref())
    };
    let number = |number: usize| number.to_string().into_bytes();
    let lines = || number(memchr::memchr_iter(b'\n', entity.body).count());
    let mut pieces = vec![
        string(kind),
        string(subtype),
        parameters(part),
        field("Content-ID"),
        field("Content-Description"),
        string(&entity.transfer_encoding()),
        number(entity.body.len()),
    ];
    if essence == "message/rfc822" && depth > 0 {
        pieces.push(envelope(entity.body));
        pieces.push(message(entity.body, detail, depth - 1));
        pieces.push(lines());
    } else if kind == "text" {
        pieces.push(lines());
    }
    if detail == Detail::Full {
        pieces.push(field("Content-MD5"));
        pieces.push(disposition(part));
        pieces.extend([b"NIL".to_vec(), b"NIL".to_vec()]);
    }
    list(pieces)
}

/// What cannot be read is a file of octets.
fn unknown(size: usize) -> Vec<u8> {
    format!("(\"application\" \"octet-stream\" NIL NIL NIL \"binary\" {size})").into_bytes()
}

fn parameters(part: &Part<'_>) -> Vec<u8> {
    let known = PARAMETERS.iter().filter_map(|name| {
        let value = part.media.as_ref().ok()?.parameter(name)?;
        Some([string(name), string(value)])
    });
    let known: Vec<Vec<u8>> = known.flatten().collect();
    match known.is_empty() {
        true => b"NIL".to_vec(),
        false => list(known),
    }
}

/// `("attachment" ("filename" "atto.pdf"))`.
fn disposition(part: &Part<'_>) -> Vec<u8> {
    let Some(field) = part.entity.header.first("Content-Disposition") else {
        return b"NIL".to_vec();
    };
    let text = field.text();
    let word = text.split([';', ' ']).next().unwrap_or_default();
    let name = match &part.names().filename {
        Some(name) => list([string("filename"), string(name)]),
        None => b"NIL".to_vec(),
    };
    list([string(word), name])
}

fn list(pieces: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let pieces: Vec<Vec<u8>> = pieces.into_iter().collect();
    [b"(", &*pieces.join(&b' '), b")"].concat()
}

fn nstring(text: Option<&str>) -> Vec<u8> {
    text.map_or_else(|| b"NIL".to_vec(), string)
}

/// Quoted where that may be (RFC 3501, 4.3), else a literal.
fn string(text: &str) -> Vec<u8> {
    let may_be_quoted =
        text.len() < 1_000 && text.bytes().all(|octet| (b' '..=b'~').contains(&octet));
    match may_be_quoted {
        true => super::quoted(text).into_bytes(),
        false => format!("{{{}}}\r\n{text}", text.len()).into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"From: \"A \\\"B\\\"\" <a@b.example>\r\nTo: c@d.example\r\n\
        Subject: x\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nuno\r\ndue\r\n\
        --q\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; \
        filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--q--\r\n";

    #[test]
    fn an_envelope_names_people_in_four_pieces() {
        let text = String::from_utf8(envelope(MESSAGE)).unwrap();
        let a = "((\"A \\\"B\\\"\" NIL \"a\" \"b.example\"))";
        let expected =
            format!("(NIL \"x\" {a} {a} {a} ((NIL NIL \"c\" \"d.example\")) NIL NIL NIL NIL)");
        assert_eq!(text, expected);
    }

    #[test]
    fn a_structure_describes_each_part() {
        let text = String::from_utf8(body(MESSAGE, Detail::Basic)).unwrap();
        assert_eq!(
            text,
            "((\"text\" \"plain\" NIL NIL NIL \"7bit\" 8 1)\
             (\"application\" \"pdf\" (\"name\" \"a.pdf\") NIL NIL \"base64\" 4) \"mixed\")"
        );
        let text = String::from_utf8(body(MESSAGE, Detail::Full)).unwrap();
        assert!(
            text.contains("NIL (\"attachment\" (\"filename\" \"a.pdf\")) NIL NIL)"),
            "{text}"
        );
        assert!(
            text.ends_with("\"mixed\" (\"boundary\" \"q\") NIL NIL NIL)"),
            "{text}"
        );
    }
}
