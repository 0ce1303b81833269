//! A place: the worker's order, and what its session holds of the limits. Its writer is the master; its worker reads.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::Ordering;

use super::layout::{PLACE_SIZE, place};
use super::record::{PlaceRecord, PlaceTransfer};
use super::{header, sequence};
use crate::sys::mapping::{Words, WritableMap};

/// Master: what the session of the place at `base` holds.
pub fn store(map: &WritableMap, base: usize, record: &PlaceRecord) {
    sequence::publish(map, base + place::SEQUENCE, |map| {
        header::store(map, base + place::INSTANCE, u64::from(record.instance));
        header::store(map, base + place::ACCOUNT, record.account);
        header::store(map, base + place::HOST, record.host);
        header::store(map, base + place::SERVER, u64::from(record.server));
        header::store(map, base + place::CLASS, record.class);
        header::store(map, base + place::ANONYMOUS, after_none(record.anonymous));
        let address = record.address.map_or(0, |address| u128::from_le_bytes(mapped(address).octets()));
        header::store(map, base + place::ADDRESS, address as u64);
        header::store(map, base + place::ADDRESS + 8, (address >> 64) as u64);
        header::store(map, base + place::CONNECTION, after_none(record.connection));
        header::store(map, base + place::TRANSFER, transfer_word(record.transfer));
    });
}

/// Master: what the session of the place at `base` holds, without regard to the sequence: whoever reads it for counting knows that
/// nobody writes, or that its writer is dead.
pub fn load<W: Words + ?Sized>(words: &W, base: usize) -> PlaceRecord {
    let [low, high] = [0, 8].map(|at| u128::from(words.word(base + place::ADDRESS + at)));
    let address = Ipv6Addr::from((low | high << 64).to_le_bytes());
    PlaceRecord {
        instance: words.word(base + place::INSTANCE) == 1,
        account: words.word(base + place::ACCOUNT),
        host: words.word(base + place::HOST),
        server: header::number(words.word(base + place::SERVER)),
        class: words.word(base + place::CLASS),
        anonymous: before_one(words.word(base + place::ANONYMOUS)),
        address: (!address.is_unspecified()).then(|| IpAddr::V6(address).to_canonical()),
        connection: before_one(words.word(base + place::CONNECTION)),
        transfer: transfer_of(words.word(base + place::TRANSFER)),
    }
}

/// An index as the board holds it, where 0 is none.
fn after_none(index: Option<u16>) -> u64 {
    index.map_or(0, |index| u64::from(index) + 1)
}

fn before_one(word: u64) -> Option<u16> {
    u16::try_from(word.checked_sub(1)?).ok()
}

fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

/// Beside the command's number.
const SHARES_RATE: u64 = 256;

fn transfer_word(transfer: Option<PlaceTransfer>) -> u64 {
    transfer.map_or(0, |PlaceTransfer { verb, shares_rate }| {
        u64::from(verb) + if shares_rate { SHARES_RATE } else { 0 }
    })
}

fn transfer_of(word: u64) -> Option<PlaceTransfer> {
    let verb = u8::try_from(word & !SHARES_RATE).ok().filter(|verb| *verb > 0)?;
    Some(PlaceTransfer { verb, shares_rate: word & SHARES_RATE != 0 })
}

/// Master: nobody's place. Order, leave to serve and holdings go; the sequence goes on.
pub fn clear(map: &WritableMap, base: usize) {
    sequence::publish(map, base + place::SEQUENCE, |map| {
        for at in (0..PLACE_SIZE).step_by(8).filter(|&at| at != place::SEQUENCE) {
            if let Some(word) = map.atomic(base + at) {
                word.store(0, Ordering::SeqCst);
            }
        }
    });
}
