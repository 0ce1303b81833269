//! A login judged: whose name it is, whether the password proves it, and whether that account may come in at all. The
//! limits are asked afterwards, of the master.

use std::sync::Arc;

use super::host_accounts;
use super::secret::Secret;
use super::shells;
use super::source::{Candidate, Proof, Source, SourceError};
use super::wire::{Denial, NAME_MAX, PASSWORD_MAX};
use super::{Account, AnonymousPolicy, ServerPolicy};
use crate::sys::crypt::Crypt;
use crate::sys::{GroupId, UserId};

/// What a guess at a name that nobody has is hashed with where no source has a hash to show.
const DUMMY_HASH: &[u8] = b"$6$rounds=5000$ferryd$";

/// Something that hashes passwords; crypt(3), but for tests.
pub trait Hasher {
    /// Hashes `password` as `setting` says; None where that is no setting.
    fn hash(&mut self, password: &[u8], setting: &[u8]) -> Option<Vec<u8>>;
}

impl Hasher for Crypt {
    fn hash(&mut self, password: &[u8], setting: &[u8]) -> Option<Vec<u8>> {
        Crypt::hash(self, password, setting)
    }
}

/// One server's users.
pub struct Users<'a> {
    /// Its part of the configuration.
    pub policy: &'a ServerPolicy,
    /// Asked in this order.
    pub sources: &'a [Arc<dyn Source>],
    /// Whom every session becomes where the daemon is not root.
    pub caller: Option<(UserId, GroupId)>,
}

/// Who may come in, as far as the password goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Whom the session becomes.
    pub account: Account,
    /// Index of the `<Anonymous>` section, for an anonymous session.
    pub anonymous: Option<u16>,
}

/// Yes or no.
pub type Judgement = Result<Admission, Denial>;

