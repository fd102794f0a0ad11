//! Reading YAML 1.2 and JSON into a [`Tree`].

mod scalar;

use std::{collections::HashMap, sync::Arc};

use granit_parser::{Event, Parser, ScanError};

use crate::{
    codes,
    diagnostic::Diagnostic,
    text::{Source, Span},
    tree::{Entry, Node, NodeId, NodeKind, Scalar, ScalarStyle, Tree},
};

/// How many nodes a text may stand for once its aliases are followed.
const MAX_NODES: u64 = 1_000_000;
/// How deeply mappings and sequences may nest.
const MAX_DEPTH: usize = 100;
/// How deeply they may nest once aliases are followed.
const MAX_HEIGHT: u32 = 400;

/// Reads a text. What was read before a syntax error is in the tree all the same.
#[must_use]
pub fn read(source: &Arc<Source>) -> (Tree, Vec<Diagnostic>) {
    let mut builder = Builder::default();
    if source.text().len() > Source::MAX_BYTES {
        let message = format!("the text has {} bytes, more than the {} that are read", source.text().len(), Source::MAX_BYTES);
        builder.problems.push(Diagnostic::error(codes::TOO_LARGE, Span::empty(0), message));
        return (Tree::new(source.clone(), builder.nodes, None), builder.problems);
    }
    let options = granit_parser::options! {
        strict_indentation: true,
        emit_unresolved_aliases: true,
        emit_comments: false,
        simple_key_max_lookahead: 65_536,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    for event in Parser::new_from_str_with_options(source.text(), options) {
        let keep_going = match event {
            Ok((event, span)) => builder.event(source, event, bytes(source, span)),
            Err(error) => {
                builder.problems.push(syntax_error(source, &error));
                false
            }
        };
        if !keep_going {
            break;
        }
    }
    builder.close_all();
    // A tree that stands for too much must not be walked.
    let root = builder.root.filter(|_| !builder.too_large);
    builder.duplicate_keys();
    if root.is_none() && builder.problems.is_empty() {
        builder.problems.push(Diagnostic::error(codes::DOCUMENTS, Span::empty(0), "the file is empty: a workflow was expected"));
    }
    (Tree::new(source.clone(), builder.nodes, root), builder.problems)
}

fn bytes(source: &Source, span: granit_parser::Span) -> Span {
    let end = source.text().len();
    let start = span.start.byte_offset().unwrap_or(end);
    Span::new(start, span.end.byte_offset().unwrap_or(end))
}

fn syntax_error(source: &Source, error: &ScanError) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(source.text().len()).min(source.text().len());
    let line = source.line_span(source.line_of(Span::empty(at).start));
    let text = source.slice(line);
    let indent = text.len() - text.trim_start_matches([' ', '\t']).len();
    if let Some(tab) = text[..indent].find('\t') {
        let from = line.start as usize + tab;
        return Diagnostic::error(codes::TAB, Span::new(from, from + 1), "a tab is used for indentation, which YAML forbids")
            .help("indent with spaces");
    }
    let end = if at < line.end as usize { line.end as usize } else { at };
    let span = Span::new(at.min(end), end);
    let mut diagnostic = Diagnostic::error(codes::SYNTAX, span, error.info().to_string());
    if text.contains("${") && !text.contains(['"', '\'']) {
        diagnostic = diagnostic.help("put the expression in quotes: `: ` and ` #` have a meaning of their own in YAML");
    }
    diagnostic
}

/// A collection whose end has not been seen.
struct Open {
    node: NodeId,
    anchor: usize,
    key: Option<NodeId>,
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    /// How many nodes each stands for, itself included.
    weights: Vec<u64>,
    /// How many levels are inside of each.
    heights: Vec<u32>,
    open: Vec<Open>,
    anchors: HashMap<usize, NodeId>,
    unfinished: Vec<usize>,
    root: Option<NodeId>,
    documents: usize,
    too_large: bool,
    problems: Vec<Diagnostic>,
}

