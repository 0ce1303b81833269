//! Why clients are refused: one row a reason. Its code word stands in logs and metrics, its number is its place among the board's counters.

/// How many reasons the board has counters for.
pub const REASONS_MOST: usize = 64;

macro_rules! reasons {
    ($($name:ident, $word:literal, $meaning:literal;)*) => {
        /// Why a client is refused something. The numbers are the board's: new reasons are appended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum ReasonCode {
            $(#[doc = $meaning] $name,)*
        }

        impl ReasonCode {
            /// Every reason, at the index that is its number.
            pub const ALL: &[ReasonCode] = &[$(ReasonCode::$name,)*];

            /// Its code word: never renamed.
            pub fn word(self) -> &'static str {
                match self {
                    $(ReasonCode::$name => $word,)*
                }
            }

            /// What it means, in a sentence for operators.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(ReasonCode::$name => $meaning,)*
                }
            }
        }
    };
}

reasons! {
    Shutdown, "shutdown", "The shutdown file lets nobody in any more, or its time to disconnect has come.";
    ServerDown, "server-down", "An operator has taken the virtual host down.";
    Ordered, "ordered", "An operator, or the daemon's end, has sessions end.";
    Service, "service", "A part of the daemon does not answer: auth, or the recorder.";
    NoServer, "no-server", "No server is configured for the address that was reached.";
    Rule, "rule", "`<Limit>`, or a DenyAll outside of it; `rule` names its line.";
    Proxy, "proxy", "The connection did not begin with a header of the PROXY protocol.";
    Foreign, "foreign", "The client speaks another protocol: HTTP, TLS, SSH and the like.";
    Timeout, "timeout", "One of the timers ran out: TimeoutLogin, TimeoutIdle and the like.";
    MaxInstances, "max-instances", "MaxInstances is reached.";
    MaxConnectionRate, "max-connection-rate", "MaxConnectionRate is reached.";
    MaxConnectionsPerHost, "max-connections-per-host", "MaxConnectionsPerHost is reached.";
    MaxClients, "max-clients", "MaxClients is reached.";
    MaxClientsPerUser, "max-clients-per-user", "MaxClientsPerUser is reached.";
    MaxClientsPerHost, "max-clients-per-host", "MaxClientsPerHost is reached.";
    MaxClientsPerClass, "max-clients-per-class", "MaxClientsPerClass is reached.";
    MaxHostsPerUser, "max-hosts-per-user", "MaxHostsPerUser is reached.";
    MaxLoginAttempts, "max-login-attempts", "MaxLoginAttempts is reached: counted beside the reason of the last attempt.";
    MaxTransfersPerHost, "max-transfers-per-host", "MaxTransfersPerHost is reached.";
    MaxTransfersPerUser, "max-transfers-per-user", "MaxTransfersPerUser is reached.";
    MaxRetrieveFileSize, "max-retrieve-file-size", "The file is larger than MaxRetrieveFileSize.";
    MaxStoreFileSize, "max-store-file-size", "The file grew larger than MaxStoreFileSize.";
    NoSuchUser, "no-such-user", "Nobody is called so.";
    Password, "password", "The password is wrong.";
    NoPassword, "no-password", "No password was given (AllowEmptyPasswords off).";
    Root, "root", "Root may not log in (RootLogin off).";
    Shell, "shell", "The account's shell is none of /etc/shells (RequireValidShell).";
    Expired, "expired", "The account, or its password, has expired or is disabled.";
    FtpUsers, "ftpusers", "The account stands in /etc/ftpusers (UseFtpUsers).";
    AliasOnly, "alias-only", "Only aliases may log in (AuthAliasOnly).";
    AnonymousPassword, "anonymous-password", "AnonRejectPasswords has the password.";
    Home, "home", "The account's root or folder cannot be entered.";
    NotLoggedIn, "not-logged-in", "The command is for those who have logged in.";
    Protocol, "protocol", "What the client said is no command here, or has arguments that it does not take.";
    Sequence, "sequence", "The command cannot follow what went before.";
    Encoding, "encoding", "The name is in no valid encoding (RequireValidEncoding).";
    Filter, "filter", "AllowFilter or DenyFilter; `rule` names its line.";
    PathFilter, "path-filter", "PathAllowFilter or PathDenyFilter; `rule` names its line.";
    Overwrite, "overwrite", "AllowOverwrite is off, and the file is there.";
    Restart, "restart", "AllowStoreRestart or AllowRetrieveRestart is off.";
    HiddenStore, "hidden-store", "HiddenStores: the temporary name is taken, or the upload would begin inside a file.";
    Hidden, "hidden", "HideFiles and its like hide what was asked for.";
    Digest, "digest", "DigestEnable is off, or the file is too large for a sum.";
    Absent, "absent", "Nothing of that name is there.";
    Permission, "permission", "The file system does not permit it.";
    Unsuited, "unsuited", "What is there is not what the command is for: a folder, a name that is taken, a folder that is not empty.";
    Space, "space", "The disk or a quota of the file system is full.";
    Range, "range", "REST or RANG leads outside the file.";
    DataAddress, "data-address", "PORT or EPRT names an address or a port that data is not sent to.";
    DataConnection, "data-connection", "The data connection did not come about, broke, or was aborted.";
    Failure, "failure", "The file system failed.";
}

