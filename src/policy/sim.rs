//! Whole chains in virtual time: the real policy against a model of Slurm, a model of a program, and bad luck.
//!
//! Everything is drawn from one seed, which is printed when a check fails. `CKWRAP_SIM_SEEDS=1000000` runs more of them;
//! `CKWRAP_SIM_SEED=N` runs one and prints its log.

mod child;
mod commands;
mod edge;
mod journal;
mod judge;
mod plan;
mod regressions;
mod rng;
mod slurm;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use plan::Luck;
use world::World;

/// Runs one chain and judges it; the panic names the seed and tells the story.
fn run(seed: u64, luck: Luck) {
    if let Err(text) = attempt(&mut World::new(seed, luck)) {
        let mut world = World::new(seed, luck);
        world.talk();
        let again = attempt(&mut world);
        assert!(again.is_err(), "a seed must always mean the same");
        panic!("{text}\nCKWRAP_SIM_SEED={seed} ({luck:?})\n{}{text}", world.story());
    }
}

fn attempt(world: &mut World) -> Result<(), String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        world.run();
        world.judge();
    }));
    outcome.map_err(|cause| {
        let text = cause.downcast_ref::<String>().cloned();
        text.or_else(|| cause.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
    })
}

/// How lucky a seed is.
fn luck(seed: u64) -> Luck {
    let index = usize::try_from(seed).unwrap_or(0) % Luck::ALL.len();
    Luck::ALL[index]
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn chains_survive_bad_luck() {
    if let Some(seed) = number("CKWRAP_SIM_SEED") {
        let mut world = World::new(seed, luck(seed));
        world.talk();
        let outcome = attempt(&mut world);
        #[expect(clippy::print_stdout, reason = "asked for by the variable")]
        {
            println!("{}", world.story());
        }
        assert_eq!(outcome, Ok(()));
        return;
    }
    let first = number("CKWRAP_SIM_FIRST").unwrap_or(0);
    for seed in first..first + number("CKWRAP_SIM_SEEDS").unwrap_or(2000) {
        run(seed, luck(seed));
    }
}
