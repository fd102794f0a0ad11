//! `setBreakpoints`: replaces the line breakpoints of one file.
//!
//! Before the launch they are remembered and shown as pending.

use flowdbg_protocol::{
    control::{self, SetBreakpointsParams, code},
    dap::types::{self, Capabilities, SetBreakpointsArguments, SetBreakpointsResponseBody, breakpoint_reason, command},
};

use super::{Effect, Request};
use crate::{
    client::Client,
    error::Error,
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct SetBreakpoints;

impl Request for SetBreakpoints {
    const COMMAND: &'static str = command::SET_BREAKPOINTS;
    const ABOUT: &'static str = "Replaces the line breakpoints of a file; with condition (jq), \
                                 hit condition and log message.";
    const WHEN: &'static [Phase] = &[Phase::Initialized, Phase::Launching, Phase::Configuring, Phase::Running, Phase::Ended];
    const EFFECT: Effect = Effect::Changes;
    type Arguments = SetBreakpointsArguments;
    type Body = SetBreakpointsResponseBody;

    fn advertise(capabilities: &mut Capabilities) {
        capabilities.supports_conditional_breakpoints = Some(true);
        capabilities.supports_hit_conditional_breakpoints = Some(true);
        capabilities.supports_log_points = Some(true);
    }

    fn run(session: &mut Session, arguments: SetBreakpointsArguments) -> Outcome<SetBreakpointsResponseBody> {
        let Some(path) = &arguments.source.path else {
            return Err(Error::Arguments {
                command: Self::COMMAND,
                problem: "`source` has no `path`: breakpoints are set in workflow files".to_owned(),
            });
        };
        let path = session.client.path_in(path);
        let asked = asked(&session.client, &arguments);
        let file = session.breakpoints.replace(&path, asked);
        let not_now = match session.phase {
            Phase::Ended => Some((breakpoint_reason::FAILED, "the execution is over")),
            _ if session.no_debug => Some((breakpoint_reason::FAILED, "the workflow runs without debugging (noDebug)")),
            Phase::Configuring | Phase::Running => None,
            _ => Some((breakpoint_reason::PENDING, "waits for the workflow to be launched")),
        };
        if let Some((reason, why)) = not_now {
            let breakpoints = file.pending(&session.client, &path, why, reason);
            return Ok(Next::Reply(SetBreakpointsResponseBody { breakpoints }));
        }
        let params = SetBreakpointsParams { execution: session.execution(), path: path.clone(), breakpoints: file.asked.clone() };
        Ok(Next::try_ask::<control::SetBreakpoints>(params, move |session, result| {
            let breakpoints = match result {
                Ok(answer) => {
                    session.breakpoints.bind(&path, &file.ids, &answer.breakpoints);
                    file.shown(&session.client, &path, &answer.breakpoints)
                }
                Err(Error::Control(error)) if error.code == code::ENDED => {
                    file.pending(&session.client, &path, &error.message, breakpoint_reason::FAILED)
                }
                Err(error) => return Err(error),
            };
            Ok(Next::Reply(SetBreakpointsResponseBody { breakpoints }))
        }))
    }
}

/// What is asked for, also in the old form that has lines only.
fn asked(client: &Client, arguments: &SetBreakpointsArguments) -> Vec<control::SourceBreakpoint> {
    let said = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let one = |breakpoint: &types::SourceBreakpoint| control::SourceBreakpoint {
        line: client.line_in(breakpoint.line),
        column: breakpoint.column.map(|column| client.column_in(column)),
        condition: said(&breakpoint.condition),
        hit_condition: said(&breakpoint.hit_condition),
        log_message: said(&breakpoint.log_message),
    };
    let line_only = |line: &u64| control::SourceBreakpoint { line: client.line_in(*line), ..Default::default() };
    match (&arguments.breakpoints, &arguments.lines) {
        (Some(breakpoints), _) => breakpoints.iter().map(one).collect(),
        (None, Some(lines)) => lines.iter().map(line_only).collect(),
        (None, None) => Vec::new(),
    }
}
