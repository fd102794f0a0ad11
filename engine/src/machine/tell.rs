//! What a machine tells: its events, and what is known about them when they happen.
//!
//! A detail that nobody wants costs a look at a flag.

use flowdbg_lang::{model::Stage, value::Value};

use super::{BranchId, BranchState, Machine, Outcome, ROOT};
use crate::{
    effect::{Answer, Effect, EffectId},
    event::{self, Details, Event, EventKind, Exchange, Level, Metrics, Phase, TaskRun, UnderWay},
};

/// Counts of a branch, for the figures of its task runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Milliseconds in which it had nothing to do.
    pub(crate) waited: u64,
    /// Transitions, with those of the branches that it joined.
    pub(crate) transitions: u64,
    /// Milliseconds of processor time of processes that ran for it.
    pub(crate) processor: Option<u64>,
}

impl Counts {
    /// Adds what a branch took that ends here; it waited beside this one.
    pub(super) fn join(&mut self, branch: Self) {
        self.transitions += branch.transitions;
        if let Some(processor) = branch.processor {
            self.processor = Some(self.processor.unwrap_or(0) + processor);
        }
    }
}

impl Machine {
    /// Has these details told from now on, beside those that are told already.
    pub fn want(&mut self, details: Details) {
        let tells_phase = details.status && !self.details.status;
        self.details = self.details.and(details);
        if tells_phase && !self.announced {
            let phase = match (self.suspended, self.waits) {
                (true, _) => Phase::Suspended,
                (false, true) => Phase::Waiting,
                (false, false) => Phase::Running,
            };
            self.emit(ROOT, None, EventKind::WorkflowStatusChanged(phase));
        }
    }

    /// Which details are told.
    #[must_use]
    pub fn details(&self) -> Details {
        self.details
    }

