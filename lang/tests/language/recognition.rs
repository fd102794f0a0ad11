//! The language front end and the editors recognise the same files.

use std::path::Path;

use flowdbg_lang::ide;

#[test]
fn the_cases_that_editors_are_tested_with_hold_here() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../editors/test/recognition.json");
    let cases: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = cases.as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let text = |key: &str| case[key].as_str().unwrap();
        assert_eq!(Some(ide::is_workflow(text("name"), text("text"))), case["workflow"].as_bool(), "{}", text("about"));
    }
}
