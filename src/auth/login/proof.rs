//! Whether a password is the account's: AuthOrder is walked, and each module asked that has a say.

use super::order::{Checker, Step};
use crate::auth::accounts::remarks::Remarks;
use crate::auth::accounts::source::{Candidate, Proof, SourceError};
use crate::auth::secret::Secret;
use crate::auth::steward::pam::Verdict;
use crate::auth::wire::Denial;
use crate::sys::UserId;
use crate::sys::crypt::Crypt;

/// What a guess at a name that nobody has is hashed with where no source has a hash to show.
const DUMMY_HASH: &[u8] = b"$6$rounds=5000$ferryd$";

/// Most bytes of a password that crypt(3) takes (CRYPT_MAX_PASSPHRASE_SIZE, crypt(3)); a longer one is nobody's.
const PASSWORD_MOST: usize = 512;

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

/// Something that asks PAM; the steward's child, but for tests.
pub trait Conversing {
    /// PAM's word on a name and a password.
    fn converse(&self, name: &[u8], password: &Secret) -> Verdict;
}

/// An account and the number of the step that knows it.
pub struct Found {
    /// Index of the step.
    pub owner: usize,
    /// The account.
    pub candidate: Candidate,
}

/// Walks the steps for a password.
pub struct Walk<'a> {
    /// In AuthOrder's order.
    pub steps: &'a [Step],
    /// To the operator.
    pub remarks: &'a Remarks,
    /// crypt(3).
    pub hasher: &'a mut dyn Hasher,
    /// PAM.
    pub pam: &'a dyn Conversing,
    /// MaxPasswordSize.
    pub longest: Option<u32>,
}

impl Walk<'_> {
    /// Whether the password is the account's, or why not. For a name that nobody has, the same is done and the answer is no.
    pub fn prove(
        &mut self,
        name: &[u8],
        found: Option<&Found>,
        password: &Secret,
    ) -> Result<Result<(), Denial>, SourceError> {
        // For every name alike, and before it costs anything.
        if self.longest.is_some_and(|most| password.reveal().len() > most as usize) {
            return Ok(Err(Denial::WrongPassword));
        }
        let nobodys = self.steps.iter().position(|step| step.source().is_some());
        let owner = found.map(|found| found.owner).or(nobodys);
        let mut denial = Denial::WrongPassword;
        for (index, step) in self.steps.iter().enumerate() {
            let answer = match &step.checker {
                Checker::Accounts(_) if owner == Some(index) => self.compare(found, password),
                // Of somebody else's account it says no, and with `*` that is the last word.
                Checker::Accounts(_) => Err(denial),
                Checker::Pam => self.converse(name, found, password, step.is_authoritative)?,
            };
            match answer {
                Ok(()) => return Ok(Ok(())),
                Err(no) => denial = no,
            }
            if step.is_authoritative {
                break;
            }
        }
        Ok(Err(denial))
    }

    fn converse(
        &self,
        name: &[u8],
        found: Option<&Found>,
        password: &Secret,
        is_authoritative: bool,
    ) -> Result<Result<(), Denial>, SourceError> {
        let account = found.map(|found| &found.candidate.account);
        // root is let in by nobody; but modules that count wrong guesses would lock it out of its own console.
        if account.is_some_and(|account| account.uid == UserId::ROOT) {
            return Ok(Err(Denial::WrongPassword));
        }
        let name = account.map_or(name, |account| &account.name);
        match self.pam.converse(name, password) {
            // A module that lets in everybody makes nobody out of a name.
            Verdict::Right if found.is_some() => Ok(Ok(())),
            Verdict::Right | Verdict::Wrong => Ok(Err(Denial::WrongPassword)),
            Verdict::Expired | Verdict::Denied => Ok(Err(Denial::Expired)),
            Verdict::Unavailable if is_authoritative => Err(SourceError::Pam),
            Verdict::Unavailable => Ok(Err(Denial::WrongPassword)),
        }
    }

    /// Hashes once, whatever becomes of it.
    fn compare(&mut self, found: Option<&Found>, password: &Secret) -> Result<(), Denial> {
        let candidate = found.map(|found| &found.candidate);
        let hash = candidate.and_then(|candidate| match &candidate.proof {
            Proof::Hash(hash) => Some(hash.as_slice()),
            Proof::Nothing => None,
        });
        match (candidate, hash.filter(|hash| is_usable(hash))) {
            (Some(candidate), Some(hash)) if self.is_right(candidate, hash, password) => {
                self.still_open(candidate)
            }
            (Some(_), Some(_)) => Err(Denial::WrongPassword),
            _ => {
                self.waste(password);
                Err(Denial::WrongPassword)
            }
        }
    }

    fn is_right(&mut self, candidate: &Candidate, hash: &[u8], password: &Secret) -> bool {
        let offered = hashable(password);
        match self.hasher.hash(offered.unwrap_or_default(), hash) {
            Some(hashed) => offered.is_some() & is_equal(hash, &hashed),
            None => {
                self.remarks.unknown_hash(&candidate.account.name, hash);
                self.waste(password);
                false
            }
        }
    }

    /// Takes as long as a comparison.
    fn waste(&mut self, password: &Secret) {
        let _ = self.hasher.hash(hashable(password).unwrap_or_default(), &self.dummy_hash());
    }

    fn dummy_hash(&self) -> Vec<u8> {
        let sample = self.steps.iter().find_map(|step| step.source()?.sample_hash());
        sample.filter(|hash| is_usable(hash)).unwrap_or_else(|| DUMMY_HASH.to_vec())
    }

    fn still_open(&self, candidate: &Candidate) -> Result<(), Denial> {
        match candidate.lapse {
            None => Ok(()),
            Some(lapse) => {
                self.remarks.closed(&candidate.account.name, lapse);
                Err(Denial::Expired)
            }
        }
    }
}

/// What crypt(3) can be given of a password; None where it cannot be anybody's.
fn hashable(password: &Secret) -> Option<&[u8]> {
    let bytes = password.reveal();
    (bytes.len() <= PASSWORD_MOST && memchr::memchr(0, bytes).is_none()).then_some(bytes)
}

/// Whether a hash could ever match: not empty, not locked (passwd(5), shadow(5)).
pub fn is_usable(hash: &[u8]) -> bool {
    hash.len() > 2 && !hash.starts_with(b"!") && !hash.starts_with(b"*")
}

/// Compares without saying by its duration where two hashes differ.
fn is_equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
