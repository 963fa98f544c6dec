//! Where the table of a job lies, as the job remembers it: a file by its whole path; one that came by
//! standard input or a pipe of the shell by its content, since two of those are not the same table.

use std::fs::Metadata;
use std::io;
use std::path::Path;

use crate::output::catalogue::Catalogue;

/// The name of standard input, and how the name of a table begins that came by it.
const INPUT: &str = "-";

/// Whether a table comes by standard input.
pub(super) fn is_input(path: &Path) -> bool {
    path.as_os_str() == INPUT
}

/// Whether a table comes by standard input or by a pipe, so that its name says nothing of it.
/// `/dev/fd/63` is how a shell calls `<(…)`, whatever stands behind it.
pub(super) fn is_piped(path: &Path) -> bool {
    let is_pipe = |found: Metadata| !found.is_file() && !found.is_dir();
    is_input(path) || is_of_shell(path) || std::fs::metadata(path).is_ok_and(is_pipe)
}

/// The place of a table with this digest, known from any folder; its folder is the one beside which
/// files are looked for.
///
/// # Errors
/// When it is not there.
pub(super) fn of(path: &Path, sha256: &str) -> io::Result<String> {
    if !is_piped(path) {
        return of_file(path);
    }
    let folder = match is_input(path) || is_of_shell(path) {
        true => Path::new("."),
        false => folder_of(path),
    };
    let name = format!("{INPUT} {sha256}");
    let place = std::fs::canonicalize(folder)?.join(name);
    Ok(place.to_string_lossy().into_owned())
}

/// The whole path. The table itself may be a link: files stand beside the link, as the check
/// sees them.
///
/// # Errors
/// When it is not there.
pub(super) fn of_file(path: &Path) -> io::Result<String> {
    std::fs::metadata(path)?;
    let whole = match path.file_name() {
        Some(name) => std::fs::canonicalize(folder_of(path))?.join(name),
        None => std::fs::canonicalize(path)?,
    };
    Ok(whole.to_string_lossy().into_owned())
}

/// Whether a job whose table lay at one place is found at another from now on. A copy of a file that
/// comes by a pipe takes nothing away from the file.
pub(super) fn moves(from: &str, to: &str) -> bool {
    from != to && (is_input_of(from) || !is_input_of(to) || !Path::new(from).exists())
}

/// What the place of a job is called in JSON; `-` for standard input.
pub(super) fn name_of(place: &str) -> &str {
    match is_input_of(place) {
        true => INPUT,
        false => place,
    }
}

/// The same for a person.
pub(super) fn shown<'a>(place: &'a str, texts: &'a Catalogue) -> &'a str {
    match is_input_of(place) {
        true => texts.text("batch.input"),
        false => place,
    }
}

/// Whether the table at a place came by standard input or a pipe; earlier versions noted no digest.
fn is_input_of(place: &str) -> bool {
    let name = Path::new(place).file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    let rest = name.strip_prefix(INPUT);
    let is_digest = |rest: &str| rest.len() == 65 && rest.starts_with(' ');
    rest.is_some_and(|rest| rest.is_empty() || is_digest(rest))
}

fn is_of_shell(path: &Path) -> bool {
    ["/dev", "/proc"].iter().any(|root| path.starts_with(root))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_from_standard_input_is_told_by_its_content_and_a_file_by_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("- avvisi.csv");
        std::fs::write(&file, "pec").unwrap();
        let (one, other) = ("a".repeat(64), "b".repeat(64));
        let piped = of(Path::new("-"), &one).unwrap();
        assert_ne!(piped, of(Path::new("-"), &other).unwrap());
        assert_eq!(name_of(&piped), "-");
        let place = of(&file, &one).unwrap();
        assert_eq!(place, of(&file, &other).unwrap());
        assert_eq!(name_of(&place), place);
        assert_eq!(name_of("/casa/-"), "-");
        assert!(moves(&piped, &place) && !moves(&place, &piped) && !moves(&place, &place));
        std::fs::remove_file(&file).unwrap();
        assert!(moves(&place, &piped));
    }
}
