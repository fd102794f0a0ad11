//! Dry runs as findings about a workflow's text: what an execution of it would fault with.

use std::{fmt::Write as _, sync::Arc};

use flowdbg_engine::{
    fault,
    program::Program,
    scenario::Scenario,
    worlds::{
        dry::{self, Assumption, Finding, Options, Supposed},
        local::Local,
    },
};
use flowdbg_lang::{
    codes,
    diagnostic::{Diagnostic, Severity},
    value::{Value, ValueExt as _},
};

/// Explores a workflow without effects. What lies on this machine's disk is read: documents and
/// sub-workflows. With a scenario, its mocks answer, its events come and its input is taken.
#[must_use]
pub fn run(world: &Local, program: &Arc<Program>, scenario: Option<Arc<Scenario>>) -> Vec<Diagnostic> {
    let is_played = scenario.is_some();
    let disk = world.clone();
    let options = Options { scenario, known: Some(Arc::new(move |kind| disk.on_disk(kind))), ..Options::default() };
    let found = dry::run(program, None, &options);
    let faults = found.faults.iter().filter(|finding| is_worth_telling(finding));
    faults.map(|finding| diagnostic(program, finding, is_played)).collect()
}

/// An error that is raised on some way only is what the workflow is made for.
fn is_worth_telling(finding: &Finding) -> bool {
    !finding.is_raised || finding.assumptions.is_empty()
}

fn diagnostic(program: &Program, finding: &Finding, is_played: bool) -> Diagnostic {
    let kind = finding.error.member("type").and_then(Value::as_text).unwrap_or_default();
    let code = match kind.rsplit('/').next().unwrap_or_default() {
        _ if finding.is_endless => codes::DRY_ENDLESS,
        "expression" => codes::DRY_EXPRESSION,
        "validation" => codes::DRY_SCHEMA,
        _ => codes::DRY_UNCAUGHT,
    };
    let is_elsewhere = !std::ptr::eq(Arc::as_ptr(&finding.program), program);
    // What lies on another disk, or comes from a scenario, may be otherwise where it runs.
    let is_certain = finding.assumptions.is_empty() && !is_played && !is_elsewhere && !kind.ends_with("/communication");
    let severity = match (is_certain, finding.is_raised) {
        (_, true) => Severity::Information,
        (true, false) => Severity::Error,
        (false, false) => Severity::Warning,
    };
    let mut message = fault::summary(&finding.error);
    let mut span = finding.span;
    if is_elsewhere {
        let source = &finding.program.workflow.source;
        let at = source.position(span.start);
        message = format!("{message}, at {}:{}:{}", source.path(), at.line + 1, at.character + 1);
        span = finding.caller.map(|task| program.workflow.task(task).name_span).unwrap_or_default();
    }
    if finding.is_raised {
        message = format!("every execution ends with this error: {message}");
    } else if let Some(supposed) = supposed(&finding.assumptions) {
        write!(message, "; {supposed}").unwrap_or_default();
    }
    Diagnostic { severity, ..Diagnostic::error(code, span, message) }
}

/// How one comes there.
fn supposed(assumptions: &[Assumption]) -> Option<String> {
    let one = |assumption: &Assumption| match &assumption.what {
        Supposed::Condition(text, true) => format!("`{text}` holds at {}", assumption.reference),
        Supposed::Condition(text, false) => format!("`{text}` does not hold at {}", assumption.reference),
        Supposed::Fails => format!("{} fails", assumption.reference),
    };
    let (last, before) = assumptions.split_last()?;
    let before: Vec<String> = before.iter().map(one).collect();
    let list = if before.is_empty() { one(last) } else { format!("{} and {}", before.join(", "), one(last)) };
    Some(format!("this happens if {list}"))
}
