//! Expressions: results, problems at their places, and which ones are proven to end.

use super::*;
use crate::value::{object, parse_json, string};

struct Fixed;

impl Scope for Fixed {
    fn variable(&self, name: &str) -> Value {
        object([("name", string(name))])
    }

    fn now(&self) -> f64 {
        1_800_000_000.0
    }
}

fn available() -> Vec<Arc<str>> {
    ["$context", "$input"].map(Into::into).to_vec()
}

fn run(text: &str, input: &str) -> String {
    let expression = Expression::new(text, &available());
    assert_eq!(expression.problems(), []);
    match expression.evaluate(parse_json(input).unwrap(), &Fixed) {
        Ok(value) => value.to_json(),
        Err(error) => format!("error: {error}"),
    }
}

/// Draws the problems under the text.
fn drawn(text: &str) -> String {
    let expression = Expression::new(text, &available());
    let lines = expression.problems().iter().map(|problem| {
        let (start, end) = (text[..problem.start].chars().count(), text[..problem.end].chars().count());
        format!("{}{} {}", " ".repeat(start), "^".repeat((end - start).max(1)), problem.message)
    });
    std::iter::once(text.to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

#[test]
fn results_are_one_value() {
    assert_eq!(run(".a + 1", r#"{"a": 1}"#), "2");
    assert_eq!(run(".[]", "[1, 2]"), "[1,2]");
    assert_eq!(run("empty", "null"), "null");
    assert_eq!(run("$input.name", "null"), r#""$input""#);
    assert_eq!(run(". + [\"red\"]", "null"), r#"["red"]"#);
    assert_eq!(run("now", "null"), "1800000000.0");
    assert_eq!(run(". as [$a, {$b}] | [$a, $b]", r#"[1, {"b": 2}]"#), "[1,2]");
    assert_eq!(run("error(\"no\")", "null"), "error: no");
}

#[test]
fn problems_stand_at_their_place() {
    for (text, place) in [
        (".a +", "+"),
        (".a | foo(1)", "foo"),
        (".a + $nope", "$nope"),
        ("[1, 2", "2"),
        ("if . then 1", "1"),
        ("map(", "("),
        ("length(1)", "length"),
        ("halt", "halt"),
        ("env.HOME", "env"),
    ] {
        let expression = Expression::new(text, &available());
        let problem = expression.problems().first().unwrap_or_else(|| panic!("{text} has no problem"));
        assert!(text[problem.start..].starts_with(place), "{}", drawn(text));
    }
    assert_eq!(drawn(". | mapp(.)"), ". | mapp(.)\n    ^^^^ there is no function `mapp`");
}

#[test]
fn local_names_are_no_problem() {
    for text in [
        "reduce .[] as $x (0; . + $x)",
        ". as {a: $x, $b} | $x + $b",
        "def f(g; $n): g + $n; f(.a; 1)",
        "label $out | 1, break $out",
        "\"a \\(.b) \\($input.c)\"",
        "@base64 \"\\(.x)\"",
        "{a: 1, $input, \"b\": 2, (.c): 3}",
        ".[1:-1] | first",
        "[paths] | length",
        "try error(\"x\") catch .",
    ] {
        assert_eq!(Expression::new(text, &available()).problems(), [], "{text}");
    }
}

#[test]
fn endless_programs_are_told_apart() {
    let harmless = |text| Expression::new(text, &available()).is_harmless();
    for text in [".a.b", "[.[] | .x * 2] | add", "[range(10)]", "[..]", "def f: . + 1; f", "walk(.)", "[limit(3; .[])]"] {
        assert!(harmless(text), "{text}");
    }
    for text in [
        "last(range(1e12))",
        "until(false; .)",
        "def f: f; f",
        "[recurse(. + 1)]",
        "def f: def g: f; g; f",
        "[repeat(1)]",
        "range(0; 1; 0)",
    ] {
        assert!(!harmless(text), "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(Expression::new(&deep, &[]).problems().len(), 1);
    assert_eq!(Expression::new(&"-".repeat(100_000), &[]).problems().len(), 1);
}

#[test]
fn braces_are_unwrapped_with_their_offset() {
    assert_eq!(unwrap("${ .a }"), Some((".a", 3)));
    assert_eq!(unwrap("  ${.a}\n"), Some((".a", 4)));
    assert_eq!(unwrap("a ${ .a }"), None);
    assert_eq!(unwrap("plain"), None);
}

#[test]
fn syntax_tells_what_is_read() {
    let facts = |text: &str| Expression::new(text, &available()).facts().clone();
    let read = |text: &str| {
        let shown = |reading: &Reading| {
            let base = match &reading.base {
                Base::Input => String::new(),
                Base::Variable(name) => name.clone(),
            };
            let members = reading.members.iter().map(|member| match member {
                Member::Key(name, range) => {
                    assert_eq!(&text[range.clone()], name, "{text}");
                    format!(".{name}")
                }
                Member::Item => "[]".to_owned(),
            });
            base + &members.collect::<String>()
        };
        facts(text).readings.iter().map(shown).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(read(".a.b + $input[0].c.d"), ".a.b $input[].c.d");
    assert_eq!(read(".a | .b"), ".a");
    assert_eq!(read("{x: .a, y: [.b[]]}"), ".a .b[]");
    assert_eq!(read("map(.c) | length"), "");
    assert_eq!(read("\"a \\(.b) \\($context.c)\""), ".b $context.c");
    assert_eq!(read("if .a then .b else $context end"), ".a .b $context");
    for (text, list) in [("[.a]", true), (".a + [1]", true), (".a | [.[]]", true), (".a", false), ("map(.x)", false)] {
        assert_eq!(facts(text).gives_list, list, "{text}");
    }
    for (text, constant) in [("true", true), ("1 < 2", true), ("\"a\" == \"b\"", true), (".a", false), ("now", false), ("$input", false)] {
        assert_eq!(facts(text).is_constant, constant, "{text}");
    }
}
