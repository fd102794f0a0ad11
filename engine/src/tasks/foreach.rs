//! `foreach` of `listen` and of subscriptions: strictly one after another, in the branch of the task
//! that takes the items (DSL Reference, "Subscription Iterator").

use std::sync::Arc;

use flowdbg_lang::{
    model::{Foreach, Then},
    value::Value,
};

use crate::{
    fault::{Fault, Kind},
    machine::{BranchId, Child, Machine, Stop, Taken},
    program::Flow,
};

impl Taken {
    /// Whether an item has not gone through `foreach`.
    pub(super) fn is_behind(&self) -> bool {
        self.iterated < self.items.len()
    }

    /// The output of the task.
    pub(super) fn output(self, iterated: bool) -> Value {
        Value::Arr(if iterated { self.outputs } else { self.items })
    }
}

/// Goes on with the iteration for the next item; says whether it has ended. The caller keeps what
/// was changed.
pub(super) fn iterate(machine: &mut Machine, id: BranchId, foreach: &Foreach, taken: &mut Taken) -> Result<bool, Stop> {
    let depth = machine.depth(id);
    let item = taken.items[taken.iterated].clone();
    let outer = machine.top(id).locals.clone();
    let locals = outer.with(&foreach.item, item.clone()).with(&foreach.at, Value::from(taken.iterated));
    let Some(raw) = machine.step_list(id, &foreach.body, item, Some(locals.clone())) else { return Ok(false) };
    // Put back what was taken, in case an expression must be evaluated outside.
    machine.top(id).child = foreach.body.tasks.last().map(|task| Child { task: *task, output: raw.clone(), then: Then::Exit });
    machine.top(id).locals = locals;
    let shaped = shape(machine, id, depth, foreach, raw);
    machine.top(id).locals = outer;
    let (output, context) = shaped?;
    machine.top(id).child = None;
    if let Some(context) = context {
        machine.set_context(id, context);
    }
    taken.iterated += 1;
    Arc::make_mut(&mut taken.outputs).push(output);
    Ok(true)
}

/// `foreach.output` and `foreach.export`.
fn shape(machine: &mut Machine, id: BranchId, depth: usize, foreach: &Foreach, raw: Value) -> Result<(Value, Option<Value>), Stop> {
    let (program, task) = (machine.top(id).program().clone(), machine.top(id).task);
    let wrong =
        |what: &str, detail: String| Fault::new(Kind::Validation, format!("the {what} of `foreach` does not fit its schema: {detail}"));
    let output = match &foreach.output.transform {
        Some(transform) => machine.fill(id, depth, transform, &raw, Some(("$output", &raw)))?,
        None => raw,
    };
    program.validate(task, Flow::ForeachOutput, &output).map_err(|detail| wrong("output", detail))?;
    let context = match &foreach.export.transform {
        Some(transform) => Some(machine.fill(id, depth, transform, &output, Some(("$output", &output)))?),
        None => None,
    };
    if let Some(context) = &context {
        program.validate(task, Flow::ForeachExport, context).map_err(|detail| wrong("export", detail))?;
    }
    Ok((output, context))
}
