//! Byte streams to clients that are not sockets.

mod stdio;

pub use stdio::{stdin, stdout};
