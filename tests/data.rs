//! Data connections, and what travels on them.

mod connections;
mod interruptions;
mod masquerade;
mod ports;
mod ranges;
mod transfers;
