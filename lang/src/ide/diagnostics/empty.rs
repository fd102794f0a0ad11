//! Lists of tasks with nothing in them, and events without a type.

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::{
        diagnostics::{Check, CheckContext},
        sites::Role,
    },
};

pub(super) const CHECK: Check = Check { codes: &[codes::EMPTY_LIST, codes::EMPTY_EVENT], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for list in context.lists().all.iter().filter(|list| tree.items(context.site(list.site).node).is_empty()) {
        let site = context.site(list.site);
        let Role::Property(property) = site.role else { continue };
        let holder = context.sites.parent(site);
        let of_workflow = holder.is_some_and(|holder| holder.parent.is_none());
        let message = match property.name {
            "do" if of_workflow => "this workflow does nothing: it has no tasks",
            // What a `catch` does not handle is reported as such.
            "do" if holder.and_then(|holder| holder.name(tree)) == Some("catch") => continue,
            "do" => "there is nothing to do: the list is empty",
            "branches" => "there is nothing to run side by side: the list is empty",
            _ => continue,
        };
        found.push(Diagnostic::warning(codes::EMPTY_LIST, site.blame(tree), message));
    }
    for (_, site) in context.objects_called("emitted event") {
        if tree.get(site.node, "with").is_none() {
            let message = "this event has no type: its attributes stand under `with`";
            let diagnostic = Diagnostic::warning(codes::EMPTY_EVENT, site.blame(tree), message);
            found.push(diagnostic.help("write for example `with: { type: com.example.order.placed.v1 }`"));
        }
    }
}
