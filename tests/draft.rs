//! What a person wrote is never lost: whatever happens before its message is recorded, the text is in
//! a draft; and no draft goes out twice.

mod support {
    #[allow(dead_code, reason = "shared with other suites")]
    pub mod practising;
    pub mod skipped;
    #[allow(dead_code, reason = "shared with other suites")]
    pub mod terminal;
}

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use support::practising::{PASSWORD, Practising, Ran, files};
use support::skipped::skipped;
use support::terminal::{Terminal, is_there, line_of};

/// What the editor of the tests writes.
const TEXT: &str = "Spett. Ufficio,\nun'ora di lavoro.";

fn executable(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file");
    let mode = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(path, mode).expect("a mode");
}

/// A program that writes the text and ends.
fn editor(world: &Practising) -> String {
    let path = world.path("editor");
    let text = "#!/bin/sh\nprintf 'Spett. Ufficio,\\nun'\\''ora di lavoro.\\n' >\"$1\"\n";
    executable(&path, text);
    path.display().to_string()
}

/// `pec send` with a text from the editor, on a terminal.
fn written(world: &Practising) -> Terminal {
    let to = world.address("delivered");
    let send = world.command(&["send", "-t", &to, "-s", "Richiesta", "--no-copy"]);
    Terminal::start(&send, &[("EDITOR", &editor(world))], world.folder.path())
}

/// The texts of all drafts.
fn drafts(world: &Practising) -> Vec<String> {
    let listed = world.run(&["draft", "list", "--json"]);
    assert_eq!(listed.exit, 0, "{listed:?}");
    let drafts = listed.json()["drafts"].as_array().expect("a list").clone();
    let body =
        |draft: &serde_json::Value| draft["body"].as_str().expect("a text").trim().to_owned();
    drafts.iter().map(body).collect()
}

/// Files beside the ledger that hold a text.
fn left_files(world: &Practising) -> usize {
    let names = files(&world.data());
    let is_draft = |path: &&std::path::PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("draft-"))
    };
    names.iter().filter(is_draft).count()
}

/// The text is in the one draft, nothing left, and it can be sent, once.
fn kept(world: &Practising, shown: &str) {
    assert!(shown.contains("pec draft send 1"), "{shown}");
    assert_is_draft(world);
}

fn assert_is_draft(world: &Practising) {
    assert!(world.practice.taken().is_empty());
    assert_eq!(drafts(world), [TEXT]);
    assert_eq!(left_files(world), 0);
    let status = world.run(&["status", "--json"]);
    assert_eq!(status.json()["messages"].as_array().map(Vec::len), Some(0));
}

fn goes_once(world: &Practising) {
    let sent = world.run(&["draft", "send", "1", "--yes", "--no-copy"]);
    assert_eq!(sent.exit, 0, "{sent:?}");
    assert_eq!(world.practice.taken().len(), 1);
    assert_eq!(drafts(world), [""; 0]);
    let again = world.run(&["draft", "send", "1", "--yes", "--again", "--no-copy"]);
    assert_eq!(again.exit, 2, "{again:?}");
    assert!(again.err.contains("no draft matches"), "{again:?}");
    assert_eq!(world.practice.taken().len(), 1);
}

macro_rules! needs_terminal {
    () => {
        if !is_there() {
            skipped("a terminal to write on needs script(1)");
            return;
        }
    };
}

#[test]
fn a_no_leaves_the_text_in_a_draft_that_can_be_sent_once() {
    needs_terminal!();
    let world = Practising::new();
    let mut terminal = written(&world);
    terminal.until("Send it?");
    // Seen before it goes.
    assert!(
        terminal.shown().contains("Attached       nothing"),
        "{}",
        terminal.shown()
    );
    for line in TEXT.lines() {
        assert!(terminal.shown().contains(line), "{}", terminal.shown());
    }
    terminal.keys("n\n");
    let (exit, shown) = terminal.end();
    assert_eq!(exit, 2, "{shown}");
    kept(&world, &shown);
    goes_once(&world);
}

#[test]
fn signals_at_the_question_leave_the_text_in_a_draft_and_say_so() {
    needs_terminal!();
    for (signal, status) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let world = Practising::new();
        let mut terminal = written(&world);
        terminal.until("Send it?");
        match signal {
            "INT" => terminal.keys("\u{3}"),
            other => terminal.signal(other),
        }
        let (exit, shown) = terminal.end();
        assert_eq!(exit, status, "{signal}: {shown}");
        assert!(
            shown.contains("Interrupted: nothing was sent"),
            "{signal}: {shown}"
        );
        kept(&world, &shown);
    }
}

#[test]
fn a_wrong_password_leaves_the_text_in_a_draft() {
    needs_terminal!();
    let world = Practising::new();
    std::fs::write(world.path("password"), "sbagliata").expect("a file");
    let mut terminal = written(&world);
    terminal.until("Send it?");
    terminal.keys("y\n");
    let (exit, shown) = terminal.end();
    assert_eq!(exit, 5, "{shown}");
    kept(&world, &shown);
    std::fs::write(world.path("password"), PASSWORD).expect("a file");
    goes_once(&world);
}

