//! Group G of the list of tricks: files that are no receipts, and how results are handed on
//! (cases 93 to 100).

use super::sent;
use super::tools::{delivery, file, ordinary_header, plain_part};
use super::vector::{Critical, DELIVERY, Group, High, Low, Medium, Vector};
use crate::support::digest::{Digest, hex};
use crate::support::message::{Header, multipart};
use crate::support::receipt::{Kind, Receipt, original_part, text_part};

const G: Group = Group("g-handling");

pub fn all() -> Vec<Vector> {
    [unsigned(), other_files()].into_iter().flatten().collect()
}

/// Cases 94 and 95: imitations without a signature.
fn unsigned() -> Vec<Vector> {
    vec![
        G.cannot_tell(
            "ordinary-mail-with-the-mark-of-a-receipt",
            "structure.signed",
        )
        .case(94, Critical)
        .because(
            "An ordinary mail whose header bears X-Ricevuta. Inside a \
                 certified mailbox the provider would have wrapped it; in a file \
                 the line proves nothing.",
        )
        .message(marked()),
        G.cannot_tell("imitation-of-an-envelope", "structure.signed")
            .case(95, Critical)
            .because(
                "The header, the text and the attachments of an envelope, copied; \
                 no signature.",
            )
            .message(imitation(true))
            .twin("posta-certificata"),
        G.cannot_tell("imitation-with-the-address-only", "structure.signed")
            .case(95, High)
            .because(
                "An ordinary mail that only says in its From line to come from a \
                 provider.",
            )
            .message(from_a_provider()),
        G.cannot_tell("imitation-with-the-data-only", "structure.signed")
            .case(95, High)
            .because("An ordinary mail with a daticert.xml attached.")
            .message(imitation(false)),
        G.not_certified("imitation-with-the-subject-only")
            .case(95, Medium)
            .because(
                "An ordinary mail whose subject and text are those of a receipt. \
                 Anybody can write such a subject.",
            )
            .message(sent::ordinary(
                "avvisi@posta.example",
                "CONSEGNA: Pratica n. 42",
                "-- Ricevuta di avvenuta consegna del messaggio --\r\n",
            )),
    ]
}

fn marked() -> Vec<u8> {
    let mut header = ordinary_header();
    header.add("X-Ricevuta", "avvenuta-consegna").add(
        "X-Riferimento-Message-ID",
        crate::support::receipt::MESSAGE_ID,
    );
    file(
        header,
        "text/plain; charset=us-ascii",
        b"Il messaggio e' stato consegnato.\r\n",
    )
}

fn imitation(with_header: bool) -> Vec<u8> {
    let receipt = Receipt::new(Kind::Envelope);
    let header = match with_header {
        true => {
            let mut header: Header = receipt.header.clone();
            header.add("MIME-Version", "1.0");
            header
        }
        false => ordinary_header(),
    };
    let original = receipt.original.as_deref().expect("an original");
    let parts = [
        text_part("plain", &receipt.text).encode(),
        receipt.daticert_part().encode(),
        original_part(original).encode(),
    ];
    file(
        header,
        "multipart/mixed; boundary=\"=_copia\"",
        &multipart("=_copia", &parts),
    )
}

fn from_a_provider() -> Vec<u8> {
    let mut header = ordinary_header();
    header.set("From", "posta-certificata@gestore-destinatario.example");
    file(
        header,
        "multipart/mixed; boundary=\"=_x\"",
        &multipart("=_x", &[plain_part("Consegnato.\r\n")]),
    )
}

/// Cases 96, 97 and 99, and files that are nothing.
fn other_files() -> Vec<Vector> {
    let sha256 = hex(&Digest::Sha256.of(&delivery().to_eml()));
    vec![
        G.not_certified("print-of-a-receipt")
            .case(96, High)
            .because(
                "A PDF print of a receipt. What can be checked is the message, not \
                 its picture.",
            )
            .named("pdf")
            .message(
                b"%PDF-1.4\n1 0 obj << /Title (Ricevuta di avvenuta consegna) >> \
                 endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
                    .to_vec(),
            ),
        G.not_certified("text-of-a-receipt")
            .case(96, Medium)
            .because("The text of a receipt, copied into a text file.")
            .named("txt")
            .message(delivery().text.into_bytes()),
        G.not_certified("message-converted-by-a-mail-program")
            .case(97, High)
            .because(
                "The beginning of a .msg file (a compound file): a mail program \
                 converted the message, and its octets are gone.",
            )
            .named("msg")
            .message(
                [
                    &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1][..],
                    &[0; 504],
                ]
                .concat(),
            ),
        G.not_certified("empty-file")
            .case(0, Medium)
            .because("A file of no octets.")
            .message(Vec::new()),
        G.not_certified("empty-lines")
            .case(0, Low)
            .because("A file of line ends only.")
            .message(b"\r\n\r\n\r\n".to_vec()),
        G.genuine("result-names-the-octets")
            .case(99, Medium)
            .because(
                "The result names the SHA-256 value of the file that was judged, \
                 so that a report can be tied to it.",
            )
            .receipt(DELIVERY)
            .result(format!("sha256 = \"{sha256}\"")),
    ]
}
