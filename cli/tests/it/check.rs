//! `flowdbg check`

use insta::assert_snapshot;

use crate::support::Folder;

#[test]
fn findings_are_drawn_and_counted() {
    let folder = Folder::new(&[(
        "a.workflow.yaml",
        "
do:
  - charge: { set: { x: '${ .a | lenght }' }, then: shp }
  - ship: { set: { y: 1, y: 2 } }
  - later: { call: grpc, with: { proto: { endpoint: file:///a.proto }, service: { name: a, host: b }, method: c } }
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

        warning[OW0901]: not supported yet: gRPC calls
         --> a.workflow.yaml:5:20
          |
        5 |   - later: { call: grpc, with: { proto: { endpoint: file:///a.proto }, service: { name: a, host: b }, method: c } }
          |                    ^^^^

        1 workflow checked, 3 errors, 1 warning
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
