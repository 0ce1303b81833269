//! Folders shown: LIST and NLST over a data connection, STAT over the control connection.

use std::mem;

use jiff::tz::TimeZone;

use super::{asked, refusal};
use crate::protocol::{Reply, Type, Verb};
use crate::scoreboard::Direction;
use crate::sys::clock;
use crate::worker::data::{Attend, Lines, Outcome, Stop};
use crate::worker::listing::{Command, Listing, Options, Output, Surroundings, Unlisted};
use crate::worker::member::Member;
use crate::worker::transfer::{self, Carried, Errand};
use crate::worker::watch::{Ending, Watch};

/// TimesGMT's.
static UNIVERSAL: TimeZone = TimeZone::UTC;

/// LIST.
pub fn list(watch: &mut Watch, member: &mut Member, verb: &Verb, argument: &[u8]) -> Result<Reply, Ending> {
    lines(watch, member, verb, (Command::List, argument))
}

/// NLST.
pub fn names(watch: &mut Watch, member: &mut Member, verb: &Verb, argument: &[u8]) -> Result<Reply, Ending> {
    lines(watch, member, verb, (Command::Names, argument))
}

fn lines(
    watch: &mut Watch,
    member: &mut Member,
    verb: &Verb,
    (command, argument): (Command, &[u8]),
) -> Result<Reply, Ending> {
    let (options, path) = read(member, command, argument);
    match found(watch, member, verb, (path, options)) {
        Err(Unlisted::Denied(denied)) if options.is_forgiving && denied.is_absence() => {
            send(watch, member, Listing::empty(options), Shown { verb, path, what: "file list" })
        }
        Ok(listing) => send(watch, member, listing, Shown { verb, path, what: "file list" }),
        // NLST's refusals name the options, too.
        Err(Unlisted::Denied(denied)) if command == Command::Names => {
            let denied = denied.of(argument);
            Ok(denied.reply(450, denied.text()))
        }
        Err(Unlisted::Denied(denied)) => Ok(denied.reply(450, denied.text())),
        Err(Unlisted::Stopped(stop)) => transfer::reply(watch, Carried::never(stop)),
    }
}

fn read<'a>(member: &Member, command: Command, argument: &'a [u8]) -> (Options, &'a [u8]) {
    let (options, path) = Options::read(command, &member.list_options(), argument);
    (options.in_style(member.rules.list_style, command), path)
}

/// What a listing is called: in the scoreboard, and in the 150.
pub struct Shown<'a> {
    /// Its verb.
    pub verb: &'a Verb,
    /// As the client gave it.
    pub path: &'a [u8],
    /// For the client.
    pub what: &'a str,
}

/// Sends a listing over the data connection.
pub fn send(
    watch: &mut Watch,
    member: &mut Member,
    listing: Listing,
    Shown { verb, path, what }: Shown<'_>,
) -> Result<Reply, Ending> {
    let mode = if watch.representation() == Type::Ascii { "ASCII" } else { "BINARY" };
    let errand = Errand {
        direction: Direction::Listing,
        coding: watch.terms.mode.sending(),
        verb: verb.name,
        path,
        hidden: None,
        size: None,
        opening: Reply::new(150, format!("Opening {mode} mode data connection for {what}")),
    };
    let rendezvous = mem::take(&mut member.rendezvous);
    let (zone, translation) = (zone(watch), watch.conversation.translation());
    let carried = transfer::carry(watch, rendezvous, &errand, |stream, attend| {
        match Lines::new(stream, attend, translation) {
            Ok(lines) => write(listing, member, zone, lines),
            Err(stop) => Outcome { bytes: 0, ended: Err(stop) },
        }
    });
    let Carried { outcome: Outcome { bytes, .. }, .. } = &carried;
    member.bytes_moved = member.bytes_moved.saturating_add(*bytes);
    transfer::reply(watch, carried)
}

/// TimesGMT.
fn zone(watch: &Watch) -> &'static TimeZone {
    if watch.rules.times_gmt { &UNIVERSAL } else { watch.birth.zone }
}

fn found(
    watch: &mut Watch,
    member: &Member,
    verb: &Verb,
    (path, options): (&[u8], Options),
) -> Result<Listing, Unlisted> {
    let asked = asked(member, verb, path)?;
    let options = Options { patterns: options.patterns && member.rules.use_globbing, ..options };
    Listing::of(&member.storage, &asked, options, &mut || Ok(watch.glance()?))
}

fn write(listing: Listing, member: &mut Member, zone: &'static TimeZone, mut lines: Lines<'_>) -> Outcome {
    let written = write_to(listing, member, zone, &mut lines).and_then(|()| lines.finish());
    match written {
        Ok(bytes) => Outcome { bytes, ended: Ok(()) },
        Err(stop) => Outcome { bytes: 0, ended: Err(stop) },
    }
}

fn write_to(
    listing: Listing,
    member: &mut Member,
    zone: &'static TimeZone,
    output: &mut dyn Output,
) -> Result<(), Stop> {
    let Member { storage, owners, names, .. } = member;
    listing.write(storage, Surroundings { owners, names, zone, now: clock::now() }, output)
}

/// STAT of a path: its lines stream, so that no folder is too large for it.
pub fn stat(watch: &mut Watch, member: &mut Member, verb: &Verb, argument: &[u8]) -> Result<Reply, Ending> {
    let (options, path) = read(member, Command::Status, argument);
    let listing = match found(watch, member, verb, (path, options)) {
        Ok(listing) => listing,
        Err(Unlisted::Denied(denied)) if denied.code() == 550 => {
            return Ok(denied.reply(450, denied.text()));
        }
        Err(Unlisted::Denied(denied)) => return Ok(refusal(&denied)),
        Err(Unlisted::Stopped(stop)) => return transfer::reply(watch, Carried::never(stop)),
    };
    let code = if listing.is_directory() { 212 } else { 213 };
    let shown: &[u8] = if path.is_empty() { b"." } else { path };
    let title = [b"Status of ", shown, b":"].concat();
    watch.conversation.part(code, &title, true);
    let zone = zone(watch);
    match write_to(listing, member, zone, &mut StatusLines { watch, code }) {
        Err(Stop::Interrupted(_)) => Err(watch.take_ending().unwrap_or(Ending::Gone)),
        // What could not be read of the folder is not shown; the reply has begun and is closed.
        Ok(())
        | Err(Stop::Connection(_) | Stop::File(_) | Stop::Range | Stop::TooLarge | Stop::Unnamed(_)) => {
            Ok(Reply::new(code, "End of status"))
        }
    }
}

/// The control connection as a listing writes to it.
struct StatusLines<'a> {
    watch: &'a mut Watch,
    code: u16,
}

impl Output for StatusLines<'_> {
    fn line(&mut self, line: &[u8]) -> Result<(), Stop> {
        self.watch.conversation.part(self.code, line, false);
        self.watch.unburden().map_err(|ending| self.watch.interrupted(ending).into())
    }

    fn glance(&mut self) -> Result<(), Stop> {
        self.watch.look().map_err(|ending| self.watch.interrupted(ending).into())
    }
}
