//! What a machine asks for, and what becomes of the answers.

use std::sync::Arc;

use super::{BranchId, Frame, Machine, Need, ROOT, State};
use crate::{
    effect::{Answer, Effect, EffectId, EffectKind, Stream},
    event::{EventKind, Level, TaskRun},
    fault::Fault,
    machine::BranchState,
    tasks,
};

/// An effect that was asked for, and what waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) effect: Effect,
    pub(super) waiter: Waiter,
}

/// What waits for an answer.
#[derive(Clone, Debug)]
pub(super) enum Waiter {
    /// The body of the branch's innermost task.
    Body(BranchId),
    /// An expression of the branch's current transition.
    Evaluation(BranchId),
    /// The timeout of a task run or workflow.
    Timeout(BranchId, u64),
    /// The limit of one attempt of a `try`.
    Attempt(BranchId, u64),
    /// Nobody, but the execution does not end before. The task run asked for it, and was told of
    /// what it wrote, or not.
    Detached(BranchId, Option<TaskRun>, bool),
    /// A task run that takes messages; its waiter stays until the subscription is over.
    Subscription(BranchId, u64),
}

impl Waiter {
    pub(super) fn branch(&self) -> Option<BranchId> {
        match self {
            Self::Body(branch)
            | Self::Evaluation(branch)
            | Self::Timeout(branch, _)
            | Self::Attempt(branch, _)
            | Self::Subscription(branch, _) => Some(*branch),
            Self::Detached(..) => None,
        }
    }
}

/// Who waits for an effect that is being asked for.
pub(crate) enum WaitFor {
    Body,
    Evaluation,
    Timeout(u64),
    Attempt(u64),
    Subscription(u64),
    Nobody,
}

impl Machine {
    pub(super) fn answered(&mut self, effect: EffectId, answer: Answer) {
        if let Answer::Message(message) = answer {
            return self.message_came(effect, message);
        }
        if let Answer::Printed(stream, text) = answer {
            return self.printed(effect, stream, text);
        }
        self.hide_tokens(effect, &answer);
        self.exchange_ends(effect, Some(&answer));
        if let Answer::Process(Ok(outcome)) = &answer {
            self.count_processor(effect, outcome.processor);
        }
        match self.pending.remove(&effect).map(|pending| pending.waiter) {
            None => {}
            Some(Waiter::Body(id)) => {
                if let Some(branch) = self.branches.get_mut(&id) {
                    branch.answer = Some(answer);
                }
                self.wake(id);
            }
            Some(Waiter::Evaluation(id)) => {
                if let Some(branch) = self.branches.get_mut(&id) {
                    branch.evaluated.push(match answer {
                        Answer::Evaluated(result) => result,
                        Answer::Failed(error) => Err(crate::fault::summary(&error)),
                        _ => Err("the expression was not evaluated".to_owned()),
                    });
                }
                self.wake(id);
            }
            Some(Waiter::Timeout(id, run)) => self.timed_out(id, run),
            Some(Waiter::Attempt(id, run)) => self.attempt_timed_out(id, run),
            Some(Waiter::Subscription(id, run)) => self.subscription_over(id, run, answer),
            Some(Waiter::Detached(id, task, printed)) => self.detached_ended(id, task, printed, &answer),
        }
    }

    /// A process has written something.
    fn printed(&mut self, effect: EffectId, stream: Stream, text: String) {
        let (id, task) = match self.pending.get_mut(&effect).map(|pending| &mut pending.waiter) {
            Some(Waiter::Body(id)) => {
                let id = *id;
                if let Some(frame) = self.branches.get_mut(&id).and_then(|branch| branch.frames.last_mut()) {
                    frame.state = State::Printed;
                }
                (id, self.task_run(id, self.depth(id)))
            }
            Some(Waiter::Detached(id, task, printed)) => {
                *printed = true;
                (*id, task.clone())
            }
            _ => return,
        };
        self.emit(id, task, EventKind::Log { level: stream.into(), text });
    }

    /// What nobody waited for has ended: what is to be said of it is said.
    fn detached_ended(&mut self, id: BranchId, task: Option<TaskRun>, printed: bool, answer: &Answer) {
        let mut lines: Vec<(Level, String)> = Vec::new();
        match answer {
            Answer::Process(Ok(outcome)) => {
                if !printed {
                    lines.extend(crate::tasks::process::written(outcome).map(|(level, text)| (level, text.to_owned())));
                }
                if outcome.code != 0 {
                    lines.push((Level::Warning, format!("the process that nobody waited for ended with exit code {}", outcome.code)));
                }
            }
            Answer::Process(Err(error)) => lines.push((Level::Warning, error.to_string())),
            Answer::Failed(error) => lines.push((Level::Warning, crate::fault::summary(error))),
            _ => {}
        }
        for (level, text) in lines {
            self.emit(id, task.clone(), EventKind::Log { level, text });
        }
    }

