//! Whole sessions over an in-memory pipe.

mod fixes;
mod surroundings;

use bytes::Bytes;
use flowdbg_protocol::framing::Framing;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{io::DuplexStream, task::JoinHandle};
use tokio_util::codec::Framed;

use super::{Ended, REQUESTS, serve};

const URI: &str = "file:///project/order.workflow.yaml";
const TEXT: &str = "document: { dsl: '1.0.3', namespace: tests, name: order, version: '0.1.0' }
do:
  - chärge: { set: { x: 1 }, then: shp }
  - ship: { set: { y: 2 } }
";

struct Editor {
    frames: Framed<DuplexStream, Framing>,
    server: JoinHandle<Ended>,
    asked: u64,
}

impl Editor {
    fn new() -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (reader, writer) = tokio::io::split(theirs);
        Self { frames: Framed::new(ours, Framing::default()), server: tokio::spawn(serve(reader, writer)), asked: 0 }
    }

    /// Begins a session; gives what the server can do.
    async fn begin(capabilities: Value) -> (Self, Value) {
        let mut editor = Self::new();
        let answer = editor.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": capabilities })).await;
        editor.tell("initialized", json!({})).await;
        (editor, answer["result"].clone())
    }

    async fn raw(&mut self, body: &str) {
        self.frames.send(Bytes::copy_from_slice(body.as_bytes())).await.unwrap();
    }

    async fn tell(&mut self, method: &str, params: Value) {
        self.raw(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()).await;
    }

    async fn request(&mut self, method: &str, params: Value) -> u64 {
        self.asked += 1;
        self.raw(&json!({ "jsonrpc": "2.0", "id": self.asked, "method": method, "params": params }).to_string()).await;
        self.asked
    }

    async fn next(&mut self) -> Value {
        serde_json::from_slice(&self.frames.next().await.unwrap().unwrap()).unwrap()
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params).await;
        let answer = self.next().await;
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    async fn open(&mut self, uri: &str, text: &str) {
        self.tell("textDocument/didOpen", json!({ "textDocument": { "uri": uri, "languageId": "yaml", "version": 1, "text": text } }))
            .await;
    }

    /// Replaces a part of line 2 and counts the version up.
    async fn edit(&mut self, version: i32, from: u32, to: u32, text: &str) {
        let range = json!({ "start": { "line": 2, "character": from }, "end": { "line": 2, "character": to } });
        let params = json!({ "textDocument": { "uri": URI, "version": version }, "contentChanges": [{ "range": range, "text": text }] });
        self.tell("textDocument/didChange", params).await;
    }

    /// Awaits a request of the server, and grants it; gives its parameters.
    async fn asked_for(&mut self, method: &str) -> Value {
        let message = self.next().await;
        assert_eq!(message["method"], method, "{message}");
        self.raw(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }).to_string()).await;
        message["params"].clone()
    }

    /// Awaits published diagnostics: version, and each as `line:from-to code message`.
    async fn published(&mut self) -> (Value, Vec<String>) {
        let message = self.next().await;
        assert_eq!(message["method"], "textDocument/publishDiagnostics", "{message}");
        (message["params"]["version"].clone(), shown(&message["params"]["diagnostics"]))
    }

    async fn leave(mut self) -> Ended {
        let answer = self.ask("shutdown", Value::Null).await;
        assert_eq!(answer["result"], Value::Null);
        self.raw(r#"{"jsonrpc":"2.0","method":"exit"}"#).await;
        let ended = self.server.await.unwrap();
        assert!(self.frames.next().await.is_none(), "nothing is left over");
        ended
    }
}

fn shown(diagnostics: &Value) -> Vec<String> {
    let one = |found: &Value| {
        let (start, end) = (&found["range"]["start"], &found["range"]["end"]);
        assert_eq!(found["source"], "flowdbg");
        let at = format!("{}:{}-{}", start["line"], start["character"], end["character"]);
        format!("{at} {} {}", found["code"].as_str().unwrap(), found["message"].as_str().unwrap())
    };
    diagnostics.as_array().unwrap().iter().map(one).collect()
}

/// What an editor can do that asks for diagnostics itself.
fn asking() -> Value {
    json!({ "textDocument": { "diagnostic": {} }, "workspace": { "diagnostics": { "refreshSupport": true } } })
}

fn document() -> Value {
    json!({ "textDocument": { "uri": URI } })
}

