//! Workflows that run in the real world, in real time.

use std::{net::TcpListener, path::PathBuf, sync::Arc};

use flowdbg_engine::{
    driver::{Engine, Options, Run},
    program::Program,
    worlds::local::{self, Local},
};
use flowdbg_lang::value::Value;
use flowdbg_tests::{executions, workflows};

/// Where and with what a workflow runs.
#[derive(Default)]
pub(crate) struct Setting {
    /// The folder of the workflow; none if it reads no files of its own.
    pub(crate) folder: PathBuf,
    pub(crate) input: Value,
}

const DOCUMENT: &str = "document: { dsl: '1.0.3', namespace: tests, name: wires, version: '1.0.0' }\n";

fn prepare(yaml: &str, setting: &Setting) -> (Engine, Arc<Program>) {
    let path = setting.folder.join("workflow.yaml");
    let program = workflows::program(&path.to_string_lossy(), &format!("{DOCUMENT}{yaml}")).expect("a workflow");
    let world = Local::new(local::Options::new(flowdbg_server::load::loader()));
    (Engine::new(Arc::new(world)), program)
}

pub(crate) fn start(yaml: &str, setting: Setting) -> Run {
    let (engine, program) = prepare(yaml, &setting);
    engine.start(program, setting.input, Options::default())
}

/// Runs a workflow to its end, which must come in a minute, and again from its recording.
pub(crate) async fn run(yaml: &str, setting: Setting) -> String {
    let (engine, program) = prepare(yaml, &setting);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(60), executions::twice(&engine, program, setting.input)).await;
    ended.expect("it ends in time")
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("loopback").port()
}
