//! Comments: what stands between the scalars of a text after a `#`.

use crate::{
    text::Span,
    tree::{NodeKind, ScalarStyle, Tree},
};

/// A comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment<'t> {
    /// All of it, the `#` included, without the line end.
    pub span: Span,
    /// What stands after the `#`, without blanks around it.
    pub text: &'t str,
}

/// The comments of a text, in its order.
pub(crate) fn comments(tree: &Tree) -> Vec<Comment<'_>> {
    let text = tree.source().text();
    if !text.contains('#') {
        return Vec::new();
    }
    let mut scalars: Vec<Span> = tree
        .nodes()
        .iter()
        .filter(|node| node.span.start < node.span.end)
        .filter_map(|node| match &node.kind {
            NodeKind::Scalar(scalar) if matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded) => Some(block(text, node.span)),
            NodeKind::Scalar(_) => Some(node.span),
            NodeKind::Sequence(_) | NodeKind::Mapping(_) => None,
        })
        .collect();
    scalars.sort_unstable();
    let mut found = Vec::new();
    let mut at = 0;
    for scalar in scalars.iter().map(|span| span.range()).chain(std::iter::once(text.len()..text.len())) {
        if scalar.start > at {
            between(text, at..scalar.start, &mut found);
        }
        at = at.max(scalar.end);
    }
    found
}

/// A block scalar ends with its last line: blanks before what comes next are not part of it.
fn block(text: &str, span: Span) -> Span {
    let inside = text.get(span.range()).unwrap_or("");
    Span::new(span.start as usize, span.start as usize + inside.trim_end_matches([' ', '\t']).len())
}

fn between<'t>(text: &'t str, gap: std::ops::Range<usize>, found: &mut Vec<Comment<'t>>) {
    let mut at = gap.start;
    while let Some(hash) = text[at..gap.end].find('#').map(|hash| at + hash) {
        let begins = text[..hash].ends_with([' ', '\t', '\n', '\r', '\u{feff}']) || hash == 0;
        let end = hash + text[hash..].find(['\n', '\r']).unwrap_or(text.len() - hash);
        if begins {
            found.push(Comment { span: Span::new(hash, end), text: text[hash + 1..end].trim() });
            at = end.min(gap.end);
        } else {
            at = hash + 1;
        }
        if at >= gap.end {
            return;
        }
    }
}
