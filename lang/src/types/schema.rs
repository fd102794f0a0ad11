//! From a JSON Schema to a type: the subset that says what a value looks like. What is not
//! understood is unknown, never refused.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    origin::Origin,
    shape::{Array, Known, Member, Number, Object, Text, Type},
};
use crate::value::{Value, ValueExt as _};

/// How deeply schemas and references are followed.
const MAX_DEPTH: usize = 12;

/// The type of the values that a schema accepts.
#[must_use]
pub fn of_schema(schema: &Value, origin: Origin) -> Type {
    Reader { root: schema, origin, left: 2_000 }.read(schema, 0)
}

struct Reader<'s> {
    root: &'s Value,
    origin: Origin,
    /// How many schemas may still be read: references can multiply.
    left: usize,
}

impl<'s> Reader<'s> {
    fn read(&mut self, schema: &'s Value, depth: usize) -> Type {
        let Value::Obj(keywords) = schema else { return Type::Unknown };
        if depth >= MAX_DEPTH || self.left == 0 || keywords.is_empty() {
            return Type::Unknown;
        }
        self.left -= 1;
        let mut found = self.own(schema, depth);
        if let Some(target) = schema.member("$ref").and_then(|reference| self.target(reference)) {
            let referred = self.read(target, depth + 1);
            found = found.refine(&referred);
        }
        for part in items(schema, "allOf") {
            let part = self.read(part, depth + 1);
            found = found.refine(&part);
        }
        for keyword in ["anyOf", "oneOf"] {
            let mut parts = items(schema, keyword).peekable();
            if parts.peek().is_some() {
                let any = parts.fold(Type::never(), |all, part| all.join(&self.read(part, depth + 1)));
                found = found.refine(&any);
            }
        }
        found
    }

    /// A reference within the same document: `#` or `#/$defs/name`.
    fn target(&self, reference: &Value) -> Option<&'s Value> {
        let text = reference.as_text()?;
        let pointer = text.strip_prefix('#')?;
        if pointer.is_empty() {
            return Some(self.root);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self.root, |at, step| {
            let step = step.replace("~1", "/").replace("~0", "~");
            match at {
                Value::Arr(items) => items.get(step.parse::<usize>().ok()?),
                _ => at.member(&step),
            }
        })
    }

    /// What the schema's own keywords say.
    fn own(&mut self, schema: &'s Value, depth: usize) -> Type {
        if let Some(constant) = schema.member("const") {
            return Type::of_value(constant, self.origin);
        }
        if let Some(Value::Arr(values)) = schema.member("enum") {
            return values.iter().fold(Type::never(), |all, value| all.join(&Type::of_value(value, self.origin)));
        }
        let names: Vec<String> = match schema.member("type") {
            Some(Value::Arr(names)) => names.iter().filter_map(Value::as_text).collect(),
            Some(name) => name.as_text().into_iter().collect(),
            // Without `type` any value fits, whatever the other keywords say of objects.
            None => return Type::Unknown,
        };
        let has = |name: &str| names.iter().any(|known| known == name);
        let origin = self.origin;
        Type::of(Known {
            null: has("null").then_some(origin),
            boolean: has("boolean").then_some(origin),
            number: (has("number") || has("integer")).then(|| Number { integer: !has("number"), origin }),
            string: has("string").then_some(Text { constant: None, origin }),
            array: has("array").then(|| self.array(schema, depth)),
            object: has("object").then(|| self.object(schema, depth)),
            ..Known::default()
        })
    }

    fn array(&mut self, schema: &'s Value, depth: usize) -> Array {
        let item = match schema.member("items") {
            Some(items) if schema.member("prefixItems").is_none() => self.read(items, depth + 1),
            _ => Type::Unknown,
        };
        let least = schema.member("minItems").and_then(Value::as_i64).unwrap_or(0).clamp(0, 8);
        let prefix = (0..least).map(|_| item.clone()).collect();
        let most = schema.member("maxItems").and_then(Value::as_i64);
        let rest = if most.is_some_and(|most| most <= least) { Type::never() } else { item };
        Array { prefix, rest, origin: self.origin }
    }

    fn object(&mut self, schema: &'s Value, depth: usize) -> Object {
        let mut members: BTreeMap<Arc<str>, Member> = BTreeMap::new();
        if let Some(Value::Obj(properties)) = schema.member("properties") {
            for (name, property) in properties.iter() {
                let value = self.read(property, depth + 1);
                members.insert(name.as_text().unwrap_or_default().into(), Member { value, required: false });
            }
        }
        let others = schema.member("additionalProperties");
        let patterns = schema.member("patternProperties").is_some();
        let combined = ["allOf", "anyOf", "oneOf", "$ref", "if", "dependentSchemas"].iter().any(|keyword| schema.member(keyword).is_some());
        let unevaluated = !combined && matches!(schema.member("unevaluatedProperties"), Some(Value::Bool(false)));
        let rest = match others {
            _ if patterns => Some(Type::Unknown),
            Some(Value::Bool(false)) => None,
            Some(others @ Value::Obj(_)) => Some(self.read(others, depth + 1)),
            None if unevaluated => None,
            _ => Some(Type::Unknown),
        };
        for name in items(schema, "required").filter_map(Value::as_text) {
            let value = rest.clone().unwrap_or_default();
            members.entry(name.into()).or_insert(Member { value, required: true }).required = true;
        }
        Object { members, rest, origin: self.origin }
    }
}

fn items<'s>(schema: &'s Value, keyword: &str) -> impl Iterator<Item = &'s Value> {
    let items = match schema.member(keyword) {
        Some(Value::Arr(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter()
}