#[test]
fn a_server_that_does_not_answer_leaves_the_text_in_a_draft() {
    needs_terminal!();
    let world = Practising::new();
    let config = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = nobody.local_addr().expect("an address").port();
    drop(nobody);
    let smtp = format!("localhost:{}", world.practice.smtp().port());
    let away = config.replace(&smtp, &format!("localhost:{port}"));
    std::fs::write(world.path("config.toml"), away).expect("a file");
    let mut terminal = written(&world);
    terminal.until("Send it?");
    terminal.keys("y\n");
    let (exit, shown) = terminal.end();
    assert_eq!(exit, 4, "{shown}");
    kept(&world, &shown);
    std::fs::write(world.path("config.toml"), config).expect("a file");
    goes_once(&world);
}

#[test]
fn a_program_that_is_killed_after_the_editor_ended_has_kept_the_text() {
    needs_terminal!();
    let world = Practising::new();
    let terminal = written(&world);
    terminal.until("Send it?");
    terminal.signal("KILL");
    terminal.end();
    assert_is_draft(&world);
    goes_once(&world);
}

#[test]
fn a_program_that_is_killed_while_the_editor_runs_leaves_its_file_and_names_it() {
    needs_terminal!();
    let world = Practising::new();
    let seen = world.path("seen");
    executable(
        &world.path("editor"),
        &format!(
            "#!/bin/sh\nprintf 'Mezza lettera' >\"$1\"\necho \"$1\" >'{}'\nsleep 30\n",
            seen.display()
        ),
    );
    let to = world.address("delivered");
    let send = world.command(&["send", "-t", &to, "-s", "Richiesta"]);
    let editor = world.path("editor").display().to_string();
    let terminal = Terminal::start(&send, &[("EDITOR", &editor)], world.folder.path());
    let began = std::time::Instant::now();
    while std::fs::read_to_string(&seen)
        .unwrap_or_default()
        .is_empty()
    {
        assert!(began.elapsed().as_secs() < 60, "{}", terminal.shown());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    terminal.signal("KILL");
    drop(terminal);
    let file = std::fs::read_to_string(&seen).expect("a path");
    let listed = world.run(&["draft", "list"]);
    assert!(listed.out.contains(file.trim()), "{listed:?}");
    let text = std::fs::read_to_string(file.trim()).expect("the text");
    assert_eq!(text, "Mezza lettera");
}

#[test]
fn an_editor_that_fails_or_leaves_nothing_loses_nothing_and_sends_nothing() {
    needs_terminal!();
    for (script, exit_words, left) in [
        ("printf x >\"$1\"; exit 3", "exit status 3", 1),
        (": >\"$1\"", "the text is empty", 0),
        ("printf '\\377' >\"$1\"", "not UTF-8", 1),
    ] {
        let world = Practising::new();
        executable(&world.path("editor"), &format!("#!/bin/sh\n{script}\n"));
        let to = world.address("delivered");
        let send = world.command(&["send", "-t", &to, "-s", "Richiesta"]);
        let editor = world.path("editor").display().to_string();
        let terminal = Terminal::start(&send, &[("EDITOR", &editor)], world.folder.path());
        let (exit, shown) = terminal.end();
        assert_eq!(exit, 2, "{shown}");
        assert!(shown.contains(exit_words), "{shown}");
        assert_eq!(left_files(&world), left, "{shown}");
        assert_eq!(shown.contains("not in a draft"), left == 1, "{shown}");
        assert!(world.practice.taken().is_empty());
    }
}

/// `pec` with a text on its standard input.
fn piped(world: &Practising, arguments: &[&str], text: &str) -> Ran {
    let mut command = world.command(arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut input, text.as_bytes()).expect("read");
    drop(input);
    Ran::of(child.wait_with_output().expect("an end"))
}

#[test]
fn a_text_on_standard_input_is_kept_once_however_often_a_script_tries() {
    let world = Practising::new();
    let to = world.address("delivered");
    let send = ["send", "--yes", "--no-copy", "-t", &to, "-s", "Richiesta"];
    std::fs::write(world.path("password"), "sbagliata").expect("a file");
    for _ in 0..2 {
        let ran = piped(&world, &send, TEXT);
        assert_eq!(ran.exit, 5, "{ran:?}");
        assert!(ran.err.contains("pec draft send 1"), "{ran:?}");
    }
    assert_is_draft(&world);
    std::fs::write(world.path("password"), PASSWORD).expect("a file");
    let ran = piped(&world, &send, TEXT);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(drafts(&world), [""; 0]);
    // Once more: it went, and no draft is left of that either.
    let ran = piped(&world, &send, TEXT);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert_eq!(drafts(&world), [""; 0]);
    assert!(!ran.err.contains("pec draft"), "{ran:?}");
    assert_eq!(world.practice.taken().len(), 1);
}

/// What comes by a pipe cannot be typed again: it is kept before the letter is looked at.
#[test]
fn a_text_on_standard_input_is_kept_though_the_letter_cannot_leave() {
    for wrong in [&["-a", "manca.pdf"][..], &["--cc", "nobody"]] {
        let world = Practising::new();
        let to = world.address("delivered");
        let send = [&["send", "--yes", "-t", &to, "-s", "Richiesta"], wrong].concat();
        let ran = piped(&world, &send, TEXT);
        assert_eq!(ran.exit, 2, "{ran:?}");
        kept(&world, &ran.err);
        assert_eq!(drafts(&world), [TEXT]);
    }
}

#[test]
fn a_script_without_a_word_leaves_a_draft_and_a_dry_run_none() {
    let world = Practising::new();
    let to = world.address("delivered");
    let dry = piped(
        &world,
        &["send", "-t", &to, "-s", "Richiesta", "--dry-run"],
        TEXT,
    );
    assert_eq!(dry.exit, 0, "{dry:?}");
    assert!(!world.data().exists());
    let ran = piped(&world, &["send", "-t", &to, "-s", "Richiesta"], TEXT);
    assert_eq!(ran.exit, 2, "{ran:?}");
    kept(&world, &ran.err);
    // A text that is elsewhere needs none.
    let ran = world.run(&["send", "-t", &to, "-s", "Altro", "-b", "x"]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert_eq!(drafts(&world), [TEXT]);
}

#[test]
fn on_a_full_disk_the_text_is_in_a_file_that_is_named() {
    let world = Practising::new();
    // Room for small files, none for the ledger.
    let to = world.address("delivered");
    let command = world.command(&["send", "--yes", "-t", &to, "-s", "Richiesta"]);
    let limited = format!(
        "trap '' XFSZ; ulimit -f 8; printf '%s' \"$TEXT\" | {}",
        line_of(&command)
    );
    let ran = std::process::Command::new("sh")
        .args(["-c", &limited])
        .env("TEXT", TEXT)
        .output()
        .expect("sh starts");
    let ran = Ran::of(ran);
    assert_eq!(ran.exit, 4, "{ran:?}");
    assert!(ran.err.contains("--body-file"), "{ran:?}");
    assert_eq!(left_files(&world), 1, "{ran:?}");
    let found = files(&world.data());
    let texts = found
        .iter()
        .map(|file| std::fs::read(file).expect("a file"));
    assert!(
        texts.into_iter().any(|octets| octets == TEXT.as_bytes()),
        "{found:?}"
    );
    assert!(world.practice.taken().is_empty());
}

#[test]
fn two_processes_send_one_draft_once() {
    let world = Practising::new();
    std::fs::write(world.path("password"), "sbagliata").expect("a file");
    let to = world.address("delivered");
    piped(
        &world,
        &["send", "--yes", "-t", &to, "-s", "Richiesta"],
        TEXT,
    );
    std::fs::write(world.path("password"), PASSWORD).expect("a file");
    // Even where somebody says that it may go twice.
    let send = ["draft", "send", "1", "--yes", "--again", "--no-copy"];
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = world.command(&send);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("the program starts")
        })
        .collect();
    let ran: Vec<Ran> = children
        .into_iter()
        .map(|child| Ran::of(child.wait_with_output().expect("an end")))
        .collect();
    let went = ran.iter().filter(|ran| ran.exit == 0).count();
    assert_eq!((went, world.practice.taken().len()), (1, 1), "{ran:?}");
    assert!(ran.iter().all(|ran| [0, 2].contains(&ran.exit)), "{ran:?}");
}

