//! Settings and comments, from their text to what is reported.

use super::*;
use crate::analysis::Analysis;

/// What is wrong with settings: line, column, the text that is meant, and the message.
fn problems(text: &str) -> Vec<String> {
    let source = Source::new(FILE_NAME, text);
    let found = Settings::parse(&source).err().unwrap_or_default();
    let line = |found: &Diagnostic| {
        let at = source.position(found.span.start);
        let help = found.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
        format!("{}:{} `{}` {}{help}", at.line + 1, at.character + 1, source.slice(found.span), found.message)
    };
    found.iter().map(line).collect()
}

/// What is reported of a workflow whose `do` is given: line, code and severity; and what is allowed.
fn reported(tasks: &str, settings: &str) -> (Vec<String>, Vec<&'static str>) {
    let text = format!("document: {{ dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }}\ndo:\n{tasks}");
    reported_of(&text, settings)
}

fn reported_of(text: &str, settings: &str) -> (Vec<String>, Vec<&'static str>) {
    let settings = Settings::parse(&Source::new(FILE_NAME, settings)).unwrap();
    let analysis = Analysis::of(Source::new("a.yaml", text)).under(&settings);
    let line = |found: &Diagnostic| format!("{} {} {:?}", analysis.source.line_of(found.span.start) + 1, found.code, found.severity);
    (analysis.diagnostics.iter().map(line).collect(), analysis.allowed.iter().map(|found| found.code).collect())
}

#[test]
fn settings_are_read() {
    let text = "[check]\nallow = [\"OW0203\"]\nwarn = [\"ow0201\"]\ndeny = ['OW0901', 'OW0001']\nexclude = [\"drafts/\", \"*.ow.yaml\"]\n";
    let settings = Settings::parse(&Source::new(FILE_NAME, text)).unwrap();
    assert_eq!(
        ["OW0203", "OW0201", "OW0901", "OW0102"].map(|code| settings.level(code)),
        [Some(Level::Allow), Some(Level::Warn), Some(Level::Deny), None]
    );
    assert!(settings.excludes("x/a.ow.yaml") && settings.excludes("drafts/a.yaml") && !settings.excludes("a.yaml"));
    assert!(problems("").is_empty(), "settings may be empty");
}

#[test]
fn each_mistake_in_settings_is_named_at_its_place() {
    let found = problems(
        "[chekc]\n[check]\nalow = []\nallow = [\"OW0203\", \"OW02O3\", 7]\nwarn = \"OW0101\"\ndeny = [\"OW0203\"]\nexclude = [\"a//b\"]\nzzz = 1\n",
    );
    assert_eq!(
        found,
        [
            "1:2 `chekc` `chekc` is not a table (did you mean `check`?)",
            "3:1 `alow` `alow` is not a key of `[check]` (did you mean `allow`?)",
            "4:20 `\"OW02O3\"` `OW02O3` is not the code of a check (did you mean `OW0203`?)",
            "4:30 `7` an item of `allow` must be a string",
            "5:8 `\"OW0101\"` `warn` must be a list of codes, such as [\"OW0203\"]; this is of type string",
            "6:9 `\"OW0203\"` `OW0203` is given twice",
            "7:12 `\"a//b\"` `a//b` has a part ``; paths are below the folder of the settings",
            "8:1 `zzz` `zzz` is not a key of `[check]` (known here: `allow`, `warn`, `deny`, `exclude`)",
        ]
    );
    assert_eq!(problems("check = 1"), ["1:9 `1` `check` must be a table: `[check]`; this is of type integer"]);
    assert_eq!(problems("[check]\nallow = ['OW0001']").len(), 1, "what cannot be read cannot be allowed");
    assert!(problems("[check\nallow = 1")[0].starts_with("1:"), "broken TOML has a place");
}

#[test]
fn settings_give_findings_another_severity_or_none() {
    let tasks = "  - a: { set: { x: 1 }, then: nowhere }\n  - b: { sett: 1, set: { x: 1 } }\n";
    assert_eq!(reported(tasks, "").0, ["3 OW0201 Error", "4 OW0101 Error"]);
    let (found, allowed) = reported(tasks, "[check]\nallow = ['OW0101']\nwarn = ['OW0201']");
    assert_eq!((found, allowed), (vec!["3 OW0201 Warning".to_owned()], vec!["OW0101"]));
}

