//! What the thing under the cursor is: documentation from the table.

use std::fmt::Write as _;

use crate::{
    dsl::{Choices, DIRECTIVES, Property, Resolved, Shape, Since, Support, TASK_COMMON},
    ide::{
        sites::{Part, Place, Role, Site, Sites},
        symbols::task_detail,
    },
    text::Span,
    tree::Tree,
};

/// An answer for what is under the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// What it is about.
    pub span: Span,
    /// Documentation in Markdown.
    pub markdown: String,
}

/// What is known of the text at an offset.
#[must_use]
pub fn hover(tree: &Tree, offset: u32) -> Option<Hover> {
    let sites = Sites::of(tree);
    let Place { site, part, .. } = sites.at(tree, offset)?;
    if part == Part::Key {
        let span = tree.span(site.key?);
        let markdown = match site.role {
            Role::Property(property) => property_doc(&sites, site, property),
            Role::Name | Role::Named(_) => name_doc(tree, site)?,
            Role::Root | Role::Unknown | Role::Item | Role::Entry(_) => return None,
        };
        return Some(Hover { span, markdown });
    }
    let span = tree.span(site.node);
    if !span.touches(offset) {
        return None;
    }
    let Resolved::Leaf(shape) = site.resolved else { return None };
    let text = tree.text(site.node)?;
    let markdown = match shape {
        Shape::Choice(choices) => choice_doc(choices, text)?,
        Shape::Target => target_doc(text),
        Shape::Component(component) => format!("**{text}** — {} under `use.{}`", component.noun(), component.section()),
        _ => match (site.role, variant_doc(&sites, site)) {
            (_, Some(doc)) => doc,
            (Role::Property(property), None) => property_doc(&sites, site, property),
            _ => return None,
        },
    };
    Some(Hover { span, markdown })
}

fn property_doc(sites: &Sites, site: &Site, property: &Property) -> String {
    let fields = sites.parent(site).and_then(|parent| match &parent.resolved {
        Resolved::Object(fields) => Some(fields),
        _ => None,
    });
    let mut doc = format!("**{}** — {}", property.name, property.doc);
    let keyword = fields.and_then(|fields| fields.kinds.as_ref()?.iter().find(|kind| kind.keyword == property.name));
    if let Some(kind) = keyword
        && kind.doc() != property.doc
    {
        let _ = write!(doc, "\n\n{}", kind.doc());
    }
    let _ = write!(doc, "\n\nType: {}", property.shape.expected());
    if property.required {
        doc.push_str(" · required");
    }
    if let Some(default) = property.default {
        let _ = write!(doc, " · default: `{default}`");
    }
    if let Shape::Choice(choices) = &property.shape {
        doc.push('\n');
        for choice in choices.values {
            let _ = write!(doc, "\n- `{}`: {}", choice.value, choice.doc);
        }
    }
    match (property.since, property.required) {
        (Since::Released, _) => {}
        (Since::Main, false) => doc.push_str("\n\nNewer than DSL 1.0.3: other runtimes may not know it."),
        (Since::Main, true) => doc.push_str("\n\nRequired only after DSL 1.0.3."),
    }
    if let Some(instead) = property.instead {
        let _ = write!(doc, "\n\nAn older spelling of `{instead}`.");
    }
    if let Support::NotYet(what) = property.support {
        let _ = write!(doc, "\n\nNot supported yet: {what}.");
    }
    let common = fields.is_some_and(|fields| fields.kinds.is_some() && TASK_COMMON.property(property.name).is_some());
    let section = if common { Some(TASK_COMMON.section) } else { fields.map(|fields| fields.object.section) };
    if let Some(section) = section {
        let _ = write!(doc, "\n\n_{section}_");
    }
    doc
}

/// What a name of the author's own stands for.
fn name_doc(tree: &Tree, site: &Site) -> Option<String> {
    let name = site.name(tree)?;
    let Resolved::Object(fields) = &site.resolved else { return None };
    let object = fields.object;
    let what = if fields.kinds.is_some() { task_detail(tree, site.node, fields) } else { String::new() };
    let what = if what.is_empty() { object.name } else { &what };
    Some(format!("**{name}** — {what}\n\n{}\n\n_{}_", object.doc, object.section))
}

fn choice_doc(choices: &Choices, text: &str) -> Option<String> {
    let choice = choices.values.iter().find(|choice| choice.value == text)?;
    let mut doc = format!("`{}` — {}", choice.value, choice.doc);
    if let Support::NotYet(what) = choice.support {
        let _ = write!(doc, "\n\nNot supported yet: {what}.");
    }
    Some(doc)
}

fn target_doc(text: &str) -> String {
    match DIRECTIVES.iter().find(|directive| directive.value == text) {
        Some(directive) => format!("`{}` — {}", directive.value, directive.doc),
        None => format!("Goes on with the task `{text}` of the same list."),
    }
}

/// Of the value that decides what a mapping is, such as the `http` of a call: what it decides for.
fn variant_doc(sites: &Sites, site: &Site) -> Option<String> {
    let Resolved::Object(fields) = &sites.parent(site)?.resolved else { return None };
    let variant = fields.variant.filter(|variant| variant.node == site.node)?;
    let object = fields.object;
    let mut doc = format!("**{}** — {}", object.name, object.doc);
    if let Support::NotYet(what) = variant.support {
        let _ = write!(doc, "\n\nNot supported yet: {what}.");
    }
    let _ = write!(doc, "\n\n_{}_", object.section);
    Some(doc)
}
