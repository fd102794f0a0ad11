//! What is known of a value: unknown, or one alternative for each JSON type that it may have.
//!
//! Types form a lattice: [`Type::never`] (no value at all) at the bottom, [`Type::Unknown`] at the
//! top. Of each JSON type there is at most one alternative, so that joining two types never grows
//! without end; the size of a type is bounded too, and what would make it larger becomes unknown.

use std::{collections::BTreeMap, sync::Arc};

use super::origin::Origin;
use crate::value::{Value, ValueExt as _};

/// The largest type, counted in alternatives with all that they hold.
const MAX_SIZE: u32 = 512;
/// The most members of an object that are followed.
const MAX_MEMBERS: usize = 200;
/// The most items of an array that are told apart.
const MAX_PREFIX: usize = 32;

/// What is known of a value.
#[derive(Clone, Debug, Default)]
pub enum Type {
    /// Nothing.
    #[default]
    Unknown,
    /// It is one of these.
    Known(Arc<Known>),
}

/// The alternatives, at most one for each JSON type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// It may be null.
    pub null: Option<Origin>,
    /// It may be a boolean.
    pub boolean: Option<Origin>,
    /// It may be a number.
    pub number: Option<Number>,
    /// It may be a string.
    pub string: Option<Text>,
    /// It may be such an array.
    pub array: Option<Array>,
    /// It may be such an object.
    pub object: Option<Object>,
    pub(in crate::types) size: u32,
}

/// A number.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// Whether it is known to be whole.
    pub integer: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// A string.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Its text, if there is only one that it can be.
    pub constant: Option<Arc<str>>,
    /// Where it comes from.
    pub origin: Origin,
}

