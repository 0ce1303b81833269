//! A server and its sections: from what was said in and around them to settings.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;

use slog::Level;

use super::account_files::{AccountFile, FileOptions, checked, home_in};
use super::addresses::Families;
use super::anonymous::anonymous;
use super::classes::Classes;
use super::complaint::Complaints;
use super::conditions::{Condition, ConditionDraft, exceptions};
use super::directories::Sections;
use super::draft::{AccountFileDraft, DaemonDraft, DirectoryDraft, HostDraft, Scope};
use super::extended::Formats;
use super::hidden_owners::{self, Books};
use super::inherit::from_global;
use super::lines::Word;
use super::names::{self, home_of};
use super::sessions::Words;
use super::settings::{Anonymous, DirectoryRules, Exception, Pam, Server, Sessions};
use super::{Complaint, LoadOptions, arguments, defaults};
use crate::auth::order::{Module, Ordered};
use crate::auth::{FilteredFile, NamedSections};
use crate::logging::trace::{Levels, TraceOptions};
use crate::logging::{Links, Severity};

/// What stands around a server.
pub struct Surroundings<'a> {
    pub global: &'a Scope,
    pub families: Families,
    pub classes: &'a Classes,
    pub formats: Formats,
    pub options: &'a LoadOptions,
    /// Users and groups that sections name.
    pub found: names::Found,
    /// The main server's Port.
    pub main_port: u16,
    /// Its ServerName, which virtual hosts share where they say nothing.
    pub main_name: Option<String>,
    /// Its Trace and TraceOptions, which hold for all servers that say nothing of them.
    pub main_trace: (Levels, Option<TraceOptions>),
}

/// A server with the word to blame if it collides with another.
pub struct Found {
    pub server: Server,
    blame: Option<Word>,
    default_word: Option<Word>,
}

/// The main server; `scope` has inherited from `<Global>`.
pub fn main(
    scope: Scope,
    daemon: &DaemonDraft,
    around: &Surroundings<'_>,
    complaints: &mut Complaints,
) -> Found {
    let listen = main_addresses(&daemon.addresses, around, complaints);
    finish(scope, listen, None, around, complaints)
}

fn main_addresses(said: &[Word], around: &Surroundings<'_>, complaints: &mut Complaints) -> Vec<SocketAddr> {
    let port = around.main_port;
    if let Some(text) = &around.options.server_address {
        return match around.families.resolve(text) {
            Ok(found) => {
                found.into_iter().map(|(ip, own)| SocketAddr::new(ip, own.unwrap_or(port))).collect()
            }
            Err(message) => {
                complaints.push(Complaint::error(None, format!("-S: {message}")));
                Vec::new()
            }
        };
    }
    if !said.is_empty() {
        return around.families.all(said, port, "DefaultAddress", complaints);
    }
    let wildcards = around.families.wildcards().into_iter().map(|ip| SocketAddr::new(ip, port));
    wildcards.filter(|address| address.port() != 0).collect()
}

/// A virtual host. ServerName is the main server's where nothing is said; Port and ServerAdmin are not, as in ProFTPD.
pub fn host(host: HostDraft, around: &Surroundings<'_>, complaints: &mut Complaints) -> Found {
    let HostDraft { addresses, mut scope } = host;
    from_global(&mut scope, around.global);
    if scope.server.name.is_none() {
        scope.server.name.clone_from(&around.main_name);
    }
    let (levels, options) = around.main_trace;
    scope.session.trace = scope.session.trace.over(levels);
    scope.server.trace_options = scope.server.trace_options.or(options);
    let port = scope.server.port.unwrap_or(defaults::PORT);
    let listen = around.families.all(&addresses, port, "<VirtualHost>", complaints);
    finish(scope, listen, addresses.into_iter().next(), around, complaints)
}

