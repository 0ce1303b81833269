//! Records as they travel, whole and spoilt.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;

use super::places::LimitKind;
use super::*;
use crate::auth::Account;
use crate::auth::secret::Secret;
use crate::scoreboard::GRANT_GROUPS;
use crate::sys::{GroupId, UserId};

fn bytes(most: u16) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=usize::from(most))
}

fn request() -> impl Strategy<Value = Request> {
    let login = (any::<u16>(), any::<IpAddr>(), any::<u64>(), bytes(NAME_MAX), bytes(PASSWORD_MAX)).prop_map(
        |(server, peer, class, name, password)| Request::Login {
            server,
            peer,
            class,
            name,
            password: Secret::new(password),
        },
    );
    let ids = || vec(any::<u32>(), 0..=usize::from(NAMES_MAX));
    let names = (any::<u16>(), ids(), ids()).prop_map(|(server, users, groups)| Request::Names {
        server,
        users: users.into_iter().map(UserId).collect(),
        groups: groups.into_iter().map(GroupId).collect(),
    });
    let peer_name = any::<IpAddr>().prop_map(|peer| Request::PeerName { peer });
    let connection =
        (any::<u16>(), any::<IpAddr>()).prop_map(|(server, peer)| Request::Connection { server, peer });
    let give = (any::<u16>(), bytes(NAME_MAX), bytes(GROUP_NAME_MAX))
        .prop_map(|(server, user, group)| Request::Give { server, user, group });
    prop_oneof![Just(Request::TransferEnd), connection, login, peer_name, give, names]
}

fn account() -> impl Strategy<Value = Account> {
    let groups = vec((any::<u32>().prop_map(GroupId), bytes(GROUP_NAME_MAX)), 0..=GRANT_GROUPS);
    (bytes(NAME_MAX), any::<u32>(), any::<u32>(), groups, bytes(HOME_MAX)).prop_map(
        |(name, uid, gid, groups, home)| Account {
            name,
            uid: UserId(uid),
            gid: GroupId(gid),
            groups,
            home: PathBuf::from(OsStr::from_bytes(&home)),
        },
    )
}

fn names() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(bytes(GROUP_NAME_MAX), 0..=usize::from(NAMES_MAX))
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        (account(), any::<Option<u16>>())
            .prop_map(|(account, anonymous)| Answer::Granted { account, anonymous }),
        (names(), names()).prop_map(|(users, groups)| Answer::Names { users, groups }),
        any::<u32>().prop_map(|most| Answer::Full(LimitKind::Instances, most)),
        (any::<u32>(), proptest::option::of(bytes(LIMIT_TEXT_MAX))).prop_map(|(most, text)| {
            Answer::Denied(Denial::Limit { kind: LimitKind::ClientsPerHost, most, text })
        }),
        bytes(PEER_NAME_MAX).prop_map(Answer::PeerName),
        Just(Answer::Denied(Denial::NoSuchUser)),
        Just(Answer::Denied(Denial::FtpUsers)),
        Just(Answer::Denied(Denial::NotAnAlias)),
        Just(Answer::Denied(Denial::NoPassword)),
        Just(Answer::Serve),
        Just(Answer::TryAgain),
        Just(Answer::NoSource),
    ]
}

proptest! {
    #[test]
    fn a_request_arrives_as_it_was_sent(request in request()) {
        let record = request.encode();
        prop_assert!(record.reveal().len() <= RECORD_MAX);
        prop_assert_eq!(Request::decode(record.reveal()), Ok(request));
    }

    #[test]
    fn an_answer_arrives_as_it_was_sent(answer in answer()) {
        let record = answer.encode();
        prop_assert!(record.len() <= RECORD_MAX, "{} bytes", record.len());
        prop_assert_eq!(Answer::decode(&record), Ok(answer));
    }

    #[test]
    fn no_bytes_make_either_side_panic(bytes in vec(any::<u8>(), 0..2048)) {
        let _ = Request::decode(&bytes);
        let _ = Answer::decode(&bytes);
    }

    #[test]
    fn a_cut_request_is_refused(request in request(), cut in 1_usize..64) {
        let record = request.encode();
        let kept = record.reveal().len().saturating_sub(cut);
        prop_assert!(Request::decode(&record.reveal()[..kept]).is_err());
    }
}

#[test]
fn a_cut_password_is_still_too_long() {
    let request = Request::Login {
        server: 0,
        peer: IpAddr::from([127, 0, 0, 1]),
        class: 0,
        name: b"demo".to_vec(),
        password: Secret::new(vec![b'x'; 5000]),
    };
    match Request::decode(request.encode().reveal()) {
        Ok(Request::Login { password, .. }) => {
            assert!(password.reveal().len() > usize::from(PASSWORD_MAX));
        }
        other => panic!("{other:?}"),
    }
}
