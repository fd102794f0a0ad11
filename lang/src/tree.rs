//! The spanned tree of a YAML or JSON text: every key and value knows its bytes.
//!
//! Nodes live in an arena and are named by [`NodeId`]. An alias has no node of its own: it shares
//! its anchor's, so one node can hang in several places. What a merge key names hangs in the
//! mapping too, after its own entries.
//!
//! The tree of a text that is not valid has gaps: see [`Tree::gaps`].

use std::sync::Arc;

use crate::{
    text::{Source, Span},
    value::Value,
};

/// Names a node of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

/// A node: what it is and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its text, quotes and brackets included.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// A string, number, boolean or null.
    Scalar(Scalar),
    /// A list of values.
    Sequence(Vec<NodeId>),
    /// Keys with values, in the order of the text; duplicates are kept.
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The key; nearly always a string scalar.
    pub key: NodeId,
    /// The value.
    pub value: NodeId,
}

/// A scalar after unquoting, with its value by the YAML 1.2 core schema.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The text without quotes, escapes and folding.
    pub text: Arc<str>,
    /// How it is written.
    pub style: ScalarStyle,
    /// What it stands for.
    pub value: Value,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalarStyle {
    /// `text`
    Plain,
    /// `'text'`
    SingleQuoted,
    /// `"text"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// What could not be read of a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gaps {
    /// Nodes whose value could not be read; they stand as nulls in the tree.
    pub(crate) broken: Vec<NodeId>,
    /// Collections of which entries or items may be missing.
    pub(crate) incomplete: Vec<NodeId>,
    /// The text that is to blame.
    pub(crate) spans: Vec<Span>,
}

impl Gaps {
    pub(crate) fn sort(&mut self) {
        self.broken.sort_unstable();
        self.incomplete.sort_unstable();
        self.spans.sort_unstable();
        self.spans.dedup();
    }
}

/// The tree of one text.
#[derive(Clone, Debug)]
pub struct Tree {
    source: Arc<Source>,
    nodes: Vec<Node>,
    root: Option<NodeId>,
    gaps: Gaps,
}

impl Tree {
    pub(crate) fn new(source: Arc<Source>, nodes: Vec<Node>, root: Option<NodeId>, gaps: Gaps) -> Self {
        Self { source, nodes, root, gaps }
    }

    /// All nodes, in no order that has a meaning.
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The text that could not be read, in its order; none if the text is valid.
    #[must_use]
    pub fn gaps(&self) -> &[Span] {
        &self.gaps.spans
    }

    /// Whether the node's value could not be read: it stands as a null, and nothing is known of it.
    #[must_use]
    pub fn is_broken(&self, id: NodeId) -> bool {
        self.gaps.broken.binary_search(&id).is_ok()
    }

    /// Whether entries or items of the node may be missing, as their text could not be read.
    #[must_use]
    pub fn is_incomplete(&self, id: NodeId) -> bool {
        self.gaps.incomplete.binary_search(&id).is_ok()
    }

    /// Whether a part of the text could not be read.
    #[must_use]
    pub fn has_gap_in(&self, span: Span) -> bool {
        self.gaps.spans.iter().any(|gap| gap.start < span.end && gap.end > span.start)
    }

    /// The comments of the text, in its order.
    #[must_use]
    pub fn comments(&self) -> Vec<crate::read::Comment<'_>> {
        crate::read::comments(self)
    }

    /// The text it was read from.
    #[must_use]
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The outermost node, if the text has any content.
    #[must_use]
    pub fn root(&self) -> Option<NodeId> {
        self.root
    }

    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// Where a node stands.
    #[must_use]
    pub fn span(&self, id: NodeId) -> Span {
        self.node(id).span
    }

    /// The entries of a mapping; none for other nodes.
    #[must_use]
    pub fn entries(&self, id: NodeId) -> &[Entry] {
        match &self.node(id).kind {
            NodeKind::Mapping(entries) => entries,
            NodeKind::Scalar(_) | NodeKind::Sequence(_) => &[],
        }
    }

    /// The items of a sequence; none for other nodes.
    #[must_use]
    pub fn items(&self, id: NodeId) -> &[NodeId] {
        match &self.node(id).kind {
            NodeKind::Sequence(items) => items,
            NodeKind::Scalar(_) | NodeKind::Mapping(_) => &[],
        }
    }

    /// The scalar that a node is, if it is one.
    #[must_use]
    pub fn scalar(&self, id: NodeId) -> Option<&Scalar> {
        match &self.node(id).kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            NodeKind::Sequence(_) | NodeKind::Mapping(_) => None,
        }
    }

    /// The text of a scalar, whatever its type; keys and names are read so.
    #[must_use]
    pub fn text(&self, id: NodeId) -> Option<&Arc<str>> {
        self.scalar(id).map(|scalar| &scalar.text)
    }

    /// The text of a scalar that is a string.
    #[must_use]
    pub fn string(&self, id: NodeId) -> Option<&Arc<str>> {
        self.scalar(id).filter(|scalar| scalar.value.is_utf8_str()).map(|scalar| &scalar.text)
    }

    /// The entry of a mapping with this key; the first, if the key is there twice.
    #[must_use]
    pub fn entry(&self, id: NodeId, key: &str) -> Option<Entry> {
        self.entries(id).iter().copied().find(|entry| self.text(entry.key).is_some_and(|text| &**text == key))
    }

    /// The value under a key of a mapping.
    #[must_use]
    pub fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.entry(id, key).map(|entry| entry.value)
    }

    /// Whether the node is an empty value or written `null`.
    #[must_use]
    pub fn is_null(&self, id: NodeId) -> bool {
        self.scalar(id).is_some_and(|scalar| matches!(scalar.value, Value::Null))
    }

    /// What the node stands for, as data.
    #[must_use]
    pub fn value(&self, id: NodeId) -> Value {
        match &self.node(id).kind {
            NodeKind::Scalar(scalar) => scalar.value.clone(),
            NodeKind::Sequence(items) => items.iter().map(|item| self.value(*item)).collect(),
            NodeKind::Mapping(entries) => crate::value::object(entries.iter().map(|entry| {
                let key = self.text(entry.key).map_or_else(String::new, |text| text.to_string());
                (key, self.value(entry.value))
            })),
        }
    }
}

use crate::value::ValueExt as _;
