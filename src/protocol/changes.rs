//! What MFF asks for (draft-somers-ftp-mfxx §6): facts of a file and the values they shall have.

use super::permissions::Permissions;
use super::reply::Reply;
use super::time;

/// What FEAT says of it: the facts that can be changed.
pub const FEATURE: &str = "MFF modify;UNIX.group;UNIX.mode;";

/// The values; of a fact that is named twice the last one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// modify: seconds since the epoch.
    pub modified: Option<i64>,
    /// UNIX.mode.
    pub permissions: Option<Permissions>,
    /// UNIX.group, a number or a name; UNIX.groupname.
    pub group: Option<Vec<u8>>,
}

impl Changes {
    /// Reads `modify=20200101000000;UNIX.mode=640;`. All of it has to be right, so that nothing is changed in halves; `path` is what
    /// refusals of values name.
    pub fn read(facts: &[u8], path: &[u8]) -> Result<Changes, Reply> {
        let mut changes = Changes::default();
        if !facts.is_empty() && memchr::memchr2(b'=', b';', facts).is_none() {
            return Err(Reply::about(550, facts, "Invalid argument"));
        }
        for fact in facts.strip_suffix(b";").unwrap_or(facts).split(|byte| *byte == b';') {
            changes.take(fact, path)?;
        }
        Ok(changes)
    }

    fn take(&mut self, fact: &[u8], path: &[u8]) -> Result<(), Reply> {
        let unknown = || Reply::new(504, [b"Cannot modify fact '", fact, b"'"].concat());
        let equals = memchr::memchr(b'=', fact).unwrap_or(fact.len());
        let (name, value) = (&fact[..equals], fact.get(equals + 1..).unwrap_or_default());
        let refused = |named: &[u8]| Reply::about(501, named, "Invalid argument");
        match name.to_ascii_lowercase().as_slice() {
            b"modify" => {
                let named = if value.is_empty() { fact } else { value };
                self.modified = Some(time::read(value).ok_or_else(|| refused(named))?);
            }
            b"unix.mode" => {
                let is_number = value.iter().all(u8::is_ascii_digit);
                let permissions = Permissions::read(value).filter(|_| is_number);
                self.permissions = Some(permissions.ok_or_else(|| refused(path))?);
            }
            b"unix.group" | b"unix.groupname" if value.is_empty() => return Err(refused(path)),
            b"unix.group" | b"unix.groupname" => self.group = Some(value.to_vec()),
            _ => return Err(unknown()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn facts_have_values() {
        let read = |facts: &str| Changes::read(facts.as_bytes(), b"f").unwrap();
        let time = Some(1_577_836_800);
        assert_eq!(read("modify=20200101000000;").modified, time);
        assert_eq!(read("Modify=20200101000000.5").modified, time);
        let both = read("UNIX.mode=600;unix.MODE=0640;UNIX.group=staff;");
        assert_eq!(both.permissions, Some(Permissions::Exactly(0o640)));
        assert_eq!((both.group.as_deref(), both.modified), (Some(&b"staff"[..]), None));
    }

    #[test]
    fn what_cannot_be_changed_is_refused() {
        for (facts, code, text) in [
            ("", 504, "Cannot modify fact ''"),
            (";", 504, "Cannot modify fact ''"),
            ("modify=20200101000000;;", 504, "Cannot modify fact ''"),
            ("create=20200101000000;", 504, "Cannot modify fact 'create=20200101000000'"),
            ("UNIX.mode=600;size=3;", 504, "Cannot modify fact 'size=3'"),
            ("UNIX.owner=1;", 504, "Cannot modify fact 'UNIX.owner=1'"),
            ("modify=x;", 501, "x: Invalid argument"),
            ("modify", 550, "modify: Invalid argument"),
            ("modify;", 501, "modify: Invalid argument"),
            ("UNIX.mode=999;", 501, "f: Invalid argument"),
            ("UNIX.mode=u+x;", 501, "f: Invalid argument"),
            ("UNIX.mode=;", 501, "f: Invalid argument"),
            ("UNIX.group=;", 501, "f: Invalid argument"),
        ] {
            let reply = Changes::read(facts.as_bytes(), b"f").unwrap_err();
            assert_eq!((reply.code, reply.text()), (code, text.as_bytes()), "{facts}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(facts in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Changes::read(&facts, b"f");
        }
    }
}
