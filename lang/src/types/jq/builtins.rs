//! The functions of jq: what each gives, and what its input must be.

use jaq_core::load::parse::{BinaryOp, Term};

use super::{Mode, Out, Typer, asks_for_types, paths};
use crate::types::{
    origin::{Maker, Origin},
    shape::{Array, Known, Member, Object, Type},
};

/// Sets of JSON types, as the functions take them.
#[derive(Clone, Copy)]
struct Takes {
    null: bool,
    boolean: bool,
    number: bool,
    string: bool,
    array: bool,
    object: bool,
    words: &'static str,
}

const NOTHING: Takes = Takes { null: false, boolean: false, number: false, string: false, array: false, object: false, words: "" };
const STRING: Takes = Takes { string: true, words: "a string", ..NOTHING };
const NUMBER: Takes = Takes { number: true, words: "a number", ..NOTHING };
const TEXT_OR_NUMBER: Takes = Takes { string: true, number: true, words: "a string or a number", ..NOTHING };
const TEXT_OR_BOOLEAN: Takes = Takes { string: true, boolean: true, words: "a string or a boolean", ..NOTHING };
const ITERABLE: Takes = Takes { array: true, object: true, words: "an array or an object", ..NOTHING };
// Implementations of jq differ about null and strings here.
const ARRAY: Takes = Takes { array: true, null: true, string: true, words: "an array", ..NOTHING };
const ENTRIES: Takes = Takes { array: true, object: true, null: true, words: "an array of entries", ..NOTHING };
const MEASURED: Takes =
    Takes { null: true, number: true, string: true, array: true, object: true, words: "anything but a boolean", ..NOTHING };
const KEYED: Takes = Takes { array: true, object: true, null: true, string: true, words: "an array or an object", ..NOTHING };

impl Takes {
    fn any(self, known: &Known) -> bool {
        (self.null && known.null.is_some())
            || (self.boolean && known.boolean.is_some())
            || (self.number && known.number.is_some())
            || (self.string && known.string.is_some())
            || (self.array && known.array.is_some())
            || (self.object && known.object.is_some())
    }
}

