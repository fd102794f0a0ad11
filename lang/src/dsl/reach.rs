//! All of the table, from the root.

use std::collections::HashSet;

use super::{DURATION, Object, Others, Shape, TASK_COMMON, TASK_KINDS, WORKFLOW};

/// Every object of the table, each once: the workflow first, and what it holds in the order in
/// which it is met.
#[must_use]
pub fn objects() -> Vec<&'static Object> {
    let mut reach = Reach::default();
    reach.object(&WORKFLOW);
    reach.found
}

#[derive(Default)]
struct Reach {
    seen: HashSet<*const Object>,
    found: Vec<&'static Object>,
}

impl Reach {
    fn object(&mut self, object: &'static Object) {
        if !self.seen.insert(std::ptr::from_ref(object)) {
            return;
        }
        self.found.push(object);
        for property in object.properties {
            self.shape(&property.shape);
        }
        if let Others::Allowed(shape) = object.others {
            self.shape(shape);
        }
        if let Some(variants) = &object.variants {
            variants.known.iter().for_each(|variant| self.object(variant.object));
            self.object(variants.other);
        }
    }

    fn shape(&mut self, shape: &'static Shape) {
        match shape {
            Shape::Object(object) => self.object(object),
            Shape::Duration => self.object(&DURATION),
            Shape::Map(inner) | Shape::List(inner) => self.shape(inner),
            Shape::Named(named) => self.shape(&named.shape),
            Shape::OneOf(shapes) => shapes.iter().for_each(|inner| self.shape(inner)),
            Shape::Task => {
                self.object(&TASK_COMMON);
                TASK_KINDS.iter().for_each(|kind| self.object(kind.object));
            }
            _ => {}
        }
    }
}
