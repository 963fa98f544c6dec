//! `pec reply`: the answer to a message that was received. What it says is gathered in
//! [`send`](super::send), through which it goes.

pub(super) mod arguments;
