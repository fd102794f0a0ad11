//! The journal of an execution: all that came from outside, in the order in which the machine took
//! it, and what each branch had asked for.
//!
//! With the texts, the input, the seed and the beginning it determines the execution: a machine
//! that is given the same things at the same points makes the same events. A point is a number of
//! transitions, so that no clock and no schedule is needed to find it again.
//!
//! In memory the journal holds what came as it came. What is written of it is masked.

use std::sync::Arc;

use flowdbg_lang::value::Value;

use crate::{
    effect::{Answer, Effect, EffectId, EffectKind},
    event::Details,
    machine::{BranchId, Input, Machine, PathStep, ScopeName},
    mask::Mask,
    program::Program,
    time::Timestamp,
    written::{Writer, effect},
};

/// The journal of an execution.
#[derive(Clone, Debug)]
pub struct Journal {
    /// Id of the execution.
    pub execution: Arc<str>,
    /// When it began.
    pub began: Timestamp,
    /// What its random choices follow from.
    pub seed: u64,
    /// Its input; none if it was killed before that was written.
    pub input: Option<Value>,
    /// Its workflows; the first is its own.
    pub programs: Vec<Arc<Program>>,
    /// What was asked for, in order.
    pub asks: Vec<Ask>,
    /// What came, in order.
    pub entries: Vec<Entry>,
}

/// An effect that a branch asked for. Withdrawing an effect is none.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Its id; entries name it.
    pub effect: EffectId,
    /// The branch.
    pub branch: BranchId,
    /// Reference of the task.
    pub reference: Arc<str>,
    /// What was asked for, as it may be shown.
    pub what: Value,
}

/// Something that came from outside.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// After how many transitions of the machine.
    pub after: u64,
    /// What.
    pub given: Given,
}

/// What came from outside.
#[derive(Clone, Debug)]
pub enum Given {
    /// An answer to an effect.
    Answer(EffectId, Answer),
    /// The answer to an effect that nobody waited for any more: time has passed.
    Late(EffectId),
    /// A CloudEvent.
    Event(Value),
    /// The wish that it end.
    Cancel,
    /// The wish that it move no more.
    Suspend,
    /// The wish that it go on.
    Resume,
    /// The wish that more is told.
    Want(Details),
    /// A value that a person replaced while it was suspended.
    Edit {
        /// The branch.
        branch: BranchId,
        /// Depth of the frame.
        depth: usize,
        /// The scope.
        scope: ScopeName,
        /// The way into it.
        path: Vec<PathStep>,
        /// The new value.
        value: Value,
    },
    /// A branch was kept from moving, while others went on.
    Hold(BranchId),
    /// It may go on.
    Release(BranchId),
}

impl Given {
    /// What a machine is about to be fed.
    #[must_use]
    pub fn of(machine: &Machine, input: &Input) -> Self {
        match input {
            Input::Answer(effect, _) if !machine.waits_for(*effect) => Self::Late(*effect),
            Input::Answer(effect, answer) => Self::Answer(*effect, answer.clone()),
            Input::Event(event) => Self::Event(event.clone()),
            Input::Cancel => Self::Cancel,
            Input::Suspend => Self::Suspend,
            Input::Resume => Self::Resume,
        }
    }
}

impl Ask {
    /// What an effect asks for; none if it only withdraws another.
    #[must_use]
    pub(crate) fn of(effect: &Effect, mask: &Mask) -> Option<Self> {
        if matches!(effect.kind, EffectKind::Cancel(_)) {
            return None;
        }
        let what = effect::shown(&mut Writer::masked(mask), effect);
        Some(Self { effect: effect.id, branch: effect.branch, reference: effect.reference.clone(), what })
    }
}

impl Entry {
    /// Gives it to a machine, as if it came now. `effect` is the one that the machine knows.
    pub(crate) fn give(&self, machine: &mut Machine, effect: Option<EffectId>) {
        match &self.given {
            Given::Answer(recorded, answer) => {
                machine.feed(self.at, Input::Answer(effect.unwrap_or(*recorded), answer.clone()));
            }
            Given::Event(event) => machine.feed(self.at, Input::Event(event.clone())),
            Given::Late(_) => machine.pass(self.at),
            Given::Cancel => machine.feed(self.at, Input::Cancel),
            Given::Suspend => machine.feed(self.at, Input::Suspend),
            Given::Resume => machine.feed(self.at, Input::Resume),
            Given::Want(details) => machine.want(*details),
            Given::Edit { branch, depth, scope, path, value } => {
                // It was possible when it was recorded. If it is not any more, the course differs,
                // and that shows.
                let _ = machine.edit(*branch, *depth, *scope, path, value.clone());
            }
            Given::Hold(branch) => machine.hold_back(*branch),
            Given::Release(branch) => machine.release(*branch),
        }
    }
}

impl Journal {
    /// The journal of an execution that has not moved yet.
    #[must_use]
    pub fn new(execution: Arc<str>, program: Arc<Program>, input: Value, began: Timestamp, seed: u64) -> Self {
        Self { execution, began, seed, input: Some(input), programs: vec![program], asks: Vec::new(), entries: Vec::new() }
    }

    /// A machine at the beginning of this execution; none without its input.
    #[must_use]
    pub fn machine(&self) -> Option<Machine> {
        let program = self.programs.first()?.clone();
        Some(Machine::new(self.execution.clone(), program, self.input.clone()?, self.began, self.seed))
    }

    /// Notes what came.
    pub fn note(&mut self, at: Timestamp, after: u64, given: Given) {
        if let Given::Answer(_, Answer::Workflow(Ok(program))) = &given {
            let known = self.programs.iter().any(|known| Arc::ptr_eq(known, program));
            if !known {
                self.programs.push(program.clone());
            }
        }
        self.entries.push(Entry { at, after, given });
    }
}
