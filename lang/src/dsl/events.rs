//! Events: what they carry, which are consumed, and what is done with each.

use super::{
    Choices, Object, Others, Rule, Shape, choice,
    data_flow::{EXPORT, OUTPUT},
    only, optional, required,
    tasks::TASKS,
};

/// What of an event is handed on.
pub(super) static READ_MODES: Choices = only(&[
    choice("data", "The event's data alone."),
    choice("envelope", "The whole event: its attributes and its data."),
    choice("raw", "The event's data as it arrived, undecoded."),
]);

macro_rules! event_properties {
    ($type:expr) => {
        &[
            $type,
            optional("source", Shape::Uri, "Where the event comes from, as a URI; the runtime makes one if it is left out."),
            optional("id", Shape::Text, "What tells the event from all others of its source; the runtime makes one if it is left out."),
            optional("time", Shape::Text, "When the event happened, as an RFC 3339 time."),
            optional("subject", Shape::Text, "What the event is about, within its source."),
            optional("datacontenttype", Shape::MediaType, "The media type of the data."),
            optional("dataschema", Shape::Uri, "The schema of the data, as a URI."),
            optional("data", Shape::Data, "What the event carries."),
        ]
    };
}

/// An event that is published.
pub(super) static EMITTED_EVENT: Object = Object::new(
    "event",
    "The attributes of the CloudEvent to publish; other keys are extension attributes.",
    "DSL Reference: Event Properties",
    event_properties!(required("type", Shape::Text, "What kind of event it is, such as `com.example.order.placed.v1`.")),
)
.others(Others::Allowed(&Shape::Data));

static FILTER_ATTRIBUTES: Object = Object::new(
    "event attributes",
    "The attributes that an event must have: constants, regular expressions or runtime expressions; other keys are extension attributes.",
    "DSL Reference: Event Properties",
    event_properties!(optional("type", Shape::Text, "What kind of event it must be.")),
)
.others(Others::Allowed(&Shape::Data))
.rules(&[Rule::NotEmpty]);

/// Which events a listener consumes.
pub(super) static STRATEGY: Object = Object::new(
    "event consumption strategy",
    "Which events are consumed: all of several, any of several, or one.",
    "DSL Reference: Event Consumption Strategy",
    &[
        optional("all", Shape::List(&Shape::Object(&FILTER)), "Waits until every one of these filters has matched an event."),
        optional(
            "any",
            Shape::List(&Shape::Object(&FILTER)),
            "Waits for an event that any of these filters matches; an empty list matches every event.",
        ),
        optional("one", Shape::Object(&FILTER), "Waits for one event that this filter matches."),
        optional(
            "until",
            Shape::OneOf(&[Shape::Expression, Shape::Object(&UNTIL)]),
            "With `any`: goes on consuming until this holds, or until these events arrive.",
        ),
    ],
)
.rules(&[Rule::ExactlyOne(&["all", "any", "one"]), Rule::Needs("until", "any")]);

static UNTIL: Object = Object::new(
    "event consumption strategy",
    "The events that end the listening: all of several, any of several, or one.",
    "DSL Reference: Event Consumption Strategy",
    &[
        optional("all", Shape::List(&Shape::Object(&FILTER)), "Ends when every one of these filters has matched an event."),
        optional("any", Shape::List(&Shape::Object(&FILTER)), "Ends at an event that any of these filters matches."),
        optional("one", Shape::Object(&FILTER), "Ends at an event that this filter matches."),
    ],
)
.rules(&[Rule::ExactlyOne(&["all", "any", "one"])]);

static FILTER: Object = Object::new(
    "event filter",
    "Which events are meant.",
    "DSL Reference: Event Filter",
    &[
        required("with", Shape::Object(&FILTER_ATTRIBUTES), "The attributes that an event must have."),
        optional("correlate", Shape::Map(&Shape::Object(&CORRELATION)), "Values by which events are matched to this execution."),
    ],
);

static CORRELATION: Object = Object::new(
    "correlation",
    "A value by which events are matched to this execution.",
    "DSL Reference: Correlation",
    &[
        required("from", Shape::Expression, "Takes the value out of an event."),
        optional("expect", Shape::Text, "The value that is wanted; without it, the first one found is."),
    ],
)
.others(Others::Ignored);

/// What is done with each consumed item.
pub(super) static ITERATOR: Object = Object::new(
    "subscription iterator",
    "What is done with each consumed item, one after the other.",
    "DSL Reference: Subscription Iterator",
    &[
        optional("item", Shape::Variable, "The variable that holds the item.").default("item"),
        optional("at", Shape::Variable, "The variable that holds the item's position, from 0.").default("index"),
        optional("do", TASKS, "The tasks to run for the item."),
        optional("output", Shape::Object(&OUTPUT), "Shapes what is kept of the item."),
        optional("export", Shape::Object(&EXPORT), "Replaces the workflow's context after the item."),
    ],
);
