//! The input of a workflow for which nobody gave one.
//!
//! A file beside it may hold one: for `order.workflow.yaml` the first of
//! `order.workflow.input.json`, `order.input.json` and `input.json` that is there.

use std::path::{Path, PathBuf};

use flowdbg_lang::value::{self, Value};

use crate::load;

/// An input that was found beside a workflow.
#[derive(Clone, Debug)]
pub struct Beside {
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub value: Value,
}

/// The input beside a workflow file, if there is any.
///
/// # Errors
/// There is a file, but it is not JSON text.
pub fn beside(workflow: &Path) -> Result<Option<Beside>, String> {
    let Some(path) = candidates(workflow).into_iter().find(|path| path.is_file()) else { return Ok(None) };
    let said = |why: String| format!("the input file {}: {why}", path.display());
    let text = load::read_text(&path).map_err(said)?;
    let value = parse(&text).map_err(said)?;
    Ok(Some(Beside { path, value }))
}

/// The input beside a workflow file, or an empty object.
///
/// # Errors
/// See [`beside`].
pub fn default_for(workflow: &Path) -> Result<Value, String> {
    Ok(beside(workflow)?.map_or_else(empty, |beside| beside.value))
}

/// The input of a workflow that has none.
#[must_use]
pub fn empty() -> Value {
    value::object::<String>([])
}

/// Reads an input from a file that somebody named.
///
/// # Errors
/// It cannot be read, or is not JSON text.
pub fn from_file(path: &Path) -> Result<Value, String> {
    let text = load::read_text(path).map_err(|why| format!("cannot read the input file {}: {why}", path.display()))?;
    parse(&text).map_err(|why| format!("the input file {}: {why}", path.display()))
}

/// Reads JSON text; says where it is wrong.
///
/// # Errors
/// It is not JSON.
pub fn parse(text: &str) -> Result<Value, String> {
    // This reader knows the place of a mistake, the other one keeps big numbers.
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| format!("this is not JSON: {error}"))?;
    value::parse_json(text).map_err(|error| format!("this is not JSON: {error}"))
}

fn candidates(workflow: &Path) -> Vec<PathBuf> {
    let stem = workflow.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let short = stem.strip_suffix(".workflow").or_else(|| stem.strip_suffix(".ow"));
    let named = [Some(stem), short].into_iter().flatten().filter(|stem| !stem.is_empty());
    let names = named.map(|stem| format!("{stem}.input.json")).chain(["input.json".to_owned()]);
    names.map(|name| workflow.with_file_name(name)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use flowdbg_lang::value::ValueExt as _;

    use super::*;

    #[test]
    fn the_nearest_file_counts() {
        let folder = tempfile::tempdir().unwrap();
        let workflow = folder.path().join("order.workflow.yaml");
        assert!(beside(&workflow).unwrap().is_none());
        assert_eq!(default_for(&workflow).unwrap().to_json(), "{}");
        for (name, text) in [("input.json", "1"), ("order.input.json", "2"), ("order.workflow.input.json", "3")] {
            fs::write(folder.path().join(name), text).unwrap();
            let found = beside(&workflow).unwrap().unwrap();
            assert_eq!((found.value.to_json().as_str(), found.path.ends_with(name)), (text, true));
        }
    }

    #[test]
    fn a_wrong_file_is_named_with_the_place() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("input.json"), "{\n  \"a\": }").unwrap();
        let error = beside(&folder.path().join("a.yaml")).unwrap_err();
        assert!(error.contains("input.json: this is not JSON: expected value at line 2 column 8"), "{error}");
        let error = from_file(&folder.path().join("none.json")).unwrap_err();
        assert!(error.starts_with("cannot read the input file ") && error.ends_with("there is no such file"), "{error}");
    }
}
