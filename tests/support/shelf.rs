//! An IMAP server that keeps a shelf of messages and is right in all but what a test tells it:
//! what it gives of a message, how it lists folders, whether it tells of news, whether it still
//! answers.
//!
//! ```ignore
//! let server = Shelf::with(messages).serve();
//! server.shelf().give = Box::new(|uid, part| match (uid, part) {
//!     (2, Part::Octets) => Give::Nil,
//!     _ => Give::Whole,
//! });
//! ```

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use postacert::transport::Security;

use super::scripted::Peer;
use super::tls;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Header,
    Octets,
}

/// How the server answers for one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Give {
    Whole,
    /// `NIL` in the place of the octets.
    Nil,
    /// An empty string.
    Empty,
    /// No answer for it, and then OK.
    Nothing,
    /// So many octets less.
    Cut(usize),
    /// The answer is there, without UID.
    Unnumbered,
    /// The whole command is refused before anything comes.
    No,
    /// The command is refused when it comes to this one.
    NoHere,
    /// The session ends when it comes to this one.
    Bye,
    /// The session ends before anything comes.
    ByeAtOnce,
    /// The line is cut in the middle of this one.
    CutLine,
    /// The octets are followed by a line end that should not be there.
    BlankLine,
    /// The date is `NIL`.
    NoDate,
    /// The size is over 32 bits.
    Huge,
}

/// How many messages, and what is wrong with them.
pub struct Shelf {
    /// Folders in the order in which they are listed.
    pub folders: Vec<(String, BTreeMap<u32, Vec<u8>>)>,
    pub give: Box<dyn FnMut(u32, Part) -> Give + Send>,
    pub capabilities: &'static str,
    /// Further lines of LIST, as they go out.
    pub odd_lines: Vec<Vec<u8>>,
    /// The answer to LIST in the place of the right one.
    pub refuses_list: Option<&'static str>,
    /// How UIDVALIDITY is told; `#` is its value.
    pub validity: &'static str,
    /// The answer to EXAMINE of a folder in the place of the right one.
    pub refuses_folder: BTreeMap<String, String>,
    /// Whether UID SEARCH is known.
    pub searches: bool,
    /// Connections that began before this one get no answer any more.
    pub dead_before: usize,
    /// Connections so far.
    pub connections: usize,
    /// All commands of all connections.
    pub commands: Vec<String>,
}

impl Shelf {
    /// An INBOX with these messages, UIDs from 1.
    pub fn with<T: Into<Vec<u8>>>(messages: impl IntoIterator<Item = T>) -> Self {
        let messages = (1..).zip(messages.into_iter().map(Into::into)).collect();
        Self {
            folders: vec![("INBOX".to_owned(), messages)],
            give: Box::new(|_, _| Give::Whole),
            capabilities: "IMAP4rev1",
            odd_lines: Vec::new(),
            refuses_list: None,
            validity: "* OK [UIDVALIDITY #] x",
            refuses_folder: BTreeMap::new(),
            searches: true,
            dead_before: 0,
            connections: 0,
            commands: Vec::new(),
        }
    }

    /// The messages of a folder, which is made if need be.
    pub fn folder(&mut self, name: &str) -> &mut BTreeMap<u32, Vec<u8>> {
        let at = self.folders.iter().position(|(known, _)| known == name);
        let at = at.unwrap_or_else(|| {
            self.folders.push((name.to_owned(), BTreeMap::new()));
            self.folders.len() - 1
        });
        &mut self.folders[at].1
    }

    /// How many commands began so.
    pub fn count(&self, start: &str) -> usize {
        let commands = self.commands.iter();
        commands
            .filter(|command| command.starts_with(start))
            .count()
    }

    /// Puts it on the network.
    pub fn serve(self) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let shelf = Arc::new(Mutex::new(self));
        let ended = Arc::new(AtomicBool::new(false));
        let certificate = tls::certificate(&["localhost"], &[[127, 0, 0, 1]]);
        let configuration = Arc::new(tls::configuration(certificate));
        let (shared, over) = (shelf.clone(), ended.clone());
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (shelf, configuration) = (shared.clone(), configuration.clone());
                std::thread::spawn(move || {
                    let mut peer = Peer::new(socket, configuration, Security::Tls);
                    Session::new(&shelf).talk(&mut peer);
                });
            }
        });
        Server { port, shelf, ended }
    }
}

