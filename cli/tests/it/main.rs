//! The program from outside: what it prints, and how it exits.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod check;
mod debug;
mod lsp;
mod recording;
mod run;
mod scenario;
mod serve;
mod support;
