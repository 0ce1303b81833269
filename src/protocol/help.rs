//! HELP and FEAT: the table of verbs told to the client, as far as its session is offered them.

use super::digest::Algorithms;
use super::offer::{Module, Offer};
use super::reply::Reply;
use super::site;
use super::verbs::{FACTS, HASH, VERBS, Verb, find};

/// What a session is offered.
#[derive(Clone, Debug)]
pub struct Told {
    /// By its server.
    pub offer: Offer,
    /// MLST's line in FEAT, where it is advertised.
    pub facts: Option<String>,
    /// Sums that the session may ask for,
    pub algorithms: Algorithms,
    /// and HASH's line, where there are any.
    pub hash: Option<String>,
}

/// What FEAT says besides the verbs' own lines: paths are slash-separated, names are UTF-8 where they are text.
const OTHER_FEATURES: &[(&str, Option<Module>)] =
    &[("TVFS", None), ("MODE Z", Some(Module::Deflate)), ("UTF8", Some(Module::Utf8))];

/// What FEAT does not say either where FactsAdvertise is off.
fn of_facts(line: &str) -> bool {
    line.starts_with("MFF ") || matches!(line, "MFMT" | "TVFS")
}

impl Told {
    /// HELP without an argument: eight names a line.
    pub fn help(&self, admin: &str) -> Reply {
        let columns: Vec<String> = self
            .verbs()
            .flat_map(|verb| {
                std::iter::once(&verb.name).chain(verb.aliases).map(|name| column(name, verb.is_done))
            })
            .collect();
        let mut lines = vec![b"The following commands are recognized (* =>'s unimplemented):".to_vec()];
        lines.extend(columns.chunks(8).map(|row| row.concat().into_bytes()));
        lines.push(format!("Direct comments to {admin}").into_bytes());
        Reply::long(214, lines)
    }

    /// HELP of one verb; SITE has commands of its own.
    pub fn help_of(&self, word: &[u8]) -> Reply {
        match find(word).filter(|(verb, _)| self.offers(verb)) {
            Some((verb, _)) if verb.name == "SITE" => site::names(self.offer),
            Some((verb, called)) => Reply::new(214, format!("Syntax: {called} {}", verb.syntax)),
            None => {
                Reply::new(502, [b"Unknown command '", word.to_ascii_uppercase().as_slice(), b"'"].concat())
            }
        }
    }

    /// FEAT (RFC 2389 §3).
    pub fn features(&self) -> Reply {
        let mut lines: Vec<&str> = Vec::new();
        for line in self.verbs().filter_map(|verb| verb.feature) {
            match line {
                FACTS => lines.extend(self.facts.as_deref()),
                HASH => lines.extend(self.hash.as_deref()),
                line if self.facts.is_none() && of_facts(line) => {}
                line => lines.push(line),
            }
        }
        let others = OTHER_FEATURES.iter().filter(|(_, module)| self.offer.has(*module));
        let others = others.map(|(line, _)| *line).filter(|line| self.facts.is_some() || !of_facts(line));
        lines.extend(others);
        site::features(self.offer).for_each(|line| lines.push(line));
        lines.sort_unstable();
        let own = lines.iter().map(|line| line.as_bytes());
        let all = std::iter::once(b"Features:".as_slice()).chain(own).chain([b"End".as_slice()]);
        Reply::long(211, all.map(<[u8]>::to_vec).collect())
    }

    fn verbs(&self) -> impl Iterator<Item = &'static Verb> {
        VERBS.iter().filter(|verb| self.offers(verb))
    }

    fn offers(&self, verb: &Verb) -> bool {
        self.offer.has(verb.module)
            && verb.algorithm.is_none_or(|one| self.algorithms.has(one))
            && (verb.feature != Some(HASH) || self.hash.is_some())
    }
}

fn column(name: &str, is_done: bool) -> String {
    let mark = if is_done { "" } else { "*" };
    format!("{:<8}", format!("{name}{mark}"))
}

#[cfg(test)]
mod tests {
    use super::super::digest::Algorithm;
    use super::*;

    fn told(offer: Offer, facts: Option<&str>) -> Told {
        let algorithms = Algorithms::NONE.with(Algorithm::Md5);
        Told { offer, facts: facts.map(str::to_owned), algorithms, hash: Some("HASH MD5*;".to_owned()) }
    }

    fn text(reply: &Reply) -> String {
        let mut out = Vec::new();
        reply.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn features_come_from_the_table() {
        let all = text(&told(Offer::ALL, Some("MLST type*;")).features());
        for line in [
            "CLNT",
            "EPRT",
            "LANG EN*",
            "MFF modify;UNIX.group;UNIX.mode;",
            "MLST type*;",
            "RANG STREAM",
            "REST STREAM",
            "HASH MD5*;",
            "MD5",
        ] {
            assert!(all.contains(&format!("\r\n {line}\r\n")), "{line}");
        }
        assert!(all.ends_with("\r\n UTF8\r\n XMD5\r\n211 End\r\n") && !all.contains("XCRC"));
        let without = text(&told(Offer::ALL.without(Module::Lang).without(Module::Utf8), None).features());
        assert!(!without.contains("LANG") && !without.contains("MLST") && !without.contains("UTF8"));
    }

    #[test]
    fn help_comes_from_the_table() {
        let told = told(Offer::ALL, None);
        assert_eq!(told.help_of(b"stor").text(), b"Syntax: STOR <sp> pathname");
        assert_eq!(told.help_of(b"xyz").text(), b"Unknown command 'XYZ'");
        let help = text(&told.help("root@here"));
        assert!(help.contains(" CWD     XCWD    CDUP    XCUP    SMNT*   QUIT    PORT    PASV    \r\n"));
        assert!(help.contains("REIN*") && help.contains("AUTH*") && help.contains("CLNT "));
        assert!(help.ends_with("214 Direct comments to root@here\r\n"));
    }

    #[test]
    fn help_is_silent_of_what_is_not_offered() {
        let bare =
            Told { algorithms: Algorithms::NONE, hash: None, ..told(Offer::ALL.without(Module::Lang), None) };
        let help = text(&bare.help("root@here"));
        for name in ["HASH", "MD5", "XCRC", "LANG"] {
            assert!(!help.contains(name), "{name}");
            assert_eq!(bare.help_of(name.as_bytes()).code, 502, "{name}");
        }
    }
}
