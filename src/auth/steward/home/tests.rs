//! Homes made in real folders: whose they are, what is in them, and what stays out of them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use proptest::prelude::*;

use super::*;
use crate::auth::wire::record::{FieldReader, FieldWriter};

/// Whoever runs the tests can give files to this one.
const SOMEBODY: u32 = 52_005;

fn is_root() -> bool {
    if !identity::is_root() {
        eprintln!("SKIPPED: gives files away, for which it has to be root");
    }
    identity::is_root()
}

fn home(path: PathBuf, policy: HomePolicy) -> NewHome {
    NewHome { path, uid: UserId(SOMEBODY), gid: GroupId(SOMEBODY), groups: Vec::new(), policy }
}

/// Mode, owner and group.
fn seen(path: &Path) -> (u32, u32, u32) {
    let found = fs::symlink_metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (found.mode() & 0o7777, found.uid(), found.gid())
}

fn skeleton(folder: &Path) -> PathBuf {
    let skeleton = folder.join("skel");
    fs::create_dir_all(skeleton.join("www/cgi")).unwrap();
    fs::write(skeleton.join("readme"), "welcome").unwrap();
    fs::write(skeleton.join("www/cgi/run"), "#!").unwrap();
    let set = |name: &str, mode| {
        fs::set_permissions(skeleton.join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    set("", 0o755);
    set("readme", 0o640);
    set("www", 0o2775);
    set("www/cgi/run", 0o6755);
    symlink("readme", skeleton.join("relative")).unwrap();
    symlink(skeleton.join("www"), skeleton.join("inner")).unwrap();
    fs::write(folder.join("roots"), "").unwrap();
    symlink(folder.join("roots"), skeleton.join("outer")).unwrap();
    skeleton
}

#[test]
fn folders_on_the_way_and_the_home_have_their_modes_and_owners() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d/da/dave");
    home(path.clone(), HomePolicy::default()).make().unwrap();
    assert_eq!(seen(&path), (0o700, SOMEBODY, SOMEBODY));
    assert_eq!(seen(&folder.path().join("d/da")), (0o711, 0, 0));
    let policy = HomePolicy {
        mode: 0o2770,
        way_mode: 0o750,
        way_uid: WayOwner::Account,
        way_gid: WayOwner::Named(GroupId(33)),
        group: Some(GroupId(34)),
        ..HomePolicy::default()
    };
    home(folder.path().join("e/ea/eve"), policy).make().unwrap();
    assert_eq!(seen(&folder.path().join("e/ea/eve")), (0o2770, SOMEBODY, 34));
    assert_eq!(seen(&folder.path().join("e")), (0o750, SOMEBODY, 33));
}

#[test]
fn a_skeleton_is_copied_with_its_modes_and_its_links() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let skeleton = Some(skeleton(folder.path()));
    let path = folder.path().join("dave");
    home(path.clone(), HomePolicy { skeleton, ..HomePolicy::default() }).make().unwrap();
    for (name, mode) in [("readme", 0o640), ("www", 0o775), ("www/cgi/run", 0o755)] {
        assert_eq!(seen(&path.join(name)), (mode, SOMEBODY, SOMEBODY), "{name}");
    }
    assert_eq!(fs::read(path.join("readme")).unwrap(), b"welcome");
    for (name, target) in [
        ("relative", PathBuf::from("readme")),
        ("inner", path.join("www")),
        ("outer", folder.path().join("roots")),
    ] {
        assert_eq!(fs::read_link(path.join(name)).unwrap(), target, "{name}");
        assert_eq!(seen(&path.join(name)).1, SOMEBODY, "{name}");
    }
    assert_eq!(seen(&folder.path().join("roots")).1, 0, "what a link leads to is not given away");
}

#[test]
fn a_link_that_others_may_have_planted_is_not_followed() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, folder.path().join("d")).unwrap();
    // The temporary folder lies in one that everybody may write to.
    let made = home(folder.path().join("d/da/dave"), HomePolicy::default()).make();
    assert!(matches!(made, Err(HomeError::Link(_))), "{made:?}");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    symlink(folder.path().join("nothing"), folder.path().join("bob")).unwrap();
    home(folder.path().join("bob"), HomePolicy::default()).make().unwrap();
    assert!(!folder.path().join("nothing").exists());
}

#[test]
fn roots_own_link_is_followed() {
    if !is_root() {
        return;
    }
    let Ok(folder) = tempfile::tempdir_in("/root") else { return };
    fs::create_dir(folder.path().join("real")).unwrap();
    symlink("real", folder.path().join("homes")).unwrap();
    symlink("circle", folder.path().join("circle")).unwrap();
    home(folder.path().join("homes/x/dave"), HomePolicy::default()).make().unwrap();
    assert_eq!(seen(&folder.path().join("real/x/dave")), (0o700, SOMEBODY, SOMEBODY));
    let made = home(folder.path().join("circle/dave"), HomePolicy::default()).make();
    assert!(matches!(made, Err(HomeError::Winding(_))), "{made:?}");
    // From the first folder that is not root's alone, links are anybody's.
    fs::set_permissions(folder.path().join("real"), fs::Permissions::from_mode(0o777)).unwrap();
    symlink("/root", folder.path().join("real/planted")).unwrap();
    let made = home(folder.path().join("homes/planted/dave"), HomePolicy::default()).make();
    assert!(matches!(made, Err(HomeError::Link(_))), "{made:?}");
}

