//! Lines of a listing over the data connection: gathered into blocks, ended by CR LF in either TYPE.

use super::{Attend, Stop, Stream};
use crate::protocol::charset::Translation;
use crate::sys::buffer::Buffer;

/// Bytes gathered before they are sent,
const BLOCK: usize = 64 << 10;
/// and before they are sent for the first time: a few segments, so that the first lines leave at once.
const FIRST: usize = 8 << 10;

/// What ends a line.
const END: &[u8] = b"\r\n";

/// A data connection as a listing writes to it.
pub struct Lines<'a> {
    stream: &'a mut Stream,
    attend: &'a mut dyn Attend,
    translation: Option<Translation>,
    block: Buffer,
    used: usize,
    done: u64,
}

impl<'a> Lines<'a> {
    /// Begins; names are told in the client's characters.
    pub fn new(
        stream: &'a mut Stream,
        attend: &'a mut dyn Attend,
        translation: Option<Translation>,
    ) -> Result<Lines<'a>, Stop> {
        let block = Buffer::map(BLOCK).map_err(Stop::File)?;
        Ok(Lines { stream, attend, translation, block, used: 0, done: 0 })
    }

    /// One line, without its end.
    pub fn line(&mut self, line: &[u8]) -> Result<(), Stop> {
        match self.translation {
            None => self.line_as_it_is(line),
            Some(translation) => self.line_as_it_is(&translation.write(line)),
        }
    }

    fn line_as_it_is(&mut self, line: &[u8]) -> Result<(), Stop> {
        let most = self.most();
        match self.block[self.used..most].split_at_mut_checked(line.len() + END.len()) {
            Some((place, _)) => {
                let (text, end) = place.split_at_mut(line.len());
                text.copy_from_slice(line);
                end.copy_from_slice(END);
                self.used += place.len();
                Ok(())
            }
            None => {
                self.put(line)?;
                self.put(END)
            }
        }
    }

    /// Looks at the control connection while no line is ready.
    pub fn glance(&mut self) -> Result<(), Stop> {
        Ok(self.attend.glance()?)
    }

    /// Sends what is left. Returns how many bytes the listing had.
    pub fn finish(mut self) -> Result<u64, Stop> {
        self.stream.write_last(&self.block[..self.used], self.attend)?;
        self.sent();
        Ok(self.done)
    }

    /// How many bytes are gathered.
    fn most(&self) -> usize {
        if self.done == 0 { FIRST } else { BLOCK }
    }

    fn put(&mut self, mut bytes: &[u8]) -> Result<(), Stop> {
        while !bytes.is_empty() {
            let most = self.most();
            if self.used >= most {
                self.flush()?;
                continue;
            }
            let fits = bytes.len().min(most - self.used);
            self.block[self.used..self.used + fits].copy_from_slice(&bytes[..fits]);
            self.used += fits;
            bytes = &bytes[fits..];
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stop> {
        self.stream.write_all(&self.block[..self.used], self.attend)?;
        self.sent();
        Ok(())
    }

    fn sent(&mut self) {
        self.done += self.used as u64;
        self.used = 0;
        self.attend.progress(self.done);
    }
}
