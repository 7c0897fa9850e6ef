//! The soak itself: chains and faults at once, then the verdict.

#![expect(
    clippy::disallowed_methods,
    reason = "what happens between two faults is no event that could be awaited"
)]

use std::env;
use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::cluster::Site;
use super::faults::Faults;
use super::jobs::Jobs;
use super::random::Random;
use super::verdict::Verdict;

/// How long the chains may take to come to their end when no more faults come.
const PATIENCE: Duration = Duration::from_mins(6);
/// Between two faults, at most.
const PAUSE: Duration = Duration::from_millis(4000);

#[test]
fn survive_random_faults() {
    let seed = number("CKWRAP_SOAK_SEED").unwrap_or_else(any_seed);
    let minutes = number("CKWRAP_SOAK_MINUTES").unwrap_or(2);
    say(&format!(
        "soak: {minutes} minutes of faults, seed {seed}; the same again: scripts/soak --minutes {minutes} --seed {seed}"
    ));
    let mut random = Random::new(seed);
    let site = Site::up();
    let mut jobs = Jobs::start(&site);
    let mut faults = Faults::default();
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    while Instant::now() < end {
        let next = Instant::now() + random.up_to(PAUSE);
        faults.strike(&site, &jobs, &mut random);
        while Instant::now() < next {
            std::thread::sleep(Duration::from_millis(200));
        }
        faults.mend_what_is_due(&site);
        jobs.look_after(&site, &mut faults, true);
    }
    faults.mend_all(&site);
    let end = Instant::now() + PATIENCE;
    while !jobs.all_finished() && Instant::now() < end {
        std::thread::sleep(Duration::from_secs(1));
        jobs.look_after(&site, &mut faults, false);
    }
    let verdict = Verdict::on(&site, &jobs);
    say(&format!("{verdict}\nsoak: faults: {faults}"));
    if !verdict.is_good() {
        site.keep_logs();
        panic!("soak: seed {seed} has found something; see above");
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a whole number, not {text}")))
}

fn any_seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_secs())
}

/// Straight to the stream: what is printed by macros is not seen where a test passes.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
