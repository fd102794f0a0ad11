//! `run: workflow`: another workflow, with a context of its own (DSL Reference, "Workflow
//! Process"). With `await: false` it runs in a branch that nobody waits for.
//!
//! What a process would print is a workflow's output: `return` makes of it what it makes of a
//! process that ended well.

use std::sync::Arc;

use flowdbg_lang::{
    model::{Returns, RunWorkflow},
    value::{self, Value},
};

use crate::{
    effect::{Answer, EffectKind},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, State, Stop, WorkflowRun},
};

/// How many workflows may run inside one another.
const MAX_NESTING: usize = 64;

pub(crate) fn work(machine: &mut Machine, id: BranchId, run: &RunWorkflow) -> Result<(), Stop> {
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    if matches!(machine.top(id).state, State::None) {
        let nesting = machine.branch(id).map_or(0, |branch| branch.frames.iter().filter(|frame| frame.task.is_none()).count());
        if nesting >= MAX_NESTING {
            let detail = format!("more than {MAX_NESTING} workflows run inside one another; does one run itself without end?");
            return Err(Fault::new(Kind::Runtime, detail).into());
        }
        let from = machine.top(id).program().workflow.source.path().into();
        machine.top(id).state = State::Lookup;
        let (namespace, name, version) = (run.namespace.clone(), run.name.clone(), run.version.clone());
        machine.wait_for(id, EffectKind::Workflow { namespace, name, version, from });
        return Ok(());
    }
    let sub_input = match &run.input {
        Some(template) => machine.fill(id, depth, template, &input, None)?,
        None => input.clone(),
    };
    match machine.take_answer(id) {
        Some(Answer::Workflow(Ok(program))) => {
            let workflow = started(machine, id, program, sub_input);
            if run.awaits {
                machine.push_workflow(id, workflow);
            } else {
                machine.spawn_detached(workflow);
                machine.finish_body(id, input);
            }
            Ok(())
        }
        Some(Answer::Workflow(Err(error))) => Err(Fault::new(Kind::Configuration, error).into()),
        _ => Err(Fault::new(Kind::Runtime, "the workflow was not looked up").into()),
    }
}

/// What a workflow's output becomes.
pub(crate) fn output(returns: Returns, output: Value) -> Value {
    match returns {
        Returns::Stdout => output,
        Returns::Stderr => value::string(""),
        Returns::Code => Value::from(0_usize),
        Returns::All => value::object([("code", Value::from(0_usize)), ("stdout", output), ("stderr", value::string(""))]),
        Returns::None => Value::Null,
    }
}

fn started(machine: &mut Machine, id: BranchId, program: Arc<crate::program::Program>, input: Value) -> Arc<WorkflowRun> {
    let run = machine.top(id).run;
    Arc::new(WorkflowRun { program, id: format!("{}/{run}", machine.id()).into(), input, started_at: machine.now() })
}
