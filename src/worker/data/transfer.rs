//! Files over the data connection, both ways. Binary downloads go from the page cache to the socket; everything else
//! passes through one buffer that is mapped for the transfer; but a large binary upload goes through a pipe, uncopied.

use std::io::{self, Read, Write};
use std::time::Instant;

use super::line_ends::{Expand, Strip};
use super::pace::Pace;
use super::{Attend, Outcome, Stop, Stream};
use crate::config::settings::TransferRate;
use crate::protocol::Type;
use crate::sys::buffer::Buffer;
use crate::sys::pipe::Pipe;
use crate::worker::storage::{Source, Target};

/// Most bytes of one call that sends a file: small enough to look up between two.
const FILE_BLOCK: usize = 2 << 20;
/// Bytes read at once.
const BLOCK: usize = 256 << 10;
/// Bytes of a buffer that needs no memory of its own.
const SMALL: usize = 4 << 10;
/// From how many bytes on an upload goes through a pipe,
const SPLICED_FROM: u64 = 1 << 20;
/// and how many the pipe holds, or half of them: with less the calls cost what the copies did, and more nobody may have (`pipe-max-size`).
/// A user's pipes share 64 MiB (`pipe-user-pages-soft`); who gets none has his bytes copied.
const PIPE: usize = 1 << 20;
/// How far a transfer that never waits goes between two looks at the control connection.
const GLANCE_EVERY: u64 = 4 << 20;

/// Sends a file from its offset to its end.
pub fn download(stream: &mut Stream, source: &mut Source, form: Type, attend: &mut dyn Attend) -> Outcome {
    if source.is_too_large {
        return Outcome { bytes: 0, ended: Err(Stop::TooLarge) };
    }
    let mut moved = Moved::within(source.terms.rate, attend);
    let ended = match form {
        Type::Image => send_image(stream, source, &mut moved, attend),
        Type::Ascii => send_ascii(stream, source, &mut moved, attend),
    };
    Outcome { bytes: moved.bytes, ended }
}

/// Receives a file until the client ends the connection.
pub fn upload(stream: &mut Stream, mut target: Target, form: Type, attend: &mut dyn Attend) -> Outcome {
    let mut moved = Moved::within(target.terms.rate, attend);
    // A client sends when it has seen the 150, which leaves with this wait; the buffer is mapped while it is on its way.
    let received =
        attend.attend(stream.descriptor(), true, false).map_err(Stop::from).and_then(|()| match form {
            Type::Image => receive_image(stream, &mut target, &mut moved, attend),
            Type::Ascii => receive_ascii(stream, &mut target, &mut moved, attend),
        });
    let ended = received.and_then(|()| target.close().map_err(Stop::from));
    Outcome { bytes: moved.bytes, ended }
}

/// Copies a file into another, after `before` bytes of the same errand.
pub fn copy(source: &mut Source, mut target: Target, before: u64, attend: &mut dyn Attend) -> Outcome {
    let mut moved = Moved { bytes: before, glanced_at: before, ..Moved::within(None, attend) };
    let copied = attend
        .glance()
        .map_err(Stop::from)
        .and_then(|()| copy_through(source, &mut target, &mut moved, attend));
    let ended = copied.and_then(|()| target.close().map_err(Stop::from));
    Outcome { bytes: moved.bytes - before, ended }
}

fn copy_through(
    source: &mut Source,
    target: &mut Target,
    moved: &mut Moved,
    attend: &mut dyn Attend,
) -> Result<(), Stop> {
    let mut buffer = Buffer::map(BLOCK).map_err(Stop::File)?;
    let mut file = source.reader().map_err(Stop::File)?;
    loop {
        let most = moved.block(BLOCK, attend);
        let count = read_some(&mut file, &mut buffer[..most]).map_err(Stop::File)?;
        if count == 0 {
            return Ok(());
        }
        target.write_all(&buffer[..count]).map_err(Stop::File)?;
        moved.more(count, attend)?;
    }
}

/// How far a transfer is.
#[derive(Debug, Default)]
struct Moved {
    bytes: u64,
    glanced_at: u64,
    /// TransferRate.
    rate: Option<TransferRate>,
    /// What the operator has ordered.
    ordered: Option<u64>,
    pace: Option<Pace>,
}

