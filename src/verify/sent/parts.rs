//! Whether two messages have the same parts: the tree, and each part with all that decides how
//! it reads.

use std::borrow::Cow;

use super::hashes::{self, is_sha1_hex};
use super::{Form, canonical, same_text};
use crate::mime::media::MediaType;
use crate::mime::{self, Entity, MAX_DEPTH, MAX_PARTS, multipart};
use crate::smime::sha256;

/// A part: one with a content, or a multipart.
pub(super) struct Leaf<'a> {
    place: String,
    pub name: Option<String>,
    /// Media type in lower case.
    essence: String,
    /// What else the media type states; `None` when it cannot be read strictly.
    parameters: Option<Vec<(String, String)>>,
    /// A multipart is only what it is beside its parts, which follow it in the list.
    pub frame: Option<Frame<'a>>,
    entity: Entity<'a>,
}

/// A multipart without its parts.
pub(super) struct Frame<'a> {
    parts: usize,
    preamble: &'a [u8],
    epilogue: &'a [u8],
}

/// The parts of a message in their order, and whether they are all of them.
pub(super) struct Leaves<'a> {
    pub list: Vec<Leaf<'a>>,
    complete: bool,
}

/// What comparing gave; where they are not the same, the parts in words.
pub(super) enum Compared {
    /// By which rule.
    Same(&'static str),
    Differ(String),
    /// The hash in the receipt is that of a part made so that another has it too.
    Collide(String),
    /// All but hashes that are of no known form of the part.
    HashUnknown(String),
    TooComplex,
}

pub(super) fn compare(sent: &Leaves<'_>, delivered: &Leaves<'_>, form: Form) -> Compared {
    if !sent.complete || !delivered.complete {
        return Compared::TooComplex;
    }
    let (sent, delivered) = (&sent.list, &delivered.list);
    if sent.len() != delivered.len() {
        return Compared::Differ(format!("{} ≠ {}", sent.len(), delivered.len()));
    }
    let mut rule = "parts";
    let (mut unknown, mut collides) = (None, None);
    for (sent, delivered) in sent.iter().zip(delivered) {
        let stands_for = form == Form::Brief && delivered.stands_for(sent);
        match stands_for.then(|| delivered.hash_of(sent)) {
            Some(Ok(fit)) if fit.collides => collides = Some(sent.shown()),
            Some(Ok(fit)) => rule = fit.rule,
            Some(Err(tried)) => {
                unknown.get_or_insert(format!("{}: {}", sent.shown(), tried.join(", ")));
            }
            None => {
                if let Some(difference) = sent.difference(delivered) {
                    return Compared::Differ(difference);
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

impl Leaf<'_> {
    pub fn shown(&self) -> String {
        match &self.name {
            Some(name) => format!("{} ({name})", self.place),
            None => self.place.clone(),
        }
    }

    /// Whether the decoded content is that of a file; line ends of text do not count.
    pub fn is_file(&self, file: &[u8], file_canonical: &[u8]) -> bool {
        self.decoded().is_some_and(|octets| {
            octets == file || (self.has_loose_ends() && canonical(&octets) == file_canonical)
        })
    }

    /// In base64 and quoted-printable every octet is the sender's (RFC 2045, 6.7 and 6.8);
    /// elsewhere, and in text, line ends are the transport's.
    fn has_loose_ends(&self) -> bool {
        let is_encoded = matches!(
            &*self.entity.transfer_encoding(),
            "base64" | "quoted-printable"
        );
        !is_encoded || self.essence.starts_with("text/")
    }

    /// In what a part differs from another, in words: type, name, parameters, or content.
    fn difference(&self, other: &Leaf<'_>) -> Option<String> {
        let shown = self.shown();
        if self.essence != other.essence {
            return Some(format!("{shown}: {} ≠ {}", self.essence, other.essence));
        }
        if self.name != other.name {
            return Some(format!("{shown} ≠ {}", other.shown()));
        }
        if let Some(difference) = self.parameter_difference(other) {
            return Some(format!("{shown}: {difference}"));
        }
        if let (Some(a), Some(b)) = (&self.frame, &other.frame) {
            return a.difference(b).map(|what| format!("{shown}: {what}"));
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
    fn parameter_difference(&self, other: &Leaf<'_>) -> Option<String> {
        let (Some(a), Some(b)) = (&self.parameters, &other.parameters) else {
            let text = |leaf: &Leaf<'_>| super::texts(&leaf.entity, "Content-Type").join("; ");
            let (a, b) = (text(self), text(other));
            return (!same_text(&a, &b)).then(|| format!("{a} ≠ {b}"));
        };
        let first = a.iter().find(|one| !b.contains(one));
        let (name, _) = first.or_else(|| b.iter().find(|one| !a.contains(one)))?;
        let value = |all: &[(String, String)]| {
            let found = all.iter().find(|(other, _)| other == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        Some(format!("{name} {} ≠ {}", value(a), value(b)))
    }

    fn decoded(&self) -> Option<Cow<'_, [u8]>> {
        self.entity.decoded().ok()
    }

    /// The stated SHA-1 when this part stands for an attachment in a brief receipt: a name in
    /// `.hash` and 40 hexadecimal digits, nothing else.
    pub fn hash(&self) -> Option<String> {
        self.hashed_name()?;
        let text = self.decoded()?;
        let text = std::str::from_utf8(&text).ok()?;
        let text = text.trim_end_matches(['\r', '\n']);
        is_sha1_hex(text).then(|| text.to_ascii_lowercase())
    }

    /// The name before `.hash`, in whatever letters that is.
    fn hashed_name(&self) -> Option<&str> {
        let (name, end) = self.name.as_deref()?.rsplit_once('.')?;
        end.eq_ignore_ascii_case("hash").then_some(name)
    }

    /// Whether this part is called the hash of `sent`.
    fn stands_for(&self, sent: &Leaf<'_>) -> bool {
        sent.name.is_some() && self.hashed_name() == sent.name.as_deref()
    }

    /// Which form of `sent` has the hash that this part states, or what was tried.
    fn hash_of(&self, sent: &Leaf<'_>) -> Result<hashes::Fit, Vec<String>> {
        match self.hash() {
            Some(stated) => hashes::of_part(&sent.entity, &stated),
            None => Err(vec!["SHA-1?".into()]),
        }
    }
}

impl Frame<'_> {
    /// In the number of parts, or in the text around them.
    fn difference(&self, other: &Frame<'_>) -> Option<String> {
        if self.parts != other.parts {
            return Some(format!("{} ≠ {}", self.parts, other.parts));
        }
        let around = [
            ("preamble", self.preamble, other.preamble),
            ("epilogue", self.epilogue, other.epilogue),
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

/// The parts of a message in their order, each multipart before its own. An attached message
/// counts as one part, as in brief receipts (RFC 6109, 3.3.2.2).
pub(super) fn leaves<'a>(message: &Entity<'a>) -> Leaves<'a> {
    let mut found = Leaves {
        list: Vec::new(),
        complete: true,
    };
    found.collect(message.clone(), String::new(), 0);
    found
}

impl<'a> Leaves<'a> {
    fn collect(&mut self, entity: Entity<'a>, place: String, depth: usize) {
        if self.list.len() >= MAX_PARTS || depth > MAX_DEPTH {
            self.complete = false;
            return;
        }
        let media = entity.media_type();
        let cut = match &media {
            Ok(media) if media.is_multipart() => media
                .boundary()
                .and_then(|boundary| multipart::split(entity.body, boundary)),
            Ok(_) => Err(mime::Error::Boundary),
            Err(error) => Err(*error),
        };
        // A multipart that cannot be cut is compared as a whole.
        let frame = cut.as_ref().ok().map(|cut| Frame {
            parts: cut.parts.len(),
            preamble: cut.preamble,
            epilogue: cut.epilogue,
        });
        let shown = match &place {
            empty if empty.is_empty() => "1".to_owned(),
            place => place.clone(),
        };
        self.list.push(Leaf {
            place: shown,
            name: entity.file_names().shown().map(str::to_owned),
            parameters: media.as_ref().ok().map(parameters),
            essence: media
                .map(|media| media.essence.into_owned())
                .unwrap_or_default(),
            frame,
            entity,
        });
        let parts = cut.map(|cut| cut.parts).unwrap_or_default();
        for (index, part) in parts.iter().enumerate() {
            let number = index + 1;
            let place = if place.is_empty() {
                number.to_string()
            } else {
                format!("{place}.{number}")
            };
            match Entity::parse(part) {
                Ok(part) => self.collect(part, place, depth + 1),
                Err(_) => self.complete = false,
            }
        }
    }
}

/// Hash parts of the original in a brief receipt whose text is no SHA-1 (step 15).
pub(in crate::verify) fn malformed_hashes(original: &Entity<'_>) -> Vec<String> {
    leaves(original)
        .list
        .iter()
        .filter(|leaf| leaf.hashed_name().is_some() && leaf.hash().is_none())
        .map(Leaf::shown)
        .collect()
}
