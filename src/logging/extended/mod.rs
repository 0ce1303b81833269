//! ExtendedLog's lines: which commands they are about, what they tell, and how it is written. Values in, bytes out.

mod classes;
mod facts;
mod format;
mod json;
mod printable;
mod text;
mod time;
mod variable;

pub use classes::Selection;
pub use facts::{Command, Event, Facts, Folder, Session, Transfer, TransferEnd, TransferForm};
pub use format::{Format, Unknown};
pub use json::write as write_json;
pub use text::write as write_text;
