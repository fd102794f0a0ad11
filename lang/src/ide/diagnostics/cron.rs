//! Cron expressions that are malformed: the number of their fields, and the range of each.

use std::ops::RangeInclusive;

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Resolved, Shape},
    ide::diagnostics::{Check, CheckContext, one_of},
    read,
    text::Span,
};

pub(super) const CHECK: Check = Check { codes: &[codes::BAD_CRON], run: check };

struct Field {
    name: &'static str,
    range: RangeInclusive<u32>,
    words: &'static [&'static str],
}

const SECOND: Field = Field { name: "second", range: 0..=59, words: &[] };
const FIELDS: [Field; 5] = [
    Field { name: "minute", range: 0..=59, words: &[] },
    Field { name: "hour", range: 0..=23, words: &[] },
    Field { name: "day of the month", range: 1..=31, words: &[] },
    Field { name: "month", range: 1..=12, words: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] },
    Field { name: "day of the week", range: 0..=7, words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];
const NICKNAMES: &[&str] = &["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for site in context.sites.list() {
        let Resolved::Leaf(Shape::Cron) = site.resolved else { continue };
        let text = context.text(site.node);
        let Err((range, message)) = cron(text) else { continue };
        let at = |offset: usize| read::source_offset(context.tree, site.node, offset) as usize;
        let span = if range.is_empty() { context.tree.span(site.node) } else { Span::new(at(range.start), at(range.end)) };
        let diagnostic = Diagnostic::warning(codes::BAD_CRON, span, message);
        found.push(
            diagnostic.help("a cron expression has five fields, such as `0 8 * * mon-fri`: minute, hour, day, month, day of the week"),
        );
    }
}

/// What is wrong, and with which bytes.
fn cron(text: &str) -> Result<(), (std::ops::Range<usize>, String)> {
    if text.trim().starts_with('@') {
        let known = NICKNAMES.contains(&text.trim());
        return if known { Ok(()) } else { Err((0..0, format!("`{text}` is not one of {}", one_of(NICKNAMES.iter().copied())))) };
    }
    let parts: Vec<&str> = text.split_whitespace().collect();
    let fields: Vec<&Field> = match parts.len() {
        5 => FIELDS.iter().collect(),
        6 => std::iter::once(&SECOND).chain(&FIELDS).collect(),
        count => {
            let noun = if count == 1 { "field" } else { "fields" };
            return Err((0..0, format!("this cron expression has {count} {noun}, not five (or six with seconds)")));
        }
    };
    for (part, field) in parts.iter().zip(fields) {
        for item in part.split(',') {
            if let Err(why) = self::item(item, field) {
                let start = part.as_ptr() as usize - text.as_ptr() as usize;
                return Err((start..start + part.len(), why));
            }
        }
    }
    Ok(())
}

/// One item of a field: `*`, `5`, `1-5`, `*/10`, `mon`, `L`, `5#2`, `15W`, `?`.
fn item(item: &str, field: &Field) -> Result<(), String> {
    let (span, step) = item.split_once('/').map_or((item, None), |(span, step)| (span, Some(step)));
    if let Some(step) = step
        && step.parse::<u32>().ok().is_none_or(|step| step == 0)
    {
        return Err(format!("`{step}` is not a step: a number from 1 on"));
    }
    if matches!(span, "*" | "?") {
        return Ok(());
    }
    let day = field.name.starts_with("day");
    if day && (matches!(span, "L" | "LW") || span.starts_with("L-")) {
        return Ok(());
    }
    let span = if day { span.trim_end_matches(['L', 'W']) } else { span };
    let span = match span.split_once('#') {
        Some((weekday, nth)) if field.name == "day of the week" && matches!(nth, "1" | "2" | "3" | "4" | "5" | "L") => weekday,
        _ => span,
    };
    let (from, to) = span.split_once('-').map_or((span, None), |(from, to)| (from, Some(to)));
    let from = value(from, field)?;
    if let Some(to) = to {
        let to = value(to, field)?;
        if to < from && field.words.is_empty() {
            return Err(format!("the range `{span}` runs backwards"));
        }
    }
    Ok(())
}

fn value(text: &str, field: &Field) -> Result<u32, String> {
    if let Ok(number) = text.parse::<u32>() {
        let (from, to) = (field.range.start(), field.range.end());
        let fits = field.range.contains(&number);
        return fits.then_some(number).ok_or_else(|| format!("{number} is not a {}: {from} to {to}", field.name));
    }
    let word = text.to_ascii_lowercase();
    let at = field.words.iter().position(|known| *known == word);
    at.and_then(|at| u32::try_from(at).ok()).ok_or_else(|| format!("`{text}` is not a {}", field.name))
}
