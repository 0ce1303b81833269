//! What a scope says of its sessions, with all names looked up, and what that comes to with the defaults for what nobody says.

use std::path::Path;
use std::time::Duration;

use super::complaint::Complaints;
use super::defaults;
use super::draft::{NamedDraft, SessionDraft};
use super::extended::{Formats, extended_logs};
use super::facts::FactRules;
use super::inherit::Inherit;
use super::lines::Word;
use super::masquerade::Masquerade;
use super::roots::{Roots, roots};
use super::settings::{
    AliasRules, DigestRules, ExtendedLog, Ident, LimitText, LogTarget, SessionRules, Speech, TransferLog,
};
use crate::protocol::{Algorithms, Offer, Type, offer};
use crate::sys::files;

/// What a scope says, and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Words {
    said: SessionDraft,
    roots: Roots,
    limits_of_classes: Vec<(String, LimitText)>,
    extended_logs: Vec<ExtendedLog>,
    masquerade: Option<Masquerade>,
    /// Which of the scope's logs TransferLog is.
    transfer_place: usize,
}

impl Words {
    /// Looks up whatever is named.
    pub fn of(
        said: SessionDraft,
        named: &NamedDraft,
        names: (&Formats, &[(String, Option<String>)]),
        complaints: &mut Complaints,
    ) -> Words {
        Words {
            roots: roots(named, complaints),
            limits_of_classes: named.max_clients_per_class.iter().map(of_class).collect(),
            extended_logs: extended_logs(named, names, complaints),
            masquerade: named.masquerade.as_ref().map(|word| masquerade(word, complaints)),
            transfer_place: 0,
            said,
        }
    }

    /// With the MasqueradeAddress of these, which was looked up already.
    pub fn with_address_of(self, other: &Words) -> Words {
        Words { masquerade: other.masquerade.clone(), ..self }
    }

    /// Its logs are numbered on from these, transfer logs apart from others; gives the next numbers.
    pub fn number_logs(&mut self, (transfers, extended): (usize, usize)) -> (usize, usize) {
        self.transfer_place = transfers;
        for (place, log) in (extended..).zip(&mut self.extended_logs) {
            log.place = place;
        }
        (transfers + usize::from(self.said.transfer_log.is_some()), extended + self.extended_logs.len())
    }

    /// What is not said here, the outer words say. ExtendedLog and CDPath are taken as a whole, as in ProFTPD.
    pub fn over(mut self, outer: &Words) -> Words {
        if self.said.transfer_log.is_none() {
            self.transfer_place = outer.transfer_place;
        }
        if self.extended_logs.is_empty() {
            self.extended_logs.clone_from(&outer.extended_logs);
        }
        if self.masquerade.is_none() {
            self.masquerade.clone_from(&outer.masquerade);
        }
        let folders = self.said.search_path.len();
        self.said.inherit(&outer.said);
        if folders > 0 {
            self.said.search_path.truncate(folders);
        }
        self.limits_of_classes.extend(outer.limits_of_classes.iter().cloned());
        self.roots.default_root.extend(outer.roots.default_root.iter().cloned());
        self.roots.default_chdir.extend(outer.roots.default_chdir.iter().cloned());
        self
    }

    /// TransferLog, if it is said here.
    pub fn transfer_log(&self) -> Option<&LogTarget> {
        self.said.transfer_log.as_ref()
    }

    /// ExtendedLog.
    pub fn extended_logs(&self) -> &[ExtendedLog] {
        &self.extended_logs
    }

    /// MasqueradeAddress.
    pub fn masquerade(&self) -> Option<&Masquerade> {
        self.masquerade.as_ref()
    }

    /// The same, to be changed.
    pub fn masquerade_mut(&mut self) -> Option<&mut Masquerade> {
        self.masquerade.as_mut()
    }

