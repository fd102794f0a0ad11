//! `listen`: takes events that match (DSL Reference, "Listen", "Event Consumption Strategy").
//!
//! The output is always an array of what was read of the events, in the order in which they were
//! taken; events of `until` are not in it. `foreach` runs strictly one after another. Events that
//! came before the task was reached, and that nothing took, are offered to it first.

use std::sync::Arc;

use flowdbg_lang::{
    expression,
    model::{EventFilter, Listen, Read, Strategy, Until},
    template::Template,
    value::{Value, ValueExt as _},
};

use super::foreach;
use crate::machine::{BranchId, BranchState, ListenState, Machine, State, Stop};

pub(crate) fn work(machine: &mut Machine, id: BranchId, listen: &Listen) -> Result<(), Stop> {
    if matches!(machine.top(id).state, State::None) {
        machine.top(id).state = State::Listen(Box::default());
    }
    loop {
        let State::Listen(mut state) = machine.top(id).state.clone() else { return Ok(()) };
        if let Some(foreach) = &listen.foreach
            && state.taken.is_behind()
        {
            if !foreach::iterate(machine, id, foreach, &mut state.taken)? {
                return Ok(());
            }
            machine.top(id).state = State::Listen(state);
            machine.commit(id);
            continue;
        }
        if state.over {
            machine.finish_body(id, state.taken.output(listen.foreach.is_some()));
            return Ok(());
        }
        let Some((number, event)) = machine.undelivered(state.seen) else {
            machine.set_state(id, BranchState::Listening);
            return Ok(());
        };
        let taken = offer(machine, id, listen, &mut state, &event)?;
        state.seen = number;
        machine.top(id).state = State::Listen(state);
        if taken {
            machine.take_delivery(number);
        }
        machine.commit(id);
    }
}

/// Offers an event; says whether it was taken.
fn offer(machine: &mut Machine, id: BranchId, listen: &Listen, state: &mut ListenState, event: &Value) -> Result<bool, Stop> {
    let read = match listen.read {
        Read::Data => event.member("data").cloned().unwrap_or_default(),
        Read::Envelope | Read::Raw => event.clone(),
    };
    match &listen.strategy {
        Strategy::One(filter) => {
            let matches = fits(machine, id, filter, state, event)?;
            if matches {
                state.taken.items.push(read);
                state.over = true;
            }
            Ok(matches)
        }
        Strategy::All(filters) => {
            let taken = all(machine, id, filters, state, event, false)?;
            if taken {
                state.taken.items.push(read);
            }
            state.over = state.matched.iter().filter(|matched| **matched).count() == filters.len();
            Ok(taken)
        }
        Strategy::Any(filters, until) => {
            if let Some(Until::Events(strategy)) = until
                && ends(machine, id, strategy, state, event)?
            {
                state.over = true;
                return Ok(true);
            }
            let mut matches = filters.is_empty();
            for filter in filters {
                if fits(machine, id, filter, state, event)? {
                    matches = true;
                    break;
                }
            }
            if !matches {
                return Ok(false);
            }
            state.taken.items.push(read);
            state.over = match until {
                None => true,
                Some(Until::Condition(condition)) => {
                    let taken: Value = state.taken.items.iter().cloned().collect();
                    let depth = machine.depth(id);
                    machine.holds(id, depth, condition, &taken, None)?
                }
                Some(Until::Events(_)) => false,
            };
            Ok(true)
        }
    }
}

/// One event for each filter; says whether this one was still missing.
fn all(
    machine: &mut Machine,
    id: BranchId,
    filters: &[EventFilter],
    state: &mut ListenState,
    event: &Value,
    until: bool,
) -> Result<bool, Stop> {
    for (at, filter) in filters.iter().enumerate() {
        let matched = if until { &mut state.until_matched } else { &mut state.matched };
        matched.resize(filters.len(), false);
        if !matched[at] && fits(machine, id, filter, state, event)? {
            let matched = if until { &mut state.until_matched } else { &mut state.matched };
            matched[at] = true;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an event ends an `any` by its `until` events.
fn ends(machine: &mut Machine, id: BranchId, strategy: &Strategy, state: &mut ListenState, event: &Value) -> Result<bool, Stop> {
    match strategy {
        Strategy::One(filter) => fits(machine, id, filter, state, event),
        Strategy::All(filters) => {
            all(machine, id, filters, state, event, true)?;
            Ok(!state.until_matched.is_empty() && state.until_matched.iter().all(|matched| *matched))
        }
        Strategy::Any(filters, _) => {
            for filter in filters {
                if fits(machine, id, filter, state, event)? {
                    return Ok(true);
                }
            }
            Ok(filters.is_empty())
        }
    }
}

fn fits(machine: &mut Machine, id: BranchId, filter: &EventFilter, state: &mut ListenState, event: &Value) -> Result<bool, Stop> {
    let depth = machine.depth(id);
    for (attribute, expected) in &filter.with {
        let actual = event.member(attribute).cloned().unwrap_or_default();
        let matches = match expected {
            // The whole attribute is the expression's input.
            Template::Expression(condition, _) => {
                let value = machine.eval(id, depth, condition, &actual, None)?;
                value == Value::Bool(true) || (!matches!(value, Value::Bool(_)) && value == actual)
            }
            Template::Value(expected) => constant(expected, &actual),
            template => machine.fill(id, depth, template, &actual, None)? == actual,
        };
        if !matches {
            return Ok(false);
        }
    }
    let mut found: Vec<(Arc<str>, Value)> = Vec::new();
    for correlation in &filter.correlate {
        let value = machine.eval(id, depth, &correlation.from, event, None)?;
        let expected = match &correlation.expect {
            Some(expect) => {
                let input = machine.top(id).input.clone();
                Some(machine.fill(id, depth, expect, &input, None)?)
            }
            // The first event fixes the key.
            None => state.keys.iter().find(|(key, _)| *key == correlation.key).map(|(_, value)| value.clone()),
        };
        if value == Value::Null || expected.is_some_and(|expected| expected != value) {
            return Ok(false);
        }
        found.push((correlation.key.clone(), value));
    }
    for (key, value) in found {
        if !state.keys.iter().any(|(known, _)| *known == key) {
            state.keys.push((key, value));
        }
    }
    Ok(true)
}

/// A constant matches what equals it; a string is also tried as a regular expression for the
/// whole attribute.
fn constant(expected: &Value, actual: &Value) -> bool {
    if expected == actual {
        return true;
    }
    let (Some(pattern), Some(text)) = (expected.as_text(), actual.as_text()) else { return false };
    expression::unwrap(&pattern).is_none() && regex_lite::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(&text))
}

impl Machine {
    /// The first event after this number that nothing took.
    fn undelivered(&self, seen: u64) -> Option<(u64, Value)> {
        self.deliveries().find(|(number, taken, _)| *number > seen && !taken).map(|(number, _, event)| (number, event.clone()))
    }
}
