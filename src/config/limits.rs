//! `<Limit>`: whether what is written in the scopes around a path allows a command there.

use super::settings::PathRules;

impl PathRules<'_> {
    /// Whether `<Limit>` allows a verb (upper case, `STOR`) whose groups (`WRITE`, …) its row names. Single commands weigh more than
    /// groups, groups more than ALL; the nearest scope that speaks decides; nothing said is allowed. `LOGIN` is asked as a verb.
    pub fn allows(&self, verb: &str, groups: &[&str]) -> bool {
        let says = |name: &str| {
            let named =
                self.limits.iter().filter(|limit| limit.commands.iter().any(|command| command == name));
            named.filter_map(|limit| limit.allow).next()
        };
        let by_group = || {
            let named = self
                .limits
                .iter()
                .filter(|limit| limit.commands.iter().any(|command| groups.contains(&command.as_str())));
            named.filter_map(|limit| limit.allow).next()
        };
        says(verb).or_else(by_group).or_else(|| says("ALL")).unwrap_or(true)
    }
}
