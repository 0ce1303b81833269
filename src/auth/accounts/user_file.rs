//! AuthUserFile: lines of passwd(5), found by name in a hash map, so that 100,000 of them cost a login nothing.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::line_filter::LineFilter;
use crate::sys::{GroupId, UserId};

/// The lines of one file.
#[derive(Debug, Default)]
pub struct UserTable {
    contents: Vec<u8>,
    by_name: HashMap<Box<[u8]>, Place>,
    by_uid: HashMap<UserId, Place>,
    first: Option<Place>,
    /// Lines that say nothing, in order.
    broken: Vec<BrokenLine>,
}

/// Where a line stands in the contents.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u32,
    end: u32,
}

/// One account's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserLine<'a> {
    /// The login name.
    pub name: &'a [u8],
    /// As crypt(3) makes it.
    pub hash: &'a [u8],
    /// Numeric user.
    pub uid: UserId,
    /// Numeric primary group.
    pub gid: GroupId,
    /// Absolute.
    pub home: PathBuf,
    /// May be empty.
    pub shell: &'a [u8],
}

/// A line that is no account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenLine {
    /// Counted from 1.
    pub number: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not as many fields as the format has.
    Fields,
    /// No name.
    Name,
    /// The uid or gid is no number, or the one that stands for "unchanged" (setresuid(2)).
    Number,
    /// The home is not absolute: taken as `/`, it would open everything.
    Home,
    /// The name stands further up already; the first line counts.
    Repeated,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Fields => "wrong number of fields",
            Fault::Name => "no name",
            Fault::Number => "uid or gid is not a number",
            Fault::Home => "home is not an absolute path",
            Fault::Repeated => "name stands further up already",
        })
    }
}

impl UserTable {
    /// Reads a whole file; lines that do not pass are nobody's.
    pub fn read(contents: Vec<u8>, filter: &LineFilter) -> UserTable {
        let mut table = UserTable::default();
        for (number, place) in lines(&contents) {
            if let Err(fault) = table.add(&contents, place, filter) {
                table.broken.push(BrokenLine { number, fault });
            }
        }
        table.contents = contents;
        table
    }

    fn add(&mut self, contents: &[u8], place: Place, filter: &LineFilter) -> Result<(), Fault> {
        let line = UserLine::read(place.of(contents))?;
        if !filter.passes_user(line.name, line.uid.0, line.home.as_os_str().as_bytes()) {
            return Ok(());
        }
        if self.by_name.contains_key(line.name) {
            return Err(Fault::Repeated);
        }
        self.by_name.insert(line.name.into(), place);
        self.by_uid.entry(line.uid).or_insert(place);
        self.first.get_or_insert(place);
        Ok(())
    }

    /// The account of that name.
    pub fn find(&self, name: &[u8]) -> Option<UserLine<'_>> {
        self.line(self.by_name.get(name))
    }

    /// The first account of that uid.
    pub fn find_uid(&self, uid: UserId) -> Option<UserLine<'_>> {
        self.line(self.by_uid.get(&uid))
    }

    /// The first account of all.
    pub fn first(&self) -> Option<UserLine<'_>> {
        self.line(self.first.as_ref())
    }

    /// Uid and gid of every account.
    pub fn ids(&self) -> Vec<(u32, u32)> {
        let lines = self.by_name.values().filter_map(|place| self.line(Some(place)));
        lines.map(|line| (line.uid.0, line.gid.0)).collect()
    }

    /// What was read, to be wiped.
    pub fn into_contents(self) -> Vec<u8> {
        self.contents
    }

    /// How many accounts there are.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.by_name.len()
    }

    /// What the operator should mend.
    pub fn broken(&self) -> &[BrokenLine] {
        &self.broken
    }

    fn line(&self, place: Option<&Place>) -> Option<UserLine<'_>> {
        UserLine::read(place?.of(&self.contents)).ok()
    }
}

impl Place {
    fn of(self, contents: &[u8]) -> &[u8] {
        contents.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl UserLine<'_> {
    fn read(line: &[u8]) -> Result<UserLine<'_>, Fault> {
        let mut fields = line.split(|byte| *byte == b':');
        let mut next = || fields.next().ok_or(Fault::Fields);
        let (name, hash, uid, gid, _comment, home, shell) =
            (next()?, next()?, next()?, next()?, next()?, next()?, next()?);
        if fields.next().is_some() {
            return Err(Fault::Fields);
        }
        if name.is_empty() {
            return Err(Fault::Name);
        }
        let home = Path::new(OsStr::from_bytes(home));
        if !home.is_absolute() {
            return Err(Fault::Home);
        }
        let (uid, gid) = (UserId(number(uid)?), GroupId(number(gid)?));
        Ok(UserLine { name, hash, uid, gid, home: home.to_path_buf(), shell })
    }
}

