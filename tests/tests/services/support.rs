//! Executions in the local world, and the services of the tests.

use std::{path::PathBuf, sync::Arc};

use flowdbg_engine::{
    driver::{Engine, Options, Run},
    program::Program,
    worlds::local::{self, Local},
};
use flowdbg_lang::value::Value;
use flowdbg_tests::{
    executions,
    services::{self, Service},
    workflows,
};

const DOCUMENT: &str = "document: { dsl: '1.0.3', namespace: tests, name: service, version: '1.0.0' }\n";

pub(crate) fn options() -> local::Options {
    local::Options::new(flowdbg_server::load::loader())
}

fn program(yaml: &str) -> Arc<Program> {
    workflows::program("service.yaml", &format!("{DOCUMENT}{yaml}")).expect("a workflow that can run")
}

/// Starts a workflow without its `document`.
pub(crate) fn start(options: local::Options, yaml: &str) -> Run {
    Engine::new(Arc::new(Local::new(options))).start(program(yaml), Value::Null, Options::default())
}

/// Runs a workflow to its end, and again from its recording; says how it ended.
pub(crate) async fn run(options: local::Options, yaml: &str) -> String {
    let program = program(yaml);
    executions::twice(&Engine::new(Arc::new(Local::new(options))), program, Value::Null).await
}

/// A file beside the services' installer.
pub(crate) fn file(name: &str) -> PathBuf {
    workflows::root().join("tests/services").join(name)
}

/// The modules that the installer got from npm, with the program that runs them.
pub(crate) fn node(module: &str) -> Option<(PathBuf, PathBuf)> {
    services::program(&format!("npm/node_modules/{module}"))?;
    Some((services::program("node")?, services::folder().join("npm/node_modules")))
}

/// A service that is a Python program.
pub(crate) fn python(name: &str) -> Option<Service> {
    let python = services::program("python/bin/python")?;
    Some(Service::start(&python, &[&file(name)]))
}
