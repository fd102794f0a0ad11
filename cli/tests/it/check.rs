//! `flowdbg check`

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Folder, HEAD};

pub(crate) fn text_of(folder: &Folder, name: &str) -> String {
    String::from_utf8(std::fs::read(folder.path().join(name)).unwrap()).unwrap()
}

#[test]
fn findings_are_drawn_and_counted() {
    let folder = Folder::new(&[(
        "a.workflow.yaml",
        "
do:
  - charge: { set: { x: '${ .a | lenght }' }, then: shp }
  - ship: { set: { y: 1, y: 2 } }
  - later: { call: asyncapi, with: { document: { endpoint: file:///a.json }, channel: c, protocol: kafka, message: { payload: {} } } }
",
    )]);
    assert_snapshot!(folder.transcript(&["check", "a.workflow.yaml"], ""), @r##"
        exit 1
        --- out
        error[OW0303]: there is no function `lenght`
         --> a.workflow.yaml:3:34
          |
        3 |   - charge: { set: { x: '${ .a | lenght }' }, then: shp }
          |                                  ^^^^^^
          |
          = help: did you mean `length`?

        error[OW0201]: no task `shp` stands in the same list
         --> a.workflow.yaml:3:53
          |
        3 |   - charge: { set: { x: '${ .a | lenght }' }, then: shp }
          |                                                     ^^^
          |
          = help: did you mean `ship`?

        error[OW0002]: the key `y` is there twice
         --> a.workflow.yaml:4:26
          |
        4 |   - ship: { set: { y: 1, y: 2 } }
          |                    -     ^
          |                    |
          |                    first given here

        warning[OW0901]: not supported yet: messages over Apache Kafka
         --> a.workflow.yaml:5:100
          |
        5 |   - later: { call: asyncapi, with: { document: { endpoint: file:///a.json }, channel: c, protocol: kafka, message: { payload: {} } } }
          |                                                                                                    ^^^^^

        1 workflow checked, 3 errors, 1 warning; --fix can mend 2 of them
        "##);
}

#[test]
fn folders_are_searched_for_workflows_only() {
    let good = "do: [ { a: { set: { x: 1 } } } ]\n";
    let folder = Folder::new(&[
        ("x/a.workflow.yaml", good),
        ("x/deep/b.yaml", "document: { dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }\ndo: [ { a: { set: { x: 1 } } } ]\n"),
        ("x/ci.yaml", "name: ci\non: push\n"),
        ("x/.hidden/c.workflow.yaml", "do: 5\n"),
        ("x/node_modules/d.workflow.yaml", "do: 5\n"),
        ("none/readme.md", "# nothing\n"),
    ]);
    assert_eq!(folder.transcript(&["check", "x"], ""), "exit 0\n--- out\n2 workflows checked, no errors, no warnings\n");
    let (code, out, _) = folder.run(&["check", "none"], "");
    assert!(code == 0 && out.starts_with("no workflow files found"), "{out}");
    // Who names a file means it.
    let (code, out, _) = folder.run(&["check", "x/ci.yaml", "--quiet"], "");
    assert!(code == 1 && out.contains("error[OW0109]: this is not a workflow"), "{out}");
}

#[test]
fn what_cannot_be_read_is_told_apart() {
    let folder = Folder::new(&[("a.workflow.yaml", "do: [ { a: { set: { x: 1 } } } ]\n")]);
    assert_snapshot!(folder.transcript(&["check", "none.yaml", "a.workflow.yaml"], ""), @r##"
        exit 2
        --- out
        1 workflow checked, no errors, no warnings, 1 path unreadable
        --- err
        error: cannot read none.yaml: there is no such file
        "##);
}

#[test]
fn syntax_errors_name_the_place() {
    let folder = Folder::new(&[("tab.yaml", "a:\n\tb: 1\n"), ("open.json", "{\"document\": {\"dsl\": \n"), ("bytes.yaml", "")]);
    std::fs::write(folder.path().join("bytes.yaml"), b"document:\n  \xff\n").unwrap();
    assert_snapshot!(folder.transcript(&["check", "tab.yaml", "open.json", "bytes.yaml"], ""), @r##"
        exit 2
        --- out
        error[OW0005]: a tab is used for indentation, which YAML forbids
         --> tab.yaml:2:1
          |
        2 |     b: 1
          | ^^^^
          |
          = help: indent with spaces

        error[OW0001]: this `{` is never closed: a `}` is missing
         --> open.json:1:1
          |
        1 | {"document": {"dsl":
          | ^

        error[OW0103]: `dsl` has no value; expected a semantic version such as "1.0.0"
         --> open.json:1:15
          |
        1 | {"document": {"dsl":
          |               ^^^^^

        2 workflows checked, 3 errors, no warnings, 1 path unreadable
        --- err
        error: cannot read bytes.yaml: it is not UTF-8 text (line 2, byte 12); save it as UTF-8
        "##);
}

const TYPOS: &str = "
do:
  - charge: { set: { x: '${ .a | lenght }' }, then: shp }
  - ship: { sett: { y: 1 } }
";

#[test]
fn findings_are_data_for_programs() {
    let folder = Folder::new(&[("a.workflow.yaml", TYPOS)]);
    let (code, out, err) = folder.run(&["check", "a.workflow.yaml", "--format", "json"], "");
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, err.as_str(), &document["version"]), (1, "", &1.into()));
    let found = &document["files"][0]["findings"][1];
    assert_eq!(found["code"], "OW0201");
    assert_eq!(found["range"]["start"], serde_json::json!({ "line": 3, "column": 53, "offset": HEAD.len() + 4 + 52 }));
    assert_eq!(found["fix"]["edits"][0]["text"], "ship");
    let count = document["files"][0]["findings"].as_array().unwrap().len();
    assert_eq!(document["summary"]["errors"], count);
}

#[test]
fn findings_are_sarif_for_code_scanning() {
    let folder = Folder::new(&[("dir with space/a.workflow.yaml", &TYPOS.replace("shp }", "shp }  # flowdbg: allow OW0201"))]);
    let (code, out, _) = folder.run(&["check", ".", "--format", "sarif"], "");
    let (document, results) = sarif(&out);
    assert_eq!((code, &document["version"]), (1, &"2.1.0".into()));
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in &results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(result["ruleId"], rule["id"]);
        assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "dir%20with%20space/a.workflow.yaml");
    }
    let lenght = results.iter().find(|result| result["ruleId"] == "OW0303").unwrap();
    assert_eq!(lenght["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"], "length");
    let allowed = results.iter().find(|result| result["ruleId"] == "OW0201").unwrap();
    assert_eq!(allowed["suppressions"][0]["kind"], "inSource");
}

/// The official schema of SARIF 2.1.0, as a package of npm brings it.
const SARIF_SCHEMA: &str = "npm/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json";

/// A document that follows the schema of SARIF, with its results.
#[track_caller]
fn sarif(text: &str) -> (Value, Vec<Value>) {
    let document: Value = serde_json::from_str(text).unwrap();
    if let Some(schema) = flowdbg_tests::services::program(SARIF_SCHEMA) {
        let text = String::from_utf8(std::fs::read(schema).unwrap()).unwrap();
        // One of its patterns has a bracket too many.
        let schema: Value = serde_json::from_str(&text.replace("{2}]?$", "{2}$")).unwrap();
        let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let wrong: Vec<String> = schema.iter_errors(&document).map(|wrong| format!("{}: {wrong}", wrong.instance_path())).collect();
        assert_eq!(wrong, [""; 0]);
    }
    let results = document["runs"][0]["results"].as_array().unwrap().clone();
    (document, results)
}

#[test]
fn sarif_of_all_that_can_be_found_follows_its_official_schema() {
    let odd = "or:der #1 100% [ä]?.workflow.yaml";
    let folder = Folder::new(&[
        (odd, &TYPOS.replace("y: 1", "y: 1, y: 2")),
        ("allowed.workflow.yaml", "do:\n  - a: { set: { x: 1 }, then: no }  # flowdbg: allow OW0201\n  - b: { set: { x: '${ .a ' } }\n"),
        ("flowdbg.toml", "[check]\nallow = [\"OW0106\", \"OW0101\"]\nwarn = [\"OW0303\"]\n"),
        ("bad/flowdbg.toml", "[check]\nallow = [\"OW9\"]\n"),
        ("bad/c.workflow.yaml", "do: 5\n"),
    ]);
    let (code, out, _) = folder.run(&["check", ".", "gone.yaml", "--format", "sarif"], "");
    let (document, results) = sarif(&out);
    assert_eq!(code, 2);
    let invocation = &document["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"][0]["message"]["text"], "cannot read gone.yaml: there is no such file");
    // All that a result can have is among them.
    let has = |key: &str| results.iter().any(|result| !result[key].is_null());
    for key in ["fixes", "relatedLocations", "suppressions"] {
        assert!(has(key), "no result has `{key}`");
    }
    let levels: Vec<&str> = results.iter().map(|result| result["level"].as_str().unwrap()).collect();
    assert!(levels.contains(&"error") && levels.contains(&"warning"), "{levels:?}");
    let kinds: Vec<&Value> = results.iter().map(|result| &result["suppressions"][0]["kind"]).collect();
    assert!(kinds.contains(&&json!("inSource")) && kinds.contains(&&json!("external")), "{kinds:?}");
    // The addresses lead to the files when they are put behind that of the checkout.
    let root = url::Url::from_directory_path(folder.path()).unwrap();
    let uris = results.iter().map(|result| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap());
    let mut found: Vec<String> = uris
        .map(|uri| {
            let path = root.join(&uri.replace("$DIR", folder.path().to_str().unwrap())).unwrap().to_file_path().unwrap();
            assert!(path.is_file(), "{uri} is {}", path.display());
            path.file_name().unwrap().to_string_lossy().into_owned()
        })
        .collect();
    found.sort();
    found.dedup();
    assert_eq!(found, ["allowed.workflow.yaml", "c.workflow.yaml", "flowdbg.toml", odd]);
    // Nothing found is a valid document, too.
    let (code, out, _) = Folder::new(&[]).run(&["check", ".", "--format", "sarif"], "");
    assert_eq!((code, sarif(&out).1), (0, vec![]));
    let (_, out, _) = folder.run(&["check", "-", "--format", "sarif"], "do: 5\n");
    assert_eq!(sarif(&out).1[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "%3Cstdin%3E");
}

#[test]
fn findings_are_workflow_commands_for_github() {
    let folder = Folder::new(&[("a.workflow.yaml", "do:\n  - a: { set: { x: 1 }, then: nowhere }\n")]);
    let (code, out, _) = folder.run(&["check", ".", "--format", "github"], "");
    assert_eq!(code, 1);
    assert!(out.starts_with("::error file=a.workflow.yaml,line=3,endLine=3,col=31,endColumn=38,title=OW0201::no task `nowhere`"), "{out}");
}

#[test]
fn what_can_be_mended_is_mended_and_shown_before() {
    let folder = Folder::new(&[("a.workflow.yaml", TYPOS)]);
    let read = || text_of(&folder, "a.workflow.yaml");
    let before = read();
    let (code, out, err) = folder.run(&["check", ".", "--diff"], "");
    assert_eq!((code, read()), (0, before), "--diff changes nothing");
    assert!(out.contains("-  - ship: { sett: { y: 1 } }\n+  - charge: {") && out.contains("\n+  - ship: { set: { y: 1 } }\n"), "{out}");
    assert!(err.contains("3 changes in 1 file would be made"), "{err}");
    let (code, out, _) = folder.run(&["check", ".", "--fix"], "");
    assert_eq!((code, out.as_str()), (0, "1 workflow checked, no errors, no warnings; 3 changes in 1 file made\n"));
    assert!(read().ends_with("  - charge: { set: { x: '${ .a | length }' }, then: ship }\n  - ship: { set: { y: 1 } }\n"), "{}", read());
}

#[test]
fn a_code_is_explained() {
    let folder = Folder::new(&[]);
    let (code, out, _) = folder.run(&["check", "--explain", "ow0203"], "");
    assert!(code == 0 && out.starts_with("# OW0203: ") && out.contains("## Wrong"), "{out}");
    let (code, out, _) = folder.run(&["check", "--explain"], "");
    assert!(code == 0 && out.lines().count() > 50 && out.contains("OW0901"), "{out}");
    let (code, _, err) = folder.run(&["check", "--explain", "OW02O3"], "");
    assert!(code == 2 && err.contains("there is no code `OW02O3`; did you mean OW0203?"), "{err}");
}

#[test]
fn settings_and_comments_say_what_is_wanted() {
    let wrong = "do:\n  - a: { set: { x: 1 }, then: nowhere }\n";
    let folder = Folder::new(&[
        ("flowdbg.toml", "[check]\nwarn = [\"OW0201\"]\nexclude = [\"drafts/\"]\n"),
        ("a.workflow.yaml", wrong),
        ("drafts/b.workflow.yaml", wrong),
        ("bad/flowdbg.toml", "[check]\nallow = [\"OW9\"]\n"),
        ("bad/c.workflow.yaml", wrong),
    ]);
    let (code, out, _) = folder.run(&["check", "a.workflow.yaml"], "");
    assert!(code == 0 && out.ends_with("1 workflow checked, no errors, 1 warning\n"), "{out}");
    assert_eq!(folder.run(&["check", "a.workflow.yaml", "--deny-warnings"], "").0, 1);
    // Named on the command line, it is checked all the same.
    let (code, out, _) = folder.run(&["check", "drafts/b.workflow.yaml"], "");
    assert!(code == 0 && out.contains("warning[OW0201]"), "{out}");
    let (code, out, _) = folder.run(&["check", "."], "");
    assert!(code == 2 && out.contains("error[OW0803]") && out.contains("2 workflows checked, 1 error, 1 warning"), "{out}");
}

#[test]
fn a_thousand_files_are_checked_at_once() {
    let text = "do:\n  - a: { set: { x: 1 } }\n";
    let names: Vec<String> = (0..1_000).map(|at| format!("d{}/w{at}.workflow.yaml", at % 10)).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), text)).collect();
    let folder = Folder::new(&files);
    let (code, out, _) = folder.run(&["check", "."], "");
    assert_eq!((code, out.as_str()), (0, "1000 workflows checked, no errors, no warnings\n"));
}

#[test]
fn standard_input_is_checked_and_mended() {
    let folder = Folder::new(&[]);
    let text = format!("{HEAD}do:\n  - a: {{ sett: {{ x: 1 }} }}\n");
    let (code, out, _) = folder.run(&["check", "-"], &text);
    assert!(code == 1 && out.contains("--> <stdin>:3:10"), "{out}");
}

const SHIPPING: &str = "
do:
  - ask: { call: http, with: { method: get, endpoint: 'https://a.example/{id}' } }
  - choose: { switch: [ { heavy: { when: .weight > 5, then: truck } }, { light: { then: bike } } ] }
  - truck: { set: { tons: '${ .weight / 1000 }', names: [ada] }, then: sign }
  - bike: { set: { kilos: '${ .weight }', names: ['7'] }, then: sign }
  - sign: { set: { by: '${ .names[0] | tonumber }' } }
";

#[test]
fn dry_runs_tell_what_executions_would_end_with() {
    let folder = Folder::new(&[
        ("a.workflow.yaml", SHIPPING),
        ("light.scenario.yaml", "scenario: light\nmocks: [ { task: ask, answer: { body: { weight: 1 } } } ]\n"),
        ("allowed.workflow.yaml", &SHIPPING.replace("  - sign", "  # flowdbg: allow OW0501 -- known\n  - sign")),
    ]);
    assert_eq!(
        folder.transcript(&["check", "a.workflow.yaml", "allowed.workflow.yaml"], ""),
        "exit 0\n--- out\n2 workflows checked, no errors, no warnings\n",
        "without a dry run nothing is found, and the comment is not called useless"
    );
    assert_snapshot!(folder.transcript(&["check", "--dry", "a.workflow.yaml", "allowed.workflow.yaml"], ""), @r##"
        exit 0
        --- out
        warning[OW0501]: Expression error (400): `.names[0] | tonumber`: cannot parse "ada" as JSON: byte offset 0: value expected; this happens if `.weight > 5` holds at /do/1/choose
         --> a.workflow.yaml:7:24
          |
        7 |   - sign: { set: { by: '${ .names[0] | tonumber }' } }
          |                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^

        2 workflows checked, no errors, 1 warning
        "##);
    assert_snapshot!(folder.transcript(&["check", "--dry", "--scenario", "light.scenario.yaml", "a.workflow.yaml"], ""), @r##"
        exit 0
        --- out
        1 workflow checked, no errors, no warnings
        "##);
    let (code, _, err) = folder.run(&["check", "--scenario", "light.scenario.yaml", "a.workflow.yaml"], "");
    assert!(code == 2 && err.contains("--dry"), "{err}");
}

#[test]
fn a_fault_in_another_file_is_told_where_the_way_there_begins() {
    let other =
        "document: { dsl: '1.0.3', namespace: tests, name: other, version: '1.0.0' }\ndo:\n  - bad: { set: { n: '${ {} + 1 }' } }\n";
    let folder = Folder::new(&[
        ("a.workflow.yaml", "do:\n  - sub: { run: { workflow: { namespace: tests, name: other, version: '1.0.0' } } }\n"),
        ("below/other.yaml", &other.replace("{} + 1", "\"x\" | tonumber")),
    ]);
    assert_snapshot!(folder.transcript(&["check", "--dry", "a.workflow.yaml"], ""), @r##"
        exit 0
        --- out
        warning[OW0501]: Expression error (400): `"x" | tonumber`: cannot parse "x" as JSON: byte offset 0: value expected, at $DIR/below/other.yaml:3:22
         --> a.workflow.yaml:3:5
          |
        3 |   - sub: { run: { workflow: { namespace: tests, name: other, version: '1.0.0' } } }
          |     ^^^

        1 workflow checked, no errors, 1 warning
        "##);
}
