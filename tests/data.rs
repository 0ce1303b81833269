//! Data connections, and what travels on them.

mod connections;
mod interruptions;
mod masquerade;
mod ports;
mod transfers;
