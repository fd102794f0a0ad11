//! A host: an engine and the executions that it runs.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use flowdbg_engine::driver::{Engine, Options};
use flowdbg_lang::value::Value;

use crate::{
    load::{self, LoadError, Loaded},
    runs::{Execution, Runs},
};

/// A host. Cheap to clone; all clones are the same host.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

struct Inner {
    engine: Engine,
    runs: Arc<Runs>,
}

impl Host {
    /// A host that runs executions on this engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self(Arc::new(Inner { engine, runs: Arc::default() }))
    }

    /// Its engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Reads a workflow file and starts an execution of it.
    pub(crate) async fn start(&self, program: PathBuf, input: Value, options: Options) -> Result<(Arc<Execution>, Loaded), LoadError> {
        let path = program.display().to_string();
        let reading = tokio::task::spawn_blocking(move || load::load(Path::new(&program)));
        let loaded = reading.await.unwrap_or_else(|error| Err(LoadError::Unreadable { path, why: error.to_string() }))?;
        let run = self.0.engine.start(loaded.program.clone(), input, options);
        let execution = self.0.runs.add(run.clone());
        let runs = self.0.runs.clone();
        tokio::spawn(async move {
            run.ended().await;
            runs.has_ended(run.id());
        });
        Ok((execution, loaded))
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Execution>> {
        self.0.runs.find(id)
    }

    pub(crate) fn list(&self) -> Vec<Arc<Execution>> {
        self.0.runs.list()
    }

    /// Waits until every execution that was started has ended.
    pub async fn idle(&self) {
        for execution in self.list() {
            execution.run.ended().await;
        }
    }

    /// Cancels every execution and waits for their ends: calls, processes and timers stop.
    pub async fn cancel_all(&self) {
        for execution in self.list() {
            execution.run.with(|debuggee| debuggee.cancel()).await;
        }
        self.idle().await;
    }
}
