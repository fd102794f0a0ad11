//! What must not be said of a text with gaps: that something is missing which may stand in a gap.

use std::collections::HashSet;

use crate::{
    codes,
    diagnostic::Diagnostic,
    text::Span,
    tree::{NodeId, NodeKind, Tree},
};

/// Findings that the whole text must be known for: what is unreachable, unused, without end.
const WHOLE_TEXT: &[&str] = &["OW0205", "OW0206", "OW0209", "OW0219", "OW0802"];
/// Findings that all names must be known for.
const ALL_NAMES: &[&str] = &[codes::UNKNOWN_TARGET, codes::UNKNOWN_COMPONENT, "OW0210", "OW0217"];
/// What reading itself finds.
const READING: &[&str] = &[codes::SYNTAX, codes::DUPLICATE_KEY, codes::DOCUMENTS, codes::TOO_LARGE, codes::TAB];
/// The keys of lists whose entries have names.
const LISTS: &[&str] = &["do", "try", "branches", "switch"];
/// The keys that name variables, or hold the ones that do.
const VARIABLES: &[&str] = &["each", "at", "as", "item", "for", "catch", "foreach"];

/// Removes from the findings about a text those that a gap in it may have caused.
pub fn without_follow_ups(tree: &Tree, found: &mut Vec<Diagnostic>) {
    if tree.gaps().is_empty() {
        return;
    }
    let Some(root) = tree.root() else { return };
    let around = Around::of(tree, root);
    found.retain(|diagnostic| READING.contains(&diagnostic.code) || !around.explains(tree, diagnostic));
}

#[derive(Default)]
struct Around {
    /// The keys by which messages blame collections that are not complete.
    blamed: HashSet<Span>,
    /// Whether the name of a task or component may be lost.
    names: bool,
    /// Where a variable may be defined whose name is lost.
    variables: Vec<Span>,
}

impl Around {
    fn of(tree: &Tree, root: NodeId) -> Self {
        let mut around = Self::default();
        let used = tree.entry(root, "use").map(|entry| tree.span(entry.key).to(tree.span(entry.value)));
        let unsure = |node: NodeId| tree.is_incomplete(node) || tree.is_broken(node);
        if tree.is_incomplete(root) {
            around.names = true;
            around.blame_first(tree, root);
        }
        around.names |= used.is_some_and(|used| tree.has_gap_in(used));
        for node in tree.nodes() {
            match &node.kind {
                NodeKind::Mapping(entries) => {
                    for entry in entries {
                        if !unsure(entry.value) {
                            continue;
                        }
                        around.blamed.insert(tree.span(entry.key));
                        around.names |= tree.text(entry.key).is_some_and(|key| LISTS.contains(&&**key));
                        if tree.text(entry.key).is_some_and(|key| VARIABLES.contains(&&**key)) {
                            around.variables.push(node.span);
                        }
                    }
                }
                NodeKind::Sequence(items) => {
                    for item in items.iter().filter(|item| unsure(**item)) {
                        around.names = true;
                        around.blame_first(tree, *item);
                    }
                }
                NodeKind::Scalar(_) => {}
            }
        }
        around
    }

    fn blame_first(&mut self, tree: &Tree, node: NodeId) {
        self.blamed.insert(tree.span(node));
        self.blamed.extend(tree.entries(node).first().map(|entry| tree.span(entry.key)));
    }

    /// Whether a gap may have caused the finding.
    fn explains(&self, tree: &Tree, diagnostic: &Diagnostic) -> bool {
        let span = diagnostic.span;
        let touched = |gap: &Span| gap.start <= span.end && span.start <= gap.end && (gap.start < span.end || span.start < gap.end);
        let code = diagnostic.code;
        tree.gaps().iter().any(touched)
            || WHOLE_TEXT.contains(&code)
            || (self.names && ALL_NAMES.contains(&code))
            || (code != codes::UNKNOWN_KEY && self.blamed.contains(&span))
            || (code == codes::UNKNOWN_VARIABLE && self.variables.iter().any(|around| around.touches(span.start)))
    }
}
