//! Logins, connections and transfers that are refused: what the client hears, what the log hears, and whether the session may go on.

use std::borrow::Cow;

use crate::auth::places::LimitKind;
use crate::auth::wire::Denial;
use crate::config::settings::LimitText;
use crate::protocol::Reply;
use crate::scoreboard::ReasonCode;

use super::text;

/// What a denial comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The client may try again, MaxLoginAttempts permitting.
    Wrong {
        /// For the log: what follows `USER name`.
        reason: Reason,
        /// `file:line` of the rule that decides.
        rule: Option<Box<str>>,
    },
    /// AllowEmptyPasswords off: no guess, and so not counted as one.
    NoPassword,
    /// A limit is reached: the reply, then the end.
    Limited {
        /// 530 and the configured words.
        reply: Reply,
        /// For the log: the directive and its number.
        reached: String,
    },
}

/// Why a login was wrong, as logs are searched for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `: no such user found from NAME [IP] to IP:PORT`.
    NoSuchUser,
    /// `: user is not a UserAlias from NAME [IP] to IP:PORT`.
    NotAnAlias,
    /// `SECURITY VIOLATION: Root login attempted`, in place of all of it.
    Root,
    /// ` (Login failed): ` and these words.
    Failed(ReasonCode, Cow<'static, str>),
}

impl Reason {
    /// In short.
    pub fn words(&self) -> &str {
        match self {
            Reason::NoSuchUser => "no such user found",
            Reason::NotAnAlias => "user is not a UserAlias",
            Reason::Root => "Root login attempted",
            Reason::Failed(_, words) => words,
        }
    }

    /// Its code.
    pub fn code(&self) -> ReasonCode {
        match self {
            Reason::NoSuchUser => ReasonCode::NoSuchUser,
            Reason::NotAnAlias => ReasonCode::AliasOnly,
            Reason::Root => ReasonCode::Root,
            Reason::Failed(code, _) => *code,
        }
    }
}

/// The 530 that tells nobody why.
pub fn incorrect(reason: ReasonCode) -> Reply {
    Reply::refused(530, reason, "Login incorrect.")
}

/// What auth's denial means to a client of this class.
pub fn refusal(denial: &Denial, class: Option<&str>) -> Refusal {
    let reason = match denial {
        Denial::NoPassword => return Refusal::NoPassword,
        Denial::Limit { kind, most, text } => return limited(*kind, *most, (text.as_deref(), class)),
        Denial::NoSuchUser => Reason::NoSuchUser,
        Denial::NotAnAlias => Reason::NotAnAlias,
        Denial::Root => Reason::Root,
        Denial::WrongPassword => Reason::Failed(ReasonCode::Password, "Incorrect password".into()),
        Denial::Shell(shell) => {
            let words = format!("Invalid shell: '{}'", String::from_utf8_lossy(shell));
            Reason::Failed(ReasonCode::Shell, words.into())
        }
        Denial::Expired => Reason::Failed(ReasonCode::Expired, "Account disabled".into()),
        Denial::FtpUsers => Reason::Failed(ReasonCode::FtpUsers, "User in /etc/ftpusers".into()),
        Denial::Rule(_) => Reason::Failed(ReasonCode::Rule, "Limit access denies login".into()),
    };
    Refusal::Wrong { reason, rule: rule_of(denial) }
}

fn rule_of(denial: &Denial) -> Option<Box<str>> {
    match denial {
        Denial::Rule(written) if !written.is_empty() => Some(String::from_utf8_lossy(written).into()),
        _ => None,
    }
}

fn limited(kind: LimitKind, most: u32, (text, class): (Option<&[u8]>, Option<&str>)) -> Refusal {
    let directive = kind.directive();
    let reached = match (kind, class) {
        (LimitKind::ClientsPerClass, Some(class)) => format!("{directive} {class} {most}"),
        _ => format!("{directive} {most}"),
    };
    Refusal::Limited { reply: full((530, kind), text, most), reached }
}

/// What a client hears that is one too many from its address.
pub fn too_many_connections(limit: &LimitText, most: u32) -> Reply {
    let kind = LimitKind::ConnectionsPerHost;
    full((530, kind), own_words(Some(limit)), most)
}

/// What a client hears whose transfer is one too many; and, for the log, the directive.
pub fn too_many_transfers(kind: LimitKind, limit: Option<&LimitText>, most: u32) -> (Reply, &'static str) {
    (full((451, kind), own_words(limit), most), kind.directive())
}

fn own_words(limit: Option<&LimitText>) -> Option<&[u8]> {
    limit.and_then(|limit| limit.text.as_deref()).map(str::as_bytes)
}

fn full((code, kind): (u16, LimitKind), own: Option<&[u8]>, most: u32) -> Reply {
    let number = |name: &[u8]| (name == b"m").then(|| most.to_string().into_bytes());
    Reply::refused(code, kind.reason(), text::expand(own.unwrap_or(kind.words().as_bytes()), number))
}
