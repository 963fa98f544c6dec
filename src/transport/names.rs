//! Which hosts take the mail of a domain, asked of a name server (RFC 1035; RFC 5321, 5.1).
//!
//! One kind of question, so there is no resolver: the servers of the system answer it whole. Sent by
//! UDP from a port and with a number that nobody guesses; what does not answer that question is as
//! if it had not come; by TCP where the answer says that it is cut. Nobody signs the answer (DNSSEC
//! is not looked at), and nothing is kept of it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};

/// Where systems name their servers (resolv.conf(5)); other systems have no such file.
const SYSTEM_FILE: &str = "/etc/resolv.conf";
/// Octets of it that are read: it has a few lines.
const MAX_FILE_OCTETS: u64 = 64 * 1024;
/// Servers of the system that are asked, as many as the C library asks (resolv.conf(5), MAXNS).
const MOST_SERVERS: usize = 3;
/// How often each server is asked where none answers (resolv.conf(5), `attempts`).
const ROUNDS: usize = 2;
/// Datagrams that are no answer to the question and are passed over while one is waited for.
const MOST_STRAYS: usize = 8;
/// Octets of a datagram: without an extension a server sends 512 (RFC 1035, 4.2.1).
const MAX_DATAGRAM_OCTETS: usize = 4_096;
/// Other names of a domain that are followed; real ones have one or two.
const MOST_ALIASES: usize = 8;
/// Hosts of an answer that are kept; large providers state a dozen.
const MOST_HOSTS: usize = 32;
/// Octets of a name in text (RFC 1035, 2.3.4).
const MAX_NAME: usize = 253;
const PORT: u16 = 53;

/// What takes the mail of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchangers {
    /// These hosts, the preferred first, in small letters; at least one. Names of strangers.
    Hosts(Vec<String>),
    /// The domain states none, or that it takes no mail (RFC 7505).
    None,
    /// There is no such domain.
    NoDomain,
}

/// Name servers, and how long each is waited for.
#[derive(Clone, Debug)]
pub struct NameServers {
    servers: Vec<SocketAddr>,
    wait: Duration,
}

/// Gives a number that nobody guesses, for each question another.
pub type Number<'a> = &'a mut dyn FnMut() -> u16;

/// What a message is to a question.
#[derive(Debug, PartialEq, Eq)]
enum Reading {
    Answer(Exchangers),
    /// The answer is cut: it is had by TCP.
    Cut,
    /// The server does not answer it.
    Refusal,
}

impl NameServers {
    /// Those that the system names; `None` where it names none in a way that is known here.
    pub fn of_system(wait: Duration) -> Option<Self> {
        let mut text = Vec::new();
        let file = File::open(SYSTEM_FILE).ok()?;
        file.take(MAX_FILE_OCTETS).read_to_end(&mut text).ok()?;
        let servers = servers_in(&String::from_utf8_lossy(&text));
        (!servers.is_empty()).then_some(Self { servers, wait })
    }

    /// One, by its address: `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`; `None` for any
    /// other text.
    pub fn at(address: &str, wait: Duration) -> Option<Self> {
        let with_port = address.parse::<SocketAddr>().ok();
        let alone = || {
            let ip = address.parse::<IpAddr>().ok()?;
            Some(SocketAddr::new(ip, PORT))
        };
        let servers = vec![with_port.or_else(alone)?];
        Some(Self { servers, wait })
    }

    /// The hosts that take the mail of a domain in A-labels; `None` where no answer came that can
    /// be used.
    ///
    /// A domain without such hosts may still take mail itself (RFC 5321, 5.1); that is not asked.
    pub fn exchangers(&self, domain: &str, number: Number<'_>) -> Option<Exchangers> {
        if domain.len() > MAX_NAME || !domain.contains('.') || domain.contains('\\') {
            return None;
        }
        let name = Name::new(domain).ok()?;
        for _ in 0..ROUNDS {
            for server in &self.servers {
                if let Ok(Some(found)) = self.ask(*server, &name, number) {
                    return Some(found);
                }
            }
        }
        None
    }

