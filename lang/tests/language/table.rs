//! The table is the schema, property by property: both are walked side by side, and every
//! difference is on purpose, with its reason.

use std::{
    collections::{BTreeSet, HashSet},
    path::Path,
};

use flowdbg_lang::dsl::{CALLS, DURATION, Object, Others, Shape, Since, TASK_COMMON, TASK_KINDS, WORKFLOW};
use serde_json::Value;

use crate::support;

/// What the table and a schema say differently on purpose: the place, and why.
const ON_PURPOSE: &[(&str, &str)] = &[
    ("call mcp.with.client.description", "1.0.3 declares `description` where it requires `version`; main mends that"),
    ("call mcp.with.client.version", "the same"),
    ("emit.emit.event.with.source", "required by 1.0.3 only; main has the runtime make one"),
    ("run.run.container.lifetime.after", "required with `cleanup: eventually` only, which is a rule of the object"),
    ("run.run.script.language", "the schema takes any text, the specification names these languages"),
    ("run.run.workflow.version", "required, so the schema's default never counts"),
    ("switch.switch[].*.then", "required, so the schema's default never counts"),
    ("try.catch.errors.with.details", "the spelling of 1.0.3, which main has changed to `detail`"),
    ("try.catch.then", "where it is left out, the task's own `then` says where to go on"),
    ("workflow.evaluate", "the text of 1.0.3 has it, and the schema of main; languages other than these may be named"),
    ("workflow.schedule.on.until.until", "the schema takes `until` out of a strategy that ends another"),
];

/// A place of a workflow: what the schema has for it, and what the table has.
struct Walk {
    schema: Value,
    is_main: bool,
    seen: HashSet<(Vec<*const Value>, Vec<*const Shape>)>,
    properties: usize,
    differences: BTreeSet<String>,
}

#[test]
fn every_property_of_the_schema_is_a_row_and_every_row_is_in_the_schema() {
    let Some(folder) = support::specification() else { return };
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut counts = Vec::new();
    for (name, is_main) in [("workflow-1.0.3.json", false), ("workflow-main-2026-07.json", true)] {
        let walk = walked(&folder.join("schema").join(name), is_main);
        assert!(walk.properties > 250, "{name}: only {} properties were walked", walk.properties);
        counts.push(format!("{name}: {} properties", walk.properties));
        for difference in walk.differences {
            match ON_PURPOSE.iter().find(|(place, _)| difference.starts_with(place)) {
                Some((place, _)) => drop(used.insert(*place)),
                None => wrong.push(format!("{name}: {difference}")),
            }
        }
    }
    support::say(&format!("walked beside the table: {}", counts.join(", ")));
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    let stale: Vec<_> = ON_PURPOSE.iter().filter(|(place, _)| !used.contains(place)).collect();
    assert!(stale.is_empty(), "these reasons are not needed: {stale:?}");
}

fn walked(path: &Path, is_main: bool) -> Walk {
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut walk = Walk { schema, is_main, seen: HashSet::new(), properties: 0, differences: BTreeSet::new() };
    let schema: &'static Value = Box::leak(Box::new(walk.schema.take()));
    walk.object("workflow", schema, &[schema], &[&WORKFLOW], true);
    walk.task(schema);
    walk
}

/// The schemas that a node may have to meet: alternatives and parts laid out flat.
fn flat<'a>(root: &'a Value, schema: &'a Value, found: &mut Vec<&'a Value>) {
    if found.iter().any(|known| std::ptr::eq(*known, schema)) {
        return;
    }
    found.push(schema);
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference} leads nowhere"));
        flat(root, target, found);
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            flat(root, part, found);
        }
    }
    for key in ["then", "else"] {
        if schema.get(key).is_some() {
            flat(root, &schema[key], found);
        }
    }
}

