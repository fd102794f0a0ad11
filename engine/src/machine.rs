//! The machine: an execution as a value.
//!
//! A machine is branches, each a stack of frames; a frame is a task run at a stage with its data.
//! It moves by *transitions* of the innermost frame of a branch that is ready. A transition
//! evaluates first and changes the machine last, so that one whose expression must be evaluated
//! outside can be tried again when the value has come.
//!
//! Same workflow, input and answers: same effects and events. The machine has no clock, no
//! randomness and no hash order of its own.

mod answers;
mod extend;
mod flow;
mod frame;
mod inspect;
mod schema;
mod scope;
mod subscription;
mod tell;
mod unknown;
mod unwind;
pub mod written;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use flowdbg_lang::{
    model::{Stage, TaskId},
    value::Value,
};

pub(crate) use answers::WaitFor;
use answers::{Pending, Waiter};
pub(crate) use flow::Stop;
pub use frame::{Branch, BranchState, Frame};
pub(crate) use frame::{
    Calling, Child, Exchange, Extending, ForkChild, ListenState, Locals, Need, Part, State, Step, SubscriptionState, Taken, TryPart,
    WorkflowRun,
};
pub use inspect::{EditError, EvaluateError, PathStep, ScopeName};
pub(crate) use tell::Counts;
pub(crate) use unknown::MARK;
pub use unknown::{holds_unknown, is_unknown, unknown};

use crate::{
    effect::{Answer, Effect, EffectId},
    event::{Details, Event, EventKind, Level, UnderWay},
    fault::Fault,
    mask::{Mask, Secrets},
    program::Program,
    tasks::Credentials,
    time::Timestamp,
};

/// Names a branch of an execution; 1 is the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BranchId(pub u32);

/// The root branch.
pub const ROOT: BranchId = BranchId(1);

/// Most events kept for listeners that do not exist yet.
const MAX_INBOX: usize = 1_000;

/// An execution.
#[derive(Clone, Debug)]
pub struct Machine {
    id: Arc<str>,
    seed: u64,
    draws: u64,
    now: Timestamp,
    root: Arc<WorkflowRun>,
    branches: BTreeMap<BranchId, Box<Branch>>,
    ready: VecDeque<BranchId>,
    next_branch: u32,
    next_effect: u64,
    next_run: u64,
    next_delivery: u64,
    // Boxed, as a node of the map has room for eleven.
    pending: BTreeMap<EffectId, Box<Pending>>,
    inbox: VecDeque<Delivery>,
    /// Documents that were read, by address.
    documents: BTreeMap<Arc<str>, Value>,
    /// Functions of other files, by address.
    functions: BTreeMap<Arc<str>, Arc<Program>>,
    credentials: Credentials,
    secrets: Secrets,
    mask: Mask,
    outcome: Option<Outcome>,
    announced: bool,
    /// Whether its data may hold unknown values.
    unknowns: bool,
    /// Whether the current transition read one.
    tainted: bool,
    /// Somebody has suspended it.
    suspended: bool,
    /// Whether its last phase that was told is that it waits.
    waits: bool,
    counts: Counts,
    /// Which events are told beside the usual ones.
    details: Details,
    /// Exchanges under way that were told.
    exchanges: BTreeMap<EffectId, UnderWay>,
    out: Output,
}

/// How an execution ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// With an output.
    Completed(Value),
    /// By an error that nothing caught.
    Faulted(Fault),
    /// On request.
    Cancelled,
}

/// What an [`Machine::advance`] brought.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// To be performed.
    pub effects: Vec<Effect>,
    /// That happened.
    pub events: Vec<Event>,
    /// Branches that were kept from moving while others went on, each with the number of
    /// transitions at that point.
    pub held_back: Vec<(u64, BranchId)>,
}

/// Something from outside.
#[derive(Clone, Debug)]
pub enum Input {
    /// The answer to an effect. One that is no longer waited for is ignored.
    Answer(EffectId, Answer),
    /// A CloudEvent.
    Event(Value),
    /// End the execution.
    Cancel,
    /// Move no more until [`Input::Resume`]. Whoever gives the time lets it stand still meanwhile.
    Suspend,
    /// Go on.
    Resume,
}

/// A CloudEvent on its way to listeners.
#[derive(Clone, Debug)]
struct Delivery {
    number: u64,
    event: Value,
    taken: bool,
}

/// A place where an execution can be suspended.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The branch.
    pub branch: BranchId,
    /// Depth of the frame; the outermost is 0.
    pub depth: usize,
    /// The workflow.
    pub program: Arc<Program>,
    /// The task; none for the workflow itself.
    pub task: Option<TaskId>,
    /// What is about to happen.
    pub kind: CheckpointKind,
}

