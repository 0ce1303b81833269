//! What MLST and MLSD tell on one server: FactsAdvertise, FactsDefault and FactsOptions together.

use super::draft::SessionDraft;
use crate::protocol::{Fact, Facts};

/// What MLST and MLSD tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactRules {
    /// FactsAdvertise: FEAT speaks of it.
    pub advertised: bool,
    /// What clients may choose.
    pub available: Facts,
    /// What is told to those that do not choose.
    pub usual: Facts,
    /// FactsOptions UseSlink.
    pub link_targets: bool,
}

impl FactRules {
    /// What a server says; the usual facts where it says nothing.
    pub fn said(said: &SessionDraft) -> FactRules {
        let options = said.facts_options.unwrap_or_default();
        let available = match options.no_names {
            true => Facts::ALL.without(Fact::OwnerName).without(Fact::GroupName),
            false => Facts::ALL,
        };
        FactRules {
            advertised: said.facts_advertised.unwrap_or(true),
            available,
            usual: said.facts_usual.unwrap_or(Facts::USUAL).common(available),
            link_targets: options.link_targets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::draft::FactOptions;
    use super::*;

    #[test]
    fn names_that_are_refused_are_no_choice() {
        let said = SessionDraft {
            facts_usual: Some(Facts::read(b"type;UNIX.ownername;")),
            facts_options: Some(FactOptions { no_names: true, link_targets: false }),
            ..SessionDraft::default()
        };
        let rules = FactRules::said(&said);
        assert_eq!(rules.usual, Facts::read(b"type;"));
        assert!(!rules.available.has(Fact::GroupName) && rules.advertised && !rules.link_targets);
        let silent = FactRules::said(&SessionDraft::default());
        assert_eq!((silent.usual, silent.available), (Facts::USUAL, Facts::ALL));
    }
}
