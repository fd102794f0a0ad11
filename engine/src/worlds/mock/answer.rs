//! From a mock's answer to the answer of an effect.

use std::sync::Arc;

use flowdbg_lang::{
    form::NoVariables,
    template::{Failed, Template},
    text::Source,
    value::{self, Value, ValueExt as _},
};

use super::Found;
use crate::{
    effect::{
        Answer, ChannelError, EffectKind, GrpcReply, GrpcStatus, HttpResponse, McpError, McpErrorKind, Message, ProcessError,
        ProcessOutcome, ResourceError,
    },
    fault::{Fault, Kind},
    program::Program,
    scenario::{Said, Says, Scenario, http},
    tasks::text,
};

/// The answer to an effect, or a failure that says why the mock has none.
pub(crate) fn made_up(scenario: &Scenario, effect: &EffectKind, says: Option<&Says>, found: &Found<'_>) -> Answer {
    let fail = |why: String| {
        let detail = format!("the mock {}: {why}", scenario.place(found.answer.span));
        Answer::Failed(Fault::new(Kind::Configuration, detail).error)
    };
    match answer(effect, says, &found.view) {
        Ok(answer) => answer,
        Err(Unfit::Expression(failed)) => fail(format!("the expression `{}` failed: {}", failed.expression, failed.message)),
        Err(Unfit::Kind(wanted)) => fail(format!("this asks for {wanted}, which the answer does not say")),
        Err(Unfit::Workflow(why)) => fail(why),
    }
}

/// The status code of gRPC for a service that cannot be reached.
const UNAVAILABLE: i32 = 14;

/// The messages of a subscription, each with the milliseconds that it comes after the one before.
pub(crate) fn messages(says: Option<&Says>, view: &Value) -> Vec<(u64, Message)> {
    let Some(Says::Messages { messages, .. }) = says else { return Vec::new() };
    let message = |said: &Said| {
        let payload = fill(&said.payload, view)?;
        let headers = said.headers.iter().map(|(name, header)| Ok((name.clone(), text(&fill(header, view)?))));
        let content_type = if payload.as_text().is_some() { "text/plain" } else { "application/json" };
        Ok::<_, Failed>(Message {
            payload: text(&payload).into_bytes(),
            content_type: Some(content_type.to_owned()),
            headers: headers.collect::<Result<_, Failed>>()?,
            correlation: said.correlation.as_ref().map(|correlation| fill(correlation, view)).transpose()?.as_ref().map(text),
        })
    };
    // One whose expression fails does not come.
    messages.iter().filter_map(|said| Some((said.after, message(said).ok()?))).collect()
}

