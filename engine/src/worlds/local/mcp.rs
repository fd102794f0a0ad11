//! Calls of servers of tools (Model Context Protocol): a session for each call, over the standard
//! input and output of a process, or over streamable HTTP.

mod http;
mod stdio;

use std::time::Duration;

use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::http::Clients;
use crate::effect::{McpCall, McpError, McpErrorKind, McpTransport};

/// Versions of the protocol in which the methods of the DSL are called alike.
const VERSIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
/// Largest message that is read, in bytes.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;
/// How long a server may say nothing.
const SILENCE: Duration = Duration::from_secs(300);

/// A way to a server.
trait Connection {
    /// Sends a request and waits for the answer to it.
    async fn request(&mut self, id: u32, message: Value) -> Result<Value, McpError>;
    /// Sends a message that has no answer.
    async fn notify(&mut self, message: Value) -> Result<(), McpError>;
    /// Says which version of the protocol is spoken from now on.
    fn speak(&mut self, version: &str);
    /// Ends the session.
    async fn close(self);
}

pub(super) async fn call(clients: &Clients, call: McpCall, routes: &[(String, String)]) -> Result<Value, McpError> {
    let limit = call.timeout.map(Duration::from_millis);
    let method = call.method.clone();
    let work = async {
        match call.transport.clone() {
            McpTransport::Http { url, headers } => session(http::Http::new(clients, url, headers, routes), &call).await,
            McpTransport::Stdio { command, arguments, environment, folder } => {
                let process = stdio::Process::start(&command, &arguments, &environment, folder.as_deref())?;
                session(process, &call).await
            }
        }
    };
    match limit {
        Some(limit) => tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
            let message = format!("{method}: the server did not answer within {} ms", limit.as_millis());
            Err(McpError { kind: McpErrorKind::Timeout, message })
        }),
        None => work.await,
    }
}

async fn session(mut connection: impl Connection, call: &McpCall) -> Result<Value, McpError> {
    let result = talk(&mut connection, call).await;
    connection.close().await;
    result
}

async fn talk(connection: &mut impl Connection, call: &McpCall) -> Result<Value, McpError> {
    let client = value::object([("name", value::string(&*call.client.0)), ("version", value::string(&*call.client.1))]);
    let parameters = value::object([
        ("protocolVersion", value::string(&*call.protocol_version)),
        ("capabilities", value::object::<String>([])),
        ("clientInfo", client),
    ]);
    let about = answer("initialize", connection.request(1, request(1, "initialize", parameters)).await?)?;
    let version = about.member("protocolVersion").and_then(Value::as_text).unwrap_or_default();
    if version != call.protocol_version && !VERSIONS.contains(&version.as_str()) {
        let message = format!("the server speaks version `{version}` of the protocol, and was asked for {}", call.protocol_version);
        return Err(McpError { kind: McpErrorKind::Transport, message });
    }
    connection.speak(&version);
    connection.notify(notification("notifications/initialized")).await?;
    answer(&call.method, connection.request(2, request(2, &call.method, call.parameters.clone())).await?)
}

fn request(id: u32, method: &str, parameters: Value) -> Value {
    let mut members = vec![("jsonrpc", value::string("2.0")), ("id", number(id)), ("method", value::string(method))];
    if parameters != Value::Null {
        members.push(("params", parameters));
    }
    value::object(members)
}

fn number(id: u32) -> Value {
    Value::from(usize::try_from(id).unwrap_or_default())
}

fn notification(method: &str) -> Value {
    value::object([("jsonrpc", value::string("2.0")), ("method", value::string(method))])
}

fn transport(message: impl Into<String>) -> McpError {
    McpError { kind: McpErrorKind::Transport, message: message.into() }
}

/// The result of an answer.
fn answer(method: &str, message: Value) -> Result<Value, McpError> {
    if let Some(error) = message.member("error").filter(|error| **error != Value::Null) {
        let code = error.member("code").and_then(Value::as_i64).unwrap_or_default();
        let said = error.member("message").and_then(Value::as_text).unwrap_or_default();
        let data = error.member("data").filter(|data| **data != Value::Null).map(|data| format!(" {}", data.to_json())).unwrap_or_default();
        let message = format!("{method}: the server answered error {code}: {said}{data}");
        return Err(McpError { kind: McpErrorKind::Answered(code), message });
    }
    message.member("result").cloned().ok_or_else(|| transport(format!("{method}: the server answered neither a result nor an error")))
}

/// What a message of the server is to the request that waits.
enum Heard {
    /// Its answer.
    Answer(Value),
    /// A question of the server, with what it is answered.
    Question(Value),
    /// Something else.
    Other,
}

/// Looks at a message, for the request with this id.
fn hear(id: u32, message: Value) -> Heard {
    let known = message.member("id").filter(|known| **known != Value::Null).cloned();
    match (message.member("method").and_then(Value::as_text), known) {
        (Some(method), Some(known)) => {
            let base = [("jsonrpc", value::string("2.0")), ("id", known)];
            // Nothing else was offered to the server when the session began.
            let last = if method == "ping" {
                ("result", value::object::<String>([]))
            } else {
                let message = value::string(format!("the client does not answer `{method}`"));
                ("error", value::object([("code", Value::from(-32601_isize)), ("message", message)]))
            };
            Heard::Question(value::object(base.into_iter().chain([last])))
        }
        (None, Some(known)) if known == number(id) || known.as_text().is_some_and(|known| known == id.to_string()) => {
            Heard::Answer(message)
        }
        _ => Heard::Other,
    }
}
