//! What one master leaves to the next: the layout of the sealed file. Descriptors are named by their numbers, which an execve keeps.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::logging::trace::Orders;
use crate::master::Master;
use crate::master::admission::HandedAdmission;
use crate::master::control::HandedControl;
use crate::master::generation::HandedGeneration;
use crate::master::logs::HandedLogs;
use crate::master::versions;
use crate::master::workers::HandedWorker;
use crate::scoreboard::HandedBoard;
use crate::sys::succession::Luggage;
use crate::sys::{ProcessId, process};

/// Of this layout, and of all that processes of one program may say to those of the next: records of auth, nursery and recorder, signals
/// of those who end. One more whenever any of them changes; then a restart is needed.
pub const VERSION: u32 = 5;

/// Most bytes of it: some hundred a worker.
pub const BYTES_MOST: usize = 64 * 1024 * 1024;

/// All of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    /// Whose place is taken; the next one has the same pid.
    pub master: ProcessId,
    /// Of the program that leaves it.
    pub version: String,
    /// Every descriptor below.
    pub descriptors: Vec<i32>,
    /// Where the program lies.
    pub program: PathBuf,
    pub has_door: bool,
    pub taken: i32,
    pub shutdown_file: PathBuf,
    pub serving: u32,
    pub board: HandedBoard,
    pub pid_file: Option<(PathBuf, i32)>,
    pub listeners: Vec<(SocketAddr, i32)>,
    pub logs: HandedLogs,
    pub workers: Vec<HandedWorker>,
    pub admission: HandedAdmission,
    pub generations: Vec<HandedGeneration>,
    pub control: HandedControl,
    pub traced: Orders,
}

impl State {
    /// What this master would leave now.
    pub fn of(master: &Master) -> State {
        let mut luggage = Luggage::default();
        let state = State {
            master: process::own(),
            version: versions::FERRYD.to_owned(),
            descriptors: Vec::new(),
            program: master.program.clone(),
            has_door: master.common.has_door,
            taken: luggage.pack(&master.common.taken),
            shutdown_file: master.shutdown_file.path().to_owned(),
            serving: master.serving,
            board: master.board.hand_over(&mut luggage),
            pid_file: master.pid_file.as_ref().map(|pid_file| pid_file.hand_over(&mut luggage)),
            listeners: master.listeners.hand_over(&mut luggage),
            logs: master.logs.hand_over(&mut luggage),
            workers: master.workers.hand_over(),
            admission: master.admission.hand_over(),
            control: master.control.hand_over(),
            traced: master.common.traced,
            generations: master
                .generations
                .iter()
                .map(|generation| generation.hand_over(&mut luggage))
                .collect(),
        };
        State { descriptors: luggage.numbers(), ..state }
    }

    /// As bytes.
    pub fn encode(&self) -> io::Result<Vec<u8>> {
        Ok(serde_json::to_vec(self)?)
    }

    /// From bytes; left by another process than this one they are an error.
    pub fn decode(bytes: &[u8]) -> io::Result<State> {
        let state: State = serde_json::from_slice(bytes)?;
        if state.master == process::own() {
            Ok(state)
        } else {
            Err(io::Error::other("another master left it"))
        }
    }
}
