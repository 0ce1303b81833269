//! Refused logins: what the client hears, what the log hears, and whether the session may go on.

use crate::auth::wire::Denial;
use crate::config::settings::{LimitText, SessionRules};
use crate::protocol::Reply;

use super::text;

/// What a denial comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The client may try again, MaxLoginAttempts permitting.
    Wrong {
        /// For the log: what follows `USER name`.
        reason: Reason,
    },
    /// A limit is reached: the reply, then the end.
    Limited {
        /// 530 and the configured words.
        reply: Reply,
        /// For the log: the directive and its number.
        directive: &'static str,
        /// See `directive`.
        most: u32,
    },
}

/// Why a login was wrong, as logs are searched for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `: no such user found from NAME [IP] to IP:PORT`.
    NoSuchUser,
    /// `: user is not a UserAlias from NAME [IP] to IP:PORT`.
    NotAnAlias,
    /// ` (Login failed): ` and these words.
    Failed(&'static str),
}

/// The 530 that tells nobody why.
pub fn incorrect() -> Reply {
    Reply::new(530, "Login incorrect.")
}

/// What auth's denial means under these rules.
pub fn refusal(denial: &Denial, rules: &SessionRules) -> Refusal {
    match denial {
        Denial::NoSuchUser => Refusal::Wrong { reason: Reason::NoSuchUser },
        Denial::WrongPassword => Refusal::Wrong { reason: Reason::Failed("Incorrect password") },
        Denial::Root => Refusal::Wrong { reason: Reason::Failed("Root login denied") },
        Denial::Shell => Refusal::Wrong { reason: Reason::Failed("Invalid shell") },
        Denial::Expired => Refusal::Wrong { reason: Reason::Failed("Account disabled") },
        Denial::FtpUsers => Refusal::Wrong { reason: Reason::Failed("User in /etc/ftpusers") },
        Denial::NotAnAlias => Refusal::Wrong { reason: Reason::NotAnAlias },
        Denial::MaxClients(most) => limited("MaxClients", *most, &rules.max_clients, CLIENTS),
        Denial::MaxClientsPerUser(most) => {
            limited("MaxClientsPerUser", *most, &rules.max_clients_per_user, CLIENTS_PER_USER)
        }
        Denial::MaxClientsPerHost(most) => {
            limited("MaxClientsPerHost", *most, &rules.max_clients_per_host, CLIENTS_PER_HOST)
        }
    }
}

const CLIENTS: &str = "Sorry, the maximum number of allowed clients (%m) are already connected.";
const CLIENTS_PER_USER: &str =
    "Sorry, the maximum number of clients (%m) for this user are already connected.";
const CLIENTS_PER_HOST: &str =
    "Sorry, the maximum number of clients (%m) from your host are already connected.";

fn limited(directive: &'static str, most: u32, configured: &LimitText, standard: &str) -> Refusal {
    let template = configured.text.as_deref().unwrap_or(standard);
    let number = |letter| (letter == b'm').then(|| most.to_string().into_bytes());
    let reply = Reply::new(530, text::expand(template.as_bytes(), number));
    Refusal::Limited { reply, directive, most }
}
