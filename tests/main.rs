//! Behaviour, against a real daemon on real sockets: one test binary, a file for each family.

#![expect(clippy::expect_used, reason = "a test may fail where it stands")]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "figures, and what was skipped, are for whoever runs them"
)]

mod harness;

mod admission;
mod clients;
mod clock;
mod command_line;
mod configuration;
mod confinement;
mod container;
mod control;
mod crashes;
mod data;
mod diagnosis;
mod differential;
mod faults;
mod files;
mod full_disk;
mod fuzz;
mod hostile;
mod hosts;
mod house;
mod inetd;
mod large_files;
mod limits;
mod logs;
mod many_sections;
mod many_sessions;
mod measurements;
mod messages;
mod monitoring;
mod mutations;
mod pool;
mod printed;
mod proxied;
mod quickstart;
mod refusals;
mod reload;
mod reverse_dns;
mod scoreboard;
mod service;
mod service_files;
mod session;
mod session_fuzz;
mod shutmsg;
mod signals;
mod site;
mod status;
mod stock;
mod titles;
mod tools;
mod top;
#[cfg(target_arch = "x86_64")]
mod trust;
mod upgrade;
mod users;
mod verbs;
mod virtual_hosts;
