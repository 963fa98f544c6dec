//! Group D: messages that two mail programs would read differently (cases 66 to 70).

use super::tools::{delivery, find, headed, replaced};
use super::vector::{Critical, DELIVERY, Group, High, Low, Medium, Vector};
use crate::support::receipt::Kind;

const D: Group = Group("d-mime");

pub fn all() -> Vec<Vector> {
    [parameters(), hidden_parts(), control_characters(), marks()]
        .into_iter()
        .flatten()
        .collect()
}

/// The delivery receipt with its parameter `boundary` written otherwise.
fn bounded(change: impl FnOnce(&str) -> String) -> Vec<u8> {
    let message = delivery().message();
    let old = format!(" boundary=\"{}\"", message.boundary);
    replaced(&message.to_eml(), old, change(&message.boundary))
}

/// With lines after those in the header of the signature part.
fn with_signature_lines(octets: &[u8], lines: &str) -> Vec<u8> {
    let old = "filename=\"smime.p7s\"\r\n";
    replaced(octets, old, format!("{old}{lines}"))
}

/// What readers of another boundary show.
const FORGED: &str = "X-Nota: 1\r\n--=_altro\r\nSENTENZA NOTIFICATA A TUTTI\r\n--=_altro--\r\n";

/// Case 68: parameters of the outer content type.
fn parameters() -> Vec<Vector> {
    let refused = |name, text, octets| {
        D.cannot_tell(name, "structure.boundary.parameter")
            .case(68, Critical)
            .because(text)
            .message(octets)
    };
    let hiding = |octets: &[u8]| with_signature_lines(octets, FORGED);
    vec![
        refused(
            "boundary-also-with-a-character-set",
            "boundary*=, the form of RFC 2231, names another boundary than \
             boundary=. Programs that know that form cut elsewhere, and show a \
             forged part that stands in the header of the signature part.",
            hiding(&bounded(|boundary| {
                format!(" boundary*=utf-8''%3D_altro;\r\n boundary=\"{boundary}\"")
            })),
        ),
        refused(
            "boundary-also-with-a-character-set-after-it",
            "The same, with boundary*= behind boundary=.",
            hiding(&bounded(|boundary| {
                format!(" boundary=\"{boundary}\";\r\n boundary*=utf-8''%3D_altro")
            })),
        ),
        refused(
            "boundary-also-in-pieces",
            "boundary*0=, the first piece of a long value (RFC 2231), names another \
             boundary than boundary=.",
            hiding(&bounded(|boundary| {
                format!(" boundary*0=\"=_altro\";\r\n boundary=\"{boundary}\"")
            })),
        ),
        refused(
            "boundary-with-a-carriage-return",
            "A CR stands alone inside the quoted boundary: readers drop it, keep \
             it or end the line there.",
            bounded(|boundary| format!(" boundary=\"{}\r{}\"", &boundary[..6], &boundary[6..])),
        ),
        refused(
            "boundary-with-a-backslash",
            "A backslash stands inside the quoted boundary: readers drop it (RFC \
             5322) or keep it, and then look for other delimiter lines.",
            bounded(|boundary| format!(" boundary=\"{}\\{}\"", &boundary[..6], &boundary[6..])),
        ),
        refused(
            "boundary-behind-a-comment-with-a-backslash",
            "A comment with an escaped bracket stands before the boundary: readers \
             that end it at the first bracket take another boundary.",
            bounded(|boundary| format!(" boundary=(\\))\"{boundary}\"")),
        ),
        refused(
            "boundary-with-signs-that-are-not-allowed",
            "The boundary ends in $ and *, which RFC 2046, 5.1.1 does not allow.",
            {
                let mut message = delivery().message();
                message.boundary += "$*";
                message.to_eml()
            },
        ),
        refused(
            "protocol-also-with-a-character-set",
            "protocol*= names another type of signature than protocol=.",
            replaced(
                &delivery().to_eml(),
                "multipart/signed;",
                "multipart/signed; protocol*=us-ascii''application%2Fpgp-signature;",
            ),
        )
        .any_headline(),
    ]
}

/// Cases 66 and 70: lines where only some readers look.
fn hidden_parts() -> Vec<Vector> {
    let eml = delivery().to_eml();
    let refused = |name, headline, text, octets| {
        D.cannot_tell(name, headline)
            .case(66, Critical)
            .because(text)
            .message(octets)
    };
    vec![
        refused(
            "lines-in-the-header-of-the-signature",
            "header.ambiguous.signature-part",
            "The header of the signature part has lines that are no fields: \
             another part, for whoever takes another boundary.",
            with_signature_lines(&eml, FORGED),
        ),
        refused(
            "line-before-the-content-type",
            "header.ambiguous.malformed",
            "A line that is no field stands in the outer header before \
             Content-Type. For some readers the header ends there, and what \
             follows is the text of an ordinary mail.",
            replaced(
                &eml,
                "MIME-Version: 1.0\r\nContent-Type: multipart/signed",
                "Testo che alcuni leggono come corpo\r\nMIME-Version: 1.0\r\n\
                 Content-Type: multipart/signed",
            ),
        ),
        D.genuine("line-at-the-end-of-the-header")
            .case(66, Medium)
            .because(
                "A line that is no field stands in the outer header after \
                 Content-Type: odd, but all readers have read the content type.",
            )
            .message({
                let place = find(&eml, b"This is an S/MIME");
                let header = eml[..place - 2].to_vec();
                [
                    &header,
                    &b"X-Nota senza due punti\r\n"[..],
                    &eml[place - 2..],
                ]
                .concat()
            })
            .finding("header.ambiguous.malformed doubt")
            .twin(DELIVERY),
    ]
}

