//! What is in a container against what its manifest says: each file listed once and unchanged, none
//! beside them.

use std::collections::{BTreeMap, HashMap};
use std::io;

use super::{
    Directory, Entry, Error, Fault, MANIFEST, MAX_MANIFEST_OCTETS, META_INF, MIMETYPE, Manifest,
    NoManifest, SIMPLE_MEDIA_TYPE, TIME_STAMP,
};

/// By what a container of others says that it is held together (EN 319 162-1, 4.3.3 and 4.4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// Signatures in XML (XAdES).
    Xades,
    /// Signatures in CMS (CAdES).
    Cades,
    /// A time stamp alone.
    TimeStamp,
    /// Nothing that is known here.
    Nothing,
}

/// What kind of container it is that others made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// With one file (ASiC-S).
    Simple(Signed),
    /// With several (ASiC-E), or what claims to be one.
    Extended(Signed),
}

impl Nature {
    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Simple(Signed::Xades) => "asic-s-xades",
            Self::Simple(Signed::Cades) => "asic-s-cades",
            Self::Simple(Signed::TimeStamp) => "asic-s-time-stamp",
            Self::Simple(Signed::Nothing) => "asic-s",
            Self::Extended(Signed::Xades) => "asic-e-xades",
            Self::Extended(Signed::Cades) => "asic-e-cades",
            Self::Extended(Signed::TimeStamp) => "asic-e-time-stamp",
            Self::Extended(Signed::Nothing) => "asic-e",
        }
    }

    /// The words of all of them.
    pub const WORDS: [&'static str; 8] = [
        "asic-s-xades",
        "asic-s-cades",
        "asic-s-time-stamp",
        "asic-s",
        "asic-e-xades",
        "asic-e-cades",
        "asic-e-time-stamp",
        "asic-e",
    ];
}

/// In what a container differs from its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A file has other octets than the manifest lists.
    Changed {
        /// Its name.
        name: String,
        /// The SHA-256 that is listed.
        expected: String,
        /// That of what is there.
        found: String,
    },
    /// A file has the octets that are listed for another one.
    Exchanged {
        /// Its name.
        name: String,
        /// Whose octets it has.
        with: String,
    },
    /// A file that is listed is not there.
    Missing {
        /// Its name.
        name: String,
    },
    /// A file is there that is not listed.
    Added {
        /// Its name.
        name: String,
    },
    /// The octets are those that are listed, and their checksum in the archive is another.
    Checksum {
        /// The name.
        name: String,
    },
    /// There is no manifest.
    NoManifest,
    /// The manifest cannot be read.
    Unreadable(NoManifest),
}

impl Flaw {
    /// The words of all of them.
    pub const WORDS: [&'static str; 7] = [
        "changed",
        "exchanged",
        "missing",
        "added",
        "checksum",
        "no-manifest",
        "manifest-unreadable",
    ];

    /// A stable word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Exchanged { .. } => "exchanged",
            Self::Missing { .. } => "missing",
            Self::Added { .. } => "added",
            Self::Checksum { .. } => "checksum",
            Self::NoManifest => "no-manifest",
            Self::Unreadable(_) => "manifest-unreadable",
        }
    }

    /// The file that it is about.
    pub fn name(&self) -> &str {
        match self {
            Self::Changed { name, .. }
            | Self::Exchanged { name, .. }
            | Self::Missing { name }
            | Self::Added { name }
            | Self::Checksum { name } => name,
            Self::NoManifest | Self::Unreadable(_) => MANIFEST,
        }
    }
}

/// A file of a container, with the digest of what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The entry.
    pub entry: Entry,
    /// SHA-256 of its octets.
    pub sha256: String,
}

/// A container in the form of this program, read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Its files, in their order, without those that are about the container.
    pub files: Vec<Content>,
    /// In what they differ from the manifest.
    pub flaws: Vec<Flaw>,
    /// SHA-256 of the manifest, over which a time stamp goes; none where there is no manifest.
    pub manifest_sha256: Option<String>,
    /// Whether there is a time stamp over the manifest; it is not looked at here.
    pub has_time_stamp: bool,
}

/// What was found where a container should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// One in the form of this program.
    Evidence(Checked),
    /// One that others made.
    Other(Nature),
}

