//! Debug sessions over an in-memory stream and over TCP, with real executions behind them.

use std::{collections::VecDeque, sync::Arc};

use flowdbg_protocol::framing::Framing;
use flowdbg_server::dap::{self, DapError, Loopback};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf},
    task::JoinHandle,
};
use tokio_util::codec::{FramedRead, FramedWrite};

use super::support::{FAULTY, Fixture, LISTENER, ORDER, engine, within};

/// A debug client.
struct Editor<R, W> {
    read: FramedRead<R, Framing>,
    write: FramedWrite<W, Framing>,
    seq: i64,
    events: VecDeque<Value>,
}

type Memory = Editor<ReadHalf<DuplexStream>, WriteHalf<DuplexStream>>;

/// A session over memory, and what becomes of it.
fn session() -> (Memory, JoinHandle<Result<(), DapError>>, Arc<Loopback>) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let host = Loopback::new(engine);
    let (read, write) = tokio::io::split(theirs);
    let task = tokio::spawn(dap::serve(read, write, host.clone()));
    let (read, write) = tokio::io::split(ours);
    (Editor::new(read, write), task, host)
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Editor<R, W> {
    fn new(read: R, write: W) -> Self {
        let (read, write) = (FramedRead::new(read, Framing::default()), FramedWrite::new(write, Framing::default()));
        Self { read, write, seq: 0, events: VecDeque::new() }
    }

    async fn message(&mut self) -> Option<Value> {
        Some(serde_json::from_slice(&self.read.next().await?.unwrap()).unwrap())
    }

    async fn send(&mut self, command: &str, arguments: Value) -> i64 {
        self.seq += 1;
        let request = json!({ "seq": self.seq, "type": "request", "command": command, "arguments": arguments });
        self.write.send(request.to_string()).await.unwrap();
        self.seq
    }

    /// The response to a request; events that come before are kept.
    async fn response(&mut self, seq: i64) -> Value {
        loop {
            let message = self.message().await.expect("a response");
            match message["type"].as_str() {
                Some("event") => self.events.push_back(message),
                _ if message["request_seq"] == seq => return message,
                _ => panic!("unexpected {message}"),
            }
        }
    }

    async fn ask(&mut self, command: &str, arguments: Value) -> Value {
        let seq = self.send(command, arguments).await;
        let response = self.response(seq).await;
        assert_eq!(response["success"], true, "{response}");
        response["body"].clone()
    }

    async fn refused(&mut self, command: &str, arguments: Value) -> String {
        let seq = self.send(command, arguments).await;
        let response = self.response(seq).await;
        assert_eq!(response["success"], false, "{response}");
        response["body"]["error"]["format"].as_str().unwrap().to_owned()
    }

    /// The next event of a kind; others before it are dropped.
    async fn event(&mut self, name: &str) -> Value {
        loop {
            let message = match self.events.pop_front() {
                Some(event) => event,
                None => self.message().await.unwrap_or_else(|| panic!("the session ended before `{name}`")),
            };
            assert_eq!(message["type"], "event", "{message}");
            if message["event"] == name {
                return message["body"].clone();
            }
        }
    }

    /// Everything up to the end of the stream.
    async fn rest(&mut self) -> Vec<Value> {
        let mut rest: Vec<Value> = self.events.drain(..).collect();
        while let Some(message) = self.message().await {
            rest.push(message);
        }
        rest
    }

    async fn launch(&mut self, fixture: &Fixture, input: Value, lines: &[u32]) {
        let capabilities = self.ask("initialize", json!({ "adapterID": "flowdbg", "supportsVariableType": true })).await;
        assert_eq!(capabilities["supportsConfigurationDoneRequest"], true);
        self.ask("launch", json!({ "program": fixture.program(), "input": input })).await;
        self.event("initialized").await;
        let breakpoints: Vec<Value> = lines.iter().map(|line| json!({ "line": line + 1 })).collect();
        let source = json!({ "path": fixture.program() });
        let set = self.ask("setBreakpoints", json!({ "source": source, "breakpoints": breakpoints })).await;
        for breakpoint in set["breakpoints"].as_array().unwrap() {
            assert_eq!(breakpoint["verified"], true, "{set}");
        }
        self.ask("configurationDone", json!({})).await;
    }

    async fn top(&mut self, thread: &Value) -> Value {
        let trace = self.ask("stackTrace", json!({ "threadId": thread })).await;
        trace["stackFrames"][0].clone()
    }
}

