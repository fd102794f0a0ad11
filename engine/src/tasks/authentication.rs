//! Authentication at a service (DSL Reference, "Authentication"): the value of its header. The
//! values of a scheme may be those of a secret.

use base64::Engine as _;
use flowdbg_lang::value::{Value, ValueExt as _};

use super::exchange::wrong;
use crate::{
    fault::{Fault, Kind},
    machine::{BranchId, Machine},
};

/// The value of the `Authorization` header.
pub(super) fn header(machine: &mut Machine, id: BranchId, authentication: &Value) -> Result<String, Fault> {
    if let Some(basic) = authentication.member("basic") {
        let basic = values(machine, id, "basic", basic)?;
        let pair = format!("{}:{}", member(&basic, "basic", "username")?, member(&basic, "basic", "password")?);
        let encoded = base64::engine::general_purpose::STANDARD.encode(&pair);
        // A service may echo what it was sent.
        if machine.mask().text(&pair).is_some() {
            machine.mask().hide(&flowdbg_lang::value::string(&*encoded));
        }
        return Ok(format!("Basic {encoded}"));
    }
    if let Some(bearer) = authentication.member("bearer") {
        let bearer = values(machine, id, "bearer", bearer)?;
        // A secret may be the token itself.
        let token = if bearer.is_utf8_str() { text(&bearer, "bearer", "token") } else { member(&bearer, "bearer", "token") };
        return Ok(format!("Bearer {}", token?));
    }
    Err(wrong("this kind of authentication is not supported yet: only basic and bearer are"))
}

/// The values of a scheme, which may be those of a secret: `{ use: name }`.
fn values(machine: &mut Machine, id: BranchId, scheme: &str, values: &Value) -> Result<Value, Fault> {
    let Some(name) = values.member("use").and_then(Value::as_text) else { return Ok(values.clone()) };
    machine.secret(id, &name).ok_or_else(|| {
        let detail = format!("the {scheme} authentication uses the secret `{name}`, which `use.secrets` does not declare");
        Fault::new(Kind::Authorization, detail)
    })
}

fn member(values: &Value, scheme: &str, key: &str) -> Result<String, Fault> {
    let found = values.member(key).ok_or_else(|| wrong(format!("the {scheme} authentication needs a `{key}`")))?;
    text(found, scheme, key)
}

fn text(value: &Value, scheme: &str, key: &str) -> Result<String, Fault> {
    let text = match value {
        Value::Null => None,
        Value::Num(_) => Some(value.to_json()),
        value => value.as_text(),
    };
    // A line end would add a header.
    let fits = text.filter(|text| !text.contains(['\r', '\n']));
    fits.ok_or_else(|| wrong(format!("the `{key}` of the {scheme} authentication must be a string of one line")))
}
