//! Authentication at a service (DSL Reference, "Authentication"), for every call.
//!
//! A call asks [`authorize`] for the value of its `Authorization` header, or sends its request by
//! [`super::exchange::send()`], which does it. What must be asked of another server first, a token,
//! is an ordinary HTTP effect of the calling task: the answer comes to [`met`] before the task's
//! own work goes on, which then finds the token in the execution's credentials. So whoever
//! authorizes writes `let Authorized::Now(header) = authorize(…)? else { return Ok(()) }`, and is
//! called again. Tokens are kept until they expire.

mod digest;
mod jwt;
mod oauth;

use std::{collections::BTreeMap, fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flowdbg_lang::{
    template::Template,
    value::{self, Value, ValueExt as _},
};
use sha2::Digest as _;

use super::exchange::wrong;
use crate::{
    effect::{Answer, HttpRequest},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Need, Stop},
};

/// What calls of an execution were given: tokens, and what servers want for digests.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    tokens: BTreeMap<Arc<str>, oauth::Token>,
    challenges: BTreeMap<Arc<str>, digest::Challenge>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({} tokens, {} challenges)", self.tokens.len(), self.challenges.len())
    }
}

/// Whether a call may go on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Authorized {
    /// It may, with this `Authorization` header.
    Now(Option<String>),
    /// Something was asked for first; the task is called again when it is there.
    Later,
}

/// An authentication with its values, which may be those of a secret.
struct Policy {
    scheme: &'static str,
    values: Value,
}

const SCHEMES: [&str; 5] = ["basic", "bearer", "digest", "oauth2", "oidc"];

impl Policy {
    /// Reads an authentication; none if it is null.
    fn of(machine: &mut Machine, id: BranchId, authentication: &Value) -> Result<Option<Self>, Fault> {
        if *authentication == Value::Null {
            return Ok(None);
        }
        let found = SCHEMES.iter().find_map(|scheme| Some((*scheme, authentication.member(scheme)?)));
        let Some((scheme, given)) = found else {
            return Err(wrong(format!("the authentication names none of the schemes {}", SCHEMES.join(", "))));
        };
        let values = match given.member("use").and_then(Value::as_text) {
            None => given.clone(),
            Some(name) => machine.secret(id, &name).ok_or_else(|| {
                let detail = format!("the {scheme} authentication uses the secret `{name}`, which `use.secrets` does not declare");
                Fault::new(Kind::Authorization, detail)
            })?,
        };
        Ok(Some(Self { scheme, values }))
    }

    /// A name for it that tells nothing of its values.
    fn key(&self, more: &str) -> Arc<str> {
        let hash = sha2::Sha256::digest(format!("{}\n{}\n{more}", self.scheme, self.values.to_json()));
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash).into()
    }

    fn text(&self, key: &str) -> Result<String, Fault> {
        let found = self.values.member(key).ok_or_else(|| wrong(format!("the {} authentication needs a `{key}`", self.scheme)))?;
        self.line(key, found)
    }

    /// The text of a value that goes into a header: a line end would add another.
    fn line(&self, key: &str, value: &Value) -> Result<String, Fault> {
        let text = match value {
            Value::Null => None,
            Value::Num(_) => Some(value.to_json()),
            value => value.as_text(),
        };
        let fits = text.filter(|text| !text.contains(['\r', '\n']));
        fits.ok_or_else(|| wrong(format!("the `{key}` of the {} authentication must be a string of one line", self.scheme)))
    }
}

