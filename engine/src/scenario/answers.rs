//! An answer of a mock.

use flowdbg_lang::{
    codes,
    form::{Field, Form},
    template::Template,
    tree::{NodeId, NodeKind},
    value::{self, Value, ValueExt as _},
};

use super::{MockAnswer, Said, Says, read::deliveries};
use crate::fault::Kind;

const RESPONSE: &[&str] = &["status", "headers", "body"];
const PROCESS: &[&str] = &["code", "stdout", "stderr"];
const STREAM: &[&str] = &["messages", "open"];
const KEYS: &[&str] =
    &["delay", "status", "headers", "body", "code", "stdout", "stderr", "output", "messages", "open", "error", "real", "events"];

pub(super) fn read(form: &mut Form, node: NodeId) -> MockAnswer {
    let mut answer = MockAnswer { span: form.tree().span(node), ..MockAnswer::default() };
    let fields = form.fields(node, "an answer", KEYS, &[]);
    one_kind(form, node, &fields);
    let has = |keys: &[&str]| fields.iter().any(|field| keys.contains(&&*field.key));
    if has(PROCESS) {
        answer.says = Some(Says::Process { code: 0, stdout: None, stderr: None });
    } else if has(RESPONSE) {
        answer.says = Some(Says::Response { status: 200, headers: Vec::new(), body: None });
    } else if has(STREAM) {
        answer.says = Some(Says::Messages { messages: Vec::new(), open: false });
    }
    for Field { key, value, .. } in fields {
        match (&*key, &mut answer.says) {
            ("delay", _) => answer.delay = form.duration(value).unwrap_or(0),
            ("events", _) => answer.events = deliveries(form, value),
            ("status", Some(Says::Response { status, .. })) => {
                let found = form.number(value, "`status`", 100..=599, "200 is usual");
                *status = found.and_then(|found| u16::try_from(found).ok()).unwrap_or(200);
            }
            ("headers", Some(Says::Response { headers, .. })) => {
                for field in form.named(value, "`headers`", "for example `etag: abc`") {
                    headers.push((field.key.to_ascii_lowercase(), form.template(field.value)));
                }
            }
            ("body", Some(Says::Response { body, .. })) => *body = Some(form.template(value)),
            ("code", Some(Says::Process { code, .. })) => {
                let found = form.number(value, "`code`", 0..=255, "0 is success");
                *code = found.and_then(|found| i32::try_from(found).ok()).unwrap_or(0);
            }
            ("stdout", Some(Says::Process { stdout, .. })) => *stdout = Some(form.template(value)),
            ("stderr", Some(Says::Process { stderr, .. })) => *stderr = Some(form.template(value)),
            ("messages", Some(Says::Messages { messages, .. })) => {
                let items = form.list(value, "`messages`", "a list with at least one message, each with `payload`");
                *messages = items.into_iter().map(|item| message(form, item)).collect();
            }
            ("open", Some(Says::Messages { open, .. })) => *open = form.tree().value(value) == Value::Bool(true),
            ("output", says) => *says = Some(Says::Output(form.template(value))),
            ("error", says) => *says = Some(error(form, value)),
            ("real", says) => {
                if form.tree().value(value) != Value::Bool(true) {
                    form.wrong(codes::WRONG_VALUE, value, "`real` must be `true`", "leave it out to answer here");
                }
                *says = Some(Says::Real);
            }
            // Two kinds of answer at once; that has been reported.
            _ => {}
        }
    }
    answer
}

