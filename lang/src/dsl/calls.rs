//! `call`: services that a task can call, each with its arguments.

mod agents;
mod asyncapi;
mod http;
mod rpc;

use super::{Object, Shape, Support, Variant, Variants, optional, required};

const CALL_SECTION: &str = "DSL Reference: Call";
const CALL_DOC: &str = "Which service to call: `http`, `grpc`, `openapi`, `asyncapi`, `a2a`, `mcp`, or the name of a function.";

/// A task that calls a service or function.
pub(super) static CALL: Object = Object::new(
    "call task",
    "Calls a service or a function; what it answers is the task's output.",
    CALL_SECTION,
    &[required("call", Shape::Text, CALL_DOC), optional("with", Shape::DataMap, "The arguments of the call.")],
)
.variants(Variants { key: "call", known: CALLS, other: &FUNCTION_CALL, other_support: Support::Full });

/// The built-in calls.
pub static CALLS: &[Variant] = &[
    Variant { value: "http", object: &HTTP_CALL, support: Support::Full },
    Variant { value: "grpc", object: &GRPC_CALL, support: Support::Full },
    Variant { value: "openapi", object: &OPENAPI_CALL, support: Support::Full },
    Variant { value: "asyncapi", object: &ASYNCAPI_CALL, support: Support::Full },
    Variant { value: "a2a", object: &A2A_CALL, support: Support::Full },
    Variant { value: "mcp", object: &MCP_CALL, support: Support::Full },
];

macro_rules! calls {
    ($($name:ident = $title:literal, $section:literal, $doc:literal, $arguments:expr;)*) => {
        $(static $name: Object = Object::new($title, $doc, $section, &[
            required("call", Shape::Text, CALL_DOC),
            required("with", Shape::Object(&$arguments), "The arguments of the call."),
        ]);)*
    };
}

calls! {
    HTTP_CALL = "HTTP call", "DSL Reference: HTTP Call", "Sends an HTTP request; the response is the task's output.", http::ARGUMENTS;
    OPENAPI_CALL = "OpenAPI call", "DSL Reference: OpenAPI Call", "Calls an operation that an OpenAPI document describes.", http::OPENAPI_ARGUMENTS;
    GRPC_CALL = "gRPC call", "DSL Reference: gRPC Call", "Calls a method of a gRPC service.", rpc::GRPC_ARGUMENTS;
    ASYNCAPI_CALL = "AsyncAPI call", "DSL Reference: AsyncAPI Call", "Publishes a message, or consumes messages, as an AsyncAPI document describes.", asyncapi::ARGUMENTS;
    A2A_CALL = "A2A call", "DSL Reference: A2A Call", "Talks to an agent by the Agent2Agent protocol.", agents::A2A_ARGUMENTS;
    MCP_CALL = "MCP call", "DSL Reference: MCP Call", "Talks to a server of tools by the Model Context Protocol.", agents::MCP_ARGUMENTS;
}

static FUNCTION_CALL: Object = Object::new(
    "function call",
    "Calls a function of `use.functions`, of a catalog (`name:version@catalog`) or at a URL.",
    CALL_SECTION,
    &[required("call", Shape::Text, CALL_DOC), optional("with", Shape::DataMap, "The function's input.")],
);
