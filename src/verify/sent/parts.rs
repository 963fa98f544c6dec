//! Whether two messages have the same parts: the tree, and each part with all that decides how
//! it reads.

use std::borrow::Cow;

use super::hashes::{self, is_sha1_hex};
use super::{Form, canonical, same_text};
use crate::mime::media::MediaType;
use crate::mime::tree::{Frame, Part, Tree};
use crate::smime::sha256;

/// A part in its tree: one with a content, or a multipart, which is only what it is beside its
/// parts.
#[derive(Clone, Copy)]
pub(super) struct Leaf<'t, 'a> {
    tree: &'t Tree<'a>,
    part: &'t Part<'a>,
}

/// The parts of a message in their order, each multipart before its own. An attached message
/// counts as one part, as in brief receipts (RFC 6109, 3.3.2.2).
pub(super) fn leaves<'t, 'a>(tree: &'t Tree<'a>) -> impl Iterator<Item = Leaf<'t, 'a>> {
    tree.parts().iter().map(|part| Leaf { tree, part })
}

/// What comparing gave; where they are not the same, the parts in words.
pub(super) enum Compared {
    /// By which rule.
    Same(&'static str),
    Differ(Decided),
    /// The hash in the receipt is that of a part made so that another has it too.
    Collide(Decided),
    /// All but hashes that are of no known form of the part.
    HashUnknown(Decided),
    TooComplex,
}

/// What decided a comparison.
pub(super) struct Decided {
    /// The part, by number and name, if one did.
    pub part: Option<String>,
    /// The same with what there is to say of it.
    pub detail: String,
}

pub(super) fn compare(sent: &Tree<'_>, delivered: &Tree<'_>, form: Form) -> Compared {
    if !sent.is_whole() || !delivered.is_whole() {
        return Compared::TooComplex;
    }
    let (ours, theirs) = (sent.parts().len(), delivered.parts().len());
    if ours != theirs {
        return Compared::Differ(Decided {
            part: None,
            detail: format!("{ours} ≠ {theirs}"),
        });
    }
    let mut rule = "parts";
    let (mut unknown, mut collides) = (None, None);
    for (sent, delivered) in leaves(sent).zip(leaves(delivered)) {
        let stands_for = form == Form::Brief && delivered.stands_for(sent);
        match stands_for.then(|| delivered.hash_of(sent)) {
            Some(Ok(fit)) if fit.collides => collides = Some(sent.decided()),
            Some(Ok(fit)) => rule = fit.rule,
            Some(Err(tried)) => {
                unknown.get_or_insert(Decided {
                    detail: format!("{}: {}", sent.shown(), tried.join(", ")),
                    ..sent.decided()
                });
            }
            None => {
                if let Some(detail) = sent.difference(delivered) {
                    return Compared::Differ(Decided {
                        detail,
                        ..sent.decided()
                    });
                }
            }
        }
    }
    match (collides, unknown) {
        (Some(part), _) => Compared::Collide(part),
        (None, Some(part)) => Compared::HashUnknown(part),
        (None, None) => Compared::Same(rule),
    }
}

impl<'t, 'a> Leaf<'t, 'a> {
    pub fn name(self) -> Option<&'t str> {
        self.part.names().shown()
    }

    /// A multipart without its parts; they follow it.
    pub fn frame(self) -> Option<&'t Frame<'a>> {
        self.part.frame()
    }

    pub fn shown(self) -> String {
        let place = match self.part.depth {
            0 => "1".to_owned(),
            _ => self.tree.place(self.part),
        };
        match self.name() {
            Some(name) => format!("{place} ({name})"),
            None => place,
        }
    }

    /// That this part decided, with nothing to say beside it.
    pub fn decided(self) -> Decided {
        Decided {
            part: Some(self.shown()),
            detail: self.shown(),
        }
    }

    /// Whether the decoded content is that of a file; line ends of text do not count.
    pub fn is_file(self, file: &[u8], file_canonical: &[u8]) -> bool {
        self.decoded().is_some_and(|octets| {
            octets == file || (self.has_loose_ends() && canonical(&octets) == file_canonical)
        })
    }

    /// In base64 and quoted-printable every octet is the sender's (RFC 2045, 6.7 and 6.8);
    /// elsewhere, and in text, line ends are the transport's.
    fn has_loose_ends(self) -> bool {
        let is_encoded = matches!(
            &*self.part.entity.transfer_encoding(),
            "base64" | "quoted-printable"
        );
        !is_encoded || self.part.essence().starts_with("text/")
    }

    /// In what a part differs from another, in words: type, name, parameters, or content.
    fn difference(self, other: Leaf<'_, '_>) -> Option<String> {
        let shown = self.shown();
        if self.part.essence() != other.part.essence() {
            return Some(format!(
                "{shown}: {} ≠ {}",
                self.part.essence(),
                other.part.essence()
            ));
        }
        if self.name() != other.name() {
            return Some(format!("{shown} ≠ {}", other.shown()));
        }
        if let Some(difference) = self.parameter_difference(other) {
            return Some(format!("{shown}: {difference}"));
        }
        if let (Some(a), Some(b)) = (self.frame(), other.frame()) {
            return frame_difference(a, b).map(|what| format!("{shown}: {what}"));
        }
        let (a, b) = (self.decoded(), other.decoded());
        if let (Some(a), Some(b)) = (&a, &b)
            && (a == b || (self.has_loose_ends() && canonical(a) == canonical(b)))
        {
            return None;
        }
        let digest =
            |octets: &Option<Cow<'_, [u8]>>| octets.as_deref().map(sha256).unwrap_or_default();
        Some(format!("{shown}: SHA-256 {} ≠ {}", digest(&a), digest(&b)))
    }

