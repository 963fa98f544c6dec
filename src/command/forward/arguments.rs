//! The words of `pec forward`, and the order that they are.

use crate::command::order::Order;
use crate::command::send::{AnswerArguments, LeavingArguments, SendOrder, Way};

/// Forward a message that was received
///
/// The message is attached exactly as it was received, so that whoever gets it can verify it; its text
/// is quoted too. Everything goes through the same preview and confirmation as pec send.
///
/// Exit status: as of pec send.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(in crate::command) struct Arguments {
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
        let letter = self.answer.letter(Way::Forward);
        Order::Send(SendOrder::of_answer(letter, self.leaving))
    }
}
