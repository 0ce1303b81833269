//! Logins judged, with a hasher that counts and a PAM that says what a test wants.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use slog::{Discard, Logger, o};

use super::order::{Checker, Step};
use super::proof::{Conversing, Hasher};
use super::{Judgement, Origin, Users};
use crate::auth::accounts::remarks::Remarks;
use crate::auth::accounts::source::{Candidate, Lapse, Proof, Source, SourceError};
use crate::auth::secret::Secret;
use crate::auth::steward::pam::Verdict;
use crate::auth::wire::{Denial, PASSWORD_MAX};
use crate::auth::{Account, AnonymousPolicy, ClientTerms, LoginRules, NamedSections, ServerPolicy, Terms};
use crate::sys::{GroupId, UserId};

/// Counts; "hashes" by appending the password to the first three bytes.
#[derive(Default)]
struct Counted {
    calls: usize,
    settings: Vec<Vec<u8>>,
}

impl Hasher for Counted {
    fn hash(&mut self, password: &[u8], setting: &[u8]) -> Option<Vec<u8>> {
        self.calls += 1;
        self.settings.push(setting.to_vec());
        if setting.starts_with(b"$0$") {
            return None;
        }
        Some([&setting[..3], password].concat())
    }
}

struct Known(Vec<(&'static str, &'static str, u32, u32)>);

impl Source for Known {
    fn find(&self, name: &[u8]) -> Result<Option<Candidate>, SourceError> {
        Ok(self.0.iter().find(|(known, ..)| known.as_bytes() == name).map(|(name, hash, uid, gid)| {
            let account = Account {
                name: name.as_bytes().to_vec(),
                uid: UserId(*uid),
                gid: GroupId(*gid),
                groups: Vec::new(),
                home: "/srv".into(),
            };
            let proof = Proof::Hash(hash.as_bytes().to_vec());
            let lapse = name.starts_with("closed").then_some(Lapse::Expiration);
            Candidate { account, shell: b"/no/such/shell".to_vec(), proof, lapse }
        }))
    }

    fn memberships(&self, account: &Account) -> Result<Vec<(GroupId, Vec<u8>)>, SourceError> {
        Ok(vec![(account.gid, b"own".to_vec())])
    }

    fn group_id(&self, _: &[u8]) -> Result<Option<GroupId>, SourceError> {
        Ok(None)
    }

    fn sample_hash(&self) -> Option<Vec<u8>> {
        self.0.first().map(|(_, hash, ..)| hash.as_bytes().to_vec())
    }

    fn user_name(&self, _: UserId) -> Option<Vec<u8>> {
        None
    }

    fn group_name(&self, _: GroupId) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(None)
    }
}

fn known() -> Known {
    Known(vec![
        ("demo", "$9$right", 1000, 1000),
        ("toor", "$9$right", 0, 1000),
        ("wheel", "$9$right", 1000, 0),
        ("locked", "!$9$right", 1000, 1000),
        ("open", "", 1000, 1000),
        ("closed", "$9$right", 1000, 1000),
        ("strange", "$0$right", 1000, 1000),
    ])
}

fn policy() -> ServerPolicy {
    ServerPolicy {
        aliases: vec![(b"alias".to_vec(), b"demo".to_vec()), (b"guest".to_vec(), b"nobody".to_vec())],
        anonymous: NamedSections::of(
            vec![AnonymousPolicy { user: b"nobody".to_vec(), ..AnonymousPolicy::default() }],
            |_| vec![b"nobody".to_vec(), b"anonymous".to_vec()],
        ),
        ..ServerPolicy::default()
    }
}

fn judge(
    policy: &ServerPolicy,
    caller: Option<(UserId, GroupId)>,
    name: &str,
    password: &str,
) -> (Judgement, Counted) {
    judge_by(policy, &[step(known(), false)], caller, name, password)
}

fn step(known: Known, is_authoritative: bool) -> Step {
    Step { checker: Checker::Accounts(Arc::new(known)), is_authoritative }
}

fn judge_by(
    policy: &ServerPolicy,
    steps: &[Step],
    caller: Option<(UserId, GroupId)>,
    name: &str,
    password: &str,
) -> (Judgement, Counted) {
    let (judgement, counted) = try_judge(policy, steps, &Silent, caller, (name, password));
    (judgement.unwrap(), counted)
}