    /// What it comes to, with defaults for what nobody says.
    pub fn rules(self) -> SessionRules {
        let Words { said, roots, limits_of_classes, extended_logs, masquerade, transfer_place } = self;
        let seconds = |said: Option<Option<Duration>>, otherwise: u64| {
            said.unwrap_or(Some(Duration::from_secs(otherwise)))
        };
        let limit = |said: Option<LimitText>| said.unwrap_or_default();
        let (digests, facts, login) = (digests(&said), FactRules::said(&said), said.login_rules());
        let keeps_encoding =
            said.keeps_encoding == Some(true) || said.speech.is_some_and(|speech| speech.is_kept);
        let offer = Offer::ALL
            .when(said.lang_engine.unwrap_or(true), offer::Module::Lang)
            .when(said.copy_engine.unwrap_or(true), offer::Module::Copy)
            .when(said.site_misc_engine.unwrap_or(true), offer::Module::SiteMisc)
            .when(said.deflate_engine.unwrap_or(false), offer::Module::Deflate)
            .when(said.lang_engine.unwrap_or(true) && !keeps_encoding, offer::Module::Utf8);
        SessionRules {
            trace: said.trace,
            ident: said.ident.unwrap_or(Ident::Standard),
            defer_welcome: said.defer_welcome.unwrap_or(false),
            max_connections_per_host: limit(said.max_connections_per_host),
            command_buffer: said.command_buffer.unwrap_or(defaults::COMMAND_BUFFER_SIZE) as usize,
            max_login_attempts: said.max_login_attempts.unwrap_or(Some(defaults::MAX_LOGIN_ATTEMPTS)),
            login,
            create_home: said.create_home.flatten(),
            root_links: said.root_links.unwrap_or(true),
            aliases: AliasRules {
                is_on: said.alias_engine.unwrap_or(false),
                links_lead_out: said.alias_links.unwrap_or(false),
                lines: said.aliases,
            },
            resources: said.resources,
            command_rate: said.command_rate.flatten(),
            passive_ports: said.passive_ports,
            masquerade,
            offer,
            speech: Speech {
                is_kept: keeps_encoding,
                is_strict: said.requires_encoding == Some(true),
                ..said.speech.unwrap_or_default()
            },
            facts,
            transfer_log: TransferLog {
                target: said.transfer_log.unwrap_or_else(default_transfer_log),
                place: transfer_place,
            },
            default_root: roots.default_root,
            default_chdir: roots.default_chdir,
            extended_logs,
            wtmp_log: said.wtmp_log.unwrap_or(true),
            max_clients: limit(said.max_clients),
            max_clients_per_user: limit(said.max_clients_per_user),
            max_clients_per_host: limit(said.max_clients_per_host),
            max_hosts_per_user: limit(said.max_hosts_per_user),
            max_clients_per_class: limits_of_classes,
            access_grant_message: said.access_grant_message,
            access_deny_message: said.access_deny_message,
            timeout_login: seconds(said.timeout_login, defaults::TIMEOUT_LOGIN),
            timeout_idle: seconds(said.timeout_idle, defaults::TIMEOUT_IDLE),
            timeout_no_transfer: seconds(said.timeout_no_transfer, defaults::TIMEOUT_NO_TRANSFER),
            timeout_stalled: seconds(said.timeout_stalled, defaults::TIMEOUT_STALLED),
            timeout_session: said.timeout_session.flatten(),
            digests,
            transfer_mode: said.transfer_mode.unwrap_or(Type::Ascii),
            search_path: said.search_path,
            foreign_addresses: said.foreign_addresses.unwrap_or_default(),
            times_gmt: said.times_gmt.unwrap_or(true),
            list_style: said.list_style.unwrap_or_default(),
            use_globbing: said.use_globbing.unwrap_or(true),
            display_login: said.display_login,
            display_connect: said.display_connect,
            display_quit: said.display_quit,
            display_readme: said.display_readme,
            display_file_transfer: said.display_file_transfer,
        }
    }
}

fn of_class((class, limit): &(Word, LimitText)) -> (String, LimitText) {
    (class.text.clone(), limit.clone())
}

fn digests(said: &SessionDraft) -> DigestRules {
    let algorithms = match said.digest_engine {
        Some(false) => Algorithms::NONE,
        _ => said.digest_algorithms.unwrap_or(Algorithms::ALL),
    };
    let wished = said.digest_usual.filter(|one| algorithms.has(*one));
    DigestRules { algorithms, usual: wished.or(algorithms.usual()), most: said.digest_most }
}

/// xferlog in the log folder, where one can be written; an ordinary user's daemon has none unless it says where.
fn default_transfer_log() -> LogTarget {
    let folder = Path::new(defaults::LOG_FOLDER);
    if files::may_write(folder) { LogTarget::File(folder.join("xferlog")) } else { LogTarget::None }
}

/// A name that cannot be resolved is told, but does not keep a host from serving.
fn masquerade(word: &Word, complaints: &mut Complaints) -> Masquerade {
    let (masquerade, outcome) = Masquerade::of(&word.text);
    if let Err(why) = outcome {
        complaints.warning(
            &word.mark,
            format!("MasqueradeAddress: {why}; the real address is told until it is known"),
        );
    }
    masquerade
}
