//! Where the table of the DSL meets a text: every node that the table describes, with its row.
//!
//! The tree is walked once; checks, hover, symbols and completion then read the flat list.

use crate::{
    dsl::{self, Named, Others, Property, Resolved, Shape, Support},
    text::Span,
    tree::{NodeId, NodeKind, Tree},
};

/// How deeply the walk follows a text; aliases can nest deeper than any text is written.
const MAX_DEPTH: usize = 400;

/// One node with what the table says about it.
#[derive(Clone, Debug)]
pub struct Site {
    /// The node.
    pub node: NodeId,
    /// The key that it stands under, if any.
    pub key: Option<NodeId>,
    /// The place in the list of the site that holds it.
    pub parent: Option<usize>,
    /// What it is to its parent.
    pub role: Role,
    /// What it may be.
    pub shape: &'static Shape,
    /// What it is.
    pub resolved: Resolved,
    /// Whether this version runs everything around it.
    pub supported: bool,
}

/// What a node is to the one that holds it.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// The outermost node.
    Root,
    /// The value of a known property.
    Property(&'static Property),
    /// The value of a key that the table does not know.
    Unknown,
    /// The value under a name of the author's own.
    Name,
    /// An item of a list.
    Item,
    /// An item of a list of named things: a mapping that should have one key.
    Entry(&'static Named),
    /// What stands under the name of such an item.
    Named(&'static Named),
}

/// All sites of a text, each after the one that holds it, in the order of the text.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    list: Vec<Site>,
}

/// What is at an offset of the text.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Index of the innermost site.
    pub index: usize,
    /// The innermost site.
    pub site: &'a Site,
    /// Which part of it.
    pub part: Part,
}

/// A part of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its key.
    Key,
    /// Its value, or what lies between key and value.
    Value,
}

impl Sites {
    /// Walks a tree with the table.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        static ROOT: Shape = Shape::Object(&dsl::WORKFLOW);
        Self::of_shape(tree, &ROOT)
    }

    /// Walks a tree that is one task: a file that defines a function.
    #[must_use]
    pub fn of_function(tree: &Tree) -> Self {
        Self::of_shape(tree, &Shape::Task)
    }

    fn of_shape(tree: &Tree, shape: &'static Shape) -> Self {
        let mut walk = Walk { tree, list: Vec::new() };
        if let Some(root) = tree.root() {
            walk.visit(Visit { node: root, key: None, parent: None, role: Role::Root, shape, supported: true, depth: 0 });
        }
        Self { list: walk.list }
    }

    /// The sites.
    #[must_use]
    pub fn list(&self) -> &[Site] {
        &self.list
    }

    /// The site that holds another.
    #[must_use]
    pub fn parent(&self, site: &Site) -> Option<&Site> {
        site.parent.and_then(|index| self.list.get(index))
    }

    /// What is at an offset: the innermost site that it touches.
    #[must_use]
    pub fn at(&self, tree: &Tree, offset: u32) -> Option<Place<'_>> {
        // A site stands after the one that holds it, and of two neighbours that meet at the offset
        // the later one begins there: the last one is meant.
        let index = self.list.iter().rposition(|site| site.range(tree).touches(offset))?;
        let site = &self.list[index];
        let on_key = site.key.is_some_and(|key| tree.span(key).touches(offset));
        Some(Place { index, site, part: if on_key { Part::Key } else { Part::Value } })
    }
}

impl Site {
    /// From its key to the end of its value; the key alone if the value is an alias.
    #[must_use]
    pub fn range(&self, tree: &Tree) -> Span {
        let node = tree.span(self.node);
        match self.key.map(|key| tree.span(key)) {
            Some(key) if node.start >= key.end => key.to(node),
            Some(key) => key,
            None => node,
        }
    }

    /// What a message about the whole of it underlines: its key, or its first line.
    #[must_use]
    pub fn blame(&self, tree: &Tree) -> Span {
        match (self.key, &tree.node(self.node).kind) {
            (Some(key), _) => tree.span(key),
            (None, NodeKind::Mapping(entries)) if !entries.is_empty() => tree.span(entries[0].key),
            _ => first_line(tree, tree.span(self.node)),
        }
    }

    /// The text of its key.
    #[must_use]
    pub fn name<'t>(&self, tree: &'t Tree) -> Option<&'t str> {
        self.key.and_then(|key| tree.text(key)).map(|text| &**text)
    }
}

/// The part of a span that lies on its first line.
#[must_use]
pub(crate) fn first_line(tree: &Tree, span: Span) -> Span {
    let line = tree.source().slice(span).split(['\n', '\r']).next().unwrap_or("");
    Span::new(span.start as usize, span.start as usize + line.trim_end().len())
}

struct Walk<'t> {
    tree: &'t Tree,
    list: Vec<Site>,
}

#[derive(Clone, Copy)]
struct Visit {
    node: NodeId,
    key: Option<NodeId>,
    parent: Option<usize>,
    role: Role,
    shape: &'static Shape,
    supported: bool,
    depth: usize,
}

impl Walk<'_> {
    fn visit(&mut self, visit: Visit) {
        let Visit { node, key, parent, role, shape, supported, depth } = visit;
        let resolved = match role {
            // Nothing is known of it, and the reader has said so.
            _ if self.tree.is_broken(node) => Resolved::Free(&Shape::Any),
            Role::Entry(named) => match &self.tree.node(node).kind {
                NodeKind::Mapping(_) => Resolved::Map(&named.shape),
                NodeKind::Scalar(_) | NodeKind::Sequence(_) => Resolved::Mismatch,
            },
            _ => dsl::resolve(self.tree, node, shape),
        };
        let index = self.list.len();
        self.list.push(Site { node, key, parent, role, shape, resolved: resolved.clone(), supported });
        if depth >= MAX_DEPTH {
            return;
        }
        let child = Visit { parent: Some(index), depth: depth + 1, ..visit };
        let tree = self.tree;
        match resolved {
            Resolved::Object(fields) => {
                let runs = fields.variant.is_none_or(|variant| variant.support == Support::Full);
                for entry in tree.entries(node) {
                    let Some(name) = tree.text(entry.key) else { continue };
                    let child = Visit { node: entry.value, key: Some(entry.key), ..child };
                    match (fields.property(name), fields.others()) {
                        (Some(property), _) => {
                            let supported = supported && runs && property.support == Support::Full;
                            self.visit(Visit { role: Role::Property(property), shape: &property.shape, supported, ..child });
                        }
                        (None, Others::Allowed(shape)) => self.visit(Visit { role: Role::Name, shape, ..child }),
                        (None, Others::Forbidden | Others::Ignored) => {
                            self.visit(Visit { role: Role::Unknown, shape: &Shape::Any, ..child });
                        }
                    }
                }
            }
            Resolved::Map(shape) => {
                let role = if let Role::Entry(named) = role { Role::Named(named) } else { Role::Name };
                for entry in tree.entries(node) {
                    self.visit(Visit { node: entry.value, key: Some(entry.key), role, shape, ..child });
                }
            }
            Resolved::List(shape) => {
                for item in tree.items(node) {
                    self.visit(Visit { node: *item, key: None, role: Role::Item, shape, ..child });
                }
            }
            Resolved::Named(named) => {
                for item in tree.items(node) {
                    self.visit(Visit { node: *item, key: None, role: Role::Entry(named), shape: &Shape::AnyMap, ..child });
                }
            }
            Resolved::Leaf(_) | Resolved::Free(_) | Resolved::Mismatch => {}
        }
    }
}
