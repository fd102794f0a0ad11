//! What the machine asks of the outside, and what came back.

mod grpc;
mod mcp;
mod messages;
mod process;

use std::sync::Arc;

use flowdbg_lang::{expression::Expression, value::Value};

pub use grpc::{GrpcCall, GrpcReply, GrpcStatus};
pub use mcp::{McpCall, McpError, McpErrorKind, McpTransport};
pub use messages::{Bindings, Channel, ChannelError, Credentials, Message, Protocol};
pub use process::{Cleanup, Command, Container, Process, ProcessError, ProcessOutcome, Pull, ScriptLanguage, Stream};

use crate::{machine::BranchId, mask::Mask, program::Program, time::Timestamp};

/// Names an effect of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EffectId(pub u64);

/// Something to be done.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Its id; the answer names it.
    pub id: EffectId,
    /// The branch that waits for it.
    pub branch: BranchId,
    /// Reference of the task that asks.
    pub reference: Arc<str>,
    /// Kind of the task that asks, such as `call:http`; empty for the workflow itself.
    pub asked_by: &'static str,
    /// Whether it is about credentials, as the request for a token is: neither it nor its answer is
    /// shown to anybody.
    pub confidential: bool,
    /// What to do.
    pub kind: EffectKind,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum EffectKind {
    /// Make an HTTP request.
    Http(HttpRequest),
    /// Run a process: a shell command, a script or a container.
    Process(Process),
    /// Call a gRPC method.
    Grpc(GrpcCall),
    /// Send a message.
    Publish(Channel, Message),
    /// Take messages: each is an [`Answer::Message`], until [`Answer::Unsubscribed`] or until this
    /// effect is cancelled.
    Subscribe(Channel),
    /// Say when this time has come.
    Sleep(Timestamp),
    /// Publish a CloudEvent.
    Emit(Value),
    /// Evaluate an expression that is not proven to end.
    Evaluate(Evaluation),
    /// Find a workflow.
    Workflow {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Its version, or `latest`.
        version: String,
        /// Path of the workflow that asks.
        from: Arc<str>,
    },
    /// Read a document.
    Resource(Resource),
    /// Call a server of tools.
    Mcp(McpCall),
    /// Find the values of secrets.
    Secrets {
        /// Their names.
        names: Vec<Arc<str>>,
        /// Path of the workflow that declares them.
        from: Arc<str>,
    },
    /// Stop working on an earlier effect; there is no answer to this one.
    Cancel(EffectId),
}

/// An HTTP request.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpRequest {
    /// Method, in upper case.
    pub method: String,
    /// Absolute address, with its query.
    pub url: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body, already encoded.
    pub body: Option<Vec<u8>>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// With this, addresses of documents begin that lie in the host's own catalog of functions.
pub const DEFAULT_CATALOG: &str = "default-catalog:";

/// A document that lies elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its address, or its path from the folder of the workflow.
    pub uri: String,
    /// Path of the workflow that asks.
    pub from: Arc<str>,
    /// Headers to send, if it is asked for by HTTP.
    pub headers: Vec<(String, String)>,
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceError {
    /// What the server answered, if it did.
    pub status: Option<u16>,
    /// What its `WWW-Authenticate` headers ask for.
    pub challenges: Vec<String>,
    /// Why.
    pub message: String,
}

/// An expression with all it needs.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The program.
    pub expression: Arc<Expression>,
    /// Its input.
    pub input: Value,
    /// The values of its variables, in the order that it names them.
    pub variables: Vec<Value>,
    /// What its `now` is.
    pub now: f64,
    /// What its result must not show, if it is for a person.
    pub mask: Mask,
}

/// What came back.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A response, or why there is none.
    Http(Result<HttpResponse, String>),
    /// What a process has written while it runs; its end is still to come. A world need not say it.
    Printed(Stream, String),
    /// The end of a process, or why there is none.
    Process(Result<ProcessOutcome, ProcessError>),
    /// What the method answered, or how it failed.
    Grpc(Result<GrpcReply, GrpcStatus>),
    /// The message is sent.
    Published(Result<(), ChannelError>),
    /// One of the answers to a subscription; more may come.
    Message(Message),
    /// The other side has ended the subscription, or it broke.
    Unsubscribed(Result<(), ChannelError>),
    /// The time has come.
    Slept,
    /// The event is published.
    Emitted(Result<(), String>),
    /// The value, or why there is none.
    Evaluated(Result<Value, String>),
    /// The workflow, or why it cannot be used.
    Workflow(Result<Arc<Program>, String>),
    /// The document's text, or why there is none.
    Resource(Result<String, ResourceError>),
    /// The result of the method, or why there is none.
    Mcp(Result<Value, McpError>),
    /// The values in the order of their names, or which are missing.
    Secrets(Result<Vec<Value>, String>),
    /// Whatever was asked for, it fails with these problem details: a world that makes things up
    /// says so.
    Failed(Value),
    /// It is not known what would be answered; only for machines that allow that.
    Unknown,
}
