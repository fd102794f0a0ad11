//! Every expression of a workflow with its place: read from the text by the table, so that also
//! those are checked that this version does not run.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::Arc,
};

use crate::{
    dsl::{Component, Resolved, Shape},
    expression::{self, Expression},
    ide::{
        diagnostics::CheckContext,
        sites::{Role, Site as Seat},
    },
    lower::scope::{Locals, Site},
    read,
    text::Span,
    tree::{NodeId, NodeKind},
};

/// An expression at its place.
pub(super) struct Placed {
    /// The index of the site that holds it.
    pub(super) site: usize,
    /// The scalar.
    pub(super) node: NodeId,
    /// Byte offset of the program in the scalar's decoded text.
    pub(super) offset: usize,
    pub(super) expression: Arc<Expression>,
    /// Which of the specification's places it is.
    pub(super) place: Site,
}

impl Placed {
    /// The bytes of the file for bytes of the program.
    pub(super) fn span(&self, context: &CheckContext<'_>, range: &std::ops::Range<usize>) -> Span {
        let at = |offset: usize| read::source_offset(context.tree, self.node, self.offset + offset) as usize;
        Span::new(at(range.start), at(range.end))
    }
}

/// Whether the workflow's expressions are jq; another language is reported as not supported.
pub(super) fn is_jq(context: &CheckContext<'_>) -> bool {
    context.at(&["evaluate", "language"]).is_none_or(|language| context.text(language) == "jq")
}

/// Whether every string is tried as an expression.
pub(super) fn is_loose(context: &CheckContext<'_>) -> bool {
    context.at(&["evaluate", "mode"]).is_some_and(|mode| context.text(mode) == "loose")
}

#[derive(Clone)]
struct Scope {
    place: Site,
    locals: Rc<Locals>,
    open: bool,
}

pub(super) fn collect(context: &CheckContext<'_>) -> Vec<Placed> {
    if !is_jq(context) {
        return Vec::new();
    }
    let seats = context.sites.list();
    let everything = Rc::new(all_locals(context));
    let mut scopes: Vec<Option<Scope>> = vec![None; seats.len()];
    // Components are given the variables that every user of theirs has.
    let mut users: HashMap<(&str, &str), HashSet<Arc<str>>> = HashMap::new();
    for components in [false, true] {
        for (index, seat) in seats.iter().enumerate() {
            if is_component(context, index) != components {
                continue;
            }
            let scope = match seat.parent.and_then(|parent| scopes[parent].clone()) {
                Some(outer) => step(context, index, seat, outer, &everything, &users),
                None => Scope { place: Site::Body, locals: Rc::default(), open: false },
            };
            if let Resolved::Leaf(Shape::Component(component)) = seat.resolved
                && let Some(section) = inherits(*component)
            {
                let names: HashSet<Arc<str>> = scope.locals.names().iter().cloned().collect();
                let known = users.entry((section, context.text(seat.node))).or_insert_with(|| names.clone());
                known.retain(|name| names.contains(name));
            }
            scopes[index] = Some(scope);
        }
    }
    let read = context.read.iter().map(|read| ((read.node, read.offset), &read.expression)).collect();
    let mut collector = Collector { context, found: Vec::with_capacity(context.read.len()), read, available: HashMap::new() };
    for (index, seat) in seats.iter().enumerate() {
        if let Some(scope) = &scopes[index] {
            collector.seat(index, seat, scope);
        }
    }
    collector.found.sort_by_key(|placed| context.tree.span(placed.node).start);
    collector.found
}

/// The sections of `use` whose expressions see the variables of the place that names them.
fn inherits(component: Component) -> Option<&'static str> {
    match component {
        Component::Error | Component::Retry | Component::Timeout | Component::Authentication => Some(component.section()),
        Component::Secret => None,
    }
}

/// Whether a site lies in a section of `use` whose entries are taken over where they are named.
fn is_component(context: &CheckContext<'_>, index: usize) -> bool {
    let mut at = index;
    let mut path = [usize::MAX; 3];
    loop {
        path.rotate_right(1);
        path[0] = at;
        match context.site(at).parent {
            Some(parent) => at = parent,
            None => break,
        }
    }
    let name = |index: usize| if index == usize::MAX { None } else { context.site(index).name(context.tree) };
    name(path[1]) == Some("use") && matches!(name(path[2]), Some("errors" | "retries" | "timeouts" | "authentications"))
}

