//! References and addresses as names of files: ones that every disk takes, and that lead nowhere else.

use std::collections::HashMap;

use crate::smime::sha256;

/// Characters of a name that are kept; with a digest behind them any file system takes them.
const MOST_CHARACTERS: usize = 60;

/// Names of folders, each of one reference.
#[derive(Default)]
pub(super) struct Names(HashMap<String, String>);

impl Names {
    /// The safe name of a reference; with a digest where another one has it, as a disk that does
    /// not tell capitals apart takes it.
    pub fn of(&mut self, reference: &str) -> String {
        let name = safe(reference);
        let other = with_digest(&name, reference);
        let candidates = [name, other, sha256(reference.as_bytes())];
        let [.., last] = &candidates;
        let last = last.clone();
        let is_free = |name: &String| {
            let key = name.to_uppercase().to_lowercase();
            let owner = self.0.entry(key).or_insert_with(|| reference.to_owned());
            owner == reference
        };
        candidates.into_iter().find(is_free).unwrap_or(last)
    }
}

/// A text as the name of a file: as it is where every system takes it for a plain name, else
/// without what some do not, and a digest of it behind.
pub(super) fn safe(text: &str) -> String {
    const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];
    let is_plain = |c: char| c.is_alphanumeric() || "-_.@+ ".contains(c);
    let kept: String = text
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .take(MOST_CHARACTERS)
        .collect();
    let kept = kept
        .trim_end_matches(['.', ' '])
        .trim_start_matches([' ', '.']);
    let stem = kept.split('.').next().unwrap_or_default().to_lowercase();
    let device = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_reserved = RESERVED.contains(&device) && stem.len() <= device.len() + 1;
    if kept == text && !kept.is_empty() && !is_reserved {
        return kept.to_owned();
    }
    with_digest(if is_reserved { "_" } else { kept }, text)
}

fn with_digest(name: &str, text: &str) -> String {
    format!("{name}-{}", &sha256(text.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_name_that_leads_nowhere_else() {
        for same in ["R-0001", "2026.42", "a@b.example", "Città 7", "console"] {
            assert_eq!(safe(same), same);
        }
        let long = "x".repeat(500);
        for odd in [
            "..",
            "../../etc/passwd",
            "a/b",
            "a\\b",
            "",
            ".",
            "a.",
            "nul",
            "COM1.txt",
            "a\u{202e}b",
            "a\nb",
            "a:b",
            &long,
        ] {
            let name = safe(odd);
            assert_ne!(name, odd);
            assert!(
                name.len() < 100 && !name.contains(['/', '\\', '\n', ':']),
                "{name}"
            );
            assert!(!name.starts_with('.') && !name.ends_with('.'), "{name}");
        }
        assert_ne!(safe("a/b"), safe("a:b"));
        let mut names = Names::default();
        let one = names.of("r-1");
        assert_eq!((names.of("r-1"), &*one), (one.clone(), "r-1"));
        assert_ne!(names.of("R-1").to_lowercase(), one);
        // One that looks like the name that another one got, and letters that fold to others.
        let mut names = Names::default();
        names.of("r-1");
        let looks_alike = &*names.of("R-1").to_lowercase();
        let all = [
            "r-1",
            "R-1",
            looks_alike,
            "Straße",
            "STRASSE",
            "Città",
            "Citta\u{300}",
            "con",
            "CON",
            "../x",
            "..\\x",
            "x",
            &"𐌰".repeat(300),
        ];
        let mut found: Vec<String> = Vec::new();
        for one in all {
            let name = names.of(one);
            assert_eq!(names.of(one), name, "always the same");
            assert!(name.len() <= 255 && !name.contains(['/', '\\']), "{name}");
            found.push(name.to_uppercase().to_lowercase());
        }
        let count = found.len();
        found.sort();
        found.dedup();
        assert_eq!(found.len(), count, "{found:?}");
    }
}
