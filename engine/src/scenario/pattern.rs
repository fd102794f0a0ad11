//! Patterns for names, command lines and addresses.

/// A text in which `*` stands for any characters.
///
/// In an address and in a task's reference the parts between slashes are matched one by one: `*`
/// stays within its part, `**` is any number of parts, and `{name}` takes one part and names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// The whole text.
    Plain,
    /// By the parts between slashes.
    Parts(Vec<Part>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Glob(String),
    Parameter(String),
    Any,
}

impl Pattern {
    /// A pattern for a whole text: a name, a kind, a command line.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), kind: Kind::Plain }
    }

    /// A pattern for an address or a reference.
    #[must_use]
    pub fn path(text: &str) -> Self {
        let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => Part::Parameter(name.to_owned()),
            None if part == "**" => Part::Any,
            None => Part::Glob(part.to_owned()),
        };
        Self { text: text.to_owned(), kind: Kind::Parts(trimmed(text).split('/').map(part).collect()) }
    }

    /// As it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it fits; if so, what its `{name}` parts took, decoded.
    #[must_use]
    pub fn fits(&self, text: &str) -> Option<Vec<(String, String)>> {
        match &self.kind {
            Kind::Plain => glob(&self.text, text).then(Vec::new),
            Kind::Parts(parts) => {
                let found: Vec<String> = trimmed(text).split('/').map(decode).collect();
                let mut taken = Vec::new();
                parts_fit(parts, &found, &mut taken).then_some(taken)
            }
        }
    }
}

/// A slash at the end makes no difference.
fn trimmed(text: &str) -> &str {
    text.strip_suffix('/').unwrap_or(text)
}

fn parts_fit(parts: &[Part], found: &[String], taken: &mut Vec<(String, String)>) -> bool {
    match parts.split_first() {
        None => found.is_empty(),
        Some((Part::Any, rest)) => (0..=found.len()).any(|skipped| {
            let before = taken.len();
            let fits = parts_fit(rest, &found[skipped..], taken);
            if !fits {
                taken.truncate(before);
            }
            fits
        }),
        Some((part, rest)) => {
            let Some((first, others)) = found.split_first() else { return false };
            match part {
                Part::Parameter(_) if first.is_empty() => return false,
                Part::Parameter(name) => taken.push((name.clone(), first.clone())),
                Part::Glob(pattern) if !glob(pattern, first) => return false,
                Part::Glob(_) | Part::Any => {}
            }
            parts_fit(rest, others, taken)
        }
    }
}

/// Whether a text is as a pattern says in which `*` is any characters.
fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A part of a path without its percent signs.
#[must_use]
pub fn decode(part: &str) -> String {
    let bytes = part.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex.filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, text) in [("a*c", "abc"), ("*", ""), ("get*", "getPet"), ("*Pet*", "getPets"), ("echo *world*", "echo hello world")] {
            assert!(Pattern::plain(pattern).fits(text).is_some(), "{pattern} {text}");
        }
        for (pattern, text) in [("a*c", "ab"), ("get", "getPet"), ("a*b*b", "ab"), ("ab*b", "ab"), ("", "a")] {
            assert!(Pattern::plain(pattern).fits(text).is_none(), "{pattern} {text}");
        }
    }

    #[test]
    fn parts_are_matched_one_by_one() {
        let fits = |pattern: &str, text: &str| {
            Pattern::path(pattern)
                .fits(text)
                .map(|taken| taken.into_iter().map(|(name, part)| format!("{name}={part}")).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(fits("https://a.example/pets/{id}", "https://a.example/pets/a%2Fb").as_deref(), Some("id=a/b"));
        assert_eq!(fits("https://a.example/pets/{id}", "https://a.example/pets/"), None);
        assert_eq!(fits("https://a.example", "https://a.example/").as_deref(), Some(""));
        assert_eq!(fits("https://*.example/**", "https://a.example/x/y/z").as_deref(), Some(""));
        assert_eq!(fits("https://a.example/**/{last}", "https://a.example/x/y/z").as_deref(), Some("last=z"));
        assert_eq!(fits("https://a.example/*", "https://a.example/x/y"), None);
        assert_eq!(fits("/do/*/getPet", "/do/3/getPet").as_deref(), Some(""));
        assert_eq!(fits("/do/**", "/do/3/tryPet/try/0/getPet").as_deref(), Some(""));
    }
}
