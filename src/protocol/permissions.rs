//! What SITE CHMOD asks for: permission bits as a number, or changes by letter as chmod(1) takes them.

/// The bits that may be asked for.
const ALL: u32 = 0o7777;
const SET_USER: u32 = 0o4000;
const SET_GROUP: u32 = 0o2000;
const STICKY: u32 = 0o1000;

/// A change of permission bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// These and no other.
    Exactly(u32),
    /// One after the other.
    Changes(Vec<Change>),
}

/// `ug+rw`, of which a letter before the sign may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The bits of those who are meant; None where nobody is named: then all are, but for the umask.
    whom: Option<u32>,
    sign: Sign,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Add,
    Remove,
    Set,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// `r`, `w`, `x` for everybody that is meant, `s`, `t`; and whether `X` was among them.
    Letters { bits: u32, search: bool },
    /// What user, group or others have: how far to shift it down.
    CopyOf(u32),
}

impl Permissions {
    /// Reads `644` or `u+x,go-w`.
    pub fn read(text: &[u8]) -> Option<Permissions> {
        if text.first()?.is_ascii_digit() {
            return octal(text).map(Permissions::Exactly);
        }
        let mut changes = Vec::new();
        for clause in text.split(|byte| *byte == b',') {
            read_clause(clause, &mut changes)?;
        }
        Some(Permissions::Changes(changes))
    }

    /// The bits that come of it.
    pub fn apply(&self, current: u32, is_directory: bool, umask: u32) -> u32 {
        match self {
            Permissions::Exactly(bits) => *bits,
            Permissions::Changes(changes) => {
                changes.iter().fold(current, |bits, change| change.apply(bits, is_directory, umask))
            }
        }
    }
}

impl Change {
    fn apply(self, current: u32, is_directory: bool, umask: u32) -> u32 {
        let reach = match self.whom {
            Some(whom) => whom,
            None => ALL & !(umask & 0o777),
        };
        let bits = self.what.bits(current, is_directory) & reach;
        match self.sign {
            Sign::Add => current | bits,
            Sign::Remove => current & !bits,
            Sign::Set => current & !self.whom.unwrap_or(ALL) | bits,
        }
    }
}

impl What {
    fn bits(self, current: u32, is_directory: bool) -> u32 {
        match self {
            What::Letters { bits, search } if search && (is_directory || current & 0o111 != 0) => {
                bits | 0o111
            }
            What::Letters { bits, .. } => bits,
            What::CopyOf(shift) => (current >> shift & 0o7) * 0o111,
        }
    }
}

fn octal(digits: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    u32::from_str_radix(text, 8).ok().filter(|bits| *bits <= ALL)
}

/// `[ugoa]*`, then at least one `[+-=]` with what it does.
fn read_clause(clause: &[u8], changes: &mut Vec<Change>) -> Option<()> {
    let named = clause.iter().take_while(|letter| whom(**letter).is_some()).count();
    let (names, mut rest) = clause.split_at(named);
    let whom = names.iter().filter_map(|letter| whom(*letter)).reduce(|one, other| one | other);
    loop {
        let (sign, after) = rest.split_first()?;
        let end = after.iter().position(|byte| sign_of(*byte).is_some()).unwrap_or(after.len());
        changes.push(Change { whom, sign: sign_of(*sign)?, what: read_what(&after[..end])? });
        rest = &after[end..];
        if rest.is_empty() {
            return Some(());
        }
    }
}

fn read_what(letters: &[u8]) -> Option<What> {
    match letters {
        b"u" => return Some(What::CopyOf(6)),
        b"g" => return Some(What::CopyOf(3)),
        b"o" => return Some(What::CopyOf(0)),
        _ => {}
    }
    let mut bits = 0;
    let mut search = false;
    for letter in letters {
        match letter {
            b'r' => bits |= 0o444,
            b'w' => bits |= 0o222,
            b'x' => bits |= 0o111,
            b'X' => search = true,
            b's' => bits |= SET_USER | SET_GROUP,
            b't' => bits |= STICKY,
            _ => return None,
        }
    }
    Some(What::Letters { bits, search })
}

/// Whose bits a letter means; the sticky bit is everybody's.
fn whom(letter: u8) -> Option<u32> {
    match letter {
        b'u' => Some(SET_USER | 0o700),
        b'g' => Some(SET_GROUP | 0o070),
        b'o' => Some(0o007),
        b'a' => Some(ALL),
        _ => None,
    }
}

fn sign_of(byte: u8) -> Option<Sign> {
    match byte {
        b'+' => Some(Sign::Add),
        b'-' => Some(Sign::Remove),
        b'=' => Some(Sign::Set),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn changes_come_out_as_with_chmod() {
        let table: [(&str, u32, u32); 22] = [
            ("644", 0o777, 0o644),
            ("4755", 0, 0o4755),
            ("0000644", 0, 0o644),
            ("0", 0o777, 0),
            ("u+x", 0o644, 0o744),
            ("ug+x", 0o444, 0o554),
            ("o-r", 0o554, 0o550),
            ("a=r", 0o4644, 0o444),
            ("=rw", 0, 0o644),
            ("+x", 0o600, 0o711),
            ("-w", 0o666, 0o466),
            ("go=", 0o777, 0o700),
            ("u=g", 0o640, 0o440),
            ("g=u", 0o700, 0o770),
            ("u+s,g+s", 0o755, 0o6755),
            ("+t", 0o600, 0o1600),
            ("u+x-r", 0o600, 0o300),
            ("a+X", 0o644, 0o644),
            ("a+X", 0o744, 0o755),
            ("u-s", 0o6755, 0o2755),
            ("ugo=rwx", 0, 0o777),
            ("u=rwx,g=rx,o=", 0, 0o750),
        ];
        for (text, before, after) in table {
            let read = Permissions::read(text.as_bytes());
            let got = read.map(|change| change.apply(before, false, 0o022));
            assert_eq!(got, Some(after), "{text} {before:o}");
        }
        assert_eq!(Permissions::read(b"a+X").map(|change| change.apply(0o644, true, 0)), Some(0o755));
    }

    #[test]
    fn what_is_no_mode_is_none() {
        for text in ["", "8", "999", "64x", "77777", "10000", "bogus", "u", "u+y", "+x,", ",+x", "u+ug", "x"]
        {
            assert_eq!(Permissions::read(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_leads_beyond_the_bits(text in "[0-9ugoarwxXst+=,-]{0,24}", before in 0_u32..=0o7777, umask in 0_u32..=0o777) {
            if let Some(change) = Permissions::read(text.as_bytes()) {
                prop_assert!(change.apply(before, false, umask) <= 0o7777);
                prop_assert!(change.apply(before, true, umask) <= 0o7777);
            }
        }
    }
}
