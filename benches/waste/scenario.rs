//! The 14 scenarios: how long an allocation is, and how long a checkpoint takes in truth.

use std::fmt;

use ckwrap::policy::lead::Law;

use crate::random::Random;

/// How long a checkpoint takes: log-normal; where there is a tail, one in fifty takes six times as long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Truth {
    median: f64,
    spread: f64,
    tail: bool,
}

/// Share of the slow ones, and how many times as long they take.
const SLOW: (f64, f64) = (0.02, 6.0);

const TRUTHS: [Truth; 7] = [
    Truth { median: 2.0, spread: 0.3, tail: false },
    Truth { median: 20.0, spread: 0.3, tail: false },
    Truth { median: 20.0, spread: 0.7, tail: false },
    Truth { median: 60.0, spread: 0.3, tail: false },
    Truth { median: 60.0, spread: 0.7, tail: false },
    Truth { median: 60.0, spread: 0.3, tail: true },
    Truth { median: 240.0, spread: 0.3, tail: false },
];

/// One scenario.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    hours: f64,
    pub(crate) truth: Truth,
}

impl Scenario {
    pub(crate) fn all() -> Vec<Self> {
        let with = |hours: f64| TRUTHS.into_iter().map(move |truth| Self { hours, truth });
        [4.0, 24.0].into_iter().flat_map(with).collect()
    }

    /// Seconds of work at risk.
    pub(crate) fn at_risk(&self) -> f64 {
        self.hours * 3600.0
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Truth { median, spread, tail } = self.truth;
        let tail = if tail { " 2% x6" } else { "" };
        f.pad(&format!("{} h, {median} s, {spread}{tail}", self.hours))
    }
}

impl Law for Truth {
    fn within(&self, seconds: f64) -> f64 {
        if seconds <= 0.0 {
            return 0.0;
        }
        let body = |median: f64| normal((seconds / median).ln() / self.spread);
        let (share, times) = if self.tail { SLOW } else { (0.0, 1.0) };
        (1.0 - share) * body(self.median) + share * body(self.median * times)
    }

    fn median(&self) -> f64 {
        self.median
    }
}

impl Truth {
    pub(crate) fn draw(&self, random: &mut Random) -> f64 {
        let took = self.median * (self.spread * random.normal()).exp();
        if self.tail && random.unit() < SLOW.0 { took * SLOW.1 } else { took }
    }

    /// So many durations of equal weight that stand for all of at most `most` seconds.
    pub(crate) fn strata(&self, most: f64, count: u32) -> impl Iterator<Item = f64> {
        let within = self.within(most);
        (0..count).map(move |k| self.quantile(within * (f64::from(k) + 0.5) / f64::from(count)))
    }

    fn quantile(&self, probability: f64) -> f64 {
        let (mut low, mut high) = (-10.0_f64, 20.0_f64);
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            if self.within(middle.exp()) < probability {
                low = middle;
            } else {
                high = middle;
            }
        }
        f64::midpoint(low, high).exp()
    }
}

/// The normal distribution function, by the complementary error function of Numerical Recipes (relative error below 1.2e-7).
fn normal(x: f64) -> f64 {
    const TERMS: [f64; 9] = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_87,
        -1.135_203_98,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_68,
    ];
    let z = x.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + z / 2.0);
    let sum = TERMS.iter().fold(0.0, |sum, term| (sum + term) * t);
    let beyond = t * (sum - 1.265_512_23 - z * z).exp() / 2.0;
    if x > 0.0 { 1.0 - beyond } else { beyond }
}
