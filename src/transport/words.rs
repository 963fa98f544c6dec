//! What a server says, before anybody sees or keeps it: without our secret.
//!
//! Servers repeat in an error what they were sent, as it was or in the base64 of SASL, cut short
//! or over several lines. So there is one way from their octets to a text that leaves this
//! module, [`Censor::text`], and what must not be repeated is cut out there. Codings that no
//! server was seen to answer in (percent signs, HTML) are not looked for.

use std::fmt;
use std::ops::{Deref, Range};

use base64_simd::STANDARD as BASE64;

use super::{Login, text_of};
use crate::secret::Secret;

/// Octets of one text; the longest reply of SMTP that is read has as many.
const MAX_TEXT: usize = 64 * 1024;

/// What is left out before the cut of a longer text: half a secret may stand there.
const MARGIN: usize = 1024;

/// Letters from which on a secret is looked for anywhere. A shorter one is part of many words:
/// cutting it out of those would tell it. It is looked for in the forms in which we send it.
const SHORTEST: usize = 4;

/// Letters of base64 from which on they are hardly there by chance.
const SHORTEST_BASE64: usize = 6;

/// What stands for what was cut out.
const MARK: &str = "***";

/// Words of a server, without our secret. May hold anything else: print them escaped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ServerText(String);

impl ServerText {
    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for ServerText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ServerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl PartialEq<&str> for ServerText {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// Knows what must not be repeated.
#[derive(Clone)]
pub struct Censor(Vec<Needle>);

impl fmt::Debug for Censor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Censor(***)")
    }
}

/// What is looked for, and how far what is cut out goes.
#[derive(Clone)]
struct Needle {
    text: Secret,
    reach: Reach,
}

#[derive(Clone, Copy)]
enum Reach {
    /// So far.
    Itself,
    /// The whole run of base64.
    Run,
    /// The same, and only if it is all of the run.
    WholeRun,
    /// And what follows, up to a quote or the end.
    Quote,
}

impl Censor {
    /// For a server that was told no secret.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// For the server that is told this.
    pub fn of(login: &Login) -> Self {
        let mut needles = Vec::new();
        let mut look_for = |text: String, reach| {
            let text = Secret::new(text);
            needles.push(Needle { text, reach });
        };
        let (user, password) = (&*login.user, login.password.expose());
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        // What comes after these is the secret, whole or cut short.
        look_for(format!("\"{}\" \"", escaped(user)), Reach::Quote);
        let before = window(format!("\0{user}\0").as_bytes(), 0);
        if before.len() >= SHORTEST_BASE64 {
            look_for(before, Reach::Run);
        }
        let dense = password.chars().filter(|c| !c.is_whitespace()).count();
        if dense < SHORTEST {
            if !password.is_empty() {
                look_for(format!("\"{}\"", escaped(password)), Reach::Itself);
                let coded = BASE64.encode_to_string(password);
                look_for(coded.trim_end_matches('=').to_owned(), Reach::WholeRun);
            }
            return Self(needles);
        }
        look_for(password.to_owned(), Reach::Itself);
        look_for(escaped(password), Reach::Itself);
        // Read as Latin-1, as a line is that holds other octets too.
        look_for(password.bytes().map(char::from).collect(), Reach::Itself);
        for shift in 0..3 {
            let window = window(password.as_bytes(), shift);
            if window.len() >= SHORTEST_BASE64 {
                look_for(window, Reach::Run);
            }
        }
        Self(needles)
    }

    /// The text of octets, or of a text, that a server sent.
    pub fn text(&self, octets: impl AsRef<[u8]>) -> ServerText {
        let octets = octets.as_ref();
        let whole = octets.len() <= MAX_TEXT;
        let text = text_of(&octets[..octets.len().min(MAX_TEXT)]);
        let end = match whole {
            true => text.len(),
            false => text.floor_char_boundary(text.len().saturating_sub(MARGIN)),
        };
        let found = self.0.iter().flat_map(|needle| needle.cuts(&text));
        let mut cuts: Vec<Range<usize>> = found.filter(|cut| cut.start < end).collect();
        cuts.sort_by_key(|cut| cut.start);
        let (mut censored, mut at) = (String::with_capacity(end), 0);
        for cut in cuts {
            if cut.start >= at {
                censored.push_str(&text[at..cut.start]);
                censored.push_str(MARK);
            }
            at = at.max(cut.end);
        }
        censored.push_str(&text[at.min(end)..end]);
        ServerText(censored)
    }
}

impl Needle {
    /// Where it stands in a text, whatever the case and the white space between its letters: an
    /// answer of several lines is broken anywhere.
    fn cuts(&self, text: &str) -> Vec<Range<usize>> {
        let dense = |text: &str| -> Vec<(usize, char)> {
            let letters = text.char_indices().filter(|(_, c)| !c.is_whitespace());
            letters
                .map(|(at, c)| (at, c.to_ascii_lowercase()))
                .collect()
        };
        let (text_letters, wanted) = (dense(text), dense(self.text.expose()));
        if wanted.is_empty() {
            return Vec::new();
        }
        let is_here = |found: &&[(usize, char)]| {
            let both = found.iter().zip(&wanted);
            both.clone()
                .all(|((_, found), (_, wanted))| found == wanted)
        };
        text_letters
            .windows(wanted.len())
            .filter(is_here)
            .filter_map(|found| {
                let (first, (last, c)) = (found[0].0, found[found.len() - 1]);
                self.reaching(text, first..last + c.len_utf8())
            })
            .collect()
    }

