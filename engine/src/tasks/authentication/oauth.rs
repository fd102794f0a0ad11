//! Tokens of OAuth 2 and OpenID Connect servers (DSL Reference, "OAUTH2 Authentication" and
//! "OpenIdConnect Authentication"): the request for one, what came back, and when it is used again.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{Policy, jwt};
use crate::{
    effect::{Answer, EffectKind, HttpRequest, HttpResponse},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Need},
    tasks::exchange::{said, wrong},
    time::Timestamp,
};

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const FORM: &str = "application/x-www-form-urlencoded";
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A token is not used any more so many milliseconds before it expires, or in the last tenth of
/// its life if that is shorter: a request takes its time.
const MARGIN: u64 = 10_000;

/// What a server gave.
#[derive(Clone)]
pub(crate) struct Token {
    pub(super) scheme: String,
    pub(super) token: String,
    /// When it is not used any more; never, if the server did not say.
    until: Option<Timestamp>,
    refresh: Option<String>,
}

/// The token of a policy; if there is none, it is asked for and the branch waits.
pub(super) fn token(machine: &mut Machine, id: BranchId, policy: &Policy, authentication: &Value) -> Result<Option<Token>, Fault> {
    let (now, key) = (machine.now(), policy.key(""));
    let known = machine.credentials().tokens.get(&key).cloned();
    let renew = match known {
        Some(token) if token.until.is_none_or(|until| now < until) => return Ok(Some(token)),
        Some(token) => token.refresh,
        None => None,
    };
    let authority = authority(policy)?;
    if policy.scheme == "oidc" {
        let address = match authority.trim_end_matches('/') {
            whole if whole.ends_with(DISCOVERY) => whole.to_owned(),
            base => format!("{base}{DISCOVERY}"),
        };
        let Some(about) = machine.document(&document_key(&address)).cloned() else {
            let headers = vec![("accept".to_owned(), "application/json".to_owned())];
            let request = HttpRequest { method: "GET".to_owned(), url: address.clone(), headers, body: None };
            machine.calling(id).need = Some(Need::Discovery { policy: authentication.clone(), address });
            machine.wait_for(id, EffectKind::Http(request));
            return Ok(None);
        };
        let text = |key| about.member(key).and_then(Value::as_text);
        let endpoint = text("token_endpoint").ok_or_else(|| failed(format!("{address} names no `token_endpoint`")))?;
        ask(machine, id, policy, authentication, &endpoint, text("issuer").as_deref(), renew)?;
    } else {
        let path = policy.values.member("endpoints").and_then(|endpoints| endpoints.member("token"));
        let path = path.map_or_else(|| Ok("/oauth2/token".to_owned()), |path| policy.line("endpoints.token", path))?;
        let endpoint = match url::Url::parse(&path) {
            Ok(_) => path,
            Err(_) => format!("{}/{}", authority.trim_end_matches('/'), path.trim_start_matches('/')),
        };
        ask(machine, id, policy, authentication, &endpoint, None, renew)?;
    }
    Ok(None)
}

fn authority(policy: &Policy) -> Result<String, Fault> {
    let authority = policy.text("authority")?;
    match url::Url::parse(&authority) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(authority),
        _ => Err(wrong(format!("the authority `{authority}` of the {} authentication is not an http(s) address", policy.scheme))),
    }
}

fn document_key(address: &str) -> String {
    format!("OpenID Connect {address}")
}

/// Asks for a token and lets the branch wait for it.
fn ask(
    machine: &mut Machine,
    id: BranchId,
    policy: &Policy,
    authentication: &Value,
    endpoint: &str,
    issuer: Option<&str>,
    renew: Option<String>,
) -> Result<(), Fault> {
    let renews = renew.is_some();
    let request = request(machine, policy, endpoint, issuer, renew)?;
    let (policy, endpoint) = (authentication.clone(), endpoint.to_owned());
    machine.calling(id).need = Some(Need::Token { policy, endpoint, renews });
    machine.wait_for(id, EffectKind::Http(request));
    Ok(())
}

