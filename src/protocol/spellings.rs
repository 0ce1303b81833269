//! The names of all verbs in one short piece, each in one number: a line's word is looked for at each command, and the rows of the table
//! stand far apart.

use super::verbs::VERBS;

/// A name's letters fill all but the lowest byte.
const LETTERS_MOST: usize = 7;
/// How many names there are.
const COUNT: usize = {
    let (mut count, mut row) = (0, 0);
    while row < VERBS.len() {
        count += 1 + VERBS[row].aliases.len();
        row += 1;
    }
    count
};

/// Each name, and in its lowest byte the number of its row.
static SPELLINGS: [u64; COUNT] = spellings();

/// The number of the row that a word names, in any case; with a NUL before it, it seems to name it, too.
pub(super) fn row_of(word: &[u8]) -> Option<usize> {
    let wanted = (1..=LETTERS_MOST).contains(&word.len()).then(|| spelt(word))?;
    let found = SPELLINGS.iter().find(|spelling| **spelling & !0xff == wanted)?;
    usize::try_from(*found & 0xff).ok()
}

const fn spellings() -> [u64; COUNT] {
    assert!(VERBS.len() <= 0x100, "a row's number has a byte");
    let (mut spellings, mut next, mut row) = ([0; COUNT], 0, 0);
    while row < VERBS.len() {
        spellings[next] = spelt(VERBS[row].name.as_bytes()) | row as u64;
        next += 1;
        let (aliases, mut alias) = (VERBS[row].aliases, 0);
        while alias < aliases.len() {
            spellings[next] = spelt(aliases[alias].as_bytes()) | row as u64;
            (next, alias) = (next + 1, alias + 1);
        }
        row += 1;
    }
    spellings
}

/// A name's letters as one number, its lowest byte free; of the table's own names none is longer.
const fn spelt(name: &[u8]) -> u64 {
    assert!(name.len() <= LETTERS_MOST, "a verb has seven letters at most");
    let (mut spelt, mut letter) = (0, 0);
    while letter < name.len() {
        spelt = spelt << 8 | name[letter].to_ascii_uppercase() as u64;
        letter += 1;
    }
    spelt << 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_its_row_in_any_case_and_nothing_else_does() {
        for (row, verb) in VERBS.iter().enumerate() {
            for name in std::iter::once(&verb.name).chain(verb.aliases) {
                assert_eq!(row_of(name.as_bytes()), Some(row));
                assert_eq!(row_of(name.to_lowercase().as_bytes()), Some(row));
            }
        }
        for word in [&b""[..], b"\0", b"CWD\0", b"RETRIEVE", b"RETRIEVEALL", b"XYZ"] {
            assert_eq!(row_of(word), None, "{word:?}");
        }
    }
}
