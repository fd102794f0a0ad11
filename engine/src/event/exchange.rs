//! What an execution asks of the outside and what comes back, as it is told: cut to a length, and
//! without secrets.

use flowdbg_lang::value::{self, Value};

use crate::{
    effect::{Answer, Channel, Command, Effect, EffectId, EffectKind, McpTransport, Message, Protocol},
    mask::{HIDDEN, Mask},
};

/// How many bytes of a body or text are told.
pub const MAX_BODY: usize = 4_096;

/// Headers that are secrets by what they are for.
const HIDDEN_HEADERS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"];

/// By what means exchanges are made.
pub(crate) const MEANS: [&str; 9] = ["http", "grpc", "mcp", "message", "subscription", "process", "event", "document", "workflow"];

/// One side of an exchange.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The effect that it is; unique in the execution.
    pub id: EffectId,
    /// By what means: `http`, `grpc`, `mcp`, `message`, `subscription`, `process`, `event`,
    /// `document` or `workflow`.
    pub means: &'static str,
    /// How long it took, in milliseconds of the execution's clock; none at its start.
    pub duration: Option<u64>,
    /// What was asked, or what came: an object.
    pub content: Value,
}

/// What an effect shows of itself, by its means; none if it is no exchange.
pub(crate) fn asked(effect: &Effect, mask: &Mask) -> Option<(&'static str, Value)> {
    let shown = Shown { mask, confidential: effect.confidential };
    match &effect.kind {
        EffectKind::Http(request) => {
            let body = request.body.as_deref().map(|body| shown.bytes(body));
            let members = [
                ("method", value::string(&*request.method)),
                ("uri", shown.text(&request.url)),
                ("headers", shown.headers(&request.headers)),
            ];
            Some(("http", value::object(members.into_iter().chain(body.into_iter().flatten()))))
        }
        EffectKind::Process(process) => {
            let what = match &process.command {
                Command::Shell(command) => ("command", shown.text(command)),
                Command::Script { code, .. } => ("script", shown.text(code)),
                Command::Container(container) => ("image", shown.text(&container.image)),
            };
            let arguments = process.arguments.iter().map(|argument| shown.text(argument)).collect();
            let names = process.environment.keys().map(|name| value::string(&**name)).collect();
            let stdin = process.stdin.as_ref().map(|stdin| ("stdinBytes", number(stdin.len())));
            let members = [what, ("arguments", arguments), ("environment", names)];
            Some(("process", value::object(members.into_iter().chain(stdin))))
        }
        EffectKind::Grpc(call) => {
            let members = [
                ("target", shown.text(&call.target)),
                ("service", shown.text(&call.service)),
                ("method", shown.text(&call.method)),
                ("metadata", shown.headers(&call.metadata)),
                ("messages", number(call.messages.len())),
                ("message", call.messages.first().map_or(Value::Null, |message| shown.value(message))),
            ];
            Some(("grpc", value::object(members)))
        }
        EffectKind::Publish(channel, message) => {
            let members = shown.channel(channel).into_iter().chain(shown.message(message));
            Some(("message", value::object(members)))
        }
        EffectKind::Subscribe(channel) => Some(("subscription", value::object(shown.channel(channel)))),
        EffectKind::Emit(event) => Some(("event", value::object([("event", shown.value(event))]))),
        EffectKind::Resource(resource) => {
            let members = [("uri", shown.text(&resource.uri)), ("headers", shown.headers(&resource.headers))];
            Some(("document", value::object(members)))
        }
        EffectKind::Mcp(call) => {
            let place = match &call.transport {
                McpTransport::Http { url, headers } => vec![("uri", shown.text(url)), ("headers", shown.headers(headers))],
                McpTransport::Stdio { command, arguments, environment, folder: _ } => vec![
                    ("command", shown.text(command)),
                    ("arguments", arguments.iter().map(|argument| shown.text(argument)).collect()),
                    ("environment", environment.keys().map(|name| value::string(&**name)).collect()),
                ],
            };
            let members = [("method", shown.text(&call.method)), ("parameters", shown.value(&call.parameters))];
            Some(("mcp", value::object(place.into_iter().chain(members))))
        }
        EffectKind::Workflow { namespace, name, version, .. } => {
            let named = [("namespace", namespace), ("name", name), ("version", version)];
            Some(("workflow", value::object(named.map(|(key, text)| (key, value::string(&**text))))))
        }
        // Nothing goes out: a secret's name is no secret, but what is known of it is nobody's business.
        EffectKind::Sleep(_) | EffectKind::Evaluate(_) | EffectKind::Secrets { .. } | EffectKind::Cancel(_) => None,
    }
}

