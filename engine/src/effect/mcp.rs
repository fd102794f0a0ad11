//! Calls of servers of tools.

use std::collections::BTreeMap;

use flowdbg_lang::value::Value;

/// A call of a server of tools (Model Context Protocol).
#[derive(Clone, Debug, PartialEq)]
pub struct McpCall {
    /// How the server is reached.
    pub transport: McpTransport,
    /// The version of the protocol to propose.
    pub protocol_version: String,
    /// Name and version of the caller.
    pub client: (String, String),
    /// The method to call, once the session has begun.
    pub method: String,
    /// Its parameters: an object, or null.
    pub parameters: Value,
    /// Milliseconds that all may take.
    pub timeout: Option<u64>,
}

/// How a server of tools is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum McpTransport {
    /// By HTTP, also in streams.
    Http {
        /// Address.
        url: String,
        /// Headers of each request.
        headers: Vec<(String, String)>,
    },
    /// By the standard input and output of a process.
    Stdio {
        /// The program.
        command: String,
        /// Its arguments.
        arguments: Vec<String>,
        /// Added to the environment.
        environment: BTreeMap<String, String>,
        /// The folder in which it runs; that of the host if absent.
        folder: Option<String>,
    },
}

/// Why a call of a server of tools has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpError {
    /// What went wrong.
    pub kind: McpErrorKind,
    /// Why, for a person.
    pub message: String,
}

/// What went wrong with a call of a server of tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum McpErrorKind {
    /// The server could not be reached or started, or did not speak the protocol.
    Transport,
    /// An HTTP status.
    Status(u16),
    /// An error of the protocol, with its code.
    Answered(i64),
    /// It took too long.
    Timeout,
}
