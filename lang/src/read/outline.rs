//! The outline of a broken text: which line begins which entry, by indentation alone.
//!
//! One pass over the lines with a stack of open block collections. A line that fits none of them
//! is put where it was most likely meant, and says so.

use std::collections::HashMap;

/// What a line begins with, one after the other: `- - key: value` has three heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// A list item: the place of its `-`.
    Dash { at: usize },
    /// A key: its place, its end, and where its value may begin.
    Key { at: usize, end: usize, value: usize },
    /// Text that is neither.
    Bare { at: usize },
}

impl Head {
    pub(super) fn at(self) -> usize {
        match self {
            Self::Dash { at } | Self::Key { at, .. } | Self::Bare { at } => at,
        }
    }
}

/// Why a line stands where it cannot stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misplaced {
    /// Its indentation holds a tab, and the line before it has none.
    Tab,
    /// It is indented more than its neighbours, which begin at this byte of their line.
    More(usize),
    /// It is indented less than its neighbours, but more than what holds them.
    Less(usize),
}

/// One line that is not the continuation of another.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) start: usize,
    /// Its end, and that of the lines which continue its value, without the last line end.
    pub(super) end: usize,
    /// Its own end.
    pub(super) first_end: usize,
    /// How many collections are around its first head.
    pub(super) depth: usize,
    pub(super) heads: Vec<Head>,
    pub(super) misplaced: Option<Misplaced>,
    /// Whether its indentation is not the one that it was meant to have.
    pub(super) shifted: bool,
    pub(super) tabs: bool,
    /// The quote or bracket in its value that is never closed.
    pub(super) unclosed: Option<usize>,
    /// A word without a colon that has entries below it.
    pub(super) missing_colon: bool,
}

impl Line {
    /// The head that begins an entry of a collection this deep.
    pub(super) fn head(&self, depth: usize) -> Option<Head> {
        self.heads.get(depth.checked_sub(self.depth)?).copied()
    }
}

/// The lines with content, and where a second document begins.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) lines: Vec<Line>,
    pub(super) second_document: Option<usize>,
}

impl Outline {
    pub(super) fn of(text: &str) -> Self {
        let mut outline = Self::default();
        let mut placer = Placer::default();
        // Looking ahead for the end of a quote or bracket must not take quadratic time.
        let mut budget = text.len() * 8 + 0x1_0000;
        let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        while at < text.len() {
            let (end, next) = line_end(text, at);
            let line = &text[at..end];
            let marker = (line.starts_with("---") || line.starts_with("...")) && line[3..].chars().next().is_none_or(char::is_whitespace);
            if marker {
                if !outline.lines.is_empty() && line.starts_with("---") {
                    outline.second_document = Some(at);
                    break;
                }
                if line.starts_with("...") || line[3..].trim().is_empty() {
                    at = next;
                    continue;
                }
            }
            let directive = line.starts_with('%') && outline.lines.is_empty();
            let skip = if marker { 3 } else { 0 };
            let content = at + skip + line[skip..].len() - line[skip..].trim_start_matches([' ', '\t']).len();
            if directive || content >= end || text[content..].starts_with('#') {
                at = next;
                continue;
            }
            let line = read_line(text, at, content, end, &mut budget);
            at = line_end(text, line.end).1;
            outline.lines.push(line);
            placer.place(text, &mut outline.lines);
        }
        outline
    }
}

/// The end of the line that holds byte `at`, and the start of the next.
pub(super) fn line_end(text: &str, at: usize) -> (usize, usize) {
    let rest = &text.as_bytes()[at..];
    let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
    let ending = match rest[length..] {
        [b'\r', b'\n', ..] => 2,
        [_, ..] => 1,
        [] => 0,
    };
    (at + length, at + length + ending)
}

