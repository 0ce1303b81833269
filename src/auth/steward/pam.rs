//! PAM as a judge of passwords: what auth asks, and what a child of the steward answers.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use slog::{Logger, error, warn};

use super::{Job, JobError, Outcome, Steward};
use crate::auth::secret::Secret;
use crate::auth::wire::{NAME_MAX, PASSWORD_MAX};
use crate::sys::ProcessId;
use crate::sys::pam::{self, Login, PamError, Refusal, Step, text};

/// After this long a conversation is ended: shorter than a worker waits for its answer.
pub const TIME_ALLOWED: Duration = Duration::from_secs(6);
/// How long a conversation waits for its turn.
const PATIENCE: Duration = Duration::from_secs(3);

/// What PAM is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// AuthPAMConfig: a file in /etc/pam.d.
    pub service: String,
    /// The account's own name.
    pub name: Vec<u8>,
    /// As given with PASS.
    pub password: Secret,
    /// Where the client comes from (PAM_RHOST).
    pub peer: IpAddr,
    /// The worker by which PAM_TTY is named; None where AuthPAMOptions says NoTTY.
    pub terminal: Option<ProcessId>,
}

/// What PAM says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right, and the account may come in.
    Right,
    /// It is not, or nobody has that name.
    Wrong,
    /// The account, or its password, has expired.
    Expired,
    /// The password is right, and a rule of the host keeps the account out (pam_access, pam_time, pam_nologin).
    Denied,
    /// PAM cannot be asked, or cannot say.
    Unavailable,
}

impl Verdict {
    /// All of them, as they are numbered in records.
    pub const ALL: [Verdict; 5] =
        [Verdict::Right, Verdict::Wrong, Verdict::Expired, Verdict::Denied, Verdict::Unavailable];

    /// In a record.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// From a record.
    pub fn numbered(number: u8) -> Option<Verdict> {
        Verdict::ALL.get(usize::from(number)).copied()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Right => "right",
            Verdict::Wrong => "wrong",
            Verdict::Expired => "expired",
            Verdict::Denied => "denied",
            Verdict::Unavailable => "unavailable",
        })
    }
}

/// Auth: asks PAM by the steward, and waits for its word. What the operator has to know is logged here.
pub fn check(steward: Option<&Steward>, asked: &Conversation, log: &Logger) -> Verdict {
    if !is_name(&asked.name) || asked.password.reveal().len() > usize::from(PASSWORD_MAX) {
        return Verdict::Wrong;
    }
    let done = steward
        .ok_or(JobError::None)
        .and_then(|steward| steward.have_done(&Job::Converse(asked.clone()), PATIENCE));
    match done {
        Ok(Outcome::Judged(verdict, why)) => {
            match verdict {
                Verdict::Unavailable => error!(log, "PAM ({}): {why}", asked.service),
                Verdict::Expired | Verdict::Denied => warn!(log, "PAM ({}): {why}", asked.service),
                Verdict::Right | Verdict::Wrong => {}
            }
            verdict
        }
        Ok(Outcome::HomeMade | Outcome::NoHome(_)) => {
            error!(log, "PAM ({}): unexpected answer from auth's helper, ignored", asked.service);
            Verdict::Unavailable
        }
        Err(failed) => {
            error!(log, "PAM ({}): {failed}", asked.service);
            Verdict::Unavailable
        }
    }
}

/// Whether modules are told this name: those that keep a file for each name, or hand it to a program, need not be as careful as they
/// should be. No account has another (useradd(8)), so nothing is learnt from the quick answer.
fn is_name(name: &[u8]) -> bool {
    let is_odd = |byte: &u8| byte.is_ascii_control() || b"/:".contains(byte);
    let starts_well = name.first().is_some_and(|first| !b"-.".contains(first));
    starts_well && name.len() <= usize::from(NAME_MAX) && !name.iter().any(is_odd)
}

