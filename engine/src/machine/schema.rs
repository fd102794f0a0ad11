//! Schemas of data: those that stand in the workflow, and those that are read from elsewhere before
//! they are used (DSL Reference, "Schema").

use flowdbg_lang::{model::DataFlow, text::Source, value::Value};

use super::{BranchId, Machine, Stop};
use crate::{
    effect::{Answer, EffectKind, Resource},
    fault::{Fault, Kind},
    program::Flow,
    tasks,
};

/// What data is checked with.
pub(crate) enum Schema {
    /// What stands in the workflow, if anything does.
    Inline,
    /// A document that was read, by its address.
    Read(String),
}

impl Machine {
    /// Finds the schema of a stage of the innermost frame; none if it is being read. A stage asks for
    /// it before anything else: it begins again when the document has come. Expressions of its
    /// address see this data.
    pub(crate) fn schema(&mut self, id: BranchId, flow: Flow, data: &Value) -> Result<Option<Schema>, Stop> {
        let frame = self.top(id);
        let (program, task) = (frame.program().clone(), frame.task);
        let Some(template) = program.data_flow(task, flow).and_then(DataFlow::schema_resource) else {
            return Ok(Some(Schema::Inline));
        };
        let depth = self.depth(id);
        let resource = self.fill(id, depth, template, data, None)?;
        let resource = tasks::resource::named(self, id, &resource, data)?;
        let address = address(&resource);
        if self.document(&address).is_some() {
            return Ok(Some(Schema::Read(address)));
        }
        match self.take_answer(id) {
            None => {
                self.wait_for(id, EffectKind::Resource(resource));
                Ok(None)
            }
            Some(Answer::Resource(Ok(text))) => {
                let document = parse(&resource.uri, &text)?;
                self.keep_document(&address, document);
                Ok(Some(Schema::Read(address)))
            }
            Some(Answer::Resource(Err(error))) => {
                let detail = format!("the schema cannot be read: {}", error.message);
                Err(Fault::with_status(Kind::Communication, error.status.map_or(500, i64::from), detail).into())
            }
            Some(_) => Err(Fault::new(Kind::Runtime, "the schema was not read").into()),
        }
    }

    /// Checks data; `what` is what the message calls it.
    pub(crate) fn validate(&mut self, id: BranchId, flow: Flow, schema: &Schema, data: &Value, what: &str) -> Result<(), Fault> {
        let frame = self.top(id);
        let (program, task) = (frame.program().clone(), frame.task);
        let checked = match schema {
            Schema::Inline => program.validate(task, flow, data),
            Schema::Read(address) => {
                let format = program.data_flow(task, flow).and_then(DataFlow::schema_format);
                let document = self.document(address).cloned().unwrap_or_default();
                program.validate_by(address, &document, format, data)
            }
        };
        checked.map_err(|detail| Fault::new(Kind::Validation, format!("{what} does not fit its schema: {detail}")))
    }
}

/// The name under which a document is kept: its address, with the workflow beside which it lies.
fn address(resource: &Resource) -> String {
    match url::Url::parse(&resource.uri) {
        Ok(_) => resource.uri.clone(),
        Err(_) => format!("{} {}", resource.from, resource.uri),
    }
}

fn parse(uri: &str, text: &str) -> Result<Value, Fault> {
    let (tree, problems) = flowdbg_lang::read::read(&Source::new(uri, text.to_owned()));
    match (tree.root(), problems.first()) {
        (Some(root), None) => Ok(tree.value(root)),
        (_, Some(problem)) => {
            Err(Fault::new(Kind::Configuration, format!("the schema {uri} is neither JSON nor YAML: {}", problem.message)))
        }
        (None, None) => Err(Fault::new(Kind::Configuration, format!("the schema {uri} is empty"))),
    }
}
