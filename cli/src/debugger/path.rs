//! Paths to values: `.items[0].price`, `$context.user["first name"]`.

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(u64),
}

/// Where a path begins, and how it goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// `$context`, another variable with its `$`, or none for `.`.
    pub(super) variable: Option<String>,
    pub(super) steps: Vec<Step>,
}

/// Cuts a line after its path: at the first white space outside of quotes and brackets.
pub(super) fn split(line: &str) -> (&str, &str) {
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_u32);
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            c if c.is_whitespace() && depth == 0 => return line.split_at(at),
            _ => {}
        }
    }
    (line, "")
}

/// Reads a path.
pub(super) fn parse(text: &str) -> Result<Path, String> {
    let wrong = || format!("`{text}` is not a path; write one as `.items[0].price` or `$context.user`");
    let name_end = |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let mut rest = text;
    let mut variable = None;
    if let Some(after) = rest.strip_prefix('$') {
        let end = name_end(after);
        if end == 0 {
            return Err(wrong());
        }
        variable = Some(format!("${}", &after[..end]));
        rest = &after[end..];
    } else if !rest.starts_with('.') {
        return Err(wrong());
    }
    let mut steps = Vec::new();
    if rest == "." {
        return Ok(Path { variable, steps });
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.').unwrap_or(rest).strip_prefix('[') {
            let (step, after) = bracket(after).ok_or_else(wrong)?;
            steps.push(step);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            if after.starts_with('"') {
                let (key, after) = quoted(after).ok_or_else(wrong)?;
                steps.push(Step::Key(key));
                rest = after;
            } else {
                let end = name_end(after);
                if end == 0 {
                    return Err(wrong());
                }
                steps.push(Step::Key(after[..end].to_owned()));
                rest = &after[end..];
            }
        } else {
            return Err(wrong());
        }
    }
    Ok(Path { variable, steps })
}

/// What stands in brackets, and what follows them.
fn bracket(text: &str) -> Option<(Step, &str)> {
    if text.starts_with('"') {
        let (key, after) = quoted(text)?;
        return Some((Step::Key(key), after.strip_prefix(']')?));
    }
    let (number, after) = text.split_once(']')?;
    Some((Step::Index(number.trim().parse().ok()?), after))
}

/// A JSON string, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut strings = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let string = strings.next()?.ok()?;
    Some((string, &text[strings.byte_offset()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let key = |key: &str| Step::Key(key.to_owned());
        assert_eq!(parse("."), Ok(Path { variable: None, steps: vec![] }));
        assert_eq!(parse(".a[2].b"), Ok(Path { variable: None, steps: vec![key("a"), Step::Index(2), key("b")] }));
        assert_eq!(
            parse("$context.\"x y\"[\"z]\"][0]"),
            Ok(Path { variable: Some("$context".into()), steps: vec![key("x y"), key("z]"), Step::Index(0)] })
        );
        assert_eq!(parse(".[1]"), Ok(Path { variable: None, steps: vec![Step::Index(1)] }));
        for wrong in ["", "a", "$", ".a[", ".a[x]", ".a..b", ".a[\"b]", "$a b", ".a|b"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_is_cut_after_its_path() {
        assert_eq!(split(".a[\"b c\"] 1 + 2"), (".a[\"b c\"]", " 1 + 2"));
        assert_eq!(split(".\"a \\\" b\" 1"), (".\"a \\\" b\"", " 1"));
        assert_eq!(split(".a"), (".a", ""));
    }
}
