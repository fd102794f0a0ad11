//! A host and a debug session, from outside: over real sockets and streams.

mod auth;
mod control;
mod dap;
mod events;
mod support;