/// Not to be asked.
struct Silent;

impl Conversing for Silent {
    fn converse(&self, _: &[u8], _: &Secret) -> Verdict {
        panic!("nobody asks PAM here");
    }
}

fn try_judge(
    policy: &ServerPolicy,
    steps: &[Step],
    pam: &dyn Conversing,
    caller: Option<(UserId, GroupId)>,
    (name, password): (&str, &str),
) -> (Result<Judgement, SourceError>, Counted) {
    let mut counted = Counted::default();
    let remarks = Remarks::new(Logger::root(Discard, o!()));
    let origin = Origin { peer: "192.0.2.1".parse().unwrap(), name: None };
    let users = Users { policy, steps, caller, origin, remarks: &remarks };
    let password = Secret::new(password.as_bytes().to_vec());
    let judgement = users.judge(name.as_bytes(), &password, (&mut counted, pam));
    (judgement, counted)
}

#[test]
fn crypt_is_called_exactly_once_whoever_it_is() {
    let cases = [
        ("demo", "right", None),
        ("alias", "right", None),
        ("demo", "wrong", Some(Denial::WrongPassword)),
        ("demo", "", Some(Denial::WrongPassword)),
        ("none", "right", Some(Denial::NoSuchUser)),
        ("", "right", Some(Denial::NoSuchUser)),
        ("locked", "right", Some(Denial::WrongPassword)),
        ("open", "", Some(Denial::WrongPassword)),
        ("toor", "right", Some(Denial::Root)),
        ("toor", "wrong", Some(Denial::WrongPassword)),
        ("wheel", "right", Some(Denial::Root)),
        ("closed", "right", Some(Denial::Expired)),
        ("closed", "wrong", Some(Denial::WrongPassword)),
    ];
    for (name, password, denial) in cases {
        let (judgement, counted) = judge(&policy(), None, name, password);
        assert_eq!(judgement.err(), denial, "{name}/{password}");
        assert_eq!(counted.calls, 1, "{name}/{password}");
        assert_eq!(counted.settings, [b"$9$right".to_vec()], "{name}/{password}");
    }
}

#[test]
fn anonymous_names_need_no_password() {
    for name in ["anonymous", "nobody", "guest"] {
        let (judgement, counted) = judge(&policy(), None, name, "me@example.com");
        let admission = judgement.unwrap();
        assert_eq!(admission.anonymous, Some(0));
        assert_eq!(admission.account.uid, UserId(65534));
        assert_eq!(counted.calls, 0);
    }
}

/// A name service to which letters are alike, be they large or small.
struct Careless(Known);

impl Source for Careless {
    fn find(&self, name: &[u8]) -> Result<Option<Candidate>, SourceError> {
        self.0.find(&name.to_ascii_lowercase())
    }

    fn memberships(&self, account: &Account) -> Result<Vec<(GroupId, Vec<u8>)>, SourceError> {
        self.0.memberships(account)
    }

    fn group_id(&self, name: &[u8]) -> Result<Option<GroupId>, SourceError> {
        self.0.group_id(name)
    }

    fn sample_hash(&self) -> Option<Vec<u8>> {
        self.0.sample_hash()
    }

    fn user_name(&self, uid: UserId) -> Option<Vec<u8>> {
        self.0.user_name(uid)
    }

    fn group_name(&self, gid: GroupId) -> Result<Option<Vec<u8>>, SourceError> {
        self.0.group_name(gid)
    }
}

#[test]
fn no_spelling_is_a_way_around_what_is_said_of_an_account() {
    let steps = [Step { checker: Checker::Accounts(Arc::new(Careless(known()))), is_authoritative: false }];
    let section = |_: &&str| AnonymousPolicy { user: b"nobody".to_vec(), ..AnonymousPolicy::default() };
    let names = |name: &&str| vec![name.as_bytes().to_vec()];
    let anonymous = NamedSections::of(vec!["strange", "locked"], names).map(section);
    let aliases = vec![(b"open".to_vec(), b"demo".to_vec()), (b"other".to_vec(), b"LOCKED".to_vec())];
    let policy = ServerPolicy { aliases, anonymous, ..policy() };
    let admitted = |name: &str, password: &str| judge_by(&policy, &steps, None, name, password).0;
    for name in ["demo", "DEMO", "Demo"] {
        let admission = admitted(name, "right").unwrap();
        assert_eq!((admission.account.name.as_slice(), admission.anonymous), (&b"demo"[..], None), "{name}");
        assert_eq!(admitted(name, "wrong"), Err(Denial::WrongPassword), "{name}");
    }
    for (name, section) in [("strange", 0), ("STRANGE", 0), ("LOCKED", 1), ("other", 1)] {
        assert_eq!(admitted(name, "x").unwrap().anonymous, Some(section), "{name}");
    }
    for name in ["open", "OPEN"] {
        assert_eq!(admitted(name, "right").unwrap().account.name, b"demo", "{name}");
    }
    assert_eq!(admitted("NONE", "right"), Err(Denial::NoSuchUser));
}

