//! Schemas of data: those that stand in the workflow, and those that are read from elsewhere before
//! they are used (DSL Reference, "Schema").

use flowdbg_lang::{
    model::DataFlow,
    text::Source,
    value::{Value, ValueExt as _},
};

use super::{BranchId, Machine, Stop};
use crate::{
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
        if !tasks::exchange::settle(self, id)? {
            return Ok(None);
        }
        let depth = self.depth(id);
        let resource = self.fill(id, depth, template, data, None)?;
        let missing = || Fault::new(Kind::Configuration, "the schema's `resource` needs an `endpoint`");
        let endpoint = resource.member("endpoint").ok_or_else(missing)?;
        let Some(read) = tasks::document::read(self, id, endpoint, data, "the schema")? else { return Ok(None) };
        let address = format!("schema {}", read.key);
        if self.document(&address).is_none() {
            self.keep_document(&address, parse(&read.uri, &read.text)?);
        }
        Ok(Some(Schema::Read(address)))
    }

    /// Checks data; `what` is what the message calls it.
    pub(crate) fn validate(&mut self, id: BranchId, flow: Flow, schema: &Schema, data: &Value, what: &str) -> Result<(), Fault> {
        self.note(data);
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
