//! Parameters of an operation, and how their values are written (OpenAPI 3, "Style Values";
//! Swagger 2.0, `collectionFormat`).

use flowdbg_lang::value::{Value, ValueExt as _};

use super::{
    super::{percent, text},
    operation::Operation,
};

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
    Cookie,
    /// Swagger 2.0: a field of a form.
    Form,
    /// Swagger 2.0: the body.
    Body,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) required: bool,
    pub(super) is_file: bool,
    style: Style,
}

/// How arrays and objects are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Style {
    name: String,
    /// Each item by itself.
    explode: bool,
    /// As JSON.
    json: bool,
}

/// The parameters of an operation; its own come before those of its path. The keys that its
/// security asks for count as parameters that may be left out.
pub(super) fn of(operation: &Operation<'_>) -> Vec<Parameter> {
    let mut found: Vec<Parameter> = Vec::new();
    let mut add = |parameter: Parameter| {
        if !found.iter().any(|known| known.name == parameter.name && known.place == parameter.place) {
            found.push(parameter);
        }
    };
    for owner in [operation.operation, operation.item] {
        let Some(Value::Arr(parameters)) = owner.member("parameters") else { continue };
        parameters.iter().filter_map(|node| parameter(operation.resolve(node), operation.swagger)).for_each(&mut add);
    }
    keys(operation).into_iter().for_each(add);
    found
}

fn parameter(node: &Value, swagger: bool) -> Option<Parameter> {
    let word = |key: &str| node.member(key).and_then(Value::as_text);
    let place = match word("in")?.as_str() {
        "path" => Place::Path,
        "query" => Place::Query,
        "header" => Place::Header,
        "cookie" => Place::Cookie,
        "formData" => Place::Form,
        "body" => Place::Body,
        _ => return None,
    };
    let style = if swagger {
        let name = word("collectionFormat").unwrap_or_else(|| "csv".to_owned());
        Style { explode: name == "multi", name, json: false }
    } else {
        let default = if matches!(place, Place::Query | Place::Cookie) { "form" } else { "simple" };
        let name = word("style").unwrap_or_else(|| default.to_owned());
        let explode = node.member("explode").map_or(name == "form", Value::is_truthy);
        Style { name, explode, json: node.member("content").is_some() }
    };
    let required = place == Place::Path || node.member("required").is_some_and(Value::is_truthy);
    let is_file = word("type").as_deref() == Some("file");
    Some(Parameter { name: word("name")?, place, required, is_file, style })
}

/// API keys of the security schemes that the operation names.
fn keys(operation: &Operation<'_>) -> Vec<Parameter> {
    let document = operation.document;
    let schemes = if operation.swagger {
        document.member("securityDefinitions")
    } else {
        document.member("components").and_then(|components| components.member("securitySchemes"))
    };
    let wanted = operation.operation.member("security").or_else(|| document.member("security"));
    let (Some(schemes), Some(Value::Arr(wanted))) = (schemes, wanted) else { return Vec::new() };
    let mut found = Vec::new();
    for alternative in wanted.iter() {
        let Value::Obj(names) = alternative else { continue };
        for (name, _) in names.iter() {
            let scheme = schemes.member(&text(name)).map(|scheme| operation.resolve(scheme));
            let is_key = |scheme: &&Value| scheme.member("type").and_then(Value::as_text).as_deref() == Some("apiKey");
            if let Some(key) = scheme.filter(is_key).and_then(|scheme| parameter(scheme, operation.swagger)) {
                found.push(Parameter { required: false, ..key });
            }
        }
    }
    found
}

impl Parameter {
    /// The pairs that a query, cookie or form holds for a value.
    pub(super) fn pairs(&self, value: &Value) -> Vec<(String, String)> {
        if self.style.json {
            return vec![(self.name.clone(), value.to_json())];
        }
        match value {
            Value::Arr(items) if self.style.explode => items.iter().map(|item| (self.name.clone(), text(item))).collect(),
            Value::Obj(members) if self.style.name == "deepObject" => {
                members.iter().map(|(key, member)| (format!("{}[{}]", self.name, text(key)), text(member))).collect()
            }
            Value::Obj(members) if self.style.explode => members.iter().map(|(key, member)| (text(key), text(member))).collect(),
            value => vec![(self.name.clone(), self.joined(value))],
        }
    }

