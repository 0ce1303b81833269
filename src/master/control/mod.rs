//! The control socket in the master's one wait: who comes is looked at, hears or asks, and what it asks for is carried out. Nobody there
//! can make the master wait: requests and clients are bounded, each has its time, and who comes too often waits for the next second.

mod actions;
mod client;
mod hosts;
mod kicks;
mod levels;
mod limits;
mod record;
mod socket;
mod status;
mod traces;

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use slog::{error, info, warn};

pub use client::ClientId;
use client::{Client, Heard};
pub use hosts::Downed;
use kicks::{HandedKick, Kicks};
pub use limits::LiveLimits;
pub use socket::ControlSocket;

use super::Master;
use crate::config::settings::Control as Settings;
use crate::control::{Asked, LINE_MOST, Outcome, Reply, asked};
use crate::sys::UserId;
use crate::sys::identity;
use crate::sys::poll::Waiting;
use crate::sys::socket as sockets;

/// How many clients are accepted within a second; each costs the master a few system calls and, if it is refused, a line of the log.
const ARRIVALS_MOST: u32 = 100;

/// A reload that a client waits for, and what else the socket needs to remember.
#[derive(Debug, Default)]
pub struct Control {
    socket: Option<ControlSocket>,
    clients: Vec<Client>,
    next: u64,
    /// When this second began, and who has come within it.
    arrivals: Option<(Instant, u32)>,
    /// Who waits for which reload's outcome.
    reloads: Vec<(ClientId, u32)>,
    kicks: Kicks,
    /// What an operator has ordered of transfers.
    pub limits: LiveLimits,
    /// Virtual hosts that an operator has taken down.
    pub downed: Downed,
    level: u32,
    /// How many reloads have begun.
    pub begun: u32,
    /// What came of the last one that was refused, in lines.
    pub refusal: Option<Vec<String>>,
}

/// What the next program goes on with; whoever waits for an answer loses it.
#[derive(Debug, Serialize, Deserialize)]
pub struct HandedControl {
    limits: LiveLimits,
    level: u32,
    begun: u32,
    /// Whoever was told to leave and has not; programs before this one left none.
    #[serde(default)]
    kicks: Vec<HandedKick>,
}

impl Control {
    /// For another program.
    pub fn hand_over(&self) -> HandedControl {
        HandedControl {
            limits: self.limits.clone(),
            level: self.level,
            begun: self.begun,
            kicks: self.kicks.hand_over(Instant::now()),
        }
    }

    /// What another program has left.
    pub fn adopt(handed: HandedControl) -> Control {
        let HandedControl { limits, level, begun, kicks } = handed;
        Control { limits, level, begun, kicks: Kicks::adopt(kicks, Instant::now()), ..Control::default() }
    }

    /// The listener, unless too many have come of late.
    pub fn listener(&self) -> Option<BorrowedFd<'_>> {
        let is_full = self.arrivals.is_some_and(|(_, count)| count >= ARRIVALS_MOST);
        self.socket.as_ref().filter(|_| !is_full).map(AsFd::as_fd)
    }

    /// Whom to wait for.
    pub fn waiting(&self) -> impl Iterator<Item = (ClientId, Waiting<'_>)> {
        self.clients.iter().map(|client| (client.id, client.waiting()))
    }

    /// When somebody is given up, or may come again, or is killed.
    pub fn deadline(&self) -> Option<Instant> {
        let clients = self.clients.iter().filter_map(Client::deadline).min();
        let arrivals = self.arrivals.filter(|(_, count)| *count >= ARRIVALS_MOST);
        let again = arrivals.map(|(began, _)| began + Duration::from_secs(1));
        [clients, again, self.kicks.deadline()].into_iter().flatten().min()
    }

    fn client(&mut self, id: ClientId) -> Option<&mut Client> {
        self.clients.iter_mut().find(|client| client.id == id)
    }

    fn answer(&mut self, id: ClientId, reply: &Reply) {
        if let Some(client) = self.client(id) {
            client.answer(reply, Instant::now());
        }
        self.forget_gone();
    }

    fn forget_gone(&mut self) {
        self.clients.retain(|client| !client.is_over());
    }

    fn note_arrival(&mut self, now: Instant) {
        let second = Duration::from_secs(1);
        match &mut self.arrivals {
            Some((began, count)) if now.duration_since(*began) < second => *count += 1,
            other => *other = Some((now, 1)),
        }
    }

    /// The next second begins.
    fn let_in_again(&mut self, now: Instant) {
        self.arrivals.take_if(|(began, _)| now.duration_since(*began) >= Duration::from_secs(1));
    }
}

impl Master {
    /// Opens the socket that the serving generation wants, and closes another one. FTP is served with and without it.
    pub(super) fn open_control_socket(&mut self) {
        let Some(place) = self.control_settings().map(|settings| settings.socket) else { return };
        if self.control.socket.as_ref().is_some_and(|socket| socket.is_at(&place)) {
            return;
        }
        // The new one may want the old one's path.
        self.close_control_socket();
        match ControlSocket::open(&place) {
            Ok(socket) => self.control.socket = socket,
            Err(why) => error!(self.log, "no control socket, ftpdctl has nobody to speak to: {why}"),
        }
    }

    /// Nobody may ask any more.
    pub(super) fn close_control_socket(&mut self) {
        if let Some(socket) = self.control.socket.take()
            && let Err(error) = socket.remove()
        {
            warn!(self.log, "{} stays behind: {error}", socket.path().display());
        }
    }

