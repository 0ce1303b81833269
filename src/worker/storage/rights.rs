//! What a session may do with a file, as the fact `perm` tells it (RFC 3659 §7.5.5): what the rules of its place allow and
//! its permission bits give. A word of advice to clients; each operation is judged anew when it is asked for.

use std::cell::{Cell, OnceCell};
use std::path::Path;
use std::ptr;

use super::alike::Alike;
use super::directory::Directory;
use super::{Spot, Storage};
use crate::config::settings::PathRules;
use crate::sys::files::{Kind, Status};
use crate::sys::{GroupId, UserId, identity};

/// Who asks.
#[derive(Debug)]
pub struct Asker {
    uid: UserId,
    gid: GroupId,
    groups: Vec<GroupId>,
}

/// What is the same for every entry of a folder that is listed.
#[derive(Debug)]
pub struct Viewpoint {
    pub(super) asker: Asker,
    folder: Option<Status>,
    /// What holds for those of its entries that nothing tells apart.
    common: OnceCell<Common>,
}

#[derive(Debug)]
struct Common {
    /// What `<Limit>` leaves of the letters.
    of_files: Rights,
    of_directories: Rights,
    /// The letters that were found last: neighbours mostly have the same.
    last: Cell<Option<(Weighed, Rights)>>,
}

/// All that the letters of one entry depend on, and not on the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Weighed {
    has_parent: bool,
    /// Of the entry,
    owner: UserId,
    /// and of what it leads to.
    kind: Kind,
    mode: u32,
    uid: UserId,
    gid: GroupId,
}

/// The directory that holds a name, what bears the name, and what that leads to.
type Seen<'a> = (Option<&'a Status>, &'a Status, &'a Status);

/// The letters that somebody has of those there are for such a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rights {
    of: &'static [Letter],
    /// Bit by bit, in their order.
    given: u8,
}

impl PartialEq for Rights {
    fn eq(&self, other: &Rights) -> bool {
        ptr::eq(self.of, other.of) && self.given == other.given
    }
}

/// One letter of `perm`: what it stands for, and what it needs.
#[derive(Debug)]
struct Letter {
    letter: u8,
    verb: &'static str,
    groups: &'static [&'static str],
    needs: Needs,
}

#[derive(Clone, Copy, Debug)]
enum Needs {
    /// These bits of the file.
    Bits(u32),
    /// To write, and to do so over what is there.
    Overwriting,
    /// To write, and to do so behind what is there.
    Appending,
    /// To change the directory that holds it.
    Parent,
}

const READ: u32 = 4;
const WRITE: u32 = 2;
const ENTER: u32 = 1;
const STICKY: u32 = 0o1000;