/// A uid or gid; not the highest, by which setresuid(2) and its kin mean "leave it as it is".
pub(super) fn number(digits: &[u8]) -> Result<u32, Fault> {
    let text = std::str::from_utf8(digits).map_err(|_| Fault::Number)?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Number);
    }
    text.parse().ok().filter(|number| *number != u32::MAX).ok_or(Fault::Number)
}

/// The lines that should say something: not empty, no comment. Numbers count from 1.
fn lines(contents: &[u8]) -> impl Iterator<Item = (usize, Place)> + '_ {
    let ends = memchr::memchr_iter(b'\n', contents).chain([contents.len()]);
    let mut start = 0;
    let places = ends.map(move |end| {
        let place = Place { start: start as u32, end: end as u32 };
        start = end + 1;
        place
    });
    (1..).zip(places).filter(|(_, place)| says_something(place.of(contents)))
}

/// Whether a line of a password or group file is neither empty nor a comment.
pub(super) fn says_something(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    !text.is_empty() && !text.starts_with(b"#")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_account_is_found_by_name_and_number() {
        let table = UserTable::read(
            b"# users\n\ndemo:$6$a$b:1001:1002:Demo, User:/srv/demo:/bin/sh\nother:!:7:8::/:\n".to_vec(),
            &LineFilter::default(),
        );
        let demo = table.find(b"demo").unwrap();
        assert_eq!((demo.uid, demo.gid), (UserId(1001), GroupId(1002)));
        assert_eq!((demo.hash, demo.shell), (&b"$6$a$b"[..], &b"/bin/sh"[..]));
        assert_eq!(demo.home, Path::new("/srv/demo"));
        assert_eq!(table.find_uid(UserId(7)).unwrap().name, b"other");
        assert_eq!(table.first().unwrap().name, b"demo");
        assert_eq!(table.find(b"nobody"), None);
        assert!(table.broken().is_empty());
    }

    #[test]
    fn broken_lines_are_nobodys() {
        let cases: [(&[u8], Fault); 12] = [
            (b"demo", Fault::Fields),
            (b"demo:x:1:1::/home", Fault::Fields),
            (b"demo:x:1:1::/home:/bin/sh:more", Fault::Fields),
            (b":x:1:1::/home:/bin/sh", Fault::Name),
            (b"demo:x::1::/home:", Fault::Number),
            (b"demo:x:-1:1::/home:", Fault::Number),
            (b"demo:x:+1:1::/home:", Fault::Number),
            (b"demo:x:1:4294967295::/home:", Fault::Number),
            (b"demo:x:4294967296:1::/home:", Fault::Number),
            (b"demo:x:0x10:1::/home:", Fault::Number),
            (b"demo:x:1:1:::", Fault::Home),
            (b"demo:x:1:1::home:", Fault::Home),
        ];
        for (line, fault) in cases {
            let table = UserTable::read(line.to_vec(), &LineFilter::default());
            assert_eq!(table.broken(), [BrokenLine { number: 1, fault }], "{}", line.escape_ascii());
            assert_eq!(table.count(), 0);
        }
    }

    #[test]
    fn the_first_of_two_lines_counts() {
        let table = UserTable::read(b"a:x:1:1::/one:\n#\na:y:2:2::/two:".to_vec(), &LineFilter::default());
        assert_eq!(table.find(b"a").unwrap().uid, UserId(1));
        assert_eq!(table.broken(), [BrokenLine { number: 3, fault: Fault::Repeated }]);
    }

    #[test]
    fn a_line_that_does_not_pass_is_nobodys_and_hides_none() {
        let lines = b"a:x:1:1::/one:\na:y:2:2::/two:\nb:z:1:3::/b:\n".to_vec();
        let table = UserTable::read(lines, &LineFilter { ids: Some(2..=9), ..LineFilter::default() });
        assert_eq!(table.find(b"a").unwrap().uid, UserId(2));
        assert_eq!(table.find(b"b"), None);
        assert_eq!(table.find_uid(UserId(1)), None);
        assert_eq!((table.first().unwrap().uid, table.count()), (UserId(2), 1));
        assert!(table.broken().is_empty());
    }

    proptest! {
        #[test]
        fn any_file_can_be_read(contents in "[a:0-9/\n#]{0,300}") {
            let table = UserTable::read(contents.clone().into_bytes(), &LineFilter::default());
            prop_assert!(table.count() + table.broken().len() <= contents.lines().count());
        }
    }
}