/// What an answer shows of itself; of a confidential one nobody sees the body.
pub(crate) fn answered(answer: &Answer, confidential: bool, mask: &Mask) -> Value {
    let shown = Shown { mask, confidential };
    let failed = |error: &str| value::object([("outcome", value::string("failed")), ("error", shown.text(error))]);
    let came = |members: Vec<(&'static str, Value)>| value::object([("outcome", value::string("answered"))].into_iter().chain(members));
    match answer {
        Answer::Http(Ok(response)) => {
            let mut members = vec![("status", number(usize::from(response.status))), ("headers", shown.headers(&response.headers))];
            members.extend(shown.bytes(&response.body));
            came(members)
        }
        Answer::Process(Ok(outcome)) => came(vec![
            ("code", Value::from(isize::try_from(outcome.code).unwrap_or_default())),
            ("stdoutBytes", number(outcome.stdout.len())),
            ("stderrBytes", number(outcome.stderr.len())),
        ]),
        Answer::Resource(Ok(text)) => came(shown.bytes(text.as_bytes())),
        Answer::Resource(Err(error)) => failed(&error.message),
        Answer::Process(Err(error)) => failed(&error.to_string()),
        Answer::Grpc(Ok(reply)) => came(vec![
            ("messages", number(reply.messages.len())),
            ("message", reply.messages.first().map_or(Value::Null, |message| shown.value(message))),
        ]),
        Answer::Grpc(Err(status)) => {
            let code = Value::from(isize::try_from(status.code).unwrap_or_default());
            value::object([("outcome", value::string("failed")), ("code", code), ("error", shown.text(&status.message))])
        }
        Answer::Mcp(Ok(result)) => came(vec![("result", shown.value(result))]),
        Answer::Mcp(Err(error)) => failed(&error.message),
        Answer::Published(Err(error)) | Answer::Unsubscribed(Err(error)) => failed(&error.message),
        Answer::Message(message) => came(shown.message(message)),
        Answer::Published(Ok(())) | Answer::Unsubscribed(Ok(())) | Answer::Printed(..) => came(Vec::new()),
        Answer::Workflow(Ok(program)) => came(vec![("workflow", value::string(program.workflow.full_name()))]),
        Answer::Emitted(Ok(())) | Answer::Slept | Answer::Evaluated(Ok(_)) | Answer::Secrets(Ok(_)) => came(Vec::new()),
        Answer::Failed(error) => failed(&crate::fault::summary(error)),
        Answer::Unknown => value::object([("outcome", value::string("unknown"))]),
        Answer::Http(Err(error))
        | Answer::Workflow(Err(error))
        | Answer::Emitted(Err(error))
        | Answer::Evaluated(Err(error))
        | Answer::Secrets(Err(error)) => failed(error),
    }
}

/// What is told of an exchange that nobody waits for any more.
pub(crate) fn abandoned() -> Value {
    value::object([("outcome", value::string("abandoned"))])
}

fn number(n: usize) -> Value {
    Value::from(n)
}

/// How things are shown: without secrets first, cut then, so that no part of a secret is left.
struct Shown<'a> {
    mask: &'a Mask,
    /// Whether bodies are hidden as a whole.
    confidential: bool,
}

