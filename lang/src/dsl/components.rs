//! What `use` defines: components that tasks refer to by name.

use super::{
    Choices, Named, Object, Shape,
    authentication::AUTHENTICATION,
    choice,
    errors::{ERROR, RETRY, TIMEOUT},
    only, optional, required,
    resources::ENDPOINT_SHAPE,
    tasks::TASKS,
};

pub(super) static USE: Object = Object::new(
    "reusable components",
    "Defines components that tasks refer to by name.",
    "DSL Reference: Use",
    &[
        optional("errors", Shape::Map(&Shape::Object(&ERROR)), "Errors that `raise` can name."),
        optional("retries", Shape::Map(&Shape::Object(&RETRY)), "Retry policies that `catch.retry` can name."),
        optional("timeouts", Shape::Map(&Shape::Object(&TIMEOUT)), "Timeouts that workflow and tasks can name."),
        optional("functions", Shape::Map(&Shape::Task), "Tasks that `call` can name."),
        optional("authentications", Shape::Map(&Shape::Object(&AUTHENTICATION)), "Ways to authenticate that endpoints can name."),
        optional("secrets", Shape::List(&Shape::String), "The names of the secrets that the workflow may read as `$secrets`."),
        optional("extensions", Shape::Named(&EXTENSIONS), "Tasks that run before or after every task of some kind."),
        optional("catalogs", Shape::Map(&Shape::Object(&CATALOG)), "Places from which functions of others are taken."),
    ],
);

static EXTENSIONS: Named = Named { entry: "extension", shape: Shape::Object(&EXTENSION), may_be_empty: true };

static EXTENSION: Object = Object::new(
    "extension",
    "Runs tasks before or after every task of some kind.",
    "DSL Reference: Extension",
    &[
        required("extend", Shape::Choice(&TARGETS), "The kind of task to extend."),
        optional("when", Shape::Expression, "Whether the extension applies to a task that is about to run."),
        optional("before", TASKS, "The tasks that run before the extended one; `then: exit` among them skips it."),
        optional("after", TASKS, "The tasks that run after the extended one."),
    ],
);

static TARGETS: Choices = only(&[
    choice("all", "Every task."),
    choice("call", "Tasks that call a service or function."),
    choice("composite", "Tasks that are made of other tasks."),
    choice("emit", "Tasks that publish an event."),
    choice("for", "Loops."),
    choice("listen", "Tasks that wait for events."),
    choice("raise", "Tasks that raise an error."),
    choice("run", "Tasks that run a process."),
    choice("set", "Tasks that set data."),
    choice("switch", "Tasks that choose where to go on."),
    choice("try", "Tasks that handle errors."),
    choice("wait", "Tasks that wait for a time."),
]);

static CATALOG: Object = Object::new(
    "catalog",
    "A place from which functions of others are taken.",
    "DSL Reference: Catalog",
    &[required("endpoint", ENDPOINT_SHAPE, "The address of the catalog's root.")],
);
