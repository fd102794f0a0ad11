//! Messages: how they are written, read and checked.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{
    super::{exchange::wrong, text},
    document::{Node, Operation, schema_document},
};
use crate::{
    effect::{Message, Protocol},
    fault::{Fault, Kind},
    program::to_json,
};

/// The message to send: as the workflow sees it, and as it is written.
pub(super) fn outgoing(operation: &Operation<'_>, protocol: Protocol, given: &Value) -> Result<(Value, Message), Fault> {
    let payload = given.member("payload").cloned().unwrap_or_default();
    let headers = match given.member("headers") {
        None | Some(Value::Null) => value::object::<String>([]),
        Some(headers @ Value::Obj(_)) => headers.clone(),
        Some(other) => return Err(wrong(format!("`message.headers` must be an object, but this is {}", other.type_name()))),
    };
    let pairs = match &headers {
        Value::Obj(members) => members.iter().map(|(key, member)| (text(key), text(member))).collect(),
        _ => Vec::new(),
    };
    if !pairs.is_empty() && matches!(protocol, Protocol::Mqtt | Protocol::WebSocket) {
        let name = if protocol == Protocol::Mqtt { "MQTT 3.1.1" } else { "WebSocket" };
        return Err(wrong(format!("`message.headers`: messages of {name} have no headers; mqtt5, nats and http have")));
    }
    let chosen = fitting(operation, &payload, &headers)?;
    let kind = content_type(operation, chosen.as_ref())?;
    let kind = pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case("content-type")).map(|(_, kind)| kind.clone()).or(kind);
    let (kind, bytes) = match (kind, payload.as_text()) {
        // JSON is written as JSON, also a text.
        (Some(kind), _) if is_json(&kind) => (kind, payload.to_json().into_bytes()),
        (Some(kind), Some(text)) => (kind, text.into_bytes()),
        (Some(kind), None) if kind.starts_with("text/") || kind == "application/octet-stream" => {
            let detail = format!("the message's content type is {kind}: its payload must be a string, but this is {}", payload.type_name());
            return Err(Fault::new(Kind::Validation, detail));
        }
        (Some(kind), None) => (kind, payload.to_json().into_bytes()),
        (None, _) => ("application/json".to_owned(), payload.to_json().into_bytes()),
    };
    let correlation = chosen.as_ref().map(|message| correlation(message, &payload, &headers)).transpose()?.flatten();
    let shown = shown(payload, headers, correlation.clone());
    let headers = pairs.into_iter().filter(|(key, _)| !key.eq_ignore_ascii_case("content-type")).collect();
    Ok((shown, Message { payload: bytes, content_type: Some(kind), headers, correlation }))
}

fn shown(payload: Value, headers: Value, correlation: Option<String>) -> Value {
    let correlation = correlation.map(|correlation| ("correlationId", value::string(correlation)));
    value::object([("payload", payload), ("headers", headers)].into_iter().chain(correlation))
}

/// A message that came, as the workflow sees it.
pub(super) fn incoming(operation: &Operation<'_>, message: &Message) -> Result<Value, Fault> {
    let described = operation.messages()?;
    let kind = match &message.content_type {
        Some(kind) => Some(kind.clone()),
        None => content_type(operation, described.first())?,
    };
    let payload = decode(&message.payload, kind.as_deref());
    let headers = value::object(message.headers.iter().map(|(key, member)| (key.clone(), value::string(&**member))));
    let mut found = message.correlation.clone();
    for message in &described {
        if found.is_none() {
            found = correlation(message, &payload, &headers)?;
        }
    }
    Ok(shown(payload, headers, found))
}

/// JSON is read, text is text, anything else is base64. Without a type, JSON is tried first.
fn decode(bytes: &[u8], kind: Option<&str>) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return value::string(STANDARD.encode(bytes)) };
    let json = kind.is_none_or(is_json).then(|| value::parse_json(text).ok()).flatten();
    json.unwrap_or_else(|| value::string(text))
}

fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

fn content_type(operation: &Operation<'_>, message: Option<&Node<'_>>) -> Result<Option<String>, Fault> {
    match message.map(|message| message.text("contentType")).transpose()?.flatten() {
        Some(kind) => Ok(Some(kind)),
        None => Node::root(operation.document).text("defaultContentType"),
    }
}

/// What ties the message to others, where the document says that it stands.
fn correlation(message: &Node<'_>, payload: &Value, headers: &Value) -> Result<Option<String>, Fault> {
    let Some(location) = message.get("correlationId")?.map(|correlation| correlation.text("location")).transpose()?.flatten() else {
        return Ok(None);
    };
    let (source, pointer) = location.split_once('#').unwrap_or((&location, ""));
    let mut value = match source {
        "$message.header" => headers,
        "$message.payload" => payload,
        _ => {
            return Err(wrong(format!(
                "the correlation id's location `{location}` begins neither with `$message.header#` nor with `$message.payload#`"
            )));
        }
    };
    for token in pointer.split('/').skip(1) {
        let Some(member) = value.member(&token.replace("~1", "/").replace("~0", "~")) else { return Ok(None) };
        value = member;
    }
    Ok((*value != Value::Null).then(|| text(value)))
}

/// Whether a message that came is one that the document describes.
pub(super) fn validate_incoming(operation: &Operation<'_>, shown: &Value) -> Result<(), Fault> {
    let nothing = Value::Null;
    let member = |key| shown.member(key).unwrap_or(&nothing);
    fitting(operation, member("payload"), member("headers")).map(|_| ())
}

/// The first message of the document that payload and headers fit; none if it describes none.
fn fitting<'a>(operation: &Operation<'a>, payload: &Value, headers: &Value) -> Result<Option<Node<'a>>, Fault> {
    let mut wrong = Vec::new();
    let messages = operation.messages()?;
    for message in &messages {
        let mut problems = problems(operation.document, message, "payload", payload)?;
        problems.extend(self::problems(operation.document, message, "headers", headers)?);
        if problems.is_empty() {
            return Ok(Some(message.clone()));
        }
        wrong.push(format!("{}: {}", message.text("name")?.unwrap_or_else(|| format!("#{}", message.pointer)), problems.join("; ")));
    }
    if messages.is_empty() {
        return Ok(None);
    }
    Err(Fault::new(Kind::Validation, format!("the message does not fit what the AsyncAPI document says of it: {}", wrong.join(" | "))))
}

/// What is wrong with a part of a message.
fn problems(document: &Value, message: &Node<'_>, part: &str, value: &Value) -> Result<Vec<String>, Fault> {
    let Some(mut schema) = message.get(part)? else { return Ok(Vec::new()) };
    let mut format = message.text("schemaFormat")?.filter(|_| part == "payload");
    if let Some(inner) = schema.get("schema")?.filter(|_| schema.value.member("schemaFormat").is_some()) {
        format = schema.text("schemaFormat")?;
        schema = inner;
    }
    // Schemas in other languages than JSON Schema are not looked at.
    if format.is_some_and(|format| !format.contains("asyncapi") && !format.contains("schema+json") && !format.contains("schema+yaml")) {
        return Ok(Vec::new());
    }
    let broken = |why: String| wrong(format!("the schema at `#{}` of the AsyncAPI document is not valid: {why}", schema.pointer));
    let document = to_json(&schema_document(document, &schema.pointer)).map_err(broken)?;
    let validator = jsonschema::validator_for(&document).map_err(|error| broken(error.to_string()))?;
    let value = to_json(value).map_err(|why| Fault::new(Kind::Validation, why))?;
    let problems = validator.iter_errors(&value).take(5).map(|error| {
        let place = error.instance_path().to_string();
        format!("{error} (at {part}{place})")
    });
    Ok(problems.collect())
}
