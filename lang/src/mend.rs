//! Mending a text: the changes that findings bring along, made until none is left.

use std::sync::Arc;

use crate::{
    analysis::Analysis,
    diagnostic::{Edit, Fix, Severity},
    text::Source,
};

/// A change can bring out a finding that can be mended in turn, but not without end.
const MAX_ROUNDS: usize = 10;

/// A text in which what could be mended is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The text.
    pub text: String,
    /// How many changes were made.
    pub count: usize,
}

/// Makes all changes that findings in a text bring along, and those of what comes out. A round that
/// leaves more errors than it found is not kept.
pub fn mend(analysis: &Analysis, check: impl Fn(Arc<Source>) -> Analysis) -> Mended {
    let mut mended = Mended { text: analysis.source.text().to_owned(), count: 0 };
    let mut current = None;
    for _ in 0..MAX_ROUNDS {
        let now: &Analysis = current.as_ref().unwrap_or(analysis);
        let (text, count) = together(&mended.text, now.diagnostics.iter().filter_map(|found| found.fix.as_ref()));
        if count == 0 {
            break;
        }
        let after = check(Source::new(now.source.path(), text.as_str()));
        if errors(&after) > errors(now) {
            break;
        }
        mended = Mended { text, count: mended.count + count };
        current = Some(after);
    }
    mended
}

fn errors(analysis: &Analysis) -> usize {
    analysis.diagnostics.iter().filter(|found| found.severity == Severity::Error).count()
}

/// A text with all fixes made that can be made together, and how many those are: of fixes that touch
/// the same part of the text the first is made.
#[must_use]
pub fn together<'a>(text: &str, fixes: impl IntoIterator<Item = &'a Fix>) -> (String, usize) {
    let mut edits: Vec<&Edit> = Vec::new();
    let mut count = 0;
    for fix in fixes {
        let clash = |edit: &Edit| edits.iter().any(|other| edit.span.start <= other.span.end && other.span.start <= edit.span.end);
        if fix.edits.iter().any(|edit| text.get(edit.span.range()).is_none() || clash(edit)) {
            continue;
        }
        edits.extend(&fix.edits);
        count += 1;
    }
    edits.sort_by_key(|edit| edit.span);
    let mut mended = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        mended.push_str(&text[at..edit.span.start as usize]);
        mended.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    mended.push_str(&text[at..]);
    (mended, count)
}
