//! SITE's own commands, one row each: its readers, its help and `<Limit>` read this table.

mod help;
mod words;

pub use help::{help, names};

use super::offer::{Module, Offer};
use super::permissions::Permissions;
use super::reply::Reply;
use words::{first_word, one, times_and_path, two_or_whole, two_words};

/// One of them.
#[derive(Debug)]
pub struct Row {
    /// Upper case.
    pub name: &'static str,
    /// Its name in `<Limit>`.
    pub limit: &'static str,
    /// The groups of `<Limit>` it belongs to.
    pub groups: &'static [&'static str],
    /// Verbs that do the same, with their groups: where one of them is refused, this one is, too.
    pub also: &'static [(&'static str, &'static [&'static str])],
    /// What follows the name, as SITE HELP prints it.
    pub syntax: &'static str,
    /// What its server may withhold it with.
    pub module: Option<Module>,
    /// Its line in FEAT.
    pub feature: Option<&'static str>,
    read: fn(&[u8]) -> Result<Site, Reply>,
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Site {
    /// `SITE HELP [command]`.
    Help(Option<Vec<u8>>),
    /// `SITE CHMOD mode path`. What is no mode is told once the file was found.
    Chmod(Result<Permissions, NoMode>, Vec<u8>),
    /// `SITE CHGRP group path`.
    Chgrp(Vec<u8>, Vec<u8>),
    /// SITE UTIME in either form: the times of the last reading and of the data's last change, and the path.
    Utime((i64, i64), Vec<u8>),
    /// `SITE SYMLINK target link`.
    Symlink(Vec<u8>, Vec<u8>),
    /// `SITE MKDIR path`.
    Mkdir(Vec<u8>),
    /// `SITE RMDIR path`.
    Rmdir(Vec<u8>),
    /// `SITE CPFR path`.
    CopyFrom(Vec<u8>),
    /// `SITE CPTO path`.
    CopyTo(Vec<u8>),
    /// `SITE COPY from to`.
    Copy(Vec<u8>, Vec<u8>),
}

/// What stands in the place of a mode, and is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoMode(pub Vec<u8>);

impl Site {
    /// Its row.
    pub fn row(&self) -> &'static Row {
        match self {
            Site::Help(_) => &HELP,
            Site::Chmod(..) => &CHMOD,
            Site::Chgrp(..) => &CHGRP,
            Site::Utime(..) => &UTIME,
            Site::Symlink(..) => &SYMLINK,
            Site::Mkdir(_) => &MKDIR,
            Site::Rmdir(_) => &RMDIR,
            Site::CopyFrom(_) => &CPFR,
            Site::CopyTo(_) => &CPTO,
            Site::Copy(..) => &COPY,
        }
    }
}

const WRITE: &[&str] = &["WRITE", "SITE"];

/// HELP.
pub const HELP: Row = Row {
    name: "HELP",
    limit: "SITE_HELP",
    groups: &[],
    also: &[],
    syntax: "[<sp> site-command]",
    module: None,
    feature: None,
    read: |argument| {
        Ok(Site::Help(
            argument.split(|byte| *byte == b' ').next().filter(|word| !word.is_empty()).map(<[u8]>::to_vec),
        ))
    },
};

/// CHGRP.
pub const CHGRP: Row = Row {
    name: "CHGRP",
    limit: "SITE_CHGRP",
    groups: WRITE,
    also: &[],
    syntax: "<sp> group <sp> pathname",
    module: None,
    feature: None,
    read: |argument| {
        let (group, path) = two_or_whole("CHGRP", argument)?;
        Ok(Site::Chgrp(group.to_vec(), path.to_vec()))
    },
};

/// CHMOD.
pub const CHMOD: Row = Row {
    name: "CHMOD",
    limit: "SITE_CHMOD",
    groups: WRITE,
    also: &[],
    syntax: "<sp> mode <sp> pathname",
    module: None,
    feature: None,
    read: |argument| {
        let (mode, path) = two_or_whole("CHMOD", argument)?;
        Ok(Site::Chmod(Permissions::read(mode).ok_or_else(|| NoMode(mode.to_vec())), path.to_vec()))
    },
};

/// UTIME.
pub const UTIME: Row = Row {
    name: "UTIME",
    limit: "SITE_UTIME",
    groups: WRITE,
    also: &[("MFMT", &["WRITE"])],
    syntax: "<sp> YYYYMMDDhhmm[ss] <sp> path",
    module: Some(Module::SiteMisc),
    feature: Some("SITE UTIME"),
    read: times_and_path,
};

/// SYMLINK.
pub const SYMLINK: Row = Row {
    name: "SYMLINK",
    limit: "SITE_SYMLINK",
    groups: WRITE,
    also: &[],
    syntax: "<sp> source <sp> destination",
    module: Some(Module::SiteMisc),
    feature: Some("SITE SYMLINK"),
    read: |argument| {
        let (target, link) = two_words("SYMLINK", argument)?;
        Ok(Site::Symlink(target.to_vec(), link.to_vec()))
    },
};

/// MKDIR.
pub const MKDIR: Row = Row {
    name: "MKDIR",
    limit: "SITE_MKDIR",
    groups: WRITE,
    also: &[("MKD", &["WRITE"])],
    syntax: "<sp> path",
    module: Some(Module::SiteMisc),
    feature: Some("SITE MKDIR"),
    read: |argument| one("MKDIR", argument, Site::Mkdir),
};

