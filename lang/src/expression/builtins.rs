//! The functions that expressions may call: jaq's, less those that end the process, read its
//! environment, wait for input or write to its streams. `now` asks the world, not the clock.

use std::{collections::HashSet, sync::LazyLock};

use jaq_core::{
    Cv, DataT, Native,
    compile::Lut,
    data::HasLut,
    load::parse::Def,
    native::{Fun, bome, run, v},
};

use crate::value::Value;

/// The data kind of our programs: jaq's values, and the time.
pub(super) struct Kind;

/// What natives can see while a program runs.
#[derive(Clone, Copy)]
pub(super) struct Env<'a> {
    pub(super) lut: &'a Lut<Native<Kind>>,
    pub(super) now: f64,
}

impl DataT for Kind {
    type V<'a> = Value;
    type Data<'a> = Env<'a>;
}

impl<'a> HasLut<'a, Kind> for Env<'a> {
    fn lut(&self) -> &'a Lut<Native<Kind>> {
        self.lut
    }
}

/// A compiled program.
pub(super) type Program = jaq_core::Filter<Kind>;

/// Names that are left out, whatever their number of arguments.
const LEFT_OUT: &[&str] = &[
    "halt",
    "halt_error",
    "env",
    "input",
    "inputs",
    "input_filename",
    "input_line_number",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
];

pub(super) fn definitions() -> impl Iterator<Item = Def<&'static str>> {
    jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).filter(|def| !LEFT_OUT.contains(&def.name))
}

pub(super) fn natives() -> impl Iterator<Item = Fun<Kind>> {
    let all = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let kept = all.filter(|(name, ..)| !LEFT_OUT.contains(name) && *name != "now");
    kept.chain([run(("now", v(0), |cv: Cv<'_, Kind>| bome(Ok(Value::from(cv.0.data().now)))))])
}

/// Every function an expression may call, as name and number of arguments.
#[must_use]
pub fn functions() -> &'static HashSet<(&'static str, usize)> {
    static ALL: LazyLock<HashSet<(&'static str, usize)>> = LazyLock::new(|| {
        let defined = definitions().map(|def| (def.name, def.args.len()));
        let native = natives().map(|(name, args, _)| (name, args.len()));
        defined.chain(native).collect()
    });
    &ALL
}
