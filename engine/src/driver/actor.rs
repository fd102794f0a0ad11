//! The actor of one execution.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use flowdbg_lang::value::Value;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinHandle,
    time::Instant,
};

use super::{Engine, Message, Phase, Shared, Status, clock::Clock, recorder::Recorder};
use crate::{
    debug::{Bound, BreakpointSpec, Category, Debugger, Granularity, Notice, Reason, StepKind},
    effect::{Answer, Effect, EffectId, EffectKind},
    event::{Details, Event, EventKind},
    journal::{Given, Journal},
    machine::{BranchId, BranchState, EditError, Input, Machine, Output, PathStep, Progress, ROOT, ScopeName},
    program::Program,
    replay::Replay,
    time::Timestamp,
    worlds::{Messages, Request},
};

/// Transitions between two looks at the inbox.
const BUDGET: usize = 4_096;
/// Most inputs that the machine is fed before it moves: listeners take events before they are too
/// many to be kept.
const BATCH: usize = 256;

/// The machine of an execution and its debugger.
pub struct Debuggee {
    machine: Machine,
    debugger: Debugger,
    programs: Vec<Arc<Program>>,
    recorder: Recorder,
    clock: Clock,
    /// Not begun yet.
    held: bool,
    /// Held by its debugger.
    stopped: bool,
    cancelled: bool,
    /// Somebody has suspended it.
    suspended: bool,
    /// What the machine is still to be told of that.
    asked: Vec<Input>,
}

impl Debuggee {
    pub(super) fn new(machine: Machine, debugger: Debugger, recorder: Recorder, held: bool, clock: Clock) -> Self {
        Self {
            programs: vec![machine.program().clone()],
            suspended: machine.is_suspended(),
            machine,
            debugger,
            recorder,
            clock,
            held,
            stopped: false,
            cancelled: false,
            asked: Vec::new(),
        }
    }

    /// Its journal so far, if it is kept.
    #[must_use]
    pub fn journal(&self) -> Option<&Journal> {
        self.recorder.journal()
    }

    /// Gives the machine something from outside.
    fn feed(&mut self, now: Timestamp, input: Input) {
        self.recorder.given(&self.machine, now, || Given::of(&self.machine, &input));
        self.machine.feed(now, input);
    }

    /// The machine, to look at.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Replaces a value of a stopped execution.
    ///
    /// # Errors
    /// It is not stopped, or the place is not there.
    pub fn edit(&mut self, branch: BranchId, depth: usize, scope: ScopeName, path: &[PathStep], value: Value) -> Result<(), EditError> {
        if !self.stopped {
            return Err(EditError::Refused("the execution is running; stop it first".to_owned()));
        }
        self.machine.edit(branch, depth, scope, path, value.clone())?;
        let edit = || Given::Edit { branch, depth, scope, path: path.to_vec(), value };
        self.recorder.given(&self.machine, self.machine.now(), edit);
        Ok(())
    }

    /// Lets an execution begin that was started with `hold`.
    pub fn release(&mut self) {
        if std::mem::take(&mut self.held) && !self.stands() {
            self.clock.go();
        }
    }

    /// When it began, as far as its clock knows.
    fn began(&self) -> Option<Timestamp> {
        (!self.held).then(|| self.machine.began())
    }

    /// Ends the execution.
    pub fn cancel(&mut self) {
        self.cancelled = true;
    }

    /// Replaces the breakpoints of a file.
    pub fn set_breakpoints(&mut self, path: &str, wanted: Vec<BreakpointSpec>) -> Vec<Bound> {
        self.debugger.set_breakpoints(path, wanted, &self.programs)
    }

    /// Switches the exception filters.
    pub fn set_exception_filters(&mut self, filters: &[String]) {
        self.debugger.set_exception_filters(filters);
    }

