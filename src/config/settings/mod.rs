//! What a configuration comes to mean: typed, inherited (Global, server, Anonymous, Directory, Limit), compiled. Made once, in the
//! master; the nursery leaks it, so that workers hold `&'static Settings` and touch no reference count.
//!
//! `config` fills it; master, nursery and worker read it.

use std::path::PathBuf;

pub use super::access::{AccessRules, Order, Term, Word};
pub use super::classes::{Class, Classes};
pub use super::masquerade::Masquerade;
pub use super::origins::Caller;

mod aliases;
mod control;
mod daemon;
mod delays;
mod folders;
mod hiding;
mod logs;
mod proxies;
mod resources;
mod server;
mod session;
mod sessions;
mod speech;
mod subject;
mod transfers;
mod written;

pub use aliases::{AliasFor, AliasRules};
pub use control::{Control, SocketPlace};
pub use daemon::{Daemon, DaemonTrace, LogTarget, ProcessTitles, ServerType};
pub use delays::Delays;
pub use folders::{
    ChdirDisplay, Decider, DirectoryRules, Filter, FilterPattern, FolderRules, HiddenName, HiddenStores,
    Limit, PathRules, ScopeRules,
};
pub use hiding::{FakeName, Fakes, HiddenHere, HiddenNames, HiddenOwner, Hiding, Owner};
pub use logs::{ExtendedLog, ExtendedTarget, Form, TransferLog};
pub use proxies::Proxies;
pub use resources::{CommandRate, ResourceLimit, ResourceLimits};
pub use server::{Anonymous, Ident, Pam, RejectedPasswords, Server};
pub use session::{DigestRules, DisplayFile, ForeignAddresses, LimitText, PathFor, Readme, SessionRules};
pub use sessions::{Exception, Sessions};
pub use speech::Speech;
pub use subject::{Subject, Who};
pub use transfers::{RateLine, SizeLine, TransferLimit, TransferLines, TransferRate};
pub use written::{Rule, Written};

/// A whole configuration.
#[derive(Debug)]
pub struct Settings {
    /// The main configuration file, absolute.
    pub file: PathBuf,
    /// What holds for the whole daemon.
    pub daemon: Daemon,
    /// `<Class>` sections.
    pub classes: Classes,
    /// The main server first, then the virtual hosts in the order written.
    pub servers: Vec<Server>,
    /// All that was written, as [`super::outline`] has it. The master takes it away before anybody is born with it.
    pub outline: Vec<u8>,
}
