//! `call: a2a` (DSL Reference, "A2A Call"): a method of an agent, by JSON-RPC over HTTP. What is
//! answered in parts, as server-sent events, is an array in the order in which it came.
//!
//! Failures are runtime errors, as the specification says, unless they are of authentication or
//! of the agent's card.

use flowdbg_lang::{
    model::Call,
    text::Source,
    value::{self, Value, ValueExt as _},
};

use super::{
    authentication, document,
    exchange::{content, endpoint, said, send, wrong},
};
use crate::{
    effect::{Answer, HttpRequest, HttpResponse},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop},
    sse,
};

/// The methods of the DSL, which are those of A2A 0.3, and what A2A 1.0 calls them.
const METHODS: [(&str, &str); 11] = [
    ("message/send", "SendMessage"),
    ("message/stream", "SendStreamingMessage"),
    ("tasks/get", "GetTask"),
    ("tasks/list", "ListTasks"),
    ("tasks/cancel", "CancelTask"),
    ("tasks/resubscribe", "SubscribeToTask"),
    ("tasks/pushNotificationConfig/set", "CreateTaskPushNotificationConfig"),
    ("tasks/pushNotificationConfig/get", "GetTaskPushNotificationConfig"),
    ("tasks/pushNotificationConfig/list", "ListTaskPushNotificationConfigs"),
    ("tasks/pushNotificationConfig/delete", "DeleteTaskPushNotificationConfig"),
    ("agent/getAuthenticatedExtendedCard", "GetExtendedAgentCard"),
];

/// Where an agent is reached.
struct Agent {
    url: String,
    authentication: Value,
    /// Whether it speaks A2A 1.0.
    is_new: bool,
}

pub(crate) fn work(machine: &mut Machine, id: BranchId, call: &Call) -> Result<(), Stop> {
    match machine.take_answer(id) {
        None => {
            let by_card = call.with.member("agentCard").is_some();
            let path: &[&str] = if by_card { &["agentCard", "endpoint", "authentication"] } else { &["server", "authentication"] };
            if !authentication::before(machine, id, &call.with, path)? {
                return Ok(());
            }
            let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
            let with = match machine.top(id).raw_output.clone() {
                Value::Null => machine.fill(id, depth, &call.with, &input, None)?,
                with => with,
            };
            machine.top(id).raw_output = with.clone();
            let Some(agent) = agent(machine, id, &with, &input)? else { return Ok(()) };
            let request = request(machine, &with, &agent)?;
            Ok(send(machine, id, request, &agent.authentication)?)
        }
        Some(Answer::Http(Ok(response))) => {
            let method = machine.top(id).raw_output.member("method").and_then(Value::as_text).unwrap_or_default();
            let output = output(&method, &response)?;
            machine.finish_body(id, output);
            Ok(())
        }
        Some(Answer::Http(Err(error))) => Err(Fault::new(Kind::Runtime, error).into()),
        Some(_) => Err(Fault::new(Kind::Runtime, "the agent was not called").into()),
    }
}