#[test]
fn a_comment_is_about_its_line_or_the_next() {
    let tasks = "  - a: { set: { x: 1 }, then: nowhere } # flowdbg: allow OW0201
  # flowdbg: allow OW0101, ow0201 -- both, for now

  # This is about something else.
  - b: { sett: 1, set: { x: 1 }, then: nowhere }
  - c: { set: { x: 1 }, then: nowhere }
";
    assert_eq!(reported(tasks, ""), (vec!["8 OW0201 Error".to_owned()], vec!["OW0201", "OW0101", "OW0201"]));
}

#[test]
fn a_string_of_several_lines_belongs_to_the_line_where_it_begins() {
    let tasks = "  - a:
      set:
        # flowdbg: allow OW0302
        x: |
          ${
            $nothing
          }
        y: ${ $nothing }
";
    assert_eq!(reported(tasks, ""), (vec!["10 OW0302 Error".to_owned()], vec!["OW0302"]));
}

#[test]
fn a_comment_at_the_head_is_about_the_file() {
    let text = "# About.\n# flowdbg: allow-file OW0201\n---\ndocument: { dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }
do:\n  - a: { set: { x: 1 }, then: nowhere }\n  - c: { set: { x: 1 }, then: nowhere }\n";
    assert_eq!(reported_of(text, ""), (vec![], vec!["OW0201", "OW0201"]));
    let tasks = "  # flowdbg: allow-file OW0201\n  - a: { set: { x: 1 }, then: nowhere }\n";
    assert_eq!(reported(tasks, "").0, ["3 OW0801 Warning", "4 OW0201 Error"]);
}

#[test]
fn strings_are_not_comments() {
    let tasks = "  - a:
      set:
        x: |
          # flowdbg: allow OW0201
        y: '# flowdbg: allow OW0201'
        z: \"
          # flowdbg: allow OW0201\"
      then: nowhere
";
    assert_eq!(reported(tasks, "").0, ["10 OW0201 Error"]);
}

#[test]
fn comments_that_are_not_understood_or_needed_are_reported() {
    let tasks = "  # flowdbg: alow OW0201
  # flowdbg: allow
  # flowdbg: allow OW9999, , OW0001
  # flowdbg:
  # flowdbg: allow OW0101
  - a: { set: { x: 1 }, then: nowhere }
";
    let found = ["3 OW0801 Warning", "4 OW0801 Warning", "5 OW0801 Warning", "5 OW0801 Warning", "5 OW0801 Warning", "6 OW0801 Warning"];
    assert_eq!(reported(tasks, "").0, [&found[..], &["7 OW0802 Information", "8 OW0201 Error"]].concat());
    let unread = reported(&format!("{tasks}  - b: [\n"), "").0;
    assert!(!unread.iter().any(|found| found.contains("OW0802")), "{unread:?}");
}

#[test]
fn a_comment_that_is_not_needed_can_be_removed() {
    let head = "document: { dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }\ndo:\n";
    let tasks = "  # flowdbg: allow OW0101\r\n  - a: { set: { x: 1 } }  # flowdbg: allow OW0101\r\n";
    let analysis = Analysis::of(Source::new("a.yaml", format!("{head}{tasks}")));
    let fixes = analysis.diagnostics.iter().filter_map(|found| found.fix.as_ref());
    let (mended, count) = crate::mend::together(analysis.source.text(), fixes);
    assert_eq!((mended, count), (format!("{head}  - a: {{ set: {{ x: 1 }} }}\r\n"), 2));
}

#[test]
fn to_allow_an_error_does_not_make_a_workflow_run() {
    let text = "document: { dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }\ndo:
  - a: { set: { x: 1 }, then: nowhere } # flowdbg: allow OW0201\n";
    let analysis = Analysis::of(Source::new("a.yaml", text));
    assert!(!analysis.has_errors() && analysis.runnable().is_none());
}
