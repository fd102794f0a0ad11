//! Inline JSON Schemas that are not valid themselves: keywords whose values have the wrong form, and
//! references into the schema that lead nowhere.
//!
//! Only what every draft since 2019-09 refuses is an error; unknown keywords are allowed, but one
//! that nearly is a known one is pointed out.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Resolved, Shape},
    ide::{
        diagnostics::{Check, CheckContext, edits, one_of},
        sites::{Role, first_line},
    },
    suggest,
    tree::{Entry, NodeId, NodeKind, Tree},
    value::ValueExt as _,
};

pub(super) const CHECK: Check = Check { codes: &[codes::BAD_SCHEMA], run: check };

const TYPES: &[&str] = &["null", "boolean", "object", "array", "number", "string", "integer"];

#[derive(Clone, Copy)]
enum Form {
    Any,
    Schema,
    Schemas,
    SchemaMap,
    Type,
    Names,
    List,
    Count,
    Number,
    Bool,
    Text,
    NameMap,
}

/// The keywords of JSON Schema with the form of their values.
const KEYWORDS: &[(&str, Form)] = &[
    ("$anchor", Form::Text),
    ("$comment", Form::Text),
    ("$defs", Form::SchemaMap),
    ("$dynamicAnchor", Form::Text),
    ("$dynamicRef", Form::Text),
    ("$id", Form::Text),
    ("$ref", Form::Text),
    ("$schema", Form::Text),
    ("$vocabulary", Form::Any),
    ("additionalItems", Form::Any),
    ("additionalProperties", Form::Schema),
    ("allOf", Form::Schemas),
    ("anyOf", Form::Schemas),
    ("const", Form::Any),
    ("contains", Form::Schema),
    ("contentEncoding", Form::Text),
    ("contentMediaType", Form::Text),
    ("contentSchema", Form::Schema),
    ("default", Form::Any),
    ("definitions", Form::SchemaMap),
    ("dependencies", Form::Any),
    ("dependentRequired", Form::NameMap),
    ("dependentSchemas", Form::SchemaMap),
    ("deprecated", Form::Bool),
    ("description", Form::Text),
    ("else", Form::Schema),
    ("enum", Form::List),
    ("example", Form::Any),
    ("examples", Form::Any),
    ("exclusiveMaximum", Form::Any),
    ("exclusiveMinimum", Form::Any),
    ("format", Form::Text),
    ("id", Form::Any),
    ("if", Form::Schema),
    ("items", Form::Any),
    ("maxContains", Form::Count),
    ("maxItems", Form::Count),
    ("maxLength", Form::Count),
    ("maxProperties", Form::Count),
    ("maximum", Form::Number),
    ("minContains", Form::Count),
    ("minItems", Form::Count),
    ("minLength", Form::Count),
    ("minProperties", Form::Count),
    ("minimum", Form::Number),
    ("multipleOf", Form::Number),
    ("not", Form::Schema),
    ("nullable", Form::Any),
    ("oneOf", Form::Schemas),
    ("pattern", Form::Text),
    ("patternProperties", Form::SchemaMap),
    ("prefixItems", Form::Schemas),
    ("properties", Form::SchemaMap),
    ("propertyNames", Form::Schema),
    ("readOnly", Form::Bool),
    ("required", Form::Names),
    ("then", Form::Schema),
    ("title", Form::Text),
    ("type", Form::Type),
    ("unevaluatedItems", Form::Schema),
    ("unevaluatedProperties", Form::Schema),
    ("uniqueItems", Form::Bool),
    ("writeOnly", Form::Bool),
];

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for site in context.sites.list() {
        let document =
            matches!((site.role, &site.resolved), (Role::Property(property), Resolved::Free(Shape::Any)) if property.name == "document");
        let json = || {
            let format = context.sites.parent(site).and_then(|parent| context.tree.get(parent.node, "format"));
            format.is_none_or(|format| context.text(format).starts_with("json"))
        };
        if document && json() {
            Walk { tree: context.tree, root: site.node, found }.schema(site.node, None, 0);
        }
    }
}

