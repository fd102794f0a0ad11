//! Reading in parts gives the very tree of strict reading, for every valid text.

use std::fmt::Write as _;

use flowdbg_lang::{
    read::{read, read_in_parts},
    text::Source,
};
use proptest::prelude::*;

use crate::support::{drawn, said};

#[derive(Clone, Debug)]
enum Data {
    Scalar(usize),
    Flow(usize),
    Block(usize),
    List(Vec<Data>),
    Mapping(Vec<(usize, Data)>),
}

const SCALARS: &[&str] = &[
    "x",
    "12",
    "'it''s: x'",
    "\"a # b: \\\"c\\\"\"",
    "~",
    "https://example.com/a?b#c",
    "${ .a | .b }",
    "\"${ .a | { b: .c } }\"",
    "- x y",
    "&n z",
    "!!str 1",
    "a b  c # comment",
    "'over\n@lines'",
    "\"over\n@\n@lines\"",
    "plain over\n@lines",
    "",
];
const FLOWS: &[&str] = &[
    "{}",
    "[]",
    "{ a: 1, b: [ x, 'y' ] }",
    "[ { a: b }, \"}\", '[' ]",
    "{ a: 1, # comment\n@b: 2 }",
    "[\n@1,\n@2\n@]",
    "{ \"k\": v, it's: x }",
    "&f [ 1 ]",
];
const BLOCKS: &[&str] = &["|\n@text\n@  more: x\n\n@- end\n", ">-\n@folded [\n@\"text\n", "|+\n@keep\n\n", "| # comment\n@a\n"];
const KEYS: &[&str] = &["a", "do", "'quoted key'", "\"k:\"", "key with blanks", "https://example.com", "&k anchored"];

fn data() -> impl Strategy<Value = Data> {
    let leaf = prop_oneof![
        4 => (0..SCALARS.len()).prop_map(Data::Scalar),
        2 => (0..FLOWS.len()).prop_map(Data::Flow),
        2 => (0..BLOCKS.len()).prop_map(Data::Block),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Data::List),
            prop::collection::vec((0..KEYS.len(), inner), 1..5).prop_map(Data::Mapping),
        ]
    })
}

/// How a text is written.
#[derive(Clone, Copy, Debug)]
struct Style {
    step: usize,
    flat_lists: bool,
    compact: bool,
    comments: bool,
}

fn style() -> impl Strategy<Value = Style> {
    (1..5_usize, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(step, flat_lists, compact, comments)| Style {
        step: step + 1,
        flat_lists,
        compact,
        comments,
    })
}

fn inline(text: &str, indent: usize) -> String {
    text.replace('@', &" ".repeat(indent))
}

impl Style {
    /// Writes what stands after a dash or a colon, and ends the line.
    fn value(self, data: &Data, indent: usize, after_dash: bool, out: &mut String) {
        match data {
            Data::Scalar(at) => writeln!(out, " {}", inline(SCALARS[*at], indent + self.step)).unwrap(),
            Data::Flow(at) => writeln!(out, " {}", inline(FLOWS[*at], indent + self.step)).unwrap(),
            Data::Block(at) => {
                write!(out, " {}", inline(BLOCKS[*at], indent + self.step)).unwrap();
            }
            Data::List(_) | Data::Mapping(_) if after_dash && self.compact => {
                out.push(' ');
                self.entries(data, indent + 2, true, out);
            }
            Data::List(_) if self.flat_lists && !after_dash => {
                out.push('\n');
                self.entries(data, indent, false, out);
            }
            Data::List(_) | Data::Mapping(_) => {
                out.push_str(if self.comments { " # below\n" } else { "\n" });
                self.entries(data, indent + self.step, false, out);
            }
        }
    }

    fn entries(self, data: &Data, indent: usize, mut inside_line: bool, out: &mut String) {
        let mut lead = |out: &mut String| {
            if !std::mem::take(&mut inside_line) {
                if self.comments {
                    out.push_str("\n   # between\n");
                }
                write!(out, "{:indent$}", "").unwrap();
            }
        };
        match data {
            Data::List(items) => {
                for item in items {
                    lead(out);
                    out.push('-');
                    self.value(item, indent, true, out);
                }
            }
            Data::Mapping(entries) => {
                for (key, value) in entries {
                    lead(out);
                    write!(out, "{}:", KEYS[*key]).unwrap();
                    self.value(value, indent, false, out);
                }
            }
            leaf => self.value(leaf, indent, false, out),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_parts_and_strictly_is_the_same(data in data(), style in style(), windows in any::<bool>()) {
        let mut text = String::new();
        style.entries(&data, 0, false, &mut text);
        if windows {
            text = text.replace('\n', "\r\n");
        }
        let source = Source::new("parts.yaml", text.as_str());
        let (strict, problems) = read(&source);
        // Some combinations are not valid, such as `- x` after a dash.
        prop_assume!(strict.gaps().is_empty());
        let (parts, same_problems) = read_in_parts(&source);
        let root = |tree: &flowdbg_lang::tree::Tree| tree.root().map(|root| drawn(tree, root));
        prop_assert_eq!(root(&strict), root(&parts), "{}", text);
        prop_assert_eq!(said(&strict, &problems), said(&parts, &same_problems), "{}", text);
        prop_assert!(parts.gaps().is_empty());
    }
}

#[test]
fn examples_are_the_same_in_parts() {
    let mut count = 0;
    for path in crate::witness::examples() {
        let text = std::fs::read_to_string(&path).unwrap();
        let source = Source::new(path.to_string_lossy().as_ref(), text);
        let (strict, problems) = read(&source);
        let (parts, same_problems) = read_in_parts(&source);
        let root = |tree: &flowdbg_lang::tree::Tree| tree.root().map(|root| drawn(tree, root));
        let (strict, parts) = (root(&strict).unwrap(), root(&parts).unwrap());
        let differs = strict.lines().zip(parts.lines()).find(|(one, other)| one != other);
        assert_eq!(differs, None, "{}", path.display());
        assert_eq!(strict.len(), parts.len(), "{}", path.display());
        assert_eq!(problems, same_problems, "{}", path.display());
        count += 1;
    }
    assert!(count >= 5, "{count}");
}