#[test]
fn a_draft_is_shown_whole_however_long_a_line_is() {
    let world = Practising::new();
    let to = world.address("delivered");
    let text = format!("{} fine.", "parola ".repeat(400));
    let ran = piped(&world, &["send", "-t", &to, "-s", "Richiesta"], &text);
    assert_eq!(ran.exit, 2, "{ran:?}");
    let shown = world.run(&["draft", "show", "1"]).out;
    // In pieces.
    let whole = shown.replace('\n', "");
    assert_eq!(whole.matches("parola").count(), 400, "{shown}");
    assert!(shown.trim_end().ends_with("fine."), "{shown}");
}

#[test]
fn a_draft_is_shown_changed_and_deleted() {
    needs_terminal!();
    let world = Practising::new();
    let to = world.address("delivered");
    piped(
        &world,
        &["send", "-t", &to, "-s", "Richiesta\u{202e}"],
        TEXT,
    );
    let shown = world.run(&["draft", "show", "richiesta"]);
    assert_eq!(shown.exit, 0, "{shown:?}");
    assert!(shown.out.contains(TEXT), "{shown:?}");
    assert!(!shown.out.contains('\u{202e}'), "{shown:?}");
    let bad = world.run(&["draft", "edit", "1", "--to", "nessuno"]);
    assert_eq!(bad.exit, 2, "{bad:?}");
    let other = world.address("accepted");
    let named = format!("Mario Rossi <{other}>");
    let edited = world.run(&["draft", "edit", "1", "-t", &named, "-s", "Richiesta 7"]);
    assert_eq!(edited.exit, 0, "{edited:?}");
    let draft = world.run(&["draft", "list", "--json"]).json()["drafts"][0].clone();
    assert_eq!(draft["to"], serde_json::json!([other]));
    assert_eq!(draft["subject"], "Richiesta 7");
    // In the editor, which gets what there is.
    executable(
        &world.path("editor"),
        "#!/bin/sh\necho 'Saluti.' >>\"$1\"\n",
    );
    let mut edit = world.command(&["draft", "edit", "Richiesta"]);
    let editor = world.path("editor").display().to_string();
    // Nobody is there who could write: it says so before it opens anything.
    let nobody = edit.env("EDITOR", &editor).output().expect("it starts");
    let told = String::from_utf8_lossy(&nobody.stderr);
    assert!(
        nobody.status.code() == Some(2) && told.contains("--subject"),
        "{told}"
    );
    assert_eq!(drafts(&world), [TEXT]);
    let terminal = Terminal::start(&edit, &[("EDITOR", &editor)], world.folder.path());
    let (exit, shown) = terminal.end();
    assert_eq!(exit, 0, "{shown}");
    assert_eq!(drafts(&world), [format!("{TEXT}Saluti.")]);
    assert_eq!(left_files(&world), 0);
    assert_eq!(world.run(&["draft", "delete", "1"]).exit, 2);
    assert_eq!(world.run(&["draft", "delete", "1", "--yes"]).exit, 0);
    assert_eq!(world.run(&["draft", "show", "1"]).exit, 2);
    assert_eq!(drafts(&world), [""; 0]);
}

