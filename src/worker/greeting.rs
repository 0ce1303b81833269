//! Between accept and the client's first byte: admission, the shutdown window, the 220. A client that is refused here,
//! or that leaves without a word, costs no worker: it goes back to the pool.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::Birth;
use super::accept::{self, Client};
use super::arrival::{self, Turned};
use super::display;
use super::orders::{self, Standing};
use super::peer::Peer;
use super::rulebook;
use super::shutdown;
use super::subject;
use super::text::{self, Facts};
use super::timeouts::Timers;
use super::title;
use super::tracing;
use super::virtual_host;
use super::watch::unavailable;
use crate::config::settings::{Rule, Server, SessionRules};
use crate::logging::{self, Cause, Speaker, Voice};
use crate::protocol::Reply;
use crate::protocol::foreign::TLS_HANDSHAKE;
use crate::scoreboard::{ReasonCode, Totals};
use crate::sys::poll::{self, Waiting};
use crate::sys::socket;

/// Most clients speak or leave within this time. For one that does neither the kernel should not look, at each connection, whether this
/// worker is the one that waits for it: thousands of silent clients would slow down all others.
const PROMPT: Duration = Duration::from_secs(1);

/// What became of a client.
#[derive(Debug)]
pub enum Greeted {
    /// Its first byte is there.
    Speaks(Box<Guest>),
    /// It was refused or has left; nothing was read of it.
    Left,
    /// It was told that the worker leaves.
    Dismissed,
}

/// A client that speaks, and the virtual host it reached.
#[derive(Debug)]
pub struct Guest {
    /// Its connection.
    pub client: Client,
    /// Index of the virtual host.
    pub server: usize,
    /// Running since the accept.
    pub timers: Timers,
    /// Bytes of its greeting.
    pub greeting: u64,
}

/// Greets a client and waits for its first byte. A worker that is to retire meanwhile leaves the pool, and stays for this client.
#[inline(never)]
pub fn greet(birth: &mut Birth, client: Client) -> Greeted {
    let Some(index) = virtual_host::choose(birth.settings, client.meant) else {
        return nobodys(birth, &client);
    };
    let server = &birth.settings.servers[index];
    birth.own.connected(client.peer.address, client.local, server.name.as_bytes());
    let rules = &*rulebook::of_stranger(birth, server, client.peer);
    tracing::begin(birth, (index, rules), (client.peer, client.local));
    let timers = Timers::begin(rules, Instant::now());
    if let Some(turned) = refusal(birth, (index, server, rules), &client) {
        birth.own.refused(turned.reason);
        say(&client, turned.reply.as_slice());
        return Greeted::Left;
    }
    if let Some(Rule(rule)) = virtual_host::denial(server, || subject::stranger(birth, client.peer)) {
        let (log, peer) = (logger(birth, index, client.local, client.peer), client.peer);
        let cause = Cause { reason: ReasonCode::Rule, rule: rule.as_deref() };
        birth.own.refused(cause.reason);
        slog::info!(log, "Connection from {} [{}] denied by <Limit LOGIN>", peer.name(), peer.ip(); cause);
        return Greeted::Left;
    }
    if rules.display_connect.is_some() {
        // It may lie on a disk that does not answer.
        accept::give_hint(birth);
    }
    let facts = facts_of(birth, (server, rules), &client);
    let greeting = say(&client, &[of_server(server, &facts)]);
    // The client need not wait until it is told of.
    birth.own.client_name(client.peer.name().as_bytes());
    title::connected(birth, client.peer);
    accept::give_hint(birth);
    match await_first_byte(birth, &facts, client.socket.as_fd(), &timers) {
        Met::Encrypts => {
            let log = logger(birth, index, client.local, client.peer);
            birth.own.refused(ReasonCode::Foreign);
            slog::warn!(log, "client speaks TLS, disconnecting"; Cause::from(ReasonCode::Foreign));
            Greeted::Left
        }
        Met::Speaks => Greeted::Speaks(Box::new(Guest { client, server: index, timers, greeting })),
        Met::Left => Greeted::Left,
        Met::Told(reply) => {
            last_word(birth, index, &client, &reply);
            Greeted::Left
        }
        Met::Leave(reply) => {
            last_word(birth, index, &client, &reply);
            Greeted::Dismissed
        }
    }
}

/// A client of an address that is no server's.
#[inline(never)]
fn nobodys(birth: &Birth, client: &Client) -> Greeted {
    let log = logger(birth, usize::MAX, client.local, client.peer);
    birth.own.refused(ReasonCode::NoServer);
    slog::info!(log, "no server is configured for {}", client.meant; Cause::from(ReasonCode::NoServer));
    Greeted::Left
}

/// A client that was silent is sent away.
#[inline(never)]
fn last_word(birth: &Birth, index: usize, client: &Client, reply: &Reply) {
    if let Some(cause) = reply.cause() {
        birth.own.refused(cause.reason);
        let log = logger(birth, index, client.local, client.peer);
        slog::info!(log, "disconnected before it said anything"; cause);
    }
    say(client, std::slice::from_ref(reply));
}

