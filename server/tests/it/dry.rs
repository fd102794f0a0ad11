//! The pages of `docs/checks` that are about dry runs: their examples are run without effects.

use std::sync::Arc;

use flowdbg_engine::{
    program::Program,
    worlds::local::{Local, Options},
};
use flowdbg_lang::{
    codes,
    marked::page::{examples, judge},
    model::Workflow,
    text::Source,
};
use flowdbg_server::{dry, load, project::Projects};

#[test]
fn every_page_about_dry_runs_holds_what_it_promises() {
    let world = Local::new(Options::new(load::loader()));
    let projects = Projects::default();
    let folder = tempfile::tempdir().unwrap();
    let mut broken = Vec::new();
    let mut judged = 0;
    for code in codes::ALL.iter().filter(|code| codes::is_of_dry_runs(code.code)) {
        for example in examples(code.page) {
            judged += 1;
            let found = |text: &str| {
                let path = folder.path().join("page.yaml");
                let source = Source::new(&*path.to_string_lossy(), text.to_owned());
                let run = |workflow: &Arc<Workflow>| dry::run(&world, &Program::new(workflow.clone()), None);
                projects.check_dry(&path, source, run).analysis.diagnostics
            };
            if let Err(why) = judge(code, &example, found) {
                broken.push(format!("{} `{}`: {why}", code.code, example.heading));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
    assert!(judged >= 8, "only {judged} examples");
}
