//! Texts that nobody writes get an answer in time.

use flowdbg_lang::{analysis::Analysis, codes, read::read, text::Source};
use proptest::prelude::*;

const TEXT: &str = include_str!("../../../examples/order-fulfilment/order-fulfilment.workflow.yaml");

/// What is put into texts.
const NASTY: &[&str] = &[
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    ":",
    ": ",
    "- ",
    "-",
    "\t",
    "\n",
    "\r",
    "\r\n",
    " ",
    "  ",
    "#",
    " #",
    "&a ",
    "*a",
    "!t ",
    "|",
    ">",
    "|2\n",
    "? ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "<<: *a\n",
    "\\",
    "\\u",
    "${",
    "}",
    ",",
    "@",
    "`",
    "\u{feff}",
    "\u{0}",
    "ü",
    "😀",
    "\u{85}",
    "\u{2028}",
    "key:\n",
    "- x:\n",
];

#[derive(Clone, Debug)]
enum Change {
    Insert(prop::sample::Index, usize),
    Delete(prop::sample::Index, usize),
    Cut(prop::sample::Index),
    Repeat(prop::sample::Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        6 => (index(), 0..NASTY.len()).prop_map(|(at, what)| Change::Insert(at, what)),
        4 => (index(), 1..40_usize).prop_map(|(at, length)| Change::Delete(at, length)),
        1 => index().prop_map(Change::Cut),
        2 => (index(), 1..60_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
    ]
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn apply(text: &mut String, change: &Change) {
    let place = |text: &str, index: &prop::sample::Index| boundary(text, index.index(text.len() + 1));
    match change {
        Change::Insert(at, what) => text.insert_str(place(text, at), NASTY[*what]),
        Change::Delete(at, length) => {
            let start = place(text, at);
            let end = boundary(text, start + length).max(start);
            text.replace_range(start..end, "");
        }
        Change::Cut(at) => text.truncate(place(text, at)),
        Change::Repeat(at, length) => {
            let start = place(text, at);
            let end = boundary(text, start + length).max(start);
            let again = text[start..end].to_owned();
            text.insert_str(end, &again);
        }
    }
}

fn ask(path: &str, text: &str) -> Analysis {
    let analysis = Analysis::of(Source::new(path, text));
    for found in &analysis.diagnostics {
        assert!(text.get(found.span.range()).is_some(), "{found:?} is not in {text:?}");
    }
    for gap in analysis.tree.gaps() {
        assert!(text.get(gap.range()).is_some(), "{gap:?} is not in {text:?}");
    }
    assert!(analysis.tree.gaps().is_empty() || analysis.has_errors());
    for comment in analysis.tree.comments() {
        assert!(text[comment.span.range()].starts_with('#'));
    }
    analysis
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_texts_are_answered(changes in prop::collection::vec(change(), 1..6), from in any::<prop::sample::Index>()) {
        let start = boundary(TEXT, from.index(TEXT.len()));
        let mut text = if start.is_multiple_of(3) { TEXT.to_owned() } else { TEXT[start..].chars().take(400).collect() };
        for change in &changes {
            apply(&mut text, change);
        }
        ask("changed.yaml", &text);
        ask("changed.json", &text);
    }

    #[test]
    fn soup_is_answered(parts in prop::collection::vec(0..NASTY.len(), 0..60)) {
        let text: String = parts.iter().flat_map(|part| [NASTY[*part], if part % 4 == 0 { "a" } else { "" }]).collect();
        ask("soup.yaml", &text);
        // What is read in parts finds a fault only where there is one.
        let source = Source::new("soup.yaml", text.as_str());
        let (tree, _) = flowdbg_lang::read::read_in_parts(&source);
        prop_assert!(tree.gaps().iter().all(|gap| text.get(gap.range()).is_some()));
    }
}

#[test]
fn large_hostile_texts_take_no_more_than_linear_time() {
    let size = 20_000;
    let unit = |unit: &str| unit.repeat(size);
    for text in [
        unit("["),
        unit("{"),
        unit("[\n"),
        unit("\"\n\""),
        unit("'x\n"),
        unit("- "),
        unit("- \"x\n"),
        unit("a: [\n"),
        unit("a: \"x\n"),
        unit("a: {b: [\n"),
        unit("\ta: b\n"),
        unit("x\n"),
        unit("a:\n- b\n"),
        unit("a: 1\n b: 2\n"),
        unit("- a:\n    b: |\n   c: 1\n"),
        unit("? "),
        unit("&a "),
        unit("a: *b\n"),
        unit(": "),
        unit("]"),
        unit("a: ${ b: c }\n"),
        format!("a: [{}", unit("\"x\" ")),
        format!("a: [{}", unit("[ 1, ")),
        format!("a: {{{}", unit("b: [ 'x\n ")),
        (0..400).map(|depth| format!("{:depth$}a{depth}:\n", "")).chain(["\"".to_owned()]).collect(),
        (0..400).map(|depth| format!("{:depth$}- b{depth}: [\n", "")).collect(),
    ] {
        let analysis = ask("large.yaml", &text);
        assert!(analysis.has_errors(), "{:?}", &text[..text.len().min(20)]);
        assert!(analysis.diagnostics.len() <= 2 * size);
    }
}

#[test]
fn a_text_of_more_than_50_mb_is_refused_at_once() {
    let text = "a: 1\n".repeat(Source::MAX_BYTES / 5 + 1);
    let (tree, problems) = read(&Source::new("huge.yaml", text));
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [codes::TOO_LARGE]);
    assert!(problems[0].message.contains("52428800"), "{}", problems[0].message);
    assert!(tree.root().is_none());
}
