//! What each command does. One file for each family of verbs; this one leads to them.

mod access;
mod attributes;
mod copying;
mod data_port;
mod digests;
mod facts;
mod files;
mod folders;
mod information;
mod listings;
mod options;
mod parameters;
mod site;
mod transfers;

use super::member::Member;
use super::session::Session;
use super::storage::{self, Asked, Denied};
use super::watch::Ending;
use crate::auth::secret::Secret;
use crate::protocol::{Command, Reply, Request, Verb};

/// Carries a request out; an error ends the session.
pub fn obey(session: &mut Session, request: Request) -> Result<Reply, Ending> {
    let Request { verb, called, argument, command } = request;
    if let Some(member) = session.member() {
        member.storage.turn();
    }
    if let Some(refusal) = data_port::ruled_out(session, called) {
        return Ok(refusal);
    }
    if let Some(refusal) = access::filtered(session, verb, &argument) {
        return Ok(misread(session, verb, refusal));
    }
    let command = match command {
        Ok(command) => command,
        Err(refusal) => return Ok(misread(session, verb, refusal)),
    };
    forget_renaming(session, &command);
    if let Some(refusal) = access::limited(session, verb, called) {
        return Ok(refusal);
    }
    match command {
        Command::User(name) => access::user(session, name),
        Command::Pass(password) => access::pass(session, Secret::new(password)),
        Command::Quit => access::quit(session),
        Command::Noop => Ok(Reply::new(200, "NOOP command successful")),
        Command::Syst => Ok(Reply::new(215, "UNIX Type: L8")),
        Command::Feat => Ok(information::features(session)),
        Command::Opts(choice) => Ok(options::choose(session, choice)),
        Command::Site(command) => site::obey(session, command, &argument),
        Command::Help(of) => Ok(information::help(session, of.as_deref())),
        Command::Stat(None) => session.as_member(|watch, member| information::status(watch, member, verb)),
        Command::Stat(Some(path)) => {
            session.as_member(|watch, member| listings::stat(watch, member, verb, &path))
        }
        Command::Pwd => session.as_member(|_, member| Ok(folders::print(member))),
        Command::Cwd(path) => {
            session.as_member(|watch, member| Ok(folders::change(watch, member, (verb, called), &path)))
        }
        Command::Cdup => {
            session.as_member(|watch, member| Ok(folders::change(watch, member, (verb, called), b"..")))
        }
        Command::Mkd(path) => session.as_member(|_, member| Ok(folders::make(member, verb, &path))),
        Command::Rmd(path) => {
            session.as_member(|_, member| Ok(folders::remove(member, (verb, called), &path)))
        }
        Command::Dele(path) => session.as_member(|watch, member| files::delete(watch, member, verb, &path)),
        Command::Rnfr(path) => session.as_member(|_, member| Ok(files::rename_from(member, verb, &path))),
        Command::Rnto(path) => session.as_member(|_, member| Ok(files::rename_to(member, verb, &path))),
        Command::Size(path) => session.as_member(|watch, member| Ok(files::size(watch, member, verb, &path))),
        Command::Mdtm(path) => session.as_member(|_, member| Ok(files::modified(member, verb, &path))),
        Command::Mfmt(seconds, path) => {
            session.as_member(|_, member| Ok(attributes::set_time(member, verb, (seconds, &path))))
        }
        Command::Mff(changes, said, path) => {
            session.as_member(|_, member| Ok(attributes::set_facts(member, verb, (&changes, &said), &path)))
        }
        Command::Avbl(path) => {
            session.as_member(|_, member| Ok(parameters::available(member, verb, path.as_deref())))
        }
        Command::Host(name) => Ok(access::host(session, &name)),
        Command::Clnt => Ok(Reply::new(200, "OK")),
        Command::Csid => Ok(Reply::new(200, information::IDENTITY)),
        Command::Lang(tag) => Ok(information::language(tag.as_deref())),
        Command::Mlst(path) => {
            session.as_member(|watch, member| Ok(facts::file(watch, member, verb, path.as_deref())))
        }
        Command::Mlsd(path) => session.as_member(|watch, member| {
            facts::directory(watch, member, verb, path.as_deref().unwrap_or_default())
        }),
        Command::Allo(bytes) => session.as_member(|_, member| Ok(parameters::allocate(member, bytes))),
        Command::Type(kind, letter) => Ok(parameters::representation(&mut session.watch, kind, letter)),
        Command::Mode(is_deflated) => Ok(parameters::mode(&mut session.watch, is_deflated)),
        Command::Stru => Ok(Reply::new(200, "Structure set to F")),
        Command::Rest(offset) => {
            session.as_member(|watch, member| Ok(parameters::restart(watch, member, offset)))
        }
        Command::Hash(path) => session.as_member(|watch, member| digests::hash(watch, member, verb, &path)),
        Command::Md5(path) => session.as_member(|watch, member| digests::md5(watch, member, verb, &path)),
        Command::Sum(asked) => session.as_member(|watch, member| digests::sum(watch, member, verb, asked)),
        Command::Rang(range) => {
            session.as_member(|watch, member| Ok(parameters::range(watch, member, range)))
        }
        Command::Pasv => session.as_member(data_port::passive),
        Command::Epsv(which) => {
            session.as_member(|watch, member| data_port::extended_passive(watch, member, which))
        }
        Command::Port(to) => session.as_member(|watch, member| data_port::port(watch, member, called, to)),
        Command::Eprt(to) => session.as_member(|watch, member| data_port::port(watch, member, called, to)),
        Command::List(argument) => {
            session.as_member(|watch, member| listings::list(watch, member, verb, &argument))
        }
        Command::Nlst(argument) => {
            session.as_member(|watch, member| listings::names(watch, member, verb, &argument))
        }
        Command::Retr(path) => {
            session.as_member(|watch, member| transfers::retrieve(watch, member, verb, &path))
        }
        Command::Stor(path) => {
            session.as_member(|watch, member| transfers::store(watch, member, verb, &path))
        }
        Command::Stou => session.as_member(|watch, member| transfers::store_unique(watch, member, verb)),
        Command::Appe(path) => {
            session.as_member(|watch, member| transfers::append(watch, member, verb, &path))
        }
        Command::Abor => Ok(data_port::abort(session)),
    }
}

/// What is no command changes nothing, but that RNTO without a name takes its RNFR along.
fn misread(session: &mut Session, verb: &Verb, refusal: Reply) -> Reply {
    if let Some(member) = session.member_mut().filter(|_| verb.name == "RNTO") {
        member.renaming = None;
    }
    refusal
}

/// RNTO follows its RNFR at once (RFC 959 §4.1.3), but for what changes nothing. Who does something else has given it up.
fn forget_renaming(session: &mut Session, command: &Command) {
    let keeps = matches!(command, Command::Rnto(_) | Command::Noop | Command::Help(_) | Command::Stat(None));
    if let Some(member) = session.member_mut().filter(|_| !keeps) {
        member.renaming = None;
    }
}

/// What a client's path means to this member.
fn asked(member: &Member, verb: &Verb, path: &[u8]) -> Result<Asked, Denied> {
    as_verb(member, verb.into(), path)
}

/// The same for a verb that has no row of its own.
fn as_verb(member: &Member, verb: storage::Verb, path: &[u8]) -> Result<Asked, Denied> {
    let asked = Asked::new(verb, &member.cwd, path)?;
    Ok(match member.meant(path) {
        Some(path) => Asked { path, ..asked },
        None => asked,
    })
}

/// Storage's no, in the client's words.
fn refusal(denied: &Denied) -> Reply {
    denied.reply(denied.code(), denied.text())
}
