//! ASiCManifest (ETSI EN 319 162-1, A.4): which files a container holds, each with its digest. An
//! ASiCArchiveManifest (A.7) is one more of them, over all that there was when a later time stamp was
//! made.
//!
//! Written in one form. Read strictly: both namespaces, no document type, no instructions, no text
//! where none belongs; what stands in extensions is passed over. Digests are SHA-256; others are
//! refused by name.

use base64_simd::STANDARD;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::{MAX_ENTRIES, Name};

const ASIC: &str = "http://uri.etsi.org/02918/v1.2.1#";
const XMLDSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// Elements within each other; the schema has three, and extensions.
const MAX_DEPTH: usize = 16;

/// What a manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The signature or time stamp over it.
    pub signature: String,
    /// Of an archive manifest the one before it (Rootfile; EN 319 162-1, A.7); `None` in others.
    pub previous: Option<Name>,
    /// The files.
    pub files: Vec<Reference>,
}

/// A file, as a manifest lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its name.
    pub name: Name,
    /// SHA-256 of its octets, in lower-case hexadecimal.
    pub sha256: String,
}

/// Why a manifest cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoManifest {
    /// It is not XML, or XML that no manifest has.
    #[error("not the XML of a manifest")]
    Xml,
    /// Another element, or one in another place, than the schema has.
    #[error("not of the form of a manifest")]
    Form,
    /// A digest other than SHA-256.
    #[error("a digest other than SHA-256")]
    Algorithm,
    /// A digest that is none.
    #[error("a digest that is none")]
    Digest,
    /// A file whose name no container of ours has.
    #[error("a name that is not allowed")]
    Name,
    /// A file that it lists twice.
    #[error("a file that is listed twice")]
    Twice,
    /// More files than a container has.
    #[error("too many files")]
    TooMany,
}

impl Manifest {
    /// As it is written: the same octets for the same manifest.
    pub fn write(&self) -> String {
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <asic:ASiCManifest xmlns:asic=\"{ASIC}\" xmlns:ds=\"{XMLDSIG}\">\n\
             <asic:SigReference URI=\"{}\" MimeType=\"application/vnd.etsi.timestamp-token\"/>\n",
            self.signature
        );
        for file in &self.files {
            let digest = STANDARD.encode_to_string(octets_of(&file.sha256));
            let root = match self.previous.as_ref() == Some(&file.name) {
                true => " Rootfile=\"true\"",
                false => "",
            };
            text += &format!(
                "<asic:DataObjectReference URI=\"{}\" MimeType=\"{}\"{root}>\
                 <ds:DigestMethod Algorithm=\"{SHA256}\"/>\
                 <ds:DigestValue>{digest}</ds:DigestValue>\
                 </asic:DataObjectReference>\n",
                file.name,
                media_type(file.name.as_str()),
            );
        }
        text + "</asic:ASiCManifest>\n"
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// For what is none, and for one that lists a file twice or by a name that is none.
    pub fn parse(octets: &[u8]) -> Result<Self, NoManifest> {
        let text = std::str::from_utf8(octets).map_err(|_| NoManifest::Xml)?;
        let mut signature = None;
        let mut previous = None;
        let mut files: Vec<Reference> = Vec::new();
        let mut names = std::collections::HashSet::new();
        let mut reading: Option<(Name, bool, String)> = None;
        let mut path: Vec<Tag> = Vec::new();
        let mut is_over = false;
        let mut xml = NsReader::from_str(text);
        xml.config_mut().expand_empty_elements = true;
        loop {
            let (namespace, event) = xml.read_resolved_event().map_err(|_| NoManifest::Xml)?;
            match event {
                Event::Start(start) => {
                    let tag = Tag::of(&namespace, &start, path.last().copied());
                    match (path.last().copied(), tag) {
                        (None, Tag::Manifest) if !is_over => {}
                        (Some(Tag::Manifest), Tag::SigReference) if signature.is_none() => {
                            signature = Some(attribute(&start, "URI")?);
                        }
                        (Some(Tag::Manifest), Tag::DataObjectReference) if signature.is_some() => {
                            let uri = attribute(&start, "URI")?;
                            let name = Name::new(uri).ok_or(NoManifest::Name)?;
                            let root = optional(&start, "Rootfile")?;
                            if matches!(root.as_deref(), Some("true" | "1"))
                                && previous.replace(name.clone()).is_some()
                            {
                                return Err(NoManifest::Form);
                            }
                            reading = Some((name, false, String::new()));
                        }
                        (Some(Tag::DataObjectReference), Tag::DigestMethod) => {
                            if attribute(&start, "Algorithm")? != SHA256 {
                                return Err(NoManifest::Algorithm);
                            }
                            match &mut reading {
                                Some((_, known @ false, _)) => *known = true,
                                Some((_, true, _)) | None => return Err(NoManifest::Form),
                            }
                        }
                        (Some(Tag::DataObjectReference), Tag::DigestValue) => {}
                        (
                            Some(Tag::Manifest | Tag::DataObjectReference | Tag::Extensions),
                            Tag::Extensions,
                        ) => {}
                        _ => return Err(NoManifest::Form),
                    }
                    path.push(tag);
                    if path.len() > MAX_DEPTH {
                        return Err(NoManifest::Form);
                    }
                }
                Event::End(_) => match path.pop() {
                    Some(Tag::DataObjectReference) => {
                        let read = reading.take().ok_or(NoManifest::Form)?;
                        let (name, true, digest) = read else {
                            return Err(NoManifest::Form);
                        };
                        if !names.insert(name.folded()) {
                            return Err(NoManifest::Twice);
                        }
                        let sha256 = digest_of(&digest)?;
                        files.push(Reference { name, sha256 });
                        if files.len() > MAX_ENTRIES {
                            return Err(NoManifest::TooMany);
                        }
                    }
                    Some(Tag::Manifest) => is_over = true,
                    Some(_) => {}
                    None => return Err(NoManifest::Xml),
                },
                Event::Text(text) => match (path.last(), &mut reading) {
                    (Some(Tag::DigestValue), Some((_, _, digest))) => {
                        digest.push_str(&text);
                    }
                    (Some(Tag::Extensions), _) => {}
                    _ if text.trim_ascii().is_empty() => {}
                    _ => return Err(NoManifest::Form),
                },
                Event::Comment(_) => {}
                Event::Decl(_) if path.is_empty() && signature.is_none() => {}
                Event::Eof => break,
                Event::Empty(_)
                | Event::CData(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_)
                | Event::GeneralRef(_) => return Err(NoManifest::Xml),
            }
        }
        match signature {
            Some(signature) if is_over && path.is_empty() => Ok(Self {
                signature,
                previous,
                files,
            }),
            Some(_) | None => Err(NoManifest::Form),
        }
    }
}

