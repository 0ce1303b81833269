//! What the master wants of this worker, read from the board; and whether there still is a master.

use super::Birth;
use crate::scoreboard::{Order, SlotOrder};
use crate::sys::{process, signals};

/// What a worker has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Go on.
    Serve,
    /// A spare leaves; a session finishes, then leaves.
    Retire,
    /// Tell the client 421, whatever it does, and leave.
    Leave,
}

/// Worker: a look at the board; no system call.
pub fn standing(birth: &Birth) -> Standing {
    let order = birth.board.order();
    let own = birth.board.slot_order(birth.slot);
    if signals::leave_asked() || order == Order::Leave || own == SlotOrder::Leave {
        Standing::Leave
    } else if order == Order::Drain || own == SlotOrder::Retire || birth.board.generation() > birth.generation
    {
        Standing::Retire
    } else {
        Standing::Serve
    }
}

/// Worker, a spare whose bell rang: besides the board, whether the master that would order anything is gone.
pub fn standing_of_spare(birth: &Birth) -> Standing {
    match standing(birth) {
        Standing::Serve if !master_lives(birth) => Standing::Retire,
        other => other,
    }
}

fn master_lives(birth: &Birth) -> bool {
    process::parent() == birth.master
}
