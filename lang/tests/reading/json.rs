//! JSON files: what YAML lets through is refused, and one typo costs one task.

use flowdbg_lang::{analysis::Analysis, codes, read::read, text::Source};

use crate::support::{said, task_names};

#[test]
fn what_only_yaml_allows_is_refused_in_json_with_its_place() {
    let cases = [
        ("{\n  \"a\": [ 1, 2, ]\n}\n", "OW0001@2 `,` JSON does not allow a comma after the last member"),
        ("{\n  \"a\": 1,\n}\n", "OW0001@2 `,` JSON does not allow a comma after the last member"),
        ("{\n  'a': 1\n}\n", "OW0001@2 `'` JSON strings and keys stand in double quotes"),
        ("{\n  \"a\": 'x'\n}\n", "OW0001@2 `'` JSON strings and keys stand in double quotes"),
        ("{\n  # no\n  \"a\": 1\n}\n", "OW0001@2 `#` JSON has no comments"),
        ("{\n  a: 1\n}\n", "OW0001@2 `a` JSON keys stand in double quotes"),
        ("{\n  \"a\": yes\n}\n", "OW0001@2 `y` this is not a JSON value"),
        ("a: 1\n", "OW0001@1 `a` this is not a JSON value"),
    ];
    for (text, expected) in cases {
        let (tree, problems) = read(&Source::new("test.json", text));
        assert_eq!(said(&tree, &problems), [expected], "{text}");
        // The same text under another name is YAML.
        let (_, problems) = read(&Source::new("test.yaml", text));
        assert_eq!(problems, Vec::new(), "{text}");
    }
    for text in ["{\"a\": [1, {\"b\": \"\\ud83d\\ude00\"}]}", "\u{feff}{\"a\": null}\r\n", "{\n\t\"a\":\t1\n}"] {
        assert_eq!(read(&Source::new("test.JSON", text)).1, Vec::new(), "{text}");
    }
}

const TEXT: &str = r#"{
  "document": { "dsl": "1.0.3", "namespace": "tests", "name": "fixture", "version": "0.1.0" },
  "do": [
    { "first": { "set": { "a": 1 } } },
    {
      "second": {
        "set": { "b": 1, "c": [1, 2] },
        "then": "third"
      }
    },
    { "third": { "set": { "d": 1 } } },
    { "fourth": { "wait": "PT1S", "colour": "red" } }
  ]
}
"#;

#[test]
fn one_fault_in_json_costs_one_task() {
    let cases = [
        ("\"b\": 1, \"c\"", "\"b\": 1 \"c\"", "1"),
        ("\"then\": \"third\"", "\"then\": \"third", "\"third"),
        ("[1, 2] }", "[1, 2 }", "["),
        ("\"then\": \"third\"", "\"then\" \"third\"", "\"then\""),
        ("[1, 2] },", "[1, 2] }", "}"),
        ("[1, 2]", "[1, \"\\q\"]", "\\q"),
        ("\"then\": \"third\"\n", "\"then\": \"third\"\n      }\n", "}"),
    ];
    for (from, to, blamed) in cases {
        let text = TEXT.replacen(from, to, 1);
        assert_ne!(text, TEXT);
        let analysis = Analysis::of(Source::new("test.json", text.as_str()));
        let found: Vec<_> = analysis.diagnostics.iter().map(|found| (found.code, analysis.source.slice(found.span))).collect();
        assert!(found.contains(&(codes::SYNTAX, blamed)), "{to}: {:?}", said(&analysis.tree, &analysis.diagnostics));
        assert_eq!(task_names(&analysis), ["first", "second", "third", "fourth"], "{to}: {found:?}");
        assert_eq!(found.len(), 2, "{to}: {found:?}");
        assert_eq!(found[1], (codes::UNKNOWN_KEY, "\"colour\""), "{to}");
    }
}