struct Walk<'w> {
    tree: &'w Tree,
    root: NodeId,
    found: &'w mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn report(&mut self, node: NodeId, key: Option<NodeId>, message: String) {
        let diagnostic = self.diagnostic(node, key, message);
        self.found.push(diagnostic);
    }

    fn diagnostic(&self, node: NodeId, key: Option<NodeId>, message: String) -> Diagnostic {
        let span = match (&self.tree.node(node).kind, key) {
            (NodeKind::Scalar(_), Some(key)) if self.tree.span(node).start == self.tree.span(node).end => self.tree.span(key),
            (NodeKind::Scalar(_), _) | (_, None) => first_line(self.tree, self.tree.span(node)),
            (_, Some(key)) => self.tree.span(key),
        };
        Diagnostic::error(codes::BAD_SCHEMA, span, message)
    }

    fn schema(&mut self, node: NodeId, key: Option<NodeId>, depth: usize) {
        if depth > 200 {
            return;
        }
        match &self.tree.node(node).kind {
            NodeKind::Mapping(_) => {}
            NodeKind::Scalar(scalar) if scalar.value.type_name() == "boolean" => return,
            _ => {
                self.report(node, key, "a JSON Schema is a mapping, or `true` or `false`".into());
                return;
            }
        }
        let entries: Vec<Entry> = self.tree.entries(node).to_vec();
        for entry in &entries {
            let Some(name) = self.tree.text(entry.key).cloned() else { continue };
            match KEYWORDS.iter().find(|(keyword, _)| *keyword == &*name) {
                Some((_, form)) => self.keyword(entry, &name, *form, depth),
                None => self.unknown(node, entry, &name),
            }
        }
    }

    /// A keyword of one's own is allowed, but not one that is a slip of the pen.
    fn unknown(&mut self, node: NodeId, entry: &Entry, name: &str) {
        let candidates = KEYWORDS.iter().map(|(keyword, _)| *keyword).filter(|keyword| keyword.len() > 4);
        let Some(near) = suggest::closest(name, candidates).filter(|near| near.len().abs_diff(name.len()) <= 2) else { return };
        if name.starts_with("x-") || name.len() < 4 || self.tree.get(node, near).is_some() {
            return;
        }
        let message = format!("JSON Schema has no keyword `{name}`, so it has no effect");
        let diagnostic = Diagnostic::warning(codes::BAD_SCHEMA, self.tree.span(entry.key), message).help(format!("did you mean `{near}`?"));
        let fix = edits::replace_scalar(self.tree, entry.key, near);
        self.found.push(fix.into_iter().fold(diagnostic, Diagnostic::fix));
    }

    fn keyword(&mut self, entry: &Entry, name: &str, form: Form, depth: usize) {
        let (tree, value, key) = (self.tree, entry.value, Some(entry.key));
        let scalar = tree.scalar(value);
        let kind = scalar.map(|scalar| scalar.value.type_name());
        let wrong = |expected: &str| format!("`{name}` in a JSON Schema is {expected}");
        match form {
            Form::Any => {}
            Form::Schema => self.schema(value, key, depth + 1),
            Form::Schemas => match &tree.node(value).kind {
                NodeKind::Sequence(items) if !items.is_empty() => items.iter().for_each(|item| self.schema(*item, None, depth + 1)),
                _ => self.report(value, key, wrong("a list of at least one schema")),
            },
            Form::SchemaMap => match &tree.node(value).kind {
                NodeKind::Mapping(entries) => entries.iter().for_each(|entry| self.schema(entry.value, Some(entry.key), depth + 1)),
                _ => self.report(value, key, wrong("a mapping from names to schemas")),
            },
            Form::Type => self.kind_of_type(value, entry.key),
            Form::Names => self.names(value, entry.key, name),
            Form::NameMap => match &tree.node(value).kind {
                NodeKind::Mapping(entries) => entries.iter().for_each(|entry| self.names(entry.value, entry.key, name)),
                _ => self.report(value, key, wrong("a mapping from names to lists of names")),
            },
            Form::List if !matches!(tree.node(value).kind, NodeKind::Sequence(_)) => self.report(value, key, wrong("a list")),
            Form::Count if scalar.and_then(|scalar| scalar.value.as_i64()).is_none_or(|count| count < 0) => {
                self.report(value, key, wrong("a whole number from 0 on"));
            }
            Form::Number if kind != Some("number") => self.report(value, key, wrong("a number")),
            Form::Bool if kind != Some("boolean") => self.report(value, key, wrong("`true` or `false`")),
            Form::Text if kind != Some("string") => self.report(value, key, wrong("a string")),
            Form::Text if name == "$ref" => self.reference(value),
            Form::List | Form::Count | Form::Number | Form::Bool | Form::Text => {}
        }
    }

    fn kind_of_type(&mut self, value: NodeId, key: NodeId) {
        let items = match &self.tree.node(value).kind {
            NodeKind::Sequence(items) if !items.is_empty() => items.clone(),
            NodeKind::Scalar(_) => vec![value],
            _ => {
                self.report(value, Some(key), "`type` in a JSON Schema is the name of a type, or a list of some".into());
                return;
            }
        };
        for item in items {
            let text = self.tree.text(item).cloned().unwrap_or_else(|| "".into());
            // A plain `null` is not the word.
            if TYPES.contains(&&*text) && self.tree.string(item).is_some() {
                continue;
            }
            let near = suggest::closest(&text, TYPES.iter().copied()).or(match &*text {
                "int" | "long" => Some("integer"),
                "float" | "double" | "decimal" => Some("number"),
                "dict" | "map" => Some("object"),
                "list" => Some("array"),
                _ => None,
            });
            let diagnostic = self.diagnostic(item, Some(key), format!("`{text}` is not a type of JSON Schema"));
            let (help, fix) = match near {
                Some("null") if &*text == "null" => {
                    ("put it in quotes: the word is meant, not the value".into(), edits::quote(self.tree, item))
                }
                Some(near) => (format!("did you mean `{near}`?"), edits::replace_scalar(self.tree, item, near)),
                None => (format!("the types are {}", one_of(TYPES.iter().copied()).replace(" or ", " and ")), None),
            };
            self.found.push(fix.into_iter().fold(diagnostic.help(help), Diagnostic::fix));
        }
    }

    fn names(&mut self, value: NodeId, key: NodeId, name: &str) {
        let tree = self.tree;
        let NodeKind::Sequence(items) = &tree.node(value).kind else {
            let diagnostic = self.diagnostic(value, Some(key), format!("`{name}` in a JSON Schema is a list of names"));
            let help =
                (name == "required").then_some("the schema that holds the properties lists those that are required: `required: [ id ]`");
            self.found.push(help.into_iter().fold(diagnostic, Diagnostic::help));
            return;
        };
        for item in items {
            if tree.string(*item).is_none() {
                self.report(*item, Some(key), format!("`{name}` in a JSON Schema holds names, which are strings"));
            }
        }
    }

    /// A reference into the schema itself leads somewhere.
    fn reference(&mut self, value: NodeId) {
        let tree = self.tree;
        let Some(pointer) = tree.text(value).and_then(|text| text.strip_prefix("#/")) else { return };
        let mut at = Some(self.root);
        for token in pointer.split('/') {
            let token = token.replace("~1", "/").replace("~0", "~");
            at = at.and_then(|node| match token.parse::<usize>() {
                Ok(index) if !tree.items(node).is_empty() => tree.items(node).get(index).copied(),
                _ => tree.get(node, &token),
            });
        }
        if at.is_none() {
            let message = format!("the reference `#/{pointer}` leads to nothing in this schema");
            self.found.push(Diagnostic::warning(codes::BAD_SCHEMA, tree.span(value), message));
        }
    }
}