fn all<'a>(root: &'a Value, schemas: &[&'a Value]) -> Vec<&'a Value> {
    let mut found = Vec::new();
    schemas.iter().for_each(|schema| flat(root, schema, &mut found));
    found
}

/// The shapes that the table has for a node, laid out flat.
fn shapes(shape: &'static Shape, found: &mut Vec<&'static Shape>) {
    match shape {
        Shape::OneOf(inner) => inner.iter().for_each(|shape| shapes(shape, found)),
        _ => found.push(shape),
    }
}

impl Walk {
    fn differ(&mut self, place: &str, what: &str) {
        self.differences.insert(format!("{place}: {what}"));
    }

    /// Tasks: their kinds side by side, and the built-in calls one by one.
    fn task(&mut self, root: &'static Value) {
        let kinds: BTreeSet<String> = root["$defs"]["task"]["oneOf"]
            .as_array()
            .unwrap()
            .iter()
            .map(|kind| kind["$ref"].as_str().unwrap().trim_start_matches("#/$defs/").trim_end_matches("Task").to_owned())
            .collect();
        let known: BTreeSet<String> = TASK_KINDS.iter().map(|kind| kind.keyword.to_owned()).collect();
        if kinds != known {
            self.differ("task", &format!("kinds {kinds:?} in the schema, {known:?} in the table"));
        }
        for kind in TASK_KINDS.iter().filter(|kind| kind.keyword != "call") {
            let schema = &root["$defs"][format!("{}Task", kind.keyword)];
            self.object(kind.keyword, root, &[schema], &[kind.object, &TASK_COMMON], true);
        }
        let mut calls = BTreeSet::new();
        for call in root["$defs"]["callTask"]["oneOf"].as_array().unwrap() {
            let parts = all(root, &[call]);
            let name = parts.iter().find_map(|part| part["properties"]["call"]["const"].as_str());
            let (name, object) = match name {
                Some(name) => (name, CALLS.iter().find(|call| call.value == name).map(|call| call.object)),
                None => {
                    let call = TASK_KINDS.iter().find(|kind| kind.keyword == "call").and_then(|kind| kind.object.variants);
                    ("function", call.map(|call| call.other))
                }
            };
            calls.insert(name.to_owned());
            match object {
                Some(object) => self.object(&format!("call {name}"), root, &[call], &[object, &TASK_COMMON], true),
                None => self.differ("call", &format!("`{name}` is not in the table")),
            }
        }
        let known = CALLS.iter().map(|call| call.value.to_owned()).chain(["function".to_owned()]).collect();
        if calls != known {
            self.differ("call", &format!("{calls:?} in the schema, {known:?} in the table"));
        }
    }

    fn object(&mut self, place: &str, root: &'static Value, schemas: &[&'static Value], objects: &[&'static Object], alone: bool) {
        let parts = all(root, schemas);
        let mut wanted: Vec<&str> = Vec::new();
        for part in &parts {
            let members = part["properties"].as_object().into_iter().flatten();
            wanted.extend(members.filter(|(_, schema)| **schema != Value::Bool(false)).map(|(name, _)| &**name));
        }
        let wanted: BTreeSet<&str> = wanted.into_iter().collect();
        let rows = || objects.iter().flat_map(|object| object.properties);
        let there = |since: Since, required: bool| self.is_main || since == Since::Released || required;
        let known: BTreeSet<&str> = rows().filter(|row| there(row.since, row.required)).map(|row| row.name).collect();
        for name in wanted.difference(&known) {
            self.differ(&format!("{place}.{name}"), "is not in the table");
        }
        for name in known.difference(&wanted) {
            self.differ(&format!("{place}.{name}"), "is not in the schema");
        }
        // What must be given can be told where the schema has no alternatives.
        let choices = parts.iter().any(|part| part.get("oneOf").is_some() || part.get("anyOf").is_some());
        if alone && !choices {
            let must: BTreeSet<&str> =
                parts.iter().flat_map(|part| part["required"].as_array().into_iter().flatten()).filter_map(Value::as_str).collect();
            for row in rows().filter(|row| wanted.contains(row.name)) {
                let required = row.required && (self.is_main || row.since == Since::Released);
                if required != must.contains(row.name) {
                    self.differ(&format!("{place}.{}", row.name), &format!("required: {required} in the table"));
                }
            }
        }
        for name in wanted.intersection(&known) {
            self.properties += 1;
            let below: Vec<&'static Value> = parts.iter().filter_map(|part| part["properties"].get(name)).collect();
            let mut meant = Vec::new();
            for row in rows().filter(|row| row.name == *name) {
                shapes(&row.shape, &mut meant);
                let default = all(root, &below).iter().find_map(|part| part.get("default"));
                let default = default.map(|default| default.as_str().map_or_else(|| default.to_string(), str::to_owned));
                if let (Some(default), known) = (default, row.default)
                    && known != Some(&*default)
                {
                    self.differ(&format!("{place}.{name}"), &format!("the default is {default} in the schema, {known:?} in the table"));
                }
            }
            self.value(&format!("{place}.{name}"), root, &below, &meant);
        }
        // Keys of the author's own.
        let extra: Vec<&'static Value> =
            parts.iter().filter_map(|part| part.get("additionalProperties")).filter(|it| it.is_object()).collect();
        for object in objects {
            if let Others::Allowed(shape) = object.others {
                let mut meant = Vec::new();
                shapes(shape, &mut meant);
                self.value(&format!("{place}.*"), root, &extra, &meant);
            }
        }
    }

    fn value(&mut self, place: &str, root: &'static Value, schemas: &[&'static Value], meant: &[&'static Shape]) {
        let parts = all(root, schemas);
        let key =
            (parts.iter().map(|part| std::ptr::from_ref(*part)).collect(), meant.iter().map(|shape| std::ptr::from_ref(*shape)).collect());
        if !self.seen.insert(key) {
            return;
        }
        // Words.
        let words: BTreeSet<&str> =
            parts.iter().flat_map(|part| part["enum"].as_array().into_iter().flatten()).filter_map(Value::as_str).collect();
        let known: BTreeSet<&str> = meant
            .iter()
            .filter_map(|shape| match shape {
                Shape::Choice(choices) => Some(choices),
                _ => None,
            })
            .flat_map(|choices| choices.values.iter().map(|choice| choice.value))
            .collect();
        if words != known && !meant.iter().any(|shape| matches!(shape, Shape::Target)) {
            self.differ(place, &format!("the words are {words:?} in the schema, {known:?} in the table"));
        }
        let is_task = |part: &&&'static Value| std::ptr::eq(**part, &root["$defs"]["task"]);
        if let Some(_task) = parts.iter().find(is_task) {
            if !meant.iter().any(|shape| matches!(shape, Shape::Task)) {
                self.differ(place, "is a task in the schema");
            }
            return;
        }
        let mut objects: Vec<&'static Object> = Vec::new();
        let (mut items, mut entries): (Vec<&'static Shape>, Vec<&'static Shape>) = (Vec::new(), Vec::new());
        for shape in meant {
            match shape {
                Shape::Object(object) => {
                    objects.push(object);
                    if let Some(variants) = &object.variants {
                        objects.extend(variants.known.iter().map(|variant| variant.object));
                        objects.push(variants.other);
                    }
                }
                Shape::Duration => objects.push(&DURATION),
                Shape::Map(inner) => shapes(inner, &mut entries),
                Shape::List(inner) => shapes(inner, &mut items),
                // A list of mappings with one key each.
                Shape::Named(named) => shapes(&named.shape, &mut entries),
                _ => {}
            }
        }
        let named = meant.iter().any(|shape| matches!(shape, Shape::Named(_)));
        let has_properties = parts.iter().any(|part| part.get("properties").is_some());
        let free =
            meant.iter().any(|shape| matches!(shape, Shape::Any | Shape::AnyMap | Shape::Data | Shape::DataMap | Shape::FilledDataMap));
        if !objects.is_empty() {
            self.object(place, root, schemas, &objects, objects.len() == 1);
        } else if has_properties && !free && !named {
            self.differ(place, "has properties in the schema");
        }
        let below: Vec<&'static Value> = parts.iter().filter_map(|part| part.get("items")).collect();
        if named {
            let entry = all(root, &below);
            let names = entry.iter().filter_map(|part| part.get("additionalProperties")).filter(|it| it.is_object()).collect::<Vec<_>>();
            if names.is_empty() {
                self.differ(place, "is no list of named things in the schema");
            }
            self.value(&format!("{place}[].*"), root, &names, &entries);
            return;
        }
        if items.is_empty() != below.is_empty() && !free && !meant.iter().any(|shape| matches!(shape, Shape::ObjectList)) {
            self.differ(place, if items.is_empty() { "may be a list in the schema" } else { "is no list in the schema" });
        }
        if !items.is_empty() {
            self.value(&format!("{place}[]"), root, &below, &items);
        }
        let extra: Vec<&'static Value> =
            parts.iter().filter_map(|part| part.get("additionalProperties")).filter(|it| it.is_object()).collect();
        if !entries.is_empty() {
            if extra.is_empty() {
                self.differ(place, "is no mapping of names in the schema");
            }
            self.value(&format!("{place}.*"), root, &extra, &entries);
        } else if !extra.is_empty() && objects.is_empty() && !free {
            self.differ(place, "is a mapping of names in the schema");
        }
    }
}
