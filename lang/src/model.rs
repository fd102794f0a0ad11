//! The model of a workflow: what its text means, ready to run.
//!
//! Tasks live in an arena and are named by [`TaskId`]; lists hold ids. The model is made from a
//! tree that may be broken: what cannot be understood becomes [`TaskKind::Broken`], and the checks
//! say why. It is immutable and shared by all executions of the workflow.

use std::sync::{Arc, OnceLock};

use crate::{
    duration::DurationSpec,
    expression::Expression,
    template::Template,
    text::{Source, Span},
    tree::{NodeId, Tree},
    value::Value,
};

/// Names a task of a [`Workflow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub u32);

/// A workflow.
#[derive(Debug)]
pub struct Workflow {
    /// Its text.
    pub source: Arc<Source>,
    /// `document`.
    pub document: Document,
    /// Its tree.
    pub tree: Arc<Tree>,
    pub(crate) definition: OnceLock<Value>,
    /// `input`.
    pub input: DataFlow,
    /// `output`.
    pub output: DataFlow,
    /// `timeout`.
    pub timeout: Option<Timeout>,
    /// All tasks.
    pub tasks: Vec<Task>,
    /// `do`.
    pub root: List,
    /// `schedule`
    pub schedule: Option<Schedule>,
    /// `use.extensions`, in the order of the text.
    pub extensions: Vec<Extension>,
    /// Of a file that defines a function: the task that it is. Such a file has no `do` of its own.
    pub function: Option<TaskId>,
    /// `use.secrets`: the names that `$secrets` may have.
    pub secrets: Vec<Arc<str>>,
    /// Every expression with the scalar it stands in, for checks.
    pub expressions: Vec<PlacedExpression>,
}

impl Workflow {
    /// A task.
    #[must_use]
    pub fn task(&self, id: TaskId) -> &Task {
        &self.tasks[id.0 as usize]
    }

    /// The whole definition as data, for `$workflow.definition`.
    #[must_use]
    pub fn definition(&self) -> &Value {
        self.definition.get_or_init(|| self.tree.root().map_or(Value::Null, |root| self.tree.value(root)))
    }

    /// A task as data, for `$task.definition`.
    #[must_use]
    pub fn definition_of<'a>(&self, task: &'a Task) -> &'a Value {
        task.definition.get_or_init(|| self.tree.value(task.node))
    }

    /// `namespace/name:version`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}:{}", self.document.namespace, self.document.name, self.document.version)
    }
}

/// `document`.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Version of the DSL.
    pub dsl: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Version of the workflow.
    pub version: String,
    /// `document.metadata`, or null.
    pub metadata: Value,
}

/// `input`, `output` or `export`: a schema and a transformation.
#[derive(Clone, Debug, Default)]
pub struct DataFlow {
    /// `from` or `as`.
    pub transform: Option<Template>,
    /// `schema.document`: a JSON Schema.
    pub schema: Option<Value>,
    /// What else is said of the schema.
    pub schema_source: Option<Box<SchemaSource>>,
}

/// `schema` without its document.
#[derive(Clone, Debug, Default)]
pub struct SchemaSource {
    /// `resource`: where the schema is found. A named authentication stands in it as it is defined.
    pub resource: Option<Template>,
    /// `format`: `json`, if absent.
    pub format: Option<Arc<str>>,
}

impl DataFlow {
    /// `schema.resource`
    #[must_use]
    pub fn schema_resource(&self) -> Option<&Template> {
        self.schema_source.as_ref().and_then(|source| source.resource.as_ref())
    }

    /// `schema.format`
    #[must_use]
    pub fn schema_format(&self) -> Option<&str> {
        self.schema_source.as_ref().and_then(|source| source.format.as_deref())
    }
}

impl DataFlow {
    /// Whether the text has it.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.transform.is_some() || self.schema.is_some() || self.schema_resource().is_some()
    }
}

/// A list of tasks.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// In the order of the text.
    pub tasks: Vec<TaskId>,
}

