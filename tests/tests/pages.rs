//! The pages under `specs/tasks` and `specs/data`: what tasks do, as the driver runs them.

use flowdbg_tests::{pages, workflows};

#[test]
fn pages_hold() {
    let mut failed = Vec::new();
    let mut executions = 0;
    for folder in ["tests/specs/tasks", "tests/specs/data"] {
        for path in workflows::files(&workflows::root().join(folder), ".md").unwrap() {
            match pages::check(&path) {
                Ok(count) => executions += count,
                Err(error) => failed.push(error),
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(executions > 0, "there are no pages");
}

#[test]
fn every_page_about_a_task_shows_it() {
    use flowdbg_lang::model::TaskKind;
    // A new kind does not compile here until it is named.
    let page = |kind: &TaskKind| match kind {
        TaskKind::CallA2a(_) => "call-a2a",
        TaskKind::CallAsyncapi(_) => "call-asyncapi",
        TaskKind::CallFunction(_) => "call-function",
        TaskKind::CallGrpc(_) => "call-grpc",
        TaskKind::CallHttp(_) => "call-http",
        TaskKind::CallMcp(_) => "call-mcp",
        TaskKind::CallOpenapi(_) => "call-openapi",
        TaskKind::Do(_) => "do",
        TaskKind::Emit(_) => "emit",
        TaskKind::For(_) => "for",
        TaskKind::Fork(_) => "fork",
        TaskKind::Listen(_) => "listen",
        TaskKind::Raise(_) => "raise",
        TaskKind::RunContainer(_) => "run-container",
        TaskKind::RunScript(_) => "run-script",
        TaskKind::RunShell(_) => "run-shell",
        TaskKind::RunWorkflow(_) => "run-workflow",
        TaskKind::Set(_) => "set",
        TaskKind::Switch(_) => "switch",
        TaskKind::Try(_) => "try",
        TaskKind::Wait(_) => "wait",
        TaskKind::Broken => "broken",
    };
    let files = workflows::files(&workflows::root().join("tests/specs/tasks"), ".md").unwrap();
    assert_eq!(files.len(), 21, "each kind of task that can run has a page");
    for path in files {
        let text = workflows::read(&path).unwrap();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let shown = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).any(|yaml| {
            let analysis = flowdbg_lang::analysis::Analysis::of(flowdbg_lang::text::Source::new("page", yaml));
            analysis.workflow.is_some_and(|workflow| workflow.tasks.iter().any(|task| page(&task.kind) == stem))
        });
        assert!(shown, "{} shows no task of its kind", path.display());
    }
}
