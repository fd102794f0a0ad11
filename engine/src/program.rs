//! A workflow made ready to run: its model, and its schemas compiled once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use flowdbg_lang::{
    model::{DataFlow, TaskId, TaskKind, Workflow},
    value::{Value, ValueExt as _},
};
use jsonschema::{Draft, Validator};

/// Which data a schema is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flow {
    Input,
    Output,
    Export,
    ForeachOutput,
    ForeachExport,
}

/// A schema made ready, or why it cannot be used.
type Compiled = Result<Validator, String>;

/// A workflow that executions share.
pub struct Program {
    /// The model.
    pub workflow: Arc<Workflow>,
    schemas: BTreeMap<(Option<TaskId>, Flow), Compiled>,
    /// Schemas that were read from elsewhere, by address, with their text.
    read: Mutex<BTreeMap<String, (Value, Arc<Compiled>)>>,
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
                schemas.insert((task, flow), compile(schema, data.schema_format()));
            }
        };
        add(None, Flow::Input, &workflow.input);
        add(None, Flow::Output, &workflow.output);
        for task in &workflow.tasks {
            add(Some(task.id), Flow::Input, &task.input);
            add(Some(task.id), Flow::Output, &task.output);
            add(Some(task.id), Flow::Export, &task.export);
            let foreach = match &task.kind {
                TaskKind::Listen(listen) => listen.foreach.as_ref(),
                TaskKind::CallAsyncapi(call) => call.subscription.as_ref().and_then(|subscription| subscription.foreach.as_ref()),
                _ => None,
            };
            if let Some(foreach) = foreach {
                add(Some(task.id), Flow::ForeachOutput, &foreach.output);
                add(Some(task.id), Flow::ForeachExport, &foreach.export);
            }
        }
        Arc::new(Self { workflow, schemas, read: Mutex::default() })
    }

    /// How data is shaped at a place.
    pub(crate) fn data_flow(&self, task: Option<TaskId>, flow: Flow) -> Option<&DataFlow> {
        let of = task.map(|task| self.workflow.task(task));
        let foreach = || match of.map(|task| &task.kind) {
            Some(TaskKind::Listen(listen)) => listen.foreach.as_ref(),
            _ => None,
        };
        match flow {
            Flow::Input => Some(of.map_or(&self.workflow.input, |task| &task.input)),
            Flow::Output => Some(of.map_or(&self.workflow.output, |task| &task.output)),
            Flow::Export => of.map(|task| &task.export),
            Flow::ForeachOutput => foreach().map(|foreach| &foreach.output),
            Flow::ForeachExport => foreach().map(|foreach| &foreach.export),
        }
    }

    /// Whether the data fits its schema, if one stands in the workflow.
    pub(crate) fn validate(&self, task: Option<TaskId>, flow: Flow, data: &Value) -> Result<(), String> {
        match self.schemas.get(&(task, flow)) {
            Some(schema) => check(schema, data),
            None => Ok(()),
        }
    }

    /// Whether the data fits a schema that was read from this address.
    pub(crate) fn validate_by(&self, address: &str, schema: &Value, format: Option<&str>, data: &Value) -> Result<(), String> {
        let compiled = {
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            match read.get(address) {
                Some((known, compiled)) if known == schema => compiled.clone(),
                _ => {
                    let compiled = Arc::new(compile(schema, format));
                    read.insert(address.to_owned(), (schema.clone(), compiled.clone()));
                    compiled
                }
            }
        };
        check(&compiled, data)
    }
}

/// Compiles a JSON Schema of the draft that its `$schema` names, else its format, else 2020-12.
fn compile(schema: &Value, format: Option<&str>) -> Compiled {
    let format = format.unwrap_or("json");
    let (kind, version) = format.split_once(':').unwrap_or((format, ""));
    if !kind.eq_ignore_ascii_case("json") {
        return Err(format!("schemas in the format `{format}` are not supported, only JSON Schema is"));
    }
    let version = version.trim_start_matches("draft").trim_start_matches(['-', '0', '/']);
    let draft = match version {
        "" | "2020-12" | "latest" => Draft::Draft202012,
        "2019-09" => Draft::Draft201909,
        "7" => Draft::Draft7,
        "6" => Draft::Draft6,
        "4" => Draft::Draft4,
        _ => return Err(format!("`{format}` names no version of JSON Schema that is known: 2020-12, 2019-09, draft-07, -06 and -04 are")),
    };
    let schema = to_json(schema)?;
    let options = jsonschema::options();
    let options = if schema.get("$schema").is_some() { options } else { options.with_draft(draft) };
    options.build(&schema).map_err(|error| error.to_string())
}

fn check(schema: &Compiled, data: &Value) -> Result<(), String> {
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

/// The same data as `serde_json` has it.
pub(crate) fn to_json(value: &Value) -> Result<serde_json::Value, String> {
    serde_json::from_str(&value.to_json()).map_err(|error| error.to_string())
}
