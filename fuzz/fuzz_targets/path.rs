//! Feeds `ferryd_fuzz::path`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferryd_fuzz::path(bytes));
