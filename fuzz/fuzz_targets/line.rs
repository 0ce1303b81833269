//! Feeds `ferryd_fuzz::line`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferryd_fuzz::line(bytes));
