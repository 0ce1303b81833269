//! The names of addresses, and the addresses of names, by whatever the host's name service asks (nsswitch.conf(5)): it may take half a
//! minute, so only threads and processes that nobody waits for ask it themselves.

use std::ffi::{CStr, c_char};
use std::io::{self, PipeReader, Read, Write};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::socket::{SockaddrLike, SockaddrStorage};

use super::poll::{self, Waiting};
use super::process::{self, Forked};
use super::signals;

/// How long a name in the configuration may take, at the start and at a HUP: the master waits, and a name service that does not answer
/// must not hold it up.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// NI_MAXHOST of netdb.h.
const NAME_ROOM: usize = 1025;

/// What an address calls itself (getnameinfo(3)); whoever owns the address can say anything here.
pub fn claimed_name(address: IpAddr) -> io::Result<Option<Vec<u8>>> {
    let address = SockaddrStorage::from(SocketAddr::new(address, 0));
    let mut name = [0_u8; NAME_ROOM];
    // SAFETY: an address with its true length, room for the name with its true size, no room for a service.
    let code = unsafe {
        libc::getnameinfo(
            address.as_ptr(),
            address.len(),
            name.as_mut_ptr().cast::<c_char>(),
            name.len() as libc::socklen_t,
            std::ptr::null_mut(),
            0,
            libc::NI_NAMEREQD,
        )
    };
    match code {
        0 => Ok(CStr::from_bytes_until_nul(&name).ok().map(|name| name.to_bytes().to_vec())),
        libc::EAI_NONAME => Ok(None),
        _ => Err(io::Error::other("the host's name service failed")),
    }
}

/// The addresses of a name (getaddrinfo(3)).
pub fn addresses(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip().to_canonical()).collect())
}

/// The same for a process with one thread that cannot wait so long: a child asks, and is ended when the time is up. A process with
/// several threads, where forking is unsafe, asks itself.
pub fn addresses_within(name: &str, patience: Duration) -> io::Result<Vec<IpAddr>> {
    let (reader, writer) = io::pipe()?;
    let mask = signals::block_all()?;
    match process::fork() {
        Ok(Forked::Child) => {
            let status = tell_addresses(name, writer);
            process::exit_now(status)
        }
        Ok(Forked::Parent(child)) => {
            signals::restore(&mask)?;
            drop(writer);
            let said = read_until(reader, Instant::now() + patience);
            let _ = signals::tell(child, nix::sys::signal::Signal::SIGKILL);
            process::wait_for(child)?;
            said_addresses(&said?)
        }
        Err(_) => {
            signals::restore(&mask)?;
            addresses(name)
        }
    }
}

/// The child's part; whatever fails is told as what it could not say.
fn tell_addresses(name: &str, mut writer: io::PipeWriter) -> u8 {
    let _ = process::set_parent_death_signal(nix::sys::signal::Signal::SIGKILL);
    let said = match addresses(name) {
        Ok(found) => found.iter().map(|address| format!("{address}\n")).collect(),
        Err(error) => format!("{FAILED}{error}"),
    };
    u8::from(writer.write_all(said.as_bytes()).is_err())
}

/// Before a failure's words, where an address would stand.
const FAILED: char = '!';

/// Reads to the end. The master hears signals all the while, of workers that end for one: they are for its loop, not for this wait.
fn read_until(mut reader: PipeReader, deadline: Instant) -> io::Result<String> {
    let mut said = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let ready = match poll::wait(&mut [Waiting::to_read(reader.as_fd())], Some(left)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            outcome => outcome?,
        };
        if ready == 0 {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the host's name service does not answer"));
        }
        let mut buffer = [0; 512];
        match reader.read(&mut buffer)? {
            0 => return Ok(String::from_utf8_lossy(&said).into_owned()),
            count => said.extend_from_slice(&buffer[..count]),
        }
    }
}

fn said_addresses(said: &str) -> io::Result<Vec<IpAddr>> {
    match said.strip_prefix(FAILED) {
        Some(why) => Err(io::Error::other(why.to_owned())),
        None => Ok(said.lines().filter_map(|line| line.parse().ok()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use nix::sys::pthread::{pthread_kill, pthread_self};
    use nix::sys::signal::Signal;

    use super::*;

    #[test]
    fn signals_do_not_end_the_wait_for_an_answer() {
        let heard = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(libc::SIGWINCH, Arc::clone(&heard)).unwrap();
        let (reader, mut writer) = io::pipe().unwrap();
        let waiting_thread = pthread_self();
        let sender = std::thread::spawn(move || {
            for _ in 0..200 {
                pthread_kill(waiting_thread, Signal::SIGWINCH).unwrap();
                std::thread::park_timeout(Duration::from_millis(1));
            }
            writer.write_all(b"192.0.2.7\n").unwrap();
        });
        let said = read_until(reader, Instant::now() + Duration::from_secs(20));
        sender.join().unwrap();
        assert_eq!(said.unwrap(), "192.0.2.7\n");
        assert!(heard.load(Ordering::Relaxed));
    }
}
