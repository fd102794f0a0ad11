//! What is wrong with a workflow file: the list of all checks.

mod catches;
mod components;
mod conditions;
mod cron;
pub mod data_flow;
mod deprecated;
mod documented;
mod dsl_version;
mod duplicate_tasks;
mod edits;
mod empty;
mod endless_loops;
mod error_types;
mod expressions;
mod extensions;
mod fall_through;
mod flow;
mod forgotten;
mod fork_compete;
mod functions;
mod json_schema;
mod keys;
mod kinds;
mod listeners;
mod lists;
mod media_types;
mod members;
mod missing;
mod names;
mod not_a_workflow;
mod not_evaluated;
mod not_supported;
mod outputs;
mod partial;
mod placed;
mod recursion;
mod retries;
mod rules;
mod schedules;
mod secrets;
mod shadowing;
mod sub_workflows;
mod switches;
mod targets;
mod types;
mod unreachable;
mod unused;
mod uris;
mod values;

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

use crate::{
    diagnostic::Diagnostic,
    dsl::{Component, Fields, Resolved, Shape},
    expression,
    ide::{
        diagnostics::{flow::Lists, placed::Placed},
        sites::{Role, Site, Sites},
    },
    model::PlacedExpression,
    text::Span,
    tree::{NodeId, Tree},
};

/// A check, with the codes that it may report.
pub struct Check {
    /// The codes.
    pub codes: &'static [&'static str],
    /// What it does.
    pub run: fn(&CheckContext<'_>, &mut Vec<Diagnostic>),
}

/// Every check of shape, meaning and expressions.
pub const CHECKS: &[Check] = &[
    // Shape.
    keys::CHECK,
    missing::CHECK,
    types::CHECK,
    values::CHECK,
    rules::CHECK,
    kinds::CHECK,
    names::CHECK,
    uris::CHECK,
    json_schema::CHECK,
    cron::CHECK,
    media_types::CHECK,
    deprecated::CHECK,
    // Meaning.
    targets::CHECK,
    duplicate_tasks::CHECK,
    components::CHECK,
    unreachable::CHECK,
    endless_loops::CHECK,
    switches::CHECK,
    fall_through::CHECK,
    unused::CHECK,
    secrets::CHECK,
    catches::CHECK,
    shadowing::CHECK,
    retries::CHECK,
    fork_compete::CHECK,
    listeners::CHECK,
    schedules::CHECK,
    functions::CHECK,
    recursion::CHECK,
    extensions::CHECK,
    sub_workflows::CHECK,
    dsl_version::CHECK,
    error_types::CHECK,
    empty::CHECK,
    // Expressions.
    expressions::CHECK,
    conditions::CHECK,
    members::CHECK,
    partial::CHECK,
    forgotten::CHECK,
    not_evaluated::CHECK,
    lists::CHECK,
    outputs::CHECK,
    // What this version cannot do yet.
    not_supported::CHECK,
];

/// What is known beyond the text itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// The workflows that a sub-workflow can be; `None` if that is not known.
    pub workflows: Option<&'a [WorkflowName]>,
    /// The files that a workflow can name; `None` if they are not known.
    pub files: Option<&'a dyn Files>,
}

/// Tells which files are there.
pub trait Files: std::fmt::Debug {
    /// Whether a file is at an address, as a workflow has it; `None` if it is not that of a file here.
    fn has(&self, address: &str) -> Option<bool>;
}

/// What a workflow is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkflowName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What checks look at.
pub struct CheckContext<'a> {
    /// The tree of the text.
    pub tree: &'a Tree,
    /// Its nodes with their rows of the table.
    pub sites: &'a Sites,
    /// Expressions that were read for the model.
    pub read: &'a [PlacedExpression],
    /// What is known beyond the text.
    pub surroundings: Surroundings<'a>,
    lists: OnceCell<Lists<'a>>,
    placed: OnceCell<Vec<Placed>>,
}

/// Everything that is wrong with a text, in the order of the text, given what reading it found and
/// the expressions that were read for the model.
///
/// What reading, shape, meaning and expressions have to say meets here; findings of a further layer
/// join `found` before it is sorted.
#[must_use]
pub fn diagnostics(
    tree: &Tree,
    read: &[PlacedExpression],
    surroundings: Surroundings<'_>,
    read_problems: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let sites = Sites::of(tree);
    let context = CheckContext { tree, sites: &sites, read, surroundings, lists: OnceCell::new(), placed: OnceCell::new() };
    let mut found = read_problems;
    let unreadable = tree.root().is_none();
    if !unreadable && not_a_workflow::check(&context, &mut found) {
        for check in CHECKS {
            (check.run)(&context, &mut found);
        }
    }
    edits::of_reading(tree, &mut found);
    sort(&mut found);
    found
}

/// The same for a file that defines a function: one task.
#[must_use]
pub fn of_function(tree: &Tree, read_problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let sites = Sites::of_function(tree);
    let surroundings = Surroundings::default();
    let context = CheckContext { tree, sites: &sites, read: &[], surroundings, lists: OnceCell::new(), placed: OnceCell::new() };
    let mut found = read_problems;
    if tree.root().is_some() {
        for check in CHECKS {
            (check.run)(&context, &mut found);
        }
    }
    sort(&mut found);
    found
}

/// Brings diagnostics into the order of the text, and says the same thing at the same place once
/// (a node that several aliases share is checked for each).
pub fn sort(found: &mut Vec<Diagnostic>) {
    found.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
    found.dedup_by(|a, b| a.span == b.span && a.code == b.code && a.message == b.message);
}