const fn letter(letter: u8, verb: &'static str, groups: &'static [&'static str], needs: Needs) -> Letter {
    Letter { letter, verb, groups, needs }
}

const OF_FILES: &[Letter] = &[
    letter(b'a', "APPE", &["WRITE"], Needs::Appending),
    letter(b'd', "DELE", &["WRITE"], Needs::Parent),
    letter(b'f', "RNFR", &["WRITE"], Needs::Parent),
    letter(b'r', "RETR", &["READ"], Needs::Bits(READ)),
    letter(b'w', "STOR", &["WRITE"], Needs::Overwriting),
];

const OF_DIRECTORIES: &[Letter] = &[
    letter(b'f', "RNFR", &["WRITE"], Needs::Parent),
    letter(b'l', "LIST", &["DIRS"], Needs::Bits(READ)),
    letter(b'c', "STOR", &["WRITE"], Needs::Bits(WRITE | ENTER)),
    letter(b'd', "RMD", &["WRITE"], Needs::Parent),
    letter(b'm', "MKD", &["WRITE"], Needs::Bits(WRITE | ENTER)),
    letter(b'p', "DELE", &["WRITE"], Needs::Bits(WRITE | ENTER)),
    letter(b'e', "CWD", &["DIRS"], Needs::Bits(ENTER)),
];

impl Asker {
    /// This process.
    pub fn own() -> Asker {
        let (uid, gid) = identity::own();
        // Without them less is promised than is allowed.
        Asker { uid, gid, groups: identity::own_groups().unwrap_or_default() }
    }

    fn has(&self, status: &Status, bits: u32) -> bool {
        let shift = match status {
            _ if status.uid == self.uid => 6,
            _ if status.gid == self.gid || self.groups.contains(&status.gid) => 3,
            _ => 0,
        };
        status.mode >> shift & bits == bits
    }

    /// Whether a name can go from a directory; its sticky bit keeps others' files.
    fn may_remove(&self, parent: &Status, status: &Status) -> bool {
        let is_owner = status.uid == self.uid || parent.uid == self.uid;
        self.has(parent, WRITE | ENTER) && (parent.mode & STICKY == 0 || is_owner)
    }
}

impl Rights {
    /// Every letter that a file can have.
    #[cfg(test)]
    pub fn all_of_a_file() -> Rights {
        Rights::new(OF_FILES, |_| true)
    }

    fn new(of: &'static [Letter], is_given: impl Fn(&Letter) -> bool) -> Rights {
        let bit = |(index, letter)| u8::from(is_given(letter)) << index;
        Rights { of, given: of.iter().enumerate().map(bit).sum() }
    }

    /// What `<Limit>` leaves.
    fn left(of: &'static [Letter], rules: &PathRules<'_>) -> Rights {
        Rights::new(of, |letter| rules.allows(letter.verb, letter.groups))
    }

    /// What these are, too.
    fn and(self, others: Rights) -> Rights {
        Rights { given: self.given & others.given, ..self }
    }

    /// In the order of the fact.
    pub fn letters(&self) -> impl Iterator<Item = u8> {
        let is_given = |index: usize| self.given & 1 << index != 0;
        self.of.iter().enumerate().filter(move |(index, _)| is_given(*index)).map(|(_, letter)| letter.letter)
    }
}

impl Common {
    fn new(rules: &PathRules<'_>) -> Common {
        Common {
            of_files: Rights::left(OF_FILES, rules),
            of_directories: Rights::left(OF_DIRECTORIES, rules),
            last: Cell::new(None),
        }
    }

    /// The letters of an entry, which are looked for unless the one before had the same to weigh.
    fn of(&self, (parent, status, target): Seen<'_>, given: impl FnOnce() -> Rights) -> Rights {
        let Status { kind, mode, uid, gid, .. } = *target;
        let weighed = Weighed { has_parent: parent.is_some(), owner: status.uid, kind, mode, uid, gid };
        if let Some((_, rights)) = self.last.get().filter(|(last, _)| *last == weighed) {
            return rights;
        }
        let rights = given().and(self.left(kind));
        self.last.set(Some((weighed, rights)));
        rights
    }

    fn left(&self, kind: Kind) -> Rights {
        if kind == Kind::Directory { self.of_directories } else { self.of_files }
    }
}

impl Storage {
    /// How this process sees a folder.
    pub fn viewpoint(&self, folder: &Directory) -> Viewpoint {
        Viewpoint { asker: Asker::own(), folder: folder.own_status().ok(), common: OnceCell::new() }
    }

    /// The letters for a name in a folder, which has this status, or leads to what has `target`.
    pub fn rights_seen_from(
        &self,
        viewpoint: &Viewpoint,
        (folder, name): (&Directory, &[u8]),
        (status, target): (&Status, &Status),
    ) -> Rights {
        let is_dot = name == b"." || name == b"..";
        let parent = viewpoint.folder.as_ref().filter(|_| !is_dot && folder.bond(name).is_none());
        let seen = (parent, status, target);
        let alike = if is_dot { None } else { self.alike(folder, name, target.kind) };
        let Some(Alike { rules, .. }) = alike else {
            return self.rights(&viewpoint.asker, &folder.canonical(name), seen);
        };
        let common = viewpoint.common.get_or_init(|| Common::new(rules));
        common.of(seen, || given(&viewpoint.asker, rules, seen))
    }

    /// The letters for what stands at `canonical`; `parent` is the directory that holds its name, None where that is the session's
    /// own root or not looked at: then nothing is said of its name. `target` is what a link leads to, else the same as `status`.
    pub fn rights(&self, asker: &Asker, canonical: &Path, seen: Seen<'_>) -> Rights {
        let rules = self.policy.rules_at(Spot::named(canonical, seen.2.kind == Kind::Directory));
        let given = given(asker, &rules, seen);
        given.and(Rights::left(given.of, &rules))
    }
}

/// What permissions and rules give, whatever `<Limit>` says.
fn given(asker: &Asker, rules: &PathRules<'_>, (parent, status, target): Seen<'_>) -> Rights {
    let letters = match target.kind {
        Kind::Directory => OF_DIRECTORIES,
        _ => OF_FILES,
    };
    Rights::new(letters, |letter| match letter.needs {
        Needs::Parent => parent.is_some_and(|parent| asker.may_remove(parent, status)),
        needs => needs.are_met(asker, target, rules),
    })
}

impl Needs {
    fn are_met(self, asker: &Asker, target: &Status, rules: &PathRules<'_>) -> bool {
        let has_data = matches!(target.kind, Kind::File | Kind::Directory);
        has_data
            && match self {
                Needs::Bits(bits) => asker.has(target, bits),
                Needs::Overwriting => rules.allow_overwrite() && asker.has(target, WRITE),
                Needs::Appending => rules.allow_store_restart() && asker.has(target, WRITE),
                Needs::Parent => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::{Limit, ScopeRules};
    use crate::protocol::verbs;
    use crate::worker::storage::testing::Place;

    fn status(kind: Kind, mode: u32, uid: u32, gid: u32) -> Status {
        let (uid, gid) = (UserId(uid), GroupId(gid));
        let (size, modified, accessed, changed) = (0, 0, 0, 0);
        Status { kind, mode, device: 1, inode: 1, links: 1, uid, gid, size, modified, accessed, changed }
    }

    fn text(rights: Rights) -> String {
        rights.letters().map(char::from).collect()
    }

    fn asker() -> Asker {
        Asker { uid: UserId(7), gid: GroupId(7), groups: vec![GroupId(8)] }
    }

    #[test]
    fn letters_belong_to_the_groups_of_their_verbs() {
        for letter in OF_FILES.iter().chain(OF_DIRECTORIES) {
            let (verb, _) = verbs::find(letter.verb.as_bytes()).unwrap();
            assert_eq!(verb.groups, letter.groups, "{}", letter.verb);
        }
    }

    #[test]
    fn bits_and_owners_decide() {
        let place = Place::open();
        let open = status(Kind::Directory, 0o755, 7, 7);
        let sticky = status(Kind::Directory, 0o1777, 0, 0);
        let table = [
            (Kind::File, 0o644, 7, 7, &open, "adfrw"),
            (Kind::File, 0o644, 0, 0, &open, "dfr"),
            (Kind::File, 0o060, 0, 8, &open, "adfrw"),
            (Kind::File, 0o066, 7, 8, &open, "df"),
            (Kind::File, 0o666, 0, 0, &sticky, "arw"),
            (Kind::File, 0o600, 7, 7, &sticky, "adfrw"),
            (Kind::Pipe, 0o666, 7, 7, &open, "df"),
            (Kind::Directory, 0o755, 7, 7, &open, "flcdmpe"),
            (Kind::Directory, 0o755, 0, 0, &sticky, "le"),
            (Kind::Directory, 0, 7, 7, &open, "fd"),
        ];
        for (kind, mode, uid, gid, parent, letters) in table {
            let status = status(kind, mode, uid, gid);
            let told = place.storage().rights(&asker(), &place.path("x"), (Some(parent), &status, &status));
            assert_eq!(text(told), letters, "{kind:?} {mode:o} {uid} {gid}");
        }
    }

    #[test]
    fn neighbours_have_the_letters_that_each_would_have_alone() {
        let place = Place::open();
        let storage = place.storage();
        let folder = storage.directory(&place.asked("MLSD", "")).unwrap();
        let statuses: Vec<Status> =
            [(Kind::File, 0o640), (Kind::File, 0o666), (Kind::Directory, 0o750), (Kind::Pipe, 0o640)]
                .into_iter()
                .flat_map(|(kind, mode)| {
                    [(7, 0), (0, 8), (0, 0)].map(|(uid, gid)| status(kind, mode, uid, gid))
                })
                .collect();
        for parent in
            [None, Some(status(Kind::Directory, 0o1777, 0, 0)), Some(status(Kind::Directory, 0o755, 7, 7))]
        {
            let viewpoint = Viewpoint { asker: asker(), folder: parent, common: OnceCell::new() };
            // Each after each other, and what leads to it.
            for before in &statuses {
                for after in &statuses {
                    for seen in [(before, before), (after, after), (before, after), (after, before)] {
                        let told = storage.rights_seen_from(&viewpoint, (&folder, b"x"), seen);
                        let alone = storage.rights(
                            &viewpoint.asker,
                            &folder.canonical(b"x"),
                            (parent.as_ref(), seen.0, seen.1),
                        );
                        assert_eq!(text(told), text(alone), "{seen:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn rules_decide_as_well() {
        let deny = |name: &str| Limit::plain(vec![name.to_owned()], Some(false));
        let rules = ScopeRules {
            limits: vec![deny("DELE"), deny("READ")],
            allow_overwrite: Some(false),
            ..ScopeRules::default()
        };
        let place = Place::with(&[("ROOT/closed", rules)]);
        let open = status(Kind::Directory, 0o755, 7, 7);
        let file = status(Kind::File, 0o644, 7, 7);
        let path = place
            .path("closed/x")
            .canonicalize()
            .unwrap_or(place.path("").canonicalize().unwrap().join("closed/x"));
        let told = |parent| text(place.storage().rights(&asker(), &path, (parent, &file, &file)));
        assert_eq!(told(Some(&open)), "af");
        assert_eq!(told(None), "a");
    }
}
