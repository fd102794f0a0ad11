//! Where the parts of a program stand in its text.
//!
//! The parser keeps slices of the text at its leaves only. One walk in the order of the text finds
//! brackets and dots between them, so that a finding can underline exactly what it is about.

use std::collections::HashMap;

use jaq_core::{
    load::{
        lex::StrPart,
        parse::{BinaryOp, Pattern, Term},
    },
    path,
};

use super::MAX_DEPTH;

type Range = (usize, usize);
type PathPart<'t> = (path::Part<Term<&'t str>>, path::Opt);

/// The places of terms and path parts, by address.
pub(super) struct Places(HashMap<usize, Range>);

impl Places {
    pub(super) fn of(text: &str, term: &Term<&str>) -> Self {
        let mut walk = Walk { text, cursor: 0, found: HashMap::new(), depth: 0 };
        walk.term(term);
        Self(walk.found)
    }

    pub(super) fn of_term(&self, term: &Term<&str>) -> Option<Range> {
        self.0.get(&address(term)).copied()
    }

    pub(super) fn of_part(&self, part: &PathPart<'_>) -> Option<Range> {
        self.0.get(&address(part)).copied()
    }
}

fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of) as usize
}

struct Walk<'t> {
    text: &'t str,
    cursor: usize,
    found: HashMap<usize, Range>,
    depth: usize,
}

impl Walk<'_> {
    fn slice(&mut self, part: &str) -> Range {
        let start = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        if start.checked_add(part.len()).is_none_or(|end| end > self.text.len()) {
            return (self.cursor, self.cursor);
        }
        self.cursor = start + part.len();
        (start, self.cursor)
    }

    /// The next occurrence of a symbol, behind which the walk goes on.
    fn symbol(&mut self, symbol: &str) -> Range {
        let at = self.text.get(self.cursor..).and_then(|rest| rest.find(symbol)).map_or(self.cursor, |at| self.cursor + at);
        let end = (at + symbol.len()).min(self.text.len());
        self.cursor = end;
        (at.min(end), end)
    }

    fn term(&mut self, term: &Term<&str>) -> Range {
        if self.depth > MAX_DEPTH {
            return (self.cursor, self.cursor);
        }
        self.depth += 1;
        let range = self.any(term);
        self.depth -= 1;
        self.found.insert(address(term), range);
        range
    }

    fn any(&mut self, term: &Term<&str>) -> Range {
        let start = self.cursor;
        match term {
            Term::Id => self.symbol("."),
            Term::Recurse => self.symbol(".."),
            Term::Num(text) | Term::Var(text) | Term::Break(text) => self.slice(text),
            Term::Str(_, parts) => self.string(parts),
            Term::Arr(inner) => {
                let (start, _) = self.symbol("[");
                inner.iter().for_each(|inner| {
                    self.term(inner);
                });
                (start, self.symbol("]").1)
            }
            Term::Obj(members) => {
                let (start, _) = self.symbol("{");
                for (key, value) in members {
                    self.term(key);
                    value.iter().for_each(|value| {
                        self.term(value);
                    });
                }
                (start, self.symbol("}").1)
            }
            Term::Neg(inner) => {
                let (start, _) = self.symbol("-");
                (start, self.term(inner).1)
            }
            Term::BinOp(left, op, right) => {
                let (start, _) = self.term(left);
                if let BinaryOp::Pipe(Some(pattern)) = op {
                    self.pattern(pattern);
                }
                (start, self.term(right).1)
            }
            Term::Label(name, inner) => {
                let (start, _) = self.slice(name);
                (start, self.term(inner).1)
            }
            Term::Fold(kind, source, pattern, args) => {
                let (start, _) = self.slice(kind);
                self.term(source);
                self.pattern(pattern);
                args.iter().for_each(|arg| {
                    self.term(arg);
                });
                (start, self.symbol(")").1)
            }
            Term::TryCatch(body, catch) => {
                let (start, mut end) = self.term(body);
                catch.iter().for_each(|catch| end = self.term(catch).1);
                (start, end)
            }
            Term::IfThenElse(cases, otherwise) => {
                let (start, _) = self.symbol("if");
                for (condition, then) in cases {
                    self.term(condition);
                    self.term(then);
                }
                otherwise.iter().for_each(|otherwise| {
                    self.term(otherwise);
                });
                (start, self.symbol("end").1)
            }
            Term::Def(defs, body) => {
                for def in defs {
                    self.slice(def.name);
                    self.term(&def.body);
                }
                (start, self.term(body).1)
            }
            Term::Call(name, args) => {
                let (start, mut end) = self.slice(name);
                if !args.is_empty() {
                    args.iter().for_each(|arg| {
                        self.term(arg);
                    });
                    end = self.symbol(")").1;
                }
                (start, end)
            }
            Term::Path(base, path::Path(parts)) => {
                let (start, mut end) = self.term(base);
                for part in parts {
                    end = self.part(part).1;
                }
                (start, end)
            }
        }
    }

    fn part(&mut self, part: &PathPart<'_>) -> Range {
        let rest = self.text.get(self.cursor..).unwrap_or("");
        let bracket = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '.' | '?' | ')')).starts_with('[');
        let range = if bracket {
            let (start, _) = self.symbol("[");
            match &part.0 {
                path::Part::Index(index) => {
                    self.term(index);
                }
                path::Part::Range(from, to) => from.iter().chain(to).for_each(|bound| {
                    self.term(bound);
                }),
            }
            (start, self.symbol("]").1)
        } else if let path::Part::Index(index) = &part.0 {
            self.term(index)
        } else {
            (self.cursor, self.cursor)
        };
        self.found.insert(address(part), range);
        range
    }

    /// A string in quotes, or a bare key.
    fn string(&mut self, parts: &[StrPart<&str, Term<&str>>]) -> Range {
        if let [StrPart::Str(name)] = parts {
            let before = self.cursor;
            let range = self.slice(name);
            if self.text.as_bytes().get(range.0.wrapping_sub(1)) != Some(&b'"') {
                return range;
            }
            self.cursor = before;
        }
        let (start, _) = self.symbol("\"");
        for part in parts {
            match part {
                StrPart::Str(text) => {
                    self.slice(text);
                }
                StrPart::Term(term) => {
                    self.term(term);
                    self.symbol(")");
                }
                StrPart::Char(_) => {}
            }
        }
        loop {
            let (at, end) = self.symbol("\"");
            let escapes = self.text[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
            if escapes % 2 == 0 || end == self.text.len() {
                return (start, end);
            }
        }
    }

    fn pattern(&mut self, pattern: &Pattern<&str>) {
        match pattern {
            Pattern::Var(name) => {
                self.slice(name);
            }
            Pattern::Arr(items) => items.iter().for_each(|item| self.pattern(item)),
            Pattern::Obj(members) => {
                for (key, value) in members {
                    self.term(key);
                    self.pattern(value);
                }
            }
        }
    }
}
