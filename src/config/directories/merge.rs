//! What the scopes around a path say together.

use super::super::listings;
use super::super::settings::{
    FakesHere, Filter, HiddenHere, HiddenName, HiddenStores, PathRules, ScopeRules, Subject,
};

/// How many limits stand within the nearest scope that says DenyAll outside every `<Limit>`; None where a nearer one says AllowAll, or none
/// says anything.
fn closed_behind(scopes: &[&ScopeRules]) -> Option<usize> {
    let nearest = scopes.iter().position(|scope| scope.says.is_some())?;
    let within = || scopes[..nearest].iter().map(|scope| scope.limits.len()).sum();
    (scopes[nearest].says == Some(false)).then(within)
}

/// The nearest scope that says something decides; limits are all kept, the nearest first.
pub fn merged<'a>(scopes: &[&'a ScopeRules], subject: &'a Subject) -> PathRules<'a> {
    fn nearest<T>(scopes: &[&ScopeRules], says: impl Fn(&ScopeRules) -> Option<T>, otherwise: T) -> T {
        scopes.iter().find_map(|scope| says(scope)).unwrap_or(otherwise)
    }
    let (umask_file, umask_directory) = nearest(scopes, |scope| scope.umask, (0o022, 0o022));
    let hidden_stores = hidden(scopes.iter().find_map(|scope| scope.hidden_stores.as_ref()));
    PathRules {
        umask_file,
        umask_directory,
        allow_overwrite: nearest(scopes, |scope| scope.allow_overwrite, false),
        allow_store_restart: nearest(scopes, |scope| scope.allow_store_restart, false),
        allow_retrieve_restart: nearest(scopes, |scope| scope.allow_retrieve_restart, true),
        list_options: scopes.iter().find_map(|scope| scope.list_options.as_ref()).unwrap_or(&listings::USUAL),
        show_symlinks: nearest(scopes, |scope| scope.show_symlinks, true),
        digests: nearest(scopes, |scope| scope.digests, true),
        unique_prefix: scopes.iter().find_map(|scope| scope.unique_prefix.as_deref()).unwrap_or("ftp"),
        hidden_stores,
        delete_aborted: nearest(scopes, |scope| scope.delete_aborted, hidden_stores.is_some()),
        user_owner: scopes.iter().find_map(|scope| scope.user_owner.as_deref()),
        group_owner: scopes.iter().find_map(|scope| scope.group_owner.as_deref()),
        display_chdir: scopes.iter().find_map(|scope| scope.display_chdir.as_ref()),
        deny_filter: filter(scopes.iter().find_map(|scope| scope.deny_filter.as_ref())),
        allow_filter: filter(scopes.iter().find_map(|scope| scope.allow_filter.as_ref())),
        path_deny_filter: filter(scopes.iter().find_map(|scope| scope.path_deny_filter.as_ref())),
        path_allow_filter: filter(scopes.iter().find_map(|scope| scope.path_allow_filter.as_ref())),
        hiding: HiddenHere::merged(scopes.iter().map(|scope| &scope.hiding)),
        fakes: FakesHere::merged(scopes.iter().map(|scope| &scope.fakes)),
        limits: scopes.iter().flat_map(|scope| &scope.limits).collect(),
        closed_behind: closed_behind(scopes),
        subject,
    }
}

fn hidden(said: Option<&HiddenStores>) -> Option<&HiddenName> {
    match said {
        Some(HiddenStores::On(name)) => Some(name),
        Some(HiddenStores::Off) | None => None,
    }
}

fn filter(said: Option<&Filter>) -> Option<&regex::bytes::Regex> {
    match said {
        Some(Filter::Pattern(pattern)) => Some(pattern),
        Some(Filter::None) | None => None,
    }
}