/// The request for a token (RFC 6749, 7523, 8693).
fn request(
    machine: &mut Machine,
    policy: &Policy,
    endpoint: &str,
    issuer: Option<&str>,
    renew: Option<String>,
) -> Result<HttpRequest, Fault> {
    let optional = |key: &str| policy.values.member(key).filter(|found| **found != Value::Null);
    let texts = |key: &str| match optional(key) {
        None => Ok(Vec::new()),
        Some(Value::Arr(items)) => items.iter().map(|item| policy.line(key, item)).collect(),
        Some(one) => policy.line(key, one).map(|one| vec![one]),
    };
    let mut parameters: Vec<(&str, String)> = Vec::new();
    match renew {
        Some(token) => parameters.extend([("grant_type", "refresh_token".to_owned()), ("refresh_token", token)]),
        None => grant(machine, policy, &mut parameters)?,
    }
    let scopes = texts("scopes")?;
    if !scopes.is_empty() {
        parameters.push(("scope", scopes.join(" ")));
    }
    parameters.extend(texts("audiences")?.into_iter().map(|audience| ("audience", audience)));
    let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
    if let Some(client) = optional("client") {
        authenticate_client(machine, policy, client, issuer.unwrap_or(endpoint), &mut parameters, &mut headers)?;
    }
    let encoding = optional("request").and_then(|request| request.member("encoding")).and_then(Value::as_text);
    let encoding = encoding.unwrap_or_else(|| FORM.to_owned());
    let body = match encoding.as_str() {
        FORM => url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&parameters).finish(),
        "application/json" => json(&parameters),
        other => return Err(wrong(format!("a token request cannot be written as `{other}`: use `{FORM}` or `application/json`"))),
    };
    headers.push(("content-type".to_owned(), encoding));
    Ok(HttpRequest { method: "POST".to_owned(), url: endpoint.to_owned(), headers, body: Some(body.into_bytes()) })
}

fn grant(machine: &mut Machine, policy: &Policy, parameters: &mut Vec<(&str, String)>) -> Result<(), Fault> {
    let grant = policy.text("grant")?;
    let party = |party: &str, key: &str| {
        let found = policy.values.member(party).and_then(|found| found.member(key));
        found.map(|found| policy.line(&format!("{party}.{key}"), found)).transpose()
    };
    let needed = |party: &str, key: &str, found: Option<String>| {
        found.ok_or_else(|| wrong(format!("the grant `{grant}` needs `{party}.{key}` in the {} authentication", policy.scheme)))
    };
    parameters.push(("grant_type", grant.clone()));
    match grant.as_str() {
        "client_credentials" => {}
        "password" => {
            let (user, password) = (policy.text("username")?, policy.text("password")?);
            super::hide(machine, &password);
            parameters.extend([("username", user), ("password", password)]);
        }
        "refresh_token" => {
            let token = needed("subject", "token", party("subject", "token")?)?;
            super::hide(machine, &token);
            parameters.push(("refresh_token", token));
        }
        TOKEN_EXCHANGE => {
            let subject = needed("subject", "token", party("subject", "token")?)?;
            let kind = needed("subject", "type", party("subject", "type")?)?;
            super::hide(machine, &subject);
            parameters.extend([("subject_token", subject), ("subject_token_type", kind)]);
            if let Some(actor) = party("actor", "token")? {
                super::hide(machine, &actor);
                parameters.push(("actor_token", actor));
                parameters.push(("actor_token_type", needed("actor", "type", party("actor", "type")?)?));
            }
        }
        "authorization_code" => {
            return Err(wrong(
                "the grant `authorization_code` needs a person who consents in a browser, which an execution has not; \
                 use `client_credentials`, `password`, `refresh_token` or token exchange",
            ));
        }
        other => return Err(wrong(format!("the grant `{other}` is not known"))),
    }
    Ok(())
}

