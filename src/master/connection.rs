//! A client's connection that somebody else accepted: inetd(8) and xinetd(8) hand it over as stdin, systemd.socket(5) with Accept=yes as
//! stdin or as the first of the descriptors that LISTEN_FDS tells of.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};

use crate::protocol::Reply;
use crate::sys::{descriptors, socket};

/// It, and who is at its other end.
#[derive(Debug)]
pub struct Connection {
    socket: OwnedFd,
    peer: SocketAddr,
}

impl Connection {
    /// The one that this process was started for; an error is a sentence. Whatever else was passed is closed: the client sees the end of
    /// its connection only when nobody has it any more.
    pub fn taken(passed: Vec<OwnedFd>) -> Result<Connection, String> {
        let socket = match descriptors::stdin_is_socket() {
            true => descriptors::take_stdin().map_err(|error| format!("cannot take stdin: {error}"))?,
            false => passed.into_iter().next().ok_or(
                "ServerType inetd: stdin is no connection; let inetd, xinetd or systemd start this, or say \
                 ServerType standalone",
            )?,
        };
        let peer = socket::handed(socket.as_fd())
            .map_err(|error| format!("ServerType inetd: what was handed over is of no use: {error}"))?;
        Ok(Connection { socket, peer })
    }

    /// To be told something should the start fail.
    pub fn try_clone(&self) -> io::Result<Connection> {
        let (socket, peer) = self.duplicate()?;
        Ok(Connection { socket, peer })
    }

    /// For the nursery.
    pub fn duplicate(&self) -> io::Result<(OwnedFd, SocketAddr)> {
        Ok((self.socket.try_clone()?, self.peer))
    }

    /// Whoever waits there is told that nobody will serve.
    pub fn refuse(&self) {
        let mut words = Vec::new();
        Reply::new(421, "Service not available, closing control connection").write(&mut words);
        // A client that does not take so few bytes has gone.
        let _ = socket::write(self.socket.as_fd(), &words);
    }
}
