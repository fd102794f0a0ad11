//! The lines of a recording, as they are written while the execution runs.

use std::{collections::BTreeSet, sync::Arc};

use flowdbg_lang::value::{self, Value};

use super::{Ended, VERSION};
use crate::{
    effect::{Answer, Effect, EffectId, EffectKind},
    event::Event,
    journal::{Ask, Entry, Given},
    machine::{Machine, Outcome, PathStep},
    mask::Mask,
    program::Program,
    written::{
        Writer,
        answer::{self, Programs as _},
        event, number, text,
    },
};

/// Writes the lines of one execution. What it shows of data is masked.
///
/// The input is held back while the secrets of the workflow are not known yet: they could be in it.
#[derive(Debug, Default)]
pub struct Lines {
    text: String,
    programs: Vec<Arc<Program>>,
    input: Option<Value>,
    asks_for_secrets: bool,
    /// Effects whose answers are not shown.
    confidential: BTreeSet<EffectId>,
    events: u64,
}

impl Lines {
    /// The lines of an execution that begins.
    #[must_use]
    pub fn new(machine: &Machine) -> Self {
        let (program, input) = (machine.program(), machine.input());
        let mut lines = Self { asks_for_secrets: !program.workflow.secrets.is_empty(), ..Self::default() };
        lines.line([
            ("recording", number::write(VERSION)),
            ("by", value::string(concat!("flowdbg ", env!("CARGO_PKG_VERSION")))),
            ("execution", value::string(machine.id())),
            ("workflow", value::string(program.workflow.full_name())),
            ("began", number::write(machine.now().0)),
            ("beganAt", value::string(machine.now().to_rfc3339())),
            ("seed", number::write(machine.seed())),
        ]);
        lines.know(program);
        lines.input = Some(input.clone());
        if !lines.asks_for_secrets {
            lines.write_input(&Mask::default());
        }
        lines
    }

    /// The lines since the last time, each with its end.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    fn line(&mut self, members: impl IntoIterator<Item = (&'static str, Value)>) {
        // A text in a document has no line ends.
        self.text.push_str(&value::object(members).to_string());
        self.text.push('\n');
    }

    fn write_input(&mut self, mask: &Mask) {
        if let Some(input) = self.input.take() {
            let input = Writer::masked(mask).value(&input);
            self.line([("input", input)]);
        }
    }

    /// Writes the text of a workflow, unless it is written already.
    fn know(&mut self, program: &Arc<Program>) {
        let known = self.programs.len();
        let index = self.programs.index(program);
        if index == known {
            let head = [("text", number::write(index as u64))];
            let about = text::write(program).into_iter().map(|(key, part)| (if key == "text" { "is" } else { key }, part));
            self.line(head.into_iter().chain(about));
        }
    }

    /// What came from outside.
    pub fn given(&mut self, entry: &Entry, mask: &Mask) {
        if let Given::Answer(_, answer) = &entry.given {
            if let Answer::Workflow(Ok(program)) = answer {
                self.know(program);
            }
            if matches!(answer, Answer::Secrets(_)) {
                self.asks_for_secrets = false;
                self.write_input(mask);
            }
        }
        if matches!(entry.given, Given::Cancel) {
            self.write_input(mask);
        }
        let mut writer = Writer::masked(mask);
        let given = match &entry.given {
            Given::Answer(effect, answer) => {
                let written = if self.confidential.contains(effect) {
                    answer::write_confidential(&mut writer, &mut self.programs, answer)
                } else {
                    answer::write(&mut writer, &mut self.programs, answer)
                };
                vec![("answer", number::write(effect.0)), ("is", written)]
            }
            Given::Event(event) => vec![("received", writer.value(event))],
            Given::Late(effect) => vec![("late", number::write(effect.0))],
            Given::Cancel => vec![("cancel", Value::Bool(true))],
            Given::Suspend => vec![("suspend", Value::Bool(true))],
            Given::Resume => vec![("resume", Value::Bool(true))],
            Given::Want(details) => vec![("want", event::details(*details))],
            Given::Edit { branch, depth, scope, path, value } => {
                let steps = path.iter().map(|step| match step {
                    PathStep::Index(index) => number::write(*index as u64),
                    PathStep::Key(key) => writer.text(key),
                });
                let steps: Value = steps.collect();
                vec![
                    ("edit", value::string(scope.name())),
                    ("branch", number::write(branch.0)),
                    ("depth", number::write(*depth as u64)),
                    ("path", steps),
                    ("value", writer.value(value)),
                ]
            }
            Given::Hold(branch) => vec![("hold", number::write(branch.0))],
            Given::Release(branch) => vec![("release", number::write(branch.0))],
        };
        let mut members = given;
        members.splice(1..1, [("at", number::write(entry.at.0)), ("after", number::write(entry.after))]);
        self.line(members);
    }

    /// An effect that was asked for.
    pub fn asked(&mut self, effect: &Effect, mask: &Mask) {
        let Some(ask) = Ask::of(effect, mask) else { return };
        if matches!(effect.kind, EffectKind::Secrets { .. }) {
            self.asks_for_secrets = true;
        }
        if effect.confidential {
            self.confidential.insert(effect.id);
        }
        self.line([
            ("ask", number::write(ask.effect.0)),
            ("branch", number::write(ask.branch.0)),
            ("task", value::string(&*ask.reference)),
            ("is", ask.what),
        ]);
    }

    /// A fact.
    pub fn event(&mut self, event: &Event) {
        if let Some(run) = &event.task {
            self.know(&run.program);
        }
        self.events += 1;
        // Its data was masked when it happened.
        let members = event::write(&mut Writer::masked(&Mask::default()), &mut self.programs, event);
        let number = [("event", number::write(self.events))];
        self.line(number.into_iter().chain(members));
    }

    /// The end.
    pub fn ended(&mut self, outcome: Option<&Outcome>, mask: &Mask) {
        self.write_input(mask);
        let ended = match outcome {
            Some(Outcome::Completed(_)) => Ended::Completed,
            Some(Outcome::Faulted(_)) => Ended::Faulted,
            Some(Outcome::Cancelled) | None => Ended::Cancelled,
        };
        self.line([("ended", value::string(ended.name())), ("events", number::write(self.events))]);
    }
}
