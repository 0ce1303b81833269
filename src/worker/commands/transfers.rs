//! Files moved: RETR, STOR, STOU, APPE.

use std::mem;
use std::path::{Path, PathBuf};

use super::{asked, refusal};
use crate::logging::Cause;
use crate::logging::xferlog::{Completion, Direction as Way};
use crate::protocol::{Reply, Type, Verb};
use crate::scoreboard::{Direction, ReasonCode, Totals};
use crate::sys::files::Errno;
use crate::worker::data::{self, Outcome, Stop};
use crate::worker::display::Occasion;
use crate::worker::evidence;
use crate::worker::journal::FileFacts;
use crate::worker::member::Member;
use crate::worker::storage::{Asked, Placement, Portion, Source, Target};
use crate::worker::transfer::{self, Carried, Errand};
use crate::worker::transfer_log::{self, Logged};
use crate::worker::turn;
use crate::worker::watch::{Ending, Watch};

/// RETR, the part that REST or RANG said.
pub fn retrieve(watch: &mut Watch, member: &mut Member, verb: &Verb, path: &[u8]) -> Result<Reply, Ending> {
    let portion = mem::take(&mut member.portion);
    if let Some(reply) = unrecorded(watch, member)? {
        return Ok(reply);
    }
    let sought =
        asked(member, verb, path).and_then(|asked| Ok((member.storage.seek_source(&asked, portion)?, asked)));
    let (sought, asked) = match sought {
        Ok(sought) => sought,
        Err(denied) => return Ok(refusal(&denied)),
    };
    let counted = member.storage.counted(verb.name, sought.spot());
    turn::take(watch, member, counted, |watch, member| {
        match member.storage.retrieve_sought(&asked, sought, portion) {
            Ok(source) => send(watch, member, (verb, &asked, source)),
            Err(denied) => Ok(refusal(&denied)),
        }
    })
}

fn send(
    watch: &mut Watch,
    member: &mut Member,
    (verb, asked, mut source): (&Verb, &Asked, Source),
) -> Result<Reply, Ending> {
    if let Some(most) = source.terms.largest.filter(|_| source.is_too_large) {
        tell_too_large(
            watch,
            ("MaxRetrieveFileSize", ReasonCode::MaxRetrieveFileSize),
            most,
            &source.canonical,
        );
    }
    let (left, offset) = (source.left(), source.offset);
    let canonical = source.canonical.clone();
    let errand = Errand {
        direction: Direction::Download,
        coding: watch.terms.mode.sending(),
        verb: verb.name,
        path: asked.path.as_bytes(),
        hidden: None,
        size: Some(left),
        opening: opening(watch, &asked.argument, Some(left)),
    };
    let form = watch.representation();
    let rendezvous = mem::take(&mut member.rendezvous);
    let carried = transfer::carry(watch, rendezvous, &errand, |stream, attend| {
        data::download(stream, &mut source, form, attend)
    });
    watch.close_later(source.into_file().into());
    let file = FileFacts { offset: Some(offset), ..FileFacts::default() };
    watch.journal.moved_file(&canonical, asked.path.as_bytes(), file);
    conclude(watch, member, carried, Direction::Download, canonical)
}

/// STOU. It has no REST: nothing is there to go on with.
pub fn store_unique(watch: &mut Watch, member: &mut Member, verb: &Verb) -> Result<Reply, Ending> {
    match mem::take(&mut member.portion) {
        Portion::Whole => {}
        Portion::From(_) => {
            return Ok(Reply::refused(550, ReasonCode::Sequence, "STOU incompatible with REST"));
        }
        Portion::Within(_) => {
            return Ok(Reply::refused(550, ReasonCode::Sequence, "STOU incompatible with RANG"));
        }
    }
    if let Some(reply) = unrecorded(watch, member)? {
        return Ok(reply);
    }
    let folder = member.storage.root().find(&member.cwd);
    let counted = folder.ok().and_then(|folder| member.storage.counted(verb.name, folder.spot()));
    turn::take(watch, member, counted, |watch, member| {
        match member.storage.store_unique(verb.into(), &member.cwd) {
            Ok((asked, target)) => {
                // RFC 1123 §4.1.2.9 wants these words.
                let opening = Reply::new(150, [b"FILE: ", asked.argument.as_slice()].concat());
                take(watch, member, (verb, &asked, target), opening)
            }
            Err(denied) => Ok(refusal(&denied)),
        }
    })
}

/// STOR; after REST or RANG into what is there.
pub fn store(watch: &mut Watch, member: &mut Member, verb: &Verb, path: &[u8]) -> Result<Reply, Ending> {
    let portion = mem::take(&mut member.portion);
    receive(watch, member, (verb, path), portion.into())
}

/// APPE.
pub fn append(watch: &mut Watch, member: &mut Member, verb: &Verb, path: &[u8]) -> Result<Reply, Ending> {
    if let Portion::Within(_) = mem::take(&mut member.portion) {
        return Ok(Reply::refused(550, ReasonCode::Sequence, "APPE incompatible with RANG"));
    }
    receive(watch, member, (verb, path), Placement::End)
}