    /// Somebody connects.
    pub(super) fn admit_control(&mut self) {
        let now = Instant::now();
        let Some(listener) = self.control.listener() else { return };
        let socket = match sockets::accept_local(listener) {
            Ok(socket) => socket,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            // Without descriptors or memory whoever waits would wake the master again at once.
            Err(_) => return self.control.arrivals = Some((now, ARRIVALS_MOST)),
        };
        self.control.note_arrival(now);
        let Ok(peer) = sockets::local_peer(socket.as_fd()) else { return };
        self.control.next += 1;
        let id = ClientId(self.control.next);
        self.record_arrival(&peer);
        let refusal = self.control_refusal(&peer);
        self.control.clients.push(Client::new(id, socket, peer, now));
        if let Some(reply) = refusal {
            self.answer_control(id, &reply);
        }
    }

    /// Of those who are refused the log knows uid and pid by the kernel's word.
    fn control_refusal(&self, peer: &sockets::LocalPeer) -> Option<Reply> {
        let settings = self.control_settings()?;
        let is_master = is_master(peer.uid);
        if !is_master && !settings.socket_access.admits(peer) && !owns(&settings, peer) {
            warn!(self.log, "control: refused: no ControlsSocketACL lets it in"; "uid" => peer.uid.0, "pid" => peer.pid.0);
            return Some(denied("no ControlsSocketACL lets you in"));
        }
        let most = settings.max_clients as usize + usize::from(is_master);
        if self.control.clients.len() >= most {
            warn!(self.log, "control: refused: ControlsMaxClients ({most}) are there"; "uid" => peer.uid.0, "pid" => peer.pid.0);
            return Some(Reply::failed("too many are asking, try again later"));
        }
        None
    }

    fn control_settings(&self) -> Option<Settings> {
        let serving = self.generations.iter().find(|generation| generation.number == self.serving)?;
        Some(serving.terms.control.clone())
    }

    /// A client says something, hears something, or is gone.
    pub(super) fn attend_control(&mut self, id: ClientId) {
        let Some(client) = self.control.client(id) else { return };
        let heard = client.attend(Instant::now());
        match heard {
            Heard::Nothing => {}
            Heard::TooLong => {
                let sentence = format!("a request has at most {LINE_MOST} bytes");
                self.answer_control(id, &Reply::of(Outcome::Mistaken, vec![sentence]));
            }
            Heard::Line(line) => self.hear_control(id, &line),
        }
        self.control.forget_gone();
    }

    fn hear_control(&mut self, id: ClientId, line: &[u8]) {
        let Some(peer) = self.control.client(id).map(|client| client.peer.clone()) else { return };
        let reply = match asked(line) {
            Err(mistake) => Some(Reply::of(Outcome::Mistaken, vec![mistake.to_string()])),
            Ok(asked) => self.hear_asked(id, asked, &peer),
        };
        if let Some(reply) = reply {
            self.answer_control(id, &reply);
        }
    }

    fn hear_asked(&mut self, id: ClientId, asked: Asked, peer: &sockets::LocalPeer) -> Option<Reply> {
        let (uid, pid) = (peer.uid.0, peer.pid.0);
        let words = [&[asked.action.name.to_owned()][..], &asked.words].concat().join(" ");
        self.record_question(peer, &words);
        if let Err(reply) = self.may_ask(&asked, peer) {
            warn!(self.log, "control: {} refused", asked.action.name; "uid" => uid, "pid" => pid);
            return Some(reply);
        }
        info!(self.log, "control: {words}"; "uid" => uid, "pid" => pid);
        self.carry_out(id, asked)
    }

    fn may_ask(&self, asked: &Asked, peer: &sockets::LocalPeer) -> Result<(), Reply> {
        let Some(settings) = self.control_settings() else {
            return Err(Reply::failed("the daemon does not serve yet"));
        };
        let name = asked.action.name;
        if !settings.has(asked.action) {
            return Err(denied(&format!("AdminControlsEngine leaves '{name}' out")));
        }
        if is_master(peer.uid) || settings.admits(asked.action, peer) {
            return Ok(());
        }
        let directive = if asked.action.module == "mod_ctrls" { "ControlsACLs" } else { "AdminControlsACLs" };
        Err(denied(&format!("no {directive} lets you ask for '{name}'")))
    }

    /// Whoever has had its time is given up, killed, or may come again.
    pub(super) fn press_on_control(&mut self, now: Instant) {
        self.control.let_in_again(now);
        self.control.clients.iter_mut().for_each(|client| client.give_up_if_late(now));
        self.control.forget_gone();
        self.kill_the_late(now);
    }
}

/// root, and whoever the daemon runs as, is asked for no list.
fn is_master(uid: UserId) -> bool {
    uid == UserId::ROOT || uid == identity::own().0
}

/// ControlsSocketOwner: where no list says who may connect, the socket's owner and group may.
fn owns(settings: &Settings, peer: &sockets::LocalPeer) -> bool {
    let owner = settings.socket.owner.filter(|_| settings.socket_access.is_empty());
    owner.is_some_and(|(user, group)| peer.uid == user || peer.groups.contains(&group))
}

fn denied(sentence: &str) -> Reply {
    Reply::of(Outcome::Denied, vec![sentence.to_owned()])
}
