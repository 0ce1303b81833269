//! One file as MLST and MLSD tell it (RFC 3659 §7): its facts, a blank, and then, by whoever asks, its name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::digits;
use super::kept::Kept;
use crate::protocol::{Fact, Facts, time};
use crate::sys::files::{Kind, Status};
use crate::worker::storage::Rights;

/// What is told of every file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telling {
    /// Which facts.
    pub facts: Facts,
    /// FactsOptions UseSlink: `OS.unix=slink:TARGET` instead of `OS.unix=symlink`.
    pub link_targets: bool,
}

/// The fact `type` (RFC 3659 §7.5.1).
#[derive(Debug)]
pub enum Role {
    /// Whatever it is, under a name of its own.
    Entry,
    /// The directory that is listed.
    Current,
    /// The directory above it.
    Parent,
    /// A link that is shown as one, and where it leads if that is told.
    Link(Option<Vec<u8>>),
}

/// What was last written of what neighbours in a folder have in common, to be copied where the next line has the same.
#[derive(Debug, Default)]
pub struct Memory {
    modified: Kept<i64>,
    rights: Kept<Rights>,
    /// By the kind of an entry and the device it is on: `type`, and `unique` up to the inode.
    kind: Kept<(Kind, u64)>,
    owners: Owners,
    /// How they were written.
    written: Vec<u8>,
}

/// Owner and group, as they were written last.
#[derive(Debug, Default)]
struct Owners {
    /// Ids and mode.
    numbers: Option<(u32, u32, u32)>,
    user: Vec<u8>,
    group: Vec<u8>,
}

/// A file, and what of it only others know.
pub struct Described<'a> {
    /// The file.
    pub status: &'a Status,
    /// Its part in the listing.
    pub role: &'a Role,
    /// Letters of `perm`.
    pub rights: Rights,
    /// When it came to be, where that is known and told.
    pub created: Option<i64>,
    /// What its name says of its content, where that is told.
    pub media_type: Option<&'static str>,
    /// Its owner's name.
    pub user: &'a [u8],
    /// Its group's name.
    pub group: &'a [u8],
}

impl Described<'_> {
    /// Appends the chosen facts and the blank. The choice is that of all lines that share a memory.
    pub fn write(&self, facts: Facts, memory: &mut Memory, line: &mut Vec<u8>) {
        let status = self.status;
        line.extend_from_slice(memory.modified.of(status.modified, |line| {
            Told { facts, line }.tell(Fact::Modify, b"modify=", |line| {
                line.extend_from_slice(&time::digits(status.modified));
            });
        }));
        line.extend_from_slice(memory.rights.of(self.rights, |line| {
            Told { facts, line }.tell(Fact::Perm, b"perm=", |line| line.extend(self.rights.letters()));
        }));
        if status.kind != Kind::Directory {
            Told { facts, line }.tell(Fact::Size, b"size=", |line| digits::decimal(status.size, line));
        }
        match self.role {
            Role::Entry => {
                let key = (status.kind, status.device);
                line.extend_from_slice(memory.kind.of(key, |line| self.write_kind(facts, line)));
            }
            Role::Current | Role::Parent | Role::Link(_) => self.write_kind(facts, line),
        }
        if facts.has(Fact::Unique) {
            digits::hexadecimal(status.inode, line);
            line.push(b';');
        }
        line.extend_from_slice(memory.owners_of(self, facts));
        let mut told = Told { facts, line };
        if let Some(created) = self.created {
            told.tell(Fact::Create, b"create=", |line| line.extend_from_slice(&time::digits(created)));
        }
        if let Some(media_type) = self.media_type {
            told.tell(Fact::MediaType, b"media-type=", |line| plainly(media_type.as_bytes(), line));
        }
        line.push(b' ');
    }

    /// Up to the inode, which no other has.
    fn write_kind(&self, facts: Facts, line: &mut Vec<u8>) {
        Told { facts, line }.tell(Fact::Type, b"type=", |line| self.kind(line));
        if facts.has(Fact::Unique) {
            line.extend_from_slice(b"unique=");
            digits::hexadecimal(self.status.device, line);
            line.push(b'U');
        }
    }

    fn write_owners(&self, facts: Facts, line: &mut Vec<u8>) {
        let status = self.status;
        let mut told = Told { facts, line };
        told.tell(Fact::Group, b"UNIX.group=", |line| digits::decimal(status.gid.0.into(), line));
        told.tell(Fact::GroupName, b"UNIX.groupname=", |line| plainly(self.group, line));
        told.tell(Fact::Mode, b"UNIX.mode=0", |line| digits::octal(status.mode.into(), line));
        told.tell(Fact::Owner, b"UNIX.owner=", |line| digits::decimal(status.uid.0.into(), line));
        told.tell(Fact::OwnerName, b"UNIX.ownername=", |line| plainly(self.user, line));
    }

    fn kind(&self, line: &mut Vec<u8>) {
        line.extend_from_slice(match (self.role, self.status.kind) {
            (Role::Current, _) => b"cdir",
            (Role::Parent, _) => b"pdir",
            (Role::Link(Some(_)), _) => b"OS.unix=slink:",
            (Role::Link(None), _) => b"OS.unix=symlink",
            (Role::Entry, Kind::Directory) => b"dir",
            (Role::Entry, _) => b"file",
        });
        if let Role::Link(Some(target)) = self.role {
            plainly(target, line);
        }
    }
}

