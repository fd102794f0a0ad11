//! Errors, how they are matched and retried, timeouts and durations.

use super::{Component, Object, Others, Rule, Shape, optional, required};

/// An error as raised: RFC 7807 problem details.
pub(super) static ERROR: Object = Object::new(
    "error",
    "An error as problem details (RFC 7807).",
    "DSL Reference: Error",
    &[
        required("type", Shape::Uri, "A URI that says what kind of error it is."),
        required("status", Shape::OneOf(&[Shape::Integer, Shape::Wrapped]), "A status code, with the meaning that it has in HTTP."),
        optional("instance", Shape::Text, "A JSON pointer to where the error came from; the runtime sets it."),
        optional("title", Shape::Text, "A short summary for people."),
        optional("detail", Shape::Text, "What happened this time."),
    ],
);

pub(super) static ERROR_FILTER: Object = Object::new(
    "error filter",
    "The values that an error must have to be caught.",
    "DSL Reference: Error Filter",
    &[
        optional("type", Shape::String, "The error's type must be this URI."),
        optional("status", Shape::Integer, "The error's status must be this number."),
        optional("instance", Shape::String, "The error must come from this place."),
        optional("title", Shape::String, "The error must have this title."),
        optional("detail", Shape::String, "The error must have this detail.").main(),
        optional("details", Shape::String, "The error must have this detail.").instead("detail"),
    ],
)
.others(Others::Ignored)
.rules(&[Rule::NotEmpty]);

pub(super) static RETRY: Object = Object::new(
    "retry policy",
    "When, how often and how fast failed tasks are tried again.",
    "DSL Reference: Retry",
    &[
        optional("when", Shape::Expression, "Retries only if this holds."),
        optional("exceptWhen", Shape::Expression, "Does not retry if this holds."),
        optional("delay", Shape::Duration, "How long to wait before an attempt."),
        optional("backoff", Shape::Object(&BACKOFF), "How the delay grows from attempt to attempt."),
        optional("limit", Shape::Object(&RETRY_LIMIT), "When to give up."),
        optional("jitter", Shape::Object(&JITTER), "A random time that is added to each delay."),
    ],
);

static BACKOFF: Object = Object::new(
    "backoff",
    "How the delay grows from attempt to attempt.",
    "DSL Reference: Backoff",
    &[
        optional("constant", Shape::AnyMap, "The delay stays the same; written `constant: {}`."),
        optional("linear", Shape::AnyMap, "The delay grows by itself each time; written `linear: {}`."),
        optional("exponential", Shape::AnyMap, "The delay doubles each time; written `exponential: {}`."),
    ],
)
.rules(&[Rule::ExactlyOne(&["constant", "linear", "exponential"])]);

static RETRY_LIMIT: Object = Object::new(
    "retry limit",
    "When to give up.",
    "DSL Reference: Retry Limit",
    &[
        optional("attempt", Shape::Object(&ATTEMPT_LIMIT), "Limits of the attempts."),
        optional("duration", Shape::Duration, "How long all attempts may take together."),
    ],
);

static ATTEMPT_LIMIT: Object = Object::new(
    "attempt limit",
    "Limits of the attempts.",
    "DSL Reference: Retry Limit",
    &[
        optional("count", Shape::Integer, "How many times to try again."),
        optional("duration", Shape::Duration, "How long each attempt may take."),
    ],
);

static JITTER: Object = Object::new(
    "jitter",
    "A random time that is added to each delay.",
    "DSL Reference: Jitter",
    &[required("from", Shape::Duration, "The least that is added."), required("to", Shape::Duration, "The most that is added.")],
);

/// A timeout, or the name of one.
pub(super) const TIMEOUT_SHAPE: Shape = Shape::OneOf(&[Shape::Object(&TIMEOUT), Shape::Component(Component::Timeout)]);

pub(super) static TIMEOUT: Object = Object::new(
    "timeout",
    "How long something may take before it faults with a timeout error.",
    "DSL Reference: Timeout",
    &[required("after", Shape::Duration, "The time after which it is interrupted.")],
);

/// A duration in units; they add up.
pub static DURATION: Object = Object::new(
    "duration",
    "A time span; the units add up.",
    "DSL Reference: Duration",
    &[
        optional("days", Shape::Integer, "Days of 24 hours."),
        optional("hours", Shape::Integer, "Hours."),
        optional("minutes", Shape::Integer, "Minutes."),
        optional("seconds", Shape::Integer, "Seconds."),
        optional("milliseconds", Shape::Integer, "Thousandths of a second."),
    ],
)
.rules(&[Rule::NotEmpty]);
