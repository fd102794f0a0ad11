//! `flowdbg evaluate-worker`: evaluates expressions, where they can be stopped. Not for people.

use clap::Args;
use flowdbg_engine::worlds::local::run_worker;

use super::{FAULTED, GOOD};
use crate::term;

/// Evaluates expressions given on standard input, a line each
#[derive(Args)]
pub(crate) struct Worker {}

impl Worker {
    pub(crate) fn run(self) -> u8 {
        match run_worker(std::io::stdin().lock(), std::io::stdout().lock()) {
            Ok(()) => GOOD,
            Err(error) => {
                term::error(&format!("the worker's lines are broken: {error}"));
                FAULTED
            }
        }
    }
}
