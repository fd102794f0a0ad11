//! A mock: what it fits, and what it answers.

use flowdbg_lang::{
    codes, expression,
    form::{Field, Form},
    template::Template,
    tree::NodeId,
};

use super::{Mock, RequestMatch, answers, pattern::Pattern};

/// What a mock can fit by.
const FITS: &[&str] = &["task", "kind", "request", "command", "method", "channel", "workflow", "event", "when"];
const KEYS: &[&str] =
    &["name", "task", "kind", "request", "command", "method", "channel", "workflow", "event", "when", "answer", "answers", "last"];

pub(super) fn read(form: &mut Form, node: NodeId) -> Mock {
    let mut mock = Mock {
        name: None,
        span: form.tree().span(node),
        task: None,
        kind: None,
        request: None,
        command: None,
        method: None,
        channel: None,
        workflow: None,
        event: None,
        when: None,
        answers: Vec::new(),
        ends: false,
    };
    let fields = form.fields(node, "a mock", KEYS, &[]);
    let has = |keys: &[&str]| fields.iter().any(|field| keys.contains(&&*field.key));
    if !fields.is_empty() && !has(FITS) {
        let message = "a mock needs something that it fits by";
        form.wrong(
            codes::MISSING_KEY,
            node,
            message,
            "give it `task`, `kind`, `request`, `command`, `method`, `channel`, `workflow`, `event` or `when`",
        );
    }
    match (has(&["answer"]), has(&["answers"])) {
        (false, false) if !fields.is_empty() => {
            form.wrong(codes::MISSING_KEY, node, "a mock needs `answer` or `answers`", "write for example `answer: { status: 200 }`");
        }
        (true, true) => form.wrong(codes::EXCLUSIVE_KEYS, node, "a mock has either `answer` or `answers`", "put all into `answers`"),
        _ => {}
    }
    for Field { key, value, .. } in fields {
        match &*key {
            "name" => mock.name = form.text(value, "`name`", "write for example `payment`"),
            "task" => {
                let text = form.text(value, "`task`", "write a task's name or reference, such as getPet or /do/0/getPet; `*` is anything");
                mock.task = text.map(|text| if text.starts_with('/') { Pattern::path(&text) } else { Pattern::plain(&text) });
            }
            "kind" => {
                mock.kind =
                    form.text(value, "`kind`", "write a kind of task, such as call:http or run:*").map(|text| Pattern::plain(&text));
            }
            "request" => mock.request = Some(request(form, value)),
            "command" => {
                let help = "write how the command line reads, such as `echo *`";
                mock.command = form.text(value, "`command`", help).map(|text| Pattern::plain(&text));
            }
            "method" => {
                mock.method =
                    form.text(value, "`method`", "write service/method, such as Greeter/SayHello").map(|text| Pattern::plain(&text));
            }
            "channel" => {
                let help = "write the address of a channel, such as pets/{id}, or of its server";
                mock.channel = form.text(value, "`channel`", help).map(|text| Pattern::path(&text));
            }
            "workflow" => {
                let help = "write namespace/name:version, such as shop/register:* ";
                mock.workflow = form.text(value, "`workflow`", help.trim_end()).map(|text| Pattern::plain(&text));
            }
            "event" => {
                form.named(value, "`event`", "for example `type: com.example.ordered`");
                mock.event = Some(form.template(value));
            }
            "when" => mock.when = condition(form, value),
            "answer" => mock.answers = vec![answers::read(form, value)],
            "answers" => {
                mock.answers = form
                    .list(value, "`answers`", "a list with at least one answer")
                    .into_iter()
                    .map(|item| answers::read(form, item))
                    .collect();
            }
            _ => mock.ends = form.word(value, "`last`", &["repeats", "ends"]) == Some("ends"),
        }
    }
    mock
}

/// A condition; `${ }` may be left out.
pub(super) fn condition(form: &mut Form, node: NodeId) -> Option<std::sync::Arc<expression::Expression>> {
    let text = form.text(node, "a condition", "write jq, such as `.body.amount > 5`")?;
    let (program, offset) = expression::unwrap(&text).unwrap_or((&text, 0));
    Some(form.expression(node, program, offset))
}

fn request(form: &mut Form, node: NodeId) -> RequestMatch {
    let mut request = RequestMatch::default();
    if let Some(url) = form.tree().string(node).cloned() {
        // The short form is the address alone.
        request.url = address(form, node, &url);
        return request;
    }
    for Field { key, value, .. } in form.fields(node, "`request`", &["method", "url", "query", "headers", "body"], &[]) {
        match &*key {
            "method" => {
                request.method = form.text(value, "`method`", "write for example `get` or `post`").map(|method| method.to_uppercase())
            }
            "url" => {
                if let Some(url) = form.text(value, "`url`", "write for example https://pets.example/pets/{id}; `*` is anything in a part")
                {
                    request.url = address(form, value, &url);
                }
            }
            "query" => {
                form.named(value, "`query`", "for example `status: open`");
                request.query = Some(form.template(value));
            }
            "headers" => {
                let headers = form.named(value, "`headers`", "for example `authorization: Bearer abc`");
                let lower = headers.into_iter().map(|field| (field.key.to_ascii_lowercase(), form.template(field.value))).collect();
                request.headers = Some(Template::Object(lower));
            }
            _ => request.body = Some(form.template(value)),
        }
    }
    request
}

fn address(form: &mut Form, node: NodeId, url: &str) -> Option<Pattern> {
    if url.contains(['?', '#']) {
        form.wrong(codes::WRONG_VALUE, node, "an address has no query here", "put its parameters under `query`");
        return None;
    }
    Some(Pattern::path(url))
}