fn step(
    context: &CheckContext<'_>,
    index: usize,
    seat: &Seat,
    outer: Scope,
    everything: &Rc<Locals>,
    users: &HashMap<(&str, &str), HashSet<Arc<str>>>,
) -> Scope {
    let Some(parent) = seat.parent.map(|parent| context.site(parent)) else { return outer };
    let open = |outer: Scope| Scope { locals: everything.clone(), open: true, ..outer };
    if let Role::Name = seat.role
        && let (Some(name), Some(section)) = (seat.name(context.tree), parent.name(context.tree))
        && is_component(context, index)
    {
        return match users.get(&(section, name)) {
            Some(names) if !outer.open => Scope { locals: Rc::new(Locals::default().with(&names.iter().collect::<Vec<_>>())), ..outer },
            _ => open(outer),
        };
    }
    let (Role::Property(property), Resolved::Object(fields)) = (seat.role, &parent.resolved) else { return outer };
    let with = |owner: Option<NodeId>, names: [(&str, &str); 2]| {
        let names = names.map(|(key, default)| variable(context, owner, key, default));
        Rc::new(outer.locals.with(&names.iter().filter(|name| name.len() > 1).collect::<Vec<_>>()))
    };
    if parent.parent.is_none() {
        return match property.name {
            "input" => Scope { place: Site::WorkflowInput, ..outer },
            "output" => Scope { place: Site::WorkflowOutput, ..outer },
            _ => outer,
        };
    }
    if parent.name(context.tree) == Some("use") && matches!(property.name, "functions" | "extensions") {
        return open(outer);
    }
    if fields.kinds.is_some() {
        return match property.name {
            "if" | "input" | "timeout" => Scope { place: Site::Input, ..outer },
            "output" => Scope { place: Site::Output, ..outer },
            "export" => Scope { place: Site::Export, ..outer },
            "do" | "while" if context.tree.get(parent.node, "for").is_some() => {
                let locals = with(context.tree.get(parent.node, "for"), [("each", "item"), ("at", "index")]);
                Scope { place: Site::Body, locals, ..outer }
            }
            "foreach" => Scope { place: Site::Body, locals: with(Some(seat.node), [("item", "item"), ("at", "index")]), ..outer },
            _ => Scope { place: Site::Body, ..outer },
        };
    }
    match (fields.object.name, property.name) {
        ("subscription iterator", "output") => Scope { place: Site::Output, ..outer },
        ("subscription iterator", "export") => Scope { place: Site::Export, ..outer },
        ("AsyncAPI subscription", "foreach") => Scope { locals: with(Some(seat.node), [("item", "item"), ("at", "index")]), ..outer },
        ("catch", "when" | "exceptWhen" | "retry" | "do") => {
            Scope { locals: with(Some(parent.node), [("as", "error"), ("", "")]), ..outer }
        }
        _ => outer,
    }
}

/// The name of a loop or error variable, with its `$`.
pub(super) fn variable(context: &CheckContext<'_>, owner: Option<NodeId>, key: &str, default: &str) -> Arc<str> {
    let name = owner.and_then(|owner| context.tree.get(owner, key)).map_or(default, |node| context.text(node));
    format!("${}", name.trim_start_matches('$')).into()
}

/// Every loop and error variable that any task declares.
fn all_locals(context: &CheckContext<'_>) -> Locals {
    let mut names: Vec<Arc<str>> = ["$item", "$index", "$error"].map(Arc::from).to_vec();
    for site in context.sites.list() {
        if let Resolved::Leaf(Shape::Variable) = site.resolved {
            names.push(format!("${}", context.text(site.node).trim_start_matches('$')).into());
        }
    }
    Locals::default().with(&names.iter().collect::<Vec<_>>())
}

struct Collector<'c, 'a> {
    context: &'c CheckContext<'a>,
    found: Vec<Placed>,
    /// What was read for the model, by its node and its place in that.
    read: HashMap<(NodeId, usize), &'c Arc<Expression>>,
    /// The variables of a place, by the place and the identity of its locals.
    available: HashMap<(u8, *const Locals), Rc<[Arc<str>]>>,
}

impl Collector<'_, '_> {
    fn seat(&mut self, index: usize, seat: &Seat, scope: &Scope) {
        match &seat.resolved {
            Resolved::Leaf(Shape::Expression) => {
                let Some(text) = self.context.tree.string(seat.node) else { return };
                let (program, offset) = expression::unwrap(text).unwrap_or_else(|| {
                    let program = text.trim();
                    (program, text.len() - text.trim_start().len())
                });
                self.push(index, seat.node, program, offset, scope);
            }
            Resolved::Leaf(Shape::Wrapped | Shape::Text | Shape::Scalar | Shape::Uri | Shape::Duration | Shape::MediaType) => {
                self.data(index, seat.node, scope);
            }
            Resolved::Free(Shape::Data | Shape::DataMap | Shape::FilledDataMap | Shape::ObjectList) => self.data(index, seat.node, scope),
            _ => {}
        }
    }

    fn data(&mut self, index: usize, node: NodeId, scope: &Scope) {
        let tree = self.context.tree;
        match &tree.node(node).kind {
            NodeKind::Scalar(_) => {
                if let Some(text) = tree.string(node)
                    && let Some((program, offset)) = expression::unwrap(text)
                {
                    self.push(index, node, program, offset, scope);
                }
            }
            NodeKind::Sequence(items) => items.iter().for_each(|item| self.data(index, *item, scope)),
            NodeKind::Mapping(entries) => entries.iter().for_each(|entry| self.data(index, entry.value, scope)),
        }
    }

    fn push(&mut self, site: usize, node: NodeId, program: &str, offset: usize, scope: &Scope) {
        let key = (scope.place as u8, Rc::as_ptr(&scope.locals));
        let available = self.available.entry(key).or_insert_with(|| scope.locals.available(scope.place).into());
        let read = self.read.get(&(node, offset)).filter(|read| read.text() == program && read.is_same_among(available));
        let expression = read.map_or_else(|| Expression::new(program, available), |read| (*read).clone());
        self.found.push(Placed { site, node, offset, expression, place: scope.place });
    }
}