#[tokio::test]
async fn a_wrong_text_is_reported_at_its_place_until_it_is_mended() {
    let (mut editor, can) = Editor::begin(json!({})).await;
    assert_eq!(can["capabilities"]["textDocumentSync"]["change"], 2);
    assert_eq!(can["capabilities"]["diagnosticProvider"], Value::Null, "never both");
    editor.open(URI, TEXT).await;
    let wrong = "2:35-38 OW0201 no task `shp` stands in the same list\ndid you mean `ship`?";
    assert_eq!(editor.published().await, (json!(1), vec![wrong.to_owned()]));
    editor.edit(2, 37, 37, "i").await;
    assert_eq!(editor.published().await, (json!(2), vec![]));
    editor.edit(3, 36, 37, "").await;
    assert_eq!(editor.published().await.1.len(), 1);
    editor.tell("textDocument/didClose", document()).await;
    assert_eq!(editor.published().await, (Value::Null, vec![]));
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn a_text_is_looked_after_while_it_is_a_workflow() {
    let (mut editor, _) = Editor::begin(json!({})).await;
    let uri = "file:///project/some.yaml";
    editor.open(uri, "name: ci\non: push\n").await;
    assert_eq!(editor.published().await.1.len(), 0);
    for (version, text, findings) in [(2, TEXT, 1), (3, "name: ci\n", 0)] {
        let params = json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "text": text }] });
        editor.tell("textDocument/didChange", params).await;
        assert_eq!(editor.published().await.1.len(), findings);
    }
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn an_editor_that_asks_but_cannot_be_told_to_ask_again_is_sent_diagnostics() {
    let (mut editor, can) = Editor::begin(json!({ "textDocument": { "diagnostic": {} } })).await;
    assert_eq!(can["capabilities"]["diagnosticProvider"], Value::Null);
    editor.open(URI, TEXT).await;
    assert_eq!(editor.published().await.1.len(), 1);
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn an_editor_that_asks_gets_answers_and_nothing_unasked() {
    let offered = json!({
        "textDocument": { "diagnostic": {} },
        "workspace": { "diagnostics": { "refreshSupport": true } },
        "general": { "positionEncodings": ["utf-32", "utf-8", "utf-16"] },
    });
    let (mut editor, can) = Editor::begin(offered).await;
    assert_eq!(can["capabilities"]["positionEncoding"], "utf-8");
    assert_eq!(can["capabilities"]["diagnosticProvider"]["interFileDependencies"], false);
    editor.open(URI, &TEXT.replace("y: 2", "y: 2, y: 3")).await;
    let answer = editor.ask("textDocument/diagnostic", document()).await;
    assert_eq!(answer["result"]["kind"], "full");
    let found = &answer["result"]["items"];
    assert_eq!(
        shown(found),
        ["2:36-39 OW0201 no task `shp` stands in the same list\ndid you mean `ship`?", "3:25-26 OW0002 the key `y` is there twice"]
    );
    let related = &found[1]["relatedInformation"][0];
    assert_eq!(related["message"], "first given here");
    assert_eq!(related["location"]["range"]["start"], json!({ "line": 3, "character": 19 }));
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn symbols_are_nested_and_hovers_document() {
    let (mut editor, can) = Editor::begin(asking()).await;
    assert_eq!(can["capabilities"]["documentSymbolProvider"], true);
    assert_eq!(can["capabilities"]["hoverProvider"], true);
    let text =
        "document: { dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }\ndo:\n  - all:\n      do:\n        - one: { wait: PT1S }\n";
    editor.open(URI, text).await;
    let answer = editor.ask("textDocument/documentSymbol", document()).await;
    let all = &answer["result"][0];
    assert_eq!((&all["name"], &all["detail"]), (&json!("all"), &json!("do")));
    assert_eq!(all["selectionRange"]["start"], json!({ "line": 2, "character": 4 }));
    assert_eq!(all["children"][0]["name"], "one");
    let mut params = document();
    params["position"] = json!({ "line": 4, "character": 18 });
    let answer = editor.ask("textDocument/hover", params.clone()).await;
    let hover = &answer["result"];
    assert_eq!(hover["contents"]["kind"], "markdown");
    assert!(hover["contents"]["value"].as_str().unwrap().starts_with("**wait** — "), "{hover}");
    assert_eq!(hover["range"]["start"], json!({ "line": 4, "character": 17 }));
    params["position"] = json!({ "line": 900, "character": 900 });
    assert_eq!(editor.ask("textDocument/hover", params).await["result"], Value::Null);
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn requests_see_every_edit_before_them_and_no_stale_answer_is_sent() {
    let (mut editor, _) = Editor::begin(asking()).await;
    editor.open(URI, TEXT).await;
    // Written without reading a single answer.
    let mut asked = Vec::new();
    for version in 2..400 {
        let text = if version % 2 == 0 { "x" } else { "" };
        editor.edit(version, 35, 35 + u32::from(text.is_empty()), text).await;
        asked.push(editor.request("textDocument/diagnostic", document()).await);
    }
    let mut last = Value::Null;
    for _ in &asked {
        let answer = editor.next().await;
        let stale = answer["error"]["code"] == -32802 && answer["error"]["data"]["retriggerRequest"] == true;
        assert!(stale || answer["result"]["kind"] == "full", "{answer}");
        if answer["id"] == asked[asked.len() - 1] {
            last = answer;
        }
    }
    assert_eq!(shown(&last["result"]["items"])[0], "2:35-38 OW0201 no task `shp` stands in the same list\ndid you mean `ship`?");
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn malformed_messages_are_refused_and_the_session_goes_on() {
    let (mut editor, _) = Editor::begin(json!({})).await;
    for (body, code, id) in [
        ("{\"jsonrpc\": \"2.0\", ", -32700, Value::Null),
        ("[1, 2]", -32600, Value::Null),
        ("{\"jsonrpc\":\"1.0\",\"id\":7,\"method\":\"x\"}", -32600, json!(7)),
        ("{\"jsonrpc\":\"2.0\",\"id\":8}", -32600, json!(8)),
        ("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"no/such\"}", -32601, json!(9)),
        ("{\"jsonrpc\":\"2.0\",\"id\":10,\"method\":\"textDocument/hover\",\"params\":[]}", -32602, json!(10)),
        ("{\"jsonrpc\":\"2.0\",\"id\":11,\"method\":\"initialize\",\"params\":{\"capabilities\":{}}}", -32600, json!(11)),
    ] {
        editor.raw(body).await;
        let answer = editor.next().await;
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(code), &id), "{answer}");
    }
    // These have no answer at all.
    editor.raw("{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didChange\",\"params\":{\"textDocument\":5}}").await;
    editor.raw("{\"jsonrpc\":\"2.0\",\"method\":\"$/unheardOf\"}").await;
    editor.raw("{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":null}").await;
    let answer =
        editor.ask("textDocument/hover", json!({ "textDocument": { "uri": "file:///none" }, "position": { "line": 0, "character": 0 } }));
    assert_eq!(answer.await["error"]["message"], "the document file:///none is not open");
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn requests_before_the_greeting_are_refused() {
    let mut editor = Editor::new();
    let answer = editor.ask("textDocument/hover", json!({})).await;
    assert_eq!(answer["error"]["code"], -32002);
    drop(editor.frames);
    assert_eq!(editor.server.await.unwrap(), Ended::Abruptly);
}

#[tokio::test]
async fn leaving_without_shutdown_or_in_disorder_is_told_apart() {
    let (mut editor, _) = Editor::begin(json!({})).await;
    editor.raw(r#"{"jsonrpc":"2.0","method":"exit"}"#).await;
    assert_eq!(editor.server.await.unwrap(), Ended::Abruptly);

    use tokio::io::AsyncWriteExt as _;
    let (mut editor, _) = Editor::begin(json!({})).await;
    editor.frames.get_mut().write_all(b"Content-Length: many\r\n\r\n").await.unwrap();
    let answer = editor.next().await;
    assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(-32700), &Value::Null));
    assert!(answer["error"]["message"].as_str().unwrap().contains("Content-Length"), "{answer}");
    assert_eq!(editor.server.await.unwrap(), Ended::Abruptly);
}

#[tokio::test]
async fn an_editor_that_does_not_read_cannot_stop_the_reading() {
    let (mut editor, _) = Editor::begin(asking()).await;
    editor.open(URI, TEXT).await;
    // Far more answers than the pipe holds: 1 MiB.
    for _ in 0..5_000 {
        editor.request("textDocument/documentSymbol", document()).await;
    }
    for _ in 0..5_000 {
        assert!(editor.next().await["result"].is_array());
    }
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[test]
fn every_row_is_described_and_named_once() {
    for (at, row) in REQUESTS.iter().enumerate() {
        assert!(row.about.ends_with('.'), "{}", row.method);
        assert!(REQUESTS[..at].iter().all(|earlier| earlier.method < row.method), "{} is out of order", row.method);
    }
}
