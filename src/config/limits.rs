//! `<Limit>`: whether what is written in the scopes around a path allows a command there.

use super::settings::{Limit, PathRules, Word};

/// Groups of commands.
pub const GROUPS: &[&str] = &["ALL", "DIRS", "LOGIN", "READ", "WRITE"];

/// Commands that ProFTPD knows, ours or not: a name that is neither here nor a group is a slip that would leave something open.
const COMMANDS: &[&str] = &[
    "ABOR", "ACCT", "ADAT", "ALLO", "APPE", "AUTH", "AVBL", "CCC", "CDUP", "CLNT", "CONF", "CSID", "CWD",
    "DELE", "ENC", "EPRT", "EPSV", "FEAT", "HASH", "HELP", "HOST", "LANG", "LIST", "LPRT", "LPSV", "MD5",
    "MDTM", "MFCT", "MFF", "MFMT", "MIC", "MKD", "MLSD", "MLST", "MODE", "NLST", "NOOP", "OPTS", "PASS",
    "PASV", "PBSZ", "PORT", "PROT", "PWD", "QUIT", "RANG", "REIN", "REST", "RETR", "RMD", "RNFR", "RNTO",
    "SIZE", "SITE", "SMNT", "STAT", "STOR", "STOU", "STRU", "SYST", "TYPE", "USER", "XCRC", "XCUP", "XCWD",
    "XMD5", "XMKD", "XPWD", "XRMD", "XSHA1", "XSHA256", "XSHA512",
];

/// What ALL does not mean, as in ProFTPD: to log in, and what every transfer needs. A `<Limit ALL>` around a folder where something
/// is allowed would else allow nothing there.
const APART_FROM_ALL: &[&str] = &[
    "LOGIN", "ABOR", "ALLO", "CLNT", "CSID", "EPRT", "EPSV", "HOST", "LANG", "MODE", "OPTS", "PASV", "PORT",
    "REST", "STRU", "SYST", "TYPE",
];

/// Whether a name (upper case) may stand in `<Limit>`.
pub fn is_limitable(name: &str) -> bool {
    name.starts_with("SITE_") || limitable().any(|known| known == name)
}

/// What may stand in `<Limit>`, SITE's own commands aside.
pub fn limitable() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().chain(COMMANDS).copied()
}

impl PathRules<'_> {
    /// Whether `<Limit>` allows a verb (upper case, `STOR`) whose groups (`WRITE`, …) its row names. Single commands weigh more than
    /// groups, groups more than ALL; the nearest scope that speaks decides; nothing said is allowed. `LOGIN` is asked as a verb.
    pub fn allows(&self, verb: &str, groups: &[&str]) -> bool {
        self.decides(verb, groups) == Some(true)
    }

    /// The same before all is known of who asks: None where that could change the answer.
    pub fn decides(&self, verb: &str, groups: &[&str]) -> Option<bool> {
        let named = |name: &str| self.says(|limit| limit.commands.iter().any(|command| command == name));
        let grouped =
            || self.says(|limit| limit.commands.iter().any(|command| groups.contains(&command.as_str())));
        let all = || if APART_FROM_ALL.contains(&verb) { Word::Silent } else { named("ALL") };
        let or = |word, next: &dyn Fn() -> Word| if word == Word::Silent { next() } else { word };
        match or(or(named(verb), &grouped), &all) {
            Word::Allowed | Word::Silent => Some(true),
            Word::Denied => Some(false),
            Word::Open => None,
        }
    }

    /// What the nearest section that speaks says.
    fn says(&self, is_meant: impl Fn(&Limit) -> bool) -> Word {
        let words =
            self.limits.iter().filter(|limit| is_meant(limit)).map(|limit| limit.access.word(self.subject));
        words.into_iter().find(|word| *word != Word::Silent).unwrap_or(Word::Silent)
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::{DirectoryRules, ScopeRules, Subject};
    use super::*;

    fn limit(commands: &[&str], allow: bool) -> Limit {
        Limit::plain(commands.iter().map(|command| command.to_string()).collect(), Some(allow))
    }

    fn allows(limits: Vec<Limit>, verb: &str, groups: &[&str]) -> bool {
        let base = ScopeRules { limits, ..ScopeRules::default() };
        let rules = DirectoryRules { base, sections: Default::default() };
        rules.rules_for("/".as_ref(), Subject::at("/")).allows(verb, groups)
    }

    #[test]
    fn single_commands_weigh_more_than_groups_and_groups_more_than_all() {
        let upload = || vec![limit(&["ALL"], false), limit(&["READ"], false), limit(&["STOR", "CWD"], true)];
        assert!(allows(upload(), "STOR", &["WRITE"]));
        assert!(!allows(upload(), "DELE", &["WRITE"]));
        assert!(!allows(upload(), "RETR", &["READ"]));
        let group = || vec![limit(&["ALL"], true), limit(&["WRITE"], false)];
        assert!(!allows(group(), "STOR", &["WRITE"]));
        assert!(allows(group(), "RETR", &["READ"]));
    }

    #[test]
    fn the_nearest_scope_that_speaks_decides() {
        assert!(allows(vec![limit(&["STOR"], true), limit(&["STOR"], false)], "STOR", &["WRITE"]));
        let silent = Limit::plain(vec!["STOR".into()], None);
        assert!(!allows(vec![silent, limit(&["STOR"], false)], "STOR", &["WRITE"]));
    }

    #[test]
    fn all_does_not_mean_login_nor_the_setting_up_of_transfers() {
        for verb in ["LOGIN", "EPSV", "TYPE"] {
            assert!(allows(vec![limit(&["ALL"], false)], verb, &[]), "{verb}");
            assert!(!allows(vec![limit(&[verb], false)], verb, &[]), "{verb}");
        }
    }

    #[test]
    fn nothing_said_is_allowed() {
        assert!(allows(vec![], "STOR", &["WRITE"]));
    }

    #[test]
    fn slips_are_no_commands() {
        assert!(is_limitable("SITE_CHMOD") && is_limitable("XMKD") && is_limitable("WRITE"));
        assert!(!is_limitable("WRTIE"));
    }
}
