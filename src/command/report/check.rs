//! The commands by which a reader repeats what was found, as they are typed in the folder that holds
//! the files.

use super::dossier::{Dossier, Paper};
use crate::printable::is_deceptive;
use crate::providers::Trust;
use crate::providers::trust::Source;
use crate::verify::{CheckId, Weight};

/// Files named in one command; more are checked by their folder.
const MOST: usize = 12;

/// The commands: all with this program, and the first receipt with OpenSSL alone.
pub(super) fn commands(dossier: &Dossier, trust: &Trust) -> Vec<String> {
    let of_messages = dossier.matters.iter().flat_map(|matter| &matter.papers);
    let all: Vec<&Paper> = of_messages.chain(&dossier.papers).collect();
    let names = all.iter().map(|one| quoted(on_disk(&one.name)));
    let Some(names) = names.collect::<Option<Vec<String>>>() else {
        return Vec::new();
    };
    let mut verify = "pec verify".to_owned();
    if let Source::Files(files) = &trust.source {
        for name in files.iter().filter_map(|file| quoted(file_name(file))) {
            verify += &format!(" --trust {name}");
        }
    }
    let mut distinct = names.clone();
    distinct.dedup();
    let verify = match distinct.len() {
        0 => None,
        1..=MOST => Some(format!("{verify} {}", distinct.join(" "))),
        _ => Some(format!("{verify} .")),
    };
    let openssl = all.iter().zip(&names).find(|(one, _)| is_plain(one));
    let openssl = openssl.map(|(_, name)| {
        format!("openssl cms -verify -noverify -inform SMIME -in {name} -out /dev/null")
    });
    verify.into_iter().chain(openssl).collect()
}

/// Whether other programs verify it too: it is a file of its own, and no change of the copy had to be
/// undone.
fn is_plain(paper: &Paper) -> bool {
    let is_own = on_disk(&paper.name) == paper.name && !paper.name.ends_with(".gz");
    let mut findings = paper.examination.findings().list().iter();
    let is_mended = findings
        .any(|one| one.check() == CheckId::SignatureDigest && one.weight() == Weight::Doubt);
    paper.evidence().is_some() && is_own && !is_mended
}

/// The name of a file without its folder. A message in an archive or an mbox keeps its place in it.
pub(in crate::command) fn file_name(path: &str) -> &str {
    let end = path.find(INSIDE).unwrap_or(path.len());
    let start = path[..end].rfind(['/', '\\']).map_or(0, |at| at + 1);
    &path[start..]
}

/// What stands before the place in an archive.
const INSIDE: &str = "!/";

/// The file that holds a message: an archive, an mbox, or the message itself.
fn on_disk(name: &str) -> &str {
    let name = name.split(INSIDE).next().unwrap_or(name);
    match name.rsplit_once('#') {
        Some((mbox, number)) if number.bytes().all(|octet| octet.is_ascii_digit()) => mbox,
        Some(_) | None => name,
    }
}

/// A name as a shell takes it for one word; `None` where it cannot be typed.
fn quoted(name: &str) -> Option<String> {
    // Standard input is no file.
    if matches!(name, "" | "-") || name.chars().any(|c| c.is_control() || is_deceptive(c)) {
        return None;
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+@".contains(c);
    let name = match name.starts_with('-') {
        true => format!("./{name}"),
        false => name.to_owned(),
    };
    Some(match name.chars().all(|c| is_plain(c) || c == '/') {
        true => name,
        false => format!("'{}'", name.replace('\'', "'\\''")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_for_a_shell_or_is_not_typed() {
        for (name, word) in [
            ("03_consegna.eml", Some("03_consegna.eml")),
            ("la mia $HOME.eml", Some("'la mia $HOME.eml'")),
            ("l'altra.eml", Some("'l'\\''altra.eml'")),
            ("-x.eml", Some("./-x.eml")),
            ("a\nb", None),
            ("a\u{202e}b", None),
            ("-", None),
        ] {
            assert_eq!(quoted(name).as_deref(), word, "{name:?}");
        }
    }

    #[test]
    fn of_a_path_only_the_name_is_told() {
        for (path, name) in [
            ("/home/anna/pratica/a.eml", "a.eml"),
            ("C:\\Posta\\a.eml", "a.eml"),
            ("x/a.zip!/b/c.eml", "a.zip!/b/c.eml"),
            ("mail.mbox#3", "mail.mbox#3"),
            ("-", "-"),
        ] {
            assert_eq!(file_name(path), name);
        }
        for (name, file) in [
            ("a.zip!/b/c.eml", "a.zip"),
            ("m.mbox#3", "m.mbox"),
            ("a#b", "a#b"),
        ] {
            assert_eq!(on_disk(name), file);
        }
    }
}
