//! Executions in the world of a scenario, for the commands that take one.

use std::{future::Future, path::Path, sync::Arc};

use flowdbg_engine::{
    driver::Options,
    scenario::{
        Scenario,
        play::{Play, Verdict},
    },
};
use flowdbg_lang::value::Value;
use flowdbg_server::load::{self, Loaded, ScenarioError};

use super::{BROKEN, GOOD, UNEXPECTED, UNUSABLE};
use crate::{
    draw, host,
    term::{self, Stream},
};

/// Reads a scenario; says what is wrong with it.
pub(crate) fn load(path: &Path, fast: bool) -> Result<Arc<Scenario>, u8> {
    match load::scenario(path) {
        Ok(mut scenario) => {
            scenario.is_virtual |= fast;
            Ok(Arc::new(scenario))
        }
        Err(error) => {
            if let ScenarioError::Wrong(wrong) = &error {
                wrong.problems.iter().for_each(|problem| term::err(&draw::diagnostic(&wrong.source, problem, Stream::Stderr)));
                term::error(&format!("the scenario {} cannot be used", draw::shown_path(wrong.source.path())));
            } else {
                term::error(&error.to_string());
            }
            Err(UNUSABLE)
        }
    }
}

/// Starts an execution in the world of a scenario.
pub(crate) fn start(scenario: &Arc<Scenario>, loaded: &Loaded, input: Value, options: Options) -> Play {
    Play::start(scenario, loaded.program.clone(), input, Arc::new(host::world()), options)
}

/// Says which answers were made up and what is not as expected; gives the exit code, if the end of
/// the execution alone does not tell it.
pub(crate) fn report(scenario: &Scenario, verdict: &Verdict, quiet: bool) -> Option<u8> {
    if !quiet {
        for used in &verdict.record.uses {
            let asked = if used.reference.is_empty() { "the workflow" } else { &used.reference };
            let answer = scenario.mocks.get(used.mock).and_then(|mock| mock.answers.get(used.answer));
            let place = answer.map(|answer| draw::shown_path(&scenario.place(answer.span))).unwrap_or_default();
            let name = scenario.mocks.get(used.mock).and_then(|mock| mock.name.as_deref());
            let by = name.map_or_else(|| place.clone(), |name| format!("{name}, {place}"));
            term::err(&format!("mocked    {} of {asked} (by {by})", used.line.lines().next().unwrap_or_default()));
        }
        for (mock, count) in verdict.record.counts.iter().enumerate() {
            if *count == 0 && !scenario.expect.calls.iter().any(|calls| calls.mock == mock) {
                term::err(&format!("unused    the mock {}", draw::shown_path(&scenario.name_of(mock))));
            }
        }
    }
    for problem in &verdict.problems {
        match problem.span {
            Some(span) => term::error(&format!("{}: {}", draw::shown_path(&scenario.place(span)), problem.message)),
            None => term::error(&problem.message),
        }
    }
    if !verdict.is_good() {
        return Some(UNEXPECTED);
    }
    scenario.expect.ending.as_ref().map(|_| GOOD)
}

/// Runs something where time is virtual: on a thread of its own, whose clock goes to the next timer
/// as soon as there is nothing else to do.
pub(crate) async fn in_virtual_time(work: impl Future<Output = u8> + Send + 'static) -> u8 {
    let (ended, end) = tokio::sync::oneshot::channel();
    let body = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        let code = match runtime {
            Ok(runtime) => {
                let code = runtime.block_on(work);
                runtime.shutdown_background();
                code
            }
            Err(error) => {
                term::error(&format!("no clock can be started: {error}"));
                UNUSABLE
            }
        };
        // Whoever waits for it is there until it comes.
        let _ = ended.send(code);
    };
    // Expressions and trees are walked recursively; the depth is bounded, and this is enough for it.
    match std::thread::Builder::new().name("virtual time".to_owned()).stack_size(8 << 20).spawn(body) {
        Ok(_) => end.await.unwrap_or(BROKEN),
        Err(error) => {
            term::error(&format!("no thread can be started: {error}"));
            UNUSABLE
        }
    }
}
