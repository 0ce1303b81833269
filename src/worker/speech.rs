//! What a client says, between its characters and the disk's: every command is judged by the names that the disk has.

use super::watch::Watch;
use crate::protocol::Reply;
use crate::scoreboard::ReasonCode;
use crate::sys::crypt;

/// Names that auth knows and passwords, which are the bytes they are.
const AS_THEY_ARE: [&[u8]; 3] = [b"USER", b"PASS", b"ACCT"];

/// A line in the disk's characters; as it came where it cannot be had in them. Where it is refused (RequireValidEncoding) it comes back
/// with the reply.
pub fn heard(watch: &Watch, mut line: Vec<u8>) -> Result<Vec<u8>, (Vec<u8>, Reply)> {
    let (translation, speech) = (watch.conversation.translation(), &watch.rules.speech);
    if (translation.is_none() && !speech.is_strict) || line.is_ascii() || is_as_it_is(&line) {
        return Ok(line);
    }
    let read = match translation {
        Some(translation) => translation.read(&line),
        None => speech.local.holds(&line).then(|| line.clone()),
    };
    match read {
        Some(read) => {
            // ` PASS x` is no command, and holds a password all the same.
            crypt::wipe(&mut line);
            Ok(read)
        }
        None if speech.is_strict => {
            let argument = line.splitn(2, u8::is_ascii_whitespace).nth(1).unwrap_or_default();
            let reply = Reply::about(550, argument, "Illegal character sequence in filename")
                .because(ReasonCode::Encoding);
            Err((line, reply))
        }
        None => Ok(line),
    }
}

fn is_as_it_is(line: &[u8]) -> bool {
    let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    AS_THEY_ARE.iter().any(|known| known.eq_ignore_ascii_case(word))
}
