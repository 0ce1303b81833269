//! The words of the command line: `--name value`, in any order.

use std::collections::HashMap;

pub struct Args(pub HashMap<String, String>);
impl Args {
    pub fn s<'a>(&'a self, k: &str, d: &'a str) -> &'a str {
        self.0.get(k).map(|x| x.as_str()).unwrap_or(d)
    }
    /// A number, with an optional k, m or g (powers of 1024).
    pub fn n(&self, k: &str, d: u64) -> u64 {
        let Some(v) = self.0.get(k) else { return d };
        let (m, t) = match v.chars().last().map(|c| c.to_ascii_lowercase()) {
            Some('k') => (1 << 10, &v[..v.len() - 1]),
            Some('m') => (1 << 20, &v[..v.len() - 1]),
            Some('g') => (1 << 30, &v[..v.len() - 1]),
            _ => (1, v.as_str()),
        };
        t.parse::<u64>().unwrap_or_else(|_| panic!("--{k}: not a number")) * m
    }
    pub fn f(&self, k: &str, d: f64) -> f64 {
        self.0.get(k).map(|v| v.parse().expect("number")).unwrap_or(d)
    }
    pub fn flag(&self, k: &str) -> bool {
        self.0.contains_key(k)
    }
}
