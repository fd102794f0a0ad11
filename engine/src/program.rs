//! A workflow made ready to run: its model, and its schemas compiled once.

use std::{collections::BTreeMap, sync::Arc};

use flowdbg_lang::{
    model::{DataFlow, TaskId, TaskKind, Workflow},
    value::{Value, ValueExt as _},
};
use jsonschema::Validator;

/// Which data a schema is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flow {
    Input,
    Output,
    Export,
    ForeachOutput,
    ForeachExport,
}

/// A workflow that executions share.
pub struct Program {
    /// The model.
    pub workflow: Arc<Workflow>,
    schemas: BTreeMap<(Option<TaskId>, Flow), Result<Validator, String>>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Program({})", self.workflow.full_name())
    }
}

impl Program {
    /// Makes a workflow ready to run.
    #[must_use]
    pub fn new(workflow: Arc<Workflow>) -> Arc<Self> {
        let mut schemas = BTreeMap::new();
        let mut add = |task, flow, data: &DataFlow| {
            if let Some(schema) = &data.schema {
                let compiled = to_json(schema).and_then(|schema| jsonschema::validator_for(&schema).map_err(|error| error.to_string()));
                schemas.insert((task, flow), compiled);
            }
        };
        add(None, Flow::Input, &workflow.input);
        add(None, Flow::Output, &workflow.output);
        for task in &workflow.tasks {
            add(Some(task.id), Flow::Input, &task.input);
            add(Some(task.id), Flow::Output, &task.output);
            add(Some(task.id), Flow::Export, &task.export);
            if let TaskKind::Listen(listen) = &task.kind
                && let Some(foreach) = &listen.foreach
            {
                add(Some(task.id), Flow::ForeachOutput, &foreach.output);
                add(Some(task.id), Flow::ForeachExport, &foreach.export);
            }
        }
        Arc::new(Self { workflow, schemas })
    }

    /// Whether the data fits its schema, if it has one.
    pub(crate) fn validate(&self, task: Option<TaskId>, flow: Flow, data: &Value) -> Result<(), String> {
        let Some(schema) = self.schemas.get(&(task, flow)) else { return Ok(()) };
        let schema = schema.as_ref().map_err(|error| format!("the schema itself is not valid: {error}"))?;
        let data = to_json(data)?;
        let wrong: Vec<String> = schema
            .iter_errors(&data)
            .take(5)
            .map(|error| {
                let place = error.instance_path().to_string();
                if place.is_empty() { error.to_string() } else { format!("{error} (at {place})") }
            })
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

/// The same data as `serde_json` has it.
pub(crate) fn to_json(value: &Value) -> Result<serde_json::Value, String> {
    serde_json::from_str(&value.to_json()).map_err(|error| error.to_string())
}
