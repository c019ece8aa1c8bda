//! Any file of a Commerce project: `cargo +nightly fuzz run readers`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use towpath::commerce::read::{Lock, content_hash, read_php, read_scenario, read_yaml};

fuzz_target!(|text: &str| {
    let _ = (read_php(text), read_php(&format!("<?php return [{text}];")));
    let _ = (read_yaml(text), read_scenario(text), Lock::read(text), content_hash(text));
});