impl Moved {
    fn within(rate: Option<TransferRate>, attend: &dyn Attend) -> Moved {
        let ordered = attend.ordered_rate();
        Moved { rate, ordered, pace: Pace::within(rate, ordered, Instant::now()), ..Moved::default() }
    }

    /// The operator may order a rate, or lift it, at any moment. Whether he has.
    fn heed(&mut self, attend: &dyn Attend) -> bool {
        let ordered = attend.ordered_rate();
        let is_new = ordered != self.ordered;
        if is_new {
            self.ordered = ordered;
            self.pace = Pace::within(self.rate, ordered, Instant::now());
        }
        is_new
    }

    /// How many bytes to move at once, of at most `most`.
    fn block(&self, most: usize, attend: &dyn Attend) -> usize {
        self.pace.as_ref().map_or(most, |pace| pace.block(most, attend.sharers()))
    }

    fn more(&mut self, count: usize, attend: &mut dyn Attend) -> Result<(), Stop> {
        self.bytes += count as u64;
        attend.progress(self.bytes);
        // What moved before the order may be a large block, and is not charged to the new one.
        if !self.heed(attend)
            && let Some(pace) = &mut self.pace
        {
            let due = pace.spend(count, attend.sharers(), Instant::now());
            attend.rest_until(due)?;
        }
        if self.bytes - self.glanced_at >= GLANCE_EVERY {
            self.glanced_at = self.bytes;
            attend.glance()?;
        }
        Ok(())
    }
}

fn send_image(
    stream: &mut Stream,
    source: &mut Source,
    moved: &mut Moved,
    attend: &mut dyn Attend,
) -> Result<(), Stop> {
    let mut small = [0; SMALL];
    if moved.pace.is_none()
        && stream.is_plain()
        && let Some(all) = source.all_in(&mut small)
    {
        stream.write_last(all, attend)?;
        return moved.more(all.len(), attend);
    }
    let mut offset = source.offset;
    loop {
        let most = source.block(offset, moved.block(FILE_BLOCK, attend));
        match stream.send_file(source.file(), &mut offset, most) {
            Some(Ok(0)) => return Ok(()),
            Some(Ok(count)) => {
                moved.more(count, attend)?;
                // As much as 150 promised: whether the file has grown meanwhile is not asked. One that claims to be empty may
                // still hold something (proc(5)), and never gets here.
                if offset == source.end {
                    return Ok(());
                }
            }
            Some(Err(error)) if is_unsendable(&error) => break,
            Some(Err(error)) => stream.wait_or_fail(error, false, true, attend)?,
            None => break,
        }
    }
    source.offset = offset;
    send_copied(stream, source, moved, attend, None)
}

