//! Branches of the flow: `fork`, and `try` with its handler.

use super::{Around, Body, Flow, Run, State};
use crate::{
    model::{Fork, Then, Try},
    types::{
        origin::{Maker, Origin},
        shape::{Member, Object, Type},
    },
};

impl<'w> Flow<'w> {
    pub(super) fn fork(&mut self, fork: &'w Fork, run: &Run<'w>, around: &Around) -> Option<Body> {
        let origin = Origin::new(run.task.name_span, Maker::Fork);
        if fork.branches.tasks.is_empty() {
            let output = if fork.compete { run.input.clone() } else { Type::tuple(Vec::new(), origin) };
            return Some(Body { output, context: run.context.clone(), thens: Vec::new() });
        }
        // In a race a branch that fails only loses.
        let inner = Around { caught: around.caught || fork.compete, depth: around.depth + 1, ..around.clone() };
        let mut outputs = Vec::new();
        for branch in &fork.branches.tasks {
            let entry = State { data: run.input.clone(), context: run.context.clone() };
            let mut all: Option<State> = None;
            for (then, state) in self.task(*branch, entry, &inner) {
                if then == Then::End {
                    // The workflow ends with the context of the branch that forked.
                    let end = State { context: state.context.join(&run.context), data: state.data };
                    self.ends = Some(self.ends.take().map_or_else(|| end.clone(), |ends| ends.join(&end)));
                } else {
                    all = Some(all.map_or_else(|| state.clone(), |all| all.join(&state)));
                }
            }
            outputs.push(all);
        }
        if fork.compete {
            let won = outputs.into_iter().flatten().reduce(|a, b| a.join(&b))?;
            return Some(Body { output: won.data, context: won.context, thens: Vec::new() });
        }
        let outputs: Vec<State> = outputs.into_iter().collect::<Option<_>>()?;
        let context = merged(&run.context, outputs.iter().map(|state| &state.context));
        let output = Type::tuple(outputs.into_iter().map(|state| state.data).collect(), origin);
        Some(Body { output, context, thens: Vec::new() })
    }

    pub(super) fn try_(&mut self, try_: &'w Try, run: &Run<'w>, around: &Around) -> Option<Body> {
        let inner = Around { caught: true, ..around.clone() };
        let mut begin = State { data: run.input.clone(), context: run.context.clone() };
        let (mut end, mut fault);
        let mut times = 0;
        loop {
            self.faults.push(begin.context.clone());
            end = self.list(&try_.body, begin.clone(), &inner);
            fault = self.faults.pop().unwrap_or_default();
            // A retry begins with what the attempt before has exported.
            let again = State { data: run.input.clone(), context: fault.clone() };
            if try_.retry.is_none() || !begin.grow(&again, times) || self.left == 0 {
                break;
            }
            times += 1;
        }
        let error = self.error.clone();
        let caught = around.with(&[(&try_.variable, error)]);
        let environment = self.inside(run, &caught, &fault);
        let retry = try_.retry.as_ref().into_iter().flat_map(|retry| retry.when.iter().chain(&retry.except_when));
        for condition in try_.when.iter().chain(&try_.except_when).chain(retry) {
            self.expression(condition, &run.input, &environment, run.task.name_span, false);
        }
        for (_, expected) in &try_.filter {
            self.template(expected, &run.input, &run.environment, run.task.name_span, false);
        }
        let failed = State { data: run.input.clone(), context: fault };
        let handled = match &try_.handler {
            Some(list) => self.list(list, failed, &caught),
            None => Some(failed),
        };
        let mut thens = Vec::new();
        if end.is_some() {
            thens.push(run.task.then);
        }
        if handled.is_some() {
            thens.push(try_.then.unwrap_or(run.task.then));
        }
        thens.dedup();
        let all = match (end, handled) {
            (Some(end), Some(handled)) => end.join(&handled),
            (end, handled) => end.or(handled)?,
        };
        Some(Body { output: all.data, context: all.context, thens })
    }
}

/// The context after a `fork`: what the branches exported, member by member.
fn merged<'t>(before: &'t Type, branches: impl Iterator<Item = &'t Type> + Clone) -> Type {
    if branches.clone().all(|context| context == before) {
        return before.clone();
    }
    let all = || std::iter::once(before).chain(branches.clone());
    let simple = |ty: &Type| {
        ty.known().is_some_and(|known| known.alternatives() == usize::from(known.null.is_some()) + usize::from(known.object.is_some()))
    };
    if !all().all(simple) {
        return Type::Unknown;
    }
    let object = |ty: &Type| ty.known().and_then(|known| known.object.clone());
    let may_be_null = |ty: &Type| ty.known().is_some_and(|known| known.null.is_some());
    let nullable = branches.clone().any(may_be_null);
    let mut merged: Option<Object> = None;
    for one in all().filter_map(object) {
        merged = Some(match merged {
            None => one,
            Some(so_far) => {
                let mut members = so_far.members;
                for (name, member) in one.members {
                    let joined = match members.get(&name) {
                        Some(known) => Member { value: known.value.join(&member.value), required: known.required || member.required },
                        None => member,
                    };
                    members.insert(name, joined);
                }
                let rest = match (so_far.rest, one.rest) {
                    (Some(a), Some(b)) => Some(a.join(&b)),
                    (a, b) => a.or(b),
                };
                Object { members, rest, origin: so_far.origin }
            }
        });
    }
    let Some(mut object) = merged else { return before.clone() };
    if nullable || may_be_null(before) && before.known().is_some_and(|known| known.object.is_some()) {
        object.members.values_mut().for_each(|member| member.required = false);
    }
    if let Some(rest) = object.rest.clone() {
        object.members.values_mut().for_each(|member| member.value = member.value.join(&rest));
    }
    let object = Type::object(object);
    if nullable { object.join(&Type::null(Origin::default())) } else { object }
}