#[test]
fn without_root_every_session_is_the_caller() {
    let caller = (UserId(4711), GroupId(0));
    for (name, password) in [("demo", "right"), ("toor", "right"), ("anonymous", "x")] {
        let account = judge(&policy(), Some(caller), name, password).0.unwrap().account;
        assert_eq!((account.uid, account.gid), caller, "{name}");
    }
}

#[test]
fn a_shell_is_asked_for_where_the_configuration_says_so() {
    let rules = LoginRules { require_valid_shell: true, ..LoginRules::default() };
    let terms = ClientTerms { rules, ..ClientTerms::default() }.into();
    let strict = ServerPolicy { terms, ..policy() };
    assert!(matches!(judge(&strict, None, "demo", "right").0, Err(Denial::Shell(_))));
    assert_eq!(judge(&strict, None, "demo", "wrong").0, Err(Denial::WrongPassword));
}

#[test]
fn an_empty_password_is_refused_where_the_server_or_the_section_says_so() {
    let refusing = LoginRules { refuses_empty_passwords: true, ..LoginRules::default() };
    let terms = || Terms::from(ClientTerms { rules: refusing, ..ClientTerms::default() });
    let server = ServerPolicy { terms: terms(), ..policy() };
    let mut section = policy();
    section.anonymous[0].terms = terms();
    for name in ["demo", "none", "open", "anonymous", "guest"] {
        let (judgement, counted) = judge(&server, None, name, "");
        assert_eq!((judgement, counted.calls), (Err(Denial::NoPassword), 0), "{name}");
    }
    assert!(judge(&server, None, "demo", "right").0.is_ok());
    assert!(judge(&server, None, "anonymous", "me@example.com").0.is_ok());
    assert_eq!(judge(&section, None, "guest", "").0, Err(Denial::NoPassword));
    assert_eq!(judge(&section, None, "demo", "").0, Err(Denial::WrongPassword));
    assert!(judge(&policy(), None, "anonymous", "").0.is_ok());
}

#[test]
fn a_password_longer_than_the_configuration_allows_is_hashed_for_nobody() {
    for (longest, right, calls) in [(Some(5), true, 1), (Some(4), false, 0), (None, true, 1)] {
        let rules = LoginRules { longest_password: longest, ..LoginRules::default() };
        let terms = ClientTerms { rules, ..ClientTerms::default() }.into();
        let server = ServerPolicy { terms, ..policy() };
        let (judgement, counted) = judge(&server, None, "demo", "right");
        assert_eq!((judgement.is_ok(), counted.calls), (right, calls), "{longest:?}");
        assert_eq!(judge(&server, None, "none", "right").1.calls, calls, "{longest:?}");
        assert!(judge(&server, None, "anonymous", "me@example.com").0.is_ok());
    }
}

#[test]
fn a_password_that_is_too_long_is_wrong() {
    let long = "x".repeat(usize::from(PASSWORD_MAX) + 1);
    let (judgement, counted) = judge(&policy(), None, "demo", &long);
    assert_eq!((judgement, counted.calls), (Err(Denial::WrongPassword), 1));
}

#[test]
fn a_kind_of_hash_that_crypt_does_not_know_takes_as_long_and_lets_nobody_in() {
    let (judgement, counted) = judge(&policy(), None, "strange", "right");
    assert_eq!(judgement, Err(Denial::WrongPassword));
    assert_eq!(counted.settings, [b"$0$right".to_vec(), b"$9$right".to_vec()]);
}

