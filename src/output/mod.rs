//! How results are shown: texts in two languages, safe JSON, colour, progress.
//!
//! Knows nothing of commands. What comes from messages is escaped here before a terminal sees
//! it, in every format.

pub mod catalogue;
pub mod fold;
pub mod held;
pub mod html;
pub mod json;
pub mod layout;
pub mod legal;
#[cfg(feature = "pdf")]
pub mod pdf;
pub mod progress;
pub mod reason;
pub mod report;
pub mod style;
