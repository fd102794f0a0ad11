//! What is asked for, as mocks see it.

use std::sync::Arc;

use flowdbg_lang::{
    form::NoVariables,
    value::{self, Value, ValueExt as _},
};

use crate::{
    effect::{
        Channel, Command, Effect, EffectKind, GrpcCall, HttpRequest, McpCall, McpTransport, Message, Process, Protocol, Resource,
        ScriptLanguage,
    },
    scenario::{
        Mock, RequestMatch,
        expected::{Objects, difference},
        http,
    },
};

/// What is asked for.
pub(crate) struct Asked {
    /// Reference of the task that asks.
    pub(crate) reference: Arc<str>,
    /// Its kind.
    asked_by: &'static str,
    /// In one line, for a person.
    pub(crate) line: String,
    /// Members that expressions see.
    members: Vec<(&'static str, Value)>,
    what: What,
    /// Whether it may be done for real in any case: it only reads.
    pub(crate) is_harmless: bool,
}

enum What {
    Request,
    /// A document that is read by HTTP: as a request, but only a mock with `request` is meant.
    Document,
    Process,
    Grpc,
    Mcp,
    Channel,
    Workflow,
    Event,
}

impl Asked {
    /// What an effect asks for; none if that is not for mocks.
    pub(crate) fn of(effect: &Effect) -> Option<Self> {
        let (what, line, members, is_harmless) = match &effect.kind {
            EffectKind::Http(request) => request_of(request),
            EffectKind::Resource(resource) => document(resource)?,
            EffectKind::Process(started) => process(started),
            EffectKind::Grpc(call) => grpc(call),
            EffectKind::Mcp(call) => mcp(call),
            EffectKind::Publish(to, message) => channel("a message to", to, Some(message)),
            EffectKind::Subscribe(to) => channel("the messages of", to, None),
            EffectKind::Workflow { namespace, name, version, .. } => {
                let line = format!("{namespace}/{name}:{version}");
                let members = [("namespace", namespace), ("name", name), ("version", version)];
                (What::Workflow, line, members.map(|(key, member)| (key, value::string(&**member))).to_vec(), true)
            }
            EffectKind::Emit(event) => {
                let kind = event.member("type").and_then(Value::as_text).unwrap_or_default();
                (What::Event, format!("the event {kind}"), vec![("event", event.clone())], true)
            }
            EffectKind::Sleep(_) | EffectKind::Evaluate(_) | EffectKind::Secrets { .. } | EffectKind::Cancel(_) => return None,
        };
        Some(Self { reference: effect.reference.clone(), asked_by: effect.asked_by, line, members, what, is_harmless })
    }

    /// Whether a mock fits that was used so often; if so, what its expressions see.
    pub(crate) fn fits(&self, mock: &Mock, count: u64) -> Option<Value> {
        if let Some(task) = &mock.task {
            let written = if task.text().starts_with('/') { self.reference.to_string() } else { self.task() };
            task.fits(&written)?;
        }
        if let Some(kind) = &mock.kind {
            kind.fits(self.asked_by)?;
        }
        let mut parameters = Vec::new();
        match (&mock.request, &self.what) {
            (Some(request), What::Request | What::Document) => parameters = self.request_fits(request)?,
            (Some(_), _) => return None,
            (None, What::Document) => return None,
            (None, _) => {}
        }
        match (&mock.command, &self.what) {
            (Some(command), What::Process) => drop(command.fits(&self.line)?),
            (Some(_), _) => return None,
            (None, _) => {}
        }
        match (&mock.method, &self.what) {
            (Some(method), What::Grpc | What::Mcp) => drop(method.fits(&self.member("method").as_text().unwrap_or_default())?),
            (Some(_), _) => return None,
            (None, _) => {}
        }
        match (&mock.channel, &self.what) {
            (Some(channel), What::Channel) => {
                let text = |key| self.member("channel").member(key).and_then(Value::as_text).unwrap_or_default();
                let taken = channel.fits(&text("address")).filter(|_| !text("address").is_empty());
                parameters = taken.or_else(|| channel.fits(&text("url")))?;
            }
            (Some(_), _) => return None,
            (None, _) => {}
        }
        match (&mock.workflow, &self.what) {
            (Some(workflow), What::Workflow) => drop(workflow.fits(&self.line)?),
            (Some(_), _) => return None,
            (None, _) => {}
        }
        match (&mock.event, &self.what) {
            (Some(event), What::Event) if difference(event, &self.member("event"), Objects::Partly).is_none() => {}
            (Some(_), _) => return None,
            // Events and sub-workflows are mocked only if that is said.
            (None, What::Event) if mock.task.is_none() && mock.kind.as_ref().is_none_or(|kind| kind.text() != "emit") => return None,
            (None, _) => {}
        }
        let view = self.view(parameters, count);
        match &mock.when {
            Some(when) if !when.evaluate(view.clone(), &NoVariables).is_ok_and(|holds| holds.is_truthy()) => None,
            _ => Some(view),
        }
    }

