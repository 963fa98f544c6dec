//! What is in a container against what its manifest says: each file listed once and unchanged, none
//! beside them.

use std::io;

use super::chain::Chain;
use super::flaw::Flaw;
use super::nature::{Nature, Signed, signed};
use super::{Directory, Entry, Error, META_INF, MIMETYPE, SIMPLE_MEDIA_TYPE};

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
    /// Manifests and time stamps, in their order.
    pub about: Vec<Content>,
    /// In what all these differ from the manifests.
    pub flaws: Vec<Flaw>,
    /// The time stamps, each over all that was there before it, the oldest first. Only that they are
    /// there is known here.
    pub stamps: Vec<Stamp>,
}

/// A time stamp of a container, and the manifest that it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The token (RFC 3161).
    pub token: Entry,
    /// The manifest.
    pub over: Entry,
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
        let chain = Chain::read(&directory, file)?;
        if is_of_others && !chain.is_ours() {
            return Ok(Self::Other(nature));
        }
        checked(&directory, &chain, file).map(Self::Evidence)
    }
}

fn checked(
    directory: &Directory,
    chain: &Chain,
    file: &mut (impl io::Read + io::Seek),
) -> Result<Checked, Error> {
    let mut flaws = Vec::new();
    let (mut files, mut about) = (Vec::new(), Vec::new());
    for entry in &directory.entries {
        let (sha256, is_sound) = Directory::copy(file, entry, &mut |_| {})?;
        if !is_sound {
            let name = entry.name.clone();
            flaws.push(Flaw::Checksum { name });
        }
        let entry = entry.clone();
        let content = Content { entry, sha256 };
        match &*content.entry.name {
            MIMETYPE => {}
            name if name.starts_with(META_INF) => about.push(content),
            _ => files.push(content),
        }
    }
    let held = files.iter().chain(&about);
    let held = held.map(|one| (&*one.entry.name, &*one.sha256)).collect();
    chain.compare(&held, &mut flaws);
    let entry = |name: &str| directory.entries.iter().find(|one| one.name == name);
    let stamps = chain.stamps().filter_map(|(token, over)| {
        let (token, over) = (entry(token)?.clone(), entry(over)?.clone());
        Some(Stamp { token, over })
    });
    Ok(Checked {
        stamps: stamps.collect(),
        files,
        about,
        flaws,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::{
        Fault, MANIFEST, Manifest, Name, NoManifest, Reference, TIME_STAMP, Writer,
    };
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
            previous: None,
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
        assert!(checked.stamps.is_empty() && super::super::is_container(&octets));
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
        let (name, why) = (MANIFEST.to_owned(), NoManifest::Form);
        assert_eq!(flaws, [Flaw::Unreadable { name, why }]);
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
