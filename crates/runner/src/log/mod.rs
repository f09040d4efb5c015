//! The command's output: read, passed on to the caller's terminal, cut into numbered lines, batched.

mod lines;
mod pump;
mod recorder;
mod whole;

pub use lines::{End, Piece, Splitter};
pub(crate) use pump::{Passthrough, pump};
pub(crate) use recorder::{Input, Recorder};
