//! What every family stands on: a daemon of its own, a raw client, the scoreboard, waiting for events.

pub mod client;
pub mod cost;
pub mod daemon;
pub mod debian;
pub mod dns;
pub mod events;
#[cfg(target_arch = "x86_64")]
pub mod follow;
pub mod handed;
pub mod host;
pub mod load;
pub mod machine;
pub mod ports;
pub mod processes;
#[cfg(target_arch = "x86_64")]
pub mod puppet;
pub mod scale;
pub mod servants;
pub mod setup;
pub mod terminal;

pub use client::{Client, Reply};
pub use daemon::Daemon;
pub use events::eventually;
pub use scale::{as_root, rounds};
pub use setup::Setup;

/// Every test account's password, and its hash for a password file.
pub const PASSWORD: &str = "wonderland";
/// MD5-crypt: the quickest that crypt(3) knows everywhere, so that hashing does not rule the load tests.
pub const PASSWORD_HASH: &str = "$1$ferry$nxY8AEyFPr7fCRrhcSQNf1";

/// Bytes in which every offset shows.
pub fn patterned(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}
