//! Feeds `ferryd_fuzz::argument`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferryd_fuzz::argument(bytes));
