//! Feeds `ferryd_fuzz::configuration`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferryd_fuzz::configuration(bytes));