#[test]
fn who_gives_nothing_is_asked_for_everything() {
    needs_terminal!();
    let world = Practising::new();
    std::fs::write(world.path("atto.txt"), "atto").expect("a file");
    let send = world.command(&["send", "--no-copy"]);
    let variables = [
        ("EDITOR", &*editor(&world)),
        ("HOME", world.folder.path().to_str().expect("text")),
    ];
    let mut terminal = Terminal::start(&send, &variables, world.folder.path());
    terminal.until("PEC addresses of the recipients");
    terminal.keys("Mario Rossi\n");
    terminal.until("has the form name@domain");
    let to = world.address("delivered");
    terminal.keys(&format!(
        "Mario Rossi <{to}>, {}\n",
        world.address("accepted")
    ));
    terminal.until("Subject: ");
    terminal.keys("Richiesta\n");
    terminal.until("File to attach");
    terminal.keys("~/manca.pdf\n");
    terminal.until("The file does not exist");
    terminal.keys("~/atto.txt\n");
    terminal.keys("\n");
    terminal.until("Send it?");
    let shown = terminal.shown();
    assert!(shown.contains("atto.txt (4 B, TXT, not signed)"), "{shown}");
    // Each on its own line.
    assert!(
        shown.contains(&format!("To             {to}\r\n")),
        "{shown}"
    );
    terminal.keys("n\n");
    let (_, shown) = terminal.end();
    kept(&world, &shown);
    let draft = world.run(&["draft", "list", "--json"]).json()["drafts"][0].clone();
    assert_eq!(draft["to"].as_array().map(Vec::len), Some(2));
    assert_eq!(draft["files"].as_array().map(Vec::len), Some(1));
    // From another folder, and a file that is gone is told before anything else.
    std::fs::remove_file(world.path("atto.txt")).expect("gone");
    let sent = world.run(&["draft", "send", "1", "--yes"]);
    assert_eq!(sent.exit, 2, "{sent:?}");
    assert!(sent.err.contains("atto.txt"), "{sent:?}");
    assert_eq!(drafts(&world), [TEXT]);
}

#[test]
fn who_cannot_be_asked_is_told_what_is_missing() {
    let world = Practising::new();
    for (arguments, missing) in [
        (&["send", "-b", "x"][..], "--to, --subject"),
        (&["send", "-b", "x", "-t", "a@b.example"], "--subject"),
        (&["send", "-b", "x", "-s", "y"], "--to"),
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert!(
            ran.err.contains(&format!("missing: {missing}\n")),
            "{ran:?}"
        );
    }
}

/// A text of fifty lines, in a file.
fn long_text(world: &Practising) -> String {
    let lines: Vec<String> = (1..=50).map(|number| format!("riga {number}.")).collect();
    let file = world.path("lettera.txt");
    std::fs::write(&file, lines.join("\n")).expect("a file");
    file.display().to_string()
}

#[test]
fn a_long_text_stops_at_each_page_and_goes_through_the_pager_where_there_is_one() {
    needs_terminal!();
    let world = Practising::new();
    let (to, file) = (world.address("delivered"), long_text(&world));
    let send = world.command(&["send", "-t", &to, "-s", "Lettera", "--body-file", &file]);
    let start = |more: &[(&str, &str)]| {
        let variables = [&[("ROWS", "20")][..], more].concat();
        Terminal::start(&send, &variables, world.folder.path())
    };
    let mut terminal = start(&[]);
    terminal.until("more lines");
    assert!(
        !terminal.shown().contains("riga 17."),
        "{}",
        terminal.shown()
    );
    terminal.keys("\n");
    terminal.until("riga 20.");
    terminal.until("more lines: Enter to continue, q to skip them --");
    terminal.keys("q\n");
    terminal.until("Send it?");
    assert!(
        !terminal.shown().contains("riga 50."),
        "{}",
        terminal.shown()
    );
    terminal.keys("n\n");
    assert_eq!(terminal.end().0, 2);
    // The pager gets all of it, and cannot be told to do anything by the text.
    let seen = world.path("seen");
    let pager = format!("cat >'{}'", seen.display());
    let mut terminal = start(&[("PAGER", &pager)]);
    terminal.until("Send it?");
    terminal.keys("n\n");
    let (_, shown) = terminal.end();
    assert!(!shown.contains("riga 1."), "{shown}");
    let paged = std::fs::read_to_string(&seen).expect("it ran");
    assert!(
        paged.contains("riga 1.\n") && paged.contains("riga 50.\n"),
        "{paged}"
    );
}

