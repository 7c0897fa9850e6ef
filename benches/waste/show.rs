//! The table, or JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::arguments::Arguments;
use crate::evaluate::{OBSERVED, Result, Row};

#[derive(Serialize)]
struct Report<'a> {
    results: &'a [Result],
    summary: Vec<Summary>,
    falls_short: &'a [String],
}

/// Geometric means over the scenarios.
#[derive(Serialize)]
struct Summary {
    seed: u64,
    observed: usize,
    ckwrap_of_slurm: f64,
    ckwrap_of_one_shot: f64,
    ckwrap_once_of_slurm: f64,
    ckwrap_once_of_one_shot: f64,
    mean_3_sigma_of_slurm: f64,
    half_more_of_slurm: f64,
    ckwrap_worst_of_300: f64,
    ckwrap_once_worst_of_slurm: f64,
}

impl Summary {
    fn of(result: &Result, observed: usize) -> Self {
        let slurm = |column: fn(&Row) -> f64| result.mean(observed, column, |row| row.at_300_slurm);
        let one_shot = |column: fn(&Row) -> f64| result.mean(observed, column, |row| row.one_shot);
        let worst = |column: fn(&Row) -> f64| {
            let rows = result.rows.iter().filter(|row| row.observed == observed);
            rows.map(column).fold(0.0, f64::max)
        };
        Self {
            seed: result.seed,
            observed,
            ckwrap_of_slurm: slurm(|row| row.ckwrap),
            ckwrap_of_one_shot: one_shot(|row| row.ckwrap),
            ckwrap_once_of_slurm: slurm(|row| row.ckwrap_once),
            ckwrap_once_of_one_shot: one_shot(|row| row.ckwrap_once),
            mean_3_sigma_of_slurm: slurm(|row| row.mean_3_sigma),
            half_more_of_slurm: slurm(|row| row.half_more),
            ckwrap_worst_of_300: worst(|row| row.ckwrap / row.at_300.min(row.at_300_slurm)),
            ckwrap_once_worst_of_slurm: worst(|row| row.ckwrap_once / row.at_300_slurm),
        }
    }
}

pub(crate) fn print(results: &[Result], short: &[String], arguments: &Arguments) -> io::Result<()> {
    let summary: Vec<Summary> =
        results.iter().flat_map(|result| OBSERVED.map(|observed| Summary::of(result, observed))).collect();
    let mut out = io::stdout().lock();
    if arguments.json {
        let report = Report { results, summary, falls_short: short };
        serde_json::to_writer_pretty(&mut out, &report)?;
        return writeln!(out);
    }
    if let Some(result) = results.first() {
        table(&mut out, result)?;
    }
    means(&mut out, &summary)?;
    match short {
        [] => writeln!(out, "\nNo figure falls short."),
        short => short.iter().try_for_each(|line| writeln!(out, "falls short: {line}")),
    }
}

fn table(out: &mut impl Write, result: &Result) -> io::Result<()> {
    writeln!(
        out,
        "Expected seconds lost at the end of an allocation (seed {}, {} runs)\n",
        result.seed, result.runs
    )?;
    writeln!(
        out,
        "{:<23} {:>8} {:>7} {:>8} {:>11} {:>7} {:>9} {:>8} {:>7} {:>10}",
        "allocation, checkpoint",
        "observed",
        "1 shot",
        "2 shots",
        "@300 Slurm",
        "@300",
        "mean+3sd",
        "1.5 max",
        "ckwrap",
        "ckwrap 1x"
    )?;
    for row in &result.rows {
        let name = if row.observed == 0 { row.scenario.as_str() } else { "" };
        writeln!(
            out,
            "{name:<23} {:>8} {:>7.0} {:>8.0} {:>11.0} {:>7.0} {:>9.0} {:>8.0} {:>7.0} {:>10.0}",
            row.observed,
            row.one_shot,
            row.two_shots,
            row.at_300_slurm,
            row.at_300,
            row.mean_3_sigma,
            row.half_more,
            row.ckwrap,
            row.ckwrap_once
        )?;
    }
    Ok(())
}

fn means(out: &mut impl Write, summary: &[Summary]) -> io::Result<()> {
    writeln!(
        out,
        "\nGeometric means over the scenarios, in relation to @300 Slurm and to 1 shot; worst in relation to @300\n"
    )?;
    writeln!(
        out,
        "{:>10} {:>8} {:>9} {:>8} {:>8} {:>8} {:>7} {:>11} {:>8} {:>7}",
        "seed",
        "observed",
        "mean+3sd",
        "1.5 max",
        "ckwrap",
        "/1 shot",
        "worst",
        "ckwrap 1x",
        "/1 shot",
        "worst"
    )?;
    for line in summary {
        writeln!(
            out,
            "{:>10} {:>8} {:>9.3} {:>8.3} {:>8.3} {:>8.3} {:>7.2} {:>11.3} {:>8.3} {:>7.2}",
            line.seed,
            line.observed,
            line.mean_3_sigma_of_slurm,
            line.half_more_of_slurm,
            line.ckwrap_of_slurm,
            line.ckwrap_of_one_shot,
            line.ckwrap_worst_of_300,
            line.ckwrap_once_of_slurm,
            line.ckwrap_once_of_one_shot,
            line.ckwrap_once_worst_of_slurm
        )?;
    }
    Ok(())
}