fn read_line(text: &str, start: usize, content: usize, end: usize, budget: &mut usize) -> Line {
    let mut heads = Vec::new();
    let mut at = content;
    // More heads than may nest are of no use.
    while text[at..end].starts_with('-') && text[at + 1..end].chars().next().is_none_or(|c| matches!(c, ' ' | '\t')) && heads.len() < 100 {
        heads.push(Head::Dash { at });
        at += 1;
        at += text[at..end].len() - text[at..end].trim_start_matches([' ', '\t']).len();
    }
    let mut value = at;
    // An anchor or tag alone belongs to what is below.
    let properties = skip_properties(text, at, end);
    let alone = !heads.is_empty() && (properties >= end || text[properties..].starts_with('#'));
    if at < end && !alone {
        match key(text, at, end) {
            Some((key_end, after)) => {
                heads.push(Head::Key { at, end: key_end, value: after });
                value = after;
            }
            None => heads.push(Head::Bare { at }),
        }
    }
    // What continues a value is indented more than the key or dash that it belongs to.
    let owner = heads.iter().rev().find(|head| !matches!(head, Head::Bare { .. })).map(|head| head.at() - start);
    let owner = owner.or_else(|| (content - start).checked_sub(1));
    let (value_end, unclosed) = value_extent(text, value, end, owner, budget);
    let tabs = text[start..content].contains('\t');
    Line { start, end: value_end, first_end: end, depth: 0, heads, misplaced: None, shifted: false, tabs, unclosed, missing_colon: false }
}

/// Skips anchors and tags.
pub(super) fn skip_properties(text: &str, mut at: usize, end: usize) -> usize {
    loop {
        let rest = &text[at..end];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let word = &rest[blank..];
        if !word.starts_with(['&', '!']) {
            return at + blank;
        }
        at += blank + word.find([' ', '\t']).unwrap_or(word.len());
    }
}

/// The end of the key at `at`, and what follows its colon, if there is one on this line.
fn key(text: &str, at: usize, end: usize) -> Option<(usize, usize)> {
    let from = skip_properties(text, at, end);
    let rest = &text[from..end];
    let first = rest.chars().next()?;
    let is_colon = |at: usize| rest[at..].starts_with(':') && rest[at + 1..].chars().next().is_none_or(|c| matches!(c, ' ' | '\t'));
    match first {
        '"' | '\'' => {
            let close = quote_end(rest, 0)?;
            let colon = close + rest[close..].len() - rest[close..].trim_start_matches([' ', '\t']).len();
            (rest[colon..].starts_with(':') && is_colon(colon)).then_some((from + close, from + colon + 1))
        }
        '[' | '{' | '|' | '>' | '#' | '%' | '@' | '`' | ',' | ']' | '}' => None,
        '?' | ':' if rest[1..].chars().next().is_none_or(|c| matches!(c, ' ' | '\t')) => None,
        _ => {
            let mut blank = false;
            for (index, c) in rest.char_indices() {
                if c == ':' && is_colon(index) {
                    return Some((from + rest[..index].trim_end().len(), from + index + 1));
                }
                if c == '#' && blank {
                    return None;
                }
                blank = matches!(c, ' ' | '\t');
            }
            None
        }
    }
}

