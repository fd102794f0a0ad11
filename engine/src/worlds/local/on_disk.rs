//! What the local world can say without an effect on anybody: workflows and documents on disk.

use std::path::Path;

use url::Url;

use super::{Local, lookup, resource};
use crate::effect::{Answer, EffectKind, ResourceError};

impl Local {
    /// The answer, if it lies on disk. Blocks while it reads.
    #[must_use]
    pub fn on_disk(&self, kind: &EffectKind) -> Option<Answer> {
        match kind {
            // One that is not here may be known to the host that will run it.
            EffectKind::Workflow { namespace, name, version, from } => {
                let found = lookup::find(&self.options.loader, &self.options.registry, namespace, name, version, from);
                found.ok().map(|program| Answer::Workflow(Ok(program)))
            }
            EffectKind::Resource(document) => {
                let path = match Url::parse(&document.uri) {
                    Ok(url) if url.scheme() == "file" => url.to_file_path().ok()?,
                    Ok(_) => return None,
                    Err(_) => Path::new(&*document.from).parent().unwrap_or_else(|| Path::new("")).join(&document.uri),
                };
                let missing = |why| ResourceError { status: None, challenges: Vec::new(), message: format!("{}: {why}", path.display()) };
                Some(Answer::Resource(resource::read_file(&path).map_err(missing)))
            }
            EffectKind::Http(_)
            | EffectKind::Process(_)
            | EffectKind::Grpc(_)
            | EffectKind::Mcp(_)
            | EffectKind::Publish(..)
            | EffectKind::Subscribe(_)
            | EffectKind::Sleep(_)
            | EffectKind::Emit(_)
            | EffectKind::Evaluate(_)
            | EffectKind::Secrets { .. }
            | EffectKind::Cancel(_) => None,
        }
    }
}
