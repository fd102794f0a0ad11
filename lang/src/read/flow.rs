//! Reading a broken `{ … }` or `[ … ]`, so that one typo costs one member.

use std::ops::Range;

use super::{
    explain,
    outline::{flow_quote_end, may_close, quote_end},
    recover::Recovery,
};
use crate::{
    codes,
    diagnostic::Diagnostic,
    text::Span,
    tree::{Entry, NodeId, NodeKind},
};

use super::build::MAX_DEPTH;

/// Where the reading of a flow collection stands.
struct Cursor {
    at: usize,
    end: usize,
    /// The places of the brackets that are open.
    open: Vec<usize>,
    /// Whether a fault was found: an unclosed bracket is often only its consequence.
    fault: bool,
    /// What is known not to be closed.
    unclosed: Option<usize>,
}

impl Recovery<'_> {
    /// Reads the flow collection that a part begins with; problems are reported as they are met.
    pub(super) fn flow(&mut self, part: Range<usize>, unclosed: Option<usize>) -> NodeId {
        let kept = part.start + self.text[part.clone()].trim_end().len();
        let mut cursor = Cursor { at: part.start, end: kept, open: Vec::new(), fault: false, unclosed: None };
        if let Some(opener) = unclosed {
            let diagnostic = explain::unclosed(&self.text, opener);
            self.flow_fault(&mut cursor, diagnostic);
            cursor.unclosed = unclosed;
        }
        let node = self.flow_value(&mut cursor);
        self.flow_blank(&mut cursor);
        if cursor.at < cursor.end && !cursor.fault {
            let rest = Span::new(cursor.at, cursor.at + explain::without_comment(self.flow_line(&cursor)).len());
            self.report(Diagnostic::error(codes::SYNTAX, rest, "this is not expected after the closing bracket"));
            self.gap(cursor.at..cursor.end);
        }
        node
    }

    fn flow_line(&self, cursor: &Cursor) -> &str {
        self.text[cursor.at..cursor.end].split(['\n', '\r']).next().unwrap_or("")
    }

    fn flow_byte(&self, cursor: &Cursor) -> Option<u8> {
        self.text.as_bytes()[..cursor.end].get(cursor.at).copied()
    }

    fn flow_blank(&self, cursor: &mut Cursor) {
        loop {
            let rest = &self.text[cursor.at..cursor.end];
            cursor.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
            let comment = self.text[cursor.at..cursor.end].starts_with('#') && self.text[..cursor.at].ends_with([' ', '\t', '\n', '\r']);
            if !comment {
                return;
            }
            cursor.at += self.flow_line(cursor).len();
        }
    }

    fn flow_fault(&mut self, cursor: &mut Cursor, diagnostic: Diagnostic) {
        cursor.fault = true;
        if cursor.unclosed == Some(diagnostic.span.start as usize) {
            return;
        }
        self.gaps.spans.push(diagnostic.span);
        self.report(diagnostic);
    }

    fn flow_value(&mut self, cursor: &mut Cursor) -> NodeId {
        self.flow_blank(cursor);
        let mut anchor = None;
        while let Some(b'&' | b'!') = self.flow_byte(cursor) {
            let rest = &self.text[cursor.at..cursor.end];
            let word = &rest[..rest.find([' ', '\t', '\n', '\r', ',', '[', ']', '{', '}']).unwrap_or(rest.len())];
            if let Some(name) = word.strip_prefix('&') {
                anchor = Some(name.to_owned());
            }
            cursor.at += word.len().max(1);
            self.flow_blank(cursor);
        }
        let node = match self.flow_byte(cursor) {
            Some(open @ (b'[' | b'{')) if cursor.open.len() < MAX_DEPTH => self.flow_collection(cursor, open),
            Some(b',' | b']' | b'}') | None => self.builder.null(Span::empty(cursor.at)),
            Some(_) => self.flow_scalar(cursor),
        };
        if let Some(name) = anchor {
            self.builder.name(&name, node);
        }
        node
    }

    fn flow_collection(&mut self, cursor: &mut Cursor, open: u8) -> NodeId {
        let start = cursor.at;
        cursor.at += 1;
        cursor.open.push(start);
        let mut items = Vec::new();
        let mut entries = Vec::new();
        let mut complete = true;
        let mut separated = true;
        loop {
            self.flow_blank(cursor);
            let Some(byte) = self.flow_byte(cursor) else {
                if !cursor.fault {
                    let diagnostic = explain::unclosed(&self.text, start);
                    self.flow_fault(cursor, diagnostic);
                }
                complete = false;
                break;
            };
            match byte {
                b',' => {
                    cursor.at += 1;
                    separated = true;
                    continue;
                }
                b']' | b'}' => {
                    let matching = if byte == b']' { b'[' } else { b'{' };
                    if matching == open {
                        cursor.at += 1;
                        break;
                    }
                    let outer = &cursor.open[..cursor.open.len() - 1];
                    let found = outer.iter().rfind(|place| self.text.as_bytes()[**place] == matching).copied();
                    if found.is_some_and(|opener| may_close(&self.text, opener, cursor.at)) {
                        let diagnostic = explain::unclosed(&self.text, start);
                        self.flow_fault(cursor, diagnostic);
                        complete = false;
                        break;
                    }
                    let span = Span::new(cursor.at, cursor.at + 1);
                    let message = format!("nothing is open that this `{}` closes", char::from(byte));
                    self.flow_fault(cursor, Diagnostic::error(codes::SYNTAX, span, message));
                    cursor.at += 1;
                    continue;
                }
                _ => {}
            }
            if !separated && cursor.unclosed.is_none() {
                let before = self.text[..cursor.at].trim_end().len();
                let last = self.text[..before].chars().next_back().map_or(0, char::len_utf8);
                self.flow_fault(cursor, Diagnostic::error(codes::SYNTAX, Span::new(before - last, before), "a `,` is missing after this"));
            }
            separated = false;
            let begin = cursor.at;
            let key = self.flow_value(cursor);
            self.flow_blank(cursor);
            let colon = self.flow_byte(cursor) == Some(b':');
            if colon {
                cursor.at += 1;
                let value = self.flow_value(cursor);
                if open == b'{' {
                    entries.push(Entry { key, value });
                } else {
                    let span = Span::new(begin, cursor.at);
                    items.push(self.builder.mapping(span, vec![Entry { key, value }]));
                }
            } else if open == b'{' {
                let whole = matches!(self.flow_byte(cursor), Some(b',' | b'}') | None);
                if !whole && !cursor.fault {
                    let span = Span::new(begin, self.text[..cursor.at].trim_end().len());
                    let text = &self.text[span.range()];
                    let diagnostic = Diagnostic::error(codes::SYNTAX, span, format!("a `:` is missing after `{text}`"));
                    self.flow_fault(cursor, diagnostic);
                    if matches!(self.builder.nodes[key.0 as usize].kind, NodeKind::Scalar(_)) {
                        let value = self.flow_value(cursor);
                        entries.push(Entry { key, value });
                    }
                } else {
                    let value = self.builder.null(Span::empty(cursor.at));
                    if cursor.fault {
                        self.gaps.broken.push(value);
                    }
                    entries.push(Entry { key, value });
                }
            } else {
                items.push(key);
            }
            if cursor.at == begin {
                // Whatever stands here, the cursor must move on.
                cursor.at += self.text[begin..].chars().next().map_or(1, char::len_utf8);
                complete = false;
            }
        }
        cursor.open.pop();
        let span = Span::new(start, self.text[..cursor.at].trim_end().len().max(start + 1));
        let node = if open == b'{' { self.builder.mapping(span, entries) } else { self.builder.sequence(span, items) };
        if !complete {
            self.gaps.incomplete.push(node);
        }
        node
    }

    fn flow_scalar(&mut self, cursor: &mut Cursor) -> NodeId {
        let start = cursor.at;
        let rest = &self.text[start..cursor.end];
        if rest.starts_with(['"', '\'']) {
            let Some(end) = flow_quote_end(&self.text[..cursor.end], start) else {
                let line = self.flow_line(cursor).len();
                cursor.at += line;
                let diagnostic = explain::unclosed(&self.text, start);
                self.flow_fault(cursor, diagnostic);
                return self.broken(start..start + line);
            };
            cursor.at = end;
            return self.flow_part(cursor, start);
        }
        if rest.starts_with("${") {
            return self.flow_expression(cursor);
        }
        let mut previous = ' ';
        let mut end = rest.len();
        for (at, c) in rest.char_indices() {
            let next = rest[at + c.len_utf8()..].chars().next();
            let colon = c == ':' && next.is_none_or(|next| matches!(next, ' ' | '\t' | '\n' | '\r' | ',' | '[' | ']' | '{' | '}'));
            let comment = c == '#' && matches!(previous, ' ' | '\t');
            // A quoted key after a value: the comma between them is missing.
            let key = matches!(c, '"' | '\'')
                && previous == ' '
                && quote_end(rest, at).is_some_and(|end| rest[end..].trim_start_matches([' ', '\t']).starts_with(':'));
            if matches!(c, ',' | '[' | ']' | '{' | '}' | '\n' | '\r') || colon || comment || key {
                end = at;
                break;
            }
            previous = c;
        }
        cursor.at += rest[..end].trim_end().len();
        if cursor.at == start {
            return self.builder.null(Span::empty(start));
        }
        if let Some(name) = self.text[start..cursor.at].strip_prefix('*').map(str::to_owned) {
            return self.builder.alias(&name, Span::new(start, cursor.at));
        }
        self.flow_part(cursor, start)
    }

    /// One scalar, read strictly.
    fn flow_part(&mut self, cursor: &mut Cursor, start: usize) -> NodeId {
        match self.strict(start..cursor.at) {
            Ok(Some(node)) => node,
            Ok(None) => self.builder.null(Span::empty(start)),
            Err(failure) => {
                let diagnostic = explain::failure(&self.text, start..cursor.at, None, &failure);
                self.flow_fault(cursor, diagnostic);
                self.broken(start..cursor.at)
            }
        }
    }

    /// An expression without quotes: its braces are those of jq.
    fn flow_expression(&mut self, cursor: &mut Cursor) -> NodeId {
        let start = cursor.at;
        let rest = &self.text[start..cursor.end];
        let mut depth = 0_i32;
        let mut end = rest.len();
        for (at, c) in rest.char_indices() {
            match c {
                '\n' | '\r' => {
                    end = at;
                    break;
                }
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => continue,
            }
            if depth == 0 {
                end = at + 1;
                break;
            }
        }
        cursor.at += end;
        self.flow_fault(cursor, explain::unquoted_expression(Span::new(start, start + end)));
        self.broken(start..start + end)
    }
}
