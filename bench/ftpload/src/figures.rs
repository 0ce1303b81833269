//! What a run prints: figures as one line of JSON, errors counted by kind.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// The figures, in order, as JSON.
#[derive(Default)]
pub struct Out(Vec<(String, String)>);
impl Out {
    pub fn f(&mut self, k: &str, v: f64) {
        let t = if v.is_finite() { format!("{:.3}", v) } else { "null".into() };
        self.0.push((k.into(), t));
    }
    pub fn i(&mut self, k: &str, v: i64) {
        self.0.push((k.into(), v.to_string()));
    }
    pub fn s(&mut self, k: &str, v: &str) {
        let mut e = String::from("\"");
        for c in v.chars() {
            match c {
                '"' | '\\' => {
                    e.push('\\');
                    e.push(c)
                }
                c if (c as u32) < 32 => e.push(' '),
                c => e.push(c),
            }
        }
        e.push('"');
        self.0.push((k.into(), e));
    }
    pub fn lat(&mut self, k: &str, v: &mut [u64]) {
        v.sort_unstable();
        let p = |q: f64| v.get(((v.len() as f64 - 1.0) * q).round().max(0.0) as usize).copied().unwrap_or(0);
        self.i(&format!("{k}_p50_us"), p(0.5) as i64);
        self.i(&format!("{k}_p99_us"), p(0.99) as i64);
        self.i(&format!("{k}_max_us"), p(1.0) as i64);
    }
    pub fn print(&self) {
        let v: Vec<String> = self.0.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
        println!("{{{}}}", v.join(","));
    }
}

#[derive(Default)]
pub struct Errs(pub Mutex<BTreeMap<String, u64>>);
impl Errs {
    pub fn add(&self, e: &str) {
        *self.0.lock().unwrap().entry(e.chars().take(80).collect()).or_insert(0) += 1;
    }
    pub fn out(&self, o: &mut Out) {
        let m = self.0.lock().unwrap();
        o.i("errors", m.values().sum::<u64>() as i64);
        let v: Vec<String> = m.iter().take(6).map(|(k, n)| format!("{n}x {k}")).collect();
        o.s("error_kinds", &v.join("; "));
    }
}
