//! Operators: pipes, alternatives, logic, arithmetic and comparison.

use jaq_core::{
    load::parse::{BinaryOp, Term},
    ops::Math,
};

use super::{Mode, Out, Typer, yields};
use crate::types::shape::{Array, Known, Number, Text, Type};

impl<'p> Typer<'p> {
    pub(super) fn binary(
        &mut self,
        term: &Term<&'p str>,
        parts: (&'p Term<&'p str>, &'p BinaryOp<&'p str>, &'p Term<&'p str>),
        input: &Type,
        mode: Mode,
    ) -> Out {
        let (left, op, right) = parts;
        match op {
            BinaryOp::Pipe(pattern) => {
                let first = self.term(left, input, mode);
                let mode = if first.max == 0 { mode.silent() } else { mode.only_if(first.min > 0) };
                let Some(pattern) = pattern else {
                    let second = self.term(right, &first.ty, mode);
                    return second.times(&first);
                };
                let before = self.locals.len();
                self.bind(pattern, &first.ty);
                let second = self.term(right, input, mode);
                self.locals.truncate(before);
                second.times(&first)
            }
            BinaryOp::Comma => {
                let (left, right) = (self.term(left, input, mode), self.term(right, input, mode));
                Out { ty: left.ty.join(&right.ty), min: left.min + right.min, max: left.max + right.max }.clamp()
            }
            BinaryOp::Alt => {
                let left = self.term(left, input, mode.tolerant());
                let right = self.term(right, input, mode.perhaps());
                if left.ty.is_truthy() && left.min > 0 {
                    return left;
                }
                let ty = left.ty.without_null().join(&right.ty);
                Out { ty, min: right.min.min(1), max: left.max.max(right.max) }
            }
            BinaryOp::Or | BinaryOp::And => {
                let first = self.term(left, input, mode);
                let second = self.term(right, input, mode.under(left));
                // The right side may not run, and then there is one value for each of the left.
                let count = Out { ty: Type::never(), min: second.min.min(1), max: second.max.max(1) };
                count.times(&first).with(Type::boolean(self.origin))
            }
            BinaryOp::Cmp(_) => {
                // Whoever compares with null asks whether the property is there.
                let mode = if is_null(left) || is_null(right) { mode.asking() } else { mode };
                let (left, right) = self.both(left, right, input, mode);
                right.times(&left).with(Type::boolean(self.origin))
            }
            BinaryOp::Math(op) => {
                let (a, b) = self.both(left, right, input, mode);
                let ty = match self.calculate(*op, &a.ty, &b.ty) {
                    Some(ty) => ty,
                    None => {
                        let mode = mode.only_if(a.min > 0 && b.min > 0);
                        let range = self.place(term);
                        let message = format!("`{}` cannot take {} and {}", op.as_str(), a.ty.in_words(), b.ty.in_words());
                        self.fails(mode, range, message, &[&a.ty, &b.ty]);
                        Type::Unknown
                    }
                };
                b.times(&a).with(ty)
            }
            BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt => self.assign(parts, input, mode),
        }
    }

    /// Two sides of an operator: where one has no value, the other may not run.
    fn both(&mut self, left: &'p Term<&'p str>, right: &'p Term<&'p str>, input: &Type, mode: Mode) -> (Out, Out) {
        let first = self.term(left, input, mode.only_if(yields(right, 0)));
        let second = self.term(right, input, mode.only_if(first.min > 0));
        (first, second)
    }

    pub(super) fn negate(&mut self, term: &Term<&'p str>, inner: &'p Term<&'p str>, input: &Type, mode: Mode) -> Out {
        let out = self.term(inner, input, mode);
        match out.ty.known() {
            Some(known) if known.number.is_none() && !out.ty.is_never() => {
                let range = self.place(term);
                let message = format!("`-` cannot take {}", out.ty.in_words());
                self.fails(mode.only_if(out.min > 0), range, message, &[&out.ty]);
                out.with(Type::Unknown)
            }
            Some(known) => {
                let ty = Type::of(Known { number: known.number.clone(), ..Known::default() });
                out.with(ty)
            }
            None => out.with(Type::number(self.origin)),
        }
    }

