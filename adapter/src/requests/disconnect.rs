//! `disconnect`: ends the session, and the execution with it unless the client wants it to go on.

use flowdbg_protocol::{
    control::{self, OfBranch, OfExecution, Release, SetBreakpointsParams, SetExceptionFiltersParams},
    dap::types::{Capabilities, DisconnectArguments, command},
};

use super::{Effect, Request};
use crate::{
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct Disconnect;

impl Request for Disconnect {
    const COMMAND: &'static str = command::DISCONNECT;
    const ABOUT: &'static str = "Ends the session and cancels the execution; with \
                                 `terminateDebuggee: false` it goes on without breakpoints.";
    const WHEN: &'static [Phase] = &[Phase::New, Phase::Initialized, Phase::Configuring, Phase::Running, Phase::Ended];
    const EFFECT: Effect = Effect::Leaves;
    type Arguments = DisconnectArguments;
    type Body = ();

    fn advertise(capabilities: &mut Capabilities) {
        capabilities.support_terminate_debuggee = Some(true);
    }

    fn run(session: &mut Session, arguments: DisconnectArguments) -> Outcome<()> {
        let before = std::mem::replace(&mut session.phase, Phase::Leaving);
        if !matches!(before, Phase::Configuring | Phase::Running) {
            return Ok(Next::Reply(()));
        }
        let execution = session.execution();
        if arguments.terminate_debuggee != Some(false) {
            let params = OfExecution { execution };
            // Whatever the host says, the session is over.
            return Ok(Next::try_ask::<control::Cancel>(params, |_, _| Ok(Next::Reply(()))));
        }
        for (path, _) in session.breakpoints.files() {
            let execution = execution.clone();
            let params = SetBreakpointsParams { execution, path, breakpoints: Vec::new() };
            session.tell::<control::SetBreakpoints>(params, |_, _| {});
        }
        let filters = Vec::new();
        let params = SetExceptionFiltersParams { execution: execution.clone(), filters };
        session.tell::<control::SetExceptionFilters>(params, |_, _| {});
        if before == Phase::Configuring {
            let params = OfExecution { execution };
            return Ok(Next::try_ask::<Release>(params, |_, _| Ok(Next::Reply(()))));
        }
        let params = OfBranch { execution, branch: None };
        Ok(Next::try_ask::<control::Continue>(params, |_, _| Ok(Next::Reply(()))))
    }
}