fn finish(
    scope: Scope,
    listen: Vec<SocketAddr>,
    blame: Option<Word>,
    around: &Surroundings<'_>,
    complaints: &mut Complaints,
) -> Found {
    tell_unknown_classes(&scope, around.classes, complaints);
    let names = (&around.formats, scope.server.environment.as_slice());
    let words = Words::of(scope.session.clone(), &scope.named, names, complaints);
    let exceptions = exceptions(&scope, around, complaints);
    let LookedUp { user_file, group_file, sections, anonymous } =
        look_up(&scope, (&words, &exceptions), around, complaints);
    let Scope { server: said, session, files, aliases, .. } = scope;
    let default_word = said.is_default.and_then(|(on, word)| on.then_some(word));
    let mut server = Server {
        name: said.name.unwrap_or_else(|| "ProFTPD".into()),
        admin: said.admin,
        listen,
        is_default: default_word.is_some(),
        environment: said.environment,
        server_log: said.server_log,
        least_level: said.syslog_level.map_or(Level::Trace, Severity::level),
        log_options: said.log_options.unwrap_or_default(),
        log_links: links(said.log_links),
        trace_options: said.trace_options.unwrap_or_default(),
        aliases: said.aliases,
        shutdown_warnings: said.shutdown_warnings.unwrap_or(false),
        proxies: said.proxies.meant(complaints),
        sockets: said.sockets.unwrap_or_default(),
        auth_user_file: user_file,
        auth_group_file: group_file,
        use_lastlog: said.use_lastlog == Some(true),
        pam: said.auth_pam.unwrap_or(true).then(|| Pam {
            service: said.auth_pam_config.unwrap_or_else(|| defaults::PAM_SERVICE.to_owned()),
            with_terminal: said.pam_without_terminal != Some(true),
        }),
        auth_order: said.auth_order.unwrap_or_else(|| defaults::AUTH_ORDER.to_vec()),
        alias_only: session.alias_only.unwrap_or(false) || anonymous.iter().any(|section| section.alias_only),
        user_aliases: aliases.into_iter().map(|(alias, real)| (alias.text, real.text)).collect(),
        sessions: Sessions::new(words, exceptions),
        directories: DirectoryRules { base: files, sections },
        anonymous: NamedSections::of(anonymous, Anonymous::names),
    };
    look_up_hidden(&mut server, complaints);
    tell_closed_doors(&server, around.options.rootless, complaints);
    Found { server, blame, default_word }
}

/// AllowLogSymlinks.
pub fn links(said: Option<bool>) -> Links {
    if said == Some(true) { Links::Followed } else { Links::Refused }
}

/// What a server's words stand for on this host.
struct LookedUp {
    user_file: Option<FilteredFile>,
    group_file: Option<FilteredFile>,
    sections: Sections,
    anonymous: Vec<Anonymous>,
}

fn look_up(
    scope: &Scope,
    sessions: (&Words, &[Exception]),
    around: &Surroundings<'_>,
    complaints: &mut Complaints,
) -> LookedUp {
    let said = &scope.server;
    let options = FileOptions {
        insecure: said.insecure_permissions.unwrap_or(false),
        checked: said.syntax_check.unwrap_or(false),
    };
    let mut file = |said: Option<&AccountFileDraft>, which| checked(said?, which, options, complaints);
    let user_file = file(said.auth_user_file.as_ref(), AccountFile::Users);
    let group_file = file(said.auth_group_file.as_ref(), AccountFile::Groups);
    let folders: Vec<&DirectoryDraft> = around.global.directories.iter().chain(&scope.directories).collect();
    let users = user_file.as_ref();
    let mut sections = sections(&folders, (None, users), complaints);
    add_conditions(&mut sections, &scope.conditions, users, Some(&mut *complaints));
    let drafts = scope.anonymous.iter().chain(&around.global.anonymous);
    let anonymous =
        drafts.filter_map(|draft| anonymous(draft, (scope, sessions), around, complaints)).collect();
    LookedUp { user_file, group_file, sections, anonymous }
}

/// A limit of a class that there is not never holds.
fn tell_unknown_classes(scope: &Scope, classes: &Classes, complaints: &mut Complaints) {
    let of_some = scope.conditions.iter().filter_map(|draft| draft.session.as_deref());
    let named = of_some.map(|(_, named)| named).chain([&scope.named]);
    let limits = named.flat_map(|named| &named.max_clients_per_class);
    for (class, _) in limits.filter(|(class, _)| !classes.knows(&class.text)) {
        complaints.warning(&class.mark, format!("MaxClientsPerClass: there is no <Class> '{}'", class.text));
    }
}

fn look_up_hidden(server: &mut Server, complaints: &mut Complaints) {
    let books = Books { users: server.auth_user_file.as_ref(), groups: server.auth_group_file.as_ref() };
    hidden_owners::look_up(&mut server.directories, books, complaints);
    for section in server.anonymous.iter_mut() {
        hidden_owners::look_up(&mut section.directories, books, complaints);
    }
}

