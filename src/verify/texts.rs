//! Step 15, the readable text: it must not say what the data do not (RFC 6109, 3 and 4.3.1).
//!
//! Wording is the providers' own and proves nothing; only a contradiction is told.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::finding::{Comparison, Findings};
use super::table::{Case, CheckId};
use crate::mime::tree::{Part, Tree};
use crate::pec::{CertificationData, MessageKind};

/// A readable text, decoded.
pub(super) struct Text<'c> {
    html: bool,
    octets: Cow<'c, [u8]>,
}

/// The readable text: the first part, or the alternatives in it (RFC 6109, 4.3.1).
pub(super) fn read<'c>(tree: &Tree<'c>, part: &Part<'c>) -> Vec<Text<'c>> {
    match part.essence() {
        "multipart/alternative" => tree.parts_of(part).filter_map(one).collect(),
        _ => one(part).into_iter().collect(),
    }
}

fn one<'c>(part: &Part<'c>) -> Option<Text<'c>> {
    let html = match part.essence() {
        "text/html" => true,
        "text/plain" => false,
        _ => return None,
    };
    Some(Text {
        html,
        octets: part.entity.decoded().ok()?,
    })
}

/// Outcomes as providers word them; only a contradiction is told, wording is free. Searchers
/// are made once: they cost more than a search through a short text.
static DELIVERED_PHRASES: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
    finders(&[
        b"stato correttamente consegnato",
        b"stato consegnato nella casella",
    ])
});

static FAILED_PHRASES: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
    finders(&[
        b"Avviso di mancata consegna",
        b"stato rifiutato dal sistema",
        b"non \xe8 stato accettato",
    ])
});

fn finders(phrases: &[&'static [u8]]) -> Vec<Finder<'static>> {
    phrases.iter().copied().map(Finder::new).collect()
}

pub(super) fn check(texts: &[Text<'_>], data: &CertificationData, findings: &mut Findings) {
    for text in texts {
        let (check, contradiction, other) = if text.html {
            (
                CheckId::ContentHtml,
                Case::ContentHtmlContradiction,
                Case::ContentHtmlOther,
            )
        } else {
            (
                CheckId::ContentText,
                Case::ContentTextContradiction,
                Case::ContentTextOther,
            )
        };
        let subject = data.subject.as_deref().unwrap_or_default().as_bytes();
        let says = |phrases: &'static [Finder<'static>]| {
            let is_said = |phrase: &&Finder<'_>| {
                let mut places = phrase.find_iter(&text.octets);
                places.any(|at| !is_denied(&text.octets[..at])) && phrase.find(subject).is_none()
            };
            phrases.iter().find(is_said).map(Finder::needle)
        };
        let contrary = match data.kind() {
            Some(MessageKind::Delivery) => says(&FAILED_PHRASES),
            // An envelope states no outcome, and what an unknown word states is not known.
            Some(MessageKind::TransportEnvelope) | None => None,
            Some(
                MessageKind::Acceptance
                | MessageKind::NonAcceptance
                | MessageKind::TakingCharge
                | MessageKind::NonDelivery
                | MessageKind::TimeoutNotice
                | MessageKind::VirusDetection
                | MessageKind::AnomalyEnvelope,
            ) => says(&DELIVERED_PHRASES),
        };
        let says_other = match contrary {
            Some(phrase) => {
                let phrase: String = phrase.iter().map(|&octet| char::from(octet)).collect();
                Some(contradiction.both(data.kind_word.clone(), phrase))
            }
            None => other_identity(text, data).map(|(expected, found)| other.both(expected, found)),
        };
        findings.record(check, Comparison::of_all(says_other));
        if text.html
            && let Some(found) = active_html(&text.octets)
        {
            findings.tell_found(Case::ContentHtmlActive, found);
        }
    }
}

/// Octets of a sentence that are looked at before a phrase.
const SENTENCE_OCTETS: usize = 300;

/// Whether the sentence says `non` before a phrase: `non è stato consegnato`, `non risulta essere
/// ancora stato consegnato`.
fn is_denied(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(SENTENCE_OCTETS)..];
    // An address or a number has points too, without a blank after them.
    let is_end = |pair: &[u8]| b".!?:".contains(&pair[0]) && pair[1].is_ascii_whitespace();
    let start = near.windows(2).rposition(is_end).map_or(0, |at| at + 1);
    let sentence = near[start..].to_ascii_lowercase();
    let mut words = sentence.split(|octet| !octet.is_ascii_alphanumeric());
    words.any(|word| word == b"non")
}