    fn request_fits(&self, wanted: &RequestMatch) -> Option<Vec<(String, String)>> {
        if wanted.method.as_ref().is_some_and(|method| Some(method) != self.member("method").as_text().as_ref()) {
            return None;
        }
        let parameters = match &wanted.url {
            Some(url) => url.fits(&self.member("path").as_text().unwrap_or_default())?,
            None => Vec::new(),
        };
        for (key, expected) in [("query", &wanted.query), ("headers", &wanted.headers), ("body", &wanted.body)] {
            if let Some(expected) = expected
                && difference(expected, &self.member(key), Objects::Partly).is_some()
            {
                return None;
            }
        }
        Some(parameters)
    }

    fn member(&self, key: &str) -> Value {
        self.members.iter().find(|(known, _)| *known == key).map(|(_, member)| member.clone()).unwrap_or_default()
    }

    fn view(&self, parameters: Vec<(String, String)>, count: u64) -> Value {
        let parameters = value::object(parameters.into_iter().map(|(key, member)| (key, value::string(member))));
        let common = [
            ("task", value::string(&*self.reference)),
            ("kind", value::string(self.asked_by)),
            ("params", parameters),
            ("call", Value::from(usize::try_from(count).unwrap_or(usize::MAX))),
        ];
        value::object(self.members.iter().cloned().chain(common))
    }

    /// The task's name: the last part of its reference.
    fn task(&self) -> String {
        self.reference.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~")
    }

    /// Who asks, for a person.
    pub(crate) fn place(&self) -> String {
        if self.reference.is_empty() { "the workflow".to_owned() } else { self.reference.to_string() }
    }

