//! Every example of the specification runs to its end in the world of a scenario.
//!
//! The examples are not part of this repository (see `FLOWDBG_SPEC`); their scenarios are, in
//! `tests/scenarios`, one of the same name for each example that asks for anything.

use std::{path::Path, sync::Arc, time::Duration};

use flowdbg_engine::{
    driver::Options,
    scenario::{Scenario, play::Play},
    worlds::local::{self, Local},
};
use flowdbg_lang::text::Source;
use flowdbg_server::load;
use flowdbg_tests::{executions, specification, workflows};

/// Both revisions of the examples.
const FOLDERS: [&str; 2] = ["examples-1.0.3", "examples-main-2026-07"];

fn name(path: &Path) -> String {
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Runs an example; says how it did not go as its scenario expects.
async fn run(path: &Path) -> Result<String, String> {
    let scenario = workflows::root().join("tests/scenarios").join(format!("{}.yaml", name(path)));
    let scenario = match workflows::read(&scenario) {
        Ok(text) => Scenario::parse(&Source::new(scenario.to_string_lossy().as_ref(), text)).map_err(|wrong| wrong.to_string())?,
        Err(_) => Scenario::empty(),
    };
    let loaded = load::load(path).map_err(|error| error.lines().join("; "))?;
    let input = scenario.input.clone().unwrap_or_else(flowdbg_server::input::empty);
    let scenario = Arc::new(scenario);
    let real = Arc::new(Local::new(local::Options::new(load::loader())));
    let play = Play::start(&scenario, loaded.program, input, real, Options::default());
    // Time is virtual: whoever takes a hundred years of it hangs.
    let verdict = tokio::time::timeout(Duration::from_secs(86_400 * 365), play.ended()).await.map_err(|_| "it does not end".to_owned())?;
    let ending = executions::ending(&verdict.outcome);
    let unexpected = matches!(verdict.outcome, flowdbg_engine::machine::Outcome::Faulted(_)) && scenario.expect.ending.is_none();
    let mut problems: Vec<String> = verdict.problems.into_iter().map(|problem| problem.message).collect();
    if unexpected {
        problems.push(ending.clone());
    }
    if problems.is_empty() { Ok(ending) } else { Err(problems.join("; ")) }
}

#[tokio::test(start_paused = true)]
async fn every_example_runs_to_its_end() {
    let Some(folder) = specification::folder() else { return };
    let (mut ran, mut wrong) = (0, Vec::new());
    for revision in FOLDERS {
        let examples = workflows::files(&folder.join(revision), ".yaml").expect("the examples");
        assert!(examples.len() > 60, "{revision} has only {} examples", examples.len());
        for path in examples {
            let name = name(&path);
            match run(&path).await {
                Ok(_) => ran += 1,
                Err(why) => wrong.push(format!("{revision}/{name}: {why}")),
            }
        }
    }
    println!("{ran} examples ran to their end under mocks");
    assert!(wrong.is_empty(), "{} examples differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_scenario_belongs_to_an_example() {
    let Some(folder) = specification::folder() else { return };
    for scenario in workflows::files(&workflows::root().join("tests/scenarios"), ".yaml").expect("the scenarios") {
        let example = format!("{}.yaml", name(&scenario));
        assert!(FOLDERS.iter().any(|revision| folder.join(revision).join(&example).exists()), "there is no example {example}");
    }
}
