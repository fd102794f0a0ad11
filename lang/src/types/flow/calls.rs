//! Tasks that talk to others: calls, functions, events that are published.

use std::sync::Arc;

use super::{Around, Flow, MAX_NESTING, Run, State};
use crate::{
    model::{Call, CallFunction, Function},
    template::Template,
    text::Span,
    tree::NodeId,
    types::{
        Trouble, known,
        origin::{Maker, Origin},
        shape::{Known, Object, Type},
    },
};

impl<'w> Flow<'w> {
    pub(super) fn emit(&mut self, template: &'w Template, run: &Run<'w>) -> Type {
        let given = self.fill(template, run, run.task.name_span);
        let origin = Origin::new(run.task.name_span, Maker::Emit);
        match given.known().and_then(|known| known.object.as_ref()) {
            Some(given) => Type::object(Object { origin, ..known::event_defaults(origin).plus(given) }),
            None => known::event(origin),
        }
    }

    /// The output of a call over HTTP.
    pub(super) fn call(&mut self, call: &'w Call, run: &Run<'w>) -> Type {
        let with = self.fill(&call.with, run, run.task.name_span);
        let origin = Origin::new(run.task.name_span, Maker::Response);
        let output =
            with.known().and_then(|known| known.object.as_ref()).map(|with| with.members.get("output").map(|member| &member.value));
        match output {
            Some(None) => Type::Unknown,
            Some(Some(output)) => match output.known().and_then(|known| known.string.as_ref()?.constant.clone()).as_deref() {
                Some("response") => known::response(origin),
                Some("raw") => Type::string(origin),
                _ => Type::Unknown,
            },
            None => Type::Unknown,
        }
    }

    /// A function is the same task for all its callers: it gets what any of them may hand over.
    pub(super) fn call_function(&mut self, call: &'w CallFunction, run: &Run<'w>, around: &Around) -> Option<State> {
        let given = match &call.with {
            Some(with) => self.fill(with, run, run.task.name_span),
            None => Type::closed::<Arc<str>>([], Origin::new(run.task.name_span, Maker::Set)),
        };
        let given = State { data: given, context: run.context.clone() };
        let function = match &call.function {
            Function::Own(function) => *function,
            // What a function of another file does, and what it may export, is not known.
            Function::At(_) | Function::Cataloged { .. } => return Some(State { data: Type::Unknown, context: Type::Unknown }),
        };
        let known = self.functions.entry(function).or_insert_with(|| (given.clone(), 0));
        if known.0.grow(&given, known.1) {
            known.1 += 1;
        }
        if around.depth >= MAX_NESTING || self.active.contains(&function) {
            return Some(State { data: Type::Unknown, context: Type::Unknown });
        }
        self.active.push(function);
        let inner = Around { locals: Arc::default(), caught: true, depth: around.depth + 1 };
        let mut end = None;
        while let Some((entry, times)) = self.functions.get(&function).cloned() {
            let exits = self.task(function, entry, &inner);
            end = exits.into_iter().map(|(_, state)| state).reduce(|a, b| a.join(&b));
            // What it hands to itself counts, too.
            if self.left == 0 || self.functions.get(&function).is_none_or(|known| known.1 == times) {
                break;
            }
        }
        self.active.pop();
        end
    }

    /// `{name}` in an endpoint is a member of the input.
    pub(super) fn uri_template(&mut self, run: &Run<'w>) {
        let Some(known) = run.input.known().filter(|_| !run.input.is_never()) else { return };
        let Some((node, text)) = self.endpoint(run.task.node) else { return };
        if text.trim_start().starts_with("${") {
            return;
        }
        let mut from = 0;
        while let Some(open) = text[from..].find('{').map(|at| from + at) {
            let Some(close) = text[open..].find('}').map(|at| open + at) else { break };
            from = close + 1;
            let name = &text[open + 1..close];
            let member = match &known.object {
                Some(object) => object.member(name),
                None => None,
            };
            let (message, origin) = match (&known.object, member) {
                (_, Some(member)) => {
                    let composite = |known: &Known| {
                        (known.array.is_some() || known.object.is_some())
                            && known.alternatives() == usize::from(known.array.is_some()) + usize::from(known.object.is_some())
                    };
                    if !member.known().is_some_and(composite) {
                        continue;
                    }
                    let message = format!("`{{{name}}}` must be a string, number or boolean, but it is {}", member.in_words());
                    (message, member.known().and_then(|known| known.origins().next()))
                }
                (Some(object), None) => {
                    (format!("the input has no `{name}`, so this part of the address is always empty"), Some(object.origin))
                }
                (None, None) => {
                    let message =
                        format!("the input is {} and has no `{name}`, so this part of the address is always empty", run.input.in_words());
                    (message, known.origins().next())
                }
            };
            let near = known.object.as_ref().and_then(|object| crate::suggest::closest(name, object.members.keys().map(|key| &**key)));
            let at = |offset: usize| crate::read::source_offset(&self.workflow.tree, node, offset) as usize;
            let trouble = Trouble {
                span: Span::new(at(open), at(close + 1)),
                sure: false,
                message,
                help: near.map(|near| format!("did you mean `{near}`?")),
                related: origin.filter(|origin| origin.span.end > 0),
            };
            self.troubles.entry(run.id).or_default().push(trouble);
        }
    }

    /// The scalar that holds the address of a call.
    fn endpoint(&self, task: NodeId) -> Option<(NodeId, Arc<str>)> {
        let tree = &self.workflow.tree;
        let endpoint = tree.get(tree.get(task, "with")?, "endpoint")?;
        let node = if tree.string(endpoint).is_some() { endpoint } else { tree.get(endpoint, "uri")? };
        Some((node, tree.string(node)?.clone()))
    }
}
