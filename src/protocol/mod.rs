//! What FTP says: the line, the verbs (one table), their arguments, the command, the reply. No sockets.
//! Bytes become a line, a line a [`Command`], a handler's outcome a [`Reply`].

pub mod argument;
pub mod command;
pub mod foreign;
pub mod line;
pub mod reply;
pub mod verbs;

pub use command::{Command, EpsvArgument, Type};
pub use foreign::Foreign;
pub use line::{Line, LineReader};
pub use reply::{Multiline, Reply};
pub use verbs::{Request, Verb};
