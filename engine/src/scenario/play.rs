//! An execution in the world of a scenario, with the events that it brings, and the verdict.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use flowdbg_lang::{
    form::NoVariables,
    value::{self, Value, ValueExt as _},
};
use tokio::{sync::mpsc, task::JoinHandle, time::Instant};

pub use super::verdict::{Problem, Verdict};
use super::{Scenario, verdict};
use crate::{
    driver::{Engine, Options, Run},
    program::Program,
    worlds::{World, mock::Mock},
};

/// How often it is asked whether anything can still happen, in real time.
const LOOK: Duration = Duration::from_millis(200);
/// The same in virtual time, in which it costs nothing.
const LOOK_VIRTUAL: Duration = Duration::from_secs(60);

/// An execution in the world of a scenario.
pub struct Play {
    scenario: Arc<Scenario>,
    world: Mock,
    run: Run,
    stuck: Arc<Mutex<Option<String>>>,
    timeline: JoinHandle<()>,
}

impl Play {
    /// Starts an execution. Must be called inside a tokio runtime; whether its clock is paused, as
    /// virtual time needs it, is the caller's business.
    #[must_use]
    pub fn start(scenario: &Arc<Scenario>, program: Arc<Program>, input: Value, real: Arc<dyn World>, options: Options) -> Self {
        let (world, follow_ups) = Mock::new(scenario.clone(), real);
        let engine = Engine::new(Arc::new(world.clone()));
        let run = engine.start(program, input, options);
        let stuck = Arc::new(Mutex::new(None));
        let timeline = Timeline::new(scenario, engine, run.clone(), stuck.clone());
        let timeline = tokio::spawn(timeline.run(follow_ups));
        Self { scenario: scenario.clone(), world, run, stuck, timeline }
    }

    /// The execution.
    #[must_use]
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Waits for its end, and says whether it was as expected.
    pub async fn ended(self) -> Verdict {
        let outcome = self.run.ended().await;
        // It ends by itself after the execution.
        let _ = self.timeline.await;
        let stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner).take();
        verdict::of(&self.scenario, &self.run, outcome, self.world.record(), stuck)
    }
}

enum Happening {
    Event(Value),
    Cancel,
}

/// What happens to the execution from outside, and when.
struct Timeline {
    engine: Engine,
    run: Run,
    due: BTreeMap<(Instant, u64), Happening>,
    next: u64,
    look: Duration,
    stuck: Arc<Mutex<Option<String>>>,
}

impl Timeline {
    fn new(scenario: &Scenario, engine: Engine, run: Run, stuck: Arc<Mutex<Option<String>>>) -> Self {
        let look = if scenario.is_virtual { LOOK_VIRTUAL } else { LOOK };
        let mut timeline = Self { engine, run, due: BTreeMap::new(), next: 1, look, stuck };
        for delivery in &scenario.events {
            if let Ok(event) = delivery.event.evaluate(&Value::Null, &NoVariables) {
                timeline.add(delivery.after, Happening::Event(event));
            }
        }
        if let Some(after) = scenario.cancel {
            timeline.add(after, Happening::Cancel);
        }
        timeline
    }

    fn add(&mut self, after: u64, mut happening: Happening) {
        if let Happening::Event(event) = &mut happening
            && event.member("id").is_none()
            && let Value::Obj(members) = &*event
        {
            let members = members.iter().map(|(key, member)| (key.as_text().unwrap_or_default(), member.clone()));
            *event = value::object(members.chain([("id".to_owned(), value::string(format!("scenario-{}", self.next)))]));
        }
        let at = Instant::now().checked_add(Duration::from_millis(after)).unwrap_or_else(|| Instant::now() + Duration::from_secs(1 << 30));
        self.due.insert((at, self.next), happening);
        self.next += 1;
    }

    async fn run(mut self, mut follow_ups: mpsc::UnboundedReceiver<(u64, Value)>) {
        let run = self.run.clone();
        let ended = run.ended();
        tokio::pin!(ended);
        let mut look = self.look;
        loop {
            let next = self.due.keys().next().copied();
            let wake = next.map_or_else(|| Instant::now() + look, |(at, _)| at);
            tokio::select! {
                biased;
                _ = &mut ended => return,
                Some((after, event)) = follow_ups.recv() => self.add(after, Happening::Event(event)),
                () = tokio::time::sleep_until(wake) => match next.and_then(|next| self.due.remove(&next)) {
                    Some(Happening::Event(event)) => self.engine.publish(&event),
                    Some(Happening::Cancel) => self.cancel().await,
                    None if self.is_stuck().await => {
                        let what = "it waits for an event that never comes; deliver it under `events`, or end the execution with `cancel`";
                        *self.stuck.lock().unwrap_or_else(PoisonError::into_inner) = Some(what.to_owned());
                        self.cancel().await;
                    }
                    // A long wait is looked at less and less often.
                    None => look = look.saturating_mul(2).min(Duration::from_secs(86_400)),
                },
            }
        }
    }

    async fn cancel(&self) {
        self.run.with(|debuggee| debuggee.cancel()).await;
    }

    /// Whether nothing can happen any more. Asked twice: what was sent to the execution before the
    /// first time has moved it before the second.
    async fn is_stuck(&self) -> bool {
        for _ in 0..2 {
            let stuck = self
                .run
                .with(|debuggee| !debuggee.is_stopped() && !debuggee.is_suspended() && debuggee.machine().waits_only_for_events())
                .await;
            if stuck != Some(true) {
                return false;
            }
        }
        true
    }
}
