//! `cancel`: gives up a request that still waits for its answer.

use flowdbg_protocol::dap::types::{CancelArguments, Capabilities, command};

use super::{Effect, Request};
use crate::{
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct Cancel;

impl Request for Cancel {
    const COMMAND: &'static str = command::CANCEL;
    const ABOUT: &'static str = "Gives up a request that only looks; one that is already \
                                 answered, or changes something, is left alone.";
    const WHEN: &'static [Phase] = &[Phase::Initialized, Phase::Launching, Phase::Configuring, Phase::Running, Phase::Ended];
    const EFFECT: Effect = Effect::Changes;
    type Arguments = CancelArguments;
    type Body = ();

    fn advertise(capabilities: &mut Capabilities) {
        capabilities.supports_cancel_request = Some(true);
    }

    fn run(session: &mut Session, arguments: CancelArguments) -> Outcome<()> {
        if let Some(seq) = arguments.request_id {
            session.cancel(i64::from(seq));
        }
        Ok(Next::Reply(()))
    }
}
