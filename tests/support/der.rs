//! A small DER writer (X.690): just the types that certificates, CRLs and CMS need.
//!
//! It writes what it is told. Sorting a SET OF, leaving out a default, choosing the right string
//! type are decisions of the caller, because some fixtures are wrong on purpose.

/// One element with a definite length.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        length @ 0..=0x7f => out.push(length as u8),
        length => {
            let octets = minimal(&length.to_be_bytes());
            out.push(0x80 | octets.len() as u8);
            out.extend(octets);
        }
    }
    out.extend(content);
    out
}

/// One element of indefinite length (BER only, X.690 8.1.3.6).
pub fn indefinite(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x80], content, &[0, 0]].concat()
}

/// One element whose length takes one octet more than needed (BER only).
pub fn long_length(tag: u8, content: &[u8]) -> Vec<u8> {
    let octets = minimal(&content.len().to_be_bytes());
    let mut out = vec![tag, 0x80 | (octets.len() as u8 + 1), 0];
    out.extend(octets);
    out.extend(content);
    out
}

pub fn sequence<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    element(0x30, &concat(parts))
}

/// SET OF in the order of DER (X.690 11.6).
pub fn set<T: AsRef<[u8]> + Ord>(parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut parts: Vec<T> = parts.into_iter().collect();
    parts.sort();
    set_as_given(parts)
}

/// SET OF in the order given, DER or not.
pub fn set_as_given<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    element(0x31, &concat(parts))
}

pub fn concat<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    parts.into_iter().fold(Vec::new(), |mut out, part| {
        out.extend(part.as_ref());
        out
    })
}

/// `[number] EXPLICIT`.
pub fn explicit(number: u8, content: &[u8]) -> Vec<u8> {
    element(0xa0 | number, content)
}

/// `[number] IMPLICIT` over a primitive type.
pub fn implicit(number: u8, content: &[u8]) -> Vec<u8> {
    element(0x80 | number, content)
}

/// A non-negative INTEGER from big-endian octets.
pub fn integer(value: &[u8]) -> Vec<u8> {
    let value = minimal(value);
    let pad: &[u8] = if value[0] & 0x80 == 0 { &[] } else { &[0] };
    element(0x02, &[pad, &value].concat())
}

pub fn number(value: u64) -> Vec<u8> {
    integer(&value.to_be_bytes())
}

pub fn boolean(value: bool) -> Vec<u8> {
    element(0x01, &[if value { 0xff } else { 0 }])
}

pub fn null() -> Vec<u8> {
    vec![0x05, 0]
}

pub fn octets(content: &[u8]) -> Vec<u8> {
    element(0x04, content)
}

/// BIT STRING of whole octets.
pub fn bits(content: &[u8]) -> Vec<u8> {
    element(0x03, &[&[0], content].concat())
}

pub fn utf8(text: &str) -> Vec<u8> {
    element(0x0c, text.as_bytes())
}

pub fn printable(text: &str) -> Vec<u8> {
    element(0x13, text.as_bytes())
}

/// OBJECT IDENTIFIER from its dotted form.
pub fn oid(dotted: &str) -> Vec<u8> {
    let mut arcs = dotted
        .split('.')
        .map(|arc| arc.parse::<u64>().expect("an arc"));
    let first = arcs.next().expect("two arcs") * 40 + arcs.next().expect("two arcs");
    let mut content = base128(first);
    for arc in arcs {
        content.extend(base128(arc));
    }
    element(0x06, &content)
}

/// UTCTime until 2049, GeneralizedTime after (RFC 5280, 4.1.2.5). `at` like `2026-05-04T08:15:02Z`.
pub fn time(at: &str) -> Vec<u8> {
    let digits: String = at.chars().filter(char::is_ascii_digit).collect();
    assert!(
        digits.len() == 14 && at.ends_with('Z'),
        "not a UTC time: {at}"
    );
    match ("1950".."2050").contains(&&digits[..4]) {
        true => element(0x17, format!("{}Z", &digits[2..]).as_bytes()),
        false => element(0x18, format!("{digits}Z").as_bytes()),
    }
}

fn base128(mut value: u64) -> Vec<u8> {
    let mut out = vec![(value & 0x7f) as u8];
    while value > 0x7f {
        value >>= 7;
        out.insert(0, (value & 0x7f) as u8 | 0x80);
    }
    out
}

/// Without leading zeros, but never empty.
fn minimal(value: &[u8]) -> Vec<u8> {
    let start = value
        .iter()
        .position(|&octet| octet != 0)
        .unwrap_or(value.len() - 1);
    value[start..].to_vec()
}