#[test]
fn what_a_login_that_was_cut_off_left_is_completed() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let skeleton = Some(skeleton(folder.path()));
    let (path, begun) = (folder.path().join("dave"), folder.path().join(".dave.new"));
    fs::create_dir(&begun).unwrap();
    fs::set_permissions(&begun, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(begun.join("readme"), "wel").unwrap();
    fs::create_dir(begun.join("www")).unwrap();
    home(path.clone(), HomePolicy { skeleton, ..HomePolicy::default() }).make().unwrap();
    assert_eq!(fs::read(path.join("readme")).unwrap(), b"welcome");
    assert_eq!(seen(&path.join("www/cgi/run")), (0o755, SOMEBODY, SOMEBODY));
    assert!(!begun.exists());
}

#[test]
fn what_somebody_else_began_is_left_alone() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let begun = folder.path().join(".dave.new");
    fs::create_dir(&begun).unwrap();
    std::os::unix::fs::chown(&begun, Some(33), Some(33)).unwrap();
    let made = home(folder.path().join("dave"), HomePolicy::default()).make();
    assert!(matches!(made, Err(HomeError::Planted(_, UserId(33)))), "{made:?}");
    assert_eq!(seen(&begun).1, 33);
}

#[test]
fn an_unsound_or_endless_skeleton_makes_no_home() {
    let folder = tempfile::tempdir().unwrap();
    let skeleton = folder.path().join("skel");
    fs::create_dir(&skeleton).unwrap();
    let policy = || HomePolicy { skeleton: Some(skeleton.clone()), ..HomePolicy::default() };
    fs::set_permissions(&skeleton, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(home(folder.path().join("dave"), policy()).make(), Err(HomeError::Unsound(_))));
    fs::set_permissions(&skeleton, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(skeleton.join("d/".repeat(20))).unwrap();
    assert!(matches!(home(folder.path().join("dave"), policy()).make(), Err(HomeError::TooMuch(..))));
    assert!(!folder.path().join("dave").exists());
}

#[test]
fn paths_that_are_no_homes_are_refused() {
    for path in ["relative", "/", "/a/../b", "/a/.."] {
        let made = home(path.into(), HomePolicy::default()).make();
        assert!(matches!(made, Err(HomeError::Path(_))), "{path}: {made:?}");
    }
}

#[test]
fn logins_at_once_make_one_home() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let skeleton = Some(skeleton(folder.path()));
    for round in 0..40 {
        let homes = folder.path().join(round.to_string());
        let policy = HomePolicy { skeleton: skeleton.clone(), ..HomePolicy::default() };
        let wanted = home(homes.join("dave"), policy);
        thread::scope(|scope| {
            let logins: Vec<_> = (0..8).map(|_| scope.spawn(|| wanted.make())).collect();
            logins.into_iter().for_each(|login| login.join().unwrap().unwrap());
        });
        assert_eq!(seen(&wanted.path.join("www/cgi/run")), (0o755, SOMEBODY, SOMEBODY));
        assert_eq!(fs::read_dir(homes).unwrap().count(), 1, "in round {round} a beginning was left");
    }
}

/// Somebody who owns the folder above swaps what is made there for links to a folder that is not theirs, as fast as they can.
#[test]
fn nothing_is_made_or_given_away_through_a_swapped_link() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (theirs, roots) = (folder.path().join("theirs"), folder.path().join("roots"));
    fs::create_dir(&theirs).unwrap();
    fs::create_dir(&roots).unwrap();
    let before = seen(&roots);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for name in ["way", ".dave.new", "way/.dave.new"] {
                    let (name, aside) = (theirs.join(name), theirs.join("aside"));
                    let _ = fs::rename(&name, &aside);
                    let _ = symlink(&roots, &name);
                    thread::yield_now();
                    let _ = fs::remove_file(&name);
                    let _ = fs::remove_dir_all(&aside);
                }
            }
        });
        for _ in 0..500 {
            let _ = home(theirs.join("way/dave"), HomePolicy::default()).make();
            let _ = home(theirs.join("dave"), HomePolicy::default()).make();
            let _ = fs::remove_dir_all(theirs.join("way/dave"));
            let _ = fs::remove_dir_all(theirs.join("dave"));
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(seen(&roots), before);
    assert_eq!(fs::read_dir(&roots).unwrap().count(), 0);
}

fn id() -> impl Strategy<Value = u32> {
    any::<u32>()
}

fn way_owner<Id: std::fmt::Debug + Clone>(id_of: fn(u32) -> Id) -> impl Strategy<Value = WayOwner<Id>> {
    prop_oneof![
        Just(WayOwner::Daemon),
        Just(WayOwner::Account),
        id().prop_map(move |id| WayOwner::Named(id_of(id)))
    ]
}

proptest! {
    #[test]
    fn a_home_arrives_as_it_was_sent(
        path in "/[a-z/]{0,40}", skeleton in proptest::option::of("/[a-z]{1,20}"), ids in any::<[u32; 4]>(),
        groups in proptest::collection::vec(any::<u32>().prop_map(GroupId), 0..8),
        way_uid in way_owner(UserId), way_gid in way_owner(GroupId),
        group in proptest::option::of(any::<u32>().prop_map(GroupId)), as_account: bool,
    ) {
        let policy = HomePolicy {
            mode: ids[0],
            skeleton: skeleton.map(PathBuf::from),
            way_mode: ids[1],
            way_uid,
            way_gid,
            group,
            as_account,
        };
        let home = NewHome { path: path.into(), uid: UserId(ids[2]), gid: GroupId(ids[3]), groups, policy };
        let record = home.write(FieldWriter::new(b'h', 0)).finish();
        let mut fields = FieldReader::new(&record);
        prop_assert_eq!(fields.byte(), Ok(b'h'));
        let read = NewHome::read(&mut fields);
        prop_assert_eq!(read.as_ref(), Ok(&home));
        prop_assert_eq!(fields.finish(()), Ok(()));
    }
}
