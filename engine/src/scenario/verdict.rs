//! Whether an execution was as its scenario expects.

use std::sync::Arc;

use flowdbg_lang::{
    template::Template,
    text::Span,
    value::{Value, ValueExt as _},
};

use super::{
    Ending, Scenario,
    expected::{Objects, difference, short},
    pattern::Pattern,
};
use crate::{driver::Run, event::EventKind, fault, machine::Outcome, worlds::mock::Record};

/// How an execution ended, and how that is not as expected.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// What the world did.
    pub record: Record,
    /// How it is not as the scenario expects; nothing if it is.
    pub problems: Vec<Problem>,
}

/// Something that is not as expected.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where the scenario says what was expected; none if it does not say.
    pub span: Option<Span>,
    /// What is different.
    pub message: String,
}

impl Verdict {
    /// Whether all is as the scenario expects.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }
}

/// A task that ran.
struct Ran {
    name: Arc<str>,
    reference: Arc<str>,
}

impl Ran {
    fn fits(&self, pattern: &Pattern) -> bool {
        let written = if pattern.text().starts_with('/') { &self.reference } else { &self.name };
        pattern.fits(written).is_some()
    }
}

pub(super) fn of(scenario: &Scenario, run: &Run, outcome: Outcome, record: Record, stuck: Option<String>) -> Verdict {
    let mut found = Found(Vec::new());
    for message in &record.refused {
        found.add(None, message.clone());
    }
    if let Some(message) = stuck {
        found.add(None, message);
    }
    if let Some((ending, span)) = &scenario.expect.ending {
        found.ending(ending, *span, &outcome);
    }
    let ran = ran(run);
    if let Some((tasks, span)) = &scenario.expect.tasks {
        found.tasks(tasks, *span, &ran);
    }
    for (pattern, span) in &scenario.expect.ran {
        if !ran.iter().any(|task| task.fits(pattern)) {
            found.add(Some(*span), format!("the task {} did not run; {}", pattern.text(), list(&ran)));
        }
    }
    for (pattern, span) in &scenario.expect.never_ran {
        if let Some(task) = ran.iter().find(|task| task.fits(pattern)) {
            found.add(Some(*span), format!("the task {} ran", task.reference));
        }
    }
    if let Some((events, span)) = &scenario.expect.emitted {
        found.emitted(events, *span, &record.emitted);
    }
    for calls in &scenario.expect.calls {
        let count = record.counts.get(calls.mock).copied().unwrap_or(0);
        if count < calls.least || count > calls.most {
            let wanted = match (calls.least, calls.most) {
                (least, most) if least == most => least.to_string(),
                (least, u64::MAX) => format!("at least {least}"),
                (0, most) => format!("at most {most}"),
                (least, most) => format!("{least} to {most}"),
            };
            found.add(Some(calls.span), format!("{} was used {count} times, not {wanted}", scenario.name_of(calls.mock)));
        }
    }
    Verdict { outcome, record, problems: found.0 }
}

/// The task runs whose bodies began.
fn ran(run: &Run) -> Vec<Ran> {
    const BATCH: usize = 1_000;
    let (mut ran, mut next) = (Vec::new(), 1);
    loop {
        let events = run.log().read(next, BATCH);
        let Some((last, _)) = events.last() else { return ran };
        next = last + 1;
        for (_, event) in &events {
            if let (EventKind::TaskStarted, Some(of)) = (&event.kind, &event.task) {
                let task = of.program.workflow.task(of.task);
                ran.push(Ran { name: task.name.clone(), reference: task.reference.clone() });
            }
        }
    }
}

fn list(ran: &[Ran]) -> String {
    if ran.is_empty() {
        return "no task ran".to_owned();
    }
    let names: Vec<&str> = ran.iter().map(|task| &*task.name).collect();
    format!("these ran: {}", names.join(", "))
}

struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, span: Option<Span>, message: impl Into<String>) {
        self.0.push(Problem { span, message: message.into() });
    }

    fn ending(&mut self, expected: &Ending, span: Span, outcome: &Outcome) {
        match (expected, outcome) {
            (Ending::Output(expected), Outcome::Completed(output)) => {
                if let Some(difference) = difference(expected, output, Objects::Whole) {
                    self.add(Some(span), format!("the output is not as expected: {difference}"));
                }
            }
            (Ending::Fault(expected), Outcome::Faulted(fault)) => {
                if let Some(difference) = fault_difference(expected, &fault.error) {
                    self.add(Some(span), format!("the fault is not as expected: {difference}; it is {}", fault.summary()));
                }
            }
            (Ending::Cancelled, Outcome::Cancelled) => {}
            (expected, outcome) => {
                let wanted = match expected {
                    Ending::Output(_) => "completed",
                    Ending::Fault(_) => "ended by a fault",
                    Ending::Cancelled => "been cancelled",
                };
                let is = match outcome {
                    Outcome::Completed(output) => format!("completed with {}", short(output)),
                    Outcome::Faulted(fault) => format!("ended by a fault: {}", fault.summary()),
                    Outcome::Cancelled => "was cancelled".to_owned(),
                };
                self.add(Some(span), format!("it should have {wanted}, but it {is}"));
            }
        }
    }

    fn tasks(&mut self, expected: &[Pattern], span: Span, ran: &[Ran]) {
        let same = expected.iter().zip(ran).take_while(|(pattern, task)| task.fits(pattern)).count();
        match (expected.get(same), ran.get(same)) {
            (None, None) => {}
            (Some(pattern), None) => self.add(Some(span), format!("task {} should have run next; {}", pattern.text(), list(ran))),
            (None, Some(task)) => self.add(Some(span), format!("{} was not expected to run; {}", task.reference, list(ran))),
            (Some(pattern), Some(task)) => {
                let message = format!("as number {} {} ran, not {}; {}", same + 1, task.reference, pattern.text(), list(ran));
                self.add(Some(span), message);
            }
        }
    }

    fn emitted(&mut self, expected: &[Template], span: Span, emitted: &[Value]) {
        for (at, (expected, event)) in expected.iter().zip(emitted).enumerate() {
            if let Some(difference) = difference(expected, event, Objects::Partly) {
                self.add(Some(span), format!("event {} is not as expected: {difference}", at + 1));
            }
        }
        if expected.len() != emitted.len() {
            let types: Vec<String> =
                emitted.iter().map(|event| event.member("type").and_then(Value::as_text).unwrap_or_default()).collect();
            let message =
                format!("{} events should have been emitted, but there are {}: {}", expected.len(), emitted.len(), types.join(", "));
            self.add(Some(span), message);
        }
    }
}

/// A standard type may be written by its name, or under any of its addresses.
fn fault_difference(expected: &Template, error: &Value) -> Option<String> {
    let Template::Object(members) = expected else { return difference(expected, error, Objects::Partly) };
    let actual = error.member("type").and_then(Value::as_text).unwrap_or_default();
    let same = |written: &str| {
        fault::same_type(written, &actual) || fault::Kind::named(written).is_some_and(|kind| fault::Kind::named(&actual) == Some(kind))
    };
    let others: Vec<_> = members
        .iter()
        .filter(|(key, member)| {
            !(key == "type" && matches!(member, Template::Value(written) if written.as_text().is_some_and(|written| same(&written))))
        })
        .cloned()
        .collect();
    difference(&Template::Object(others.into()), error, Objects::Partly)
}
