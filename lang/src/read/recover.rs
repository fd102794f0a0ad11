//! Reading a broken text part by part, so that one typo costs one entry.
//!
//! The outline cuts the text into entries. Each is read strictly; one that fails is cut further,
//! down to the line that is to blame. What stays unreadable becomes a gap in the tree.

use std::ops::Range;

use super::{
    build::{self, Builder, Failure, MAX_DEPTH},
    explain,
    outline::{Head, Line, Misplaced, Outline, line_end, skip_properties},
};
use crate::{
    codes,
    diagnostic::Diagnostic,
    text::Span,
    tree::{Entry, Gaps, NodeId, NodeKind},
};

/// How many problems of reading are reported; more would not help anybody.
const MAX_PROBLEMS: usize = 100;

/// Reads what can be read of a text; `deep` cuts down to single values even what is valid.
pub(super) fn recover(text: &str, builder: &mut Builder, deep: bool) -> (Option<NodeId>, Gaps) {
    builder.read_parts();
    let outline = Outline::of(text);
    let mut recovery = Recovery {
        text: text.to_owned(),
        lines: outline.lines,
        builder,
        gaps: Gaps::default(),
        budget: text.len().saturating_mul(24) + 0x10_0000,
        levels: 0,
        deep,
    };
    let lines = 0..recovery.lines.len();
    let first = recovery.lines.first().map(|line| (line.start, line.depth));
    let root = first.and_then(|(start, depth)| recovery.cut(lines, start, depth, None));
    if let Some(at) = outline.second_document {
        recovery.builder.problems.push(build::second_document(Span::new(at, at + 3)));
    }
    let mut gaps = recovery.gaps;
    gaps.sort();
    builder.problems.truncate(MAX_PROBLEMS);
    (root, gaps)
}

pub(super) struct Recovery<'b> {
    /// The text, in which dashes and tabs that have been dealt with are blanks.
    pub(super) text: String,
    lines: Vec<Line>,
    pub(super) builder: &'b mut Builder,
    pub(super) gaps: Gaps,
    /// How many bytes may still be read strictly.
    budget: usize,
    levels: usize,
    /// Whether collections are cut even if they are valid; only tests want that.
    deep: bool,
}

