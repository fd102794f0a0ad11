//! What an expression's syntax tells about its data: which members it reads of its input and of
//! variables, whether it reads anything at all, and whether it surely gives a list.

use std::ops::Range;

use jaq_core::{
    load::{
        lex::StrPart,
        parse::{BinaryOp, Term},
    },
    ops, path,
};

use super::analysis::range_of;

/// What an expression's syntax tells.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The paths that it reads of its input or of variables, in the order of the text. What is read
    /// of intermediate results is not among them.
    pub readings: Vec<Reading>,
    /// Whether it gives the same whatever its input and variables are.
    pub is_constant: bool,
    /// Whether each result is surely a list.
    pub gives_list: bool,
}

/// A path that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Of what.
    pub base: Base,
    /// The members, outermost first. The path may go on behind them.
    pub members: Vec<Member>,
    /// The bytes of the base in the program; empty for the input, whose `.` is part of the member.
    pub range: Range<usize>,
}

/// What a path begins at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// The expression's input, `.`.
    Input,
    /// A variable, with its `$`.
    Variable(String),
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// The member with a name, and the name's bytes in the program.
    Key(String, Range<usize>),
    /// An item, or several.
    Item,
}

impl Reading {
    /// The name of a member, if the path has one at this place.
    #[must_use]
    pub fn key(&self, at: usize) -> Option<(&str, Range<usize>)> {
        match self.members.get(at)? {
            Member::Key(name, range) => Some((name, range.clone())),
            Member::Item => None,
        }
    }

    /// Whether it reads of this variable, named with its `$`.
    #[must_use]
    pub fn is_of(&self, variable: &str) -> bool {
        matches!(&self.base, Base::Variable(name) if name == variable)
    }
}

pub(super) fn of(text: &str, term: &Term<&str>) -> Facts {
    let mut walk = Walk { text, readings: Vec::new(), reads: false };
    walk.term(term, true);
    Facts { readings: walk.readings, is_constant: !walk.reads, gives_list: gives_list(term) }
}

/// `[…]`, or a sum with one of those: adding anything else to a list fails.
fn gives_list(term: &Term<&str>) -> bool {
    match term {
        Term::Arr(_) => true,
        Term::BinOp(left, BinaryOp::Math(ops::Math::Add), right) => gives_list(left) || gives_list(right),
        Term::BinOp(_, BinaryOp::Pipe(_), right) => gives_list(right),
        _ => false,
    }
}

struct Walk<'a> {
    text: &'a str,
    readings: Vec<Reading>,
    reads: bool,
}

impl Walk<'_> {
    /// `outer` says whether `.` is still the input of the whole expression.
    fn term(&mut self, term: &Term<&str>, outer: bool) {
        match term {
            Term::Num(_) | Term::Break(_) => {}
            Term::Id | Term::Recurse => self.base(term, Vec::new(), outer),
            Term::Var(_) => self.base(term, Vec::new(), outer),
            Term::Str(_, parts) => {
                for part in parts {
                    if let StrPart::Term(term) = part {
                        self.term(term, outer);
                    }
                }
            }
            Term::Arr(inner) => inner.iter().for_each(|inner| self.term(inner, outer)),
            Term::Obj(members) => {
                for (key, value) in members {
                    self.term(key, outer);
                    value.iter().for_each(|value| self.term(value, outer));
                }
            }
            Term::Neg(inner) | Term::Label(_, inner) => self.term(inner, outer),
            Term::BinOp(left, BinaryOp::Pipe(None), right) => {
                self.term(left, outer);
                self.term(right, false);
            }
            Term::BinOp(left, _, right) => {
                self.term(left, outer);
                self.term(right, outer);
            }
            Term::Fold(_, source, _, args) => {
                self.term(source, outer);
                args.iter().for_each(|arg| self.term(arg, false));
            }
            Term::TryCatch(body, catch) => {
                self.term(body, outer);
                catch.iter().for_each(|catch| self.term(catch, false));
            }
            Term::IfThenElse(cases, otherwise) => {
                for (condition, then) in cases {
                    self.term(condition, outer);
                    self.term(then, outer);
                }
                otherwise.iter().for_each(|otherwise| self.term(otherwise, outer));
            }
            Term::Def(defs, body) => {
                defs.iter().for_each(|def| self.term(&def.body, false));
                self.term(body, outer);
            }
            Term::Call(name, args) => {
                self.reads |= !matches!(*name, "true" | "false" | "null" | "not" | "empty");
                args.iter().for_each(|arg| self.term(arg, false));
            }
            Term::Path(base, path::Path(parts)) => {
                let mut members = Vec::new();
                for (part, _) in parts {
                    members.push(match part {
                        path::Part::Index(Term::Str(None, text)) => match text.as_slice() {
                            [StrPart::Str(key)] => Member::Key((*key).to_owned(), range_of(self.text, key)),
                            _ => Member::Item,
                        },
                        _ => Member::Item,
                    });
                    match part {
                        path::Part::Index(index) => self.term(index, outer),
                        path::Part::Range(from, to) => from.iter().chain(to).for_each(|bound| self.term(bound, outer)),
                    }
                }
                self.base(base, members, outer);
            }
        }
    }

    fn base(&mut self, base: &Term<&str>, members: Vec<Member>, outer: bool) {
        match base {
            Term::Id | Term::Recurse => {
                self.reads = true;
                if outer {
                    self.readings.push(Reading { base: Base::Input, members, range: 0..0 });
                }
            }
            Term::Var(name) => {
                self.reads = true;
                let range = range_of(self.text, name);
                self.readings.push(Reading { base: Base::Variable((*name).to_owned()), members, range });
            }
            other => self.term(other, outer),
        }
    }
}