    /// Whether the debugger has stopped the execution. A stop holds all branches.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether somebody has suspended the execution.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// Suspends the execution: nothing of it moves, and its clock stands still, until
    /// [`Self::resume`]. This is a fact of the execution and is told as an event, other than a
    /// stop of the debugger. False if it is suspended already, or has not begun.
    pub fn suspend(&mut self) -> bool {
        if self.suspended || self.held {
            return false;
        }
        self.suspended = true;
        self.clock.stop();
        self.asked.push(Input::Suspend);
        true
    }

    /// Lets a suspended execution go on, unless the debugger holds it too; false if it was not
    /// suspended.
    pub fn resume(&mut self) -> bool {
        if !std::mem::take(&mut self.suspended) {
            return false;
        }
        self.asked.push(Input::Resume);
        if !self.stands() {
            self.clock.go();
        }
        true
    }

    /// Whether it has not begun yet.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held
    }

    /// Has these details told from now on.
    pub fn want(&mut self, details: Details) {
        if self.machine.details().and(details) != self.machine.details() {
            self.recorder.given(&self.machine, self.machine.now(), || Given::Want(details));
            self.machine.want(details);
        }
    }

    /// Lets a stopped execution go on; false if it was not stopped.
    pub fn go(&mut self) -> bool {
        if !self.stopped {
            return false;
        }
        self.debugger.forget_step();
        self.go_on();
        true
    }

    /// Lets a branch go on to the end of a step; false if it is not stopped.
    pub fn step(&mut self, branch: BranchId, kind: StepKind, granularity: Granularity, single: bool) -> bool {
        if !self.stopped || self.machine.branch(branch).is_none() {
            return false;
        }
        self.debugger.step(&self.machine, branch, kind, granularity, single);
        self.go_on();
        true
    }

    fn go_on(&mut self) {
        self.stopped = false;
        if !self.stands() {
            self.clock.go();
        }
        let held: Vec<BranchId> =
            self.machine.branches().filter(|branch| branch.state == BranchState::Held).map(|branch| branch.id).collect();
        for branch in held {
            if self.machine.is_held_back(branch) {
                self.recorder.given(&self.machine, self.machine.now(), || Given::Release(branch));
            }
            self.machine.release(branch);
        }
    }

    /// Stops the execution where it is; false if it is stopped or not begun.
    pub fn pause(&mut self, branch: Option<BranchId>) -> bool {
        if self.stopped || self.held {
            return false;
        }
        let chosen = branch.filter(|branch| self.machine.branch(*branch).is_some());
        let Some(branch) = chosen.or_else(|| self.machine.branches().next().map(|branch| branch.id)) else { return false };
        self.stop();
        self.debugger.stop(branch, Reason::Pause, Vec::new(), "Paused".to_owned(), None);
        true
    }

    fn stop(&mut self) {
        self.stopped = true;
        self.clock.stop();
    }

    fn stands(&self) -> bool {
        self.stopped || self.held || self.suspended
    }
}

pub(super) struct Actor {
    engine: Engine,
    shared: Arc<Shared>,
    debuggee: Debuggee,
    /// The course of the execution, if it is on record.
    course: Option<Replay>,
    messages: mpsc::UnboundedReceiver<Message>,
    status: watch::Sender<Status>,
    answers: mpsc::UnboundedReceiver<(EffectId, Box<Answer>)>,
    answer_sender: mpsc::UnboundedSender<(EffectId, Box<Answer>)>,
    timers: BTreeSet<(Timestamp, EffectId)>,
    deadlines: BTreeMap<EffectId, Timestamp>,
    performing: HashMap<EffectId, JoinHandle<()>>,
    /// Subscriptions that have sent messages or may, with how many were not read when last asked.
    unread: HashMap<EffectId, (Arc<Semaphore>, usize)>,
    /// What came while the execution stood still, or faster than it is taken.
    kept: VecDeque<Input>,
}

