//! Containers of evidence: what `pec export` writes is read by other programs, checked by OpenSSL as
//! its instructions say, and is the same whenever it is made.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use postacert::asic::{MANIFEST, Manifest, Name, Reference, TIME_STAMP};
use postacert::smime::sha256;
use support::containers::{self, rebuilt, stranger};
use support::practising::{Practising, Ran, files};
use support::skipped::skipped;

/// A message to three: one has it, one does not exist, one has ordinary mail; every receipt read.
fn practised() -> (Practising, String) {
    let world = Practising::new();
    let to = ["delivered", "unknown", "qualcuno@ordinaria.example"];
    let message = world.send("Avviso n. 1", &to);
    let waited = world.run(&["wait", &message, "--timeout", "20s", "--poll", "1s"]);
    assert_eq!(waited.exit, 1, "{waited:?}");
    (world, message)
}

fn export(world: &Practising, message: &str, to: &Path) -> Ran {
    world.run(&["export", message, "--to", &to.to_string_lossy()])
}

/// What is in a container, by name.
fn entries(container: &Path) -> BTreeMap<String, Vec<u8>> {
    containers::entries(container).into_iter().collect()
}

/// Puts what is in a container into a folder.
fn extract(container: &Path, folder: &Path) {
    for (name, octets) in entries(container) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, octets).expect("a file");
    }
}

fn names(entries: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    // Times and digests of certificates are others in each run.
    let masked = |name: &String| -> String {
        let name = name.chars();
        let digits = name.map(|c| if c.is_ascii_digit() { '0' } else { c });
        digits.collect()
    };
    entries
        .keys()
        .map(|name| match name.starts_with("certificati/") {
            true => name.split('_').next().unwrap_or_default().to_owned(),
            false => masked(name),
        })
        .collect()
}

#[test]
fn a_message_and_its_receipts_are_in_it_under_names_that_people_understand() {
    let (world, message) = practised();
    let to = world.path("pratica.asice");
    let ran = export(&world, &message, &to);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(ran.out.contains("genuine receipts"), "{ran:?}");
    let entries = entries(&to);
    let wanted = [
        "00_accettazione_00000000T000000.eml",
        "00_consegna_00_delivered_00000000T000000.eml",
        "00_mancata_consegna_00_unknown_00000000T000000.eml",
        "00_messaggio_inviato.eml",
        "LEGGIMI.txt",
        "META-INF/ASiCManifest.xml",
        "README.txt",
        "certificati/autorita.pem",
        "dati_di_fiducia.toml",
        "impronte.txt",
        "mimetype",
        "rapporto.html",
        "stato.json",
        "verdetti.json",
    ];
    let mut found = names(&entries);
    found.sort();
    found.retain(|name| !name.starts_with("certificati/posta") && name != "certificati/localhost");
    for name in wanted {
        assert!(found.iter().any(|one| one == name), "{name}: {found:?}");
    }
    assert!(
        found.iter().all(|name| !name.contains("autentici")),
        "{found:?}"
    );
    // The octets are those of the ledger.
    let kept: Vec<Vec<u8>> = files(&world.data().join("messages"))
        .into_iter()
        .map(|path| fs::read(path).expect("a message"))
        .collect();
    let mail = entries.iter().filter(|(name, _)| name.ends_with(".eml"));
    for (name, octets) in mail {
        assert!(kept.contains(octets), "{name}");
    }
    // Nobody else reads it, and nothing of this machine is in it.
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(&to).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let path = world.folder.path().to_string_lossy().into_owned();
    for (name, octets) in &entries {
        let text = String::from_utf8_lossy(octets);
        assert!(!text.contains(&path), "{name}");
        assert!(!text.contains("\"uid\": 1"), "{name}");
    }
    let state: serde_json::Value = serde_json::from_slice(&entries["stato.json"]).expect("JSON");
    let of = &state["messages"][0];
    assert_eq!(of["file"], "01_messaggio_inviato.eml");
    for receipt in of["receipts"].as_array().expect("receipts") {
        assert!(entries.contains_key(receipt["file"].as_str().expect("a name")));
    }
    let leggimi = String::from_utf8_lossy(&entries["LEGGIMI.txt"]);
    assert!(leggimi.contains("Non è conservazione a norma"), "{leggimi}");
}

