//! Reading YAML 1.2 and JSON into a [`Tree`].
//!
//! A valid text is read strictly, in one go. Only if that fails it is read once more part by part,
//! so that every error is reported and costs no more than the entry that it stands in.

mod build;
mod comments;
mod explain;
mod flow;
mod follow_ups;
mod json;
mod outline;
mod places;
mod recover;
mod scalar;

use std::sync::Arc;

use self::build::Builder;
use crate::{
    codes,
    diagnostic::Diagnostic,
    text::{Source, Span},
    tree::{Gaps, Tree},
};

pub use comments::Comment;
pub(crate) use comments::comments;
pub use follow_ups::without_follow_ups;
pub use places::source_offset;

/// Reads a text. Of a text that is not valid, all that can be read is in the tree.
#[must_use]
pub fn read(source: &Arc<Source>) -> (Tree, Vec<Diagnostic>) {
    let (tree, mut problems) = read_foreign(source);
    if problems.is_empty() && json::is_json(source.path()) {
        problems.extend(json::check(source));
    }
    (tree, problems)
}

/// Reads a text of others, such as an OpenAPI document: its name does not say whether it is JSON
/// or YAML.
#[must_use]
pub fn read_foreign(source: &Arc<Source>) -> (Tree, Vec<Diagnostic>) {
    read_with(source, false)
}

/// As [`read`], but valid texts too are read part by part; only tests want that.
#[doc(hidden)]
#[must_use]
pub fn read_in_parts(source: &Arc<Source>) -> (Tree, Vec<Diagnostic>) {
    read_with(source, true)
}

fn read_with(source: &Arc<Source>, in_parts: bool) -> (Tree, Vec<Diagnostic>) {
    let mut builder = Builder::default();
    let text = source.text();
    if text.len() > Source::MAX_BYTES {
        let message = format!("the text has {} bytes, more than the {} that are read", text.len(), Source::MAX_BYTES);
        let problems = vec![Diagnostic::error(codes::TOO_LARGE, Span::empty(0), message)];
        return (Tree::new(source.clone(), Vec::new(), None, Gaps::default()), problems);
    }
    let (root, gaps) = match builder.parse(text, 0) {
        Ok(_) if in_parts && !builder.too_large => {
            builder = Builder::default();
            recover::recover(text, &mut builder, true)
        }
        Ok(root) => (root, Gaps::default()),
        Err(failure) => {
            let (root, mut gaps) = recover::recover(text, &mut builder, false);
            if builder.problems.is_empty() {
                // Each part is valid by itself: what the strict parser noticed is all there is to say.
                let line = source.line_span(source.line_of(Span::empty(failure.at).start));
                let diagnostic = explain::failure(text, failure.at.min(line.end as usize)..line.end as usize, None, &failure);
                gaps.spans.push(diagnostic.span);
                builder.problems.push(diagnostic);
            }
            (root, gaps)
        }
    };
    // A tree that stands for too much must not be walked.
    let root = root.filter(|_| !builder.too_large);
    builder.check_keys();
    if root.is_none() && builder.problems.is_empty() {
        builder.problems.push(Diagnostic::error(codes::DOCUMENTS, Span::empty(0), "the file is empty: a workflow was expected"));
    }
    (Tree::new(source.clone(), builder.nodes, root, gaps), builder.problems)
}

#[cfg(test)]
mod tests;