    /// The value in one text, as a header has it.
    pub(super) fn joined(&self, value: &Value) -> String {
        let separator = match self.style.name.as_str() {
            "ssv" | "spaceDelimited" => " ",
            "tsv" => "\t",
            "pipes" | "pipeDelimited" => "|",
            _ => ",",
        };
        if self.style.json { value.to_json() } else { join(value, self.style.explode, separator, text) }
    }

    /// The value as a part of a path, escaped.
    pub(super) fn in_path(&self, value: &Value) -> String {
        let escaped = |value: &Value| percent(&text(value));
        let name = percent(&self.name);
        match (self.style.name.as_str(), value) {
            _ if self.style.json => percent(&value.to_json()),
            ("label", value) => format!(".{}", join(value, self.style.explode, if self.style.explode { "." } else { "," }, escaped)),
            ("matrix", Value::Arr(items)) if self.style.explode => items.iter().map(|item| format!(";{name}={}", escaped(item))).collect(),
            ("matrix", Value::Obj(_)) if self.style.explode => format!(";{}", join(value, true, ";", escaped)),
            ("matrix", value) => format!(";{name}={}", join(value, false, ",", escaped)),
            (_, value) => join(value, self.style.explode, ",", escaped),
        }
    }
}

fn join(value: &Value, explode: bool, separator: &str, write: impl Fn(&Value) -> String) -> String {
    let parts: Vec<String> = match value {
        Value::Arr(items) => items.iter().map(write).collect(),
        Value::Obj(members) if explode => members.iter().map(|(key, member)| format!("{}={}", write(key), write(member))).collect(),
        Value::Obj(members) => members.iter().flat_map(|(key, member)| [write(key), write(member)]).collect(),
        value => return write(value),
    };
    parts.join(separator)
}

#[cfg(test)]
mod tests {
    use flowdbg_lang::value::parse_json;

    use super::*;

    fn written(declared: &str, swagger: bool, value: &str) -> String {
        let parameter = parameter(&parse_json(declared).expect("json"), swagger).expect("a parameter");
        let value = parse_json(value).expect("json");
        match parameter.place {
            Place::Path => parameter.in_path(&value),
            Place::Header => parameter.joined(&value),
            _ => parameter.pairs(&value).iter().map(|(key, member)| format!("{key}={member}")).collect::<Vec<_>>().join("&"),
        }
    }

    #[test]
    fn arrays_and_objects_are_written_as_their_style_says() {
        let cases = [
            (r#"{"name": "p", "in": "query"}"#, r#"["a", 1]"#, "p=a&p=1"),
            (r#"{"name": "p", "in": "query"}"#, r#"{"a": 1, "b": 2}"#, "a=1&b=2"),
            (r#"{"name": "p", "in": "query", "explode": false}"#, r#"["a", "b"]"#, "p=a,b"),
            (r#"{"name": "p", "in": "query", "style": "pipeDelimited"}"#, r#"["a", "b"]"#, "p=a|b"),
            (r#"{"name": "p", "in": "query", "style": "deepObject"}"#, r#"{"a": 1}"#, "p[a]=1"),
            (r#"{"name": "p", "in": "query", "content": {"application/json": {}}}"#, r#"{"a": [1]}"#, r#"p={"a":[1]}"#),
            (r#"{"name": "p", "in": "path"}"#, r#""a b/c""#, "a%20b%2Fc"),
            (r#"{"name": "p", "in": "path"}"#, r#"{"a": 1, "b": 2}"#, "a,1,b,2"),
            (r#"{"name": "p", "in": "path", "style": "label", "explode": true}"#, r#"["a", "b"]"#, ".a.b"),
            (r#"{"name": "p", "in": "path", "style": "matrix"}"#, r#"["a", "b"]"#, ";p=a,b"),
            (r#"{"name": "p", "in": "path", "style": "matrix", "explode": true}"#, r#"["a", "b"]"#, ";p=a;p=b"),
            (r#"{"name": "p", "in": "header", "explode": true}"#, r#"{"a": 1, "b": 2}"#, "a=1,b=2"),
        ];
        for (declared, value, expected) in cases {
            assert_eq!(written(declared, false, value), expected, "{declared}");
        }
        assert_eq!(written(r#"{"name": "p", "in": "query", "type": "array", "collectionFormat": "multi"}"#, true, "[1, 2]"), "p=1&p=2");
        assert_eq!(written(r#"{"name": "p", "in": "query", "type": "array"}"#, true, "[1, 2]"), "p=1,2");
        assert_eq!(written(r#"{"name": "p", "in": "formData", "collectionFormat": "ssv"}"#, true, "[1, 2]"), "p=1 2");
    }
}
