//! What a user sees of a mailbox whose server gives less than it lists, ends the line, does not
//! tell of news, or writes its lists in its own way: everything that can be read is read, what
//! cannot is told, remembered and asked for again.
//!
//! The habits are those of servers in use, by the reports of their users.

mod support;

use std::time::{Duration, Instant};

use postacert::address::MailAddress;
use postacert::ledger::{Ledger, Place};
use postacert::secret::Secret;
use postacert::transport::imap::ImapMailbox;
use postacert::transport::{Login, Mailbox, Roots, Timeouts};
use support::cms::{Attribute, Order};
use support::der;
use support::practising::{PASSWORD, Practising, Ran};
use support::receipt::{Kind, Receipt};
use support::shelf::{Give, Part, Server, Shelf};
use support::tls;

/// A message that was sent, and a server of its own for the receipts: the acceptance has UID 1,
/// the delivery UID 2.
struct Read {
    world: Practising,
    message: String,
    server: Server,
}

/// The receipts of all that was sent, as the provider made them.
fn receipts(world: &Practising) -> Vec<Vec<u8>> {
    assert!(world.practice.wait_until_idle(Duration::from_secs(20)));
    let login = Login {
        user: world.address("io"),
        password: Secret::new(PASSWORD.to_owned()),
    };
    let roots = Roots::BuiltInAnd(world.practice.ca_pem().into_bytes());
    let endpoint = postacert::transport::Endpoint {
        host: "localhost".to_owned(),
        port: world.practice.imap().port(),
        security: postacert::transport::Security::Tls,
    };
    let mut mailbox = ImapMailbox::connect(&endpoint, &roots, &login, Timeouts::default())
        .expect("the practice provider");
    mailbox.examine("INBOX").expect("an INBOX");
    let uids = mailbox.uids(1..=u32::MAX).expect("a list");
    let all = mailbox.fetch(&uids).whole().expect("all");
    all.into_iter().map(|message| message.octets).collect()
}

