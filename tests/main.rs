//! Behaviour, against a real daemon on real sockets: one test binary, a file for each family.

mod harness;

mod admission;
mod command_line;
mod configuration;
mod house;
mod pool;
mod reload;
mod session;
mod signals;
mod transfers;
mod verbs;
