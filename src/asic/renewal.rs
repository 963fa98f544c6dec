//! One more time stamp for a container: the first over its manifest, every later one over an archive
//! manifest that lists all there is (ETSI EN 319 162-1, A.7).
//!
//! Octets that a time stamp covers stay what they are. One archive manifest gets another name, as the
//! standard has it: the newest is always called [`ARCHIVE_MANIFEST`].
//!
//! Not done: certificates and revocation lists are not added to the token that is covered. Its signer's
//! certificate is in it, because it is asked for; lists lie where whoever verifies has them.

use std::io::{Read, Seek, Write};

use super::checked::{Checked, Content};
use super::{
    ARCHIVE_MANIFEST, Directory, Error, Fault, MANIFEST, Manifest, Name, Reference, TIME_STAMP,
    Writer,
};
use crate::smime::sha256;

/// What a container without flaws gets with its next time stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Every entry under the name that it will have, in their order.
    entries: Vec<(Name, Content)>,
    /// The manifest to be added; none for the first time stamp.
    archive: Option<String>,
    token: Name,
    imprint: String,
}

impl Renewal {
    /// What the next time stamp goes over; `None` where the container is not what its manifests say.
    pub fn of(checked: &Checked) -> Option<Self> {
        if !checked.flaws.is_empty() {
            return None;
        }
        let mut all: Vec<&Content> = checked.files.iter().chain(&checked.about).collect();
        all.sort_by_key(|one| one.entry.place());
        let all = all.into_iter();
        let is_taken = |name: &str| {
            let mut all = checked.about.iter();
            all.any(|one| one.entry.name.eq_ignore_ascii_case(name))
        };
        let free = |stem: &str, ending: &str| {
            let numbered = (1_u32..).map(|number| format!("{stem}{number:03}{ending}"));
            let mut free = numbered.filter(|name| !is_taken(name));
            Name::new(free.next()?)
        };
        if checked.stamps.is_empty() {
            let named = |one: &Content| Some((Name::new(&*one.entry.name)?, one.clone()));
            let manifest = checked
                .about
                .iter()
                .find(|one| one.entry.name == MANIFEST)?;
            return Some(Self {
                entries: all.map(named).collect::<Option<_>>()?,
                archive: None,
                token: Name::new(TIME_STAMP)?,
                imprint: manifest.sha256.clone(),
            });
        }
        let previous = match is_taken(ARCHIVE_MANIFEST) {
            true => Some(free("META-INF/ASiCArchiveManifest", ".xml")?),
            false => None,
        };
        let token = free("META-INF/timestamp", ".tst")?;
        let named = |one: &Content| {
            let name = match (&previous, &*one.entry.name) {
                (Some(previous), ARCHIVE_MANIFEST) => previous.clone(),
                (_, name) => Name::new(name)?,
            };
            Some((name, one.clone()))
        };
        let entries: Vec<(Name, Content)> = all.map(named).collect::<Option<_>>()?;
        let files = entries.iter().map(|(name, one)| Reference {
            name: name.clone(),
            sha256: one.sha256.clone(),
        });
        let manifest = Manifest {
            signature: token.to_string(),
            files: files.collect(),
            previous,
        };
        let archive = manifest.write();
        Some(Self {
            entries,
            imprint: sha256(archive.as_bytes()),
            archive: Some(archive),
            token,
        })
    }

    /// SHA-256 of the manifest that the time stamp is asked for, in hexadecimal.
    pub fn imprint(&self) -> &str {
        &self.imprint
    }

    /// The octets of the manifest that the time stamp is asked for, where it is a new one.
    pub fn archive(&self) -> Option<&str> {
        self.archive.as_deref()
    }

    /// The name that the time stamp will have.
    pub fn token(&self) -> &Name {
        &self.token
    }