    /// Whether somebody has suspended it.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.suspended
    }

    pub(super) fn emit(&mut self, branch: BranchId, task: Option<TaskRun>, kind: EventKind) {
        let phase = if self.details.status { kind.phase() } else { None };
        let kind = kind.masked(&self.mask);
        let Some(phase) = phase else {
            self.out.events.push(Event { at: self.now, branch, task, kind });
            return;
        };
        let change = if task.is_some() { EventKind::TaskStatusChanged(phase) } else { EventKind::WorkflowStatusChanged(phase) };
        self.out.events.push(Event { at: self.now, branch, task: task.clone(), kind });
        self.out.events.push(Event { at: self.now, branch, task, kind: change });
    }

    /// Records an event about the execution that a branch made happen.
    pub(crate) fn emit_of_execution(&mut self, branch: BranchId, kind: EventKind) {
        self.emit(branch, None, kind);
    }

    /// Records an event about a frame of a branch.
    pub(crate) fn emit_at(&mut self, branch: BranchId, depth: usize, kind: EventKind) {
        let task = self.task_run(branch, depth);
        self.emit(branch, task, kind);
    }

    /// Records the end of the task run of a frame, after its figures.
    pub(super) fn emit_end(&mut self, branch: BranchId, depth: usize, kind: EventKind) {
        if self.details.metrics
            && let Some(metrics) = self.measure(branch, depth, &kind)
        {
            self.emit_at(branch, depth, EventKind::TaskMeasured(Box::new(metrics)));
        }
        self.emit_at(branch, depth, kind);
    }

    pub(super) fn task_run(&self, branch: BranchId, depth: usize) -> Option<TaskRun> {
        let branch = self.branches.get(&branch)?;
        let frame = branch.frames.get(depth)?;
        let depth = u32::try_from(depth).unwrap_or(u32::MAX).saturating_add(branch.base_depth);
        Some(TaskRun { run: frame.run, program: frame.workflow.program.clone(), task: frame.task?, depth })
    }

    pub(crate) fn log(&mut self, branch: BranchId, level: Level, text: String) {
        let depth = self.branches.get(&branch).map_or(0, |branch| branch.frames.len().saturating_sub(1));
        self.emit_at(branch, depth, EventKind::Log { level, text });
    }

    /// Says how it ended as soon as nothing of it is left.
    pub(super) fn announce(&mut self) {
        if self.outcome.is_none() || self.announced || !self.is_done() {
            return;
        }
        self.announced = true;
        // What the execution gives to the outside shows no secrets either.
        if let Some(Outcome::Completed(output)) = &mut self.outcome {
            *output = self.mask.value(output);
        }
        let kind = match &self.outcome {
            Some(Outcome::Completed(output)) => EventKind::WorkflowCompleted(output.clone()),
            Some(Outcome::Faulted(fault)) => EventKind::WorkflowFaulted(fault.error.clone()),
            Some(Outcome::Cancelled) | None => EventKind::WorkflowCancelled,
        };
        if self.details.metrics {
            let metrics = Metrics {
                duration: self.now.since(self.root.started_at),
                waiting: self.counts.waited,
                transitions: self.counts.transitions,
                input: event::size(&self.root.input),
                output: output_of(&kind).and_then(event::size),
                processor: self.counts.processor,
            };
            self.emit(ROOT, None, EventKind::WorkflowMeasured(Box::new(metrics)));
        }
        self.emit(ROOT, None, kind);
    }

    /// Suspends the execution, as a person asks: nothing moves until it is resumed.
    pub(super) fn suspend(&mut self) {
        if self.suspended || self.outcome.is_some() {
            return;
        }
        self.suspended = true;
        self.tell_all(&EventKind::TaskSuspended);
        self.emit(ROOT, None, EventKind::WorkflowSuspended);
    }

    pub(super) fn resume(&mut self) {
        if !self.suspended || self.outcome.is_some() {
            return;
        }
        self.suspended = false;
        self.emit(ROOT, None, EventKind::WorkflowResumed);
        self.tell_all(&EventKind::TaskResumed);
        if self.details.status {
            // They run again, as far as was told; those that wait say so once more.
            self.waits = false;
            let branches: Vec<BranchId> = self.branches.keys().copied().collect();
            for id in branches {
                if let Some(branch) = self.branches.get_mut(&id) {
                    branch.told_waiting = false;
                }
                self.tell_waiting(id);
            }
            self.tell_all_wait();
        }
    }

    /// An event of every task run that lives, the outermost of each branch first.
    fn tell_all(&mut self, kind: &EventKind) {
        let runs: Vec<(BranchId, usize)> =
            self.branches.iter().flat_map(|(id, branch)| (0..branch.frames.len()).map(|depth| (*id, depth))).collect();
        for (id, depth) in runs {
            if let Some(task) = self.task_run(id, depth) {
                self.emit(id, Some(task), kind.clone());
            }
        }
    }

    /// Tells that the innermost task run has left a stage and is in another one, if that is so.
    #[cold]
    pub(super) fn tell_stage(&mut self, id: BranchId, before: Option<Stage>) {
        let (depth, now) = (self.depth(id), self.top(id).written_stage());
        if before == now {
            return;
        }
        if let Some(before) = before {
            self.emit_at(id, depth, EventKind::StageLeft(before));
        }
        if let Some(now) = now {
            self.emit_at(id, depth, EventKind::StageEntered(now));
        }
    }

    /// The innermost frame is about to be taken away in the middle of a stage.
    pub(super) fn tell_stage_cut(&mut self, id: BranchId, depth: usize) {
        if self.details.stages
            && let Some(stage) = self.top(id).written_stage()
        {
            self.emit_at(id, depth, EventKind::StageLeft(stage));
        }
    }

    /// A branch moves: what it waited for is over.
    pub(super) fn begins_to_move(&mut self, id: BranchId) {
        let now = self.now;
        self.counts.transitions += 1;
        let Some(branch) = self.branches.get_mut(&id) else { return };
        branch.counts.transitions += 1;
        if let Some(since) = branch.idle_since.take() {
            let waited = now.since(since);
            branch.counts.waited += waited;
            if id == ROOT {
                self.counts.waited += waited;
            }
            if std::mem::take(&mut branch.told_waiting) {
                self.tells_that_it_runs(id);
            }
        }
    }

    #[cold]
    fn tells_that_it_runs(&mut self, id: BranchId) {
        if std::mem::take(&mut self.waits) {
            self.emit(ROOT, None, EventKind::WorkflowStatusChanged(Phase::Running));
        }
        let depth = self.depth(id);
        if let Some(task) = self.task_run(id, depth) {
            self.emit(id, Some(task), EventKind::TaskStatusChanged(Phase::Running));
        }
    }

    /// A branch has moved, and cannot go on now.
    pub(super) fn stands_still(&mut self, id: BranchId) {
        let now = self.now;
        if let Some(branch) = self.branches.get_mut(&id) {
            branch.idle_since.get_or_insert(now);
            if self.details.status {
                self.tell_waiting(id);
            }
        }
    }

    /// Tells of a task run that it waits for a timer or an event, if it does.
    fn tell_waiting(&mut self, id: BranchId) {
        let Some(branch) = self.branches.get_mut(&id) else { return };
        let waits = match branch.state {
            BranchState::Listening => true,
            BranchState::Waiting => branch.sleeps,
            BranchState::Ready | BranchState::Joining | BranchState::Held => false,
        };
        if waits && !std::mem::replace(&mut branch.told_waiting, true) {
            let depth = self.depth(id);
            if let Some(task) = self.task_run(id, depth) {
                self.emit(id, Some(task), EventKind::TaskStatusChanged(Phase::Waiting));
            }
        }
    }

    /// Tells of the execution that it waits, if every branch does.
    pub(super) fn tell_all_wait(&mut self) {
        if !self.details.status || self.waits || self.outcome.is_some() {
            return;
        }
        let all = self.branches.values().all(|branch| branch.told_waiting || branch.state == BranchState::Joining);
        if all && !self.branches.is_empty() {
            self.waits = true;
            self.emit(ROOT, None, EventKind::WorkflowStatusChanged(Phase::Waiting));
        }
    }

    /// The figures of the task run of a frame, at its end.
    fn measure(&self, id: BranchId, depth: usize, end: &EventKind) -> Option<Metrics> {
        let branch = self.branches.get(&id)?;
        let frame = branch.frames.get(depth)?;
        let waits = branch.idle_since.map_or(0, |since| self.now.since(since));
        Some(Metrics {
            duration: self.now.since(frame.started_at),
            waiting: (branch.counts.waited + waits).saturating_sub(frame.before.waited),
            transitions: branch.counts.transitions.saturating_sub(frame.before.transitions),
            input: event::size(&frame.raw_input),
            output: output_of(end).and_then(event::size),
            processor: match (branch.counts.processor, frame.before.processor) {
                (Some(all), Some(before)) if all == before => None,
                (all, before) => all.map(|all| all.saturating_sub(before.unwrap_or(0))),
            },
        })
    }

    /// Counts the processor time of a process that has ended.
    pub(super) fn count_processor(&mut self, effect: EffectId, milliseconds: Option<u64>) {
        let Some(milliseconds) = milliseconds else { return };
        let add = |counts: &mut Counts| counts.processor = Some(counts.processor.unwrap_or(0) + milliseconds);
        add(&mut self.counts);
        let branch = self.pending.get(&effect).and_then(|pending| pending.waiter.branch());
        if let Some(branch) = branch.and_then(|branch| self.branches.get_mut(&branch)) {
            add(&mut branch.counts);
        }
    }

    /// Tells of an exchange that begins, if that is wanted and it is one.
    pub(super) fn exchange_begins(&mut self, effect: &Effect) {
        if !self.details.exchanges {
            return;
        }
        let Some((means, content)) = event::asked(effect, &self.mask) else { return };
        let (id, confidential) = (effect.branch, effect.confidential);
        let task = self.task_run(id, self.depth(id));
        self.exchanges.insert(effect.id, UnderWay { means, since: self.now, branch: id, task: task.clone(), confidential });
        self.emit(id, task, EventKind::ExchangeStarted(Box::new(Exchange { id: effect.id, means, duration: None, content })));
    }

    /// Tells of an answer that has come, or (without one) that nobody waits for it any more.
    pub(super) fn exchange_ends(&mut self, effect: EffectId, answer: Option<&Answer>) {
        if self.exchanges.is_empty() {
            return;
        }
        let Some(open) = self.exchanges.remove(&effect) else { return };
        let content = answer.map_or_else(event::abandoned, |answer| event::answered(answer, open.confidential, &self.mask));
        let duration = Some(self.now.since(open.since));
        let ended = Exchange { id: effect, means: open.means, duration, content };
        self.emit(open.branch, open.task, EventKind::ExchangeEnded(Box::new(ended)));
    }
}

fn output_of(end: &EventKind) -> Option<&Value> {
    match end {
        EventKind::TaskCompleted(output) | EventKind::WorkflowCompleted(output) => Some(output),
        _ => None,
    }
}
