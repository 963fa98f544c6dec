//! The forms and names of the files inside a mail: attachments, what is attached to attached messages,
//! what signed files hold. By the ending of the name and by the first octets, which must agree.

use super::objection::{Matter, Objection, Weight};
use super::rules::{Rules, is_ending, types_of};
use crate::contents::{Contents, Reach, SIGNED, Unwrapped, found};
use crate::pec::original::original_in;

/// The ending of files signed around their content.
const SIGNED_ENDING: &str = "p7m";

impl Rules {
    /// What is to object to the files inside a mail, each once. Nothing is said of what the mail itself
    /// is. Active content, passwords and PDF/A are not looked for.
    pub fn inside(&'static self, mail: &[u8]) -> Vec<Objection> {
        let mut objections: Vec<Objection> = Vec::new();
        let Some(contents) = Contents::of(mail) else {
            return vec![Objection::new(Matter::NotAllSeen, Weight::Doubt, "")];
        };
        let mut reach = Reach::of_message(mail.len());
        let walked: Result<(), std::convert::Infallible> = reach.through(&contents, &mut |visit| {
            let file = visit.attachment;
            let name = file.name.clone().unwrap_or_else(|| file.file_name());
            let opened = file.opened(visit.work);
            for one in self.of_file(&name, file.found(), opened.as_ref()) {
                if !objections.contains(&one) {
                    objections.push(one);
                }
            }
            Ok(())
        });
        let Ok(()) = walked;
        if !reach.is_whole() {
            objections.push(Objection::new(Matter::NotAllSeen, Weight::Doubt, ""));
        }
        objections
    }

    /// The same of the message that a receipt contains; nothing where it contains none.
    pub fn inside_receipt(&'static self, receipt: &[u8]) -> Vec<Objection> {
        let original = original_in(receipt);
        original.map_or(Vec::new(), |mail| self.inside(&mail))
    }

    /// Of a file by its name, by its first octets, and by what it holds where it is signed and could be
    /// opened.
    fn of_file(
        &'static self,
        name: &str,
        type_found: Option<&'static str>,
        opened: Option<&Unwrapped>,
    ) -> Vec<Objection> {
        let formats = &self.formats;
        let mut objections = self.of_name(name);
        let (stem, outer) = cut(name);
        let is_signed = outer == SIGNED_ENDING;
        let (stem, ending) = match is_signed {
            true => within(stem),
            false => (stem, outer),
        };
        if is_signed && ending.is_empty() {
            objections.push(Objection::new(Matter::LostEnding, Weight::Doubt, name));
        } else if !formats.endings.contains(&ending) {
            let matter = Matter::Form {
                ending: ending.clone(),
            };
            objections.push(Objection::of(matter, &formats.ground, name));
        } else if formats.archives.contains(&ending) {
            objections.push(Objection::new(Matter::Archive, Weight::Doubt, name));
        }
        if is_signed && !formats.signed {
            objections.push(Objection::new(Matter::SignedForm, Weight::Doubt, name));
        }
        if is_ending(&cut(stem).1) {
            objections.push(Objection::new(Matter::DoubleEnding, Weight::Doubt, name));
        }
        objections.extend(contradiction(
            name,
            (&ending, is_signed),
            type_found,
            opened,
        ));
        objections
    }
}

/// That the octets of a file are not those that its name announces. They are there to be seen, so it
/// fails.
fn contradiction(
    name: &str,
    (ending, is_signed): (&str, bool),
    type_found: Option<&'static str>,
    opened: Option<&Unwrapped>,
) -> Option<Objection> {
    let content = |ending: &str, found| {
        let ending = ending.to_owned();
        let matter = Matter::Content { ending, found };
        Some(Objection::new(matter, Weight::Failure, name))
    };
    if is_signed && type_found != Some(SIGNED) {
        return content(SIGNED_ENDING, type_found);
    }
    let type_found = match is_signed {
        // What is beside its signature, or larger than what is opened for a look, is not seen.
        true => found(opened?.content.as_deref()?),
        false => type_found,
    };
    let types = types_of(ending)?;
    let fits = types
        .iter()
        .any(|one| one == type_found.unwrap_or("unknown"));
    match fits {
        true => None,
        false => content(ending, type_found),
    }
}

/// A name without its ending, and that in small letters without its dot.
fn cut(name: &str) -> (&str, String) {
    let name = name.trim_end_matches([' ', '.']);
    match name.rsplit_once('.') {
        Some((stem, ending)) => (stem, ending.to_ascii_lowercase()),
        None => (name, String::new()),
    }
}