#[test]
fn a_dry_run_on_a_terminal_shows_the_text_and_no_base64() {
    needs_terminal!();
    let world = Practising::new();
    let (to, file) = (world.address("delivered"), long_text(&world));
    let attached = world.path("atto.pdf");
    std::fs::write(
        &attached,
        [b"%PDF-1.7 ".as_slice(), &[b'x'; 30_000]].concat(),
    )
    .expect("a file");
    let attached = attached.display().to_string();
    let arguments = [
        "send",
        "--dry-run",
        "-t",
        &to,
        "-s",
        "Lettera",
        "--body-file",
        &file,
        "-a",
        &attached,
    ];
    let dry = world.command(&arguments);
    let terminal = Terminal::start(&dry, &[], world.folder.path());
    let (exit, shown) = terminal.end();
    assert_eq!(exit, 0, "{shown}");
    assert!(
        shown.contains("riga 50.") && shown.contains("atto.pdf (30 kB, PDF, not signed)"),
        "{shown}"
    );
    assert!(
        shown.len() < 5_000 && !shown.contains("eHh4eHh4"),
        "{shown}"
    );
    // A file gets it as it would leave.
    let whole = world.run(&arguments);
    assert!(whole.out.contains("eHh4eHh4") && whole.out.contains("MIME-Version: 1.0"));
}

/// The files beside the ledger that hold a text or a message.
fn asides(world: &Practising) -> Vec<String> {
    let mut found: Vec<String> = files(&world.data())
        .iter()
        .filter(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            name.starts_with("draft-")
        })
        .map(|path| std::fs::read_to_string(path).expect("a text"))
        .collect();
    found.sort();
    found
}

#[test]
fn a_text_on_standard_input_is_in_a_file_though_no_account_is_known() {
    let world = Practising::new();
    let to = world.address("delivered");
    let send = ["send", "--yes", "-t", &to, "-s", "Richiesta"];
    for wrong in ["nothing = 1\n", ""] {
        std::fs::write(world.path("config.toml"), wrong).expect("a file");
        // However often a script tries.
        for _ in 0..2 {
            let ran = piped(&world, &send, TEXT);
            assert_eq!(ran.exit, 2, "{ran:?}");
            assert!(ran.err.contains("--body-file"), "{ran:?}");
            assert_eq!(asides(&world), [TEXT], "{ran:?}");
        }
    }
    let other = [&["--account", "altra"], &send[..]].concat();
    let ran = piped(&world, &other, "Un altro testo.");
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert_eq!(asides(&world), [TEXT, "Un altro testo."]);
    // Nothing to keep, nothing kept.
    let ran = piped(&world, &send, " \n");
    assert!(!ran.err.contains("--body-file"), "{ran:?}");
    assert_eq!(asides(&world).len(), 2);
}

#[test]
fn a_text_on_standard_input_is_a_draft_though_recipient_or_subject_is_missing() {
    let world = Practising::new();
    let ran = piped(&world, &["send", "--yes", "-s", "Richiesta"], TEXT);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(ran.err.contains("missing: --to\n"), "{ran:?}");
    kept(&world, &ran.err);
    // It cannot leave as it is, and can once it is complete.
    let sent = world.run(&["draft", "send", "1", "--yes"]);
    assert_eq!(sent.exit, 2, "{sent:?}");
    assert!(sent.err.contains("draft 1 lacks: --to\n"), "{sent:?}");
    assert_is_draft(&world);
    let to = world.address("delivered");
    assert_eq!(world.run(&["draft", "edit", "1", "-t", &to]).exit, 0);
    goes_once(&world);
}

#[test]
fn a_ready_message_on_standard_input_is_in_a_file_until_it_is_recorded() {
    let world = Practising::new();
    let message = format!(
        "From: {}\r\nTo: {}\r\nSubject: Pronto\r\n\r\nBuongiorno.\r\n",
        world.address("io"),
        world.address("delivered")
    );
    let send = ["send", "--yes", "--no-copy", "--eml", "-"];
    std::fs::write(world.path("password"), "sbagliata").expect("a file");
    for _ in 0..2 {
        let ran = piped(&world, &send, &message);
        assert_eq!(ran.exit, 5, "{ran:?}");
        assert!(ran.err.contains("use --eml to send it"), "{ran:?}");
        assert_eq!(asides(&world), [&*message]);
    }
    let listed = world.run(&["draft", "list"]);
    assert!(listed.out.contains(".eml"), "{listed:?}");
    // What cannot be sent at all is kept too.
    let ran = piped(&world, &send, "Nessuna intestazione");
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert_eq!(asides(&world).len(), 2);
    std::fs::write(world.path("password"), PASSWORD).expect("a file");
    let ran = piped(&world, &send, &message);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(!ran.err.contains("--eml"), "{ran:?}");
    assert_eq!(asides(&world), ["Nessuna intestazione"]);
    assert_eq!(world.practice.taken().len(), 1);
}

