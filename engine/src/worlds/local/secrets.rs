//! Secrets: from the environment, from `secrets.json` beside the workflow, from `.env` beside it.
//!
//! A text that is a JSON object or array is taken as such: a secret may have parts, as a user name
//! and a password.

use std::{path::Path, sync::Arc};

use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::resource::read_file;

/// What the names of variables begin with.
const PREFIX: &str = "FLOWDBG_SECRET_";
const JSON: &str = "secrets.json";
const DOTENV: &str = ".env";

pub(super) fn find(names: &[Arc<str>], from: &str, environment: impl Fn(&str) -> Option<String>) -> Result<Vec<Value>, String> {
    let folder = Path::new(from).parent().unwrap_or_else(|| Path::new(""));
    let json = match beside(folder, JSON)? {
        Some(text) => value::parse_json(&text).map_err(|_| format!("{} is not JSON", folder.join(JSON).display()))?,
        None => Value::Null,
    };
    let dotenv = beside(folder, DOTENV)?.map(|text| lines(&text)).unwrap_or_default();
    let mut found = Vec::with_capacity(names.len());
    let mut missing = Vec::new();
    for name in names {
        let variables = [format!("{PREFIX}{name}"), format!("{PREFIX}{}", upper(name)), name.to_string()];
        let set = variables.iter().find_map(|variable| environment(variable).filter(|text| !text.is_empty()));
        let in_file =
            || variables.iter().find_map(|variable| dotenv.iter().rev().find(|(key, _)| key == variable)).map(|(_, text)| data(text));
        match set.map(|text| data(&text)).or_else(|| json.member(name).cloned()).or_else(in_file) {
            Some(secret) => found.push(secret),
            None => missing.push(format!("`{name}`")),
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    let (what, example) = (if missing.len() == 1 { "the secret" } else { "the secrets" }, missing[0].trim_matches('`'));
    Err(format!(
        "{what} {} cannot be found: set the environment variable {PREFIX}{}, or add `{example}` to {JSON} or {DOTENV} beside the workflow",
        missing.join(", "),
        upper(example)
    ))
}

fn beside(folder: &Path, name: &str) -> Result<Option<String>, String> {
    let path = folder.join(name);
    if path.is_file() { read_file(&path).map(Some).map_err(|why| format!("{}: {why}", path.display())) } else { Ok(None) }
}

/// `api-token` as a variable is called: `API_TOKEN`.
fn upper(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

fn data(text: &str) -> Value {
    let structured = text.trim_start().starts_with(['{', '[']);
    structured.then(|| value::parse_json(text).ok()).flatten().unwrap_or_else(|| value::string(text))
}

/// The variables of a `.env` file: `NAME=value`, also after `export`, the value perhaps in quotes.
fn lines(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().map(str::trim).filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (key, member) = line.split_once('=')?;
        let key = key.trim();
        let key = key.strip_prefix("export ").unwrap_or(key).trim();
        let member = member.trim();
        let quoted = |quote: char| member.strip_prefix(quote).and_then(|rest| rest.rfind(quote).map(|end| &rest[..end]));
        let member = match (quoted('"'), quoted('\'')) {
            (Some(inner), _) => inner.replace("\\n", "\n").replace("\\\"", "\""),
            (None, Some(inner)) => inner.to_owned(),
            (None, None) => member.split(" #").next().unwrap_or_default().trim_end().to_owned(),
        };
        Some((key.to_owned(), member))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dotenv_file_has_its_forms() {
        let text = "# comment\nA=1 # one\nexport B = \"two \\\"x\\\"\"\nC='a=b # c'\nnonsense\nA=3\n";
        let found = lines(text);
        let found: Vec<(&str, &str)> = found.iter().map(|(key, member)| (key.as_str(), member.as_str())).collect();
        assert_eq!(found, [("A", "1"), ("B", "two \"x\""), ("C", "a=b # c"), ("A", "3")]);
    }

    #[test]
    fn the_environment_comes_first_and_what_is_missing_is_named() {
        let environment = |name: &str| match name {
            "FLOWDBG_SECRET_API_TOKEN" => Some("t".to_owned()),
            "login" => Some(r#"{"username": "u"}"#.to_owned()),
            _ => None,
        };
        let find = |names: &[&str]| {
            let names: Vec<Arc<str>> = names.iter().map(|name| Arc::from(*name)).collect();
            super::find(&names, "no/such/folder/w.yaml", environment)
        };
        let found = find(&["api-token", "login"]).expect("secrets");
        assert_eq!(found.iter().map(|secret| secret.to_json()).collect::<Vec<_>>(), [r#""t""#, r#"{"username":"u"}"#]);
        let error = find(&["login", "db"]).expect_err("one is missing");
        assert!(error.contains("`db`") && error.contains("FLOWDBG_SECRET_DB") && !error.contains("login"), "{error}");
    }
}
