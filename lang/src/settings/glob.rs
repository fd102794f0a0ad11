//! Patterns for paths: `*` and `?` within a part, `**` for any number of parts.

/// A pattern, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Glob {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    /// `**`
    Any,
    /// Everything else.
    One(Vec<char>),
}

impl Glob {
    /// Reads a pattern. One without `/`, except at its end, is meant at any depth.
    pub(super) fn parse(pattern: &str) -> Result<Self, String> {
        let body = pattern.strip_prefix("./").unwrap_or(pattern);
        let body = body.strip_suffix('/').unwrap_or(body);
        if body.is_empty() {
            return Err("a pattern is empty".to_owned());
        }
        if let Some(mark) = body.chars().find(|c| matches!(c, '[' | ']' | '{' | '}' | '!' | '\\')) {
            return Err(format!("`{mark}` has no meaning in a pattern; `*`, `?` and `**` have, and `/` is between folders"));
        }
        let anchored = body.contains('/');
        let body = body.strip_prefix('/').unwrap_or(body);
        let mut parts = if anchored { Vec::new() } else { vec![Part::Any] };
        for part in body.split('/') {
            match part {
                "" | "." | ".." => return Err(format!("`{pattern}` has a part `{part}`; paths are below the folder of the settings")),
                "**" => parts.push(Part::Any),
                part => parts.push(Part::One(part.chars().collect())),
            }
        }
        Ok(Self { parts })
    }

    /// Whether the pattern means the path or a folder that it is in.
    pub(super) fn matches(&self, path: &str) -> bool {
        let path: Vec<Vec<char>> = path.split('/').map(|part| part.chars().collect()).collect();
        (1..=path.len()).any(|length| {
            let is_many = |part: &Part| matches!(part, Part::Any);
            let fits = |part: &Part, name: &Vec<char>| match part {
                Part::Any => true,
                Part::One(part) => wild(part, name, |mark| *mark == '*', |mark, c| *mark == '?' || mark == c),
            };
            wild(&self.parts, &path[..length], is_many, fits)
        })
    }
}

/// Matches with one kind of item that stands for any number of others. Only the last such item is
/// ever tried again, so the time is at most the product of both lengths.
fn wild<P, T>(pattern: &[P], text: &[T], is_many: impl Fn(&P) -> bool, fits: impl Fn(&P, &T) -> bool) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut again = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(item) if is_many(item) => {
                again = Some((at + 1, from));
                at += 1;
            }
            Some(item) if fits(item, &text[from]) => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((after, taken)) = again else { return false };
                again = Some((after, taken + 1));
                (at, from) = (after, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(is_many)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_files_and_whole_folders() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("drafts", &["drafts/a.yaml", "x/drafts/y/a.yaml"], &["drafts.yaml", "mydrafts/a.yaml"]),
            ("drafts/", &["drafts/a.yaml", "x/drafts/a.yaml"], &["a.yaml"]),
            ("/drafts", &["drafts/a.yaml"], &["x/drafts/a.yaml"]),
            ("a/b", &["a/b", "a/b/c.yaml"], &["x/a/b", "a/bc"]),
            ("*.ow.yaml", &["a.ow.yaml", "x/a.ow.yaml"], &["a.yaml"]),
            ("a/*.yaml", &["a/b.yaml"], &["a/x/b.yaml", "b.yaml"]),
            ("a/**/z.yaml", &["a/z.yaml", "a/b/c/z.yaml"], &["z.yaml", "b/a/z.yaml"]),
            ("**/b/*", &["b/x", "a/b/x/y"], &["b", "a/b"]),
            ("t?st", &["test/a", "tést"], &["tst", "teest"]),
            ("*a*b*", &["xxaxxbxx"], &["ba"]),
        ];
        for (pattern, yes, no) in cases {
            let glob = Glob::parse(pattern).unwrap();
            for path in *yes {
                assert!(glob.matches(path), "{pattern} {path}");
            }
            for path in *no {
                assert!(!glob.matches(path), "{pattern} {path}");
            }
        }
    }

    #[test]
    fn what_has_no_meaning_is_refused() {
        for pattern in ["", "/", "a//b", "../a", "[ab]", "!a", "a\\b"] {
            assert!(Glob::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!Glob::parse(&format!("{}b", "*a".repeat(200))).unwrap().matches(&"a".repeat(5_000)));
        assert!(!Glob::parse(&format!("{}z", "**/a/".repeat(100))).unwrap().matches(&"a/b/".repeat(500)));
    }
}
