//! What `pec offices` and the commands in it are told.

use std::path::PathBuf;

use clap::Subcommand;

use super::{OfficesOrder, find, import};
use crate::command::order::Order;
use crate::output::report::Form;

/// Find the addresses of public offices
///
/// The data are the open data of the index of public administrations (IPA, indicepa.gov.it), which
/// you download there; pec downloads nothing. What a body declares of an address is verified by
/// nobody.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(in crate::command) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Import(ImportArguments),
    Find(FindArguments),
}

/// Import the tables of the index of public administrations
///
/// Bodies (enti), areas (aree organizzative omogenee) and units (unita' organizzative), as CSV, workbook
/// or JSON, or the former amministrazioni.txt, aoo.txt and ou.txt; recognized by their columns. A table
/// replaces the whole table of the same kind imported before. Its data are of the day of the most recent
/// entry in it, otherwise of the file.
///
/// Exit status: 0 if every row was read; 1 if one was not; 2 if a file cannot be read or is not such a
/// table.
#[derive(Debug, clap::Args)]
struct ImportArguments {
    /// Tables of the index; - for standard input
    #[arg(value_name = "TABLE", required_unless_present = "json_schema")]
    files: Vec<PathBuf>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

/// Find offices by words of their names, or by a code
///
/// An office is found if its name and that of its body have all the words. Accents and case do not
/// count; a word that is not found is read as the beginning of one, or with one wrong letter. Bodies
/// first, short names first.
///
/// Exit status: 0 if something was found; 1 if nothing was; 2 if nothing was imported.
#[derive(Debug, clap::Args)]
struct FindArguments {
    /// Words of the name; or the code of an office, or the tax code of a body
    #[arg(value_name = "WORDS", required_unless_present = "json_schema")]
    words: Vec<String>,

    /// Maximum number of offices to show (default: 20)
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 20,
        hide_default_value = true,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    limit: u32,

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
            Action::Import(of) if of.json_schema => return Order::schema::<import::Document>(),
            Action::Find(of) if of.json_schema => return Order::schema::<find::Document>(),
            Action::Import(of) => OfficesOrder::Import(of.files, Form::of(of.json)),
            Action::Find(of) => OfficesOrder::Find {
                words: of.words.join(" "),
                limit: of.limit,
                form: Form::of(of.json),
            },
        };
        Order::Offices(order)
    }
}
