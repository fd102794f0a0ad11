//! One fault in the second of four tasks: the other tasks stay, and the fault is named where it is.

use flowdbg_lang::{analysis::Analysis, codes, ide, text::Source};

use crate::support::{is_syntax, task_names};

/// The fourth task has a mistake of its own, which must be found whatever is wrong with the second.
const TEXT: &str = "\
document: { dsl: '1.0.3', namespace: tests, name: fixture, version: '0.1.0' }
do:
  - first:
      call: http
      with:
        method: get
        endpoint: https://example.com/1
  - second:
      call: http
      with:
        method: get
        endpoint: https://example.com/2
      output:
        as: .body
      then: third
  - third:
      set: { a: 1 }
      then: fourth
  - fourth:
      wait: PT1S
      colour: red
";

/// A fault: what it is, what is put in place of what, and a part of the line that is to be blamed.
struct Fault(&'static str, &'static str, &'static str, &'static str);

const FAULTS: &[Fault] = &[
    Fault("a half-typed key", "      output:\n", "      wit\n      output:\n", "wit\n"),
    Fault(
        "a half-typed first key",
        "      call: http\n      with:\n        method: get\n        endpoint: https://example.com/2",
        "      cal\n      with:\n        method: get\n        endpoint: https://example.com/2",
        "      cal",
    ),
    Fault("a half-typed last key", "      then: third\n", "      then: third\n      the\n", "      the\n"),
    Fault("an unterminated double quote", "https://example.com/2", "\"https://example.com/2", "example.com/2"),
    Fault("an unterminated single quote", "https://example.com/2", "'https://example.com/2", "example.com/2"),
    Fault("an unclosed bracket", "as: .body", "as: [ .body, 1", "as: [ .body"),
    Fault("an unclosed brace", "as: .body", "as: { b: 7", "as: { b"),
    Fault("an unclosed bracket in a brace", "as: .body", "as: { b: [ 1, 2 }", "as: { b"),
    Fault("an unclosed brace over lines", "as: .body", "as: {\n          b: 1,\n          c: 2", "as: {"),
    Fault("over-indentation of a key", "      with:\n", "        with:\n", "with:"),
    Fault(
        "over-indentation of a key with all below it",
        "      with:\n        method: get\n        endpoint: https://example.com/2",
        "        with:\n          method: get\n          endpoint: https://example.com/2",
        "with:",
    ),
    Fault("over-indentation of a key with a value", "      then: third", "          then: third", "then: third"),
    Fault("a comment in the middle of a text", "as: .body", "as: .body |\n\t# the identifier\n          .id", "# the identifier"),
    Fault("a dedent that fits nothing", "      then: third", "     then: third", "then: third"),
    Fault("a dedent far out", "      then: third", " then: third", "then: third"),
    Fault("an expression with `: `", "as: .body", "as: ${ .a | { b: .c } }", "as: ${"),
    Fault("an expression with `: ` in a flow mapping", "as: .body", "as: { x: ${ .a | { b: .c } } }", "as: { x"),
    Fault("a missing colon above a mapping", "      output:\n", "      output\n", "      output"),
    Fault("a missing colon after the task's name", "  - second:\n", "  - second\n", "- second"),
    Fault("a tab before a key", "      output:\n        as: .body\n", "\toutput:\n        as: .body\n", "output:"),
    Fault("a tab before a value's key", "        as: .body\n", "\t\tas: .body\n", "as: .body"),
    Fault("a tab before the task", "  - second:\n", "\t- second:\n", "- second"),
    Fault("an escape that does not exist", "https://example.com/2", "\"https://example.com/\\q\"", "\\q"),
    Fault("a broken unicode escape", "https://example.com/2", "\"https://example.com/\\u12\"", "\\u12"),
    Fault("an over-indented task", "  - second:\n", "    - second:\n", "- second"),
    Fault("a task indented too little", "  - second:\n", " - second:\n", "- second"),
    Fault("a bracket too many", "as: .body", "as: { a: 1 } }", "as: { a"),
    Fault("a missing comma", "as: .body", "as: { a: \"1\" b: 2 }", "as: { a"),
    Fault("no blank after a colon", "      then: third", "      then:third", "then:third"),
    Fault("text after a quoted value", "https://example.com/2", "\"https://example.com\"/2", "example.com"),
    Fault("a character that begins no value", "as: .body", "as: @body", "as: @body"),
    Fault("a colon in a plain value", "as: .body", "as: a: b", "as: a: b"),
    Fault("a value with lines below it", "      then: third", "      then: third\n        - x\n        - y: 1", "- x\n"),
];

