//! Broken and hostile texts get answers, never a panic.

use std::fmt::Write as _;

use flowdbg_lang::{codes, ide};

use crate::support::{HEAD, check};

const TEXT: &str = r#"
use: { timeouts: { t: { after: PT1S } } }
do:
  - a: { call: http, with: { method: get, endpoint: "https://example.com/ü" }, then: b }
  - b:
      try: [ { c: { raise: { error: x } } } ]
      catch: { retry: { delay: PT1S }, do: [ { d: { set: "${ .x }" } } ] }
  - e: { listen: { to: { any: [], until: { one: { with: { type: "é" } } } } }, foreach: { do: [] } }
"#;

/// Asks everything of a text.
fn ask(text: &str) -> usize {
    let (tree, found) = check("broken.yaml", text);
    for diagnostic in &found {
        assert!(text.get(diagnostic.span.range()).is_some(), "{diagnostic:?} is not in {text}");
    }
    let names = ide::symbols(&tree).len();
    let hovers = (0..=text.len()).step_by(7).filter_map(|offset| ide::hover(&tree, u32::try_from(offset).unwrap())).count();
    assert!(hovers <= text.len() && names <= text.len());
    found.len()
}

#[test]
fn texts_that_are_cut_or_have_holes_are_answered() {
    let text = format!("{HEAD}{TEXT}");
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let mut found = 0;
    for (index, at) in places.iter().enumerate() {
        found += ask(&text[..*at]);
        let next = places.get(index + 1).copied().unwrap_or(text.len());
        found += ask(&format!("{}{}", &text[..*at], &text[next..]));
        found += ask(&format!("{}: {}", &text[..*at], &text[*at..]));
    }
    assert!(found > 100, "{found}");
}

#[test]
fn aliases_that_nest_deeper_than_any_text_are_answered() {
    let mut text = format!("{HEAD}x0: &x0 [ {{ t: {{ set: {{ a: 1 }} }} }} ]\n");
    for level in 1..600 {
        writeln!(text, "x{level}: &x{level} [ {{ t: {{ do: *x{} }} }} ]", level - 1).unwrap();
    }
    text.push_str("do: *x599\n");
    let (tree, found) = check("deep.yaml", &text);
    assert!(found.iter().all(|diagnostic| [codes::UNKNOWN_KEY, codes::TOO_LARGE].contains(&diagnostic.code)), "{:?}", found.first());
    assert!(ide::symbols(&tree).len() <= 1);
}

#[test]
fn a_long_list_is_checked_in_linear_time() {
    // Far above the size at which a quadratic walk would take minutes.
    let mut text = format!("{HEAD}do:\n");
    for at in 0..20_000 {
        writeln!(text, "  - task{at}: {{ set: {{ x: 1 }}, if: .x, then: task{} }}", (at + 1).min(19_999)).unwrap();
    }
    let (_, found) = check("long.yaml", &text);
    assert!(found.is_empty(), "{:?}", found.first());
}

#[test]
fn a_tree_that_nests_as_deeply_as_is_allowed_fits_the_stack() {
    let mut text = format!("{HEAD}x0: &x0 [ {{ t: {{ set: {{ a: 1 }} }} }} ]\n");
    let levels = 130;
    for level in 1..levels {
        writeln!(text, "x{level}: &x{level} [ {{ t: {{ for: {{ in: .a }}, do: *x{} }} }} ]", level - 1).unwrap();
    }
    writeln!(text, "do: *x{}", levels - 1).unwrap();
    // Half of the stack that a worker thread has.
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let found = small.spawn(move || check("deep.yaml", &text).1).unwrap().join().unwrap();
    assert!(found.iter().all(|diagnostic| diagnostic.code == codes::UNKNOWN_KEY), "{:?}", found.first());
}

#[test]
fn proposals_for_thousands_of_wrong_targets_have_an_end() {
    let tasks = 1_500;
    let list: String = (0..tasks).map(|at| format!("  - task{at}: {{ set: {{ x: 1 }}, then: tsak{at} }}\n")).collect();
    let (_, found) = check("long.yaml", &format!("{HEAD}do:\n{list}"));
    let wrong: Vec<_> = found.iter().filter(|found| found.code == codes::UNKNOWN_TARGET).collect();
    assert_eq!(wrong.len(), tasks, "every one is found");
    let proposed = |at: usize| wrong[at].help.as_deref().is_some_and(|help| help == format!("did you mean `task{at}`?"));
    assert!(proposed(0) && proposed(300) && !proposed(tasks - 1));
}
