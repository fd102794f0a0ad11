//! Time and memory are bounded, whatever the text.

use std::fmt::Write as _;

use flowdbg_lang::{analysis::Analysis, text::Source, types};

use crate::support::HEAD;

/// Infers the types of a text; how many tasks have any.
fn reached(text: &str) -> usize {
    let workflow = Analysis::of(Source::new("speed.yaml", text)).workflow.unwrap();
    let types = types::infer(&workflow);
    workflow.tasks.iter().filter(|task| types.of_task(task.id).is_some()).count()
}

#[test]
fn growing_data_is_cut() {
    let mut text = format!("{HEAD}do:\n  - begin: {{ set: {{ a: 1 }} }}\n");
    for at in 0..400 {
        writeln!(text, "  - t{at}: {{ if: .x, set: {{ a: '${{ . }}', b: '${{ . }}', k{at}: '${{ . + {{ n{at}: . }} }}' }}, export: {{ as: '$context + {{ c{at}: . }}' }} }}").unwrap();
    }
    assert_eq!(reached(&text), 401);
}

#[test]
fn every_task_may_jump_anywhere() {
    let mut text = format!("{HEAD}do:\n  - begin: {{ set: {{ a: 1 }} }}\n");
    for at in 0..120 {
        let cases: String = (0..120).map(|to| format!("{{ c{to}: {{ when: .x{to}, then: s{to} }} }}, ")).collect();
        writeln!(text, "  - s{at}: {{ set: {{ a: '${{ . }}', k{at}: 1 }} }}\n  - j{at}: {{ switch: [ {cases} ] }}").unwrap();
    }
    // It gives up or comes to rest; either way it ends.
    let reached = reached(&text);
    assert!(reached == 0 || reached == 241, "{reached}");
}

#[test]
fn deep_nesting_ends() {
    for keyword in ["do", "try", "for"] {
        // By aliases, since a text may not nest so deeply.
        let mut text = format!("{HEAD}x0: &x0 {{ set: {{ a: '${{ .b.c }}' }} }}\n");
        for level in 1..120 {
            let inner = format!("[ {{ t: *x{} }} ]", level - 1);
            let task = match keyword {
                "do" => format!("{{ do: {inner} }}"),
                "try" => format!("{{ try: {inner}, catch: {{ retry: {{ delay: PT1S }} }} }}"),
                _ => format!("{{ for: {{ in: .x }}, do: {inner} }}"),
            };
            writeln!(text, "x{level}: &x{level} {task}").unwrap();
        }
        text.push_str("do: [ { t: *x119 } ]\n");
        let small = std::thread::Builder::new().stack_size(1 << 20);
        small.spawn(move || reached(&text)).unwrap().join().unwrap();
    }
    let long = format!("{HEAD}do:\n  - t: {{ set: '${{ {} }}' }}\n", vec!["(.a | [.b] | {c: .[0]})"; 150].join(" | "));
    assert_eq!(reached(&long), 1);
}

#[test]
fn schemas_that_multiply_are_cut() {
    let all = (0..30).map(|at| format!("p{at}: {{ $ref: '#' }}")).collect::<Vec<_>>().join(", ");
    let text = format!(
        "{HEAD}input: {{ schema: {{ document: {{ type: object, properties: {{ {all} }} }} }} }}\ndo: [ {{ a: {{ set: '${{ .p1.p2.p3.p4 }}' }} }} ]\n"
    );
    assert_eq!(reached(&text), 1);
}

#[test]
fn a_long_workflow_is_followed_to_its_end() {
    let mut text = format!("{HEAD}do:\n  - begin: {{ set: {{ n: 0 }} }}\n");
    for at in 0..5_000 {
        writeln!(text, "  - t{at}: {{ set: {{ n: '${{ .n + 1 }}', s: '${{ \"\\(.n)\" }}' }}, export: {{ as: '{{ n: .n }}' }} }}").unwrap();
    }
    assert_eq!(reached(&text), 5_001);
}