/// The server; it ends when it is dropped.
pub struct Server {
    pub port: u16,
    shelf: Arc<Mutex<Shelf>>,
    ended: Arc<AtomicBool>,
}

impl Server {
    pub fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(|held| held.into_inner())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

/// What one connection knows.
struct Session<'a> {
    shelf: &'a Mutex<Shelf>,
    number: usize,
    open: Option<String>,
}

/// Whether the connection goes on.
type Goes = bool;

impl<'a> Session<'a> {
    fn new(shelf: &'a Mutex<Shelf>) -> Self {
        let mut one = Self {
            shelf,
            number: 0,
            open: None,
        };
        one.number = one.with(|shelf| {
            shelf.connections += 1;
            shelf.connections
        });
        one
    }

    fn with<T>(&self, act: impl FnOnce(&mut Shelf) -> T) -> T {
        act(&mut self.shelf.lock().unwrap_or_else(|held| held.into_inner()))
    }

    fn talk(&mut self, peer: &mut Peer) {
        let capabilities = self.with(|shelf| shelf.capabilities);
        peer.say(&format!("* OK [CAPABILITY {capabilities}] prova"));
        while let Some(command) = peer.command() {
            let dead = self.with(|shelf| {
                shelf.commands.push(command.clone());
                self.number < shelf.dead_before
            });
            if !dead && !self.answer(peer, &command) {
                return;
            }
        }
    }

    fn answer(&mut self, peer: &mut Peer, command: &str) -> Goes {
        let words: Vec<&str> = command.split(' ').collect();
        match words.as_slice() {
            ["LOGIN", ..] => {
                let capabilities = self.with(|shelf| shelf.capabilities);
                peer.say(&format!("TAG OK [CAPABILITY {capabilities}] in"));
            }
            ["LIST", ..] => self.list(peer),
            ["EXAMINE", ..] => self.examine(peer, command),
            ["UID", "FETCH", set, ..] => return self.fetch(peer, set, command),
            ["UID", "SEARCH", ..] if !self.with(|shelf| shelf.searches) => {
                peer.say("TAG BAD what");
            }
            ["UID", "SEARCH", "UID", set] => self.search(peer, |uid, _| is_in(set, uid)),
            ["UID", "SEARCH", "HEADER", _, text] => {
                let text = text.trim_matches('"').as_bytes().to_vec();
                self.search(peer, |_, octets| {
                    memchr::memmem::find(octets, &text).is_some()
                });
            }
            // Never tells, and neither does NOOP.
            ["IDLE"] => peer.say("+ idling"),
            ["DONE"] | ["NOOP"] => peer.say("TAG OK done"),
            ["LOGOUT"] => {
                peer.say("* BYE bye\nTAG OK done");
                return false;
            }
            _ => peer.say("TAG BAD what"),
        }
        true
    }

    fn list(&self, peer: &mut Peer) {
        let (names, odd, refuses) = self.with(|shelf| {
            let names: Vec<String> = shelf.folders.iter().map(|(name, _)| name.clone()).collect();
            (names, shelf.odd_lines.clone(), shelf.refuses_list)
        });
        if let Some(answer) = refuses {
            return peer.say(answer);
        }
        for line in odd {
            peer.say_octets(&[b"* LIST () \".\" ", &line[..], b"\r\n"].concat());
        }
        for name in names {
            peer.say(&format!("* LIST () \".\" \"{name}\""));
        }
        peer.say("TAG OK done");
    }

    fn examine(&mut self, peer: &mut Peer, command: &str) {
        let name = command["EXAMINE ".len()..].trim_end_matches(" (CONDSTORE)");
        let name = name.trim_matches('"').to_owned();
        let answer = self.with(|shelf| {
            if let Some(refused) = shelf.refuses_folder.get(&name) {
                return refused.clone();
            }
            let number = shelf.folders.iter().position(|(known, _)| *known == name);
            let Some(number) = number else {
                return "TAG NO [NONEXISTENT] no such folder".to_owned();
            };
            let messages = &shelf.folders[number].1;
            let next = messages.keys().next_back().map_or(1, |uid| uid + 1);
            let validity = shelf.validity.replace('#', &(7 + number).to_string());
            format!(
                "* {} EXISTS\n{validity}\n* OK [UIDNEXT {next}] x\nTAG OK done",
                messages.len()
            )
        });
        peer.say(&answer);
        self.open = Some(name);
    }

