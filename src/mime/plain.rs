//! Field values that every reader takes for the same.
//!
//! What decides how a message is cut, and who it seems to come from, stands in octets that nobody
//! signed. Programs read odd forms of it differently: comments, backslashes, encoded words as a
//! boundary, groups as a sender. So the plain form is laid down here, as a part of RFC 2045, 5.1
//! and RFC 5322, 3.4; all else is odd, whatever a parser makes of it.

/// Whether a Content-Type is written plainly: `type/subtype` without blanks or comments; then
/// parameters, each a name, `=`, and a token or a quoted string of letters, digits and signs that
/// no reader unquotes, decodes, cuts or folds. One line break between two parameters is folding.
///
/// Whether one parameter stands twice is not looked at: [`super::media::MediaType::parse`] does.
pub fn is_content_type(value: &[u8]) -> bool {
    let Some(rest) = token(on_its_line(value), IN_NAME)
        .and_then(|(_, rest)| rest.strip_prefix(b"/"))
        .and_then(|rest| token(rest, IN_NAME))
        .map(|(_, rest)| rest)
    else {
        return false;
    };
    let mut rest = rest;
    while let Some(next) = rest.strip_prefix(b";") {
        let next = after_blanks(next);
        // A semicolon with nothing after it is common and means nothing.
        if next.is_empty() {
            return true;
        }
        let Some(after) = after_parameter(next) else {
            return false;
        };
        rest = after;
    }
    rest.is_empty()
}

/// What follows `name=value`, when that is plain.
fn after_parameter(octets: &[u8]) -> Option<&[u8]> {
    let (name, rest) = token(octets, IN_NAME)?;
    let rest = rest.strip_prefix(b"=")?;
    let is_boundary = name.eq_ignore_ascii_case(b"boundary");
    let Some(quoted) = rest.strip_prefix(b"\"") else {
        return token(rest, if is_boundary { IN_BOUNDARY } else { IN_NAME }).map(|(_, rest)| rest);
    };
    let kind = if is_boundary {
        IN_BOUNDARY | IN_QUOTED_BOUNDARY
    } else {
        IN_QUOTED
    };
    let (text, rest) = token(quoted, kind)?;
    let is_padded = text.starts_with(b" ") || text.ends_with(b" ");
    // An encoded word (RFC 2047), which some programs decode even here.
    let is_encoded = super::has_pair(text, *b"=?");
    (!is_padded && !is_encoded)
        .then(|| rest.strip_prefix(b"\""))
        .flatten()
}

/// Whether a field has this one word on its own line, in any case of letters.
pub fn is_word(value: &[u8], word: &str) -> bool {
    on_its_line(value).eq_ignore_ascii_case(word.as_bytes())
}

/// A value without blanks around it. It begins on the line of its name: some readers stop there.
fn on_its_line(value: &[u8]) -> &[u8] {
    match value {
        [b' ' | b'\t', rest @ ..] => on_its_line(rest),
        value => value.trim_ascii_end(),
    }
}

/// Whether a From, Sender or Reply-To is one mailbox and nothing else: `a@b.example`,
/// `<a@b.example>`, or a display name before the latter. The name is words, encoded words or one
/// quoted string without backslashes; folding may stand between it and the address.
///
/// No group, no list, no comment, no route, no second pair of brackets.
pub fn is_mailbox(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    let Some(inside) = value.strip_suffix(b">") else {
        return is_address(value);
    };
    let Some(at) = memchr::memrchr(b'<', inside) else {
        return false;
    };
    let (name, address) = (inside[..at].trim_ascii(), &inside[at + 1..]);
    is_address(address) && is_display_name(name)
}

fn is_display_name(name: &[u8]) -> bool {
    match name {
        [b'"', text @ .., b'"'] => text
            .iter()
            .all(|&octet| is(octet, IN_QUOTED_NAME) || octet >= 0x80),
        // Words and encoded words; what is special in an address field would end them.
        words => words
            .iter()
            .all(|&octet| is(octet, IN_WORDS) || octet >= 0x80),
    }
}

