//! A vector: one message, what must be answered, and why; written as a `.toml` beside the message.

use std::collections::BTreeMap;

/// The genuine delivery receipt that most vectors differ from in one respect.
pub const DELIVERY: &str = "avvenuta-consegna-completa";

#[derive(Clone, Copy)]
pub enum Importance {
    Critical,
    High,
    Medium,
    Low,
}

pub use Importance::{Critical, High, Low, Medium};

pub struct Vector {
    group: &'static str,
    name: &'static str,
    verdict: &'static str,
    exit: u8,
    headline: Option<&'static str>,
    findings: Vec<&'static str>,
    absent: Vec<&'static str>,
    facts: Vec<(&'static str, String)>,
    result: Vec<String>,
    case: u8,
    importance: Importance,
    description: &'static str,
    extension: &'static str,
    octets: Option<Vec<u8>>,
    message: Option<String>,
    args: Vec<&'static str>,
    twin: Option<String>,
    twin_args: Vec<&'static str>,
    trusting: bool,
}

/// Starts the vectors of one folder.
#[derive(Clone, Copy)]
pub struct Group(pub &'static str);

impl Group {
    /// Not genuine; `headline` is the case of the first failure.
    pub fn not_genuine(self, name: &'static str, headline: &'static str) -> Vector {
        self.refused(name, "not-genuine", 1, headline)
    }

    pub fn cannot_tell(self, name: &'static str, headline: &'static str) -> Vector {
        self.refused(name, "cannot-tell", 3, headline)
    }

    pub fn genuine(self, name: &'static str) -> Vector {
        self.vector(name, "genuine", 0)
    }

    pub fn not_certified(self, name: &'static str) -> Vector {
        self.vector(name, "not-certified-mail", 1)
    }

    fn refused(
        self,
        name: &'static str,
        verdict: &'static str,
        exit: u8,
        headline: &'static str,
    ) -> Vector {
        let mut vector = self
            .vector(name, verdict, exit)
            .finding(headline)
            .twin(DELIVERY);
        vector.headline = Some(headline);
        vector
    }

    fn vector(self, name: &'static str, verdict: &'static str, exit: u8) -> Vector {
        Vector {
            group: self.0,
            name,
            verdict,
            exit,
            headline: None,
            findings: Vec::new(),
            absent: Vec::new(),
            facts: Vec::new(),
            result: Vec::new(),
            case: 0,
            importance: Importance::Medium,
            description: "",
            extension: "eml",
            octets: None,
            message: None,
            args: Vec::new(),
            twin: None,
            twin_args: Vec::new(),
            trusting: true,
        }
    }
}

impl Vector {
    /// The number in the list of tricks (rules, 11.4).
    pub fn case(mut self, number: u8, importance: Importance) -> Self {
        (self.case, self.importance) = (number, importance);
        self
    }

    pub fn because(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    pub fn message(mut self, octets: Vec<u8>) -> Self {
        self.octets = Some(octets);
        self
    }

    /// The message is a genuine one that exists already.
    pub fn receipt(mut self, name: &str) -> Self {
        self.message = Some(format!("../../receipts/{name}.eml"));
        self
    }

    /// The file is no mail, and its name says so.
    pub fn named(mut self, extension: &'static str) -> Self {
        self.extension = extension;
        self
    }

    pub fn twin(mut self, name: &str) -> Self {
        self.twin = Some(format!("../../receipts/{name}.eml"));
        self
    }

    /// The twin in the same folder: another vector, which is genuine.
    pub fn twin_vector(mut self, name: &str) -> Self {
        self.twin = Some(format!("{name}.eml"));
        self
    }

    pub fn no_twin(mut self) -> Self {
        self.twin = None;
        self
    }

    /// Arguments beside `--trust`.
    pub fn with(mut self, args: &[&'static str]) -> Self {
        self.args = args.to_vec();
        self
    }

    /// All the arguments: without the trust file of the suite.
    pub fn with_only(mut self, args: &[&'static str]) -> Self {
        self.trusting = false;
        self.with(args)
    }

    /// Arguments beside `--trust` with which the twin is genuine.
    pub fn twin_with(mut self, args: &[&'static str]) -> Self {
        self.twin_args = args.to_vec();
        self
    }

    /// The case of a failure, or that of another finding with its severity: `time.zone note`.
    pub fn finding(mut self, case: &'static str) -> Self {
        self.findings.push(case);
        self
    }

    /// A check of which no case may fire, or one case.
    pub fn absent(mut self, id: &'static str) -> Self {
        self.absent.push(id);
        self
    }

    pub fn fact(mut self, name: &'static str, value: &str) -> Self {
        self.facts.push((name, value.to_owned()));
        self
    }

    /// A line of TOML about the whole result.
    pub fn result(mut self, line: impl Into<String>) -> Self {
        self.result.push(line.into());
        self
    }

    /// Genuine, but the answer to the question asked is no.
    pub fn exit(mut self, status: u8) -> Self {
        self.exit = status;
        self
    }

    /// Which failure comes first does not matter.
    pub fn any_headline(mut self) -> Self {
        self.headline = None;
        self
    }

    /// Adds the files of the vector, by their path under `fixtures/`.
    pub fn files(&self, files: &mut BTreeMap<String, Vec<u8>>) {
        let path = format!("vectors/{}/{}", self.group, self.name);
        let mut add = |path: String, octets: Vec<u8>| {
            assert!(
                files.insert(path.clone(), octets).is_none(),
                "{path} is made twice"
            );
        };
        add(format!("{path}.toml"), self.to_toml().into_bytes());
        match (&self.octets, &self.message) {
            (Some(octets), None) => add(format!("{path}.{}", self.extension), octets.clone()),
            (None, Some(_)) => {}
            _ => panic!("{path} needs one message"),
        }
    }

    fn to_toml(&self) -> String {
        assert!(!self.description.is_empty(), "{} says nothing", self.name);
        let verdict = match self.verdict {
            "genuine" => "Genuine",
            "not-genuine" => "Not genuine",
            "cannot-tell" => "Cannot tell",
            _ => "Not certified mail",
        };
        let importance = match self.importance {
            Importance::Critical => "critical",
            Importance::High => "high",
            Importance::Medium => "medium",
            Importance::Low => "low",
        };
        let message = self
            .message
            .clone()
            .unwrap_or(format!("{}.{}", self.name, self.extension));
        let mut out = format!(
            "description = \"\"\"\n{}\n\"\"\"\ncase = {}\nimportance = \"{importance}\"\nmessage = \"{message}\"\n",
            wrapped(&format!("**{verdict}.** {}", self.description)),
            self.case,
        );
        out += &arguments("args", &self.args, self.trusting);
        if let Some(twin) = &self.twin {
            out += &format!("twin = \"{twin}\"\n");
        }
        let default = ["--trust", "../../pki/trust.toml"];
        match (self.args.is_empty(), self.twin_args.is_empty()) {
            (_, false) => out += &arguments("twin_args", &self.twin_args, self.trusting),
            (false, true) if self.twin.is_some() => out += &format!("twin_args = {default:?}\n"),
            _ => {}
        }
        out += &format!("\n[expect]\nverdict = \"{}\"\n", self.verdict);
        if let Some(headline) = self.headline {
            out += &format!("headline = \"{headline}\"\n");
        }
        out += &format!(
            "findings = {:?}\nabsent = {:?}\nexit = {}\n",
            self.findings, self.absent, self.exit
        );
        if !self.result.is_empty() {
            out += &format!("\n[expect.result]\n{}\n", self.result.join("\n"));
        }
        if !self.facts.is_empty() {
            out += "\n[expect.facts]\n";
            for (name, value) in &self.facts {
                out += &format!("{name} = \"{value}\"\n");
            }
        }
        out
    }
}

/// Nothing when there are none: then the runner gives `--trust` alone.
fn arguments(name: &str, more: &[&str], trusting: bool) -> String {
    let trust: &[&str] = match trusting {
        true => &["--trust", "../../pki/trust.toml"],
        false => &[],
    };
    match more {
        [] => String::new(),
        more => format!("{name} = {:?}\n", [trust, more].concat()),
    }
}

/// Lines of at most a hundred signs.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("one line at least");
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + word.len() < 100 {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}
