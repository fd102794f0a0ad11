//! Files of ours that are not workflows, such as stubs and scenarios, read key by key: everything
//! that is wrong is reported at its place, and nothing is passed over.

use std::{ops::RangeInclusive, sync::Arc};

use crate::{
    codes,
    diagnostic::Diagnostic,
    duration,
    expression::{self, Expression},
    read, suggest,
    template::Template,
    text::{Source, Span},
    tree::{NodeId, NodeKind, Tree},
    value::ValueExt as _,
};

/// A member of a mapping with a known key.
#[derive(Clone, Debug)]
pub struct Field {
    /// The key.
    pub key: Arc<str>,
    /// Where the key stands.
    pub key_node: NodeId,
    /// The value.
    pub value: NodeId,
}

/// A text while it is read.
#[derive(Debug)]
pub struct Form {
    tree: Arc<Tree>,
    problems: Vec<Diagnostic>,
    /// Who evaluates its expressions, for messages: `a stub`.
    evaluator: &'static str,
}

impl Form {
    /// Reads a text. The evaluator, such as `a stub`, is named if it is asked to run an expression
    /// that may not end.
    #[must_use]
    pub fn read(source: &Arc<Source>, evaluator: &'static str) -> Self {
        let (tree, problems) = read::read(source);
        Self { tree: Arc::new(tree), problems, evaluator }
    }

    /// Its tree.
    #[must_use]
    pub fn tree(&self) -> &Arc<Tree> {
        &self.tree
    }

    /// All that was wrong, in the order of the text.
    #[must_use]
    pub fn problems(mut self) -> Vec<Diagnostic> {
        self.problems.sort_by_key(|problem| problem.span);
        self.problems
    }

    /// Reports something.
    pub fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Reports that a node is wrong, and how to mend it.
    pub fn wrong(&mut self, code: &'static str, node: NodeId, message: impl Into<String>, help: &str) {
        let span = self.tree.span(node);
        self.problems.push(Diagnostic::error(code, span, message).help(help));
    }

    /// The members of a mapping with known keys; what is unknown or missing is reported.
    pub fn fields(&mut self, node: NodeId, what: &str, known: &[&str], required: &[&str]) -> Vec<Field> {
        let tree = self.tree.clone();
        if !matches!(tree.node(node).kind, NodeKind::Mapping(_)) {
            self.wrong(codes::WRONG_TYPE, node, format!("{what} must be a mapping"), &format!("it has {}", known.join(", ")));
            return Vec::new();
        }
        for key in required {
            if tree.get(node, key).is_none() {
                let first = tree.entries(node).first().map_or(node, |entry| entry.key);
                self.wrong(codes::MISSING_KEY, first, format!("{what} needs `{key}`"), &format!("it has {}", known.join(", ")));
            }
        }
        let mut fields = Vec::new();
        for field in self.members(node) {
            if known.contains(&&*field.key) {
                fields.push(field);
                continue;
            }
            let help = match suggest::closest(&field.key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", known.join(", ")),
            };
            self.wrong(codes::UNKNOWN_KEY, field.key_node, format!("{what} has no `{}`", field.key), &help);
        }
        fields
    }

    /// The members of a mapping whose keys are names that the author chose.
    #[must_use]
    pub fn members(&self, node: NodeId) -> Vec<Field> {
        let key = |key| self.tree.text(key).cloned().unwrap_or_else(|| "".into());
        self.tree.entries(node).iter().map(|entry| Field { key: key(entry.key), key_node: entry.key, value: entry.value }).collect()
    }

    /// The members of what must be a mapping from names to something.
    pub fn named(&mut self, node: NodeId, what: &str, help: &str) -> Vec<Field> {
        if !matches!(self.tree.node(node).kind, NodeKind::Mapping(_)) {
            self.wrong(codes::WRONG_TYPE, node, format!("{what} must be a mapping"), help);
        }
        self.members(node)
    }

    /// The items of a list that must not be empty.
    pub fn list(&mut self, node: NodeId, what: &str, form: &str) -> Vec<NodeId> {
        let items = self.tree.items(node).to_vec();
        if items.is_empty() {
            self.wrong(codes::WRONG_TYPE, node, format!("{what} must be {form}"), "begin each item with `- `");
        }
        items
    }

