//! wtmp and lastlog, as last(1) and lastlog(8) read them: who came when, from where, and when he left (utmp(5)).

use std::ffi::c_char;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use nix::libc;

use super::{ProcessId, UserId, lock};

/// _PATH_WTMP of paths.h.
const WTMP: &str = "/var/log/wtmp";
/// _PATH_LASTLOG of paths.h.
const LASTLOG: &str = "/var/log/lastlog";

/// The seconds of lastlog: 32 bits where the system keeps the layout of its past (bits/wordsize.h).
#[cfg(target_arch = "x86_64")]
type LastSeconds = i32;
#[cfg(not(target_arch = "x86_64"))]
type LastSeconds = libc::time_t;

/// `struct lastlog` of bits/utmp.h; at uid times its size.
#[repr(C)]
struct LastLogin {
    seconds: LastSeconds,
    line: [u8; 32],
    host: [u8; 256],
}

/// One coming or going.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The process that serves, or served, the session; the line is named after it.
    pub process: ProcessId,
    /// The account; None where it leaves.
    pub name: Option<&'a [u8]>,
    /// The client's name, or its address.
    pub host: &'a [u8],
    /// The client's address.
    pub address: IpAddr,
    /// Since 1970.
    pub when: Duration,
}

/// Adds a record to wtmp, if there is one, whole or not at all; waits for whoever holds its lock, as updwtmp(3) does, which says
/// nothing of a full disk.
pub fn note(entry: &Entry<'_>) -> io::Result<()> {
    let mut file = match OpenOptions::new().append(true).open(WTMP) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    lock::wait_for(&file)?;
    // What others left of a record would shift all that follow.
    let length = file.metadata()?.len();
    let end = length - length % size_of::<libc::utmpx>() as u64;
    if end < length {
        file.set_len(end)?;
    }
    let written = file.write_all(&record_of(entry));
    written.or_else(|error| file.set_len(end).and(Err(error)))
}

fn record_of(entry: &Entry<'_>) -> Vec<u8> {
    let mut room = MaybeUninit::<libc::utmpx>::zeroed();
    // SAFETY: a record of zeros is one of numbers and empty texts.
    let record = unsafe { room.assume_init_mut() };
    record.ut_type = if entry.name.is_some() { libc::USER_PROCESS } else { libc::DEAD_PROCESS };
    record.ut_pid = entry.process.0;
    fill(&mut record.ut_line, line(entry.process).as_bytes());
    fill(&mut record.ut_user, entry.name.unwrap_or_default());
    fill(&mut record.ut_host, entry.host);
    record.ut_tv.tv_sec = entry.when.as_secs() as _;
    record.ut_tv.tv_usec = entry.when.subsec_micros() as _;
    record.ut_addr_v6 = address_words(entry.address);
    // SAFETY: every byte of the room was zeroed and the fields were written in place: what lies between them is still zero.
    unsafe { std::slice::from_raw_parts(room.as_ptr().cast::<u8>(), size_of::<libc::utmpx>()) }.to_vec()
}

/// Writes when an account came last, if there is a lastlog.
pub fn note_last(uid: UserId, entry: &Entry<'_>) -> io::Result<()> {
    let file = match OpenOptions::new().write(true).open(LASTLOG) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let mut record =
        LastLogin { seconds: entry.when.as_secs() as LastSeconds, line: [0; 32], host: [0; 256] };
    fill_bytes(&mut record.line, line(entry.process).as_bytes());
    fill_bytes(&mut record.host, entry.host);
    let bytes = [&record.seconds.to_ne_bytes()[..], &record.line, &record.host].concat();
    file.write_all_at(&bytes, u64::from(uid.0) * size_of::<LastLogin>() as u64)
}

/// `ftpd` and the pid, as ProFTPD names its lines.
pub fn line(process: ProcessId) -> String {
    format!("ftpd{process}")
}

fn fill(field: &mut [c_char], bytes: &[u8]) {
    for (to, from) in field.iter_mut().zip(bytes) {
        *to = *from as c_char;
    }
}

fn fill_bytes(field: &mut [u8], bytes: &[u8]) {
    // The last byte stays a NUL: not all who read lastlog look at the length.
    let length = bytes.len().min(field.len() - 1);
    field[..length].copy_from_slice(&bytes[..length]);
}

/// In the byte order of networks; IPv4 in the first word alone.
fn address_words(address: IpAddr) -> [i32; 4] {
    match address {
        IpAddr::V4(v4) => [i32::from_ne_bytes(v4.octets()), 0, 0, 0],
        IpAddr::V6(v6) => {
            let octets = v6.octets();
            std::array::from_fn(|word| {
                i32::from_ne_bytes(std::array::from_fn(|byte| octets[word * 4 + byte]))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_the_systems_sizes() {
        if cfg!(target_arch = "x86_64") {
            assert_eq!((size_of::<libc::utmpx>(), size_of::<LastLogin>()), (384, 292));
        }
    }

    #[test]
    fn addresses_are_words_in_network_order() {
        assert_eq!(address_words(IpAddr::from([127, 0, 0, 1]))[0].to_ne_bytes(), [127, 0, 0, 1]);
        let words = address_words("::1".parse().unwrap());
        assert_eq!(words[3].to_ne_bytes(), [0, 0, 0, 1]);
    }
}
