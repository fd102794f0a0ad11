//! A proto file with all that it imports.

use std::collections::VecDeque;

use flowdbg_lang::value::{self, Value};
use prost_reflect::prost::Message as _;
use protox::{
    Compiler, Error,
    file::{ChainFileResolver, File, FileResolver, GoogleFileResolver},
};

use super::super::{
    document::{self, Document},
    exchange::{endpoint, wrong},
};
use crate::{
    fault::Fault,
    machine::{BranchId, Machine},
};

/// Most files that are read for one proto file.
const MAX_FILES: usize = 256;

/// A file by the name that imports give it, with its text. The first one is the document itself.
pub(super) type Files = Vec<(String, String)>;

/// All files that a proto file needs, as far as they are not part of protobuf itself. `None` if one
/// of them is being read: the task is called again.
pub(super) fn files(machine: &mut Machine, id: BranchId, address: &Value, input: &Value, root: Document) -> Result<Option<Files>, Fault> {
    let (_, policy) = endpoint(address, input)?;
    let policy = policy.cloned().unwrap_or_default();
    let folder = Folder::of(&root.uri);
    let mut files = vec![(folder.file.clone(), root.text)];
    let mut wanted: VecDeque<String> = imports(&files[0].0, &files[0].1)?.into();
    while let Some(name) = wanted.pop_front() {
        if files.iter().any(|(known, _)| *known == name) || GoogleFileResolver::new().open_file(&name).is_ok() {
            continue;
        }
        if files.len() == MAX_FILES {
            return Err(wrong(format!("the proto file {} needs more than {MAX_FILES} other files", root.uri)));
        }
        let address = value::object([("uri", value::string(folder.resolve(&name))), ("authentication", policy.clone())]);
        let what = format!("`{name}`, which the proto file {} imports,", root.uri);
        // The address is complete: nothing of the input goes into it.
        let Some(read) = document::read(machine, id, &address, &Value::Null, &what)? else { return Ok(None) };
        wanted.extend(imports(&name, &read.text)?);
        files.push((name, read.text));
    }
    Ok(Some(files))
}

fn imports(name: &str, text: &str) -> Result<Vec<String>, Fault> {
    let file = File::from_source(name, text).map_err(|error| wrong(explain(&error)))?;
    Ok(file.file_descriptor_proto().dependency.clone())
}

/// Compiles the first file with the others: a `FileDescriptorSet` of all.
pub(super) fn compile(files: &Files) -> Result<Vec<u8>, Fault> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Given(files.clone()));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true);
    compiler.open_file(&files[0].0).map_err(|error| wrong(explain(&error)))?;
    Ok(compiler.file_descriptor_set().encode_to_vec())
}

/// What is wrong, with the place in the file.
fn explain(error: &Error) -> String {
    let place = error.file().map(|file| format!(" {file}")).unwrap_or_default();
    format!("the proto file{place} is not valid: {error}")
}

struct Given(Files);

impl FileResolver for Given {
    fn open_file(&self, name: &str) -> Result<File, Error> {
        let found = self.0.iter().find(|(known, _)| known == name);
        let (name, text) = found.ok_or_else(|| Error::file_not_found(name))?;
        File::from_source(name, text)
    }
}

/// The folder from which imports are found.
struct Folder {
    /// Its address, with a `/` at its end, or nothing.
    address: String,
    /// Name of the proto file in it.
    file: String,
}

impl Folder {
    fn of(uri: &str) -> Self {
        // What a server is asked beyond the path does not belong to the folder.
        let path = uri.split(['?', '#']).next().unwrap_or(uri);
        let at = path.rfind('/').map_or(0, |at| at + 1);
        Self { address: path[..at].to_owned(), file: path[at..].to_owned() }
    }

    /// The address of an import. One that begins with the folders in which the proto file itself
    /// lies is meant from above them, as protobuf's own compiler is told; any other lies beside it.
    fn resolve(&self, name: &str) -> String {
        let folders: Vec<&str> = name.split('/').collect();
        for count in (1..folders.len()).rev() {
            let own = format!("{}/", folders[..count].join("/"));
            if let Some(above) = self.address.strip_suffix(&own).filter(|above| above.is_empty() || above.ends_with('/')) {
                return format!("{above}{name}");
            }
        }
        format!("{}{name}", self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_beside_the_file_or_from_above_its_folders() {
        let resolve = |uri, name| Folder::of(uri).resolve(name);
        assert_eq!(resolve("greet.proto", "common.proto"), "common.proto");
        assert_eq!(resolve("protos/greet.proto", "x/common.proto"), "protos/x/common.proto");
        assert_eq!(resolve("protos/shop/v1/orders.proto", "shop/v1/money.proto"), "protos/shop/v1/money.proto");
        assert_eq!(resolve("shop/orders.proto", "shop/money.proto"), "shop/money.proto");
        assert_eq!(resolve("/srv/shop/orders.proto", "shop/money.proto"), "/srv/shop/money.proto");
        assert_eq!(resolve("http://a.example/shop/orders.proto?v=1", "shop/money.proto"), "http://a.example/shop/money.proto");
    }
}
