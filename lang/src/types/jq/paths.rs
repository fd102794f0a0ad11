//! Paths: reading members and items, slices, iteration; and what assignments make.

use jaq_core::{
    load::{
        lex::StrPart,
        parse::{BinaryOp, Term},
    },
    path,
};

use super::{Mode, Out, Typer, constant, yields};
use crate::{
    suggest,
    types::{
        describe,
        finding::Finding,
        shape::{Known, Member, Object, Type},
    },
};

/// Names that people use for the members of an error, an event or a response, and what is meant.
const MEANT: &[(&str, &str)] = &[
    ("message", "detail"),
    ("details", "detail"),
    ("code", "status"),
    ("body", "content"),
    ("status", "statusCode"),
    ("code", "statusCode"),
    ("output", "stdout"),
    ("exitCode", "code"),
];

/// A part of a program; where it stands is found out only if something is to be said.
#[derive(Clone, Copy)]
pub(super) enum Place<'p> {
    /// A step of a path.
    Part(&'p (path::Part<Term<&'p str>>, path::Opt)),
    /// A term.
    Term(&'p Term<&'p str>),
}

impl<'p> Typer<'p> {
    pub(super) fn path(&mut self, base: &'p Term<&'p str>, path: &'p path::Path<Term<&'p str>>, input: &Type, mode: Mode) -> Out {
        let mut mode = mode.only_if(path.0.iter().all(|(part, _)| match part {
            path::Part::Index(index) => yields(index, 0),
            path::Part::Range(from, to) => from.iter().chain(to).all(|bound| yields(bound, 0)),
        }));
        let mut out = self.term(base, input, mode);
        for part in &path.0 {
            mode = mode.only_if(out.min > 0);
            let optional = matches!(part.1, path::Opt::Optional);
            let here = if optional { mode.silent() } else { mode };
            let next = match &part.0 {
                path::Part::Index(index) => {
                    let key = self.term(index, input, mode);
                    let read = self.index(Place::Part(part), index, &out.ty, &key.ty, here);
                    read.times(&key)
                }
                path::Part::Range(None, None) => self.iterate(Some(Place::Part(part)), &out.ty, here),
                path::Part::Range(from, to) => {
                    for bound in from.iter().chain(to) {
                        self.term(bound, input, mode);
                    }
                    Out::one(self.slice(Place::Part(part), &out.ty, here))
                }
            };
            let next = if optional { next.or_none() } else { next };
            if self.probe.is_some() {
                self.touch(self.program.places().of_part(part), &next.ty);
            }
            out = next.times(&out);
        }
        out
    }

    /// `{name}`: the member of the input with that name.
    pub(super) fn read(&mut self, key: &'p Term<&'p str>, input: &Type, name: &Type, mode: Mode) -> Out {
        self.index(Place::Term(key), key, input, name, mode)
    }

    fn index(&mut self, place: Place<'p>, index: &Term<&'p str>, of: &Type, key: &Type, mode: Mode) -> Out {
        let (Some(known), Some(keys)) = (of.known(), key.known()) else { return Out::one(Type::Unknown) };
        if of.is_never() || key.is_never() {
            return Out::one(Type::never());
        }
        let null = Type::null(self.origin);
        if keys.alternatives() == 1 && keys.string.is_some() {
            let name = constant(key);
            let mut read = if known.null.is_some() { null.clone() } else { Type::never() };
            if let Some(object) = &known.object {
                let member = match &name {
                    Some(name) => object.member(name),
                    None => Some(object.values().join(&null)),
                };
                match member {
                    Some(member) => read = read.join(&member),
                    None => {
                        read = read.join(&null);
                        if let Some(name) = &name {
                            self.missing(mode, place, name, object);
                        }
                    }
                }
            }
            if known.object.is_none() && known.null.is_none() {
                let what = name.map_or_else(|| "with a name".to_owned(), |name| format!("`{name}`"));
                let help = if known.array.is_some() && known.alternatives() == 1 {
                    " — take an item first, such as `.[0]`, or go through all with `.[]`"
                } else {
                    ""
                };
                let message = format!("this reads {what} of {}, which has no members{help}", of.in_words());
                self.fails(mode, self.range(place), message, &[of]);
                return Out::one(Type::Unknown);
            }
            return Out::one(read);
        }
        if keys.alternatives() == 1 && keys.number.is_some() {
            let mut read = if known.null.is_some() { null } else { Type::never() };
            if let Some(array) = &known.array {
                read = read.join(&literal(index).map_or_else(|| array.items().join(&Type::null(self.origin)), |at| array.item(at)));
            }
            if known.object.is_some() {
                // jq refuses a number here, jaq looks for a member of that name.
                return Out::one(Type::Unknown);
            }
            if known.array.is_none() && known.null.is_none() {
                let message = format!("this reads an item of {}, which has no items", of.in_words());
                self.fails(mode, self.range(place), message, &[of]);
                return Out::one(Type::Unknown);
            }
            return Out::one(read);
        }
        Out::one(Type::Unknown)
    }

    fn range(&self, place: Place<'p>) -> (usize, usize) {
        let places = self.program.places();
        let range = match place {
            Place::Part(part) => places.of_part(part),
            Place::Term(term) => places.of_term(term),
        };
        range.unwrap_or((0, self.program.text.len()))
    }

