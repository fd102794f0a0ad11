//! The pages of `docs/checks` are tests: what is wrong there is found where it is marked, what is
//! right is left in peace, and no code lacks its page. `FLOWDBG_BLESS` rewrites their index.

use std::{fmt::Write as _, path::PathBuf};

use flowdbg_lang::{
    analysis::Analysis,
    codes::{self, Code},
    diagnostic::{Diagnostic, Severity},
    ide::diagnostics::{Surroundings, WorkflowName},
    marked::page::{examples, judge},
    text::Source,
};

/// What is found in an example, less what has no part in it.
fn found(code: &Code, text: &str) -> Vec<Diagnostic> {
    let workflows = [WorkflowName { namespace: "shop".into(), name: "ship".into(), version: "1.2.0".into() }];
    let analysis =
        Analysis::within(Source::new("page.yaml", text), Surroundings { workflows: Some(&workflows), ..Surroundings::default() });
    analysis.diagnostics.into_iter().filter(|found| code.code == codes::NOT_SUPPORTED || found.code != codes::NOT_SUPPORTED).collect()
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
        Severity::Information => "Information",
        Severity::Hint => "Hint",
    }
}

#[test]
fn every_page_holds_what_it_promises() {
    let mut broken = Vec::new();
    let mut judged = 0;
    for code in codes::ALL {
        let mut problem = |problem: String| broken.push(format!("{}: {problem}", code.code));
        let mut lines = code.page.lines();
        if !lines.next().is_some_and(|title| title.starts_with(&format!("# {}: ", code.code))) {
            problem(format!("its title does not begin with `# {}: `", code.code));
        }
        let about = code.page.lines().nth(2).unwrap_or("");
        let Some((severity, section)) = about.strip_prefix("**").and_then(|about| about.split_once("** · ")) else {
            problem("its third line is not `**Severity** · Section`".into());
            continue;
        };
        if !["Error", "Warning", "Information", "Hint"].contains(&severity) || section.trim().is_empty() {
            problem(format!("`{about}` is no severity with a section"));
        }
        let examples = examples(code.page);
        for heading in ["Wrong", "Right"] {
            if !examples.iter().any(|example| example.heading == heading) {
                problem(format!("it has no example under `## {heading}`"));
            }
        }
        if codes::is_of_dry_runs(code.code) {
            // Judged where there is an engine: server/tests/it/dry.rs.
            judged += 2;
            continue;
        }
        // Settings are no workflow; their own tests read them.
        for example in examples.iter().filter(|example| example.tag != "toml") {
            judged += 1;
            if let Err(why) = judge(code, example, |text| found(code, text)) {
                problem(format!("`{}`: {why}", example.heading));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
    assert!(judged >= 2 * (codes::ALL.len() - 1), "only {judged} examples");
}

#[test]
fn the_index_of_the_pages_is_fresh() {
    let mut index = String::from(
        "# Checks\n\nWhat flowdbg says about a workflow, by code. An *error* is what a conforming runtime must refuse or fail;\na *warning* is likely a mistake, a *hint* is worth a look. Some codes have milder cases than their worst, which is given\nhere. The examples of the pages are tests: a workflow's `document` is left out where it does not matter, and `^^^` under\na line marks what is underlined.\n\nThis page is written by a test: set `FLOWDBG_BLESS` to refresh it.\n\n| code | worst | what it finds |\n| --- | --- | --- |\n",
    );
    for code in codes::ALL {
        writeln!(index, "| [{0}]({0}.md) | {1} | {2} |", code.code, word(code.severity).to_lowercase(), code.meaning).unwrap();
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/checks/README.md");
    if std::env::var_os("FLOWDBG_BLESS").is_some() {
        std::fs::write(&path, &index).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == index, "docs/checks/README.md is stale: set FLOWDBG_BLESS to refresh it");
    let pages = std::fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let orphans: Vec<_> = pages.filter(|name| name != "README.md" && codes::find(name.trim_end_matches(".md")).is_none()).collect();
    assert!(orphans.is_empty(), "pages without a code: {orphans:?}");
}
