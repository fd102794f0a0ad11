//! The outline of a workflow: its tasks, nested as they are written, with their kinds.

use crate::{
    dsl::{Fields, Resolved, TaskKind},
    ide::sites::{Role, Site, Sites},
    text::Span,
    tree::{NodeId, Tree},
};

/// A named thing of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// What kind of task or component it is, such as `call: http`.
    pub detail: String,
    /// What it is.
    pub kind: SymbolKind,
    /// All of it.
    pub span: Span,
    /// Its name.
    pub name_span: Span,
    /// What it holds.
    pub children: Vec<Symbol>,
}

/// What a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolKind {
    /// A task that runs other tasks.
    Composite,
    /// A task.
    Task,
    /// A part of a task that holds tasks of its own, such as `catch`.
    Block,
    /// A case of a `switch`.
    Case,
    /// An entry of `use`.
    Component,
}

/// The outline of a text.
#[must_use]
pub fn symbols(tree: &Tree) -> Vec<Symbol> {
    let sites = Sites::of(tree);
    // Sites stand after the one that holds them, so symbols are built from the end: each takes
    // what has been found inside of it.
    let list = sites.list();
    let mut inside: Vec<Vec<Symbol>> = Vec::new();
    inside.resize_with(list.len(), Vec::new);
    let mut outermost = Vec::new();
    for (index, site) in list.iter().enumerate().rev() {
        let mut children = std::mem::take(&mut inside[index]);
        children.reverse();
        let found = match symbol(tree, &sites, site, !children.is_empty()) {
            Some(symbol) => vec![Symbol { children, ..symbol }],
            None => children,
        };
        let target = site.parent.map_or(&mut outermost, |parent| &mut inside[parent]);
        target.extend(found.into_iter().rev());
    }
    outermost.reverse();
    outermost
}

fn symbol(tree: &Tree, sites: &Sites, site: &Site, has_children: bool) -> Option<Symbol> {
    let name = site.name(tree)?;
    let (kind, detail) = match (site.role, &site.resolved) {
        (Role::Named(named), resolved) => match (named.entry, resolved) {
            ("task", Resolved::Object(fields)) => {
                let kind = if has_children { SymbolKind::Composite } else { SymbolKind::Task };
                (kind, task_detail(tree, site.node, fields))
            }
            ("case", _) => (SymbolKind::Case, case_detail(tree, site.node)),
            _ => (SymbolKind::Component, named.entry.to_owned()),
        },
        (Role::Name, Resolved::Object(fields)) if is_component(tree, sites, site) => {
            let detail = if fields.kinds.is_some() { task_detail(tree, site.node, fields) } else { fields.object.name.to_owned() };
            (SymbolKind::Component, detail)
        }
        (Role::Property(property), Resolved::Object(_)) if has_children && matches!(property.name, "catch" | "foreach") => {
            (SymbolKind::Block, String::new())
        }
        _ => return None,
    };
    let key = tree.span(site.key?);
    let name = if name.is_empty() { "\"\"".to_owned() } else { name.to_owned() };
    Some(Symbol { name, detail, kind, span: site.range(tree), name_span: key, children: Vec::new() })
}

/// Whether a site is an entry of a section of `use`.
fn is_component(tree: &Tree, sites: &Sites, site: &Site) -> bool {
    let section = sites.parent(site);
    let used = section.and_then(|section| sites.parent(section));
    used.is_some_and(|used| used.name(tree) == Some("use") && used.parent == Some(0))
}

/// A task's kind, with what it calls or runs.
pub(super) fn task_detail(tree: &Tree, node: NodeId, fields: &Fields) -> String {
    let Some(kind) = fields.kinds.as_ref().and_then(|kinds| kinds.first()) else { return String::new() };
    let Some(value) = tree.get(node, kind.keyword) else { return kind.keyword.to_owned() };
    let what = match kind.keyword {
        "call" => tree.text(value).map(|text| &**text),
        "run" => run_kind(tree, value),
        _ => None,
    };
    what.map_or_else(|| kind.keyword.to_owned(), |what| format!("{}: {what}", kind.keyword))
}

fn run_kind(tree: &Tree, run: NodeId) -> Option<&'static str> {
    let object = TaskKind::of("run")?.object.property("run")?;
    let crate::dsl::Shape::Object(object) = object.shape else { return None };
    let processes = object.rules.iter().find_map(|rule| match rule {
        crate::dsl::Rule::ExactlyOne(names) => Some(*names),
        _ => None,
    })?;
    processes.iter().find(|name| tree.get(run, name).is_some()).copied()
}

fn case_detail(tree: &Tree, node: NodeId) -> String {
    tree.get(node, "then").and_then(|then| tree.text(then)).map_or_else(String::new, |target| format!("then {target}"))
}
