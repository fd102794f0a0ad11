//! Values whose form the specification gives: events, responses, errors, and the runtime's own
//! variables (DSL, "Runtime expression arguments"; DSL Reference, "HTTP Response", "Error").

use std::sync::Arc;

use super::{
    origin::{Maker, Origin},
    shape::{Member, Object, Type},
};
use crate::{
    model::{Returns, TaskKind, Workflow},
    template::Template,
    text::Span,
    value::Value,
};

fn runtime() -> Origin {
    Origin::new(Span::default(), Maker::Runtime)
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, Type, bool)>, rest: Option<Type>, origin: Origin) -> Type {
    let members = members.into_iter().map(|(name, value, required)| (Arc::from(name), Member { value, required })).collect();
    Type::object(Object { members, rest, origin })
}

/// The attributes that every event has once it was published.
pub(super) fn event_defaults(origin: Origin) -> Object {
    let members = ["id", "specversion", "time", "source"].map(|name| (name, Type::string(origin)));
    match Type::closed(members, origin).known().and_then(|known| known.object.clone()) {
        Some(object) => object,
        None => Object { members: Default::default(), rest: Some(Type::Unknown), origin },
    }
}

/// An event as it comes from outside.
pub(super) fn event(origin: Origin) -> Type {
    let text = || Type::string(origin);
    let members = [
        ("id", text(), true),
        ("specversion", text(), true),
        ("source", text(), true),
        ("type", text(), true),
        ("time", text(), false),
        ("subject", text(), false),
        ("datacontenttype", text(), false),
        ("dataschema", text(), false),
        ("data", Type::Unknown, false),
    ];
    object(members, Some(Type::Unknown), origin)
}

/// What `call: http` gives with `output: response`.
pub(super) fn response(origin: Origin) -> Type {
    let headers = || object([], Some(Type::string(origin)), origin);
    let request = Type::closed([("method", Type::string(origin)), ("uri", Type::string(origin)), ("headers", headers())], origin);
    let members = [("request", request), ("statusCode", Type::integer(origin)), ("headers", headers()), ("content", Type::Unknown)];
    Type::closed(members, origin)
}

/// What a process gives.
pub(super) fn process(returns: Returns, origin: Origin) -> Type {
    match returns {
        Returns::Stdout | Returns::Stderr => Type::string(origin),
        Returns::Code => Type::integer(origin),
        Returns::All => {
            Type::closed([("code", Type::integer(origin)), ("stdout", Type::string(origin)), ("stderr", Type::string(origin))], origin)
        }
        Returns::None => Type::null(origin),
    }
}

/// A caught error. It has other members than those of the specification only if the workflow may
/// raise such a one.
pub(super) fn error(workflow: &Workflow, origin: Origin) -> Type {
    let (mut open, mut free) = (false, false);
    for task in &workflow.tasks {
        match &task.kind {
            TaskKind::Raise(template) => {
                let (others, unusual) = raised(template);
                open |= others;
                free |= unusual;
            }
            TaskKind::RunWorkflow(_) | TaskKind::Broken => (open, free) = (true, true),
            _ => {}
        }
    }
    let text = || if free { Type::Unknown } else { Type::string(origin) };
    let members = [
        ("type", Type::string(origin), true),
        ("status", Type::integer(origin), true),
        ("instance", Type::string(origin), true),
        ("title", text(), false),
        ("detail", text(), false),
    ];
    object(members, open.then_some(Type::Unknown), origin)
}

/// Whether a raised error has members of its own, and whether its texts may be no strings.
fn raised(template: &Template) -> (bool, bool) {
    const KNOWN: &[&str] = &["type", "status", "title", "detail", "instance"];
    let is_text = |value: &Value| matches!(value, Value::TStr(_));
    match template {
        Template::Object(members) => {
            let others = members.iter().any(|(name, _)| !KNOWN.contains(&name.as_str()));
            let unusual = members.iter().any(|(name, member)| {
                matches!(name.as_str(), "title" | "detail") && !matches!(member, Template::Value(value) if is_text(value))
            });
            (others, unusual)
        }
        Template::Value(Value::Obj(members)) => {
            use crate::value::ValueExt as _;
            let named = |name: &Value, names: &[&str]| name.as_text().is_some_and(|name| names.contains(&name.as_str()));
            let others = members.keys().any(|name| !named(name, KNOWN));
            let unusual = members.iter().any(|(name, member)| named(name, &["title", "detail"]) && !is_text(member));
            (others, unusual)
        }
        _ => (true, true),
    }
}

fn moment() -> Type {
    let origin = runtime();
    let epoch = Type::closed([("seconds", Type::integer(origin)), ("milliseconds", Type::integer(origin))], origin);
    Type::closed([("iso8601", Type::string(origin)), ("epoch", epoch)], origin)
}

/// `$task`
pub(super) fn task(input: Type, output: Type) -> Type {
    let origin = runtime();
    let members = [
        ("name", Type::string(origin)),
        ("reference", Type::string(origin)),
        ("definition", Type::any_object(origin)),
        ("input", input),
        ("output", output),
        ("startedAt", moment()),
    ];
    Type::closed(members, origin)
}

/// `$workflow`
pub(super) fn workflow(input: Type) -> Type {
    let origin = runtime();
    let members = [("id", Type::string(origin)), ("definition", Type::any_object(origin)), ("input", input), ("startedAt", moment())];
    Type::closed(members, origin)
}

/// `$runtime`
pub(super) fn about_runtime() -> Type {
    let origin = runtime();
    let members = [("name", Type::string(origin)), ("version", Type::string(origin)), ("metadata", Type::any_object(origin))];
    Type::closed(members, origin)
}

/// `$authorization`: null unless the task authenticates.
pub(super) fn authorization() -> Type {
    let origin = runtime();
    let members = [("scheme", Type::string(origin), false), ("parameter", Type::string(origin), false)];
    object(members, None, origin).join(&Type::null(origin))
}
