//! What each request comes to: the actions that are a few lines stand here, the others in files of their own.

use std::time::{Duration, Instant};

use super::ClientId;
use crate::config;
use crate::control::{ACTIONS, Asked, Dump, Outcome, Reply, Request};
use crate::master::Master;
use crate::master::stop::Phase;
use crate::sys::Signal;

impl Master {
    /// What comes of it; None where that is known later.
    pub(super) fn carry_out(&mut self, id: ClientId, asked: Asked) -> Option<Reply> {
        let request = match asked.request {
            Ok(request) => request,
            Err(mistake) => {
                let usage = format!("{} {}", asked.action.name, asked.action.syntax);
                let sentence = format!("{}: {mistake} ({})", asked.action.name, usage.trim());
                return Some(Reply::of(Outcome::Mistaken, vec![sentence]));
            }
        };
        Some(match request {
            Request::Help => self.tell_actions(),
            Request::Status(hosts) => self.tell_status(&hosts),
            Request::Kick(whom, most) => return self.kick(id, &whom, most),
            Request::Restart => return self.restart_for(id),
            Request::RestartCount => self.tell_reloads(),
            Request::Shutdown => {
                self.stop(Signal::SIGTERM);
                Reply::done("shutting down")
            }
            Request::ShutdownGraceful(patience) => self.drain_for(patience),
            Request::Upgrade => match self.upgrade() {
                Ok(()) => Reply::done("the upgrade has begun; status and the log tell what comes of it"),
                Err(why) => Reply::failed(why),
            },
            Request::Down(hosts) => self.take_down(&hosts),
            Request::Up(hosts) => self.take_up(&hosts),
            Request::Level(level) => self.set_level(level),
            Request::Trace(levels) => self.set_trace(&levels),
            Request::TraceConfigured => self.forget_trace(),
            Request::Limit(whom, rate) => self.limit(whom, rate),
            Request::Limits => self.tell_limits(),
            Request::Dump(what) => self.dump(what),
            Request::Scrub => {
                Reply::done("nothing to scrub: whoever has ended has left the scoreboard already")
            }
        })
    }

    /// The reload that begins now, or as soon as the one that is under way has come to its end.
    fn restart_for(&mut self, id: ClientId) -> Option<Reply> {
        if self.phase != Phase::Running {
            return Some(Reply::failed("the daemon is stopping"));
        }
        self.control.reloads.push((id, self.control.begun + 1));
        self.reload();
        None
    }

    /// A reload has come to its end: whoever waits for it hears how.
    pub(in crate::master) fn tell_reload(&mut self, reply: &Reply) {
        let begun = self.control.begun;
        let ended = self.control.reloads.extract_if(.., |(_, reload)| *reload <= begun);
        for (id, _) in ended.collect::<Vec<_>>() {
            self.answer_control(id, reply);
        }
    }

    fn tell_reloads(&self) -> Reply {
        let serving = self.serving.saturating_sub(1);
        let refused = self.board.refused_reloads();
        Reply::done(format!("restarted {serving} times; {refused} configurations were refused"))
            .with("restarts", serving)
            .with("refused", refused)
    }

    fn drain_for(&mut self, patience: Option<Duration>) -> Reply {
        if self.phase != Phase::Running {
            return Reply::failed("the daemon is stopping already");
        }
        self.drain();
        if let Some(patience) = patience {
            self.phase = Phase::Draining(Some(Instant::now() + patience));
        }
        let count = self.workers.living().count();
        Reply::done(format!("no new connections; {count} workers finish")).with("workers", count)
    }

    fn tell_actions(&self) -> Reply {
        let settings = self.control_settings();
        let known =
            ACTIONS.iter().filter(|action| settings.as_ref().is_some_and(|settings| settings.has(action)));
        let (mut said, mut names) = (Vec::new(), Vec::new());
        for action in known {
            said.push(
                format!("{} {} ({}): {}", action.name, action.syntax, action.module, action.sentence)
                    .replace("  ", " "),
            );
            names.push(action.name);
        }
        Reply::of(Outcome::Done, said).with("actions", names)
    }

    fn dump(&self, what: Dump) -> Reply {
        match what {
            Dump::Configuration => self.dump_configuration(),
            Dump::Classes => self.tell_classes(),
            Dump::Scoreboard => match self.board.file() {
                Some(file) => {
                    let path = file.path().display().to_string();
                    Reply::of(Outcome::Done, Vec::new()).with("scoreboard", path)
                }
                None => Reply::failed("this daemon keeps its scoreboard to itself (ScoreboardFile none)"),
            },
        }
    }

    fn dump_configuration(&self) -> Reply {
        let serving = self.generations.iter().find(|generation| generation.number == self.serving);
        let statements = serving
            .and_then(|generation| generation.configuration().ok())
            .and_then(|outline| config::statements(&outline));
        let Some(statements) = statements else { return Reply::failed("the configuration is not kept") };
        let told = |statement: &config::Statement| {
            let depth = "  ".repeat(statement.within.len());
            format!("{depth}{}  # {}:{}", statement.text, statement.file, statement.line)
        };
        let said = statements.iter().map(told).collect();
        Reply::of(Outcome::Done, said).with("generation", self.serving)
    }

    /// The daemon stops: whoever waits for anything else hears that.
    pub(in crate::master) fn tell_control_of_the_end(&mut self) {
        self.control.begun += 1;
        self.tell_reload(&Reply::failed("the daemon is stopping"));
    }
}
