//! `configurationDone`: lets the execution go.

use flowdbg_protocol::{
    control::{OfExecution, Release},
    dap::types::{Capabilities, ConfigurationDoneArguments, command},
};

use super::{Effect, Request};
use crate::{
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct ConfigurationDone;

impl Request for ConfigurationDone {
    const COMMAND: &'static str = command::CONFIGURATION_DONE;
    const ABOUT: &'static str = "Lets the execution begin.";
    const WHEN: &'static [Phase] = &[Phase::Configuring];
    const EFFECT: Effect = Effect::Moves;
    type Arguments = ConfigurationDoneArguments;
    type Body = ();

    fn advertise(capabilities: &mut Capabilities) {
        capabilities.supports_configuration_done_request = Some(true);
    }

    fn run(session: &mut Session, _: ConfigurationDoneArguments) -> Outcome<()> {
        // Requests sent without waiting for the answer reach the host after this one.
        session.phase = Phase::Running;
        let params = OfExecution { execution: session.execution() };
        Ok(Next::try_ask::<Release>(params, |session, result| {
            if result.is_err() && session.phase == Phase::Running {
                session.phase = Phase::Configuring;
            }
            result.map(|_| Next::Reply(()))
        }))
    }
}
