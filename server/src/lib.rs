//! Every task, thread and socket: hosts and their doors.
//!
//! A [`host::Host`] runs executions. [`serve`] gives it a port: the control API at `/rpc`, events at
//! `/executions/{id}/events`. [`dap`] performs what a debug session wants: it reads frames, calls a
//! host over the control API and writes frames.
//!
//! This room decides nothing about workflows or stepping; it only connects.

mod auth;
pub mod control;
pub mod dap;
pub mod dry;
pub mod host;
pub mod input;
mod json;
pub mod load;
pub mod lsp;
pub mod project;
pub mod recording;
mod runs;
mod schedule;
pub mod serve;
mod stream;
pub mod stub;
pub mod transport;
