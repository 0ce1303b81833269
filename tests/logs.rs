//! Logs beside xferlog: ExtendedLog in its forms, where each kind of line goes, the trace, and the programs that watch them.

mod extended;
mod lines;
mod syslog;
mod trace;
mod watchers;
