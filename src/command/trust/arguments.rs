//! What `pec trust` and the commands in it are told.

use std::path::PathBuf;

use clap::Subcommand;

use super::change::Change;
use super::import::ImportOrder;
use super::update::UpdateOrder;
use super::{TrustOrder, history, list, show};
use crate::command::order::Order;
use crate::output::report::Form;

/// Show and renew what is known of those who may sign certified mail
///
/// The program contains the authorities of certified mail and what they permit. What messages
/// and files add is stored in the data folder, in dated snapshots that are never changed; every
/// verdict names the one it relies on.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(in crate::command) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(ListArguments),
    Show(ShowArguments),
    History(HistoryArguments),
    Import(ImportArguments),
    Update(UpdateArguments),
}

/// List who may sign certified mail, since when and until when
///
/// The hosts and organizations that the certificates of the authorities permit, the signers known,
/// the lists of providers and the revocation lists stored here. A name that is permitted may sign;
/// whether the provider is still active is not known from it.
#[derive(Debug, clap::Args)]
struct ListArguments {
    /// Also read the receipts in the ledger, and list those who signed them
    #[arg(long)]
    seen: bool,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

/// Show what is known of a host or a certificate
///
/// Exit status: 0 if something is known; 1 if nothing is.
#[derive(Debug, clap::Args)]
struct ShowArguments {
    /// A host, an address or an organization; the SHA-256 of a certificate, or the beginning of it;
    /// a file with a certificate
    #[arg(value_name = "HOST|CERT", required_unless_present = "json_schema")]
    what: Option<String>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

/// Show what each certificate of the authorities changed, and what was stored here when
#[derive(Debug, clap::Args)]
struct HistoryArguments {
    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

/// Add certificates of authorities, lists of providers and trust files
///
/// A certificate of a known authority is accepted if the authority above it signed it. A new
/// authority is accepted only with its fingerprint, which you have from another source. A list of
/// providers (IGPEC: LDIF, plain or .p7m) that is signed is accepted if the signer's certificate
/// leads to a known authority, or is named by --signer.
///
/// Exit status: 0 if everything was accepted or already known; 1 if something was not; 2 if a file
/// cannot be read.
#[derive(Debug, clap::Args)]
struct ImportArguments {
    /// Certificates (PEM, DER), lists of providers (LDIF, .p7m), revocation lists, trust files
    #[arg(value_name = "FILE", required_unless_present = "json_schema")]
    files: Vec<PathBuf>,

    /// SHA-256 of a new authority's certificate or key; can be repeated
    #[arg(long, value_name = "SHA256")]
    fingerprint: Vec<String>,

    /// SHA-256 of the certificate that may sign a list of providers; can be repeated
    #[arg(long, value_name = "SHA256")]
    signer: Vec<String>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

/// Fetch the certificates that AgID publishes, and the revocation list
///
/// Only what leads to a known authority is accepted. The difference is shown first, and nothing is
/// stored before you agree. Nothing is ever fetched without this command.
///
/// Exit status: 0 if done; 1 if something was not accepted; 3 if you did not agree; 4 if something
/// could not be fetched.
#[derive(Debug, clap::Args)]
struct UpdateArguments {
    /// Where to fetch from: an address of the web, or a folder, with SHA256SUMS.txt, the files named
    /// in it, and CRL
    #[arg(long, value_name = "URL|DIR")]
    from: Option<String>,

    /// Proxy, in place of the one of the environment; none for none
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,

    /// Do not ask
    #[arg(long)]
    yes: bool,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        let order = match self.action {
            Action::List(of) if of.json_schema => return Order::schema::<list::Results>(),
            Action::Show(of) if of.json_schema => return Order::schema::<show::Results>(),
            Action::History(of) if of.json_schema => return Order::schema::<history::Results>(),
            Action::Import(of) if of.json_schema => return Order::schema::<Change>(),
            Action::Update(of) if of.json_schema => return Order::schema::<Change>(),
            Action::List(of) => TrustOrder::List {
                seen: of.seen,
                form: Form::of(of.json),
            },
            Action::Show(of) => TrustOrder::Show(of.what.unwrap_or_default(), Form::of(of.json)),
            Action::History(of) => TrustOrder::History(Form::of(of.json)),
            Action::Import(of) => TrustOrder::Import(ImportOrder {
                files: of.files,
                fingerprints: of.fingerprint,
                signers: of.signer,
                form: Form::of(of.json),
            }),
            Action::Update(of) => TrustOrder::Update(UpdateOrder {
                from: of.from,
                proxy: of.proxy,
                yes: of.yes,
                form: Form::of(of.json),
            }),
        };
        Order::Trust(order)
    }
}
