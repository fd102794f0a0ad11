//! The tasks: what all have in common, and each kind.

use super::{
    Component, Named, Object, Others, Shape, Since, Support,
    calls::CALL,
    data_flow::{EXPORT, INPUT, OUTPUT},
    errors::{ERROR, ERROR_FILTER, RETRY, TIMEOUT_SHAPE},
    events::{EMITTED_EVENT, ITERATOR, READ_MODES, STRATEGY},
    optional, required,
    run::RUN,
};

/// A kind of task.
#[derive(Debug)]
pub struct TaskKind {
    /// The key that makes a task one of this kind.
    pub keyword: &'static str,
    /// Its properties, without those that all tasks have.
    pub object: &'static Object,
}

/// A list of named tasks.
pub(super) const TASKS: Shape = Shape::Named(&TASK_LIST);
static TASK_LIST: Named = Named { entry: "task", shape: Shape::Task, may_be_empty: true };

/// Every kind of task.
pub static TASK_KINDS: &[TaskKind] = &[
    TaskKind { keyword: "set", object: &SET },
    TaskKind { keyword: "call", object: &CALL },
    TaskKind { keyword: "run", object: &RUN_TASK },
    TaskKind { keyword: "do", object: &DO },
    TaskKind { keyword: "switch", object: &SWITCH },
    TaskKind { keyword: "for", object: &FOR },
    TaskKind { keyword: "fork", object: &FORK },
    TaskKind { keyword: "try", object: &TRY },
    TaskKind { keyword: "raise", object: &RAISE },
    TaskKind { keyword: "wait", object: &WAIT },
    TaskKind { keyword: "emit", object: &EMIT },
    TaskKind { keyword: "listen", object: &LISTEN },
];

/// A task of no kind: what is known of a task before its keyword is written.
pub static TASK: Object = Object::new("task", "A unit of work.", "DSL Reference: Task", &[]);

/// What all tasks have.
pub static TASK_COMMON: Object = Object::new(
    "task",
    "What all tasks have.",
    "DSL Reference: Task",
    &[
        optional("if", Shape::Expression, "Runs the task only if this holds; otherwise its input goes on as its output."),
        optional("input", Shape::Object(&INPUT), "Validates the task's input, and shapes it."),
        optional("output", Shape::Object(&OUTPUT), "Shapes the task's output, and validates it."),
        optional("export", Shape::Object(&EXPORT), "Replaces the workflow's context after the task."),
        optional("timeout", TIMEOUT_SHAPE, "How long the task may take: a timeout of its own or the name of one under `use.timeouts`."),
        optional("then", Shape::Target, "Where to go on after the task: `continue`, `exit`, `end`, or a task of the same list.")
            .default("continue"),
        optional("metadata", Shape::AnyMap, "Further facts for tools; they have no effect on the execution."),
    ],
);

static SET: Object = Object::new(
    "set task",
    "Gives data as its output; the input is replaced, not merged.",
    "DSL Reference: Set",
    &[required(
        "set",
        Shape::OneOf(&[Shape::FilledDataMap, Shape::Text]),
        "The data: a mapping with expressions in it, or one expression.",
    )],
);

static DO: Object = Object::new(
    "do task",
    "Runs tasks one after the other; each one's output is the next one's input.",
    "DSL Reference: Do",
    &[required("do", TASKS, "The tasks to run, one after the other.")],
);

static RUN_TASK: Object = Object::new(
    "run task",
    "Runs a process: a shell command, a script, a container or another workflow.",
    "DSL Reference: Run",
    &[required("run", Shape::Object(&RUN), "The process to run.")],
);

static SWITCH: Object = Object::new(
    "switch task",
    "Goes on at the first case whose condition holds.",
    "DSL Reference: Switch",
    &[required("switch", Shape::Named(&CASES), "The cases, in the order in which they are tried.")],
);

static CASES: Named = Named { entry: "case", shape: Shape::Object(&SWITCH_CASE), may_be_empty: false };

/// A case of a `switch`.
pub static SWITCH_CASE: Object = Object::new(
    "switch case",
    "Where to go on if a condition holds.",
    "DSL Reference: Switch Case",
    &[
        optional("when", Shape::Expression, "The condition; a case without one always matches."),
        required("then", Shape::Target, "Where to go on: `continue`, `exit`, `end`, or a task of the list that holds the switch."),
    ],
);

static FOR: Object = Object::new(
    "for task",
    "Runs tasks for each item of a collection; each round's output is the next one's input.",
    "DSL Reference: For",
    &[
        required("for", Shape::Object(&LOOP), "The collection and the names of the loop's variables."),
        optional("while", Shape::Expression, "Goes on only as long as this holds before a round."),
        required("do", TASKS, "The tasks to run for each item."),
    ],
);

