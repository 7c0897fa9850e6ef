//! Each scenario after each number of checkpoints observed, for one seed.

use serde::Serialize;

use crate::practice;
use crate::random::Random;
use crate::scenario::Scenario;

/// Numbers of checkpoints observed.
pub(crate) const OBSERVED: [usize; 5] = [0, 1, 3, 10, 30];

/// Expected seconds lost in one scenario after so many observed checkpoints.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) scenario: String,
    pub(crate) observed: usize,
    pub(crate) one_shot: f64,
    pub(crate) two_shots: f64,
    pub(crate) at_300_slurm: f64,
    pub(crate) at_300: f64,
    pub(crate) mean_3_sigma: f64,
    pub(crate) half_more: f64,
    pub(crate) ckwrap: f64,
    pub(crate) ckwrap_once: f64,
}

/// All rows for one seed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Result {
    pub(crate) seed: u64,
    pub(crate) runs: u32,
    pub(crate) rows: Vec<Row>,
}

impl Result {
    /// Geometric mean over the scenarios of one column in relation to another.
    pub(crate) fn mean(
        &self,
        observed: usize,
        column: impl Fn(&Row) -> f64,
        to: impl Fn(&Row) -> f64,
    ) -> f64 {
        let rows = self.rows.iter().filter(|row| row.observed == observed);
        let (sum, count) =
            rows.fold((0.0, 0.0), |(sum, count), row| (sum + (column(row) / to(row)).ln(), count + 1.0));
        (sum / count).exp()
    }
}

pub(crate) fn evaluate(seed: u64, runs: u32) -> Result {
    let mut rows = Vec::new();
    for (index, scenario) in Scenario::all().iter().enumerate() {
        let index = u64::try_from(index).unwrap_or(0);
        let (one_shot, two_shots) = (practice::one_shot(scenario), practice::two_shots(scenario));
        let (at_300_slurm, at_300) = (practice::as_slurm_delivers(scenario), practice::exact(scenario));
        for observed in OBSERVED {
            let mut random = Random::new(seed.wrapping_mul(1009).wrapping_add(index * 31));
            let runs = if observed == 0 { 1 } else { runs };
            let mut sums = [0.0; 4];
            for _ in 0..runs {
                let past: Vec<f64> = (0..observed).map(|_| scenario.truth.draw(&mut random)).collect();
                let losses = [
                    practice::mean_and_three_sigma(scenario, &past),
                    practice::half_more_than_longest(scenario, &past),
                    practice::learned(scenario, &past),
                    practice::learned_once(scenario, &past),
                ];
                sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss / f64::from(runs));
            }
            let [mean_3_sigma, half_more, ckwrap, ckwrap_once] = sums;
            rows.push(Row {
                scenario: scenario.to_string(),
                observed,
                one_shot,
                two_shots,
                at_300_slurm,
                at_300,
                mean_3_sigma,
                half_more,
                ckwrap,
                ckwrap_once,
            });
        }
    }
    Result { seed, runs, rows }
}
