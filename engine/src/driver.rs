//! The embedded driver: keeps executions going on a tokio runtime.
//!
//! Each execution is one actor task that owns its machine, debugger, clock and effects. Others
//! talk to it through a [`Run`]: closures that it runs between two transitions, an event log that
//! anybody can read at his own pace, and notices. Nobody else stops it; it ends with its machine.
//!
//! An execution's clock stands still while it is suspended, and with it every timer.

mod actor;
mod clock;
mod log;
mod recorder;
mod trigger;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use flowdbg_lang::value::Value;
use tokio::sync::{mpsc, watch};

pub use actor::Debuggee;
pub use log::{EventLog, History, Logged, Reader};
pub use recorder::{Record, Sink};
pub use trigger::Trigger;

pub use crate::event::Phase;

use crate::{
    debug::{Debugger, Notice},
    effect::{Answer, EffectKind, Evaluation},
    event::Details,
    machine::{Machine, Outcome},
    program::Program,
    replay::Replay,
    time::Timestamp,
    worlds::{Request, World},
};

/// Runs executions in a world. Cheap to clone; all clones share the same bus of events.
#[derive(Clone)]
pub struct Engine {
    world: Arc<dyn World>,
    runs: Arc<Mutex<Vec<Weak<Shared>>>>,
    /// Those who see every event.
    subscribers: Arc<Mutex<Vec<mpsc::UnboundedSender<Value>>>>,
}

/// How an execution is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Its id; a new UUIDv7 if absent.
    pub id: Option<String>,
    /// Wait for [`Debuggee::release`] before the first transition.
    pub hold: bool,
    /// Stop before the first task.
    pub stop_on_entry: bool,
    /// Seeds its random choices; one that nobody can guess if absent.
    pub seed: Option<u64>,
    /// Which events are told beside the usual ones, from the start.
    pub details: Details,
    /// How much of its past its log keeps.
    pub history: History,
    /// Keep its journal in memory; see [`Debuggee::journal`].
    pub journal: bool,
    /// Write a recording while it runs.
    pub record: Option<Record>,
}

/// An execution that goes on cannot be recorded from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an execution that goes on cannot be recorded: a recording begins with its execution")]
pub struct CannotRecord;

/// What is known of an execution from outside.
#[derive(Clone, Debug)]
pub struct Status {
    /// Its phase.
    pub phase: Phase,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// Something for the actor to do between two transitions.
type Errand = Box<dyn FnOnce(&mut Debuggee) + Send>;

enum Message {
    Errand(Errand),
    Event(Value),
}

struct Shared {
    id: Arc<str>,
    program: Arc<Program>,
    log: Arc<EventLog>,
    inbox: mpsc::UnboundedSender<Message>,
    status: watch::Receiver<Status>,
    watchers: Mutex<Vec<mpsc::UnboundedSender<Notice>>>,
}

impl Shared {
    fn notify(&self, notice: &Notice) {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|watcher| watcher.send(notice.clone()).is_ok());
        if matches!(notice, Notice::Ended) {
            watchers.clear();
        }
    }
}

/// An execution. Cheap to clone; dropping every clone does not end it.
#[derive(Clone)]
pub struct Run(Arc<Shared>);

impl Engine {
    /// An engine whose executions live in this world.
    #[must_use]
    pub fn new(world: Arc<dyn World>) -> Self {
        Self { world, runs: Arc::default(), subscribers: Arc::default() }
    }

    /// The same engine, with the same bus of events, for executions that live in another world.
    #[must_use]
    pub fn in_world(&self, world: Arc<dyn World>) -> Self {
        Self { world, runs: self.runs.clone(), subscribers: self.subscribers.clone() }
    }

    /// Starts an execution. Must be called inside a tokio runtime.
    #[must_use]
    pub fn start(&self, program: Arc<Program>, input: Value, options: Options) -> Run {
        let course = self.world.course();
        let known = course.as_ref().map(|course| course.journal().execution.to_string());
        let id: Arc<str> = known.or(options.id.clone()).unwrap_or_else(|| uuid::Uuid::now_v7().to_string()).into();
        let began = Timestamp(self.world.wall_clock());
        let seed = options.seed.unwrap_or_else(|| self.world.seed());
        self.launch(Machine::new(id, program, input, began, seed), course, options)
    }

    /// Goes on with an execution whose machine was written down: what it waits for is asked for
    /// again. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// It is to be recorded: a journal begins with its execution, and this one began elsewhere.
    pub fn resume(&self, machine: Machine, options: Options) -> Result<Run, CannotRecord> {
        if options.journal || options.record.is_some() { Err(CannotRecord) } else { Ok(self.launch(machine, None, options)) }
    }

