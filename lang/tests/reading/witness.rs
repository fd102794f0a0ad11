//! Another reader as a witness: the same kinds of nodes, with the same texts.

use std::path::{Path, PathBuf};

use flowdbg_lang::{
    text::Source,
    tree::{NodeId, NodeKind, Tree},
};
use saphyr_parser::{Event, Parser};

/// The example workflows and their data.
pub(crate) fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples");
    let mut found = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The events of a text without anchors, by the other reader.
fn witness(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for event in Parser::new_from_str(text) {
        match event.unwrap().0 {
            // An absent value arrives in two forms.
            Event::Scalar(text, saphyr_parser::ScalarStyle::Plain, ..) if text.is_empty() => found.push("Plain ~".into()),
            Event::Scalar(text, style, ..) => found.push(format!("{style:?} {text}")),
            Event::SequenceStart(..) => found.push("[".into()),
            Event::SequenceEnd => found.push("]".into()),
            Event::MappingStart(..) => found.push("{".into()),
            Event::MappingEnd => found.push("}".into()),
            Event::Alias(_) => found.push("alias".into()),
            _ => {}
        }
    }
    found
}

fn own(tree: &Tree, node: NodeId, found: &mut Vec<String>) {
    match &tree.node(node).kind {
        NodeKind::Scalar(scalar) => {
            let absent = tree.span(node).start == tree.span(node).end
                && scalar.text.is_empty()
                && scalar.style == flowdbg_lang::tree::ScalarStyle::Plain;
            found.push(format!("{:?} {}", scalar.style, if absent { "~" } else { &scalar.text }));
        }
        NodeKind::Sequence(items) => {
            found.push("[".into());
            items.iter().for_each(|item| own(tree, *item, found));
            found.push("]".into());
        }
        NodeKind::Mapping(entries) => {
            found.push("{".into());
            for entry in entries {
                own(tree, entry.key, found);
                own(tree, entry.value, found);
            }
            found.push("}".into());
        }
    }
}

#[track_caller]
fn agree(name: &str, text: &str) {
    let (tree, problems) = flowdbg_lang::read::read(&Source::new(name, text));
    assert_eq!(problems, Vec::new(), "{name}");
    let mut found = Vec::new();
    own(&tree, tree.root().unwrap(), &mut found);
    assert_eq!(found, witness(text), "{name}");
}

#[test]
fn another_reader_sees_the_same_in_every_example() {
    let files = examples();
    assert!(files.len() >= 10, "{files:?}");
    for path in files {
        agree("example", &std::fs::read_to_string(&path).unwrap());
    }
}

#[test]
fn another_reader_sees_the_same_in_every_style() {
    for text in [
        "a: |\n  x\n   y\n\n  z\nb: >-\n  x\n  y\n\n   z\nc: |+\n  k\n\n",
        "a: 'it''s\n  over lines'\nb: \"\\u00fc \\x41\\\n   z\"\nc: plain\n  over lines\n",
        "- [ a, { b: c, d: }, [ ] ]\n- - x\n  - y:\n    z: 1\n-\n- ~\n",
        "? a\n: b\n\"quoted\": { }\n",
        "a: >2\n\n     x\n  y\n \n\nb: |1-\n  z\n",
    ] {
        agree("style", text);
    }
}
