//! Conditions, hit conditions and log messages of breakpoints.

use flowdbg_lang::expression::{Expression, ProblemKind};

/// What is said about a program that may not end.
pub(super) const UNPROVEN: &str =
    "the expression may never end (`range`, `recurse`, `until`, `while`, `repeat` or recursion), so it cannot be evaluated at each visit";

/// Checks the text of a condition; its variables are only known where it is hit.
pub(super) fn check(text: &str) -> Result<(), String> {
    let program = flowdbg_lang::expression::unwrap(text).map_or(text.trim(), |(program, _)| program);
    // Reading it without variables names each one it uses; then it is read with them.
    let bare = Expression::new(program, &[]);
    if let Some(problem) = bare.problems().iter().find(|problem| problem.kind != ProblemKind::Variable) {
        let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        return Err(format!("the expression `{program}` does not compile: {} (at column {}){help}", problem.message, problem.start + 1));
    }
    let used: Vec<_> = bare.problems().iter().map(|problem| program[problem.start..problem.end].into()).collect();
    if Expression::new(program, &used).is_harmless() { Ok(()) } else { Err(UNPROVEN.to_owned()) }
}

/// At which hits a breakpoint stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HitCondition {
    Equal(u64),
    AtLeast(u64),
    MoreThan(u64),
    AtMost(u64),
    LessThan(u64),
    Every(u64),
}

impl HitCondition {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a hit condition; write for example 3, >= 3, > 3, <= 3, < 3 or % 3");
        let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let number: u64 = digits.trim().parse().map_err(|_| wrong())?;
        Ok(match text[..text.len() - digits.len()].trim() {
            "" | "=" | "==" => Self::Equal(number),
            ">=" => Self::AtLeast(number),
            ">" => Self::MoreThan(number),
            "<=" => Self::AtMost(number),
            "<" => Self::LessThan(number),
            "%" if number > 0 => Self::Every(number),
            _ => return Err(wrong()),
        })
    }

    pub(super) fn holds(self, hits: u64) -> bool {
        match self {
            Self::Equal(number) => hits == number,
            Self::AtLeast(number) => hits >= number,
            Self::MoreThan(number) => hits > number,
            Self::AtMost(number) => hits <= number,
            Self::LessThan(number) => hits < number,
            Self::Every(number) => hits.is_multiple_of(number),
        }
    }
}

/// A log message: text with expressions in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogMessage(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Expression(String),
}

impl LogMessage {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            if open > 0 {
                parts.push(Part::Text(rest[..open].to_owned()));
            }
            let close = matching(&rest[open..]).ok_or_else(|| format!("the log message `{text}` has a `{{` without its `}}`"))?;
            let expression = rest[open + 1..open + close].trim();
            check(expression)?;
            parts.push(Part::Expression(expression.to_owned()));
            rest = &rest[open + close + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    pub(super) fn fill(&self, evaluate: impl Fn(&str) -> String) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Expression(expression) => evaluate(expression),
            })
            .collect()
    }
}

/// The brace that closes the first one, minding strings.
fn matching(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        if in_string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match c {
            '"' => in_string = true,
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hit_conditions_count() {
        let hits = |text| {
            let condition = HitCondition::parse(text).expect("a condition");
            (1..=6).filter(|hit| condition.holds(*hit)).collect::<Vec<u64>>()
        };
        assert_eq!(hits("3"), [3]);
        assert_eq!(hits("== 3"), [3]);
        assert_eq!(hits(">= 5"), [5, 6]);
        assert_eq!(hits(">5"), [6]);
        assert_eq!(hits("< 2"), [1]);
        assert_eq!(hits("% 2"), [2, 4, 6]);
        for wrong in ["", "x", "% 0", ">> 3", "3 4", "-1"] {
            assert!(HitCondition::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn log_messages_hold_expressions() {
        let message = LogMessage::parse("total {.total} of {{\"a\": \"}\"}}!").expect("a message");
        assert_eq!(message.fill(|expression| format!("<{expression}>")), "total <.total> of <{\"a\": \"}\"}>!");
        assert!(LogMessage::parse("{.a").is_err());
        assert!(LogMessage::parse("{.a +}").is_err());
    }

    #[test]
    fn conditions_must_compile_and_end() {
        assert_eq!(check(".total > 10 and $item.x"), Ok(()));
        assert!(check(".a +").is_err());
        assert!(check("last(range(1e12)) > 0").is_err());
    }
}
