//! What is wrong with a workflow file: the list of all checks.

mod components;
mod duplicate_tasks;
mod expressions;
mod keys;
mod kinds;
mod missing;
mod names;
mod not_a_workflow;
mod not_supported;
mod rules;
mod targets;
mod types;
mod values;

pub use expressions::{CODES as EXPRESSION_CODES, expressions};

use std::collections::HashSet;

use crate::{
    diagnostic::Diagnostic,
    dsl::Component,
    ide::sites::{Role, Site, Sites},
    tree::{NodeId, Tree},
};

/// A check, with the codes that it may report.
pub struct Check {
    /// The codes.
    pub codes: &'static [&'static str],
    /// What it does.
    pub run: fn(&CheckContext<'_>, &mut Vec<Diagnostic>),
}

/// Every check of shape and meaning.
pub const CHECKS: &[Check] = &[
    keys::CHECK,
    missing::CHECK,
    types::CHECK,
    values::CHECK,
    rules::CHECK,
    kinds::CHECK,
    names::CHECK,
    targets::CHECK,
    duplicate_tasks::CHECK,
    components::CHECK,
    not_supported::CHECK,
];

/// What checks look at.
pub struct CheckContext<'a> {
    /// The tree of the text.
    pub tree: &'a Tree,
    /// Its nodes with their rows of the table.
    pub sites: &'a Sites,
}

/// Everything that is wrong with a text, in the order of the text, given what reading it found.
///
/// What reading, shape and meaning have to say meets here; findings of a further layer join
/// `found` before it is sorted.
#[must_use]
pub fn diagnostics(tree: &Tree, read_problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let sites = Sites::of(tree);
    let context = CheckContext { tree, sites: &sites };
    let mut found = read_problems;
    let unreadable = tree.root().is_none();
    if !unreadable && not_a_workflow::check(&context, &mut found) {
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
    fn text(&self, node: NodeId) -> &'a str {
        self.tree.text(node).map_or("", |text| text)
    }

    /// The sites of mappings with known properties.
    fn objects(&self) -> impl Iterator<Item = (&'a Site, &'a crate::dsl::Fields)> {
        self.sites.list().iter().filter_map(|site| match &site.resolved {
            crate::dsl::Resolved::Object(fields) => Some((site, fields)),
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

    /// The names defined in a section of `use`.
    fn defined(&self, component: Component) -> HashSet<&'a str> {
        let tree = self.tree;
        let section = tree.root().and_then(|root| tree.get(root, "use")).and_then(|used| tree.get(used, component.section()));
        let Some(section) = section else { return HashSet::new() };
        let keys = tree.entries(section).iter().map(|entry| entry.key);
        keys.chain(tree.items(section).iter().copied()).filter_map(|node| tree.text(node).map(|text| &**text)).collect()
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
    if noun.ends_with('s') && !noun.ends_with("ss") {
        return format!("the {noun}");
    }
    // "a use…" and "an HTTP call": by sound, not by letter.
    let vowel =
        noun.starts_with(['a', 'e', 'i', 'o', 'A', 'O', 'E', 'I']) || ["HTTP", "MCP"].iter().any(|spelled| noun.starts_with(spelled));
    format!("{} {noun}", if vowel { "an" } else { "a" })
}