/// The byte after the quote that closes the one at `at`.
pub(super) fn quote_end(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = bytes[at];
    let mut at = at + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 1,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 1,
            byte if byte == quote => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The end of the last line that a value reaches, and the quote or bracket in it that is not closed.
fn value_extent(text: &str, value: usize, end: usize, owner: Option<usize>, budget: &mut usize) -> (usize, Option<usize>) {
    let from = skip_properties(text, value, end);
    let rest = &text[from..end];
    match rest.chars().next() {
        Some('|' | '>') if is_block_header(rest) => (block_end(text, end, owner, true), None),
        Some('"' | '\'') => {
            if quote_end(rest, 0).is_some() {
                return (end, None);
            }
            let limit = look_ahead(text, end, owner, budget);
            match quote_end(&text[..limit], from) {
                Some(close) => (line_end(text, close).0, None),
                None => (end, Some(from)),
            }
        }
        Some('[' | '{') => {
            let (reached, wrong) = flow_extent(text, from, end, end);
            if wrong.is_none() {
                return (reached, None);
            }
            let mut limit = look_ahead(text, end, owner, budget);
            // A closing bracket is often put below its key, although YAML wants it indented.
            let after = line_end(text, limit).1;
            let indent = text[after..].len() - text[after..].trim_start_matches(' ').len();
            if owner == Some(indent) && text[after + indent..].starts_with([']', '}']) {
                limit = line_end(text, after).0;
            }
            flow_extent(text, from, end, limit)
        }
        _ => (end, None),
    }
}

fn is_block_header(text: &str) -> bool {
    let rest = text[1..].trim_start_matches(['+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    let header = text.len() - rest.len();
    let after = rest.trim_start();
    header <= 3 && (after.is_empty() || (after.starts_with('#') && after.len() < rest.len()))
}

/// The end of the last line that is indented more than the owner, or of the blank ones after it.
fn block_end(text: &str, first: usize, owner: Option<usize>, blanks: bool) -> usize {
    let mut last = first;
    let mut at = line_end(text, first).1;
    while at < text.len() {
        let (end, next) = line_end(text, at);
        let line = &text[at..end];
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if indent < line.len() {
            let marker = line.starts_with("---") || line.starts_with("...");
            if owner.is_some_and(|owner| indent <= owner) || marker {
                break;
            }
            last = end;
        } else if blanks {
            last = end;
        }
        at = next;
    }
    last
}

/// As [`block_end`] without blank lines, as long as the budget lasts.
fn look_ahead(text: &str, first: usize, owner: Option<usize>, budget: &mut usize) -> usize {
    if *budget == 0 {
        return first;
    }
    let last = block_end(text, first, owner, false);
    *budget = budget.saturating_sub(last - first + 1);
    last
}

/// The end of the last line of the flow collection at `from`, and what in it is not closed.
fn flow_extent(text: &str, from: usize, end: usize, limit: usize) -> (usize, Option<usize>) {
    let bytes = text.as_bytes();
    let mut open: Vec<usize> = Vec::new();
    let mut wrong = None;
    let mut at = from;
    while at < limit {
        match bytes[at] {
            b'[' | b'{' => open.push(at),
            close @ (b']' | b'}') => {
                let opener = if close == b']' { b'[' } else { b'{' };
                if let Some(matching) = open.iter().rposition(|place| bytes[*place] == opener)
                    && (matching + 1 == open.len() || may_close(text, open[matching], at))
                {
                    wrong = wrong.or_else(|| open.get(matching + 1).copied());
                    open.truncate(matching);
                }
                if open.is_empty() {
                    return (line_end(text, at).0, wrong);
                }
            }
            b'"' | b'\'' if begins_token(bytes, at) => match flow_quote_end(&text[..limit], at) {
                Some(close) => at = close - 1,
                None => {
                    wrong = wrong.or(Some(at));
                    // The line ends the quote; brackets after it may still close.
                    at = line_end(text, at).0;
                }
            },
            b'#' if at > from && matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'\r') => at = line_end(text, at).0,
            _ => {}
        }
        at += 1;
    }
    // What is indented further belongs to it.
    (limit.max(end), wrong.or(open.first().copied()))
}

/// Whether a closing bracket at the start of its line is indented like the line of the opening one.
pub(super) fn may_close(text: &str, opener: usize, closer: usize) -> bool {
    let line = |at: usize| text[..at].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let indent = |start: usize| text[start..].len() - text[start..].trim_start_matches([' ', '\t']).len();
    let (opens, closes) = (line(opener), line(closer));
    opens == closes || closes + indent(closes) != closer || indent(opens) == indent(closes)
}

/// As [`quote_end`] inside of a flow collection: over several lines only if what follows is what may follow a value.
pub(super) fn flow_quote_end(text: &str, at: usize) -> Option<usize> {
    let end = quote_end(text, at)?;
    let in_line = !text[at..end].contains(['\n', '\r']);
    (in_line || text[end..].trim_start().starts_with([',', ':', ']', '}'])).then_some(end)
}

/// Whether a quote here is the first character of a value or key, not an apostrophe in a word.
fn begins_token(bytes: &[u8], at: usize) -> bool {
    at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'\r' | b',' | b'[' | b'{' | b':')
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    List,
    Mapping,
}

/// An open block collection.
#[derive(Clone, Copy, Debug)]
struct Level {
    kind: Kind,
    indent: usize,
    /// The indentation of an entry that was out of place: others may follow it there.
    other: Option<usize>,
}

impl Level {
    fn new(kind: Kind, indent: usize) -> Self {
        Self { kind, indent, other: None }
    }

    fn fits(&self, indent: usize) -> bool {
        self.indent == indent || self.other == Some(indent)
    }
}

/// A head after which a collection may open.
#[derive(Clone, Copy, Debug)]
struct Opener {
    indent: usize,
    dash: bool,
}

/// A line of text without a colon, which may have been meant as a key.
#[derive(Clone, Copy, Debug)]
struct Word {
    line: usize,
    indent: usize,
    depth: usize,
}

#[derive(Default)]
struct Placer {
    stack: Vec<Level>,
    opener: Option<Opener>,
    word: Option<Word>,
    tabs: HashMap<String, usize>,
    tab_before: bool,
    /// The line before, if it is a key after tabs that a collection may follow.
    tab_entry: Option<usize>,
}

impl Placer {
    /// Finds the place of the last line.
    fn place(&mut self, text: &str, lines: &mut [Line]) {
        let index = lines.len() - 1;
        let (before, line) = lines.split_at_mut(index);
        let line = &mut line[0];
        let Some(first) = line.heads.first().copied() else { return };
        let content = first.at();
        let is_dash = matches!(first, Head::Dash { .. });
        let mut indent = content - line.start;
        if line.tabs {
            indent = self.tab_indent(&text[line.start..content], is_dash);
            line.misplaced = Some(Misplaced::Tab).filter(|_| !self.tab_before);
        }
        self.tab_before = line.tabs;
        if let Some(word) = self.word.take()
            && !matches!(first, Head::Bare { .. })
            && indent > word.indent
        {
            // Entries below a word: its colon is missing.
            before[word.line].missing_colon = true;
            self.stack.truncate(word.depth + 1);
            if self.stack.len() == word.depth {
                self.stack.push(Level::new(Kind::Mapping, word.indent));
            }
            self.opener = Some(Opener { indent: word.indent, dash: false });
        }
        if matches!(first, Head::Bare { .. }) {
            line.depth = self.place_text(indent);
            self.word = Some(Word { line: index, indent, depth: line.depth });
            return;
        }
        let kind = if is_dash { Kind::List } else { Kind::Mapping };
        self.reconsider_tab(before, indent);
        let word_only = matches!(line.heads.get(1), Some(Head::Bare { .. }) | None);
        let (depth, misplaced) = self.find(kind, indent, word_only);
        line.depth = depth;
        line.misplaced = line.misplaced.or(misplaced);
        line.shifted = misplaced.is_some();
        self.stack.truncate(depth + 1);
        match self.stack.get(depth) {
            // What stands below a misplaced entry is seldom moved with it.
            Some(level) if misplaced.is_some() => indent = level.indent,
            Some(_) => {}
            None => self.stack.push(Level::new(kind, indent)),
        }
        self.opener = None;
        self.tab_entry = None;
        let shift = |at: usize| indent + (at - content);
        for (offset, head) in line.heads.iter().enumerate() {
            let kind = match head {
                Head::Dash { .. } => Kind::List,
                Head::Key { .. } => Kind::Mapping,
                Head::Bare { at } => {
                    let value = skip_properties(text, *at, line.first_end);
                    let is_word = text[value..line.first_end].starts_with(|c: char| c.is_alphanumeric() || c == '_');
                    self.word = is_word.then_some(Word { line: index, indent: shift(*at), depth: depth + offset });
                    continue;
                }
            };
            if offset > 0 {
                self.stack.push(Level::new(kind, shift(head.at())));
            }
        }
        match line.heads.last().copied() {
            Some(Head::Dash { at }) => self.opener = Some(Opener { indent: shift(at), dash: true }),
            Some(Head::Key { at, value, .. }) => {
                let value = skip_properties(text, value, line.first_end);
                if value >= line.first_end || text[value..].starts_with('#') {
                    self.opener = Some(Opener { indent: shift(at), dash: false });
                    self.tab_entry = Some(index).filter(|_| line.tabs && line.heads.len() == 1);
                }
            }
            _ => {}
        }
    }

    /// A key after tabs, with entries below it that are not indented more than was thought of it:
    /// it belongs further out.
    fn reconsider_tab(&mut self, before: &mut [Line], indent: usize) {
        let (Some(index), Some(opener)) = (self.tab_entry, self.opener) else { return };
        if indent > opener.indent {
            return;
        }
        if let Some(depth) = self.stack.iter().rposition(|level| level.kind == Kind::Mapping && level.indent < indent) {
            before[index].depth = depth;
            self.stack.truncate(depth + 1);
            self.opener = Some(Opener { indent: self.stack[depth].indent, dash: false });
        }
    }

    /// The depth of the collection that a list item or key belongs to, which may be a new one.
    fn find(&mut self, kind: Kind, indent: usize, word_only: bool) -> (usize, Option<Misplaced>) {
        if let Some(opener) = self.opener {
            let same = kind == Kind::List && !opener.dash && indent == opener.indent;
            if indent > opener.indent || same {
                return (self.stack.len(), None);
            }
        }
        if let Some(depth) = self.stack.iter().rposition(|level| level.kind == kind && level.fits(indent)) {
            return (depth, None);
        }
        let levels = || self.stack.iter().enumerate().filter(|(_, level)| level.kind == kind);
        // The mapping of a list's item has but one key in most cases: what is inside of it is meant rather.
        let inside = |(depth, _): &(usize, &Level)| kind == Kind::List || *depth == 0 || self.stack[depth - 1].kind == Kind::Mapping;
        let deeper = || levels().filter(|(_, level)| level.indent > indent);
        let further_in = deeper().find(inside).or_else(|| deeper().next()).map(|(depth, level)| (depth, level.indent - indent));
        let further_out = levels().rfind(|(_, level)| level.indent < indent).map(|(depth, level)| (depth, indent - level.indent));
        let (depth, inwards) = match (further_in, further_out, kind) {
            (Some((depth, _)), _, Kind::Mapping) | (Some((depth, _)), None, Kind::List) => (depth, true),
            (Some((depth, inwards)), Some((_, outwards)), Kind::List) if inwards <= outwards => (depth, true),
            // A word after a dash, or a key inside of a list's item, is no neighbour of what is further out.
            (_, Some(_), Kind::List) if word_only => return (self.stack.len(), None),
            (_, Some((depth, _)), _) if kind == Kind::Mapping && self.stack[depth + 1..].iter().any(|level| level.indent < indent) => {
                return (self.stack.len(), None);
            }
            (_, Some((depth, _)), _) => (depth, false),
            (None, None, _) => return (self.stack.len(), None),
        };
        let level = &mut self.stack[depth];
        level.other = Some(indent);
        (depth, Some(if inwards { Misplaced::Less(level.indent) } else { Misplaced::More(level.indent) }))
    }

    /// The depth of a line that is neither item nor key.
    fn place_text(&mut self, indent: usize) -> usize {
        if let Some(opener) = self.opener
            && indent > opener.indent
        {
            return self.stack.len();
        }
        if self.stack.last().is_none_or(|level| indent > level.indent) {
            return self.stack.len();
        }
        self.opener = None;
        let near = |(_, level): &(usize, &Level)| (level.indent.abs_diff(indent), usize::MAX - level.indent);
        let mappings = self.stack.iter().enumerate().filter(|(_, level)| level.kind == Kind::Mapping);
        let depth =
            self.stack.iter().rposition(|level| level.fits(indent)).or(mappings.min_by_key(near).map(|(depth, _)| depth)).unwrap_or(0);
        self.stack.truncate(depth + 1);
        depth
    }

    /// What a line that is indented with tabs was meant to be indented.
    fn tab_indent(&mut self, white: &str, is_dash: bool) -> usize {
        if let Some(indent) = self.tabs.get(white) {
            return *indent;
        }
        let kind = if is_dash { Kind::List } else { Kind::Mapping };
        let inner = self.stack.iter().rev().find(|level| level.kind == kind).map(|level| level.indent);
        let indent = self.opener.map_or_else(|| inner.unwrap_or(0), |opener| opener.indent + 2);
        self.tabs.insert(white.to_owned(), indent);
        indent
    }
}
