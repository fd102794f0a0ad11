//! From the text of `flowdbg.toml` to settings, or to all that is wrong with it, each at its place.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Level, Settings, glob::Glob, known, milder};
use crate::{codes, diagnostic::Diagnostic, suggest, text::Span};

/// The one table there is.
const TABLES: &[&str] = &["check"];
/// Its keys.
const KEYS: &[&str] = &["allow", "warn", "deny", "exclude"];

pub(super) fn parse(text: &str) -> Result<Settings, Vec<Diagnostic>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader::default();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        reader.problem(span, error.message(), None);
    }
    for (key, value) in document.get_ref() {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("check", DeValue::Table(table)) => reader.check(table),
            ("check", other) => reader.wrong_type(value.span(), "check", "a table: `[check]`", other),
            (name, _) => reader.unknown(key, name, TABLES, "a table"),
        }
    }
    if reader.problems.is_empty() {
        return Ok(reader.settings);
    }
    crate::ide::diagnostics::sort(&mut reader.problems);
    Err(reader.problems)
}

#[derive(Default)]
struct Reader {
    settings: Settings,
    /// Where each code was given.
    given: BTreeMap<&'static str, Span>,
    problems: Vec<Diagnostic>,
}

impl Reader {
    fn check(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let level = match name {
                "allow" => Some(Level::Allow),
                "warn" => Some(Level::Warn),
                "deny" => Some(Level::Deny),
                "exclude" => None,
                _ => {
                    self.unknown(key, name, KEYS, "a key of `[check]`");
                    continue;
                }
            };
            let DeValue::Array(items) = value.get_ref() else {
                let expected = if level.is_some() { "a list of codes, such as [\"OW0203\"]" } else { "a list of patterns" };
                self.wrong_type(value.span(), name, expected, value.get_ref());
                continue;
            };
            for item in items.iter() {
                let DeValue::String(text) = item.get_ref() else {
                    self.problem(item.span(), format!("an item of `{name}` must be a string"), None);
                    continue;
                };
                match level {
                    Some(level) => self.code(item.span(), text, level),
                    None => match Glob::parse(text) {
                        Ok(glob) => self.settings.exclude.push(glob),
                        Err(why) => self.problem(item.span(), why, None),
                    },
                }
            }
        }
    }

    fn code(&mut self, at: Range<usize>, written: &str, level: Level) {
        let code = if level == Level::Deny { known(written) } else { milder(written) };
        let code = match code {
            Ok(code) => code.code,
            Err((message, help)) => return self.problem(at, message, help),
        };
        if let Some(first) = self.given.insert(code, span(at.clone())) {
            let message = format!("`{code}` is given twice");
            self.problems.push(Diagnostic::error(codes::SETTINGS, span(at), message).related(first, "first given here"));
        }
        self.settings.levels.insert(code, level);
    }

    fn unknown(&mut self, key: &Spanned<Cow<'_, str>>, name: &str, known: &[&str], what: &str) {
        let listed = known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
        let help = match suggest::closest(name, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known here: {listed}"),
        };
        self.problem(key.span(), format!("`{name}` is not {what}"), Some(help));
    }

    fn wrong_type(&mut self, at: Range<usize>, name: &str, expected: &str, value: &DeValue<'_>) {
        self.problem(at, format!("`{name}` must be {expected}; this is of type {}", value.type_str()), None);
    }

    fn problem(&mut self, at: Range<usize>, message: impl Into<String>, help: Option<String>) {
        self.problems.push(Diagnostic { help, ..Diagnostic::error(codes::SETTINGS, span(at), message) });
    }
}

fn span(range: Range<usize>) -> Span {
    Span::new(range.start, range.end)
}
