//! Standard input and output as asynchronous streams.
//!
//! The runtime's own standard input reads in a thread that the runtime waits for at its end, so a
//! client that keeps its end open would keep the process alive. Here a thread of our own reads;
//! it ends with the process.

use std::io::Read as _;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

/// Bytes read ahead at most.
const BUFFER: usize = 64 * 1024;

/// Standard input. Must be called inside a tokio runtime, and once in a process.
///
/// # Errors
/// No thread can be started.
pub fn stdin() -> std::io::Result<impl AsyncRead + Send + Unpin + 'static> {
    let (reader, mut writer) = tokio::io::simplex(BUFFER);
    let runtime = tokio::runtime::Handle::current();
    std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut buffer = vec![0; BUFFER];
        loop {
            match input.read(&mut buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
                // If nobody reads any more, there is nothing left to do.
                Ok(count) => match runtime.block_on(writer.write_all(&buffer[..count])) {
                    Ok(()) => {}
                    Err(_) => return,
                },
            }
        }
        // The end of the stream is news too; if it is not wanted, that is fine.
        let _ = runtime.block_on(writer.shutdown());
    })?;
    Ok(reader)
}

/// Standard output. Flush it before the process ends.
pub fn stdout() -> impl AsyncWrite + Send + Unpin + 'static {
    tokio::io::stdout()
}
