//! `for`: a list run once for each item; the output of one iteration is the input of the next
//! (DSL Reference, "For"; conformance kit `for.feature`). `while` is asked before each iteration,
//! with the loop's variables bound.

use std::sync::Arc;

use flowdbg_lang::{
    model::For,
    value::{Value, ValueExt as _},
};

use crate::{
    fault::{Fault, Kind},
    machine::{BranchId, Machine, State, Stop, is_unknown, unknown},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, each: &For) -> Result<(), Stop> {
    let depth = machine.depth(id);
    if matches!(machine.top(id).state, State::None) {
        let input = machine.top(id).input.clone();
        let collection = machine.fill(id, depth, &each.collection, &input, None)?;
        let items = match collection {
            Value::Arr(items) => items,
            Value::Null => Arc::default(),
            // Of items that are not known, one stands for all.
            unknown if is_unknown(&unknown) => Arc::new(vec![unknown]),
            other => {
                let detail = format!("`for.in` must be an array, but this is {}", other.type_name());
                return Err(Fault::new(Kind::Expression, detail).into());
            }
        };
        let frame = machine.top(id);
        frame.raw_output = input;
        frame.state = State::For { items, index: 0, begun: false, outer: frame.locals.clone() };
        machine.commit(id);
    }
    let State::For { items, index, begun, outer } = machine.top(id).state.clone() else { return Ok(()) };
    if begun {
        let Some(output) = machine.step_list(id, &each.body, Value::Null, None) else { return Ok(()) };
        let frame = machine.top(id);
        frame.raw_output = output;
        frame.state = State::For { items: items.clone(), index: index + 1, begun: false, outer: outer.clone() };
        return iterate(machine, id, each, items.get(index + 1), index + 1);
    }
    iterate(machine, id, each, items.get(index), index)
}

/// Begins an iteration, or ends the loop.
fn iterate(machine: &mut Machine, id: BranchId, each: &For, item: Option<&Value>, index: usize) -> Result<(), Stop> {
    let depth = machine.depth(id);
    let State::For { outer, items, .. } = machine.top(id).state.clone() else { return Ok(()) };
    let data = machine.top(id).raw_output.clone();
    let goes_on = match item {
        None => false,
        Some(item) => {
            machine.top(id).locals = outer.with(&each.each, item.clone()).with(&each.at, Value::from(index));
            match &each.condition {
                Some(condition) => machine.holds(id, depth, condition, &data, None)?,
                None => true,
            }
        }
    };
    if !goes_on {
        machine.top(id).locals = outer;
        // How many iterations there would be is not known.
        let data = if items.iter().any(is_unknown) { unknown() } else { data };
        machine.finish_body(id, data);
        return Ok(());
    }
    if let State::For { begun, .. } = &mut machine.top(id).state {
        *begun = true;
    }
    if let Some(output) = machine.step_list(id, &each.body, data, None) {
        // The body is empty: no iteration changes anything.
        machine.top(id).locals = outer;
        machine.finish_body(id, output);
    }
    Ok(())
}