/// The session's logger: `SERVER (CLIENTNAME[CLIENTIP])`, each without blanks, as monitors expect it.
pub fn logger(birth: &Birth, index: usize, local: SocketAddr, peer: Peer) -> slog::Logger {
    let server = birth.settings.servers.get(index);
    let options = server.map(|server| server.log_options).unwrap_or_default();
    let client = format!("({}[{}])", peer.name(), peer.ip());
    let voice = Voice {
        log: birth.logs.get(index).and_then(|logs| logs.lines),
        least: server.map_or(slog::Level::Trace, |server| server.least_level),
        style: options.style(Speaker::Session),
        origin: if options.virtual_host { format!("{} {client}", local.ip()) } else { client },
    };
    logging::logger(birth.recorder, voice)
}

/// What turns a client away at connect.
fn refusal(
    birth: &Birth,
    (index, server, rules): (usize, &Server, &SessionRules),
    client: &Client,
) -> Option<Turned> {
    if orders::standing(birth) == Standing::Leave {
        let reason = ReasonCode::Ordered;
        return Some(Turned { reason, reply: Some(unavailable(reason)) });
    }
    let facts = facts_of(birth, (server, rules), client);
    if let Some(message) = shutdown::message_of_denial(birth, &facts) {
        let (log, peer) = (logger(birth, index, client.local, client.peer), client.peer);
        let said = String::from_utf8_lossy(&message);
        let reason = ReasonCode::Shutdown;
        slog::info!(log, "connection refused ({said}) from {} [{}]", peer.name(), peer.ip(); Cause::from(reason));
        return Some(Turned { reason, reply: Some(shutdown::denial(500, &message)) });
    }
    if virtual_host::is_down(birth, index) {
        let (log, peer) = (logger(birth, index, client.local, client.peer), client.peer);
        let (reason, name, ip) = (ReasonCode::ServerDown, peer.name(), peer.ip());
        slog::info!(log, "connection refused (the server is down) from {name} [{ip}]"; Cause::from(reason));
        return Some(Turned { reason, reply: Some(unavailable(reason)) });
    }
    arrival::refusal(birth, (index, rules), client)
}

/// The 220 of a server, its DisplayConnect before it.
pub fn of_server(server: &Server, facts: &Facts<'_>) -> Reply {
    let display = facts.rules.display_connect.as_deref();
    let lines = display.map(|path| display::of_host(path, facts)).unwrap_or_default();
    Reply::new(220, text::greeting(server, facts)).preceded_by(lines)
}

fn facts_of<'a>(
    birth: &Birth,
    (server, rules): (&'a Server, &'a SessionRules),
    client: &Client,
) -> Facts<'a> {
    Facts {
        server,
        rules,
        local: client.local,
        peer: client.peer,
        user: None,
        cwd: None,
        class: None,
        moved: Totals::default(),
        zone: birth.zone,
    }
}

/// How the wait for the first byte ended.
enum Met {
    Speaks,
    /// With TLS, which nobody has asked for.
    Encrypts,
    Left,
    /// It was silent for too long.
    Told(Reply),
    /// The worker leaves, and says so.
    Leave(Reply),
}

fn await_first_byte(birth: &mut Birth, facts: &Facts<'_>, client: BorrowedFd<'_>, timers: &Timers) -> Met {
    let mut prompt = Some(PROMPT);
    let mut standing = orders::standing(birth);
    loop {
        match standing {
            Standing::Serve => {}
            // Held on, the listeners would take connections that nobody accepts, and the port of whoever starts next.
            Standing::Retire => birth.leave_pool(),
            Standing::Leave => return Met::Leave(unavailable(ReasonCode::Ordered)),
        }
        let now = Instant::now();
        if let Some(expired) = timers.expired(now) {
            return Met::Told(expired.reply());
        }
        let timer = timers.next().map(|(when, _)| when.saturating_duration_since(now));
        let schedule = match shutdown::until_disconnect(birth, facts.server, false, || *facts) {
            Ok(span) => span,
            Err(words) => return Met::Told(Reply::refused(421, ReasonCode::Shutdown, words)),
        };
        let mut waiting = [Waiting::to_read(client)];
        match poll::wait_or_bell(&mut waiting, timer.into_iter().chain(schedule).chain(prompt).min()) {
            Ok(0) => {
                prompt = None;
                birth.wait = None;
            }
            Ok(_) => return first_byte(client),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Met::Left,
        }
        standing = orders::standing_of_spare(birth);
    }
}

/// Looks without taking: what is read of a client binds the worker to it.
fn first_byte(client: BorrowedFd<'_>) -> Met {
    let mut byte = [0];
    match socket::peek(client, &mut byte) {
        Ok(1..) if byte == [TLS_HANDSHAKE] => Met::Encrypts,
        Ok(1..) => Met::Speaks,
        Ok(0) | Err(_) => Met::Left,
    }
}

/// Says them, as far as the connection takes them at once; how many bytes that were. A fresh one takes a few hundred; a client that
/// makes it refuse them does not read them either.
fn say(client: &Client, replies: &[Reply]) -> u64 {
    let mut out = Vec::new();
    for reply in replies {
        reply.write(&mut out);
        tracing::answered(reply);
    }
    if out.is_empty() { 0 } else { socket::write(client.socket.as_fd(), &out).unwrap_or(0) as u64 }
}
