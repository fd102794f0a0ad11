//! `stackTrace`: the frames of a branch, innermost first.

use flowdbg_protocol::{
    control::{Frame, FrameKind, Frames, FramesParams},
    dap::types::{Capabilities, StackFrame, StackTraceArguments, StackTraceResponseBody, command, stack_frame_presentation_hint},
};

use super::Request;
use crate::{
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct StackTrace;

impl Request for StackTrace {
    const COMMAND: &'static str = command::STACK_TRACE;
    const ABOUT: &'static str = "Lists the frames of a branch: the task run, each enclosing task \
                                 with iteration and attempt, the workflow.";
    const WHEN: &'static [Phase] = &[Phase::Running];
    type Arguments = StackTraceArguments;
    type Body = StackTraceResponseBody;

    fn advertise(capabilities: &mut Capabilities) {
        capabilities.supports_delayed_stack_trace_loading = Some(true);
    }

    fn run(session: &mut Session, arguments: StackTraceArguments) -> Outcome<StackTraceResponseBody> {
        let params = FramesParams {
            execution: session.execution(),
            branch: super::branch(arguments.thread_id)?,
            start: arguments.start_frame.unwrap_or_default(),
            count: arguments.levels.filter(|levels| *levels > 0),
        };
        Ok(Next::ask::<Frames>(params, |session, list| {
            let stack_frames = list.frames.iter().map(|frame| shown(session, frame)).collect();
            Ok(Next::Reply(StackTraceResponseBody { stack_frames, total_frames: Some(list.total) }))
        }))
    }
}

fn shown(session: &mut Session, frame: &Frame) -> StackFrame {
    let [line, column, end_line, end_column] = session.client.range_out(frame.range);
    let hint = match frame.kind {
        FrameKind::Workflow | FrameKind::Task => None,
        FrameKind::Label => Some(stack_frame_presentation_hint::LABEL.to_owned()),
    };
    StackFrame {
        id: session.frames.id(frame.frame, frame.kind),
        name: frame.name.clone(),
        source: Some(session.client.source(&frame.path)),
        line,
        column,
        end_line: Some(end_line),
        end_column: Some(end_column),
        presentation_hint: hint,
        ..Default::default()
    }
}
