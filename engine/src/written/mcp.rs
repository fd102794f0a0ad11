//! Calls of servers of tools in documents.

use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{Reader, Writer, Wrong, as_variant, number, object, option, part, plain, unknown, variant};
use crate::effect::{McpCall, McpError, McpErrorKind, McpTransport};

pub(super) fn write(writer: &mut Writer, call: &McpCall) -> Value {
    let McpCall { transport, protocol_version, client, method, parameters, timeout } = call;
    let transport = match transport {
        McpTransport::Http { url, headers } => {
            let headers = super::effect::headers(writer, headers);
            variant("http", value::object([("url", writer.text(url)), ("headers", headers)]))
        }
        McpTransport::Stdio { command, arguments, environment, folder } => {
            let members = [
                ("command", Some(writer.text(command))),
                ("arguments", Some(writer.texts(arguments))),
                ("environment", Some(writer.pairs(environment))),
                ("folder", folder.as_ref().map(|folder| writer.text(folder))),
            ];
            variant("stdio", object(members))
        }
    };
    object([
        ("transport", Some(transport)),
        ("protocolVersion", Some(writer.text(protocol_version))),
        ("client", Some([writer.text(&client.0), writer.text(&client.1)].into_iter().collect())),
        ("method", Some(writer.text(method))),
        ("parameters", Some(writer.value(parameters))),
        ("timeout", timeout.map(number::write)),
    ])
}

pub(super) fn read(reader: &Reader, document: &Value) -> Result<McpCall, Wrong> {
    let text = |key| part(document, key, |text| reader.text(text));
    Ok(McpCall {
        transport: part(document, "transport", |transport| read_transport(reader, transport))?,
        protocol_version: text("protocolVersion")?,
        client: part(document, "client", |client| {
            let [name, version] = super::tuple(client)?;
            Ok((reader.text(name)?, reader.text(version)?))
        })?,
        method: text("method")?,
        parameters: part(document, "parameters", |parameters| reader.value(parameters))?,
        timeout: option(document, "timeout", number::read)?,
    })
}

fn read_transport(reader: &Reader, document: &Value) -> Result<McpTransport, Wrong> {
    let (name, inner) = as_variant(document)?;
    let text = |key| part(inner, key, |text| reader.text(text));
    let transport = match name.as_str() {
        "http" => text("url").and_then(|url| {
            let headers = part(inner, "headers", |headers| reader.pairs(headers))?;
            Ok(McpTransport::Http { url, headers })
        }),
        "stdio" => text("command").and_then(|command| {
            Ok(McpTransport::Stdio {
                command,
                arguments: part(inner, "arguments", |texts| reader.texts(texts))?,
                environment: part(inner, "environment", |pairs| reader.pairs(pairs))?,
                folder: option(inner, "folder", |folder| reader.text(folder))?,
            })
        }),
        other => return Err(unknown("transport", other)),
    };
    transport.map_err(|wrong| wrong.within(name))
}

pub(super) fn write_result(writer: &mut Writer, result: &Result<Value, McpError>) -> Value {
    match result {
        Ok(result) => variant("ok", writer.value(result)),
        Err(McpError { kind, message }) => {
            let kind = match kind {
                McpErrorKind::Transport => value::string("transport"),
                McpErrorKind::Status(status) => variant("status", number::write(*status)),
                McpErrorKind::Answered(code) => variant("answered", number::write(*code)),
                McpErrorKind::Timeout => value::string("timeout"),
            };
            value::object([("error", writer.text(message)), ("kind", kind)])
        }
    }
}

pub(super) fn read_result(reader: &Reader, document: &Value) -> Result<Result<Value, McpError>, Wrong> {
    if document.member("error").is_none() {
        return part(document, "ok", |result| reader.value(result)).map(Ok);
    }
    let message = part(document, "error", |error| reader.text(error))?;
    Ok(Err(McpError { kind: part(document, "kind", error_kind)?, message }))
}

fn error_kind(document: &Value) -> Result<McpErrorKind, Wrong> {
    if !matches!(document, Value::Obj(_)) {
        return match plain(document)?.as_str() {
            "transport" => Ok(McpErrorKind::Transport),
            "timeout" => Ok(McpErrorKind::Timeout),
            other => Err(unknown("kind of error", other)),
        };
    }
    let (name, inner) = as_variant(document)?;
    let kind = match name.as_str() {
        "status" => number::read(inner).map(McpErrorKind::Status),
        "answered" => number::read(inner).map(McpErrorKind::Answered),
        other => return Err(unknown("kind of error", other)),
    };
    kind.map_err(|wrong| wrong.within(name))
}
