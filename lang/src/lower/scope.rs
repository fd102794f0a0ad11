//! Which variables an expression may use where (DSL, "Runtime expression arguments").

use std::sync::{Arc, OnceLock};

/// A kind of place that holds expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// The workflow's `input.from`.
    WorkflowInput,
    /// The workflow's `output.as`.
    WorkflowOutput,
    /// A task's `if` and `input.from`.
    Input,
    /// A task's own properties.
    Body,
    /// A task's `output.as`. The specification gives it no `$output`; users write it and runtimes
    /// bind it, so it stands for the raw output.
    Output,
    /// A task's `export.as`.
    Export,
}

impl Site {
    /// The same, made once.
    fn shared_variables(self) -> &'static [Arc<str>] {
        static SHARED: [OnceLock<Vec<Arc<str>>>; 6] = [const { OnceLock::new() }; 6];
        SHARED[self as usize].get_or_init(|| self.variables().iter().map(|name| Arc::from(*name)).collect())
    }

    fn variables(self) -> &'static [&'static str] {
        match self {
            Self::WorkflowInput => &["$secrets", "$workflow", "$runtime"],
            Self::WorkflowOutput => &["$context", "$secrets", "$workflow", "$runtime"],
            Self::Input => &["$context", "$secrets", "$task", "$workflow", "$runtime"],
            Self::Body => &["$context", "$input", "$secrets", "$authorization", "$task", "$workflow", "$runtime"],
            Self::Output | Self::Export => {
                &["$context", "$input", "$output", "$secrets", "$authorization", "$task", "$workflow", "$runtime"]
            }
        }
    }
}

/// Loop and error variables of the enclosing tasks, each with its `$`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locals(Vec<Arc<str>>);

impl Locals {
    pub(crate) fn with(&self, names: &[&Arc<str>]) -> Self {
        let mut all = self.0.clone();
        for name in names {
            if !all.contains(name) {
                all.push((*name).clone());
            }
        }
        Self(all)
    }

    /// The names, each with its `$`.
    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.0
    }

    pub(crate) fn available(&self, site: Site) -> Vec<Arc<str>> {
        let of_place = site.shared_variables();
        of_place.iter().chain(self.0.iter().filter(|name| !of_place.contains(name))).cloned().collect()
    }
}