/// An array.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its first items, which are always there.
    pub prefix: Vec<Type>,
    /// Any further item; never, if there is none.
    pub rest: Type,
    /// Where it comes from.
    pub origin: Origin,
}

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Its known members.
    pub members: BTreeMap<Arc<str>, Member>,
    /// What any other member is; none, if there can be no others.
    pub rest: Option<Type>,
    /// Where it comes from.
    pub origin: Origin,
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// What is known of it.
    pub value: Type,
    /// Whether it is always there.
    pub required: bool,
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, Self::Unknown) => true,
            (Self::Known(a), Self::Known(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

impl Type {
    /// The type without any value: of what is never reached.
    #[must_use]
    pub fn never() -> Self {
        Self::Known(Arc::default())
    }

    /// Null.
    #[must_use]
    pub fn null(origin: Origin) -> Self {
        Self::of(Known { null: Some(origin), ..Known::default() })
    }

    /// A boolean.
    #[must_use]
    pub fn boolean(origin: Origin) -> Self {
        Self::of(Known { boolean: Some(origin), ..Known::default() })
    }

    /// A number.
    #[must_use]
    pub fn number(origin: Origin) -> Self {
        Self::of(Known { number: Some(Number { integer: false, origin }), ..Known::default() })
    }

    /// A whole number.
    #[must_use]
    pub fn integer(origin: Origin) -> Self {
        Self::of(Known { number: Some(Number { integer: true, origin }), ..Known::default() })
    }

    /// A string.
    #[must_use]
    pub fn string(origin: Origin) -> Self {
        Self::of(Known { string: Some(Text { constant: None, origin }), ..Known::default() })
    }

    /// A string with this text.
    #[must_use]
    pub fn constant(text: &str, origin: Origin) -> Self {
        Self::of(Known { string: Some(Text { constant: Some(text.into()), origin }), ..Known::default() })
    }

    /// An array of any length with such items.
    #[must_use]
    pub fn array(items: Self, origin: Origin) -> Self {
        Self::of(Known { array: Some(Array { prefix: Vec::new(), rest: items, origin }), ..Known::default() })
    }

    /// An array of exactly these items.
    #[must_use]
    pub fn tuple(items: Vec<Self>, origin: Origin) -> Self {
        Self::of(Known { array: Some(Array { prefix: items, rest: Self::never(), origin }), ..Known::default() })
    }

    /// An object with exactly these members, each always there.
    #[must_use]
    pub fn closed<K: Into<Arc<str>>>(members: impl IntoIterator<Item = (K, Self)>, origin: Origin) -> Self {
        let members = members.into_iter().map(|(key, value)| (key.into(), Member { value, required: true })).collect();
        Self::object(Object { members, rest: None, origin })
    }

    /// An object of which nothing else is known.
    #[must_use]
    pub fn any_object(origin: Origin) -> Self {
        Self::object(Object { members: BTreeMap::new(), rest: Some(Self::Unknown), origin })
    }

    /// An object.
    #[must_use]
    pub fn object(object: Object) -> Self {
        Self::of(Known { object: Some(object), ..Known::default() })
    }

    /// These alternatives, made smaller if they are too large.
    #[must_use]
    pub fn of(mut known: Known) -> Self {
        known.bound();
        Self::Known(Arc::new(known))
    }

    /// The type of exactly this value.
    #[must_use]
    pub fn of_value(value: &Value, origin: Origin) -> Self {
        match value {
            Value::Null => Self::null(origin),
            Value::Bool(_) => Self::boolean(origin),
            Value::Num(_) if value.as_i64().is_some() => Self::integer(origin),
            Value::Num(_) => Self::number(origin),
            Value::TStr(_) | Value::BStr(_) => Self::constant(&value.as_text().unwrap_or_default(), origin),
            Value::Arr(items) => Self::tuple(items.iter().map(|item| Self::of_value(item, origin)).collect(), origin),
            Value::Obj(members) => {
                let members = members.iter().map(|(key, value)| (key.as_text().unwrap_or_default(), Self::of_value(value, origin)));
                Self::closed(members, origin)
            }
        }
    }

    /// The alternatives; none if nothing is known.
    #[must_use]
    pub fn known(&self) -> Option<&Known> {
        match self {
            Self::Unknown => None,
            Self::Known(known) => Some(known),
        }
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Whether there is no such value.
    #[must_use]
    pub fn is_never(&self) -> bool {
        self.known().is_some_and(|known| known.size == 0)
    }

    /// Whether it can be nothing but null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.known().is_some_and(|known| known.null.is_some() && known.size == 1)
    }

    /// The members that a value of this type may have, with whether each is always there.
    #[must_use]
    pub fn members(&self) -> Vec<(&str, &Self, bool)> {
        let object = self.known().and_then(|known| known.object.as_ref());
        let members = object.into_iter().flat_map(|object| &object.members);
        members.map(|(name, member)| (&**name, &member.value, member.required)).collect()
    }

    /// What both have in common: any value of either.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Known(a), Self::Known(b)) if Arc::ptr_eq(a, b) || b.size == 0 => self.clone(),
            (Self::Known(a), Self::Known(_)) if a.size == 0 => other.clone(),
            (Self::Known(a), Self::Known(b)) => Self::of(Known {
                null: both(a.null.as_ref(), b.null.as_ref(), |a, b| a.and(*b)),
                boolean: both(a.boolean.as_ref(), b.boolean.as_ref(), |a, b| a.and(*b)),
                number: both(a.number.as_ref(), b.number.as_ref(), |a, b| Number {
                    integer: a.integer && b.integer,
                    origin: a.origin.and(b.origin),
                }),
                string: both(a.string.as_ref(), b.string.as_ref(), |a, b| Text {
                    constant: if a.constant == b.constant { a.constant.clone() } else { None },
                    origin: a.origin.and(b.origin),
                }),
                array: both(a.array.as_ref(), b.array.as_ref(), Array::join),
                object: both(a.object.as_ref(), b.object.as_ref(), Object::join),
                size: 0,
            }),
        }
    }

    /// A type that holds both and does not grow for ever when a loop goes on: whatever is still
    /// new below the outermost level becomes unknown.
    #[must_use]
    pub fn widen(&self, next: &Self) -> Self {
        let joined = self.join(next);
        let (Self::Known(old), Self::Known(new)) = (self, &joined) else { return joined };
        if joined == *self {
            return self.clone();
        }
        let mut wide = (**new).clone();
        let settle = |old: Option<&Self>, new: &mut Self| {
            if old.is_none_or(|old| old != new) && !new.is_scalar() {
                *new = Self::Unknown;
            }
        };
        if let (Some(array), Some(before)) = (&mut wide.array, &old.array) {
            settle(Some(&before.rest), &mut array.rest);
            array.prefix.iter_mut().enumerate().for_each(|(at, item)| settle(before.prefix.get(at), item));
        }
        if let (Some(object), Some(before)) = (&mut wide.object, &old.object) {
            for (name, member) in &mut object.members {
                settle(before.members.get(name).map(|member| &member.value), &mut member.value);
            }
            if let Some(rest) = &mut object.rest {
                settle(before.rest.as_ref(), rest);
            }
        }
        Self::of(wide)
    }

    fn is_scalar(&self) -> bool {
        self.known().is_some_and(|known| known.array.is_none() && known.object.is_none())
    }

    /// The values of this type that also have another one, as a schema says of data. A type that
    /// would be left without any value stays as it is: that is for the validation to say.
    #[must_use]
    pub fn refine(&self, by: &Self) -> Self {
        let (a, b) = match (self, by) {
            (Self::Unknown, _) => return by.clone(),
            (_, Self::Unknown) => return self.clone(),
            (Self::Known(a), Self::Known(b)) => (a, b),
        };
        let refined = Self::of(Known {
            null: a.null.filter(|_| b.null.is_some()),
            boolean: a.boolean.filter(|_| b.boolean.is_some()),
            number: a.number.clone().filter(|_| b.number.is_some()),
            string: a.string.clone().filter(|_| b.string.is_some()),
            array: a.array.as_ref().zip(b.array.as_ref()).map(|(a, b)| a.refine(b)),
            object: a.object.as_ref().zip(b.object.as_ref()).map(|(a, b)| a.refine(b)),
            size: 0,
        });
        if refined.is_never() { self.clone() } else { refined }
    }

    /// Without null and, if it can be nothing else than a boolean or null, without change.
    #[must_use]
    pub fn without_null(&self) -> Self {
        match self {
            Self::Known(known) if known.null.is_some() => Self::of(Known { null: None, ..(**known).clone() }),
            _ => self.clone(),
        }
    }

    /// Whether a value of this type is always true for jq: neither null nor false.
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        self.known().is_some_and(|known| known.size > 0 && known.null.is_none() && known.boolean.is_none())
    }

    /// Whether a value can be of this type.
    #[must_use]
    pub fn admits(&self, value: &Value) -> bool {
        let Some(known) = self.known() else { return true };
        match value {
            Value::Null => known.null.is_some(),
            Value::Bool(_) => known.boolean.is_some(),
            Value::Num(_) => known.number.as_ref().is_some_and(|number| !number.integer || value.as_i64().is_some()),
            Value::TStr(_) | Value::BStr(_) => {
                known.string.as_ref().is_some_and(|text| text.constant.is_none() || text.constant.as_deref() == value.as_text().as_deref())
            }
            Value::Arr(items) => known.array.as_ref().is_some_and(|array| {
                let (prefix, rest) = items.split_at(array.prefix.len().min(items.len()));
                prefix.len() == array.prefix.len()
                    && array.prefix.iter().zip(prefix).all(|(item, value)| item.admits(value))
                    && rest.iter().all(|value| array.rest.admits(value))
            }),
            Value::Obj(members) => known.object.as_ref().is_some_and(|object| {
                let there = |name: &str| members.contains_key(&crate::value::string(name));
                object.members.iter().all(|(name, member)| !member.required || there(name))
                    && members.iter().all(|(name, value)| match object.members.get(name.as_text().unwrap_or_default().as_str()) {
                        Some(member) => member.value.admits(value),
                        None => object.rest.as_ref().is_some_and(|rest| rest.admits(value)),
                    })
            }),
        }
    }

    fn size(&self) -> u32 {
        self.known().map_or(1, |known| known.size)
    }
}

