//! Whole sessions: a client, the adapter and a scripted engine host, in one thread.
//!
//! Every session is held to the laws of the protocol while it runs; see [`support::Bench`].

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod ending;
mod host_trouble;
mod launching;
mod looking;
mod moving;
mod support;
mod support_schema;
mod table;