impl Users<'_> {
    /// Judges one login. crypt(3) is called exactly once for everything but an anonymous name, whoever it is and
    /// whether or not it exists.
    pub fn judge(
        &self,
        name: &[u8],
        password: &Secret,
        hasher: &mut dyn Hasher,
    ) -> Result<Judgement, SourceError> {
        let real = self.real_name(name);
        if let Some(index) = self.anonymous_section(name).or_else(|| self.anonymous_section(real)) {
            return self.admit_anonymous(index);
        }
        let candidate = self.find(real)?;
        let proven = self.prove(candidate.as_ref(), password, hasher);
        Ok(match candidate {
            None => Err(Denial::NoSuchUser),
            Some(_) if !proven => Err(Denial::WrongPassword),
            Some(candidate) => self.admit(candidate),
        })
    }

    /// The account that UserAlias names instead; an alias `*` stands for every name that has no other.
    fn real_name<'n>(&'n self, name: &'n [u8]) -> &'n [u8] {
        let named = |wanted: &[u8]| self.policy.aliases.iter().find(|(alias, _)| alias == wanted);
        named(name).or_else(|| named(b"*")).map_or(name, |(_, real)| real)
    }

    fn anonymous_section(&self, name: &[u8]) -> Option<usize> {
        let sections = &self.policy.anonymous;
        let named =
            |wanted: &[u8]| sections.iter().position(|section| section.names.iter().any(|own| own == wanted));
        named(name).or_else(|| named(b"*"))
    }

    /// Any password will do.
    fn admit_anonymous(&self, index: usize) -> Result<Judgement, SourceError> {
        let section = &self.policy.anonymous[index];
        let account = match self.caller {
            Some(caller) => callers_anonymous(section, caller)?,
            None => host_accounts::anonymous(section)?,
        };
        let Some(account) = account else { return Ok(Err(Denial::NoSuchUser)) };
        let anonymous = u16::try_from(index).ok();
        Ok(self.refuse_root(account).map(|account| Admission { account, anonymous }))
    }

    fn find(&self, name: &[u8]) -> Result<Option<Candidate>, SourceError> {
        if name.is_empty() || name.len() > usize::from(NAME_MAX) {
            return Ok(None);
        }
        for source in self.sources {
            if let Some(candidate) = source.find(name)? {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// Hashes once, whatever becomes of it.
    fn prove(&self, candidate: Option<&Candidate>, password: &Secret, hasher: &mut dyn Hasher) -> bool {
        let hash = candidate.map(|candidate| match &candidate.proof {
            Proof::Hash(hash) => hash.as_slice(),
        });
        let usable = hash.filter(|hash| is_usable(hash));
        let hashed = match usable {
            Some(hash) => hasher.hash(password.reveal(), hash),
            None => hasher.hash(password.reveal(), &self.dummy_hash()),
        };
        let fits = password.reveal().len() <= usize::from(PASSWORD_MAX);
        match (usable, hashed) {
            (Some(hash), Some(hashed)) => fits & is_equal(hash, &hashed),
            _ => false,
        }
    }

    fn dummy_hash(&self) -> Vec<u8> {
        let sample = self.sources.iter().find_map(|source| source.sample_hash());
        sample.filter(|hash| is_usable(hash)).unwrap_or_else(|| DUMMY_HASH.to_vec())
    }

    fn admit(&self, candidate: Candidate) -> Judgement {
        if self.policy.require_valid_shell && !shells::is_valid(&candidate.shell) {
            return Err(Denial::Shell);
        }
        let account = match self.caller {
            Some((uid, gid)) => Account { uid, gid, ..candidate.account },
            None => candidate.account,
        };
        self.refuse_root(account).map(|account| Admission { account, anonymous: None })
    }

    /// Nobody becomes root, or a member of its group; where the daemon is not root, ids mean nothing.
    fn refuse_root(&self, account: Account) -> Result<Account, Denial> {
        let is_root = account.uid == UserId::ROOT || account.gid == GroupId::ROOT;
        if is_root && self.caller.is_none() { Err(Denial::Root) } else { Ok(account) }
    }
}

/// Without root the section's User need not exist.
fn callers_anonymous(
    section: &AnonymousPolicy,
    (uid, gid): (UserId, GroupId),
) -> Result<Option<Account>, SourceError> {
    let groups = Vec::new();
    Ok(Some(match host_accounts::anonymous(section)? {
        Some(known) => Account { uid, gid, groups, ..known },
        None => Account { name: section.user.clone(), uid, gid, groups, home: "/".into() },
    }))
}

/// Whether a hash could ever match: not empty, not locked (passwd(5), shadow(5)).
fn is_usable(hash: &[u8]) -> bool {
    hash.len() > 2 && !hash.starts_with(b"!") && !hash.starts_with(b"*")
}

/// Compares without saying by its duration where two hashes differ.
fn is_equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

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
                Candidate { account, shell: b"/no/such/shell".to_vec(), proof }
            }))
        }

        fn sample_hash(&self) -> Option<Vec<u8>> {
            self.0.first().map(|(_, hash, ..)| hash.as_bytes().to_vec())
        }

        fn user_name(&self, _: UserId) -> Option<Vec<u8>> {
            None
        }

        fn group_name(&self, _: GroupId) -> Option<Vec<u8>> {
            None
        }
    }

    fn known() -> Known {
        Known(vec![
            ("demo", "$9$right", 1000, 1000),
            ("toor", "$9$right", 0, 1000),
            ("wheel", "$9$right", 1000, 0),
            ("locked", "!$9$right", 1000, 1000),
            ("open", "", 1000, 1000),
        ])
    }

    fn policy() -> ServerPolicy {
        ServerPolicy {
            aliases: vec![(b"alias".to_vec(), b"demo".to_vec()), (b"guest".to_vec(), b"nobody".to_vec())],
            anonymous: vec![AnonymousPolicy {
                user: b"nobody".to_vec(),
                names: vec![b"nobody".to_vec(), b"anonymous".to_vec()],
                ..AnonymousPolicy::default()
            }],
            ..ServerPolicy::default()
        }
    }

    fn judge(
        policy: &ServerPolicy,
        caller: Option<(UserId, GroupId)>,
        name: &str,
        password: &str,
    ) -> (Judgement, Counted) {
        let mut counted = Counted::default();
        let sources: [Arc<dyn Source>; 1] = [Arc::new(known())];
        let users = Users { policy, sources: &sources, caller };
        let password = Secret::new(password.as_bytes().to_vec());
        let judgement = users.judge(name.as_bytes(), &password, &mut counted).unwrap();
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
        let strict = ServerPolicy { require_valid_shell: true, ..policy() };
        assert_eq!(judge(&strict, None, "demo", "right").0, Err(Denial::Shell));
        assert_eq!(judge(&strict, None, "demo", "wrong").0, Err(Denial::WrongPassword));
    }

    #[test]
    fn a_password_that_is_too_long_is_wrong() {
        let long = "x".repeat(usize::from(PASSWORD_MAX) + 1);
        let (judgement, counted) = judge(&policy(), None, "demo", &long);
        assert_eq!((judgement, counted.calls), (Err(Denial::WrongPassword), 1));
    }
}