/// The elements of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Manifest,
    SigReference,
    DataObjectReference,
    DigestMethod,
    DigestValue,
    /// Extensions, and what stands in them.
    Extensions,
    Other,
}

impl Tag {
    fn of(namespace: &ResolveResult<'_>, start: &BytesStart<'_>, parent: Option<Self>) -> Self {
        if parent == Some(Self::Extensions) {
            return Self::Extensions;
        }
        let ResolveResult::Bound(namespace) = namespace else {
            return Self::Other;
        };
        let name = start.local_name();
        match (namespace.as_ref(), name.as_ref()) {
            (ns, "ASiCManifest") if ns == ASIC => Self::Manifest,
            (ns, "SigReference") if ns == ASIC => Self::SigReference,
            (ns, "DataObjectReference") if ns == ASIC => Self::DataObjectReference,
            (ns, "ASiCManifestExtensions" | "DataObjectReferenceExtensions") if ns == ASIC => {
                Self::Extensions
            }
            (ns, "DigestMethod") if ns == XMLDSIG => Self::DigestMethod,
            (ns, "DigestValue") if ns == XMLDSIG => Self::DigestValue,
            _ => Self::Other,
        }
    }
}

/// The value of an attribute that must be there.
fn attribute(start: &BytesStart<'_>, name: &str) -> Result<String, NoManifest> {
    optional(start, name)?.ok_or(NoManifest::Form)
}

/// The one value of an attribute, which has no characters that XML would escape.
fn optional(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, NoManifest> {
    let mut found = None;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| NoManifest::Xml)?;
        if attribute.key.as_ref() == name {
            found = Some(attribute.value.into_owned());
        }
    }
    Ok(found)
}

/// A digest in base64 as hexadecimal.
fn digest_of(base64: &str) -> Result<String, NoManifest> {
    let plain: String = base64.split_ascii_whitespace().collect();
    let octets = STANDARD.decode_to_vec(plain.as_bytes());
    let octets = octets.map_err(|_| NoManifest::Digest)?;
    match octets.len() {
        32 => Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect()),
        _ => Err(NoManifest::Digest),
    }
}

/// Octets of a text in hexadecimal; those that are none are left out.
fn octets_of(hexadecimal: &str) -> Vec<u8> {
    let pairs = hexadecimal.as_bytes().chunks(2);
    let pairs = pairs.filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs
        .filter_map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect()
}

