//! What FTP says: the line, the verbs (one table), their arguments, the command, the reply. No sockets.
//! Bytes become a line, a line a [`Command`], a handler's outcome a [`Reply`].

pub mod argument;
pub mod byte_range;
pub mod changes;
pub mod charset;
pub mod command;
pub mod digest;
pub mod facts;
pub mod foreign;
pub mod help;
pub mod host;
pub mod line;
pub mod offer;
pub mod options;
pub mod permissions;
pub mod proxy;
pub mod reply;
pub mod site;
mod spellings;
pub mod time;
pub mod verbs;

pub use byte_range::ByteRange;
pub use changes::Changes;
pub use command::{Command, EpsvArgument, Type};
pub use digest::{Algorithm, Algorithms, Checksum};
pub use facts::{Fact, Facts};
pub use foreign::Foreign;
pub use help::Told;
pub use host::HostName;
pub use line::{Line, LineReader};
pub use offer::{Module, Offer};
pub use permissions::Permissions;
pub use reply::Reply;
pub use site::Site;
pub use verbs::{LimitedAt, Request, Verb};
