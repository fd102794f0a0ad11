//! Templates: data with expressions at its leaves, as `set`, `with`, `output.as` and others hold.

use std::sync::Arc;

use crate::{
    expression::{Expression, Scope},
    text::Span,
    value::{self, Value},
};

/// Data that may hold expressions. Parts without any are one shared value.
#[derive(Clone, Debug)]
pub enum Template {
    /// No expression inside.
    Value(Value),
    /// An expression, with the scalar it stands in.
    Expression(Arc<Expression>, Span),
    /// A text that is an expression if it yields a value, and itself if not (`evaluate.mode: loose`).
    Loose(Arc<Expression>, Span, Value),
    /// Items.
    Array(Arc<[Template]>),
    /// Members.
    Object(Arc<[(String, Template)]>),
}

/// An expression of a template that did not yield a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The scalar that holds it.
    pub span: Span,
    /// The program.
    pub expression: String,
    /// Why.
    pub message: String,
}

impl Template {
    /// Evaluates every expression with the same input.
    ///
    /// # Errors
    /// The first expression that failed.
    pub fn evaluate(&self, input: &Value, scope: &dyn Scope) -> Result<Value, Failed> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Expression(expression, span) => expression.evaluate(input.clone(), scope).map_err(|message| Failed {
                span: *span,
                expression: expression.text().to_owned(),
                message,
            }),
            Self::Loose(expression, _, text) => Ok(expression.evaluate(input.clone(), scope).unwrap_or_else(|_| text.clone())),
            Self::Array(items) => items.iter().map(|item| item.evaluate(input, scope)).collect(),
            Self::Object(members) => {
                let members: Result<Vec<_>, Failed> =
                    members.iter().map(|(key, member)| Ok((key.as_str(), member.evaluate(input, scope)?))).collect();
                Ok(value::object(members?))
            }
        }
    }

    /// The part that makes a member of the object that this template makes.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<Self> {
        use crate::value::ValueExt as _;
        match self {
            Self::Value(value) => value.member(key).cloned().map(Self::Value),
            Self::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, member)| member.clone()),
            Self::Expression(..) | Self::Loose(..) | Self::Array(_) => None,
        }
    }

    /// Every expression in it, with its scalar.
    pub fn expressions(&self) -> Vec<(&Arc<Expression>, Span)> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'a>(&'a self, found: &mut Vec<(&'a Arc<Expression>, Span)>) {
        match self {
            Self::Value(_) => {}
            Self::Expression(expression, span) | Self::Loose(expression, span, _) => found.push((expression, *span)),
            Self::Array(items) => items.iter().for_each(|item| item.collect(found)),
            Self::Object(members) => members.iter().for_each(|(_, member)| member.collect(found)),
        }
    }

    /// Whether every expression in it is proven to end.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        match self {
            Self::Value(_) => true,
            Self::Expression(expression, _) | Self::Loose(expression, ..) => expression.is_harmless(),
            Self::Array(items) => items.iter().all(Self::is_harmless),
            Self::Object(members) => members.iter().all(|(_, member)| member.is_harmless()),
        }
    }
}
