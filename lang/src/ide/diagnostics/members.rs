//! Members that the runtime's arguments do not have, and data of events that is asked for its data.

use crate::{
    codes,
    diagnostic::{Diagnostic, Fix},
    expression::{Base, Reading},
    ide::diagnostics::{Check, CheckContext, one_of, placed::Placed},
    suggest,
};

pub(super) const CHECK: Check = Check { codes: &[codes::UNKNOWN_MEMBER, codes::EVENT_DATA], run: check };

const MEMBERS: &[(&str, &[&str])] = &[
    ("$task", &["name", "reference", "definition", "input", "output", "startedAt"]),
    ("$workflow", &["id", "definition", "input", "startedAt"]),
    ("$runtime", &["name", "version", "metadata"]),
    ("$authorization", &["scheme", "parameter"]),
];

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let by_data = started_by_data(context);
    for placed in context.placed() {
        let readings = &placed.expression.facts().readings;
        let confused = readings.iter().any(|reading| is_confused(reading, &["definition", "document"]));
        for reading in readings {
            found.extend(unknown(context, placed, reading));
            if confused && matches!(reading.base, Base::Input) {
                found.extend(not_of_input(context, placed, reading));
            }
            if by_data {
                found.extend(data_of_data(context, placed, reading));
            }
        }
    }
}

fn unknown(context: &CheckContext<'_>, placed: &Placed, reading: &Reading) -> Option<Diagnostic> {
    let Base::Variable(variable) = &reading.base else { return None };
    let (_, known) = MEMBERS.iter().find(|(name, _)| name == variable)?;
    let (member, range) = reading.key(0)?;
    if known.contains(&member) {
        return None;
    }
    let span = placed.span(context, &range);
    let diagnostic = Diagnostic::warning(codes::UNKNOWN_MEMBER, span, format!("`{variable}` has no member `{member}`, so this is null"));
    // What the author wrote in the file is below `definition`.
    let written: &[&str] = if variable == "$task" {
        &["with", "call", "set", "run", "do", "for", "emit", "listen", "metadata", "if", "then", "export", "timeout"]
    } else {
        &["document", "do", "use", "metadata", "timeout", "schedule", "evaluate"]
    };
    if matches!(&**variable, "$task" | "$workflow") && written.contains(&member) {
        let fix = Fix::replace(span, format!("definition.{member}"));
        return Some(
            diagnostic.help(format!("what is written in the file is below `definition`: `{variable}.definition.{member}`")).fix(fix),
        );
    }
    Some(match suggest::closest(member, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::replace(span, near)),
        None => diagnostic.help(format!("it has {}", one_of(known.iter().copied()).replace(" or ", " and "))),
    })
}

/// Whether a path of the input begins like one of `$workflow`.
fn is_confused(reading: &Reading, members: &[&str]) -> bool {
    matches!(reading.base, Base::Input)
        && reading.key(0).is_some_and(|(name, _)| name == "workflow")
        && reading.key(1).is_some_and(|(name, _)| members.contains(&name))
}

/// `.workflow.document` reads the input, where hardly anybody has such a member.
fn not_of_input(context: &CheckContext<'_>, placed: &Placed, reading: &Reading) -> Option<Diagnostic> {
    let (name, range) = reading.key(0)?;
    let variable = format!("${name}");
    let (_, known) = MEMBERS.iter().find(|(known, _)| *known == variable)?;
    let (member, _) = reading.key(1)?;
    if !known.contains(&member) && member != "document" {
        return None;
    }
    let message = format!("this reads the member `{name}` of the input");
    let meant = if member == "document" { format!("{variable}.definition.{member}") } else { format!("{variable}.{member}") };
    let diagnostic = Diagnostic::warning(codes::UNKNOWN_MEMBER, placed.span(context, &range), message);
    Some(diagnostic.help(format!("the runtime's argument is a variable: `{meant}`")))
}

/// Whether the workflow is started by events of which only the data is handed on.
fn started_by_data(context: &CheckContext<'_>) -> bool {
    context.at(&["schedule", "on"]).is_some() && context.at(&["schedule", "read"]).is_none_or(|read| context.text(read) == "data")
}

fn data_of_data(context: &CheckContext<'_>, placed: &Placed, reading: &Reading) -> Option<Diagnostic> {
    // `$workflow.input[0].data`
    let [_, crate::expression::Member::Item, _, ..] = reading.members.as_slice() else { return None };
    let input = reading.is_of("$workflow") && reading.key(0).is_some_and(|(name, _)| name == "input");
    let (_, range) = reading.key(2).filter(|(name, _)| input && *name == "data")?;
    let message = "an event that starts the workflow is handed on as its data alone, so this reads a member `data` of the data";
    let diagnostic = Diagnostic::warning(codes::EVENT_DATA, placed.span(context, &range), message);
    Some(diagnostic.help("leave out `.data`, or hand on whole events with `schedule.read: envelope`"))
}