impl ReasonCode {
    /// Whether clients meet it every day by their own mistakes, and nobody configured it.
    pub fn is_everyday(self) -> bool {
        use ReasonCode::{
            Absent, DataConnection, Encoding, NotLoggedIn, Protocol, Range, Sequence, Unsuited,
        };
        matches!(
            self,
            Absent | DataConnection | Encoding | NotLoggedIn | Protocol | Range | Sequence | Unsuited
        )
    }
}

/// How often each reason was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusals([u64; REASONS_MOST]);

impl Default for Refusals {
    fn default() -> Refusals {
        Refusals([0; REASONS_MOST])
    }
}

impl FromIterator<(ReasonCode, u64)> for Refusals {
    fn from_iter<I: IntoIterator<Item = (ReasonCode, u64)>>(counts: I) -> Refusals {
        let mut refusals = Refusals::default();
        counts.into_iter().for_each(|(reason, count)| refusals.add(reason as usize, count));
        refusals
    }
}

impl Refusals {
    /// How often this one was.
    pub fn of(&self, reason: ReasonCode) -> u64 {
        self.0[reason as usize]
    }

    /// Every reason with its count.
    pub fn each(&self) -> impl Iterator<Item = (ReasonCode, u64)> {
        ReasonCode::ALL.iter().map(|reason| (*reason, self.of(*reason)))
    }

    /// Those that were met, the most frequent first.
    pub fn met(&self) -> Vec<(ReasonCode, u64)> {
        let mut met: Vec<_> = self.each().filter(|(_, count)| *count > 0).collect();
        met.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        met
    }

    /// Adds to one; counts wrap, as totals do.
    pub(super) fn add(&mut self, number: usize, more: u64) {
        if let Some(count) = self.0.get_mut(number) {
            *count = count.wrapping_add(more);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_reason_has_a_word_of_its_own_and_a_counter() {
        const { assert!(ReasonCode::ALL.len() <= REASONS_MOST) };
        let mut words = HashSet::new();
        for (number, reason) in ReasonCode::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, number);
            assert!(words.insert(reason.word()), "{}", reason.word());
            assert!(reason.word().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
            assert!(reason.meaning().ends_with('.'));
        }
    }

    #[test]
    fn the_page_on_logs_has_every_reason() {
        let page = include_str!("../../docs/logging.md");
        let rows: Vec<String> = ReasonCode::ALL
            .iter()
            .map(|reason| format!("| `{}` | {} |", reason.word(), reason.meaning()))
            .collect();
        let start = page.find("## Why clients are refused").unwrap();
        let told = page[start..].lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
        let told: Vec<&str> = told.take_while(|line| line.starts_with('|')).collect();
        assert_eq!(told, rows);
    }
}
