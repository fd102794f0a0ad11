//! An execution again, from its journal: the machine gets what came, where it came, and what it
//! asks for is compared with what was asked for then.
//!
//! A machine with the same text asks for the same things in the same order. Where it does not, for
//! the text or the engine is another one, the difference is reported with its place, and the replay
//! goes on as far as the answers fit: the n-th thing that a branch asks for gets the answer to the
//! n-th thing that it asked for then.

mod agree;
mod differ;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use flowdbg_lang::{
    text::Span,
    value::{Value, ValueExt as _},
};

pub(crate) use agree::agrees;
pub use differ::{Report, compare};

use crate::{
    effect::{Answer, Effect, EffectId},
    journal::{Ask, Given, Journal},
    machine::{BranchId, Gate, Machine, Output, Progress},
    program::Program,
};

/// A difference between what was recorded and what happens now.
#[derive(Clone, Debug)]
pub struct Divergence {
    /// What differs.
    pub kind: DivergenceKind,
    /// The branch.
    pub branch: BranchId,
    /// Reference of the task; empty for the workflow itself.
    pub reference: Arc<str>,
    /// The text to look at.
    pub place: Option<(Arc<Program>, Span)>,
    /// What was recorded; empty if nothing was.
    pub expected: String,
    /// What came instead; empty if nothing did.
    pub came: String,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DivergenceKind {
    /// Another effect is asked for.
    Effect,
    /// An effect is asked for that was not asked for.
    Unrecorded,
    /// An effect that was asked for is not asked for any more.
    Missing,
    /// Another event happens, or one more, or none.
    Event,
}

impl std::fmt::Display for Divergence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = if self.reference.is_empty() { "the workflow" } else { &self.reference };
        let (branch, Self { expected, came, .. }) = (self.branch.0, self);
        match self.kind {
            DivergenceKind::Effect => write!(f, "{place} (branch {branch}) asks for {came}; recorded was {expected}"),
            DivergenceKind::Unrecorded => write!(f, "{place} (branch {branch}) asks for {came}, which it did not when it was recorded"),
            DivergenceKind::Missing => write!(f, "{place} (branch {branch}) does not ask for {expected}, as it did when it was recorded"),
            DivergenceKind::Event if came.is_empty() => write!(f, "{place} (branch {branch}): {expected} does not happen"),
            DivergenceKind::Event if expected.is_empty() => write!(f, "{place} (branch {branch}): {came} was not recorded"),
            DivergenceKind::Event => write!(f, "{place} (branch {branch}): {came}; recorded was {expected}"),
        }
    }
}

/// Longest part of an effect or event in a divergence, in characters.
const SHOWN: usize = 300;

