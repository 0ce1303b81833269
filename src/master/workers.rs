//! The master's table of workers, by slot. What the kernel told it (births, reaps) is believed; what a worker wrote of itself is a
//! hint about what it does.

mod handover;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use crate::scoreboard::{MasterBoard, SlotNumber, State};
use crate::sys::ProcessId;
pub use handover::{HandedWorker, STRAY};

/// How far a worker has come, as the master knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Stage {
    /// The nursery was told to bear it.
    Asked,
    /// It waits for a client.
    Spare,
    /// It has a client that may not have said anything yet; it can still return to the pool.
    Fresh,
    /// It has read from its client and will meet no other.
    Session,
    /// It was told to leave while it waited; a client that it met at that moment is served first.
    Leaving,
}

/// One worker.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Whose settings it was born with.
    pub generation: u32,
    /// Known from the births.
    pub pid: Option<ProcessId>,
    /// How far it is.
    pub stage: Stage,
}

/// What a look at the pool found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Spares that have met a client since the last look.
    pub taken: u32,
}

/// Fresh workers looked at in one look: they can be thousands (connections that say nothing), so they take turns.
const FRESH_PER_LOOK: usize = 64;

/// All of them.
#[derive(Debug)]
pub struct Workers {
    slots: Vec<Option<Worker>>,
    free: BinaryHeap<Reverse<u32>>,
    most: u32,
    pids: HashMap<ProcessId, SlotNumber>,
    asked: Vec<SlotNumber>,
    spares: Vec<SlotNumber>,
    fresh: VecDeque<SlotNumber>,
    /// How many of the fresh nobody has looked at since the last hint.
    unseen: usize,
}

impl Workers {
    /// Room for `most` of them.
    pub fn new(most: u32) -> Workers {
        Workers {
            slots: Vec::new(),
            free: BinaryHeap::new(),
            most,
            pids: HashMap::new(),
            asked: Vec::new(),
            spares: Vec::new(),
            fresh: VecDeque::new(),
            unseen: 0,
        }
    }

    /// The lowest slot that nobody has: readers look no further than the highest ever used.
    pub fn vacant(&mut self) -> Option<SlotNumber> {
        if let Some(Reverse(number)) = self.free.pop() {
            return Some(SlotNumber(number));
        }
        let next = u32::try_from(self.slots.len()).ok().filter(|next| *next < self.most)?;
        self.slots.push(None);
        Some(SlotNumber(next))
    }

    /// A worker of this generation was asked for.
    pub fn ask(&mut self, slot: SlotNumber, generation: u32) {
        if let Some(entry) = self.slots.get_mut(slot.0 as usize) {
            *entry = Some(Worker { generation, pid: None, stage: Stage::Asked });
            self.asked.push(slot);
        }
    }

    /// The slot is nobody's again.
    pub fn free(&mut self, slot: SlotNumber) -> Option<Worker> {
        let worker = self.slots.get_mut(slot.0 as usize)?.take()?;
        if let Some(pid) = worker.pid {
            self.pids.remove(&pid);
        }
        match worker.stage {
            Stage::Asked => self.asked.retain(|other| *other != slot),
            Stage::Spare => self.spares.retain(|other| *other != slot),
            Stage::Fresh => self.fresh.retain(|other| *other != slot),
            Stage::Session | Stage::Leaving => {}
        }
        self.free.push(Reverse(slot.0));
        Some(worker)
    }

    /// A spare was told to leave: it counts as one no more. Should it have met a client meanwhile, it serves that one first.
    pub fn let_go(&mut self, slot: SlotNumber) {
        self.spares.retain(|other| *other != slot);
        if let Some(worker) = self.slots.get_mut(slot.0 as usize).and_then(Option::as_mut) {
            worker.stage = Stage::Leaving;
        }
    }

    /// Who lives there.
    pub fn worker(&self, slot: SlotNumber) -> Option<&Worker> {
        self.slots.get(slot.0 as usize)?.as_ref()
    }

    /// Where this process lives. A worker that ended before its birth was looked at is found by the kernel's own note.
    pub fn slot_of(&mut self, pid: ProcessId, board: &MasterBoard) -> Option<SlotNumber> {
        if !self.pids.contains_key(&pid) {
            self.learn_births(board);
        }
        self.pids.get(&pid).copied()
    }

    /// Reads the pids of those that were asked for.
    pub fn learn_births(&mut self, board: &MasterBoard) {
        for slot in &self.asked {
            let worker = self.slots.get_mut(slot.0 as usize).and_then(Option::as_mut);
            if let Some(worker) = worker.filter(|worker| worker.pid.is_none()) {
                worker.pid = board.birth(*slot);
                self.pids.extend(worker.pid.map(|pid| (pid, *slot)));
            }
        }
    }