#[test]
fn more_than_any_provider_takes_is_refused_and_not_cut() {
    let world = Practising::new();
    let to = world.address("delivered");
    let send = world.command(&["send", "--yes", "-t", &to, "-s", "Molto"]);
    let line = format!(
        "head -c 140000001 /dev/zero | tr '\\0' 'a' | {}",
        line_of(&send)
    );
    let ran = std::process::Command::new("sh")
        .args(["-c", &line])
        .output();
    let ran = Ran::of(ran.expect("sh starts"));
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(ran.err.contains("larger than 140 MB"), "{}", ran.err);
    // Half a text is not kept for the whole.
    assert_eq!(drafts(&world), [""; 0]);
    assert!(!world.data().exists() || left_files(&world) == 0);
}

#[test]
fn answers_are_a_draft_when_the_editor_fails_or_the_questions_end() {
    needs_terminal!();
    let first =
        |world: &Practising| world.run(&["draft", "list", "--json"]).json()["drafts"][0].clone();
    for ends in ["editor", "Ctrl-C", "end"] {
        let world = Practising::new();
        executable(&world.path("editor"), "#!/bin/sh\nexit 3\n");
        let editor = world.path("editor").display().to_string();
        let send = world.command(&["send", "--no-copy"]);
        let mut terminal = Terminal::start(&send, &[("EDITOR", &editor)], world.folder.path());
        let to = world.address("delivered");
        terminal.until("PEC addresses of the recipients");
        terminal.keys(&format!("{to}\n"));
        terminal.until("Subject: ");
        let status = match ends {
            "editor" => {
                terminal.keys("Richiesta\n");
                terminal.until("File to attach");
                terminal.keys("\n");
                2
            }
            "Ctrl-C" => {
                terminal.keys("\u{3}");
                130
            }
            _ => {
                terminal.keys("\u{4}");
                2
            }
        };
        let (exit, shown) = terminal.end();
        assert_eq!(exit, status, "{ends}: {shown}");
        assert!(shown.contains("pec draft edit 1"), "{ends}: {shown}");
        assert_eq!(first(&world)["to"], serde_json::json!([to]), "{ends}");
        // Nobody sends half a letter without looking.
        let sent = world.run(&["draft", "send", "1", "--yes"]);
        assert_eq!(sent.exit, 2, "{sent:?}");
        assert!(sent.err.contains("the text\n"), "{sent:?}");
        let subject = if ends == "editor" { "Richiesta" } else { "" };
        assert_eq!(
            sent.err.contains("--subject,"),
            subject.is_empty(),
            "{sent:?}"
        );
        assert_eq!(first(&world)["subject"], subject, "{ends}");
        assert_eq!(left_files(&world), 0, "{ends}");
    }
}

#[test]
fn ctrl_c_is_the_editors_while_it_runs_and_ours_again_after_it() {
    needs_terminal!();
    let world = Practising::new();
    let script = "#!/bin/sh\ntrap 'echo heard' INT\necho running\n\
                  while [ ! -e \"$0.go\" ]; do sleep 0.05; done\n\
                  printf 'Spett. Ufficio,\\nun'\\''ora di lavoro.\\n' >\"$1\"\n";
    executable(&world.path("editor"), script);
    let editor = world.path("editor").display().to_string();
    let to = world.address("delivered");
    let send = world.command(&["send", "-t", &to, "-s", "Richiesta", "--no-copy"]);
    let mut terminal = Terminal::start(&send, &[("EDITOR", &editor)], world.folder.path());
    terminal.until("running");
    terminal.keys("\u{3}");
    terminal.until("heard");
    std::fs::write(world.path("editor.go"), "").expect("a file");
    terminal.until("Send it?");
    assert_is_draft(&world);
    terminal.keys("\u{3}");
    let (exit, shown) = terminal.end();
    assert_eq!(exit, 130, "{shown}");
    kept(&world, &shown);
}

#[test]
fn what_ends_us_while_the_editor_runs_names_the_file() {
    needs_terminal!();
    let world = Practising::new();
    let script = "#!/bin/sh\nprintf 'Mezza lettera' >\"$1\"\necho running\nexec sleep 5\n";
    executable(&world.path("editor"), script);
    let editor = world.path("editor").display().to_string();
    let to = world.address("delivered");
    let send = world.command(&["send", "-t", &to, "-s", "Richiesta", "--no-copy"]);
    let terminal = Terminal::start(&send, &[("EDITOR", &editor)], world.folder.path());
    terminal.until("running");
    terminal.signal("TERM");
    terminal.until("What the editor saved is in the file");
    drop(terminal);
    assert_eq!(asides(&world), ["Mezza lettera"]);
}

#[test]
fn ctrl_c_is_the_pagers_while_it_runs() {
    needs_terminal!();
    let world = Practising::new();
    let (to, file) = (world.address("delivered"), long_text(&world));
    let send = world.command(&["send", "-t", &to, "-s", "Lettera", "--body-file", &file]);
    let pager = world.path("pager");
    let script = "#!/bin/sh\ntrap 'echo heard' INT\necho paging\n\
                  while [ ! -e \"$0.go\" ]; do sleep 0.05; done\ncat >/dev/null\n";
    executable(&pager, script);
    let variables = [("ROWS", "20"), ("PAGER", pager.to_str().expect("text"))];
    let mut terminal = Terminal::start(&send, &variables, world.folder.path());
    terminal.until("paging");
    terminal.keys("\u{3}");
    terminal.until("heard");
    std::fs::write(world.path("pager.go"), "").expect("a file");
    terminal.until("Send it?");
    terminal.keys("n\n");
    assert_eq!(terminal.end().0, 2);
}

