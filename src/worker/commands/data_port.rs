//! How the next data connection is made: PASV, EPSV, PORT, EPRT.

use std::mem;
use std::net::{IpAddr, SocketAddr};

use crate::config::settings::Masquerade;
use crate::protocol::{EpsvArgument, Reply};
use crate::scoreboard::ReasonCode;
use crate::worker::data::{ActiveTarget, Listener};
use crate::worker::member::Member;
use crate::worker::rendezvous::{Rendezvous, callers};
use crate::worker::session::{Phase, Session};
use crate::worker::transfer;
use crate::worker::watch::{Ending, Watch};

/// PASV. The client is told the address that it can reach, which MasqueradeAddress may know better than the socket.
pub fn passive(watch: &mut Watch, member: &mut Member) -> Result<Reply, Ending> {
    let IpAddr::V4(address) = told_address(watch) else {
        return Ok(Reply::refused(500, ReasonCode::Protocol, "Illegal PASV command, use EPSV"));
    };
    Ok(listen(watch, member, |port| {
        let [a, b, c, d] = address.octets();
        let [high, low] = port.to_be_bytes();
        Reply::new(227, format!("Entering Passive Mode ({a},{b},{c},{d},{high},{low})."))
    }))
}

/// What MasqueradeAddress says outweighs the family of the control connection: a translating router may stand between two
/// families, too.
fn told_address(watch: &Watch) -> IpAddr {
    match watch.rules.masquerade.as_ref().and_then(Masquerade::address) {
        Some(IpAddr::V4(address)) => address.into(),
        _ => watch.local.ip(),
    }
}

/// EPSV (RFC 2428 §3).
pub fn extended_passive(
    watch: &mut Watch,
    member: &mut Member,
    which: EpsvArgument,
) -> Result<Reply, Ending> {
    let is_v4 = watch.local.is_ipv4();
    match which {
        EpsvArgument::All => {
            member.extended_only = true;
            return Ok(Reply::new(200, "EPSV ALL command successful"));
        }
        EpsvArgument::V4 if !is_v4 => return Ok(other_family(watch)),
        EpsvArgument::V6 if is_v4 => return Ok(other_family(watch)),
        EpsvArgument::Other => {
            return Ok(Reply::refused(
                522,
                ReasonCode::Protocol,
                "Network protocol not supported, use (1,2)",
            ));
        }
        EpsvArgument::Any | EpsvArgument::V4 | EpsvArgument::V6 => {}
    }
    Ok(listen(watch, member, |port| Reply::new(229, format!("Entering Extended Passive Mode (|||{port}|)"))))
}

/// A listener of its own for each PASV: the last one's is closed first, so that a late client of it finds nobody.
fn listen(watch: &mut Watch, member: &mut Member, reply: impl FnOnce(u16) -> Reply) -> Reply {
    watch.release_port();
    mem::take(&mut member.rendezvous).abandon(watch);
    let opened = Listener::open(watch.local, watch.rules.passive_ports, watch.birth.local_ports);
    let tuning = &watch.server.sockets;
    match opened.and_then(|listener| listener.tune(tuning).map(|()| listener)) {
        Ok(listener) => {
            if listener.outside_range {
                slog::warn!(watch.log, "no port of PassivePorts is free, port {} is used", listener.port());
            }
            let reply = reply(listener.port());
            member.rendezvous = Rendezvous::Passive(listener);
            reply
        }
        Err(error) => transfer::unbuilt(&error),
    }
}

/// PORT, EPRT.
pub fn port(watch: &mut Watch, member: &mut Member, called: &str, to: SocketAddr) -> Result<Reply, Ending> {
    if called == "EPRT" && to.is_ipv4() != watch.local.is_ipv4() {
        return Ok(other_family(watch));
    }
    match ActiveTarget::new(to, callers(watch)) {
        Ok(target) => {
            mem::replace(&mut member.rendezvous, Rendezvous::Active(target)).abandon(watch);
            Ok(Reply::new(200, format!("{called} command successful")))
        }
        Err(why) => {
            let reason = ReasonCode::DataAddress;
            slog::warn!(watch.log, "Refused {called} {} ({why})", as_said(called, to); "reason" => reason.word());
            Ok(Reply::refused(500, reason, format!("Illegal {called} command")).told())
        }
    }
}

/// The address as the command has it; ProFTPD's readers of logs know it so.
fn as_said(called: &str, to: SocketAddr) -> String {
    let port = to.port();
    match to.ip() {
        IpAddr::V4(four) if called != "EPRT" => {
            let ([a, b, c, d], [high, low]) = (four.octets(), port.to_be_bytes());
            format!("{a},{b},{c},{d},{high},{low}")
        }
        IpAddr::V4(four) => format!("|1|{four}|{port}|"),
        IpAddr::V6(six) => format!("|2|{six}|{port}|"),
    }
}

/// ABOR where no transfer goes on.
pub fn abort(session: &mut Session) -> Reply {
    if let Phase::LoggedIn(member) = &mut session.phase {
        member.rendezvous.abort(&mut session.watch);
    }
    Reply::new(226, "Abort successful")
}

/// After EPSV ALL every other word for a data connection is refused, whatever follows it (RFC 2428 §4).
pub fn ruled_out(session: &Session, called: &str) -> Option<Reply> {
    let is_extended_only = session.member().is_some_and(|member| member.extended_only);
    (is_extended_only && matches!(called, "PASV" | "PORT" | "EPRT")).then(|| {
        Reply::refused(500, ReasonCode::Sequence, format!("Illegal {called} command, EPSV ALL in effect"))
    })
}

fn other_family(watch: &Watch) -> Reply {
    let known = if watch.local.is_ipv4() { 1 } else { 2 };
    Reply::refused(522, ReasonCode::Protocol, format!("Network protocol not supported, use ({known})"))
}