fn both<T: Clone>(a: Option<&T>, b: Option<&T>, join: impl FnOnce(&T, &T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(join(a, b)),
        (a, b) => a.or(b).cloned(),
    }
}

impl Known {
    fn bound(&mut self) {
        self.measure();
        if self.size > MAX_SIZE {
            self.cut(MAX_SIZE / 4);
        }
        if self.size > MAX_SIZE {
            self.cut(1);
        }
    }

    fn measure(&mut self) {
        let scalars = [self.null.is_some(), self.boolean.is_some(), self.number.is_some(), self.string.is_some()];
        let mut size = u32::from(scalars.iter().map(|there| u8::from(*there)).sum::<u8>());
        if let Some(array) = &mut self.array {
            if array.prefix.len() > MAX_PREFIX {
                array.shorten(0);
            }
            size += 1 + array.prefix.iter().map(Type::size).sum::<u32>() + array.rest.size();
        }
        if let Some(object) = &mut self.object {
            if object.members.len() > MAX_MEMBERS {
                object.members.clear();
                object.rest = Some(Type::Unknown);
            }
            let members = object.members.values().map(|member| &member.value).chain(&object.rest);
            size += 1 + members.map(Type::size).sum::<u32>();
        }
        self.size = size;
    }

    /// Makes unknown what is larger.
    fn cut(&mut self, largest: u32) {
        let cut = |inner: &mut Type| {
            if inner.size() > largest {
                *inner = Type::Unknown;
            }
        };
        if let Some(array) = &mut self.array {
            array.prefix.iter_mut().for_each(cut);
            cut(&mut array.rest);
        }
        if let Some(object) = &mut self.object {
            object.members.values_mut().for_each(|member| cut(&mut member.value));
            object.rest.iter_mut().for_each(cut);
        }
        self.measure();
    }

