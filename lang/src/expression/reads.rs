//! What of its input and its variables an expression reads, as far as its text tells: at least what
//! it does read, and seldom much more.

use std::sync::Arc;

use jaq_core::{
    load::{
        lex::{Lexer, StrPart},
        parse::{BinaryOp, Parser, Pattern, Term},
    },
    path,
};

/// A part of the input or of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The variable with its `$`; none for the input.
    pub variable: Option<Arc<str>>,
    /// Keys from there on.
    pub path: Vec<Arc<str>>,
}

/// What an expression reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reads {
    /// All of it.
    pub all: Vec<Read>,
    /// Whether the expression is that part and nothing else: `.a.b` or `$item`.
    pub is_path: bool,
}

/// What an expression reads; none if its text does not tell.
pub(super) fn of(text: &str) -> Option<Reads> {
    let tokens = Lexer::new(text).lex().ok()?;
    let term = Parser::new(&tokens).parse(Parser::term).ok()?;
    let mut walk = Walk { locals: Vec::new(), reads: Vec::new() };
    let whole = walk.term(&term, &Some(Read { variable: None, path: Vec::new() }))?;
    let is_path = whole.is_some() && walk.reads.is_empty();
    walk.consume(whole);
    Some(Reads { all: walk.reads, is_path })
}

/// A part that was not looked at yet; none for what was computed from parts that were.
type Place = Option<Read>;

struct Walk<'a> {
    locals: Vec<&'a str>,
    reads: Vec<Read>,
}

impl<'a> Walk<'a> {
    fn consume(&mut self, place: Place) {
        if let Some(read) = place
            && !self.reads.contains(&read)
        {
            self.reads.push(read);
        }
    }

    /// Looks at a part, and computes something from it.
    fn use_up(&mut self, term: &Term<&'a str>, dot: &Place) -> Option<()> {
        let place = self.term(term, dot)?;
        self.consume(place);
        Some(())
    }

    fn term(&mut self, term: &Term<&'a str>, dot: &Place) -> Option<Place> {
        match term {
            Term::Id => return Some(dot.clone()),
            Term::Recurse => self.consume(dot.clone()),
            Term::Num(_) | Term::Break(_) => {}
            Term::Var(name) if self.locals.contains(name) => {}
            Term::Var(name) => return Some(Some(Read { variable: Some((*name).into()), path: Vec::new() })),
            Term::Str(_, parts) => {
                for part in parts {
                    if let StrPart::Term(term) = part {
                        self.use_up(term, dot)?;
                    }
                }
            }
            Term::Arr(inner) => {
                if let Some(inner) = inner {
                    self.use_up(inner, dot)?;
                }
            }
            Term::Obj(members) => {
                for (key, value) in members {
                    match value {
                        Some(value) => {
                            self.use_up(key, dot)?;
                            self.use_up(value, dot)?;
                        }
                        // `{$name}` takes a variable, `{name}` a member of the input.
                        None if matches!(key, Term::Var(_)) => self.use_up(key, dot)?,
                        None => self.consume(dot.clone()),
                    }
                }
            }
            Term::Neg(inner) | Term::Label(_, inner) => self.use_up(inner, dot)?,
            Term::BinOp(left, BinaryOp::Pipe(None), right) => {
                let place = self.term(left, dot)?;
                return self.term(right, &place);
            }
            Term::BinOp(left, BinaryOp::Pipe(Some(pattern)), right) => {
                self.use_up(left, dot)?;
                let depth = self.locals.len();
                self.pattern(pattern)?;
                let place = self.term(right, dot);
                self.locals.truncate(depth);
                return place;
            }
            Term::BinOp(left, operator, right) => {
                if matches!(operator, BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt) {
                    self.consume(dot.clone());
                }
                self.use_up(left, dot)?;
                self.use_up(right, dot)?;
            }
            Term::Fold(_, source, pattern, args) => {
                self.use_up(source, dot)?;
                self.consume(dot.clone());
                let depth = self.locals.len();
                self.pattern(pattern)?;
                for arg in args {
                    self.use_up(arg, &None)?;
                }
                self.locals.truncate(depth);
            }
            Term::TryCatch(body, catch) => {
                self.use_up(body, dot)?;
                if let Some(catch) = catch {
                    self.use_up(catch, &None)?;
                }
            }
            Term::IfThenElse(cases, otherwise) => {
                for (condition, then) in cases {
                    self.use_up(condition, dot)?;
                    self.use_up(then, dot)?;
                }
                match otherwise {
                    Some(otherwise) => self.use_up(otherwise, dot)?,
                    None => self.consume(dot.clone()),
                }
            }
            Term::Call(name, args) => {
                if !args.is_empty() || !matches!(*name, "true" | "false" | "null" | "empty" | "now") {
                    self.consume(dot.clone());
                }
                for arg in args {
                    self.use_up(arg, &None)?;
                }
            }
            // Definitions are seldom; what they read depends on where they are called.
            Term::Def(..) => return None,
            Term::Path(base, path::Path(parts)) => {
                let mut place = self.term(base, dot)?;
                for (part, _) in parts {
                    match (part, &mut place) {
                        (path::Part::Index(index), Some(read)) if let Some(key) = literal(index) => read.path.push(key.into()),
                        (part, _) => {
                            self.consume(place.take());
                            match part {
                                path::Part::Index(index) => self.use_up(index, dot)?,
                                path::Part::Range(from, to) => {
                                    for bound in from.iter().chain(to) {
                                        self.use_up(bound, dot)?;
                                    }
                                }
                            }
                        }
                    }
                }
                return Some(place);
            }
        }
        Some(None)
    }