/// Reports members that do not go together.
fn one_kind(form: &mut Form, node: NodeId, fields: &[Field]) {
    let kind = |key: &str| match key {
        _ if RESPONSE.contains(&key) => Some("response"),
        _ if PROCESS.contains(&key) => Some("process"),
        _ if STREAM.contains(&key) => Some("stream"),
        "output" | "error" | "real" => Some("other"),
        _ => None,
    };
    let said: Vec<&str> = fields.iter().filter(|field| kind(&field.key).is_some()).map(|field| &*field.key).collect();
    let Some(first) = said.first() else { return };
    let fits = |key: &&&str| kind(key) == kind(first) && (kind(first) != Some("other") || key == &first);
    if let Some(other) = said.iter().find(|key| !fits(key)) {
        let help = "a response has status, headers and body; a process has code, stdout and stderr; a sub-workflow has output; gRPC and subscriptions have messages";
        form.wrong(codes::EXCLUSIVE_KEYS, node, format!("an answer cannot have both `{first}` and `{other}`"), help);
    }
}

fn message(form: &mut Form, node: NodeId) -> Said {
    let mut said = Said { after: 0, payload: Template::Value(Value::Null), headers: Vec::new(), correlation: None };
    for Field { key, value, .. } in form.fields(node, "a message", &["after", "payload", "headers", "correlationId"], &["payload"]) {
        match &*key {
            "after" => said.after = form.duration(value).unwrap_or(0),
            "payload" => said.payload = form.template(value),
            "headers" => {
                for field in form.named(value, "`headers`", "for example `language: en`") {
                    said.headers.push((field.key.to_string(), form.template(field.value)));
                }
            }
            _ => said.correlation = Some(form.template(value)),
        }
    }
    said
}

/// A text is why the other side cannot be reached; a mapping is problem details.
fn error(form: &mut Form, node: NodeId) -> Says {
    if !matches!(form.tree().node(node).kind, NodeKind::Mapping(_)) {
        if form.text(node, "`error`", "write why it fails, or problem details such as { type: timeout }").is_none() {
            return Says::Unreachable(Template::Value(Value::Null));
        }
        return Says::Unreachable(form.template(node));
    }
    let keys = ["type", "status", "title", "detail"];
    let fields = form.fields(node, "`error`", &keys, &[]);
    let mut members: Vec<(String, Template)> = Vec::new();
    let mut kind = Some(Kind::Communication);
    for Field { key, value, .. } in fields {
        if &*key == "type" {
            kind = None;
            let text =
                form.text(value, "`type`", "write a standard type such as communication, or an address").unwrap_or_else(|| "".into());
            if let Some(standard) = Kind::named(&text) {
                kind = Some(standard);
                continue;
            }
            if !text.contains(':') {
                let standard = Kind::ALL.map(Kind::name);
                let near = flowdbg_lang::suggest::closest(&text, standard.into_iter());
                let help = near.map_or_else(
                    || format!("write an address, or one of {}", standard.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                form.wrong(codes::WRONG_VALUE, value, format!("there is no standard error type `{text}`"), &help);
            }
        }
        members.push((key.to_string(), form.template(value)));
    }
    if let Some(kind) = kind {
        let standard = crate::fault::Fault::new(kind, "made up by the scenario").error;
        if let Value::Obj(defaults) = &standard {
            for (name, member) in defaults.iter() {
                let name = name.as_text().unwrap_or_default();
                if members.iter().all(|(known, _)| *known != name) {
                    members.push((name, Template::Value(member.clone())));
                }
            }
        }
    }
    Says::Error(Template::Object(members.into()))
}

/// The attributes of an event; what every event has is filled in.
pub(super) fn event(form: &mut Form, node: NodeId) -> Template {
    let given = form.named(node, "`event`", "for example `type: com.example.paid`");
    if !given.iter().any(|field| &*field.key == "type") && !given.is_empty() {
        form.wrong(codes::MISSING_KEY, node, "an event needs a `type`", "for example `type: com.example.paid`");
    }
    let mut members: Vec<(String, Template)> = given.into_iter().map(|field| (field.key.to_string(), form.template(field.value))).collect();
    for (name, member) in [("specversion", "1.0"), ("source", "/scenario")] {
        if members.iter().all(|(known, _)| known != name) {
            members.push((name.to_owned(), Template::Value(value::string(member))));
        }
    }
    Template::Object(members.into())
}