    /// The type of a calculation's result; none if it fails for all values.
    pub(super) fn calculate(&self, op: Math, left: &Type, right: &Type) -> Option<Type> {
        let origin = self.origin;
        let (Some(a), Some(b)) = (left.known(), right.known()) else { return Some(self.guess(op, left, right)) };
        if left.is_never() || right.is_never() {
            return Some(Type::never());
        }
        let number = a
            .number
            .as_ref()
            .zip(b.number.as_ref())
            .map(|(a, b)| Number { integer: a.integer && b.integer && !matches!(op, Math::Div), origin });
        let text = || Text { constant: None, origin };
        let mut made = Known { number, ..Known::default() };
        match op {
            Math::Add => {
                made.string = a.string.as_ref().zip(b.string.as_ref()).map(|_| text());
                made.array = a.array.as_ref().zip(b.array.as_ref()).map(|(a, b)| concat(a, b));
                made.object = a.object.as_ref().zip(b.object.as_ref()).map(|(a, b)| a.plus(b));
                let mut all = Type::of(made);
                // Null changes nothing.
                if a.null.is_some() {
                    all = all.join(right);
                }
                if b.null.is_some() {
                    all = all.join(left);
                }
                return if all.is_never() { None } else { Some(all) };
            }
            Math::Sub => {
                made.array =
                    a.array.as_ref().filter(|_| b.array.is_some()).map(|array| Array { prefix: Vec::new(), rest: array.items(), origin });
            }
            Math::Mul => {
                let repeated = (a.string.is_some() && b.number.is_some()) || (a.number.is_some() && b.string.is_some());
                if repeated {
                    made.string = Some(text());
                    made.null = Some(origin);
                }
                if a.object.is_some() && b.object.is_some() {
                    return Some(if a.alternatives() == 1 && b.alternatives() == 1 { Type::any_object(origin) } else { Type::Unknown });
                }
            }
            Math::Div => {
                let split = a.string.is_some() && b.string.is_some();
                made.array = split.then(|| Array { prefix: Vec::new(), rest: Type::string(origin), origin });
            }
            Math::Rem => {}
        }
        let made = Type::of(made);
        // `"a" * null`, `{} - null` and so on fail; null is not neutral here.
        if made.is_never() { None } else { Some(made) }
    }

    /// The result when one side is not known: whatever the other side allows.
    fn guess(&self, op: Math, left: &Type, right: &Type) -> Type {
        let (known, unknown_is_left) = match (left.known(), right.known()) {
            (None, Some(known)) => (known, true),
            (Some(known), None) => (known, false),
            _ => return Type::Unknown,
        };
        let only = |there: bool| there && known.alternatives() == 1;
        let origin = self.origin;
        match op {
            // The other side is null or of the same type, or it fails.
            Math::Add if only(known.number.is_some()) => Type::number(origin),
            Math::Add if only(known.string.is_some()) => Type::string(origin),
            Math::Add if only(known.array.is_some()) => Type::array(Type::Unknown, origin),
            Math::Add if only(known.object.is_some()) => {
                let Some(object) = &known.object else { return Type::Unknown };
                let mut open = object.clone();
                if !unknown_is_left {
                    open.members.values_mut().for_each(|member| member.value = Type::Unknown);
                }
                open.rest = Some(Type::Unknown);
                open.origin = origin;
                Type::object(open)
            }
            Math::Sub | Math::Rem if only(known.number.is_some()) => Type::number(origin),
            Math::Div if only(known.number.is_some()) => Type::number(origin),
            _ => Type::Unknown,
        }
    }
}

fn is_null(term: &Term<&str>) -> bool {
    matches!(term, Term::Call("null", args) if args.is_empty())
}

/// One array after another.
fn concat(a: &Array, b: &Array) -> Array {
    let origin = a.origin.and(b.origin);
    if a.rest.is_never() {
        let prefix = a.prefix.iter().chain(&b.prefix).cloned().collect();
        return Array { prefix, rest: b.rest.clone(), origin };
    }
    // How many items come before those of the second is not known, but so many are there.
    let rest = a.rest.join(&b.items());
    let mut prefix = a.prefix.clone();
    prefix.extend(b.prefix.iter().map(|_| rest.clone()));
    Array { prefix, rest, origin }
}
