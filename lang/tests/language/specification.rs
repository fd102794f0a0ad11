//! The checks against the specification's own files: silent on what is valid, exact on what is not.

use flowdbg_lang::{codes, diagnostic::Severity};

use crate::support;

#[test]
fn every_example_and_conformance_workflow_is_free_of_errors() {
    let Some(folder) = support::specification() else { return };
    let mut texts = Vec::new();
    for examples in ["examples-1.0.3", "examples-main-2026-07"] {
        for path in support::files(&folder.join(examples), ".yaml") {
            texts.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    for path in support::files(&folder.join("ctk"), ".feature") {
        let feature = std::fs::read_to_string(&path).unwrap();
        let workflows = support::workflows_of_feature(&feature);
        assert!(!workflows.is_empty(), "{} holds no workflow", path.display());
        texts.extend(workflows.into_iter().map(|text| (path.display().to_string(), text)));
    }
    assert!(texts.len() > 150, "only {} workflows were found", texts.len());
    let mut alarms = Vec::new();
    for (path, text) in &texts {
        let (tree, found) = support::check(path, text);
        let of_interest = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        alarms.extend(of_interest.map(|diagnostic| support::line(&tree, diagnostic)));
    }
    assert!(alarms.is_empty(), "{} false alarms:\n{}", alarms.len(), alarms.join("\n"));
}

#[test]
fn invalid_files_are_refused_for_the_right_reason() {
    let Some(folder) = support::specification() else { return };
    let expected: [(&str, &[(&str, &str)]); 3] = [
        ("extra-property-in-call.yaml", &[(codes::UNKNOWN_KEY, "foo")]),
        ("listen-any-until-any-until.yaml", &[(codes::DUPLICATE_KEY, "do"), (codes::UNKNOWN_KEY, "until")]),
        ("two-tasks-in-one-item.yaml", &[(codes::ONE_KEY, "setMessage")]),
    ];
    for (name, expected) in expected {
        let text = std::fs::read_to_string(folder.join("invalid").join(name)).unwrap();
        let (tree, found) = support::check(name, &text);
        for (code, blamed) in expected {
            let said = found.iter().any(|diagnostic| {
                diagnostic.severity == Severity::Error && diagnostic.code == *code && tree.source().slice(diagnostic.span) == *blamed
            });
            let lines: Vec<_> = found.iter().map(|diagnostic| support::line(&tree, diagnostic)).collect();
            assert!(said, "{name}: no {code} at `{blamed}`:\n{}", lines.join("\n"));
        }
    }
}
