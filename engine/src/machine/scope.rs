//! The variables of an expression: what a frame can see (DSL, "Runtime expression arguments").

use std::sync::Arc;

use flowdbg_lang::{
    expression::{Expression, Scope},
    template::Template,
    text::Span,
    value::{self, Value, ValueExt as _},
};

use super::{Branch, BranchId, Frame, Machine, Step, Stop, WaitFor};
use crate::{
    effect::{EffectKind, Evaluation},
    fault::{Fault, Kind},
    mask::{self, Mask, Secrets},
    time::Timestamp,
};

/// A frame as expressions see it.
pub(super) struct FrameScope<'a> {
    pub(super) branch: &'a Branch,
    pub(super) frame: &'a Frame,
    pub(super) extra: Option<(&'a str, &'a Value)>,
    pub(super) now: Timestamp,
    pub(super) secrets: &'a Secrets,
    /// Whether a person will see what the expression gives.
    pub(super) shown: bool,
}

impl Scope for FrameScope<'_> {
    fn variable(&self, name: &str) -> Value {
        if let Some((extra, value)) = self.extra
            && extra == name
        {
            return value.clone();
        }
        if let Some(value) = self.frame.locals.get(name) {
            return value.clone();
        }
        match name {
            "$context" => self.branch.context.clone(),
            "$input" => self.frame.input.clone(),
            // In `output.as` the transformed output does not exist yet.
            "$output" if matches!(self.frame.step, Step::Output) => self.frame.raw_output.clone(),
            "$output" => self.frame.output.clone(),
            "$task" => self.task(),
            "$workflow" => self.workflow(),
            "$runtime" => runtime(),
            "$secrets" => self.secrets(),
            "$authorization" => self.authorization(),
            _ => Value::Null,
        }
    }

    fn now(&self) -> f64 {
        self.now.seconds()
    }
}

impl FrameScope<'_> {
    /// `$task`
    pub(super) fn task(&self) -> Value {
        let Some(task) = self.frame.task() else { return Value::Null };
        value::object([
            ("name", value::string(&*task.name)),
            ("reference", value::string(&*task.reference)),
            ("definition", self.frame.program().workflow.definition_of(task).clone()),
            ("input", self.frame.raw_input.clone()),
            ("output", self.frame.raw_output.clone()),
            ("startedAt", self.frame.started_at.describe()),
        ])
    }

    fn secrets(&self) -> Value {
        match self.secrets.of(self.frame.program()) {
            Some(secrets) if self.shown => mask::blank(secrets),
            Some(secrets) => secrets.clone(),
            None => value::object::<String>([]),
        }
    }

    /// Null where nothing was authorized.
    fn authorization(&self) -> Value {
        let Some(calling) = &self.frame.calling else { return Value::Null };
        match calling.authorization.member("scheme") {
            Some(scheme) if self.shown => value::object([("scheme", scheme.clone()), ("parameter", value::string(mask::HIDDEN))]),
            _ => calling.authorization.clone(),
        }
    }

    fn workflow(&self) -> Value {
        let run = &self.frame.workflow;
        value::object([
            ("id", value::string(&*run.id)),
            ("definition", run.program.workflow.definition().clone()),
            ("input", run.input.clone()),
            ("startedAt", run.started_at.describe()),
        ])
    }
}

fn runtime() -> Value {
    value::object([
        ("name", value::string("flowdbg")),
        ("version", value::string(env!("CARGO_PKG_VERSION"))),
        ("metadata", value::object::<String>([])),
    ])
}

impl Machine {
    /// Evaluates an expression in the scope of a frame. One that is not proven to end is evaluated
    /// outside; then this says [`Stop::Pending`], and the transition is tried again.
    pub(crate) fn eval(
        &mut self,
        id: BranchId,
        depth: usize,
        expression: &Arc<Expression>,
        input: &Value,
        extra: Option<(&str, &Value)>,
    ) -> Result<Value, Stop> {
        let now = self.now;
        let Some(branch) = self.branches.get_mut(&id) else { return Err(Stop::Pending) };
        let Some(frame) = branch.frames.get(depth) else { return Err(Stop::Pending) };
        let scope = FrameScope { branch, frame, extra, now, secrets: &self.secrets, shown: false };
        if self.unknowns && Self::needs_unknown(expression, input, &scope) {
            self.tainted = true;
            return Ok(super::unknown());
        }
        let result = if expression.is_harmless() {
            expression.evaluate(input.clone(), &scope)
        } else if let Some(result) = branch.evaluated.get(branch.cursor).cloned() {
            branch.cursor += 1;
            result
        } else {
            let variables = expression.variables().iter().map(|name| scope.variable(name)).collect();
            let evaluation =
                Evaluation { expression: expression.clone(), input: input.clone(), variables, now: now.seconds(), mask: Mask::default() };
            self.request(id, EffectKind::Evaluate(evaluation), WaitFor::Evaluation);
            return Err(Stop::Pending);
        };
        match &result {
            Ok(value) => self.note(value),
            // It read nothing unknown, so it fails whatever else was read.
            Err(_) => self.tainted = false,
        }
        result.map_err(|message| Stop::Fault(Fault::new(Kind::Expression, format!("`{}`: {message}", expression.text()))))
    }

    /// Evaluates a condition: all but `false` and `null` is true.
    pub(crate) fn holds(
        &mut self,
        id: BranchId,
        depth: usize,
        condition: &Arc<Expression>,
        input: &Value,
        extra: Option<(&str, &Value)>,
    ) -> Result<bool, Stop> {
        let value = self.eval(id, depth, condition, input, extra)?;
        if self.unknowns && super::is_unknown(&value) { self.suppose(id, condition) } else { Ok(value.is_truthy()) }
    }

    /// Evaluates a template in the scope of a frame.
    pub(crate) fn fill(
        &mut self,
        id: BranchId,
        depth: usize,
        template: &Template,
        input: &Value,
        extra: Option<(&str, &Value)>,
    ) -> Result<Value, Stop> {
        match template {
            Template::Value(value) => Ok(value.clone()),
            Template::Expression(expression, span) => {
                self.eval(id, depth, expression, input, extra).map_err(|stop| self.blame(stop, id, depth, *span))
            }
            Template::Loose(expression, _, text) => match self.eval(id, depth, expression, input, extra) {
                Err(Stop::Fault(_)) => Ok(text.clone()),
                result => result,
            },
            Template::Array(items) => items.iter().map(|item| self.fill(id, depth, item, input, extra)).collect(),
            Template::Object(members) => {
                let mut filled = Vec::with_capacity(members.len());
                for (key, member) in members.iter() {
                    filled.push((key.as_str(), self.fill(id, depth, member, input, extra)?));
                }
                Ok(value::object(filled))
            }
        }
    }

    /// Says which text is to blame for a fault.
    fn blame(&self, stop: Stop, id: BranchId, depth: usize, span: Span) -> Stop {
        match (stop, self.branches.get(&id).and_then(|branch| branch.frames.get(depth))) {
            (Stop::Fault(fault), Some(frame)) => Stop::Fault(fault.at(frame.program(), span)),
            (stop, _) => stop,
        }
    }
}