#[test]
fn the_same_ledger_gives_the_same_octets_and_nothing_is_replaced() {
    let (world, message) = practised();
    let (one, other) = (world.path("1.asice"), world.path("2.asice"));
    assert_eq!(export(&world, &message, &one).exit, 0);
    assert_eq!(world.run(&["sync"]).exit, 0);
    assert_eq!(export(&world, &message, &other).exit, 0);
    let octets = fs::read(&one).expect("a container");
    assert_eq!(octets, fs::read(&other).expect("a container"));
    // What is there and whole is left; whatever else is there, too.
    let again = export(&world, &message, &one);
    assert_eq!(again.exit, 0, "{again:?}");
    assert!(again.out.contains("already there"), "{again:?}");
    let mut damaged = octets.clone();
    damaged[100] ^= 1;
    for something in [&b"something"[..], b"", &damaged] {
        fs::write(&other, something).expect("a file");
        let ran = export(&world, &message, &other);
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert_eq!(fs::read(&other).expect("a file"), something);
    }
    let second = world.send("Avviso n. 2", &["delivered"]);
    let ran = export(&world, &second, &one);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert_eq!(fs::read(&one).expect("a container"), octets);
}

/// Who forgets the ending of a container means a folder; a file of that name is none.
#[test]
fn a_file_where_a_folder_is_meant_is_told_with_what_to_name() {
    let (world, message) = practised();
    let file = world.path("pratica");
    fs::write(&file, "altro").expect("a file");
    let shown = file.display().to_string();
    let older = ["archive", "--older-than", "1d", "--to", &shown];
    for (arguments, advice) in [
        (
            &["export", &message, "--to", &shown][..],
            "whose name ends in .asice",
        ),
        (&older, "a name that is still free"),
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert!(ran.err.contains("not a folder"), "{ran:?}");
        assert!(ran.err.contains(advice), "{ran:?}");
        assert_eq!(fs::read(&file).expect("a file"), b"altro");
    }
    // What is advised leads on.
    let container = world.path("pratica.asice");
    assert_eq!(export(&world, &message, &container).exit, 0);
}