/// Proves who the client is (RFC 6749, 2.3; OpenID Connect Core, 9).
fn authenticate_client(
    machine: &mut Machine,
    policy: &Policy,
    client: &Value,
    audience: &str,
    parameters: &mut Vec<(&str, String)>,
    headers: &mut Vec<(String, String)>,
) -> Result<(), Fault> {
    let text = |key: &str| client.member(key).map(|found| policy.line(&format!("client.{key}"), found)).transpose();
    let method = text("authentication")?.unwrap_or_else(|| "client_secret_post".to_owned());
    let needs = |key: &str, found: Option<String>| {
        found.ok_or_else(|| {
            wrong(format!("the client authentication `{method}` needs `client.{key}` in the {} authentication", policy.scheme))
        })
    };
    let (id, secret, assertion) = (text("id")?, text("secret")?, text("assertion")?);
    [&secret, &assertion].into_iter().flatten().for_each(|credential| super::hide(machine, credential));
    let mut assert = |id: Option<String>, assertion: String| {
        parameters.extend(id.map(|id| ("client_id", id)));
        parameters.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned()));
        parameters.push(("client_assertion", assertion));
    };
    match method.as_str() {
        "none" => parameters.extend(id.map(|id| ("client_id", id))),
        "client_secret_post" => {
            parameters.push(("client_id", needs("id", id)?));
            parameters.extend(secret.map(|secret| ("client_secret", secret)));
        }
        "client_secret_basic" => {
            let encode = |text: String| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = STANDARD.encode(format!("{}:{}", encode(needs("id", id)?), encode(needs("secret", secret)?)));
            machine.mask().hide(&value::string(&*pair));
            headers.push(("authorization".to_owned(), format!("Basic {pair}")));
        }
        "client_secret_jwt" => {
            let id = needs("id", id)?;
            let assertion = match assertion {
                Some(assertion) => assertion,
                None => {
                    let claims = claims(machine, &id, audience);
                    let signed = jwt::sign(&claims, &needs("secret", secret)?);
                    signed.ok_or_else(|| wrong("`client.secret` cannot sign an assertion"))?
                }
            };
            machine.mask().hide(&value::string(&*assertion));
            assert(Some(id), assertion);
        }
        "private_key_jwt" => assert(id, needs("assertion", assertion)?),
        other => return Err(wrong(format!("the client authentication `{other}` is not known"))),
    }
    Ok(())
}

fn claims(machine: &mut Machine, client: &str, audience: &str) -> Value {
    let now = usize::try_from(machine.now().0.div_euclid(1_000)).unwrap_or_default();
    let id = format!("{:016x}{:016x}", machine.random(), machine.random());
    value::object([
        ("iss", value::string(client)),
        ("sub", value::string(client)),
        ("aud", value::string(audience)),
        ("jti", value::string(id)),
        ("iat", Value::from(now)),
        ("exp", Value::from(now + 60)),
    ])
}

/// Parameters as JSON; one that is given several times is an array.
fn json(parameters: &[(&str, String)]) -> String {
    let mut members: Vec<(&str, Vec<Value>)> = Vec::new();
    for (key, text) in parameters {
        let text = value::string(&**text);
        match members.iter_mut().find(|(known, _)| known == key) {
            Some((_, texts)) => texts.push(text),
            None => members.push((key, vec![text])),
        }
    }
    let one = |mut texts: Vec<Value>| if texts.len() == 1 { texts.remove(0) } else { texts.into_iter().collect() };
    value::object(members.into_iter().map(|(key, texts)| (key, one(texts)))).to_json()
}

/// Takes in what a server answered.
pub(super) fn met(machine: &mut Machine, id: BranchId, need: Need, answer: Answer) -> Result<(), Fault> {
    let (policy, address) = match &need {
        Need::Discovery { policy, address } => (policy, address),
        Need::Token { policy, endpoint, .. } => (policy, endpoint),
        Need::Document { key, .. } => return Err(Fault::new(Kind::Runtime, format!("`{key}` was not read"))),
    };
    let Some(read) = Policy::of(machine, id, policy)? else { return Ok(()) };
    let response = match answer {
        Answer::Http(Ok(response)) => response,
        Answer::Http(Err(error)) => return Err(Fault::new(Kind::Communication, format!("the server that gives tokens: {error}"))),
        _ => return Err(failed("the token was not asked for".to_owned())),
    };
    let ok = (200..300).contains(&response.status);
    match &need {
        Need::Discovery { .. } => {
            let about = content(&response).filter(|about| matches!(about, Value::Obj(_)));
            let about = about.filter(|_| ok).ok_or_else(|| {
                let said = said(&response).map_or_else(String::new, |said| format!(": {said}"));
                failed(format!("GET {address} answered {} without a description of an OpenID Connect server{said}", response.status))
            })?;
            machine.keep_document(&document_key(address), about);
            Ok(())
        }
        Need::Token { renews, .. } => {
            let key = read.key("");
            match given(&read, &response, machine.now()) {
                Some(token) if ok => {
                    check_issuer(&read, &response)?;
                    machine.credentials().tokens.insert(key, token);
                    Ok(())
                }
                // A refresh token that is not accepted any more: the grant itself is asked again.
                _ if *renews => {
                    machine.credentials().tokens.remove(&key);
                    Ok(())
                }
                _ => {
                    let said = refusal(&response).or_else(|| said(&response)).map_or_else(String::new, |said| format!(": {said}"));
                    let what = if ok { " without a token" } else { "" };
                    Err(failed(format!("POST {address} answered {}{what}{said}", response.status)))
                }
            }
        }
        Need::Document { .. } => Ok(()),
    }
}

