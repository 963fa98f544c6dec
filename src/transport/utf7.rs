//! Modified UTF-7, the encoding of folder names (RFC 3501, 5.1.3).

// Without padding; in a name a comma stands for the slash.
use base64_simd::STANDARD_NO_PAD as BASE64;

/// The name as a server wants it.
pub(super) fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut shifted = Vec::new();
    for c in name.chars() {
        if !matches!(c, ' '..='~') {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units);
            shifted.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
            continue;
        }
        shift(&mut encoded, &mut shifted);
        encoded.push(c);
        if c == '&' {
            encoded.push('-');
        }
    }
    shift(&mut encoded, &mut shifted);
    encoded
}

fn shift(encoded: &mut String, shifted: &mut Vec<u8>) {
    if !shifted.is_empty() {
        encoded.push('&');
        encoded.push_str(&BASE64.encode_to_string(&shifted).replace('/', ","));
        encoded.push('-');
        shifted.clear();
    }
}

/// The name as a person reads it; `None` when it is not modified UTF-7 in the only form that
/// [`encode`] gives back, which is what the server would be asked for.
pub(super) fn decode(name: &str) -> Option<String> {
    let mut decoded = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((plain, after)) = rest.split_once('&') {
        decoded.push_str(plain);
        let (base64, after) = after.split_once('-')?;
        if base64.is_empty() {
            decoded.push('&');
        } else {
            // A slash in the name is no letter of this base64: encoded again it is a comma.
            let octets = BASE64.decode_to_vec(base64.replace(',', "/")).ok()?;
            decoded.push_str(&utf16(&octets)?);
        }
        rest = after;
    }
    decoded.push_str(rest);
    (encode(&decoded) == name).then_some(decoded)
}

fn utf16(octets: &[u8]) -> Option<String> {
    if !octets.len().is_multiple_of(2) {
        return None;
    }
    let units = octets.chunks_exact(2);
    let units: Vec<u16> = units
        .map(|two| u16::from_be_bytes([two[0], two[1]]))
        .collect();
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn names_go_there_and_back() {
        for (name, encoded) in [
            ("INBOX", "INBOX"),
            ("Posta inviata", "Posta inviata"),
            ("Perché", "Perch&AOk-"),
            ("Attività & altro", "Attivit&AOA- &- altro"),
            // The example of the RFC.
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("però è così", "per&API- &AOg- cos&AOw-"),
            ("èè", "&AOgA6A-"),
            // Outside of the first plane: two units.
            ("📧", "&2D3c5w-"),
            ("", ""),
            ("&", "&-"),
        ] {
            assert_eq!(encode(name), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_is_no_modified_utf_7_has_no_name() {
        for encoded in [
            "a&b",        // not ended
            "&AO-",       // half a unit
            "&2D0-",      // half a pair
            "&AGE-",      // what stands for itself
            "&AOg-&AOg-", // shifted twice in a row
            "&A Og-",
            "Perché",
        ] {
            assert_eq!(decode(encoded), None, "{encoded}");
        }
    }
}
