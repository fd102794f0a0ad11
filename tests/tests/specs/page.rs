//! A page: its cases, each with files and a transcript.

/// A Markdown page.
pub(crate) struct Page {
    lines: Vec<String>,
    /// Its tests.
    pub(crate) cases: Vec<Case>,
}

/// One test of a page.
pub(crate) struct Case {
    /// Its heading.
    pub(crate) title: String,
    /// Its `yaml` blocks, as one fixture.
    pub(crate) fixture: String,
    /// Its transcript.
    pub(crate) session: Vec<String>,
    /// The transcript's lines in the page.
    place: std::ops::Range<usize>,
}

impl Page {
    /// Reads a page.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let (mut cases, mut title, mut fixture) = (Vec::new(), String::new(), String::new());
        let mut at = 0;
        while at < lines.len() {
            let line = &lines[at];
            if let Some(heading) = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim()) {
                title = heading.to_owned();
                fixture.clear();
            }
            let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else {
                at += 1;
                continue;
            };
            let start = at + 1;
            let end = (start..lines.len()).find(|at| lines[*at] == "```").ok_or(format!("line {start}: the block has no end"))?;
            let block = &lines[start..end];
            match kind {
                "yaml" => fixture.push_str(&format!("{}\n", block.join("\n"))),
                "session" if fixture.is_empty() => return Err(format!("line {start}: a session without a workflow")),
                "session" => {
                    cases.push(Case { title: title.clone(), fixture: fixture.clone(), session: block.to_vec(), place: start..end })
                }
                other => return Err(format!("line {start}: a block of kind `{other}` is not known here")),
            }
            at = end + 1;
        }
        Ok(Self { lines, cases })
    }

    /// The page with other transcripts.
    pub(crate) fn with(&self, seen: &[Vec<String>]) -> String {
        let mut lines = self.lines.clone();
        for (case, seen) in self.cases.iter().zip(seen).rev() {
            lines.splice(case.place.clone(), seen.iter().cloned());
        }
        format!("{}\n", lines.join("\n"))
    }
}

/// Two transcripts, line by line.
pub(crate) fn diff(expected: &[String], actual: &[String]) -> String {
    let same = expected.iter().zip(actual).take_while(|(a, b)| a == b).count();
    let mut lines: Vec<String> = expected[..same].iter().map(|line| format!("    {line}")).collect();
    lines.extend(expected[same..].iter().map(|line| format!("  - {line}")));
    lines.extend(actual[same..].iter().map(|line| format!("  + {line}")));
    lines.join("\n")
}