fn failed(detail: String) -> Fault {
    Fault::new(Kind::Authentication, detail)
}

/// What a server says, as an object: JSON, or as a form as some servers have it.
fn content(response: &HttpResponse) -> Option<Value> {
    let text = std::str::from_utf8(&response.body).ok()?;
    if let Ok(json) = value::parse_json(text) {
        return Some(json);
    }
    let is_form = response.headers.iter().any(|(key, kind)| key == "content-type" && kind.starts_with(FORM));
    is_form.then(|| value::object(url::form_urlencoded::parse(text.as_bytes()).map(|(key, text)| (key.into_owned(), value::string(text)))))
}

/// The error of RFC 6749, 5.2: `invalid_client: unknown client`.
fn refusal(response: &HttpResponse) -> Option<String> {
    let content = content(response)?;
    let error = content.member("error").and_then(Value::as_text)?;
    let description = content.member("error_description").and_then(Value::as_text);
    Some(description.map_or_else(|| error.clone(), |description| format!("{error}: {description}")))
}

/// The token of a response (RFC 6749, 5.1).
fn given(policy: &Policy, response: &HttpResponse, now: Timestamp) -> Option<Token> {
    let content = content(response)?;
    let text = |key: &str| content.member(key).and_then(Value::as_text).filter(|text| !text.is_empty() && !text.contains(['\r', '\n']));
    let token = text("access_token")?;
    let scheme = match text("token_type") {
        // `N_A` is what token exchange says of tokens that are no access tokens.
        Some(kind) if !kind.eq_ignore_ascii_case("bearer") && !kind.eq_ignore_ascii_case("N_A") => kind,
        _ => "Bearer".to_owned(),
    };
    let lives = content.member("expires_in").and_then(|lives| lives.as_i64().or_else(|| lives.as_text()?.parse().ok()));
    let lives = lives.and_then(|lives| u64::try_from(lives).ok()).map(|lives| lives.saturating_mul(1_000));
    let until = lives.map(|lives| now.after(lives.saturating_sub(MARGIN.min(lives / 10))));
    // The next refresh token of the grant `refresh_token` replaces that of the workflow.
    let kept = policy.values.member("subject").and_then(|subject| subject.member("token")).and_then(Value::as_text);
    let of_grant = policy.values.member("grant").and_then(Value::as_text).filter(|grant| grant == "refresh_token").and(kept);
    Some(Token { scheme, token, until, refresh: text("refresh_token").or(of_grant) })
}

/// Hides the tokens of a response.
pub(super) fn hide(machine: &mut Machine, response: &HttpResponse) {
    let Some(content) = content(response) else { return };
    for key in ["access_token", "refresh_token", "id_token"] {
        if let Some(token) = content.member(key) {
            machine.mask().hide(token);
        }
    }
}

/// Whether a token comes from one of the issuers that the policy accepts. A token that is no JWT
/// does not say where it comes from.
fn check_issuer(policy: &Policy, response: &HttpResponse) -> Result<(), Fault> {
    let Some(Value::Arr(accepted)) = policy.values.member("issuers") else { return Ok(()) };
    let Some(content) = content(response).filter(|_| !accepted.is_empty()) else { return Ok(()) };
    let claims = |key: &str| content.member(key).and_then(Value::as_text).and_then(|token| jwt::claims(&token));
    let Some(claims) = claims("access_token").or_else(|| claims("id_token")) else { return Ok(()) };
    let issuer = claims.member("iss").and_then(Value::as_text).unwrap_or_default();
    let plain = |text: &str| text.trim_end_matches('/').to_owned();
    if accepted.iter().filter_map(Value::as_text).any(|accepted| plain(&accepted) == plain(&issuer)) {
        return Ok(());
    }
    let accepted: Vec<String> = accepted.iter().filter_map(Value::as_text).collect();
    Err(failed(format!("the token comes from the issuer `{issuer}`, and only {} may issue tokens here", accepted.join(", "))))
}
