//! What an allocation loses under each practice. All are expected values over the true law.

use std::time::Duration;

use ckwrap::policy::lead::{Law, REQUESTS, Request, Saves, best};

use crate::scenario::{Scenario, Truth};

/// The usual lead, and ckwrap's own until something was measured.
const USUAL: f64 = 300.0;
/// Slurm sends a signal up to so many seconds early: it looks every 30 s (measured on Slurm 22.05.8: 13 to 29 s).
const EARLY: u32 = 30;
/// Durations that stand for all of those of a first checkpoint, and of a second.
const STRATA: [u32; 2] = [12, 5];

/// Loss with one request so long before the end.
fn once(scenario: &Scenario, lead: f64) -> f64 {
    let at_risk = scenario.at_risk();
    let lead = lead.min(at_risk);
    at_risk - (at_risk - lead) * scenario.truth.within(lead)
}

/// The best that one request can do.
pub(crate) fn one_shot(scenario: &Scenario) -> f64 {
    scenario.at_risk() - best(scenario.at_risk(), &scenario.truth).1
}

/// The best that two requests can do, the second depending on how long the first took.
pub(crate) fn two_shots(scenario: &Scenario) -> f64 {
    let truth = scenario.truth;
    let (only, _) = best(scenario.at_risk(), &truth);
    let saved = |lead: f64| {
        let second: f64 = truth.strata(lead, 40).map(|took| best(lead - took, &truth).1).sum();
        truth.within(lead) * (scenario.at_risk() - lead + second / 40.0)
    };
    let leads = (0..40).map(|k| only * 0.3 * 1.08_f64.powi(k));
    scenario.at_risk() - leads.map(saved).fold(0.0, f64::max)
}

pub(crate) fn exact(scenario: &Scenario) -> f64 {
    once(scenario, USUAL)
}

pub(crate) fn as_slurm_delivers(scenario: &Scenario) -> f64 {
    let losses = (0..EARLY).map(|early| once(scenario, USUAL + f64::from(early) + 0.5));
    losses.sum::<f64>() / f64::from(EARLY)
}

/// The mean and three standard deviations; of one alone nothing is known but itself.
pub(crate) fn mean_and_three_sigma(scenario: &Scenario, past: &[f64]) -> f64 {
    let count = f64::from(u32::try_from(past.len()).unwrap_or(u32::MAX));
    let mean = past.iter().sum::<f64>() / count;
    let squares: f64 = past.iter().map(|took| (took - mean).powi(2)).sum();
    let sigma = if past.len() > 1 { (squares / (count - 1.0)).sqrt() } else { 0.0 };
    once(scenario, if past.is_empty() { USUAL } else { mean + 3.0 * sigma })
}

pub(crate) fn half_more_than_longest(scenario: &Scenario, past: &[f64]) -> f64 {
    let longest = past.iter().copied().fold(0.0, f64::max);
    once(scenario, if past.is_empty() { USUAL } else { 1.5 * longest })
}

fn saves(past: &[f64]) -> Saves {
    past.iter().copied().map(Duration::from_secs_f64).collect()
}

fn request(at_risk: f64, saves: &Saves) -> Request<'_> {
    Request {
        at_risk: Duration::from_secs_f64(at_risk.max(0.0)),
        saves,
        initial: Duration::from_secs_f64(USUAL),
        delay: Duration::ZERO,
    }
}

/// ckwrap, with a program that ends after its checkpoint.
pub(crate) fn learned_once(scenario: &Scenario, past: &[f64]) -> f64 {
    let saves = saves(past);
    once(scenario, request(scenario.at_risk(), &saves).only().as_secs_f64())
}

/// ckwrap, with a program that goes on after its checkpoint.
pub(crate) fn learned(scenario: &Scenario, past: &[f64]) -> f64 {
    let saves = saves(past);
    let lead = request(scenario.at_risk(), &saves).first().as_secs_f64();
    scenario.at_risk() - saved(scenario.at_risk(), lead, &saves, &scenario.truth, 1)
}

/// Work saved by this request, `lead` before the end, and those after it. `number` counts requests from 1.
fn saved(at_risk: f64, lead: f64, saves: &Saves, truth: &Truth, number: u32) -> f64 {
    let mut further = 0.0;
    if number < REQUESTS {
        let strata = STRATA[usize::from(number > 1)];
        for took in truth.strata(lead, strata) {
            let mut saves = saves.clone();
            saves.note(Duration::from_secs_f64(took));
            if let Some(next) = request(lead - took, &saves).later() {
                further +=
                    saved(lead - took, next.as_secs_f64(), &saves, truth, number + 1) / f64::from(strata);
            }
        }
    }
    truth.within(lead) * (at_risk - lead + further)
}
