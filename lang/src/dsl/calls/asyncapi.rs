//! Arguments of AsyncAPI calls.

use crate::dsl::{
    Choices, Object, Rule, Shape, authentication::AUTHENTICATION_USE, choice, events::ITERATOR, only, optional, required,
    resources::EXTERNAL_RESOURCE,
};

pub(super) static ARGUMENTS: Object = Object::new(
    "AsyncAPI call arguments",
    "The operation, and the message to publish or the messages to consume.",
    "DSL Reference: AsyncAPI Call",
    &[
        required("document", Shape::Object(&EXTERNAL_RESOURCE), "The AsyncAPI document."),
        optional("operation", Shape::Text, "The operation in the document, for AsyncAPI 3."),
        optional("channel", Shape::Text, "The channel in the document, for AsyncAPI 2."),
        optional("server", Shape::Object(&SERVER), "Which of the document's servers to use."),
        optional("protocol", Shape::Choice(&PROTOCOLS), "The protocol by which to choose a server."),
        optional("message", Shape::Object(&MESSAGE), "The message to publish."),
        optional("subscription", Shape::Object(&SUBSCRIPTION), "The messages to consume."),
        optional("authentication", Shape::Object(&AUTHENTICATION_USE), "How to authenticate at the server."),
    ],
)
.rules(&[Rule::ExactlyOne(&["operation", "channel"]), Rule::ExactlyOne(&["message", "subscription"])]);

static PROTOCOLS: Choices = only(&[
    choice("amqp", "AMQP 0-9-1.").not_yet("messages over AMQP 0-9-1"),
    choice("amqp1", "AMQP 1.0.").not_yet("messages over AMQP 1.0"),
    choice("anypointmq", "Anypoint MQ.").not_yet("messages over Anypoint MQ"),
    choice("googlepubsub", "Google Cloud Pub/Sub.").not_yet("messages over Google Cloud Pub/Sub"),
    choice("http", "HTTP."),
    choice("ibmmq", "IBM MQ.").not_yet("messages over IBM MQ"),
    choice("jms", "Java Message Service.").not_yet("messages over Java Message Service"),
    choice("kafka", "Apache Kafka.").not_yet("messages over Apache Kafka"),
    choice("mercure", "Mercure.").not_yet("messages over Mercure"),
    choice("mqtt", "MQTT."),
    choice("mqtt5", "MQTT 5."),
    choice("nats", "NATS."),
    choice("pulsar", "Apache Pulsar.").not_yet("messages over Apache Pulsar"),
    choice("redis", "Redis.").not_yet("messages over Redis"),
    choice("sns", "Amazon Simple Notification Service.").not_yet("messages over Amazon Simple Notification Service"),
    choice("solace", "Solace.").not_yet("messages over Solace"),
    choice("sqs", "Amazon Simple Queue Service.").not_yet("messages over Amazon Simple Queue Service"),
    choice("stomp", "STOMP.").not_yet("messages over STOMP"),
    choice("ws", "WebSocket."),
]);

static SERVER: Object = Object::new(
    "AsyncAPI server",
    "Which of the document's servers to use.",
    "DSL Reference: AsyncAPI Server",
    &[
        required("name", Shape::Text, "The server's name in the document."),
        optional("variables", Shape::DataMap, "Values for the variables in the server's address."),
    ],
);

static MESSAGE: Object = Object::new(
    "AsyncAPI message",
    "The message to publish.",
    "DSL Reference: AsyncAPI Outbound Message",
    &[optional("payload", Shape::DataMap, "The message's content."), optional("headers", Shape::DataMap, "The message's headers.")],
);

static SUBSCRIPTION: Object = Object::new(
    "AsyncAPI subscription",
    "The messages to consume.",
    "DSL Reference: AsyncAPI Subscription",
    &[
        optional("filter", Shape::Wrapped, "Consumes only messages for which this holds."),
        required("consume", Shape::Object(&CONSUME), "When enough messages are consumed."),
        optional("foreach", Shape::Object(&ITERATOR), "What is done with each message."),
    ],
);

static CONSUME: Object = Object::new(
    "consumption policy",
    "When enough messages are consumed.",
    "DSL Reference: AsyncAPI Subscription",
    &[
        optional("amount", Shape::Integer, "Ends after this many messages."),
        optional("while", Shape::Wrapped, "Goes on as long as this holds after a message."),
        optional("until", Shape::Wrapped, "Goes on until this holds before a message."),
        optional("for", Shape::Duration, "Ends after this time at the latest."),
    ],
)
.rules(&[Rule::ExactlyOne(&["amount", "while", "until"])]);
