//! In which language and characters a server speaks.

use super::super::arguments::{Arguments, Fault, switch};
use super::super::contexts::SERVERS_FOR_SOME;
use super::super::draft::Scope;
use super::{Row, sets};
use crate::config::settings::Speech;
use crate::protocol::charset::Charset;

pub const ROWS: &[Row] = &[
    sets(
        "UseEncoding",
        "mod_lang",
        SERVERS_FOR_SOME,
        "on|off|local client [strict]",
        "UTF-8, names as the bytes they are",
        "In which characters names stand on the disk and are told to clients, such as `utf-8 cp1251`; `on` holds clients to UTF-8, `off` \
         to what they have, `strict` to those named.",
        use_encoding,
    ),
    sets(
        "LangDefault",
        "mod_lang",
        SERVERS_FOR_SOME,
        "language",
        "en",
        "In which language replies are: English is the one there is, and another is warned of.",
        lang_default,
    ),
    sets(
        "LangOptions",
        "mod_lang",
        SERVERS_FOR_SOME,
        "PreferServerEncoding|RequireValidEncoding …",
        "",
        "PreferServerEncoding does not grant `OPTS UTF8 ON`; RequireValidEncoding refuses names that are none in the client's characters.",
        lang_options,
    )
    .adds(),
];

/// A locale's name; of another language than English there are no replies, and ProFTPD has none where its translations are missing.
fn lang_default(_: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let tag = arguments.word("a language, as en_US,")?.text.clone();
    let language = tag.split(['_', '-', '.', '@']).next().unwrap_or_default().to_ascii_lowercase();
    if !["en", "c", "posix"].contains(&language.as_str()) {
        arguments.warn(format!("replies are in English, not in '{tag}'"));
    }
    Ok(())
}

fn use_encoding(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let word = arguments.word("on, off or the disk's characters")?;
    let usual = Speech::default();
    scope.session.speech = Some(match switch(&word.text) {
        Some(true) => Speech { may_end_utf8: false, ..usual },
        Some(false) => Speech { may_begin_utf8: false, ..usual },
        None => {
            let local = charset(arguments, &word.text)?;
            let client = arguments.word("the clients' characters")?;
            let client = charset(arguments, &client.text)?;
            Speech { local, client, is_kept: arguments.takes("strict"), ..usual }
        }
    });
    Ok(())
}

fn charset(arguments: &Arguments<'_>, name: &str) -> Result<Charset, Fault> {
    Charset::named(name).ok_or_else(|| arguments.fault(format!("no characters are known as '{name}'")))
}

fn lang_options(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    for word in arguments.words("an option")? {
        match word.text.to_ascii_lowercase().as_str() {
            "preferserverencoding" => scope.session.keeps_encoding = Some(true),
            "requirevalidencoding" => scope.session.requires_encoding = Some(true),
            _ => return Err(arguments.fault(format!("'{}' is no option", word.text))),
        }
    }
    Ok(())
}
