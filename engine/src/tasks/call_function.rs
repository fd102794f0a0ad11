//! `call` of a function (DSL, "Custom and Non-Standard Interactions" and "Catalogs"): its task runs
//! inside the calling one, with `with` as its input and none of the caller's variables.
//!
//! A function of another file is read once in an execution. Its tasks are those of that file: its
//! secrets, authentications and catalogs are not those of the workflow that calls it.

mod address;

use std::sync::Arc;

use flowdbg_lang::{
    analysis::Analysis,
    model::{CallFunction, Function, TaskId, TaskKind},
    text::Source,
    value::{self, Value, ValueExt as _},
};

use super::{document, exchange::wrong};
use crate::{
    effect::DEFAULT_CATALOG,
    fault::{Fault, Kind},
    machine::{BranchId, Frame, Locals, Machine, Stop, WorkflowRun},
    program::Program,
};

/// How many calls of functions may run inside one another.
const MAX_NESTING: usize = 64;

pub(crate) fn work(machine: &mut Machine, id: BranchId, call: &CallFunction) -> Result<(), Stop> {
    if let Some(child) = machine.top(id).child.take() {
        machine.finish_body(id, child.output);
        return Ok(());
    }
    let is_call = |frame: &&Frame| frame.task().is_some_and(|task| matches!(task.kind, TaskKind::CallFunction(_)));
    let nesting = machine.branch(id).map_or(0, |branch| branch.frames().iter().filter(is_call).count());
    if nesting > MAX_NESTING {
        let detail = format!("more than {MAX_NESTING} functions call one another; does one call itself without end?");
        return Err(Fault::new(Kind::Runtime, detail).into());
    }
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    let (workflow, function) = match &call.function {
        Function::Own(function) => (machine.top(id).workflow.clone(), *function),
        Function::At(uri) => {
            let endpoint = value::string(address::raw(uri));
            let Some(found) = find(machine, id, &endpoint)? else { return Ok(()) };
            found
        }
        Function::Cataloged { catalog, path } => {
            let endpoint = match catalog {
                Some(catalog) => {
                    let catalog = machine.fill(id, depth, catalog, &input, None)?;
                    below(&catalog, path)?
                }
                None => value::string(format!("{DEFAULT_CATALOG}{path}")),
            };
            let Some(found) = find(machine, id, &endpoint)? else { return Ok(()) };
            found
        }
    };
    let with = match &call.with {
        Some(with) => machine.fill(id, depth, with, &input, None)?,
        None => value::object::<String>([]),
    };
    machine.push_task(id, workflow, function, with, Locals::default());
    Ok(())
}

/// The endpoint of a function in a catalog.
fn below(catalog: &Value, path: &str) -> Result<Value, Fault> {
    let (uri, authentication) = match catalog {
        Value::Obj(_) => (catalog.member("uri"), catalog.member("authentication")),
        uri => (Some(uri), None),
    };
    let uri = uri.and_then(Value::as_text).ok_or_else(|| wrong("the URI of the catalog's endpoint must be a string"))?;
    let uri = ("uri", value::string(address::raw(&format!("{}{path}", uri.trim_end_matches('/')))));
    Ok(match authentication {
        Some(authentication) => value::object([uri, ("authentication", authentication.clone())]),
        None => value::object([uri]),
    })
}

/// The function of a file, ready to run. If the file was not read yet, the branch waits for it.
fn find(machine: &mut Machine, id: BranchId, endpoint: &Value) -> Result<Option<(Arc<WorkflowRun>, TaskId)>, Fault> {
    // The address is as it is written: a catalog has no variables.
    let Some(read) = document::read(machine, id, endpoint, &Value::Null, "the function")? else { return Ok(None) };
    let program = match machine.function(&read.key) {
        Some(program) => program,
        None => {
            let program = program(&document::place(&read.uri, machine.top(id).program().workflow.source.path()), read.text)?;
            machine.keep_function(&read.key, program.clone());
            program
        }
    };
    let Some(function) = program.workflow.function else { return Err(wrong(format!("{} defines no function", read.uri))) };
    let run = WorkflowRun { program, id: machine.top(id).workflow.id.clone(), input: Value::Null, started_at: machine.now() };
    Ok(Some((Arc::new(run), function)))
}

/// Makes the text of a function ready to run.
fn program(uri: &str, text: String) -> Result<Arc<Program>, Fault> {
    let source = Source::new(uri, text);
    let analysis = Analysis::of_function(source.clone());
    match (analysis.runnable(), &analysis.workflow) {
        (Some(workflow), _) => Ok(Program::new(workflow.clone())),
        (None, None) => Err(wrong(format!("{uri} does not define a function: it must hold one task, a mapping such as `{{ set: … }}`"))),
        (None, Some(_)) => {
            let wrongs = analysis.diagnostics.iter().filter(|found| {
                found.severity == flowdbg_lang::diagnostic::Severity::Error || found.code == flowdbg_lang::codes::NOT_SUPPORTED
            });
            let lines: Vec<String> = wrongs
                .take(3)
                .map(|found| {
                    let at = source.position(found.span.start);
                    format!("{uri}:{}:{}: {}", at.line + 1, at.character + 1, found.message)
                })
                .collect();
            Err(wrong(format!("the function cannot run: {}", lines.join("; "))))
        }
    }
}