/// The `Authorization` header of a call, or a word that it must wait for one. `request` is what it
/// will be sent with; other protocols than HTTP have none.
pub(crate) fn authorize(
    machine: &mut Machine,
    id: BranchId,
    authentication: &Value,
    request: Option<&HttpRequest>,
) -> Result<Authorized, Fault> {
    let Some(policy) = Policy::of(machine, id, authentication)? else { return Ok(Authorized::Now(None)) };
    let (scheme, parameter) = match policy.scheme {
        "basic" => {
            let pair = format!("{}:{}", policy.text("username")?, policy.text("password")?);
            let encoded = STANDARD.encode(&pair);
            // A service may echo what it was sent.
            if machine.mask().text(&pair).is_some() {
                machine.mask().hide(&value::string(&*encoded));
            }
            ("Basic".to_owned(), encoded)
        }
        "bearer" => {
            // A secret may be the token itself.
            let values = &policy.values;
            let token = if values.is_utf8_str() { policy.line("token", values)? } else { policy.text("token")? };
            hide(machine, &token);
            ("Bearer".to_owned(), token)
        }
        "digest" => {
            // What goes into the header depends on the server's challenge.
            let header = match request {
                Some(request) => digest::header(machine, &policy, request)?,
                None => return Err(wrong("digest authentication works for single HTTP requests; this call is made by another protocol")),
            };
            let scheme = ("scheme", value::string("Digest"));
            machine.calling(id).authorization = value::object([scheme, ("parameter", Value::Null)]);
            return Ok(Authorized::Now(header));
        }
        _ => match oauth::token(machine, id, &policy, authentication)? {
            Some(token) => (token.scheme, token.token),
            None => return Ok(Authorized::Later),
        },
    };
    let header = format!("{scheme} {parameter}");
    machine.calling(id).authorization = value::object([("scheme", value::string(scheme)), ("parameter", value::string(parameter))]);
    Ok(Authorized::Now(Some(header)))
}

/// Resolves `$authorization` before arguments that use it are evaluated. False if they must wait.
pub(super) fn before(machine: &mut Machine, id: BranchId, with: &Template, path: &[&str]) -> Result<bool, Stop> {
    let uses = with.expressions().iter().any(|(expression, _)| expression.variables().iter().any(|name| &**name == "$authorization"));
    let Some(template) = path.iter().try_fold(with.clone(), |template, key| template.member(key)).filter(|_| uses) else {
        return Ok(true);
    };
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    let authentication = machine.fill(id, depth, &template, &input, None)?;
    if machine.calling(id).authorization != Value::Null {
        return Ok(true);
    }
    let example = HttpRequest { method: String::new(), url: String::new(), headers: Vec::new(), body: None };
    Ok(authorize(machine, id, &authentication, Some(&example))? != Authorized::Later)
}

/// Takes in what another server answered to a question of [`authorize`].
pub(super) fn met(machine: &mut Machine, id: BranchId, need: Need, answer: Answer) -> Result<(), Fault> {
    oauth::met(machine, id, need, answer)
}

/// What to do about a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The same request again: it will be authorized otherwise.
    Again,
    /// Nothing helps.
    Finally,
}

/// A service refused a call (401): whether to try again with what is known now. `fresh` says that
/// its token was got for this call, `again` that it was refused before.
pub(super) fn refused(
    machine: &mut Machine,
    id: BranchId,
    authentication: &Value,
    url: &str,
    challenges: &[String],
    (fresh, again): (bool, bool),
) -> Result<Refused, Fault> {
    let Some(policy) = Policy::of(machine, id, authentication)? else { return Ok(Refused::Finally) };
    match policy.scheme {
        "digest" => digest::challenged(machine, &policy, url, challenges, again),
        "oauth2" | "oidc" if !fresh && !again => {
            machine.credentials().tokens.remove(&policy.key(""));
            Ok(Refused::Again)
        }
        _ => Ok(Refused::Finally),
    }
}

/// Hides the tokens that a server gave.
pub(crate) fn hide_tokens(machine: &mut Machine, answer: &Answer) {
    if let Answer::Http(Ok(response)) = answer {
        oauth::hide(machine, response);
    }
}

/// Hides a credential that stands in the workflow itself or in its data, unless it is a short word that would blot
/// out others.
fn hide(machine: &mut Machine, credential: &str) {
    const WORD: usize = 8;
    if credential.len() >= WORD {
        machine.mask().hide_data(credential);
    }
}