enum Unfit {
    Expression(Failed),
    Kind(&'static str),
    Workflow(String),
}

impl From<Failed> for Unfit {
    fn from(failed: Failed) -> Self {
        Self::Expression(failed)
    }
}

fn fill(template: &Template, view: &Value) -> Result<Value, Failed> {
    template.evaluate(view, &NoVariables)
}

fn answer(effect: &EffectKind, says: Option<&Says>, view: &Value) -> Result<Answer, Unfit> {
    match says {
        Some(Says::Error(error)) => return Ok(Answer::Failed(fill(error, view)?)),
        Some(Says::Unreachable(why)) => return Ok(unreachable(effect, text(&fill(why, view)?))),
        _ => {}
    }
    match effect {
        EffectKind::Http(_) => {
            let (status, headers, body) = response(says, view)?;
            Ok(Answer::Http(Ok(HttpResponse { status, headers, body })))
        }
        EffectKind::Resource(_) => {
            let (status, _, body) = response(says, view)?;
            let body = String::from_utf8_lossy(&body).into_owned();
            Ok(Answer::Resource(match status {
                200..300 => Ok(body),
                status => Err(ResourceError {
                    status: Some(status),
                    challenges: Vec::new(),
                    message: format!("it was answered {status}: {body}"),
                }),
            }))
        }
        EffectKind::Process(_) => Ok(Answer::Process(Ok(process(says, view)?))),
        EffectKind::Grpc(_) => match says {
            None => Ok(Answer::Grpc(Ok(GrpcReply { messages: vec![value::object::<String>([])] }))),
            Some(Says::Messages { messages, .. }) => {
                let messages = messages.iter().map(|said| fill(&said.payload, view)).collect::<Result<_, _>>()?;
                Ok(Answer::Grpc(Ok(GrpcReply { messages })))
            }
            Some(_) => Err(Unfit::Kind("the `messages` of a gRPC method")),
        },
        EffectKind::Mcp(_) => match says {
            None => Ok(Answer::Mcp(Ok(value::object::<String>([])))),
            Some(Says::Output(output)) => Ok(Answer::Mcp(Ok(fill(output, view)?))),
            Some(_) => Err(Unfit::Kind("the `output` of a method of an MCP server")),
        },
        EffectKind::Publish(..) => match says {
            None => Ok(Answer::Published(Ok(()))),
            Some(_) => Err(Unfit::Kind("nothing but an `error`, since a message has no answer")),
        },
        // Its messages are sent before.
        EffectKind::Subscribe(_) => match says {
            None | Some(Says::Messages { .. }) => Ok(Answer::Unsubscribed(Ok(()))),
            Some(_) => Err(Unfit::Kind("the `messages` of a subscription")),
        },
        EffectKind::Workflow { namespace, name, version, .. } => match says {
            Some(Says::Output(output)) => {
                let stand_in = stand_in(namespace, name, version, output).map_err(Unfit::Workflow)?;
                Ok(Answer::Workflow(Ok(stand_in)))
            }
            None => Ok(Answer::Workflow(Ok(stand_in(namespace, name, version, &Template::Value(Value::Null)).map_err(Unfit::Workflow)?))),
            Some(_) => Err(Unfit::Kind("the `output` of a sub-workflow")),
        },
        EffectKind::Emit(_) => match says {
            None => Ok(Answer::Emitted(Ok(()))),
            Some(_) => Err(Unfit::Kind("nothing but an `error`, since an event has no answer")),
        },
        EffectKind::Sleep(_) | EffectKind::Cancel(_) => Ok(Answer::Slept),
        EffectKind::Evaluate(_) => Err(Unfit::Kind("the value of an expression")),
        EffectKind::Secrets { .. } => Err(Unfit::Kind("secrets; they stand under `secrets`")),
    }
}

/// The other side cannot be reached.
fn unreachable(effect: &EffectKind, why: String) -> Answer {
    match effect {
        EffectKind::Http(_) => Answer::Http(Err(why)),
        EffectKind::Resource(_) => Answer::Resource(Err(ResourceError { status: None, challenges: Vec::new(), message: why })),
        EffectKind::Process(_) => Answer::Process(Err(ProcessError::Failed(why))),
        EffectKind::Grpc(_) => Answer::Grpc(Err(GrpcStatus { code: UNAVAILABLE, message: why })),
        EffectKind::Mcp(_) => Answer::Mcp(Err(McpError { kind: McpErrorKind::Transport, message: why })),
        EffectKind::Publish(..) => Answer::Published(Err(ChannelError { status: None, message: why })),
        EffectKind::Subscribe(_) => Answer::Unsubscribed(Err(ChannelError { status: None, message: why })),
        EffectKind::Workflow { .. } => Answer::Workflow(Err(why)),
        EffectKind::Emit(_) => Answer::Emitted(Err(why)),
        EffectKind::Secrets { .. } => Answer::Secrets(Err(why)),
        EffectKind::Evaluate(_) => Answer::Evaluated(Err(why)),
        EffectKind::Sleep(_) | EffectKind::Cancel(_) => Answer::Slept,
    }
}

type Response = (u16, Vec<(String, String)>, Vec<u8>);

fn response(says: Option<&Says>, view: &Value) -> Result<Response, Unfit> {
    match says {
        None => Ok((200, Vec::new(), Vec::new())),
        Some(Says::Response { status, headers, body }) => {
            let headers = headers.iter().map(|(name, template)| Ok((name.clone(), text(&fill(template, view)?))));
            let mut headers = headers.collect::<Result<Vec<_>, Failed>>()?;
            let body = body.as_ref().map(|body| fill(body, view)).transpose()?;
            let bytes = http::encode(body, &mut headers);
            Ok((*status, headers, bytes))
        }
        Some(_) => Err(Unfit::Kind("a response: `status`, `headers`, `body`")),
    }
}

fn process(says: Option<&Says>, view: &Value) -> Result<ProcessOutcome, Unfit> {
    let said = |template: &Option<Template>| match template {
        Some(template) => Ok(text(&fill(template, view)?)),
        None => Ok::<_, Failed>(String::new()),
    };
    match says {
        None => Ok(ProcessOutcome::default()),
        Some(Says::Process { code, stdout, stderr }) => {
            Ok(ProcessOutcome { code: *code, stdout: said(stdout)?, stderr: said(stderr)?, processor: None })
        }
        Some(_) => Err(Unfit::Kind("the end of a process: `code`, `stdout`, `stderr`")),
    }
}

/// A workflow that does nothing and has an output. Expressions in it see its input.
fn stand_in(namespace: &str, name: &str, version: &str, output: &Template) -> Result<Arc<Program>, String> {
    let output = match output {
        Template::Expression(expression, _) => value::string(format!("${{ {} }}", expression.text())),
        template => written(template),
    };
    let document = value::object(
        [("dsl", "1.0.3"), ("namespace", namespace), ("name", name), ("version", version)].map(|(key, text)| (key, value::string(text))),
    );
    let text =
        value::object([("document", document), ("do", std::iter::empty::<Value>().collect()), ("output", value::object([("as", output)]))]);
    let (tree, problems) = flowdbg_lang::read::read(&Source::new(format!("mock of {namespace}/{name}"), text.to_string()));
    let workflow = flowdbg_lang::lower::lower(&Arc::new(tree));
    match (workflow, problems.first()) {
        (Some(workflow), None) => Ok(Program::new(workflow)),
        (_, problem) => Err(problem.map_or_else(|| "it makes no workflow".to_owned(), |problem| problem.message.clone())),
    }
}

/// A template as it would be written in a workflow.
fn written(template: &Template) -> Value {
    match template {
        // A literal that is no object is written as the expression that gives it.
        Template::Value(literal) => value::string(format!("${{ {literal} }}")),
        Template::Expression(expression, _) => value::string(format!("${{ {} }}", expression.text())),
        Template::Loose(_, _, text) => text.clone(),
        Template::Array(items) => {
            let items: Vec<String> = items.iter().map(inner).collect();
            value::string(format!("${{ [{}] }}", items.join(", ")))
        }
        Template::Object(members) => value::object(members.iter().map(|(key, member)| (key.as_str(), written(member)))),
    }
}

/// A template as a part of an expression.
fn inner(template: &Template) -> String {
    match template {
        Template::Value(literal) => literal.to_string(),
        Template::Expression(expression, _) => format!("({})", expression.text()),
        Template::Loose(_, _, text) => text.to_string(),
        Template::Array(items) => format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(", ")),
        Template::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(key, member)| format!("{}: {}", value::string(&**key), inner(member))).collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}