/// Case 68: a CR alone ends a line for some readers.
fn control_characters() -> Vec<Vector> {
    let refused = |name, text, line: &'static str, value: &'static str| {
        D.cannot_tell(name, "header.ambiguous.control")
            .case(68, Critical)
            .because(text)
            .message(headed(Kind::Delivery, |header| {
                let place = header.0.iter().position(|(name, _)| name == line);
                let place = place.expect("such a line");
                header.0.insert(place, ("X-Nota".into(), value.into()));
            }))
    };
    vec![
        refused(
            "second-from-behind-a-carriage-return",
            "A CR alone in a field before From: readers that end a line there see \
             another From first.",
            "From",
            "1\rFrom: tribunale@giustizia.example\rX-Altra: 2",
        ),
        refused(
            "second-subject-behind-a-carriage-return",
            "A CR alone in a field before Subject: readers that end a line there \
             see another Subject first.",
            "Subject",
            "1\rSubject: CONSEGNA: Sentenza n. 7\rX-Altra: 2",
        ),
        refused(
            "second-kind-behind-a-carriage-return",
            "A CR alone in a field: readers that end a line there see a second \
             X-Ricevuta.",
            "X-Ricevuta",
            "1\rX-Ricevuta: accettazione\rX-Altra: 2",
        ),
        refused(
            "end-of-the-header-behind-carriage-returns",
            "Two CR alone: for some readers the header ends there, and a text of \
             somebody's own follows.",
            "X-Ricevuta",
            "1\r\rSENTENZA NOTIFICATA A TUTTI",
        ),
        refused(
            "second-subject-behind-a-form-feed",
            "A form feed in a field before Subject: readers that end a line there \
             see another Subject first.",
            "Subject",
            "1\u{c}Subject: CONSEGNA: Sentenza n. 7",
        ),
        refused(
            "control-character-in-a-field-about-the-parts",
            "A control character in a field about the parts, which readers may \
             take for a blank or for nothing.",
            "X-Ricevuta",
            "1\r\nContent-Language: it\u{16}",
        ),
        D.genuine("control-character-in-a-note")
            .case(68, Low)
            .because(
                "A control character in a text at which no reader ends a line: it \
                 hides nothing.",
            )
            .message(headed(Kind::Delivery, |header| {
                header.add("X-Nota", "dell\u{12}atto");
            }))
            .finding("header.ambiguous.control-in-text note")
            .twin(DELIVERY),
        refused(
            "carriage-return-in-a-field",
            "A CR alone in a field, and nothing behind it that looks like another one: \
             where the line ends depends on the reader.",
            "Date",
            "1\r2",
        ),
    ]
}

/// Case 68: what stands twice and says the same, and other oddities of the outer type.
fn marks() -> Vec<Vector> {
    let eml = delivery().to_eml();
    vec![
        D.genuine("kind-header-twice-with-one-kind")
            .case(68, Medium)
            .because(
                "X-Ricevuta twice with the same kind: odd, but whichever of them is \
                 read, it says what is signed.",
            )
            .message(headed(Kind::Delivery, |header| {
                header.add("X-Ricevuta", "avvenuta-consegna");
            }))
            .finding("header.ambiguous.doubled doubt")
            .absent("header.kind")
            .twin(DELIVERY),
        D.not_genuine("kind-header-twice-with-two-kinds", "header.ambiguous.mark")
            .case(68, High)
            .because(
                "X-Ricevuta twice with different kinds, the signed one first: for \
                 readers that take the last it is an acceptance.",
            )
            .message(headed(Kind::Delivery, |header| {
                header.add("X-Ricevuta", "accettazione");
            })),
        D.cannot_tell("algorithm-parameter-twice", "structure.boundary.parameter")
            .case(68, Low)
            .because("The parameter micalg stands twice in the outer content type.")
            .any_headline()
            .message(replaced(
                &eml,
                "multipart/signed;",
                "multipart/signed; micalg=\"sha-256\";",
            )),
        D.cannot_tell(
            "content-type-with-an-octet-above-127",
            "structure.boundary.parameter",
        )
        .case(68, Low)
        .because(
            "A parameter of the outer content type has an octet above 127, \
                 whose character set nobody names.",
        )
        .any_headline()
        .message(replaced(
            &eml,
            "multipart/signed;",
            b"multipart/signed; name=\"perch\xe9\";",
        )),
        D.cannot_tell(
            "algorithm-parameter-without-a-value",
            "structure.boundary.parameter",
        )
        .case(68, Low)
        .because("The parameter micalg has no value, which RFC 2045, 5.1 does not allow.")
        .any_headline()
        .message(replaced(&eml, "micalg=\"sha-256\"", "micalg=")),
    ]
}
