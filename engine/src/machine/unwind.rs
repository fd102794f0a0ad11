//! Unwinding: errors that look for a handler, timeouts, `end`, and cancelling.

use flowdbg_lang::{
    model::{TaskKind, Try},
    value::{Value, ValueExt as _},
};

use super::{BranchId, BranchState, Frame, Machine, Outcome, State, Step, Stop, TryPart, Waiter};
use crate::{
    event::{EventKind, Level},
    fault::{Fault, Kind, Origin, same_type},
    tasks,
};

/// What becomes of the frames that are taken away.
#[derive(Clone)]
enum Fate {
    Faulted(Value),
    Completed(Value),
    Cancelled,
}

impl Machine {
    /// Lets an error come up in the innermost frame.
    pub(super) fn raise(&mut self, id: BranchId, mut fault: Fault) {
        fault.error = self.mask.value(&fault.error);
        let frame = self.top(id);
        let reference = frame.task().map_or_else(String::new, |task| task.reference.to_string());
        // An error of another branch of a `fork` keeps its own place.
        if fault.error.member("instance").is_none() || fault.origin.as_ref().is_none_or(|origin| origin.task.is_none()) {
            fault.set_instance(&reference);
        }
        let origin = fault.origin.take();
        let same = origin.as_ref().is_some_and(|origin| origin.task.is_some());
        fault.origin = if same {
            origin
        } else {
            Some(Origin { program: frame.program().clone(), task: frame.task, span: origin.and_then(|origin| origin.span) })
        };
        self.set_step(id, Step::Raise(fault, None));
    }

    pub(super) fn raise_step(&mut self, id: BranchId, fault: Fault, caught: Option<bool>) -> Result<(), Stop> {
        match caught {
            None => {
                let caught = self.is_caught(id, &fault)?;
                self.set_step(id, Step::Raise(fault, Some(caught)));
                Ok(())
            }
            Some(_) => self.unwind(id, fault),
        }
    }

    /// Whether some `try` around the branch's innermost frame will catch the error.
    fn is_caught(&mut self, id: BranchId, fault: &Fault) -> Result<bool, Stop> {
        if self.handler(id, fault)?.is_some() {
            return Ok(true);
        }
        let parent = self.branches.get(&id).and_then(|branch| branch.parent);
        match parent {
            // In a race a fault only loses; whether it matters is not known yet.
            Some(parent) if tasks::fork::is_race(self, parent) => Ok(true),
            // Another branch's expressions cannot be evaluated outside for this one: it may be caught.
            Some(parent) if self.may_need_outside(parent) => Ok(true),
            Some(parent) => self.is_caught(parent, fault),
            None => Ok(false),
        }
    }

    /// Whether a `try` of this branch decides by an expression that is not proven to end.
    fn may_need_outside(&self, id: BranchId) -> bool {
        let frames = self.branches.get(&id).map_or(&[][..], |branch| &branch.frames);
        frames.iter().filter_map(Frame::task).any(|task| match &task.kind {
            TaskKind::Try(try_) => {
                let conditions = [&try_.when, &try_.except_when];
                try_.filter.iter().any(|(_, expected)| !expected.is_harmless())
                    || conditions.into_iter().flatten().any(|condition| !condition.is_harmless())
            }
            _ => false,
        })
    }

    /// Depth of the innermost `try` of this branch that catches the error.
    fn handler(&mut self, id: BranchId, fault: &Fault) -> Result<Option<usize>, Stop> {
        for depth in (0..=self.depth(id)).rev() {
            let Some(frame) = self.branches.get(&id).and_then(|branch| branch.frames.get(depth)) else { continue };
            if !matches!(frame.state, State::Try { part: TryPart::Body, .. }) {
                continue;
            }
            let (program, Some(task)) = (frame.program().clone(), frame.task) else { continue };
            let TaskKind::Try(try_) = &program.workflow.task(task).kind else { continue };
            if self.catches(id, depth, try_, fault)? {
                return Ok(Some(depth));
            }
        }
        Ok(None)
    }