#[test]
fn ctrl_c_while_the_mailbox_is_read_says_that_nothing_left_and_where_the_text_is() {
    needs_terminal!();
    let world = Practising::new();
    // Accepts and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let config = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    let imap = format!("localhost:{}", world.practice.imap().port());
    let away = config.replace(&imap, &format!("localhost:{port}"));
    std::fs::write(world.path("config.toml"), &away).expect("a file");
    let to = world.address("delivered");
    let send = world.command(&["send", "--yes", "-t", &to, "-s", "Richiesta", "--no-copy"]);
    let mut terminal = Terminal::start(&send, &[("EDITOR", &editor(&world))], world.folder.path());
    terminal.until("Text saved as draft 1");
    let _connected = silent.accept().expect("a connection");
    terminal.until("Still connecting to localhost");
    terminal.keys("\u{3}");
    let (exit, shown) = terminal.end();
    assert_eq!(exit, 130, "{shown}");
    assert!(shown.contains("Interrupted: nothing was sent"), "{shown}");
    kept(&world, &shown);
    std::fs::write(world.path("config.toml"), config).expect("a file");
    goes_once(&world);
}

#[test]
fn of_two_terminals_with_one_letter_neither_takes_the_text_of_the_other() {
    needs_terminal!();
    for ends in ["no", "yes", "Ctrl-C"] {
        let world = Practising::new();
        let mut terminal = written(&world);
        terminal.until("Send it?");
        // Another terminal, where the same was written, deletes the draft.
        let deleted = world.run(&["draft", "delete", "1", "--yes"]);
        assert_eq!(deleted.exit, 0, "{deleted:?}");
        let status = match ends {
            "no" => {
                terminal.keys("n\n");
                2
            }
            "yes" => {
                terminal.keys("y\n");
                2
            }
            _ => {
                terminal.keys("\u{3}");
                130
            }
        };
        let (exit, shown) = terminal.end();
        assert_eq!(exit, status, "{ends}: {shown}");
        assert!(shown.contains("in draft 2"), "{ends}: {shown}");
        assert_is_draft(&world);
    }
    // What the other one sent is in its message, and no draft invites to send it twice.
    let world = Practising::new();
    let mut terminal = written(&world);
    terminal.until("Send it?");
    let sent = world.run(&["draft", "send", "1", "--yes", "--no-copy"]);
    assert_eq!(sent.exit, 0, "{sent:?}");
    terminal.keys("y\n");
    let (exit, shown) = terminal.end();
    assert_eq!(exit, 2, "{shown}");
    assert_eq!(world.practice.taken().len(), 1);
    assert_eq!(drafts(&world), [""; 0], "{shown}");
}

#[test]
fn a_file_is_listed_unless_a_draft_says_the_same() {
    let world = Practising::new();
    let to = world.address("delivered");
    let ran = piped(&world, &["send", "-t", &to, "-s", "Richiesta"], TEXT);
    assert_eq!(ran.exit, 2, "{ran:?}");
    // As left by one that was killed after the draft was made.
    std::fs::write(world.data().join("draft-00.txt"), TEXT).expect("a file");
    let listed = world.run(&["draft", "list"]);
    assert!(!listed.out.contains("draft-00.txt"), "{listed:?}");
    std::fs::write(world.data().join("draft-00.txt"), format!("{TEXT} ")).expect("a file");
    let listed = world.run(&["draft", "list"]);
    assert!(listed.out.contains("draft-00.txt"), "{listed:?}");
}

#[test]
fn a_text_in_another_encoding_is_named_with_the_command_that_converts_it() {
    let world = Practising::new();
    let to = world.address("delivered");
    let file = world.path("lettera.txt");
    for (octets, encoding) in [
        (&b"Perch\xe9 no, citt\xe0 e virt\xf9."[..], "WINDOWS-1252"),
        (b"\xff\xfeP\0e\0r\0", "UTF-16LE"),
    ] {
        std::fs::write(&file, octets).expect("a file");
        let shown = file.display().to_string();
        let ran = world.run(&["send", "--yes", "-t", &to, "-s", "x", "--body-file", &shown]);
        assert_eq!(ran.exit, 2, "{ran:?}");
        let command = format!("iconv -f {encoding} -t UTF-8 '{shown}'");
        assert!(ran.err.contains(&command), "{ran:?}");
    }
}