/// RMDIR.
pub const RMDIR: Row = Row {
    name: "RMDIR",
    limit: "SITE_RMDIR",
    groups: WRITE,
    also: &[("RMD", &["WRITE"])],
    syntax: "<sp> path",
    module: Some(Module::SiteMisc),
    feature: Some("SITE RMDIR"),
    read: |argument| one("RMDIR", argument, Site::Rmdir),
};

/// CPFR. SITE_COPY in `<Limit>` is all three, as the documentation of mod_copy has it.
pub const CPFR: Row = Row {
    name: "CPFR",
    limit: "SITE_CPFR",
    groups: &["READ", "SITE"],
    also: &[("SITE_COPY", &[]), ("RETR", &["READ"])],
    syntax: "<sp> pathname",
    module: Some(Module::Copy),
    feature: None,
    read: |argument| one("CPFR", argument, Site::CopyFrom),
};

/// CPTO.
pub const CPTO: Row = Row {
    name: "CPTO",
    limit: "SITE_CPTO",
    groups: WRITE,
    also: &[("SITE_COPY", &[]), ("STOR", &["WRITE"])],
    syntax: "<sp> pathname",
    module: Some(Module::Copy),
    feature: None,
    read: |argument| one("CPTO", argument, Site::CopyTo),
};

/// COPY.
pub const COPY: Row = Row {
    name: "COPY",
    limit: "SITE_COPY",
    groups: WRITE,
    also: &[("STOR", &["WRITE"])],
    syntax: "<sp> source <sp> destination",
    module: Some(Module::Copy),
    feature: Some("SITE COPY"),
    read: |argument| {
        let (from, to) = two_words("COPY", argument)?;
        Ok(Site::Copy(from.to_vec(), to.to_vec()))
    },
};

/// All of them, in the order SITE HELP shows them.
pub const ROWS: &[Row] = &[UTIME, SYMLINK, RMDIR, MKDIR, CPFR, CPTO, COPY, HELP, CHGRP, CHMOD];

/// Those that a server offers.
fn offered(offer: Offer) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |row| offer.has(row.module))
}

/// FEAT's lines.
pub fn features(offer: Offer) -> impl Iterator<Item = &'static str> {
    offered(offer).filter_map(|row| row.feature)
}

/// Reads what follows SITE.
pub fn read(argument: &[u8]) -> Result<Site, Reply> {
    if argument.is_empty() {
        return Err(Reply::new(500, "'SITE' requires parameters"));
    }
    let (word, rest) = first_word(argument);
    match find(word) {
        Some(row) => (row.read)(rest),
        None => Err(not_understood(&word.to_ascii_uppercase())),
    }
}

/// Whether only who is logged in may ask for it: all but HELP, and what is no command here.
pub fn is_for_members(argument: &[u8], offer: Offer) -> bool {
    find(first_word(argument).0).is_some_and(|row| row.name != HELP.name && offer.has(row.module))
}

fn find(word: &[u8]) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name.as_bytes().eq_ignore_ascii_case(word))
}

/// What is answered to a command that nobody knows, or that lacks its arguments.
pub fn not_understood(word: &[u8]) -> Reply {
    Reply::new(500, [b"'SITE ", word, b"' not understood"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_in_any_case() {
        assert_eq!(
            read(b"chmod 644 two words"),
            Ok(Site::Chmod(Ok(Permissions::Exactly(0o644)), b"two words".to_vec()))
        );
        assert_eq!(read(b"CHMOD 999 f"), Ok(Site::Chmod(Err(NoMode(b"999".to_vec())), b"f".to_vec())));
        assert_eq!(read(b"CHGRP staff f"), Ok(Site::Chgrp(b"staff".to_vec(), b"f".to_vec())));
        assert_eq!(read(b"Help"), Ok(Site::Help(None)));
        assert_eq!(read(b"HELP chmod x"), Ok(Site::Help(Some(b"chmod".to_vec()))));
    }

    #[test]
    fn what_is_no_command_is_refused_in_its_words() {
        for (given, code, text) in [
            ("", 500, "'SITE' requires parameters"),
            ("bogus x", 500, "'SITE BOGUS' not understood"),
            (" CHMOD 644 f", 500, "'SITE ' not understood"),
            ("CHMOD", 500, "SITE not understood"),
            ("CHMOD 644", 500, "SITE not understood"),
            ("CPFR", 500, "'SITE CPFR' not understood"),
        ] {
            match read(given.as_bytes()) {
                Err(reply) => assert_eq!((reply.code, reply.text()), (code, text.as_bytes()), "{given}"),
                Ok(site) => panic!("{given}: {site:?}"),
            }
        }
        let whole = Reply::long(
            500,
            vec![b"'SITE CHGRP x' not understood".to_vec(), b"SITE not understood".to_vec()],
        );
        assert_eq!(read(b"chgrp x"), Err(whole));
    }

    #[test]
    fn what_is_read_has_its_row() {
        for row in ROWS {
            let argument = if row.name == "CHMOD" { "600 b" } else { "202001010000 b" };
            let site = read(format!("{} {argument}", row.name).as_bytes()).unwrap();
            assert_eq!(site.row().name, row.name);
        }
    }

    #[test]
    fn strangers_may_read_the_help() {
        for (given, is_for_members) in
            [("CHMOD", true), ("chgrp x f", true), ("HELP CHMOD", false), ("x", false)]
        {
            assert_eq!(super::is_for_members(given.as_bytes(), Offer::ALL), is_for_members, "{given}");
        }
    }
}
