//! A slot: what a worker says of itself. While it lives it alone writes its page; the master clears it before
//! and after. A worker that a client has taken over may write anything here, so nothing in it is believed.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{Ordering, fence};

use super::header::{add_refusals, add_totals, load_refusals, load_totals, number, process};
use super::layout::{SLOT_SIZE, slot};
use super::record::{Direction, SlotRecord, State, Totals, TransferRecord};
use super::{ReasonCode, Refusals, SlotNumber, sequence, text};
use crate::sys::ProcessId;
use crate::sys::clock::now_ms;
use crate::sys::mapping::{Words, WritableMap};

/// A worker's own page: the only shared memory it can write.
pub struct OwnSlot {
    page: WritableMap,
    /// Publishes until this worker stops for ever in the middle of one; for tests (see `layout::header::STOP`).
    stop: Cell<u64>,
}

impl OwnSlot {
    /// Worker, first thing: `stop` is the header's stop point, 0 outside of tests.
    pub(super) fn new(page: WritableMap, stop: u64) -> OwnSlot {
        OwnSlot { page, stop: Cell::new(stop) }
    }

    /// Worker: at birth.
    pub fn born(&self, pid: ProcessId, generation: u32) {
        self.publish(|page| {
            store(page, slot::PID, u64::from(pid.0.unsigned_abs()));
            store(page, slot::GENERATION, u64::from(generation));
            begin_state(page, State::Starting);
        });
    }

    /// Worker: a new state (SeqCst), with the time.
    pub fn state(&self, state: State) {
        self.publish(|page| begin_state(page, state));
    }

    /// Worker: a client came (state Greeting, totals.connections + 1), whose name is still to be told.
    pub fn connected(&self, client: SocketAddr, server: SocketAddr, server_name: &[u8]) {
        self.publish(|page| {
            begin_state(page, State::Greeting);
            store(page, slot::CONNECTED, page.word(slot::SINCE));
            store_address(page, slot::CLIENT, slot::CLIENT_ADDRESS, Some(client));
            store_address(page, slot::SERVER, slot::SERVER_ADDRESS, Some(server));
            text::store(page, 0, slot::SERVER_NAME, server_name);
            text::store(page, 0, slot::PROTOCOL, b"ftp");
            add_totals(page, slot::TOTALS, &Totals { connections: 1, ..Totals::default() });
        });
        // Pairs with the fence in `WorkerBoard::may_serve`.
        fence(Ordering::SeqCst);
    }

    /// Worker: its client left before a byte was read; clears what `connected` wrote (state Spare).
    pub fn returned_to_pool(&self) {
        self.publish(|page| {
            begin_state(page, State::Spare);
            store(page, slot::CONNECTED, 0);
            store_address(page, slot::CLIENT, slot::CLIENT_ADDRESS, None);
            store_address(page, slot::SERVER, slot::SERVER_ADDRESS, None);
            for field in [slot::CLIENT_NAME, slot::SERVER_NAME, slot::PROTOCOL] {
                text::store(page, 0, field, b"");
            }
        });
    }

    /// Worker: what its client's address is called.
    pub fn client_name(&self, name: &[u8]) {
        self.publish(|page| text::store(page, 0, slot::CLIENT_NAME, name));
    }

    /// Worker: its client's class.
    pub fn class(&self, name: &[u8]) {
        self.publish(|page| text::store(page, 0, slot::CLASS, name));
    }

    /// Worker: the server that its client has asked for by name.
    pub fn server_name(&self, name: &[u8]) {
        self.publish(|page| text::store(page, 0, slot::SERVER_NAME, name));
    }

    /// Worker: the name given with USER.
    pub fn user(&self, name: &[u8]) {
        self.publish(|page| text::store(page, 0, slot::USER, name));
    }

    /// Worker: a command is being carried out: state Busy once logged in (Idle before), Login until then.
    pub fn command(&self, verb: &[u8], arguments: &[u8]) {
        self.publish(|page| {
            match State::of(page.word(slot::STATE)) {
                State::Idle | State::Busy => begin_state(page, State::Busy),
                State::Greeting => begin_state(page, State::Login),
                _ => {}
            }
            text::store(page, 0, slot::COMMAND, verb);
            text::store(page, 0, slot::ARGUMENTS, arguments);
        });
    }

    /// Worker: the working directory as the client sees it.
    pub fn cwd(&self, path: &[u8]) {
        self.publish(|page| text::store(page, 0, slot::CWD, path));
    }

    /// Worker: a transfer begins.
    pub fn transfer_begins(&self, direction: Direction, path: &[u8], size: Option<u64>) {
        self.publish(|page| {
            store(page, slot::DIRECTION, direction.number());
            store(page, slot::TRANSFER_SIZE, size.unwrap_or(u64::MAX));
            store(page, slot::TRANSFER_DONE, 0);
            store(page, slot::TRANSFER_STARTED, now_ms());
            text::store(page, 0, slot::TRANSFER_PATH, path);
        });
    }

    /// Worker: bytes done so far; one relaxed store, no sequence.
    pub fn transfer_progress(&self, done: u64) {
        store(&self.page, slot::TRANSFER_DONE, done);
    }

    /// Worker: the transfer is over; its fields are cleared.
    pub fn transfer_ends(&self) {
        self.publish(|page| {
            for at in [slot::DIRECTION, slot::TRANSFER_SIZE, slot::TRANSFER_DONE, slot::TRANSFER_STARTED] {
                store(page, at, 0);
            }
            text::store(page, 0, slot::TRANSFER_PATH, b"");
        });
    }