    fn ask(
        &self,
        server: SocketAddr,
        name: &Name<'_>,
        number: Number<'_>,
    ) -> io::Result<Option<Exchangers>> {
        let id = number();
        match self.by_datagram(server, &query(name, id)?, (name, id))? {
            Some(Reading::Answer(found)) => return Ok(Some(found)),
            None | Some(Reading::Refusal) => return Ok(None),
            Some(Reading::Cut) => {}
        }
        let id = number();
        let octets = self.by_stream(server, &query(name, id)?)?;
        Ok(match reading(&octets, (name, id)) {
            Some(Reading::Answer(found)) => Some(found),
            None | Some(Reading::Refusal | Reading::Cut) => None,
        })
    }

    fn by_datagram(
        &self,
        server: SocketAddr,
        query: &[u8],
        question: (&Name<'_>, u16),
    ) -> io::Result<Option<Reading>> {
        let any = match server {
            SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
        };
        let socket = UdpSocket::bind((any, 0))?;
        socket.set_read_timeout(Some(self.wait))?;
        // What comes from elsewhere does not reach it.
        socket.connect(server)?;
        socket.send(query)?;
        let mut octets = vec![0; MAX_DATAGRAM_OCTETS];
        for _ in 0..=MOST_STRAYS {
            let length = socket.recv(&mut octets)?;
            if let Some(reading) = reading(&octets[..length], question) {
                return Ok(Some(reading));
            }
        }
        Ok(None)
    }

    /// A message with its length before it (RFC 1035, 4.2.2).
    fn by_stream(&self, server: SocketAddr, query: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&server, self.wait)?;
        stream.set_read_timeout(Some(self.wait))?;
        stream.set_write_timeout(Some(self.wait))?;
        let length = u16::try_from(query.len()).map_err(io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes(), query].concat())?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut octets = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut octets)?;
        Ok(octets)
    }
}

/// What a message says to the question for a domain; `None` where it does not answer it, or says that
/// the answer is had elsewhere.
pub fn answered(octets: &[u8], domain: &str, id: u16) -> Option<Exchangers> {
    let name = Name::new(domain).ok()?;
    match reading(octets, (&name, id))? {
        Reading::Answer(found) => Some(found),
        Reading::Cut | Reading::Refusal => None,
    }
}

fn query(name: &Name<'_>, id: u16) -> io::Result<Vec<u8>> {
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let question = Question::new(
        name.clone(),
        QTYPE::TYPE(TYPE::MX),
        QCLASS::CLASS(CLASS::IN),
        false,
    );
    packet.questions.push(question);
    packet.build_bytes_vec().map_err(io::Error::other)
}

