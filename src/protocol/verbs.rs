//! The verbs, one row each. Parsing, HELP, FEAT and `<Limit>` all read this table; nothing of it is typed twice.

use super::argument::{Argument, Reading};
use super::command::Command;
use super::digest::Algorithm;
use super::offer::{Module, Offer};
use super::reply::Reply;
use super::spellings::row_of;
use super::{changes, site};

/// One verb.
#[derive(Debug)]
pub struct Verb {
    /// Upper case.
    pub name: &'static str,
    /// Its X forms (RFC 775).
    pub aliases: &'static [&'static str],
    /// What follows the verb, as HELP prints it.
    pub syntax: &'static str,
    /// The groups of `<Limit>` it belongs to; ALL goes without saying.
    pub groups: &'static [&'static str],
    /// Where `<Limit>` is asked about it.
    pub limited_at: LimitedAt,
    /// When a client may say it.
    pub when: When,
    /// Its line in FEAT, for what RFC 959 does not have.
    pub feature: Option<&'static str>,
    /// Its argument is shown to nobody.
    pub is_secret: bool,
    /// Known by name, and not served: HELP marks it.
    pub is_done: bool,
    /// What its server may withhold it with.
    pub module: Option<Module>,
    /// What sum of a file it asks for: it is served where DigestAlgorithms has that.
    pub algorithm: Option<Algorithm>,
    /// How its argument becomes a command.
    pub read: fn(Argument<'_>) -> Reading,
}

/// Where `<Limit>` is asked about a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitedAt {
    /// In the working directory.
    Cwd,
    /// Where its path leads, whatever the session stands in.
    Path,
    /// By the names of its own commands, each at its place (SITE).
    OwnNames,
    /// Nowhere: whoever wants to leave may (QUIT).
    Nowhere,
}

/// When a verb is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before login, too.
    Always,
    /// After login.
    LoggedIn,
}

/// What a line asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its row.
    pub verb: &'static Verb,
    /// The name it was called by: its own or an alias.
    pub called: &'static str,
    /// The bytes after it, for the scoreboard and logs; `(hidden)` where they are secret.
    pub argument: Vec<u8>,
    /// The command, or the reply that refuses the argument.
    pub command: Reading,
}

impl Request {
    /// Whether only who is logged in may ask for it.
    pub fn is_for_members(&self, offer: Offer) -> bool {
        let is_of_site = self.verb.name == "SITE" && site::is_for_members(&self.argument, offer);
        self.verb.when == When::LoggedIn || is_of_site
    }
}

const DIRS: &[&str] = &["DIRS"];
const READ: &[&str] = &["READ"];
const WRITE: &[&str] = &["WRITE"];
const NONE: &[&str] = &[];

const PATH: &str = "<sp> pathname";
const PART: &str = "<sp> pathname [<sp> start <sp> end]";
const OPTIONAL_PATH: &str = "[<sp> pathname]";
const NOTHING: &str = "is not implemented";

/// The feature whose line tells the session's facts.
pub(super) const FACTS: &str = "MLST";
/// The feature whose line tells the algorithms.
pub(super) const HASH: &str = "HASH";

/// A row without alias and feature.
const fn verb(
    name: &'static str,
    syntax: &'static str,
    groups: &'static [&'static str],
    limited_at: LimitedAt,
    when: When,
    read: fn(Argument<'_>) -> Reading,
) -> Verb {
    Verb {
        name,
        aliases: &[],
        syntax,
        groups,
        limited_at,
        when,
        feature: None,
        is_secret: false,
        is_done: true,
        module: None,
        algorithm: None,
        read,
    }
}

impl Verb {
    const fn also(mut self, aliases: &'static [&'static str]) -> Verb {
        self.aliases = aliases;
        self
    }

    const fn feature(mut self, line: &'static str) -> Verb {
        self.feature = Some(line);
        self
    }

    /// Its own name is its line in FEAT.
    const fn sums(mut self, algorithm: Algorithm) -> Verb {
        self.algorithm = Some(algorithm);
        self.feature = Some(self.name);
        self
    }

    fn shown<'a>(&self, argument: &'a [u8]) -> &'a [u8] {
        if self.is_secret { b"(hidden)" } else { argument }
    }

    const fn secret(mut self) -> Verb {
        self.is_secret = true;
        self
    }

    const fn not_done(mut self) -> Verb {
        self.is_done = false;
        self
    }

    const fn of(mut self, module: Module) -> Verb {
        self.module = Some(module);
        self
    }
}