    /// Worker: adds to its totals.
    pub fn count(&self, more: &Totals) {
        self.publish(|page| add_totals(page, slot::TOTALS, more));
    }

    /// Worker: its client was refused something; one relaxed store, no sequence.
    pub fn refused(&self, reason: ReasonCode) {
        add_refusals(&self.page, slot::REFUSALS, reason, 1);
    }

    fn publish(&self, write: impl FnOnce(&WritableMap)) {
        sequence::publish(&self.page, slot::SEQUENCE, |page| {
            write(page);
            self.stop_here_if_asked();
        });
    }

    /// The stop point of the kill test: a process killed here leaves an unfinished record. Everyday cost: a compare.
    fn stop_here_if_asked(&self) {
        match self.stop.get() {
            0 => {}
            1 => loop {
                std::thread::park();
            },
            more => self.stop.set(more - 1),
        }
    }
}

/// Anyone: a copy of the slot at `base`; None where no worker lives, or where one died in the middle of a publish.
pub fn load<W: Words + ?Sized>(words: &W, base: usize, number: SlotNumber) -> Option<SlotRecord> {
    sequence::consistent(words, base + slot::SEQUENCE, |words| record(words, base, number)).flatten()
}

/// Master, after the worker's death, inside the header's sequence: what it did goes to the caller, the page is nobody's.
pub fn settle(map: &WritableMap, base: usize) -> (Totals, Refusals) {
    // Without regard to the sequence: the writer is dead, and its totals are words that stand for themselves.
    let totals = load_totals(map, base + slot::TOTALS);
    let mut refusals = Refusals::default();
    load_refusals(map, base + slot::REFUSALS, &mut refusals);
    sequence::publish(map, base + slot::SEQUENCE, |map| {
        for at in (0..SLOT_SIZE).step_by(8).filter(|&at| at != slot::SEQUENCE) {
            match map.atomic(base + at) {
                Some(word) if word.load(Ordering::Relaxed) != 0 => word.store(0, Ordering::Relaxed),
                _ => {}
            }
        }
    });
    (totals, refusals)
}

fn record<W: Words + ?Sized>(words: &W, base: usize, slot: SlotNumber) -> Option<SlotRecord> {
    let field = |field| text::load(words, base, field);
    let state = State::of(words.word(base + slot::STATE));
    if state == State::Vacant {
        return None;
    }
    Some(SlotRecord {
        slot,
        pid: process(words.word(base + slot::PID))?,
        generation: number(words.word(base + slot::GENERATION)),
        state,
        since_ms: words.word(base + slot::SINCE),
        connected_ms: words.word(base + slot::CONNECTED),
        client: load_address(words, base + slot::CLIENT, base + slot::CLIENT_ADDRESS),
        client_name: field(slot::CLIENT_NAME),
        server: load_address(words, base + slot::SERVER, base + slot::SERVER_ADDRESS),
        server_name: field(slot::SERVER_NAME),
        user: field(slot::USER),
        class: field(slot::CLASS),
        protocol: field(slot::PROTOCOL),
        cwd: field(slot::CWD),
        command: field(slot::COMMAND),
        arguments: field(slot::ARGUMENTS),
        transfer: transfer(words, base),
        totals: load_totals(words, base + slot::TOTALS),
    })
}

fn transfer<W: Words + ?Sized>(words: &W, base: usize) -> Option<TransferRecord> {
    let size = words.word(base + slot::TRANSFER_SIZE);
    Some(TransferRecord {
        direction: Direction::of(words.word(base + slot::DIRECTION))?,
        path: text::load(words, base, slot::TRANSFER_PATH),
        size: (size != u64::MAX).then_some(size),
        done: words.word(base + slot::TRANSFER_DONE),
        started_ms: words.word(base + slot::TRANSFER_STARTED),
    })
}

fn store(page: &WritableMap, at: usize, value: u64) {
    if let Some(word) = page.atomic(at) {
        word.store(value, Ordering::Relaxed);
    }
}

fn begin_state(page: &WritableMap, state: State) {
    if let Some(word) = page.atomic(slot::STATE) {
        word.store(state.number(), Ordering::SeqCst);
    }
    store(page, slot::SINCE, now_ms());
}

/// An address: family and port in one word, the bytes in network order in the next two.
fn store_address(page: &WritableMap, at: usize, bytes_at: usize, address: Option<SocketAddr>) {
    let (family, port, bytes) = match address.map(|address| (address.ip().to_canonical(), address.port())) {
        None => (0, 0, [0; 16]),
        Some((IpAddr::V4(ip), port)) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&ip.octets());
            (4, port, bytes)
        }
        Some((IpAddr::V6(ip), port)) => (6, port, ip.octets()),
    };
    store(page, at, family | u64::from(port) << 16);
    let whole = u128::from_le_bytes(bytes);
    store(page, bytes_at, whole as u64);
    store(page, bytes_at + 8, (whole >> 64) as u64);
}

fn load_address<W: Words + ?Sized>(words: &W, at: usize, bytes_at: usize) -> Option<SocketAddr> {
    let head = words.word(at);
    let whole = u128::from(words.word(bytes_at)) | u128::from(words.word(bytes_at + 8)) << 64;
    let bytes = whole.to_le_bytes();
    let ip = match head & 0xFFFF {
        4 => IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])),
        6 => IpAddr::V6(Ipv6Addr::from(bytes)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, (head >> 16) as u16))
}