impl Shown<'_> {
    fn text(&self, text: &str) -> Value {
        value::string(self.cut(text).0)
    }

    /// The text without secrets and at most [`MAX_BODY`] bytes of it, and whether it was cut.
    fn cut(&self, text: &str) -> (String, bool) {
        // A secret that begins before the cut is seen as a whole.
        let window = &text[..text.floor_char_boundary(MAX_BODY + self.mask.longest())];
        let mut clear = self.mask.text(window).unwrap_or_else(|| window.to_owned());
        if window.len() < text.len() {
            // One that the window cuts in two is not recognised.
            clear.truncate(clear.floor_char_boundary(clear.len().saturating_sub(self.mask.longest())));
        }
        let cut = clear.len() > MAX_BODY || window.len() < text.len();
        clear.truncate(clear.floor_char_boundary(MAX_BODY));
        (clear, cut)
    }

    fn value(&self, whole: &Value) -> Value {
        match super::size(whole) {
            Some(bytes) if bytes <= MAX_BODY as u64 => self.mask.value(whole),
            size => {
                let bytes = size.and_then(|bytes| isize::try_from(bytes).ok()).map_or(Value::Null, Value::from);
                value::object([("bytes", bytes), ("truncated", Value::Bool(true))])
            }
        }
    }

    fn headers(&self, headers: &[(String, String)]) -> Value {
        value::object(headers.iter().map(|(key, member)| {
            let hidden = HIDDEN_HEADERS.iter().any(|name| key.eq_ignore_ascii_case(name));
            (key.clone(), if hidden { value::string(HIDDEN) } else { self.text(member) })
        }))
    }

    /// Where messages go, without credentials.
    fn channel(&self, channel: &Channel) -> Vec<(&'static str, Value)> {
        let protocol = match channel.protocol {
            Protocol::Http => "http",
            Protocol::WebSocket => "websocket",
            Protocol::Mqtt => "mqtt",
            Protocol::Mqtt5 => "mqtt5",
            Protocol::Nats => "nats",
        };
        vec![
            ("protocol", value::string(protocol)),
            ("uri", self.text(&channel.url)),
            ("address", self.text(&channel.address)),
            ("headers", self.headers(&channel.headers)),
        ]
    }

    fn message(&self, message: &Message) -> Vec<(&'static str, Value)> {
        let mut members = vec![("messageHeaders", self.headers(&message.headers))];
        members.extend(self.bytes(&message.payload));
        members
    }

    /// A body: its size, and its beginning if it is text.
    fn bytes(&self, body: &[u8]) -> Vec<(&'static str, Value)> {
        if self.confidential {
            return vec![("body", value::string(HIDDEN))];
        }
        let mut members = vec![("bodyBytes", number(body.len()))];
        // Looked at no further than what is told; a character may be cut in two at its end.
        let window = &body[..body.len().min(MAX_BODY + self.mask.longest() + 4)];
        let text = match std::str::from_utf8(window) {
            Ok(text) => Some(text),
            Err(error) if error.error_len().is_none() => std::str::from_utf8(&window[..error.valid_up_to()]).ok(),
            Err(_) => None,
        };
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let (text, cut) = self.cut(text);
            members.push(("body", value::string(text)));
            if cut || window.len() < body.len() {
                members.push(("truncated", Value::Bool(true)));
            }
        }
        members
    }
}

/// An exchange that is under way.
#[derive(Clone, Debug)]
pub(crate) struct UnderWay {
    pub(crate) means: &'static str,
    pub(crate) since: crate::time::Timestamp,
    pub(crate) branch: crate::machine::BranchId,
    pub(crate) task: Option<super::TaskRun>,
    /// Whether it is about credentials.
    pub(crate) confidential: bool,
}

#[cfg(test)]
mod tests {
    use flowdbg_lang::value::ValueExt as _;

    use super::*;
    use crate::effect::{HttpRequest, HttpResponse, Process};

    fn mask(secret: &str) -> Mask {
        let mut mask = Mask::default();
        mask.hide(&value::string(secret));
        mask
    }

    fn effect(kind: EffectKind, confidential: bool) -> Effect {
        Effect { id: EffectId(1), branch: crate::machine::ROOT, reference: "".into(), asked_by: "call:http", confidential, kind }
    }

