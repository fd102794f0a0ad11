//! `pause`: asks for a stop at the next checkpoint.

use flowdbg_protocol::{
    control::{self, PauseParams},
    dap::types::{PauseArguments, command},
};

use super::{Effect, Request};
use crate::{
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct Pause;

impl Request for Pause {
    const COMMAND: &'static str = command::PAUSE;
    const ABOUT: &'static str = "Asks for a stop at the next checkpoint of a branch, or of any if \
                                 the thread is 0.";
    const WHEN: &'static [Phase] = &[Phase::Running];
    const EFFECT: Effect = Effect::Moves;
    type Arguments = PauseArguments;
    type Body = ();

    fn run(session: &mut Session, arguments: PauseArguments) -> Outcome<()> {
        let branch = Some(super::branch(arguments.thread_id)?).filter(|branch| *branch > 0);
        let params = PauseParams { execution: session.execution(), branch };
        Ok(Next::ask::<control::Pause>(params, |_, _| Ok(Next::Reply(()))))
    }
}
