//! No miss: sound workflows are broken in every way below, one place at a time, and each break is
//! reported on its line.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
};

use flowdbg_lang::{
    diagnostic::Diagnostic,
    dsl::{Others, Resolved, Shape},
    expression,
    ide::{Role, Site, Sites},
    text::Span,
    tree::{NodeId, NodeKind, ScalarStyle, Tree},
};

use crate::support;

/// In how many places of a file each way is tried at most.
const PLACES: usize = 4;

/// A broken text, and the lines of which one must be blamed.
struct Broken {
    text: String,
    lines: Vec<u32>,
    /// Whether lines behind the break count: what is opened there swallows them.
    behind: bool,
}

/// What a way to break looks at.
struct View<'a> {
    tree: &'a Tree,
    sites: &'a Sites,
    text: &'a str,
}

impl View<'_> {
    fn line(&self, at: u32) -> u32 {
        self.tree.source().line_of(at)
    }

    /// The text with a part of it replaced; the line of that part is to blame.
    fn replaced(&self, span: Span, by: &str) -> Broken {
        let text = format!("{}{by}{}", &self.text[..span.start as usize], &self.text[span.end as usize..]);
        Broken { text, lines: vec![self.line(span.start)], behind: false }
    }

    fn inserted(&self, at: u32, what: &str) -> Broken {
        self.replaced(Span::empty(at as usize), what)
    }

    fn scalar(&self, node: NodeId) -> Option<&str> {
        self.tree.text(node).map(|text| &**text)
    }

    /// One-line scalars, plain or in quotes.
    fn is_simple(&self, node: NodeId) -> bool {
        let style = self.tree.scalar(node).map(|scalar| scalar.style);
        let written = self.tree.source().slice(self.tree.span(node));
        matches!(style, Some(ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted))
            && !written.contains('\n')
            && !written.is_empty()
    }

    /// Leaves of a shape, as one-line scalars.
    fn leaves(&self, wanted: impl Fn(&Shape) -> bool) -> Vec<&Site> {
        let fits = |site: &&Site| matches!(&site.resolved, Resolved::Leaf(shape) if wanted(shape)) && self.is_simple(site.node);
        self.sites.list().iter().filter(fits).collect()
    }

    /// Leaves of a shape, each replaced.
    fn leaves_replaced(&self, by: &str, wanted: impl Fn(&Shape) -> bool) -> Vec<Broken> {
        self.leaves(wanted).iter().map(|site| self.replaced(self.tree.span(site.node), by)).collect()
    }

    fn properties(&self, names: &[&str]) -> Vec<&Site> {
        let known = |site: &&Site| matches!(site.role, Role::Property(property) if names.contains(&property.name));
        self.sites.list().iter().filter(known).collect()
    }

    /// The tasks of lists.
    fn tasks(&self) -> Vec<&Site> {
        let is_task = |site: &&Site| matches!(site.role, Role::Named(named) if named.entry == "task");
        self.sites.list().iter().filter(is_task).collect()
    }

    /// Every scalar that is an expression in `${ }` and stands on one line, with where its `}` is.
    fn wrapped(&self) -> Vec<(NodeId, u32)> {
        let mut found = Vec::new();
        for site in self.sites.list() {
            match &site.resolved {
                Resolved::Leaf(Shape::Expression | Shape::Text | Shape::Wrapped | Shape::Uri) => self.programs(site.node, &mut found),
                Resolved::Free(Shape::Data | Shape::DataMap | Shape::FilledDataMap) => self.programs(site.node, &mut found),
                _ => {}
            }
        }
        found
    }

    fn programs(&self, node: NodeId, found: &mut Vec<(NodeId, u32)>) {
        match &self.tree.node(node).kind {
            NodeKind::Scalar(scalar) => {
                let span = self.tree.span(node);
                let end = self.tree.source().slice(span).rfind('}');
                if let (Some(end), true) = (end, expression::unwrap(&scalar.text).is_some() && self.is_simple(node)) {
                    found.push((node, span.start + u32::try_from(end).unwrap()));
                }
            }
            NodeKind::Sequence(items) => items.iter().for_each(|item| self.programs(*item, found)),
            NodeKind::Mapping(entries) => entries.iter().for_each(|entry| self.programs(entry.value, found)),
        }
    }

    /// Every expression, with something added to its program.
    fn programs_with(&self, added: &str) -> Vec<Broken> {
        self.wrapped().into_iter().map(|(_, end)| self.inserted(end, added)).collect()
    }

    /// Puts an entry in front of a mapping's first.
    fn with_entry(&self, mapping: NodeId, entry: &str) -> Option<Broken> {
        let first = self.tree.span(self.tree.entries(mapping).first()?.key).start;
        let start = self.tree.source().line_span(self.line(first)).start;
        let lead = &self.text[start as usize..first as usize];
        let flow = self.text[self.tree.span(mapping).range()].starts_with('{');
        match flow {
            true => Some(self.inserted(first, &format!("{entry}, "))),
            false if lead.chars().all(|c| c == ' ' || c == '-') => {
                Some(self.inserted(first, &format!("{entry}\n{}", " ".repeat(lead.len()))))
            }
            false => None,
        }
    }

    /// Takes an entry out of a mapping, if it stands on lines of its own or in braces.
    fn without(&self, mapping: NodeId, key: NodeId) -> Option<String> {
        let entries = self.tree.entries(mapping);
        let at = entries.iter().position(|entry| entry.key == key)?;
        let (start, value) = (self.tree.span(key).start as usize, self.tree.span(entries[at].value));
        let end = value.start as usize + self.tree.source().slice(value).trim_end().len();
        if self.text[self.tree.span(mapping).range()].starts_with('{') {
            let end = entries.get(at + 1).map_or(end, |next| self.tree.span(next.key).start as usize);
            return Some(format!("{}{}", &self.text[..start], &self.text[end..]));
        }
        let line = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let own = self.text[line..start].trim().is_empty() && entries.len() > 1;
        let rest = self.text[end..].find('\n').map_or(self.text.len(), |at| end + at + 1);
        own.then(|| format!("{}{}", &self.text[..line], &self.text[rest..]))
    }
}

