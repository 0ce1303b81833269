//! Feeds `ferryd_fuzz::shutdown_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ferryd_fuzz::shutdown_file(bytes));
