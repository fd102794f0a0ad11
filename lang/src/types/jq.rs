//! Types of jq programs: what a program makes of what is known of its input and variables, and
//! what in it must go wrong.
//!
//! A term can yield no value, one or many; an [`Out`] says so along with their type. Whatever is
//! not understood yields unknown values, and nothing is said about those.

mod builtins;
mod math;
mod paths;
mod place;

use std::{cell::OnceCell, sync::Arc};

use jaq_core::{
    load::{
        lex::{Lexer, StrPart},
        parse::{BinaryOp, Parser, Pattern, Term},
    },
    path,
};

use self::place::Places;
use super::{
    finding::Finding,
    origin::Origin,
    shape::{Member, Object, Type},
};

/// How deeply terms are followed; what is deeper is unknown.
const MAX_DEPTH: usize = 80;

/// A program, read for typing.
pub(super) struct Program<'t> {
    text: &'t str,
    // Places are known by address, so the term must not move.
    term: Box<Term<&'t str>>,
    // Most programs have nothing to be said about them.
    places: OnceCell<Places>,
}

impl<'t> Program<'t> {
    /// Reads a program; none if it is not jq.
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let tokens = Lexer::new(text).lex().ok()?;
        let term = Box::new(Parser::new(&tokens).parse(Parser::term).ok()?);
        Some(Self { text, term, places: OnceCell::new() })
    }

    fn places(&self) -> &Places {
        self.places.get_or_init(|| Places::of(self.text, &self.term))
    }
}

/// What a program can see.
pub(super) trait Variables {
    /// What is known of a variable, named with its `$`.
    fn variable(&self, name: &str) -> Type;
}

/// The values of a term: their type, and how many there are at least and at most; two stand for
/// any number above one.
#[derive(Clone, Debug)]
pub(super) struct Out {
    pub(super) ty: Type,
    pub(super) min: u8,
    pub(super) max: u8,
}

impl Out {
    fn one(ty: Type) -> Self {
        Self { ty, min: 1, max: 1 }
    }

    fn unknown() -> Self {
        Self { ty: Type::Unknown, min: 0, max: 2 }
    }

    fn none() -> Self {
        Self { ty: Type::never(), min: 0, max: 0 }
    }

    /// So many values for each of another term's.
    fn times(self, other: &Self) -> Self {
        Self { ty: self.ty, min: self.min * other.min, max: self.max * other.max }.clamp()
    }

    fn clamp(self) -> Self {
        Self { min: self.min.min(2), max: self.max.min(2), ..self }
    }

    fn or_none(self) -> Self {
        Self { min: 0, ..self }
    }

    fn with(self, ty: Type) -> Self {
        Self { ty, ..self }
    }