fn agent(machine: &mut Machine, id: BranchId, with: &Value, input: &Value) -> Result<Option<Agent>, Fault> {
    let member = |key: &str| with.member(key).filter(|found| **found != Value::Null);
    let Some(card) = member("agentCard") else {
        let server = member("server").ok_or_else(|| wrong("one of `agentCard` and `server` must say where the agent is"))?;
        let (url, authentication) = endpoint(server, input)?;
        return Ok(Some(Agent { url, authentication: authentication.cloned().unwrap_or_default(), is_new: false }));
    };
    let address = card.member("endpoint").ok_or_else(|| wrong("`agentCard.endpoint` is missing"))?;
    let Some(read) = document::read(machine, id, address, input, "the agent's card")? else { return Ok(None) };
    let (_, authentication) = endpoint(address, input)?;
    let key = format!("A2A {}", read.key);
    if machine.document(&key).is_none() {
        let (tree, problems) = flowdbg_lang::read::read(&Source::new(&*read.uri, read.text));
        let card = tree.root().map(|root| tree.value(root)).filter(|card| matches!(card, Value::Obj(_)) && problems.is_empty());
        machine.keep_document(&key, card.ok_or_else(|| wrong(format!("{} is no agent card: a JSON object is expected", read.uri)))?);
    }
    let card = machine.document(&key).cloned().unwrap_or_default();
    let (url, is_new) = interface(&card, &read.uri)?;
    // Credentials are for the server that they were meant for: that of the card.
    let origin = |address: &str| url::Url::parse(address).ok().map(|url| url.origin());
    let same = origin(&url).is_some() && origin(&url) == origin(&read.uri);
    let authentication = authentication.filter(|_| same).cloned().unwrap_or_default();
    Ok(Some(Agent { url, authentication, is_new }))
}

/// The address at which an agent speaks JSON-RPC, by its card of A2A 1.0 or 0.3.
fn interface(card: &Value, uri: &str) -> Result<(String, bool), Fault> {
    let text = |value: &Value, key: &str| value.member(key).and_then(Value::as_text);
    let list = |key: &str| if let Some(Value::Arr(items)) = card.member(key) { items.to_vec() } else { Vec::new() };
    let new = list("supportedInterfaces").into_iter().filter_map(|each| {
        let is_json = text(&each, "protocolBinding").is_some_and(|binding| binding.eq_ignore_ascii_case("JSONRPC"));
        let is_new = text(&each, "protocolVersion").is_none_or(|version| !version.starts_with("0."));
        Some((text(&each, "url").filter(|_| is_json)?, is_new))
    });
    let main =
        text(card, "url").filter(|_| text(card, "preferredTransport").is_none_or(|transport| transport.eq_ignore_ascii_case("JSONRPC")));
    let more = list("additionalInterfaces").into_iter().filter_map(|each| {
        let is_json = text(&each, "transport").is_some_and(|transport| transport.eq_ignore_ascii_case("JSONRPC"));
        text(&each, "url").filter(|_| is_json)
    });
    let mut all: Vec<(String, bool)> = new.chain(main.into_iter().chain(more).map(|url| (url, false))).collect();
    // Of an agent that speaks both the method names of the DSL are taken.
    all.sort_by_key(|(_, is_new)| *is_new);
    let (url, is_new) = all.into_iter().next().ok_or_else(|| wrong(format!("the agent of {uri} has no address for JSON-RPC")))?;
    let absolute = url::Url::parse(&url).or_else(|_| url::Url::parse(uri).and_then(|base| base.join(&url)));
    absolute.map(|url| (url.into(), is_new)).map_err(|error| wrong(format!("the agent of {uri} has the address `{url}`: {error}")))
}

fn request(machine: &mut Machine, with: &Value, agent: &Agent) -> Result<HttpRequest, Fault> {
    let method = with.member("method").and_then(Value::as_text).ok_or_else(|| wrong("`method` must be a string"))?;
    let parameters = match with.member("parameters") {
        None | Some(Value::Null) => value::object::<String>([]),
        Some(parameters @ Value::Obj(_)) => parameters.clone(),
        Some(other) => return Err(wrong(format!("`parameters` must be an object, but this is {}", other.type_name()))),
    };
    let is_message = matches!(method.as_str(), "message/send" | "message/stream");
    let parameters = if is_message { with_defaults(machine, &parameters, agent.is_new) } else { parameters };
    let name = METHODS.iter().find(|(old, _)| *old == method).map_or(method.as_str(), |(old, new)| if agent.is_new { new } else { old });
    let body = value::object([
        ("jsonrpc", value::string("2.0")),
        ("id", value::string(unique(machine))),
        ("method", value::string(name)),
        ("params", parameters),
    ]);
    let mut headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("accept".to_owned(), "application/json, text/event-stream".to_owned()),
    ];
    if agent.is_new {
        headers.push(("a2a-version".to_owned(), "1.0".to_owned()));
    }
    if !agent.url.starts_with("http://") && !agent.url.starts_with("https://") {
        return Err(wrong(format!("`{}` is neither http nor https", agent.url)));
    }
    Ok(HttpRequest { method: "POST".to_owned(), url: agent.url.clone(), headers, body: Some(body.to_json().into_bytes()) })
}

