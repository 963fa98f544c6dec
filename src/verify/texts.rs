//! Step 15, the readable text: it must not say what the data do not (RFC 6109, 3 and 4.3.1).
//!
//! Wording is the providers' own and proves nothing; only a contradiction is told.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::finding::{CheckId, Findings, Weight};
use crate::mime::Entity;
use crate::mime::media::MediaType;
use crate::mime::multipart::{self, Dashes};
use crate::pec::{CertificationData, MessageKind};

/// A readable text, decoded.
pub(super) struct Text<'c> {
    html: bool,
    octets: Cow<'c, [u8]>,
}

/// The readable text: the first part, or the alternatives in it (RFC 6109, 4.3.1).
pub(super) fn read<'c>(
    part: &Entity<'c>,
    media: &MediaType<'_>,
    dashes: &Dashes<'_>,
) -> Vec<Text<'c>> {
    if media.essence != "multipart/alternative" {
        return one(part, media).into_iter().collect();
    }
    let Ok(cut) = media
        .boundary()
        .and_then(|boundary| multipart::split_known(part.body, boundary, dashes))
    else {
        return Vec::new();
    };
    let text = |part: &&'c [u8]| {
        let part = Entity::parse(part).ok()?;
        one(&part, &part.media_type().ok()?)
    };
    cut.parts.iter().filter_map(text).collect()
}

fn one<'c>(part: &Entity<'c>, media: &MediaType<'_>) -> Option<Text<'c>> {
    let html = match &*media.essence {
        "text/html" => true,
        "text/plain" => false,
        _ => return None,
    };
    Some(Text {
        html,
        octets: part.decoded().ok()?,
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
        let (check, key) = if text.html {
            (CheckId::ContentHtml, "content.html.contradiction")
        } else {
            (CheckId::ContentText, "content.text.contradiction")
        };
        findings.pass(check);
        let subject = data.subject.as_deref().unwrap_or_default().as_bytes();
        let says = |phrases: &'static [Finder<'static>]| {
            let is_said = |phrase: &&Finder<'_>| {
                phrase
                    .find(&text.octets)
                    .is_some_and(|at| !is_denied(&text.octets[..at]))
                    && phrase.find(subject).is_none()
            };
            phrases.iter().find(is_said).map(Finder::needle)
        };
        let contrary = match data.kind() {
            Some(MessageKind::Delivery) => says(&FAILED_PHRASES),
            Some(MessageKind::TransportEnvelope) => None,
            _ => says(&DELIVERED_PHRASES),
        };
        if let Some(phrase) = contrary {
            findings.add_both(
                check,
                Weight::Doubt,
                key,
                data.kind_word.clone(),
                phrase
                    .iter()
                    .map(|&octet| char::from(octet))
                    .collect::<String>(),
            );
        } else if let Some((expected, found)) = other_identity(text, data) {
            let key = if text.html {
                "content.html.other"
            } else {
                "content.text.other"
            };
            findings.add_both(check, Weight::Doubt, key, expected, found);
        }
        if text.html
            && let Some(found) = active_html(&text.octets)
        {
            findings.add_found(
                CheckId::ContentHtml,
                Weight::Doubt,
                "content.html.active",
                found,
            );
        }
    }
}

/// Whether the words before a phrase deny it: `non è stato consegnato`.
fn is_denied(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(12)..];
    memmem::find(&near.to_ascii_lowercase(), b"non ").is_some()
}

/// A day, an hour, an identifier or a recipient in the text that is not the certified one,
/// where the certified one is not there at all.
fn other_identity(text: &Text<'_>, data: &CertificationData) -> Option<(String, String)> {
    let octets = &*text.octets;
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
    let address = data.delivered_to.as_ref()?.as_str();
    let absent = lacks(address) && {
        let (lower, wanted) = (octets.to_ascii_lowercase(), address.to_ascii_lowercase());
        memmem::find(&lower, wanted.as_bytes()).is_none()
    };
    (absent && memchr::memchr(b'@', octets).is_some()).then(|| (address.to_owned(), "…".into()))
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

/// What loads or runs something when the text is opened (RFC 6109, 4.3.1 forbids it): a tag
/// that does so by itself, or any other tag but a link that holds an address or a script.
fn active_html(octets: &[u8]) -> Option<String> {
    const ACTIVE: [&str; 7] = [
        "script",
        "iframe",
        "object",
        "embed",
        "form",
        "frame",
        "meta http-equiv=\"refresh",
    ];
    const PASSIVE: [&str; 4] = ["a ", "!doctype", "html ", "?xml"];
    let next = |word| Next {
        octets,
        word,
        found: None,
    };
    let (mut closing, mut equals) = (next(b">"), next(b"="));
    let (mut script, mut address) = (next(b"javascript:"), next(b"http"));
    for at in memchr::memchr_iter(b'<', octets) {
        let start = at + 1;
        let end = closing.place_from(start).min(start + 2_000);
        let tag = &octets[start..end];
        let begins = |word: &str| {
            tag.get(..word.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
        };
        let holds = |next: &mut Next<'_>| next.place_from(start) + next.word.len() <= end;
        // Most tags begin with none of their letters.
        let first = tag.first().map(u8::to_ascii_lowercase);
        let may_be_active = first.is_some_and(|letter| b"siofem".contains(&letter));
        let found = (may_be_active && ACTIVE.iter().any(|word| begins(word)))
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
        ] {
            assert!(active_html(active.as_bytes()).is_some(), "{active}");
        }
        for passive in [
            "<a href=\"http://x\">http</a>",
            "<p> a=b http://x javascript:",
            "<p>src=<i>http://x",
            "<!DOCTYPE html PUBLIC \"=\" \"http://x\">",
            "<",
            "",
        ] {
            assert_eq!(active_html(passive.as_bytes()), None, "{passive}");
        }
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