    /// How many JSON types it may have.
    #[must_use]
    pub fn alternatives(&self) -> usize {
        [self.null.is_some(), self.boolean.is_some(), self.number.is_some(), self.string.is_some()].iter().filter(|there| **there).count()
            + usize::from(self.array.is_some())
            + usize::from(self.object.is_some())
    }

    /// Where its alternatives come from.
    pub fn origins(&self) -> impl Iterator<Item = Origin> {
        let scalars = [self.null, self.boolean, self.number.as_ref().map(|n| n.origin), self.string.as_ref().map(|text| text.origin)];
        let others = [self.array.as_ref().map(|array| array.origin), self.object.as_ref().map(|object| object.origin)];
        scalars.into_iter().chain(others).flatten()
    }
}

impl Array {
    /// What any of its items may be; never, if it is always empty.
    #[must_use]
    pub fn items(&self) -> Type {
        self.prefix.iter().fold(self.rest.clone(), |all, item| all.join(item))
    }

    /// The item at a place, counted from the end if negative; null where it may be missing.
    #[must_use]
    pub fn item(&self, at: i64) -> Type {
        if let Some(item) = usize::try_from(at).ok().and_then(|at| self.prefix.get(at)) {
            return item.clone();
        }
        if self.rest.is_never() {
            let from_end = usize::try_from(at.unsigned_abs()).ok().filter(|_| at < 0).and_then(|back| self.prefix.len().checked_sub(back));
            return from_end.map_or_else(|| Type::null(self.origin), |at| self.prefix[at].clone());
        }
        let any = if at < 0 { self.items() } else { self.rest.clone() };
        // The last item is there if there is any.
        if at == -1 && !self.prefix.is_empty() { any } else { any.join(&Type::null(self.origin)) }
    }

    /// Keeps only so many items apart.
    fn shorten(&mut self, kept: usize) {
        for item in self.prefix.split_off(kept) {
            self.rest = self.rest.join(&item);
        }
    }

    fn join(&self, other: &Self) -> Self {
        let kept = self.prefix.len().min(other.prefix.len());
        let (mut a, mut b) = (self.clone(), other.clone());
        a.shorten(kept);
        b.shorten(kept);
        Self {
            prefix: a.prefix.iter().zip(&b.prefix).map(|(a, b)| a.join(b)).collect(),
            rest: a.rest.join(&b.rest),
            origin: a.origin.and(b.origin),
        }
    }

