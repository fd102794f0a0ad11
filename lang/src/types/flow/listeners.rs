//! `listen`: events that come in, and what is done with each.

use std::sync::Arc;

use super::{Around, Body, Flow, Run, State};
use crate::{
    duration::DurationSpec,
    model::{Consume, Foreach, Listen, Read, Strategy, Subscription, Until},
    types::{
        Environment, known,
        origin::{Maker, Origin},
        shape::{Array, Known, Type},
    },
};

impl<'w> Flow<'w> {
    pub(super) fn listen(&mut self, listen: &'w Listen, run: &Run<'w>, around: &Around) -> Option<Body> {
        let origin = Origin::new(run.task.name_span, Maker::Listen);
        self.strategy(&listen.strategy, run);
        let event = match listen.read {
            Read::Data => Type::Unknown,
            Read::Envelope => known::event(origin),
            Read::Raw => Type::Unknown,
        };
        let least = match &listen.strategy {
            Strategy::One(_) | Strategy::Any(_, None) => Some(1),
            Strategy::All(filters) => Some(filters.len()),
            Strategy::Any(_, Some(Until::Condition(_))) => None,
            Strategy::Any(_, Some(Until::Events(_))) => None,
        };
        let events = |item: &Type| match least {
            Some(count) if count <= 32 => Type::tuple(vec![item.clone(); count], origin),
            _ => Type::array(item.clone(), origin),
        };
        if let Strategy::Any(_, Some(Until::Condition(condition))) = &listen.strategy {
            let taken =
                Type::of(Known { array: Some(Array { prefix: vec![event.clone()], rest: event.clone(), origin }), ..Known::default() });
            // Runtimes differ about what `until` looks at.
            let environment = Arc::new(Environment { context: Some(Type::Unknown), ..(*run.environment).clone() });
            self.expression(condition, &taken, &environment, run.task.name_span, false);
        }
        let Some(foreach) = &listen.foreach else {
            return Some(Body { output: events(&event), context: run.context.clone(), thens: Vec::new() });
        };
        let (output, context) = self.foreach(foreach, &event, run, around)?;
        Some(Body { output: events(&output), context, thens: Vec::new() })
    }

    /// Each event in turn; the context goes from one to the next.
    fn foreach(&mut self, foreach: &'w Foreach, event: &Type, run: &Run<'w>, around: &Around) -> Option<(Type, Type)> {
        let origin = Origin::new(run.task.name_span, Maker::Loop);
        let inner = around.with(&[(&foreach.item, event.clone()), (&foreach.at, Type::integer(origin))]);
        let mut begin = State { data: event.clone(), context: run.context.clone() };
        let mut made = Type::never();
        for times in 0.. {
            let end = self.list(&foreach.body, begin.clone(), &inner)?;
            let place = run.task.name_span;
            let outside = (*self.inside(run, &inner, &end.context)).clone();
            let environment = Arc::new(Environment { output: Some(end.data.clone()), ..outside.clone() });
            let output = match &foreach.output.transform {
                Some(template) => self.template(template, &end.data, &environment, place, false),
                None => end.data,
            };
            let output = self.validated(&output, &foreach.output, place);
            let context = match &foreach.export.transform {
                Some(template) => {
                    let environment = Arc::new(Environment { output: Some(output.clone()), ..outside });
                    let exported = self.template(template, &output, &environment, place, false);
                    self.validated(&exported, &foreach.export, place)
                }
                None => end.context,
            };
            made = made.join(&output);
            if !begin.grow(&State { data: event.clone(), context }, times) || self.left == 0 {
                break;
            }
        }
        Some((made, begin.context))
    }

    /// Messages come from outside: nothing is known of them, nor whether one comes.
    pub(super) fn subscription(&mut self, subscription: &'w Subscription, run: &Run<'w>, around: &Around) -> Body {
        let place = run.task.name_span;
        let environment = Arc::new(Environment { context: Some(Type::Unknown), ..(*run.environment).clone() });
        if let Some(filter) = &subscription.filter {
            self.expression(filter, &Type::Unknown, &environment, place, false);
        }
        match &subscription.consume {
            Consume::Amount(amount) => {
                self.fill(amount, run, place);
            }
            Consume::While(condition) | Consume::Until(condition) => {
                self.expression(condition, &Type::Unknown, &environment, place, false);
            }
        }
        if let Some(DurationSpec::Computed(limit)) = &subscription.limit {
            self.fill(limit, run, place);
        }
        let (item, context) = match &subscription.foreach {
            Some(foreach) => match self.foreach(foreach, &Type::Unknown, run, around) {
                Some((output, context)) => (output, run.context.join(&context)),
                None => (Type::Unknown, run.context.clone()),
            },
            None => (Type::Unknown, run.context.clone()),
        };
        Body { output: Type::array(item, Origin::new(place, Maker::Listen)), context, thens: Vec::new() }
    }

    fn strategy(&mut self, strategy: &'w Strategy, run: &Run<'w>) {
        let filters: &[_] = match strategy {
            Strategy::All(filters) | Strategy::Any(filters, _) => filters,
            Strategy::One(filter) => std::slice::from_ref(filter),
        };
        for filter in filters {
            for (_, expected) in &filter.with {
                // What a filter looks at comes from outside.
                self.template(expected, &Type::Unknown, &run.environment, run.task.name_span, false);
            }
            for correlation in &filter.correlate {
                let event = known::event(Origin::new(run.task.name_span, Maker::Listen));
                self.expression(&correlation.from, &event, &run.environment, run.task.name_span, false);
                if let Some(expect) = &correlation.expect {
                    self.template(expect, &run.input, &run.environment, run.task.name_span, false);
                }
            }
        }
        if let Strategy::Any(_, Some(Until::Events(until))) = strategy {
            self.strategy(until, run);
        }
    }
}