#[test]
fn files_of_a_draft_are_added_and_left_out_though_one_is_gone() {
    let world = Practising::new();
    let (to, one, two) = (
        world.address("delivered"),
        world.path("uno.pdf"),
        world.path("due.pdf"),
    );
    for file in [&one, &two] {
        std::fs::write(file, "%PDF-1.7").expect("a file");
    }
    let (one, two) = (one.display().to_string(), two.display().to_string());
    let send = ["send", "-t", &to, "-s", "Richiesta", "-a", &one];
    assert_eq!(piped(&world, &send, TEXT).exit, 2);
    let attached =
        || world.run(&["draft", "show", "1", "--json"]).json()["drafts"][0]["files"].clone();
    let added = world.run(&["draft", "edit", "1", "-a", &two, "-a", &one]);
    assert_eq!(added.exit, 0, "{added:?}");
    assert_eq!(attached(), serde_json::json!([one, two]));
    std::fs::remove_file(&one).expect("gone");
    let edited = world.run(&["draft", "edit", "1", "-s", "Altro"]);
    assert_eq!(edited.exit, 0, "{edited:?}");
    assert!(edited.err.contains("--no-attach"), "{edited:?}");
    let left = world.run(&["draft", "edit", "1", "--no-attach", "uno.pdf"]);
    assert_eq!((left.exit, &*left.err), (0, ""), "{left:?}");
    assert_eq!(attached(), serde_json::json!([two]));
    let wrong = world.run(&["draft", "edit", "1", "--no-attach", "uno.pdf"]);
    assert_eq!(wrong.exit, 2, "{wrong:?}");
    assert!(wrong.err.contains(&two), "{wrong:?}");
    let missing = world.run(&["draft", "edit", "1", "-a", "manca.pdf"]);
    assert_eq!(missing.exit, 2, "{missing:?}");
    assert_eq!(attached(), serde_json::json!([two]));
}

#[test]
fn the_same_notice_from_two_accounts_and_a_draft_of_another_one_are_warned_of() {
    let world = Practising::new();
    let config = std::fs::read_to_string(world.path("config.toml")).expect("a file");
    let both = format!(
        "default = \"prova\"\n{config}{}",
        world.account("altra", &world.address("tu"))
    );
    std::fs::write(world.path("config.toml"), both).expect("a file");
    let to = world.address("delivered");
    let send = [
        "send",
        "--yes",
        "--no-copy",
        "-t",
        &to,
        "-s",
        "Richiesta",
        "-b",
        TEXT,
    ];
    let first = world.run(&send);
    assert_eq!(first.exit, 0, "{first:?}");
    assert!(!first.err.contains("from the account"), "{first:?}");
    let second = world.run(&[&["--account", "altra"], &send[..]].concat());
    assert_eq!(second.exit, 0, "{second:?}");
    assert!(second.err.contains("from the account prova"), "{second:?}");
    // A draft of the one that leaves from the other.
    let ran = piped(&world, &["send", "-t", &to, "-s", "Altra richiesta"], TEXT);
    assert_eq!(ran.exit, 2, "{ran:?}");
    let draft = ["draft", "send", "1", "--dry-run"];
    for (account, is_other) in [("prova", false), ("altra", true)] {
        let ran = world.run(&[&["--account", account], &draft[..]].concat());
        assert_eq!(ran.exit, 0, "{ran:?}");
        let words = "was written for the account io@";
        assert_eq!(ran.err.contains(words), is_other, "{ran:?}");
    }
    let ran = world.run(&[
        "--account",
        "altra",
        "draft",
        "send",
        "1",
        "--yes",
        "--no-copy",
    ]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(ran.err.contains("written for the account io@"), "{ran:?}");
}

/// What has the subject of another message and not its words is no copy of it.
#[test]
fn a_message_in_a_file_stays_where_only_its_subject_went() {
    let world = Practising::new();
    let message = |words: &str| {
        format!(
            "From: {}\r\nTo: {}\r\nSubject: Pronto\r\n\r\n{words}\r\n",
            world.address("io"),
            world.address("delivered")
        )
    };
    let send = ["send", "--yes", "--no-copy", "--eml", "-"];
    assert_eq!(piped(&world, &send, &message("Uno.")).exit, 0);
    std::fs::write(world.path("password"), "sbagliata").expect("a file");
    let ran = piped(&world, &send, &message("Due."));
    assert_eq!(ran.exit, 5, "{ran:?}");
    assert_eq!(asides(&world), [message("Due.")]);
    // The same once more needs no place: it is in the first one's message.
    std::fs::write(world.path("password"), PASSWORD).expect("a file");
    let ran = piped(&world, &send, &message("Uno."));
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert_eq!(asides(&world), [message("Due.")]);
}

#[test]
fn who_has_chosen_no_editor_is_told_which_one_opens_and_how_to_leave_it() {
    needs_terminal!();
    let world = Practising::new();
    let bin = world.path("bin");
    std::fs::create_dir(&bin).expect("a folder");
    std::fs::rename(editor(&world), bin.join("vim.basic")).expect("a file");
    std::os::unix::fs::symlink(bin.join("vim.basic"), bin.join("editor")).expect("a link");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", bin.display());
    let to = world.address("delivered");
    let send = world.command(&["send", "-t", &to, "-s", "Richiesta", "--no-copy"]);
    for (chosen, is_told) in [("", true), ("editor", false)] {
        let variables = [("EDITOR", chosen), ("PATH", &*path)];
        let mut terminal = Terminal::start(&send, &variables, world.folder.path());
        terminal.until("Send it?");
        terminal.keys("n\n");
        let (_, shown) = terminal.end();
        assert_eq!(
            shown.contains("Opening the editor vim: press i"),
            is_told,
            "{shown}"
        );
    }
}
