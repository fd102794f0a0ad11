//! Reading: values, spans, and what is said about broken text.

use super::*;
use crate::value::ValueExt as _;

fn tree(text: &str) -> (Tree, Vec<Diagnostic>) {
    read(&Source::new("test.yaml", text))
}

/// Finds every scalar and says whether its span is the text that was meant.
fn json(text: &str) -> String {
    let (tree, problems) = tree(text);
    assert_eq!(problems, Vec::new());
    tree.value(tree.root().expect("content")).to_json()
}

#[test]
fn scalars_follow_the_core_schema() {
    assert_eq!(
        json("[null, ~, true, False, 1, -2, +3, 0x1F, 0o17, 1.50, 1e3, .5, '1', yes, on, 1_000, 012]"),
        r#"[null,null,true,false,1,-2,3,31,15,1.50,1e3,0.5,"1","yes","on","1_000",12]"#
    );
    assert_eq!(json("a:\nb: ''\n"), r#"{"a":null,"b":""}"#);
    assert_eq!(json("!!str 12"), r#""12""#);
}

#[test]
fn spans_are_exact_in_every_style() {
    let text = "a: 'x'\nлист: [ \"ü\", {k: v} ]\nc: |\n  line\nd:\n  - e\n";
    let (tree, _) = tree(text);
    let root = tree.root().expect("content");
    let slices: Vec<&str> = tree
        .entries(root)
        .iter()
        .flat_map(|entry| [entry.key, entry.value])
        .map(|node| tree.source().slice(tree.span(node)).trim_end())
        .collect();
    assert_eq!(slices[..4], ["a", "'x'", "лист", "[ \"ü\", {k: v} ]"]);
    assert_eq!(slices[4], "c");
    assert!(slices[5].ends_with("line"));
    assert_eq!(slices[6..], ["d", "- e"]);
}

#[test]
fn a_place_in_decoded_text_leads_back_to_the_source() {
    for text in [
        "k: ${ .needle }",
        "k: '${ \"it''s\" + .needle }'",
        r#"k: "${ \"x\\n\" + \u0022a\u0022 + .needle }""#,
        "k: |\n    ${ .a\n      | .needle }\n",
        "k: >-\n  ${ .a\n  | .needle\n  }\n",
        "k: \"${ .a\n    | .needle }\"",
    ] {
        let (tree, problems) = tree(text);
        assert_eq!(problems, Vec::new(), "{text}");
        let node = tree.get(tree.root().expect("content"), "k").expect("k");
        let decoded = tree.text(node).expect("scalar");
        let at = decoded.find("needle").expect("needle");
        assert_eq!(source_offset(&tree, node, at) as usize, text.find("needle").expect("needle"), "{text}");
    }
}

#[test]
fn broken_text_keeps_what_came_before_and_names_the_place() {
    let (tree, problems) = tree("do:\n  - a: { set: 1 }\n  - b: [ 1, 2\n");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].code, codes::SYNTAX);
    let list = tree.get(tree.root().expect("content"), "do").expect("do");
    assert_eq!(tree.items(list).len(), 2);
}

#[test]
fn tabs_duplicates_documents_and_aliases_are_named() {
    let codes_of = |text| tree(text).1.iter().map(|problem| problem.code).collect::<Vec<_>>();
    assert_eq!(codes_of("do:\n\t- a: 1\n"), [codes::TAB]);
    assert_eq!(codes_of("a: 1\nb: 2\na: 3\n"), [codes::DUPLICATE_KEY]);
    assert_eq!(codes_of("a: 1\n---\nb: 2\n"), [codes::DOCUMENTS]);
    assert_eq!(codes_of(""), [codes::DOCUMENTS]);
    assert_eq!(codes_of("a: *nope\n"), [codes::SYNTAX]);
    assert_eq!(codes_of("a: &x [ *x ]\n"), [codes::SYNTAX]);
    assert_eq!(json("a: &x { n: 1 }\nb: *x\n"), r#"{"a":{"n":1},"b":{"n":1}}"#);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..9 {
        let previous = format!("*a{}", n - 1);
        text.push_str(&format!("a{n}: &a{n} [{}]\n", vec![previous; 10].join(", ")));
    }
    let (_, problems) = tree(&text);
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [codes::TOO_LARGE]);
}

#[test]
fn deep_nesting_is_refused_and_never_overflows() {
    let (_, problems) = tree(&"[".repeat(100_000));
    assert_eq!(problems.len(), 1);
}