type Way = fn(&View<'_>) -> Vec<Broken>;

const WAYS: &[(&str, Way)] = &[
    ("a property is renamed", |view| {
        let known = view.sites.list().iter().filter(|site| {
            let parent = view.sites.parent(site);
            let closed = parent.is_some_and(
                |parent| matches!(&parent.resolved, Resolved::Object(fields) if !matches!(fields.others(), Others::Allowed(_))),
            );
            matches!(site.role, Role::Property(_)) && closed
        });
        known.filter_map(|site| Some(view.inserted(view.tree.span(site.key?).start, "zz"))).collect()
    }),
    ("an unknown property is added", |view| {
        let objects = view
            .sites
            .list()
            .iter()
            .filter(|site| matches!(&site.resolved, Resolved::Object(fields) if !matches!(fields.others(), Others::Allowed(_))));
        objects.filter_map(|site| view.with_entry(site.node, "zz: 1")).collect()
    }),
    ("a property is there twice", |view| {
        let objects = view.sites.list().iter().filter(|site| matches!(site.resolved, Resolved::Object(_)));
        let twice = |site: &Site| {
            let entry = view.tree.entries(site.node).iter().find(|entry| view.is_simple(entry.value) && view.is_simple(entry.key))?;
            let written = view.tree.source().slice(view.tree.span(entry.key).to(view.tree.span(entry.value))).to_owned();
            let mut broken = view.with_entry(site.node, &written)?;
            // The second is to blame: what stood there before has moved down.
            let moved = broken.text.lines().count() as u32 - view.text.lines().count() as u32;
            broken.lines = vec![view.line(view.tree.span(entry.key).start) + moved];
            Some(broken)
        };
        objects.filter_map(twice).collect()
    }),
    ("a required property is dropped", |view| {
        let mut found = Vec::new();
        for site in view.sites.list() {
            let (Role::Property(property), Some(key), Some(parent)) = (site.role, site.key, view.sites.parent(site)) else { continue };
            if !property.required {
                continue;
            }
            // A keyword makes the task: without it, the task is to blame. An only entry leaves nothing.
            let Some(text) = view.without(parent.node, key) else { continue };
            let blamed = parent.blame(view.tree).start;
            let first = view.tree.entries(parent.node).first().is_some_and(|entry| entry.key == key) && parent.key.is_none();
            if !first {
                found.push(Broken { text, lines: vec![view.line(blamed)], behind: false });
            }
        }
        found
    }),
    ("the DSL's version is a word", |view| of_document(view, "dsl", "one")),
    ("the version is a number", |view| of_document(view, "version", "1.0")),
    ("the name has a blank", |view| of_document(view, "name", "a b")),
    ("the namespace has dots", |view| of_document(view, "namespace", "com.example")),
    ("a truth value is a word", |view| view.leaves_replaced("maybe", |shape| matches!(shape, Shape::Bool))),
    ("a number is a word", |view| view.leaves_replaced("many", |shape| matches!(shape, Shape::Integer | Shape::IntegerIn(..)))),
    ("a word is none of those known", |view| {
        view.leaves_replaced("zzz", |shape| matches!(shape, Shape::Choice(choices) if choices.others.is_none()))
    }),
    ("a target does not exist", |view| view.leaves_replaced("nowhere", |shape| matches!(shape, Shape::Target))),
    ("a directive is in capitals", |view| view.leaves_replaced("EXIT", |shape| matches!(shape, Shape::Target))),
    ("a target is a list", |view| view.leaves_replaced("[ end ]", |shape| matches!(shape, Shape::Target))),
    ("a task that is gone to is renamed", |view| {
        let targets = view.leaves(|shape| matches!(shape, Shape::Target));
        let mut found = Vec::new();
        for task in view.tasks() {
            let Some(name) = task.name(view.tree) else { continue };
            let aims = targets.iter().filter(|target| view.scalar(target.node) == Some(name));
            let lines: Vec<u32> = aims.map(|target| view.line(view.tree.span(target.node).start)).collect();
            if !lines.is_empty() {
                found.push(Broken { lines, ..view.inserted(view.tree.span(task.key.unwrap()).start, "zz") });
            }
        }
        found
    }),
    ("two tasks have the same name", |view| {
        let lists = view.sites.list().iter().filter(|site| matches!(site.resolved, Resolved::Named(named) if named.entry == "task"));
        let pairs = lists.filter_map(|list| match view.tree.items(list.node) {
            [first, second, ..] => Some((view.tree.entries(*first).first()?.key, view.tree.entries(*second).first()?.key)),
            _ => None,
        });
        pairs.map(|(first, second)| view.replaced(view.tree.span(second), view.scalar(first).unwrap())).collect()
    }),
    ("a task is named like a directive", |view| {
        view.tasks().iter().map(|task| view.replaced(view.tree.span(task.key.unwrap()), "continue")).collect()
    }),
    ("a task is of two kinds", |view| {
        let others = view.tasks().into_iter().filter(|task| view.tree.get(task.node, "wait").is_none());
        let both = |task: &Site| {
            let mut broken = view.with_entry(task.node, "wait: PT1S")?;
            let Resolved::Object(fields) = &task.resolved else { return None };
            let keyword = fields.kinds.as_ref()?.first()?.keyword;
            let moved = broken.text.lines().count() as u32 - view.text.lines().count() as u32;
            broken.lines = vec![view.line(view.tree.span(view.tree.entry(task.node, keyword)?.key).start) + moved];
            Some(broken)
        };
        others.filter_map(both).collect()
    }),
    ("an entry of a list has two names", |view| {
        let entries = view.tasks().into_iter().filter_map(|task| Some((task.key?, view.sites.parent(task)?.node)));
        let second = |(key, entry): (NodeId, NodeId)| {
            let mut broken = view.with_entry(entry, "other: { wait: PT1S }")?;
            let moved = broken.text.lines().count() as u32 - view.text.lines().count() as u32;
            broken.lines = vec![view.line(view.tree.span(key).start) + moved];
            Some(broken)
        };
        entries.filter_map(second).collect()
    }),
    ("a list of tasks is empty", |view| {
        let lists = view.properties(&["do", "try", "branches"]).into_iter().filter(|site| matches!(site.resolved, Resolved::Named(_)));
        let emptied = |site: &Site| {
            let (key, span) = (site.key?, view.tree.span(site.node));
            let end = span.start as usize + view.tree.source().slice(span).trim_end().len();
            let handles = view.sites.parent(site).and_then(|parent| parent.name(view.tree)) == Some("catch");
            let text = format!("{}[]{}", &view.text[..span.start as usize], &view.text[end..]);
            (!handles).then(|| Broken { text, lines: vec![view.line(view.tree.span(key).start)], behind: false })
        };
        lists.filter_map(emptied).collect()
    }),
    ("a list of tasks is a text", |view| {
        let lists = view.properties(&["do", "try", "branches"]).into_iter().filter(|site| matches!(site.resolved, Resolved::Named(_)));
        let retyped = |site: &Site| {
            let span = view.tree.span(site.node);
            let end = span.start as usize + view.tree.source().slice(span).trim_end().len();
            view.replaced(Span::new(span.start as usize, end), "text")
        };
        lists.map(retyped).collect()
    }),
    ("a mapping is a text", |view| {
        let objects = view.sites.list().iter().filter(|site| matches!((site.role, site.shape), (Role::Property(_), Shape::Object(_))));
        let inline = objects.filter(|site| !view.tree.source().slice(view.tree.span(site.node)).trim_end().contains('\n'));
        let retyped = |site: &Site| {
            let span = view.tree.span(site.node);
            let end = span.start as usize + view.tree.source().slice(span).trim_end().len();
            view.replaced(Span::new(span.start as usize, end), "text")
        };
        inline.filter(|site| !view.tree.entries(site.node).is_empty()).map(retyped).collect()
    }),
    ("an expression is cut off", |view| view.programs_with(" + ")),
    ("a bracket is not closed", |view| view.programs_with(" | [ .x")),
    ("a variable does not exist", |view| view.programs_with(" + $nowhere")),
    ("a function does not exist", |view| view.programs_with(" | nofunction")),
    ("a function has too many arguments", |view| view.programs_with(" | length(1)")),
    ("a runtime argument has no such member", |view| view.programs_with(" | . + $workflow.document")),
    ("a secret is not declared", |view| view.programs_with(" | . + $secrets.undeclared")),
    ("an expression is empty", |view| {
        let whole = |(node, end): &(NodeId, u32)| {
            let span = view.tree.span(*node);
            let start = view.tree.source().slice(span).find("${").unwrap() + span.start as usize + 2;
            view.replaced(Span::new(start, *end as usize), " ")
        };
        view.wrapped().iter().map(whole).collect()
    }),
    ("an expression is part of a text", |view| {
        let data = view.wrapped().into_iter().filter(|(node, _)| {
            let at = view.sites.at(view.tree, view.tree.span(*node).start);
            at.is_some_and(|place| !matches!(place.site.resolved, Resolved::Leaf(Shape::Expression)))
        });
        let prefixed = |(node, _): (NodeId, u32)| {
            let span = view.tree.span(node);
            let at = span.start + u32::try_from(view.tree.source().slice(span).find("${").unwrap()).unwrap();
            view.inserted(at, "text ")
        };
        data.map(prefixed).collect()
    }),
    ("an expression lacks its braces", |view| {
        let data = view.wrapped().into_iter().filter(|(node, _)| {
            let at = view.sites.at(view.tree, view.tree.span(*node).start);
            at.is_some_and(|place| matches!(place.site.resolved, Resolved::Free(_) | Resolved::Leaf(Shape::Text)))
        });
        let bare = |(node, _): (NodeId, u32)| {
            let text = view.scalar(node)?;
            let (program, _) = expression::unwrap(text)?;
            let path = program.strip_prefix('.')?;
            let plain = !path.is_empty()
                && path.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
                && !path.starts_with(|c: char| c.is_ascii_digit());
            plain.then(|| view.replaced(view.tree.span(node), program))
        };
        data.filter_map(bare).collect()
    }),
    ("a condition is constant", |view| {
        let conditions = view.properties(&["if", "when", "while"]).into_iter();
        // That a subscription goes on for ever is how one is made to.
        let conditions = conditions.filter(|site| matches!(site.resolved, Resolved::Leaf(Shape::Expression)) && view.is_simple(site.node));
        conditions.map(|site| view.replaced(view.tree.span(site.node), "'${ 1 == 1 }'")).collect()
    }),
    ("a bare condition does not compile", |view| {
        let conditions = view.leaves(|shape| matches!(shape, Shape::Expression)).into_iter();
        conditions.map(|site| view.replaced(view.tree.span(site.node), "'.a =='")).collect()
    }),
    ("a duration is prose", |view| view.leaves_replaced("five minutes", |shape| matches!(shape, Shape::Duration))),
    ("a duration is negative", |view| {
        let units = view.properties(&["days", "hours", "minutes", "seconds", "milliseconds"]);
        units.iter().map(|site| view.replaced(view.tree.span(site.node), "-1")).collect()
    }),
    ("a URI has blanks", |view| view.leaves_replaced("not a uri", |shape| matches!(shape, Shape::Uri))),
    ("a URI template is not closed", |view| {
        let uris = view
            .leaves(|shape| matches!(shape, Shape::Uri))
            .into_iter()
            .filter(|site| expression::unwrap(view.scalar(site.node).unwrap()).is_none());
        uris.map(|site| view.replaced(view.tree.span(site.node), "'https://example.com/{id'")).collect()
    }),
    ("a component is not defined", |view| view.leaves_replaced("undefined-name", |shape| matches!(shape, Shape::Component(_)))),
    ("a variable cannot be spelt", |view| view.leaves_replaced("not-a-name", |shape| matches!(shape, Shape::Variable))),
    ("a variable hides an argument", |view| view.leaves_replaced("input", |shape| matches!(shape, Shape::Variable))),
    ("a called function does not exist", |view| {
        let calls = view.properties(&["call"]).into_iter().filter(|site| view.is_simple(site.node));
        calls.map(|site| view.replaced(view.tree.span(site.node), "htp")).collect()
    }),
    ("a retry policy has no limit", |view| {
        let mut found = Vec::new();
        for limit in view.properties(&["limit"]) {
            let Some(policy) = view.sites.parent(limit) else { continue };
            let conditional = ["when", "exceptWhen"].iter().any(|key| view.tree.get(policy.node, key).is_some());
            let timed = view.sites.list().iter().any(|site| site.name(view.tree) == Some("timeout"));
            if let (Some(text), false) = (limit.key.and_then(|key| view.without(policy.node, key)), conditional || timed) {
                found.push(Broken { text, lines: vec![view.line(policy.blame(view.tree).start)], behind: false });
            }
        }
        found
    }),
    ("an error's type is misspelt", |view| {
        let types = view
            .properties(&["type"])
            .into_iter()
            .filter(|site| view.scalar(site.node).is_some_and(|text| text.contains("/spec/1.0.0/errors/")));
        let misspelt =
            |site: &Site| view.replaced(view.tree.span(site.node), "https://serverlessworkflow.io/spec/1.0.0/errors/comunication");
        types.map(misspelt).collect()
    }),
    ("a type of a JSON Schema does not exist", |view| {
        let mut found = Vec::new();
        for document in view.properties(&["document"]).into_iter().filter(|site| matches!(site.resolved, Resolved::Free(Shape::Any))) {
            if let Some(kind) = view.tree.get(document.node, "type").filter(|node| view.is_simple(*node)) {
                found.push(view.replaced(view.tree.span(kind), "objekt"));
            }
        }
        found
    }),
    ("the tasks behind a task are cut off", |view| {
        if !view.leaves(|shape| matches!(shape, Shape::Target)).is_empty() {
            return Vec::new();
        }
        let root = view.tree.root().and_then(|root| view.tree.get(root, "do"));
        let items = root.map_or(&[][..], |list| view.tree.items(list));
        let pairs = items.windows(2).filter_map(|pair| Some((*view.tree.entries(pair[0]).first()?, *view.tree.entries(pair[1]).first()?)));
        let cut = |(first, second): (flowdbg_lang::tree::Entry, flowdbg_lang::tree::Entry)| {
            if view.tree.get(first.value, "if").is_some()
                || view.tree.get(first.value, "switch").is_some()
                || view.tree.get(first.value, "raise").is_some()
            {
                return None;
            }
            let mut broken = view.with_entry(first.value, "then: end")?;
            let moved = broken.text.lines().count() as u32 - view.text.lines().count() as u32;
            broken.lines = vec![view.line(view.tree.span(second.key).start) + moved];
            Some(broken)
        };
        pairs.filter_map(cut).collect()
    }),
    ("a component is defined and not used", |view| {
        if view.tree.root().and_then(|root| view.tree.get(root, "use")).is_some() {
            return Vec::new();
        }
        let unused = "use: { timeouts: { unused: { after: PT1S } } }\n";
        vec![Broken { text: format!("{unused}{}", view.text), lines: vec![0], behind: false }]
    }),
    ("a line is indented by a tab", |view| {
        let tasks = view.tasks();
        let keys = tasks.iter().filter_map(|task| Some(view.tree.span(view.tree.entries(task.node).first()?.key).start));
        let own = keys.filter(|at| view.text[view.tree.source().line_span(view.line(*at)).start as usize..*at as usize].trim().is_empty());
        own.map(|at| view.inserted(view.tree.source().line_span(view.line(at)).start, "\t")).collect()
    }),
    ("a quote is not closed", |view| {
        let plain = view.leaves(|shape| matches!(shape, Shape::Target | Shape::Component(_) | Shape::Name));
        let plain = plain.into_iter().filter(|site| view.tree.scalar(site.node).unwrap().style == ScalarStyle::Plain);
        plain.map(|site| Broken { behind: true, ..view.inserted(view.tree.span(site.node).start, "\"") }).collect()
    }),
    ("a brace is not closed", |view| {
        let flow = view.sites.list().iter().filter(|site| view.tree.source().slice(view.tree.span(site.node)).starts_with('{'));
        flow.filter_map(|site| {
            let span = view.tree.span(site.node);
            let end = span.start as usize + view.tree.source().slice(span).trim_end().len() - 1;
            let broken = view.replaced(Span::new(end, end + 1), "");
            Some(Broken { lines: vec![view.line(span.start), view.line(u32::try_from(end).ok()?)], behind: true, ..broken })
        })
        .collect()
    }),
    ("another document follows", |view| {
        let text = format!("{}\n---\nx: 1\n", view.text.trim_end());
        let line = u32::try_from(text.lines().count()).unwrap() - 2;
        vec![Broken { text, lines: vec![line], behind: true }]
    }),
];

fn of_document(view: &View<'_>, key: &str, value: &str) -> Vec<Broken> {
    let node = view.tree.root().and_then(|root| view.tree.get(root, "document")).and_then(|document| view.tree.get(document, key));
    node.map(|node| view.replaced(view.tree.span(node), value)).into_iter().collect()
}

#[test]
fn every_break_is_reported_on_its_line() {
    let mut texts = Vec::new();
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut folders = vec![(own, ".workflow.yaml")];
    for examples in ["examples-main-2026-07", "examples-1.0.3"] {
        folders.extend(support::specification().map(|folder| (folder.join(examples), ".yaml")));
    }
    for (folder, ending) in folders {
        for path in support::files(&folder, ending) {
            let text = std::fs::read_to_string(&path).unwrap();
            // Many examples are the same in both revisions.
            if !texts.iter().any(|(_, known)| *known == text) {
                texts.push((path.display().to_string(), text));
            }
        }
    }
    let mut missed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, text) in &texts {
        let (tree, before) = support::check(path, text);
        let sites = Sites::of(&tree);
        let view = View { tree: &tree, sites: &sites, text };
        let known: HashSet<(&str, &str)> = before.iter().map(|found| (found.code, &*found.message)).collect();
        for (name, way) in WAYS {
            let all = way(&view);
            // Spread over the file, so that not only its head is broken.
            let step = all.len().div_ceil(PLACES).max(1);
            for broken in all.iter().step_by(step) {
                *tried.entry(name).or_default() += 1;
                let (tree, found) = support::check(path, &broken.text);
                let line = |found: &Diagnostic| tree.source().line_of(found.span.start);
                let on_line = |found: &&Diagnostic| {
                    broken.lines.contains(&line(found)) || (broken.behind && broken.lines.iter().any(|first| line(found) >= *first))
                };
                if !found.iter().filter(|found| !known.contains(&(found.code, &*found.message))).any(|found| on_line(&found)) {
                    let mut why = format!("{path}: expected on line {:?}", broken.lines.iter().map(|line| line + 1).collect::<Vec<_>>());
                    for line in &broken.lines {
                        write!(why, "\n    | {}", broken.text.lines().nth(*line as usize).unwrap_or("")).unwrap();
                    }
                    for found in found.iter().filter(|found| !known.contains(&(found.code, &*found.message))) {
                        write!(why, "\n    {}", support::line(&tree, found)).unwrap();
                    }
                    missed.entry(name).or_default().push(why);
                }
            }
        }
    }
    let total: usize = tried.values().sum();
    let lost: usize = missed.values().map(Vec::len).sum();
    support::say(&format!("{} files broken in {} ways: {total} breaks, {} found, {lost} missed", texts.len(), tried.len(), total - lost));
    let shown: Vec<String> = missed
        .iter()
        .map(|(name, all)| {
            format!("{name}: {} of {} missed\n{}", all.len(), tried[name], all.iter().take(6).cloned().collect::<Vec<_>>().join("\n"))
        })
        .collect();
    assert!(shown.is_empty(), "{}", shown.join("\n\n"));
    assert!(tried.len() >= 30, "only {} ways apply: {:?}", tried.len(), tried.keys());
}
