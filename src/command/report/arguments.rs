//! What `pec report` is told, and what other commands are told of a report.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::ReportOrder;
use super::asked::{PageOrder, Reader};
use crate::address::MailAddress;
use crate::command::Failure;
use crate::command::order::Order;

/// Make a page about a message for people: what is attested, by what, and what is not
///
/// One page to hand over or to print on A4: what the message came to for each recipient, who
/// sent what and when, its course, the files to keep with their SHA-256, what they prove and do not
/// prove, what is not established, and what to do now. Every receipt is verified again. The page is
/// not the evidence: the .eml files are. It contains neither the text of the message nor any path of
/// this computer. It is HTML, or PDF (PDF/A-2a, fonts inside) if the name of the file ends in .pdf and
/// the program was built with --features pdf; otherwise, for a PDF, print the HTML page from a browser.
///
/// Exit status: as pec status: 0 if the message reached every recipient; 1 if it did not reach one, or
/// if a file that should be a receipt is not genuine; 3 if an outcome is pending or cannot be told; 2
/// if no message matches, or if the file already exists: nothing is overwritten.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// The message: short id, Message-ID, or words of the subject
    #[arg(value_name = "MESSAGE")]
    message: String,

    /// Write to this file, completely or not at all (default: standard output); FILE.pdf
    /// becomes a PDF if the program was built with --features pdf, and is refused otherwise
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,

    #[command(flatten)]
    about: About,

    /// Verify with the trust data of this file instead of those of the account
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

/// A report that another command writes beside what it shows.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Beside {
    /// Also write a page for people to this file (HTML, or PDF as for --to of pec report)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    #[command(flatten)]
    about: About,
}

/// What is asked of a report.
#[derive(Debug, clap::Args)]
struct About {
    /// For whom the page is: cittadino (citizen), ufficio (office), avvocato (lawyer)
    #[arg(long = "for", value_name = "READER", hide_possible_values = true)]
    reader: Option<Reader>,

    /// Name only this recipient in the page; the others are counted. Subject, reference and names of
    /// attachments stay
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,

    /// Printed at the head of the page: file, protocol or docket number (default: the reference of the
    /// message)
    #[arg(long, value_name = "TEXT")]
    case: Option<String>,
}

impl ValueEnum for Reader {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    /// In the words of both languages.
    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (italian, english) = self.words();
        Some(PossibleValue::new(italian).alias(english))
    }
}

impl About {
    fn order(self, to: Option<PathBuf>) -> PageOrder {
        PageOrder {
            to,
            reader: self.reader.unwrap_or_default(),
            recipient: self.recipient.as_deref().map(MailAddress::new),
            reference: self.case,
        }
    }

    fn says_something(&self) -> bool {
        self.reader.is_some() || self.recipient.is_some() || self.case.is_some()
    }
}

impl Beside {
    /// Whether a page is to be written.
    pub fn is_asked(&self) -> bool {
        self.report.is_some()
    }

    /// # Errors
    /// A [`Failure`] when no page is asked for, and yet something of one.
    pub fn order(self) -> Result<Option<PageOrder>, Failure> {
        match self.report {
            None if self.about.says_something() => Err(Failure::new("report-missing", [])),
            None => Ok(None),
            file => Ok(Some(self.about.order(file))),
        }
    }
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        Order::Report(ReportOrder {
            message: self.message,
            page: self.about.order(self.to),
            trust: self.trust,
            status: None,
        })
    }
}
