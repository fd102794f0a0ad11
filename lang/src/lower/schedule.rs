//! Schedules (DSL Reference, "Schedule").

use std::sync::{Arc, OnceLock};

use super::{Locals, Lower, Site, document};
use crate::{
    duration::DurationSpec,
    model::{DataFlow, List, Listen, Schedule, Task, TaskId, TaskKind, Then, Workflow},
    tree::{NodeId, Tree},
};

/// The workflow that waits for the events of `schedule.on`: a single `listen`, whose output is the
/// input of an execution. None if events do not start the workflow.
#[must_use]
pub fn trigger(tree: &Arc<Tree>) -> Option<Arc<Workflow>> {
    let root = tree.root()?;
    let schedule = tree.get(root, "schedule")?;
    let on = tree.get(schedule, "on")?;
    let mut lower = Lower::new(tree, root);
    let strategy = lower.strategy(on, &Locals::default())?;
    let read = lower.read_mode(schedule);
    let secrets = tree.get(root, "use").and_then(|used| tree.get(used, "secrets")).map(|secrets| tree.items(secrets));
    let task = Task {
        id: TaskId(0),
        name: "on".into(),
        reference: "/schedule/on".into(),
        parent: None,
        index: 0,
        span: tree.span(on),
        name_span: tree.span(on),
        places: Vec::new(),
        node: on,
        definition: OnceLock::new(),
        condition: None,
        input: DataFlow::default(),
        output: DataFlow::default(),
        export: DataFlow::default(),
        timeout: None,
        then: Then::Continue,
        extensions: Vec::new(),
        kind: TaskKind::Listen(Listen { strategy, read, foreach: None }),
    };
    Some(Arc::new(Workflow {
        source: tree.source().clone(),
        document: document(tree, root),
        tree: tree.clone(),
        definition: OnceLock::new(),
        input: DataFlow::default(),
        output: DataFlow::default(),
        timeout: None,
        tasks: vec![task],
        root: List { tasks: vec![TaskId(0)] },
        schedule: None,
        extensions: Vec::new(),
        function: None,
        secrets: secrets.unwrap_or_default().iter().filter_map(|name| tree.string(*name).cloned()).collect(),
        expressions: lower.expressions,
    }))
}

impl Lower<'_> {
    /// `schedule`
    pub(super) fn schedule(&mut self) -> Option<Schedule> {
        let tree = self.tree;
        let node = tree.get(self.root, "schedule")?;
        if let Some(on) = tree.get(node, "on") {
            // Lowered here too, so that its expressions are checked with all others.
            self.strategy(on, &Locals::default())?;
            return Some(Schedule::On);
        }
        if let Some(cron) = tree.get(node, "cron") {
            return Some(match tree.text(cron) {
                Some(text) => Schedule::Cron(text.clone()),
                None => Schedule::Wrong("`schedule.cron` must be a string".to_owned()),
            });
        }
        let mut span = |key: &str, make: fn(u64) -> Schedule| {
            let node: NodeId = tree.get(node, key)?;
            Some(match self.duration(node, Site::WorkflowInput, &Locals::default()) {
                DurationSpec::Fixed(milliseconds) => make(milliseconds),
                DurationSpec::Computed(_) => Schedule::Wrong(format!("`schedule.{key}` must be a duration, and no expression")),
            })
        };
        span("every", Schedule::Every).or_else(|| span("after", Schedule::After))
    }
}
