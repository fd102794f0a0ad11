//! `foreach` of `listen` and of subscriptions: strictly one after another, in the branch of the task
//! that takes the items (DSL Reference, "Subscription Iterator").

use std::sync::Arc;

use flowdbg_lang::{
    model::{Foreach, Then},
    value::Value,
};

use crate::{
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

/// Goes on with the iteration for the next item; says whether it has ended, and not if a schema is being read. The caller keeps what
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
    // A schema is being read; then it is shaped again.
    let Some((output, context)) = shaped? else { return Ok(false) };
    machine.top(id).child = None;
    if let Some(context) = context {
        machine.set_context(id, context);
    }
    taken.iterated += 1;
    Arc::make_mut(&mut taken.outputs).push(output);
    Ok(true)
}

/// `foreach.output` and `foreach.export`; none while a schema is being read.
fn shape(machine: &mut Machine, id: BranchId, depth: usize, foreach: &Foreach, raw: Value) -> Result<Option<(Value, Option<Value>)>, Stop> {
    let Some(output_schema) = machine.schema(id, Flow::ForeachOutput, &raw)? else { return Ok(None) };
    let Some(export_schema) = machine.schema(id, Flow::ForeachExport, &raw)? else { return Ok(None) };
    let output = match &foreach.output.transform {
        Some(transform) => machine.fill(id, depth, transform, &raw, Some(("$output", &raw)))?,
        None => raw,
    };
    machine.validate(id, Flow::ForeachOutput, &output_schema, &output, "the output of `foreach`")?;
    let context = match &foreach.export.transform {
        Some(transform) => Some(machine.fill(id, depth, transform, &output, Some(("$output", &output)))?),
        None => None,
    };
    if let Some(context) = &context {
        machine.validate(id, Flow::ForeachExport, &export_schema, context, "the export of `foreach`")?;
    }
    Ok(Some((output, context)))
}