impl Actor {
    pub(super) fn new(
        engine: Engine,
        shared: Arc<Shared>,
        mut debuggee: Debuggee,
        course: Option<Replay>,
        messages: mpsc::UnboundedReceiver<Message>,
        status: watch::Sender<Status>,
    ) -> Self {
        let (answer_sender, answers) = mpsc::unbounded_channel();
        if let Some(course) = &course {
            let more = course.journal().programs.iter().skip(1).cloned();
            debuggee.programs.extend(more);
        }
        Self {
            engine,
            shared,
            debuggee,
            course,
            messages,
            status,
            answers,
            answer_sender,
            timers: BTreeSet::new(),
            deadlines: BTreeMap::new(),
            performing: HashMap::new(),
            unread: HashMap::new(),
            kept: VecDeque::new(),
        }
    }

    pub(super) async fn run(mut self: Box<Self>) {
        // A machine that was written down waits for what it had asked for.
        let pending: Vec<Effect> = self.debuggee.machine.pending().cloned().collect();
        for effect in pending {
            self.perform(effect);
        }
        loop {
            let progress = self.advance();
            self.tell();
            match progress {
                Progress::Done => break,
                Progress::More => {
                    // Let others run, then look whether somebody wants something.
                    tokio::task::yield_now().await;
                    while let Ok(message) = self.messages.try_recv() {
                        self.take(message);
                    }
                    while let Ok((effect, answer)) = self.answers.try_recv() {
                        self.answered(effect, *answer);
                    }
                    self.fire_timers();
                }
                Progress::Idle | Progress::Held => self.wait().await,
            }
        }
        for (_, task) in self.performing.drain() {
            task.abort();
        }
        let Debuggee { machine, recorder, .. } = &mut self.debuggee;
        if !recorder.ended(machine) {
            self.shared.notify(&remark("the end of the recording cannot be written".to_owned()));
        }
        let outcome = self.debuggee.machine.outcome().cloned();
        let phase = match &outcome {
            Some(crate::machine::Outcome::Completed(_)) => Phase::Completed,
            Some(crate::machine::Outcome::Faulted(_)) => Phase::Faulted,
            Some(crate::machine::Outcome::Cancelled) | None => Phase::Cancelled,
        };
        let began = self.debuggee.began();
        self.status.send_modify(|status| {
            status.phase = phase;
            status.started_at = status.started_at.or(began);
            status.outcome = outcome.or(Some(crate::machine::Outcome::Cancelled));
        });
        // Who asks for notices now finds the log over; who asked before is told.
        self.shared.log.close();
        self.shared.notify(&Notice::Ended);
    }

    /// Moves the machine on as far as it goes.
    fn advance(&mut self) -> Progress {
        let cancelled = std::mem::take(&mut self.debuggee.cancelled);
        let now = self.debuggee.clock.now();
        for input in std::mem::take(&mut self.debuggee.asked) {
            self.debuggee.feed(now, input);
        }
        if cancelled {
            self.debuggee.stopped = false;
            self.debuggee.suspended = false;
            // From here on it goes its own way.
            self.course = None;
            self.debuggee.feed(now, Input::Cancel);
        }
        if self.debuggee.held && !cancelled {
            return Progress::Held;
        }
        if self.debuggee.stands() && !cancelled {
            let output = self.debuggee.machine.take_output();
            self.handle(output);
            self.update_phase();
            return Progress::Held;
        }
        for _ in 0..BATCH {
            let Some(input) = self.kept.pop_front() else { break };
            self.debuggee.feed(now, input);
        }
        let Debuggee { machine, debugger, suspended, .. } = &mut self.debuggee;
        let (progress, output) = match &mut self.course {
            Some(course) => {
                let made = course.advance(machine, debugger, BUDGET);
                // Whoever suspended it did so on record, and so did whoever resumed it.
                *suspended = machine.is_suspended();
                made
            }
            None => machine.advance(debugger, BUDGET),
        };
        make_room(&mut self.unread, machine);
        for divergence in self.course.as_mut().map(Replay::take_divergences).unwrap_or_default() {
            self.engine.world.diverged(&divergence);
            let place = divergence.place.clone();
            let text = format!("differs from the recording: {divergence}\n");
            self.shared.notify(&Notice::Output { category: Category::Important, text, place });
        }
        if progress == Progress::Held {
            self.debuggee.stop();
        }
        self.handle(output);
        if progress != Progress::Done {
            self.update_phase();
        }
        if progress == Progress::Idle && !self.kept.is_empty() { Progress::More } else { progress }
    }