impl Recovery<'_> {
    /// Reads a part strictly.
    pub(super) fn strict(&mut self, part: Range<usize>) -> Result<Option<NodeId>, Failure> {
        let Some(budget) = self.budget.checked_sub(part.len()).filter(|_| !self.builder.too_large) else {
            let info = "the text has too many errors to be read further".to_owned();
            return Err(Failure { at: part.start, kind: granit_parser::ErrorKind::ExpectedNodeContent, info });
        };
        self.budget = budget;
        let base = part.start;
        self.builder.parse(&self.text[part], base)
    }

    /// Reads some lines strictly, unless that is known to lead astray.
    fn lines(&mut self, lines: &Range<usize>, from: usize) -> Result<Option<NodeId>, Option<Failure>> {
        let first = &self.lines[lines.start];
        if first.tabs || (lines.len() > 1 && first.shifted) {
            return Err(None);
        }
        self.strict(self.part(lines, from)).map_err(Some)
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.builder.problems.push(diagnostic);
    }

    /// A node whose value could not be read.
    pub(super) fn broken(&mut self, part: Range<usize>) -> NodeId {
        let span = self.gap(part);
        let node = self.builder.null(span);
        self.gaps.broken.push(node);
        node
    }

    /// Marks text that could not be read.
    pub(super) fn gap(&mut self, part: Range<usize>) -> Span {
        let kept = self.text[part.clone()].trim_end().len();
        let span = Span::new(part.start, part.start + kept);
        self.gaps.spans.push(span);
        span
    }

    /// The bytes of some lines, the first from `from` on.
    fn part(&self, lines: &Range<usize>, from: usize) -> Range<usize> {
        let end = lines.clone().next_back().map_or(from, |last| self.lines[last].end);
        // The line end belongs to a block scalar.
        from..line_end(&self.text, end.max(from)).1
    }

    fn start(&self, lines: &Range<usize>, from: usize, at: usize) -> usize {
        if at == lines.start { from } else { self.lines[at].start }
    }

    /// The node that some lines make up.
    fn node(&mut self, lines: Range<usize>, from: usize, depth: usize) -> Option<NodeId> {
        if self.deep && lines.clone().any(|at| matches!(self.lines[at].head(depth), Some(Head::Dash { .. } | Head::Key { .. }))) {
            return self.cut(lines, from, depth, None);
        }
        match self.lines(&lines, from) {
            Ok(node) => node,
            Err(failure) => self.cut(lines, from, depth, failure),
        }
    }

    /// As [`Self::node`], for lines that are known not to be valid as a whole.
    fn cut(&mut self, lines: Range<usize>, from: usize, depth: usize, failure: Option<Failure>) -> Option<NodeId> {
        let heads: Vec<Head> = lines.clone().filter_map(|at| self.lines[at].head(depth)).collect();
        let list = matches!(heads.first(), Some(Head::Dash { .. }));
        let keys = heads.iter().any(|head| matches!(head, Head::Key { .. }));
        let words = lines.clone().any(|at| self.lines[at].missing_colon && matches!(self.lines[at].head(depth), Some(Head::Bare { .. })));
        let part = self.part(&lines, from);
        self.levels += 1;
        let node = if self.levels > MAX_DEPTH || self.builder.too_large {
            self.report(Diagnostic::error(codes::TOO_LARGE, Span::empty(part.start), "mappings and lists nest too deep here"));
            Some(self.broken(part))
        } else if list {
            Some(self.list(lines, from, depth))
        } else if keys || words {
            Some(self.mapping(lines, from, depth))
        } else {
            let first = lines.clone().find_map(|at| self.lines[at].head(depth).map(|head| (at, head)));
            match (first, failure) {
                (Some((at, Head::Bare { at: start })), failure) => Some(self.value(start..part.end, Some(at), failure)),
                (_, Some(failure)) => Some(self.value(part, None, Some(failure))),
                (_, None) => None,
            }
        };
        self.levels -= 1;
        node
    }

    /// Where the entries of a collection begin, each with the lines that it reaches over.
    fn entries(&self, lines: &Range<usize>, depth: usize) -> Vec<Range<usize>> {
        let mut starts: Vec<usize> =
            lines.clone().filter(|at| self.lines[*at].head(depth).is_some() && self.lines[*at].depth <= depth).collect();
        // Only the first line may begin further out than its collection.
        starts.retain(|at| *at == lines.start || self.lines[*at].depth == depth);
        if starts.first() != Some(&lines.start) {
            starts.insert(0, lines.start);
        }
        let ends = starts.iter().skip(1).copied().chain([lines.end]);
        starts.iter().zip(ends).map(|(start, end)| *start..end).collect()
    }

    fn list(&mut self, lines: Range<usize>, from: usize, depth: usize) -> NodeId {
        let part = self.part(&lines, from);
        let mut items: Vec<NodeId> = Vec::new();
        let mut complete = true;
        for chunk in self.entries(&lines, depth) {
            let from = self.start(&lines, from, chunk.start);
            let bytes = self.part(&chunk, from);
            let Some(Head::Dash { at }) = self.lines[chunk.start].head(depth) else {
                complete = false;
                self.stray(bytes, chunk.start, "a list item begins with `- `");
                continue;
            };
            let cut = self.deep && !matches!(self.lines[chunk.start].head(depth + 1), Some(Head::Bare { .. }));
            let node = if cut { Ok(None) } else { self.lines(&chunk, from) };
            match node {
                Ok(Some(node)) if matches!(self.builder.nodes[node.0 as usize].kind, NodeKind::Sequence(_)) => {
                    if let NodeKind::Sequence(more) = &mut self.builder.nodes[node.0 as usize].kind {
                        items.append(more);
                    }
                    self.misplaced(chunk.start);
                }
                _ => {
                    self.misplaced(chunk.start);
                    self.blank(from..at + 1);
                    self.lines[chunk.start].tabs = false;
                    items.push(self.item(chunk, from, depth + 1, at + 1));
                }
            }
        }
        let start = self.first(&lines, depth).map_or(part.start, Head::at);
        let span = self.span(start, items.last().copied());
        let node = self.builder.sequence(span, items);
        if !complete {
            self.gaps.incomplete.push(node);
        }
        node
    }

    /// What stands after a dash, which ends at `after`.
    fn item(&mut self, chunk: Range<usize>, from: usize, depth: usize, after: usize) -> NodeId {
        let line = &self.lines[chunk.start];
        let node = if line.head(depth).is_some() {
            self.node(chunk, from, depth)
        } else {
            let properties = after..skip_properties(&self.text, after, line.first_end);
            let below = chunk.start + 1..chunk.end;
            let node = if below.is_empty() { None } else { self.node(below.clone(), self.lines[below.start].start, depth) };
            if let Some(node) = node {
                self.name(properties, node);
            }
            node
        };
        node.unwrap_or_else(|| self.builder.null(Span::empty(after)))
    }

    fn mapping(&mut self, lines: Range<usize>, from: usize, depth: usize) -> NodeId {
        let part = self.part(&lines, from);
        let mut entries: Vec<Entry> = Vec::new();
        let mut complete = true;
        for chunk in self.entries(&lines, depth) {
            let from = self.start(&lines, from, chunk.start);
            let bytes = self.part(&chunk, from);
            match self.lines[chunk.start].head(depth) {
                Some(Head::Key { at, end, value }) => {
                    match if self.deep && self.opens(chunk.start, value) { Ok(None) } else { self.lines(&chunk, from) } {
                        Ok(Some(node)) if matches!(self.builder.nodes[node.0 as usize].kind, NodeKind::Mapping(_)) => {
                            if let NodeKind::Mapping(more) = &mut self.builder.nodes[node.0 as usize].kind {
                                entries.append(more);
                            }
                            self.misplaced(chunk.start);
                        }
                        outcome => {
                            self.misplaced(chunk.start);
                            self.blank_tabs(from, at);
                            self.lines[chunk.start].tabs = false;
                            complete &= self.entry(chunk, from, depth, Key { at, end, value }, outcome.err().flatten(), &mut entries);
                        }
                    }
                }
                Some(Head::Bare { at }) => {
                    self.misplaced(chunk.start);
                    complete = false;
                    let entry = self.word(chunk, at, depth);
                    entries.extend(entry);
                }
                Some(Head::Dash { .. }) | None => {
                    complete = false;
                    self.stray(bytes, chunk.start, "this does not belong here: a `key: value` entry was expected");
                }
            }
        }
        let start = self.first(&lines, depth).map_or(part.start, Head::at);
        let span = self.span(start, entries.last().map(|entry| entry.value));
        let node = self.builder.mapping(span, entries);
        if !complete {
            self.gaps.incomplete.push(node);
        }
        node
    }

    /// The head of a collection's first entry.
    fn first(&self, lines: &Range<usize>, depth: usize) -> Option<Head> {
        self.lines[lines.clone()].iter().find_map(|line| line.head(depth))
    }

    /// From the start of a collection to the end of its last child.
    fn span(&self, start: usize, last: Option<NodeId>) -> Span {
        let end = last.map_or(start, |last| self.builder.nodes[last.0 as usize].span.end as usize);
        Span::new(start, end.max(start))
    }

    /// Reads an entry that is not valid as a whole; false if something below it was lost.
    fn entry(
        &mut self,
        chunk: Range<usize>,
        from: usize,
        depth: usize,
        key: Key,
        failure: Option<Failure>,
        entries: &mut Vec<Entry>,
    ) -> bool {
        let line = self.lines[chunk.start].clone();
        let below = chunk.start + 1..chunk.end;
        let value = skip_properties(&self.text, key.value, line.first_end);
        if self.opens(chunk.start, key.value) {
            let node = if below.is_empty() {
                match failure {
                    Some(failure) => self.value(key.at..line.end, Some(chunk.start), Some(failure)),
                    None => self.builder.null(Span::empty(key.value)),
                }
            } else {
                let from = self.lines[below.start].start;
                self.node(below, from, depth + 1).unwrap_or_else(|| self.builder.null(Span::empty(key.value)))
            };
            self.name(key.value..value, node);
            let key = self.key(&key);
            entries.push(Entry { key, value: node });
            return true;
        }
        let own = from..line_end(&self.text, line.end).1;
        let alone = if below.is_empty() && failure.is_some() { Err(failure) } else { self.strict(own.clone()).map_err(Some) };
        if let Ok(Some(node)) = alone
            && let NodeKind::Mapping(more) = &mut self.builder.nodes[node.0 as usize].kind
        {
            entries.append(more);
            if below.is_empty() {
                return true;
            }
            let bytes = self.part(&below, self.lines[below.start].start);
            self.stray(bytes, below.start, "this does not belong here: the entry above already has a value");
            return false;
        }
        let node = self.value(value..line.end, Some(chunk.start), alone.err().flatten());
        self.name(key.value..value, node);
        let key = self.key(&key);
        entries.push(Entry { key, value: node });
        // What is further below belongs to the value that could not be read.
        if !below.is_empty() {
            let bytes = self.part(&below, self.lines[below.start].start);
            self.gap(bytes);
        }
        true
    }

    /// Whether no value stands on the line of a key, after which one begins at `value`.
    fn opens(&self, line: usize, value: usize) -> bool {
        let line = &self.lines[line];
        let value = skip_properties(&self.text, value, line.first_end);
        value >= line.end || self.text[value..].starts_with('#')
    }

    fn key(&mut self, key: &Key) -> NodeId {
        let at = skip_properties(&self.text, key.at, key.end);
        match self.strict(at..key.end) {
            Ok(Some(node)) if matches!(self.builder.nodes[node.0 as usize].kind, NodeKind::Scalar(_)) => node,
            _ => {
                let text = self.text[at..key.end].to_owned();
                self.builder.plain(Span::new(at, key.end), &text)
            }
        }
    }

    /// Registers the anchor among a node's properties.
    fn name(&mut self, properties: Range<usize>, node: NodeId) {
        let name = self.text[properties].split_whitespace().find_map(|word| word.strip_prefix('&')).map(str::to_owned);
        if let Some(name) = name {
            self.builder.name(&name, node);
        }
    }

    /// A line without a colon where an entry was expected.
    fn word(&mut self, chunk: Range<usize>, at: usize, depth: usize) -> Option<Entry> {
        let line = self.lines[chunk.start].clone();
        let below = chunk.start + 1..chunk.end;
        let end = at + explain::without_comment(&self.text[at..line.first_end]).len();
        let text = self.text[at..end].to_owned();
        let span = Span::new(at, end);
        let is_word = text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '"' | '\'')) && line.unclosed.is_none();
        if !is_word {
            let bytes = self.part(&chunk, at);
            let diagnostic = match line.unclosed {
                Some(opener) => explain::unclosed(&self.text, opener),
                None => Diagnostic::error(codes::SYNTAX, span, "a `key: value` entry was expected here"),
            };
            self.report(diagnostic);
            self.gap(bytes);
            return None;
        }
        let shown = text.trim_matches(['"', '\'']);
        let (message, help) = if line.missing_colon {
            (format!("a `:` is missing after `{text}`"), format!("write `{text}:`"))
        } else {
            (format!("`{text}` is not an entry: a `:` and a value are missing"), format!("write `{text}: …`"))
        };
        self.report(Diagnostic::error(codes::SYNTAX, span, message).help(help));
        let key = self.builder.plain(span, shown);
        let value = if line.missing_colon && !below.is_empty() {
            self.gap(at..end);
            let from = self.lines[below.start].start;
            self.node(below, from, depth + 1).unwrap_or_else(|| self.builder.null(Span::empty(end)))
        } else {
            let bytes = self.part(&chunk, at);
            self.broken(bytes)
        };
        Some(Entry { key, value })
    }

    /// A value that is not valid: a flow collection is read in parts, anything else is a gap.
    fn value(&mut self, part: Range<usize>, line: Option<usize>, failure: Option<Failure>) -> NodeId {
        if self.text[part.clone()].starts_with(['[', '{']) && self.levels < MAX_DEPTH && !self.builder.too_large {
            let before = self.builder.problems.len();
            let unclosed = line.and_then(|line| self.lines[line].unclosed);
            let node = self.flow(part.clone(), unclosed);
            if self.builder.problems.len() > before {
                return node;
            }
            if let Some(failure) = failure {
                let diagnostic = explain::failure(&self.text, part, None, &failure);
                self.report(diagnostic);
            }
            return node;
        }
        let unclosed = line.and_then(|line| self.lines[line].unclosed);
        let failure = match failure {
            Some(failure) => Some(failure),
            None => match self.strict(part.clone()) {
                Ok(Some(node)) => return node,
                Ok(None) => None,
                Err(failure) => Some(failure),
            },
        };
        let diagnostic = match failure {
            Some(failure) => explain::failure(&self.text, part.clone(), unclosed, &failure),
            None => Diagnostic::error(codes::SYNTAX, Span::new(part.start, part.end), "this is not expected here"),
        };
        self.report(diagnostic);
        self.broken(part)
    }

    /// Lines that have no place in their collection.
    fn stray(&mut self, bytes: Range<usize>, line: usize, message: &str) {
        let line = &self.lines[line];
        let blank = self.text[bytes.start..line.first_end].len() - self.text[bytes.start..line.first_end].trim_start().len();
        let start = bytes.start + blank;
        let end = start + explain::without_comment(&self.text[start..line.first_end]).len();
        let diagnostic = match line.unclosed {
            Some(opener) => explain::unclosed(&self.text, opener),
            None => Diagnostic::error(codes::SYNTAX, Span::new(start, end), message),
        };
        self.report(diagnostic);
        self.gap(bytes);
    }

    /// Says once that a line stands where it cannot stand.
    fn misplaced(&mut self, line: usize) {
        let line = &mut self.lines[line];
        let Some(misplaced) = line.misplaced.take() else { return };
        let text = &self.text[line.start..line.first_end];
        let indent = text.len() - text.trim_start_matches([' ', '\t']).len();
        let content = line.start + indent;
        let diagnostic = match misplaced {
            Misplaced::Tab => {
                let tab = line.start + text.find('\t').unwrap_or(0);
                explain::tab(tab)
            }
            Misplaced::More(wanted) => {
                let end = content + explain::without_comment(&text[indent..]).len();
                let message = format!("this line is indented by {indent} columns, its neighbours by {wanted}");
                Diagnostic::error(codes::SYNTAX, Span::new(content, end), message).help("indent all entries of a mapping or list alike")
            }
            Misplaced::Less(wanted) => {
                let end = content + explain::without_comment(&text[indent..]).len();
                let message =
                    format!("this line is indented by {indent} columns, which fits nothing above it; its neighbours have {wanted}");
                Diagnostic::error(codes::SYNTAX, Span::new(content, end), message).help("indent all entries of a mapping or list alike")
            }
        };
        let whole = Span::new(content, line.first_end);
        self.gaps.spans.push(diagnostic.span.to(whole));
        self.report(diagnostic);
    }

    /// Puts blanks over a dash and what stands before it.
    fn blank(&mut self, part: Range<usize>) {
        let blanks: String = self.text[part.clone()].chars().map(|c| " ".repeat(c.len_utf8())).collect();
        self.text.replace_range(part, &blanks);
    }

    fn blank_tabs(&mut self, from: usize, at: usize) {
        if self.text.get(from..at).is_some_and(|white| white.contains('\t')) {
            self.blank(from..at);
        }
    }
}

/// A key in the text.
struct Key {
    at: usize,
    end: usize,
    value: usize,
}