fn broken(fault: &Fault) -> String {
    let Fault(what, from, to, _) = fault;
    let at = TEXT.find("- second").unwrap() - 4;
    let place = at + TEXT[at..].find(from).unwrap_or_else(|| panic!("{what}"));
    format!("{}{to}{}", &TEXT[..place], &TEXT[place + from.len()..])
}

#[test]
fn the_text_itself_has_but_its_one_mistake() {
    let analysis = Analysis::of(Source::new("faults.yaml", TEXT));
    let found: Vec<_> = analysis.diagnostics.iter().map(|found| (found.code, analysis.source.slice(found.span))).collect();
    assert_eq!(found, [(codes::UNKNOWN_KEY, "colour")]);
}

#[test]
fn one_fault_costs_one_task_and_is_named_where_it_is() {
    let mut wrong = Vec::new();
    for fault in FAULTS {
        let text = broken(fault);
        let analysis = Analysis::of(Source::new("faults.yaml", text.as_str()));
        let names = task_names(&analysis);
        let found: Vec<_> = analysis.diagnostics.iter().map(|found| describe(&analysis, found)).collect();
        let start = text.find("second").unwrap();
        let at = start.saturating_sub(6) + text[start.saturating_sub(6)..].find(fault.3).unwrap();
        let line = analysis.source.line_of(u32::try_from(at + fault.3.len().min(2)).unwrap());
        let syntax: Vec<_> = analysis.diagnostics.iter().filter(|found| is_syntax(found)).collect();
        let lines: Vec<_> = syntax.iter().map(|found| analysis.source.line_of(found.span.start)).collect();
        let others = analysis.diagnostics.iter().filter(|found| !is_syntax(found));
        let others: Vec<_> = others.map(|found| (found.code, analysis.source.slice(found.span))).collect();
        let symbols: Vec<_> = ide::symbols(&analysis.tree).into_iter().map(|symbol| symbol.name).collect();
        let names_found = ["first", "second", "third", "fourth"];
        if names != names_found || symbols != names_found || lines != [line] || others != [(codes::UNKNOWN_KEY, "colour")] {
            wrong.push(format!(
                "{}: tasks {names:?}, symbols {symbols:?}, expected line {}\n    {}",
                fault.0,
                line + 1,
                found.join("\n    ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), FAULTS.len(), wrong.join("\n"));
}

fn describe(analysis: &Analysis, found: &flowdbg_lang::diagnostic::Diagnostic) -> String {
    let line = analysis.source.line_of(found.span.start) + 1;
    format!("{}@{line} `{}` {} {:?}", found.code, analysis.source.slice(found.span), found.message, found.help)
}

#[test]
fn several_faults_are_reported_at_once() {
    let text = TEXT
        .replace("get\n        endpoint: https://example.com/1", "get\n        endpoint: \"https://example.com/1")
        .replace("set: { a: 1 }", "set: { a: [ 1 }");
    let analysis = Analysis::of(Source::new("faults.yaml", text.as_str()));
    let found: Vec<_> = analysis.diagnostics.iter().map(|found| (found.code, analysis.source.slice(found.span))).collect();
    assert_eq!(found, [(codes::SYNTAX, "\"https://example.com/1"), (codes::SYNTAX, "["), (codes::UNKNOWN_KEY, "colour")]);
    assert_eq!(task_names(&analysis), ["first", "second", "third", "fourth"]);
}

#[test]
fn what_is_intact_in_a_broken_task_is_kept() {
    let text = TEXT.replace("https://example.com/2", "\"https://example.com/2");
    let analysis = Analysis::of(Source::new("faults.yaml", text.as_str()));
    let tree = &analysis.tree;
    let list = tree.get(tree.root().unwrap(), "do").unwrap();
    let second = tree.get(tree.items(list)[1], "second").unwrap();
    let with = tree.get(second, "with").unwrap();
    assert_eq!(tree.text(tree.get(with, "method").unwrap()).map(|text| &**text), Some("get"));
    assert!(tree.is_broken(tree.get(with, "endpoint").unwrap()));
    assert_eq!(tree.text(tree.get(second, "then").unwrap()).map(|text| &**text), Some("third"));
    assert_eq!(tree.gaps().len(), 1);
    let hover = ide::hover(tree, u32::try_from(text.find("output:").unwrap()).unwrap()).unwrap();
    assert!(hover.markdown.contains("output"), "{}", hover.markdown);
}

#[test]
fn a_fault_hides_nothing_of_what_depends_on_names_that_are_there() {
    let text = TEXT.replace("as: .body", "as: [ .body").replace("then: fourth", "then: nowhere");
    let analysis = Analysis::of(Source::new("faults.yaml", text.as_str()));
    let found: Vec<_> = analysis.diagnostics.iter().map(|found| (found.code, analysis.source.slice(found.span))).collect();
    assert!(found.contains(&(codes::UNKNOWN_TARGET, "nowhere")), "{found:?}");
}
