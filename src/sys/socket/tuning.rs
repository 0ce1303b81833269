//! What an operator asks of TCP: windows, segments, probes of silent peers.

use std::io;
use std::os::fd::BorrowedFd;

use nix::sys::socket::{self as net, sockopt};

/// What is asked; what is not stays as the system has it, and costs no call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tuning {
    /// Bytes that may wait to be read (SO_RCVBUF, socket(7)).
    pub receive: Option<u32>,
    /// Bytes that may wait to be sent (SO_SNDBUF).
    pub send: Option<u32>,
    /// The longest segment (TCP_MAXSEG, tcp(7)); ignored where the network's are shorter.
    pub segment: Option<u32>,
    /// Whether a silent peer is probed.
    pub probes: Option<Probes>,
}

/// How a silent peer is probed (SO_KEEPALIVE).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probes {
    /// Not at all.
    Off,
    /// At the system's times.
    On,
    /// After so many seconds of silence, so many times, at so many seconds' distance.
    Timed {
        /// Seconds.
        idle: u32,
        /// Probes.
        count: u32,
        /// Seconds.
        interval: u32,
    },
}

impl Tuning {
    /// Says so to a socket; a listener's connections have it from the listener.
    pub fn apply(&self, socket: BorrowedFd<'_>) -> io::Result<()> {
        if let Some(bytes) = self.receive {
            net::setsockopt(&socket, sockopt::RcvBuf, &(bytes as usize))?;
        }
        if let Some(bytes) = self.send {
            net::setsockopt(&socket, sockopt::SndBuf, &(bytes as usize))?;
        }
        if let Some(bytes) = self.segment {
            net::setsockopt(&socket, sockopt::TcpMaxSeg, &bytes)?;
        }
        self.probes.map_or(Ok(()), |probes| probes.apply(socket))
    }
}

impl Probes {
    fn apply(self, socket: BorrowedFd<'_>) -> io::Result<()> {
        net::setsockopt(&socket, sockopt::KeepAlive, &(self != Probes::Off))?;
        let Probes::Timed { idle, count, interval } = self else { return Ok(()) };
        net::setsockopt(&socket, sockopt::TcpKeepIdle, &idle)?;
        net::setsockopt(&socket, sockopt::TcpKeepCount, &count)?;
        Ok(net::setsockopt(&socket, sockopt::TcpKeepInterval, &interval)?)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_socket_is_what_was_asked_for() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let usual = net::getsockopt(&listener, sockopt::SndBuf).unwrap();
        let probes = Probes::Timed { idle: 70, count: 3, interval: 20 };
        let tuning = Tuning { receive: Some(16384), segment: Some(900), probes: Some(probes), send: None };
        tuning.apply(listener.as_fd()).unwrap();
        // The kernel doubles what is asked for (socket(7)).
        assert_eq!(net::getsockopt(&listener, sockopt::RcvBuf).unwrap(), 2 * 16384);
        assert_eq!(net::getsockopt(&listener, sockopt::SndBuf).unwrap(), usual);
        assert!(net::getsockopt(&listener, sockopt::KeepAlive).unwrap());
        assert_eq!(net::getsockopt(&listener, sockopt::TcpKeepIdle).unwrap(), 70);
        assert_eq!(net::getsockopt(&listener, sockopt::TcpKeepCount).unwrap(), 3);
        assert_eq!(net::getsockopt(&listener, sockopt::TcpKeepInterval).unwrap(), 20);
        Tuning { probes: Some(Probes::Off), ..Tuning::default() }.apply(listener.as_fd()).unwrap();
        assert!(!net::getsockopt(&listener, sockopt::KeepAlive).unwrap());
    }
}
