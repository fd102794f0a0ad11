//! When workflows start by themselves.

use super::{
    Object, Rule, Shape,
    events::{READ_MODES, STRATEGY},
    optional,
};

pub(super) static SCHEDULE: Object = Object::new(
    "schedule",
    "Starts the workflow at times or on events.",
    "DSL Reference: Schedule",
    &[
        optional("every", Shape::Duration, "Starts an execution each time this long has passed, even if the last one still runs."),
        optional("cron", Shape::Cron, "Starts an execution at the times of a cron expression, such as `0 0 * * *` for every midnight."),
        optional("after", Shape::Duration, "Starts the next execution this long after the last one has ended."),
        optional("on", Shape::Object(&STRATEGY), "Starts an execution when events arrive; they are its input."),
        optional("read", Shape::Choice(&READ_MODES), "What of each event becomes input.").default("data").main(),
    ],
)
.rules(&[Rule::Needs("read", "on")]);
