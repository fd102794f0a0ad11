//! What comments, the project's settings and the files beside it change in what is said of a text.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Editor, Ended, URI, asking};

const HEAD: &str = "document: { dsl: '1.0.3', namespace: tests, name: order, version: '0.1.0' }\n";
const WRONG: &str = "do:\n  - pay: { set: { x: 1 }, then: nowhere }\n";

/// A project on disk, with one workflow in it that is open in the editor.
struct Project {
    folder: TempDir,
    uri: String,
}

impl Project {
    fn new(settings: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let uri = address(&folder.path().join("order.workflow.yaml"));
        let project = Self { folder, uri };
        if let Some(settings) = settings {
            project.write("flowdbg.toml", settings);
        }
        project
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn address(&self, name: &str) -> String {
        address(&self.folder.path().join(name))
    }
}

fn address(path: &Path) -> String {
    url::Url::from_file_path(path).unwrap().into()
}

fn changed(uri: &str) -> Value {
    json!({ "changes": [{ "uri": uri, "type": 2 }] })
}

/// Severities and codes of what is published next.
async fn severities(editor: &mut Editor) -> Vec<(u64, String)> {
    let message = editor.next().await;
    assert_eq!(message["method"], "textDocument/publishDiagnostics", "{message}");
    let found = message["params"]["diagnostics"].as_array().unwrap();
    found.iter().map(|found| (found["severity"].as_u64().unwrap(), found["code"].as_str().unwrap().to_owned())).collect()
}

/// A session of an editor that watches files when it is asked to.
async fn watching() -> Editor {
    let (mut editor, _) = Editor::begin(json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } })).await;
    let asked = editor.asked_for("client/registerCapability").await;
    assert_eq!(asked["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    let watchers = asked["registrations"][0]["registerOptions"]["watchers"].as_array().unwrap();
    let globs: Vec<&str> = watchers.iter().map(|watcher| watcher["globPattern"].as_str().unwrap()).collect();
    assert_eq!(globs, ["**/flowdbg.toml", "**/*.{yaml,yml,json}"]);
    editor
}

#[tokio::test]
async fn comments_hide_what_they_allow_and_are_told_when_they_hide_nothing() {
    let (mut editor, _) = Editor::begin(json!({})).await;
    let with = |comment: &str| format!("{HEAD}{}", WRONG.replace("  - pay", &format!("  # flowdbg: {comment}\n  - pay")));
    editor.open(URI, &with("allow OW0201 -- it comes later")).await;
    assert_eq!(editor.published().await, (json!(1), vec![]));
    for (version, comment, expected) in [
        (
            2,
            "allow OW0202",
            vec!["2:19-25 OW0802 nothing here is reported as `OW0202`\nremove it, so that it hides nothing later", "OW0201"],
        ),
        (3, "alow OW0201", vec!["2:13-17 OW0801 `alow` is not something that a comment can ask for\ndid you mean `allow`?", "OW0201"]),
        (4, "allow OW0002", vec!["2:19-25 OW0801 `OW0002` cannot be allowed", "OW0201"]),
        (5, "allow ow0201", vec![]),
    ] {
        let params = json!({ "textDocument": { "uri": URI, "version": version }, "contentChanges": [{ "text": with(comment) }] });
        editor.tell("textDocument/didChange", params).await;
        let (of, found) = editor.published().await;
        assert_eq!((of, found.len()), (json!(version), expected.len()), "{comment}: {found:?}");
        assert!(found.iter().zip(&expected).all(|(found, expected)| found.contains(expected)), "{comment}: {found:?}");
    }
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn settings_change_levels_and_count_anew_when_their_file_is_edited() {
    let project = Project::new(Some("[check]\nwarn = [\"OW0201\"]\n"));
    let (settings, mut editor) = (project.address("flowdbg.toml"), watching().await);
    editor.open(&project.uri, &format!("{HEAD}{WRONG}")).await;
    assert_eq!(severities(&mut editor).await, [(2, "OW0201".to_owned())]);
    for (text, expected) in [
        ("[check]\nallow = [\"OW0201\"]\n", vec![]),
        // As long as before, and perhaps written within the same tick of the clock.
        ("[check]\nallow = [\"OW0202\"]\n", vec![(1, "OW0201")]),
        ("[check]\nwarn  = [\"OW0201\"]\n", vec![(2, "OW0201")]),
    ] {
        project.write("flowdbg.toml", text);
        editor.tell("workspace/didChangeWatchedFiles", changed(&settings)).await;
        let expected: Vec<_> = expected.into_iter().map(|(severity, code)| (severity, code.to_owned())).collect();
        assert_eq!(severities(&mut editor).await, expected, "{text}");
    }
    std::fs::remove_file(project.folder.path().join("flowdbg.toml")).unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": settings, "type": 3 }] })).await;
    assert_eq!(severities(&mut editor).await, [(1, "OW0201".to_owned())], "without settings an error is one");
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_told_at_their_place() {
    let broken = "[check]\nallow = [\"OW0201\"]\nwarm = [\"OW0203\"]\n";
    let project = Project::new(Some(broken));
    let settings = project.address("flowdbg.toml");
    let (mut editor, _) = Editor::begin(json!({})).await;
    editor.open(&project.uri, &format!("{HEAD}{WRONG}")).await;
    // In the workflow, as nobody may have opened the settings; and they allow nothing.
    let message = editor.next().await;
    let found = &message["params"]["diagnostics"];
    let path = project.folder.path().canonicalize().unwrap().join("flowdbg.toml");
    let (top, said) = (&found[0], found[0]["message"].as_str().unwrap());
    assert!(said.ends_with("flowdbg.toml:3:1: `warm` is not a key of `[check]`\ndid you mean `warn`?"), "{said}");
    assert!(said.starts_with(&*path.to_string_lossy()) || said.starts_with(&*project.folder.path().to_string_lossy()), "{said}");
    assert_eq!((&top["code"], &top["severity"]), (&json!("OW0803"), &json!(1)));
    let place = &top["relatedInformation"][0]["location"];
    assert_eq!(place["uri"], settings);
    let warm = json!({ "start": { "line": 2, "character": 0 }, "end": { "line": 2, "character": 4 } });
    assert_eq!(place["range"], warm);
    assert_eq!(found[1]["code"], "OW0201");
    // In their own text, as soon as it is open; unsaved edits count there and nowhere else.
    let toml = json!({ "uri": settings, "languageId": "toml", "version": 1, "text": broken });
    editor.tell("textDocument/didOpen", json!({ "textDocument": toml })).await;
    assert_eq!(editor.published().await.1, ["2:0-4 OW0803 `warm` is not a key of `[check]`\ndid you mean `warn`?"]);
    let mended = broken.replace("warm", "warn");
    let edit = json!({ "textDocument": { "uri": settings, "version": 2 }, "contentChanges": [{ "text": mended }] });
    editor.tell("textDocument/didChange", edit).await;
    assert_eq!(editor.published().await, (json!(2), vec![]));
    // This editor watches nothing, but says when it has written a file.
    project.write("flowdbg.toml", &mended);
    editor.tell("textDocument/didSave", json!({ "textDocument": { "uri": settings } })).await;
    let mut published = Vec::new();
    for _ in 0..2 {
        let message = editor.next().await;
        published.push((message["params"]["uri"].clone(), message["params"]["diagnostics"].clone()));
    }
    published.sort_by_key(|(uri, _)| uri.to_string());
    assert_eq!(published, [(json!(settings), json!([])), (json!(project.uri), json!([]))]);
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn an_editor_that_asks_is_told_to_ask_again() {
    let project = Project::new(None);
    let (mut editor, _) = Editor::begin(asking()).await;
    editor.open(&project.uri, &format!("{HEAD}{WRONG}")).await;
    let document = json!({ "textDocument": { "uri": project.uri } });
    let answer = editor.ask("textDocument/diagnostic", document.clone()).await;
    let found = super::shown(&answer["result"]["items"]);
    assert!(found.len() == 1 && found[0].starts_with("2:32-39 OW0201 no task `nowhere`"), "{found:?}");
    project.write("flowdbg.toml", "[check]\nallow = [\"OW0201\"]\n");
    editor.tell("workspace/didChangeWatchedFiles", changed(&project.address("flowdbg.toml"))).await;
    editor.asked_for("workspace/diagnostic/refresh").await;
    let answer = editor.ask("textDocument/diagnostic", document).await;
    assert_eq!(answer["result"]["items"], json!([]));
    assert_eq!(editor.leave().await, Ended::Orderly);
}

#[tokio::test]
async fn a_sub_workflow_is_found_as_soon_as_it_is_there() {
    let project = Project::new(None);
    let mut editor = watching().await;
    let run = "do:\n  - ship: { run: { workflow: { namespace: tests, name: ship, version: '1.0.0' } } }\n";
    project.write("order.workflow.yaml", &format!("{HEAD}{run}"));
    editor.open(&project.uri, &format!("{HEAD}{run}")).await;
    assert_eq!(severities(&mut editor).await, [(2, "OW0220".to_owned())]);
    let head = HEAD.replace("order", "ship").replace("0.1.0", "1.0.0");
    project.write("ship.yaml", &format!("{head}do:\n  - a: {{ set: {{ x: 1 }} }}\n"));
    editor.tell("workspace/didChangeWatchedFiles", changed(&project.address("ship.yaml"))).await;
    assert_eq!(severities(&mut editor).await, []);
    assert_eq!(editor.leave().await, Ended::Orderly);
}
