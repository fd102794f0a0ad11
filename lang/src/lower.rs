//! From the tree to the model.
//!
//! Lowering never complains: what does not fit is left out or becomes [`crate::model::TaskKind::Broken`], and
//! the checks, which look at the same tree, say why. It only collects the expressions, each read
//! with the variables of its place.

pub(crate) mod call;
mod extension;
mod schedule;
pub(crate) mod scope;
mod task;

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

pub use self::schedule::trigger;
use self::scope::{Locals, Site};
use crate::{
    duration::{self, DurationSpec},
    expression::{self, Expression, Language},
    model::{DataFlow, Document, List, PlacedExpression, SchemaSource, Task, TaskId, Then, Timeout, Workflow},
    template::Template,
    tree::{Entry, NodeId, NodeKind, Tree},
    value::{self, Value},
};

/// Makes the model of a workflow; `None` if the text is not a mapping.
#[must_use]
pub fn lower(tree: &Arc<Tree>) -> Option<Arc<Workflow>> {
    let root = tree.root()?;
    if !matches!(tree.node(root).kind, NodeKind::Mapping(_)) {
        return None;
    }
    let mut lower = Lower::new(tree, root);
    lower.name_functions();
    let locals = Locals::default();
    let input = lower.data_flow(root, "input", "from", Site::WorkflowInput, &locals);
    let output = lower.data_flow(root, "output", "as", Site::WorkflowOutput, &locals);
    let timeout = lower.timeout(root, &locals);
    let list = tree.get(root, "do").map(|node| lower.list(node, "/do", None, &locals)).unwrap_or_default();
    lower.functions();
    let extensions = lower.extensions();
    let schedule = lower.schedule();
    let secrets = tree.get(root, "use").and_then(|used| tree.get(used, "secrets")).map(|secrets| tree.items(secrets));
    Some(Arc::new(Workflow {
        source: tree.source().clone(),
        document: document(tree, root),
        tree: tree.clone(),
        definition: OnceLock::new(),
        input,
        output,
        timeout,
        tasks: lower.tasks.into_iter().flatten().collect(),
        root: list,
        schedule,
        extensions,
        function: None,
        secrets: secrets.unwrap_or_default().iter().filter_map(|name| tree.string(*name).cloned()).collect(),
        expressions: lower.expressions,
    }))
}

/// Makes the model of a file that defines a function: one task (DSL, "Creating a Custom Function").
/// Its tasks' references begin with the file's address and `#`, since they are not those of the
/// workflow that calls it. `None` if the text is not a mapping.
#[must_use]
pub fn lower_function(tree: &Arc<Tree>) -> Option<Arc<Workflow>> {
    let root = tree.root()?;
    let name_key = tree.entries(root).first()?.key;
    let mut lower = Lower::new(tree, root);
    lower.tasks.push(None);
    let address = tree.source().path();
    let place =
        task::Place { id: TaskId(0), index: 0, parent: None, reference: format!("{address}#").into(), name: function_name(address).into() };
    let function = lower.task(Entry { key: name_key, value: root }, place, &Siblings::new(), &Locals::default());
    lower.tasks[0] = Some(Task { then: Then::Continue, ..function });
    Some(Arc::new(Workflow {
        source: tree.source().clone(),
        document: Document { namespace: "functions".to_owned(), name: function_name(address), ..Document::default() },
        tree: tree.clone(),
        definition: OnceLock::new(),
        input: DataFlow::default(),
        output: DataFlow::default(),
        timeout: None,
        tasks: lower.tasks.into_iter().flatten().collect(),
        root: List::default(),
        schedule: None,
        extensions: Vec::new(),
        function: Some(TaskId(0)),
        secrets: Vec::new(),
        expressions: lower.expressions,
    }))
}

/// `…/functions/log/1.0.0/function.yaml` is called `log`.
fn function_name(address: &str) -> String {
    let is_version = |part: &&str| part.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    let parts = address.split(['/', '\\']).filter(|part| !part.is_empty());
    let mut parts = parts.rev().filter(|part| !part.starts_with("function.") && !is_version(part));
    let last = parts.next().unwrap_or("function");
    last.trim_end_matches(".yaml").trim_end_matches(".yml").trim_end_matches(".json").to_owned()
}