    /// Records and tells what happened, and does what is asked for. What is on record is not done
    /// again.
    fn handle(&mut self, output: Output) {
        let Debuggee { machine, recorder, .. } = &mut self.debuggee;
        if !recorder.made(machine, &output) {
            self.shared.notify(&remark("the recording cannot be written any more".to_owned()));
        }
        let notices: Vec<Notice> = output.events.iter().filter_map(notice).collect();
        self.shared.log.append(output.events);
        for notice in notices {
            self.shared.notify(&notice);
        }
        if self.course.is_none() {
            for effect in output.effects {
                self.perform(effect);
            }
        }
    }

    fn update_phase(&self) {
        if self.debuggee.held {
            return;
        }
        let waits = |branch: &crate::machine::Branch| {
            matches!(branch.state, BranchState::Listening | BranchState::Joining)
                || (branch.state == BranchState::Waiting && self.performing.is_empty())
        };
        let phase = if self.debuggee.suspended {
            Phase::Suspended
        } else if self.debuggee.machine.branches().all(waits) {
            Phase::Waiting
        } else {
            Phase::Running
        };
        let began = self.debuggee.began();
        self.status.send_if_modified(|status| {
            let changed = status.phase != phase;
            status.phase = phase;
            status.started_at = status.started_at.or(began);
            changed
        });
    }

    fn tell(&mut self) {
        for notice in self.debuggee.debugger.take_notices() {
            self.shared.notify(&notice);
        }
    }

    /// Waits for whatever comes next.
    async fn wait(&mut self) {
        let due: Option<Instant> = match self.timers.first() {
            Some((at, _)) if !self.debuggee.stands() => self.debuggee.clock.instant(*at),
            _ => None,
        };
        let timer = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = self.messages.recv() => if let Some(message) = message { self.take(message) },
            answer = self.answers.recv() => if let Some((effect, answer)) = answer { self.answered(effect, *answer) },
            () = timer => self.fire_timers(),
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Errand(errand) => {
                errand(&mut self.debuggee);
                self.tell();
            }
            // What happens elsewhere is no part of a course on record.
            Message::Event(_) if self.course.is_some() => {}
            Message::Event(event) => self.kept.push_back(Input::Event(event)),
        }
    }

    fn answered(&mut self, effect: EffectId, answer: Answer) {
        if let Answer::Message(_) = &answer {
            if let Some((_, unread)) = self.unread.get_mut(&effect) {
                *unread += 1;
            }
        } else if !matches!(&answer, Answer::Printed(..)) {
            self.performing.remove(&effect);
            self.unread.remove(&effect);
        }
        if let Answer::Workflow(Ok(program)) = &answer {
            self.debuggee.programs.push(program.clone());
        }
        self.kept.push_back(Input::Answer(effect, answer));
    }

    fn fire_timers(&mut self) {
        if self.debuggee.stands() {
            return;
        }
        let now = self.debuggee.clock.now();
        while let Some((at, effect)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, effect));
            self.deadlines.remove(&effect);
            self.kept.push_back(Input::Answer(effect, Answer::Slept));
        }
    }

    fn perform(&mut self, effect: Effect) {
        match &effect.kind {
            EffectKind::Sleep(until) => {
                self.timers.insert((*until, effect.id));
                self.deadlines.insert(effect.id, *until);
            }
            EffectKind::Cancel(other) => {
                if let Some(until) = self.deadlines.remove(other) {
                    self.timers.remove(&(until, *other));
                }
                if let Some(task) = self.performing.remove(other) {
                    task.abort();
                }
                self.unread.remove(other);
            }
            EffectKind::Emit(event) => {
                let answer = self.engine.world.intercept(&effect).unwrap_or_else(|| {
                    self.engine.publish(event);
                    Answer::Emitted(Ok(()))
                });
                self.kept.push_back(Input::Answer(effect.id, answer));
                // The machine waits for this answer; make sure that somebody looks.
                let _ = self.shared.inbox.send(Message::Errand(Box::new(|_| {})));
            }
            _ => {
                let (sender, id) = (self.answer_sender.clone(), effect.id);
                let (messages, room) = Messages::to(id, &self.answer_sender);
                if matches!(effect.kind, EffectKind::Subscribe(_)) {
                    self.unread.insert(id, (room, 0));
                }
                let work = self.engine.world.perform(Request { execution: self.shared.id.clone(), effect, messages });
                self.performing.insert(
                    id,
                    tokio::spawn(async move {
                        // If the actor is gone, nobody waits for the answer.
                        let _ = sender.send((id, Box::new(work.await)));
                    }),
                );
            }
        }
    }
}

