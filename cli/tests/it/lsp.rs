//! `flowdbg lsp` as an editor starts it.

use serde_json::{Value, json};

use crate::support::Folder;

fn framed(messages: &[Value]) -> String {
    messages.iter().map(Value::to_string).map(|body| format!("Content-Length: {}\r\n\r\n{body}", body.len())).collect()
}

/// Takes a stream of frames apart.
fn frames(mut text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    while let Some((head, rest)) = text.split_once("\r\n\r\n") {
        let length: usize = head.strip_prefix("Content-Length: ").unwrap().parse().unwrap();
        found.push(serde_json::from_str(&rest[..length]).unwrap());
        text = &rest[length..];
    }
    assert_eq!(text, "", "nothing but frames on standard output");
    found
}

fn request(id: u64, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn serve(stdin: &str) -> (i32, Vec<Value>) {
    let output = Folder::new(&[]).command(&["lsp"]).write_stdin(stdin).output().unwrap();
    (output.status.code().unwrap(), frames(std::str::from_utf8(&output.stdout).unwrap()))
}

#[test]
fn an_editor_is_served_and_says_good_bye() {
    let text = "document: { dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }\ndo: [ { a: { set: { x: 1 }, then: b } } ]\n";
    let uri = "file:///a.workflow.yaml";
    let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
    let (code, said) = serve(&framed(&[
        request(1, "initialize", json!({ "capabilities": { "textDocument": { "diagnostic": {} } } })),
        json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }),
        json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": document } }),
        request(2, "textDocument/diagnostic", json!({ "textDocument": { "uri": uri } })),
        request(3, "shutdown", Value::Null),
    ]));
    assert_eq!(code, 0);
    let answer = |id: u64| said.iter().find(|message| message["id"] == id).unwrap();
    assert_eq!(answer(1)["result"]["serverInfo"]["name"], "flowdbg");
    assert_eq!(answer(2)["result"]["items"][0]["code"], "OW0201");
    assert_eq!(answer(3)["result"], Value::Null);
}

#[test]
fn leaving_without_a_word_is_an_error() {
    let hello = request(1, "initialize", json!({ "capabilities": {} }));
    let exit = json!({ "jsonrpc": "2.0", "method": "exit" });
    for (messages, code) in [(vec![hello.clone(), exit.clone()], 1), (vec![hello.clone()], 1), (vec![exit.clone()], 1)] {
        assert_eq!(serve(&framed(&messages)).0, code, "{messages:?}");
    }
    let orderly = [hello, request(2, "shutdown", Value::Null), exit];
    assert_eq!(serve(&framed(&orderly)).0, 0);
}

#[test]
fn a_stream_that_is_none_of_ours_ends_with_an_explanation() {
    let (code, said) = serve("GET / HTTP/1.1\r\n\r\n");
    assert_eq!(code, 1);
    assert!(said[0]["error"]["message"].as_str().unwrap().contains("bad header line"), "{said:?}");
}
