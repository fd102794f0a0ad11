//! What a program's text tells: its problems with their places, the variables it uses, and
//! whether it is proven to end.

use std::sync::Arc;

use jaq_core::{
    load::{
        lex::{self, Lexer, StrPart, Token},
        parse::{BinaryOp, Def, Parser, Pattern, Term},
    },
    path,
};

use super::{
    Problem, ProblemKind, builtins,
    facts::{self, Facts},
};

#[derive(Default)]
pub(super) struct Found {
    pub(super) variables: Vec<Arc<str>>,
    pub(super) harmless: bool,
    pub(super) problems: Vec<Problem>,
    pub(super) facts: Facts,
}

/// Functions that can go on for ever, or for as long as a number says.
const ENDLESS: &[&str] = &["recurse", "repeat", "until", "while", "range", "combinations", "limit"];
/// The longest `range` of literals that counts as harmless.
const SHORT_RANGE: f64 = 10_000.0;
/// How deeply brackets may nest: jaq's parser is recursive.
const MAX_BRACKETS: usize = 200;

pub(super) fn analyse(text: &str, available: &[Arc<str>]) -> Found {
    let mut found = Found::default();
    if text.trim().is_empty() {
        found.problems.push(problem(ProblemKind::Syntax, text, 0..text.len(), "the expression is empty"));
        return found;
    }
    if deepest_bracket(text) > MAX_BRACKETS {
        let message = format!("brackets nest more than {MAX_BRACKETS} deep");
        found.problems.push(problem(ProblemKind::Syntax, text, 0..text.len(), &message));
        return found;
    }
    let tokens = match Lexer::new(text).lex() {
        Ok(tokens) => tokens,
        Err(errors) => {
            found.problems.extend(errors.iter().map(|(expected, at)| lex_problem(text, expected, at)));
            return found;
        }
    };
    let term = match Parser::new(&tokens).parse(Parser::term) {
        Ok(term) => term,
        Err(errors) => {
            found.problems.extend(errors.iter().map(|(expected, at)| {
                let got = Token::opt_as_str(*at, text);
                let range = range_of(text, got);
                let what = if got.is_empty() { "the end".to_owned() } else { format!("`{}`", first_word(got)) };
                problem(ProblemKind::Syntax, text, range, &format!("expected {}, found {what}", expected.as_str()))
            }));
            return found;
        }
    };
    let mut walk = Walk { text, available, locals: Vec::new(), defs: Vec::new(), params: Vec::new(), found, endless: false };
    walk.term(&term);
    walk.found.harmless = !walk.endless;
    walk.found.facts = facts::of(text, &term);
    walk.found
}

fn deepest_bracket(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' | b'-' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b' ' | b'\n' | b'\t' => continue,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn problem(kind: ProblemKind, text: &str, range: std::ops::Range<usize>, message: &str) -> Problem {
    // An empty range at the end points behind the text; blame its last character instead.
    let start = if range.is_empty() && range.start == text.len() {
        text.trim_end().char_indices().next_back().map_or(0, |(at, _)| at)
    } else {
        range.start
    };
    Problem { kind, start, end: range.end.max(start), message: message.to_owned(), help: None }
}

fn lex_problem(text: &str, expected: &lex::Expect<&str>, at: &str) -> Problem {
    let mut range = range_of(text, at);
    range.end = range.end.min(range.start + at.chars().next().map_or(0, char::len_utf8));
    let found = at.chars().next().map_or_else(|| "the end".to_owned(), |c| format!("`{c}`"));
    let mut problem = problem(ProblemKind::Syntax, text, range, &format!("expected {}, found {found}", expected.as_str()));
    if text.contains("${") {
        problem.help =
            Some("a string is either one expression `${ … }` or plain text; join text inside the expression: `${ \"a \\(.b)\" }`".into());
    }
    problem
}

/// The bytes of `part`, a slice of `text`.
pub(super) fn range_of(text: &str, part: &str) -> std::ops::Range<usize> {
    let start = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    if start <= text.len() && start + part.len() <= text.len() { start..start + part.len() } else { 0..text.len() }
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or(text)
}

/// Edit distance, for "did you mean".
fn closest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    crate::suggest::closest(name, candidates)
}

struct Walk<'a> {
    text: &'a str,
    available: &'a [Arc<str>],
    locals: Vec<&'a str>,
    /// Definitions in scope, and whether we are inside their body.
    defs: Vec<(&'a str, usize, bool)>,
    /// Closure parameters in scope.
    params: Vec<&'a str>,
    found: Found,
    endless: bool,
}

