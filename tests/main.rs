//! Behaviour, against a real daemon on real sockets: one test binary, a file for each family.

mod harness;

mod command_line;
mod house;
mod session;
mod transfers;
mod verbs;
