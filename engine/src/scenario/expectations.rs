//! `expect`: what is expected of an execution.

use flowdbg_lang::{
    codes,
    form::{Field, Form},
    suggest,
    text::Span,
    tree::{NodeId, NodeKind},
    value::Value,
};

use super::{Calls, Ending, Expect, Mock, pattern::Pattern};

const KEYS: &[&str] = &["output", "fault", "cancelled", "tasks", "ran", "neverRan", "emitted", "calls"];

pub(super) fn read(form: &mut Form, node: NodeId, mocks: &[Mock]) -> Expect {
    let mut expect = Expect::default();
    for Field { key, key_node, value } in form.fields(node, "`expect`", KEYS, &[]) {
        let span = form.tree().span(value);
        let ending = match &*key {
            "output" => Some(Ending::Output(form.template(value))),
            "fault" => {
                form.fields(value, "`fault`", &["type", "status", "title", "detail", "instance"], &[]);
                Some(Ending::Fault(form.template(value)))
            }
            "cancelled" => {
                if form.tree().value(value) != Value::Bool(true) {
                    form.wrong(codes::WRONG_VALUE, value, "`cancelled` must be `true`", "leave it out if it does not matter");
                }
                Some(Ending::Cancelled)
            }
            _ => None,
        };
        if ending.is_some() && expect.ending.is_some() {
            form.wrong(codes::EXCLUSIVE_KEYS, key_node, "an execution has one ending", "expect `output`, `fault` or `cancelled`");
        }
        expect.ending = ending.map(|ending| (ending, span)).or(expect.ending);
        match &*key {
            "tasks" => {
                let items = form.tree().items(value).to_vec();
                if !matches!(form.tree().node(value).kind, NodeKind::Sequence(_)) {
                    form.wrong(codes::WRONG_TYPE, value, "`tasks` must be a list of names or references", "begin each item with `- `");
                }
                let tasks = items.into_iter().filter_map(|item| task(form, item)).map(|(task, _)| task).collect();
                expect.tasks = Some((tasks, span));
            }
            "ran" => expect.ran = tasks(form, value, "`ran`"),
            "neverRan" => expect.never_ran = tasks(form, value, "`neverRan`"),
            "emitted" => {
                if !matches!(form.tree().node(value).kind, NodeKind::Sequence(_)) {
                    form.wrong(codes::WRONG_TYPE, value, "`emitted` must be a list of events", "for example `- type: com.example.ordered`");
                }
                let items = form.tree().items(value).to_vec();
                expect.emitted = Some((items.into_iter().map(|item| form.template(item)).collect(), span));
            }
            "calls" => expect.calls = calls(form, value, mocks),
            _ => {}
        }
    }
    expect
}

fn task(form: &mut Form, node: NodeId) -> Option<(Pattern, Span)> {
    let text = form.text(node, "a task", "write its name or reference; `*` is anything")?;
    let pattern = if text.starts_with('/') { Pattern::path(&text) } else { Pattern::plain(&text) };
    Some((pattern, form.tree().span(node)))
}

fn tasks(form: &mut Form, node: NodeId, what: &str) -> Vec<(Pattern, Span)> {
    let items = form.list(node, what, "a list of names or references");
    items.into_iter().filter_map(|item| task(form, item)).collect()
}

fn calls(form: &mut Form, node: NodeId, mocks: &[Mock]) -> Vec<Calls> {
    let mut found = Vec::new();
    let names = || mocks.iter().filter_map(|mock| mock.name.as_deref());
    for Field { key, key_node, value } in form.named(node, "`calls`", "for example `payment: 2`") {
        let span = form.tree().span(value);
        let Some(mock) = mocks.iter().position(|mock| mock.name.as_deref() == Some(&*key)) else {
            let near = suggest::closest(&key, names());
            let help = near.map_or_else(|| "give the mock that is meant a `name`".to_owned(), |near| format!("did you mean `{near}`?"));
            form.wrong(codes::UNKNOWN_COMPONENT, key_node, format!("no mock has the name `{key}`"), &help);
            continue;
        };
        let mut calls = Calls { mock, least: 0, most: u64::MAX, span };
        if matches!(form.tree().node(value).kind, NodeKind::Mapping(_)) {
            for Field { key, value, .. } in form.fields(value, "a count", &["atLeast", "atMost"], &[]) {
                let number = form.number(value, &format!("`{key}`"), 0..=i64::MAX, "write for example 1").map(i64::unsigned_abs);
                match (&*key, number) {
                    ("atLeast", Some(number)) => calls.least = number,
                    (_, Some(number)) => calls.most = number,
                    (_, None) => {}
                }
            }
        } else if let Some(number) = form.number(value, "a count", 0..=i64::MAX, "or { atLeast: 1, atMost: 3 }") {
            (calls.least, calls.most) = (number.unsigned_abs(), number.unsigned_abs());
        }
        found.push(calls);
    }
    found
}