/// A day, an hour, an identifier or a recipient in the text that is not the certified one,
/// where the certified one is not there at all.
fn other_identity(text: &Text<'_>, data: &CertificationData) -> Option<(String, String)> {
    let octets = &*if text.html {
        without_breaks(&text.octets)
    } else {
        Cow::Borrowed(&*text.octets)
    };
    let lacks = |wanted: &str| !contains(octets, wanted.as_bytes());
    let (day, hour) = &data.clock;
    if lacks(day)
        && let Some(found) = first_shape(octets, b"00/00/0000")
    {
        return Some((day.clone(), found));
    }
    if lacks(hour)
        && let Some(found) = first_shape(octets, b"00:00:00")
    {
        return Some((hour.clone(), found));
    }
    if lacks(&data.identifier) && memmem::find(octets, b"dentificativo").is_some() {
        return Some((data.identifier.clone(), "…".into()));
    }
    let address = data.delivered_to.as_ref()?;
    // A domain with letters outside ASCII has two spellings, and the text a charset of its own.
    let wanted = match address.ascii_form() {
        Some(_) => Cow::Owned(format!("{}@", address.local_part())),
        None => Cow::Borrowed(address.as_str()),
    };
    let absent = lacks(&wanted) && {
        let (lower, wanted) = (octets.to_ascii_lowercase(), wanted.to_ascii_lowercase());
        memmem::find(&lower, wanted.as_bytes()).is_none()
    };
    (absent && memchr::memchr(b'@', octets).is_some()).then(|| (wanted.into_owned(), "…".into()))
}

/// HTML without the places where long words may be broken, which nobody sees.
fn without_breaks(octets: &[u8]) -> Cow<'_, [u8]> {
    static BREAK: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"<wbr"));
    let mut out = Cow::Borrowed(octets);
    let mut rest = octets;
    while let Some(at) = BREAK.find(rest) {
        if let Cow::Borrowed(_) = out {
            out = Cow::Owned(Vec::with_capacity(octets.len()));
        }
        let end = memchr::memchr(b'>', &rest[at..]).map_or(rest.len(), |length| at + length + 1);
        out.to_mut().extend_from_slice(&rest[..at]);
        rest = &rest[end..];
    }
    if let Cow::Owned(out) = &mut out {
        out.extend_from_slice(rest);
    }
    out
}

/// Whether `wanted` stands in `octets`, looked for at its rarest octet: quicker for a short text
/// than making a searcher.
fn contains(octets: &[u8], wanted: &[u8]) -> bool {
    let pivot = wanted
        .iter()
        .position(|octet| b"@/:".contains(octet))
        .unwrap_or(0);
    let Some(&rare) = wanted.get(pivot) else {
        return true;
    };
    memchr::memchr_iter(rare, octets).any(|at| {
        let start = at.checked_sub(pivot);
        start.is_some_and(|start| octets.get(start..start + wanted.len()) == Some(wanted))
    })
}

/// The first place where digits and separators stand as in `shape` (`0` is any digit).
fn first_shape(octets: &[u8], shape: &[u8]) -> Option<String> {
    let fits = |window: &&[u8]| {
        window
            .iter()
            .zip(shape)
            .all(|(octet, wanted)| match wanted {
                b'0' => octet.is_ascii_digit(),
                _ => octet == wanted,
            })
    };
    let found = octets.windows(shape.len()).find(fits)?;
    Some(String::from_utf8_lossy(found).into_owned())
}

/// Octets of a tag that are looked at.
const TAG_OCTETS: usize = 2_000;

