//! Which part of the table describes one particular node.

use crate::{
    dsl::{DURATION, Named, Object, Others, Property, Shape, Support, TASK, TASK_COMMON, TaskKind, Variant},
    tree::{NodeId, NodeKind, Tree},
    value::Value,
};

/// What a shape says about one node, once alternatives are decided.
#[derive(Clone, Debug)]
pub enum Resolved {
    /// A mapping with known properties.
    Object(Fields),
    /// A mapping from names of the author's own.
    Map(&'static Shape),
    /// A list.
    List(&'static Shape),
    /// A list of mappings with one key each.
    Named(&'static Named),
    /// A scalar of this shape.
    Leaf(&'static Shape),
    /// Data that has no shape of its own: one of the free shapes.
    Free(&'static Shape),
    /// The node is of another type than the shape wants.
    Mismatch,
}

/// The properties of a mapping: those of its object, and for a task those that all tasks have.
#[derive(Clone, Debug)]
pub struct Fields {
    /// The object that describes the mapping.
    pub object: &'static Object,
    /// The objects of further kinds that a task wrongly is of.
    pub more: Vec<&'static Object>,
    /// Of a task: its kinds in the order of the text. A sound task has one.
    pub kinds: Option<Vec<&'static TaskKind>>,
    /// The variant that was chosen by the text of a property.
    pub variant: Option<VariantChoice>,
}

/// How a variant was chosen.
#[derive(Clone, Copy, Debug)]
pub struct VariantChoice {
    /// The node whose text chose it.
    pub node: NodeId,
    /// Whether what was chosen runs.
    pub support: Support,
    /// The variant, if the text is a known one.
    pub known: Option<&'static Variant>,
}

impl Fields {
    /// The property with this key.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.objects().find_map(|object| object.property(name))
    }

    /// All properties.
    pub fn properties(&self) -> impl Iterator<Item = &'static Property> {
        self.objects().flat_map(|object| object.properties)
    }

    /// What other keys mean.
    #[must_use]
    pub fn others(&self) -> Others {
        self.object.others
    }

    fn objects(&self) -> impl Iterator<Item = &'static Object> {
        let common = self.kinds.as_ref().map(|_| &TASK_COMMON);
        std::iter::once(self.object).chain(self.more.iter().copied()).chain(common)
    }
}

/// Decides what a shape says about a node.
#[must_use]
pub fn resolve(tree: &Tree, node: NodeId, shape: &'static Shape) -> Resolved {
    let kind = &tree.node(node).kind;
    match (shape, kind) {
        (free @ (Shape::Any | Shape::Data), _)
        | (free @ (Shape::AnyMap | Shape::DataMap | Shape::FilledDataMap), NodeKind::Mapping(_))
        | (free @ Shape::ObjectList, NodeKind::Sequence(_)) => Resolved::Free(free),
        (Shape::Object(object), NodeKind::Mapping(_)) => Resolved::Object(object_fields(tree, node, object)),
        (Shape::Duration, NodeKind::Mapping(_)) => Resolved::Object(object_fields(tree, node, &DURATION)),
        (Shape::Task, NodeKind::Mapping(_)) => Resolved::Object(task_fields(tree, node)),
        (Shape::Map(shape), NodeKind::Mapping(_)) => Resolved::Map(shape),
        (Shape::List(shape), NodeKind::Sequence(_)) => Resolved::List(shape),
        (Shape::Named(named), NodeKind::Sequence(_)) => Resolved::Named(named),
        (Shape::OneOf(shapes), _) => match choose(tree, node, shapes) {
            Some(shape) => resolve(tree, node, shape),
            None => Resolved::Mismatch,
        },
        (leaf, NodeKind::Scalar(scalar)) if leaf.takes(&scalar.value) => Resolved::Leaf(leaf),
        _ => Resolved::Mismatch,
    }
}

impl Shape {
    /// Whether a scalar of this type is meant to be this, right or wrong in its form.
    fn takes(&self, value: &Value) -> bool {
        match self {
            Self::String
            | Self::Text
            | Self::Expression
            | Self::Wrapped
            | Self::Variable
            | Self::Name
            | Self::Host
            | Self::SemVer
            | Self::Duration
            | Self::Uri
            | Self::Cron
            | Self::MediaType
            | Self::SchemaFormat
            | Self::Choice(_)
            | Self::Component(_)
            | Self::Target => matches!(value, Value::TStr(_)),
            Self::Scalar => matches!(value, Value::TStr(_) | Value::Num(_) | Value::Bool(_)),
            Self::Bool => matches!(value, Value::Bool(_)),
            Self::Integer | Self::IntegerIn(..) => matches!(value, Value::Num(_)),
            Self::Any | Self::Data => true,
            _ => false,
        }
    }

    fn fits(&self, tree: &Tree, node: NodeId) -> bool {
        match (self, &tree.node(node).kind) {
            (Self::OneOf(shapes), _) => shapes.iter().any(|shape| shape.fits(tree, node)),
            (Self::Any | Self::Data, _) => true,
            (shape, NodeKind::Scalar(scalar)) => shape.takes(&scalar.value),
            (
                Self::AnyMap | Self::DataMap | Self::FilledDataMap | Self::Object(_) | Self::Map(_) | Self::Task | Self::Duration,
                NodeKind::Mapping(_),
            )
            | (Self::ObjectList | Self::List(_) | Self::Named(_), NodeKind::Sequence(_)) => true,
            _ => false,
        }
    }

    /// How many of a mapping's keys this alternative knows.
    fn known_keys(&self, tree: &Tree, node: NodeId) -> usize {
        match self {
            Self::Object(object) => {
                let known = |key: NodeId| tree.text(key).is_some_and(|text| object.property(text).is_some());
                tree.entries(node).iter().filter(|entry| known(entry.key)).count()
            }
            _ => 0,
        }
    }
}

/// The alternative that the author meant: the first of the node's type that knows most of its keys.
fn choose(tree: &Tree, node: NodeId, shapes: &'static [Shape]) -> Option<&'static Shape> {
    let mut best: Option<(usize, &Shape)> = None;
    for shape in shapes.iter().filter(|shape| shape.fits(tree, node)) {
        let known = shape.known_keys(tree, node);
        if best.is_none_or(|(most, _)| known > most) {
            best = Some((known, shape));
        }
    }
    best.map(|(_, shape)| shape)
}

fn object_fields(tree: &Tree, node: NodeId, object: &'static Object) -> Fields {
    let mut fields = Fields { object, more: Vec::new(), kinds: None, variant: None };
    choose_variant(tree, node, &mut fields);
    fields
}

fn choose_variant(tree: &Tree, node: NodeId, fields: &mut Fields) {
    let Some(variants) = &fields.object.variants else { return };
    let Some(decider) = tree.get(node, variants.key) else { return };
    let Some(text) = tree.string(decider) else { return };
    let known = variants.known.iter().find(|variant| variant.value == &**text);
    let support = known.map_or(variants.other_support, |variant| variant.support);
    fields.variant = Some(VariantChoice { node: decider, support, known });
    fields.object = known.map_or(variants.other, |variant| variant.object);
}

fn task_fields(tree: &Tree, node: NodeId) -> Fields {
    let mut kinds: Vec<&'static TaskKind> = Vec::new();
    for entry in tree.entries(node) {
        let Some(text) = tree.text(entry.key) else { continue };
        if let Some(kind) = TaskKind::of(text)
            && !kinds.iter().any(|known| known.keyword == kind.keyword)
        {
            kinds.push(kind);
        }
    }
    // The `do` of a `for` task is a part of it, not a kind of its own.
    let present = kinds.clone();
    kinds.retain(|kind| !present.iter().any(|other| other.keyword != kind.keyword && other.object.property(kind.keyword).is_some()));
    let mut objects = kinds.iter().map(|kind| kind.object);
    let object = objects.next().unwrap_or(&TASK);
    let more = objects.collect();
    let mut fields = Fields { object, more, kinds: Some(kinds), variant: None };
    choose_variant(tree, node, &mut fields);
    fields
}
