//! The text of a scenario, read into what it says.

use std::sync::Arc;

use flowdbg_lang::{
    codes,
    diagnostic::Diagnostic,
    form::{Field, Form},
    text::Source,
    tree::NodeId,
};

use super::{Delivery, Scenario, answers, expectations, mocks};
use crate::time::Timestamp;

const KEYS: &[&str] =
    &["scenario", "workflow", "input", "secrets", "clock", "time", "seed", "others", "mocks", "events", "cancel", "expect"];

pub(super) fn read(source: &Arc<Source>) -> Result<Scenario, Vec<Diagnostic>> {
    let mut form = Form::read(source, "a scenario");
    let mut scenario = Scenario { source: source.clone(), ..Scenario::empty() };
    let mut expect = None;
    if let Some(root) = form.tree().root() {
        for Field { key, value, .. } in form.fields(root, "a scenario", KEYS, &[]) {
            match &*key {
                "scenario" => scenario.title = form.text(value, "`scenario`", "say in a sentence what it shows"),
                "workflow" => {
                    let path = form.text(value, "`workflow`", "write the path of the workflow file, such as ./order.workflow.yaml");
                    scenario.workflow = path.map(|path| (path, form.tree().span(value)));
                }
                "input" => scenario.input = Some(form.tree().value(value)),
                "secrets" => {
                    for Field { key, value, .. } in form.named(value, "`secrets`", "for example `apiKey: abc`") {
                        scenario.secrets.push((key, form.tree().value(value)));
                    }
                }
                "clock" => scenario.clock = clock(&mut form, value).unwrap_or(scenario.clock),
                "time" => scenario.is_virtual = form.word(value, "`time`", &["virtual", "real"]) != Some("real"),
                "seed" => scenario.seed = form.number(value, "`seed`", 0..=i64::MAX, "write for example 1").map_or(1, i64::unsigned_abs),
                "others" => scenario.others_are_real = form.word(value, "`others`", &["refused", "real"]) == Some("real"),
                "mocks" => {
                    for item in form.list(value, "`mocks`", "a list of mocks") {
                        let mock = mocks::read(&mut form, item);
                        if let Some(same) =
                            mock.name.as_ref().filter(|name| scenario.mocks.iter().any(|other| other.name.as_ref() == Some(name)))
                        {
                            form.wrong(
                                codes::DUPLICATE_KEY,
                                item,
                                format!("there is another mock of the name `{same}`"),
                                "give it another name",
                            );
                        }
                        scenario.mocks.push(mock);
                    }
                }
                "events" => scenario.events = deliveries(&mut form, value),
                "cancel" => {
                    for field in form.fields(value, "`cancel`", &["after"], &["after"]) {
                        scenario.cancel = form.duration(field.value);
                    }
                }
                _ => expect = Some(value),
            }
        }
    }
    if let Some(node) = expect {
        scenario.expect = expectations::read(&mut form, node, &scenario.mocks);
    }
    let problems = form.problems();
    if problems.is_empty() { Ok(scenario) } else { Err(problems) }
}

fn clock(form: &mut Form, node: NodeId) -> Option<Timestamp> {
    let text = form.tree().text(node).cloned().unwrap_or_else(|| "".into());
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => Some(Timestamp(at.as_millisecond())),
        Err(_) => {
            let help = "write for example 2026-01-01T00:00:00Z";
            form.wrong(codes::WRONG_VALUE, node, "`clock` must be a point in time with its offset", help);
            None
        }
    }
}

/// A list of events, each with how much later it comes.
pub(super) fn deliveries(form: &mut Form, node: NodeId) -> Vec<Delivery> {
    let mut found = Vec::new();
    for item in form.list(node, "`events`", "a list of events, each with `event` and perhaps `after`") {
        let (mut after, mut event) = (0, None);
        for Field { key, value, .. } in form.fields(item, "an item of `events`", &["after", "event"], &["event"]) {
            match &*key {
                "after" => after = form.duration(value).unwrap_or(0),
                _ => event = Some(answers::event(form, value)),
            }
        }
        if let Some(event) = event {
            found.push(Delivery { after, event });
        }
    }
    found
}