    /// One of the two.
    fn or(&self, other: &Self) -> Self {
        Self { ty: self.ty.join(&other.ty), min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    /// What an expression makes of it: no value is null, several are an array.
    pub(super) fn value(self, origin: Origin) -> Type {
        let one = if self.min < 2 && self.max > 0 { self.ty.clone() } else { Type::never() };
        let none = if self.min == 0 { Type::null(origin) } else { Type::never() };
        let many = if self.max < 2 {
            Type::never()
        } else {
            let two = vec![self.ty.clone(), self.ty.clone()];
            Type::of(super::shape::Known {
                array: Some(super::shape::Array { prefix: two, rest: self.ty, origin }),
                ..super::shape::Known::default()
            })
        };
        one.join(&none).join(&many)
    }
}

/// How sure it is that a term runs, and how much is to be said about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mode {
    /// It runs whenever the expression does, and its errors are not caught.
    pub(super) sure: bool,
    quiet: Quiet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Quiet {
    /// Everything is said.
    No,
    /// That a property is always null is not said: the program counts with it.
    Reads,
    /// Nothing is said.
    All,
}

impl Mode {
    /// The mode of an expression that surely runs, or perhaps.
    pub(super) fn new(sure: bool) -> Self {
        Self { sure, quiet: Quiet::No }
    }

    fn perhaps(self) -> Self {
        Self { sure: false, ..self }
    }

    fn only_if(self, sure: bool) -> Self {
        Self { sure: self.sure && sure, ..self }
    }

    fn tolerant(self) -> Self {
        Self { sure: false, quiet: self.quiet.max(Quiet::Reads) }
    }

    fn says_reads(self) -> bool {
        self.quiet == Quiet::No
    }

    fn asking(self) -> Self {
        Self { quiet: self.quiet.max(Quiet::Reads), ..self }
    }

    fn silent(self) -> Self {
        Self { sure: false, quiet: Quiet::All }
    }

    /// For what runs only when a condition holds that may have asked for types.
    fn under(self, condition: &Term<&str>) -> Self {
        if asks_for_types(condition, 0) { self.silent() } else { self.perhaps() }
    }
}

/// Types a program.
pub(super) struct Typer<'p> {
    program: &'p Program<'p>,
    variables: &'p dyn Variables,
    /// Where the expression stands.
    origin: Origin,
    locals: Vec<(&'p str, Type)>,
    /// Names that the program defines itself; calls of them are not followed.
    defined: Vec<&'p str>,
    findings: Vec<Finding>,
    depth: usize,
    /// The offset that is asked for, with the smallest term found there.
    probe: Option<(usize, Option<(usize, Type)>)>,
}

impl<'p> Typer<'p> {
    pub(super) fn new(program: &'p Program<'p>, variables: &'p dyn Variables, origin: Origin) -> Self {
        Self { program, variables, origin, locals: Vec::new(), defined: Vec::new(), findings: Vec::new(), depth: 0, probe: None }
    }

    /// The type of the expression's value, with what must go wrong in it.
    pub(super) fn run(mut self, input: &Type, mode: Mode) -> (Type, Vec<Finding>) {
        let program = self.program;
        let out = self.term(&program.term, input, mode);
        (out.value(self.origin), self.findings)
    }

    /// The type of the smallest term that touches an offset.
    pub(super) fn probe(mut self, input: &Type, offset: usize) -> Option<Type> {
        self.probe = Some((offset, None));
        let program = self.program;
        self.term(&program.term, input, Mode::new(false).silent());
        self.probe?.1.map(|(_, ty)| ty)
    }

    fn term(&mut self, term: &'p Term<&'p str>, input: &Type, mode: Mode) -> Out {
        if self.depth >= MAX_DEPTH {
            return Out::unknown();
        }
        self.depth += 1;
        let out = self.any(term, input, mode);
        self.depth -= 1;
        if self.probe.is_some() {
            self.touch(self.program.places().of_term(term), &out.ty);
        }
        out
    }

    /// Notes the type of a part for whoever asked for an offset.
    fn touch(&mut self, place: Option<(usize, usize)>, ty: &Type) {
        let (Some((offset, best)), Some((start, end))) = (&mut self.probe, place) else { return };
        if start <= *offset && *offset <= end && best.as_ref().is_none_or(|(width, _)| end - start <= *width) {
            *best = Some((end - start, ty.clone()));
        }
    }

    fn any(&mut self, term: &'p Term<&'p str>, input: &Type, mode: Mode) -> Out {
        let origin = self.origin;
        match term {
            Term::Id => Out::one(input.clone()),
            Term::Recurse => Out { ty: Type::Unknown, min: 1, max: 2 },
            Term::Num(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => Out::one(Type::integer(origin)),
            Term::Num(_) => Out::one(Type::number(origin)),
            Term::Str(format, parts) => self.text(format.is_some(), parts, input, mode),
            Term::Arr(inner) => Out::one(self.array(inner.as_deref(), input, mode)),
            Term::Obj(members) => self.object(members, input, mode),
            Term::Neg(inner) => self.negate(term, inner, input, mode),
            Term::BinOp(left, op, right) => self.binary(term, (left, op, right), input, mode),
            Term::Fold(kind, source, pattern, args) => self.fold(kind, (source, pattern, args), input, mode),
            Term::TryCatch(body, catch) => {
                let body = self.term(body, input, mode.silent()).or_none();
                match catch {
                    Some(catch) => {
                        let catch = self.term(catch, &Type::Unknown, mode.perhaps());
                        body.or(&catch)
                    }
                    None => body,
                }
            }
            Term::IfThenElse(cases, otherwise) => self.choice(cases, otherwise.as_deref(), input, mode),
            Term::Def(defs, body) => {
                let before = self.defined.len();
                for def in defs {
                    self.defined.push(def.name);
                }
                let out = self.term(body, input, mode);
                self.defined.truncate(before);
                out
            }
            Term::Call(name, args) => self.call(name, args, input, mode),
            Term::Var(name) => Out::one(self.variable(name)),
            Term::Path(base, path) => self.path(base, path, input, mode),
            Term::Label(..) => Out::unknown(),
            Term::Break(_) => Out::none(),
        }
    }

    fn variable(&self, name: &str) -> Type {
        match self.locals.iter().rev().find(|(local, _)| *local == name) {
            Some((_, ty)) => ty.clone(),
            None => self.variables.variable(name),
        }
    }

    fn text(&mut self, formatted: bool, parts: &'p [StrPart<&'p str, Term<&'p str>>], input: &Type, mode: Mode) -> Out {
        let mut constant = Some(String::new()).filter(|_| !formatted);
        let mut out = Out::one(Type::string(self.origin));
        // A part without a value leaves nothing to be made of the others.
        let all = parts.iter().all(|part| !matches!(part, StrPart::Term(term) if !yields(term, 0)));
        let mode = mode.only_if(all);
        for part in parts {
            match part {
                StrPart::Str(text) => constant.iter_mut().for_each(|constant| constant.push_str(text)),
                StrPart::Char(c) => constant.iter_mut().for_each(|constant| constant.push(*c)),
                StrPart::Term(term) => {
                    constant = None;
                    let inner = self.term(term, input, mode);
                    out = out.times(&inner);
                }
            }
        }
        match constant {
            Some(constant) => Out::one(Type::constant(&constant, self.origin)),
            None => out,
        }
    }

    fn array(&mut self, inner: Option<&'p Term<&'p str>>, input: &Type, mode: Mode) -> Type {
        let Some(inner) = inner else { return Type::tuple(Vec::new(), self.origin) };
        let mut prefix = Vec::new();
        let mut rest = Type::never();
        let mut terms = vec![inner];
        let mut exact = true;
        while let Some(term) = terms.pop() {
            if let Term::BinOp(left, BinaryOp::Comma, right) = term {
                terms.push(right);
                terms.push(left);
                continue;
            }
            let out = self.term(term, input, mode);
            // Of what comes after an uncertain number of values, the place is not known.
            if exact && out.min == 1 && out.max == 1 {
                prefix.push(out.ty);
            } else {
                if exact && out.min > 0 {
                    prefix.push(out.ty.clone());
                }
                exact = false;
                rest = rest.join(&out.ty);
            }
        }
        Type::of(super::shape::Known {
            array: Some(super::shape::Array { prefix, rest, origin: self.origin }),
            ..super::shape::Known::default()
        })
    }

    fn object(&mut self, members: &'p [(Term<&'p str>, Option<Term<&'p str>>)], input: &Type, mode: Mode) -> Out {
        let mut made = Object { members: Default::default(), rest: None, origin: self.origin };
        let mut count = Out::one(Type::never());
        for (key, value) in members {
            let (name, value) = match (key, value) {
                (Term::Var(name), None) => (Some(Arc::from(name.trim_start_matches('$'))), Out::one(self.variable(name))),
                (key, None) => {
                    let mode = mode.only_if(count.min > 0);
                    let name = self.term(key, input, mode);
                    let value = self.read(key, input, &name.ty, mode);
                    (constant(&name.ty), value)
                }
                (key, Some(value)) => {
                    let mode = mode.only_if(count.min > 0);
                    let name = self.term(key, input, mode);
                    count = count.times(&name);
                    (constant(&name.ty), self.term(value, input, mode))
                }
            };
            count = count.times(&value);
            match name {
                Some(name) => {
                    made.members.insert(name, Member { value: value.ty, required: true });
                }
                None => {
                    // Any member may be the one that is written.
                    made.members.values_mut().for_each(|member| member.value = member.value.join(&value.ty));
                    made.rest = Some(made.rest.map_or_else(|| value.ty.clone(), |rest| rest.join(&value.ty)));
                }
            }
        }
        count.with(Type::object(made))
    }

    fn choice(
        &mut self,
        cases: &'p [(Term<&'p str>, Term<&'p str>)],
        otherwise: Option<&'p Term<&'p str>>,
        input: &Type,
        mode: Mode,
    ) -> Out {
        let mut all: Option<Out> = None;
        let (mut mode, mut count) = (mode, Out::one(Type::never()));
        for (condition, then) in cases {
            let asked = self.term(condition, input, mode);
            mode = mode.under(condition);
            let out = self.term(then, input, mode);
            count = count.times(&asked);
            all = Some(all.map_or_else(|| out.clone(), |all| all.or(&out)));
        }
        let out = match otherwise {
            Some(otherwise) => self.term(otherwise, input, mode),
            None => Out::one(input.clone()),
        };
        let all = all.map_or_else(|| out.clone(), |all| all.or(&out));
        all.times(&count)
    }

    /// `reduce` and `foreach`: goes round until nothing new comes.
    fn fold(
        &mut self,
        kind: &str,
        (source, pattern, args): (&'p Term<&'p str>, &'p Pattern<&'p str>, &'p [Term<&'p str>]),
        input: &Type,
        mode: Mode,
    ) -> Out {
        let items = self.term(source, input, mode);
        let Some(first) = args.first().map(|first| self.term(first, input, mode)) else { return Out::unknown() };
        let Some(update) = args.get(1) else { return Out::unknown() };
        let before = self.locals.len();
        self.bind(pattern, &items.ty);
        let mut state = first.ty.clone();
        let mut one = first.min == 1 && first.max == 1;
        for round in 0.. {
            let next = self.term(update, &state, mode.silent());
            one &= next.min == 1 && next.max == 1;
            let joined = if round < 3 { state.join(&next.ty) } else { state.widen(&next.ty) };
            if joined == state {
                break;
            }
            state = if round < 6 { joined } else { Type::Unknown };
        }
        let out = match (kind, args.get(2)) {
            ("reduce", _) if one => Out::one(if items.max == 0 { first.ty } else { state }),
            ("reduce", _) => Out { ty: state.join(&Type::null(self.origin)), min: 0, max: 2 },
            (_, Some(extract)) => Out { ty: self.term(extract, &state, mode.silent()).ty, min: 0, max: 2 },
            (_, None) => Out { ty: state, min: 0, max: 2 },
        };
        self.locals.truncate(before);
        out
    }

    /// Binds the variables of a pattern.
    fn bind(&mut self, pattern: &'p Pattern<&'p str>, value: &Type) {
        match pattern {
            Pattern::Var(name) => self.locals.push((name, value.clone())),
            Pattern::Arr(items) => {
                for (at, item) in items.iter().enumerate() {
                    let value = match value.known() {
                        Some(known) if known.alternatives() == 1 => match &known.array {
                            Some(array) => array.item(i64::try_from(at).unwrap_or(i64::MAX)),
                            None => Type::Unknown,
                        },
                        _ => Type::Unknown,
                    };
                    self.bind(item, &value);
                }
            }
            Pattern::Obj(members) => {
                for (key, pattern) in members {
                    let name = match key {
                        Term::Str(None, parts) => match parts.as_slice() {
                            [StrPart::Str(name)] => Some(*name),
                            _ => None,
                        },
                        _ => None,
                    };
                    let object = value.known().filter(|known| known.alternatives() == 1).and_then(|known| known.object.as_ref());
                    let value = match (name, object) {
                        (Some(name), Some(object)) => object.member(name).unwrap_or_else(|| Type::null(self.origin)),
                        _ => Type::Unknown,
                    };
                    self.bind(pattern, &value);
                }
            }
        }
    }

    fn say(&mut self, mode: Mode, finding: Finding) {
        if mode.quiet == Quiet::All || (mode.quiet == Quiet::Reads && !finding.raises) {
            return;
        }
        // The same place can be typed more than once, for example on both sides of `+=`.
        if !self.findings.iter().any(|known| known.range == finding.range && known.message == finding.message) {
            self.findings.push(finding);
        }
    }

    fn place(&self, term: &Term<&'p str>) -> (usize, usize) {
        self.program.places().of_term(term).unwrap_or((0, self.program.text.len()))
    }

    /// Says that something fails for every value of a type. `cause` is that type.
    fn fails(&mut self, mode: Mode, range: (usize, usize), message: String, causes: &[&Type]) {
        let origins: Vec<Origin> = causes.iter().filter_map(|ty| ty.known()).flat_map(|known| known.origins()).collect();
        let firm = origins.iter().all(|origin| origin.is_firm());
        let related = origins.into_iter().find(|origin| origin.span != self.origin.span && origin.span.end > 0);
        self.say(mode, Finding { raises: true, sure: mode.sure && firm, range, message, help: None, related });
    }
}

/// The text that a type stands for, if it is only one.
fn constant(ty: &Type) -> Option<Arc<str>> {
    let known = ty.known().filter(|known| known.alternatives() == 1)?;
    known.string.as_ref()?.constant.clone()
}

/// Whether a term surely has a value, as far as its form tells, or fails.
fn yields(term: &Term<&str>, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let both = |left: &Term<&str>, right: &Term<&str>| yields(left, depth + 1) && yields(right, depth + 1);
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Var(_) | Term::Arr(_) => true,
        Term::Str(_, parts) => parts.iter().all(|part| !matches!(part, StrPart::Term(term) if !yields(term, depth + 1))),
        Term::Obj(members) => {
            members.iter().all(|(key, value)| yields(key, depth + 1) && value.as_ref().is_none_or(|value| yields(value, depth + 1)))
        }
        Term::Neg(inner) => yields(inner, depth + 1),
        Term::BinOp(left, BinaryOp::Comma, right) => yields(left, depth + 1) || yields(right, depth + 1),
        Term::BinOp(_, BinaryOp::Alt, right) => yields(right, depth + 1),
        Term::BinOp(left, BinaryOp::Pipe(_) | BinaryOp::Math(_) | BinaryOp::Cmp(_) | BinaryOp::And | BinaryOp::Or, right) => {
            both(left, right)
        }
        Term::IfThenElse(cases, otherwise) => {
            cases.iter().all(|(condition, then)| both(condition, then)) && otherwise.as_ref().is_none_or(|term| yields(term, depth + 1))
        }
        Term::Path(base, path) => {
            yields(base, depth + 1)
                && path.0.iter().all(|(part, optional)| {
                    matches!(optional, path::Opt::Essential)
                        && match part {
                            path::Part::Index(index) => yields(index, depth + 1),
                            path::Part::Range(None, None) => false,
                            path::Part::Range(from, to) => from.iter().chain(to).all(|bound| yields(bound, depth + 1)),
                        }
                })
        }
        Term::Call(name, args) => builtins::gives_one(name) && args.iter().all(|arg| yields(arg, depth + 1)),
        _ => false,
    }
}

/// Whether a condition looks at types, so that what it guards may be right where types say no.
fn asks_for_types(term: &Term<&str>, depth: usize) -> bool {
    const ASKING: &[&str] = &[
        "type",
        "has",
        "in",
        "length",
        "isboolean",
        "isnumber",
        "isstring",
        "isarray",
        "isobject",
        "isvalid",
        "arrays",
        "objects",
        "strings",
        "numbers",
        "booleans",
        "nulls",
        "scalars",
        "iterables",
        "values",
        "keys",
        "keys_unsorted",
        "any",
        "all",
        "contains",
        "inside",
        "test",
        "not",
    ];
    if depth > MAX_DEPTH {
        return true;
    }
    let ask = |term: &Term<&str>| asks_for_types(term, depth + 1);
    match term {
        Term::Call(name, args) => ASKING.contains(name) || args.iter().any(ask),
        Term::BinOp(left, _, right) => ask(left) || ask(right),
        Term::Path(base, _) => ask(base),
        Term::TryCatch(..) | Term::Def(..) | Term::Label(..) | Term::Fold(..) => true,
        Term::IfThenElse(cases, otherwise) => {
            cases.iter().any(|(condition, then)| ask(condition) || ask(then)) || otherwise.as_deref().is_some_and(ask)
        }
        _ => false,
    }
}