    /// Copies the container, and asks for the token when all else is written.
    ///
    /// # Errors
    /// Those of the streams and of `token`; when a file is not any more what it was.
    pub fn write<W: Write, E: From<Error>>(
        &self,
        container: &mut (impl Read + Seek),
        out: W,
        token: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<W, E> {
        let mut writer = Writer::new(out)?;
        for (name, one) in &self.entries {
            let octets = Directory::octets(container, &one.entry, one.entry.size())?;
            let octets = octets.unwrap_or_default();
            if sha256(&octets) != one.sha256 {
                return Err(Error::from(Fault::Checksum(name.to_string())).into());
            }
            writer.add(name, &octets)?;
        }
        if let Some(archive) = &self.archive {
            let name = Name::new(ARCHIVE_MANIFEST).expect("a plain name");
            writer.add(&name, archive.as_bytes())?;
        }
        writer.add(&self.token, &token()?)?;
        Ok(writer.finish()?)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::{MIMETYPE, Read};
    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    fn container() -> Vec<u8> {
        let held: [(&str, &[u8]); 2] = [("01_a.eml", b"a"), ("LEGGIMI.txt", b"b")];
        let files = held.map(|(file, octets)| Reference {
            name: name(file),
            sha256: sha256(octets),
        });
        let manifest = Manifest {
            signature: TIME_STAMP.to_owned(),
            previous: None,
            files: files.to_vec(),
        };
        let mut writer = Writer::new(Vec::new()).unwrap();
        writer
            .add(&name(MANIFEST), manifest.write().as_bytes())
            .unwrap();
        for (file, octets) in held {
            writer.add(&name(file), octets).unwrap();
        }
        writer.finish().unwrap()
    }

    fn checked(octets: &[u8]) -> Checked {
        match Read::of(&mut Cursor::new(octets)).unwrap() {
            Read::Evidence(checked) => checked,
            Read::Other(nature) => panic!("{nature:?}"),
        }
    }

    /// The container with one more token, and the digest that it is over.
    fn stamped(octets: &[u8], token: &[u8]) -> (Vec<u8>, String) {
        let renewal = Renewal::of(&checked(octets)).expect("no flaws");
        let written = renewal.write(&mut Cursor::new(octets), Vec::new(), || {
            Ok::<_, Error>(token.to_vec())
        });
        (written.unwrap(), renewal.imprint().to_owned())
    }

    /// Names of token and manifest of each time stamp.
    fn stamps(octets: &[u8]) -> Vec<(String, String)> {
        let stamps = checked(octets).stamps.into_iter();
        stamps.map(|one| (one.token.name, one.over.name)).collect()
    }

    /// Entries in their order.
    fn entries(octets: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut file = Cursor::new(octets);
        let directory = Directory::read(&mut file).unwrap();
        let entries = directory.entries.iter().filter(|one| one.name != MIMETYPE);
        entries
            .map(|one| {
                let octets = Directory::octets(&mut file, one, u64::MAX).unwrap();
                (one.name.clone(), octets.unwrap())
            })
            .collect()
    }

    fn rebuilt(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new()).unwrap();
        for (file, octets) in entries {
            writer.add(&name(file), octets).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn each_time_stamp_is_over_all_that_was_there_before_it() {
        let plain = container();
        let (first, imprint) = stamped(&plain, b"first");
        let manifest = &entries(&plain)[0].1;
        assert_eq!(imprint, sha256(manifest));
        assert_eq!(
            stamps(&first),
            [(TIME_STAMP.to_owned(), MANIFEST.to_owned())]
        );
        let (second, imprint) = stamped(&first, b"second");
        let (third, last) = stamped(&second, b"third");
        let wanted = [
            ("META-INF/timestamp.tst", MANIFEST),
            (
                "META-INF/timestamp001.tst",
                "META-INF/ASiCArchiveManifest001.xml",
            ),
            ("META-INF/timestamp002.tst", ARCHIVE_MANIFEST),
        ];
        let wanted = wanted.map(|(token, over)| (token.to_owned(), over.to_owned()));
        assert_eq!(stamps(&third), wanted);
        assert_eq!(checked(&third).flaws, []);
        let all = entries(&third);
        let of = |file: &str| &all.iter().find(|(name, _)| name == file).unwrap().1;
        // What a token is over keeps its octets under its other name.
        assert_eq!(sha256(of("META-INF/ASiCArchiveManifest001.xml")), imprint);
        assert_eq!(sha256(of(ARCHIVE_MANIFEST)), last);
        let newest = Manifest::parse(of(ARCHIVE_MANIFEST)).unwrap();
        assert_eq!(
            newest.previous,
            Some(name("META-INF/ASiCArchiveManifest001.xml"))
        );
        let listed: Vec<&str> = newest.files.iter().map(|one| one.name.as_str()).collect();
        let own = [ARCHIVE_MANIFEST, "META-INF/timestamp002.tst"];
        let others = all.iter().map(|(name, _)| &**name);
        let others: Vec<&str> = others.filter(|name| !own.contains(name)).collect();
        assert_eq!(listed, others);
    }

    #[test]
    fn whatever_of_the_chain_is_another_is_named() {
        let (first, _) = stamped(&container(), b"first");
        let (second, _) = stamped(&first, b"second");
        let (third, _) = stamped(&second, b"third");
        let whole = entries(&third);
        let flaws = |entries: &[(String, Vec<u8>)]| -> Vec<(&'static str, String)> {
            let flaws = checked(&rebuilt(entries)).flaws.into_iter();
            flaws
                .map(|flaw| (flaw.word(), flaw.name().to_owned()))
                .collect()
        };
        assert_eq!(flaws(&whole), []);
        for (place, (file, _)) in whole.iter().enumerate() {
            let is_of_last = [ARCHIVE_MANIFEST, "META-INF/timestamp002.tst"].contains(&&**file);
            let mut changed = whole.clone();
            // Behind the end of a document a blank is none of it.
            changed[place].1.push(b'\n');
            match is_of_last {
                // Only the token itself, and what it is over, can show that: it is checked elsewhere.
                true => assert_eq!(flaws(&changed), []),
                false => assert!(
                    flaws(&changed).contains(&("changed", file.clone())),
                    "{file}"
                ),
            }
            let mut removed = whole.clone();
            removed.remove(place);
            assert!(!flaws(&removed).is_empty(), "{file}");
            assert_eq!(Renewal::of(&checked(&rebuilt(&removed))), None, "{file}");
        }
        for file in [
            "03_c.eml",
            "META-INF/x.xml",
            "META-INF/ASiCArchiveManifest002.xml",
        ] {
            let mut added = whole.clone();
            added.push((file.to_owned(), b"c".to_vec()));
            assert_eq!(flaws(&added), [("added", file.to_owned())]);
        }
        // A later manifest that leaves something out, as anybody can write one.
        let mut less = whole.clone();
        let (_, octets) = less
            .iter_mut()
            .find(|(file, _)| file == ARCHIVE_MANIFEST)
            .unwrap();
        let mut manifest = Manifest::parse(octets).unwrap();
        manifest.files.retain(|one| one.name.as_str() != TIME_STAMP);
        *octets = manifest.write().into_bytes();
        assert_eq!(flaws(&less), [("added", TIME_STAMP.to_owned())]);
        // One that leads to itself, or cannot be read.
        let (_, octets) = less
            .iter_mut()
            .find(|(file, _)| file == ARCHIVE_MANIFEST)
            .unwrap();
        manifest.previous = Some(name(ARCHIVE_MANIFEST));
        *octets = manifest.write().into_bytes();
        assert!(!flaws(&less).is_empty());
        let (_, octets) = less
            .iter_mut()
            .find(|(file, _)| file == ARCHIVE_MANIFEST)
            .unwrap();
        *octets = b"<x/>".to_vec();
        let found = flaws(&less);
        assert_eq!(
            found[0],
            ("manifest-unreadable", ARCHIVE_MANIFEST.to_owned())
        );
    }

    #[test]
    fn what_changed_since_it_was_read_is_not_stamped() {
        let octets = container();
        let renewal = Renewal::of(&checked(&octets)).unwrap();
        let mut other = octets.clone();
        let at = memchr::memmem::find(&octets, b"LEGGIMI.txtb").unwrap() + 11;
        other[at] = b'c';
        let mut is_asked = false;
        let written = renewal.write(&mut Cursor::new(&other), Vec::new(), || {
            is_asked = true;
            Ok::<_, Error>(Vec::new())
        });
        assert!(written.is_err() && !is_asked);
    }
}
