//! Names of strangers as names of files: nothing in one leads anywhere, deceives a reader or means
//! something to a system (Microsoft, Naming Files, Paths, and Namespaces; POSIX.1-2024, 3.170).

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::printable;

/// Octets of a name: file systems take 255, and a number may come behind.
const MAX_OCTETS: usize = 240;

/// More than anybody puts between two words.
const BLANKS: &str = "    ";

/// Octets of an ending that is kept when a name is cut: `.xml.p7m`, `.xlsx`.
const MAX_ENDING: usize = 16;

/// Names that Windows takes for devices, whatever ending they have. The digits of COM and LPT may be
/// superscript.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// Endings that a system runs when somebody opens the file.
const PROGRAMS: [&str; 28] = [
    "apk", "app", "appimage", "bat", "chm", "cmd", "com", "cpl", "desktop", "dmg", "exe", "hta",
    "jar", "js", "jse", "lnk", "msi", "msp", "pif", "ps1", "reg", "scr", "sh", "url", "vbe", "vbs",
    "wsf", "wsh",
];

/// A name under which something may be written; `None` where nothing of it is left.
pub fn safe(stated: &str) -> Option<String> {
    let mut name = String::with_capacity(stated.len());
    for c in stated.chars() {
        match c {
            c if c.is_whitespace() => {
                if !name.ends_with(' ') {
                    name.push(' ');
                }
            }
            c if printable::is_deceptive(c) => {}
            '/' | '\\' | '<' | '>' | ':' | '"' | '|' | '?' | '*' => name.push('_'),
            c => name.push(c),
        }
    }
    // What was taken out may have stood between a letter and its accent.
    let name = ComposingNormalizerBorrowed::new_nfc().normalize(&name);
    let name = name.trim_start_matches(' ').trim_end_matches([' ', '.']);
    let name = match name.chars().next()? {
        // Hidden files, and words that a shell takes for options.
        '.' | '-' => format!("_{}", &name[1..]),
        _ if is_device(name) => format!("_{name}"),
        _ => name.to_owned(),
    };
    Some(cut(name))
}

/// The next name where one is taken: `a (2).pdf`.
pub fn numbered(name: &str, number: usize) -> String {
    let (stem, ending) = name.split_at(name.len() - ending(name).len());
    format!("{stem} ({number}){ending}")
}

/// Whether a name has signs that deceive readers, or so many blanks that its end is out of sight.
pub(super) fn is_deceptive(stated: &str) -> bool {
    let is_fold = |c: char| matches!(c, '\t' | '\r' | '\n');
    let mut signs = stated.chars();
    signs.any(|c| printable::is_deceptive(c) && !is_fold(c)) || stated.contains(BLANKS)
}

/// The ending of a name, in small letters and without its dot; of a signed file, that of what is
/// inside.
pub(super) fn last_ending(name: &str) -> String {
    let name = name.trim_end_matches([' ', '.']).to_ascii_lowercase();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_owned());
    ending.unwrap_or_default()
}

/// Whether a name ends as programs do.
pub(super) fn is_program(name: &str) -> bool {
    PROGRAMS.contains(&&*last_ending(name))
}

/// Whether what looks like the ending of a document stands before that of a program:
/// `fattura.pdf.exe`, also where blanks hide the latter.
pub(super) fn hides_program(name: &str) -> bool {
    let Some((stem, _)) = name.rsplit_once('.').filter(|_| is_program(name)) else {
        return false;
    };
    let ending = last_ending(stem.trim_end());
    (2..=5).contains(&ending.len()) && ending.bytes().all(|octet| octet.is_ascii_alphanumeric())
}

/// The ending with its dot, and the one before it where a signature was put around a file.
fn ending(name: &str) -> &str {
    let is_ending =
        |ending: &str| (2..=MAX_ENDING).contains(&ending.len()) && !ending.contains(' ');
    let last = |name: &str| name.rfind('.').filter(|at| *at > 0);
    let Some(at) = last(name).filter(|at| is_ending(&name[*at..])) else {
        return "";
    };
    match last(&name[..at]).filter(|before| is_ending(&name[*before..])) {
        Some(before) if matches!(&name[at..], ".p7m" | ".p7s" | ".gz" | ".tsd") => &name[before..],
        _ => &name[at..],
    }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_uppercase();
    let numbered = |start: &str| {
        let digit = stem.strip_prefix(start).unwrap_or_default();
        let mut signs = digit.chars();
        matches!(
            (signs.next(), signs.next()),
            (Some('0'..='9' | '¹' | '²' | '³'), None)
        )
    };
    DEVICES.contains(&&*stem) || numbered("COM") || numbered("LPT")
}

