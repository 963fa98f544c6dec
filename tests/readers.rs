//! Readers of other makes: what is called genuine, without a doubt, they show as it was signed.
//!
//! The header around the signed part, the delimiters and the header of the signature are nobody's
//! statement, so whoever holds one genuine receipt can write them anew, and the sender's own text
//! inside may hold what looks like parts. Receipts are written in thousands of odd ways of chance;
//! wherever the program sees nothing odd, Python's `email` (both policies) and `mail-parser` must
//! find the same parts and the same sender as in the receipt as it was issued.
//!
//! `PEC_MUTANTS` says how many (3,000). Without Python its two readers are skipped, and said so.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_parser::{MessageParser, MimeHeaders};
use postacert::providers::Trust;
use postacert::timestamp::Timestamp;
use postacert::verify::{Question, Verdict, Verifier};
use support::message::Message;
use support::random::Random;
use support::receipt::{Kind, Receipt};
use support::skipped::skipped;

/// What a reader shows: parts, then senders.
type Shown = serde_json::Value;

/// Boundaries for which the text inside the original holds parts.
const OTHERS: [&str; 4] = ["altro", "a:b", "ver", "VERO"];

/// What chance puts into the outer Content-Type.
const PIECES: [&str; 36] = [
    " ",
    "\t",
    "\r\n ",
    "\r\n\t",
    ";",
    ";;",
    "\"",
    "\\",
    "'",
    "(",
    ")",
    "(x)",
    "(;",
    ",",
    ":",
    "/",
    "=",
    "=?utf-8?Q?",
    "?=",
    "%",
    "*",
    "*0",
    "\u{2028}",
    "\u{a0}",
    "<",
    ">",
    "[",
    "@",
    "(; boundary=altro)",
    "; boundary=altro",
    "; boundary*=altro",
    "; x=\"; boundary=altro\"",
    "; x=\"\\\\\"; y=\";boundary=altro; z=\"",
    "; name=\"nota.txt\"",
    "; charset=utf-16",
    "real",
];

/// Lines that chance puts into the outer header.
const LINES: [&str; 16] = [
    "X-Nota: 1\r\n",
    "X-Nota : 1\r\n",
    "X-Nota\t: 1\r\n",
    "riga senza segni\r\n",
    "MIME-Version: 1.0\r\n",
    "Content-Type: text/plain\r\n",
    "Content-type : text/plain\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: 7bit\r\n",
    "Content-Disposition: attachment\r\n",
    "From: altri@altrove.example\r\n",
    "Reply-To: altri@altrove.example\r\n",
    ">From altri\r\n",
    "\r\n",
    " piega\r\n",
    "X-Nota: 1\rContent-Type: text/plain\r\n",
];

/// Forms of From around the signer's address.
const SENDERS: [&str; 12] = [
    "altri@altrove.example: SIGNER;",
    "altri@altrove.example <SIGNER>",
    "<altri@altrove.example> <SIGNER>",
    "SIGNER <altri@altrove.example>",
    "SIGNER (altri@altrove.example)",
    "\"altri@altrove.example\" <SIGNER>",
    "\"a\\\" <altri@altrove.example>, \\\"\" <SIGNER>",
    "=?utf-8?Q?altri=40altrove.example?= <SIGNER>",
    "=?utf-8?Q?a_=3Caltri=40altrove.example=3E=2C?= <SIGNER>",
    "Nome <SIGNER>",
    "<SIGNER>",
    "SIGNER, altri@altrove.example",
];

struct Base {
    message: Message,
    signer: String,
}

impl Base {
    fn new(kind: Kind) -> Self {
        let message = Receipt::with(kind, |receipt| {
            let mut sent = support::cases::sent::base();
            for other in OTHERS {
                sent.text +=
                    &format!("\n--{other}\nContent-Type: text/html\n\n<b>FALSO</b>\n--{other}--\n");
            }
            if receipt.original.is_some() {
                receipt.original = Some(sent.delivered(support::receipt::IDENTIFIER));
            }
        })
        .message();
        let from = message.header.0.iter().find(|(name, _)| name == "From");
        let from = from.expect("From").1.clone();
        let signer = from.rsplit('<').next().unwrap_or_default();
        Self {
            signer: signer.trim_end_matches('>').to_owned(),
            message,
        }
    }

