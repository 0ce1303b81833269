//! Sums of files, block by block: between two blocks the session hears its client, its timers and the bell, as in a transfer.

use std::io::{self, Read};

use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::data::{Attend, Stop};
use super::storage::Source;
use crate::protocol::Algorithm;
use crate::sys::buffer::Buffer;

/// Bytes read at once.
const BLOCK: usize = 256 << 10;

/// The sum of what a source holds between its offset and its end, or as much of that as is still there.
pub fn of(source: &mut Source, algorithm: Algorithm, attend: &mut dyn Attend) -> Result<Vec<u8>, Stop> {
    let mut buffer = Buffer::map(BLOCK).map_err(Stop::File)?;
    let mut sum = Sum::new(algorithm);
    let mut file = source.reader().map_err(Stop::File)?;
    let mut done = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(sum.finish()),
            Ok(count) => {
                sum.update(&buffer[..count]);
                done += count as u64;
                attend.progress(done);
                attend.glance()?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Stop::File(error)),
        }
    }
}

/// A sum that is being made.
enum Sum {
    Crc32(crc32fast::Hasher),
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Sum {
    fn new(algorithm: Algorithm) -> Sum {
        match algorithm {
            Algorithm::Crc32 => Sum::Crc32(crc32fast::Hasher::new()),
            Algorithm::Md5 => Sum::Md5(Md5::new()),
            Algorithm::Sha1 => Sum::Sha1(Sha1::new()),
            Algorithm::Sha256 => Sum::Sha256(Sha256::new()),
            Algorithm::Sha512 => Sum::Sha512(Sha512::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Sum::Crc32(sum) => sum.update(bytes),
            Sum::Md5(sum) => sum.update(bytes),
            Sum::Sha1(sum) => sum.update(bytes),
            Sum::Sha256(sum) => sum.update(bytes),
            Sum::Sha512(sum) => sum.update(bytes),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Sum::Crc32(sum) => sum.finalize().to_be_bytes().to_vec(),
            Sum::Md5(sum) => sum.finalize().to_vec(),
            Sum::Sha1(sum) => sum.finalize().to_vec(),
            Sum::Sha256(sum) => sum.finalize().to_vec(),
            Sum::Sha512(sum) => sum.finalize().to_vec(),
        }
    }
}

/// In hexadecimal digits, small ones.
pub fn hexadecimal(sum: &[u8]) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_the_known_ones() {
        for (algorithm, of_nothing, of_abc) in [
            (Algorithm::Crc32, "00000000", "352441c2"),
            (Algorithm::Md5, "d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72"),
            (
                Algorithm::Sha1,
                "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                "a9993e364706816aba3e25717850c26c9cd0d89d",
            ),
            (
                Algorithm::Sha256,
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
        ] {
            assert_eq!(hexadecimal(&Sum::new(algorithm).finish()), of_nothing);
            let mut sum = Sum::new(algorithm);
            sum.update(b"a");
            sum.update(b"bc");
            assert_eq!(hexadecimal(&sum.finish()), of_abc);
        }
        assert!(
            hexadecimal(&Sum::new(Algorithm::Sha512).finish())
                .starts_with("cf83e1357eefb8bdf1542850d66d8007")
        );
    }
}
