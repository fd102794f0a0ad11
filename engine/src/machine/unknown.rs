//! Values that are not known, in an execution without effects (see [`crate::worlds::dry`]).
//!
//! An unknown value stands in the data as a byte string that no JSON has. An expression that reads
//! one gives one; a condition on one is asked of the outside, as an expression whose input is
//! unknown; a fault in whose making one was read is not raised: what was to be made is unknown.

use std::sync::Arc;

use flowdbg_lang::{
    expression::{Expression, Read, Scope},
    model::TaskKind,
    value::{Value, ValueExt as _},
};

use super::{BranchId, BranchState, Machine, State, Step, Stop, TryPart, WaitFor, Waiter};
use crate::{
    effect::{Answer, EffectId, EffectKind, Evaluation},
    mask::Mask,
};

/// What stands for a value that is not known.
pub(crate) const MARK: &str = "unknown-value-of-a-dry-run";

/// A value that is not known.
#[must_use]
pub fn unknown() -> Value {
    Value::byte_str(MARK.as_bytes())
}

/// Whether a value is not known.
#[must_use]
pub fn is_unknown(value: &Value) -> bool {
    matches!(value, Value::BStr(bytes) if &***bytes == MARK.as_bytes())
}

/// Whether a value, or a part of it, is not known.
#[must_use]
pub fn holds_unknown(value: &Value) -> bool {
    match value {
        Value::Arr(items) => items.iter().any(holds_unknown),
        Value::Obj(members) => members.iter().any(|(_, member)| holds_unknown(member)),
        value => is_unknown(value),
    }
}

impl Machine {
    /// Lets its data hold unknown values.
    pub fn allow_unknown(&mut self) {
        self.unknowns = true;
    }

    /// Notes that a transition reads this value.
    pub(crate) fn note(&mut self, value: &Value) {
        if self.unknowns && holds_unknown(value) {
            self.tainted = true;
        }
    }

    /// Notes that a task may read its input beside its expressions, as addresses do, while it makes
    /// what it asks for. What it makes of the answer depends on the answer alone.
    pub(crate) fn note_input(&mut self, id: BranchId) {
        if !self.unknowns {
            return;
        }
        let answer = self.branches.get(&id).and_then(|branch| branch.answer.as_ref());
        let asks = matches!(answer, None | Some(Answer::Resource(_)));
        let name = self.top(id).task().map_or("", |task| task.kind.name());
        if asks && (name.starts_with("call:") || name.starts_with("run:")) {
            let input = self.top(id).input.clone();
            self.note(&input);
        }
    }

    /// Whether an expression needs a value that is not known.
    pub(super) fn needs_unknown(expression: &Expression, input: &Value, scope: &dyn Scope) -> bool {
        let reads = expression.reads().filter(|_| expression.is_harmless());
        match reads {
            // A path takes what stands there, also if it is known only in part.
            Some(reads) => reads.all.iter().any(|read| reaches_unknown(read, input, scope, reads.is_path)),
            None => holds_unknown(input) || expression.variables().iter().any(|name| holds_unknown(&scope.variable(name))),
        }
    }

    /// Decides a condition whose value is not known: the outside is asked.
    pub(super) fn suppose(&mut self, id: BranchId, expression: &Arc<Expression>) -> Result<bool, Stop> {
        self.tainted = true;
        let now = self.now;
        let Some(branch) = self.branches.get_mut(&id) else { return Err(Stop::Pending) };
        if let Some(result) = branch.evaluated.get(branch.cursor).cloned() {
            branch.cursor += 1;
            return Ok(result.is_ok_and(|value| value.is_truthy()));
        }
        let evaluation = Evaluation {
            expression: expression.clone(),
            input: unknown(),
            variables: Vec::new(),
            now: now.seconds(),
            mask: Mask::default(),
        };
        self.request(id, EffectKind::Evaluate(evaluation), WaitFor::Evaluation);
        Err(Stop::Pending)
    }

