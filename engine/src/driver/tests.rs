//! Executions in the driver, with tokio's clock paused.
