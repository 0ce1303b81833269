//! The table of workers in the hands of the next master of the same pid.

use serde::{Deserialize, Serialize};

use super::{Stage, Worker, Workers};
use crate::scoreboard::{MasterBoard, SlotNumber};
use crate::sys::ProcessId;

/// One worker as one master leaves it to the next.
#[derive(Debug, Serialize, Deserialize)]
pub struct HandedWorker {
    slot: SlotNumber,
    generation: u32,
    pid: Option<ProcessId>,
    stage: Stage,
}

/// Of no generation: workers that a master bore who was not heard of again.
pub const STRAY: u32 = 0;

impl Workers {
    /// All of them.
    pub fn hand_over(&self) -> Vec<HandedWorker> {
        let all = (0..).map(SlotNumber).zip(&self.slots);
        let handed = |(slot, worker): (SlotNumber, &Option<Worker>)| {
            let Worker { generation, pid, stage } = worker.clone()?;
            Some(HandedWorker { slot, generation, pid, stage })
        };
        all.filter_map(handed).collect()
    }

    /// The table of the next master. Who was reaped meanwhile is left out; who was born meanwhile, of nobody's asking, is a stray.
    pub fn adopt(handed: Vec<HandedWorker>, board: &MasterBoard) -> Workers {
        let mut workers = Workers::new(board.slots());
        workers.slots.resize(board.high_water() as usize, None);
        for HandedWorker { slot, generation, pid, stage } in handed {
            if pid.is_none_or(|pid| board.birth(slot) == Some(pid)) {
                workers.put(slot, Worker { generation, pid, stage });
            }
        }
        for slot in (0..board.high_water()).map(SlotNumber) {
            if workers.worker(slot).is_some() {
                continue;
            }
            match board.birth(slot) {
                Some(pid) => {
                    workers.put(slot, Worker { generation: STRAY, pid: Some(pid), stage: Stage::Leaving })
                }
                None => {
                    workers.free.push(std::cmp::Reverse(slot.0));
                }
            }
        }
        workers
    }

    fn put(&mut self, slot: SlotNumber, worker: Worker) {
        let (pid, stage) = (worker.pid, worker.stage);
        let Some(entry) = self.slots.get_mut(slot.0 as usize) else { return };
        *entry = Some(worker);
        self.pids.extend(pid.map(|pid: ProcessId| (pid, slot)));
        self.move_to(slot, stage);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_same_but_for_the_dead() {
        let board = MasterBoard::create_private(8).unwrap();
        let mut workers = Workers::new(8);
        for generation in [1, 1, 2] {
            let slot = workers.vacant().unwrap();
            board.allocate(slot).unwrap();
            workers.ask(slot, generation);
        }
        workers.free(SlotNumber(1));
        let mut handed = workers.hand_over();
        handed.push(HandedWorker {
            slot: SlotNumber(1),
            generation: 1,
            pid: Some(ProcessId(7)),
            stage: Stage::Session,
        });
        let mut adopted = Workers::adopt(handed, &board);
        assert_eq!((adopted.count(1), adopted.count(2), adopted.asked(2)), (1, 1, 1));
        assert!(adopted.worker(SlotNumber(1)).is_none(), "it was reaped meanwhile");
        assert_eq!(adopted.vacant(), Some(SlotNumber(1)));
        assert_eq!(adopted.vacant(), Some(SlotNumber(3)));
    }
}