    /// Somebody gave a hint: any of the fresh may have moved on.
    pub fn hear_hint(&mut self) {
        self.unseen = self.fresh.len();
    }

    /// Whether the looks since the last hint have left some of the fresh out: there should be another soon.
    pub fn is_behind(&self) -> bool {
        self.unseen > 0
    }

    /// Looks at those who may have moved on: newborns, spares, and in turn the fresh.
    pub fn look(&mut self, board: &MasterBoard) -> Seen {
        self.learn_births(board);
        let mut seen = Seen::default();
        for slot in std::mem::take(&mut self.asked) {
            // Born since the births were read: its own hint is on the way. Without a pid it could be neither rung nor reaped.
            let is_known = self.worker(slot).is_some_and(|worker| worker.pid.is_some());
            let stage = stage_of(board.state(slot)).filter(|_| is_known).unwrap_or(Stage::Asked);
            seen.taken += u32::from(matches!(stage, Stage::Fresh | Stage::Session));
            self.move_to(slot, stage);
        }
        for slot in std::mem::take(&mut self.spares) {
            let stage = stage_of(board.state(slot)).unwrap_or(Stage::Spare);
            seen.taken += u32::from(stage != Stage::Spare);
            self.move_to(slot, stage);
        }
        let turns = self.fresh.len().min(FRESH_PER_LOOK);
        for slot in self.fresh.drain(..turns).collect::<Vec<_>>() {
            self.move_to(slot, stage_of(board.state(slot)).unwrap_or(Stage::Fresh));
        }
        // Some may have ended between two looks.
        self.unseen = self.unseen.saturating_sub(turns).min(self.fresh.len());
        seen
    }

    /// Looks at all the fresh: before a client is refused, nobody may hold a place who has no client.
    pub fn look_at_fresh(&mut self, board: &MasterBoard) {
        for slot in std::mem::take(&mut self.fresh) {
            self.move_to(slot, stage_of(board.state(slot)).unwrap_or(Stage::Fresh));
        }
    }

    fn move_to(&mut self, slot: SlotNumber, stage: Stage) {
        if let Some(worker) = self.slots.get_mut(slot.0 as usize).and_then(Option::as_mut) {
            worker.stage = stage;
            match stage {
                Stage::Asked => self.asked.push(slot),
                Stage::Spare => self.spares.push(slot),
                Stage::Fresh => self.fresh.push_back(slot),
                Stage::Session | Stage::Leaving => {}
            }
        }
    }

    /// Spares of a generation.
    pub fn spares(&self, generation: u32) -> impl Iterator<Item = SlotNumber> {
        self.spares.iter().copied().filter(move |slot| self.is_of(*slot, generation))
    }

    /// How many of a generation were asked for and are not ready yet.
    pub fn asked(&self, generation: u32) -> u32 {
        self.asked.iter().filter(|slot| self.is_of(**slot, generation)).count() as u32
    }

    /// Those asked for of a generation that have no pid: the nursery died before it bore them.
    pub fn unborn(&mut self, generation: u32, board: &MasterBoard) -> Vec<SlotNumber> {
        self.learn_births(board);
        let unborn = |slot: &SlotNumber| {
            self.worker(*slot).is_some_and(|worker| worker.generation == generation && worker.pid.is_none())
        };
        self.asked.iter().copied().filter(unborn).collect()
    }

    fn is_of(&self, slot: SlotNumber, generation: u32) -> bool {
        self.worker(slot).is_some_and(|worker| worker.generation == generation)
    }

    /// Everybody with a pid: (slot, pid, generation).
    pub fn living(&self) -> impl Iterator<Item = (SlotNumber, ProcessId, u32)> {
        self.pids.iter().filter_map(|(pid, slot)| Some((*slot, *pid, self.worker(*slot)?.generation)))
    }

    /// Workers of a generation, whatever they do.
    pub fn of(&self, generation: u32) -> impl Iterator<Item = SlotNumber> {
        (0..).map(SlotNumber).take(self.slots.len()).filter(move |slot| self.is_of(*slot, generation))
    }

    /// How many they are.
    pub fn count(&self, generation: u32) -> usize {
        self.of(generation).count()
    }

    /// Whether nobody is left.
    pub fn is_empty(&self) -> bool {
        self.slots.iter().all(Option::is_none)
    }
}

