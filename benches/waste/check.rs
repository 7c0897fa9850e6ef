//! What is promised, and which figures fall short of it.

use crate::evaluate::{OBSERVED, Result, Row};

/// Geometric mean in relation to `@300` as Slurm delivers it, from one observed checkpoint on.
const OF_SLURM: f64 = 0.25;
/// Geometric mean in relation to the best of one request, from ten on.
const OF_ONE_SHOT: f64 = 1.1;
/// In no scenario more than this times `@300`.
const WORST: f64 = 1.1;
/// For a program that ends after its checkpoint: geometric mean in relation to the best of one request, at thirty.
const ONCE_OF_ONE_SHOT: f64 = 1.25;
/// And in no scenario more than this times `@300` as Slurm delivers it.
const ONCE_WORST: f64 = 1.25;

/// Figures that fall short, in words.
pub(crate) fn shortcomings(results: &[Result]) -> Vec<String> {
    results.iter().flat_map(of_one).collect()
}

fn of_one(result: &Result) -> Vec<String> {
    let mut short = Vec::new();
    let mut hold = |figure: f64, line: f64, what: String| {
        if figure > line || figure.is_nan() {
            short.push(format!("seed {}: {what}: {figure:.3}, more than {line}", result.seed));
        }
    };
    for observed in OBSERVED {
        if observed >= 1 {
            let mean = result.mean(observed, |row| row.ckwrap, |row| row.at_300_slurm);
            hold(mean, OF_SLURM, format!("geometric mean of @300 Slurm after {observed}"));
        }
        if observed >= 10 {
            let mean = result.mean(observed, |row| row.ckwrap, |row| row.one_shot);
            hold(mean, OF_ONE_SHOT, format!("geometric mean of 1 shot after {observed}"));
        }
        if observed >= 30 {
            let mean = result.mean(observed, |row| row.ckwrap_once, |row| row.one_shot);
            hold(mean, ONCE_OF_ONE_SHOT, format!("geometric mean of 1 shot, ckwrap 1x, after {observed}"));
        }
    }
    for row in &result.rows {
        let Row { scenario, observed, .. } = row;
        let name = |column: &str| format!("{scenario}, after {observed}: {column}");
        hold(row.ckwrap / row.at_300_slurm.min(row.at_300), WORST, name("ckwrap of @300"));
        if *observed >= 1 {
            hold(row.ckwrap_once / row.at_300_slurm, ONCE_WORST, name("ckwrap 1x of @300 Slurm"));
        }
    }
    short
}
