//! `continue`: lets suspended branches go on.

use flowdbg_protocol::{
    control::{self, OfBranch},
    dap::types::{Capabilities, ContinueArguments, ContinueResponseBody, command},
};

use super::{Effect, Request};
use crate::{
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct Continue;

impl Request for Continue {
    const COMMAND: &'static str = command::CONTINUE;
    const ABOUT: &'static str = "Lets all suspended branches go on, or one with `singleThread`.";
    const WHEN: &'static [Phase] = &[Phase::Running];
    const EFFECT: Effect = Effect::Moves;
    type Arguments = ContinueArguments;
    type Body = ContinueResponseBody;

    fn advertise(capabilities: &mut Capabilities) {
        capabilities.supports_single_thread_execution_requests = Some(true);
    }

    fn run(session: &mut Session, arguments: ContinueArguments) -> Outcome<ContinueResponseBody> {
        let thread = super::branch(arguments.thread_id)?;
        let branch = (arguments.single_thread == Some(true)).then_some(thread);
        let params = OfBranch { execution: session.execution(), branch };
        Ok(Next::ask::<control::Continue>(params, move |session, _| {
            session.resumed(branch);
            let all_threads_continued = Some(branch.is_none());
            Ok(Next::Reply(ContinueResponseBody { all_threads_continued }))
        }))
    }
}
