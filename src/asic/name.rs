//! Names of files in a container: the same on every disk, and below the folder they are put into.

use std::fmt;

/// Characters of a name with its folders; old systems take 255 with their own.
const MAX_CHARACTERS: usize = 150;

/// A name of letters, digits, points, hyphens and underscores, with folders before it.
///
/// Nobody makes another one:
///
/// ```compile_fail,E0423
/// # use postacert::asic::Name;
/// Name("../x".to_owned());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The name, if it leads nowhere else: no empty part, none that begins with a point, no other
    /// characters than those of every disk and every address.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"._-".contains(&octet);
        let is_part = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.ends_with('.')
                && part.bytes().all(is_plain)
        };
        let fits = text.len() <= MAX_CHARACTERS && text.split('/').all(is_part);
        fits.then_some(Self(text))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a disk that does not tell capitals apart takes it.
    pub(super) fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        for plain in ["mimetype", "META-INF/ASiCManifest.xml", "a/b/01_c-d.eml"] {
            assert_eq!(Name::new(plain).unwrap().as_str(), plain);
        }
        let long = "x".repeat(MAX_CHARACTERS + 1);
        for other in [
            "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.b", "a.", "a\\b", "C:a",
            "a b", "a\nb", "città", "a\0b", "a*", &long,
        ] {
            assert_eq!(Name::new(other), None, "{other:?}");
        }
    }
}
