//! Bounded fields of a record: how they are laid into a datagram and taken out again. Whoever takes them out
//! distrusts every length. Numbers are little-endian; a text is a u16 length and its bytes.

use std::fmt;
use std::net::IpAddr;

/// Why bytes are not a record of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A field reaches past the end.
    Short,
    /// A field is longer, or a list has more items, than the record allows.
    TooLong,
    /// No such kind.
    Kind(u8),
    /// Bytes are left over.
    Trailing,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Short => f.write_str("record ends within a field"),
            Malformed::TooLong => f.write_str("field longer than the record allows"),
            Malformed::Kind(kind) => write!(f, "unknown kind of record {kind}"),
            Malformed::Trailing => f.write_str("bytes after the end of the record"),
        }
    }
}

impl std::error::Error for Malformed {}

/// Lays fields into a record, one after the other.
#[derive(Debug, Default)]
pub struct FieldWriter {
    bytes: Vec<u8>,
}

impl FieldWriter {
    /// A record of this kind, with room for all of it: a secret written into it is not left behind by a move.
    pub fn new(kind: u8, room: usize) -> FieldWriter {
        let mut bytes = Vec::with_capacity(room + 1);
        bytes.push(kind);
        FieldWriter { bytes }
    }

    /// One byte.
    pub fn byte(mut self, value: u8) -> FieldWriter {
        self.bytes.push(value);
        self
    }

    /// A 16-bit number.
    pub fn short(mut self, value: u16) -> FieldWriter {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// A 32-bit number.
    pub fn word(mut self, value: u32) -> FieldWriter {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// A 64-bit number.
    pub fn long(mut self, value: u64) -> FieldWriter {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// A number that may be missing.
    pub fn optional(self, value: Option<u32>) -> FieldWriter {
        self.byte(u8::from(value.is_some())).word(value.unwrap_or(0))
    }

    /// Bytes of at most `most`; longer ones are cut.
    pub fn text(self, text: &[u8], most: u16) -> FieldWriter {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX).min(most);
        let mut longer = self.short(length);
        longer.bytes.extend_from_slice(&text[..usize::from(length)]);
        longer
    }

    /// An IPv4 or IPv6 address.
    pub fn address(mut self, address: IpAddr) -> FieldWriter {
        match address {
            IpAddr::V4(v4) => {
                self.bytes.push(4);
                self.bytes.extend_from_slice(&v4.octets());
            }
            IpAddr::V6(v6) => {
                self.bytes.push(6);
                self.bytes.extend_from_slice(&v6.octets());
            }
        }
        self
    }

    /// At most `most` items, counted, each written by `item`; the others are left out.
    pub fn list<T>(
        self,
        items: &[T],
        most: u16,
        item: impl FnMut(FieldWriter, &T) -> FieldWriter,
    ) -> FieldWriter {
        let count = u16::try_from(items.len()).unwrap_or(u16::MAX).min(most);
        items[..usize::from(count)].iter().fold(self.short(count), item)
    }

    /// The record.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Takes fields out of a record; every step may fail, none panics.
#[derive(Debug)]
pub struct FieldReader<'a> {
    rest: &'a [u8],
}

impl<'a> FieldReader<'a> {
    /// Over the whole record; the kind comes first.
    pub fn new(record: &'a [u8]) -> FieldReader<'a> {
        FieldReader { rest: record }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Malformed::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed::Short)
    }

    /// One byte.
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    /// A 16-bit number.
    pub fn short(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    /// A 32-bit number.
    pub fn word(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    /// A 64-bit number.
    pub fn long(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    /// A number that may be missing.
    pub fn optional(&mut self) -> Result<Option<u32>, Malformed> {
        let there = match self.byte()? {
            0 => false,
            1 => true,
            other => return Err(Malformed::Kind(other)),
        };
        let value = self.word()?;
        Ok(there.then_some(value))
    }

    /// The index of a section that may be missing.
    pub fn section(&mut self) -> Result<Option<u16>, Malformed> {
        self.optional()?.map(u16::try_from).transpose().map_err(|_| Malformed::TooLong)
    }

    /// Bytes of at most `most`.
    pub fn text(&mut self, most: u16) -> Result<&'a [u8], Malformed> {
        let length = self.short()?;
        if length > most {
            return Err(Malformed::TooLong);
        }
        self.take(usize::from(length))
    }

    /// An IPv4 or IPv6 address.
    pub fn address(&mut self) -> Result<IpAddr, Malformed> {
        match self.byte()? {
            4 => Ok(IpAddr::from(self.array::<4>()?)),
            6 => Ok(IpAddr::from(self.array::<16>()?)),
            other => Err(Malformed::Kind(other)),
        }
    }

    /// A counted list of at most `most` items, each read by `item`.
    pub fn list<T>(
        &mut self,
        most: u16,
        mut item: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let count = self.short()?;
        if count > most {
            return Err(Malformed::TooLong);
        }
        (0..count).map(|_| item(self)).collect()
    }

    /// Whatever was read, if nothing is left over.
    pub fn finish<T>(self, value: T) -> Result<T, Malformed> {
        if self.rest.is_empty() { Ok(value) } else { Err(Malformed::Trailing) }
    }
}
