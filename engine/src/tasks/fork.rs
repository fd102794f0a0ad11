//! `fork`: branches that run side by side (DSL Reference, "Fork").
//!
//! Each branch gets a copy of the context. Without `compete` the output is an array in the order
//! of declaration, exported contexts are merged in that order, and a fault of one branch cancels
//! the others. With `compete` the first to end wins and the others are cancelled; a branch that
//! faults loses, unless all do.

use flowdbg_lang::{
    model::{Fork, TaskKind},
    value::{Value, ValueExt as _},
};

use crate::{
    event::Level,
    fault::Fault,
    machine::{BranchId, BranchState, ForkChild, Machine, State},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, fork: &Fork) {
    let frame = machine.top(id);
    if matches!(frame.state, State::Fork(_)) {
        return join(machine, id, fork.compete);
    }
    let (workflow, input, locals) = (frame.workflow.clone(), frame.input.clone(), frame.locals.clone());
    if fork.branches.tasks.is_empty() {
        return machine.finish_body(id, if fork.compete { input } else { Value::Arr(Default::default()) });
    }
    let children = fork
        .branches
        .tasks
        .iter()
        .map(|task| {
            let branch = machine.spawn(id, workflow.clone(), *task, input.clone(), locals.clone());
            ForkChild { branch, output: None, fault: None }
        })
        .collect();
    machine.top(id).state = State::Fork(children);
    machine.set_state(id, BranchState::Joining);
}

/// Whether the branch's innermost task is a `fork` whose branches compete.
pub(crate) fn is_race(machine: &Machine, id: BranchId) -> bool {
    let frame = machine.branch(id).and_then(|branch| branch.frames.last());
    frame.and_then(|frame| frame.task()).is_some_and(|task| matches!(&task.kind, TaskKind::Fork(fork) if fork.compete))
}

fn children(machine: &mut Machine, id: BranchId) -> Option<&mut Vec<ForkChild>> {
    machine.branch(id)?;
    if machine.branch(id).is_none_or(|branch| branch.frames.is_empty()) {
        return None;
    }
    match &mut machine.top(id).state {
        State::Fork(children) => Some(children),
        _ => None,
    }
}

/// A branch has ended with an output.
pub(crate) fn branch_completed(machine: &mut Machine, id: BranchId, output: Value) {
    let Some(branch) = machine.branch(id) else { return };
    let (parent, context) = (branch.parent, branch.context.clone());
    machine.remove_branch(id);
    let Some(parent) = parent else { return };
    report(machine, parent, id, |child| child.output = Some((output, context)));
}

/// A branch has ended by an error.
pub(crate) fn branch_faulted(machine: &mut Machine, id: BranchId, fault: Fault) {
    let Some(parent) = machine.branch(id).and_then(|branch| branch.parent) else { return };
    machine.remove_branch(id);
    report(machine, parent, id, |child| child.fault = Some(fault));
}

fn report(machine: &mut Machine, parent: BranchId, branch: BranchId, change: impl FnOnce(&mut ForkChild)) {
    let race = is_race(machine, parent);
    let Some(children) = children(machine, parent) else { return };
    if let Some(child) = children.iter_mut().find(|child| child.branch == branch) {
        change(child);
    }
    let all = children.iter().all(|child| child.output.is_some() || child.fault.is_some());
    let decided =
        if race { children.iter().any(|child| child.output.is_some()) } else { children.iter().any(|child| child.fault.is_some()) };
    if all || decided {
        machine.make_ready(parent);
    }
}

/// Enough branches have ended.
fn join(machine: &mut Machine, id: BranchId, compete: bool) {
    let Some(children) = children(machine, id).cloned() else { return };
    cancel_branches(machine, id);
    let winner = children.iter().find_map(|child| child.output.clone());
    let fault = children.iter().find_map(|child| child.fault.clone());
    match (compete, winner, fault) {
        (true, Some((output, context)), _) => {
            machine.set_context(id, context);
            machine.finish_body(id, output);
        }
        (_, _, Some(fault)) => machine.raise_from_branch(id, fault),
        _ => {
            merge(machine, id, &children);
            let outputs = children.into_iter().filter_map(|child| child.output).map(|(output, _)| output).collect();
            machine.finish_body(id, outputs);
        }
    }
}

/// Merges what the branches exported, member by member, in the order of declaration.
fn merge(machine: &mut Machine, id: BranchId, children: &[ForkChild]) {
    let Some(before) = machine.branch(id).map(|branch| branch.context.clone()) else { return };
    let mut merged = before.clone();
    let mut written: Vec<(Value, Value)> = Vec::new();
    let mut conflicts = Vec::new();
    for (_, context) in children.iter().filter_map(|child| child.output.as_ref()).filter(|(_, context)| *context != before) {
        let (Value::Obj(new), Value::Obj(_) | Value::Null) = (context, &merged) else {
            merged = context.clone();
            continue;
        };
        for (key, member) in new.iter() {
            let old = key.as_text().and_then(|key| before.member(&key).cloned());
            if old.as_ref() == Some(member) {
                continue;
            }
            match written.iter_mut().find(|(known, _)| known == key) {
                Some((_, value)) if value == member => {}
                Some((_, value)) => {
                    conflicts.push(key.to_json());
                    *value = member.clone();
                }
                None => written.push((key.clone(), member.clone())),
            }
        }
        let mut all = match &merged {
            Value::Obj(members) => (**members).clone(),
            _ => Default::default(),
        };
        all.extend(written.iter().cloned());
        merged = Value::obj(all);
    }
    if !conflicts.is_empty() {
        let text =
            format!("several branches exported {} to the context; the last in the order of declaration counts", conflicts.join(", "));
        machine.log(id, Level::Warning, text);
    }
    machine.set_context(id, merged);
}

/// Cancels the branches of the `fork` that is the branch's innermost task, if it is one.
pub(crate) fn cancel_branches(machine: &mut Machine, id: BranchId) {
    let Some(children) = children(machine, id) else { return };
    let branches: Vec<BranchId> = children.iter().map(|child| child.branch).collect();
    for branch in branches {
        if machine.branch(branch).is_some() {
            machine.cancel_branch(branch);
        }
    }
}
