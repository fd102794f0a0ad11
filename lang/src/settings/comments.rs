//! `# flowdbg: allow OW0203`: findings that the author of a workflow wants to hear nothing of.
//!
//! Behind something on its line, such a comment is about that line; alone, about the next line that
//! is more than a comment. A string that begins on the line belongs to it with all of its lines.
//! `allow-file` before the first key is about the whole file.

use granit_parser::{Event, Parser, ScalarStyle};

use super::milder;
use crate::{
    codes,
    diagnostic::{Diagnostic, Fix, Severity},
    suggest,
    text::{Source, Span},
};

/// What such comments begin with, behind the `#`.
const MARK: &str = "flowdbg:";
/// What separates the codes from a reason.
const REASON: &str = " -- ";
const WORDS: [&str; 2] = ["allow", "allow-file"];

/// Which findings are looked at: comments allow those of both, each at its time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    /// What the text tells, and the comments themselves.
    Text,
    /// What a dry run has found.
    DryRun,
}

impl Layer {
    fn has(self, code: &str) -> bool {
        codes::is_of_dry_runs(code) == (self == Self::DryRun)
    }
}

/// Takes the findings that comments allow out of `found`, which are all of one layer, and adds what
/// is wrong with the comments.
pub(crate) fn apply(source: &Source, found: &mut Vec<Diagnostic>, layer: Layer) -> Vec<Diagnostic> {
    // Nearly no text has any, and then nothing is spent.
    if !source.text().contains(MARK) || source.text().len() > Source::MAX_BYTES {
        return Vec::new();
    }
    let layout = Layout::of(source);
    let mut problems = Vec::new();
    let mut allowances = Vec::new();
    for comment in &layout.comments {
        read(source, &layout, *comment, &mut allowances, &mut problems);
    }
    let allowed: Vec<Diagnostic> = found
        .extract_if(.., |diagnostic| {
            let mut hit = false;
            for allowance in &mut allowances {
                if allowance.code == diagnostic.code && allowance.covers(source.line_of(diagnostic.span.start)) {
                    allowance.used = true;
                    hit = true;
                }
            }
            hit
        })
        .collect();
    if layer == Layer::DryRun {
        problems.clear();
    }
    // A text that is not read to its end has not had all of its checks.
    let unread = |diagnostic: &Diagnostic| diagnostic.code.starts_with("OW00") || diagnostic.code == codes::NOT_A_WORKFLOW;
    if !found.iter().any(unread) {
        problems.extend(
            allowances.iter().filter(|allowance| !allowance.used && layer.has(allowance.code)).map(|allowance| unused(source, allowance)),
        );
    }
    if !problems.is_empty() {
        found.extend(problems);
        crate::ide::diagnostics::sort(found);
    }
    allowed
}

/// A comment that allows a finding, if one can stand there: on a line of its own above what is
/// found, as far in as that. JSON has no comments, and what cannot be read cannot be allowed.
#[must_use]
pub fn allowance(source: &Source, found: &Diagnostic) -> Option<Fix> {
    let code = milder(found.code).ok()?.code;
    let is_json = source.text().trim_start_matches('\u{feff}').trim_start().starts_with('{');
    if is_json || matches!(code, codes::COMMENT | codes::UNUSED_ALLOW | codes::SETTINGS | codes::NOT_A_WORKFLOW) {
        return None;
    }
    let line = Layout::of(source).first_of(source.line_of(found.span.start));
    let start = source.line_span(line).start as usize;
    let text = source.slice(source.line_span(line)).trim_start_matches('\u{feff}');
    let indent = &text[..text.len() - text.trim_start_matches(' ').len()];
    // In front of a byte order mark there is nothing.
    let at = start + source.slice(source.line_span(line)).len() - text.len();
    let end = if source.text().contains("\r\n") { "\r\n" } else { "\n" };
    Some(Fix::insert(at, format!("{indent}# {MARK} allow {code}{end}"), format!("Allow {code} here by a comment")))
}

/// One code of one comment.
struct Allowance {
    code: &'static str,
    /// The code in the comment.
    span: Span,
    /// The whole comment, if there is no other code in it.
    alone: Option<Span>,
    /// The lines it is about; none for the whole file.
    lines: Option<(u32, u32)>,
    used: bool,
}

impl Allowance {
    fn covers(&self, line: u32) -> bool {
        self.lines.is_none_or(|(first, last)| first <= line && line <= last)
    }
}