    /// A text that is not empty.
    pub fn text(&mut self, node: NodeId, what: &str, help: &str) -> Option<Arc<str>> {
        let text = self.tree.string(node).filter(|text| !text.is_empty()).cloned();
        if text.is_none() {
            self.wrong(codes::WRONG_VALUE, node, format!("{what} must be a text"), help);
        }
        text
    }

    /// A whole number of a range.
    pub fn number(&mut self, node: NodeId, what: &str, range: RangeInclusive<i64>, help: &str) -> Option<i64> {
        let number = self.tree.value(node).as_i64().filter(|number| range.contains(number));
        if number.is_none() {
            let bounds = match (*range.start(), *range.end()) {
                (0, i64::MAX) => "a whole number".to_owned(),
                (from, i64::MAX) => format!("a whole number from {from} on"),
                (from, to) => format!("a number from {from} to {to}"),
            };
            self.wrong(codes::WRONG_VALUE, node, format!("{what} must be {bounds}"), help);
        }
        number
    }

    /// One of some words.
    pub fn word(&mut self, node: NodeId, what: &str, words: &[&'static str]) -> Option<&'static str> {
        let text = self.tree.text(node).cloned().unwrap_or_else(|| "".into());
        let found = words.iter().copied().find(|word| *word == &*text);
        if found.is_none() {
            let list = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
            let near = suggest::closest(&text, words.iter().copied());
            let help = near.map_or_else(|| format!("write {list}"), |near| format!("did you mean `{near}`?"));
            self.wrong(codes::WRONG_VALUE, node, format!("{what} must be {list}"), &help);
        }
        found
    }

    /// Milliseconds of a duration.
    pub fn duration(&mut self, node: NodeId) -> Option<u64> {
        match duration::from_value(&self.tree.value(node)) {
            Ok(duration) => Some(duration),
            Err(message) => {
                let span = self.tree.span(node);
                self.report(Diagnostic::error(codes::WRONG_VALUE, span, message));
                None
            }
        }
    }

    /// Data with `${ jq }` strings.
    pub fn template(&mut self, node: NodeId) -> Template {
        let tree = self.tree.clone();
        match &tree.node(node).kind {
            NodeKind::Scalar(scalar) => match tree.string(node).and_then(|text| expression::unwrap(text)) {
                Some((program, offset)) => Template::Expression(self.expression(node, program, offset), tree.span(node)),
                None => Template::Value(scalar.value.clone()),
            },
            NodeKind::Sequence(items) => Template::Array(items.iter().map(|item| self.template(*item)).collect()),
            NodeKind::Mapping(entries) => Template::Object(
                entries
                    .iter()
                    .map(|entry| (tree.text(entry.key).map_or_else(String::new, ToString::to_string), self.template(entry.value)))
                    .collect(),
            ),
        }
    }

    /// An expression whose text stands in a scalar, so many bytes from its beginning.
    pub fn expression(&mut self, node: NodeId, program: &str, offset: usize) -> Arc<Expression> {
        let expression = Expression::new(program, &[]);
        let at = |offset: usize| read::source_offset(&self.tree, node, offset) as usize;
        let found: Vec<Diagnostic> = expression
            .problems()
            .iter()
            .map(|problem| {
                let span = Span::new(at(offset + problem.start), at(offset + problem.end));
                let found = Diagnostic::error(codes::EXPRESSION_SYNTAX, span, problem.message.clone());
                match &problem.help {
                    Some(help) => found.help(help.clone()),
                    None => found,
                }
            })
            .collect();
        self.problems.extend(found);
        if expression.problems().is_empty() && !expression.is_harmless() {
            let message = format!("this expression is not proven to end, and {} cannot stop it", self.evaluator);
            self.wrong(codes::EXPRESSION_SYNTAX, node, message, "use `map`, `first`, `any` and the like instead of loops");
        }
        expression
    }
}

/// The scope of expressions in such files: they have no variables, and no clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoVariables;

impl expression::Scope for NoVariables {
    fn variable(&self, _: &str) -> crate::value::Value {
        crate::value::Value::Null
    }

    fn now(&self) -> f64 {
        0.0
    }
}