use LimitedAt::{Cwd, Nowhere, OwnNames, Path};
use When::{Always, LoggedIn};

/// All verbs, in the order HELP shows them.
pub const VERBS: &[Verb] = &[
    verb("CWD", PATH, DIRS, Path, LoggedIn, |a| a.path(Command::Cwd)).also(&["XCWD"]),
    verb("CDUP", "(up one directory)", DIRS, Cwd, LoggedIn, |a| a.none(Command::Cdup)).also(&["XCUP"]),
    verb("SMNT", NOTHING, NONE, Cwd, LoggedIn, |a| a.not_done()).not_done(),
    verb("QUIT", "(close control connection)", NONE, Nowhere, Always, |_| Ok(Command::Quit)),
    verb("PORT", "<sp> h1,h2,h3,h4,p1,p2", NONE, Cwd, LoggedIn, |a| a.host_port()),
    verb("PASV", "(returns address/port)", NONE, Cwd, LoggedIn, |a| a.none(Command::Pasv)),
    verb("EPRT", "<sp> |proto|addr|port|", NONE, Cwd, LoggedIn, |a| a.extended_port()).feature("EPRT"),
    verb("EPSV", "(returns port |||port|)", NONE, Cwd, LoggedIn, |a| a.extended_passive()).feature("EPSV"),
    verb("ALLO", "<sp> size", NONE, Cwd, LoggedIn, |a| a.allocation()),
    // The manual counts it to DIRS; ProFTPD as run counts it to WRITE.
    verb("RNFR", PATH, WRITE, Path, LoggedIn, |a| a.path(Command::Rnfr)),
    verb("RNTO", PATH, WRITE, Path, LoggedIn, |a| a.path(Command::Rnto)),
    verb("DELE", PATH, WRITE, Path, LoggedIn, |a| a.path(Command::Dele)),
    verb("MDTM", PATH, DIRS, Path, LoggedIn, |a| a.path(Command::Mdtm)).feature("MDTM"),
    verb("RMD", PATH, WRITE, Path, LoggedIn, |a| a.path(Command::Rmd)).also(&["XRMD"]),
    verb("MKD", PATH, WRITE, Path, LoggedIn, |a| a.path(Command::Mkd)).also(&["XMKD"]),
    verb("PWD", "(returns current working directory)", DIRS, Cwd, LoggedIn, |a| a.none(Command::Pwd))
        .also(&["XPWD"]),
    verb("SIZE", PATH, READ, Path, LoggedIn, |a| a.path(Command::Size)).feature("SIZE"),
    verb("SYST", "(returns system type)", NONE, Cwd, Always, |_| Ok(Command::Syst)),
    verb("HELP", "[<sp> command]", NONE, Cwd, Always, |a| a.optional(Command::Help)),
    verb("NOOP", "(no operation)", NONE, Cwd, Always, |_| Ok(Command::Noop)),
    verb("FEAT", "(returns feature list)", NONE, Cwd, Always, |a| a.none(Command::Feat)),
    verb("OPTS", "<sp> command [<sp> options]", NONE, Cwd, Always, |a| a.choice()),
    verb("HOST", "<cp> hostname", NONE, Cwd, Always, |a| a.host()).feature("HOST"),
    verb("CLNT", "<cp> client-info", NONE, Cwd, Always, |_| Ok(Command::Clnt)).feature("CLNT"),
    // RFC 2228 and RFC 4217, of which nothing is served: as a server says that has no TLS.
    verb("AUTH", "<sp> base64-data", NONE, Cwd, Always, |a| a.unknown()).not_done(),
    verb("CCC", "(clears protection level)", NONE, Cwd, Always, |a| a.unknown()).not_done(),
    verb("CONF", "<sp> base64-data", NONE, Cwd, Always, |a| a.unknown()).not_done(),
    verb("ENC", "<sp> base64-data", NONE, Cwd, Always, |a| a.unknown()).not_done(),
    verb("MIC", "<sp> base64-data", NONE, Cwd, Always, |a| a.unknown()).not_done(),
    verb("PBSZ", "<sp> protection buffer size", NONE, Cwd, Always, |a| a.unknown()).not_done(),
    verb("PROT", "<sp> protection code", NONE, Cwd, Always, |a| a.unknown()).not_done(),
    verb("TYPE", "<sp> type-code (A, I, L 7, L 8)", NONE, Cwd, Always, |a| a.representation()),
    verb("STRU", "is not implemented (always F)", NONE, Cwd, LoggedIn, |a| a.structure()),
    verb("MODE", "is not implemented (always S)", NONE, Cwd, LoggedIn, |a| a.mode()),
    verb("RETR", PATH, READ, Path, LoggedIn, |a| a.file(Command::Retr)),
    verb("STOR", PATH, WRITE, Path, LoggedIn, |a| a.file(Command::Stor)),
    verb("STOU", "(store unique filename)", WRITE, Path, LoggedIn, |a| a.word_passed_over(Command::Stou)),
    verb("APPE", PATH, WRITE, Path, LoggedIn, |a| a.file(Command::Appe)),
    verb("REST", "<sp> byte-count", NONE, Cwd, LoggedIn, |a| a.offset()).feature("REST STREAM"),
    verb("ABOR", "(abort current operation)", NONE, Cwd, LoggedIn, |a| a.alone(Command::Abor)),
    verb("RANG", "<sp> start-point <sp> end-point", NONE, Cwd, LoggedIn, |a| a.range())
        .feature("RANG STREAM"),
    verb("USER", "<sp> username", NONE, Cwd, Always, |a| a.name()),
    verb("PASS", "<sp> password", NONE, Cwd, Always, |a| a.any(Command::Pass)).secret(),
    verb("ACCT", NOTHING, NONE, Cwd, Always, |a| a.not_done()).secret().not_done(),
    verb("REIN", NOTHING, NONE, Cwd, Always, |a| a.not_done()).not_done(),
    verb("LIST", OPTIONAL_PATH, DIRS, Path, LoggedIn, |a| a.any(Command::List)),
    verb("NLST", "[<sp> (pathname)]", DIRS, Path, LoggedIn, |a| a.any(Command::Nlst)),
    verb("STAT", OPTIONAL_PATH, DIRS, Path, LoggedIn, |a| a.optional(Command::Stat)),
    // Its own commands have rows of their own (`site`), whose names `<Limit>` asks for.
    verb("SITE", "<sp> string", NONE, OwnNames, Always, |a| a.site()),
    verb("MLSD", OPTIONAL_PATH, DIRS, Path, LoggedIn, |a| a.optional(Command::Mlsd)),
    verb("MLST", OPTIONAL_PATH, DIRS, Path, LoggedIn, |a| a.optional(Command::Mlst)).feature(FACTS),
    verb("HASH", PATH, READ, Path, LoggedIn, |a| a.path(Command::Hash)).feature(HASH),
    verb("XCRC", PART, READ, Path, LoggedIn, |a| a.sum(Algorithm::Crc32)).sums(Algorithm::Crc32),
    verb("MD5", PATH, READ, Path, LoggedIn, |a| a.path(Command::Md5)).sums(Algorithm::Md5),
    verb("XMD5", PART, READ, Path, LoggedIn, |a| a.sum(Algorithm::Md5)).sums(Algorithm::Md5),
    verb("XSHA", PART, READ, Path, LoggedIn, |a| a.sum(Algorithm::Sha1)).sums(Algorithm::Sha1),
    verb("XSHA1", PART, READ, Path, LoggedIn, |a| a.sum(Algorithm::Sha1)).sums(Algorithm::Sha1),
    verb("XSHA256", PART, READ, Path, LoggedIn, |a| a.sum(Algorithm::Sha256)).sums(Algorithm::Sha256),
    verb("XSHA512", PART, READ, Path, LoggedIn, |a| a.sum(Algorithm::Sha512)).sums(Algorithm::Sha512),
    // ProFTPD's HELP has none of these: they come last, so that its lines stay as they are.
    verb("MFF", "<sp> fact=value; … <sp> pathname", WRITE, Path, LoggedIn, |a| a.facts_and_path())
        .feature(changes::FEATURE),
    verb("MFMT", "<sp> modify-time <sp> pathname", WRITE, Path, LoggedIn, |a| a.time_and_path())
        .feature("MFMT"),
    verb("CSID", "<sp> name=value; …", NONE, Cwd, LoggedIn, |_| Ok(Command::Csid)).feature("CSID"),
    verb("LANG", "[<sp> language]", NONE, Cwd, Always, |a| a.language()).feature("LANG EN*").of(Module::Lang),
    verb("ADAT", "<sp> base64-data", NONE, Cwd, Always, |a| a.unknown()).not_done(),
    // draft-peterson-streamlined-ftp-command-extensions §4.
    verb("AVBL", OPTIONAL_PATH, DIRS, Path, LoggedIn, |a| a.optional(Command::Avbl)).feature("AVBL"),
];