/// `local@domain` of letters, digits and the usual signs.
fn is_address(text: &[u8]) -> bool {
    let mut signs = text.iter().filter(|&&octet| octet == b'@');
    let is_one = signs.next().is_some() && signs.next().is_none();
    is_one && text.iter().all(|&octet| is(octet, IN_ADDRESS))
}

/// The longest run of octets of a kind, and what follows; `None` when there is none.
fn token(octets: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let length = octets.iter().take_while(|&&octet| is(octet, kind)).count();
    (length > 0).then(|| octets.split_at(length))
}

/// What follows blanks with at most one line break between them.
fn after_blanks(octets: &[u8]) -> &[u8] {
    let blanks = |octets: &[u8]| {
        octets
            .iter()
            .take_while(|o| matches!(o, b' ' | b'\t'))
            .count()
    };
    let rest = &octets[blanks(octets)..];
    let broken = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n"));
    match broken.map(|rest| (blanks(rest), rest)) {
        // A line that goes on begins with a blank (RFC 5322, 2.2.3).
        Some((count, rest)) if count > 0 => &rest[count..],
        _ => rest,
    }
}

/// Letters, digits and signs of a token (RFC 2045, 5.1) that RFC 2231 and RFC 2047 give no meaning.
const IN_NAME: u8 = 1;
/// Those of them that a boundary may have (RFC 2046, 5.1.1).
const IN_BOUNDARY: u8 = 1 << 1;
/// Further ones that a quoted boundary may have.
const IN_QUOTED_BOUNDARY: u8 = 1 << 2;
/// Signs of a quoted value other than a boundary.
const IN_QUOTED: u8 = 1 << 3;
/// Signs of a mail address that need no quoting.
const IN_ADDRESS: u8 = 1 << 4;
/// Signs of a quoted display name.
const IN_QUOTED_NAME: u8 = 1 << 5;
/// Signs of a display name that is not quoted; `=?` and `?=` of encoded words among them.
const IN_WORDS: u8 = 1 << 6;

fn is(octet: u8, kind: u8) -> bool {
    KINDS[usize::from(octet)] & kind != 0
}

