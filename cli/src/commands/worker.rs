//! `flowdbg evaluate-worker`: evaluates one expression, where it can be stopped. Not for people.

use clap::Args;
use flowdbg_engine::worlds::local::run_worker;

use super::{FAULTED, GOOD};
use crate::term;

/// Evaluates one expression given on standard input
#[derive(Args)]
pub(crate) struct Worker {}

impl Worker {
    pub(crate) fn run(self) -> u8 {
        match std::io::read_to_string(std::io::stdin()) {
            Ok(request) => {
                term::out_raw(&run_worker(&request));
                GOOD
            }
            Err(error) => {
                term::error(&format!("cannot read the request: {error}"));
                FAULTED
            }
        }
    }
}
