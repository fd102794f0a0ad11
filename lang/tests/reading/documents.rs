//! Anchors, aliases, merge keys, comments, documents, line ends.

use flowdbg_lang::codes;

use crate::support::{json_of, said, yaml};

#[test]
fn merge_keys_are_followed_and_own_keys_win() {
    assert_eq!(json_of("base: &b { x: 1, y: 2 }\nuse: { <<: *b, y: 3 }\n"), r#"{"base":{"x":1,"y":2},"use":{"y":3,"x":1}}"#);
    assert_eq!(
        json_of("- &a { x: 1, z: 1 }\n- &b { x: 2, y: 2 }\n- { <<: [ *a, *b ], z: 9 }\n"),
        r#"[{"x":1,"z":1},{"x":2,"y":2},{"z":9,"x":1,"y":2}]"#
    );
    // A mapping that was merged can be merged in turn.
    assert_eq!(json_of("- &a { x: 1 }\n- &b\n  <<: *a\n  y: 2\n- <<: *b\n  z: 3\n"), r#"[{"x":1},{"y":2,"x":1},{"z":3,"y":2,"x":1}]"#);
    assert_eq!(json_of("a: { '<<': 1 }\n"), r#"{"a":{"<<":1}}"#);
}

#[test]
fn merged_entries_stand_in_the_text_of_their_anchor() {
    let text = "base: &b { x: 1 }\nuse:\n  <<: *b\n  y: 2\n";
    let (tree, problems) = yaml(text);
    assert_eq!(problems, Vec::new());
    let used = tree.get(tree.root().unwrap(), "use").unwrap();
    let entry = tree.entry(used, "x").unwrap();
    assert_eq!(tree.span(entry.key).start as usize, text.find("x: 1").unwrap());
    assert_eq!(tree.source().slice(tree.span(used)).trim_end(), "<<: *b\n  y: 2");
}

#[test]
fn a_merge_of_what_is_no_mapping_is_refused() {
    let (tree, problems) = yaml("a: &a [ 1 ]\nb: { <<: 1 }\nc: { <<: *a }\n");
    assert_eq!(
        problems.iter().map(|problem| (problem.code, tree.source().slice(problem.span))).collect::<Vec<_>>(),
        [(codes::SYNTAX, "<<"), (codes::SYNTAX, "<<")]
    );
}

#[test]
fn a_bomb_of_merges_is_refused() {
    use std::fmt::Write as _;
    let mut text = String::from("- &a0 { k: 1 }\n");
    for level in 1..40 {
        writeln!(text, "- &a{level} {{ <<: [ *a{0}, *a{0} ], k{level}: *a{0}, l{level}: *a{0} }}", level - 1).unwrap();
    }
    let (_, problems) = yaml(&text);
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [codes::TOO_LARGE]);
}

#[test]
fn anchors_are_known_to_all_parts_of_a_broken_text() {
    let (tree, problems) = yaml("base: &b\n  x: 1\nlist: &l [ 1 ]\nbad: \"x\nuse: *b\nmore:\n  <<: *b\n  l: *l\nnone: *z\n");
    let root = tree.root().unwrap();
    assert_eq!(
        said(&tree, &problems),
        ["OW0001@4 `\"x` this quote is never closed: a `\"` is missing", "OW0001@9 `*z` no anchor `&z` stands before this alias"]
    );
    assert_eq!(tree.get(root, "use"), tree.get(root, "base"));
    let more = tree.get(root, "more").unwrap();
    assert_eq!(tree.get(more, "l"), tree.get(root, "list"));
    assert!(tree.get(more, "x").is_some());
}

#[test]
fn comments_are_found_and_nothing_else() {
    let text = "# top\na: 'x # no' # one\nb: |  # two\n  # no\n  text\n# three\nc: x#no\nd: [ \"# no\", # four\n  1 ] #five\ne: >-\n  # no\n\n  y\n# allow OW0203\n";
    let (tree, problems) = yaml(text);
    assert_eq!(problems, Vec::new());
    let comments: Vec<_> = tree.comments().iter().map(|comment| comment.text).collect();
    assert_eq!(comments, ["top", "one", "two", "three", "four", "five", "allow OW0203"]);
    for comment in tree.comments() {
        assert!(tree.source().slice(comment.span).starts_with('#'));
        assert!(tree.source().slice(comment.span).ends_with(comment.text));
    }
}

#[test]
fn comments_of_a_broken_text_are_found() {
    let (tree, problems) = yaml("a: \"x # no\n# one\nb: 1 # two\r\nc: [ # three\n");
    assert!(!problems.is_empty());
    let comments: Vec<_> = tree.comments().iter().map(|comment| comment.text).collect();
    assert!(comments.ends_with(&["one", "two", "three"]), "{comments:?}");
}

#[test]
fn byte_order_mark_and_line_ends_change_nothing() {
    let text = "a: 1\nb:\n  - 'x\n    y'\n  - |\n    p\n    q\nc: { d: e }\n";
    let plain = json_of(text);
    assert_eq!(json_of(&text.replace('\n', "\r\n")), plain);
    assert_eq!(json_of(&format!("\u{feff}{text}")), plain);
    assert_eq!(json_of(&format!("\u{feff}{}", text.replace('\n', "\r\n"))), plain);
    let (tree, problems) = yaml("\u{feff}a: 1\r\nb: [ 1\r\nc: 2\r\n");
    assert_eq!(said(&tree, &problems), ["OW0001@2 `[` this `[` is never closed: a `]` is missing"]);
    assert_eq!(tree.entries(tree.root().unwrap()).len(), 3);
}

#[test]
fn a_second_document_is_named_and_the_first_is_read() {
    for text in ["a: 1\n---\nb: 2\n", "---\na: 1\n...\n---\nb: 2\n"] {
        let (tree, problems) = yaml(text);
        let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [codes::DOCUMENTS], "{text}");
        assert!(tree.get(tree.root().unwrap(), "a").is_some());
    }
    // So it is in a text that is broken besides.
    let (tree, problems) = yaml("a: \"1\nc: 3\n---\nb: 2\n");
    let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, [codes::SYNTAX, codes::DOCUMENTS]);
    assert_eq!(tree.entries(tree.root().unwrap()).len(), 2);
}

#[test]
fn duplicate_keys_are_found_in_small_and_large_mappings() {
    use std::fmt::Write as _;
    let mut large = String::new();
    for key in 0..100 {
        writeln!(large, "k{key}: 1").unwrap();
    }
    large.push_str("k50: 2\n");
    for text in ["a: 1\nb: 2\na: 3\n", &large] {
        let (_, problems) = yaml(text);
        assert_eq!(problems.iter().map(|problem| (problem.code, problem.related.len())).collect::<Vec<_>>(), [(codes::DUPLICATE_KEY, 1)]);
    }
}
