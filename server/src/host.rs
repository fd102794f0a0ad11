//! A host: an engine and the executions that it runs.
//!
//! A workflow may bring stand-ins for services along (see [`crate::stub`]); in the local world each
//! execution of it has its own, which live until it has ended.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use flowdbg_engine::{
    driver::{Engine, Options, Run},
    program::Program,
    worlds::{World, local::Local, patient::Patient},
};
use flowdbg_lang::value::Value;
use tokio::task::JoinSet;

use crate::{
    input,
    load::{self, LoadError, Loaded},
    recording::RecordingFile,
    runs::{Execution, Runs},
    schedule,
    stub::{self, Stub},
};

/// A host. Cheap to clone; all clones are the same host.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

struct Inner {
    engine: Engine,
    /// The world of the engine, if it can have stand-ins.
    world: Option<Local>,
    /// Whether a virtual clock waits for what is real.
    patient: bool,
    runs: Arc<Runs>,
    /// The schedules that it keeps.
    schedules: Mutex<JoinSet<()>>,
    /// Where recordings of executions are written.
    recordings: Option<PathBuf>,
}

impl From<Engine> for Host {
    fn from(engine: Engine) -> Self {
        Self::new(engine)
    }
}

impl Host {
    /// A host that runs executions on this engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self::with(engine, None, false)
    }

    /// A host that runs executions in the local world, with the stand-ins that they bring.
    #[must_use]
    pub fn local(world: Local) -> Self {
        let engine = Engine::new(Arc::new(world.clone()));
        Self::with(engine, Some(world), false)
    }

    /// The same for a runtime whose clock is paused: waits cost nothing, and the clock stands still
    /// while something real is under way.
    #[must_use]
    pub fn in_virtual_time(world: Local) -> Self {
        let engine = Engine::new(Arc::new(Patient(Arc::new(world.clone()))));
        Self::with(engine, Some(world), true)
    }

    fn with(engine: Engine, world: Option<Local>, patient: bool) -> Self {
        Self(Arc::new(Inner { engine, world, patient, runs: Arc::default(), schedules: Mutex::default(), recordings: None }))
    }

    /// The same host, which writes a recording of each execution into this folder.
    #[must_use]
    pub fn recording_to(self, folder: Option<PathBuf>) -> Self {
        let inner = &self.0;
        Self(Arc::new(Inner {
            engine: inner.engine.clone(),
            world: inner.world.clone(),
            patient: inner.patient,
            runs: inner.runs.clone(),
            schedules: Mutex::default(),
            recordings: folder,
        }))
    }

    /// Its engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Reads a workflow file and starts an execution of it. Without an input (`null`) it gets the
    /// one beside its file.
    pub(crate) async fn start(&self, program: PathBuf, input: Value, options: Options) -> Result<(Arc<Execution>, Loaded), LoadError> {
        let path = program.display().to_string();
        let reading = tokio::task::spawn_blocking(move || {
            let loaded = load::load(&program)?;
            let input = if matches!(input, Value::Null) { input::default_for(&program) } else { Ok(input) };
            Ok((loaded, input.map_err(LoadError::Companion)?))
        });
        let read = reading.await.unwrap_or_else(|error| Err(LoadError::Unreadable { path, why: error.to_string() }));
        let (loaded, input) = read?;
        let execution = self.begin(&loaded, input, options).await?;
        Ok((execution, loaded))
    }

    /// Starts an execution of a workflow that was read already.
    ///
    /// # Errors
    /// What it brings along is wrong.
    pub async fn run(&self, loaded: &Loaded, input: Value, options: Options) -> Result<Run, LoadError> {
        Ok(self.begin(loaded, input, options).await?.run.clone())
    }

    /// Makes a workflow known to `run: workflow` tasks, wherever its file is. One with the same
    /// namespace, name and version is replaced, and returned.
    pub fn register(&self, loaded: &Loaded) -> Option<Arc<Program>> {
        self.0.world.as_ref().and_then(|world| world.registry().add(loaded.program.clone()))
    }

    /// Keeps the schedule of a workflow until the host ends; says what it is, if there is one.
    /// Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// It cannot be kept.
    pub fn schedule(&self, loaded: &Loaded) -> Result<Option<String>, LoadError> {
        let workflow = &loaded.program.workflow;
        let plan =
            schedule::plan(workflow).map_err(|why| LoadError::Companion(format!("the schedule of {}: {why}", workflow.source.path())))?;
        let Some(plan) = plan else { return Ok(None) };
        let said = plan.said.clone();
        // Events are seen from now on, not only when the task has begun.
        let kept = schedule::keep(self.clone(), loaded.clone(), plan, self.engine().subscribe());
        self.0.schedules.lock().unwrap_or_else(PoisonError::into_inner).spawn(kept);
        Ok(Some(said))
    }

    async fn begin(&self, loaded: &Loaded, input: Value, mut options: Options) -> Result<Arc<Execution>, LoadError> {
        if let (Some(folder), None) = (&self.0.recordings, &options.record) {
            let id = options.id.get_or_insert_with(|| uuid::Uuid::now_v7().to_string());
            let file = RecordingFile::in_folder(folder, id).map_err(|error| LoadError::Companion(error.to_string()))?;
            options.record = Some(file.record());
        }
        let (engine, stand_ins) = match (&self.0.world, self.stub(loaded).await?) {
            (Some(world), Some(stub)) => {
                let started = stub.start().await.map_err(|error| LoadError::Companion(format!("the stub cannot be started: {error}")))?;
                let world: Arc<dyn World> = Arc::new(world.with_routes(started.routes().to_vec()));
                let world = if self.0.patient { Arc::new(Patient(world)) } else { world };
                (self.0.engine.in_world(world), Some(started))
            }
            (_, None) | (None, _) => (self.0.engine.clone(), None),
        };
        let run = engine.start(loaded.program.clone(), input, options);
        let execution = self.0.runs.add(run.clone());
        let runs = self.0.runs.clone();
        tokio::spawn(async move {
            run.ended().await;
            drop(stand_ins);
            runs.has_ended(run.id());
        });
        Ok(execution)
    }

    /// The stand-ins that a workflow brings along, if they can be used here.
    async fn stub(&self, loaded: &Loaded) -> Result<Option<Stub>, LoadError> {
        if self.0.world.is_none() {
            return Ok(None);
        }
        let workflow = loaded.program.workflow.clone();
        let reading = tokio::task::spawn_blocking(move || stub::for_workflow(&workflow));
        reading.await.unwrap_or_else(|error| Err(error.to_string())).map_err(LoadError::Companion)
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

    /// Ends all schedules, cancels every execution and waits for their ends: calls, processes and
    /// timers stop.
    pub async fn cancel_all(&self) {
        let mut schedules = std::mem::take(&mut *self.0.schedules.lock().unwrap_or_else(PoisonError::into_inner));
        schedules.shutdown().await;
        for execution in self.list() {
            execution.run.with(|debuggee| debuggee.cancel()).await;
        }
        self.idle().await;
    }
}
