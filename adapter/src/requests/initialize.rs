//! `initialize`: learns how the client counts and says what is served.

use flowdbg_protocol::dap::types::{Capabilities, InitializeRequestArguments, command};

use super::{REQUESTS, Request};
use crate::{
    client::Client,
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct Initialize;

impl Request for Initialize {
    const COMMAND: &'static str = command::INITIALIZE;
    const ABOUT: &'static str = "Opens the session; answers what is supported.";
    const WHEN: &'static [Phase] = &[Phase::New];
    type Arguments = InitializeRequestArguments;
    type Body = Capabilities;

    fn run(session: &mut Session, arguments: InitializeRequestArguments) -> Outcome<Capabilities> {
        session.client = Client::new(&arguments);
        session.phase = Phase::Initialized;
        let mut capabilities = Capabilities::default();
        for row in REQUESTS {
            (row.advertise)(&mut capabilities);
        }
        Ok(Next::Reply(capabilities))
    }
}
