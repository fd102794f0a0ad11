//! A whole recording compared with what its journal makes happen now.

use std::{collections::BTreeMap, sync::Arc};

use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{Divergence, DivergenceKind, Replay, agrees, place, shown};
use crate::{
    event::{Event, EventKind, Exchange, Metrics},
    journal::Journal,
    machine::{BranchId, Machine, Open, Outcome, Progress},
    program::Program,
    recording::Recording,
    written::{Writer, event},
};

/// How many transitions are made between two looks.
const BUDGET: usize = 1_000;
/// How many events more than were recorded are waited for.
const MANY: usize = 10_000;
/// How many differences are reported.
const MOST: usize = 100;

/// What a replay found.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many events were compared.
    pub events: usize,
    /// How many things were asked for when it was recorded.
    pub asks: usize,
    /// How it ended now; none if the record breaks off before the end, or it does not end any more.
    pub outcome: Option<Outcome>,
    /// The differences, in the order in which they were found.
    pub divergences: Vec<Divergence>,
}

/// Replays a recording and compares.
///
/// # Errors
/// It breaks off before there is anything to replay.
pub fn compare(recording: &Recording) -> Result<Report, String> {
    let journal = &recording.journal;
    let Some(mut machine) = journal.machine() else {
        return Err("the recording breaks off before the execution began; there is nothing to replay".to_owned());
    };
    let complete = recording.ended.is_some();
    let mut replay = Replay::new(journal.clone(), complete);
    let mut events: Vec<Event> = Vec::new();
    let mut divergences = Vec::new();
    let outcome = loop {
        let (progress, output) = replay.advance(&mut machine, &mut Open, BUDGET);
        events.extend(output.events);
        divergences.extend(replay.take_divergences());
        let goes_on_for_ever = events.len() > recording.events.len() + MANY || divergences.len() > MOST;
        let has_broken_off = !complete && replay.is_over() && events.len() >= recording.events.len();
        match progress {
            Progress::Done => break machine.outcome().cloned(),
            _ if goes_on_for_ever || has_broken_off => break None,
            Progress::More => {}
            Progress::Idle | Progress::Held => break None,
        }
    };
    replay.finish(&machine);
    divergences.extend(replay.take_divergences());
    // Where the record breaks off, what would come next is not a difference.
    if !complete {
        events.truncate(recording.events.len());
    }
    compare_events(&machine, journal, &recording.events, &events, &mut divergences);
    divergences.truncate(MOST);
    Ok(Report { events: recording.events.len(), asks: journal.asks.len(), outcome, divergences })
}

/// Compares events branch by branch: only within a branch their order is promised.
fn compare_events(machine: &Machine, journal: &Journal, recorded: &[Event], now: &[Event], found: &mut Vec<Divergence>) {
    let (recorded, now) = (by_branch(recorded), by_branch(now));
    let branches: std::collections::BTreeSet<BranchId> = recorded.keys().chain(now.keys()).copied().collect();
    for branch in branches {
        let nothing = Vec::new();
        let (then, now) = (recorded.get(&branch).unwrap_or(&nothing), now.get(&branch).unwrap_or(&nothing));
        for at in 0..then.len().max(now.len()) {
            let document = |event: Option<&&Event>| event.map(|event| document(event));
            let (old, new) = (document(then.get(at)), document(now.get(at)));
            let same = matches!((&old, &new), (Some(old), Some(new)) if agrees(old, new));
            if same {
                continue;
            }
            let about = now.get(at).or_else(|| then.get(at));
            let reference = about.and_then(|event| event.task.as_ref()).map(|run| run.program.workflow.task(run.task).reference.clone());
            let reference = reference.unwrap_or_else(|| "".into());
            found.push(Divergence {
                kind: DivergenceKind::Event,
                branch,
                place: place(machine, journal, branch, &reference),
                reference,
                expected: old.as_ref().map(shown).unwrap_or_default(),
                came: new.as_ref().map(shown).unwrap_or_default(),
            });
            // What follows in this branch follows from this.
            break;
        }
    }
}

fn by_branch(events: &[Event]) -> BTreeMap<BranchId, Vec<&Event>> {
    let mut all: BTreeMap<BranchId, Vec<&Event>> = BTreeMap::new();
    for event in events {
        all.entry(event.branch).or_default().push(event);
    }
    all
}

/// What of an event is compared: all but the index of its workflow, which may be another, and
/// sizes, which are others where something was hidden in the record.
fn document(event: &Event) -> Value {
    let mut programs: Vec<Arc<Program>> = event.task.iter().map(|run| run.program.clone()).collect();
    let kind = match event.kind.clone() {
        EventKind::ExchangeStarted(exchange) => EventKind::ExchangeStarted(without_sizes(exchange)),
        EventKind::ExchangeEnded(exchange) => EventKind::ExchangeEnded(without_sizes(exchange)),
        EventKind::TaskMeasured(metrics) => EventKind::TaskMeasured(Box::new(Metrics { input: None, output: None, ..*metrics })),
        EventKind::WorkflowMeasured(metrics) => EventKind::WorkflowMeasured(Box::new(Metrics { input: None, output: None, ..*metrics })),
        other => other,
    };
    let event = Event { kind, ..event.clone() };
    value::object(event::write(&mut Writer::masked(&Default::default()), &mut programs, &event))
}

fn without_sizes(mut exchange: Box<Exchange>) -> Box<Exchange> {
    if let Value::Obj(members) = &exchange.content {
        let is_size = |key: &Value| key.as_text().is_some_and(|key| key == "bytes" || key.ends_with("Bytes"));
        let kept = members.iter().filter(|(key, _)| !is_size(key)).map(|(key, member)| (key.clone(), member.clone()));
        exchange.content = Value::obj(kept.collect());
    }
    exchange
}
