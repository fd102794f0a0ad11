//! Loops: `for`, whose rounds feed each other.

use std::sync::Arc;

use super::{Around, Body, Flow, Run, State};
use crate::{
    model::For,
    template::Template,
    types::{
        Environment, Trouble,
        origin::{Maker, Origin},
        shape::Type,
    },
};

impl<'w> Flow<'w> {
    pub(super) fn for_(&mut self, each: &'w For, run: &Run<'w>, around: &Around) -> Option<Body> {
        let collection = self.fill(&each.collection, run, run.task.name_span);
        self.must_be_array(&collection, each, run);
        let (item, least) = match collection.known() {
            None => (Type::Unknown, 0),
            Some(known) => match &known.array {
                Some(array) if known.null.is_none() => (array.items(), array.prefix.len()),
                Some(array) => (array.items(), 0),
                None => (Type::never(), 0),
            },
        };
        let entry = State { data: run.input.clone(), context: run.context.clone() };
        let empty = collection.known().is_some_and(|known| known.array.is_none()) || item.is_never();
        if empty && !collection.is_unknown() {
            return Some(Body { output: entry.data, context: entry.context, thens: Vec::new() });
        }
        let origin = Origin::new(run.task.name_span, Maker::Loop);
        let inner = around.with(&[(&each.each, item), (&each.at, Type::integer(origin))]);
        let mut begin = entry.clone();
        let mut back: Option<State> = None;
        for times in 0.. {
            if let Some(condition) = &each.condition {
                let environment = self.inside(run, &inner, &begin.context);
                self.expression(condition, &begin.data, &environment, run.task.name_span, false);
                if let Some(back) = &back {
                    let environment = self.inside(run, &inner, &back.context);
                    self.again(condition, &back.data, &environment, run.task.name_span, "after the first round");
                }
            }
            let Some(end) = self.list(&each.body, begin.clone(), &inner) else { break };
            let grew = begin.grow(&end, times);
            back = Some(end);
            if !grew || self.left == 0 {
                break;
            }
        }
        if let (Some(condition), Some(back)) = (&each.condition, &back) {
            let environment = self.inside(run, &inner, &back.context);
            self.again(condition, &back.data, &environment, run.task.name_span, "after the first round");
        }
        let end = match back {
            Some(back) if least > 0 && each.condition.is_none() => back,
            Some(back) => entry.join(&back),
            // No round ends; the loop does only if there is none.
            None if least > 0 && each.condition.is_none() => return None,
            None => entry,
        };
        Some(Body { output: end.data, context: end.context, thens: Vec::new() })
    }

    /// What expressions between the rounds of a loop can see.
    pub(super) fn inside(&self, run: &Run<'w>, inner: &Around, context: &Type) -> Arc<Environment> {
        let environment = (*run.environment).clone();
        Arc::new(Environment { locals: inner.locals.clone(), context: Some(context.clone()), ..environment })
    }

    fn must_be_array(&mut self, collection: &Type, each: &For, run: &Run<'w>) {
        let Some(known) = collection.known() else { return };
        if collection.is_never() || known.array.is_some() || known.null.is_some() {
            return;
        }
        let span = match &each.collection {
            Template::Expression(_, span) => *span,
            _ => run.task.name_span,
        };
        let firm = known.origins().all(|origin| origin.is_firm());
        let trouble = Trouble {
            span,
            sure: run.sure && firm,
            message: format!("`for.in` must be an array, but this is {}", collection.in_words()),
            help: known.object.as_ref().map(|_| "`to_entries` makes an array of the members of an object".into()),
            related: known.origins().find(|origin| origin.span.end > 0 && origin.span != span),
        };
        self.troubles.entry(run.id).or_default().push(trouble);
    }
}