impl Read {
    /// Reads a container to its end.
    ///
    /// # Errors
    /// The disk, or that it is no container that every program reads alike.
    pub fn of(file: &mut (impl io::Read + io::Seek)) -> Result<Self, Error> {
        let directory = Directory::read(file)?;
        let signed = signed(&directory);
        let is_simple = directory.said(file).as_deref() == Some(SIMPLE_MEDIA_TYPE);
        let nature = match is_simple {
            true => Nature::Simple(signed),
            false => Nature::Extended(signed),
        };
        let is_of_others = is_simple || matches!(signed, Signed::Xades | Signed::Cades);
        match directory.check(file) {
            Ok(()) => {}
            Err(Error::Fault(_)) if is_of_others => return Ok(Self::Other(nature)),
            Err(error) => return Err(error),
        }
        let manifest = manifest(&directory, file)?;
        let is_ours = |read: &Result<Manifest, Flaw>| {
            read.as_ref()
                .is_ok_and(|manifest| manifest.signature == TIME_STAMP)
        };
        if is_of_others && !manifest.as_ref().is_some_and(|(read, _)| is_ours(read)) {
            return Ok(Self::Other(nature));
        }
        checked(&directory, manifest, file).map(Self::Evidence)
    }
}

fn signed(directory: &Directory) -> Signed {
    let names = || {
        let names = directory.entries.iter().map(|entry| &*entry.name);
        names
            .filter_map(|name| name.strip_prefix(META_INF))
            .map(str::to_ascii_lowercase)
    };
    if names().any(|name| name.contains("signature") && name.ends_with(".xml")) {
        Signed::Xades
    } else if names().any(|name| name.ends_with(".p7s")) {
        Signed::Cades
    } else if names().any(|name| name.ends_with(".tst")) {
        Signed::TimeStamp
    } else {
        Signed::Nothing
    }
}

/// The manifest and its SHA-256, or why it cannot be read; `None` where there is none.
type Found = Option<(Result<Manifest, Flaw>, String)>;

fn manifest(directory: &Directory, file: &mut (impl io::Read + io::Seek)) -> Result<Found, Error> {
    let mut entries = directory.entries.iter();
    let Some(entry) = entries.find(|entry| entry.name == MANIFEST) else {
        return Ok(None);
    };
    let Some(octets) = Directory::octets(file, entry, MAX_MANIFEST_OCTETS)? else {
        return Err(Fault::TooLarge.into());
    };
    let sha256 = crate::smime::sha256(&octets);
    let read = Manifest::parse(&octets).map_err(Flaw::Unreadable);
    Ok(Some((read, sha256)))
}

