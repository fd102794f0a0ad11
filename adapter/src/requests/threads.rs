//! `threads`: the branches of the execution.

use flowdbg_protocol::{
    control::{Branches, OfExecution, code},
    dap::types::{Thread, ThreadsResponseBody, command},
};
use serde::Deserialize;

use super::Request;
use crate::{
    error::Error,
    next::{Next, Outcome},
    notices::thread_id,
    phase::Phase,
    session::Session,
};

pub(super) struct Threads;

/// The request has no arguments.
#[derive(Deserialize)]
pub(super) struct Arguments {}

impl Request for Threads {
    const COMMAND: &'static str = command::THREADS;
    const ABOUT: &'static str = "Lists the branches: the root, each branch of a fork, each \
                                 detached sub-workflow.";
    const WHEN: &'static [Phase] = &[Phase::Initialized, Phase::Configuring, Phase::Running, Phase::Ended];
    type Arguments = Arguments;
    type Body = ThreadsResponseBody;

    fn run(session: &mut Session, _: Arguments) -> Outcome<ThreadsResponseBody> {
        if matches!(session.phase, Phase::Initialized | Phase::Ended) {
            return Ok(Next::Reply(ThreadsResponseBody::default()));
        }
        let params = OfExecution { execution: session.execution() };
        Ok(Next::try_ask::<Branches>(params, |_, result| {
            let branches = match result {
                Ok(list) => list.branches,
                // It ended while the question was under way.
                Err(Error::Control(error)) if error.code == code::ENDED => Vec::new(),
                Err(error) => return Err(error),
            };
            let threads = branches.into_iter().map(|branch| Thread { id: thread_id(branch.id), name: branch.name }).collect();
            Ok(Next::Reply(ThreadsResponseBody { threads }))
        }))
    }
}
