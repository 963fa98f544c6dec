//! `pec forward`: a message that was received, passed on as it is. What it says is gathered in
//! [`send`](super::send), through which it goes.

pub(super) mod arguments;