    /// Character set, format, report type and the like.
    fn parameter_difference(self, other: Leaf<'_, '_>) -> Option<String> {
        let (Ok(a), Ok(b)) = (&self.part.media, &other.part.media) else {
            let text =
                |leaf: Leaf<'_, '_>| super::texts(&leaf.part.entity, "Content-Type").join("; ");
            let (a, b) = (text(self), text(other));
            return (!same_text(&a, &b)).then(|| format!("{a} ≠ {b}"));
        };
        let (a, b) = (parameters(a), parameters(b));
        let first = a.iter().find(|one| !b.contains(one));
        let (name, _) = first.or_else(|| b.iter().find(|one| !a.contains(one)))?;
        let value = |all: &[(String, String)]| {
            let found = all.iter().find(|(other, _)| other == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        Some(format!("{name} {} ≠ {}", value(&a), value(&b)))
    }

    fn decoded(self) -> Option<Cow<'t, [u8]>> {
        self.part.entity.decoded().ok()
    }

    /// The stated SHA-1 when this part stands for an attachment in a brief receipt: a name in
    /// `.hash` and 40 hexadecimal digits, nothing else.
    pub fn hash(self) -> Option<String> {
        self.hashed_name()?;
        let text = self.decoded()?;
        let text = std::str::from_utf8(&text).ok()?;
        let text = text.trim_end_matches(['\r', '\n']);
        is_sha1_hex(text).then(|| text.to_ascii_lowercase())
    }

    /// The name before `.hash`, in whatever letters that is.
    fn hashed_name(self) -> Option<&'t str> {
        let (name, end) = self.name()?.rsplit_once('.')?;
        end.eq_ignore_ascii_case("hash").then_some(name)
    }

    /// Whether this part is called the hash of `sent`.
    fn stands_for(self, sent: Leaf<'_, '_>) -> bool {
        sent.name().is_some() && self.hashed_name() == sent.name()
    }

    /// Which form of `sent` has the hash that this part states, or what was tried.
    fn hash_of(self, sent: Leaf<'_, '_>) -> Result<hashes::Fit, Vec<String>> {
        match self.hash() {
            Some(stated) => hashes::of_part(&sent.part.entity, &stated),
            None => Err(vec!["SHA-1?".into()]),
        }
    }
}

/// In what two multiparts differ beside their parts: their number, or the text around them.
fn frame_difference(a: &Frame<'_>, b: &Frame<'_>) -> Option<String> {
    let [ours, theirs] = [a, b].map(|frame| frame.pieces.len());
    if ours != theirs {
        return Some(format!("{ours} ≠ {theirs}"));
    }
    let around = [
        ("preamble", a.preamble, b.preamble),
        ("epilogue", a.epilogue, b.epilogue),
    ];
    let differs = |(_, a, b): &(&str, &[u8], &[u8])| {
        canonical(a.trim_ascii_start()) != canonical(b.trim_ascii_start())
    };
    let found = around.into_iter().find(differs);
    found.map(|(name, a, b)| {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets.trim_ascii()).into_owned();
        format!("{name}: {} ≠ {}", text(a), text(b))
    })
}

/// What a media type states beside the type: but for the boundary, which every program makes
/// anew, and the name, which is compared as it is shown.
fn parameters(media: &MediaType<'_>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = media
        .parameters()
        .map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let value = match &*name {
                // RFC 2045, 5.1: these are in any case of letters.
                "charset" | "format" | "delsp" | "type" | "report-type" => {
                    value.to_ascii_lowercase()
                }
                _ => value.to_owned(),
            };
            (name, value)
        })
        .filter(|(name, _)| !matches!(&**name, "boundary" | "name") && !name.starts_with("name*"))
        .collect();
    let is_text = media.essence.starts_with("text/");
    if is_text && found.iter().all(|(name, _)| name != "charset") {
        // RFC 2046, 4.1.2.
        found.push(("charset".into(), "us-ascii".into()));
    }
    found
}

/// Hash parts of the original in a brief receipt whose text is no SHA-1 (step 15).
pub(in crate::verify) fn malformed_hashes(original: &Tree<'_>) -> Vec<String> {
    leaves(original)
        .filter(|leaf| leaf.hashed_name().is_some() && leaf.hash().is_none())
        .map(Leaf::shown)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2046, 4.1.2.
    #[test]
    fn a_text_without_a_character_set_has_that_of_all() {
        let stated = |text: &str| parameters(&MediaType::parse(text.as_bytes()).expect("a type"));
        for (without, with) in [
            ("text/plain", "text/plain; charset=us-ascii"),
            (
                "text/plain; format=flowed",
                "text/plain; format=flowed; charset=US-ASCII",
            ),
        ] {
            assert_eq!(stated(without), stated(with));
        }
        assert_ne!(stated("text/plain"), stated("text/plain; charset=utf-8"));
        assert_eq!(stated("image/png"), []);
    }
}