    fn catches(&mut self, id: BranchId, depth: usize, try_: &Try, fault: &Fault) -> Result<bool, Stop> {
        let Some(input) = self.branches.get(&id).and_then(|branch| branch.frames.get(depth)).map(|frame| frame.input.clone()) else {
            return Ok(false);
        };
        for (key, expected) in &try_.filter {
            let expected = self.fill(id, depth, expected, &input, None)?;
            // DSL 1.0.3 says `details` in filters and `detail` in errors.
            let key = if key == "details" { "detail" } else { key };
            let actual = fault.error.member(key).cloned().unwrap_or_default();
            let equal = match (key, expected.as_text(), actual.as_text()) {
                ("type", Some(expected), Some(actual)) => same_type(&expected, &actual),
                _ if self.unknowns && (super::is_unknown(&expected) || super::is_unknown(&actual)) => true,
                _ => expected == actual,
            };
            if !equal {
                return Ok(false);
            }
        }
        let extra = Some((&*try_.variable, &fault.error));
        if let Some(when) = &try_.when
            && !self.holds(id, depth, when, &input, extra)?
        {
            return Ok(false);
        }
        if let Some(except) = &try_.except_when
            && self.holds(id, depth, except, &input, extra)?
        {
            return Ok(false);
        }
        Ok(true)
    }

    fn unwind(&mut self, id: BranchId, fault: Fault) -> Result<(), Stop> {
        match self.handler(id, &fault)? {
            Some(depth) => {
                // What the policy says is found out before anything changes.
                let decision = tasks::try_::decide(self, id, depth, &fault)?;
                self.drop_frames(id, depth + 1, &Fate::Faulted(fault.error.clone()));
                tasks::try_::caught(self, id, fault, decision);
            }
            None => self.give_up(id, fault),
        }
        Ok(())
    }

    /// Ends a branch by an error that nothing in it catches.
    pub(super) fn give_up(&mut self, id: BranchId, mut fault: Fault) {
        fault.error = self.mask.value(&fault.error);
        self.drop_frames(id, 0, &Fate::Faulted(fault.error.clone()));
        let Some(branch) = self.branches.get(&id) else { return };
        if branch.parent.is_some() {
            return tasks::fork::branch_faulted(self, id, fault);
        }
        if id == super::ROOT {
            self.stop_all();
            self.outcome = Some(Outcome::Faulted(fault));
        } else {
            let text = format!("a sub-workflow that nobody waits for ended by an error: {}", fault.summary());
            self.log(id, Level::Warning, text);
            self.remove_branch(id);
        }
    }

    /// Ends a workflow early with an output: everything inside it stops.
    pub(super) fn end(&mut self, id: BranchId, output: Value) {
        let Some(branch) = self.branches.get(&id) else { return };
        match branch.frames.iter().rposition(|frame| frame.task.is_none()) {
            Some(depth) => {
                self.drop_frames(id, depth + 1, &Fate::Completed(output.clone()));
                self.finish_body(id, output);
                self.make_ready(id);
            }
            None => {
                let parent = branch.parent;
                self.drop_frames(id, 0, &Fate::Completed(output.clone()));
                self.remove_branch(id);
                if let Some(parent) = parent {
                    tasks::fork::cancel_branches(self, parent);
                    self.end(parent, output);
                }
            }
        }
    }

    pub(crate) fn make_ready(&mut self, id: BranchId) {
        if let Some(branch) = self.branches.get_mut(&id)
            && branch.state != BranchState::Ready
        {
            branch.state = BranchState::Ready;
            if !self.ready.contains(&id) {
                self.ready.push_back(id);
            }
        }
    }

    /// A task run or workflow took too long.
    pub(super) fn timed_out(&mut self, id: BranchId, run: u64) {
        let Some(depth) = self.find_run(id, run) else { return };
        self.drop_frames(id, depth + 1, &Fate::Cancelled);
        self.withdraw_waits(id);
        // The task itself may be a `fork` or a `try` whose attempt is limited.
        tasks::fork::cancel_branches(self, id);
        let frame = self.top(id);
        frame.timeout = None;
        let state = std::mem::take(&mut frame.state);
        self.forget_state(&state);
        let frame = self.top(id);
        let what = frame.task().map_or_else(|| "the workflow".to_owned(), |task| format!("the task `{}`", task.name));
        self.raise(id, Fault::new(Kind::Timeout, format!("{what} took longer than its timeout allows")));
        self.make_ready(id);
    }

