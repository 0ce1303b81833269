//! Logs beside xferlog: ExtendedLog in its forms, where each kind of line goes, and the programs that watch them.

mod extended;
mod lines;
mod syslog;
mod watchers;
