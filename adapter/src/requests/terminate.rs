//! `terminate`: cancels the execution; the session goes on until it has ended.

use flowdbg_protocol::{
    control::{self, OfExecution, code},
    dap::types::{Capabilities, TerminateArguments, command},
};

use super::{Effect, Request};
use crate::{
    error::Error,
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct Terminate;

impl Request for Terminate {
    const COMMAND: &'static str = command::TERMINATE;
    const ABOUT: &'static str = "Cancels the execution: its calls, processes and timers stop.";
    const WHEN: &'static [Phase] = &[Phase::Initialized, Phase::Configuring, Phase::Running, Phase::Ended];
    const EFFECT: Effect = Effect::Moves;
    type Arguments = TerminateArguments;
    type Body = ();

    fn advertise(capabilities: &mut Capabilities) {
        capabilities.supports_terminate_request = Some(true);
    }

    fn run(session: &mut Session, _: TerminateArguments) -> Outcome<()> {
        if matches!(session.phase, Phase::Initialized | Phase::Ended) {
            return Ok(Next::Reply(()));
        }
        let params = OfExecution { execution: session.execution() };
        Ok(Next::try_ask::<control::Cancel>(params, |_, result| match result {
            Ok(_) => Ok(Next::Reply(())),
            // It ended by itself meanwhile, which is what was wanted.
            Err(Error::Control(error)) if error.code == code::ENDED => Ok(Next::Reply(())),
            Err(error) => Err(error),
        }))
    }
}
