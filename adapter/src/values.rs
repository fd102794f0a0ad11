//! Values of the execution as the client sees them.

use flowdbg_protocol::{
    control::{self, Children},
    dap::types,
};

use crate::{handles::Place, session::Session};

/// A value without its name, in the parts that three messages of the protocol share.
pub(crate) struct Shown {
    pub(crate) value: String,
    pub(crate) kind: Option<String>,
    pub(crate) reference: i32,
    pub(crate) named: Option<i32>,
    pub(crate) indexed: Option<i32>,
}

impl Session {
    /// Shows a value that hangs at a place; if it has children, they can be asked for.
    pub(crate) fn show(&mut self, variable: &control::Variable, place: Option<Place>) -> Shown {
        let children = variable.children;
        let place = place.filter(|_| children != Children::default());
        let (named, indexed) = if place.is_some() { counts(children) } else { (None, None) };
        Shown {
            value: variable.value.clone(),
            kind: self.client.variable_type.then(|| variable.kind.clone()),
            reference: place.map_or(0, |place| self.values.id(place, children)),
            named,
            indexed,
        }
    }

    /// Shows a child of a place.
    pub(crate) fn show_child(&mut self, parent: &Place, variable: &control::Variable) -> types::Variable {
        let mut place = parent.clone();
        place.path.extend(variable.step.clone());
        let shown = self.show(variable, Some(place));
        types::Variable {
            name: variable.name.clone(),
            value: shown.value,
            r#type: shown.kind,
            evaluate_name: variable.evaluate_name.clone(),
            variables_reference: shown.reference,
            named_variables: shown.named,
            indexed_variables: shown.indexed,
            ..Default::default()
        }
    }
}

/// Named and indexed children, as far as there are any.
pub(crate) fn counts(children: Children) -> (Option<i32>, Option<i32>) {
    let some = |count: u64| (count > 0).then(|| i32::try_from(count).unwrap_or(i32::MAX));
    (some(children.named), some(children.indexed))
}