/// Reads a line. `Err` is the reply to a line that names no verb.
pub fn read(line: &[u8]) -> Result<Request, Reply> {
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    if word.is_empty() {
        return Err(Reply::new(500, "Invalid command: try being more creative"));
    }
    let Some((verb, called)) = find(word) else {
        return Err(Reply::new(500, [&word.to_ascii_uppercase(), b" not understood".as_slice()].concat()));
    };
    let argument = rest.get(1..).unwrap_or_default();
    let command = (verb.read)(Argument { verb: called, bytes: argument });
    Ok(Request { verb, called, argument: verb.shown(argument).to_vec(), command })
}

/// What may be told of the argument that follows a word, whatever the word is.
fn shown<'a>(word: &[u8], argument: &'a [u8]) -> &'a [u8] {
    find(word).map_or(argument, |(verb, _)| verb.shown(argument))
}

/// Of a line that is no command: its first word, and what may be told of the rest. ` PASS x` is no command, and holds a password all the
/// same.
pub fn split_shown(line: &[u8]) -> (&[u8], &[u8]) {
    let line = line.trim_ascii_start();
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (word, argument) = (&line[..end], line.get(end + 1..).unwrap_or_default());
    (word, shown(word, argument))
}

/// The row that a word names, in any case, and the name it was called by.
pub fn find(word: &[u8]) -> Option<(&'static Verb, &'static str)> {
    let verb = VERBS.get(row_of(word)?)?;
    let mut names = std::iter::once(&verb.name).chain(verb.aliases);
    names.find(|name| name.as_bytes().eq_ignore_ascii_case(word)).map(|name| (verb, *name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_name_stands_twice() {
        let mut names: Vec<&str> =
            VERBS.iter().flat_map(|verb| std::iter::once(&verb.name).chain(verb.aliases)).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.iter().all(|name| name.len() <= 7 && *name == name.to_uppercase()));
    }

    #[test]
    fn verbs_are_read_in_any_case() {
        let request = read(b"xcwd  two words ").unwrap();
        assert_eq!((request.verb.name, request.called), ("CWD", "XCWD"));
        assert_eq!(request.command, Ok(Command::Cwd(b" two words ".to_vec())));
    }

    #[test]
    fn limits_are_asked_for_each_verb_at_its_place() {
        let paths = "CWD RNFR RNTO DELE MDTM RMD MKD SIZE RETR STOR STOU APPE LIST NLST STAT MLSD MLST HASH \
            XCRC MD5 XMD5 XSHA XSHA1 XSHA256 XSHA512 MFF MFMT AVBL";
        let none = "CDUP SMNT PORT PASV EPRT EPSV ALLO PWD SYST HELP NOOP FEAT OPTS HOST CLNT AUTH CCC CONF \
            ENC MIC PBSZ PROT TYPE STRU MODE REST ABOR RANG USER PASS ACCT REIN CSID LANG ADAT";
        let table = [(paths, Path), (none, Cwd), ("SITE", OwnNames), ("QUIT", Nowhere)];
        let mut pinned = 0;
        for (names, limited_at) in table {
            for name in names.split_whitespace() {
                let (verb, _) = find(name.as_bytes()).unwrap();
                assert_eq!((verb.name, verb.limited_at), (name, limited_at));
                pinned += 1;
            }
        }
        assert_eq!(pinned, VERBS.len());
    }

    #[test]
    fn what_is_no_verb_is_refused() {
        for (line, text) in [
            (&b"XYZ a"[..], "XYZ not understood"),
            (b"", "Invalid command: try being more creative"),
            (b"   ", "Invalid command: try being more creative"),
            (b" NOOP", "Invalid command: try being more creative"),
            (b"NO\rOP", "NO not understood"),
            (b"\0NOOP", "\0NOOP not understood"),
        ] {
            let reply = read(line).unwrap_err();
            assert_eq!((reply.code, reply.text()), (500, text.as_bytes()));
        }
    }

    proptest! {
        #[test]
        fn no_line_panics(line in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&line);
        }

        #[test]
        fn no_argument_panics(index in 0..VERBS.len(), argument in "[ -~|,]{0,40}") {
            let line = format!("{} {argument}", VERBS[index].name);
            let request = read(line.as_bytes());
            prop_assert!(request.is_ok());
        }
    }
}
