//! One file as MLST and MLSD tell it (RFC 3659 §7): its facts, a blank, and then, by whoever asks, its name.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::protocol::{Fact, Facts, time};
use crate::sys::files::{Kind, Status};

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

/// A file, and what of it only others know.
pub struct Described<'a> {
    /// The file.
    pub status: &'a Status,
    /// Its part in the listing.
    pub role: &'a Role,
    /// Letters of `perm`.
    pub rights: &'a str,
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
    /// Appends the chosen facts and the blank.
    pub fn write(&self, facts: Facts, line: &mut Vec<u8>) {
        let status = self.status;
        let mut tell = |fact: Fact, name: &str, value: &[u8]| {
            if facts.has(fact) {
                line.extend_from_slice(name.as_bytes());
                line.push(b'=');
                line.extend(value.iter().map(|byte| if is_plain(*byte) { *byte } else { b'?' }));
                line.push(b';');
            }
        };
        tell(Fact::Modify, "modify", time::text(status.modified).as_bytes());
        tell(Fact::Perm, "perm", self.rights.as_bytes());
        if status.kind != Kind::Directory {
            tell(Fact::Size, "size", &decimal(status.size));
        }
        tell(Fact::Type, "type", &self.kind());
        tell(Fact::Unique, "unique", format!("{:X}U{:X}", status.device, status.inode).as_bytes());
        tell(Fact::Group, "UNIX.group", &decimal(status.gid.0.into()));
        tell(Fact::GroupName, "UNIX.groupname", self.group);
        tell(Fact::Mode, "UNIX.mode", format!("0{:o}", status.mode).as_bytes());
        tell(Fact::Owner, "UNIX.owner", &decimal(status.uid.0.into()));
        tell(Fact::OwnerName, "UNIX.ownername", self.user);
        if let Some(created) = self.created {
            tell(Fact::Create, "create", time::text(created).as_bytes());
        }
        if let Some(media_type) = self.media_type {
            tell(Fact::MediaType, "media-type", media_type.as_bytes());
        }
        line.push(b' ');
    }

    fn kind(&self) -> Vec<u8> {
        match (self.role, self.status.kind) {
            (Role::Current, _) => b"cdir".to_vec(),
            (Role::Parent, _) => b"pdir".to_vec(),
            (Role::Link(Some(target)), _) => [b"OS.unix=slink:".as_slice(), target].concat(),
            (Role::Link(None), _) => b"OS.unix=symlink".to_vec(),
            (Role::Entry, Kind::Directory) => b"dir".to_vec(),
            (Role::Entry, _) => b"file".to_vec(),
        }
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

/// What neither ends a fact nor a line.
fn is_plain(byte: u8) -> bool {
    !matches!(byte, b';' | b'\r' | b'\n')
}

fn decimal(number: u64) -> Vec<u8> {
    let mut digits = Vec::new();
    // A Vec takes whatever is written to it.
    let _ = write!(digits, "{number}");
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{GroupId, UserId};

    fn told(kind: Kind, role: &Role, facts: Facts) -> String {
        let status = Status {
            kind,
            mode: 0o4755,
            device: 0x801,
            inode: 0xabc,
            links: 1,
            uid: UserId(7),
            gid: GroupId(8),
            size: 12,
            modified: 1_795_369_396,
            accessed: 0,
            changed: 0,
        };
        let (created, media_type) = (Some(1), media_type(status.kind, b"notes.TXT"));
        let names: (&[u8], &[u8]) = (b"a;b\r", b"grp");
        let subject = Described {
            status: &status,
            role,
            rights: "adfrw",
            created,
            media_type,
            user: names.0,
            group: names.1,
        };
        let mut line = Vec::new();
        subject.write(facts, &mut line);
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