/// The same of what is inside all signatures: `atto` and `pdf` of `atto.pdf.p7m`.
fn within(name: &str) -> (&str, String) {
    let mut inside = cut(name);
    while inside.1 == SIGNED_ENDING {
        inside = cut(inside.0);
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::Court;

    const PDF: &str = "%PDF-1.7";

    fn mail(files: &[(&str, &str)]) -> Vec<u8> {
        let mut text = "From: a@pec.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
                        --b\r\nContent-Type: text/plain\r\n\r\nTesto.\r\n"
            .to_owned();
        for (name, content) in files {
            text += &format!(
                "--b\r\nContent-Type: application/octet-stream\r\n\
                 Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n"
            );
        }
        (text + "--b--\r\n").into_bytes()
    }

    fn said(court: Court, files: &[(&str, &str)]) -> Vec<(&'static str, Weight)> {
        let found = court.rules().inside(&mail(files));
        let each = found.iter().map(|one| (one.matter.word(), one.weight));
        each.collect()
    }

    #[test]
    fn a_form_that_is_in_the_list_fits_and_one_that_is_not_does_not() {
        use Court::{Amministrativo, Civile, Tributario};
        let png = "\u{fffd}PNG";
        assert_eq!(said(Civile, &[("atto.pdf", PDF)]), []);
        assert_eq!(said(Civile, &[("ATTO.PDF", PDF)]), []);
        for (court, name, content, weight) in [
            (Civile, "relazione.docx", "x", Weight::Failure),
            (Civile, "senza", PDF, Weight::Failure),
            (Civile, "foto.png", png, Weight::Failure),
            (Tributario, "note.txt", "testo", Weight::Failure),
            (Tributario, "posta.msg", "x", Weight::Failure),
            // Read in an earlier annex only.
            (Amministrativo, "relazione.docx", "x", Weight::Doubt),
        ] {
            let form = ("form", weight);
            assert!(said(court, &[(name, content)]).contains(&form), "{name}");
        }
        assert_eq!(said(Civile, &[("note.txt", "testo")]), []);
    }

    #[test]
    fn the_first_octets_must_be_those_of_the_ending() {
        let content = [("content", Weight::Failure)];
        assert_eq!(said(Court::Civile, &[("atto.pdf", "testo")]), content);
        assert_eq!(
            said(Court::Civile, &[("atto.pdf", "MZ\u{0}\u{1}")]),
            content
        );
        assert_eq!(said(Court::Civile, &[("note.txt", PDF)]), content);
        assert_eq!(said(Court::Civile, &[("foto.jpg", PDF)]), content);
        // Nothing is known of the first octets of this form.
        assert_eq!(said(Court::Civile, &[("audio.raw", PDF)]), []);
    }

    #[test]
    fn names_that_readers_do_not_open_are_doubtful() {
        let said = |name: &str| said(Court::Civile, &[(name, PDF)]);
        assert_eq!(said("ricorso.doc.pdf"), [("double-ending", Weight::Doubt)]);
        assert_eq!(said("ricorso.2026.pdf"), []);
        let lost = said("atto.p7m");
        assert!(lost.contains(&("lost-ending", Weight::Doubt)), "{lost:?}");
        assert!(!lost.iter().any(|(word, _)| *word == "form"), "{lost:?}");
    }

    #[test]
    fn a_signed_file_is_what_it_holds() {
        let signed = crate::contents::object_around(PDF.as_bytes());
        let signed = base64_simd::STANDARD.encode_to_string(signed);
        let of = |court, name| said(court, &[(name, &signed)]);
        assert_eq!(of(Court::Civile, "atto.pdf.p7m"), []);
        assert_eq!(
            of(Court::Civile, "atto.txt.p7m"),
            [("content", Weight::Failure)]
        );
        let other = of(Court::Civile, "atto.docx.p7m");
        assert!(other.contains(&("form", Weight::Failure)), "{other:?}");
        assert_eq!(
            of(Court::Civile, "atto.pdf"),
            [("content", Weight::Failure)]
        );
        assert_eq!(
            of(Court::Tributario, "atto.pdf.p7m"),
            [("signed-form", Weight::Doubt)]
        );
        assert_eq!(
            said(Court::Civile, &[("atto.pdf.p7m", PDF)]),
            [("content", Weight::Failure)]
        );
    }

    #[test]
    fn what_is_attached_to_an_attached_message_is_seen() {
        let inner = |name: &str| {
            let octets = mail(&[(name, "testo")]);
            let text = String::from_utf8(octets).unwrap().replace("=b\r", "=c\r");
            text.replace("--b", "--c")
        };
        assert_eq!(said(Court::Civile, &[("m.eml", &inner("a.txt"))]), []);
        assert_eq!(
            said(Court::Civile, &[("m.eml", &inner("a.exe"))]),
            [("form", Weight::Failure)]
        );
    }

    #[test]
    fn an_archive_is_not_seen_and_each_objection_is_made_once() {
        let zip = "PK\u{3}\u{4}\u{14}\u{0}\u{0}\u{0}\u{8}\u{0}";
        assert_eq!(
            said(Court::Civile, &[("a.zip", zip), ("a.zip", zip)]),
            [("archive", Weight::Doubt)]
        );
        assert_eq!(
            said(Court::Tributario, &[("a.zip", zip)]),
            [("form", Weight::Failure)]
        );
    }
}