/// What is about to happen at a checkpoint.
#[derive(Clone, Debug)]
pub enum CheckpointKind {
    /// A stage of the task begins.
    Stage(Stage),
    /// An error is about to look for its handler.
    Raise {
        /// The error.
        fault: Fault,
        /// Whether a `try` will catch it.
        caught: bool,
    },
}

/// Who may hold branches at checkpoints.
pub trait Gate {
    /// Whether any checkpoint could be wanted now. Asked at every checkpoint, so it must be cheap.
    fn is_armed(&self) -> bool;
    /// Whether the branch may move at all now.
    fn may_move(&self, branch: BranchId) -> bool;
    /// Whether it could want this checkpoint of a task. Asked at every one while it is armed, so
    /// it must be cheap; what it does not want here is not looked at any further.
    fn may_want(&mut self, program: &Arc<Program>, task: TaskId, stage: Stage) -> bool;
    /// Whether the branch is to stop here. It is asked once a visit.
    fn wants(&mut self, machine: &Machine, checkpoint: &Checkpoint) -> Wants;
}

/// What a gate says about a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Go on.
    Go,
    /// Hold this branch; the others go on.
    HoldBranch,
    /// Hold this branch, and move no other.
    HoldAll,
}

/// A gate that is always open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

impl Gate for Open {
    fn is_armed(&self) -> bool {
        false
    }

    fn may_move(&self, _: BranchId) -> bool {
        true
    }

    fn may_want(&mut self, _: &Arc<Program>, _: TaskId, _: Stage) -> bool {
        false
    }

    fn wants(&mut self, _: &Machine, _: &Checkpoint) -> Wants {
        Wants::Go
    }
}

/// Why an advance came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Every branch waits or is held.
    Idle,
    /// The budget is used up; there is more to do at once.
    More,
    /// A gate holds all.
    Held,
    /// The execution is over and nothing of it is left running.
    Done,
}

impl Machine {
    /// A new execution, standing before its first transition. The seed makes its random choices.
    #[must_use]
    pub fn new(id: impl Into<Arc<str>>, program: Arc<Program>, input: Value, now: Timestamp, seed: u64) -> Self {
        let id = id.into();
        let root = Arc::new(WorkflowRun { program, id: id.clone(), input: input.clone(), started_at: now });
        let mut machine = Self {
            id,
            seed,
            draws: 0,
            now,
            root: root.clone(),
            branches: BTreeMap::new(),
            ready: VecDeque::new(),
            next_branch: ROOT.0,
            next_effect: 1,
            next_run: 1,
            next_delivery: 1,
            pending: BTreeMap::new(),
            inbox: VecDeque::new(),
            documents: BTreeMap::new(),
            functions: BTreeMap::new(),
            credentials: Credentials::default(),
            secrets: Secrets::default(),
            mask: Mask::default(),
            outcome: None,
            announced: false,
            unknowns: false,
            tainted: false,
            suspended: false,
            waits: false,
            counts: Counts::default(),
            details: Details::NONE,
            exchanges: BTreeMap::new(),
            out: Output::default(),
        };
        let branch = machine.new_branch(None, Value::Null);
        machine.emit(branch, None, EventKind::WorkflowStarted);
        machine.emit(branch, None, EventKind::BranchStarted);
        machine.push_workflow(branch, root);
        machine
    }

    /// Takes something from outside. The point in time is the machine's *now* until the next one.
    pub fn feed(&mut self, now: Timestamp, input: Input) {
        self.pass(now);
        match input {
            Input::Answer(effect, answer) => self.answered(effect, answer),
            Input::Event(event) => {
                let number = self.next_delivery;
                self.next_delivery += 1;
                self.inbox.push_back(Delivery { number, event, taken: false });
                if self.inbox.len() > MAX_INBOX {
                    self.inbox.pop_front();
                    let text = format!("more than {MAX_INBOX} events wait for a listener; the oldest is dropped");
                    self.log(ROOT, Level::Warning, text);
                }
                self.wake_listeners();
            }
            Input::Cancel => self.cancel(),
            Input::Suspend => self.suspend(),
            Input::Resume => self.resume(),
        }
    }

