//! Expressions that do not fill their string: text with `${ }` inside, two expressions in one
//! string, and an expression that a comment cuts off.

use crate::{
    codes,
    diagnostic::{Diagnostic, Fix},
    dsl::{Resolved, Shape},
    expression,
    ide::{
        diagnostics::{Check, CheckContext, edits, not_evaluated},
        sites::first_line,
    },
    text::Span,
    tree::{NodeId, ScalarStyle},
};

pub(super) const CHECK: Check = Check { codes: &[codes::PARTIAL_EXPRESSION], run: check };

/// Whether the text between the first `${` and the last `}` is more than one expression.
pub(super) fn is_several(program: &str) -> bool {
    pieces(&format!("${{{program}}}")).is_some_and(|pieces| pieces.iter().filter(|piece| matches!(piece, Piece::Program(_))).count() > 1)
}

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for site in context.sites.list() {
        match &site.resolved {
            Resolved::Leaf(Shape::Expression | Shape::Wrapped | Shape::Text | Shape::Scalar | Shape::MediaType | Shape::Duration) => {
                found.extend(scalar(context, site.node));
            }
            Resolved::Free(Shape::Data | Shape::DataMap | Shape::FilledDataMap | Shape::ObjectList) => {
                not_evaluated::leaves(context.tree, site.node, &mut |node| found.extend(scalar(context, node)));
            }
            _ => {}
        }
    }
}

fn scalar(context: &CheckContext<'_>, node: NodeId) -> Option<Diagnostic> {
    let text = context.tree.string(node)?;
    if !text.contains("${") {
        return None;
    }
    let span = first_line(context.tree, context.tree.span(node));
    let whole = expression::unwrap(text);
    let Some(pieces) = pieces(text) else {
        // The first `${` is never closed.
        return whole.is_none().then(|| unclosed(context, node, span)).flatten();
    };
    let programs = pieces.iter().filter(|piece| matches!(piece, Piece::Program(_))).count();
    let diagnostic = match (whole.is_some(), programs) {
        (true, 0 | 1) | (false, 0) => return None,
        (true, _) => {
            Diagnostic::error(codes::PARTIAL_EXPRESSION, span, "this string holds several expressions, but a string is at most one")
        }
        (false, _) => {
            let message = "an expression must be the whole string: here `${ }` stays as it is";
            Diagnostic::warning(codes::PARTIAL_EXPRESSION, span, message)
        }
    };
    let joined = joined(&pieces);
    let diagnostic = diagnostic.help(format!("join text inside of one expression: {joined}"));
    let fix = edits::rewrite_scalar(context.tree, node, edits::quoted(&joined))
        .map(|fix: Fix| fix.titled("Join the text inside of one expression"));
    Some(
        fix.filter(|_| context.tree.scalar(node).is_some_and(|scalar| scalar.style != ScalarStyle::DoubleQuoted || !is_json(context)))
            .into_iter()
            .fold(diagnostic, Diagnostic::fix),
    )
}

fn is_json(context: &CheckContext<'_>) -> bool {
    context.tree.source().text().trim_start().starts_with('{')
}

/// An expression that is not closed: plain text ends at ` #`, where YAML begins a comment.
fn unclosed(context: &CheckContext<'_>, node: NodeId, span: Span) -> Option<Diagnostic> {
    let text = context.tree.text(node)?;
    if !text.trim_start().starts_with("${") {
        return None;
    }
    let diagnostic =
        Diagnostic::warning(codes::PARTIAL_EXPRESSION, span, "this expression has no closing `}`, so it is taken as plain text");
    let source = context.tree.source().text();
    let end = context.tree.span(node).end as usize;
    let rest = source[end..].split('\n').next().unwrap_or("");
    let plain = context.tree.scalar(node)?.style == ScalarStyle::Plain;
    if plain && rest.trim_start().starts_with('#') && rest.trim_end().ends_with('}') {
        let whole = Span::new(span.start as usize, end + rest.trim_end().len());
        let fix = Fix::replace(whole, edits::quoted(context.tree.source().slice(whole))).titled("Put the expression in quotes");
        return Some(diagnostic.help("YAML begins a comment at ` #`; put the whole expression in quotes").fix(fix));
    }
    Some(diagnostic.help("close it with `}`"))
}

enum Piece<'a> {
    Text(&'a str),
    Program(&'a str),
}

/// The text and the programs of a string, if every `${` is closed; brackets and strings inside a
/// program are counted.
fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if !rest[..at].is_empty() {
            pieces.push(Piece::Text(&rest[..at]));
        }
        let program = &rest[at + 2..];
        let end = closing(program)?;
        pieces.push(Piece::Program(program[..end].trim()));
        rest = &program[end + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Some(pieces)
}

/// The `}` that closes a program.
fn closing(program: &str) -> Option<usize> {
    let (mut depth, mut string, mut escaped) = (0_usize, false, false);
    for (at, byte) in program.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            b'{' if !string => depth += 1,
            b'}' if !string && depth == 0 => return Some(at),
            b'}' if !string => depth -= 1,
            _ => {}
        }
    }
    None
}

/// One expression that gives the same text.
fn joined(pieces: &[Piece<'_>]) -> String {
    let mut text = String::new();
    let trimmed = |piece: &str| piece.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.push_str(&trimmed(piece)),
            Piece::Program(program) => {
                text.push_str("\\(");
                text.push_str(program);
                text.push(')');
            }
        }
    }
    format!("${{ \"{text}\" }}")
}
