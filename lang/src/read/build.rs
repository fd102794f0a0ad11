//! From parser events to nodes of the tree.

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Parser};

use super::scalar;
use crate::{
    codes,
    diagnostic::Diagnostic,
    text::Span,
    tree::{Entry, Node, NodeId, NodeKind, Scalar, ScalarStyle},
    value::Value,
};

/// How many nodes a text may stand for once its aliases are followed.
const MAX_NODES: u64 = 1_000_000;
/// How deeply mappings and sequences may nest.
pub(super) const MAX_DEPTH: usize = 100;
/// How deeply they may nest once aliases are followed.
const MAX_HEIGHT: u32 = 400;
/// The key that stands for entries of other mappings.
const MERGE: &str = "<<";
/// Up to how many entries a mapping is searched one by one.
const SMALL: usize = 16;

/// Why the strict parser refused a text.
#[derive(Debug)]
pub(super) struct Failure {
    /// Where it noticed, as a byte of the whole source.
    pub(super) at: usize,
    pub(super) kind: ErrorKind,
    pub(super) info: String,
}

/// A collection whose end has not been seen.
struct Open {
    node: NodeId,
    anchor: usize,
    key: Option<NodeId>,
}

/// The arena that all parts of a text are read into.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) nodes: Vec<Node>,
    pub(super) problems: Vec<Diagnostic>,
    pub(super) too_large: bool,
    /// How many nodes each stands for, itself included.
    weights: Vec<u64>,
    /// How many levels are inside of each.
    heights: Vec<u32>,
    /// Anchors of parts that were read before, by name; only used while a broken text is read.
    names: HashMap<String, NodeId>,
    by_name: bool,
    /// Whether a merge key was met: most texts have none.
    merges: bool,
    part: Part,
}

/// What belongs to the part that is being read.
#[derive(Default)]
struct Part {
    base: usize,
    length: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, NodeId>,
    named: Vec<(usize, String)>,
    unfinished: Vec<usize>,
    root: Option<NodeId>,
    documents: usize,
}

impl Builder {
    /// From now on parts of one text are read, and an alias may name an anchor of an earlier part.
    pub(super) fn read_parts(&mut self) {
        self.by_name = true;
    }