    /// Time has passed, and nothing came.
    pub(crate) fn pass(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// Moves on, for at most `budget` transitions, until every branch waits or is held.
    pub fn advance(&mut self, gate: &mut impl Gate, budget: usize) -> (Progress, Output) {
        let progress = self.run(gate, budget);
        (progress, std::mem::take(&mut self.out))
    }

    fn run(&mut self, gate: &mut impl Gate, mut budget: usize) -> Progress {
        if self.suspended && self.outcome.is_none() {
            return Progress::Idle;
        }
        while let Some(id) = self.ready.pop_front() {
            if budget == 0 {
                self.ready.push_front(id);
                return Progress::More;
            }
            budget -= 1;
            if gate.is_armed() {
                if !gate.may_move(id) {
                    self.hold(id, false);
                    self.out.held_back.push((self.counts.transitions, id));
                    continue;
                }
                match self.ask(gate, id) {
                    Wants::Go => {}
                    Wants::HoldBranch => {
                        self.out.held_back.push((self.counts.transitions, id));
                        continue;
                    }
                    Wants::HoldAll => return Progress::Held,
                }
            }
            self.begins_to_move(id);
            self.transit(id);
            match self.branches.get(&id).map(|branch| branch.state) {
                Some(BranchState::Ready) if !self.ready.contains(&id) => self.ready.push_back(id),
                Some(BranchState::Ready) | None => {}
                Some(_) => self.stands_still(id),
            }
            self.announce();
        }
        self.forget_deliveries();
        self.tell_all_wait();
        self.announce();
        if self.is_done() { Progress::Done } else { Progress::Idle }
    }

    /// Asks the gate about the checkpoint at which a branch stands, if it stands at one.
    fn ask(&mut self, gate: &mut impl Gate, id: BranchId) -> Wants {
        if !self.may_stop(gate, id) {
            return Wants::Go;
        }
        let Some(checkpoint) = self.checkpoint(id) else { return Wants::Go };
        let wants = gate.wants(self, &checkpoint);
        match self.branches.get_mut(&id) {
            Some(branch) if wants == Wants::Go => branch.passed = true,
            _ => self.hold(id, true),
        }
        if let Some(branch) = self.branches.get_mut(&id) {
            branch.first = wants == Wants::HoldAll;
        }
        wants
    }

    /// Keeps a branch from moving that could, as a gate did at this point before.
    pub(crate) fn hold_back(&mut self, id: BranchId) {
        if self.branches.get(&id).is_some_and(|branch| branch.state == BranchState::Ready) {
            self.hold(id, false);
            self.ready.retain(|ready| *ready != id);
        }
    }

    fn hold(&mut self, id: BranchId, asked: bool) {
        if let Some(branch) = self.branches.get_mut(&id) {
            branch.state = BranchState::Held;
            branch.asked = asked;
            branch.first = false;
        }
    }

    /// Lets a held branch go on. It does not stop again at the same visit.
    pub fn release(&mut self, id: BranchId) {
        if let Some(branch) = self.branches.get_mut(&id)
            && branch.state == BranchState::Held
        {
            branch.state = BranchState::Ready;
            branch.passed |= branch.asked;
            // While all were held nobody went past it, so that a stop changes no order.
            if std::mem::take(&mut branch.first) {
                self.ready.push_front(id);
            } else {
                self.ready.push_back(id);
            }
        }
    }

    /// What happened and is to be done since the last [`Machine::advance`], without moving on.
    pub fn take_output(&mut self) -> Output {
        std::mem::take(&mut self.out)
    }

    /// Whether a held branch was kept from moving while others went on.
    pub(crate) fn is_held_back(&self, id: BranchId) -> bool {
        self.branches.get(&id).is_some_and(|branch| branch.state == BranchState::Held && !branch.first)
    }

    /// How it ended, once it has.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref().filter(|_| self.announced)
    }

    fn is_done(&self) -> bool {
        self.outcome.is_some() && self.branches.is_empty() && self.pending.is_empty()
    }

    fn wake(&mut self, id: BranchId) {
        if let Some(branch) = self.branches.get_mut(&id)
            && matches!(branch.state, BranchState::Waiting | BranchState::Listening | BranchState::Joining)
        {
            branch.state = BranchState::Ready;
            self.ready.push_back(id);
        }
    }

    fn wake_listeners(&mut self) {
        let listening: Vec<BranchId> =
            self.branches.iter().filter(|(_, branch)| branch.state == BranchState::Listening).map(|(id, _)| *id).collect();
        for id in listening {
            self.wake(id);
        }
    }

    /// The events after this number, with theirs and whether something took them.
    pub(crate) fn deliveries_after(&self, seen: u64) -> impl Iterator<Item = (u64, bool, &Value)> {
        let from = self.inbox.partition_point(|delivery| delivery.number <= seen);
        self.inbox.range(from..).map(|delivery| (delivery.number, delivery.taken, &delivery.event))
    }

    pub(crate) fn take_delivery(&mut self, number: u64) {
        let at = self.inbox.partition_point(|delivery| delivery.number < number);
        if let Some(delivery) = self.inbox.get_mut(at).filter(|delivery| delivery.number == number) {
            delivery.taken = true;
        }
    }

    /// The events that nothing took, oldest first.
    pub fn untaken(&self) -> impl Iterator<Item = &Value> {
        self.inbox.iter().filter(|delivery| !delivery.taken).map(|delivery| &delivery.event)
    }

