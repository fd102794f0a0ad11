//! The examples of the pages in `docs/checks`, which are fixtures.

use super::{Fixture, draw, on_first_line};
use crate::{codes::Code, diagnostic::Diagnostic};

/// What an example leaves out, unless it is a whole file.
const HEAD: &str = "document: { dsl: '1.0.3', namespace: tests, name: fixture, version: '0.1.0' }\n";

/// An example of a page.
pub struct Example {
    /// The heading that it stands under.
    pub heading: String,
    /// What follows `yaml` on its fence.
    pub tag: String,
    /// The fixture.
    pub text: String,
}

/// The examples of a page, in their order.
#[must_use]
pub fn examples(page: &str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let (mut heading, mut open) = (String::new(), false);
    for line in page.lines() {
        if open && line == "```" {
            open = false;
        } else if open {
            if let Some(example) = found.last_mut() {
                example.text.push_str(line);
                example.text.push('\n');
            }
        } else if let Some(tag) = line.strip_prefix("```") {
            open = true;
            found.push(Example { heading: heading.clone(), tag: tag.trim().to_owned(), text: String::new() });
        } else if let Some(title) = line.strip_prefix("## ") {
            heading = title.to_owned();
        }
    }
    found
}

/// Checks an example against what `find` finds in its text.
///
/// # Errors
/// What is found is not what is marked.
pub fn judge(code: &Code, example: &Example, find: impl FnOnce(&str) -> Vec<Diagnostic>) -> Result<(), String> {
    let head = if example.tag == "yaml file" { "" } else { HEAD };
    let fixture = Fixture::parse(&format!("{head}{}", example.text))?;
    let file = fixture.single()?;
    let found = find(&file.text);
    let drawn = || {
        let marks: Vec<_> = found
            .iter()
            .map(|found| {
                (found.span, format!("{}..{} {:?}[{}] {}", found.span.start, found.span.end, found.severity, found.code, found.message))
            })
            .collect();
        draw(&file.text, &marks)
    };
    match &*example.heading {
        "Wrong" if file.marks.is_empty() => return Err("it marks nothing".into()),
        "Right" if !file.marks.is_empty() => return Err("it has marks".into()),
        "Wrong" | "Right" => {}
        other => return Err(format!("it stands under `{other}`")),
    }
    let as_marked = file.marks.iter().all(|mark| {
        let fits = |found: &Diagnostic| {
            mark.code.as_deref() == Some(code.code)
                && found.code == code.code
                && Some(found.severity) == mark.severity()
                && on_first_line(&file.text, found.span) == mark.span
        };
        found.iter().any(fits)
    });
    if as_marked && found.len() == file.marks.len() { Ok(()) } else { Err(format!("found instead of {:?}:\n{}", file.marks, drawn())) }
}
