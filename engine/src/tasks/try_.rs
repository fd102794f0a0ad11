//! `try`: runs a list; an error that `catch` takes is retried as the policy says, then handled
//! (DSL Reference, "Try", "Catch", "Retry").
//!
//! Retries come first; `catch.do` runs when they are used up, or when there is no policy. Without
//! `catch.do` the output is the task's input. The n-th retry waits for d (constant), n·d (linear)
//! or 2^(n-1)·d (exponential), and a random part of the jitter.

use flowdbg_lang::{
    model::{Backoff, Retry, TaskKind, Try},
    value::Value,
};

use crate::{
    effect::EffectKind,
    event::EventKind,
    fault::Fault,
    machine::{BranchId, Machine, State, Step, Stop, TryPart, WaitFor},
    time::Timestamp,
};

/// What is to be done about a caught error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Try again after so many milliseconds.
    Retry(u64),
    /// Handle it.
    Handle,
}

fn model(machine: &mut Machine, id: BranchId) -> Option<(std::sync::Arc<crate::program::Program>, flowdbg_lang::model::TaskId)> {
    let frame = machine.top(id);
    Some((frame.program().clone(), frame.task?))
}

pub(crate) fn work(machine: &mut Machine, id: BranchId) -> Result<(), Stop> {
    let Some((program, task)) = model(machine, id) else { return Ok(()) };
    let TaskKind::Try(try_) = &program.workflow.task(task).kind else { return Ok(()) };
    match machine.top(id).state {
        State::Try { part: TryPart::Body, limit, .. } => run_body(machine, id, try_, limit),
        State::Try { part: TryPart::Delay, attempt, since, .. } => {
            if machine.take_answer(id).is_some() {
                let depth = machine.depth(id);
                machine.emit_at(id, depth, EventKind::TaskRetried);
                machine.top(id).state = State::Try { attempt, since, part: TryPart::Start, limit: None };
                begin(machine, id, try_, attempt, since)?;
            }
        }
        State::Try { part: TryPart::Start, attempt, since, .. } => begin(machine, id, try_, attempt, since)?,
        State::Try { part: TryPart::Handler, .. } => {
            let input = machine.top(id).input.clone();
            if let Some(list) = &try_.handler
                && let Some(output) = machine.step_list(id, list, input, None)
            {
                handled(machine, id, try_, output);
            }
        }
        _ => {
            let now = machine.now();
            begin(machine, id, try_, 1, now)?;
        }
    }
    Ok(())
}

/// Begins an attempt.
fn begin(machine: &mut Machine, id: BranchId, try_: &Try, attempt: u32, since: Timestamp) -> Result<(), Stop> {
    let (depth, input, run) = (machine.depth(id), machine.top(id).input.clone(), machine.top(id).run);
    let limit = match try_.retry.as_ref().and_then(|retry| retry.attempt_duration.as_ref()) {
        Some(limit) => {
            let until = machine.duration(id, depth, limit, &input).map(|milliseconds| machine.now().after(milliseconds))?;
            Some(machine.request(id, EffectKind::Sleep(until), WaitFor::Attempt(run)))
        }
        None => None,
    };
    machine.top(id).state = State::Try { attempt, since, part: TryPart::Body, limit };
    machine.top(id).child = None;
    run_body(machine, id, try_, limit);
    Ok(())
}

fn run_body(machine: &mut Machine, id: BranchId, try_: &Try, limit: Option<crate::effect::EffectId>) {
    let input = machine.top(id).input.clone();
    if let Some(output) = machine.step_list(id, &try_.body, input, None) {
        if let Some(limit) = limit {
            machine.withdraw_timer(limit);
        }
        if let State::Try { part, limit, .. } = &mut machine.top(id).state {
            *part = TryPart::Over;
            *limit = None;
        }
        machine.finish_body(id, output);
    }
}