/// A name that file systems take, with its ending.
fn cut(name: String) -> String {
    if name.len() <= MAX_OCTETS {
        return name;
    }
    let ending = ending(&name);
    let stem = &name[..name.floor_char_boundary(MAX_OCTETS - ending.len())];
    format!("{}{ending}", stem.trim_end_matches([' ', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_stay_as_they_are() {
        for name in [
            "fattura.pdf",
            "Perché no (2).txt",
            "IT01234567890_FPA01.xml.p7m",
            "a",
            "日本.pdf",
            "a b.c",
        ] {
            assert_eq!(safe(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn no_name_leads_anywhere_or_means_something_to_a_system() {
        for (stated, wanted) in [
            ("../../etc/passwd", "_._.._etc_passwd"),
            ("/etc/passwd", "_etc_passwd"),
            ("..\\..\\a.exe", "_._.._a.exe"),
            ("C:\\Windows\\a.dll", "C__Windows_a.dll"),
            ("a.txt:nascosto", "a.txt_nascosto"),
            ("CON", "_CON"),
            ("con.txt", "_con.txt"),
            ("Com1.pdf", "_Com1.pdf"),
            ("LPT³.x", "_LPT³.x"),
            ("NUL .txt", "_NUL .txt"),
            (".bashrc", "_bashrc"),
            ("-rf", "_rf"),
            ("a.pdf. . ", "a.pdf"),
            ("fattura\u{202e}fdp.exe", "fatturafdp.exe"),
            ("a\u{200b}b\u{0}c\n.pdf", "abc .pdf"),
            ("fattura.pdf                    .exe", "fattura.pdf .exe"),
            ("perche\u{301}.txt", "perché.txt"),
            ("perche\u{200b}\u{301}.txt", "perché.txt"),
            ("a?*|<>\".pdf", "a______.pdf"),
        ] {
            assert_eq!(safe(stated).as_deref(), Some(wanted), "{stated:?}");
        }
        for nothing in ["", " ", "...", "\u{202e}", " . . "] {
            assert_eq!(safe(nothing), None, "{nothing:?}");
        }
        for other in ["CONTO.txt", "COM10", "COMx", "LPT", "null"] {
            assert_eq!(safe(other).as_deref(), Some(other));
        }
    }

    #[test]
    fn long_names_are_cut_before_their_ending() {
        let long = safe(&format!("{}.xml.p7m", "è".repeat(300))).unwrap();
        assert!(
            long.len() <= MAX_OCTETS && long.ends_with("è.xml.p7m"),
            "{long}"
        );
        let ending = safe(&format!("a.{}", "b".repeat(300))).unwrap();
        assert_eq!(ending.len(), MAX_OCTETS);
        assert!(numbered(&long, 1_000).len() <= 255);
    }

    #[test]
    fn a_taken_name_gets_a_number_before_its_ending() {
        assert_eq!(numbered("a.pdf", 2), "a (2).pdf");
        assert_eq!(numbered("a.xml.p7m", 3), "a (3).xml.p7m");
        assert_eq!(numbered("a", 2), "a (2)");
        assert_eq!(numbered("Rag. Rossi", 2), "Rag. Rossi (2)");
    }

    #[test]
    fn what_hides_a_program_is_known() {
        for name in [
            "fattura.pdf.exe",
            "fattura.pdf   .EXE",
            "a.doc.js",
            "b.xml.vbs ",
        ] {
            assert!(hides_program(name) && is_program(name), "{name}");
        }
        for name in [
            "setup.exe",
            "fattura.pdf",
            "a.xml.p7m",
            "exe",
            "Rag. Rossi.pdf",
        ] {
            assert!(!hides_program(name), "{name}");
        }
        assert!(is_program("setup.exe") && !is_program("exe"));
    }
}
