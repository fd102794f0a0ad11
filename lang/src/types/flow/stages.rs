//! Templates, expressions and schemas with types instead of values.

use std::sync::Arc;

use super::Flow;
use crate::{
    expression::{Expression, Language},
    model::DataFlow,
    template::Template,
    text::Span,
    types::{
        Environment, Record,
        jq::{Mode, Program, Typer},
        origin::{Maker, Origin},
        schema::of_schema,
        shape::Type,
    },
};

impl<'w> Flow<'w> {
    /// What a template is filled to. `place` is what its data is said to come from.
    pub(super) fn template(
        &mut self,
        template: &'w Template,
        input: &Type,
        environment: &Arc<Environment>,
        place: Span,
        sure: bool,
    ) -> Type {
        let origin = Origin::new(place, Maker::Set);
        match template {
            Template::Value(value) => Type::of_value(value, origin),
            Template::Expression(expression, span) => self.expression(expression, input, environment, *span, sure),
            // Nobody can say whether it yields a value.
            Template::Loose(..) => Type::Unknown,
            Template::Array(items) => {
                let items = items.iter().map(|item| self.template(item, input, environment, place, sure)).collect();
                Type::tuple(items, origin)
            }
            Template::Object(members) => {
                let members: Vec<(&str, Type)> =
                    members.iter().map(|(name, member)| (name.as_str(), self.template(member, input, environment, place, sure))).collect();
                Type::closed(members, origin)
            }
        }
    }

    /// What an expression gives; what must go wrong in it is noted.
    pub(super) fn expression(
        &mut self,
        expression: &'w Arc<Expression>,
        input: &Type,
        environment: &Arc<Environment>,
        place: Span,
        sure: bool,
    ) -> Type {
        let key = Arc::as_ptr(expression) as usize;
        let program = self.programs.entry(key).or_insert_with(|| {
            let typed = expression.language() == Language::Jq && expression.problems().is_empty();
            typed.then(|| Program::read(expression.text())).flatten()
        });
        let Some(program) = program else { return Type::Unknown };
        let origin = Origin::new(place, Maker::Expression);
        let (value, findings) = Typer::new(program, &**environment, origin).run(input, Mode::new(sure));
        let record = Record { input: input.clone(), environment: environment.clone(), value: value.clone(), origin, findings };
        self.records.insert(key, record);
        value
    }

    /// Types an expression once more with other data, and notes what goes wrong only then.
    pub(super) fn again(&mut self, expression: &'w Arc<Expression>, input: &Type, environment: &Arc<Environment>, place: Span, when: &str) {
        let key = Arc::as_ptr(expression) as usize;
        let Some(Some(program)) = self.programs.get(&key) else { return };
        let origin = Origin::new(place, Maker::Expression);
        let (_, findings) = Typer::new(program, &**environment, origin).run(input, Mode::new(false));
        let Some(record) = self.records.get_mut(&key).filter(|record| record.findings.is_empty()) else { return };
        record.findings = findings;
        for finding in &mut record.findings {
            finding.message = format!("{when}, {}", finding.message);
        }
    }

    /// Data after its schema has accepted it.
    pub(super) fn validated(&self, data: &Type, flow: &DataFlow, place: Span) -> Type {
        match &flow.schema {
            Some(schema) => data.refine(&of_schema(schema, Origin::new(place, Maker::Schema))),
            None => data.clone(),
        }
    }
}
