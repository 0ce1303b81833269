//! Feeds `ferryd_fuzz::verb`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferryd_fuzz::verb(bytes));