/// What a file is, by the end of its name.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("csv") => "text/csv",
        Some("eml") => "message/rfc822",
        Some("json") => "application/json",
        Some("pem") => "application/x-pem-file",
        Some("toml") => "application/toml",
        Some("tst") => "application/vnd.etsi.timestamp-token",
        Some("txt") => "text/plain",
        Some("xml") => "text/xml",
        Some(_) | None => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        let file = |name: &str, digit: &str| Reference {
            name: Name::new(name).unwrap(),
            sha256: digit.repeat(32),
        };
        Manifest {
            signature: "META-INF/timestamp.tst".to_owned(),
            previous: None,
            files: vec![file("01_a.eml", "ab"), file("b/c.txt", "09")],
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let manifest = sample();
        assert_eq!(Manifest::parse(manifest.write().as_bytes()), Ok(manifest));
    }

    #[test]
    fn an_archive_manifest_names_the_one_before_it_once() {
        let previous = Name::new("b/c.txt");
        let manifest = Manifest {
            previous,
            ..sample()
        };
        let text = manifest.write();
        assert_eq!(Manifest::parse(text.as_bytes()), Ok(manifest));
        let twice = text.replacen(
            "\"message/rfc822\"",
            "\"message/rfc822\" Rootfile=\"true\"",
            1,
        );
        assert_eq!(Manifest::parse(twice.as_bytes()), Err(NoManifest::Form));
        let neither = text.replace("Rootfile=\"true\"", "Rootfile=\"false\"");
        assert_eq!(Manifest::parse(neither.as_bytes()), Ok(sample()));
    }

    #[test]
    fn other_prefixes_and_extensions_say_the_same() {
        let text = sample().write();
        let prefixes = text.replace("asic:", "").replace("xmlns:asic", "xmlns");
        let prefixes = prefixes.replace("xmlns:asic=", "xmlns=");
        let prefixes =
            prefixes.replace(&format!("xmlns:=\"{ASIC}\""), &format!("xmlns=\"{ASIC}\""));
        let extended = text.replace(
            "</asic:ASiCManifest>",
            "<asic:ASiCManifestExtensions><x xmlns=\"urn:x\">y<z/></x></asic:ASiCManifestExtensions></asic:ASiCManifest>",
        );
        let extended = Manifest::parse(extended.as_bytes());
        assert_eq!(extended, Ok(sample()));
        assert_eq!(
            Manifest::parse(prefixes.as_bytes()),
            Ok(sample()),
            "{prefixes}"
        );
    }

    #[test]
    fn what_is_none_is_refused() {
        let text = sample().write();
        for (from, to, fault) in [
            (ASIC, "urn:other", NoManifest::Form),
            (XMLDSIG, "urn:other", NoManifest::Form),
            ("xmlenc#sha256", "xmlenc#sha512", NoManifest::Algorithm),
            ("b/c.txt", "../c.txt", NoManifest::Name),
            ("b/c.txt", "01_A.eml", NoManifest::Twice),
            ("q6ur", "?6ur", NoManifest::Digest),
            ("q6ur", "", NoManifest::Digest),
            ("</asic:ASiCManifest>", "", NoManifest::Xml),
            (
                "<asic:SigReference",
                "<!DOCTYPE x><asic:SigReference",
                NoManifest::Xml,
            ),
            (
                "<asic:SigReference",
                "<?x?><asic:SigReference",
                NoManifest::Xml,
            ),
            (
                "<asic:SigReference",
                "text<asic:SigReference",
                NoManifest::Form,
            ),
            (
                "<asic:SigReference",
                "<asic:Else/><asic:SigReference",
                NoManifest::Form,
            ),
            ("asic:SigReference", "asic:Else", NoManifest::Form),
            ("URI=\"b/c.txt\"", "", NoManifest::Form),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text, "{from}");
            let other = match from {
                "q6ur" => other,
                _ => text.replace(from, to),
            };
            let read = Manifest::parse(other.as_bytes());
            // A document that ends too early is not well-formed, in whatever words.
            let is_cut = fault == NoManifest::Xml && read.is_err();
            assert!(is_cut || read == Err(fault), "{from} {to}: {read:?}");
        }
        let (whole, mut random) = (text.as_bytes(), 7_u32);
        for _ in 0..2_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mut other = whole.to_vec();
            let at = random as usize % other.len();
            other[at] = (random >> 24) as u8;
            let _ = Manifest::parse(&other);
            let _ = Manifest::parse(&other[..at]);
        }
    }
}