    /// Also what the mask does not know yet.
    #[test]
    fn of_what_is_about_credentials_no_body_is_told() {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let request = HttpRequest {
            method: "POST".into(),
            url: "https://id.example/t".into(),
            headers: headers.clone(),
            body: Some(b"pin=1".to_vec()),
        };
        let (_, content) = asked(&effect(EffectKind::Http(request), true), &Mask::default()).expect("an exchange");
        assert_eq!(
            content.to_json(),
            r#"{"method":"POST","uri":"https://id.example/t","headers":{"content-type":"application/json"},"body":"***"}"#
        );
        let response = HttpResponse { status: 200, headers, body: br#"{"access_token":"fresh"}"#.to_vec() };
        assert_eq!(
            answered(&Answer::Http(Ok(response)), true, &Mask::default()).to_json(),
            r#"{"outcome":"answered","status":200,"headers":{"content-type":"application/json"},"body":"***"}"#
        );
    }

    #[test]
    fn a_request_shows_neither_secrets_nor_credentials() {
        let request = HttpRequest {
            method: "POST".into(),
            url: "https://bank.example/?key=top%20secret".into(),
            headers: vec![("Authorization".into(), "Basic x".into()), ("x-trace".into(), "with top secret".into())],
            body: Some(b"{\"pin\":\"top secret\"}".to_vec()),
        };
        let (means, content) = asked(&effect(EffectKind::Http(request), false), &mask("top secret")).expect("an exchange");
        assert_eq!(means, "http");
        assert_eq!(
            content.to_json(),
            r#"{"method":"POST","uri":"https://bank.example/?key=***","headers":{"Authorization":"***","x-trace":"with ***"},"bodyBytes":20,"body":"{\"pin\":\"***\"}"}"#
        );
        let command = Process {
            command: Command::Shell("pay 'top secret'".into()),
            arguments: vec!["--now".into()],
            stdin: Some("top secret".into()),
            environment: [("PIN".to_owned(), "top secret".to_owned())].into(),
        };
        let (_, content) = asked(&effect(EffectKind::Process(command), false), &mask("top secret")).expect("an exchange");
        assert_eq!(content.to_json(), r#"{"command":"pay '***'","arguments":["--now"],"environment":["PIN"],"stdinBytes":10}"#);
    }

    #[test]
    fn a_body_is_cut_and_no_part_of_a_secret_is_left_at_the_cut() {
        let secret = "0123456789".repeat(20);
        let mask = mask(&secret);
        let answer = |body: Vec<u8>| {
            let response = HttpResponse { status: 200, headers: Vec::new(), body };
            answered(&Answer::Http(Ok(response)), false, &mask)
        };
        // Wherever the secret lies, also after others that became shorter.
        for before in [0, 1, 20, 21, 22] {
            for filler in (MAX_BODY - 210)..(MAX_BODY + 20) {
                let body = format!("{}{}{secret}{}", secret.repeat(before), "x".repeat(filler), "y".repeat(MAX_BODY));
                let shown = answer(body.clone().into_bytes());
                let text = shown.member("body").and_then(Value::as_text).expect("a text");
                assert!(text.len() <= MAX_BODY && !text.contains("0123"), "{before} {filler}: {text}");
                assert_eq!(shown.member("bodyBytes").and_then(Value::as_i64), i64::try_from(body.len()).ok());
                assert_eq!(shown.member("truncated"), Some(&Value::Bool(true)));
            }
        }
        let short = answer(b"fine".to_vec());
        assert_eq!(short.to_json(), r#"{"outcome":"answered","status":200,"headers":{},"bodyBytes":4,"body":"fine"}"#);
        assert_eq!(answer(vec![0xff; 9]).to_json(), r#"{"outcome":"answered","status":200,"headers":{},"bodyBytes":9}"#);
        assert!(answer("ü".repeat(MAX_BODY).into_bytes()).member("body").is_some(), "a character that the window cuts in two");
    }
}
