//! Sums of files told: HASH, MD5, XCRC and their like, and OPTS HASH.

use std::mem;

use super::{asked, refusal};
use crate::config::settings::DigestRules;
use crate::protocol::{Algorithm, Checksum, Reply, Verb};
use crate::scoreboard::ReasonCode;
use crate::worker::data::Attend;
use crate::worker::digest;
use crate::worker::member::Member;
use crate::worker::session::Session;
use crate::worker::storage::{Denied, Portion, Reason, Source};
use crate::worker::transfer::{self, Carried};
use crate::worker::watch::{Ending, Watch};

/// What a verb says of what it does not sum.
#[derive(Clone, Copy)]
struct Codes {
    forbidden: u16,
    not_regular: u16,
    too_long: u16,
}

/// HASH, of what RANG has said before it.
pub fn hash(watch: &mut Watch, member: &mut Member, verb: &Verb, path: &[u8]) -> Result<Reply, Ending> {
    let portion = match member.portion {
        Portion::Within(_) => mem::take(&mut member.portion),
        Portion::Whole | Portion::From(_) => Portion::Whole,
    };
    let Some(algorithm) = chosen(watch, member.rules.digests) else { return Ok(unknown(verb.name)) };
    let codes = Codes { forbidden: 552, not_regular: 553, too_long: 556 };
    let mut source = match opened(member, verb, path, codes) {
        Ok(source) => source,
        Err(reply) => return Ok(reply),
    };
    let size = source.end;
    if let Err(reason) = portion.lies_in(size) {
        return Ok(refusal(&Denied::new(path, reason)));
    }
    source.narrow(portion);
    let (first, last) = match portion {
        Portion::Within(range) => (range.first(), range.last().min(size)),
        Portion::Whole | Portion::From(_) => (0, size),
    };
    let sum = made(watch, member, (verb, path), (source, algorithm), codes)?;
    Ok(sum.map_or_else(
        |refusal| refusal,
        |sum| {
            let line = format!("{} {first}-{last} {} ", algorithm.name(), digest::hexadecimal(&sum));
            told(213, algorithm.name(), [line.as_bytes(), path].concat())
        },
    ))
}

/// MD5 (draft-twine-ftpmd5).
pub fn md5(watch: &mut Watch, member: &mut Member, verb: &Verb, path: &[u8]) -> Result<Reply, Ending> {
    let algorithm = Algorithm::Md5;
    let codes = Codes { forbidden: 550, not_regular: 504, too_long: 550 };
    let source = match opened(member, verb, path, codes) {
        Ok(source) => source,
        Err(reply) => return Ok(reply),
    };
    let sum = made(watch, member, (verb, path), (source, algorithm), codes)?;
    Ok(sum.map_or_else(
        |refusal| refusal,
        |sum| {
            let sum = digest::hexadecimal(&sum).to_ascii_uppercase();
            told(251, &algorithm.plain_name(), [path, b" ", sum.as_bytes()].concat())
        },
    ))
}

/// XCRC and its like.
pub fn sum(watch: &mut Watch, member: &mut Member, verb: &Verb, asked: Checksum) -> Result<Reply, Ending> {
    let Checksum { algorithm, path, part } = asked;
    let codes = Codes { forbidden: 550, not_regular: 550, too_long: 550 };
    let mut source = match opened(member, verb, &path, codes) {
        Ok(source) => source,
        Err(reply) => return Ok(reply),
    };
    let (start, end) = part.unwrap_or((0, source.end));
    if end > source.end {
        return Ok(Reply::refused(501, ReasonCode::Range, format!("{}: end exceeds file size", verb.name)));
    }
    if end <= start {
        let name = verb.name;
        let words = format!("{name} requires end ({end}) greater than start ({start})");
        return Ok(Reply::refused(501, ReasonCode::Range, words));
    }
    (source.offset, source.end) = (start, end);
    let sum = made(watch, member, (verb, &path), (source, algorithm), codes)?;
    Ok(sum.map_or_else(
        |refusal| refusal,
        |sum| {
            let line = digest::hexadecimal(&sum).to_ascii_uppercase().into_bytes();
            told(250, &algorithm.plain_name(), line)
        },
    ))
}

fn told(code: u16, name: &str, line: Vec<u8>) -> Reply {
    Reply::long(code, vec![format!("Computing {name} digest").into_bytes(), line])
}

/// A verb whose algorithm is not served is no verb.
fn unknown(name: &str) -> Reply {
    Reply::refused(500, ReasonCode::Protocol, format!("{name} not understood"))
}

fn opened(member: &Member, verb: &Verb, path: &[u8], codes: Codes) -> Result<Source, Reply> {
    if verb.algorithm.is_some_and(|one| !member.rules.digests.algorithms.has(one)) {
        return Err(unknown(verb.name));
    }
    let opened = asked(member, verb, path).and_then(|asked| member.storage.summarise(&asked));
    opened.map_err(|denied| match denied.reason {
        Reason::NotRegular => denied.reply(codes.not_regular, denied.text()),
        Reason::Limit | Reason::NoDigest => denied.reply(codes.forbidden, denied.text()),
        _ => refusal(&denied),
    })
}

/// Makes the sum; the inner error is the reply that says why there is none.
fn made(
    watch: &mut Watch,
    member: &Member,
    (verb, path): (&Verb, &[u8]),
    (mut source, algorithm): (Source, Algorithm),
    codes: Codes,
) -> Result<Result<Vec<u8>, Reply>, Ending> {
    if member.rules.digests.most.is_some_and(|most| source.left() > most) {
        return Ok(Err(Reply::refused(
            codes.too_long,
            ReasonCode::Digest,
            [path, b": Operation not permitted"].concat(),
        )));
    }
    let what = format!("{} {}", verb.name, String::from_utf8_lossy(path));
    watch.transfer_begins(what, Some(source.left()));
    watch.transfer_connected();
    // Nobody waits for an answer that will not be given.
    let sum = watch.glance().map_err(Into::into).and_then(|()| digest::of(&mut source, algorithm, watch));
    watch.transfer_ends();
    match sum {
        Ok(sum) => Ok(Ok(sum)),
        Err(stop) => transfer::reply(watch, Carried::never(stop)).map(Err),
    }
}

/// What HASH makes: the client's choice, as far as whoever it has become may have it.
fn chosen(watch: &Watch, rules: DigestRules) -> Option<Algorithm> {
    watch.terms.hash.filter(|one| rules.algorithms.has(*one)).or(rules.usual)
}

/// Before login, the server's.
pub fn rules(session: &Session) -> DigestRules {
    session.watch.rules.digests
}

/// HASH's line in FEAT.
pub fn feature(watch: &Watch, rules: DigestRules) -> Option<String> {
    rules.algorithms.feature(chosen(watch, rules))
}

/// OPTS HASH: tells the algorithm, or chooses one.
pub fn choose(session: &mut Session, name: Option<Vec<u8>>) -> Reply {
    let rules = rules(session);
    let watch = &mut session.watch;
    let Some(current) = chosen(watch, rules) else {
        return Reply::refused(500, ReasonCode::Protocol, "OPTS HASH not understood");
    };
    let Some(name) = name else { return Reply::new(200, current.name()) };
    match Algorithm::named(&name).filter(|one| rules.algorithms.has(*one)) {
        Some(algorithm) => {
            watch.terms.hash = Some(algorithm);
            Reply::new(200, name)
        }
        None => {
            Reply::refused(501, ReasonCode::Protocol, [name.as_slice(), b": Unsupported algorithm"].concat())
        }
    }
}
