//! `flowdbg lsp` as an editor starts it.

use serde_json::{Value, json};

use crate::{
    check::text_of,
    support::{Folder, HEAD},
};

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
    serve_in(&Folder::new(&[]), stdin)
}

fn serve_in(folder: &Folder, stdin: &str) -> (i32, Vec<Value>) {
    let output = folder.command(&["lsp"]).write_stdin(stdin).output().unwrap();
    (output.status.code().unwrap(), frames(std::str::from_utf8(&output.stdout).unwrap()))
}

#[test]
fn an_editor_is_served_and_says_good_bye() {
    let text = "document: { dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }\ndo: [ { a: { set: { x: 1 }, then: b } } ]\n";
    let uri = "file:///a.workflow.yaml";
    let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
    let (code, said) = serve(&framed(&[
        request(
            1,
            "initialize",
            json!({ "capabilities": { "textDocument": { "diagnostic": {} }, "workspace": { "diagnostics": { "refreshSupport": true } } } }),
        ),
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

/// What an editor whose columns are bytes makes of a text with edits.
fn applied(text: &str, edits: &Value) -> String {
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let offset = |position: &Value| starts[number(&position["line"])] + number(&position["character"]);
    let mut after = text.to_owned();
    for edit in edits.as_array().unwrap().iter().rev() {
        after.replace_range(offset(&edit["range"]["start"])..offset(&edit["range"]["end"]), edit["newText"].as_str().unwrap());
    }
    after
}

#[test]
fn mending_all_in_an_editor_is_what_fix_does_on_the_command_line() {
    let name = "a.workflow.yaml";
    let typos = "do:\n  - 'ä😀': { st: { x: '${ .a | lenght }' }, thn: shp }\n  - ship: { sett: { y: 1 } }\n  - same: { wait: PT1S }\n";
    let documented = "do:\n  - a: { run: { script: { language: javascript, code: x } } }\n  - b:\n      run:\n        workflow:\n          \
                      namespace: n\n          name: m\n";
    let unused =
        "do:\n  - a:\n      set:\n        x: Hi ${ .b }  # flowdbg: allow OW0203\n  # flowdbg: allow OW0201\n  - b: { wait: PT1S }\n";
    for (at, text) in [typos, documented, unused, &typos.replace('\n', "\r\n"), typos.trim_end()].into_iter().enumerate() {
        let folder = Folder::new(&[(name, text), ("flowdbg.toml", "[check]\nallow = [\"OW0220\"]\n")]);
        let path = folder.path().join(name);
        let before = text_of(&folder, name);
        let uri = format!("file://{}", path.to_str().unwrap());
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": before });
        let top = json!({ "line": 0, "character": 0 });
        let wanted = json!({ "diagnostics": [], "only": ["source.fixAll"] });
        let (code, said) = serve_in(
            &folder,
            &framed(&[
                request(1, "initialize", json!({ "capabilities": { "general": { "positionEncodings": ["utf-8"] } } })),
                json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }),
                json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": document } }),
                request(
                    2,
                    "textDocument/codeAction",
                    json!({ "textDocument": { "uri": uri }, "range": { "start": top, "end": top }, "context": wanted }),
                ),
                request(3, "shutdown", Value::Null),
            ]),
        );
        assert_eq!(code, 0, "{at}");
        let answer = said.iter().find(|message| message["id"] == 2).unwrap();
        let edits = &answer["result"][0]["edit"]["changes"][&uri];
        assert!(edits.is_array(), "{at}: {answer}");
        let in_editor = applied(&before, edits);
        folder.run(&["check", name, "--fix"], "");
        let fixed = text_of(&folder, name);
        assert_ne!(fixed, before, "{at}: there is something to mend");
        assert_eq!(in_editor, fixed, "{at}: {}", text.trim_start_matches(HEAD));
    }
}
