//! A session as inetd(8) starts it: a process of its own, whose stdin, stdout and stderr are the client's connection.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ExitStatus};

use ferryd::scoreboard::{Reader, SlotRecord};
use nix::sys::signal::Signal;

use super::client::Client;
use super::daemon::{end_group, finished, program};
use super::events::{eventually, until};
use super::processes::{self, Process};
use super::setup::Setup;

/// A session's process and its client. Dropped, all of it is ended by force.
pub struct Handed {
    pub client: Client,
    child: Option<Child>,
    group: i32,
}

/// The usual setup, for whoever does the listening.
pub fn setup() -> Setup {
    Setup::new().line("ServerType inetd")
}

impl Handed {
    /// Connects, and has the program started for that connection.
    #[track_caller]
    pub fn start(setup: &Setup) -> Handed {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
        let client = Client::connect(listener.local_addr().expect("its address")).expect("a connection");
        let (connection, _) = listener.accept().expect("the client");
        let child = spawned(setup, connection);
        let group = i32::try_from(child.id()).expect("a pid");
        Handed { client, child: Some(child), group }
    }

    /// The same, greeted.
    #[track_caller]
    pub fn greeted(setup: &Setup) -> Handed {
        let mut handed = Handed::start(setup);
        handed.client.reply().expect(220);
        handed
    }

    /// The same, logged in as alice.
    #[track_caller]
    pub fn session(setup: &Setup) -> Handed {
        let mut handed = Handed::greeted(setup);
        handed.client.login("alice");
        handed
    }

    /// Its master.
    pub fn pid(&self) -> i32 {
        self.group
    }

    pub fn signal(&self, signal: Signal) {
        processes::send(self.group, signal);
    }

    /// Those that live.
    pub fn processes(&self) -> Vec<Process> {
        processes::in_group(self.group).into_iter().filter(|process| !process.is_zombie()).collect()
    }

    /// Its slot in the board that all share.
    #[track_caller]
    pub fn slot(&self, setup: &Setup) -> SlotRecord {
        let address = self.client.local_address();
        eventually("its slot", || slots(setup).into_iter().find(|slot| slot.client == Some(address)))
    }

    /// QUIT; nothing may be left of it.
    #[track_caller]
    pub fn quit(mut self) {
        self.client.command("QUIT").expect(221);
        self.client.expect_end();
        assert_eq!(self.await_end().code(), Some(0));
    }

    /// Waits until its master and all others have ended.
    #[track_caller]
    pub fn await_end(&mut self) -> ExitStatus {
        let status = finished(self.child.take().expect("not awaited before")).status;
        until("the end of its processes", || self.processes().is_empty());
        status
    }

    /// KILL to all of it at once.
    #[track_caller]
    pub fn kill(mut self) {
        for process in self.processes() {
            processes::send(process.pid, Signal::SIGKILL);
        }
        let mut child = self.child.take().expect("not awaited before");
        child.wait().expect("a child of ours");
        until("the end of its processes", || self.processes().is_empty());
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        end_group(self.group);
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
    }
}

/// What the shared board shows.
#[track_caller]
pub fn slots(setup: &Setup) -> Vec<SlotRecord> {
    Reader::open(&setup.path("run/board")).expect("the board").slots()
}

fn spawned(setup: &Setup, connection: TcpStream) -> Child {
    let duplicate = || OwnedFd::from(connection.try_clone().expect("another descriptor"));
    let mut command = program(setup);
    command.arg("-c").arg(setup.config_file()).process_group(0);
    command.stdin(duplicate()).stdout(duplicate()).stderr(duplicate());
    command.spawn().expect("the program")
}
