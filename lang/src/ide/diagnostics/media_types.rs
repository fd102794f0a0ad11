//! Media types that are malformed.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Resolved, Shape},
    ide::{
        diagnostics::{Check, CheckContext, edits},
        sites::{Role, Site},
    },
};

pub(super) const CHECK: Check = Check { codes: &[codes::BAD_MEDIA_TYPE], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    // In a filter of events, text can be a regular expression.
    let declared = context.literals(|shape| matches!(shape, Shape::MediaType)).filter(|(site, _)| !is_filter(context, site));
    let headers = context.literals(|shape| matches!(shape, Shape::Scalar | Shape::Text)).filter(|(site, _)| is_content_type(context, site));
    for (site, text) in declared.chain(headers).filter(|(_, text)| !is_media_type(text)) {
        let message = format!("`{text}` is not a media type: a type and a subtype, such as `application/json`");
        let diagnostic = Diagnostic::warning(codes::BAD_MEDIA_TYPE, context.tree.span(site.node), message);
        let meant = match text.trim().to_ascii_lowercase().as_str() {
            "json" => Some("application/json"),
            "xml" => Some("application/xml"),
            "text" | "plain" => Some("text/plain"),
            "html" => Some("text/html"),
            "form" => Some("application/x-www-form-urlencoded"),
            _ => None,
        };
        found.push(match meant {
            Some(meant) => {
                let diagnostic = diagnostic.help(format!("did you mean `{meant}`?"));
                edits::replace_scalar(context.tree, site.node, meant).into_iter().fold(diagnostic, Diagnostic::fix)
            }
            None => diagnostic,
        });
    }
}

fn is_filter(context: &CheckContext<'_>, site: &Site) -> bool {
    context
        .sites
        .parent(site)
        .is_some_and(|parent| matches!(&parent.resolved, Resolved::Object(fields) if fields.object.name == "event attributes"))
}

/// Whether it is the value of the header `Content-Type`.
fn is_content_type(context: &CheckContext<'_>, site: &Site) -> bool {
    matches!(site.role, Role::Name)
        && site.name(context.tree).is_some_and(|name| name.eq_ignore_ascii_case("content-type"))
        && context.sites.parent(site).and_then(|parent| parent.name(context.tree)) == Some("headers")
}

fn is_media_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or("").trim();
    let word = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'!' | b'#' | b'$' | b'&' | b'^' | b'_' | b'.' | b'+' | b'-'))
    };
    essence.split_once('/').is_some_and(|(kind, subtype)| word(kind) && word(subtype))
}
