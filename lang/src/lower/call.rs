//! Calls, and the functions of `use.functions`.
//!
//! A function is a task like any other, whose list is `use.functions`. It is lowered once, with no
//! variables of its callers: what it works on is what they hand over.

use std::sync::Arc;

use super::{Locals, Lower, Siblings, Site, escape, task::Place};
use crate::{
    model::{Call, CallAsyncapi, CallFunction, Consume, Function, Subscription, TaskId, TaskKind, Then},
    template::Template,
    tree::{Entry, NodeId, NodeKind},
    value,
};

/// The parts of `name:version@catalog`.
pub(crate) fn cataloged(call: &str) -> Option<(&str, &str, &str)> {
    let (function, catalog) = call.rsplit_once('@')?;
    let (name, version) = function.split_once(':')?;
    let fits = |part: &str| !part.is_empty() && !part.contains(['/', ':', '@']) && !part.contains(char::is_whitespace);
    (fits(name) && fits(version) && fits(catalog)).then_some((name, version, catalog))
}

/// Where the file of a function lies below the endpoint of its catalog.
pub(crate) fn catalog_path(name: &str, version: &str) -> String {
    format!("/functions/{name}/{version}/function.yaml")
}

/// Whether a function is called by its address.
fn is_address(call: &str) -> bool {
    ["http://", "https://", "file://"].iter().any(|scheme| call.starts_with(scheme))
}

