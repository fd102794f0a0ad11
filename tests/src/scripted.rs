//! A world that answers as a script says. It has no network and no processes.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use flowdbg_engine::{
    effect::{
        Answer, Channel, ChannelError, Command, EffectKind, GrpcCall, GrpcReply, GrpcStatus, HttpResponse, McpCall, McpError, McpErrorKind,
        McpTransport, Message, Process, ProcessError, ProcessOutcome, Resource, ResourceError,
    },
    program::Program,
    worlds::{Messages, Performing, Request, World},
};
use flowdbg_lang::value::{Value, ValueExt as _};

/// What the world does, and what it was asked for.
#[derive(Debug, Default)]
pub struct Script {
    /// Answers to requests, in order, each after a time. Without one a request fails.
    pub http: VecDeque<(Duration, u16, String)>,
    /// Ends of processes, in order.
    pub processes: VecDeque<Result<ProcessOutcome, ProcessError>>,
    /// Answers of servers of tools, in order.
    pub mcp: VecDeque<Result<Value, McpError>>,
    /// Answers to gRPC calls, in order. Without one a call fails.
    pub grpc: VecDeque<Result<GrpcReply, GrpcStatus>>,
    /// Messages that come over channels, in order, each after a time.
    pub messages: VecDeque<(Duration, Message)>,
    /// How subscriptions end when there are no more messages; if absent, they go on.
    pub subscription: Option<Result<(), ChannelError>>,
    /// Workflows that can be found.
    pub workflows: Vec<Arc<Program>>,
    /// Documents by address.
    pub documents: Vec<(String, String)>,
    /// Secrets by name.
    pub secrets: Vec<(String, Value)>,
    /// What was asked for, one line each.
    pub asked: Vec<String>,
}

/// The world.
#[derive(Clone, Debug, Default)]
pub struct Scripted(Arc<Mutex<Script>>);

impl Scripted {
    /// A world with a script.
    #[must_use]
    pub fn new(script: Script) -> Self {
        Self(Arc::new(Mutex::new(script)))
    }

