//! What master and nursery say to each other, as bounded packets. Both are the operator's own code, yet the nursery is the less
//! trusted of the two: the master reads what it says as strictly as any stranger's bytes.

use crate::scoreboard::SlotNumber;
use crate::worker::Door;

/// Master to nursery: bear a worker for each of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToNursery {
    /// At most [`ToNursery::SLOTS`].
    pub slots: Vec<SlotNumber>,
}

/// Nursery to master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromNursery {
    /// Confined, and waiting for orders; the filter's listener travels with it when the door is auth's.
    Ready {
        /// How identities will be taken.
        door: Door,
        /// Whether mseal holds the board.
        sealed: bool,
    },
    /// It could not begin, for this reason.
    Failed(String),
    /// No worker for this slot.
    NotBorn {
        /// Which.
        slot: SlotNumber,
        /// Why (errno(3)).
        errno: i32,
    },
}

const READY: u8 = 1;
const FAILED: u8 = 2;
const NOT_BORN: u8 = 3;

impl ToNursery {
    /// Most slots of one packet.
    pub const SLOTS: usize = 64;
    /// Bytes of the largest packet.
    pub const MOST: usize = 4 * Self::SLOTS;

    /// As bytes: little-endian numbers.
    pub fn encode(&self) -> Vec<u8> {
        self.slots.iter().take(Self::SLOTS).flat_map(|slot| slot.0.to_le_bytes()).collect()
    }

    /// From bytes; what is left over is no number and is dropped.
    pub fn decode(bytes: &[u8]) -> ToNursery {
        let number = |four: &[u8; 4]| SlotNumber(u32::from_le_bytes(*four));
        ToNursery { slots: bytes.as_chunks::<4>().0.iter().map(number).collect() }
    }
}

impl FromNursery {
    /// Bytes of the largest packet.
    pub const MOST: usize = 512;

    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            FromNursery::Ready { door, sealed } => vec![READY, door_number(*door), u8::from(*sealed)],
            FromNursery::Failed(why) => {
                [&[FAILED], why.as_bytes()].concat().into_iter().take(Self::MOST).collect()
            }
            FromNursery::NotBorn { slot, errno } => {
                [&[NOT_BORN][..], &slot.0.to_le_bytes(), &errno.to_le_bytes()].concat()
            }
        }
    }

    /// From bytes; None for what no nursery says.
    pub fn decode(bytes: &[u8]) -> Option<FromNursery> {
        match bytes {
            [READY, door, sealed @ (0 | 1)] => {
                Some(FromNursery::Ready { door: door_of(*door)?, sealed: *sealed == 1 })
            }
            [FAILED, why @ ..] => Some(FromNursery::Failed(String::from_utf8_lossy(why).into_owned())),
            [NOT_BORN, s0, s1, s2, s3, e0, e1, e2, e3] => Some(FromNursery::NotBorn {
                slot: SlotNumber(u32::from_le_bytes([*s0, *s1, *s2, *s3])),
                errno: i32::from_le_bytes([*e0, *e1, *e2, *e3]),
            }),
            _ => None,
        }
    }
}

fn door_number(door: Door) -> u8 {
    match door {
        Door::Notified => 1,
        Door::Filtered => 2,
        Door::Rootless => 3,
    }
}

fn door_of(number: u8) -> Option<Door> {
    [Door::Notified, Door::Filtered, Door::Rootless].into_iter().find(|door| door_number(*door) == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        let said = [
            FromNursery::Ready { door: Door::Notified, sealed: true },
            FromNursery::Ready { door: Door::Rootless, sealed: false },
            FromNursery::Failed("no seccomp".into()),
            FromNursery::NotBorn { slot: SlotNumber(70_000), errno: 11 },
        ];
        for message in said {
            assert_eq!(FromNursery::decode(&message.encode()), Some(message));
        }
        let order = ToNursery { slots: vec![SlotNumber(0), SlotNumber(16_383)] };
        assert_eq!(ToNursery::decode(&order.encode()), order);
    }

    #[test]
    fn strange_bytes_say_nothing() {
        for bytes in [&[][..], &[9], &[READY], &[READY, 9, 0], &[READY, 1, 2], &[NOT_BORN, 0, 0]] {
            assert_eq!(FromNursery::decode(bytes), None);
        }
    }
}
