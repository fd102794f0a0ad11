//! The YAML test suite: how many of its cases are read rightly.
//!
//! `FLOWDBG_YAML_TESTS` names a folder with its data: one folder a case with `in.yaml`, `in.json`
//! where the case has a JSON form, and `error` where it must be refused.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use flowdbg_lang::{codes, text::Source, value::ValueExt as _};

fn cases(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Two folders hold the same cases once more, by name and by tag.
        if !path.is_dir() || path.ends_with("name") || path.ends_with("tags") {
            continue;
        }
        if path.join("in.yaml").is_file() {
            found.push(path);
        } else {
            cases(&path, found);
        }
    }
}

/// The first value of a JSON text that may hold several.
fn first_json(text: &str) -> Option<serde_json::Value> {
    serde_json::Deserializer::from_str(text).into_iter().next()?.ok()
}

/// Equal, however numbers are written.
fn same(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b))),
        (a, b) => a == b,
    }
}

#[test]
fn the_cases_of_the_yaml_test_suite_are_read_rightly() {
    // Not by a macro: the test harness would hide it.
    let mut log = std::io::stderr();
    let Some(folder) = std::env::var_os("FLOWDBG_YAML_TESTS") else {
        let _ = writeln!(log, "SKIPPED: FLOWDBG_YAML_TESTS does not name the folder with the data of the YAML test suite");
        return;
    };
    let mut paths = Vec::new();
    cases(Path::new(&folder), &mut paths);
    paths.sort();
    let (mut accepted, mut refused, mut values) = ((0, 0), (0, 0), (0, 0));
    let mut wrong = Vec::new();
    for path in &paths {
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        let text = std::fs::read_to_string(path.join("in.yaml")).unwrap();
        let (tree, problems) = flowdbg_lang::read::read(&Source::new("in.yaml", text.as_str()));
        // Several documents, and keys that are no strings or come twice, are valid YAML that no workflow has.
        let ours = |problem: &&flowdbg_lang::diagnostic::Diagnostic| {
            [codes::DOCUMENTS, codes::DUPLICATE_KEY].contains(&problem.code) || problem.message == "a key must be a string"
        };
        let fault = problems.iter().find(|problem| !ours(problem));
        if path.join("error").exists() {
            let second = problems.iter().any(|problem| problem.code == codes::DOCUMENTS);
            refused.1 += 1;
            if fault.is_some() || second {
                refused.0 += 1;
            } else {
                wrong.push(format!("{name}: accepted"));
            }
            continue;
        }
        accepted.1 += 1;
        if let Some(fault) = fault {
            wrong.push(format!("{name}: refused: {}", fault.message));
            continue;
        }
        accepted.0 += 1;
        let expected = std::fs::read_to_string(path.join("in.json")).ok().and_then(|text| first_json(&text));
        let (Some(expected), Some(root)) = (expected, tree.root()) else { continue };
        values.1 += 1;
        let value = first_json(&tree.value(root).to_json());
        if value.as_ref().is_some_and(|value| same(value, &expected)) {
            values.0 += 1;
        } else {
            wrong.push(format!("{name}: {value:?} instead of {expected}"));
        }
    }
    let _ = writeln!(
        log,
        "YAML test suite: {} cases; {} of {} valid ones accepted, {} of {} invalid ones refused, {} of {} values right\n{}",
        paths.len(),
        accepted.0,
        accepted.1,
        refused.0,
        refused.1,
        values.0,
        values.1,
        wrong.join("\n")
    );
    assert!(paths.len() > 300, "{} cases", paths.len());
    assert_eq!(accepted.0, accepted.1, "valid cases are accepted: {wrong:?}");
    assert_eq!(refused.0, refused.1, "invalid cases are refused: {wrong:?}");
    assert!(values.0 + 5 >= values.1, "values are right: {wrong:?}");
}