    fn refine(&self, by: &Self) -> Self {
        let items = by.items();
        let refine = |item: &Type| if items.is_never() { item.clone() } else { item.refine(&items) };
        Self {
            prefix: self.prefix.iter().map(refine).collect(),
            rest: if self.rest.is_never() { Type::never() } else { refine(&self.rest) },
            origin: self.origin,
        }
    }
}

impl Object {
    /// A member by its name: what it may be, null where it may be missing; none, if it cannot be
    /// there.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Type> {
        match self.members.get(name) {
            Some(member) if member.required => Some(member.value.clone()),
            Some(member) => Some(member.value.join(&Type::null(self.origin))),
            None => self.rest.as_ref().map(|rest| rest.join(&Type::null(self.origin))),
        }
    }

    /// What any member may be; never, if there is none.
    #[must_use]
    pub fn values(&self) -> Type {
        let rest = self.rest.clone().unwrap_or_else(Type::never);
        self.members.values().fold(rest, |all, member| all.join(&member.value))
    }

    /// The object with the members of another written over its own, as jq's `+` does.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let mut members = self.members.clone();
        if let Some(rest) = &other.rest {
            // Any member may be overwritten by one that is not known by name.
            members.iter_mut().filter(|(name, _)| !other.members.contains_key(*name)).for_each(|(_, member)| {
                member.value = member.value.join(rest);
            });
        }
        for (name, member) in &other.members {
            let before = members.get(name).cloned().or_else(|| Some(Member { value: self.rest.clone()?, required: false }));
            let value = match &before {
                Some(before) if !member.required => member.value.join(&before.value),
                _ => member.value.clone(),
            };
            members.insert(name.clone(), Member { value, required: member.required || before.is_some_and(|before| before.required) });
        }
        Self { members, rest: union(self.rest.as_ref(), other.rest.as_ref()), origin: self.origin.and(other.origin) }
    }

    fn join(&self, other: &Self) -> Self {
        let mut members = BTreeMap::new();
        for (name, member) in &self.members {
            let joined = match other.members.get(name) {
                Some(other) => Member { value: member.value.join(&other.value), required: member.required && other.required },
                None => Member {
                    value: other.rest.as_ref().map_or_else(|| member.value.clone(), |rest| member.value.join(rest)),
                    required: false,
                },
            };
            members.insert(name.clone(), joined);
        }
        for (name, member) in other.members.iter().filter(|(name, _)| !self.members.contains_key(*name)) {
            let value = self.rest.as_ref().map_or_else(|| member.value.clone(), |rest| member.value.join(rest));
            members.insert(name.clone(), Member { value, required: false });
        }
        Self { members, rest: union(self.rest.as_ref(), other.rest.as_ref()), origin: self.origin.and(other.origin) }
    }

    fn refine(&self, by: &Self) -> Self {
        let mut members = BTreeMap::new();
        for (name, member) in &self.members {
            let (value, required) = match (by.members.get(name), &by.rest) {
                (Some(other), _) => (member.value.refine(&other.value), member.required || other.required),
                (None, Some(rest)) => (member.value.refine(rest), member.required),
                (None, None) if member.required => (member.value.clone(), true),
                (None, None) => continue,
            };
            members.insert(name.clone(), Member { value, required });
        }
        if let Some(rest) = &self.rest {
            for (name, member) in by.members.iter().filter(|(name, _)| !self.members.contains_key(*name)) {
                members.insert(name.clone(), Member { value: rest.refine(&member.value), required: member.required });
            }
        }
        let rest = self.rest.as_ref().zip(by.rest.as_ref()).map(|(a, b)| a.refine(b));
        Self { members, rest, origin: self.origin }
    }
}

fn union(a: Option<&Type>, b: Option<&Type>) -> Option<Type> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.join(b)),
        (a, b) => a.or(b).cloned(),
    }
}

#[cfg(test)]
mod tests;