/// A task.
#[derive(Debug)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Its name.
    pub name: Arc<str>,
    /// Its reference: a JSON pointer into the document, `/do/0/getPet`.
    pub reference: Arc<str>,
    /// The task it stands in, if any.
    pub parent: Option<TaskId>,
    /// Its place in its list.
    pub index: usize,
    /// From its name to its end.
    pub span: Span,
    /// Its name.
    pub name_span: Span,
    /// Where its stages are written.
    pub places: Vec<(Stage, Span)>,
    pub(crate) node: NodeId,
    pub(crate) definition: OnceLock<Value>,
    /// `if`.
    pub condition: Option<Arc<Expression>>,
    /// `input`.
    pub input: DataFlow,
    /// `output`.
    pub output: DataFlow,
    /// `export`.
    pub export: DataFlow,
    /// `timeout`.
    pub timeout: Option<Timeout>,
    /// `then`.
    pub then: Then,
    /// The extensions that may run before and after it, as positions in the workflow's.
    pub extensions: Vec<usize>,
    /// What it does.
    pub kind: TaskKind,
}

/// When a workflow starts by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Each time so many milliseconds have passed.
    Every(u64),
    /// At the times of a cron expression.
    Cron(Arc<str>),
    /// So many milliseconds after the last execution has ended.
    After(u64),
    /// When events arrive; see [`crate::lower::trigger`].
    On,
    /// It cannot be understood; says why.
    Wrong(String),
}

/// `use.extensions.NAME`
#[derive(Debug)]
pub struct Extension {
    /// Its name.
    pub name: Arc<str>,
    /// `when`: whether it applies to a task that is about to run; always, if absent.
    pub when: Option<Arc<Expression>>,
    /// `before`
    pub before: List,
    /// `after`
    pub after: List,
}

/// A part of a task run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Whether to run at all.
    If,
    /// Validate and transform the input.
    Input,
    /// Do what the task's kind says.
    Body,
    /// Handle the error that a `try` caught.
    Catch,
    /// Transform and validate the output.
    Output,
    /// Write the context.
    Export,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::If, Self::Input, Self::Body, Self::Catch, Self::Output, Self::Export];

    /// Its name, as the DSL's property is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::Input => "input",
            Self::Body => "body",
            Self::Catch => "catch",
            Self::Output => "output",
            Self::Export => "export",
        }
    }
}

/// Where the flow goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Then {
    /// The next task of the list.
    #[default]
    Continue,
    /// Leave the current list.
    Exit,
    /// End the workflow.
    End,
    /// A task of the same list.
    Task(TaskId),
}

/// A timeout, by value or from `use.timeouts`.
#[derive(Clone, Debug)]
pub struct Timeout {
    /// After how long.
    pub after: DurationSpec,
}

/// An expression and the scalar it stands in.
#[derive(Clone, Debug)]
pub struct PlacedExpression {
    /// The expression.
    pub expression: Arc<Expression>,
    /// The scalar's node.
    pub node: NodeId,
    /// Byte offset of the program in the scalar's decoded text.
    pub offset: usize,
}

/// What a task does.
#[derive(Debug)]
pub enum TaskKind {
    /// `call: a2a`
    CallA2a(Call),
    /// `call: asyncapi`
    CallAsyncapi(Box<CallAsyncapi>),
    /// `call` of a function.
    CallFunction(CallFunction),
    /// `call: grpc`
    CallGrpc(Call),
    /// `call: http`
    CallHttp(Call),
    /// `call: mcp`
    CallMcp(Call),
    /// `call: openapi`
    CallOpenapi(Call),
    /// `do`
    Do(List),
    /// `emit`: the attributes of the event.
    Emit(Template),
    /// `for`
    For(For),
    /// `fork`
    Fork(Fork),
    /// `listen`
    Listen(Listen),
    /// `raise`: the error's members.
    Raise(Template),
    /// `run: container`
    RunContainer(Box<RunContainer>),
    /// `run: script`
    RunScript(RunProcess),
    /// `run: shell`
    RunShell(RunProcess),
    /// `run: workflow`
    RunWorkflow(RunWorkflow),
    /// `set`
    Set(Template),
    /// `switch`
    Switch(Vec<Case>),
    /// `try`
    Try(Box<Try>),
    /// `wait`
    Wait(DurationSpec),
    /// Not understood, or not supported yet; the checks say which.
    Broken,
}

impl TaskKind {
    /// Whether an extension of these tasks (`extend`) is about this kind. The specification does
    /// not say what `composite` is: here the tasks that are lists of others and no more.
    #[must_use]
    pub fn is_extended_by(&self, extend: &str) -> bool {
        let name = self.name();
        match extend {
            "all" => true,
            "composite" => matches!(self, Self::Do(_) | Self::Fork(_)),
            extend => name == extend || name.strip_prefix(extend).is_some_and(|rest| rest.starts_with(':')),
        }
    }

