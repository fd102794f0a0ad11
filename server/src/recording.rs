//! Recordings as files: written line by line while an execution runs, and read back.
//!
//! Lines are handed to the operating system before their events can be seen by anybody, so that a
//! host that is killed loses none of them. (A machine that loses power may: nothing is synced.)

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use flowdbg_engine::{
    driver::{Record, Sink},
    machine::written::{Text, from_text},
    program::Program,
    recording::{Recording, Unreadable},
};

/// How the names of recordings end in a folder of them.
pub const ENDING: &str = ".recording.jsonl";

/// A file that a recording is written to.
pub struct RecordingFile {
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    file: File,
    failed: Option<String>,
}

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be made, written or read.
    #[error("the recording {path}: {why}")]
    File {
        /// The file, as it was asked for.
        path: String,
        /// Why, and how to mend it.
        why: String,
    },
    /// What is in it is no recording, or is damaged.
    #[error("the recording {path}, {what}")]
    Unreadable {
        /// The file, as it was asked for.
        path: String,
        /// The line, and why.
        what: Unreadable,
    },
}

impl RecordingFile {
    /// Makes the file. One that is there already is not overwritten: it may be the only record of
    /// something.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(path: &Path) -> Result<Arc<Self>, RecordingError> {
        let failed = |error: &std::io::Error| RecordingError::File {
            path: path.display().to_string(),
            why: match error.kind() {
                std::io::ErrorKind::AlreadyExists => "there is such a file already; name another, or remove it".to_owned(),
                std::io::ErrorKind::NotFound => "its folder does not exist".to_owned(),
                _ => error.to_string(),
            },
        };
        let file = File::options().append(true).create_new(true).open(path).map_err(|error| failed(&error))?;
        Ok(Arc::new(Self { path: path.to_owned(), inner: Mutex::new(Inner { file, failed: None }) }))
    }

    /// A recording in a folder, named by the execution. The folder is made if it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn in_folder(folder: &Path, execution: &str) -> Result<Arc<Self>, RecordingError> {
        let failed = |error: std::io::Error| RecordingError::File { path: folder.display().to_string(), why: error.to_string() };
        std::fs::create_dir_all(folder).map_err(failed)?;
        Self::create(&folder.join(format!("{execution}{ENDING}")))
    }

    /// For [`flowdbg_engine::driver::Options`].
    #[must_use]
    pub fn record(self: &Arc<Self>) -> Record {
        Record(self.clone())
    }

    /// Why it is incomplete, if it could not be written any more.
    #[must_use]
    pub fn failed(&self) -> Option<String> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).failed.clone()
    }
}

impl Sink for RecordingFile {
    fn append(&self, lines: &str) -> bool {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.failed.is_some() {
            return false;
        }
        match inner.file.write_all(lines.as_bytes()) {
            Ok(()) => true,
            Err(error) => {
                let why = format!("the recording {} is incomplete, it cannot be written any more: {error}", self.path.display());
                tracing::error!("{why}");
                inner.failed = Some(why);
                false
            }
        }
    }
}

/// Reads a recording, with the workflows as their texts are in it.
///
/// # Errors
/// The file cannot be read, or is damaged before its last line.
pub fn read(path: &Path) -> Result<Recording, RecordingError> {
    read_with(path, &mut from_text)
}

/// The same with programs from elsewhere.
///
/// # Errors
/// As for [`read`]; or a program does not fit.
pub fn read_with(path: &Path, load: &mut dyn FnMut(&Text) -> Result<Arc<Program>, String>) -> Result<Recording, RecordingError> {
    let failed = |why: String| RecordingError::File { path: path.display().to_string(), why };
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => failed("there is no such file".to_owned()),
        _ => failed(error.to_string()),
    })?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        // A character may have been torn with the last line.
        Err(error) => {
            let whole = error.utf8_error().valid_up_to();
            let (is_end, bytes) = (error.utf8_error().error_len().is_none(), error.into_bytes());
            if !is_end {
                let line = bytes[..whole].iter().filter(|byte| **byte == b'\n').count() + 1;
                return Err(failed(format!("it is not UTF-8 text (line {line}); a recording is")));
            }
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    Recording::read(&text, load).map_err(|what| RecordingError::Unreadable { path: path.display().to_string(), what })
}

#[cfg(test)]
mod tests {
    use flowdbg_engine::{
        driver::Options,
        replay,
        worlds::local::{self, Local},
    };
    use flowdbg_lang::value::Value;

    use super::*;
    use crate::{host::Host, load};

    #[tokio::test]
    async fn a_host_writes_one_file_an_execution() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("w.yaml");
        std::fs::write(&file, "document: { dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }\ndo: [ { one: { set: { a: 1 } } } ]\n")
            .unwrap();
        let loaded = load::load(&file).unwrap();
        let world = Local::new(local::Options::new(load::loader()));
        let recordings = folder.path().join("all/recordings");
        let host = Host::local(world).recording_to(Some(recordings.clone()));
        let runs = [
            host.run(&loaded, Value::Null, Options::default()).await.unwrap(),
            host.run(&loaded, Value::Null, Options::default()).await.unwrap(),
        ];
        for run in &runs {
            run.ended().await;
            let recording = read(&recordings.join(format!("{}{ENDING}", run.id()))).unwrap();
            assert_eq!(&*recording.journal.execution, run.id());
            assert_eq!(recording.events.len() as u64, run.log().last());
            assert!(replay::compare(&recording).unwrap().divergences.is_empty());
        }
        // A folder that cannot be made is told before anything runs.
        let host = host.recording_to(Some(file.join("below")));
        let Err(error) = host.run(&loaded, Value::Null, Options::default()).await else { panic!("it ran") };
        assert!(error.to_string().starts_with("the recording "), "{error}");
    }

    #[test]
    fn what_is_no_text_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("r.jsonl");
        std::fs::write(&file, b"{}\n\xff{}\n").unwrap();
        assert!(read(&file).unwrap_err().to_string().ends_with("it is not UTF-8 text (line 2); a recording is"));
        // A character that was torn with the last line is no error of its own.
        std::fs::write(&file, b"{}\n\"\xc3").unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("line 1: this is not a recording"));
    }
}