/// The facts that were chosen, as they are written.
struct Told<'a> {
    facts: Facts,
    line: &'a mut Vec<u8>,
}

impl Told<'_> {
    fn tell(&mut self, fact: Fact, name: &[u8], value: impl FnOnce(&mut Vec<u8>)) {
        if self.facts.has(fact) {
            self.line.extend_from_slice(name);
            value(self.line);
            self.line.push(b';');
        }
    }
}

impl Memory {
    fn owners_of(&mut self, described: &Described<'_>, facts: Facts) -> &[u8] {
        let Described { status, user, group, .. } = described;
        let numbers = Some((status.uid.0, status.gid.0, status.mode));
        let known = &mut self.owners;
        if (known.numbers, known.user.as_slice(), known.group.as_slice()) != (numbers, *user, *group) {
            known.numbers = numbers;
            (*user).clone_into(&mut known.user);
            (*group).clone_into(&mut known.group);
            self.written.clear();
            described.write_owners(facts, &mut self.written);
        }
        &self.written
    }
}

/// The fact `media-type` (RFC 3659 §7.5.8): what a regular file's name says of its content, by IANA's media types. The content is
/// not looked at.
pub fn media_type(kind: Kind, name: &[u8]) -> Option<&'static str> {
    if kind != Kind::File {
        return None;
    }
    let extension = Path::new(OsStr::from_bytes(name)).extension()?;
    mime_guess::from_ext(extension.to_str()?).first_raw()
}