    /// Its name for a person: `call:http`, `for`, `run:shell`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CallA2a(_) => "call:a2a",
            Self::CallAsyncapi(_) => "call:asyncapi",
            Self::CallFunction(_) => "call:function",
            Self::CallGrpc(_) => "call:grpc",
            Self::CallHttp(_) => "call:http",
            Self::CallMcp(_) => "call:mcp",
            Self::CallOpenapi(_) => "call:openapi",
            Self::Do(_) => "do",
            Self::Emit(_) => "emit",
            Self::For(_) => "for",
            Self::Fork(_) => "fork",
            Self::Listen(_) => "listen",
            Self::Raise(_) => "raise",
            Self::RunContainer(_) => "run:container",
            Self::RunScript(_) => "run:script",
            Self::RunShell(_) => "run:shell",
            Self::RunWorkflow(_) => "run:workflow",
            Self::Set(_) => "set",
            Self::Switch(_) => "switch",
            Self::Try(_) => "try",
            Self::Wait(_) => "wait",
            Self::Broken => "broken",
        }
    }
}

/// `call` of a built-in service.
#[derive(Debug)]
pub struct Call {
    /// `with`, evaluated as one object. A named authentication stands in it as it is defined.
    pub with: Template,
}

/// `call: asyncapi`
#[derive(Debug)]
pub struct CallAsyncapi {
    /// `with` but for `subscription`, evaluated as one object.
    pub with: Template,
    /// `with.subscription`; a message is published if absent.
    pub subscription: Option<Subscription>,
}

/// Which messages a `call: asyncapi` takes.
#[derive(Debug)]
pub struct Subscription {
    /// `filter`
    pub filter: Option<Arc<Expression>>,
    /// When enough messages were taken.
    pub consume: Consume,
    /// `consume.for`
    pub limit: Option<DurationSpec>,
    /// What is done with each.
    pub foreach: Option<Foreach>,
}

/// When enough messages were taken.
#[derive(Debug)]
pub enum Consume {
    /// After so many.
    Amount(Template),
    /// When this does not hold after a message.
    While(Arc<Expression>),
    /// When this holds before a message.
    Until(Arc<Expression>),
}

/// `call` of a function.
#[derive(Debug)]
pub struct CallFunction {
    /// Where it is defined.
    pub function: Function,
    /// `with`: the function's input; an empty object if absent.
    pub with: Option<Template>,
}

/// Where a function is defined.
#[derive(Debug)]
pub enum Function {
    /// Under `use.functions`: a task whose reference is `/use/functions/name`.
    Own(TaskId),
    /// In a file of its own at this address.
    At(String),
    /// In a catalog.
    Cataloged {
        /// The endpoint of the catalog of `use.catalogs`; none for the default catalog of the host.
        catalog: Option<Template>,
        /// Where the function's file lies below it: `/functions/log/1.0.0/function.yaml`.
        path: String,
    },
}

/// `for`
#[derive(Debug)]
pub struct For {
    /// Name of the item's variable, with its `$`.
    pub each: Arc<str>,
    /// Name of the index's variable, with its `$`.
    pub at: Arc<str>,
    /// The collection.
    pub collection: Template,
    /// `while`
    pub condition: Option<Arc<Expression>>,
    /// `do`
    pub body: List,
}

/// `fork`
#[derive(Debug)]
pub struct Fork {
    /// One branch a task.
    pub branches: List,
    /// Whether the first to end wins.
    pub compete: bool,
}

/// `listen`
#[derive(Debug)]
pub struct Listen {
    /// Which events.
    pub strategy: Strategy,
    /// What is kept of each.
    pub read: Read,
    /// What is done with each.
    pub foreach: Option<Foreach>,
}

/// Which events a `listen` takes.
#[derive(Debug)]
pub enum Strategy {
    /// One for every filter.
    All(Vec<EventFilter>),
    /// Those of any filter; of all events, if there is no filter.
    Any(Vec<EventFilter>, Option<Until>),
    /// One event.
    One(EventFilter),
}

