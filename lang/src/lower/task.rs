//! Tasks of every kind.

use std::sync::{Arc, OnceLock};

use super::{Locals, Lower, Siblings, Site};
use crate::{
    model::{
        Backoff, Case, Cleanup, Correlation, EventFilter, For, Foreach, Fork, List, Listen, Read, Retry, Returns, RunContainer, RunProcess,
        RunWorkflow, Stage, Strategy, Task, TaskId, TaskKind, Try, Until,
    },
    template::Template,
    tree::{Entry, NodeId},
    value::Value,
};

/// Where a task stands.
pub(super) struct Place {
    pub(super) id: TaskId,
    pub(super) index: usize,
    pub(super) parent: Option<TaskId>,
    pub(super) reference: Arc<str>,
    pub(super) name: Arc<str>,
}

impl Lower<'_> {
    pub(super) fn task(&mut self, entry: Entry, place: Place, siblings: &Siblings, locals: &Locals) -> Task {
        let tree = self.tree;
        let node = entry.value;
        let places = tree
            .entries(node)
            .iter()
            .map(|property| {
                let stage = match tree.text(property.key).map(|key| &**key) {
                    Some("if") => Stage::If,
                    Some("input") => Stage::Input,
                    Some("output") => Stage::Output,
                    Some("export") => Stage::Export,
                    Some("catch") => Stage::Catch,
                    _ => Stage::Body,
                };
                (stage, tree.span(property.key).to(tree.span(property.value)))
            })
            .collect();
        Task {
            id: place.id,
            index: place.index,
            parent: place.parent,
            span: tree.span(entry.key).to(tree.span(node)),
            name_span: tree.span(entry.key),
            places,
            node,
            definition: OnceLock::new(),
            condition: tree.get(node, "if").and_then(|condition| self.condition(condition, Site::Input, locals)),
            input: self.data_flow(node, "input", "from", Site::Input, locals),
            output: self.data_flow(node, "output", "as", Site::Output, locals),
            export: self.data_flow(node, "export", "as", Site::Export, locals),
            timeout: self.timeout(node, locals),
            then: self.then(tree.get(node, "then"), siblings).unwrap_or_default(),
            extensions: Vec::new(),
            kind: self.kind(node, &place, siblings, locals).filter(|kind| self.is_whole(node, kind)).unwrap_or(TaskKind::Broken),
            name: place.name,
            reference: place.reference,
        }
    }

    /// Whether all that the task itself says could be read; what its tasks say is theirs.
    fn is_whole(&self, node: NodeId, kind: &TaskKind) -> bool {
        let tree = self.tree;
        if tree.gaps().is_empty() {
            return true;
        }
        let holds_tasks = match kind {
            TaskKind::Do(_) | TaskKind::For(_) | TaskKind::Fork(_) | TaskKind::Try(_) | TaskKind::Listen(_) => true,
            TaskKind::CallAsyncapi(call) => call.subscription.as_ref().is_some_and(|subscription| subscription.foreach.is_some()),
            _ => false,
        };
        let unsure = |node: NodeId| tree.is_broken(node) || tree.is_incomplete(node);
        let parts = tree.entries(node).iter().map(|entry| entry.value);
        !unsure(node) && (holds_tasks || !tree.has_gap_in(tree.span(node))) && !parts.clone().any(unsure)
    }

    /// The first keyword in the text decides; `do` belongs to `for` where both are there.
    fn kind(&mut self, node: NodeId, place: &Place, siblings: &Siblings, locals: &Locals) -> Option<TaskKind> {
        let tree = self.tree;
        let keyword = tree.entries(node).iter().find_map(|property| match &**tree.text(property.key)? {
            "do" if tree.get(node, "for").is_none() => Some(("do", property.value)),
            "call" => Some(("call", property.value)),
            "emit" => Some(("emit", property.value)),
            "for" => Some(("for", property.value)),
            "fork" => Some(("fork", property.value)),
            "listen" => Some(("listen", property.value)),
            "raise" => Some(("raise", property.value)),
            "run" => Some(("run", property.value)),
            "set" => Some(("set", property.value)),
            "switch" => Some(("switch", property.value)),
            "try" => Some(("try", property.value)),
            "wait" => Some(("wait", property.value)),
            _ => None,
        });
        let (keyword, value) = keyword?;
        let below = |key: &str| format!("{}/{key}", place.reference);
        let parent = Some(place.id);
        Some(match keyword {
            "call" => self.call(node, tree.text(value)?, place, locals)?,
            "do" => TaskKind::Do(self.list(value, &below("do"), parent, locals)),
            "emit" => {
                let with = tree.get(tree.get(value, "event")?, "with")?;
                TaskKind::Emit(self.template(with, Site::Body, locals))
            }
            "for" => {
                let each = self.variable(value, "each", "item");
                let at = self.variable(value, "at", "index");
                let inner = locals.with(&[&each, &at]);
                let collection = tree.get(value, "in")?;
                TaskKind::For(For {
                    collection: self.transform(collection, Site::Body, locals),
                    condition: tree.get(node, "while").and_then(|condition| self.condition(condition, Site::Body, &inner)),
                    body: self.list(tree.get(node, "do")?, &below("do"), parent, &inner),
                    each,
                    at,
                })
            }
            "fork" => TaskKind::Fork(Fork {
                branches: self.list(tree.get(value, "branches")?, &below("fork/branches"), parent, locals),
                compete: tree.get(value, "compete").is_some_and(|compete| matches!(tree.value(compete), Value::Bool(true))),
            }),
            "listen" => self.listen(node, value, place, locals)?,
            "raise" => {
                let error = tree.get(value, "error")?;
                let error = match tree.string(error) {
                    Some(name) => self.component("errors", name)?,
                    None => error,
                };
                TaskKind::Raise(self.template(error, Site::Body, locals))
            }
            "run" => self.run(value, locals)?,
            "set" => match self.template(value, Site::Body, locals) {
                Template::Value(text) if tree.string(value).is_some() => TaskKind::Set(Template::Value(text)),
                template => TaskKind::Set(template),
            },
            "switch" => TaskKind::Switch(self.cases(value, siblings, locals)),
            "try" => self.try_(node, value, place, siblings, locals),
            _ => TaskKind::Wait(self.duration(value, Site::Body, locals)),
        })
    }

    /// The name of a loop or error variable, with its `$`.
    fn variable(&self, owner: NodeId, key: &str, default: &str) -> Arc<str> {
        let name = self.tree.get(owner, key).and_then(|node| self.tree.text(node)).map_or(default, |name| &**name);
        format!("${}", name.trim_start_matches('$')).into()
    }

    fn cases(&mut self, node: NodeId, siblings: &Siblings, locals: &Locals) -> Vec<Case> {
        let tree = self.tree;
        let entries = tree.items(node).iter().flat_map(|item| tree.entries(*item).iter().copied());
        let cases: Vec<Entry> = entries.collect();
        cases
            .into_iter()
            .filter_map(|entry| {
                Some(Case {
                    name: tree.text(entry.key)?.clone(),
                    span: tree.span(entry.key).to(tree.span(entry.value)),
                    when: tree.get(entry.value, "when").and_then(|when| self.condition(when, Site::Body, locals)),
                    then: self.then(tree.get(entry.value, "then"), siblings).unwrap_or_default(),
                })
            })
            .collect()
    }

    fn try_(&mut self, node: NodeId, body: NodeId, place: &Place, siblings: &Siblings, locals: &Locals) -> TaskKind {
        let tree = self.tree;
        let body = self.list(body, &format!("{}/try", place.reference), Some(place.id), locals);
        let Some(catch) = tree.get(node, "catch") else {
            // Without a `catch`, which the checks report, nothing is caught.
            return TaskKind::Do(body);
        };
        let variable = self.variable(catch, "as", "error");
        let inner = locals.with(&[&variable]);
        let with = tree.get(catch, "errors").and_then(|errors| tree.get(errors, "with"));
        let filter = with.map(|with| self.members(with, Site::Body, locals)).unwrap_or_default();
        TaskKind::Try(Box::new(Try {
            body,
            filter,
            when: tree.get(catch, "when").and_then(|when| self.condition(when, Site::Body, &inner)),
            except_when: tree.get(catch, "exceptWhen").and_then(|when| self.condition(when, Site::Body, &inner)),
            retry: tree.get(catch, "retry").and_then(|retry| self.retry(retry, &inner)),
            handler: tree.get(catch, "do").map(|list| self.list(list, &format!("{}/catch/do", place.reference), Some(place.id), &inner)),
            then: self.then(tree.get(catch, "then"), siblings),
            variable,
        }))
    }

    fn members(&mut self, node: NodeId, site: Site, locals: &Locals) -> Vec<(String, Template)> {
        let tree = self.tree;
        tree.entries(node)
            .iter()
            .filter_map(|entry| Some((tree.text(entry.key)?.to_string(), self.template(entry.value, site, locals))))
            .collect()
    }

    fn retry(&mut self, node: NodeId, locals: &Locals) -> Option<Retry> {
        let tree = self.tree;
        let node = match tree.string(node) {
            Some(name) => self.component("retries", name)?,
            None => node,
        };
        let backoff = tree.get(node, "backoff").map_or(Backoff::Constant, |backoff| match tree.entries(backoff).first() {
            Some(entry) if tree.text(entry.key).is_some_and(|key| &**key == "linear") => Backoff::Linear,
            Some(entry) if tree.text(entry.key).is_some_and(|key| &**key == "exponential") => Backoff::Exponential,
            _ => Backoff::Constant,
        });
        let duration = |lower: &mut Self, owner: Option<NodeId>, key: &str| {
            let node = tree.get(owner?, key)?;
            Some(lower.duration(node, Site::Body, locals))
        };
        let jitter = tree.get(node, "jitter");
        let limit = tree.get(node, "limit");
        let attempt = limit.and_then(|limit| tree.get(limit, "attempt"));
        let (from, to) = (duration(self, jitter, "from"), duration(self, jitter, "to"));
        let count = attempt.and_then(|attempt| tree.get(attempt, "count")).and_then(|count| {
            use crate::value::ValueExt as _;
            tree.value(count).as_i64().and_then(|count| u64::try_from(count).ok())
        });
        Some(Retry {
            when: tree.get(node, "when").and_then(|when| self.condition(when, Site::Body, locals)),
            except_when: tree.get(node, "exceptWhen").and_then(|when| self.condition(when, Site::Body, locals)),
            delay: duration(self, Some(node), "delay"),
            backoff,
            jitter: from.zip(to),
            count,
            attempt_duration: duration(self, attempt, "duration"),
            duration: duration(self, limit, "duration"),
        })
    }

    fn run(&mut self, node: NodeId, locals: &Locals) -> Option<TaskKind> {
        let tree = self.tree;
        let awaits = !tree.get(node, "await").is_some_and(|awaits| matches!(tree.value(awaits), Value::Bool(false)));
        let returns = match tree.get(node, "return").and_then(|returns| tree.text(returns)).map(|returns| &**returns) {
            Some("stderr") => Returns::Stderr,
            Some("code") => Returns::Code,
            Some("all") => Returns::All,
            Some("none") => Returns::None,
            _ => Returns::Stdout,
        };
        if let Some(shell) = tree.get(node, "shell") {
            return Some(TaskKind::RunShell(RunProcess { with: self.template(shell, Site::Body, locals), awaits, returns }));
        }
        if let Some(script) = tree.get(node, "script") {
            return Some(TaskKind::RunScript(RunProcess { with: self.arguments(script, locals), awaits, returns }));
        }
        if let Some(container) = tree.get(node, "container") {
            let lifetime = tree.get(container, "lifetime");
            let cleanup = lifetime.and_then(|lifetime| tree.get(lifetime, "cleanup")).and_then(|cleanup| tree.text(cleanup));
            let after = lifetime.and_then(|lifetime| tree.get(lifetime, "after"));
            let cleanup = match (cleanup.map(|cleanup| &**cleanup), after) {
                (Some("always"), _) => Cleanup::Always,
                (Some("eventually"), Some(after)) => Cleanup::Eventually(self.duration(after, Site::Body, locals)),
                _ => Cleanup::Never,
            };
            // The lifetime is no data of the process.
            let with = self.mapping(container, locals, |_, key, _| (key == "lifetime").then(|| Template::Value(Value::Null)));
            return Some(TaskKind::RunContainer(Box::new(RunContainer { process: RunProcess { with, awaits, returns }, cleanup })));
        }
        let workflow = tree.get(node, "workflow")?;
        let text = |key| tree.get(workflow, key).and_then(|value| tree.text(value)).map_or_else(String::new, ToString::to_string);
        Some(TaskKind::RunWorkflow(RunWorkflow {
            namespace: text("namespace"),
            name: text("name"),
            version: text("version"),
            input: tree.get(workflow, "input").map(|input| self.template(input, Site::Body, locals)),
            awaits,
            returns,
        }))
    }

    fn listen(&mut self, node: NodeId, listen: NodeId, place: &Place, locals: &Locals) -> Option<TaskKind> {
        let tree = self.tree;
        let strategy = self.strategy(tree.get(listen, "to")?, locals)?;
        let read = self.read_mode(listen);
        let foreach = tree.get(node, "foreach");
        let foreach = foreach.map(|foreach| self.foreach(foreach, &format!("{}/foreach/do", place.reference), place, locals));
        Some(TaskKind::Listen(Listen { strategy, read, foreach }))
    }

    /// `read`
    pub(super) fn read_mode(&self, owner: NodeId) -> Read {
        match self.tree.get(owner, "read").and_then(|read| self.tree.text(read)).map(|read| &**read) {
            Some("envelope") => Read::Envelope,
            Some("raw") => Read::Raw,
            _ => Read::Data,
        }
    }

    /// What is done with each event or message; `below` is the reference of its list.
    pub(super) fn foreach(&mut self, foreach: NodeId, below: &str, place: &Place, locals: &Locals) -> Foreach {
        let tree = self.tree;
        let item = self.variable(foreach, "item", "item");
        let at = self.variable(foreach, "at", "index");
        let inner = locals.with(&[&item, &at]);
        let body = tree.get(foreach, "do");
        Foreach {
            body: body.map_or_else(List::default, |body| self.list(body, below, Some(place.id), &inner)),
            output: self.data_flow(foreach, "output", "as", Site::Output, &inner),
            export: self.data_flow(foreach, "export", "as", Site::Export, &inner),
            item,
            at,
        }
    }

    pub(super) fn strategy(&mut self, node: NodeId, locals: &Locals) -> Option<Strategy> {
        let tree = self.tree;
        if let Some(one) = tree.get(node, "one") {
            return Some(Strategy::One(self.filter(one, locals)));
        }
        if let Some(all) = tree.get(node, "all") {
            return Some(Strategy::All(tree.items(all).iter().map(|filter| self.filter(*filter, locals)).collect()));
        }
        let any = tree.get(node, "any")?;
        let filters = tree.items(any).iter().map(|filter| self.filter(*filter, locals)).collect();
        let until = tree.get(node, "until").and_then(|until| match self.condition(until, Site::Body, locals) {
            Some(condition) => Some(Until::Condition(condition)),
            None => Some(Until::Events(Box::new(self.strategy(until, locals)?))),
        });
        Some(Strategy::Any(filters, until))
    }

    fn filter(&mut self, node: NodeId, locals: &Locals) -> EventFilter {
        let tree = self.tree;
        let with = tree.get(node, "with").map(|with| self.members(with, Site::Body, locals)).unwrap_or_default();
        let correlate = tree.get(node, "correlate").map(|correlate| tree.entries(correlate)).unwrap_or_default();
        EventFilter {
            with,
            correlate: correlate
                .iter()
                .filter_map(|entry| {
                    let from = tree.get(entry.value, "from")?;
                    Some(Correlation {
                        key: tree.text(entry.key)?.clone(),
                        from: self.condition(from, Site::Body, locals)?,
                        expect: tree.get(entry.value, "expect").map(|expect| self.template(expect, Site::Body, locals)),
                    })
                })
                .collect(),
        }
    }
}
