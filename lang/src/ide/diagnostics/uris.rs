//! URIs and URI templates that are malformed.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::Shape,
    ide::{
        diagnostics::{Check, CheckContext, edits},
        sites::{Site, first_line},
    },
};

pub(super) const CHECK: Check = Check { codes: &[codes::BAD_URI], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let uris = context.literals(|shape| matches!(shape, Shape::Uri));
    found.extend(uris.filter_map(|(site, text)| uri(context, site, text)));
}

fn uri(context: &CheckContext<'_>, site: &Site, text: &str) -> Option<Diagnostic> {
    let span = first_line(context.tree, context.tree.span(site.node));
    let error = |message: &str| Diagnostic::error(codes::BAD_URI, span, message);
    let warning = |message: &str| Diagnostic::warning(codes::BAD_URI, span, message);
    if text.trim().is_empty() {
        return Some(error("a URI must not be empty"));
    }
    // DSL 1.0.3 takes anything after a scheme, later versions anything without blanks.
    let blank = text.trim().contains(char::is_whitespace);
    let found = |message: &str| if blank && !has_scheme(text) { error(message) } else { warning(message) };
    if text.contains("${") {
        let message = "an expression must be the whole string; here it is part of a longer one and would not be evaluated";
        return Some(found(message).help("write `{name}` to insert a member of the input, or `${ }` around all of it"));
    }
    if blank {
        return Some(found("a URI holds no blanks"));
    }
    if let Some(problem) = template(text) {
        return Some(warning(&problem));
    }
    let (scheme, rest) = text.split_once(':')?;
    let doubled = rest.strip_prefix("//").and_then(|rest| rest.strip_prefix("http"));
    if matches!(scheme, "http" | "https") && doubled.is_some_and(|rest| rest.starts_with("://") || rest.starts_with("s://")) {
        return Some(warning("the scheme of this URI stands there twice"));
    }
    let slashes = rest.bytes().take_while(|b| *b == b'/').count();
    if matches!(scheme, "http" | "https" | "ws" | "wss") && slashes != 2 {
        let mended = format!("{scheme}://{}", rest.trim_start_matches('/'));
        let diagnostic = warning(&format!("two slashes follow the scheme of such a URI: `{scheme}://`"));
        return Some(edits::replace_scalar(context.tree, site.node, &mended).into_iter().fold(diagnostic, Diagnostic::fix));
    }
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next().unwrap_or("");
    if authority.is_empty() && scheme != "file" {
        return Some(warning("this URI names no host"));
    }
    let port = authority.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']') && !port.contains(['{', '}', '@']));
    if let Some(port) = port
        && !port.is_empty()
        && port.parse::<u16>().is_err()
    {
        return Some(warning(&format!("`{port}` is not a port: a number from 0 to 65535")));
    }
    None
}

/// What is wrong with a template of level 1 of RFC 6570.
fn template(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let after = &rest[at + 1..];
        if rest.as_bytes()[at] == b'}' {
            return Some("a `}` in this URI template closes nothing".into());
        }
        let Some(end) = after.find('}') else { return Some("a `{` in this URI template is never closed".into()) };
        let name = &after[..end];
        if name.is_empty() {
            return Some("`{}` in this URI template has no name: write the name of a member of the input".into());
        }
        if name.contains('{') {
            return Some("braces in a URI template do not nest".into());
        }
        if name.starts_with(['+', '#', '.', '/', ';', '?', '&', '=', '!', '@', '|']) || name.contains([',', '*', ':']) {
            return Some(format!("only plain names stand in the braces of a URI template (RFC 6570, level 1), not `{name}`"));
        }
        if name.starts_with('$') {
            return Some(format!(
                "`{{{name}}}` inserts a member of the input called `{name}`; variables cannot be named in a URI template"
            ));
        }
        rest = &after[end + 1..];
    }
    None
}

/// Whether a text begins with a scheme and `://`.
fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}