/// When a `listen.to.any` ends.
#[derive(Debug)]
pub enum Until {
    /// When this is true of the array of events taken so far.
    Condition(Arc<Expression>),
    /// When these events have come.
    Events(Box<Strategy>),
}

/// Which events match.
#[derive(Debug, Default)]
pub struct EventFilter {
    /// Attribute and what it must be.
    pub with: Vec<(String, Template)>,
    /// Correlation keys.
    pub correlate: Vec<Correlation>,
}

/// A correlation key.
#[derive(Debug)]
pub struct Correlation {
    /// Its name.
    pub key: Arc<str>,
    /// Its value in an event.
    pub from: Arc<Expression>,
    /// What it must be; that of the first event, if absent.
    pub expect: Option<Template>,
}

/// What is kept of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Read {
    /// Its data.
    #[default]
    Data,
    /// All of it.
    Envelope,
    /// As it came.
    Raw,
}

/// What is done with each event.
#[derive(Debug)]
pub struct Foreach {
    /// Name of the event's variable, with its `$`.
    pub item: Arc<str>,
    /// Name of the index's variable, with its `$`.
    pub at: Arc<str>,
    /// `do`
    pub body: List,
    /// `output`
    pub output: DataFlow,
    /// `export`
    pub export: DataFlow,
}

/// `run: shell` or `run: script`
#[derive(Debug)]
pub struct RunProcess {
    /// `shell` or `script`, evaluated as one object. A named authentication stands in it as it is
    /// defined.
    pub with: Template,
    /// `await`
    pub awaits: bool,
    /// `return`
    pub returns: Returns,
}

/// `run: container`
#[derive(Debug)]
pub struct RunContainer {
    /// `container` without its `lifetime`.
    pub process: RunProcess,
    /// `lifetime.cleanup`
    pub cleanup: Cleanup,
}

/// When a container is removed.
#[derive(Debug, Default)]
pub enum Cleanup {
    /// Never.
    #[default]
    Never,
    /// As soon as it ends.
    Always,
    /// So long after its end.
    Eventually(DurationSpec),
}

/// `run: workflow`
#[derive(Debug)]
pub struct RunWorkflow {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Version, or `latest`.
    pub version: String,
    /// Its input; the task's input if absent.
    pub input: Option<Template>,
    /// `await`
    pub awaits: bool,
    /// `return`
    pub returns: Returns,
}

/// What a process gives back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Returns {
    /// Its standard output.
    #[default]
    Stdout,
    /// Its standard error.
    Stderr,
    /// Its exit code.
    Code,
    /// All three.
    All,
    /// Nothing.
    None,
}

/// A case of a `switch`.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub name: Arc<str>,
    /// From its name to its end.
    pub span: Span,
    /// When it is taken; always, if absent.
    pub when: Option<Arc<Expression>>,
    /// Where the flow goes on.
    pub then: Then,
}

/// `try`
#[derive(Debug)]
pub struct Try {
    /// What is tried.
    pub body: List,
    /// `catch.errors.with`: members that the error must have.
    pub filter: Vec<(String, Template)>,
    /// Name of the error's variable, with its `$`.
    pub variable: Arc<str>,
    /// `catch.when`
    pub when: Option<Arc<Expression>>,
    /// `catch.exceptWhen`
    pub except_when: Option<Arc<Expression>>,
    /// `catch.retry`
    pub retry: Option<Retry>,
    /// `catch.do`
    pub handler: Option<List>,
    /// `catch.then`
    pub then: Option<Then>,
}

/// A retry policy.
#[derive(Clone, Debug, Default)]
pub struct Retry {
    /// Retry only if true.
    pub when: Option<Arc<Expression>>,
    /// Do not retry if true.
    pub except_when: Option<Arc<Expression>>,
    /// The base delay.
    pub delay: Option<DurationSpec>,
    /// How the delay grows.
    pub backoff: Backoff,
    /// Random addition, from and to.
    pub jitter: Option<(DurationSpec, DurationSpec)>,
    /// Most retries after the first attempt.
    pub count: Option<u64>,
    /// Longest time for an attempt.
    pub attempt_duration: Option<DurationSpec>,
    /// Longest time for all attempts with their delays.
    pub duration: Option<DurationSpec>,
}

/// How a retry's delay grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backoff {
    /// d, d, d
    #[default]
    Constant,
    /// d, 2d, 3d
    Linear,
    /// d, 2d, 4d
    Exponential,
}