#[test]
fn passwords_that_crypt_cannot_take_are_nobodys() {
    for password in ["right\0", &"x".repeat(513)] {
        let (judgement, counted) = judge(&policy(), None, "demo", password);
        assert_eq!((judgement, counted.calls), (Err(Denial::WrongPassword), 1));
    }
}

#[test]
fn the_first_module_that_knows_a_name_owns_it() {
    let other = || Known(vec![("demo", "$9$other", 2000, 2000), ("late", "$9$right", 2000, 2000)]);
    let uid = |judgement: Judgement| judgement.map(|admission| admission.account.uid.0);
    for (is_authoritative, late) in [(false, Ok(2000)), (true, Err(Denial::NoSuchUser))] {
        let steps = [step(known(), is_authoritative), step(other(), false)];
        let judged = |name, password| judge_by(&policy(), &steps, None, name, password);
        assert_eq!(uid(judged("demo", "right").0), Ok(1000));
        assert_eq!(uid(judged("demo", "other").0), Err(Denial::WrongPassword));
        assert_eq!(uid(judged("late", "right").0), late);
        for name in ["demo", "late", "none"] {
            assert_eq!(judged(name, "wrong").1.calls, 1, "{name}");
        }
    }
    assert_eq!(judge_by(&policy(), &[], None, "demo", "right").0, Err(Denial::NoSuchUser));
}

#[test]
fn only_aliases_log_in_where_the_configuration_says_so() {
    let strict = ServerPolicy { alias_only: true, ..policy() };
    assert!(judge(&strict, None, "alias", "right").0.is_ok());
    let (judgement, counted) = judge(&strict, None, "demo", "right");
    assert_eq!((judgement, counted.calls), (Err(Denial::NotAnAlias), 1));
    assert_eq!(judge(&strict, None, "none", "right").0, Err(Denial::NotAnAlias));
    assert!(judge(&strict, None, "anonymous", "x").0.is_ok());
}

#[test]
fn a_section_can_ask_for_the_password_of_its_user_or_of_its_guest() {
    let with = |authenticates_alias: bool| {
        let mut policy = policy();
        let section = &mut policy.anonymous[0];
        section.require_password = true;
        section.authenticates_alias = authenticates_alias;
        let names = ["nobody", "anonymous", "demo", "closed", "ghost", "toor"];
        policy.anonymous = NamedSections::of(policy.anonymous.to_vec(), |_| {
            names.map(|name| name.as_bytes().to_vec()).to_vec()
        });
        policy
    };
    let judged = |policy: &ServerPolicy, name, password| {
        let steps = [step(Known([known().0, vec![("nobody", "$9$nobodys", 65534, 65534)]].concat()), false)];
        let (judgement, counted) = judge_by(policy, &steps, None, name, password);
        assert_eq!(counted.calls, 1, "{name}/{password}");
        judgement.map(|admission| (admission.account.uid.0, admission.anonymous))
    };
    let guest = Ok((65534, Some(0)));
    for (name, password, users, guests) in [
        ("nobody", "nobodys", guest.clone(), guest.clone()),
        ("nobody", "wrong", Err(Denial::WrongPassword), Err(Denial::WrongPassword)),
        ("demo", "right", Err(Denial::WrongPassword), guest.clone()),
        ("demo", "nobodys", guest.clone(), Err(Denial::WrongPassword)),
        ("closed", "right", Err(Denial::WrongPassword), Err(Denial::Expired)),
        ("ghost", "right", Err(Denial::WrongPassword), Err(Denial::NoSuchUser)),
        ("toor", "right", Err(Denial::WrongPassword), Err(Denial::Root)),
    ] {
        assert_eq!(judged(&with(false), name, password), users, "{name}/{password}");
        assert_eq!(judged(&with(true), name, password), guests, "{name}/{password}");
    }
}

/// Says the same of everybody, and counts.
struct Saying(Verdict, AtomicUsize);

impl Conversing for Saying {
    fn converse(&self, _: &[u8], _: &Secret) -> Verdict {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0
    }
}

