//! An operation of a document: where it is and where its server is.

use flowdbg_lang::{
    suggest,
    value::{Value, ValueExt as _},
};
use url::Url;

use super::super::{exchange::wrong, text};
use crate::fault::Fault;

/// How many references may lead to one another.
const MAX_REFERENCES: usize = 32;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// An operation in its document.
#[derive(Debug)]
pub(crate) struct Operation<'a> {
    pub(crate) document: &'a Value,
    pub(crate) id: &'a str,
    /// Whether the document is in Swagger 2.0.
    pub(crate) swagger: bool,
    /// In upper case.
    pub(crate) method: String,
    /// The address without its query; parameters are in braces.
    pub(crate) address: String,
    pub(crate) item: &'a Value,
    pub(crate) operation: &'a Value,
}

/// Finds an operation.
pub(crate) fn find<'a>(document: &'a Value, location: &str, id: &'a str) -> Result<Operation<'a>, Fault> {
    let version = |key| document.member(key).map(text);
    let swagger = match (version("swagger"), version("openapi")) {
        (Some(version), _) if version == "2.0" || version == "2" => true,
        (None, Some(version)) if version.starts_with("3.") => false,
        (Some(version), _) | (None, Some(version)) => {
            return Err(wrong(format!("{location} has the version {version}; Swagger 2.0 and OpenAPI 3 documents are understood")));
        }
        (None, None) => return Err(wrong(format!("{location} is not an OpenAPI document: it has neither `openapi` nor `swagger`"))),
    };
    let mut known = Vec::new();
    let Some(Value::Obj(paths)) = document.member("paths") else { return Err(wrong(format!("{location} has no `paths`"))) };
    for (path, item) in paths.iter() {
        let item = resolve(document, item);
        for method in METHODS {
            let Some(operation) = item.member(method) else { continue };
            let Some(found) = operation.member("operationId").and_then(Value::as_text) else { continue };
            if found == id {
                let base =
                    if swagger { swagger_base(document, operation, location)? } else { server(document, item, operation, location)? };
                let address = format!("{}{}", base.trim_end_matches('/'), text(path));
                return Ok(Operation { document, id, swagger, method: method.to_uppercase(), address, item, operation });
            }
            known.push(found);
        }
    }
    let near = suggest::closest(id, known.iter().map(String::as_str)).map(|near| format!("; did you mean `{near}`?"));
    Err(wrong(format!("{location} has no operation `{id}`{}", near.unwrap_or_default())))
}

impl Operation<'_> {
    /// Follows a reference inside the document.
    pub(crate) fn resolve<'v>(&'v self, node: &'v Value) -> &'v Value {
        resolve(self.document, node)
    }
}

/// Follows references inside a document. One that leads nowhere, or outside, stays as it is.
fn resolve<'a>(document: &'a Value, node: &'a Value) -> &'a Value {
    let mut node = node;
    for _ in 0..MAX_REFERENCES {
        let Some(reference) = node.member("$ref").and_then(Value::as_text) else { return node };
        let Some(target) = reference.strip_prefix('#').and_then(|pointer| follow(document, pointer)) else { return node };
        node = target;
    }
    node
}

fn follow<'a>(document: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(document, |node, token| {
        let token = decode(token).replace("~1", "/").replace("~0", "~");
        match node {
            Value::Arr(items) => items.get(token.parse::<usize>().ok()?),
            node => node.member(&token),
        }
    })
}

/// Undoes the escapes of a URL.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let escape = (*first == b'%').then(|| more.get(..2)).flatten().and_then(|digits| std::str::from_utf8(digits).ok());
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn member_text(object: &Value, key: &str) -> Option<String> {
    object.member(key).and_then(Value::as_text).filter(|text| !text.is_empty())
}

/// Scheme, host and base path; what is left out is that of the document's own address. Of several
/// schemes https is taken.
fn swagger_base(document: &Value, operation: &Value, location: &str) -> Result<String, Fault> {
    let own = Url::parse(location).ok().filter(|url| url.has_host());
    let schemes: Vec<String> = match operation.member("schemes").or_else(|| document.member("schemes")) {
        Some(Value::Arr(schemes)) => schemes.iter().map(text).filter(|scheme| matches!(scheme.as_str(), "http" | "https")).collect(),
        _ => Vec::new(),
    };
    let own_scheme = own.as_ref().map_or("https", |url| url.scheme());
    let scheme = ["https", "http"].into_iter().find(|scheme| schemes.iter().any(|known| known == scheme)).unwrap_or(own_scheme);
    let own_host = || {
        let url = own.as_ref()?;
        Some(format!("{}{}", url.host_str()?, url.port().map(|port| format!(":{port}")).unwrap_or_default()))
    };
    let host = member_text(document, "host").or_else(own_host).ok_or_else(|| {
        wrong(format!("the Swagger document {location} names no `host`, and it was not read by http(s): there is no server to call"))
    })?;
    let path = member_text(document, "basePath").unwrap_or_default();
    Ok(format!("{scheme}://{host}/{}", path.trim_start_matches('/')))
}

/// The address of the first server, with the defaults of its variables.
fn server(document: &Value, item: &Value, operation: &Value, location: &str) -> Result<String, Fault> {
    let first = |owner: &Value| match owner.member("servers") {
        Some(Value::Arr(servers)) => servers.first().cloned(),
        _ => None,
    };
    let server = first(operation).or_else(|| first(item)).or_else(|| first(document));
    let mut address = server.as_ref().and_then(|server| member_text(server, "url")).unwrap_or_else(|| "/".to_owned());
    if let Some(Value::Obj(variables)) = server.as_ref().and_then(|server| server.member("variables")) {
        for (name, variable) in variables.iter() {
            if let Some(default) = variable.member("default") {
                address = address.replace(&format!("{{{}}}", text(name)), &text(default));
            }
        }
    }
    if address.contains('{') {
        return Err(wrong(format!("the server `{address}` of {location} has a variable without a default")));
    }
    match Url::parse(&address) {
        Ok(url) => Ok(url.to_string()),
        Err(_) => {
            let own = Url::parse(location).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            own.and_then(|own| own.join(&address).ok()).map(|url| url.to_string()).ok_or_else(|| {
                wrong(format!(
                    "the server `{address}` of {location} is relative, and the document was not read by http(s): there is no server to call"
                ))
            })
        }
    }
}
