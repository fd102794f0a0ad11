//! A host and a debug session, from outside: over real sockets and streams.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod auth;
mod control;
mod dap;
mod dry;
mod events;
mod pages;
mod support;
