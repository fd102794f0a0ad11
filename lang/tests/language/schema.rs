//! The shape checks agree with the specification's JSON Schema on thousands of changed workflows.
//!
//! Every example is changed in one place at a time: a key removed, renamed or added, a value
//! replaced by one of another type. A text is sound if the released schema or that of the main
//! branch accepts it. Where the checks differ on purpose, [`on_purpose`] says why.

use std::{collections::BTreeMap, path::Path};

use flowdbg_lang::{diagnostic::Severity, read, text::Source, value::ValueExt as _};
use serde_json::{Value, json};

use crate::support;

#[test]
fn changed_workflows_are_judged_as_the_schema_judges_them() {
    let Some(folder) = support::specification() else { return };
    let schemas = ["workflow-1.0.3.json", "workflow-main-2026-07.json"].map(|name| validator(&folder.join("schema").join(name)));
    let mut judged = 0;
    let mut differences: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in support::files(&folder.join("examples-main-2026-07"), ".yaml") {
        let original = as_json(&path);
        for (pointer, change, changed) in changes(&original) {
            judged += 1;
            let sound = schemas.iter().any(|schema| schema.is_valid(&changed)) && has_sound_schema(&changed, &pointer);
            let (tree, found) = support::check("changed.json", &changed.to_string());
            let errors: Vec<_> = found.iter().filter(|it| it.severity == Severity::Error && it.code < "OW0200").collect();
            if sound == errors.is_empty() || on_purpose(&pointer, &change, sound) {
                continue;
            }
            let said: Vec<_> = errors.iter().map(|error| support::line(&tree, error)).collect();
            let kind = format!("{} {change} of {}", if sound { "FALSE ALARM" } else { "MISSED" }, shape_of(&pointer));
            differences.entry(kind).or_default().push(format!("{}#{pointer}: {}", path.display(), said.join("; ")));
        }
    }
    assert!(judged > 10_000, "only {judged} changes were judged");
    let lines: Vec<_> =
        differences.iter().map(|(kind, places)| format!("{kind} ({} times), such as {}", places.len(), places[0])).collect();
    assert!(lines.is_empty(), "{} kinds of difference:\n{}", lines.len(), lines.join("\n"));
}

/// Whether the JSON Schema that a pointer leads into is valid itself, if it leads into one.
fn has_sound_schema(changed: &Value, pointer: &str) -> bool {
    let Some((before, _)) = pointer.split_once("/schema/document") else { return true };
    let schema = changed.pointer(&format!("{before}/schema/document"));
    schema.is_none_or(|schema| jsonschema::validator_for(schema).is_ok())
}

/// Where the checks do not follow the schema.
fn on_purpose(pointer: &str, change: &str, sound: bool) -> bool {
    // The specification's text shows expressions here, which the schema does not foresee.
    let expression = change.starts_with("-> \"${") && ["/authority", "/status", "/workflow/input"].iter().any(|end| pointer.ends_with(end));
    // Its text has headers and query parameters of any type: others than strings are a warning.
    let strings = pointer.contains("/with/headers") || pointer.contains("/with/query");
    let other = change.starts_with("-> {") || ["-> true", "-> 7", "-> 1.5"].contains(&change);
    !sound && (expression || (strings && other))
}

fn validator(path: &Path) -> jsonschema::Validator {
    let text = std::fs::read_to_string(path).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn as_json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    let (tree, problems) = read::read(&Source::new(path.display().to_string(), text));
    assert!(problems.is_empty(), "{}: {problems:?}", path.display());
    serde_json::from_str(&tree.value(tree.root().unwrap()).to_json()).unwrap()
}

/// The pointer without positions in lists and names of tasks.
fn shape_of(pointer: &str) -> String {
    let mut parts: Vec<&str> = pointer.split('/').filter(|part| part.parse::<usize>().is_err()).collect();
    let keep = parts.len().saturating_sub(4);
    parts.drain(..keep);
    parts.join("/")
}

/// Every value of a workflow, changed in every way.
fn changes(original: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    let mut pointers = Vec::new();
    collect(original, String::new(), &mut pointers);
    for pointer in pointers {
        let with = |change: &str, edit: &dyn Fn(&mut Value)| {
            let mut changed = original.clone();
            edit(changed.pointer_mut(&pointer).unwrap());
            (pointer.clone(), change.to_owned(), changed)
        };
        let replacements = [
            json!(null),
            json!(true),
            json!(7),
            json!(1.5),
            json!("some text"),
            json!("${ .x }"),
            json!([]),
            json!({}),
            json!(["x"]),
            json!({"zz": 1}),
        ];
        for replacement in replacements {
            found.push(with(&format!("-> {replacement}"), &|value| *value = replacement.clone()));
        }
        if let Some(Value::Object(members)) = original.pointer(&pointer) {
            found.push(with("added zz", &|value| value["zz"] = json!("x")));
            for key in members.keys() {
                found.push(with(&format!("without {key}"), &|value| {
                    value.as_object_mut().unwrap().shift_remove(key);
                }));
                found.push(with(&format!("renamed {key}"), &|value| {
                    let member = value.as_object_mut().unwrap().shift_remove(key).unwrap();
                    value[format!("{key}z")] = member;
                }));
            }
        }
    }
    found
}

fn collect(value: &Value, pointer: String, found: &mut Vec<String>) {
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => members.iter().for_each(|(key, member)| collect(member, format!("{pointer}/{}", escape(key)), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, item)| collect(item, format!("{pointer}/{at}"), found)),
        _ => {}
    }
    found.push(pointer);
}