    /// The receipt, written oddly in one to three ways.
    fn mutant(&self, random: &mut Random) -> Vec<u8> {
        let mut message = self.message.clone();
        let mut boundary = "vero42".to_owned();
        let mut quoted = true;
        let mut header = message.header.to_text();
        let mut pieces: Vec<(usize, &str)> = Vec::new();
        let mut signature = String::from_utf8(message.signature_part()).expect("ASCII");
        // What stands behind the delimiters: padding (RFC 2046, 5.1.1), or a line end of Unix.
        let mut behind = ["", "", ""];
        let mut line_end = "\r\n";
        for _ in 0..=random.below(3) {
            match random.below(11) {
                0 | 1 => boundary = boundary_of_chance(random),
                2 => quoted = !quoted,
                3 | 4 => pieces.push((random.below(160), PIECES[random.below(PIECES.len())])),
                5 => {
                    let ends: Vec<usize> =
                        header.match_indices("\r\n").map(|(at, _)| at + 2).collect();
                    let at = [&[0][..], &ends].concat()[random.below(ends.len() + 1)];
                    header.insert_str(at, LINES[random.below(LINES.len())]);
                }
                6 => {
                    let form = SENDERS[random.below(SENDERS.len())];
                    message
                        .header
                        .set("From", form.replace("SIGNER", &self.signer));
                    header = message.header.to_text();
                }
                7 => {
                    let at = random.below(signature.find("\r\n\r\n").unwrap_or(0) + 1);
                    signature.insert_str(at, PIECES[random.below(PIECES.len())]);
                }
                8 => behind[random.below(3)] = [" ", "\t", " \t  "][random.below(3)],
                9 => {
                    let text = if random.below(2) == 0 {
                        &mut header
                    } else {
                        &mut signature
                    };
                    let ends: Vec<usize> = text.match_indices("\r\n").map(|(at, _)| at).collect();
                    let at = ends[random.below(ends.len())];
                    text.replace_range(at..at + 2, ["\n", "\n\n", "\n\r\n"][random.below(3)]);
                    line_end = ["\r\n", "\n"][random.below(2)];
                }
                _ => {
                    let name = "X-Nota".repeat(1 + random.below(2_000));
                    let line = format!("{name}: 1\r\n");
                    match random.below(2) {
                        0 => header.insert_str(0, &line),
                        _ => signature.insert_str(0, &line),
                    }
                }
            }
        }
        let sign = if quoted { "\"" } else { "" };
        let mut kind = format!(
            "multipart/signed; protocol=\"{}\"; micalg=\"sha-256\"; boundary={sign}{boundary}{sign}",
            message.signature_type
        );
        for (at, piece) in pieces {
            let at = at % (kind.len() + 1);
            let at = (0..=at)
                .rev()
                .find(|at| kind.is_char_boundary(*at))
                .unwrap_or(0);
            kind.insert_str(at, piece);
        }
        let head = format!("{header}MIME-Version: 1.0\r\nContent-Type: {kind}\r\n\r\n");
        let preamble = format!(
            "This is an S/MIME signed message\r\n\r\n--{boundary}{}{line_end}",
            behind[0]
        );
        let end = format!(
            "\r\n--{boundary}{}{line_end}{signature}\r\n--{boundary}--{}\r\n",
            behind[1], behind[2]
        );
        [
            head.as_bytes(),
            preamble.as_bytes(),
            &message.entity,
            end.as_bytes(),
        ]
        .concat()
    }
}

/// Of the letters of RFC 2046, and of forms that readers know.
fn boundary_of_chance(random: &mut Random) -> String {
    const SIGNS: &[u8] = b"abVERO42'()+_,-./:=? ";
    let text: String = (0..1 + random.below(12))
        .map(|_| char::from(SIGNS[random.below(SIGNS.len())]))
        .collect();
    match random.below(6) {
        0 => format!("=?utf-8?Q?{text}?="),
        1 => format!("utf-8''{text}"),
        2 => format!("vero{text}"),
        3 => format!("{text}vero"),
        4 => "vero".to_owned(),
        _ => text,
    }
}

