//! Files of Apple Mail (`.emlx`): a line with a number of octets, so many octets of a message, then a
//! property list about it.
//!
//! The verifier reads such a file as it is; who keeps the message wants its octets alone, which are
//! those that a mailbox has. There is no published standard: the form is told apart by all three
//! parts. No header begins with a line of digits (RFC 5322, 2.2), so no message
//! is taken for such a file.

/// Octets of the first line: a number and the blanks that Apple Mail puts after it.
const MAX_LINE_OCTETS: usize = 32;

/// The message in a file of Apple Mail; of any other file all octets.
pub fn unframed(mut octets: Vec<u8>) -> Vec<u8> {
    if let Some((start, end)) = message_in(&octets) {
        octets.truncate(end);
        octets.drain(..start);
    }
    octets
}

/// Where the message begins and ends.
fn message_in(octets: &[u8]) -> Option<(usize, usize)> {
    // All others are passed over at their first octet.
    if !octets.first()?.is_ascii_digit() {
        return None;
    }
    let line = memchr::memchr(b'\n', &octets[..octets.len().min(MAX_LINE_OCTETS)])?;
    let number = std::str::from_utf8(&octets[..line]).ok()?.trim_end();
    if !number.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let start = line + 1;
    let end = start.checked_add(number.parse().ok()?)?;
    let after = octets.get(end..)?.trim_ascii_start();
    after.starts_with(b"<?xml").then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_taken_out_of_its_frame_and_nothing_else_is() {
        const LIST: &str = "<?xml version=\"1.0\"?>\n<plist/>\n";
        let framed = format!("12        \nA: 1\r\n\r\nabc\n{LIST}");
        assert_eq!(unframed(framed.clone().into_bytes()), b"A: 1\r\n\r\nabc\n");
        for other in [
            // Too long, of no list, no number, a number that no memory has.
            framed.replacen("12", "13", 1),
            framed.replacen("12", "99", 1),
            framed.replace(LIST, ""),
            framed.replacen("12", "1a", 1),
            framed.replacen("12", "99999999999999999999999", 1),
            "12".to_owned(),
            String::new(),
            "A: 1\r\n\r\n12\n".to_owned(),
        ] {
            assert_eq!(
                unframed(other.clone().into_bytes()),
                other.as_bytes(),
                "{other:?}"
            );
        }
    }
}