impl<'a> CheckContext<'a> {
    /// The task lists with their flow.
    fn lists(&self) -> &Lists<'a> {
        self.lists.get_or_init(|| Lists::of(self))
    }

    /// Every expression with its place, in the order of the text; none if the expressions are not jq.
    fn placed(&self) -> &[Placed] {
        self.placed.get_or_init(|| placed::collect(self))
    }

    /// The expressions that stand within a part of the text.
    fn placed_in(&self, span: Span) -> &[Placed] {
        let (placed, start) = (self.placed(), |placed: &Placed| self.tree.span(placed.node).start);
        let from = placed.partition_point(|placed| start(placed) < span.start);
        let to = placed.partition_point(|placed| start(placed) < span.end);
        &placed[from..to.max(from)]
    }

    fn site(&self, index: usize) -> &'a Site {
        &self.sites.list()[index]
    }

    /// The node at a path of keys below another.
    fn below(&self, node: NodeId, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(node, |node, key| self.tree.get(node, key))
    }

    /// The node at a path of keys below the root.
    fn at(&self, path: &[&str]) -> Option<NodeId> {
        self.below(self.tree.root()?, path)
    }

    /// The sites of objects of this name in the table, with their indices.
    fn objects_called(&self, name: &'static str) -> impl Iterator<Item = (usize, &'a Site)> {
        let sites = self.sites.list().iter().enumerate();
        sites.filter(move |(_, site)| matches!(&site.resolved, Resolved::Object(fields) if fields.object.name == name))
    }

    /// The indices of the sites that hold a site, from the inside out, itself first.
    fn around(&self, index: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(index), |index| self.site(*index).parent)
    }

    /// Whether something around a site ends it after a time.
    fn has_timeout(&self, index: usize) -> bool {
        self.around(index).any(|index| {
            let site = self.site(index);
            let may = site.parent.is_none() || matches!(&site.resolved, Resolved::Object(fields) if fields.kinds.is_some());
            may && self.tree.get(site.node, "timeout").is_some()
        })
    }

    /// Leaves of some shapes with their texts, but for those that are expressions.
    fn literals(&self, is_meant: impl Fn(&Shape) -> bool) -> impl Iterator<Item = (&'a Site, &'a str)> {
        let leaves = self.sites.list().iter().filter(move |site| matches!(site.resolved, Resolved::Leaf(shape) if is_meant(shape)));
        leaves.map(|site| (site, self.text(site.node))).filter(|(_, text)| expression::unwrap(text).is_none())
    }

    fn text(&self, node: NodeId) -> &'a str {
        self.tree.text(node).map_or("", |text| text)
    }

    /// The sites of mappings with known properties.
    fn objects(&self) -> impl Iterator<Item = (&'a Site, &'a Fields)> {
        self.sites.list().iter().filter_map(|site| match &site.resolved {
            Resolved::Object(fields) => Some((site, fields)),
            _ => None,
        })
    }

    /// The index of the task that a site belongs to, if that task stands in a list.
    fn enclosing_task(&self, index: usize) -> Option<usize> {
        let list = self.sites.list();
        let mut at = Some(index);
        while let Some(index) = at {
            match list[index].role {
                Role::Named(named) if named.entry == "task" => return Some(index),
                // A function under `use` has no neighbours.
                Role::Name => return None,
                _ => at = list[index].parent,
            }
        }
        None
    }

    /// The list that a task of a list stands in.
    fn list_of(&self, task: usize) -> Option<&'a Site> {
        let entry = self.sites.parent(&self.sites.list()[task])?;
        self.sites.parent(entry)
    }

    /// The names of a list's entries, with their keys.
    fn entry_names(&self, list: NodeId) -> impl Iterator<Item = (&'a str, NodeId)> {
        let tree = self.tree;
        let entries = tree.items(list).iter().flat_map(move |item| tree.entries(*item));
        entries.filter_map(move |entry| Some((&**tree.text(entry.key)?, entry.key)))
    }

    /// The names defined in a section of `use`, with where they are.
    fn section(&self, section: &str) -> HashMap<&'a str, NodeId> {
        let tree = self.tree;
        let Some(section) = self.at(&["use", section]) else { return HashMap::new() };
        let keys = tree.entries(section).iter().map(|entry| entry.key);
        keys.chain(tree.items(section).iter().copied()).filter_map(|node| Some((&**tree.text(node)?, node))).collect()
    }

    /// The names defined in a section of `use`.
    fn defined(&self, component: Component) -> HashSet<&'a str> {
        self.section(component.section()).into_keys().collect()
    }
}

/// Words as a list for a sentence: `` `a`, `b` or `c` ``.
fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// A noun with its article.
fn article(noun: &str) -> String {
    if is_plural(noun) {
        return format!("the {noun}");
    }
    // "a use…" and "an HTTP call": by sound, not by letter.
    let vowel = ["HTTP", "MCP", "A2A", "AsyncAPI"].iter().any(|spelled| noun.starts_with(spelled))
        || noun.starts_with(['a', 'e', 'i', 'o', 'A', 'O', 'E', 'I']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// `needs` or `need`, as a noun of the table wants it.
fn needs(noun: &str) -> &'static str {
    if is_plural(noun) { "need" } else { "needs" }
}

fn is_plural(noun: &str) -> bool {
    noun.ends_with('s') && !noun.ends_with("ss")
}
