//! A client and a scripted host around a session.
//!
//! The bench checks in every session what no test says: sequence numbers ascend by one, every
//! request has one reply, `initialized` and `terminated` come once, nothing but replies follows
//! `terminated`, no event overtakes the reply to a request that lets the execution move, nothing
//! is sent that the protocol's schema does not allow, and no message is left unread.

use std::collections::{BTreeMap, HashMap, VecDeque};

use flowdbg_adapter::{Effect, Inbox, Outbox, REQUESTS, Session};
use flowdbg_protocol::{
    control::{self, Call, ControlError, Notice, Phase, Position, Range, StopReason},
    dap::Message,
};
use serde_json::{Value, json};

use super::support_schema as schema;

type Answer = Box<dyn FnMut(Value) -> Result<Value, ControlError>>;

/// A client and a host around a session.
pub(crate) struct Bench {
    session: Session,
    host: HashMap<&'static str, Answer>,
    /// Commands that were not answered yet, in order.
    commands: VecDeque<(u64, &'static str, Value)>,
    /// Whether the host answers only when told.
    slow: bool,
    /// What the host was asked, as lines.
    asked: Vec<String>,
    /// What the client was told, not yet looked at.
    unread: VecDeque<Message>,
    seq: i64,
    /// Requests without a reply, with their command.
    open: BTreeMap<i64, String>,
    last_seq: i64,
    events: BTreeMap<String, usize>,
    pub(crate) closed: bool,
}

impl Bench {
    /// A client that has connected, and a host that agrees to everything.
    pub(crate) fn new() -> Self {
        let mut bench = Bench {
            session: Session::new(),
            host: HashMap::new(),
            commands: VecDeque::new(),
            slow: false,
            asked: Vec::new(),
            unread: VecDeque::new(),
            seq: 0,
            open: BTreeMap::new(),
            last_seq: 0,
            events: BTreeMap::new(),
            closed: false,
        };
        bench.on::<control::Start>(|_| Ok(control::Started { execution: "E1".into(), diagnostics: Vec::new() }));
        bench.on::<control::SetBreakpoints>(|params| {
            let bound = |(at, asked): (usize, &control::SourceBreakpoint)| control::Breakpoint {
                id: 70 + at as u32,
                verified: true,
                message: None,
                range: Some(range(asked.line, 6, asked.line, 12)),
                reference: Some("/do/0/charge".into()),
            };
            let breakpoints = params.breakpoints.iter().enumerate().map(bound).collect();
            Ok(control::Breakpoints { breakpoints })
        });
        bench.agree::<control::SetExceptionFilters>();
        bench.agree::<control::Release>();
        bench.agree::<control::Continue>();
        bench.agree::<control::Step>();
        bench.agree::<control::Pause>();
        bench.agree::<control::Cancel>();
        bench.on::<control::Branches>(|_| {
            let root = control::Branch { id: 1, name: "order".into(), suspended: true };
            Ok(control::BranchList { branches: vec![root] })
        });
        bench.on::<control::Frames>(|params| {
            let frame = |depth: u32, name: &str, kind| control::Frame {
                frame: control::FrameRef { branch: params.branch, depth },
                name: name.into(),
                reference: "/do/0/charge".into(),
                path: "/tmp/order.yaml".into(),
                range: range(9 + depth, 2, 20, 0),
                kind,
            };
            let frames = vec![frame(1, "charge", control::FrameKind::Task), frame(0, "order", control::FrameKind::Workflow)];
            let kept = frames.into_iter().skip(params.start as usize);
            let frames = kept.take(params.count.unwrap_or(100) as usize).collect();
            Ok(control::FrameList { frames, total: 2 })
        });
        bench.on::<control::Scopes>(|_| {
            let scope = |scope, named| control::ScopeInfo { scope, expensive: false, children: control::Children { named, indexed: 0 } };
            let scopes = vec![scope(control::Scope::Input, 2), scope(control::Scope::Locals, 0)];
            Ok(control::ScopeList { scopes })
        });
        bench.on::<control::Variables>(|_| {
            Ok(control::VariableList { variables: vec![variable("total", "42", 0, 0), variable("items", r#"["a","b"]"#, 0, 2)] })
        });
        bench.on::<control::Evaluate>(|params| Ok(control::Variable { step: None, ..variable(&params.expression, "42", 0, 0) }));
        bench.on::<control::SetVariable>(|params| Ok(variable("set", &params.value, 0, 0)));
        bench.on::<control::ExceptionInfo>(|_| {
            Ok(control::Exception {
                error: json!({
                    "type": "https://open-workflow-specification.org/errors/communication",
                    "title": "Communication error",
                    "status": 503,
                    "detail": "bank.example is down",
                    "instance": "/do/0/charge",
                }),
                caught: false,
                attempt: 2,
                stack: vec!["charge (order.yaml:10)".into(), "order (order.yaml:1)".into()],
            })
        });
        bench
    }

    /// A client that has said `initialize`.
    pub(crate) fn initialized() -> Self {
        let mut bench = Bench::new();
        bench.ask("initialize", json!({ "adapterID": "flowdbg", "supportsVariableType": true }));
        bench
    }

    /// An execution on hold.
    pub(crate) fn configuring() -> Self {
        let mut bench = Bench::initialized();
        bench.send("launch", json!({ "program": "/tmp/order.yaml" }));
        bench.told(["event initialized", "launch ok"]);
        bench
    }

    /// An execution at work.
    pub(crate) fn running() -> Self {
        let mut bench = Bench::configuring();
        bench.send("configurationDone", json!({}));
        bench.told(["configurationDone ok"]);
        bench.asked.clear();
        bench
    }

    /// An execution stopped in the task `charge`; frames 1 (`charge`) and 2 (`order`) are known.
    pub(crate) fn stopped() -> Self {
        let mut bench = Bench::running();
        bench.notice(stop(1, StopReason::Breakpoint));
        bench.told(["event stopped breakpoint thread 1"]);
        bench.ask("stackTrace", json!({ "threadId": 1 }));
        bench.asked.clear();
        bench
    }

    /// An execution that has ended.
    pub(crate) fn ended() -> Self {
        let mut bench = Bench::running();
        bench.notice(Notice::Ended { phase: Phase::Completed, output: None, error: None });
        bench.told(["event exited 0", "event terminated"]);
        bench
    }

    /// Scripts an answer of the host.
    pub(crate) fn on<C: Call>(&mut self, mut answer: impl FnMut(C::Params) -> Result<C::Result, ControlError> + 'static) {
        self.host.insert(
            C::METHOD,
            Box::new(move |params| {
                let params = serde_json::from_value(params).unwrap();
                answer(params).map(|result| serde_json::to_value(result).unwrap())
            }),
        );
    }

    /// Scripts a plain yes.
    fn agree<C: Call<Result = control::Nothing>>(&mut self) {
        self.on::<C>(|_| Ok(control::Nothing {}));
    }

    /// Scripts an answer of any shape, as a host of another version may give it.
    pub(crate) fn on_raw(&mut self, method: &'static str, answer: Value) {
        self.host.insert(method, Box::new(move |_| Ok(answer.clone())));
    }

    /// From now on the host answers only when told.
    pub(crate) fn slow_host(&mut self) {
        self.slow = true;
    }

    /// The slow host answers the oldest command.
    pub(crate) fn answer_one(&mut self) {
        let (id, method, params) = self.commands.pop_front().unwrap();
        let result = (self.host.get_mut(method).unwrap())(params);
        self.put(Inbox::Answer { id, result });
    }

    /// The host answers everything, now and from now on.
    pub(crate) fn settle(&mut self) {
        while !self.closed && !self.commands.is_empty() {
            self.answer_one();
        }
        self.slow = false;
    }

    /// Sends a request without looking at what comes back; returns its number.
    pub(crate) fn send(&mut self, command: &str, arguments: Value) -> i64 {
        self.seq += 1;
        let request = json!({
            "seq": self.seq, "type": "request", "command": command, "arguments": arguments,
        });
        self.open.insert(self.seq, command.to_owned());
        self.put(Inbox::from_frame(request.to_string().as_bytes()));
        self.seq
    }

    /// Sends a frame as it is, which has no reply unless `answered` says so.
    pub(crate) fn send_raw(&mut self, frame: &str, answered: Option<(i64, &str)>) {
        if let Some((seq, command)) = answered {
            self.open.insert(seq, command.to_owned());
        }
        self.put(Inbox::from_frame(frame.as_bytes()));
    }

    /// Sends a request and returns the body of its reply, which must be the only message.
    #[track_caller]
    pub(crate) fn ask(&mut self, command: &str, arguments: Value) -> Value {
        self.send(command, arguments);
        match self.unread.pop_front() {
            Some(Message::Response { success: true, body, .. }) => body.unwrap_or_default(),
            other => panic!("expected {command} to succeed, came {other:?}"),
        }
    }

    /// Sends a request and returns the error of its reply: its id and text.
    #[track_caller]
    pub(crate) fn refused(&mut self, command: &str, arguments: Value) -> (i64, String) {
        self.send(command, arguments);
        match self.unread.pop_front() {
            Some(Message::Response { success: false, body, .. }) => {
                let error = &body.unwrap()["error"];
                let text = error["format"].as_str().unwrap().to_owned();
                (error["id"].as_i64().unwrap(), text)
            }
            other => panic!("expected {command} to be refused, came {other:?}"),
        }
    }

    /// The host says something unasked.
    pub(crate) fn notice(&mut self, notice: Notice) {
        self.put(Inbox::Notice(notice));
    }

    /// Hands something to the session, and its commands to the host until nothing moves.
    pub(crate) fn put(&mut self, inbox: Inbox) {
        let mut inboxes = VecDeque::from([inbox]);
        while let Some(inbox) = inboxes.pop_front() {
            for out in self.session.handle(inbox) {
                assert!(!self.closed, "after the close came {out:?}");
                match out {
                    Outbox::Message(message) => self.receive(message),
                    Outbox::Command { id, method, params } => {
                        self.asked.push(format!("{method} {params}"));
                        self.commands.push_back((id, method, params));
                    }
                    Outbox::Watch { execution } => self.asked.push(format!("watch {execution}")),
                    Outbox::Close => self.closed = true,
                }
            }
            if !self.slow
                && let Some((id, method, params)) = self.commands.pop_front()
            {
                let result = (self.host.get_mut(method).unwrap())(params);
                inboxes.push_back(Inbox::Answer { id, result });
            }
        }
    }

    /// Holds a message against the laws and keeps it for the test.
    fn receive(&mut self, message: Message) {
        schema::check(&message);
        let shown = format!("{message:?}");
        let seq = match &message {
            Message::Response { seq, request_seq, command, .. } => {
                let asked = self.open.remove(request_seq);
                assert_eq!(asked.as_ref(), Some(command), "not asked for: {shown}");
                *seq
            }
            Message::Event { seq, event, .. } => {
                *self.events.entry(event.clone()).or_default() += 1;
                let ended = self.events.get("terminated").is_some_and(|count| *count > 0);
                assert!(!ended || event == "terminated", "after terminated: {shown}");
                for once in ["initialized", "exited", "terminated"] {
                    assert!(self.events.get(once).is_none_or(|count| *count == 1), "twice: {shown}");
                }
                let moves = |command: &String| {
                    let row = REQUESTS.iter().find(|row| row.command == command);
                    row.is_some_and(|row| row.effect == Effect::Moves)
                };
                if event == "stopped" {
                    assert!(!self.open.values().any(moves), "overtakes a reply: {shown}");
                }
                *seq
            }
        };
        assert_eq!(seq, self.last_seq + 1, "{shown}");
        self.last_seq = seq;
        self.unread.push_back(message);
    }

    /// Checks what the client was told since it last looked, as lines.
    #[track_caller]
    pub(crate) fn told<const N: usize>(&mut self, expected: [&str; N]) {
        let told: Vec<String> = self.unread.drain(..).map(|message| line(&message)).collect();
        assert_eq!(told, expected);
    }

    /// The messages since the client last looked.
    pub(crate) fn messages(&mut self) -> Vec<Value> {
        self.unread.drain(..).map(|message| serde_json::to_value(message).unwrap()).collect()
    }

    /// Checks what the host was asked since it was last looked at, as lines.
    #[track_caller]
    pub(crate) fn host_was_asked<const N: usize>(&mut self, expected: [&str; N]) {
        assert_eq!(std::mem::take(&mut self.asked), expected);
    }

    /// Where the session stands.
    pub(crate) fn phase(&self) -> flowdbg_adapter::Phase {
        self.session.phase()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        assert!(self.unread.is_empty(), "left unread: {:?}", self.unread);
        let unanswered = !self.slow && !self.closed && !self.open.is_empty();
        assert!(!unanswered, "never answered: {:?}", self.open);
    }
}

/// A message as a line without numbers that change.
fn line(message: &Message) -> String {
    match message {
        Message::Response { success: true, command, .. } => format!("{command} ok"),
        Message::Response { command, body, .. } => {
            let error = &body.as_ref().unwrap()["error"];
            format!("{command} error {}: {}", error["id"], error["format"].as_str().unwrap())
        }
        Message::Event { event, body, .. } => {
            let body = body.clone().unwrap_or_default();
            let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
            match event.as_str() {
                "stopped" => format!("event stopped {} thread {}", text("reason"), body["threadId"]),
                "thread" => format!("event thread {} {}", text("reason"), body["threadId"]),
                "continued" => format!("event continued {}", body["threadId"]),
                "output" => {
                    format!("event output {}: {}", text("category"), text("output").trim_end())
                }
                "exited" => format!("event exited {}", body["exitCode"]),
                "breakpoint" => {
                    let breakpoint = &body["breakpoint"];
                    let verified = breakpoint["verified"].as_bool().unwrap_or_default();
                    let state = if verified { "verified" } else { "unverified" };
                    format!("event breakpoint {} {state} line {}", breakpoint["id"], breakpoint["line"])
                }
                other => format!("event {other}"),
            }
        }
    }
}

/// A stop of a branch, all others suspended too.
pub(crate) fn stop(branch: u32, reason: StopReason) -> Notice {
    Notice::Stopped { branch, reason, breakpoints: Vec::new(), description: "Paused at charge".into(), text: None, all: true }
}

/// A range of text, from line and column to line and column.
pub(crate) fn range(line: u32, character: u32, end_line: u32, end_character: u32) -> Range {
    Range { start: Position { line, character }, end: Position { line: end_line, character: end_character } }
}

/// A member of an object with so many children.
pub(crate) fn variable(name: &str, value: &str, named: u64, indexed: u64) -> control::Variable {
    let kind = match (named, indexed) {
        (0, 0) => "number",
        (_, 0) => "object",
        _ => "array",
    };
    control::Variable {
        name: name.into(),
        step: Some(control::PathStep::Key(name.into())),
        value: value.into(),
        kind: kind.into(),
        evaluate_name: Some(format!(".{name}")),
        children: control::Children { named, indexed },
    }
}

/// A refusal of the host.
pub(crate) fn refusal(code: i32, message: &str) -> ControlError {
    ControlError { code, message: message.into(), data: None }
}
