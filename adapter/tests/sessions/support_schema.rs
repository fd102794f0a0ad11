//! Holds what is sent against the schema of the protocol, if `FLOWDBG_DAP_SCHEMA` names it.
//!
//! The schema is not part of this repository: it is `debugAdapterProtocol.json` of the Debug
//! Adapter Protocol.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use flowdbg_protocol::dap::Message;
use serde_json::{Value, json};

pub(crate) const VARIABLE: &str = "FLOWDBG_DAP_SCHEMA";

#[expect(clippy::disallowed_methods, reason = "a test reads the schema that it is given")]
static SCHEMA: LazyLock<Option<Value>> = LazyLock::new(|| {
    let path = std::env::var_os(VARIABLE)?;
    let text =
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{VARIABLE} names {}, which cannot be read: {error}", path.display()));
    Some(serde_json::from_str(&text).unwrap())
});

static VALIDATORS: LazyLock<Mutex<HashMap<String, jsonschema::Validator>>> = LazyLock::new(Mutex::default);

/// Whether there is a schema to hold messages against.
pub(crate) fn is_there() -> bool {
    SCHEMA.is_some()
}

/// Fails if the schema does not allow the message.
#[track_caller]
pub(crate) fn check(message: &Message) {
    let definition = match message {
        Message::Response { success: true, command, .. } => format!("{}Response", upper(command)),
        Message::Response { .. } => "ErrorResponse".to_owned(),
        Message::Event { event, .. } => format!("{}Event", upper(event)),
    };
    let value = serde_json::to_value(message).unwrap();
    assert_eq!(faults(&definition, &value), Vec::<String>::new(), "{value}");
}

/// What the schema has against a value.
pub(crate) fn faults(definition: &str, value: &Value) -> Vec<String> {
    let Some(schema) = SCHEMA.as_ref() else { return Vec::new() };
    let mut validators = VALIDATORS.lock().unwrap();
    let validator = validators.entry(definition.to_owned()).or_insert_with(|| {
        assert!(schema["definitions"][definition].is_object(), "no definition {definition}");
        let part = json!({
            "$schema": schema["$schema"],
            "definitions": schema["definitions"],
            "allOf": [{ "$ref": format!("#/definitions/{definition}") }],
        });
        jsonschema::validator_for(&part).unwrap()
    });
    validator.iter_errors(value).map(|error| error.to_string()).collect()
}

fn upper(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}