type Args<'p> = &'p [Term<&'p str>];

impl<'p> Typer<'p> {
    pub(super) fn call(&mut self, name: &'p str, args: Args<'p>, input: &Type, mode: Mode) -> Out {
        if self.defined.contains(&name) || !self.defined.is_empty() && args.is_empty() && !is_constant(name) {
            // A definition of the program's own, or a parameter of one.
            return Out::unknown();
        }
        if input.is_never() {
            return Out::none();
        }
        self.structural(name, args, input, mode).or_else(|| self.plain(name, args, input, mode)).unwrap_or_else(|| {
            for arg in args {
                self.term(arg, &Type::Unknown, mode.silent());
            }
            Out::unknown()
        })
    }

    /// Says so if no value of the input is one that the function takes.
    fn needs(&mut self, name: &str, range: (usize, usize), takes: Takes, given: &Type, mode: Mode) {
        let Some(known) = given.known() else { return };
        if !given.is_never() && !takes.any(known) {
            let message = format!("`{name}` needs {}, but this is {}", takes.words, given.in_words());
            self.fails(mode, range, message, &[given]);
        }
    }

    fn name_range(&self, name: &str) -> (usize, usize) {
        let text = self.program.text;
        let start = (name.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        if start + name.len() <= text.len() { (start, start + name.len()) } else { (0, text.len()) }
    }

    /// Functions with a result of a plain type.
    fn plain(&mut self, name: &'p str, args: Args<'p>, input: &Type, mode: Mode) -> Option<Out> {
        let origin = self.origin;
        let (text, number, boolean) = (|| Type::string(origin), || Type::number(origin), || Type::boolean(origin));
        let (takes, gives) = match (name, args.len()) {
            ("length", 0) => (Some(MEASURED), number()),
            ("utf8bytelength", 0) => (Some(STRING), Type::integer(origin)),
            ("ascii_downcase" | "ascii_upcase" | "trim" | "ltrim" | "rtrim", 0) => (Some(STRING), text()),
            ("startswith" | "endswith", 1) | ("test", 1 | 2) => (Some(STRING), boolean()),
            ("sub" | "gsub", 2 | 3) => (Some(STRING), text()),
            ("split", 1 | 2) => (Some(STRING), Type::array(text(), origin)),
            ("explode", 0) => (Some(STRING), Type::array(Type::integer(origin), origin)),
            ("match" | "capture" | "scan" | "splits", 1 | 2) => (Some(STRING), Type::Unknown),
            ("fromjson", 0) => (Some(Takes { null: true, ..STRING }), Type::Unknown),
            ("fromdate" | "fromdateiso8601", 0) => (Some(STRING), number()),
            ("tonumber", 0) => (Some(TEXT_OR_NUMBER), number()),
            ("toboolean", 0) => (Some(TEXT_OR_BOOLEAN), boolean()),
            ("floor" | "ceil" | "round" | "sqrt" | "fabs" | "exp" | "exp2" | "exp10" | "log" | "log2" | "log10" | "trunc", 0) => {
                (Some(NUMBER), number())
            }
            ("todate" | "todateiso8601", 0) => (Some(NUMBER), text()),
            ("implode", 0) => (Some(ARRAY), text()),
            ("join", 1) => (Some(Takes { null: true, ..ITERABLE }), text()),
            ("tostring" | "tojson" | "type", 0) => (None, text()),
            (format, 0) if format.starts_with('@') => (None, text()),
            ("not" | "isnull" | "isboolean" | "isnumber" | "isstring" | "isarray" | "isobject" | "isnan" | "isinfinite", 0)
            | ("isempty" | "contains" | "inside" | "in", 1)
            | ("true" | "false", 0) => (None, boolean()),
            ("any" | "all", 0 | 1) => (Some(Takes { null: true, ..ITERABLE }), boolean()),
            ("any" | "all", 2) => (None, boolean()),
            ("has", 1) => (Some(KEYED), boolean()),
            ("now" | "infinite" | "nan", 0) => (None, number()),
            ("pow" | "fmin" | "fmax" | "fmod", 2) => (None, number()),
            ("null", 0) => (None, Type::null(origin)),
            ("index" | "rindex", 1) => (None, Type::integer(origin).join(&Type::null(origin))),
            ("indices", 1) => (None, Type::array(Type::integer(origin), origin).join(&Type::null(origin))),
            ("flatten", 0 | 1) => (None, Type::Unknown),
            ("from_entries", 0) => (Some(ENTRIES), Type::any_object(origin)),
            ("with_entries", 1) => (Some(ITERABLE), Type::any_object(origin)),
            ("pick", 1) => (None, Type::Unknown),
            _ => return None,
        };
        let certain = mode.only_if(args.iter().all(|arg| super::yields(arg, 0)));
        if let Some(takes) = takes {
            self.needs(name, self.name_range(name), takes, input, certain);
        }
        let many = matches!(name, "match" | "capture" | "scan" | "splits");
        let mut out = if many { Out { ty: gives, min: 0, max: 2 } } else { Out::one(gives) };
        for arg in args {
            let closure = matches!(name, "any" | "all" | "isempty" | "with_entries" | "pick" | "sub" | "gsub" | "in" | "inside");
            if closure {
                // These run on items, or on what a pattern matched.
                let inner = if matches!(name, "isempty" | "in" | "inside") { input.clone() } else { Type::Unknown };
                self.term(arg, &inner, mode.silent());
                continue;
            }
            let given = self.term(arg, input, mode);
            if matches!(name, "startswith" | "endswith" | "split" | "test" | "match" | "capture" | "scan" | "splits") {
                let range = self.place(arg);
                self.needs(name, range, Takes { array: name != "split", ..STRING }, &given.ty, mode.only_if(given.min > 0));
            }
            out = out.times(&given);
        }
        if matches!(name, "gsub" | "sub") {
            // The replacement may yield several values.
            out = Out { ty: out.ty, min: 0, max: 2 };
            if matches!(args.get(1), Some(Term::Str(..))) {
                out = Out { min: 1, max: 1, ..out };
            }
        }
        Some(out)
    }

    /// Functions whose result depends on the form of their input or on a filter.
    fn structural(&mut self, name: &'p str, args: Args<'p>, input: &Type, mode: Mode) -> Option<Out> {
        let origin = self.origin;
        let here = self.name_range(name);
        Some(match (name, args) {
            ("empty", []) => Out::none(),
            ("error", _) => Out::none(),
            ("map", [f]) => {
                let items = self.items(name, input, mode);
                let out = self.each(f, &items, mode);
                Out::one(collected(&items, &out, origin))
            }
            ("map_values", [f]) => {
                let items = self.items(name, input, mode);
                let out = self.each(f, &items, mode);
                Out::one(self.mapped(input, &out))
            }
            ("select", [f]) => {
                let asked = self.term(f, input, mode);
                let ty = if asks_for_types(f, 0) { Type::Unknown } else { input.clone() };
                Out { ty, min: 0, max: asked.max }
            }
            ("values", []) => {
                Out { ty: input.without_null(), min: u8::from(input.known().is_some_and(|known| known.null.is_none())), max: 1 }
            }
            ("nulls" | "booleans" | "numbers" | "strings" | "arrays" | "objects" | "scalars" | "iterables", []) => {
                Out { ty: only(name, input), min: 0, max: 1 }
            }
            ("add", []) => {
                let items = self.items(name, input, mode);
                Out::one(self.sum(&items))
            }
            ("add", [f]) => {
                let items = self.term(f, input, mode);
                Out::one(self.sum(&items))
            }
            ("keys" | "keys_unsorted", []) => {
                self.needs(name, here, ITERABLE, input, mode);
                let Some(known) = input.known() else { return Some(Out::one(Type::array(Type::Unknown, origin))) };
                let mut keys = Type::never();
                if known.array.is_some() {
                    keys = keys.join(&Type::integer(origin));
                }
                if let Some(object) = &known.object {
                    keys = keys.join(&names(object, origin));
                }
                Out::one(Type::array(keys, origin))
            }
            ("to_entries", []) => {
                let items = self.items(name, input, mode);
                let key = match input.known().map(|known| (&known.array, &known.object)) {
                    Some((None, Some(object))) => names(object, origin),
                    _ => Type::Unknown,
                };
                let entry = Type::closed([("key", key), ("value", items.ty.clone())], origin);
                Out::one(collected(&items, &Out::one(entry), origin))
            }
            ("first" | "last", []) => self.ends(name, input, mode),
            ("first" | "last", [f]) => {
                let out = self.term(f, input, mode.perhaps());
                Out { min: out.min.min(1), max: out.max.min(1), ..out }
            }
            ("limit" | "skip", [n, f]) => {
                self.term(n, input, mode);
                self.term(f, input, mode.perhaps()).or_none()
            }
            ("range", _) => {
                args.iter().for_each(|arg| {
                    self.term(arg, input, mode);
                });
                Out { ty: Type::number(origin), min: 0, max: 2 }
            }
            ("sort" | "reverse" | "unique", []) | ("sort_by" | "unique_by", [_]) => {
                self.needs(name, here, ARRAY, input, mode);
                let items = self.quiet_items(input);
                args.iter().for_each(|arg| {
                    self.each(arg, &items, mode);
                });
                Out::one(match input.known() {
                    Some(known) if known.array.is_some() && known.alternatives() == 1 => {
                        collected(&items, &Out::one(items.ty.clone()), origin)
                    }
                    _ => Type::Unknown,
                })
            }
            ("group_by", [f]) => {
                self.needs(name, here, ARRAY, input, mode);
                let items = self.quiet_items(input);
                self.each(f, &items, mode);
                let group = collected(&Out { min: 1, max: 2, ..items.clone() }, &Out::one(items.ty), origin);
                Out::one(Type::array(group, origin))
            }
            ("min" | "max", []) | ("min_by" | "max_by", [_]) => {
                self.needs(name, here, ARRAY, input, mode);
                let items = self.quiet_items(input);
                args.iter().for_each(|arg| {
                    self.each(arg, &items, mode);
                });
                Out::one(if items.min > 0 { items.ty } else { items.ty.join(&Type::null(origin)) })
            }
            ("del", [path]) => {
                self.term(path, input, mode.silent());
                Out::one(without(input, path))
            }
            _ => return None,
        })
    }

    /// The values that `.[]` would give, said in the function's name.
    fn items(&mut self, name: &str, input: &Type, mode: Mode) -> Out {
        self.needs(name, self.name_range(name), ITERABLE, input, mode);
        self.quiet_items(input)
    }

    fn quiet_items(&mut self, input: &Type) -> Out {
        self.iterate(None, input, Mode::new(false).silent())
    }

    /// A filter on each of some items.
    fn each(&mut self, f: &'p Term<&'p str>, items: &Out, mode: Mode) -> Out {
        let mode = if items.max == 0 { mode.silent() } else { mode.only_if(items.min > 0) };
        self.term(f, &items.ty, mode)
    }

    fn ends(&mut self, name: &str, input: &Type, mode: Mode) -> Out {
        let Some(known) = input.known() else { return Out::one(Type::Unknown) };
        let Some(array) = &known.array else {
            if known.null.is_none() && known.object.is_none() {
                let message = format!("`{name}` needs an array, but this is {}", input.in_words());
                self.fails(mode, self.name_range(name), message, &[input]);
            }
            return Out::one(Type::Unknown);
        };
        let item = array.item(if name == "first" { 0 } else { -1 });
        let null = if known.null.is_some() { Type::null(self.origin) } else { Type::never() };
        Out::one(if known.object.is_some() { Type::Unknown } else { item.join(&null) })
    }

    /// `add`: everything added up, from null on.
    fn sum(&self, items: &Out) -> Type {
        if items.max == 0 {
            return Type::null(self.origin);
        }
        let mut sum = if items.min > 0 { items.ty.clone() } else { items.ty.join(&Type::null(self.origin)) };
        for round in 0..4 {
            let Some(more) = self.calculate(jaq_core::ops::Math::Add, &sum, &items.ty) else { return Type::Unknown };
            let next = if round < 2 { sum.join(&more) } else { sum.widen(&more) };
            if next == sum {
                return sum;
            }
            sum = next;
        }
        Type::Unknown
    }

    fn mapped(&self, input: &Type, out: &Out) -> Type {
        let Some(known) = input.known() else { return Type::Unknown };
        let array = known.array.as_ref().map(|array| Array {
            prefix: if out.min == 1 && out.max == 1 { array.prefix.iter().map(|_| out.ty.clone()).collect() } else { Vec::new() },
            rest: out.ty.clone(),
            origin: self.origin,
        });
        let object = known.object.as_ref().map(|object| Object {
            members: object
                .members
                .iter()
                .map(|(name, member)| (name.clone(), Member { value: out.ty.clone(), required: member.required && out.min > 0 }))
                .collect(),
            rest: object.rest.as_ref().map(|_| out.ty.clone()),
            origin: self.origin,
        });
        Type::of(Known { array, object, ..Known::default() })
    }
}

/// The keys of an object. Those that an expression computes need not be strings in jaq.
fn names(object: &Object, origin: Origin) -> Type {
    if object.rest.is_some() && object.origin.maker == Maker::Expression { Type::Unknown } else { Type::string(origin) }
}

/// The array of what a filter makes of some items.
fn collected(items: &Out, each: &Out, origin: Origin) -> Type {
    if items.max == 0 || each.max == 0 {
        return Type::tuple(Vec::new(), origin);
    }
    let least = usize::from(items.min.min(each.min));
    let exact = items.max == 1 && each.max == 1;
    Type::of(Known {
        array: Some(Array {
            prefix: vec![each.ty.clone(); least.min(2)],
            rest: if exact && least == 1 { Type::never() } else { each.ty.clone() },
            origin,
        }),
        ..Known::default()
    })
}

/// The alternatives that a filter such as `strings` lets through.
fn only(name: &str, input: &Type) -> Type {
    let Some(known) = input.known() else { return Type::Unknown };
    let mut kept = Known::default();
    let scalars = name == "scalars";
    if scalars || name == "nulls" {
        kept.null = known.null;
    }
    if scalars || name == "booleans" {
        kept.boolean = known.boolean;
    }
    if scalars || name == "numbers" {
        kept.number = known.number.clone();
    }
    if scalars || name == "strings" {
        kept.string = known.string.clone();
    }
    if matches!(name, "arrays" | "iterables") {
        kept.array = known.array.clone();
    }
    if matches!(name, "objects" | "iterables") {
        kept.object = known.object.clone();
    }
    Type::of(kept)
}

/// A type without the members that `del(.a, .b)` names.
fn without(input: &Type, path: &Term<&str>) -> Type {
    if let Term::BinOp(left, BinaryOp::Comma, right) = path {
        return without(&without(input, left), right);
    }
    let Some([name]) = paths::keys(path).as_deref().and_then(|keys| <[&str; 1]>::try_from(keys).ok()) else { return Type::Unknown };
    match input.known() {
        Some(known) if known.alternatives() == 1 => match &known.object {
            Some(object) => {
                let mut object = object.clone();
                object.members.remove(name);
                Type::object(object)
            }
            None => Type::Unknown,
        },
        _ => Type::Unknown,
    }
}

/// Whether a function gives one value for each of its input and arguments, or fails.
pub(super) fn gives_one(name: &str) -> bool {
    const ONE: &[&str] = &[
        "length",
        "ascii_downcase",
        "ascii_upcase",
        "trim",
        "startswith",
        "endswith",
        "test",
        "split",
        "tonumber",
        "tostring",
        "tojson",
        "type",
        "not",
        "has",
        "contains",
        "floor",
        "ceil",
        "round",
        "null",
        "true",
        "false",
        "keys",
        "map",
        "add",
        "join",
        "to_entries",
        "first",
        "last",
        "now",
        "any",
        "all",
        "sort",
        "sort_by",
        "reverse",
        "unique",
        "unique_by",
        "group_by",
        "min",
        "max",
        "min_by",
        "max_by",
    ];
    ONE.contains(&name)
}

fn is_constant(name: &str) -> bool {
    matches!(name, "true" | "false" | "null" | "empty")
}
