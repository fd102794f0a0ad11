//! Taking messages (DSL Reference, "AsyncAPI Subscription").
//!
//! `filter` sees one message, `while` and `until` the array of those taken so far. `while` is asked
//! after each message and what `foreach` did with it, `until` also before the first. When the time
//! of `for` is up, or when the other side ends the subscription, what came before is still taken.

use std::sync::Arc;

use flowdbg_lang::{
    expression::Expression,
    model::{Consume, Foreach, Subscription},
    value::{Value, ValueExt as _},
};

use super::{super::foreach, document::Operation, failed, message, wrong};
use crate::machine::{BranchId, BranchState, Machine, State, Stop, SubscriptionState};

pub(super) fn receive(machine: &mut Machine, id: BranchId, subscription: &Subscription) -> Result<(), Stop> {
    loop {
        if let Some(foreach) = &subscription.foreach
            && state(machine, id).is_some_and(|state| state.taken.is_behind())
        {
            if !iterate(machine, id, foreach)? {
                return Ok(());
            }
            continue;
        }
        if enough(machine, id, &subscription.consume)? {
            finish(machine, id, subscription);
            return Ok(());
        }
        if !take(machine, id, subscription)? {
            return Ok(());
        }
    }
}

/// Goes on with the iteration for the next message; says whether it has ended.
fn iterate(machine: &mut Machine, id: BranchId, foreach: &Foreach) -> Result<bool, Stop> {
    let depth = machine.depth(id);
    // Taken out, so that it need not be copied for each message.
    let Some(mut taken) = state(machine, id).map(|state| std::mem::take(&mut state.taken)) else { return Ok(false) };
    let ended = foreach::iterate(machine, id, foreach, &mut taken);
    // A task of the iteration may stand above this one now.
    if let Some(State::Subscription(state)) = machine.state_at(id, depth) {
        state.taken = taken;
    }
    if *ended.as_ref().unwrap_or(&false) {
        machine.commit(id);
    }
    ended
}

fn state(machine: &mut Machine, id: BranchId) -> Option<&mut SubscriptionState> {
    match &mut machine.top(id).state {
        State::Subscription(state) => Some(state),
        _ => None,
    }
}

/// Looks at the next message, if there is one. False if the task waits now or has ended.
fn take(machine: &mut Machine, id: BranchId, subscription: &Subscription) -> Result<bool, Stop> {
    let Some(state_now) = state(machine, id) else { return Ok(false) };
    let Some(next) = state_now.unread.front().cloned() else {
        match state_now.ended.clone() {
            None => machine.set_state(id, BranchState::Listening),
            Some(Ok(())) => finish(machine, id, subscription),
            Some(Err(error)) => return Err(failed("the subscription broke", &error).into()),
        }
        return Ok(false);
    };
    let kept = machine.top(id).raw_output.clone();
    let key = kept.member("document").and_then(Value::as_text).unwrap_or_default();
    let document = machine.document(&key).cloned().unwrap_or_default();
    let operation = Operation::find(&document, kept.member("with").unwrap_or(&Value::Null))?;
    let shown = message::incoming(&operation, &next)?;
    let depth = machine.depth(id);
    let wanted = match &subscription.filter {
        Some(filter) => machine.holds(id, depth, filter, &shown, None)?,
        None => true,
    };
    if wanted {
        message::validate_incoming(&operation, &shown)?;
    }
    if let Some(state) = state(machine, id) {
        state.unread.pop_front();
        if wanted {
            Arc::make_mut(&mut state.taken.items).push(shown);
        }
    }
    machine.commit(id);
    Ok(true)
}

/// Whether no more messages are wanted.
fn enough(machine: &mut Machine, id: BranchId, consume: &Consume) -> Result<bool, Stop> {
    let Some(state_now) = state(machine, id) else { return Ok(true) };
    let (count, judged) = (state_now.taken.items.len(), state_now.judged);
    if judged == Some(count) {
        return Ok(false);
    }
    let depth = machine.depth(id);
    let over = match consume {
        Consume::Amount(amount) => {
            let input = machine.top(id).input.clone();
            let amount = machine.fill(id, depth, amount, &input, None)?;
            let amount = amount.as_i64().and_then(|amount| usize::try_from(amount).ok());
            count >= amount.ok_or_else(|| wrong("`consume.amount` must be a whole number that is not negative"))?
        }
        Consume::While(_) if count == 0 => false,
        Consume::While(condition) => !holds(machine, id, condition)?,
        Consume::Until(condition) => holds(machine, id, condition)?,
    };
    if let Some(state) = state(machine, id) {
        state.judged = Some(count);
    }
    machine.commit(id);
    Ok(over)
}

fn holds(machine: &mut Machine, id: BranchId, condition: &Arc<Expression>) -> Result<bool, Stop> {
    let depth = machine.depth(id);
    let taken: Value = state(machine, id).map(|state| state.taken.items.iter().cloned().collect()).unwrap_or_default();
    machine.holds(id, depth, condition, &taken, None)
}

fn finish(machine: &mut Machine, id: BranchId, subscription: &Subscription) {
    machine.unsubscribe(id);
    let taken = state(machine, id).map(|state| std::mem::take(&mut state.taken)).unwrap_or_default();
    machine.finish_body(id, taken.output(subscription.foreach.is_some()));
}
