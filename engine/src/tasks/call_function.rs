//! `call` of a function of `use.functions` (DSL, "Custom and Non-Standard Interactions"): its task
//! runs inside the calling one, with `with` as its input and none of the caller's variables.

use flowdbg_lang::{
    model::{CallFunction, TaskKind},
    value,
};

use crate::{
    fault::{Fault, Kind},
    machine::{BranchId, Frame, Locals, Machine, Stop},
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
    let with = match &call.with {
        Some(with) => machine.fill(id, depth, with, &input, None)?,
        None => value::object::<String>([]),
    };
    let workflow = machine.top(id).workflow.clone();
    machine.push_task(id, workflow, call.function, with, Locals::default());
    Ok(())
}