    /// A frame of a branch; the outermost is 0.
    pub(crate) fn frame_at(&mut self, id: BranchId, depth: usize) -> Option<&mut Frame> {
        self.branches.get_mut(&id).and_then(|branch| branch.frames.get_mut(depth))
    }

    /// Lets an error of a `fork`'s branch go on in the parent, with its own place.
    pub(crate) fn raise_from_branch(&mut self, id: BranchId, fault: Fault) {
        self.raise(id, fault);
    }

    /// Drops events that a listener took, once every listener has seen them.
    fn forget_deliveries(&mut self) {
        self.inbox.retain(|delivery| !delivery.taken);
    }

    /// Milliseconds until a timeout ends what the innermost task does.
    pub(crate) fn time_left(&self, id: BranchId) -> Option<u64> {
        let mut branch = self.branches.get(&id);
        let mut nearest: Option<Timestamp> = None;
        while let Some(this) = branch {
            nearest = nearest.into_iter().chain(this.frames.iter().filter_map(|frame| frame.deadline)).min();
            branch = this.parent.and_then(|parent| self.branches.get(&parent));
        }
        nearest.map(|deadline| deadline.since(self.now))
    }

    /// The state of a task run of a branch.
    pub(crate) fn state_at(&mut self, id: BranchId, depth: usize) -> Option<&mut State> {
        self.branches.get_mut(&id)?.frames.get_mut(depth).map(|frame| &mut frame.state)
    }

    /// Marks progress inside a transition: what was evaluated before is not needed again.
    pub(crate) fn commit(&mut self, id: BranchId) {
        if let Some(branch) = self.branches.get_mut(&id) {
            branch.evaluated.clear();
            branch.cursor = 0;
        }
    }

    /// The point in time of the last input.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When it began.
    #[must_use]
    pub fn began(&self) -> Timestamp {
        self.root.started_at
    }

    /// How many transitions were made: a point in the course of the execution, the same whenever it
    /// gets the same answers.
    #[must_use]
    pub fn transitions(&self) -> u64 {
        self.counts.transitions
    }

    /// A branch that lives.
    #[must_use]
    pub fn branch(&self, id: BranchId) -> Option<&Branch> {
        self.branches.get(&id).map(AsRef::as_ref)
    }

    /// Whether nothing can move it but an event from outside: every branch listens, or waits for
    /// one that does, and no timer runs.
    #[must_use]
    pub fn waits_only_for_events(&self) -> bool {
        let waits = |branch: &Branch| matches!(branch.state, BranchState::Listening | BranchState::Joining);
        !self.branches.is_empty() && self.pending.is_empty() && self.branches().all(waits)
    }

    /// The branches that live, in the order of their creation.
    pub fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.branches.values().map(AsRef::as_ref)
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn set_state(&mut self, id: BranchId, state: BranchState) {
        if let Some(branch) = self.branches.get_mut(&id) {
            branch.state = state;
        }
    }

    /// A document that was read before.
    pub(crate) fn document(&self, address: &str) -> Option<&Value> {
        self.documents.get(address)
    }

    /// Documents that were read before.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Value> {
        self.documents.values()
    }

    pub(crate) fn keep_document(&mut self, address: &str, document: Value) {
        self.documents.insert(address.into(), document);
    }

    /// A function of another file that was read before.
    pub(crate) fn function(&self, address: &str) -> Option<Arc<Program>> {
        self.functions.get(address).cloned()
    }

    pub(crate) fn keep_function(&mut self, address: &str, program: Arc<Program>) {
        self.functions.insert(address.into(), program);
    }

    /// Tokens and challenges that calls of this execution were given.
    pub(crate) fn credentials(&mut self) -> &mut Credentials {
        &mut self.credentials
    }

    /// What the call of the innermost frame does besides its own work.
    pub(crate) fn calling(&mut self, id: BranchId) -> &mut Calling {
        self.top(id).calling.get_or_insert_default()
    }

    /// What must not be shown.
    #[must_use]
    pub fn masked_by(&self) -> &Mask {
        &self.mask
    }

    /// The workflow that it is of.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.root.program
    }

    /// Its input.
    #[must_use]
    pub fn input(&self) -> &Value {
        &self.root.input
    }

    /// What its random choices follow from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What must not be shown, to hide more.
    pub(crate) fn mask(&mut self) -> &mut Mask {
        &mut self.mask
    }

    /// A secret that the workflow of the innermost frame declares.
    pub(crate) fn secret(&mut self, id: BranchId, name: &str) -> Option<Value> {
        use flowdbg_lang::value::ValueExt as _;
        let program = self.top(id).program().clone();
        self.secrets.of(&program).and_then(|secrets| secrets.member(name)).cloned()
    }

    /// The next random number of this execution (SplitMix64 over seed and count).
    pub(crate) fn random(&mut self) -> u64 {
        self.draws += 1;
        let mut z = self.seed.wrapping_add(self.draws.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests;
