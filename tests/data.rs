//! Data connections, and what travels on them.

mod compression;
mod connections;
mod interruptions;
mod masquerade;
mod ports;
mod ranges;
mod rates;
mod sizes;
mod sockets;
mod transfers;
