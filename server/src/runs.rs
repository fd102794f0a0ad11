//! The executions that a host knows, those that have ended too.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use flowdbg_engine::driver::Run;

use crate::stream::Room;

/// How many ended executions are kept to be looked at.
const MAX_ENDED: usize = 1_000;

/// An execution with its subscribers' room.
pub(crate) struct Execution {
    pub(crate) run: Run,
    pub(crate) room: Room,
}

/// The registry.
#[derive(Default)]
pub(crate) struct Runs(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// By id. A UUIDv7 begins with the time, so their order is that of their starts.
    known: BTreeMap<String, Arc<Execution>>,
    /// Ids of those that have ended, the first to end first.
    ended: VecDeque<String>,
}

impl Runs {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, run: Run) -> Arc<Execution> {
        let execution = Arc::new(Execution { room: Room::new(run.clone()), run });
        self.inner().known.insert(execution.run.id().to_owned(), execution.clone());
        execution
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Execution>> {
        self.inner().known.get(id).cloned()
    }

    /// Oldest first.
    pub(crate) fn list(&self) -> Vec<Arc<Execution>> {
        self.inner().known.values().cloned().collect()
    }

    /// Notes that an execution has ended; the one that ended first makes room.
    pub(crate) fn has_ended(&self, id: &str) {
        let mut inner = self.inner();
        inner.ended.push_back(id.to_owned());
        while inner.ended.len() > MAX_ENDED {
            if let Some(oldest) = inner.ended.pop_front() {
                inner.known.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use flowdbg_engine::{
        driver::{Engine, Options},
        worlds::local::{self, Local},
    };
    use flowdbg_lang::{lower::lower, read::read, text::Source, value::Value};

    use super::*;
    use crate::load;

    #[tokio::test]
    async fn those_that_ended_first_make_room_and_the_living_stay() {
        let text = "document: { dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }\ndo:\n  - one: { set: { a: 1 } }\n";
        let (tree, _) = read(&Source::new("a.yaml", text));
        let program = flowdbg_engine::program::Program::new(lower(&Arc::new(tree)).unwrap());
        let world = Local::new(local::Options::new(load::loader()));
        let (engine, runs) = (Engine::new(Arc::new(world)), Runs::default());
        let start = |hold| runs.add(engine.start(program.clone(), Value::Null, Options { hold, ..Options::default() })).run.id().to_owned();
        let living = start(true);
        let ended: Vec<String> = (0..MAX_ENDED + 3).map(|_| start(false)).collect();
        ended.iter().for_each(|id| runs.has_ended(id));
        let known: Vec<String> = runs.list().iter().map(|execution| execution.run.id().to_owned()).collect();
        assert_eq!(known[0], living);
        assert_eq!(known[1..], ended[3..]);
        assert!(runs.find(&ended[2]).is_none() && runs.find(&ended[3]).is_some());
    }
}