fn checked(
    directory: &Directory,
    manifest: Found,
    file: &mut (impl io::Read + io::Seek),
) -> Result<Checked, Error> {
    let mut flaws = Vec::new();
    let (manifest, manifest_sha256) = match manifest {
        Some((Ok(manifest), sha256)) => (manifest.files, Some(sha256)),
        Some((Err(flaw), sha256)) => {
            flaws.push(flaw);
            (Vec::new(), Some(sha256))
        }
        None => {
            flaws.push(Flaw::NoManifest);
            (Vec::new(), None)
        }
    };
    let is_listed = flaws.is_empty();
    let mut listed: BTreeMap<&str, &str> = BTreeMap::new();
    let mut owners: HashMap<&str, &str> = HashMap::new();
    for reference in &manifest {
        listed.insert(reference.name.as_str(), &reference.sha256);
        owners.insert(&reference.sha256, reference.name.as_str());
    }
    let mut files = Vec::new();
    let mut has_time_stamp = false;
    for entry in &directory.entries {
        let (sha256, is_sound) = Directory::copy(file, entry, &mut |_| {})?;
        let name = || entry.name.clone();
        if !is_sound {
            flaws.push(Flaw::Checksum { name: name() });
        }
        match &*entry.name {
            MIMETYPE | MANIFEST => continue,
            TIME_STAMP => {
                has_time_stamp = true;
                continue;
            }
            _ => {}
        }
        match listed.remove(&*entry.name) {
            Some(expected) if expected == sha256 => {}
            Some(expected) => {
                // Its checksum would say the same.
                flaws
                    .retain(|flaw| !matches!(flaw, Flaw::Checksum { name } if *name == entry.name));
                flaws.push(match owners.get(&*sha256) {
                    Some(owner) => Flaw::Exchanged {
                        name: name(),
                        with: (*owner).to_owned(),
                    },
                    None => Flaw::Changed {
                        name: name(),
                        expected: expected.to_owned(),
                        found: sha256.clone(),
                    },
                });
            }
            None if is_listed => flaws.push(Flaw::Added { name: name() }),
            None => {}
        }
        if !entry.name.starts_with(META_INF) {
            files.push(Content {
                entry: entry.clone(),
                sha256,
            });
        }
    }
    let missing = listed.into_keys().map(|name| Flaw::Missing {
        name: name.to_owned(),
    });
    flaws.extend(missing);
    Ok(Checked {
        files,
        flaws,
        manifest_sha256,
        has_time_stamp,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::{Name, Reference, Writer};
    use super::*;
    use crate::smime::sha256;

    const FILES: [(&str, &[u8]); 4] = [
        ("01_a.eml", b"Subject: a\r\n\r\na"),
        ("02_b.eml", b"Subject: b\r\n\r\nb"),
        ("LEGGIMI.txt", b"leggimi"),
        ("certificati/a.pem", b"pem"),
    ];

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    /// A container whose manifest lists `listed` and which holds `held`.
    fn container(listed: &[(&str, &[u8])], held: &[(&str, &[u8])]) -> Vec<u8> {
        let files = listed.iter().map(|(file, octets)| Reference {
            name: name(file),
            sha256: sha256(octets),
        });
        let manifest = Manifest {
            signature: TIME_STAMP.to_owned(),
            files: files.collect(),
        };
        let mut writer = Writer::new(Vec::new()).unwrap();
        let text = manifest.write();
        writer.add(&name(MANIFEST), text.as_bytes()).unwrap();
        for (file, octets) in held {
            writer.add(&name(file), octets).unwrap();
        }
        writer.finish().unwrap()
    }

    fn read(octets: &[u8]) -> Result<Read, Error> {
        Read::of(&mut Cursor::new(octets))
    }

    fn evidence(octets: &[u8]) -> Checked {
        match read(octets).unwrap() {
            Read::Evidence(checked) => checked,
            Read::Other(nature) => panic!("{nature:?}"),
        }
    }

    fn fault(octets: &[u8]) -> &'static str {
        match read(octets) {
            Err(Error::Fault(fault)) => fault.word(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_written_is_read_and_the_same_is_written_alike() {
        let octets = container(&FILES, &FILES);
        assert_eq!(octets, container(&FILES, &FILES));
        let checked = evidence(&octets);
        assert_eq!(checked.flaws, []);
        assert!(!checked.has_time_stamp && super::super::is_container(&octets));
        let names: Vec<&str> = checked.files.iter().map(|one| &*one.entry.name).collect();
        assert_eq!(names, FILES.map(|(name, _)| name));
        for (file, (_, octets)) in checked.files.iter().zip(FILES) {
            assert_eq!(file.sha256, sha256(octets));
        }
    }

    #[test]
    fn a_file_that_is_changed_added_removed_or_exchanged_is_named() {
        for (place, (changed, _)) in FILES.iter().enumerate() {
            let mut held = FILES;
            held[place].1 = b"other";
            let flaws = evidence(&container(&FILES, &held)).flaws;
            let [Flaw::Changed { name, .. }] = &flaws[..] else {
                panic!("{flaws:?}");
            };
            assert_eq!(name, changed);
        }
        let mut more = FILES.to_vec();
        more.push(("new.eml", b"new"));
        let of = |listed: &[(&str, &[u8])], held: &[(&str, &[u8])]| {
            let flaws = evidence(&container(listed, held)).flaws.into_iter();
            flaws
                .map(|flaw| (flaw.word(), flaw.name().to_owned()))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&FILES, &more), [("added", "new.eml".to_owned())]);
        assert_eq!(of(&more, &FILES), [("missing", "new.eml".to_owned())]);
        let mut swapped = FILES;
        (swapped[0].1, swapped[1].1) = (FILES[1].1, FILES[0].1);
        let expected = ["01_a.eml", "02_b.eml"].map(|name| ("exchanged", name.to_owned()));
        assert_eq!(of(&FILES, &swapped), expected);
        // What is beside the manifest is no matter of the manifest, and no time stamp.
        let mut beside = FILES.to_vec();
        beside.push(("META-INF/x.xml", b"x"));
        assert_eq!(
            of(&FILES, &beside),
            [("added", "META-INF/x.xml".to_owned())]
        );
    }

    #[test]
    fn without_a_manifest_that_can_be_read_nothing_is_sound() {
        let mut writer = Writer::new(Vec::new()).unwrap();
        writer.add(&name("a.eml"), b"a").unwrap();
        let flaws = evidence(&writer.finish().unwrap()).flaws;
        assert_eq!(flaws, [Flaw::NoManifest]);
        let mut writer = Writer::new(Vec::new()).unwrap();
        writer.add(&name(MANIFEST), b"<x/>").unwrap();
        let flaws = evidence(&writer.finish().unwrap()).flaws;
        assert_eq!(flaws, [Flaw::Unreadable(NoManifest::Form)]);
    }

    /// Whatever octet is another: it is noticed, or names and contents are what they were.
    #[test]
    fn one_octet_anywhere_is_noticed_where_it_changes_anything() {
        let octets = container(&FILES, &FILES);
        let whole = evidence(&octets);
        let (mut noticed, mut harmless) = (0, 0);
        for at in 0..octets.len() {
            for mask in [0x01, 0x20, 0x80] {
                let mut other = octets.clone();
                other[at] ^= mask;
                match read(&other) {
                    Ok(Read::Evidence(checked)) if checked.flaws.is_empty() => {
                        let contents = |checked: &Checked| -> Vec<(String, String)> {
                            let files = checked.files.iter();
                            files
                                .map(|file| (file.entry.name.clone(), file.sha256.clone()))
                                .collect()
                        };
                        assert_eq!(contents(&checked), contents(&whole), "{at}");
                        harmless += 1;
                    }
                    Ok(_) | Err(_) => noticed += 1,
                }
                let _ = read(&other[..at]);
            }
        }
        // Who made it, which version, its mode: nobody reads these.
        assert!(noticed > 8 * harmless, "{noticed} {harmless}");
    }

    #[test]
    fn what_two_programs_would_read_differently_is_refused_by_name() {
        let octets = container(&FILES, &FILES);
        let patched = |from: &[u8], to: &[u8], which: usize| {
            let mut other = octets.clone();
            let found: Vec<usize> = memchr::memmem::find_iter(&octets, from).collect();
            other[found[which]..found[which] + to.len()].copy_from_slice(to);
            other
        };
        // The first is in the local header, the last in the directory, others in the manifest.
        let last = memchr::memmem::find_iter(&octets, b"02_b.eml").count() - 1;
        assert_eq!(fault(&patched(b"02_b.eml", b"02_c.eml", last)), "headers");
        assert_eq!(fault(&patched(b"02_b.eml", b"01_a.eml", last)), "twice");
        assert_eq!(fault(&patched(b"02_b.eml", b"01_A.eml", last)), "twice");
        assert_eq!(fault(&patched(b"02_b.eml", b"../b.eml", last)), "name");
        assert_eq!(fault(&patched(b"02_b.eml", b"02\\b.eml", last)), "name");
        let after = |more: &[u8]| [&octets[..], more].concat();
        assert_eq!(fault(&after(b"x")), "behind");
        assert_eq!(fault(&[b"x", &octets[..]].concat()), "before");
        let mut comment = after(b"x");
        let at = octets.len() - 2;
        comment[at] = 1;
        assert_eq!(fault(&comment), "behind");
        // Another archive before or behind the one that is meant.
        let other = container(&FILES[..1], &FILES[..1]);
        assert_eq!(fault(&[&other[..], &octets].concat()), "before");
        let end = octets.len() - 22;
        let number = |at: usize, value: &[u8]| {
            let mut other = octets.clone();
            other[end + at..end + at + value.len()].copy_from_slice(value);
            fault(&other)
        };
        assert_eq!(number(10, &[0xFF, 0xFF]), "zip64");
        assert_eq!(number(16, &[0xFF; 4]), "zip64");
        assert_eq!(number(10, &[2, 0]), "directory");
        assert_eq!(number(12, &[1, 0, 0, 0]), "directory");
        assert_eq!(number(16, &[1, 0, 0, 0]), "before");
        let mut locator = octets.clone();
        locator.splice(end..end, [b"PK\x06\x07" as &[u8], &[0; 16]].concat());
        assert_eq!(fault(&locator), "zip64");
        // Compressed, encrypted, with sizes that follow: in both headers.
        let both = |at: u64, value: u8| {
            let local: Vec<usize> = memchr::memmem::find_iter(&octets, b"PK\x03\x04").collect();
            let mut other = octets.clone();
            other[local[2] + at as usize] = value;
            let central: Vec<usize> = memchr::memmem::find_iter(&octets, b"PK\x01\x02").collect();
            other[central[2] + 2 + at as usize] = value;
            fault(&other)
        };
        assert_eq!([both(8, 8), both(6, 1), both(6, 8)], ["form"; 3]);
        assert_eq!([both(18, 3), both(22, 3)], ["form"; 2]);
        // What would be unpacked as a link, a folder, a device, or by a system that knows no such.
        let mode = |system: u8, mode: u16, dos: u8| {
            let central: Vec<usize> = memchr::memmem::find_iter(&octets, b"PK\x01\x02").collect();
            let mut other = octets.clone();
            other[central[2] + 5] = system;
            other[central[2] + 38..central[2] + 40].copy_from_slice(&[dos, 0]);
            other[central[2] + 40..central[2] + 42].copy_from_slice(&mode.to_le_bytes());
            match read(&other) {
                Err(Error::Fault(Fault::Form(name))) => name,
                Ok(_) => String::new(),
                Err(error) => error.to_string(),
            }
        };
        for regular in [mode(3, 0o100_644, 0), mode(3, 0, 0), mode(0, 0, 0x20)] {
            assert_eq!(regular, "");
        }
        for other in [
            mode(3, 0o120_777, 0),
            mode(3, 0o040_755, 0),
            mode(3, 0o060_600, 0),
            mode(3, 0o100_644, 0x10),
            mode(0, 0o120_777, 0),
            mode(0, 0, 0x10),
            mode(0, 0, 0x08),
        ] {
            assert_eq!(other, FILES[0].0);
        }
        // An extra field that is not there: what follows is read from another place.
        assert_eq!(both(28, 1), "directory");
        assert_eq!(fault(&octets[..octets.len() - 1]), "no-end");
        assert_eq!(fault(b""), "no-end");
        let media = patched(b"asic-e+zip", b"asic-x+zip", 0);
        assert_eq!(fault(&media), "mimetype");
    }

    #[test]
    fn containers_of_others_are_told_for_what_they_are() {
        let of = |more: &str| {
            let mut writer = Writer::new(Vec::new()).unwrap();
            writer.add(&name("a.pdf"), b"a").unwrap();
            writer.add(&name(more), b"x").unwrap();
            writer.finish().unwrap()
        };
        let nature = |octets: &[u8]| match read(octets).unwrap() {
            Read::Other(nature) => nature.word(),
            Read::Evidence(checked) => panic!("{checked:?}"),
        };
        let xades = of("META-INF/signatures001.xml");
        assert_eq!(nature(&xades), "asic-e-xades");
        assert_eq!(nature(&of("META-INF/signature.p7s")), "asic-e-cades");
        // Compressed, as most are.
        let mut deflated = xades.clone();
        let at = memchr::memmem::rfind(&xades, b"PK\x01\x02").unwrap();
        deflated[at + 10] = 8;
        assert_eq!(nature(&deflated), "asic-e-xades");
        let mut simple = of("META-INF/signature.p7s");
        let at = memchr::memmem::find(&simple, b"asic-e").unwrap();
        simple[at + 5] = b's';
        assert_eq!(nature(&simple), "asic-s-cades");
        // A signature that was added to a container of ours makes it none of others.
        let mut more = FILES.to_vec();
        more.push(("META-INF/signature.p7s", b"x"));
        let checked = evidence(&container(&FILES, &more));
        assert_eq!(checked.flaws.len(), 1);
    }

    #[test]
    fn a_name_is_taken_once_and_a_container_has_an_end() {
        let mut writer = Writer::new(io::sink()).unwrap();
        let add = |writer: &mut Writer<_>, text: &str| match writer.add(&name(text), b"") {
            Ok(()) => "",
            Err(Error::Fault(fault)) => fault.word(),
            Err(Error::Io(error)) => panic!("{error}"),
        };
        assert_eq!(add(&mut writer, "a"), "");
        assert_eq!(add(&mut writer, "A"), "twice");
        for number in 2..super::super::MAX_ENTRIES {
            assert_eq!(add(&mut writer, &number.to_string()), "");
        }
        assert_eq!(add(&mut writer, "b"), "too-many");
    }
}
