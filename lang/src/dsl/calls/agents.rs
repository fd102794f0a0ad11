//! Arguments of calls to agents (A2A) and to servers of tools (MCP).

use crate::dsl::{
    Choices, Object, Others, Rule, Shape, choice, only, optional, required,
    resources::{ENDPOINT_SHAPE, EXTERNAL_RESOURCE},
};

pub(super) static A2A_ARGUMENTS: Object = Object::new(
    "A2A call arguments",
    "The agent to talk to and what to ask of it.",
    "DSL Reference: A2A Call",
    &[
        required("method", Shape::Choice(&A2A_METHODS), "What to ask of the agent."),
        optional("agentCard", Shape::Object(&EXTERNAL_RESOURCE), "The card that describes the agent."),
        optional("server", ENDPOINT_SHAPE, "The address of the agent, if it has no card."),
        optional("parameters", Shape::OneOf(&[Shape::FilledDataMap, Shape::Text]), "The method's parameters."),
    ],
)
.rules(&[Rule::SomeOf(&["agentCard", "server"])]);

static A2A_METHODS: Choices = only(&[
    choice("message/send", "Sends a message and waits for the answer."),
    choice("message/stream", "Sends a message and takes the answer in parts."),
    choice("tasks/get", "Asks how a task stands."),
    choice("tasks/list", "Lists tasks."),
    choice("tasks/cancel", "Cancels a task."),
    choice("tasks/resubscribe", "Takes up the parts of a running task's answer again."),
    choice("tasks/pushNotificationConfig/set", "Says where news of a task should go."),
    choice("tasks/pushNotificationConfig/get", "Asks where news of a task goes."),
    choice("tasks/pushNotificationConfig/list", "Lists where news of a task goes."),
    choice("tasks/pushNotificationConfig/delete", "Ends sending news of a task."),
    choice("agent/getAuthenticatedExtendedCard", "Asks for the fuller card that authenticated callers get."),
]);

pub(super) static MCP_ARGUMENTS: Object = Object::new(
    "MCP call arguments",
    "The server to talk to and what to ask of it.",
    "DSL Reference: MCP Call",
    &[
        required("method", Shape::Choice(&MCP_METHODS), "What to ask of the server."),
        required("transport", Shape::Object(&TRANSPORT), "How the server is reached."),
        optional("parameters", Shape::OneOf(&[Shape::DataMap, Shape::Text]), "The method's parameters."),
        optional("protocolVersion", Shape::Text, "The version of the protocol to speak.").default("2025-06-18"),
        optional("timeout", Shape::Duration, "How long the call may take."),
        optional("client", Shape::Object(&MCP_CLIENT), "How the caller names itself."),
    ],
)
.others(Others::Ignored);

static MCP_METHODS: Choices = only(&[
    choice("tools/list", "Lists the server's tools."),
    choice("tools/call", "Calls a tool."),
    choice("prompts/list", "Lists the server's prompts."),
    choice("prompts/get", "Gets a prompt."),
    choice("resources/list", "Lists the server's resources."),
    choice("resources/read", "Reads a resource."),
    choice("resources/templates/list", "Lists the patterns of the server's resources."),
]);

static TRANSPORT: Object = Object::new(
    "MCP transport",
    "How the server is reached.",
    "DSL Reference: MCP Transport",
    &[
        optional("http", Shape::Object(&HTTP_TRANSPORT), "Over HTTP."),
        optional("stdio", Shape::Object(&STDIO_TRANSPORT), "As a process, over its standard input and output."),
        optional("options", Shape::Map(&Shape::Text), "Further settings of the transport."),
    ],
)
.others(Others::Ignored)
.rules(&[Rule::ExactlyOne(&["http", "stdio"])]);

static HTTP_TRANSPORT: Object = Object::new(
    "MCP HTTP transport",
    "Over HTTP.",
    "DSL Reference: MCP HTTP Transport",
    &[
        required("endpoint", ENDPOINT_SHAPE, "The address of the server."),
        optional("headers", Shape::Map(&Shape::Text), "Headers of each request."),
    ],
)
.others(Others::Ignored);

static STDIO_TRANSPORT: Object = Object::new(
    "MCP stdio transport",
    "As a process, over its standard input and output.",
    "DSL Reference: MCP STDIO Transport",
    &[
        required("command", Shape::Text, "The command that starts the server."),
        optional("arguments", Shape::List(&Shape::Text), "The command's arguments."),
        optional("environment", Shape::Map(&Shape::Text), "Environment variables of the process."),
    ],
)
.others(Others::Ignored);

static MCP_CLIENT: Object = Object::new(
    "MCP client",
    "How the caller names itself.",
    "DSL Reference: MCP Client",
    &[required("name", Shape::Text, "The caller's name."), required("version", Shape::Text, "The caller's version.")],
)
.others(Others::Ignored);
