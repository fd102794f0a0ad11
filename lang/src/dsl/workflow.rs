//! The workflow itself, its description and how its expressions are evaluated.

use super::{
    Choices, Object, Others, Shape, Support, choice,
    components::USE,
    data_flow::{INPUT, OUTPUT},
    errors::TIMEOUT_SHAPE,
    only, optional, required,
    schedule::SCHEDULE,
    tasks::TASKS,
};

/// The whole file.
pub static WORKFLOW: Object = Object::new(
    "workflow",
    "A workflow: what it is called, what it takes and gives, and the tasks that it runs.",
    "DSL Reference: Workflow",
    &[
        required("document", Shape::Object(&DOCUMENT), "Says which workflow this is and which DSL it is written in."),
        optional("input", Shape::Object(&INPUT), "Validates what the workflow is started with, and shapes it for the first task."),
        optional("use", Shape::Object(&USE), "Defines components that tasks refer to by name."),
        required("do", TASKS, "The tasks that the workflow runs, one after the other."),
        optional(
            "timeout",
            TIMEOUT_SHAPE,
            "How long the whole workflow may take: a timeout of its own or the name of one under `use.timeouts`.",
        ),
        optional("output", Shape::Object(&OUTPUT), "Shapes what the last task gave into the result of the workflow, and validates it."),
        optional("schedule", Shape::Object(&SCHEDULE), "Starts the workflow at times or on events."),
        optional(
            "evaluate",
            Shape::Object(&EVALUATE),
            "Says in which language expressions are written, and which strings are expressions.",
        ),
    ],
)
.others(Others::Ignored);

static DOCUMENT: Object = Object::new(
    "document",
    "Says which workflow this is and which DSL it is written in.",
    "DSL Reference: Document",
    &[
        required("dsl", Shape::SemVer, "The version of the DSL that the file is written in, such as \"1.0.3\"."),
        required("namespace", Shape::Name, "The group that the workflow belongs to."),
        required("name", Shape::Name, "The name of the workflow, unique in its namespace."),
        required("version", Shape::SemVer, "The version of the workflow itself."),
        optional("title", Shape::String, "A title for people."),
        optional("summary", Shape::String, "A description for people, in Markdown."),
        optional("tags", Shape::AnyMap, "Keys and values by which workflows are found and grouped."),
        optional("metadata", Shape::AnyMap, "Further facts for tools; they have no effect on the execution."),
    ],
);

static EVALUATE: Object = Object::new(
    "expression evaluation",
    "Says in which language expressions are written, and which strings are expressions.",
    "DSL Reference: Evaluate",
    &[
        optional("language", Shape::Choice(&LANGUAGES), "The language of the workflow's expressions.").default("jq"),
        optional("mode", Shape::Choice(&MODES), "Which strings are taken for expressions.").default("strict"),
    ],
);

static LANGUAGES: Choices = Choices {
    values: &[
        choice("jq", "The jq language; every runtime must know it."),
        choice("js", "JavaScript; `$` is the data, the other arguments have their names."),
    ],
    others: Some(Support::NotYet("expressions in a language other than jq and js")),
};

static MODES: Choices = only(&[
    choice("strict", "Only strings that stand in `${ }` are expressions."),
    choice("loose", "Every string is tried as an expression, and kept as it is if that fails."),
]);
