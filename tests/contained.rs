//! Containers of what was received, the envelope as it came; and what a preservation system reads of a
//! container.

mod support;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use postacert::command;
use postacert::context::Context;
use postacert::lang::Lang;
use postacert::timestamp::Timestamp;
use serde_json::Value;
use support::containers::{entries, stranger};
use support::practising::Practising;
use support::receipt::{Kind, Receipt, SUBJECT};
use support::schema::Schema;
use support::sender::Desk;

#[test]
fn a_preserver_gets_a_line_for_each_message() {
    let world = Practising::new();
    let to = world.path("p.asice");
    let shown = to.display().to_string();
    let message = world.send("=1+1", &["delivered"]);
    world.practice.wait_until_idle(Duration::from_secs(10));
    world.run(&["sync"]);
    assert_eq!(world.run(&["export", &message, "--to", &shown]).exit, 0);
    let entries: BTreeMap<String, Vec<u8>> = entries(&to).into_iter().collect();
    let table = String::from_utf8_lossy(&entries["metadati.csv"]).into_owned();
    let lines: Vec<&str> = table.split_terminator("\r\n").collect();
    let mail: Vec<&String> = entries
        .keys()
        .filter(|name| name.ends_with(".eml"))
        .collect();
    assert_eq!(lines.len(), 1 + mail.len());
    for (line, name) in lines[1..].iter().zip(mail) {
        let digest = postacert::smime::sha256(&entries[name]);
        assert!(
            line.starts_with(&format!("\"{digest}\";\"{name}\";\"20")),
            "{line}"
        );
        assert!(line.contains(";\"'=1+1\";"), "{line}");
        assert!(line.contains(&world.address("delivered")), "{line}");
    }
    assert!(table.contains("\"avvenuta-consegna\""), "{table}");
}

/// `pec ARGS` on the ledger of a desk.
fn pec(desk: &Desk, args: &[&str]) -> (u8, String) {
    let mut all: Vec<OsString> = vec!["pec".into(), "--data-dir".into(), desk.folder().into()];
    all.extend(args.iter().map(OsString::from));
    let now = Timestamp::parse("2026-05-06T08:00:00Z").expect("a time");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let context = Context::fixed(now, Lang::En);
    let status = command::run(all, &context, &mut out, &mut err).expect("written to memory");
    let said = [out, err].concat();
    (status.number(), String::from_utf8(said).expect("UTF-8"))
}

#[test]
fn what_was_received_has_its_envelope_inside_as_it_came() {
    let mut desk = Desk::new();
    let envelope = Receipt::new(Kind::Envelope).to_eml();
    let look_alike = b"From: \"Per conto di: a@pec.example\" <posta-certificata@g.example>\r\n\
         Subject: POSTA CERTIFICATA: Altro\r\nX-Trasporto: posta-certificata\r\n\
         Message-ID: <x@g.example>\r\nContent-Type: text/plain\r\n\r\nPagate.\r\n";
    desk.receive(&[&envelope, look_alike]);
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("p.asice");
    let trust = support::fixtures_folder()
        .join("pki/trust.toml")
        .display()
        .to_string();
    let (to_shown, trusted) = (to.display().to_string(), ["--trust", &*trust]);
    let given = ["export", SUBJECT, "--to", &to_shown, "--json"];
    let (exit, said) = pec(&desk, &[&given[..], &trusted].concat());
    assert_eq!(exit, 0, "{said}");
    let document: Value = serde_json::from_str(&said).expect("JSON");
    Schema::closed("export").holds(&document);
    assert_eq!(document["containers"][0]["direction"], "received");
    let entries: BTreeMap<String, Vec<u8>> = entries(&to).into_iter().collect();
    assert_eq!(entries["01_busta_di_trasporto.eml"], envelope);
    for name in [
        "LEGGIMI.txt",
        "README.txt",
        "verdetti.json",
        "metadati.csv",
        "impronte.txt",
    ] {
        assert!(entries.contains_key(name), "{name}");
    }
    assert!(!entries.contains_key("stato.json"));
    let ran = stranger(&to, &["--json", "--trust", &trust]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(
        ran.json()["containers"][0]["differences"],
        Value::Array(vec![])
    );
    // A second time there is nothing to do; what is not genuine stands apart and is told.
    let (exit, said) = pec(&desk, &[&given[..], &trusted].concat());
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("\"kept\""), "{said}");
    let (exit, list) = pec(&desk, &["inbox", "--json"]);
    assert_eq!(exit, 0, "{list}");
    let list: Value = serde_json::from_str(&list).expect("JSON");
    let apart = list["apart"][0]["id"].as_str().expect("an id").to_owned();
    let other = folder.path().join("altro").display().to_string();
    let (exit, said) = pec(
        &desk,
        &["export", &apart, "--to", &other, "--trust", &trust],
    );
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("non_autentici/messaggio.eml"), "{said}");
}