    /// The mock that would fit.
    pub(crate) fn proposal(&self, file: &str) -> String {
        let text = |key: &str| self.member(key).as_text().unwrap_or_default();
        let mock = match self.what {
            What::Request | What::Document => {
                let method = text("method").to_lowercase();
                format!("- request: {{ method: {method}, url: '{}' }}\n      answer: {{ status: 200, body: {{}} }}", text("path"))
            }
            What::Process => format!("- task: {}\n      answer: {{ stdout: '' }}", self.task()),
            What::Grpc => format!("- method: {}\n      answer: {{ messages: [ {{ payload: {{}} }} ] }}", text("method")),
            What::Mcp => format!("- method: {}\n      answer: {{ output: {{}} }}", text("method")),
            What::Channel => {
                let channel = self.member("channel");
                let address =
                    ["address", "url"].iter().find_map(|key| channel.member(key).and_then(Value::as_text).filter(|text| !text.is_empty()));
                format!("- channel: '{}'\n      answer: {{}}", address.unwrap_or_default())
            }
            What::Workflow => format!("- workflow: {}\n      answer: {{ output: {{}} }}", self.line),
            What::Event => format!(
                "- event: {{ type: {} }}\n      answer: {{}}",
                self.member("event").member("type").and_then(Value::as_text).unwrap_or_default()
            ),
        };
        format!("write one in {file}, such as\n  mocks:\n    {mock}\nor let `others: real` do it")
    }
}

type Description = (What, String, Vec<(&'static str, Value)>, bool);

fn request_of(request: &HttpRequest) -> Description {
    let (address, query) = split(&request.url);
    let body = request.body.as_deref().unwrap_or_default();
    let members = http::Request { method: &request.method, path: address, query, headers: &request.headers, body }.members();
    (What::Request, format!("{} {}", request.method, request.url), with_url(members, &request.url), false)
}

/// A document is asked for by HTTP, or is a file, which is read for real.
fn document(resource: &Resource) -> Option<Description> {
    let url = url::Url::parse(&resource.uri).ok();
    let is_remote = url.is_some_and(|url| matches!(url.scheme(), "http" | "https"));
    let (address, query) = split(&resource.uri);
    let members = http::Request { method: "GET", path: address, query, headers: &resource.headers, body: &[] }.members();
    Some((What::Document, format!("the document {}", resource.uri), with_url(members, &resource.uri), !is_remote))
}

fn grpc(call: &GrpcCall) -> Description {
    let method = format!("{}/{}", call.service, call.method);
    let metadata = call.metadata.iter().map(|(key, member)| (key.clone(), value::string(&**member)));
    let members = vec![
        ("method", value::string(&*method)),
        ("target", value::string(&*call.target)),
        ("messages", call.messages.iter().cloned().collect()),
        ("body", call.messages.first().cloned().unwrap_or_default()),
        ("headers", value::object(metadata)),
    ];
    (What::Grpc, format!("{method} at {}", call.target), members, false)
}

fn mcp(call: &McpCall) -> Description {
    let target = match &call.transport {
        McpTransport::Http { url, .. } => url.clone(),
        McpTransport::Stdio { command, .. } => command.clone(),
    };
    let members = vec![("method", value::string(&*call.method)), ("target", value::string(&*target)), ("body", call.parameters.clone())];
    (What::Mcp, format!("{} at {target}", call.method), members, false)
}

fn channel(what: &str, channel: &Channel, message: Option<&Message>) -> Description {
    let protocol = match channel.protocol {
        Protocol::Http => "http",
        Protocol::WebSocket => "ws",
        Protocol::Mqtt => "mqtt",
        Protocol::Mqtt5 => "mqtt5",
        Protocol::Nats => "nats",
    };
    let members = [("protocol", protocol), ("url", &channel.url), ("address", &channel.address)];
    let mut members = vec![("channel", value::object(members.map(|(key, member)| (key, value::string(member)))))];
    if let Some(message) = message {
        let text = String::from_utf8_lossy(&message.payload);
        let headers = message.headers.iter().map(|(key, member)| (key.clone(), value::string(&**member)));
        members.push(("body", value::parse_json(&text).unwrap_or_else(|_| value::string(text))));
        members.push(("headers", value::object(headers)));
    }
    let address = [channel.url.as_str(), channel.address.as_str()].join(" ");
    (What::Channel, format!("{what} {}", address.trim_end()), members, false)
}

fn with_url(mut members: Vec<(&'static str, Value)>, url: &str) -> Vec<(&'static str, Value)> {
    members.push(("url", value::string(url)));
    members
}

fn split(url: &str) -> (&str, &str) {
    let url = url.split('#').next().unwrap_or_default();
    url.split_once('?').unwrap_or((url, ""))
}

/// A process: its command line is what a person would type, a container's image and command, or a
/// script's language with its arguments.
fn process(process: &Process) -> Description {
    let mut members = Vec::new();
    let mut line = match &process.command {
        Command::Shell(command) => {
            members.push(("command", value::string(&**command)));
            command.trim().to_owned()
        }
        Command::Script { language, code } => {
            let language = match language {
                ScriptLanguage::JavaScript => "js",
                ScriptLanguage::Python => "python",
            };
            members.extend([("language", value::string(language)), ("code", value::string(&**code))]);
            format!("{language} script")
        }
        Command::Container(container) => {
            let optional = |text: &Option<String>| text.as_deref().map_or(Value::Null, value::string);
            members.extend([
                ("image", value::string(&*container.image)),
                ("name", optional(&container.name)),
                ("command", optional(&container.command)),
            ]);
            [Some(container.image.trim()), container.command.as_deref().map(str::trim)].into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
    };
    for argument in &process.arguments {
        line.push(' ');
        line.push_str(argument);
    }
    let environment = process.environment.iter().map(|(key, member)| (key.clone(), value::string(&**member)));
    members.extend([
        ("arguments", process.arguments.iter().map(|argument| value::string(&**argument)).collect()),
        ("stdin", process.stdin.as_deref().map_or(Value::Null, value::string)),
        ("environment", value::object(environment)),
    ]);
    (What::Process, line, members, false)
}