/// Finds out what the policy of the `try` at this depth says about an error.
pub(crate) fn decide(machine: &mut Machine, id: BranchId, depth: usize, fault: &Fault) -> Result<Decision, Stop> {
    let Some(frame) = machine.branch(id).and_then(|branch| branch.frames.get(depth)) else { return Ok(Decision::Handle) };
    let (program, input, state) = (frame.program().clone(), frame.input.clone(), frame.state.clone());
    let Some(TaskKind::Try(try_)) = frame.task.map(|task| &program.workflow.task(task).kind) else { return Ok(Decision::Handle) };
    let (Some(retry), State::Try { attempt, since, .. }) = (&try_.retry, state) else { return Ok(Decision::Handle) };
    let extra = Some((&*try_.variable, &fault.error));
    if let Some(when) = &retry.when
        && !machine.holds(id, depth, when, &input, extra)?
    {
        return Ok(Decision::Handle);
    }
    if let Some(except) = &retry.except_when
        && machine.holds(id, depth, except, &input, extra)?
    {
        return Ok(Decision::Handle);
    }
    if retry.count.is_some_and(|count| u64::from(attempt) > count) {
        return Ok(Decision::Handle);
    }
    let delay = delay(machine, id, depth, retry, attempt, &input)?;
    if let Some(limit) = &retry.duration {
        let limit = machine.duration(id, depth, limit, &input)?;
        if machine.now().since(since).saturating_add(delay) > limit {
            return Ok(Decision::Handle);
        }
    }
    Ok(Decision::Retry(delay))
}

/// The delay before the retry that follows this attempt.
fn delay(machine: &mut Machine, id: BranchId, depth: usize, retry: &Retry, attempt: u32, input: &Value) -> Result<u64, Stop> {
    let base = match &retry.delay {
        Some(delay) => machine.duration(id, depth, delay, input)?,
        None => 0,
    };
    let jitter = match &retry.jitter {
        Some((from, to)) => Some((machine.duration(id, depth, from, input)?, machine.duration(id, depth, to, input)?)),
        None => None,
    };
    let grown = grow(base, retry.backoff, attempt);
    let random = jitter.map_or(0, |(from, to)| {
        let width = to.saturating_sub(from).saturating_add(1);
        from + machine.random() % width
    });
    Ok(grown.saturating_add(random))
}

fn grow(base: u64, backoff: Backoff, retry: u32) -> u64 {
    match backoff {
        Backoff::Constant => base,
        Backoff::Linear => base.saturating_mul(u64::from(retry)),
        Backoff::Exponential => base.saturating_mul(1_u64.checked_shl(retry.saturating_sub(1)).unwrap_or(u64::MAX)),
    }
}

/// An error was caught by the `try` that is now the innermost frame.
pub(crate) fn caught(machine: &mut Machine, id: BranchId, fault: Fault, decision: Decision) {
    let Some((program, task)) = model(machine, id) else { return };
    let TaskKind::Try(try_) = &program.workflow.task(task).kind else { return };
    let depth = machine.depth(id);
    let State::Try { attempt, since, limit, .. } = machine.top(id).state else { return };
    if let Some(limit) = limit {
        machine.withdraw_timer(limit);
    }
    machine.top(id).child = None;
    match decision {
        Decision::Retry(delay) => {
            let attempt = attempt.saturating_add(1);
            machine.emit_at(id, depth, EventKind::RetryScheduled { attempt, delay, error: fault.error });
            machine.top(id).state = State::Try { attempt, since, part: TryPart::Delay, limit: None };
            machine.set_step(id, Step::Work);
            let until = machine.now().after(delay);
            machine.wait_for(id, EffectKind::Sleep(until));
        }
        Decision::Handle => {
            machine.set_step(id, Step::Catch);
            let frame = machine.top(id);
            frame.locals = frame.locals.with(&try_.variable, fault.error);
            frame.state = State::Try { attempt, since, part: TryPart::Handler, limit: None };
            machine.make_ready(id);
        }
    }
}

/// Begins to handle the error.
pub(crate) fn handle(machine: &mut Machine, id: BranchId) {
    let Some((program, task)) = model(machine, id) else { return };
    let TaskKind::Try(try_) = &program.workflow.task(task).kind else { return };
    if try_.handler.is_some() {
        return machine.set_step(id, Step::Work);
    }
    let input = machine.top(id).input.clone();
    handled(machine, id, try_, input);
}

fn handled(machine: &mut Machine, id: BranchId, try_: &Try, output: Value) {
    let frame = machine.top(id);
    frame.then = try_.then;
    // First, so that it is the handler that ends.
    machine.finish_body(id, output);
    if let State::Try { part, .. } = &mut machine.top(id).state {
        *part = TryPart::Over;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_as_the_policy_says() {
        let delays = |backoff| [1, 2, 3, 4].map(|retry| grow(100, backoff, retry));
        assert_eq!(delays(Backoff::Constant), [100, 100, 100, 100]);
        assert_eq!(delays(Backoff::Linear), [100, 200, 300, 400]);
        assert_eq!(delays(Backoff::Exponential), [100, 200, 400, 800]);
        assert_eq!(grow(u64::MAX / 2, Backoff::Exponential, 4_000_000_000), u64::MAX);
    }
}