impl Lower<'_> {
    /// The `call` of a task.
    pub(super) fn call(&mut self, node: NodeId, name: &Arc<str>, place: &Place, locals: &Locals) -> Option<TaskKind> {
        let with = self.tree.get(node, "with");
        match &**name {
            "http" => Some(TaskKind::CallHttp(Call { with: self.arguments(with?, locals) })),
            "a2a" => Some(TaskKind::CallA2a(Call { with: self.arguments(with?, locals) })),
            "mcp" => Some(TaskKind::CallMcp(Call { with: self.arguments(with?, locals) })),
            "grpc" => Some(TaskKind::CallGrpc(Call { with: self.arguments(with?, locals) })),
            "asyncapi" => {
                let subscription = match self.tree.get(with?, "subscription") {
                    Some(subscription) => Some(self.subscription(subscription, place, locals)?),
                    None => None,
                };
                Some(TaskKind::CallAsyncapi(Box::new(CallAsyncapi { with: self.arguments(with?, locals), subscription })))
            }
            "openapi" => Some(TaskKind::CallOpenapi(Call { with: self.arguments(with?, locals) })),
            name => {
                let function = self.function(name)?;
                Some(TaskKind::CallFunction(CallFunction { function, with: with.map(|with| self.template(with, Site::Body, locals)) }))
            }
        }
    }

    /// The function of this name: of `use.functions`, at a URL, or of a catalog.
    fn function(&mut self, name: &str) -> Option<Function> {
        if let Some(own) = self.functions.get(name) {
            return Some(Function::Own(*own));
        }
        if let Some((name, version, catalog)) = cataloged(name) {
            let endpoint = self.component("catalogs", catalog).and_then(|catalog| self.tree.get(catalog, "endpoint"));
            let catalog = match endpoint {
                // It may be defined anywhere, so it sees no variables of its users.
                Some(endpoint) => Some(self.endpoint(endpoint, &Locals::default())),
                None if catalog == "default" => None,
                None => return None,
            };
            return Some(Function::Cataloged { catalog, path: catalog_path(name, version) });
        }
        is_address(name).then(|| Function::At(name.to_owned()))
    }

    /// What a call or a script is given.
    pub(super) fn arguments(&mut self, with: NodeId, locals: &Locals) -> Template {
        self.mapping(with, locals, |lower, key, node| match key {
            "authentication" => Some(lower.authentication(node, locals)),
            "endpoint" | "server" => Some(lower.endpoint(node, locals)),
            "transport" => Some(lower.mapping(node, locals, |lower, key, node| {
                let endpoint = |lower: &mut Self, key: &str, node| (key == "endpoint").then(|| lower.endpoint(node, locals));
                (key == "http").then(|| lower.mapping(node, locals, endpoint))
            })),
            // It is evaluated message by message.
            "subscription" => Some(Template::Value(value::Value::Null)),
            "service" => Some(lower.endpoint(node, locals)),
            "document" | "proto" | "source" | "agentCard" => Some(lower.resource(node, locals)),
            _ => None,
        })
    }

    /// An external resource.
    pub(super) fn resource(&mut self, node: NodeId, locals: &Locals) -> Template {
        self.mapping(node, locals, |lower, key, node| (key == "endpoint").then(|| lower.endpoint(node, locals)))
    }

    fn subscription(&mut self, node: NodeId, place: &Place, locals: &Locals) -> Option<Subscription> {
        let tree = self.tree;
        let consume = tree.get(node, "consume")?;
        let (amount, go_on) = (tree.get(consume, "amount"), tree.get(consume, "while"));
        Some(Subscription {
            filter: tree.get(node, "filter").and_then(|filter| self.condition(filter, Site::Body, locals)),
            consume: match (amount, go_on) {
                (Some(amount), _) => Consume::Amount(self.template(amount, Site::Body, locals)),
                (None, Some(go_on)) => Consume::While(self.condition(go_on, Site::Body, locals)?),
                (None, None) => Consume::Until(self.condition(tree.get(consume, "until")?, Site::Body, locals)?),
            },
            limit: tree.get(consume, "for").map(|limit| self.duration(limit, Site::Body, locals)),
            foreach: tree.get(node, "foreach").map(|foreach| {
                let below = format!("{}/with/subscription/foreach/do", place.reference);
                self.foreach(foreach, &below, place, locals)
            }),
        })
    }

    fn endpoint(&mut self, node: NodeId, locals: &Locals) -> Template {
        self.mapping(node, locals, |lower, key, node| (key == "authentication").then(|| lower.authentication(node, locals)))
    }

    /// An authentication; one that is named is as `use.authentications` defines it. The
    /// specification's text also shows the name alone.
    fn authentication(&mut self, node: NodeId, locals: &Locals) -> Template {
        let named = self.tree.get(node, "use").unwrap_or(node);
        let defined = self.tree.string(named).and_then(|name| self.component("authentications", name));
        self.template(defined.unwrap_or(node), Site::Body, locals)
    }

    /// A mapping whose members may mean more than data; anything else is data.
    pub(super) fn mapping(
        &mut self,
        node: NodeId,
        locals: &Locals,
        mut special: impl FnMut(&mut Self, &str, NodeId) -> Option<Template>,
    ) -> Template {
        let NodeKind::Mapping(entries) = &self.tree.node(node).kind else { return self.template(node, Site::Body, locals) };
        let mut members: Vec<(String, Template)> = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = self.tree.text(entry.key).map_or_else(String::new, ToString::to_string);
            let member = match special(self, &key, entry.value) {
                Some(member) => member,
                None => self.template(entry.value, Site::Body, locals),
            };
            members.push((key, member));
        }
        let values = members.iter().map(|(key, member)| Some((key.as_str(), super::constant(member)?)));
        match values.collect::<Option<Vec<_>>>() {
            Some(values) => Template::Value(value::object(values)),
            None => Template::Object(members.into()),
        }
    }

    /// Reserves a slot for the task of each function, so that calls can name it.
    pub(super) fn name_functions(&mut self) {
        for entry in self.function_entries() {
            let Some(name) = self.tree.text(entry.key) else { continue };
            if !self.functions.contains_key(name) {
                self.functions.insert(name.clone(), TaskId(u32::try_from(self.tasks.len()).unwrap_or(u32::MAX)));
                self.tasks.push(None);
            }
        }
    }

    /// Lowers the functions into their slots.
    pub(super) fn functions(&mut self) {
        for entry in self.function_entries() {
            let Some(name) = self.tree.text(entry.key) else { continue };
            let Some(id) = self.functions.get(name).copied().filter(|id| self.tasks[id.0 as usize].is_none()) else { continue };
            let reference = format!("/use/functions/{}", escape(name)).into();
            let place = Place { id, index: 0, parent: None, reference, name: name.clone() };
            let mut task = self.task(entry, place, &Siblings::new(), &Locals::default());
            // Where the flow goes on is its callers' business.
            task.then = Then::Continue;
            self.tasks[id.0 as usize] = Some(task);
        }
    }

    fn function_entries(&self) -> Vec<Entry> {
        let functions = self.tree.get(self.root, "use").and_then(|used| self.tree.get(used, "functions"));
        functions.map(|functions| self.tree.entries(functions).to_vec()).unwrap_or_default()
    }
}
