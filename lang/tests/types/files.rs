//! Files that are right: nothing is said, or just what is known to be wrong with them.

use std::path::Path;

use flowdbg_lang::{
    analysis::Analysis,
    diagnostic::{Diagnostic, Severity},
};

use crate::support::{files, findings, specification, workflows_of_feature};

fn line(analysis: &Analysis, found: &Diagnostic) -> String {
    let at = analysis.source.position(found.span.start);
    let name = Path::new(analysis.source.path()).file_name().unwrap().to_string_lossy().into_owned();
    format!("{name}:{}:{} {:?} {} `{}`", at.line + 1, at.character + 1, found.severity, found.code, analysis.source.slice(found.span))
}

/// What the specification's own examples take for something else than it is (in both versions of
/// them): a listener's output is an array, even of one event.
const KNOWN: &[&str] = &[
    "accumulate-room-readings.yaml:24:14 Warning OW0310 `data`",
    "for.yaml:12:15 Warning OW0310 `vet`",
    "for.yaml:21:21 Warning OW0310 `pets`",
    "listen-to-one.yaml:18:65 Warning OW0310 `carId`",
];

#[test]
fn the_specifications_examples_have_no_errors_and_only_the_known_warnings() {
    let Some(folder) = specification() else { return };
    let mut warnings = Vec::new();
    for examples in ["examples-1.0.3", "examples-main-2026-07"] {
        for path in files(&folder.join(examples), ".yaml") {
            let (analysis, found) = findings(&path.to_string_lossy(), &std::fs::read_to_string(&path).unwrap());
            assert!(found.iter().all(|found| found.severity != Severity::Error), "{}: {found:#?}", path.display());
            warnings.extend(found.iter().map(|found| line(&analysis, found)));
        }
    }
    warnings.sort();
    warnings.dedup();
    assert_eq!(warnings, KNOWN);
}

#[test]
fn the_conformance_workflows_are_left_in_peace() {
    let Some(folder) = specification() else { return };
    let mut count = 0;
    for path in files(&folder.join("ctk"), ".feature") {
        let feature = std::fs::read_to_string(&path).unwrap();
        for text in workflows_of_feature(&feature) {
            let (_, found) = findings(&path.to_string_lossy(), &text);
            assert_eq!(found, Vec::new(), "{}\n{text}", path.display());
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
}

#[test]
fn the_projects_examples_are_left_in_peace() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let all = files(&folder, ".workflow.yaml");
    assert!(all.len() >= 5, "{all:?}");
    for path in all {
        let (_, found) = findings(&path.to_string_lossy(), &std::fs::read_to_string(&path).unwrap());
        assert_eq!(found, Vec::new(), "{}", path.display());
    }
}
