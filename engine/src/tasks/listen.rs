//! `listen`: takes events that match (DSL Reference, "Listen", "Event Consumption Strategy").
//!
//! The output is always an array of what was read of the events, in the order in which they were
//! taken; events of `until` are not in it. `foreach` runs strictly one after another. Events that
//! came before the task was reached, and that nothing took, are offered to it first.
//!
//! The cost of an event does not grow with the events taken before.

use std::sync::Arc;

use flowdbg_lang::{
    expression,
    model::{EventFilter, Listen, Read, Strategy, Until},
    template::Template,
    value::{self, Value, ValueExt as _},
};

use super::foreach;
use crate::{
    event::EventKind,
    machine::{BranchId, BranchState, ListenState, Machine, State, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, listen: &Listen) -> Result<(), Stop> {
    let depth = machine.depth(id);
    if matches!(machine.top(id).state, State::None) {
        // Of no filters all have matched.
        let over = matches!(&listen.strategy, Strategy::All(filters) if filters.is_empty());
        machine.top(id).state = State::Listen(Box::new(ListenState { over, ..ListenState::default() }));
        machine.emit_of_execution(id, EventKind::CorrelationStarted);
    }
    loop {
        // The state is taken out and put back, not copied: it grows with the events.
        let State::Listen(mut state) = std::mem::take(&mut machine.top(id).state) else { return Ok(()) };
        let next = step(machine, id, listen, &mut state);
        let keys = matches!(next, Ok(Next::Over(_))).then(|| correlated(&state));
        if let Some(frame) = machine.frame_at(id, depth) {
            frame.state = State::Listen(state);
        }
        match next? {
            Next::Again => machine.commit(id),
            Next::Runs => return Ok(()),
            Next::Waits => {
                machine.set_state(id, BranchState::Listening);
                return Ok(());
            }
            Next::Over(output) => {
                machine.emit_of_execution(id, EventKind::CorrelationCompleted(keys.unwrap_or_default()));
                machine.finish_body(id, output);
                return Ok(());
            }
        }
    }
}

/// The values of the correlation keys; null if there are none.
fn correlated(state: &ListenState) -> Value {
    let keys = state.keys.iter().map(|(key, value)| (key.to_string(), value.clone()));
    if state.keys.is_empty() { Value::Null } else { value::object(keys) }
}

/// What follows a step.
enum Next {
    /// Another one.
    Again,
    /// Tasks of `foreach` run.
    Runs,
    /// There is no event to look at.
    Waits,
    /// No more events are wanted.
    Over(Value),
}

/// Goes on with `foreach`, or looks at the next event. If it stops, the state is as it was.
fn step(machine: &mut Machine, id: BranchId, listen: &Listen, state: &mut ListenState) -> Result<Next, Stop> {
    if let Some(foreach) = &listen.foreach
        && state.taken.is_behind()
    {
        return Ok(if foreach::iterate(machine, id, foreach, &mut state.taken)? { Next::Again } else { Next::Runs });
    }
    if state.over {
        return Ok(Next::Over(std::mem::take(&mut state.taken).output(listen.foreach.is_some())));
    }
    let Some((number, event)) = machine.undelivered(state.seen) else { return Ok(Next::Waits) };
    let offer = offer(machine, id, listen, state, &event)?;
    state.seen = number;
    if let Some(offer) = offer {
        machine.take_delivery(number);
        accept(state, offer);
    }
    Ok(Next::Again)
}

/// What changes because an event is taken.
#[derive(Default)]
struct Offer {
    /// Which filter of `all` it matched.
    matched: Option<usize>,
    /// Which filter of `until` it matched.
    until_matched: Option<usize>,
    /// Values of correlation keys that it fixes.
    keys: Keys,
    /// What is kept of it. What was taken is already in the state.
    read: Option<Value>,
    over: bool,
}

fn accept(state: &mut ListenState, offer: Offer) {
    for (matched, at) in [(&mut state.matched, offer.matched), (&mut state.until_matched, offer.until_matched)] {
        if let Some(at) = at {
            if matched.len() <= at {
                matched.resize(at + 1, false);
            }
            matched[at] = true;
        }
    }
    state.keys.extend(offer.keys);
    if let Some(read) = offer.read {
        Arc::make_mut(&mut state.taken.items).push(read);
    }
    state.over = offer.over;
}

/// Offers an event; says what changes if it is taken.
fn offer(machine: &mut Machine, id: BranchId, listen: &Listen, state: &mut ListenState, event: &Value) -> Result<Option<Offer>, Stop> {
    let read = read(listen.read, event);
    match &listen.strategy {
        Strategy::One(filter) => {
            let keys = fits(machine, id, filter, state, event)?;
            Ok(keys.map(|keys| Offer { keys, read: Some(read), over: true, ..Offer::default() }))
        }
        Strategy::All(filters) => {
            let Some((at, keys)) = missing(machine, id, filters, state, &state.matched, event)? else { return Ok(None) };
            let over = others(&state.matched, at) + 1 == filters.len();
            Ok(Some(Offer { matched: Some(at), keys, read: Some(read), over, ..Offer::default() }))
        }
        Strategy::Any(filters, until) => {
            if let Some(Until::Events(strategy)) = until
                && let Some(offer) = ends(machine, id, strategy, state, event)?
            {
                return Ok(Some(offer));
            }
            let mut keys = filters.is_empty().then(Vec::new);
            for filter in filters {
                keys = fits(machine, id, filter, state, event)?;
                if keys.is_some() {
                    break;
                }
            }
            let Some(keys) = keys else { return Ok(None) };
            let over = match until {
                None => true,
                Some(Until::Condition(condition)) => return until_holds(machine, id, condition, state, keys, read),
                Some(Until::Events(_)) => false,
            };
            Ok(Some(Offer { keys, read: Some(read), over, ..Offer::default() }))
        }
    }
}

/// Asks the condition about the events taken, with this one among them. They are shared with the
/// expression, not copied.
fn until_holds(
    machine: &mut Machine,
    id: BranchId,
    condition: &Arc<expression::Expression>,
    state: &mut ListenState,
    keys: Keys,
    read: Value,
) -> Result<Option<Offer>, Stop> {
    let depth = machine.depth(id);
    Arc::make_mut(&mut state.taken.items).push(read);
    let over = machine.holds(id, depth, condition, &Value::Arr(state.taken.items.clone()), None);
    if over.is_err() {
        Arc::make_mut(&mut state.taken.items).pop();
    }
    Ok(Some(Offer { keys, over: over?, ..Offer::default() }))
}

/// How many filters have matched, but for one.
fn others(matched: &[bool], but: usize) -> usize {
    matched.iter().enumerate().filter(|(at, matched)| **matched && *at != but).count()
}

/// A filter's place with the correlation keys that the event fixes.
type Match = (usize, Vec<(Arc<str>, Value)>);

/// The first filter that has not matched yet and that this event matches.
fn missing(
    machine: &mut Machine,
    id: BranchId,
    filters: &[EventFilter],
    state: &ListenState,
    matched: &[bool],
    event: &Value,
) -> Result<Option<Match>, Stop> {
    for (at, filter) in filters.iter().enumerate() {
        if !matched.get(at).copied().unwrap_or(false)
            && let Some(keys) = fits(machine, id, filter, state, event)?
        {
            return Ok(Some((at, keys)));
        }
    }
    Ok(None)
}

/// What is kept of an event.
pub(crate) fn read(mode: Read, event: &Value) -> Value {
    let (data, encoded) = (event.member("data"), event.member("data_base64"));
    match mode {
        Read::Envelope => event.clone(),
        // Undecoded: JSON and text as text, bytes in base64.
        Read::Raw => match (data, encoded) {
            (Some(data), _) => {
                if data.is_utf8_str() {
                    data.clone()
                } else {
                    value::string(data.to_json())
                }
            }
            (None, encoded) => encoded.cloned().unwrap_or_default(),
        },
        Read::Data => match (data, encoded) {
            (Some(data), _) => data.clone(),
            (None, Some(encoded)) => decoded(event, encoded),
            (None, None) => Value::Null,
        },
    }
}

/// Data in base64: text is text, JSON is read; other bytes stay as they are.
fn decoded(event: &Value, encoded: &Value) -> Value {
    use base64::Engine as _;
    let bytes = encoded.as_text().and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else { return encoded.clone() };
    let kind = event.member("datacontenttype").and_then(Value::as_text).unwrap_or_default().to_ascii_lowercase();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let json = essence.is_empty() || essence == "application/json" || essence.ends_with("+json");
    json.then(|| value::parse_json(&text).ok()).flatten().unwrap_or_else(|| value::string(text))
}

/// What changes because an event is one of the `until` events of an `any`; none if it is not.
fn ends(machine: &mut Machine, id: BranchId, strategy: &Strategy, state: &ListenState, event: &Value) -> Result<Option<Offer>, Stop> {
    match strategy {
        Strategy::One(filter) => {
            let keys = fits(machine, id, filter, state, event)?;
            Ok(keys.map(|keys| Offer { keys, over: true, ..Offer::default() }))
        }
        Strategy::All(filters) => {
            let Some((at, keys)) = missing(machine, id, filters, state, &state.until_matched, event)? else { return Ok(None) };
            let over = others(&state.until_matched, at) + 1 == filters.len();
            Ok(Some(Offer { until_matched: Some(at), keys, over, ..Offer::default() }))
        }
        Strategy::Any(filters, _) => {
            for filter in filters {
                if let Some(keys) = fits(machine, id, filter, state, event)? {
                    return Ok(Some(Offer { keys, over: true, ..Offer::default() }));
                }
            }
            Ok(filters.is_empty().then(|| Offer { over: true, ..Offer::default() }))
        }
    }
}

/// Correlation keys with their values.
type Keys = Vec<(Arc<str>, Value)>;

/// Whether an event fits a filter: the correlation keys that it fixes, if it does.
fn fits(machine: &mut Machine, id: BranchId, filter: &EventFilter, state: &ListenState, event: &Value) -> Result<Option<Keys>, Stop> {
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
            return Ok(None);
        }
    }
    let mut fixed = Keys::new();
    for correlation in &filter.correlate {
        let value = machine.eval(id, depth, &correlation.from, event, None)?;
        let known = state.keys.iter().find(|(key, _)| *key == correlation.key).map(|(_, value)| value.clone());
        let expected = match &correlation.expect {
            Some(expect) => {
                let input = machine.top(id).input.clone();
                Some(machine.fill(id, depth, expect, &input, None)?)
            }
            // The first event fixes the key.
            None => known.clone(),
        };
        if value == Value::Null || expected.is_some_and(|expected| expected != value) {
            return Ok(None);
        }
        if known.is_none() {
            fixed.push((correlation.key.clone(), value));
        }
    }
    Ok(Some(fixed))
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
        self.deliveries_after(seen).find(|(_, taken, _)| !taken).map(|(number, _, event)| (number, event.clone()))
    }
}
