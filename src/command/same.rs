//! Whether two names stand for one thing on the disk: a link, hard or not, and a folder that is mounted
//! a second time have another name and no other octets.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A file or a folder, whatever it is called.
///
/// Of two file systems that show the same octets, as an overlay and what lies below it, nothing is
/// known here. Where the system numbers no files, the whole path stands for the file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity(Numbered);

#[cfg(unix)]
type Numbered = (u64, u64);
#[cfg(not(unix))]
type Numbered = PathBuf;

impl Identity {
    /// That of what a path leads to, links followed.
    ///
    /// # Errors
    /// When there is nothing, or it may not be asked.
    pub fn of(path: &Path) -> io::Result<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let found = fs::metadata(path)?;
            Ok(Self((found.dev(), found.ino())))
        }
        #[cfg(not(unix))]
        Ok(Self(fs::canonicalize(path)?))
    }
}

/// A folder and the folders in it, under whatever names.
pub(super) struct Tree {
    root: PathBuf,
    folders: Vec<Identity>,
}

impl Tree {
    /// A folder as it is now.
    pub fn of(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let inner = entries.map(|entry| entry.path()).filter(|one| one.is_dir());
        let all = std::iter::once(folder.to_owned()).chain(inner);
        Self {
            root: fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()),
            folders: all.filter_map(|one| Identity::of(&one).ok()).collect(),
        }
    }

    /// Whether a path is that folder, lies in it, or would if it were made.
    pub fn has(&self, path: &Path) -> bool {
        let whole = whole(path);
        let mut above = whole.ancestors();
        whole.starts_with(&self.root)
            || above.any(|one| Identity::of(one).is_ok_and(|one| self.folders.contains(&one)))
    }

    /// Whether a path is a folder in which it lies.
    pub fn is_in(&self, path: &Path) -> bool {
        self.root.starts_with(whole(path))
    }
}

/// A path from the root on without links, as far as there is something of it.
fn whole(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for there in path.ancestors() {
        let rest = path.strip_prefix(there).unwrap_or(Path::new(""));
        if let Ok(there) = fs::canonicalize(there) {
            // Of what is not there yet nothing is a link.
            return rest.components().fold(there, |mut whole, part| {
                match part {
                    Component::ParentDir => {
                        whole.pop();
                    }
                    Component::Normal(name) => whole.push(name),
                    Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
                }
                whole
            });
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_a_folder_is_known_under_any_name() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::create_dir_all(path("data/messages/ab")).unwrap();
        fs::create_dir_all(path("other")).unwrap();
        fs::write(path("data/messages/ab/c.eml"), "x").unwrap();
        let tree = Tree::of(&path("data"));
        for inside in [
            "data",
            "data/new",
            "data/messages/ab/c.eml",
            "data/../data/new/deep",
            "other/../data/messages",
            "other/none/../../data/new",
        ] {
            assert!(tree.has(&path(inside)), "{inside}");
        }
        for outside in [
            "",
            "other",
            "other/new",
            "database",
            "data/../other",
            "data/none/../../x",
        ] {
            assert!(!tree.has(&path(outside)), "{outside}");
        }
        assert!(tree.is_in(home.path()) && tree.is_in(&path("data")));
        assert!(!tree.is_in(&path("other")));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_has_another_name_and_no_other_octets() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::create_dir_all(path("data/messages")).unwrap();
        fs::write(path("data/messages/a"), "x").unwrap();
        fs::hard_link(path("data/messages/a"), path("hard")).unwrap();
        fs::copy(path("data/messages/a"), path("copy")).unwrap();
        std::os::unix::fs::symlink(path("data"), path("soft")).unwrap();
        let of = |name: &str| Identity::of(&path(name)).unwrap();
        assert_eq!(of("hard"), of("data/messages/a"));
        assert_eq!(of("soft/messages/a"), of("data/messages/a"));
        assert_ne!(of("copy"), of("data/messages/a"));
        assert!(Tree::of(&path("data")).has(&path("soft/new")));
    }
}
