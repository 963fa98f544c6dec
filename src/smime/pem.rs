//! Objects in text, as RFC 7468 writes them, or one alone in DER.

use std::borrow::Cow;

use super::ber::tag;

/// Why there are no objects in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No line begins an object, and the octets are no DER.
    #[error("neither PEM nor DER")]
    Neither,
    /// One of several objects in text.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Why an object in text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// An object without the line that ends it; which one, from 1.
    #[error("object {index} has no END line")]
    NoEnd {
        /// From 1.
        index: usize,
    },
    /// An object that is not base64; which one, from 1.
    #[error("object {index} is not base64")]
    Base64 {
        /// From 1.
        index: usize,
    },
}

/// One object, or why it cannot be read.
pub type Object<'o> = Result<Cow<'o, [u8]>, Broken>;

/// The objects of a file: those between `-----BEGIN label-----` and its END, whatever stands
/// around them, or the octets themselves as one object in DER. At least one.
///
/// # Errors
/// When it is neither, and when one of several cannot be read: none is left out silently.
pub fn objects<'o>(octets: &'o [u8], label: &str) -> Result<Vec<Cow<'o, [u8]>>, Error> {
    let objects = each(octets, label)?;
    let all: Result<_, Broken> = objects.into_iter().collect();
    Ok(all?)
}

/// The same, each object by itself: one that cannot be read does not keep the others back.
///
/// # Errors
/// When it is neither.
pub fn each<'o>(octets: &'o [u8], label: &str) -> Result<Vec<Object<'o>>, Error> {
    let armoured: Vec<_> = pieces(octets, label)
        .map(|object| object.map(Cow::Owned))
        .collect();
    match (armoured.is_empty(), octets.first()) {
        (false, _) => Ok(armoured),
        (true, Some(&tag::SEQUENCE)) => Ok(vec![Ok(Cow::Borrowed(octets))]),
        (true, _) => Err(Error::Neither),
    }
}

/// The objects between the lines of a label; `None` when there is no such line.
///
/// # Errors
/// When one of them cannot be read.
pub fn armoured(octets: &[u8], label: &str) -> Result<Option<Vec<Vec<u8>>>, Broken> {
    let objects: Vec<Vec<u8>> = pieces(octets, label).collect::<Result<_, _>>()?;
    Ok((!objects.is_empty()).then_some(objects))
}

/// Each object between the lines of a label.
fn pieces(octets: &[u8], label: &str) -> impl Iterator<Item = Result<Vec<u8>, Broken>> {
    let text = std::str::from_utf8(octets).unwrap_or_default();
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    let pieces: Vec<&str> = text.split(&*begin).skip(1).collect();
    pieces.into_iter().zip(1..).map(move |(piece, index)| {
        let (body, _) = piece.split_once(&*end).ok_or(Broken::NoEnd { index })?;
        let compact: String = body.split_ascii_whitespace().collect();
        let decoded = base64_simd::STANDARD.decode_to_vec(compact);
        decoded.map_err(|_| Broken::Base64 { index })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "Uno\n-----BEGIN X-----\nMAA=\n-----END X-----\nDue\n\
        -----BEGIN X-----\r\nMAEA\r\n-----END X-----\n-----BEGIN Y-----\n";

    #[test]
    fn objects_are_found_in_any_text() {
        let found = objects(TWO.as_bytes(), "X").unwrap();
        assert_eq!(found, [&[0x30, 0][..], &[0x30, 1, 0]]);
        assert_eq!(armoured(TWO.as_bytes(), "Z"), Ok(None));
    }

    #[test]
    fn der_is_one_object() {
        assert_eq!(objects(&[0x30, 0], "X").unwrap(), [&[0x30, 0][..]]);
        assert_eq!(objects(b"From: a@b", "X"), Err(Error::Neither));
        assert_eq!(objects(b"", "X"), Err(Error::Neither));
    }

    #[test]
    fn one_that_cannot_be_read_is_not_left_out() {
        let cut = TWO.replace("-----END X-----\n-----BEGIN Y", "");
        assert_eq!(
            armoured(cut.as_bytes(), "X"),
            Err(Broken::NoEnd { index: 2 })
        );
        let apart = each(cut.as_bytes(), "X").unwrap();
        assert_eq!(apart[0].as_deref(), Ok(&[0x30, 0][..]));
        assert_eq!(apart[1], Err(Broken::NoEnd { index: 2 }));
        let altered = TWO.replacen("MAA=", "MA*=", 1);
        assert_eq!(
            objects(altered.as_bytes(), "X"),
            Err(Broken::Base64 { index: 1 }.into())
        );
    }
}