/// What a message is to a question; `None` where it is no answer to it.
fn reading(octets: &[u8], (name, id): (&Name<'_>, u16)) -> Option<Reading> {
    let packet = Packet::parse(octets).ok()?;
    let is_answer = packet.has_flags(PacketFlag::RESPONSE) && packet.id() == id;
    let [asked] = &packet.questions[..] else {
        return None;
    };
    let is_ours = asked.qname == *name
        && asked.qtype == QTYPE::TYPE(TYPE::MX)
        && asked.qclass == QCLASS::CLASS(CLASS::IN);
    if !is_answer || !is_ours {
        return None;
    }
    if packet.has_flags(PacketFlag::TRUNCATION) {
        return Some(Reading::Cut);
    }
    Some(match packet.rcode() {
        RCODE::NoError => Reading::Answer(hosts(&packet, name)),
        RCODE::NameError => Reading::Answer(Exchangers::NoDomain),
        _ => Reading::Refusal,
    })
}

/// The hosts for a name, or for the names that it is another name of. Records of any other name were
/// not asked for.
fn hosts(packet: &Packet<'_>, name: &Name<'_>) -> Exchangers {
    let mut name = name;
    for _ in 0..MOST_ALIASES {
        let mut records = packet.answers.iter().filter(|record| record.name == *name);
        let alias = records.find_map(|record| match &record.rdata {
            RData::CNAME(alias) => Some(&alias.0),
            _ => None,
        });
        let Some(alias) = alias else { break };
        name = alias;
    }
    let mut found: Vec<(u16, String)> = Vec::new();
    for record in packet.answers.iter().filter(|record| record.name == *name) {
        if let RData::MX(mx) = &record.rdata {
            let host = mx.exchange.to_string().to_ascii_lowercase();
            found.push((mx.preference, host));
        }
    }
    found.sort();
    found.truncate(MOST_HOSTS);
    // The empty name alone is that of nobody (RFC 7505, 3).
    let hosts: Vec<String> = found.into_iter().map(|(_, host)| host).collect();
    match hosts.iter().all(String::is_empty) {
        true => Exchangers::None,
        false => Exchangers::Hosts(hosts),
    }
}

/// The servers in the text of the system's file.
fn servers_in(text: &str) -> Vec<SocketAddr> {
    let addresses = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let is_server = words.next() == Some("nameserver");
        let address = words.next().filter(|_| is_server)?;
        // `fe80::1%eth0`: of one link, which cannot be named here.
        address.parse::<IpAddr>().ok()
    });
    let servers = addresses.map(|address| SocketAddr::new(address, PORT));
    servers.take(MOST_SERVERS).collect()
}

#[cfg(test)]
mod tests {
    use simple_dns::ResourceRecord;
    use simple_dns::rdata::{CNAME, MX};

    use super::*;

    const ID: u16 = 0x1234;

