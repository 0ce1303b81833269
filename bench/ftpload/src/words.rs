//! The words of the command line: `--name value`, in any order.

use std::collections::HashMap;

pub struct Words(HashMap<String, String>);

impl Words {
    pub fn read(mut said: impl Iterator<Item = String>) -> Words {
        let mut words = HashMap::new();
        while let Some(name) = said.next() {
            words.insert(name.trim_start_matches('-').to_owned(), said.next().unwrap_or_default());
        }
        Words(words)
    }

    pub fn text<'a>(&'a self, name: &str, otherwise: &'a str) -> &'a str {
        self.0.get(name).map_or(otherwise, String::as_str)
    }

    /// A number, with an optional k, m or g (powers of 1024).
    pub fn number(&self, name: &str, otherwise: u64) -> u64 {
        let Some(value) = self.0.get(name) else { return otherwise };
        let (digits, unit) = match value.chars().last() {
            Some('k') => (&value[..value.len() - 1], 1 << 10),
            Some('m') => (&value[..value.len() - 1], 1 << 20),
            Some('g') => (&value[..value.len() - 1], 1 << 30),
            _ => (value.as_str(), 1),
        };
        digits.parse::<u64>().unwrap_or_else(|_| panic!("--{name} {value}: not a number")) * unit
    }

    pub fn count(&self, name: &str, otherwise: usize) -> usize {
        self.number(name, otherwise as u64) as usize
    }

    pub fn seconds(&self, name: &str, otherwise: f64) -> f64 {
        let read =
            |value: &String| value.parse().unwrap_or_else(|_| panic!("--{name} {value}: not a number"));
        self.0.get(name).map_or(otherwise, read)
    }
}