#[tokio::test]
async fn a_session_from_launch_to_the_end() {
    within(async {
        let (mut editor, task, _host) = session();
        let fixture = Fixture::new(ORDER);
        let line = fixture.line("- price:");
        editor.launch(&fixture, json!({ "items": [{ "cost": 3 }, { "cost": 4 }] }), &[line, fixture.line("- sides:")]).await;
        let stop = editor.event("stopped").await;
        assert_eq!((&stop["reason"], &stop["threadId"], &stop["allThreadsStopped"]), (&json!("breakpoint"), &json!(1), &json!(true)));
        let threads = editor.ask("threads", json!({})).await;
        assert_eq!(threads["threads"].as_array().unwrap().len(), 1);
        let trace = editor.ask("stackTrace", json!({ "threadId": 1 })).await;
        let frames = trace["stackFrames"].as_array().unwrap();
        let names: Vec<&str> = frames.iter().map(|frame| frame["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["price", "eachItem [1/2]", "order"]);
        assert_eq!((&frames[0]["line"], &frames[0]["source"]["path"]), (&json!(line + 1), &json!(fixture.program())));

        let scopes = editor.ask("scopes", json!({ "frameId": frames[0]["id"] })).await;
        let scopes = scopes["scopes"].as_array().unwrap().clone();
        assert_eq!(
            scopes.iter().map(|scope| scope["name"].as_str().unwrap()).collect::<Vec<_>>(),
            ["Input", "Output", "Context", "Locals"]
        );
        let locals = editor.ask("variables", json!({ "variablesReference": scopes[3]["variablesReference"] })).await;
        let item = locals["variables"].as_array().unwrap().iter().find(|local| local["name"] == "$item").unwrap().clone();
        assert_eq!((&item["value"], &item["type"]), (&json!(r#"{"cost":3}"#), &json!("object")));
        let inside = editor.ask("variables", json!({ "variablesReference": item["variablesReference"] })).await;
        assert_eq!((&inside["variables"][0]["name"], &inside["variables"][0]["evaluateName"]), (&json!("cost"), &json!("$item.cost")));
        let sum = editor.ask("evaluate", json!({ "expression": "$item.cost + 1", "frameId": frames[0]["id"] })).await;
        assert_eq!(sum["result"], "4");

        editor.ask("continue", json!({ "threadId": 1 })).await;
        editor.event("stopped").await;
        editor.ask("next", json!({ "threadId": 1 })).await;
        let stop = editor.event("stopped").await;
        // The last iteration is over, and the step ends at the task after the loop.
        assert_eq!(stop["reason"], "breakpoint");
        assert_eq!(editor.top(&json!(1)).await["name"], "sides");
        editor.ask("stepIn", json!({ "threadId": 1 })).await;
        let thread = editor.event("stopped").await["threadId"].clone();
        assert_ne!(thread, json!(1));
        assert_eq!(editor.ask("threads", json!({})).await["threads"].as_array().unwrap().len(), 3);
        editor.ask("continue", json!({ "threadId": thread })).await;
        let output = loop {
            let output = editor.event("output").await;
            if output["category"] == "stdout" {
                break output["output"].as_str().unwrap().to_owned();
            }
        };
        assert_eq!(serde_json::from_str::<Value>(&output).unwrap(), json!({ "state": "refused", "status": 503 }));
        assert_eq!(editor.event("exited").await["exitCode"], 0);
        editor.event("terminated").await;
        editor.ask("disconnect", json!({})).await;
        assert!(editor.rest().await.is_empty());
        task.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_uncaught_error_is_shown_and_ends_with_its_code() {
    within(async {
        let (mut editor, task, _host) = session();
        let fixture = Fixture::new(FAULTY);
        editor.ask("initialize", json!({ "adapterID": "flowdbg" })).await;
        editor.ask("launch", json!({ "program": fixture.program() })).await;
        editor.event("initialized").await;
        editor.ask("setExceptionBreakpoints", json!({ "filters": ["uncaught"] })).await;
        editor.ask("configurationDone", json!({})).await;
        let stop = editor.event("stopped").await;
        assert_eq!((&stop["reason"], &stop["text"]), (&json!("exception"), &json!("No tea (418)")));
        let info = editor.ask("exceptionInfo", json!({ "threadId": 1 })).await;
        assert!(info.to_string().contains("No tea"), "{info}");
        editor.ask("continue", json!({ "threadId": 1 })).await;
        assert_eq!(editor.event("exited").await["exitCode"], 1);
        editor.event("terminated").await;
        drop(editor);
        task.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_launched_is_explained_and_may_be_tried_again() {
    within(async {
        let (mut editor, task, _host) = session();
        editor.ask("initialize", json!({ "adapterID": "flowdbg" })).await;
        let refusal = editor.refused("launch", json!({ "program": "no/such.yaml" })).await;
        assert_eq!(refusal, "cannot read the workflow file no/such.yaml: there is no such file");
        let broken = Fixture::new(&FAULTY.replace("raise:", "rise:"));
        let refusal = editor.refused("launch", json!({ "program": broken.program() })).await;
        assert!(refusal.contains("test.workflow.yaml:") && refusal.contains("[OW01"), "{refusal}");
        assert!(editor.refused("brew", json!({})).await.contains("unknown command `brew`"));
        let good = Fixture::new(LISTENER);
        editor.ask("launch", json!({ "program": good.program() })).await;
        editor.event("initialized").await;
        editor.ask("configurationDone", json!({})).await;
        editor.ask("terminate", json!({})).await;
        editor.event("terminated").await;
        editor.ask("disconnect", json!({})).await;
        task.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_what_it_launched() {
    within(async {
        let (mut editor, task, host) = session();
        editor.launch(&Fixture::new(LISTENER), Value::Null, &[]).await;
        drop(editor);
        task.await.unwrap().unwrap();
        // It waits for an event that never comes, so only the cancellation ends it.
        host.idle().await;
    })
    .await;
}

#[tokio::test]
async fn a_client_that_goes_away_while_launching_cancels_too() {
    within(async {
        let (mut editor, task, host) = session();
        let fixture = Fixture::new(LISTENER);
        editor.ask("initialize", json!({ "adapterID": "flowdbg" })).await;
        editor.send("launch", json!({ "program": fixture.program() })).await;
        drop(editor);
        task.await.unwrap().unwrap();
        host.idle().await;
    })
    .await;
}

#[tokio::test]
async fn bad_messages_get_an_answer_where_that_is_possible() {
    within(async {
        let (mut editor, task, _host) = session();
        editor.ask("initialize", json!({ "adapterID": "flowdbg" })).await;
        editor.write.send(r#"{"seq":7,"type":"request","command":5}"#).await.unwrap();
        let answer = editor.response(7).await;
        assert_eq!((&answer["success"], &answer["body"]["error"]["format"]), (&json!(false), &json!("a request has no `command`")));
        editor.write.send("{").await.unwrap();
        let remark = editor.event("output").await;
        assert!(remark["output"].as_str().unwrap().contains("not a JSON object"), "{remark}");
        editor.ask("disconnect", json!({})).await;
        task.await.unwrap().unwrap();

        let (mut editor, task, _host) = session();
        editor.write.get_mut().write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert!(editor.rest().await.is_empty());
        let error = task.await.unwrap().unwrap_err();
        assert!(matches!(error, DapError::Read(_)) && error.to_string().contains("bad header line"), "{error}");

        let (mut editor, task, _host) = session();
        editor.write.send("hello").await.unwrap();
        assert!(editor.rest().await.is_empty());
        assert!(matches!(task.await.unwrap(), Err(DapError::NoClient(_))));
    })
    .await;
}

#[tokio::test]
async fn clients_over_tcp_have_sessions_of_their_own() {
    within(async {
        let listening = dap::listen("127.0.0.1:0".parse().unwrap(), Loopback::new(engine)).await.unwrap();
        let addr = listening.addr;
        let busy = dap::listen(addr, Loopback::new(engine)).await.err().unwrap().to_string();
        assert!(busy.contains(&format!("port {} is in use", addr.port())), "{busy}");
        let server = tokio::spawn(listening.serve());
        let fixture = Fixture::new(ORDER);
        let mut editors = Vec::new();
        for _ in 0..2 {
            let (read, write) = tokio::net::TcpStream::connect(addr).await.unwrap().into_split();
            let mut editor = Editor::new(read, write);
            editor.launch(&fixture, json!({ "items": [] }), &[fixture.line("- sides:")]).await;
            editor.event("stopped").await;
            editors.push(editor);
        }
        for mut editor in editors {
            editor.ask("continue", json!({ "threadId": 1 })).await;
            editor.event("terminated").await;
            editor.ask("disconnect", json!({})).await;
            assert!(editor.rest().await.is_empty());
        }
        server.abort();
    })
    .await;
}