/// What a published state means for the table; None for one that says nothing yet.
fn stage_of(state: State) -> Option<Stage> {
    match state {
        State::Vacant | State::Starting => None,
        State::Spare => Some(Stage::Spare),
        State::Greeting => Some(Stage::Fresh),
        State::Login | State::Idle | State::Busy | State::Closing => Some(Stage::Session),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::scoreboard::layout;
    use crate::sys::mapping::WritableMap;

    fn table() -> (Workers, MasterBoard) {
        (Workers::new(8), MasterBoard::create_private(8).unwrap())
    }

    #[test]
    fn the_lowest_vacant_slot_is_taken_first() {
        let (mut workers, _board) = table();
        for number in 0..3 {
            let slot = workers.vacant().unwrap();
            assert_eq!(slot, SlotNumber(number));
            workers.ask(slot, 1);
        }
        workers.free(SlotNumber(2));
        workers.free(SlotNumber(0));
        assert_eq!(workers.vacant(), Some(SlotNumber(0)));
        assert_eq!(workers.vacant(), Some(SlotNumber(2)));
        assert_eq!(workers.vacant(), Some(SlotNumber(3)));
    }

    #[test]
    fn a_table_that_is_full_says_so() {
        let (mut workers, _board) = table();
        assert_eq!((0..9).filter_map(|_| workers.vacant()).count(), 8);
    }

    /// The slot's state and its birth as worker and kernel write them, at their places in the layout.
    fn write(board: &MasterBoard, slot: SlotNumber, state: u64, pid: u32) {
        let geometry = layout::Geometry::new(board.slots()).unwrap();
        let (_, file) = board.descriptors();
        let page = WritableMap::new(file, geometry.slot_range(slot)).unwrap();
        page.atomic(layout::slot::STATE).unwrap().store(state, Ordering::SeqCst);
        let births = WritableMap::new(file, geometry.births_range()).unwrap();
        births.atomic_half(slot.0 as usize * layout::BIRTH_SIZE).unwrap().store(pid, Ordering::SeqCst);
    }

    #[test]
    fn nobody_is_looked_for_who_has_ended_between_two_looks() {
        const GREETING: u64 = 3;
        let many = FRESH_PER_LOOK as u32 + 6;
        let (mut workers, board) = (Workers::new(many), MasterBoard::create_private(many).unwrap());
        let slots: Vec<SlotNumber> = (0..many).map(|_| workers.vacant().unwrap()).collect();
        for slot in &slots {
            workers.ask(*slot, 1);
            board.allocate(*slot).unwrap();
            write(&board, *slot, GREETING, 1000 + slot.0);
        }
        workers.look(&board);
        workers.hear_hint();
        workers.look(&board);
        assert!(workers.is_behind());
        assert!(slots.iter().all(|slot| workers.free(*slot).is_some()));
        workers.look(&board);
        assert!(!workers.is_behind());
    }

    #[test]
    fn whoever_has_no_birth_yet_stays_asked_for() {
        const SPARE: u64 = 2;
        let (mut workers, board) = table();
        let slot = workers.vacant().unwrap();
        workers.ask(slot, 1);
        board.allocate(slot).unwrap();
        write(&board, slot, SPARE, 0);
        assert_eq!(board.state(slot), State::Spare);
        workers.look(&board);
        assert_eq!((workers.asked(1), workers.spares(1).count()), (1, 0));
        write(&board, slot, SPARE, 7);
        workers.look(&board);
        assert_eq!((workers.asked(1), workers.spares(1).count()), (0, 1));
        assert_eq!(workers.slot_of(ProcessId(7), &board), Some(slot));
    }

    #[test]
    fn all_the_fresh_are_looked_at_after_a_hint_in_turns() {
        const SPARE: u64 = 2;
        const GREETING: u64 = 3;
        let many = FRESH_PER_LOOK as u32 * 2 + 1;
        let (mut workers, board) = (Workers::new(many), MasterBoard::create_private(many).unwrap());
        let slots: Vec<SlotNumber> = (0..many)
            .map_while(|_| {
                let slot = workers.vacant()?;
                workers.ask(slot, 1);
                board.allocate(slot).ok()?;
                Some(slot)
            })
            .collect();
        slots.iter().for_each(|slot| write(&board, *slot, GREETING, 100 + slot.0));
        workers.look(&board);
        assert!(!workers.is_behind(), "nobody gave a hint since they were seen");
        slots.iter().for_each(|slot| write(&board, *slot, SPARE, 100 + slot.0));
        workers.hear_hint();
        for spares in [FRESH_PER_LOOK, 2 * FRESH_PER_LOOK, many as usize] {
            assert!(workers.is_behind());
            workers.look(&board);
            assert_eq!(workers.spares(1).count(), spares);
        }
        assert!(!workers.is_behind());
    }

    #[test]
    fn those_without_a_birth_are_unborn() {
        let (mut workers, board) = table();
        let slot = workers.vacant().unwrap();
        workers.ask(slot, 3);
        assert_eq!(workers.unborn(3, &board), [slot]);
        assert!(workers.unborn(2, &board).is_empty());
        assert_eq!(workers.asked(3), 1);
        assert!(workers.slot_of(ProcessId(1), &board).is_none());
    }
}