/// A message has an id of its own, and is the user's, unless it says otherwise.
fn with_defaults(machine: &mut Machine, parameters: &Value, is_new: bool) -> Value {
    let members = |object: Option<&Value>| match object {
        Some(Value::Obj(members)) => members.iter().map(|(key, member)| (super::text(key), member.clone())).collect(),
        _ => Vec::new(),
    };
    let mut message: Vec<(String, Value)> = members(parameters.member("message"));
    let mut default = |key: &str, otherwise: String| {
        if !message.iter().any(|(known, member)| known == key && *member != Value::Null) {
            message.retain(|(known, _)| known != key);
            message.push((key.to_owned(), value::string(otherwise)));
        }
    };
    default("messageId", unique(machine));
    default("role", if is_new { "ROLE_USER" } else { "user" }.to_owned());
    let others = members(Some(parameters)).into_iter().filter(|(key, _)| key != "message");
    value::object(others.chain([("message".to_owned(), value::object(message))]))
}

/// A UUID of the execution's own random numbers.
fn unique(machine: &mut Machine) -> String {
    uuid::Builder::from_random_bytes((u128::from(machine.random()) << 64 | u128::from(machine.random())).to_be_bytes())
        .into_uuid()
        .to_string()
}

fn output(method: &str, response: &HttpResponse) -> Result<Value, Fault> {
    let is_stream = matches!(method, "message/stream" | "tasks/resubscribe");
    let is_events = response.headers.iter().any(|(key, kind)| key == "content-type" && kind.starts_with("text/event-stream"));
    let messages: Vec<Value> = if is_events {
        let parse = |data: String| value::parse_json(&data).unwrap_or_else(|_| value::string(data));
        sse::all(&response.body).into_iter().map(parse).collect()
    } else {
        vec![content(response)]
    };
    let mut results = Vec::with_capacity(messages.len());
    for message in messages {
        if let Some(error) = message.member("error").filter(|error| **error != Value::Null) {
            return Err(Fault::new(Kind::Runtime, format!("{method}: the agent answered {}", describe(error))));
        }
        match message.member("result") {
            Some(result) => results.push(result.clone()),
            None if (200..300).contains(&response.status) => {
                let detail = format!("{method}: the agent did not answer by JSON-RPC 2.0: {}", said(response).unwrap_or_default());
                return Err(Fault::new(Kind::Runtime, detail));
            }
            None => {
                let said = said(response).map_or_else(String::new, |said| format!(": {said}"));
                let detail = format!("{method}: the agent answered {}{said}", response.status);
                return Err(Fault::with_status(Kind::Runtime, i64::from(response.status), detail));
            }
        }
    }
    match (is_stream, results.pop()) {
        (true, last) => Ok(results.into_iter().chain(last).collect()),
        (false, Some(last)) => Ok(last),
        (false, None) => Err(Fault::new(Kind::Runtime, format!("{method}: the agent ended its answer without a result"))),
    }
}

/// `error -32001: Task not found`, with its data.
fn describe(error: &Value) -> String {
    let code = error.member("code").map(Value::to_json).unwrap_or_default();
    let message = error.member("message").map(super::text).unwrap_or_default();
    let data = error.member("data").filter(|data| **data != Value::Null).map(|data| format!(" {}", data.to_json())).unwrap_or_default();
    format!("error {code}: {message}{data}")
}
