//! What holds for the transfers of one path: the lines of the scopes around it, asked when something is transferred and not before.

use super::settings::{LimitText, PathRules, TransferLimit, TransferLines, TransferRate};
use crate::auth::places::{TransferVerb, TransferVerbs};

impl PathRules<'_> {
    fn transfers(&self) -> impl Iterator<Item = &TransferLines> {
        self.scopes.iter().map(|scope| &scope.transfers)
    }

    /// MaxTransfersPerUser or MaxTransfersPerHost for a command: what it is counted together with, and how many there may be.
    pub fn transfer_limit(
        &self,
        is_per_user: bool,
        verb: TransferVerb,
    ) -> Option<(TransferVerbs, &LimitText)> {
        let is_meant = |line: &&TransferLimit| line.is_per_user == is_per_user && line.verbs.has(verb);
        let line = self.transfers().flat_map(|lines| &lines.limits).find(is_meant)?;
        Some((line.verbs, &line.limit))
    }

    /// TransferRate for a command.
    pub fn transfer_rate(&self, verb: TransferVerb) -> Option<TransferRate> {
        let mut lines = self.transfers().flat_map(|lines| &lines.rates);
        lines.find(|line| line.verbs.has(verb) && line.whom.has(self.subject) == Some(true))?.rate
    }

    /// MaxStoreFileSize or MaxRetrieveFileSize.
    pub fn largest_file(&self, is_stored: bool) -> Option<u64> {
        let mut lines = self.transfers().flat_map(|lines| &lines.sizes);
        lines.find(|line| line.is_stored == is_stored && line.whom.has(self.subject) == Some(true))?.most
    }
}

#[cfg(test)]
mod tests {
    use super::super::access::Term;
    use super::super::arguments::Arguments;
    use super::super::expressions::{Expression, Usually};
    use super::super::lines::{Source, lines};
    use super::super::settings::{DirectoryRules, ScopeRules, SizeLine, Subject, Who};
    use super::*;

    fn user(name: &str) -> Term {
        let line = lines(&Source::new("/f".into(), format!("Name {name}").as_bytes())).remove(0);
        let (first, words) = line.words.split_first().expect("words");
        Term::User(Expression::read(Usually::Any, &mut Arguments::new(first, words)).expect("sound"))
    }

    fn size(most: u64, name: &str) -> SizeLine {
        let whom = if name.is_empty() { Term::Everybody } else { user(name) };
        SizeLine { is_stored: true, most: (most > 0).then_some(most), whom }
    }

    fn scope(sizes: Vec<SizeLine>) -> ScopeRules {
        let transfers = TransferLines { sizes, ..TransferLines::default() };
        ScopeRules { transfers, ..ScopeRules::default() }
    }

    #[test]
    fn the_first_line_that_is_for_somebody_holds_and_the_nearest_scope_stands_first() {
        let base = scope(vec![size(7, "demo"), size(50, "")]);
        let mut rules = DirectoryRules { base, sections: Default::default() };
        rules.sections.add("/free", scope(vec![size(0, "")])).expect("sound");
        rules.sections.add("/joe", scope(vec![size(5, "joe")])).expect("sound");
        let of = |name: &str, path: &str| {
            let who = Some(Who::named(name, &[]));
            let subject = Subject { who, ..Subject::default() };
            rules.rules_for(path.as_ref(), &subject).largest_file(true)
        };
        assert_eq!([of("demo", "/x"), of("ann", "/x")], [Some(7), Some(50)]);
        assert_eq!([of("demo", "/free/x"), of("ann", "/free/x")], [None, None]);
        assert_eq!([of("demo", "/joe/x"), of("joe", "/joe/x")], [Some(7), Some(5)]);
        assert_eq!(of("ann", "/joe/x"), Some(50));
    }
}
