//! A generation in the hands of the next master of the same pid: its processes go on with their own program until its sessions have
//! ended. Its settings are in their memory and stay there.

use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{Auth, Generation, Nursery, Terms};
use crate::config::Settings;
use crate::logging::ServerLogs;
use crate::master::kept_configuration::KeptConfiguration;
use crate::master::retirement::{HandedRetirement, Retirement};
use crate::sys::succession::Luggage;
use crate::sys::{ProcessId, process};

/// A generation as one master leaves it to the next.
#[derive(Debug, Serialize, Deserialize)]
pub struct HandedGeneration {
    number: u32,
    terms: Terms,
    questions: i32,
    requests: i32,
    auth: Option<HandedAuth>,
    nursery: Option<HandedNursery>,
    leaving: Option<ProcessId>,
    listeners: Vec<i32>,
    retirement: HandedRetirement,
    configuration: i32,
}

#[derive(Debug, Serialize, Deserialize)]
struct HandedAuth {
    pid: ProcessId,
    control: i32,
    places: Vec<i32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct HandedNursery {
    pid: ProcessId,
    control: i32,
    ready: bool,
    silent: bool,
}

impl Generation {
    /// All but its settings.
    pub fn hand_over(&self, luggage: &mut Luggage) -> HandedGeneration {
        let mut pack = |descriptor: &OwnedFd| luggage.pack(descriptor);
        HandedGeneration {
            number: self.number,
            terms: self.terms.clone(),
            questions: pack(&self.questions),
            requests: pack(&self.requests),
            auth: self.auth.as_ref().map(|auth| HandedAuth {
                pid: auth.pid,
                control: pack(&auth.control),
                places: auth.places.iter().map(&mut pack).collect(),
            }),
            nursery: self.nursery.as_ref().map(|nursery| HandedNursery {
                pid: nursery.pid,
                control: pack(&nursery.control),
                ready: nursery.ready,
                silent: nursery.silent,
            }),
            leaving: self.leaving,
            listeners: self.listeners.iter().map(&mut pack).collect(),
            retirement: self.retirement.hand_over(Instant::now()),
            configuration: luggage.pack(self.configuration.as_fd()),
        }
    }

    /// A generation of the next master. A process of it that was reaped meanwhile is one that has ended just now.
    pub fn adopt(handed: HandedGeneration, luggage: &mut Luggage) -> io::Result<Generation> {
        let taken = |numbers: Vec<i32>, luggage: &mut Luggage| {
            numbers.into_iter().map(|number| luggage.take(number)).collect::<io::Result<Vec<OwnedFd>>>()
        };
        let born = Instant::now();
        let auth = handed.auth.filter(|auth| process::is_child(auth.pid));
        let nursery = handed.nursery.filter(|nursery| process::is_child(nursery.pid));
        let is_whole = auth.is_some() && nursery.is_some();
        Ok(Generation {
            number: handed.number,
            terms: handed.terms,
            settings: None,
            logs: Vec::new(),
            questions: luggage.take(handed.questions)?,
            requests: luggage.take(handed.requests)?,
            auth: auth
                .map(|HandedAuth { pid, control, places }| {
                    let (control, places) = (luggage.take(control)?, taken(places, luggage)?);
                    Ok::<_, io::Error>(Auth { pid, control, places, born })
                })
                .transpose()?,
            nursery: nursery
                .map(|HandedNursery { pid, control, ready, silent }| {
                    Ok::<_, io::Error>(Nursery { pid, control: luggage.take(control)?, ready, silent, born })
                })
                .transpose()?,
            leaving: handed.leaving.filter(|pid| process::is_child(*pid)),
            listeners: taken(handed.listeners, luggage)?,
            retirement: Retirement::adopt(handed.retirement, born),
            respawn_at: (!is_whole).then_some(born),
            configuration: KeptConfiguration::adopt(luggage.take(handed.configuration)?),
        })
    }

    /// Gives a generation of the master before the settings that were read again, if its configuration says the same: then what it
    /// loses can be started again.
    pub fn recognise(&mut self, settings: &Rc<Settings>, outline: &[u8], logs: Vec<ServerLogs>) {
        if self.settings.is_none() && self.configuration.says(outline) {
            self.settings = Some(Rc::clone(settings));
            self.logs = logs;
        }
    }

    /// Its processes, for whoever looks for those that nobody knows.
    pub fn processes(&self) -> impl Iterator<Item = ProcessId> {
        let auth = self.auth.as_ref().map(|auth| auth.pid);
        [auth, self.nursery.as_ref().map(|nursery| nursery.pid), self.leaving].into_iter().flatten()
    }
}
