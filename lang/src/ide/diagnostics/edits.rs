//! How fixes change a text: in the style of what stands around, and only where that is certain.

use crate::{
    codes,
    diagnostic::{Diagnostic, Fix},
    text::Span,
    tree::{NodeId, ScalarStyle, Tree},
};

/// Puts a text in the place of a scalar's, within its quotes if it has some.
pub(super) fn replace_scalar(tree: &Tree, node: NodeId, text: &str) -> Option<Fix> {
    let span = tree.span(node);
    let inner = match tree.scalar(node)?.style {
        ScalarStyle::Plain => span,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if !text.contains(['\'', '"', '\\', '\n']) => {
            Span::new(span.start as usize + 1, span.end as usize - 1)
        }
        _ => return None,
    };
    (inner.start <= inner.end && tree.source().text().get(inner.range()).is_some()).then(|| Fix::replace(inner, text))
}

/// Writes a scalar anew, with its quotes.
pub(super) fn rewrite_scalar(tree: &Tree, node: NodeId, text: impl Into<String>) -> Option<Fix> {
    let style = tree.scalar(node)?.style;
    (!matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)).then(|| Fix::replace(tree.span(node), text))
}

/// A string as a quoted scalar.
pub(super) fn quoted(text: &str) -> String {
    if text.contains(['\n', '\t', '\r']) || text.contains(char::is_control) {
        let escaped: String = text.chars().flat_map(char::escape_default).collect();
        return format!("\"{escaped}\"");
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// Puts a scalar in quotes.
pub(super) fn quote(tree: &Tree, node: NodeId) -> Option<Fix> {
    let text = &tree.scalar(node)?.text;
    let quoted = format!("\"{text}\"");
    (!text.contains(['"', '\\'])).then(|| Fix::replace(tree.span(node), quoted))
}

/// Takes the quotes off a scalar.
pub(super) fn unquote(tree: &Tree, node: NodeId) -> Option<Fix> {
    rewrite_scalar(tree, node, &*tree.scalar(node)?.text)
}

/// Writes an expression with its `${ }`, quoted where YAML needs it.
pub(super) fn wrap(tree: &Tree, node: NodeId) -> Option<Fix> {
    let text = tree.scalar(node)?.text.trim().to_owned();
    let wrapped = format!("${{ {text} }}");
    let json = tree.source().text().trim_start().starts_with('{');
    let text = if json { serde_json::Value::String(wrapped).to_string() } else { quoted(&wrapped) };
    rewrite_scalar(tree, node, text)
}

/// Adds a property to a mapping, in front of its first.
pub(super) fn add_entry(tree: &Tree, mapping: NodeId, key: &str, value: &str) -> Option<Fix> {
    let text = tree.source().text();
    let title = format!("Add `{key}: {value}`");
    let span = tree.span(mapping);
    let json = text.trim_start().starts_with('{');
    let bare = |value: &str| matches!(value, "true" | "false" | "[]" | "{}");
    let entry = match (json, bare(value)) {
        (true, false) => format!("\"{key}\": \"{value}\""),
        (true, true) => format!("\"{key}\": {value}"),
        (false, _) => format!("{key}: {value}"),
    };
    if text.get(span.range())?.starts_with('{') {
        let gap = if tree.entries(mapping).is_empty() { " " } else { ", " };
        let after = &text[span.start as usize + 1..];
        let blank = after.len() - after.trim_start_matches(' ').len();
        return Some(Fix::insert(span.start as usize + 1 + blank, format!("{entry}{gap}"), title));
    }
    let first = tree.span(tree.entries(mapping).first()?.key).start as usize;
    let line = text[..first].rfind('\n').map_or(0, |at| at + 1);
    // A first key behind `- ` stands in the column that its neighbours begin in.
    let lead = &text[line..first];
    let plain = lead.chars().all(|c| c == ' ' || c == '-');
    plain.then(|| Fix::insert(first, format!("{entry}\n{}", " ".repeat(lead.len())), title))
}

/// Takes an entry out of a mapping, with its comma or its lines.
pub(super) fn remove_entry(tree: &Tree, mapping: NodeId, key: NodeId) -> Option<Fix> {
    let entries = tree.entries(mapping);
    let at = entries.iter().position(|entry| entry.key == key)?;
    let title = format!("`{}`", tree.text(key)?);
    let text = tree.source().text();
    let whole = tree.span(mapping);
    let span = tree.span(key);
    let value = tree.span(entries[at].value);
    if value.start < span.end {
        // An alias, or a value from elsewhere.
        return None;
    }
    let end = value.start as usize + text.get(value.range())?.trim_end().len();
    if text.get(whole.range())?.starts_with('{') {
        let removed = match (entries.get(at + 1), at.checked_sub(1)) {
            (Some(next), _) => Span::new(span.start as usize, tree.span(next.key).start as usize),
            (None, Some(before)) => {
                let before = tree.span(entries[before].value);
                let from = before.start as usize + text.get(before.range())?.trim_end().len();
                Span::new(from, end)
            }
            (None, None) => Span::new(span.start as usize, end),
        };
        return Some(Fix::remove(removed, &title));
    }
    let line = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    if !text[line..span.start as usize].trim().is_empty() || entries.len() < 2 {
        return None;
    }
    let rest = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    let tail = text[end..rest].trim();
    (tail.is_empty() || tail.starts_with('#')).then(|| Fix::remove(Span::new(line, rest), &title))
}

/// Adds fixes to what reading found: a key that is there twice with the same value goes.
pub(super) fn of_reading(tree: &Tree, found: &mut [Diagnostic]) {
    for diagnostic in found.iter_mut().filter(|found| found.code == codes::DUPLICATE_KEY && found.fix.is_none()) {
        let Some((mapping, at)) = tree.root().and_then(|root| holder(tree, root, diagnostic.span)) else { continue };
        let entry = tree.entries(mapping)[at];
        let same = tree.entries(mapping)[..at]
            .iter()
            .any(|other| tree.text(other.key) == tree.text(entry.key) && tree.value(other.value) == tree.value(entry.value));
        if same {
            diagnostic.fix = remove_entry(tree, mapping, entry.key);
        }
    }
}

/// The mapping that has a key at these bytes.
fn holder(tree: &Tree, node: NodeId, key: Span) -> Option<(NodeId, usize)> {
    let holds = |node: NodeId| tree.span(node).start <= key.start && key.end <= tree.span(node).end;
    if let Some(at) = tree.entries(node).iter().position(|entry| tree.span(entry.key) == key) {
        return Some((node, at));
    }
    let below = tree.entries(node).iter().map(|entry| entry.value).chain(tree.items(node).iter().copied());
    below.filter(|below| holds(*below)).find_map(|below| holder(tree, below, key))
}
