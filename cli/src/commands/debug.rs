//! `flowdbg debug`: a debugger in the terminal.
use super::Subject;
use clap::Args;
/// Debugs a workflow in the terminal
#[derive(Args)]
pub(crate) struct Debug {
    #[command(flatten)]
    subject: Subject,
}
impl Debug {
    pub(crate) async fn run(self) -> u8 {
        let _ = self.subject;
        2
    }
}
