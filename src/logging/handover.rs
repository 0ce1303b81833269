//! The channel to the recorder in the hands of the next master of the same pid: what was sent waits in it meanwhile.

use std::io;
use std::os::fd::OwnedFd;

use serde::{Deserialize, Serialize};
use slog::Level;

use super::control::Control;
use super::{Channel, Ends};
use crate::sys::succession::Luggage;

/// Both ends, the line to the recorder, and how grave a line must be to be sent.
#[derive(Debug, Serialize, Deserialize)]
pub struct HandedChannel {
    senders: [i32; 3],
    receivers: [i32; 3],
    control: i32,
    least: usize,
}

impl HandedChannel {
    /// Master, before another takes its place.
    pub fn of(channel: &Channel, ends: &Ends, control: &Control, luggage: &mut Luggage) -> HandedChannel {
        HandedChannel {
            senders: channel.descriptors().map(|sender| luggage.pack(sender)),
            receivers: ends.descriptors().map(|receiver| luggage.pack(receiver)),
            control: luggage.pack(&control.socket),
            least: channel.least().as_usize(),
        }
    }

    /// The next master.
    pub fn adopt(self, luggage: &mut Luggage) -> io::Result<(Channel, Ends, Control)> {
        let mut taken = |[evidence, lines, life]: [i32; 3]| -> io::Result<[OwnedFd; 3]> {
            Ok([luggage.take(evidence)?, luggage.take(lines)?, luggage.take(life)?])
        };
        let channel = Channel::of(taken(self.senders)?)
            .with_least(Level::from_usize(self.least).unwrap_or(Level::Info));
        let [evidence, lines, life] = taken(self.receivers)?;
        Ok((channel, Ends { evidence, lines, life }, Control { socket: luggage.take(self.control)? }))
    }
}
