//! Job arrays: as a chain, and as many computations.

use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix, Place};
use crate::doctor::judge::Report;
use crate::model::ContinuationMode;
use crate::profile::{detect, program};

/// How many tasks run at the same time, as `--array` says: `1-20%1`.
fn at_once(value: &str) -> Option<u32> {
    value.rsplit_once('%')?.1.parse().ok()
}

/// Whether this is surely more than one task: `1-20`, `3,5`, and not `0-0`.
fn is_many(value: &str) -> bool {
    let tasks = value.split('%').next().unwrap_or_default();
    let range = |part: &str| -> Option<bool> {
        let (first, last) = part.split_once('-')?;
        let last = last.split(':').next().unwrap_or_default();
        Some(first.trim().parse::<u32>().ok()? < last.trim().parse::<u32>().ok()?)
    };
    tasks.contains(',') || range(tasks) == Some(true)
}

/// CK113, CK114, CK115.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    if case.launches.is_empty() {
        return;
    }
    let chain = match case.mode() {
        Some(mode) => mode == ContinuationMode::Array,
        None => return,
    };
    match (case.header.value("array"), chain) {
        (Some(value), true) if is_many(value) && at_once(value) != Some(1) => {
            let tasks = value.split('%').next().unwrap_or_default();
            let why = "The tasks of an array chain must run one after the other; without `%1` Slurm starts several at once in one directory.";
            let fix = case.change_option("array", &format!("--array={tasks}%1"));
            report.findings.push(Finding::error("CK113", case.option_place("array"), why, fix));
        }
        (None, true) => {
            let why = "`--continue array` needs a job array, and this script asks for none; it must then be given to sbatch by hand.";
            let fix = case.add_option("#SBATCH --array=1-20%1").unsafe_to_apply();
            report.findings.push(Finding::warning(
                "CK114",
                Place::Script(case.header.first_line.clone()),
                why,
                fix,
            ));
        }
        (Some(value), false) if is_many(value) => same_directory(case, value, report),
        _ => {}
    }
}

/// What makes a difference between tasks.
const DIFFERENCES: [&str; 7] =
    ["SLURM_ARRAY_TASK", "SLURM_JOB_ID", "SLURM_JOBID", "mktemp", "RANDOM", "$$", "TMPDIR"];

/// Programs that cannot ask for the task's index themselves, as interpreters can, and LAMMPS by `variable getenv`.
const NOT_ASKING: [&str; 4] = ["gromacs", "iqtree", "vasp", "qe"];

fn same_directory(case: &Case<'_>, value: &str, report: &mut Report) {
    let [launch] = case.launches.as_slice() else { return };
    let commands = case.script.commands.iter().map(|command| case.slice(command.at.clone()));
    let differ = commands.into_iter().any(|text| DIFFERENCES.iter().any(|word| text.contains(word)));
    let words: Vec<std::ffi::OsString> = launch.program.iter().map(Into::into).collect();
    let known = detect(&words, program(&words)).is_some_and(|profile| NOT_ASKING.contains(&profile.name));
    if differ || !known || case.script.unclear.is_some() {
        return;
    }
    let why = "All tasks of the array run the same command in the same directory, each as a computation of its own.";
    let one_by_one = at_once(value) == Some(1);
    let fix = if one_by_one {
        let line = super::shape::with_option(case, launch, "--continue array");
        Fix::by_hand("if the tasks are meant as the segments of one chain, write").paste(line)
    } else {
        Fix::by_hand("give each task a directory of its own, before the line with ckwrap")
            .paste("cd \"run-$SLURM_ARRAY_TASK_ID\" || exit 1")
    };
    let place = case.at(launch.command);
    report.findings.push(if one_by_one {
        Finding::warning("CK115", place, why, fix)
    } else {
        Finding::error("CK115", place, why, fix)
    });
}
