//! SITE HELP and HELP SITE, printed from the table.

use super::{Row, find, offered};
use crate::protocol::{Offer, Reply};

/// SITE HELP. Commands of modules are shown with what follows them, as ProFTPD shows them.
pub fn help(offer: Offer, of: Option<&[u8]>, admin: &str) -> Reply {
    let shown: Vec<String> = match of.map(|word| (word, find(word).filter(|row| offer.has(row.module)))) {
        None => offered(offer).map(listed).collect(),
        Some((_, Some(row))) => vec![format!("Syntax: SITE {} {}", row.name, row.syntax)],
        Some((word, None)) => {
            let word = word.to_ascii_uppercase();
            return Reply::new(502, [b"Unknown command 'SITE HELP ", word.as_slice(), b"'"].concat());
        }
    };
    let mut lines = vec!["The following SITE commands are recognized (* =>'s unimplemented)".to_owned()];
    lines.extend(shown);
    lines.push(format!("Direct comments to {admin}"));
    Reply::long(214, lines.into_iter().map(String::into_bytes).collect())
}

fn listed(row: &Row) -> String {
    match row.module {
        Some(_) => format!("{} {}", row.name, row.syntax),
        None => row.name.to_owned(),
    }
}

/// HELP SITE: the names alone.
pub fn names(offer: Offer) -> Reply {
    Reply::long(214, offered(offer).map(|row| row.name.as_bytes().to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_comes_from_the_rows() {
        assert_eq!(help(Offer::ALL, Some(b"nope"), "me").text(), b"Unknown command 'SITE HELP NOPE'");
        assert_eq!(help(Offer::ALL, None, "me").text(), b"Direct comments to me");
    }
}