    /// Reads a text that begins at byte `base` of the source, all of it or nothing.
    pub(super) fn parse(&mut self, text: &str, base: usize) -> Result<Option<NodeId>, Failure> {
        let options = granit_parser::options! {
            strict_indentation: true,
            emit_unresolved_aliases: true,
            emit_anchor_events: self.by_name,
            emit_comments: false,
            simple_key_max_lookahead: 65_536,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let (nodes, problems) = (self.nodes.len(), self.problems.len());
        self.part = Part { base, length: text.len(), ..Part::default() };
        for event in Parser::new_from_str_with_options(text, options) {
            match event {
                Ok((event, span)) => {
                    let start = span.start.byte_offset().unwrap_or(text.len());
                    let mut end = span.end.byte_offset().unwrap_or(text.len());
                    if let Event::Scalar(_, granit_parser::ScalarStyle::Literal | granit_parser::ScalarStyle::Folded, ..) = event {
                        end = without_blank_end(text, start, end);
                    }
                    if let Event::Scalar(_, granit_parser::ScalarStyle::Plain, ..) = event
                        && let Some(hash) = text.get(start..end).and_then(comment_inside)
                    {
                        let at = base + start + hash;
                        let found = Diagnostic::error(codes::SYNTAX, Span::new(at, at + 1), "a comment stands in the middle of a text");
                        self.problems.push(found.help("move it behind the text, or put the text into quotes"));
                    }
                    if !self.event(event, Span::new(base + start, base + end)) {
                        break;
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) => {
                    let at = base + error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                    let message = format!("mappings and lists nest more than {MAX_DEPTH} deep here");
                    self.problems.push(Diagnostic::error(codes::TOO_LARGE, Span::new(at, (at + 1).min(base + text.len())), message));
                    self.too_large = true;
                    break;
                }
                Err(error) => {
                    self.forget(nodes, problems);
                    let at = base + error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                    return Err(Failure { at, kind: error.kind().clone(), info: error.info() });
                }
            }
        }
        self.close_all();
        for (anchor, name) in std::mem::take(&mut self.part.named) {
            if let Some(node) = self.part.anchors.get(&anchor) {
                self.names.insert(name, *node);
            }
        }
        Ok(self.part.root.take())
    }

    fn forget(&mut self, nodes: usize, problems: usize) {
        self.nodes.truncate(nodes);
        self.weights.truncate(nodes);
        self.heights.truncate(nodes);
        self.problems.truncate(problems);
        self.part = Part::default();
    }

    /// Takes one parser event; false means that reading should end here.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::DocumentStart(..) => {
                self.part.documents += 1;
                if self.part.documents > 1 {
                    self.problems.push(second_document(span));
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
                let as_string =
                    tag.as_ref().is_some_and(|tag| tag.core_suffix() == Some("str") || (tag.handle().is_empty() && tag.suffix() == "!"));
                let value = scalar::resolve(text, style, as_string);
                self.merges |= text == MERGE && style == ScalarStyle::Plain;
                let node = self.add(span, NodeKind::Scalar(Scalar { text: text.into(), style, value }));
                self.name_anchor(anchor, node);
                return self.attach(node, span);
            }
            Event::SequenceStart(_, anchor, _) => return self.start(span, NodeKind::Sequence(Vec::new()), anchor),
            Event::MappingStart(_, anchor, _) => return self.start(span, NodeKind::Mapping(Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                // The end of a flow collection is its bracket; that of a block one is where the next thing begins.
                let end = if span.start == span.end { 0 } else { (span.end as usize).min(self.part.base + self.part.length) };
                return self.part.open.pop().is_none_or(|open| self.finish(open, Span::new(0, end).end));
            }
            Event::Anchor(anchor, name) => self.part.named.push((anchor, name.into_owned())),
            Event::Alias(anchor) => {
                if self.part.unfinished.contains(&anchor) {
                    self.problems.push(Diagnostic::error(codes::SYNTAX, span, "an alias inside the very node that its anchor names"));
                    let null = self.null(span);
                    return self.attach(null, span);
                }
                if let Some(node) = self.part.anchors.get(&anchor).copied() {
                    return self.attach(node, span);
                }
            }
            Event::UnresolvedAlias(name) => {
                let node = self.alias(&name, span);
                return self.attach(node, span);
            }
            _ => {}
        }
        true
    }

    /// What an alias by this name stands for; a null, and a problem, if no anchor has it.
    pub(super) fn alias(&mut self, name: &str, span: Span) -> NodeId {
        if let Some(node) = self.names.get(name).copied() {
            return node;
        }
        self.problems.push(Diagnostic::error(codes::SYNTAX, span, format!("no anchor `&{name}` stands before this alias")));
        self.null(span)
    }

    /// Gives a node the name by which later parts may call it.
    pub(super) fn name(&mut self, name: &str, node: NodeId) {
        self.names.insert(name.to_owned(), node);
    }

    fn add(&mut self, span: Span, kind: NodeKind) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { span, kind });
        self.weights.push(1);
        self.heights.push(0);
        id
    }

    /// A node without a value.
    pub(super) fn null(&mut self, span: Span) -> NodeId {
        self.add(span, NodeKind::Scalar(Scalar { text: "".into(), style: ScalarStyle::Plain, value: Value::Null }))
    }

    /// A plain scalar with this text.
    pub(super) fn plain(&mut self, span: Span, text: &str) -> NodeId {
        let value = crate::value::string(text);
        self.add(span, NodeKind::Scalar(Scalar { text: text.into(), style: ScalarStyle::Plain, value }))
    }

    /// A mapping of entries that have been read one by one.
    pub(super) fn mapping(&mut self, span: Span, mut entries: Vec<Entry>) -> NodeId {
        let children: Vec<NodeId> = entries.iter().flat_map(|entry| [entry.key, entry.value]).collect();
        self.merge(&mut entries);
        let node = self.add(span, NodeKind::Mapping(entries));
        self.weigh(node, &children);
        node
    }

    /// A list of items that have been read one by one.
    pub(super) fn sequence(&mut self, span: Span, items: Vec<NodeId>) -> NodeId {
        let node = self.add(span, NodeKind::Sequence(items.clone()));
        self.weigh(node, &items);
        node
    }

    fn weigh(&mut self, node: NodeId, children: &[NodeId]) {
        for child in children {
            let at = self.nodes[child.0 as usize].span;
            if !self.grow(node, *child, at) {
                return;
            }
        }
    }

    fn start(&mut self, span: Span, kind: NodeKind, anchor: usize) -> bool {
        let node = self.add(span, kind);
        if anchor != 0 {
            self.part.unfinished.push(anchor);
        }
        self.part.open.push(Open { node, anchor, key: None });
        true
    }

    fn name_anchor(&mut self, anchor: usize, node: NodeId) {
        if anchor != 0 {
            self.part.anchors.insert(anchor, node);
        }
    }

    fn finish(&mut self, open: Open, end: u32) -> bool {
        if open.anchor != 0 {
            self.part.unfinished.retain(|anchor| *anchor != open.anchor);
        }
        self.name_anchor(open.anchor, open.node);
        if let Some(key) = open.key {
            // A key whose value was never reached.
            let value = self.null(Span::empty(self.nodes[key.0 as usize].span.end as usize));
            if let NodeKind::Mapping(entries) = &mut self.nodes[open.node.0 as usize].kind {
                entries.push(Entry { key, value });
            }
        }
        let end = end.max(self.last_child_end(open.node));
        let node = &mut self.nodes[open.node.0 as usize];
        node.span.end = node.span.end.max(end);
        let span = node.span;
        if self.merges {
            self.follow_merge_keys(open.node);
        }
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

    /// Hangs a finished node into the innermost open collection.
    fn attach(&mut self, node: NodeId, at: Span) -> bool {
        let Some(parent) = self.part.open.last().map(|open| open.node) else {
            self.part.root.get_or_insert(node);
            return true;
        };
        if !self.grow(parent, node, at) {
            return false;
        }
        let Some(open) = self.part.open.last_mut() else { return true };
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

    /// Counts a child for its parent; false if the tree would stand for too much.
    fn grow(&mut self, parent: NodeId, child: NodeId, at: Span) -> bool {
        let (parent, child) = (parent.0 as usize, child.0 as usize);
        self.weights[parent] = self.weights[parent].saturating_add(self.weights[child]);
        if self.too_large {
            return false;
        }
        let height = self.heights[child] + 1;
        self.heights[parent] = self.heights[parent].max(height);
        let message = if self.weights[parent] > MAX_NODES {
            format!("the text stands for more than {MAX_NODES} values once its aliases are followed")
        } else if height > MAX_HEIGHT {
            format!("mappings and sequences nest more than {MAX_HEIGHT} deep once aliases are followed")
        } else {
            return true;
        };
        self.too_large = true;
        self.problems.push(Diagnostic::error(codes::TOO_LARGE, at, message));
        false
    }

    /// Closes what the end of reading left open, so that what was read stays useful.
    fn close_all(&mut self) {
        while let Some(open) = self.part.open.pop() {
            self.finish(open, 0);
        }
    }

    fn text(&self, node: NodeId) -> Option<&str> {
        match &self.nodes[node.0 as usize].kind {
            NodeKind::Scalar(scalar) => Some(&scalar.text),
            NodeKind::Sequence(_) | NodeKind::Mapping(_) => None,
        }
    }

    fn is_merge_key(&self, key: NodeId) -> bool {
        matches!(&self.nodes[key.0 as usize].kind, NodeKind::Scalar(scalar) if scalar.style == ScalarStyle::Plain && &*scalar.text == MERGE)
    }

    fn follow_merge_keys(&mut self, node: NodeId) {
        let NodeKind::Mapping(entries) = &mut self.nodes[node.0 as usize].kind else { return };
        let mut entries = std::mem::take(entries);
        self.merge(&mut entries);
        self.nodes[node.0 as usize].kind = NodeKind::Mapping(entries);
    }

    /// Puts what merge keys name after the mapping's own entries; own keys win, then the first named.
    fn merge(&mut self, entries: &mut Vec<Entry>) {
        if !self.merges || !entries.iter().any(|entry| self.is_merge_key(entry.key)) {
            return;
        }
        let (merges, own): (Vec<Entry>, Vec<Entry>) = entries.drain(..).partition(|entry| self.is_merge_key(entry.key));
        *entries = own;
        let text = |nodes: &[Node], key: NodeId| match &nodes[key.0 as usize].kind {
            NodeKind::Scalar(scalar) => Some(scalar.text.clone()),
            _ => None,
        };
        let mut known: std::collections::HashSet<_> = entries.iter().filter_map(|entry| text(&self.nodes, entry.key)).collect();
        for merge in merges {
            let value = &self.nodes[merge.value.0 as usize];
            let sources = match &value.kind {
                NodeKind::Sequence(items) => items.clone(),
                _ => vec![merge.value],
            };
            for source in sources {
                match &self.nodes[source.0 as usize].kind {
                    NodeKind::Mapping(more) => {
                        for entry in more {
                            if text(&self.nodes, entry.key).is_none_or(|key| known.insert(key)) {
                                entries.push(*entry);
                            }
                        }
                    }
                    NodeKind::Scalar(_) | NodeKind::Sequence(_) => {
                        let span = self.nodes[merge.key.0 as usize].span;
                        let message = "a merge key `<<` takes a mapping, or a list of mappings: in most cases an alias such as `*defaults`";
                        self.problems.push(Diagnostic::error(codes::SYNTAX, span, message));
                    }
                }
            }
        }
    }

    /// Reports keys that are no strings, or are there twice.
    pub(super) fn check_keys(&mut self) {
        let mut found = Vec::new();
        for node in &self.nodes {
            let NodeKind::Mapping(entries) = &node.kind else { continue };
            // Most mappings are small: looking through them is cheaper than a table.
            let mut table: HashMap<&str, NodeId> = HashMap::new();
            for (at, entry) in entries.iter().enumerate() {
                let Some(text) = self.text(entry.key) else {
                    found.push(Diagnostic::error(codes::SYNTAX, self.nodes[entry.key.0 as usize].span, "a key must be a string"));
                    continue;
                };
                let first = if entries.len() <= SMALL {
                    entries[..at].iter().map(|entry| entry.key).rfind(|key| self.text(*key) == Some(text))
                } else {
                    table.insert(text, entry.key)
                };
                if let Some(first) = first {
                    let [key, first] = [entry.key, first].map(|key| self.nodes[key.0 as usize].span);
                    let message = format!("the key `{text}` is there twice");
                    found.push(Diagnostic::error(codes::DUPLICATE_KEY, key, message).related(first, "first given here"));
                }
            }
        }
        // What is merged hangs in several mappings and in parts that were read again.
        found.sort_by_key(|diagnostic| diagnostic.span);
        found.dedup();
        self.problems.extend(found);
    }
}

/// Where a line of a plain text begins with `#`. The parser refuses that itself, but not behind a
/// tab (YAML 1.2.2, section 6.7).
fn comment_inside(text: &str) -> Option<usize> {
    if !text.contains("\t#") {
        return None;
    }
    let mut at = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let body = line.trim_start_matches([' ', '\t']);
        if at > 0 && body.starts_with('#') {
            return Some(at + line.len() - body.len());
        }
        at += line.len();
    }
    None
}

/// The end of a block scalar's last line, without what is blank after it.
fn without_blank_end(text: &str, start: usize, end: usize) -> usize {
    let Some(inside) = text.get(start..end) else { return end };
    let kept = inside.trim_end_matches([' ', '\t', '\n', '\r']).len();
    let ending = if inside[kept..].starts_with("\r\n") { 2 } else { usize::from(inside[kept..].starts_with(['\n', '\r'])) };
    start + kept + ending
}

/// What is said of a second document in a file.
pub(super) fn second_document(span: Span) -> Diagnostic {
    let message = "a second YAML document begins here; a workflow file holds one workflow";
    Diagnostic::error(codes::DOCUMENTS, span, message).help("move it to a file of its own, or remove the `---` line")
}