/// Gives room for as many messages as the machine has read since it was last asked.
fn make_room(unread: &mut HashMap<EffectId, (Arc<Semaphore>, usize)>, machine: &Machine) {
    for (effect, (room, before)) in unread {
        let now = machine.unread(*effect);
        room.add_permits(before.saturating_sub(now));
        *before = now;
    }
}

/// Something that a debugger's client must not miss.
fn remark(mut text: String) -> Notice {
    text.push('\n');
    Notice::Output { category: Category::Important, text, place: None }
}

/// What an event means to a debugger's client.
fn notice(event: &Event) -> Option<Notice> {
    match &event.kind {
        EventKind::BranchStarted if event.branch != ROOT => Some(Notice::BranchStarted(event.branch)),
        EventKind::BranchEnded if event.branch != ROOT => Some(Notice::BranchEnded(event.branch)),
        EventKind::Log { level, text } => {
            let mut text = text.clone();
            if !text.ends_with('\n') {
                text.push('\n');
            }
            let place = event.task.as_ref().map(|run| (run.program.clone(), run.program.workflow.task(run.task).name_span));
            Some(Notice::Output { category: (*level).into(), text, place })
        }
        EventKind::TaskSkipped => {
            let run = event.task.as_ref()?;
            let task = run.program.workflow.task(run.task);
            let text = format!("{}: skipped, its `if` does not hold\n", task.name);
            Some(Notice::Output { category: crate::debug::Category::Console, text, place: Some((run.program.clone(), task.name_span)) })
        }
        EventKind::RetryScheduled { attempt, delay, error } => {
            let run = event.task.as_ref()?;
            let task = run.program.workflow.task(run.task);
            let text = format!("{}: {}; attempt {attempt} in {delay} ms\n", task.name, crate::fault::summary(error));
            Some(Notice::Output { category: crate::debug::Category::Console, text, place: Some((run.program.clone(), task.name_span)) })
        }
        EventKind::WorkflowSuspended | EventKind::WorkflowResumed => {
            let what =
                if matches!(event.kind, EventKind::WorkflowSuspended) { "suspended; it moves again when it is resumed" } else { "resumed" };
            let text = format!("the execution was {what}\n");
            Some(Notice::Output { category: crate::debug::Category::Important, text, place: None })
        }
        EventKind::WorkflowStarted
        | EventKind::CorrelationStarted
        | EventKind::CorrelationCompleted(_)
        | EventKind::WorkflowStatusChanged(_)
        | EventKind::WorkflowMeasured(_)
        | EventKind::WorkflowCompleted(_)
        | EventKind::WorkflowFaulted(_)
        | EventKind::WorkflowCancelled
        | EventKind::BranchStarted
        | EventKind::BranchEnded
        | EventKind::TaskCreated
        | EventKind::TaskStarted
        | EventKind::TaskSuspended
        | EventKind::TaskResumed
        | EventKind::TaskRetried
        | EventKind::TaskStatusChanged(_)
        | EventKind::StageEntered(_)
        | EventKind::StageLeft(_)
        | EventKind::ExchangeStarted(_)
        | EventKind::ExchangeEnded(_)
        | EventKind::TaskMeasured(_)
        | EventKind::TaskCompleted(_)
        | EventKind::TaskFaulted(_)
        | EventKind::TaskCancelled => None,
    }
}
