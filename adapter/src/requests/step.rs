//! `next`, `stepIn`, `stepOut`: let a branch go on to the end of a step.

use flowdbg_protocol::{
    control::{Granularity, Step, StepKind, StepParams},
    dap::types::{Capabilities, NextArguments, StepInArguments, StepOutArguments, command, stepping_granularity},
};

use super::{Effect, Request};
use crate::{
    next::{self, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct Next;
pub(super) struct StepIn;
pub(super) struct StepOut;

impl Request for Next {
    const COMMAND: &'static str = command::NEXT;
    const ABOUT: &'static str = "Steps over: to the next task at the same or an outer depth; with \
                                 granularity `instruction` to the next stage of a task.";
    const WHEN: &'static [Phase] = &[Phase::Running];
    const EFFECT: Effect = Effect::Moves;
    type Arguments = NextArguments;
    type Body = ();

    fn advertise(capabilities: &mut Capabilities) {
        capabilities.supports_stepping_granularity = Some(true);
    }

    fn run(session: &mut Session, arguments: NextArguments) -> Outcome<()> {
        let NextArguments { thread_id, single_thread, granularity } = arguments;
        step(session, StepKind::Over, thread_id, single_thread, granularity)
    }
}

impl Request for StepIn {
    const COMMAND: &'static str = command::STEP_IN;
    const ABOUT: &'static str = "Steps in: to the next task at any depth, into children and \
                                 sub-workflows.";
    const WHEN: &'static [Phase] = &[Phase::Running];
    const EFFECT: Effect = Effect::Moves;
    type Arguments = StepInArguments;
    type Body = ();

    fn run(session: &mut Session, arguments: StepInArguments) -> Outcome<()> {
        let StepInArguments { thread_id, single_thread, granularity, .. } = arguments;
        step(session, StepKind::In, thread_id, single_thread, granularity)
    }
}

impl Request for StepOut {
    const COMMAND: &'static str = command::STEP_OUT;
    const ABOUT: &'static str = "Steps out: to the next task of the parent.";
    const WHEN: &'static [Phase] = &[Phase::Running];
    const EFFECT: Effect = Effect::Moves;
    type Arguments = StepOutArguments;
    type Body = ();

    fn run(session: &mut Session, arguments: StepOutArguments) -> Outcome<()> {
        let StepOutArguments { thread_id, single_thread, granularity } = arguments;
        step(session, StepKind::Out, thread_id, single_thread, granularity)
    }
}

fn step(session: &mut Session, kind: StepKind, thread: i32, single: Option<bool>, granularity: Option<String>) -> Outcome<()> {
    let branch = super::branch(thread)?;
    let single = single == Some(true);
    let granularity = match granularity.as_deref() {
        Some(stepping_granularity::INSTRUCTION) => Granularity::Stage,
        _ => Granularity::Task,
    };
    let params = StepParams { execution: session.execution(), branch, kind, granularity, single };
    Ok(next::Next::ask::<Step>(params, move |session, _| {
        session.resumed(single.then_some(branch));
        Ok(next::Next::Reply(()))
    }))
}
