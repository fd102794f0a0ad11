//! The specification's own scenarios and examples.

use std::io::Write as _;

use flowdbg_engine::{
    program::Program,
    worlds::local::{Local, Options},
};
use flowdbg_lang::{analysis::Analysis, diagnostic::Severity, text::Source};
use flowdbg_server::{dry, load};
use flowdbg_tests::{
    conformance::{self, Verdict},
    specification, workflows,
};

/// Prints past the test harness, which would hide it.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[tokio::test]
async fn conformance_scenarios_pass() {
    let Some(folder) = specification::folder() else { return };
    for revision in ["1.0.3", "main-2026-07"] {
        let reports = conformance::run(&folder.join("ctk").join(revision)).await.unwrap();
        let count = |wanted: &[Verdict]| reports.iter().filter(|report| wanted.contains(&report.verdict)).count();
        let (passed, called) = (count(&[Verdict::Passed, Verdict::PassedByStandIn]), count(&[Verdict::PassedByStandIn]));
        say(&format!("conformance {revision}: {passed} of {} scenarios pass, {called} of them against stand-ins", reports.len()));
        for report in &reports {
            say(&format!("  {report}"));
        }
        assert_eq!(reports.len(), 21, "the kit has 21 scenarios");
        assert_eq!(passed, reports.len(), "every scenario must pass");
        assert_eq!(called, 9, "the kit has 9 scenarios that call services");
    }
}

#[test]
fn examples_are_read() {
    let Some(folder) = specification::folder() else { return };
    for revision in ["examples-1.0.3", "examples-main-2026-07"] {
        let (mut runnable, mut not_yet, mut wrong) = (0, 0, Vec::new());
        let files = workflows::files(&folder.join(revision), ".yaml").unwrap();
        for path in &files {
            let analysis = Analysis::of(Source::new(path.to_string_lossy().as_ref(), workflows::read(path).unwrap()));
            if analysis.has_errors() {
                wrong.extend(workflows::findings(&analysis));
            } else if analysis.not_supported().next().is_some() {
                not_yet += 1;
            } else {
                runnable += 1;
            }
        }
        say(&format!(
            "{revision}: {} files read: {runnable} can run, {not_yet} use what is not supported yet, {} findings of errors",
            files.len(),
            wrong.len()
        ));
        assert!(files.len() > 60, "{} files are too few", files.len());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// What calls and events give is unknown, and nothing unknown is complained of.
#[test]
fn dry_runs_of_examples_raise_no_alarm() {
    let world = Local::new(Options::new(load::loader()));
    let mut folders = vec![workflows::root().join("examples")];
    if let Some(folder) = specification::folder() {
        folders.extend(["examples-1.0.3", "examples-main-2026-07"].map(|revision| folder.join(revision)));
    }
    let (mut count, mut wrong) = (0, Vec::new());
    for path in folders.iter().flat_map(|folder| workflows::files(folder, ".yaml").unwrap()) {
        let source = Source::new(path.to_string_lossy().as_ref(), workflows::read(&path).unwrap());
        let analysis = Analysis::of(source.clone());
        let Some(workflow) = analysis.runnable() else { continue };
        count += 1;
        let found = dry::run(&world, &Program::new(workflow.clone()), None);
        // Examples that show how to raise an error do nothing else.
        let alarms = found.into_iter().filter(|found| found.severity < Severity::Information);
        wrong.extend(alarms.map(|found| format!("{}: {} {}", source.path(), found.code, found.message)));
    }
    say(&format!("dry runs of {count} examples: {} alarms", wrong.len()));
    assert!(count >= 5 && wrong.is_empty(), "{}", wrong.join("\n"));
}