/// A document as a divergence shows it.
pub(crate) fn shown(document: &Value) -> String {
    let text = document.to_json();
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Gives a machine what is in a journal.
#[derive(Clone, Debug)]
pub struct Replay {
    journal: Arc<Journal>,
    /// Whether the journal goes on to the end of its execution.
    complete: bool,
    /// Index of the next entry.
    next: usize,
    /// Indexes of what each branch asked for, in order.
    recorded: BTreeMap<BranchId, Vec<usize>>,
    /// How many of them were asked for again.
    asked: BTreeMap<BranchId, usize>,
    /// The effects of now by those of then.
    effects: BTreeMap<EffectId, EffectId>,
    /// Effects of then that are asked for no more, and were reported.
    missing: BTreeSet<EffectId>,
    divergences: Vec<Divergence>,
}

impl Replay {
    /// A replay of a journal. One that is not complete may end anywhere.
    #[must_use]
    pub fn new(journal: Arc<Journal>, complete: bool) -> Self {
        let mut recorded: BTreeMap<BranchId, Vec<usize>> = BTreeMap::new();
        for (at, ask) in journal.asks.iter().enumerate() {
            recorded.entry(ask.branch).or_default().push(at);
        }
        Self {
            journal,
            complete,
            next: 0,
            recorded,
            asked: BTreeMap::new(),
            effects: BTreeMap::new(),
            missing: BTreeSet::new(),
            divergences: Vec::new(),
        }
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// Whether everything that came was given.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.next >= self.journal.entries.len()
    }

    /// The differences found since the last time.
    pub fn take_divergences(&mut self) -> Vec<Divergence> {
        std::mem::take(&mut self.divergences)
    }

    /// Moves the machine on, for at most `budget` transitions, and gives it what came then. When it
    /// is idle, there is nothing more for it in the journal.
    pub fn advance(&mut self, machine: &mut Machine, gate: &mut impl Gate, mut budget: usize) -> (Progress, Output) {
        let mut all = Output::default();
        loop {
            self.give_what_is_due(machine);
            let until = self.journal.entries.get(self.next).map(|entry| entry.after.saturating_sub(machine.transitions()));
            let step = match until.and_then(|until| usize::try_from(until).ok()) {
                // What comes next is for an effect that was not asked for yet, or never will be.
                Some(0) => budget.min(1),
                Some(until) => until.min(budget),
                None => budget,
            };
            let before = machine.transitions();
            let (progress, output) = machine.advance(gate, step);
            let made = usize::try_from(machine.transitions() - before).unwrap_or(usize::MAX);
            self.check(machine, &output);
            all.effects.extend(output.effects);
            all.events.extend(output.events);
            budget = budget.saturating_sub(made);
            match progress {
                Progress::More if budget > 0 && made > 0 => {}
                Progress::More | Progress::Held | Progress::Done => return (progress, all),
                Progress::Idle if self.is_over() => return (progress, all),
                // Nothing moves any more before the next thing comes: it comes now.
                Progress::Idle => self.give_next(machine),
            }
        }
    }

    fn give_what_is_due(&mut self, machine: &mut Machine) {
        while let Some(entry) = self.journal.entries.get(self.next) {
            let known = match &entry.given {
                Given::Answer(effect, _) => self.effects.contains_key(effect) || self.missing.contains(effect),
                Given::Late(_)
                | Given::Event(_)
                | Given::Cancel
                | Given::Suspend
                | Given::Resume
                | Given::Want(_)
                | Given::Edit { .. }
                | Given::Hold(_)
                | Given::Release(_) => true,
            };
            if entry.after > machine.transitions() || !known {
                return;
            }
            self.give_next(machine);
        }
    }

    fn give_next(&mut self, machine: &mut Machine) {
        let journal = self.journal.clone();
        let Some(entry) = journal.entries.get(self.next) else { return };
        self.next += 1;
        let Given::Answer(recorded, _) = &entry.given else { return entry.give(machine, None) };
        match self.effects.get(recorded) {
            Some(effect) => entry.give(machine, Some(*effect)),
            None => self.report_missing(machine, *recorded),
        }
    }

    /// Compares what the machine asks for with what is in the journal.
    fn check(&mut self, machine: &Machine, output: &Output) {
        for effect in &output.effects {
            if let Some(ask) = Ask::of(effect, machine.masked_by()) {
                self.check_one(machine, effect, &ask);
            }
        }
    }

    fn check_one(&mut self, machine: &Machine, effect: &Effect, ask: &Ask) {
        let journal = self.journal.clone();
        let nth = self.asked.entry(ask.branch).or_default();
        let recorded = self.recorded.get(&ask.branch).and_then(|all| all.get(*nth)).and_then(|at| journal.asks.get(*at));
        *nth += 1;
        let Some(recorded) = recorded else {
            // Where the record breaks off, nothing more is known.
            if self.complete || !self.is_over() {
                self.report(machine, DivergenceKind::Unrecorded, ask, String::new(), shown(&ask.what));
            }
            return;
        };
        self.effects.insert(recorded.effect, effect.id);
        if recorded.reference != ask.reference || !agrees(&recorded.what, &ask.what) {
            let of = if recorded.reference == ask.reference { String::new() } else { format!(" by {}", recorded.reference) };
            self.report(machine, DivergenceKind::Effect, ask, format!("{}{of}", shown(&recorded.what)), shown(&ask.what));
        }
    }

    fn report_missing(&mut self, machine: &Machine, effect: EffectId) {
        if !self.missing.insert(effect) {
            return;
        }
        let journal = self.journal.clone();
        if let Some(ask) = journal.asks.iter().find(|ask| ask.effect == effect) {
            self.report(machine, DivergenceKind::Missing, ask, shown(&ask.what), String::new());
        }
    }

    /// Reports what was asked for then and never now, when the machine is done or idle.
    pub fn finish(&mut self, machine: &Machine) {
        let journal = self.journal.clone();
        for ask in &journal.asks {
            if !self.effects.contains_key(&ask.effect) {
                self.report_missing(machine, ask.effect);
            }
        }
    }

    fn report(&mut self, machine: &Machine, kind: DivergenceKind, ask: &Ask, expected: String, came: String) {
        let place = place(machine, &self.journal, ask.branch, &ask.reference);
        let (branch, reference) = (ask.branch, ask.reference.clone());
        self.divergences.push(Divergence { kind, branch, reference, place, expected, came });
    }
}

/// The task of a reference: one of the workflows that the branch is in, or of any.
fn place(machine: &Machine, journal: &Journal, branch: BranchId, reference: &str) -> Option<(Arc<Program>, Span)> {
    let inside = machine.branch(branch).into_iter().flat_map(|branch| branch.frames().iter().rev().map(|frame| frame.program()));
    let find = |program: &Arc<Program>| {
        let task = program.workflow.tasks.iter().find(|task| *task.reference == *reference)?;
        Some((program.clone(), task.name_span))
    };
    inside.chain(&journal.programs).find_map(find)
}

/// The answers of a journal to an effect that somebody performs by itself.
pub(crate) fn answers_to(journal: &Journal, effect: EffectId) -> Vec<Answer> {
    let answer = |given: &Given| match given {
        Given::Answer(of, answer) if *of == effect => Some(answer.clone()),
        Given::Answer(..)
        | Given::Late(_)
        | Given::Event(_)
        | Given::Cancel
        | Given::Suspend
        | Given::Resume
        | Given::Want(_)
        | Given::Edit { .. }
        | Given::Hold(_)
        | Given::Release(_) => None,
    };
    journal.entries.iter().filter_map(|entry| answer(&entry.given)).collect()
}
