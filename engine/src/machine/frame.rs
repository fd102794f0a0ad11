//! Branches and frames: the plain data of an execution.

use std::{collections::VecDeque, sync::Arc};

use flowdbg_lang::{
    model::{Stage, Task, TaskId, Then},
    value::Value,
};

use super::{BranchId, Counts};
use crate::{
    effect::{Answer, ChannelError, EffectId, HttpRequest, Message, Resource},
    fault::Fault,
    program::Program,
    time::Timestamp,
};

/// A strand of sequential control.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Its id.
    pub id: BranchId,
    /// The branch whose `fork` made it; none for the root and for detached sub-workflows.
    pub parent: Option<BranchId>,
    /// Whether it stands at a checkpoint, waits or can go on.
    pub state: BranchState,
    pub(crate) frames: Vec<Frame>,
    /// `$context`.
    pub(crate) context: Value,
    /// Depth of its outermost frame in the whole execution.
    pub(crate) base_depth: u32,
    /// Whether the current checkpoint was passed.
    pub(crate) passed: bool,
    /// Whether it is held because a gate wants its checkpoint.
    pub(crate) asked: bool,
    /// Whether nobody moved since it was held, so that it goes first when it is released.
    pub(crate) first: bool,
    pub(crate) answer: Option<Answer>,
    /// Values of the current transition that were evaluated outside, in order.
    pub(crate) evaluated: Vec<Result<Value, String>>,
    pub(crate) cursor: usize,
    pub(crate) counts: Counts,
    /// Since when it cannot go on.
    pub(crate) idle_since: Option<Timestamp>,
    /// Whether what it waits for is a timer.
    pub(crate) sleeps: bool,
    /// Whether it was told of its innermost task run that it waits.
    pub(crate) told_waiting: bool,
}

/// What a branch is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchState {
    /// Can go on.
    Ready,
    /// Waits for an answer.
    Waiting,
    /// Waits for an event.
    Listening,
    /// Waits for the branches of its `fork`, or for a sub-workflow.
    Joining,
    /// Held at a checkpoint.
    Held,
}

/// A task run at a stage, with its data; or a workflow.
#[derive(Clone, Debug)]
pub struct Frame {
    pub(crate) run: u64,
    pub(crate) workflow: Arc<WorkflowRun>,
    pub(crate) task: Option<TaskId>,
    pub(crate) step: Step,
    pub(crate) raw_input: Value,
    pub(crate) input: Value,
    pub(crate) raw_output: Value,
    pub(crate) output: Value,
    pub(crate) locals: Locals,
    pub(crate) started_at: Timestamp,
    pub(crate) state: State,
    pub(crate) child: Option<Child>,
    pub(crate) then: Option<Then>,
    pub(crate) timeout: Option<EffectId>,
    /// When its timeout ends it.
    pub(crate) deadline: Option<Timestamp>,
    /// The extensions that apply to this task run, while they or the body run.
    pub(crate) extending: Option<Box<Extending>>,
    /// What a call does besides its own work.
    pub(crate) calling: Option<Box<Calling>>,
    /// The context to return to, in the frame of a sub-workflow.
    pub(crate) outer_context: Option<Value>,
    /// The branch's counts when the frame was made.
    pub(crate) before: Counts,
}

impl Frame {
    /// The step that goes on when a child has ended.
    pub(crate) fn going_on(&self) -> Step {
        match self.extending.as_ref().map(|extending| extending.part) {
            Some(Part::Before) => Step::Before,
            Some(Part::After) => Step::After,
            Some(Part::Body) | None => Step::Work,
        }
    }

    /// The task; none for a workflow.
    #[must_use]
    pub fn task(&self) -> Option<&Task> {
        self.task.map(|task| self.workflow.program.workflow.task(task))
    }

    /// The stage of a task run at which it stands, if the text has something there: the body
    /// always, others where they are written.
    pub(super) fn written_stage(&self) -> Option<Stage> {
        let task = self.task()?;
        match self.step {
            Step::If => Some(Stage::If),
            Step::Input => task.input.is_written().then_some(Stage::Input),
            Step::Work if matches!(self.state, State::Try { part: TryPart::Handler, .. }) => Some(Stage::Catch),
            Step::Body | Step::Before | Step::Work | Step::After => Some(Stage::Body),
            Step::Catch => Some(Stage::Catch),
            Step::Output => task.output.is_written().then_some(Stage::Output),
            Step::Export => task.export.is_written().then_some(Stage::Export),
            Step::Leave | Step::Raise(..) => None,
        }
    }

    /// The workflow that it is of.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.workflow.program
    }
}

/// One run of a workflow or sub-workflow inside an execution.
#[derive(Debug)]
pub(crate) struct WorkflowRun {
    pub(crate) program: Arc<Program>,
    pub(crate) id: Arc<str>,
    pub(crate) input: Value,
    pub(crate) started_at: Timestamp,
}

/// What a frame does next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    If,
    Input,
    Body,
    /// Run the tasks of extensions that come before the body.
    Before,
    /// Go on with the body: a child has ended or an answer has come.
    Work,
    /// Run the tasks of extensions that come after the body.
    After,
    Catch,
    Output,
    Export,
    Leave,
    /// An error looks for its handler; whether there is one is found out first.
    Raise(Fault, Option<bool>),
}