/// What ends a fact, or a line, does not.
fn plainly(value: &[u8], line: &mut Vec<u8>) {
    let first = line.len();
    line.extend_from_slice(value);
    let mut rest = &mut line[first..];
    while let Some(end) = memchr::memchr3(b';', b'\r', b'\n', rest) {
        rest[end] = b'?';
        rest = &mut rest[end + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{GroupId, UserId};

    const USUAL: Status = Status {
        kind: Kind::File,
        mode: 0o644,
        device: 1,
        inode: 1,
        links: 1,
        uid: UserId(7),
        gid: GroupId(8),
        size: 12,
        modified: 1_795_369_396,
        accessed: 0,
        changed: 0,
    };

    fn told(kind: Kind, role: &Role, facts: Facts) -> String {
        let status = Status { kind, mode: 0o4755, device: 0x801, inode: 0xabc, ..USUAL };
        let (created, media_type) = (Some(1), media_type(status.kind, b"notes.TXT"));
        let names: (&[u8], &[u8]) = (b"a;b\r", b"grp");
        let subject = Described {
            status: &status,
            role,
            rights: Rights::all_of_a_file(),
            created,
            media_type,
            user: names.0,
            group: names.1,
        };
        let mut line = Vec::new();
        subject.write(facts, &mut Memory::default(), &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn facts_stand_in_their_order() {
        assert_eq!(
            told(Kind::File, &Role::Entry, Facts::ALL),
            "modify=20261122174316;perm=adfrw;size=12;type=file;unique=801UABC;UNIX.group=8;UNIX.groupname=grp;\
             UNIX.mode=04755;UNIX.owner=7;UNIX.ownername=a?b?;create=19700101000001;media-type=text/plain; "
        );
        assert_eq!(told(Kind::File, &Role::Entry, Facts::NONE), " ");
    }

    #[test]
    fn names_say_what_a_file_holds() {
        let table: [(&[u8], Option<&str>); 12] = [
            (b"a.txt", Some("text/plain")),
            (b"a.HTML", Some("text/html")),
            (b"a.jpeg", Some("image/jpeg")),
            (b"a.pdf", Some("application/pdf")),
            (b"a.tar.gz", Some("application/gzip")),
            (b".x.zip", Some("application/zip")),
            (b".txt", None),
            (b"txt", None),
            (b"a.", None),
            (b"a.nobody-knows-this", None),
            (b"a.\xfft", None),
            (b"", None),
        ];
        for (name, told) in table {
            assert_eq!(media_type(Kind::File, name), told, "{name:?}");
            assert_eq!(media_type(Kind::Directory, name), None);
        }
    }

    #[test]
    fn neighbours_are_told_as_they_would_be_alone() {
        let mut memory = Memory::default();
        let of = |status, role, rights, user| (status, role, rights, user);
        let (all, none) = (Rights::all_of_a_file(), Rights::default());
        let target = Role::Link(Some(b"/a".to_vec()));
        for (status, role, rights, user) in [
            of(USUAL, &Role::Entry, all, "a"),
            of(Status { inode: 2, size: 0, ..USUAL }, &Role::Entry, all, "a"),
            of(Status { modified: 0, ..USUAL }, &Role::Entry, none, "a"),
            of(Status { kind: Kind::Directory, ..USUAL }, &Role::Entry, none, "a"),
            of(Status { kind: Kind::Directory, ..USUAL }, &Role::Parent, none, "a"),
            of(Status { kind: Kind::Link, ..USUAL }, &target, all, "a"),
            of(Status { kind: Kind::Link, ..USUAL }, &Role::Link(None), all, "a"),
            of(Status { device: 2, ..USUAL }, &Role::Entry, all, "b"),
            of(Status { mode: 0o600, ..USUAL }, &Role::Entry, all, "b"),
            of(Status { uid: UserId(9), ..USUAL }, &Role::Entry, all, "b"),
        ] {
            let (created, media_type, user, group) = (None, None, user.as_bytes(), &b"grp"[..]);
            let described = Described { status: &status, role, rights, created, media_type, user, group };
            let (mut line, mut alone) = (Vec::new(), Vec::new());
            described.write(Facts::ALL, &mut memory, &mut line);
            described.write(Facts::ALL, &mut Memory::default(), &mut alone);
            assert_eq!(String::from_utf8_lossy(&line), String::from_utf8_lossy(&alone));
        }
    }

    #[test]
    fn types_tell_the_part_in_the_listing() {
        let facts = Facts::read(b"type;size;media-type;");
        let link = Role::Link(Some(b"/a;b".to_vec()));
        for (kind, role, line) in [
            (Kind::Directory, Role::Entry, "type=dir; "),
            (Kind::Directory, Role::Current, "type=cdir; "),
            (Kind::Directory, Role::Parent, "type=pdir; "),
            (Kind::Pipe, Role::Entry, "size=12;type=file; "),
            (Kind::Link, Role::Link(None), "size=12;type=OS.unix=symlink; "),
            (Kind::Link, link, "size=12;type=OS.unix=slink:/a?b; "),
        ] {
            assert_eq!(told(kind, &role, facts), line);
        }
    }
}
