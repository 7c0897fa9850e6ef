//! Each target with its seeds, with what once made it fail, and with changed seeds.
//!
//! `CKWRAP_FUZZ_SEED` gives other changes, `CKWRAP_FUZZ_CASES` more of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rstest::rstest;

use super::mutator::{Random, changed};
use super::seeds;
use super::targets::{TARGETS, run};

/// Changed seeds for each target, where nothing else is said.
const CASES: usize = 1500;

/// What no text may take, however busy the machine is.
const HANGS: Duration = Duration::from_secs(60);

#[rstest]
fn no_text_is_too_much(
    #[values(
        "command_line",
        "config",
        "environment",
        "job",
        "journal",
        "lammps",
        "logs",
        "notify",
        "owner",
        "patterns",
        "profile",
        "records",
        "scheduler",
        "scheduler_errors",
        "successor",
        "words"
    )]
    target: &str,
) {
    let seeds = seeds::of(target);
    assert!(!seeds.is_empty(), "fuzz/seeds has texts for {target}");
    for (number, seed) in seeds.iter().enumerate() {
        try_one(target, seed, &format!("its seed {number}"));
    }
    for (name, text) in seeds::regressions(target) {
        try_one(target, &text, &format!("fuzz/regressions/{target}/{name}"));
    }
    let first = setting("CKWRAP_FUZZ_SEED").unwrap_or(1);
    let cases = setting("CKWRAP_FUZZ_CASES").map_or(CASES, |cases| usize::try_from(cases).unwrap());
    for (number, _) in (first..).zip(0..cases) {
        let text = changed(&seeds, &mut Random::new(number));
        try_one(target, &text, &format!("CKWRAP_FUZZ_SEED={number} CKWRAP_FUZZ_CASES=1"));
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

#[track_caller]
fn try_one(target: &str, text: &[u8], again: &str) {
    let began = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| run(target, text)));
    assert!(outcome.is_ok(), "{target} panics with {again}");
    assert!(began.elapsed() < HANGS, "{target} takes {:?} with {again}", began.elapsed());
}

/// Each target is in the table above, has a fuzzer of its name, and each fuzzer a target.
#[test]
fn every_target_has_a_fuzzer() {
    let manifest = include_str!("../../fuzz/Cargo.toml");
    for (target, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{target}\"")), "fuzz/Cargo.toml names {target}");
        assert!(
            include_str!("texts.rs").contains(&format!("        \"{target}\"")),
            "the table names {target}"
        );
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
}