fn document(tree: &Tree, root: NodeId) -> Document {
    let Some(node) = tree.get(root, "document") else { return Document::default() };
    let text = |key| tree.get(node, key).and_then(|value| tree.text(value)).map_or_else(String::new, ToString::to_string);
    Document {
        dsl: text("dsl"),
        namespace: text("namespace"),
        name: text("name"),
        version: text("version"),
        metadata: tree.get(node, "metadata").map_or(Value::Null, |metadata| tree.value(metadata)),
    }
}

struct Lower<'t> {
    tree: &'t Tree,
    root: NodeId,
    /// A slot is reserved for each task of a list before any of them is read.
    tasks: Vec<Option<Task>>,
    /// What `use.functions` defines, with the slots of the tasks.
    functions: HashMap<Arc<str>, TaskId>,
    expressions: Vec<PlacedExpression>,
    language: Language,
    /// Whether every string is tried as an expression.
    loose: bool,
}

/// The names of a list with the tasks they stand for, the first of each name, to resolve `then`.
type Siblings = HashMap<Arc<str>, TaskId>;

impl<'t> Lower<'t> {
    fn new(tree: &'t Tree, root: NodeId) -> Self {
        let evaluate = |key| tree.get(tree.get(root, "evaluate")?, key).and_then(|value| tree.text(value));
        Self {
            tree,
            root,
            tasks: Vec::new(),
            functions: HashMap::new(),
            expressions: Vec::new(),
            language: if evaluate("language").is_some_and(|language| &**language == "js") { Language::JavaScript } else { Language::Jq },
            loose: evaluate("mode").is_some_and(|mode| &**mode == "loose"),
        }
    }
}

