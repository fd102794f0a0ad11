//! Arguments of HTTP and OpenAPI calls.

use crate::dsl::{
    Choices, Object, Shape,
    authentication::AUTHENTICATION_USE,
    choice, only, optional, required,
    resources::{ENDPOINT_SHAPE, EXTERNAL_RESOURCE},
};

const STRINGS: Shape = Shape::OneOf(&[Shape::Map(&Shape::Scalar), Shape::Wrapped]);

pub(super) static ARGUMENTS: Object = Object::new(
    "HTTP call arguments",
    "The request to send, and what to make of the response.",
    "DSL Reference: HTTP Call",
    &[
        required("method", Shape::Text, "The HTTP method, such as `get` or `post`."),
        required("endpoint", ENDPOINT_SHAPE, "The address to send the request to; `{name}` in it is replaced by that member of the input."),
        optional("headers", STRINGS, "The request's headers: a mapping, or an expression in `${ }` that gives one."),
        optional("query", STRINGS, "Query parameters: a mapping, or an expression in `${ }` that gives one."),
        optional("body", Shape::Data, "The request's body."),
        optional("output", Shape::Choice(&OUTPUTS), "What of the response becomes the task's output.").default("content"),
        optional("redirect", Shape::Bool, "Whether a response with a status from 300 to 399 counts as a success.").default("false"),
    ],
);

static OUTPUTS: Choices = only(&[
    choice("content", "The body, decoded if it is JSON."),
    choice("raw", "The body in Base64."),
    choice("response", "The whole exchange: request, status code, headers and content."),
]);

pub(super) static OPENAPI_ARGUMENTS: Object = Object::new(
    "OpenAPI call arguments",
    "The operation to call, and what to make of the response.",
    "DSL Reference: OpenAPI Call",
    &[
        required("document", Shape::Object(&EXTERNAL_RESOURCE), "The OpenAPI document."),
        required("operationId", Shape::Text, "The id of the operation in the document."),
        optional("parameters", Shape::DataMap, "The operation's parameters by name."),
        optional("authentication", Shape::Object(&AUTHENTICATION_USE), "How to authenticate at the service."),
        optional("output", Shape::Choice(&OUTPUTS), "What of the response becomes the task's output.").default("content"),
        optional("redirect", Shape::Bool, "Whether a response with a status from 300 to 399 counts as a success.").default("false"),
    ],
);