/// Child of the steward: the conversation itself.
pub fn converse(asked: &Conversation) -> Outcome {
    let terminal = asked.terminal.map(|worker| format!("/dev/ftpd{worker}"));
    let strings = (
        text(asked.service.as_bytes()),
        text(&asked.name),
        text(asked.password.reveal()),
        text(asked.peer.to_string().as_bytes()),
    );
    // A NUL would cut a name or a password short, and let in whoever knows its beginning.
    let (Some(service), Some(name), Some(password), Some(remote_host)) = strings else {
        return Outcome::Judged(Verdict::Wrong, "a NUL within".into());
    };
    let terminal = terminal.and_then(|line| text(line.as_bytes()));
    let login = Login {
        service: &service,
        name: &name,
        password: &password,
        remote_host: &remote_host,
        terminal: terminal.as_deref(),
    };
    let result = pam::log_in(&login);
    pam::forget(password);
    match result {
        Ok(()) => Outcome::Judged(Verdict::Right, String::new()),
        Err(PamError::Library(missing)) => {
            Outcome::Judged(Verdict::Unavailable, format!("{missing}, or say AuthPAM off"))
        }
        Err(PamError::Refused(refusal)) => {
            let verdict = verdict(&refusal);
            Outcome::Judged(verdict, explain(verdict, &refusal, asked))
        }
    }
}

/// PAM's numbers (_pam_types.h). What is no word about the account is a fault of the host's.
fn verdict(refusal: &Refusal) -> Verdict {
    const PERMISSION_DENIED: i32 = 6;
    const AUTHENTICATION_FAILED: i32 = 7;
    const CREDENTIALS_INSUFFICIENT: i32 = 8;
    const USER_UNKNOWN: i32 = 10;
    const TRIES_EXCEEDED: i32 = 11;
    const PASSWORD_TO_BE_CHANGED: i32 = 12;
    const ACCOUNT_EXPIRED: i32 = 13;
    const CREDENTIALS_EXPIRED: i32 = 16;
    const PASSWORD_EXPIRED: i32 = 27;
    match (refusal.step, refusal.code) {
        (Step::Start, _) => Verdict::Unavailable,
        (_, PASSWORD_TO_BE_CHANGED | ACCOUNT_EXPIRED | CREDENTIALS_EXPIRED | PASSWORD_EXPIRED) => {
            Verdict::Expired
        }
        (Step::Authenticate, AUTHENTICATION_FAILED | USER_UNKNOWN | TRIES_EXCEEDED | PERMISSION_DENIED) => {
            Verdict::Wrong
        }
        (Step::Account, AUTHENTICATION_FAILED | USER_UNKNOWN | PERMISSION_DENIED) => Verdict::Denied,
        (_, CREDENTIALS_INSUFFICIENT) => Verdict::Wrong,
        _ => Verdict::Unavailable,
    }
}

/// With the next step, where the operator has to do something.
fn explain(verdict: Verdict, refusal: &Refusal, asked: &Conversation) -> String {
    let name = String::from_utf8_lossy(&asked.name);
    let call = match refusal.step {
        Step::Start => "pam_start",
        Step::Authenticate => "pam_authenticate",
        Step::Account => "pam_acct_mgmt",
    };
    let said = format!("{name}: {call}: {}", refusal.words);
    match verdict {
        Verdict::Unavailable => format!("{said}; look at /etc/pam.d/{}", asked.service),
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_about_the_account_is_told_from_a_fault_of_the_host() {
        use Step::{Account, Authenticate, Start};
        let table = [
            (Start, 4, Verdict::Unavailable),
            (Authenticate, 7, Verdict::Wrong),
            (Authenticate, 10, Verdict::Wrong),
            (Authenticate, 6, Verdict::Wrong),
            (Authenticate, 9, Verdict::Unavailable),
            (Authenticate, 19, Verdict::Unavailable),
            (Authenticate, 28, Verdict::Unavailable),
            (Account, 6, Verdict::Denied),
            (Account, 12, Verdict::Expired),
            (Account, 13, Verdict::Expired),
            (Account, 9, Verdict::Unavailable),
        ];
        for (step, code, expected) in table {
            let refusal = Refusal { step, code, words: String::new() };
            assert_eq!(verdict(&refusal), expected, "{step:?} {code}");
        }
    }

    #[test]
    fn modules_are_told_no_path_and_no_option() {
        for (name, is_told) in [
            ("demo", true),
            ("demo.user@example.com", true),
            ("DOMAIN\\some one", true),
            ("", false),
            ("-rf", false),
            ("..", false),
            ("a/../../b", false),
            ("a\x1b[2J", false),
            ("a:b", false),
        ] {
            assert_eq!(is_name(name.as_bytes()), is_told, "{name:?}");
        }
        assert!(!is_name(&vec![b'a'; usize::from(NAME_MAX) + 1]));
    }

    #[test]
    fn verdicts_have_numbers() {
        for verdict in Verdict::ALL {
            assert_eq!(Verdict::numbered(verdict.number()), Some(verdict));
        }
        assert_eq!(Verdict::numbered(9), None);
    }
}