impl Builder {
    /// Takes one parser event; false means that reading should end here.
    fn event(&mut self, source: &Source, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "a second YAML document begins here; a workflow file holds one workflow";
                    self.problems.push(
                        Diagnostic::error(codes::DOCUMENTS, span, message).help("move it to a file of its own, or remove the `---` line"),
                    );
                    return false;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let style = match style {
                    granit_parser::ScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
                    granit_parser::ScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
                    granit_parser::ScalarStyle::Literal => ScalarStyle::Literal,
                    granit_parser::ScalarStyle::Folded => ScalarStyle::Folded,
                    _ => ScalarStyle::Plain,
                };
                // An absent value arrives as "~" with an empty span.
                let text = if span.start == span.end && style == ScalarStyle::Plain { "" } else { &*text };
                let as_string = tag.as_ref().and_then(|tag| tag.core_suffix()) == Some("str");
                let value = scalar::resolve(text, style, as_string);
                let kind = NodeKind::Scalar(Scalar { text: text.into(), style, value });
                let node = self.add(span, kind, 1);
                self.name_anchor(anchor, node);
                return self.attach(node, span);
            }
            Event::SequenceStart(_, anchor, _) => return self.start(span, NodeKind::Sequence(Vec::new()), anchor),
            Event::MappingStart(_, anchor, _) => return self.start(span, NodeKind::Mapping(Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                return match self.open.pop() {
                    Some(open) => self.finish(open, Some(trim_end(source, span))),
                    None => true,
                };
            }
            Event::Alias(anchor) => {
                if self.unfinished.contains(&anchor) {
                    self.problems.push(Diagnostic::error(codes::SYNTAX, span, "an alias inside the very node that its anchor names"));
                    let null = self.null(span);
                    return self.attach(null, span);
                }
                if let Some(node) = self.anchors.get(&anchor).copied() {
                    return self.attach(node, span);
                }
            }
            Event::UnresolvedAlias(name) => {
                let message = format!("no anchor `&{name}` stands before this alias");
                self.problems.push(Diagnostic::error(codes::SYNTAX, span, message));
                let null = self.null(span);
                return self.attach(null, span);
            }
            _ => {}
        }
        true
    }

    fn add(&mut self, span: Span, kind: NodeKind, weight: u64) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { span, kind });
        self.weights.push(weight);
        self.heights.push(0);
        id
    }

    fn null(&mut self, span: Span) -> NodeId {
        let kind = NodeKind::Scalar(Scalar { text: "".into(), style: ScalarStyle::Plain, value: crate::value::Value::Null });
        self.add(span, kind, 1)
    }

    fn start(&mut self, span: Span, kind: NodeKind, anchor: usize) -> bool {
        let node = self.add(span, kind, 1);
        if anchor != 0 {
            self.unfinished.push(anchor);
        }
        self.open.push(Open { node, anchor, key: None });
        true
    }

    fn name_anchor(&mut self, anchor: usize, node: NodeId) {
        if anchor != 0 {
            self.anchors.insert(anchor, node);
        }
    }

    fn finish(&mut self, open: Open, end: Option<Span>) -> bool {
        if open.anchor != 0 {
            self.unfinished.retain(|anchor| *anchor != open.anchor);
        }
        self.name_anchor(open.anchor, open.node);
        if let Some(key) = open.key {
            // A key whose value was never reached.
            let null = self.null(Span::empty(self.nodes[key.0 as usize].span.end as usize));
            self.push_entry(open.node, Entry { key, value: null });
        }
        let children_end = self.last_child_end(open.node);
        let node = &mut self.nodes[open.node.0 as usize];
        let end = end.map_or(0, |span| span.end).max(children_end);
        node.span.end = node.span.end.max(end);
        let span = node.span;
        self.attach(open.node, span)
    }

    fn last_child_end(&self, node: NodeId) -> u32 {
        let end = |id: NodeId| self.nodes[id.0 as usize].span.end;
        match &self.nodes[node.0 as usize].kind {
            NodeKind::Sequence(items) => items.last().map_or(0, |item| end(*item)),
            NodeKind::Mapping(entries) => entries.last().map_or(0, |entry| end(entry.key).max(end(entry.value))),
            NodeKind::Scalar(_) => 0,
        }
    }

    fn push_entry(&mut self, mapping: NodeId, entry: Entry) {
        if let NodeKind::Mapping(entries) = &mut self.nodes[mapping.0 as usize].kind {
            entries.push(entry);
        }
    }

    /// Hangs a finished node into the innermost open collection.
    fn attach(&mut self, node: NodeId, at: Span) -> bool {
        let weight = self.weights[node.0 as usize];
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return true;
        };
        let parent = open.node;
        self.weights[parent.0 as usize] += weight;
        if self.too_large {
            return false;
        }
        let height = self.heights[node.0 as usize] + 1;
        self.heights[parent.0 as usize] = self.heights[parent.0 as usize].max(height);
        let too_much = if self.weights[parent.0 as usize] > MAX_NODES {
            Some(format!("the text stands for more than {MAX_NODES} values once its aliases are followed"))
        } else if height > MAX_HEIGHT {
            Some(format!("mappings and sequences nest more than {MAX_HEIGHT} deep once aliases are followed"))
        } else {
            None
        };
        if let Some(message) = too_much {
            self.too_large = true;
            self.problems.push(Diagnostic::error(codes::TOO_LARGE, at, message));
            return false;
        }
        match &mut self.nodes[parent.0 as usize].kind {
            NodeKind::Sequence(items) => items.push(node),
            NodeKind::Mapping(entries) => match open.key.take() {
                Some(key) => entries.push(Entry { key, value: node }),
                None => open.key = Some(node),
            },
            NodeKind::Scalar(_) => {}
        }
        true
    }

    /// Closes what a syntax error left open, so that what was read stays useful.
    fn close_all(&mut self) {
        while let Some(open) = self.open.pop() {
            self.finish(open, None);
        }
    }

    fn duplicate_keys(&mut self) {
        let mut found = Vec::new();
        for node in &self.nodes {
            let NodeKind::Mapping(entries) = &node.kind else { continue };
            let mut seen: HashMap<&str, Span> = HashMap::with_capacity(entries.len());
            for entry in entries {
                let key = &self.nodes[entry.key.0 as usize];
                let NodeKind::Scalar(scalar) = &key.kind else {
                    found.push(Diagnostic::error(codes::SYNTAX, key.span, "a key must be a string"));
                    continue;
                };
                if let Some(first) = seen.insert(&scalar.text, key.span) {
                    let message = format!("the key `{}` is there twice", scalar.text);
                    found.push(Diagnostic::error(codes::DUPLICATE_KEY, key.span, message).related(first, "first given here"));
                }
            }
        }
        self.problems.extend(found);
    }
}

/// The end of a flow collection is its bracket; that of a block one is where the next thing begins.
fn trim_end(source: &Source, span: Span) -> Span {
    if span.start == span.end { Span::empty(0) } else { Span::new(0, source.text().len().min(span.end as usize)) }
}

pub use scalar::source_offset;

#[cfg(test)]
mod tests;
