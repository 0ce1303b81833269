//! `<Limit>`: whether what is written in the scopes around a path allows a command there.

use std::fmt;

use super::settings::{Limit, PathRules, Rule, ScopeRules, Word, Written};
use crate::protocol::verbs;

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

/// A command's usual name: XMKD is MKD, whichever of them is said and asked.
pub fn usual_name(name: String) -> String {
    verbs::find(name.as_bytes()).map_or(name, |(verb, _)| verb.name.to_owned())
}

/// What may stand in `<Limit>`, SITE's own commands aside.
pub fn limitable() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().chain(COMMANDS).copied()
}

impl PathRules<'_> {
    /// Whether `<Limit>` allows a verb (upper case, `STOR`) whose groups (`WRITE`, …) its row names. Single commands weigh more than
    /// groups, groups more than ALL; the nearest scope that speaks decides; nothing said is allowed. `LOGIN` is asked as a verb.
    /// A DenyAll outside every `<Limit>` closes its scope, whatever is allowed there and around it.
    pub fn allows(&self, verb: &str, groups: &[&str]) -> bool {
        self.decides(verb, groups) == Some(true)
    }

    /// The same, with the rule that refuses.
    pub fn judge(&self, verb: &str, groups: &[&str]) -> Result<(), Rule> {
        match self.decision(verb, groups) {
            (Some(true), _) => Ok(()),
            (Some(false), decider) => Err(decider.written().into()),
            (None, _) => Err(Rule::default()),
        }
    }

    /// The same before all is known of who asks: None where that could change the answer.
    pub fn decides(&self, verb: &str, groups: &[&str]) -> Option<bool> {
        self.decision(verb, groups).0
    }

    /// The rule that refuses, whatever is not known yet of who asks.
    pub fn denial(&self, verb: &str, groups: &[&str]) -> Option<Rule> {
        match self.decision(verb, groups) {
            (Some(false), decider) => Some(decider.written().into()),
            (Some(true) | None, _) => None,
        }
    }

    /// Whether it is allowed, if that does not depend on what is not known yet; and what decides.
    pub fn decision(&self, verb: &str, groups: &[&str]) -> (Option<bool>, Decider<'_>) {
        let is_apart = APART_FROM_ALL.contains(&verb);
        let (scopes, closing) = if is_apart { (&self.scopes[..], None) } else { self.heard() };
        let says = |is_meant: &dyn Fn(&str) -> bool| {
            let is_meant = |limit: &&Limit| limit.commands.iter().any(|command| is_meant(command));
            let limits = scopes.iter().flat_map(|scope| &scope.limits).filter(is_meant);
            let mut words = limits.map(|limit| (limit.access.word(self.subject), limit));
            words.find(|(word, _)| *word != Word::Silent)
        };
        let said = says(&|command| command == verb)
            .or_else(|| says(&|command| groups.contains(&command)))
            .or_else(|| says(&|command| command == "ALL" && !is_apart));
        match said {
            Some((Word::Allowed, limit)) => (Some(true), Decider::Limit(limit)),
            Some((Word::Denied, limit)) => (Some(false), Decider::Limit(limit)),
            Some((Word::Open, limit)) => (None, Decider::Limit(limit)),
            Some((Word::Silent, _)) | None => match closing {
                Some(scope) => (Some(false), Decider::Closing(scope)),
                None => (Some(true), Decider::Nothing),
            },
        }
    }
}

/// What decides whether a command is allowed at a path.
#[derive(Clone, Copy, Debug)]
pub enum Decider<'a> {
    /// This section.
    Limit(&'a Limit),
    /// The DenyAll of this scope, outside every section.
    Closing(&'a ScopeRules),
    /// Nothing is said.
    Nothing,
}

impl Decider<'_> {
    fn written(&self) -> Option<&Written> {
        match self {
            Decider::Limit(limit) => limit.written.as_ref(),
            Decider::Closing(scope) => scope.says_at.as_ref(),
            Decider::Nothing => None,
        }
    }
}

impl fmt::Display for Decider<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Decider::Limit(limit) => write!(f, "<Limit {}>", limit.commands.join(" "))?,
            Decider::Closing(_) => f.write_str("DenyAll")?,
            Decider::Nothing => f.write_str("no line")?,
        }
        self.written().map_or(Ok(()), |written| write!(f, " at {written}"))
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
    fn a_bare_denial_closes_its_scope_whatever_is_allowed_there_and_around() {
        let scope = |says, limits| ScopeRules { says, limits, ..ScopeRules::default() };
        let asked = |outer: ScopeRules, inner: ScopeRules, verb: &str| {
            let mut rules = DirectoryRules { base: outer, sections: Default::default() };
            rules.sections.add("/in", inner).expect("sound");
            rules.rules_for("/in/x".as_ref(), Subject::at("/")).allows(verb, &["WRITE"])
        };
        let open = || vec![limit(&["STOR"], true)];
        assert!(!asked(scope(None, open()), scope(Some(false), open()), "STOR"));
        assert!(!asked(scope(Some(false), Vec::new()), scope(None, Vec::new()), "STOR"));
        assert!(asked(scope(Some(false), Vec::new()), scope(None, open()), "STOR"));
        assert!(asked(scope(Some(false), Vec::new()), scope(Some(true), Vec::new()), "STOR"));
        assert!(!asked(scope(None, vec![limit(&["STOR"], false)]), scope(Some(true), Vec::new()), "STOR"));
        // To log in, and to set transfers up, is no part of it.
        assert!(asked(scope(Some(false), Vec::new()), scope(None, Vec::new()), "EPSV"));
        assert!(!asked(scope(None, vec![limit(&["LOGIN"], false)]), scope(Some(false), Vec::new()), "LOGIN"));
    }

    #[test]
    fn nothing_said_is_allowed() {
        assert!(allows(vec![], "STOR", &["WRITE"]));
    }

    #[test]
    fn slips_are_no_commands() {
        assert!(is_limitable("SITE_CHMOD") && is_limitable("XMKD") && is_limitable("WRITE"));
        assert!(!is_limitable("WRTIE"));
        let usual = |name: &str| usual_name(name.into());
        assert_eq!(["XMKD", "XCUP", "MKD", "WRITE"].map(usual), ["MKD", "CDUP", "MKD", "WRITE"]);
    }
}
