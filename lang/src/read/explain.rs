//! What is said about text that is not valid: where the fault begins, and how to mend it.

use std::ops::Range;

use granit_parser::ErrorKind;

use super::build::Failure;
use crate::{codes, diagnostic::Diagnostic, text::Span};

/// A tab in indentation.
pub(super) fn tab(at: usize) -> Diagnostic {
    Diagnostic::error(codes::TAB, Span::new(at, at + 1), "a tab is used for indentation, which YAML forbids").help("indent with spaces")
}

/// A quote or bracket that is never closed, at its opening.
pub(super) fn unclosed(text: &str, at: usize) -> Diagnostic {
    let rest = &text[at..];
    let line = rest.split(['\n', '\r']).next().unwrap_or("");
    match line.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let message = format!("this quote is never closed: a `{quote}` is missing");
            Diagnostic::error(codes::SYNTAX, Span::new(at, at + line.trim_end().len()), message)
        }
        Some(open) => {
            let close = if open == '[' { ']' } else { '}' };
            Diagnostic::error(
                codes::SYNTAX,
                Span::new(at, at + open.len_utf8()),
                format!("this `{open}` is never closed: a `{close}` is missing"),
            )
        }
        None => Diagnostic::error(codes::SYNTAX, Span::empty(at), "the text ends here unexpectedly"),
    }
}

/// An expression without quotes in which `: ` or ` #` was read as YAML.
pub(super) fn unquoted_expression(span: Span) -> Diagnostic {
    let message = "this expression needs quotes: `: `, ` #`, braces and commas have a meaning of their own in YAML";
    Diagnostic::error(codes::SYNTAX, span, message)
        .help("put the expression in quotes: \"${ … }\", or '${ … }' if it has double quotes inside")
}

/// What the strict parser said about a part, at the place that is to blame.
pub(super) fn failure(text: &str, part: Range<usize>, opener: Option<usize>, failure: &Failure) -> Diagnostic {
    if let Some(opener) = opener {
        return unclosed(text, opener);
    }
    let kept = text[part.clone()].trim_end().len();
    let value = &text[part.start..part.start + kept];
    let first = without_comment(value.split(['\n', '\r']).next().unwrap_or(""));
    let whole = Span::new(part.start, part.start + first.len());
    if value.starts_with("${") {
        return unquoted_expression(whole);
    }
    if value.starts_with('"')
        && let Some((at, length)) = bad_escape(value)
    {
        let escape = &value[at..at + length];
        let span = Span::new(part.start + at, part.start + at + length);
        let message = format!("`{escape}` is not an escape sequence that YAML knows");
        return Diagnostic::error(codes::SYNTAX, span, message).help("write `\\\\` for a backslash, or use single quotes");
    }
    match &failure.kind {
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation | ErrorKind::TabInPlainScalar => {
            if let Some(at) = text[part.clone()].find('\t') {
                return tab(part.start + at);
            }
        }
        ErrorKind::MappingValueNotAllowed => {
            let message = "`: ` is not allowed in a value without quotes";
            return Diagnostic::error(codes::SYNTAX, whole, message).help("put the value in quotes");
        }
        _ => {}
    }
    let at = failure.at;
    let span = if (part.start..part.start + kept).contains(&at) {
        let line = text[at..part.start + kept].split(['\n', '\r']).next().unwrap_or("");
        Span::new(at, at + without_comment(line).len().max(line.chars().next().map_or(0, char::len_utf8)))
    } else {
        whole
    };
    Diagnostic::error(codes::SYNTAX, span, failure.info.clone())
}

/// The first escape in a double-quoted text that does not exist: its place and length.
fn bad_escape(text: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        let place = at + found;
        let c = text[place + 1..].chars().next()?;
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            '0' | 'a' | 'b' | 't' | '\t' | 'n' | 'v' | 'f' | 'r' | 'e' | ' ' | '"' | '/' | '\\' | 'N' | '_' | 'L' | 'P' | '\n' | '\r' => 0,
            _ => return Some((place, 1 + c.len_utf8())),
        };
        let end = place + 1 + c.len_utf8() + digits;
        let hex = text.get(place + 2..end).unwrap_or("");
        if digits > 0 {
            let good = hex.len() == digits && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
            let code = u32::from_str_radix(hex, 16).unwrap_or(u32::MAX);
            let pair = text.get(end..end + 6).is_some_and(|next| {
                let low = next.strip_prefix("\\u").and_then(|low| u32::from_str_radix(low, 16).ok());
                low.is_some_and(|low| (0xDC00..0xE000).contains(&low))
            });
            if good && (0xD800..0xDC00).contains(&code) && pair {
                at = end + 6;
                continue;
            }
            if !good || char::from_u32(code).is_none() {
                let length = 2 + hex.bytes().take_while(u8::is_ascii_hexdigit).count();
                return Some((place, length));
            }
        }
        at = end.min(text.len());
    }
    None
}

/// A line without the comment at its end, and without blanks there.
pub(super) fn without_comment(line: &str) -> &str {
    let comment = line.match_indices('#').find(|(at, _)| *at > 0 && line[..*at].ends_with([' ', '\t']));
    comment.map_or(line, |(at, _)| &line[..at]).trim_end()
}
