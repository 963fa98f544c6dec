//! What `pec verify` is told.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::expect::Expected;
use super::{Form, VerifyOrder, json};
use crate::command::Failure;
use crate::command::order::Order;
use crate::command::report::arguments::Beside;
use crate::timestamp::Timestamp;

/// Verify whether receipts, notices and envelopes of certified mail are genuine
///
/// Checks the signature, the provider's certificate up to the recognised authorities (AgID and its
/// predecessors) and the certification data, and compares the header, which is not signed, with the
/// signed part. Does not use the network. All data shown comes from the signed part.
///
/// Exit status: 0 if all messages are genuine (with --expect: and of that kind); 1 if one is not, or
/// is not certified mail; 3 if one cannot be verified (with --strict also if there is a doubt); 2 if
/// a file cannot be read.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec verify [OPTIONS] <FILE>..."
)]
pub(in crate::command) struct Arguments {
    /// .eml files, containers of pec export (.asice), folders, Maildir, mbox, zip archives, gzip; - for
    /// standard input
    #[arg(required_unless_present = "json_schema", value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The message that was sent (a file, or one in the ledger), or one of its attachments: check
    /// whether the receipt is about it
    #[arg(long, value_name = "FILE|MESSAGE")]
    sent: Option<PathBuf>,

    /// Acceptance receipt of the same transmission, to compare with
    #[arg(long, value_name = "FILE")]
    acceptance: Option<PathBuf>,

    /// Use the trust data of this file instead of the built-in ones
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,

    /// Use the authority certificates of this file (PEM or DER) instead of the built-in trust data
    #[arg(long, value_name = "FILE")]
    anchor: Vec<PathBuf>,

    /// List of providers (IGPEC): LDIF, or signed .p7m
    #[arg(long, value_name = "FILE")]
    providers: Option<PathBuf>,

    /// Revocation lists (DER or PEM) and OCSP answers (DER): a file or a folder; repeatable
    #[arg(long, value_name = "FILE|DIR")]
    crl: Vec<PathBuf>,

    /// Certificates of authorities to trust for the time stamps in containers (PEM or DER), or a trust
    /// data file that names them; repeatable
    #[arg(long, value_name = "FILE")]
    tsa_anchor: Vec<PathBuf>,

    /// Exit with 1 also if a message is genuine but of another kind: acceptance, delivery,
    /// complete-delivery, non-delivery, first-notice, envelope, and so on
    #[arg(long, value_name = "KIND", hide_possible_values = true)]
    expect: Option<Expected>,

    /// Exit with 3 also if a message is genuine but there is a doubt
    #[arg(long)]
    strict: bool,

    /// Verify with reference to this date and time instead of that of the message
    #[arg(long, value_name = "DATE")]
    at: Option<String>,

    /// Produce one JSON document
    #[arg(long, conflicts_with = "ndjson")]
    json: bool,

    /// Produce one JSON object per line, for many files
    #[arg(long)]
    ndjson: bool,

    /// Produce a page of HTML that can be handed over or printed
    #[arg(long, conflicts_with_all = ["json", "ndjson"])]
    html: bool,

    #[command(flatten)]
    page: Beside,

    /// Print the JSON schema of the results and exit
    #[arg(long)]
    json_schema: bool,

    /// Show only messages that are not genuine without a doubt; the totals count all
    #[arg(long)]
    only_bad: bool,

    /// Explain what each kind proves and does not prove, with the sources
    #[arg(long)]
    explain: bool,

    /// Also show the checks that passed
    #[arg(long)]
    all: bool,
}

impl ValueEnum for Expected {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    /// In the words of both languages.
    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (italian, english) = self.words();
        let other = Some(english).filter(|english| *english != italian);
        Some(PossibleValue::new(italian).aliases(other))
    }
}

impl Arguments {
    /// # Errors
    /// A [`Failure`] when the time is none.
    pub(in crate::command) fn order(self) -> Result<Order, Failure> {
        if self.json_schema {
            return Ok(Order::schema::<json::Results<'_>>());
        }
        if self.page.is_asked() && (self.ndjson || self.html) {
            return Err(Failure::new("report-form", []));
        }
        let at = self.at.map(|text| {
            Timestamp::parse_shown(&text).map_err(|_| Failure::new("at", [("value", text)]))
        });
        Ok(Order::Verify(VerifyOrder {
            files: self.files,
            sent: self.sent,
            acceptance: self.acceptance,
            trust: self.trust,
            anchors: self.anchor,
            providers: self.providers,
            crls: self.crl,
            tsa_anchors: self.tsa_anchor,
            at: at.transpose()?,
            strict: self.strict,
            expect: self.expect,
            only_bad: self.only_bad,
            explain: self.explain,
            all: self.all,
            form: match (self.json, self.ndjson, self.html) {
                (true, ..) => Form::Document,
                (_, true, _) => Form::Lines,
                (_, _, true) => Form::Page,
                (false, false, false) => Form::Text,
            },
            page: self.page.order()?,
        }))
    }
}