#[test]
fn one_that_lacks_what_came_since_is_told() {
    let world = Practising::new();
    let message = world.send("Avviso", &["delivered"]);
    let to = world.path("f");
    let ran = export(&world, &message, &to);
    assert_eq!(ran.exit, 0, "{ran:?}");
    world.practice.wait_until_idle(Duration::from_secs(10));
    world.run(&["sync"]);
    let ran = world.run(&["export", &message, "--to", &to.to_string_lossy(), "--json"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    let document = ran.json();
    let one = &document["containers"][0];
    assert_eq!(
        (&one["state"], &one["missing"]),
        (&"behind".into(), &2.into())
    );
    support::schema::Schema::closed("export").holds(&document);
}

#[test]
fn a_receipt_that_does_not_pass_stands_apart_and_is_told() {
    let (world, message) = practised();
    let to = world.path("pratica.asice");
    let trust = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pki/trust.toml");
    let ran = world.run(&[
        "export",
        &message,
        "--to",
        &to.to_string_lossy(),
        "--trust",
        &trust.to_string_lossy(),
        "--json",
    ]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    let document = ran.json();
    support::schema::Schema::closed("export").holds(&document);
    let one = &document["containers"][0];
    let apart = one["apart"].as_array().expect("a list");
    assert_eq!((&one["receipts"], apart.len()), (&0.into(), 3));
    let entries = entries(&to);
    for one in apart {
        let name = one["name"].as_str().expect("a name");
        assert!(name.starts_with("non_autentici/"), "{name}");
        assert!(entries.contains_key(name), "{name}");
    }
    let leggimi = String::from_utf8_lossy(&entries["LEGGIMI.txt"]);
    assert!(leggimi.contains("NON DIMOSTRATA AUTENTICA"), "{leggimi}");
    assert!(!leggimi.contains("openssl cms -verify -noverify -inform SMIME -in non"));
}

/// The commands of the instructions, as they are typed.
fn commands(guide: &str) -> Vec<String> {
    let lines = guide.lines().filter_map(|line| line.strip_prefix("    "));
    lines.map(str::to_owned).collect()
}

fn shell(command: &str, folder: &Path) -> (bool, String) {
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .output()
        .expect("a shell");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (output.status.success(), said)
}

#[test]
fn the_instructions_are_followed_as_they_are_printed() {
    if Command::new("openssl").arg("version").output().is_err() {
        skipped("openssl is not here");
        return;
    }
    let (world, message) = practised();
    let to = world.path("pratica.asice");
    assert_eq!(export(&world, &message, &to).exit, 0);
    let folder = world.path("estratto");
    extract(&to, &folder);
    let digests = fs::read_to_string(folder.join("impronte.txt")).expect("digests");
    let guides = ["LEGGIMI.txt", "README.txt"].map(|name| {
        let text = fs::read_to_string(folder.join(name)).expect("instructions");
        commands(&text)
    });
    assert_eq!(guides[0], guides[1]);
    let count = |start: &str| {
        let fitting = guides[0].iter().filter(|one| one.starts_with(start));
        fitting.count()
    };
    assert_eq!(count("sha256sum"), 1);
    assert_eq!(count("openssl dgst -sha256 "), 4);
    assert_eq!(count("openssl cms -verify -noverify"), 3);
    assert_eq!(count("openssl cms -verify -inform"), 3);
    for command in &guides[0] {
        let (done, said) = shell(command, &folder);
        assert!(done, "{command}\n{said}");
        match command.starts_with("openssl cms") {
            true => assert!(said.contains("Verification successful"), "{said}"),
            false if command.starts_with("openssl dgst") => {
                let line = said.trim().replace(" *", "  ");
                assert!(digests.lines().any(|one| one == line), "{line}\n{digests}");
            }
            false => {}
        }
    }
    // A receipt in which one letter of the signed part is another does not pass, nor does a clock of
    // another century.
    let receipt = entries(&to)
        .into_keys()
        .find(|name| name.starts_with("03_"));
    let receipt = folder.join(receipt.expect("a receipt"));
    let text = fs::read_to_string(&receipt).expect("a receipt");
    let name = receipt
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let of = |start: &str| {
        let mut fitting = guides[0].iter().filter(|one| one.starts_with(start));
        fitting
            .find(|one| one.contains(&name))
            .expect("a command")
            .clone()
    };
    let chain = of("openssl cms -verify -inform");
    let (before, after) = chain.split_once("-attime ").expect("a time");
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    let earlier = format!("{before}-attime 946684800{rest}");
    assert!(!shell(&earlier, &folder).0, "{earlier}");
    let at = text.find("Message-ID").expect("a line");
    let at = at
        + text[at..]
            .find("Content-Type: text/plain")
            .expect("the text");
    let at = at + text[at..].find("\r\n\r\n").map_or(30, |found| found + 6);
    let mut changed = text.into_bytes();
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    fs::write(&receipt, changed).expect("a file");
    for start in [
        "sha256sum",
        "openssl cms -verify -noverify",
        "openssl cms -verify -inform",
    ] {
        let command = match start {
            "sha256sum" => guides[0][0].clone(),
            start => of(start),
        };
        assert!(!shell(&command, &folder).0, "{command}");
    }
}

#[test]
fn python_reads_the_same() {
    const SCRIPT: &str = "import base64,hashlib,sys,zipfile\n\
        import xml.etree.ElementTree as E\n\
        z=zipfile.ZipFile(sys.argv[1])\n\
        assert z.testzip() is None\n\
        first=z.infolist()[0]\n\
        assert first.filename=='mimetype' and first.compress_type==0 and first.extra==b''\n\
        assert z.read('mimetype')==b'application/vnd.etsi.asic-e+zip'\n\
        a,d='{http://uri.etsi.org/02918/v1.2.1#}','{http://www.w3.org/2000/09/xmldsig#}'\n\
        seen=set()\n\
        for r in E.fromstring(z.read('META-INF/ASiCManifest.xml')).iter(a+'DataObjectReference'):\n\
        \x20 n=r.get('URI'); seen.add(n)\n\
        \x20 assert base64.b64decode(r.find(d+'DigestValue').text)==hashlib.sha256(z.read(n)).digest(),n\n\
        assert seen|{'mimetype','META-INF/ASiCManifest.xml'}==set(z.namelist())\n\
        print(len(seen))\n";
    if Command::new("python3").arg("--version").output().is_err() {
        skipped("python3 is not here");
        return;
    }
    let (world, message) = practised();
    let to = world.path("pratica.asice");
    assert_eq!(export(&world, &message, &to).exit, 0);
    let output = Command::new("python3")
        .args(["-c", SCRIPT])
        .arg(&to)
        .output();
    let ran = Ran::of(output.expect("python"));
    assert_eq!(ran.exit, 0, "{ran:?}");
    let listed: usize = ran.out.trim().parse().expect("a number");
    assert_eq!(listed + 2, entries(&to).len());
}

/// The containers and what else lies in a folder.
fn lying(folder: &Path) -> Vec<PathBuf> {
    match folder.exists() {
        true => files(folder),
        false => Vec::new(),
    }
}

#[test]
fn killed_at_any_moment_nothing_half_made_has_the_final_name() {
    let world = Practising::new();
    let big = world.path("grande.bin");
    fs::write(&big, vec![7; 3_000_000]).expect("a file");
    let mut sent = Vec::new();
    for number in 0..3 {
        let subject = format!("Avviso {number}");
        let to = world.address("delivered");
        let ran = world.run(&[
            "send",
            "--yes",
            "--json",
            "--no-copy",
            "--subject",
            &subject,
            "--body",
            "x",
            "--to",
            &to,
            "--attach",
            &big.to_string_lossy(),
        ]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        sent.push(
            ran.json()["messages"][0]["id"]
                .as_str()
                .expect("an id")
                .to_owned(),
        );
    }
    world.practice.wait_until_idle(Duration::from_secs(20));
    world.run(&["sync"]);
    let folder = world.path("prove");
    let arguments = ["export", "--since", "2000-01-01", "--to"];
    // How long it takes here: it is cut off anywhere within.
    let began = std::time::Instant::now();
    let whole = world.run(&[&arguments[..], &[&folder.to_string_lossy()]].concat());
    assert_eq!(whole.exit, 0, "{whole:?}");
    let lasts = began.elapsed();
    for path in lying(&folder) {
        fs::remove_file(path).expect("removed");
    }
    let (mut cut, mut tries, mut random) = (0, 0, 1_u64);
    while cut < 12 && tries < 400 {
        tries += 1;
        let mut command = world.command(&arguments);
        command
            .arg(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        std::thread::sleep(lasts.mul_f64((random >> 44) as f64 / f64::from(1 << 20)));
        let _ = child.kill();
        let ended = child.wait().expect("an end");
        cut += usize::from(!ended.success());
        let finals: Vec<PathBuf> = lying(&folder)
            .into_iter()
            .filter(|path| {
                !path
                    .file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .starts_with('.')
            })
            .collect();
        for path in &finals {
            assert!(
                entries(path).contains_key("impronte.txt"),
                "{}",
                path.display()
            );
        }
        if finals.len() == sent.len() {
            for path in finals {
                fs::remove_file(path).expect("removed");
            }
        }
    }
    assert_eq!(cut, 12, "of {tries}");
    // What is left of those that were killed is cleared, and what was whole is left.
    let ran = world.run(&[&arguments[..], &[&folder.to_string_lossy()]].concat());
    assert_eq!(ran.exit, 0, "{ran:?}");
    let mut names: Vec<String> = lying(&folder)
        .iter()
        .map(|path| {
            path.file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    sent.sort();
    let wanted: Vec<String> = sent.iter().map(|id| format!("{id}.asice")).collect();
    assert_eq!(names, wanted);
}

#[test]
fn a_job_is_a_folder_of_containers_by_reference() {
    let world = Practising::new();
    let table = world.path("avvisi.csv");
    let address = world.address("delivered");
    let rows = format!(
        "pec,oggetto,riferimento\n{address},Avviso uno,2026/0001\n{address},Avviso due,R-2\n"
    );
    fs::write(&table, rows).expect("a table");
    let table = table.to_string_lossy().into_owned();
    let body = world.path("testo.txt");
    fs::write(&body, "Testo.").expect("a text");
    let ran = world.run(&[
        "batch",
        "run",
        &table,
        "--subject",
        "{{ oggetto }}",
        "--body-file",
        &body.to_string_lossy(),
        "--yes",
    ]);
    assert!(ran.exit == 0 || ran.exit == 3, "{ran:?}");
    world.practice.wait_until_idle(Duration::from_secs(10));
    world.run(&["sync"]);
    let folder = world.path("prove");
    let arguments = [
        "export",
        "--job",
        &table,
        "--to",
        &folder.to_string_lossy(),
        "--json",
    ];
    let ran = world.run(&arguments);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let mut names: Vec<String> = lying(&folder)
        .iter()
        .map(|path| {
            path.file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    assert_eq!(names.len(), 2);
    assert!(
        names[0].starts_with("2026_0001-") && names[1] == "R-2.asice",
        "{names:?}"
    );
    let states = |ran: &Ran| -> Vec<String> {
        let document = ran.json();
        let all = document["containers"].as_array().expect("a list").iter();
        all.map(|one| one["state"].as_str().expect("a word").to_owned())
            .collect()
    };
    assert_eq!(states(&ran), ["made", "made"]);
    fs::remove_file(folder.join("R-2.asice")).expect("removed");
    assert_eq!(states(&world.run(&arguments)), ["kept", "made"]);
}

/// The same with a manifest of what there is, as anybody can write one.
fn listed_anew(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let files = entries
        .iter()
        .filter(|(name, _)| name != "mimetype" && !name.starts_with("META-INF/"));
    let files = files.map(|(name, octets)| Reference {
        name: Name::new(&**name).expect("a name"),
        sha256: sha256(octets),
    });
    let manifest = Manifest {
        signature: TIME_STAMP.to_owned(),
        previous: None,
        files: files.collect(),
    };
    let mut entries = entries.to_vec();
    for (name, octets) in &mut entries {
        if name == MANIFEST {
            *octets = manifest.write().into_bytes();
        }
    }
    rebuilt(&entries)
}

fn in_order(container: &Path) -> Vec<(String, Vec<u8>)> {
    entries(container).into_iter().collect()
}

#[test]
fn a_stranger_verifies_it_and_every_file_that_is_another_is_named() {
    let (world, message) = practised();
    let to = world.path("pratica.asice");
    assert_eq!(export(&world, &message, &to).exit, 0);
    let trust = world.path("trust.toml").display().to_string();
    let ask = |file: &Path| {
        let ran = stranger(file, &["--json", "--trust", &trust]);
        let document = ran.json();
        support::schema::Schema::closed("verify").holds(&document);
        (ran.exit, document)
    };
    let (exit, document) = ask(&to);
    assert_eq!(exit, 0, "{document}");
    // Nothing is said where all is well and nothing was to be said, and all where it is not.
    let quiet = |trust: &str| stranger(&to, &["-q", "--trust", trust]);
    assert_eq!((quiet(&trust).exit, &*quiet(&trust).out), (0, ""));
    let other = support::fixtures_folder().join("pki/trust.toml");
    let refused = quiet(&other.to_string_lossy());
    assert!(
        refused.exit != 0 && refused.out.contains("CONTAINER"),
        "{refused:?}"
    );
    let container = &document["containers"][0];
    assert_eq!(
        (&container["state"], &container["time_stamp"]),
        (&"intact".into(), &false.into())
    );
    assert_eq!(container["differences"].as_array().map(Vec::len), Some(0));
    let results = document["results"].as_array().expect("results");
    assert!(results.len() == 3 && results.iter().all(|one| one["verdict"] == "genuine"));
    let entries = in_order(&to);
    let other = world.path("altro.asice");
    let flaws = |octets: &[u8]| -> Vec<(String, String)> {
        fs::write(&other, octets).expect("a file");
        let (exit, document) = ask(&other);
        assert_eq!(exit, 1, "{document}");
        let found = document["containers"][0]["flaws"]
            .as_array()
            .expect("flaws")
            .iter();
        let text = |value: &serde_json::Value| value.as_str().expect("a word").to_owned();
        found
            .map(|one| (text(&one["id"]), text(&one["file"])))
            .collect()
    };
    let named = |id: &str, name: &str| vec![(id.to_owned(), name.to_owned())];
    for place in 0..entries.len() {
        let name = entries[place].0.clone();
        if name == "mimetype" || name == MANIFEST {
            continue;
        }
        let mut changed = entries.clone();
        let at = changed[place].1.len() / 2;
        changed[place].1[at] ^= 1;
        assert_eq!(flaws(&rebuilt(&changed)), named("changed", &name));
        let mut removed = entries.clone();
        removed.remove(place);
        assert_eq!(flaws(&rebuilt(&removed)), named("missing", &name));
        // The octet in the file itself, where the checksum says so too.
        let whole = fs::read(&to).expect("a container");
        let octets = &entries[place].1;
        let at = memchr::memmem::find(&whole, octets).expect("stored") + octets.len() / 2;
        let mut one = whole.clone();
        one[at] ^= 1;
        assert_eq!(flaws(&one), named("changed", &name));
    }
    let mut added = entries.clone();
    added.push(("zz_nuova.eml".to_owned(), b"Subject: x\r\n\r\n".to_vec()));
    assert_eq!(flaws(&rebuilt(&added)), named("added", "zz_nuova.eml"));
    let mut swapped = entries.clone();
    let mail: Vec<usize> = (0..entries.len())
        .filter(|at| entries[*at].0.ends_with(".eml"))
        .collect();
    let (a, b) = (mail[1], mail[2]);
    (swapped[a].1, swapped[b].1) = (entries[b].1.clone(), entries[a].1.clone());
    let both = [&entries[a].0, &entries[b].0].map(|name| ("exchanged".to_owned(), name.clone()));
    assert_eq!(flaws(&rebuilt(&swapped)), both);
    let mut manifest = entries.clone();
    for (name, octets) in &mut manifest {
        if name == MANIFEST {
            octets.truncate(octets.len() / 2);
        }
    }
    assert_eq!(
        flaws(&rebuilt(&manifest)),
        named("manifest-unreadable", MANIFEST)
    );
    manifest.retain(|(name, _)| name != MANIFEST);
    assert_eq!(flaws(&rebuilt(&manifest)), named("no-manifest", MANIFEST));
}

#[test]
fn what_the_container_says_is_compared_with_what_is_found_today() {
    let (world, message) = practised();
    let to = world.path("pratica.asice");
    assert_eq!(export(&world, &message, &to).exit, 0);
    let trust = world.path("trust.toml").display().to_string();
    // By other authorities than those of the day of the export.
    let ran = stranger(&to, &["--json"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    let differences = |ran: &Ran| -> Vec<(String, String)> {
        let document = ran.json();
        support::schema::Schema::closed("verify").holds(&document);
        let found = document["containers"][0]["differences"]
            .as_array()
            .expect("a list")
            .clone();
        let text = |value: &serde_json::Value| value.as_str().expect("a word").to_owned();
        found
            .iter()
            .map(|one| (text(&one["id"]), text(&one["about"])))
            .collect()
    };
    let words: Vec<String> = differences(&ran).into_iter().map(|(id, _)| id).collect();
    assert_eq!(words.iter().filter(|id| *id == "verdict").count(), 3);
    assert_eq!(words.iter().filter(|id| *id == "standing").count(), 3);
    // What anybody can write into it.
    let other = world.path("altro.asice");
    let told = |change: &dyn Fn(&str, &mut Vec<u8>)| {
        let mut entries = in_order(&to);
        entries
            .iter_mut()
            .for_each(|(name, octets)| change(name, octets));
        fs::write(&other, listed_anew(&entries)).expect("a file");
        let ran = stranger(&other, &["--json", "--trust", &trust]);
        (ran.exit, differences(&ran))
    };
    let replace = |octets: &mut Vec<u8>, from: &str, to: &str| {
        let text = String::from_utf8(octets.clone()).expect("text");
        assert!(text.contains(from), "{from}");
        *octets = text.replacen(from, to, 1).into_bytes();
    };
    assert_eq!(told(&|_, _| {}), (0, vec![]));
    let unknown = world.address("unknown");
    let (exit, found) = told(&|name, octets| {
        if name == "stato.json" {
            replace(
                octets,
                "\"standing\": \"not-delivered\"",
                "\"standing\": \"delivered\"",
            );
        }
    });
    assert_eq!((exit, found), (3, vec![("standing".to_owned(), unknown)]));
    let (exit, found) = told(&|name, octets| {
        if name == "verdetti.json" {
            replace(
                octets,
                "\"certifies\": \"failure\"",
                "\"certifies\": \"delivery\"",
            );
        }
    });
    assert_eq!((exit, found.len()), (3, 1));
    assert_eq!(found[0].0, "certifies");
    let (exit, found) = told(&|name, octets| {
        if name.starts_with("01_") {
            octets.push(b'x');
        }
    });
    assert_eq!(
        (exit, found),
        (3, vec![("sent".to_owned(), "stato.json".to_owned())])
    );
    // A receipt in which one letter is another, and a manifest to fit: the signature says so.
    let (exit, found) = told(&|name, octets| {
        if name.starts_with("03_mancata") {
            replace(octets, "daticert.xml", "daticert.xmk");
        }
    });
    assert_eq!(exit, 1);
    assert!(found.iter().any(|(id, _)| id == "verdict"), "{found:?}");
}

#[test]
fn what_programs_would_read_differently_is_refused_and_others_are_told() {
    let (world, message) = practised();
    let to = world.path("pratica.asice");
    assert_eq!(export(&world, &message, &to).exit, 0);
    let octets = fs::read(&to).expect("a container");
    let other = world.path("altro.asice");
    let fault = |octets: &[u8]| {
        fs::write(&other, octets).expect("a file");
        let ran = stranger(&other, &["--json"]);
        assert_eq!(ran.exit, 1, "{ran:?}");
        let document = ran.json();
        support::schema::Schema::closed("verify").holds(&document);
        let container = &document["containers"][0];
        assert_eq!(container["state"], "damaged");
        container["fault"]["id"]
            .as_str()
            .expect("a word")
            .to_owned()
    };
    assert_eq!(fault(&[b"MZ", &octets[..]].concat()), "before");
    assert_eq!(fault(&[&octets[..], b" "].concat()), "behind");
    assert_eq!(fault(&octets[..octets.len() - 30]), "no-end");
    assert_eq!(fault(b""), "no-end");
    // One of the same names twice, as zip programs write it.
    let mut twice = octets.clone();
    let at = memchr::memmem::rfind(&octets, b"stato.json").expect("in the directory");
    twice[at..at + 10].copy_from_slice(b"README.txt");
    assert_eq!(fault(&twice), "twice");
    let foreign = [
        ("documento.pdf".to_owned(), b"%PDF".to_vec()),
        ("META-INF/signatures001.xml".to_owned(), b"<x/>".to_vec()),
    ];
    fs::write(&other, rebuilt(&foreign)).expect("a file");
    let ran = stranger(&other, &[]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(ran.out.contains("XAdES"), "{ran:?}");
    // A folder of them, as text and as a page.
    let trust = world.path("trust.toml").display().to_string();
    let folder = world.path("prove");
    fs::create_dir(&folder).expect("a folder");
    for name in ["1.asice", "2.asice"] {
        fs::copy(&to, folder.join(name)).expect("a file");
    }
    let ran = stranger(&folder, &["--trust", &trust]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(ran.out.matches("CONTAINER INTACT").count(), 2, "{ran:?}");
    assert!(ran.out.contains("6 messages"), "{ran:?}");
    let ran = stranger(&folder, &["--trust", &trust, "--html"]);
    assert_eq!(
        (ran.exit, ran.out.matches("CONTAINER INTACT").count()),
        (0, 2)
    );
    let ran = stranger(&folder, &["--trust", &trust, "--ndjson"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!((ran.exit, lines.len()), (0, 8));
    let ran = stranger(&folder, &["--trust", &trust, "--only-bad"]);
    assert!(!ran.out.contains("INTACT"), "{ran:?}");
}

/// Sends a file with a form of receipt, and reads the receipts.
fn sent_file(world: &Practising, subject: &str, form: &str, file: &Path, to: &[&str]) -> String {
    let to: Vec<String> = to.iter().map(|user| world.address(user)).collect();
    let file = file.to_string_lossy().into_owned();
    let mut arguments = vec!["send", "--yes", "--json", "--no-copy", "--subject", subject];
    arguments.extend([
        "--body",
        "Buongiorno.",
        "--receipt",
        form,
        "--attach",
        &file,
    ]);
    to.iter()
        .for_each(|address| arguments.extend(["--to", address]));
    let ran = world.run(&arguments);
    assert_eq!(ran.exit, 0, "{ran:?}");
    world.practice.wait_until_idle(Duration::from_secs(10));
    world.run(&["sync"]);
    ran.json()["messages"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

#[test]
fn a_file_is_shown_to_be_delivered_or_it_is_said_why_not() {
    let world = Practising::new();
    let (file, other) = (world.path("contratto.pdf"), world.path("altro.pdf"));
    fs::write(&file, b"%PDF-1.4 contratto\n%%EOF\n").expect("a file");
    fs::write(&other, b"%PDF-1.4 contrattO\n%%EOF\n").expect("a file");
    let prove = |message: &str, file: &Path, more: &[&str]| {
        let file = file.to_string_lossy().into_owned();
        let given = ["prove", message, "--file", &file, "--json"];
        let ran = world.run(&[&given[..], more].concat());
        if ran.exit != 2 {
            support::schema::Schema::closed("prove").holds(&ran.json());
        }
        ran
    };
    let outcomes = |ran: &Ran| -> Vec<String> {
        let document = ran.json();
        let all = document["recipients"].as_array().expect("a list").iter();
        all.map(|one| one["outcome"].as_str().expect("a word").to_owned())
            .collect()
    };
    let both = ["delivered", "unknown"];
    let complete = sent_file(&world, "Completa", "complete", &file, &both);
    let ran = prove(&complete, &file, &[]);
    assert_eq!(
        (ran.exit, outcomes(&ran)),
        (3, vec!["identical".into(), "no-delivery".into()])
    );
    let document = ran.json();
    // By its place, as pec show has it.
    let shown = world.run(&["show", &complete, "--json"]).json();
    let place = shown["files"][0]["place"].as_str();
    let named = format!("{} (contratto.pdf)", place.expect("a place"));
    assert_eq!(document["attached"], *named);
    assert_eq!(document["recipients"][0]["part"], *named);
    let sentence = document["recipients"][0]["sentence"]
        .as_str()
        .expect("a sentence");
    for part in [
        &sha256(&fs::read(&file).expect("a file")),
        &world.address("delivered"),
        &format!("the attachment in part {named}"),
    ] {
        assert!(sentence.contains(part), "{sentence}");
    }
    assert!(!sentence.contains(&*world.folder.path().to_string_lossy()));
    let delivered = world.address("delivered");
    let one = ["--recipient", &delivered];
    assert_eq!(prove(&complete, &file, &one).exit, 0);
    assert_eq!(
        prove(&complete, &file, &["--recipient", "nessuno@pec.example"]).exit,
        2
    );
    // Another file, by one letter.
    let ran = prove(&complete, &other, &one);
    assert_eq!((ran.exit, outcomes(&ran)), (1, vec!["different".into()]));
    // The message itself.
    let messages = world.run(&["status", &complete, "--json"]).json();
    let octets = messages["messages"][0]["file"]
        .as_str()
        .expect("a path")
        .to_owned();
    let ran = prove(&complete, Path::new(&octets), &one);
    assert_eq!((ran.exit, outcomes(&ran)), (0, vec!["identical".into()]));
    assert_eq!(ran.json()["is_message"], true);
    let brief = sent_file(&world, "Breve", "brief", &file, &["delivered"]);
    let ran = prove(&brief, &file, &[]);
    assert_eq!((ran.exit, outcomes(&ran)), (0, vec!["consistent".into()]));
    assert_eq!(prove(&brief, &other, &[]).exit, 1);
    let concise = sent_file(&world, "Sintetica", "concise", &file, &["delivered"]);
    let ran = prove(&concise, &file, &[]);
    assert_eq!((ran.exit, outcomes(&ran)), (3, vec!["no-content".into()]));
    assert_eq!(prove(&concise, &other, &[]).exit, 1);
    // By another authority than that of the account nothing is genuine.
    let trust = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pki/trust.toml");
    let ran = prove(&brief, &file, &["--trust", &trust.to_string_lossy()]);
    assert_eq!((ran.exit, outcomes(&ran)), (3, vec!["no-delivery".into()]));
    for lang in ["it", "en"] {
        let file = file.to_string_lossy().into_owned();
        let ran = world.run(&["--lang", lang, "prove", &brief, "--file", &file]);
        assert!(
            ran.exit == 0 && ran.out.contains("SHA-1") && !ran.out.contains('…'),
            "{ran:?}"
        );
    }
    // What was sent may be named as in the ledger.
    let receipts = messages["messages"][0]["receipts"]
        .as_array()
        .expect("receipts");
    let delivery = receipts
        .iter()
        .find(|one| one["kind"] == "avvenuta-consegna");
    let delivery = delivery.expect("a receipt")["file"]
        .as_str()
        .expect("a path");
    let trust = world.path("trust.toml").display().to_string();
    let verify = |sent: &str| {
        world
            .run(&["verify", "--trust", &trust, "--sent", sent, delivery])
            .exit
    };
    assert_eq!(
        [verify(&complete), verify(&brief), verify("no such message")],
        [0, 1, 2]
    );
}