    fn launch(&self, machine: Machine, course: Option<Replay>, options: Options) -> Run {
        let (id, program, began): (Arc<str>, _, _) = (machine.id().into(), machine.program().clone(), machine.began());
        let (inbox, messages) = mpsc::unbounded_channel();
        let phase = match (options.hold, machine.is_suspended()) {
            (true, _) => Phase::Pending,
            (false, true) => Phase::Suspended,
            (false, false) => Phase::Running,
        };
        let (status_sender, status) = watch::channel(Status { phase, started_at: (!options.hold).then_some(began), outcome: None });
        let shared = Arc::new(Shared {
            id,
            program: program.clone(),
            log: Arc::new(EventLog::new(options.history)),
            inbox,
            status,
            watchers: Mutex::default(),
        });
        {
            let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
            runs.retain(|run| run.strong_count() > 0);
            runs.push(Arc::downgrade(&shared));
        }
        let debugger = Debugger::new(options.stop_on_entry);
        let recorder = recorder::Recorder::new(&machine, options.journal, options.record);
        let clock = clock::Clock::new(machine.now(), options.hold || machine.is_suspended());
        let mut debuggee = Debuggee::new(machine, debugger, recorder, options.hold, clock);
        debuggee.want(options.details);
        let actor = actor::Actor::new(self.clone(), shared.clone(), debuggee, course, messages, status_sender);
        tokio::spawn(Box::new(actor).run());
        Run(shared)
    }

    /// Every CloudEvent that is published from now on, by executions and from outside.
    #[must_use]
    pub fn subscribe(&self) -> mpsc::UnboundedReceiver<Value> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    /// Milliseconds since the Unix epoch, as its world has it.
    #[must_use]
    pub fn wall_clock(&self) -> i64 {
        self.world.wall_clock()
    }

    /// Hands a CloudEvent to every execution.
    pub fn publish(&self, event: &Value) {
        let mut subscribers = self.subscribers.lock().unwrap_or_else(PoisonError::into_inner);
        subscribers.retain(|subscriber| subscriber.send(event.clone()).is_ok());
        drop(subscribers);
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(|run| match run.upgrade() {
            // An execution that has ended takes no events.
            Some(run) => run.inbox.send(Message::Event(event.clone())).is_ok(),
            None => false,
        });
    }

    /// Evaluates an expression that is not proven to end, where it can be stopped. What it must not
    /// show is hidden.
    ///
    /// # Errors
    /// It failed, or was stopped.
    pub async fn evaluate(&self, evaluation: Evaluation) -> Result<Value, String> {
        let mask = evaluation.mask.clone();
        match self.world.perform(Request::aside(EffectKind::Evaluate(evaluation))).await {
            Answer::Evaluated(Ok(result)) => Ok(mask.value(&result)),
            Answer::Evaluated(Err(why)) => Err(mask.text(&why).unwrap_or(why)),
            _ => Err("the expression was not evaluated".to_owned()),
        }
    }
}

impl Run {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The workflow.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.0.program
    }

    /// Its events, also after its end.
    #[must_use]
    pub fn log(&self) -> &Arc<EventLog> {
        &self.0.log
    }

    /// What is known of it.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.status.borrow().clone()
    }

    /// What its debugger says from now on. After [`Notice::Ended`] there is nothing more; if it
    /// has ended already, that is all there is.
    #[must_use]
    pub fn notices(&self) -> mpsc::UnboundedReceiver<Notice> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut watchers = self.0.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.log.is_over() {
            // The receiver outlives this call, so the notice arrives.
            let _ = sender.send(Notice::Ended);
        } else {
            watchers.push(sender);
        }
        receiver
    }

    /// Runs a closure inside the execution, between two transitions. `None` if it is over.
    pub async fn with<R: Send + 'static>(&self, errand: impl FnOnce(&mut Debuggee) -> R + Send + 'static) -> Option<R> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let errand: Errand = Box::new(move |debuggee| {
            // Whoever asked may have gone away; the errand is done all the same.
            let _ = sender.send(errand(debuggee));
        });
        self.0.inbox.send(Message::Errand(errand)).ok()?;
        receiver.await.ok()
    }

    /// Waits for its end.
    pub async fn ended(&self) -> Outcome {
        let mut status = self.0.status.clone();
        match status.wait_for(|status| status.outcome.is_some()).await {
            Ok(status) => status.outcome.clone().unwrap_or(Outcome::Cancelled),
            Err(_) => Outcome::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests;