    /// Says that a closed object has no such member.
    fn missing(&mut self, mode: Mode, place: Place<'p>, name: &str, object: &Object) {
        if !mode.says_reads() {
            return;
        }
        let range = self.range(place);
        let names = || object.members.keys().map(|name| &**name);
        let meant = MEANT.iter().find(|(used, meant)| *used == name && object.members.contains_key(*meant)).map(|(_, meant)| *meant);
        let near = meant.or_else(|| suggest::closest(name, names()));
        let help = near.map(|near| format!("did you mean `{near}`?")).or_else(|| describe::members(object));
        let related = Some(object.origin).filter(|origin| origin.span.end > 0 && origin.span != self.origin.span);
        let message = format!("the object has no `{name}`, so this is always null");
        self.say(mode, Finding { raises: false, sure: false, range, message, help, related });
    }

    /// `.[]`
    pub(super) fn iterate(&mut self, place: Option<Place<'p>>, of: &Type, mode: Mode) -> Out {
        let Some(known) = of.known() else { return Out::unknown() };
        if of.is_never() {
            return Out::none();
        }
        if known.array.is_none() && known.object.is_none() {
            let range = place.map_or((0, self.program.text.len()), |place| self.range(place));
            self.fails(mode, range, format!("this goes through the items of {}, which has none", of.in_words()), &[of]);
            return Out::unknown();
        }
        let (mut ty, mut min, mut max) = (Type::never(), 2, 0);
        if let Some(array) = &known.array {
            ty = ty.join(&array.items());
            min = array.prefix.len();
            max = if array.rest.is_never() { array.prefix.len() } else { 2 };
        }
        if let Some(object) = &known.object {
            ty = ty.join(&object.values());
            min = min.min(object.members.values().filter(|member| member.required).count());
            max = max.max(if object.rest.is_none() { object.members.len() } else { 2 });
        }
        let count = |n: usize| u8::try_from(n.min(2)).unwrap_or(2);
        Out { ty, min: count(min), max: count(max) }
    }

    fn slice(&mut self, place: Place<'p>, of: &Type, mode: Mode) -> Type {
        let Some(known) = of.known() else { return Type::Unknown };
        let array = known.array.as_ref().map(|array| {
            let items = array.items();
            crate::types::shape::Array { prefix: Vec::new(), rest: items, origin: array.origin }
        });
        let string = known.string.clone().map(|text| crate::types::shape::Text { constant: None, ..text });
        if array.is_none() && string.is_none() && known.null.is_none() && !of.is_never() {
            let range = self.range(place);
            self.fails(mode, range, format!("this takes a part of {}, which is neither an array nor a string", of.in_words()), &[of]);
            return Type::Unknown;
        }
        Type::of(Known { null: known.null, string, array, ..Known::default() })
    }

    /// What an assignment makes of its input.
    pub(super) fn assign(
        &mut self,
        (left, op, right): (&'p Term<&'p str>, &BinaryOp<&'p str>, &'p Term<&'p str>),
        input: &Type,
        mode: Mode,
    ) -> Out {
        let keys = keys(left);
        let Some(keys) = keys else {
            // What is written where is not followed.
            self.term(right, &Type::Unknown, mode.silent());
            return Out::unknown();
        };
        let old = keys.iter().try_fold(input.clone(), |at, key| match at.known() {
            Some(known) if known.alternatives() == 1 => Some(match &known.object {
                Some(object) => object.member(key).unwrap_or_else(|| Type::null(self.origin)),
                None => return None,
            }),
            _ => None,
        });
        let old = old.unwrap_or_default();
        let new = match op {
            BinaryOp::Assign => self.term(right, input, mode),
            BinaryOp::Update => {
                let new = self.term(right, &old, mode.tolerant());
                if new.min == 0 {
                    return Out::unknown();
                }
                Out::one(new.ty)
            }
            BinaryOp::UpdateMath(op) => {
                let by = self.term(right, input, mode);
                let ty = self.calculate(*op, &old, &by.ty);
                by.with(ty.unwrap_or_default())
            }
            _ => {
                let by = self.term(right, input, mode);
                let ty = old.without_null().join(&by.ty);
                by.with(ty)
            }
        };
        let ty = written(input, &keys, &new.ty);
        new.with(ty)
    }
}

/// The number that an index is, if it is written out.
fn literal(term: &Term<&str>) -> Option<i64> {
    match term {
        Term::Num(number) => number.parse().ok(),
        Term::Neg(inner) => literal(inner).map(|at| -at),
        _ => None,
    }
}

/// The names of a path `.a.b`.
pub(super) fn keys<'p>(term: &Term<&'p str>) -> Option<Vec<&'p str>> {
    let Term::Path(base, path) = term else { return None };
    if !matches!(**base, Term::Id) {
        return None;
    }
    path.0
        .iter()
        .map(|part| match part {
            (path::Part::Index(Term::Str(None, parts)), path::Opt::Essential) => match parts.as_slice() {
                [StrPart::Str(name)] => Some(*name),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// A type with a member written at a path.
fn written(of: &Type, keys: &[&str], value: &Type) -> Type {
    let [first, rest @ ..] = keys else { return value.clone() };
    let Some(object) = of.known().filter(|known| known.alternatives() == 1).and_then(|known| known.object.as_ref()) else {
        return Type::Unknown;
    };
    let before = object.members.get(*first).filter(|member| member.required).map(|member| &member.value);
    let inner = match (rest, before) {
        ([], _) => value.clone(),
        (_, Some(before)) => written(before, rest, value),
        _ => Type::Unknown,
    };
    let mut object = object.clone();
    object.members.insert((*first).into(), Member { value: inner, required: true });
    Type::object(object)
}