    pub(crate) fn request(&mut self, branch: BranchId, kind: EffectKind, waiter: WaitFor) -> EffectId {
        let id = EffectId(self.next_effect);
        self.next_effect += 1;
        let (reference, asked_by) = self.asker(branch);
        let waiter = match waiter {
            WaitFor::Body => Waiter::Body(branch),
            WaitFor::Evaluation => Waiter::Evaluation(branch),
            WaitFor::Timeout(run) => Waiter::Timeout(branch, run),
            WaitFor::Attempt(run) => Waiter::Attempt(branch, run),
            WaitFor::Nobody => Waiter::Detached(branch, self.task_run(branch, self.depth(branch)), false),
            WaitFor::Subscription(run) => Waiter::Subscription(branch, run),
        };
        let effect = Effect { id, branch, reference, asked_by, confidential: self.is_confidential(branch, &kind), kind };
        self.exchange_begins(&effect);
        self.pending.insert(id, Box::new(Pending { effect: effect.clone(), waiter }));
        self.out.effects.push(effect);
        id
    }

    /// Asks for an effect and lets the branch wait for its answer.
    pub(crate) fn wait_for(&mut self, branch: BranchId, kind: EffectKind) -> EffectId {
        let sleeps = matches!(kind, EffectKind::Sleep(_));
        let id = self.request(branch, kind, WaitFor::Body);
        if let Some(branch) = self.branches.get_mut(&branch) {
            branch.state = BranchState::Waiting;
            branch.sleeps = sleeps;
        }
        id
    }

    /// Leaves an answer to the innermost task, which takes it next.
    pub(crate) fn leave_answer(&mut self, id: BranchId, answer: Answer) {
        if let Some(branch) = self.branches.get_mut(&id) {
            branch.answer = Some(answer);
        }
    }

    /// Takes the answer that the innermost task waited for, if it has come.
    pub(crate) fn take_answer(&mut self, id: BranchId) -> Option<Answer> {
        self.branches.get_mut(&id).and_then(|branch| branch.answer.take())
    }

    /// Takes the answer that the innermost task waited for, if that is a failure.
    pub(super) fn take_failure(&mut self, id: BranchId) -> Option<Fault> {
        let branch = self.branches.get_mut(&id)?;
        match branch.answer.take() {
            Some(Answer::Failed(error)) => Some(Fault::from_error(error)),
            other => {
                branch.answer = other;
                None
            }
        }
    }

    /// Takes the answer that the innermost task waited for, if that is not known.
    pub(super) fn take_unknown(&mut self, id: BranchId) -> bool {
        let Some(branch) = self.branches.get_mut(&id) else { return false };
        let is_unknown = matches!(branch.answer, Some(Answer::Unknown));
        if is_unknown {
            branch.answer = None;
        }
        is_unknown
    }

    /// Whether an answer has come that the innermost task waits for.
    pub(crate) fn has_answer(&self, id: BranchId, is_it: impl Fn(&Answer) -> bool) -> bool {
        self.branches.get(&id).and_then(|branch| branch.answer.as_ref()).is_some_and(is_it)
    }

    pub(crate) fn withdraw_timer(&mut self, timer: EffectId) {
        self.withdraw(timer);
    }

    pub(super) fn withdraw(&mut self, effect: EffectId) {
        if self.pending.remove(&effect).is_some() {
            self.exchange_ends(effect, None);
            let id = EffectId(self.next_effect);
            self.next_effect += 1;
            let kind = EffectKind::Cancel(effect);
            self.out.effects.push(Effect { id, branch: ROOT, reference: "".into(), asked_by: "", confidential: false, kind });
        }
    }

    /// Reference and kind of a branch's innermost task.
    fn asker(&self, id: BranchId) -> (Arc<str>, &'static str) {
        let frame = self.branches.get(&id).and_then(|branch| branch.frames.last());
        frame.and_then(Frame::task).map_or_else(|| ("".into(), ""), |task| (task.reference.clone(), task.kind.name()))
    }

    /// Whether an effect that is asked for now is about credentials.
    fn is_confidential(&self, id: BranchId, kind: &EffectKind) -> bool {
        let frame = self.branches.get(&id).and_then(|branch| branch.frames.last());
        let need = frame.and_then(|frame| frame.calling.as_ref()).and_then(|calling| calling.need.as_ref());
        matches!((kind, need), (EffectKind::Http(_), Some(Need::Token { .. })))
    }

    /// Tokens are hidden from the moment in which they reach the machine.
    fn hide_tokens(&mut self, effect: EffectId, answer: &Answer) {
        if self.pending.get(&effect).is_some_and(|pending| pending.effect.confidential) {
            tasks::hide_tokens(self, answer);
        }
    }

    /// Whether the answer to an effect is still waited for.
    #[must_use]
    pub fn waits_for(&self, effect: EffectId) -> bool {
        self.pending.contains_key(&effect)
    }
}
