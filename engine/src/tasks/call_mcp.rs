//! `call: mcp` (DSL Reference, "MCP Call"): a method of a server of tools. The world begins a
//! session with `initialize` and ends it; the result of the method is the task's output.
//!
//! Failures are runtime errors, as the specification says, unless they are of authentication or
//! time.

use flowdbg_lang::{
    duration,
    model::Call,
    value::{Value, ValueExt as _},
};

use super::{
    authentication::{self, Authorized, Refused},
    exchange::{endpoint, headers, wrong},
    text,
};
use crate::{
    effect::{Answer, EffectKind, McpCall, McpError, McpErrorKind, McpTransport},
    event::Level,
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop},
};

const PROTOCOL_VERSION: &str = "2025-06-18";

pub(crate) fn work(machine: &mut Machine, id: BranchId, call: &Call) -> Result<(), Stop> {
    match machine.take_answer(id) {
        None => {
            if !authentication::before(machine, id, &call.with, &["transport", "http", "endpoint", "authentication"])? {
                return Ok(());
            }
            // The arguments are kept while a token is got.
            let with = match machine.top(id).raw_output.clone() {
                Value::Null => {
                    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
                    machine.fill(id, depth, &call.with, &input, None)?
                }
                with => with,
            };
            machine.top(id).raw_output = with.clone();
            Ok(ask(machine, id, &with)?)
        }
        Some(Answer::Mcp(Ok(result))) => {
            machine.finish_body(id, result);
            Ok(())
        }
        Some(Answer::Mcp(Err(error))) => {
            let with = machine.top(id).raw_output.clone();
            Ok(failed(machine, id, &with, error)?)
        }
        Some(_) => Err(Fault::new(Kind::Runtime, "the server of tools was not called").into()),
    }
}

fn ask(machine: &mut Machine, id: BranchId, with: &Value) -> Result<(), Fault> {
    let input = machine.top(id).input.clone();
    let transport = with.member("transport").ok_or_else(|| wrong("`transport` is missing"))?;
    let options = transport.member("options").filter(|options| **options != Value::Null);
    let (known, transport) = match (transport.member("http"), transport.member("stdio")) {
        (Some(http), None) => {
            let address = http.member("endpoint").ok_or_else(|| wrong("`transport.http.endpoint` is missing"))?;
            let (url, authentication) = endpoint(address, &input)?;
            if !url.starts_with("http://") && !url.starts_with("https://") {
                return Err(wrong(format!("`{url}` is neither http nor https")));
            }
            let mut sent = headers(http.member("headers"))?;
            if let Some(authentication) = authentication {
                match authentication::authorize(machine, id, authentication, None)? {
                    Authorized::Later => return Ok(()),
                    Authorized::Now(header) => sent.extend(header.map(|header| ("authorization".to_owned(), header))),
                }
            }
            ("", McpTransport::Http { url, headers: sent })
        }
        (None, Some(stdio)) => ("cwd", process(stdio, options)?),
        _ => return Err(wrong("`transport` must have one of `http` and `stdio`")),
    };
    if let Some(Value::Obj(options)) = options {
        for key in options.keys().map(text).filter(|key| key != known).collect::<Vec<_>>() {
            machine.log(id, Level::Warning, format!("the transport option `{key}` is not known and has no effect"));
        }
    }
    let member = |key: &str| with.member(key).filter(|found| **found != Value::Null);
    let name = |key: &str, otherwise: &str| {
        let given = member("client").and_then(|client| client.member(key)).and_then(Value::as_text);
        given.unwrap_or_else(|| otherwise.to_owned())
    };
    let parameters = match member("parameters") {
        None => Value::Null,
        Some(parameters @ Value::Obj(_)) => parameters.clone(),
        Some(other) => return Err(wrong(format!("`parameters` must be an object, but this is {}", other.type_name()))),
    };
    let timeout = member("timeout").map(duration::from_value).transpose().map_err(|why| wrong(format!("`timeout`: {why}")))?;
    let call = McpCall {
        transport,
        protocol_version: member("protocolVersion").map_or_else(|| PROTOCOL_VERSION.to_owned(), text),
        client: (name("name", "flowdbg"), name("version", env!("CARGO_PKG_VERSION"))),
        method: member("method").map(text).ok_or_else(|| wrong("`method` is missing"))?,
        parameters,
        timeout,
    };
    machine.wait_for(id, EffectKind::Mcp(call));
    Ok(())
}

fn process(stdio: &Value, options: Option<&Value>) -> Result<McpTransport, Fault> {
    let command = stdio.member("command").and_then(Value::as_text).filter(|command| !command.is_empty());
    let arguments = match stdio.member("arguments") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Arr(items)) => items.iter().map(text).collect(),
        Some(other) => return Err(wrong(format!("`transport.stdio.arguments` must be a list, but this is {}", other.type_name()))),
    };
    let environment = match stdio.member("environment") {
        None | Some(Value::Null) => std::collections::BTreeMap::new(),
        Some(Value::Obj(members)) => members.iter().map(|(key, member)| (text(key), text(member))).collect(),
        Some(other) => return Err(wrong(format!("`transport.stdio.environment` must be an object, but this is {}", other.type_name()))),
    };
    Ok(McpTransport::Stdio {
        command: command.ok_or_else(|| wrong("`transport.stdio.command` must be a string"))?,
        arguments,
        environment,
        folder: options.and_then(|options| options.member("cwd")).map(text),
    })
}

/// What is made of a failure: a token that is not accepted any more is got anew once.
fn failed(machine: &mut Machine, id: BranchId, with: &Value, error: McpError) -> Result<(), Fault> {
    let McpError { kind, message } = error;
    let address = with.member("transport").and_then(|transport| transport.member("http")).and_then(|http| http.member("endpoint"));
    let policy = address.and_then(|address| address.member("authentication")).filter(|policy| **policy != Value::Null);
    Err(match (kind, policy) {
        (McpErrorKind::Status(401), Some(policy)) => {
            let again = std::mem::replace(&mut machine.calling(id).refused, true);
            if authentication::refused(machine, id, policy, "", &[], (false, again))? == Refused::Again {
                return ask(machine, id, with);
            }
            Fault::new(Kind::Authentication, message)
        }
        (McpErrorKind::Status(status), _) => Fault::with_status(Kind::Runtime, i64::from(status), message),
        (McpErrorKind::Timeout, _) => Fault::new(Kind::Timeout, message),
        (McpErrorKind::Transport | McpErrorKind::Answered(_), _) => Fault::new(Kind::Runtime, message),
    })
}
