//! An authority of time stamps on the loopback interface that answers as a test tells it to.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use postacert::transport::stamping::Address;

use super::stamp::Stamp;

pub const REPLY: &str = "application/timestamp-reply";

/// What the authority does with a request: its head and its body.
type Answering = dyn Fn(&str, &[u8], &mut TcpStream) + Send + Sync;

/// An authority on the loopback; it ends with the process.
pub struct Authority {
    pub port: u16,
    /// Heads of the requests that came.
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Authority {
    pub fn start(answering: impl Fn(&str, &[u8], &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heads = asked.clone();
        let answering: Arc<Answering> = Arc::new(answering);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answering, heads) = (answering.clone(), heads.clone());
                std::thread::spawn(move || {
                    let mut stream = stream;
                    let (head, body) = request(&mut stream);
                    heads.lock().unwrap().push(head.clone());
                    answering(&head, &body, &mut stream);
                });
            }
        });
        Self { port, asked }
    }

    /// One that answers each request with a token made of it.
    pub fn stamping(change: impl Fn(Stamp) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::start(move |_, body, stream| {
            let answer = change(Stamp::asked(body));
            respond(stream, "200 OK", &[("Content-Type", REPLY)], &answer);
        })
    }

    /// One that answers with what is no token.
    pub fn saying(status: &'static str, kind: &'static str, body: &'static [u8]) -> Self {
        Self::start(move |_, _, stream| respond(stream, status, &[("Content-Type", kind)], body))
    }

    pub fn address(&self) -> Address {
        Address::parse(&self.url()).expect("an address")
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/tsa", self.port)
    }

    pub fn heads(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn request(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut octets = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let found = octets.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = found {
            let head = String::from_utf8_lossy(&octets[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse().expect("a length"))
            });
            if octets.len() >= end + 4 + length.unwrap_or(0) {
                return (head, octets[end + 4..].to_vec());
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return (String::new(), Vec::new()),
            Ok(length) => octets.extend_from_slice(&chunk[..length]),
        }
    }
}

pub fn respond(stream: &mut TcpStream, status: &str, fields: &[(&str, &str)], body: &[u8]) {
    let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in fields {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("Connection: close\r\n\r\n");
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}
