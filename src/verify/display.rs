//! Names that mail programs show instead of an address.
//!
//! The display name of From is covered by no signature, and many programs show nothing else. It
//! may name the person a provider speaks for, and nobody besides.

use crate::address::MailAddress;
use crate::printable::is_deceptive;

/// How an envelope says for whom it speaks (RFC 6109, 3.1.5; the Italian words on the wire).
const FOR: [&str; 2] = ["Per conto di: ", "On behalf of: "];

/// Whether a name is exactly the words for speaking for one of these people.
pub(super) fn speaks_for(display: &str, people: &[MailAddress]) -> bool {
    let address = FOR.iter().find_map(|words| display.strip_prefix(words));
    // Blanks before it would push it out of sight.
    address.is_some_and(|address| {
        !address.contains(char::is_whitespace) && people.contains(&MailAddress::new(address))
    })
}

/// Whether a group of that name is the words themselves, written without quotes.
pub(super) fn is_unquoted(group: &str) -> bool {
    FOR.iter()
        .any(|words| words.trim_end().strip_suffix(':') == Some(group.trim()))
}

/// The first address in a name that is none of these people's.
///
/// Finds what a person would read as an address: with a sign of another width, `(at)` or ` at `
/// for `@`, and with characters in it that are not shown.
pub(super) fn stranger(display: &str, people: &[MailAddress]) -> Option<MailAddress> {
    if display.is_empty() {
        return None;
    }
    let folded = folded(display);
    let mut words = folded.split(|c: char| c.is_whitespace() || "<>()[]{},;:\"".contains(c));
    words.find_map(|word| {
        let address = MailAddress::new(word.trim_matches(['.', '\'']));
        let is_address = !address.local_part().is_empty() && !address.domain().is_empty();
        (is_address && !people.contains(&address)).then_some(address)
    })
}

fn folded(display: &str) -> String {
    let shown = display.chars().filter(|c| !is_deceptive(*c));
    let narrow: String = shown
        .map(|c| match c {
            '\u{ff20}' | '\u{fe6b}' => '@',
            '\u{ff0e}' | '\u{3002}' | '\u{ff61}' => '.',
            c if c.is_whitespace() => ' ',
            c => c.to_ascii_lowercase(),
        })
        .collect();
    let mut text = narrow;
    for written in ["(at)", "[at]", "{at}", "<at>"] {
        text = text.replace(written, "@");
    }
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let mut out = String::with_capacity(text.len());
    for (index, word) in words.iter().enumerate() {
        // `name at host.example`: only before what looks like a host.
        let next_is_host = words.get(index + 1).is_some_and(|next| next.contains('.'));
        let word = if *word == "at" && next_is_host {
            "@"
        } else {
            word
        };
        if !out.is_empty() && !out.ends_with('@') && !word.starts_with('@') {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender() -> Vec<MailAddress> {
        vec![MailAddress::new("mario.d'angelo@pec.mittente.example")]
    }

    #[test]
    fn an_envelope_speaks_for_its_sender_and_for_nobody_else() {
        assert!(speaks_for(
            "Per conto di: Mario.D'Angelo@pec.mittente.example",
            &sender()
        ));
        assert!(speaks_for(
            "On behalf of: mario.d'angelo@pec.mittente.example",
            &sender()
        ));
        for other in [
            "mario.d'angelo@pec.mittente.example",
            "per altri per conto di: mario.d'angelo@pec.mittente.example",
            "Per conto di: tribunale@giustizia.example: mario.d'angelo@pec.mittente.example",
            "Per conto di: tribunale@giustizia.example",
            "Per conto di:   mario.d'angelo@pec.mittente.example",
            "Per conto di: mario.d'angelo@pec.mittente.example\n",
            "",
        ] {
            assert!(!speaks_for(other, &sender()), "{other}");
        }
        assert!(is_unquoted(" Per conto di") && !is_unquoted("a@b.example"));
    }

    #[test]
    fn an_address_is_found_however_it_is_written() {
        for (name, found) in [
            ("manager@ordinary.example", "manager@ordinary.example"),
            (
                "\"manager@ordinary.example per conto di: x",
                "manager@ordinary.example",
            ),
            (
                "manager\u{ff20}ordinary.example",
                "manager@ordinary.example",
            ),
            (
                "manager\u{fe6b}ordinary\u{ff0e}example",
                "manager@ordinary.example",
            ),
            ("manager (at) ordinary.example", "manager@ordinary.example"),
            ("manager at ordinary.example", "manager@ordinary.example"),
            (
                "mana\u{200b}ger@ordi\u{200b}nary.example",
                "manager@ordinary.example",
            ),
            (
                "mario.d'angelo@pec.mittente.example, manager@ordinary.example",
                "manager@ordinary.example",
            ),
        ] {
            let stranger = stranger(name, &sender());
            assert_eq!(
                stranger.as_ref().map(MailAddress::as_str),
                Some(found),
                "{name}"
            );
        }
        for nobody in [
            "Per conto di: mario.d'angelo@pec.mittente.example",
            "'mario.d'angelo@pec.mittente.example'",
            "Tribunale di Roma",
            "Ufficio at home",
            "@",
            "",
        ] {
            assert_eq!(stranger(nobody, &sender()), None, "{nobody}");
        }
    }
}
