//! Extensions: lists of tasks that run before and after others (DSL Reference, "Extension").
//!
//! Their tasks are lowered once, with no variables of the tasks that they extend but `$task`, and
//! are not extended themselves.

use super::{Locals, Lower, Site, escape};
use crate::model::Extension;

impl Lower<'_> {
    /// Lowers the extensions, and notes at each other task which of them are about it.
    pub(super) fn extensions(&mut self) -> Vec<Extension> {
        let tree = self.tree;
        let extended = self.tasks.len();
        let list = tree.get(self.root, "use").and_then(|used| tree.get(used, "extensions"));
        let entries = list.map(|list| tree.items(list)).unwrap_or_default().iter().enumerate();
        let entries: Vec<_> = entries.flat_map(|(index, item)| tree.entries(*item).iter().map(move |entry| (index, *entry))).collect();
        let mut extensions = Vec::with_capacity(entries.len());
        for (index, entry) in entries {
            let Some(name) = tree.text(entry.key).cloned() else { continue };
            let reference = format!("/use/extensions/{index}/{}", escape(&name));
            let locals = Locals::default();
            let mut list = |key: &str| match tree.get(entry.value, key) {
                Some(list) => self.list(list, &format!("{reference}/{key}"), None, &locals),
                None => Default::default(),
            };
            let (before, after) = (list("before"), list("after"));
            let when = tree.get(entry.value, "when").and_then(|when| self.condition(when, Site::Body, &locals));
            let extend = tree.get(entry.value, "extend").and_then(|extend| tree.text(extend)).map_or("", |extend| &**extend);
            for task in self.tasks[..extended].iter_mut().flatten() {
                if task.kind.is_extended_by(extend) {
                    task.extensions.push(extensions.len());
                }
            }
            extensions.push(Extension { name, when, before, after });
        }
        extensions
    }
}
