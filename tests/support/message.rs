//! Headers, parts and the signed message before it becomes octets: nothing of certified mail.

use super::cms::{SignedData, Signer};
use super::digest::Digest;
use super::text::base64_lines;

/// A header in order; names may occur twice.
#[derive(Clone, Debug, Default)]
pub struct Header(pub Vec<(String, String)>);

impl Header {
    pub fn add(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// Changes the value of the first line of that name.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        let value = value.into();
        match self
            .0
            .iter_mut()
            .find(|(old, _)| old.eq_ignore_ascii_case(name))
        {
            Some(line) => line.1 = value,
            None => panic!("there is no {name} to change"),
        }
        self
    }

    pub fn remove(&mut self, name: &str) -> &mut Self {
        self.0.retain(|(old, _)| !old.eq_ignore_ascii_case(name));
        self
    }

    pub fn to_text(&self) -> String {
        self.0
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect()
    }
}

/// One part of the signed multipart: its header lines, and its body as transported.
#[derive(Clone, Debug)]
pub struct Part {
    pub header: Header,
    pub body: Vec<u8>,
}

impl Part {
    pub fn new(lines: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let mut header = Header::default();
        lines.iter().for_each(|(name, value)| {
            header.add(name, *value);
        });
        Part {
            header,
            body: body.into(),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        [self.header.to_text().as_bytes(), b"\r\n", &self.body].concat()
    }
}

/// A multipart body: no preamble, each part after its delimiter line, the final delimiter.
pub fn multipart(boundary: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        out.extend(format!("--{boundary}\r\n").as_bytes());
        out.extend(part);
        out.extend(b"\r\n");
    }
    out.extend(format!("--{boundary}--\r\n").as_bytes());
    out
}

/// A signed message before it becomes octets.
#[derive(Clone, Debug)]
pub struct Message {
    pub header: Header,
    pub entity: Vec<u8>,
    pub signed: SignedData,
    /// As `micalg` says it.
    pub digest: Digest,
    pub boundary: String,
    pub preamble: String,
    pub epilogue: String,
    pub signature_type: String,
    /// Overrides the octets made from `signed`.
    pub signature: Option<Vec<u8>>,
    /// Overrides the parameter made from `digest`.
    pub micalg: Option<String>,
    /// Overrides the whole outer content type.
    pub content_type: Option<String>,
}

impl Message {
    /// Changes the only signer.
    pub fn signer(mut self, change: impl FnOnce(Signer, &[u8]) -> Signer) -> Self {
        let signer = self.signed.signers.remove(0);
        let changed = change(signer, &self.entity);
        self.digest = changed.scheme.digest();
        self.signed.signers.insert(0, changed);
        self
    }

    pub fn header(mut self, change: impl FnOnce(&mut Header)) -> Self {
        change(&mut self.header);
        self
    }

    pub fn content_type(&self) -> String {
        let micalg = self
            .micalg
            .clone()
            .unwrap_or_else(|| self.digest.micalg().to_owned());
        self.content_type.clone().unwrap_or_else(|| {
            let protocol = &self.signature_type;
            format!(
                "multipart/signed; protocol=\"{protocol}\"; micalg=\"{micalg}\";\r\n \
                 boundary=\"{}\"",
                self.boundary
            )
        })
    }

    /// The second part: the signature.
    pub fn signature_part(&self) -> Vec<u8> {
        let octets = self
            .signature
            .clone()
            .unwrap_or_else(|| self.signed.encode(&self.entity));
        Part::new(
            &[
                (
                    "Content-Type",
                    &format!("{}; name=\"smime.p7s\"", self.signature_type),
                ),
                ("Content-Transfer-Encoding", "base64"),
                ("Content-Disposition", "attachment; filename=\"smime.p7s\""),
            ],
            base64_lines(&octets, 64),
        )
        .encode()
    }

    /// The outer header with the two lines of MIME.
    pub fn full_header(&self) -> Header {
        let mut header = self.header.clone();
        header
            .add("MIME-Version", "1.0")
            .add("Content-Type", self.content_type());
        header
    }

    pub fn body(&self) -> Vec<u8> {
        let parts = [self.entity.clone(), self.signature_part()];
        [
            self.preamble.as_bytes(),
            &multipart(&self.boundary, &parts),
            self.epilogue.as_bytes(),
        ]
        .concat()
    }

    pub fn to_eml(&self) -> Vec<u8> {
        [
            self.full_header().to_text().as_bytes(),
            b"\r\n",
            &self.body(),
        ]
        .concat()
    }
}
