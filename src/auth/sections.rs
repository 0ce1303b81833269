//! `<Anonymous>` sections with the names that lead to them: a server may have thousands, and each login asks.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

/// The sections of a server, in their order.
#[derive(Clone, Debug, Default)]
pub struct NamedSections<T> {
    all: Vec<T>,
    by_name: HashMap<Vec<u8>, usize>,
}

impl<T> NamedSections<T> {
    /// With the names of each. Of sections with the same name the last has it, as in ProFTPD.
    pub fn of(all: Vec<T>, names: impl Fn(&T) -> Vec<Vec<u8>>) -> NamedSections<T> {
        let mut by_name = HashMap::new();
        for (index, section) in all.iter().enumerate() {
            by_name.extend(names(section).into_iter().map(|name| (name, index)));
        }
        NamedSections { all, by_name }
    }

    /// Others in their places.
    pub fn map<U>(&self, other: impl FnMut(&T) -> U) -> NamedSections<U> {
        NamedSections { all: self.all.iter().map(other).collect(), by_name: self.by_name.clone() }
    }

    /// Which one a name leads to; `*` stands for every name that leads to none by itself.
    pub fn named(&self, name: &[u8]) -> Option<usize> {
        self.by_name.get(name).or_else(|| self.by_name.get(&b"*"[..])).copied()
    }
}

impl<T> Deref for NamedSections<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.all
    }
}

impl<T> DerefMut for NamedSections<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_name_has_it_and_a_star_has_the_rest() {
        let names = |list: &&[&str]| list.iter().map(|name| name.as_bytes().to_vec()).collect();
        let sections = |lists: &[&'static [&'static str]]| NamedSections::of(lists.to_vec(), names);
        let three = sections(&[&["ftp", "shared"], &["*"], &["guest", "shared"]]);
        for (name, index) in [("ftp", 0), ("shared", 2), ("guest", 2), ("anybody", 1), ("*", 1)] {
            assert_eq!(three.named(name.as_bytes()), Some(index), "{name}");
        }
        let one = sections(&[&["ftp"]]);
        assert_eq!((one.named(b"ftp"), one.named(b"other"), one.len()), (Some(0), None, 1));
    }
}
