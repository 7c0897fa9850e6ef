//! Many runs at once, as each waits most of its time; and what is drawn of all that could be tried.

use std::sync::{Condvar, Mutex};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Of all sweeps together: more than processors, as they wait.
const AT_ONCE: usize = 10;

static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// One of those that run.
struct Seat;

impl Seat {
    fn take() -> Self {
        let running = RUNNING.lock().unwrap();
        *ENDED.wait_while(running, |running| *running >= AT_ONCE).unwrap() += 1;
        Self
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap() -= 1;
        ENDED.notify_one();
    }
}

/// How much is tried.
#[derive(Debug, Clone)]
pub(super) enum Extent {
    /// Everything.
    All,
    /// One fault alone.
    One(String),
    /// One way for each call, or for one call in so many, drawn by this seed.
    Drawn { seed: u64, one_in: u64 },
}

impl Extent {
    pub(super) fn chosen() -> Self {
        if let Ok(fault) = std::env::var("CKWRAP_TEST_FAULT") {
            return Self::One(fault);
        }
        let extent = std::env::var("CKWRAP_TEST_SWEEP").unwrap_or_default();
        if extent == "all" {
            return Self::All;
        }
        let given = std::env::var("CKWRAP_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into();
        Self::Drawn { seed: given.unwrap_or_else(now), one_in: extent.parse().unwrap_or(1).max(1) }
    }

    /// Of the ways to spoil the `index`-th call, those that are tried.
    pub(super) fn of<'a>(&self, index: usize, ways: &'a [String]) -> Vec<&'a String> {
        match self {
            Self::All => ways.iter().collect(),
            Self::One(fault) => ways.iter().filter(|way| *way == fault).collect(),
            Self::Drawn { seed, one_in } => {
                let number = mixed(seed.wrapping_add(index as u64));
                if !mixed(number).is_multiple_of(*one_in) {
                    return Vec::new();
                }
                let most = u64::try_from(ways.len()).unwrap().max(1);
                ways.get(usize::try_from(number % most).unwrap()).into_iter().collect()
            }
        }
    }
}

/// Spreads numbers that are close to each other (the finalizer of splitmix64).
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Tries each; fails with all that went wrong.
#[track_caller]
pub(super) fn each<T: Sync>(
    what: &str,
    extent: &Extent,
    all: &[T],
    attempt: impl Fn(&T) -> Result<(), String> + Sync,
) {
    let began = Instant::now();
    let (next, failures) = (Mutex::new(all.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(one) = next.lock().unwrap().next() else { return };
                    let seat = Seat::take();
                    let outcome = attempt(one);
                    drop(seat);
                    if let Err(text) = outcome {
                        println!("{text}");
                        failures.lock().unwrap().push(text);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let summary = format!("{what}: {} runs in {} s, {extent:?}", all.len(), began.elapsed().as_secs());
    println!("{summary}");
    assert!(failures.is_empty(), "{summary}; {} went wrong, see above", failures.len());
}
