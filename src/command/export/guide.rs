//! The instructions in a container: what lies in it, what it is not, and how everything is checked
//! without this program. Lines that begin with four blanks are commands, as they are typed.

use super::held::{AUTHORITIES, DIGESTS, Receipt, Shelf};
use crate::asic::Name;
use crate::command::judges::TRUST_FILE;
use crate::command::revocations::WITHIN;
use crate::command::verify::headline::head;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout::{day, on};
use crate::providers::Trust;
use crate::timestamp::Timestamp;
use crate::verify::{CheckId, Weight};

/// The message that a container is about.
pub(super) struct About<'a> {
    /// The file that has it as it was sent; none of one that was received.
    pub sent: Option<&'a Name>,
    pub subject: &'a str,
    pub sender: &'a str,
    pub recipients: &'a str,
    pub message_id: &'a str,
    /// The last time that the ledger knows.
    pub now: Timestamp,
}

/// What it is about.
pub(super) struct Guide<'a> {
    pub about: &'a About<'a>,
    pub receipts: &'a [Receipt],
    pub trust: &'a Trust,
    /// Whether the receipts carried the certificate of an authority.
    pub has_authorities: bool,
    /// The revocation lists by which they were judged.
    pub lists: &'a [Name],
}

impl Guide<'_> {
    /// The whole text.
    pub fn text(&self, lang: Lang) -> String {
        let texts = Catalogue::of(lang);
        let about = self.about;
        let as_of = self.trust.as_of.as_deref().unwrap_or("?");
        let values = [
            ("subject", about.subject),
            ("sender", about.sender),
            ("recipients", about.recipients),
            ("message-id", about.message_id),
            ("time", &on(about.now, lang)),
            ("sent", about.sent.map_or("", Name::as_str)),
            ("trust", TRUST_FILE),
            ("as-of", &day(as_of, lang)),
            ("program", concat!("pec ", env!("CARGO_PKG_VERSION"))),
        ];
        let mut text = match about.sent {
            Some(_) => texts.fill("guide.head", &values),
            None => texts.fill("guide.head-received", &values) + "\n",
        };
        text.push('\n');
        for receipt in self.receipts {
            let key = match receipt.shelf {
                Shelf::Proof if is_converted(receipt) => "guide.converted",
                Shelf::Proof if self.about.sent.is_none() => "guide.envelope",
                Shelf::Proof => "guide.receipt",
                Shelf::Uncertified if self.about.sent.is_none() => "guide.uncertified-received",
                Shelf::Uncertified => "guide.uncertified",
                Shelf::OtherMessage => "guide.other-message",
                Shelf::NotGenuine => "guide.not-genuine",
            };
            let evidence = receipt.examined.evidence();
            let head = evidence.map_or("", |evidence| head(evidence, texts));
            let values = [("file", receipt.name.as_str()), ("head", head)];
            text += &texts.fill(key, &values);
            text += "\n";
        }
        text += &match about.sent {
            Some(_) => texts.fill("guide.other-files", &values),
            None => texts.fill("guide.other-files-received", &values),
        };
        text += "\n\n";
        if !self.lists.is_empty() {
            text += &texts.fill("guide.lists", &[("folder", WITHIN)]);
            text += "\n\n";
            for list in self.lists {
                text += &command(&format!("openssl crl -inform DER -noout -text -in {list}"));
            }
            text += "\n";
        }
        let evidence = texts.text(match about.sent {
            Some(_) => "guide.evidence-sent",
            None => "guide.evidence-received",
        });
        text += &texts.fill("guide.limits", &[("evidence", evidence)]);
        text += "\n\n";
        text += &self.digests(texts);
        text += &self.signatures(texts);
        text += texts.text(match about.sent {
            Some(_) => "guide.end",
            None => "guide.end-received",
        });
        text += "\n\n";
        text + texts.text("guide.stamp") + "\n"
    }

    /// How it is seen that no file was changed.
    fn digests(&self, texts: &Catalogue) -> String {
        let mut text = texts.fill("guide.digests", &[("digests", DIGESTS)]) + "\n\n";
        text += &command(&format!("sha256sum -c {DIGESTS}"));
        for file in self
            .about
            .sent
            .into_iter()
            .chain(self.proofs().map(|one| &one.name))
        {
            text += &command(&format!("openssl dgst -sha256 -r {file}"));
        }
        text + "\n"
    }

    /// How it is seen who signed, when, and what.
    fn signatures(&self, texts: &Catalogue) -> String {
        let [signatures, chain, no_chain] = match self.about.sent {
            Some(_) => ["guide.signatures", "guide.chain", "guide.no-chain"],
            None => [
                "guide.signatures-received",
                "guide.chain-received",
                "guide.no-chain-received",
            ],
        };
        let mut text = texts.text(signatures).to_owned() + "\n\n";
        for receipt in self.proofs() {
            text += &command(&format!(
                "openssl cms -verify -noverify -inform SMIME -in {} -out /dev/null",
                receipt.name
            ));
        }
        text += "\n";
        text += texts.text(match self.has_authorities {
            true => chain,
            false => no_chain,
        });
        text += "\n\n";
        if self.has_authorities {
            for receipt in self.proofs() {
                let Some(time) = receipt.time else { continue };
                text += &command(&format!(
                    "openssl cms -verify -inform SMIME -in {} -CAfile {AUTHORITIES} -partial_chain \
                     -purpose any -attime {} -out /dev/null",
                    receipt.name,
                    time.unix()
                ));
            }
            text += "\n";
        }
        text
    }

    /// What other programs verify too.
    fn proofs(&self) -> impl Iterator<Item = &Receipt> {
        let all = self.receipts.iter();
        all.filter(|one| one.shelf == Shelf::Proof && !is_converted(one))
    }
}

/// Whether a program changed the copy and the change had to be undone: no other program does that.
fn is_converted(receipt: &Receipt) -> bool {
    let mut findings = receipt.examined.examination().findings().list().iter();
    findings.any(|one| one.check() == CheckId::SignatureDigest && one.weight() == Weight::Doubt)
}

fn command(line: &str) -> String {
    format!("    {line}\n")
}