    fn search(&self, peer: &mut Peer, fits: impl Fn(u32, &[u8]) -> bool) {
        let name = self.open.clone().expect("a folder is open");
        let found: Vec<String> = self.with(|shelf| {
            let messages = shelf.folder(&name).iter();
            let messages = messages.filter(|(uid, octets)| fits(**uid, octets));
            messages.map(|(uid, _)| uid.to_string()).collect()
        });
        peer.say(&format!("* SEARCH {}\nTAG OK done", found.join(" ")));
    }

    fn fetch(&self, peer: &mut Peer, set: &str, command: &str) -> Goes {
        let part = match command.contains("HEADER.FIELDS") {
            true => Part::Header,
            false => Part::Octets,
        };
        let name = self.open.clone().expect("a folder is open");
        let all: Vec<(usize, u32, Vec<u8>, Give)> = self.with(|shelf| {
            let messages: Vec<(usize, u32, Vec<u8>)> = (1..)
                .zip(shelf.folder(&name).iter())
                .filter(|(_, (uid, _))| is_in(set, **uid))
                .map(|(number, (uid, octets))| (number, *uid, octets.clone()))
                .collect();
            let give = &mut shelf.give;
            let with = messages.into_iter();
            with.map(|(number, uid, octets)| (number, uid, octets, give(uid, part)))
                .collect()
        });
        let gives = |wanted: Give| all.iter().any(|(_, _, _, give)| *give == wanted);
        if gives(Give::No) {
            peer.say("TAG NO [SERVERBUG] Internal error");
            return true;
        }
        if gives(Give::ByeAtOnce) {
            peer.say("* BYE Internal error");
            return false;
        }
        for (number, uid, octets, give) in all {
            match give {
                Give::Nothing => continue,
                Give::NoHere => {
                    peer.say("TAG NO Some messages could not be fetched");
                    return true;
                }
                Give::Bye => {
                    peer.say("* BYE Internal error. Refer to server log");
                    return false;
                }
                Give::CutLine => {
                    let whole = response(number, uid, &octets, part, Give::Whole);
                    peer.say_octets(&whole[..whole.len() / 2]);
                    peer.cut();
                    return false;
                }
                _ => peer.say_octets(&response(number, uid, &octets, part, give)),
            }
        }
        peer.say("TAG OK done");
        true
    }
}

/// One FETCH response.
fn response(number: usize, uid: u32, octets: &[u8], part: Part, give: Give) -> Vec<u8> {
    let size = match give {
        Give::Huge => 8_589_934_592,
        _ => octets.len(),
    };
    let data = match part {
        Part::Header => {
            let end = memchr::memmem::find(octets, b"\r\n\r\n").map_or(octets.len(), |at| at + 4);
            octets[..end].to_vec()
        }
        Part::Octets => octets.to_vec(),
    };
    let what = match part {
        Part::Header => format!("RFC822.SIZE {size} BODY[HEADER.FIELDS (X)]"),
        Part::Octets if give == Give::NoDate => "INTERNALDATE NIL BODY[]".to_owned(),
        Part::Octets => "INTERNALDATE \"01-Nov-2026 10:00:00 +0100\" BODY[]".to_owned(),
    };
    let name = match give {
        Give::Unnumbered => String::new(),
        _ => format!("UID {uid} "),
    };
    let begin = format!("* {number} FETCH ({name}{what} ");
    let literal = |data: &[u8], end: &str| {
        let announced = format!("{{{}}}\r\n", data.len());
        [begin.as_bytes(), announced.as_bytes(), data, end.as_bytes()].concat()
    };
    match give {
        Give::Nil => format!("{begin}NIL)\r\n").into_bytes(),
        Give::Empty => format!("{begin}\"\")\r\n").into_bytes(),
        Give::Cut(less) => literal(&data[..data.len().saturating_sub(less)], ")\r\n"),
        Give::BlankLine => literal(&data, "\r\n)\r\n\r\n"),
        _ => literal(&data, ")\r\n"),
    }
}

/// Whether a set holds a UID; `*` is above all.
fn is_in(set: &str, uid: u32) -> bool {
    let number = |text: &str| text.parse().unwrap_or(u32::MAX);
    set.split(',').any(|part| match part.split_once(':') {
        Some((first, last)) => (number(first)..=number(last)).contains(&uid),
        None => number(part) == uid,
    })
}
