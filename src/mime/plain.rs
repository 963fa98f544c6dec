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
    token(on_its_line(value), IN_NAME)
        .and_then(|(_, rest)| rest.strip_prefix(b"/"))
        .and_then(|rest| token(rest, IN_NAME))
        .is_some_and(|(_, rest)| are_parameters(rest))
}

/// The same for a Content-Disposition, which has a word in place of the type (RFC 2183, 2). No
/// parameter stands twice.
pub fn is_disposition(value: &[u8]) -> bool {
    let value = on_its_line(value);
    let mut names: Vec<&[u8]> = Vec::new();
    let each_once = value
        .split(|&octet| octet == b';')
        .skip(1)
        .all(|parameter| {
            let end = memchr::memchr(b'=', parameter).unwrap_or(parameter.len());
            let name = parameter[..end].trim_ascii();
            let is_new = !names.iter().any(|other| other.eq_ignore_ascii_case(name));
            names.push(name);
            is_new && names.len() <= MOST_PARAMETERS
        });
    each_once && token(value, IN_NAME).is_some_and(|(_, rest)| are_parameters(rest))
}

/// Parameters of one disposition; real ones have up to four. A bound on the search for doubles.
const MOST_PARAMETERS: usize = 16;

/// Whether nothing but plain parameters follows.
fn are_parameters(mut rest: &[u8]) -> bool {
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

/// Whether the names and texts in a value, as far as they are encoded words (RFC 2047, 2), are
/// such that every reader decodes: a usual character set that holds ASCII, no language, some text.
pub fn are_encoded_words(value: &[u8]) -> bool {
    let mut rest = value;
    if !super::has_pair(value, *b"=?") {
        return true;
    }
    while let Some(at) = memchr::memmem::find(rest, b"=?") {
        let Some(after) = after_encoded_word(&rest[at + 2..]) else {
            return false;
        };
        rest = after;
    }
    true
}

fn after_encoded_word(octets: &[u8]) -> Option<&[u8]> {
    let (charset, rest) = token(octets, IN_NAME)?;
    let usual: [&[u8]; 3] = [b"iso-8859-", b"windows-125", b"us-ascii"];
    let charset = charset.to_ascii_lowercase();
    let is_usual = charset == b"utf-8" || usual.iter().any(|start| charset.starts_with(start));
    let rest = match rest {
        [b'?', b'B' | b'b' | b'Q' | b'q', b'?', rest @ ..] => rest,
        _ => return None,
    };
    let end = memchr::memmem::find(rest, b"?=").filter(|&end| end > 0)?;
    is_usual.then(|| &rest[end + 2..])
}

/// Whether a Date is written as RFC 5322, 3.3 says: day of the week or none, day, month, year,
/// time, zone; behind it at most the name of the zone in brackets.
pub fn is_date(value: &[u8]) -> bool {
    let mut text = on_its_line(value);
    if let Some(at) = memchr::memchr(b'(', text) {
        let Some(name) = text[at + 1..].strip_suffix(b")") else {
            return false;
        };
        let in_zone_name = |octet: &u8| octet.is_ascii_alphanumeric() || b" +-:/_'".contains(octet);
        if !name.iter().all(in_zone_name) {
            return false;
        }
        text = &text[..at];
    }
    let mut words = text
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let mut word = words.next();
    if let Some([day @ .., b',']) = word {
        if !DAYS.contains(&day) {
            return false;
        }
        word = words.next();
    }
    let digits = |word: &[u8]| word.iter().all(u8::is_ascii_digit);
    let is_day = word.is_some_and(|word| matches!(word.len(), 1 | 2) && digits(word));
    let is_month = words.next().is_some_and(|word| MONTHS.contains(&word));
    let is_year = words
        .next()
        .is_some_and(|word| word.len() == 4 && digits(word));
    let is_time = words.next().is_some_and(|word| match word {
        [hour @ .., b':', a, b] if hour.len() == 2 => digits(hour) && digits(&[*a, *b]),
        [hour @ .., b':', a, b, b':', c, d] if hour.len() == 2 => {
            digits(hour) && digits(&[*a, *b, *c, *d])
        }
        _ => false,
    });
    let is_zone = words.next().is_some_and(|word| match word {
        [b'+' | b'-', offset @ ..] => offset.len() == 4 && digits(offset),
        name => name.len() <= 5 && name.iter().all(u8::is_ascii_uppercase),
    });
    is_day && is_month && is_year && is_time && is_zone && words.next().is_none()
}

const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Whether a field has this one word on its own line, in any case of letters.
pub fn is_word(value: &[u8], word: &str) -> bool {
    on_its_line(value).eq_ignore_ascii_case(word.as_bytes())
}

/// A value without blanks around it. It begins on the line of its name: some readers stop there.
fn on_its_line(value: &[u8]) -> &[u8] {
    let is_blank = |octet: &&u8| matches!(octet, b' ' | b'\t');
    let blanks = value.iter().take_while(is_blank).count();
    value[blanks..].trim_ascii_end()
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

/// Whether a To or Cc is plain mailboxes with commas between them.
pub fn are_mailboxes(value: &[u8]) -> bool {
    let mut is_quoted = false;
    let mut mailboxes = value.split(|&octet| {
        is_quoted ^= octet == b'"';
        octet == b',' && !is_quoted
    });
    mailboxes.all(is_mailbox)
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
        (b" !#$&*+,-./:=?@^_`{|}~", IN_QUOTED),
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
            "multipart/signed;\r\nboundary=real42",
            "multipart/signed; \nboundary=real42",
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
    fn dispositions_state_one_name_once() {
        for plain in [
            " attachment; filename=\"smime.p7s\"",
            " inline",
            "attachment; filename=smime.p7s;\r\n size=1",
        ] {
            assert!(is_disposition(plain.as_bytes()), "{plain}");
        }
        for odd in [
            "attachment; filename=\"smime.p7s\"; filename=\"altro.pdf\"",
            "attachment; filename=\"smime.p7s\"; FILENAME=\"altro.pdf\"",
            "attachment; filename=\"smime.p7s\"; filename*=utf-8''altro.pdf",
            "attachment; filename=\"smime.p7s\"; filename*0=altro.pdf",
            "x=y z; filename=\"altro.pdf\"",
            "; filename=\"altro.pdf\"",
            "attachment; filename=smime.p7s altro.pdf",
            "attachment; filename=\"altro\u{e8}.pdf\"",
            "attachment; filename=\"altro.pdf",
        ] {
            assert!(!is_disposition(odd.as_bytes()), "{odd}");
        }
    }

    #[test]
    fn dates_are_those_of_the_rule() {
        for plain in [
            "Mon, 4 May 2026 10:15:02 +0200",
            "Mon, 04 May 2026 10:15:02 +0200 (CEST)",
            "4 May 2026 10:15 +0000",
            "Mon, 4 May 2026 10:15:02 CEST",
        ] {
            assert!(is_date(plain.as_bytes()), "{plain}");
        }
        for odd in [
            "(Dec 31 2030 23:59:59 +0000) Mon, 4 May 2026 10:15:02 +0200",
            "Mon, 4 5 2026 10:15:02 +0200",
            "Mon, 4 May 2026 10:15:02 +0200 Dec",
            "Mon, 4 May 2026 10:15:02 +0200 +9999",
            "Mon, 4 May 2026 10:15:02.5 +0200",
            "Mon, 4 May 2026 10:15:02 +0200 (oggi, domani)",
            "oggi",
            "",
        ] {
            assert!(!is_date(odd.as_bytes()), "{odd}");
        }
    }

    #[test]
    fn encoded_words_are_those_that_all_decode() {
        for plain in [
            "=?utf-8?Q?perch=C3=A9?= no",
            "=?ISO-8859-1?B?ZGVs?= =?iso-8859-15?q?a?=",
            "senza",
        ] {
            assert!(are_encoded_words(plain.as_bytes()), "{plain}");
        }
        for odd in [
            "=?Tribunale-di-Roma?Q??=",
            "=?utf-8?Q??=",
            "=?utf-8*it?Q?a?=",
            "=?cp037?Q?a?=",
            "=?utf-7?Q?a?=",
            "=?utf-8?X?a?=",
            "=?utf-8?Q?a",
            "a =? b",
        ] {
            assert!(!are_encoded_words(odd.as_bytes()), "{odd}");
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
    fn several_mailboxes_are_plain_each() {
        assert!(are_mailboxes(
            b" a@b.example, \"Rossi, M.\" <c@b.example>,\r\n <d@b.example>"
        ));
        for odd in [
            &b"a@b.example, x: c@b.example;"[..],
            b"a@b.example, Rossi",
            b"a@b.example,",
            b"",
        ] {
            assert!(!are_mailboxes(odd), "{odd:?}");
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