impl Lower<'_> {
    /// A component under `use`.
    fn component(&self, kind: &str, name: &str) -> Option<NodeId> {
        let used = self.tree.get(self.root, "use")?;
        self.tree.get(self.tree.get(used, kind)?, name)
    }

    fn list(&mut self, node: NodeId, reference: &str, parent: Option<TaskId>, locals: &Locals) -> List {
        // Entries with several keys are an error; each key is still a task for an editor.
        let entries: Vec<_> = self
            .tree
            .items(node)
            .iter()
            .enumerate()
            .flat_map(|(index, item)| self.tree.entries(*item).iter().map(move |entry| (index, *entry)))
            .filter_map(|(index, entry)| Some((index, entry, self.tree.text(entry.key)?.clone())))
            .collect();
        let first = self.tasks.len();
        self.tasks.resize_with(first + entries.len(), || None);
        let id = |at: usize| TaskId(u32::try_from(first + at).unwrap_or(u32::MAX));
        let mut siblings = Siblings::with_capacity(entries.len());
        for (at, (.., name)) in entries.iter().enumerate() {
            siblings.entry(name.clone()).or_insert_with(|| id(at));
        }
        for (at, (index, entry, name)) in entries.iter().enumerate() {
            let reference = format!("{reference}/{index}/{}", escape(name));
            let place = task::Place { id: id(at), index: at, parent, reference: reference.into(), name: name.clone() };
            let task = self.task(*entry, place, &siblings, locals);
            self.tasks[first + at] = Some(task);
        }
        List { tasks: (0..entries.len()).map(id).collect() }
    }

    fn data_flow(&mut self, owner: NodeId, key: &str, transform: &str, site: Site, locals: &Locals) -> DataFlow {
        let Some(node) = self.tree.get(owner, key) else { return DataFlow::default() };
        let transform = self.tree.get(node, transform).map(|node| self.transform(node, site, locals));
        let Some(schema) = self.tree.get(node, "schema") else { return DataFlow { transform, ..DataFlow::default() } };
        DataFlow {
            transform,
            schema: self.tree.get(schema, "document").map(|document| self.tree.value(document)),
            schema_source: self.schema_source(schema, locals),
        }
    }

    /// What a schema says beside its document.
    fn schema_source(&mut self, schema: NodeId, locals: &Locals) -> Option<Box<SchemaSource>> {
        let format = self.tree.get(schema, "format").and_then(|format| self.tree.text(format)).cloned();
        let resource = self.tree.get(schema, "resource").map(|resource| self.resource(resource, locals));
        (format.is_some() || resource.is_some()).then(|| Box::new(SchemaSource { resource, format }))
    }

    /// `from` and `as`: a string is an expression, bare or not; an object is a template.
    fn transform(&mut self, node: NodeId, site: Site, locals: &Locals) -> Template {
        match self.condition(node, site, locals) {
            Some(expression) => Template::Expression(expression, self.tree.span(node)),
            None => self.template(node, site, locals),
        }
    }

    /// An expression in a place that always holds one: with or without `${ }`.
    fn condition(&mut self, node: NodeId, site: Site, locals: &Locals) -> Option<Arc<Expression>> {
        let text = self.tree.string(node)?.clone();
        let (program, offset) = expression::unwrap(&text).unwrap_or_else(|| {
            let program = text.trim();
            (program, text.len() - text.trim_start().len())
        });
        Some(self.expression(program, node, offset, site, locals))
    }

    fn expression(&mut self, program: &str, node: NodeId, offset: usize, site: Site, locals: &Locals) -> Arc<Expression> {
        let expression = self.read_expression(program, site, locals);
        self.expressions.push(PlacedExpression { expression: expression.clone(), node, offset });
        expression
    }

    fn read_expression(&self, program: &str, site: Site, locals: &Locals) -> Arc<Expression> {
        let available = locals.available(site);
        match self.language {
            Language::Jq => Expression::new(program, &available),
            Language::JavaScript => Expression::javascript(program, &available),
        }
    }

    /// A string that need not be an expression, in a workflow that tries them all.
    fn loose(&mut self, node: NodeId, site: Site, locals: &Locals) -> Option<Template> {
        let text = self.tree.string(node).filter(|text| self.loose && !text.trim().is_empty())?.clone();
        let expression = self.read_expression(&text, site, locals);
        // What is no expression is text, and no mistake.
        if !expression.problems().is_empty() {
            return None;
        }
        let offset = 0;
        self.expressions.push(PlacedExpression { expression: expression.clone(), node, offset });
        Some(Template::Loose(expression, self.tree.span(node), value::string(&*text)))
    }

    /// Data with `${ }` strings.
    fn template(&mut self, node: NodeId, site: Site, locals: &Locals) -> Template {
        let tree = self.tree;
        match &tree.node(node).kind {
            NodeKind::Scalar(scalar) => match tree.string(node).and_then(|text| expression::unwrap(text)) {
                Some((program, offset)) => {
                    let program = program.to_owned();
                    Template::Expression(self.expression(&program, node, offset, site, locals), tree.span(node))
                }
                None => self.loose(node, site, locals).unwrap_or_else(|| Template::Value(scalar.value.clone())),
            },
            NodeKind::Sequence(items) => {
                let items: Vec<Template> = items.iter().map(|item| self.template(*item, site, locals)).collect();
                match items.iter().map(constant).collect::<Option<Vec<Value>>>() {
                    Some(values) => Template::Value(values.into_iter().collect()),
                    None => Template::Array(items.into()),
                }
            }
            NodeKind::Mapping(entries) => {
                let members: Vec<(String, Template)> = entries
                    .iter()
                    .map(|entry| {
                        let key = tree.text(entry.key).map_or_else(String::new, ToString::to_string);
                        (key, self.template(entry.value, site, locals))
                    })
                    .collect();
                let values = members.iter().map(|(key, member)| Some((key.as_str(), constant(member)?)));
                match values.collect::<Option<Vec<_>>>() {
                    Some(values) => Template::Value(value::object(values)),
                    None => Template::Object(members.into()),
                }
            }
        }
    }

    fn duration(&mut self, node: NodeId, site: Site, locals: &Locals) -> DurationSpec {
        match self.template(node, site, locals) {
            // A wrong one fails when it is used; the checks report it before.
            Template::Value(value) => {
                duration::from_value(&value).map_or_else(|_| DurationSpec::Computed(Template::Value(value)), DurationSpec::Fixed)
            }
            template => DurationSpec::Computed(template),
        }
    }

    fn timeout(&mut self, owner: NodeId, locals: &Locals) -> Option<Timeout> {
        let mut node = self.tree.get(owner, "timeout")?;
        if let Some(name) = self.tree.string(node) {
            node = self.component("timeouts", name)?;
        }
        let after = self.tree.get(node, "after")?;
        Some(Timeout { after: self.duration(after, Site::Input, locals) })
    }

    fn then(&self, node: Option<NodeId>, siblings: &Siblings) -> Option<Then> {
        let text = self.tree.text(node?)?;
        Some(match &**text {
            "continue" => Then::Continue,
            "exit" => Then::Exit,
            "end" => Then::End,
            name => Then::Task(*siblings.get(name)?),
        })
    }
}

fn constant(template: &Template) -> Option<Value> {
    match template {
        Template::Value(value) => Some(value.clone()),
        _ => None,
    }
}

/// A name as a token of a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