    /// One attempt of a `try` took too long: an error inside it.
    pub(super) fn attempt_timed_out(&mut self, id: BranchId, run: u64) {
        let Some(depth) = self.find_run(id, run) else { return };
        self.drop_frames(id, depth + 1, &Fate::Cancelled);
        self.withdraw_waits(id);
        self.raise(id, Fault::new(Kind::Timeout, "an attempt took longer than the retry policy allows"));
        self.make_ready(id);
    }

    pub(super) fn find_run(&self, id: BranchId, run: u64) -> Option<usize> {
        self.branches.get(&id)?.frames.iter().position(|frame| frame.run == run)
    }

    /// Takes away all frames but the outermost `keep`, with all that they wait for.
    fn drop_frames(&mut self, id: BranchId, keep: usize, fate: &Fate) {
        while self.branches.get(&id).is_some_and(|branch| branch.frames.len() > keep) {
            self.withdraw_waits(id);
            let depth = self.depth(id);
            tasks::fork::cancel_branches(self, id);
            if self.top(id).task.is_some() {
                self.tell_stage_cut(id, depth);
                self.emit_end(
                    id,
                    depth,
                    match fate {
                        Fate::Faulted(error) => EventKind::TaskFaulted(error.clone()),
                        Fate::Completed(output) => EventKind::TaskCompleted(output.clone()),
                        Fate::Cancelled => EventKind::TaskCancelled,
                    },
                );
            }
            let Some(frame) = self.branches.get_mut(&id).and_then(|branch| branch.frames.pop()) else { return };
            self.forget_timers(&frame);
            if let (Some(branch), Some(outer)) = (self.branches.get_mut(&id), frame.outer_context) {
                branch.context = outer;
            }
        }
    }

    fn forget_timers(&mut self, frame: &Frame) {
        if let Some(timer) = frame.timeout {
            self.withdraw(timer);
        }
        self.forget_state(&frame.state);
    }

    /// Withdraws what a task run has under way beside what its branch waits for.
    fn forget_state(&mut self, state: &State) {
        let under_way = match state {
            State::Try { limit, .. } => [*limit, None],
            State::Subscription(state) => [state.limit, state.effect],
            State::None | State::For { .. } | State::Fork(_) | State::Listen(_) | State::Printed | State::Lookup => [None, None],
        };
        for effect in under_way.into_iter().flatten() {
            self.withdraw(effect);
        }
    }

    /// Withdraws what the branch's innermost frame waits for; timers of frames stay.
    fn withdraw_waits(&mut self, id: BranchId) {
        let waits: Vec<_> = self
            .pending
            .iter()
            .filter(|(_, pending)| matches!(pending.waiter, Waiter::Body(branch) | Waiter::Evaluation(branch) if branch == id))
            .map(|(effect, _)| *effect)
            .collect();
        for effect in waits {
            self.withdraw(effect);
        }
        if let Some(branch) = self.branches.get_mut(&id) {
            branch.answer = None;
            branch.evaluated.clear();
            branch.told_waiting = false;
        }
    }

    /// Takes a branch away whose frames are gone.
    pub(crate) fn remove_branch(&mut self, id: BranchId) {
        if let Some(branch) = self.branches.remove(&id) {
            // What it took is counted where it is joined.
            if let Some(parent) = branch.parent.and_then(|parent| self.branches.get_mut(&parent)) {
                parent.counts.join(branch.counts);
            }
            self.ready.retain(|ready| *ready != id);
            self.emit(id, None, EventKind::BranchEnded);
        }
    }

    /// Stops a branch and all that it started.
    pub(crate) fn cancel_branch(&mut self, id: BranchId) {
        self.drop_frames(id, 0, &Fate::Cancelled);
        self.remove_branch(id);
    }

    /// Ends the execution on request.
    pub(super) fn cancel(&mut self) {
        if self.outcome.is_none() {
            self.outcome = Some(Outcome::Cancelled);
        }
        self.stop_all();
        self.announce();
    }

    fn stop_all(&mut self) {
        while let Some(id) = self.branches.keys().next_back().copied() {
            self.cancel_branch(id);
        }
        let left: Vec<_> =
            self.pending.iter().filter(|(_, pending)| pending.waiter.branch().is_none()).map(|(effect, _)| *effect).collect();
        for effect in left {
            self.withdraw(effect);
        }
    }
}
