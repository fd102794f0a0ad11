//! The language server: an editor's texts, kept as it types, and answers about them.
//!
//! One task, `wire`, reads frames and polls each message's handler at once, so that edits are
//! applied in the order in which they were typed; a handler's first statement changes the
//! documents or takes a snapshot. What takes time runs on blocking threads over such snapshots,
//! and an answer whose text has changed meanwhile is not given. A second task writes frames from
//! a queue without end, so that an editor which does not read cannot stop the reading. A third
//! one publishes diagnostics, if the editor does not ask for them itself.
//!
//! What is served stands in one table, [`REQUESTS`]: dispatch, the advertised capabilities and
//! the reference page follow from it.

mod diagnostics;
mod documents;
mod position;
mod publish;
mod requests;
mod session;
mod wire;

pub use requests::{REQUESTS, Row};
pub use wire::{Ended, serve};

#[cfg(test)]
mod tests;
