//! `launch`: has the engine host read a workflow file and create an execution of it.
//!
//! The execution is created on hold. Breakpoints set earlier are bound, `initialized` invites the
//! client to set more, and `configurationDone` lets the execution go.

use flowdbg_protocol::{
    control::{self, Diagnostic, SetBreakpointsParams, SetExceptionFiltersParams, Severity, Start, StartParams, Started, code},
    dap::types::{BreakpointEventBody, breakpoint_event_reason, command, event, output_event_category},
};
use serde::Deserialize;
use serde_json::Value;

use super::{Effect, Request};
use crate::{
    error::Error,
    next::{Next, Outcome},
    paths,
    phase::Phase,
    session::Session,
};

/// An attribute of a launch configuration.
#[derive(Clone, Copy, Debug)]
pub struct LaunchAttribute {
    /// Its name.
    pub name: &'static str,
    /// What it may hold.
    pub kind: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it is for.
    pub about: &'static str,
}

/// The attributes of a launch configuration; others are passed over.
pub const LAUNCH_ATTRIBUTES: &[LaunchAttribute] = &[
    LaunchAttribute { name: "program", kind: "string", required: true, about: "Path of the workflow file." },
    LaunchAttribute { name: "input", kind: "any JSON value", required: false, about: "Raw workflow input. A string is read as JSON text." },
    LaunchAttribute { name: "cwd", kind: "string", required: false, about: "Folder that a relative `program` is in." },
    LaunchAttribute { name: "stopOnEntry", kind: "boolean", required: false, about: "Stop before the first task." },
    LaunchAttribute { name: "noDebug", kind: "boolean", required: false, about: "Run without breakpoints and without stops." },
];

pub(super) struct Launch;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    program: Option<String>,
    #[serde(default)]
    input: Value,
    cwd: Option<String>,
    stop_on_entry: Option<bool>,
    no_debug: Option<bool>,
}

impl Request for Launch {
    const COMMAND: &'static str = command::LAUNCH;
    const ABOUT: &'static str = "Creates an execution of a workflow file and holds it until \
                                 `configurationDone`.";
    const WHEN: &'static [Phase] = &[Phase::Initialized];
    const EFFECT: Effect = Effect::Moves;
    type Arguments = Arguments;
    type Body = ();

    fn run(session: &mut Session, arguments: Arguments) -> Outcome<()> {
        let no_debug = arguments.no_debug == Some(true);
        let params = StartParams {
            program: program(&arguments)?,
            input: input(arguments.input)?,
            hold: true,
            stop_on_entry: arguments.stop_on_entry == Some(true) && !no_debug,
            details: Vec::new(),
        };
        let program = params.program.clone();
        session.no_debug = no_debug;
        session.phase = Phase::Launching;
        Ok(Next::try_ask::<Start>(params, move |session, result| match result {
            Ok(started) => {
                begin(session, started);
                Ok(Next::Reply(()))
            }
            Err(error) => {
                session.phase = Phase::Initialized;
                Err(explain(error, &program))
            }
        }))
    }
}

fn program(arguments: &Arguments) -> Result<String, Error> {
    let program = arguments.program.as_deref().unwrap_or_default();
    if program.trim().is_empty() {
        let problem = "the launch configuration has no `program`: give the path of a workflow file";
        return Err(Error::LaunchArguments { problem: problem.to_owned() });
    }
    let folder = paths::from_uri(arguments.cwd.as_deref().unwrap_or_default());
    Ok(paths::join(&folder, &paths::from_uri(program)))
}

/// The input; a string is JSON text, as launch configurations often can hold nothing else.
fn input(input: Value) -> Result<Value, Error> {
    let Value::String(text) = input else { return Ok(input) };
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).map_err(|error| Error::LaunchArguments {
        problem: format!(
            "the `input` of the launch configuration is a string that is not JSON text: {error}; \
             write an object, or quote a plain text twice: \"\\\"text\\\"\""
        ),
    })
}

/// The execution exists: binds what is known and invites more.
fn begin(session: &mut Session, started: Started) {
    let execution = started.execution;
    session.execution = Some(execution.clone());
    session.phase = Phase::Configuring;
    session.watch(&execution);
    if !session.no_debug {
        for (path, file) in session.breakpoints.files() {
            let params = SetBreakpointsParams { execution: execution.clone(), path: path.clone(), breakpoints: file.asked.clone() };
            session.tell::<control::SetBreakpoints>(params, move |session, result| {
                let Ok(answer) = result else { return };
                session.breakpoints.bind(&path, &file.ids, &answer.breakpoints);
                for breakpoint in file.shown(&session.client, &path, &answer.breakpoints) {
                    let reason = breakpoint_event_reason::CHANGED.to_owned();
                    session.event(event::BREAKPOINT, BreakpointEventBody { reason, breakpoint });
                }
            });
        }
        if let Some(filters) = session.filters.clone() {
            let params = SetExceptionFiltersParams { execution, filters };
            session.tell::<control::SetExceptionFilters>(params, |_, _| {});
        }
    }
    for diagnostic in &started.diagnostics {
        session.print(output_event_category::CONSOLE, format!("{}\n", line(diagnostic)));
    }
    session.event(event::INITIALIZED, ());
}

/// A failed start in terms of the file.
fn explain(error: Error, program: &str) -> Error {
    let Error::Control(refused) = &error else { return error };
    match refused.code {
        code::INVALID_WORKFLOW => {
            let listed = refused.data.as_ref().and_then(|data| data.get("diagnostics"));
            let diagnostics: Vec<Diagnostic> = listed.and_then(|listed| serde_json::from_value(listed.clone()).ok()).unwrap_or_default();
            if diagnostics.is_empty() {
                return Error::InvalidWorkflow { diagnostics: format!("{program}: {}", refused.message) };
            }
            let lines: Vec<String> = diagnostics.iter().map(line).collect();
            Error::InvalidWorkflow { diagnostics: lines.join("\n") }
        }
        code::UNREADABLE if refused.message.contains(program) => Error::Unreadable { problem: refused.message.clone() },
        code::UNREADABLE => Error::Unreadable { problem: format!("cannot read the workflow file {program}: {}", refused.message) },
        _ => error,
    }
}

/// `path:line:column: [code] message`, counted from one as people do.
fn line(diagnostic: &Diagnostic) -> String {
    let Diagnostic { path, range, severity, code, message } = diagnostic;
    let (line, column) = (range.start.line + 1, range.start.character + 1);
    let severity = match severity {
        Severity::Error => "",
        Severity::Warning => "warning ",
        Severity::Information => "information ",
        Severity::Hint => "hint ",
    };
    format!("{path}:{line}:{column}: {severity}[{code}] {message}")
}
