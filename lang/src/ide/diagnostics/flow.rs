//! The task lists of a workflow with the ways between their tasks, which several checks walk.

use std::{cell::OnceCell, collections::HashMap};

use crate::{
    dsl::{Resolved, Shape},
    ide::diagnostics::CheckContext,
    tree::NodeId,
};

/// Every task list.
pub(super) struct Lists<'a> {
    pub(super) all: Vec<List<'a>>,
    names: OnceCell<HashMap<&'a str, NodeId>>,
}

/// A list of tasks.
pub(super) struct List<'a> {
    /// The index of its site.
    pub(super) site: usize,
    /// Whether its tasks run side by side.
    pub(super) is_fork: bool,
    pub(super) tasks: Vec<Task<'a>>,
    by_name: HashMap<&'a str, usize>,
}

/// A task of a list.
pub(super) struct Task<'a> {
    /// The index of its site.
    pub(super) site: usize,
    pub(super) node: NodeId,
    /// Its name's node.
    pub(super) key: NodeId,
    pub(super) name: &'a str,
    /// Where the flow can go on after it.
    pub(super) ways: Vec<Way>,
}

/// Where the flow goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// At a task of the list.
    Task(usize),
    /// Behind the list, or at the end of the workflow.
    Out,
}

impl<'a> Lists<'a> {
    pub(super) fn of(context: &CheckContext<'a>) -> Self {
        let tree = context.tree;
        let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut lists = Vec::new();
        for (index, site) in context.sites.list().iter().enumerate() {
            match site.resolved {
                Resolved::Named(named) if named.entry == "task" => lists.push(index),
                Resolved::Object(_) | Resolved::Mismatch | Resolved::Leaf(_) => {
                    if let (Shape::Task, Some(list)) = (site.shape, site.parent.and_then(|entry| context.site(entry).parent)) {
                        children.entry(list).or_default().push(index);
                    }
                }
                _ => {}
            }
        }
        let all = lists.into_iter().map(|index| {
            let tasks = children.remove(&index).unwrap_or_default();
            let mut by_name = HashMap::new();
            let tasks: Vec<_> = tasks
                .into_iter()
                .filter_map(|task| {
                    let site = context.site(task);
                    let key = site.key?;
                    Some(Task { site: task, node: site.node, key, name: context.text(key), ways: Vec::new() })
                })
                .collect();
            for (at, task) in tasks.iter().enumerate() {
                by_name.entry(task.name).or_insert(at);
            }
            let is_fork = context.site(index).name(tree) == Some("branches");
            List { site: index, is_fork, tasks, by_name }
        });
        let mut lists = Self { all: all.collect(), names: OnceCell::new() };
        // A list stands before the lists inside of it: from the end, the inner ones are known.
        let mut leaves: HashMap<NodeId, bool> = HashMap::new();
        for at in (0..lists.all.len()).rev() {
            let list = &lists.all[at];
            let ways: Vec<Vec<Way>> = (0..list.tasks.len()).map(|task| ways(context, list, task, &leaves)).collect();
            let list = &mut lists.all[at];
            for (task, ways) in list.tasks.iter_mut().zip(ways) {
                task.ways = ways;
            }
            let completes = list.is_fork || list.tasks.is_empty() || list.reached_from_start().1;
            leaves.insert(context.site(list.site).node, completes);
        }
        lists
    }

    /// The name's node of a task that is called so, in any list.
    pub(super) fn named(&self, name: &str) -> Option<NodeId> {
        let all = || self.all.iter().flat_map(|list| &list.tasks).map(|task| (task.name, task.key)).collect();
        self.names.get_or_init(all).get(name).copied()
    }
}

impl List<'_> {
    /// The task with this name, the first if there are several.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Which tasks are reached from the first, and whether the end of the list is.
    pub(super) fn reached_from_start(&self) -> (Vec<bool>, bool) {
        let mut reached = vec![false; self.tasks.len()];
        let mut out = false;
        let mut open: Vec<usize> = if self.tasks.is_empty() { Vec::new() } else { vec![0] };
        while let Some(at) = open.pop() {
            if std::mem::replace(&mut reached[at], true) {
                continue;
            }
            for way in &self.tasks[at].ways {
                match way {
                    Way::Task(next) => open.push(*next),
                    Way::Out => out = true,
                }
            }
        }
        (reached, out)
    }
}

/// The ways on from a task. What cannot be known counts as a way on, so that nothing is called
/// unreachable wrongly.
fn ways(context: &CheckContext<'_>, list: &List<'_>, at: usize, completes: &HashMap<NodeId, bool>) -> Vec<Way> {
    let tree = context.tree;
    let node = list.tasks[at].node;
    let next = if at + 1 < list.tasks.len() { Way::Task(at + 1) } else { Way::Out };
    let aim = |target: Option<NodeId>| match target.map(|target| context.text(target)) {
        None | Some("continue") => next,
        Some("exit" | "end") => Way::Out,
        // An unknown target is reported elsewhere.
        Some(name) => list.by_name.get(name).map_or(next, |task| Way::Task(*task)),
    };
    let own = aim(tree.get(node, "then"));
    let mut ways = Vec::new();
    let ends = |key: &[&str]| context.below(node, key).is_none_or(|inner| completes.get(&inner).copied().unwrap_or(true));
    if let Some(cases) = tree.get(node, "switch") {
        let mut default = false;
        for case in tree.items(cases).iter().flat_map(|item| tree.entries(*item)) {
            default |= tree.get(case.value, "when").is_none();
            ways.push(aim(tree.get(case.value, "then")));
        }
        if !default {
            ways.push(own);
        }
    } else if tree.get(node, "raise").is_some() {
        // An error leaves the list.
    } else if tree.get(node, "try").is_some() {
        if ends(&["try"]) {
            ways.push(own);
        }
        if ends(&["catch", "do"]) {
            ways.push(match context.below(node, &["catch", "then"]) {
                Some(then) => aim(Some(then)),
                None => own,
            });
        }
    } else if tree.get(node, "do").is_some() && tree.get(node, "for").is_none() {
        if ends(&["do"]) {
            ways.push(own);
        }
    } else {
        ways.push(own);
    }
    if tree.get(node, "if").is_some() {
        // A skipped task goes on with the next one.
        ways.push(next);
    }
    ways.dedup();
    ways
}
