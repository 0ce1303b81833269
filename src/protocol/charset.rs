//! Names in other characters than the disk's: what a client says is read from its characters, and what it is told is written in them.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// A set of characters, as bytes. ASCII is itself in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

impl Charset {
    /// What clients speak that say nothing else (RFC 2640 §2.2).
    pub const UTF8: Charset = Charset(UTF_8);

    /// By one of its names, such as `cp1251` or `koi8-r` (the Encoding Standard, §4.2).
    pub fn named(name: &str) -> Option<Charset> {
        Encoding::for_label_no_replacement(name.as_bytes())
            .filter(|encoding| encoding.is_ascii_compatible())
            .map(Charset)
    }

    /// Whether these bytes are some of its characters.
    pub fn holds(self, bytes: &[u8]) -> bool {
        self.decode(bytes).is_some()
    }

    fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        self.0.decode_without_bom_handling_and_without_replacement(bytes)
    }

    fn encode(self, text: Cow<'_, str>) -> Option<Vec<u8>> {
        let (bytes, _, has_gaps) = self.0.encode(&text);
        (!has_gaps).then(|| bytes.into_owned())
    }
}

/// Between the disk's characters and the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The disk's.
    pub local: Charset,
    /// The client's.
    pub client: Charset,
}

impl Translation {
    /// None where nothing needs to be translated.
    pub fn between(local: Charset, client: Charset) -> Option<Translation> {
        (local != client).then_some(Translation { local, client })
    }

    /// What the client said; None where it is none of its characters, or one that the disk's have not.
    pub fn read(&self, said: &[u8]) -> Option<Vec<u8>> {
        self.local.encode(self.client.decode(said)?)
    }

    /// What the client is told; as it is, where that cannot be said in its characters.
    pub fn write<'a>(&self, told: &'a [u8]) -> Cow<'a, [u8]> {
        if told.is_ascii() {
            return Cow::Borrowed(told);
        }
        let translated = self.local.decode(told).and_then(|text| self.client.encode(text));
        translated.map_or(Cow::Borrowed(told), Cow::Owned)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn between(local: &str, client: &str) -> Translation {
        Translation::between(Charset::named(local).unwrap(), Charset::named(client).unwrap()).unwrap()
    }

    #[test]
    fn names_are_translated_both_ways() {
        for (local, on_disk, client, said) in [
            ("utf-8", "ж.txt".as_bytes(), "CP1251", &b"\xe6.txt"[..]),
            ("koi8-r", b"\xd6.txt", "utf-8", "ж.txt".as_bytes()),
            ("utf-8", "我".as_bytes(), "gbk", b"\xce\xd2"),
            ("utf-8", "ÿ".as_bytes(), "latin1", b"\xff"),
        ] {
            let translation = between(local, client);
            assert_eq!(translation.read(said).as_deref(), Some(on_disk), "{client}");
            assert_eq!(translation.write(on_disk), said, "{client}");
            assert_eq!(translation.write(b"plain"), &b"plain"[..]);
        }
    }

    #[test]
    fn what_cannot_be_said_stays_as_it_is() {
        let translation = between("koi8-r", "utf-8");
        assert_eq!(translation.read(b"\xe6.txt"), None, "no UTF-8");
        assert_eq!(translation.read("我".as_bytes()), None, "not among the disk's");
        assert_eq!(between("utf-8", "koi8-r").write("我".as_bytes()), "我".as_bytes());
        assert_eq!(between("utf-8", "koi8-r").write(b"\xff"), &b"\xff"[..]);
    }

    #[test]
    fn only_what_holds_ascii_is_a_charset() {
        for name in ["utf-16", "iso-2022-jp", "hz-gb-2312", "nonsense", ""] {
            assert_eq!(Charset::named(name), None, "{name}");
        }
        assert_eq!(Translation::between(Charset::UTF8, Charset::named("UTF8").unwrap()), None);
    }

    proptest! {
        /// A path that is judged is the path that was meant: no byte that divides names comes or goes.
        #[test]
        fn no_translation_makes_a_slash(said in proptest::collection::vec(any::<u8>(), 0..40), index in 0..6_usize) {
            let client = ["cp1251", "gbk", "shift_jis", "big5", "euc-kr", "koi8-r"][index];
            let translation = between("utf-8", client);
            if let Some(read) = translation.read(&said) {
                let count = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'/' || **byte == 0).count();
                prop_assert_eq!(count(&read), count(&said));
                prop_assert!(std::str::from_utf8(&read).is_ok());
            }
            let _ = translation.write(&said);
        }

        /// Nor does any make a control byte, which would end a line of a reply or a command.
        #[test]
        fn no_translation_makes_what_ends_a_line(text in "\\PC{0,20}", local in 0..7_usize, client in 0..7_usize) {
            let names = ["utf-8", "gbk", "gb18030", "shift_jis", "big5", "euc-jp", "latin1"];
            let [local, client] = [local, client].map(|at| Charset::named(names[at]).unwrap());
            let Some(translation) = Translation::between(local, client) else { return Ok(()) };
            let is_plain = |bytes: &[u8]| bytes.iter().all(|byte| !byte.is_ascii_control() && *byte != b'/');
            let text = text.replace('/', "");
            for (said, is_heard) in [(local.encode(text.as_str().into()), false), (client.encode(text.as_str().into()), true)] {
                let Some(said) = said else { continue };
                prop_assert!(is_plain(&said), "{:?}", said);
                match is_heard {
                    true => prop_assert!(translation.read(&said).is_none_or(|read| is_plain(&read))),
                    false => prop_assert!(is_plain(&translation.write(&said))),
                }
            }
        }
    }
}