static LOOP: Object = Object::new(
    "loop",
    "The collection and the names of the loop's variables.",
    "DSL Reference: For",
    &[
        optional("each", Shape::Variable, "The variable that holds the item.").default("item"),
        required(
            "in",
            Shape::OneOf(&[Shape::Expression, Shape::ObjectList]),
            "An expression that gives the collection, or an inline list of mappings.",
        ),
        optional("at", Shape::Variable, "The variable that holds the item's position, from 0.").default("index"),
    ],
);

static FORK: Object = Object::new(
    "fork task",
    "Runs tasks side by side.",
    "DSL Reference: Fork",
    &[required("fork", Shape::Object(&BRANCHES), "The branches to run side by side.")],
);

static BRANCHES: Object = Object::new(
    "branches",
    "The branches to run side by side.",
    "DSL Reference: Fork",
    &[
        required("branches", TASKS, "The branches, each a task; the output is the list of theirs, in this order."),
        optional("compete", Shape::Bool, "Whether the branches race: the first to end gives the output, the others are cancelled.")
            .default("false"),
    ],
);

static TRY: Object = Object::new(
    "try task",
    "Runs tasks, and handles or retries their errors.",
    "DSL Reference: Try",
    &[required("try", TASKS, "The tasks to run."), required("catch", Shape::Object(&CATCH), "Which errors are handled, and how.")],
);

static CATCH: Object = Object::new(
    "catch",
    "Which errors are handled, and how.",
    "DSL Reference: Catch",
    &[
        optional("errors", Shape::Object(&CAUGHT), "The errors that are handled; all of them, if left out."),
        optional("as", Shape::Variable, "The variable that holds the error.").default("error"),
        optional("when", Shape::Expression, "Handles an error only if this holds."),
        optional("exceptWhen", Shape::Expression, "Does not handle an error if this holds."),
        optional(
            "retry",
            Shape::OneOf(&[Shape::Object(&RETRY), Shape::Component(Component::Retry)]),
            "Whether and how to try again: a policy of its own or the name of one under `use.retries`.",
        ),
        optional("do", TASKS, "The tasks to run when an error is handled."),
        optional("then", Shape::Target, "Where to go on after an error was handled.").main(),
    ],
);

static CAUGHT: Object = Object::new(
    "caught errors",
    "The errors that are handled.",
    "DSL Reference: Catch",
    &[optional("with", Shape::Object(&ERROR_FILTER), "The values that an error must have.")],
)
.others(Others::Ignored);

static RAISE: Object = Object::new(
    "raise task",
    "Raises an error.",
    "DSL Reference: Raise",
    &[required("raise", Shape::Object(&RAISED), "The error to raise.")],
);

static RAISED: Object = Object::new(
    "raised error",
    "The error to raise.",
    "DSL Reference: Raise",
    &[required(
        "error",
        Shape::OneOf(&[Shape::Object(&ERROR), Shape::Component(Component::Error)]),
        "An error of its own, or the name of one under `use.errors`.",
    )],
);

static WAIT: Object =
    Object::new("wait task", "Waits for a time.", "DSL Reference: Wait", &[required("wait", Shape::Duration, "How long to wait.")]);

static EMIT: Object = Object::new(
    "emit task",
    "Publishes an event.",
    "DSL Reference: Emit",
    &[required("emit", Shape::Object(&EMISSION), "The event to publish.")],
);

static EMISSION: Object = Object::new(
    "emission",
    "The event to publish.",
    "DSL Reference: Emit",
    &[required("event", Shape::Object(&EVENT), "The event to publish.")],
);

static EVENT: Object = Object::new(
    "emitted event",
    "The event to publish.",
    "DSL Reference: Emit",
    &[optional("with", Shape::Object(&EMITTED_EVENT), "The attributes of the event.")],
)
.others(Others::Ignored);

static LISTEN: Object = Object::new(
    "listen task",
    "Waits for events; its output is the list of those that were consumed.",
    "DSL Reference: Listen",
    &[
        required("listen", Shape::Object(&LISTENER), "Which events to wait for."),
        optional("foreach", Shape::Object(&ITERATOR), "What is done with each event, one after the other."),
    ],
);

static LISTENER: Object = Object::new(
    "listener",
    "Which events to wait for.",
    "DSL Reference: Listen",
    &[
        required("to", Shape::Object(&STRATEGY), "Which events are consumed: all of several, any of several, or one."),
        optional("read", Shape::Choice(&READ_MODES), "What of each event is kept.").default("data"),
    ],
);

impl TaskKind {
    /// Whether tasks of this kind run.
    #[must_use]
    pub fn support(&self) -> Support {
        self.object.property(self.keyword).map_or(Support::Full, |property| property.support)
    }

    /// Where this kind is defined.
    #[must_use]
    pub fn since(&self) -> Since {
        self.object.property(self.keyword).map_or(Since::Released, |property| property.since)
    }

    /// What tasks of this kind do.
    #[must_use]
    pub fn doc(&self) -> &'static str {
        self.object.doc
    }

    /// The kind with this keyword.
    #[must_use]
    pub fn of(keyword: &str) -> Option<&'static Self> {
        TASK_KINDS.iter().find(|kind| kind.keyword == keyword)
    }
}
