//! The words of `pec reply`, and the order that they are.

use crate::client::answer::Whom;
use crate::command::order::Order;
use crate::command::send::{AnswerArguments, LeavingArguments, SendOrder, Way};

/// Reply to a certified message that was received
///
/// The reply goes to the certified sender of the message, with its text quoted, through the same
/// preview and confirmation as pec send. If the sender asks for replies at another address, that
/// address is shown and a question is asked. The header names the message that is answered, so that
/// both sides see one conversation.
///
/// Exit status: as of pec send.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
    /// Reply to all: the other recipients of the message are put in copy
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    answer: AnswerArguments,

    #[command(flatten)]
    leaving: LeavingArguments,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        if let Some(schema) = self.leaving.schema() {
            return schema;
        }
        let whom = match self.all {
            true => Whom::All,
            false => Whom::Sender,
        };
        let letter = self.answer.letter(Way::Reply(whom));
        Order::Send(SendOrder::of_answer(letter, self.leaving))
    }
}
