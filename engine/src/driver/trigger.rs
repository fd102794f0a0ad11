//! What starts workflows on events: a machine of its own that waits for the events of
//! `schedule.on`, whose output is the input of an execution.

use std::sync::Arc;

use flowdbg_lang::{lower, model::Workflow, value::Value};

use super::Engine;
use crate::{
    fault::Fault,
    machine::{Input, Machine, Open, Outcome, Progress},
    program::Program,
    time::Timestamp,
    worlds::Request,
};

/// Transitions between two looks at what is to be done.
const BUDGET: usize = 4_096;

/// Waits for the events that start a workflow.
pub struct Trigger {
    engine: Engine,
    program: Arc<Program>,
    machine: Machine,
}

impl Trigger {
    /// The trigger of a workflow; none if events do not start it.
    #[must_use]
    pub fn new(engine: &Engine, workflow: &Workflow) -> Option<Self> {
        let program = Program::new(lower::trigger(&workflow.tree)?);
        let machine = waiting(engine, &program);
        Some(Self { engine: engine.clone(), program, machine })
    }

    /// Offers an event; gives the inputs of the executions to start, each the array of events that
    /// start it. Events that are not taken wait, as they do for a `listen`.
    ///
    /// # Errors
    /// An expression of the schedule failed. It waits for new events then.
    pub async fn offer(&mut self, event: Value) -> Result<Vec<Value>, Fault> {
        let mut inputs = Vec::new();
        self.machine.feed(self.now(), Input::Event(event));
        loop {
            match self.settle().await {
                None => return Ok(inputs),
                Some(Outcome::Completed(events)) => {
                    inputs.push(events);
                    let left: Vec<Value> = self.machine.untaken().cloned().collect();
                    self.machine = waiting(&self.engine, &self.program);
                    for event in left {
                        self.machine.feed(self.now(), Input::Event(event));
                    }
                }
                Some(Outcome::Faulted(fault)) => {
                    self.machine = waiting(&self.engine, &self.program);
                    return Err(fault);
                }
                Some(Outcome::Cancelled) => self.machine = waiting(&self.engine, &self.program),
            }
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.engine.world.wall_clock())
    }

    /// Moves on until it waits for an event, or has ended.
    async fn settle(&mut self) -> Option<Outcome> {
        loop {
            let (progress, output) = self.machine.advance(&mut Open, BUDGET);
            let mut answered = false;
            for effect in output.effects {
                let id = effect.id;
                let request = Request { execution: Arc::from(self.machine.id()), ..Request::aside(effect.kind) };
                let answer = self.engine.world.perform(request).await;
                self.machine.feed(self.now(), Input::Answer(id, answer));
                answered = true;
            }
            match progress {
                Progress::Done => return self.machine.outcome().cloned(),
                Progress::Idle | Progress::Held if !answered => return None,
                Progress::Idle | Progress::Held | Progress::More => {}
            }
        }
    }
}

fn waiting(engine: &Engine, program: &Arc<Program>) -> Machine {
    let id = uuid::Uuid::now_v7().to_string();
    Machine::new(id, program.clone(), Value::Null, Timestamp(engine.world.wall_clock()), engine.world.seed())
}