    fn reaching(&self, text: &str, found: Range<usize>) -> Option<Range<usize>> {
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=-_".contains(c);
        let before = text[..found.start].trim_end_matches(is_base64).len();
        let after = text.len() - text[found.end..].trim_start_matches(is_base64).len();
        match self.reach {
            Reach::Itself => Some(found),
            Reach::Run => Some(before..after),
            Reach::WholeRun => {
                let padded = text[found.end..after].chars().all(|c| c == '=');
                (before == found.start && padded).then_some(before..after)
            }
            Reach::Quote => {
                let mut escaped = false;
                let end = text[found.end..].find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                Some(found.start..end.map_or(text.len(), |end| found.end + end))
            }
        }
    }
}

/// The letters of base64 that say nothing but these octets, when so many others (modulo three)
/// come before them.
fn window(octets: &[u8], shift: usize) -> String {
    let shifted = [&[0; 2][..shift], octets].concat();
    let (first, end) = ((8 * shift).div_ceil(6), 8 * shifted.len() / 6);
    BASE64.encode_to_string(shifted)[first..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::{BASE64, Censor, MAX_TEXT};
    use crate::secret::Secret;
    use crate::transport::Login;

    const USER: &str = "u@pec.example";

    fn censor(password: &str) -> Censor {
        Censor::of(&Login {
            user: USER.to_owned(),
            password: Secret::new(password.to_owned()),
        })
    }

    fn said(password: &str, text: &str) -> String {
        censor(password).text(text).to_string()
    }

    const PASSWORD: &str = r#"S3gretissima-"Pw\42 è"#;

    #[test]
    fn a_secret_is_cut_out_wherever_and_however_it_is_repeated() {
        let plain = BASE64.encode_to_string(format!("\0{USER}\0{PASSWORD}"));
        let alone = BASE64.encode_to_string(PASSWORD);
        let escaped = r#"S3gretissima-\"Pw\\42 è"#;
        for (text, expected) in [
            (format!("no: {PASSWORD}"), "no: ***"),
            (format!("no: {PASSWORD}!"), "no: ***!"),
            (
                format!(r#"no: LOGIN "{USER}" "{escaped}" x"#),
                r#"no: LOGIN ***" x"#,
            ),
            (format!("no: {escaped} x"), "no: *** x"),
            (format!("no: AUTH PLAIN {plain} x"), "no: AUTH PLAIN *** x"),
            (format!("no: \"{alone}\""), "no: \"***\""),
            (
                format!("no: {} {} x", &plain[..30], &plain[30..]),
                "no: *** x",
            ),
            (
                format!("no: {} {} x", &plain[..20], &plain[20..]),
                "no: *** *** x",
            ),
            (format!("{PASSWORD}{PASSWORD}"), "******"),
        ] {
            assert_eq!(said(PASSWORD, &text), expected, "{text}");
        }
        assert_eq!(said("Segretissima", "no: SEGRETISSIMA!"), "no: ***!");
    }

    #[test]
    fn base64_is_known_at_each_of_its_alignments_and_cut_anywhere() {
        let password = "S3gretissima";
        for before in ["", "a", "ab", "abc", "\0u@pec.example\0"] {
            for after in ["", "x", "xy", "\0"] {
                let text = BASE64.encode_to_string(format!("{before}{password}{after}"));
                assert_eq!(said(password, &format!("a {text} b")), "a *** b");
                // The twin with another one stays.
                let other = BASE64.encode_to_string(format!("{before}Tranquillamente{after}"));
                let kept = before.len() < 5;
                assert_eq!(said(password, &other) == other, kept, "{before:?}");
            }
        }
        let plain = BASE64.encode_to_string(format!("\0{USER}\0{password}"));
        for end in 20..plain.len() {
            assert_eq!(said(password, &plain[..end]), "***", "{end}");
        }
    }

    #[test]
    fn a_command_cut_short_shows_no_part_of_the_secret() {
        let whole = format!("LOGIN \"{USER}\" \"Segretissima\"");
        for end in 23..whole.len() {
            assert_eq!(said("Segretissima", &whole[..end]), "LOGIN ***", "{end}");
        }
    }

    #[test]
    fn octets_that_are_no_utf_8_hide_nothing() {
        let octets = [b"\xe8 ".as_slice(), "perché-no".as_bytes()].concat();
        assert_eq!(censor("perché-no").text(octets), "è ***");
        let latin = b"\xe8 perch\xe9-no";
        assert_eq!(censor("perché-no").text(latin), "è ***");
    }

    #[test]
    fn a_short_secret_takes_no_words_away() {
        let text = "a bad command: at least the name is known (YXQ)";
        for password in ["a", "at", "is", ""] {
            assert_eq!(
                said(password, text),
                text.replace(
                    "YXQ",
                    match password {
                        "at" => "***",
                        _ => "YXQ",
                    }
                )
            );
        }
        assert_eq!(said("at", "LOGIN \"x\" \"at\" is"), "LOGIN \"x\" *** is");
        assert_eq!(said("at", "334 YXQ= is"), "334 *** is");
    }

    #[test]
    fn what_names_no_secret_is_left_as_it_is() {
        for text in ["", "OK", "Accesso negato per u@pec.example", "è\u{1b}[2J"] {
            assert_eq!(said("Segretissima", text), text);
            assert_eq!(Censor::none().text(text), text);
        }
    }

    #[test]
    fn a_text_without_end_is_cut_where_no_secret_is_torn() {
        let long = format!("{}Segretissima", "x".repeat(MAX_TEXT - 5));
        let said = said("Segretissima", &long);
        assert!(said.len() < MAX_TEXT && !said.contains("Seg"));
    }

    #[test]
    fn nothing_of_it_is_shown_for_debugging() {
        let shown = format!("{:?}", censor("Segretissima"));
        assert_eq!(shown, "Censor(***)");
    }
}
