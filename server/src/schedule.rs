//! Schedules: workflows that start by themselves while a host runs (DSL Reference, "Schedule").
//!
//! Each schedule is a task of its own, which ends with the host. Every start is an execution like
//! any other; what one does has no influence on the next. Times of cron expressions are UTC.

use std::{str::FromStr as _, time::Duration};

use croner::Cron;
use flowdbg_engine::driver::{Options, Run, Trigger};
use flowdbg_lang::{
    model::{Schedule, Workflow},
    value::Value,
};
use tokio::time::{Instant, MissedTickBehavior};

use crate::{host::Host, input, load::Loaded};

/// The longest sleep before the clock is looked at again: it may have been set.
const LOOK: Duration = Duration::from_secs(60);

/// A schedule that can be kept.
pub(crate) struct Plan {
    /// What it says, for a person: `every PT5S`.
    pub(crate) said: String,
    kind: Kind,
}

enum Kind {
    Every(Duration),
    Cron(Box<Cron>),
    After(Duration),
    On,
}

/// What a workflow's schedule says, if it has one.
///
/// # Errors
/// It cannot be kept; says why.
pub(crate) fn plan(workflow: &Workflow) -> Result<Option<Plan>, String> {
    let Some(schedule) = &workflow.schedule else { return Ok(None) };
    let (said, kind) = match schedule {
        Schedule::Every(0) => return Err("`schedule.every` must be longer than nothing".to_owned()),
        Schedule::Every(milliseconds) => (format!("every {}", span(*milliseconds)), Kind::Every(Duration::from_millis(*milliseconds))),
        Schedule::After(milliseconds) => {
            (format!("{} after each end", span(*milliseconds)), Kind::After(Duration::from_millis(*milliseconds)))
        }
        Schedule::Cron(text) => {
            let cron =
                Cron::from_str(text).map_err(|error| format!("`schedule.cron` is `{text}`, which is no cron expression: {error}"))?;
            (format!("at the times of `{text}`, UTC"), Kind::Cron(Box::new(cron)))
        }
        Schedule::On => ("when its events arrive".to_owned(), Kind::On),
        Schedule::Wrong(why) => return Err(why.clone()),
    };
    Ok(Some(Plan { said, kind }))
}

fn span(milliseconds: u64) -> String {
    if milliseconds.is_multiple_of(1_000) { format!("{} s", milliseconds / 1_000) } else { format!("{milliseconds} ms") }
}

/// Keeps a schedule for as long as it is not dropped.
pub(crate) async fn keep(host: Host, loaded: Loaded, plan: Plan, events: tokio::sync::mpsc::UnboundedReceiver<Value>) {
    match plan.kind {
        Kind::Every(period) => every(&host, &loaded, period).await,
        Kind::Cron(cron) => at_times(&host, &loaded, &cron).await,
        Kind::After(delay) => after(&host, &loaded, delay).await,
        Kind::On => on(&host, &loaded, events).await,
    }
}

async fn every(host: &Host, loaded: &Loaded, period: Duration) {
    let mut ticks = tokio::time::interval_at(Instant::now() + period, period);
    // A host that was asleep does not make up for it.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        start(host, loaded, None).await;
    }
}

async fn after(host: &Host, loaded: &Loaded, delay: Duration) {
    loop {
        if let Some(run) = start(host, loaded, None).await {
            run.ended().await;
        }
        // Even without a delay others must be let run.
        tokio::time::sleep(delay.max(Duration::from_millis(1))).await;
    }
}

async fn at_times(host: &Host, loaded: &Loaded, cron: &Cron) {
    let mut last = now(host);
    loop {
        let Some(next) = last.as_ref().and_then(|last| cron.find_next_occurrence(last, false).ok()) else {
            tracing::warn!(workflow = loaded.program.workflow.full_name(), "its cron expression has no further times");
            return;
        };
        loop {
            let Some(now) = now(host) else { return };
            let Ok(wait) = next.duration_since(&now).try_into() else { break };
            let wait: Duration = wait;
            if wait.is_zero() {
                break;
            }
            tokio::time::sleep(wait.min(LOOK)).await;
        }
        start(host, loaded, None).await;
        // A clock that was set forward leaves times out; one that was set back repeats none.
        last = now(host).map(|now| now.max(next));
    }
}

/// The time of the host's world, in UTC.
fn now(host: &Host) -> Option<jiff::Zoned> {
    let now = jiff::Timestamp::from_millisecond(host.engine().wall_clock()).ok()?;
    Some(now.to_zoned(jiff::tz::TimeZone::UTC))
}

async fn on(host: &Host, loaded: &Loaded, mut events: tokio::sync::mpsc::UnboundedReceiver<Value>) {
    let Some(mut trigger) = Trigger::new(host.engine(), &loaded.program.workflow) else { return };
    while let Some(event) = events.recv().await {
        match trigger.offer(event).await {
            Ok(inputs) => {
                for input in inputs {
                    start(host, loaded, Some(input)).await;
                }
            }
            Err(fault) => {
                tracing::error!(workflow = loaded.program.workflow.full_name(), "the events of its schedule: {}", fault.summary());
            }
        }
    }
}

/// Starts an execution; without an input with the one beside the workflow's file.
async fn start(host: &Host, loaded: &Loaded, given: Option<Value>) -> Option<Run> {
    let workflow = &loaded.program.workflow;
    let input = match given {
        Some(input) => Ok(input),
        None => {
            let path = std::path::PathBuf::from(workflow.source.path());
            let reading = tokio::task::spawn_blocking(move || input::default_for(&path));
            reading.await.unwrap_or_else(|error| Err(error.to_string()))
        }
    };
    let started = match input {
        Ok(input) => host.run(loaded, input, Options::default()).await.map_err(|error| error.to_string()),
        Err(why) => Err(why),
    };
    match started {
        Ok(run) => {
            tracing::info!(workflow = workflow.full_name(), execution = run.id(), "started by its schedule");
            Some(run)
        }
        Err(why) => {
            tracing::error!(workflow = workflow.full_name(), "its schedule could not start it: {why}");
            None
        }
    }
}

#[cfg(test)]
mod tests;