/// PAM first or last, as its no is the last word or not; what becomes of a login, how often crypt(3) and PAM were asked.
fn with_pam(says: Verdict, has_last_word: bool, login: (&str, &str)) -> (Option<Judgement>, usize, usize) {
    let pam = Step { checker: Checker::Pam, is_authoritative: has_last_word };
    let steps = if has_last_word { [pam, step(known(), false)] } else { [step(known(), false), pam] };
    let saying = Saying(says, AtomicUsize::new(0));
    let (judgement, counted) = try_judge(&policy(), &steps, &saying, None, login);
    (judgement.ok(), counted.calls, saying.1.into_inner())
}

#[test]
fn pam_adds_its_word_to_the_accounts_own() {
    let no = |denial| (false, Some(denial));
    let yes = (true, None);
    for (says, login, expected, hashes, conversations) in [
        (Verdict::Wrong, ("demo", "right"), yes.clone(), 1, 0),
        (Verdict::Wrong, ("demo", "wrong"), no(Denial::WrongPassword), 1, 1),
        (Verdict::Expired, ("demo", "wrong"), no(Denial::Expired), 1, 1),
        (Verdict::Denied, ("demo", "wrong"), no(Denial::Expired), 1, 1),
        (Verdict::Unavailable, ("demo", "wrong"), no(Denial::WrongPassword), 1, 1),
        (Verdict::Right, ("demo", "wrong"), yes.clone(), 1, 1),
        (Verdict::Right, ("locked", "x"), yes, 1, 1),
        (Verdict::Right, ("none", "wrong"), no(Denial::NoSuchUser), 1, 1),
        (Verdict::Wrong, ("none", "wrong"), no(Denial::NoSuchUser), 1, 1),
        (Verdict::Right, ("toor", "wrong"), no(Denial::WrongPassword), 1, 0),
    ] {
        let (judgement, hashed, conversed) = with_pam(says, false, login);
        let judgement = judgement.unwrap();
        assert_eq!((judgement.is_ok(), judgement.err()), expected, "{says} {login:?}");
        assert_eq!((hashed, conversed), (hashes, conversations), "{says} {login:?}");
    }
}

#[test]
fn a_pam_with_the_last_word_has_the_only_one() {
    let no = |denial| Some((false, Some(denial)));
    for (says, login, expected) in [
        (Verdict::Right, ("demo", "wrong"), Some((true, None))),
        (Verdict::Wrong, ("demo", "right"), no(Denial::WrongPassword)),
        (Verdict::Expired, ("demo", "right"), no(Denial::Expired)),
        (Verdict::Unavailable, ("demo", "right"), None),
        (Verdict::Right, ("none", "right"), no(Denial::NoSuchUser)),
        (Verdict::Wrong, ("none", "right"), no(Denial::NoSuchUser)),
    ] {
        let (judgement, hashed, conversed) = with_pam(says, true, login);
        let found = judgement.map(|judgement| (judgement.is_ok(), judgement.err()));
        assert_eq!(found, expected, "{says} {login:?}");
        let falls_through = says == Verdict::Right && login.0 == "none";
        assert!(conversed == 1 && (hashed == 0 || falls_through), "{says} {login:?}");
    }
}

#[test]
fn behind_a_module_with_the_last_word_nobody_is_asked_about_anothers_account() {
    let pam = || Step { checker: Checker::Pam, is_authoritative: false };
    for (has_last_word, expected, conversations) in
        [(true, Err(Denial::WrongPassword), 0), (false, Ok(UserId(1000)), 1)]
    {
        let steps = [step(known(), false), step(Known(Vec::new()), has_last_word), pam()];
        let saying = Saying(Verdict::Right, AtomicUsize::new(0));
        let (judgement, _) = try_judge(&policy(), &steps, &saying, None, ("demo", "wrong"));
        let uid = judgement.unwrap().map(|admission| admission.account.uid);
        assert_eq!((uid, saying.1.into_inner()), (expected, conversations));
    }
}

#[test]
fn the_first_alias_for_a_name_counts() {
    let aliases = [("demo2", "demo"), ("*", "locked"), ("late", "demo")];
    let aliases = aliases.map(|(alias, real)| (alias.as_bytes().to_vec(), real.as_bytes().to_vec())).to_vec();
    let policy = ServerPolicy { aliases, ..ServerPolicy::default() };
    for (name, expected) in
        [("demo2", None), ("late", Some(Denial::WrongPassword)), ("demo", Some(Denial::WrongPassword))]
    {
        assert_eq!(judge(&policy, None, name, "right").0.err(), expected, "{name}");
    }
}
