//! `run`: processes that a task can run.

use super::{Choices, Object, Others, Rule, Shape, Support, choice, only, optional, required, resources::EXTERNAL_RESOURCE};

pub(super) static RUN: Object = Object::new(
    "process",
    "The process to run: a container, a script, a shell command or a workflow.",
    "DSL Reference: Run",
    &[
        optional("shell", Shape::Object(&SHELL), "Runs a shell command."),
        optional("workflow", Shape::Object(&SUB_WORKFLOW), "Runs another workflow."),
        optional("container", Shape::Object(&CONTAINER), "Runs a container."),
        optional("script", Shape::Object(&SCRIPT), "Runs a script."),
        optional("await", Shape::Bool, "Whether to wait for the process to end.").default("true"),
        optional("return", Shape::Choice(&RETURNS), "What of the process becomes the task's output.").default("stdout"),
    ],
)
.rules(&[Rule::ExactlyOne(&["shell", "workflow", "container", "script"])]);

static RETURNS: Choices = only(&[
    choice("stdout", "What it wrote to its standard output."),
    choice("stderr", "What it wrote to its standard error."),
    choice("code", "Its exit code."),
    choice("all", "All three: `code`, `stdout` and `stderr`."),
    choice("none", "Nothing."),
]);

static SHELL: Object = Object::new(
    "shell command",
    "Runs a shell command.",
    "DSL Reference: Shell Process",
    &[
        required("command", Shape::Text, "The command to run."),
        optional("arguments", Shape::List(&Shape::Text), "Arguments; the command sees them as `$1`, `$2` and so on."),
        optional("environment", Shape::DataMap, "Environment variables of the process."),
        optional("stdin", Shape::Text, "What the process reads from its standard input."),
    ],
);

static SUB_WORKFLOW: Object = Object::new(
    "sub-workflow",
    "Runs another workflow.",
    "DSL Reference: Workflow Process",
    &[
        required("namespace", Shape::Text, "The namespace of the workflow."),
        required("name", Shape::Text, "The name of the workflow."),
        required("version", Shape::Text, "The version of the workflow; `latest` takes the newest."),
        optional("input", Shape::OneOf(&[Shape::DataMap, Shape::Wrapped]), "What the workflow is started with."),
    ],
);

static SCRIPT: Object = Object::new(
    "script",
    "Runs a script.",
    "DSL Reference: Script Process",
    &[
        required("language", Shape::Choice(&SCRIPT_LANGUAGES), "The language of the script."),
        optional("code", Shape::Text, "The script itself."),
        optional("source", Shape::Object(&EXTERNAL_RESOURCE), "Where the script is found."),
        optional("arguments", Shape::List(&Shape::Text), "Arguments of the script."),
        optional("environment", Shape::DataMap, "Environment variables of the process."),
        optional("stdin", Shape::Text, "What the script reads from its standard input."),
    ],
)
.rules(&[Rule::ExactlyOne(&["code", "source"])]);

static SCRIPT_LANGUAGES: Choices = Choices {
    values: &[
        choice("js", "JavaScript, run by Node.js."),
        choice("python", "Python 3."),
        choice("javascript", "JavaScript, as the documentation of 1.0.3 called it.").instead("js"),
    ],
    others: Some(Support::NotYet("scripts in a language other than js and python")),
};

static CONTAINER: Object = Object::new(
    "container",
    "Runs a container.",
    "DSL Reference: Container Process",
    &[
        required("image", Shape::Text, "The image to run."),
        optional("name", Shape::Text, "A name for the container."),
        optional("command", Shape::Text, "The command to run in the container."),
        optional("arguments", Shape::List(&Shape::Text), "Arguments of the command."),
        optional("environment", Shape::DataMap, "Environment variables of the process."),
        optional("stdin", Shape::Text, "What the process reads from its standard input."),
        optional("ports", Shape::DataMap, "Which port of the host leads to which port of the container."),
        optional("volumes", Shape::DataMap, "Which folder of the host is seen where in the container."),
        optional("lifetime", Shape::Object(&LIFETIME), "When the container is removed."),
        optional("pullPolicy", Shape::Choice(&PULL_POLICIES), "When the image is fetched.").default("ifNotPresent"),
    ],
)
.others(Others::Forbidden);

static PULL_POLICIES: Choices = only(&[
    choice("ifNotPresent", "If it is not there yet."),
    choice("always", "Every time."),
    choice("never", "Never: it must be there."),
]);

static LIFETIME: Object = Object::new(
    "container lifetime",
    "When the container is removed.",
    "DSL Reference: Container Lifetime",
    &[
        required("cleanup", Shape::Choice(&CLEANUPS), "When the container is removed.").default("never"),
        optional("after", Shape::Duration, "How long after its end the container is removed, with `cleanup: eventually`."),
    ],
)
.rules(&[Rule::Pairs("cleanup", "eventually", "after")]);

static CLEANUPS: Choices = only(&[
    choice("always", "As soon as it ends."),
    choice("never", "Never."),
    choice("eventually", "Some time after it ends; `after` says when."),
]);