    /// Looks at the script or changes it.
    pub fn script<R>(&self, look: impl FnOnce(&mut Script) -> R) -> R {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn http(&self, request: &flowdbg_engine::effect::HttpRequest) -> Option<(Duration, u16, String)> {
        let body = request.body.as_deref().map(|body| format!(" {}", String::from_utf8_lossy(body))).unwrap_or_default();
        self.script(|script| {
            let authorization = request.headers.iter().find(|(key, _)| key == "authorization");
            let authorization = authorization.map(|(_, text)| format!(" [{text}]")).unwrap_or_default();
            script.asked.push(format!("http {} {}{authorization}{body}", request.method, request.url));
            script.http.pop_front()
        })
    }

    fn process(&self, process: &Process) -> Result<ProcessOutcome, ProcessError> {
        let arguments: String = process.arguments.iter().map(|argument| format!(" {argument:?}")).collect();
        let environment: String = process.environment.iter().map(|(key, member)| format!(" {key}={member}")).collect();
        let stdin = process.stdin.as_ref().map(|stdin| format!(" < {stdin:?}")).unwrap_or_default();
        let what = match &process.command {
            Command::Shell(command) => format!("shell{environment} `{command}`"),
            Command::Script { language, code } => format!("script{environment} {language:?} {code:?}"),
            Command::Container(container) => format!("container{environment} {container:?}"),
        };
        self.script(|script| {
            script.asked.push(format!("{what}{arguments}{stdin}"));
            script.processes.pop_front().unwrap_or_else(|| Err(ProcessError::Failed("there are no processes here".to_owned())))
        })
    }

    fn mcp(&self, call: &McpCall) -> Result<Value, McpError> {
        let transport = match &call.transport {
            McpTransport::Http { url, headers } => {
                let headers: String = headers.iter().map(|(key, member)| format!(" [{key}: {member}]")).collect();
                format!("{url}{headers}")
            }
            McpTransport::Stdio { command, arguments, .. } => format!("`{command} {}`", arguments.join(" ")),
        };
        self.script(|script| {
            script.asked.push(format!("mcp {} at {transport} {}", call.method, call.parameters.to_json()));
            let message = "there are no servers of tools here".to_owned();
            script.mcp.pop_front().unwrap_or(Err(McpError { kind: McpErrorKind::Transport, message }))
        })
    }

    fn grpc(&self, call: &GrpcCall) -> Result<GrpcReply, GrpcStatus> {
        let messages: String = call.messages.iter().map(|message| format!(" {}", message.to_json())).collect();
        let timeout = call.timeout.map(|timeout| format!(" within {timeout} ms")).unwrap_or_default();
        let metadata: String = call.metadata.iter().map(|(key, member)| format!(" {key}={member}")).collect();
        self.script(|script| {
            script.asked.push(format!("grpc {} {}/{}{messages}{metadata}{timeout}", call.target, call.service, call.method));
            script.grpc.pop_front().unwrap_or_else(|| Err(GrpcStatus { code: 14, message: "there is no network here".to_owned() }))
        })
    }

    fn publish(&self, channel: &Channel, message: &Message) {
        let place = place(channel);
        let headers: String = message.headers.iter().map(|(key, member)| format!(" {key}={member}")).collect();
        let kind = message.content_type.as_deref().unwrap_or("no type");
        let line = format!("publish {place}{headers} ({kind}) {}", String::from_utf8_lossy(&message.payload));
        self.script(|script| script.asked.push(line));
    }

    async fn subscribe(&self, channel: &Channel, messages: &Messages) -> Result<(), ChannelError> {
        self.script(|script| script.asked.push(format!("subscribe {}", place(channel))));
        while let Some((delay, message)) = self.script(|script| script.messages.pop_front()) {
            tokio::time::sleep(delay).await;
            messages.send(message).await;
        }
        match self.script(|script| script.subscription.clone()) {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }

    fn document(&self, resource: &Resource) -> Result<String, ResourceError> {
        self.script(|script| {
            script.asked.push(format!("document {}", resource.uri));
            let found = script.documents.iter().find(|(uri, _)| *uri == resource.uri).map(|(_, text)| text.clone());
            found.ok_or_else(|| ResourceError { status: None, challenges: Vec::new(), message: "there are no documents here".to_owned() })
        })
    }

    fn secrets(&self, names: &[Arc<str>]) -> Result<Vec<Value>, String> {
        let find = |script: &Script, name: &Arc<str>| {
            let found = script.secrets.iter().find(|(known, _)| **known == **name).map(|(_, secret)| secret.clone());
            found.ok_or_else(|| format!("the secret `{name}` cannot be found"))
        };
        self.script(|script| names.iter().map(|name| find(script, name)).collect())
    }

    fn find(&self, namespace: &str, name: &str, version: &str) -> Result<Arc<Program>, String> {
        self.script(|script| {
            let fits = |program: &&Arc<Program>| {
                let document = &program.workflow.document;
                document.namespace == namespace && document.name == name && (version == "latest" || document.version == version)
            };
            script.workflows.iter().find(fits).cloned().ok_or_else(|| format!("there is no workflow {namespace}/{name}:{version}"))
        })
    }
}

impl World for Scripted {
    fn perform(&self, request: Request) -> Performing {
        let world = self.clone();
        Box::pin(async move {
            match request.effect.kind {
                EffectKind::Http(request) => match world.http(&request) {
                    Some((delay, status, body)) => {
                        tokio::time::sleep(delay).await;
                        let kind = match body.as_str() {
                            json if json.starts_with(['{', '[']) => "application/json",
                            events if events.starts_with("data:") => "text/event-stream",
                            _ => "text/plain",
                        };
                        let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
                        if let (401, Some(challenge)) = (status, body.strip_prefix("challenge ")) {
                            headers.push(("www-authenticate".to_owned(), challenge.to_owned()));
                        }
                        Answer::Http(Ok(HttpResponse { status, headers, body: body.into_bytes() }))
                    }
                    None => Answer::Http(Err("there is no network here".to_owned())),
                },
                EffectKind::Process(process) => Answer::Process(world.process(&process)),
                EffectKind::Grpc(call) => Answer::Grpc(world.grpc(&call)),
                EffectKind::Publish(channel, message) => {
                    world.publish(&channel, &message);
                    Answer::Published(Ok(()))
                }
                EffectKind::Subscribe(channel) => Answer::Unsubscribed(world.subscribe(&channel, &request.messages).await),
                EffectKind::Evaluate(evaluation) => Answer::Evaluated(flowdbg_engine::worlds::local::evaluate_here(&evaluation)),
                EffectKind::Workflow { namespace, name, version, .. } => Answer::Workflow(world.find(&namespace, &name, &version)),
                EffectKind::Mcp(call) => Answer::Mcp(world.mcp(&call)),
                EffectKind::Resource(resource) => Answer::Resource(world.document(&resource)),
                EffectKind::Secrets { names, .. } => Answer::Secrets(world.secrets(&names)),
                EffectKind::Sleep(_) | EffectKind::Cancel(_) => Answer::Slept,
                EffectKind::Emit(_) => Answer::Emitted(Ok(())),
            }
        })
    }

    fn wall_clock(&self) -> i64 {
        0
    }

    fn seed(&self) -> u64 {
        1
    }
}

/// Where messages go or come from, for a person.
fn place(channel: &Channel) -> String {
    let address = if channel.address.is_empty() { String::new() } else { format!(" {}", channel.address) };
    let credentials = channel.credentials.as_ref().map(|credentials| format!(" as {credentials:?}")).unwrap_or_default();
    let headers: String = channel.headers.iter().map(|(key, member)| format!(" {key}={member}")).collect();
    format!("{:?} {}{address}{credentials}{headers}", channel.protocol, channel.url)
}
