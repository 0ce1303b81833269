//! MODE Z (draft-preston-ftpext-deflate): a zlib stream over the data connection, one direction at a time. What is compressed or still
//! to be sent is bounded by one block; all of it goes when the transfer ends.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::{Attend, Stop};
use crate::sys::buffer::Buffer;
use crate::sys::{heap, socket};

/// Compressed bytes held at once.
const BLOCK: usize = 64 << 10;

/// A connection with the compressed bytes that are on their way.
#[derive(Debug)]
struct Pipe {
    socket: OwnedFd,
    block: Buffer,
    from: usize,
    to: usize,
}

impl Pipe {
    fn new(socket: OwnedFd) -> io::Result<Pipe> {
        Ok(Pipe { socket, block: Buffer::map(BLOCK)?, from: 0, to: 0 })
    }

    /// Sends what is held, as far as there is room.
    fn drain(&mut self) -> io::Result<()> {
        while self.from < self.to {
            self.from += socket::write(self.socket.as_fd(), &self.block[self.from..self.to])?;
        }
        Ok(())
    }

    /// Reads what is there; 0 at the end.
    fn fill(&mut self) -> io::Result<usize> {
        (self.from, self.to) = (0, 0);
        self.to = socket::read(self.socket.as_fd(), &mut self.block)?;
        Ok(self.to)
    }
}

/// The sending side.
#[derive(Debug)]
pub struct Deflating {
    // Freed before the pipe gives the heap back.
    stream: Compress,
    pipe: Pipe,
}

impl Deflating {
    /// From level 0, which is fast, to 9, which is small.
    pub fn new(socket: OwnedFd, level: u8) -> io::Result<Deflating> {
        let stream = Compress::new(Compression::new(level.into()), true);
        Ok(Deflating { pipe: Pipe::new(socket)?, stream })
    }

    /// What is waited for.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.pipe.socket.as_fd()
    }

    /// Takes bytes in, once what came of earlier ones is sent.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pipe.drain()?;
        let before = self.stream.total_in();
        self.compress(bytes, FlushCompress::None)?;
        Ok((self.stream.total_in() - before) as usize)
    }

    fn compress(&mut self, bytes: &[u8], flush: FlushCompress) -> io::Result<Status> {
        let before = self.stream.total_out();
        let status = self.stream.compress(bytes, &mut self.pipe.block, flush).map_err(io::Error::other)?;
        (self.pipe.from, self.pipe.to) = (0, (self.stream.total_out() - before) as usize);
        Ok(status)
    }

    /// Ends the zlib stream, and sends all of it.
    pub fn complete(&mut self, attend: &mut dyn Attend) -> Result<(), Stop> {
        self.send_all(attend)?;
        loop {
            let status = self.compress(&[], FlushCompress::Finish).map_err(Stop::Connection)?;
            self.send_all(attend)?;
            if status == Status::StreamEnd {
                return Ok(());
            }
        }
    }

    fn send_all(&mut self, attend: &mut dyn Attend) -> Result<(), Stop> {
        loop {
            match self.pipe.drain() {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    attend.attend(self.descriptor(), false, true)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Stop::Connection(error)),
            }
        }
    }
}

/// The receiving side.
#[derive(Debug)]
pub struct Inflating {
    stream: Decompress,
    pipe: Pipe,
    has_ended: bool,
}

impl Inflating {
    /// Of a connection from which nothing was read.
    pub fn new(socket: OwnedFd) -> io::Result<Inflating> {
        Ok(Inflating { pipe: Pipe::new(socket)?, stream: Decompress::new(true), has_ended: false })
    }

