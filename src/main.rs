//! The binary: real streams, clock and environment in, exit status out; nothing else.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use postacert::command::{self, is_closed_pipe};
use postacert::context::{Context, leave_no_core};
use postacert::exit::ExitStatus;

/// Octets of an answer that are written at once: fewer waits for the system where thousands are answered.
const WRITTEN_AT_ONCE: usize = 64 * 1024;

fn main() -> ExitCode {
    leave_no_core();
    #[cfg(feature = "drop-a-finding")]
    if let Ok(case) = std::env::var("PEC_DROP_A_FINDING") {
        postacert::verify::drop_a_finding(case);
    }
    let context = Context::from_process();
    let arguments: Vec<_> = std::env::args_os().collect();
    match command::complete(&arguments, &context) {
        Ok(false) => {}
        Ok(true) => return ExitStatus::Yes.into(),
        Err(_) => return ExitStatus::Unusable.into(),
    }
    let mut out = BufWriter::with_capacity(WRITTEN_AT_ONCE, io::stdout());
    let mut err = io::stderr();
    let done = command::run(arguments, &context, &mut out, &mut err).and_then(|status| {
        match out.flush().map_err(anyhow::Error::from) {
            // The command had come to its end: its answer stays.
            Err(error) if !is_closed_pipe(&error) => Err(error),
            _ => Ok(status),
        }
    });
    match done {
        Ok(status) => status.into(),
        // `pec verify folder | head` is not a failure.
        Err(error) if is_closed_pipe(&error) => ExitStatus::Yes.into(),
        Err(error) => {
            let failure = command::Failure::of_writing(&error);
            // When even that cannot be written there is nobody to tell.
            let _ = failure.write(context.lang, &mut err);
            failure.status().into()
        }
    }
}