/// What loads or runs something when the text is opened (RFC 6109, 4.3.1 forbids it): a tag
/// that does so by itself, or any other tag but a link that holds an address or a script. Of
/// `meta` only the one that leads to another page does (HTML, 4.2.5.3).
fn active_html(octets: &[u8]) -> Option<String> {
    const ACTIVE: [&str; 6] = ["script", "iframe", "object", "embed", "form", "frame"];
    const PASSIVE: [&str; 5] = ["a ", "!doctype", "html ", "?xml", "meta "];
    let next = |word| Next {
        octets,
        word,
        found: None,
    };
    let (mut closing, mut equals) = (next(b">"), next(b"="));
    let (mut script, mut address) = (next(b"javascript:"), next(b"http"));
    let mut refresh = next(b"refresh");
    for at in memchr::memchr_iter(b'<', octets) {
        let start = at + 1;
        // Most tags begin with none of their letters, and nothing that acts is near.
        let first = octets.get(start).map(u8::to_ascii_lowercase);
        let may_be_active = first.is_some_and(|letter| b"siofem".contains(&letter));
        let farthest = start + TAG_OCTETS;
        let is_near = |next: &mut Next<'_>| next.place_from(start) < farthest.min(octets.len());
        if !may_be_active && !is_near(&mut script) && !is_near(&mut equals) {
            continue;
        }
        let end = closing.place_from(start).min(farthest);
        let tag = &octets[start..end];
        let begins = |word: &str| {
            tag.get(..word.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
        };
        let holds = |next: &mut Next<'_>| next.place_from(start) + next.word.len() <= end;
        let found = (may_be_active && ACTIVE.iter().any(|word| begins(word)))
            || (may_be_active && begins("meta") && holds(&mut refresh))
            || holds(&mut script)
            || (holds(&mut equals)
                && !PASSIVE.iter().any(|word| begins(word))
                && holds(&mut address));
        if found {
            return Some(String::from_utf8_lossy(&tag[..tag.len().min(80)]).into_owned());
        }
    }
    None
}

/// Where a word stands next, in any case of letters. Asked from one place after the other, it looks
/// at no octet twice, however many tags are open at once.
struct Next<'o> {
    octets: &'o [u8],
    word: &'static [u8],
    found: Option<usize>,
}

impl Next<'_> {
    /// Where it stands from `start` on; the end of the octets where it does not.
    fn place_from(&mut self, start: usize) -> usize {
        if let Some(found) = self.found
            && found >= start
        {
            return found;
        }
        let (rest, word) = (&self.octets[start..], self.word);
        let stands = |&at: &usize| {
            rest.get(at..at + word.len())
                .is_some_and(|here| here.eq_ignore_ascii_case(word))
        };
        let mut firsts = memchr::memchr2_iter(word[0], word[0].to_ascii_uppercase(), rest);
        let found = firsts.find(stands).unwrap_or(rest.len()) + start;
        self.found = Some(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_when_it_is_opened_is_found() {
        for active in [
            "<b><SCRIPT>",
            "<a href=\"JavaScript:x()\">",
            "<p><img src=\"HTTP://x\">",
            "<i <img src=http://x",
            "<meta http-equiv=\"refresh\"",
            "<META content='0; url=http://x' http-equiv = Refresh>",
        ] {
            assert!(active_html(active.as_bytes()).is_some(), "{active}");
        }
        for passive in [
            "<a href=\"http://x\">http</a>",
            "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"/>refresh",
            "<p> a=b http://x javascript:",
            "<p>src=<i>http://x",
            "<!DOCTYPE html PUBLIC \"=\" \"http://x\">",
            "<",
            "",
        ] {
            assert_eq!(active_html(passive.as_bytes()), None, "{passive}");
        }
    }

    #[test]
    fn a_phrase_is_denied_within_its_sentence() {
        for denied in [
            "Il messaggio non \u{e8} ",
            "il messaggio non risulta essere ",
            "Errore. Il messaggio\r\nNON<br>\nè ancora ",
            "il messaggio inviato a a.b@pec.example non&egrave; ",
        ] {
            assert!(is_denied(denied.as_bytes()), "{denied}");
        }
        for said in [
            "",
            "Il messaggio \u{e8} ",
            "Il messaggio non era urgente. Esso \u{e8} ",
            "Nonostante tutto il messaggio \u{e8} ",
        ] {
            assert!(!is_denied(said.as_bytes()), "{said}");
        }
    }

    #[test]
    fn places_to_break_a_word_are_not_seen() {
        let seen = |html: &'static str| without_breaks(html.as_bytes()).into_owned();
        assert_eq!(seen("opec<wbr>10<wbr/>42<WBR>.x<wbr"), b"opec1042<WBR>.x");
        assert!(matches!(without_breaks(b"opec1042"), Cow::Borrowed(_)));
    }

    /// Half an hour, if each tag were looked through by itself.
    #[test]
    fn tags_that_are_not_closed_cost_no_more_than_others() {
        let open = "<x=".repeat(2_000_000);
        assert_eq!(active_html(open.as_bytes()), None);
        let acting = format!("{open}http");
        assert!(active_html(acting.as_bytes()).is_some());
    }
}