/// The extensions of a task run.
#[derive(Clone, Debug)]
pub(crate) struct Extending {
    /// Those that apply, as positions in the workflow's, in their order.
    pub(crate) applying: Vec<usize>,
    /// Which of them runs.
    pub(crate) at: usize,
    /// The step that is resumed when a child has ended.
    pub(crate) part: Part,
}

/// Where a task run that is extended stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Before,
    Body,
    After,
}

/// What a call does besides its own work: how it authenticates, and what it waits for first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calling {
    /// `$authorization`
    pub(crate) authorization: Value,
    /// What was asked for that the call needs before it can go on.
    pub(crate) need: Option<Need>,
    /// Whether the document that is asked for was refused once.
    pub(crate) refused: bool,
    /// The request that is to be made, or under way.
    pub(crate) exchange: Option<Exchange>,
}

/// What a call needs first.
#[derive(Clone, Debug)]
pub(crate) enum Need {
    /// What an OpenID Connect server says of itself.
    Discovery { policy: Value, address: String },
    /// A token; with a refresh token, if it is to renew one.
    Token { policy: Value, endpoint: String, renews: bool },
    /// A document.
    Document { key: String, resource: Resource, policy: Value, what: String },
}

/// A request with what is needed to make it again.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// The request without its authorization.
    pub(crate) request: HttpRequest,
    /// How to authenticate; null if not at all.
    pub(crate) policy: Value,
    /// Whether it is under way.
    pub(crate) sent: bool,
    /// Whether its token was got for it, not taken from an earlier call.
    pub(crate) fresh: bool,
    /// Whether it was refused once and is made again.
    pub(crate) again: bool,
}

/// How far the body of a task is, where that is more than its step says.
#[derive(Clone, Debug, Default)]
pub(crate) enum State {
    #[default]
    None,
    For {
        items: Arc<Vec<Value>>,
        index: usize,
        begun: bool,
        outer: Locals,
    },
    Fork(Vec<ForkChild>),
    Try {
        attempt: u32,
        since: Timestamp,
        part: TryPart,
        limit: Option<EffectId>,
    },
    Listen(Box<ListenState>),
    Subscription(Box<SubscriptionState>),
    /// The process of the body has written something, and that was told.
    Printed,
    /// The sub-workflow was asked for.
    Lookup,
}

/// Which part of a `try` runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TryPart {
    Start,
    Body,
    Delay,
    Handler,
    Over,
}

/// A branch of a `fork`.
#[derive(Clone, Debug)]
pub(crate) struct ForkChild {
    pub(crate) branch: BranchId,
    /// Its output and context.
    pub(crate) output: Option<(Value, Value)>,
    pub(crate) fault: Option<Fault>,
}

/// What a `listen` has taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListenState {
    /// Number of the last delivery that was looked at.
    pub(crate) seen: u64,
    /// Which filters of `all` have matched.
    pub(crate) matched: Vec<bool>,
    /// The same for the events of `until`.
    pub(crate) until_matched: Vec<bool>,
    /// Values of correlation keys.
    pub(crate) keys: Vec<(Arc<str>, Value)>,
    /// Events taken, as they are read.
    pub(crate) taken: Taken,
    /// Whether no more are wanted.
    pub(crate) over: bool,
}

/// Events or messages that were taken, and what became of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    /// The items, as they are read. Expressions share them.
    pub(crate) items: Arc<Vec<Value>>,
    /// How many of them went through `foreach`.
    pub(crate) iterated: usize,
    /// What `foreach` made of them.
    pub(crate) outputs: Arc<Vec<Value>>,
}

/// How far a subscription to messages is.
#[derive(Clone, Debug, Default)]
pub(crate) struct SubscriptionState {
    /// The subscription, while it goes on.
    pub(crate) effect: Option<EffectId>,
    /// The timer that ends it.
    pub(crate) limit: Option<EffectId>,
    /// Messages that have come and were not looked at.
    pub(crate) unread: VecDeque<Message>,
    /// How it ended, if it did.
    pub(crate) ended: Option<Result<(), ChannelError>>,
    /// The messages that were taken.
    pub(crate) taken: Taken,
    /// How many were taken when it was last asked whether that is enough.
    pub(crate) judged: Option<usize>,
}

/// A child task that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    pub(crate) task: TaskId,
    pub(crate) output: Value,
    pub(crate) then: Then,
}

/// Loop and error variables, innermost first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locals(Option<Arc<Local>>);

#[derive(Debug)]
struct Local {
    name: Arc<str>,
    value: Value,
    outer: Locals,
}

impl Locals {
    pub(crate) fn with(&self, name: &Arc<str>, value: Value) -> Self {
        Self(Some(Arc::new(Local { name: name.clone(), value, outer: self.clone() })))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(known, _)| &***known == name).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        let mut next = self.0.as_deref();
        std::iter::from_fn(move || {
            let local = next?;
            next = local.outer.0.as_deref();
            Some((&local.name, &local.value))
        })
    }

    /// The same variables with one value replaced.
    pub(crate) fn replaced(&self, name: &str, value: &Value) -> Self {
        match &self.0 {
            None => Self(None),
            Some(local) if &*local.name == name => local.outer.with(&local.name, value.clone()),
            Some(local) => local.outer.replaced(name, value).with(&local.name, local.value.clone()),
        }
    }
}
