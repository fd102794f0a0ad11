//! The same words in the engine and on the wire.

use std::sync::Arc;

use flowdbg_engine::{
    debug,
    driver::{Phase, Run, Status},
    machine::{Outcome, PathStep, ScopeName},
};
use flowdbg_lang::{
    diagnostic::{Diagnostic, Severity},
    text::{self, Source, Span},
};
use flowdbg_protocol::control as wire;

use crate::json;

pub(super) fn position(at: text::Position) -> wire::Position {
    wire::Position { line: at.line, character: at.character }
}

pub(super) fn range(source: &Source, span: Span) -> wire::Range {
    wire::Range { start: position(source.position(span.start)), end: position(source.position(span.end)) }
}

/// A finding as the control API tells it.
#[must_use]
pub fn diagnostic(source: &Source, found: &Diagnostic) -> wire::Diagnostic {
    let help = found.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    wire::Diagnostic {
        path: source.path().to_owned(),
        range: range(source, found.span),
        severity: match found.severity {
            Severity::Error => wire::Severity::Error,
            Severity::Warning => wire::Severity::Warning,
            Severity::Information => wire::Severity::Information,
            Severity::Hint => wire::Severity::Hint,
        },
        code: found.code.to_owned(),
        message: format!("{}{help}", found.message),
    }
}

pub(super) fn phase(phase: Phase) -> wire::Phase {
    match phase {
        Phase::Pending => wire::Phase::Pending,
        Phase::Running => wire::Phase::Running,
        Phase::Waiting => wire::Phase::Waiting,
        Phase::Suspended => wire::Phase::Suspended,
        Phase::Cancelled => wire::Phase::Cancelled,
        Phase::Faulted => wire::Phase::Faulted,
        Phase::Completed => wire::Phase::Completed,
    }
}

/// Output and error of an execution, if it has one of them.
pub(super) fn result(status: &Status) -> (Option<serde_json::Value>, Option<serde_json::Value>) {
    match &status.outcome {
        Some(Outcome::Completed(output)) => (Some(json::to_serde(output)), None),
        Some(Outcome::Faulted(fault)) => (None, Some(json::to_serde(&fault.error))),
        Some(Outcome::Cancelled) | None => (None, None),
    }
}

pub(super) fn scope(scope: wire::Scope) -> ScopeName {
    match scope {
        wire::Scope::Input => ScopeName::Input,
        wire::Scope::Output => ScopeName::Output,
        wire::Scope::Context => ScopeName::Context,
        wire::Scope::Locals => ScopeName::Locals,
    }
}

pub(super) fn path(path: &[wire::PathStep]) -> Vec<PathStep> {
    let step = |step: &wire::PathStep| match step {
        wire::PathStep::Index(index) => PathStep::Index(usize::try_from(*index).unwrap_or(usize::MAX)),
        wire::PathStep::Key(key) => PathStep::Key(key.clone()),
    };
    path.iter().map(step).collect()
}

pub(super) fn step_kind(kind: wire::StepKind) -> debug::StepKind {
    match kind {
        wire::StepKind::Over => debug::StepKind::Over,
        wire::StepKind::In => debug::StepKind::In,
        wire::StepKind::Out => debug::StepKind::Out,
    }
}

pub(super) fn granularity(granularity: wire::Granularity) -> debug::Granularity {
    match granularity {
        wire::Granularity::Task => debug::Granularity::Task,
        wire::Granularity::Stage => debug::Granularity::Stage,
    }
}

/// What a debugger said, as clients hear it.
pub(super) fn notice(run: &Run, notice: debug::Notice) -> wire::Notice {
    match notice {
        debug::Notice::Stopped { branch, reason, breakpoints, description, text, all } => {
            let reason = match reason {
                debug::Reason::Entry => wire::StopReason::Entry,
                debug::Reason::Breakpoint => wire::StopReason::Breakpoint,
                debug::Reason::Step => wire::StopReason::Step,
                debug::Reason::Pause => wire::StopReason::Pause,
                debug::Reason::Exception => wire::StopReason::Exception,
            };
            wire::Notice::Stopped { branch: branch.0, reason, breakpoints, description, text, all }
        }
        debug::Notice::Continued { branch } => wire::Notice::Continued { branch: branch.map(|branch| branch.0) },
        debug::Notice::BranchStarted(branch) => wire::Notice::BranchStarted { branch: branch.0 },
        debug::Notice::BranchEnded(branch) => wire::Notice::BranchExited { branch: branch.0 },
        debug::Notice::Output { category, text, place } => {
            let category = match category {
                debug::Category::Console => wire::OutputCategory::Console,
                debug::Category::Stdout => wire::OutputCategory::Stdout,
                debug::Category::Stderr => wire::OutputCategory::Stderr,
                debug::Category::Important => wire::OutputCategory::Important,
            };
            let (path, position) = place.map_or((None, None), |(program, span)| {
                let source: &Arc<Source> = &program.workflow.source;
                (Some(source.path().to_owned()), Some(position(source.position(span.start))))
            });
            wire::Notice::Output { category, text, path, position }
        }
        debug::Notice::Ended => ended(run),
    }
}

/// The last notice.
pub(super) fn ended(run: &Run) -> wire::Notice {
    let status = run.status();
    let (output, error) = result(&status);
    wire::Notice::Ended { phase: phase(status.phase), output, error }
}
