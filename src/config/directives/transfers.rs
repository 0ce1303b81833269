//! Transfers: how many at once, how fast, how large.

use super::super::access::Term;
use super::super::arguments::{Arguments, Fault};
use super::super::contexts::FILES_AND_FTPACCESS;
use super::super::draft::Scope;
use super::super::settings::{LimitText, RateLine, SizeLine, TransferLimit, TransferRate};
use super::{Effect, Row, other, sets};
use crate::auth::places::{TransferVerb, TransferVerbs};

pub const ROWS: &[Row] = &[
    sets(
        "MaxTransfersPerHost",
        "mod_xfer",
        FILES_AND_FTPACCESS,
        "command,… number [text]",
        "",
        "The most transfers at once by these commands (APPE, RETR, STOR, STOU) from one address.",
        |scope, arguments| limit(scope, arguments, false),
    )
    .adds(),
    sets(
        "MaxTransfersPerUser",
        "mod_xfer",
        FILES_AND_FTPACCESS,
        "command,… number [text]",
        "",
        "The most transfers at once by these commands of one user.",
        |scope, arguments| limit(scope, arguments, true),
    )
    .adds(),
    sets(
        "TransferRate",
        "mod_xfer",
        FILES_AND_FTPACCESS,
        "command,… kilobytes[:free-bytes] [shared] [user|group|class expression]",
        "",
        "How fast these commands transfer, in kilobytes a second, from the first byte that is not free; 0 is without bound. With `shared` all such transfers of a user have the rate together.",
        rate,
    )
    .adds(),
    sets(
        "MaxStoreFileSize",
        "mod_xfer",
        FILES_AND_FTPACCESS,
        "number unit|* [user|group|class expression]",
        "",
        "The largest file that an upload makes, in B, Kb, Mb or Gb; the first line that is for somebody holds.",
        |scope, arguments| size(scope, arguments, true),
    )
    .adds(),
    sets(
        "MaxRetrieveFileSize",
        "mod_xfer",
        FILES_AND_FTPACCESS,
        "number unit|* [user|group|class expression]",
        "",
        "The largest file that is sent.",
        |scope, arguments| size(scope, arguments, false),
    )
    .adds(),
    Row {
        contexts: FILES_AND_FTPACCESS,
        syntax: "on|off|number [unit]|percentage%",
        ..other("UseSendfile", "mod_xfer", Effect::Accepted, "sendfile(2) is used wherever it can be.")
    },
];

fn limit(scope: &mut Scope, arguments: &mut Arguments<'_>, is_per_user: bool) -> Result<(), Fault> {
    let verbs = verbs(arguments)?;
    let most = Some(arguments.number(1..=u32::MAX)?);
    let text = arguments.maybe().map(|word| word.text.clone());
    let limit = LimitText { most, text };
    scope.files.transfers.limits.push(TransferLimit { is_per_user, verbs, limit });
    Ok(())
}

fn rate(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let verbs = verbs(arguments)?;
    let word = arguments.word("a rate in kilobytes a second")?;
    let read = kilobytes(&word.text);
    let (bytes_per_second, free) = read.ok_or_else(|| {
        arguments.fault(format!("takes a rate such as 100 or 8.5:1024, not '{}'", word.text))
    })?;
    let is_shared = arguments.takes("shared");
    let whom = Term::read(arguments)?;
    let rate = (bytes_per_second > 0.0).then_some(TransferRate { bytes_per_second, free, is_shared });
    scope.files.transfers.rates.push(RateLine { verbs, rate, whom });
    Ok(())
}

/// `8.5:1024`: kilobytes a second, and bytes that are free.
fn kilobytes(text: &str) -> Option<(f64, u64)> {
    let (rate, free) = text.split_once(':').unwrap_or((text, "0"));
    let is_plain = !rate.is_empty() && rate.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    let rate: f64 = rate.parse().ok().filter(|_| is_plain)?;
    let free = free.parse().ok().filter(|_| free.bytes().all(|c| c.is_ascii_digit()))?;
    Some((rate * 1024.0, free))
}

fn size(scope: &mut Scope, arguments: &mut Arguments<'_>, is_stored: bool) -> Result<(), Fault> {
    let most = if arguments.takes("*") { None } else { Some(bytes(arguments)?) };
    let whom = Term::read(arguments)?;
    scope.files.transfers.sizes.push(SizeLine { is_stored, most, whom });
    Ok(())
}

fn bytes(arguments: &mut Arguments<'_>) -> Result<u64, Fault> {
    let number = u64::from(arguments.number(1..=u32::MAX)?);
    let unit = arguments.word("a unit (B, Kb, Mb, Gb)")?;
    let shift = match unit.text.to_ascii_lowercase().as_str() {
        "b" => 0,
        "kb" => 10,
        "mb" => 20,
        "gb" => 30,
        "tb" => 40,
        _ => return Err(arguments.fault(format!("takes B, Kb, Mb or Gb, not '{}'", unit.text))),
    };
    number.checked_mul(1 << shift).ok_or_else(|| arguments.fault("no file is as large"))
}

fn verbs(arguments: &mut Arguments<'_>) -> Result<TransferVerbs, Fault> {
    let word = arguments.word("a command")?;
    let mut verbs = TransferVerbs::default();
    for name in word.text.split(',').filter(|name| !name.is_empty()) {
        match TransferVerb::named(name) {
            Some(verb) => verbs.insert(verb),
            None => return Err(arguments.fault(format!("takes APPE, RETR, STOR and STOU, not '{name}'"))),
        }
    }
    Ok(verbs)
}

#[cfg(test)]
mod tests {
    use super::super::super::lines::{Source, lines};
    use super::*;

    fn said(
        line: &str,
        set: fn(&mut Scope, &mut Arguments<'_>) -> Result<(), Fault>,
    ) -> Result<Scope, String> {
        let line = lines(&Source::new("f".into(), line.as_bytes())).remove(0);
        let (name, words) = line.words.split_first().expect("a name");
        let (mut scope, mut arguments) = (Scope::default(), Arguments::new(name, words));
        set(&mut scope, &mut arguments).and_then(|()| arguments.end()).map_err(|fault| fault.message)?;
        Ok(scope)
    }

    #[test]
    fn rates_are_read_as_they_are_written() {
        let read =
            |line: &str| said(&format!("TransferRate {line}"), rate).map(|scope| scope.files.transfers.rates);
        let rates = read("retr,STOR 1.5:1024 shared user joe,ann").expect("sound");
        assert_eq!(rates[0].verbs.to_string(), "RETR,STOR");
        let rate = TransferRate { bytes_per_second: 1536.0, free: 1024, is_shared: true };
        assert_eq!(rates[0].rate, Some(rate));
        assert!(matches!(rates[0].whom, Term::User(_)));
        assert_eq!(read("RETR 0").expect("sound")[0].rate, None);
        for wrong in
            ["", "RETR", "LIST 5", "RETR none", "RETR -5", "RETR 5:x", "RETR 5 6", "RETR 5 user", "RETR NaN"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        let read = |line: &str| {
            said(&format!("MaxStoreFileSize {line}"), |scope, arguments| size(scope, arguments, true))
        };
        let most = |line: &str| read(line).expect(line).files.transfers.sizes[0].most;
        assert_eq!(most("10 Kb"), Some(10_240));
        assert_eq!(most("3 gb group staff"), Some(3 << 30));
        assert_eq!(most("*"), None);
        for wrong in ["", "5", "0 B", "5 x", "1.5 Kb", "5 B user", "5 B klass x", "4294967295 Tb x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
