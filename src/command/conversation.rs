//! The conversation with the servers as `-v` shows it: line by line, both ways, in milliseconds since the
//! program began. What must not be seen was left out where it was heard.

use crate::context::Aside;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::printable::Printable;
use crate::transport::overheard::{Ear, Heard, Part, Said};

/// What belongs to a login.
const SECRET: &str = "***";

/// Writes all that is heard, from whichever thread.
pub(super) fn ear(lang: Lang, aside: &Aside) -> Ear {
    let aside = *aside;
    Ear::new(move |heard| aside.tell(&line(&heard, Catalogue::of(lang))))
}

/// One line: the connection, the direction, the words.
fn line(heard: &Heard, texts: &Catalogue) -> String {
    let (sign, words) = match &heard.what {
        Said::Begins(endpoint) => {
            let server = ("server", &*endpoint.to_string());
            ('=', texts.fill("conversation.begins", &[server]))
        }
        Said::Connected(address) => {
            let address = ("address", &*address.to_string());
            ('=', texts.fill("conversation.connected", &[address]))
        }
        Said::Secured(version) => ('=', Printable(version).to_string()),
        Said::Theirs(parts) => ('<', said(parts, texts)),
        Said::Ours(parts) => ('>', said(parts, texts)),
        Said::Ended => ('=', texts.text("conversation.ended").to_owned()),
    };
    format!("{} {sign} {words}", heard.connection)
}

fn said(parts: &[Part], texts: &Catalogue) -> String {
    let words = parts.iter().map(|part| match part {
        Part::Text(text) => Printable(text.trim_end()).to_string(),
        Part::Octets(octets) => format!("… {}", texts.count("conversation.octets", *octets, &[])),
        Part::Secret => SECRET.to_owned(),
    });
    let words: Vec<String> = words.filter(|words| !words.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_heard_is_one_safe_line() {
        let text = |text: &str| Part::Text(text.to_owned());
        let heard = |what| Heard {
            connection: 2,
            what,
        };
        let en = Catalogue::of(Lang::En);
        let parts = vec![text("* 1 FETCH (BODY[] "), Part::Octets(12_345), text(")")];
        assert_eq!(
            line(&heard(Said::Theirs(parts)), en),
            "2 < * 1 FETCH (BODY[] … 12,345 bytes )"
        );
        let parts = vec![text("a1 LOGIN"), Part::Secret];
        assert_eq!(line(&heard(Said::Ours(parts)), en), "2 > a1 LOGIN ***");
        let parts = vec![text("* OK \u{1b}]0;titolo\u{7}\r\u{202e}")];
        let shown = line(&heard(Said::Theirs(parts)), en);
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
        assert!(shown.contains("\\u{1b}]0;titolo\\u{7}"), "{shown}");
    }
}