static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut octet = 0x20;
    while octet < 0x7f {
        if (octet as u8).is_ascii_alphanumeric() {
            kinds[octet] = 0xff;
        } else if octet as u8 != b'"' && octet as u8 != b'\\' {
            kinds[octet] = IN_QUOTED_NAME;
        }
        octet += 1;
    }
    let signs: [(&[u8], u8); 6] = [
        (b"!#$&+-.^_", IN_NAME),
        (b"+_.-", IN_BOUNDARY),
        (b"()+_,./:=?-", IN_QUOTED_BOUNDARY),
        (b" !#$&*+-./:=?@^_`{|}~", IN_QUOTED),
        (b"!#$%&'*+-/=?^_`{|}~.@", IN_ADDRESS),
        (b" \t!#$%&'*+-/=?^_`{|}~.\r\n", IN_WORDS),
    ];
    let mut at = 0;
    while at < signs.len() {
        let (text, kind) = signs[at];
        let mut sign = 0;
        while sign < text.len() {
            kinds[text[sign] as usize] |= kind;
            sign += 1;
        }
        at += 1;
    }
    kinds[b'\t' as usize] |= IN_QUOTED_NAME;
    kinds
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_as_providers_write_them_are_plain() {
        for plain in [
            " multipart/signed; protocol=\"application/x-pkcs7-signature\"; micalg=\"sha1\"; boundary=\"----1CB3\"",
            " multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; \r\n\tboundary=\"----=_Part_4_7.89\"",
            " multipart/signed; protocol=\"application/pkcs7-signature\";\n\tmicalg=sha1; boundary=\"=-XgDU9c\"",
            " Multipart/Signed;boundary=a.b-c_d+e;",
            " application/pkcs7-signature; name=smime.p7s; smime-type=signed-data",
            " multipart/signed; boundary=\"a(b)c,d:e?f\"",
            "text/plain",
        ] {
            assert!(is_content_type(plain.as_bytes()), "{plain}");
        }
    }

    #[test]
    fn content_types_that_readers_take_differently_are_not_plain() {
        for odd in [
            "multipart/signed (; boundary=a:b; x=); boundary=\"real\"",
            "multipart(x)/signed; boundary=real",
            "multipart /signed; boundary=real",
            "multipart/ signed; boundary=real",
            "multipart/signed; x=\"\\\\\"; boundary=\"real\"",
            "multipart/signed; x=\";boundary=a\"; boundary=\"real\"",
            "multipart/signed; boundary=\"=?utf-8?Q?real42?=\"",
            "multipart/signed; boundary==?utf-8?Q?real42?=",
            "multipart/signed; boundary=real,42",
            "multipart/signed; boundary=:real42",
            "multipart/signed; boundary=real=42",
            "multipart/signed; boundary=real/42",
            "multipart/signed; boundary=utf-8''real42",
            "multipart/signed; boundary=\"utf-8''real42\"",
            "multipart/signed; boundary*=real42",
            "multipart/signed; boundary=\"real\r\n  42\"",
            "multipart/signed; boundary=\"real 42\"",
            "multipart/signed; boundary=\"real42 \"",
            "multipart/signed; boundary= real42",
            "multipart/signed; boundary =real42",
            "multipart/signed; boundary=real42 ; micalg=sha1",
            "multipart/signed; boundary=\"real42\"x",
            "multipart/signed; boundary=\"real42\" (x)",
            "multipart/signed; boundary=\"real42",
            "multipart/signed; boundary=\"\"",
            "multipart/signed; boundary=",
            "multipart/signed;; boundary=real42",
            "multipart/signed boundary=real42",
            "multipart/signed, text/plain; boundary=real42",
            "multipart/signed; x=a\u{2028}boundary=alt; boundary=real42",
            "multipart/signed; x=\"a'b\"; boundary=real42",
            "multipart/signed; x=\"(\"; boundary=real42",
            "multipart/signed;\r\n \r\n boundary=real42",
            "multipart",
            "\r\n multipart/signed; boundary=real42",
            "",
        ] {
            assert!(!is_content_type(odd.as_bytes()), "{odd}");
        }
    }

    #[test]
    fn a_word_stands_alone_on_its_line() {
        assert!(is_word(b" BASE64 ", "base64") && is_word(b"base64", "base64"));
        for odd in [
            &b"\r\n base64"[..],
            b" base64;",
            b" base64 (x)",
            b" base 64",
            b"",
        ] {
            assert!(!is_word(odd, "base64"), "{odd:?}");
        }
    }

    #[test]
    fn one_mailbox_is_plain_and_all_else_is_not() {
        for plain in [
            " posta-certificata@pec.gestore.example",
            " <posta-certificata@pec.gestore.example>",
            " \"Per conto di: a@b.example\" <posta-certificata@pec.gestore.example>",
            " \"Per conto di: a@b.example\"\r\n\t<posta-certificata@pec.gestore.example>",
            " =?utf-8?Q?Per_conto_di=3A_a=40b=2Eexample?= <posta-certificata@pec.gestore.example>",
            " Ufficio Protocollo <ufficio@pec.gestore.example>",
            " \"perch\u{e9}\" <ufficio@pec.gestore.example>",
        ] {
            assert!(is_mailbox(plain.as_bytes()), "{plain}");
        }
        for odd in [
            "manager@ordinary.example: posta-certificata@pec.gestore.example;",
            "<manager@ordinary.example>: posta-certificata@pec.gestore.example;",
            "Per conto di: a@b.example <posta-certificata@pec.gestore.example>",
            "a@b.example, posta-certificata@pec.gestore.example",
            "a@b.example <posta-certificata@pec.gestore.example>",
            "<a@b.example> <posta-certificata@pec.gestore.example>",
            "<> <posta-certificata@pec.gestore.example>",
            "<posta-certificata@pec.gestore.example",
            "posta-certificata@pec.gestore.example>",
            "posta-certificata@pec.gestore.example (a@b.example)",
            "\"a\\\"b\" <posta-certificata@pec.gestore.example>",
            "\"a\" \"b\" <posta-certificata@pec.gestore.example>",
            "<mailto:posta-certificata@pec.gestore.example>",
            "<@a.example:posta-certificata@pec.gestore.example>",
            "<a@b@c.example>",
            "Ufficio",
            "<>",
            "",
        ] {
            assert!(!is_mailbox(odd.as_bytes()), "{odd}");
        }
    }
}