    fn name(text: &str) -> Name<'_> {
        Name::new(text).unwrap()
    }

    fn mx(owner: &'static str, preference: u16, host: &'static str) -> ResourceRecord<'static> {
        let exchange = name(host);
        let data = RData::MX(MX {
            preference,
            exchange,
        });
        ResourceRecord::new(name(owner), CLASS::IN, 60, data)
    }

    fn alias(owner: &'static str, of: &'static str) -> ResourceRecord<'static> {
        let data = RData::CNAME(CNAME(name(of)));
        ResourceRecord::new(name(owner), CLASS::IN, 60, data)
    }

    fn answer(records: Vec<ResourceRecord<'static>>) -> Packet<'static> {
        let mut packet = Packet::new_reply(ID);
        packet.questions.push(Question::new(
            name("comune.example"),
            QTYPE::TYPE(TYPE::MX),
            QCLASS::CLASS(CLASS::IN),
            false,
        ));
        packet.answers = records;
        packet
    }

    fn read(packet: &Packet<'_>) -> Option<Reading> {
        let octets = packet.build_bytes_vec_compressed().unwrap();
        reading(&octets, (&name("Comune.example"), ID))
    }

    fn found(records: Vec<ResourceRecord<'static>>) -> Exchangers {
        match read(&answer(records)) {
            Some(Reading::Answer(found)) => found,
            other => panic!("{other:?}"),
        }
    }

    fn named(hosts: &[&str]) -> Exchangers {
        Exchangers::Hosts(hosts.iter().map(|host| (*host).to_owned()).collect())
    }

    #[test]
    fn hosts_are_those_of_the_name_in_their_order() {
        let records = vec![
            mx("comune.example", 20, "b.example"),
            mx("COMUNE.example", 10, "MX.pec.gestore.example"),
            mx("altro.example", 1, "c.example"),
        ];
        assert_eq!(
            found(records),
            named(&["mx.pec.gestore.example", "b.example"])
        );
        assert_eq!(found(vec![]), Exchangers::None);
        assert_eq!(found(vec![mx("comune.example", 0, ".")]), Exchangers::None);
    }

    #[test]
    fn other_names_are_followed_and_a_circle_of_them_ends() {
        let records = vec![
            mx("vero.example", 10, "mx.example"),
            alias("comune.example", "altro.example"),
            alias("altro.example", "vero.example"),
        ];
        assert_eq!(found(records), named(&["mx.example"]));
        let circle = vec![
            alias("comune.example", "altro.example"),
            alias("altro.example", "comune.example"),
        ];
        assert_eq!(found(circle), Exchangers::None);
    }

    #[test]
    fn what_answers_another_question_is_no_answer() {
        let good = || answer(vec![mx("comune.example", 10, "mx.example")]);
        assert!(matches!(read(&good()), Some(Reading::Answer(_))));
        let mut other_id = good();
        other_id.set_id(ID + 1);
        let mut other_name = good();
        other_name.questions[0].qname = name("altro.example");
        let mut other_type = good();
        other_type.questions[0].qtype = QTYPE::TYPE(TYPE::A);
        let mut no_question = good();
        no_question.questions.clear();
        let mut query = good();
        query.remove_flags(PacketFlag::RESPONSE);
        for packet in [other_id, other_name, other_type, no_question, query] {
            assert_eq!(read(&packet), None);
        }
        let mut cut = good();
        cut.set_flags(PacketFlag::TRUNCATION);
        assert_eq!(read(&cut), Some(Reading::Cut));
        let mut refused = good();
        *refused.rcode_mut() = RCODE::Refused;
        assert_eq!(read(&refused), Some(Reading::Refusal));
        let mut unknown = good();
        *unknown.rcode_mut() = RCODE::NameError;
        assert_eq!(read(&unknown), Some(Reading::Answer(Exchangers::NoDomain)));
    }

    /// Whatever octets come, they are read or not, and soon.
    #[test]
    fn a_damaged_answer_does_no_harm() {
        let records = vec![
            alias("comune.example", "vero.example"),
            mx("vero.example", 10, "mx.vero.example"),
        ];
        let good = answer(records).build_bytes_vec_compressed().unwrap();
        let name = name("comune.example");
        for at in 0..good.len() {
            let _ = reading(&good[..at], (&name, ID));
            for octet in [0, 1, 0x3f, 0x40, 0x80, 0xc0, 0xff, at as u8] {
                let mut changed = good.clone();
                changed[at] = octet;
                let _ = reading(&changed, (&name, ID));
                // All types of records in the place of the last.
                let _ = reading(&changed[..good.len() - 1], (&name, ID));
            }
        }
        for kind in 0..=u8::MAX {
            let mut changed = good.clone();
            let at = good.windows(2).rposition(|two| two == [0, 15]).unwrap();
            changed[at + 1] = kind;
            let _ = reading(&changed, (&name, ID));
        }
    }

    #[test]
    fn servers_are_read_as_the_c_library_reads_them() {
        let text = "# a\nsearch example\nnameserver 192.0.2.1\n  nameserver\t2001:db8::1 # b\n\
            nameserver fe80::1%eth0\nnameserver nome\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n";
        let found: Vec<String> = servers_in(text).iter().map(SocketAddr::to_string).collect();
        assert_eq!(found, ["192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.3:53"]);
        assert_eq!(servers_in(""), []);
    }

    #[test]
    fn a_server_is_an_address_with_or_without_a_port() {
        let wait = Duration::from_secs(1);
        let of = |text: &str| NameServers::at(text, wait).map(|found| found.servers[0].to_string());
        assert_eq!(of("192.0.2.1").as_deref(), Some("192.0.2.1:53"));
        assert_eq!(of("192.0.2.1:5353").as_deref(), Some("192.0.2.1:5353"));
        assert_eq!(of("2001:db8::1").as_deref(), Some("[2001:db8::1]:53"));
        for none in ["", "nome", "192.0.2.1:x", "192.0.2"] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