/// A server that nobody can enter is no error, but hardly meant.
fn tell_closed_doors(server: &Server, rootless: bool, complaints: &mut Complaints) {
    let lets_in = |ordered: &Ordered| match ordered.module {
        Module::File => server.auth_user_file.is_some(),
        Module::Host => !rootless,
        // It knows nobody of its own.
        Module::Pam => false,
    };
    let has_accounts = server.auth_order.iter().any(lets_in);
    if !has_accounts && server.anonymous.is_empty() && !server.listen.is_empty() {
        let why = if rootless { "; the host's own accounts need a daemon that is root" } else { "" };
        let message =
            format!("nobody can log in to '{}': it has no AuthUserFile and no <Anonymous>{why}", server.name);
        complaints.push(Complaint::warning(None, message));
    }
}

/// The way to `<Directory>` sections. Within `<Anonymous>` a relative path is the root's. `~user` is somebody of AuthUserFile, or of the
/// host.
pub fn sections(
    drafts: &[&DirectoryDraft],
    (root, users): (Option<&Path>, Option<&FilteredFile>),
    complaints: &mut Complaints,
) -> Sections {
    let mut sections = Sections::default();
    drafts.iter().for_each(|draft| add(&mut sections, None, draft, (root, users), complaints));
    sections
}

/// `<IfUser>` and its like: of two that say something the earlier one weighs more, as in ProFTPD. To an `<Anonymous>` section the
/// server's are handed on without their folders, as all that the server says.
pub fn add_conditions(
    sections: &mut Sections,
    drafts: &[ConditionDraft],
    users: Option<&FilteredFile>,
    complaints: Option<&mut Complaints>,
) {
    for draft in drafts.iter().rev() {
        sections.add_everywhere(draft.condition.clone(), draft.files.clone());
    }
    let Some(complaints) = complaints else { return };
    for draft in drafts.iter().rev() {
        for folder in &draft.directories {
            add(sections, Some(&draft.condition), folder, (None, users), complaints);
        }
    }
}

fn add(
    sections: &mut Sections,
    condition: Option<&Condition>,
    draft: &DirectoryDraft,
    (root, users): (Option<&Path>, Option<&FilteredFile>),
    complaints: &mut Complaints,
) {
    let text = &draft.path.text;
    if let Some(root) = root.filter(|_| text == "*") {
        return sections.add_everything(root, draft.files.clone());
    }
    let of_user = text.starts_with('~') && text.len() > 1 && !text.starts_with("~/");
    let path = match root {
        Some(root) if !text.starts_with(['/', '~']) => Some(joined(root, text)),
        _ if of_user => users
            .and_then(|users| home_in(users, text))
            .or_else(|| home_of(&draft.path, "<Directory>", complaints)),
        _ => Some(text.clone()),
    };
    let added = path.map(|path| sections.add_for(condition.cloned(), &path, draft.files.clone()));
    if let Some(Err(message)) = added {
        complaints.error(&draft.path.mark, format!("<Directory>: {message}"));
    }
}

fn joined(root: &Path, text: &str) -> String {
    arguments::normalised(&root.join(text)).to_string_lossy().into_owned()
}

/// Two servers at one address and port, and two that would take all others' clients.
pub fn tell_collisions(found: &[Found], check: bool, complaints: &mut Complaints) {
    let mut taken: HashMap<SocketAddr, &Found> = HashMap::new();
    for one in found.iter().filter(|_| check) {
        for address in &one.server.listen {
            let Some(other) = taken.insert(*address, one) else { continue };
            // HOST tells it from the other.
            if !one.server.aliases.is_empty() {
                taken.insert(*address, other);
                continue;
            }
            let message =
                format!("'{}' has the address {address} of '{}'", one.server.name, other.server.name);
            complaints.push(collision(one, message));
        }
    }
    for second in found.iter().filter(|found| found.server.is_default).skip(1) {
        let place = second.default_word.as_ref().map(|word| word.mark.place());
        complaints.push(Complaint::error(place, "DefaultServer: another server is the default already"));
    }
}

fn collision(one: &Found, message: String) -> Complaint {
    let place = one.blame.as_ref().map(|word| word.mark.place());
    Complaint::error(place, format!("{message}; give it another Port, a ServerAlias, or start with -N"))
}