    /// What is waited for.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.pipe.socket.as_fd()
    }

    /// Bytes as they were before they were compressed, never more than `out` holds; 0 at the end. `InvalidData` is what is no zlib
    /// stream, or goes on after one; `UnexpectedEof` is an end in the middle.
    pub fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let inflated = self.inflate(out)?;
        if inflated > 0 {
            return Ok(inflated);
        }
        // No bytes at all are an empty file.
        let may_end = self.has_ended || self.stream.total_in() == 0;
        match self.pipe.fill()? {
            0 if may_end => Ok(0),
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => match self.inflate(out)? {
                // Blocks that hold nothing could go on for ever: whoever waits for more hears the client meanwhile.
                0 => Err(io::ErrorKind::WouldBlock.into()),
                inflated => Ok(inflated),
            },
        }
    }

    fn inflate(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let input = &self.pipe.block[self.pipe.from..self.pipe.to];
        if self.has_ended {
            return if input.is_empty() { Ok(0) } else { Err(io::ErrorKind::InvalidData.into()) };
        }
        let (read, written) = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.decompress(input, out, FlushDecompress::None);
        self.has_ended = status.map_err(|_| io::ErrorKind::InvalidData)? == Status::StreamEnd;
        self.pipe.from += (self.stream.total_in() - read) as usize;
        Ok((self.stream.total_out() - written) as usize)
    }

    /// Reads what the client still sends, to throw it away.
    pub fn discard(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        socket::read(self.pipe.socket.as_fd(), buffer)
    }
}

/// The states of both sides are far larger than all else a session holds: what they leave in the heap goes back at once.
impl Drop for Pipe {
    fn drop(&mut self) {
        heap::give_back();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::thread;

    use flate2::Compression;
    use flate2::read::ZlibDecoder;
    use flate2::write::ZlibEncoder;
    use proptest::prelude::*;

    use super::super::testing::Waits;
    use super::super::{Stop, Stream};
    use super::*;

    fn pair() -> (OwnedFd, UnixStream) {
        let (ours, client) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (ours.into(), client)
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn sent(content: &[u8], level: u8) -> Vec<u8> {
        let (socket, mut client) = pair();
        let reading = thread::spawn(move || {
            let mut wire = Vec::new();
            client.read_to_end(&mut wire).map(|_| wire)
        });
        let mut stream = Stream::Deflating(Deflating::new(socket, level).unwrap());
        stream.write_all(content, &mut Waits::for_ever()).unwrap();
        stream.complete(&mut Waits::for_ever()).unwrap();
        stream.finish();
        let wire = reading.join().unwrap().unwrap();
        let mut back = Vec::new();
        ZlibDecoder::new(wire.as_slice()).read_to_end(&mut back).unwrap();
        back
    }

    fn received(wire: Vec<u8>) -> Result<Vec<u8>, Stop> {
        let (socket, mut client) = pair();
        let writing = thread::spawn(move || client.write_all(&wire));
        let mut stream = Stream::Inflating(Inflating::new(socket).unwrap());
        let (mut content, mut block) = (Vec::new(), [0; 1000]);
        let ended = loop {
            match stream.read(&mut block) {
                Ok(0) => break Ok(content),
                Ok(count) => content.extend_from_slice(&block[..count]),
                Err(error) => {
                    if let Err(stop) = stream.wait_or_fail(error, true, false, &mut Waits::for_ever()) {
                        break Err(stop);
                    }
                }
            }
        };
        drop(stream);
        let _ = writing.join();
        ended
    }

    #[test]
    fn bytes_come_back_both_ways() {
        let content: Vec<u8> = (0..3_000_000u32).map(|number| (number ^ (number >> 9)) as u8).collect();
        for level in [0, 1, 6, 9] {
            assert!(sent(&content, level) == content, "level {level}");
        }
        assert_eq!(sent(b"", 6), b"");
        assert!(received(packed(&content)).unwrap() == content);
        assert!(received(packed(&vec![0; 20_000_000])).unwrap() == vec![0; 20_000_000]);
        assert_eq!(received(packed(b"")).unwrap(), b"");
        assert_eq!(received(Vec::new()).unwrap(), b"");
    }

    #[test]
    fn what_is_no_whole_stream_is_an_error() {
        let whole = packed(b"hello, hello, hello");
        let trailing = [whole.as_slice(), b"more"].concat();
        assert!(matches!(received(trailing), Err(Stop::File(_))));
        assert!(matches!(received(b"no zlib at all".to_vec()), Err(Stop::File(_))));
        for length in 1..whole.len() {
            assert!(matches!(received(whole[..length].to_vec()), Err(Stop::Connection(_))), "{length}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_bytes_panic_or_spin(wire in proptest::collection::vec(any::<u8>(), 0..400), cut in 0..60usize) {
            let _ = received(wire.clone());
            let mut spoilt = packed(&wire);
            let at = cut % spoilt.len();
            spoilt[at] ^= 1;
            let _ = received(spoilt);
        }
    }
}