    /// Goes on where a fault came of what is not known: what was to be made is unknown. Says false
    /// if the fault stands all the same.
    pub(super) fn settle_unknown(&mut self, id: BranchId) -> bool {
        if !self.unknowns || !self.tainted {
            return false;
        }
        let step = self.top(id).step.clone();
        let raises = self.top(id).task().is_some_and(|task| matches!(task.kind, TaskKind::Raise(_)));
        match step {
            Step::If => self.set_step(id, Step::Input),
            Step::Input => {
                self.top(id).input = unknown();
                self.set_step(id, Step::Body);
            }
            Step::Before => self.set_step(id, Step::Work),
            // It fails anyhow, only why is not known.
            Step::Body | Step::Work if raises => return false,
            Step::Body | Step::Work => self.finish_body(id, unknown()),
            Step::Output => {
                self.top(id).output = unknown();
                let next = if self.top(id).task.is_some() { Step::Export } else { Step::Leave };
                self.set_step(id, next);
            }
            Step::Export => {
                self.set_context(id, unknown());
                self.set_step(id, Step::Leave);
            }
            Step::After | Step::Catch | Step::Leave | Step::Raise(..) => return false,
        }
        true
    }

    /// Lets the first branch that listens go on with events that are not known; false if none does.
    pub fn suppose_events(&mut self) -> bool {
        let listening = self.branches.values().find(|branch| branch.state == BranchState::Listening).map(|branch| branch.id);
        let Some(id) = listening else { return false };
        let iterates = match self.top(id).task().map(|task| &task.kind) {
            Some(TaskKind::Listen(listen)) => listen.foreach.is_some(),
            _ => false,
        };
        match &mut self.top(id).state {
            State::Listen(state) if iterates && !state.over => {
                // One stands for all; how many there would be is not known, nor what comes of them.
                Arc::make_mut(&mut state.taken.items).push(unknown());
                Arc::make_mut(&mut state.taken.outputs).push(unknown());
                state.over = true;
            }
            _ => self.finish_body(id, unknown()),
        }
        self.make_ready(id);
        true
    }

    /// Lets a task that subscribed go on with messages that are not known.
    pub(super) fn suppose_messages(&mut self, id: BranchId, run: u64) {
        if self.find_run(id, run) != Some(self.depth(id)) {
            return;
        }
        if let State::Subscription(state) = std::mem::take(&mut self.top(id).state) {
            [state.effect, state.limit].into_iter().flatten().for_each(|effect| self.withdraw(effect));
        }
        self.finish_body(id, unknown());
        self.make_ready(id);
    }

    /// Whether an effect is the timer of a timeout.
    pub(crate) fn is_timeout(&self, effect: EffectId) -> bool {
        matches!(self.pending.get(&effect).map(|pending| &pending.waiter), Some(Waiter::Timeout(..) | Waiter::Attempt(..)))
    }

    /// Whether a `try` is around the innermost task of a branch.
    #[must_use]
    pub fn is_tried(&self, id: BranchId) -> bool {
        let Some(branch) = self.branches.get(&id) else { return false };
        branch.frames.iter().any(|frame| matches!(frame.state, State::Try { part: TryPart::Body, .. }))
            || branch.parent.is_some_and(|parent| self.is_tried(parent))
    }
}

/// Whether a value on the way to what is read, or in it, is not known.
fn reaches_unknown(read: &Read, input: &Value, scope: &dyn Scope, partly: bool) -> bool {
    let root = read.variable.as_ref().map_or_else(|| input.clone(), |name| scope.variable(name));
    let mut value = &root;
    for key in &read.path {
        if is_unknown(value) {
            return true;
        }
        match value.member(key) {
            Some(member) => value = member,
            None => return false,
        }
    }
    if partly { is_unknown(value) } else { holds_unknown(value) }
}
