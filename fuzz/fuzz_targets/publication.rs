#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| open_commitments_fuzz::run("publication", bytes));
