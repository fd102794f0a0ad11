//! Quick fixes, and mending a whole text.

use flowdbg_lang::text::Source;
use serde_json::{Value, json};

use super::{Editor, Ended, TEXT, URI, asking};
use crate::lsp::position::Encoding;

const HEAD: &str = "document: { dsl: '1.0.3', namespace: tests, name: order, version: '0.1.0' }\n";

fn at(line: u32, from: u32, to: u32) -> Value {
    json!({ "start": { "line": line, "character": from }, "end": { "line": line, "character": to } })
}

/// Asks for what can be done in a part of the text; of all kinds, or of some.
async fn actions(editor: &mut Editor, range: Value, only: Option<&[&str]>) -> Vec<Value> {
    let mut context = json!({ "diagnostics": [] });
    if let Some(only) = only {
        context["only"] = json!(only);
    }
    let params = json!({ "textDocument": { "uri": URI }, "range": range, "context": context });
    let answer = editor.ask("textDocument/codeAction", params).await;
    answer["result"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

fn titles(actions: &[Value]) -> Vec<&str> {
    actions.iter().map(|action| action["title"].as_str().unwrap()).collect()
}

/// The edits of an action, which are for the one text that is open.
fn edits(action: &Value) -> Vec<Value> {
    action["edit"]["changes"][URI].as_array().unwrap_or_else(|| panic!("{action}")).clone()
}

/// What an editor makes of a text with edits whose columns are UTF-16.
fn applied(text: &str, edits: &[Value]) -> String {
    let source = Source::new("before", text);
    let offset = |position: &Value| Encoding::Utf16.offset(&source, serde_json::from_value(position.clone()).unwrap()) as usize;
    let mut parts: Vec<_> = edits
        .iter()
        .map(|edit| (offset(&edit["range"]["start"]), offset(&edit["range"]["end"]), edit["newText"].as_str().unwrap()))
        .collect();
    parts.sort_unstable();
    assert!(parts.windows(2).all(|pair| pair[0].1 <= pair[1].0), "edits overlap: {edits:?}");
    let mut after = text.to_owned();
    for (start, end, new) in parts.into_iter().rev() {
        after.replace_range(start..end, new);
    }
    after
}

#[tokio::test]
async fn a_fix_is_offered_at_its_finding_and_nowhere_else() {
    let (mut editor, can) = Editor::begin(asking()).await;
    assert_eq!(can["capabilities"]["codeActionProvider"]["codeActionKinds"], json!(["quickfix", "source.fixAll.flowdbg"]));
    editor.open(URI, TEXT).await;
    let offered = actions(&mut editor, at(2, 36, 36), None).await;
    assert_eq!(titles(&offered), ["Change to `ship`", "Allow OW0201 here by a comment"]);
    for action in &offered {
        assert_eq!((&action["kind"], &action["diagnostics"][0]["code"]), (&json!("quickfix"), &json!("OW0201")));
        assert_eq!(action["diagnostics"][0]["range"], at(2, 35, 38));
    }
    assert_eq!((&offered[0]["isPreferred"], &offered[1]["isPreferred"]), (&json!(true), &Value::Null), "to allow is no mending");
    assert_eq!(applied(TEXT, &edits(&offered[0])), TEXT.replace("shp", "ship"));
    assert_eq!(applied(TEXT, &edits(&offered[1])), TEXT.replace("  - chärge", "  # flowdbg: allow OW0201\n  - chärge"));
    for elsewhere in [at(2, 4, 10), at(3, 0, 40), at(0, 0, 0), at(77, 0, 5)] {
        assert_eq!(titles(&actions(&mut editor, elsewhere.clone(), None).await), [""; 0], "{elsewhere}");
    }
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn each_of_several_findings_on_a_line_has_its_own() {
    let text = format!("{HEAD}do:\n  - 'ä😀': {{ sett: {{ x: 1 }}, then: ennd }}\n  - later: {{ set: {{ y: 1 }} }}\n");
    let (mut editor, _) = Editor::begin(asking()).await;
    editor.open(URI, &text).await;
    let set = ["Change to `set`", "Allow OW0101 here by a comment"];
    let end = ["Change to `end`", "Allow OW0201 here by a comment"];
    let found = actions(&mut editor, at(2, 14, 14), None).await;
    let quick: Vec<&str> = titles(&found).into_iter().filter(|title| title.starts_with("Change")).collect();
    assert_eq!(quick, [set[0]], "{found:#?}");
    assert_eq!(applied(&text, &edits(&found[0])), text.replace("sett", "set"));
    let found = actions(&mut editor, at(2, 36, 37), None).await;
    assert_eq!(titles(&found), end);
    assert_eq!(applied(&text, &edits(&found[0])), text.replace("ennd", "end"));
    let found = actions(&mut editor, at(2, 0, 99), None).await;
    let offered = titles(&found);
    for title in [set[0], set[1], end[0], end[1]] {
        assert!(offered.contains(&title), "{title} is not among {offered:?}");
    }
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn only_kinds_that_are_asked_for_come() {
    let (mut editor, _) = Editor::begin(asking()).await;
    editor.open(URI, TEXT).await;
    let (fix, all) = ("Change to `ship`", "Mend all that can be mended");
    let allow = "Allow OW0201 here by a comment";
    for (only, expected) in [
        (None, vec![fix, allow]),
        (Some(&["quickfix"][..]), vec![fix, allow]),
        (Some(&["quickfix.other"]), vec![]),
        (Some(&["refactor"]), vec![]),
        (Some(&["source.organizeImports"]), vec![]),
        (Some(&["source"]), vec![all]),
        (Some(&["source.fixAll"]), vec![all]),
        (Some(&["source.fixAll.flowdbg"]), vec![all]),
        (Some(&["source.fixAll.other"]), vec![]),
        (Some(&["refactor", "quickfix", "source.fixAll"]), vec![fix, allow, all]),
        (Some(&[""]), vec![fix, allow, all]),
        (Some(&[]), vec![]),
    ] {
        assert_eq!(titles(&actions(&mut editor, at(2, 36, 36), only).await), expected, "{only:?}");
    }
    // All of the text is meant, wherever the cursor is.
    assert_eq!(titles(&actions(&mut editor, at(0, 0, 0), Some(&["source.fixAll"])).await), [all]);
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn mending_all_goes_on_until_nothing_is_left_and_touches_no_other_line() {
    // The second change is found when the first one is made.
    let text = format!(
        "{HEAD}do:\n  - 'ä😀': {{ st: {{ x: 1 }}, thn: shp }}\n  - same: {{ set: {{ y: '😀' }} }}\n  - ship: {{ set: {{ y: 1 }} }}\n"
    );
    let (mut editor, _) = Editor::begin(asking()).await;
    editor.open(URI, &text).await;
    let all = actions(&mut editor, at(0, 0, 0), Some(&["source.fixAll"])).await;
    let changes = edits(&all[0]);
    assert!(changes.iter().all(|edit| edit["range"]["start"]["line"] == 2), "{changes:?}");
    assert_eq!(applied(&text, &changes), text.replace("st: { x", "set: { x").replace("thn: shp", "then: ship"));
    // Nothing to mend, nothing offered.
    let whole = json!({ "textDocument": { "uri": URI, "version": 2 }, "contentChanges": [{ "text": applied(&text, &changes) }] });
    editor.tell("textDocument/didChange", whole).await;
    assert_eq!(titles(&actions(&mut editor, at(0, 0, 0), Some(&["source.fixAll"])).await), [""; 0]);
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn an_edit_names_the_version_of_the_text_that_it_is_for() {
    let offered = json!({
        "textDocument": { "diagnostic": {} },
        "workspace": { "diagnostics": { "refreshSupport": true }, "workspaceEdit": { "documentChanges": true } },
    });
    let (mut editor, _) = Editor::begin(offered).await;
    editor.open(URI, TEXT).await;
    let of_fix = |action: &Value| {
        assert_eq!(action["edit"]["changes"], Value::Null, "one form only: {action}");
        let change = action["edit"]["documentChanges"][0].clone();
        (change["textDocument"].clone(), change["edits"][0].clone())
    };
    let found = actions(&mut editor, at(2, 36, 36), None).await;
    assert_eq!(of_fix(&found[0]), (json!({ "uri": URI, "version": 1 }), json!({ "range": at(2, 35, 38), "newText": "ship" })));
    // The next edit moves what is wrong; an answer that was under way is for the old version or none at all.
    let params = json!({ "textDocument": { "uri": URI }, "range": at(2, 36, 36), "context": { "diagnostics": [] } });
    let asked = editor.request("textDocument/codeAction", params).await;
    editor.edit(2, 4, 10, "pay").await;
    let late = editor.next().await;
    assert_eq!(late["id"], asked);
    if late["error"].is_null() {
        assert_eq!(of_fix(&late["result"][0]).0["version"], 1);
    } else {
        assert_eq!(late["error"]["code"], -32801, "content modified: {late}");
    }
    let found = actions(&mut editor, at(2, 33, 33), None).await;
    assert_eq!(of_fix(&found[0]), (json!({ "uri": URI, "version": 2 }), json!({ "range": at(2, 32, 35), "newText": "ship" })));
    assert_eq!(editor.leave().await, Ended::Orderly);
}
