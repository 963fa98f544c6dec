//! JSON that is safe on a terminal: deceptive characters are written as `\uXXXX`.
//!
//! The value is the same for every reader of JSON; only its look changes.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter};

use crate::printable::pieces;

/// Serializes on one line.
///
/// # Errors
/// Those of the value's own `Serialize`; ours have none.
pub fn line<T: Serialize>(value: &T) -> serde_json::Result<String> {
    write(value, Safe(serde_json::ser::CompactFormatter))
}

/// Serializes in indented lines.
///
/// # Errors
/// As [`line()`].
pub fn pretty<T: Serialize>(value: &T) -> serde_json::Result<String> {
    write(value, Safe(PrettyFormatter::new()))
}

fn write<T: Serialize, F: Formatter>(value: &T, formatter: F) -> serde_json::Result<String> {
    let mut octets = Vec::with_capacity(2_048);
    value.serialize(&mut serde_json::Serializer::with_formatter(
        &mut octets,
        formatter,
    ))?;
    Ok(String::from_utf8(octets).expect("JSON is made of texts"))
}

/// A formatter that escapes more than JSON asks.
struct Safe<F>(F);

/// Hands each method of the trait to the formatter inside.
macro_rules! hand_on {
    ($($name:ident($($arg:ident: $kind:ty),*);)*) => {
        $(fn $name<W: ?Sized + Write>(&mut self, writer: &mut W $(, $arg: $kind)*) -> io::Result<()> {
            self.0.$name(writer $(, $arg)*)
        })*
    };
}

impl<F: Formatter> Formatter for Safe<F> {
    hand_on! {
        begin_array(); end_array(); begin_array_value(first: bool); end_array_value();
        begin_object(); end_object(); begin_object_key(first: bool); end_object_key();
        begin_object_value(); end_object_value();
        write_char_escape(escape: CharEscape);
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for (plain, deceptive) in pieces(fragment) {
            writer.write_all(plain.as_bytes())?;
            let mut units = [0; 2];
            for unit in deceptive.map_or(&mut [][..], |c| c.encode_utf16(&mut units)) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printable::is_deceptive;

    #[test]
    fn deceptive_characters_are_escaped_and_the_value_stays() {
        let hostile = "a\u{1b}[31m\u{202e}b\u{200b}\u{e0041}\u{7f}è\"\n";
        for text in [line(&[hostile]).unwrap(), pretty(&[hostile]).unwrap()] {
            assert!(
                !text.chars().any(|c| is_deceptive(c) && c != '\n'),
                "{text}"
            );
            assert!(text.contains('è'));
            assert_eq!(
                serde_json::from_str::<Vec<String>>(&text).unwrap(),
                [hostile]
            );
        }
    }
}