impl<'a> Walk<'a> {
    fn term(&mut self, term: &Term<&'a str>) {
        match term {
            Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) => {}
            Term::Str(format, parts) => {
                if let Some(format) = format {
                    self.call(format, 0);
                }
                for part in parts {
                    if let StrPart::Term(term) = part {
                        self.term(term);
                    }
                }
            }
            Term::Arr(inner) => inner.iter().for_each(|inner| self.term(inner)),
            Term::Obj(members) => {
                for (key, value) in members {
                    self.term(key);
                    value.iter().for_each(|value| self.term(value));
                }
            }
            Term::Neg(inner) | Term::Label(_, inner) => self.term(inner),
            Term::BinOp(left, BinaryOp::Pipe(Some(pattern)), right) => {
                self.term(left);
                let depth = self.locals.len();
                self.pattern(pattern);
                self.term(right);
                self.locals.truncate(depth);
            }
            Term::BinOp(left, _, right) => {
                self.term(left);
                self.term(right);
            }
            Term::Fold(_, source, pattern, args) => {
                self.term(source);
                let depth = self.locals.len();
                self.pattern(pattern);
                args.iter().for_each(|arg| self.term(arg));
                self.locals.truncate(depth);
            }
            Term::TryCatch(body, catch) => {
                self.term(body);
                catch.iter().for_each(|catch| self.term(catch));
            }
            Term::IfThenElse(cases, otherwise) => {
                for (condition, then) in cases {
                    self.term(condition);
                    self.term(then);
                }
                otherwise.iter().for_each(|otherwise| self.term(otherwise));
            }
            Term::Def(defs, body) => {
                let depth = self.defs.len();
                defs.iter().for_each(|def| self.def(def));
                self.term(body);
                self.defs.truncate(depth);
            }
            Term::Call(name, args) => {
                self.call(name, args.len());
                if ENDLESS.contains(name) && !is_short(name, args) {
                    self.endless = true;
                }
                args.iter().for_each(|arg| self.term(arg));
            }
            Term::Var(name) => self.variable(name),
            Term::Path(base, path::Path(parts)) => {
                self.term(base);
                for (part, _) in parts {
                    match part {
                        path::Part::Index(index) => self.term(index),
                        path::Part::Range(from, to) => from.iter().chain(to).for_each(|bound| self.term(bound)),
                    }
                }
            }
        }
    }

    fn pattern(&mut self, pattern: &Pattern<&'a str>) {
        match pattern {
            Pattern::Var(name) => self.locals.push(name),
            Pattern::Arr(items) => items.iter().for_each(|item| self.pattern(item)),
            Pattern::Obj(members) => {
                for (key, value) in members {
                    // `{$name}` binds; `{key: pattern}` computes.
                    if let Term::Var(name) = key {
                        self.locals.push(name);
                    } else {
                        self.term(key);
                    }
                    self.pattern(value);
                }
            }
        }
    }

    fn def(&mut self, def: &Def<&'a str>) {
        let (locals, params) = (self.locals.len(), self.params.len());
        for arg in &def.args {
            if arg.starts_with('$') {
                self.locals.push(arg);
            }
            self.params.push(arg.trim_start_matches('$'));
        }
        let at = self.defs.len();
        self.defs.push((def.name, def.args.len(), true));
        self.term(&def.body);
        self.defs.truncate(at + 1);
        self.defs[at].2 = false;
        self.locals.truncate(locals);
        self.params.truncate(params);
    }

    fn call(&mut self, name: &'a str, arity: usize) {
        if arity == 0 && self.params.contains(&name) {
            return;
        }
        if let Some((.., inside)) = self.defs.iter().rev().find(|(def, args, _)| *def == name && *args == arity) {
            self.endless |= *inside;
            return;
        }
        if builtins::functions().contains(&(name, arity)) {
            return;
        }
        let others: Vec<usize> = builtins::functions().iter().filter(|(known, _)| *known == name).map(|(_, args)| *args).collect();
        let message = if others.is_empty() {
            format!("there is no function `{name}`")
        } else {
            let mut others = others;
            others.sort_unstable();
            let counts: Vec<String> = others.iter().map(usize::to_string).collect();
            let noun = if others.last() == Some(&1) { "argument" } else { "arguments" };
            format!("the function `{name}` takes {} {noun}, not {arity}", counts.join(" or "))
        };
        let mut problem = problem(ProblemKind::Function, self.text, range_of(self.text, name), &message);
        problem.help = if name.starts_with("halt") || name == "env" || name == "input" || name == "inputs" {
            Some("functions that reach outside the expression are not available in a workflow".into())
        } else {
            closest(name, builtins::functions().iter().map(|(known, _)| *known)).map(|near| format!("did you mean `{near}`?"))
        };
        self.found.problems.push(problem);
    }

    fn variable(&mut self, name: &'a str) {
        if self.locals.contains(&name) {
            return;
        }
        if let Some(known) = self.available.iter().find(|known| &***known == name) {
            if !self.found.variables.contains(known) {
                self.found.variables.push(known.clone());
            }
            return;
        }
        let message = format!("the variable `{name}` does not exist here");
        let mut problem = problem(ProblemKind::Variable, self.text, range_of(self.text, name), &message);
        problem.help = match closest(name, self.available.iter().map(|known| &**known)) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if self.available.is_empty() => None,
            None => Some(format!("available here: {}", self.available.join(", "))),
        };
        self.found.problems.push(problem);
    }
}

/// A `range` over literals, or a `limit` whose source is itself checked.
fn is_short(name: &str, args: &[Term<&str>]) -> bool {
    match name {
        "limit" => true,
        "recurse" => args.is_empty(),
        "range" => {
            args.iter().all(|arg| match arg {
                Term::Num(number) => number.parse::<f64>().is_ok_and(|number| number.abs() <= SHORT_RANGE),
                // `range(length)` is as long as the data.
                Term::Call("length", none) => none.is_empty() && args.len() < 3,
                Term::Path(base, _) => matches!(**base, Term::Call("length", _)),
                _ => false,
            }) && !matches!(args, [_, _, Term::Num("0" | "0.0")])
        }
        _ => false,
    }
}