fn read(source: &Source, layout: &Layout, comment: Span, allowances: &mut Vec<Allowance>, problems: &mut Vec<Diagnostic>) {
    let text = source.slice(comment);
    let Some(body) = text.trim_start_matches('#').trim_start().strip_prefix(MARK) else { return };
    let offset = |part: &str| comment.start as usize + (part.as_ptr() as usize - text.as_ptr() as usize);
    let place = |part: &str| Span::new(offset(part), offset(part) + part.len());
    let body = body.find(REASON).map_or(body, |at| &body[..at]).trim();
    let (word, list) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
    let mut problem = |at: Span, message: String, help: Option<String>| {
        problems.push(Diagnostic { help, ..Diagnostic::warning(codes::COMMENT, at, message) });
    };
    if !WORDS.contains(&word) {
        let help = suggest::closest(word, WORDS.into_iter()).map(|meant| format!("did you mean `{meant}`?"));
        let at = if word.is_empty() { comment } else { place(word) };
        return problem(at, format!("`{word}` is not something that a comment can ask for"), help.or_else(|| Some(usage())));
    }
    if list.trim().is_empty() {
        return problem(place(word), format!("`{word}` needs the codes that it is about"), Some(usage()));
    }
    let own_line = source.line_of(comment.start);
    let lines = if word == "allow" {
        let before = &source.text()[source.line_span(own_line).start as usize..comment.start as usize];
        let is_alone = before.trim_start_matches('\u{feff}').trim().is_empty();
        let line = if is_alone { layout.next_line(source, own_line) } else { own_line };
        Some((line, layout.end_of(line)))
    } else if own_line < layout.first_content {
        None
    } else {
        let help = "move it there, or use `allow` for a line".to_owned();
        return problem(place(word), "`allow-file` must stand before the first key of the file".to_owned(), Some(help));
    };
    let parts: Vec<&str> = list.split(',').map(str::trim).collect();
    for part in &parts {
        match milder(part) {
            Ok(code) => {
                let alone = (parts.len() == 1).then_some(comment);
                allowances.push(Allowance { code: code.code, span: place(part), alone, lines, used: false });
            }
            Err(_) if part.is_empty() => problem(place(list), "a code is missing between commas".to_owned(), Some(usage())),
            Err((message, help)) => problem(place(part), message, help),
        }
    }
}

fn usage() -> String {
    "write `# flowdbg: allow OW0203`, several codes with commas between them".to_owned()
}

fn unused(source: &Source, allowance: &Allowance) -> Diagnostic {
    let where_it_is = if allowance.lines.is_some() { "here" } else { "in this file" };
    let message = format!("nothing {where_it_is} is reported as `{}`", allowance.code);
    let mut diagnostic =
        Diagnostic::warning(codes::UNUSED_ALLOW, allowance.span, message).help("remove it, so that it hides nothing later");
    diagnostic.severity = Severity::Information;
    match allowance.alone {
        Some(comment) => diagnostic.fix(Fix::remove(with_its_space(source, comment), "the comment")),
        None => diagnostic,
    }
}

/// The next line above that is not blank.
fn line_above(source: &Source, line: u32) -> u32 {
    (0..line).rev().find(|line| !source.slice(source.line_span(*line)).trim().is_empty()).unwrap_or(line)
}

/// The comment with its line, or with the spaces before it.
fn with_its_space(source: &Source, comment: Span) -> Span {
    let line = source.line_of(comment.start);
    let start = source.line_span(line).start as usize;
    let before = source.text()[start..comment.start as usize].trim_end_matches([' ', '\t']);
    if !before.is_empty() {
        return Span::new(start + before.len(), comment.end as usize);
    }
    let next = if line + 1 < source.line_count() { source.line_span(line + 1).start } else { source.line_span(line).end };
    Span::new(start, next as usize)
}

/// Where comments, strings of several lines and the first key are.
#[derive(Default)]
struct Layout {
    comments: Vec<Span>,
    /// First and last line, by the first.
    long_strings: Vec<(u32, u32)>,
    first_content: u32,
}

impl Layout {
    /// What can be read of the text.
    fn of(source: &Source) -> Self {
        let mut layout = Self { first_content: source.line_count(), ..Self::default() };
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            emit_comments: true,
            simple_key_max_lookahead: 65_536,
        };
        for (event, span) in Parser::new_from_str_with_options(source.text(), options).map_while(Result::ok) {
            let end = source.text().len();
            let start = span.start.byte_offset().unwrap_or(end);
            let span = Span::new(start, span.end.byte_offset().unwrap_or(end).min(end));
            match event {
                Event::Comment(..) => layout.comments.push(span),
                Event::Scalar(_, style, ..) => {
                    // A block ends where the next thing begins.
                    let last = source.line_of(span.start + u32::try_from(source.slice(span).trim_end().len()).unwrap_or(0));
                    let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                    let first = source.line_of(span.start);
                    // The span of a block begins behind its header.
                    let first = if is_block { line_above(source, first) } else { first };
                    layout.first_content = layout.first_content.min(first);
                    if last > first {
                        layout.long_strings.push((first, last));
                    }
                }
                Event::SequenceStart(..) | Event::MappingStart(..) | Event::Alias(_) => {
                    layout.first_content = layout.first_content.min(source.line_of(span.start));
                }
                _ => {}
            }
        }
        layout
    }

    /// The next line with more than a comment on it.
    fn next_line(&self, source: &Source, after: u32) -> u32 {
        let is_content = |line: &u32| {
            let text = source.slice(source.line_span(*line)).trim_start();
            !text.is_empty() && !text.starts_with('#')
        };
        (after + 1..source.line_count()).find(is_content).unwrap_or(after)
    }

    /// The line on which the string begins that a line is in; else the line itself.
    fn first_of(&self, line: u32) -> u32 {
        let before = self.long_strings.partition_point(|(first, _)| *first <= line);
        self.long_strings[..before].iter().rev().find(|(_, last)| line <= *last).map_or(line, |(first, _)| *first)
    }

    /// The last line of what begins on a line.
    fn end_of(&self, line: u32) -> u32 {
        let from = self.long_strings.partition_point(|(first, _)| *first < line);
        self.long_strings[from..].iter().take_while(|(first, _)| *first == line).map(|(_, last)| *last).max().unwrap_or(line)
    }
}