    /// Binds the variables of a pattern; one that computes keys is too much.
    fn pattern(&mut self, pattern: &Pattern<&'a str>) -> Option<()> {
        match pattern {
            Pattern::Var(name) => self.locals.push(name),
            Pattern::Arr(items) => {
                for item in items {
                    self.pattern(item)?;
                }
            }
            Pattern::Obj(_) => return None,
        }
        Some(())
    }
}

/// The text of a string without expressions in it.
fn literal<'a>(term: &Term<&'a str>) -> Option<&'a str> {
    match term {
        Term::Str(None, parts) => match &parts[..] {
            [StrPart::Str(text)] => Some(text),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str) -> String {
        let Some(reads) = of(text) else { return "?".to_owned() };
        let one = |read: &Read| {
            let path: String = read.path.iter().map(|key| format!(".{key}")).collect();
            format!("{}{}", read.variable.as_deref().unwrap_or("@"), path)
        };
        let all: Vec<String> = reads.all.iter().map(one).collect();
        format!("{}{}", if reads.is_path { "=" } else { "" }, all.join(" "))
    }

    #[test]
    fn expressions_read_what_they_name() {
        for (text, expected) in [
            (".", "=@"),
            (".a.b", "=@.a.b"),
            ("$item.price", "=$item.price"),
            (".a | .b", "=@.a.b"),
            (r#"."a b""#, "=@.a b"),
            (".a + .b", "@.a @.b"),
            (".a[0].b", "@.a"),
            (".a[] | .b", "@.a"),
            (".a | length", "@.a"),
            ("[.items[] | select(.x > $limit) | .y]", "@.items $limit"),
            (r#""\($workflow.definition.document.name) \(.b)""#, "$workflow.definition.document.name @.b"),
            ("{a: .b, c: 1}", "@.b"),
            ("{a, b: 1}", "@"),
            (".a as $x | .b + $x", "@.a @.b"),
            ("if .a then .b else 1 end", "@.a @.b"),
            ("if .a then .b end", "@.a @.b @"),
            ("reduce .a[] as $x (0; . + $x + $y)", "@.a @ $y"),
            (".a = 1", "@ @.a"),
            ("true", ""),
            ("1 + 1", ""),
            ("def f: .a; f", "?"),
        ] {
            assert_eq!(reads(text), expected, "{text}");
        }
    }
}
