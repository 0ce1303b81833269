//! What can wake the master: one wait, one list of events.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::Master;
use super::control::ClientId;
use super::signals::Asked;
use crate::sys::poll::{self, Waiting};

/// One reason to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A signal came.
    Signal(Asked),
    /// A worker or a nursery has ended.
    Ended,
    /// A worker wrote the hint: it has a client, or has none any more; or it is ready, and its generation was waiting for it.
    PoolChanged,
    /// Auth of this generation asks for a place, on this one of its channels.
    PlaceAsked(u32, usize),
    /// The nursery of this generation spoke, or ended.
    NurserySpoke(u32),
    /// Something happened in the shutdown file's folder.
    FolderChanged,
    /// Somebody connects to the control socket.
    ControlKnocked,
    /// A client of the control socket says something, hears something, or is gone.
    ControlSpoke(ClientId),
    /// A moment that the shutdown file names has come, or the clock was set.
    MomentCame,
    /// A deadline of the master's own has passed.
    TimeUp,
}

/// Which descriptor woke us.
#[derive(Clone, Copy, Debug)]
enum Source {
    Endings,
    Signals,
    Hint,
    Place(u32, usize),
    Nursery(u32),
    Folder,
    Moment,
    Control,
    ControlClient(ClientId),
}

/// What may wait while the master rests.
const NEWS_OF_THE_POOL: [Source; 2] = [Source::Endings, Source::Hint];

impl Master {
    /// Sleeps until something happens; without a session and without a deadline this is the daemon's only system call.
    pub(super) fn wait(&mut self) -> io::Result<Vec<Event>> {
        let rest = self.rest_until;
        let deadline = self.next_deadline();
        let until = deadline.into_iter().chain(rest).min();
        let timeout = until.map(|at| at.saturating_duration_since(Instant::now()));
        let mut woken = match self.wait_for_sources(timeout, rest.is_some()) {
            Ok(woken) => woken,
            // A signal: the pipe holds it, and says so at once.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Vec::new(),
            Err(error) => return Err(error),
        };
        if rest.is_some_and(|until| until <= Instant::now()) {
            self.rest_until = None;
            woken.splice(..0, NEWS_OF_THE_POOL);
        } else if rest.is_some() && !woken.is_empty() {
            // First: a place that has become free is free for whoever asks.
            woken.insert(0, Source::Endings);
        }
        let mut events: Vec<Event> = Vec::new();
        for source in woken {
            self.events_of(source, &mut events);
        }
        if deadline.is_some_and(|at| at <= Instant::now()) {
            events.push(Event::TimeUp);
        }
        Ok(events)
    }

    fn wait_for_sources(&self, timeout: Option<Duration>, rests: bool) -> io::Result<Vec<Source>> {
        let mut sources = vec![Source::Signals, Source::Moment];
        let mut waiting =
            vec![Waiting::to_read(self.signals.as_fd()), Waiting::to_read(self.shutdown_file.timer())];
        if !rests {
            sources.extend(NEWS_OF_THE_POOL);
            waiting.push(Waiting::to_read(self.signals.endings()));
            waiting.push(Waiting::to_read(self.common.taken.as_fd()));
        }
        if let Some(notices) = self.shutdown_file.notices() {
            sources.push(Source::Folder);
            waiting.push(Waiting::to_read(notices));
        }
        for generation in &self.generations {
            for (thread, place) in generation.places().enumerate() {
                sources.push(Source::Place(generation.number, thread));
                waiting.push(Waiting::to_read(place));
            }
            if let Some(channel) = generation.nursery_channel() {
                sources.push(Source::Nursery(generation.number));
                waiting.push(Waiting::to_read(channel));
            }
        }
        if let Some(listener) = self.control.listener() {
            sources.push(Source::Control);
            waiting.push(Waiting::to_read(listener));
        }
        for (client, wanted) in self.control.waiting() {
            sources.push(Source::ControlClient(client));
            waiting.push(wanted);
        }
        poll::wait(&mut waiting, timeout)?;
        let ready = waiting
            .iter()
            .zip(sources)
            .filter(|(waiting, _)| waiting.ready.readable || waiting.ready.writable);
        Ok(ready.map(|(_, source)| source).collect())
    }

    fn events_of(&mut self, source: Source, events: &mut Vec<Event>) {
        match source {
            Source::Endings => events.push(Event::Ended),
            Source::Signals => events.extend(self.signals.taken().into_iter().map(Event::Signal)),
            Source::Hint => {
                if poll::take_hint(self.common.taken.as_fd()) > 0 {
                    events.push(Event::PoolChanged);
                }
            }
            Source::Place(generation, thread) => events.push(Event::PlaceAsked(generation, thread)),
            Source::Nursery(generation) => events.push(Event::NurserySpoke(generation)),
            Source::Folder => events.push(Event::FolderChanged),
            Source::Moment => events.push(Event::MomentCame),
            Source::Control => events.push(Event::ControlKnocked),
            Source::ControlClient(client) => events.push(Event::ControlSpoke(client)),
        }
    }
}
