//! A debugger in the terminal: a debug client of our own adapter, in the same process.
//!
//! It knows nothing that another client could not know: [`client`] speaks the Debug Adapter
//! Protocol over a pipe, [`session`] keeps what a person has said, [`command`] reads his words.

mod client;
mod command;
mod path;
mod session;
mod source;

pub(crate) use command::help;
pub(crate) use session::{Debugger, Next};