fn set_imap(world: &Practising, port: u16) {
    let file = world.path("config.toml");
    let text = std::fs::read_to_string(&file).expect("a file");
    let lines = text.lines().map(|line| match line.starts_with("imap = ") {
        true => format!("imap = \"localhost:{port}\""),
        false => line.to_owned(),
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    std::fs::write(&file, text).expect("a file");
    let root = String::from_utf8(tls::root()).expect("PEM");
    let both = format!("{}\n{root}", world.practice.ca_pem());
    std::fs::write(world.path("ca.pem"), both).expect("a file");
}

impl Read {
    fn new() -> Self {
        Self::with(|_| {})
    }

    /// The server is made so before it is asked for the first time.
    fn with(change: impl FnOnce(&mut Shelf)) -> Self {
        let world = Practising::new();
        let message = world.send("Avviso", &["delivered"]);
        let mut shelf = Shelf::with(receipts(&world));
        assert_eq!(shelf.folder("INBOX").len(), 2);
        change(&mut shelf);
        let server = shelf.serve();
        set_imap(&world, server.port);
        Self {
            world,
            message,
            server,
        }
    }

    /// One whose server gives a message so, until it is made well.
    fn giving(uid: u32, part: Part, give: Give) -> Self {
        Self::with(|shelf| {
            shelf.give = Box::new(move |asked, of| match (asked, of) == (uid, part) {
                true => give,
                false => Give::Whole,
            });
        })
    }

    fn make_well(&self) {
        self.server.shelf().give = Box::new(|_, _| Give::Whole);
    }

    fn sync(&self) -> Ran {
        self.world.run(&["sync"])
    }

    fn standing(&self) -> String {
        self.world.standings(&self.message)[0].1.clone()
    }
}

#[test]
fn what_a_server_lists_and_does_not_give_is_told_remembered_and_read_when_it_comes() {
    for (part, give, words) in [
        (Part::Octets, Give::Nil, "does not deliver it"),
        (Part::Octets, Give::Empty, "does not deliver it"),
        (Part::Octets, Give::Nothing, "does not deliver it"),
        (Part::Octets, Give::Cut(700), "incomplete"),
        (Part::Octets, Give::No, "refuses it: FETCH: [SERVERBUG]"),
        (
            Part::Octets,
            Give::NoHere,
            "refuses it: FETCH: Some messages",
        ),
        (
            Part::Octets,
            Give::Bye,
            "closes the connection when it is requested",
        ),
        (
            Part::Octets,
            Give::ByeAtOnce,
            "closes the connection when it is requested",
        ),
        (Part::Octets, Give::CutLine, "closed by the server"),
        (
            Part::Header,
            Give::Bye,
            "closes the connection when it is requested",
        ),
        (
            Part::Header,
            Give::ByeAtOnce,
            "closes the connection when it is requested",
        ),
    ] {
        for (uid, read) in [(1, "delivered"), (2, "accepted")] {
            let case = format!("{part:?} {give:?} {uid}");
            let one = Read::giving(uid, part, give);
            let first = one.sync();
            assert_eq!(one.standing(), read, "{case}: {first:?}");
            let exit = if matches!(give, Give::Cut(_)) { 1 } else { 4 };
            assert_eq!(first.exit, exit, "{case}: {first:?}");
            let told = format!("INBOX, UID {uid}");
            assert!(first.err.contains(&told), "{case}: {first:?}");
            assert!(first.err.contains(words), "{case}: {first:?}");
            let listed = one.world.run(&["status", "--json"]).json();
            assert_eq!(listed["totals"]["unread"], 1, "{case}: {listed}");
            // Nobody thinks at the next look that all is well.
            let second = one.sync();
            assert_eq!(second.exit, 4, "{case}: {second:?}");
            assert!(second.err.contains(&told), "{case}: {second:?}");
            one.make_well();
            let third = one.sync();
            assert_eq!(third.exit, 0, "{case}: {third:?}");
            assert_eq!(one.standing(), "delivered", "{case}: {third:?}");
            let facts = one.world.run(&["status", &one.message]);
            assert_eq!(facts.exit, 0, "{case}: {facts:?}");
            assert!(!third.err.contains("unread"), "{case}: {third:?}");
            // What was cut is no receipt that was not proved.
            let unproved = one.world.run(&["status", "--unproven"]);
            assert!(!unproved.out.contains("UID"), "{case}: {unproved:?}");
        }
    }
}

#[test]
fn a_header_that_does_not_come_hides_no_message() {
    for give in [
        Give::Nil,
        Give::Nothing,
        Give::Unnumbered,
        Give::No,
        Give::NoHere,
    ] {
        for uid in [1, 2] {
            let one = Read::giving(uid, Part::Header, give);
            let synced = one.sync();
            assert_eq!(synced.exit, 0, "{give:?} {uid}: {synced:?}");
            assert_eq!(one.standing(), "delivered", "{give:?} {uid}: {synced:?}");
        }
    }
}

#[test]
fn a_message_that_comes_at_the_second_time_costs_nothing() {
    for give in [
        Give::Nil,
        Give::NoHere,
        Give::Cut(1),
        Give::Bye,
        Give::CutLine,
    ] {
        let one = Read::new();
        let mut asked = 0;
        one.server.shelf().give = Box::new(move |uid, part| {
            asked += u32::from((uid, part) == (2, Part::Octets));
            match (uid, part, asked) {
                (2, Part::Octets, 1) => give,
                _ => Give::Whole,
            }
        });
        let synced = one.sync();
        let read = (synced.exit, &*one.standing());
        assert_eq!(read, (0, "delivered"), "{give:?} {synced:?}");
    }
}

#[test]
fn a_message_that_is_gone_is_no_message_that_is_unread() {
    let one = Read::new();
    one.server.shelf().give = Box::new(|uid, part| match (uid, part) {
        (2, Part::Octets) => Give::Nothing,
        _ => Give::Whole,
    });
    assert_eq!(one.sync().exit, 4);
    one.server.shelf().folder("INBOX").remove(&2);
    let synced = one.sync();
    assert_eq!(synced.exit, 0, "{synced:?}");
    assert_eq!(one.standing(), "accepted");
}

#[test]
fn what_a_folder_held_that_is_gone_is_asked_for_no_more() {
    let one = Read::with(|shelf| {
        let receipt = shelf.folder("INBOX").remove(&2).expect("a receipt");
        shelf.folder("Ricevute").insert(2, receipt);
        shelf.give = Box::new(|uid, part| match (uid, part) {
            (2, Part::Octets) => Give::Nil,
            _ => Give::Whole,
        });
    });
    let synced = one.sync();
    assert!(synced.err.contains("Ricevute, UID 2"), "{synced:?}");
    // It may only be closed for now.
    let refused = ("Ricevute".to_owned(), "TAG NO [INUSE] dopo".to_owned());
    one.server.shelf().refuses_folder.extend([refused]);
    assert!(one.sync().err.contains("Ricevute, UID 2"));
    one.server.shelf().refuses_folder.clear();
    one.server
        .shelf()
        .folders
        .retain(|(name, _)| name != "Ricevute");
    let synced = one.sync();
    assert_eq!(synced.exit, 0, "{synced:?}");
}

#[test]
fn habits_of_servers_are_read() {
    for give in [Give::BlankLine, Give::NoDate, Give::Unnumbered] {
        let one = Read::with(|shelf| {
            shelf.give = Box::new(move |_, part| match part {
                Part::Octets => give,
                Part::Header => Give::Whole,
            });
        });
        let synced = one.sync();
        // Without a number only one that is asked for alone is known.
        assert_eq!(
            (synced.exit, &*one.standing()),
            (0, "delivered"),
            "{give:?} {synced:?}"
        );
        assert!(!synced.err.contains("panicked"), "{synced:?}");
    }
    // A size over 32 bits is one that no provider carries: told, and the others are read.
    let one = Read::giving(1, Part::Header, Give::Huge);
    let synced = one.sync();
    assert_eq!(
        (synced.exit, &*one.standing()),
        (1, "delivered"),
        "{synced:?}"
    );
    assert!(
        synced.out.contains("larger than any provider"),
        "{synced:?}"
    );
}

#[test]
fn one_that_ends_the_line_is_got_past_among_many() {
    for (bad, at_once) in [(1, false), (37, false), (60, false), (37, true)] {
        let one = Read::with(|shelf| {
            let receipts: Vec<Vec<u8>> = shelf.folder("INBOX").values().cloned().collect();
            for uid in 1..=58 {
                let mail = format!("From: a@b.example\r\nSubject: {uid}\r\n\r\nx\r\n");
                shelf.folder("INBOX").insert(uid, mail.into_bytes());
            }
            shelf.folder("INBOX").insert(59, receipts[0].clone());
            shelf.folder("INBOX").insert(61, receipts[1].clone());
            if bad == 60 {
                shelf
                    .folder("INBOX")
                    .insert(60, b"From: a@b.example\r\n\r\nx\r\n".to_vec());
            }
            let give = if at_once { Give::ByeAtOnce } else { Give::Bye };
            shelf.give = Box::new(move |uid, _| if uid == bad { give } else { Give::Whole });
        });
        let synced = one.sync();
        assert_eq!(
            (synced.exit, &*one.standing()),
            (4, "delivered"),
            "{bad}: {synced:?}"
        );
        let connections = one.server.shelf().connections;
        let most = if at_once { 12 } else { 4 };
        assert!(connections <= most, "{bad}: {connections} connections");
        // From now on it costs one, for asking again.
        let again = one.sync();
        assert_eq!(again.exit, 4, "{again:?}");
        let more = one.server.shelf().connections - connections;
        assert!(more <= 2, "{bad}: {more} more connections");
    }
}

#[test]
fn a_server_that_ends_every_line_is_left_alone_soon() {
    let one = Read::with(|shelf| shelf.give = Box::new(|_, _| Give::Bye));
    let synced = one.sync();
    assert_eq!(synced.exit, 4, "{synced:?}");
    assert!(one.server.shelf().connections <= 4);
    one.make_well();
    let synced = one.sync();
    assert_eq!(
        (synced.exit, &*one.standing()),
        (0, "delivered"),
        "{synced:?}"
    );
}

#[test]
fn a_number_below_what_was_read_is_found_when_it_appears() {
    // Near, and so far below that only the count of messages tells.
    for (late, others) in [(2, 0), (2, 700)] {
        let one = Read::new();
        let receipts: Vec<Vec<u8>> = one
            .server
            .shelf()
            .folder("INBOX")
            .values()
            .cloned()
            .collect();
        {
            let mut shelf = one.server.shelf();
            let inbox = shelf.folder("INBOX");
            inbox.remove(&2);
            let mail = b"From: a@b.example\r\nSubject: x\r\n\r\nx\r\n";
            (3..=3 + others).for_each(|uid| drop(inbox.insert(uid, mail.to_vec())));
        }
        assert_eq!(one.sync().exit, 0);
        assert_eq!(one.standing(), "accepted");
        one.server
            .shelf()
            .folder("INBOX")
            .insert(late, receipts[1].clone());
        let synced = one.sync();
        assert_eq!(
            (synced.exit, &*one.standing()),
            (0, "delivered"),
            "{others}: {synced:?}"
        );
        // It is read once, and then as cheaply as before.
        one.server.shelf().commands.clear();
        assert_eq!(one.sync().exit, 0);
        assert_eq!(one.server.shelf().count("UID FETCH"), 0);
    }
}

#[test]
fn a_folder_is_read_anew_when_somebody_asks_for_it() {
    let one = Read::new();
    assert_eq!(one.sync().exit, 0);
    for (again, fetches) in [
        (&["sync"][..], 0),
        (&["sync", "--again"], 1),
        (&["sync", "--again", "inbox"], 1),
        (&["sync", "--again", "INBOX", "--again", "INBOX"], 1),
    ] {
        one.server.shelf().commands.clear();
        let read = one.world.run(again);
        assert_eq!(read.exit, 0, "{again:?} {read:?}");
        assert_eq!(read.out, "", "{again:?} {read:?}");
        assert_eq!(
            one.server.shelf().count("UID FETCH 1,2"),
            fetches,
            "{again:?}"
        );
    }
    assert_eq!(one.standing(), "delivered");
    // One that is not there is told, and the others are read.
    let read = one.world.run(&["sync", "--again", "Altro"]);
    assert_eq!(read.exit, 4, "{read:?}");
    assert!(
        read.err.contains("cannot read the folder Altro"),
        "{read:?}"
    );
}

/// RFC 7162, 3.1.2: who numbers changes tells the number of the last one with EXAMINE.
#[test]
fn where_the_server_numbers_changes_a_folder_without_news_costs_one_question() {
    const NUMBERED: &str = "* OK [UIDVALIDITY #] x\n* OK [HIGHESTMODSEQ 5] x";
    for (capabilities, lines, searches) in [
        ("IMAP4rev1 CONDSTORE", NUMBERED, 0),
        ("IMAP4rev1 QRESYNC", NUMBERED, 0),
        // One that keeps no numbers of this folder, and one that did not say that it does.
        (
            "IMAP4rev1 CONDSTORE",
            "* OK [UIDVALIDITY #] x\n* OK [NOMODSEQ] x",
            1,
        ),
        ("IMAP4rev1", NUMBERED, 1),
    ] {
        let one = Read::with(|shelf| {
            shelf.capabilities = capabilities;
            shelf.validity = lines;
            let delivery = shelf.folder("INBOX").remove(&2).expect("a receipt");
            shelf.folder("INBOX.Ricevute").insert(1, delivery);
            shelf.folder("INBOX.Vuota.Ricevute");
        });
        assert_eq!(one.sync().exit, 0);
        assert_eq!(one.standing(), "delivered");
        one.server.shelf().commands.clear();
        assert_eq!(one.sync().exit, 0);
        let shelf = one.server.shelf();
        assert_eq!(shelf.count("EXAMINE"), 3, "{capabilities}");
        // The empty one is never searched.
        assert_eq!(shelf.count("UID"), 2 * searches, "{capabilities} {lines}");
        let others = ["LOGIN", "LIST", "LOGOUT"];
        let all = others
            .iter()
            .map(|command| shelf.count(command))
            .sum::<usize>();
        assert_eq!(all + 3 + 2 * searches, shelf.commands.len());
    }
}

#[test]
fn an_odd_line_of_the_list_costs_its_folder_and_no_other() {
    for line in [
        &b"INBOX.Da\tOggetto\tRicevuto"[..],
        b"INBOX.Posta in uscita",
        b"INBOX.[Gare]",
        b"\"INBOX.ab\"cd\"",
        b"\"INBOX.foo\\bar\"",
        b"\"INBOX.Citt\xc3\xa0\"",
        b"\"INBOX.Citt\xe0\"",
        b"\"\"",
        b"",
    ] {
        let one = Read::with(|shelf| shelf.odd_lines.push(line.to_vec()));
        let synced = one.sync();
        let shown = String::from_utf8_lossy(line).into_owned();
        assert_eq!(
            (synced.exit, &*one.standing()),
            (0, "delivered"),
            "{shown}: {synced:?}"
        );
        let odd = line.contains(&b'\t') || line.ends_with(b"cd\"") || line.len() < 3;
        let told = synced.err.contains("names no recognisable folder");
        assert_eq!(told, odd, "{shown}: {synced:?}");
    }
}

#[test]
fn a_folder_named_in_utf_8_is_read() {
    let one = Read::with(|shelf| {
        let receipt = shelf.folder("INBOX").remove(&2).expect("a receipt");
        shelf.folder("Città.Ricevute").insert(1, receipt);
    });
    let synced = one.sync();
    assert_eq!(
        (synced.exit, &*one.standing()),
        (0, "delivered"),
        "{synced:?}"
    );
}

#[test]
fn inbox_is_read_where_the_server_lists_nothing() {
    let one = Read::with(|shelf| shelf.refuses_list = Some("TAG NO LIST non riuscita"));
    let synced = one.sync();
    assert_eq!(
        (synced.exit, &*one.standing()),
        (4, "delivered"),
        "{synced:?}"
    );
    assert!(
        synced.err.contains("does not list its folders"),
        "{synced:?}"
    );
}

#[test]
fn a_folder_without_lasting_numbers_keeps_no_other_back() {
    let one = Read::with(|shelf| {
        shelf.folder("INBOX.Ricevute");
        let answer = "* 3 EXISTS\nTAG OK done";
        shelf
            .refuses_folder
            .insert("INBOX.Ricevute".to_owned(), answer.to_owned());
    });
    let synced = one.sync();
    assert_eq!(
        (synced.exit, &*one.standing()),
        (4, "delivered"),
        "{synced:?}"
    );
    assert!(synced.err.contains("UIDVALIDITY"), "{synced:?}");
    // In whatever letters they are told, they count.
    let one = Read::with(|shelf| shelf.validity = "* ok [UidValidity #]");
    let synced = one.sync();
    assert_eq!(
        (synced.exit, &*one.standing()),
        (0, "delivered"),
        "{synced:?}"
    );
    let one = Read::with(|shelf| shelf.validity = "* OK [UIDVALIDITY 4294967296] x");
    assert_eq!(one.sync().exit, 4);
}

#[test]
fn a_server_that_does_not_search_is_read() {
    let one = Read::with(|shelf| shelf.searches = false);
    for _ in 0..2 {
        let synced = one.sync();
        assert_eq!(
            (synced.exit, &*one.standing()),
            (0, "delivered"),
            "{synced:?}"
        );
    }
    // What does not come is remembered there too.
    let one = Read::with(|shelf| {
        shelf.searches = false;
        shelf.give = Box::new(|uid, part| match (uid, part) {
            (2, Part::Octets) => Give::Nil,
            _ => Give::Whole,
        });
    });
    assert_eq!(one.sync().exit, 4);
    one.make_well();
    let synced = one.sync();
    assert_eq!(
        (synced.exit, &*one.standing()),
        (0, "delivered"),
        "{synced:?}"
    );
}

/// Ordinary mail of anybody, signed so that judging it once took minutes: 1.8 MB of attributes.
fn hostile() -> Vec<u8> {
    let attributes = (0..120_000_u64).map(|n| Attribute {
        oid: "1.3.6.1.4.1.55555.1",
        values: vec![der::number(n)],
        behind: Vec::new(),
    });
    Receipt::new(Kind::Acceptance)
        .message()
        .signer(|mut signer, _| {
            signer.order = Order::AsGiven;
            signer
                .attributes
                .iter_mut()
                .for_each(|list| list.extend(attributes.clone()));
            signer
        })
        .to_eml()
}

#[test]
fn a_mail_made_to_stop_the_reading_does_not() {
    let one = Read::with(|shelf| {
        let inbox = shelf.folder("INBOX");
        let receipts: Vec<Vec<u8>> = inbox.values().cloned().collect();
        inbox.insert(1, hostile());
        inbox.extend((2..).zip(receipts));
        assert!(inbox[&1].len() > 1_800_000);
    });
    let begun = Instant::now();
    let synced = one.sync();
    let took = begun.elapsed();
    assert_eq!(
        (synced.exit, &*one.standing()),
        (1, "delivered"),
        "{synced:?}"
    );
    // Without optimization, and beside other tests.
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn a_message_over_which_the_program_died_stops_nobody() {
    let one = Read::new();
    let place = Place {
        folder: "INBOX".to_owned(),
        uid_validity: 7,
        uid: 1,
    };
    let now = support::practising::now();
    let account = MailAddress::new(&one.world.address("io"));
    let mut ledger = Ledger::open(&one.world.data()).expect("a ledger");
    ledger.judging(&account, &place, now).expect("written");
    // While that process lives, it is not this one's business.
    let synced = one.sync();
    assert_eq!(
        (synced.exit, &*one.standing()),
        (0, "delivered"),
        "{synced:?}"
    );
    drop(ledger);
    let synced = one.sync();
    assert_eq!(synced.exit, 4, "{synced:?}");
    assert!(
        synced.err.contains("ended while verifying it"),
        "{synced:?}"
    );
    // Not again by itself, but when somebody asks for it.
    assert_eq!(one.sync().exit, 4);
    let again = one.world.run(&["sync", "--again"]);
    assert_eq!(again.exit, 0, "{again:?}");
}

// Waiting.

/// A wait of eight seconds, and when it ended.
fn wait(one: &Read, during: impl FnOnce(&Server)) -> (Ran, Duration) {
    let begun = Instant::now();
    let arguments = ["wait", &one.message, "--timeout", "12s", "--poll", "1s"];
    let child = one
        .world
        .command(&arguments)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    // What happens while it waits begins with its first look.
    let deadline = Instant::now() + Duration::from_secs(20);
    while one.server.shelf().count("EXAMINE") == 0 && Instant::now() < deadline {
        std::thread::yield_now();
    }
    during(&one.server);
    let ran = Ran::of(child.wait_with_output().expect("an end"));
    (ran, begun.elapsed())
}

/// Takes the receipts away, to be put back later.
fn hide(one: &Read) -> std::collections::BTreeMap<u32, Vec<u8>> {
    std::mem::take(one.server.shelf().folder("INBOX"))
}

#[test]
fn what_no_server_tells_of_is_seen_at_the_next_look() {
    for capabilities in ["IMAP4rev1 IDLE", "IMAP4rev1"] {
        let one = Read::with(|shelf| shelf.capabilities = capabilities);
        let receipts = hide(&one);
        let (waited, took) = wait(&one, |server| {
            *server.shelf().folder("INBOX") = receipts;
        });
        assert_eq!(waited.exit, 0, "{capabilities}: {waited:?}");
        assert!(took < Duration::from_secs(7), "{capabilities}: {took:?}");
    }
}

#[test]
fn before_it_says_that_it_still_waits_it_looks_once_more() {
    let one = Read::with(|shelf| shelf.capabilities = "IMAP4rev1 IDLE");
    let receipts = hide(&one);
    let arguments = ["wait", &one.message, "--timeout", "2s", "--poll", "60s"];
    let child = one
        .world
        .command(&arguments)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let deadline = Instant::now() + Duration::from_secs(20);
    while one.server.shelf().count("IDLE") == 0 && Instant::now() < deadline {
        std::thread::yield_now();
    }
    *one.server.shelf().folder("INBOX") = receipts;
    let waited = Ran::of(child.wait_with_output().expect("an end"));
    assert_eq!(waited.exit, 0, "{waited:?}");
}

#[test]
fn on_a_dead_line_it_ends_when_it_said_and_asks_by_another() {
    for capabilities in ["IMAP4rev1 IDLE", "IMAP4rev1"] {
        let one = Read::with(|shelf| shelf.capabilities = capabilities);
        let receipts = hide(&one);
        let (waited, took) = wait(&one, |server| {
            let mut shelf = server.shelf();
            *shelf.folder("INBOX") = receipts;
            shelf.dead_before = shelf.connections + 1;
        });
        assert_eq!(waited.exit, 0, "{capabilities}: {waited:?}");
        assert!(took < Duration::from_secs(19), "{capabilities}: {took:?}");
    }
    // Nobody answers any more: it says so, and ends.
    let one = Read::with(|shelf| shelf.capabilities = "IMAP4rev1 IDLE");
    hide(&one);
    let (waited, took) = wait(&one, |server| server.shelf().dead_before = usize::MAX);
    assert_eq!(waited.exit, 3, "{waited:?}");
    assert!(
        waited.err.contains("Cannot check the mailbox"),
        "{waited:?}"
    );
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn who_still_waits_is_told_that_a_receipt_may_be_unread() {
    let one = Read::giving(2, Part::Octets, Give::Nil);
    let (waited, _) = wait(&one, |_| {});
    assert_eq!(waited.exit, 3, "{waited:?}");
    assert!(
        waited.err.contains("unread messages in the mailbox: 1"),
        "{waited:?}"
    );
}

#[test]
fn a_folder_for_receipts_that_is_made_while_it_watches_is_read() {
    let one = Read::new();
    let receipts = hide(&one);
    let (waited, _) = wait(&one, |server| {
        *server.shelf().folder("Ricevute") = receipts;
    });
    assert_eq!(waited.exit, 0, "{waited:?}");
}

#[test]
fn trouble_with_a_folder_is_told_again_when_it_changes() {
    let one = Read::with(|shelf| {
        shelf.folder("Ricevute");
        let answer = "TAG NO [SERVERBUG] Internal error [2026-11-28 10:00:00]";
        let answer = answer.to_owned();
        shelf.refuses_folder.insert("Ricevute".to_owned(), answer);
    });
    hide(&one);
    let (waited, _) = wait(&one, |server| {
        let looks = |server: &Server| server.shelf().count("EXAMINE \"Ricevute\"");
        let deadline = Instant::now() + Duration::from_secs(20);
        while looks(server) < 2 && Instant::now() < deadline {
            std::thread::yield_now();
        }
        // The same at another hour is no news, another reason is.
        let mut shelf = server.shelf();
        let answer = "TAG NO [NOPERM] Permission denied".to_owned();
        shelf.refuses_folder.insert("Ricevute".to_owned(), answer);
    });
    assert_eq!(waited.err.matches("SERVERBUG").count(), 1, "{waited:?}");
    assert_eq!(waited.err.matches("NOPERM").count(), 1, "{waited:?}");
}
