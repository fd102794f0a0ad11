//! Which files are workflow files.

/// How many lines from the top are looked at.
const LINES: usize = 30;

/// Whether a file is a workflow: by its name (`*.workflow.yaml`, `.yml` or `.json`, `*.ow.yaml` or
/// `.yml`), or because a `document` with a `dsl` stands near its top.
#[must_use]
pub fn is_workflow(path: &str, text: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    let endings = [".workflow.yaml", ".workflow.yml", ".workflow.json", ".ow.yaml", ".ow.yml"];
    if endings.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending)) {
        return true;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') { json_declares(text) } else { yaml_declares(text) }
}

/// Looks for `document:` at column 0 and `dsl:` inside of it.
fn yaml_declares(text: &str) -> bool {
    let mut inside = false;
    for line in text.lines().take(LINES) {
        let body = line.trim_start();
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        if body.len() == line.len() {
            let Some(rest) = after_key(line, "document") else {
                inside = false;
                continue;
            };
            // The mapping may be written on the same line: `document: { dsl: "1.0.3" }`.
            let flow = rest.trim_start_matches([' ', '{']);
            if rest.trim_start().starts_with('{') && flow.split(',').any(|member| after_key(member.trim_start(), "dsl").is_some()) {
                return true;
            }
            // Text after the colon is a value; only a mapping can hold `dsl`.
            inside = rest.trim_start().is_empty() || rest.trim_start().starts_with(['#', '{', '&', '!']);
        } else if inside && after_key(body, "dsl").is_some() {
            return true;
        }
    }
    false
}

/// What follows a key, plain or in quotes, and its colon.
fn after_key<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let text = text.strip_prefix(['"', '\'']).unwrap_or(text);
    let rest = text.strip_prefix(key)?;
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    rest.trim_start_matches(' ').strip_prefix(':')
}

/// Looks for the outermost `"document": {` and a `"dsl":` inside of it.
fn json_declares(text: &str) -> bool {
    let mut depth = 0_i32;
    let mut document = false;
    let mut rest = text;
    let mut lines = 0;
    while let Some(c) = rest.chars().next() {
        match c {
            '\n' => {
                lines += 1;
                if lines >= LINES {
                    return false;
                }
            }
            '{' | '[' => depth += 1,
            '}' | ']' => {
                depth -= 1;
                document = document && depth > 1;
            }
            '"' => {
                let Some(end) = string_end(rest) else { return false };
                let is_key = rest[end..].trim_start().starts_with(':');
                match (&rest[1..end - 1], depth) {
                    ("document", 1) if is_key => document = true,
                    ("dsl", 2) if is_key && document => return true,
                    (_, 1) if is_key => document = false,
                    _ => {}
                }
                rest = &rest[end..];
                continue;
            }
            _ => {}
        }
        rest = &rest[c.len_utf8()..];
    }
    false
}

/// The byte after the closing quote of the string that the text begins with.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::is_workflow;

    #[test]
    fn names_tell() {
        for name in ["a.workflow.yaml", "/x/a.workflow.yml", "C:\\x\\A.Workflow.JSON", "a.ow.yaml", "a.ow.yml"] {
            assert!(is_workflow(name, ""), "{name}");
        }
        for name in ["workflow.yaml", ".workflow.yaml", "a.yaml", "a.ow.json", "a.workflow.yaml.txt", "flow.yml"] {
            assert!(!is_workflow(name, ""), "{name}");
        }
    }

    #[test]
    fn a_document_with_a_dsl_near_the_top_tells() {
        for text in [
            "document:\n  dsl: '1.0.3'\n",
            "# about\n---\ndocument:\n  # about\n  namespace: a\n  dsl: 1.0.3\n",
            "\"document\":\n    \"dsl\": \"1.0.3\"\n",
            "document: { namespace: a, dsl: '1.0.3' }\ndo: []\n",
            "{\"document\": {\"dsl\": \"1.0.3\"}, \"do\": []}",
            "\u{feff}{\n  \"x\": {\"a\": [1]},\n  \"document\": {\n    \"name\": \"dsl\",\n    \"dsl\": \"1.0.3\"\n  }\n}",
        ] {
            assert!(is_workflow("a.yaml", text), "{text}");
        }
    }

    #[test]
    fn others_are_left_alone() {
        let late = format!("{}document:\n  dsl: '1.0.3'\n", "#\n".repeat(40));
        for text in [
            "",
            "name: ci\non: push\n",
            "document:\n  name: a\nx:\n  dsl: 1\n",
            "x:\n  document:\n    dsl: 1\n",
            "documents:\n  dsl: 1\n",
            "document: a\ndsl: 1\n",
            "{\"document\": {\"name\": \"dsl\"}, \"dsl\": 1}",
            "{\"a\": {\"document\": {\"dsl\": 1}}}",
            "{\"document\": {\"a\": {\"dsl\": 1}}}",
            "{\"document",
            &late,
        ] {
            assert!(!is_workflow("a.yaml", text), "{text}");
        }
    }
}