/// Not every file system can feed a socket.
fn is_unsendable(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

fn send_ascii(
    stream: &mut Stream,
    source: &mut Source,
    moved: &mut Moved,
    attend: &mut dyn Attend,
) -> Result<(), Stop> {
    send_copied(stream, source, moved, attend, Some(Expand::default()))
}

fn send_copied(
    stream: &mut Stream,
    source: &mut Source,
    moved: &mut Moved,
    attend: &mut dyn Attend,
    mut expand: Option<Expand>,
) -> Result<(), Stop> {
    let mut buffer = Buffer::map(3 * BLOCK).map_err(Stop::File)?;
    let (block, wire) = buffer.split_at_mut(BLOCK);
    let mut file = source.reader().map_err(Stop::File)?;
    loop {
        let most = moved.block(BLOCK, attend);
        let count = read_some(&mut file, &mut block[..most]).map_err(Stop::File)?;
        if count == 0 {
            return Ok(());
        }
        let bytes = match &mut expand {
            Some(expand) => {
                let length = expand.convert(&block[..count], wire);
                &wire[..length]
            }
            None => &block[..count],
        };
        stream.write_all(bytes, attend)?;
        moved.more(bytes.len(), attend)?;
    }
}

fn read_some(file: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(block) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// A small file comes through a small buffer, a large one goes straight into the file, and everything else through a large buffer.
fn receive_image(
    stream: &mut Stream,
    target: &mut Target,
    moved: &mut Moved,
    attend: &mut dyn Attend,
) -> Result<(), Stop> {
    if receive_up_to(SMALL as u64, &mut [0; SMALL], stream, (target, moved), attend)? == Received::All {
        return Ok(());
    }
    let mut buffer = Buffer::map(BLOCK).map_err(Stop::File)?;
    if receive_up_to(SPLICED_FROM, &mut buffer, stream, (target, moved), attend)? == Received::All {
        return Ok(());
    }
    // A rate is kept block by block, and small ones gain nothing.
    if moved.pace.is_none()
        && stream.is_plain()
        && let Ok(mut pipe) = Pipe::holding(PIPE).or_else(|_| Pipe::holding(PIPE / 2))
        && receive_spliced(stream, &mut pipe, (target, moved), attend)? == Received::All
    {
        return Ok(());
    }
    receive_up_to(u64::MAX, &mut buffer, stream, (target, moved), attend).map(drop)
}

/// Whether there may be more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Received {
    All,
    Some,
}

/// Until so many bytes, or a little more, have come in all.
fn receive_up_to(
    bytes: u64,
    buffer: &mut [u8],
    stream: &mut Stream,
    (target, moved): (&mut Target, &mut Moved),
    attend: &mut dyn Attend,
) -> Result<Received, Stop> {
    while moved.bytes < bytes {
        let most = moved.block(buffer.len(), attend);
        let count = receive_some(stream, &mut buffer[..most], attend)?;
        if count == 0 {
            return Ok(Received::All);
        }
        target.write_all(&buffer[..count]).map_err(Stop::of_file)?;
        moved.more(count, attend)?;
    }
    Ok(Received::Some)
}

/// Until the end, as far as stream and file can do without copies, and nobody orders a rate.
fn receive_spliced(
    stream: &mut Stream,
    pipe: &mut Pipe,
    (target, moved): (&mut Target, &mut Moved),
    attend: &mut dyn Attend,
) -> Result<Received, Stop> {
    loop {
        let count = match stream.splice(pipe, PIPE) {
            None => return Ok(Received::Some),
            Some(Ok(0)) => return Ok(Received::All),
            Some(Ok(count)) => count,
            Some(Err(error)) if is_unsendable(&error) => return Ok(Received::Some),
            Some(Err(error)) => {
                stream.wait_or_fail(error, true, false, attend)?;
                continue;
            }
        };
        let is_taken = match target.write_from(pipe) {
            // A file that is appended to (splice(2)), or a file system that takes no pages.
            Err(error) if is_unsendable(&error) => {
                write_read(pipe, target)?;
                false
            }
            written => written.map(|()| true).map_err(Stop::of_file)?,
        };
        moved.more(count, attend)?;
        // A rate that was ordered meanwhile is kept block by block.
        if !is_taken || moved.pace.is_some() {
            return Ok(Received::Some);
        }
    }
}

/// Writes what a pipe still holds.
fn write_read(pipe: &mut Pipe, target: &mut Target) -> Result<(), Stop> {
    let mut buffer = [0; SMALL];
    while pipe.held() > 0 {
        let count = pipe.read(&mut buffer).map_err(Stop::File)?;
        target.write_all(&buffer[..count]).map_err(Stop::of_file)?;
    }
    Ok(())
}

fn receive_ascii(
    stream: &mut Stream,
    target: &mut Target,
    moved: &mut Moved,
    attend: &mut dyn Attend,
) -> Result<(), Stop> {
    let mut buffer = Buffer::map(BLOCK).map_err(Stop::File)?;
    let mut strip = Strip::default();
    loop {
        let most = moved.block(BLOCK - Strip::ROOM, attend);
        let count = receive_some(stream, &mut buffer[Strip::ROOM..][..most], attend)?;
        if count == 0 {
            return target.write_all(strip.rest()).map_err(Stop::of_file);
        }
        let text = strip.convert(&mut buffer, Strip::ROOM + count);
        target.write_all(text).map_err(Stop::of_file)?;
        moved.more(count, attend)?;
    }
}

/// Waits for bytes; 0 at the end.
fn receive_some(stream: &mut Stream, buffer: &mut [u8], attend: &mut dyn Attend) -> Result<usize, Stop> {
    loop {
        match stream.read(buffer) {
            Ok(count) => return Ok(count),
            Err(error) => stream.wait_or_fail(error, true, false, attend)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::thread;

    use super::super::testing::Waits;
    use super::super::{Interrupt, Stop};
    use super::*;
    use crate::worker::storage::{Placement, Portion, testing::Place};

    fn pair() -> (Stream, UnixStream) {
        let (ours, client) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Stream::Plain(ours.into()), client)
    }

    /// What a client gets of a file with this content, from `offset`.
    fn downloaded(content: &[u8], offset: u64, form: Type) -> Vec<u8> {
        let place = Place::open();
        std::fs::write(place.path("f"), content).unwrap();
        let mut source = place.storage().retrieve(&place.asked("RETR", "f"), Portion::from(offset)).unwrap();
        let (mut stream, mut client) = pair();
        let reading = thread::spawn(move || {
            let mut got = Vec::new();
            client.read_to_end(&mut got).map(|_| got)
        });
        let outcome = download(&mut stream, &mut source, form, &mut Waits::for_ever());
        outcome.ended.unwrap();
        stream.finish();
        let got = reading.join().unwrap().unwrap();
        assert_eq!(outcome.bytes, got.len() as u64);
        got
    }

    /// What a file holds after a client has sent this.
    fn uploaded(before: Option<&[u8]>, sent: &'static [u8], placement: Placement, form: Type) -> Vec<u8> {
        let place = Place::open();
        if let Some(before) = before {
            std::fs::write(place.path("f"), before).unwrap();
        }
        let target = place.store(&place.asked("STOR", "f"), placement).unwrap();
        let (mut stream, mut client) = pair();
        let writing = thread::spawn(move || client.write_all(sent));
        let outcome = upload(&mut stream, target, form, &mut Waits::for_ever());
        outcome.ended.unwrap();
        writing.join().unwrap().unwrap();
        assert_eq!(outcome.bytes, sent.len() as u64);
        std::fs::read(place.path("f")).unwrap()
    }

    #[test]
    fn downloads_carry_every_byte() {
        let content: Vec<u8> = (0..9_000_000u32).map(|number| (number % 251) as u8).collect();
        assert!(downloaded(&content, 0, Type::Image) == content);
        assert!(downloaded(&content, 5_000_001, Type::Image) == content[5_000_001..]);
        assert_eq!(downloaded(b"", 0, Type::Image), b"");
        assert_eq!(downloaded(b"one\ntwo\n", 0, Type::Ascii), b"one\r\ntwo\r\n");
        assert_eq!(downloaded(b"one\ntwo\n", 4, Type::Ascii), b"two\r\n");
    }

    #[test]
    fn uploads_land_where_they_should() {
        let (whole, end) = (Placement::Whole, Placement::End);
        assert_eq!(uploaded(None, b"new", whole, Type::Image), b"new");
        assert_eq!(uploaded(Some(b"longer than"), b"new", whole, Type::Image), b"new");
        assert_eq!(uploaded(Some(b"abcdef"), b"XY", Placement::At(2), Type::Image), b"abXYef");
        assert_eq!(uploaded(Some(b"abc"), b"def", end, Type::Image), b"abcdef");
        assert_eq!(uploaded(None, b"a\r\nb\r", whole, Type::Ascii), b"a\nb\r");
        assert_eq!(uploaded(None, b"", whole, Type::Ascii), b"");
    }

    #[test]
    fn the_session_can_end_a_transfer() {
        let place = Place::open();
        std::fs::write(place.path("f"), vec![7; 8 << 20]).unwrap();
        let mut source = place.storage().retrieve(&place.asked("RETR", "f"), Portion::Whole).unwrap();
        let (mut stream, client) = pair();
        let outcome = download(&mut stream, &mut source, Type::Image, &mut Waits::until(1));
        assert!(matches!(outcome.ended, Err(Stop::Interrupted(Interrupt::Aborted))));
        assert!(outcome.bytes > 0);
        stream.give_up();
        drop(client);
    }

    #[test]
    fn a_client_that_hangs_up_ends_a_download() {
        let place = Place::open();
        std::fs::write(place.path("f"), b"content").unwrap();
        for form in [Type::Image, Type::Ascii] {
            let mut source = place.storage().retrieve(&place.asked("RETR", "f"), Portion::Whole).unwrap();
            let (mut stream, client) = pair();
            drop(client);
            let outcome = download(&mut stream, &mut source, form, &mut Waits::for_ever());
            assert!(matches!(outcome.ended, Err(Stop::Connection(_))));
        }
    }
}