/// Python, answering a line for each line.
struct Python(Child, BufReader<std::process::ChildStdout>);

impl Python {
    fn start() -> Option<Self> {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/support/readers/shown.py"
        );
        let child = Command::new("python3")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else {
            skipped("Python's email, there is no python3 on this machine");
            return None;
        };
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        Some(Self(child, out))
    }

    fn show(&mut self, octets: &[u8]) -> [Shown; 2] {
        let input = self.0.stdin.as_mut().expect("a pipe");
        writeln!(input, "{}", STANDARD.encode(octets)).expect("Python reads");
        let mut line = String::new();
        self.1.read_line(&mut line).expect("Python answers");
        let shown: Shown = serde_json::from_str(&line).expect("JSON");
        [shown["compat32"].clone(), shown["default"].clone()]
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// What `mail-parser` shows.
fn parsed(octets: &[u8]) -> Shown {
    let Some(message) = MessageParser::default().parse(octets) else {
        return Shown::Null;
    };
    let leaves = message.parts.iter().filter(|part| {
        !part.is_multipart()
            && part
                .content_type()
                .is_none_or(|kind| kind.c_type != "multipart")
    });
    let parts: Vec<Shown> = leaves
        .map(|part| {
            let kind = part.content_type();
            let kind = kind.map(|kind| {
                format!(
                    "{}/{}",
                    kind.c_type,
                    kind.c_subtype.as_deref().unwrap_or_default()
                )
            });
            serde_json::json!([kind, postacert::smime::sha256(part.contents().trim_ascii())])
        })
        .collect();
    let from = message.from().map(|from| {
        let addresses = from.iter().map(|one| one.address().map(str::to_owned));
        addresses.collect::<Vec<_>>()
    });
    serde_json::json!([parts, from])
}

#[test]
fn what_is_genuine_without_a_doubt_is_shown_so_by_all() {
    let count = std::env::var("PEC_MUTANTS").ok();
    let count = count.map_or(3_000, |count| count.parse().expect("a number"));
    let trust = std::fs::read_to_string(support::fixtures_folder().join("pki/trust.toml"));
    let trust = Trust::parse(&trust.expect("the trust file"), "test").expect("trust data");
    let verifier = Verifier::new(trust);
    let question = Question::new(Timestamp::parse("2026-06-01T00:00:00Z").expect("a time"));
    let mut python = Python::start();
    let mut random = Random::new(0x5ec0_4d01);
    let bases = [Kind::Acceptance, Kind::Delivery, Kind::Envelope].map(Base::new);
    let mut show = |octets: &[u8]| {
        let mut shown = vec![("mail-parser", parsed(octets))];
        if let Some(python) = &mut python {
            let [old, new] = python.show(octets);
            shown.extend([("email, compat32", old), ("email, default", new)]);
        }
        shown
    };
    let issued: Vec<_> = bases
        .iter()
        .map(|base| show(&base.message.to_eml()))
        .collect();
    let mut plain = 0;
    let mut wrong = Vec::new();
    for number in 0..count {
        let base = number % bases.len();
        let octets = bases[base].mutant(&mut random);
        let examination = verifier.examine(&octets, &question);
        if examination.verdict() != Verdict::Genuine || examination.doubts() > 0 {
            continue;
        }
        plain += 1;
        for (issued, now) in issued[base].iter().zip(show(&octets)) {
            if *issued != now {
                let content = &bases[base].message.entity;
                let at = octets
                    .windows(content.len())
                    .position(|window| window == content);
                let at = at.expect("the signed part");
                let end = &octets[at + content.len()..];
                let written = |octets: &[u8]| {
                    let text = String::from_utf8_lossy(octets).escape_debug().to_string();
                    text.chars().take(1_500).collect::<String>()
                };
                let (head, end) = (written(&octets[..at]), written(&end[..end.len().min(400)]));
                wrong.push(format!(
                    "{}: {} instead of {}\n{head}\n…{end}",
                    now.0, now.1, issued.1,
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {plain}:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
    // Else the test would hold whatever the readers do.
    assert!(
        plain * 20 > count,
        "only {plain} of {count} were called genuine without a doubt"
    );
    println!("{plain} of {count} receipts of chance were called genuine without a doubt");
}