fn receive(
    watch: &mut Watch,
    member: &mut Member,
    (verb, path): (&Verb, &[u8]),
    placement: Placement,
) -> Result<Reply, Ending> {
    if let Some(reply) = unrecorded(watch, member)? {
        return Ok(reply);
    }
    let sought = asked(member, verb, path).and_then(|asked| Ok((member.storage.seek(&asked)?, asked)));
    let (sought, asked) = match sought {
        Ok(sought) => sought,
        Err(denied) => return Ok(refusal(&denied)),
    };
    let counted = member.storage.counted(verb.name, sought.spot());
    turn::take(watch, member, counted, |watch, member| {
        let opening = opening(watch, path, placement.range_length());
        match member.storage.store(&asked, sought, placement) {
            Ok(target) => take(watch, member, (verb, &asked, target), opening),
            Err(denied) => Ok(refusal(&denied)),
        }
    })
}

/// What comes over the data connection goes into the file.
fn take(
    watch: &mut Watch,
    member: &mut Member,
    (verb, asked, target): (&Verb, &Asked, Target),
    opening: Reply,
) -> Result<Reply, Ending> {
    let canonical = target.canonical.clone();
    let file = FileFacts { offset: Some(target.begins_at()), is_modified: !target.is_new, size: None };
    let largest = target.terms.largest;
    let hidden = target.hidden().map(<[u8]>::to_vec);
    let errand = Errand {
        direction: Direction::Upload,
        coding: watch.terms.mode.receiving(),
        verb: verb.name,
        path: asked.path.as_bytes(),
        hidden: hidden.as_deref(),
        size: None,
        opening,
    };
    let form = watch.representation();
    let rendezvous = mem::take(&mut member.rendezvous);
    let carried = transfer::carry(watch, rendezvous, &errand, |stream, attend| {
        data::upload(stream, target, form, attend)
    });
    watch.journal.moved_file(&canonical, asked.path.as_bytes(), file);
    let mut is_told = false;
    if let (Some(most), Err(Stop::File(error))) = (largest, &carried.outcome.ended)
        && error.raw_os_error() == Some(Errno::EFBIG as i32)
    {
        tell_too_large(watch, ("MaxStoreFileSize", ReasonCode::MaxStoreFileSize), most, &canonical);
        is_told = true;
    }
    let reply = conclude(watch, member, carried, Direction::Upload, canonical)?;
    Ok(if is_told { reply.told() } else { reply })
}

fn tell_too_large(watch: &Watch, (directive, reason): (&str, ReasonCode), most: u64, file: &Path) {
    let (file, cause) = (file.display(), Cause::from(reason));
    slog::warn!(watch.log, "{directive} ({most} bytes) reached: aborting transfer of '{file}'"; cause);
}

fn opening(watch: &Watch, path: &[u8], size: Option<u64>) -> Reply {
    let mode = match watch.representation() {
        Type::Ascii => "ASCII",
        Type::Image => "BINARY",
    };
    let begin = format!("Opening {mode} mode data connection for ").into_bytes();
    let size = match size {
        None | Some(0) => String::new(),
        Some(1) => " (1 byte)".to_owned(),
        Some(size) => format!(" ({size} bytes)"),
    };
    Reply::new(150, [begin.as_slice(), path, size.as_bytes()].concat())
}

/// A transfer that nobody could write down does not begin.
pub(super) fn unrecorded(watch: &mut Watch, member: &Member) -> Result<Option<Reply>, Ending> {
    let is_logged = transfer_log::is_kept(watch, member) || watch.journal.is_kept();
    if !is_logged || evidence::can_be_written(watch)? {
        return Ok(None);
    }
    Ok(Some(Reply::refused(451, ReasonCode::Service, "Transfers cannot be recorded now, try again later")))
}

/// Totals and the transfer log come before the client hears of the end, so that nobody sees a transfer uncounted.
fn conclude(
    watch: &mut Watch,
    member: &mut Member,
    carried: Carried,
    direction: Direction,
    canonical: PathBuf,
) -> Result<Reply, Ending> {
    let Outcome { bytes, ended } = &carried.outcome;
    member.bytes_moved = member.bytes_moved.saturating_add(*bytes);
    let is_whole = ended.is_ok();
    watch.count_moved(&totals(direction, *bytes, is_whole));
    let logged = Logged {
        path: &canonical,
        bytes: *bytes,
        took: carried.took,
        direction: if direction == Direction::Upload { Way::Incoming } else { Way::Outgoing },
        completion: if is_whole { Completion::Complete } else { Completion::Incomplete },
    };
    let written = transfer_log::write(watch, member, &logged);
    let lines = if is_whole { member.display(Occasion::Transfer, &watch.facts()) } else { Vec::new() };
    let reply = transfer::reply(watch, carried)?;
    written.map(|()| reply.preceded_by(lines))
}

pub(super) fn totals(direction: Direction, bytes: u64, is_whole: bool) -> Totals {
    let is_upload = direction == Direction::Upload;
    Totals {
        downloads: (is_whole && !is_upload).into(),
        uploads: (is_whole && is_upload).into(),
        bytes_out: if is_upload { 0 } else { bytes },
        bytes_in: if is_upload { bytes } else { 0 },
        aborted: (!is_whole).into(),
        ..Totals::default()
    }
}
