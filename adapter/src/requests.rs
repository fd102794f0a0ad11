//! The requests that are served: one file each, and the table that lists them.

mod cancel;
mod configuration_done;
mod r#continue;
mod disconnect;
mod evaluate;
mod exception_info;
mod initialize;
mod launch;
mod pause;
mod scopes;
mod set_breakpoints;
mod set_exception_breakpoints;
mod set_variable;
mod stack_trace;
mod step;
mod terminate;
mod threads;
mod variables;

use flowdbg_protocol::dap::{self, types::Capabilities};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use launch::{LAUNCH_ATTRIBUTES, LaunchAttribute};

use crate::{
    error::Error,
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

/// A request that is served.
pub(crate) trait Request: 'static {
    /// Its name on the wire.
    const COMMAND: &'static str;
    /// What it does, in a line of the reference page.
    const ABOUT: &'static str;
    /// The phases in which it is served; in others it is refused, or waits for `launch`.
    const WHEN: &'static [Phase];
    /// What it does to the execution.
    const EFFECT: Effect = Effect::Reads;
    /// What the client sends.
    type Arguments: DeserializeOwned;
    /// What it is answered; `()` for no body.
    type Body: Serialize + 'static;

    /// Says in the answer to `initialize` what serving this makes possible.
    fn advertise(_: &mut Capabilities) {}

    /// Begins to serve it.
    fn run(session: &mut Session, arguments: Self::Arguments) -> Outcome<Self::Body>;
}

/// What a request does to the execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It only looks; it can be cancelled.
    Reads,
    /// It changes something while the execution stays where it is.
    Changes,
    /// It may let the execution move: what the host says meanwhile is told after the reply.
    Moves,
    /// It ends the session.
    Leaves,
}

/// A row of the request table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Name on the wire.
    pub command: &'static str,
    /// What it does.
    pub about: &'static str,
    /// The phases in which it is served.
    pub when: &'static [Phase],
    /// What it does to the execution.
    pub effect: Effect,
    /// Adds what serving it makes possible to the capabilities.
    pub advertise: fn(&mut Capabilities),
    pub(crate) run: fn(&mut Session, &dap::Request) -> Outcome<Value>,
}

impl Row {
    const fn of<R: Request>() -> Row {
        Row { command: R::COMMAND, about: R::ABOUT, when: R::WHEN, effect: R::EFFECT, advertise: R::advertise, run: run::<R> }
    }
}

/// Every request that is served, in the order in which a session comes to need them.
pub const REQUESTS: &[Row] = &[
    Row::of::<initialize::Initialize>(),
    Row::of::<launch::Launch>(),
    Row::of::<set_breakpoints::SetBreakpoints>(),
    Row::of::<set_exception_breakpoints::SetExceptionBreakpoints>(),
    Row::of::<configuration_done::ConfigurationDone>(),
    Row::of::<threads::Threads>(),
    Row::of::<stack_trace::StackTrace>(),
    Row::of::<scopes::Scopes>(),
    Row::of::<variables::Variables>(),
    Row::of::<evaluate::Evaluate>(),
    Row::of::<set_variable::SetVariable>(),
    Row::of::<exception_info::ExceptionInfo>(),
    Row::of::<r#continue::Continue>(),
    Row::of::<step::Next>(),
    Row::of::<step::StepIn>(),
    Row::of::<step::StepOut>(),
    Row::of::<pause::Pause>(),
    Row::of::<cancel::Cancel>(),
    Row::of::<terminate::Terminate>(),
    Row::of::<disconnect::Disconnect>(),
];

/// The row of a command.
pub(crate) fn find(command: &str) -> Option<&'static Row> {
    REQUESTS.iter().find(|row| row.command == command)
}

fn run<R: Request>(session: &mut Session, request: &dap::Request) -> Outcome<Value> {
    let arguments = request.arguments().map_err(|error| Error::Arguments { command: R::COMMAND, problem: error.to_string() })?;
    R::run(session, arguments).map(Next::into_json)
}

/// A thread id of the protocol as a branch.
fn branch(thread: i32) -> Result<u32, Error> {
    u32::try_from(thread).map_err(|_| Error::NoThread { id: thread })
}
