//! Every parser that a stranger reaches takes or refuses whatever comes, and does not panic: on the seeds of `fuzz/`
//! here, for as long as one likes with `cargo fuzz`.

#[path = "../../fuzz/src/lib.rs"]
pub mod fuzzed;

use std::path::Path;

use crate::support::random::Random;
use fuzzed::PARSERS;

/// Pieces that parsers trip over.
const PIECES: [&[u8]; 16] = [
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xe4\xb8",
    b"[[[[",
    b"\"",
    b",",
    b"-",
    b"9999999999999999999",
    b"0.00001",
    b"&#x110000;",
    b"<td rowspan=99999>",
    b"%00",
    b"..",
    b";q=",
    b"\xe7\x99\xbe\xe5\x88\x86\xe4\xb9\x8b",
];

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("seeds").map(|file| file.expect("a seed").path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).expect("a seed")).collect()
}

/// One of them with a few changes: a byte, a piece put in, a stretch taken out or said twice, the end of another.
fn changed(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let to = at + random.below(bytes.len() + 1 - at);
        match random.below(5) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 => drop(bytes.drain(at..to)),
            2 => drop(bytes.splice(at..at, bytes[at..to].to_vec())),
            3 => {
                let other = &seeds[random.below(seeds.len())];
                bytes.truncate(at);
                bytes.extend_from_slice(&other[random.below(other.len() + 1)..]);
            }
            _ => drop(bytes.splice(at..at, random.of(&PIECES).to_vec())),
        }
        bytes.truncate(4096);
    }
    bytes
}

fn run(times: usize) {
    for (name, parser) in PARSERS {
        let seeds = seeds(name);
        assert!(seeds.len() > 1, "{name} has seeds");
        let mut random = Random::new(7);
        for bytes in seeds.iter().cloned().chain((0..times).map(|_| changed(&seeds, &mut random))) {
            let caught = std::panic::catch_unwind(|| parser(&bytes));
            assert!(caught.is_ok(), "{name}: keep this as a seed: {}", bytes.escape_ascii());
        }
    }
}

#[test]
fn whatever_strangers_send_is_read_or_refused() {
    run(300);
}

#[test]
#[ignore = "takes minutes"]
fn whatever_strangers_send_is_read_or_refused_hundreds_of_thousands_of_times() {
    run(30_000);
}

#[test]
fn every_parser_has_a_target_that_fuzzes_it() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).expect("the manifest");
    for (name, _) in PARSERS {
        let target = std::fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).expect("a target");
        assert!(target.contains(&format!("run(\"{name}\"")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        fuzzed::run(name, b"");
    }
}
